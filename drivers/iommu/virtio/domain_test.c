// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of domain.c and replay.c: what a device reaches after maps, unmaps
 * and attachments, what that takes in requests and notifications, and what is left
 * when the device refuses or falls silent.
 */
#include <kunit/test.h>

#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define OTHER_ID	2
#define PROT		(IOMMU_READ | IOMMU_WRITE)
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL

static int map(struct iommu_domain *domain, unsigned long iova, phys_addr_t phys,
	       size_t size)
{
	return iommu_map(domain, iova, phys, size, PROT, GFP_KERNEL);
}

static unsigned int maps(const struct viommu_fake *fake)
{
	return fake->stats.requests[VIRTIO_IOMMU_T_MAP];
}

static unsigned int unmaps(const struct viommu_fake *fake)
{
	return fake->stats.requests[VIRTIO_IOMMU_T_UNMAP];
}

static void what_is_mapped_is_reached(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	u64 paddr;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_8K), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K - 1, PHYS + SZ_8K - 1);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA + 5), PHYS + 5);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA - 1), 0);

	KUNIT_ASSERT_EQ(test, iommu_map(domain, 0x1000, PHYS, SZ_4K, IOMMU_READ,
					GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, 0x1000,
						    VIRTIO_IOMMU_MAP_F_WRITE,
						    &paddr), -EFAULT);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_8K), SZ_8K);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, 0x1000, PHYS);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, 0x1000, SZ_4K), SZ_4K);
}

static void one_request_and_one_kick(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int kicks = fake->stats.kicks, before = maps(fake);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_2M + SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, maps(fake), before + 1);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 1);

	before = unmaps(fake);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_2M + SZ_4K),
			SZ_2M + SZ_4K);
	KUNIT_EXPECT_EQ(test, unmaps(fake), before + 1);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 2);
}

#define RUNS	10

/* Runs that do not touch each other in physical memory */
static void make_runs(struct scatterlist *sg, unsigned int count)
{
	struct scatterlist *entry;
	unsigned int i;

	sg_init_table(sg, count);
	for_each_sg(sg, entry, count, i)
		sg_set_page(entry, pfn_to_page(PHYS_PFN(PHYS) + 2 * i), SZ_4K, 0);
}

static void a_scatterlist_is_one_kick(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int kicks = fake->stats.kicks, i;
	struct scatterlist sg[RUNS];

	make_runs(sg, RUNS);
	KUNIT_ASSERT_EQ(test, iommu_map_sg(domain, IOVA, sg, RUNS, PROT,
					   GFP_KERNEL), RUNS * SZ_4K);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 1);
	for (i = 0; i < RUNS; i++)
		viommu_rig_expect(fake, ID, IOVA + i * SZ_4K, sg_phys(&sg[i]));

	/* One UNMAP for all of them, as they are side by side */
	i = unmaps(fake);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, RUNS * SZ_4K),
			RUNS * SZ_4K);
	KUNIT_EXPECT_EQ(test, unmaps(fake), i + 1);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
}

/* More mappings than are looked at under one lock, and one that is cut at the end */
static void a_long_unmap_is_one_kick(struct kunit *test)
{
	const unsigned int count = 2 * VIOMMU_SPAN_MAX + 5;
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int kicks, before, i;

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + i * SZ_8K, PHYS, SZ_8K), 0);
	kicks = fake->stats.kicks;
	before = unmaps(fake);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, count * SZ_8K - SZ_4K),
			count * SZ_8K - SZ_4K);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 1);
	KUNIT_EXPECT_EQ(test, unmaps(fake), before + 3);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 1);
	KUNIT_EXPECT_LE(test, to_viommu_domain(domain)->mappings.spares,
			VIOMMU_SPARE_MAX);
	viommu_rig_expect(fake, ID, IOVA + (count - 1) * SZ_8K, 0);
	viommu_rig_expect(fake, ID, IOVA + count * SZ_8K - SZ_4K, PHYS + SZ_4K);
}

/* One by one, each of them as it was mapped */
static void spare_mappings_are_freed(struct kunit *test)
{
	const unsigned int count = 3 * VIOMMU_SPARE_MAX;
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int i;

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + i * SZ_8K, PHYS, SZ_4K), 0);
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + i * SZ_8K, SZ_4K),
				SZ_4K);
		KUNIT_EXPECT_LE(test, to_viommu_domain(domain)->mappings.spares,
				VIOMMU_SPARE_MAX);
	}
}

