/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mapping and unmapping for callers inside the subsystem, which know that
 * their arguments are good: what the DMA API runs for every buffer.
 *
 * With the driver's range operations each of these is one indirect call.  The
 * rest, out of line in map.c, is for drivers that take pages of one size at a
 * time, for errors and for tracing.  They are inline at every use, also where
 * the compiler would rather save space.
 */
#ifndef __IOMMU_CORE_MAP_H
#define __IOMMU_CORE_MAP_H

#include <linux/iommu.h>
#include <linux/tracepoint-defs.h>

DECLARE_TRACEPOINT(map);
DECLARE_TRACEPOINT(unmap);

/* map.c: for the functions below only */
int iommu_domain_map_pages(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			   size_t *mapped);
size_t iommu_domain_unmap_pages(struct iommu_domain *domain, unsigned long iova,
				size_t size, struct iommu_iotlb_gather *gather);
int iommu_domain_map_undo(struct iommu_domain *domain, unsigned long iova,
			  size_t mapped, int error);
int iommu_domain_sync_map_slow(struct iommu_domain *domain, unsigned long iova,
			       size_t size);
void iommu_domain_trace_map(unsigned long iova, phys_addr_t paddr, size_t size);
void iommu_domain_trace_unmap(unsigned long iova, size_t size, size_t unmapped);

#if IS_ENABLED(CONFIG_KUNIT)
size_t iommu_page_run(unsigned long sizes, unsigned long iova, phys_addr_t paddr,
		      size_t size, size_t *count);
#endif

/**
 * domain_map_nosync() - map one physically contiguous run, all or nothing
 * @domain: paging domain
 * @iova: first I/O address
 * @paddr: first physical address
 * @size: length in bytes, not 0
 * @prot: IOMMU_READ and so on
 * @gfp: how tables may be allocated, without zone flags
 *
 * @iova, @paddr and @size are multiples of the domain's smallest page, the
 * range lies in the aperture and nothing of it is mapped: none of that is
 * checked.  The device may use the range only after iommu_domain_sync_map(), which
 * one call can do for several neighbouring runs.
 *
 * Context: Any that @gfp allows; concurrently for disjoint ranges.
 * Return: 0, or the driver's error (-ENOMEM mostly) with nothing mapped and
 * nothing cached of what was mapped in between.
 */
static __always_inline int
domain_map_nosync(struct iommu_domain *domain, unsigned long iova,
		  phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	const struct iommu_domain_ops *ops = domain->ops;
	size_t mapped = 0;
	int ret;

	if (likely(ops->map_range))
		ret = ops->map_range(domain, iova, paddr, size, prot, gfp,
				     &mapped);
	else
		ret = iommu_domain_map_pages(domain, iova, paddr, size, prot, gfp,
					     &mapped);
	if (unlikely(ret))
		return iommu_domain_map_undo(domain, iova, mapped, ret);
	if (tracepoint_enabled(map))
		iommu_domain_trace_map(iova, paddr, size);
	return 0;
}

/**
 * iommu_domain_sync_map() - let the device see what was mapped
 * @domain: paging domain
 * @iova: first I/O address
 * @size: length in bytes of all that was mapped since the last sync
 *
 * Nothing to do for most hardware.
 *
 * Context: Any.
 * Return: 0, or the driver's error with the whole range unmapped.
 */
static inline int iommu_domain_sync_map(struct iommu_domain *domain,
					unsigned long iova, size_t size)
{
	if (likely(!domain->ops->iotlb_sync_map))
		return 0;
	return iommu_domain_sync_map_slow(domain, iova, size);
}

/**
 * iommu_domain_map() - map one physically contiguous run for use at once
 * @domain: paging domain
 * @iova: first I/O address
 * @paddr: first physical address
 * @size: length in bytes, not 0
 * @prot: IOMMU_READ and so on
 * @gfp: how tables may be allocated, without zone flags
 *
 * As domain_map_nosync() followed by iommu_domain_sync_map().
 */
static __always_inline int
iommu_domain_map(struct iommu_domain *domain, unsigned long iova,
		 phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	int ret = domain_map_nosync(domain, iova, paddr, size, prot, gfp);

	if (unlikely(ret))
		return ret;
	return iommu_domain_sync_map(domain, iova, size);
}

/**
 * iommu_domain_unmap() - unmap a range and leave its invalidation to the caller
 * @domain: paging domain
 * @iova: first I/O address
 * @size: length in bytes, not 0
 * @gather: takes the range; initialised, and possibly used before
 *
 * Alignment and aperture as for domain_map_nosync().  What @gather holds
 * already is invalidated first if the new range does not touch it, unless a
 * flush of the whole domain is to follow anyway (@gather->queued).
 *
 * Context: Any; concurrently for disjoint ranges.
 * Return: bytes unmapped from @iova on, up to the first hole; more than @size
 * if a large page reached beyond it.
 */
static __always_inline size_t
iommu_domain_unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
		   struct iommu_iotlb_gather *gather)
{
	const struct iommu_domain_ops *ops = domain->ops;
	size_t unmapped;

	if (likely(ops->unmap_range)) {
		if (unlikely(iommu_iotlb_gather_is_disjoint(gather, iova, size)) &&
		    !gather->queued)
			iommu_iotlb_sync(domain, gather);
		unmapped = ops->unmap_range(domain, iova, size, gather);
	} else {
		unmapped = iommu_domain_unmap_pages(domain, iova, size, gather);
	}
	if (tracepoint_enabled(unmap))
		iommu_domain_trace_unmap(iova, size, unmapped);
	return unmapped;
}

#endif /* __IOMMU_CORE_MAP_H */
