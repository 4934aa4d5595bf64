// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of the software SMMUv3: stalls, ATS, page requests, and hardware
 * that fails.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/sizes.h>

#include "model_bench.h"

#define SID	5
#define PASID	3
#define NONE	SMMU3_MODEL_NO_SSID

#define USER	BIT_ULL(6)
#define RDONLY	BIT_ULL(7)
#define NG	BIT_ULL(11)
#define DBM	BIT_ULL(51)

#define EVTQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_PROD)
#define EVTQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_CONS)
#define PRIQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_PROD)
#define PRIQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_CONS)

struct device_test {
	struct smmu3_bench *b;
	struct smmu3_bench_table t;
	struct smmu3_cd *cd;
};

/* A stream of stage 1 that stalls, with nothing mapped */
static int device_init(struct kunit *test)
{
	struct device_test *dt = kunit_kzalloc(test, sizeof(*dt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dt);
	test->priv = dt;
	dt->b = smmu3b_create(test);
	dt->t = smmu3b_table(test, 12, 39);
	smmu3b_start(dt->b);
	dt->cd = smmu3b_stage1(dt->b, SID, &dt->t, 39);
	dt->cd->w[0] |= cpu_to_le64(SMMU3_CD0_S);
	return 0;
}

static struct smmu3_model *model_of(struct kunit *test)
{
	struct device_test *dt = test->priv;

	return dt->b->model;
}

static void issue(struct kunit *test, struct smmu3_cmd cmd)
{
	struct device_test *dt = test->priv;

	KUNIT_EXPECT_TRUE(test, smmu3b_issue(dt->b, cmd));
}

static void map(struct kunit *test, u64 iova, u64 pa, u64 bits)
{
	struct device_test *dt = test->priv;

	smmu3b_map(test, &dt->t, iova, 3, pa, bits | NG);
}

static struct smmu3_dma_result send(struct kunit *test, u64 iova,
				    unsigned int flags)
{
	return smmu3_model_dma(model_of(test), SID, NONE, iova, flags);
}

/* Stalls */

static void stall_retried(struct kunit *test)
{
	struct device_test *dt = test->priv;
	char *page = smmu3b_alloc(test, SZ_4K), buf[] = "late";
	struct smmu3_dma_result r;
	struct smmu3_evt evt;
	u16 first;

	r = smmu3_model_copy(dt->b->model, SID, NONE, SZ_1M, SMMU3_DMA_WRITE,
			     buf, sizeof(buf));
	KUNIT_ASSERT_EQ(test, r.outcome, SMMU3_DMA_STALLED);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(dt->b, &evt));
	KUNIT_EXPECT_TRUE(test, evt.w[1] & SMMU3_EVT1_STALL);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_EVT1_STAG, evt.w[1]), r.stag);
	first = r.stag;
	/* Too early: it faults once more, under another tag */
	issue(test, smmu3_cmd_resume(SID, first, SMMU3_RESUME_RETRY));
	r = smmu3_model_outcome(dt->b->model, r.ticket);
	KUNIT_EXPECT_EQ(test, r.outcome, SMMU3_DMA_STALLED);
	KUNIT_EXPECT_NE(test, r.stag, first);
	KUNIT_EXPECT_TRUE(test, smmu3b_event(dt->b, &evt));
	map(test, SZ_1M, virt_to_phys(page), USER);
	issue(test, smmu3_cmd_resume(SID, r.stag, SMMU3_RESUME_RETRY));
	r = smmu3_model_outcome(dt->b->model, r.ticket);
	KUNIT_EXPECT_EQ(test, r.outcome, SMMU3_DMA_DONE);
	KUNIT_EXPECT_STREQ(test, page, "late");
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(dt->b->model), 0);
}

static void stall_ended(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);
	struct smmu3_dma_result a = send(test, SZ_1M, 0);
	struct smmu3_dma_result b = send(test, SZ_2M, 0);
	struct smmu3_dma_result c = send(test, SZ_4M, 0);

	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(model), 3);
	issue(test, smmu3_cmd_resume(SID, a.stag, SMMU3_RESUME_ABORT));
	issue(test, smmu3_cmd_resume(SID, b.stag, SMMU3_RESUME_TERMINATE));
	KUNIT_EXPECT_EQ(test, smmu3_model_outcome(model, a.ticket).outcome,
			SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, smmu3_model_outcome(model, b.ticket).outcome,
			SMMU3_DMA_IGNORED);
	/* CMD_STALL_TERM, after which a CMD_RESUME comes late, but once */
	issue(test, (struct smmu3_cmd) { .w = { 0x45 | (u64)SID << 32 } });
	KUNIT_EXPECT_EQ(test, smmu3_model_outcome(model, c.ticket).outcome,
			SMMU3_DMA_ABORTED);
	issue(test, smmu3_cmd_resume(SID, c.stag, SMMU3_RESUME_RETRY));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, ""), 0);
}

