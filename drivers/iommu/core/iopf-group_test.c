// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of iopf-group.c: the first answer counts, whoever gives it and when.
 */
#include <linux/delay.h>

#include "mock-iopf.h"

static struct iopf_group *one_group(struct kunit *test, struct mock_iopf *m,
				    u32 grpid)
{
	struct iopf_group *group;

	m->mode = MOCK_IOPF_KEEP;
	KUNIT_ASSERT_EQ(test, 0, mock_iopf_request(m, grpid, IOMMU_NO_PASID, true));
	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	return group;
}

static void first_answer_counts(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_group *group = one_group(test, m, 1);

	iopf_group_response(group, IOMMU_PAGE_RESP_INVALID);
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	/* Too late to be kept, too. */
	iopf_group_dequeue(group);
	KUNIT_EXPECT_TRUE(test, list_empty(&group->fault_param->kept));
	iopf_free_group(group);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

static void all_codes(struct kunit *test)
{
	static const struct {
		u32 given, seen;
	} codes[] = {
		{ IOMMU_PAGE_RESP_SUCCESS, IOMMU_PAGE_RESP_SUCCESS },
		{ IOMMU_PAGE_RESP_INVALID, IOMMU_PAGE_RESP_INVALID },
		{ IOMMU_PAGE_RESP_FAILURE, IOMMU_PAGE_RESP_FAILURE },
		{ IOMMU_PAGE_RESP_CODES, IOMMU_PAGE_RESP_INVALID },
		{ U32_MAX, IOMMU_PAGE_RESP_INVALID },
	};
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_group *group;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		group = one_group(test, m, i);
		iopf_group_response(group, codes[i].given);
		iopf_free_group(group);
		mock_iopf_expect(test, m, i, codes[i].seen);
	}
}

static void freed_without_answer(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	iopf_free_group(one_group(test, m, 1));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

static void lists_of_the_device(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iommu_fault_param *param = iommu_iopf_param_get(m->dev);
	struct iopf_group *group;

	KUNIT_ASSERT_NOT_NULL(test, param);
	m->mode = MOCK_IOPF_HOLD;
	mock_iopf_request(m, 1, IOMMU_NO_PASID, true);
	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 1, list_count_nodes(&param->faults));
	KUNIT_EXPECT_EQ(test, 0, list_count_nodes(&param->kept));
	iopf_group_dequeue(group);
	KUNIT_EXPECT_EQ(test, 0, list_count_nodes(&param->faults));
	KUNIT_EXPECT_EQ(test, 1, list_count_nodes(&param->kept));
	KUNIT_EXPECT_EQ(test, 1, param->groups);
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, list_count_nodes(&param->kept));
	/* It takes memory until it is freed. */
	KUNIT_EXPECT_EQ(test, 1, param->groups);
	iopf_free_group(group);
	KUNIT_EXPECT_EQ(test, 0, param->groups);
	iommu_iopf_param_put(param);
}

/* An answer that comes when queue and device are gone goes nowhere. */
static void group_outlives_its_device(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_group *group = one_group(test, m, 1);
	struct device *dev = m->dev;

	iopf_queue_remove_device(m->queue, dev);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	mock_iopf_detach(&m->spaces[0]);
	mock_device_remove(m->mdev);
	KUNIT_EXPECT_FALSE(test, iommu_device_is_probed(dev));

	KUNIT_EXPECT_PTR_EQ(test, dev, group->fault_param->dev);
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(group);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

static void group_keeps_device_allocated(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_group *group = one_group(test, m, 1);
	unsigned int before = kref_read(&m->dev->kobj.kref);

	iopf_queue_remove_device(m->queue, m->dev);
	KUNIT_EXPECT_EQ(test, before, kref_read(&m->dev->kobj.kref));
	iopf_free_group(group);
	KUNIT_EXPECT_EQ(test, before - 1, kref_read(&m->dev->kobj.kref));
}

struct later {
	struct work_struct work;
	struct iopf_group *group;
};

static void answer_later(struct work_struct *work)
{
	struct later *later = container_of(work, struct later, work);

	msleep(20);
	iopf_group_response(later->group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(later->group);
}

static void answer_from_another_thread(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct later later = { .group = one_group(test, m, 1) };

	INIT_WORK_ONSTACK(&later.work, answer_later);
	schedule_work(&later.work);
	/* It is not on our workqueue: not waited for, but not forgotten. */
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_flush_dev(m->dev));
	flush_work(&later.work);
	destroy_work_on_stack(&later.work);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_SUCCESS);
}

static struct kunit_case iopf_group_cases[] = {
	KUNIT_CASE(first_answer_counts),
	KUNIT_CASE(all_codes),
	KUNIT_CASE(freed_without_answer),
	KUNIT_CASE(lists_of_the_device),
	KUNIT_CASE(group_outlives_its_device),
	KUNIT_CASE(group_keeps_device_allocated),
	KUNIT_CASE(answer_from_another_thread),
	{}
};

static struct kunit_suite iopf_group_suite = {
	.name = "iommu-core-iopf-group",
	.test_cases = iopf_group_cases,
};

kunit_test_suite(iopf_group_suite);
