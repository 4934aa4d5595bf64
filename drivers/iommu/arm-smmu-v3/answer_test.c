// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of answer.c, against the software model: page requests that are
 * answered when the instance sleeps, or just goes to sleep.  The model complains
 * about an answer that nothing waits for, so a second one fails.
 */
#include <kunit/test.h>

#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/pci.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID		0x100
#define HELPER_SID	0x180
#define IOVA		0x40000000UL
#define NO_SSID		SMMU3_MODEL_NO_SSID
#define KEPT_MAX	(SMMU3_PRI_OUTSTANDING + 1)
#define ROUNDS		60

struct answer_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct smmu3_pci_fake *fake;
	struct smmu3_device *device;
};

/* Groups that the handler took and did not answer */
static struct iopf_group *kept[KEPT_MAX];
static unsigned int num_kept;

static int keep_group(struct iopf_group *group)
{
	if (num_kept == KEPT_MAX)
		return -ENOSPC;
	kept[num_kept++] = group;
	return 0;
}

static void answer_all(void)
{
	while (num_kept) {
		struct iopf_group *group = kept[--num_kept];

		iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
		iopf_free_group(group);
	}
}

static void answer_rest(void *data)
{
	answer_all();
}

static int answer_init(struct kunit *test)
{
	struct answer_test *at = kunit_kzalloc(test, sizeof(*at), GFP_KERNEL);
	const u32 sid = SID;

	if (!IS_ENABLED(CONFIG_PM_SLEEP))
		kunit_skip(test, "a kernel that does not sleep");
	KUNIT_ASSERT_NOT_NULL(test, at);
	test->priv = at;
	num_kept = 0;
	at->smmu = smmu3_rig_start(test, &at->model);
	at->fake = smmu3_pci_fake_create(test, at->smmu, &sid, 1);
	smmu3_pci_fake_join(test, at->fake, at->model, HELPER_SID, keep_group);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, answer_rest, NULL));
	at->device = smmu3_pci_fake_probe(test, at->fake);
	KUNIT_ASSERT_EQ(test, 0, smmu3_stall_enable(at->device));
	return 0;
}

/* A group that waits for its answer from now on */
static void ask(struct kunit *test, u16 group)
{
	struct answer_test *at = test->priv;
	unsigned int before = num_kept;

	KUNIT_ASSERT_TRUE(test, smmu3_model_page_request(at->model, SID, NO_SSID,
							 IOVA, 0, group, true));
	smmu3_priq_drain(at->smmu);
	KUNIT_ASSERT_EQ(test, before + 1, num_kept);
}

static void suspend(struct kunit *test)
{
	struct answer_test *at = test->priv;
	struct device *dev = at->smmu->dev;

	KUNIT_ASSERT_EQ(test, 0, dev->driver->pm->suspend_noirq(dev));
	smmu3_model_power_off(at->model);
}

static void resume(struct kunit *test)
{
	struct answer_test *at = test->priv;
	struct device *dev = at->smmu->dev;

	smmu3_model_power_on(at->model);
	KUNIT_ASSERT_EQ(test, 0, dev->driver->pm->resume_noirq(dev));
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(at->model));
}

static unsigned int count_answers(struct answer_test *at)
{
	return smmu3_rig_count(at->model, SMMU3_OP_PRI_RESP, 0);
}

static bool answered(struct answer_test *at, u16 group, enum smmu3_pri_resp resp)
{
	struct smmu3_page_answer answer;

	return smmu3_model_page_answer(at->model, SID, group, &answer) &&
	       answer.resp == resp && !answer.automatic;
}

static void answer_waits_for_wake(struct kunit *test)
{
	struct answer_test *at = test->priv;

	ask(test, 3);
	suspend(test);
	answer_all();
	KUNIT_EXPECT_EQ(test, 0, count_answers(at));
	resume(test);
	KUNIT_EXPECT_TRUE(test, answered(at, 3, SMMU3_PRI_SUCCESS));
	KUNIT_EXPECT_EQ(test, 1, count_answers(at));

	/* Nothing of it is left for the next time */
	suspend(test);
	resume(test);
	KUNIT_EXPECT_EQ(test, 1, count_answers(at));
	ask(test, 4);
	answer_all();
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(at->model));
	KUNIT_EXPECT_TRUE(test, answered(at, 4, SMMU3_PRI_SUCCESS));
}

static void answer_before_sleep(struct kunit *test)
{
	struct answer_test *at = test->priv;

	ask(test, 3);
	answer_all();
	suspend(test);
	KUNIT_EXPECT_TRUE(test, answered(at, 3, SMMU3_PRI_SUCCESS));
	resume(test);
	KUNIT_EXPECT_EQ(test, 1, count_answers(at));
}

