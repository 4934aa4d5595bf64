// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of driver.c: which devices the driver takes, and how it comes, goes,
 * sleeps and wakes.
 */
#include <kunit/test.h>

#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define OTHER_ID	2
#define PROT		(IOMMU_READ | IOMMU_WRITE)
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL

static int map(struct iommu_domain *domain, unsigned long iova, phys_addr_t phys)
{
	return iommu_map(domain, iova, phys, SZ_4K, PROT, GFP_KERNEL);
}

static void limits_are_read(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);

	KUNIT_EXPECT_EQ(test, viommu->limits.page_sizes,
			le64_to_cpu(fake->config.page_size_mask));
	KUNIT_EXPECT_EQ(test, viommu->limits.first, 0);
	KUNIT_EXPECT_EQ(test, viommu->limits.last, BIT_ULL(48) - 1);
	KUNIT_EXPECT_EQ(test, viommu->limits.domain_last, U32_MAX);
	KUNIT_EXPECT_EQ(test, viommu->limits.probe_size, VIOMMU_FAKE_PROBE_SIZE);
	KUNIT_EXPECT_TRUE(test, viommu->limits.mmio);
	KUNIT_EXPECT_TRUE(test, viommu->limits.bypass);
	KUNIT_EXPECT_FALSE(test, virtio_has_feature(&fake->vdev,
						    VIRTIO_RING_F_INDIRECT_DESC));
	KUNIT_EXPECT_PTR_EQ(test, viommu_from_fwnode(viommu_fake_node(fake)), viommu);
	KUNIT_EXPECT_STREQ(test, dev_name(viommu->iommu.dev),
			   virtio_bus_name(&fake->vdev));
}

static void defaults_without_features(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	struct viommu_limits *limits;

	fake->features &= ~(BIT_ULL(VIRTIO_IOMMU_F_INPUT_RANGE) |
			    BIT_ULL(VIRTIO_IOMMU_F_DOMAIN_RANGE) |
			    BIT_ULL(VIRTIO_IOMMU_F_PROBE) |
			    BIT_ULL(VIRTIO_IOMMU_F_MMIO) |
			    BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG));
	fake->config.bypass = 1;
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	limits = &viommu_rig_instance(fake)->limits;
	KUNIT_EXPECT_EQ(test, limits->last, U64_MAX);
	KUNIT_EXPECT_EQ(test, limits->domain_last, U32_MAX);
	KUNIT_EXPECT_EQ(test, limits->probe_size, 0);
	KUNIT_EXPECT_FALSE(test, limits->mmio);
	KUNIT_EXPECT_FALSE(test, limits->bypass);
	/* What it does not offer is not written */
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 1);
}

static void no_page_size(struct viommu_fake *fake)
{
	fake->config.page_size_mask = 0;
}

static void ends_before_it_begins(struct viommu_fake *fake)
{
	fake->config.input_range.start = cpu_to_le64(SZ_1G);
	fake->config.input_range.end = cpu_to_le64(SZ_1M);
}

static void less_than_a_page(struct viommu_fake *fake)
{
	fake->config.input_range.start = cpu_to_le64(0x1800);
	fake->config.input_range.end = cpu_to_le64(0x2ffe);
}

static void at_the_very_end(struct viommu_fake *fake)
{
	fake->config.input_range.start = cpu_to_le64(U64_MAX - 5);
	fake->config.input_range.end = cpu_to_le64(U64_MAX);
}

static void no_domains(struct viommu_fake *fake)
{
	fake->config.domain_range.start = cpu_to_le32(5);
	fake->config.domain_range.end = cpu_to_le32(4);
}

static void two_domains(struct viommu_fake *fake)
{
	fake->config.domain_range.start = cpu_to_le32(5);
	fake->config.domain_range.end = cpu_to_le32(6);
}

static void endless_answers(struct viommu_fake *fake)
{
	fake->config.probe_size = cpu_to_le32(U32_MAX);
}

static void no_map(struct viommu_fake *fake)
{
	fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_MAP_UNMAP);
}

static void no_event_queue(struct viommu_fake *fake)
{
	fake->rings[VIOMMU_FAKE_EVENT].num = 0;
}

static void no_request_queue(struct viommu_fake *fake)
{
	fake->rings[VIOMMU_FAKE_REQUEST].num = 0;
}

