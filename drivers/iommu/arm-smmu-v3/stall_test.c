// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of stall.c, against the software model: transactions that stall,
 * what core hears of them, and how they end.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/sizes.h>

#include "../iommu-priv.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID		0x105
#define OTHER_SID	0x20a
#define IOVA		0x40000000UL
#define PHYS		0x80000000ULL
#define NO_SSID		SMMU3_MODEL_NO_SSID
#define GROUPS		64

struct stall_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
	struct iommu_domain *domain;
	struct iommu_attach_handle handle;
};

/* What the domain's handler was given and has not answered */
static struct iopf_group *waiting[GROUPS];
static unsigned int num_waiting;

static int keep_group(struct iopf_group *group)
{
	if (num_waiting == GROUPS)
		return -ENOSPC;
	waiting[num_waiting++] = group;
	return 0;
}

static void answer(unsigned int i, enum iommu_page_response_code code)
{
	iopf_group_response(waiting[i], code);
	iopf_free_group(waiting[i]);
	waiting[i] = NULL;
}

static void answer_all(enum iommu_page_response_code code)
{
	while (num_waiting)
		if (waiting[--num_waiting])
			answer(num_waiting, code);
}

static void remove_master(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct device *add_master(struct kunit *test, const u32 *ids, int count,
				 bool can_stall)
{
	static const struct property_entry properties[] = {
		PROPERTY_ENTRY_BOOL("dma-can-stall"),
		{ }
	};
	struct stall_test *st = test->priv;
	struct platform_device *pdev;
	struct device *dev;

	pdev = platform_device_alloc("smmu3-stalls", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	dev = &pdev->dev;
	if (can_stall)
		KUNIT_ASSERT_EQ(test, 0,
				device_create_managed_software_node(dev,
								    properties,
								    NULL));
	KUNIT_ASSERT_EQ(test, 0, platform_device_add(pdev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, remove_master, pdev));
	mutex_lock(&iommu_probe_device_lock);
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_init(dev,
						   dev_fwnode(st->smmu->dev)));
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_add_ids(dev, ids, count));
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(dev));
	return dev;
}

static void probe_unit(struct kunit *test, u32 stall_model)
{
	struct stall_test *st = test->priv;

	st->model = smmu3_model_create(test);
	smmu3_model_show_all(st->model);
	st->model->id.val[SMMU3_ID_IDR0] |= FIELD_PREP(SMMU3_IDR0_STALL_MODEL,
						       stall_model);
	st->smmu = smmu3_rig_bind(test, st->model);
}

static void detach(void *data)
{
	struct stall_test *st = data;

	iommu_detach_group_handle(st->domain, st->dev->iommu_group);
	answer_all(IOMMU_PAGE_RESP_INVALID);
	iommu_domain_free(st->domain);
}

/* A device in a domain whose owner brings pages */
static void attach_master(struct kunit *test, const u32 *ids, int count,
			  bool can_stall)
{
	struct stall_test *st = test->priv;

	st->dev = add_master(test, ids, count, can_stall);
	st->domain = smmu3_rig_domain(test, st->dev);
	st->domain->iopf_handler = keep_group;
	KUNIT_ASSERT_EQ(test, 0,
			iommu_attach_group_handle(st->domain,
						  st->dev->iommu_group,
						  &st->handle));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, detach, st));
}

static int stall_init(struct kunit *test)
{
	struct stall_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, st);
	test->priv = st;
	num_waiting = 0;
	return 0;
}

static void enable(struct kunit *test)
{
	struct stall_test *st = test->priv;

	KUNIT_ASSERT_EQ(test, 0,
			iommu_dev_enable_feature(st->dev,
						 IOMMU_DEV_FEAT_IOPF));
}

static void disable(struct kunit *test)
{
	struct stall_test *st = test->priv;

	KUNIT_EXPECT_EQ(test, 0,
			iommu_dev_disable_feature(st->dev,
						  IOMMU_DEV_FEAT_IOPF));
}

