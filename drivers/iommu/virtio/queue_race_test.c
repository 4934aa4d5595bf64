// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue, with many at it at once: who posts, who polls, who sleeps, and
 * a device that answers when it likes.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "fake.h"
#include "queue_test.h"

#define RACERS		6
/* KCSAN stops a CPU for a while at each access that it watches */
#define TURNS		(IS_ENABLED(CONFIG_KCSAN) ? 100 : 400)
#define PAGES		64
#define LONG_WAIT	(60 * HZ)

/**
 * struct racer - one who uses the queue
 * @race: the race
 * @index: which one; its pages are PAGES from @index * PAGES
 * @turns: how many turns it has taken
 * @wrong: answers that were not what they had to be
 */
struct racer {
	struct race *race;
	unsigned int index;
	unsigned int turns;
	unsigned int wrong;
};

/**
 * struct race - all of them
 * @rig: queue
 * @racers: who is in it
 * @left: how many have not finished
 * @finished: all have
 * @over: they are to stop
 * @dies: the device dies on the way, so that -EIO is a right answer
 */
struct race {
	struct qrig *rig;
	struct racer racers[RACERS];
	atomic_t left;
	struct completion finished;
	bool over;
	bool dies;
};

/* Maps some pages, waits in one way or other, unmaps them with or without waiting */
static void turn(struct racer *racer, struct rnd_state *rnd)
{
	struct viommu_queue *q = racer->race->rig->q;
	unsigned int n = 1 + prandom_u32_state(rnd) % 6, i;
	u64 base = (u64)racer->index * PAGES << 12;
	bool sleeps = prandom_u32_state(rnd) % 4 == 0;
	int status[7], ret = 0;
	union viommu_wire wire;
	u64 pos = 0;

	for (i = 0; i < n && !ret; i++) {
		status[i] = 1;
		qrig_encode(&wire, racer->index * PAGES + i);
		ret = qrig_post(racer->race->rig, &wire, &status[i], &pos);
	}
	if (!ret) {
		status[n] = 1;
		viommu_encode_unmap(&wire, QRIG_DOMAIN, base,
				    base + (PAGES << 12) - 1);
		ret = qrig_post(racer->race->rig, &wire, &status[n], &pos);
	}
	/* @status is this frame's: all that was posted must be done */
	if (sleeps)
		ret = viommu_queue_wait(q, pos) ?: ret;
	else
		ret = viommu_queue_poll(q, pos) ?: ret;
	if (racer->race->dies && (ret == -EIO || READ_ONCE(q->failed)))
		return;
	for (i = 0; i <= n && !ret; i++)
		ret = status[i];
	racer->wrong += !!ret;
}

static int run(void *data)
{
	struct racer *racer = data;
	struct race *race = racer->race;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, racer->index + 1);
	while (racer->turns < TURNS && !READ_ONCE(race->over)) {
		turn(racer, &rnd);
		racer->turns++;
		cond_resched();
	}
	if (atomic_dec_and_test(&race->left))
		complete(&race->finished);
	return 0;
}

static struct race *race_new(struct kunit *test, u64 features)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->rig = qrig_new_features(test, features);
	/* Who serves may be a thread that has to wait for a processor */
	race->rig->q->poll_ms = VIOMMU_POLL_MS;
	race->rig->q->sleep_ms = VIOMMU_SLEEP_MS;
	init_completion(&race->finished);
	return race;
}

static void race_start(struct kunit *test, struct race *race)
{
	unsigned int i;

	atomic_set(&race->left, RACERS);
	for (i = 0; i < RACERS; i++) {
		struct task_struct *task;

		race->racers[i].race = race;
		race->racers[i].index = i;
		task = kthread_run(run, &race->racers[i], "viommu-race/%u", i);
		if (IS_ERR(task)) {
			KUNIT_FAIL(test, "no thread");
			if (atomic_dec_and_test(&race->left))
				complete(&race->finished);
		}
	}
}

