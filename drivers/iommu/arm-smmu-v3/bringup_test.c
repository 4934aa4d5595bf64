// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of bringup.c and gerror.c, against the software model: what a
 * unit sees from the first write to the last, and how it ends when it does not
 * cooperate.
 */
#include <kunit/test.h>

#include <linux/platform_device.h>

#include "model.h"
#include "smmu.h"

static bool closed(struct smmu3_model *model, u32 sid)
{
	enum smmu3_verdict verdict = smmu3_model_view(model, sid).verdict;

	return verdict == SMMU3_ABORTS || verdict == SMMU3_BROKEN;
}

/* Which writes there were, and in what order */
static void need_log(struct kunit *test)
{
	if (!SMMU3_MODEL_LOGS_WRITES)
		kunit_skip(test, "register writes are not logged here");
}

static void bringup_closes_first(struct kunit *test)
{
	struct smmu3_instance *smmu;
	struct smmu3_model *model;
	int abort, first, last;

	need_log(test);
	model = smmu3_model_create(test);
	smmu = smmu3_model_probe(test, model);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	abort = smmu3_model_find_write(model, SMMU3_GBPA, SMMU3_GBPA_ABORT,
				       SMMU3_GBPA_ABORT);
	first = smmu3_model_find_write(model, SMMU3_CR0, 0, 0);
	last = smmu3_model_find_write(model, SMMU3_CR0, SMMU3_CR0_SMMUEN,
				      SMMU3_CR0_SMMUEN);
	KUNIT_EXPECT_EQ(test, abort, 0);
	KUNIT_EXPECT_EQ(test, first, 1);
	/* Enabling is the last thing that bring-up does */
	KUNIT_EXPECT_EQ(test, last, (int)model->num_writes - 1);
	KUNIT_EXPECT_EQ(test, smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_TRUE(test, closed(model, 0));
	KUNIT_EXPECT_TRUE(test, closed(model, 0x1234));
	KUNIT_EXPECT_TRUE(test, closed(model, U32_MAX));
}

/* Old configuration and translations go before anything is translated */
static void bringup_forgets(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	int cfgi, tlbi, sync;

	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	cfgi = smmu3_model_find_cmd(model, SMMU3_OP_CFGI_STE_RANGE, 0);
	tlbi = smmu3_model_find_cmd(model, SMMU3_OP_TLBI_NSNH_ALL, 0);
	KUNIT_ASSERT_GE(test, cfgi, 0);
	KUNIT_ASSERT_GE(test, tlbi, 0);
	sync = smmu3_model_find_cmd(model, SMMU3_OP_SYNC, max(cfgi, tlbi));
	KUNIT_EXPECT_GT(test, sync, max(cfgi, tlbi));
	KUNIT_EXPECT_EQ(test, -1,
			smmu3_model_find_cmd(model, SMMU3_OP_TLBI_EL2_ALL, 0));
}

static void bringup_el2(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);

	model->id.val[SMMU3_ID_IDR0] |= SMMU3_IDR0_HYP;
	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_GE(test,
			smmu3_model_find_cmd(model, SMMU3_OP_TLBI_EL2_ALL, 0),
			0);
}

/* Firmware or another kernel left it translating, errors and all */
static void bringup_was_enabled(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);

	smmu3_model_set(model, SMMU3_CR0, SMMU3_CR0_SMMUEN);
	smmu3_model_set(model, SMMU3_CR0ACK, SMMU3_CR0_SMMUEN);
	smmu3_model_set(model, SMMU3_GERROR, SMMU3_GERROR_MSI_EVENTQ_ABT);
	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_GERROR),
			smmu3_model_get(model, SMMU3_GERRORN));
	KUNIT_EXPECT_TRUE(test, closed(model, 0));
}

static void bringup_no_ack(struct kunit *test)
{
	struct smmu3_model *model;

	need_log(test);
	model = smmu3_model_create(test);
	model->ack_stuck = true;
	smmu3_model_set(model, SMMU3_CR0, SMMU3_CR0_SMMUEN);
	smmu3_model_set(model, SMMU3_CR0ACK, SMMU3_CR0_SMMUEN);
	KUNIT_EXPECT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_EQ(test, -1,
			smmu3_model_find_write(model, SMMU3_CR0,
					       SMMU3_CR0_SMMUEN,
					       SMMU3_CR0_SMMUEN));
}

static void bringup_gbpa_stuck(struct kunit *test)
{
	struct smmu3_model *model;

	need_log(test);
	model = smmu3_model_create(test);
	model->gbpa_stuck = true;
	KUNIT_EXPECT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_EQ(test, -1, smmu3_model_find_write(model, SMMU3_CR0, 0, 0));
}

/* Then it cannot be closed while it is off, but it works */
static void bringup_gbpa_missing(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu;

	model->gbpa_missing = true;
	smmu = smmu3_model_probe(test, model);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	KUNIT_EXPECT_FALSE(test, smmu->aborts_when_off);
	KUNIT_EXPECT_TRUE(test, closed(model, 0));
}

static void bringup_queue_stuck(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);

	model->cmdq_stuck = true;
	KUNIT_EXPECT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_CR0), 0);
	KUNIT_EXPECT_TRUE(test, closed(model, 0));
}

static void bringup_refused(struct kunit *test)
{
	struct smmu3_model *model;

	need_log(test);
	model = smmu3_model_create(test);
	model->id.val[SMMU3_ID_IDR0] &= ~(SMMU3_IDR0_S1P | SMMU3_IDR0_S2P);
	KUNIT_EXPECT_NULL(test, smmu3_model_probe(test, model));
	/* What we cannot drive we leave as it is */
	KUNIT_EXPECT_EQ(test, model->num_writes, 0);
}

