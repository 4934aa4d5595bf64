/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quarantine: no DMA for a group whose members fault without end.
 *
 * The group keeps the domain that it is in, and all that is mapped there, so
 * that drivers see nothing but faults; what the hardware has instead is the
 * blocking domain.  It ends when the administrator says so.
 */
#ifndef __IOMMU_CORE_QUARANTINE_H
#define __IOMMU_CORE_QUARANTINE_H

#include "core.h"

/**
 * iommu_quarantine_enter() - block all DMA of a group
 * @group: group with members; nothing happens if it is in quarantine
 *
 * Context: Process; group->mutex is held.
 * Return: 0; -EBUSY if firmware needs memory of a member mapped 1:1 at all
 * times, -ENOMEM, or what a driver refuses with.  Nothing changed then.
 */
int iommu_quarantine_enter(struct iommu_group *group);

/**
 * iommu_quarantine_lift() - let a group back to its domain
 * @group: group; nothing happens if it is not in quarantine
 *
 * A member that its domain refuses by now stays blocked, and a message says so.
 *
 * Context: Process; group->mutex is held.
 */
void iommu_quarantine_lift(struct iommu_group *group);

/**
 * iommu_quarantine_note() - count a fault that nobody handled
 * @dev: probed device that caused it; stays until the call returns
 *
 * If there were more within a second than "iommu.fault_limit=" allows, the
 * device's group is put into quarantine soon after.
 *
 * Context: Any.
 */
void iommu_quarantine_note(struct device *dev);

/**
 * iommu_quarantine_work() - put a group into quarantine
 * @work: iommu_group.quarantine_work, with a reference to the group
 */
void iommu_quarantine_work(struct work_struct *work);

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * iommu_quarantine_set_limit() - what the command line says
 * @faults: faults within a second, 0 for any number
 *
 * Return: what it was.
 */
unsigned int iommu_quarantine_set_limit(unsigned int faults);
#endif

#endif /* __IOMMU_CORE_QUARANTINE_H */
