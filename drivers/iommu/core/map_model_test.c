// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping against models: page sizes, random operations, failure everywhere.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>

#include "map.h"
#include "test_space.h"

/*
 * Page size choice
 */

static size_t best_page(unsigned long sizes, unsigned long iova,
			phys_addr_t paddr, size_t size)
{
	size_t best = 0, pgsize;
	unsigned int bit;

	for_each_set_bit(bit, &sizes, BITS_PER_LONG) {
		pgsize = BIT(bit);
		if (pgsize <= size && !((iova | paddr) % pgsize))
			best = pgsize;
	}
	return best;
}

/* Pages until a better size becomes possible, or until the end */
static size_t best_count(unsigned long sizes, unsigned long iova,
			 phys_addr_t paddr, size_t size)
{
	size_t pgsize = best_page(sizes, iova, paddr, size);
	size_t done, count = 0;

	for (done = 0; size - done >= pgsize; done += pgsize) {
		if (best_page(sizes, iova + done, paddr + done,
			      size - done) != pgsize)
			break;
		count++;
	}
	return count;
}

static void expect_page_run(struct kunit *test, unsigned long sizes,
			    unsigned long iova, phys_addr_t paddr, size_t size)
{
	size_t best = best_page(sizes, iova, paddr, size), pgsize, count = 0;

	pgsize = iommu_page_run(sizes, iova, paddr, size, &count);
	KUNIT_ASSERT_EQ_MSG(test, pgsize, best, "%lx at %lx to %llx, %zx",
			    sizes, iova, (u64)paddr, size);
	if (best)
		KUNIT_ASSERT_EQ_MSG(test, count,
				    best_count(sizes, iova, paddr, size),
				    "%lx at %lx to %llx, %zx", sizes, iova,
				    (u64)paddr, size);
}

static void page_run_matches_model(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 20000; i++) {
		u32 r = prandom_u32_state(&rnd);
		unsigned long sizes = BIT(3) | (prandom_u32_state(&rnd) & 0xff8);
		unsigned long iova = prandom_u32_state(&rnd) & 0x3fff;
		phys_addr_t paddr = prandom_u32_state(&rnd) & 0x3fff;
		size_t size = 1 + (prandom_u32_state(&rnd) & 0x3fff);

		/* Odd ones stay: nothing fits them. */
		if (r & 7) {
			iova &= ~7UL;
			paddr &= ~(phys_addr_t)7;
			size = ALIGN(size, 8);
		}
		if (r & 8)
			paddr = iova + ((r >> 4) & 0x700);
		expect_page_run(test, sizes, iova, paddr, size);
	}
}

static void page_run_at_the_ends(struct kunit *test)
{
	const unsigned long sizes = SZ_4K | SZ_2M | SZ_1G;
	size_t count;

	/* Address 0 is aligned to everything. */
	KUNIT_EXPECT_EQ(test, iommu_page_run(sizes, 0, 0, SZ_1G, &count), SZ_1G);
	KUNIT_EXPECT_EQ(test, count, 1);
	/* The last page that there is, and the last block. */
	KUNIT_EXPECT_EQ(test, iommu_page_run(sizes, -SZ_4K, -SZ_4K, SZ_4K, &count),
			SZ_4K);
	KUNIT_EXPECT_EQ(test, count, 1);
	KUNIT_EXPECT_EQ(test, iommu_page_run(sizes, -SZ_2M, -SZ_2M, SZ_2M, &count),
			SZ_2M);
	KUNIT_EXPECT_EQ(test, count, 1);
	/* A page size beyond the range does not shorten it. */
	KUNIT_EXPECT_EQ(test, iommu_page_run(sizes, SZ_4K, SZ_4K, SZ_2M, &count),
			SZ_4K);
	KUNIT_EXPECT_EQ(test, count, 512);
	KUNIT_EXPECT_EQ(test, iommu_page_run(sizes, SZ_4K, SZ_4K, 2 * SZ_2M, &count),
			SZ_4K);
	KUNIT_EXPECT_EQ(test, count, 511);
	/* Nor does one that the physical address never reaches with it. */
	KUNIT_EXPECT_EQ(test, iommu_page_run(sizes, SZ_4K, 2 * SZ_4K, SZ_1G, &count),
			SZ_4K);
	KUNIT_EXPECT_EQ(test, count, SZ_1G / SZ_4K);
}

