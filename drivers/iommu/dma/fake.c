// SPDX-License-Identifier: GPL-2.0
/*
 * The domain and the device of fake.h.
 */
#include <kunit/static_stub.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "fake.h"

#define PROT_BITS	8

static struct fake_domain *to_fake(struct iommu_domain *domain)
{
	return container_of(domain, struct fake_domain, domain);
}

static struct fake_device *dev_to_fake(struct device *dev)
{
	return container_of(to_pci_dev(dev), struct fake_device, pdev);
}

/* Trees are changed under fdom->lock, with interrupts off */
static void *entry_set(struct xarray *xa, unsigned long index, void *entry)
{
	return xa_store(xa, index, entry, GFP_ATOMIC);
}

static int fake_map_range(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			  size_t *mapped)
{
	struct fake_domain *fdom = to_fake(domain);
	unsigned long index, flags;

	if ((iova | paddr | size) & (FAKE_GRANULE - 1) || !size)
		return -EINVAL;
	spin_lock_irqsave(&fdom->lock, flags);
	if (++fdom->maps == fdom->fail_map) {
		spin_unlock_irqrestore(&fdom->lock, flags);
		return -ENOMEM;
	}
	for (*mapped = 0; *mapped < size; *mapped += FAKE_GRANULE) {
		index = (iova + *mapped) >> FAKE_GRANULE_LG2;
		if (xa_load(&fdom->mapped, index) ||
		    xa_load(&fdom->stale, index))
			fdom->wrong++;
		entry_set(&fdom->mapped, index,
			  xa_mk_value(((paddr + *mapped) >> FAKE_GRANULE_LG2)
				      << PROT_BITS | prot));
		fdom->nr_mapped++;
	}
	spin_unlock_irqrestore(&fdom->lock, flags);
	return 0;
}

static size_t unmap_granules(struct fake_domain *fdom, unsigned long iova,
			     size_t size)
{
	size_t done;

	for (done = 0; done < size; done += FAKE_GRANULE) {
		unsigned long index = (iova + done) >> FAKE_GRANULE_LG2;

		if (!xa_load(&fdom->mapped, index))
			break;
		entry_set(&fdom->mapped, index, NULL);
		entry_set(&fdom->stale, index, xa_mk_value(1));
		fdom->nr_mapped--;
		fdom->nr_stale++;
	}
	return done;
}

static size_t fake_unmap_range(struct iommu_domain *domain, unsigned long iova,
			       size_t size, struct iommu_iotlb_gather *gather)
{
	struct fake_domain *fdom = to_fake(domain);
	unsigned long flags;
	size_t done;

	spin_lock_irqsave(&fdom->lock, flags);
	fdom->unmaps++;
	done = unmap_granules(fdom, iova, size);
	if (fdom->give_table) {
		list_add_tail(&fdom->give_table->lru, &gather->freelist);
		fdom->give_table = NULL;
		gather->table = true;
	}
	spin_unlock_irqrestore(&fdom->lock, flags);
	if (done) {
		iommu_iotlb_gather_add_range(gather, iova, done);
		gather->pgsize = FAKE_GRANULE;
		gather->leaf_levels |= BIT(3);
	}
	return done;
}

/*
 * While a range is being invalidated it must not be on offer: take what the
 * allocator gives, look, and give it back.
 */
static void probe_allocator(struct fake_domain *fdom)
{
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	unsigned long pfn[8], flags, last;
	int i, n;

	if (!cookie || !cookie->granule)
		return;
	last = fdom->domain.geometry.aperture_end >> FAKE_GRANULE_LG2;
	for (n = 0; n < ARRAY_SIZE(pfn); n++) {
		pfn[n] = alloc_iova_fast(&cookie->iovad, 1, last, false);
		if (!pfn[n])
			break;
	}
	spin_lock_irqsave(&fdom->lock, flags);
	for (i = 0; i < n; i++)
		if (xa_load(&fdom->stale, pfn[i]))
			fdom->wrong++;
	spin_unlock_irqrestore(&fdom->lock, flags);
	for (i = 0; i < n; i++)
		free_iova_fast(&cookie->iovad, pfn[i], 1);
}

static void fake_sync(struct iommu_domain *domain,
		      struct iommu_iotlb_gather *gather)
{
	struct fake_domain *fdom = to_fake(domain);
	unsigned long index, flags;
	void *entry;

