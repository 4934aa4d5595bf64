// SPDX-License-Identifier: GPL-2.0
/*
 * Virtio driver: what an instance says of itself, and the order in which it comes,
 * goes, sleeps and wakes.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include <kunit/visibility.h>

#include "viommu.h"

static bool disable_bypass = true;
module_param(disable_bypass, bool, 0444);
MODULE_PARM_DESC(disable_bypass,
		 "Have the host block DMA of endpoints that no driver has attached to anything (default: true)");

static LIST_HEAD(instances);
static DEFINE_MUTEX(instances_lock);

struct viommu_instance *viommu_from_fwnode(const struct fwnode_handle *fwnode)
{
	struct viommu_instance *viommu, *found = NULL;

	mutex_lock(&instances_lock);
	list_for_each_entry(viommu, &instances, list)
		if (viommu->iommu.fwnode == fwnode)
			found = viommu;
	mutex_unlock(&instances_lock);
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_from_fwnode);

/* Ids of the allocator are an int, those of the device 32 bits from anywhere */
int viommu_id_alloc(struct viommu_instance *viommu, u32 *id)
{
	const struct viommu_limits *limits = &viommu->limits;
	u32 span = limits->domain_last - limits->domain_first;
	int index;

	index = ida_alloc_max(&viommu->ids, min_t(u32, span, INT_MAX), GFP_KERNEL);
	if (index < 0)
		return index;
	*id = limits->domain_first + index;
	return 0;
}

void viommu_id_free(struct viommu_instance *viommu, u32 id)
{
	ida_free(&viommu->ids, id - viommu->limits.domain_first);
}

/* 5.13.4; what the device does not offer keeps its default */
static void read_limits(struct viommu_instance *viommu)
{
	struct virtio_device *vdev = viommu->vdev;
	struct viommu_limits *limits = &viommu->limits;

	*limits = (struct viommu_limits) {
		.last = U64_MAX,
		.domain_last = U32_MAX,
		.mmio = virtio_has_feature(vdev, VIRTIO_IOMMU_F_MMIO),
		.bypass = virtio_has_feature(vdev, VIRTIO_IOMMU_F_BYPASS_CONFIG),
	};
	virtio_cread_le(vdev, struct virtio_iommu_config, page_size_mask,
			&limits->page_sizes);
	virtio_cread_le_feature(vdev, VIRTIO_IOMMU_F_INPUT_RANGE,
				struct virtio_iommu_config, input_range.start,
				&limits->first);
	virtio_cread_le_feature(vdev, VIRTIO_IOMMU_F_INPUT_RANGE,
				struct virtio_iommu_config, input_range.end,
				&limits->last);
	virtio_cread_le_feature(vdev, VIRTIO_IOMMU_F_DOMAIN_RANGE,
				struct virtio_iommu_config, domain_range.start,
				&limits->domain_first);
	virtio_cread_le_feature(vdev, VIRTIO_IOMMU_F_DOMAIN_RANGE,
				struct virtio_iommu_config, domain_range.end,
				&limits->domain_last);
	virtio_cread_le_feature(vdev, VIRTIO_IOMMU_F_PROBE,
				struct virtio_iommu_config, probe_size,
				&limits->probe_size);
}

/* The answer to PROBE is a buffer of ours, so not as large as the device likes */
#define PROBE_SIZE_MAX	SZ_64K

static const char *check_limits(struct viommu_limits *limits)
{
	u64 in_page;

	if (!limits->page_sizes)
		return "it has no page size";
	/* Only whole pages can be mapped */
	in_page = BIT_ULL(__ffs64(limits->page_sizes)) - 1;
	if (limits->first > U64_MAX - in_page)
		return "it translates no whole page";
	limits->first = (limits->first + in_page) & ~in_page;
	if (limits->last != U64_MAX)
		limits->last = ((limits->last + 1) & ~in_page) - 1;
	if (limits->first >= limits->last)
		return "it translates no whole page";
	if (limits->domain_first > limits->domain_last)
		return "its range of domains is empty";
	if (limits->domain_last - limits->domain_first < (limits->bypass ? 2 : 1))
		return "it has too few domains";
	if (limits->probe_size > PROBE_SIZE_MAX)
		return "its answers to PROBE are too large";
	return NULL;
}

static int take_own_ids(struct viommu_instance *viommu)
{
	int ret;

	ret = viommu_id_alloc(viommu, &viommu->blocked_id);
	if (!ret && viommu->limits.bypass)
		ret = viommu_id_alloc(viommu, &viommu->bypass_id);
	return ret;
}

int viommu_start_queues(struct viommu_instance *viommu)
{
	struct virtqueue_info info[] = {
		{ "request", viommu_queue_returned },
		{ "event", viommu_events_arrived },
	};
	struct virtqueue *vqs[ARRAY_SIZE(info)];
	int ret;

	ret = virtio_find_vqs(viommu->vdev, ARRAY_SIZE(info), vqs, info, NULL);
	if (ret)
		return dev_err_probe(viommu->dev, ret, "no virtqueues\n");
	viommu->has_queues = true;
	virtio_device_ready(viommu->vdev);
	ret = viommu_queue_start(&viommu->requests, vqs[0]);
	if (ret) {
		dev_err(viommu->dev, "request queue of %u entries cannot be used: %pe\n",
			virtqueue_get_vring_size(vqs[0]), ERR_PTR(ret));
		return ret;
	}
	viommu_events_start(viommu, vqs[1]);
	return 0;
}

