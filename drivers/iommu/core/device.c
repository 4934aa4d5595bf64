// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: from firmware ids to instance, group and default domain, and back.
 *
 * iommu_device_probe_one() is the only way in.  It is entered when a device is added,
 * when a driver binds to it and when an instance registers, in any order, and
 * each step depends on what is there, not on who came first.
 */
#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "../dma-iommu.h"
#include "core.h"
#include "direct.h"
#include "follow.h"
#include "iopf.h"
#include "missing.h"
#include "pasid.h"

/* The architecture's widest PASID, whatever firmware says */
#define DEVICE_PASID_BITS_MAX	20

/* Outermost lock of the subsystem, see core.h */
DEFINE_MUTEX(iommu_probe_device_lock);
EXPORT_SYMBOL_IF_KUNIT(iommu_probe_device_lock);

struct dev_iommu *iommu_device_state_get(struct device *dev)
{
	struct dev_iommu *state = dev->iommu;

	lockdep_assert_held(&iommu_probe_device_lock);

	if (state)
		return state;
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return NULL;
	mutex_init(&state->lock);
	ratelimit_default_init(&state->fault_limit);
	/* The count that __ratelimit() would print is no use without a name. */
	ratelimit_set_flags(&state->fault_limit, RATELIMIT_MSG_ON_RELEASE);
	state->window_start = jiffies;
	dev->iommu = state;
	return state;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_state_get);

