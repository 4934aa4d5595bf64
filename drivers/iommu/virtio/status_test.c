// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite: each request, answered by each status that the specification has
 * (5.13.6), by none that it has, and not at all; and what has become of endpoint
 * and mappings then.
 */
#include <kunit/test.h>

#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define PROT		(IOMMU_READ | IOMMU_WRITE)
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL

/* All but OK, and two that do not exist */
static const u8 statuses[] = {
	VIRTIO_IOMMU_S_IOERR, VIRTIO_IOMMU_S_UNSUPP, VIRTIO_IOMMU_S_DEVERR,
	VIRTIO_IOMMU_S_INVAL, VIRTIO_IOMMU_S_RANGE, VIRTIO_IOMMU_S_NOENT,
	VIRTIO_IOMMU_S_FAULT, VIRTIO_IOMMU_S_NOMEM, VIRTIO_IOMMU_S_NOMEM + 1, 0xfe,
};

/**
 * struct scene - a device whose next request is answered otherwise
 * @fake: device
 * @dev: device behind it, or NULL
 * @domain: where it is attached, with IOVA mapped to PHYS; or NULL
 * @ep: its endpoint
 */
struct scene {
	struct viommu_fake *fake;
	struct device *dev;
	struct iommu_domain *domain;
	struct viommu_endpoint *ep;
};

static struct scene scene_new(struct kunit *test)
{
	struct scene scene = { .fake = viommu_rig_start(test) };

	viommu_rig_impatient(scene.fake);
	scene.dev = viommu_rig_master(scene.fake, ID);
	scene.ep = dev_iommu_priv_get(scene.dev);
	scene.domain = viommu_rig_attached(test, scene.dev);
	KUNIT_ASSERT_EQ(test, iommu_map(scene.domain, IOVA, PHYS, SZ_4K, PROT,
					GFP_KERNEL), 0);
	return scene;
}

static void scene_end(struct scene *scene)
{
	viommu_fake_play(scene->fake, NULL);
	viommu_fake_unregister(scene->fake);
}

static void answer(struct viommu_fake *fake, u8 type, unsigned int count, u8 status)
{
	viommu_fake_play(fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_STATUS, .type = type, .count = count,
		.value = status });
}

static bool failed(struct viommu_fake *fake)
{
	return viommu_rig_instance(fake)->requests.failed;
}

static void map_is_answered(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct scene scene = scene_new(test);

		answer(scene.fake, VIRTIO_IOMMU_T_MAP, 1, statuses[i]);
		KUNIT_EXPECT_EQ(test, iommu_map(scene.domain, IOVA + SZ_8K, PHYS,
						SZ_4K, PROT, GFP_KERNEL),
				viommu_status_error(statuses[i]));
		KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(scene.domain, IOVA + SZ_8K),
				0);
		KUNIT_EXPECT_EQ(test, viommu_fake_count(scene.fake, ID), 1);
		/* An error of that request alone */
		KUNIT_EXPECT_FALSE(test, failed(scene.fake));
		KUNIT_EXPECT_EQ(test, iommu_map(scene.domain, IOVA + SZ_8K, PHYS,
						SZ_4K, PROT, GFP_KERNEL), 0);
		viommu_rig_expect(scene.fake, ID, IOVA + SZ_8K, PHYS);
		scene_end(&scene);
	}
}

/* Nobody can do anything about it; what the device does not have is no news */
static void unmap_is_answered(struct kunit *test)
{
	static const char text[] = "requests refused, the last was UNMAP 0x40000000";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct scene scene = scene_new(test);
		struct viommu_queue *q = &viommu_rig_instance(scene.fake)->requests;
		bool news = statuses[i] != VIRTIO_IOMMU_S_NOENT;
		unsigned int before = viommu_rig_log(text);

		answer(scene.fake, VIRTIO_IOMMU_T_UNMAP, 1, statuses[i]);
		KUNIT_EXPECT_EQ(test, iommu_unmap(scene.domain, IOVA, SZ_4K), SZ_4K);
		KUNIT_EXPECT_EQ(test, q->refusals.status, news ? statuses[i] : 0);
		flush_work(&q->report);
		KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + news);
		KUNIT_EXPECT_FALSE(test, failed(scene.fake));
		scene_end(&scene);
	}
}

/* What is not reported for lack of patience is in the next report */
static void refusals_are_counted(struct kunit *test)
{
	struct scene scene = scene_new(test);
	struct viommu_queue *q = &viommu_rig_instance(scene.fake)->requests;
	unsigned int ones = viommu_rig_log(" 1 requests refused");
	unsigned int twos = viommu_rig_log(" 2 requests refused, the last was UNMAP 0x40002000");
	unsigned int i;

	q->report_limit.interval = 600 * HZ;
	q->report_limit.burst = 1;
	for (i = 1; i < 3; i++)
		KUNIT_ASSERT_EQ(test, iommu_map(scene.domain, IOVA + i * SZ_4K, PHYS, SZ_4K,
						PROT, GFP_KERNEL), 0);
	answer(scene.fake, VIRTIO_IOMMU_T_UNMAP, 3, VIRTIO_IOMMU_S_DEVERR);
	for (i = 0; i < 3; i++) {
		if (i == 2)
			q->report_limit.burst++;
		KUNIT_EXPECT_EQ(test, iommu_unmap(scene.domain, IOVA + i * SZ_4K, SZ_4K),
				SZ_4K);
		flush_work(&q->report);
	}
	KUNIT_EXPECT_EQ(test, viommu_rig_log(" 1 requests refused"), ones + 1);
	KUNIT_EXPECT_EQ(test,
			viommu_rig_log(" 2 requests refused, the last was UNMAP 0x40002000"),
			twos + 1);
	scene_end(&scene);
}

