// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of follow.c, and of direct.c, with an instance that has a driver: what is
 * linked to one that comes late, and who goes and comes back with it.
 */
#include <linux/device/driver.h>

#include "core.h"
#include "direct.h"
#include "mock-drivers.h"
#include "mock-tree.h"

/**
 * struct links_test - what the tests share
 * @tree: tree around the instance
 * @serve_error: what the instance's serve() answers
 */
struct links_test {
	struct mock_tree *tree;
	int serve_error;
};

/* One test at a time; callbacks have no other way to find it. */
static struct links_test *lt;

static int serve(struct iommu_device *iommu)
{
	return lt->serve_error;
}

/* A device whose driver is bound without the instance */
static struct mock_device *add(struct kunit *test, const char *driver)
{
	struct mock_device *mdev = mock_tree_device(test, lt->tree,
						    lt->tree->masters[0], 1);

	mdev->pdev.name = driver;
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_TRUE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_ASSERT_TRUE(test, mock_dev(mdev)->iommu->stays_out);
	return mdev;
}

/* One that cannot be told from the first */
static struct mock_device *add_neighbour(struct kunit *test, int master, bool untrusted)
{
	struct mock_device *mdev = mock_tree_device(test, lt->tree,
						    lt->tree->masters[master], 1);

	mdev->untrusted = untrusted;
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_TRUE(test, device_is_bound(mock_dev(mdev)));
	return mdev;
}

static void expect_direct(struct kunit *test, struct mock_device *mdev)
{
	KUNIT_EXPECT_TRUE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_ASSERT_NOT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_TRUE(test, mock_dev(mdev)->iommu->direct);
	KUNIT_EXPECT_PTR_EQ(test, &mock_served->identity, mdev->attached);
}

static void expect_translated(struct kunit *test, struct mock_device *mdev)
{
	struct iommu_group *group = mock_dev(mdev)->iommu_group;

	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_FALSE(test, mock_dev(mdev)->iommu->direct);
	KUNIT_EXPECT_EQ(test, (unsigned int)IOMMU_DOMAIN_DMA, group->default_domain->type);
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, mdev->attached);
}

/* A driver that was spared makes way like any other. */
static void user_makes_way(struct kunit *test)
{
	struct mock_device *mdev = add(test, "mock-device");
	struct device *dev = mock_dev(mdev);

	mock_driver_register(test, &mock_instance_driver);
	KUNIT_EXPECT_TRUE(test, mock_noted("UI"));
	expect_direct(test, mdev);
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("ui"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_FALSE(test, dev->iommu->stays_out);

	mock_served_bind(test);
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, mock_noted("IU"));
	expect_translated(test, mdev);
}

/* One that was unbound and bound while the instance was there is linked as well. */
static void rebound_makes_way(struct kunit *test)
{
	struct mock_device *mdev = add(test, "mock-device");
	struct device *dev = mock_dev(mdev);

	mock_driver_register(test, &mock_instance_driver);
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev);
	KUNIT_EXPECT_TRUE(test, mock_noted("UIuU"));
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("ui"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
}

/* Nobody unbinds a port to unload a module, so nobody would bind it again. */
static void manager_comes_back(struct kunit *test)
{
	static const char text[] = "its IOMMU goes while";
	unsigned int before = mock_log_lines(text);
	struct mock_device *mdev = add(test, "mock-manager");

	mock_driver_register(test, &mock_instance_driver);
	expect_direct(test, mdev);
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_FALSE(test, device_is_bound(mock_dev(mdev)));
	mock_served_bind(test);
	KUNIT_EXPECT_TRUE(test, mock_noted("MImiIM"));
	KUNIT_EXPECT_TRUE(test, device_is_bound(mock_dev(mdev)));
	expect_translated(test, mdev);
	KUNIT_EXPECT_EQ(test, before, mock_log_lines(text));
}

/* As long as a port's driver is bound, nothing of its group is translated. */
static void manager_keeps_its_group(struct kunit *test)
{
	struct mock_device *port = add(test, "mock-manager");
	struct mock_device *below, *untrusted;
	unsigned int before;
	char text[80];

	mock_driver_register(test, &mock_instance_driver);
	snprintf(text, sizeof(text), "that does: %s, bound to mock-manager",
		 dev_name(mock_dev(port)));
	before = mock_log_lines(text);
	below = add_neighbour(test, 1, false);
	KUNIT_EXPECT_PTR_EQ(test, &mock_served->identity, below->attached);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	device_release_driver(mock_dev(below));
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(below)));
	KUNIT_EXPECT_PTR_EQ(test, &mock_served->identity, below->attached);
	KUNIT_EXPECT_EQ(test, before + 2, mock_log_lines(text));
	untrusted = add_neighbour(test, 2, true);
	KUNIT_EXPECT_NULL(test, mock_dev(untrusted)->iommu_group);
	KUNIT_EXPECT_FALSE(test, untrusted->claimed);

	device_release_driver(mock_dev(below));
	device_release_driver(mock_dev(port));
	expect_translated(test, below);
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(port)));
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(below)));
	expect_translated(test, below);
}

/* As if it had not come: the device is free to do without, and to be spared. */
static void instance_that_cannot_serve(struct kunit *test)
{
	struct mock_device *mdev = add(test, "mock-device");
	struct device *dev = mock_dev(mdev);

	lt->serve_error = -EIO;
	mock_driver_register(test, &mock_instance_driver);
	KUNIT_EXPECT_TRUE(test, mock_noted("Ux"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(mock_served_dev()));
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, mock_noted("uU"));
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);

	lt->serve_error = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_served_dev()));
	expect_direct(test, mdev);
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("Iui"));
}

/* It served for a moment: the device is blocked, and waits for the next attempt. */
static void instance_that_gives_up(struct kunit *test)
{
	struct mock_device *mdev = add(test, "mock-device");
	struct device *dev = mock_dev(mdev);

	mock_served_error = -EIO;
	mock_driver_register(test, &mock_instance_driver);
	KUNIT_EXPECT_TRUE(test, mock_noted("UI"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(mock_served_dev()));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	device_release_driver(dev);

	mock_served_error = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_served_dev()));
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev);
	device_release_driver(mock_served_dev());
	KUNIT_EXPECT_TRUE(test, mock_noted("uIUui"));
}

static int links_init(struct kunit *test)
{
	lt = kunit_kzalloc(test, sizeof(*lt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lt);
	mock_dma_api(test);
	mock_noted("");
	mock_served = mock_iommu_create(test);
	mock_served->iommu.serve = serve;
	mock_served_error = 0;
	mock_driver_register(test, &mock_user_driver);
	mock_driver_register(test, &mock_manager_driver);
	lt->tree = mock_tree_create(test, mock_served);
	mock_missing_policy = IOMMU_MISSING_BYPASS;
	mock_missing_expired = true;
	return 0;
}

static struct kunit_case links_cases[] = {
	KUNIT_CASE(user_makes_way),
	KUNIT_CASE(rebound_makes_way),
	KUNIT_CASE(manager_comes_back),
	KUNIT_CASE(manager_keeps_its_group),
	KUNIT_CASE(instance_that_cannot_serve),
	KUNIT_CASE(instance_that_gives_up),
	{}
};

static struct kunit_suite links_suite = {
	.name = "iommu-core-direct-links",
	.init = links_init,
	.test_cases = links_cases,
};

kunit_test_suite(links_suite);