static void stall_answered_twice(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);
	struct smmu3_dma_result r = send(test, SZ_1M, 0);

	issue(test, smmu3_cmd_resume(SID, r.stag + 1, SMMU3_RESUME_RETRY));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, "nothing stalls"), 1);
	issue(test, smmu3_cmd_resume(SID, r.stag, SMMU3_RESUME_ABORT));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, ""), 0);
	issue(test, smmu3_cmd_resume(SID, r.stag, SMMU3_RESUME_ABORT));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, "already"), 1);
}

/* A full queue loses faults, but of a stall the record comes later */
static void stall_not_lost(struct kunit *test)
{
	struct device_test *dt = test->priv;
	struct smmu3_model *model = dt->b->model;
	struct smmu3_dma_result r;
	struct smmu3_evt evt;
	int i;

	for (i = 0; i < BIT(SMMU3B_QUEUE_LG2); i++)
		KUNIT_EXPECT_TRUE(test, smmu3_model_dma(model, 0, NONE, 0,
							0).recorded);
	r = send(test, SZ_1M, 0);
	KUNIT_EXPECT_EQ(test, r.outcome, SMMU3_DMA_STALLED);
	KUNIT_EXPECT_FALSE(test, r.recorded);
	KUNIT_EXPECT_FALSE(test, smmu3_model_get(model, EVTQ_PROD) &
			   SMMU3_QIDX_OVF);
	KUNIT_EXPECT_FALSE(test, smmu3_model_dma(model, 0, NONE, 0,
						 0).recorded);
	KUNIT_EXPECT_TRUE(test, smmu3_model_get(model, EVTQ_PROD) &
			  SMMU3_QIDX_OVF);
	smmu3b_event(dt->b, &evt);
	KUNIT_EXPECT_TRUE(test, smmu3_model_outcome(model, r.ticket).recorded);
	while (smmu3b_event(dt->b, &evt))
		;
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_EVT1_STAG, evt.w[1]), r.stag);
	issue(test, smmu3_cmd_resume(SID, r.stag, SMMU3_RESUME_ABORT));
}

/* ATS */

static struct smmu3_ats_result ask(struct kunit *test, unsigned int flags)
{
	return smmu3_model_ats_translate(model_of(test), SID, NONE, SZ_1M,
					 flags);
}

static void ats_fills_and_forgets(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);
	struct smmu3_ats_result a;

	/* A page that is not there is no fault, and no stall */
	a = ask(test, 0);
	KUNIT_EXPECT_EQ(test, a.status, SMMU3_ATS_SUCCESS);
	KUNIT_EXPECT_FALSE(test, a.read || a.write);
	KUNIT_EXPECT_EQ(test, smmu3_model_stalls(model), 0);
	map(test, SZ_1M, SZ_2M, USER | RDONLY);
	a = ask(test, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_TRUE(test, a.read && !a.write);
	KUNIT_EXPECT_EQ(test, a.pa, SZ_2M);
	KUNIT_EXPECT_EQ(test, SZ_2M + 1,
			send(test, SZ_1M + 1, SMMU3_DMA_TRANSLATED).pa);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_NO_ATC,
			send(test, SZ_1M, SMMU3_DMA_TRANSLATED |
			     SMMU3_DMA_WRITE).outcome);
	/* The TLB's invalidation is not the device's */
	map(test, SZ_1M, SZ_4M, USER);
	issue(test, smmu3_cmd_plain(SMMU3_OP_TLBI_NSNH_ALL));
	KUNIT_EXPECT_EQ(test, SZ_2M,
			send(test, SZ_1M, SMMU3_DMA_TRANSLATED).pa);
	issue(test, smmu3_cmd_atc_inv(SID, 0, false, 0, 8));
	issue(test, smmu3_cmd_atc_inv(SID + 1, 0, false, 0,
				      SMMU3_ATC_SIZE_ALL));
	issue(test, smmu3_cmd_atc_inv(SID, PASID, true, SZ_1M, 0));
	KUNIT_EXPECT_EQ(test, smmu3_model_atc_entries(model, SID), 1);
	issue(test, smmu3_cmd_atc_inv(SID, 0, false, SZ_1M, 0));
	KUNIT_EXPECT_EQ(test, smmu3_model_atc_entries(model, SID), 0);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_NO_ATC,
			send(test, SZ_1M, SMMU3_DMA_TRANSLATED).outcome);
	KUNIT_EXPECT_EQ(test, ask(test, 0).pa, SZ_4M);
}

