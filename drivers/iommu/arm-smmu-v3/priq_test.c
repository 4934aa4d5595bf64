// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of priq.c and pri.c, against the software model: page requests,
 * who takes them, and that every group gets one answer.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/unaligned.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID		0x100
#define HELPER_SID	0x180
#define STRANGER_SID	0x777
#define IOVA		0x40000000UL
#define NO_SSID		SMMU3_MODEL_NO_SSID
#define PRIQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_PROD)
#define PRIQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_CONS)
/* Entries of the model's queue */
#define SIZE		64

struct priq_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct smmu3_pci_fake *fake;
	struct smmu3_device *device;
};

/* The latest group that the handler was given */
static struct {
	unsigned int groups;
	unsigned int faults;
	u32 perm;
	enum iommu_page_response_code code;
} seen;

static int answer_group(struct iopf_group *group)
{
	seen.groups++;
	seen.faults = group->fault_count;
	seen.perm = group->last_fault.fault.prm.perm;
	iopf_group_response(group, seen.code);
	iopf_free_group(group);
	return 0;
}

static int priq_init(struct kunit *test)
{
	struct priq_test *pt = kunit_kzalloc(test, sizeof(*pt), GFP_KERNEL);
	const u32 sid = SID;

	KUNIT_ASSERT_NOT_NULL(test, pt);
	test->priv = pt;
	memset(&seen, 0, sizeof(seen));
	pt->smmu = smmu3_rig_start(test, &pt->model);
	pt->fake = smmu3_pci_fake_create(test, pt->smmu, &sid, 1);
	smmu3_pci_fake_join(test, pt->fake, pt->model, HELPER_SID,
			    answer_group);
	return 0;
}

static void probe(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	pt->device = smmu3_pci_fake_probe(test, pt->fake);
}

static void enable(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	probe(test);
	KUNIT_ASSERT_EQ(test, 0, smmu3_stall_enable(pt->device));
}

static bool ask(struct priq_test *pt, u32 sid, u32 ssid, u16 group, bool last)
{
	return smmu3_model_page_request(pt->model, sid, ssid, IOVA, 0, group,
					last);
}

static void drain(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	smmu3_priq_drain(pt->smmu);
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(pt->model));
}

static unsigned int count_answers(struct priq_test *pt)
{
	return smmu3_rig_count(pt->model, SMMU3_OP_PRI_RESP, 0);
}

static void expect_answer(struct kunit *test, u32 sid, u16 group,
			  enum smmu3_pri_resp resp, u32 ssid)
{
	struct priq_test *pt = test->priv;
	struct smmu3_page_answer answer;

	KUNIT_ASSERT_TRUE(test, smmu3_model_page_answer(pt->model, sid, group,
							&answer));
	KUNIT_EXPECT_EQ(test, answer.resp, resp);
	KUNIT_EXPECT_EQ(test, answer.ssid, ssid);
	KUNIT_EXPECT_FALSE(test, answer.automatic);
}

static void ppr_decodes(struct kunit *test)
{
	struct smmu3_page_request req;
	struct smmu3_ppr ppr = { .w = {
		0x12345678ULL | 0xabcdeULL << 32 | BIT_ULL(61) | BIT_ULL(63),
		0xfffff00000001000ULL | 0x1a5,
	} };

	smmu3_ppr_decode(&ppr, &req);
	KUNIT_EXPECT_EQ(test, req.sid, 0x12345678);
	KUNIT_EXPECT_EQ(test, req.ssid, 0xabcde);
	KUNIT_EXPECT_TRUE(test, req.ssv);
	KUNIT_EXPECT_EQ(test, req.perm, IOMMU_FAULT_PERM_WRITE);
	KUNIT_EXPECT_EQ(test, req.addr, 0xfffff00000001000ULL);
	KUNIT_EXPECT_EQ(test, req.group, 0x1a5);
	KUNIT_EXPECT_FALSE(test, req.last);
	KUNIT_EXPECT_FALSE(test, req.stop);

	ppr.w[0] = BIT_ULL(58) | BIT_ULL(59) | BIT_ULL(60) | BIT_ULL(62);
	smmu3_ppr_decode(&ppr, &req);
	KUNIT_EXPECT_EQ(test, req.perm, IOMMU_FAULT_PERM_READ |
			IOMMU_FAULT_PERM_EXEC | IOMMU_FAULT_PERM_PRIV);
	KUNIT_EXPECT_TRUE(test, req.last);
	KUNIT_EXPECT_FALSE(test, req.ssv);

	/* A stop marker has a PASID, and wants nothing */
	ppr.w[0] = BIT_ULL(62) | BIT_ULL(63);
	smmu3_ppr_decode(&ppr, &req);
	KUNIT_EXPECT_TRUE(test, req.stop);
	ppr.w[0] = BIT_ULL(62);
	smmu3_ppr_decode(&ppr, &req);
	KUNIT_EXPECT_FALSE(test, req.stop);
}

