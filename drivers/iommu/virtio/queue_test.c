// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue, on a device that answers late, in disorder, wrongly or not.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "fake.h"
#include "queue_test.h"

/* Less than the limits of the queue */
#define AT_ONCE		(2 * HZ)

static void queue_in_order(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	int status[8];
	u64 pos[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(pos); i++) {
		status[i] = 1;
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, &status[i], &pos[i]), 0);
		KUNIT_EXPECT_EQ(test, pos[i], i + 1);
	}
	/* Nothing was said to the device yet; then once for all */
	KUNIT_EXPECT_EQ(test, rig->fake->stats.kicks, 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos[3]), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos[7]), 0);
	KUNIT_EXPECT_EQ(test, rig->fake->stats.kicks, 1);
	KUNIT_EXPECT_EQ(test, rig->q->kicks, 1);
	KUNIT_EXPECT_EQ(test, rig->fake->stats.interrupts, 0);
	for (i = 0; i < ARRAY_SIZE(status); i++)
		KUNIT_EXPECT_EQ(test, status[i], 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(rig->fake, QRIG_ENDPOINT), 8);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, 0), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos[7]), 0);
}

/* Many times round the ring, served in pieces, returned in any order */
static void queue_any_order(struct kunit *test)
{
	static const enum viommu_fake_order orders[] = {
		VIOMMU_FAKE_IN_ORDER, VIOMMU_FAKE_REVERSED,
		VIOMMU_FAKE_SHUFFLED,
	};
	struct qrig *rig = qrig_new(test);
	int *status = kunit_kcalloc(test, 4096, sizeof(*status), GFP_KERNEL);
	struct rnd_state rnd;
	u64 pos = 0, i = 0;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, status);
	prandom_seed_state(&rnd, 3);
	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	while (i < 4096) {
		rig->fake->order = orders[prandom_u32_state(&rnd) % 3];
		n = prandom_u32_state(&rnd) % 70;
		while (n-- && i < 4096 && viommu_queue_room(rig->q)) {
			status[i] = 1;
			KUNIT_ASSERT_EQ(test, qrig_map(rig, i, &status[i], &pos), 0);
			KUNIT_ASSERT_EQ(test, pos, ++i);
		}
		/* A callback that nobody asked for does no harm */
		qrig_publish(rig);
		viommu_fake_serve(rig->fake, prandom_u32_state(&rnd) % 70);
		viommu_queue_returned(rig->q->vq);
	}
	viommu_fake_serve(rig->fake, UINT_MAX);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	for (i = 0; i < 4096; i++)
		KUNIT_ASSERT_EQ(test, status[i], 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(rig->fake, QRIG_ENDPOINT), 4096);
}

/* What is behind a request that is missing, is not done */
static void queue_position_is_all_before(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	u64 pos[3];
	int i;

	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	rig->fake->order = VIOMMU_FAKE_REVERSED;
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, NULL, &pos[i]), 0);
	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_SILENT, .skip = 1, .count = 1 });
	qrig_publish(rig);
	viommu_fake_serve(rig->fake, 3);
	viommu_queue_returned(rig->q->vq);
	KUNIT_EXPECT_EQ(test, atomic64_read(&rig->q->done), pos[0]);
	KUNIT_EXPECT_EQ(test, viommu_queue_room(rig->q), rig->q->nr_slots - 2);
}

static void queue_full(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	unsigned int n, i, round;
	u64 pos = 0;

	for (round = 0, i = 0; round < 5; round++) {
		for (n = 0; !qrig_map(rig, i, NULL, &pos); n++)
			i++;
		KUNIT_EXPECT_EQ(test, n, rig->q->nr_slots);
		KUNIT_EXPECT_EQ(test, qrig_map(rig, i, NULL, &pos), -EBUSY);
		KUNIT_EXPECT_EQ(test, viommu_queue_room(rig->q), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, 1 + round), 0);
		KUNIT_EXPECT_GE(test, viommu_queue_room(rig->q), 1 + round);
		KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, UINT_MAX), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_room(rig->q), n);
	}
	KUNIT_EXPECT_EQ(test, rig->fake->stats.kicks, 5);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(rig->fake, QRIG_ENDPOINT), i);
}

