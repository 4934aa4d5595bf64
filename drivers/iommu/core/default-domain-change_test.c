// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of default-domain.c: what the administrator may change, and what he may
 * not while the group is in use.
 */
#include "core.h"
#include "mock.h"

static int owner;

static void change_of_an_idle_group(struct kunit *test)
{
	static const unsigned int types[] = {
		IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_DMA_FQ, IOMMU_DOMAIN_DMA,
		IOMMU_DOMAIN_DMA_FQ, IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_DMA,
	};
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_unprobed(test, mock);
	struct mock_device *two = mock_device_unprobed(test, mock);
	struct iommu_group *group;
	int i;

	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(one)));
	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(two)));
	group = mock_dev(one)->iommu_group;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		KUNIT_EXPECT_EQ(test, 0, iommu_default_domain_change(group, types[i]));
		KUNIT_EXPECT_EQ(test, types[i], mock_default_type(one));
		mock_expect_in_default(test, one);
		mock_expect_in_default(test, two);
		KUNIT_EXPECT_EQ(test, types[i] == IOMMU_DOMAIN_IDENTITY ? 0 : 1,
				atomic_read(&mock->domains));
	}
	mock_policy = IOMMU_DOMAIN_IDENTITY;
	KUNIT_EXPECT_EQ(test, 0, iommu_default_domain_change(group, 0));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY, mock_default_type(one));
}

static void change_while_bound(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_unprobed(test, mock);
	struct iommu_domain *domain;
	struct iommu_group *group;

	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(mdev));
	group = mock_dev(mdev)->iommu_group;
	domain = iommu_group_default_domain(group);
	KUNIT_EXPECT_EQ(test, -EPERM,
			iommu_default_domain_change(group, IOMMU_DOMAIN_IDENTITY));
	KUNIT_EXPECT_EQ(test, -EPERM, iommu_default_domain_change(group, 0));
	KUNIT_EXPECT_EQ(test, 0, iommu_default_domain_change(group, IOMMU_DOMAIN_DMA));
	/* Live, in the same domain. */
	KUNIT_EXPECT_EQ(test, 0,
			iommu_default_domain_change(group, IOMMU_DOMAIN_DMA_FQ));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA_FQ, mock_default_type(mdev));
	KUNIT_EXPECT_PTR_EQ(test, domain, iommu_group_default_domain(group));
	KUNIT_EXPECT_EQ(test, 1, mdev->attaches);
	KUNIT_EXPECT_EQ(test, 0, iommu_default_domain_change(group, IOMMU_DOMAIN_DMA));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(mdev));
	KUNIT_EXPECT_PTR_EQ(test, domain, iommu_group_default_domain(group));
	KUNIT_EXPECT_EQ(test, 1, mdev->attaches);
	mock_device_unbind(mdev);
	KUNIT_EXPECT_EQ(test, 0,
			iommu_default_domain_change(group, IOMMU_DOMAIN_IDENTITY));
}

/* A fault of mainline: neither was asked for a group that is in use. */
static void live_deferral_is_checked(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_unprobed(test, mock);
	struct mock_device *two = mock_device_unprobed(test, mock);
	struct iommu_group *group;

	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(one));
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(two));
	group = mock_dev(one)->iommu_group;

	mock->capable = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_default_domain_change(group, IOMMU_DOMAIN_DMA_FQ));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(one));
	mock->capable = BIT(IOMMU_CAP_DEFERRED_FLUSH);
	two->untrusted = true;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_default_domain_change(group, IOMMU_DOMAIN_DMA_FQ));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(one));
	two->untrusted = false;
	KUNIT_EXPECT_EQ(test, 0,
			iommu_default_domain_change(group, IOMMU_DOMAIN_DMA_FQ));
	mock_device_unbind(two);
	mock_device_unbind(one);

	/* Nor may an idle group be given what its members do not allow. */
	two->untrusted = true;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_default_domain_change(group, IOMMU_DOMAIN_IDENTITY));
	mock_expect_in_default(test, one);
}

static void change_under_an_owner(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_unprobed(test, mock);
	struct iommu_domain *domain;
	struct iommu_group *group;

	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(mdev)));
	group = mock_dev(mdev)->iommu_group;
	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &owner));
	KUNIT_EXPECT_EQ(test, -EPERM,
			iommu_default_domain_change(group, IOMMU_DOMAIN_IDENTITY));
	iommu_group_release_dma_owner(group);

	domain = iommu_paging_domain_alloc(mock_dev(mdev));
	KUNIT_ASSERT_FALSE(test, IS_ERR(domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, group));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			iommu_default_domain_change(group, IOMMU_DOMAIN_IDENTITY));
	KUNIT_EXPECT_PTR_EQ(test, domain, mdev->attached);
	iommu_detach_group(domain, group);
	iommu_domain_free(domain);
}

/* Each step of a change fails in turn: the group keeps its domain. */
static void change_that_fails(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *one = mock_device_unprobed(test, mock);
	struct mock_device *two = mock_device_unprobed(test, mock);
	struct iommu_domain *before;
	struct iommu_group *group;
	unsigned int n;
	int ret;

	mock_policy = IOMMU_DOMAIN_IDENTITY;
	mock_device_resv(two, 0x100000, 0x1000, IOMMU_RESV_DIRECT);
	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(one)));
	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(two)));
	group = mock_dev(one)->iommu_group;
	before = iommu_group_default_domain(group);

	two->setup_dma_error = -EINVAL;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_default_domain_change(group, IOMMU_DOMAIN_DMA));
	two->setup_dma_error = 0;
	KUNIT_EXPECT_PTR_EQ(test, before, one->attached);
	KUNIT_EXPECT_PTR_EQ(test, before, two->attached);
	KUNIT_EXPECT_PTR_EQ(test, before, one->dma_domain);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));

	for (n = 1; n < 20; n++) {
		mock->step = 0;
		mock->fail_step = n;
		ret = iommu_default_domain_change(group, IOMMU_DOMAIN_DMA);
		mock->fail_step = 0;
		mock_expect_in_default(test, one);
		mock_expect_in_default(test, two);
		if (mock->step < n)
			break;
		/* A direct region that cannot be mapped is tried once more. */
		if (!ret)
			ret = iommu_default_domain_change(group,
							  IOMMU_DOMAIN_IDENTITY);
		KUNIT_EXPECT_PTR_EQ(test, before,
				    iommu_group_default_domain(group));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
	}
	KUNIT_EXPECT_GE(test, n, 4);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(one));
	KUNIT_EXPECT_EQ(test, 0x100000,
			iommu_iova_to_phys(one->attached, 0x100000));
}

static int change_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case change_cases[] = {
	KUNIT_CASE(change_of_an_idle_group),
	KUNIT_CASE(change_while_bound),
	KUNIT_CASE(live_deferral_is_checked),
	KUNIT_CASE(change_under_an_owner),
	KUNIT_CASE(change_that_fails),
	{}
};

static struct kunit_suite change_suite = {
	.name = "iommu-core-default-domain-change",
	.init = change_test_init,
	.test_cases = change_cases,
};

kunit_test_suite(change_suite);
