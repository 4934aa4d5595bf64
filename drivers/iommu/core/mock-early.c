// SPDX-License-Identifier: GPL-2.0
/*
 * Who does DMA before an instance has a driver, see mock-early.h.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/export.h>
#include <linux/iommu-driver.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "core.h"
#include "direct.h"
#include "missing.h"
#include "mock-early.h"

/* One test at a time; stubs have no other way to find it. */
static struct {
	const u32 *ids;
	unsigned int count;
} streams;

static u32 client_id;

static int walk_streams(struct fwnode_handle *fwnode, iommu_boot_stream_fn pass,
			void *data)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < streams.count && !ret; i++)
		ret = pass(data, streams.ids[i]);
	return ret;
}

void mock_early_streams(struct kunit *test, const u32 *ids, unsigned int count)
{
	streams.ids = ids;
	streams.count = count;
	kunit_activate_static_stub(test, iommu_walk_boot_streams, walk_streams);
}
EXPORT_SYMBOL_GPL(mock_early_streams);

static enum iommu_missing bypass_policy(void)
{
	return IOMMU_MISSING_BYPASS;
}

static bool no_more_drivers(struct device *dev)
{
	return true;
}

int mock_early_find_ids(struct device *dev)
{
	return iommu_fwspec_init(dev, dev->iommu->missing) ?:
	       iommu_fwspec_add_ids(dev, &client_id, 1);
}
EXPORT_SYMBOL_GPL(mock_early_find_ids);

static int client_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver client_driver = {
	.probe = client_probe,
	.driver.name = "iommu-early-client",
};

static void remove_client(void *pdev)
{
	platform_device_unregister(pdev);
}

static void remove_driver(void *unused)
{
	platform_driver_unregister(&client_driver);
}

static struct device *bound_client(struct kunit *test)
{
	struct platform_device *pdev;

	KUNIT_ASSERT_EQ(test, 0, platform_driver_register(&client_driver));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_driver, NULL));
	pdev = platform_device_register_simple(client_driver.driver.name,
					       PLATFORM_DEVID_AUTO, NULL, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_client, pdev));
	KUNIT_ASSERT_TRUE(test, device_is_bound(&pdev->dev));
	return &pdev->dev;
}

/* What the device's bus does for one whose instance is described, and missing */
static void begin_without(struct kunit *test, struct device *dev,
			  struct fwnode_handle *instance)
{
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	ret = iommu_fwspec_init(dev, instance);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_EQ(test, -EPROBE_DEFER, ret);
	KUNIT_ASSERT_EQ(test, -ENODEV, iommu_missing_verdict(dev, ret));
	KUNIT_ASSERT_EQ(test, 0, iommu_device_use_default_domain(dev));
	KUNIT_ASSERT_TRUE(test, dev->iommu->stays_out);
}

struct device *mock_early_client(struct kunit *test, struct fwnode_handle *instance,
				 u32 id)
{
	struct device *dev;

	kunit_activate_static_stub(test, iommu_missing_policy, bypass_policy);
	kunit_activate_static_stub(test, iommu_missing_expired, no_more_drivers);
	kunit_activate_static_stub(test, iommu_direct_find_ids,
				   mock_early_find_ids);
	client_id = id;
	dev = bound_client(test);
	begin_without(test, dev, instance);
	return dev;
}
EXPORT_SYMBOL_GPL(mock_early_client);

void mock_early_client_remove(struct kunit *test, struct device *dev)
{
	kunit_release_action(test, remove_client, to_platform_device(dev));
}
EXPORT_SYMBOL_GPL(mock_early_client_remove);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Devices in use before their IOMMU, for suites of the IOMMU subsystem");
MODULE_LICENSE("GPL");
