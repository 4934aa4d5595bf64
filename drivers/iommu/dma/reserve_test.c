// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what is kept out of a domain: reserve.c, and joining in device.c.
 */
#include <linux/dma-mapping.h>
#include <linux/ioport.h>

#include "fake.h"

/* Is a granule reserved, by the cookie's own books? */
static bool is_reserved(struct fake_domain *fdom, u64 addr)
{
	struct dma_reservation *r;

	list_for_each_entry(r, &fdom->domain.iova_cookie->reservations, list)
		if (r->lo <= addr >> FAKE_GRANULE_LG2 &&
		    r->hi >= addr >> FAKE_GRANULE_LG2)
			return true;
	return false;
}

/* Sorted, no overlap, and known to the allocator */
static void expect_books(struct kunit *test, struct fake_domain *fdom, int count)
{
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	struct dma_reservation *r;
	unsigned long next = 0;
	int n = 0;

	list_for_each_entry(r, &cookie->reservations, list) {
		KUNIT_EXPECT_LE(test, next, r->lo);
		KUNIT_EXPECT_LE(test, r->lo, r->hi);
		KUNIT_EXPECT_NOT_NULL(test, find_iova(&cookie->iovad, r->lo));
		next = r->hi + 1;
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, count);
}

/* Map all there is, one page at a time, and give it back */
static unsigned long map_everything(struct kunit *test, struct device *dev,
				    struct fake_domain *fdom)
{
	struct page *page = fake_page(test);
	dma_addr_t *addrs;
	unsigned long n, i, max = 1024;

	addrs = kunit_kcalloc(test, max, sizeof(*addrs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, addrs);
	for (n = 0; n < max; n++) {
		addrs[n] = dma_map_page_attrs(dev, page, 0, SZ_4K,
					      DMA_TO_DEVICE, DMA_ATTR_NO_WARN);
		if (addrs[n] == DMA_MAPPING_ERROR)
			break;
		KUNIT_EXPECT_FALSE(test, is_reserved(fdom, addrs[n]));
	}
	for (i = 0; i < n; i++)
		dma_unmap_page(dev, addrs[i], SZ_4K, DMA_TO_DEVICE);
	fake_expect_idle(test, fdom);
	return n;
}

static void add_window(struct kunit *test, struct list_head *list,
		       u64 start, u64 end, u64 offset, unsigned long flags)
{
	struct resource *res = kunit_kzalloc(test, sizeof(*res), GFP_KERNEL);
	struct resource_entry *entry;

	KUNIT_ASSERT_NOT_NULL(test, res);
	res->start = start;
	res->end = end;
	res->flags = flags;
	entry = resource_list_create_entry(res, 0);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	entry->offset = offset;
	resource_list_add_tail(entry, list);
}

/* What the bus reaches, at the same address on both sides */
static void add_dma_range(struct kunit *test, struct fake_device *fdev, u64 start, u64 end)
{
	add_window(test, &fdev->bridge->dma_ranges, start, end, 0, IORESOURCE_MEM);
}

static void expect_refused(struct kunit *test, struct fake_device *fdev,
			   struct fake_domain *fdom)
{
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(&fdev->pdev.dev, &fdom->domain),
			-EINVAL);
	expect_books(test, fdom, 0);
	KUNIT_EXPECT_NULL(test, fdev->state.dma);
	KUNIT_EXPECT_FALSE(test, fdev->pdev.dev.dma_iommu);
}