static void a_short_request_queue(struct viommu_fake *fake)
{
	fake->rings[VIOMMU_FAKE_REQUEST].num = 4;
}

static void no_queues_at_all(struct viommu_fake *fake)
{
	fake->find_vqs_error = -ENOMEM;
}

static void devices_that_cannot_be_used(struct kunit *test)
{
	static void (*const spoil[])(struct viommu_fake *fake) = {
		no_page_size, ends_before_it_begins, less_than_a_page,
		at_the_very_end, no_domains, two_domains, endless_answers, no_map,
		no_event_queue, no_request_queue, a_short_request_queue,
		no_queues_at_all,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spoil); i++) {
		struct viommu_fake *fake = viommu_fake_new(test);

		spoil[i](fake);
		KUNIT_EXPECT_FALSE_MSG(test, viommu_rig_bind(fake), "case %u", i);
		KUNIT_EXPECT_NULL(test, viommu_from_fwnode(viommu_fake_node(fake)));
		/* It may not be left with rings of ours */
		KUNIT_EXPECT_NULL(test, fake->rings[VIOMMU_FAKE_REQUEST].vq);
		viommu_fake_unregister(fake);
	}
}

static void ranges_are_cut_to_pages(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	struct iommu_domain *domain;

	fake->config.input_range.start = cpu_to_le64(0x10000801);
	fake->config.input_range.end = cpu_to_le64(0x20000ffe);
	viommu_fake_endpoint(fake, ID);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	domain = viommu_rig_attached(test, viommu_rig_master(fake, ID));
	KUNIT_EXPECT_EQ(test, domain->geometry.aperture_start, 0x10001000);
	KUNIT_EXPECT_EQ(test, domain->geometry.aperture_end, 0x1fffffff);
	KUNIT_EXPECT_EQ(test, map(domain, 0x10001000, PHYS), 0);
	KUNIT_EXPECT_EQ(test, map(domain, 0x1ffff000, PHYS), 0);
	viommu_rig_expect(fake, ID, 0x10001000, PHYS);
}

static void domain_ids_are_those_of_the_device(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	struct iommu_domain *first, *none;
	struct device *dev;

	/* One blocks, one bypasses, one is the default domain: one is left */
	fake->config.domain_range.start = cpu_to_le32(U32_MAX - 3);
	fake->config.domain_range.end = cpu_to_le32(U32_MAX);
	viommu_fake_endpoint(fake, ID);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_master(fake, ID);
	first = iommu_paging_domain_alloc(dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	KUNIT_EXPECT_GE(test, to_viommu_domain(first)->id, U32_MAX - 3);
	none = iommu_paging_domain_alloc(dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(none), -ENOSPC);
	iommu_domain_free(first);
	first = viommu_rig_attached(test, dev);
	KUNIT_EXPECT_EQ(test, map(first, IOVA, PHYS), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

static void what_nobody_attaches_is_closed(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	u64 paddr;

	fake->config.bypass = 1;
	viommu_fake_endpoint(fake, ID);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, 0, &paddr), 0);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, 0, &paddr),
			-ENXIO);
	/* And stays so */
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 0);
}

static void it_goes_with_devices_in_use(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	unsigned int resets = fake->stats.resets;
	u64 paddr;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_NULL(test, viommu_from_fwnode(viommu_fake_node(fake)));
	KUNIT_EXPECT_GT(test, fake->stats.resets, resets);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, 0, &paddr),
			-ENXIO);
}

static void it_comes_and_goes(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev;
	int round;

	for (round = 0; round < 20; round++) {
		dev = viommu_rig_master(fake, ID);
		KUNIT_ASSERT_EQ(test, map(iommu_get_domain_for_dev(dev), IOVA, PHYS),
				0);
		viommu_rig_expect(fake, ID, IOVA, PHYS);
		device_release_driver(&fake->vdev.dev);
		KUNIT_ASSERT_NULL(test, fake->vdev.dev.driver);
		KUNIT_ASSERT_NULL(test, dev->iommu_group);
		viommu_rig_remove(test, dev);
		KUNIT_ASSERT_EQ(test, device_attach(&fake->vdev.dev), 1);
	}
}

static void a_reset_is_asked_for(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int before = viommu_rig_log("IOMMU given up: it asks to be reset");

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu_fake_needs_reset(fake);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	viommu_fake_needs_reset(fake);
	flush_work(&viommu_rig_instance(fake)->requests.report);
	KUNIT_EXPECT_EQ(test, viommu_rig_log("IOMMU given up: it asks to be reset"),
			before + 1);
}