int viommu_stop_queues(struct viommu_instance *viommu)
{
	int ret = viommu_reset_device(viommu);

	if (ret)
		return ret;
	viommu_events_stop(viommu);
	viommu_queue_stop(&viommu->requests);
	/* A transport may free its interrupt with them, and there is but one */
	if (viommu->has_queues)
		viommu->vdev->config->del_vqs(viommu->vdev);
	viommu->has_queues = false;
	return 0;
}

/* What the device may still write to cannot be freed, so that there is no way but to wait */
static void stop_for_good(struct viommu_instance *viommu)
{
	bool said = false;

	while (viommu_stop_queues(viommu)) {
		if (!said)
			dev_warn(viommu->dev, "it does not come to the end of its reset, and its driver waits for that\n");
		said = true;
	}
}

void viommu_set_bypass(struct viommu_instance *viommu, bool pass)
{
	u8 bypass = pass;

	lockdep_assert_held(&viommu->mutex);
	if (viommu->limits.bypass)
		virtio_cwrite(viommu->vdev, struct virtio_iommu_config, bypass,
			      &bypass);
}

/* Devices that are there have been attached, others may do no DMA */
static int serve(struct iommu_device *iommu)
{
	struct viommu_instance *viommu = container_of(iommu, struct viommu_instance,
						      iommu);

	/* A reset is not to be opened */
	mutex_lock(&viommu->mutex);
	viommu_set_bypass(viommu, !viommu->closed);
	mutex_unlock(&viommu->mutex);
	return 0;
}

static int alloc_parts(struct viommu_instance *viommu)
{
	int ret;

	ret = viommu_queue_init(&viommu->requests, viommu);
	if (ret)
		return ret;
	ret = viommu_events_init(viommu);
	if (ret)
		viommu_queue_exit(&viommu->requests);
	return ret;
}

static struct viommu_instance *alloc_instance(struct virtio_device *vdev)
{
	struct viommu_instance *viommu;

	viommu = kzalloc(sizeof(*viommu), GFP_KERNEL);
	if (!viommu)
		return NULL;
	viommu->vdev = vdev;
	viommu->dev = &vdev->dev;
	viommu->iommu.fwnode = dev_fwnode(vdev->dev.parent);
	viommu->iommu.serve = serve;
	kref_init(&viommu->ref);
	mutex_init(&viommu->mutex);
	viommu_reset_init(viommu);
	ida_init(&viommu->ids);
	xa_init(&viommu->endpoints);
	xa_init(&viommu->boot);
	INIT_LIST_HEAD(&viommu->domains);
	if (alloc_parts(viommu)) {
		kfree(viommu);
		return NULL;
	}
	vdev->priv = viommu;
	return viommu;
}

static void release_instance(struct kref *ref)
{
	struct viommu_instance *viommu = container_of(ref, struct viommu_instance,
						      ref);

	ida_destroy(&viommu->ids);
	xa_destroy(&viommu->endpoints);
	xa_destroy(&viommu->boot);
	mutex_destroy(&viommu->mutex);
	kfree(viommu);
}

void viommu_put(struct viommu_instance *viommu)
{
	kref_put(&viommu->ref, release_instance);
}

/* Domains that are still there map in their trees only: nothing is attached */
static void retire_instance(struct viommu_instance *viommu)
{
	viommu->vdev->priv = NULL;
	viommu_events_exit(viommu);
	viommu_queue_exit(&viommu->requests);
	viommu->dev = NULL;
	viommu_put(viommu);
}

static void enlist(struct viommu_instance *viommu)
{
	mutex_lock(&instances_lock);
	list_add(&viommu->list, &instances);
	mutex_unlock(&instances_lock);
}

static void delist(struct viommu_instance *viommu)
{
	mutex_lock(&instances_lock);
	list_del(&viommu->list);
	mutex_unlock(&instances_lock);
}

/* From here on devices come: all that they need is there */
static int publish(struct viommu_instance *viommu)
{
	struct virtio_device *vdev = viommu->vdev;
	int ret;

	ret = iommu_device_sysfs_add(&viommu->iommu, &vdev->dev, viommu_groups,
				     "%s", virtio_bus_name(vdev));
	if (ret)
		return ret;
	viommu_debugfs_init(viommu);
	enlist(viommu);
	ret = iommu_device_register(&viommu->iommu, &viommu_ops, vdev->dev.parent);
	if (ret)
		goto err_delist;
	return 0;

err_delist:
	delist(viommu);
	viommu_debugfs_exit(viommu);
	iommu_device_sysfs_remove(&viommu->iommu);
	return ret;
}

