// SPDX-License-Identifier: GPL-2.0
/*
 * Devices behind an instance: their streams, and what core asks about them.
 */
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "../dma-iommu.h"
#include "smmu.h"

/*
 * Core calls for devices of registered instances, which it keeps meanwhile.  One
 * registers while it is being probed, when its driver does not list it yet.
 */
static struct smmu3_instance *instance_of(const struct iommu_fwspec *fwspec)
{
	struct smmu3_instance *smmu = NULL;
	struct device *dev;

	dev = bus_find_device_by_fwnode(&platform_bus_type, fwspec->iommu_fwnode);
	if (dev && dev->driver == &smmu3_driver.driver)
		smmu = dev_get_drvdata(dev);
	put_device(dev);
	return smmu;
}

static struct iommu_device *probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu3_instance *smmu = instance_of(fwspec);
	struct smmu3_device *device;
	int ret;

	if (!smmu)
		return ERR_PTR(-ENODEV);
	if (!fwspec->num_ids) {
		dev_err(dev, "firmware gives it no stream\n");
		return ERR_PTR(-EINVAL);
	}

	device = kzalloc(struct_size(device, streams, fwspec->num_ids),
			 GFP_KERNEL);
	if (!device)
		return ERR_PTR(-ENOMEM);
	device->num_ids = fwspec->num_ids;
	device->dev = dev;
	device->smmu = smmu;
	mutex_init(&device->lock);
	xa_init(&device->pasids);
	memcpy(device->streams, fwspec->ids, flex_array_size(device, streams,
							     fwspec->num_ids));
	device->num_ids = smmu3_streams_sort(device->streams, fwspec->num_ids);
	INIT_LIST_HEAD(&device->borrower);

	ret = smmu3_streams_insert(device);
	if (ret)
		goto err_free;
	smmu3_pm_follow(smmu, dev);
	if (device->num_streams == device->num_ids) {
		smmu3_pasid_init(device);
		smmu3_ats_init(device);
	}
	smmu3_stall_init(device);
	dev_iommu_priv_set(dev, device);
	return &smmu->iommu;

err_free:
	kfree(device);
	return ERR_PTR(ret);
}

/*
 * What firmware uses must go on when the driver of a device has gone.  But where
 * the device goes by what a crashed kernel mapped, the same addresses untranslated
 * are memory that is to be saved.
 */
static bool must_pass(const struct device *dev)
{
	return dev->iommu->require_direct && !dev->iommu->attach_deferred;
}

static void release_device(struct device *dev)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	int ret;

	if (WARN_ON(device->sva))
		device->sva = false;
	smmu3_pasid_detach_all(device);
	smmu3_stall_disable(device);
	smmu3_streams_hand_over(device);
	ret = must_pass(dev) ? smmu3_device_pass(device) :
			       smmu3_device_block(device);
	/* That confirms nothing of streams that were handed over */
	if (ret || !smmu3_may_free(device->smmu)) {
		dev_err(dev, "CD table leaked: the SMMU does not confirm that it let go of it\n");
		smmu3_device_leave(device);
	} else {
		smmu3_cdtab_exit(device);
	}

	smmu3_stall_exit(device);
	smmu3_pasid_exit(device);
	smmu3_ats_wait(device);
	smmu3_streams_remove(device);
	smmu3_answers_exit(device);
	kfree_rcu(device, rcu);
}

static bool is_attach_deferred(struct device *dev)
{
	return smmu3_crash_left(dev_iommu_priv_get(dev));
}

static int has_member(struct device *dev, void *unused)
{
	return 1;
}

/*
 * The group of who shares a stream, and that of who cannot be isolated on the bus,
 * are the same, or one of them has nobody in it.
 */
static struct iommu_group *device_group(struct device *dev)
{
	struct iommu_group *shared = smmu3_streams_group(dev_iommu_priv_get(dev));
	struct iommu_group *group;

