/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices whose drivers use DMA without translation, and whose instance comes
 * after all.  See direct.c for the theory.
 */
#ifndef __IOMMU_CORE_DIRECT_H
#define __IOMMU_CORE_DIRECT_H

#include <linux/types.h>

struct device;
struct iommu_device;
struct iommu_group;

/**
 * iommu_direct_waits_for() - does a device use DMA for want of an instance?
 * @dev: device
 * @fwnode: node of the instance
 *
 * Context: iommu_probe_device_lock is held.
 * Return: true if its driver is bound without translation, because of @fwnode.
 */
bool iommu_direct_waits_for(struct device *dev, const struct fwnode_handle *fwnode);

/**
 * iommu_direct_enter() - have a device pass the instance that it did without
 * @dev: device that iommu_direct_waits_for() @iommu, which is registered by now
 * @iommu: its instance
 *
 * It gets its firmware ids, and iommu_device_probe_one() takes it.  If that is
 * not to be, a message says so, and the device stays out.
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_direct_enter(struct device *dev, struct iommu_device *iommu);

/**
 * iommu_direct_use() - count the driver of a device that enters a group
 * @group: group
 * @dev: member
 *
 * Context: group->mutex is held.
 * Return: 0, also for any other device; -EBUSY if the group has an owner;
 * -ENODEV if the instance's module is on its way out.
 */
int iommu_direct_use(struct iommu_group *group, struct device *dev);

/**
 * iommu_direct_leave() - a device leaves its instance, or did not get there
 * @dev: device
 *
 * What it did without translation so far is over until its driver is bound anew.
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_direct_leave(struct device *dev);

/**
 * iommu_direct_give_up() - a device does without an instance that does not serve
 * @dev: device; nothing is done for those that iommu_direct_enter() did not take
 * @iommu: instance whose registration fails
 *
 * All is as before the instance came, and the next attempt finds the device.
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_direct_give_up(struct device *dev, struct iommu_device *iommu);

/**
 * iommu_direct_end() - the driver of a member does no DMA any more
 * @group: group
 * @dev: member, whose driver is being unbound
 *
 * With the last driver the group is closed.
 *
 * Context: group->mutex is held.
 */
void iommu_direct_end(struct iommu_group *group, struct device *dev);

/**
 * iommu_direct_unbound() - no driver is bound to a device, or a new one will be
 * @dev: device
 * @binding: one is about to be bound
 *
 * If nobody needs its group to be without translation any more, the group gets the
 * default domain that it would have got at first.  While the driver of another member
 * has memory to free, the group waits for it; or is without translation for @binding.
 * A device without a group is free for any instance from now on, and keeps nothing of
 * one that went.
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0; an error that keeps the group closed.
 */
int iommu_direct_unbound(struct device *dev, bool binding);

/**
 * iommu_direct_renew() - have a group ready for a new member
 * @group: group that a device is to join
 *
 * One that was left closed, since a driver's probe or its next default domain failed,
 * would refuse what needs another default domain.  A message says if it stays so.
 *
 * Context: group->mutex is held.
 */
void iommu_direct_renew(struct iommu_group *group);

/**
 * iommu_direct_in() - does a group have to be without translation?
 * @group: group
 *
 * Context: group->mutex is held.
 * Return: a member whose driver was bound so, or NULL.
 */
struct device *iommu_direct_in(struct iommu_group *group);

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * iommu_direct_find_ids() - ask firmware again which ids a device has
 * @dev: device
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0 or the firmware code's error; no ids then.
 */
int iommu_direct_find_ids(struct device *dev);
#endif

#endif /* __IOMMU_CORE_DIRECT_H */
