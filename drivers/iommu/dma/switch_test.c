// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of iommu_dma_stop_fq(): the DMA side of a live switch of a group from
 * lazy to strict.
 *
 * The fake domain counts every granule that is mapped while stale, so each of
 * these also tests that no address is handed out before its invalidation.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>

#include "fake.h"

/* A domain in which 16 pages are all that there is */
#define FIRST		SZ_1M
#define LAST		(SZ_1M + SZ_64K - 1)
#define ALL		16

static struct device *lazy_pair(struct kunit *test, struct fake_domain **fdom,
				u64 last, bool single)
{
	struct fake_device *fdev = fake_device(test, false);

	*fdom = fake_domain(test, FIRST, last);
	(*fdom)->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fdev->state.shadow_on_flush = single;
	fake_attach(test, fdev, *fdom);
	KUNIT_ASSERT_NOT_NULL(test, (*fdom)->domain.iova_cookie->lazy);
	return &fdev->pdev.dev;
}

static dma_addr_t map_pages(struct kunit *test, struct device *dev, int pages)
{
	dma_addr_t addr = dma_map_page(dev, fake_page(test), 0,
				       pages * PAGE_SIZE, DMA_FROM_DEVICE);

	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	return addr;
}

static void unmap_pages(struct device *dev, dma_addr_t addr, int pages)
{
	dma_unmap_page(dev, addr, pages * PAGE_SIZE, DMA_FROM_DEVICE);
}

static unsigned int invalidations(struct fake_domain *fdom)
{
	return fdom->syncs + fdom->flushes;
}

/* What waited is invalidated when the call returns, and its addresses are free */
static void test_flushes(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, LAST, false);
	unsigned int before;
	dma_addr_t addr;

	unmap_pages(dev, map_pages(test, dev, ALL), ALL);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, ALL);
	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);

	before = invalidations(fdom);
	KUNIT_EXPECT_EQ(test, before, 1);
	addr = map_pages(test, dev, ALL);
	KUNIT_EXPECT_EQ(test, invalidations(fdom), before);
	unmap_pages(dev, addr, ALL);
	fake_expect_idle(test, fdom);
}

/* A single queue has a period of a second; it is not waited for */
static void test_flushes_single(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, LAST, true);

	unmap_pages(dev, map_pages(test, dev, 5), 5);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 5);
	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
	KUNIT_EXPECT_EQ(test, fdom->flushes, 1);
	fake_expect_idle(test, fdom);
}

/* From then on each unmap is invalidated when it returns */
static void test_is_strict(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, SZ_256M - 1, false);
	int i;

	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_EXPECT_EQ(test, invalidations(fdom), 0);
	for (i = 1; i <= 10; i++) {
		unmap_pages(dev, map_pages(test, dev, i), i);
		KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
		KUNIT_EXPECT_EQ(test, fdom->syncs, i);
	}
	fake_expect_idle(test, fdom);
}

/* Tables that waited are freed by the switch, after the invalidation */
static void test_tables(struct kunit *test)
{
	struct page *table = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, LAST, false);
	dma_addr_t addr = map_pages(test, dev, 1);

	get_page(table);
	fdom->give_table = table;
	unmap_pages(dev, addr, 1);
	KUNIT_EXPECT_EQ(test, page_count(table), 2);
	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_EXPECT_EQ(test, page_count(table), 1);
	fake_expect_idle(test, fdom);
}

/* An unmap that found the queue before the switch and uses it afterwards */
static void test_late_unmap(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, LAST, false);
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	struct dma_flushq *queue = cookie->lazy;
	dma_addr_t addr = map_pages(test, dev, ALL);
	int i;

	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_ASSERT_NULL(test, cookie->lazy);
	cookie->lazy = queue;
	unmap_pages(dev, addr, ALL);
	cookie->lazy = NULL;
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, ALL);

	/* Its period ends it, although nobody defers any more */
	for (i = 0; i < 100 && READ_ONCE(fdom->nr_stale); i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
	msleep(20);
	addr = map_pages(test, dev, ALL);
	unmap_pages(dev, addr, ALL);
	fake_expect_idle(test, fdom);
}

/* The same, and the domain ends before the period */
static void test_late_unmap_then_end(struct kunit *test)
{
	struct page *table = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, LAST, true);
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	struct dma_flushq *queue = cookie->lazy;
	dma_addr_t addr = map_pages(test, dev, 1);

	iommu_dma_stop_fq(&fdom->domain);
	cookie->lazy = queue;
	get_page(table);
	fdom->give_table = table;
	unmap_pages(dev, addr, 1);
	cookie->lazy = NULL;
	iommu_dma_release_device(dev);
	iommu_put_dma_cookie(&fdom->domain);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
	KUNIT_EXPECT_EQ(test, page_count(table), 1);
	fake_expect_idle(test, fdom);
}

/* Without a queue, twice, and in domains that have no allocator: nothing */
static void test_nothing_to_stop(struct kunit *test)
{
	struct fake_domain *fdom;
	struct iommu_domain bare = {};
	struct device *dev = lazy_pair(test, &fdom, LAST, false);

	iommu_dma_stop_fq(&bare);
	iommu_dma_stop_fq(&fdom->domain);
	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_EXPECT_EQ(test, invalidations(fdom), 0);
	unmap_pages(dev, map_pages(test, dev, 1), 1);
	KUNIT_EXPECT_EQ(test, fdom->syncs, 1);
	fake_expect_idle(test, fdom);

	dev = fake_pair(test, &fdom);
	iommu_dma_stop_fq(&fdom->domain);
	KUNIT_EXPECT_EQ(test, invalidations(fdom), 0);
	unmap_pages(dev, map_pages(test, dev, 1), 1);
	KUNIT_EXPECT_EQ(test, fdom->syncs, 1);
	fake_expect_idle(test, fdom);
}

/* And back: the same queue defers again */
static void test_back_to_lazy(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, LAST, false);
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	struct dma_flushq *queue = cookie->lazy;
	int i;

	for (i = 0; i < 3; i++) {
		iommu_dma_stop_fq(&fdom->domain);
		KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), 0);
		KUNIT_EXPECT_PTR_EQ(test, cookie->lazy, queue);
		unmap_pages(dev, map_pages(test, dev, 3), 3);
		KUNIT_EXPECT_EQ(test, fdom->nr_stale, 3);
	}
	iommu_dma_stop_fq(&fdom->domain);
	fake_expect_idle(test, fdom);
}

/* A device that is not trusted joins: nothing is stale when it is there */
static void test_untrusted_flushes(struct kunit *test)
{
	struct fake_device *other = fake_device(test, true);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, SZ_256M - 1, false);

	unmap_pages(dev, map_pages(test, dev, 7), 7);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 7);
	other->pdev.untrusted = 1;
	fake_attach(test, other, fdom);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
	fake_expect_idle(test, fdom);
}

static struct kunit_case switch_cases[] = {
	KUNIT_CASE(test_flushes),
	KUNIT_CASE(test_flushes_single),
	KUNIT_CASE(test_is_strict),
	KUNIT_CASE(test_tables),
	KUNIT_CASE(test_late_unmap),
	KUNIT_CASE(test_late_unmap_then_end),
	KUNIT_CASE(test_nothing_to_stop),
	KUNIT_CASE(test_back_to_lazy),
	KUNIT_CASE(test_untrusted_flushes),
	{}
};

static struct kunit_suite switch_suite = {
	.name = "iommu-dma-switch",
	.test_cases = switch_cases,
};

kunit_test_suite(switch_suite);
