// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of bring-up under streams that firmware left in use: what their
 * devices see while the unit comes, and what all others do.  Against the
 * software model.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/iommu.h>
#include <linux/pm_runtime.h>

#include "../core/mock-early.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
#define SECOND	0x777
#define OTHER	0x1208
#define BEYOND	BIT(31)
#define ADDR	SZ_16M

struct boot_test {
	struct smmu3_model *model;
};

static bool passes(struct boot_test *bt, u32 sid)
{
	return smmu3_rig_reaches(bt->model, sid, ADDR) == ADDR;
}

static struct smmu3_instance *arrive(struct kunit *test, u32 watched)
{
	struct boot_test *bt = test->priv;

	bt->model->watched = watched;
	bt->model->seen = 0;
	return smmu3_rig_bind(test, bt->model);
}

static void never_cut(struct kunit *test)
{
	struct boot_test *bt = test->priv;
	struct smmu3_instance *smmu;

	KUNIT_ASSERT_TRUE(test, passes(bt, SID));
	smmu = arrive(test, SID);
	KUNIT_EXPECT_EQ(test, bt->model->seen, BIT(SMMU3_PASSES));
	KUNIT_EXPECT_EQ(test, smmu->boot_streams, 2);
	KUNIT_EXPECT_TRUE(test, passes(bt, SID));
	KUNIT_EXPECT_TRUE(test, passes(bt, SECOND));
	KUNIT_EXPECT_FALSE(test, passes(bt, OTHER));
	KUNIT_EXPECT_TRUE(test, smmu->aborts_when_off);
	KUNIT_EXPECT_FALSE(test, smmu->spares);
}

/* Its driver has come: nothing but what is mapped is left to it */
static void ends_when_taken(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	arrive(test, SID);
	smmu3_rig_master(test, bt->model, SID);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(bt->model, SID).verdict,
			SMMU3_STAGE1);
	KUNIT_EXPECT_FALSE(test, passes(bt, SID));
	KUNIT_EXPECT_TRUE(test, passes(bt, SECOND));
}

/* What was closed is opened to them alone, and once the unit translates */
static void opens_nothing_else(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	smmu3_model_write(bt->model, SMMU3_GBPA, SMMU3_GBPA_UPDATE |
						 SMMU3_GBPA_ABORT);
	arrive(test, OTHER);
	KUNIT_EXPECT_FALSE(test, bt->model->seen & BIT(SMMU3_PASSES));
	KUNIT_EXPECT_TRUE(test, passes(bt, SID));
	KUNIT_EXPECT_FALSE(test, passes(bt, OTHER));
}

static void beyond_the_table(struct kunit *test)
{
	static const u32 sids[] = { BEYOND, SECOND };
	struct boot_test *bt = test->priv;

	mock_early_streams(test, sids, ARRAY_SIZE(sids));
	KUNIT_EXPECT_EQ(test, arrive(test, SECOND)->boot_streams, 1);
	KUNIT_EXPECT_FALSE(test, passes(bt, BEYOND));
	KUNIT_EXPECT_TRUE(test, passes(bt, SECOND));
}

static void none_is_usual(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	mock_early_streams(test, NULL, 0);
	KUNIT_EXPECT_EQ(test, arrive(test, SID)->boot_streams, 0);
	KUNIT_EXPECT_FALSE(test, bt->model->seen & BIT(SMMU3_PASSES));
	KUNIT_EXPECT_FALSE(test, passes(bt, SID));
}

/* No device holds the unit up for them: it stays up */
static void never_rests(struct kunit *test)
{
	struct boot_test *bt = test->priv;
	struct smmu3_instance *smmu;

	smmu3_model_gate(bt->model);
	smmu = arrive(test, SID);
	KUNIT_EXPECT_NE(test, 0, pm_runtime_suspend(smmu->dev));
	KUNIT_EXPECT_FALSE(test, bt->model->off);
	KUNIT_EXPECT_TRUE(test, passes(bt, SID));
}

static bool is_crash_kernel(void)
{
	return true;
}

/*
 * What drivers of a crashed kernel had mapped is lost: the addresses that their
 * devices go on with are memory that is to be saved
 */
static void crash_is_closed(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	kunit_activate_static_stub(test, smmu3_is_crash_kernel, is_crash_kernel);
	smmu3_model_set(bt->model, SMMU3_CR1, ~smmu3_cr1());
	smmu3_model_set(bt->model, SMMU3_CR0, SMMU3_CR0_SMMUEN);
	smmu3_model_set(bt->model, SMMU3_CR0ACK, SMMU3_CR0_SMMUEN);
	KUNIT_EXPECT_EQ(test, arrive(test, SID)->boot_streams, 0);
	KUNIT_EXPECT_FALSE(test, bt->model->seen & BIT(SMMU3_PASSES));
	KUNIT_EXPECT_FALSE(test, passes(bt, SID));
}

/* That had translated nothing: all is as before any other kernel */
static void crash_of_none(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	kunit_activate_static_stub(test, smmu3_is_crash_kernel, is_crash_kernel);
	arrive(test, SID);
	KUNIT_EXPECT_EQ(test, bt->model->seen, BIT(SMMU3_PASSES));
	KUNIT_EXPECT_TRUE(test, passes(bt, SID));
}

static int boot_init(struct kunit *test)
{
	/* One that has several regions is named more than once */
	static const u32 sids[] = { SID, SECOND, SID };
	struct boot_test *bt = kunit_kzalloc(test, sizeof(*bt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bt);
	test->priv = bt;
	mock_early_streams(test, sids, ARRAY_SIZE(sids));
	bt->model = smmu3_model_create(test);
	smmu3_model_power_on(bt->model);
	return 0;
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(never_cut),
	KUNIT_CASE(ends_when_taken),
	KUNIT_CASE(opens_nothing_else),
	KUNIT_CASE(beyond_the_table),
	KUNIT_CASE(none_is_usual),
	KUNIT_CASE(never_rests),
	KUNIT_CASE(crash_is_closed),
	KUNIT_CASE(crash_of_none),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "smmu3-boot",
	.init = boot_init,
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
