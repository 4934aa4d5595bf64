// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of deferred invalidation: flushq.c, and switching to it and back.
 *
 * The fake domain counts every granule that is mapped while stale, so each of
 * these also tests that no address is handed out before its invalidation.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "fake.h"

#define RING_LEN	256	/* as in flushq.c */
#define PERIOD_MS	10

static struct device *lazy_pair(struct kunit *test, struct fake_domain **fdom,
				u64 first, u64 last)
{
	struct fake_device *fdev;

	*fdom = fake_domain(test, first, last);
	(*fdom)->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fdev = fake_device(test, false);
	fake_attach(test, fdev, *fdom);
	KUNIT_ASSERT_EQ(test, (*fdom)->domain.type, IOMMU_DOMAIN_DMA_FQ);
	return &fdev->pdev.dev;
}

static dma_addr_t map_pages(struct kunit *test, struct device *dev,
			    struct page *page, int pages)
{
	dma_addr_t addr = dma_map_page(dev, page, 0, pages * PAGE_SIZE,
				       DMA_TO_DEVICE);

	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	return addr;
}

static void unmap_pages(struct device *dev, dma_addr_t addr, int pages)
{
	dma_unmap_page(dev, addr, pages * PAGE_SIZE, DMA_TO_DEVICE);
}

/* The period, and as much again for a machine that has other things to do */
static void wait_until_flushed(struct fake_domain *fdom)
{
	int i;

	for (i = 0; i < 100 && READ_ONCE(fdom->nr_stale); i++)
		msleep(PERIOD_MS);
	/* The flush gives its addresses back after the invalidation */
	msleep(2 * PERIOD_MS);
}

static void test_deferred(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, 0, SZ_256M - 1);
	dma_addr_t addr = map_pages(test, dev, page, 4);

	unmap_pages(dev, addr, 4);
	KUNIT_EXPECT_EQ(test, fdom->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, fdom->syncs + fdom->flushes, 0);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 4);
	wait_until_flushed(fdom);
	/* One range: invalidated as a range */
	KUNIT_EXPECT_EQ(test, fdom->syncs, 1);
	KUNIT_EXPECT_EQ(test, fdom->flushes, 0);
	fake_expect_idle(test, fdom);
}

/* The only addresses there are come back after the period, and not before */
static void test_timer_gives_back(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, SZ_1M, SZ_1M + SZ_64K - 1);
	dma_addr_t addr = map_pages(test, dev, page, 16);
	int syncs;

	unmap_pages(dev, addr, 16);
	wait_until_flushed(fdom);
	syncs = fdom->syncs;
	addr = map_pages(test, dev, page, 16);
	/* No drain was needed */
	KUNIT_EXPECT_EQ(test, fdom->syncs, syncs);
	unmap_pages(dev, addr, 16);
	wait_until_flushed(fdom);
	fake_expect_idle(test, fdom);
}

/* Without a free address, what waits is flushed at once */
static void test_exhaustion_drains(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, SZ_1M, SZ_1M + SZ_64K - 1);
	dma_addr_t addr;
	int i;

	for (i = 0; i < 50; i++) {
		addr = map_pages(test, dev, page, 16);
		unmap_pages(dev, addr, 16);
	}
	KUNIT_EXPECT_GE(test, fdom->syncs + fdom->flushes, 40);
	wait_until_flushed(fdom);
	fake_expect_idle(test, fdom);
}

/* A full ring is flushed by who fills it; neighbours by range */
static void test_full_by_range(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, 0, SZ_256M - 1);
	dma_addr_t *addrs = kunit_kcalloc(test, RING_LEN, sizeof(*addrs),
					  GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, addrs);
	/* Too large for one of them to be joined to another */
	for (i = 0; i < RING_LEN; i++)
		addrs[i] = map_pages(test, dev, page, IOVA_BLOCK_SIZE);
	/* On one CPU, and faster than the period */
	migrate_disable();
	for (i = 0; i < RING_LEN; i++)
		unmap_pages(dev, addrs[i], IOVA_BLOCK_SIZE);
	migrate_enable();
	KUNIT_EXPECT_GT(test, fdom->syncs, 0);
	KUNIT_EXPECT_EQ(test, fdom->flushes, 0);
	wait_until_flushed(fdom);
	fake_expect_idle(test, fdom);
}

/* Neighbours are one entry, and all of them come back; in any order */
static void test_joined(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, SZ_1M, SZ_1M + SZ_256K - 1);
	dma_addr_t addrs[24];
	int round, i, syncs;

	for (round = 0; round < 3; round++) {
		/* Sizes 1, 2 and 4: all that there is but one block of 8 */
		for (i = 0; i < ARRAY_SIZE(addrs); i++)
			addrs[i] = map_pages(test, dev, page, 1 << i % 3);
		migrate_disable();
		for (i = 0; i < ARRAY_SIZE(addrs); i++) {
			int n = round ? ARRAY_SIZE(addrs) - 1 - i : i;

			unmap_pages(dev, addrs[n], 1 << n % 3);
		}
		migrate_enable();
		wait_until_flushed(fdom);
		syncs = fdom->syncs + fdom->flushes;
		for (i = 0; i < 4; i++)
			addrs[i] = map_pages(test, dev, page, 16);
		KUNIT_EXPECT_EQ(test, fdom->syncs + fdom->flushes, syncs);
		for (i = 0; i < 4; i++)
			unmap_pages(dev, addrs[i], 16);
		wait_until_flushed(fdom);
	}
	fake_expect_idle(test, fdom);
}

