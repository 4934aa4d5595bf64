// SPDX-License-Identifier: GPL-2.0
/*
 * One chunk: every block that it hands out is free, aligned, inside of it and
 * below the limit, and what it is filed under is what it has.
 */

#include <kunit/test.h>
#include <linux/prandom.h>

#include "iova-priv.h"

#define WINDOW	(4 * IOVA_CHUNK_SIZE)

struct box {
	struct iova_domain iovad;
	struct iova_chunk *chunk;
	unsigned long lo, hi;
	unsigned long taken[BITS_TO_LONGS(IOVA_CHUNK_SIZE)];
	struct rnd_state rnd;
};

static void box_open(struct box *box, unsigned long lo, unsigned long hi)
{
	init_iova_domain(&box->iovad, PAGE_SIZE, 1);
	box->lo = lo;
	box->hi = hi;
	bitmap_fill(box->taken, IOVA_CHUNK_SIZE);
	bitmap_clear(box->taken, lo % IOVA_CHUNK_SIZE, hi - lo + 1);
	raw_spin_lock_irq(&box->iovad.lock);
	iova_chunk_init(box->chunk, lo, hi);
	iova_span_insert(&box->iovad, &box->chunk->span, lo, hi);
	iova_chunk_file(box->chunk);
	raw_spin_unlock_irq(&box->iovad.lock);
}

static int box_init(struct kunit *test)
{
	struct box *box = kunit_kzalloc(test, sizeof(*box), GFP_KERNEL);
	struct iova_chunk *chunk;

	KUNIT_ASSERT_NOT_NULL(test, box);
	chunk = kunit_kmalloc(test, 2 * sizeof(*chunk), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, chunk);
	box->chunk = PTR_ALIGN(chunk, __alignof__(*chunk));
	prandom_seed_state(&box->rnd, 64);
	box_open(box, WINDOW, WINDOW + IOVA_CHUNK_SIZE - 1);
	test->priv = box;
	return 0;
}

/* Whether the model has a free aligned block that begins at or below a limit. */
static bool has_block(struct box *box, unsigned int order, unsigned long size,
		      unsigned long limit)
{
	unsigned long step = 1UL << order, bit, pfn;

	for (bit = 0; bit + step <= IOVA_CHUNK_SIZE; bit += step) {
		pfn = round_down(box->lo, IOVA_CHUNK_SIZE) + bit;
		if (pfn + size - 1 <= limit &&
		    find_next_bit(box->taken, bit + step, bit) >= bit + step)
			return true;
	}
	return false;
}

static unsigned int model_room(struct box *box)
{
	unsigned int order = IOVA_CHUNK_LG2 + 1;

	while (order && !has_block(box, order - 1, 1, ULONG_MAX))
		order--;
	return order;
}

/* What a request takes: granules in words that are open, else words. */
static unsigned long taken_size(unsigned long size)
{
	return iova_order(size) < IOVA_WORD_LG2 ? size :
	       iova_words(size) * IOVA_WORD_SIZE;
}

static unsigned long take(struct kunit *test, unsigned long size,
			  unsigned long limit)
{
	struct box *box = test->priv;
	struct iova_request rq = {
		.size = size, .limit = limit, .order = iova_order(size),
	};
	unsigned long pfn, bit;

	raw_spin_lock_irq(&box->iovad.lock);
	pfn = iova_chunk_take(&box->iovad, box->chunk, &rq);
	if (pfn && rq.order < IOVA_WORD_LG2)
		iova_word_file(box->chunk,
			       (pfn - box->chunk->base) >> IOVA_WORD_LG2);
	iova_chunk_file(box->chunk);
	raw_spin_unlock_irq(&box->iovad.lock);

	if (!pfn) {
		KUNIT_EXPECT_FALSE(test, has_block(box, rq.order, size, limit));
		return 0;
	}
	KUNIT_EXPECT_GE(test, pfn, box->lo);
	KUNIT_EXPECT_LE(test, pfn + size - 1, min(box->hi, limit));
	KUNIT_EXPECT_EQ(test, pfn % (1UL << rq.order), 0);
	bit = pfn % IOVA_CHUNK_SIZE;
	size = taken_size(size);
	KUNIT_EXPECT_GE(test, find_next_bit(box->taken, bit + size, bit),
			bit + size);
	bitmap_set(box->taken, bit, size);
	return pfn;
}

