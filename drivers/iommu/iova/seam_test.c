// SPDX-License-Identifier: GPL-2.0
/*
 * Free blocks across the seam of a chunk are found, taken whole and given back
 * whole.
 */

#include <kunit/test.h>
#include <linux/sizes.h>

#include "iova-priv.h"

#define LAST	(IOVA_CHUNK_SIZE - 1)

static int seam_init(struct kunit *test)
{
	struct iova_domain *iovad = kunit_kzalloc(test, sizeof(*iovad),
						  GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iovad);
	KUNIT_ASSERT_EQ(test, iova_cache_get(), 0);
	init_iova_domain(iovad, SZ_4K, 1);
	KUNIT_ASSERT_EQ(test, iova_domain_init_rcaches(iovad), 0);
	test->priv = iovad;
	return 0;
}

static void seam_exit(struct kunit *test)
{
	put_iova_domain(test->priv);
	iova_cache_put();
}

/* A chunk up to @seam, and no free granule in the window. */
static void fill_up_to(struct kunit *test, struct iova_domain *iovad,
		       unsigned long seam)
{
	struct iova *rest = reserve_iova(iovad, seam, LAST);
	unsigned long n = 0;

	KUNIT_ASSERT_NOT_NULL(test, rest);
	while (alloc_iova_fast(iovad, 1, LAST, true))
		n++;
	KUNIT_ASSERT_EQ(test, n, seam - 1);
	KUNIT_ASSERT_EQ(test, iovad->nr_partial, 1);
}

/* Frees all but the range, and looks whether anything stays behind. */
static void expect_nothing_left(struct kunit *test, struct iova_domain *iovad,
				unsigned long seam, unsigned long lo)
{
	unsigned long pfn;

	for (pfn = 1; pfn < min(seam, lo); pfn++)
		free_iova_fast(iovad, pfn, 1);
	free_iova(iovad, LAST);
	iova_pool_reclaim(iovad, true);
	KUNIT_EXPECT_EQ(test, iovad->nr_chunks, 0);
	KUNIT_EXPECT_EQ(test, iovad->nr_partial, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&iovad->objects));
	KUNIT_EXPECT_EQ(test, iovad->anchor.gap_lo, 1);
}

/* The only free block begins in the chunk and ends in the gap behind it. */
static void check_seam(struct kunit *test, unsigned long lo, unsigned long seam,
		       unsigned long size)
{
	struct iova_domain *iovad = test->priv;
	unsigned long pfn;
	int round;

	fill_up_to(test, iovad, seam);
	free_iova(iovad, seam);
	if (lo + size <= LAST)
		KUNIT_ASSERT_NOT_NULL(test, reserve_iova(iovad, lo + size, LAST));
	for (pfn = lo; pfn < seam; pfn++)
		free_iova_fast(iovad, pfn, 1);

	for (round = 0; round < 3; round++) {
		KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, size, LAST, true),
				lo);
		KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, LAST, true), 0);
		free_iova_fast(iovad, lo, size);
	}
	/* The limit holds */
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, size, lo + size - 2, true),
			0);
	/* Sizes that are no power of two, and what is left beside them */
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, size - 1, LAST, true), lo);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, LAST, true),
			lo + size - 1);
	free_iova_fast(iovad, lo + size - 1, 1);
	free_iova_fast(iovad, lo, size - 1);
	expect_nothing_left(test, iovad, seam, lo);
}

static void a_block_within_a_word(struct kunit *test)
{
	check_seam(test, 2080, 2100, 32);
}

static void a_word(struct kunit *test)
{
	check_seam(test, 2048, 2100, 64);
}

static void a_block_of_words(struct kunit *test)
{
	check_seam(test, 2048, 2150, 128);
	check_seam(test, 2048, 2048 + 2000, 2048);
}

/* The gap lies before the chunk. */
static void a_gap_first(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long pfn, n = 0;

	KUNIT_ASSERT_NOT_NULL(test, reserve_iova(iovad, 1, 1009));
	while (alloc_iova_fast(iovad, 1, LAST, true))
		n++;
	KUNIT_ASSERT_EQ(test, n, LAST - 1009);
	free_iova(iovad, 1);
	KUNIT_ASSERT_NOT_NULL(test, reserve_iova(iovad, 1, 895));
	for (pfn = 1010; pfn < 1024; pfn++)
		free_iova_fast(iovad, pfn, 1);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 128, LAST, true), 896);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, LAST, true), 0);
	free_iova_fast(iovad, 896, 128);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 128, LAST, true), 896);
	free_iova_fast(iovad, 896, 128);
}

/* Two chunks of one window that touch when what was between them has gone. */
static void two_chunks(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long pfn, n = 0;

	KUNIT_ASSERT_NOT_NULL(test, reserve_iova(iovad, 2000, LAST));
	while (alloc_iova_fast(iovad, 1, LAST, true))
		n++;
	free_iova(iovad, 2000);
	while (alloc_iova_fast(iovad, 1, LAST, true))
		n++;
	KUNIT_ASSERT_EQ(test, n, LAST);
	KUNIT_ASSERT_EQ(test, iovad->nr_partial, 2);
	for (pfn = 1984; pfn < 2048; pfn++)
		free_iova_fast(iovad, pfn, 1);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 64, LAST, true), 1984);
	free_iova_fast(iovad, 1984, 64);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, LAST, true), 2047);
}

static struct kunit_case seam_cases[] = {
	KUNIT_CASE(a_block_within_a_word),
	KUNIT_CASE(a_word),
	KUNIT_CASE(a_block_of_words),
	KUNIT_CASE(a_gap_first),
	KUNIT_CASE(two_chunks),
	{}
};

static struct kunit_suite seam_suite = {
	.name = "iova_seam",
	.init = seam_init,
	.exit = seam_exit,
	.test_cases = seam_cases,
};

kunit_test_suite(seam_suite);
