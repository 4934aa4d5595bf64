// SPDX-License-Identifier: GPL-2.0
/*
 * Threads, and a timer's interrupt, allocate and free each other's ranges
 * while leases are revoked.  Each owner stamps the granules that it got; a
 * stamp that is there already says that a granule has two owners.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "iova-priv.h"

#define SPACE		(8 * IOVA_CHUNK_SIZE)
#define LIMIT		(SPACE - 1)
#define SLOTS		512
#define THREADS_MAX	16

/* KCSAN delays what it watches: fewer rounds of it see more than many without */
#define ROUNDS		(IS_ENABLED(CONFIG_KCSAN) ? 1500 : 40000)
#define TICK_NS		((IS_ENABLED(CONFIG_KCSAN) ? 2000 : 200) * NSEC_PER_USEC)

/* A range on its way: size above the first granule. */
#define SIZE_SHIFT	20

struct stress {
	struct iova_domain iovad;
	u8 *stamp;
	atomic_long_t mail[SLOTS];
	atomic_t clashes;
	atomic_t misses;
	atomic_t taken;
	atomic_t running;
	struct completion done;
	struct hrtimer timer;
	struct rnd_state timer_rnd;
};

struct worker {
	struct stress *stress;
	struct rnd_state rnd;
};

static void stamp(struct stress *stress, unsigned long pfn, unsigned long size)
{
	unsigned long end = pfn + size;

	for (; pfn < end; pfn++)
		if (xchg(&stress->stamp[pfn], 1))
			atomic_inc(&stress->clashes);
}

static void give(struct stress *stress, unsigned long range)
{
	unsigned long pfn = range & ((1UL << SIZE_SHIFT) - 1);
	unsigned long size = range >> SIZE_SHIFT, i;

	if (!range)
		return;
	for (i = pfn; i < pfn + size; i++)
		if (!xchg(&stress->stamp[i], 0))
			atomic_inc(&stress->clashes);
	free_iova_fast(&stress->iovad, pfn, size);
}

static unsigned long take(struct stress *stress, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);
	unsigned long size = 1UL << r % (r & 0x100000 ? 10 : 4), pfn, limit;

	if (r & 0x200000)
		size -= (r >> 8) % ((size + 1) / 2);
	/* Now and then a run. */
	if (r % 97 == 0)
		size = 513 + (r >> 8) % 2000;
	limit = r & 0x400000 ? LIMIT : LIMIT / 2;
	pfn = alloc_iova_fast(&stress->iovad, size, limit, r & 0x800000);
	if (!pfn) {
		atomic_inc(&stress->misses);
		return 0;
	}
	if (pfn + size - 1 > limit || pfn % roundup_pow_of_two(size)) {
		atomic_inc(&stress->clashes);
		return 0;
	}
	atomic_inc(&stress->taken);
	stamp(stress, pfn, size);
	return size << SIZE_SHIFT | pfn;
}

/* Leaves a range in a mailbox and frees what was there, whoever took it. */
static void exchange(struct stress *stress, struct rnd_state *rnd)
{
	atomic_long_t *slot = &stress->mail[prandom_u32_state(rnd) % SLOTS];
	unsigned long range = 0;

	if (prandom_u32_state(rnd) % 8)
		range = take(stress, rnd);
	give(stress, atomic_long_xchg(slot, range));
}

static void disturb(struct stress *stress, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);
	struct iova *object;

	if (r % 400 == 0)
		iova_cpu_dead(cpumask_any(cpu_possible_mask),
			      &stress->iovad.cpuhp_dead);
	if (r % 400 == 1)
		iova_pool_reclaim(&stress->iovad, r & 0x10000);
	if (r % 400 != 2)
		return;
	object = alloc_iova(&stress->iovad, 1 + r % 3000, LIMIT, r & 0x10000);
	if (!object)
		return;
	stamp(stress, object->pfn_lo, iova_size(object));
	memset(&stress->stamp[object->pfn_lo], 0, iova_size(object));
	__free_iova(&stress->iovad, object);
}

