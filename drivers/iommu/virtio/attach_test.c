// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of attach.c and identity.c: where endpoints are after an attachment,
 * after one that the device refused, and while one is under way.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define PROT		(IOMMU_READ | IOMMU_WRITE)
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL

static const u32 ids[] = { 5, 2, 7, 2 };

/* A device with the endpoints 2, 5 and 7 */
static struct device *master_of_three(struct viommu_fake *fake)
{
	struct device *dev;
	int ret;

	dev = viommu_rig_try_master(fake, ids, ARRAY_SIZE(ids), &ret);
	KUNIT_ASSERT_EQ(fake->test, ret, 0);
	return dev;
}

static struct iommu_domain *domain_with_a_page(struct kunit *test,
					       struct device *dev, phys_addr_t phys)
{
	struct iommu_domain *domain = viommu_rig_domain(test, dev);

	KUNIT_ASSERT_EQ(test, iommu_map(domain, IOVA, phys, SZ_4K, PROT,
					GFP_KERNEL), 0);
	return domain;
}

static void expect_three(struct viommu_fake *fake, u64 paddr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		viommu_rig_expect(fake, ids[i], IOVA, paddr);
}

static void refuse(struct viommu_fake *fake, u8 type, unsigned int skip,
		   unsigned int count, u8 status)
{
	const struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = type, .skip = skip,
		.count = count, .value = status,
	};

	viommu_fake_play(fake, &plan);
}

static unsigned int requests(const struct viommu_fake *fake, u8 type)
{
	return fake->stats.requests[type];
}

static void all_ids_move(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = master_of_three(fake);
	struct iommu_domain *a = domain_with_a_page(test, dev, PHYS);
	struct iommu_domain *b = domain_with_a_page(test, dev, 2 * PHYS);
	unsigned int maps;

	KUNIT_ASSERT_EQ(test, iommu_attach_device(a, dev), 0);
	expect_three(fake, PHYS);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(a)->bound, 3);
	maps = requests(fake, VIRTIO_IOMMU_T_MAP);
	iommu_detach_device(a, dev);
	KUNIT_ASSERT_EQ(test, iommu_attach_device(b, dev), 0);
	expect_three(fake, 2 * PHYS);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(a)->bound, 0);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(b)->bound, 3);
	/* What is mapped is the domain's, not each endpoint's */
	KUNIT_EXPECT_EQ(test, requests(fake, VIRTIO_IOMMU_T_MAP), maps + 1);
}

static void one_id_is_refused(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = master_of_three(fake);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *a = domain_with_a_page(test, dev, PHYS);
	struct iommu_domain *b = domain_with_a_page(test, dev, 2 * PHYS);
	unsigned int skip;

	KUNIT_ASSERT_EQ(test, iommu_attach_device(a, dev), 0);
	for (skip = 0; skip < 3; skip++) {
		refuse(fake, VIRTIO_IOMMU_T_ATTACH, skip, 1, VIRTIO_IOMMU_S_NOMEM);
		KUNIT_EXPECT_EQ(test, viommu_attach(ep, b), -ENOMEM);
		expect_three(fake, PHYS);
		KUNIT_EXPECT_EQ(test, to_viommu_domain(a)->bound, 3);
		KUNIT_EXPECT_EQ(test, to_viommu_domain(b)->bound, 0);
		KUNIT_EXPECT_EQ(test, to_viommu_domain(b)->sent, 0);
	}
	/* The domain that they stayed in works on */
	KUNIT_EXPECT_EQ(test, iommu_map(a, IOVA + SZ_4K, PHYS, SZ_4K, PROT,
					GFP_KERNEL), 0);
	viommu_rig_expect(fake, 7, IOVA + SZ_4K, PHYS);
	KUNIT_EXPECT_EQ(test, iommu_unmap(a, IOVA, SZ_4K), SZ_4K);
	expect_three(fake, 0);
}

/* 5.13.6.3.2: it says UNSUPP if it cannot do that */
static void a_device_that_cannot_move(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = domain_with_a_page(test, dev, PHYS);
	unsigned int detaches = requests(fake, VIRTIO_IOMMU_T_DETACH);

	refuse(fake, VIRTIO_IOMMU_T_ATTACH, 0, 1, VIRTIO_IOMMU_S_UNSUPP);
	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, dev), 0);
	KUNIT_EXPECT_EQ(test, requests(fake, VIRTIO_IOMMU_T_DETACH), detaches + 1);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
}

