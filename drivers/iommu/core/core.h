/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private header of the IOMMU core.
 *
 * Objects and owners
 *
 *	instance	struct iommu_device, embedded in its driver; on the list
 *			of instance.c from the end of its registration to the
 *			start of its removal
 *	use		what keeps the module of an instance's driver: a driver
 *			on the default domain (member), an owner (group), a
 *			domain that core does not have for itself.  Who only is
 *			behind an instance is released when that goes
 *	device		struct dev_iommu at dev->iommu; made when firmware ids
 *			arrive or at probe, freed at release
 *	member		struct group_member; a device's place in its group,
 *			owned by the group
 *	group		struct iommu_group; counted through its "devices"
 *			kobject: one reference per member, plus those of users
 *	domain		struct iommu_domain; a group owns its default and its
 *			blocking domain, an mm its SVA domains, others belong to
 *			who allocated them
 *	handle		struct iommu_attach_handle; owned by who attached it, and
 *			found in group->pasids while attached
 *	bond		struct iommu_sva, a handle; from the first bind of a device
 *			and an mm to the last unbind
 *
 * Lock order
 *
 *	iommu_probe_device_lock -> group->mutex -> the driver's locks
 *	SVA lock -> group->mutex
 *	group->mutex -> the lock of group->pasids (spinlock, a leaf)
 *	instance_lock (spinlock) and the reserved-region lists of callers are
 *	leaves; nothing is taken under them.
 *
 * Under group->mutex handlers of page requests may be waited for, so these take
 * neither it nor a lock that it is taken under; under the SVA lock they are not.
 *
 * What is attached to a group changes under its mutex.  A fault looks for its
 * handle without it, under the lock of group->pasids; so a handle is entered when
 * hardware has been switched, and its owner frees it after iommu_iopf_quiesce().
 *
 * A device is probed and released under iommu_probe_device_lock, so dev->iommu
 * and dev->iommu_group are stable under it; under group->mutex so is the
 * membership of that group.
 */
#ifndef __IOMMU_CORE_H
#define __IOMMU_CORE_H

#include <linux/iommu-driver.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../iommu-priv.h"
#include "bus.h"

/**
 * struct group_member - a device's place in its group
 * @list: on iommu_group.members
 * @dev: device
 * @name: name of the link in the group's "devices" directory
 * @has_pasids: what is attached to PASIDs of the group is attached for this
 *	member too; guarded by the group's mutex
 * @drivers: uses of the default domain by the device's driver, each of which
 *	keeps the IOMMU driver's module; guarded by the group's mutex
 */
struct group_member {
	struct list_head list;
	struct device *dev;
	char *name;
	bool has_pasids;
	unsigned int drivers;
};

/**
 * struct iommu_group - devices that cannot be told apart or kept apart
 * @kobj: /sys/kernel/iommu_groups/<id>
 * @devices_kobj: its "devices" directory; carries the reference count
 * @id: constant
 * @name: optional name; guarded by @mutex
 * @mutex: guards all below, and every attachment of a member
 * @members: struct group_member
 * @pasids: attachments by PASID, see iommu_pasid_entry(); changed under @mutex,
 *	read under the lock of the array
 * @default_domain: what members use while nobody else owns them, or NULL
 * @blocking_domain: made on demand for exclusive owners, or NULL
 * @domain: what is attached now; NULL before the first attachment
 * @quarantined: whatever @domain is, the hardware has @blocking_domain
 * @direct: @default_domain was chosen for a member whose driver was bound without
 *	translation, see direct.c
 * @owner: exclusive owner, or NULL
 * @owner_cnt: drivers on the default domain, or claims of @owner
 * @owner_module: the IOMMU driver's module, kept for @owner; NULL if there is
 *	no owner or the driver is built in
 * @iommudata: the IOMMU driver's own
 * @iommudata_release: releases @iommudata with the group
 * @pending: on the list of groups that wait for their default domain while a
 *	bus is walked
 * @quarantine_work: puts the group into quarantine; holds a reference while it is
 *	queued
 */
struct iommu_group {
	struct kobject kobj;
	struct kobject *devices_kobj;
	int id;
	char *name;
	struct mutex mutex;	/* see @mutex above */
	struct list_head members;
	struct xarray pasids;
	struct iommu_domain *default_domain;
	struct iommu_domain *blocking_domain;
	struct iommu_domain *domain;
	bool quarantined;
	bool direct;
	void *owner;
	unsigned int owner_cnt;
	struct module *owner_module;
	void *iommudata;
	void (*iommudata_release)(void *iommudata);
	struct list_head pending;
	struct work_struct quarantine_work;
};

/**
 * for_each_group_member - walk a group's members
 * @group: group; its mutex is held
 * @member: struct group_member cursor
 */
