// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of model_walk.c: what the software SMMUv3 makes of tables that
 * were written by hand.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/sizes.h>

#include "model_bench.h"

#define SID	5
#define NONE	SMMU3_MODEL_NO_SSID

/* Stage 1 */
#define USER	BIT_ULL(6)
#define RDONLY	BIT_ULL(7)
#define NG	BIT_ULL(11)
#define DBM	BIT_ULL(51)
#define PXN	BIT_ULL(53)
#define UXN	BIT_ULL(54)
/* Stage 2 */
#define S2R	BIT_ULL(6)
#define S2W	BIT_ULL(7)

#define AF	BIT_ULL(10)

static const u8 granules[] = { 12, 14, 16 };

static struct smmu3_dma_result send(struct smmu3_bench *b, u64 iova,
				    unsigned int flags)
{
	return smmu3_model_dma(b->model, SID, NONE, iova, flags);
}

static void forget_all(struct smmu3_bench *b)
{
	struct smmu3_cmd all = smmu3_cmd_plain(SMMU3_OP_TLBI_NSNH_ALL);

	KUNIT_EXPECT_TRUE(b->test, smmu3b_issue(b, smmu3_cmd_cfgi_all()));
	KUNIT_EXPECT_TRUE(b->test, smmu3b_issue(b, all));
}

static void expect_done(struct smmu3_bench *b, struct smmu3_dma_result r,
			u64 pa, u64 size, int level)
{
	KUNIT_EXPECT_EQ(b->test, r.outcome, SMMU3_DMA_DONE);
	KUNIT_EXPECT_EQ(b->test, r.pa, pa);
	KUNIT_EXPECT_EQ(b->test, r.size, size);
	KUNIT_EXPECT_EQ(b->test, r.level, level);
}

static void expect_fault(struct smmu3_bench *b, struct smmu3_dma_result r,
			 u8 event, int level)
{
	struct smmu3_evt evt;

	KUNIT_EXPECT_EQ(b->test, r.outcome, SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(b->test, r.event, event);
	KUNIT_EXPECT_EQ(b->test, r.level, level);
	KUNIT_EXPECT_TRUE(b->test, r.recorded);
	KUNIT_ASSERT_TRUE(b->test, smmu3b_event(b, &evt));
	KUNIT_EXPECT_EQ(b->test, FIELD_GET(SMMU3_EVT0_ID, evt.w[0]), event);
	KUNIT_EXPECT_EQ(b->test, FIELD_GET(SMMU3_EVT0_SID, evt.w[0]), SID);
	KUNIT_EXPECT_FALSE(b->test, smmu3b_event(b, &evt));
}

static bool has_block(unsigned int granule_lg2, int level)
{
	return level == 3 || level == 2 || (granule_lg2 == 12 && level == 1);
}

/* One leaf of each size, in tables of one input size; the levels do not overlap */
static void walk_size(struct smmu3_bench *b, unsigned int granule_lg2,
		      unsigned int ia_bits)
{
	struct smmu3_bench_table t = smmu3b_table(b->test, granule_lg2, ia_bits);
	int level;

	smmu3b_stage1(b, SID, &t, ia_bits);
	forget_all(b);
	for (level = t.start; level <= 3; level++) {
		u64 size = BIT_ULL(smmu3b_shift(&t, level));
		u64 va = GENMASK_ULL(ia_bits - 1, 0) & ~(size - 1);
		u64 pa = BIT_ULL(47) + size;

		if (!has_block(granule_lg2, level) || size >> ia_bits)
			continue;
		/* Of the last address, then of one further down each time */
		va -= (3 - level) * size;
		smmu3b_map(b->test, &t, va, level, pa, USER | NG);
		expect_done(b, send(b, va + size - 3, 0), pa + size - 3, size,
			    level);
		*smmu3b_desc(b->test, &t, va, level) = 0;
		forget_all(b);
		expect_fault(b, send(b, va, 0), SMMU3_F_TRANSLATION, level);
	}
	expect_fault(b, send(b, BIT_ULL(ia_bits), 0), SMMU3_F_TRANSLATION,
		     t.start);
}

static void walk_stage1(struct kunit *test)
{
	static const u8 sizes[] = { 25, 30, 32, 33, 36, 39, 40, 42, 47, 48 };
	struct smmu3_bench *b = smmu3b_create(test);
	int g, s;

	smmu3b_start(b);
	for (g = 0; g < ARRAY_SIZE(granules); g++)
		for (s = 0; s < ARRAY_SIZE(sizes); s++)
			walk_size(b, granules[g], sizes[s]);
}

/* Up to sixteen tables side by side instead of a level above them */
static void walk_stage2(struct kunit *test)
{
	static const struct {
		u8 granule_lg2, ia_bits;
		s8 start;
	} cases[] = {
		{ 12, 48, 0 }, { 12, 43, 1 }, { 12, 40, 1 }, { 12, 32, 1 },
		{ 12, 34, 2 }, { 14, 40, 2 }, { 14, 48, 1 }, { 14, 36, 2 },
		{ 16, 46, 2 }, { 16, 42, 2 }, { 16, 33, 3 }, { 16, 48, 1 },
	};
	struct smmu3_bench *b = smmu3b_create(test);
	int i;

	smmu3b_start(b);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int ia_bits = cases[i].ia_bits;
		struct smmu3_bench_table t = {
			.top = smmu3b_alloc(test, SZ_1M),
			.granule_lg2 = cases[i].granule_lg2,
			.start = cases[i].start,
		};
		u64 size = BIT_ULL(t.granule_lg2);
		u64 ipa = GENMASK_ULL(ia_bits - 1, 0) & ~(size - 1);

		smmu3b_stage2(b, SID, &t, ia_bits);
		forget_all(b);
		smmu3b_map(test, &t, ipa, 3, SZ_1G, S2R | S2W);
		expect_done(b, send(b, ipa + 9, SMMU3_DMA_WRITE), SZ_1G + 9,
			    size, 3);
		expect_fault(b, send(b, BIT_ULL(ia_bits), 0),
			     SMMU3_F_TRANSLATION, t.start);
	}
}

