// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of reset.c: sleep, and a device that was given up and is reset.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define OTHER_ID	2
#define PROT		(IOMMU_READ | IOMMU_WRITE)
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL

#define THREADS		3
#define TURNS		60

static int map(struct iommu_domain *domain, unsigned long iova, phys_addr_t phys)
{
	return iommu_map(domain, iova, phys, SZ_4K, PROT, GFP_KERNEL);
}

/* Is everything there, and does it go on? */
static void expect_revived(struct kunit *test, struct viommu_fake *fake,
			   struct iommu_domain *domain)
{
	KUNIT_EXPECT_FALSE(test, viommu_rig_instance(fake)->requests.failed);
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_1M, 2 * PHYS), 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_1M, 2 * PHYS);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_1M, SZ_4K), SZ_4K);
	viommu_rig_expect(fake, ID, IOVA + SZ_1M, 0);
	viommu_fake_dma(fake, ID, IOVA + SZ_1M, VIRTIO_IOMMU_MAP_F_READ);
	flush_delayed_work(&viommu_rig_instance(fake)->events.work);
	KUNIT_EXPECT_GT(test, atomic64_read(&viommu_rig_instance(fake)->events.faults),
			0);
}

static void die(struct kunit *test, struct viommu_fake *fake,
		struct iommu_domain *domain, enum viommu_fake_trick trick)
{
	viommu_rig_impatient(fake);
	viommu_fake_play(fake, &(struct viommu_fake_plan) {
		.trick = trick, .type = VIRTIO_IOMMU_T_MAP, .count = 1 });
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_64K, PHYS), -EIO);
	KUNIT_EXPECT_TRUE(test, viommu_rig_instance(fake)->requests.failed);
	viommu_fake_play(fake, NULL);
}

static void a_reset_revives_it(struct kunit *test)
{
	static const enum viommu_fake_trick tricks[] = {
		VIOMMU_FAKE_SILENT, VIOMMU_FAKE_NO_STATUS, VIOMMU_FAKE_RESET,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, viommu_identity_attach(dev_iommu_priv_get(other)), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_8K, PHYS), 0);
		die(test, fake, domain, tricks[i]);
		/* The host has it until the reset, and not after */
		KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_8K, SZ_4K), SZ_4K);
		KUNIT_ASSERT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
		viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
		viommu_rig_expect(fake, ID, IOVA + SZ_64K, 0);
		viommu_rig_expect(fake, OTHER_ID, IOVA, IOVA);
		KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 1);
		expect_revived(test, fake, domain);
	}
}

/* An administrator may, and nothing is lost */
static void one_that_works_is_reset(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int resets = fake->stats.resets;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
	KUNIT_EXPECT_GT(test, fake->stats.resets, resets);
	expect_revived(test, fake, domain);
}

static void the_message_says_what_to_do(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	unsigned int before;
	char text[128];

	snprintf(text, sizeof(text), "write 1 to /sys/class/iommu/%s/virtio-iommu/reset",
		 dev_name(viommu->iommu.dev));
	before = viommu_rig_log(text);
	viommu_fake_needs_reset(fake);
	flush_work(&viommu->requests.report);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);

	/* Each time that it is given up, once */
	KUNIT_ASSERT_EQ(test, viommu_reset(viommu), 0);
	viommu_fake_needs_reset(fake);
	viommu_fake_needs_reset(fake);
	flush_work(&viommu->requests.report);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 2);
}

/*
 * Core frees a domain after it has blocked its endpoints, also where that could
 * not be said to the device.
 */
static void what_was_to_be_blocked_is(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	u64 paddr;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu_fake_needs_reset(fake);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), -EIO);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(domain)->bound, 0);
	KUNIT_EXPECT_TRUE(test, to_viommu_domain(domain)->leaked);

	KUNIT_ASSERT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
	KUNIT_EXPECT_PTR_EQ(test, ep->streams[0].domain, &viommu_blocked_domain);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA,
						    VIRTIO_IOMMU_MAP_F_READ, &paddr),
			-EFAULT);
	/* The device cannot have kept the domain, so its id is good again */
	KUNIT_EXPECT_FALSE(test, to_viommu_domain(domain)->leaked);
	KUNIT_ASSERT_EQ(test, viommu_attach(ep, domain), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

/* Core did not hear of it: what it asked for last is where the device is */
static void what_is_blocked_is_named(struct kunit *test)
{
	static const char text[] = "endpoint 0x1 stays blocked";
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int before = viommu_rig_log(text);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu_fake_needs_reset(fake);
	iommu_detach_device(domain, dev);
	KUNIT_EXPECT_NULL(test, ep->streams[0].domain);
	KUNIT_EXPECT_PTR_NE(test, iommu_get_domain_for_dev(dev), &viommu_blocked_domain);

	KUNIT_ASSERT_EQ(test, viommu_reset(viommu), 0);
	KUNIT_EXPECT_PTR_EQ(test, ep->streams[0].domain, &viommu_blocked_domain);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);
	KUNIT_ASSERT_EQ(test, viommu_reset(viommu), 0);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);

	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, dev), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