static int work(void *data)
{
	struct worker *worker = data;
	struct stress *stress = worker->stress;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		exchange(stress, &worker->rnd);
		disturb(stress, &worker->rnd);
		if (round % 64 == 0)
			cond_resched();
	}
	if (atomic_dec_and_test(&stress->running))
		complete(&stress->done);
	return 0;
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct stress *stress = container_of(timer, struct stress, timer);
	unsigned int n;

	for (n = 0; n < 4; n++)
		exchange(stress, &stress->timer_rnd);
	hrtimer_forward_now(timer, ns_to_ktime(TICK_NS));
	return HRTIMER_RESTART;
}

static void run_workers(struct kunit *test, struct stress *stress)
{
	unsigned int threads = clamp(2 * num_online_cpus(), 4, THREADS_MAX), i;
	struct worker *workers;

	workers = kunit_kcalloc(test, threads, sizeof(*workers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, workers);
	init_completion(&stress->done);
	atomic_set(&stress->running, 1);
	for (i = 0; i < threads; i++) {
		struct task_struct *task;

		workers[i].stress = stress;
		prandom_seed_state(&workers[i].rnd, 1000 + i);
		atomic_inc(&stress->running);
		task = kthread_run(work, &workers[i], "iova-stress/%u", i);
		if (!IS_ERR(task))
			continue;
		atomic_dec(&stress->running);
		KUNIT_FAIL(test, "no thread");
	}
	hrtimer_init(&stress->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	stress->timer.function = tick;
	hrtimer_start(&stress->timer, ns_to_ktime(TICK_NS), HRTIMER_MODE_REL_HARD);
	if (!atomic_dec_and_test(&stress->running))
		wait_for_completion(&stress->done);
	hrtimer_cancel(&stress->timer);
}

static void no_granule_has_two_owners(struct kunit *test)
{
	struct stress *stress = kunit_kzalloc(test, sizeof(*stress), GFP_KERNEL);
	struct iova_domain *iovad;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, stress);
	stress->stamp = vzalloc(SPACE);
	KUNIT_ASSERT_NOT_NULL(test, stress->stamp);
	KUNIT_ASSERT_EQ(test, iova_cache_get(), 0);
	iovad = &stress->iovad;
	init_iova_domain(iovad, SZ_4K, 1);
	KUNIT_ASSERT_EQ(test, iova_domain_init_rcaches(iovad), 0);
	prandom_seed_state(&stress->timer_rnd, 7);

	run_workers(test, stress);
	KUNIT_EXPECT_EQ(test, atomic_read(&stress->clashes), 0);
	kunit_info(test, "%d ranges, %d requests without room\n",
		   atomic_read(&stress->taken), atomic_read(&stress->misses));
	KUNIT_EXPECT_GT(test, atomic_read(&stress->taken), ROUNDS);

	for (i = 0; i < SLOTS; i++)
		give(stress, atomic_long_read(&stress->mail[i]));
	KUNIT_EXPECT_NULL(test, memchr_inv(stress->stamp, 0, SPACE));
	iova_pool_reclaim(iovad, true);
	KUNIT_EXPECT_EQ(test, iovad->nr_leases, 0);
	KUNIT_EXPECT_EQ(test, iovad->nr_chunks, 0);
	KUNIT_EXPECT_PTR_EQ(test, iovad->spans.rb_node, &iovad->anchor.node);

	put_iova_domain(iovad);
	iova_cache_put();
	vfree(stress->stamp);
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE_SLOW(no_granule_has_two_owners),
	{}
};

static struct kunit_suite stress_suite = {
	.name = "iova_stress",
	.test_cases = stress_cases,
};

kunit_test_suite(stress_suite);

MODULE_DESCRIPTION("Tests of the I/O address allocator");
MODULE_LICENSE("GPL");
