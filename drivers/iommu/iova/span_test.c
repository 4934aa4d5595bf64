// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of spans against an array that says what is taken.
 */

#include <kunit/test.h>
#include <linux/prandom.h>

#include "iova-priv.h"

#define SPACE	512UL
#define SPANS	64

struct space {
	struct iova_domain iovad;
	struct iova_chunk *chunks;
	bool used[SPANS];
	bool taken[SPACE];
	struct rnd_state rnd;
};

static unsigned long below(struct space *space, unsigned long end)
{
	return prandom_u32_state(&space->rnd) % end;
}

static bool is_free(struct space *space, unsigned long lo, unsigned long size)
{
	unsigned long pfn;

	for (pfn = lo; pfn < lo + size; pfn++)
		if (pfn >= SPACE || space->taken[pfn])
			return false;
	return true;
}

/* The highest place for a request, by looking at all; 0 for none. */
static unsigned long model_place(struct space *space, unsigned long size,
				 unsigned long limit, bool aligned)
{
	unsigned long step = aligned ? roundup_pow_of_two(size) : 1;
	unsigned long lo;

	for (lo = SPACE - 1; lo >= 1; lo--)
		if (lo % step == 0 && lo + size - 1 <= limit &&
		    is_free(space, lo, size))
			return lo;
	return 0;
}

static void mark(struct space *space, struct iova_span *span, bool taken)
{
	unsigned long pfn;

	for (pfn = span->lo; pfn <= span->hi; pfn++)
		space->taken[pfn] = taken;
}

static int spans_init(struct kunit *test)
{
	struct space *space = kunit_kzalloc(test, sizeof(*space), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, space);
	space->chunks = kunit_kcalloc(test, SPANS, sizeof(*space->chunks),
				      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, space->chunks);
	init_iova_domain(&space->iovad, PAGE_SIZE, 1);
	prandom_seed_state(&space->rnd, 4096);
	space->taken[0] = true;
	test->priv = space;
	return 0;
}

/* Every gap that fits in a few windows, against trying all requests. */
static void gap_fit_is_the_largest_request(struct kunit *test)
{
	unsigned long lo, end, size, start, fit;

	for (lo = 1; lo < 70; lo++) {
		for (end = lo; end < 140; end++) {
			fit = 0;
			for (size = 1; size <= end - lo; size++) {
				start = ALIGN(lo, roundup_pow_of_two(size));
				if (start + size > end)
					continue;
				/* What fits is exactly what is not larger. */
				KUNIT_ASSERT_EQ(test, fit, size - 1);
				fit = size;
			}
			KUNIT_ASSERT_EQ(test, iova_gap_fit(lo, end), fit);
		}
	}
}