/* A unit that can stall, and a device that may and is allowed to */
static void set_up(struct kunit *test)
{
	static const u32 sid = SID;

	probe_unit(test, SMMU3_STALL_MODEL_BOTH);
	attach_master(test, &sid, 1, true);
	enable(test);
}

static struct smmu3_dma_result send(struct stall_test *st, u32 sid,
				    unsigned long iova, unsigned int flags)
{
	return smmu3_model_dma(st->model, sid, NO_SSID, iova, flags);
}

static enum smmu3_outcome outcome(struct stall_test *st,
				  const struct smmu3_dma_result *result)
{
	return smmu3_model_outcome(st->model, result->ticket).outcome;
}

static void drain(struct kunit *test)
{
	struct stall_test *st = test->priv;

	smmu3_evtq_drain(st->smmu);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
}

static unsigned int count_resumes(struct stall_test *st)
{
	return smmu3_rig_count(st->model, SMMU3_OP_RESUME, 0);
}

/* The page is brought in, and the transaction ends as if nothing had been */
static void stall_retried(struct kunit *test)
{
	struct stall_test *st = test->priv;
	struct iommu_fault_page_request *prm;
	struct smmu3_dma_result result;

	set_up(test);
	result = send(st, SID, IOVA + 0x123, SMMU3_DMA_WRITE);
	KUNIT_ASSERT_EQ(test, result.outcome, SMMU3_DMA_STALLED);
	drain(test);
	KUNIT_ASSERT_EQ(test, num_waiting, 1);
	prm = &waiting[0]->last_fault.fault.prm;
	KUNIT_EXPECT_EQ(test, prm->addr, IOVA);
	KUNIT_EXPECT_TRUE(test, prm->perm & IOMMU_FAULT_PERM_WRITE);
	KUNIT_EXPECT_EQ(test, prm->grpid, result.stag);
	KUNIT_EXPECT_EQ(test, prm->flags, IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE);
	KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_STALLED);
	KUNIT_EXPECT_EQ(test, count_resumes(st), 0);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(st->domain, IOVA, PHYS, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	answer_all(IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_DONE);
	KUNIT_EXPECT_EQ(test, count_resumes(st), 1);
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&st->dev->iommu->faults));
}

static void stall_refused(struct kunit *test)
{
	static const enum iommu_page_response_code codes[] = {
		IOMMU_PAGE_RESP_INVALID, IOMMU_PAGE_RESP_FAILURE,
	};
	struct stall_test *st = test->priv;
	struct smmu3_dma_result result;
	int i;

	set_up(test);
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		result = send(st, SID, IOVA, 0);
		drain(test);
		answer_all(codes[i]);
		KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
		KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_ABORTED);
	}
	KUNIT_EXPECT_EQ(test, count_resumes(st), ARRAY_SIZE(codes));
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(st->model), 0);
}

/* What the transaction wanted, bit by bit */
static void stall_permissions(struct kunit *test)
{
	static const struct {
		unsigned int flags;
		u32 perm;
	} rows[] = {
		{ 0, IOMMU_FAULT_PERM_READ },
		{ SMMU3_DMA_WRITE, IOMMU_FAULT_PERM_WRITE },
		{ SMMU3_DMA_EXEC, IOMMU_FAULT_PERM_READ |
		  IOMMU_FAULT_PERM_EXEC },
		{ SMMU3_DMA_PRIV, IOMMU_FAULT_PERM_READ |
		  IOMMU_FAULT_PERM_PRIV },
		{ SMMU3_DMA_PRIV | SMMU3_DMA_WRITE, IOMMU_FAULT_PERM_WRITE |
		  IOMMU_FAULT_PERM_PRIV },
	};
	struct stall_test *st = test->priv;
	int i;

	set_up(test);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		send(st, SID, IOVA, rows[i].flags);
		drain(test);
		KUNIT_ASSERT_EQ(test, num_waiting, 1);
		KUNIT_EXPECT_EQ(test, rows[i].perm,
				waiting[0]->last_fault.fault.prm.perm);
		answer_all(IOMMU_PAGE_RESP_INVALID);
	}
}

