// SPDX-License-Identifier: GPL-2.0
/*
 * Reserve: addresses that a device's domain must not hand out.
 *
 * Every member of a group brings its own: what one member must not be given
 * cannot be given to any other, because they share the address space.
 */
#include <linux/acpi_iort.h>
#include <linux/dma-mapping.h>
#include <linux/list_sort.h>
#include <linux/of.h>
#include <linux/of_iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "reserve.h"

void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (fwspec && !is_of_node(fwspec->iommu_fwnode))
		iort_iommu_get_resv_regions(dev, list);
	if (dev->of_node)
		of_iommu_get_resv_regions(dev, list);
}
EXPORT_SYMBOL(iommu_dma_get_resv_regions);

/* First reservation that ends at or after a granule, or NULL */
static struct dma_reservation *next_reservation(struct iommu_dma_cookie *cookie,
						unsigned long pfn)
{
	struct dma_reservation *r;

	list_for_each_entry(r, &cookie->reservations, list)
		if (r->hi >= pfn)
			return r;
	return NULL;
}

/* Reserve granules that are in no reservation; @next follows them */
static int reserve_gap(struct iommu_dma_cookie *cookie, unsigned long lo,
		       unsigned long hi, struct dma_reservation *next,
		       struct list_head *added)
{
	struct dma_reservation *r = iommu_dma_zalloc(sizeof(*r), NUMA_NO_NODE);

	if (!r)
		return -ENOMEM;
	r->lo = lo;
	r->hi = hi;
	r->iova = reserve_iova(&cookie->iovad, lo, hi);
	if (!r->iova) {
		kvfree(r);
		/* Nobody has allocated anything before the first member */
		return cookie->members ? -EBUSY : -ENOMEM;
	}
	list_add_tail(&r->list, next ? &next->list : &cookie->reservations);
	list_add_tail(&r->added, added);
	return 0;
}

int iommu_dma_reserve_range(struct iommu_dma_cookie *cookie, u64 first, u64 last,
			    struct list_head *added)
{
	unsigned int lg2 = __ffs(cookie->granule);
	unsigned long lo = max_t(u64, first >> lg2, cookie->base_pfn);
	unsigned long hi = last >> lg2;
	struct dma_reservation *next;
	unsigned long end;
	int ret;

	lockdep_assert_held(&cookie->lock);
	while (lo <= hi) {
		next = next_reservation(cookie, lo);
		if (next && next->lo <= lo) {
			lo = next->hi + 1;
			continue;
		}
		end = next ? min(hi, next->lo - 1) : hi;
		ret = reserve_gap(cookie, lo, end, next, added);
		if (ret)
			return ret;
		lo = end + 1;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_reserve_range);

void iommu_dma_reserve_undo(struct iommu_dma_cookie *cookie, struct list_head *added)
{
	struct dma_reservation *r, *next;

	lockdep_assert_held(&cookie->lock);
	list_for_each_entry_safe(r, next, added, added) {
		__free_iova(&cookie->iovad, r->iova);
		list_del(&r->list);
		kvfree(r);
	}
	INIT_LIST_HEAD(added);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_reserve_undo);

/* Where the CPU sees the bridge's devices, their own DMA does not leave the bus */
static int reserve_windows(struct iommu_dma_cookie *cookie,
			   struct pci_host_bridge *bridge,
			   struct list_head *added)
{
	struct resource_entry *window;
	int ret;

	resource_list_for_each_entry(window, &bridge->windows) {
		if (resource_type(window->res) != IORESOURCE_MEM)
			continue;
		ret = iommu_dma_reserve_range(cookie,
					      window->res->start - window->offset,
					      window->res->end - window->offset,
					      added);
		if (ret)
			return ret;
	}
	return 0;
}

static int cmp_range(void *priv, const struct list_head *a,
		     const struct list_head *b)
{
	struct resource_entry *x = list_entry(a, typeof(*x), node);
	struct resource_entry *y = list_entry(b, typeof(*y), node);

	return x->res->start > y->res->start;
}

/* Only the inbound ranges of a bridge reach memory */
static int reserve_holes(struct iommu_dma_cookie *cookie, struct device *dev,
			 struct pci_host_bridge *bridge, dma_addr_t *last,
			 struct list_head *added)
{
	struct resource_entry *range;
	u64 next = 0;
	bool top = false;
	int ret;

