// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests: from the driver to the handler of the domain.
 *
 * A device that can wait for a page (PCI PRI, an SMMU stall) sends requests in
 * groups.  Requests before the last one of their group are put aside, the last
 * one finds the attachment of its PASID, and the group goes to the handler of
 * the domain there.  The device waits until it gets an answer, and takes a second
 * one for an error of ours: so each group that was closed by a last request is
 * answered once, whatever happens to memory, attachment, queue or handler.
 *
 * What a device can make us keep is bounded, see iopf.h.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <trace/events/iommu_fault.h>

#include "core.h"
#include "iopf.h"

/* What may be set in a request, whoever sends it */
#define REQUEST_FLAGS	(IOMMU_FAULT_PAGE_REQUEST_PASID_VALID | \
			 IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE | \
			 IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID)

static bool is_last(const struct iopf_fault *evt)
{
	return evt->fault.prm.flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
}

/* A response can name a PASID only if the request did. */
static bool flags_make_sense(u32 flags)
{
	if (flags & ~REQUEST_FLAGS)
		return false;
	return !(flags & IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID) ||
	       (flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID);
}

/* One line, from the allowance that the device has for its faults */
static void complain(struct device *dev, const struct iopf_fault *evt,
		     const char *fate, const char *why)
{
	const struct iommu_fault_page_request *prm = &evt->fault.prm;
	struct iommu_page_counts *counts = &dev->iommu->pages;

	if (!__ratelimit(&dev->iommu->fault_limit))
		return;
	dev_err(dev, "iommu: page request for 0x%016llx (PASID %d, group %u) %s: %s; of %llu so far %llu were dropped, %llu groups refused\n",
		prm->addr,
		prm->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID ?
			(int)prm->pasid : -1,
		prm->grpid, fate, why, atomic64_read(&counts->requests),
		atomic64_read(&counts->dropped),
		atomic64_read(&counts->responses[IOMMU_PAGE_RESP_INVALID]));
}

/*
 * The answer to a group goes out with its last request, the others wait.
 *
 * Return: false if the device is leaving its queue, nothing done.
 */
static bool refuse(struct iommu_fault_param *param, struct iopf_fault *evt,
		   const char *why)
{
	LIST_HEAD(parts);
	bool gone;

	mutex_lock(&param->lock);
	gone = param->gone;
	if (!gone && is_last(evt)) {
		iommu_iopf_partial_take(param, &evt->fault.prm, &parts);
		iommu_iopf_answer(param->dev, evt, IOMMU_PAGE_RESP_INVALID);
	}
	mutex_unlock(&param->lock);
	if (gone)
		return false;
	iommu_iopf_faults_free(&parts);
	complain(param->dev, evt, "refused", why);
	return true;
}

/*
 * The device is on no queue, or leaves @left: all that was waiting there has its
 * answer, so the lock that keeps it from joining another one keeps other answers
 * away as well.
 *
 * Return: false if it has joined a queue meanwhile, nothing done.
 */
static bool refuse_stranger(struct device *dev, struct iommu_fault_param *left,
			    struct iopf_fault *evt)
{
	struct iommu_fault_param *now;
	bool joined;

	mutex_lock(&dev->iommu->lock);
	now = rcu_access_pointer(dev->iommu->fault_param);
	joined = now && now != left;
	if (!joined && is_last(evt))
		iommu_iopf_answer(dev, evt, IOMMU_PAGE_RESP_INVALID);
	mutex_unlock(&dev->iommu->lock);
	if (!joined)
		complain(dev, evt, "refused", "page requests are not switched on for the device");
	return !joined;
}

/*
 * The attachment that a request is for.  Where user space manages the PASIDs,
 * core knows none of them, and what is attached to the requester id takes all.
 */
