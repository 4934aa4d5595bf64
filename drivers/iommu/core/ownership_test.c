// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of ownership.c: drivers and owners exclude each other, and the group is
 * where its owner expects it.
 */
#include "core.h"
#include "mock.h"

static int alice, bob;

static void drivers_count(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *one = mock_dev(mock_device_probed(test, mock, 1));
	struct device *two = mock_dev(mock_device_probed(test, mock, 1));
	struct iommu_group *group = one->iommu_group;

	KUNIT_EXPECT_FALSE(test, iommu_group_dma_owner_claimed(group));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(one));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(two));
	KUNIT_EXPECT_EQ(test, 2, group->owner_cnt);
	KUNIT_EXPECT_TRUE(test, iommu_group_dma_owner_claimed(group));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_group_claim_dma_owner(group,
								  &alice));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_device_claim_dma_owner(one,
								   &alice));
	iommu_device_unuse_default_domain(one);
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_group_claim_dma_owner(group,
								  &alice));
	iommu_device_unuse_default_domain(two);
	KUNIT_EXPECT_EQ(test, 0, group->owner_cnt);
	KUNIT_EXPECT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	iommu_group_release_dma_owner(group);
}

static void group_claim_is_exclusive(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);
	struct device *dev = mock_dev(mdev);
	struct iommu_group *group = dev->iommu_group;

	KUNIT_EXPECT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, mdev->attached);
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_group_claim_dma_owner(group,
								  &alice));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_device_use_default_domain(dev));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_device_claim_dma_owner(dev, &bob));
	iommu_group_release_dma_owner(group);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    mdev->attached);
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	iommu_device_unuse_default_domain(dev);
}

static void device_claims_nest(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_probed(test, mock, 1);
	struct mock_device *two = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(one)->iommu_group;

	KUNIT_EXPECT_EQ(test, 0, iommu_device_claim_dma_owner(mock_dev(one),
							      &alice));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_claim_dma_owner(mock_dev(two),
							      &alice));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_device_claim_dma_owner(mock_dev(two),
								   &bob));
	iommu_device_release_dma_owner(mock_dev(one));
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, two->attached);
	KUNIT_EXPECT_EQ(test, -EBUSY,
			iommu_device_use_default_domain(mock_dev(one)));
	iommu_device_release_dma_owner(mock_dev(two));
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    one->attached);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    two->attached);
	KUNIT_EXPECT_EQ(test, 0, group->owner_cnt);
}

static void owner_attaches_and_detaches(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(mdev)->iommu_group;
	struct iommu_domain *domain = mock_domain_create(test, mock_dev(mdev));

	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_group(domain, group));
	KUNIT_EXPECT_PTR_EQ(test, domain, mdev->attached);
	/* Back to blocking, not to the kernel's own mappings. */
	iommu_detach_group(domain, group);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, mdev->attached);
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_group(domain, group));
	/* An owner that lets go without detaching. */
	iommu_group_release_dma_owner(group);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    mdev->attached);
}

static void empty_domain_blocks(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev;
	struct iommu_group *group;

	mock->ops.blocked_domain = NULL;
	mdev = mock_device_probed(test, mock, 1);
	group = mock_dev(mdev)->iommu_group;
	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_PTR_EQ(test, group->blocking_domain, mdev->attached);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_UNMANAGED, mdev->attached->type);
	KUNIT_EXPECT_EQ(test, 0, iommu_iova_to_phys(mdev->attached, 0x1000));
	iommu_group_release_dma_owner(group);
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&mock->domains));
	/* It is kept for the next owner, and goes with the group. */
	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&mock->domains));
	iommu_group_release_dma_owner(group);
	mock_device_remove(mdev);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
}

static void claim_that_fails(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev;
	struct iommu_group *group;
	struct iommu_domain *def;

	mock->ops.blocked_domain = NULL;
	mdev = mock_device_probed(test, mock, 1);
	group = mock_dev(mdev)->iommu_group;
	def = iommu_group_default_domain(group);

	mock->fail_at[MOCK_ALLOC] = mock->calls[MOCK_ALLOC] + 1;
	KUNIT_EXPECT_EQ(test, -ENOMEM, iommu_group_claim_dma_owner(group,
								   &alice));
	KUNIT_EXPECT_PTR_EQ(test, def, mdev->attached);
	mdev->refuse = -EIO;
	KUNIT_EXPECT_EQ(test, -EIO, iommu_group_claim_dma_owner(group, &alice));
	mdev->refuse = 0;
	KUNIT_EXPECT_FALSE(test, iommu_group_dma_owner_claimed(group));
	KUNIT_EXPECT_EQ(test, 0,
			iommu_device_use_default_domain(mock_dev(mdev)));
	iommu_device_unuse_default_domain(mock_dev(mdev));
}

