// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of boot-stream.c and of-boot.c: which streams a device tree says that
 * firmware may have left in use.
 */
#include <linux/iommu-driver.h>
#include <linux/of.h>
#include <linux/pci.h>

#include "mock-tree.h"

/* Far from what a boot loader gives out, and from mock-tree.c */
#define PHANDLE_REGION	0x7eca0000
#define PHANDLE_DEVICE	0x7eca0100
#define REGION		0x50000000
#define REGION_SIZE	0x10000
#define SLOT(nr)	((nr) << 11)	/* of a PCI address' first cell */
#define DEVICES_MAX	4

struct boot_test {
	struct mock_tree *tree;
	struct of_changeset changes;
	struct device_node *devices[DEVICES_MAX];
	struct device_node *regions[DEVICES_MAX];
	unsigned int num_devices;
	u32 ids[8];
	unsigned int num_ids;
	int error;
};

static int note(void *data, u32 id)
{
	struct boot_test *bt = data;

	if (bt->num_ids < ARRAY_SIZE(bt->ids))
		bt->ids[bt->num_ids++] = id;
	return bt->error;
}

static void revert(void *data)
{
	struct boot_test *bt = data;

	of_changeset_revert(&bt->changes);
	of_changeset_destroy(&bt->changes);
}

static int boot_init(struct kunit *test)
{
	struct boot_test *bt = kunit_kzalloc(test, sizeof(*bt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bt);
	bt->tree = mock_tree_create(test, mock_iommu_create(test));
	of_changeset_init(&bt->changes);
	test->priv = bt;
	return 0;
}

static struct device_node *add_node(struct kunit *test, struct device_node *parent,
				    const char *name)
{
	struct boot_test *bt = test->priv;
	struct device_node *np = of_changeset_create_node(&bt->changes, parent, name);

	KUNIT_ASSERT_NOT_NULL(test, np);
	np->fwnode.flags |= FWNODE_FLAG_LINKS_ADDED;
	return np;
}

static void add_cells_array(struct kunit *test, struct device_node *np, const char *name,
			    const u32 *cells, int count)
{
	struct boot_test *bt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, of_changeset_add_prop_u32_array(&bt->changes, np, name,
								 cells, count));
}

#define add_cells(test, np, name, ...)						\
	add_cells_array(test, np, name, (const u32[]){ __VA_ARGS__ },		\
			sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))

/* A device that has memory, which it sees at @addr */
static void uses_memory_at(struct kunit *test, struct device_node *np, u32 addr)
{
	struct boot_test *bt = test->priv;
	static const char * const names[] = { "memory0", "memory1", "memory2", "memory3" };
	unsigned int nr = bt->num_devices++;

	KUNIT_ASSERT_LT(test, nr, DEVICES_MAX);
	bt->devices[nr] = np;
	bt->regions[nr] = add_node(test, bt->tree->root, names[nr]);
	add_cells(test, bt->regions[nr], "reg", 0, REGION, 0, REGION_SIZE);
	add_cells(test, bt->regions[nr], "iommu-addresses", PHANDLE_DEVICE + nr, 0, addr,
		  0, REGION_SIZE);
	add_cells(test, np, "memory-region", PHANDLE_REGION + nr);
}

static void apply(struct kunit *test)
{
	struct boot_test *bt = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, of_changeset_apply(&bt->changes));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, revert, bt));
	/* A node gets its phandle when it is in the tree. */
	for (i = 0; i < bt->num_devices; i++) {
		bt->devices[i]->phandle = PHANDLE_DEVICE + i;
		bt->regions[i]->phandle = PHANDLE_REGION + i;
	}
}

static int find(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	bt->num_ids = 0;
	return iommu_walk_boot_streams(of_fwnode_handle(bt->tree->iommu), note, bt);
}

static void expect_none(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	apply(test);
	KUNIT_EXPECT_EQ(test, 0, find(test));
	KUNIT_EXPECT_EQ(test, 0, bt->num_ids);
}

