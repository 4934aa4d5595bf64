/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How policy.c decides: apart from where its answers come from, so that tests
 * can ask it.
 */
#ifndef __IOMMU_CORE_POLICY_H
#define __IOMMU_CORE_POLICY_H

#include <linux/kconfig.h>
#include <linux/types.h>

/**
 * struct iommu_policy - what devices get that nobody has a wish for
 * @passthrough: untranslated
 * @passthrough_set: somebody decided @passthrough, so Kconfig is not asked
 * @passthrough_cmdline: it was the command line
 * @strict: invalidation before unmap returns; else deferred
 * @strict_cmdline: the command line decided @strict
 */
struct iommu_policy {
	bool passthrough;
	bool passthrough_set;
	bool passthrough_cmdline;
	bool strict;
	bool strict_cmdline;
};

#if IS_ENABLED(CONFIG_KUNIT)

/**
 * iommu_policy_set_passthrough() - decide between identity and translation
 * @policy: policy
 * @passthrough: identity
 * @cmd_line: the administrator says so
 */
void iommu_policy_set_passthrough(struct iommu_policy *policy,
				  bool passthrough, bool cmd_line);

/**
 * iommu_policy_parse_passthrough() - take the value of "iommu.passthrough="
 * @policy: policy
 * @str: value, NULL if the parameter came without one
 *
 * Return: 0; -EINVAL for anything but a boolean, nothing changed.
 */
int iommu_policy_parse_passthrough(struct iommu_policy *policy,
				   const char *str);

/**
 * iommu_policy_parse_strict() - take the value of "iommu.strict="
 * @policy: policy
 * @str: value, NULL if the parameter came without one
 *
 * Return: 0; -EINVAL for anything but a boolean, nothing changed.
 */
int iommu_policy_parse_strict(struct iommu_policy *policy, const char *str);

/**
 * iommu_policy_settle() - fill in what nobody decided, and rule out what cannot be
 * @policy: policy
 * @passthrough: what Kconfig says
 * @encrypted: memory is encrypted for the CPU
 *
 * Devices cannot read what is encrypted, so they are translated then, unless the
 * administrator insists.
 *
 * Return: true if encryption overruled @policy.
 */
bool iommu_policy_settle(struct iommu_policy *policy, bool passthrough,
			 bool encrypted);

/**
 * iommu_policy_domain_type() - type of default domains under a policy
 * @policy: settled policy
 *
 * Return: IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA_FQ or IOMMU_DOMAIN_IDENTITY.
 */
unsigned int iommu_policy_domain_type(const struct iommu_policy *policy);

#endif /* CONFIG_KUNIT */

#endif /* __IOMMU_CORE_POLICY_H */
