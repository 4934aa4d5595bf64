/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups: devices that cannot be told apart or kept apart, and who owns them.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_GROUP_H
#define __LINUX_IOMMU_GROUP_H

#include <linux/types.h>

struct device;
struct iommu_domain;
struct iommu_group;

#ifdef CONFIG_IOMMU_API

/**
 * iommu_group_alloc() - make an empty group
 *
 * Return: group with one reference, ERR_PTR(-ENOMEM) or a sysfs error.
 */
struct iommu_group *iommu_group_alloc(void);

/**
 * iommu_group_get() - group of a device
 * @dev: device
 *
 * Return: the group with a reference, or NULL.
 */
struct iommu_group *iommu_group_get(struct device *dev);

/**
 * iommu_group_ref_get() - take a reference
 * @group: group
 *
 * Return: @group.
 */
struct iommu_group *iommu_group_ref_get(struct iommu_group *group);

/**
 * iommu_group_put() - drop a reference
 * @group: group, or NULL
 */
void iommu_group_put(struct iommu_group *group);

/**
 * iommu_group_id() - the group's number in sysfs
 * @group: group
 *
 * Return: the number.
 */
int iommu_group_id(struct iommu_group *group);

/**
 * iommu_group_set_name() - show a name in sysfs
 * @group: group
 * @name: name to copy, or NULL to remove it
 *
 * Return: 0 or a negative error.
 */
int iommu_group_set_name(struct iommu_group *group, const char *name);

/**
 * iommu_group_get_iommudata() - what the IOMMU driver keeps with a group
 * @group: group
 *
 * Return: the pointer that was set, or NULL.
 */
void *iommu_group_get_iommudata(struct iommu_group *group);

/**
 * iommu_group_set_iommudata() - keep something with a group
 * @group: group
 * @iommu_data: what
 * @release: called with it when the group goes, or NULL
 */
void iommu_group_set_iommudata(struct iommu_group *group, void *iommu_data,
			       void (*release)(void *iommu_data));

/**
 * iommu_group_add_device() - put a device that no instance serves in a group
 * @group: group
 * @dev: device
 *
 * Return: 0 or a negative error, nothing changed.
 */
int iommu_group_add_device(struct iommu_group *group, struct device *dev);

/**
 * iommu_group_remove_device() - take a device out of its group
 * @dev: device; may have none
 */
void iommu_group_remove_device(struct device *dev);

/**
 * iommu_group_for_each_dev() - call a function for each member
 * @group: group
 * @data: for @fn
 * @fn: called with the group's mutex held; non-zero ends the walk
 *
 * Return: what the last call returned.
 */
int iommu_group_for_each_dev(struct iommu_group *group, void *data,
			     int (*fn)(struct device *, void *));

/**
 * iommu_group_has_isolated_msi() - can no member forge another's messages?
 * @group: group
 *
 * Return: true if so for all members.
 */
bool iommu_group_has_isolated_msi(struct iommu_group *group);

/**
 * iommu_group_default_domain() - domain of the DMA API
 * @group: group
 *
 * Return: domain, or NULL before it was decided.
 */
struct iommu_domain *iommu_group_default_domain(struct iommu_group *group);

/**
 * pci_device_group() - group of a PCI device, by what the bus can isolate
 * @dev: PCI device
 *
 * For iommu_ops.device_group.
 *
 * Return: group with a reference, or ERR_PTR().
 */
struct iommu_group *pci_device_group(struct device *dev);

/**
 * generic_device_group() - a group of its own
 * @dev: device
 *
 * Return: group with a reference, or ERR_PTR().
 */
struct iommu_group *generic_device_group(struct device *dev);

/**
 * generic_single_device_group() - the one group of an instance
 * @dev: device
 *
 * Return: group with a reference, or ERR_PTR().
 */
struct iommu_group *generic_single_device_group(struct device *dev);

/**
 * fsl_mc_device_group() - the group of a fsl-mc container
 * @dev: fsl-mc device
 *
 * Return: group with a reference, or ERR_PTR().
 */
struct iommu_group *fsl_mc_device_group(struct device *dev);

/*
 * Default domains and ownership
 */

/**
 * iommu_set_default_passthrough() - let devices without a wish run untranslated
 * @cmd_line: the administrator asked for it
 *
 * Context: boot, before subsys_initcall.
 */
void iommu_set_default_passthrough(bool cmd_line);

/**
 * iommu_set_default_translated() - translate devices without a wish
 * @cmd_line: the administrator asked for it
 *
 * Context: boot, before subsys_initcall.
 */
void iommu_set_default_translated(bool cmd_line);

/**
 * iommu_default_passthrough() - do devices without a wish run untranslated?
 *
 * Return: true if so.
 */
bool iommu_default_passthrough(void);

/**
 * iommu_set_dma_strict() - no deferred invalidation by default
 */
void iommu_set_dma_strict(void);

/**
 * iommu_device_use_default_domain() - a driver is about to use the DMA API
 * @dev: device
 *
 * Return: 0; -EPROBE_DEFER while the group has no default domain; -EBUSY while
 * somebody owns the group.
 */
int iommu_device_use_default_domain(struct device *dev);

/**
 * iommu_device_unuse_default_domain() - undo iommu_device_use_default_domain()
 * @dev: device
 */
void iommu_device_unuse_default_domain(struct device *dev);

/**
 * iommu_group_claim_dma_owner() - own a group exclusively
 * @group: group
 * @owner: who, not NULL
 *
 * All DMA of the group is blocked until the owner attaches something.
 *
 * Return: 0, -EPERM if the group is in use, -EINVAL, -ENOMEM, or the driver's
 * error.
 */
int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner);

/**
 * iommu_group_release_dma_owner() - return a group to its default domain
 * @group: group
 */
void iommu_group_release_dma_owner(struct iommu_group *group);

/**
 * iommu_group_dma_owner_claimed() - is the group in use?
 * @group: group
 *
 * Return: true if so, which may be out of date by then.
 */
bool iommu_group_dma_owner_claimed(struct iommu_group *group);

/**
 * iommu_device_claim_dma_owner() - own a device's group, for several devices
 * @dev: device
 * @owner: who, not NULL; may claim further members of the group
 *
 * Return: as iommu_group_claim_dma_owner(), -ENODEV without group.
 */
int iommu_device_claim_dma_owner(struct device *dev, void *owner);

/**
 * iommu_device_release_dma_owner() - undo iommu_device_claim_dma_owner()
 * @dev: device
 */
void iommu_device_release_dma_owner(struct device *dev);

#endif /* CONFIG_IOMMU_API */

#if IS_ENABLED(CONFIG_IOMMU_API) && IS_ENABLED(CONFIG_LOCKDEP)
/**
 * iommu_group_mutex_assert() - complain unless the group's mutex is held
 * @dev: device that has a group
 */
void iommu_group_mutex_assert(struct device *dev);
#else
static inline void iommu_group_mutex_assert(struct device *dev) {}
#endif

#endif /* __LINUX_IOMMU_GROUP_H */
