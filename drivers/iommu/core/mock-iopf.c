// SPDX-License-Identifier: GPL-2.0
/*
 * A mock device that sends page requests, see mock-iopf.h.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "mock-iopf.h"

/* What mock_iopf_request() asks for, different in each group */
#define REQUEST_BASE	0x7f0000000000ULL

static struct mock_iopf *iopf_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static void sleep_for(unsigned int us)
{
	if (us)
		usleep_range(us, 2 * us);
}

/* The driver's part: count the answer, and see that no other one is given. */
static void mock_page_response(struct device *dev, struct iopf_fault *evt,
			       struct iommu_page_response *msg)
{
	struct mock_iopf *m = iopf_of(dev);

	if (atomic_inc_return(&m->inside) != 1)
		atomic_inc(&m->overlaps);
	atomic_inc(&m->answers[msg->grpid % MOCK_IOPF_GROUPS]);
	m->codes[msg->grpid % MOCK_IOPF_GROUPS] = msg->code;
	m->last = *evt;
	m->response = *msg;
	atomic_inc(&m->total);
	sleep_for(m->response_delay_us);
	atomic_dec(&m->inside);
}

static void finish(struct iopf_group *group, enum iommu_page_response_code code)
{
	iopf_group_response(group, code);
	iopf_free_group(group);
}

static struct mock_iopf_space *space_of(struct iopf_group *group)
{
	return container_of(group->attach_handle, struct mock_iopf_space, handle);
}

static void look_for_late_call(struct mock_iopf_space *space)
{
	if (READ_ONCE(space->closed))
		atomic_inc(&space->late);
}

static void mock_work(struct work_struct *work)
{
	struct iopf_group *group = container_of(work, struct iopf_group, work);
	struct mock_iopf *m = space_of(group)->device;

	sleep_for(m->work_delay_us);
	look_for_late_call(space_of(group));
	finish(group, m->code);
}

static void wait_outside(struct mock_iopf *m, struct iopf_group *group)
{
	spin_lock(&m->lock);
	list_add_tail(&group->node, &m->waiting);
	spin_unlock(&m->lock);
}

static int mock_iopf_handler(struct iopf_group *group)
{
	struct mock_iopf_space *space = space_of(group);
	struct mock_iopf *m = iopf_of(group->fault_param->dev);

	complete(&m->entered);
	sleep_for(m->handler_delay_us);
	if (m->gated)
		wait_for_completion(&m->go);
	look_for_late_call(space);
	atomic_inc(&space->delivered);
	switch (READ_ONCE(m->mode)) {
	case MOCK_IOPF_ANSWER:
		finish(group, m->code);
		return 0;
	case MOCK_IOPF_KEEP:
		iopf_group_dequeue(group);
		wait_outside(m, group);
		return 0;
	case MOCK_IOPF_HOLD:
		wait_outside(m, group);
		return 0;
	case MOCK_IOPF_WORK:
		INIT_WORK(&group->work, mock_work);
		queue_work(group->fault_param->queue->wq, &group->work);
		return 0;
	case MOCK_IOPF_REFUSE:
		break;
	}
	return -EBUSY;
}

int mock_iopf_attach(struct mock_iopf *m, struct mock_iopf_space *space,
		     ioasid_t pasid)
{
	int ret;

	space->domain->iopf_handler = mock_iopf_handler;
	space->device = m;
	space->pasid = pasid;
	WRITE_ONCE(space->closed, false);
	if (pasid == IOMMU_NO_PASID)
		ret = iommu_attach_group_handle(space->domain, m->dev->iommu_group,
						&space->handle);
	else
		ret = iommu_attach_device_pasid(space->domain, m->dev, pasid,
						&space->handle);
	if (ret)
		space->device = NULL;
	return ret;
}

void mock_iopf_detach(struct mock_iopf_space *space)
{
	struct mock_iopf *m = space->device;

	if (!m)
		return;
	if (space->pasid == IOMMU_NO_PASID)
		iommu_detach_group_handle(space->domain, m->dev->iommu_group);
	else
		iommu_detach_device_pasid(space->domain, m->dev, space->pasid);
	WRITE_ONCE(space->closed, true);
	space->device = NULL;
}

static void mock_iopf_destroy(void *data)
{
	struct mock_iopf *m = data;
	int i;

	for (i = 0; i < MOCK_IOPF_SPACES; i++) {
		if (m->dev->iommu_group)
			mock_iopf_detach(&m->spaces[i]);
		if (m->spaces[i].domain)
			iommu_domain_free(m->spaces[i].domain);
	}
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_INVALID);
	if (iommu_device_is_probed(m->dev))
		iopf_queue_remove_device(m->queue, m->dev);
	dev_set_drvdata(m->dev, NULL);
	kvfree(m);
}

