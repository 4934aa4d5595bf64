// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of endpoint.c: which devices an instance takes, and what it tells
 * core about them.
 */
#include <kunit/test.h>

#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "rig.h"

#define ID		1

static unsigned int probes(const struct viommu_fake *fake)
{
	return fake->stats.requests[VIRTIO_IOMMU_T_PROBE];
}

static void reserve(struct viommu_fake *fake, u32 id, u8 subtype, u64 start,
		    u64 last)
{
	struct viommu_fake_endpoint *endpoint = viommu_fake_endpoint(fake, id);

	endpoint->regions[endpoint->nr_regions++] = (struct viommu_fake_region) {
		subtype, start, last,
	};
}

static void each_id_once(struct kunit *test)
{
	static const u32 ids[] = { 7, 3, 7, 2, 3 };
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_endpoint *ep;
	struct device *dev;
	int ret;

	dev = viommu_rig_try_master(fake, ids, ARRAY_SIZE(ids), &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	ep = dev_iommu_priv_get(dev);
	KUNIT_ASSERT_EQ(test, ep->num_streams, 3);
	KUNIT_EXPECT_EQ(test, ep->streams[0].id, 2);
	KUNIT_EXPECT_EQ(test, ep->streams[1].id, 3);
	KUNIT_EXPECT_EQ(test, ep->streams[2].id, 7);
	/* Each may have regions of its own */
	KUNIT_EXPECT_EQ(test, probes(fake), 3);
	KUNIT_EXPECT_PTR_EQ(test, ep->streams[2].domain,
			    iommu_get_domain_for_dev(dev));
}

static void an_id_has_one_owner(struct kunit *test)
{
	static const u32 ids[] = { 3, 4 }, overlap[] = { 5, 4 };
	struct viommu_fake *fake = viommu_rig_start(test);
	struct viommu_instance *viommu = viommu_rig_instance(fake);
	struct device *dev;
	int ret;

	dev = viommu_rig_try_master(fake, ids, 2, &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	viommu_rig_try_master(fake, overlap, 2, &ret);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_NULL(test, xa_load(&viommu->endpoints, 5));
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&viommu->endpoints, 4),
			    dev_iommu_priv_get(dev));

	viommu_rig_remove(test, dev);
	KUNIT_EXPECT_TRUE(test, xa_empty(&viommu->endpoints));
	viommu_rig_try_master(fake, overlap, 2, &ret);
	KUNIT_EXPECT_EQ(test, ret, 0);
}

static void devices_that_are_not_taken(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	static const u32 unknown[] = { 99 };
	int ret;

	viommu_rig_try_master(fake, unknown, 0, &ret);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	fake->lenient = true;
	viommu_rig_try_master(fake, unknown, 1, &ret);
	KUNIT_EXPECT_EQ(test, ret, -ENOENT);
	KUNIT_EXPECT_TRUE(test, xa_empty(&viommu_rig_instance(fake)->endpoints));
}

static void an_iommu_is_not_behind_itself(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = &fake->pdev->dev;
	const u32 id = ID;
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	ret = iommu_fwspec_init(dev, viommu_fake_node(fake)) ?:
	      iommu_fwspec_add_ids(dev, &id, 1);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, iommu_probe_device(dev), -ENODEV);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	mutex_lock(&iommu_probe_device_lock);
	iommu_fwspec_free(dev);
	mutex_unlock(&iommu_probe_device_lock);
}

static const struct iommu_resv_region *region_at(const struct list_head *regions,
						 unsigned int n)
{
	const struct iommu_resv_region *region;

	list_for_each_entry(region, regions, list)
		if (!n--)
			return region;
	return NULL;
}

static void expect_region(struct kunit *test, const struct list_head *regions,
			  unsigned int n, u64 start, u64 length,
			  enum iommu_resv_type type)
{
	const struct iommu_resv_region *region = region_at(regions, n);

	KUNIT_ASSERT_NOT_NULL(test, region);
	KUNIT_EXPECT_EQ(test, region->start, start);
	KUNIT_EXPECT_EQ(test, region->length, length);
	KUNIT_EXPECT_EQ(test, region->type, type);
}

