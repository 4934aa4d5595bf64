/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains of a virtio IOMMU.
 */
#ifndef __VIOMMU_DOMAIN_H
#define __VIOMMU_DOMAIN_H

#include <linux/iommu.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

struct viommu_instance;

/**
 * struct viommu_domain - a paging domain
 * @domain: core's part
 * @viommu: the instance that it is for; constant
 * @id: at the device; constant
 * @lock: guards @mappings, @sent and @pos; taken with interrupts off
 * @mappings: struct viommu_mapping
 * @sent: mappings that start below this address are the device's as well; 0 while
 *	the device does not know the domain, U64_MAX while it knows all, between
 *	them while mappings are being made again
 * @pos: position behind the last request for this domain
 * @refused: mappings that the device refused and that are still in @mappings
 * @bound: endpoints attached; guarded by viommu_instance.mutex
 * @list: on viommu_instance.domains
 */
struct viommu_domain {
	struct iommu_domain domain;
	struct viommu_instance *viommu;
	u32 id;
	spinlock_t lock;	/* see @lock above */
	struct rb_root_cached mappings;
	u64 sent;
	u64 pos;
	atomic_t refused;
	unsigned int bound;
	struct list_head list;
};

#endif /* __VIOMMU_DOMAIN_H */
