// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of sleep.c, against the software model: an instance that loses its
 * registers, keeps the worst that its caches may hold, and whose tables change
 * while it is off.
 */
#include <kunit/test.h>

#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/sizes.h>

#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
#define IOVA	SZ_16M

struct sleep_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
	struct iommu_domain *domain;
};

static int suspend(struct sleep_test *st)
{
	return st->smmu->dev->driver->pm->suspend_noirq(st->smmu->dev);
}

static int resume(struct sleep_test *st)
{
	return st->smmu->dev->driver->pm->resume_noirq(st->smmu->dev);
}

static void cycle_power(struct sleep_test *st)
{
	smmu3_model_power_off(st->model);
	smmu3_model_power_on(st->model);
}

static void map(struct kunit *test, unsigned long iova, phys_addr_t pa)
{
	struct sleep_test *st = test->priv;

	smmu3_rig_map(test, st->domain, iova, pa, SZ_4K);
}

static void unmap(struct kunit *test, unsigned long iova)
{
	struct sleep_test *st = test->priv;

	KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(st->domain, iova, SZ_4K));
}

/* Where an access of the device ends, or 0 */
static u64 reaches(struct sleep_test *st, u64 iova)
{
	return smmu3_rig_reaches(st->model, SID, iova);
}

static bool is_closed(struct sleep_test *st, u32 sid)
{
	enum smmu3_verdict verdict = smmu3_model_view(st->model, sid).verdict;

	return verdict == SMMU3_ABORTS || verdict == SMMU3_BROKEN;
}

/* What is left of the test when it ends, whatever state the instance is in */
static void leave(void *data)
{
	struct sleep_test *st = data;

	iommu_detach_device(st->domain, st->dev);
	iommu_domain_free(st->domain);
}

/* A device that is attached to a domain, with nothing mapped */
static void set_up(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	st->smmu = smmu3_rig_bind(test, st->model);
	st->dev = smmu3_rig_master(test, st->model, SID);
	st->domain = smmu3_rig_domain(test, st->dev);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(st->domain, st->dev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, leave, st));
}

static int sleep_init(struct kunit *test)
{
	struct sleep_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);

	if (!IS_ENABLED(CONFIG_PM_SLEEP))
		kunit_skip(test, "a kernel that does not sleep");
	KUNIT_ASSERT_NOT_NULL(test, st);
	test->priv = st;
	st->model = smmu3_model_create(test);
	return 0;
}

static void sleep_and_back(struct kunit *test)
{
	struct sleep_test *st = test->priv;
	int i;

	set_up(test);
	map(test, IOVA, SZ_1M);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
		KUNIT_ASSERT_EQ(test, 0, suspend(st));
		KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_ASLEEP);
		KUNIT_EXPECT_EQ(test, smmu3_model_get(st->model, SMMU3_CR0), 0);
		KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
		KUNIT_EXPECT_TRUE(test, is_closed(st, SID));
		cycle_power(st);
		KUNIT_ASSERT_EQ(test, 0, resume(st));
		KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_RUNNING);
	}
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	KUNIT_EXPECT_TRUE(test, is_closed(st, SID + 1));
}

/* Twice is once: hibernation calls more often than one would think */
static void sleep_twice(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	set_up(test);
	map(test, IOVA, SZ_1M);
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	cycle_power(st);
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
}

/*
 * What is unmapped and mapped meanwhile costs no command, and what the unit had
 * cached is not used again; whether it lost power or not.
 */
static void mappings_change(struct kunit *test, bool power)
{
	struct sleep_test *st = test->priv;
	unsigned int cmds;

	set_up(test);
	map(test, IOVA, SZ_1M);
	map(test, IOVA + SZ_4K, SZ_2M);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA + SZ_4K), SZ_2M);

	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	if (power)
		smmu3_model_power_off(st->model);
	cmds = st->model->num_cmds;
	unmap(test, IOVA);
	unmap(test, IOVA + SZ_4K);
	map(test, IOVA, SZ_4M);
	map(test, IOVA + SZ_2M, SZ_8M);
	iommu_flush_iotlb_all(st->domain);
	KUNIT_EXPECT_EQ(test, cmds, st->model->num_cmds);
	if (power)
		smmu3_model_power_on(st->model);
	KUNIT_ASSERT_EQ(test, 0, resume(st));

	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_4M);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA + SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA + SZ_2M), SZ_8M);
	/* And from now on they are sent again */
	unmap(test, IOVA);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
}

