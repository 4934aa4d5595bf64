/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Request queue: between what it does and how it comes and goes.
 */
#ifndef __VIOMMU_QUEUE_PRIV_H
#define __VIOMMU_QUEUE_PRIV_H

#include <linux/dma-mapping.h>

#include "queue.h"

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

/* All with the lock */

/* Maps a long request of a slot for the device; 0 or -ENOMEM */
int viommu_slot_map_long(struct viommu_queue *q, struct viommu_slot *slot,
			 void *buf);
/* Undoes that */
void viommu_slot_unmap_long(struct viommu_queue *q, struct viommu_slot *slot);
/* Frees the long request of a slot that is not mapped */
void viommu_slot_free_long(struct viommu_slot *slot);
/* Completes all that is not complete with -EIO */
void viommu_queue_end_all(struct viommu_queue *q);
/* Prints what is to be reported; without the lock */
void viommu_queue_report(struct work_struct *work);

#endif /* __VIOMMU_QUEUE_PRIV_H */
