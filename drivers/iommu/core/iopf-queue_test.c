// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of iopf-queue.c: devices join and leave, and nothing that they asked
 * stays without its answer.
 */
#include <linux/delay.h>

#include "mock-failslab.h"
#include "mock-iopf.h"

#define WORK_US		5000

static void join_and_leave(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);
	struct iopf_queue *other = iopf_queue_alloc("other");

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_add_device(m->queue, m->dev));
	KUNIT_EXPECT_EQ(test, -EBUSY, iopf_queue_add_device(m->queue, m->dev));
	KUNIT_EXPECT_EQ(test, -EBUSY, iopf_queue_add_device(other, m->dev));
	/* Only the queue that it is on lets it go. */
	iopf_queue_remove_device(other, m->dev);
	KUNIT_EXPECT_EQ(test, -EBUSY, iopf_queue_add_device(other, m->dev));
	iopf_queue_remove_device(m->queue, m->dev);
	iopf_queue_remove_device(m->queue, m->dev);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_add_device(other, m->dev));
	iopf_queue_free(other);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_add_device(m->queue, m->dev));
}

static void who_cannot_join(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);
	struct mock_device *bare = mock_device_create(test, m->mock, 9);

	KUNIT_EXPECT_EQ(test, -ENODEV, iopf_queue_add_device(m->queue, mock_dev(bare)));
	KUNIT_EXPECT_EQ(test, -ENODEV, iopf_queue_flush_dev(mock_dev(bare)));
	m->mock->ops.page_response = NULL;
	KUNIT_EXPECT_EQ(test, -ENODEV, iopf_queue_add_device(m->queue, m->dev));
	KUNIT_EXPECT_EQ(test, -ENODEV, iopf_queue_flush_dev(m->dev));
}

static void nothing_to_free(struct kunit *test)
{
	iopf_queue_free(NULL);
	KUNIT_EXPECT_EQ(test, -EINVAL, iopf_queue_discard_partial(NULL));
}

/* Groups 1 and 2 wait in different ways, 3 is not complete. */
static void make_pending(struct mock_iopf *m)
{
	m->mode = MOCK_IOPF_HOLD;
	mock_iopf_request(m, 1, IOMMU_NO_PASID, true);
	m->mode = MOCK_IOPF_KEEP;
	mock_iopf_request(m, 2, IOMMU_NO_PASID, true);
	mock_iopf_request(m, 3, IOMMU_NO_PASID, false);
}

static void expect_all_invalid(struct kunit *test, struct mock_iopf *m)
{
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	mock_iopf_expect(test, m, 2, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_answers(m, 3));
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&m->dev->iommu->pages.dropped));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->overlaps));
}

static void leave_with_pending(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	make_pending(m);
	iopf_queue_remove_device(m->queue, m->dev);
	expect_all_invalid(test, m);
	/* What the handlers have to say comes too late. */
	KUNIT_EXPECT_EQ(test, 2, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	expect_all_invalid(test, m);
	/* The end of the group comes when nobody knows its beginning. */
	mock_iopf_request(m, 3, IOMMU_NO_PASID, true);
	mock_iopf_expect(test, m, 3, IOMMU_PAGE_RESP_INVALID);
}

static void return_after_leaving(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	make_pending(m);
	iopf_queue_remove_device(m->queue, m->dev);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_add_device(m->queue, m->dev));
	mock_iopf_request(m, 4, IOMMU_NO_PASID, true);
	KUNIT_EXPECT_EQ(test, 3, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	expect_all_invalid(test, m);
	mock_iopf_expect(test, m, 4, IOMMU_PAGE_RESP_SUCCESS);
}

static void free_with_devices(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);
	struct mock_iopf *n = mock_iopf_beside(test, m);
	struct iopf_queue *queue = iopf_queue_alloc("short");

	KUNIT_ASSERT_NOT_NULL(test, queue);
	KUNIT_ASSERT_EQ(test, 0, iopf_queue_add_device(queue, m->dev));
	KUNIT_ASSERT_EQ(test, 0, iopf_queue_add_device(queue, n->dev));
	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[0], IOMMU_NO_PASID));
	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(n, &n->spaces[0], IOMMU_NO_PASID));
	make_pending(m);
	make_pending(n);
	iopf_queue_free(queue);
	expect_all_invalid(test, m);
	expect_all_invalid(test, n);
	KUNIT_EXPECT_EQ(test, -ENODEV, iopf_queue_flush_dev(m->dev));
}

