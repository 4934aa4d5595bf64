// SPDX-License-Identifier: GPL-2.0
/*
 * Platform drivers that the driver core binds, see mock-drivers.h.
 */
#include <linux/device/driver.h>
#include <linux/iommu.h>

#include "core.h"
#include "mock-drivers.h"

struct mock_iommu *mock_served;
int mock_served_error;

static int instance_probe(struct platform_device *pdev)
{
	int ret = mock_iommu_register(mock_served);

	mock_note(ret ? 'x' : 'I');
	if (!ret && mock_served_error)
		mock_iommu_unregister(mock_served);
	return ret ?: mock_served_error;
}

static void instance_remove(struct platform_device *pdev)
{
	mock_note('i');
	mock_iommu_unregister(mock_served);
}

struct platform_driver mock_instance_driver = {
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

struct platform_driver mock_user_driver = {
	.probe = user_probe,
	.remove = user_remove,
	.driver.name = "mock-device",
};

static int manager_probe(struct platform_device *pdev)
{
	struct dev_iommu *param = pdev->dev.iommu;
	int ret = 0;

	/* A device that does without the instance has nothing to be probed for. */
	if (!param || !param->stays_out)
		ret = iommu_probe_device(&pdev->dev);
	if (!ret)
		mock_note('M');
	return ret;
}

static void manager_remove(struct platform_device *pdev)
{
	mock_note('m');
}

struct platform_driver mock_manager_driver = {
	.probe = manager_probe,
	.remove = manager_remove,
	.driver.name = "mock-manager",
	.driver_managed_dma = true,
};

static void unregister(void *driver)
{
	platform_driver_unregister(driver);
	device_link_wait_removal();
}

void mock_driver_register(struct kunit *test, struct platform_driver *driver)
{
	KUNIT_ASSERT_EQ(test, 0, platform_driver_register(driver));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister, driver));
}

void mock_served_bind(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_served_dev()));
	wait_for_device_probe();
}