static void unmaps_of_one_gather_are_one_kick(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct iommu_iotlb_gather gather;
	unsigned int kicks, i;

	for (i = 0; i < RUNS; i++)
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + i * SZ_64K, PHYS, SZ_4K),
				0);
	kicks = fake->stats.kicks;
	iommu_iotlb_gather_init(&gather);
	for (i = 0; i < RUNS; i++)
		KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA + i * SZ_64K,
						       SZ_4K, &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks);
	iommu_iotlb_sync(domain, &gather);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 1);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
}

static void a_lazy_unmap_does_not_kick(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct iommu_iotlb_gather gather;
	unsigned int kicks;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	kicks = fake->stats.kicks;
	KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA, SZ_4K, &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks);

	/* It travels with the next that is waited for */
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_64K, PHYS, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 1);
	viommu_rig_expect(fake, ID, IOVA, 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA + SZ_64K, SZ_4K,
					       &gather), SZ_4K);
	iommu_flush_iotlb_all(domain);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 2);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
}

/* More than the ring takes, and the device answers in any order */
static void more_runs_than_slots(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int count = 3 * VIOMMU_MAX_SLOTS, i;
	struct scatterlist *sg;

	sg = kunit_kcalloc(test, count, sizeof(*sg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sg);
	sg_init_table(sg, count);
	for (i = 0; i < count; i++)
		sg_set_page(&sg[i], pfn_to_page(PHYS_PFN(PHYS) + 2 * i), SZ_4K, 0);
	fake->order = VIOMMU_FAKE_SHUFFLED;
	KUNIT_ASSERT_EQ(test, iommu_map_sg(domain, IOVA, sg, count, PROT,
					   GFP_KERNEL), count * SZ_4K);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), count);
	for (i = 0; i < count; i++)
		viommu_rig_expect(fake, ID, IOVA + i * SZ_4K, sg_phys(&sg[i]));
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, count * SZ_4K),
			count * SZ_4K);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
}

static void a_part_is_split_off(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int kicks;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_32K), 0);
	kicks = fake->stats.kicks;
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_8K, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks + 1);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K - 1, PHYS + SZ_8K - 1);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K + SZ_4K, PHYS + SZ_8K + SZ_4K);
	viommu_rig_expect(fake, ID, IOVA + SZ_32K - 1, PHYS + SZ_32K - 1);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 2);

	/* The head of the first, the tail of the second */
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_32K - SZ_4K, SZ_4K),
			SZ_4K);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, PHYS + SZ_4K);
	viommu_rig_expect(fake, ID, IOVA + SZ_16K, PHYS + SZ_16K);
	viommu_rig_expect(fake, ID, IOVA + SZ_32K - SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA + SZ_16K),
			PHYS + SZ_16K);
}

static void a_range_across_mappings(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_8K), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_8K, 2 * PHYS, SZ_8K), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_16K, 3 * PHYS, SZ_8K), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_4K, SZ_16K), SZ_16K);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_16K, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_16K + SZ_4K, 3 * PHYS + SZ_4K);
}

static void unmap_stops_at_a_hole(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_8K, PHYS, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA - SZ_4K, SZ_16K), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_16K), SZ_4K);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, PHYS);
}

static void what_is_mapped_is_not_mapped_again(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int before;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_8K), 0);
	before = maps(fake);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, 2 * PHYS, SZ_8K), -EEXIST);
	KUNIT_EXPECT_EQ(test, maps(fake), before);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, PHYS + SZ_4K);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
}

static void addresses_beyond_the_limits(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned long last = domain->geometry.aperture_end;

	KUNIT_EXPECT_EQ(test, last, BIT_ULL(48) - 1);
	KUNIT_EXPECT_TRUE(test, domain->geometry.force_aperture);
	KUNIT_EXPECT_EQ(test, map(domain, last + 1, PHYS, SZ_4K), -ERANGE);
	KUNIT_EXPECT_EQ(test, map(domain, last + 1 - SZ_4K, PHYS, SZ_4K), 0);
	viommu_rig_expect(fake, ID, last, PHYS + SZ_4K - 1);
}

