/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices follow their instance: links between them.  See follow.c for the theory.
 */
#ifndef __IOMMU_CORE_FOLLOW_H
#define __IOMMU_CORE_FOLLOW_H

#include <linux/types.h>

struct device;
struct iommu_device;

/**
 * iommu_follow_add() - link a device to the device of its instance
 * @dev: member of a group
 * @binding: a driver is being bound to @dev
 *
 * Nothing changes if there is a link, or if it has to wait until the instance's
 * driver is bound.
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_follow_add(struct device *dev, bool binding);

/**
 * iommu_follow_watch() - be told when the driver of an instance is bound
 * @iommu: instance that is about to be registered, in sysfs if it shows itself
 *
 * Context: Process; takes the lock of a bus's notifiers, which is held when
 * iommu_probe_device_lock is taken.
 * Return: 0, -EINVAL if the bus is not registered.
 */
int iommu_follow_watch(struct iommu_device *iommu);

/**
 * iommu_follow_unwatch() - undo iommu_follow_watch()
 * @iommu: instance; nothing happens if it is not watched
 *
 * Context: as for iommu_follow_watch().
 */
void iommu_follow_unwatch(struct iommu_device *iommu);

#endif /* __IOMMU_CORE_FOLLOW_H */
