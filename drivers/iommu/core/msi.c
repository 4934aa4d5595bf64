// SPDX-License-Identifier: GPL-2.0
/*
 * Message-signalled interrupts: is a group kept from sending other people's?
 *
 * Whether one device's messages are isolated is the interrupt controller's
 * answer; there is nothing here to test without one.
 */
#include <linux/export.h>
#include <linux/msi.h>

#include "core.h"

bool iommu_group_has_isolated_msi(struct iommu_group *group)
{
	struct group_member *member;
	bool isolated;

	mutex_lock(&group->mutex);
	/* Of a group without members nothing good can be said. */
	isolated = !list_empty(&group->members);
	for_each_group_member(group, member) {
		isolated = msi_device_has_isolated_msi(member->dev);
		if (!isolated)
			break;
	}
	mutex_unlock(&group->mutex);
	return isolated;
}
EXPORT_SYMBOL_GPL(iommu_group_has_isolated_msi);
