// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of instance.c and bus.c: who is registered, who can see it, and what
 * becomes of the devices.
 */
#include <linux/device/bus.h>
#include <linux/kthread.h>

#include "core.h"
#include "mock.h"

static void finds_by_node(struct kunit *test)
{
	struct mock_iommu *one = mock_iommu_create(test);
	struct mock_iommu *two = mock_iommu_create(test);

	KUNIT_EXPECT_NULL(test, iommu_instance_from_fwnode(one->node));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(one));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(two));
	KUNIT_EXPECT_PTR_EQ(test, &one->iommu, iommu_instance_from_fwnode(one->node));
	KUNIT_EXPECT_PTR_EQ(test, &two->iommu, iommu_instance_from_fwnode(two->node));
	KUNIT_EXPECT_PTR_EQ(test, &one->ops, iommu_ops_from_fwnode(one->node));

	mock_iommu_unregister(one);
	KUNIT_EXPECT_NULL(test, iommu_instance_from_fwnode(one->node));
	KUNIT_EXPECT_NULL(test, iommu_ops_from_fwnode(one->node));
	KUNIT_EXPECT_PTR_EQ(test, &two->iommu, iommu_instance_from_fwnode(two->node));
}

/* Another thread that looks for the instance the way a binding driver does. */
struct seeker {
	struct mock_device *early;
	struct mock_device *late;
	bool found;
	bool groups_were_ready;
};

static int seek(void *data)
{
	struct seeker *seeker = data;

	while (!kthread_should_stop()) {
		if (!seeker->found && !mock_device_name(seeker->late)) {
			seeker->found = true;
			seeker->groups_were_ready =
				iommu_get_domain_for_dev(mock_dev(seeker->early));
		}
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* Called by the walk: the instance is on the list, its groups are not ready. */
static struct iommu_group *group_with_delay(struct device *dev)
{
	schedule_timeout_uninterruptible(5);
	return generic_device_group(dev);
}

static void invisible_until_ready(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct seeker *seeker = kunit_kzalloc(test, sizeof(*seeker), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, seeker);
	seeker->early = mock_device_create(test, mock, 1);
	seeker->late = mock_device_create(test, mock, 2);

	/* A device that has its ids because an earlier probe was deferred. */
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(seeker->early));
	mock_iommu_unregister(mock);
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(seeker->early));
	KUNIT_ASSERT_NULL(test, mock_dev(seeker->early)->iommu_group);

	mock->ops.device_group = group_with_delay;
	task = kthread_run(seek, seeker, "iommu-seeker");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	schedule_timeout_uninterruptible(5);
	KUNIT_EXPECT_FALSE(test, seeker->found);
	KUNIT_EXPECT_EQ(test, 0, mock_iommu_register(mock));
	schedule_timeout_uninterruptible(5);
	kthread_stop(task);
	KUNIT_EXPECT_TRUE(test, seeker->found);
	KUNIT_EXPECT_TRUE(test, seeker->groups_were_ready);
}

static void unregister_releases(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_create(test, mock, 1);
	struct mock_device *two = mock_device_create(test, mock, 2);

	mock->ops.device_group = generic_single_device_group;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(one));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(two));
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(one));
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(two));
	KUNIT_EXPECT_PTR_EQ(test, mock_dev(one)->iommu_group,
			    mock_dev(two)->iommu_group);
	KUNIT_EXPECT_PTR_EQ(test, mock_dev(one)->iommu_group,
			    mock->iommu.singleton_group);
	mock_device_unbind(one);
	mock_device_unbind(two);

	mock_iommu_unregister(mock);
	KUNIT_EXPECT_NULL(test, mock_dev(one)->iommu_group);
	KUNIT_EXPECT_NULL(test, mock_dev(two)->iommu_group);
	KUNIT_ASSERT_NOT_NULL(test, mock_dev(one)->iommu);
	KUNIT_EXPECT_NULL(test, mock_dev(one)->iommu->iommu_dev);
	KUNIT_EXPECT_NULL(test, mock->iommu.singleton_group);
	KUNIT_EXPECT_FALSE(test, one->claimed);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
	KUNIT_EXPECT_EQ(test, 2, mock->calls[MOCK_RELEASE]);
}

/* Name the devices, and have them wait on the bus for the instance. */
static void add_waiting(struct kunit *test, struct mock_iommu *mock,
			struct mock_device **mdevs, int count)
{
	int i;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdevs[i]));
	mock_iommu_unregister(mock);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdevs[i]));
}