static void gap_fit_at_the_end_of_the_space(struct kunit *test)
{
	unsigned long half = 1UL << (BITS_PER_LONG - 1);

	KUNIT_EXPECT_EQ(test, iova_gap_fit(ULONG_MAX, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, iova_gap_fit(ULONG_MAX - 1, ULONG_MAX), 1);
	KUNIT_EXPECT_EQ(test, iova_gap_fit(ULONG_MAX - 3, ULONG_MAX), 3);
	KUNIT_EXPECT_EQ(test, iova_gap_fit(1, ULONG_MAX), half - 1);
	KUNIT_EXPECT_EQ(test, iova_gap_fit(half + 1, ULONG_MAX),
			half / 2 - 1);
	KUNIT_EXPECT_EQ(test, iova_gap_fit(half, ULONG_MAX), half - 1);
}

static void insert_somewhere(struct space *space, unsigned int i)
{
	unsigned long lo = below(space, SPACE), size = 1 + below(space, 16);
	struct iova_span *span = &space->chunks[i].span;

	if (!is_free(space, lo, size))
		return;
	span->is_chunk = true;
	span->room = below(space, 8);
	iova_span_insert(&space->iovad, span, lo, lo + size - 1);
	mark(space, span, true);
	space->used[i] = true;
}

static void check_gaps(struct kunit *test)
{
	struct space *space = test->priv;
	unsigned long size = 1 + below(space, 80), limit = below(space, SPACE);
	bool aligned = below(space, 2);
	unsigned long place = model_place(space, size, limit, aligned);
	struct iova_gap gap;
	bool found;

	found = iova_find_gap(&space->iovad, size, limit, aligned, &gap);
	KUNIT_ASSERT_EQ(test, found, place != 0);
	if (!found)
		return;
	KUNIT_ASSERT_EQ(test, gap.start, place);
	/* Above the model there is nothing but the end of the last gap. */
	if (gap.hi < SPACE - 1)
		KUNIT_ASSERT_TRUE(test, space->taken[gap.hi + 1]);
	gap.hi = min(gap.hi, SPACE - 1);
	KUNIT_ASSERT_TRUE(test, is_free(space, gap.lo, gap.hi - gap.lo + 1));
	KUNIT_ASSERT_TRUE(test, space->taken[gap.lo - 1]);
}

static void check_rooms(struct kunit *test)
{
	struct space *space = test->priv;
	unsigned long limit = below(space, SPACE);
	unsigned int order = below(space, 8), i;
	struct iova_span *best = NULL;

	for (i = 0; i < SPANS; i++) {
		struct iova_span *span = &space->chunks[i].span;

		if (space->used[i] && span->hi <= limit && span->room > order &&
		    (!best || span->lo > best->lo))
			best = span;
	}
	KUNIT_ASSERT_PTR_EQ(test, iova_find_room(&space->iovad, order, limit),
			    best ? iova_span_chunk(best) : NULL);
}

static void tree_finds_what_a_scan_finds(struct kunit *test)
{
	struct space *space = test->priv;
	struct iova_domain *iovad = &space->iovad;
	unsigned int round, i;

	/* The limits stay inside of the model; the rest counts as taken. */
	for (round = 0; round < 4000; round++) {
		i = below(space, SPANS);
		raw_spin_lock_irq(&iovad->lock);
		if (!space->used[i]) {
			insert_somewhere(space, i);
		} else if (below(space, 3)) {
			iova_span_set_room(&space->chunks[i].span,
					   below(space, 8));
		} else {
			mark(space, &space->chunks[i].span, false);
			iova_span_erase(iovad, &space->chunks[i].span);
			space->used[i] = false;
		}
		check_gaps(test);
		check_rooms(test);
		raw_spin_unlock_irq(&iovad->lock);
	}
}

static void search_is_logarithmic(struct kunit *test)
{
	struct space *space = test->priv;
	struct iova_domain *iovad = &space->iovad;
	const unsigned int spans = 1 << 14;
	struct iova_run *runs;
	struct iova_gap gap;
	unsigned int i;

	runs = kvcalloc(spans, sizeof(*runs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, runs);
	raw_spin_lock_irq(&iovad->lock);
	for (i = 0; i < spans; i++)
		iova_span_insert(iovad, &runs[i].span, 2UL * i + 2, 2UL * i + 2);
	for (i = 1; i < spans; i += 17) {
		iovad->steps = 0;
		KUNIT_EXPECT_FALSE(test, iova_find_gap(iovad, 2, 2UL * i, false,
						       &gap));
		KUNIT_EXPECT_FALSE(test, iova_find_gap(iovad, 2, 2UL * i, true,
						       &gap));
		KUNIT_EXPECT_NULL(test, iova_find_room(iovad, 0, 2UL * i));
		/* A red-black tree is at most 2 log2(n + 1) high. */
		KUNIT_EXPECT_LE(test, iovad->steps, 3 * 2 * 2 * 15);
	}
	raw_spin_unlock_irq(&iovad->lock);
	kvfree(runs);
}

static struct kunit_case span_cases[] = {
	KUNIT_CASE(gap_fit_is_the_largest_request),
	KUNIT_CASE(gap_fit_at_the_end_of_the_space),
	KUNIT_CASE(tree_finds_what_a_scan_finds),
	KUNIT_CASE(search_is_logarithmic),
	{}
};

static struct kunit_suite span_suite = {
	.name = "iova_span",
	.init = spans_init,
	.test_cases = span_cases,
};

kunit_test_suite(span_suite);

MODULE_DESCRIPTION("Tests of the I/O address allocator");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
