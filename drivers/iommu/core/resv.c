// SPDX-License-Identifier: GPL-2.0
/*
 * Reserved regions: addresses of a device that are not free for DMA, because
 * firmware uses them (direct), because nothing may be there (reserved) or
 * because messages go there (msi).
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core.h"

/* Part of the interface to user space, which has come to know it */
#define SW_MSI_BASE	0x8000000
#define SW_MSI_LENGTH	0x100000

static phys_addr_t region_last(const struct iommu_resv_region *region)
{
	phys_addr_t last = region->start + region->length - 1;

	/* What firmware says may wrap; the address space does not. */
	return last < region->start ? PHYS_ADDR_MAX : last;
}

static bool region_is_direct(const struct iommu_resv_region *region)
{
	return region->type == IOMMU_RESV_DIRECT ||
	       region->type == IOMMU_RESV_DIRECT_RELAXABLE;
}

static bool device_lists_regions(struct device *dev)
{
	return dev->iommu && dev->iommu->iommu_dev &&
	       dev_iommu_ops(dev)->get_resv_regions;
}

void iommu_get_resv_regions(struct device *dev, struct list_head *list)
{
	if (device_lists_regions(dev))
		dev_iommu_ops(dev)->get_resv_regions(dev, list);
}
EXPORT_SYMBOL_GPL(iommu_get_resv_regions);

static void region_release(struct device *dev, struct iommu_resv_region *region)
{
	list_del(&region->list);
	if (region->free)
		region->free(dev, region);
	else
		kfree(region);
}

void iommu_put_resv_regions(struct device *dev, struct list_head *list)
{
	while (!list_empty(list))
		region_release(dev, list_first_entry(list,
						     struct iommu_resv_region,
						     list));
}
EXPORT_SYMBOL(iommu_put_resv_regions);

struct iommu_resv_region *
iommu_alloc_resv_region(phys_addr_t start, size_t length, int prot,
			enum iommu_resv_type type, gfp_t gfp)
{
	const struct iommu_resv_region wanted = {
		.start = start,
		.length = length,
		.prot = prot,
		.type = type,
	};
	struct iommu_resv_region *region;

	KUNIT_STATIC_STUB_REDIRECT(iommu_alloc_resv_region, start, length, prot,
				   type, gfp);
	region = kmemdup(&wanted, sizeof(wanted), gfp);
	if (region)
		INIT_LIST_HEAD(&region->list);
	return region;
}
EXPORT_SYMBOL_GPL(iommu_alloc_resv_region);

void iommu_add_sw_msi_region(struct list_head *list)
{
	const int prot = IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO;
	struct iommu_resv_region *region;

	region = iommu_alloc_resv_region(SW_MSI_BASE, SW_MSI_LENGTH, prot,
					 IOMMU_RESV_SW_MSI, GFP_KERNEL);
	if (region)
		list_add_tail(&region->list, list);
}
EXPORT_SYMBOL_GPL(iommu_add_sw_msi_region);

/*
 * Widen @into to cover @other, if they are of one type and overlap or touch.
 * False if they do not, or if no region can be that long.
 */
static bool region_absorb(struct iommu_resv_region *into,
			  const struct iommu_resv_region *other)
{
	phys_addr_t last = region_last(into), other_last = region_last(other);
	phys_addr_t start = min(into->start, other->start);

	if (into->type != other->type)
		return false;
	if (other->start > last && other->start - last > 1)
		return false;
	if (into->start > other_last && into->start - other_last > 1)
		return false;
	last = max(last, other_last);
	if (last - start >= SIZE_MAX)
		return false;
	into->start = start;
	into->length = last - start + 1;
	into->prot |= other->prot;
	return true;
}

static bool region_before(const struct iommu_resv_region *a,
			  const struct iommu_resv_region *b)
{
	return a->start < b->start ||
	       (a->start == b->start && a->type < b->type);
}

/*
 * Regions of a type that are on the list do not touch each other, so those that
 * touch the new one are found in one pass: swallowing one brings no other near.
 */
