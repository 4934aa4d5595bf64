// SPDX-License-Identifier: GPL-2.0
/*
 * Policy: what devices get that neither their driver nor their firmware has a
 * wish for.  The command line wins over the platform, the platform over Kconfig.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cc_platform.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>

#include "core.h"
#include "policy.h"

/*
 * Written by early parameters, by platform code and drivers while they are
 * initialised, and once in policy_init(); read when a group is set up.
 */
static struct iommu_policy policy = {
	.strict = IS_ENABLED(CONFIG_IOMMU_DEFAULT_DMA_STRICT),
};

VISIBLE_IF_KUNIT
void iommu_policy_set_passthrough(struct iommu_policy *policy,
				  bool passthrough, bool cmd_line)
{
	policy->passthrough = passthrough;
	policy->passthrough_set = true;
	if (cmd_line)
		policy->passthrough_cmdline = true;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_policy_set_passthrough);

VISIBLE_IF_KUNIT
int iommu_policy_parse_passthrough(struct iommu_policy *policy, const char *str)
{
	bool on;
	int ret;

	ret = kstrtobool(str, &on);
	if (ret)
		return ret;
	iommu_policy_set_passthrough(policy, on, true);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_policy_parse_passthrough);

VISIBLE_IF_KUNIT
int iommu_policy_parse_strict(struct iommu_policy *policy, const char *str)
{
	int ret = kstrtobool(str, &policy->strict);

	if (!ret)
		policy->strict_cmdline = true;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_policy_parse_strict);

VISIBLE_IF_KUNIT
bool iommu_policy_settle(struct iommu_policy *policy, bool passthrough,
			 bool encrypted)
{
	if (!policy->passthrough_set)
		policy->passthrough = passthrough;
	if (!policy->passthrough || policy->passthrough_cmdline || !encrypted)
		return false;
	policy->passthrough = false;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_policy_settle);

VISIBLE_IF_KUNIT
unsigned int iommu_policy_domain_type(const struct iommu_policy *policy)
{
	if (policy->passthrough)
		return IOMMU_DOMAIN_IDENTITY;
	return policy->strict ? IOMMU_DOMAIN_DMA : IOMMU_DOMAIN_DMA_FQ;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_policy_domain_type);

void iommu_set_default_passthrough(bool cmd_line)
{
	iommu_policy_set_passthrough(&policy, true, cmd_line);
}

void iommu_set_default_translated(bool cmd_line)
{
	iommu_policy_set_passthrough(&policy, false, cmd_line);
}

bool iommu_default_passthrough(void)
{
	return policy.passthrough;
}
EXPORT_SYMBOL_GPL(iommu_default_passthrough);

void iommu_set_dma_strict(void)
{
	policy.strict = true;
}

unsigned int iommu_default_domain_policy(void)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_policy);
	return iommu_policy_domain_type(&policy);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_policy);

static int __init policy_passthrough_param(char *str)
{
	return iommu_policy_parse_passthrough(&policy, str);
}
early_param("iommu.passthrough", policy_passthrough_param);

static int __init policy_strict_param(char *str)
{
	return iommu_policy_parse_strict(&policy, str);
}
early_param("iommu.strict", policy_strict_param);

static int __init policy_init(void)
{
	if (iommu_policy_settle(&policy,
				IS_ENABLED(CONFIG_IOMMU_DEFAULT_PASSTHROUGH),
				cc_platform_has(CC_ATTR_MEM_ENCRYPT)))
		pr_info("Memory is encrypted: devices are translated, not passed through\n");

	pr_info("Default domain type: %s%s\n",
		policy.passthrough ? "Passthrough" : "Translated",
		policy.passthrough_cmdline ?
			" (set via kernel command line)" : "");
	if (!policy.passthrough)
		pr_info("DMA domain TLB invalidation policy: %s mode%s\n",
			policy.strict ? "strict" : "lazy",
			policy.strict_cmdline ?
				" (set via kernel command line)" : "");
	return 0;
}
subsys_initcall(policy_init);
