/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event queue of a virtio IOMMU: faults that the device reports (5.13.6.9).
 *
 * A device under test or under attack can fault as fast as it does DMA.  Reports
 * are made some at a time, with a pause while there are more; while nobody takes
 * them the device drops what finds no buffer, as the specification allows.
 */
#ifndef __VIOMMU_EVENT_H
#define __VIOMMU_EVENT_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct viommu_instance;
struct virtqueue;
struct virtio_iommu_fault;

/* Buffers that the device is given, if its queue takes as many */
#define VIOMMU_EVENT_BUFFERS	128

/* Reports between two pauses of a tick each */
#define VIOMMU_EVENT_BUDGET	32

/**
 * struct viommu_events - faults that the device reports
 * @vq: virtqueue, or NULL while the device is asleep or gone
 * @lock: guards @vq, and calls for it; taken with interrupts off
 * @buffers: VIOMMU_EVENT_BUFFERS of them
 * @work: reports what has come, some at a time
 * @faults: reported, for debugfs; written by @work
 * @malformed: records of a wrong length, for debugfs; written by @work
 */
struct viommu_events {
	struct virtqueue *vq;
	spinlock_t lock;	/* see @lock above */
	struct virtio_iommu_fault *buffers;
	struct delayed_work work;
	atomic64_t faults;
	atomic64_t malformed;
};

/**
 * viommu_events_init() - allocate the buffers
 * @viommu: instance
 *
 * Return: 0 or -ENOMEM.
 */
int viommu_events_init(struct viommu_instance *viommu);

/**
 * viommu_events_exit() - free the buffers
 * @viommu: instance; its events were stopped
 */
void viommu_events_exit(struct viommu_instance *viommu);

/**
 * viommu_events_start() - give the device the buffers
 * @viommu: instance
 * @vq: event virtqueue; its callback is viommu_events_arrived()
 *
 * Context: Process; the device is ready.
 */
void viommu_events_start(struct viommu_instance *viommu, struct virtqueue *vq);

/**
 * viommu_events_stop() - take no more reports
 * @viommu: instance; the device has been reset, so that the buffers are ours
 *
 * Context: Process, may sleep.
 */
void viommu_events_stop(struct viommu_instance *viommu);

/**
 * viommu_events_arrived() - callback of the virtqueue
 * @vq: virtqueue of events
 *
 * Context: Any, interrupts included.
 */
void viommu_events_arrived(struct virtqueue *vq);

#endif /* __VIOMMU_EVENT_H */
