// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of the software SMMUv3: that its caches keep what they may keep,
 * and that it sees what must not be.  Walks have a suite of their own.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/sizes.h>

#include "model_bench.h"

#define SID	5
#define NONE	SMMU3_MODEL_NO_SSID

#define USER	BIT_ULL(6)
#define RDONLY	BIT_ULL(7)
#define NG	BIT_ULL(11)

struct model_test {
	struct smmu3_bench *b;
	struct smmu3_bench_table t;
	struct smmu3_cd *cd;
};

/* A stream of stage 1 that has the page at 1 MiB, without its device's ATC */
static int model_init(struct kunit *test)
{
	struct model_test *mt = kunit_kzalloc(test, sizeof(*mt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mt);
	test->priv = mt;
	mt->b = smmu3b_create(test);
	mt->t = smmu3b_table(test, 12, 39);
	smmu3b_start(mt->b);
	mt->cd = smmu3b_stage1(mt->b, SID, &mt->t, 39);
	smmu3b_map(test, &mt->t, SZ_1M, 3, SZ_2M, USER | NG);
	return 0;
}

static struct smmu3_model *model_of(struct kunit *test)
{
	struct model_test *mt = test->priv;

	return mt->b->model;
}

static void issue(struct kunit *test, struct smmu3_cmd cmd)
{
	struct model_test *mt = test->priv;

	KUNIT_EXPECT_TRUE(test, smmu3b_issue(mt->b, cmd));
}

static struct smmu3_dma_result send(struct kunit *test, u64 iova,
				    unsigned int flags)
{
	return smmu3_model_dma(model_of(test), SID, NONE, iova, flags);
}

/* Where a read of the address ends, or 0 */
static u64 where(struct kunit *test, u64 iova)
{
	struct smmu3_dma_result r = send(test, iova, 0);

	return r.outcome == SMMU3_DMA_DONE ? r.pa : 0;
}

static void remap(struct kunit *test, u64 iova, int level, u64 pa)
{
	struct model_test *mt = test->priv;

	smmu3b_map(test, &mt->t, iova, level, pa, USER | NG);
}

static void expect_complaints(struct kunit *test, const char *what)
{
	KUNIT_EXPECT_GT_MSG(test, smmu3_model_excuse(model_of(test), what), 0,
			    "nobody complains: %s", what);
}

/* Data */

static void moves_data(struct kunit *test)
{
	struct model_test *mt = test->priv;
	char *page = smmu3b_alloc(test, SZ_8K), buf[64] = "";
	u64 pa = virt_to_phys(page);

	/* Pages that are neighbours for the device are not in memory */
	remap(test, SZ_1M, 3, pa + SZ_4K);
	remap(test, SZ_1M + SZ_4K, 3, pa);
	memcpy(page + SZ_8K - 8, "software", 8);
	memcpy(page, " SMMU", 6);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_copy(mt->b->model, SID, NONE,
					 SZ_1M + SZ_4K - 8, 0, buf,
					 14).outcome);
	KUNIT_EXPECT_STREQ(test, buf, "software SMMU");
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_copy(mt->b->model, SID, NONE,
					 SZ_1M + SZ_4K - 2, SMMU3_DMA_WRITE,
					 "abc", 4).outcome);
	KUNIT_EXPECT_STREQ(test, page, "c");
	KUNIT_EXPECT_EQ(test, page[SZ_8K - 1], 'b');
}

/* Caches */

static void tlb_keeps(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	remap(test, SZ_1M, 3, SZ_4M);
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	/* Of other tags, other addresses, other granules and other levels */
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, SMMU3B_ASID + 1,
				      SZ_1M, false));
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, SMMU3B_ASID,
				      SZ_1M + SZ_4K, false));
	issue(test, smmu3_cmd_tlbi_asid(SMMU3_OP_TLBI_NH_ASID, 1));
	issue(test, smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_NH_ALL, 3));
	issue(test, smmu3_cmd_tlbi_ipa(0, SZ_1M, false));
	issue(test, smmu3_cmd_cfgi_all());
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, SMMU3B_ASID, SZ_1M,
				      true));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_4M);
}

