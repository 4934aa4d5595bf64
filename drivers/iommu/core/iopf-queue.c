// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of page requests: which devices may send them, and the end of that.
 *
 * A device is on a queue while dev_iommu.fault_param points to its state.  To
 * take it off, the state is marked as gone, under its lock, and what waits there
 * is answered: a request that looks at the state is among these, or finds the
 * mark and is refused.  Then handlers and their work are waited for.  Only then
 * does the pointer go: whoever takes an attachment away meanwhile must be able to
 * wait for them as well.
 */
#include <kunit/visibility.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "core.h"
#include "iopf.h"

struct iommu_fault_param *iommu_iopf_param_get(struct device *dev)
{
	struct iommu_fault_param *param;

	rcu_read_lock();
	param = rcu_dereference(dev->iommu->fault_param);
	/* It is freed only after a grace period, so its counter can be read. */
	if (param && !refcount_inc_not_zero(&param->users))
		param = NULL;
	rcu_read_unlock();
	return param;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_iopf_param_get);

void iommu_iopf_param_put(struct iommu_fault_param *param)
{
	if (!refcount_dec_and_test(&param->users))
		return;
	put_device(param->dev);
	mutex_destroy(&param->lock);
	kfree_rcu(param, rcu);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_iopf_param_put);

static struct iommu_fault_param *param_alloc(struct iopf_queue *queue,
					     struct device *dev)
{
	struct iommu_fault_param *param = kzalloc(sizeof(*param), GFP_KERNEL);

	if (!param)
		return NULL;
	mutex_init(&param->lock);
	init_rwsem(&param->reporting);
	refcount_set(&param->users, 1);
	param->dev = get_device(dev);
	param->queue = queue;
	INIT_LIST_HEAD(&param->queue_list);
	INIT_LIST_HEAD(&param->partial);
	INIT_LIST_HEAD(&param->faults);
	INIT_LIST_HEAD(&param->kept);
	return param;
}

static void drop_partials(struct iommu_fault_param *param)
{
	lockdep_assert_held(&param->lock);

	atomic64_add(iommu_iopf_faults_free(&param->partial),
		     &param->dev->iommu->pages.dropped);
	param->partials = 0;
}

static void answer_all(struct iommu_fault_param *param, struct list_head *groups)
{
	struct iopf_group *group, *next;

	lockdep_assert_held(&param->lock);

	list_for_each_entry_safe(group, next, groups, pending_node) {
		list_del_init(&group->pending_node);
		iommu_iopf_answer(param->dev, &group->last_fault,
				  IOMMU_PAGE_RESP_INVALID);
	}
}

/* From here on every request of the device is refused, and none is waiting. */
static void param_close(struct iommu_fault_param *param)
{
	lockdep_assert_held(&param->queue->lock);

	mutex_lock(&param->lock);
	param->gone = true;
	drop_partials(param);
	answer_all(param, &param->faults);
	answer_all(param, &param->kept);
	mutex_unlock(&param->lock);
}

static void param_unlink(struct iommu_fault_param *param)
{
	struct dev_iommu *state = param->dev->iommu;

	lockdep_assert_held(&param->queue->lock);

	mutex_lock(&state->lock);
	RCU_INIT_POINTER(state->fault_param, NULL);
	list_del_init(&param->queue_list);
	mutex_unlock(&state->lock);
	/* The queue's reference; the caller has one of its own. */
	iommu_iopf_param_put(param);
}

/*
 * A handler is called with @reporting held for reading, and may queue work; so
 * first the handlers, then the work.  Both may answer groups, which takes
 * param->lock: none of our locks is held here.
 */
static void param_drain(struct iommu_fault_param *param)
{
	down_write(&param->reporting);
	up_write(&param->reporting);
	flush_workqueue(param->queue->wq);
}

static struct iommu_fault_param *param_of(struct iopf_queue *queue,
					  struct device *dev)
{
	struct iommu_fault_param *param;

	lockdep_assert_held(&queue->lock);

	list_for_each_entry(param, &queue->devices, queue_list) {
		if (param->dev == dev)
			return param;
	}
	return NULL;
}

