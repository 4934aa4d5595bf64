// SPDX-License-Identifier: GPL-2.0
/*
 * The fast calls against a model, with what matters in the long run: that
 * space is found if it is there, that nothing is lost, and that no history
 * makes an allocation cost more than its bound.
 */

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "iova-priv.h"

#define MODEL_SIZE	(24 * IOVA_CHUNK_SIZE)
#define MANY		BIT(20)

/*
 * Steps that one call may take: a few searches and walks to the root in a
 * tree of n spans, none longer than 2 log2(n + 1), and the words of a chunk.
 */
#define STEPS_MAX(n)	(16 * ilog2((n) + 2) + IOVA_CHUNK_WORDS)

struct live {
	unsigned long pfn;
	unsigned long size;
};

struct fast {
	struct iova_domain iovad;
	unsigned long *taken;
	struct rnd_state rnd;
};

static int fast_init(struct kunit *test)
{
	struct fast *fast = kunit_kzalloc(test, sizeof(*fast), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fast);
	fast->taken = kunit_kcalloc(test, BITS_TO_LONGS(MODEL_SIZE),
				    sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fast->taken);
	KUNIT_ASSERT_EQ(test, iova_cache_get(), 0);
	init_iova_domain(&fast->iovad, SZ_4K, 1);
	KUNIT_ASSERT_EQ(test, iova_domain_init_rcaches(&fast->iovad), 0);
	prandom_seed_state(&fast->rnd, 512);
	bitmap_set(fast->taken, 0, 1);
	test->priv = fast;
	return 0;
}

static void fast_exit(struct kunit *test)
{
	struct fast *fast = test->priv;

	put_iova_domain(&fast->iovad);
	iova_cache_put();
}

static unsigned long below(struct fast *fast, unsigned long end)
{
	return prandom_u32_state(&fast->rnd) % end;
}

/* All orders alike, each with sizes that are no power of two. */
static unsigned long some_size(struct fast *fast, unsigned int orders)
{
	unsigned long size = 1UL << below(fast, orders);

	return size - below(fast, (size + 1) / 2);
}

static bool has_block(struct fast *fast, unsigned long size,
		      unsigned long limit)
{
	unsigned long step = 1UL << iova_order(size), pfn;

	for (pfn = 0; pfn + step - 1 <= limit; pfn += step)
		if (find_next_bit(fast->taken, pfn + step, pfn) >= pfn + step)
			return true;
	return false;
}

static void model_take(struct kunit *test, unsigned long pfn,
		       unsigned long size, unsigned long limit)
{
	struct fast *fast = test->priv;

	KUNIT_ASSERT_LE(test, pfn + size - 1, limit);
	KUNIT_ASSERT_EQ(test, pfn % (1UL << iova_order(size)), 0);
	KUNIT_ASSERT_GE(test, find_next_bit(fast->taken, pfn + size, pfn),
			pfn + size);
	bitmap_set(fast->taken, pfn, size);
}

static void release(struct fast *fast, struct live *live)
{
	if (!live->pfn)
		return;
	bitmap_clear(fast->taken, live->pfn, live->size);
	free_iova_fast(&fast->iovad, live->pfn, live->size);
	live->pfn = 0;
}

/* Nothing is allocated: all of the space must be one gap again. */
static void expect_all_free(struct kunit *test)
{
	struct fast *fast = test->priv;
	struct iova_domain *iovad = &fast->iovad;

	KUNIT_EXPECT_LE(test, iovad->nr_chunks,
			3 + nr_cpu_ids * (IOVA_WORD_LG2 + 1));
	iova_pool_reclaim(iovad, true);
	KUNIT_EXPECT_EQ(test, iovad->nr_leases, 0);
	KUNIT_EXPECT_EQ(test, iovad->nr_idle, 0);
	KUNIT_EXPECT_EQ(test, iovad->nr_chunks, 0);
	KUNIT_EXPECT_PTR_EQ(test, iovad->spans.rb_node, &iovad->anchor.node);
	KUNIT_EXPECT_EQ(test, iovad->anchor.gap_lo, 1);
}

/*
 * Words that are taken whole hide the rest of their last word from the model,
 * so sizes above a word are multiples of it where the model is to be exact.
 */