/* What a stage-1 descriptor permits: unprivileged and privileged R, W, X */
static void walk_permissions(struct kunit *test)
{
	static const struct {
		u64 bits;
		const char *user, *priv;
	} cases[] = {
		{ 0, "x", "rwx" },
		{ USER, "rwx", "rw" },
		{ RDONLY, "x", "rx" },
		{ USER | RDONLY, "rx", "rx" },
		{ USER | RDONLY | UXN, "r", "rx" },
		{ USER | RDONLY | PXN, "rx", "r" },
		{ UXN | PXN, "", "rw" },
	};
	static const unsigned int access[] = {
		['r'] = 0, ['w'] = SMMU3_DMA_WRITE, ['x'] = SMMU3_DMA_EXEC,
	};
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	const char *a;
	int i;

	smmu3b_start(b);
	smmu3b_stage1(b, SID, &t, 39);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		smmu3b_map(test, &t, SZ_1M, 3, SZ_2M, cases[i].bits | NG);
		for (a = "rwx"; *a; a++) {
			bool user = strchr(cases[i].user, *a);
			bool priv = strchr(cases[i].priv, *a);
			unsigned int flags = access[(int)*a];

			forget_all(b);
			if (user)
				expect_done(b, send(b, SZ_1M, flags), SZ_2M,
					    SZ_4K, 3);
			else
				expect_fault(b, send(b, SZ_1M, flags),
					     SMMU3_F_PERMISSION, 3);
			flags |= SMMU3_DMA_PRIV;
			if (priv)
				expect_done(b, send(b, SZ_1M, flags), SZ_2M,
					    SZ_4K, 3);
			else
				expect_fault(b, send(b, SZ_1M, flags),
					     SMMU3_F_PERMISSION, 3);
		}
	}
}