static void tlb_by_tag(struct kunit *test)
{
	static const struct smmu3_cmd cmds[] = {
		{ .w = { SMMU3_OP_TLBI_NSNH_ALL } },
		{ .w = { SMMU3_OP_TLBI_NH_ALL } },
		{ .w = { SMMU3_OP_TLBI_S12_VMALL } },
		{ .w = { SMMU3_OP_TLBI_NH_VAA, SZ_1M } },
		{ .w = { SMMU3_OP_TLBI_NH_ASID |
			 FIELD_PREP_CONST(SMMU3_TLBI0_ASID, SMMU3B_ASID) } },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		remap(test, SZ_1M, 3, SZ_2M * (i + 1));
		issue(test, cmds[i]);
		KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M * (i + 1));
	}
}

static struct smmu3_cmd range(u64 addr, unsigned int tg, unsigned int ttl,
			      unsigned int num, unsigned int scale)
{
	struct smmu3_cmd cmd = smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA,
						 SMMU3B_ASID, addr, true);

	smmu3_cmd_tlbi_range(&cmd, tg, ttl, num, scale);
	return cmd;
}

static void tlb_by_range(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	remap(test, SZ_1M, 3, SZ_4M);
	/* Leaves of level 2, 16K tables, up to the page before, and the next */
	issue(test, range(0, SMMU3_TLBI_TG_4K, 2, 0, 9));
	issue(test, range(SZ_1M, SMMU3_TLBI_TG_16K, 3, 0, 0));
	issue(test, range(0, SMMU3_TLBI_TG_4K, 3, 0, 8));
	issue(test, range(SZ_1M + SZ_4K, SMMU3_TLBI_TG_4K, 3, 3, 0));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, range(0, SMMU3_TLBI_TG_4K, 3, 1, 8));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_4M);
}

/* A table that went is still walked, unless the command is for tables as well */
static void tlb_keeps_tables(struct kunit *test)
{
	struct model_test *mt = test->priv;
	__le64 *table = smmu3b_desc(test, &mt->t, SZ_1M, 2);
	__le64 *other = smmu3b_desc(test, &mt->t, SZ_1G, 2);

	smmu3b_map(test, &mt->t, SZ_1G + SZ_1M, 3, SZ_4M, USER | NG);
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	*table = *other;
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, SMMU3B_ASID, SZ_1M,
				      true));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, SMMU3B_ASID, SZ_1M,
				      false));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_4M);
}

/* A page for all ASIDs goes by its address, not by an ASID */
static void tlb_global(struct kunit *test)
{
	struct model_test *mt = test->priv;

	smmu3b_map(test, &mt->t, SZ_1M, 3, SZ_2M, USER);
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	remap(test, SZ_1M, 3, SZ_4M);
	issue(test, smmu3_cmd_tlbi_asid(SMMU3_OP_TLBI_NH_ASID, SMMU3B_ASID));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, 1, SZ_1M, true));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_4M);
}

/* Pages became a block, and an access to a third address found it */
static void tlb_break_before_make(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	remap(test, 0, 2, SZ_4M);
	issue(test, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, SMMU3B_ASID, 0,
				      false));
	KUNIT_EXPECT_EQ(test, where(test, SZ_64K), SZ_4M + SZ_64K);
	expect_complaints(test, "break-before-make");
}

static void config_keeps(struct kunit *test)
{
	struct model_test *mt = test->priv;
	struct smmu3_ste abort, *ste = &mt->b->ste[SID];

	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	smmu3_ste_abort(&abort);
	ste->w[0] = abort.w[0];
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, smmu3_cmd_cfgi_ste(SID + 1, false));
	issue(test, smmu3_cmd_cfgi_cd_all(SID));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, smmu3_cmd_cfgi_ste(SID, true));
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).outcome, SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(mt->b->model, SID).verdict,
			SMMU3_ABORTS);
}