/* Asked before, answered after: the sleep is nothing to it */
static void answer_after_wake(struct kunit *test)
{
	struct answer_test *at = test->priv;

	ask(test, 3);
	suspend(test);
	resume(test);
	KUNIT_EXPECT_EQ(test, 0, count_answers(at));
	answer_all();
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(at->model));
	KUNIT_EXPECT_TRUE(test, answered(at, 3, SMMU3_PRI_SUCCESS));
}

/* What was in the queue when it went to sleep is answered like anything else */
static void answer_to_late_request(struct kunit *test)
{
	struct answer_test *at = test->priv;

	KUNIT_ASSERT_TRUE(test, smmu3_model_page_request(at->model, SID, NO_SSID,
							 IOVA, 0, 9, true));
	suspend(test);
	KUNIT_ASSERT_EQ(test, 1, num_kept);
	answer_all();
	resume(test);
	KUNIT_EXPECT_TRUE(test, answered(at, 9, SMMU3_PRI_SUCCESS));
}

/* A device without power knows nothing of what it asked for */
static void answer_to_cold_device(struct kunit *test)
{
	struct answer_test *at = test->priv;

	ask(test, 3);
	suspend(test);
	at->fake->pdev.current_state = PCI_D3cold;
	answer_all();
	resume(test);
	at->fake->pdev.current_state = PCI_D0;
	KUNIT_EXPECT_EQ(test, 0, count_answers(at));
	suspend(test);
	resume(test);
	KUNIT_EXPECT_EQ(test, 0, count_answers(at));
}

/* As many as the device may wait for, and one that it may not */
static void answers_have_room(struct kunit *test)
{
	struct answer_test *at = test->priv;
	int i;

	for (i = 0; i < KEPT_MAX; i++)
		ask(test, i);
	suspend(test);
	answer_all();
	KUNIT_EXPECT_EQ(test, SMMU3_PRI_OUTSTANDING, at->device->answers->count);
	resume(test);
	KUNIT_EXPECT_EQ(test, SMMU3_PRI_OUTSTANDING, count_answers(at));
	for (i = 1; i < KEPT_MAX; i++)
		KUNIT_EXPECT_TRUE(test, answered(at, i, SMMU3_PRI_SUCCESS));
}

/* Core answers what is left when the device uses PRI no more */
static void answer_by_disable(struct kunit *test)
{
	struct answer_test *at = test->priv;

	ask(test, 3);
	suspend(test);
	smmu3_stall_disable(at->device);
	resume(test);
	KUNIT_EXPECT_EQ(test, 1, count_answers(at));
	KUNIT_EXPECT_TRUE(test, answered(at, 3, SMMU3_PRI_INVALID));
	answer_all();
	KUNIT_EXPECT_EQ(test, 1, count_answers(at));
}

static int answer_some_time(void *data)
{
	int i;

	for (i = 0; !kthread_should_stop(); i++) {
		usleep_range(10 * (i % 20), 10 * (i % 20) + 50);
		if (READ_ONCE(num_kept))
			answer_all();
	}
	return 0;
}

/* At any moment of going to sleep and waking up, once each */
static void answers_race_with_sleep(struct kunit *test)
{
	struct answer_test *at = test->priv;
	struct task_struct *thread;
	int i, tries;

	thread = kthread_run(answer_some_time, NULL, "smmu3-answers");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	for (i = 0; i < ROUNDS; i++) {
		KUNIT_EXPECT_TRUE(test,
				  smmu3_model_page_request(at->model, SID,
							   NO_SSID, IOVA, 0,
							   i, true));
		smmu3_priq_drain(at->smmu);
		usleep_range(10 * (i % 15), 10 * (i % 15) + 20);
		suspend(test);
		usleep_range(10 * (i % 7), 10 * (i % 7) + 20);
		resume(test);
		for (tries = 0; tries < 1000 && READ_ONCE(num_kept); tries++)
			usleep_range(50, 100);
	}
	kthread_stop(thread);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(at->model));
	for (i = 0; i < ROUNDS; i++)
		KUNIT_EXPECT_TRUE_MSG(test, answered(at, i, SMMU3_PRI_SUCCESS),
				      "group %d", i);
}

static struct kunit_case answer_cases[] = {
	KUNIT_CASE(answer_waits_for_wake),
	KUNIT_CASE(answer_before_sleep),
	KUNIT_CASE(answer_after_wake),
	KUNIT_CASE(answer_to_late_request),
	KUNIT_CASE(answer_to_cold_device),
	KUNIT_CASE(answers_have_room),
	KUNIT_CASE(answer_by_disable),
	KUNIT_CASE(answers_race_with_sleep),
	{}
};

static struct kunit_suite answer_suite = {
	.name = "smmu3-answer",
	.init = answer_init,
	.test_cases = answer_cases,
};

kunit_test_suite(answer_suite);
