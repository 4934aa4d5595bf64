/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event queue: what the hardware says about transactions that it terminated.
 */
#ifndef __SMMU3_EVTQ_H
#define __SMMU3_EVTQ_H

#include <linux/types.h>

#include "evt.h"

struct smmu3_instance;

/*
 * Entries: enough for a burst of faults from every queue of a few devices, and
 * little enough (128 KiB, 4 KiB) for the memory of a machine or of its crash
 * kernel.
 */
#define SMMU3_EVTQ_MAX_LG2	12
#define SMMU3_EVTQ_KDUMP_LG2	7

/**
 * struct smmu3_evtq - event queue
 * @ring: entries, little-endian; NULL while there is none
 * @dma: their address for the hardware
 * @lg2: number of entries as a power of two
 * @cons: consumer register as last written; guarded by streams_lock
 */
struct smmu3_evtq {
	__le64 (*ring)[SMMU3_EVT_WORDS];
	dma_addr_t dma;
	u8 lg2;
	u32 cons;
};

/**
 * smmu3_evtq_init() - allocate the event queue
 * @smmu: instance
 *
 * Takes a smaller one if memory is short.
 *
 * Return: 0 or -ENOMEM.
 */
int smmu3_evtq_init(struct smmu3_instance *smmu);

/**
 * smmu3_evtq_exit() - free the event queue
 * @smmu: instance, disabled, its interrupts freed
 */
void smmu3_evtq_exit(struct smmu3_instance *smmu);

/**
 * smmu3_evtq_start() - tell the hardware where the queue is
 * @smmu: instance with CR0.EVENTQEN clear
 */
void smmu3_evtq_start(struct smmu3_instance *smmu);

/**
 * smmu3_evtq_drain() - report what is in the queue
 * @smmu: instance
 *
 * Bounded: what is too much for one call is left to the poll work.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_evtq_drain(struct smmu3_instance *smmu);

/**
 * smmu3_evtq_flush() - report all that is in the queue now
 * @smmu: instance
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_evtq_flush(struct smmu3_instance *smmu);

#endif /* __SMMU3_EVTQ_H */