/* Room is there as soon as enough was returned, not all */
static void queue_full_in_part(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	unsigned int i = 0;
	u64 pos;

	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	while (!qrig_map(rig, i, NULL, &pos))
		i++;
	qrig_publish(rig);
	viommu_fake_serve(rig->fake, 3);
	KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, 3), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_room(rig->q), 3);
	qrig_impatient(rig);
	KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, 4), -EIO);
}

static void queue_every_status(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	int value, status;
	u64 pos;

	for (value = 0; value < VIOMMU_NO_STATUS; value++) {
		viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
			.trick = VIOMMU_FAKE_STATUS, .count = 1, .value = value });
		status = 1;
		KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, &status, &pos), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
		KUNIT_EXPECT_EQ(test, status, viommu_status_error(value));
		KUNIT_EXPECT_EQ(test, rig->q->refusals.count, 0);
	}
}

/*
 * Hosts get the length wrong that they return (2.7.8: bytes written).  What was
 * written is there all the same, be it success or not.
 */
static void queue_wrong_length(struct kunit *test)
{
	static const u32 lengths[] = {
		0, 1, sizeof(struct virtio_iommu_req_tail) - 1,
		sizeof(struct virtio_iommu_req_tail) + 1, QRIG_PROBE_IN - 1,
		QRIG_PROBE_IN + 1, SZ_64K, U32_MAX,
	};
	struct qrig *rig = qrig_new(test);
	struct qrig_probe *probe = qrig_probe_new(rig);
	struct viommu_fake_endpoint *ep = viommu_fake_endpoint(rig->fake,
							       QRIG_ENDPOINT);
	unsigned int i;
	int status;
	u64 pos;

	ep->regions[0] = (struct viommu_fake_region) { 1, 0x8000000, 0x80fffff };
	ep->nr_regions = 1;
	rig->fake->lenient = true;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
			.trick = VIOMMU_FAKE_LENGTH, .value = lengths[i] });
		status = 1;
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, &status, &pos), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
		KUNIT_EXPECT_EQ(test, status, 0);
		/* It is mapped already */
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, &status, &pos), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), 0);
		KUNIT_EXPECT_EQ(test, status, -EINVAL);
		KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
		KUNIT_EXPECT_EQ(test, qrig_probe_poll(rig, probe), 0);
		KUNIT_EXPECT_EQ(test, probe->copy[11], 0x08);
	}
	KUNIT_EXPECT_FALSE(test, rig->q->failed);
}

static void queue_map_refused(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct viommu_mapping mappings[4] = {};
	union viommu_wire wire;
	atomic_t refused = ATOMIC_INIT(0);
	u64 pos;
	int i;

	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_STATUS, .skip = 1, .count = 2,
		.value = VIRTIO_IOMMU_S_NOMEM });
	for (i = 0; i < 4; i++) {
		qrig_encode(&wire, i);
		KUNIT_ASSERT_EQ(test, viommu_queue_post_map(rig->q, &wire,
							    &mappings[i],
							    &refused, &pos), 0);
	}
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&refused), 2);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, mappings[i].error,
				i == 1 || i == 2 ? -ENOMEM : 0);
	/* Whoever mapped is told: nothing is left for the log */
	KUNIT_EXPECT_EQ(test, rig->q->refusals.status, 0);
}

