// SPDX-License-Identifier: GPL-2.0
/*
 * Device tree binding over nodes made by each test, good ones and bad ones.
 *
 * The nodes hang below a disabled node of the live tree, so that no platform
 * device is made of them.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_iommu.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "core.h"
#include "missing.h"

/* Far from what a boot loader gives out */
#define PHANDLE_A	0x7ec70001	/* instance that is registered */
#define PHANDLE_B	0x7ec70002	/* a second one, two cells an entry */
#define PHANDLE_LATE	0x7ec70003	/* nobody registers it */
#define PHANDLE_OFF	0x7ec70004	/* disabled in the tree */
#define PHANDLE_NO_CELLS 0x7ec70005
#define PHANDLE_NOBODY	0x7ec7dead
#define PHANDLE_DEV	0x7ec70010
#define PHANDLE_OTHER	0x7ec70011
#define PHANDLE_MEM	0x7ec70020

struct of_bench {
	struct of_changeset changes;
	struct device_node *root, *iommu_a, *iommu_b, *master;
	struct device hwdev_a, hwdev_b;
	struct iommu_device instance_a, instance_b;
	struct iommu_ops ops;
	struct device dev;
	struct {
		struct device_node *np;
		u32 phandle;
	} named[12];
	unsigned int num_named;
	bool applied;
	unsigned int xlates;
	int xlate_error;
};

/* One test at a time; the driver below has no other way to find it. */
static struct of_bench *bench;

static int bench_xlate(struct device *dev, const struct of_phandle_args *args)
{
	u32 id = args->args_count ? args->args[0] : 0;

	bench->xlates++;
	dev_iommu_priv_set(dev, bench);
	if (bench->xlate_error)
		return bench->xlate_error;
	if (args->args_count == 2)
		id |= args->args[1] << 16;
	return iommu_fwspec_add_ids(dev, &id, 1);
}

static struct iommu_device *bench_probe(struct device *dev)
{
	return ERR_PTR(-ENODEV);
}

static struct device_node *add_node(struct kunit *test,
				    struct device_node *parent,
				    const char *name)
{
	struct device_node *np;

	np = of_changeset_create_node(&bench->changes, parent, name);
	KUNIT_ASSERT_NOT_NULL(test, np);
	return np;
}

/* A node gets its phandle only when it is in the tree: see bench_start(). */
static void set_phandle(struct kunit *test, struct device_node *np, u32 phandle)
{
	KUNIT_ASSERT_LT(test, bench->num_named, ARRAY_SIZE(bench->named));
	bench->named[bench->num_named].np = np;
	bench->named[bench->num_named].phandle = phandle;
	bench->num_named++;
}

/* Properties of cells; a list without cells makes an empty property. */
#define add_cells(test, np, name, ...) do { \
	const u32 cells_[] = { __VA_ARGS__ }; \
	KUNIT_ASSERT_EQ(test, add_cells_array(np, name, cells_, \
					      ARRAY_SIZE(cells_)), 0); \
} while (0)

static int add_cells_array(struct device_node *np, const char *name,
			   const u32 *cells, size_t count)
{
	if (!count)
		return of_changeset_add_prop_bool(&bench->changes, np, name);
	return of_changeset_add_prop_u32_array(&bench->changes, np, name, cells,
					       count);
}

static struct device_node *add_iommu(struct kunit *test, const char *name,
				     u32 phandle, int cells)
{
	struct device_node *np = add_node(test, bench->root, name);

	set_phandle(test, np, phandle);
	if (cells >= 0)
		add_cells(test, np, "#iommu-cells", cells);
	return np;
}

static void bench_build(struct kunit *test)
{
	struct device_node *np;

	bench->root = add_node(test, of_root, "iommu-of-test");
	of_changeset_add_prop_string(&bench->changes, bench->root, "status",
				     "disabled");
	add_cells(test, bench->root, "#address-cells", 1);
	add_cells(test, bench->root, "#size-cells", 1);
	add_cells(test, bench->root, "ranges");
	bench->iommu_a = add_iommu(test, "iommu-a", PHANDLE_A, 1);
	bench->iommu_b = add_iommu(test, "iommu-b", PHANDLE_B, 2);
	add_iommu(test, "iommu-late", PHANDLE_LATE, 1);
	np = add_iommu(test, "iommu-off", PHANDLE_OFF, 1);
	of_changeset_add_prop_string(&bench->changes, np, "status", "disabled");
	add_iommu(test, "iommu-no-cells", PHANDLE_NO_CELLS, -1);
	np = add_node(test, bench->root, "other");
	set_phandle(test, np, PHANDLE_OTHER);
	bench->master = add_node(test, bench->root, "master");
	set_phandle(test, bench->master, PHANDLE_DEV);
}

