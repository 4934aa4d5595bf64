// SPDX-License-Identifier: GPL-2.0
/*
 * The device's side of split virtqueues (2.7 of VIRTIO 1.2).
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/virtio_config.h>

#include "fake.h"

#define ALIGN_RING	4096

static u16 le16_of(struct viommu_fake *fake, __virtio16 value)
{
	return virtio16_to_cpu(&fake->vdev, value);
}

int viommu_fake_ring_init(struct viommu_fake *fake, unsigned int index,
			  bool (*notify)(struct virtqueue *vq),
			  void (*callback)(struct virtqueue *vq),
			  const char *name)
{
	struct viommu_fake_ring *ring = &fake->rings[index];

	ring->size = vring_size(ring->num, ALIGN_RING);
	ring->pages = alloc_pages_exact(ring->size, GFP_KERNEL | __GFP_ZERO);
	if (!ring->pages)
		return -ENOMEM;
	ring->avail = 0;
	ring->used = 0;
	ring->live = false;
	vring_init(&ring->vring, ring->num, ring->pages, ALIGN_RING);
	ring->vq = vring_new_virtqueue(index, ring->num, ALIGN_RING,
				       &fake->vdev, true, false, ring->pages,
				       notify, callback, name);
	if (!ring->vq) {
		viommu_fake_ring_exit(ring);
		return -ENOMEM;
	}
	ring->vq->num_max = ring->num;
	return 0;
}

void viommu_fake_ring_exit(struct viommu_fake_ring *ring)
{
	if (ring->vq)
		vring_del_virtqueue(ring->vq);
	if (ring->pages)
		free_pages_exact(ring->pages, ring->size);
	ring->vq = NULL;
	ring->pages = NULL;
}

/* Adds a descriptor to @chain: at most one that is read, then one to be written */
static bool add_desc(struct viommu_fake *fake, struct viommu_fake_chain *chain,
		     const struct vring_desc *desc)
{
	void *at = phys_to_virt(virtio64_to_cpu(&fake->vdev, desc->addr));
	u32 len = virtio32_to_cpu(&fake->vdev, desc->len);

	if (!len)
		return false;
	if (le16_of(fake, desc->flags) & VRING_DESC_F_WRITE) {
		if (chain->in)
			return false;
		chain->in = at;
		chain->in_len = len;
	} else {
		if (chain->in || chain->out)
			return false;
		chain->out = at;
		chain->out_len = len;
	}
	return true;
}

static bool collect(struct viommu_fake *fake, struct viommu_fake_ring *ring,
		    struct viommu_fake_chain *chain)
{
	unsigned int i, index = chain->head;

	for (i = 0; i < ring->num && index < ring->num; i++) {
		const struct vring_desc *desc = &ring->vring.desc[index];
		u16 flags = le16_of(fake, desc->flags);

		if (flags & VRING_DESC_F_INDIRECT)
			return false;
		if (!add_desc(fake, chain, desc))
			return false;
		if (!(flags & VRING_DESC_F_NEXT))
			return true;
		index = le16_of(fake, desc->next);
	}
	return false;
}

/* What driver and device tell each other how far they are by */
static u16 peek(struct viommu_fake *fake, const __virtio16 *word)
{
	/* The driver's side, virtio_ring, does not mark its accesses for KCSAN */
	return le16_of(fake, data_race(READ_ONCE(*word)));
}

bool viommu_fake_take(struct viommu_fake *fake, struct viommu_fake_ring *ring,
		      struct viommu_fake_chain *chain)
{
	u16 avail;

	if (!ring->vq)
		return false;
	if (virtio_has_feature(&fake->vdev, VIRTIO_RING_F_EVENT_IDX))
		/* As in peek() */
		data_race(vring_avail_event(&ring->vring) =
			  cpu_to_virtio16(&fake->vdev, ring->avail));
	/* What the driver published after it saw the index above, is seen */
	virt_mb();
	avail = peek(fake, &ring->vring.avail->idx);
	if (avail == ring->avail)
		return false;
	if ((u16)(avail - ring->avail) > ring->num) {
		viommu_fake_blame(fake, "more available than there are descriptors");
		return false;
	}

	*chain = (struct viommu_fake_chain) {
		.head = le16_of(fake, ring->vring.avail->ring[ring->avail %
							      ring->num]),
	};
	ring->avail++;
	if (!collect(fake, ring, chain)) {
		viommu_fake_blame(fake, "descriptors that are no request");
		return false;
	}
	return true;
}

bool viommu_fake_return(struct viommu_fake *fake, struct viommu_fake_ring *ring,
			const struct vring_used_elem *elems, unsigned int count)
{
	struct virtio_device *vdev = &fake->vdev;
	u16 old = ring->used;
	unsigned int i;

	if (!ring->vq || !count)
		return false;
	for (i = 0; i < count; i++)
		ring->vring.used->ring[ring->used++ % ring->num] = elems[i];
	/* What was written, before it is announced */
	virt_store_release(&ring->vring.used->idx,
			   cpu_to_virtio16(vdev, ring->used));
	/* Whether it wants to know, after it can know */
	virt_mb();
	if (virtio_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX))
		return vring_need_event(peek(fake, &vring_used_event(&ring->vring)),
					ring->used, old);
	return !(peek(fake, &ring->vring.avail->flags) &
		 VRING_AVAIL_F_NO_INTERRUPT);
}