static void sleep_mappings_change(struct kunit *test)
{
	mappings_change(test, true);
}

static void sleep_mappings_change_idle(struct kunit *test)
{
	mappings_change(test, false);
}

/* Devices, domains and second-level tables that come meanwhile */
static void sleep_attachments_change(struct kunit *test)
{
	struct sleep_test *st = test->priv;
	struct iommu_domain *other;
	struct device *second;

	set_up(test);
	map(test, IOVA, SZ_1M);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	smmu3_model_power_off(st->model);

	other = smmu3_rig_domain(test, st->dev);
	smmu3_rig_map(test, other, IOVA, SZ_2M, SZ_4K);
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(other, st->dev));
	second = smmu3_rig_master(test, st->model, 0x4242);
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(st->domain, second));

	smmu3_model_power_on(st->model);
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_2M);
	KUNIT_EXPECT_EQ(test, smmu3_rig_reaches(st->model, 0x4242, IOVA),
			SZ_1M);
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(st->domain, st->dev));
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	smmu3_model_remove_master(test, second);
	iommu_domain_free(other);
}

/* Its tables and its tag are given back while nobody can be asked */
static void sleep_domain_goes(struct kunit *test)
{
	struct sleep_test *st = test->priv;
	struct iommu_domain *other;

	set_up(test);
	other = smmu3_rig_domain(test, st->dev);
	smmu3_rig_map(test, other, IOVA, SZ_2M, SZ_4K);
	KUNIT_ASSERT_EQ(test, 0, smmu3_attach_paging(other, st->dev));
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_2M);
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	smmu3_model_power_off(st->model);
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(st->domain, st->dev));
	iommu_domain_free(other);
	/* It may well get the same tag */
	other = smmu3_rig_domain(test, st->dev);
	KUNIT_ASSERT_EQ(test, 0, smmu3_attach_paging(other, st->dev));
	smmu3_model_power_on(st->model);
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(st->domain, st->dev));
	iommu_domain_free(other);
}

/* Closed by its first write, and open by its last */
static void sleep_never_open(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	if (!SMMU3_MODEL_LOGS_WRITES)
		kunit_skip(test, "register writes are not logged here");
	set_up(test);
	st->model->num_writes = 0;
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	KUNIT_EXPECT_EQ(test, 0,
			smmu3_model_find_write(st->model, SMMU3_GBPA,
					       SMMU3_GBPA_ABORT,
					       SMMU3_GBPA_ABORT));
	cycle_power(st);
	st->model->num_writes = 0;
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, 0,
			smmu3_model_find_write(st->model, SMMU3_GBPA,
					       SMMU3_GBPA_ABORT,
					       SMMU3_GBPA_ABORT));
	KUNIT_EXPECT_EQ(test, (int)st->model->num_writes - 1,
			smmu3_model_find_write(st->model, SMMU3_CR0,
					       SMMU3_CR0_SMMUEN,
					       SMMU3_CR0_SMMUEN));
}

/* What waits in a queue is reported before its memory is started anew */
static void sleep_events(struct kunit *test)
{
	const struct smmu3_evt evt = {
		.w = { SMMU3_F_TRANSLATION | FIELD_PREP(SMMU3_EVT0_SID, SID) },
	};
	struct sleep_test *st = test->priv;
	int i;

	set_up(test);
	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_TRUE(test, smmu3_model_event(st->model, &evt));
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	KUNIT_EXPECT_EQ(test, 5, atomic64_read(&st->smmu->counters.events));
	smmu3_model_power_off(st->model);
	/* Whoever looks now finds nothing, and does not look at registers */
	smmu3_evtq_drain(st->smmu);
	KUNIT_EXPECT_FALSE(test, smmu3_gerror_handle(st->smmu));
	smmu3_model_power_on(st->model);
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_ASSERT_TRUE(test, smmu3_model_event(st->model, &evt));
	smmu3_evtq_drain(st->smmu);
	KUNIT_EXPECT_EQ(test, 6, atomic64_read(&st->smmu->counters.events));
}