int iommu_resv_insert(struct iommu_resv_region *new, struct list_head *regions)
{
	struct iommu_resv_region *merged, *region, *next;

	if (!new->length)
		return 0;
	merged = iommu_alloc_resv_region(new->start, new->length, new->prot,
					 new->type, GFP_KERNEL);
	if (!merged)
		return -ENOMEM;

	list_for_each_entry_safe(region, next, regions, list) {
		if (region_absorb(merged, region)) {
			list_del(&region->list);
			kfree(region);
		}
	}
	list_for_each_entry(region, regions, list) {
		if (region_before(merged, region))
			break;
	}
	list_add_tail(&merged->list, &region->list);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_resv_insert);

static int insert_all(struct list_head *from, struct list_head *regions)
{
	struct iommu_resv_region *region;
	int ret;

	list_for_each_entry(region, from, list) {
		ret = iommu_resv_insert(region, regions);
		if (ret)
			return ret;
	}
	return 0;
}

int iommu_get_group_resv_regions(struct iommu_group *group,
				 struct list_head *head)
{
	struct group_member *member;
	int ret = 0;

	mutex_lock(&group->mutex);
	for_each_group_member(group, member) {
		LIST_HEAD(own);

		iommu_get_resv_regions(member->dev, &own);
		ret = insert_all(&own, head);
		iommu_put_resv_regions(member->dev, &own);
		if (ret)
			break;
	}
	mutex_unlock(&group->mutex);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_get_group_resv_regions);

/*
 * Direct regions
 */

/* A range that was mapped 1:1 and goes again if a later one fails */
struct direct_run {
	struct list_head list;
	unsigned long start;
	size_t size;
};

/* The whole pages that a direct region needs; @last is inclusive. */
struct direct_pages {
	unsigned long start;
	unsigned long last;
	unsigned long pgsize;
};

static int direct_map_run(struct iommu_domain *domain, unsigned long start,
			  size_t size, int prot, struct list_head *runs)
{
	struct direct_run *run = kmalloc(sizeof(*run), GFP_KERNEL);
	int ret;

	if (!run)
		return -ENOMEM;
	ret = iommu_map(domain, start, start, size, prot, GFP_KERNEL);
	if (ret) {
		kfree(run);
		return ret;
	}
	run->start = start;
	run->size = size;
	list_add(&run->list, runs);
	return 0;
}

static void direct_forget_runs(struct iommu_domain *domain,
			       struct list_head *runs, bool unmap)
{
	struct direct_run *run, *next;

	list_for_each_entry_safe(run, next, runs, list) {
		if (unmap)
			iommu_unmap(domain, run->start, run->size);
		kfree(run);
	}
}

/*
 * Is the page at @iova mapped to itself already?  Its last byte is what is
 * looked up, because address 0 cannot be told from "not mapped".
 */
static int direct_page_state(struct iommu_domain *domain, unsigned long iova,
			     unsigned long pgsize)
{
	unsigned long last = iova + pgsize - 1;
	phys_addr_t paddr = iommu_iova_to_phys(domain, last);

	if (!paddr)
		return 0;
	return paddr == last ? 1 : -EEXIST;
}

/* Map what is not mapped of @pages, in runs as long as they come. */
static int direct_map_pages(struct iommu_domain *domain,
			    const struct direct_pages *pages, int prot,
			    struct list_head *runs)
{
	unsigned long iova = pages->start, run = iova;
	int ret, state;

	for (;;) {
		bool is_last = iova + (pages->pgsize - 1) == pages->last;

		state = direct_page_state(domain, iova, pages->pgsize);
		if (state < 0)
			return state;
		if (state && iova != run) {
			ret = direct_map_run(domain, run, iova - run, prot,
					     runs);
			if (ret)
				return ret;
		}
		iova += pages->pgsize;
		if (state)
			run = iova;
		if (is_last)
			break;
	}
	return iova == run ? 0 :
	       direct_map_run(domain, run, iova - run, prot, runs);
}

/* Outwards to whole pages, so that all that firmware named is reachable. */
static int direct_widen(struct iommu_domain *domain, struct device *dev,
			const struct iommu_resv_region *region,
			struct direct_pages *pages)
{
	const struct iommu_domain_geometry *geometry = &domain->geometry;
	phys_addr_t start = region->start, last = region_last(region);

