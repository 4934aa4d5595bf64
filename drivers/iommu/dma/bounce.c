// SPDX-License-Identifier: GPL-2.0
/*
 * Bounce: buffers that may not be shown to the device where they are.
 *
 * A device that is not trusted must not see what shares a granule with its
 * buffer; a device that is not coherent must not write to a cache line that
 * the CPU uses for something else.  Their buffers are copied to the software
 * I/O TLB, in slots that start and end on a granule.
 */
#include <linux/dma-mapping.h>
#include <linux/memremap.h>
#include <linux/swiotlb.h>

#include "dma.h"

/* Clear what the device can see before and after the copy */
static void clear_padding(struct device *dev, struct iommu_dma_device *dma,
			  phys_addr_t copy, size_t size)
{
	phys_addr_t start = copy & ~(phys_addr_t)dma->granule_mask;
	phys_addr_t end = copy + size;
	size_t head = copy - start;
	size_t tail = dma_granules(dma, head + size) - head - size;

	memset(phys_to_virt(start), 0, head);
	memset(phys_to_virt(end), 0, tail);
	if (!dev_is_dma_coherent(dev)) {
		arch_sync_dma_for_device(start, head, DMA_TO_DEVICE);
		arch_sync_dma_for_device(end, tail, DMA_TO_DEVICE);
	}
}

phys_addr_t iommu_dma_bounce_map(struct device *dev, struct iommu_dma_device *dma,
				 phys_addr_t phys, size_t size,
				 enum dma_data_direction dir, unsigned long attrs)
{
	phys_addr_t copy;

	if (!is_swiotlb_active(dev)) {
		dev_warn_once(dev, "DMA refused: buffer at %pap needs a bounce buffer, and there are none; boot without swiotlb=noforce\n",
			      &phys);
		return (phys_addr_t)DMA_MAPPING_ERROR;
	}
	copy = swiotlb_tbl_map_single(dev, phys, size, dma->granule_mask, dir,
				      attrs);
	if (copy != (phys_addr_t)DMA_MAPPING_ERROR && dma->untrusted)
		clear_padding(dev, dma, copy, size);
	return copy;
}

bool iommu_dma_sg_must_bounce(struct device *dev, const struct iommu_dma_device *dma,
			      struct scatterlist *sg, int nents,
			      enum dma_data_direction dir)
{
	struct scatterlist *s;
	int i;

	if (!dma->untrusted && dma_kmalloc_safe(dev, dir))
		return false;
	for_each_sg(sg, s, nents, i)
		if (dma_must_bounce(dev, dma, sg_phys(s), s->length, dir))
			return true;
	return false;
}

/* One entry; a peer's memory can neither be copied nor be shown as it is */
static int sg_map_one(struct device *dev, struct scatterlist *s,
		      enum dma_data_direction dir, unsigned long attrs)
{
	sg_dma_len(s) = 0;
	if (!s->length)
		return 0;
	if (is_pci_p2pdma_page(sg_page(s)))
		return -EREMOTEIO;
	sg_dma_address(s) = iommu_dma_map_page(dev, sg_page(s), s->offset,
					       s->length, dir, attrs);
	if (sg_dma_address(s) == DMA_MAPPING_ERROR)
		return -EIO;
	sg_dma_len(s) = s->length;
	return 0;
}

int iommu_dma_sg_map_each(struct device *dev, struct scatterlist *sg, int nents,
			  enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *s;
	int i, ret;

	sg_dma_mark_swiotlb(sg);
	for_each_sg(sg, s, nents, i) {
		ret = sg_map_one(dev, s, dir, attrs);
		if (ret)
			goto err_unmap;
	}
	return nents;

err_unmap:
	iommu_dma_sg_unmap_each(dev, sg, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return ret;
}

void iommu_dma_sg_unmap_each(struct device *dev, struct scatterlist *sg, int nents,
			     enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *s;
	int i;

	dma_sg_clear_flags(sg);
	for_each_sg(sg, s, nents, i)
		if (sg_dma_len(s))
			iommu_dma_unmap_page(dev, sg_dma_address(s),
					     sg_dma_len(s), dir, attrs);
}