static void bringup_linear(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);

	model->id.val[SMMU3_ID_IDR0] &= ~SMMU3_IDR0_ST_LEVEL;
	model->id.val[SMMU3_ID_IDR1] &= ~SMMU3_IDR1_SIDSIZE;
	model->id.val[SMMU3_ID_IDR1] |= 6;
	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_EQ(test, smmu3_model_view(model, 63).verdict,
			SMMU3_ABORTS);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(model, 64).verdict,
			SMMU3_BROKEN);
}

static void bringup_removed(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);

	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	smmu3_model_remove(test, model);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_CR0), 0);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_IRQ_CTRL), 0);
	KUNIT_EXPECT_TRUE(test, closed(model, 0));
}

static void bringup_twice(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);

	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	smmu3_model_remove(test, model);
	KUNIT_EXPECT_NOT_NULL(test, smmu3_model_probe(test, model));
}

static void shut_down(struct smmu3_model *model)
{
	to_platform_driver(model->pdev->dev.driver)->shutdown(model->pdev);
}

/* A device that nobody stopped reaches nothing afterwards */
static void check_shutdown(struct kunit *test, bool gbpa_missing)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu;
	struct device *dev;
	u32 sid = 0x105;
	int ret;

	model->gbpa_missing = gbpa_missing;
	smmu = smmu3_model_probe(test, model);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	dev = smmu3_model_add_master(test, model, &sid, 1, &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, 0,
			smmu3_device_pass(dev_iommu_priv_get(dev)));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_dma(model, sid, SMMU3_MODEL_NO_SSID, 0,
					0).outcome);
	shut_down(model);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_ABORTED,
			smmu3_model_dma(model, sid, SMMU3_MODEL_NO_SSID, 0,
					0).outcome);
	KUNIT_EXPECT_EQ(test, smmu->state, SMMU3_STOPPED);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_CR0),
			gbpa_missing ? SMMU3_CR0_SMMUEN : 0);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_IRQ_CTRL), 0);
}

static void bringup_shutdown(struct kunit *test)
{
	check_shutdown(test, false);
}

static void bringup_shutdown_gbpa_missing(struct kunit *test)
{
	check_shutdown(test, true);
}

static void gerror_service_failure(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	smmu3_model_gerror(model, SMMU3_GERROR_SFM);
	KUNIT_EXPECT_TRUE(test, smmu3_gerror_handle(smmu));
	KUNIT_EXPECT_EQ(test, smmu->state, SMMU3_FAILED);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_CR0), 0);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, SMMU3_GERROR),
			smmu3_model_get(model, SMMU3_GERRORN));
	KUNIT_EXPECT_TRUE(test, closed(model, 0));
	KUNIT_EXPECT_FALSE(test, smmu3_gerror_handle(smmu));
}

static void gerror_lost_messages(struct kunit *test)
{
	struct smmu3_model *model = smmu3_model_create(test);
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	smmu->irq.has_evtq = true;
	smmu->irq.has_priq = true;
	smmu->irq.has_gerror = true;
	smmu3_model_gerror(model, SMMU3_GERROR_MSI_EVENTQ_ABT);
	KUNIT_EXPECT_TRUE(test, smmu3_gerror_handle(smmu));
	KUNIT_EXPECT_FALSE(test, smmu->irq.has_evtq);
	KUNIT_EXPECT_TRUE(test, smmu->irq.has_priq);
	KUNIT_EXPECT_TRUE(test, smmu->irq.has_gerror);
	smmu3_model_gerror(model, SMMU3_GERROR_MSI_PRIQ_ABT);
	KUNIT_EXPECT_TRUE(test, smmu3_gerror_handle(smmu));
	KUNIT_EXPECT_FALSE(test, smmu->irq.has_priq);
	smmu3_model_gerror(model, SMMU3_GERROR_MSI_GERROR_ABT);
	KUNIT_EXPECT_TRUE(test, smmu3_gerror_handle(smmu));
	KUNIT_EXPECT_FALSE(test, smmu->irq.has_gerror);
	KUNIT_EXPECT_EQ(test, smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_EQ(test, atomic64_read(&smmu->counters.gerrors), 3);
}

static struct kunit_case bringup_cases[] = {
	KUNIT_CASE(bringup_closes_first),
	KUNIT_CASE(bringup_forgets),
	KUNIT_CASE(bringup_el2),
	KUNIT_CASE(bringup_was_enabled),
	KUNIT_CASE(bringup_no_ack),
	KUNIT_CASE(bringup_gbpa_stuck),
	KUNIT_CASE(bringup_gbpa_missing),
	KUNIT_CASE_SLOW(bringup_queue_stuck),
	KUNIT_CASE(bringup_refused),
	KUNIT_CASE(bringup_linear),
	KUNIT_CASE(bringup_removed),
	KUNIT_CASE(bringup_twice),
	KUNIT_CASE(bringup_shutdown),
	KUNIT_CASE(bringup_shutdown_gbpa_missing),
	KUNIT_CASE(gerror_service_failure),
	KUNIT_CASE(gerror_lost_messages),
	{}
};

static struct kunit_suite bringup_suite = {
	.name = "smmu3-bringup",
	.test_cases = bringup_cases,
};

kunit_test_suite(bringup_suite);