#define for_each_group_member(group, member) \
	list_for_each_entry(member, &(group)->members, list)

/* instance.c */

/**
 * iommu_instance_from_fwnode() - the instance that firmware node names
 * @fwnode: node, or NULL for an instance without one
 *
 * Return: the instance, or NULL if none is registered for @fwnode.
 */
struct iommu_device *iommu_instance_from_fwnode(const struct fwnode_handle *fwnode);

/**
 * iommu_instance_is_announced() - is an instance being set up?
 * @fwnode: its node
 *
 * Context: iommu_probe_device_lock is held.
 * Return: true between iommu_device_announce() and its registration.
 */
bool iommu_instance_is_announced(const struct fwnode_handle *fwnode);

/* device.c */

/**
 * iommu_device_state_get() - dev->iommu, made if it is not there
 * @dev: device
 *
 * Context: iommu_probe_device_lock is held.
 * Return: the state, or NULL without memory.
 */
struct dev_iommu *iommu_device_state_get(struct device *dev);

/**
 * iommu_device_is_probed() - is a device behind an instance?
 * @dev: device
 *
 * Return: true from its probe to its release.
 */
static inline bool iommu_device_is_probed(struct device *dev)
{
	return dev->iommu && dev->iommu->iommu_dev;
}

/**
 * iommu_device_probe_one() - take a device through instance, group and domain
 * @dev: device
 * @pending: where to queue its group if it has no default domain yet, or NULL
 *	to give it one at once
 *
 * Idempotent: a device that has its group returns 0.  What goes wrong is said
 * in one line, except -ENODEV and -EPROBE_DEFER, and leaves nothing behind but
 * the firmware ids.
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0, -ENODEV if no instance serves the device, another negative error.
 */
int iommu_device_probe_one(struct device *dev, struct list_head *pending);

/**
 * iommu_device_finish_pending() - give queued groups their default domain
 * @pending: list of iommu_device_probe_one(); empty afterwards
 *
 * A member that cannot take part in its group's domain is reported and
 * released; the others go on without it.
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0, or the first error.
 */
int iommu_device_finish_pending(struct list_head *pending);

/**
 * iommu_device_is_orphan() - does a device have ids at an instance that is not there?
 * @dev: device
 *
 * Context: iommu_probe_device_lock is held.
 * Return: true if firmware put it behind an instance that went, or is not back.
 */
bool iommu_device_is_orphan(struct device *dev);

/**
 * iommu_device_release() - undo iommu_device_probe_one(), and drop the firmware ids
 * @dev: device; may never have been probed
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_device_release(struct device *dev);

/**
 * iommu_device_forget() - take a device from its instance and its group
 * @dev: member of a group
 *
 * Nothing is left of it but its firmware ids, with which another instance for
 * the same node finds it.  These go too if the driver keeps something with them.
 *
 * Context: Process; takes the group's mutex.
 */
void iommu_device_forget(struct device *dev);

/* group.c */

/**
 * iommu_group_add_member() - put a device in a group
 * @group: group
 * @dev: device; dev->iommu_group is not set yet, but is afterwards
 *
 * Context: group->mutex is held.
 * Return: 0, -ENOMEM or a sysfs error, nothing changed.
 */
int iommu_group_add_member(struct iommu_group *group, struct device *dev);

/**
 * iommu_group_remove_member() - take a device out of its group
 * @group: group
 * @dev: device; dev->iommu_group is NULL afterwards
 *
 * Drops the member's reference, which the caller may not be the last to hold.
 *
 * Context: group->mutex is held.
 */
void iommu_group_remove_member(struct iommu_group *group, struct device *dev);

/**
 * iommu_group_first_dev() - any member
 * @group: group with at least one member
 *
 * Context: group->mutex is held.
 * Return: the member that joined first.
 */
struct device *iommu_group_first_dev(struct iommu_group *group);

/**
 * iommu_group_member() - place of a device in a group
 * @group: group
 * @dev: device
 *
 * Context: group->mutex is held.
 * Return: the member, or NULL if @dev is none.
 */
struct group_member *iommu_group_member(struct iommu_group *group, struct device *dev);

/**
 * iommu_group_has_instance() - are the members behind an instance?
 * @group: group
 *
 * Context: group->mutex is held.
 * Return: false for an empty group, and for those that VFIO makes for devices
 * without an IOMMU.
 */
bool iommu_group_has_instance(struct iommu_group *group);

/* default-domain.c */

