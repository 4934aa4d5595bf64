// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of runtime PM of an instance that fails, against the software model,
 * which complains of each register that is read without power.
 */
#include <kunit/test.h>

#include <linux/device/driver.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105

struct rest_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
};

static void no_runtime_pm(void *dev)
{
	pm_runtime_disable(dev);
}

/* Behind a unit in a power domain, a device that may rest */
static int rest_init(struct kunit *test)
{
	struct rest_test *rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);

	if (!IS_ENABLED(CONFIG_PM_SLEEP))
		kunit_skip(test, "a kernel that does not sleep");
	KUNIT_ASSERT_NOT_NULL(test, rt);
	test->priv = rt;
	rt->model = smmu3_model_create(test);
	smmu3_model_gate(rt->model);
	rt->smmu = smmu3_rig_bind(test, rt->model);
	rt->dev = smmu3_rig_master(test, rt->model, SID);
	pm_runtime_get_noresume(rt->dev);
	pm_runtime_set_active(rt->dev);
	pm_runtime_enable(rt->dev);
	return kunit_add_action_or_reset(test, no_runtime_pm, rt->dev);
}

/* Until here a slow processor may take its time */
static void jam(struct rest_test *rt)
{
	rt->model->cmdq_stuck = true;
	rt->smmu->cmdq.timeout_us = 1000;
}

static bool device_is_closed(struct rest_test *rt)
{
	return smmu3_model_dma(rt->model, SID, SMMU3_MODEL_NO_SSID, 0, 0).outcome !=
	       SMMU3_DMA_DONE;
}

/* What goes on by itself, and what the release of a device asks for */
static void look_around(struct rest_test *rt)
{
	mod_delayed_work(system_unbound_wq, &rt->smmu->irq.poll, 0);
	flush_delayed_work(&rt->smmu->irq.poll);
	smmu3_evtq_drain(rt->smmu);
}

/* Who does not wake up has no power afterwards: nobody asks it anything */
static void rest_no_return(struct kunit *test)
{
	struct rest_test *rt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, pm_runtime_put_sync_suspend(rt->dev));
	pm_runtime_suspend(rt->smmu->dev);
	KUNIT_ASSERT_TRUE(test, rt->model->off);
	jam(rt);
	KUNIT_EXPECT_NE(test, 0, pm_runtime_resume_and_get(rt->dev));
	KUNIT_EXPECT_EQ(test, SMMU3_FAILED, rt->smmu->state);
	KUNIT_EXPECT_TRUE(test, rt->model->off);
	look_around(rt);

	/* A system that wakes up gives it power for a moment */
	smmu3_model_power_on(rt->model);
	KUNIT_EXPECT_EQ(test, 0, rt->smmu->dev->driver->pm->resume_noirq(rt->smmu->dev));
	KUNIT_EXPECT_TRUE(test, device_is_closed(rt));
	smmu3_model_power_off(rt->model);
	kunit_release_action(test, no_runtime_pm, rt->dev);
	smmu3_model_remove_master(test, rt->dev);
	smmu3_model_remove(test, rt->model);
}

/* Nor may tables be freed that it goes by, if others keep its power up */
static void rest_not_closed(struct kunit *test)
{
	struct rest_test *rt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, pm_runtime_put_sync_suspend(rt->dev));
	pm_runtime_suspend(rt->smmu->dev);
	KUNIT_ASSERT_TRUE(test, rt->model->off);
	rt->model->gbpa_missing = true;
	jam(rt);
	KUNIT_EXPECT_NE(test, 0, pm_runtime_resume_and_get(rt->dev));
	KUNIT_EXPECT_EQ(test, SMMU3_QUEUE_DEAD, rt->smmu->state);
	look_around(rt);
	to_platform_driver(rt->smmu->dev->driver)->shutdown(to_platform_device(rt->smmu->dev));
	KUNIT_EXPECT_FALSE(test, smmu3_may_free(rt->smmu));
}

/* What failed keeps its power, and with that the registers that close it */
static void rest_not_failed(struct kunit *test)
{
	struct rest_test *rt = test->priv;

	jam(rt);
	KUNIT_EXPECT_NE(test, 0, smmu3_cmdq_issue_one(&rt->smmu->cmdq, smmu3_cmd_cfgi_all()));
	KUNIT_ASSERT_EQ(test, SMMU3_FAILED, rt->smmu->state);
	pm_runtime_put_sync_suspend(rt->dev);
	KUNIT_EXPECT_NE(test, 0, pm_runtime_suspend(rt->smmu->dev));
	KUNIT_EXPECT_FALSE(test, rt->model->off);
	KUNIT_EXPECT_TRUE(test, device_is_closed(rt));
	look_around(rt);
}

static struct kunit_case rest_cases[] = {
	KUNIT_CASE(rest_no_return),
	KUNIT_CASE(rest_not_closed),
	KUNIT_CASE(rest_not_failed),
	{}
};

static struct kunit_suite rest_suite = {
	.name = "smmu3-rest",
	.init = rest_init,
	.test_cases = rest_cases,
};

kunit_test_suite(rest_suite);
