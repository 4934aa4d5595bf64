/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Device tree: what the rest of core asks of it.
 */
#ifndef __IOMMU_CORE_OF_H
#define __IOMMU_CORE_OF_H

#include <linux/errno.h>
#include <linux/iommu-driver.h>
#include <linux/of.h>

struct device;

#ifdef CONFIG_OF_IOMMU

/**
 * iommu_of_find_ids() - give a device the ids that it could not get earlier
 * @dev: device of which of_iommu_configure() found that an instance was missing
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0; -EPROBE_DEFER if an instance is missing still; -ENODEV or another
 * error as of_iommu_configure() gets it.  It has no ids then.
 */
int iommu_of_find_ids(struct device *dev);

/**
 * iommu_of_uses_memory() - may firmware have left a device doing DMA?
 * @np: node of the device
 *
 * Return: whether it has memory at the same I/O address, "iommu-addresses" of a
 * "memory-region".
 */
bool iommu_of_uses_memory(struct device_node *np);

/**
 * iommu_of_walk_boot_streams() - iommu_walk_boot_streams() in the device tree
 * @fwnode: of the instance
 * @pass: what is done with a stream
 * @data: for @pass
 *
 * Return: 0, or what @pass returned.
 */
int iommu_of_walk_boot_streams(const struct fwnode_handle *fwnode,
			       iommu_boot_stream_fn pass, void *data);

#else

static inline int
iommu_of_walk_boot_streams(const struct fwnode_handle *fwnode,
			   iommu_boot_stream_fn pass, void *data)
{
	return 0;
}

static inline int iommu_of_find_ids(struct device *dev)
{
	return -ENODEV;
}

#endif

#endif /* __IOMMU_CORE_OF_H */
