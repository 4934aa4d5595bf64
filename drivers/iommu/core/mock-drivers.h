/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Platform drivers that the driver core binds: of a mock instance, and of devices
 * behind it.  mock_noted() tells what became of them: a capital letter when one is
 * bound, a small one when it is unbound.
 */
#ifndef __IOMMU_CORE_MOCK_DRIVERS_H
#define __IOMMU_CORE_MOCK_DRIVERS_H

#include <linux/platform_device.h>

#include "mock.h"

/* The instance that mock_instance_driver registers; the test sets it when it begins */
extern struct mock_iommu *mock_served;

/* What its probe returns when the instance has been registered; likewise */
extern int mock_served_error;

/* I and i; x if the instance was not registered.  Binds to mock_served_dev() */
extern struct platform_driver mock_instance_driver;

/* U and u.  Binds to mock devices that have not been given another name */
extern struct platform_driver mock_user_driver;

/*
 * M and m.  As that of a PCI port: it looks after itself, and is not counted.
 * Binds to mock devices of its name.
 */
extern struct platform_driver mock_manager_driver;

/**
 * mock_driver_register() - register a driver
 * @test: test; the driver goes with it, and what was linked for it
 * @driver: driver; the test ends if it cannot be registered
 */
void mock_driver_register(struct kunit *test, struct platform_driver *driver);

/**
 * mock_served_dev() - device that the instance is registered for
 *
 * Return: device of @mock_served.
 */
static inline struct device *mock_served_dev(void)
{
	return &mock_served->hwdev->dev;
}

/**
 * mock_served_bind() - bind mock_instance_driver, and who waited for it
 * @test: running test; ends if it is not bound
 */
void mock_served_bind(struct kunit *test);

#endif /* __IOMMU_CORE_MOCK_DRIVERS_H */
