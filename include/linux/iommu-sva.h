/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Process address spaces on devices, and recoverable faults.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_SVA_H
#define __LINUX_IOMMU_SVA_H

#include <linux/err.h>
#include <linux/iommu-ops.h>
#include <linux/mm_types.h>

#ifdef CONFIG_IOMMU_MM_DATA

/**
 * mm_pasid_init() - a new address space shares no PASID with its parent
 * @mm: address space, copied from another and not published yet
 */
static inline void mm_pasid_init(struct mm_struct *mm)
{
	mm->iommu_mm = NULL;
}

/**
 * mm_valid_pasid() - does an address space have a PASID?
 * @mm: address space
 *
 * Context: Any.
 * Return: true from its first bond on.
 */
static inline bool mm_valid_pasid(struct mm_struct *mm)
{
	return READ_ONCE(mm->iommu_mm);
}

/**
 * mm_get_enqcmd_pasid() - PASID of an address space
 * @mm: address space
 *
 * Return: PASID or IOMMU_PASID_INVALID.
 */
static inline u32 mm_get_enqcmd_pasid(struct mm_struct *mm)
{
	struct iommu_mm_data *data = READ_ONCE(mm->iommu_mm);

	return data ? data->pasid : IOMMU_PASID_INVALID;
}

/**
 * mm_pasid_drop() - an address space dies
 * @mm: address space that nobody refers to, and so no device is bound to
 *
 * Its PASID can be given to another from here on.
 *
 * Context: Any.
 */
void mm_pasid_drop(struct mm_struct *mm);

/**
 * iommu_sva_bind_device() - let a device use a process's addresses
 * @dev: device with IOMMU_DEV_FEAT_SVA switched on, bound to its driver
 * @mm: address space, referenced by the caller
 *
 * Transactions that carry the bond's PASID walk the tables of @mm.  A second call
 * for the same two returns the same bond, to be undone as often.  The bond keeps
 * @mm from being freed, but not the process from exiting: its addresses have no
 * pages then.
 *
 * Context: Process; takes the SVA lock, then the group's mutex; a driver may
 * take the mmap lock of @mm.
 * Return: bond; or an ERR_PTR() of -ENODEV if no instance serves @dev;
 * -EOPNOTSUPP if it has no PASIDs, or its driver or the architecture cannot do
 * it; -EBUSY if tables of @mm are not for devices, or the PASID is in use;
 * -EOVERFLOW if @dev cannot have the PASID of @mm; -ENOSPC if none is left;
 * -ENOMEM; or the driver's error.
 */
struct iommu_sva *iommu_sva_bind_device(struct device *dev,
					struct mm_struct *mm);

/**
 * iommu_sva_unbind_device() - undo iommu_sva_bind_device()
 * @handle: bond; the device sends no more transactions with it
 *
 * With the last call transactions with the PASID are aborted.  Page requests that
 * came before have been answered on return.
 *
 * Context: Process; not under the mmap lock of any process, which is needed to
 * answer page requests.
 */
void iommu_sva_unbind_device(struct iommu_sva *handle);

/**
 * iommu_sva_get_pasid() - PASID to put in transactions
 * @handle: bond
 *
 * Context: Any.
 * Return: PASID, the same on all devices that the address space is bound to.
 */
u32 iommu_sva_get_pasid(struct iommu_sva *handle);

#else /* !CONFIG_IOMMU_MM_DATA */

static inline void mm_pasid_init(struct mm_struct *mm) {}
static inline void mm_pasid_drop(struct mm_struct *mm) {}

static inline bool mm_valid_pasid(struct mm_struct *mm)
{
	return false;
}

static inline u32 mm_get_enqcmd_pasid(struct mm_struct *mm)
{
	return IOMMU_PASID_INVALID;
}

static inline struct iommu_sva *
iommu_sva_bind_device(struct device *dev, struct mm_struct *mm)
{
	return ERR_PTR(-ENODEV);
}

static inline void iommu_sva_unbind_device(struct iommu_sva *handle) {}

static inline u32 iommu_sva_get_pasid(struct iommu_sva *handle)
{
	return IOMMU_PASID_INVALID;
}

#endif /* CONFIG_IOMMU_MM_DATA */

#ifdef CONFIG_IOMMU_IOPF

/**
 * iopf_queue_alloc() - a queue for the page requests of an instance's devices
 * @name: name of its workqueue, "iopf_queue/@name"
 *
 * Context: Process.
 * Return: queue, freed with iopf_queue_free(); NULL without memory.
 */
struct iopf_queue *iopf_queue_alloc(const char *name);

/**
 * iopf_queue_free() - free a queue, removing the devices that are still on it
 * @queue: queue, or NULL
 *
 * Nobody may add or remove devices of this queue any more.
 *
 * Context: as iopf_queue_remove_device().
 */
void iopf_queue_free(struct iopf_queue *queue);

