// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of driver.c under a driver that was bound without translation, as
 * the IOMMU had no driver then.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/device/driver.h>
#include <linux/platform_device.h>

#include "../core/core.h"
#include "../core/direct.h"
#include "../core/missing.h"
#include "rig.h"

#define ID	1
#define OTHER	2
#define ADDR	0x40000000UL

struct direct_test {
	struct viommu_fake *fake;
	struct device *dev;
};

static enum iommu_missing bypass_policy(void)
{
	return IOMMU_MISSING_BYPASS;
}

static bool no_more_drivers(struct device *dev)
{
	return true;
}

static int find_ids(struct device *dev)
{
	const u32 id = ID;

	return iommu_fwspec_init(dev, dev->iommu->missing) ?:
	       iommu_fwspec_add_ids(dev, &id, 1);
}

static int client_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver client_driver = {
	.probe = client_probe,
	.driver.name = "viommu-direct-client",
};

static void remove_client(void *pdev)
{
	platform_device_unregister(pdev);
}

static void remove_driver(void *unused)
{
	platform_driver_unregister(&client_driver);
}

static void begin_without(struct kunit *test, struct direct_test *dt)
{
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	ret = iommu_fwspec_init(dt->dev, viommu_fake_node(dt->fake));
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_EQ(test, ret, -EPROBE_DEFER);
	KUNIT_ASSERT_EQ(test, iommu_missing_verdict(dt->dev, ret), -ENODEV);
	KUNIT_ASSERT_EQ(test, iommu_device_use_default_domain(dt->dev), 0);
}

static bool passes(struct direct_test *dt, u32 id)
{
	u64 paddr = 0;

	return !viommu_fake_translate(dt->fake, id, ADDR, 0, &paddr) &&
	       paddr == ADDR;
}

/* As far as it goes: a device without a bypass field has endpoints closed anyway */
static void it_goes_on(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	dt->fake->config.bypass = 1;
	KUNIT_ASSERT_TRUE(test, passes(dt, ID));
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(dt->fake));
	KUNIT_EXPECT_EQ(test, dt->fake->config.bypass, 0);
	KUNIT_EXPECT_TRUE(test, passes(dt, ID));
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
	KUNIT_EXPECT_TRUE(test, dt->dev->iommu->direct);

	device_release_driver(dt->dev);
	KUNIT_EXPECT_FALSE(test, passes(dt, ID));
	KUNIT_ASSERT_EQ(test, device_attach(dt->dev), 1);
	KUNIT_EXPECT_FALSE(test, passes(dt, ID));
	KUNIT_EXPECT_TRUE(test,
			  iommu_is_dma_domain(iommu_get_domain_for_dev(dt->dev)));
}

/* It was closed to the driver, and is opened for it, and nobody else */
static void it_comes_closed(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	dt->fake->config.bypass = 0;
	KUNIT_ASSERT_FALSE(test, passes(dt, ID));
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(dt->fake));
	KUNIT_EXPECT_TRUE(test, passes(dt, ID));
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
}

/* Identity without the bypass flag is a domain with all mapped to itself */
static void it_comes_without_bypass(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	dt->fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(dt->fake));
	KUNIT_EXPECT_TRUE(test, passes(dt, ID));
	KUNIT_EXPECT_FALSE(test, passes(dt, OTHER));
	device_release_driver(dt->dev);
	KUNIT_EXPECT_FALSE(test, passes(dt, ID));
}

static int direct_init(struct kunit *test)
{
	struct direct_test *dt = kunit_kzalloc(test, sizeof(*dt), GFP_KERNEL);
	struct platform_device *pdev;

	KUNIT_ASSERT_NOT_NULL(test, dt);
	test->priv = dt;
	kunit_activate_static_stub(test, iommu_missing_policy, bypass_policy);
	kunit_activate_static_stub(test, iommu_missing_expired, no_more_drivers);
	kunit_activate_static_stub(test, iommu_direct_find_ids, find_ids);
	dt->fake = viommu_fake_new(test);
	viommu_fake_endpoint(dt->fake, ID);
	viommu_fake_endpoint(dt->fake, OTHER);

	KUNIT_ASSERT_EQ(test, platform_driver_register(&client_driver), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_driver, NULL), 0);
	pdev = platform_device_alloc(client_driver.driver.name, PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, platform_device_add(pdev), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_client, pdev), 0);
	dt->dev = &pdev->dev;
	KUNIT_ASSERT_TRUE(test, device_is_bound(dt->dev));
	begin_without(test, dt);
	return 0;
}

static struct kunit_case direct_cases[] = {
	KUNIT_CASE(it_goes_on),
	KUNIT_CASE(it_comes_closed),
	KUNIT_CASE(it_comes_without_bypass),
	{}
};

static struct kunit_suite direct_suite = {
	.name = "viommu-direct",
	.init = direct_init,
	.test_cases = direct_cases,
};

kunit_test_suite(direct_suite);
