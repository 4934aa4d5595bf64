// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of device.c: one result whoever comes first, nothing left after a
 * failure, and the order of release.
 */
#include <linux/property.h>

#include "core.h"
#include "mock.h"
#include "mock-failslab.h"

/* What a device must look like once it is probed, and what after release. */
static void expect_probed(struct kunit *test, struct mock_device *mdev)
{
	struct device *dev = mock_dev(mdev);
	struct iommu_group *group = dev->iommu_group;

	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_TRUE(test, mdev->claimed);
	KUNIT_EXPECT_PTR_EQ(test, &mdev->mock->iommu, dev->iommu->iommu_dev);
	KUNIT_ASSERT_NOT_NULL(test, iommu_group_default_domain(group));
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    mdev->attached);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    iommu_get_domain_for_dev(dev));
	KUNIT_EXPECT_PTR_EQ(test, mdev->attached, mdev->dma_domain);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mdev->attached->type);
	KUNIT_EXPECT_EQ(test, 1, mdev->attaches);
}

static void expect_released(struct kunit *test, struct mock_device *mdev)
{
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
	KUNIT_EXPECT_FALSE(test, iommu_device_is_probed(mock_dev(mdev)));
}

/* Once, and a driver that comes finds it as it is. */
static void expect_probed_once(struct kunit *test, struct mock_device *mdev)
{
	expect_probed(test, mdev);
	KUNIT_EXPECT_EQ(test, 1, mdev->mock->calls[MOCK_FINALIZE]);
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(mdev));
	expect_probed(test, mdev);
	mock_device_unbind(mdev);
}

static void device_first(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);

	/* On the bus, with ids, before its instance is registered (again). */
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	mock_iommu_unregister(mock);
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	expect_released(test, mdev);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	expect_probed_once(test, mdev);
}

static void instance_first(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);

	mock_device_probe(test, mdev);
	expect_probed_once(test, mdev);
}

static void bind_first(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);

	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, mock_device_bind(mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	expect_released(test, mdev);
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(mdev));
	expect_probed(test, mdev);
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_FINALIZE]);
	mock_device_unbind(mdev);
}

static void probe_is_idempotent(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	int i;

	mock_device_probe(test, mdev);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(mdev)));
		KUNIT_EXPECT_EQ(test, 0, bus_iommu_probe(&platform_bus_type));
	}
	expect_probed(test, mdev);
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_PROBE]);
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_FINALIZE]);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&mock->domains));
}

static void remove_and_readd(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct device *dev = mock_dev(mdev);

	mock_device_probe(test, mdev);
	mock_device_remove(mdev);
	expect_released(test, mdev);
	KUNIT_EXPECT_NULL(test, dev->iommu);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_RELEASE]);
}

/* Records what happens at the end of a device, in its order. */
static char release_log[8];
static unsigned int release_len;

static int log_release_domain(struct iommu_domain *domain, struct device *dev)
{
	release_log[release_len++] = 'd';
	return 0;
}

static void log_release_device(struct device *dev)
{
	release_log[release_len++] = 'r';
	to_mock_device(dev)->claimed = false;
}

static void log_free(struct iommu_domain *domain)
{
	release_log[release_len++] = 'f';
	atomic_dec(&to_mock_domain(domain)->mock->domains);
	xa_destroy(&to_mock_domain(domain)->pages);
	kfree(to_mock_domain(domain));
}

static void release_order(struct kunit *test)
{
	static const struct iommu_domain_ops release_ops = {
		.attach_dev = log_release_domain,
	};
	struct iommu_domain release_domain = {
		.type = IOMMU_DOMAIN_BLOCKED,
		.ops = &release_ops,
	};
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	unsigned int users;

	memset(release_log, 0, sizeof(release_log));
	release_len = 0;
	mock->ops.release_domain = &release_domain;
	mock->ops.release_device = log_release_device;
	mock->domain_ops.free = log_free;

	mock_device_probe(test, mdev);
	users = kref_read(&mock_dev(mdev)->kobj.kref);
	mock_device_remove(mdev);
	KUNIT_EXPECT_STREQ(test, "drf", release_log);
	KUNIT_EXPECT_LT(test, kref_read(&mock_dev(mdev)->kobj.kref), users);
	expect_released(test, mdev);
}