static int viommu_probe(struct virtio_device *vdev)
{
	struct viommu_instance *viommu;
	const char *why;
	int ret;

	viommu = alloc_instance(vdev);
	if (!viommu)
		return -ENOMEM;
	read_limits(viommu);
	why = check_limits(&viommu->limits);
	if (why) {
		ret = dev_err_probe(&vdev->dev, -EINVAL, "unusable: %s\n", why);
		goto err_free;
	}
	viommu->closed = !viommu->limits.bypass || disable_bypass;
	ret = take_own_ids(viommu) ?: viommu_boot_find(viommu);
	if (ret)
		goto err_free;
	ret = viommu_start_queues(viommu);
	if (ret)
		goto err_stop;
	mutex_lock(&viommu->mutex);
	viommu_boot_attach(viommu);
	mutex_unlock(&viommu->mutex);
	ret = publish(viommu);
	if (ret)
		goto err_stop;
	dev_info(&vdev->dev, "input address: %u bits\n",
		 fls64(viommu->limits.last));
	dev_info(&vdev->dev, "page mask: %#llx\n", viommu->limits.page_sizes);
	return 0;

err_stop:
	stop_for_good(viommu);
err_free:
	retire_instance(viommu);
	return ret;
}

static void viommu_remove(struct virtio_device *vdev)
{
	struct viommu_instance *viommu = vdev->priv;

	iommu_device_unregister(&viommu->iommu);
	delist(viommu);
	viommu_debugfs_exit(viommu);
	iommu_device_sysfs_remove(&viommu->iommu);
	stop_for_good(viommu);
	retire_instance(viommu);
}

static void viommu_config_changed(struct virtio_device *vdev)
{
	struct viommu_instance *viommu = vdev->priv;

	if (vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET) {
		viommu_fail(viommu, "it asks to be reset");
		return;
	}
	if (!viommu->warned)
		dev_warn(&vdev->dev,
			 "its configuration changed; this is not followed until its driver is bound anew\n");
	viommu->warned = true;
}

static int viommu_validate(struct virtio_device *vdev)
{
	if (!virtio_has_feature(vdev, VIRTIO_F_VERSION_1) ||
	    !virtio_has_feature(vdev, VIRTIO_IOMMU_F_MAP_UNMAP)) {
		dev_err(&vdev->dev, "it lacks VERSION_1 or MAP_UNMAP\n");
		return -ENODEV;
	}
	/* Each request would allocate a table, where it may not fail */
	__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);
	/* Who polls needs no interrupt, and each notification is wanted */
	__virtio_clear_bit(vdev, VIRTIO_RING_F_EVENT_IDX);
	return 0;
}

#ifdef CONFIG_PM_SLEEP
/*
 * The device is reset, and forgets all.  Devices behind it sleep already, but
 * what is mapped for them can change until they are gone and when they wake, in
 * the trees alone.
 */
static int viommu_freeze(struct virtio_device *vdev)
{
	return viommu_put_to_sleep(vdev->priv);
}

static int viommu_restore(struct virtio_device *vdev)
{
	return viommu_wake(vdev->priv);
}
#endif

static const unsigned int viommu_features[] = {
	VIRTIO_IOMMU_F_MAP_UNMAP,
	VIRTIO_IOMMU_F_INPUT_RANGE,
	VIRTIO_IOMMU_F_DOMAIN_RANGE,
	VIRTIO_IOMMU_F_PROBE,
	VIRTIO_IOMMU_F_MMIO,
	VIRTIO_IOMMU_F_BYPASS_CONFIG,
};

static const struct virtio_device_id viommu_ids[] = {
	{ VIRTIO_ID_IOMMU, VIRTIO_DEV_ANY_ID },
	{ }
};
MODULE_DEVICE_TABLE(virtio, viommu_ids);

struct virtio_driver viommu_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
	},
	.id_table = viommu_ids,
	.feature_table = viommu_features,
	.feature_table_size = ARRAY_SIZE(viommu_features),
	.validate = viommu_validate,
	.probe = viommu_probe,
	.remove = viommu_remove,
	.config_changed = viommu_config_changed,
#ifdef CONFIG_PM_SLEEP
	.freeze = viommu_freeze,
	.restore = viommu_restore,
#endif
};
EXPORT_SYMBOL_IF_KUNIT(viommu_driver);

static int __init viommu_init(void)
{
	int ret;

	ret = viommu_mapping_cache_init();
	if (ret)
		return ret;
	ret = viommu_transport_init();
	if (ret)
		goto err_cache;
	ret = register_virtio_driver(&viommu_driver);
	if (ret)
		goto err_transport;
	return 0;

err_transport:
	viommu_transport_exit();
err_cache:
	viommu_mapping_cache_exit();
	return ret;
}
module_init(viommu_init);

static void __exit viommu_exit(void)
{
	unregister_virtio_driver(&viommu_driver);
	viommu_transport_exit();
	viommu_mapping_cache_exit();
}
module_exit(viommu_exit);

MODULE_DESCRIPTION("IOMMU driver for virtio");
MODULE_LICENSE("GPL");
