// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memory that is shared with a device: coherent.c, noncontiguous.c,
 * pages.c.
 */
#include <linux/dma-mapping.h>
#include <linux/vmalloc.h>

#include "fake.h"

static bool all_zero(const u8 *p, size_t size)
{
	return !memchr_inv(p, 0, size);
}

/* What the CPU writes through vaddr, the device finds at addr */
static void expect_shared(struct kunit *test, struct fake_domain *fdom,
			  u8 *vaddr, dma_addr_t addr, size_t size)
{
	size_t at;

	for (at = 0; at < size; at += SZ_4K) {
		vaddr[at] = at >> 12;
		vaddr[at + 1] = 0x5a;
		KUNIT_ASSERT_NE(test, fake_phys(fdom, addr + at), 0);
		KUNIT_ASSERT_EQ(test, *(u8 *)phys_to_virt(fake_phys(fdom, addr + at)),
				(u8)(at >> 12));
		KUNIT_ASSERT_EQ(test, fake_prot(fdom, addr + at),
				IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE);
	}
}

static void test_alloc(struct kunit *test)
{
	static const struct {
		size_t size;
		gfp_t gfp;
		unsigned long attrs;
	} cases[] = {
		{ 100, GFP_KERNEL, 0 },
		{ SZ_4K, GFP_KERNEL, 0 },
		{ SZ_4K + 1, GFP_KERNEL, 0 },
		{ SZ_64K, GFP_KERNEL, 0 },
		{ SZ_1M + SZ_4K, GFP_KERNEL, 0 },
		{ SZ_4M, GFP_KERNEL, 0 },
		{ SZ_64K, GFP_KERNEL, DMA_ATTR_FORCE_CONTIGUOUS },
		{ SZ_64K, GFP_KERNEL, DMA_ATTR_ALLOC_SINGLE_PAGES },
		{ SZ_16K, GFP_ATOMIC, 0 },
	};
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	dma_addr_t addr;
	u8 *vaddr;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = cases[i].size;

		vaddr = dma_alloc_attrs(dev, size, &addr, cases[i].gfp,
					cases[i].attrs);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		KUNIT_EXPECT_TRUE(test, all_zero(vaddr, PAGE_ALIGN(size)));
		KUNIT_EXPECT_EQ(test, fdom->nr_mapped, PAGE_ALIGN(size) >> 12);
		expect_shared(test, fdom, vaddr, addr, size);
		dma_free_attrs(dev, size, vaddr, addr, cases[i].attrs);
		fake_expect_idle(test, fdom);
	}
}

