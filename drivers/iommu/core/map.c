// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping and unmapping: checks for callers from outside, page sizes for
 * drivers that take one at a time, rollback.
 *
 * Nothing here takes a lock.  Callers keep apart what they do to one address;
 * disjoint ranges are the driver's to run side by side.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <trace/events/iommu.h>

#include "core.h"
#include "map.h"

/* Tables come from the linear map and are not compound */
#define BAD_GFP		(__GFP_COMP | __GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)

void iommu_domain_trace_map(unsigned long iova, phys_addr_t paddr, size_t size)
{
	trace_map(iova, paddr, size);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_trace_map);

void iommu_domain_trace_unmap(unsigned long iova, size_t size, size_t unmapped)
{
	trace_unmap(iova, size, unmapped);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_trace_unmap);

/*
 * Largest page that fits both the address bits and the size, 0 if none does.
 * Where the next larger page becomes possible further on, *@count stops there,
 * so that the rest of the range gets it.  The addresses count by their low
 * bits only, so an unmap gives its I/O address for both.
 */
VISIBLE_IF_KUNIT size_t iommu_page_run(unsigned long sizes, unsigned long iova,
				       phys_addr_t paddr, size_t size, size_t *count)
{
	unsigned long bits = iova | (unsigned long)paddr;
	unsigned long most = bits ? min_t(unsigned long, size, bits & -bits) : size;
	unsigned long fitting = sizes & GENMASK(__fls(most), 0);
	unsigned long pgsize, larger;
	size_t run = size;

	if (!fitting)
		return 0;
	pgsize = BIT(__fls(fitting));
	larger = sizes & ~(pgsize | (pgsize - 1));
	if (larger) {
		unsigned long next = larger & -larger;
		size_t gap = -iova & (next - 1);

		if (!((iova ^ paddr) & (next - 1)) && gap && gap < size &&
		    size - gap >= next)
			run = gap;
	}
	*count = run >> __ffs(pgsize);
	return pgsize;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_page_run);

