// SPDX-License-Identifier: GPL-2.0
/*
 * Groups of page requests: made, answered, freed.
 *
 * A group is on one of the lists of its device from when it is opened until it
 * is answered.  Whoever finds it there, under the lock, takes it off and answers:
 * its handler, or who removes the device from the queue.  The other one finds it
 * gone.  That is what makes it one answer.
 */
#include <linux/export.h>
#include <linux/slab.h>
#include <trace/events/iommu_fault.h>

#include "core.h"
#include "iopf.h"

void iommu_iopf_answer(struct device *dev, struct iopf_fault *last,
		       enum iommu_page_response_code code)
{
	const struct iommu_fault_page_request *prm = &last->fault.prm;
	struct iommu_page_response response = {
		.pasid = prm->pasid,
		.grpid = prm->grpid,
		.code = code,
	};

	/* Before the answer: the device may ask again at once. */
	trace_page_response(dev_name(dev), prm, code);
	atomic64_inc(&dev->iommu->pages.responses[code]);
	dev_iommu_ops(dev)->page_response(dev, last, &response);
}

unsigned int iommu_iopf_faults_free(struct list_head *faults)
{
	struct iopf_fault *fault, *next;
	unsigned int count = 0;

	list_for_each_entry_safe(fault, next, faults, list) {
		list_del(&fault->list);
		kfree(fault);
		count++;
	}
	return count;
}

static bool same_space(const struct iommu_fault_page_request *a,
		       const struct iommu_fault_page_request *b)
{
	u32 differ = a->flags ^ b->flags;

	if (differ & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID)
		return false;
	return !(a->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID) ||
	       a->pasid == b->pasid;
}

size_t iommu_iopf_partial_take(struct iommu_fault_param *param,
			       const struct iommu_fault_page_request *last,
			       struct list_head *to)
{
	struct iopf_fault *part, *next;
	size_t taken = 0;

	lockdep_assert_held(&param->lock);

	list_for_each_entry_safe(part, next, &param->partial, list) {
		if (part->fault.prm.grpid != last->grpid)
			continue;
		param->partials--;
		if (same_space(&part->fault.prm, last)) {
			list_move_tail(&part->list, to);
			taken++;
		} else {
			list_del(&part->list);
			kfree(part);
			atomic64_inc(&param->dev->iommu->pages.dropped);
		}
	}
	return taken;
}

struct iopf_group *iommu_iopf_group_alloc(struct iommu_fault_param *param,
					  const struct iopf_fault *last,
					  struct iommu_attach_handle *handle)
{
	/* Reclaim may wait for I/O of the device that waits for us. */
	struct iopf_group *group = kzalloc(sizeof(*group), GFP_NOIO);

	if (!group)
		return NULL;
	group->last_fault.fault = last->fault;
	INIT_LIST_HEAD(&group->faults);
	list_add(&group->last_fault.list, &group->faults);
	group->fault_count = 1;
	INIT_LIST_HEAD(&group->pending_node);
	INIT_LIST_HEAD(&group->node);
	group->attach_handle = handle;
	refcount_inc(&param->users);
	group->fault_param = param;
	return group;
}

int iommu_iopf_group_open(struct iopf_group *group)
{
	struct iommu_fault_param *param = group->fault_param;
	LIST_HEAD(before);
	int ret = 0;

	mutex_lock(&param->lock);
	if (param->gone) {
		ret = -ENODEV;
	} else if (param->groups >= IOPF_GROUPS_MAX) {
		ret = -ENOSPC;
	} else {
		group->fault_count += iommu_iopf_partial_take(param, &group->last_fault.fault.prm,
							      &before);
		list_splice(&before, &group->faults);
		list_add_tail(&group->pending_node, &param->faults);
		param->groups++;
	}
	mutex_unlock(&param->lock);
	return ret;
}

void iommu_iopf_group_discard(struct iopf_group *group)
{
	iommu_iopf_param_put(group->fault_param);
	kfree(group);
}

void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status)
{
	struct iommu_fault_param *param = group->fault_param;

	/* An index into the counters, from callers that may pass it on. */
	if ((unsigned int)status >= IOMMU_PAGE_RESP_CODES)
		status = IOMMU_PAGE_RESP_INVALID;

	mutex_lock(&param->lock);
	if (!list_empty(&group->pending_node)) {
		list_del_init(&group->pending_node);
		iommu_iopf_answer(param->dev, &group->last_fault, status);
	}
	mutex_unlock(&param->lock);
}
EXPORT_SYMBOL_GPL(iopf_group_response);

void iopf_group_dequeue(struct iopf_group *group)
{
	struct iommu_fault_param *param = group->fault_param;

	mutex_lock(&param->lock);
	if (!list_empty(&group->pending_node))
		list_move_tail(&group->pending_node, &param->kept);
	mutex_unlock(&param->lock);
}
EXPORT_SYMBOL_GPL(iopf_group_dequeue);

void iopf_free_group(struct iopf_group *group)
{
	struct iommu_fault_param *param = group->fault_param;

	iopf_group_response(group, IOMMU_PAGE_RESP_INVALID);

	mutex_lock(&param->lock);
	param->groups--;
	mutex_unlock(&param->lock);

	list_del(&group->last_fault.list);
	iommu_iopf_faults_free(&group->faults);
	kfree(group);
	iommu_iopf_param_put(param);
}
EXPORT_SYMBOL_GPL(iopf_free_group);