static void bench_register(struct kunit *test, struct iommu_device *instance,
			   struct device *hwdev, struct device_node *np)
{
	device_initialize(hwdev);
	hwdev->fwnode = of_fwnode_handle(np);
	KUNIT_ASSERT_EQ(test, iommu_device_register(instance, &bench->ops,
						    hwdev), 0);
}

static enum iommu_missing defer_policy(void)
{
	return IOMMU_MISSING_DEFER;
}

static int of_bench_init(struct kunit *test)
{
	if (!of_root)
		kunit_skip(test, "this kernel has no device tree");
	bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench);
	bench->ops.of_xlate = bench_xlate;
	bench->ops.probe_device = bench_probe;
	bench->ops.owner = THIS_MODULE;
	of_changeset_init(&bench->changes);
	bench_build(test);
	kunit_activate_static_stub(test, iommu_missing_policy, defer_policy);
	/* Without a bus, so that nothing is probed. */
	device_initialize(&bench->dev);
	dev_set_name(&bench->dev, "of-bench");
	return 0;
}

static void of_bench_exit(struct kunit *test)
{
	if (!bench)
		return;
	mutex_lock(&iommu_probe_device_lock);
	if (bench->dev.iommu)
		dev_iommu_free(&bench->dev);
	mutex_unlock(&iommu_probe_device_lock);
	if (bench->instance_a.ops)
		iommu_device_unregister(&bench->instance_a);
	if (bench->instance_b.ops)
		iommu_device_unregister(&bench->instance_b);
	if (bench->applied)
		of_changeset_revert(&bench->changes);
	of_changeset_destroy(&bench->changes);
	kfree_const(bench->dev.kobj.name);
	bench = NULL;
}

/* To be called when the test has added its own properties */
static void bench_start(struct kunit *test)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, of_changeset_apply(&bench->changes), 0);
	bench->applied = true;
	for (i = 0; i < bench->num_named; i++)
		bench->named[i].np->phandle = bench->named[i].phandle;
	bench->dev.of_node = bench->master;
	bench_register(test, &bench->instance_a, &bench->hwdev_a,
		       bench->iommu_a);
	bench_register(test, &bench->instance_b, &bench->hwdev_b,
		       bench->iommu_b);
}

static int configure(void)
{
	return of_iommu_configure(&bench->dev, bench->master, NULL);
}

static int configure_id(u32 id)
{
	return of_iommu_configure(&bench->dev, bench->master, &id);
}

static void expect_ids(struct kunit *test, struct device_node *iommu,
		       const u32 *ids, unsigned int count)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(&bench->dev);

	KUNIT_ASSERT_NOT_NULL(test, fwspec);
	KUNIT_EXPECT_PTR_EQ(test, fwspec->iommu_fwnode,
			    of_fwnode_handle(iommu));
	KUNIT_ASSERT_EQ(test, fwspec->num_ids, count);
	KUNIT_EXPECT_MEMEQ(test, fwspec->ids, ids, count * sizeof(*ids));
}

/* A binding that fails leaves nothing of itself. */
static void expect_unbound(struct kunit *test, int ret, int error)
{
	KUNIT_EXPECT_EQ(test, ret, error);
	KUNIT_EXPECT_NULL(test, dev_iommu_fwspec_get(&bench->dev));
	KUNIT_EXPECT_NULL(test, dev_iommu_priv_get(&bench->dev));
}

/*
 * "iommus"
 */

static void iommus_give_all_their_ids(struct kunit *test)
{
	static const u32 ids[] = { 0x10, 0x20 };

	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10, PHANDLE_A,
		  0x20);
	bench_start(test);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	expect_ids(test, bench->iommu_a, ids, 2);
	/* Ids that are there stay as they are. */
	KUNIT_EXPECT_EQ(test, configure(), 0);
	expect_ids(test, bench->iommu_a, ids, 2);
	KUNIT_EXPECT_EQ(test, bench->xlates, 2);
}