static void attach_is_answered(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct scene scene = scene_new(test);
		struct iommu_domain *to = viommu_rig_domain(test, scene.dev);

		/* Twice, as UNSUPP has it detached and tried again */
		answer(scene.fake, VIRTIO_IOMMU_T_ATTACH,
		       statuses[i] == VIRTIO_IOMMU_S_UNSUPP ? 2 : 1, statuses[i]);
		KUNIT_EXPECT_EQ(test, viommu_attach(scene.ep, to),
				viommu_status_error(statuses[i]));
		KUNIT_EXPECT_PTR_EQ(test, scene.ep->streams[0].domain, scene.domain);
		viommu_rig_expect(scene.fake, ID, IOVA, PHYS);
		KUNIT_EXPECT_FALSE(test, failed(scene.fake));
		KUNIT_EXPECT_EQ(test, viommu_attach(scene.ep, to), 0);
		viommu_rig_expect(scene.fake, ID, IOVA, 0);
		KUNIT_EXPECT_EQ(test, viommu_attach(scene.ep, scene.domain), 0);
		scene_end(&scene);
	}
}

/* Detached for good, or with nothing left in its domain */
static void detach_is_answered(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct scene scene = scene_new(test);
		struct viommu_domain *vd = to_viommu_domain(scene.domain);
		bool gone = statuses[i] == VIRTIO_IOMMU_S_NOENT;

		answer(scene.fake, VIRTIO_IOMMU_T_DETACH, 1, statuses[i]);
		viommu_detach_release(scene.ep);
		KUNIT_EXPECT_NULL(test, scene.ep->streams[0].domain);
		KUNIT_EXPECT_EQ(test, vd->bound, 0);
		KUNIT_EXPECT_EQ(test, vd->leaked, !gone);
		if (!gone)
			KUNIT_EXPECT_EQ(test, viommu_fake_count(scene.fake, ID), 0);
		KUNIT_EXPECT_FALSE(test, failed(scene.fake));
		scene_end(&scene);
	}
}

static void probe_is_answered(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	const u32 id = ID;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		answer(fake, VIRTIO_IOMMU_T_PROBE, 1, statuses[i]);
		viommu_rig_try_master(fake, &id, 1, &ret);
		KUNIT_EXPECT_EQ(test, ret, viommu_status_error(statuses[i]));
		KUNIT_EXPECT_FALSE(test, failed(fake));
	}
	viommu_rig_try_master(fake, &id, 1, &ret);
	KUNIT_EXPECT_EQ(test, ret, 0);
}

static int ask(struct kunit *test, struct scene *scene, u8 type)
{
	const u32 id = ID + 1;
	int ret;

	switch (type) {
	case VIRTIO_IOMMU_T_MAP:
		return iommu_map(scene->domain, IOVA + SZ_8K, PHYS, SZ_4K, PROT,
				 GFP_KERNEL);
	case VIRTIO_IOMMU_T_UNMAP:
		KUNIT_EXPECT_EQ(test, iommu_unmap(scene->domain, IOVA, SZ_4K), SZ_4K);
		return -EIO;
	case VIRTIO_IOMMU_T_ATTACH:
		return viommu_attach(scene->ep, viommu_rig_domain(test, scene->dev));
	case VIRTIO_IOMMU_T_DETACH:
		viommu_detach_release(scene->ep);
		return -EIO;
	default:
		viommu_rig_try_master(scene->fake, &id, 1, &ret);
		return ret;
	}
}

/* Whichever it is, it ends in time, and so does all that follows */
static void nothing_is_answered(struct kunit *test)
{
	static const enum viommu_fake_trick tricks[] = {
		VIOMMU_FAKE_SILENT, VIOMMU_FAKE_NO_STATUS,
	};
	unsigned int i;
	u8 type;

	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		for (type = VIRTIO_IOMMU_T_ATTACH; type <= VIRTIO_IOMMU_T_PROBE;
		     type++) {
			struct scene scene = scene_new(test);
			unsigned int kicks;

			viommu_fake_play(scene.fake, &(struct viommu_fake_plan) {
				.trick = tricks[i], .type = type });
			KUNIT_EXPECT_EQ_MSG(test, ask(test, &scene, type), -EIO,
					    "type %u, trick %u", type, i);
			KUNIT_EXPECT_TRUE(test, failed(scene.fake));
			kicks = scene.fake->stats.kicks;
			KUNIT_EXPECT_EQ(test, ask(test, &scene, VIRTIO_IOMMU_T_MAP),
					-EIO);
			KUNIT_EXPECT_EQ(test, scene.fake->stats.kicks, kicks);
			scene_end(&scene);
		}
	}
}

static struct kunit_case status_cases[] = {
	KUNIT_CASE(map_is_answered),
	KUNIT_CASE(unmap_is_answered),
	KUNIT_CASE(refusals_are_counted),
	KUNIT_CASE(attach_is_answered),
	KUNIT_CASE(detach_is_answered),
	KUNIT_CASE(probe_is_answered),
	KUNIT_CASE_SLOW(nothing_is_answered),
	{}
};

static struct kunit_suite status_suite = {
	.name = "viommu-status",
	.test_cases = status_cases,
};

kunit_test_suite(status_suite);
