// SPDX-License-Identifier: GPL-2.0
/*
 * Direct: a driver was bound without translation, as its instance was missing and
 * the administrator allowed it, and now the instance comes.
 *
 * The driver has handed out physical addresses, and cannot be told to take them
 * back.  So the device joins its group like any other, but the group's default
 * domain is the one without translation, and the driver counts as its user: nobody
 * else can claim the group, the instance's module stays, and what is bound to
 * other members later is not translated either.  All of this happens while the
 * instance is registered, and before it begins to abort (iommu_device.serve), so
 * there is no moment at which the device is cut off.
 *
 * When the last such driver is unbound, the group is closed at once.  Its default
 * domain is chosen again when the driver is gone entirely, since memory that
 * devres frees was allocated without translation.  A driver that is bound to another
 * member before that is not translated either, as if it had come earlier.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/acpi_viot.h>
#include <linux/device/driver.h>
#include <linux/export.h>
#include <linux/fsl/mc.h>
#include <linux/module.h>

#include "../dma-iommu.h"
#include "core.h"
#include "direct.h"
#include "missing.h"
#include "of.h"

bool iommu_direct_waits_for(struct device *dev, const struct fwnode_handle *fwnode)
{
	struct dev_iommu *state = dev->iommu;

	lockdep_assert_held(&iommu_probe_device_lock);

	return state && state->stays_out && dev->driver && !dev->iommu_group &&
	       fwnode && state->missing == fwnode;
}

static int find_acpi_ids(struct device *dev)
{
	const u32 *id = NULL;
	int ret;

#ifdef CONFIG_FSL_MC_BUS
	u32 icid;

	if (dev_is_fsl_mc(dev)) {
		icid = to_fsl_mc_device(dev)->icid;
		id = &icid;
	}
#endif
	ret = iort_iommu_configure_id(dev, id);
	if (ret && ret != -EPROBE_DEFER)
		ret = viot_iommu_configure(dev);
	if (ret)
		iommu_fwspec_free(dev);
	return ret;
}

VISIBLE_IF_KUNIT int iommu_direct_find_ids(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_direct_find_ids, dev);
	return dev->iommu->of_master ? iommu_of_find_ids(dev) : find_acpi_ids(dev);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_direct_find_ids);

void iommu_direct_enter(struct device *dev, struct iommu_device *iommu)
{
	int ret;

	lockdep_assert_held(&iommu_probe_device_lock);

	if (!iommu->serve)
		return;
	ret = dev_iommu_fwspec_get(dev) ? 0 : iommu_direct_find_ids(dev);
	if (ret) {
		dev_err(dev, "iommu: no ids with which it could be let pass (%pe), its DMA may abort\n",
			ERR_PTR(ret));
		return;
	}
	dev->iommu->stays_out = false;
	dev->iommu->direct = true;
}

int iommu_direct_use(struct iommu_group *group, struct device *dev)
{
	lockdep_assert_held(&group->mutex);

	if (!dev->iommu->direct)
		return 0;
	/* What the owner attached is not for addresses of this driver. */
	if (group->owner)
		return -EBUSY;
	if (!dev->iommu->uses_direct)
		return 0;
	return iommu_ownership_enter(group, dev);
}

void iommu_direct_leave(struct device *dev)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	if (!dev->iommu || !dev->iommu->direct)
		return;
	dev->iommu->direct = false;
	dev->iommu->stays_out = true;
}

/* Got it ids from the instance that then refused it, and can they be found again? */
static bool device_was_refused(struct device *dev, struct iommu_device *iommu)
{
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);

	return dev->iommu->stays_out && ids && ids->iommu_fwnode == iommu->fwnode &&
	       (dev->iommu->of_master || !is_of_node(iommu->fwnode));
}

void iommu_direct_give_up(struct device *dev, struct iommu_device *iommu)
{
	struct iommu_group *group = dev->iommu_group;

	lockdep_assert_held(&iommu_probe_device_lock);

	/* VFIO puts devices without an IOMMU in groups, and they have no state. */
	if (!dev->iommu)
		return;
	if (group && dev->iommu->direct && dev->iommu->iommu_dev == iommu) {
		mutex_lock(&group->mutex);
		iommu_ownership_leave(group, iommu_group_member(group, dev));
		mutex_unlock(&group->mutex);
		iommu_device_forget(dev);
	} else if (group || !device_was_refused(dev, iommu)) {
		return;
	}
	/* With ids it would wait for the instance to come back, whatever the policy. */
	iommu_fwspec_free(dev);
	iommu_missing_note(dev, iommu->fwnode);
}

struct device *iommu_direct_in(struct iommu_group *group)
{
	struct group_member *member;

	lockdep_assert_held(&group->mutex);

	for_each_group_member(group, member) {
		if (iommu_device_is_probed(member->dev) && member->dev->iommu->direct)
			return member->dev;
	}
	return NULL;
}

static bool group_needs_memory(struct iommu_group *group)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (member->dev->iommu->require_direct)
			return true;
	}
	return false;
}

/* Has a group no use any more for being without translation? */
static bool group_is_over(struct iommu_group *group)
{
	return group->direct && !group->owner_cnt && !iommu_direct_in(group) &&
	       xa_empty(&group->pasids);
}

/* What firmware uses goes on; its regions are in every domain that comes. */
static void group_close(struct iommu_group *group)
{
	struct iommu_domain *blocking;

	if (group_needs_memory(group))
		return;
	blocking = iommu_group_blocking_domain(group);
	if (!IS_ERR(blocking) && !iommu_group_attach(group, blocking, NULL))
		return;
	if (iommu_group_block(group))
		dev_err(iommu_group_first_dev(group), "iommu group %d: cannot be closed, although no driver needs it without translation\n",
			group->id);
}

void iommu_direct_end(struct iommu_group *group, struct device *dev)
{
	lockdep_assert_held(&group->mutex);

	if (!iommu_device_is_probed(dev))
		return;
	/* What its driver allocated is still to be freed, see group_lingers(). */
	dev->iommu->direct = false;
	if (group_is_over(group))
		group_close(group);
}

/* Is a driver that has ended its DMA still to free memory, by physical address? */
static bool group_lingers(struct iommu_group *group)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (member->dev->iommu->uses_direct && READ_ONCE(member->dev->driver))
			return true;
	}
	return false;
}

/* @binding: a driver is to use the group, and would not come again if it had to wait */
static int group_renew(struct iommu_group *group, bool binding)
{
	struct device *culprit = NULL;
	int ret = 0;

	if (!group_is_over(group))
		return 0;
	if (!group_lingers(group))
		ret = iommu_default_domain_setup(group, 0, &culprit);
	else if (!binding)
		return 0;
	if (!ret)
		ret = iommu_group_attach(group, group->default_domain, &culprit);
	if (!ret)
		return 0;
	dev_err(culprit ?: iommu_group_first_dev(group),
		"iommu group %d stays closed, without a default domain that it could use: %pe\n",
		group->id, ERR_PTR(ret));
	group->direct = true;
	group_close(group);
	return ret;
}

void iommu_direct_renew(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	if (group->default_domain)
		group_renew(group, false);
}

int iommu_direct_unbound(struct device *dev, bool binding)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	lockdep_assert_held(&iommu_probe_device_lock);

	if (!dev->iommu)
		return 0;
	dev->iommu->direct = false;
	dev->iommu->uses_direct = false;
	if (!group) {
		dev->iommu->stays_out = false;
		iommu_dma_release_device(dev);
		return 0;
	}
	mutex_lock(&group->mutex);
	ret = group_renew(group, binding);
	mutex_unlock(&group->mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_direct_unbound);
