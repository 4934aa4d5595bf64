/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of a range's life that are inlined in the path of single buffers;
 * all others call them through dma.h.
 *
 * What is needed only when something fails is found again by who handles it,
 * so that the path keeps little across its calls.
 */
#ifndef __IOMMU_DMA_RANGE_H
#define __IOMMU_DMA_RANGE_H

#include "dma.h"

/**
 * range_mask() - the mask that an address must fit
 * @dev: device
 * @coherent: for coherent memory, which has a mask of its own
 *
 * Return: the mask.
 */
static __always_inline u64 range_mask(struct device *dev, bool coherent)
{
	return coherent ? dev->coherent_dma_mask : *dev->dma_mask;
}

/**
 * iommu_dma_range_alloc_slow() - allocate where the first attempt found nothing
 * @dev: device
 * @dma: what its mappings need
 * @len: length in bytes
 * @coherent: as for range_mask()
 * @attrs: DMA_ATTR_NO_WARN counts
 *
 * Return: first address, 0 if there is none; a message says so.
 */
dma_addr_t iommu_dma_range_alloc_slow(struct device *dev,
				      struct iommu_dma_device *dma, size_t len,
				      bool coherent, unsigned long attrs);

/**
 * range_try() - allocate up to the limit that is tried first
 * @dev: device
 * @dma: what its mappings need
 * @len: length in bytes
 * @coherent: as for range_mask()
 *
 * Return: first granule, 0 if there is none.
 */
static __always_inline dma_addr_t range_try(struct device *dev,
					    struct iommu_dma_device *dma,
					    size_t len, bool coherent)
{
	dma_addr_t limit = min(range_mask(dev, coherent),
			       READ_ONCE(dma->first_limit));
	unsigned int lg2 = dma->granule_lg2;

	if (unlikely(dev->bus_dma_limit))
		limit = min(limit, dev->bus_dma_limit);
	/* Not worth to collect what other CPUs hold, as long as there is more */
	return alloc_iova_fast(&dma->cookie->iovad, len >> lg2, limit >> lg2,
			       false);
}

/**
 * range_finish() - see iommu_dma_range_finish()
 * @dma: device
 * @iova: first address
 * @len: length that was allocated
 * @queue: queue to defer to, or NULL
 * @gather: what unmapping the range left
 */
static __always_inline void range_finish(struct iommu_dma_device *dma,
					 dma_addr_t iova, size_t len,
					 struct dma_flushq *queue,
					 struct iommu_iotlb_gather *gather)
{
	const struct iommu_domain_ops *ops = dma->domain->ops;

	if (queue) {
		iommu_flushq_put(queue, iova >> dma->granule_lg2,
				 len >> dma->granule_lg2, gather);
		return;
	}
	if (likely(ops->iotlb_sync))
		ops->iotlb_sync(dma->domain, gather);
	dma_range_free(dma, iova, len);
}

/**
 * range_map() - see iommu_dma_map_phys()
 * @dev: device
 * @dma: what its mappings need
 * @phys: first byte
 * @size: length in bytes
 * @prot: IOMMU_* bits
 * @coherent: as for range_mask()
 * @attrs: DMA_ATTR_NO_WARN counts
 *
 * The device is attached.
 *
 * Return: as iommu_dma_map_phys().
 */
static __always_inline dma_addr_t range_map(struct device *dev,
					    struct iommu_dma_device *dma,
					    phys_addr_t phys, size_t size,
					    int prot, bool coherent,
					    unsigned long attrs)
{
	size_t offset = phys & dma->granule_mask;
	size_t len = dma_granules(dma, size + offset);
	dma_addr_t pfn, iova;

	/* Nothing, or so much that it wraps */
	if (unlikely(!len || len < size))
		return DMA_MAPPING_ERROR;
	/* The low bits of an address survive up to the granule, not beyond */
	if (WARN_ON_ONCE(dma_get_min_align_mask(dev) > dma->granule_mask))
		return DMA_MAPPING_ERROR;

	pfn = range_try(dev, dma, len, coherent);
	iova = pfn << dma->granule_lg2;
	if (unlikely(!pfn))
		iova = iommu_dma_range_alloc_slow(dev, dma, len, coherent,
						  attrs);
	if (unlikely(!pfn && !iova))
		return DMA_MAPPING_ERROR;
	if (unlikely(iommu_domain_map(dma->domain, iova, phys - offset, len, prot,
				      GFP_ATOMIC))) {
		dma_range_free(dma, iova, len);
		return DMA_MAPPING_ERROR;
	}
	return iova + offset;
}

/**
 * range_unmap() - see iommu_dma_unmap()
 * @dma: device
 * @addr: I/O address
 * @size: length in bytes
 * @queue: the domain's queue, or NULL to invalidate now
 *
 * A queue that is read from the cookie here is set up: it was published with
 * release, and is reached through its address only.
 */
static __always_inline void range_unmap(struct iommu_dma_device *dma,
					dma_addr_t addr, size_t size,
					struct dma_flushq *queue)
{
	dma_addr_t iova = addr & ~(dma_addr_t)dma->granule_mask;
	size_t len = dma_granules(dma, size + (addr - iova));
	struct iommu_iotlb_gather gather;
	size_t unmapped = 0;

	iommu_iotlb_gather_init(&gather);
	gather.queued = queue;
	if (likely(len))
		unmapped = iommu_domain_unmap(dma->domain, iova, len, &gather);
	if (unlikely(!len || unmapped != len)) {
		iommu_dma_unmap_mismatch(dma, iova, len, unmapped, &gather);
		return;
	}
	range_finish(dma, iova, len, queue, &gather);
}

#endif /* __IOMMU_DMA_RANGE_H */