/* What nobody asks about comes into the log, but for an UNMAP of nothing */
static void queue_refusals(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	union viommu_wire wire;
	u64 pos;

	viommu_encode_unmap(&wire, QRIG_DOMAIN + 1, 0x1000, 0x1fff);
	KUNIT_ASSERT_EQ(test, viommu_queue_post(rig->q, &wire, NULL, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_EXPECT_EQ(test, rig->fake->stats.errors, 1);
	KUNIT_EXPECT_EQ(test, rig->q->refusals.status, 0);

	rig->fake->lenient = true;
	viommu_encode_unmap(&wire, QRIG_DOMAIN, 0x2000, 0x1fff);
	KUNIT_ASSERT_EQ(test, viommu_queue_post(rig->q, &wire, NULL, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_EXPECT_EQ(test, rig->q->refusals.status, VIRTIO_IOMMU_S_RANGE);
	KUNIT_EXPECT_MEMEQ(test, &rig->q->refusals.wire, &wire,
			   viommu_wire_out_len(&wire));
	flush_work(&rig->q->report);
	KUNIT_EXPECT_EQ(test, rig->q->refusals.count, 0);
	KUNIT_EXPECT_FALSE(test, rig->q->failed);
}

/* --- sleeping */

/* Jiffies until the device answers: those who wait have gone to sleep before */
#define LATER		(IS_ENABLED(CONFIG_KCSAN) ? HZ / 5 : 2)

static void queue_sleep(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct viommu_fake_stats *stats = &rig->fake->stats;
	int status = 1, ret, i;
	u64 pos;

	rig->fake->mode = VIOMMU_FAKE_LATER;
	rig->fake->delay = LATER;
	for (i = 0; i < 5; i++) {
		KUNIT_ASSERT_EQ(test, qrig_map(rig, 2 * i, &status, &pos), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), 0);
		KUNIT_EXPECT_EQ(test, status, 0);
		KUNIT_EXPECT_EQ(test, stats->interrupts, i + 1);

		/* None while nobody sleeps */
		KUNIT_ASSERT_EQ(test, qrig_map(rig, 2 * i + 1, &status, &pos), 0);
		preempt_disable();
		ret = viommu_queue_poll(rig->q, pos);
		preempt_enable();
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_EQ(test, stats->interrupts, i + 1);
	}
	KUNIT_EXPECT_EQ(test, rig->q->sleepers, 0);
}

static void queue_lost_interrupt(struct kunit *test)
{
	unsigned long limit = jiffies + AT_ONCE;
	struct qrig *rig = qrig_new(test);
	u64 pos;

	rig->q->vq->callback = NULL;
	rig->fake->mode = VIOMMU_FAKE_LATER;
	rig->fake->delay = LATER;
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, NULL, &pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), 0);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, limit));
}

/*
 * With VIRTIO_RING_F_EVENT_IDX the device says from which request on it wants to
 * be notified, and so do we for interrupts.
 */
static void queue_event_idx(struct kunit *test)
{
	struct qrig *rig = qrig_new_features(test, BIT_ULL(VIRTIO_RING_F_EVENT_IDX));
	struct viommu_fake_stats *stats = &rig->fake->stats;
	unsigned int i;
	u64 pos;

	for (i = 0; i < 300; i++) {
		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, NULL, &pos), 0);
		if (i % 3)
			continue;
		KUNIT_ASSERT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	}
	KUNIT_EXPECT_EQ(test, stats->kicks, 100);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_EXPECT_LE(test, stats->interrupts, 5);

	rig->fake->mode = VIOMMU_FAKE_LATER;
	rig->fake->delay = LATER;
	for (; i < 310; i++) {
		unsigned int before = stats->interrupts;

		KUNIT_ASSERT_EQ(test, qrig_map(rig, i, NULL, &pos), 0);
		KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, pos), 0);
		KUNIT_EXPECT_EQ(test, stats->interrupts, before + 1);
	}

	/* A device that is at it is not told of what it will see anyway */
	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	KUNIT_ASSERT_EQ(test, qrig_map(rig, i++, NULL, &pos), 0);
	qrig_publish(rig);
	stats->kicks = 0;
	KUNIT_ASSERT_EQ(test, qrig_map(rig, i++, NULL, &pos), 0);
	qrig_publish(rig);
	KUNIT_EXPECT_EQ(test, stats->kicks, 0);
	viommu_fake_serve(rig->fake, UINT_MAX);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(rig->fake, QRIG_ENDPOINT), i);
}

/* --- long requests */

