// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of quarantine.c: too many faults block a group, it keeps what it is in,
 * and comes back to that.
 */
#include <kunit/visibility.h>

#include "mock.h"
#include "pasid.h"
#include "quarantine.h"

#define LIMIT	20

static int alice;

static void fault(struct mock_device *mdev, unsigned int times)
{
	struct iommu_fault_record rec = {
		.iommu = &mdev->mock->iommu,
		.dev = mock_dev(mdev),
		.pasid = IOMMU_PASID_INVALID,
		.reason = IOMMU_FAULT_REASON_UNMAPPED,
		.level = -1,
		.has_iova = true,
	};

	while (times--)
		iommu_fault_report(&rec);
}

static void settle(struct iommu_group *group)
{
	flush_work(&group->quarantine_work);
}

static int enter(struct iommu_group *group)
{
	int ret;

	mutex_lock(&group->mutex);
	ret = iommu_quarantine_enter(group);
	mutex_unlock(&group->mutex);
	return ret;
}

static void lift(struct iommu_group *group)
{
	mutex_lock(&group->mutex);
	iommu_quarantine_lift(group);
	mutex_unlock(&group->mutex);
}

static void too_many_faults_block(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_probed(test, mock, 1);
	struct mock_device *two = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(one)->iommu_group;
	struct iommu_domain *was = one->attached;

	fault(one, LIMIT);
	settle(group);
	KUNIT_EXPECT_FALSE(test, group->quarantined);
	/* On a slow machine the window may have passed meanwhile. */
	mock_dev(one)->iommu->window_start = jiffies;
	fault(one, LIMIT + 1);
	settle(group);
	KUNIT_EXPECT_TRUE(test, group->quarantined);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, one->attached);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, two->attached);
	KUNIT_EXPECT_PTR_EQ(test, was, iommu_get_domain_for_dev(mock_dev(one)));
	/* What arrives late changes nothing. */
	fault(one, 2 * LIMIT);
	settle(group);
	lift(group);
	KUNIT_EXPECT_PTR_EQ(test, was, one->attached);
	KUNIT_EXPECT_PTR_EQ(test, was, two->attached);
	KUNIT_EXPECT_FALSE(test, group->quarantined);
}

static void a_new_window_counts_anew(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);
	struct device *dev = mock_dev(mdev);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		fault(mdev, LIMIT);
		dev->iommu->window_start = jiffies - HZ;
	}
	settle(dev->iommu_group);
	KUNIT_EXPECT_FALSE(test, dev->iommu_group->quarantined);
}

static void without_a_limit_nothing_blocks(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);

	iommu_quarantine_set_limit(0);
	fault(mdev, 100 * LIMIT);
	settle(mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_FALSE(test, mock_dev(mdev)->iommu_group->quarantined);
}

static int handled(struct iommu_domain *domain, struct device *dev,
		   unsigned long iova, int flags, void *token)
{
	return 0;
}

static void handled_faults_do_not_count(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(mdev)->iommu_group;
	struct iommu_domain *domain = mock_domain_create(test, mock_dev(mdev));

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, group));
	iommu_set_fault_handler(domain, handled, NULL);
	fault(mdev, 2 * LIMIT);
	settle(group);
	KUNIT_EXPECT_FALSE(test, group->quarantined);
	iommu_detach_group(domain, group);
}

static void owners_come_and_go(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(mdev)->iommu_group;
	struct iommu_domain *domain = mock_domain_create(test, mock_dev(mdev));

	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, group));
	KUNIT_ASSERT_EQ(test, 0, enter(group));
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, mdev->attached);
	/* The owner can leave, but not attach anything. */
	iommu_detach_group(domain, group);
	KUNIT_EXPECT_EQ(test, -EIO, iommu_attach_group(domain, group));
	iommu_group_release_dma_owner(group);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, mdev->attached);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    group->domain);
	/* A driver may bind; it does not get to memory. */
	KUNIT_EXPECT_EQ(test, 0,
			iommu_device_use_default_domain(mock_dev(mdev)));
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, mdev->attached);
	iommu_device_unuse_default_domain(mock_dev(mdev));
	lift(group);
	KUNIT_EXPECT_PTR_EQ(test, group->domain, mdev->attached);
}

