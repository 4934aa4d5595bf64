// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of reset.c and transport.c: what others do while the device is reset, and
 * a reset that does not come to its end.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define OTHER_ID	2
#define PROT		(IOMMU_READ | IOMMU_WRITE)
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL

/* How long anything may take that is not to wait for something else */
#define SOON		(10 * HZ)

/* How long who is to wait is given for not doing so */
#define A_WHILE_MS	100

static int map(struct iommu_domain *domain, unsigned long iova, phys_addr_t phys)
{
	return iommu_map(domain, iova, phys, SZ_4K, PROT, GFP_KERNEL);
}

/**
 * struct resetter - who resets a device, and is stopped on the way
 * @fake: device
 * @at: where it stops, once
 * @stop: it has yet to stop
 * @there: it has come so far
 * @go: it may go on
 * @done: it has finished
 * @ret: what viommu_reset() said
 */
struct resetter {
	struct viommu_fake *fake;
	enum viommu_fake_moment at;
	bool stop;
	struct completion there;
	struct completion go;
	struct completion done;
	int ret;
};

static void stop_there(struct viommu_fake *fake, enum viommu_fake_moment moment)
{
	struct resetter *resetter = fake->hook_data;

	if (moment != resetter->at || !resetter->stop)
		return;
	resetter->stop = false;
	complete(&resetter->there);
	KUNIT_EXPECT_NE(fake->test,
			wait_for_completion_timeout(&resetter->go, SOON), 0);
}

static int run_reset(void *data)
{
	struct resetter *resetter = data;

	resetter->ret = viommu_reset(viommu_rig_instance(resetter->fake));
	complete(&resetter->done);
	return 0;
}

/* Resets @fake in a thread, which stops at @at until resetter_go() */
static struct resetter *resetter_new(struct viommu_fake *fake,
				     enum viommu_fake_moment at)
{
	struct kunit *test = fake->test;
	struct resetter *resetter = kunit_kzalloc(test, sizeof(*resetter), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, resetter);
	resetter->fake = fake;
	resetter->at = at;
	resetter->stop = true;
	init_completion(&resetter->there);
	init_completion(&resetter->go);
	init_completion(&resetter->done);
	fake->hook_data = resetter;
	fake->hook = stop_there;
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(run_reset, resetter,
						    "viommu-resetter")));
	return resetter;
}

static void resetter_there(struct resetter *resetter)
{
	KUNIT_EXPECT_NE(resetter->fake->test,
			wait_for_completion_timeout(&resetter->there, SOON), 0);
}

/* Lets it finish, and returns what it says */
static int resetter_go(struct resetter *resetter)
{
	complete(&resetter->go);
	KUNIT_ASSERT_NE(resetter->fake->test,
			wait_for_completion_timeout(&resetter->done, SOON), 0);
	resetter->fake->hook = NULL;
	return resetter->ret;
}

/*
 * A page is another's once it was unmapped.  So until the reset the device must
 * be told, also while the reset waits for what others have asked for.
 */
static void what_is_unmapped_is_out_of_reach(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *busy = viommu_rig_attached(test, other);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct viommu_domain *vd = to_viommu_domain(domain);
	unsigned long until = jiffies + SOON;
	struct iommu_iotlb_gather gather;
	struct resetter *resetter;
	u64 paddr;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	fake->mode = VIOMMU_FAKE_BY_HAND;
	KUNIT_ASSERT_EQ(test, viommu_domain_map(to_viommu_domain(busy), IOVA,
						IOVA + SZ_4K - 1, PHYS, RIG_RW,
						GFP_KERNEL), 0);
	resetter = resetter_new(fake, VIOMMU_FAKE_RESETS);
	while (READ_ONCE(vd->sent) && time_before(jiffies, until))
		usleep_range(500, 1500);
	KUNIT_ASSERT_EQ(test, vd->sent, 0);

	iommu_iotlb_gather_init(&gather);
	KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA, SZ_4K, &gather), SZ_4K);
	viommu_fake_serve(fake, UINT_MAX);
	iommu_iotlb_sync(domain, &gather);
	resetter_there(resetter);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, RIG_RW, &paddr),
			-EFAULT);

	fake->mode = VIOMMU_FAKE_AT_ONCE;
	KUNIT_EXPECT_EQ(test, resetter_go(resetter), 0);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, OTHER_ID, IOVA, PHYS);
}

