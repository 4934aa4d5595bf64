// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges with objects, reservations and domains.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/sizes.h>

#include "iova-priv.h"

#define MIB(n)	((unsigned long)(n) << (20 - 12))
#define LIMIT	(MIB(1024) - 1)

static int range_init(struct kunit *test)
{
	struct iova_domain *iovad = kunit_kzalloc(test, sizeof(*iovad),
						  GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iovad);
	KUNIT_ASSERT_EQ(test, iova_cache_get(), 0);
	init_iova_domain(iovad, SZ_4K, 1);
	test->priv = iovad;
	return 0;
}

static void range_exit(struct kunit *test)
{
	put_iova_domain(test->priv);
	iova_cache_put();
}

static void objects_from_the_top(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	struct iova *a, *b, *c;

	a = alloc_iova(iovad, 5, 99, false);
	b = alloc_iova(iovad, 5, 99, true);
	c = alloc_iova(iovad, 3, 99, false);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_EQ(test, a->pfn_lo, 95);
	KUNIT_EXPECT_EQ(test, a->pfn_hi, 99);
	KUNIT_EXPECT_EQ(test, iova_size(a), 5);
	KUNIT_EXPECT_EQ(test, b->pfn_lo, 88);
	KUNIT_EXPECT_EQ(test, b->pfn_hi, 92);
	/* Between the two there is just not enough. */
	KUNIT_EXPECT_EQ(test, c->pfn_lo, 85);

	KUNIT_EXPECT_PTR_EQ(test, find_iova(iovad, 97), a);
	KUNIT_EXPECT_PTR_EQ(test, find_iova(iovad, 88), b);
	KUNIT_EXPECT_NULL(test, find_iova(iovad, 94));
	free_iova(iovad, 90);
	KUNIT_EXPECT_NULL(test, find_iova(iovad, 88));
	free_iova(iovad, 90);
	__free_iova(iovad, a);
	KUNIT_EXPECT_NULL(test, find_iova(iovad, 97));
	a = alloc_iova(iovad, 12, 99, false);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, a->pfn_lo, 88);
}

static void nothing_below_the_start(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long start, n;

	for (start = 0; start < 200; start += 33) {
		put_iova_domain(iovad);
		init_iova_domain(iovad, SZ_4K, start);
		KUNIT_EXPECT_NULL(test, alloc_iova(iovad, 1, max(start, 1) - 1,
						   false));
		for (n = max(start, 1); n <= 300; n++)
			KUNIT_ASSERT_NE(test, alloc_iova_fast(iovad, 1, 300,
							      true), 0);
		KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, 300, true), 0);
		KUNIT_EXPECT_NULL(test, alloc_iova(iovad, 1, 300, false));
		KUNIT_EXPECT_NULL(test, reserve_iova(iovad, 0, 300));
	}
}

static void senseless_requests_fail(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;

	KUNIT_EXPECT_NULL(test, alloc_iova(iovad, 0, LIMIT, true));
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 0, LIMIT, true), 0);
	KUNIT_EXPECT_NULL(test, alloc_iova(iovad, ULONG_MAX, ULONG_MAX, true));
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, ULONG_MAX, ULONG_MAX, true),
			0);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 2, 1, true), 0);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, 0, true), 0);
	KUNIT_EXPECT_NULL(test, reserve_iova(iovad, 20, 10));
}

/* The whole space, to its very end. */
static void unlimited_requests(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long pfn = alloc_iova_fast(iovad, 3, ULONG_MAX, false);
	struct iova *object;

	KUNIT_EXPECT_NE(test, pfn, 0);
	free_iova_fast(iovad, pfn, 3);
	object = alloc_iova(iovad, LONG_MAX, ULONG_MAX, false);
	KUNIT_ASSERT_NOT_NULL(test, object);
	__free_iova(iovad, object);
	pfn = alloc_iova_fast(iovad, LONG_MAX / 2, ULONG_MAX, false);
	KUNIT_EXPECT_NE(test, pfn, 0);
	free_iova_fast(iovad, pfn, LONG_MAX / 2);
}