static void map_uses_large_pages(struct kunit *test)
{
	struct space *space = space_new(test, &space_page_ops);
	const size_t size = SZ_64K - SZ_4K + SZ_2M - SZ_64K + SZ_2M + SZ_4K;
	const unsigned long iova = SPACE_BASE + SZ_4K;
	unsigned long i;

	KUNIT_ASSERT_EQ(test, iommu_map(&space->domain, iova, 0x80001000, size,
					IOMMU_READ, GFP_KERNEL), 0);
	for (i = 1; i < 1 + size / SZ_4K; i++) {
		size_t leaf = i < 16 ? SZ_4K : i < 512 ? SZ_64K :
			      i < 1024 ? SZ_2M : SZ_4K;

		KUNIT_EXPECT_EQ_MSG(test, space->leaf[i], leaf, "page %lu", i);
		KUNIT_EXPECT_EQ(test, space->page[i], 0x80000000 + i * SZ_4K);
	}
	/* One call of the driver for each run of pages of a size */
	KUNIT_EXPECT_EQ(test, space->maps, 4);
	KUNIT_EXPECT_EQ(test, iommu_unmap(&space->domain, iova, size), size);
	KUNIT_EXPECT_EQ(test, space->syncs, 1);
	space_expect_empty(space);
}

/*
 * Random operations against what should be there
 */

#define SG_MAX	12

struct shadow {
	struct space *space;
	struct rnd_state rnd;
	phys_addr_t page[SPACE_PAGES];
};

static u32 below(struct shadow *shadow, u32 limit)
{
	return prandom_u32_state(&shadow->rnd) % limit;
}

static bool shadow_is_free(struct shadow *shadow, unsigned long at,
			   unsigned long pages)
{
	unsigned long i;

	for (i = at; i < at + pages; i++) {
		if (shadow->page[i])
			return false;
	}
	return true;
}

static void shadow_set(struct shadow *shadow, unsigned long at,
		       phys_addr_t paddr, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++)
		shadow->page[at + i] = paddr + i * SZ_4K;
}

static void random_map(struct kunit *test, struct shadow *shadow)
{
	unsigned long pages = 1 + below(shadow, below(shadow, 8) ? 40 : 1200);
	unsigned long at = below(shadow, SPACE_PAGES - pages + 1);
	phys_addr_t paddr = SZ_4K * (1 + (phys_addr_t)below(shadow, 1 << 20));
	bool fits = shadow_is_free(shadow, at, pages);
	int ret;

	if (below(shadow, 2))
		paddr = ALIGN(paddr, SZ_2M) + (at % 512) * SZ_4K;
	ret = iommu_map(&shadow->space->domain, SPACE_BASE + at * SZ_4K, paddr,
			pages * SZ_4K, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, ret, fits ? 0 : -EEXIST);
	if (fits)
		shadow_set(shadow, at, paddr, pages);
}

static void random_unmap(struct kunit *test, struct shadow *shadow)
{
	unsigned long pages = 1 + below(shadow, 1200), present = 0;
	unsigned long at = below(shadow, SPACE_PAGES - pages + 1);

	while (present < pages && shadow->page[at + present])
		present++;
	KUNIT_ASSERT_EQ(test, iommu_unmap(&shadow->space->domain,
					  SPACE_BASE + at * SZ_4K,
					  pages * SZ_4K), present * SZ_4K);
	memset(&shadow->page[at], 0, present * sizeof(shadow->page[0]));
	KUNIT_ASSERT_TRUE(test, bitmap_empty(shadow->space->stale,
					     SPACE_PAGES));
}

