// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of features.c: registers of known units, every refusal, and each
 * number at its ends.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/sizes.h>

#include "cmdq.h"
#include "features.h"
#include "regs.h"

/* Stage 1, AArch64, 4 KiB, 44 bits, 16-bit streams: the least we expect */
static const struct smmu3_id_regs plain = { .val = {
	[SMMU3_ID_IDR0] = SMMU3_IDR0_S1P |
			  FIELD_PREP_CONST(SMMU3_IDR0_TTF, SMMU3_TTF_AARCH64) |
			  FIELD_PREP_CONST(SMMU3_IDR0_STALL_MODEL,
					   SMMU3_STALL_MODEL_TERMINATE) |
			  SMMU3_IDR0_ASID16,
	[SMMU3_ID_IDR1] = FIELD_PREP_CONST(SMMU3_IDR1_SIDSIZE, 16) |
			  FIELD_PREP_CONST(SMMU3_IDR1_CMDQS, 8) |
			  FIELD_PREP_CONST(SMMU3_IDR1_EVENTQS, 7),
	[SMMU3_ID_IDR5] = FIELD_PREP_CONST(SMMU3_IDR5_OAS, SMMU3_OAS_44) |
			  SMMU3_IDR5_GRAN4K,
} };

static void set_field(struct smmu3_id_regs *regs, enum smmu3_idr id, u32 mask,
		      u32 value)
{
	regs->val[id] &= ~mask;
	regs->val[id] |= value << __ffs(mask);
}

static void features_plain(struct kunit *test)
{
	struct smmu3_features feat;

	KUNIT_ASSERT_NULL(test, smmu3_features_decode(&plain, &feat));
	KUNIT_EXPECT_EQ(test, feat.flags, SMMU3_FEAT_S1);
	KUNIT_EXPECT_EQ(test, feat.oas, 44);
	KUNIT_EXPECT_EQ(test, feat.sid_bits, 16);
	KUNIT_EXPECT_EQ(test, feat.ssid_bits, 0);
	KUNIT_EXPECT_EQ(test, feat.asid_bits, 16);
	KUNIT_EXPECT_EQ(test, feat.vmid_bits, 8);
	KUNIT_EXPECT_EQ(test, feat.cmdq_lg2, 8);
	KUNIT_EXPECT_EQ(test, feat.evtq_lg2, 7);
	KUNIT_EXPECT_EQ(test, feat.pgsize_bitmap, SZ_4K | SZ_2M | SZ_1G);
}

/* What QEMU 7.2 has in its registers */
static void features_qemu(struct kunit *test)
{
	static const struct smmu3_id_regs qemu = { .val = {
		[SMMU3_ID_IDR0] = 0x0d44101a,
		[SMMU3_ID_IDR1] = 0x02730010,
		[SMMU3_ID_IDR3] = 0x00000404,
		[SMMU3_ID_IDR5] = 0x00000074,
	} };
	struct smmu3_features feat;

	KUNIT_ASSERT_NULL(test, smmu3_features_decode(&qemu, &feat));
	KUNIT_EXPECT_EQ(test, feat.flags,
			SMMU3_FEAT_S1 | SMMU3_FEAT_STRTAB_2LVL |
			SMMU3_FEAT_COHACC | SMMU3_FEAT_RIL);
	KUNIT_EXPECT_EQ(test, feat.sid_bits, 16);
	KUNIT_EXPECT_EQ(test, feat.cmdq_lg2, 19);
	KUNIT_EXPECT_EQ(test, feat.evtq_lg2, 19);
	KUNIT_EXPECT_EQ(test, feat.oas, 44);
	KUNIT_EXPECT_EQ(test, feat.pgsize_bitmap,
			SZ_4K | SZ_2M | SZ_1G | SZ_16K | SZ_32M | SZ_64K |
			SZ_512M);
}

struct flag_case {
	enum smmu3_idr id;
	u32 mask;
	u32 value;
	u32 flags;
};