static void device_memory_needs_the_feature(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	struct iommu_domain *domain;

	fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_MMIO);
	viommu_fake_endpoint(fake, ID);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	domain = viommu_rig_attached(test, viommu_rig_master(fake, ID));
	KUNIT_EXPECT_EQ(test, iommu_map(domain, IOVA, PHYS, SZ_4K,
					PROT | IOMMU_MMIO, GFP_KERNEL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA), 0);
}

static void a_refused_map_is_an_error(struct kunit *test)
{
	static const struct {
		u8 status;
		int error;
	} answers[] = {
		{ VIRTIO_IOMMU_S_IOERR, -EIO },
		{ VIRTIO_IOMMU_S_UNSUPP, -ENOSYS },
		{ VIRTIO_IOMMU_S_DEVERR, -EIO },
		{ VIRTIO_IOMMU_S_INVAL, -EINVAL },
		{ VIRTIO_IOMMU_S_RANGE, -ERANGE },
		{ VIRTIO_IOMMU_S_NOENT, -ENOENT },
		{ VIRTIO_IOMMU_S_FAULT, -EFAULT },
		{ VIRTIO_IOMMU_S_NOMEM, -ENOMEM },
		{ 0x77, -EIO },
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_MAP, .count = 1,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		plan.value = answers[i].status;
		viommu_fake_play(fake, &plan);
		KUNIT_EXPECT_EQ(test, map(domain, IOVA, PHYS, SZ_4K),
				answers[i].error);
		KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&to_viommu_domain(domain)->refused),
				0);
	}
	KUNIT_EXPECT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

/* The others of the list are undone with it */
static void one_of_many_is_refused(struct kunit *test)
{
	const struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_MAP, .skip = 4,
		.count = 1, .value = VIRTIO_IOMMU_S_NOMEM,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct scatterlist sg[RUNS];

	make_runs(sg, RUNS);
	viommu_fake_play(fake, &plan);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(domain, IOVA, sg, RUNS, PROT,
					   GFP_KERNEL), -ENOMEM);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&to_viommu_domain(domain)->refused), 0);
}

static void a_refused_unmap_is_reported(struct kunit *test)
{
	const struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_UNMAP,
		.count = 1, .value = VIRTIO_IOMMU_S_DEVERR,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int before = viommu_rig_log("the last was UNMAP 0x40000000");

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
	viommu_fake_play(fake, &plan);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	flush_work(&viommu_rig_instance(fake)->requests.report);
	KUNIT_EXPECT_EQ(test, viommu_rig_log("the last was UNMAP 0x40000000"),
			before + 1);
}

static void expect_dead(struct kunit *test, struct viommu_fake *fake,
			struct iommu_domain *domain)
{
	unsigned int kicks = fake->stats.kicks;

	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_1M, PHYS, SZ_4K), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA), 0);
	KUNIT_EXPECT_EQ(test, fake->stats.kicks, kicks);
	KUNIT_EXPECT_TRUE(test, viommu_rig_instance(fake)->requests.failed);
}

static void a_silent_device_is_given_up(struct kunit *test)
{
	const struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_SILENT, .type = VIRTIO_IOMMU_T_MAP,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	viommu_rig_impatient(fake);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
	viommu_fake_play(fake, &plan);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, PHYS, SZ_4K), -EIO);
	expect_dead(test, fake, domain);
}

static void a_device_dies_in_an_unmap(struct kunit *test)
{
	static const enum viommu_fake_trick tricks[] = {
		VIOMMU_FAKE_SILENT, VIOMMU_FAKE_NO_STATUS, VIOMMU_FAKE_HEAD,
		VIOMMU_FAKE_BREAK, VIOMMU_FAKE_RESET,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		struct viommu_fake *fake = viommu_rig_start(test);
		struct device *dev = viommu_rig_master(fake, ID);
		struct iommu_domain *domain = viommu_rig_attached(test, dev);
		const struct viommu_fake_plan plan = {
			.trick = tricks[i], .type = VIRTIO_IOMMU_T_UNMAP,
			.value = tricks[i] == VIOMMU_FAKE_HEAD ? 4000 : 2,
		};

		viommu_rig_impatient(fake);
		KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_8K, PHYS, SZ_4K), 0);
		viommu_fake_play(fake, &plan);
		KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_8K, SZ_4K),
				SZ_4K);
		expect_dead(test, fake, domain);
	}
}

