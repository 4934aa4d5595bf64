// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of bring-up under drivers that were bound without translation, as
 * the unit had no driver then: what their devices see while it comes, and what
 * all others do.  Against the software model.
 */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>

#include <linux/device/driver.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "../core/core.h"
#include "../core/direct.h"
#include "../core/missing.h"
#include "../core/mock-early.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
#define OTHER	0x1208
#define ADDR	SZ_16M

struct direct_test {
	struct smmu3_model *model;
	struct platform_device *client;
};

static bool passes(struct direct_test *dt, u32 sid)
{
	return smmu3_rig_reaches(dt->model, sid, ADDR) == ADDR;
}

static struct smmu3_instance *arrive(struct kunit *test, struct direct_test *dt)
{
	dt->model->watched = SID;
	dt->model->seen = 0;
	return smmu3_model_probe(test, dt->model);
}

static void direct_goes_on(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct smmu3_model *model = dt->model;
	struct smmu3_instance *smmu;
	int enabled, abort;

	KUNIT_ASSERT_TRUE(test, passes(dt, SID));
	KUNIT_ASSERT_TRUE(test, passes(dt, OTHER));
	smmu = arrive(test, dt);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	KUNIT_EXPECT_EQ(test, smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_EQ(test, model->seen, BIT(SMMU3_PASSES));
	KUNIT_EXPECT_TRUE(test, passes(dt, SID));
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
	KUNIT_EXPECT_FALSE(test, smmu->spares);
	KUNIT_EXPECT_TRUE(test, smmu->aborts_when_off);
	KUNIT_EXPECT_TRUE(test, smmu3_model_get(model, SMMU3_GBPA) &
				SMMU3_GBPA_ABORT);
	if (!SMMU3_MODEL_LOGS_WRITES)
		return;
	enabled = smmu3_model_find_write(model, SMMU3_CR0, SMMU3_CR0_SMMUEN,
					 SMMU3_CR0_SMMUEN);
	abort = smmu3_model_find_write(model, SMMU3_GBPA, SMMU3_GBPA_ABORT,
				       SMMU3_GBPA_ABORT);
	KUNIT_EXPECT_GE(test, enabled, 0);
	KUNIT_EXPECT_GT(test, abort, enabled);
}

static void direct_ends_with_driver(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct device *dev = &dt->client->dev;
	struct iommu_domain *domain;

	KUNIT_ASSERT_NOT_NULL(test, arrive(test, dt));
	KUNIT_ASSERT_TRUE(test, passes(dt, SID));
	device_release_driver(dev);
	KUNIT_EXPECT_FALSE(test, passes(dt, SID));
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_FALSE(test, passes(dt, SID));
	domain = iommu_get_domain_for_dev(dev);
	KUNIT_ASSERT_NOT_NULL(test, domain);
	KUNIT_EXPECT_TRUE(test, iommu_is_dma_domain(domain));
	KUNIT_EXPECT_EQ(test, smmu3_model_view(dt->model, SID).verdict,
			SMMU3_STAGE1);
}

/* What was closed is not opened, not even for a moment */
static void direct_opens_nothing(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct smmu3_model *model = dt->model;

	smmu3_model_write(model, SMMU3_GBPA, SMMU3_GBPA_UPDATE |
					     SMMU3_GBPA_ABORT);
	KUNIT_ASSERT_FALSE(test, passes(dt, SID));
	model->watched = OTHER;
	model->seen = 0;
	KUNIT_ASSERT_NOT_NULL(test, smmu3_model_probe(test, model));
	KUNIT_EXPECT_FALSE(test, model->seen & BIT(SMMU3_PASSES));
	if (SMMU3_MODEL_LOGS_WRITES)
		KUNIT_EXPECT_EQ(test, -1,
				smmu3_model_find_write(model, SMMU3_GBPA,
						       SMMU3_GBPA_ABORT, 0));
	/* It has its entry all the same, and works from now on */
	KUNIT_EXPECT_TRUE(test, passes(dt, SID));
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
}

/* A unit that does not come up leaves things as they were */
static void direct_outlives_failure(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct device *dev = &dt->client->dev;

	dt->model->ack_stuck = true;
	KUNIT_EXPECT_NULL(test, arrive(test, dt));
	dt->model->ack_stuck = false;
	/* Whoever gives up on an update writes over it */
	smmu3_model_excuse(dt->model, "CR0 is written while an update is under way");
	KUNIT_EXPECT_TRUE(test, passes(dt, SID));
	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	/* Nor does it keep anybody waiting */
	KUNIT_EXPECT_EQ(test, -ENODEV,
			iommu_missing_verdict(dev, -EPROBE_DEFER));
}

static int find_ids_and_hang(struct device *dev)
{
	struct direct_test *dt = kunit_get_current_test()->priv;

	dt->model->cmdq_stuck = true;
	return mock_early_find_ids(dev);
}

/* What was written to tables when the queue died is never looked at */
static void direct_queue_dies(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	kunit_activate_static_stub(test, iommu_direct_find_ids,
				   find_ids_and_hang);
	KUNIT_EXPECT_NULL(test, arrive(test, dt));
	KUNIT_EXPECT_TRUE(test, passes(dt, SID));
	if (SMMU3_MODEL_LOGS_WRITES)
		KUNIT_EXPECT_EQ(test, -1,
				smmu3_model_find_write(dt->model, SMMU3_CR0,
						       SMMU3_CR0_SMMUEN,
						       SMMU3_CR0_SMMUEN));
}

/* Without such drivers nothing passes from the first moment */
static void direct_is_an_exception(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	int abort;

	device_release_driver(&dt->client->dev);
	KUNIT_ASSERT_NOT_NULL(test, arrive(test, dt));
	KUNIT_EXPECT_FALSE(test, dt->model->seen & BIT(SMMU3_PASSES));
	KUNIT_EXPECT_FALSE(test, passes(dt, SID));
	if (!SMMU3_MODEL_LOGS_WRITES)
		return;
	abort = smmu3_model_find_write(dt->model, SMMU3_GBPA, SMMU3_GBPA_ABORT,
				       SMMU3_GBPA_ABORT);
	KUNIT_EXPECT_EQ(test, abort, 0);
}

/* Where GBPA has no abort it is the same, and said in the log */
static void direct_gbpa_missing(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct smmu3_instance *smmu;

	dt->model->gbpa_missing = true;
	smmu = arrive(test, dt);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	KUNIT_EXPECT_EQ(test, dt->model->seen, BIT(SMMU3_PASSES));
	KUNIT_EXPECT_TRUE(test, passes(dt, SID));
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
	KUNIT_EXPECT_FALSE(test, smmu->aborts_when_off);
}

/* It may rest when nobody needs it, like one that was closed from the start */
static void direct_rests(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct smmu3_instance *smmu;

	if (!IS_ENABLED(CONFIG_PM))
		kunit_skip(test, "a kernel without runtime PM");
	smmu3_model_gate(dt->model);
	smmu = arrive(test, dt);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	KUNIT_ASSERT_TRUE(test, pm_runtime_enabled(smmu->dev));
	/* Whose driver it is that it goes on for holds it up */
	KUNIT_EXPECT_NE(test, 0, pm_runtime_suspend(smmu->dev));
	KUNIT_EXPECT_FALSE(test, dt->model->off);
	KUNIT_EXPECT_TRUE(test, passes(dt, SID));
	mock_early_client_remove(test, &dt->client->dev);
	pm_runtime_suspend(smmu->dev);
	KUNIT_EXPECT_TRUE(test, pm_runtime_status_suspended(smmu->dev));
	KUNIT_EXPECT_TRUE(test, dt->model->off);
}

/* But not if that opens it, which is not known before it translates */
static void direct_rests_closed(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct smmu3_instance *smmu;

	smmu3_model_gate(dt->model);
	dt->model->gbpa_missing = true;
	smmu = arrive(test, dt);
	KUNIT_ASSERT_NOT_NULL(test, smmu);
	mock_early_client_remove(test, &dt->client->dev);
	KUNIT_EXPECT_NE(test, 0, pm_runtime_suspend(smmu->dev));
	KUNIT_EXPECT_FALSE(test, dt->model->off);
	KUNIT_EXPECT_FALSE(test, smmu->rests);
	KUNIT_EXPECT_EQ(test, smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
}

/* What has its power follow its devices is no other to who waits for a driver */
static void direct_gated_goes(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	smmu3_model_gate(dt->model);
	KUNIT_ASSERT_NOT_NULL(test, arrive(test, dt));
	KUNIT_ASSERT_TRUE(test, device_is_bound(&dt->client->dev));
	smmu3_model_remove(test, dt->model);
	KUNIT_EXPECT_FALSE(test, device_is_bound(&dt->client->dev));
}

static int find_ids_and_jam(struct device *dev)
{
	struct direct_test *dt = kunit_get_current_test()->priv;

	dt->model->ack_stuck = true;
	return mock_early_find_ids(dev);
}

/* One that did not come keeps nobody waiting, either */
static void direct_gated_fails(struct kunit *test)
{
	struct direct_test *dt = test->priv;
	struct device *dev = &dt->client->dev;

	smmu3_model_gate(dt->model);
	kunit_activate_static_stub(test, iommu_direct_find_ids, find_ids_and_jam);
	KUNIT_EXPECT_NULL(test, arrive(test, dt));
	smmu3_model_excuse(dt->model, "CR0 is written while an update is under way");
	KUNIT_ASSERT_TRUE(test, device_is_bound(dev));
	device_release_driver(dev);
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
}

static int direct_init(struct kunit *test)
{
	struct direct_test *dt = kunit_kzalloc(test, sizeof(*dt), GFP_KERNEL);
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, dt);
	test->priv = dt;
	dt->model = smmu3_model_create(test);
	smmu3_model_power_on(dt->model);
	dev = mock_early_client(test, smmu3_model_fwnode(dt->model), SID);
	dt->client = to_platform_device(dev);
	return 0;
}

static struct kunit_case direct_cases[] = {
	KUNIT_CASE(direct_goes_on),
	KUNIT_CASE(direct_ends_with_driver),
	KUNIT_CASE(direct_opens_nothing),
	KUNIT_CASE(direct_outlives_failure),
	KUNIT_CASE_SLOW(direct_queue_dies),
	KUNIT_CASE(direct_is_an_exception),
	KUNIT_CASE(direct_gbpa_missing),
	KUNIT_CASE(direct_rests),
	KUNIT_CASE(direct_rests_closed),
	KUNIT_CASE(direct_gated_goes),
	KUNIT_CASE(direct_gated_fails),
	{}
};

static struct kunit_suite direct_suite = {
	.name = "smmu3-direct",
	.init = direct_init,
	.test_cases = direct_cases,
};

kunit_test_suite(direct_suite);
