/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is attached to the PASIDs of a group, and by which handles.
 *
 * iommu_group.pasids has an entry for each PASID with an attachment, and one at
 * IOMMU_NO_PASID if the group itself was attached with a handle.  Entries change
 * under group->mutex; reports of page requests look them up without it.
 */
#ifndef __IOMMU_CORE_PASID_H
#define __IOMMU_CORE_PASID_H

#include <linux/xarray.h>

#include "core.h"

/* handle.c: entries of iommu_group.pasids */

/* Marks a pointer to a domain, which is at least 8 bytes aligned; others are to handles */
#define IOMMU_PASID_ENTRY_DOMAIN	1

/**
 * iommu_pasid_entry() - entry for an attachment
 * @domain: what is attached
 * @handle: its handle, with the domain set, or NULL
 *
 * Return: entry, never NULL.
 */
static inline void *iommu_pasid_entry(struct iommu_domain *domain,
				      struct iommu_attach_handle *handle)
{
	return handle ?: xa_tag_pointer(domain, IOMMU_PASID_ENTRY_DOMAIN);
}

/**
 * iommu_pasid_entry_handle() - handle of an attachment
 * @entry: entry or NULL
 *
 * Return: handle, or NULL if there is no attachment or it has none.
 */
static inline struct iommu_attach_handle *iommu_pasid_entry_handle(void *entry)
{
	return xa_pointer_tag(entry) == IOMMU_PASID_ENTRY_DOMAIN ? NULL : entry;
}

/**
 * iommu_pasid_entry_domain() - domain of an attachment
 * @entry: entry or NULL
 *
 * Return: domain, or NULL if there is no attachment.
 */
static inline struct iommu_domain *iommu_pasid_entry_domain(void *entry)
{
	struct iommu_attach_handle *handle = iommu_pasid_entry_handle(entry);

	return handle ? handle->domain : xa_untag_pointer(entry);
}

/**
 * iommu_handle_reserve() - make sure that an attachment can be entered
 * @group: group
 * @pasid: PASID, or IOMMU_NO_PASID
 *
 * Undone by iommu_handle_withdraw().
 *
 * Context: group->mutex is held.
 * Return: 0, -EBUSY if the PASID has an entry, -ENOMEM.
 */
int iommu_handle_reserve(struct iommu_group *group, ioasid_t pasid);

/**
 * iommu_handle_publish() - enter an attachment
 * @group: group
 * @pasid: PASID that was reserved, or has an entry to replace
 * @domain: what is attached
 * @handle: handle, whose domain is set here, or NULL
 *
 * An entry that this replaces may be in use until iommu_iopf_quiesce().
 *
 * Context: group->mutex is held.
 */
void iommu_handle_publish(struct iommu_group *group, ioasid_t pasid,
			  struct iommu_domain *domain,
			  struct iommu_attach_handle *handle);

/**
 * iommu_handle_withdraw() - forget an attachment
 * @group: group
 * @pasid: PASID; may have no entry
 *
 * Its handle may be in use until iommu_iopf_quiesce().
 *
 * Context: group->mutex is held.
 */
void iommu_handle_withdraw(struct iommu_group *group, ioasid_t pasid);

/* pasid.c */

/**
 * iommu_pasid_detach() - iommu_detach_device_pasid() that does not wait for faults
 * @domain: domain that is attached
 * @dev: device
 * @pasid: PASID
 *
 * The handle must stay until iommu_pasid_quiesce().
 *
 * Context: Process; takes the group's mutex.
 */
void iommu_pasid_detach(struct iommu_domain *domain, struct device *dev,
			ioasid_t pasid);

/**
 * iommu_pasid_quiesce() - wait for the faults that found what was detached
 * @dev: device
 *
 * Context: Process; takes the group's mutex.  Faults are served meanwhile, from
 * a slow file system perhaps: the caller holds no lock that concerns others.
 */
void iommu_pasid_quiesce(struct device *dev);

/**
 * iommu_pasid_join() - let a new member have the PASIDs of its group
 * @group: group
 * @dev: new member, probed
 *
 * From here on it has what is attached to PASIDs of the group.
 *
 * Context: group->mutex is held.
 * Return: 0, also for a member without PASIDs; otherwise a message says which
 * PASID it cannot have, and it has none.
 */
int iommu_pasid_join(struct iommu_group *group, struct device *dev);

/**
 * iommu_pasid_leave() - take a member's PASIDs away
 * @group: group
 * @dev: member that leaves
 *
 * With the last member that has PASIDs go the attachments themselves.
 *
 * Context: group->mutex is held.
 */
void iommu_pasid_leave(struct iommu_group *group, struct device *dev);

/**
 * iommu_pasid_suspend() - take a member's PASIDs away, until iommu_pasid_join()
 * @group: group, whose attachments stay
 * @dev: member
 *
 * Context: group->mutex is held.
 */
void iommu_pasid_suspend(struct iommu_group *group, struct device *dev);

#endif /* __IOMMU_CORE_PASID_H */
