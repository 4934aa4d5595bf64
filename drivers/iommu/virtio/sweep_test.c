// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite: memory fails anywhere.
 *
 * Each case does a thing again and again, with its first allocation failing, then
 * its second, and so on until none is left to fail.  Whatever failed, nothing is
 * half done and nothing is left behind.
 */
#include <kunit/test.h>

#include <linux/device.h>
#include <linux/sizes.h>

#include "../core/mock-failslab.h"
#include "rig.h"

#define ID	1
#define PROT	(IOMMU_READ | IOMMU_WRITE)
#define IOVA	0x40000000UL
#define PHYS	0x80000000UL
/* Far more than any case has allocations */
#define SWEEP_MAX	1000

/**
 * struct sweep - a thing that is done with memory failing
 * @fake: device
 * @dev: device behind it, if any
 * @domain: domain, if any
 * @attempt: does it; returns an error
 * @check: afterwards, with @attempt's result; undoes what was done
 */
struct sweep {
	struct viommu_fake *fake;
	struct device *dev;
	struct iommu_domain *domain;
	int (*attempt)(struct sweep *sweep);
	void (*check)(struct kunit *test, struct sweep *sweep, int ret);
};

static void run(struct kunit *test, struct sweep *sweep)
{
	unsigned int nth, failures = 0;
	struct mock_failslab memory;
	int ret = 0;

	mock_failslab_start(test, &memory);
	for (nth = 1; !memory.left && nth < SWEEP_MAX; nth++) {
		mock_failslab_arm(&memory, nth);
		ret = sweep->attempt(sweep);
		mock_failslab_disarm(&memory);
		failures += !memory.left;
		sweep->check(test, sweep, ret);
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_GT(test, memory.left, 0);
	KUNIT_EXPECT_GT(test, failures, 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
}

static int bind_driver(struct sweep *sweep)
{
	int ret = device_attach(&sweep->fake->vdev.dev);

	return ret == 1 ? 0 : ret ?: -ENODEV;
}

static void check_driver(struct kunit *test, struct sweep *sweep, int ret)
{
	struct viommu_fake *fake = sweep->fake;
	struct device *dev;

	if (ret) {
		KUNIT_EXPECT_NULL(test, viommu_from_fwnode(viommu_fake_node(fake)));
		KUNIT_EXPECT_NULL(test, fake->rings[VIOMMU_FAKE_REQUEST].vq);
		return;
	}
	dev = viommu_rig_master(fake, ID);
	KUNIT_EXPECT_EQ(test, iommu_map(iommu_get_domain_for_dev(dev), IOVA, PHYS,
					SZ_4K, PROT, GFP_KERNEL), 0);
	viommu_rig_expect(fake, ID, IOVA, PHYS);
	viommu_rig_remove(test, dev);
	device_release_driver(&fake->vdev.dev);
}

static void the_driver_binds(struct kunit *test)
{
	struct sweep sweep = {
		.fake = viommu_rig_start(test),
		.attempt = bind_driver,
		.check = check_driver,
	};

	device_release_driver(&sweep.fake->vdev.dev);
	run(test, &sweep);
}

static int probe_master(struct sweep *sweep)
{
	return iommu_probe_device(sweep->dev);
}

static void check_master(struct kunit *test, struct sweep *sweep, int ret)
{
	struct viommu_instance *viommu = viommu_rig_instance(sweep->fake);
	const u32 ids[] = { 1, 2, 3 };
	u64 paddr;

	if (!ret) {
		KUNIT_EXPECT_NOT_NULL(test, sweep->dev->iommu_group);
		KUNIT_EXPECT_NOT_NULL(test, xa_load(&viommu->endpoints, 3));
	}
	viommu_rig_remove(test, sweep->dev);
	KUNIT_EXPECT_TRUE(test, xa_empty(&viommu->endpoints));
	KUNIT_EXPECT_TRUE(test, list_empty(&viommu->domains));
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(sweep->fake, ID, IOVA, 0,
						    &paddr), -ENXIO);
	sweep->dev = viommu_rig_bare_master(sweep->fake, ids, 3);
}

static void a_device_comes(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	const u32 ids[] = { 1, 2, 3 };
	struct sweep sweep = {
		.fake = fake, .attempt = probe_master, .check = check_master,
	};
	u32 id;

	for (id = 1; id <= 3; id++) {
		viommu_fake_endpoint(fake, id)->nr_regions = 1;
		viommu_fake_endpoint(fake, id)->regions[0] =
			(struct viommu_fake_region) {
				VIRTIO_IOMMU_RESV_MEM_T_RESERVED,
				id * SZ_1M, id * SZ_1M + SZ_64K - 1,
			};
	}
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	sweep.dev = viommu_rig_bare_master(fake, ids, 3);
	run(test, &sweep);
}

static int pass_by(struct sweep *sweep)
{
	return viommu_identity_attach(dev_iommu_priv_get(sweep->dev));
}

static void check_pass(struct kunit *test, struct sweep *sweep, int ret)
{
	struct viommu_endpoint *ep = dev_iommu_priv_get(sweep->dev);

	viommu_rig_expect(sweep->fake, ID, IOVA, ret ? 0 : IOVA);
	if (ret)
		KUNIT_EXPECT_NULL(test, ep->identity);
	KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), 0);
}