static void queue_probe(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct viommu_fake_endpoint *ep = viommu_fake_endpoint(rig->fake,
							       QRIG_ENDPOINT);
	struct qrig_probe *probe = qrig_probe_new(rig);

	ep->regions[0] = (struct viommu_fake_region) { 1, 0x8000000, 0x80fffff };
	ep->nr_regions = 1;
	KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, probe->pos), 0);
	KUNIT_EXPECT_EQ(test, qrig_probe_end(rig, probe), 0);
	KUNIT_EXPECT_EQ(test, probe->copy[0], VIRTIO_IOMMU_PROBE_T_RESV_MEM);
	KUNIT_EXPECT_EQ(test, probe->copy[11], 0x08);
	KUNIT_EXPECT_EQ(test, probe->copy[QRIG_PROBE_IN - 4], 0);

	/* The next time round the slot is an ordinary one */
	qrig_round(rig);
}

static void queue_probe_refused(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct qrig_probe *probe = qrig_probe_new(rig);

	viommu_fake_play(rig->fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_STATUS, .count = 1,
		.value = VIRTIO_IOMMU_S_NOENT });
	KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, probe->pos), 0);
	KUNIT_EXPECT_EQ(test, qrig_probe_end(rig, probe), -ENOENT);
	KUNIT_EXPECT_TRUE(test, qrig_probe_untouched(probe));
}

static void queue_probe_busy(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct qrig_probe *probe = qrig_probe_new(rig);
	unsigned int i;
	u64 pos;

	for (i = 0; !qrig_map(rig, i, NULL, &pos); i++)
		;
	/* What is not posted stays the caller's */
	KUNIT_EXPECT_EQ(test, qrig_probe_post(rig, probe), -EBUSY);
	KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, 1), 0);
	KUNIT_EXPECT_EQ(test, qrig_probe_post(rig, probe), 0);
	KUNIT_EXPECT_EQ(test, qrig_probe_poll(rig, probe), 0);
}

/* A device that is not given physical addresses, but DMA addresses */
static void queue_dma(struct kunit *test)
{
	struct qrig *rig = qrig_new_features(test,
					   BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	struct qrig_probe *probe = qrig_probe_new(rig);
	int i;

	KUNIT_EXPECT_PTR_EQ(test, rig->q->dma_dev, &rig->fake->pdev->dev);
	for (i = 0; i < 3; i++) {
		qrig_round(rig);
		KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
		KUNIT_EXPECT_EQ(test, qrig_probe_poll(rig, probe), 0);
		KUNIT_EXPECT_FALSE(test, qrig_probe_untouched(probe));
	}
	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
	qrig_stop(rig);
	KUNIT_EXPECT_EQ(test, qrig_probe_end(rig, probe), -EIO);
	KUNIT_EXPECT_NULL(test, rig->q->dma_dev);
	rig->fake->mode = VIOMMU_FAKE_AT_ONCE;
	qrig_start(rig, 32);
	qrig_round(rig);
}

static dma_addr_t map_nothing(struct device *dev, void *data, size_t size)
{
	return DMA_MAPPING_ERROR;
}

/* What could not be mapped is not unmapped */
static void queue_dma_is_refused(struct kunit *test)
{
	struct qrig *rig = qrig_new_features(test,
					   BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	struct qrig_probe *probe = qrig_probe_new(rig);
	struct viommu_long *request = viommu_long_new(QRIG_PROBE_OUT, QRIG_PROBE_IN);

	KUNIT_ASSERT_NOT_NULL(test, request);
	kunit_activate_static_stub(test, viommu_long_dma_map, map_nothing);
	KUNIT_EXPECT_EQ(test, viommu_queue_post_long(rig->q, request, &probe->pos),
			-ENOMEM);
	KUNIT_EXPECT_NULL(test, request->dma_dev);
	KUNIT_EXPECT_NE(test, viommu_long_end(rig->q, request, probe->copy), 0);
	kunit_deactivate_static_stub(test, viommu_long_dma_map);

	KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
	KUNIT_EXPECT_EQ(test, qrig_probe_poll(rig, probe), 0);
}

/* --- stop and start */

static void queue_stop_start(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	struct qrig_probe *probe = qrig_probe_new(rig);
	struct virtqueue *vq = rig->q->vq;
	int status = 1;
	u64 pos;

	rig->fake->mode = VIOMMU_FAKE_BY_HAND;
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, &status, &pos), 0);
	KUNIT_ASSERT_EQ(test, qrig_probe_post(rig, probe), 0);
	virtio_reset_device(&rig->fake->vdev);
	viommu_queue_stop(rig->q);
	/* An interrupt that was on its way */
	viommu_queue_returned(vq);
	qrig_stop(rig);
	KUNIT_EXPECT_EQ(test, status, -EIO);
	KUNIT_EXPECT_EQ(test, qrig_probe_end(rig, probe), -EIO);
	KUNIT_EXPECT_TRUE(test, qrig_probe_untouched(probe));
	/* Nothing to wait for, and nothing that takes a request: asleep, not dead */
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, probe->pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_wait(rig->q, probe->pos), 0);
	KUNIT_EXPECT_EQ(test, viommu_queue_make_room(rig->q, 3), 0);
	KUNIT_EXPECT_EQ(test, qrig_map(rig, 0, NULL, &pos), -EIO);
	KUNIT_EXPECT_FALSE(test, rig->q->failed);

	/* Shorter than before */
	rig->fake->mode = VIOMMU_FAKE_AT_ONCE;
	qrig_start(rig, 16);
	KUNIT_EXPECT_EQ(test, rig->q->nr_slots, 8);
	qrig_round(rig);
	qrig_round(rig);
}