static void expect_one(struct kunit *test, u32 id)
{
	struct boot_test *bt = test->priv;

	apply(test);
	KUNIT_EXPECT_EQ(test, 0, find(test));
	KUNIT_ASSERT_EQ(test, 1, bt->num_ids);
	KUNIT_EXPECT_EQ(test, id, bt->ids[0]);
}

static void memory_at_its_own_address_is_in_use(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	uses_memory_at(test, bt->tree->masters[1], REGION);
	expect_one(test, MOCK_TREE_STREAM + 1);
}

/* Addresses to keep clear of are nothing that a device reads. */
static void memory_elsewhere_is_not(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	uses_memory_at(test, bt->tree->masters[0], REGION + SZ_64K);
	expect_none(test);
}

static void others_instances_are_left_out(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	uses_memory_at(test, bt->tree->off, REGION);
	uses_memory_at(test, bt->tree->lone, REGION);
	uses_memory_at(test, bt->tree->masters[2], REGION);
	expect_one(test, MOCK_TREE_STREAM + 2);
}

static void disabled_devices_are_left_out(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	uses_memory_at(test, bt->tree->masters[0], REGION);
	of_changeset_add_prop_string(&bt->changes, bt->tree->masters[0], "status", "disabled");
	expect_none(test);
}

static void first_error_ends_it(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	uses_memory_at(test, bt->tree->masters[0], REGION);
	uses_memory_at(test, bt->tree->masters[1], REGION);
	apply(test);
	bt->error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -ENOMEM, find(test));
	KUNIT_EXPECT_EQ(test, 1, bt->num_ids);
	bt->error = 0;
	KUNIT_EXPECT_EQ(test, 0, find(test));
	KUNIT_EXPECT_EQ(test, 2, bt->num_ids);
}

static struct device_node *add_function(struct kunit *test, struct device_node *parent,
					const char *name, unsigned int slot)
{
	struct device_node *np = add_node(test, parent, name);

	add_cells(test, np, "reg", SLOT(slot), 0, 0, 0, 0);
	return np;
}

/* Before its bus is enumerated a function is where the tree says. */
static void function_on_the_first_bus(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	uses_memory_at(test, add_function(test, bt->tree->bridge, "display", 5), REGION);
	uses_memory_at(test, add_function(test, bt->tree->bridge_off, "other", 6), REGION);
	expect_one(test, MOCK_TREE_MAPPED + PCI_DEVFN(5, 0));
}

/* A function behind a port of that bridge is not found, and that is said so often */
static void expect_no_number(struct kunit *test, struct device_node *bridge,
			     unsigned int said)
{
	static const char text[] = "its bus has no number yet";
	unsigned int before = mock_log_lines(text);
	struct device_node *port = add_function(test, bridge, "port", 1);

	uses_memory_at(test, add_function(test, port, "display", 0), REGION);
	expect_none(test);
	KUNIT_EXPECT_EQ(test, before + said, mock_log_lines(text));
}

static void function_behind_a_port_is_not_known(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	expect_no_number(test, bt->tree->bridge, 1);
}

/* Nor is it said of each instance that there is. */
static void others_function_behind_a_port(struct kunit *test)
{
	struct boot_test *bt = test->priv;

	expect_no_number(test, bt->tree->bridge_off, 0);
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(memory_at_its_own_address_is_in_use),
	KUNIT_CASE(memory_elsewhere_is_not),
	KUNIT_CASE(others_instances_are_left_out),
	KUNIT_CASE(disabled_devices_are_left_out),
	KUNIT_CASE(first_error_ends_it),
	KUNIT_CASE(function_on_the_first_bus),
	KUNIT_CASE(function_behind_a_port_is_not_known),
	KUNIT_CASE(others_function_behind_a_port),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "iommu-core-boot-stream",
	.init = boot_init,
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
