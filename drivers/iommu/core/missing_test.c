// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of missing.c: every way in which an instance is not there, with every
 * policy, before and after the driver core has given up.
 *
 * What is asked is of_dma_configure(), which decides whether a driver is bound.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "core.h"
#include "direct.h"
#include "missing.h"
#include "mock.h"

#define PHANDLE_IOMMU	0x7ec80001

struct missing_bench {
	struct of_changeset changes;
	struct device_node *root, *iommu, *master;
	struct device hwdev;
	struct iommu_device instance;
	struct iommu_ops ops;
	struct device dev;
	struct device_driver driver;
	bool applied;
	bool refuse;
};

/* One test at a time; the functions below have no other way to find it. */
static struct missing_bench *bench;
static enum iommu_missing policy;
static bool expired;

static enum iommu_missing test_policy(void)
{
	return policy;
}

static bool test_expired(struct device *dev)
{
	return expired;
}

static int bench_xlate(struct device *dev, const struct of_phandle_args *args)
{
	return bench->refuse ? -ERANGE : iommu_fwspec_add_ids(dev, args->args, 1);
}

static struct iommu_device *bench_probe(struct device *dev)
{
	return ERR_PTR(-ENODEV);
}

static struct device_node *add_node(struct kunit *test, struct device_node *parent,
				    const char *name)
{
	struct device_node *np = of_changeset_create_node(&bench->changes, parent, name);

	KUNIT_ASSERT_NOT_NULL(test, np);
	return np;
}

static void build(struct kunit *test, bool disabled)
{
	static const u32 iommus[] = { PHANDLE_IOMMU, 0x10 };
	struct of_changeset *changes = &bench->changes;

	bench->root = add_node(test, of_root, "iommu-missing-test");
	of_changeset_add_prop_string(changes, bench->root, "status", "disabled");
	bench->iommu = add_node(test, bench->root, "iommu-lost");
	of_changeset_add_prop_u32(changes, bench->iommu, "#iommu-cells", 1);
	if (disabled)
		of_changeset_add_prop_string(changes, bench->iommu, "status", "disabled");
	bench->master = add_node(test, bench->root, "master");
	of_changeset_add_prop_u32_array(changes, bench->master, "iommus", iommus,
					ARRAY_SIZE(iommus));
	KUNIT_ASSERT_EQ(test, 0, of_changeset_apply(changes));
	bench->applied = true;
	bench->iommu->phandle = PHANDLE_IOMMU;

	bench->dev.of_node = bench->master;
	bench->hwdev.fwnode = of_fwnode_handle(bench->iommu);
}

static int configure(void)
{
	return of_dma_configure(&bench->dev, bench->master, true);
}

static int arrive(void)
{
	return iommu_device_register(&bench->instance, &bench->ops, &bench->hwdev);
}

static void bind(void)
{
	bench->dev.driver = &bench->driver;
}

static void unbind(void)
{
	iommu_device_unuse_default_domain(&bench->dev);
	bench->dev.driver = NULL;
	mutex_lock(&iommu_probe_device_lock);
	iommu_direct_unbound(&bench->dev, false);
	mutex_unlock(&iommu_probe_device_lock);
}

static bool has_ids(void)
{
	return dev_iommu_fwspec_get(&bench->dev);
}

static bool stays_out(void)
{
	return bench->dev.iommu && bench->dev.iommu->stays_out;
}

enum where {
	DISABLED,
	ABSENT,
	FAILED,		/* its driver is there, but it is not */
	LATE,		/* comes when the device has been asked about once */
	REFUSING,
};

/**
 * struct situation - a line of the table
 * @name: what it is called in the results
 * @where: what there is of the instance
 * @policy: what the administrator says
 * @waiting: answer while drivers are waited for
 * @expired: answer when they are not any more
 * @direct: @expired is to do without translation
 */
struct situation {
	const char *name;
	enum where where;
	enum iommu_missing policy;
	int waiting;
	int expired;
	bool direct;
};

#define DEFER	IOMMU_MISSING_DEFER
#define BYPASS	IOMMU_MISSING_BYPASS
#define FAIL	IOMMU_MISSING_FAIL

static const struct situation situations[] = {
	{ "disabled-defer", DISABLED, DEFER, 0, 0, false },
	{ "disabled-bypass", DISABLED, BYPASS, 0, 0, false },
	{ "disabled-fail", DISABLED, FAIL, 0, 0, false },
	{ "absent-defer", ABSENT, DEFER, -EPROBE_DEFER, -EPROBE_DEFER, false },
	{ "absent-bypass", ABSENT, BYPASS, -EPROBE_DEFER, 0, true },
	{ "absent-fail", ABSENT, FAIL, -EPROBE_DEFER, -ENXIO, false },
	{ "failed-defer", FAILED, DEFER, -EPROBE_DEFER, -EPROBE_DEFER, false },
	{ "failed-bypass", FAILED, BYPASS, -EPROBE_DEFER, 0, true },
	{ "failed-fail", FAILED, FAIL, -EPROBE_DEFER, -ENXIO, false },
	{ "late-defer", LATE, DEFER, -EPROBE_DEFER, 0, false },
	{ "late-bypass", LATE, BYPASS, -EPROBE_DEFER, 0, false },
	{ "late-fail", LATE, FAIL, -EPROBE_DEFER, 0, false },
	{ "refusing-defer", REFUSING, DEFER, -ERANGE, -ERANGE, false },
	{ "refusing-bypass", REFUSING, BYPASS, 0, 0, true },
	{ "refusing-fail", REFUSING, FAIL, -ERANGE, -ERANGE, false },
};