/* Nothing to do: a mock has no tables of PASIDs. */
static int mock_set_dev_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid, struct iommu_domain *old)
{
	return 0;
}

static void mock_remove_dev_pasid(struct device *dev, ioasid_t pasid,
				  struct iommu_domain *domain)
{
}

static void create_spaces(struct kunit *test, struct mock_iopf *m)
{
	struct iommu_domain *domain;
	int i;

	m->dev->iommu->max_pasids = MOCK_IOPF_MAX_PASIDS;
	for (i = 0; i < MOCK_IOPF_SPACES; i++) {
		domain = iommu_paging_domain_alloc(m->dev);
		KUNIT_ASSERT_FALSE(test, IS_ERR(domain));
		m->spaces[i].domain = domain;
	}
}

static void free_queue(void *queue)
{
	iopf_queue_free(queue);
}

static struct mock_iopf *create_device(struct kunit *test,
				       struct mock_iommu *mock, int group_key,
				       struct iopf_queue *queue)
{
	struct mock_iopf *m = kvzalloc(sizeof(*m), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->mock = mock;
	m->mdev = mock_device_create(test, mock, group_key);
	m->dev = mock_dev(m->mdev);
	m->queue = queue;
	spin_lock_init(&m->lock);
	INIT_LIST_HEAD(&m->waiting);
	init_completion(&m->entered);
	init_completion(&m->go);
	for (i = 0; i < MOCK_IOPF_GROUPS; i++)
		m->codes[i] = MOCK_IOPF_NO_ANSWER;
	dev_set_drvdata(m->dev, m);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, mock_iopf_destroy, m));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(m->mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(m->mdev));
	KUNIT_ASSERT_TRUE(test, iommu_device_is_probed(m->dev));
	create_spaces(test, m);
	return m;
}

struct mock_iopf *mock_iopf_create(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct iopf_queue *queue = iopf_queue_alloc("mock");

	KUNIT_ASSERT_NOT_NULL(test, queue);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_queue, queue));
	mock->ops.page_response = mock_page_response;
	mock->ops.remove_dev_pasid = mock_remove_dev_pasid;
	mock->domain_ops.set_dev_pasid = mock_set_dev_pasid;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	return create_device(test, mock, 1, queue);
}

struct mock_iopf *mock_iopf_beside(struct kunit *test, struct mock_iopf *first)
{
	return create_device(test, first->mock, first->mdev->group_key + 1,
			     first->queue);
}

struct mock_iopf *mock_iopf_ready(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);

	KUNIT_ASSERT_EQ(test, 0, iopf_queue_add_device(m->queue, m->dev));
	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[0], IOMMU_NO_PASID));
	return m;
}

int mock_iopf_request(struct mock_iopf *m, u32 grpid, ioasid_t pasid, bool last)
{
	struct iopf_fault evt = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.pasid = pasid,
			.grpid = grpid,
			.perm = IOMMU_FAULT_PERM_READ,
			.addr = REQUEST_BASE + (u64)grpid * PAGE_SIZE,
			.private_data = { grpid, pasid },
		},
	};

	if (pasid != IOMMU_NO_PASID)
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
	if (last)
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
	return iommu_report_device_fault(m->dev, &evt);
}

struct iopf_group *mock_iopf_next(struct mock_iopf *m)
{
	struct iopf_group *group;

	spin_lock(&m->lock);
	group = list_first_entry_or_null(&m->waiting, struct iopf_group, node);
	if (group)
		list_del_init(&group->node);
	spin_unlock(&m->lock);
	return group;
}

unsigned int mock_iopf_finish_all(struct mock_iopf *m,
				  enum iommu_page_response_code code)
{
	struct iopf_group *group;
	unsigned int count = 0;

	while ((group = mock_iopf_next(m))) {
		finish(group, code);
		count++;
	}
	return count;
}

void mock_iopf_expect(struct kunit *test, struct mock_iopf *m, u32 grpid,
		      enum iommu_page_response_code code)
{
	KUNIT_EXPECT_EQ_MSG(test, 1, mock_iopf_answers(m, grpid), "group %u", grpid);
	KUNIT_EXPECT_EQ_MSG(test, (int)code, m->codes[grpid], "group %u", grpid);
}

MODULE_IMPORT_NS(IOMMUFD_INTERNAL);