static void test_windows(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *fdev = fake_device(test, true);

	/* The CPU sees bus address 0x10000 at 0x80010000 */
	add_window(test, &fdev->bridge->windows, 0x80010000, 0x8001ffff,
		   0x80000000, IORESOURCE_MEM);
	add_window(test, &fdev->bridge->windows, 0x40000, 0x4ffff, 0,
		   IORESOURCE_IO);
	fake_attach(test, fdev, fdom);
	expect_books(test, fdom, 1);
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x10000));
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x1ffff));
	KUNIT_EXPECT_FALSE(test, is_reserved(fdom, 0x20000));
	KUNIT_EXPECT_FALSE(test, is_reserved(fdom, 0x40000));
	/* 256 pages, less page 0, less 16 of the window */
	KUNIT_EXPECT_EQ(test, map_everything(test, &fdev->pdev.dev, fdom), 239);
	pci_free_resource_list(&fdev->bridge->windows);
}

static void test_holes(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *fdev = fake_device(test, true);

	/* Not sorted, as firmware may have them */
	add_dma_range(test, fdev, 0x40000, 0x7ffff);
	add_dma_range(test, fdev, 0x10000, 0x1ffff);
	fake_attach(test, fdev, fdom);
	expect_books(test, fdom, 2);
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x1000));
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0xf000));
	KUNIT_EXPECT_FALSE(test, is_reserved(fdom, 0x10000));
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x20000));
	KUNIT_EXPECT_FALSE(test, is_reserved(fdom, 0x40000));
	KUNIT_EXPECT_EQ(test, fdev->state.dma->last, 0x7ffff);
	KUNIT_EXPECT_EQ(test, map_everything(test, &fdev->pdev.dev, fdom),
			16 + 64);
	pci_free_resource_list(&fdev->bridge->dma_ranges);
}

/* A range that ends with the address space leaves nothing above */
static void test_holes_to_the_top(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *fdev = fake_device(test, true);

	add_dma_range(test, fdev, 0x80000, U64_MAX);
	fake_attach(test, fdev, fdom);
	expect_books(test, fdom, 1);
	KUNIT_EXPECT_EQ(test, fdev->state.dma->last, SZ_1M - 1);
	pci_free_resource_list(&fdev->bridge->dma_ranges);
}

static void test_overlapping_ranges(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *fdev = fake_device(test, true);

	add_dma_range(test, fdev, 0x10000, 0x3ffff);
	add_dma_range(test, fdev, 0x20000, 0x4ffff);
	expect_refused(test, fdev, fdom);
	pci_free_resource_list(&fdev->bridge->dma_ranges);
}

/* The bus ends below the aperture */
static void test_nothing_left(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_2M - 1);
	struct fake_device *fdev = fake_device(test, true);

	add_dma_range(test, fdev, 0, 0xfffff);
	expect_refused(test, fdev, fdom);
	pci_free_resource_list(&fdev->bridge->dma_ranges);
}

static void set_region(struct fake_device *fdev, u64 start, size_t length,
		       enum iommu_resv_type type)
{
	fdev->regions[fdev->nr_regions++] = (struct iommu_resv_region){
		.start = start, .length = length, .type = type,
	};
}

static void test_regions(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *fdev = fake_device(test, false);

	set_region(fdev, 0x10800, 0x1000, IOMMU_RESV_DIRECT);
	set_region(fdev, 0x20000, 0x1000, IOMMU_RESV_RESERVED);
	set_region(fdev, 0x30000, 0x10000, IOMMU_RESV_SW_MSI);
	set_region(fdev, 0x50000, 0x2000, IOMMU_RESV_MSI);
	fake_attach(test, fdev, fdom);
	expect_books(test, fdom, 3);
	/* Whole granules, to both sides */
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x10000));
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x11000));
	KUNIT_EXPECT_FALSE(test, is_reserved(fdom, 0x12000));
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x20000));
	KUNIT_EXPECT_FALSE(test, is_reserved(fdom, 0x30000));
	KUNIT_EXPECT_TRUE(test, is_reserved(fdom, 0x51000));
	KUNIT_EXPECT_EQ(test, map_everything(test, &fdev->pdev.dev, fdom),
			255 - 2 - 1 - 2);
}

