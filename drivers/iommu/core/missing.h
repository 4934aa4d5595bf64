/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instances that firmware describes and that are not there, and devices that go
 * without them.
 */
#ifndef __IOMMU_CORE_MISSING_H
#define __IOMMU_CORE_MISSING_H

#include <linux/types.h>

struct device;
struct fwnode_handle;

/**
 * enum iommu_missing - what becomes of a device whose instance does not come
 * @IOMMU_MISSING_DEFER: it waits for it, without end
 * @IOMMU_MISSING_BYPASS: its driver is bound without translation
 * @IOMMU_MISSING_FAIL: its driver is not bound
 *
 * The last two once the driver core waits for no more drivers.
 */
enum iommu_missing {
	IOMMU_MISSING_DEFER,
	IOMMU_MISSING_BYPASS,
	IOMMU_MISSING_FAIL,
};

/**
 * iommu_missing_note() - remember which instance a device misses
 * @dev: device
 * @fwnode: node of an instance that is not registered, NULL to forget
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_missing_note(struct device *dev, struct fwnode_handle *fwnode);

/**
 * iommu_missing_arrived() - look whether what a device misses is there now
 * @dev: device
 *
 * A device that is in use without translation goes on so, and a message says so;
 * see iommu_direct_enter() and iommu_missing_stays_out().
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_missing_arrived(struct device *dev);

/**
 * iommu_missing_stays_out() - must a device be left without an instance?
 * @dev: device that has ids of one that is registered
 *
 * A driver that began without translation, or that lost it with its instance,
 * goes on so until it is bound anew.
 *
 * Context: iommu_probe_device_lock is held.
 * Return: true if so.
 */
bool iommu_missing_stays_out(struct device *dev);

#if IS_ENABLED(CONFIG_KUNIT)

/**
 * iommu_missing_policy() - what to do if nothing is said of an instance
 *
 * Return: what the command line says, or Kconfig.
 */
enum iommu_missing iommu_missing_policy(void);

/**
 * iommu_missing_expired() - will no more drivers come?
 * @dev: device that waits
 *
 * Return: true if all built-in drivers are there, and modules have had the time
 * that "deferred_probe_timeout=" gives them.
 */
bool iommu_missing_expired(struct device *dev);

/**
 * iommu_missing_parse() - take the value of "iommu.missing="
 * @str: value, or NULL
 * @policy: where to store it
 *
 * Return: 0; -EINVAL for anything but "defer", "bypass" and "fail".
 */
int iommu_missing_parse(const char *str, enum iommu_missing *policy);

/**
 * iommu_missing_listed() - is an instance in a list of names?
 * @list: names, separated by commas
 * @fwnode: node of the instance
 *
 * A name is that of a node with or without its path, or that of the device.
 *
 * Return: true if it is.
 */
bool iommu_missing_listed(const char *list, const struct fwnode_handle *fwnode);

#endif /* CONFIG_KUNIT */

#endif /* __IOMMU_CORE_MISSING_H */
