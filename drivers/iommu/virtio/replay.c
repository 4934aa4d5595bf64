// SPDX-License-Identifier: GPL-2.0
/*
 * Replay: making a domain's mappings known to a device that does not have them.
 *
 * viommu_domain.sent says up to which address the device has them.  Whoever maps
 * or unmaps below it tells the device, above it only edits the tree, which the
 * replay has not come to; so each mapping is made once, whoever is first.
 */
#include <kunit/visibility.h>

#include "viommu.h"

/* Mappings posted at a time: no longer with interrupts off */
#define REPLAY_PIECE	16

static int post_again(struct viommu_domain *vd, struct viommu_mapping *mapping)
{
	int ret;

	/* What an earlier replay met does not count any more */
	if (mapping->error)
		atomic_dec(&vd->refused);
	mapping->error = 0;
	ret = viommu_domain_post_map(vd, mapping);
	if (!ret)
		vd->sent = mapping->last == U64_MAX ? U64_MAX : mapping->last + 1;
	return ret;
}

/* 1 when there is nothing left to post */
static int post_piece(struct viommu_domain *vd)
{
	struct viommu_mapping *mapping;
	unsigned int i;
	int ret;

	lockdep_assert_held(&vd->lock);
	mapping = viommu_mappings_from(&vd->mappings, vd->sent);
	for (i = 0; i < REPLAY_PIECE && mapping; i++) {
		ret = post_again(vd, mapping);
		if (ret)
			return ret;
		mapping = viommu_mapping_next(mapping);
	}
	if (mapping)
		return 0;
	vd->sent = U64_MAX;
	return 1;
}

static int post_everything(struct viommu_domain *vd)
{
	struct viommu_queue *q = &vd->viommu->requests;
	unsigned long irq;
	int ret;

	do {
		raw_spin_lock_irqsave(&vd->lock, irq);
		ret = post_piece(vd);
		raw_spin_unlock_irqrestore(&vd->lock, irq);
		if (ret == -EBUSY)
			ret = viommu_queue_make_room(q, REPLAY_PIECE);
	} while (!ret);
	return ret < 0 ? ret : 0;
}

int viommu_domain_replay(struct viommu_domain *vd)
{
	int ret;

	lockdep_assert_held(&vd->viommu->mutex);
	ret = post_everything(vd);
	if (!ret)
		ret = viommu_queue_wait(&vd->viommu->requests, viommu_domain_pos(vd));
	if (!ret && atomic_read(&vd->refused))
		ret = viommu_domain_refusal(vd, 0, U64_MAX);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_domain_replay);

void viommu_domain_forget(struct viommu_domain *vd)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&vd->lock, irq);
	vd->sent = 0;
	vd->leaving = false;
	raw_spin_unlock_irqrestore(&vd->lock, irq);
}

void viommu_domain_retreat(struct viommu_domain *vd)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&vd->lock, irq);
	vd->sent = 0;
	vd->leaving = true;
	raw_spin_unlock_irqrestore(&vd->lock, irq);
}

/* The domain's requests are in order with this one */
static int post_for(struct viommu_domain *vd, const union viommu_wire *wire,
		    int *status, bool leaving)
{
	struct viommu_queue *q = &vd->viommu->requests;
	unsigned long irq;
	u64 pos;
	int ret;

	do {
		raw_spin_lock_irqsave(&vd->lock, irq);
		ret = viommu_queue_post(q, wire, status, &pos);
		if (!ret) {
			viommu_domain_set_pos(vd, pos);
			vd->sent = 0;
			vd->leaving = leaving;
		}
		raw_spin_unlock_irqrestore(&vd->lock, irq);
		if (ret == -EBUSY)
			ret = viommu_queue_make_room(q, 1) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	return ret ?: viommu_queue_wait(q, pos);
}

/*
 * The device kept the domain.  What was unmapped meanwhile is gone there too, but
 * what was mapped is not there, and which is which is not known: so make all of
 * it again.
 */
static void stay(struct viommu_domain *vd)
{
	const struct viommu_limits *limits = &vd->viommu->limits;
	union viommu_wire wire;
	int status = 0, ret;

	viommu_encode_unmap(&wire, vd->id, limits->first, limits->last);
	ret = post_for(vd, &wire, &status, false) ?: status;
	if (ret == -ENOENT) {
		/* It did not: the endpoint has gone, and the domain with it */
		viommu_domain_forget(vd);
		return;
	}
	if (!ret)
		ret = viommu_domain_replay(vd);
	if (ret)
		dev_err(vd->viommu->dev,
			"domain %u has lost mappings, its devices will fault: %pe\n",
			vd->id, ERR_PTR(ret));
}

int viommu_domain_leave(struct viommu_domain *vd, const union viommu_wire *wire)
{
	int status = 0, ret;

	lockdep_assert_held(&vd->viommu->mutex);
	ret = post_for(vd, wire, &status, true);
	/* An endpoint that was pulled out needs no detaching */
	if (status == -ENOENT && wire->head.type == VIRTIO_IOMMU_T_DETACH)
		viommu_domain_forget(vd);
	else if (ret || !status)
		viommu_domain_forget(vd);
	else
		stay(vd);
	return ret ?: status;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_domain_leave);
