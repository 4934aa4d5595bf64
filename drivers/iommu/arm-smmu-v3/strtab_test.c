// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of strtab.c: shapes, indexes and register values.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>

#include "features.h"
#include "regs.h"
#include "ste.h"
#include "strtab.h"

struct shape_case {
	u32 flags;
	u8 sid_bits;
	bool two_level;
	u8 bits;
	size_t size;
};

static const struct shape_case shape_cases[] = {
	/* One second level would be the whole table */
	{ SMMU3_FEAT_STRTAB_2LVL, 8, false, 8, 256 * 64 },
	{ SMMU3_FEAT_STRTAB_2LVL, 0, false, 0, 64 },
	{ SMMU3_FEAT_STRTAB_2LVL, 9, true, 9, 2 * 8 },
	{ SMMU3_FEAT_STRTAB_2LVL, 16, true, 16, 256 * 8 },
	{ SMMU3_FEAT_STRTAB_2LVL, 25, true, 25, 128 * 1024 * 8 },
	{ SMMU3_FEAT_STRTAB_2LVL, 32, true, 25, 128 * 1024 * 8 },
	{ 0, 8, false, 8, 256 * 64 },
	{ 0, 16, false, 16, 65536 * 64 },
	{ 0, 32, false, 16, 65536 * 64 },
};

static void strtab_shape(struct kunit *test)
{
	const struct shape_case *c;
	struct smmu3_strtab strtab;
	size_t size;

	for (c = shape_cases; c < shape_cases + ARRAY_SIZE(shape_cases); c++) {
		memset(&strtab, 0xff, sizeof(strtab));
		size = smmu3_strtab_shape(c->flags, c->sid_bits, &strtab);
		KUNIT_EXPECT_EQ(test, size, c->size);
		KUNIT_EXPECT_EQ(test, strtab.two_level, c->two_level);
		KUNIT_EXPECT_EQ(test, strtab.bits, c->bits);
	}
}

/* Level 1 and 2 together name each stream once, and nothing out of bounds */
static void strtab_indexes(struct kunit *test)
{
	static const u32 sids[] = {
		0, 1, 255, 256, 257, 0xffff, 0x10000, 0x1ffffff, U32_MAX,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		u32 l1 = smmu3_strtab_l1_index(sids[i]);
		u32 l2 = smmu3_strtab_l2_index(sids[i]);

		KUNIT_EXPECT_LT(test, l2, (u32)SMMU3_STRTAB_L2_COUNT);
		KUNIT_EXPECT_EQ(test, l1 * SMMU3_STRTAB_L2_COUNT + l2, sids[i]);
	}
}

static void strtab_covers(struct kunit *test)
{
	struct smmu3_strtab strtab = { .bits = 9 };

	KUNIT_EXPECT_TRUE(test, smmu3_strtab_covers(&strtab, 0));
	KUNIT_EXPECT_TRUE(test, smmu3_strtab_covers(&strtab, 511));
	KUNIT_EXPECT_FALSE(test, smmu3_strtab_covers(&strtab, 512));
	KUNIT_EXPECT_FALSE(test, smmu3_strtab_covers(&strtab, U32_MAX));
	strtab.bits = 32;
	KUNIT_EXPECT_TRUE(test, smmu3_strtab_covers(&strtab, U32_MAX));
	strtab.bits = 0;
	KUNIT_EXPECT_TRUE(test, smmu3_strtab_covers(&strtab, 0));
	KUNIT_EXPECT_FALSE(test, smmu3_strtab_covers(&strtab, 1));
}

static void strtab_regs(struct kunit *test)
{
	struct smmu3_strtab linear = { .bits = 8, .dma = 0x8123456789000 };
	struct smmu3_strtab two = {
		.bits = 16, .two_level = true, .dma = 0x40000,
	};

	KUNIT_EXPECT_EQ(test, smmu3_strtab_base_reg(&linear),
			BIT_ULL(62) | 0x8123456789000);
	KUNIT_EXPECT_EQ(test, smmu3_strtab_cfg_reg(&linear), 8);
	KUNIT_EXPECT_EQ(test, smmu3_strtab_base_reg(&two),
			BIT_ULL(62) | 0x40000);
	/* FMT 1 at bit 16, SPLIT 8 at bit 6, LOG2SIZE 16 */
	KUNIT_EXPECT_EQ(test, smmu3_strtab_cfg_reg(&two), 0x10210);
}

static struct kunit_case strtab_cases[] = {
	KUNIT_CASE(strtab_shape),
	KUNIT_CASE(strtab_indexes),
	KUNIT_CASE(strtab_covers),
	KUNIT_CASE(strtab_regs),
	{}
};

static struct kunit_suite strtab_suite = {
	.name = "smmu3-strtab",
	.test_cases = strtab_cases,
};

kunit_test_suite(strtab_suite);
