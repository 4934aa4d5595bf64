// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of fwspec.c: firmware ids and what is refused.
 */
#include <linux/of.h>
#include <linux/property.h>

#include "core.h"
#include "mock.h"

static int locked_init(struct device *dev, struct fwnode_handle *node)
{
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	ret = iommu_fwspec_init(dev, node);
	mutex_unlock(&iommu_probe_device_lock);
	return ret;
}

static void init_waits_for_instance(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_create(test, mock, 1));

	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, locked_init(dev, mock->node));
	KUNIT_EXPECT_NULL(test, dev_iommu_fwspec_get(dev));
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu);
	KUNIT_EXPECT_PTR_EQ(test, mock->node, dev->iommu->missing);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_EXPECT_EQ(test, 0, locked_init(dev, mock->node));
	KUNIT_EXPECT_NULL(test, dev->iommu->missing);
	KUNIT_ASSERT_NOT_NULL(test, dev_iommu_fwspec_get(dev));
	KUNIT_EXPECT_PTR_EQ(test, mock->node,
			    dev_iommu_fwspec_get(dev)->iommu_fwnode);
	/* Once more is nothing new. */
	KUNIT_EXPECT_EQ(test, 0, locked_init(dev, mock->node));
}

static void init_refuses_second_driver(struct kunit *test)
{
	struct mock_iommu *one = mock_iommu_create(test);
	struct mock_iommu *two = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_create(test, one, 1));

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(one));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(two));
	KUNIT_ASSERT_EQ(test, 0, locked_init(dev, one->node));
	KUNIT_EXPECT_EQ(test, -EINVAL, locked_init(dev, two->node));
	KUNIT_EXPECT_PTR_EQ(test, one->node,
			    dev_iommu_fwspec_get(dev)->iommu_fwnode);

	/* The same driver's second instance is another matter. */
	two->iommu.ops = &one->ops;
	KUNIT_EXPECT_EQ(test, 0, locked_init(dev, two->node));
	two->iommu.ops = &two->ops;
}

static void ids_accumulate(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_create(test, mock, 1));
	static const u32 first[] = { 7, 8 };
	u32 many[40];
	int i;

	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_fwspec_add_ids(dev, first, 2));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, locked_init(dev, mock->node));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_fwspec_add_ids(dev, first, -1));
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_add_ids(dev, first, 0));
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_add_ids(dev, first, 2));
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 100 + i;
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_add_ids(dev, many,
						      ARRAY_SIZE(many)));

	KUNIT_ASSERT_EQ(test, 42, dev_iommu_fwspec_get(dev)->num_ids);
	KUNIT_EXPECT_EQ(test, 7, dev_iommu_fwspec_get(dev)->ids[0]);
	KUNIT_EXPECT_EQ(test, 8, dev_iommu_fwspec_get(dev)->ids[1]);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		KUNIT_EXPECT_EQ(test, 100 + i,
				dev_iommu_fwspec_get(dev)->ids[2 + i]);
}

static void a_cell_is_an_id(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_create(test, mock, 1));
	struct of_phandle_args args = { .args = { 0x17, 0x18 } };

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, locked_init(dev, mock->node));
	for (args.args_count = 0; args.args_count < 4; args.args_count++) {
		if (args.args_count == 1)
			continue;
		KUNIT_EXPECT_EQ(test, -EINVAL, iommu_fwspec_add_cell(dev, &args));
	}
	KUNIT_EXPECT_EQ(test, 0, dev_iommu_fwspec_get(dev)->num_ids);
	args.args_count = 1;
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_add_cell(dev, &args));
	KUNIT_ASSERT_EQ(test, 1, dev_iommu_fwspec_get(dev)->num_ids);
	KUNIT_EXPECT_EQ(test, 0x17, dev_iommu_fwspec_get(dev)->ids[0]);
}

static void free_leaves_state(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_create(test, mock, 1));

	/* Nothing to free is fine. */
	iommu_fwspec_free(dev);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, locked_init(dev, mock->node));
	iommu_fwspec_free(dev);
	KUNIT_EXPECT_NULL(test, dev_iommu_fwspec_get(dev));
	KUNIT_EXPECT_NOT_NULL(test, dev->iommu);
	KUNIT_EXPECT_EQ(test, 0, locked_init(dev, mock->node));
}

static struct kunit_case fwspec_cases[] = {
	KUNIT_CASE(init_waits_for_instance),
	KUNIT_CASE(init_refuses_second_driver),
	KUNIT_CASE(ids_accumulate),
	KUNIT_CASE(a_cell_is_an_id),
	KUNIT_CASE(free_leaves_state),
	{}
};

static struct kunit_suite fwspec_suite = {
	.name = "iommu-core-fwspec",
	.test_cases = fwspec_cases,
};

kunit_test_suite(fwspec_suite);
