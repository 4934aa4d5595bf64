// SPDX-License-Identifier: GPL-2.0
/*
 * Domain: the address space that the DMA API manages for a group.
 *
 * Its page size and aperture may be known only after the driver has attached
 * the first device, so the allocator is set up by the first device that is set
 * up, and compared by the others.
 */
#include <linux/dma-direct.h>
#include <linux/slab.h>

#include "reserve.h"

int iommu_get_dma_cookie(struct iommu_domain *domain)
{
	struct iommu_dma_cookie *cookie;

	if (domain->iova_cookie)
		return -EEXIST;
	cookie = iommu_dma_zalloc(sizeof(*cookie), NUMA_NO_NODE);
	if (!cookie)
		return -ENOMEM;
	mutex_init(&cookie->lock);
	INIT_LIST_HEAD(&cookie->reservations);
	INIT_LIST_HEAD(&cookie->doorbells);
	domain->iova_cookie = cookie;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_get_dma_cookie);

void iommu_put_dma_cookie(struct iommu_domain *domain)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	struct dma_reservation *reservation, *next_reservation;
	struct dma_doorbell *doorbell, *next_doorbell;

	if (!cookie)
		return;
	/* The queue gives addresses back, so it goes before the allocator */
	iommu_flushq_free(cookie->flushq);
	if (cookie->granule)
		put_iova_domain(&cookie->iovad);
	list_for_each_entry_safe(reservation, next_reservation,
				 &cookie->reservations, list)
		kvfree(reservation);
	list_for_each_entry_safe(doorbell, next_doorbell, &cookie->doorbells,
				 list)
		kvfree(doorbell);
	mutex_destroy(&cookie->lock);
	kvfree(cookie);
	domain->iova_cookie = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_put_dma_cookie);

/* Is any of what the device's bus can address translated by the domain? */
static bool aperture_meets_bus(const struct iommu_domain_geometry *geometry,
			       struct device *dev)
{
	const struct bus_dma_region *map = dev->dma_range_map;

	if (!map || !geometry->force_aperture)
		return true;
	return dma_range_map_min(map) <= geometry->aperture_end &&
	       dma_range_map_max(map) >= geometry->aperture_start;
}

static unsigned long domain_granule(const struct iommu_domain *domain)
{
	return 1UL << __ffs(domain->pgsize_bitmap);
}

/* Address 0 stays unused: it is what a lost pointer looks like */
static unsigned long domain_base_pfn(const struct iommu_domain *domain)
{
	return max(domain->geometry.aperture_start >> __ffs(domain->pgsize_bitmap), 1ULL);
}

int iommu_dma_cookie_init(struct iommu_domain *domain, struct device *dev)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	unsigned long granule;
	int ret;

	lockdep_assert_not_held(&cookie->lock);

	if (!domain->pgsize_bitmap)
		return -EINVAL;
	granule = domain_granule(domain);
	if (granule > PAGE_SIZE) {
		dev_err(dev, "IOMMU pages of %lu KiB do not fit the CPU's of %lu KiB\n",
			granule >> 10, PAGE_SIZE >> 10);
		return -EINVAL;
	}
	if (!aperture_meets_bus(&domain->geometry, dev)) {
		dev_err(dev, "bus addresses lie outside of what the IOMMU translates\n");
		return -EINVAL;
	}
	if (cookie->granule) {
		if (granule == cookie->granule &&
		    domain_base_pfn(domain) == cookie->base_pfn)
			return 0;
		dev_err(dev, "IOMMU pages or aperture differ from those of its group\n");
		return -EINVAL;
	}

	init_iova_domain(&cookie->iovad, granule, domain_base_pfn(domain));
	ret = iova_domain_init_rcaches(&cookie->iovad);
	if (ret)
		put_iova_domain(&cookie->iovad);
	return ret;
}

void iommu_dma_cookie_open(struct iommu_domain *domain)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;

	lockdep_assert_held(&cookie->lock);

	cookie->granule = domain_granule(domain);
	cookie->base_pfn = domain_base_pfn(domain);
}

void iommu_dma_cookie_exit(struct iommu_dma_cookie *cookie)
{
	lockdep_assert_not_held(&cookie->lock);

	put_iova_domain(&cookie->iovad);
}

void iommu_dma_go_strict(struct iommu_dma_cookie *cookie)
{
	lockdep_assert_held(&cookie->lock);
	WRITE_ONCE(cookie->lazy, NULL);
	if (cookie->flushq)
		iommu_flushq_drain(cookie->flushq);
}

int iommu_dma_init_fq(struct iommu_domain *domain)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	int ret = 0;

	if (!cookie || cookie->msi_only)
		return -EINVAL;

	mutex_lock(&cookie->lock);
	if (cookie->lazy)
		goto out_unlock;
	if (!cookie->granule || cookie->untrusted) {
		ret = -EINVAL;
		goto out_unlock;
	}
	if (!cookie->flushq)
		cookie->flushq = iommu_flushq_alloc(domain, cookie->single_queue);
	if (!cookie->flushq) {
		ret = -ENOMEM;
		goto out_unlock;
	}
	/*
	 * Unmaps run meanwhile.  Each reads this once: it finds the queue with
	 * its rings and timers initialised, or invalidates by itself.
	 */
	smp_store_release(&cookie->lazy, cookie->flushq);
out_unlock:
	mutex_unlock(&cookie->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_init_fq);

void iommu_dma_stop_fq(struct iommu_domain *domain)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;

	if (!cookie || cookie->msi_only)
		return;

	mutex_lock(&cookie->lock);
	iommu_dma_go_strict(cookie);
	mutex_unlock(&cookie->lock);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_stop_fq);