static void give(struct kunit *test, unsigned long pfn, unsigned long size)
{
	struct box *box = test->priv;

	size = taken_size(size);
	bitmap_clear(box->taken, pfn % IOVA_CHUNK_SIZE, size);
	raw_spin_lock_irq(&box->iovad.lock);
	iova_chunk_give_range(&box->iovad, box->chunk, pfn, pfn + size - 1);
	raw_spin_unlock_irq(&box->iovad.lock);
}

static void blocks_of_a_word(struct kunit *test)
{
	struct box *box = test->priv;
	unsigned int round, order, bit;

	for (round = 0; round < 2000; round++) {
		unsigned long taken = prandom_u32_state(&box->rnd);

		/* Few bits, or large blocks would never be free. */
		taken &= prandom_u32_state(&box->rnd);
		taken &= prandom_u32_state(&box->rnd) << (round % 16);
		taken = rol64(taken, round);
		for (order = 0; order <= IOVA_WORD_LG2; order++) {
			unsigned long want = 0;

			for (bit = 0; bit < BITS_PER_LONG; bit += 1U << order)
				if (!(taken & iova_block_mask(bit, order)))
					want |= BIT(bit);
			KUNIT_ASSERT_EQ(test, iova_free_blocks(taken, order),
					want);
		}
	}
}

static void fills_up_at_each_order(struct kunit *test)
{
	struct box *box = test->priv;
	unsigned int order, n;

	for (order = 0; order <= IOVA_CHUNK_LG2; order++) {
		box_open(box, WINDOW, WINDOW + IOVA_CHUNK_SIZE - 1);
		for (n = 0; take(test, 1UL << order, ULONG_MAX - 1); n++)
			;
		KUNIT_EXPECT_EQ(test, n, IOVA_CHUNK_SIZE >> order);
		KUNIT_EXPECT_EQ(test, box->chunk->span.room, 0);
	}
}

static void part_of_a_window(struct kunit *test)
{
	static const struct { unsigned int lo, hi; } parts[] = {
		{ 0, 0 }, { 1, 1 }, { 63, 64 }, { 5, 60 }, { 1, 4095 },
		{ 0, 4094 }, { 64, 127 }, { 65, 130 }, { 100, 3000 },
	};
	struct box *box = test->priv;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		unsigned long last = min(parts[i].hi, IOVA_CHUNK_SIZE - 1);

		box_open(box, WINDOW + parts[i].lo, WINDOW + last);
		KUNIT_EXPECT_TRUE(test, iova_chunk_is_empty(box->chunk));
		KUNIT_EXPECT_EQ(test, box->chunk->span.room, model_room(box));
		for (n = 0; take(test, 1, ULONG_MAX - 1); n++)
			KUNIT_ASSERT_FALSE(test, iova_chunk_is_empty(box->chunk));
		KUNIT_EXPECT_EQ(test, n, last - parts[i].lo + 1);
		for (n = parts[i].lo; n <= last; n++)
			give(test, WINDOW + n, 1);
		KUNIT_EXPECT_TRUE(test, iova_chunk_is_empty(box->chunk));
		KUNIT_EXPECT_EQ(test, box->chunk->span.room, model_room(box));
	}
}

static void random_sizes_and_limits(struct kunit *test)
{
	struct { unsigned long pfn, size; } live[96] = {};
	struct box *box = test->priv;
	unsigned int round, i;

	box_open(box, WINDOW + 37, WINDOW + IOVA_CHUNK_SIZE - 70);
	for (round = 0; round < 4000; round++) {
		i = prandom_u32_state(&box->rnd) % ARRAY_SIZE(live);
		if (live[i].pfn) {
			give(test, live[i].pfn, live[i].size);
			live[i].pfn = 0;
		} else {
			unsigned long limit = ULONG_MAX - 1;

			live[i].size = prandom_u32_state(&box->rnd) %
				(1UL << prandom_u32_state(&box->rnd) % 10) + 1;
			if (prandom_u32_state(&box->rnd) % 2)
				limit = WINDOW + prandom_u32_state(&box->rnd) %
					IOVA_CHUNK_SIZE;
			live[i].pfn = take(test, live[i].size, limit);
		}
		KUNIT_ASSERT_EQ(test, box->chunk->span.room, model_room(box));
	}
}

