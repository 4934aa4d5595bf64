// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of an instance whose driver is unbound while devices are in use, with
 * drivers that the driver core binds: who goes first, who comes back, and what
 * is left where nobody made way.
 */
#include <linux/device/driver.h>

#include "core.h"
#include "mock-drivers.h"

static bool linked(struct device *consumer, struct device *supplier)
{
	struct device_link *link;

	list_for_each_entry(link, &consumer->links.suppliers, c_node) {
		if (link->supplier == supplier)
			return true;
	}
	return false;
}

/* A device that is named, then added, so that its driver is bound at once */
static struct device *add(struct kunit *test, const char *name, int key)
{
	struct mock_device *mdev = mock_device_create(test, mock_served, key);

	mdev->pdev.name = name;
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_TRUE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_ASSERT_NOT_NULL(test, mock_dev(mdev)->iommu_group);
	return mock_dev(mdev);
}

static void users_make_way(struct kunit *test)
{
	struct device *dev = add(test, "mock-device", 1);
	int cycle;

	KUNIT_EXPECT_TRUE(test, linked(dev, mock_served_dev()));
	KUNIT_EXPECT_EQ(test, 1, dev->iommu_group->owner_cnt);
	KUNIT_EXPECT_TRUE(test, mock_noted("U"));
	for (cycle = 0; cycle < 3; cycle++) {
		device_release_driver(mock_served_dev());
		KUNIT_EXPECT_TRUE(test, mock_noted("ui"));
		KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
		KUNIT_EXPECT_NULL(test, dev->iommu_group);
		KUNIT_ASSERT_NOT_NULL(test, dev->iommu);
		KUNIT_EXPECT_FALSE(test, dev->iommu->stays_out);
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock_served->domains));
		KUNIT_EXPECT_TRUE(test, linked(dev, mock_served_dev()));

		/* While the instance is away, nobody can take the device into use. */
		KUNIT_EXPECT_LE(test, device_attach(dev), 0);
		KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
		KUNIT_EXPECT_TRUE(test, mock_noted(""));

		/* Who tried meanwhile has his turn. */
		mock_served_bind(test);
		KUNIT_EXPECT_TRUE(test, mock_noted("IU"));
		KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
		KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
		KUNIT_EXPECT_EQ(test, 1, dev->iommu_group->owner_cnt);
	}
}

/* Who unbound the driver to unload the module binds it again himself. */
static void unbound_stay_unbound(struct kunit *test)
{
	struct device *dev = add(test, "mock-device", 1);

	device_release_driver(dev);
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("Uui"));
	mock_served_bind(test);
	KUNIT_EXPECT_TRUE(test, mock_noted("I"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	KUNIT_EXPECT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, mock_noted("U"));
}

/* Nobody unbound those, so nobody would bind them. */
static void managers_come_back(struct kunit *test)
{
	struct mock_device *mdev = mock_device_create(test, mock_served, 1);
	struct device *dev = mock_dev(mdev);

	/* Probed when its driver is bound, as where firmware names the instance. */
	mdev->pdev.name = "mock-manager";
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_FALSE(test, device_is_bound(dev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, mock_noted("M"));
	KUNIT_EXPECT_EQ(test, 0, dev->iommu_group->owner_cnt);

	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("mi"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	mock_served_bind(test);
	KUNIT_EXPECT_TRUE(test, mock_noted("IM"));
	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
}

/* The port that an instance sits below: a link would be a cycle. */
static void instance_below_its_device(struct kunit *test)
{
	static const char text[] = "its IOMMU goes while mock-device uses it";
	unsigned int before = mock_log_lines(text);
	struct mock_device *mdev = mock_device_create(test, mock_served, 1);
	struct device *dev = mock_dev(mdev);
	struct mock_iommu *mock = mock_served;

	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_EXPECT_TRUE(test, mock_noted("U"));
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 0, device_move(mock_served_dev(), dev, DPM_ORDER_NONE));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(dev));
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_FALSE(test, linked(dev, mock_served_dev()));
	KUNIT_EXPECT_EQ(test, 1, dev->iommu_group->owner_cnt);
	KUNIT_EXPECT_TRUE(test, mock_noted("uU"));

	/* Its driver goes on, and the device does no DMA any more. */
	memset(mock->calls, 0, sizeof(mock->calls));
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("i"));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_ATTACH_STATIC]);
	KUNIT_EXPECT_EQ(test, 1, mock->calls[MOCK_RELEASE]);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu);

	/* An instance that comes leaves it alone until it is bound anew. */
	mock_served_bind(test);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	device_release_driver(dev);
	KUNIT_EXPECT_FALSE(test, dev->iommu->stays_out);
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(dev));
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 1, dev->iommu_group->owner_cnt);
	KUNIT_EXPECT_TRUE(test, mock_noted("IuU"));
	device_release_driver(dev);
	KUNIT_EXPECT_EQ(test, 0, device_move(mock_served_dev(), NULL, DPM_ORDER_NONE));
}

static int alice;

/* Owners that do not let go find an empty group, and what they hold stays theirs. */
static void owner_does_not_let_go(struct kunit *test)
{
	struct mock_device *mdev = mock_device_create(test, mock_served, 1);
	struct device *dev = mock_dev(mdev);
	struct iommu_domain *domain;
	struct iommu_group *group;

	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	mdev->pdev.name = "mock-without-driver";
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	group = iommu_group_get(dev);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_ASSERT_EQ(test, 0, iommu_device_claim_dma_owner(dev, &alice));
	domain = iommu_paging_domain_alloc(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, group));

	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&mock_served->domains));
	KUNIT_EXPECT_FALSE(test, iommu_group_dma_owner_claimed(group));
	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_device_claim_dma_owner(dev, &alice));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_group_replace_domain(group, domain));
	iommu_detach_group(domain, group);
	KUNIT_EXPECT_EQ(test, 0, iommu_map(domain, 0, 0, PAGE_SIZE, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PAGE_SIZE, iommu_unmap(domain, 0, PAGE_SIZE));
	iommu_device_release_dma_owner(dev);
	iommu_group_release_dma_owner(group);
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock_served->domains));
	iommu_group_put(group);
}

static int links_init(struct kunit *test)
{
	mock_dma_api(test);
	mock_noted("");
	mock_served = mock_iommu_create(test);
	mock_served_error = 0;
	mock_driver_register(test, &mock_instance_driver);
	mock_driver_register(test, &mock_user_driver);
	mock_driver_register(test, &mock_manager_driver);
	KUNIT_ASSERT_TRUE(test, mock_served->registered);
	KUNIT_EXPECT_TRUE(test, mock_noted("I"));
	return 0;
}

static struct kunit_case links_cases[] = {
	KUNIT_CASE(users_make_way),
	KUNIT_CASE(unbound_stay_unbound),
	KUNIT_CASE(managers_come_back),
	KUNIT_CASE(instance_below_its_device),
	KUNIT_CASE(owner_does_not_let_go),
	{}
};

static struct kunit_suite links_suite = {
	.name = "iommu-core-links",
	.init = links_init,
	.test_cases = links_cases,
};

kunit_test_suite(links_suite);