/* A CD without walks: what the TLB has is used, until that goes as well */
static void config_keeps_cd(struct kunit *test)
{
	const struct smmu3_cmd all = smmu3_cmd_plain(SMMU3_OP_TLBI_NSNH_ALL);
	struct model_test *mt = test->priv;

	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	mt->cd->w[0] |= cpu_to_le64(SMMU3_CD0_EPD0);
	issue(test, all);
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, smmu3_cmd_cfgi_cd(SID, 0, true));
	KUNIT_EXPECT_EQ(test, where(test, SZ_1M), SZ_2M);
	issue(test, all);
	KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).event, SMMU3_F_TRANSLATION);
}

/* Several words of which the unit may see some: a wrong table under a right tag */
static void config_torn(struct kunit *test)
{
	struct model_test *mt = test->priv;
	u64 tag = SMMU3_CD0_ASID & ~(SMMU3_CD0_ASID - 1);

	where(test, SZ_1M);
	mt->cd->w[1] = cpu_to_le64(le64_to_cpu(mt->cd->w[1]) + SZ_4K);
	issue(test, smmu3_cmd_cfgi_cd(SID, 0, true));
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(mt->b->model, ""), 0);
	mt->cd->w[1] = cpu_to_le64(le64_to_cpu(mt->cd->w[1]) - SZ_4K);
	mt->cd->w[0] = cpu_to_le64(le64_to_cpu(mt->cd->w[0]) + tag);
	issue(test, smmu3_cmd_cfgi_cd(SID, 0, true));
	expect_complaints(test, "half done");
}

static void config_events(struct kunit *test)
{
	struct model_test *mt = test->priv;
	struct smmu3_model *model = mt->b->model;
	struct smmu3_evt evt;

	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_STREAMID,
			smmu3_model_dma(model, 64, NONE, 0, 0).event);
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_STE,
			smmu3_model_dma(model, 0, NONE, 0, 0).event);
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_SUBSTREAMID,
			smmu3_model_dma(model, SID, 1, 0, 0).event);
	mt->cd->w[0] = 0;
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_CD, send(test, 0, 0).event);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(mt->b, &evt));
	KUNIT_EXPECT_EQ(test, evt.w[0], SMMU3_C_BAD_STREAMID | 64ULL << 32);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(mt->b, &evt));
	KUNIT_EXPECT_EQ(test, evt.w[0], SMMU3_C_BAD_STE);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(mt->b, &evt));
	KUNIT_EXPECT_EQ(test, evt.w[0], SMMU3_C_BAD_SUBSTREAMID |
			SMMU3_EVT0_SSV | 1 << 12 | (u64)SID << 32);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(mt->b, &evt));
	KUNIT_EXPECT_FALSE(test, smmu3b_event(mt->b, &evt));
}

/* PASIDs: two-level table with 64 descriptors in a leaf */
static void config_pasids(struct kunit *test)
{
	struct model_test *mt = test->priv;
	struct smmu3_model *model = mt->b->model;
	__le64 *l1 = smmu3b_alloc(test, SZ_4K);
	struct smmu3_cd *leaf = smmu3b_alloc(test, SZ_4K);
	struct smmu3_ste ste;
	struct smmu3_ste_s1 s1 = {
		.cdtab = virt_to_phys(l1),
		.cdmax_lg2 = 10,
		.fmt = SMMU3_STE_S1FMT_4K_L2,
		.s1dss = SMMU3_STE_S1DSS_TERMINATE,
	};

	smmu3_ste_s1(&ste, &s1);
	smmu3b_set_ste(mt->b, SID, &ste);
	KUNIT_EXPECT_EQ(test, SMMU3_F_STREAM_DISABLED, send(test, 0, 0).event);
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_SUBSTREAMID,
			smmu3_model_dma(model, SID, 70, SZ_1M, 0).event);
	leaf[70 - 64] = *mt->cd;
	l1[1] = smmu3_l1cd(virt_to_phys(leaf));
	/* That the descriptor led nowhere is cached, and may stay so */
	issue(test, smmu3_cmd_cfgi_cd(SID, 70, true));
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_SUBSTREAMID,
			smmu3_model_dma(model, SID, 70, SZ_1M, 0).event);
	issue(test, smmu3_cmd_cfgi_cd(SID, 70, false));
	KUNIT_EXPECT_EQ(test, SZ_2M,
			smmu3_model_dma(model, SID, 70, SZ_1M, 0).pa);
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_CD,
			smmu3_model_dma(model, SID, 71, SZ_1M, 0).event);
	KUNIT_EXPECT_EQ(test, SMMU3_C_BAD_SUBSTREAMID,
			smmu3_model_dma(model, SID, 1024, SZ_1M, 0).event);
}

