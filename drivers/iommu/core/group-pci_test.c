// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of group-pci.c: machines made of nothing, each with the partition into
 * groups that its topology asks for, entered in many orders.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "core.h"
#include "group-pci.h"

#define NODES_MAX	16
#define ACS_CAP		0x100
#define ISOLATING	(PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* Neither PCIe nor PCI-X */
#define CONVENTIONAL	0xff

/**
 * struct node - one function of a machine
 * @parent: bridge above, -1 for the root bus
 * @virtual: it is on a bus of virtual functions next to that of @parent's
 *	children, or next to the root bus
 * @devfn: slot and function
 * @type: PCI_EXP_TYPE_* or CONVENTIONAL
 * @acs: what is enabled of ACS, which has all of it; 0 for no capability
 * @multi: it is part of a multifunction device
 * @alias: function of its bus whose id it uses as well, 0 for none
 * @group: functions with the same number belong in one group
 */
struct node {
	int parent;
	bool virtual;
	u8 devfn;
	u8 type;
	u16 acs;
	bool multi;
	u8 alias;
	int group;
};

struct machine {
	const struct node *nodes;
	int count;
	struct pci_bus root;
	struct pci_bus buses[NODES_MAX];
	struct pci_bus virtual[NODES_MAX + 1];
	struct pci_dev devs[NODES_MAX];
	unsigned long alias_masks[NODES_MAX][BITS_TO_LONGS(256)];
};

static struct machine *machine;

static int read_config(struct pci_bus *bus, unsigned int devfn, int where,
		       int size, u32 *value)
{
	int i;

	*value = 0;
	for (i = 0; i < machine->count; i++) {
		if (machine->devs[i].bus != bus ||
		    machine->devs[i].devfn != devfn)
			continue;
		if (where == ACS_CAP + PCI_ACS_CAP)
			*value = ISOLATING;
		else if (where == ACS_CAP + PCI_ACS_CTRL)
			*value = machine->nodes[i].acs;
	}
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops config_ops = { .read = read_config };

static struct pci_dev *next_function(struct pci_dev *from)
{
	struct pci_dev *next = from ? from + 1 : machine->devs;

	pci_dev_put(from);
	return next < machine->devs + machine->count ? pci_dev_get(next) : NULL;
}

static void function_gone(struct device *dev)
{
}

static struct pci_bus *place_bus(const struct node *node)
{
	struct pci_bus *above = node->parent < 0 ? &machine->root :
				&machine->buses[node->parent];
	struct pci_bus *virtual = &machine->virtual[node->parent + 1];

	if (!node->virtual)
		return above;
	virtual->parent = above;
	virtual->ops = &config_ops;
	virtual->number = above->number + 0x80;
	return virtual;
}

static void function_init(int i)
{
	const struct node *node = &machine->nodes[i];
	struct pci_dev *pdev = &machine->devs[i];
	struct pci_bus *below = &machine->buses[i];

	device_initialize(&pdev->dev);
	pdev->dev.bus = &pci_bus_type;
	pdev->dev.release = function_gone;
	pdev->dev.init_name = "function";
	pdev->vendor = 0xfff0;
	pdev->error_state = pci_channel_io_normal;
	pdev->bus = place_bus(node);
	pdev->devfn = node->devfn;
	pdev->multifunction = node->multi;
	if (node->acs)
		pdev->acs_cap = ACS_CAP;
	if (node->type != CONVENTIONAL) {
		pdev->pcie_cap = 0x40;
		pdev->pcie_flags_reg = FIELD_PREP(PCI_EXP_FLAGS_TYPE,
						  node->type);
	}
	if (node->alias) {
		pdev->dma_alias_mask = machine->alias_masks[i];
		set_bit(node->alias, pdev->dma_alias_mask);
	}
	below->self = pdev;
	below->parent = pdev->bus;
	below->ops = &config_ops;
	below->number = i + 1;
}

static void machine_init(struct kunit *test, const struct node *nodes, int count)
{
	int i;

	machine = kunit_kzalloc(test, sizeof(*machine), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, machine);
	KUNIT_ASSERT_LE(test, count, NODES_MAX);
	machine->nodes = nodes;
	machine->count = count;
	machine->root.ops = &config_ops;
	for (i = 0; i < count; i++)
		function_init(i);
	for (i = 0; i < count; i++) {
		if (nodes[i].parent >= 0)
			machine->devs[nodes[i].parent].subordinate =
				&machine->buses[nodes[i].parent];
	}
	kunit_activate_static_stub(test, iommu_group_pci_next, next_function);
}

static struct iommu_group *group_at(int i)
{
	return machine->devs[i].dev.iommu_group;
}

static void enter(struct kunit *test, int i)
{
	struct device *dev = &machine->devs[i].dev;
	struct iommu_group *group = pci_device_group(dev);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(group));
	dev->iommu_group = group;
}

static void leave(int i)
{
	iommu_group_put(group_at(i));
	machine->devs[i].dev.iommu_group = NULL;
}

static void leave_all(void)
{
	int i;

	for (i = 0; i < machine->count; i++)
		leave(i);
}

