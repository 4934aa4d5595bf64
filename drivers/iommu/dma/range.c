// SPDX-License-Identifier: GPL-2.0
/*
 * Range: I/O addresses of one mapping, from their allocation to their end.
 *
 * A range is handed out again only after the invalidation that covers it:
 * iommu_dma_range_finish() either completes that before it frees the range, or leaves
 * both to the flush queue in that order.  A range that was never seen mapped
 * (its mapping failed) is freed at once.
 */
#include <linux/dma-mapping.h>

#include "range.h"

/*
 * There is nothing up to the limit that was tried first: everything below
 * 4 GiB, or all that the device can reach.
 */
dma_addr_t iommu_dma_range_alloc_slow(struct device *dev,
				      struct iommu_dma_device *dma, size_t len,
				      bool coherent, unsigned long attrs)
{
	struct iova_domain *iovad = &dma->cookie->iovad;
	dma_addr_t last = min(min_not_zero(range_mask(dev, coherent),
					   dev->bus_dma_limit), dma->last);
	unsigned long last_pfn = last >> dma->granule_lg2;
	unsigned long count = len >> dma->granule_lg2;
	struct dma_flushq *queue;
	unsigned long pfn;

	if (last > READ_ONCE(dma->first_limit)) {
		WRITE_ONCE(dma->first_limit, dma->last);
		dev_notice(dev, "Using %d-bit DMA addresses\n", fls64(last));
	}
	pfn = alloc_iova_fast(iovad, count, last_pfn, true);

	/* Ranges that wait for their invalidation are space as well */
	queue = READ_ONCE(dma->cookie->lazy);
	if (!pfn && queue) {
		iommu_flushq_drain(queue);
		pfn = alloc_iova_fast(iovad, count, last_pfn, true);
	}
	if (!pfn && !(attrs & DMA_ATTR_NO_WARN))
		dev_warn_ratelimited(dev,
				     "no %zu KiB of I/O addresses left up to %pad: too much is mapped at once, or never unmapped\n",
				     len >> 10, &last);
	return (dma_addr_t)pfn << dma->granule_lg2;
}

dma_addr_t iommu_dma_range_alloc(struct device *dev, struct iommu_dma_device *dma,
				 size_t len, bool coherent, unsigned long attrs)
{
	dma_addr_t pfn = range_try(dev, dma, len, coherent);

	if (likely(pfn))
		return pfn << dma->granule_lg2;
	return iommu_dma_range_alloc_slow(dev, dma, len, coherent, attrs);
}

void iommu_dma_range_finish(struct iommu_dma_device *dma, dma_addr_t iova, size_t len,
			    struct dma_flushq *queue,
			    struct iommu_iotlb_gather *gather)
{
	range_finish(dma, iova, len, queue, gather);
}

void iommu_dma_unmap_mismatch(struct iommu_dma_device *dma, dma_addr_t iova,
			      size_t len, size_t unmapped,
			      struct iommu_iotlb_gather *gather)
{
	WARN_ONCE(1, "unmap of %#zx bytes at %pad, where %#zx are mapped: unmapped twice, or with another length\n",
		  len, &iova, unmapped);
	if (!unmapped)
		return;
	if (gather->queued)
		iommu_flush_iotlb_all(dma->domain);
	else
		iommu_iotlb_sync(dma->domain, gather);
	iommu_put_pages_list(&gather->freelist);
}

dma_addr_t iommu_dma_map_phys(struct device *dev, struct iommu_dma_device *dma,
			      phys_addr_t phys, size_t size, int prot,
			      unsigned long attrs)
{
	if (dma_refused(dev, dma) || dma_attach_deferred(dev, dma))
		return DMA_MAPPING_ERROR;
	return range_map(dev, dma, phys, size, prot, false, attrs);
}

dma_addr_t iommu_dma_map_coherent(struct device *dev, struct iommu_dma_device *dma,
				  phys_addr_t phys, size_t size, int prot,
				  unsigned long attrs)
{
	if (dma_attach_deferred(dev, dma))
		return DMA_MAPPING_ERROR;
	return range_map(dev, dma, phys, size, prot, true, attrs);
}

void iommu_dma_unmap(struct iommu_dma_device *dma, dma_addr_t addr, size_t size)
{
	if (likely(!dma->stranded))
		range_unmap(dma, addr, size, READ_ONCE(dma->cookie->lazy));
}

void iommu_dma_unmap_now(struct iommu_dma_device *dma, dma_addr_t addr, size_t size)
{
	if (likely(!dma->stranded))
		range_unmap(dma, addr, size, NULL);
}
