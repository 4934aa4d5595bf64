// SPDX-License-Identifier: GPL-2.0
/*
 * Probe order of AMBA devices.
 */
#include <linux/amba/bus.h>
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/clkdev.h>
#include <linux/dma-mapping.h>
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/sizes.h>

#include "order.h"

#define DRIVER_NAME	"iommu-order-amba"
/* Of no device that there is, and in no place that a machine has */
#define PERIPHID	0x000ff7ec
#define BASE		0x7ec00000

static struct resource space = DEFINE_RES_MEM_NAMED(BASE, SZ_64K, DRIVER_NAME);

static int probe(struct amba_device *adev, const struct amba_id *id)
{
	return order_probe(&adev->dev);
}

static void remove(struct amba_device *adev)
{
}

static const struct amba_id ids[] = {
	{ .id = PERIPHID, .mask = 0xffffffff },
	{}
};

static struct amba_driver driver = {
	.drv.name = DRIVER_NAME,
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};

static void unregister(void *unused)
{
	amba_driver_unregister(&driver);
}

#ifdef CONFIG_COMMON_CLK

static struct clk *clock;
static struct clk_lookup *lookups[2];

static void stop_clocks(void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(lookups); i++)
		clkdev_drop(lookups[i]);
	clk_unregister_fixed_rate(clock);
}

/* The bus asks for one on behalf of each device */
static void start_clocks(struct kunit *test)
{
	int i;

	clock = clk_register_fixed_rate(NULL, DRIVER_NAME, NULL, 0, 1000000);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, clock);
	for (i = 0; i < ARRAY_SIZE(lookups); i++) {
		lookups[i] = clkdev_create(clock, "apb_pclk", DRIVER_NAME ".%d", i);
		KUNIT_ASSERT_NOT_NULL(test, lookups[i]);
	}
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_clocks, NULL));
}

#else

static void start_clocks(struct kunit *test)
{
}

#endif

static void begin(struct kunit *test)
{
	start_clocks(test);
	KUNIT_ASSERT_EQ(test, 0, amba_driver_register(&driver));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister, NULL));
}

static void remove_device(void *adev)
{
	amba_device_unregister(adev);
}

static struct device *add(struct kunit *test, struct mock_tree *tree,
			  enum order_place place, int number)
{
	struct device_node *np = place == ORDER_LONE ? tree->lone :
				 place == ORDER_OFF ? tree->off :
						      tree->masters[number];
	struct amba_device *adev;
	char name[32];

	snprintf(name, sizeof(name), DRIVER_NAME ".%d", number);
	adev = amba_device_alloc(name, BASE + number * SZ_4K, SZ_4K);
	KUNIT_ASSERT_NOT_NULL(test, adev);
	adev->periphid = PERIPHID;
	adev->dev.coherent_dma_mask = DMA_BIT_MASK(32);
	device_set_node(&adev->dev, of_fwnode_handle(np));
	KUNIT_ASSERT_EQ(test, 0, amba_device_add(adev, &space));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_device, adev));
	return &adev->dev;
}

static u32 stream(int number)
{
	return MOCK_TREE_STREAM + number;
}

static const struct order_bus amba_bus_order = {
	.begin = begin,
	.add = add,
	.stream = stream,
};

static int amba_init(struct kunit *test)
{
	return order_init(test, &amba_bus_order);
}

static struct kunit_case amba_cases[] = {
	KUNIT_CASE_PARAM(order_decides, order_params),
	KUNIT_CASE(order_comes_late),
	KUNIT_CASE(order_two_devices),
	KUNIT_CASE(order_added_first),
	KUNIT_CASE(order_goes_under_driver),
	KUNIT_CASE(order_goes_meanwhile),
	{}
};

static struct kunit_suite amba_suite = {
	.name = "iommu-core-order-amba",
	.init = amba_init,
	.test_cases = amba_cases,
};

kunit_test_suite(amba_suite);