static void iommus_take_as_many_cells_as_said(struct kunit *test)
{
	static const u32 ids[] = { 0x70010 };

	add_cells(test, bench->master, "iommus", PHANDLE_B, 0x10, 7);
	bench_start(test);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	expect_ids(test, bench->iommu_b, ids, 1);
}

static void iommus_that_repeat_count_once(struct kunit *test)
{
	static const u32 ids[] = { 0x10, 0x11 };

	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10, PHANDLE_A,
		  0x11, PHANDLE_A, 0x10);
	bench_start(test);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	expect_ids(test, bench->iommu_a, ids, 2);
}

static void no_iommus_is_no_iommu(struct kunit *test)
{
	bench_start(test);
	expect_unbound(test, configure(), -ENODEV);
	expect_unbound(test, of_iommu_configure(&bench->dev, NULL, NULL),
		       -ENODEV);
}

static void disabled_iommu_is_no_iommu(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10, PHANDLE_OFF,
		  0x10);
	bench_start(test);
	expect_unbound(test, configure(), -ENODEV);
}

static void absent_iommu_is_waited_for(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10, PHANDLE_LATE,
		  0x10);
	bench_start(test);
	expect_unbound(test, configure(), -EPROBE_DEFER);
	expect_unbound(test, configure(), -EPROBE_DEFER);
	KUNIT_ASSERT_NOT_NULL(test, bench->dev.iommu);
	KUNIT_EXPECT_STREQ(test, "iommu-late",
			   fwnode_get_name(bench->dev.iommu->missing));
}

static void iommus_of_nobody_are_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10,
		  PHANDLE_NOBODY, 0x10);
	bench_start(test);
	expect_unbound(test, configure(), -EINVAL);
	KUNIT_EXPECT_EQ(test, bench->xlates, 0);
}

static void iommus_without_cells_are_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_NO_CELLS, 0x10);
	bench_start(test);
	expect_unbound(test, configure(), -EINVAL);
}

static void iommus_cut_short_are_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10, PHANDLE_B,
		  0x10);
	bench_start(test);
	expect_unbound(test, configure(), -EINVAL);
	KUNIT_EXPECT_EQ(test, bench->xlates, 0);
}

/* Stopping at it would bind the device by half of its streams. */
static void empty_entry_is_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10, 0, PHANDLE_A,
		  0x20);
	bench_start(test);
	expect_unbound(test, configure(), -EINVAL);
}

static void entry_that_the_driver_refuses_fails(struct kunit *test)
{
	add_cells(test, bench->master, "iommus", PHANDLE_A, 0x10);
	bench->xlate_error = -ERANGE;
	bench_start(test);
	expect_unbound(test, configure(), -ERANGE);
}

/*
 * "iommu-map"
 */

static void map_translates_ids(struct kunit *test)
{
	static const u32 ids[] = { 0x1005 };

	add_cells(test, bench->master, "iommu-map", 0x0, PHANDLE_A, 0x1000, 0x8,
		  0x100, PHANDLE_B, 0x0, 0x8);
	bench_start(test);
	KUNIT_EXPECT_EQ(test, configure_id(5), 0);
	expect_ids(test, bench->iommu_a, ids, 1);
}

static void map_mask_hides_bits(struct kunit *test)
{
	static const u32 ids[] = { 0x1100 };

	add_cells(test, bench->master, "iommu-map", 0x0, PHANDLE_A, 0x1000,
		  0x1000);
	add_cells(test, bench->master, "iommu-map-mask", 0xff00);
	bench_start(test);
	KUNIT_EXPECT_EQ(test, configure_id(0x1fe), 0);
	expect_ids(test, bench->iommu_a, ids, 1);
}

static void id_outside_the_map_is_no_iommu(struct kunit *test)
{
	add_cells(test, bench->master, "iommu-map", 0x0, PHANDLE_A, 0x1000,
		  0x8);
	bench_start(test);
	expect_unbound(test, configure_id(8), -ENODEV);
}

static void map_to_nobody_is_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommu-map", 0x0, PHANDLE_NOBODY, 0x1000,
		  0x8);
	bench_start(test);
	expect_unbound(test, configure_id(1), -ENXIO);
}

