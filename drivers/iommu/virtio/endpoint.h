/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices behind a virtio IOMMU, and their endpoints.
 */
#ifndef __VIOMMU_ENDPOINT_H
#define __VIOMMU_ENDPOINT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct device;
struct iommu_domain;
struct viommu_instance;

/**
 * struct viommu_endpoint - a device with its endpoint ids
 * @dev: device
 * @viommu: instance that it is behind
 * @domain: what it is attached to, or NULL; guarded by viommu_instance.mutex
 * @regions: struct iommu_resv_region that the host reserves, sorted; constant
 * @rcu: for freeing after who reports a fault
 * @num_ids: length of @ids
 * @ids: endpoint ids, each once
 */
struct viommu_endpoint {
	struct device *dev;
	struct viommu_instance *viommu;
	struct iommu_domain *domain;
	struct list_head regions;
	struct rcu_head rcu;
	unsigned int num_ids;
	u32 ids[] __counted_by(num_ids);
};

#endif /* __VIOMMU_ENDPOINT_H */
