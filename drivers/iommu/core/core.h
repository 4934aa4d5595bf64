/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private header of the IOMMU core.
 *
 * Objects and owners
 *
 *	instance	struct iommu_device, embedded in its driver; on the list
 *			of instance.c from the end of its registration to the
 *			start of its removal
 *	device		struct dev_iommu at dev->iommu; made when firmware ids
 *			arrive or at probe, freed at release
 *	member		struct group_member; a device's place in its group,
 *			owned by the group
 *	group		struct iommu_group; counted through its "devices"
 *			kobject: one reference per member, plus those of users
 *	domain		struct iommu_domain; a group owns its default and its
 *			blocking domain, others belong to who allocated them
 *
 * Lock order
 *
 *	iommu_probe_device_lock -> group->mutex -> the driver's locks
 *	instance_lock (spinlock) and the reserved-region lists of callers are
 *	leaves; nothing is taken under them.
 *
 * A device is probed and released under iommu_probe_device_lock, so dev->iommu
 * and dev->iommu_group are stable under it; under group->mutex so is the
 * membership of that group.
 */
#ifndef __IOMMU_CORE_H
#define __IOMMU_CORE_H

#include <linux/iommu.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/xarray.h>

#include "../iommu-priv.h"

/**
 * struct group_member - a device's place in its group
 * @list: on iommu_group.members
 * @dev: device
 * @name: name of the link in the group's "devices" directory
 */
struct group_member {
	struct list_head list;
	struct device *dev;
	char *name;
};

/**
 * struct iommu_group - devices that cannot be told apart or kept apart
 * @kobj: /sys/kernel/iommu_groups/<id>
 * @devices_kobj: its "devices" directory; carries the reference count
 * @id: constant
 * @name: optional name; guarded by @mutex
 * @mutex: guards all below, and every attachment of a member
 * @members: struct group_member
 * @pasids: struct iommu_attach_handle or domain by PASID
 * @default_domain: what members use while nobody else owns them, or NULL
 * @blocking_domain: made on demand for exclusive owners, or NULL
 * @domain: what is attached now; NULL before the first attachment
 * @owner: exclusive owner, or NULL
 * @owner_cnt: drivers on the default domain, or claims of @owner
 * @iommudata: the IOMMU driver's own
 * @iommudata_release: releases @iommudata with the group
 * @pending: on the list of groups that wait for their default domain while a
 *	bus is walked
 */
struct iommu_group {
	struct kobject kobj;
	struct kobject *devices_kobj;
	int id;
	char *name;
	struct mutex mutex;	/* guards membership and attachments */
	struct list_head members;
	struct xarray pasids;
	struct iommu_domain *default_domain;
	struct iommu_domain *blocking_domain;
	struct iommu_domain *domain;
	void *owner;
	unsigned int owner_cnt;
	void *iommudata;
	void (*iommudata_release)(void *iommudata);
	struct list_head pending;
};

/**
 * for_each_member - walk a group's members
 * @group: group; its mutex is held
 * @member: struct group_member cursor
 */
#define for_each_member(group, member) \
	list_for_each_entry(member, &(group)->members, list)

/* instance.c */

/**
 * instance_from_fwnode() - the instance that firmware node names
 * @fwnode: node, or NULL for an instance without one
 *
 * Return: the instance, or NULL if none is registered for @fwnode.
 */
struct iommu_device *instance_from_fwnode(const struct fwnode_handle *fwnode);

/* bus.c */

/**
 * buses_probe_instance() - offer an instance the devices that are there
 * @iommu: a registered instance
 *
 * Context: Process; takes iommu_probe_device_lock.
 * Return: 0, or the first error other than -ENODEV that a device met.
 */
int buses_probe_instance(struct iommu_device *iommu);

/**
 * buses_release_instance() - release every device of an instance
 * @iommu: instance, no longer on the list
 */
void buses_release_instance(struct iommu_device *iommu);

/* device.c */

/**
 * device_state_get() - dev->iommu, made if it is not there
 * @dev: device
 *
 * Context: iommu_probe_device_lock is held.
 * Return: the state, or NULL without memory.
 */
struct dev_iommu *device_state_get(struct device *dev);

/**
 * device_probe_one() - take a device through instance, group and domain
 * @dev: device
 * @pending: where to queue its group if it has no default domain yet, or NULL
 *	to give it one at once
 *
 * Idempotent: a device that has its group returns 0.
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0, -ENODEV if no instance serves the device, another negative error.
 */
int device_probe_one(struct device *dev, struct list_head *pending);

/**
 * device_release() - undo device_probe_one(), and drop the firmware ids
 * @dev: device; nothing happens if it was never probed
 */
void device_release(struct device *dev);

/* group.c */