/* Then an endpoint is attached to nothing, and whoever looks is told */
static void there_is_no_way_back(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = master_of_three(fake);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *a = domain_with_a_page(test, dev, PHYS);
	struct iommu_domain *b = domain_with_a_page(test, dev, 2 * PHYS);
	const char *text = "cannot be attached to what it was before";
	unsigned int before = viommu_rig_log(text);
	u64 paddr;

	KUNIT_ASSERT_EQ(test, iommu_attach_device(a, dev), 0);
	refuse(fake, VIRTIO_IOMMU_T_ATTACH, 1, 2, VIRTIO_IOMMU_S_NOMEM);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, b), -ENOMEM);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, 2, IOVA, RIG_RW, &paddr),
			-ENXIO);
	viommu_rig_expect(fake, 5, IOVA, PHYS);
	viommu_rig_expect(fake, 7, IOVA, PHYS);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(a)->bound, 2);

	/* The next attachment takes it along */
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, b), 0);
	expect_three(fake, 2 * PHYS);
}

static void domains_are_of_one_instance(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_fake *other = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct device *stranger = viommu_rig_master(other, ID);
	struct iommu_domain *domain = domain_with_a_page(test, dev, PHYS);

	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, stranger), -EINVAL);
	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, dev), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	viommu_rig_expect(other, ID, IOVA, 0);
}

static void blocked_is_blocked(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *domain = domain_with_a_page(test, dev, PHYS);
	u64 paddr;

	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, RIG_RW, &paddr),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, PHYS, RIG_RW, &paddr),
			-EFAULT);

	/* Where there is no such domain, nothing will do as well */
	KUNIT_ASSERT_EQ(test, viommu_attach(ep, domain), 0);
	refuse(fake, VIRTIO_IOMMU_T_ATTACH, 0, 1, VIRTIO_IOMMU_S_NOMEM);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, IOVA, RIG_RW, &paddr),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(domain)->bound, 0);
}

/* No domain is in use afterwards, and what the device kept maps nothing */
static void what_cannot_be_blocked_is_abandoned(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *domain = domain_with_a_page(test, dev, PHYS);

	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	fake->lenient = true;
	refuse(fake, VIRTIO_IOMMU_T_DETACH, 0, 0, VIRTIO_IOMMU_S_DEVERR);
	viommu_rig_instance(fake)->closed = false;
	viommu_rig_instance(fake)->blocked_id = 77;
	fake->config.domain_range.end = cpu_to_le32(76);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), -ERANGE);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(domain)->bound, 0);
	KUNIT_EXPECT_TRUE(test, to_viommu_domain(domain)->leaked);
	viommu_rig_expect(fake, ID, IOVA, 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
}

static void identity_by_bypass(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	unsigned int maps = requests(fake, VIRTIO_IOMMU_T_MAP);

	KUNIT_ASSERT_EQ(test, viommu_identity_attach(ep), 0);
	viommu_rig_expect(fake, ID, IOVA, IOVA);
	viommu_rig_expect(fake, ID, PHYS + 5, PHYS + 5);
	KUNIT_EXPECT_EQ(test, requests(fake, VIRTIO_IOMMU_T_MAP), maps);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), 0);
	viommu_rig_expect(fake, ID, IOVA, 0);
}

static struct viommu_fake *start_without_bypass(struct kunit *test, u64 features)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	struct viommu_fake_endpoint *endpoint = viommu_fake_endpoint(fake, ID);

	fake->features &= ~(BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG) | features);
	endpoint->nr_regions = 2;
	endpoint->regions[0] = (struct viommu_fake_region) {
		VIRTIO_IOMMU_RESV_MEM_T_MSI, 0xfee00000, 0xfeefffff,
	};
	endpoint->regions[1] = (struct viommu_fake_region) {
		VIRTIO_IOMMU_RESV_MEM_T_RESERVED, 0x20000800, 0x200017ff,
	};
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	return fake;
}