static void a_new_driver_revives_it(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);

	viommu_fake_needs_reset(fake);
	KUNIT_EXPECT_EQ(test, map(iommu_get_domain_for_dev(dev), IOVA, PHYS), -EIO);
	device_release_driver(&fake->vdev.dev);
	viommu_rig_remove(test, dev);
	KUNIT_ASSERT_EQ(test, device_attach(&fake->vdev.dev), 1);
	dev = viommu_rig_master(fake, ID);
	KUNIT_EXPECT_EQ(test, map(iommu_get_domain_for_dev(dev), IOVA, PHYS), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

static void a_change_is_not_followed(struct kunit *test)
{
	static const char text[] = "its configuration changed";
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	unsigned int before = viommu_rig_log(text);

	virtio_config_changed(&fake->vdev);
	virtio_config_changed(&fake->vdev);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);
	KUNIT_EXPECT_EQ(test, map(iommu_get_domain_for_dev(dev), IOVA, PHYS), 0);
}

static void it_is_pulled_out(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu_fake_unplug(fake, false);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	iommu_detach_device(domain, dev);
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_NULL(test, other->iommu_group);
	/* Its owner may still use the domain, for nothing */
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, IOVA), 0);
}

static void two_at_once(struct kunit *test)
{
	struct viommu_fake *a = viommu_rig_start(test);
	struct viommu_fake *b = viommu_rig_start(test);
	struct device *x = viommu_rig_master(a, ID);
	struct device *y = viommu_rig_master(b, ID);

	KUNIT_EXPECT_EQ(test, map(iommu_get_domain_for_dev(x), IOVA, PHYS), 0);
	viommu_rig_expect(b, ID, IOVA, 0);
	viommu_fake_unregister(a);
	KUNIT_EXPECT_NULL(test, x->iommu_group);
	KUNIT_EXPECT_EQ(test, map(iommu_get_domain_for_dev(y), IOVA, 2 * PHYS), 0);
	viommu_rig_expect(b, ID, IOVA, 2 * PHYS);
}

/* What one says of itself is nothing to the other */
static void two_that_differ(struct kunit *test)
{
	const u64 masks[] = { ~(u64)(SZ_4K - 1), SZ_1K | SZ_2M };
	struct viommu_fake *fakes[2];
	struct iommu_domain *domains[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		fakes[i] = viommu_fake_new(test);
		fakes[i]->config.page_size_mask = cpu_to_le64(masks[i]);
		viommu_fake_endpoint(fakes[i], ID);
	}
	fakes[1]->config.input_range.start = cpu_to_le64(SZ_1G);
	fakes[1]->config.input_range.end = cpu_to_le64(U32_MAX);
	fakes[1]->config.domain_range.start = cpu_to_le32(700);
	fakes[1]->config.domain_range.end = cpu_to_le32(799);
	fakes[1]->features &= ~BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fakes[i]));
		domains[i] = viommu_rig_attached(test, viommu_rig_master(fakes[i], ID));
		KUNIT_EXPECT_EQ(test, domains[i]->pgsize_bitmap, masks[i]);
	}
	KUNIT_EXPECT_EQ(test, domains[0]->geometry.aperture_start, 0);
	KUNIT_EXPECT_EQ(test, domains[0]->geometry.aperture_end, BIT_ULL(48) - 1);
	KUNIT_EXPECT_EQ(test, domains[1]->geometry.aperture_start, SZ_1G);
	KUNIT_EXPECT_EQ(test, domains[1]->geometry.aperture_end, U32_MAX);
	KUNIT_EXPECT_LT(test, to_viommu_domain(domains[0])->id, 700);
	KUNIT_EXPECT_GE(test, to_viommu_domain(domains[1])->id, 700);

	/* Less than a page of the one is one of the other */
	KUNIT_EXPECT_NE(test, iommu_map(domains[0], IOVA, PHYS, SZ_1K, PROT,
					GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, iommu_map(domains[1], IOVA, PHYS, SZ_1K, PROT,
					GFP_KERNEL), 0);
	viommu_rig_expect(fakes[1], ID, IOVA + SZ_1K - 1, PHYS + SZ_1K - 1);
	viommu_rig_expect(fakes[1], ID, IOVA + SZ_1K, 0);
	KUNIT_EXPECT_EQ(test, map(domains[0], BIT_ULL(40), PHYS), 0);
	viommu_rig_expect(fakes[0], ID, BIT_ULL(40), PHYS);
	KUNIT_EXPECT_NE(test, map(domains[1], BIT_ULL(40), PHYS), 0);

	/* One fails, the other does not */
	viommu_fake_needs_reset(fakes[0]);
	KUNIT_EXPECT_EQ(test, map(domains[0], IOVA, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, map(domains[1], IOVA + SZ_2M, PHYS), 0);
	viommu_rig_expect(fakes[1], ID, IOVA + SZ_2M, PHYS);
}

#ifdef CONFIG_PM_SLEEP
static void mappings_survive_sleep(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	u64 paddr;
	int i;

	KUNIT_ASSERT_EQ(test, viommu_identity_attach(dev_iommu_priv_get(other)), 0);
	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + i * SZ_8K, PHYS + i * SZ_4K),
				0);

	KUNIT_ASSERT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, 0, &paddr),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, 3 * PHYS), 0);
	fake->config.bypass = 1;

	KUNIT_ASSERT_EQ(test, virtio_device_restore(&fake->vdev), 0);
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 300);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, 3 * PHYS);
	for (i = 1; i < 300; i++)
		viommu_rig_expect(fake, ID, IOVA + i * SZ_8K, PHYS + i * SZ_4K);
	viommu_rig_expect(fake, OTHER_ID, IOVA, IOVA);

	KUNIT_EXPECT_EQ(test, map(domain, 0x10000, PHYS), 0);
	viommu_rig_expect(fake, ID, 0x10000, PHYS);
	viommu_fake_dma(fake, ID, IOVA, VIRTIO_IOMMU_MAP_F_READ);
	flush_delayed_work(&viommu_rig_instance(fake)->events.work);
	KUNIT_EXPECT_EQ(test, atomic64_read(&viommu_rig_instance(fake)->events.faults), 1);
}