static void deferred_attach(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct device *dev = mock_dev(mdev);

	mdev->deferred = true;
	mock_device_probe(test, mdev);
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_NULL(test, mdev->attached);
	KUNIT_EXPECT_NOT_NULL(test, iommu_get_dma_domain(dev));

	mdev->refuse = -EIO;
	KUNIT_EXPECT_EQ(test, -EIO,
			iommu_deferred_attach(dev, iommu_get_dma_domain(dev)));
	KUNIT_EXPECT_TRUE(test, dev->iommu->attach_deferred);
	mdev->refuse = 0;
	KUNIT_EXPECT_EQ(test, 0,
			iommu_deferred_attach(dev, iommu_get_dma_domain(dev)));
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_PTR_EQ(test, iommu_get_dma_domain(dev), mdev->attached);
	KUNIT_EXPECT_EQ(test, 0,
			iommu_deferred_attach(dev, iommu_get_dma_domain(dev)));
	KUNIT_EXPECT_EQ(test, 1, mdev->attaches);
}

/* A mapping would never come. */
static void identity_is_not_deferred(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct device *dev = mock_dev(mdev);

	mdev->deferred = true;
	mdev->def_type = IOMMU_DOMAIN_IDENTITY;
	mock_device_probe(test, mdev);
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_PTR_EQ(test, &mock->identity, mdev->attached);
	KUNIT_EXPECT_EQ(test, 1, mdev->attaches);
}

/* One that waits for a mapping does so no longer when there will be none. */
static void identity_ends_deferral(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct device *dev = mock_dev(mdev);

	mdev->deferred = true;
	mock_device_probe(test, mdev);
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_ASSERT_TRUE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, 0,
			iommu_default_domain_change(dev->iommu_group,
						    IOMMU_DOMAIN_IDENTITY));
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_PTR_EQ(test, &mock->identity, mdev->attached);
}

static int feature(struct device *dev, enum iommu_dev_features feat)
{
	return feat == IOMMU_DEV_FEAT_SVA ? 0 : -EINVAL;
}

static void answers_without_instance(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	const enum iommu_cap cap = IOMMU_CAP_DEFERRED_FLUSH;
	struct device *dev = mock_dev(mdev);

	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dev, cap));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA));
	KUNIT_EXPECT_NULL(test, iommu_get_domain_for_dev(dev));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	iommu_device_unuse_default_domain(dev);

	mock_device_probe(test, mdev);
	KUNIT_EXPECT_TRUE(test, device_iommu_capable(dev, cap));
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dev, IOMMU_CAP_NOEXEC));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA));
	mock->ops.dev_enable_feat = feature;
	mock->ops.dev_disable_feat = feature;
	KUNIT_EXPECT_EQ(test, 0,
			iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF));
	KUNIT_EXPECT_EQ(test, 0,
			iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA));
}

static void pasids_are_clamped(struct kunit *test)
{
	static const struct property_entry props[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", 8),
		{}
	};
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_create(test, mock, 1);
	struct mock_device *two = mock_device_create(test, mock, 2);

	KUNIT_ASSERT_EQ(test, 0,
			device_create_managed_software_node(mock_dev(one),
							    props, NULL));
	mock->iommu.max_pasids = 1 << 16;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(one));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(two));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(one));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(two));
	KUNIT_EXPECT_EQ(test, 256, mock_dev(one)->iommu->max_pasids);
	KUNIT_EXPECT_EQ(test, 0, mock_dev(two)->iommu->max_pasids);

	mock_iommu_unregister(mock);
	mock->iommu.max_pasids = 16;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(one));
	KUNIT_EXPECT_EQ(test, 16, mock_dev(one)->iommu->max_pasids);
	mock_device_unbind(one);
}

static struct iommu_device *no_device(struct device *dev)
{
	return ERR_PTR(-ENODEV);
}

static void refusing_driver_leaves_nothing(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct device *dev = mock_dev(mdev);

	/* As xen/grant-dma-iommu: nothing but a probe that fails. */
	mock->ops = (struct iommu_ops){ .probe_device = no_device };
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_EXPECT_EQ(test, -ENODEV, mock_device_bind(mdev));
	expect_released(test, mdev);
	KUNIT_EXPECT_NOT_NULL(test, dev_iommu_fwspec_get(dev));
}

