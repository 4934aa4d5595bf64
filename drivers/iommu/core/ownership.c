// SPDX-License-Identifier: GPL-2.0
/*
 * Ownership: who decides what a group's DMA does.
 *
 * Either drivers use the default domain, and owner_cnt counts them, or one
 * owner claimed the group, and owner_cnt counts its claims.  While there is an
 * owner nothing is reachable by default: the group is in its blocking domain
 * until the owner attaches one of his own.
 *
 * Each such driver and the owner keep the module of the IOMMU driver.  Devices
 * that nobody uses do not: they are released with their instance.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/module.h>

#include "../dma-iommu.h"
#include "core.h"
#include "direct.h"
#include "missing.h"

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
		if (member->drivers)
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

/* NULL for a device without an instance, and for a driver that is built in */
static struct module *member_module(struct group_member *member)
{
	return iommu_device_is_probed(member->dev) ?
	       dev_iommu_ops(member->dev)->owner : NULL;
}

int iommu_ownership_enter(struct iommu_group *group, struct device *dev)
{
	struct group_member *member = iommu_group_member(group, dev);

	lockdep_assert_held(&group->mutex);

	if (!try_module_get(member_module(member)))
		return -ENODEV;
	member->drivers++;
	group->owner_cnt++;
	return 0;
}

/* Who can end it is named: a port is not what one thinks of. */
static void say_not_translated(struct iommu_group *group, struct device *dev)
{
	struct device *other = iommu_direct_in(group);

	dev_warn(dev, "uses DMA without translation, as it cannot be told from a device of iommu group %d that does%s%s%s%s\n",
		 group->id, other ? ": " : "", other ? dev_name(other) : "",
		 other ? ", bound to " : "", other ? dev_driver_string(other) : "");
}

static int group_use(struct iommu_group *group, struct device *dev)
{
	int ret;

	guard(mutex)(&group->mutex);
	ret = group_usable(group);
	if (ret == -EBUSY)
		say_not_usable(group, dev);
	if (ret)
		return ret;
	/* The module is on its way out, and its instances with it. */
	if (iommu_ownership_enter(group, dev))
		return -EPROBE_DEFER;
	if (!group->direct)
		return 0;
	if (!dev->iommu->direct)
		say_not_translated(group, dev);
	dev->iommu->uses_direct = true;
	return 0;
}

static void group_unuse(struct iommu_group *group, struct device *dev)
{
	struct group_member *member;

	guard(mutex)(&group->mutex);
	member = iommu_group_member(group, dev);
	if (WARN_ON(group->owner || !member->drivers))
		return;
	WARN_ON(!xa_empty(&group->pasids));
	group->owner_cnt--;
	member->drivers--;
	module_put(member_module(member));
	if (!member->drivers)
		iommu_direct_end(group, dev);
}

/* The lock keeps the device behind its instance, or without one. */
int iommu_device_use_default_domain(struct device *dev)
{
	guard(mutex)(&iommu_probe_device_lock);
	if (dev->iommu_group)
		return group_use(dev->iommu_group, dev);
	/* Its instance went after the device's DMA was configured. */
	if (iommu_device_is_orphan(dev))
		return -EPROBE_DEFER;
	if (dev->iommu) {
		/* Of a driver whose probe failed after its instance had gone */
		iommu_dma_release_device(dev);
		dev->iommu->uses_direct = true;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_use_default_domain);

void iommu_device_unuse_default_domain(struct device *dev)
{
	guard(mutex)(&iommu_probe_device_lock);
	if (dev->iommu_group) {
		group_unuse(dev->iommu_group, dev);
	} else if (dev->iommu) {
		/*
		 * It was bound without an instance, or has lost it.  Whatever instance
		 * comes, that stays so until devres has freed what the driver had: see
		 * iommu_direct_unbound().
		 */
		iommu_missing_note(dev, NULL);
		dev->iommu->uses_direct = false;
	}
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

static int group_block_for_owner(struct iommu_group *group)
{
	struct iommu_domain *blocking = iommu_group_blocking_domain(group);

	return IS_ERR(blocking) ? PTR_ERR(blocking) :
				  iommu_group_attach(group, blocking, NULL);
}

static int group_take(struct iommu_group *group, void *owner)
{
	struct module *module;
	int ret;

	lockdep_assert_held(&group->mutex);

	if (!iommu_group_has_instance(group))
		return -ENODEV;
	if (!group_on_default_domain(group) || !xa_empty(&group->pasids)) {
		say_not_claimable(group);
		return -EBUSY;
	}
	module = member_module(list_first_entry(&group->members, struct group_member, list));
	if (!try_module_get(module))
		return -ENODEV;
	ret = group_block_for_owner(group);
	if (ret) {
		module_put(module);
		return ret;
	}
	group->owner_module = module;
	group->owner = owner;
	group->owner_cnt = 1;
	return 0;
}

static void group_disown(struct iommu_group *group)
{
	group->owner = NULL;
	group->owner_cnt = 0;
	module_put(group->owner_module);
	group->owner_module = NULL;
}

static void group_give_back(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	/* Its members have gone, and took the claim with them. */
	if (list_empty(&group->members))
		return;
	if (WARN_ON(!group->owner || !xa_empty(&group->pasids)))
		return;
	if (group->default_domain)
		iommu_group_attach_nofail(group, group->default_domain);
	group_disown(group);
}

bool iommu_ownership_leave(struct iommu_group *group, struct group_member *member)
{
	struct module *module = member_module(member);
	bool used = member->drivers || (group->owner && member->dev->driver);

	lockdep_assert_held(&group->mutex);

	group->owner_cnt -= member->drivers;
	for (; member->drivers; member->drivers--)
		module_put(module);
	if (group->owner && list_is_singular(&group->members))
		group_disown(group);
	return used;
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
	/* Without a group its instance has gone, and the claim with it. */
	if (dev->iommu_group)
		group_release(dev->iommu_group, true);
}
EXPORT_SYMBOL_GPL(iommu_device_release_dma_owner);
