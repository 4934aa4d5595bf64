// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of the arithmetic of atc.c: which pieces a range becomes.  What
 * is sent, and what happens when it is not confirmed, is in ats_test.c.
 */
#include <kunit/test.h>

#include "smmu.h"

#define PAGE_LG2	12
#define PAGES_LG2	8
#define PAGES		BIT(PAGES_LG2)

/* Fewest aligned blocks that make up [@a, @b], below a node of a binary tree */
static unsigned int fewest(u64 node, unsigned int lg2, u64 a, u64 b)
{
	u64 last = node + BIT_ULL(lg2) - 1;

	if (b < node || last < a)
		return 0;
	if (a <= node && last <= b)
		return 1;
	return fewest(node, lg2 - 1, a, b) +
	       fewest(node + BIT_ULL(lg2 - 1), lg2 - 1, a, b);
}

/* What is to be covered if exactly this takes too many pieces */
static void widen(u64 base, u64 *a, u64 *b)
{
	unsigned int lg2;

	for (lg2 = 0; fewest(base, PAGES_LG2, *a, *b) > SMMU3_ATC_MAX_PIECES;) {
		lg2++;
		*a = *a >> lg2 << lg2;
		*b |= BIT_ULL(lg2) - 1;
	}
}

static void check_range(struct kunit *test, u64 base, u64 a, u64 b)
{
	struct smmu3_atc_piece pieces[SMMU3_ATC_MAX_PIECES];
	u64 wanted_a = a, wanted_b = b, next;
	unsigned int n, i;

	n = smmu3_atc_split(a << PAGE_LG2, ((b + 1) << PAGE_LG2) - 1, pieces);
	widen(base, &wanted_a, &wanted_b);
	KUNIT_ASSERT_LE(test, n, SMMU3_ATC_MAX_PIECES);
	KUNIT_EXPECT_EQ(test, n, fewest(base, PAGES_LG2, wanted_a, wanted_b));

	next = wanted_a;
	for (i = 0; i < n; i++) {
		u64 page = pieces[i].addr >> PAGE_LG2;

		KUNIT_EXPECT_EQ(test, page, next);
		KUNIT_EXPECT_EQ(test, page & (BIT_ULL(pieces[i].pages_lg2) - 1),
				0);
		next = page + BIT_ULL(pieces[i].pages_lg2);
	}
	KUNIT_EXPECT_EQ(test, next, wanted_b + 1);
	/* Not much more than was asked for */
	KUNIT_EXPECT_LE(test, 8 * (wanted_b - wanted_a - (b - a)), b - a + 1);
}

static void split_all_ranges(struct kunit *test)
{
	static const u64 bases[] = { 0, 0x80000, GENMASK_ULL(51, PAGES_LG2) };
	u64 a, b;
	int i;

	for (i = 0; i < ARRAY_SIZE(bases); i++)
		for (a = 0; a < PAGES; a++)
			for (b = a; b < PAGES; b++)
				check_range(test, bases[i], bases[i] + a,
					    bases[i] + b);
}

/* Bytes within a page do not matter */
static void split_bytes(struct kunit *test)
{
	struct smmu3_atc_piece pieces[SMMU3_ATC_MAX_PIECES];

	KUNIT_EXPECT_EQ(test, 1, smmu3_atc_split(0x1fff, 0x1fff, pieces));
	KUNIT_EXPECT_EQ(test, 0x1000, pieces[0].addr);
	KUNIT_EXPECT_EQ(test, 0, pieces[0].pages_lg2);
	KUNIT_EXPECT_EQ(test, 2, smmu3_atc_split(0x1fff, 0x2000, pieces));
	KUNIT_EXPECT_EQ(test, 0x2000, pieces[1].addr);
}

static void split_large(struct kunit *test)
{
	struct smmu3_atc_piece pieces[SMMU3_ATC_MAX_PIECES];

	KUNIT_EXPECT_EQ(test, 1, smmu3_atc_split(0, U64_MAX, pieces));
	KUNIT_EXPECT_EQ(test, 0, pieces[0].addr);
	KUNIT_EXPECT_EQ(test, SMMU3_ATC_SIZE_ALL, pieces[0].pages_lg2);
	/* All but a page at either end comes to all */
	KUNIT_EXPECT_LE(test, smmu3_atc_split(0x1000, U64_MAX - 0x1000, pieces),
			SMMU3_ATC_MAX_PIECES);
	KUNIT_EXPECT_EQ(test, 1, smmu3_atc_split(BIT_ULL(63), U64_MAX, pieces));
	KUNIT_EXPECT_EQ(test, BIT_ULL(63), pieces[0].addr);
	KUNIT_EXPECT_EQ(test, 51, pieces[0].pages_lg2);
}

static struct kunit_case atc_cases[] = {
	KUNIT_CASE(split_all_ranges),
	KUNIT_CASE(split_bytes),
	KUNIT_CASE(split_large),
	{}
};

static struct kunit_suite atc_suite = {
	.name = "smmu3-atc",
	.test_cases = atc_cases,
};

kunit_test_suite(atc_suite);
