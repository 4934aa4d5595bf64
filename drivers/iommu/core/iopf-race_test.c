// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests while everything else changes: the queue, the attachment, what
 * the handler does, who answers.  Afterwards each last request has had exactly
 * one answer, and no handler or work has met an attachment that was gone.
 *
 * With several processors, best under KCSAN; with one the threads take turns.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "mock-iopf.h"

#define RACE_REPORTERS	3
#define RACE_REQUESTS	4000

struct race {
	struct mock_iopf *m;
	atomic_t reporting;
	atomic_t running;
	atomic_t errors;
	atomic_t turns;
	struct completion done;
	/* Last requests that were taken, by group index */
	atomic_t sent[MOCK_IOPF_GROUPS];
};

struct race_thread {
	struct race *race;
	unsigned int id;
	void (*run)(struct race *race, unsigned int id);
};

/* On one processor, let somebody else interfere at any point. */
static void give_way(u32 random)
{
	if (random % 8 == 0)
		usleep_range(1, 10);
	else
		cond_resched();
}

static void race_report(struct race *race, unsigned int id)
{
	struct rnd_state rnd;
	u32 i;

	prandom_seed_state(&rnd, 0x10bf + id);
	for (i = 0; i < RACE_REQUESTS; i++) {
		u32 r = prandom_u32_state(&rnd);
		u32 grpid = r % MOCK_IOPF_GROUPS;
		bool last = (r >> 16) % 3;

		if (mock_iopf_request(race->m, grpid, IOMMU_NO_PASID, last))
			atomic_inc(&race->errors);
		else if (last)
			atomic_inc(&race->sent[grpid]);
		give_way(r >> 20);
	}
	atomic_dec(&race->reporting);
}

static void race_change_mode(struct race *race, unsigned int id)
{
	static const enum mock_iopf_mode modes[] = {
		MOCK_IOPF_WORK, MOCK_IOPF_KEEP, MOCK_IOPF_HOLD,
		MOCK_IOPF_ANSWER, MOCK_IOPF_REFUSE,
	};
	u32 i;

	for (i = 0; atomic_read(&race->reporting); i++) {
		WRITE_ONCE(race->m->mode, modes[i % ARRAY_SIZE(modes)]);
		usleep_range(50, 200);
	}
}

static void race_answer(struct race *race, unsigned int id)
{
	while (atomic_read(&race->reporting)) {
		mock_iopf_finish_all(race->m, IOMMU_PAGE_RESP_SUCCESS);
		usleep_range(20, 100);
	}
}

static void race_leave(struct race *race, unsigned int id)
{
	int ret;

	while (atomic_read(&race->reporting)) {
		usleep_range(50, 500);
		iopf_queue_remove_device(race->m->queue, race->m->dev);
		usleep_range(1, 50);
		ret = iopf_queue_add_device(race->m->queue, race->m->dev);
		/* Another thread of this kind may have been faster. */
		if (ret && ret != -EBUSY)
			atomic_inc(&race->errors);
		atomic_inc(&race->turns);
	}
}

static void race_detach(struct race *race, unsigned int id)
{
	struct mock_iopf_space *space = &race->m->spaces[0];

	while (atomic_read(&race->reporting)) {
		usleep_range(50, 500);
		mock_iopf_detach(space);
		/* Groups that were passed on are for their keeper to find. */
		mock_iopf_finish_all(race->m, IOMMU_PAGE_RESP_INVALID);
		usleep_range(1, 50);
		if (mock_iopf_attach(race->m, space, IOMMU_NO_PASID))
			atomic_inc(&race->errors);
		atomic_inc(&race->turns);
	}
}

static void race_flush(struct race *race, unsigned int id)
{
	while (atomic_read(&race->reporting)) {
		iopf_queue_discard_partial(race->m->queue);
		iopf_queue_flush_dev(race->m->dev);
		usleep_range(100, 300);
	}
}

static int race_thread(void *data)
{
	struct race_thread *thread = data;
	struct race *race = thread->race;

	thread->run(race, thread->id);
	if (atomic_dec_and_test(&race->running))
		complete(&race->done);
	return 0;
}

