// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of the handling of stream ids.
 */
#include <kunit/test.h>

#include "smmu.h"

static void streams_sorted(struct kunit *test)
{
	u32 ids[] = { 7, 3, U32_MAX, 3, 0, 7, 7 };
	static const u32 expected[] = { 0, 3, 7, U32_MAX };
	unsigned int count = smmu3_streams_sort(ids, ARRAY_SIZE(ids));

	KUNIT_ASSERT_EQ(test, count, ARRAY_SIZE(expected));
	KUNIT_EXPECT_MEMEQ(test, ids, expected, sizeof(expected));
}

static void streams_same(struct kunit *test)
{
	u32 ids[] = { 5, 5, 5 };

	KUNIT_EXPECT_EQ(test, smmu3_streams_sort(ids, 3), 1);
	KUNIT_EXPECT_EQ(test, ids[0], 5);
	KUNIT_EXPECT_EQ(test, smmu3_streams_sort(ids, 1), 1);
	KUNIT_EXPECT_EQ(test, smmu3_streams_sort(ids, 0), 0);
}

static struct kunit_case streams_cases[] = {
	KUNIT_CASE(streams_sorted),
	KUNIT_CASE(streams_same),
	{}
};

static struct kunit_suite streams_suite = {
	.name = "smmu3-streams",
	.test_cases = streams_cases,
};

kunit_test_suite(streams_suite);
