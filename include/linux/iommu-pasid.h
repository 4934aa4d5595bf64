/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PASIDs: several address spaces for one device.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_PASID_H
#define __LINUX_IOMMU_PASID_H

#include <linux/iommu-ops.h>
#include <linux/types.h>

#ifdef CONFIG_IOMMU_API

struct device;
struct iommu_domain;

/**
 * iommu_attach_device_pasid() - put one PASID of a device behind a domain
 * @domain: domain
 * @dev: device
 * @pasid: PASID, not IOMMU_NO_PASID
 * @handle: handle of the caller, or NULL; its domain is set.  Must stay until
 *	the PASID is detached
 *
 * All members of the group that have PASIDs get it, also those that come later,
 * or none.
 *
 * Return: 0; -ENODEV if no instance serves @dev; -EINVAL if @pasid is more than
 * a member can have, or @domain is another driver's; -EOPNOTSUPP if @domain
 * cannot be attached to a PASID; -EBUSY if something is; -ENOMEM; or the
 * driver's error.
 */
int iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid,
			      struct iommu_attach_handle *handle);

/**
 * iommu_detach_device_pasid() - undo iommu_attach_device_pasid()
 * @domain: domain that is attached
 * @dev: device, or another member of its group
 * @pasid: PASID
 *
 * Transactions with the PASID are aborted from here on.  Faults that were
 * reported before are waited for, but not those that a handler has passed on.
 *
 * Context: Process; not under a lock that a handler of faults takes.
 */
void iommu_detach_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid);

/**
 * iommu_alloc_global_pasid() - a PASID that nobody else gets, on any device
 * @dev: device that it must suit
 *
 * Return: PASID, or IOMMU_PASID_INVALID if @dev has none, none is left that it
 * can have, or there is no memory.
 */
ioasid_t iommu_alloc_global_pasid(struct device *dev);

/**
 * iommu_free_global_pasid() - give it back
 * @pasid: PASID that is attached nowhere
 *
 * Context: Any.
 */
void iommu_free_global_pasid(ioasid_t pasid);

#endif /* CONFIG_IOMMU_API */

#endif /* __LINUX_IOMMU_PASID_H */
