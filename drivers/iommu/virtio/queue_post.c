// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue: posting.
 *
 * queue_test.c has the suite.
 */
#include <linux/scatterlist.h>
#include <linux/virtio.h>

#include <kunit/visibility.h>

#include "queue_priv.h"
#include "viommu.h"

static struct viommu_slot *take_slot(struct viommu_queue *q, int *err)
{
	if (unlikely(q->failed || !q->vq)) {
		*err = -EIO;
		return NULL;
	}
	if (unlikely(q->posted - viommu_queue_done(q) >= q->nr_slots)) {
		*err = -EBUSY;
		return NULL;
	}
	return viommu_slot_at(q, q->posted);
}

/* Hands a slot to the device; what the vring cannot take is a failed device */
static int hand_over(struct viommu_queue *q, struct viommu_slot *slot,
		     struct scatterlist *out, struct scatterlist *in, u64 *pos)
{
	struct scatterlist *sgs[] = { out, in };

	slot->done = false;
	if (unlikely(virtqueue_add_sgs(q->vq, sgs, 1, 1, slot, GFP_ATOMIC))) {
		/* Sleepers see it when they look next */
		viommu_queue_fail_locked(q, "its virtqueue takes no request");
		return -EIO;
	}
	*pos = ++q->posted;
	return 0;
}

static __always_inline int fill(struct viommu_queue *q, struct viommu_slot *slot,
				const union viommu_wire *wire, int *status,
				struct viommu_mapping *mapping,
				atomic_t *refused, u64 *pos)
{
	slot->wire = *wire;
	slot->sg_out.length = viommu_wire_out_len(wire);
	slot->tail.status = VIOMMU_NO_STATUS;
	slot->status = status;
	slot->mapping = mapping;
	slot->refused = refused;
	viommu_slot_to_device(q, slot);
	return hand_over(q, slot, &slot->sg_out, &slot->sg_in, pos);
}

static __always_inline int post(struct viommu_queue *q,
				const union viommu_wire *wire, int *status,
				struct viommu_mapping *mapping,
				atomic_t *refused, u64 *pos)
{
	struct viommu_slot *slot;
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&q->lock, flags);
	slot = take_slot(q, &err);
	if (likely(slot))
		err = fill(q, slot, wire, status, mapping, refused, pos);
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return err;
}

int viommu_queue_post(struct viommu_queue *q, const union viommu_wire *wire,
		      int *status, u64 *pos)
{
	return post(q, wire, status, NULL, NULL, pos);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_post);

int viommu_queue_post_map(struct viommu_queue *q, const union viommu_wire *wire,
			  struct viommu_mapping *mapping, atomic_t *refused,
			  u64 *pos)
{
	return post(q, wire, NULL, mapping, refused, pos);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_post_map);

static bool lacks_room(const struct viommu_queue *q, unsigned int count)
{
	return q->nr_slots - (q->posted - viommu_queue_done(q)) < count;
}

int viommu_queue_post_all(struct viommu_queue *q, const union viommu_wire *wires,
			  unsigned int count, u64 *pos)
{
	struct viommu_slot *slot;
	unsigned long flags;
	unsigned int i;
	int err = 0;

	raw_spin_lock_irqsave(&q->lock, flags);
	if (q->vq && lacks_room(q, count))
		err = -EBUSY;
	for (i = 0; i < count && !err; i++) {
		slot = take_slot(q, &err);
		if (!slot)
			break;
		err = fill(q, slot, &wires[i], NULL, NULL, NULL, pos);
	}
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_post_all);

/* With a slot that is taken: as hand_over() */
static int hand_over_long(struct viommu_queue *q, struct viommu_slot *slot,
			  struct viommu_long *request, u64 *pos)
{
	struct scatterlist sg_out, sg_in;
	int err;

	slot->status = NULL;
	slot->mapping = NULL;
	sg_init_one(&sg_out, request->data, request->out);
	sg_init_one(&sg_in, request->data + request->out, request->in);
	sg_dma_address(&sg_out) = request->dma;
	sg_dma_address(&sg_in) = request->dma + request->out;
	err = hand_over(q, slot, &sg_out, &sg_in, pos);
	if (!err) {
		slot->long_request = request;
		request->held = true;
	}
	return err;
}

int viommu_queue_post_long(struct viommu_queue *q, struct viommu_long *request,
			   u64 *pos)
{
	struct viommu_slot *slot;
	int err;

	err = viommu_long_map(request, READ_ONCE(q->dma_dev));
	if (err)
		return err;
	raw_spin_lock_irq(&q->lock);
	slot = take_slot(q, &err);
	if (slot && unlikely(request->dma_dev != q->dma_dev)) {
		/* Stopped and started since it was mapped */
		err = -EAGAIN;
	} else if (slot) {
		err = hand_over_long(q, slot, request, pos);
	}
	raw_spin_unlock_irq(&q->lock);
	if (err)
		viommu_long_unmap(request);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_post_long);