static void ats_switched_off(struct kunit *test)
{
	struct device_test *dt = test->priv;
	struct smmu3_evt evt;
	struct smmu3_ste ste;

	map(test, SZ_1M, SZ_2M, USER);
	ask(test, 0);
	ste = dt->b->ste[SID];
	ste.w[1] &= ~cpu_to_le64(SMMU3_STE1_EATS);
	smmu3b_set_ste(dt->b, SID, &ste);
	KUNIT_EXPECT_EQ(test, ask(test, 0).status, SMMU3_ATS_UR);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(dt->b, &evt));
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_EVT0_ID, evt.w[0]),
			SMMU3_F_BAD_ATS_TREQ);
	/* What is left in the ATC is of no use */
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, SMMU3_DMA_TRANSLATED).event,
			SMMU3_F_TRANSL_FORBIDDEN);
}

/* A device that may write unseen has made the page dirty already */
static void ats_dirty(struct kunit *test)
{
	struct device_test *dt = test->priv;
	__le64 *desc = smmu3b_desc(test, &dt->t, SZ_1M, 3);

	dt->cd->w[0] |= cpu_to_le64(SMMU3_CD0_HA | SMMU3_CD0_HD);
	map(test, SZ_1M, SZ_2M, USER | RDONLY | DBM);
	KUNIT_EXPECT_FALSE(test, ask(test, 0).write);
	KUNIT_EXPECT_TRUE(test, le64_to_cpu(*desc) & RDONLY);
	KUNIT_EXPECT_TRUE(test, ask(test, SMMU3_DMA_WRITE).write);
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(*desc) & RDONLY);
}

/* PRI */

static void page_answered(struct kunit *test)
{
	struct device_test *dt = test->priv;
	struct smmu3_model *model = dt->b->model;
	struct smmu3_page_answer answer;

	KUNIT_EXPECT_TRUE(test, smmu3_model_page_request(model, SID, PASID,
							 SZ_1M, 0, 2, false));
	KUNIT_EXPECT_TRUE(test, smmu3_model_page_request(model, SID, PASID,
							 SZ_2M,
							 SMMU3_DMA_WRITE, 2,
							 true));
	KUNIT_EXPECT_TRUE(test, smmu3_model_page_stop(model, SID, PASID));
	KUNIT_EXPECT_EQ(test, smmu3_model_get(model, PRIQ_PROD), 3);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(dt->b->priq[0]),
			SID | (u64)PASID << 32 | BIT_ULL(60) | BIT_ULL(63));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(dt->b->priq[1]), SZ_1M | 2);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(dt->b->priq[2]),
			SID | (u64)PASID << 32 | BIT_ULL(61) | BIT_ULL(62) |
			BIT_ULL(63));
	KUNIT_EXPECT_FALSE(test, smmu3_model_page_answer(model, SID, 2, NULL));
	issue(test, smmu3_cmd_pri_resp(SID, PASID, true, 2,
				       SMMU3_PRI_SUCCESS));
	KUNIT_ASSERT_TRUE(test, smmu3_model_page_answer(model, SID, 2,
							&answer));
	KUNIT_EXPECT_EQ(test, answer.resp, SMMU3_PRI_SUCCESS);
	KUNIT_EXPECT_FALSE(test, answer.automatic);
}

static void page_answered_wrong(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);

	issue(test, smmu3_cmd_pri_resp(SID, 0, false, 2, SMMU3_PRI_SUCCESS));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, "nothing waits"), 1);
	smmu3_model_page_request(model, SID, PASID, 0, 0, 2, true);
	issue(test, smmu3_cmd_pri_resp(SID, PASID + 1, true, 2,
				       SMMU3_PRI_SUCCESS));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, "PASID 0x4"), 1);
	issue(test, smmu3_cmd_pri_resp(SID, PASID, true, 2,
				       SMMU3_PRI_SUCCESS));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, "nothing waits"), 1);
}

