// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that wait for an answer: what is handed to core, and what core says.
 */
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/property.h>

#include <kunit/visibility.h>

#include "smmu.h"

/* Words of iommu_fault_page_request.private_data */
enum note {
	NOTE_STREAM,
	NOTE_WAITS_FOR,
};

void smmu3_stall_note(struct iopf_fault *evt, u32 sid,
		      enum smmu3_waits_for waits_for)
{
	evt->fault.prm.private_data[NOTE_STREAM] = sid;
	evt->fault.prm.private_data[NOTE_WAITS_FOR] = waits_for;
}

void smmu3_stall_init(struct smmu3_device *device)
{
	u32 flags = device->smmu->feat.flags;

	device->stall.capable = flags & SMMU3_FEAT_STALL_FORCE ||
				(flags & SMMU3_FEAT_STALLS &&
				 device_property_read_bool(device->dev,
							   "dma-can-stall"));
	device->stall.pri = smmu3_pri_capable(device);
	device->stall.pri_pasid = device->stall.pri &&
				  smmu3_pri_needs_pasid(device);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stall_init);

static void set_enabled(struct smmu3_device *device, bool enabled)
{
	mutex_lock(&device->smmu->streams_lock);
	device->stall.enabled = enabled;
	mutex_unlock(&device->smmu->streams_lock);
}

int smmu3_stall_enable(struct smmu3_device *device)
{
	struct iopf_queue *queue = device->smmu->iopf;
	int ret;

	if (!queue || !(device->stall.capable || device->stall.pri))
		return -ENODEV;
	ret = device->stall.pri ? smmu3_answers_init(device) : 0;
	if (ret)
		return ret;
	ret = iopf_queue_add_device(queue, device->dev);
	if (ret)
		return ret;
	/* The first request finds everything there */
	set_enabled(device, true);
	if (!device->stall.pri)
		return 0;
	ret = smmu3_pri_switch_on(device);
	if (ret) {
		set_enabled(device, false);
		iopf_queue_remove_device(queue, device->dev);
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stall_enable);

void smmu3_stall_flush(struct smmu3_device *device)
{
	if (!device->stall.enabled)
		return;
	if (device->stall.pri)
		smmu3_priq_flush(device->smmu);
	else
		smmu3_evtq_flush(device->smmu);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stall_flush);

void smmu3_stall_disable(struct smmu3_device *device)
{
	if (!device->stall.enabled)
		return;
	if (device->stall.pri)
		smmu3_pri_switch_off(device);
	smmu3_stall_flush(device);
	/* From here on what comes is terminated when it is seen */
	set_enabled(device, false);
	iopf_queue_remove_device(device->smmu->iopf, device->dev);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stall_disable);

void smmu3_stall_exit(struct smmu3_device *device)
{
	struct smmu3_instance *smmu = device->smmu;
	unsigned int i;

	if (!device->stall.capable)
		return;
	/* Before: each gets its answer.  After: what got no record, for lack of room */
	smmu3_evtq_flush(smmu);
	for (i = 0; i < device->num_streams; i++)
		/* What was handed over may wait for who goes on with it */
		if (smmu3_owns_stream(device, device->streams[i]))
			smmu3_cmdq_issue_one(&smmu->cmdq,
					     smmu3_cmd_stall_term(device->streams[i]));
	smmu3_evtq_flush(smmu);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stall_exit);

static void resume(struct smmu3_instance *smmu, u32 sid, u16 stag,
		   enum smmu3_resume resp)
{
	struct smmu3_cmd cmd = smmu3_cmd_resume(sid, stag, resp);

	smmu3_cmdq_post(&smmu->cmdq, &cmd, 1);
}

/* What the tables of a process can mend; stage 2 has none of that kind */
static bool is_recoverable(const struct iommu_fault_record *rec,
			   const struct smmu3_fault *fault)
{
	return rec->stage == 1 && fault->class == SMMU3_CLASS_IN &&
	       (fault->id == SMMU3_F_TRANSLATION ||
		fault->id == SMMU3_F_ACCESS ||
		fault->id == SMMU3_F_PERMISSION);
}

static u32 wanted_perm(u8 access)
{
	u32 perm = access & IOMMU_FAULT_ACCESS_WRITE ? IOMMU_FAULT_PERM_WRITE :
						       IOMMU_FAULT_PERM_READ;

	if (access & IOMMU_FAULT_ACCESS_EXEC)
		perm |= IOMMU_FAULT_PERM_EXEC;
	if (access & IOMMU_FAULT_ACCESS_PRIV)
		perm |= IOMMU_FAULT_PERM_PRIV;
	return perm;
}

static bool report_to_core(struct smmu3_device *device,
			   const struct iommu_fault_record *rec,
			   const struct smmu3_fault *fault)
{
	struct iopf_fault evt = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.grpid = fault->stag,
			.perm = wanted_perm(rec->access),
			.addr = rec->iova & PAGE_MASK,
		},
	};

	if (rec->pasid != IOMMU_PASID_INVALID) {
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		evt.fault.prm.pasid = rec->pasid;
	}
	smmu3_stall_note(&evt, rec->stream, SMMU3_WAITS_IN_STALL);
	return !iommu_report_device_fault(device->dev, &evt);
}

bool smmu3_stall_report(struct smmu3_instance *smmu,
			struct smmu3_device *device,
			const struct iommu_fault_record *rec,
			const struct smmu3_fault *fault)
{
	lockdep_assert_held(&smmu->streams_lock);
	atomic64_inc(&smmu->counters.stalls);
	if (device && device->stall.enabled && is_recoverable(rec, fault) &&
	    report_to_core(device, rec, fault))
		return true;
	/* Nobody looks into it: end it as the fault that it is */
	resume(smmu, rec->stream, fault->stag, SMMU3_RESUME_ABORT);
	return false;
}

static enum smmu3_pri_resp pri_verdict(u32 code)
{
	switch (code) {
	case IOMMU_PAGE_RESP_SUCCESS:
		return SMMU3_PRI_SUCCESS;
	case IOMMU_PAGE_RESP_INVALID:
		return SMMU3_PRI_INVALID;
	default:
		return SMMU3_PRI_FAILURE;
	}
}

void smmu3_page_response(struct device *dev, struct iopf_fault *evt,
			 struct iommu_page_response *msg)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	const struct iommu_fault_page_request *prm = &evt->fault.prm;
	u32 sid = prm->private_data[NOTE_STREAM];
	struct smmu3_cmd cmd;

	if (prm->private_data[NOTE_WAITS_FOR] == SMMU3_WAITS_IN_STALL) {
		resume(device->smmu, sid, prm->grpid,
		       msg->code == IOMMU_PAGE_RESP_SUCCESS ?
				SMMU3_RESUME_RETRY : SMMU3_RESUME_ABORT);
		return;
	}
	cmd = smmu3_cmd_pri_resp(sid, prm->pasid,
				 prm->flags &
					IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID,
				 prm->grpid, pri_verdict(msg->code));
	smmu3_answer(device, &cmd);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_page_response);