/**
 * iopf_queue_add_device() - let the page requests of a device be handled
 * @queue: queue
 * @dev: device; it must not send requests yet
 *
 * Context: Process; takes iopf_queue.lock, then dev_iommu.lock.
 * Return: 0; -ENODEV if the device is not probed, or its driver has no
 * page_response(); -EBUSY if it is on a queue, or still leaving one; -ENOMEM.
 */
int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev);

/**
 * iopf_queue_remove_device() - refuse the page requests of a device from now on
 * @queue: queue
 * @dev: device; nothing happens if it is not on @queue
 *
 * Every group that has no answer yet is answered IOMMU_PAGE_RESP_INVALID, also
 * those whose handler still works on them; what it answers later goes nowhere.
 * Requests whose group is not complete are dropped.  On return no handler runs
 * for this device, nor anything that one has put on the queue's workqueue; so
 * the caller holds no lock that these need, and is none of them.
 *
 * Context: Process; takes iopf_queue.lock, dev_iommu.lock,
 * iommu_fault_param.lock, and waits for handlers.
 */
void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev);

/**
 * iopf_queue_flush_dev() - wait until the requests reported so far were handled
 * @dev: device; it sends no requests that matter to the caller any more
 *
 * Waits for handlers that run for this device, and for what is on the queue's
 * workqueue.  Groups that a handler has passed on, to user space for example,
 * are not waited for.
 *
 * Context: Process; not under a lock that a handler takes.  It ends when the
 * work ends: a handler may wait for a page from a disk.
 * Return: 0, or -ENODEV if the device is on no queue.
 */
int iopf_queue_flush_dev(struct device *dev);

/**
 * iopf_queue_discard_partial() - drop requests whose last one is lost
 * @queue: queue, or NULL
 *
 * For drivers whose hardware queue overflowed.  The groups get their answer when
 * their last request comes after all, or from the hardware itself.
 *
 * Context: Process; takes iopf_queue.lock, then iommu_fault_param.lock.
 * Return: 0, or -EINVAL if @queue is NULL.
 */
int iopf_queue_discard_partial(struct iopf_queue *queue);

/**
 * iommu_report_device_fault() - hand in one page request
 * @dev: device; the driver keeps it from being released meanwhile
 * @evt: the request; copied
 *
 * A group of requests gets exactly one answer through page_response(), when its
 * last request is there: from whom the domain's handler passes it to, or at once
 * and IOMMU_PAGE_RESP_INVALID if nothing is attached that takes requests, if the
 * device is on no queue, if there is no memory, or too much waits already.
 *
 * Context: Process; may sleep, and calls page_response() and the domain's
 * handler.  The caller may hold locks of its own, but none that page_response()
 * takes or under which a device is removed from its queue.
 * Return: 0 if the group was or will be answered.  Otherwise nobody answers but
 * the driver: -ENODEV if the device is not probed, -EOPNOTSUPP without
 * page_response(), -EINVAL if @evt is not a page request.
 */
int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt);

/**
 * iopf_group_response() - answer a group
 * @group: group
 * @status: verdict
 *
 * The first answer counts, later ones do nothing; so does one that comes after
 * the device has left its queue, which was an answer.
 *
 * Context: Process; takes iommu_fault_param.lock.
 */
void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status);

/**
 * iopf_group_dequeue() - a handler keeps a group beyond its work
 * @group: group; nothing happens if it was answered
 *
 * Says that somebody outside of the kernel decides when the answer comes.  The
 * group still gets one when the device leaves its queue.
 *
 * Context: Process; takes iommu_fault_param.lock.
 */
void iopf_group_dequeue(struct iopf_group *group);

/**
 * iopf_free_group() - free a group
 * @group: group that the handler owns; if it was not answered, it is now,
 *	IOMMU_PAGE_RESP_INVALID
 *
 * Context: Process; takes iommu_fault_param.lock.
 */
void iopf_free_group(struct iopf_group *group);

#else /* !CONFIG_IOMMU_IOPF */

static inline struct iopf_queue *iopf_queue_alloc(const char *name)
{
	return NULL;
}

static inline void iopf_queue_free(struct iopf_queue *queue) {}

static inline int iopf_queue_add_device(struct iopf_queue *queue,
					struct device *dev)
{
	return -ENODEV;
}

static inline void iopf_queue_remove_device(struct iopf_queue *queue,
					    struct device *dev) {}

static inline int iopf_queue_flush_dev(struct device *dev)
{
	return -ENODEV;
}

static inline int iopf_queue_discard_partial(struct iopf_queue *queue)
{
	return -ENODEV;
}

static inline int iommu_report_device_fault(struct device *dev,
					    struct iopf_fault *evt)
{
	return -ENODEV;
}

static inline void iopf_group_response(struct iopf_group *group,
				       enum iommu_page_response_code status) {}
static inline void iopf_group_dequeue(struct iopf_group *group) {}
static inline void iopf_free_group(struct iopf_group *group) {}

#endif /* CONFIG_IOMMU_IOPF */

#endif /* __LINUX_IOMMU_SVA_H */