static struct iommu_attach_handle *
find_handle(struct device *dev, const struct iommu_fault_page_request *prm)
{
	struct iommu_group *group = dev->iommu_group;
	struct iommu_attach_handle *handle;
	ioasid_t pasid = IOMMU_NO_PASID;

	if (!group)
		return NULL;
	if (prm->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID)
		pasid = prm->pasid;

	handle = iommu_attach_handle_get(group, pasid, 0);
	if (IS_ERR(handle) && pasid != IOMMU_NO_PASID &&
	    dev_iommu_ops(dev)->user_pasid_table)
		handle = iommu_attach_handle_get(group, IOMMU_NO_PASID,
						 IOMMU_DOMAIN_NESTED);
	if (IS_ERR_OR_NULL(handle) || !handle->domain ||
	    !handle->domain->iopf_handler)
		return NULL;
	return handle;
}

static bool report_last(struct iommu_fault_param *param, struct iopf_fault *evt)
{
	struct iommu_attach_handle *handle;
	struct iopf_group *group;
	int ret;

	handle = find_handle(param->dev, &evt->fault.prm);
	if (!handle)
		return refuse(param, evt, "nothing attached to its PASID takes page requests");
	group = iommu_iopf_group_alloc(param, evt, handle);
	if (!group)
		return refuse(param, evt, "no memory");
	ret = iommu_iopf_group_open(group);
	if (ret) {
		iommu_iopf_group_discard(group);
		if (ret == -ENODEV)
			return false;
		return refuse(param, evt, "too many groups of the device wait for an answer");
	}
	if (handle->domain->iopf_handler(group)) {
		iopf_free_group(group);
		complain(param->dev, evt, "refused", "its handler could not take it");
	}
	return true;
}

/*
 * A request that is left out of its group costs the device another one for the
 * same page.  So where there are too many, the oldest goes: its last request has
 * probably been lost, and would block the list for ever.
 */
static bool report_partial(struct iommu_fault_param *param,
			   struct iopf_fault *evt)
{
	/* Reclaim may wait for I/O of the device that waits for us. */
	struct iopf_fault *part = kmalloc(sizeof(*part), GFP_NOIO);
	struct iopf_fault *oldest = NULL;
	bool gone;

	if (!part) {
		atomic64_inc(&param->dev->iommu->pages.dropped);
		complain(param->dev, evt, "dropped", "no memory");
		return true;
	}
	part->fault = evt->fault;

	mutex_lock(&param->lock);
	gone = param->gone;
	if (!gone) {
		list_add_tail(&part->list, &param->partial);
		param->partials++;
	}
	if (param->partials > IOPF_PARTIALS_MAX) {
		oldest = list_first_entry(&param->partial, struct iopf_fault, list);
		list_del(&oldest->list);
		param->partials--;
	}
	mutex_unlock(&param->lock);

	if (gone)
		kfree(part);
	if (oldest) {
		atomic64_inc(&param->dev->iommu->pages.dropped);
		complain(param->dev, oldest, "dropped", "the last one of its group did not come");
		kfree(oldest);
	}
	return !gone;
}

/*
 * Who takes away queue or attachment waits for @reporting to be released.
 *
 * Return: false if the device is leaving its queue, nothing done.
 */
static bool report_to(struct iommu_fault_param *param, struct iopf_fault *evt)
{
	bool done;

	down_read(&param->reporting);
	if (!flags_make_sense(evt->fault.prm.flags))
		done = refuse(param, evt, "its flags contradict each other, please report this");
	else if (is_last(evt))
		done = report_last(param, evt);
	else
		done = report_partial(param, evt);
	up_read(&param->reporting);
	return done;
}

int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt)
{
	struct iommu_fault_param *param;
	bool done;

	if (!iommu_device_is_probed(dev))
		return -ENODEV;
	if (!dev_iommu_ops(dev)->page_response)
		return -EOPNOTSUPP;
	if (evt->fault.type != IOMMU_FAULT_PAGE_REQ)
		return -EINVAL;

	atomic64_inc(&dev->iommu->pages.requests);
	trace_page_request(dev_name(dev), &evt->fault.prm);

	/* Each further round takes a device that left a queue and joined one. */
	do {
		param = iommu_iopf_param_get(dev);
		done = (param && report_to(param, evt)) ||
		       refuse_stranger(dev, param, evt);
		if (param)
			iommu_iopf_param_put(param);
	} while (!done);
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_report_device_fault);