static void run_model(struct kunit *test, unsigned int orders, bool exact)
{
	struct fast *fast = test->priv;
	struct live *live = kunit_kcalloc(test, 2048, sizeof(*live), GFP_KERNEL);
	unsigned int round, i, want = 0;

	KUNIT_ASSERT_NOT_NULL(test, live);
	for (round = 0; round < 60000; round++) {
		unsigned long size = some_size(fast, orders), limit, pfn;

		/* The load swings between empty and more than fits. */
		if (round % 4096 == 0)
			want = below(fast, 2048);
		i = below(fast, 2048);
		if (live[i].pfn || i > want) {
			release(fast, &live[i]);
			continue;
		}
		if (exact && size > IOVA_WORD_SIZE / 2)
			size = round_up(size, IOVA_WORD_SIZE);
		limit = round % 3 ? MODEL_SIZE - 1 : below(fast, MODEL_SIZE);
		pfn = alloc_iova_fast(&fast->iovad, size, limit, true);
		if (pfn)
			model_take(test, pfn, size, limit);
		else if (exact)
			KUNIT_ASSERT_FALSE(test, has_block(fast, size, limit));
		live[i].pfn = pfn;
		live[i].size = size;
	}
	for (i = 0; i < 2048; i++)
		release(fast, &live[i]);
	expect_all_free(test);
}

static void small_sizes_match_the_model(struct kunit *test)
{
	run_model(test, IOVA_FAST_LG2 + 1, true);
}

static void all_sizes_match_the_model(struct kunit *test)
{
	run_model(test, IOVA_CHUNK_LG2 + 2, false);
}

static void works_without_leases(struct kunit *test)
{
	struct fast *fast = test->priv;

	put_iova_domain(&fast->iovad);
	init_iova_domain(&fast->iovad, SZ_4K, 1);
	run_model(test, IOVA_FAST_LG2 + 1, true);
	run_model(test, IOVA_CHUNK_LG2 + 2, false);
}

static void every_granule_is_used(struct kunit *test)
{
	struct fast *fast = test->priv;
	unsigned long limit = 3 * IOVA_CHUNK_SIZE + 77, n, pfn;
	unsigned int round;

	for (round = 0; round < 3; round++) {
		for (n = 0; (pfn = alloc_iova_fast(&fast->iovad, 1, limit, true)); n++)
			model_take(test, pfn, 1, limit);
		KUNIT_ASSERT_EQ(test, n, limit);
		for (pfn = 1; pfn <= limit; pfn++)
			free_iova_fast(&fast->iovad, pfn, 1);
		bitmap_clear(fast->taken, 1, limit);
	}
	expect_all_free(test);
}

/* A CPU that goes on with one size stays in one place and takes no lock. */
static void a_lease_is_dense(struct kunit *test)
{
	struct fast *fast = test->priv;
	unsigned long first, pfn;
	unsigned int order, n;

	for (order = 0; order <= IOVA_FAST_LG2; order++) {
		unsigned long size = 1UL << order;

		migrate_disable();
		first = alloc_iova_fast(&fast->iovad, size, MODEL_SIZE - 1, true);
		KUNIT_EXPECT_NE(test, first, 0);
		fast->iovad.steps = 0;
		for (n = 0; n < 100; n++) {
			pfn = alloc_iova_fast(&fast->iovad, size,
					      MODEL_SIZE - 1, true);
			if (order < IOVA_WORD_LG2)
				KUNIT_EXPECT_EQ(test, pfn, first - size);
			free_iova_fast(&fast->iovad, pfn, size);
		}
		KUNIT_EXPECT_EQ(test, fast->iovad.steps, 0);
		migrate_enable();
		free_iova_fast(&fast->iovad, first, size);
	}
}