/* Many at once, each with its own answer, whatever the order */
static void stall_many(struct kunit *test)
{
	struct smmu3_dma_result results[GROUPS / 2];
	struct stall_test *st = test->priv;
	int i;

	set_up(test);
	for (i = 0; i < ARRAY_SIZE(results); i++)
		results[i] = send(st, SID, IOVA + i * SZ_4K, 0);
	drain(test);
	KUNIT_ASSERT_EQ(test, num_waiting, ARRAY_SIZE(results));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(st->domain, IOVA, PHYS,
					   ARRAY_SIZE(results) * SZ_4K,
					   IOMMU_READ, GFP_KERNEL));
	for (i = ARRAY_SIZE(results) - 1; i >= 0; i--)
		answer(i, i % 2 ? IOMMU_PAGE_RESP_SUCCESS :
				  IOMMU_PAGE_RESP_INVALID);
	num_waiting = 0;
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	for (i = 0; i < ARRAY_SIZE(results); i++)
		KUNIT_EXPECT_EQ(test, outcome(st, &results[i]),
				i % 2 ? SMMU3_DMA_DONE : SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, count_resumes(st), ARRAY_SIZE(results));
}

/* The answer names the stream that stalled, not the device's first one */
static void stall_of_second_stream(struct kunit *test)
{
	static const u32 ids[] = { SID, OTHER_SID };
	struct stall_test *st = test->priv;
	struct smmu3_dma_result result;

	probe_unit(test, SMMU3_STALL_MODEL_BOTH);
	attach_master(test, ids, ARRAY_SIZE(ids), true);
	enable(test);
	result = send(st, OTHER_SID, IOVA, 0);
	drain(test);
	answer_all(IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_ABORTED);
}

/* Nobody was told to bring pages: over at once, and reported as a fault */
static void stall_not_enabled(struct kunit *test)
{
	static const u32 sid = SID;
	struct stall_test *st = test->priv;
	struct smmu3_dma_result result;

	probe_unit(test, SMMU3_STALL_MODEL_BOTH);
	attach_master(test, &sid, 1, true);
	result = send(st, SID, IOVA, 0);
	KUNIT_EXPECT_EQ(test, result.outcome, SMMU3_DMA_STALLED);
	drain(test);
	KUNIT_EXPECT_EQ(test, num_waiting, 0);
	KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&st->dev->iommu->faults));
	KUNIT_EXPECT_EQ(test, count_resumes(st), 1);
}

/* A device that firmware does not call able to wait never stalls */
static void stall_not_capable(struct kunit *test)
{
	static const u32 sid = SID;
	struct stall_test *st = test->priv;

	probe_unit(test, SMMU3_STALL_MODEL_BOTH);
	attach_master(test, &sid, 1, false);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			iommu_dev_enable_feature(st->dev,
						 IOMMU_DEV_FEAT_IOPF));
	KUNIT_EXPECT_EQ(test, send(st, SID, IOVA, 0).outcome,
			SMMU3_DMA_ABORTED);
	drain(test);
	KUNIT_EXPECT_EQ(test, count_resumes(st), 0);
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&st->dev->iommu->faults));
}

/* Where the instance always stalls, every device can */
static void stall_forced(struct kunit *test)
{
	static const u32 sid = SID;
	struct stall_test *st = test->priv;
	struct smmu3_dma_result result;

	probe_unit(test, SMMU3_STALL_MODEL_FORCE);
	attach_master(test, &sid, 1, false);
	result = send(st, SID, IOVA, 0);
	drain(test);
	KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_ABORTED);
	enable(test);
	send(st, SID, IOVA, 0);
	drain(test);
	KUNIT_EXPECT_EQ(test, num_waiting, 1);
	answer_all(IOMMU_PAGE_RESP_INVALID);
}