	probe_allocator(fdom);
	spin_lock_irqsave(&fdom->lock, flags);
	fdom->syncs++;
	/* Nothing to invalidate, or nothing to invalidate yet: misuse */
	if (!gather->end || gather->queued)
		fdom->wrong++;
	xa_for_each_range(&fdom->stale, index, entry,
			  gather->start >> FAKE_GRANULE_LG2,
			  gather->end >> FAKE_GRANULE_LG2) {
		entry_set(&fdom->stale, index, NULL);
		fdom->nr_stale--;
	}
	spin_unlock_irqrestore(&fdom->lock, flags);
	iommu_put_pages_list(&gather->freelist);
}

static void fake_flush(struct iommu_domain *domain)
{
	struct fake_domain *fdom = to_fake(domain);
	unsigned long index, flags;
	void *entry;

	probe_allocator(fdom);
	spin_lock_irqsave(&fdom->lock, flags);
	fdom->flushes++;
	xa_for_each(&fdom->stale, index, entry)
		entry_set(&fdom->stale, index, NULL);
	fdom->nr_stale = 0;
	spin_unlock_irqrestore(&fdom->lock, flags);
}

static unsigned long fake_entry(struct fake_domain *fdom, dma_addr_t addr)
{
	void *entry = xa_load(&fdom->mapped, addr >> FAKE_GRANULE_LG2);

	return entry ? xa_to_value(entry) : 0;
}

phys_addr_t fake_phys(struct fake_domain *fdom, dma_addr_t addr)
{
	unsigned long entry = fake_entry(fdom, addr);

	if (!entry)
		return 0;
	return ((phys_addr_t)(entry >> PROT_BITS) << FAKE_GRANULE_LG2) +
	       (addr & (FAKE_GRANULE - 1));
}

int fake_prot(struct fake_domain *fdom, dma_addr_t addr)
{
	unsigned long entry = fake_entry(fdom, addr);

	return entry ? entry & (BIT(PROT_BITS) - 1) : -1;
}

static phys_addr_t fake_iova_to_phys(struct iommu_domain *domain,
				     dma_addr_t iova)
{
	return fake_phys(to_fake(domain), iova);
}

static int fake_map_pages(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t pgsize, size_t pgcount,
			  int prot, gfp_t gfp, size_t *mapped)
{
	return fake_map_range(domain, iova, paddr, pgsize * pgcount, prot, gfp,
			      mapped);
}

static size_t fake_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			       size_t pgsize, size_t pgcount,
			       struct iommu_iotlb_gather *gather)
{
	struct iommu_iotlb_gather own;
	size_t done;

	iommu_iotlb_gather_init(&own);
	done = fake_unmap_range(domain, iova, pgsize * pgcount, &own);
	list_splice_tail(&own.freelist, &gather->freelist);
	if (done && !iommu_iotlb_gather_queued(gather))
		iommu_iotlb_gather_add_range(gather, iova, done);
	return done;
}

static const struct iommu_domain_ops fake_ops = {
	.map_range = fake_map_range,
	.unmap_range = fake_unmap_range,
	.iotlb_sync = fake_sync,
	.flush_iotlb_all = fake_flush,
	.iova_to_phys = fake_iova_to_phys,
};

static const struct iommu_domain_ops fake_ops_by_page = {
	.map_pages = fake_map_pages,
	.unmap_pages = fake_unmap_pages,
	.iotlb_sync = fake_sync,
	.flush_iotlb_all = fake_flush,
	.iova_to_phys = fake_iova_to_phys,
};

void fake_pages_ops(struct fake_domain *fdom)
{
	fdom->domain.ops = &fake_ops_by_page;
}

static void fake_domain_end(void *arg)
{
	struct fake_domain *fdom = arg;

	iommu_put_dma_cookie(&fdom->domain);
	xa_destroy(&fdom->mapped);
	xa_destroy(&fdom->stale);
	kfree(fdom);
}

struct fake_domain *fake_domain(struct kunit *test, u64 first, u64 last)
{
	struct fake_domain *fdom = kzalloc(sizeof(*fdom), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fdom);
	fdom->test = test;
	spin_lock_init(&fdom->lock);
	xa_init(&fdom->mapped);
	xa_init(&fdom->stale);
	fdom->domain.type = IOMMU_DOMAIN_DMA;
	fdom->domain.ops = &fake_ops;
	fdom->domain.pgsize_bitmap = SZ_4K | SZ_2M;
	fdom->domain.geometry.aperture_start = first;
	fdom->domain.geometry.aperture_end = last;
	fdom->domain.geometry.force_aperture = true;
	KUNIT_ASSERT_EQ(test, iommu_get_dma_cookie(&fdom->domain), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_domain_end, fdom), 0);
	return fdom;
}

