// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of group.c, group-generic.c and group-sysfs.c: references, names, links,
 * and groups of devices that have no instance.
 */
#include <linux/fsl/mc.h>
#include <linux/irqdomain.h>
#include <linux/kernfs.h>

#include "core.h"
#include "mock.h"

static void note_release(void *data)
{
	*(int *)data += 1;
}

static unsigned int group_refs(struct iommu_group *group)
{
	return kref_read(&group->devices_kobj->kref);
}

static void goes_with_last_reference(struct kunit *test)
{
	struct iommu_group *group = iommu_group_alloc();
	int released = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	iommu_group_set_iommudata(group, &released, note_release);
	KUNIT_EXPECT_PTR_EQ(test, &released, iommu_group_get_iommudata(group));
	KUNIT_EXPECT_PTR_EQ(test, group, iommu_group_ref_get(group));
	iommu_group_put(group);
	KUNIT_EXPECT_EQ(test, 0, released);
	iommu_group_put(group);
	KUNIT_EXPECT_EQ(test, 1, released);
	iommu_group_put(NULL);
}

static void ids_differ_and_return(struct kunit *test)
{
	struct iommu_group *one = iommu_group_alloc();
	struct iommu_group *two = iommu_group_alloc();
	int id;

	KUNIT_ASSERT_FALSE(test, IS_ERR(one));
	KUNIT_ASSERT_FALSE(test, IS_ERR(two));
	id = iommu_group_id(one);
	KUNIT_EXPECT_NE(test, id, iommu_group_id(two));
	iommu_group_put(one);
	one = iommu_group_alloc();
	KUNIT_ASSERT_FALSE(test, IS_ERR(one));
	KUNIT_EXPECT_EQ(test, id, iommu_group_id(one));
	iommu_group_put(one);
	iommu_group_put(two);
}

/* Is there a file or link of this name? */
static bool has_entry(struct kobject *kobj, const char *name)
{
	struct kernfs_node *node = kernfs_find_and_get(kobj->sd, name);

	kernfs_put(node);
	return node;
}

static void name_comes_and_goes(struct kunit *test)
{
	struct iommu_group *group = iommu_group_alloc();

	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	KUNIT_EXPECT_TRUE(test, has_entry(&group->kobj, "type"));
	KUNIT_EXPECT_TRUE(test, has_entry(&group->kobj, "reserved_regions"));
	KUNIT_EXPECT_FALSE(test, has_entry(&group->kobj, "name"));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_set_name(group, "first"));
	KUNIT_EXPECT_TRUE(test, has_entry(&group->kobj, "name"));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_set_name(group, "second"));
	KUNIT_EXPECT_STREQ(test, "second", group->name);
	KUNIT_EXPECT_TRUE(test, has_entry(&group->kobj, "name"));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_set_name(group, NULL));
	KUNIT_EXPECT_FALSE(test, has_entry(&group->kobj, "name"));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_set_name(group, NULL));
	iommu_group_put(group);
}

static void no_instance_dev_gone(struct device *dev)
{
	kfree(dev);
}

/* A device on no bus, whose name another one may have too. */
static struct device *bare_device(struct kunit *test, struct device *parent,
				  const char *name)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	device_initialize(dev);
	dev->parent = parent;
	dev->release = no_instance_dev_gone;
	KUNIT_ASSERT_EQ(test, 0, dev_set_name(dev, "%s", name));
	KUNIT_ASSERT_EQ(test, 0, device_add(dev));
	return dev;
}

static void same_names_get_numbers(struct kunit *test)
{
	struct iommu_group *group = iommu_group_alloc();
	struct device *devs[3], *parents[3];
	char name[16];
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "mock-parent-%d", i);
		parents[i] = bare_device(test, NULL, name);
		devs[i] = bare_device(test, parents[i], "mock-twin");
		KUNIT_EXPECT_EQ(test, 0, iommu_group_add_device(group, devs[i]));
		KUNIT_EXPECT_TRUE(test, has_entry(&devs[i]->kobj,
						  "iommu_group"));
	}
	KUNIT_EXPECT_TRUE(test, has_entry(group->devices_kobj, "mock-twin"));
	KUNIT_EXPECT_TRUE(test, has_entry(group->devices_kobj, "mock-twin.0"));
	KUNIT_EXPECT_TRUE(test, has_entry(group->devices_kobj, "mock-twin.1"));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_group_add_device(group, devs[0]));

	iommu_group_remove_device(devs[1]);
	KUNIT_EXPECT_FALSE(test, has_entry(group->devices_kobj, "mock-twin.0"));
	KUNIT_EXPECT_TRUE(test, has_entry(group->devices_kobj, "mock-twin.1"));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_add_device(group, devs[1]));
	KUNIT_EXPECT_TRUE(test, has_entry(group->devices_kobj, "mock-twin.0"));

	for (i = 0; i < 3; i++) {
		iommu_group_remove_device(devs[i]);
		KUNIT_EXPECT_NULL(test, devs[i]->iommu_group);
		KUNIT_EXPECT_FALSE(test, has_entry(&devs[i]->kobj,
						   "iommu_group"));
		device_unregister(devs[i]);
		device_unregister(parents[i]);
	}
	KUNIT_EXPECT_EQ(test, 1, group_refs(group));
	iommu_group_put(group);
}

