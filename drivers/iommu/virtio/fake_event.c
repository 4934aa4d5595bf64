// SPDX-License-Identifier: GPL-2.0
/*
 * What a virtio IOMMU says of its own accord (5.13.6.9 of VIRTIO 1.2).
 */
#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "fake.h"

bool viommu_fake_alive(struct viommu_fake *fake)
{
	u8 ok = fake->status & (VIRTIO_CONFIG_S_DRIVER_OK |
				VIRTIO_CONFIG_S_NEEDS_RESET);

	return !fake->gone && ok == VIRTIO_CONFIG_S_DRIVER_OK;
}

static bool put_event(struct viommu_fake *fake, const void *data, size_t len,
		      u32 used)
{
	struct viommu_fake_ring *ring = &fake->rings[VIOMMU_FAKE_EVENT];
	struct viommu_fake_chain chain;
	struct vring_used_elem elem;

	if (!viommu_fake_alive(fake) || !viommu_fake_take(fake, ring, &chain)) {
		fake->stats.lost++;
		return false;
	}
	if (chain.out || chain.in_len < sizeof(struct virtio_iommu_fault))
		viommu_fake_blame(fake, "event buffer of %u bytes", chain.in_len);
	if (chain.in)
		memcpy(chain.in, data, min_t(size_t, len, chain.in_len));
	elem.id = cpu_to_virtio32(&fake->vdev, chain.head);
	elem.len = cpu_to_virtio32(&fake->vdev, used);
	return viommu_fake_return(fake, ring, &elem, 1);
}

bool viommu_fake_event(struct viommu_fake *fake, const void *data, size_t len,
		       u32 used)
{
	unsigned int lost = fake->stats.lost;
	struct virtqueue *vq;
	unsigned long flags;
	bool interrupt;

	/* A virtqueue is deleted after a grace period */
	rcu_read_lock();
	raw_spin_lock_irqsave(&fake->lock, flags);
	interrupt = put_event(fake, data, len, used);
	fake->stats.interrupts += interrupt;
	vq = fake->rings[VIOMMU_FAKE_EVENT].vq;
	raw_spin_unlock_irqrestore(&fake->lock, flags);
	if (interrupt)
		vring_interrupt(0, vq);
	rcu_read_unlock();
	return fake->stats.lost == lost;
}

int viommu_fake_dma(struct viommu_fake *fake, u32 id, u64 iova, u32 flags)
{
	struct virtio_iommu_fault fault = {
		.reason = VIRTIO_IOMMU_FAULT_R_MAPPING,
		.endpoint = cpu_to_le32(id),
		.address = cpu_to_le64(iova),
	};
	u32 bits = VIRTIO_IOMMU_FAULT_F_ADDRESS;
	u64 paddr;
	int ret = viommu_fake_translate(fake, id, iova, flags, &paddr);

	if (!ret)
		return 0;
	if (ret == -ENXIO)
		fault.reason = VIRTIO_IOMMU_FAULT_R_DOMAIN;
	if (flags & VIRTIO_IOMMU_MAP_F_READ)
		bits |= VIRTIO_IOMMU_FAULT_F_READ;
	if (flags & VIRTIO_IOMMU_MAP_F_WRITE)
		bits |= VIRTIO_IOMMU_FAULT_F_WRITE;
	fault.flags = cpu_to_le32(bits);
	viommu_fake_event(fake, &fault, sizeof(fault), sizeof(fault));
	return ret;
}