static bool fake_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_DEFERRED_FLUSH && !dev_to_fake(dev)->no_defer;
}

static void fake_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct fake_device *fdev = dev_to_fake(dev);
	struct iommu_resv_region *region;
	int i;

	for (i = 0; i < fdev->nr_regions; i++) {
		region = kmemdup(&fdev->regions[i], sizeof(*region),
				 GFP_KERNEL);
		if (region)
			list_add_tail(&region->list, list);
	}
}

static const struct iommu_ops fake_iommu_ops = {
	.capable = fake_capable,
	.get_resv_regions = fake_get_resv_regions,
};

static void fake_dev_release(struct device *dev)
{
}

static void fake_device_end(void *arg)
{
	struct fake_device *fdev = arg;
	struct device *dev = &fdev->pdev.dev;

	iommu_dma_release_device(dev);
	dev->iommu = NULL;
	dev->bus = NULL;
	pci_free_host_bridge(fdev->bridge);
	put_device(dev);
	kfree(fdev);
}

struct fake_device *fake_device(struct kunit *test, bool pci)
{
	struct fake_device *fdev = kzalloc(sizeof(*fdev), GFP_KERNEL);
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, fdev);
	dev = &fdev->pdev.dev;
	device_initialize(dev);
	dev->release = fake_dev_release;
	dev_set_name(dev, "fake");
	fdev->bridge = pci_alloc_host_bridge(0);
	KUNIT_ASSERT_NOT_NULL(test, fdev->bridge);
	fdev->bus.bridge = &fdev->bridge->dev;
	fdev->pdev.bus = &fdev->bus;
	fdev->pdev.dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &fdev->pdev.dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_parms = &fdev->parms;
	fdev->instance.ops = &fake_iommu_ops;
	fdev->state.iommu_dev = &fdev->instance;
	dev->iommu = &fdev->state;
	if (pci)
		dev->bus = &pci_bus_type;
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU)
	dev->dma_coherent = true;
#endif
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_device_end, fdev), 0);
	return fdev;
}

void fake_attach(struct kunit *test, struct fake_device *fdev,
		 struct fake_domain *fdom)
{
	KUNIT_ASSERT_EQ(test, iommu_dma_device_setup(&fdev->pdev.dev, &fdom->domain),
			0);
}

struct device *fake_pair(struct kunit *test, struct fake_domain **fdom)
{
	struct fake_device *fdev;

	/* The device goes first, so the domain is made first */
	*fdom = fake_domain(test, 0, SZ_256M - 1);
	fdev = fake_device(test, false);
	fake_attach(test, fdev, *fdom);
	return &fdev->pdev.dev;
}

static void fake_page_end(void *page)
{
	__free_page(page);
}

struct page *fake_page(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_page_end, page), 0);
	return page;
}

void fake_expect_idle(struct kunit *test, struct fake_domain *fdom)
{
	KUNIT_EXPECT_EQ(test, fdom->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
	KUNIT_EXPECT_EQ(test, fdom->wrong, 0);
}

/* Only the thread of the running test comes to the functions that use these */
static unsigned int fail_countdown;
static bool fail_happened;

static bool fail_this(void)
{
	if (!fail_countdown || --fail_countdown)
		return false;
	fail_happened = true;
	return true;
}

static void *failing_zalloc(size_t size, int node)
{
	return fail_this() ? NULL : kvzalloc_node(size, GFP_KERNEL, node);
}

static struct page *failing_page_run_alloc(int node, gfp_t gfp,
					   unsigned int order)
{
	return fail_this() ? NULL : alloc_pages_node(node, gfp, order);
}

void fake_fail_alloc(struct kunit *test, unsigned int nth)
{
	fail_countdown = nth;
	fail_happened = false;
	kunit_activate_static_stub(test, iommu_dma_zalloc, failing_zalloc);
	kunit_activate_static_stub(test, iommu_dma_page_run_alloc,
				   failing_page_run_alloc);
}

bool fake_failed(void)
{
	return fail_happened;
}

MODULE_DESCRIPTION("Tests of the DMA API on an IOMMU");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
