// SPDX-License-Identifier: GPL-2.0
/*
 * Reset of the device by its transport.
 *
 * A transport may wait for that without end: the one of PCI reads the status until
 * it is 0.  Who resets holds viommu_instance.mutex, and whoever adds a device waits
 * for that with iommu_probe_device_lock held, so that no device of the whole system
 * could come or go any more.  Hence a work of its own stands in the transport, and
 * nobody waits longer for it than the host is given.
 *
 * reset_race_test.c has the cases.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched/mm.h>
#include <linux/virtio_config.h>
#include <linux/workqueue.h>

#include "viommu.h"

/* What reads of a device give that was pulled out; no status has all of its bits */
#define STATUS_GONE	0xff

/* Who waits looks so often, and counts that: a pause of the virtual machine is one look */
#define LOOK_MS		100u

static struct workqueue_struct *reset_wq;

int viommu_transport_init(void)
{
	/* The disks that make room in memory for a new thread may be behind the device */
	reset_wq = alloc_workqueue("viommu_reset", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return reset_wq ? 0 : -ENOMEM;
}

void viommu_transport_exit(void)
{
	destroy_workqueue(reset_wq);
}

bool viommu_is_gone(struct viommu_instance *viommu)
{
	return viommu->vdev->config->get_status(viommu->vdev) == STATUS_GONE;
}

static void reset_work(struct work_struct *work)
{
	struct viommu_instance *viommu = container_of(work, struct viommu_instance,
						      reset);
	unsigned int noio = memalloc_noio_save();

	virtio_reset_device(viommu->vdev);
	memalloc_noio_restore(noio);
	complete(&viommu->was_reset);
}

void viommu_reset_init(struct viommu_instance *viommu)
{
	viommu->reset_ms = VIOMMU_RESET_MS;
	INIT_WORK(&viommu->reset, reset_work);
	init_completion(&viommu->was_reset);
}

/* One that has gone does no DMA: it is enough that nobody is called back any more */
static void mute(struct virtio_device *vdev)
{
	virtio_break_device(vdev);
	virtio_synchronize_cbs(vdev);
}

static bool wait_for_reset(struct viommu_instance *viommu)
{
	unsigned int looks = DIV_ROUND_UP(viommu->reset_ms, LOOK_MS);
	unsigned long look = msecs_to_jiffies(min(viommu->reset_ms, LOOK_MS));
	bool done = false;

	while (!done && looks--)
		done = wait_for_completion_timeout(&viommu->was_reset, look);
	return done;
}

int viommu_reset_device(struct viommu_instance *viommu)
{
	if (!viommu->in_reset && viommu_is_gone(viommu)) {
		mute(viommu->vdev);
		return 0;
	}
	if (!viommu->in_reset)
		queue_work(reset_wq, &viommu->reset);
	viommu->in_reset = !wait_for_reset(viommu);
	return viommu->in_reset ? -ETIMEDOUT : 0;
}