static void identity_by_mapping(struct kunit *test)
{
	struct viommu_fake *fake = start_without_bypass(test, 0);
	struct device *dev = viommu_rig_master(fake, ID);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *domain = domain_with_a_page(test, dev, PHYS);
	int round;

	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, viommu_identity_attach(ep), 0);
		KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 3);
		viommu_rig_expect(fake, ID, 0x1000, 0x1000);
		viommu_rig_expect(fake, ID, 0x1fffffff, 0x1fffffff);
		viommu_rig_expect(fake, ID, 0x20000000, 0);
		viommu_rig_expect(fake, ID, 0x20001fff, 0);
		viommu_rig_expect(fake, ID, 0x20002000, 0x20002000);
		viommu_rig_expect(fake, ID, 0xfee00000, 0);
		viommu_rig_expect(fake, ID, 0xfef00000, 0xfef00000);
		viommu_rig_expect(fake, ID, BIT_ULL(48) - 1, BIT_ULL(48) - 1);

		KUNIT_ASSERT_EQ(test, viommu_attach(ep, domain), 0);
		KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 1);
		viommu_rig_expect(fake, ID, IOVA, PHYS);
	}
}

/* All of 64 bits: no end that could be added one to */
static void identity_of_everything(struct kunit *test)
{
	struct viommu_fake *fake =
		start_without_bypass(test, BIT_ULL(VIRTIO_IOMMU_F_INPUT_RANGE) |
				     BIT_ULL(VIRTIO_IOMMU_F_PROBE));
	struct device *dev = viommu_rig_master(fake, ID);

	KUNIT_ASSERT_EQ(test, viommu_identity_attach(dev_iommu_priv_get(dev)), 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 1);
	viommu_rig_expect(fake, ID, U64_MAX, U64_MAX);
	viommu_rig_expect(fake, ID, 0x1000, 0x1000);
}

/* An attachment in a thread of its own, while its requests wait */
struct mover {
	struct viommu_endpoint *ep;
	struct iommu_domain *to;
	struct completion done;
	int ret;
};

static int move_thread(void *data)
{
	struct mover *mover = data;

	mover->ret = viommu_attach(mover->ep, mover->to);
	complete(&mover->done);
	return 0;
}

static bool wait_for_post(struct viommu_queue *q, u64 pos)
{
	int i;

	for (i = 0; i < 1000 && READ_ONCE(q->posted) < pos; i++)
		msleep(20);
	return READ_ONCE(q->posted) >= pos;
}

static void finish_move(struct kunit *test, struct viommu_fake *fake,
			struct mover *mover)
{
	int i;

	for (i = 0; i < 1000 && !completion_done(&mover->done); i++) {
		viommu_fake_serve(fake, UINT_MAX);
		msleep(20);
	}
	KUNIT_ASSERT_TRUE(test, completion_done(&mover->done));
	fake->mode = VIOMMU_FAKE_AT_ONCE;
}

/*
 * The last endpoint is about to leave @domain when a page of it is unmapped and
 * another one mapped; the device then answers with @status.
 */
static void leave_while_used(struct kunit *test, u8 status)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = domain_with_a_page(test, dev, PHYS);
	struct viommu_queue *q = &viommu_rig_instance(fake)->requests;
	struct iommu_iotlb_gather gather;
	struct mover mover = {
		.ep = dev_iommu_priv_get(dev),
		.to = domain_with_a_page(test, dev, 9 * PHYS),
		.done = COMPLETION_INITIALIZER_ONSTACK(mover.done),
	};
	u64 pos;

	KUNIT_ASSERT_EQ(test, iommu_map(domain, IOVA + SZ_64K, 2 * PHYS, SZ_4K,
					PROT, GFP_KERNEL), 0);
	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	fake->mode = VIOMMU_FAKE_BY_HAND;
	if (status)
		refuse(fake, VIRTIO_IOMMU_T_ATTACH, 0, 1, status);
	pos = q->posted;
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(move_thread, &mover, "mover")));
	KUNIT_ASSERT_TRUE(test, wait_for_post(q, pos + 1));

	iommu_iotlb_gather_init(&gather);
	KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA, SZ_4K, &gather), SZ_4K);
	KUNIT_EXPECT_GT(test, viommu_domain_pos(to_viommu_domain(domain)), pos + 1);
	KUNIT_EXPECT_EQ(test, viommu_domain_map(to_viommu_domain(domain),
						IOVA + SZ_1M, IOVA + SZ_1M + SZ_4K - 1,
						3 * PHYS, RIG_RW, GFP_KERNEL), 0);
	finish_move(test, fake, &mover);
	iommu_iotlb_sync(domain, &gather);

	if (!status) {
		KUNIT_EXPECT_EQ(test, mover.ret, 0);
		viommu_rig_expect(fake, ID, IOVA, 9 * PHYS);
		viommu_rig_expect(fake, ID, IOVA + SZ_64K, 0);
		KUNIT_EXPECT_EQ(test, viommu_attach(mover.ep, domain), 0);
	} else {
		KUNIT_EXPECT_EQ(test, mover.ret, -ENOMEM);
	}
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_64K, 2 * PHYS);
	viommu_rig_expect(fake, ID, IOVA + SZ_1M, 3 * PHYS);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 2);
}

