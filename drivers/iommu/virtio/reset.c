// SPDX-License-Identifier: GPL-2.0
/*
 * Reset of the device: for sleep, and to have one back that was given up.
 *
 * The device forgets all.  What endpoints are attached to and what is mapped is
 * known here, so it is told again; what was unmapped while it did not answer is
 * gone with the reset.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/sysfs.h>
#include <linux/virtio_config.h>

#include <kunit/visibility.h>

#include "viommu.h"

/*
 * From here on mappings are made in the trees only.  Devices may be at work: what
 * they can reach until the reset is still taken away at the device.
 */
static void retreat_all(struct viommu_instance *viommu)
{
	struct viommu_domain *vd;

	lockdep_assert_held(&viommu->mutex);
	list_for_each_entry(vd, &viommu->domains, list)
		viommu_domain_retreat(vd);
	list_for_each_entry(vd, &viommu->domains, list)
		viommu_queue_wait(&viommu->requests, viommu_domain_pos(vd));
}

/* Whatever the device had is gone, so that what goes needs no device either */
static void forget_all(struct viommu_instance *viommu)
{
	struct viommu_domain *vd;

	lockdep_assert_held(&viommu->mutex);
	list_for_each_entry(vd, &viommu->domains, list)
		viommu_domain_forget(vd);
}

static int stop(struct viommu_instance *viommu)
{
	int ret;

	retreat_all(viommu);
	/* Ends what is posted until then */
	ret = viommu_stop_queues(viommu);
	if (ret) {
		viommu_fail(viommu, "it does not come to the end of its reset");
		return ret;
	}
	forget_all(viommu);
	return 0;
}

/*
 * From the virtqueues to the last mapping under one lock: an attach in between
 * would be told to the device twice, which may forget the domain over it.  All that
 * time nothing passes by translation because it is not attached yet, and if that
 * fails, nothing does later.  After hibernation the host has its own idea of it.
 */
static int start(struct viommu_instance *viommu)
{
	int ret;

	viommu_set_bypass(viommu, false);
	ret = viommu_start_queues(viommu) ?: viommu_reattach_all(viommu);
	if (!ret) {
		viommu_set_bypass(viommu, !viommu->closed);
		return 0;
	}
	viommu_fail(viommu, "it does not take back what it had before its reset");
	/* What it did take back could never be taken away again */
	if (viommu->has_queues)
		viommu_stop_queues(viommu);
	forget_all(viommu);
	return ret;
}

int viommu_put_to_sleep(struct viommu_instance *viommu)
{
	int ret;

	mutex_lock(&viommu->mutex);
	ret = stop(viommu);
	mutex_unlock(&viommu->mutex);
	return ret;
}

int viommu_wake(struct viommu_instance *viommu)
{
	int ret;

	mutex_lock(&viommu->mutex);
	ret = start(viommu);
	mutex_unlock(&viommu->mutex);
	return ret;
}

/* 3.1.1, up to where the driver's own part begins; features stay as they were */
static int greet(struct viommu_instance *viommu)
{
	struct virtio_device *vdev = viommu->vdev;
	const u8 ok = VIRTIO_CONFIG_S_FEATURES_OK;
	int ret;

	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	ret = vdev->config->finalize_features(vdev);
	if (ret)
		return ret;
	virtio_add_status(vdev, ok);
	if (viommu_is_gone(viommu))
		return -ENODEV;
	return vdev->config->get_status(vdev) & ok ? 0 : -ENODEV;
}

static int reset_locked(struct viommu_instance *viommu)
{
	int ret;

	if (viommu_is_gone(viommu)) {
		viommu_fail(viommu, "it is not there any more");
		return -ENODEV;
	}
	/* It will forget what is attached, but not this, and devices are at work */
	viommu_set_bypass(viommu, false);
	ret = stop(viommu);
	if (ret)
		return ret;
	ret = greet(viommu);
	if (ret) {
		viommu_fail(viommu, "it does not come back from its reset");
		return ret;
	}
	return start(viommu);
}

int viommu_reset(struct viommu_instance *viommu)
{
	unsigned int noio;
	int ret;

	ret = mutex_lock_killable(&viommu->mutex);
	if (ret)
		return ret;
	/* Memory cannot be had by writing to disks that are behind it */
	noio = memalloc_noio_save();
	ret = reset_locked(viommu);
	memalloc_noio_restore(noio);
	mutex_unlock(&viommu->mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_reset);

static struct viommu_instance *to_instance(struct device *dev)
{
	return container_of(dev_to_iommu_device(dev), struct viommu_instance, iommu);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	bool failed = READ_ONCE(to_instance(dev)->requests.failed);

	return sysfs_emit(buf, "%s\n", failed ? "failed" : "running");
}
static DEVICE_ATTR_RO(state);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	bool wanted;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = kstrtobool(buf, &wanted);
	if (ret)
		return ret;
	if (!wanted)
		return -EINVAL;
	ret = viommu_reset(to_instance(dev));
	if (ret)
		return ret;
	dev_info(to_instance(dev)->dev, "reset, and told all that it had\n");
	return count;
}
static DEVICE_ATTR_WO(reset);

static struct attribute *viommu_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_reset.attr,
	NULL
};

static const struct attribute_group viommu_group = {
	.name = "virtio-iommu",
	.attrs = viommu_attrs,
};

const struct attribute_group *viommu_groups[] = {
	&viommu_group,
	NULL
};