/**
 * group_add_member() - put a device in a group
 * @group: group
 * @dev: device; dev->iommu_group is not set yet
 *
 * Context: group->mutex is held.
 * Return: the member, or ERR_PTR(-ENOMEM) or a sysfs error, nothing changed.
 */
struct group_member *group_add_member(struct iommu_group *group,
				      struct device *dev);

/**
 * group_remove_member() - take a device out of its group
 * @group: group
 * @dev: device; dev->iommu_group is NULL afterwards
 *
 * Drops the member's reference, which the caller may not be the last to hold.
 *
 * Context: group->mutex is held.
 */
void group_remove_member(struct iommu_group *group, struct device *dev);

/**
 * group_first_dev() - any member
 * @group: group with at least one member
 *
 * Context: group->mutex is held.
 * Return: device.
 */
struct device *group_first_dev(struct iommu_group *group);

/* default-domain.c */

/**
 * default_domain_setup() - choose, allocate and attach a default domain
 * @group: group without one, or whose type changes
 * @type: IOMMU_DOMAIN_* wanted, or 0 to decide by driver, device and policy
 *
 * Every member's reserved regions, limits and untrusted mark enter the choice
 * and the domain.  On failure the group keeps what it had.
 *
 * Context: group->mutex is held.
 * Return: 0, -ENOMEM, -EINVAL if the members' wishes contradict, or the
 * driver's error.
 */
int default_domain_setup(struct iommu_group *group, unsigned int type);

/**
 * default_domain_join() - bring a new member into the group's domain
 * @group: group with a default domain
 * @dev: new member
 *
 * Context: group->mutex is held.
 * Return: 0; otherwise the device cannot share the domain and a message says
 * why.
 */
int default_domain_join(struct iommu_group *group, struct device *dev);

/**
 * default_domain_free() - free a group's own domains
 * @group: group whose last member leaves
 *
 * Context: group->mutex is held.
 */
void default_domain_free(struct iommu_group *group);

/**
 * default_domain_policy() - type that devices without a wish get
 *
 * Return: IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA_FQ or IOMMU_DOMAIN_IDENTITY.
 */
unsigned int default_domain_policy(void);

extern const struct attribute_group *iommu_group_attr_groups[];

/* attach.c */

/**
 * group_attach() - move all members of a group to a domain, or none
 * @group: group
 * @domain: new domain
 *
 * Members that were moved before one refuses are moved back.
 *
 * Context: group->mutex is held.
 * Return: 0, or the driver's error with every member where it was.
 */
int group_attach(struct iommu_group *group, struct iommu_domain *domain);

/**
 * group_attach_nofail() - move all members to a domain that must not refuse
 * @group: group
 * @domain: the default or the blocking domain
 *
 * A member that cannot be moved is blocked, and if that fails too, reported.
 *
 * Context: group->mutex is held.
 */
void group_attach_nofail(struct iommu_group *group, struct iommu_domain *domain);

/**
 * group_attach_member() - attach one member to a domain
 * @group: group
 * @dev: member
 * @domain: domain
 *
 * Context: group->mutex is held.
 * Return: 0, -EBUSY if a deferred member may not move yet, -EINVAL if the member
 * needs direct regions and @domain blocks, or the driver's error.
 */
int group_attach_member(struct iommu_group *group, struct device *dev,
			struct iommu_domain *domain);

/* domain.c */

/**
 * domain_alloc() - allocate a domain of a type
 * @dev: a device that it will serve
 * @type: IOMMU_DOMAIN_*
 *
 * Return: the domain, with type, ops, owner, page sizes and, for DMA types, its
 * DMA state; ERR_PTR(-ENOMEM), ERR_PTR(-EOPNOTSUPP) if the driver has no such
 * domain, or the driver's error.
 */
struct iommu_domain *domain_alloc(struct device *dev, unsigned int type);

/* resv.c */

/**
 * resv_map_direct() - map a device's direct regions into a domain
 * @domain: a paging domain, or the identity domain
 * @dev: device
 *
 * Sets dev->iommu->require_direct.  Regions are widened to page boundaries.
 * What is mapped 1:1 already is left alone.
 *
 * Context: group->mutex is held; may sleep.
 * Return: 0, -ENOMEM, -ERANGE if a region does not fit the domain.
 */
int resv_map_direct(struct iommu_domain *domain, struct device *dev);

/**
 * resv_insert() - merge a region into a sorted list
 * @new: region to copy
 * @regions: list sorted by start, then type; like types do not overlap or touch
 *
 * Return: 0 or -ENOMEM, the list unchanged.
 */
int resv_insert(struct iommu_resv_region *new, struct list_head *regions);

/* sysfs.c, debugfs.c, trace.c: see <linux/iommu.h> */

#endif /* __IOMMU_CORE_H */