static void driver_without_groups(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);

	mock->ops.device_group = NULL;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_EXPECT_EQ(test, -EINVAL, mock_device_bind(mdev));
	expect_released(test, mdev);
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_RELEASE]);
}

/*
 * Two devices of one group, the first with a direct region: probe by bus walk,
 * join, claim, release.  Whatever fails on the way, the end is clean.
 */
static int life(struct mock_iommu *mock, struct mock_device **mdevs)
{
	static int owner;
	int i, ret;

	ret = mock_iommu_register(mock);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++)
		ret = ret ?: mock_device_bind(mdevs[i]);
	if (ret)
		goto out_unregister;
	for (i = 0; i < 2; i++)
		mock_device_unbind(mdevs[i]);
	ret = iommu_device_claim_dma_owner(mock_dev(mdevs[1]), &owner);
	if (!ret)
		iommu_device_release_dma_owner(mock_dev(mdevs[1]));
out_unregister:
	for (i = 0; ret && i < 2; i++) {
		struct iommu_group *group = mock_dev(mdevs[i])->iommu_group;

		if (group && group->owner_cnt)
			mock_device_unbind(mdevs[i]);
	}
	mock_iommu_unregister(mock);
	return ret;
}

static void expect_clean(struct kunit *test, struct mock_iommu *mock,
			 struct mock_device **mdevs, unsigned int round)
{
	int i;

	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&mock->domains), "round %u", round);
	KUNIT_EXPECT_FALSE_MSG(test, mock->registered, "round %u", round);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_NULL_MSG(test, mock_dev(mdevs[i])->iommu_group,
				      "round %u", round);
		KUNIT_EXPECT_FALSE_MSG(test, mdevs[i]->claimed, "round %u",
				       round);
	}
}

static void life_setup(struct kunit *test, struct mock_iommu **mock,
		       struct mock_device **mdevs)
{
	int i;

	*mock = mock_iommu_create(test);
	for (i = 0; i < 2; i++) {
		mdevs[i] = mock_device_create(test, *mock, 1);
		KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdevs[i]));
	}
	mock_device_resv(mdevs[0], 0x100000, 0x3000, IOMMU_RESV_DIRECT_RELAXABLE);
	/* Makes the blocking domain one that is allocated. */
	(*mock)->ops.blocked_domain = NULL;
}

static void driver_fails_anywhere(struct kunit *test)
{
	struct mock_device *mdevs[2];
	struct mock_iommu *mock;
	unsigned int n;
	int ret;

	life_setup(test, &mock, mdevs);
	for (n = 1; n < 100; n++) {
		mock->step = 0;
		mock->fail_step = n;
		ret = life(mock, mdevs);
		expect_clean(test, mock, mdevs, n);
		if (mock->step < n)
			break;
	}
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_GT(test, n, 8);
	KUNIT_EXPECT_LT(test, n, 100);
}

static void memory_fails_anywhere(struct kunit *test)
{
	struct mock_failslab memory;
	struct mock_device *mdevs[2];
	struct mock_iommu *mock;
	unsigned int n;
	int ret = -1;

	mock_failslab_start(test, &memory);
	life_setup(test, &mock, mdevs);
	for (n = 1; n < 1000; n++) {
		mock_failslab_arm(&memory, n);
		ret = life(mock, mdevs);
		mock_failslab_disarm(&memory);
		expect_clean(test, mock, mdevs, n);
		if (memory.left)
			break;
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_GT(test, memory.left, 0);
	KUNIT_EXPECT_GT(test, n, 20);
}

static int device_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE(device_first),
	KUNIT_CASE(instance_first),
	KUNIT_CASE(bind_first),
	KUNIT_CASE(probe_is_idempotent),
	KUNIT_CASE(remove_and_readd),
	KUNIT_CASE(release_order),
	KUNIT_CASE(deferred_attach),
	KUNIT_CASE(identity_is_not_deferred),
	KUNIT_CASE(identity_ends_deferral),
	KUNIT_CASE(answers_without_instance),
	KUNIT_CASE(pasids_are_clamped),
	KUNIT_CASE(refusing_driver_leaves_nothing),
	KUNIT_CASE(driver_without_groups),
	KUNIT_CASE_SLOW(driver_fails_anywhere),
	KUNIT_CASE_SLOW(memory_fails_anywhere),
	{}
};

static struct kunit_suite device_suite = {
	.name = "iommu-core-device",
	.init = device_test_init,
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);
