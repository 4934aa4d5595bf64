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
 * Return: true if so.
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
 * @mm: address space without users
 */
void mm_pasid_drop(struct mm_struct *mm);

/**
 * iommu_sva_bind_device() - let a device use a process's addresses
 * @dev: device with IOMMU_DEV_FEAT_SVA
 * @mm: address space, referenced by the caller
 *
 * Return: bond; ERR_PTR(-EOPNOTSUPP) or another error.
 */
struct iommu_sva *iommu_sva_bind_device(struct device *dev,
					struct mm_struct *mm);

/**
 * iommu_sva_unbind_device() - undo iommu_sva_bind_device()
 * @handle: bond; the device has stopped using it
 */
void iommu_sva_unbind_device(struct iommu_sva *handle);

/**
 * iommu_sva_get_pasid() - PASID to put in transactions
 * @handle: bond
 *
 * Return: PASID.
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
 * iopf_queue_alloc() - a queue for the recoverable faults of an instance
 * @name: name of its worker
 *
 * Return: queue or NULL.
 */
struct iopf_queue *iopf_queue_alloc(const char *name);

/**
 * iopf_queue_free() - free a queue, removing its devices
 * @queue: queue, or NULL
 */
void iopf_queue_free(struct iopf_queue *queue);

/**
 * iopf_queue_add_device() - let a device report to a queue
 * @queue: queue
 * @dev: device
 *
 * Return: 0, -ENODEV, -EBUSY, -ENOMEM.
 */
int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev);

/**
 * iopf_queue_remove_device() - undo it; what is pending is answered invalid
 * @queue: queue
 * @dev: device
 */
void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev);

/**
 * iopf_queue_flush_dev() - wait until a device's faults have been handled
 * @dev: device
 *
 * Return: 0 or -ENODEV.
 */
int iopf_queue_flush_dev(struct device *dev);

/**
 * iopf_queue_discard_partial() - drop groups that can never be completed
 * @queue: queue, or NULL
 *
 * Return: 0 or -EINVAL.
 */
int iopf_queue_discard_partial(struct iopf_queue *queue);

/**
 * iommu_report_device_fault() - hand in a recoverable fault
 * @dev: device
 * @evt: fault; copied
 *
 * Return: 0 if it was or will be answered, otherwise the driver answers.
 */
int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt);

/**
 * iopf_group_response() - answer a group
 * @group: group
 * @status: verdict
 */
void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status);

/**
 * iopf_group_dequeue() - take a group off the device's pending list
 * @group: group
 */
void iopf_group_dequeue(struct iopf_group *group);

/**
 * iopf_free_group() - free a group that was answered
 * @group: group
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
