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

/*
 * Written by early parameters, by platform code and drivers while they are
 * initialised, and once in policy_init(); read when a group is set up.
 */
static struct {
	bool passthrough;
	bool passthrough_set;		/* by anybody, so Kconfig is not asked */
	bool passthrough_cmdline;
	bool strict;
	bool strict_cmdline;
} policy = {
	.strict = IS_ENABLED(CONFIG_IOMMU_DEFAULT_DMA_STRICT),
};

static void policy_set_passthrough(bool passthrough, bool cmd_line)
{
	policy.passthrough = passthrough;
	policy.passthrough_set = true;
	if (cmd_line)
		policy.passthrough_cmdline = true;
}

void iommu_set_default_passthrough(bool cmd_line)
{
	policy_set_passthrough(true, cmd_line);
}

void iommu_set_default_translated(bool cmd_line)
{
	policy_set_passthrough(false, cmd_line);
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
	if (policy.passthrough)
		return IOMMU_DOMAIN_IDENTITY;
	return policy.strict ? IOMMU_DOMAIN_DMA : IOMMU_DOMAIN_DMA_FQ;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_policy);

static int __init policy_passthrough_param(char *str)
{
	bool on;
	int ret;

	ret = kstrtobool(str, &on);
	if (ret)
		return ret;
	policy_set_passthrough(on, true);
	return 0;
}
early_param("iommu.passthrough", policy_passthrough_param);

static int __init policy_strict_param(char *str)
{
	int ret = kstrtobool(str, &policy.strict);

	if (!ret)
		policy.strict_cmdline = true;
	return ret;
}
early_param("iommu.strict", policy_strict_param);

static int __init policy_init(void)
{
	if (!policy.passthrough_set)
		policy.passthrough =
			IS_ENABLED(CONFIG_IOMMU_DEFAULT_PASSTHROUGH);

	/* Devices cannot read what is encrypted for the CPU. */
	if (policy.passthrough && !policy.passthrough_cmdline &&
	    cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		pr_info("Memory is encrypted: devices are translated, not passed through\n");
		policy.passthrough = false;
	}

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
