/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains for iommufd, and what hardware records as written in them.
 */
#ifndef __SMMU3_DIRTY_H
#define __SMMU3_DIRTY_H

#include <linux/types.h>

struct device;
struct iommu_domain;
struct iommu_user_data;
struct smmu3_instance;

/**
 * smmu3_can_track() - can an instance record what is written?
 * @smmu: instance
 *
 * Return: true if it can, in domains of stage 1.
 */
bool smmu3_can_track(const struct smmu3_instance *smmu);

/**
 * smmu3_domain_alloc_user() - iommu_ops.domain_alloc_user
 * @dev: device that it is for
 * @flags: IOMMU_HWPT_*
 * @parent: must be NULL: no nesting
 * @user_data: must be NULL
 *
 * Return: the domain; ERR_PTR(-EOPNOTSUPP) for what the instance cannot do, or
 * as smmu3_domain_alloc_paging().
 */
struct iommu_domain *
smmu3_domain_alloc_user(struct device *dev, u32 flags,
			struct iommu_domain *parent,
			const struct iommu_user_data *user_data);

#endif /* __SMMU3_DIRTY_H */
