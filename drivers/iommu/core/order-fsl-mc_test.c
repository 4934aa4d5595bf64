// SPDX-License-Identifier: GPL-2.0
/*
 * Probe order of devices of Freescale's management complex: an object's id on the
 * bus is mapped to a stream by the node of the complex.
 */
#include <linux/dma-mapping.h>
#include <linux/fsl/mc.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "order.h"

#define DRIVER_NAME	"iommu-order-fsl-mc"
#define OBJECT_TYPE	"dporder"

/* In the map of the bridge, and out of it */
#define ID_MAPPED	0x20
#define ID_LONE		0x800

/* The complexes: parents of objects, one for each bridge of the tree */
static struct platform_device *complexes[2];

static int probe(struct fsl_mc_device *mc_dev)
{
	return order_probe(&mc_dev->dev);
}

static void remove(struct fsl_mc_device *mc_dev)
{
}

static const struct fsl_mc_device_id ids[] = {
	{ .vendor = FSL_MC_VENDOR_FREESCALE, .obj_type = OBJECT_TYPE },
	{}
};

static struct fsl_mc_driver driver = {
	.driver.name = DRIVER_NAME,
	.match_id_table = ids,
	.probe = probe,
	.remove = remove,
};

static void unregister(void *unused)
{
	fsl_mc_driver_unregister(&driver);
}

static void begin(struct kunit *test)
{
	memset(complexes, 0, sizeof(complexes));
	KUNIT_ASSERT_EQ(test, 0, fsl_mc_driver_register(&driver));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister, NULL));
}

static void remove_complex(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct platform_device *get_complex(struct kunit *test, struct mock_tree *tree,
					   bool off)
{
	struct device_node *np = off ? tree->bridge_off : tree->bridge;
	struct platform_device *pdev = complexes[off];

	if (pdev)
		return pdev;
	pdev = platform_device_alloc(DRIVER_NAME, PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	device_set_node(&pdev->dev, of_fwnode_handle(of_node_get(np)));
	KUNIT_ASSERT_EQ(test, 0, platform_device_add(pdev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_complex, pdev));
	complexes[off] = pdev;
	return pdev;
}

static void release_object(struct device *dev)
{
	kfree(to_fsl_mc_device(dev));
}

static void remove_object(void *data)
{
	struct fsl_mc_device *mc_dev = data;

	device_unregister(&mc_dev->dev);
}

static struct device *add(struct kunit *test, struct mock_tree *tree,
			  enum order_place place, int number)
{
	struct platform_device *parent = get_complex(test, tree, place == ORDER_OFF);
	struct fsl_mc_device *mc_dev = kzalloc(sizeof(*mc_dev), GFP_KERNEL);
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, mc_dev);
	dev = &mc_dev->dev;
	mc_dev->icid = place == ORDER_LONE ? ID_LONE : ID_MAPPED + number;
	mc_dev->obj_desc.vendor = FSL_MC_VENDOR_FREESCALE;
	mc_dev->obj_desc.state = FSL_MC_OBJ_STATE_PLUGGED;
	strscpy(mc_dev->obj_desc.type, OBJECT_TYPE);
	mc_dev->dma_mask = DMA_BIT_MASK(32);
	device_initialize(dev);
	dev->release = release_object;
	dev->parent = &parent->dev;
	dev->bus = &fsl_mc_bus_type;
	dev->dma_mask = &mc_dev->dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(32);
	dev_set_name(dev, OBJECT_TYPE ".%d", number);
	KUNIT_ASSERT_EQ(test, 0, device_add(dev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_object, mc_dev));
	return dev;
}

static u32 stream(int number)
{
	return MOCK_TREE_MAPPED + ID_MAPPED + number;
}

static const struct order_bus fsl_mc_bus_order = {
	.begin = begin,
	.add = add,
	.stream = stream,
};

static int fsl_mc_init(struct kunit *test)
{
	return order_init(test, &fsl_mc_bus_order);
}

static struct kunit_case fsl_mc_cases[] = {
	KUNIT_CASE_PARAM(order_decides, order_params),
	KUNIT_CASE(order_comes_late),
	KUNIT_CASE(order_two_devices),
	KUNIT_CASE(order_added_first),
	KUNIT_CASE(order_goes_under_driver),
	KUNIT_CASE(order_goes_meanwhile),
	{}
};

static struct kunit_suite fsl_mc_suite = {
	.name = "iommu-core-order-fsl-mc",
	.init = fsl_mc_init,
	.test_cases = fsl_mc_cases,
};

kunit_test_suite(fsl_mc_suite);