	if (IS_ERR(shared) || (shared && !dev_is_pci(dev)))
		return shared;
	group = iommu_bus_device_group(dev);
	if (!shared || IS_ERR(group) || group == shared) {
		iommu_group_put(shared);
		return group;
	}
	if (iommu_group_for_each_dev(group, NULL, has_member)) {
		dev_err(dev, "shares a stream with iommu group %d, but belongs to group %d\n",
			iommu_group_id(shared), iommu_group_id(group));
		iommu_group_put(shared);
		shared = ERR_PTR(-EINVAL);
	}
	iommu_group_put(group);
	return shared;
}

static bool device_capable(struct device *dev, enum iommu_cap cap)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);

	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return device->smmu->feat.flags & SMMU3_FEAT_COHERENT;
	case IOMMU_CAP_NOEXEC:
	case IOMMU_CAP_DEFERRED_FLUSH:
		return true;
	case IOMMU_CAP_DIRTY_TRACKING:
		return smmu3_can_track(device->smmu);
	default:
		return false;
	}
}

static void get_resv_regions(struct device *dev, struct list_head *head)
{
	iommu_add_sw_msi_region(head);
	iommu_dma_get_resv_regions(dev, head);
}

static int disable_iopf(struct smmu3_device *device)
{
	if (!device->stall.enabled)
		return -EINVAL;
	if (device->sva)
		return -EBUSY;
	smmu3_stall_disable(device);
	return 0;
}

/*
 * A device that can wait for pages must be able to have them brought before it
 * shares an address space.  One that cannot wait has its own means not to fault.
 */
static int enable_sva(struct smmu3_device *device)
{
	if (!device->ssid_bits || !smmu3_sva_supported(device->smmu))
		return -ENODEV;
	if (device->sva)
		return -EBUSY;
	if (device->stall.capable && !device->stall.enabled)
		return -EINVAL;
	device->sva = true;
	return 0;
}

static int disable_sva(struct smmu3_device *device)
{
	struct smmu3_bond *bond;
	unsigned long ssid;

	if (!device->sva)
		return -EINVAL;
	xa_for_each(&device->pasids, ssid, bond)
		if (bond->sd->domain.type == IOMMU_DOMAIN_SVA)
			return -EBUSY;
	device->sva = false;
	return 0;
}

static int enable_feature(struct device *dev, enum iommu_dev_features feature)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);

	switch (feature) {
	case IOMMU_DEV_FEAT_IOPF:
		return smmu3_stall_enable(device);
	case IOMMU_DEV_FEAT_SVA:
		return enable_sva(device);
	default:
		return -EINVAL;
	}
}

static int disable_feature(struct device *dev, enum iommu_dev_features feature)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);

	switch (feature) {
	case IOMMU_DEV_FEAT_IOPF:
		return disable_iopf(device);
	case IOMMU_DEV_FEAT_SVA:
		return disable_sva(device);
	default:
		return -EINVAL;
	}
}

const struct iommu_ops smmu3_ops = {
	.capable = device_capable,
	.domain_alloc_paging = smmu3_domain_alloc_paging,
	.domain_alloc_user = smmu3_domain_alloc_user,
#ifdef CONFIG_ARM_SMMU_V3_SVA
	.domain_alloc_sva = smmu3_domain_alloc_sva,
#endif
	.dev_enable_feat = enable_feature,
	.dev_disable_feat = disable_feature,
	.probe_device = probe_device,
	.release_device = release_device,
	.remove_dev_pasid = smmu3_remove_dev_pasid,
	.page_response = smmu3_page_response,
	.is_attach_deferred = is_attach_deferred,
	.device_group = device_group,
	.get_resv_regions = get_resv_regions,
	.of_xlate = iommu_fwspec_add_cell,
	.def_domain_type = smmu3_quirk_default_domain,
	.default_domain_ops = &smmu3_domain_ops,
	.identity_domain = &smmu3_identity_domain,
	.blocked_domain = &smmu3_blocked_domain,
	.owner = THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_ops);
