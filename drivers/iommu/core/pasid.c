// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs: further domains of a device, chosen transaction by transaction.
 *
 * What is attached to a PASID is attached for all members of the group that have
 * PASIDs, as they cannot be told apart: also for those that join later, until
 * they leave.  Members without PASIDs are not concerned.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/idr.h>

#include "core.h"
#include "iopf.h"
#include "pasid.h"

/* PASIDs that mean the same on every device */
static DEFINE_IDA(global_pasids);

static u32 member_pasids(struct device *dev)
{
	return iommu_device_is_probed(dev) ? dev->iommu->max_pasids : 0;
}

/* Tests alone: what passes here can fail for want of resources only. */
static int member_admits(struct device *dev, struct iommu_domain *domain,
			 ioasid_t pasid)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	if (ops != domain->owner || pasid >= member_pasids(dev))
		return -EINVAL;
	return domain->ops->set_dev_pasid && ops->remove_dev_pasid ? 0 :
								     -EOPNOTSUPP;
}

static int member_set(struct device *dev, struct iommu_domain *domain,
		      ioasid_t pasid)
{
	int ret = member_admits(dev, domain, pasid);

	return ret ?: domain->ops->set_dev_pasid(domain, dev, pasid, NULL);
}

static void member_clear(struct device *dev, struct iommu_domain *domain,
			 ioasid_t pasid)
{
	dev_iommu_ops(dev)->remove_dev_pasid(dev, pasid, domain);
}

/* @end: the first member to leave alone, or NULL */
static void group_clear(struct iommu_group *group, struct iommu_domain *domain,
			ioasid_t pasid, struct group_member *end)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (member == end)
			break;
		if (member->has_pasids)
			member_clear(member->dev, domain, pasid);
	}
}

static int group_admits(struct iommu_group *group, struct iommu_domain *domain,
			ioasid_t pasid)
{
	struct group_member *member;
	int ret = 0;

	for_each_group_member(group, member) {
		if (member->has_pasids)
			ret = ret ?: member_admits(member->dev, domain, pasid);
	}
	return ret;
}

static int group_set(struct iommu_group *group, struct iommu_domain *domain,
		     ioasid_t pasid)
{
	struct group_member *member;
	int ret;

	for_each_group_member(group, member) {
		if (!member->has_pasids)
			continue;
		ret = member_set(member->dev, domain, pasid);
		if (ret) {
			group_clear(group, domain, pasid, member);
			return ret;
		}
	}
	return 0;
}

int iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid,
			      struct iommu_attach_handle *handle)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	if (!group || !iommu_device_is_probed(dev))
		return -ENODEV;
	if (pasid == IOMMU_NO_PASID)
		return -EINVAL;

	guard(mutex)(&group->mutex);
	if (group->quarantined)
		return -EIO;
	/* A member without PASIDs is passed over below, but not this one. */
	ret = member_admits(dev, domain, pasid);
	ret = ret ?: group_admits(group, domain, pasid);
	ret = ret ?: iommu_handle_reserve(group, pasid);
	if (ret)
		return ret;
	ret = group_set(group, domain, pasid);
	if (ret)
		iommu_handle_withdraw(group, pasid);
	else
		iommu_handle_publish(group, pasid, domain, handle);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_attach_device_pasid);

static void group_detach(struct iommu_group *group, struct iommu_domain *domain,
			 ioasid_t pasid)
{
	void *entry = xa_load(&group->pasids, pasid);

	lockdep_assert_held(&group->mutex);

	if (WARN_ON(pasid == IOMMU_NO_PASID ||
		    iommu_pasid_entry_domain(entry) != domain))
		return;
	group_clear(group, domain, pasid, NULL);
	iommu_handle_withdraw(group, pasid);
}

void iommu_pasid_detach(struct iommu_domain *domain, struct device *dev,
			ioasid_t pasid)
{
	struct iommu_group *group = dev->iommu_group;

	/* Its instance went first, and took all attachments with it. */
	if (!group)
		return;

	guard(mutex)(&group->mutex);
	group_detach(group, domain, pasid);
}

void iommu_pasid_quiesce(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return;

	guard(mutex)(&group->mutex);
	iommu_iopf_quiesce(group);
}

void iommu_detach_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid)
{
	iommu_pasid_detach(domain, dev, pasid);
	iommu_pasid_quiesce(dev);
}
EXPORT_SYMBOL_GPL(iommu_detach_device_pasid);

int iommu_pasid_join(struct iommu_group *group, struct device *dev)
{
	unsigned long pasid, undo;
	void *entry;
	int ret;

	lockdep_assert_held(&group->mutex);

	if (!member_pasids(dev))
		return 0;
	xa_for_each_start(&group->pasids, pasid, entry, IOMMU_NO_PASID + 1) {
		ret = member_set(dev, iommu_pasid_entry_domain(entry), pasid);
		if (ret)
			goto err_clear;
	}
	iommu_group_member(group, dev)->has_pasids = true;
	return 0;

err_clear:
	dev_err(dev, "iommu group %d: PASID %lu is attached for all of the group, this device cannot have it\n",
		group->id, pasid);
	xa_for_each_range(&group->pasids, undo, entry, IOMMU_NO_PASID + 1,
			  pasid - 1)
		member_clear(dev, iommu_pasid_entry_domain(entry), undo);
	return ret;
}

static bool group_has_pasids(struct iommu_group *group)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (member->has_pasids)
			return true;
	}
	return false;
}

void iommu_pasid_leave(struct iommu_group *group, struct device *dev)
{
	struct group_member *leaving = iommu_group_member(group, dev);
	unsigned long pasid;
	void *entry;

	if (!leaving->has_pasids)
		return;
	leaving->has_pasids = false;
	xa_for_each_start(&group->pasids, pasid, entry, IOMMU_NO_PASID + 1) {
		member_clear(dev, iommu_pasid_entry_domain(entry), pasid);
		/* Who attached it can no longer detach it, and may free its handle. */
		if (!group_has_pasids(group))
			iommu_handle_withdraw(group, pasid);
	}
	iommu_iopf_quiesce(group);
}

void iommu_pasid_suspend(struct iommu_group *group, struct device *dev)
{
	struct group_member *member = iommu_group_member(group, dev);
	unsigned long pasid;
	void *entry;

	lockdep_assert_held(&group->mutex);

	if (!member->has_pasids)
		return;
	member->has_pasids = false;
	xa_for_each_start(&group->pasids, pasid, entry, IOMMU_NO_PASID + 1)
		member_clear(dev, iommu_pasid_entry_domain(entry), pasid);
}

ioasid_t iommu_alloc_global_pasid(struct device *dev)
{
	u32 max = member_pasids(dev);
	int pasid;

	/* PASID 0 is not given away. */
	if (max <= IOMMU_FIRST_GLOBAL_PASID)
		return IOMMU_PASID_INVALID;
	pasid = ida_alloc_range(&global_pasids, IOMMU_FIRST_GLOBAL_PASID, max - 1,
				GFP_KERNEL);
	return pasid < 0 ? IOMMU_PASID_INVALID : pasid;
}
EXPORT_SYMBOL_GPL(iommu_alloc_global_pasid);

void iommu_free_global_pasid(ioasid_t pasid)
{
	if (WARN_ON(pasid == IOMMU_PASID_INVALID))
		return;
	ida_free(&global_pasids, pasid);
}
EXPORT_SYMBOL_GPL(iommu_free_global_pasid);