static void page_overflow(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);
	struct smmu3_page_answer answer;
	int i;

	for (i = 0; i < BIT(SMMU3B_QUEUE_LG2); i++)
		KUNIT_EXPECT_TRUE(test,
				  smmu3_model_page_request(model, SID, NONE, 0,
							   0, 1, false));
	KUNIT_EXPECT_FALSE(test, smmu3_model_page_request(model, SID, NONE, 0,
							  0, 1, true));
	KUNIT_EXPECT_TRUE(test, smmu3_model_get(model, PRIQ_PROD) &
			  SMMU3_QIDX_OVF);
	KUNIT_ASSERT_TRUE(test, smmu3_model_page_answer(model, SID, 1,
							&answer));
	KUNIT_EXPECT_EQ(test, answer.resp, SMMU3_PRI_SUCCESS);
	KUNIT_EXPECT_TRUE(test, answer.automatic);
	/* Room alone does not help, software has to say that it knows */
	smmu3_model_write(model, PRIQ_CONS, 4);
	KUNIT_EXPECT_FALSE(test, smmu3_model_page_request(model, SID, NONE, 0,
							  0, 1, false));
	smmu3_model_write(model, PRIQ_CONS, 4 | SMMU3_QIDX_OVF);
	KUNIT_EXPECT_TRUE(test, smmu3_model_page_request(model, SID, NONE, 0,
							 0, 1, false));
}

/* Hardware that fails */

static void sync_is_slow(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);
	ktime_t begin = ktime_get();

	model->sync_delay_us = 20000;
	issue(test, smmu3_cmd_cfgi_all());
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), begin), 20000);
}

static void atc_does_not_answer(struct kunit *test)
{
	struct device_test *dt = test->priv;
	struct smmu3_model *model = dt->b->model;
	struct smmu3_cmd inv = smmu3_cmd_atc_inv(SID, 0, false, 0,
						 SMMU3_ATC_SIZE_ALL);

	model->atc_stuck = true;
	KUNIT_EXPECT_FALSE(test, smmu3b_issue(dt->b, inv));
	KUNIT_EXPECT_TRUE(test, smmu3_model_settle(model));
	model->atc_stuck = false;
	issue(test, inv);
}

static void command_is_refused(struct kunit *test)
{
	struct device_test *dt = test->priv;
	struct smmu3_model *model = dt->b->model;

	model->refuse_op = SMMU3_OP_CFGI_STE_RANGE;
	model->refuse_count = 1;
	KUNIT_EXPECT_FALSE(test, smmu3b_issue(dt->b, smmu3_cmd_cfgi_all()));
	KUNIT_EXPECT_EQ(test, -1,
			smmu3_model_find_cmd(model, SMMU3_OP_CFGI_STE_RANGE,
					     0));
	issue(test, smmu3_cmd_cfgi_all());
}

static void service_fails(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);

	map(test, SZ_1M, SZ_2M, USER);
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).outcome, SMMU3_DMA_DONE);
	smmu3_model_gerror(model, SMMU3_GERROR_SFM);
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).outcome, SMMU3_DMA_ABORTED);
}

/* Off is as GBPA says; and what stalled then is over */
static void disabled(struct kunit *test)
{
	struct smmu3_model *model = model_of(test);
	struct smmu3_dma_result r = send(test, SZ_1M, 0);

	smmu3_model_write(model, SMMU3_CR0, SMMU3_CR0_CMDQEN);
	KUNIT_EXPECT_EQ(test, smmu3_model_outcome(model, r.ticket).outcome,
			SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).pa, SZ_1M);
	smmu3_model_write(model, SMMU3_GBPA,
			  SMMU3_GBPA_ABORT | SMMU3_GBPA_UPDATE);
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).outcome, SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, ask(test, 0).status, SMMU3_ATS_UR);
	KUNIT_EXPECT_FALSE(test, smmu3_model_page_request(model, SID, NONE, 0,
							  0, 1, true));
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE(stall_retried),
	KUNIT_CASE(stall_ended),
	KUNIT_CASE(stall_answered_twice),
	KUNIT_CASE(stall_not_lost),
	KUNIT_CASE(ats_fills_and_forgets),
	KUNIT_CASE(ats_switched_off),
	KUNIT_CASE(ats_dirty),
	KUNIT_CASE(page_answered),
	KUNIT_CASE(page_answered_wrong),
	KUNIT_CASE(page_overflow),
	KUNIT_CASE(sync_is_slow),
	KUNIT_CASE(atc_does_not_answer),
	KUNIT_CASE(command_is_refused),
	KUNIT_CASE(service_fails),
	KUNIT_CASE(disabled),
	{}
};

static struct kunit_suite device_suite = {
	.name = "smmu3-model-device",
	.init = device_init,
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);