static void sleep_messages(struct kunit *test)
{
	const struct msi_msg msg = {
		.address_hi = 0x1, .address_lo = 0x8090040, .data = 0x77,
	};
	struct sleep_test *st = test->priv;

	st->model->id.val[SMMU3_ID_IDR0] |= SMMU3_IDR0_MSI;
	set_up(test);
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_get(st->model,
						 SMMU3_EVENTQ_IRQ_CFG0));
	st->smmu->irq.msg[SMMU3_MSI_EVTQ] = msg;
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	cycle_power(st);
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, msg.address_lo,
			smmu3_model_get(st->model, SMMU3_EVENTQ_IRQ_CFG0));
	KUNIT_EXPECT_EQ(test, msg.address_hi,
			smmu3_model_get(st->model, SMMU3_EVENTQ_IRQ_CFG0 + 4));
	KUNIT_EXPECT_EQ(test, msg.data,
			smmu3_model_get(st->model, SMMU3_EVENTQ_IRQ_CFG1));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_get(st->model,
						 SMMU3_GERROR_IRQ_CFG0));
}

/* It ends closed, in a state that has a name, and what follows cannot hang */
static void sleep_no_return(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	set_up(test);
	map(test, IOVA, SZ_1M);
	st->smmu->cmdq.timeout_us = 1000;
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	cycle_power(st);
	st->model->cmdq_stuck = true;
	KUNIT_EXPECT_EQ(test, -EIO, resume(st));
	KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_FAILED);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
	KUNIT_EXPECT_TRUE(test, smmu3_model_get(st->model, SMMU3_GBPA) &
				SMMU3_GBPA_ABORT);
	unmap(test, IOVA);
	KUNIT_EXPECT_EQ(test, -EIO, smmu3_attach_paging(st->domain, st->dev));

	/* The next sleep finds it so, and leaves it closed */
	KUNIT_EXPECT_EQ(test, 0, suspend(st));
	cycle_power(st);
	KUNIT_EXPECT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_FAILED);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
}

/* It cannot be closed before it sleeps: then it does not sleep */
static void sleep_refused(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	set_up(test);
	map(test, IOVA, SZ_1M);
	st->model->gbpa_stuck = true;
	KUNIT_EXPECT_NE(test, 0, suspend(st));
	KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	unmap(test, IOVA);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
	st->model->gbpa_stuck = false;
	smmu3_model_set(st->model, SMMU3_GBPA, 0);
}

/* It cannot be closed while it is off: so it is not off while it has power */
static void sleep_stays_on(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	st->model->gbpa_missing = true;
	set_up(test);
	map(test, IOVA, SZ_1M);
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	unmap(test, IOVA);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
	KUNIT_ASSERT_EQ(test, 0, resume(st));

	map(test, IOVA, SZ_2M);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_2M);
	KUNIT_ASSERT_EQ(test, 0, suspend(st));
	cycle_power(st);
	KUNIT_ASSERT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_2M);
	KUNIT_EXPECT_TRUE(test, is_closed(st, SID + 1));
}

/* Runtime PM: a power domain that takes the unit's power when it is idle */

static void no_runtime_pm(void *dev)
{
	pm_runtime_disable(dev);
}

static void set_up_gated(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	smmu3_model_gate(st->model);
	set_up(test);
	KUNIT_ASSERT_TRUE(test, pm_runtime_enabled(st->smmu->dev));
	/* A device that never rests: neither does its instance */
	KUNIT_EXPECT_NE(test, 0, pm_runtime_suspend(st->smmu->dev));
	KUNIT_EXPECT_FALSE(test, st->model->off);
	pm_runtime_get_noresume(st->dev);
	pm_runtime_set_active(st->dev);
	pm_runtime_enable(st->dev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, no_runtime_pm,
							   st->dev));
}

/* The device rests, and so does its instance */
static void rest(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	KUNIT_ASSERT_EQ(test, 0, pm_runtime_put_sync_suspend(st->dev));
	pm_runtime_suspend(st->smmu->dev);
	KUNIT_ASSERT_TRUE(test, pm_runtime_status_suspended(st->smmu->dev));
	KUNIT_ASSERT_TRUE(test, st->model->off);
}

static void wake(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	KUNIT_ASSERT_EQ(test, 0, pm_runtime_resume_and_get(st->dev));
	KUNIT_ASSERT_TRUE(test, pm_runtime_active(st->smmu->dev));
	KUNIT_ASSERT_FALSE(test, st->model->off);
}