static void low_limit_then_high(struct kunit *test)
{
	const unsigned long low = MODEL_SIZE - 1, high = (1UL << 36) - 1;
	struct fast *fast = test->priv;
	struct iova_domain *iovad = &fast->iovad;
	unsigned long pfn, n, above;

	for (n = 0; (pfn = alloc_iova_fast(iovad, 16, low, false)); n++)
		model_take(test, pfn, 16, low);
	KUNIT_EXPECT_EQ(test, n, MODEL_SIZE / 16 - 1);
	above = alloc_iova_fast(iovad, 16, high, true);
	KUNIT_EXPECT_GT(test, above, low);

	/* What is freed below is there for whom it is the only place. */
	for (pfn = 16; pfn <= low; pfn += 4096 - 16) {
		free_iova_fast(iovad, pfn, 16);
		KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 16, low, true), pfn);
		KUNIT_EXPECT_GT(test, alloc_iova_fast(iovad, 16, high, false),
				low);
	}
	/* And what is left below, with a limit in the middle of a word. */
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 8, 14, true), 0);
	KUNIT_EXPECT_EQ(test, alloc_iova_fast(iovad, 8, 15, true), 8);
}

/*
 * All room is in a chunk that another CPU holds.  A request that may not take
 * leases back finds it there, and the chunk can be found from then on.
 */
static void what_others_hold_can_be_found(struct kunit *test)
{
	struct fast *fast = test->priv;
	struct iova_domain *iovad = &fast->iovad;
	struct iova_chunk *chunk = NULL;
	unsigned long limit = IOVA_CHUNK_SIZE - 1, first, pfn;
	struct iova_cpu *cpu;

	first = alloc_iova_fast(iovad, 64, limit, false);
	KUNIT_ASSERT_NE(test, first, 0);
	migrate_disable();
	cpu = this_cpu_ptr(iovad->cpus);
	swap(chunk, cpu->hold);
	KUNIT_EXPECT_EQ(test, chunk->hint, IOVA_SILENT);
	KUNIT_EXPECT_EQ(test, chunk->span.room, 0);

	pfn = alloc_iova_fast(iovad, 512, limit, false);
	KUNIT_EXPECT_NE(test, pfn, 0);
	KUNIT_EXPECT_NE(test, chunk->hint, IOVA_SILENT);
	/* The first and the last quarter are broken, so that is the largest. */
	KUNIT_EXPECT_EQ(test, chunk->span.room, IOVA_CHUNK_LG2 - 2 + 1);
	free_iova_fast(iovad, pfn, 512);
	/* The holder goes on as before, and its frees are announced. */
	swap(chunk, cpu->hold);
	pfn = alloc_iova_fast(iovad, 1024, limit, false);
	KUNIT_EXPECT_NE(test, pfn, 0);
	free_iova_fast(iovad, first, 64);
	migrate_enable();
	free_iova_fast(iovad, pfn, 1024);
	expect_all_free(test);
}

static void a_dead_cpu_keeps_nothing(struct kunit *test)
{
	struct fast *fast = test->priv;
	struct iova_domain *iovad = &fast->iovad;
	unsigned int order, cpu;
	struct live live[10];

	for (order = 0; order <= IOVA_FAST_LG2; order++) {
		live[order].size = 1UL << order;
		live[order].pfn = alloc_iova_fast(iovad, live[order].size,
						  MODEL_SIZE - 1, true);
		KUNIT_ASSERT_NE(test, live[order].pfn, 0);
	}
	KUNIT_EXPECT_NE(test, iovad->nr_leases, 0);
	for_each_possible_cpu(cpu)
		iova_cpu_dead(cpu, &iovad->cpuhp_dead);
	KUNIT_EXPECT_EQ(test, iovad->nr_leases, 0);
	for (order = 0; order <= IOVA_FAST_LG2; order++)
		free_iova_fast(iovad, live[order].pfn, live[order].size);
	/* Without leases the last free leaves one idle chunk at most. */
	KUNIT_EXPECT_LE(test, iovad->nr_chunks, 1);
	expect_all_free(test);
}

static void double_free_is_refused(struct kunit *test)
{
	struct fast *fast = test->priv;
	struct iova_domain *iovad = &fast->iovad;
	unsigned long a, b;

	a = alloc_iova_fast(iovad, 128, MODEL_SIZE - 1, true);
	free_iova_fast(iovad, a, 128);
	free_iova_fast(iovad, a, 128);
	free_iova_fast(iovad, 10 * MODEL_SIZE, 4);
	a = alloc_iova_fast(iovad, 128, MODEL_SIZE - 1, true);
	b = alloc_iova_fast(iovad, 128, MODEL_SIZE - 1, true);
	KUNIT_EXPECT_NE(test, a, b);
}