static void mappings_outlive_the_last_endpoint(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_domain(test, dev);
	unsigned int before = maps(fake);

	/* Nobody is attached, so nobody is told */
	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_8K), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_1M, 2 * PHYS, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, maps(fake), before);

	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 2);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, PHYS + SZ_4K);

	iommu_detach_device(domain, dev);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, 0);
	before = unmaps(fake);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_1M, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, unmaps(fake), before);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_2M, 3 * PHYS, SZ_4K), 0);

	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 2);
	viommu_rig_expect(fake, ID, IOVA + SZ_1M, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_2M, 3 * PHYS);
}

static void a_second_endpoint_shares_mappings(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int before;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS, SZ_4K), 0);
	before = maps(fake);
	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, other), 0);
	KUNIT_EXPECT_EQ(test, maps(fake), before);
	viommu_rig_expect(fake, OTHER_ID, IOVA, PHYS);

	iommu_detach_device(domain, dev);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_4K, PHYS, SZ_4K), 0);
	viommu_rig_expect(fake, OTHER_ID, IOVA + SZ_4K, PHYS);
	viommu_rig_expect(fake, ID, IOVA, 0);
	iommu_detach_device(domain, other);
	viommu_rig_expect(fake, OTHER_ID, IOVA, 0);
}

static void many_mappings_are_made_again(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_domain(test, dev);
	unsigned int count = 2 * VIOMMU_MAX_SLOTS + 7, i;

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + i * SZ_8K,
					  PHYS + i * SZ_4K, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), count);
	for (i = 0; i < count; i++)
		viommu_rig_expect(fake, ID, IOVA + i * SZ_8K, PHYS + i * SZ_4K);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(domain)->sent, U64_MAX);
}

static void a_refused_replay_is_undone(struct kunit *test)
{
	const struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_MAP, .skip = 3,
		.count = 1, .value = VIRTIO_IOMMU_S_NOMEM,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *old = viommu_rig_attached(test, dev);
	struct iommu_domain *domain = viommu_rig_domain(test, dev);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, map(old, IOVA, 5 * PHYS, SZ_4K), 0);
	for (i = 0; i < RUNS; i++)
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + i * SZ_8K, PHYS, SZ_4K), 0);
	viommu_fake_play(fake, &plan);
	iommu_detach_device(old, dev);
	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, dev), -ENOMEM);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);

	/* The tree is whole: the next attempt is a new one */
	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, dev), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), RUNS);
	KUNIT_EXPECT_EQ(test, atomic_read(&to_viommu_domain(domain)->refused), 0);
}

static struct kunit_case domain_cases[] = {
	KUNIT_CASE(what_is_mapped_is_reached),
	KUNIT_CASE(one_request_and_one_kick),
	KUNIT_CASE(a_scatterlist_is_one_kick),
	KUNIT_CASE(a_long_unmap_is_one_kick),
	KUNIT_CASE(spare_mappings_are_freed),
	KUNIT_CASE(unmaps_of_one_gather_are_one_kick),
	KUNIT_CASE(a_lazy_unmap_does_not_kick),
	KUNIT_CASE(more_runs_than_slots),
	KUNIT_CASE(a_part_is_split_off),
	KUNIT_CASE(a_range_across_mappings),
	KUNIT_CASE(unmap_stops_at_a_hole),
	KUNIT_CASE(what_is_mapped_is_not_mapped_again),
	KUNIT_CASE(addresses_beyond_the_limits),
	KUNIT_CASE(device_memory_needs_the_feature),
	KUNIT_CASE(a_refused_map_is_an_error),
	KUNIT_CASE(one_of_many_is_refused),
	KUNIT_CASE(a_refused_unmap_is_reported),
	KUNIT_CASE(a_silent_device_is_given_up),
	KUNIT_CASE(a_device_dies_in_an_unmap),
	KUNIT_CASE(mappings_outlive_the_last_endpoint),
	KUNIT_CASE(a_second_endpoint_shares_mappings),
	KUNIT_CASE(many_mappings_are_made_again),
	KUNIT_CASE(a_refused_replay_is_undone),
	{}
};

static struct kunit_suite domain_suite = {
	.name = "viommu-domain",
	.test_cases = domain_cases,
};

kunit_test_suite(domain_suite);
