/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event queue: what the hardware says about transactions that it terminated.
 */
#ifndef __SMMU3_EVTQ_H
#define __SMMU3_EVTQ_H

struct smmu3_instance;

/*
 * Entries: enough for a burst of faults from every queue of a few devices, and
 * little enough (128 KiB, 4 KiB) for the memory of a machine or of its crash
 * kernel.
 */
#define SMMU3_EVTQ_MAX_LG2	12
#define SMMU3_EVTQ_KDUMP_LG2	7

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