/* On and off with the feature, with no more under way than there is room for */
static void pri_on_and_off(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	enable(test);
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_pri(pt->fake));
	KUNIT_EXPECT_EQ(test, SMMU3_PRI_OUTSTANDING,
			get_unaligned_le32(pt->fake->config +
					   SMMU3_PCI_FAKE_PRI +
					   PCI_PRI_ALLOC_REQ));
	KUNIT_EXPECT_EQ(test, -EBUSY, smmu3_stall_enable(pt->device));
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_pri(pt->fake));
	smmu3_stall_disable(pt->device);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_pri(pt->fake));
	smmu3_stall_disable(pt->device);
}

/* A device that does not come to rest gets no PRI, and is on no queue */
static void pri_refused_by_device(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	put_unaligned_le16(0, pt->fake->config + SMMU3_PCI_FAKE_PRI +
			   PCI_PRI_STATUS);
	probe(test);
	KUNIT_EXPECT_EQ(test, -EBUSY, smmu3_stall_enable(pt->device));
	KUNIT_EXPECT_FALSE(test, pt->device->stall.enabled);
	KUNIT_EXPECT_EQ(test, -ENODEV, iopf_queue_flush_dev(&pt->fake->pdev.dev));
}

static void priq_group(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	enable(test);
	KUNIT_EXPECT_TRUE(test, ask(pt, SID, NO_SSID, 3, false));
	KUNIT_EXPECT_TRUE(test, ask(pt, SID, NO_SSID, 4, false));
	KUNIT_EXPECT_TRUE(test, ask(pt, SID, NO_SSID, 3, false));
	KUNIT_EXPECT_TRUE(test, ask(pt, SID, NO_SSID, 3, true));
	drain(test);
	KUNIT_EXPECT_EQ(test, seen.groups, 1);
	KUNIT_EXPECT_EQ(test, seen.faults, 3);
	KUNIT_EXPECT_EQ(test, seen.perm, IOMMU_FAULT_PERM_READ);
	KUNIT_EXPECT_EQ(test, count_answers(pt), 1);
	expect_answer(test, SID, 3, SMMU3_PRI_SUCCESS, NO_SSID);
	KUNIT_EXPECT_FALSE(test, smmu3_model_page_answer(pt->model, SID, 4,
							 NULL));
}

static void priq_verdicts(struct kunit *test)
{
	static const enum smmu3_pri_resp resps[] = {
		[IOMMU_PAGE_RESP_SUCCESS] = SMMU3_PRI_SUCCESS,
		[IOMMU_PAGE_RESP_INVALID] = SMMU3_PRI_INVALID,
		[IOMMU_PAGE_RESP_FAILURE] = SMMU3_PRI_FAILURE,
	};
	struct priq_test *pt = test->priv;
	int i;

	enable(test);
	for (i = 0; i < ARRAY_SIZE(resps); i++) {
		seen.code = i;
		ask(pt, SID, NO_SSID, i, true);
		drain(test);
		expect_answer(test, SID, i, resps[i], NO_SSID);
	}
}

/* The PASID is in the answer if the device wants it there, not otherwise */
static void priq_pasid_in_answer(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	enable(test);
	ask(pt, SID, 5, 1, true);
	drain(test);
	/* Nothing is attached to that PASID */
	expect_answer(test, SID, 1, SMMU3_PRI_INVALID, NO_SSID);

	smmu3_pci_fake_release(test, pt->fake);
	pt->fake->pdev.pasid_required = 1;
	enable(test);
	ask(pt, SID, 5, 2, true);
	ask(pt, SID, NO_SSID, 3, true);
	drain(test);
	expect_answer(test, SID, 2, SMMU3_PRI_INVALID, 5);
	expect_answer(test, SID, 3, SMMU3_PRI_SUCCESS, NO_SSID);
	KUNIT_EXPECT_EQ(test, count_answers(pt), 3);
}

/* Who has no business here is told so, once for each group */
static void priq_strangers(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	probe(test);
	ask(pt, STRANGER_SID, NO_SSID, 1, false);
	ask(pt, STRANGER_SID, NO_SSID, 1, true);
	ask(pt, STRANGER_SID, 9, 2, true);
	ask(pt, SID, NO_SSID, 3, false);
	ask(pt, SID, 5, 3, true);
	ask(pt, HELPER_SID, NO_SSID, 4, true);
	drain(test);
	KUNIT_EXPECT_EQ(test, seen.groups, 0);
	expect_answer(test, STRANGER_SID, 1, SMMU3_PRI_INVALID, NO_SSID);
	expect_answer(test, STRANGER_SID, 2, SMMU3_PRI_INVALID, 9);
	expect_answer(test, SID, 3, SMMU3_PRI_INVALID, NO_SSID);
	expect_answer(test, HELPER_SID, 4, SMMU3_PRI_INVALID, NO_SSID);
	KUNIT_EXPECT_EQ(test, count_answers(pt), 4);
	KUNIT_EXPECT_EQ(test, 4,
			atomic64_read(&pt->smmu->counters.pages_denied));
}

