// SPDX-License-Identifier: GPL-2.0
/*
 * A request queue on a device in software, for suites.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake.h"
#include "queue_test.h"

#define PAGE_LAST	4095
#define UNTOUCHED	0x5a

void qrig_encode(union viommu_wire *wire, unsigned int n)
{
	u64 start = (u64)n << 12;

	viommu_encode_map(wire, QRIG_DOMAIN, start, start + PAGE_LAST,
			  start + (1ULL << 40), VIRTIO_IOMMU_MAP_F_READ);
}

int qrig_map(struct qrig *rig, unsigned int n, int *status, u64 *pos)
{
	union viommu_wire wire;

	qrig_encode(&wire, n);
	return viommu_queue_post(rig->q, &wire, status, pos);
}

int qrig_post(struct qrig *rig, const union viommu_wire *wire, int *status,
	      u64 *pos)
{
	int ret;

	while ((ret = viommu_queue_post(rig->q, wire, status, pos)) == -EBUSY) {
		if (viommu_queue_make_room(rig->q, 1))
			return -EIO;
	}
	return ret;
}

void qrig_publish(struct qrig *rig)
{
	unsigned long flags;

	local_irq_save(flags);
	virtqueue_kick(rig->q->vq);
	local_irq_restore(flags);
}

void qrig_impatient(struct qrig *rig)
{
	rig->q->poll_ms = 50;
	rig->q->sleep_ms = 50;
}

void qrig_round(struct qrig *rig)
{
	struct kunit *test = rig->fake->test;
	union viommu_wire wire;
	unsigned int i;
	int status;
	u64 pos;

	viommu_encode_unmap(&wire, QRIG_DOMAIN, 0, U64_MAX);
	for (i = 0; i <= rig->q->nr_slots; i++) {
		status = 1;
		KUNIT_ASSERT_EQ(test, qrig_post(rig, &wire, &status, &pos), 0);
		KUNIT_ASSERT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
		KUNIT_ASSERT_EQ(test, status, 0);
	}
}

/* --- life */

static void attach(struct qrig *rig)
{
	struct kunit *test = rig->fake->test;
	union viommu_wire wire;
	int status = 1;
	u64 pos;

	viommu_encode_attach(&wire, QRIG_DOMAIN, QRIG_ENDPOINT, 0);
	KUNIT_ASSERT_EQ(test, qrig_post(rig, &wire, &status, &pos), 0);
	KUNIT_ASSERT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_ASSERT_EQ(test, status, 0);
}

void qrig_stop(struct qrig *rig)
{
	struct virtio_device *vdev = &rig->fake->vdev;

	virtio_reset_device(vdev);
	viommu_queue_stop(rig->q);
	vdev->config->del_vqs(vdev);
}

int qrig_try_start(struct qrig *rig, unsigned int num)
{
	struct virtio_device *vdev = &rig->fake->vdev;
	struct kunit *test = rig->fake->test;
	struct virtqueue *vq;
	int ret;

	rig->fake->rings[VIOMMU_FAKE_REQUEST].num = num;
	vq = virtio_find_single_vq(vdev, viommu_queue_returned, "request");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vq);
	/* First, for who posts at once: what it is notified of before is lost */
	virtio_device_ready(vdev);
	ret = viommu_queue_start(rig->q, vq);
	if (ret) {
		virtio_reset_device(vdev);
		vdev->config->del_vqs(vdev);
		return ret;
	}
	attach(rig);
	return 0;
}

void qrig_start(struct qrig *rig, unsigned int num)
{
	KUNIT_ASSERT_EQ(rig->fake->test, qrig_try_start(rig, num), 0);
}

static void end(void *data)
{
	struct qrig *rig = data;

	virtio_reset_device(&rig->fake->vdev);
	viommu_queue_stop(rig->q);
	viommu_queue_exit(rig->q);
}

struct qrig *qrig_new_features(struct kunit *test, u64 features)
{
	struct qrig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct virtqueue *vq;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->fake = viommu_fake_new(test);
	rig->fake->features |= features;
	viommu_fake_endpoint(rig->fake, QRIG_ENDPOINT);
	rig->viommu.vdev = &rig->fake->vdev;
	rig->viommu.dev = &rig->fake->vdev.dev;
	rig->q = &rig->viommu.requests;
	vq = viommu_fake_bare(rig->fake, &rig->viommu, viommu_queue_returned);
	KUNIT_ASSERT_EQ(test, viommu_queue_init(rig->q, &rig->viommu), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, end, rig), 0);
	KUNIT_ASSERT_EQ(test, viommu_queue_start(rig->q, vq), 0);
	attach(rig);
	/* From here on, what a case does is counted */
	memset(&rig->fake->stats, 0, sizeof(rig->fake->stats));
	rig->q->posted = 0;
	rig->q->kicked = 0;
	rig->q->kicks = 0;
	atomic64_set(&rig->q->done, 0);
	return rig;
}

struct qrig *qrig_new(struct kunit *test)
{
	return qrig_new_features(test, 0);
}

/* --- PROBE */

struct qrig_probe *qrig_probe_new(struct qrig *rig)
{
	struct qrig_probe *probe = kunit_kzalloc(rig->fake->test, sizeof(*probe),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->fake->test, probe);
	memset(probe->copy, UNTOUCHED, sizeof(probe->copy));
	return probe;
}

int qrig_probe_post(struct qrig *rig, struct qrig_probe *probe)
{
	struct virtio_iommu_req_probe *req;
	int ret;

	probe->request = viommu_long_new(QRIG_PROBE_OUT, QRIG_PROBE_IN);
	if (!probe->request)
		return -ENOMEM;
	req = (struct virtio_iommu_req_probe *)probe->request->data;
	req->head.type = VIRTIO_IOMMU_T_PROBE;
	req->endpoint = cpu_to_le32(QRIG_ENDPOINT);
	ret = viommu_queue_post_long(rig->q, probe->request, &probe->pos);
	if (ret)
		qrig_probe_end(rig, probe);
	return ret;
}

int qrig_probe_end(struct qrig *rig, struct qrig_probe *probe)
{
	return viommu_long_end(rig->q, probe->request, probe->copy);
}

int qrig_probe_poll(struct qrig *rig, struct qrig_probe *probe)
{
	int ret = viommu_queue_poll(rig->q, probe->pos);

	return qrig_probe_end(rig, probe) ?: ret;
}

bool qrig_probe_untouched(const struct qrig_probe *probe)
{
	return !memchr_inv(probe->copy, UNTOUCHED, sizeof(probe->copy));
}