static void a_new_member_is_blocked_too(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_probed(test, mock, 1), *two;
	struct iommu_group *group = mock_dev(one)->iommu_group;

	KUNIT_ASSERT_EQ(test, 0, enter(group));
	two = mock_device_probed(test, mock, 1);
	KUNIT_EXPECT_PTR_EQ(test, group, mock_dev(two)->iommu_group);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, two->attached);
	lift(group);
	KUNIT_EXPECT_PTR_EQ(test, group->domain, two->attached);
}

static void members_may_all_go(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_probed(test, mock, 1);
	struct iommu_group *group = iommu_group_get(mock_dev(mdev));

	KUNIT_ASSERT_EQ(test, 0, enter(group));
	mock_iommu_unregister(mock);
	KUNIT_EXPECT_FALSE(test, group->quarantined);
	KUNIT_EXPECT_EQ(test, -ENODEV, enter(group));
	lift(group);
	iommu_group_put(group);
}

static void a_refusal_changes_nothing(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_probed(test, mock, 1);
	struct mock_device *two = mock_device_probed(test, mock, 1);
	struct iommu_group *group = mock_dev(one)->iommu_group;
	struct iommu_domain *was = one->attached;

	two->refuse_blocked = -ENOSPC;
	KUNIT_EXPECT_EQ(test, -ENOSPC, enter(group));
	KUNIT_EXPECT_FALSE(test, group->quarantined);
	KUNIT_EXPECT_PTR_EQ(test, was, one->attached);
	KUNIT_EXPECT_PTR_EQ(test, was, two->attached);

	two->refuse_blocked = 0;
	mock_dev(two)->iommu->require_direct = 1;
	KUNIT_EXPECT_EQ(test, -EBUSY, enter(group));
	KUNIT_EXPECT_PTR_EQ(test, was, one->attached);
	mock_dev(two)->iommu->require_direct = 0;
}

/* What it has attached to PASIDs it has again afterwards. */
static void pasids_are_blocked_too(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct iommu_domain *domain;
	struct iommu_group *group;
	struct mock_device *mdev;
	struct device *dev;

	mock_iommu_pasids(mock, BIT(20));
	mdev = mock_device_create(test, mock, 1);
	dev = mock_dev(mdev);
	KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(mdev, 4));
	mock_device_probe(test, mdev);
	group = dev->iommu_group;
	domain = mock_domain_create(test, dev);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(domain, dev, 3, NULL));
	KUNIT_EXPECT_EQ(test, 0, enter(group));
	KUNIT_EXPECT_NULL(test, mock_device_pasid(mdev, 3));
	KUNIT_EXPECT_EQ(test, -EIO,
			iommu_attach_device_pasid(domain, dev, 4, NULL));
	lift(group);
	KUNIT_EXPECT_PTR_EQ(test, domain, mock_device_pasid(mdev, 3));

	/* One that was detached meanwhile does not come back. */
	KUNIT_EXPECT_EQ(test, 0, enter(group));
	iommu_detach_device_pasid(domain, dev, 3);
	lift(group);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(mdev, 3));
	KUNIT_EXPECT_EQ(test, 0, mdev->wrong_pasids);
}

static int quarantine_init(struct kunit *test)
{
	iommu_quarantine_set_limit(LIMIT);
	return 0;
}

static void quarantine_exit(struct kunit *test)
{
	iommu_quarantine_set_limit(0);
}

static struct kunit_case quarantine_cases[] = {
	KUNIT_CASE(too_many_faults_block),
	KUNIT_CASE(a_new_window_counts_anew),
	KUNIT_CASE(without_a_limit_nothing_blocks),
	KUNIT_CASE(handled_faults_do_not_count),
	KUNIT_CASE(owners_come_and_go),
	KUNIT_CASE(a_new_member_is_blocked_too),
	KUNIT_CASE(members_may_all_go),
	KUNIT_CASE(a_refusal_changes_nothing),
	KUNIT_CASE(pasids_are_blocked_too),
	{}
};

static struct kunit_suite quarantine_suite = {
	.name = "iommu-core-quarantine",
	.init = quarantine_init,
	.exit = quarantine_exit,
	.test_cases = quarantine_cases,
};

kunit_test_suite(quarantine_suite);
