// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of evtq.c, against the software model.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>

#include "model.h"
#include "smmu.h"

#define EVTQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_PROD)
#define EVTQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_CONS)

/* Entries of the model's queue */
#define SIZE	128

static const struct smmu3_evt bad_stream = { .w = {
	SMMU3_C_BAD_STREAMID | FIELD_PREP_CONST(SMMU3_EVT0_SID, 0x77),
} };

static u64 events(struct smmu3_instance *smmu)
{
	return atomic64_read(&smmu->counters.events);
}

static void expect_empty(struct kunit *test, struct smmu3_model *model)
{
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, EVTQ_PROD),
			smmu3_model_get(model, EVTQ_CONS));
}

static void evtq_drains(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	smmu3_evtq_drain(smmu);
	KUNIT_EXPECT_EQ(test, events(smmu), 0);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_TRUE(test, smmu3_model_event(model, &bad_stream));
	smmu3_evtq_drain(smmu);
	KUNIT_EXPECT_EQ(test, events(smmu), 5);
	expect_empty(test, model);
}

/* Every slot, with both values of the wrap bit */
static void evtq_wraps(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	for (i = 0; i < 3 * SIZE; i += 3) {
		smmu3_model_event(model, &bad_stream);
		smmu3_model_event(model, &bad_stream);
		smmu3_model_event(model, &bad_stream);
		smmu3_evtq_drain(smmu);
		expect_empty(test, model);
	}
	KUNIT_EXPECT_EQ(test, events(smmu), 3 * SIZE);
	KUNIT_EXPECT_EQ(test, atomic64_read(&smmu->counters.overflows), 0);
}

static void evtq_overflows(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);
	int round, i;

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	/* On a slow machine it would make room meanwhile */
	cancel_delayed_work_sync(&smmu->irq.poll);
	/* Twice, as the flag has two values that mean "overflown" */
	for (round = 1; round <= 2; round++) {
		for (i = 0; i < SIZE; i++)
			KUNIT_ASSERT_TRUE(test,
					  smmu3_model_event(model, &bad_stream));
		KUNIT_EXPECT_FALSE(test, smmu3_model_event(model, &bad_stream));
		KUNIT_EXPECT_FALSE(test, smmu3_model_event(model, &bad_stream));
		smmu3_evtq_drain(smmu);
		KUNIT_EXPECT_EQ(test, events(smmu), round * SIZE);
		KUNIT_EXPECT_EQ(test, atomic64_read(&smmu->counters.overflows),
				round);
		expect_empty(test, model);
	}
}

static void evtq_unknown_event(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);
	struct smmu3_evt evt = { .w = { 0xee, 1, 2, 3 } };

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	smmu3_model_event(model, &evt);
	smmu3_evtq_drain(smmu);
	KUNIT_EXPECT_EQ(test, events(smmu), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&smmu->counters.malformed), 1);
	expect_empty(test, model);
}

/* A unit that has gone reads as all ones: no loop, no access out of bounds */
static void evtq_registers_gone(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	smmu3_model_set(model, EVTQ_PROD, U32_MAX);
	smmu3_evtq_drain(smmu);
	KUNIT_EXPECT_LE(test, events(smmu), SIZE);
	smmu3_model_set(model, EVTQ_PROD, smmu3_model_get(model, EVTQ_CONS));
}

/* A transaction that waits for an answer gets one, as nobody else would */
static void evtq_ends_stall(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu;
	struct smmu3_evt evt = { .w = {
		SMMU3_F_TRANSLATION | FIELD_PREP(SMMU3_EVT0_SID, 0x77),
		SMMU3_EVT1_STALL | FIELD_PREP(SMMU3_EVT1_STAG, 0x42) |
		FIELD_PREP(SMMU3_EVT1_CLASS, SMMU3_CLASS_IN),
		0x1000, 0,
	} };
	int i;

	model->id.val[SMMU3_ID_IDR0] &= ~SMMU3_IDR0_STALL_MODEL;
	smmu = smmu3_model_probe(test, model);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	smmu3_model_event(model, &evt);
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(model), 1);
	smmu3_evtq_drain(smmu);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(model));
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(model), 0);
	i = smmu3_model_find_cmd(model, SMMU3_OP_RESUME, 0);
	KUNIT_ASSERT_GE(test, i, 0);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CMD0_SID, model->cmds[i].w[0]),
			0x77);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_RESUME0_RESP,
					model->cmds[i].w[0]),
			SMMU3_RESUME_ABORT);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_RESUME1_STAG,
					model->cmds[i].w[1]), 0x42);
}

static struct kunit_case evtq_cases[] = {
	KUNIT_CASE(evtq_drains),
	KUNIT_CASE(evtq_wraps),
	KUNIT_CASE(evtq_overflows),
	KUNIT_CASE(evtq_unknown_event),
	KUNIT_CASE(evtq_registers_gone),
	KUNIT_CASE(evtq_ends_stall),
	{}
};

static struct kunit_suite evtq_suite = {
	.name = "smmu3-evtq",
	.test_cases = evtq_cases,
};

kunit_test_suite(evtq_suite);