static void map_of_odd_length_is_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommu-map", 0x0, PHANDLE_A, 0x1000);
	bench_start(test);
	expect_unbound(test, configure_id(1), -EINVAL);
}

static void map_that_the_mask_cuts_is_refused(struct kunit *test)
{
	add_cells(test, bench->master, "iommu-map", 0x1, PHANDLE_A, 0x1000,
		  0x8);
	add_cells(test, bench->master, "iommu-map-mask", 0xff00);
	bench_start(test);
	expect_unbound(test, configure_id(1), -EFAULT);
}

/*
 * PCI
 */

struct pci_bench {
	struct pci_bus bus;
	struct pci_dev pdev;
	DECLARE_BITMAP(aliases, 256);
};

/*
 * The device's own id and those that it borrows, of which the mask makes two
 * equal.  The device is on the PCI bus type, so it is probed after that; the
 * driver declines.
 */
static void pci_aliases_get_their_ids(struct kunit *test)
{
	static const u32 ids[] = { 0x1108, 0x1110 };
	struct pci_bench *pci = kunit_kzalloc(test, sizeof(*pci), GFP_KERNEL);
	struct iommu_fwspec *fwspec;
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, pci);
	add_cells(test, bench->master, "iommu-map", 0x0, PHANDLE_A, 0x1000,
		  0x10000);
	add_cells(test, bench->master, "iommu-map-mask", 0xfff8);
	add_cells(test, bench->master, "ats-supported");
	bench_start(test);

	dev = &pci->pdev.dev;
	device_initialize(dev);
	dev->bus = &pci_bus_type;
	pci->bus.number = 1;
	pci->pdev.bus = &pci->bus;
	pci->pdev.devfn = PCI_DEVFN(1, 0);
	pci->pdev.dma_alias_mask = pci->aliases;
	set_bit(PCI_DEVFN(1, 3), pci->aliases);
	set_bit(PCI_DEVFN(2, 1), pci->aliases);

	KUNIT_EXPECT_EQ(test, of_iommu_configure(dev, bench->master, NULL),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, bench->xlates, 3);
	fwspec = dev_iommu_fwspec_get(dev);
	KUNIT_EXPECT_NOT_NULL(test, fwspec);
	if (fwspec) {
		KUNIT_EXPECT_EQ(test, fwspec->num_ids, 2);
		KUNIT_EXPECT_MEMEQ(test, fwspec->ids, ids, sizeof(ids));
		KUNIT_EXPECT_EQ(test, fwspec->flags, IOMMU_FWSPEC_PCI_RC_ATS);
	}
	mutex_lock(&iommu_probe_device_lock);
	if (dev->iommu)
		dev_iommu_free(dev);
	mutex_unlock(&iommu_probe_device_lock);
}

/*
 * Reserved memory
 */

static struct device_node *add_memory(struct kunit *test)
{
	struct device_node *np = add_node(test, bench->root, "memory");

	set_phandle(test, np, PHANDLE_MEM);
	add_cells(test, bench->master, "memory-region", PHANDLE_MEM);
	return np;
}

/* Asks for the device's regions, and expects one if @start is given. */
static void expect_region(struct kunit *test, unsigned long start,
			  size_t length, enum iommu_resv_type type)
{
	struct iommu_resv_region *region;
	LIST_HEAD(list);

	of_iommu_get_resv_regions(&bench->dev, &list);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&list), !!start);
	list_for_each_entry(region, &list, list) {
		KUNIT_EXPECT_EQ(test, region->start, start);
		KUNIT_EXPECT_EQ(test, region->length, length);
		KUNIT_EXPECT_EQ(test, (int)region->type, (int)type);
		KUNIT_EXPECT_EQ(test, region->prot & ~IOMMU_CACHE,
				IOMMU_READ | IOMMU_WRITE);
	}
	iommu_put_resv_regions(&bench->dev, &list);
}

static void region_at_its_own_address_is_direct(struct kunit *test)
{
	struct device_node *np = add_memory(test);

	add_cells(test, np, "reg", 0x50000000, 0x2000);
	add_cells(test, np, "iommu-addresses", PHANDLE_DEV, 0x50000000, 0x2000);
	bench_start(test);
	expect_region(test, 0x50000000, 0x2000, IOMMU_RESV_DIRECT);
}

