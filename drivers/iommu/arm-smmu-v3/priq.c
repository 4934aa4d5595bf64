// SPDX-License-Identifier: GPL-2.0
/*
 * PRI queue of an instance.
 *
 * Every group that arrives here is answered once: by core, which takes requests
 * of devices that were told to use PRI, or here with "invalid", when the last
 * request of a group comes that core does not take.  What the queue lost is
 * answered by the unit: it drops all that arrives between an overflow and its
 * acknowledgment, and answers those groups, parts of which we may have.
 */
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/ratelimit.h>

#include <kunit/visibility.h>

#include "smmu.h"

static u32 decode_perm(u64 w0)
{
	return (w0 & SMMU3_PPR0_READ ? IOMMU_FAULT_PERM_READ : 0) |
	       (w0 & SMMU3_PPR0_WRITE ? IOMMU_FAULT_PERM_WRITE : 0) |
	       (w0 & SMMU3_PPR0_EXEC ? IOMMU_FAULT_PERM_EXEC : 0) |
	       (w0 & SMMU3_PPR0_PRIV ? IOMMU_FAULT_PERM_PRIV : 0);
}

void smmu3_ppr_decode(const struct smmu3_ppr *ppr,
		      struct smmu3_page_request *req)
{
	u64 w0 = ppr->w[0];

	req->sid = FIELD_GET(SMMU3_PPR0_SID, w0);
	req->ssid = FIELD_GET(SMMU3_PPR0_SSID, w0);
	req->ssv = w0 & SMMU3_PPR0_SSV;
	req->perm = decode_perm(w0);
	req->addr = ppr->w[1] & SMMU3_PPR1_ADDR;
	req->group = FIELD_GET(SMMU3_PPR1_GROUP, ppr->w[1]);
	req->last = w0 & SMMU3_PPR0_LAST;
	/* PCI: a last request with a PASID that asks for nothing */
	req->stop = req->ssv && req->last &&
		    !(w0 & (SMMU3_PPR0_READ | SMMU3_PPR0_WRITE));
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ppr_decode);

/* Does the device expect the PASID in the answer?  Only of a stranger we guess */
static bool answer_has_pasid(const struct smmu3_device *device, bool ssv)
{
	return ssv && (!device || !device->stall.pri || device->stall.pri_pasid);
}

static void deny(struct smmu3_instance *smmu, const struct smmu3_device *device,
		 const struct smmu3_page_request *req)
{
	struct smmu3_cmd cmd = smmu3_cmd_pri_resp(req->sid, req->ssid,
						  answer_has_pasid(device,
								   req->ssv),
						  req->group,
						  SMMU3_PRI_INVALID);

	if (!req->last)
		return;
	atomic64_inc(&smmu->counters.pages_denied);
	smmu3_cmdq_post(&smmu->cmdq, &cmd, 1);
}

static bool report_to_core(struct smmu3_device *device,
			   const struct smmu3_page_request *req)
{
	struct iopf_fault evt = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.pasid = req->ssid,
			.grpid = req->group,
			.perm = req->perm,
			.addr = req->addr,
		},
	};

	if (req->ssv)
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
	if (req->last)
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
	if (answer_has_pasid(device, req->ssv))
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID;
	smmu3_stall_note(&evt, req->sid, SMMU3_WAITS_FOR_PAGE);
	return !iommu_report_device_fault(device->dev, &evt);
}

static void report_request(struct smmu3_instance *smmu,
			   const struct smmu3_page_request *req)
{
	struct smmu3_device *device;

	atomic64_inc(&smmu->counters.pages);
	if (req->stop)
		return;
	device = smmu3_stream_owner(smmu, req->sid);
	if (!device || !device->stall.enabled || !device->stall.pri) {
		dev_warn_ratelimited(smmu->dev,
				     "page requests of stream %#x (%s) are denied: nothing handles them\n",
				     req->sid,
				     device ? dev_name(device->dev) :
					      "no device of ours");
		deny(smmu, device, req);
		return;
	}
	if (!report_to_core(device, req))
		deny(smmu, device, req);
}

static void take_request(struct smmu3_instance *smmu, const u64 *record)
{
	struct smmu3_ppr ppr = { .w = { record[0], record[1] } };
	struct smmu3_page_request req;

	smmu3_ppr_decode(&ppr, &req);
	report_request(smmu, &req);
}

/*
 * Groups without their last request were answered by the unit, so what core has
 * of them must go before the overflow is acknowledged, or it would become part
 * of a later group of the same index.
 */
static void requests_lost(struct smmu3_instance *smmu)
{
	atomic64_inc(&smmu->counters.pages_lost);
	dev_warn_ratelimited(smmu->dev,
			     "PRI queue overflow: devices have to ask again\n");
	iopf_queue_discard_partial(smmu->iopf);
}

static const struct smmu3_recq_kind priq_kind = {
	.name = "priq",
	.words = SMMU3_PPR_WORDS,
	.base = SMMU3_PRIQ_BASE,
	.prod = SMMU3_PAGE1_PRIQ_PROD,
	.cons = SMMU3_PAGE1_PRIQ_CONS,
	.take = take_request,
	.lost = requests_lost,
	.lost_is_last = true,
};

static bool has_queue(const struct smmu3_instance *smmu)
{
	return IS_ENABLED(CONFIG_PCI_PRI) && smmu->feat.flags & SMMU3_FEAT_PRI &&
	       !smmu3_is_crash_kernel();
}

int smmu3_priq_init(struct smmu3_instance *smmu)
{
	if (!has_queue(smmu))
		return 0;
	return smmu3_recq_init(smmu, &smmu->priq, &priq_kind,
			       min(smmu->feat.priq_lg2, SMMU3_PRIQ_MAX_LG2));
}

void smmu3_priq_drain(struct smmu3_instance *smmu)
{
	smmu3_recq_drain(smmu, &smmu->priq);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_priq_drain);

void smmu3_priq_flush(struct smmu3_instance *smmu)
{
	smmu3_recq_flush(smmu, &smmu->priq);
}
