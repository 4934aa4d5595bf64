// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads in one set of tables: disjoint ranges in shared tables, halves
 * of shared blocks, reclaim beside all of it, and a reader that never may miss.
 *
 * With several processors, best under KCSAN; with one the threads take turns.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "lpae.h"
#include "lpae_test.h"

#define RACE_THREADS	4
#define RACE_TABLES	32
#define RACE_ROUNDS	(IS_ENABLED(CONFIG_KCSAN) ? 300 : 3000)
#define RACE_BLOCKS	400
#define RACE_STRIPE	(512 / RACE_THREADS)
#define RACE_RW		(IOMMU_READ | IOMMU_WRITE)
/* Apart from the ranges above, under the same tables of level 1 */
#define RACE_BLOCK_BASE	((u64)SZ_512M)
#define RACE_STILL	((u64)SZ_512M - SZ_2M)

/* Shared by the threads of a case */
struct race {
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops;
	atomic_t flushes;
	atomic_t errors;
	atomic_t running;
	atomic_t arrived;
	struct completion done;
};

struct race_thread {
	struct race *race;
	unsigned int id;
	void (*run)(struct race *race, unsigned int id);
};

static void race_flush(unsigned long iova, size_t size, size_t granule,
		       void *cookie)
{
	struct race *race = cookie;

	atomic_inc(&race->flushes);
}

static const struct iommu_flush_ops race_flush_ops = {
	.tlb_flush_walk = race_flush,
};

static void race_expect(struct race *race, bool ok)
{
	if (!ok)
		atomic_inc(&race->errors);
}

static void race_map(struct race *race, u64 iova, size_t size, gfp_t gfp)
{
	size_t mapped;
	int ret;

	ret = race->ops->map_range(race->ops, iova, iova + SZ_4G, size, RACE_RW,
				   gfp, &mapped);
	race_expect(race, !ret && mapped == size);
}

static void race_unmap(struct race *race, u64 iova, size_t size)
{
	race_expect(race, race->ops->unmap_range(race->ops, iova, size,
						 NULL) == size);
}

static void race_expect_at(struct race *race, u64 iova, u64 paddr)
{
	race_expect(race, race->ops->iova_to_phys(race->ops, iova) == paddr);
}

/* Hardware does not wait for anybody: it must find the page at each moment */
static void race_expect_walk(struct race *race, u64 iova)
{
	struct lpae *lp = to_lpae(race->ops);
	unsigned int shift;
	u64 *slot;

	rcu_read_lock();
	slot = lpae_walk(lp, iova, lp->granule_lg2, &shift);
	race_expect(race, shift == lp->granule_lg2);
	race_expect(race, READ_ONCE(*slot) & LPAE_VALID);
	rcu_read_unlock();
}

/* Pages in a table that has nothing else, so that it is empty again and again */
static void race_alone(struct race *race, unsigned int id)
{
	/* It takes two processors and many tries to hit the moment that counts */
	int rounds = num_online_cpus() > 1 ? 30 * RACE_ROUNDS : RACE_ROUNDS;
	u64 table = (u64)id * SZ_2M, iova;
	int i, j;

	for (i = 0; i < rounds; i++) {
		u64 size = i % 3 ? SZ_4K : (i % 16 + 1) * SZ_4K;

		iova = table + (i % 256) * SZ_4K;
		race_map(race, iova, size, GFP_ATOMIC);
		for (j = 0; j < 8; j++) {
			race_expect_walk(race, iova);
			race_expect_walk(race, iova + size - 1);
		}
		race_expect_at(race, iova, iova + SZ_4G);
		race_unmap(race, iova, size);
		race_expect_at(race, iova, 0);
		if (!(i % 16))
			cond_resched();
	}
}

/* Pages of a stripe of its own in every table: maps, looks, unmaps */
static void race_pages(struct race *race, unsigned int id)
{
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 0x52ac3 + id);
	for (i = 0; i < RACE_ROUNDS; i++) {
		u32 r = prandom_u32_state(&rnd);
		u64 first = id * RACE_STRIPE + r % RACE_STRIPE;
		u64 n = 1 + (r >> 16) % ((id + 1) * RACE_STRIPE - first);
		u64 iova = (u64)((r >> 8) % RACE_TABLES) * SZ_2M + first * SZ_4K;

		race_map(race, iova, n * SZ_4K, i & 1 ? GFP_KERNEL : GFP_ATOMIC);
		race_expect_at(race, iova, iova + SZ_4G);
		race_expect_at(race, iova + n * SZ_4K - 1,
			       iova + n * SZ_4K - 1 + SZ_4G);
		race_unmap(race, iova, n * SZ_4K);
		race_expect_at(race, iova, 0);
		if (!(i % 16))
			cond_resched();
	}
}

/* Whole 2 MiB regions in which pages and a block take turns */
static void race_replace(struct race *race, unsigned int id)
{
	u64 iova = RACE_BLOCK_BASE + SZ_64M + (u64)id * SZ_2M;
	int i;

	for (i = 0; i < RACE_BLOCKS; i++) {
		race_map(race, iova + SZ_8K, SZ_4K, GFP_KERNEL);
		race_unmap(race, iova + SZ_8K, SZ_4K);
		race_map(race, iova, SZ_2M, GFP_KERNEL);
		race_expect_at(race, iova + SZ_8K, iova + SZ_8K + SZ_4G);
		race_unmap(race, iova + SZ_4K, SZ_4K);
		race_expect_at(race, iova + SZ_8K, iova + SZ_8K + SZ_4G);
		race_unmap(race, iova, SZ_4K);
		race_unmap(race, iova + SZ_8K, SZ_2M - SZ_8K);
		cond_resched();
	}
}