/* What tables withhold, no descriptor below them gives */
static void walk_table_bits(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	__le64 *table;

	smmu3b_start(b);
	smmu3b_stage1(b, SID, &t, 39);
	smmu3b_map(test, &t, SZ_1M, 3, SZ_2M, USER | NG);
	table = smmu3b_desc(test, &t, SZ_1M, 2);
	*table |= cpu_to_le64(BIT_ULL(62));
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
	expect_fault(b, send(b, SZ_1M, SMMU3_DMA_WRITE), SMMU3_F_PERMISSION, 3);
	*table |= cpu_to_le64(BIT_ULL(61));
	forget_all(b);
	expect_fault(b, send(b, SZ_1M, 0), SMMU3_F_PERMISSION, 3);
	expect_done(b, send(b, SZ_1M, SMMU3_DMA_PRIV), SZ_2M, SZ_4K, 3);
}

static void walk_faults(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	struct smmu3_dma_result r;
	__le64 *desc;

	smmu3b_start(b);
	smmu3b_stage1(b, SID, &t, 39);
	expect_fault(b, send(b, SZ_1M, 0), SMMU3_F_TRANSLATION, 1);
	desc = smmu3b_desc(test, &t, SZ_1M, 3);
	expect_fault(b, send(b, SZ_1M, 0), SMMU3_F_TRANSLATION, 3);
	/* Type 1 is reserved in the last level */
	*desc = cpu_to_le64(SZ_2M | AF | USER | 1);
	expect_fault(b, send(b, SZ_1M, 0), SMMU3_F_TRANSLATION, 3);
	*desc = cpu_to_le64(SZ_2M | USER | 3);
	expect_fault(b, send(b, SZ_1M, 0), SMMU3_F_ACCESS, 3);
	/* A table where no memory is */
	desc = smmu3b_desc(test, &t, SZ_1G, 1);
	*desc = cpu_to_le64(GENMASK_ULL(46, 12) | 3);
	r = send(b, SZ_1G, 0);
	KUNIT_EXPECT_EQ(test, r.class, SMMU3_CLASS_TT);
	expect_fault(b, r, SMMU3_F_WALK_EABT, 2);
}

static void walk_address_size(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	struct smmu3_cd *cd;

	smmu3b_start(b);
	cd = smmu3b_stage1(b, SID, &t, 39);
	cd->w[0] &= ~cpu_to_le64(SMMU3_CD0_IPS);
	cd->w[0] |= cpu_to_le64(FIELD_PREP(SMMU3_CD0_IPS, SMMU3_OAS_40));
	smmu3b_map(test, &t, SZ_1M, 3, BIT_ULL(40), USER);
	expect_fault(b, send(b, SZ_1M, 0), SMMU3_F_ADDR_SIZE, 3);
	smmu3b_map(test, &t, SZ_1M, 3, BIT_ULL(39), USER);
	expect_done(b, send(b, SZ_1M, 0), BIT_ULL(39), SZ_4K, 3);
}

/* The second table, for addresses that begin with ones */
static void walk_upper_half(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table low = smmu3b_table(test, 12, 39);
	struct smmu3_bench_table high = smmu3b_table(test, 12, 39);
	u64 va = GENMASK_ULL(63, 39) + SZ_1M;
	struct smmu3_cd *cd;

	smmu3b_start(b);
	cd = smmu3b_stage1(b, SID, &low, 39);
	smmu3b_map(test, &high, va, 3, SZ_2M, USER);
	smmu3b_map(test, &low, SZ_1M, 3, SZ_4M, USER);
	expect_fault(b, send(b, va, 0), SMMU3_F_TRANSLATION, 0);
	cd->w[2] = cpu_to_le64(virt_to_phys(high.top));
	forget_all(b);
	cd->w[0] &= ~cpu_to_le64(SMMU3_CD0_EPD1);
	cd->w[0] |= cpu_to_le64(FIELD_PREP(SMMU3_CD0_T1SZ, 25) |
				FIELD_PREP(SMMU3_CD0_TG1, 2));
	forget_all(b);
	expect_done(b, send(b, va, 0), SZ_2M, SZ_4K, 3);
	expect_done(b, send(b, SZ_1M, 0), SZ_4M, SZ_4K, 3);
}