/* A position does not end with 32 bits, and their end is no slot's boundary */
static void queue_past_32_bits(struct kunit *test)
{
	struct qrig *rig = qrig_new(test);
	u64 begin = U32_MAX - 2 * rig->q->nr_slots - 1, pos;

	rig->q->posted = begin;
	rig->q->kicked = begin;
	atomic64_set(&rig->q->done, begin);
	while (rig->q->posted < U32_MAX + 10ULL) {
		qrig_round(rig);
		KUNIT_ASSERT_EQ(test, viommu_queue_room(rig->q), rig->q->nr_slots);
	}
	KUNIT_ASSERT_EQ(test, qrig_map(rig, 0, NULL, &pos), 0);
	KUNIT_EXPECT_GT(test, pos, U32_MAX + 1ULL);
	KUNIT_EXPECT_LT(test, atomic64_read(&rig->q->done), pos);
	KUNIT_EXPECT_EQ(test, viommu_queue_poll(rig->q, pos), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&rig->q->done), pos);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(rig->fake, QRIG_ENDPOINT), 1);
}

static void queue_lengths(struct kunit *test)
{
	static const struct {
		unsigned int num, slots;
	} lengths[] = {
		{ 2, 0 }, { 4, 0 }, { 8, 4 }, { 16, 8 }, { 256, 128 },
	};
	struct qrig *rig = qrig_new(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		qrig_stop(rig);
		KUNIT_EXPECT_EQ(test, qrig_try_start(rig, lengths[i].num),
				lengths[i].slots ? 0 : -EINVAL);
		if (!lengths[i].slots)
			continue;
		KUNIT_EXPECT_EQ(test, rig->q->nr_slots, lengths[i].slots);
		qrig_round(rig);
		qrig_round(rig);
	}
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(queue_in_order),
	KUNIT_CASE(queue_any_order),
	KUNIT_CASE(queue_position_is_all_before),
	KUNIT_CASE(queue_full),
	KUNIT_CASE(queue_full_in_part),
	KUNIT_CASE(queue_every_status),
	KUNIT_CASE(queue_wrong_length),
	KUNIT_CASE(queue_map_refused),
	KUNIT_CASE(queue_refusals),
	KUNIT_CASE(queue_sleep),
	KUNIT_CASE(queue_lost_interrupt),
	KUNIT_CASE(queue_event_idx),
	KUNIT_CASE(queue_probe),
	KUNIT_CASE(queue_probe_refused),
	KUNIT_CASE(queue_probe_busy),
	KUNIT_CASE(queue_dma),
	KUNIT_CASE(queue_dma_is_refused),
	KUNIT_CASE(queue_stop_start),
	KUNIT_CASE(queue_past_32_bits),
	KUNIT_CASE(queue_lengths),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "viommu-queue",
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