static void reservations_merge(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	struct iova *a, *b, *c;

	a = reserve_iova(iovad, 100, 199);
	b = reserve_iova(iovad, 300, 399);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_PTR_EQ(test, reserve_iova(iovad, 150, 160), a);
	KUNIT_EXPECT_EQ(test, iova_size(a), 100);
	KUNIT_EXPECT_PTR_EQ(test, reserve_iova(iovad, 100, 199), a);

	c = alloc_iova(iovad, 10, 259, false);
	KUNIT_ASSERT_NOT_NULL(test, c);
	/* Over all three, and below the start of the space. */
	KUNIT_EXPECT_PTR_EQ(test, reserve_iova(iovad, 0, 350), a);
	KUNIT_EXPECT_EQ(test, a->pfn_lo, 0);
	KUNIT_EXPECT_EQ(test, a->pfn_hi, 399);
	KUNIT_EXPECT_PTR_EQ(test, find_iova(iovad, 255), a);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, 399, true), 0);

	__free_iova(iovad, a);
	a = alloc_iova(iovad, 399, 399, false);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, a->pfn_lo, 1);
}

/* A live chunk, of which some is taken, meets reservations. */
static void reservations_in_chunks(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long limit = 3 * IOVA_CHUNK_SIZE - 1, pfn, got, n;
	struct iova *object;

	pfn = alloc_iova_fast(iovad, 1, limit, true);
	KUNIT_ASSERT_NE(test, pfn, 0);
	KUNIT_ASSERT_EQ(test, iovad->nr_chunks, 1);
	KUNIT_EXPECT_NULL(test, reserve_iova(iovad, pfn - 100, pfn));
	KUNIT_EXPECT_NULL(test, reserve_iova(iovad, 10, limit));
	/* From the gap below into the chunk and up to the range that lives. */
	object = reserve_iova(iovad, limit - IOVA_CHUNK_SIZE - 50, pfn - 7);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_PTR_EQ(test, reserve_iova(iovad, pfn - 50, pfn - 20),
			    object);

	for (n = 1; (got = alloc_iova_fast(iovad, 1, limit, true)); n++)
		KUNIT_ASSERT_FALSE(test, got >= object->pfn_lo &&
				   got <= object->pfn_hi);
	KUNIT_EXPECT_EQ(test, n, limit - iova_size(object));
	__free_iova(iovad, object);
	for (; alloc_iova_fast(iovad, 1, limit, true); n++)
		;
	KUNIT_EXPECT_EQ(test, n, limit);
}

/* As mainline's users meet it: the hole is there, so it must be found. */
static void the_hole_between_large_ranges(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	struct iova *a, *b, *c;
	unsigned long pfn;

	a = alloc_iova(iovad, MIB(500), LIMIT, false);
	b = alloc_iova(iovad, MIB(12), LIMIT, false);
	c = alloc_iova(iovad, MIB(499), LIMIT, false);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, c);
	__free_iova(iovad, b);
	pfn = alloc_iova_fast(iovad, MIB(2), LIMIT, false);
	KUNIT_EXPECT_GT(test, pfn, c->pfn_hi);
	KUNIT_EXPECT_LT(test, pfn, a->pfn_lo);
	KUNIT_EXPECT_EQ(test, pfn % MIB(2), 0);
	free_iova_fast(iovad, pfn, MIB(2));
	/* What was a chunk in between is one hole again. */
	iova_pool_reclaim(iovad, true);
	b = alloc_iova(iovad, MIB(12), a->pfn_hi, false);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, b->pfn_lo, c->pfn_hi + 1);
	KUNIT_EXPECT_EQ(test, b->pfn_hi, a->pfn_lo - 1);
}

static void large_ranges_by_size(struct kunit *test)
{
	static const unsigned long sizes[] = {
		513, 1000, 1024, 4095, 4096, 4097, 10000, 65536,
	};
	struct iova_domain *iovad = test->priv;
	unsigned long pfns[ARRAY_SIZE(sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		pfns[i] = alloc_iova_fast(iovad, sizes[i], LIMIT, false);
		KUNIT_ASSERT_NE(test, pfns[i], 0);
		KUNIT_EXPECT_EQ(test, pfns[i] % roundup_pow_of_two(sizes[i]), 0);
	}
	/* Not the size that was asked for: nothing may change. */
	free_iova_fast(iovad, pfns[6], 9999);
	free_iova_fast(iovad, pfns[6] + 1, 9999);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		free_iova_fast(iovad, pfns[i], sizes[i]);
	KUNIT_EXPECT_PTR_EQ(test, iovad->spans.rb_node, &iovad->anchor.node);
}

/* When no gap is left, a large range may come from what a chunk has free. */
static void large_ranges_in_chunks(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long limit = 2 * IOVA_CHUNK_SIZE - 1, small, large;
	struct iova *rest;

	small = alloc_iova_fast(iovad, 1, limit, false);
	rest = reserve_iova(iovad, 0, IOVA_CHUNK_SIZE - 1);
	KUNIT_ASSERT_NOT_NULL(test, rest);
	large = alloc_iova_fast(iovad, 1500, limit, false);
	KUNIT_ASSERT_NE(test, large, 0);
	KUNIT_EXPECT_EQ(test, large % 2048, 0);
	KUNIT_EXPECT_TRUE(test, small < large || small >= large + 1500);
	free_iova_fast(iovad, large, 1500);
	free_iova_fast(iovad, small, 1);
	large = alloc_iova_fast(iovad, IOVA_CHUNK_SIZE, limit, false);
	KUNIT_EXPECT_EQ(test, large, IOVA_CHUNK_SIZE);
}

static void put_takes_all_with_it(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, iova_domain_init_rcaches(iovad), 0);
	for (i = 1; i < 2000; i++)
		KUNIT_ASSERT_NE(test, alloc_iova_fast(iovad, i, LIMIT << 4,
						      false), 0);
	KUNIT_ASSERT_NOT_NULL(test, alloc_iova(iovad, 9, LIMIT, true));
	KUNIT_ASSERT_NOT_NULL(test, reserve_iova(iovad, 1, 100));
	/* range_exit() puts it once more, and the slabs complain of leaks. */
	put_iova_domain(iovad);
	KUNIT_EXPECT_FALSE(test, iovad->cpus);
}

