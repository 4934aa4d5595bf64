/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Request queue: between what it does and how it comes and goes.
 */
#ifndef __VIOMMU_QUEUE_PRIV_H
#define __VIOMMU_QUEUE_PRIV_H

#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "queue.h"

/*
 * A status that no device says, and that is there before it answers: whether it
 * has answered is not a matter of the length that it returns, which hosts get
 * wrong, but of what it has written.
 */
#define VIOMMU_NO_STATUS	0xff

/*
 * The most that passes between two looks of who polls, but for a CPU that was taken
 * away from it: a notification that the host serves before it returns.
 */
#define VIOMMU_PAUSE_NS		(10 * NSEC_PER_MSEC)

/**
 * struct viommu_patience - how long somebody has polled
 * @seen: when it looked at the clock last, in ns; 0 before the first time
 * @spent: how long it has polled since the first time, in ns
 */
struct viommu_patience {
	u64 seen;
	u64 spent;
};

/* Looks at the clock, which says @now; returns what was spent */
static inline u64 viommu_patience_look(struct viommu_patience *patience, u64 now)
{
	if (patience->seen)
		patience->spent += min_t(u64, now - patience->seen,
					 VIOMMU_PAUSE_NS);
	patience->seen = now;
	return patience->spent;
}

/* The slot of a position; with the lock, as the length of the ring may change */
static inline struct viommu_slot *viommu_slot_at(struct viommu_queue *q, u64 pos)
{
	return &q->slots[pos & (q->nr_slots - 1)];
}

/* Position up to which all is complete, with the lock */
static inline u64 viommu_queue_done(const struct viommu_queue *q)
{
	return atomic64_read(&q->done);
}

/* Where the device finds something that is in a slot */
static inline dma_addr_t viommu_slot_dma(const struct viommu_queue *q,
					 const void *at)
{
	return q->dma + (at - (const void *)q->slots);
}

/* What was written to a slot is the device's to read, and its tail to write */
static inline void viommu_slot_to_device(const struct viommu_queue *q,
					 const struct viommu_slot *slot)
{
	if (likely(!q->dma_dev))
		return;
	dma_sync_single_for_device(q->dma_dev, viommu_slot_dma(q, &slot->wire),
				   sizeof(slot->wire), DMA_TO_DEVICE);
	dma_sync_single_for_device(q->dma_dev, viommu_slot_dma(q, &slot->tail),
				   sizeof(slot->tail), DMA_BIDIRECTIONAL);
}

/* The tail is ours to read */
static inline void viommu_slot_to_cpu(const struct viommu_queue *q,
				      const struct viommu_slot *slot)
{
	if (unlikely(q->dma_dev))
		dma_sync_single_for_cpu(q->dma_dev, viommu_slot_dma(q, &slot->tail),
					sizeof(slot->tail), DMA_FROM_DEVICE);
}

/* Without the lock */

/* Maps a long request for @dev, or for none; 0 or -ENOMEM */
int viommu_long_map(struct viommu_long *request, struct device *dev);
/* Undoes that */
void viommu_long_unmap(struct viommu_long *request);
/* Frees long requests that viommu_long_take_back() returned */
void viommu_long_free_all(struct viommu_long *orphans);
/*
 * Wakes as many as slept when the lock was held.  Who has to sleep on goes to the
 * end, so that each of them was woken; the others have yet to look.
 */
static inline void viommu_queue_wake(struct viommu_queue *q, unsigned int sleepers)
{
	while (unlikely(sleepers--))
		swake_up_one(&q->wake);
}

/* Prints what is to be reported */
void viommu_queue_report(struct work_struct *work);

/* With the lock */

/* The status of a long request that the device has returned */
u8 viommu_long_status(struct viommu_long *request);
/*
 * Takes long requests away from the device, which has been reset; returns those
 * that nobody asks about any more
 */
struct viommu_long *viommu_long_take_back(struct viommu_queue *q);
/* As viommu_queue_fail(); the sleepers are to be woken afterwards */
bool viommu_queue_fail_locked(struct viommu_queue *q, const char *why);
/* Completes all that is not complete with -EIO */
void viommu_queue_end_all(struct viommu_queue *q);

#if IS_ENABLED(CONFIG_KUNIT)
/* As dma_map_single(), for tests in which it fails */
dma_addr_t viommu_long_dma_map(struct device *dev, void *data, size_t size);
#endif

#endif /* __VIOMMU_QUEUE_PRIV_H */