static void regions_of_all_ids(struct kunit *test)
{
	static const u32 ids[] = { 1, 2 };
	struct viommu_fake *fake = viommu_fake_new(test);
	struct device *dev;
	LIST_HEAD(regions);
	int ret;

	reserve(fake, 1, VIRTIO_IOMMU_RESV_MEM_T_RESERVED, 0x50000000, 0x5000ffff);
	reserve(fake, 1, VIRTIO_IOMMU_RESV_MEM_T_RESERVED, 0x10000000, 0x1000ffff);
	reserve(fake, 2, VIRTIO_IOMMU_RESV_MEM_T_RESERVED, 0x30000000, 0x3000ffff);
	reserve(fake, 2, VIRTIO_IOMMU_RESV_MEM_T_RESERVED, 0x10000000, 0x1000ffff);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_try_master(fake, ids, 2, &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);

	iommu_get_resv_regions(dev, &regions);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&regions), 4);
	expect_region(test, &regions, 0, 0x10000000, SZ_64K, IOMMU_RESV_RESERVED);
	expect_region(test, &regions, 1, 0x30000000, SZ_64K, IOMMU_RESV_RESERVED);
	expect_region(test, &regions, 2, 0x50000000, SZ_64K, IOMMU_RESV_RESERVED);
	expect_region(test, &regions, 3, 0x8000000, SZ_1M, IOMMU_RESV_SW_MSI);
	iommu_put_resv_regions(dev, &regions);
}

static void the_host_may_have_doorbells(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	LIST_HEAD(regions);
	struct device *dev;

	reserve(fake, ID, VIRTIO_IOMMU_RESV_MEM_T_MSI, 0xfee00000, 0xfeefffff);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_master(fake, ID);
	iommu_get_resv_regions(dev, &regions);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&regions), 1);
	expect_region(test, &regions, 0, 0xfee00000, SZ_1M, IOMMU_RESV_MSI);
	iommu_put_resv_regions(dev, &regions);
}

static void a_device_without_probe(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	LIST_HEAD(regions);
	struct device *dev;

	fake->features &= ~BIT_ULL(VIRTIO_IOMMU_F_PROBE);
	viommu_fake_endpoint(fake, ID);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_master(fake, ID);
	KUNIT_EXPECT_EQ(test, probes(fake), 0);
	iommu_get_resv_regions(dev, &regions);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&regions), 1);
	expect_region(test, &regions, 0, 0x8000000, SZ_1M, IOMMU_RESV_SW_MSI);
	iommu_put_resv_regions(dev, &regions);
}

static void answers_that_make_no_sense(struct kunit *test)
{
	static const u8 statuses[] = {
		VIRTIO_IOMMU_S_UNSUPP, VIRTIO_IOMMU_S_DEVERR, VIRTIO_IOMMU_S_INVAL,
		VIRTIO_IOMMU_S_NOMEM, 0x99,
	};
	struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_PROBE,
		.count = 1,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	const u32 id = ID;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		plan.value = statuses[i];
		viommu_fake_play(fake, &plan);
		viommu_rig_try_master(fake, &id, 1, &ret);
		KUNIT_EXPECT_EQ(test, ret, viommu_status_error(statuses[i]));
	}
	reserve(fake, ID, VIRTIO_IOMMU_RESV_MEM_T_RESERVED, 0x5000, 0x4000);
	viommu_rig_try_master(fake, &id, 1, &ret);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_TRUE(test, xa_empty(&viommu_rig_instance(fake)->endpoints));

	viommu_fake_endpoint(fake, ID)->nr_regions = 0;
	viommu_rig_try_master(fake, &id, 1, &ret);
	KUNIT_EXPECT_EQ(test, ret, 0);
}

static void who_goes_is_detached(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	u64 paddr;

	KUNIT_ASSERT_EQ(test, iommu_map(domain, 0x10000, 0x20000, SZ_4K,
					IOMMU_READ, GFP_KERNEL), 0);
	viommu_rig_expect(fake, ID, 0x10000, 0x20000);
	viommu_rig_remove(test, dev);
	KUNIT_EXPECT_EQ(test, viommu_fake_translate(fake, ID, 0x10000, 0, &paddr),
			-ENXIO);
	KUNIT_EXPECT_TRUE(test, list_empty(&viommu_rig_instance(fake)->domains));
}

/* Memory that firmware uses is reached with or without a driver */
static void who_serves_firmware_goes_on(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);

	dev->iommu->require_direct = 1;
	viommu_rig_remove(test, dev);
	viommu_rig_expect(fake, ID, 0x10000, 0x10000);
	KUNIT_EXPECT_TRUE(test, list_empty(&viommu_rig_instance(fake)->domains));
}