/* Entries of 1 to 8 pages, half of them behind their predecessor in memory */
static void random_map_sg(struct kunit *test, struct shadow *shadow)
{
	unsigned int i, n = 1 + below(shadow, SG_MAX);
	unsigned long at = below(shadow, SPACE_PAGES - SG_MAX * 8), pages = 0;
	struct scatterlist sg[SG_MAX];
	unsigned long pfn = 100;
	ssize_t ret;
	bool fits;

	sg_init_table(sg, n);
	for (i = 0; i < n; i++) {
		unsigned int count = 1 + below(shadow, 8);

		if (below(shadow, 2))
			pfn = 100 + below(shadow, 1000);
		sg_set_page(&sg[i], pfn_to_page(pfn), count * SZ_4K, 0);
		pfn += count;
		pages += count;
	}
	fits = shadow_is_free(shadow, at, pages);
	ret = iommu_map_sg(&shadow->space->domain, SPACE_BASE + at * SZ_4K, sg,
			   n, IOMMU_READ, GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, ret, fits ? (ssize_t)(pages * SZ_4K) : -EEXIST);
	for (i = 0; fits && i < n; i++) {
		shadow_set(shadow, at, sg_phys(&sg[i]), sg[i].length / SZ_4K);
		at += sg[i].length / SZ_4K;
	}
}

static void random_operations(struct kunit *test,
			      const struct iommu_domain_ops *ops)
{
	struct shadow *shadow = kunit_kzalloc(test, sizeof(*shadow),
					      GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, shadow);
	shadow->space = space_new(test, ops);
	prandom_seed_state(&shadow->rnd, 7);
	for (i = 0; i < 4000; i++) {
		switch (below(shadow, 3)) {
		case 0:
			random_map(test, shadow);
			break;
		case 1:
			random_unmap(test, shadow);
			break;
		default:
			random_map_sg(test, shadow);
		}
		KUNIT_ASSERT_MEMEQ(test, shadow->page, shadow->space->page,
				   sizeof(shadow->page));
	}
}

static void random_by_pages(struct kunit *test)
{
	random_operations(test, &space_page_ops);
}

static void random_by_ranges(struct kunit *test)
{
	random_operations(test, &space_range_ops);
}

/*
 * Failure at every leaf
 */

static void map_fails_everywhere(struct kunit *test)
{
	struct space *space = space_new(test, &space_page_ops);
	unsigned long leaves;
	int ret;

	for (leaves = 0; ; leaves++) {
		space->budget = leaves;
		ret = iommu_map(&space->domain, SPACE_BASE + SZ_2M - 3 * SZ_64K,
				SZ_2M - 3 * SZ_64K, SZ_2M + 4 * SZ_64K + SZ_4K,
				IOMMU_READ, GFP_KERNEL);
		if (!ret)
			break;
		KUNIT_ASSERT_EQ(test, ret, -ENOMEM);
		space_expect_empty(space);
		/* What was there for a moment was invalidated, in one go. */
		KUNIT_EXPECT_EQ(test, space->syncs, leaves);
	}
	KUNIT_EXPECT_EQ(test, leaves, 3 + 1 + 1 + 1);
}

static void map_sg_fails_everywhere(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct scatterlist sg[4];
	unsigned long pages;
	ssize_t ret;
	int i;

	sg_init_table(sg, 4);
	for (i = 0; i < 4; i++)
		sg_set_page(&sg[i], pfn_to_page(16 * (i + 1)), 3 * SZ_4K, 0);
	for (pages = 0; ; pages++) {
		space->budget = pages;
		ret = iommu_map_sg(&space->domain, SPACE_BASE, sg, 4,
				   IOMMU_READ, GFP_KERNEL);
		if (ret >= 0)
			break;
		KUNIT_ASSERT_EQ(test, ret, -ENOMEM);
		space_expect_empty(space);
	}
	KUNIT_EXPECT_EQ(test, ret, 12 * SZ_4K);
	KUNIT_EXPECT_EQ(test, pages, 12);
}

static struct kunit_case map_model_cases[] = {
	KUNIT_CASE(page_run_matches_model),
	KUNIT_CASE(page_run_at_the_ends),
	KUNIT_CASE(map_uses_large_pages),
	KUNIT_CASE(random_by_pages),
	KUNIT_CASE(random_by_ranges),
	KUNIT_CASE(map_fails_everywhere),
	KUNIT_CASE(map_sg_fails_everywhere),
	{}
};

static struct kunit_suite map_model_suite = {
	.name = "iommu-core-map-model",
	.test_cases = map_model_cases,
};

kunit_test_suite(map_model_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: mapping against models");
MODULE_LICENSE("GPL");