static unsigned long steps_of_alloc(struct fast *fast, unsigned long size,
				    unsigned long limit, unsigned long *pfn)
{
	fast->iovad.steps = 0;
	*pfn = alloc_iova_fast(&fast->iovad, size, limit, false);
	return fast->iovad.steps;
}

/*
 * All of the first 4 GiB taken by pages, then every other one freed: nothing
 * below fits for two, and everything fits for one.
 */
static void a_million_live_ranges(struct kunit *test)
{
	struct fast *fast = test->priv;
	struct iova_domain *iovad = &fast->iovad;
	unsigned long max = STEPS_MAX(MANY / IOVA_CHUNK_SIZE), steps, pfn, n;
	unsigned long worst = 0;

	for (n = 0; n < MANY - 1; n++) {
		steps = steps_of_alloc(fast, 1, MANY - 1, &pfn);
		KUNIT_ASSERT_NE(test, pfn, 0);
		worst = max(worst, steps);
	}
	steps = steps_of_alloc(fast, 1, MANY - 1, &pfn);
	KUNIT_EXPECT_EQ(test, pfn, 0);
	worst = max(worst, steps);

	for (n = 2; n < MANY; n += 2) {
		iovad->steps = 0;
		free_iova_fast(iovad, n, 1);
		worst = max(worst, iovad->steps);
	}
	for (n = 0; n < 3000; n++) {
		steps = steps_of_alloc(fast, 2, MANY - 1, &pfn);
		KUNIT_ASSERT_EQ(test, pfn, 0);
		worst = max(worst, steps);
		steps = steps_of_alloc(fast, 2 + n % 511, ULONG_MAX, &pfn);
		KUNIT_ASSERT_NE(test, pfn, 0);
		worst = max(worst, steps);
	}
	for (n = 2; n < MANY; n += 2) {
		steps = steps_of_alloc(fast, 1, MANY - 1, &pfn);
		KUNIT_ASSERT_NE(test, pfn, 0);
		worst = max(worst, steps);
	}
	kunit_info(test, "at most %lu steps\n", worst);
	KUNIT_EXPECT_LE(test, worst, max);
}

/* Mixed sizes for many rounds: late allocations cost what early ones do. */
static void history_costs_nothing(struct kunit *test)
{
	enum { LIVE = 8192, PARTS = 4,
	       ROUNDS = IS_ENABLED(CONFIG_KCSAN) ? 80000 : 400000 };
	struct fast *fast = test->priv;
	unsigned long sum[PARTS] = {}, worst = 0, steps;
	struct live *live = vzalloc(LIVE * sizeof(*live));
	unsigned int round, i;

	KUNIT_ASSERT_NOT_NULL(test, live);
	for (round = 0; round < ROUNDS; round++) {
		i = below(fast, LIVE);
		if (live[i].pfn) {
			free_iova_fast(&fast->iovad, live[i].pfn, live[i].size);
			live[i].pfn = 0;
			continue;
		}
		live[i].size = some_size(fast, IOVA_FAST_LG2 + 1);
		steps = steps_of_alloc(fast, live[i].size, MANY - 1,
				       &live[i].pfn);
		sum[round / (ROUNDS / PARTS)] += steps;
		worst = max(worst, steps);
	}
	for (i = 0; i < LIVE; i++)
		if (live[i].pfn)
			free_iova_fast(&fast->iovad, live[i].pfn, live[i].size);
	vfree(live);
	kunit_info(test, "steps by quarter: %lu %lu %lu %lu, at most %lu\n",
		   sum[0], sum[1], sum[2], sum[3], worst);
	KUNIT_EXPECT_LE(test, worst, STEPS_MAX(MANY / IOVA_CHUNK_SIZE));
	KUNIT_EXPECT_LE(test, sum[3], 2 * sum[1]);
	expect_all_free(test);
}

static void memory_per_cpu(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, sizeof(struct iova_cpu), 256);
	KUNIT_EXPECT_LE(test, sizeof(struct iova_chunk), 768);
	KUNIT_EXPECT_EQ(test, iova_rcache_range(), PAGE_SIZE * 512);
}