static void a_device_passes_by(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	struct sweep sweep = {
		.fake = fake, .attempt = pass_by, .check = check_pass,
	};

	fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	viommu_fake_endpoint(fake, ID);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	sweep.dev = viommu_rig_master(fake, ID);
	run(test, &sweep);
}

/* Maps, cuts a hole, and fills it */
static int map_and_split(struct sweep *sweep)
{
	size_t cut;
	int ret;

	ret = iommu_map(sweep->domain, IOVA, PHYS, SZ_64K, PROT, GFP_KERNEL);
	if (ret)
		return ret;
	cut = iommu_unmap(sweep->domain, IOVA + SZ_8K, SZ_4K);
	if (!cut)
		return -EAGAIN;
	return iommu_map(sweep->domain, IOVA + SZ_8K, 2 * PHYS, SZ_4K, PROT,
			 GFP_KERNEL);
}

static void check_split(struct kunit *test, struct sweep *sweep, int ret)
{
	struct viommu_domain *vd = to_viommu_domain(sweep->domain);
	u64 middle = iommu_iova_to_phys(sweep->domain, IOVA + SZ_8K);
	u64 head = iommu_iova_to_phys(sweep->domain, IOVA);

	/* Either nothing of it, or all; what is told is what the device has */
	viommu_rig_expect(sweep->fake, ID, IOVA, head);
	viommu_rig_expect(sweep->fake, ID, IOVA + SZ_8K, middle);
	viommu_rig_expect(sweep->fake, ID, IOVA + SZ_16K, head ? head + SZ_16K : 0);
	if (ret == -EAGAIN)
		KUNIT_EXPECT_EQ(test, middle, PHYS + SZ_8K);
	if (!ret)
		KUNIT_EXPECT_EQ(test, middle, 2 * PHYS);
	if (head)
		KUNIT_EXPECT_GT(test, iommu_unmap(sweep->domain, IOVA, SZ_64K), 0);
	if (iommu_iova_to_phys(sweep->domain, IOVA + SZ_16K))
		iommu_unmap(sweep->domain, IOVA + SZ_8K + SZ_4K,
			    SZ_64K - SZ_8K - SZ_4K);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(sweep->fake, ID), 0);

	/* What was kept would be used instead of memory */
	viommu_mappings_clear(&vd->mappings);
}

static void a_mapping_is_split(struct kunit *test)
{
	struct sweep sweep = {
		.fake = viommu_rig_start(test),
		.attempt = map_and_split,
		.check = check_split,
	};

	sweep.dev = viommu_rig_master(sweep.fake, ID);
	sweep.domain = viommu_rig_attached(test, sweep.dev);
	run(test, &sweep);
}

static int alloc_domain(struct sweep *sweep)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(sweep->dev);

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	iommu_domain_free(domain);
	return 0;
}

static void check_domains(struct kunit *test, struct sweep *sweep, int ret)
{
	struct viommu_instance *viommu = viommu_rig_instance(sweep->fake);

	KUNIT_EXPECT_TRUE(test, !ret || ret == -ENOMEM);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&viommu->domains));
}

static void a_domain_is_made(struct kunit *test)
{
	struct sweep sweep = {
		.fake = viommu_rig_start(test),
		.attempt = alloc_domain,
		.check = check_domains,
	};

	sweep.dev = viommu_rig_master(sweep.fake, ID);
	run(test, &sweep);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE(the_driver_binds),
	KUNIT_CASE(a_device_comes),
	KUNIT_CASE(a_device_passes_by),
	KUNIT_CASE(a_mapping_is_split),
	KUNIT_CASE(a_domain_is_made),
	{}
};

static struct kunit_suite sweep_suite = {
	.name = "viommu-sweep",
	.test_cases = sweep_cases,
};

kunit_test_suite(sweep_suite);