static void bad_device_does_not_spoil(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[3];
	int i;

	for (i = 0; i < 3; i++)
		mdevs[i] = mock_device_create(test, mock, i);
	add_waiting(test, mock, mdevs, 3);

	memset(mock->calls, 0, sizeof(mock->calls));
	mock->fail_at[MOCK_PROBE] = 2;
	mock->error = -EINVAL;
	KUNIT_EXPECT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_EXPECT_NOT_NULL(test, mock_dev(mdevs[0])->iommu_group);
	KUNIT_EXPECT_NULL(test, mock_dev(mdevs[1])->iommu_group);
	KUNIT_EXPECT_NOT_NULL(test, mock_dev(mdevs[2])->iommu_group);

	/* The bad one is asked again when a driver binds. */
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(mdevs[1]));
	mock_device_unbind(mdevs[1]);
}

static void bus_probe_reports(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[1] = { mock_device_create(test, mock, 1) };

	add_waiting(test, mock, mdevs, 1);
	mock->error = -EIO;
	mock->fail_at[MOCK_PROBE] = mock->calls[MOCK_PROBE] + 1;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_EXPECT_NULL(test, mock_dev(mdevs[0])->iommu_group);

	mock->fail_at[MOCK_PROBE] = mock->calls[MOCK_PROBE] + 1;
	KUNIT_EXPECT_EQ(test, -EIO, bus_iommu_probe(&platform_bus_type));
	KUNIT_EXPECT_EQ(test, 0, bus_iommu_probe(&platform_bus_type));
	KUNIT_EXPECT_NOT_NULL(test, mock_dev(mdevs[0])->iommu_group);
	KUNIT_EXPECT_TRUE(test, iommu_present(&platform_bus_type));
}

/* A bus that core does not know, with a notifier that its driver brings */
static const struct bus_type private_bus = { .name = "iommu-mock" };

static void unregister_bus(void *bus)
{
	bus_unregister(bus);
}

static void add_to_private_bus(struct kunit *test, struct mock_device *mdev,
			       const char *name)
{
	KUNIT_ASSERT_EQ(test, 0, dev_set_name(mock_dev(mdev), "%s", name));
	mock_dev(mdev)->bus = &private_bus;
	KUNIT_ASSERT_EQ(test, 0, device_add(mock_dev(mdev)));
}

static void bus_of_its_own(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *early = mock_device_create(test, mock, 1);
	struct mock_device *late = mock_device_create(test, mock, 2);
	struct notifier_block nb = {};

	KUNIT_ASSERT_EQ(test, 0, bus_register(&private_bus));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister_bus,
							   (void *)&private_bus));
	mock->iommu.fwnode = mock->node;
	/* Names can be given only while it is there. */
	KUNIT_ASSERT_EQ(test, 0, iommu_device_register_bus(&mock->iommu, &mock->ops,
							   &private_bus, &nb));
	KUNIT_EXPECT_EQ(test, 0, mock_device_name(early));
	KUNIT_EXPECT_EQ(test, 0, mock_device_name(late));
	iommu_device_unregister_bus(&mock->iommu, &private_bus, &nb);
	KUNIT_EXPECT_NULL(test, iommu_instance_from_fwnode(mock->node));
	add_to_private_bus(test, early, "early");
	KUNIT_EXPECT_NULL(test, mock_dev(early)->iommu_group);

	KUNIT_ASSERT_EQ(test, 0, iommu_device_register_bus(&mock->iommu, &mock->ops,
							   &private_bus, &nb));
	KUNIT_EXPECT_NOT_NULL(test, mock_dev(early)->iommu_group);
	add_to_private_bus(test, late, "late");
	KUNIT_EXPECT_NOT_NULL(test, mock_dev(late)->iommu_group);
	device_del(mock_dev(late));
	KUNIT_EXPECT_NULL(test, mock_dev(late)->iommu_group);
	KUNIT_EXPECT_FALSE(test, late->claimed);

	iommu_device_unregister_bus(&mock->iommu, &private_bus, &nb);
	KUNIT_EXPECT_NULL(test, mock_dev(early)->iommu_group);
	KUNIT_EXPECT_FALSE(test, early->claimed);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
	device_del(mock_dev(early));
}

static int instance_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case instance_cases[] = {
	KUNIT_CASE(finds_by_node),
	KUNIT_CASE(invisible_until_ready),
	KUNIT_CASE(unregister_releases),
	KUNIT_CASE(bad_device_does_not_spoil),
	KUNIT_CASE(bus_probe_reports),
	KUNIT_CASE(bus_of_its_own),
	{}
};

static struct kunit_suite instance_suite = {
	.name = "iommu-core-instance",
	.init = instance_test_init,
	.test_cases = instance_cases,
};

kunit_test_suite(instance_suite);