static void rest_and_wake(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	set_up_gated(test);
	map(test, IOVA, SZ_1M);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
	rest(test);
	unmap(test, IOVA);
	map(test, IOVA, SZ_2M);
	smmu3_evtq_drain(st->smmu);
	wake(test);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_2M);
	unmap(test, IOVA);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), 0);
}

/* The system goes to sleep, and its resume leaves alone what nobody needs */
static void rest_while_system_sleeps(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	set_up_gated(test);
	map(test, IOVA, SZ_1M);
	rest(test);
	KUNIT_EXPECT_EQ(test, 0, suspend(st));
	KUNIT_EXPECT_EQ(test, 0, resume(st));
	KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_ASLEEP);
	wake(test);
	KUNIT_EXPECT_EQ(test, reaches(st, IOVA), SZ_1M);
}

static void rest_and_go(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	set_up_gated(test);
	rest(test);
	kunit_release_action(test, leave, st);
	kunit_release_action(test, no_runtime_pm, st->dev);
	smmu3_model_remove_master(test, st->dev);
	smmu3_model_remove(test, st->model);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(st->model, SMMU3_CR0), 0);
	KUNIT_EXPECT_TRUE(test, smmu3_model_get(st->model, SMMU3_GBPA) &
				SMMU3_GBPA_ABORT);
}

/* An open unit is not left without the one thing that closes it */
static void rest_not_if_open(struct kunit *test)
{
	struct sleep_test *st = test->priv;

	smmu3_model_gate(st->model);
	st->model->gbpa_missing = true;
	set_up(test);
	KUNIT_EXPECT_FALSE(test, pm_runtime_enabled(st->smmu->dev));
}

static int map_and_unmap(void *data)
{
	struct kunit *test = data;
	struct sleep_test *st = test->priv;
	unsigned long iova = IOVA;
	int bad = 0;

	while (!kthread_should_stop()) {
		iova = IOVA + (iova + SZ_4K) % SZ_1M;
		bad += !!iommu_map(st->domain, iova, SZ_1M, SZ_4K, IOMMU_READ,
				   GFP_KERNEL);
		bad += iommu_unmap(st->domain, iova, SZ_4K) != SZ_4K;
		cond_resched();
	}
	return bad;
}

/* Others unmap without end, and never touch a register without power */
static void rest_race(struct kunit *test)
{
	struct sleep_test *st = test->priv;
	struct task_struct *thread;
	int i;

	set_up_gated(test);
	map(test, 2 * IOVA, SZ_2M);
	thread = kthread_run(map_and_unmap, test, "smmu3-sleep");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	for (i = 0; i < 100; i++) {
		rest(test);
		usleep_range(10, 200);
		wake(test);
		KUNIT_EXPECT_EQ(test, reaches(st, 2 * IOVA), SZ_2M);
		usleep_range(10, 200);
	}
	KUNIT_EXPECT_EQ(test, 0, kthread_stop(thread));
	KUNIT_EXPECT_EQ(test, st->smmu->state, SMMU3_RUNNING);
}

static struct kunit_case sleep_cases[] = {
	KUNIT_CASE(sleep_and_back),
	KUNIT_CASE(sleep_twice),
	KUNIT_CASE(sleep_mappings_change),
	KUNIT_CASE(sleep_mappings_change_idle),
	KUNIT_CASE(sleep_attachments_change),
	KUNIT_CASE(sleep_domain_goes),
	KUNIT_CASE(sleep_never_open),
	KUNIT_CASE(sleep_events),
	KUNIT_CASE(sleep_messages),
	KUNIT_CASE(sleep_no_return),
	KUNIT_CASE(sleep_refused),
	KUNIT_CASE(sleep_stays_on),
	KUNIT_CASE(rest_and_wake),
	KUNIT_CASE(rest_while_system_sleeps),
	KUNIT_CASE(rest_and_go),
	KUNIT_CASE(rest_not_if_open),
	KUNIT_CASE_SLOW(rest_race),
	{}
};

static struct kunit_suite sleep_suite = {
	.name = "smmu3-sleep",
	.init = sleep_init,
	.test_cases = sleep_cases,
};

kunit_test_suite(sleep_suite);
