// SPDX-License-Identifier: GPL-2.0
/*
 * Event queue of an instance.
 *
 * The hardware writes records and moves PROD, we read them and move CONS.  One
 * record becomes one report to core, which prints and counts it; a record for a
 * stream that nobody owns is reported without a device.
 */
#include <linux/bitfield.h>
#include <linux/crash_dump.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>

#include <kunit/visibility.h>

#include "smmu.h"

/*
 * Records taken in one go.  A device that faults without end costs at most this
 * many reports in each tick, however fast it is.
 */
#define SMMU3_EVTQ_BUDGET	256

int smmu3_evtq_init(struct smmu3_instance *smmu)
{
	struct smmu3_evtq *evtq = &smmu->evtq;
	u8 max = is_kdump_kernel() ? SMMU3_EVTQ_KDUMP_LG2 : SMMU3_EVTQ_MAX_LG2;

	for (evtq->lg2 = min(smmu->feat.evtq_lg2, max); ; evtq->lg2--) {
		evtq->ring = dma_alloc_coherent(smmu->dev,
						sizeof(*evtq->ring) << evtq->lg2,
						&evtq->dma,
						GFP_KERNEL | __GFP_NOWARN);
		if (evtq->ring)
			break;
		if (!evtq->lg2)
			return -ENOMEM;
	}
	dev_info(smmu->dev, "allocated %u entries for evtq\n",
		 smmu3_ring_size(evtq->lg2));
	return 0;
}

void smmu3_evtq_exit(struct smmu3_instance *smmu)
{
	struct smmu3_evtq *evtq = &smmu->evtq;

	if (!evtq->ring)
		return;
	dma_free_coherent(smmu->dev, sizeof(*evtq->ring) << evtq->lg2,
			  evtq->ring, evtq->dma);
	evtq->ring = NULL;
}

void smmu3_evtq_start(struct smmu3_instance *smmu)
{
	struct smmu3_evtq *evtq = &smmu->evtq;

	evtq->cons = 0;
	writeq_relaxed(SMMU3_QBASE_ALLOC | (evtq->dma & SMMU3_QBASE_ADDR) |
		       FIELD_PREP(SMMU3_QBASE_LOG2SIZE, evtq->lg2),
		       smmu->page0 + SMMU3_EVENTQ_BASE);
	writel_relaxed(0, smmu->page1 + SMMU3_PAGE1_EVENTQ_PROD);
	writel_relaxed(0, smmu->page1 + SMMU3_PAGE1_EVENTQ_CONS);
}

static void read_record(struct smmu3_evtq *evtq, struct smmu3_evt *evt)
{
	__le64 *record = evtq->ring[smmu3_ring_slot(evtq->lg2, evtq->cons)];
	int i;

	for (i = 0; i < SMMU3_EVT_WORDS; i++)
		evt->w[i] = le64_to_cpu(record[i]);
}

static void report_record(struct smmu3_instance *smmu,
			  const struct smmu3_evt *evt)
{
	struct iommu_fault_record rec;
	struct smmu3_device *device;
	struct smmu3_fault fault;

	smmu3_evt_decode(evt, &rec, &fault);
	atomic64_inc(&smmu->counters.events);
	if (fault.malformed) {
		atomic64_inc(&smmu->counters.malformed);
		dev_err_ratelimited(smmu->dev,
				    "unknown event %#018llx %#018llx %#018llx %#018llx\n",
				    evt->w[0], evt->w[1], evt->w[2], evt->w[3]);
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

static void ack_overflow(struct smmu3_instance *smmu, u32 prod)
{
	struct smmu3_evtq *evtq = &smmu->evtq;

	if (!smmu3_ring_overflown(prod, evtq->cons))
		return;
	atomic64_inc(&smmu->counters.overflows);
	dev_err_ratelimited(smmu->dev,
			    "event queue overflow: faults were lost\n");
	evtq->cons = smmu3_ring_ack_overflow(prod, evtq->cons);
}

/* Takes up to @budget records that are there; returns how many it took */
static u32 drain_some(struct smmu3_instance *smmu, u32 budget)
{
	struct smmu3_evtq *evtq = &smmu->evtq;
	struct smmu3_evt evt;
	u32 prod, count, n;

	/* Ordered before the reads of the records that it announces */
	prod = readl(smmu->page1 + SMMU3_PAGE1_EVENTQ_PROD);
	count = smmu3_ring_count(evtq->lg2, prod, evtq->cons);
	if (count > smmu3_ring_size(evtq->lg2)) {
		dev_err_ratelimited(smmu->dev,
				    "event queue is at %#x, which cannot be\n",
				    prod);
		return 0;
	}

	count = min(count, budget);
	for (n = 0; n < count; n++) {
		read_record(evtq, &evt);
		evtq->cons = smmu3_ring_advance(evtq->lg2, evtq->cons, 1);
		report_record(smmu, &evt);
	}
	ack_overflow(smmu, prod);
	/* Ordered after the reads of the slots that it gives back */
	writel(evtq->cons, smmu->page1 + SMMU3_PAGE1_EVENTQ_CONS);
	return n;
}

/*
 * An interrupt is only raised when an empty queue gets a record, so go on until
 * it is seen empty after CONS was written.  False if it was not.
 */
static bool drain(struct smmu3_instance *smmu, u32 budget)
{
	u32 taken;

	mutex_lock(&smmu->streams_lock);
	do {
		taken = drain_some(smmu, budget);
		budget -= taken;
	} while (taken && budget);
	mutex_unlock(&smmu->streams_lock);
	return budget;
}

void smmu3_evtq_drain(struct smmu3_instance *smmu)
{
	if (!drain(smmu, SMMU3_EVTQ_BUDGET))
		smmu3_irq_poll_soon(smmu);
}

void smmu3_evtq_flush(struct smmu3_instance *smmu)
{
	if (!drain(smmu, smmu3_ring_size(smmu->evtq.lg2)))
		smmu3_irq_poll_soon(smmu);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_evtq_drain);