static void a_reset_that_fails_is_no_end(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	u64 paddr;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_8K, PHYS), 0);
	fake->find_vqs_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ENOMEM);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_64K, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_8K, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ENOMEM);
	fake->find_vqs_error = 0;

	/* What it took back before it refused the rest does not stay with it */
	KUNIT_ASSERT_EQ(test, viommu_reset(viommu), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_1M, PHYS), 0);
	viommu_fake_play(fake, &(struct viommu_fake_plan) {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_MAP, .skip = 1,
		.count = 1, .value = VIRTIO_IOMMU_S_NOMEM });
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, viommu->requests.failed);
	KUNIT_EXPECT_NE(test, viommu_fake_translate(fake, ID, IOVA,
						    VIRTIO_IOMMU_MAP_F_READ, &paddr),
			0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_1M, SZ_4K), SZ_4K);

	KUNIT_ASSERT_EQ(test, viommu_reset(viommu), 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_64K, 0);
	expect_revived(test, fake, domain);
}

/* The host says that it has no such endpoint: its end, and that of no other */
static void what_has_gone_stays_behind(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *gone = viommu_rig_attached(test, dev);
	struct iommu_domain *domain = viommu_rig_attached(test, other);
	struct viommu_fake_endpoint *at_host = viommu_fake_endpoint(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);

	KUNIT_ASSERT_EQ(test, map(gone, IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA, 2 * PHYS), 0);
	fake->lenient = true;
	at_host->used = false;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), 0);
	viommu_rig_expect(fake, OTHER_ID, IOVA, 2 * PHYS);
	KUNIT_EXPECT_NULL(test, ep->streams[0].domain);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(gone)->bound, 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(gone, IOVA, SZ_4K), SZ_4K);

	/* Should it come back, it can be attached again */
	at_host->used = true;
	KUNIT_EXPECT_EQ(test, map(gone, IOVA, PHYS), 0);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, gone), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

static void expect_closed(struct viommu_fake *fake, enum viommu_fake_moment moment)
{
	u64 paddr;

	if (moment == VIOMMU_FAKE_WAS_RESET || moment == VIOMMU_FAKE_FIND_VQS)
		KUNIT_EXPECT_EQ(fake->test,
				viommu_fake_translate(fake, ID, IOVA,
						      VIRTIO_IOMMU_MAP_F_READ, &paddr),
				-ENXIO);
}

/* Who lets pass what is attached to nothing does not mean what is for a moment */
static void nothing_passes_because_of_it(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu->closed = false;
	fake->config.bypass = 1;
	fake->hook = expect_closed;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), 0);
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 1);
	viommu_rig_expect(fake, ID, IOVA, PHYS);

	fake->find_vqs_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ENOMEM);
	expect_closed(fake, VIOMMU_FAKE_WAS_RESET);
	fake->find_vqs_error = 0;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), 0);
	KUNIT_EXPECT_EQ(test, fake->config.bypass, 1);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	fake->hook = NULL;
}

static void expect_noio(struct viommu_fake *fake, enum viommu_fake_moment moment)
{
	KUNIT_EXPECT_TRUE(fake->test, current->flags & PF_MEMALLOC_NOIO);
}

static void no_disk_is_waited_for(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);

	fake->hook = expect_noio;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
	fake->hook = NULL;
	KUNIT_EXPECT_FALSE(test, current->flags & PF_MEMALLOC_NOIO);
}

/* Its transport would wait for it without end, and remove with it */
static void one_that_was_pulled_out_is_not_reset(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int resets = fake->stats.resets;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu_fake_unplug(fake, true);
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ENODEV);
	KUNIT_EXPECT_TRUE(test, viommu->requests.failed);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_4K, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, fake->stats.resets, resets);
}