/* Those that are there share a group if the topology says so, and only then. */
static void check_groups(struct kunit *test, int what)
{
	int i, j;

	for (i = 0; i < machine->count; i++) {
		for (j = 0; group_at(i) && j < i; j++) {
			if (!group_at(j))
				continue;
			KUNIT_EXPECT_EQ_MSG(test, group_at(i) == group_at(j),
					    machine->nodes[i].group ==
					    machine->nodes[j].group,
					    "functions %d and %d, with %d",
					    i, j, what);
		}
	}
}

static void enter_all(struct kunit *test, const int *order)
{
	int i;

	for (i = 0; i < machine->count; i++)
		enter(test, order[i]);
	check_groups(test, order[0]);
	leave_all();
}

static bool is_leaf(int i)
{
	return !machine->devs[i].subordinate;
}

/*
 * What is below a bridge is unplugged and comes back, one at a time and all
 * together, while the bridges stay.
 */
static void plug(struct kunit *test, const int *order)
{
	int i, count = machine->count;

	for (i = 0; i < count; i++)
		enter(test, i);
	for (i = 0; i < count; i++) {
		if (!is_leaf(order[i]))
			continue;
		leave(order[i]);
		check_groups(test, order[i]);
		enter(test, order[i]);
		check_groups(test, order[i]);
	}
	for (i = 0; i < count; i++) {
		if (is_leaf(i))
			leave(i);
	}
	for (i = 0; i < count; i++) {
		if (is_leaf(order[i]))
			enter(test, order[i]);
	}
	check_groups(test, order[0]);
	leave_all();
}

/* Rotations of both directions, and some shuffles that are always the same. */
static void check(struct kunit *test, const struct node *nodes, int count)
{
	int order[NODES_MAX], turn, i;
	u32 seed = 1;

	machine_init(test, nodes, count);
	for (turn = 0; turn < count; turn++) {
		for (i = 0; i < count; i++)
			order[i] = (i + turn) % count;
		enter_all(test, order);
		for (i = 0; i < count; i++)
			order[i] = (count - 1 - i + turn) % count;
		enter_all(test, order);
	}
	for (turn = 0; turn < 50; turn++) {
		for (i = count - 1; i > 0; i--) {
			seed = seed * 1103515245 + 12345;
			swap(order[i], order[(seed >> 16) % (i + 1)]);
		}
		enter_all(test, order);
		plug(test, order);
	}
}

static void isolated_ports(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .acs = ISOLATING, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .acs = ISOLATING, .group = 1 },
		{ 0, .type = PCI_EXP_TYPE_ENDPOINT, .group = 2 },
		{ 1, .type = PCI_EXP_TYPE_ENDPOINT, .group = 3 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void port_without_acs(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .group = 0 },
		{ 0, .devfn = PCI_DEVFN(0, 0), .type = PCI_EXP_TYPE_ENDPOINT,
		  .multi = true, .acs = ISOLATING, .group = 0 },
		{ 0, .devfn = PCI_DEVFN(0, 1), .type = PCI_EXP_TYPE_ENDPOINT,
		  .multi = true, .acs = ISOLATING, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_RC_END,
		  .group = 1 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void each_flag_is_needed(struct kunit *test)
{
	static const u16 flags[] = {
		PCI_ACS_SV, PCI_ACS_RR, PCI_ACS_CR, PCI_ACS_UF,
	};
	struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT },
		{ 0, .type = PCI_EXP_TYPE_ENDPOINT },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		nodes[0].acs = ISOLATING & ~flags[i];
		check(test, nodes, ARRAY_SIZE(nodes));
	}
	nodes[0].acs = ISOLATING;
	nodes[1].group = 1;
	check(test, nodes, ARRAY_SIZE(nodes));
}

