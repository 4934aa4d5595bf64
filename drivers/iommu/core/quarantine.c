// SPDX-License-Identifier: GPL-2.0
/*
 * Quarantine: a device that faults without end costs time on the CPU that takes
 * its faults, however little of it is printed.  By option it is blocked.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/workqueue.h>

#include "pasid.h"
#include "quarantine.h"

/* Faults of one device within a second; 0 for any number */
static unsigned int fault_limit;

static int __init fault_limit_param(char *str)
{
	return kstrtouint(str, 0, &fault_limit);
}
early_param("iommu.fault_limit", fault_limit_param);

static bool may_block(struct iommu_group *group)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (member->dev->iommu->require_direct) {
			dev_err(member->dev, "iommu group %d: no quarantine, firmware needs memory of this device mapped 1:1 at all times\n",
				group->id);
			return false;
		}
	}
	return true;
}

int iommu_quarantine_enter(struct iommu_group *group)
{
	struct group_member *member;
	int ret;

	lockdep_assert_held(&group->mutex);

	if (group->quarantined)
		return 0;
	if (!iommu_group_has_instance(group))
		return -ENODEV;
	if (!may_block(group))
		return -EBUSY;
	ret = iommu_group_shut(group);
	if (ret)
		return ret;
	for_each_group_member(group, member)
		iommu_pasid_suspend(group, member->dev);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_quarantine_enter);

void iommu_quarantine_lift(struct iommu_group *group)
{
	struct group_member *member;

	lockdep_assert_held(&group->mutex);

	if (!group->quarantined)
		return;
	iommu_group_reopen(group);
	/* What a member cannot have back is reported there. */
	for_each_group_member(group, member)
		iommu_pasid_join(group, member->dev);
	pr_notice("group %d: out of quarantine\n", group->id);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_quarantine_lift);

void iommu_quarantine_work(struct work_struct *work)
{
	struct iommu_group *group = container_of(work, struct iommu_group,
						 quarantine_work);

	mutex_lock(&group->mutex);
	/* Its members may have gone, or somebody else been quicker. */
	if (!group->quarantined && !list_empty(&group->members) &&
	    !iommu_quarantine_enter(group))
		pr_err("group %d: more than %u faults within a second, all its DMA is blocked until 0 is written to /sys/kernel/iommu_groups/%d/quarantine\n",
		       group->id, READ_ONCE(fault_limit), group->id);
	mutex_unlock(&group->mutex);
	iommu_group_put(group);
}

/*
 * Reports of one device may run side by side: who moves the window on sets its
 * count back, and one of them counts the fault that is one too many.
 */
static bool is_one_too_many(struct dev_iommu *state, unsigned int limit)
{
	unsigned long now = jiffies, since = READ_ONCE(state->window_start);

	if (time_after_eq(now, since + HZ) &&
	    cmpxchg(&state->window_start, since, now) == since)
		atomic_set(&state->window_faults, 0);
	return atomic_inc_return(&state->window_faults) - 1 == limit;
}

void iommu_quarantine_note(struct device *dev)
{
	unsigned int limit = READ_ONCE(fault_limit);
	struct iommu_group *group = dev->iommu_group;

	if (!limit || !group || !is_one_too_many(dev->iommu, limit))
		return;
	iommu_group_ref_get(group);
	if (!schedule_work(&group->quarantine_work))
		iommu_group_put(group);
}

#if IS_ENABLED(CONFIG_KUNIT)
unsigned int iommu_quarantine_set_limit(unsigned int faults)
{
	return xchg(&fault_limit, faults);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_quarantine_set_limit);
#endif
