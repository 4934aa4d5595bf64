/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event queue of a virtio IOMMU.
 */
#ifndef __VIOMMU_EVENT_H
#define __VIOMMU_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct viommu_instance;
struct virtqueue;
struct virtio_iommu_fault;

/**
 * struct viommu_events - faults that the device reports
 * @vq: virtqueue, or NULL while the device is asleep or gone
 * @lock: guards calls for @vq; taken with interrupts off
 * @buffers: one for each descriptor
 * @nr_buffers: how many
 * @work: reports what has come, some at a time
 * @faults: reported, for debugfs
 */
struct viommu_events {
	struct virtqueue *vq;
	spinlock_t lock;	/* see @lock above */
	struct virtio_iommu_fault *buffers;
	unsigned int nr_buffers;
	struct delayed_work work;
	u64 faults;
};

#endif /* __VIOMMU_EVENT_H */