/* Lets the allocation of the given number fail, and those that follow. */
static int allocs_left;

static void *failing_slab_alloc(struct kmem_cache *slab)
{
	if (allocs_left-- <= 0)
		return NULL;
	return kmem_cache_alloc(slab, GFP_ATOMIC);
}

static void memory_runs_out(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long limit = 4 * IOVA_CHUNK_SIZE - 1, pfn, large;
	bool all = false;
	unsigned int n;

	kunit_activate_static_stub(test, iova_slab_alloc, failing_slab_alloc);
	for (n = 0; !all; n++) {
		struct iova *object, *kept;

		KUNIT_ASSERT_LT(test, n, 20);
		allocs_left = n;
		pfn = alloc_iova_fast(iovad, 1, limit, true);
		large = alloc_iova_fast(iovad, 600, limit, true);
		object = alloc_iova(iovad, 5, limit, true);
		kept = reserve_iova(iovad, 1, 70);
		all = pfn && large && object && kept;

		if (pfn)
			free_iova_fast(iovad, pfn, 1);
		if (large)
			free_iova_fast(iovad, large, 600);
		if (object)
			__free_iova(iovad, object);
		if (kept)
			__free_iova(iovad, kept);
		/* Nothing is lost, and nothing is left. */
		iova_pool_reclaim(iovad, true);
		KUNIT_ASSERT_EQ(test, iovad->nr_chunks, 0);
		KUNIT_ASSERT_PTR_EQ(test, iovad->spans.rb_node,
				    &iovad->anchor.node);
		KUNIT_ASSERT_EQ(test, iovad->anchor.gap_lo, 1);
	}
	KUNIT_EXPECT_GT(test, n, 5);
}

/* Without memory for a new chunk there are still the old ones. */
static void no_memory_but_room(struct kunit *test)
{
	struct iova_domain *iovad = test->priv;
	unsigned long low, n;

	KUNIT_ASSERT_EQ(test, iova_domain_init_rcaches(iovad), 0);
	low = alloc_iova_fast(iovad, 1, IOVA_CHUNK_SIZE - 1, false);
	KUNIT_ASSERT_NE(test, low, 0);
	allocs_left = 0;
	kunit_activate_static_stub(test, iova_slab_alloc, failing_slab_alloc);
	for (n = 1; alloc_iova_fast(iovad, 1, LIMIT, false); n++)
		;
	KUNIT_EXPECT_EQ(test, n, IOVA_CHUNK_SIZE - 1);
	free_iova_fast(iovad, low, 1);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 1, LIMIT, false), low);
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE(objects_from_the_top),
	KUNIT_CASE(nothing_below_the_start),
	KUNIT_CASE(senseless_requests_fail),
	KUNIT_CASE(unlimited_requests),
	KUNIT_CASE(reservations_merge),
	KUNIT_CASE(reservations_in_chunks),
	KUNIT_CASE(the_hole_between_large_ranges),
	KUNIT_CASE(large_ranges_by_size),
	KUNIT_CASE(large_ranges_in_chunks),
	KUNIT_CASE(put_takes_all_with_it),
	KUNIT_CASE(memory_runs_out),
	KUNIT_CASE(no_memory_but_room),
	{}
};

static struct kunit_suite range_suite = {
	.name = "iova_range",
	.init = range_init,
	.exit = range_exit,
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);

MODULE_DESCRIPTION("Tests of the I/O address allocator");
MODULE_LICENSE("GPL");