/* The mask for coherent memory is not that for buffers */
static void test_mask(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	dma_addr_t addr, scattered;
	void *vaddr, *more;

	dev->coherent_dma_mask = DMA_BIT_MASK(24);
	vaddr = dma_alloc_coherent(dev, SZ_4K, &addr, GFP_KERNEL);
	more = dma_alloc_coherent(dev, SZ_64K, &scattered, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	KUNIT_ASSERT_NOT_NULL(test, more);
	KUNIT_EXPECT_LE(test, addr, DMA_BIT_MASK(24));
	KUNIT_EXPECT_LE(test, scattered, DMA_BIT_MASK(24));
	dma_free_coherent(dev, SZ_64K, more, scattered);
	dma_free_coherent(dev, SZ_4K, vaddr, addr);
	fake_expect_idle(test, fdom);
}

/* Memory is given back after the invalidation, in a lazy domain too */
static void test_free_is_strict(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	dma_addr_t addr;
	void *vaddr;

	KUNIT_ASSERT_EQ(test, iommu_dma_init_fq(&fdom->domain), 0);
	vaddr = dma_alloc_coherent(dev, SZ_64K, &addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	dma_free_coherent(dev, SZ_64K, vaddr, addr);
	KUNIT_EXPECT_EQ(test, fdom->syncs, 1);
	fake_expect_idle(test, fdom);
}

static void test_sgtable(struct kunit *test)
{
	static const size_t sizes[] = { SZ_4K, SZ_64K };
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct sg_page_iter page;
	struct sg_table table;
	dma_addr_t addr, at;
	void *vaddr;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		vaddr = dma_alloc_coherent(dev, sizes[i], &addr, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		KUNIT_ASSERT_EQ(test, dma_get_sgtable(dev, &table, vaddr, addr, sizes[i]), 0);
		at = addr;
		for_each_sgtable_page(&table, &page, 0) {
			KUNIT_EXPECT_EQ(test, fake_phys(fdom, at),
					page_to_phys(sg_page_iter_page(&page)));
			at += PAGE_SIZE;
		}
		KUNIT_EXPECT_EQ(test, at - addr, sizes[i]);
		sg_free_table(&table);
		dma_free_coherent(dev, sizes[i], vaddr, addr);
	}
	fake_expect_idle(test, fdom);
}

static void test_noncontiguous(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct sg_table *table;
	u8 *vaddr;

	table = dma_alloc_noncontiguous(dev, SZ_64K + 100, DMA_BIDIRECTIONAL,
					GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_EXPECT_EQ(test, table->nents, 1);
	KUNIT_EXPECT_EQ(test, fdom->nr_mapped, 17);
	vaddr = dma_vmap_noncontiguous(dev, SZ_64K + 100, table);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	KUNIT_EXPECT_TRUE(test, all_zero(vaddr, SZ_64K + 100));
	expect_shared(test, fdom, vaddr, sg_dma_address(table->sgl),
		      SZ_64K + 100);
	dma_vunmap_noncontiguous(dev, vaddr);
	dma_free_noncontiguous(dev, SZ_64K + 100, table, DMA_BIDIRECTIONAL);
	fake_expect_idle(test, fdom);
}

static void test_pages_api(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct page *page;
	dma_addr_t addr;

	page = dma_alloc_pages(dev, SZ_16K, &addr, DMA_FROM_DEVICE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, fake_phys(fdom, addr), page_to_phys(page));
	KUNIT_EXPECT_EQ(test, fake_prot(fdom, addr), IOMMU_WRITE | IOMMU_CACHE);
	dma_free_pages(dev, SZ_16K, page, addr, DMA_FROM_DEVICE);
	fake_expect_idle(test, fdom);
}

/* Each allocation and each mapping fails once; nothing may be left of it */
static void test_failures(struct kunit *test)
{
	static const size_t sizes[] = { SZ_4K, SZ_64K };
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	unsigned int nth;
	dma_addr_t addr;
	void *vaddr;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (nth = 1; ; nth++) {
			fake_fail_alloc(test, nth);
			vaddr = dma_alloc_coherent(dev, sizes[i], &addr,
						   GFP_KERNEL);
			if (vaddr)
				dma_free_coherent(dev, sizes[i], vaddr, addr);
			fake_expect_idle(test, fdom);
			if (!fake_failed())
				break;
		}
		fake_fail_alloc(test, 0);
		for (nth = 1; ; nth++) {
			fdom->maps = 0;
			fdom->fail_map = nth;
			vaddr = dma_alloc_coherent(dev, sizes[i], &addr,
						   GFP_KERNEL);
			fdom->fail_map = 0;
			if (vaddr)
				break;
			fake_expect_idle(test, fdom);
		}
		dma_free_coherent(dev, sizes[i], vaddr, addr);
		fake_expect_idle(test, fdom);
	}
}

static void test_noncontiguous_failures(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct sg_table *table;
	unsigned int nth;

	for (nth = 1; ; nth++) {
		fake_fail_alloc(test, nth);
		table = dma_alloc_noncontiguous(dev, SZ_64K, DMA_TO_DEVICE,
						GFP_KERNEL, 0);
		if (table)
			dma_free_noncontiguous(dev, SZ_64K, table,
					       DMA_TO_DEVICE);
		fake_expect_idle(test, fdom);
		if (!fake_failed())
			break;
	}
	KUNIT_EXPECT_GT(test, nth, 3);
}

/* Runs of pages that are asked for are used, and end at any length */
static void test_page_runs(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct page **pages;
	int i;

	pages = iommu_dma_pages_alloc(dev, 23, BIT(0) | BIT(3), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, page_to_pfn(pages[i]),
				page_to_pfn(pages[i & ~7]) + (i & 7));
	for (i = 0; i < 23; i++)
		KUNIT_EXPECT_EQ(test, page_count(pages[i]), 1);
	iommu_dma_pages_free(pages, 23);
}

static struct kunit_case coherent_cases[] = {
	KUNIT_CASE(test_alloc),
	KUNIT_CASE(test_mask),
	KUNIT_CASE(test_free_is_strict),
	KUNIT_CASE(test_sgtable),
	KUNIT_CASE(test_noncontiguous),
	KUNIT_CASE(test_pages_api),
	KUNIT_CASE(test_failures),
	KUNIT_CASE(test_noncontiguous_failures),
	KUNIT_CASE(test_page_runs),
	{}
};

static struct kunit_suite coherent_suite = {
	.name = "iommu-dma-coherent",
	.test_cases = coherent_cases,
};

kunit_test_suite(coherent_suite);