/* The model complains about an answer to it */
static void priq_stop_marker(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	enable(test);
	KUNIT_EXPECT_TRUE(test, smmu3_model_page_stop(pt->model, SID, 5));
	KUNIT_EXPECT_TRUE(test, smmu3_model_page_stop(pt->model, STRANGER_SID,
						      5));
	drain(test);
	KUNIT_EXPECT_EQ(test, count_answers(pt), 0);
	KUNIT_EXPECT_EQ(test, 2, atomic64_read(&pt->smmu->counters.pages));
}

/* Every slot, with both values of the wrap bit */
static void priq_wraps(struct kunit *test)
{
	struct priq_test *pt = test->priv;
	int i;

	enable(test);
	for (i = 0; i < 3 * SIZE; i += 3) {
		ask(pt, SID, NO_SSID, i / 3, false);
		ask(pt, SID, NO_SSID, i / 3, false);
		ask(pt, SID, NO_SSID, i / 3, true);
		drain(test);
		KUNIT_EXPECT_EQ(test, seen.faults, 3);
	}
	KUNIT_EXPECT_EQ(test, seen.groups, SIZE);
	KUNIT_EXPECT_EQ(test, count_answers(pt), SIZE);
	KUNIT_EXPECT_EQ(test, smmu3_model_get(pt->model, PRIQ_PROD),
			smmu3_model_get(pt->model, PRIQ_CONS));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&pt->smmu->counters.pages_lost));
}

/*
 * What the unit answered by itself is not ours: not a second answer, and no
 * part of a later group.  Twice, as the flag has two values.
 */
static void priq_overflows(struct kunit *test)
{
	struct priq_test *pt = test->priv;
	struct smmu3_page_answer answer;
	unsigned int before;
	int round, i;

	enable(test);
	/* On a slow machine it would make room meanwhile */
	cancel_delayed_work_sync(&pt->smmu->irq.poll);
	for (round = 1; round <= 2; round++) {
		before = count_answers(pt);
		for (i = 0; i < SIZE - 1; i++)
			ask(pt, SID, NO_SSID, round * 100 + i % 50, i < 50);
		KUNIT_EXPECT_TRUE(test, ask(pt, SID, NO_SSID, 7, false));
		KUNIT_EXPECT_FALSE(test, ask(pt, SID, NO_SSID, 7, true));
		KUNIT_EXPECT_FALSE(test, ask(pt, SID, NO_SSID, 8, true));
		drain(test);
		KUNIT_EXPECT_EQ(test, count_answers(pt) - before, 50);
		KUNIT_EXPECT_TRUE(test, smmu3_model_page_answer(pt->model, SID,
								7, &answer));
		KUNIT_EXPECT_TRUE(test, answer.automatic);
		KUNIT_EXPECT_EQ(test, round,
				atomic64_read(&pt->smmu->counters.pages_lost));

		KUNIT_EXPECT_TRUE(test, ask(pt, SID, NO_SSID, 7, true));
		drain(test);
		KUNIT_EXPECT_EQ(test, seen.faults, 1);
		expect_answer(test, SID, 7, SMMU3_PRI_SUCCESS, NO_SSID);
	}
}

/* A unit that has gone reads as all ones */
static void priq_registers_gone(struct kunit *test)
{
	struct priq_test *pt = test->priv;

	smmu3_model_set(pt->model, PRIQ_PROD, U32_MAX);
	smmu3_priq_drain(pt->smmu);
	KUNIT_EXPECT_LE(test, atomic64_read(&pt->smmu->counters.pages), SIZE);
	smmu3_model_set(pt->model, PRIQ_PROD,
			smmu3_model_get(pt->model, PRIQ_CONS));
}

static struct kunit_case priq_cases[] = {
	KUNIT_CASE(ppr_decodes),
	KUNIT_CASE(pri_on_and_off),
	KUNIT_CASE(pri_refused_by_device),
	KUNIT_CASE(priq_group),
	KUNIT_CASE(priq_verdicts),
	KUNIT_CASE(priq_pasid_in_answer),
	KUNIT_CASE(priq_strangers),
	KUNIT_CASE(priq_stop_marker),
	KUNIT_CASE(priq_wraps),
	KUNIT_CASE(priq_overflows),
	KUNIT_CASE(priq_registers_gone),
	{}
};

static struct kunit_suite priq_suite = {
	.name = "smmu3-priq",
	.init = priq_init,
	.test_cases = priq_cases,
};

kunit_test_suite(priq_suite);