/* How long a reset takes is the affair of one transport */
static void another_does_not_wait(struct kunit *test)
{
	struct viommu_fake *slow = viommu_rig_start(test);
	struct viommu_fake *fake = viommu_rig_start(test);
	struct iommu_domain *domain = viommu_rig_attached(test,
							  viommu_rig_master(fake, ID));
	struct resetter *resetter;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	resetter = resetter_new(slow, VIOMMU_FAKE_RESETS);
	resetter_there(resetter);
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu_rig_instance(fake)), 0);
	KUNIT_EXPECT_FALSE(test, completion_done(&resetter->done));
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	KUNIT_EXPECT_EQ(test, resetter_go(resetter), 0);
}

/* Lets a host that took too long come to its end */
static void resetter_late(struct resetter *resetter)
{
	complete(&resetter->go);
	flush_work(&viommu_rig_instance(resetter->fake)->reset);
	resetter->fake->hook = NULL;
}

/* What is to come or go behind it does not wait for a host that does not end a reset */
static void a_reset_without_end_is_given_up(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *other = viommu_rig_master(fake, OTHER_ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct resetter *resetter;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, map(domain, IOVA + SZ_8K, PHYS), 0);
	viommu->reset_ms = A_WHILE_MS;
	resetter = resetter_new(fake, VIOMMU_FAKE_RESETS);
	resetter_there(resetter);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&resetter->done, SOON / 2), 0);
	KUNIT_EXPECT_EQ(test, resetter->ret, -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, viommu->requests.failed);
	KUNIT_EXPECT_EQ(test, viommu_attach(dev_iommu_priv_get(other),
					    &viommu_blocked_domain), -EIO);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA + SZ_64K, PHYS), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA + SZ_8K, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), -ETIMEDOUT);

	resetter_late(resetter);
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	viommu_rig_expect(fake, ID, IOVA + SZ_8K, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_64K, 0);
	KUNIT_EXPECT_EQ(test, viommu_reset(viommu), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

static int run_unregister(void *data)
{
	struct resetter *resetter = data;

	viommu_fake_unregister(resetter->fake);
	complete(&resetter->done);
	return 0;
}

/* Its memory is the device's as well until it has been reset */
static void its_removal_waits(struct kunit *test)
{
	static const char text[] = "does not come to the end of its reset, and its driver waits";
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct resetter *resetter;
	unsigned int before = viommu_rig_log(text);
	unsigned long until;

	viommu->reset_ms = A_WHILE_MS / 4;
	resetter = resetter_new(fake, VIOMMU_FAKE_RESETS);
	resetter_there(resetter);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&resetter->done, SOON / 2), 0);
	reinit_completion(&resetter->done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(run_unregister, resetter,
						    "viommu-remover")));
	until = jiffies + SOON / 4;
	while (viommu_rig_log(text) == before && time_before(jiffies, until))
		msleep(A_WHILE_MS);
	/* Said once, although it waits again and again */
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_FALSE(test, completion_done(&resetter->done));
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);
	complete(&resetter->go);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&resetter->done, SOON), 0);
	fake->hook = NULL;
}

/**
 * struct attacher - who attaches while a device is reset
 * @ep: endpoint
 * @domain: where it goes
 * @done: it has finished
 * @ret: what viommu_attach() said
 */
struct attacher {
	struct viommu_endpoint *ep;
	struct iommu_domain *domain;
	struct completion done;
	int ret;
};

static int run_attach(void *data)
{
	struct attacher *attacher = data;

	attacher->ret = viommu_attach(attacher->ep, attacher->domain);
	complete(&attacher->done);
	return 0;
}

/*
 * An attach that the device is told twice, or that it is not told, leaves it with a
 * domain without mappings, or core with another idea of where the endpoint is.
 */