/* Gives ranges back as they come, those that lie side by side as one. */
static void free_joined(struct fast *fast, const unsigned long *pfns,
			const u8 *sizes, unsigned int n)
{
	unsigned long lo = pfns[0], size = sizes[0], starts;
	unsigned int i;

	starts = BIT(lo % IOVA_BLOCK_SIZE);
	for (i = 1; i < n; i++) {
		if (pfns[i] + sizes[i] != lo ||
		    pfns[i] / IOVA_BLOCK_SIZE != lo / IOVA_BLOCK_SIZE) {
			free_iova_block(&fast->iovad, lo, size, starts);
			size = 0;
			starts = 0;
		}
		lo = pfns[i];
		size += sizes[i];
		starts |= BIT(lo % IOVA_BLOCK_SIZE);
	}
	free_iova_block(&fast->iovad, lo, size, starts);
}

/* In whole words, and in word 0, which is cut: granule 0 is nobody's. */
static void neighbours_are_freed_as_one(struct kunit *test)
{
	static const u8 sizes[] = { 1, 1, 1, 1, 1, 2, 2, 4, 3, 8, 1, 1 };
	unsigned long limits[] = { IOVA_BLOCK_SIZE - 1, BIT(24) };
	struct fast *fast = test->priv;
	unsigned long pfns[ARRAY_SIZE(sizes)];
	unsigned int i, round;

	for (round = 0; round < ARRAY_SIZE(limits); round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			pfns[i] = alloc_iova_fast(&fast->iovad, sizes[i],
						  limits[round], true);
			KUNIT_ASSERT_NE(test, pfns[i], 0);
		}
		free_joined(fast, pfns, sizes, ARRAY_SIZE(sizes));
		/* Chunks go when nothing of them is taken. */
		iova_pool_reclaim(&fast->iovad, true);
		KUNIT_EXPECT_EQ(test, fast->iovad.nr_chunks, 0);
	}
}

/* Of what a word holds 4 or 2 only, a lease holds 16 as well. */
static void large_orders_are_leased_by_the_group(struct kunit *test)
{
	struct fast *fast = test->priv;
	unsigned long before, pfn, last = 0;
	unsigned int order, slow, i;

	for (order = IOVA_WORD_LG2 - 2; order < IOVA_WORD_LG2; order++) {
		slow = 0;
		for (i = 0; i < 64; i++) {
			before = fast->iovad.steps;
			pfn = alloc_iova_fast(&fast->iovad, 1UL << order,
					      BIT(24), false);
			KUNIT_ASSERT_NE(test, pfn, 0);
			KUNIT_EXPECT_NE(test, pfn, last);
			last = pfn;
			slow += fast->iovad.steps != before;
		}
		KUNIT_EXPECT_LE(test, slow, 64 / 16 + 1);
	}
	/* What is left of the groups can be had for other sizes */
	iova_pool_reclaim(&fast->iovad, true);
	KUNIT_EXPECT_EQ(test, fast->iovad.nr_leases, 0);
}

static struct kunit_case fast_cases[] = {
	KUNIT_CASE_SLOW(small_sizes_match_the_model),
	KUNIT_CASE_SLOW(all_sizes_match_the_model),
	KUNIT_CASE_SLOW(works_without_leases),
	KUNIT_CASE(every_granule_is_used),
	KUNIT_CASE(a_lease_is_dense),
	KUNIT_CASE(low_limit_then_high),
	KUNIT_CASE(what_others_hold_can_be_found),
	KUNIT_CASE(a_dead_cpu_keeps_nothing),
	KUNIT_CASE(double_free_is_refused),
	KUNIT_CASE_SLOW(a_million_live_ranges),
	KUNIT_CASE_SLOW(history_costs_nothing),
	KUNIT_CASE(memory_per_cpu),
	KUNIT_CASE(neighbours_are_freed_as_one),
	KUNIT_CASE(large_orders_are_leased_by_the_group),
	{}
};

static struct kunit_suite fast_suite = {
	.name = "iova_cache",
	.init = fast_init,
	.exit = fast_exit,
	.test_cases = fast_cases,
};

kunit_test_suite(fast_suite);

MODULE_DESCRIPTION("Tests of the I/O address allocator");
MODULE_LICENSE("GPL");