static void attached_domain_keeps_drivers_out(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_probed(test, mock, 1));
	struct iommu_domain *domain = iommu_paging_domain_alloc(dev);

	KUNIT_ASSERT_FALSE(test, IS_ERR(domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_device_use_default_domain(dev));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			iommu_group_claim_dma_owner(dev->iommu_group, &alice));
	iommu_detach_device(domain, dev);
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	iommu_device_unuse_default_domain(dev);
	iommu_domain_free(domain);
}

static void pasid_keeps_drivers_out(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_probed(test, mock, 1));
	struct iommu_group *group = dev->iommu_group;

	KUNIT_ASSERT_EQ(test, 0, xa_err(xa_store(&group->pasids, 5, mock,
						 GFP_KERNEL)));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_device_use_default_domain(dev));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_group_claim_dma_owner(group,
								  &alice));
	xa_erase(&group->pasids, 5);
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	iommu_device_unuse_default_domain(dev);
}

static void direct_regions_keep_owners_out(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct iommu_group *group;

	mock_device_resv(mdev, 0x100000, 0x1000, IOMMU_RESV_DIRECT);
	mock_device_probe(test, mdev);
	group = mock_dev(mdev)->iommu_group;
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_group_claim_dma_owner(group,
								   &alice));
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    mdev->attached);
	KUNIT_EXPECT_FALSE(test, iommu_group_dma_owner_claimed(group));
}

/* Who is refused learns which device of the group is in use by the kernel. */
static void refusal_names_the_device(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *idle = mock_device_probed(test, mock, 1);
	struct mock_device *used = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(idle)->iommu_group;
	char *line = kunit_kzalloc(test, 256, GFP_KERNEL);
	unsigned int before;

	KUNIT_ASSERT_NOT_NULL(test, line);
	snprintf(line, 256,
		 "%s: iommu group %d: asked for by another owner while kernel drivers use",
		 dev_name(mock_dev(used)), iommu_group_id(group));
	before = mock_log_lines(line);
	KUNIT_ASSERT_EQ(test, 0, iommu_device_use_default_domain(mock_dev(used)));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(line));
	iommu_device_unuse_default_domain(mock_dev(used));

	/* Another owner is no driver that could be unbound. */
	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_group_claim_dma_owner(group, &bob));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(line));
	/* And the other way round. */
	snprintf(line, 256, "%s: iommu group %d: owned by", dev_name(mock_dev(used)),
		 iommu_group_id(group));
	before = mock_log_lines(line);
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_device_use_default_domain(mock_dev(used)));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(line));
	iommu_group_release_dma_owner(group);
}

static void refusal_names_the_firmware(struct kunit *test)
{
	static const char *const why = "firmware needs memory of this device";
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	unsigned int before;

	mock_device_resv(mdev, 0x100000, 0x1000, IOMMU_RESV_DIRECT);
	mock_device_probe(test, mdev);
	before = mock_log_lines(why);
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_device_claim_dma_owner(mock_dev(mdev),
								    &alice));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(why));
}

/* Seen by a driver that binds between a walk's two halves. */
static void not_ready_defers(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct device *dev = mock_dev(mock_device_probed(test, mock, 1));
	struct iommu_group *group = dev->iommu_group;
	struct iommu_domain *def = group->default_domain;

	group->default_domain = NULL;
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER,
			iommu_device_use_default_domain(dev));
	group->default_domain = def;
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	iommu_device_unuse_default_domain(dev);
}

static void identity_for_identity(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct iommu_domain own = {
		.type = IOMMU_DOMAIN_IDENTITY,
		.ops = mock->identity.ops,
		.owner = &mock->ops,
	};
	struct device *dev;

	mock_policy = IOMMU_DOMAIN_IDENTITY;
	dev = mock_dev(mock_device_probed(test, mock, 1));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(&own, dev));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
	iommu_device_unuse_default_domain(dev);
	iommu_detach_device(&own, dev);
}

static int ownership_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case ownership_cases[] = {
	KUNIT_CASE(drivers_count),
	KUNIT_CASE(group_claim_is_exclusive),
	KUNIT_CASE(device_claims_nest),
	KUNIT_CASE(owner_attaches_and_detaches),
	KUNIT_CASE(empty_domain_blocks),
	KUNIT_CASE(claim_that_fails),
	KUNIT_CASE(attached_domain_keeps_drivers_out),
	KUNIT_CASE(pasid_keeps_drivers_out),
	KUNIT_CASE(direct_regions_keep_owners_out),
	KUNIT_CASE(refusal_names_the_device),
	KUNIT_CASE(refusal_names_the_firmware),
	KUNIT_CASE(not_ready_defers),
	KUNIT_CASE(identity_for_identity),
	{}
};

static struct kunit_suite ownership_suite = {
	.name = "iommu-core-ownership",
	.init = ownership_test_init,
	.test_cases = ownership_cases,
};

kunit_test_suite(ownership_suite);