/* What VFIO does for a device without an IOMMU: everything must bear it. */
static void without_instance(struct kunit *test)
{
	struct iommu_group *group = iommu_group_alloc();
	struct device *dev = bare_device(test, NULL, "mock-noiommu");
	LIST_HEAD(regions);
	int owner;

	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_set_name(group, "vfio-noiommu"));
	KUNIT_ASSERT_EQ(test, 0, iommu_group_add_device(group, dev));
	iommu_group_put(group);

	KUNIT_EXPECT_NULL(test, iommu_get_domain_for_dev(dev));
	KUNIT_EXPECT_NULL(test, iommu_get_dma_domain(dev));
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(dev));
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dev, IOMMU_CAP_NOEXEC));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_group_claim_dma_owner(group,
								  &owner));
	iommu_device_unuse_default_domain(dev);
	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_group_claim_dma_owner(group,
								   &owner));
	KUNIT_EXPECT_EQ(test, -EPERM,
			iommu_default_domain_change(group, IOMMU_DOMAIN_IDENTITY));
	KUNIT_EXPECT_EQ(test, 0, iommu_get_group_resv_regions(group, &regions));
	KUNIT_EXPECT_TRUE(test, list_empty(&regions));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA));

	/* Its bus says that it is gone. */
	mutex_lock(&iommu_probe_device_lock);
	iommu_device_release(dev);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	device_unregister(dev);
}

/* One member whose messages anybody can forge is enough. */
static void isolated_messages(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct irq_domain isolating = { .flags = IRQ_DOMAIN_FLAG_ISOLATED_MSI };
	struct irq_domain other = {}, child = { .parent = &isolating };
	struct mock_device *mdevs[2];
	struct iommu_group *group = iommu_group_alloc();
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	KUNIT_EXPECT_FALSE(test, iommu_group_has_isolated_msi(group));
	iommu_group_put(group);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	for (i = 0; i < 2; i++) {
		mdevs[i] = mock_device_create(test, mock, 1);
		KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdevs[i]));
		KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdevs[i]));
		dev_set_msi_domain(mock_dev(mdevs[i]), &child);
	}
	group = mock_dev(mdevs[0])->iommu_group;
	KUNIT_EXPECT_TRUE(test, iommu_group_has_isolated_msi(group));
	dev_set_msi_domain(mock_dev(mdevs[0]), &other);
	KUNIT_EXPECT_FALSE(test, iommu_group_has_isolated_msi(group));
	dev_set_msi_domain(mock_dev(mdevs[0]), &isolating);
	dev_set_msi_domain(mock_dev(mdevs[1]), &other);
	KUNIT_EXPECT_FALSE(test, iommu_group_has_isolated_msi(group));
	for (i = 0; i < 2; i++)
		dev_set_msi_domain(mock_dev(mdevs[i]), NULL);
}

static int count_until(struct device *dev, void *data)
{
	int *left = data;

	return --*left ? 0 : 42;
}

static void members_hold_references(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[3];
	struct iommu_group *group;
	unsigned int dev_refs;
	int i, left;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	for (i = 0; i < 3; i++) {
		mdevs[i] = mock_device_create(test, mock, 1);
		KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdevs[i]));
	}
	dev_refs = kref_read(&mock_dev(mdevs[0])->kobj.kref);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, mock_device_bind(mdevs[i]));

	group = iommu_group_get(mock_dev(mdevs[0]));
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 4, group_refs(group));
	left = 10;
	KUNIT_EXPECT_EQ(test, 0, iommu_group_for_each_dev(group, &left,
							  count_until));
	KUNIT_EXPECT_EQ(test, 7, left);
	left = 2;
	KUNIT_EXPECT_EQ(test, 42, iommu_group_for_each_dev(group, &left,
							   count_until));

	for (i = 0; i < 3; i++) {
		mock_device_unbind(mdevs[i]);
		KUNIT_EXPECT_EQ(test, 4 - i, group_refs(group));
		mutex_lock(&iommu_probe_device_lock);
		iommu_device_release(mock_dev(mdevs[i]));
		mutex_unlock(&iommu_probe_device_lock);
	}
	KUNIT_EXPECT_EQ(test, 1, group_refs(group));
	KUNIT_EXPECT_NULL(test, iommu_group_default_domain(group));
	KUNIT_EXPECT_EQ(test, dev_refs,
			kref_read(&mock_dev(mdevs[0])->kobj.kref));
	iommu_group_put(group);
}

#ifdef CONFIG_FSL_MC_BUS
static void fsl_container_is_the_group(struct kunit *test)
{
	struct fsl_mc_device *container, *object;
	struct iommu_group *group;

	container = kunit_kzalloc(test, sizeof(*container), GFP_KERNEL);
	object = kunit_kzalloc(test, sizeof(*object), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, container);
	KUNIT_ASSERT_NOT_NULL(test, object);
	container->flags = FSL_MC_IS_DPRC;
	object->dev.parent = &container->dev;

	group = fsl_mc_device_group(&container->dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	container->dev.iommu_group = group;
	KUNIT_EXPECT_PTR_EQ(test, group, fsl_mc_device_group(&object->dev));
	iommu_group_put(group);
	iommu_group_put(group);
}
#endif

static int group_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case group_cases[] = {
	KUNIT_CASE(goes_with_last_reference),
	KUNIT_CASE(ids_differ_and_return),
	KUNIT_CASE(name_comes_and_goes),
	KUNIT_CASE(same_names_get_numbers),
	KUNIT_CASE(without_instance),
	KUNIT_CASE(isolated_messages),
	KUNIT_CASE(members_hold_references),
#ifdef CONFIG_FSL_MC_BUS
	KUNIT_CASE(fsl_container_is_the_group),
#endif
	{}
};

static struct kunit_suite group_suite = {
	.name = "iommu-core-group",
	.init = group_test_init,
	.test_cases = group_cases,
};

kunit_test_suite(group_suite);
