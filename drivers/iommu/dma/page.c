// SPDX-License-Identifier: GPL-2.0
/*
 * Page: single buffers, the path that every driver runs for every transfer.
 *
 * A coherent device that is trusted goes straight to the range: neither its
 * mapping nor its unmapping looks at caches, bounce buffers or tables.  What
 * else there is, that a crash kernel attaches late included, lives in the _slow
 * functions.
 */
#include <linux/dma-mapping.h>
#include <linux/swiotlb.h>

#include "range.h"

static noinline dma_addr_t map_slow(struct device *dev,
				    struct iommu_dma_device *dma,
				    phys_addr_t phys, size_t size,
				    enum dma_data_direction dir,
				    unsigned long attrs)
{
	bool coherent = dev_is_dma_coherent(dev);
	phys_addr_t buffer = phys;
	dma_addr_t addr;

	if (dma_refused(dev, dma))
		return DMA_MAPPING_ERROR;
	if (dma_must_bounce(dev, dma, phys, size, dir)) {
		buffer = iommu_dma_bounce_map(dev, dma, phys, size, dir, attrs);
		if (buffer == (phys_addr_t)DMA_MAPPING_ERROR)
			return DMA_MAPPING_ERROR;
	}
	if (!coherent && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		arch_sync_dma_for_device(buffer, size, dir);

	addr = iommu_dma_map_phys(dev, dma, buffer, size,
				  dma_prot(dir, coherent, attrs), attrs);
	if (addr == DMA_MAPPING_ERROR && buffer != phys)
		swiotlb_tbl_unmap_single(dev, buffer, size, dir,
					 attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return addr;
}

dma_addr_t iommu_dma_map_page(struct device *dev, struct page *page,
			      unsigned long offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);
	phys_addr_t phys = page_to_phys(page) + offset;

	if (unlikely(!dev_is_dma_coherent(dev) || dma->special))
		return map_slow(dev, dma, phys, size, dir, attrs);
	return range_map(dev, dma, phys, size, dma_prot(dir, true, attrs),
			 false, attrs);
}

static noinline void unmap_slow(struct device *dev,
				struct iommu_dma_device *dma, dma_addr_t addr,
				size_t size, enum dma_data_direction dir,
				unsigned long attrs)
{
	/* What the device only reads is not stale in any cache afterwards */
	bool stale = !dev_is_dma_coherent(dev) && dir != DMA_TO_DEVICE &&
		     !(attrs & DMA_ATTR_SKIP_CPU_SYNC);
	bool bounced = dma_may_bounce(dev, dma, size, dir);
	phys_addr_t phys = 0;

	if (dma->stranded)
		return;
	if (stale || bounced) {
		phys = dma->domain->ops->iova_to_phys(dma->domain, addr);
		if (WARN_ON(!phys))
			return;
	}
	if (stale)
		arch_sync_dma_for_cpu(phys, size, dir);
	iommu_dma_unmap(dma, addr, size);
	/* Copied back once the device cannot change it any more */
	if (bounced)
		swiotlb_tbl_unmap_single(dev, phys, size, dir, attrs);
}

void iommu_dma_unmap_page(struct device *dev, dma_addr_t addr,
			  size_t size, enum dma_data_direction dir,
			  unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);

	if (unlikely(!dev_is_dma_coherent(dev) || dma->special)) {
		unmap_slow(dev, dma, addr, size, dir, attrs);
		return;
	}
	range_unmap(dma, addr, size, READ_ONCE(dma->cookie->lazy));
}

unsigned long iommu_dma_get_merge_boundary(struct device *dev)
{
	return dma_device(dev)->granule_mask;
}

size_t iommu_dma_opt_mapping_size(void)
{
	return iova_rcache_range();
}

size_t iommu_dma_max_mapping_size(struct device *dev)
{
	if (dma_device(dev)->untrusted)
		return swiotlb_max_mapping_size(dev);
	return SIZE_MAX;
}