static void pull_out(struct viommu_fake *fake, enum viommu_fake_moment moment)
{
	if (moment == VIOMMU_FAKE_WAS_RESET)
		viommu_fake_unplug(fake, true);
}

static void one_is_pulled_out_while_it_is_reset(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);

	fake->hook = pull_out;
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ENODEV);
	fake->hook = NULL;
	KUNIT_EXPECT_TRUE(test, viommu->requests.failed);
	/* Its queues went with the reset, and the bus would warn of the status */
	fake->absent = false;
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
}

/**
 * struct mapper - who maps and unmaps while the device is reset
 * @domain: domain
 * @iova: pages of its own
 * @wrong: what cannot be
 * @done: it has finished
 */
struct mapper {
	struct iommu_domain *domain;
	unsigned long iova;
	unsigned int wrong;
	struct completion done;
};

static int use(void *data)
{
	struct mapper *mapper = data;
	unsigned int turn, i;
	int ret[4];

	for (turn = 0; turn < TURNS; turn++) {
		for (i = 0; i < ARRAY_SIZE(ret); i++)
			ret[i] = map(mapper->domain, mapper->iova + i * SZ_8K, PHYS);
		usleep_range(100, 400);
		for (i = 0; i < ARRAY_SIZE(ret); i++) {
			size_t size = iommu_unmap(mapper->domain,
						  mapper->iova + i * SZ_8K, SZ_4K);

			/* Mapped or not, and nothing between them */
			if (ret[i] ? ret[i] != -EIO || size : size != SZ_4K)
				mapper->wrong++;
		}
	}
	complete(&mapper->done);
	return 0;
}

static void it_is_reset_while_in_use(struct kunit *test)
{
	struct mapper *mappers = kunit_kcalloc(test, THREADS, sizeof(*mappers), GFP_KERNEL);
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, mappers);
	/* What comes before the endpoint is attached again is refused */
	fake->lenient = true;
	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	for (i = 0; i < THREADS; i++) {
		mappers[i].domain = domain;
		mappers[i].iova = IOVA + SZ_4M + i * SZ_1M;
		init_completion(&mappers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(use, &mappers[i],
							    "viommu-mapper")));
	}
	for (i = 0; i < 12; i++) {
		KUNIT_EXPECT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
		usleep_range(500, 1500);
	}
	for (i = 0; i < THREADS; i++) {
		KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&mappers[i].done,
								  60 * HZ), 0);
		KUNIT_EXPECT_EQ(test, mappers[i].wrong, 0);
	}
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 1);
	expect_revived(test, fake, domain);
}

#ifdef CONFIG_PM_SLEEP
static void sleep_revives_it(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	die(test, fake, domain, VIOMMU_FAKE_SILENT);
	KUNIT_ASSERT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
	KUNIT_ASSERT_EQ(test, virtio_device_restore(&fake->vdev), 0);
	expect_revived(test, fake, domain);
}

/* After hibernation the host has a value of its own, which is not to count */
static void nothing_passes_when_it_does_not_wake(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	u64 paddr;

	viommu_rig_master(fake, ID);
	viommu_rig_instance(fake)->closed = false;
	KUNIT_ASSERT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
	fake->config.bypass = 1;
	fake->find_vqs_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, virtio_device_restore(&fake->vdev), -ENOMEM);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA,
						    VIRTIO_IOMMU_MAP_F_READ, &paddr),
			-ENXIO);
}
#endif

static struct kunit_case reset_cases[] = {
	KUNIT_CASE(a_reset_revives_it),
	KUNIT_CASE(one_that_works_is_reset),
	KUNIT_CASE(the_message_says_what_to_do),
	KUNIT_CASE(what_was_to_be_blocked_is),
	KUNIT_CASE(what_is_blocked_is_named),
	KUNIT_CASE(a_reset_that_fails_is_no_end),
	KUNIT_CASE(what_has_gone_stays_behind),
	KUNIT_CASE(nothing_passes_because_of_it),
	KUNIT_CASE(no_disk_is_waited_for),
	KUNIT_CASE(one_that_was_pulled_out_is_not_reset),
	KUNIT_CASE(one_is_pulled_out_while_it_is_reset),
	KUNIT_CASE_SLOW(it_is_reset_while_in_use),
#ifdef CONFIG_PM_SLEEP
	KUNIT_CASE(sleep_revives_it),
	KUNIT_CASE(nothing_passes_when_it_does_not_wake),
#endif
	{}
};

static struct kunit_suite reset_suite = {
	.name = "viommu-reset",
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);