static void race_reclaim(struct race *race, unsigned int id)
{
	/* The other threads are done when this one runs alone */
	while (atomic_read(&race->running) > 2) {
		io_pgtable_reclaim(race->ops);
		cond_resched();
	}
}

/* Looks at the few tables of race_alone() as often as it can */
static void race_sweep(struct race *race, unsigned int id)
{
	while (atomic_read(&race->running) > 2) {
		lpae_sweep(to_lpae(race->ops), 0, 4 * SZ_2M, 21);
		cond_resched();
	}
}

/* A mapping that stays is found whatever goes on around it */
static void race_read(struct race *race, unsigned int id)
{
	while (atomic_read(&race->running) > 2) {
		race_expect_at(race, RACE_STILL + 1, RACE_STILL + 1 + SZ_4G);
		race_expect_at(race, RACE_STILL + SZ_1M,
			       RACE_STILL + SZ_1M + SZ_4G);
		cond_resched();
	}
}

/* Wait until all threads of the case are here: they go on at the same time */
static void race_meet(struct race *race, int round)
{
	atomic_inc(&race->arrived);
	while (atomic_read(&race->arrived) < (round + 1) * RACE_THREADS)
		cond_resched();
}

/* Everybody unmaps a quarter of a block that thread 0 mapped */
static void race_quarters(struct race *race, unsigned int id)
{
	int i;

	for (i = 0; i < RACE_BLOCKS; i++) {
		u64 block = RACE_BLOCK_BASE + (u64)(i % 8) * SZ_2M;

		if (id == 0)
			race_map(race, block, SZ_2M, GFP_KERNEL);
		race_meet(race, 2 * i);
		race_unmap(race, block + id * (SZ_2M / RACE_THREADS),
			   SZ_2M / RACE_THREADS);
		race_meet(race, 2 * i + 1);
	}
}

static int race_main(void *arg)
{
	struct race_thread *thread = arg;
	struct race *race = thread->race;

	thread->run(race, thread->id);
	if (atomic_dec_and_test(&race->running))
		complete(&race->done);
	return 0;
}

static struct race *race_make(struct kunit *test)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->cfg = (struct io_pgtable_cfg) {
		.pgsize_bitmap = SZ_4K | SZ_2M,
		.ias = 48,
		.oas = 48,
		.coherent_walk = true,
		.reclaim = true,
		.tlb = &race_flush_ops,
	};
	race->ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &race->cfg, race);
	KUNIT_ASSERT_NOT_NULL(test, race->ops);
	init_completion(&race->done);
	return race;
}

/* Start threads; all of them end by themselves, after bounded rounds */
static void race_run(struct kunit *test, struct race *race,
		     struct race_thread *threads, unsigned int n)
{
	unsigned int i;

	atomic_set(&race->running, n);
	for (i = 0; i < n; i++) {
		struct task_struct *task;

		threads[i].race = race;
		task = kthread_run(race_main, &threads[i], "lpae-race/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	wait_for_completion(&race->done);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->errors), 0);
}

static void race_end(struct kunit *test, struct race *race)
{
	io_pgtable_reclaim(race->ops);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&to_lpae(race->ops)->nr_tables),
			0);
	free_io_pgtable_ops(race->ops);
}

/* Pages of four threads in the same tables, blocks, reclaim and a reader */
static void race_disjoint(struct kunit *test)
{
	struct race_thread threads[] = {
		{ .run = race_pages, .id = 0 }, { .run = race_pages, .id = 1 },
		{ .run = race_pages, .id = 2 }, { .run = race_pages, .id = 3 },
		{ .run = race_replace, .id = 0 }, { .run = race_replace, .id = 1 },
		{ .run = race_reclaim }, { .run = race_read },
	};
	struct race *race = race_make(test);

	race_map(race, RACE_STILL, SZ_2M, GFP_KERNEL);
	race_run(test, race, threads, ARRAY_SIZE(threads));
	KUNIT_EXPECT_GT(test, atomic_read(&race->flushes), 0);
	race_unmap(race, RACE_STILL, SZ_2M);
	race_end(test, race);
}

/* Reclaim looks at tables that their only user fills and empties meanwhile */
static void race_emptying(struct kunit *test)
{
	struct race_thread threads[] = {
		{ .run = race_alone, .id = 0 }, { .run = race_alone, .id = 1 },
		{ .run = race_alone, .id = 2 }, { .run = race_reclaim },
		{ .run = race_sweep },
	};
	struct race *race = race_make(test);

	race_run(test, race, threads, ARRAY_SIZE(threads));
	KUNIT_EXPECT_GT(test, atomic_read(&race->flushes), 0);
	race_end(test, race);
}

/* Four threads cut the same block at the same time, each its part */
static void race_split(struct kunit *test)
{
	struct race_thread threads[] = {
		{ .run = race_quarters, .id = 0 }, { .run = race_quarters, .id = 1 },
		{ .run = race_quarters, .id = 2 }, { .run = race_quarters, .id = 3 },
	};
	struct race *race = race_make(test);

	race_run(test, race, threads, ARRAY_SIZE(threads));
	race_end(test, race);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE_SLOW(race_disjoint),
	KUNIT_CASE_SLOW(race_emptying),
	KUNIT_CASE_SLOW(race_split),
	{}
};

static struct kunit_suite race_suite = {
	.name = "iommu_lpae_race",
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);
