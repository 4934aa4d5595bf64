// SPDX-License-Identifier: GPL-2.0
/*
 * Event queue of an instance.
 *
 * One record becomes one report to core, which prints and counts it; a record
 * for a stream that nobody owns is reported without a device.
 */
#include <linux/ratelimit.h>

#include <kunit/visibility.h>

#include "smmu.h"

static_assert(SMMU3_EVT_WORDS == SMMU3_RECQ_WORDS);

static void take_event(struct smmu3_instance *smmu, const u64 *record)
{
	struct smmu3_evt evt = {
		.w = { record[0], record[1], record[2], record[3] },
	};
	struct iommu_fault_record rec;
	struct smmu3_device *device;
	struct smmu3_fault fault;

	smmu3_evt_decode(&evt, &rec, &fault);
	atomic64_inc(&smmu->counters.events);
	if (fault.malformed) {
		atomic64_inc(&smmu->counters.malformed);
		dev_err_ratelimited(smmu->dev,
				    "unknown event %#018llx %#018llx %#018llx %#018llx\n",
				    record[0], record[1], record[2], record[3]);
		return;
	}
	if (fault.hint)
		return;

	rec.iommu = &smmu->iommu;
	device = smmu3_stream_owner(smmu, rec.stream);
	if (device)
		rec.dev = device->dev;
	if (fault.stall && smmu3_stall_report(smmu, device, &rec, &fault))
		return;
	iommu_fault_report(&rec);
}

static void events_lost(struct smmu3_instance *smmu)
{
	atomic64_inc(&smmu->counters.overflows);
	dev_err_ratelimited(smmu->dev,
			    "event queue overflow: faults were lost\n");
}

static const struct smmu3_recq_kind evtq_kind = {
	.name = "evtq",
	.words = SMMU3_EVT_WORDS,
	.base = SMMU3_EVENTQ_BASE,
	.prod = SMMU3_PAGE1_EVENTQ_PROD,
	.cons = SMMU3_PAGE1_EVENTQ_CONS,
	.take = take_event,
	.lost = events_lost,
};

int smmu3_evtq_init(struct smmu3_instance *smmu)
{
	u8 max = smmu3_is_crash_kernel() ? SMMU3_EVTQ_KDUMP_LG2 :
					   SMMU3_EVTQ_MAX_LG2;

	return smmu3_recq_init(smmu, &smmu->evtq, &evtq_kind,
			       min(smmu->feat.evtq_lg2, max));
}

void smmu3_evtq_drain(struct smmu3_instance *smmu)
{
	smmu3_recq_drain(smmu, &smmu->evtq);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_evtq_drain);

void smmu3_evtq_flush(struct smmu3_instance *smmu)
{
	smmu3_recq_flush(smmu, &smmu->evtq);
}
