/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device behind an instance that does nothing, for tests of what core keeps
 * and reports per device.
 */
#ifndef __IOMMU_CORE_TEST_DEVICE_H
#define __IOMMU_CORE_TEST_DEVICE_H

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/iommu.h>

/**
 * struct test_device - a device that looks probed
 * @dev: the device, registered
 * @ops: the instance's operations
 * @iommu: the instance, not registered; shown as @instance
 * @instance: names the instance "test-iommu"
 * @state: what @dev->iommu points to
 * @regions: reserved regions that the instance answers with
 * @num_regions: length of @regions
 * @released: number of regions that were given back through their callback
 */
struct test_device {
	struct device *dev;
	struct iommu_ops ops;
	struct iommu_device iommu;
	struct device instance;
	struct dev_iommu state;
	const struct iommu_resv_region *regions;
	unsigned int num_regions;
	unsigned int released;
};

/**
 * test_device_new() - make a device
 * @test: test that owns it
 * @name: the device is called <test>.<name>
 *
 * Return: the device; the test ends if it cannot be made.
 */
struct test_device *test_device_new(struct kunit *test, const char *name);

/**
 * test_device_join() - put a device in a group until the test ends
 * @test: test
 * @tdev: device without group
 * @group: group
 */
void test_device_join(struct kunit *test, struct test_device *tdev,
		      struct iommu_group *group);

/**
 * test_group_new() - make a group
 * @test: test that owns it
 */
struct iommu_group *test_group_new(struct kunit *test);

#endif /* __IOMMU_CORE_TEST_DEVICE_H */
