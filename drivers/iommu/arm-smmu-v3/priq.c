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
#include <linux/crash_dump.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "smmu.h"

/* Requests taken in one go, as for events */
#define SMMU3_PRIQ_BUDGET	256

static bool has_queue(const struct smmu3_instance *smmu)
{
	return IS_ENABLED(CONFIG_PCI_PRI) && smmu->feat.flags & SMMU3_FEAT_PRI &&
	       !is_kdump_kernel();
}

int smmu3_priq_init(struct smmu3_instance *smmu)
{
	struct smmu3_priq *priq = &smmu->priq;

	if (!has_queue(smmu))
		return 0;
	priq->lg2 = min(smmu->feat.priq_lg2, SMMU3_PRIQ_MAX_LG2);
	for (;; priq->lg2--) {
		priq->ring = dma_alloc_coherent(smmu->dev,
						sizeof(*priq->ring) << priq->lg2,
						&priq->dma,
						GFP_KERNEL | __GFP_NOWARN);
		if (priq->ring)
			break;
		if (!priq->lg2)
			return -ENOMEM;
	}
	dev_info(smmu->dev, "allocated %u entries for priq\n",
		 smmu3_ring_size(priq->lg2));
	return 0;
}

void smmu3_priq_exit(struct smmu3_instance *smmu)
{
	struct smmu3_priq *priq = &smmu->priq;

	if (!priq->ring)
		return;
	dma_free_coherent(smmu->dev, sizeof(*priq->ring) << priq->lg2,
			  priq->ring, priq->dma);
	priq->ring = NULL;
}

void smmu3_priq_start(struct smmu3_instance *smmu)
{
	struct smmu3_priq *priq = &smmu->priq;

	if (!priq->ring)
		return;
	priq->cons = 0;
	writeq_relaxed(SMMU3_QBASE_ALLOC | (priq->dma & SMMU3_QBASE_ADDR) |
		       FIELD_PREP(SMMU3_QBASE_LOG2SIZE, priq->lg2),
		       smmu->page0 + SMMU3_PRIQ_BASE);
	writel_relaxed(0, smmu->page1 + SMMU3_PAGE1_PRIQ_PROD);
	writel_relaxed(0, smmu->page1 + SMMU3_PAGE1_PRIQ_CONS);
}

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

static void read_request(struct smmu3_priq *priq,
			 struct smmu3_page_request *req)
{
	__le64 *record = priq->ring[smmu3_ring_slot(priq->lg2, priq->cons)];
	struct smmu3_ppr ppr = {
		.w = { le64_to_cpu(record[0]), le64_to_cpu(record[1]) },
	};

	smmu3_ppr_decode(&ppr, req);
}

/*
 * After an overflow nothing arrives until it is acknowledged.  Groups without
 * their last request were answered by the unit, so what core has of them must
 * go first, or it would become part of a later group of the same index.
 */
static void ack_overflow(struct smmu3_instance *smmu, u32 prod)
{
	struct smmu3_priq *priq = &smmu->priq;

	if (!smmu3_ring_overflown(prod, priq->cons) ||
	    !smmu3_ring_empty(priq->lg2, prod, priq->cons))
		return;
	atomic64_inc(&smmu->counters.pages_lost);
	dev_warn_ratelimited(smmu->dev,
			     "PRI queue overflow: devices have to ask again\n");
	iopf_queue_discard_partial(smmu->iopf);
	priq->cons = smmu3_ring_ack_overflow(prod, priq->cons);
}

/* Takes up to @budget requests that are there; returns how many it took */
static u32 drain_some(struct smmu3_instance *smmu, u32 budget)
{
	struct smmu3_priq *priq = &smmu->priq;
	struct smmu3_page_request req;
	u32 prod, count, n;

	/* Ordered before the reads of the records that it announces */
	prod = readl(smmu->page1 + SMMU3_PAGE1_PRIQ_PROD);
	count = smmu3_ring_count(priq->lg2, prod, priq->cons);
	if (count > smmu3_ring_size(priq->lg2)) {
		dev_err_ratelimited(smmu->dev,
				    "PRI queue is at %#x, which cannot be\n",
				    prod);
		return 0;
	}

	count = min(count, budget);
	for (n = 0; n < count; n++) {
		read_request(priq, &req);
		priq->cons = smmu3_ring_advance(priq->lg2, priq->cons, 1);
		report_request(smmu, &req);
	}
	ack_overflow(smmu, prod);
	/* Ordered after the reads of the slots that it gives back */
	writel(priq->cons, smmu->page1 + SMMU3_PAGE1_PRIQ_CONS);
	return n;
}

/* Goes on until the queue is seen empty, as for events; false if it was not */
static bool drain(struct smmu3_instance *smmu, u32 budget)
{
	u32 taken;

	if (!smmu->priq.ring)
		return true;
	mutex_lock(&smmu->streams_lock);
	do {
		taken = drain_some(smmu, budget);
		budget -= taken;
	} while (taken && budget);
	mutex_unlock(&smmu->streams_lock);
	return budget;
}

void smmu3_priq_drain(struct smmu3_instance *smmu)
{
	if (!drain(smmu, SMMU3_PRIQ_BUDGET))
		smmu3_irq_poll_soon(smmu);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_priq_drain);

void smmu3_priq_flush(struct smmu3_instance *smmu)
{
	if (!drain(smmu, smmu3_ring_size(smmu->priq.lg2)))
		smmu3_irq_poll_soon(smmu);
}
