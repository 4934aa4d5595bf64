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

void rig_encode(union viommu_wire *wire, unsigned int n)
{
	u64 start = (u64)n << 12;

	viommu_encode_map(wire, RIG_DOMAIN, start, start + PAGE_LAST,
			  start + (1ULL << 40), VIRTIO_IOMMU_MAP_F_READ);
}

int rig_map(struct rig *rig, unsigned int n, int *status, u64 *pos)
{
	union viommu_wire wire;

	rig_encode(&wire, n);
	return viommu_queue_post(rig->q, &wire, status, pos);
}

int rig_post(struct rig *rig, const union viommu_wire *wire, int *status,
	     u64 *pos)
{
	int ret;

	while ((ret = viommu_queue_post(rig->q, wire, status, pos)) == -EBUSY) {
		if (viommu_queue_make_room(rig->q, 1))
			return -EIO;
	}
	return ret;
}

void rig_publish(struct rig *rig)
{
	unsigned long flags;

	local_irq_save(flags);
	virtqueue_kick(rig->q->vq);
	local_irq_restore(flags);
}

void rig_impatient(struct rig *rig)
{
	rig->q->poll_ms = 50;
	rig->q->sleep_ms = 50;
}

void rig_round(struct rig *rig)
{
	struct kunit *test = rig->fake->test;
	union viommu_wire wire;
	unsigned int i;
	int status;
	u64 pos;

	viommu_encode_unmap(&wire, RIG_DOMAIN, 0, U64_MAX);
	for (i = 0; i <= rig->q->nr_slots; i++) {
		status = 1;
		KUNIT_ASSERT_EQ(test, rig_post(rig, &wire, &status, &pos), 0);
		KUNIT_ASSERT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
		KUNIT_ASSERT_EQ(test, status, 0);
	}
}

/* --- life */

static void attach(struct rig *rig)
{
	struct kunit *test = rig->fake->test;
	union viommu_wire wire;
	int status = 1;
	u64 pos;

	viommu_encode_attach(&wire, RIG_DOMAIN, RIG_ENDPOINT, 0);
	KUNIT_ASSERT_EQ(test, rig_post(rig, &wire, &status, &pos), 0);
	KUNIT_ASSERT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_ASSERT_EQ(test, status, 0);
}

void rig_stop(struct rig *rig)
{
	struct virtio_device *vdev = &rig->fake->vdev;

	virtio_reset_device(vdev);
	viommu_queue_stop(rig->q);
	vdev->config->del_vqs(vdev);
}

int rig_try_start(struct rig *rig, unsigned int num)
{
	struct virtio_device *vdev = &rig->fake->vdev;
	struct kunit *test = rig->fake->test;
	struct virtqueue *vq;
	int ret;

	rig->fake->rings[VIOMMU_FAKE_REQUEST].num = num;
	vq = virtio_find_single_vq(vdev, viommu_queue_returned, "request");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vq);
	ret = viommu_queue_start(rig->q, vq);
	if (ret) {
		vdev->config->del_vqs(vdev);
		return ret;
	}
	virtio_device_ready(vdev);
	attach(rig);
	return 0;
}

void rig_start(struct rig *rig, unsigned int num)
{
	KUNIT_ASSERT_EQ(rig->fake->test, rig_try_start(rig, num), 0);
}

static void end(void *data)
{
	struct rig *rig = data;

	virtio_reset_device(&rig->fake->vdev);
	viommu_queue_stop(rig->q);
	viommu_queue_exit(rig->q);
}

struct rig *rig_new_features(struct kunit *test, u64 features)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct virtqueue *vq;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->fake = viommu_fake_new(test);
	rig->fake->features |= features;
	viommu_fake_endpoint(rig->fake, RIG_ENDPOINT);
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

struct rig *rig_new(struct kunit *test)
{
	return rig_new_features(test, 0);
}

/* --- PROBE */

struct rig_probe *rig_probe_new(struct rig *rig)
{
	struct rig_probe *probe = kunit_kzalloc(rig->fake->test, sizeof(*probe),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->fake->test, probe);
	memset(probe->copy, UNTOUCHED, sizeof(probe->copy));
	return probe;
}

int rig_probe_post(struct rig *rig, struct rig_probe *probe)
{
	struct virtio_iommu_req_probe *req;
	int ret;

	req = kzalloc(RIG_PROBE_OUT + RIG_PROBE_IN, GFP_KERNEL);
	if (!req)
		return -ENOMEM;
	req->head.type = VIRTIO_IOMMU_T_PROBE;
	req->endpoint = cpu_to_le32(RIG_ENDPOINT);
	probe->status = 1;
	ret = viommu_queue_post_long(rig->q, req, RIG_PROBE_OUT, RIG_PROBE_IN,
				     probe->copy, &probe->status, &probe->pos);
	if (ret)
		kfree(req);
	return ret;
}

bool rig_probe_untouched(const struct rig_probe *probe)
{
	return !memchr_inv(probe->copy, UNTOUCHED, sizeof(probe->copy));
}
