// SPDX-License-Identifier: GPL-2.0
/*
 * Ownership: who decides what a group's DMA does.
 *
 * Either drivers use the default domain, and owner_cnt counts them, or one
 * owner claimed the group, and owner_cnt counts its claims.  While there is an
 * owner nothing is reachable by default: the group is in its blocking domain
 * until the owner attaches one of his own.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>

#include "core.h"

/*
 * A driver may have put another identity domain in the place of a default one;
 * for the DMA API they are the same.
 */
static bool group_on_default_domain(struct iommu_group *group)
{
	struct iommu_domain *now = group->domain, *def = group->default_domain;

	if (now == def)
		return true;
	return now && def && now->type == IOMMU_DOMAIN_IDENTITY &&
	       def->type == IOMMU_DOMAIN_IDENTITY;
}

/* May one more driver use the default domain? */
static int group_usable(struct iommu_group *group)
{
	/* The walk that found its members is not over. */
	if (iommu_group_has_instance(group) && !group->default_domain)
		return -EPROBE_DEFER;
	if (group->owner || !xa_empty(&group->pasids))
		return -EBUSY;
	return group_on_default_domain(group) ? 0 : -EBUSY;
}

/* Both sides of a refusal are told who stands in the way: it is they who can end it. */
static void say_not_usable(struct iommu_group *group, struct device *dev)
{
	dev_warn_ratelimited(dev, "iommu group %d: %s, so no driver can use its DMA until that ends\n",
			     group->id, group->owner ?
			     "owned by user space or by a driver of another member" :
			     "a driver has attached a domain of its own");
}

/* Members whose driver brings its own owner, as VFIO's do, stand in nobody's way. */
static void say_in_use(struct iommu_group *group)
{
	struct group_member *member;

	for_each_group_member(group, member) {
		if (member->has_driver)
			dev_warn_ratelimited(member->dev, "iommu group %d: asked for by another owner while kernel drivers use its DMA (%u); this member is bound to %s\n",
					     group->id, group->owner_cnt,
					     dev_driver_string(member->dev));
	}
}

static void say_not_claimable(struct iommu_group *group)
{
	if (!group->owner && group->owner_cnt)
		say_in_use(group);
	else
		pr_warn_ratelimited("iommu group %d: asked for by another owner while %s\n",
				    group->id, group->owner ?
				    "one has it already" :
				    "a driver's own domain is attached");
}

static void member_set_driver(struct iommu_group *group, struct device *dev, bool there)
{
	struct group_member *member = iommu_group_member(group, dev);

	if (member)
		member->has_driver = there;
}

int iommu_device_use_default_domain(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	if (!group)
		return 0;

	guard(mutex)(&group->mutex);
	ret = group_usable(group);
	if (ret == -EBUSY)
		say_not_usable(group, dev);
	if (ret)
		return ret;
	group->owner_cnt++;
	member_set_driver(group, dev, true);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_use_default_domain);

void iommu_device_unuse_default_domain(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return;

	guard(mutex)(&group->mutex);
	if (WARN_ON(group->owner || !group->owner_cnt))
		return;
	WARN_ON(!xa_empty(&group->pasids));
	group->owner_cnt--;
	member_set_driver(group, dev, false);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_unuse_default_domain);

/* A driver without a blocking domain gets a translated one with nothing in it. */
struct iommu_domain *iommu_group_blocking_domain(struct iommu_group *group)
{
	struct iommu_domain *domain = group->blocking_domain;
	struct device *dev;

	if (domain)
		return domain;
	dev = iommu_group_first_dev(group);
	domain = iommu_domain_new(dev, IOMMU_DOMAIN_BLOCKED);
	if (IS_ERR(domain))
		domain = iommu_domain_new(dev, IOMMU_DOMAIN_UNMANAGED);
	if (!IS_ERR(domain))
		group->blocking_domain = domain;
	return domain;
}

static int group_take(struct iommu_group *group, void *owner)
{
	struct iommu_domain *blocking;
	int ret;

	lockdep_assert_held(&group->mutex);

	if (!iommu_group_has_instance(group))
		return -ENODEV;
	if (!group_on_default_domain(group) || !xa_empty(&group->pasids)) {
		say_not_claimable(group);
		return -EBUSY;
	}
	blocking = iommu_group_blocking_domain(group);
	if (IS_ERR(blocking))
		return PTR_ERR(blocking);
	ret = iommu_group_attach(group, blocking, NULL);
	if (ret)
		return ret;
	group->owner = owner;
	group->owner_cnt = 1;
	return 0;
}

static void group_give_back(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	if (WARN_ON(!group->owner || !xa_empty(&group->pasids)))
		return;
	group->owner = NULL;
	group->owner_cnt = 0;
	if (group->default_domain)
		iommu_group_attach_nofail(group, group->default_domain);
}

/* @nested: one owner may claim the group several times. */
static int group_claim(struct iommu_group *group, void *owner, bool nested)
{
	if (WARN_ON(!owner))
		return -EINVAL;

	guard(mutex)(&group->mutex);
	if (!group->owner_cnt)
		return group_take(group, owner);
	if (!nested || group->owner != owner) {
		say_not_claimable(group);
		return -EPERM;
	}
	group->owner_cnt++;
	return 0;
}

static void group_release(struct iommu_group *group, bool nested)
{
	guard(mutex)(&group->mutex);
	if (nested && group->owner_cnt > 1)
		group->owner_cnt--;
	else
		group_give_back(group);
}

int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
{
	return group_claim(group, owner, false);
}
EXPORT_SYMBOL_GPL(iommu_group_claim_dma_owner);

void iommu_group_release_dma_owner(struct iommu_group *group)
{
	group_release(group, false);
}
EXPORT_SYMBOL_GPL(iommu_group_release_dma_owner);

bool iommu_group_dma_owner_claimed(struct iommu_group *group)
{
	guard(mutex)(&group->mutex);
	return group->owner_cnt;
}
EXPORT_SYMBOL_GPL(iommu_group_dma_owner_claimed);

int iommu_device_claim_dma_owner(struct device *dev, void *owner)
{
	return dev->iommu_group ? group_claim(dev->iommu_group, owner, true) :
				  -ENODEV;
}
EXPORT_SYMBOL_GPL(iommu_device_claim_dma_owner);

void iommu_device_release_dma_owner(struct device *dev)
{
	group_release(dev->iommu_group, true);
}
EXPORT_SYMBOL_GPL(iommu_device_release_dma_owner);
