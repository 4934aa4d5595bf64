// SPDX-License-Identifier: GPL-2.0
/*
 * Devices behind an instance: their streams, and what core asks about them.
 */
#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <kunit/visibility.h>

#include "../dma-iommu.h"
#include "smmu.h"

static int compare_streams(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

unsigned int smmu3_streams_sort(u32 *ids, unsigned int count)
{
	unsigned int i, kept = 0;

	sort(ids, count, sizeof(*ids), compare_streams, NULL);
	for (i = 0; i < count; i++)
		if (!kept || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	return kept;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_streams_sort);

/* The device of a stream that has one, with streams_lock held */
struct smmu3_device *smmu3_stream_owner(struct smmu3_instance *smmu, u32 sid)
{
	lockdep_assert_held(&smmu->streams_lock);
	return xa_load(&smmu->streams, sid);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stream_owner);

static void remove_streams(struct smmu3_device *device, unsigned int count)
{
	while (count--)
		xa_erase(&device->smmu->streams, device->streams[count]);
}

static int insert_stream(struct smmu3_device *device, u32 sid)
{
	struct smmu3_instance *smmu = device->smmu;
	struct smmu3_device *owner = smmu3_stream_owner(smmu, sid);
	int ret;

	if (owner) {
		dev_err(device->dev, "stream %#x already belongs to %s\n",
			sid, dev_name(owner->dev));
		return -EINVAL;
	}
	ret = smmu3_strtab_prepare(smmu, sid);
	if (ret == -ERANGE)
		dev_err(device->dev,
			"stream %#x is beyond the %u bits that the SMMU takes\n",
			sid, smmu->strtab.bits);
	if (ret)
		return ret;
	return xa_insert(&smmu->streams, sid, device, GFP_KERNEL);
}

static int insert_streams(struct smmu3_device *device)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&device->smmu->streams_lock);
	for (i = 0; i < device->num_streams && !ret; i++) {
		ret = insert_stream(device, device->streams[i]);
		if (ret)
			remove_streams(device, i);
	}
	mutex_unlock(&device->smmu->streams_lock);
	return ret;
}

/* Core calls for devices of registered instances, which it keeps meanwhile */
static struct smmu3_instance *instance_of(const struct iommu_fwspec *fwspec)
{
	struct device *dev;

	dev = driver_find_device_by_fwnode(&smmu3_driver.driver,
					   fwspec->iommu_fwnode);
	put_device(dev);
	return dev ? dev_get_drvdata(dev) : NULL;
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
	device->dev = dev;
	device->smmu = smmu;
	mutex_init(&device->lock);
	xa_init(&device->pasids);
	memcpy(device->streams, fwspec->ids, flex_array_size(device, streams,
							     fwspec->num_ids));
	device->num_streams = smmu3_streams_sort(device->streams,
						 fwspec->num_ids);

	ret = insert_streams(device);
	if (ret)
		goto err_free;
	smmu3_pm_follow(smmu, dev);
	smmu3_pasid_init(device);
	smmu3_ats_init(device);
	smmu3_stall_init(device);
	dev_iommu_priv_set(dev, device);
	return &smmu->iommu;

err_free:
	kfree(device);
	return ERR_PTR(ret);
}

static void release_device(struct device *dev)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_instance *smmu = device->smmu;
	int ret;

	if (WARN_ON(device->sva))
		device->sva = false;
	smmu3_pasid_detach_all(device);
	smmu3_stall_disable(device);
	/* What firmware uses must go on when the driver of a device has gone */
	ret = dev->iommu->require_direct ? smmu3_device_pass(device) :
					   smmu3_device_block(device);
	if (ret) {
		dev_err(dev, "CD table leaked: the SMMU does not confirm that it let go of it\n");
		smmu3_device_leave(device);
	} else {
		smmu3_cdtab_exit(device);
	}

	smmu3_stall_exit(device);
	smmu3_pasid_exit(device);
	smmu3_ats_wait(device);
	mutex_lock(&smmu->streams_lock);
	remove_streams(device, device->num_streams);
	mutex_unlock(&smmu->streams_lock);
	kfree_rcu(device, rcu);
}

/*
 * It is left alone until its driver maps something; so it is not if nothing will
 * ever be mapped.
 */
static bool is_attach_deferred(struct device *dev)
{
	return smmu3_crash_left(dev_iommu_priv_get(dev)) &&
	       !iommu_default_passthrough() &&
	       smmu3_quirk_default_domain(dev) != IOMMU_DOMAIN_IDENTITY;
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
	.device_group = iommu_bus_device_group,
	.get_resv_regions = get_resv_regions,
	.of_xlate = iommu_fwspec_add_cell,
	.def_domain_type = smmu3_quirk_default_domain,
	.default_domain_ops = &smmu3_domain_ops,
	.identity_domain = &smmu3_identity_domain,
	.blocked_domain = &smmu3_blocked_domain,
	.owner = THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_ops);