/* The driver forgot to take it off; core does before the driver forgets it. */
static void release_with_pending(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	make_pending(m);
	mock_iopf_detach(&m->spaces[0]);
	mock_device_remove(m->mdev);
	KUNIT_EXPECT_FALSE(test, iommu_device_is_probed(m->dev));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	mock_iopf_expect(test, m, 2, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_TRUE(test, list_empty(&m->queue->devices));
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

static void discard_partial(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct mock_iopf *n = mock_iopf_beside(test, m);
	struct iopf_group *group;

	KUNIT_ASSERT_EQ(test, 0, iopf_queue_add_device(n->queue, n->dev));
	make_pending(m);
	mock_iopf_request(n, 1, IOMMU_NO_PASID, false);
	mock_iopf_request(n, 2, IOMMU_NO_PASID, false);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_discard_partial(m->queue));
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&m->dev->iommu->pages.dropped));
	KUNIT_EXPECT_EQ(test, 2, atomic64_read(&n->dev->iommu->pages.dropped));
	/* Complete groups stay, and a last request still has its answer. */
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->total));
	KUNIT_EXPECT_EQ(test, 2, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	mock_iopf_request(m, 3, IOMMU_NO_PASID, true);
	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 1, group->fault_count);
	iopf_free_group(group);
}

static void start_work(struct mock_iopf *m, u32 count)
{
	u32 i;

	m->mode = MOCK_IOPF_WORK;
	m->work_delay_us = WORK_US;
	for (i = 0; i < count; i++)
		mock_iopf_request(m, i, IOMMU_NO_PASID, true);
}

static void flush_waits_for_work(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	u32 i;

	start_work(m, 8);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_flush_dev(m->dev));
	for (i = 0; i < 8; i++)
		mock_iopf_expect(test, m, i, IOMMU_PAGE_RESP_SUCCESS);
}

/* The answer goes out at once, the work that is too late is still waited for. */
static void leaving_waits_for_work(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	u32 i;

	start_work(m, 8);
	iopf_queue_remove_device(m->queue, m->dev);
	KUNIT_EXPECT_EQ(test, 8, atomic_read(&m->total));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, 1, mock_iopf_answers(m, i));
	WRITE_ONCE(m->spaces[0].closed, true);
	flush_workqueue(m->queue->wq);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].late));
}

static void detach_waits_for_work(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	start_work(m, 8);
	mock_iopf_detach(&m->spaces[0]);
	flush_workqueue(m->queue->wq);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].late));
	KUNIT_EXPECT_EQ(test, 8, atomic_read(&m->total));
	/* A request that comes now finds nothing. */
	mock_iopf_request(m, 9, IOMMU_NO_PASID, true);
	mock_iopf_expect(test, m, 9, IOMMU_PAGE_RESP_INVALID);
}

struct reporter {
	struct work_struct work;
	struct mock_iopf *m;
	u32 grpid;
};

static void report_one(struct work_struct *work)
{
	struct reporter *reporter = container_of(work, struct reporter, work);

	mock_iopf_request(reporter->m, reporter->grpid, IOMMU_NO_PASID, true);
}

/* Another thread is in the handler, before it has done anything. */
static void enter_handler(struct reporter *reporter, struct mock_iopf *m)
{
	m->mode = MOCK_IOPF_KEEP;
	m->handler_delay_us = 10 * WORK_US;
	reporter->m = m;
	reporter->grpid = 1;
	INIT_WORK_ONSTACK(&reporter->work, report_one);
	schedule_work(&reporter->work);
	wait_for_completion(&m->entered);
}

static void leave_handler(struct kunit *test, struct reporter *reporter)
{
	flush_work(&reporter->work);
	destroy_work_on_stack(&reporter->work);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&reporter->m->spaces[0].delivered));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&reporter->m->spaces[0].late));
}