static void region_elsewhere_is_reserved(struct kunit *test)
{
	struct device_node *np = add_memory(test);

	add_cells(test, np, "reg", 0x50000000, 0x2000);
	add_cells(test, np, "iommu-addresses", PHANDLE_DEV, 0x60000000, 0x2000);
	bench_start(test);
	expect_region(test, 0x60000000, 0x2000, IOMMU_RESV_RESERVED);
}

/* The other device's address looks like our phandle. */
static void regions_of_others_are_skipped(struct kunit *test)
{
	struct device_node *np = add_memory(test);

	add_cells(test, np, "iommu-addresses", PHANDLE_OTHER, PHANDLE_DEV,
		  0x1000, PHANDLE_DEV, 0x60000000, 0x2000);
	bench_start(test);
	expect_region(test, 0x60000000, 0x2000, IOMMU_RESV_RESERVED);
}

static void bad_regions_are_left_out(struct kunit *test)
{
	static const char * const names[] = { "empty", "cut", "lost", "good" };
	struct device_node *np[ARRAY_SIZE(names)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		np[i] = add_node(test, bench->root, names[i]);
		set_phandle(test, np[i], PHANDLE_MEM + i);
	}
	add_cells(test, np[0], "iommu-addresses", PHANDLE_DEV, 0x60000000, 0);
	add_cells(test, np[1], "iommu-addresses", PHANDLE_DEV, 0x60000000);
	add_cells(test, np[2], "iommu-addresses", PHANDLE_NOBODY, 0x60000000,
		  0x1000);
	add_cells(test, np[3], "iommu-addresses", PHANDLE_DEV, 0x70000000,
		  0x1000);
	add_cells(test, bench->master, "memory-region", PHANDLE_MEM,
		  PHANDLE_MEM + 1, PHANDLE_MEM + 2, PHANDLE_NOBODY,
		  PHANDLE_MEM + 3);
	bench_start(test);
	expect_region(test, 0x70000000, 0x1000, IOMMU_RESV_RESERVED);
}

static void device_without_node_has_no_regions(struct kunit *test)
{
	bench_start(test);
	expect_region(test, 0, 0, IOMMU_RESV_DIRECT);
	bench->dev.of_node = NULL;
	expect_region(test, 0, 0, IOMMU_RESV_DIRECT);
}

static struct kunit_case of_cases[] = {
	KUNIT_CASE(iommus_give_all_their_ids),
	KUNIT_CASE(iommus_take_as_many_cells_as_said),
	KUNIT_CASE(iommus_that_repeat_count_once),
	KUNIT_CASE(no_iommus_is_no_iommu),
	KUNIT_CASE(disabled_iommu_is_no_iommu),
	KUNIT_CASE(absent_iommu_is_waited_for),
	KUNIT_CASE(iommus_of_nobody_are_refused),
	KUNIT_CASE(iommus_without_cells_are_refused),
	KUNIT_CASE(iommus_cut_short_are_refused),
	KUNIT_CASE(empty_entry_is_refused),
	KUNIT_CASE(entry_that_the_driver_refuses_fails),
	KUNIT_CASE(map_translates_ids),
	KUNIT_CASE(map_mask_hides_bits),
	KUNIT_CASE(id_outside_the_map_is_no_iommu),
	KUNIT_CASE(map_to_nobody_is_refused),
	KUNIT_CASE(map_of_odd_length_is_refused),
	KUNIT_CASE(map_that_the_mask_cuts_is_refused),
	KUNIT_CASE(pci_aliases_get_their_ids),
	KUNIT_CASE(region_at_its_own_address_is_direct),
	KUNIT_CASE(region_elsewhere_is_reserved),
	KUNIT_CASE(regions_of_others_are_skipped),
	KUNIT_CASE(bad_regions_are_left_out),
	KUNIT_CASE(device_without_node_has_no_regions),
	{}
};

static struct kunit_suite of_suite = {
	.name = "iommu-core-of",
	.init = of_bench_init,
	.exit = of_bench_exit,
	.test_cases = of_cases,
};

kunit_test_suite(of_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: device tree");
MODULE_LICENSE("GPL");
