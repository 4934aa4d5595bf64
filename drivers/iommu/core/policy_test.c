// SPDX-License-Identifier: GPL-2.0
/*
 * Who wins among the command line, the platform and Kconfig.
 */
#include <kunit/test.h>
#include <linux/iommu.h>

#include "policy.h"

/* One source each; -1 where it says nothing */
struct policy_case {
	const char *name;
	const char *cmdline;
	int platform;
	bool kconfig;
	bool encrypted;
	bool passthrough;
};

static const struct policy_case cases[] = {
	{ "nobody speaks", NULL, -1, false, false, false },
	{ "Kconfig alone", NULL, -1, true, false, true },
	{ "the platform over Kconfig", NULL, 0, true, false, false },
	{ "the platform passes", NULL, 1, false, false, true },
	{ "the command line over Kconfig", "0", -1, true, false, false },
	{ "the command line passes", "1", -1, false, false, true },
	{ "encryption over Kconfig", NULL, -1, true, true, false },
	{ "encryption over the platform", NULL, 1, false, true, false },
	{ "the command line over encryption", "1", -1, false, true, true },
};

KUNIT_ARRAY_PARAM_DESC(policy, cases, name);

static void settle_passthrough(struct kunit *test)
{
	const struct policy_case *c = test->param_value;
	struct iommu_policy policy = { .strict = true };
	bool overruled, wanted = c->kconfig;

	if (c->platform >= 0) {
		iommu_policy_set_passthrough(&policy, c->platform, false);
		wanted = c->platform;
	}
	if (c->cmdline) {
		KUNIT_ASSERT_EQ(test, iommu_policy_parse_passthrough(&policy, c->cmdline),
				0);
		wanted = c->cmdline[0] == '1';
	}
	overruled = iommu_policy_settle(&policy, c->kconfig, c->encrypted);
	KUNIT_EXPECT_EQ(test, policy.passthrough, c->passthrough);
	KUNIT_EXPECT_EQ(test, overruled, wanted != c->passthrough);
	KUNIT_EXPECT_EQ(test, iommu_policy_domain_type(&policy),
			c->passthrough ? IOMMU_DOMAIN_IDENTITY :
					 IOMMU_DOMAIN_DMA);
}

static void strict_and_lazy(struct kunit *test)
{
	struct iommu_policy policy = {};

	KUNIT_EXPECT_EQ(test, iommu_policy_domain_type(&policy),
			IOMMU_DOMAIN_DMA_FQ);
	KUNIT_EXPECT_EQ(test, iommu_policy_parse_strict(&policy, "1"), 0);
	KUNIT_EXPECT_TRUE(test, policy.strict_cmdline);
	KUNIT_EXPECT_EQ(test, iommu_policy_domain_type(&policy),
			IOMMU_DOMAIN_DMA);
	KUNIT_EXPECT_EQ(test, iommu_policy_parse_strict(&policy, "0"), 0);
	KUNIT_EXPECT_EQ(test, iommu_policy_domain_type(&policy),
			IOMMU_DOMAIN_DMA_FQ);
}

static void later_values_win(struct kunit *test)
{
	struct iommu_policy policy = {};

	KUNIT_EXPECT_EQ(test, iommu_policy_parse_passthrough(&policy, "on"), 0);
	KUNIT_EXPECT_EQ(test, iommu_policy_parse_passthrough(&policy, "off"), 0);
	KUNIT_EXPECT_FALSE(test, iommu_policy_settle(&policy, true, false));
	KUNIT_EXPECT_FALSE(test, policy.passthrough);
}

static void bad_values_change_nothing(struct kunit *test)
{
	static const char * const bad[] = { NULL, "", "2", "maybe" };
	struct iommu_policy policy = { .strict = true };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, iommu_policy_parse_passthrough(&policy, bad[i]),
				-EINVAL);
		KUNIT_EXPECT_EQ(test, iommu_policy_parse_strict(&policy, bad[i]),
				-EINVAL);
	}
	KUNIT_EXPECT_FALSE(test, policy.passthrough_set);
	KUNIT_EXPECT_FALSE(test, policy.passthrough_cmdline);
	KUNIT_EXPECT_FALSE(test, policy.strict_cmdline);
	KUNIT_EXPECT_TRUE(test, policy.strict);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE_PARAM(settle_passthrough, policy_gen_params),
	KUNIT_CASE(strict_and_lazy),
	KUNIT_CASE(later_values_win),
	KUNIT_CASE(bad_values_change_nothing),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "iommu-core-policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