/* What is scattered is flushed by tag, once */
static void test_full_by_tag(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, 0, SZ_256M - 1);
	dma_addr_t *addrs = kunit_kcalloc(test, 2 * RING_LEN, sizeof(*addrs),
					  GFP_KERNEL);
	unsigned long begin;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, addrs);
	for (i = 0; i < 2 * RING_LEN; i++)
		addrs[i] = map_pages(test, dev, page, 1);
	begin = jiffies;
	migrate_disable();
	for (i = 0; i < 2 * RING_LEN; i += 2)
		unmap_pages(dev, addrs[i], 1);
	migrate_enable();
	KUNIT_EXPECT_GE(test, fdom->flushes, 1);
	/* Where that takes long, the period adds one every 10 ms */
	KUNIT_EXPECT_LE(test, fdom->flushes,
			3 + jiffies_to_msecs(jiffies - begin) / 10);
	for (i = 1; i < 2 * RING_LEN; i += 2)
		unmap_pages(dev, addrs[i], 1);
	wait_until_flushed(fdom);
	fake_expect_idle(test, fdom);
}

/* Drivers that say nothing in their gathers are flushed by tag always */
static void test_by_pages(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, 0, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, false);

	fake_pages_ops(fdom);
	fdom->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fake_attach(test, fdev, fdom);
	unmap_pages(&fdev->pdev.dev, map_pages(test, &fdev->pdev.dev, page, 3),
		    3);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 3);
	wait_until_flushed(fdom);
	KUNIT_EXPECT_EQ(test, fdom->syncs, 0);
	KUNIT_EXPECT_EQ(test, fdom->flushes, 1);
	fake_expect_idle(test, fdom);
}

/* Tables ride along, and are freed after the invalidation */
static void test_tables(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct page *table = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, 0, SZ_256M - 1);
	dma_addr_t addr = map_pages(test, dev, page, 1);

	get_page(table);
	fdom->give_table = table;
	unmap_pages(dev, addr, 1);
	KUNIT_EXPECT_EQ(test, page_count(table), 2);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 1);
	wait_until_flushed(fdom);
	KUNIT_EXPECT_EQ(test, page_count(table), 1);
	fake_expect_idle(test, fdom);
}

/* A domain that ends while ranges and tables wait flushes for the tables */
static void test_teardown(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct page *table = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, 0, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;

	fdom->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fake_attach(test, fdev, fdom);
	get_page(table);
	fdom->give_table = table;
	unmap_pages(dev, map_pages(test, dev, page, 1), 1);
	iommu_dma_release_device(dev);
	iommu_put_dma_cookie(&fdom->domain);
	KUNIT_EXPECT_NULL(test, fdom->domain.iova_cookie);
	KUNIT_EXPECT_EQ(test, fdom->flushes + fdom->syncs, 1);
	KUNIT_EXPECT_EQ(test, page_count(table), 1);
	fake_expect_idle(test, fdom);
}

static void test_single(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_1M + SZ_64K - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addr;

	fdev->state.shadow_on_flush = 1;
	fdom->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fake_attach(test, fdev, fdom);
	unmap_pages(dev, map_pages(test, dev, page, 16), 16);
	/* The period of a single queue is long */
	msleep(5 * PERIOD_MS);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 16);
	KUNIT_EXPECT_EQ(test, fdom->flushes, 0);
	/* All of it is flushed as one, when its space is needed */
	addr = map_pages(test, dev, page, 16);
	KUNIT_EXPECT_EQ(test, fdom->flushes, 1);
	KUNIT_EXPECT_EQ(test, fdom->syncs, 0);
	unmap_pages(dev, addr, 16);
	KUNIT_EXPECT_EQ(test, fdom->wrong, 0);
}

static void test_not_capable(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, false);

	fdev->no_defer = true;
	fdom->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fake_attach(test, fdev, fdom);
	KUNIT_EXPECT_EQ(test, fdom->domain.type, IOMMU_DOMAIN_DMA);
	KUNIT_EXPECT_NULL(test, fdom->domain.iova_cookie->lazy);
}

/* One member that is not trusted makes its group strict, for good */
static void test_untrusted_joins(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = lazy_pair(test, &fdom, 0, SZ_256M - 1);
	struct fake_device *other = fake_device(test, true);

	unmap_pages(dev, map_pages(test, dev, page, 2), 2);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 2);
	other->pdev.untrusted = 1;
	fake_attach(test, other, fdom);
	KUNIT_EXPECT_EQ(test, fdom->domain.type, IOMMU_DOMAIN_DMA);
	KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), -EINVAL);

	wait_until_flushed(fdom);
	KUNIT_EXPECT_EQ(test, fdom->nr_stale, 0);
	unmap_pages(dev, map_pages(test, dev, page, 2), 2);
	fake_expect_idle(test, fdom);
}

