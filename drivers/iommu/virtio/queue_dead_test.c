// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue, on a device that cannot be relied on: whatever it does, what is
 * there ends in -EIO in time, and so does all that follows.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>

#include "fake.h"
#include "queue_test.h"

/* Much longer than the limits that qrig_impatient() sets, less than the real ones */
#define AT_ONCE		(2 * HZ)

/* All that is there ends in -EIO, and all that follows; at once */
static void expect_dead(struct kunit *test, struct qrig *rig, int *status,
			u64 pos)
{
	struct qrig_probe *probe = qrig_probe_new(rig);
	unsigned long limit = jiffies + AT_ONCE;
	u64 later;

	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), -EIO);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), -EIO);
	KUNIT_EXPECT_EQ(test, *status, -EIO);
	KUNIT_EXPECT_TRUE(test, rig->q->failed);
	KUNIT_EXPECT_EQ(test, qrig_map(rig, 99, NULL, &later), -EIO);
	KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, 3), -EIO);
	KUNIT_EXPECT_EQ(test, qrig_probe_post(rig, probe), -EIO);
	KUNIT_EXPECT_FALSE(test, viommu_queue_fail(rig->q, "twice"));
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, limit));
	flush_work(&rig->q->report);
	KUNIT_EXPECT_NULL(test, rig->q->why);
}

static void die(struct kunit *test, const struct viommu_fake_plan *plan,
		int first)
{
	struct qrig *rig = qrig_new(test);
	int status[3] = { 1, 1, 1 };
	u64 pos;
	int i;

	viommu_fake_play(rig->fake, plan);
	qrig_impatient(rig);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, &status[i], &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), -EIO);
	KUNIT_EXPECT_EQ(test, status[0], first);
	KUNIT_EXPECT_EQ(test, status[1], -EIO);
	expect_dead(test, rig, &status[1], pos);
}

/*
 * Without a status nobody knows whether it was done.  The length does not tell, nor
 * does what the request before left in the slot.
 */
static void dead_no_status(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	unsigned int i, n = rig->q->nr_slots;
	int status;
	u64 pos;

	die(test, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_NO_STATUS, .skip = 1, .count = 1 }, 0);
	die(test, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_STATUS, .skip = 1, .count = 1,
		.value = VIOMMU_NO_STATUS }, 0);

	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, NULL, &pos), 0);
		KUNIT_ASSERT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	}
	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_NO_STATUS, .count = 1 });
	status = 1;
	KUNIT_ASSERT_EQ(test, qrig_map(rig, n, &status, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), -EIO);
	expect_dead(test, rig, &status, pos);
}

static void dead_bad_head(struct kunit *test)
{
	die(test, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_HEAD, .skip = 1, .value = 0xffffffff }, 0);
	/* A descriptor that is not the first of a request */
	die(test, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_HEAD, .skip = 1, .value = 1 }, 0);
}

static void dead_returned_twice(struct kunit *test)
{
	die(test, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_TWICE, .count = 1 }, 0);
}

static void dead_silent(struct kunit *test)
{
	die(test, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_SILENT, .skip = 1 }, 0);
}

/* Surprise removal is seen without waiting for the limit */
static void dead_goes_away(struct kunit *test)
{
	unsigned long limit = jiffies + AT_ONCE;
	struct qrig *rig = qrig_new(test);
	int status = 1;
	u64 pos;

	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_BREAK });
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, &status, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), -EIO);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, limit));
	expect_dead(test, rig, &status, pos);

	/* The same for who sleeps */
	rig = qrig_new(test);
	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_BREAK });
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, &status, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), -EIO);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, limit));

	/* And for who posts afterwards */
	rig = qrig_new(test);
	viommu_fake_unplug(rig->fake, false);
	KUNIT_EXPECT_EQ(test, qrig_map(rig, 0, &status, &pos), -EIO);
	KUNIT_EXPECT_TRUE(test, rig->q->failed);
}

/* An answer that comes after the end touches nothing of its sender's */
static void dead_too_late(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct viommu_mapping mapping = {};
	union viommu_wire wire;
	atomic_t refused = ATOMIC_INIT(0);
	int status = 1;
	u64 pos;

	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	qrig_impatient(rig);
	qrig_encode(&wire, 0);
	KUNIT_ASSERT_EQ(test, viommu_queue_post_map(rig->q, &wire, &mapping,
						    &refused, &pos), 0);
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 1, &status, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), -EIO);
	KUNIT_EXPECT_EQ(test, status, -EIO);
	KUNIT_EXPECT_EQ(test, mapping.error, -EIO);
	KUNIT_EXPECT_EQ(test, atomic_read(&refused), 1);

	status = 5;
	mapping.error = 5;
	viommu_fake_serve(rig->fake, UINT_MAX);
	viommu_queue_returned(rig->q->vq);
	viommu_queue_poll(rig->q, pos);
	viommu_queue_wait(rig->q, pos);
	KUNIT_EXPECT_EQ(test, status, 5);
	KUNIT_EXPECT_EQ(test, mapping.error, 5);
	KUNIT_EXPECT_EQ(test, atomic_read(&refused), 1);
}

static void dead_sleeps_in_vain(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	int status = 1;
	u64 pos;

	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	qrig_impatient(rig);
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, &status, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), -EIO);
	expect_dead(test, rig, &status, pos);
}

static void dead_probe(struct kunit *test, enum viommu_fake_trick trick)
{
	struct qrig *rig = qrig_new(test);
	struct qrig_probe *probe = qrig_probe_new(rig);
	int status = -EIO;

	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = trick, .count = 1 });
	qrig_impatient(rig);
	KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, probe->pos), -EIO);
	/* The device may still write to it: its memory stays until it is reset */
	KUNIT_EXPECT_EQ(test, qrig_probe_end(rig, probe), -EIO);
	KUNIT_EXPECT_TRUE(test, probe->request->held);
	KUNIT_EXPECT_TRUE(test, qrig_probe_untouched(probe));
	expect_dead(test, rig, &status, probe->pos);
}

static void dead_probe_no_status(struct kunit *test)
{
	dead_probe(test, VIOMMU_FAKE_NO_STATUS);
	dead_probe(test, VIOMMU_FAKE_SILENT);
}

static struct kunit_case queue_dead_cases[] = {
	KUNIT_CASE(dead_no_status),
	KUNIT_CASE(dead_bad_head),
	KUNIT_CASE(dead_returned_twice),
	KUNIT_CASE(dead_silent),
	KUNIT_CASE(dead_goes_away),
	KUNIT_CASE(dead_too_late),
	KUNIT_CASE(dead_sleeps_in_vain),
	KUNIT_CASE(dead_probe_no_status),
	{}
};

static struct kunit_suite queue_dead_suite = {
	.name = "viommu-queue-dead",
	.test_cases = queue_dead_cases,
};

kunit_test_suite(queue_dead_suite);
