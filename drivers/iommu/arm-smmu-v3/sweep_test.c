// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite: memory fails anywhere.
 *
 * Each case does a thing again and again, with the first allocation of it
 * failing, then the second, and so on until nothing is left to fail.  Whatever
 * failed, streams are where they were, and what was taken is given back.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "../core/mock-failslab.h"
#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID		0x105
#define NEAR_PASID	5
#define FAR_PASID	5000
/* Far more than any case has allocations */
#define SWEEP_MAX	2000

/**
 * struct sweep - a thing that is done with memory failing
 * @attempt: does it; undoes it before it returns if it succeeds
 * @check: afterwards, with @attempt's result
 */
struct sweep {
	int (*attempt)(struct kunit *test);
	void (*check)(struct kunit *test, int ret);
};

static void run(struct kunit *test, const struct sweep *sweep)
{
	struct mock_failslab memory;
	unsigned int n, failed = 0;
	int ret = 0;

	mock_failslab_start_pages(test, &memory);
	for (n = 1; n < SWEEP_MAX && !memory.left; n++) {
		mock_failslab_arm(&memory, n);
		ret = sweep->attempt(test);
		mock_failslab_disarm(&memory);
		failed += !!ret;
		sweep->check(test, ret);
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, memory.left, 0);
	KUNIT_EXPECT_GT(test, failed, 0);
	kunit_info(test, "%u allocations, %u of them needed", n - 2, failed);
}

struct sweep_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
	struct smmu3_device *device;
	unsigned int tags;
};

static int sweep_init(struct kunit *test)
{
	struct sweep_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, st);
	test->priv = st;
	st->smmu = smmu3_rig_start(test, &st->model);
	return 0;
}

static unsigned int count_tags(struct smmu3_instance *smmu)
{
	unsigned long tag;
	unsigned int n = 0;
	void *entry;

	xa_for_each(&smmu->asids, tag, entry)
		n++;
	xa_for_each(&smmu->vmids, tag, entry)
		n++;
	return n;
}

/* A device that is blocked and has no CDs, as before its first domain */
static void add_closed(struct kunit *test, u32 sid)
{
	struct smmu3_master_spec spec = {
		.ids = &sid, .count = 1, .pasid_bits = 20,
	};
	struct sweep_test *st = test->priv;

	st->dev = smmu3_rig_add(test, st->smmu, &spec);
	st->device = dev_iommu_priv_get(st->dev);
	KUNIT_ASSERT_EQ(test, 0, smmu3_device_block(st->device));
	smmu3_cdtab_exit(st->device);
	st->tags = count_tags(st->smmu);
}

/* The instance */

static int probe_instance(struct kunit *test)
{
	struct sweep_test *st = test->priv;
	struct device *dev = &st->model->pdev->dev;

	if (device_attach(dev) != 1)
		return -ENOMEM;
	device_release_driver(dev);
	return 0;
}

static void check_instance(struct kunit *test, int ret)
{
	struct sweep_test *st = test->priv;

	KUNIT_EXPECT_NULL(test, st->model->pdev->dev.driver);
	/* Closed, if the driver came so far as to touch it */
	KUNIT_EXPECT_EQ(test, smmu3_model_view(st->model, SID).verdict,
			SMMU3_ABORTS);
}

static void probing_an_instance(struct kunit *test)
{
	static const struct sweep sweep = { probe_instance, check_instance };
	struct sweep_test *st = test->priv;

	device_release_driver(&st->model->pdev->dev);
	run(test, &sweep);
	KUNIT_EXPECT_EQ(test, device_attach(&st->model->pdev->dev), 1);
}

/* A device */

static int probe_device(struct kunit *test)
{
	struct sweep_test *st = test->priv;
	struct iommu_device *iommu;

	mutex_lock(&iommu_probe_device_lock);
	iommu = smmu3_ops.probe_device(st->dev);
	if (!IS_ERR(iommu))
		smmu3_ops.release_device(st->dev);
	dev_iommu_priv_set(st->dev, NULL);
	mutex_unlock(&iommu_probe_device_lock);
	return PTR_ERR_OR_ZERO(iommu);
}

static void check_streams(struct kunit *test, int ret)
{
	struct sweep_test *st = test->priv;
	enum smmu3_verdict verdict = smmu3_model_view(st->model, SID).verdict;

	mutex_lock(&st->smmu->streams_lock);
	KUNIT_EXPECT_NULL(test, smmu3_stream_owner(st->smmu, SID));
	KUNIT_EXPECT_NULL(test, smmu3_stream_owner(st->smmu, SID + 1));
	mutex_unlock(&st->smmu->streams_lock);
	/* Without a leaf of the stream table there is no STE that says so */
	KUNIT_EXPECT_TRUE(test, BIT(verdict) &
				(BIT(SMMU3_ABORTS) | BIT(SMMU3_BROKEN)));
}

