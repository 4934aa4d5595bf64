// SPDX-License-Identifier: GPL-2.0
/*
 * Recoverable faults of devices that share a process's address space: the page
 * is brought in as if the process had touched it.
 */
#include <kunit/visibility.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/workqueue.h>

#include "core.h"

/* What the request wants of the area, as VM_* bits; 0 if that makes no sense */
static unsigned long request_access(const struct iommu_fault_page_request *request)
{
	unsigned long access = 0;

	if (request->perm & IOMMU_FAULT_PERM_READ)
		access |= VM_READ;
	if (request->perm & IOMMU_FAULT_PERM_WRITE)
		access |= VM_WRITE;
	if (request->perm & IOMMU_FAULT_PERM_EXEC)
		access |= VM_EXEC;
	return access;
}

/* Without FAULT_FLAG_ALLOW_RETRY the lock is still held when the fault is done. */
static unsigned int request_fault_flags(const struct iommu_fault_page_request *request)
{
	unsigned int flags = FAULT_FLAG_REMOTE;

	if (request->perm & IOMMU_FAULT_PERM_WRITE)
		flags |= FAULT_FLAG_WRITE;
	else if (request->perm & IOMMU_FAULT_PERM_EXEC)
		flags |= FAULT_FLAG_INSTRUCTION;
	if (!(request->perm & IOMMU_FAULT_PERM_PRIV))
		flags |= FAULT_FLAG_USER;
	return flags;
}

static bool page_in(struct mm_struct *mm, const struct iommu_fault_page_request *request)
{
	unsigned long access = request_access(request);
	struct vm_area_struct *vma;
	vm_fault_t ret = VM_FAULT_SIGSEGV;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, request->addr);
	if (vma && access && !(access & ~vma->vm_flags))
		ret = handle_mm_fault(vma, request->addr,
				      request_fault_flags(request), NULL);
	mmap_read_unlock(mm);
	return !(ret & VM_FAULT_ERROR);
}

/* One page that cannot be had fails the group, and those behind it are left alone. */
static enum iommu_page_response_code group_page_in(struct mm_struct *mm,
						   struct iopf_group *group)
{
	struct iopf_fault *fault;

	list_for_each_entry(fault, &group->faults, list) {
		if (!page_in(mm, &fault->fault.prm))
			return IOMMU_PAGE_RESP_INVALID;
	}
	return IOMMU_PAGE_RESP_SUCCESS;
}

static void sva_fault_work(struct work_struct *work)
{
	struct iopf_group *group = container_of(work, struct iopf_group, work);
	struct mm_struct *mm = group->attach_handle->domain->mm;
	enum iommu_page_response_code code = IOMMU_PAGE_RESP_INVALID;

	/* A process that exits has no pages to give. */
	if (mmget_not_zero(mm)) {
		code = group_page_in(mm, group);
		/* Tearing an mm down here would wait for this queue. */
		mmput_async(mm);
	}
	iopf_group_response(group, code);
	iopf_free_group(group);
}

int iommu_sva_fault_handler(struct iopf_group *group)
{
	INIT_WORK(&group->work, sva_fault_work);
	return queue_work(group->fault_param->queue->wq, &group->work) ? 0 : -EBUSY;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_sva_fault_handler);