static void it_wakes_and_refuses(struct kunit *test)
{
	static const u8 types[] = { VIRTIO_IOMMU_T_ATTACH, VIRTIO_IOMMU_T_MAP };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		const struct viommu_fake_plan plan = {
			.trick = VIOMMU_FAKE_STATUS, .type = types[i], .count = 1,
			.value = VIRTIO_IOMMU_S_NOMEM,
		};
		struct viommu_fake *fake = viommu_rig_start(test);
		struct device *dev = viommu_rig_master(fake, ID);
		struct iommu_domain *domain = viommu_rig_attached(test, dev);

		KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
		KUNIT_ASSERT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
		viommu_fake_play(fake, &plan);
		KUNIT_EXPECT_EQ(test, virtio_device_restore(&fake->vdev), -ENOMEM);
		KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, PHYS), -EIO);
		KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	}
}

static void it_does_not_wake(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
	fake->find_vqs_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, virtio_device_restore(&fake->vdev), -ENOMEM);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
}
#endif

static struct kunit_case driver_cases[] = {
	KUNIT_CASE(limits_are_read),
	KUNIT_CASE(defaults_without_features),
	KUNIT_CASE(devices_that_cannot_be_used),
	KUNIT_CASE(ranges_are_cut_to_pages),
	KUNIT_CASE(domain_ids_are_those_of_the_device),
	KUNIT_CASE(what_nobody_attaches_is_closed),
	KUNIT_CASE(it_goes_with_devices_in_use),
	KUNIT_CASE(it_comes_and_goes),
	KUNIT_CASE(a_reset_is_asked_for),
	KUNIT_CASE(a_new_driver_revives_it),
	KUNIT_CASE(a_change_is_not_followed),
	KUNIT_CASE(it_is_pulled_out),
	KUNIT_CASE(two_at_once),
	KUNIT_CASE(two_that_differ),
#ifdef CONFIG_PM_SLEEP
	KUNIT_CASE(mappings_survive_sleep),
	KUNIT_CASE(it_wakes_and_refuses),
	KUNIT_CASE(it_does_not_wake),
#endif
	{}
};

static struct kunit_suite driver_suite = {
	.name = "viommu-driver",
	.test_cases = driver_cases,
};

kunit_test_suite(driver_suite);