static void unregister(void *pdev)
{
	iommu_fwspec_free(&((struct platform_device *)pdev)->dev);
	platform_device_unregister(pdev);
}

static void probing_a_device(struct kunit *test)
{
	static const struct sweep sweep = { probe_device, check_streams };
	struct sweep_test *st = test->priv;
	struct platform_device *pdev;
	u32 ids[] = { SID, SID + 1 };

	/* Its streams are of a leaf of the stream table that is not there yet */
	pdev = platform_device_register_simple("smmu3-swept", -1, NULL, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, unregister, pdev));
	st->dev = &pdev->dev;
	mutex_lock(&iommu_probe_device_lock);
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_init(st->dev,
						   dev_fwnode(st->smmu->dev)));
	KUNIT_EXPECT_EQ(test, 0, iommu_fwspec_add_ids(st->dev, ids, 2));
	mutex_unlock(&iommu_probe_device_lock);
	run(test, &sweep);
}

/* A domain */

static int attach_domain(struct kunit *test)
{
	struct sweep_test *st = test->priv;
	struct iommu_domain *domain;
	int ret;

	domain = smmu3_ops.domain_alloc_paging(st->dev);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	ret = smmu3_domain_ops.attach_dev(domain, st->dev);
	if (!ret)
		smmu3_blocked_domain.ops->attach_dev(&smmu3_blocked_domain,
						     st->dev);
	KUNIT_EXPECT_TRUE(test,
			  list_empty(&to_smmu3_domain(domain)->attachments));
	smmu3_domain_ops.free(domain);
	return ret;
}

static void check_attached(struct kunit *test, int ret)
{
	struct sweep_test *st = test->priv;

	KUNIT_EXPECT_NULL(test, st->device->domain);
	KUNIT_EXPECT_NULL(test, st->device->cdtab.next.top);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(st->model, SID).verdict,
			SMMU3_ABORTS);
	KUNIT_EXPECT_EQ(test, count_tags(st->smmu), st->tags);
	/* Each time as if it were the first */
	smmu3_cdtab_exit(st->device);
}

static void attaching(struct kunit *test)
{
	static const struct sweep sweep = { attach_domain, check_attached };

	add_closed(test, SID);
	run(test, &sweep);
}

/* PASIDs, beside a domain that moves while they are in use */

static int use_pasids(struct kunit *test, struct iommu_domain **d)
{
	struct sweep_test *st = test->priv;
	int ret;

	ret = smmu3_domain_ops.set_dev_pasid(d[0], st->dev, NEAR_PASID, NULL);
	if (ret)
		return ret;
	ret = smmu3_domain_ops.set_dev_pasid(d[0], st->dev, FAR_PASID, NULL);
	if (ret)
		goto err_near;
	ret = smmu3_domain_ops.attach_dev(d[1], st->dev) ?:
	      smmu3_domain_ops.attach_dev(d[2], st->dev);
	smmu3_ops.remove_dev_pasid(st->dev, FAR_PASID, d[0]);
err_near:
	smmu3_ops.remove_dev_pasid(st->dev, NEAR_PASID, d[0]);
	return ret;
}

static int attach_pasids(struct kunit *test)
{
	struct sweep_test *st = test->priv;
	struct iommu_domain *d[3];
	int i, ret = 0;

	for (i = 0; i < ARRAY_SIZE(d) && !ret; i++) {
		d[i] = smmu3_ops.domain_alloc_paging(st->dev);
		ret = PTR_ERR_OR_ZERO(d[i]);
	}
	if (ret)
		i--;
	else
		ret = use_pasids(test, d);
	smmu3_blocked_domain.ops->attach_dev(&smmu3_blocked_domain, st->dev);
	while (i--)
		smmu3_domain_ops.free(d[i]);
	return ret;
}

static void check_pasids(struct kunit *test, int ret)
{
	struct sweep_test *st = test->priv;
	u64 w0 = le64_to_cpu(smmu3_strtab_entry(st->smmu, SID)->w[0]);

	KUNIT_EXPECT_EQ(test, st->device->cdtab.pasids, 0);
	KUNIT_EXPECT_TRUE(test, xa_empty(&st->device->pasids));
	KUNIT_EXPECT_FALSE(test, st->device->cdtab.in_ste);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_STE0_CONFIG, w0),
			SMMU3_STE_CONFIG_ABORT);
	check_attached(test, ret);
}

static void attaching_pasids(struct kunit *test)
{
	static const struct sweep sweep = { attach_pasids, check_pasids };

	add_closed(test, SID);
	run(test, &sweep);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE_SLOW(probing_an_instance),
	KUNIT_CASE_SLOW(probing_a_device),
	KUNIT_CASE_SLOW(attaching),
	KUNIT_CASE_SLOW(attaching_pasids),
	{}
};

static struct kunit_suite sweep_suite = {
	.name = "smmu3-sweep",
	.init = sweep_init,
	.test_cases = sweep_cases,
};

kunit_test_suite(sweep_suite);