static void a_device_that_stays_attached(struct kunit *test)
{
	const struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .type = VIRTIO_IOMMU_T_DETACH,
		.value = VIRTIO_IOMMU_S_DEVERR,
	};
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	unsigned int before = viommu_rig_log("endpoint 0x1 cannot be detached");

	KUNIT_ASSERT_EQ(test, iommu_map(iommu_get_domain_for_dev(dev), 0x10000,
					0x20000, SZ_4K, IOMMU_READ, GFP_KERNEL), 0);
	viommu_fake_play(fake, &plan);
	viommu_rig_remove(test, dev);
	KUNIT_EXPECT_EQ(test, viommu_rig_log("endpoint 0x1 cannot be detached"),
			before + 1);
	/* It still has the domain, but nothing in it */
	viommu_rig_expect(fake, ID, 0x10000, 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, ID), 0);
}

static void who_was_pulled_out_is_detached(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	unsigned int before = viommu_rig_log("cannot be detached");
	struct viommu_fake_endpoint *endpoint = viommu_fake_endpoint(fake, ID);

	KUNIT_ASSERT_EQ(test, iommu_map(iommu_get_domain_for_dev(dev), 0x10000,
					0x20000, SZ_4K, IOMMU_READ, GFP_KERNEL), 0);
	raw_spin_lock_irq(&fake->lock);
	viommu_fake_forget(fake);
	endpoint->used = false;
	fake->lenient = true;
	raw_spin_unlock_irq(&fake->lock);
	viommu_rig_remove(test, dev);
	KUNIT_EXPECT_EQ(test, viommu_rig_log("cannot be detached"), before);
	KUNIT_EXPECT_TRUE(test, list_empty(&viommu_rig_instance(fake)->domains));
	KUNIT_EXPECT_TRUE(test, xa_empty(&viommu_rig_instance(fake)->endpoints));

	/* It is plugged in again */
	fake->lenient = false;
	viommu_fake_endpoint(fake, ID);
	dev = viommu_rig_master(fake, ID);
	KUNIT_EXPECT_EQ(test, iommu_map(iommu_get_domain_for_dev(dev), 0x10000,
					0x30000, SZ_4K, IOMMU_READ, GFP_KERNEL), 0);
	viommu_rig_expect(fake, ID, 0x10000, 0x30000);
}

static void what_a_device_can_expect(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct of_phandle_args args = { .args_count = 2 };

	KUNIT_EXPECT_TRUE(test, device_iommu_capable(dev,
						     IOMMU_CAP_CACHE_COHERENCY));
	KUNIT_EXPECT_TRUE(test, device_iommu_capable(dev,
						     IOMMU_CAP_DEFERRED_FLUSH));
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dev, IOMMU_CAP_NOEXEC));
	KUNIT_EXPECT_EQ(test, viommu_ops.of_xlate(dev, &args), -EINVAL);
}

static void pages_larger_than_ours(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	const u32 id = ID;
	struct device *dev;
	int ret;

	fake->config.page_size_mask = cpu_to_le64(~(u64)(4 * PAGE_SIZE - 1));
	viommu_fake_endpoint(fake, ID);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	dev = viommu_rig_try_master(fake, &id, 1, &ret);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, xa_empty(&viommu_rig_instance(fake)->endpoints));
}

static struct kunit_case endpoint_cases[] = {
	KUNIT_CASE(each_id_once),
	KUNIT_CASE(an_id_has_one_owner),
	KUNIT_CASE(devices_that_are_not_taken),
	KUNIT_CASE(an_iommu_is_not_behind_itself),
	KUNIT_CASE(regions_of_all_ids),
	KUNIT_CASE(the_host_may_have_doorbells),
	KUNIT_CASE(a_device_without_probe),
	KUNIT_CASE(answers_that_make_no_sense),
	KUNIT_CASE(who_goes_is_detached),
	KUNIT_CASE(who_serves_firmware_goes_on),
	KUNIT_CASE(a_device_that_stays_attached),
	KUNIT_CASE(who_was_pulled_out_is_detached),
	KUNIT_CASE(what_a_device_can_expect),
	KUNIT_CASE(pages_larger_than_ours),
	{}
};

static struct kunit_suite endpoint_suite = {
	.name = "viommu-endpoint",
	.test_cases = endpoint_cases,
};

kunit_test_suite(endpoint_suite);
