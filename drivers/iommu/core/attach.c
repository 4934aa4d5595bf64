// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching: which domain the members of a group are behind.
 *
 * A driver's attach_dev() tests before it changes anything, so a member is in
 * its old domain or in its new one.  The group follows: when one member refuses,
 * those that were moved before it are moved back.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <trace/events/iommu.h>

#include "core.h"

static int member_attach(struct device *dev, struct iommu_domain *domain)
{
	const struct iommu_domain_ops *ops = domain->ops;
	int ret = ops && ops->attach_dev ? ops->attach_dev(domain, dev) : -ENODEV;

	if (!ret) {
		dev->iommu->attach_deferred = 0;
		trace_attach_device_to_domain(dev);
	}
	return ret;
}

static bool domain_blocks(struct iommu_group *group, struct iommu_domain *domain)
{
	return domain == group->blocking_domain ||
	       domain->type == IOMMU_DOMAIN_BLOCKED;
}

/*
 * What the previous kernel mapped for it stays until the first mapping.  In a
 * domain without translation there never is one, and what the device reaches by
 * old addresses is for that domain to say.
 */
static bool attach_waits(struct iommu_group *group, struct device *dev,
			 struct iommu_domain *domain)
{
	return dev->iommu->attach_deferred && domain == group->default_domain &&
	       iommu_is_dma_domain(domain);
}

int iommu_group_attach_member(struct iommu_group *group, struct device *dev,
			      struct iommu_domain *domain)
{
	lockdep_assert_held(&group->mutex);

	if (dev->iommu->require_direct && domain_blocks(group, domain)) {
		dev_warn_ratelimited(dev, "iommu: firmware needs memory of this device mapped 1:1 at all times, so it cannot be given to another owner; ask the vendor of the platform\n");
		return -EINVAL;
	}
	if (group->quarantined)
		domain = group->blocking_domain;
	if (attach_waits(group, dev, domain))
		return 0;
	return member_attach(dev, domain);
}

/* The last resort: a device that no domain will have must do no DMA. */
static int member_block(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	int ret = -EOPNOTSUPP;

	if (ops->blocked_domain)
		ret = member_attach(dev, ops->blocked_domain);
	if (ret && ops->release_domain)
		ret = member_attach(dev, ops->release_domain);
	return ret;
}

static void member_attach_nofail(struct iommu_group *group, struct device *dev,
				 struct iommu_domain *domain)
{
	int ret = iommu_group_attach_member(group, dev, domain);

	if (!ret)
		return;
	if (!member_block(dev))
		dev_err(dev, "iommu group %d: cannot attach (%pe), DMA is blocked\n",
			group->id, ERR_PTR(ret));
	else
		dev_err(dev, "iommu group %d: can neither attach (%pe) nor be blocked, its DMA is not under control\n",
			group->id, ERR_PTR(ret));
}

int iommu_group_block(struct iommu_group *group)
{
	struct group_member *member;
	int ret, error = 0;

	lockdep_assert_held(&group->mutex);

	group->domain = NULL;
	for_each_group_member(group, member) {
		ret = member_block(member->dev);
		error = error ?: ret;
	}
	return error;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_group_block);

/*
 * @refused is included: drivers of the base kernel may have detached it before
 * they failed.
 */
static void group_roll_back(struct iommu_group *group,
			    struct group_member *refused)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		member_attach_nofail(group, member->dev, group->domain);
		if (member == refused)
			break;
	}
}

int iommu_group_attach(struct iommu_group *group, struct iommu_domain *domain,
		       struct device **culprit)
{
	struct group_member *member;
	int ret;

	lockdep_assert_held(&group->mutex);

	if (group->domain == domain)
		return 0;
	for_each_group_member(group, member) {
		ret = iommu_group_attach_member(group, member->dev, domain);
		if (ret)
			goto err_roll_back;
	}
	group->domain = domain;
	return 0;

err_roll_back:
	if (culprit)
		*culprit = member->dev;
	if (group->domain)
		group_roll_back(group, member);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_group_attach);

void iommu_group_attach_nofail(struct iommu_group *group, struct iommu_domain *domain)
{
	struct group_member *member;

	lockdep_assert_held(&group->mutex);

	if (group->domain == domain)
		return;
	for_each_group_member(group, member)
		member_attach_nofail(group, member->dev, domain);
	group->domain = domain;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_group_attach_nofail);

int iommu_group_shut(struct iommu_group *group)
{
	struct iommu_domain *blocking = iommu_group_blocking_domain(group);
	struct group_member *member;
	int ret;

	lockdep_assert_held(&group->mutex);

	if (IS_ERR(blocking))
		return PTR_ERR(blocking);
	for_each_group_member(group, member) {
		ret = member_attach(member->dev, blocking);
		if (ret)
			goto err_roll_back;
	}
	group->quarantined = true;
	return 0;

err_roll_back:
	if (group->domain)
		group_roll_back(group, member);
	return ret;
}