struct iopf_queue *iopf_queue_alloc(const char *name)
{
	struct workqueue_struct *wq;
	struct iopf_queue *queue;

	/* Unbound: a handler may wait for a disk, and then others run. */
	wq = alloc_workqueue("iopf_queue/%s", WQ_UNBOUND, 0, name);
	if (!wq)
		return NULL;
	queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	if (!queue)
		goto err_destroy_wq;
	queue->wq = wq;
	mutex_init(&queue->lock);
	INIT_LIST_HEAD(&queue->devices);
	return queue;

err_destroy_wq:
	destroy_workqueue(wq);
	return NULL;
}
EXPORT_SYMBOL_GPL(iopf_queue_alloc);

void iopf_queue_free(struct iopf_queue *queue)
{
	struct iommu_fault_param *param;

	if (!queue)
		return;
	while ((param = list_first_entry_or_null(&queue->devices,
						 struct iommu_fault_param,
						 queue_list)))
		iopf_queue_remove_device(queue, param->dev);
	destroy_workqueue(queue->wq);
	mutex_destroy(&queue->lock);
	kfree(queue);
}
EXPORT_SYMBOL_GPL(iopf_queue_free);

int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev)
{
	struct iommu_fault_param *param;
	int ret = 0;

	if (!iommu_device_is_probed(dev) || !dev_iommu_ops(dev)->page_response)
		return -ENODEV;
	param = param_alloc(queue, dev);
	if (!param)
		return -ENOMEM;

	mutex_lock(&queue->lock);
	mutex_lock(&dev->iommu->lock);
	if (rcu_access_pointer(dev->iommu->fault_param)) {
		ret = -EBUSY;
	} else {
		list_add_tail(&param->queue_list, &queue->devices);
		/* Pairs with the dereference in iommu_iopf_param_get(). */
		rcu_assign_pointer(dev->iommu->fault_param, param);
	}
	mutex_unlock(&dev->iommu->lock);
	mutex_unlock(&queue->lock);

	if (ret)
		iommu_iopf_param_put(param);
	return ret;
}
EXPORT_SYMBOL_GPL(iopf_queue_add_device);

void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev)
{
	struct iommu_fault_param *param;

	mutex_lock(&queue->lock);
	param = param_of(queue, dev);
	if (!param) {
		mutex_unlock(&queue->lock);
		return;
	}
	refcount_inc(&param->users);
	param_close(param);
	mutex_unlock(&queue->lock);

	param_drain(param);

	mutex_lock(&queue->lock);
	/* Unless another caller, who waited with us, was first. */
	if (!list_empty(&param->queue_list))
		param_unlink(param);
	mutex_unlock(&queue->lock);
	iommu_iopf_param_put(param);
}
EXPORT_SYMBOL_GPL(iopf_queue_remove_device);

int iopf_queue_flush_dev(struct device *dev)
{
	struct iommu_fault_param *param;

	if (!iommu_device_is_probed(dev))
		return -ENODEV;
	param = iommu_iopf_param_get(dev);
	if (!param)
		return -ENODEV;
	param_drain(param);
	iommu_iopf_param_put(param);
	return 0;
}
EXPORT_SYMBOL_GPL(iopf_queue_flush_dev);

int iopf_queue_discard_partial(struct iopf_queue *queue)
{
	struct iommu_fault_param *param;

	if (!queue)
		return -EINVAL;
	mutex_lock(&queue->lock);
	list_for_each_entry(param, &queue->devices, queue_list) {
		mutex_lock(&param->lock);
		drop_partials(param);
		mutex_unlock(&param->lock);
	}
	mutex_unlock(&queue->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(iopf_queue_discard_partial);

void iommu_iopf_quiesce(struct iommu_group *group)
{
	struct group_member *member;

	lockdep_assert_held(&group->mutex);

	for_each_group_member(group, member)
		iopf_queue_flush_dev(member->dev);
}

void iommu_iopf_forget_device(struct device *dev)
{
	struct iommu_fault_param *param = iommu_iopf_param_get(dev);

	if (!param)
		return;
	iopf_queue_remove_device(param->queue, dev);
	iommu_iopf_param_put(param);
}
