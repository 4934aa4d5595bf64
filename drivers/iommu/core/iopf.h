/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page requests: what the parts of core tell each other.
 *
 * Objects and owners
 *
 *	queue	struct iopf_queue; the driver's
 *	param	struct iommu_fault_param, at dev_iommu.fault_param while its device
 *		is on a queue.  Counted: the queue holds one reference, each group
 *		one, and who works with it
 *	group	struct iopf_group; its handler's
 *
 * Lock order
 *
 *	the caller's locks -> queue->lock -> dev_iommu->lock -> param->lock
 *	locks of who reports -> param->reporting (read) -> locks of handlers
 *	param->reporting (read) -> param->lock -> locks of page_response()
 *	the caller's locks -> param->reporting (write), nothing under it
 */
#ifndef __IOMMU_CORE_IOPF_H
#define __IOMMU_CORE_IOPF_H

#include <linux/iommu.h>

struct iommu_group;

/*
 * Requests of one device that may wait for the last one of their group.  A PRI
 * device may have only so many requests in flight as its driver grants (PCIe
 * 6.0, 10.5.2); the most that a driver of this kernel grants is 2048, the
 * length of a VT-d queue.  So who keeps the rules never loses one.  64 bytes each.
 */
#define IOPF_PARTIALS_MAX	2048

/*
 * Groups of one device that may wait for their answer: twice what PRI's index of
 * nine bits (PCIe 6.0, 10.4.1) can tell apart.  A device that stalls has as many
 * as it has transactions in flight, some hundreds at most.  Some 200 bytes each.
 */
#define IOPF_GROUPS_MAX		1024

/**
 * iommu_iopf_reset_counts() - a device starts with no page requests
 * @dev: device that is being probed
 */
static inline void iommu_iopf_reset_counts(struct device *dev)
{
	struct iommu_page_counts *counts = &dev->iommu->pages;
	int code;

	atomic64_set(&counts->requests, 0);
	atomic64_set(&counts->dropped, 0);
	for (code = 0; code < IOMMU_PAGE_RESP_CODES; code++)
		atomic64_set(&counts->responses[code], 0);
}

#ifdef CONFIG_IOMMU_IOPF

/**
 * iommu_iopf_param_get() - the state of a device that is on a queue
 * @dev: probed device
 *
 * Return: state, with a reference; NULL if the device is on no queue.
 */
struct iommu_fault_param *iommu_iopf_param_get(struct device *dev);

/**
 * iommu_iopf_param_put() - give a reference back
 * @param: state
 *
 * Context: Process.
 */
void iommu_iopf_param_put(struct iommu_fault_param *param);

/**
 * iommu_iopf_quiesce() - wait until no handler uses an attachment that has gone
 * @group: group whose attachment or handle was just taken away or replaced
 *
 * Afterwards no handler is called with the old handle, and what handlers put on
 * their workqueue is done.  What they passed on, they must find themselves.
 *
 * Context: Process; group->mutex is held, which handlers therefore never take.
 */
void iommu_iopf_quiesce(struct iommu_group *group);

/**
 * iommu_iopf_forget_device() - take a device off its queue before it is released
 * @dev: device, still probed; its driver may have done it already
 *
 * Context: as iopf_queue_remove_device().
 */
void iommu_iopf_forget_device(struct device *dev);

/**
 * iommu_iopf_answer() - let the driver answer, count and trace it
 * @dev: device
 * @last: last request of the group
 * @code: verdict
 *
 * The one place from which page_response() is called.
 *
 * Context: iommu_fault_param.lock is held; or dev_iommu.lock, while the device is
 * on no queue or has left it but for the waiting.
 */
void iommu_iopf_answer(struct device *dev, struct iopf_fault *last,
		       enum iommu_page_response_code code);

/**
 * iommu_iopf_group_alloc() - make a group of one request
 * @param: state of its device
 * @last: request, copied
 * @handle: attachment
 *
 * Return: a group that core does not wait for yet; NULL without memory.
 */
struct iopf_group *iommu_iopf_group_alloc(struct iommu_fault_param *param,
					  const struct iopf_fault *last,
					  struct iommu_attach_handle *handle);

/**
 * iommu_iopf_group_open() - add the requests before the last one, await an answer
 * @group: group of iommu_iopf_group_alloc()
 *
 * Context: Process; takes iommu_fault_param.lock.
 * Return: 0; -ENODEV if the device has left its queue; -ENOSPC if it has too many
 * groups.  On failure nothing changed.
 */
int iommu_iopf_group_open(struct iopf_group *group);

/**
 * iommu_iopf_group_discard() - free a group that could not be opened
 * @group: group
 */
void iommu_iopf_group_discard(struct iopf_group *group);

/**
 * iommu_iopf_partial_take() - take the requests of a group off the partial list
 * @param: state
 * @last: last request of the group
 * @to: list for those that go with @last
 *
 * The index is used again once the group is answered, so what carries it but
 * names another address space can never be completed: it is dropped.
 *
 * Context: param->lock is held.
 * Return: number of requests on @to.
 */
size_t iommu_iopf_partial_take(struct iommu_fault_param *param,
			       const struct iommu_fault_page_request *last,
			       struct list_head *to);

/**
 * iommu_iopf_faults_free() - free requests
 * @faults: list of struct iopf_fault; empty afterwards
 *
 * Return: how many there were.
 */
unsigned int iommu_iopf_faults_free(struct list_head *faults);

#else

static inline void iommu_iopf_quiesce(struct iommu_group *group) {}
static inline void iommu_iopf_forget_device(struct device *dev) {}

#endif /* CONFIG_IOMMU_IOPF */

#endif /* __IOMMU_CORE_IOPF_H */