	if (list_empty(&bridge->dma_ranges))
		return 0;
	list_sort(NULL, &bridge->dma_ranges, cmp_range);
	resource_list_for_each_entry(range, &bridge->dma_ranges) {
		u64 start = range->res->start - range->offset;
		u64 end = range->res->end - range->offset;

		if (top || start < next) {
			dev_err(&bridge->dev, "inbound range at %#llx overlaps the one before it; correct \"dma-ranges\" in the firmware\n",
				start);
			return -EINVAL;
		}
		if (start > next) {
			ret = iommu_dma_reserve_range(cookie, next, start - 1, added);
			if (ret)
				return ret;
		}
		next = end + 1;
		top = !next;
	}
	if (!top)
		*last = min(*last, next - 1);
	return 0;
}

static int reserve_bridge(struct iommu_dma_cookie *cookie, struct device *dev,
			  dma_addr_t *last, struct list_head *added)
{
	struct pci_host_bridge *bridge;
	int ret;

	if (!IS_ENABLED(CONFIG_PCI) || !dev_is_pci(dev))
		return 0;
	bridge = pci_find_host_bridge(to_pci_dev(dev)->bus);
	ret = reserve_windows(cookie, bridge, added);
	if (ret)
		return ret;
	return reserve_holes(cookie, dev, bridge, last, added);
}

static int reserve_region(struct iommu_dma_cookie *cookie,
			  const struct iommu_resv_region *region,
			  struct list_head *added)
{
	u64 end = region->start + region->length - 1;
	int ret;

	/* A window for doorbells to be mapped in is for others than the DMA API */
	if (region->type == IOMMU_RESV_SW_MSI || !region->length)
		return 0;
	ret = iommu_dma_reserve_range(cookie, region->start, end, added);
	if (!ret && region->type == IOMMU_RESV_MSI &&
	    !iommu_dma_doorbell_find(cookie, region->start))
		ret = iommu_dma_doorbell_add(cookie, region->start, region->start,
					     region->length);
	return ret;
}

static int reserve_regions(struct iommu_dma_cookie *cookie, struct device *dev,
			   struct list_head *added)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = 0;

	iommu_get_resv_regions(dev, &regions);
	list_for_each_entry(region, &regions, list) {
		ret = reserve_region(cookie, region, added);
		if (ret) {
			dev_err(dev, "cannot reserve its region at %pap, length %#zx: error %d%s\n",
				&region->start, region->length, ret,
				ret == -EBUSY ? ", another device of its group uses it" : "");
			break;
		}
	}
	iommu_put_resv_regions(dev, &regions);
	return ret;
}

int iommu_dma_reserve_device(struct iommu_domain *domain, struct device *dev,
			     dma_addr_t *last)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	struct list_head *doorbell = cookie->doorbells.next;
	LIST_HEAD(added);
	int ret;

	ret = reserve_bridge(cookie, dev, last, &added);
	if (ret)
		dev_err(dev, "cannot reserve its bridge's windows: error %d\n",
			ret);
	else
		ret = reserve_regions(cookie, dev, &added);
	if (!ret && *last >> __ffs(cookie->granule) < cookie->base_pfn) {
		dev_err(dev, "its bus ends at %pad, below what the IOMMU translates\n",
			last);
		ret = -EINVAL;
	}
	if (ret) {
		iommu_dma_doorbells_undo(cookie, doorbell);
		iommu_dma_reserve_undo(cookie, &added);
	}
	return ret;
}
