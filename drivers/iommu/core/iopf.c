// SPDX-License-Identifier: GPL-2.0
/*
 * Recoverable faults: not offered yet.
 *
 * No queue can be had, so no driver can switch them on.  Should one report such
 * a fault all the same, the device is answered, so that it does not wait.
 */
#include <linux/export.h>

#include "core.h"

struct iopf_queue *iopf_queue_alloc(const char *name)
{
	return NULL;
}
EXPORT_SYMBOL_GPL(iopf_queue_alloc);

void iopf_queue_free(struct iopf_queue *queue)
{
}
EXPORT_SYMBOL_GPL(iopf_queue_free);

int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev)
{
	return -ENODEV;
}
EXPORT_SYMBOL_GPL(iopf_queue_add_device);

void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev)
{
}
EXPORT_SYMBOL_GPL(iopf_queue_remove_device);

int iopf_queue_flush_dev(struct device *dev)
{
	return -ENODEV;
}
EXPORT_SYMBOL_GPL(iopf_queue_flush_dev);

int iopf_queue_discard_partial(struct iopf_queue *queue)
{
	return -EINVAL;
}
EXPORT_SYMBOL_GPL(iopf_queue_discard_partial);

int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt)
{
	const struct iommu_fault_page_request *request = &evt->fault.prm;
	struct iommu_page_response response = {
		.pasid = request->pasid,
		.grpid = request->grpid,
		.code = IOMMU_PAGE_RESP_INVALID,
	};
	const struct iommu_ops *ops;

	if (!iommu_device_is_probed(dev))
		return -ENODEV;
	ops = dev_iommu_ops(dev);
	if (!ops->page_response)
		return -EOPNOTSUPP;
	/* A group gets one answer, at its last request. */
	if (request->flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE)
		ops->page_response(dev, evt, &response);
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_report_device_fault);

/* There is no group of requests to answer, take from a list or free. */
void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status)
{
}
EXPORT_SYMBOL_GPL(iopf_group_response);

void iopf_group_dequeue(struct iopf_group *group)
{
}
EXPORT_SYMBOL_GPL(iopf_group_dequeue);

void iopf_free_group(struct iopf_group *group)
{
}
EXPORT_SYMBOL_GPL(iopf_free_group);