/* Late or not, all of them are gone at its end: the queue goes with the test */
static bool race_over(struct race *race)
{
	if (wait_for_completion_timeout(&race->finished, LONG_WAIT))
		return true;
	WRITE_ONCE(race->over, true);
	wait_for_completion(&race->finished);
	return false;
}

static void race_end(struct kunit *test, struct race *race)
{
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, race_over(race));
	for (i = 0; i < RACERS; i++) {
		KUNIT_EXPECT_EQ(test, race->racers[i].turns, TURNS);
		KUNIT_EXPECT_EQ(test, race->racers[i].wrong, 0);
	}
	KUNIT_EXPECT_EQ(test, race->rig->q->sleepers, 0);
}

static void race_at_once(struct kunit *test)
{
	struct race *race = race_new(test, 0);

	race_start(test, race);
	race_end(test, race);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(race->rig->fake, QRIG_ENDPOINT), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_room(race->rig->q),
			race->rig->q->nr_slots);
}

static void race_event_idx(struct kunit *test)
{
	struct race *race = race_new(test, BIT_ULL(VIRTIO_RING_F_EVENT_IDX));

	race->rig->fake->order = VIOMMU_FAKE_SHUFFLED;
	race_start(test, race);
	race_end(test, race);
}

/* A short ring, so that they wait for room most of the time */
static void race_for_room(struct kunit *test)
{
	struct race *race = race_new(test, 0);

	qrig_stop(race->rig);
	qrig_start(race->rig, 8);
	race_start(test, race);
	race_end(test, race);
}

/* Served from elsewhere while they post, in pieces and out of order */
static void race_by_hand(struct kunit *test)
{
	struct race *race = race_new(test, 0);
	struct viommu_fake *fake = race->rig->fake;
	unsigned long limit = jiffies + LONG_WAIT;

	fake->mode = VIOMMU_FAKE_LATER;
	fake->order = VIOMMU_FAKE_SHUFFLED;
	race_start(test, race);
	while (atomic_read(&race->left) && time_before(jiffies, limit)) {
		viommu_fake_serve(fake, 3);
		cond_resched();
	}
	race_end(test, race);
}

/* It goes away in the middle: everyone gets an end, and soon */
static void race_dies(struct kunit *test)
{
	struct race *race = race_new(test, 0);

	race->dies = true;
	viommu_fake_play(race->rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_BREAK, .skip = 2000, .count = 1 });
	race_start(test, race);
	race_end(test, race);
	KUNIT_EXPECT_TRUE(test, race->rig->q->failed);
	flush_work(&race->rig->q->report);
}

/* The virtqueue is taken away and comes back under their feet */
static void race_stop(struct kunit *test)
{
	struct race *race = race_new(test, 0);
	int i;

	/* What comes before the endpoint is attached again is refused */
	race->rig->fake->lenient = true;
	race_start(test, race);
	for (i = 0; i < 20; i++) {
		usleep_range(500, 1000);
		qrig_stop(race->rig);
		usleep_range(500, 1000);
		qrig_start(race->rig, 16 << (i % 3));
	}
	KUNIT_ASSERT_TRUE(test, race_over(race));
	KUNIT_EXPECT_FALSE(test, race->rig->q->failed);
	qrig_round(race->rig);
}

static struct kunit_case queue_race_cases[] = {
	KUNIT_CASE_SLOW(race_at_once),
	KUNIT_CASE_SLOW(race_event_idx),
	KUNIT_CASE_SLOW(race_for_room),
	KUNIT_CASE_SLOW(race_by_hand),
	KUNIT_CASE_SLOW(race_dies),
	KUNIT_CASE_SLOW(race_stop),
	{}
};

static struct kunit_suite queue_race_suite = {
	.name = "viommu-queue-race",
	.test_cases = queue_race_cases,
};

kunit_test_suite(queue_race_suite);