/* What must not be */

static void refuses_commands(struct kunit *test)
{
	static const struct {
		struct smmu3_cmd cmd;
		const char *why;
	} cases[] = {
		{ { .w = { 0x99 } }, "no such command" },
		{ { .w = { SMMU3_OP_TLBI_NSNH_ALL, 1 } }, "reserved bits" },
		{ { .w = { SMMU3_OP_TLBI_NSNH_ALL | BIT(10) } }, "reserved bits" },
		{ { .w = { SMMU3_OP_TLBI_EL2_ALL } }, "EL2 world" },
		{ { .w = { SMMU3_OP_TLBI_EL2_ASID } }, "EL2 world" },
		{ { .w = { SMMU3_OP_CFGI_STE | 64ULL << 32 } }, "beyond the stream" },
		{ { .w = { SMMU3_OP_SYNC |
			   FIELD_PREP_CONST(SMMU3_SYNC0_CS, 3) } }, "CS is reserved" },
		{ { .w = { SMMU3_OP_SYNC |
			   FIELD_PREP_CONST(SMMU3_SYNC0_CS, 1), SZ_1M } },
		  "messages are not there" },
		{ { .w = { SMMU3_OP_SYNC |
			   FIELD_PREP_CONST(SMMU3_SYNC0_CS, 2) } }, "events are not" },
		{ { .w = { SMMU3_OP_TLBI_NH_VA,
			   FIELD_PREP_CONST(SMMU3_TLBI1_TG, 1) } }, "is reserved" },
		{ { .w = { SMMU3_OP_TLBI_NH_VA,
			   FIELD_PREP_CONST(SMMU3_TLBI1_TTL, 3) } }, "without granule" },
		{ { .w = { SMMU3_OP_TLBI_NH_VA | BIT(12) } }, "without granule" },
		{ { .w = { SMMU3_OP_TLBI_NH_VA, SZ_4K |
			   FIELD_PREP_CONST(SMMU3_TLBI1_TG, 1) |
			   FIELD_PREP_CONST(SMMU3_TLBI1_TTL, 2) } }, "not aligned" },
		{ { .w = { SMMU3_OP_ATC_INV, 53 } }, "Size is reserved" },
		{ { .w = { SMMU3_OP_ATC_INV, SZ_4K + 1 } }, "not aligned" },
		{ { .w = { SMMU3_OP_PRI_RESP,
			   FIELD_PREP_CONST(SMMU3_PRI1_RESP, 3) } }, "response" },
		{ { .w = { SMMU3_OP_RESUME |
			   FIELD_PREP_CONST(SMMU3_RESUME0_RESP, 3) } }, "response" },
	};
	struct model_test *mt = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_FALSE(test, smmu3b_issue(mt->b, cases[i].cmd));
		expect_complaints(test, cases[i].why);
	}
}