static void leaving_waits_for_handler(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct reporter reporter;

	enter_handler(&reporter, m);
	iopf_queue_remove_device(m->queue, m->dev);
	WRITE_ONCE(m->spaces[0].closed, true);
	leave_handler(test, &reporter);
	KUNIT_EXPECT_EQ(test, 1, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

/* Then what the handler passed on is there for its owner to find. */
static void detach_waits_for_handler(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct reporter reporter;

	enter_handler(&reporter, m);
	mock_iopf_detach(&m->spaces[0]);
	KUNIT_EXPECT_EQ(test, 1, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_SUCCESS);
	leave_handler(test, &reporter);
}

static void leave_from_work(struct work_struct *work)
{
	struct reporter *leaver = container_of(work, struct reporter, work);

	iopf_queue_remove_device(leaver->m->queue, leaver->m->dev);
}

/* Two leave at once: neither returns before the handler has, one of them counts. */
static void leaving_twice_at_once(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct reporter reporter, leaver = { .m = m };

	enter_handler(&reporter, m);
	INIT_WORK_ONSTACK(&leaver.work, leave_from_work);
	schedule_work(&leaver.work);
	iopf_queue_remove_device(m->queue, m->dev);
	WRITE_ONCE(m->spaces[0].closed, true);
	flush_work(&leaver.work);
	destroy_work_on_stack(&leaver.work);
	leave_handler(test, &reporter);
	KUNIT_EXPECT_TRUE(test, list_empty(&m->queue->devices));
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

/* A request that comes while the device leaves waits, and is refused then. */
static void request_while_leaving(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct reporter reporter, leaver = { .m = m };
	struct reporter second = { .m = m, .grpid = 2 };

	m->gated = true;
	enter_handler(&reporter, m);
	INIT_WORK_ONSTACK(&leaver.work, leave_from_work);
	schedule_work(&leaver.work);
	while (!mock_iopf_answers(m, 1))
		cond_resched();
	INIT_WORK_ONSTACK(&second.work, report_one);
	schedule_work(&second.work);
	/* Time to find the state of the device */
	usleep_range(WORK_US, 2 * WORK_US);
	complete_all(&m->go);
	flush_work(&leaver.work);
	flush_work(&second.work);
	destroy_work_on_stack(&leaver.work);
	destroy_work_on_stack(&second.work);
	leave_handler(test, &reporter);
	KUNIT_EXPECT_EQ(test, 1, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	mock_iopf_expect(test, m, 2, IOMMU_PAGE_RESP_INVALID);
}

/* Who has left is not back before all that it left behind is done. */
static void return_while_leaving(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct reporter reporter, leaver = { .m = m };

	m->gated = true;
	enter_handler(&reporter, m);
	INIT_WORK_ONSTACK(&leaver.work, leave_from_work);
	schedule_work(&leaver.work);
	while (!mock_iopf_answers(m, 1))
		cond_resched();
	KUNIT_EXPECT_EQ(test, -EBUSY, iopf_queue_add_device(m->queue, m->dev));
	complete(&m->go);
	flush_work(&leaver.work);
	destroy_work_on_stack(&leaver.work);
	leave_handler(test, &reporter);
	KUNIT_EXPECT_EQ(test, 0, iopf_queue_add_device(m->queue, m->dev));
	m->gated = false;
	mock_iopf_request(m, 2, IOMMU_NO_PASID, true);
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
	mock_iopf_expect(test, m, 2, IOMMU_PAGE_RESP_SUCCESS);
}

static void counts_start_anew(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);
	struct iommu_page_counts *counts;

	mock_iommu_unregister(m->mock);
	/* Ids that a bus has given the device before its instance is there */
	KUNIT_ASSERT_EQ(test, -EPROBE_DEFER, mock_device_name(m->mdev));
	mutex_lock(&iommu_probe_device_lock);
	KUNIT_ASSERT_NOT_NULL(test, iommu_device_state_get(m->dev));
	mutex_unlock(&iommu_probe_device_lock);
	counts = &m->dev->iommu->pages;
	atomic64_set(&counts->requests, 3);
	atomic64_set(&counts->dropped, 4);
	atomic64_set(&counts->responses[IOMMU_PAGE_RESP_FAILURE], 5);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(m->mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(m->mdev));
	counts = &m->dev->iommu->pages;
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->requests));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->dropped));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->responses[IOMMU_PAGE_RESP_FAILURE]));
	mock_device_unbind(m->mdev);
}

/* Queue, membership, requests and the end, with any allocation failing */
static int life(struct mock_iopf *m, u32 grpid)
{
	struct iopf_queue *queue = iopf_queue_alloc("life");
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = iopf_queue_add_device(queue, m->dev);
	if (!ret) {
		mock_iopf_request(m, grpid, IOMMU_NO_PASID, false);
		mock_iopf_request(m, grpid, IOMMU_NO_PASID, true);
	}
	iopf_queue_free(queue);
	return ret;
}

static void memory_fails_anywhere(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);
	struct mock_failslab memory;
	int ret = -1;
	u32 n;

	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[0], IOMMU_NO_PASID));
	m->mode = MOCK_IOPF_HOLD;
	mock_failslab_start(test, &memory);
	for (n = 1; n < 1000; n++) {
		mock_failslab_arm(&memory, n);
		ret = life(m, n);
		mock_failslab_disarm(&memory);
		mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
		KUNIT_EXPECT_EQ(test, ret ? 0 : 1, mock_iopf_answers(m, n));
		KUNIT_EXPECT_NULL(test, rcu_access_pointer(m->dev->iommu->fault_param));
		if (memory.left)
			break;
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_GT(test, memory.left, 0);
	KUNIT_EXPECT_GT(test, n, 5);
}

static struct kunit_case iopf_queue_cases[] = {
	KUNIT_CASE(join_and_leave),
	KUNIT_CASE(who_cannot_join),
	KUNIT_CASE(nothing_to_free),
	KUNIT_CASE(leave_with_pending),
	KUNIT_CASE(return_after_leaving),
	KUNIT_CASE(free_with_devices),
	KUNIT_CASE(release_with_pending),
	KUNIT_CASE(discard_partial),
	KUNIT_CASE(flush_waits_for_work),
	KUNIT_CASE(leaving_waits_for_work),
	KUNIT_CASE(detach_waits_for_work),
	KUNIT_CASE(leaving_waits_for_handler),
	KUNIT_CASE(detach_waits_for_handler),
	KUNIT_CASE(leaving_twice_at_once),
	KUNIT_CASE(request_while_leaving),
	KUNIT_CASE(return_while_leaving),
	KUNIT_CASE(counts_start_anew),
	KUNIT_CASE(memory_fails_anywhere),
	{}
};

static struct kunit_suite iopf_queue_suite = {
	.name = "iommu-core-iopf-queue",
	.test_cases = iopf_queue_cases,
};

kunit_test_suite(iopf_queue_suite);