void dev_iommu_free(struct device *dev)
{
	iommu_fwspec_free(dev);
	iommu_missing_note(dev, NULL);
	if (dev->iommu)
		of_node_put(dev->iommu->of_master);
	kfree(dev->iommu);
	dev->iommu = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(dev_iommu_free);

/* FSL PAMU keeps its own pointer here without probing, and so unlocked. */
void dev_iommu_priv_set(struct device *dev, void *priv)
{
	lockdep_assert(IS_ENABLED(CONFIG_FSL_PAMU) ||
		       lockdep_is_held(&iommu_probe_device_lock));

	dev->iommu->priv = priv;
}
EXPORT_SYMBOL_GPL(dev_iommu_priv_set);

/* Say once what went wrong; a device that must wait has nothing to report. */
static void device_complain(struct device *dev, struct iommu_device *iommu,
			    const char *what, int error)
{
	if (error == -ENODEV || error == -EPROBE_DEFER)
		return;
	if (iommu->dev)
		dev_err(dev, "iommu %s: %s: %pe\n", dev_name(iommu->dev), what,
			ERR_PTR(error));
	else if (iommu->fwnode)
		dev_err(dev, "iommu %pfw: %s: %pe\n", iommu->fwnode, what,
			ERR_PTR(error));
	else
		dev_err(dev, "iommu: %s: %pe\n", what, ERR_PTR(error));
}

static u32 device_max_pasids(struct device *dev, struct iommu_device *iommu)
{
	u32 max = 0, bits = 0;
	int ret;

	if (dev_is_pci(dev)) {
		ret = pci_max_pasids(to_pci_dev(dev));
		max = ret > 0 ? ret : 0;
	} else if (!device_property_read_u32(dev, "pasid-num-bits", &bits)) {
		max = 1U << min(bits, DEVICE_PASID_BITS_MAX);
	}
	return min(max, iommu->max_pasids);
}

static void device_release(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	if (ops->release_device)
		ops->release_device(dev);
	dev->iommu->iommu_dev = NULL;
	dev->iommu->priv = NULL;
	dev->iommu->max_pasids = 0;
	dev->iommu->attach_deferred = 0;
	dev->iommu->require_direct = 0;
	/* What of_xlate() of some drivers keeps comes only with new ids. */
	if (dev->iommu->driver_ids)
		iommu_fwspec_free(dev);
}

/* Undo device_claim(): the driver forgets the device, and may be unloaded. */
static void device_disclaim(struct device *dev)
{
	iommu_device_unlink(dev->iommu->iommu_dev, dev);
	iommu_iopf_forget_device(dev);
	device_release(dev);
}

static int device_claim(struct device *dev, const struct iommu_ops *ops)
{
	struct iommu_device *iommu;
	int ret;

	dev->iommu->driver_ids = dev->iommu->priv || !dev->iommu->fwspec;
	iommu = ops->probe_device(dev);
	if (IS_ERR(iommu)) {
		if (!dev->iommu->driver_ids)
			dev->iommu->priv = NULL;
		return PTR_ERR(iommu);
	}
	dev->iommu->iommu_dev = iommu;
	dev->iommu->max_pasids = device_max_pasids(dev, iommu);
	atomic64_set(&dev->iommu->faults, 0);
	iommu_iopf_reset_counts(dev);
	if (ops->is_attach_deferred)
		dev->iommu->attach_deferred = ops->is_attach_deferred(dev);

	ret = iommu_device_link(iommu, dev);
	if (ret)
		device_release(dev);
	return ret;
}

static struct iommu_group *device_find_group(struct device *dev,
					     const struct iommu_ops *ops)
{
	struct iommu_group *group;

	if (!ops->device_group)
		return ERR_PTR(-EINVAL);
	group = ops->device_group(dev);
	if (WARN_ON_ONCE(!group))
		return ERR_PTR(-EINVAL);
	return group;
}

/*
 * On success the caller holds a reference to the group.  The driver's module is
 * not held: an instance is taken off its list, and its devices from it, before
 * the module can go, and under the lock that is held here.
 */
static struct iommu_group *device_bind(struct device *dev,
				       struct iommu_device *iommu)
{
	const struct iommu_ops *ops = iommu->ops;
	struct iommu_group *group;
	int ret;

	if (!iommu_device_state_get(dev))
		return ERR_PTR(-ENOMEM);

	ret = device_claim(dev, ops);
	if (ret) {
		device_complain(dev, iommu, "cannot serve the device", ret);
		return ERR_PTR(ret);
	}

	group = device_find_group(dev, ops);
	if (IS_ERR(group)) {
		device_complain(dev, iommu, "no group for the device", PTR_ERR(group));
		device_disclaim(dev);
	}
	return group;
}

/* What happens to the group is decided by what it has, see the head of file. */
static int device_join(struct device *dev, struct iommu_group *group,
		       struct list_head *pending)
{
	struct device *culprit;

	lockdep_assert_held(&group->mutex);

	if (group->default_domain)
		return iommu_default_domain_join(group, dev);
	if (!pending)
		return iommu_default_domain_setup(group, 0, &culprit);
	if (list_empty(&group->pending)) {
		iommu_group_ref_get(group);
		list_add_tail(&group->pending, pending);
	}
	return 0;
}

static void device_finalize(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	if (ops->probe_finalize)
		ops->probe_finalize(dev);
}

static int device_enter_group(struct device *dev, struct iommu_group *group,
			      struct list_head *pending)
{
	const char *what = "cannot use its group's default domain";
	struct iommu_device *iommu = dev->iommu->iommu_dev;
	bool queued;
	int ret;

	mutex_lock(&group->mutex);
	iommu_direct_renew(group);
	ret = iommu_group_add_member(group, dev);
	if (ret) {
		mutex_unlock(&group->mutex);
		device_complain(dev, iommu, "cannot join its group", ret);
		device_disclaim(dev);
		return ret;
	}
	ret = iommu_direct_use(group, dev) ?: device_join(dev, group, pending);
	if (!ret) {
		what = "cannot use its group's PASIDs";
		ret = iommu_pasid_join(group, dev);
	}
	queued = !list_empty(&group->pending);
	mutex_unlock(&group->mutex);

	if (ret) {
		device_complain(dev, iommu, what, ret);
		iommu_device_forget(dev);
		return ret;
	}
	iommu_follow_add(dev, !pending);
	if (!queued)
		device_finalize(dev);
	return 0;
}

int iommu_device_probe_one(struct device *dev, struct list_head *pending)
{
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);
	struct iommu_device *iommu;
	struct iommu_group *group;
	int ret;

	lockdep_assert_held(&iommu_probe_device_lock);

	if (dev->iommu_group)
		return 0;
	iommu = iommu_instance_from_fwnode(ids ? ids->iommu_fwnode : NULL);
	if (!iommu || iommu_missing_stays_out(dev))
		return -ENODEV;

	group = device_bind(dev, iommu);
	if (IS_ERR(group)) {
		ret = PTR_ERR(group);
	} else {
		ret = device_enter_group(dev, group, pending);
		iommu_group_put(group);
	}
	if (ret)
		iommu_direct_leave(dev);
	/* Ids that the driver made up itself go with the failed attempt. */
	if (ret && !ids && dev->iommu && !dev->iommu->missing && !dev->iommu->stays_out)
		dev_iommu_free(dev);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_probe_one);

bool iommu_device_is_orphan(struct device *dev)
{
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);

	lockdep_assert_held(&iommu_probe_device_lock);

	return ids && !iommu_instance_from_fwnode(ids->iommu_fwnode);
}

