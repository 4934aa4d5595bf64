/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request queue on a device in software, without the rest of the driver.
 */
#ifndef __VIOMMU_QUEUE_TEST_H
#define __VIOMMU_QUEUE_TEST_H

#include "viommu.h"

#define RIG_ENDPOINT	5
#define RIG_DOMAIN	77

/* Parts of a PROBE */
#define RIG_PROBE_OUT	sizeof(struct virtio_iommu_req_probe)
#define RIG_PROBE_IN	(VIOMMU_FAKE_PROBE_SIZE + \
			 sizeof(struct virtio_iommu_req_tail))

/**
 * struct rig - a queue on a device
 * @fake: device; RIG_ENDPOINT is attached to RIG_DOMAIN
 * @viommu: instance, of which there is no more than the queue needs
 * @q: its queue
 */
struct rig {
	struct viommu_fake *fake;
	struct viommu_instance viommu;
	struct viommu_queue *q;
};

/**
 * struct rig_probe - a PROBE
 * @copy: where the answer goes; 0x5a before
 * @status: its error code
 * @pos: its position
 */
struct rig_probe {
	u8 copy[RIG_PROBE_IN];
	int status;
	u64 pos;
};

/* A queue that is ready; it goes with the test */
struct rig *rig_new(struct kunit *test);
/* The same with more features than viommu_fake_new() gives */
struct rig *rig_new_features(struct kunit *test, u64 features);

/* Encodes the MAP of page @n */
void rig_encode(union viommu_wire *wire, unsigned int n);
/* Posts it */
int rig_map(struct rig *rig, unsigned int n, int *status, u64 *pos);
/* Posts a request, waiting for room */
int rig_post(struct rig *rig, const union viommu_wire *wire, int *status,
	     u64 *pos);
/* Tells the device what is posted, without waiting */
void rig_publish(struct rig *rig);
/* Waits are over soon from now on */
void rig_impatient(struct rig *rig);
/* Unmaps all, and once more in every slot */
void rig_round(struct rig *rig);

/* Resets the device and takes its virtqueue away */
void rig_stop(struct rig *rig);
/* Gives it one of @num descriptors, and attaches the endpoint */
void rig_start(struct rig *rig, unsigned int num);
/* Only the virtqueue, which is taken away again if it is refused */
int rig_try_start(struct rig *rig, unsigned int num);

struct rig_probe *rig_probe_new(struct rig *rig);
int rig_probe_post(struct rig *rig, struct rig_probe *probe);
bool rig_probe_untouched(const struct rig_probe *probe);

#endif /* __VIOMMU_QUEUE_TEST_H */