static void walk_access_flag(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	__le64 *desc = smmu3b_desc(test, &t, SZ_1M, 3);
	struct smmu3_cd *cd;

	smmu3b_start(b);
	cd = smmu3b_stage1(b, SID, &t, 39);
	cd->w[0] |= cpu_to_le64(SMMU3_CD0_AFFD);
	*desc = cpu_to_le64(SZ_2M | USER | RDONLY | 3);
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(*desc) & AF);
	cd->w[0] ^= cpu_to_le64(SMMU3_CD0_AFFD | SMMU3_CD0_HA);
	forget_all(b);
	/* What is not permitted is no access */
	expect_fault(b, send(b, SZ_1M, SMMU3_DMA_WRITE), SMMU3_F_PERMISSION, 3);
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(*desc) & AF);
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_TRUE(test, le64_to_cpu(*desc) & AF);
}

static void walk_dirty_state(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	__le64 *desc = smmu3b_desc(test, &t, SZ_1M, 3);
	struct smmu3_cd *cd;

	smmu3b_start(b);
	cd = smmu3b_stage1(b, SID, &t, 39);
	smmu3b_map(test, &t, SZ_1M, 3, SZ_2M, USER | RDONLY | DBM);
	expect_fault(b, send(b, SZ_1M, SMMU3_DMA_WRITE), SMMU3_F_PERMISSION, 3);
	cd->w[0] |= cpu_to_le64(SMMU3_CD0_HA | SMMU3_CD0_HD);
	forget_all(b);
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_TRUE(test, le64_to_cpu(*desc) & RDONLY);
	/* The clean page is in the TLB, and the write is noted nevertheless */
	expect_done(b, send(b, SZ_1M, SMMU3_DMA_WRITE), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(*desc) & RDONLY);
	/* Made clean without an invalidation, further writes go unnoticed */
	*desc |= cpu_to_le64(RDONLY);
	expect_done(b, send(b, SZ_1M, SMMU3_DMA_WRITE), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_TRUE(test, le64_to_cpu(*desc) & RDONLY);
	forget_all(b);
	expect_done(b, send(b, SZ_1M, SMMU3_DMA_WRITE), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(*desc) & RDONLY);
}

static void walk_stage2_faults(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	struct smmu3_dma_result r;
	struct smmu3_evt evt;

	smmu3b_start(b);
	smmu3b_stage2(b, SID, &t, 39);
	smmu3b_map(test, &t, SZ_1M, 3, SZ_2M, S2R);
	r = send(b, SZ_1M + 0x123, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ(test, r.event, SMMU3_F_PERMISSION);
	KUNIT_EXPECT_TRUE(test, r.stage2);
	KUNIT_ASSERT_TRUE(test, smmu3b_event(b, &evt));
	KUNIT_EXPECT_TRUE(test, evt.w[1] & SMMU3_EVT1_S2);
	KUNIT_EXPECT_FALSE(test, evt.w[1] & SMMU3_EVT1_RNW);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_EVT1_CLASS, evt.w[1]),
			SMMU3_CLASS_IN);
	KUNIT_EXPECT_EQ(test, evt.w[2], SZ_1M + 0x123);
	KUNIT_EXPECT_EQ(test, evt.w[3], SZ_1M);
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
}