static void a_domain_is_used_while_it_goes(struct kunit *test)
{
	leave_while_used(test, VIRTIO_IOMMU_S_OK);
}

static void a_domain_is_used_and_does_not_go(struct kunit *test)
{
	leave_while_used(test, VIRTIO_IOMMU_S_NOMEM);
}

/* Mapped and unmapped above and below what the replay has come to */
static void a_domain_is_used_while_it_comes(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_domain(test, dev);
	struct viommu_domain *vd = to_viommu_domain(domain);
	struct viommu_queue *q = &viommu_rig_instance(fake)->requests;
	unsigned int count = 2 * VIOMMU_MAX_SLOTS, i;
	struct iommu_iotlb_gather gather;
	struct mover mover = {
		.ep = dev_iommu_priv_get(dev),
		.to = domain,
		.done = COMPLETION_INITIALIZER_ONSTACK(mover.done),
	};

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, iommu_map(domain, IOVA + i * SZ_8K, PHYS,
						SZ_4K, PROT, GFP_KERNEL), 0);
	q->poll_ms = 60000;
	fake->mode = VIOMMU_FAKE_LATER;
	fake->delay = 2;
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(move_thread, &mover, "mover")));
	for (i = 0; i < 1000 && !READ_ONCE(vd->sent); i++)
		schedule_timeout_uninterruptible(1);

	iommu_iotlb_gather_init(&gather);
	KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA, SZ_4K, &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA + (count - 1) * SZ_8K,
					       SZ_4K, &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_map(domain, IOVA + SZ_4K, 2 * PHYS, SZ_4K, PROT,
					GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, iommu_map(domain, IOVA + count * SZ_8K, 3 * PHYS,
					SZ_4K, PROT, GFP_KERNEL), 0);
	iommu_iotlb_sync(domain, &gather);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&mover.done, 60 * HZ), 0);
	fake->mode = VIOMMU_FAKE_AT_ONCE;

	KUNIT_EXPECT_EQ(test, mover.ret, 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), count);
	viommu_rig_expect(fake, ID, IOVA, 0);
	viommu_rig_expect(fake, ID, IOVA + SZ_4K, 2 * PHYS);
	viommu_rig_expect(fake, ID, IOVA + (count - 1) * SZ_8K, 0);
	viommu_rig_expect(fake, ID, IOVA + count * SZ_8K, 3 * PHYS);
}

static void the_device_is_gone(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = master_of_three(fake);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_domain *a = domain_with_a_page(test, dev, PHYS);
	struct iommu_domain *b = domain_with_a_page(test, dev, 2 * PHYS);
	const char *text = "IOMMU given up: ";
	unsigned int before = viommu_rig_log(text);

	KUNIT_ASSERT_EQ(test, iommu_attach_device(a, dev), 0);
	viommu_rig_impatient(fake);
	viommu_fake_unplug(fake, false);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, b), -EIO);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, b), -EIO);
	KUNIT_EXPECT_EQ(test, viommu_identity_attach(ep), -EIO);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(a)->bound, 3);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), -EIO);
	KUNIT_EXPECT_EQ(test, to_viommu_domain(a)->bound, 0);
	flush_work(&viommu_rig_instance(fake)->requests.report);
	KUNIT_EXPECT_EQ(test, viommu_rig_log(text), before + 1);
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE(all_ids_move),
	KUNIT_CASE(one_id_is_refused),
	KUNIT_CASE(a_device_that_cannot_move),
	KUNIT_CASE(there_is_no_way_back),
	KUNIT_CASE(domains_are_of_one_instance),
	KUNIT_CASE(blocked_is_blocked),
	KUNIT_CASE(what_cannot_be_blocked_is_abandoned),
	KUNIT_CASE(identity_by_bypass),
	KUNIT_CASE(identity_by_mapping),
	KUNIT_CASE(identity_of_everything),
	KUNIT_CASE(a_domain_is_used_while_it_goes),
	KUNIT_CASE(a_domain_is_used_and_does_not_go),
	KUNIT_CASE(a_domain_is_used_while_it_comes),
	KUNIT_CASE(the_device_is_gone),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "viommu-attach",
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);
