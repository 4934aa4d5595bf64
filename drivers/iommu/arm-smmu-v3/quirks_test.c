// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of quirks.c: which releases of which products are concerned.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>

#include "smmu.h"

struct iidr_case {
	u16 product;
	u8 variant;
	u8 revision;
	u32 clear;
	u32 quirks;
};

static const struct iidr_case iidr_cases[] = {
	{ SMMU3_PRODUCT_MMU600, 0, 0, SMMU3_FEAT_SEV | SMMU3_FEAT_NESTING, 0 },
	{ SMMU3_PRODUCT_MMU600, 0, 2, SMMU3_FEAT_SEV | SMMU3_FEAT_NESTING, 0 },
	{ SMMU3_PRODUCT_MMU600, 0, 3, SMMU3_FEAT_NESTING, 0 },
	{ SMMU3_PRODUCT_MMU600, 1, 0, SMMU3_FEAT_NESTING, 0 },
	{ SMMU3_PRODUCT_MMU600, 1, 15, SMMU3_FEAT_NESTING, 0 },
	{ SMMU3_PRODUCT_MMU600, 2, 0, 0, 0 },
	{ SMMU3_PRODUCT_MMU700, 0, 0, SMMU3_FEAT_NESTING,
	  SMMU3_QUIRK_FORCE_SYNC },
	{ SMMU3_PRODUCT_MMU700, 15, 15, SMMU3_FEAT_NESTING,
	  SMMU3_QUIRK_FORCE_SYNC },
	{ 0x123, 0, 0, 0, 0 },
};

static u32 make_iidr(const struct iidr_case *c, u32 implementer)
{
	return FIELD_PREP(SMMU3_IIDR_PRODUCT, c->product) |
	       FIELD_PREP(SMMU3_IIDR_VARIANT, c->variant) |
	       FIELD_PREP(SMMU3_IIDR_REVISION, c->revision) |
	       FIELD_PREP(SMMU3_IIDR_IMPLEMENTER, implementer);
}

static void quirks_iidr(struct kunit *test)
{
	const struct iidr_case *c;
	u32 clear, quirks;

	for (c = iidr_cases; c < iidr_cases + ARRAY_SIZE(iidr_cases); c++) {
		quirks = smmu3_quirks_of_iidr(make_iidr(c,
							SMMU3_IMPLEMENTER_ARM),
					      &clear);
		KUNIT_EXPECT_EQ_MSG(test, clear, c->clear, "%#x r%dp%d",
				    c->product, c->variant, c->revision);
		KUNIT_EXPECT_EQ(test, quirks, c->quirks);
	}
}

/* The same product number of another maker is another product */
static void quirks_implementer(struct kunit *test)
{
	const struct iidr_case *c;
	u32 clear;

	for (c = iidr_cases; c < iidr_cases + ARRAY_SIZE(iidr_cases); c++) {
		KUNIT_EXPECT_EQ(test, 0,
				smmu3_quirks_of_iidr(make_iidr(c, 0x736),
						     &clear));
		KUNIT_EXPECT_EQ(test, clear, 0);
	}
}

static struct kunit_case quirks_cases[] = {
	KUNIT_CASE(quirks_iidr),
	KUNIT_CASE(quirks_implementer),
	{}
};

static struct kunit_suite quirks_suite = {
	.name = "smmu3-quirks",
	.test_cases = quirks_cases,
};

kunit_test_suite(quirks_suite);
