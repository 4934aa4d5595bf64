/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request queue on a device in software, without the rest of the driver.
 */
#ifndef __VIOMMU_QUEUE_TEST_H
#define __VIOMMU_QUEUE_TEST_H

#include "queue_priv.h"
#include "viommu.h"

#define QRIG_ENDPOINT	5
#define QRIG_DOMAIN	77

/* Parts of a PROBE */
#define QRIG_PROBE_OUT	sizeof(struct virtio_iommu_req_probe)
#define QRIG_PROBE_IN	(VIOMMU_FAKE_PROBE_SIZE + \
			 sizeof(struct virtio_iommu_req_tail))

/**
 * struct qrig - a queue on a device
 * @fake: device; QRIG_ENDPOINT is attached to QRIG_DOMAIN
 * @viommu: instance, of which there is no more than the queue needs
 * @q: its queue
 */
struct qrig {
	struct viommu_fake *fake;
	struct viommu_instance viommu;
	struct viommu_queue *q;
};

/**
 * struct qrig_probe - a PROBE
 * @copy: where the answer goes; 0x5a before
 * @request: the request
 * @pos: its position
 */
struct qrig_probe {
	u8 copy[QRIG_PROBE_IN];
	struct viommu_long *request;
	u64 pos;
};

/* A queue that is ready; it goes with the test */
struct qrig *qrig_new(struct kunit *test);
/* The same with more features than viommu_fake_new() gives */
struct qrig *qrig_new_features(struct kunit *test, u64 features);

/* Encodes the MAP of page @n */
void qrig_encode(union viommu_wire *wire, unsigned int n);
/* Posts it */
int qrig_map(struct qrig *rig, unsigned int n, int *status, u64 *pos);
/* Posts a request, waiting for room */
int qrig_post(struct qrig *rig, const union viommu_wire *wire, int *status,
	      u64 *pos);
/* Tells the device what is posted, without waiting */
void qrig_publish(struct qrig *rig);
/* Waits are over soon from now on */
void qrig_impatient(struct qrig *rig);
/* Unmaps all, and once more in every slot */
void qrig_round(struct qrig *rig);

/* Resets the device and takes its virtqueue away */
void qrig_stop(struct qrig *rig);
/* Gives it one of @num descriptors, and attaches the endpoint */
void qrig_start(struct qrig *rig, unsigned int num);
/* Only the virtqueue, which is taken away again if it is refused */
int qrig_try_start(struct qrig *rig, unsigned int num);

struct qrig_probe *qrig_probe_new(struct qrig *rig);
int qrig_probe_post(struct qrig *rig, struct qrig_probe *probe);
/* Takes the answer */
int qrig_probe_end(struct qrig *rig, struct qrig_probe *probe);
/* Waits for it before */
int qrig_probe_poll(struct qrig *rig, struct qrig_probe *probe);
bool qrig_probe_untouched(const struct qrig_probe *probe);

#endif /* __VIOMMU_QUEUE_TEST_H */