static void who_attaches_waits(struct kunit *test)
{
	static const enum viommu_fake_moment moments[] = {
		VIOMMU_FAKE_CONFIG, VIOMMU_FAKE_FIND_VQS, VIOMMU_FAKE_WAS_RESET,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domains[] = {
		viommu_rig_attached(test, dev), viommu_rig_domain(test, dev),
	};
	struct attacher attacher = { .ep = dev_iommu_priv_get(dev) };
	struct resetter *resetter;
	unsigned int i, j;

	KUNIT_ASSERT_EQ(test, map(domains[0], IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, map(domains[1], IOVA, 2 * PHYS), 0);
	for (i = 0; i < ARRAY_SIZE(moments); i++) {
		attacher.domain = domains[!(i & 1)];
		init_completion(&attacher.done);
		resetter = resetter_new(fake, moments[i]);
		resetter_there(resetter);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(run_attach, &attacher,
							    "viommu-attacher")));
		msleep(A_WHILE_MS);
		KUNIT_EXPECT_EQ(test, resetter_go(resetter), 0);
		KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&attacher.done, SOON),
				0);
		KUNIT_EXPECT_EQ(test, attacher.ret, 0);
		KUNIT_EXPECT_PTR_EQ(test, attacher.ep->streams[0].domain,
				    attacher.domain);
		viommu_rig_expect(fake, ID, IOVA, i & 1 ? PHYS : 2 * PHYS);
		for (j = 0; j < ARRAY_SIZE(domains); j++)
			KUNIT_EXPECT_EQ(test, to_viommu_domain(domains[j])->bound,
					domains[j] == attacher.domain);
	}
	KUNIT_EXPECT_EQ(test, viommu_attach(attacher.ep, domains[0]), 0);
}

/**
 * struct prober - who probes a device while its IOMMU is reset
 * @dev: device
 * @done: it has finished
 * @ret: what core said
 */
struct prober {
	struct device *dev;
	struct completion done;
	int ret;
};

static int run_probe(void *data)
{
	struct prober *prober = data;

	prober->ret = iommu_probe_device(prober->dev);
	complete(&prober->done);
	return 0;
}

/* Nobody probes it a second time */
static void who_is_plugged_in_waits(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	const u32 id = ID;
	struct prober prober = { .dev = viommu_rig_bare_master(fake, &id, 1) };
	struct resetter *resetter;

	init_completion(&prober.done);
	resetter = resetter_new(fake, VIOMMU_FAKE_FIND_VQS);
	resetter_there(resetter);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(run_probe, &prober,
						    "viommu-prober")));
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_EQ(test, resetter_go(resetter), 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&prober.done, SOON), 0);
	KUNIT_EXPECT_EQ(test, prober.ret, 0);
	KUNIT_ASSERT_EQ(test, map(viommu_rig_attached(test, prober.dev), IOVA, PHYS), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

#ifdef CONFIG_PM_SLEEP
/* It is refused, and what is mapped afterwards is there when the device wakes */
static void who_attaches_in_its_sleep_is_refused(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct iommu_domain *to = viommu_rig_domain(test, dev);

	KUNIT_ASSERT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
	KUNIT_EXPECT_EQ(test, viommu_attach(dev_iommu_priv_get(dev), to), -EIO);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(domain)->bound, 1);
	KUNIT_EXPECT_EQ(test, map(domain, IOVA, PHYS), 0);
	KUNIT_ASSERT_EQ(test, virtio_device_restore(&fake->vdev), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

/* A host that does not end it keeps the system awake, and does not hang it */
static void it_does_not_fall_asleep(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct resetter *resetter;

	KUNIT_ASSERT_EQ(test, map(domain, IOVA, PHYS), 0);
	viommu->reset_ms = A_WHILE_MS;
	resetter = resetter_new(fake, VIOMMU_FAKE_RESETS);
	resetter_there(resetter);
	KUNIT_EXPECT_EQ(test, virtio_device_freeze(&fake->vdev), -ETIMEDOUT);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&resetter->done, SOON / 2), 0);
	KUNIT_EXPECT_TRUE(test, viommu->requests.failed);

	resetter_late(resetter);
	KUNIT_EXPECT_EQ(test, virtio_device_freeze(&fake->vdev), 0);
	KUNIT_EXPECT_EQ(test, virtio_device_restore(&fake->vdev), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}
#endif

static struct kunit_case reset_race_cases[] = {
	KUNIT_CASE(what_is_unmapped_is_out_of_reach),
	KUNIT_CASE(another_does_not_wait),
	KUNIT_CASE(a_reset_without_end_is_given_up),
	KUNIT_CASE(its_removal_waits),
	KUNIT_CASE(who_attaches_waits),
	KUNIT_CASE(who_is_plugged_in_waits),
#ifdef CONFIG_PM_SLEEP
	KUNIT_CASE(who_attaches_in_its_sleep_is_refused),
	KUNIT_CASE(it_does_not_fall_asleep),
#endif
	{}
};

static struct kunit_suite reset_race_suite = {
	.name = "viommu-reset-race",
	.test_cases = reset_race_cases,
};

kunit_test_suite(reset_race_suite);
