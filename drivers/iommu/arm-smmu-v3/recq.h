/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues of records: what the instance writes and the driver reads.
 *
 * The hardware writes records and moves PROD, we read them and move CONS
 * (section 3.5 of Arm IHI 0070).  What a record means is for evtq.c and priq.c.
 */
#ifndef __SMMU3_RECQ_H
#define __SMMU3_RECQ_H

#include <linux/types.h>

struct smmu3_instance;

/* Words of the longest record */
#define SMMU3_RECQ_WORDS	4

/*
 * Records taken in one go.  A device that faults without end costs at most this
 * many reports in each tick, however fast it is.
 */
#define SMMU3_RECQ_BUDGET	256

/**
 * struct smmu3_recq_kind - what the queues of one kind have in common
 * @name: for the log
 * @words: length of a record in words, SMMU3_RECQ_WORDS at most
 * @base: offset of the base register in page 0
 * @prod: offset of the producer register in page 1
 * @cons: offset of the consumer register in page 1
 * @take: deals with a record, of @words words in CPU byte order
 * @lost: says that records were lost, and does what that takes
 * @lost_is_last: nothing arrives between an overflow and its acknowledgment, so
 *	that it is acknowledged when all that came before it was taken
 *
 * Both functions are called with streams_lock held.
 */
struct smmu3_recq_kind {
	const char *name;
	unsigned int words;
	u32 base;
	u32 prod;
	u32 cons;
	void (*take)(struct smmu3_instance *smmu, const u64 *record);
	void (*lost)(struct smmu3_instance *smmu);
	bool lost_is_last;
};

/**
 * struct smmu3_recq - a queue of records
 * @kind: what it holds; constant
 * @ring: entries, little-endian; NULL while there is none
 * @dma: their address for the hardware
 * @lg2: number of entries as a power of two
 * @cons: consumer register as last written; guarded by streams_lock
 */
struct smmu3_recq {
	const struct smmu3_recq_kind *kind;
	__le64 *ring;
	dma_addr_t dma;
	u8 lg2;
	u32 cons;
};

/**
 * smmu3_recq_init() - allocate a queue
 * @smmu: instance
 * @q: queue
 * @kind: what it holds
 * @lg2: number of entries wanted, as a power of two; less if memory is short
 *
 * Return: 0 or -ENOMEM.
 */
int smmu3_recq_init(struct smmu3_instance *smmu, struct smmu3_recq *q,
		    const struct smmu3_recq_kind *kind, u8 lg2);

/**
 * smmu3_recq_exit() - free a queue
 * @smmu: instance, disabled, its interrupts freed
 * @q: queue; may have no entries
 */
void smmu3_recq_exit(struct smmu3_instance *smmu, struct smmu3_recq *q);

/**
 * smmu3_recq_start() - tell the hardware where a queue is
 * @smmu: instance with the queue disabled in CR0
 * @q: queue; may have no entries
 */
void smmu3_recq_start(struct smmu3_instance *smmu, struct smmu3_recq *q);

/**
 * smmu3_recq_drain() - take what is in a queue
 * @smmu: instance
 * @q: queue; may have no entries
 *
 * Bounded: what is too much for one call is left to the poll work.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_recq_drain(struct smmu3_instance *smmu, struct smmu3_recq *q);

/**
 * smmu3_recq_flush() - take all that is in a queue now
 * @smmu: instance
 * @q: queue; may have no entries
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_recq_flush(struct smmu3_instance *smmu, struct smmu3_recq *q);

#endif /* __SMMU3_RECQ_H */
