// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue of a virtio IOMMU: its slots, their memory, and its virtqueue.
 *
 * queue_test.c has the suite.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/virtio.h>

#include <kunit/visibility.h>

#include "queue_priv.h"
#include "viommu.h"

#define SLOTS_SIZE	(VIOMMU_MAX_SLOTS * sizeof(struct viommu_slot))

static int map_slots(struct viommu_queue *q, struct device *dev)
{
	unsigned int i;

	q->dma = dev ? dma_map_single(dev, q->slots, SLOTS_SIZE,
				      DMA_BIDIRECTIONAL) :
		       virt_to_phys(q->slots);
	if (dev && dma_mapping_error(dev, q->dma))
		return -ENOMEM;
	q->dma_dev = dev;
	for (i = 0; i < VIOMMU_MAX_SLOTS; i++) {
		struct viommu_slot *slot = &q->slots[i];

		sg_dma_address(&slot->sg_out) = viommu_slot_dma(q, &slot->wire);
		sg_dma_address(&slot->sg_in) = viommu_slot_dma(q, &slot->tail);
	}
	return 0;
}

static void unmap_slots(struct viommu_queue *q)
{
	if (q->dma_dev)
		dma_unmap_single(q->dma_dev, q->dma, SLOTS_SIZE,
				 DMA_BIDIRECTIONAL);
	q->dma_dev = NULL;
}

/* --- life */

int viommu_queue_init(struct viommu_queue *q, struct viommu_instance *viommu)
{
	unsigned int i;

	q->slots = kcalloc(VIOMMU_MAX_SLOTS, sizeof(*q->slots), GFP_KERNEL);
	if (!q->slots)
		return -ENOMEM;
	for (i = 0; i < VIOMMU_MAX_SLOTS; i++) {
		struct viommu_slot *slot = &q->slots[i];

		sg_init_one(&slot->sg_out, &slot->wire, sizeof(slot->wire));
		sg_init_one(&slot->sg_in, &slot->tail, sizeof(slot->tail));
	}
	q->viommu = viommu;
	q->poll_ms = VIOMMU_POLL_MS;
	q->sleep_ms = VIOMMU_SLEEP_MS;
	raw_spin_lock_init(&q->lock);
	init_swait_queue_head(&q->wake);
	INIT_WORK(&q->report, viommu_queue_report);
	ratelimit_state_init(&q->report_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	/* The count that __ratelimit() would print is in the next report */
	ratelimit_set_flags(&q->report_limit, RATELIMIT_MSG_ON_RELEASE);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_init);

void viommu_queue_exit(struct viommu_queue *q)
{
	if (!q->slots)
		return;
	flush_work(&q->report);
	kfree(q->slots);
	q->slots = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_exit);

int viommu_queue_start(struct viommu_queue *q, struct virtqueue *vq)
{
	unsigned int fits = virtqueue_get_vring_size(vq) / 2;
	int err;

	if (fits < VIOMMU_MIN_SLOTS || virtqueue_set_dma_premapped(vq))
		return -EINVAL;
	err = map_slots(q, virtqueue_dma_dev(vq));
	if (err)
		return err;
	virtqueue_disable_cb(vq);
	raw_spin_lock_irq(&q->lock);
	q->nr_slots = min(rounddown_pow_of_two(fits), VIOMMU_MAX_SLOTS);
	q->vq = vq;
	/* The device was reset since, and with it what made it fail */
	WRITE_ONCE(q->failed, false);
	if (q->sleepers)
		virtqueue_enable_cb(vq);
	raw_spin_unlock_irq(&q->lock);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_start);

void viommu_queue_stop(struct viommu_queue *q)
{
	struct viommu_long *orphans;
	unsigned int sleepers;

	raw_spin_lock_irq(&q->lock);
	q->vq = NULL;
	viommu_queue_end_all(q);
	orphans = viommu_long_take_back(q);
	sleepers = q->sleepers;
	raw_spin_unlock_irq(&q->lock);
	viommu_queue_wake(q, sleepers);
	/* Without a virtqueue nobody hands slots over */
	viommu_long_free_all(orphans);
	unmap_slots(q);
	synchronize_rcu();
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_stop);