/**
 * iommu_default_domain_setup() - choose, allocate and attach a default domain
 * @group: group without one, or whose type changes
 * @type: IOMMU_DOMAIN_* wanted, or 0 to decide by driver, device and policy
 * @culprit: set to the member that could not take part if one failed, else to
 *	NULL
 *
 * Every member's reserved regions, limits and untrusted mark enter the choice
 * and the domain.  On failure the group keeps what it had.  If it had nothing
 * and a member can neither use the new domain nor be blocked, the domain stays
 * the group's until the last member has left.
 *
 * Context: group->mutex is held.
 * Return: 0, -ENOMEM, -EINVAL if @type or the driver's wish contradicts what a
 * member allows, or the driver's error.
 */
int iommu_default_domain_setup(struct iommu_group *group, unsigned int type,
			       struct device **culprit);

/**
 * iommu_default_domain_change() - what a write to the group's "type" does
 * @group: group
 * @type: IOMMU_DOMAIN_IDENTITY, _DMA, _DMA_FQ, or 0 to decide as at boot
 *
 * Deferred invalidation can be switched off for a domain that is in use, and on
 * if all members are trusted and their instance leaves invalidation to the
 * caller.  All else needs a group without bound drivers.
 *
 * Context: Process; takes the group's mutex.
 * Return: 0, -EPERM if drivers are bound or the group is empty, or an error of
 * iommu_default_domain_setup().
 */
int iommu_default_domain_change(struct iommu_group *group, unsigned int type);

/**
 * iommu_default_domain_join() - bring a new member into the group's domain
 * @group: group with a default domain
 * @dev: new member
 *
 * Context: group->mutex is held.
 * Return: 0; otherwise the device cannot share the domain and a message says
 * why.
 */
int iommu_default_domain_join(struct iommu_group *group, struct device *dev);

/**
 * iommu_default_domain_free() - free a group's own domains
 * @group: group whose last member leaves
 *
 * Context: group->mutex is held.
 */
void iommu_default_domain_free(struct iommu_group *group);

/* policy.c */

/**
 * iommu_default_domain_policy() - type that devices without a wish get
 *
 * Return: IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA_FQ or IOMMU_DOMAIN_IDENTITY.
 */
unsigned int iommu_default_domain_policy(void);

/* ownership.c */

/**
 * iommu_ownership_enter() - count the driver of a member as a user
 * @group: group without an owner
 * @dev: member; its driver was bound before it joined
 *
 * iommu_device_unuse_default_domain() undoes it.
 *
 * Context: group->mutex is held.
 * Return: 0; -ENODEV if the IOMMU driver's module is on its way out.
 */
int iommu_ownership_enter(struct iommu_group *group, struct device *dev);

/**
 * iommu_ownership_leave() - end the uses of a member that leaves its instance
 * @group: group
 * @member: member; its driver may still be bound
 *
 * With the last member goes the group's owner.
 *
 * Context: group->mutex is held.
 * Return: true if it was in use, by a driver or by the group's owner.
 */
bool iommu_ownership_leave(struct iommu_group *group, struct group_member *member);

/* group-sysfs.c: the attributes of every group */
extern const struct attribute_group *iommu_group_attr_groups[];

/* group-sysfs.c: the attribute "name", there while the group has a name */
extern const struct kobj_attribute iommu_group_name_attr;

/* attach.c */

/**
 * iommu_group_attach() - move all members of a group to a domain, or none
 * @group: group
 * @domain: new domain
 * @culprit: set to the member that refused; NULL if nobody asks
 *
 * Members that were moved before one refuses are moved back.  If nothing was
 * attached before, they stay in @domain and group->domain stays NULL: the
 * caller blocks or releases them before @domain goes.
 *
 * Context: group->mutex is held.
 * Return: 0, or the driver's error.
 */
int iommu_group_attach(struct iommu_group *group, struct iommu_domain *domain,
		       struct device **culprit);

/**
 * iommu_group_block() - keep all members from doing DMA, whatever they are in
 * @group: group; its domain is NULL afterwards
 *
 * Context: group->mutex is held.
 * Return: 0; otherwise at least one member is where it was.
 */
int iommu_group_block(struct iommu_group *group);

/**
 * iommu_group_blocking_domain() - the domain that lets nothing through
 * @group: group with probed members
 *
 * Context: group->mutex is held.
 * Return: the group's blocking domain, made if it has none; ERR_PTR().
 */
struct iommu_domain *iommu_group_blocking_domain(struct iommu_group *group);

/**
 * iommu_group_shut() - put the blocking domain in front of what a group is in
 * @group: group with probed members, not in quarantine
 *
 * group->domain stays what it is; attachments by core are noted there, those by
 * others are refused.
 *
 * Context: group->mutex is held.
 * Return: 0; -ENOMEM or what a driver refuses with, and nothing changed.
 */
int iommu_group_shut(struct iommu_group *group);

/**
 * iommu_group_reopen() - undo iommu_group_shut()
 * @group: group in quarantine
 *
 * Context: group->mutex is held.
 */