static void refuses_entries(struct kunit *test)
{
	struct model_test *mt = test->priv;
	struct smmu3_ste good = mt->b->ste[SID], bad;
	static const struct {
		u64 w0, w1;
		const char *why;
	} cases[] = {
		{ BIT_ULL(58), 0, "reserved bits" },
		{ 0, BIT_ULL(20), "reserved bits" },
		{ FIELD_PREP_CONST(SMMU3_STE0_S1CDMAX, 21), 0, "SSIDSIZE" },
		{ FIELD_PREP_CONST(SMMU3_STE0_S1CDMAX, 12), 0, "not aligned" },
		{ 0, FIELD_PREP_CONST(SMMU3_STE1_STRW, 2), "STRW" },
		{ 0, FIELD_PREP_CONST(SMMU3_STE1_EATS, 3), "EATS" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bad = good;
		bad.w[0] |= cpu_to_le64(cases[i].w0);
		bad.w[1] |= cpu_to_le64(cases[i].w1);
		smmu3b_set_ste(mt->b, SID, &bad);
		KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).event,
				SMMU3_C_BAD_STE);
		expect_complaints(test, cases[i].why);
	}
}

static void refuses_cds(struct kunit *test)
{
	static const struct {
		u64 flip;
		const char *why;
	} cases[] = {
		{ SMMU3_CD0_AA64, "AArch32" },
		{ FIELD_PREP_CONST(SMMU3_CD0_TG0, 3), "granule" },
		{ FIELD_PREP_CONST(SMMU3_CD0_T0SZ, 0x20), "out of range" },
		{ FIELD_PREP_CONST(SMMU3_CD0_IPS, 2), "IPS" },
	};
	struct model_test *mt = test->priv;
	__le64 good = mt->cd->w[0];
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		mt->cd->w[0] = good ^ cpu_to_le64(cases[i].flip);
		issue(test, smmu3_cmd_cfgi_cd(SID, 0, true));
		KUNIT_EXPECT_EQ(test, send(test, SZ_1M, 0).event,
				SMMU3_C_BAD_CD);
		expect_complaints(test, cases[i].why);
	}
}

static void refuses_register_order(struct kunit *test)
{
	static const u32 in_use[] = {
		SMMU3_CR1, SMMU3_CR2, SMMU3_STRTAB_BASE, SMMU3_STRTAB_BASE + 4,
		SMMU3_STRTAB_BASE_CFG, SMMU3_CMDQ_BASE, SMMU3_CMDQ_CONS,
		SMMU3_EVENTQ_BASE, SMMU3_PRIQ_BASE,
		SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_PROD,
		SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_PROD,
	};
	struct smmu3_model *model = model_of(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(in_use); i++) {
		smmu3_model_write(model, in_use[i],
				  smmu3_model_get(model, in_use[i]));
		expect_complaints(test, "while in use");
	}
	smmu3_model_write(model, SMMU3_IDR0, 0);
	smmu3_model_write(model, SMMU3_CR0ACK, 0);
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(model, "read only"), 2);
	smmu3_model_write(model, SMMU3_GERRORN, SMMU3_GERROR_SFM);
	expect_complaints(test, "not active");
	smmu3_model_write(model, SMMU3_GERRORN, 0);
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(moves_data),
	KUNIT_CASE(tlb_keeps),
	KUNIT_CASE(tlb_by_tag),
	KUNIT_CASE(tlb_by_range),
	KUNIT_CASE(tlb_keeps_tables),
	KUNIT_CASE(tlb_global),
	KUNIT_CASE(tlb_break_before_make),
	KUNIT_CASE(config_keeps),
	KUNIT_CASE(config_keeps_cd),
	KUNIT_CASE(config_torn),
	KUNIT_CASE(config_events),
	KUNIT_CASE(config_pasids),
	KUNIT_CASE(refuses_commands),
	KUNIT_CASE(refuses_entries),
	KUNIT_CASE(refuses_cds),
	KUNIT_CASE(refuses_register_order),
	{}
};

static struct kunit_suite model_suite = {
	.name = "smmu3-model",
	.init = model_init,
	.test_cases = model_cases,
};

kunit_test_suite(model_suite);