KUNIT_ARRAY_PARAM_DESC(situation, situations, name);

/* As a device whose driver was matched, and is not bound */
static void claim_to_have_failed(void)
{
	bench->hwdev.can_match = true;
	of_fwnode_handle(bench->iommu)->dev = &bench->hwdev;
}

static void decides_by_policy(struct kunit *test)
{
	const struct situation *s = test->param_value;

	policy = s->policy;
	build(test, s->where == DISABLED);
	bench->refuse = s->where == REFUSING;
	if (s->where == FAILED)
		claim_to_have_failed();
	if (s->where == REFUSING)
		KUNIT_ASSERT_EQ(test, 0, arrive());

	KUNIT_EXPECT_EQ(test, s->waiting, configure());
	KUNIT_EXPECT_FALSE(test, has_ids());
	/* One that is there and refuses is not waited for. */
	KUNIT_EXPECT_EQ(test, s->direct && s->where == REFUSING, stays_out());
	expired = true;
	if (s->where == LATE)
		KUNIT_ASSERT_EQ(test, 0, arrive());
	KUNIT_EXPECT_EQ(test, s->expired, configure());
	KUNIT_EXPECT_EQ(test, s->where == LATE, has_ids());
	KUNIT_EXPECT_EQ(test, s->direct, stays_out());
	/* The same question gets the same answer. */
	KUNIT_EXPECT_EQ(test, s->expired, configure());
}

/* Whatever was decided without it, the next binding has it. */
static void comes_after_the_decision(struct kunit *test)
{
	static const struct {
		enum iommu_missing policy;
		int before;
	} cases[] = {
		{ DEFER, -EPROBE_DEFER },
		{ BYPASS, 0 },
		{ FAIL, -ENXIO },
	};
	int i;

	build(test, false);
	expired = true;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		policy = cases[i].policy;
		bind();
		KUNIT_EXPECT_EQ(test, cases[i].before, configure());
		KUNIT_ASSERT_EQ(test, 0, arrive());
		mutex_lock(&iommu_probe_device_lock);
		iommu_missing_arrived(&bench->dev);
		mutex_unlock(&iommu_probe_device_lock);
		KUNIT_EXPECT_FALSE(test, has_ids());
		unbind();
		KUNIT_EXPECT_FALSE(test, stays_out());

		KUNIT_EXPECT_EQ(test, 0, configure());
		KUNIT_EXPECT_TRUE(test, has_ids());
		iommu_device_unregister(&bench->instance);
		bench->instance.ops = NULL;
		/* It has been there, so it is waited for, whatever the policy. */
		KUNIT_EXPECT_EQ(test, -EPROBE_DEFER,
				iommu_device_use_default_domain(&bench->dev));
		mutex_lock(&iommu_probe_device_lock);
		iommu_device_release(&bench->dev);
		mutex_unlock(&iommu_probe_device_lock);
	}
}

static void says_so_once(struct kunit *test)
{
	static const char text[] = "IOMMU /iommu-missing-test/iommu-lost has come";
	unsigned int before = mock_log_lines(text);

	policy = BYPASS;
	expired = true;
	build(test, false);
	bind();
	KUNIT_EXPECT_EQ(test, 0, configure());
	KUNIT_ASSERT_EQ(test, 0, arrive());
	mutex_lock(&iommu_probe_device_lock);
	iommu_missing_arrived(&bench->dev);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	iommu_missing_arrived(&bench->dev);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	mutex_unlock(&iommu_probe_device_lock);
	unbind();
}

/* The log has the node's name and what is known of it. */
static void names_the_instance(struct kunit *test)
{
	static const char no_device[] = "iommu-lost is missing (no device was made of it yet)";
	static const char failed[] = "iommu-lost is missing (its driver waits for something";
	unsigned int before[] = { mock_log_lines(no_device), mock_log_lines(failed) };

	policy = FAIL;
	expired = true;
	build(test, false);
	KUNIT_EXPECT_EQ(test, -ENXIO, configure());
	KUNIT_EXPECT_EQ(test, before[0] + 1, mock_log_lines(no_device));
	claim_to_have_failed();
	KUNIT_EXPECT_EQ(test, -ENXIO, configure());
	KUNIT_EXPECT_EQ(test, before[1] + 1, mock_log_lines(failed));
}

static void lists_name_instances(struct kunit *test)
{
	static const struct {
		const char *list;
		bool found;
	} cases[] = {
		{ "", false },
		{ "iommu-lost", true },
		{ "/iommu-missing-test/iommu-lost", true },
		{ "other,iommu-lost", true },
		{ "iommu-lost,other", true },
		{ "iommu-los", false },
		{ "iommu-lost2", false },
		{ "missing-test/iommu-lost", false },
		{ ",,iommu-lost,", true },
	};
	int i;

	build(test, false);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].found,
				    iommu_missing_listed(cases[i].list,
							 of_fwnode_handle(bench->iommu)),
				    "\"%s\"", cases[i].list);
}

