// SPDX-License-Identifier: GPL-2.0
/*
 * Instances in sysfs: names, links, both orders of removal.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/kernfs.h>
#include <linux/module.h>

#include "core.h"

struct shown {
	struct iommu_device iommu;
	struct device *parent;
	struct device *client;
};

static struct shown *new_shown(struct kunit *test)
{
	struct shown *shown = kunit_kzalloc(test, sizeof(*shown), GFP_KERNEL);
	phys_addr_t base = 0x9050000;

	KUNIT_ASSERT_NOT_NULL(test, shown);
	shown->parent = kunit_device_register(test, "sysfs-parent");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, shown->parent);
	shown->client = kunit_device_register(test, "sysfs-client");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, shown->client);
	KUNIT_ASSERT_EQ(test, iommu_device_sysfs_add(&shown->iommu,
						     shown->parent, NULL,
						     "test3.%pa", &base), 0);
	return shown;
}

static bool exists(struct kobject *kobj, const char *name)
{
	struct kernfs_node *node = kernfs_find_and_get(kobj->sd, name);

	kernfs_put(node);
	return node;
}

/* Is there a link @dir/@name to @target? */
static bool links_to(struct kobject *kobj, const char *dir, const char *name,
		     struct kobject *target)
{
	struct kernfs_node *parent = kobj->sd, *link;
	bool found;

	if (dir)
		parent = kernfs_find_and_get(parent, dir);
	link = parent ? kernfs_find_and_get(parent, name) : NULL;
	found = link && kernfs_type(link) == KERNFS_LINK &&
		link->symlink.target_kn == target->sd;
	kernfs_put(link);
	if (dir)
		kernfs_put(parent);
	return found;
}

static void instance_has_name_and_class(struct kunit *test)
{
	struct shown *shown = new_shown(test);
	struct device *dev = shown->iommu.dev;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_EXPECT_STREQ(test, dev_name(dev),
			   sizeof(phys_addr_t) == 8 ?
			   "test3.0x0000000009050000" : "test3.0x09050000");
	KUNIT_EXPECT_STREQ(test, dev->class->name, "iommu");
	KUNIT_EXPECT_PTR_EQ(test, dev_to_iommu_device(dev), &shown->iommu);
	KUNIT_EXPECT_PTR_EQ(test, dev->parent->parent ?: dev->parent,
			    shown->parent->parent ?: shown->parent);
	KUNIT_EXPECT_TRUE(test, exists(&dev->kobj, "devices"));
	iommu_device_sysfs_remove(&shown->iommu);
	KUNIT_EXPECT_NULL(test, shown->iommu.dev);
}

static void devices_are_linked_both_ways(struct kunit *test)
{
	struct shown *shown = new_shown(test);
	struct kobject *instance = &shown->iommu.dev->kobj;
	struct kobject *client = &shown->client->kobj;
	const char *name = dev_name(shown->client);

	KUNIT_ASSERT_EQ(test, iommu_device_link(&shown->iommu, shown->client),
			0);
	KUNIT_EXPECT_TRUE(test, links_to(instance, "devices", name, client));
	KUNIT_EXPECT_TRUE(test, links_to(client, NULL, "iommu", instance));
	iommu_device_unlink(&shown->iommu, shown->client);
	KUNIT_EXPECT_FALSE(test, links_to(instance, "devices", name, client));
	KUNIT_EXPECT_FALSE(test, exists(client, "iommu"));
	iommu_device_sysfs_remove(&shown->iommu);
}

static void instance_may_go_before_its_devices(struct kunit *test)
{
	struct shown *shown = new_shown(test);

	KUNIT_ASSERT_EQ(test, iommu_device_link(&shown->iommu, shown->client),
			0);
	iommu_device_sysfs_remove(&shown->iommu);
	iommu_device_unlink(&shown->iommu, shown->client);
	KUNIT_EXPECT_FALSE(test, exists(&shown->client->kobj, "iommu"));
	/* A second removal finds nothing. */
	iommu_device_sysfs_remove(&shown->iommu);
}

static void hidden_instance_has_no_links(struct kunit *test)
{
	struct shown *shown = new_shown(test);

	iommu_device_sysfs_remove(&shown->iommu);
	KUNIT_EXPECT_EQ(test, iommu_device_link(&shown->iommu, shown->client),
			0);
	KUNIT_EXPECT_FALSE(test, exists(&shown->client->kobj, "iommu"));
	iommu_device_unlink(&shown->iommu, shown->client);
}

static struct kunit_case sysfs_cases[] = {
	KUNIT_CASE(instance_has_name_and_class),
	KUNIT_CASE(devices_are_linked_both_ways),
	KUNIT_CASE(instance_may_go_before_its_devices),
	KUNIT_CASE(hidden_instance_has_no_links),
	{}
};

static struct kunit_suite sysfs_suite = {
	.name = "iommu-core-sysfs",
	.test_cases = sysfs_cases,
};

kunit_test_suite(sysfs_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: sysfs");
MODULE_LICENSE("GPL");