/* Only what pages can mend goes to who brings them */
static void stall_beyond_repair(struct kunit *test)
{
	static const u8 ids[] = { SMMU3_F_ADDR_SIZE, SMMU3_F_TRANSLATION };
	struct stall_test *st = test->priv;
	struct smmu3_evt evt = {};
	int i;

	set_up(test);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		evt.w[0] = ids[i] | FIELD_PREP(SMMU3_EVT0_SID, SID);
		evt.w[1] = SMMU3_EVT1_STALL | SMMU3_EVT1_RNW |
			   FIELD_PREP(SMMU3_EVT1_STAG, 0x40 + i) |
			   FIELD_PREP(SMMU3_EVT1_CLASS,
				      i ? SMMU3_CLASS_TT : SMMU3_CLASS_IN) |
			   (i ? SMMU3_EVT1_S2 : 0);
		KUNIT_ASSERT_TRUE(test, smmu3_model_event(st->model, &evt));
		drain(test);
		KUNIT_EXPECT_EQ(test, num_waiting, 0);
		KUNIT_EXPECT_EQ(test, count_resumes(st), i + 1);
		KUNIT_EXPECT_EQ(test, smmu3_model_stalls(st->model), 0);
		KUNIT_EXPECT_EQ(test, i + 1,
				atomic64_read(&st->dev->iommu->faults));
	}
}

/* Core knows nobody for that PASID: one answer, and it is no */
static void stall_unknown_pasid(struct kunit *test)
{
	struct stall_test *st = test->priv;
	struct smmu3_evt evt = { .w = {
		SMMU3_F_TRANSLATION | SMMU3_EVT0_SSV |
		FIELD_PREP(SMMU3_EVT0_SSID, 5) | FIELD_PREP(SMMU3_EVT0_SID, SID),
		SMMU3_EVT1_STALL | SMMU3_EVT1_RNW |
		FIELD_PREP(SMMU3_EVT1_STAG, 0x41) |
		FIELD_PREP(SMMU3_EVT1_CLASS, SMMU3_CLASS_IN),
		IOVA,
	} };

	set_up(test);
	smmu3_model_event(st->model, &evt);
	drain(test);
	KUNIT_EXPECT_EQ(test, num_waiting, 0);
	KUNIT_EXPECT_EQ(test, count_resumes(st), 1);
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(st->model), 0);
}

