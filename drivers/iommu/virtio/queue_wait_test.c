// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue: the limit of polling, and where it becomes sleeping.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "fake.h"
#include "queue_test.h"

/* Of a device that does not answer; much more than one look at the clock takes */
#define SHORT_POLL_MS	30

/* A CPU that was taken away from who polls has not polled */
static void patience_is_not_spent_in_pauses(struct kunit *test)
{
	struct viommu_patience patience = {};
	u64 now = 5 * NSEC_PER_SEC;

	KUNIT_EXPECT_EQ(test, viommu_patience_look(&patience, now), 0);
	KUNIT_EXPECT_EQ(test, viommu_patience_look(&patience, now), 0);
	KUNIT_EXPECT_EQ(test, viommu_patience_look(&patience, now + 7), 7);
	KUNIT_EXPECT_EQ(test, viommu_patience_look(&patience, now + 9), 9);
	now += 3600 * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, viommu_patience_look(&patience, now),
			9 + VIOMMU_PAUSE_NS);
	KUNIT_EXPECT_EQ(test, viommu_patience_look(&patience, now + 1),
			10 + VIOMMU_PAUSE_NS);
	/* Never so much that one pause is the end */
	KUNIT_EXPECT_LT(test, VIOMMU_PAUSE_NS * 10ULL,
			VIOMMU_POLL_MS * NSEC_PER_MSEC);
}

/**
 * struct server - what serves a device that somebody polls
 * @work: serves it
 * @rig: queue
 * @sleepers: how many slept then
 */
struct server {
	struct delayed_work work;
	struct qrig *rig;
	unsigned int sleepers;
};

static void serve(struct work_struct *work)
{
	struct server *server = container_of(to_delayed_work(work), struct server,
					     work);

	server->sleepers = READ_ONCE(server->rig->q->sleepers);
	viommu_fake_serve(server->rig->fake, UINT_MAX);
}

/* Whoever is to serve it may need the very processor that polls */
static void a_task_sleeps_after_a_while(struct kunit *test)
{
	struct server server = { .rig = qrig_new(test) };
	int status = 1;
	u64 pos;

	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		kunit_skip(test, "this kernel does not know who may sleep");
	server.rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	INIT_DELAYED_WORK_ONSTACK(&server.work, serve);
	KUNIT_ASSERT_EQ(test, qrig_map(server.rig, 0, &status, &pos), 0);
	schedule_delayed_work(&server.work, 2);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(server.rig->q, pos), 0);
	KUNIT_EXPECT_EQ(test, status, 0);
	flush_delayed_work(&server.work);
	destroy_delayed_work_on_stack(&server.work);
	KUNIT_EXPECT_EQ(test, server.sleepers, 1);
	KUNIT_EXPECT_EQ(test, server.rig->q->sleepers, 0);
}

/* Polls a device that does not answer; the time that took in ms */
static u64 poll_in_vain(struct kunit *test, struct qrig *rig, u64 pos, int *ret)
{
	u64 begin = ktime_get_mono_fast_ns();

	*ret = viommu_queue_poll(rig->q, pos);
	return div_u64(ktime_get_mono_fast_ns() - begin, NSEC_PER_MSEC);
}

static struct qrig *silent(struct kunit *test, u64 *pos)
{
	struct qrig *rig = qrig_new(test);

	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	rig->q->poll_ms = SHORT_POLL_MS;
	/* Longer than the test may take, so that sleeping is seen */
	rig->q->sleep_ms = 100 * MSEC_PER_SEC;
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, NULL, pos), 0);
	return rig;
}

static void expect_bounded(struct kunit *test, u64 ms, int ret)
{
	KUNIT_EXPECT_EQ(test, ret, -EIO);
	KUNIT_EXPECT_GE(test, ms, SHORT_POLL_MS);
	KUNIT_EXPECT_LT(test, ms, VIOMMU_POLL_MS);
}

static void who_cannot_sleep_polls_and_ends(struct kunit *test)
{
	unsigned long flags;
	struct qrig *rig;
	u64 pos, ms;
	int ret;

	rig = silent(test, &pos);
	local_irq_save(flags);
	ms = poll_in_vain(test, rig, pos, &ret);
	local_irq_restore(flags);
	expect_bounded(test, ms, ret);

	rig = silent(test, &pos);
	preempt_disable();
	ms = poll_in_vain(test, rig, pos, &ret);
	preempt_enable();
	expect_bounded(test, ms, ret);

	rig = silent(test, &pos);
	rcu_read_lock();
	ms = poll_in_vain(test, rig, pos, &ret);
	rcu_read_unlock();
	expect_bounded(test, ms, ret);

	/* Whose state is not to be changed */
	rig = silent(test, &pos);
	set_current_state(TASK_UNINTERRUPTIBLE);
	ms = poll_in_vain(test, rig, pos, &ret);
	__set_current_state(TASK_RUNNING);
	expect_bounded(test, ms, ret);
}

#define SLEEPERS	5

/**
 * struct sleeper - one of many who wait
 * @q: queue
 * @pos: for what
 * @left: how many wait
 * @all: none does any more
 * @ret: what came of it
 */
struct sleeper {
	struct viommu_queue *q;
	u64 pos;
	atomic_t *left;
	struct completion *all;
	int ret;
};

static int sleeper(void *data)
{
	struct sleeper *me = data;

	me->ret = viommu_queue_wait(me->q, me->pos);
	if (atomic_dec_and_test(me->left))
		complete(me->all);
	return 0;
}

/* Each return of a request wakes all, of whom some sleep on */
static void many_sleepers_are_woken(struct kunit *test)
{
	struct sleeper *sleepers = kunit_kcalloc(test, SLEEPERS, sizeof(*sleepers),
						 GFP_KERNEL);
	DECLARE_COMPLETION_ONSTACK(all);
	struct qrig *rig = qrig_new(test);
	atomic_t left = ATOMIC_INIT(SLEEPERS);
	unsigned long limit = jiffies + 10 * HZ;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, sleepers);
	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = (struct sleeper) { rig->q, 0, &left, &all, 1 };
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, NULL, &sleepers[i].pos), 0);
	}
	for (i = SLEEPERS; i--; )
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(sleeper, &sleepers[i],
							    "viommu-sleeper")));
	while (READ_ONCE(rig->q->sleepers) < SLEEPERS && time_before(jiffies, limit))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, rig->q->sleepers, SLEEPERS);
	for (i = SLEEPERS; i > 0; i--) {
		viommu_fake_serve(rig->fake, 1);
		while (READ_ONCE(rig->q->sleepers) >= i && time_before(jiffies, limit))
			schedule_timeout_uninterruptible(1);
		KUNIT_EXPECT_EQ(test, rig->q->sleepers, i - 1);
	}
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&all, 60 * HZ));
	for (i = 0; i < SLEEPERS; i++)
		KUNIT_EXPECT_EQ(test, sleepers[i].ret, 0);
}

static struct kunit_case queue_wait_cases[] = {
	KUNIT_CASE(patience_is_not_spent_in_pauses),
	KUNIT_CASE(a_task_sleeps_after_a_while),
	KUNIT_CASE(who_cannot_sleep_polls_and_ends),
	KUNIT_CASE(many_sleepers_are_woken),
	{}
};

static struct kunit_suite queue_wait_suite = {
	.name = "viommu-queue-wait",
	.test_cases = queue_wait_cases,
};

kunit_test_suite(queue_wait_suite);
