// SPDX-License-Identifier: GPL-2.0
/*
 * Probe order of platform devices.
 */
#include <linux/dma-mapping.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "order.h"

static int probe(struct platform_device *pdev)
{
	return order_probe(&pdev->dev);
}

static struct platform_driver driver = {
	.probe = probe,
	.driver.name = "iommu-order",
};

static void unregister(void *unused)
{
	platform_driver_unregister(&driver);
}

static void begin(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, platform_driver_register(&driver));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister, NULL));
}

static void remove(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct device *add(struct kunit *test, struct mock_tree *tree,
			  enum order_place place, int number)
{
	struct device_node *np = place == ORDER_LONE ? tree->lone :
				 place == ORDER_OFF ? tree->off :
						      tree->masters[number];
	struct platform_device *pdev;

	pdev = platform_device_alloc(driver.driver.name, PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	device_set_node(&pdev->dev, of_fwnode_handle(of_node_get(np)));
	pdev->dev.coherent_dma_mask = DMA_BIT_MASK(32);
	KUNIT_ASSERT_EQ(test, 0, platform_device_add(pdev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove, pdev));
	return &pdev->dev;
}

static u32 stream(int number)
{
	return MOCK_TREE_STREAM + number;
}

static const struct order_bus platform_bus_order = {
	.begin = begin,
	.add = add,
	.stream = stream,
};

static int platform_init(struct kunit *test)
{
	return order_init(test, &platform_bus_order);
}

static struct kunit_case platform_cases[] = {
	KUNIT_CASE_PARAM(order_decides, order_params),
	KUNIT_CASE(order_comes_late),
	KUNIT_CASE(order_two_devices),
	KUNIT_CASE(order_added_first),
	KUNIT_CASE(order_goes_under_driver),
	KUNIT_CASE(order_goes_meanwhile),
	{}
};

static struct kunit_suite platform_suite = {
	.name = "iommu-core-order-platform",
	.init = platform_init,
	.test_cases = platform_cases,
};

kunit_test_suite(platform_suite);