static const struct flag_case flag_cases[] = {
	{ SMMU3_ID_IDR0, SMMU3_IDR0_S2P, 1, SMMU3_FEAT_S2 | SMMU3_FEAT_NESTING },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ST_LEVEL, 1, SMMU3_FEAT_STRTAB_2LVL },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ST_LEVEL, 2, 0 },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_CD2L, 1, SMMU3_FEAT_CDTAB_2LVL },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ATS, 1, SMMU3_FEAT_ATS },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ATSRECERR, 1, SMMU3_FEAT_ATS_RECORDS },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_PRI, 1, SMMU3_FEAT_PRI },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_SEV, 1, SMMU3_FEAT_SEV },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_MSI, 1, SMMU3_FEAT_MSI },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_HYP, 1, SMMU3_FEAT_HYP },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_COHACC, 1, SMMU3_FEAT_COHACC },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTF, 3, SMMU3_FEAT_AARCH32 },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_HTTU, 1, SMMU3_FEAT_HA },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_HTTU, 2, SMMU3_FEAT_HA | SMMU3_FEAT_HD },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_STALL_MODEL, 0, SMMU3_FEAT_STALLS },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_STALL_MODEL, 2,
	  SMMU3_FEAT_STALLS | SMMU3_FEAT_STALL_FORCE },
	{ SMMU3_ID_IDR1, SMMU3_IDR1_ATTR_TYPES_OVR, 1,
	  SMMU3_FEAT_ATTR_OVERRIDE },
	{ SMMU3_ID_IDR3, SMMU3_IDR3_RIL, 1, SMMU3_FEAT_RIL },
	{ SMMU3_ID_IDR5, SMMU3_IDR5_VAX, 1, SMMU3_FEAT_VAX },
};

/* Each field by itself sets its flags and no other */
static void features_flags(struct kunit *test)
{
	const struct flag_case *c;
	struct smmu3_features feat;
	struct smmu3_id_regs regs;

	for (c = flag_cases; c < flag_cases + ARRAY_SIZE(flag_cases); c++) {
		regs = plain;
		set_field(&regs, c->id, c->mask, c->value);
		KUNIT_EXPECT_NULL(test, smmu3_features_decode(&regs, &feat));
		KUNIT_EXPECT_EQ_MSG(test, feat.flags, SMMU3_FEAT_S1 | c->flags,
				    "field %#x of register %d", c->mask, c->id);
	}
}

struct refusal_case {
	enum smmu3_idr id;
	u32 mask;
	u32 value;
	const char *word;
};

static const struct refusal_case refusal_cases[] = {
	{ SMMU3_ID_IDR0, SMMU3_IDR0_S1P, 0, "neither stage" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTF, 0, "no tables" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTF, 1, "AArch32" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTENDIAN, 1, "byte order" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTENDIAN,
	  IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? 2 : 3, "byte order" },
	{ SMMU3_ID_IDR1, SMMU3_IDR1_TABLES_PRESET, 1, "stream table" },
	{ SMMU3_ID_IDR1, SMMU3_IDR1_QUEUES_PRESET, 1, "queues" },
	{ SMMU3_ID_IDR1, SMMU3_IDR1_CMDQS, 0, "command queue" },
	{ SMMU3_ID_IDR5, SMMU3_IDR5_GRAN4K, 0, "granules" },
};

static void features_refusals(struct kunit *test)
{
	const struct refusal_case *c;
	struct smmu3_features feat;
	struct smmu3_id_regs regs;
	const char *why;

	for (c = refusal_cases; c < refusal_cases + ARRAY_SIZE(refusal_cases);
	     c++) {
		regs = plain;
		set_field(&regs, c->id, c->mask, c->value);
		why = smmu3_features_decode(&regs, &feat);
		KUNIT_ASSERT_NOT_NULL_MSG(test, why, "expected: %s", c->word);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, c->word),
					  "%s: %s", c->word, why);
	}
}