#ifdef CONFIG_PCI

static void function_release(struct device *dev) {}

/* ACPI's table gives a node to a function that the bus has long since. */
static void names_a_pci_function(struct kunit *test)
{
	static const struct fwnode_operations no_ops;
	struct fwnode_handle *fwnode = kunit_kzalloc(test, sizeof(*fwnode), GFP_KERNEL);
	struct pci_dev *pdev = kunit_kzalloc(test, sizeof(*pdev), GFP_KERNEL);
	struct pci_bus *bus = kunit_kzalloc(test, sizeof(*bus), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fwnode);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_NOT_NULL(test, bus);
	fwnode_init(fwnode, &no_ops);
	pdev->bus = bus;
	device_initialize(&pdev->dev);
	pdev->dev.bus = &pci_bus_type;
	pdev->dev.release = function_release;
	dev_set_name(&pdev->dev, "7ec8:00:08.0");
	KUNIT_EXPECT_FALSE(test, iommu_missing_listed("7ec8:00:08.0", fwnode));
	if (!device_add(&pdev->dev)) {
		set_primary_fwnode(&pdev->dev, fwnode);
		KUNIT_EXPECT_TRUE(test, iommu_missing_listed("7ec8:00:08.0", fwnode));
		set_primary_fwnode(&pdev->dev, NULL);
		device_del(&pdev->dev);
	} else {
		KUNIT_FAIL(test, "the bus does not take the function");
	}
	put_device(&pdev->dev);
}

#endif /* CONFIG_PCI */

static void values_are_checked(struct kunit *test)
{
	static const char * const wrong[] = { NULL, "", "def", "deferred", "1", "BYPASS" };
	enum iommu_missing value = FAIL;
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ(test, -EINVAL, iommu_missing_parse(wrong[i], &value));
	KUNIT_EXPECT_EQ(test, (int)FAIL, (int)value);
	KUNIT_EXPECT_EQ(test, 0, iommu_missing_parse("defer", &value));
	KUNIT_EXPECT_EQ(test, (int)DEFER, (int)value);
	KUNIT_EXPECT_EQ(test, 0, iommu_missing_parse("bypass", &value));
	KUNIT_EXPECT_EQ(test, (int)BYPASS, (int)value);
	KUNIT_EXPECT_EQ(test, 0, iommu_missing_parse("fail", &value));
	KUNIT_EXPECT_EQ(test, (int)FAIL, (int)value);
}

static int missing_init(struct kunit *test)
{
	if (!of_root)
		kunit_skip(test, "this kernel has no device tree");
	bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench);
	bench->ops.of_xlate = bench_xlate;
	bench->ops.probe_device = bench_probe;
	bench->ops.owner = THIS_MODULE;
	bench->driver.name = "missing-test";
	of_changeset_init(&bench->changes);
	device_initialize(&bench->hwdev);
	dev_set_name(&bench->hwdev, "missing-iommu");
	/* Without a bus, so that nothing is probed. */
	device_initialize(&bench->dev);
	dev_set_name(&bench->dev, "missing-bench");
	bench->dev.coherent_dma_mask = DMA_BIT_MASK(32);
	bench->dev.dma_mask = &bench->dev.coherent_dma_mask;
	policy = DEFER;
	expired = false;
	kunit_activate_static_stub(test, iommu_missing_policy, test_policy);
	kunit_activate_static_stub(test, iommu_missing_expired, test_expired);
	return 0;
}

static void missing_exit(struct kunit *test)
{
	if (!bench)
		return;
	mutex_lock(&iommu_probe_device_lock);
	iommu_device_release(&bench->dev);
	mutex_unlock(&iommu_probe_device_lock);
	if (bench->instance.ops)
		iommu_device_unregister(&bench->instance);
	if (bench->iommu)
		of_fwnode_handle(bench->iommu)->dev = NULL;
	if (bench->applied)
		of_changeset_revert(&bench->changes);
	of_changeset_destroy(&bench->changes);
	kfree_const(bench->dev.kobj.name);
	kfree_const(bench->hwdev.kobj.name);
	bench = NULL;
}

static struct kunit_case missing_cases[] = {
	KUNIT_CASE_PARAM(decides_by_policy, situation_gen_params),
	KUNIT_CASE(comes_after_the_decision),
	KUNIT_CASE(says_so_once),
	KUNIT_CASE(names_the_instance),
	KUNIT_CASE(lists_name_instances),
#ifdef CONFIG_PCI
	KUNIT_CASE(names_a_pci_function),
#endif
	KUNIT_CASE(values_are_checked),
	{}
};

static struct kunit_suite missing_suite = {
	.name = "iommu-core-missing",
	.init = missing_init,
	.exit = missing_exit,
	.test_cases = missing_cases,
};

kunit_test_suite(missing_suite);