void iommu_group_reopen(struct iommu_group *group)
{
	struct group_member *member;

	lockdep_assert_held(&group->mutex);

	group->quarantined = false;
	if (!group->domain)
		return;
	for_each_group_member(group, member)
		member_attach_nofail(group, member->dev, group->domain);
}

/* What user space maps would reach nothing, and it would not know why. */
static int group_refuse_in_quarantine(struct iommu_group *group)
{
	if (!group->quarantined)
		return 0;
	pr_warn_ratelimited("iommu group %d: in quarantine, nothing can be attached until 0 is written to /sys/kernel/iommu_groups/%d/quarantine\n",
			    group->id, group->id);
	return -EIO;
}

/* Nothing but what core attached itself may be replaced by an attachment. */
static bool group_on_core_domain(struct iommu_group *group)
{
	return !group->domain || group->domain == group->default_domain ||
	       group->domain == group->blocking_domain;
}

static bool group_fits(struct iommu_group *group, struct iommu_domain *domain)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (!iommu_device_is_probed(member->dev) ||
		    dev_iommu_ops(member->dev) != domain->owner)
			return false;
	}
	/* Its members may have gone with their instance. */
	return !list_empty(&group->members);
}

int iommu_group_attach_user(struct iommu_group *group, struct iommu_domain *domain)
{
	lockdep_assert_held(&group->mutex);

	if (!group_on_core_domain(group))
		return -EBUSY;
	if (!group_fits(group, domain))
		return -EINVAL;
	return group_refuse_in_quarantine(group) ?:
	       iommu_group_attach(group, domain, NULL);
}

void iommu_group_detach_user(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	if (list_empty(&group->members))
		group->domain = NULL;
	else
		iommu_group_attach_nofail(group, group->owner ?
					   group->blocking_domain :
					   group->default_domain);
}

int iommu_group_replace(struct iommu_group *group, struct iommu_domain *domain)
{
	lockdep_assert_held(&group->mutex);

	if (!group_fits(group, domain))
		return -EINVAL;
	return group_refuse_in_quarantine(group) ?:
	       iommu_group_attach(group, domain, NULL);
}

static bool group_is_single(struct iommu_group *group)
{
	return list_is_singular(&group->members);
}

int iommu_attach_device(struct iommu_domain *domain, struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return -ENODEV;

	guard(mutex)(&group->mutex);
	/* It would move the others as well, and they were not asked. */
	return group_is_single(group) ? iommu_group_attach_user(group, domain) :
					-EINVAL;
}
EXPORT_SYMBOL_GPL(iommu_attach_device);

void iommu_detach_device(struct iommu_domain *domain, struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return;

	guard(mutex)(&group->mutex);
	if (WARN_ON(!group_is_single(group) || domain != group->domain))
		return;
	iommu_group_detach_user(group);
}
EXPORT_SYMBOL_GPL(iommu_detach_device);

int iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	guard(mutex)(&group->mutex);
	return iommu_group_attach_user(group, domain);
}
EXPORT_SYMBOL_GPL(iommu_attach_group);

void iommu_detach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	guard(mutex)(&group->mutex);
	iommu_group_detach_user(group);
}
EXPORT_SYMBOL_GPL(iommu_detach_group);

int iommu_group_replace_domain(struct iommu_group *group,
			       struct iommu_domain *new_domain)
{
	if (WARN_ON(!new_domain))
		return -EINVAL;

	guard(mutex)(&group->mutex);
	return iommu_group_replace(group, new_domain);
}
EXPORT_SYMBOL_NS_GPL(iommu_group_replace_domain, IOMMUFD_INTERNAL);

/*
 * From the first mapping of a device in a crash kernel, in whatever context
 * that is, so without the mutex.  Drivers that defer attach without sleeping, or
 * refuse to where they must not, and a device whose driver is mapping changes its
 * domain by no other way.
 */
int iommu_deferred_attach(struct device *dev, struct iommu_domain *domain)
{
	int ret;

	if (!dev->iommu || !dev->iommu->attach_deferred)
		return 0;
	ret = member_attach(dev, domain);
	if (ret == -EWOULDBLOCK)
		dev_err_ratelimited(dev, "iommu: DMA mapping refused: the first one in a crash kernel must be made where it may sleep\n");
	else if (ret)
		dev_err_ratelimited(dev, "iommu: DMA mapping refused: it cannot be taken from what the crashed kernel left: %pe\n",
				    ERR_PTR(ret));
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_deferred_attach);

/*
 * The two below are read without the mutex: who asks is the device's driver,
 * and its domain stays while the driver is bound.
 */
struct iommu_domain *iommu_get_domain_for_dev(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	return group ? READ_ONCE(group->domain) : NULL;
}
EXPORT_SYMBOL_GPL(iommu_get_domain_for_dev);

struct iommu_domain *iommu_get_dma_domain(struct device *dev)
{
	return dev->iommu_group->default_domain;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_get_dma_domain);
