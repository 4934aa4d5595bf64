// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of follow.c, and of direct.c, with an instance that has a driver: what is
 * linked to one that comes late, and who goes and comes back with it.
 */
#include <linux/device/driver.h>
#include <linux/platform_device.h>

#include "core.h"
#include "direct.h"
#include "mock.h"
#include "mock-tree.h"

/**
 * struct links_test - what the tests share
 * @mock: instance
 * @tree: tree around it
 * @serve_error: what its serve() answers
 * @probe_error: what its driver's probe returns when it has been registered
 */
struct links_test {
	struct mock_iommu *mock;
	struct mock_tree *tree;
	int serve_error;
	int probe_error;
};

/* One test at a time; callbacks have no other way to find it. */
static struct links_test *lt;

static int serve(struct iommu_device *iommu)
{
	return lt->serve_error;
}

static int instance_probe(struct platform_device *pdev)
{
	int ret = mock_iommu_register(lt->mock);

	mock_note(ret ? 'x' : 'I');
	if (!ret && lt->probe_error)
		mock_iommu_unregister(lt->mock);
	return ret ?: lt->probe_error;
}

static void instance_remove(struct platform_device *pdev)
{
	mock_note('i');
	mock_iommu_unregister(lt->mock);
}

static struct platform_driver instance_driver = {
	.probe = instance_probe,
	.remove = instance_remove,
	.driver.name = "mock-iommu",
};

static int user_probe(struct platform_device *pdev)
{
	mock_note('U');
	return 0;
}

static void user_remove(struct platform_device *pdev)
{
	mock_note('u');
}

static struct platform_driver user_driver = {
	.probe = user_probe,
	.remove = user_remove,
	.driver.name = "mock-device",
};

static int manager_probe(struct platform_device *pdev)
{
	mock_note('M');
	return 0;
}

static void manager_remove(struct platform_device *pdev)
{
	mock_note('m');
}

static struct platform_driver manager_driver = {
	.probe = manager_probe,
	.remove = manager_remove,
	.driver.name = "mock-manager",
	.driver_managed_dma = true,
};

static struct platform_driver * const drivers[] = { &user_driver, &manager_driver };

static struct device *hwdev(void)
{
	return &lt->mock->hwdev->dev;
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

static void forget_instance_driver(void *unused)
{
	platform_driver_unregister(&instance_driver);
	device_link_wait_removal();
}

/* The module of the instance's driver is loaded. */
static void load(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, platform_driver_register(&instance_driver));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, forget_instance_driver,
							   NULL));
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
	KUNIT_EXPECT_PTR_EQ(test, &lt->mock->identity, mdev->attached);
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

	load(test);
	KUNIT_EXPECT_TRUE(test, mock_noted("UI"));
	expect_direct(test, mdev);
	device_release_driver(hwdev());
	KUNIT_EXPECT_TRUE(test, mock_noted("ui"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_FALSE(test, dev->iommu->stays_out);

	KUNIT_ASSERT_EQ(test, 1, device_attach(hwdev()));
	wait_for_device_probe();
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, mock_noted("IU"));
	expect_translated(test, mdev);
}

/* One that was unbound and bound while the instance was there is linked as well. */
static void rebound_makes_way(struct kunit *test)
{
	struct mock_device *mdev = add(test, "mock-device");
	struct device *dev = mock_dev(mdev);

	load(test);
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev);
	KUNIT_EXPECT_TRUE(test, mock_noted("UIuU"));
	device_release_driver(hwdev());
	KUNIT_EXPECT_TRUE(test, mock_noted("ui"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
}

/* Nobody unbinds a port to unload a module, so nobody would bind it again. */
static void manager_comes_back(struct kunit *test)
{
	static const char text[] = "its IOMMU goes while";
	unsigned int before = mock_log_lines(text);
	struct mock_device *mdev = add(test, "mock-manager");

	load(test);
	expect_direct(test, mdev);
	device_release_driver(hwdev());
	KUNIT_EXPECT_FALSE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_ASSERT_EQ(test, 1, device_attach(hwdev()));
	wait_for_device_probe();
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

	load(test);
	snprintf(text, sizeof(text), "that does: %s, bound to mock-manager",
		 dev_name(mock_dev(port)));
	before = mock_log_lines(text);
	below = add_neighbour(test, 1, false);
	KUNIT_EXPECT_PTR_EQ(test, &lt->mock->identity, below->attached);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	device_release_driver(mock_dev(below));
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(below)));
	KUNIT_EXPECT_PTR_EQ(test, &lt->mock->identity, below->attached);
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
	load(test);
	KUNIT_EXPECT_TRUE(test, mock_noted("Ux"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(hwdev()));
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, mock_noted("uU"));
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);

	lt->serve_error = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(hwdev()));
	expect_direct(test, mdev);
	device_release_driver(hwdev());
	KUNIT_EXPECT_TRUE(test, mock_noted("Iui"));
}

/* It served for a moment: the device is blocked, and waits for the next attempt. */
static void instance_that_gives_up(struct kunit *test)
{
	struct mock_device *mdev = add(test, "mock-device");
	struct device *dev = mock_dev(mdev);

	lt->probe_error = -EIO;
	load(test);
	KUNIT_EXPECT_TRUE(test, mock_noted("UI"));
	KUNIT_EXPECT_FALSE(test, device_is_bound(hwdev()));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	device_release_driver(dev);

	lt->probe_error = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(hwdev()));
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev);
	device_release_driver(hwdev());
	KUNIT_EXPECT_TRUE(test, mock_noted("uIUui"));
}

static void unregister_drivers(void *unused)
{
	int i;

	for (i = ARRAY_SIZE(drivers); i--;)
		platform_driver_unregister(drivers[i]);
	device_link_wait_removal();
}

static int links_init(struct kunit *test)
{
	int i;

	lt = kunit_kzalloc(test, sizeof(*lt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lt);
	mock_dma_api(test);
	mock_noted("");
	lt->mock = mock_iommu_create(test);
	lt->mock->iommu.serve = serve;
	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		KUNIT_ASSERT_EQ(test, 0, platform_driver_register(drivers[i]));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister_drivers,
							   NULL));
	lt->tree = mock_tree_create(test, lt->mock);
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
