// SPDX-License-Identifier: GPL-2.0
/*
 * A device tree around a mock instance, see mock-tree.h.
 */
#include <kunit/static_stub.h>
#include <linux/dma-mapping.h>
#include <linux/of.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "core.h"
#include "mock-tree.h"

/* Far from what a boot loader gives out */
#define PHANDLE_IOMMU	0x7ec90001
#define PHANDLE_OFF	0x7ec90002

enum iommu_missing mock_missing_policy;
bool mock_missing_expired;

static enum iommu_missing test_policy(void)
{
	return mock_missing_policy;
}

static bool test_expired(struct device *dev)
{
	return mock_missing_expired;
}

static int tree_xlate(struct device *dev, const struct of_phandle_args *args)
{
	return iommu_fwspec_add_ids(dev, args->args, 1);
}

static struct device_node *add_node(struct kunit *test, struct mock_tree *tree,
				    struct device_node *parent, const char *name)
{
	struct device_node *np = of_changeset_create_node(&tree->changes, parent, name);

	KUNIT_ASSERT_NOT_NULL(test, np);
	/* Links that the driver core made of it would answer before core does. */
	np->fwnode.flags |= FWNODE_FLAG_LINKS_ADDED;
	return np;
}

static struct device_node *add_device(struct kunit *test, struct mock_tree *tree,
				      const char *name, u32 phandle, u32 stream)
{
	struct device_node *np = add_node(test, tree, tree->root, name);
	const u32 entry[] = { phandle, stream };

	KUNIT_ASSERT_EQ(test, 0,
			of_changeset_add_prop_u32_array(&tree->changes, np, "iommus",
							entry, ARRAY_SIZE(entry)));
	return np;
}

static struct device_node *add_iommu(struct kunit *test, struct mock_tree *tree,
				     const char *name)
{
	struct device_node *np = add_node(test, tree, tree->root, name);

	KUNIT_ASSERT_EQ(test, 0, of_changeset_add_prop_u32(&tree->changes, np,
							   "#iommu-cells", 1));
	return np;
}

/* The bus reaches the first 4 GiB, where they are */
static struct device_node *add_bridge(struct kunit *test, struct mock_tree *tree,
				      const char *name, u32 phandle)
{
	const u32 map[] = { 0, phandle, MOCK_TREE_MAPPED, 0x100 };
	static const u32 ranges[] = { 0, 0, 0, 0, 1, 0 };
	struct of_changeset *changes = &tree->changes;
	struct device_node *np = add_node(test, tree, tree->root, name);

	of_changeset_add_prop_u32(changes, np, "#address-cells", 2);
	of_changeset_add_prop_u32(changes, np, "#size-cells", 2);
	of_changeset_add_prop_u32_array(changes, np, "dma-ranges", ranges,
					ARRAY_SIZE(ranges));
	KUNIT_ASSERT_EQ(test, 0,
			of_changeset_add_prop_u32_array(changes, np, "iommu-map", map,
							ARRAY_SIZE(map)));
	return np;
}

static void build(struct kunit *test, struct mock_tree *tree)
{
	static const char * const names[] = { "master0", "master1", "master2" };
	struct of_changeset *changes = &tree->changes;
	int i;

	static_assert(ARRAY_SIZE(names) == MOCK_TREE_MASTERS);
	/* Disabled, so that no devices are made of what is in it. */
	tree->root = add_node(test, tree, of_root, "iommu-mock-tree");
	of_changeset_add_prop_string(changes, tree->root, "status", "disabled");
	of_changeset_add_prop_u32(changes, tree->root, "#address-cells", 2);
	of_changeset_add_prop_u32(changes, tree->root, "#size-cells", 2);
	of_changeset_add_prop_bool(changes, tree->root, "ranges");
	tree->iommu = add_iommu(test, tree, "iommu");
	tree->iommu_off = add_iommu(test, tree, "iommu-off");
	of_changeset_add_prop_string(changes, tree->iommu_off, "status", "disabled");
	for (i = 0; i < MOCK_TREE_MASTERS; i++)
		tree->masters[i] = add_device(test, tree, names[i], PHANDLE_IOMMU,
					      MOCK_TREE_STREAM + i);
	tree->lone = add_node(test, tree, tree->root, "lone");
	tree->off = add_device(test, tree, "off", PHANDLE_OFF, 0);
	tree->bridge = add_bridge(test, tree, "bridge", PHANDLE_IOMMU);
	tree->bridge_off = add_bridge(test, tree, "bridge-off", PHANDLE_OFF);
}

static void cut_down(void *data)
{
	struct mock_tree *tree = data;

	mock_iommu_unregister(tree->mock);
	tree->mock->node = tree->software_node;
	device_set_node(&tree->mock->hwdev->dev, tree->software_node);
	of_changeset_revert(&tree->changes);
	of_changeset_destroy(&tree->changes);
}

struct mock_tree *mock_tree_create(struct kunit *test, struct mock_iommu *mock)
{
	struct mock_tree *tree;

	if (!of_root)
		kunit_skip(test, "this kernel has no device tree");
	tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tree);
	tree->mock = mock;
	of_changeset_init(&tree->changes);
	build(test, tree);
	KUNIT_ASSERT_EQ(test, 0, of_changeset_apply(&tree->changes));
	/* A node gets its phandle when it is in the tree. */
	tree->iommu->phandle = PHANDLE_IOMMU;
	tree->iommu_off->phandle = PHANDLE_OFF;

	mock->ops.of_xlate = tree_xlate;
	tree->software_node = mock->node;
	mock->node = of_fwnode_handle(tree->iommu);
	device_set_node(&mock->hwdev->dev, mock->node);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, cut_down, tree));

	mock_missing_policy = IOMMU_MISSING_DEFER;
	mock_missing_expired = false;
	kunit_activate_static_stub(test, iommu_missing_policy, test_policy);
	kunit_activate_static_stub(test, iommu_missing_expired, test_expired);
	return tree;
}

struct mock_device *mock_tree_device(struct kunit *test, struct mock_tree *tree,
				     struct device_node *np, int key)
{
	struct mock_device *mdev = mock_device_create(test, tree->mock, key);
	struct device *dev = mock_dev(mdev);

	device_set_node(dev, of_fwnode_handle(np));
	dev->coherent_dma_mask = DMA_BIT_MASK(32);
	dev->dma_mask = &dev->coherent_dma_mask;
	return mdev;
}