/* A table of stage 1 is at an address of stage 2 */
static void walk_nested(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table s1 = smmu3b_table(test, 12, 30);
	struct smmu3_bench_table s2 = smmu3b_table(test, 12, 39);
	u64 ipa = SZ_1G * 4ULL + virt_to_phys(s1.top);
	struct smmu3_dma_result r;
	struct smmu3_ste ste;
	int i;

	smmu3b_start(b);
	smmu3b_stage2(b, SID, &s2, 39);
	ste = b->ste[SID];
	smmu3b_stage1(b, SID, &s1, 30)->w[1] = cpu_to_le64(ipa);
	for (i = 0; i < 4; i++)
		ste.w[i] |= b->ste[SID].w[i];
	smmu3b_set_ste(b, SID, &ste);

	r = send(b, SZ_2M, 0);
	KUNIT_EXPECT_EQ(test, r.class, SMMU3_CLASS_TT);
	KUNIT_EXPECT_TRUE(test, r.stage2);
	expect_fault(b, r, SMMU3_F_TRANSLATION, 1);

	smmu3b_map(test, &s2, ipa, 3, virt_to_phys(s1.top), S2R);
	smmu3b_map(test, &s1, SZ_2M, 2, SZ_4M, USER | NG);
	r = send(b, SZ_2M + 5, 0);
	KUNIT_EXPECT_EQ(test, r.class, SMMU3_CLASS_IN);
	KUNIT_EXPECT_TRUE(test, r.stage2);
	expect_fault(b, r, SMMU3_F_TRANSLATION, 1);

	smmu3b_map(test, &s2, SZ_4M, 3, SZ_8M, S2R);
	expect_done(b, send(b, SZ_2M + 5, 0), SZ_8M + 5, SZ_4K, 2);
	expect_fault(b, send(b, SZ_2M + 5, SMMU3_DMA_WRITE),
		     SMMU3_F_PERMISSION, 2);

	/* Of both stages in one the address of stage 2 alone is not known */
	smmu3b_map(test, &s2, SZ_4M, 3, SZ_1M, S2R);
	KUNIT_EXPECT_TRUE(test,
			  smmu3b_issue(b, smmu3_cmd_tlbi_ipa(SMMU3B_VMID, SZ_4M,
							     true)));
	expect_done(b, send(b, SZ_2M + 5, 0), SZ_8M + 5, SZ_4K, 2);
	KUNIT_EXPECT_TRUE(test,
			  smmu3b_issue(b, smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_NH_ALL,
							      SMMU3B_VMID)));
	expect_done(b, send(b, SZ_2M + 5, 0), SZ_1M + 5, SZ_4K, 2);
}

/* The world of a host's kernel: what is invalidated for its guests stays */
static void walk_el2(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);
	struct smmu3_ste ste;

	b->model->id.val[SMMU3_ID_IDR0] |= SMMU3_IDR0_HYP;
	b->cr2 |= SMMU3_CR2_E2H;
	smmu3b_start(b);
	smmu3b_stage1(b, SID, &t, 39);
	ste = b->ste[SID];
	ste.w[1] |= cpu_to_le64(FIELD_PREP(SMMU3_STE1_STRW,
					   SMMU3_STE_STRW_EL2));
	smmu3b_set_ste(b, SID, &ste);
	smmu3b_map(test, &t, SZ_1M, 3, SZ_2M, USER | NG);
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
	smmu3b_map(test, &t, SZ_1M, 3, SZ_4M, USER | NG);
	forget_all(b);
	KUNIT_EXPECT_TRUE(test,
			  smmu3b_issue(b, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA,
							    SMMU3B_ASID, SZ_1M,
							    false)));
	expect_done(b, send(b, SZ_1M, 0), SZ_2M, SZ_4K, 3);
	KUNIT_EXPECT_TRUE(test,
			  smmu3b_issue(b, smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_EL2_VA,
							    SMMU3B_ASID, SZ_1M,
							    true)));
	expect_done(b, send(b, SZ_1M, 0), SZ_4M, SZ_4K, 3);
}

static void walk_reserved_bits(struct kunit *test)
{
	struct smmu3_bench *b = smmu3b_create(test);
	struct smmu3_bench_table t = smmu3b_table(test, 12, 39);

	smmu3b_start(b);
	smmu3b_stage1(b, SID, &t, 39);
	smmu3b_map(test, &t, SZ_2M, 2, SZ_4M + BIT(17), USER);
	send(b, SZ_2M, 0);
	KUNIT_EXPECT_EQ(test, smmu3_model_excuse(b->model, "reserved bits"), 1);
}

static struct kunit_case walk_cases[] = {
	KUNIT_CASE(walk_stage1),
	KUNIT_CASE(walk_stage2),
	KUNIT_CASE(walk_permissions),
	KUNIT_CASE(walk_table_bits),
	KUNIT_CASE(walk_faults),
	KUNIT_CASE(walk_address_size),
	KUNIT_CASE(walk_upper_half),
	KUNIT_CASE(walk_access_flag),
	KUNIT_CASE(walk_dirty_state),
	KUNIT_CASE(walk_stage2_faults),
	KUNIT_CASE(walk_nested),
	KUNIT_CASE(walk_el2),
	KUNIT_CASE(walk_reserved_bits),
	{}
};

static struct kunit_suite walk_suite = {
	.name = "smmu3-model-walk",
	.test_cases = walk_cases,
};

kunit_test_suite(walk_suite);
