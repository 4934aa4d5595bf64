/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What core tells its debugfs files.
 */
#ifndef __IOMMU_CORE_DEBUGFS_H
#define __IOMMU_CORE_DEBUGFS_H

struct device;
struct seq_file;

#ifdef CONFIG_IOMMU_DEBUGFS

/**
 * iommu_debugfs_add_device() - list a device with its fault counter
 * @dev: device that was probed
 *
 * Without memory the device is not listed; nothing else depends on it.
 */
void iommu_debugfs_add_device(struct device *dev);

/**
 * iommu_debugfs_remove_device() - take a device off the list
 * @dev: device; dev->iommu is still there.  Nobody looks at it afterwards
 */
void iommu_debugfs_remove_device(struct device *dev);

/**
 * iommu_debugfs_show_faults() - the lines of the file "faults"
 * @seq: where to print them
 * @unused: nothing
 *
 * Return: 0.
 */
int iommu_debugfs_show_faults(struct seq_file *seq, void *unused);

/**
 * iommu_debugfs_show_page_requests() - the lines of the file "page_requests"
 * @seq: where to print them
 * @unused: nothing
 *
 * With CONFIG_IOMMU_IOPF.
 *
 * Return: 0.
 */
int iommu_debugfs_show_page_requests(struct seq_file *seq, void *unused);

#else

static inline void iommu_debugfs_add_device(struct device *dev) {}
static inline void iommu_debugfs_remove_device(struct device *dev) {}

#endif

#endif /* __IOMMU_CORE_DEBUGFS_H */