static void race_start(struct kunit *test, struct race *race,
		       void (*run)(struct race *, unsigned int), unsigned int id)
{
	struct race_thread *thread = kunit_kzalloc(test, sizeof(*thread), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, thread);
	thread->race = race;
	thread->id = id;
	thread->run = run;
	task = kthread_run(race_thread, thread, "iopf-race/%u", id);
	if (IS_ERR(task)) {
		atomic_inc(&race->errors);
		atomic_dec(&race->running);
		if (run == race_report)
			atomic_dec(&race->reporting);
	}
}

static struct race *race_create(struct kunit *test, unsigned int threads)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->m = mock_iopf_ready(test);
	/* Thousands of refusals are no news. */
	ratelimit_state_init(&race->m->dev->iommu->fault_limit, 1000 * HZ, 0);
	init_completion(&race->done);
	atomic_set(&race->running, threads + RACE_REPORTERS);
	atomic_set(&race->reporting, RACE_REPORTERS);
	return race;
}

static void race_run(struct kunit *test, struct race *race,
		     void (*const runs[])(struct race *, unsigned int),
		     unsigned int count)
{
	struct mock_iopf *m = race->m;
	unsigned int i, wrong = 0;

	for (i = 0; i < count; i++)
		race_start(test, race, runs[i], i);
	for (i = 0; i < RACE_REPORTERS; i++)
		race_start(test, race, race_report, count + i);
	wait_for_completion(&race->done);

	flush_workqueue(m->queue->wq);
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
	for (i = 0; i < MOCK_IOPF_GROUPS; i++)
		wrong += mock_iopf_answers(m, i) != atomic_read(&race->sent[i]);
	KUNIT_EXPECT_EQ(test, 0, wrong);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&race->errors));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->overlaps));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].late));
	KUNIT_EXPECT_EQ(test, RACE_REPORTERS * RACE_REQUESTS,
			atomic64_read(&m->dev->iommu->pages.requests));
	/* Had they met nobody, nothing would have been shown. */
	KUNIT_EXPECT_GT(test, atomic_read(&m->spaces[0].delivered), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->turns), 2);
	kunit_info(test, "%d answers, %d delivered, %llu dropped, %d turns\n",
		   atomic_read(&m->total), atomic_read(&m->spaces[0].delivered),
		   atomic64_read(&m->dev->iommu->pages.dropped),
		   atomic_read(&race->turns));
}

static void answer_against_leave(struct kunit *test)
{
	static void (*const runs[])(struct race *, unsigned int) = {
		race_answer, race_leave,
	};
	struct race *race = race_create(test, ARRAY_SIZE(runs));

	race->m->mode = MOCK_IOPF_KEEP;
	race_run(test, race, runs, ARRAY_SIZE(runs));
}

static void work_against_detach(struct kunit *test)
{
	static void (*const runs[])(struct race *, unsigned int) = {
		race_detach,
	};
	struct race *race = race_create(test, ARRAY_SIZE(runs));

	race->m->mode = MOCK_IOPF_WORK;
	race->m->handler_delay_us = 2;
	race->m->work_delay_us = 5;
	race_run(test, race, runs, ARRAY_SIZE(runs));
}

static void all_against_all(struct kunit *test)
{
	static void (*const runs[])(struct race *, unsigned int) = {
		race_change_mode, race_answer, race_leave, race_leave,
		race_detach, race_flush,
	};
	struct race *race = race_create(test, ARRAY_SIZE(runs));

	race->m->handler_delay_us = 1;
	race->m->response_delay_us = 1;
	race_run(test, race, runs, ARRAY_SIZE(runs));
}

static struct kunit_case iopf_race_cases[] = {
	KUNIT_CASE_SLOW(answer_against_leave),
	KUNIT_CASE_SLOW(work_against_detach),
	KUNIT_CASE_SLOW(all_against_all),
	{}
};

static struct kunit_suite iopf_race_suite = {
	.name = "iommu-core-iopf-race",
	.test_cases = iopf_race_cases,
};

kunit_test_suite(iopf_race_suite);