int iommu_domain_map_pages(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			   size_t *mapped)
{
	while (*mapped < size) {
		size_t pgsize, count, done = 0;
		int ret;

		pgsize = iommu_page_run(domain->pgsize_bitmap, iova + *mapped,
					paddr + *mapped, size - *mapped, &count);
		if (!pgsize)
			return -EINVAL;
		ret = domain->ops->map_pages(domain, iova + *mapped,
					     paddr + *mapped, pgsize, count,
					     prot, gfp, &done);
		*mapped += done;
		if (ret)
			return ret;
		/* A driver that makes no progress must not hold us for ever. */
		if (!done)
			return -EIO;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_map_pages);

size_t iommu_domain_unmap_pages(struct iommu_domain *domain, unsigned long iova,
				size_t size, struct iommu_iotlb_gather *gather)
{
	size_t unmapped = 0;

	if (!gather->queued &&
	    iommu_iotlb_gather_is_disjoint(gather, iova, size))
		iommu_iotlb_sync(domain, gather);

	while (unmapped < size) {
		size_t pgsize, count, done;

		pgsize = iommu_page_run(domain->pgsize_bitmap, iova + unmapped,
					iova + unmapped, size - unmapped, &count);
		if (!pgsize)
			break;
		done = domain->ops->unmap_pages(domain, iova + unmapped, pgsize,
						count, gather);
		if (!done)
			break;
		unmapped += done;
	}
	return unmapped;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_unmap_pages);

static size_t unmap_untraced(struct iommu_domain *domain, unsigned long iova,
			     size_t size, struct iommu_iotlb_gather *gather)
{
	if (domain->ops->unmap_range)
		return domain->ops->unmap_range(domain, iova, size, gather);
	return iommu_domain_unmap_pages(domain, iova, size, gather);
}

/* Hardware may have cached what was there for a moment, hence the sync. */
int iommu_domain_map_undo(struct iommu_domain *domain, unsigned long iova,
			  size_t mapped, int error)
{
	struct iommu_iotlb_gather gather;

	if (mapped) {
		iommu_iotlb_gather_init(&gather);
		unmap_untraced(domain, iova, mapped, &gather);
		iommu_iotlb_sync(domain, &gather);
	}
	return error;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_map_undo);

static size_t unmap_now(struct iommu_domain *domain, unsigned long iova,
			size_t size)
{
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	iommu_iotlb_gather_init(&gather);
	unmapped = iommu_domain_unmap(domain, iova, size, &gather);
	iommu_iotlb_sync(domain, &gather);
	return unmapped;
}

int iommu_domain_sync_map_slow(struct iommu_domain *domain, unsigned long iova,
			       size_t size)
{
	int ret = domain->ops->iotlb_sync_map(domain, iova, size);

	if (ret)
		unmap_now(domain, iova, size);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_sync_map_slow);

/*
 * Arguments from outside.  @what and @caller are for the message, which is all
 * that tells a driver's author why nothing works.
 */
struct map_request {
	const char *what;
	unsigned long caller;
	unsigned long iova;
	size_t size;
};

static int refuse(const struct map_request *req, int error, const char *why)
{
	pr_err_ratelimited("%s of iova 0x%lx, %zu bytes refused: %s (called from %pS)\n",
			   req->what, req->iova, req->size, why,
			   (void *)req->caller);
	return error;
}

static int check_domain(const struct iommu_domain *domain,
			const struct map_request *req)
{
	const struct iommu_domain_ops *ops = domain->ops;

	if (!(domain->type & __IOMMU_DOMAIN_PAGING) || !domain->pgsize_bitmap ||
	    (!ops->map_range && !ops->map_pages) ||
	    (!ops->unmap_range && !ops->unmap_pages))
		return refuse(req, -EINVAL, "the domain has no tables");
	return 0;
}

static int check_range(const struct iommu_domain *domain, phys_addr_t paddr,
		       const struct map_request *req)
{
	const struct iommu_domain_geometry *geometry = &domain->geometry;
	unsigned long iova = req->iova, last = iova + req->size - 1;
	unsigned long in_page = BIT(__ffs(domain->pgsize_bitmap)) - 1;

	if (!req->size)
		return refuse(req, -EINVAL, "nothing to do");
	if ((iova | (unsigned long)paddr | req->size) & in_page)
		return refuse(req, -EINVAL, "addresses or size cut through a page");
	if (last < iova || paddr + (req->size - 1) < paddr)
		return refuse(req, -EINVAL, "the range wraps around");
	/* Some legacy drivers never say what they translate. */
	if (geometry->aperture_end && (iova < geometry->aperture_start ||
				       last > geometry->aperture_end))
		return refuse(req, -ERANGE, "outside the domain's aperture");
	return 0;
}

static int check_gfp(gfp_t gfp, const struct map_request *req)
{
	might_sleep_if(gfpflags_allow_blocking(gfp));
	if (gfp & BAD_GFP)
		return refuse(req, -EINVAL, "tables cannot have such pages");
	return 0;
}

int iommu_map(struct iommu_domain *domain, unsigned long iova,
	      phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	const struct map_request req = { "map", _RET_IP_, iova, size };
	int ret;

	ret = check_domain(domain, &req);
	if (!ret)
		ret = check_range(domain, paddr, &req);
	if (!ret)
		ret = check_gfp(gfp, &req);
	if (ret)
		return ret;
	return iommu_domain_map(domain, iova, paddr, size, prot, gfp);
}
EXPORT_SYMBOL_GPL(iommu_map);

/*
 * Length of the physically contiguous run that begins at *@sgp, which moves
 * behind it together with *@left.  Entries with a bus address go to their peer
 * without translation and take no room here.  0 at the end of the list.
 */
static size_t next_run(struct scatterlist **sgp, unsigned int *left,
		       phys_addr_t *start)
{
	struct scatterlist *sg = *sgp;
	size_t len = 0, sum;

	for (; *left; sg = sg_next(sg), --*left) {
		if (sg_dma_is_bus_address(sg) || !sg->length)
			continue;
		if (!len)
			*start = sg_phys(sg);
		else if (sg_phys(sg) != *start + len)
			break;
		if (check_add_overflow(len, (size_t)sg->length, &sum))
			break;
		len = sum;
	}
	*sgp = sg;
	return len;
}

ssize_t iommu_map_sg(struct iommu_domain *domain, unsigned long iova,
		     struct scatterlist *sg, unsigned int nents, int prot,
		     gfp_t gfp)
{
	struct map_request req = { "map_sg", _RET_IP_, iova, 0 };
	phys_addr_t paddr = 0;
	size_t mapped = 0;
	int ret;

	ret = check_domain(domain, &req);
	if (!ret)
		ret = check_gfp(gfp, &req);
	if (ret)
		return ret;

	while ((req.size = next_run(&sg, &nents, &paddr))) {
		req.iova = iova + mapped;
		ret = check_range(domain, paddr, &req);
		if (!ret && mapped + req.size > SSIZE_MAX)
			ret = refuse(&req, -EINVAL, "the list is too long");
		if (!ret)
			ret = domain_map_nosync(domain, req.iova, paddr,
						req.size, prot, gfp);
		if (ret)
			goto err_unmap;
		mapped += req.size;
	}
	if (mapped)
		ret = iommu_domain_sync_map(domain, iova, mapped);
	return ret ? ret : (ssize_t)mapped;

err_unmap:
	if (mapped)
		unmap_now(domain, iova, mapped);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_map_sg);

static bool unmap_allowed(const struct iommu_domain *domain,
			  const struct map_request *req)
{
	return req->size && !check_domain(domain, req) &&
	       !check_range(domain, 0, req);
}

size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	const struct map_request req = { "unmap", _RET_IP_, iova, size };

	if (!unmap_allowed(domain, &req))
		return 0;
	return unmap_now(domain, iova, size);
}
EXPORT_SYMBOL_GPL(iommu_unmap);

size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			size_t size, struct iommu_iotlb_gather *gather)
{
	const struct map_request req = { "unmap", _RET_IP_, iova, size };

	if (!unmap_allowed(domain, &req))
		return 0;
	return iommu_domain_unmap(domain, iova, size, gather);
}
EXPORT_SYMBOL_GPL(iommu_unmap_fast);

phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	if (domain->type == IOMMU_DOMAIN_IDENTITY)
		return iova;
	if (domain->type == IOMMU_DOMAIN_BLOCKED || !domain->ops->iova_to_phys)
		return 0;
	return domain->ops->iova_to_phys(domain, iova);
}
EXPORT_SYMBOL_GPL(iommu_iova_to_phys);