static void features_endian_of_cpu(struct kunit *test)
{
	struct smmu3_id_regs regs = plain;
	struct smmu3_features feat;

	set_field(&regs, SMMU3_ID_IDR0, SMMU3_IDR0_TTENDIAN,
		  IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? SMMU3_TTENDIAN_BIG :
						      SMMU3_TTENDIAN_LITTLE);
	KUNIT_EXPECT_NULL(test, smmu3_features_decode(&regs, &feat));
}

static void features_stage2_only(struct kunit *test)
{
	struct smmu3_id_regs regs = plain;
	struct smmu3_features feat;

	set_field(&regs, SMMU3_ID_IDR0, SMMU3_IDR0_S1P, 0);
	set_field(&regs, SMMU3_ID_IDR0, SMMU3_IDR0_S2P, 1);
	KUNIT_EXPECT_NULL(test, smmu3_features_decode(&regs, &feat));
	KUNIT_EXPECT_EQ(test, feat.flags, SMMU3_FEAT_S2);
}

static void features_output_sizes(struct kunit *test)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52, 48 };
	struct smmu3_id_regs regs = plain;
	struct smmu3_features feat;
	u32 oas;

	for (oas = 0; oas < ARRAY_SIZE(bits); oas++) {
		set_field(&regs, SMMU3_ID_IDR5, SMMU3_IDR5_OAS, oas);
		KUNIT_EXPECT_NULL(test, smmu3_features_decode(&regs, &feat));
		KUNIT_EXPECT_EQ(test, feat.oas, bits[oas]);
		/* Only the 64K granule has blocks of 4 TiB */
		KUNIT_EXPECT_FALSE(test, feat.pgsize_bitmap & BIT_ULL(42));
	}
	set_field(&regs, SMMU3_ID_IDR5, SMMU3_IDR5_OAS, SMMU3_OAS_52);
	set_field(&regs, SMMU3_ID_IDR5, SMMU3_IDR5_GRAN64K, 1);
	KUNIT_EXPECT_NULL(test, smmu3_features_decode(&regs, &feat));
	KUNIT_EXPECT_TRUE(test, feat.pgsize_bitmap & BIT_ULL(42));
}

/* Fields can hold more than the architecture allows */
static void features_limits(struct kunit *test)
{
	struct smmu3_id_regs regs = plain;
	struct smmu3_features feat;

	regs.val[SMMU3_ID_IDR1] = SMMU3_IDR1_SIDSIZE | SMMU3_IDR1_SSIDSIZE |
				  SMMU3_IDR1_CMDQS | SMMU3_IDR1_EVENTQS |
				  SMMU3_IDR1_PRIQS;
	KUNIT_ASSERT_NULL(test, smmu3_features_decode(&regs, &feat));
	KUNIT_EXPECT_EQ(test, feat.sid_bits, 32);
	KUNIT_EXPECT_EQ(test, feat.ssid_bits, 20);
	KUNIT_EXPECT_EQ(test, feat.cmdq_lg2, SMMU3_Q_MAX_LG2);
	KUNIT_EXPECT_EQ(test, feat.evtq_lg2, SMMU3_Q_MAX_LG2);
	KUNIT_EXPECT_EQ(test, feat.priq_lg2, SMMU3_Q_MAX_LG2);
}

static struct kunit_case features_cases[] = {
	KUNIT_CASE(features_plain),
	KUNIT_CASE(features_qemu),
	KUNIT_CASE(features_flags),
	KUNIT_CASE(features_refusals),
	KUNIT_CASE(features_endian_of_cpu),
	KUNIT_CASE(features_stage2_only),
	KUNIT_CASE(features_output_sizes),
	KUNIT_CASE(features_limits),
	{}
};

static struct kunit_suite features_suite = {
	.name = "smmu3-features",
	.test_cases = features_cases,
};

kunit_test_suite(features_suite);