int iommu_probe_device(struct device *dev)
{
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	/* A driver that is about to be bound; one that is would keep it out. */
	if (dev->iommu && !device_is_bound(dev))
		dev->iommu->stays_out = false;
	ret = iommu_device_probe_one(dev, NULL);
	if (!ret && !device_is_bound(dev))
		ret = iommu_direct_unbound(dev, dev->driver);
	/* It was there when the device got its ids, so it has a driver. */
	if (ret == -ENODEV && iommu_device_is_orphan(dev))
		ret = -EPROBE_DEFER;
	mutex_unlock(&iommu_probe_device_lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_probe_device);

static void device_evict(struct device *dev, int error)
{
	device_complain(dev, dev->iommu->iommu_dev, "cannot use its group's default domain", error);
	iommu_device_forget(dev);
}

/* One member fewer each round, so this ends. */
static int group_finish(struct iommu_group *group)
{
	struct group_member *member, *next;
	struct device *culprit;
	int ret, error = 0;

	do {
		mutex_lock(&group->mutex);
		ret = list_empty(&group->members) ? 0 :
		      iommu_default_domain_setup(group, 0, &culprit);
		mutex_unlock(&group->mutex);
		if (!ret)
			break;
		error = error ?: ret;
		if (culprit && !group->default_domain) {
			device_evict(culprit, ret);
			continue;
		}
		list_for_each_entry_safe(member, next, &group->members, list)
			device_evict(member->dev, ret);
	} while (1);

	for_each_group_member(group, member)
		device_finalize(member->dev);
	return error;
}

int iommu_device_finish_pending(struct list_head *pending)
{
	struct iommu_group *group;
	int ret, error = 0;

	/* It keeps the members: only probe and release change them. */
	lockdep_assert_held(&iommu_probe_device_lock);

	while (!list_empty(pending)) {
		group = list_first_entry(pending, struct iommu_group, pending);
		list_del_init(&group->pending);
		ret = group_finish(group);
		error = error ?: ret;
		iommu_group_put(group);
	}
	return error;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_finish_pending);

/*
 * Device links unbind drivers before an instance goes.  What remains are devices
 * that cannot be linked to it, and owners that do not let go.
 */
static bool device_lose_use(struct device *dev, struct iommu_group *group,
			    struct group_member *member)
{
	if (!iommu_ownership_leave(group, member))
		return false;
	dev_err(dev, "its IOMMU goes while %s uses it: DMA is blocked until the driver is bound anew\n",
		dev_driver_string(dev));
	dev->iommu->stays_out = true;
	return true;
}

/*
 * The device leaves its domain before its memory is freed without being unmapped, and
 * before the driver forgets it, the driver before the group's own domains go, and
 * those before the driver's code may.
 */
static void device_leave_instance(struct device *dev, struct iommu_group *group)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct group_member *member = iommu_group_member(group, dev);
	struct iommu_domain *domain = ops->release_domain;
	/* One that is not a user any more may have memory to free, see devres. */
	bool has_memory = member->drivers || device_is_bound(dev);
	int ret;

	if (device_lose_use(dev, group, member) && !domain)
		domain = ops->blocked_domain;
	iommu_direct_leave(dev);
	iommu_pasid_leave(group, dev);
	if (domain && !dev->iommu->attach_deferred) {
		ret = domain->ops->attach_dev(domain, dev);
		if (ret)
			dev_err(dev, "iommu: cannot detach for release: %pe\n",
				ERR_PTR(ret));
	}
	if (has_memory)
		iommu_dma_strand_device(dev);
	else
		iommu_dma_release_device(dev);
	device_disclaim(dev);
	iommu_group_remove_member(group, dev);
	if (list_empty(&group->members))
		iommu_default_domain_free(group);
}

void iommu_device_forget(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);

	if (!group)
		return;
	mutex_lock(&group->mutex);
	if (iommu_device_is_probed(dev))
		device_leave_instance(dev, group);
	else
		iommu_group_remove_member(group, dev);
	mutex_unlock(&group->mutex);
	iommu_group_put(group);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_forget);

void iommu_device_release(struct device *dev)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	iommu_device_forget(dev);
	/* It may have been stranded, and no driver bound since. */
	iommu_dma_release_device(dev);
	if (dev->iommu)
		dev_iommu_free(dev);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_release);

bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	const struct iommu_ops *ops;

	if (!iommu_device_is_probed(dev))
		return false;
	ops = dev_iommu_ops(dev);
	return ops->capable && ops->capable(dev, cap);
}
EXPORT_SYMBOL_GPL(device_iommu_capable);

int iommu_dev_enable_feature(struct device *dev, enum iommu_dev_features feat)
{
	const struct iommu_ops *ops;

	if (!iommu_device_is_probed(dev))
		return -ENODEV;
	ops = dev_iommu_ops(dev);
	return ops->dev_enable_feat ? ops->dev_enable_feat(dev, feat) : -ENODEV;
}
EXPORT_SYMBOL_GPL(iommu_dev_enable_feature);

int iommu_dev_disable_feature(struct device *dev, enum iommu_dev_features feat)
{
	const struct iommu_ops *ops;

	if (!iommu_device_is_probed(dev))
		return -EBUSY;
	ops = dev_iommu_ops(dev);
	return ops->dev_disable_feat ? ops->dev_disable_feat(dev, feat) : -EBUSY;
}
EXPORT_SYMBOL_GPL(iommu_dev_disable_feature);