void iommu_group_reopen(struct iommu_group *group);

/**
 * iommu_group_attach_nofail() - move all members to a domain that must not refuse
 * @group: group
 * @domain: the default or the blocking domain
 *
 * A member that cannot be moved is blocked, and if that fails too, reported.
 *
 * Context: group->mutex is held.
 */
void iommu_group_attach_nofail(struct iommu_group *group, struct iommu_domain *domain);

/**
 * iommu_group_attach_member() - attach one member to a domain
 * @group: group
 * @dev: member
 * @domain: domain
 *
 * A member whose attachment is deferred stays where the previous kernel left it
 * while @domain is the default domain and translates.
 *
 * Context: group->mutex is held.
 * Return: 0, -EINVAL if the member needs direct regions and @domain blocks, or
 * the driver's error.
 */
int iommu_group_attach_member(struct iommu_group *group, struct device *dev,
			      struct iommu_domain *domain);

/**
 * iommu_group_attach_user() - put a group that core has behind a user's domain
 * @group: group
 * @domain: domain
 *
 * Context: group->mutex is held.
 * Return: 0; -EBUSY if somebody else attached a domain; -EINVAL if @domain was
 * allocated by another driver than that of the members; or the driver's error.
 * Every member is where it was then.
 */
int iommu_group_attach_user(struct iommu_group *group, struct iommu_domain *domain);

/**
 * iommu_group_detach_user() - give a group back to core
 * @group: group
 *
 * It is blocked if it has an owner, else in its default domain.
 *
 * Context: group->mutex is held.
 */
void iommu_group_detach_user(struct iommu_group *group);

/**
 * iommu_group_replace() - move a group from one domain of its owner to another
 * @group: group
 * @domain: new domain
 *
 * Context: group->mutex is held.
 * Return: as iommu_group_attach_user(), but for -EBUSY.
 */
int iommu_group_replace(struct iommu_group *group, struct iommu_domain *domain);

/* domain.c */

/**
 * iommu_domain_new() - allocate a domain of a type
 * @dev: a device that it will serve
 * @type: IOMMU_DOMAIN_*
 *
 * Return: the domain, with type, ops, owner, page sizes and, for DMA types, its
 * DMA state; ERR_PTR(-ENOMEM), ERR_PTR(-EOPNOTSUPP) if the driver has no such
 * domain, or the driver's error.
 */
struct iommu_domain *iommu_domain_new(struct device *dev, unsigned int type);

/**
 * iommu_domain_complete() - fill in what core adds to a domain of a driver
 * @domain: new domain
 * @ops: operations of the driver that allocated it
 * @type: IOMMU_DOMAIN_*
 */
void iommu_domain_complete(struct iommu_domain *domain, const struct iommu_ops *ops,
			   unsigned int type);

/**
 * iommu_domain_give() - make a domain its user's, who may keep it as long as he likes
 * @domain: new domain, or an ERR_PTR()
 *
 * The domain keeps the driver's module until iommu_domain_free().
 *
 * Return: @domain; ERR_PTR(-ENODEV) if the module is on its way out, and the
 * domain is freed.
 */
struct iommu_domain *iommu_domain_give(struct iommu_domain *domain);

/* sva-fault.c */

/**
 * iommu_sva_fault_handler() - bring in the pages that a group of faults asks for
 * @group: faults on an SVA domain
 *
 * The iopf_handler of SVA domains.  The group is answered once, by a worker of
 * its queue, and freed.
 *
 * Context: Process.
 * Return: 0, or -EBUSY and the caller answers.
 */
int iommu_sva_fault_handler(struct iopf_group *group);

/* resv.c */

/**
 * iommu_resv_map_direct() - map a device's direct regions into a domain
 * @domain: a paging domain, or the identity domain
 * @dev: device
 *
 * Sets dev->iommu->require_direct.  Regions are widened to page boundaries.
 * What is mapped 1:1 already is left alone.
 *
 * Context: group->mutex is held; may sleep.
 * Return: 0; -ENOMEM; -ERANGE if a region does not fit the domain; -EEXIST if
 * something else is mapped there; -EINVAL if the domain knows its page sizes
 * only once it is attached.  On failure nothing stays mapped.
 */
int iommu_resv_map_direct(struct iommu_domain *domain, struct device *dev);

/**
 * iommu_resv_insert() - merge a region into a sorted list
 * @new: region to copy
 * @regions: list sorted by start, then type; like types do not overlap or touch
 *
 * Return: 0 or -ENOMEM, the list unchanged.
 */
int iommu_resv_insert(struct iommu_resv_region *new, struct list_head *regions);

/* sysfs.c, debugfs.c, trace.c: see <linux/iommu.h> */

#endif /* __IOMMU_CORE_H */