/* Switched off, nothing waits any more, and late answers go nowhere */
static void stall_disabled_while_waiting(struct kunit *test)
{
	struct stall_test *st = test->priv;
	struct smmu3_dma_result seen, queued, later;

	set_up(test);
	seen = send(st, SID, IOVA, 0);
	drain(test);
	KUNIT_ASSERT_EQ(test, num_waiting, 1);
	queued = send(st, SID, IOVA + SZ_4K, 0);
	disable(test);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	KUNIT_EXPECT_EQ(test, outcome(st, &seen), SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, outcome(st, &queued), SMMU3_DMA_ABORTED);
	later = send(st, SID, IOVA, 0);
	drain(test);
	KUNIT_EXPECT_EQ(test, outcome(st, &later), SMMU3_DMA_ABORTED);

	answer_all(IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	KUNIT_EXPECT_EQ(test, count_resumes(st), 3);
	enable(test);
	disable(test);
}

/* A device goes with transactions stalled and records in the queue */
static void stall_released(struct kunit *test)
{
	static const u32 other = OTHER_SID;
	struct stall_test *st = test->priv;
	struct smmu3_dma_result result;
	struct iommu_domain *domain;
	struct device *dev;

	set_up(test);
	dev = add_master(test, &other, 1, true);
	domain = smmu3_rig_domain(test, dev);
	domain->iopf_handler = keep_group;
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	result = send(st, OTHER_SID, IOVA, 0);
	KUNIT_ASSERT_EQ(test, result.outcome, SMMU3_DMA_STALLED);
	iommu_detach_device(domain, dev);
	kunit_release_action(test, remove_master, to_platform_device(dev));
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	KUNIT_EXPECT_EQ(test, outcome(st, &result), SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(st->model), 0);
	KUNIT_EXPECT_GE(test, smmu3_model_find_cmd(st->model,
						   SMMU3_OP_STALL_TERM, 0), 0);
	KUNIT_EXPECT_TRUE(test,
			  smmu3_ring_empty(st->smmu->evtq.lg2,
					   smmu3_model_get(st->model,
							   SMMU3_PAGE1 +
							   SMMU3_PAGE1_EVENTQ_PROD),
					   st->smmu->evtq.cons));
	iommu_domain_free(domain);
}

/* As many as the model has tickets for */
#define RACE_SENDS	60
#define RACE_PATIENCE	(10 * HZ)

static int answer_now(struct iopf_group *group)
{
	iopf_group_response(group, IOMMU_PAGE_RESP_INVALID);
	iopf_free_group(group);
	return 0;
}

/**
 * struct stall_race - what the threads share
 * @st: device and unit
 * @done: all transactions were sent, and ended or not
 * @ended: those that did
 */
struct stall_race {
	struct stall_test *st;
	struct completion done;
	unsigned int ended;
};

static int send_and_wait(void *data)
{
	struct stall_race *race = data;
	struct smmu3_dma_result result;
	unsigned long end;
	int i;

	for (i = 0; i < RACE_SENDS; i++) {
		result = send(race->st, SID, IOVA, 0);
		end = jiffies + RACE_PATIENCE;
		while (outcome(race->st, &result) == SMMU3_DMA_STALLED &&
		       time_before(jiffies, end)) {
			usleep_range(20, 50);
			smmu3_evtq_drain(race->st->smmu);
		}
		race->ended += outcome(race->st, &result) == SMMU3_DMA_ABORTED;
	}
	complete(&race->done);
	return 0;
}

/* Whoever ends a stall while the feature goes on and off, it is one of them */
static void stall_races(struct kunit *test)
{
	struct stall_test *st = test->priv;
	struct stall_race race = { .st = st };
	struct task_struct *task;
	unsigned int toggles = 0;

	set_up(test);
	st->domain->iopf_handler = answer_now;
	init_completion(&race.done);
	st->model->num_cmds = 0;
	task = kthread_run(send_and_wait, &race, "smmu3-stalls");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (!try_wait_for_completion(&race.done)) {
		disable(test);
		cond_resched();
		KUNIT_EXPECT_EQ(test, 0,
				iommu_dev_enable_feature(st->dev,
							 IOMMU_DEV_FEAT_IOPF));
		schedule();
		toggles++;
	}
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(st->model));
	KUNIT_EXPECT_EQ(test, race.ended, RACE_SENDS);
	KUNIT_EXPECT_EQ(test, count_resumes(st), RACE_SENDS);
	KUNIT_EXPECT_LT(test, st->model->num_cmds, SMMU3_MODEL_LOG);
	kunit_info(test, "%u toggles", toggles);
}

static struct kunit_case stall_cases[] = {
	KUNIT_CASE(stall_retried),
	KUNIT_CASE(stall_refused),
	KUNIT_CASE(stall_permissions),
	KUNIT_CASE(stall_many),
	KUNIT_CASE(stall_of_second_stream),
	KUNIT_CASE(stall_not_enabled),
	KUNIT_CASE(stall_not_capable),
	KUNIT_CASE(stall_forced),
	KUNIT_CASE(stall_beyond_repair),
	KUNIT_CASE(stall_unknown_pasid),
	KUNIT_CASE(stall_disabled_while_waiting),
	KUNIT_CASE(stall_released),
	KUNIT_CASE(stall_races),
	{}
};

static struct kunit_suite stall_suite = {
	.name = "smmu3-stall",
	.init = stall_init,
	.test_cases = stall_cases,
};

kunit_test_suite(stall_suite);
