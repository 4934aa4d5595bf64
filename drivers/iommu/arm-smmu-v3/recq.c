// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of records, from the instance to the driver.
 *
 * Their KUnit suites are evtq_test.c and priq_test.c, where records mean
 * something.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>

#include "smmu.h"

static size_t size_of(const struct smmu3_recq *q)
{
	return (sizeof(*q->ring) * q->kind->words) << q->lg2;
}

int smmu3_recq_init(struct smmu3_instance *smmu, struct smmu3_recq *q,
		    const struct smmu3_recq_kind *kind, u8 lg2)
{
	q->kind = kind;
	for (q->lg2 = lg2; ; q->lg2--) {
		q->ring = dma_alloc_coherent(smmu->dev, size_of(q), &q->dma,
					     GFP_KERNEL | __GFP_NOWARN);
		if (q->ring)
			break;
		if (!q->lg2)
			return -ENOMEM;
	}
	dev_info(smmu->dev, "allocated %u entries for %s\n",
		 smmu3_ring_size(q->lg2), kind->name);
	return 0;
}

void smmu3_recq_exit(struct smmu3_instance *smmu, struct smmu3_recq *q)
{
	if (!q->ring)
		return;
	dma_free_coherent(smmu->dev, size_of(q), q->ring, q->dma);
	q->ring = NULL;
}

void smmu3_recq_start(struct smmu3_instance *smmu, struct smmu3_recq *q)
{
	if (!q->ring)
		return;
	q->cons = 0;
	writeq_relaxed(SMMU3_QBASE_ALLOC | (q->dma & SMMU3_QBASE_ADDR) |
		       FIELD_PREP(SMMU3_QBASE_LOG2SIZE, q->lg2),
		       smmu->page0 + q->kind->base);
	writel_relaxed(0, smmu->page1 + q->kind->prod);
	writel_relaxed(0, smmu->page1 + q->kind->cons);
}

static void take_one(struct smmu3_instance *smmu, struct smmu3_recq *q)
{
	unsigned int i, words = q->kind->words;
	u64 record[SMMU3_RECQ_WORDS];
	__le64 *entry = q->ring + words * smmu3_ring_slot(q->lg2, q->cons);

	for (i = 0; i < words; i++)
		record[i] = le64_to_cpu(entry[i]);
	q->cons = smmu3_ring_advance(q->lg2, q->cons, 1);
	q->kind->take(smmu, record);
}

static void ack_overflow(struct smmu3_instance *smmu, struct smmu3_recq *q,
			 u32 prod)
{
	if (!smmu3_ring_overflown(prod, q->cons))
		return;
	if (q->kind->lost_is_last && !smmu3_ring_empty(q->lg2, prod, q->cons))
		return;
	q->kind->lost(smmu);
	q->cons = smmu3_ring_ack_overflow(prod, q->cons);
}

/* Takes up to @budget records that are there; returns how many it took */
static u32 drain_some(struct smmu3_instance *smmu, struct smmu3_recq *q,
		      u32 budget)
{
	u32 prod, count, n;

	/* Ordered before the reads of the records that it announces */
	prod = readl(smmu->page1 + q->kind->prod);
	count = smmu3_ring_count(q->lg2, prod, q->cons);
	if (count > smmu3_ring_size(q->lg2)) {
		dev_err_ratelimited(smmu->dev,
				    "%s is at %#x, which cannot be\n",
				    q->kind->name, prod);
		return 0;
	}

	count = min(count, budget);
	for (n = 0; n < count; n++)
		take_one(smmu, q);
	ack_overflow(smmu, q, prod);
	/* Ordered after the reads of the slots that it gives back */
	writel(q->cons, smmu->page1 + q->kind->cons);
	return n;
}

/*
 * An interrupt is only raised when an empty queue gets a record, so go on until
 * it is seen empty after CONS was written; the poll work does if it was not.
 */
static void drain(struct smmu3_instance *smmu, struct smmu3_recq *q, u32 budget)
{
	u32 taken;

	mutex_lock(&smmu->streams_lock);
	do {
		/* Then there is nothing */
		if (!smmu3_has_power(smmu))
			break;
		taken = drain_some(smmu, q, budget);
		budget -= taken;
	} while (taken && budget);
	mutex_unlock(&smmu->streams_lock);
	if (!budget)
		smmu3_irq_poll_soon(smmu);
}

void smmu3_recq_drain(struct smmu3_instance *smmu, struct smmu3_recq *q)
{
	if (q->ring)
		drain(smmu, q, SMMU3_RECQ_BUDGET);
}

void smmu3_recq_flush(struct smmu3_instance *smmu, struct smmu3_recq *q)
{
	if (q->ring)
		drain(smmu, q, smmu3_ring_size(q->lg2));
}