static void switch_with_a_bad_port(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .acs = ISOLATING, .group = 0 },
		{ 0, .type = PCI_EXP_TYPE_UPSTREAM, .group = 1 },
		{ 1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_DOWNSTREAM,
		  .acs = ISOLATING, .group = 2 },
		{ 1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_DOWNSTREAM,
		  .group = 3 },
		{ 2, .type = PCI_EXP_TYPE_ENDPOINT, .group = 4 },
		{ 3, .type = PCI_EXP_TYPE_ENDPOINT, .group = 3 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void switch_below_a_bad_root_port(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .group = 0 },
		{ 0, .type = PCI_EXP_TYPE_UPSTREAM, .group = 0 },
		{ 1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_DOWNSTREAM,
		  .acs = ISOLATING, .group = 0 },
		{ 1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_DOWNSTREAM,
		  .acs = ISOLATING, .group = 0 },
		{ 2, .type = PCI_EXP_TYPE_ENDPOINT, .group = 0 },
		{ 3, .type = PCI_EXP_TYPE_ENDPOINT, .group = 0 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void functions_of_a_slot(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(3, 0), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(3, 1), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .group = 0 },
		/* One function that isolates has no peers. */
		{ -1, .devfn = PCI_DEVFN(3, 2), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .acs = ISOLATING, .group = 1 },
		{ -1, .devfn = PCI_DEVFN(4, 0), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .acs = ISOLATING, .group = 2 },
		{ -1, .devfn = PCI_DEVFN(4, 1), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .acs = ISOLATING, .group = 3 },
		/* Single functions exclude peers by what they are. */
		{ -1, .devfn = PCI_DEVFN(5, 0), .type = PCI_EXP_TYPE_RC_END,
		  .group = 4 },
		{ -1, .devfn = PCI_DEVFN(6, 0), .type = PCI_EXP_TYPE_RC_END,
		  .group = 5 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void root_ports_of_a_slot(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .multi = true, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(1, 1), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .multi = true, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(1, 2), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .multi = true, .acs = ISOLATING, .group = 1 },
		{ 0, .type = PCI_EXP_TYPE_ENDPOINT, .group = 0 },
		{ 1, .type = PCI_EXP_TYPE_ENDPOINT, .group = 0 },
		{ 2, .type = PCI_EXP_TYPE_ENDPOINT, .group = 2 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void conventional_bus(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .acs = ISOLATING, .group = 0 },
		{ 0, .type = PCI_EXP_TYPE_PCI_BRIDGE, .group = 1 },
		{ 1, .devfn = PCI_DEVFN(1, 0), .type = CONVENTIONAL, .group = 1 },
		{ 1, .devfn = PCI_DEVFN(2, 0), .type = CONVENTIONAL, .group = 1 },
		/* A bridge below the bridge, and what is behind it. */
		{ 1, .devfn = PCI_DEVFN(3, 0), .type = CONVENTIONAL, .group = 1 },
		{ 4, .devfn = PCI_DEVFN(1, 0), .type = CONVENTIONAL, .group = 1 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = CONVENTIONAL, .group = 2 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void aliases(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(2, 0), .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_RC_END,
		  .group = 0 },
		/* Nobody is at the function that this one poses as. */
		{ -1, .devfn = PCI_DEVFN(3, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(3, 7), .group = 1 },
		{ -1, .devfn = PCI_DEVFN(4, 0), .type = PCI_EXP_TYPE_RC_END,
		  .group = 2 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void aliases_in_a_circle(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(2, 0), .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(3, 0), .group = 0 },
		{ -1, .devfn = PCI_DEVFN(3, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(1, 0), .group = 0 },
		{ -1, .devfn = PCI_DEVFN(4, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(4, 0), .group = 1 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void alias_of_a_slot(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(2, 1), .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 1), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 2), .type = PCI_EXP_TYPE_RC_END,
		  .multi = true, .acs = ISOLATING, .group = 1 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

/* A root port that isolates keeps what is below it out of its own group. */
static void alias_of_an_isolating_port(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_RC_END,
		  .alias = PCI_DEVFN(2, 0), .group = 0 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .acs = ISOLATING, .group = 0 },
		{ 1, .type = PCI_EXP_TYPE_ENDPOINT, .group = 1 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static void virtual_functions(struct kunit *test)
{
	static const struct node nodes[] = {
		{ -1, .devfn = PCI_DEVFN(1, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .acs = ISOLATING, .group = 0 },
		{ 0, .type = PCI_EXP_TYPE_ENDPOINT, .group = 1 },
		{ 0, .virtual = true, .devfn = PCI_DEVFN(0, 1),
		  .type = PCI_EXP_TYPE_ENDPOINT, .group = 2 },
		{ 0, .virtual = true, .devfn = PCI_DEVFN(0, 2),
		  .type = PCI_EXP_TYPE_ENDPOINT, .group = 3 },
		{ -1, .devfn = PCI_DEVFN(2, 0), .type = PCI_EXP_TYPE_ROOT_PORT,
		  .group = 4 },
		{ 4, .type = PCI_EXP_TYPE_ENDPOINT, .group = 4 },
		{ 4, .virtual = true, .devfn = PCI_DEVFN(0, 1),
		  .type = PCI_EXP_TYPE_ENDPOINT, .group = 4 },
	};

	check(test, nodes, ARRAY_SIZE(nodes));
}

static struct kunit_case group_pci_cases[] = {
	KUNIT_CASE(isolated_ports),
	KUNIT_CASE(port_without_acs),
	KUNIT_CASE(each_flag_is_needed),
	KUNIT_CASE(switch_with_a_bad_port),
	KUNIT_CASE(switch_below_a_bad_root_port),
	KUNIT_CASE(functions_of_a_slot),
	KUNIT_CASE(root_ports_of_a_slot),
	KUNIT_CASE(conventional_bus),
	KUNIT_CASE(aliases),
	KUNIT_CASE(aliases_in_a_circle),
	KUNIT_CASE(alias_of_a_slot),
	KUNIT_CASE(alias_of_an_isolating_port),
	KUNIT_CASE(virtual_functions),
	{}
};

static struct kunit_suite group_pci_suite = {
	.name = "iommu-core-group-pci",
	.test_cases = group_pci_cases,
};

kunit_test_suite(group_pci_suite);
