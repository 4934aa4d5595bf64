// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of driver.c under a driver that was bound without translation, as
 * the IOMMU had no driver then.
 */
#include <kunit/test.h>

#include <linux/device/driver.h>

#include "../core/mock-early.h"
#include "rig.h"

#define ID	1
#define OTHER	2
#define ADDR	0x40000000UL

struct direct_test {
	struct viommu_fake *fake;
	struct device *dev;
};

/* As far as it goes: a device without a bypass field has endpoints closed anyway */
static void it_goes_on(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	dt->fake->config.bypass = 1;
	KUNIT_ASSERT_TRUE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(dt->fake));
	KUNIT_EXPECT_EQ(test, dt->fake->config.bypass, 0);
	KUNIT_EXPECT_TRUE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_EXPECT_FALSE(test, viommu_rig_passes(dt->fake, OTHER, ADDR));
	KUNIT_EXPECT_TRUE(test, dt->dev->iommu->direct);

	device_release_driver(dt->dev);
	KUNIT_EXPECT_FALSE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_ASSERT_EQ(test, device_attach(dt->dev), 1);
	KUNIT_EXPECT_FALSE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_EXPECT_TRUE(test,
			  iommu_is_dma_domain(iommu_get_domain_for_dev(dt->dev)));
}

/* It was closed to the driver, and is opened for it, and nobody else */
static void it_comes_closed(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	dt->fake->config.bypass = 0;
	KUNIT_ASSERT_FALSE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(dt->fake));
	KUNIT_EXPECT_TRUE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_EXPECT_FALSE(test, viommu_rig_passes(dt->fake, OTHER, ADDR));
}

/* Identity without the bypass flag is a domain with all mapped to itself */
static void it_comes_without_bypass(struct kunit *test)
{
	struct direct_test *dt = test->priv;

	dt->fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(dt->fake));
	KUNIT_EXPECT_TRUE(test, viommu_rig_passes(dt->fake, ID, ADDR));
	KUNIT_EXPECT_FALSE(test, viommu_rig_passes(dt->fake, OTHER, ADDR));
	device_release_driver(dt->dev);
	KUNIT_EXPECT_FALSE(test, viommu_rig_passes(dt->fake, ID, ADDR));
}

static int direct_init(struct kunit *test)
{
	struct direct_test *dt = kunit_kzalloc(test, sizeof(*dt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dt);
	test->priv = dt;
	dt->fake = viommu_fake_new(test);
	viommu_fake_endpoint(dt->fake, ID);
	viommu_fake_endpoint(dt->fake, OTHER);
	dt->dev = mock_early_client(test, viommu_fake_node(dt->fake), ID);
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