static void ranges_are_taken_whole_or_not(struct kunit *test)
{
	struct box *box = test->priv;
	unsigned int round;

	for (round = 0; round < 1000; round++) {
		unsigned long first = prandom_u32_state(&box->rnd) %
				      IOVA_CHUNK_SIZE;
		unsigned long end = first + 1 + prandom_u32_state(&box->rnd) %
				    (IOVA_CHUNK_SIZE - first);
		bool free, done;

		if (round % 2)
			end = min(end, first + 100);
		free = find_next_bit(box->taken, end, first) >= end;
		raw_spin_lock_irq(&box->iovad.lock);
		done = iova_chunk_take_range(&box->iovad, box->chunk,
					     WINDOW + first, WINDOW + end - 1);
		raw_spin_unlock_irq(&box->iovad.lock);
		KUNIT_ASSERT_EQ(test, done, free);
		if (done)
			bitmap_set(box->taken, first, end - first);
		KUNIT_ASSERT_EQ(test, box->chunk->span.room, model_room(box));
		/* Make room by what was taken as a range just now. */
		if (!done || round % 3)
			continue;
		bitmap_clear(box->taken, first, end - first);
		raw_spin_lock_irq(&box->iovad.lock);
		iova_chunk_give_range(&box->iovad, box->chunk, WINDOW + first,
				      WINDOW + end - 1);
		raw_spin_unlock_irq(&box->iovad.lock);
	}
}

static void closes_only_when_empty(struct kunit *test)
{
	struct box *box = test->priv;
	unsigned long lo = WINDOW + 5, hi = WINDOW + 1000, pfn;

	for (pfn = lo; pfn <= hi; pfn += 199) {
		box_open(box, lo, hi);
		raw_spin_lock_irq(&box->iovad.lock);
		KUNIT_EXPECT_TRUE(test, iova_chunk_take_range(&box->iovad,
							      box->chunk, pfn,
							      pfn));
		KUNIT_EXPECT_FALSE(test, iova_chunk_close(box->chunk));
		iova_chunk_give_range(&box->iovad, box->chunk, pfn, pfn);
		KUNIT_EXPECT_EQ(test, box->chunk->span.room, model_room(box));
		KUNIT_EXPECT_TRUE(test, iova_chunk_close(box->chunk));
		raw_spin_unlock_irq(&box->iovad.lock);
		/* All words have all bits set, for those with a stale lease. */
		KUNIT_EXPECT_EQ(test, atomic_long_read(&box->chunk->top), -1L);
		KUNIT_EXPECT_NULL(test, memchr_inv(box->chunk->word, 0xff,
						   sizeof(box->chunk->word)));
	}
}

static void a_lease_is_not_on_file(struct kunit *test)
{
	struct box *box = test->priv;
	struct iova_request rq = { .size = 1, .limit = ULONG_MAX - 1 };
	struct iova_chunk *chunk = box->chunk;
	unsigned long first, second;
	unsigned int w;

	raw_spin_lock_irq(&box->iovad.lock);
	first = iova_chunk_take(&box->iovad, chunk, &rq);
	w = (first - chunk->base) >> IOVA_WORD_LG2;
	iova_word_lease(chunk, w);
	second = iova_chunk_take(&box->iovad, chunk, &rq);
	KUNIT_EXPECT_NE(test, w, (second - chunk->base) >> IOVA_WORD_LG2);
	iova_word_file(chunk, (second - chunk->base) >> IOVA_WORD_LG2);
	/* An empty word on lease stays open; filed, it closes. */
	atomic_long_set(&chunk->word[w], 0);
	KUNIT_EXPECT_TRUE(test, chunk->open & BIT(w));
	iova_word_file(chunk, w);
	raw_spin_unlock_irq(&box->iovad.lock);
	KUNIT_EXPECT_FALSE(test, chunk->open & BIT(w));
	KUNIT_EXPECT_FALSE(test, atomic_long_read(&chunk->top) & BIT(w));
}

static struct kunit_case chunk_cases[] = {
	KUNIT_CASE(blocks_of_a_word),
	KUNIT_CASE(fills_up_at_each_order),
	KUNIT_CASE(part_of_a_window),
	KUNIT_CASE(random_sizes_and_limits),
	KUNIT_CASE(ranges_are_taken_whole_or_not),
	KUNIT_CASE(closes_only_when_empty),
	KUNIT_CASE(a_lease_is_not_on_file),
	{}
};

static struct kunit_suite chunk_suite = {
	.name = "iova_chunk",
	.init = box_init,
	.test_cases = chunk_cases,
};

kunit_test_suite(chunk_suite);

MODULE_DESCRIPTION("Tests of the I/O address allocator");
MODULE_LICENSE("GPL");
