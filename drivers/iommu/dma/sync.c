// SPDX-License-Identifier: GPL-2.0
/*
 * Sync: hand a mapped buffer to the CPU or back to the device.
 *
 * The DMA API comes here only for devices that are not coherent, or that have
 * had a buffer bounced.
 */
#include <linux/dma-mapping.h>
#include <linux/memremap.h>
#include <linux/swiotlb.h>

#include "dma.h"

/* The buffer behind an address, 0 if there is nothing to do for it */
static phys_addr_t sync_buffer(struct device *dev, dma_addr_t addr, size_t size,
			       enum dma_data_direction dir)
{
	struct iommu_dma_device *dma = dma_device(dev);

	if (dma->stranded)
		return 0;
	if (dev_is_dma_coherent(dev) && !dma_may_bounce(dev, dma, size, dir))
		return 0;
	return dma->domain->ops->iova_to_phys(dma->domain, addr);
}

void iommu_dma_sync_single_for_device(struct device *dev, dma_addr_t addr,
				      size_t size, enum dma_data_direction dir)
{
	phys_addr_t buffer = sync_buffer(dev, addr, size, dir);

	if (buffer) {
		swiotlb_sync_single_for_device(dev, buffer, size, dir);
		if (!dev_is_dma_coherent(dev))
			arch_sync_dma_for_device(buffer, size, dir);
	}
}

/* The bounce buffer is read through the cache, so that comes first here */
void iommu_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr,
				   size_t size, enum dma_data_direction dir)
{
	phys_addr_t buffer = sync_buffer(dev, addr, size, dir);

	if (buffer) {
		if (!dev_is_dma_coherent(dev))
			arch_sync_dma_for_cpu(buffer, size, dir);
		swiotlb_sync_single_for_cpu(dev, buffer, size, dir);
	}
}

typedef void (*sync_single_fn)(struct device *dev, dma_addr_t addr, size_t size,
			       enum dma_data_direction dir);
typedef void (*sync_cache_fn)(phys_addr_t phys, size_t size,
			      enum dma_data_direction dir);

/* Bounced lists are mapped entry by entry; others need the CPU's view only */
static __always_inline void sync_each(struct device *dev,
				      struct scatterlist *sg, int nents,
				      enum dma_data_direction dir,
				      sync_single_fn single,
				      sync_cache_fn cache)
{
	bool bounced = sg_dma_is_swiotlb(sg);
	struct scatterlist *s;
	int i;

	if (!bounced && dev_is_dma_coherent(dev))
		return;
	for_each_sg(sg, s, nents, i) {
		if (bounced)
			single(dev, sg_dma_address(s), s->length, dir);
		else if (!is_pci_p2pdma_page(sg_page(s)))
			cache(sg_phys(s), s->length, dir);
	}
}

void iommu_dma_sync_sg_for_device(struct device *dev, struct scatterlist *sg,
				  int nents, enum dma_data_direction dir)
{
	sync_each(dev, sg, nents, dir, iommu_dma_sync_single_for_device,
		  arch_sync_dma_for_device);
}

void iommu_dma_sync_sg_for_cpu(struct device *dev, struct scatterlist *sg,
			       int nents, enum dma_data_direction dir)
{
	sync_each(dev, sg, nents, dir, iommu_dma_sync_single_for_cpu,
		  arch_sync_dma_for_cpu);
}