/* KCSAN stops a CPU for a while at each access that it watches */
#define WORK_ROUNDS	(IS_ENABLED(CONFIG_KCSAN) ? 800 : 4000)

/**
 * struct worker - a thread that maps and unmaps at random
 * @test: test
 * @dev: device
 * @page: what it maps
 * @seed: of its randomness
 * @errors: mappings that failed
 * @done: completed at its end
 */
struct worker {
	struct kunit *test;
	struct device *dev;
	struct page *page;
	u32 seed;
	unsigned int errors;
	struct completion done;
};

static int work(void *arg)
{
	struct worker *w = arg;
	dma_addr_t addr[32] = {};
	int pages[32], i, n;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, w->seed);
	for (n = 0; n < WORK_ROUNDS; n++) {
		i = prandom_u32_state(&rnd) % ARRAY_SIZE(addr);
		if (addr[i]) {
			unmap_pages(w->dev, addr[i], pages[i]);
			addr[i] = 0;
			continue;
		}
		pages[i] = 1 + prandom_u32_state(&rnd) % 8;
		addr[i] = dma_map_page(w->dev, w->page, 0,
				       pages[i] * PAGE_SIZE, DMA_TO_DEVICE);
		if (addr[i] == DMA_MAPPING_ERROR) {
			w->errors++;
			addr[i] = 0;
		}
		if (n % 64 == 0)
			cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(addr); i++)
		if (addr[i])
			unmap_pages(w->dev, addr[i], pages[i]);
	complete(&w->done);
	return 0;
}

#define NR_WORKERS	4

static void start_workers(struct kunit *test, struct worker *workers,
			  struct device *dev)
{
	struct page *page = fake_page(test);
	struct task_struct *task;
	int i;

	for (i = 0; i < NR_WORKERS; i++) {
		workers[i] = (struct worker){
			.test = test, .dev = dev, .page = page, .seed = i + 1,
		};
		init_completion(&workers[i].done);
		task = kthread_run(work, &workers[i], "iommu-dma-test/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
}

static void join_workers(struct kunit *test, struct worker *workers)
{
	int i;

	for (i = 0; i < NR_WORKERS; i++) {
		wait_for_completion(&workers[i].done);
		KUNIT_EXPECT_EQ(test, workers[i].errors, 0);
	}
}

static void run_workers(struct kunit *test, bool lazy)
{
	struct worker *workers = kunit_kcalloc(test, NR_WORKERS,
					       sizeof(*workers), GFP_KERNEL);
	struct fake_domain *fdom;
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	dev = lazy ? lazy_pair(test, &fdom, SZ_1M, SZ_1M + SZ_16M - 1) :
		     fake_pair(test, &fdom);
	start_workers(test, workers, dev);
	join_workers(test, workers);
	wait_until_flushed(fdom);
	fake_expect_idle(test, fdom);
}

static void test_concurrent_lazy(struct kunit *test)
{
	run_workers(test, true);
}

static void test_concurrent_strict(struct kunit *test)
{
	run_workers(test, false);
}

/* Strict to lazy and back while others unmap */
static void test_live_switch(struct kunit *test)
{
	struct worker *workers = kunit_kcalloc(test, NR_WORKERS,
					       sizeof(*workers), GFP_KERNEL);
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	start_workers(test, workers, dev);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), 0);
		KUNIT_EXPECT_NOT_NULL(test, READ_ONCE(cookie->lazy));
		usleep_range(500, 1500);
		iommu_dma_stop_fq(&fdom->domain);
		KUNIT_EXPECT_NULL(test, READ_ONCE(cookie->lazy));
		usleep_range(500, 1500);
	}
	join_workers(test, workers);
	KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), 0);
	wait_until_flushed(fdom);
	fake_expect_idle(test, fdom);
}

static struct kunit_case flushq_cases[] = {
	KUNIT_CASE(test_deferred),
	KUNIT_CASE(test_timer_gives_back),
	KUNIT_CASE(test_exhaustion_drains),
	KUNIT_CASE(test_full_by_range),
	KUNIT_CASE(test_joined),
	KUNIT_CASE(test_full_by_tag),
	KUNIT_CASE(test_by_pages),
	KUNIT_CASE(test_tables),
	KUNIT_CASE(test_teardown),
	KUNIT_CASE(test_single),
	KUNIT_CASE(test_not_capable),
	KUNIT_CASE(test_untrusted_joins),
	KUNIT_CASE_SLOW(test_concurrent_lazy),
	KUNIT_CASE_SLOW(test_concurrent_strict),
	KUNIT_CASE_SLOW(test_live_switch),
	{}
};

static struct kunit_suite flushq_suite = {
	.name = "iommu-dma-flushq",
	.test_cases = flushq_cases,
};

kunit_test_suite(flushq_suite);
