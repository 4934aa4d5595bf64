// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of boot.c: endpoints that firmware left in use, while the driver
 * comes, over a reset, and when their own driver takes them.
 */
#include <kunit/test.h>

#include "../core/mock-early.h"
#include "rig.h"

#define ID	1
#define SECOND	2
#define OTHER	3
#define LOST	99
#define ADDR	0x40000000UL

/* Endpoints that firmware says are in use */
static u32 in_use[2];

static bool passes(struct viommu_fake *fake, u32 id)
{
	return viommu_rig_passes(fake, id, ADDR);
}

static void they_go_on(struct kunit *test)
{
	struct viommu_fake *fake = test->priv;

	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 0);
	KUNIT_EXPECT_TRUE(test, passes(fake, ID));
	KUNIT_EXPECT_TRUE(test, passes(fake, SECOND));
	KUNIT_EXPECT_FALSE(test, passes(fake, OTHER));

	KUNIT_EXPECT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
	KUNIT_EXPECT_TRUE(test, passes(fake, ID));
	KUNIT_EXPECT_FALSE(test, passes(fake, OTHER));
}

/* The device's driver has come: a reset does not open it again */
static void they_end_when_taken(struct kunit *test)
{
	struct viommu_fake *fake = test->priv;
	struct iommu_domain *domain;
	struct device *dev;

	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_master(fake, ID);
	domain = viommu_rig_attached(test, dev);
	KUNIT_EXPECT_FALSE(test, passes(fake, ID));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, ADDR + SZ_4K, SZ_64K, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
	KUNIT_EXPECT_FALSE(test, passes(fake, ID));
	viommu_rig_expect(fake, ID, ADDR + SZ_4K, SZ_64K);
	KUNIT_EXPECT_TRUE(test, passes(fake, SECOND));
	viommu_rig_remove(test, dev);
	KUNIT_EXPECT_FALSE(test, passes(fake, ID));
}

/* Probes a device, for as long as core does nothing else with it */
static struct viommu_endpoint *probe(struct device *dev)
{
	struct iommu_device *iommu;

	mutex_lock(&iommu_probe_device_lock);
	iommu = viommu_ops.probe_device(dev);
	mutex_unlock(&iommu_probe_device_lock);
	return IS_ERR(iommu) ? NULL : dev_iommu_priv_get(dev);
}

static void release(struct device *dev)
{
	mutex_lock(&iommu_probe_device_lock);
	viommu_ops.release_device(dev);
	dev_iommu_priv_set(dev, NULL);
	mutex_unlock(&iommu_probe_device_lock);
}

/* A device of which firmware uses one id only is not left open when it does not come */
static void a_part_is_left(struct kunit *test)
{
	static const u32 ids[] = { SECOND, OTHER };
	struct viommu_fake *fake = test->priv;
	struct device *dev;

	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_bare_master(fake, ids, ARRAY_SIZE(ids));
	KUNIT_ASSERT_NOT_NULL(test, probe(dev));
	KUNIT_EXPECT_TRUE(test, passes(fake, SECOND));
	release(dev);
	KUNIT_EXPECT_FALSE(test, passes(fake, SECOND));
	KUNIT_EXPECT_FALSE(test, passes(fake, OTHER));
}

/* A refused attach leaves each id where it was, and opens none */
static void a_part_goes_back(struct kunit *test)
{
	static const u32 ids[] = { SECOND, OTHER };
	struct viommu_fake *fake = test->priv;
	struct viommu_endpoint *ep;
	struct iommu_domain *domain;
	struct device *dev;

	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_bare_master(fake, ids, ARRAY_SIZE(ids));
	ep = probe(dev);
	KUNIT_ASSERT_NOT_NULL(test, ep);
	domain = viommu_ops.domain_alloc_paging(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(domain));
	viommu_fake_play(fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_ATTACH, .skip = 1,
		.count = 1, .value = VIRTIO_IOMMU_S_NOMEM });
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, domain), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, passes(fake, SECOND));
	KUNIT_EXPECT_FALSE(test, passes(fake, OTHER));
	release(dev);
	domain->ops->free(domain);
}

/* A device of which firmware uses one id only is opened in no other way */
static void a_part_is_taken(struct kunit *test)
{
	static const u32 ids[] = { SECOND, OTHER };
	struct viommu_fake *fake = test->priv;
	int ret;

	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	viommu_rig_try_master(fake, ids, ARRAY_SIZE(ids), &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_FALSE(test, passes(fake, SECOND));
	KUNIT_EXPECT_FALSE(test, passes(fake, OTHER));
}

static void one_that_is_lost(struct kunit *test)
{
	unsigned int before = viommu_rig_log("0x63 is in use by firmware, but cannot be let pass");
	struct viommu_fake *fake = test->priv;

	in_use[0] = LOST;
	fake->lenient = true;
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	KUNIT_EXPECT_TRUE(test, passes(fake, SECOND));
	KUNIT_EXPECT_EQ(test, before + 1,
			viommu_rig_log("0x63 is in use by firmware, but cannot be let pass"));
}

/* The host did not have it then, but has it when its driver comes */
static void one_that_was_refused_comes(struct kunit *test)
{
	struct viommu_fake *fake = test->priv;
	const u32 id = LOST;
	struct viommu_endpoint *ep;
	struct device *dev;

	in_use[0] = LOST;
	fake->lenient = true;
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	viommu_fake_endpoint(fake, LOST);
	fake->lenient = false;
	dev = viommu_rig_bare_master(fake, &id, 1);
	ep = probe(dev);
	KUNIT_ASSERT_NOT_NULL(test, ep);
	KUNIT_EXPECT_EQ(test, viommu_identity_attach(ep), 0);
	KUNIT_EXPECT_TRUE(test, passes(fake, LOST));
	release(dev);
	KUNIT_EXPECT_FALSE(test, passes(fake, LOST));
}

static void none_without_bypass(struct kunit *test)
{
	unsigned int before = viommu_rig_log("but this device cannot let it pass");
	struct viommu_fake *fake = test->priv;

	fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	KUNIT_EXPECT_FALSE(test, passes(fake, ID));
	KUNIT_EXPECT_EQ(test, before + 2,
			viommu_rig_log("but this device cannot let it pass"));
}

static int boot_init(struct kunit *test)
{
	struct viommu_fake *fake;
	u32 id;

	in_use[0] = ID;
	in_use[1] = SECOND;
	mock_early_streams(test, in_use, ARRAY_SIZE(in_use));
	fake = viommu_fake_new(test);
	for (id = ID; id <= OTHER; id++)
		viommu_fake_endpoint(fake, id);
	fake->config.bypass = 1;
	test->priv = fake;
	return 0;
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(they_go_on),
	KUNIT_CASE(they_end_when_taken),
	KUNIT_CASE(a_part_is_taken),
	KUNIT_CASE(a_part_is_left),
	KUNIT_CASE(a_part_goes_back),
	KUNIT_CASE(one_that_is_lost),
	KUNIT_CASE(one_that_was_refused_comes),
	KUNIT_CASE(none_without_bypass),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "viommu-boot",
	.init = boot_init,
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
