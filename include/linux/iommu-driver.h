/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drivers of IOMMUs have in common, and core does for them.
 */
#ifndef __LINUX_IOMMU_DRIVER_H
#define __LINUX_IOMMU_DRIVER_H

#include <linux/iommu.h>

struct dentry;

/**
 * iommu_bus_device_group() - group of a device by its bus
 * @dev: device
 *
 * For iommu_ops.device_group of drivers that have no reason of their own to put
 * devices together: pci_device_group() or generic_device_group().
 *
 * Return: group with a reference, or ERR_PTR().
 */
struct iommu_group *iommu_bus_device_group(struct device *dev);

/**
 * iommu_fwspec_add_cell() - append the one id that a device tree gives
 * @dev: device, after iommu_fwspec_init()
 * @args: cells of "iommus" or "iommu-map"
 *
 * For iommu_ops.of_xlate of drivers whose #iommu-cells is 1: any other number
 * makes other ids of the same cells, and is refused with a message.
 *
 * Return: 0, -EINVAL for another number of cells, or as iommu_fwspec_add_ids().
 */
int iommu_fwspec_add_cell(struct device *dev, const struct of_phandle_args *args);

/**
 * iommu_add_sw_msi_region() - append the window in which doorbells are mapped
 * @list: list to append to
 *
 * For iommu_ops.get_resv_regions of drivers whose instances translate messages like
 * any other write.  VFIO and iommufd map doorbells there for user space, which has
 * come to know its place; so it is the same for all.  Without memory it is missing.
 *
 * Context: Process, may sleep.
 */
void iommu_add_sw_msi_region(struct list_head *list);

/**
 * typedef iommu_boot_stream_fn - what is done with a stream that is in use since boot
 * @data: of the caller of iommu_walk_boot_streams()
 * @id: of the stream
 *
 * Return: 0 to go on.
 */
typedef int (*iommu_boot_stream_fn)(void *data, u32 id);

/**
 * iommu_walk_boot_streams() - find what firmware may have left doing DMA
 * @fwnode: of an instance that has not begun to abort
 * @pass: called for each stream with its id, for some more than once; what it
 *	returns, unless it is 0, ends the walk
 * @data: for @pass
 *
 * A display that shows what the boot loader drew reads memory that the kernel left
 * to it: RMR nodes of IORT, or "iommu-addresses" equal to "reg" of a
 * "memory-region".  Such a stream has to pass from the moment at which an instance
 * begins to abort, until core attaches a domain, with that memory in it, when the
 * device is probed.  Ids are those of one-cell "iommus" and of "iommu-map".
 *
 * Context: Process, may sleep.
 * Return: 0, or what @pass returned.
 */
int iommu_walk_boot_streams(struct fwnode_handle *fwnode,
			    iommu_boot_stream_fn pass, void *data);

/**
 * struct iommu_debugfs_file - what an instance shows in debugfs
 * @name: of the file; NULL ends a list
 * @fops: as DEFINE_SHOW_ATTRIBUTE() makes them
 */
struct iommu_debugfs_file {
	const char *name;
	const struct file_operations *fops;
};

#ifdef CONFIG_IOMMU_DEBUGFS
/**
 * iommu_debugfs_add_instance() - make the directory of an instance
 * @iommu: instance, in sysfs already, whose name there the directory has
 * @files: files that only root may read
 * @data: what seq_file.private is to be in them
 *
 * Return: the directory, for debugfs_remove_recursive(); nothing needs it, so its
 * errors are nobody's.
 */
struct dentry *iommu_debugfs_add_instance(struct iommu_device *iommu,
					  const struct iommu_debugfs_file *files,
					  void *data);
#else
static inline struct dentry *
iommu_debugfs_add_instance(struct iommu_device *iommu,
			   const struct iommu_debugfs_file *files, void *data)
{
	return NULL;
}
#endif

#endif /* __LINUX_IOMMU_DRIVER_H */
