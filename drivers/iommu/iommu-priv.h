/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What iommufd and drivers of the IOMMU subsystem share with its core, and
 * nobody else may use.
 */
#ifndef __LINUX_IOMMU_PRIV_H
#define __LINUX_IOMMU_PRIV_H

#include <linux/iommu.h>

struct notifier_block;

/**
 * iommu_replace_group_handle() - switch domain and handle together
 * @group: group that somebody claimed
 * @new_domain: domain
 * @handle: its handle, whose domain is set, or NULL
 *
 * Faults find the old handle until all members are in @new_domain; no handler
 * uses it on return, but for those that passed a fault on.
 *
 * Return: 0; or -EINVAL, -ENOMEM or the driver's error with the old domain and
 * handle in place.
 */
int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle);

/**
 * iommu_detach_group_handle() - undo iommu_attach_group_handle()
 * @domain: domain that is attached
 * @group: group
 *
 * No fault finds the handle any more, and no handler uses it, but for those that
 * passed a fault on.
 */
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group);

/**
 * iommu_attach_handle_get() - handle of an attachment
 * @group: group
 * @pasid: PASID, IOMMU_NO_PASID for the requester id
 * @type: type that the domain must have, 0 for any
 *
 * The handle is its owner's, who frees it after detaching.  Who is not the owner
 * uses it only where the owner waits for him: in a handler of recoverable faults.
 *
 * Context: Process.
 * Return: the handle; ERR_PTR(-ENOENT) if nothing is attached there, or was
 * without a handle; ERR_PTR(-EBUSY) if its domain has another type.
 */
struct iommu_attach_handle *
iommu_attach_handle_get(struct iommu_group *group, ioasid_t pasid,
			unsigned int type);

/**
 * dev_iommu_ops() - operations of the instance that a device is behind
 * @dev: device that was probed, and stays so while the caller uses them
 *
 * Return: the operations, never NULL.
 */
static inline const struct iommu_ops *dev_iommu_ops(struct device *dev)
{
	return __iommu_get_iommu_dev(dev)->ops;
}

/**
 * iommu_attach_group_handle() - attach a group and remember a handle
 * @domain: domain
 * @group: group
 * @handle: handle, owned by the caller until after the detach; its domain is set
 *
 * Return: 0, -EBUSY if there is a handle already, -ENOMEM, or as
 * iommu_attach_group().
 */
int iommu_attach_group_handle(struct iommu_domain *domain,
			      struct iommu_group *group,
			      struct iommu_attach_handle *handle);

/**
 * iommu_group_replace_domain() - switch an owned group to another domain
 * @group: group that somebody claimed
 * @new_domain: domain; never NULL
 *
 * Return: 0, -EINVAL if @new_domain is another driver's, or the driver's error,
 * with the old domain in place.
 */
int iommu_group_replace_domain(struct iommu_group *group,
			       struct iommu_domain *new_domain);

/**
 * iommu_domain_adopt() - let core know of a domain that a driver gave to its user
 * @domain: what domain_alloc_user() returned; nothing is attached to it yet
 * @ops: the driver's operations; a device of it is claimed by the caller
 *
 * For what iommu_paging_domain_alloc() does with its domains: the driver's
 * module stays loaded until iommu_domain_free().
 */
void iommu_domain_adopt(struct iommu_domain *domain, const struct iommu_ops *ops);

/**
 * iommu_device_unregister_bus() - undo iommu_device_register_bus()
 * @iommu: instance
 * @bus: the bus
 * @nb: the notifier block
 */
void iommu_device_unregister_bus(struct iommu_device *iommu,
				 const struct bus_type *bus,
				 struct notifier_block *nb);

/**
 * iommu_device_register_bus() - register an instance for one private bus
 * @iommu: instance
 * @ops: its operations
 * @bus: bus whose devices it serves
 * @nb: notifier block of the caller, registered on @bus
 *
 * Return: as iommu_device_register().
 */
int iommu_device_register_bus(struct iommu_device *iommu,
			      const struct iommu_ops *ops,
			      const struct bus_type *bus,
			      struct notifier_block *nb);

/**
 * iommu_ops_from_fwnode() - operations of the instance of a firmware node
 * @fwnode: node, or NULL for an instance registered without one
 *
 * Context: Process.
 * Return: the operations, or NULL if no such instance is registered.
 */
const struct iommu_ops *
iommu_ops_from_fwnode(const struct fwnode_handle *fwnode);

/**
 * dev_iommu_free() - free dev->iommu, with the firmware ids
 * @dev: device that is not probed
 *
 * Context: iommu_probe_device_lock is held.
 */
void dev_iommu_free(struct device *dev);

/**
 * iommu_fwspec_ops() - operations of the instance that ids name
 * @fwspec: ids, or NULL
 *
 * Return: as iommu_ops_from_fwnode().
 */
static inline const struct iommu_ops *
iommu_fwspec_ops(struct iommu_fwspec *fwspec)
{
	return iommu_ops_from_fwnode(fwspec ? fwspec->iommu_fwnode : NULL);
}

#endif /* __LINUX_IOMMU_PRIV_H */