	pages->pgsize = BIT(__ffs(domain->pgsize_bitmap));
	start &= ~(phys_addr_t)(pages->pgsize - 1);
	last |= pages->pgsize - 1;
	if (last > ULONG_MAX || (geometry->aperture_end &&
				 (start < geometry->aperture_start ||
				  last > geometry->aperture_end))) {
		dev_err(dev, "firmware needs %pa to %pa mapped 1:1, which its IOMMU domain cannot do\n",
			&start, &last);
		return -ERANGE;
	}
	pages->start = start;
	pages->last = last;
	return 0;
}

static void direct_tell(struct iommu_domain *domain, struct device *dev,
			const struct iommu_resv_region *region,
			const struct direct_pages *pages)
{
	phys_addr_t last = region_last(region);

	if (pages->start != region->start || pages->last != last)
		dev_warn(dev, FW_BUG "region %pa to %pa, to be mapped 1:1, does not end at pages of the IOMMU: widened to 0x%lx to 0x%lx\n",
			 &region->start, &last, pages->start, pages->last);
}

static int direct_map_region(struct iommu_domain *domain, struct device *dev,
			     const struct iommu_resv_region *region,
			     struct list_head *runs)
{
	const struct list_head *before = runs->next;
	struct direct_pages pages;
	int ret;

	/* Some drivers know page sizes only once something is attached */
	if (!domain->pgsize_bitmap)
		return -EINVAL;
	ret = direct_widen(domain, dev, region, &pages);
	if (ret)
		return ret;
	ret = direct_map_pages(domain, &pages, region->prot, runs);
	if (ret == -EEXIST)
		dev_err(dev, "region %pa, to be mapped 1:1, is in use for something else\n",
			&region->start);
	/* Said when the region is mapped first, not when it is met again. */
	if (!ret && runs->next != before)
		direct_tell(domain, dev, region, &pages);
	return ret;
}

static bool regions_overlap(const struct iommu_resv_region *a,
			    const struct iommu_resv_region *b)
{
	return a->start <= region_last(b) && b->start <= region_last(a);
}

/* 1:1 wins over everything else that firmware wants there: it is in use. */
static void direct_diagnose(struct device *dev,
			    const struct iommu_resv_region *direct,
			    struct list_head *regions)
{
	struct iommu_resv_region *other;

	list_for_each_entry(other, regions, list) {
		if (region_is_direct(other) || !other->length ||
		    !regions_overlap(direct, other))
			continue;
		dev_warn(dev, FW_BUG "region %pa must be mapped 1:1, but the overlapping one at %pa must not: mapping it\n",
			 &direct->start, &other->start);
	}
}

static int direct_map_all(struct iommu_domain *domain, struct device *dev,
			  struct list_head *regions, struct list_head *runs)
{
	struct iommu_resv_region *region;
	int ret;

	list_for_each_entry(region, regions, list) {
		const struct list_head *before = runs->next;

		if (!region_is_direct(region) || !region->length)
			continue;
		ret = direct_map_region(domain, dev, region, runs);
		if (ret)
			return ret;
		if (runs->next != before)
			direct_diagnose(dev, region, regions);
	}
	return 0;
}

static bool need_direct(const struct list_head *regions)
{
	const struct iommu_resv_region *region;

	list_for_each_entry(region, regions, list) {
		if (region->type == IOMMU_RESV_DIRECT && region->length)
			return true;
	}
	return false;
}

int iommu_resv_map_direct(struct iommu_domain *domain, struct device *dev)
{
	LIST_HEAD(regions);
	LIST_HEAD(runs);
	int ret = 0;

	iommu_get_resv_regions(dev, &regions);
	dev->iommu->require_direct = need_direct(&regions);
	if (domain->type & __IOMMU_DOMAIN_PAGING) {
		ret = direct_map_all(domain, dev, &regions, &runs);
		/* Hardware may have cached that nothing was there. */
		if (!ret && !list_empty(&runs))
			iommu_flush_iotlb_all(domain);
		direct_forget_runs(domain, &runs, ret);
	}
	iommu_put_resv_regions(dev, &regions);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_resv_map_direct);
