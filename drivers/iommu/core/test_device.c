// SPDX-License-Identifier: GPL-2.0
/*
 * A device behind an instance that does nothing.
 */
#include <kunit/device.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "core.h"
#include "test_device.h"

static void give_back(struct device *dev, struct iommu_resv_region *region)
{
	struct test_device *tdev = container_of(dev->iommu, struct test_device,
						state);

	tdev->released++;
	kfree(region);
}

static void list_regions(struct device *dev, struct list_head *list)
{
	struct test_device *tdev = container_of(dev->iommu, struct test_device,
						state);
	struct iommu_resv_region *copy;
	unsigned int i;

	for (i = 0; i < tdev->num_regions; i++) {
		copy = kmemdup(&tdev->regions[i], sizeof(*copy), GFP_KERNEL);
		if (!copy)
			return;
		copy->free = give_back;
		list_add_tail(&copy->list, list);
	}
}

static void forget_state(void *data)
{
	struct device *dev = data;

	dev->iommu = NULL;
}

struct test_device *test_device_new(struct kunit *test, const char *name)
{
	struct test_device *tdev = kunit_kzalloc(test, sizeof(*tdev),
						 GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tdev);
	tdev->dev = kunit_device_register(test, name);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tdev->dev);
	/* Never registered: it is only asked for its name. */
	tdev->instance.init_name = "test-iommu";

	tdev->ops.get_resv_regions = list_regions;
	tdev->iommu.ops = &tdev->ops;
	tdev->iommu.dev = &tdev->instance;
	tdev->state.iommu_dev = &tdev->iommu;
	mutex_init(&tdev->state.lock);
	ratelimit_default_init(&tdev->state.fault_limit);
	ratelimit_set_flags(&tdev->state.fault_limit, RATELIMIT_MSG_ON_RELEASE);
	tdev->dev->iommu = &tdev->state;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, forget_state,
							tdev->dev), 0);
	return tdev;
}

/* What the device was behind is the test's, so nothing is to be detached. */
static void leave_group(void *data)
{
	struct device *dev = data;

	dev->iommu = NULL;
	dev->iommu_group->domain = NULL;
	iommu_group_remove_device(dev);
}

void test_device_join(struct kunit *test, struct test_device *tdev,
		      struct iommu_group *group)
{
	KUNIT_ASSERT_EQ(test, iommu_group_add_device(group, tdev->dev), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, leave_group,
							tdev->dev), 0);
}

static void put_group(void *data)
{
	iommu_group_put(data);
}

struct iommu_group *test_group_new(struct kunit *test)
{
	struct iommu_group *group = iommu_group_alloc();

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, group);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_group, group),
			0);
	return group;
}