/* What the second member must not be given, the first is not given either */
static void test_second_member(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *first = fake_device(test, false);
	struct fake_device *second = fake_device(test, true);

	set_region(first, 0x10000, 0x4000, IOMMU_RESV_RESERVED);
	set_region(second, 0x12000, 0x4000, IOMMU_RESV_RESERVED);
	set_region(second, 0x80000, 0x1000, IOMMU_RESV_RESERVED);
	add_window(test, &second->bridge->windows, 0xc0000, 0xcffff, 0,
		   IORESOURCE_MEM);
	fake_attach(test, first, fdom);
	expect_books(test, fdom, 1);
	fake_attach(test, second, fdom);
	/* Only what was not reserved is added */
	expect_books(test, fdom, 4);
	KUNIT_EXPECT_EQ(test, map_everything(test, &first->pdev.dev, fdom),
			255 - 6 - 1 - 16);
	pci_free_resource_list(&second->bridge->windows);
}

/* Another member uses what a new one reserves: it is refused, and nothing stays */
static void test_conflict(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_1M + SZ_64K - 1);
	struct fake_device *first = fake_device(test, false);
	struct fake_device *second = fake_device(test, true);
	struct page *page = fake_page(test);
	dma_addr_t addr;

	fake_attach(test, first, fdom);
	addr = dma_map_page(&first->pdev.dev, page, 0, SZ_32K, DMA_TO_DEVICE);
	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);

	/* Where the mapping is not, and where it is */
	set_region(second, addr ^ SZ_32K, SZ_4K, IOMMU_RESV_MSI);
	set_region(second, addr + SZ_4K, SZ_4K, IOMMU_RESV_RESERVED);
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(&second->pdev.dev, &fdom->domain),
			-EBUSY);
	expect_books(test, fdom, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&fdom->domain.iova_cookie->doorbells));
	KUNIT_EXPECT_NULL(test, second->state.dma);

	dma_unmap_page(&first->pdev.dev, addr, SZ_32K, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, map_everything(test, &first->pdev.dev, fdom), 16);
	fake_attach(test, second, fdom);
	expect_books(test, fdom, 2);
}

/* Ranges are cut around what is reserved */
static void test_pieces(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1M - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	LIST_HEAD(kept);
	LIST_HEAD(added);

	fake_attach(test, fdev, fdom);
	mutex_lock(&cookie->lock);
	KUNIT_EXPECT_EQ(test, iommu_dma_reserve_range(cookie, 0x30000, 0x3ffff, &kept), 0);
	KUNIT_EXPECT_EQ(test, iommu_dma_reserve_range(cookie, 0x50000, 0x5ffff, &kept), 0);
	KUNIT_EXPECT_EQ(test, iommu_dma_reserve_range(cookie, 0x20000, 0x6ffff, &added), 0);
	expect_books(test, fdom, 5);
	KUNIT_EXPECT_EQ(test, iommu_dma_reserve_range(cookie, 0x20000, 0x6ffff, &added), 0);
	expect_books(test, fdom, 5);
	/* Below the first granule there is nothing to reserve */
	KUNIT_EXPECT_EQ(test, iommu_dma_reserve_range(cookie, 0, 0xfff, &added), 0);
	expect_books(test, fdom, 5);
	iommu_dma_reserve_undo(cookie, &added);
	expect_books(test, fdom, 2);
	mutex_unlock(&cookie->lock);
	KUNIT_EXPECT_EQ(test, map_everything(test, &fdev->pdev.dev, fdom),
			255 - 32);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE(test_windows),
	KUNIT_CASE(test_holes),
	KUNIT_CASE(test_holes_to_the_top),
	KUNIT_CASE(test_overlapping_ranges),
	KUNIT_CASE(test_nothing_left),
	KUNIT_CASE(test_regions),
	KUNIT_CASE(test_second_member),
	KUNIT_CASE(test_conflict),
	KUNIT_CASE(test_pieces),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "iommu-dma-reserve",
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
