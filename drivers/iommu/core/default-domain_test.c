// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of default-domain.c: what a group gets, and what a later member
 * changes.
 */
#include "core.h"
#include "mock.h"

static int owner;

/* Devices with ids, waiting on their bus for the instance's registration. */
static void wait_on_bus(struct kunit *test, struct mock_iommu *mock,
			struct mock_device **mdevs, int count)
{
	int i;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	for (i = 0; i < count; i++) {
		mdevs[i] = mock_device_create(test, mock, 1);
		KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdevs[i]));
	}
	mock_iommu_unregister(mock);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdevs[i]));
	memset(mock->calls, 0, sizeof(mock->calls));
}

static void expect_out(struct kunit *test, struct mock_device *mdev)
{
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
	KUNIT_EXPECT_NULL(test, mdev->attached);
}

/* One device alone: what policy, driver and trust make of it. */
static void decisions(struct kunit *test)
{
	static const struct {
		unsigned int policy;
		int wish;
		bool untrusted;
		bool deferrable;
		unsigned int type;
	} cases[] = {
		{ IOMMU_DOMAIN_DMA, 0, false, true, IOMMU_DOMAIN_DMA },
		{ IOMMU_DOMAIN_DMA_FQ, 0, false, true, IOMMU_DOMAIN_DMA_FQ },
		{ IOMMU_DOMAIN_DMA_FQ, 0, false, false, IOMMU_DOMAIN_DMA },
		{ IOMMU_DOMAIN_IDENTITY, 0, false, true, IOMMU_DOMAIN_IDENTITY },
		{ IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_DMA, false, true,
		  IOMMU_DOMAIN_DMA },
		{ IOMMU_DOMAIN_DMA_FQ, IOMMU_DOMAIN_DMA, false, true,
		  IOMMU_DOMAIN_DMA_FQ },
		{ IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_IDENTITY, false, true,
		  IOMMU_DOMAIN_IDENTITY },
		{ IOMMU_DOMAIN_DMA_FQ, 0, true, true, IOMMU_DOMAIN_DMA },
		{ IOMMU_DOMAIN_IDENTITY, 0, true, true, IOMMU_DOMAIN_DMA },
		{ IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA, true, true,
		  IOMMU_DOMAIN_DMA },
	};
	struct mock_iommu *mock = mock_iommu_create(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mock_device *mdev;

		mock_policy = cases[i].policy;
		mock->capable = 0;
		if (cases[i].deferrable)
			mock->capable = BIT(IOMMU_CAP_DEFERRED_FLUSH);
		mdev = mock_device_unprobed(test, mock);
		mdev->def_type = cases[i].wish;
		mdev->untrusted = cases[i].untrusted;
		KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(mdev)));
		KUNIT_EXPECT_EQ_MSG(test, cases[i].type, mock_default_type(mdev),
				    "case %d", i);
		mock_expect_in_default(test, mdev);
		mock_device_remove(mdev);
	}
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
}

static void untrusted_is_never_passed_through(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_unprobed(test, mock);

	mdev->untrusted = true;
	mdev->def_type = IOMMU_DOMAIN_IDENTITY;
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_probe_device(mock_dev(mdev)));
	expect_out(test, mdev);
}

static void walk_asks_all_members(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[3];
	int i;

	wait_on_bus(test, mock, mdevs, 3);
	/* The last one decides, and the first is attached only once. */
	mdevs[2]->def_type = IOMMU_DOMAIN_IDENTITY;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY,
				mock_default_type(mdevs[i]));
		mock_expect_in_default(test, mdevs[i]);
		KUNIT_EXPECT_EQ(test, 1, mdevs[i]->attaches);
	}
	KUNIT_EXPECT_EQ(test, 0, mock->calls[MOCK_ALLOC]);
	KUNIT_EXPECT_EQ(test, 3, mock->calls[MOCK_FINALIZE]);
}

static void contradiction_means_identity(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[2];

	wait_on_bus(test, mock, mdevs, 2);
	mdevs[0]->def_type = IOMMU_DOMAIN_IDENTITY;
	mdevs[1]->def_type = IOMMU_DOMAIN_DMA;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY, mock_default_type(mdevs[0]));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY, mock_default_type(mdevs[1]));
}

static void falls_back_to_dma(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev;

	/* No identity domain to be had, and nobody insisted on one. */
	mock_policy = IOMMU_DOMAIN_IDENTITY;
	mock->ops.identity_domain = NULL;
	mdev = mock_device_unprobed(test, mock);
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(mdev)));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(mdev));
	mock_device_remove(mdev);

	mdev = mock_device_unprobed(test, mock);
	mdev->def_type = IOMMU_DOMAIN_IDENTITY;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, iommu_probe_device(mock_dev(mdev)));
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
}

static void legacy_default_domain(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct iommu_domain *platform = &mock->identity;
	struct mock_device *mdev;

	platform->type = IOMMU_DOMAIN_PLATFORM;
	mock->ops.default_domain = platform;
	mock->ops.identity_domain = NULL;
	mdev = mock_device_unprobed(test, mock);
	mdev->def_type = IOMMU_DOMAIN_DMA;
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(mdev)));
	KUNIT_EXPECT_PTR_EQ(test, platform, mdev->attached);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_default_domain_change(mock_dev(mdev)->iommu_group,
						    IOMMU_DOMAIN_DMA));
	KUNIT_EXPECT_PTR_EQ(test, platform, mdev->attached);
	mock_device_remove(mdev);
}

/* A fault of mainline: only the first member's regions counted. */
static void every_members_regions_are_mapped(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[2];
	struct iommu_domain *domain;

	wait_on_bus(test, mock, mdevs, 2);
	mock_device_resv(mdevs[0], 0x100000, 0x1000, IOMMU_RESV_DIRECT);
	mock_device_resv(mdevs[1], 0x200000, 0x2000, IOMMU_RESV_DIRECT_RELAXABLE);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	mock_expect_in_default(test, mdevs[0]);
	mock_expect_in_default(test, mdevs[1]);
	domain = mdevs[0]->attached;
	KUNIT_EXPECT_EQ(test, 0x100000, iommu_iova_to_phys(domain, 0x100000));
	KUNIT_EXPECT_EQ(test, 0x200000, iommu_iova_to_phys(domain, 0x200000));
	KUNIT_EXPECT_EQ(test, 0x201000, iommu_iova_to_phys(domain, 0x201000));
	KUNIT_EXPECT_EQ(test, 0, iommu_iova_to_phys(domain, 0x101000));
	KUNIT_EXPECT_TRUE(test, mock_dev(mdevs[0])->iommu->require_direct);
	KUNIT_EXPECT_FALSE(test, mock_dev(mdevs[1])->iommu->require_direct);
}

static void late_member_brings_its_regions(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);

	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(first));
	mock_device_resv(late, 0x300000, 0x1000, IOMMU_RESV_DIRECT);
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(late));
	mock_expect_in_default(test, late);
	KUNIT_EXPECT_PTR_EQ(test, first->attached, late->attached);
	KUNIT_EXPECT_EQ(test, 1, first->attaches);
	KUNIT_EXPECT_EQ(test, 0x300000,
			iommu_iova_to_phys(first->attached, 0x300000));
	mock_device_unbind(late);
	mock_device_unbind(first);
}

/* What the member reserves is in use: it is refused, the others go on. */
static void late_member_in_conflict(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);

	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(first));
	late->setup_dma_error = -EBUSY;
	mock_device_resv(late, 0x300000, 0x1000, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, -EBUSY, mock_device_bind(late));
	expect_out(test, late);
	mock_expect_in_default(test, first);
	KUNIT_EXPECT_EQ(test, 0,
			iommu_iova_to_phys(first->attached, 0x300000));
	/* The conflict goes away. */
	late->setup_dma_error = 0;
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(late));
	mock_expect_in_default(test, late);
	mock_device_unbind(late);
	mock_device_unbind(first);
}

static void late_wish_while_idle(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);

	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(first)));
	KUNIT_ASSERT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(first));
	late->def_type = IOMMU_DOMAIN_IDENTITY;
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(late)));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY, mock_default_type(first));
	mock_expect_in_default(test, first);
	mock_expect_in_default(test, late);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
}

static void late_wish_while_bound(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);

	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(first));
	late->def_type = IOMMU_DOMAIN_IDENTITY;
	KUNIT_EXPECT_EQ(test, -EBUSY, mock_device_bind(late));
	KUNIT_EXPECT_NULL(test, mock_dev(late)->iommu_group);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(first));
	mock_expect_in_default(test, first);
	mock_device_unbind(first);
}

static void late_untrusted_member(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);

	mock_policy = IOMMU_DOMAIN_DMA_FQ;
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(first));
	KUNIT_ASSERT_EQ(test, IOMMU_DOMAIN_DMA_FQ, mock_default_type(first));
	late->untrusted = true;
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(late));
	/* The same domain, strict from now on. */
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(first));
	KUNIT_EXPECT_EQ(test, 1, first->attaches);
	mock_expect_in_default(test, late);
	mock_device_unbind(late);
	mock_device_unbind(first);
}

static void late_untrusted_member_of_identity(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);

	mock_policy = IOMMU_DOMAIN_IDENTITY;
	KUNIT_ASSERT_EQ(test, 0, mock_device_bind(first));
	late->untrusted = true;
	KUNIT_EXPECT_EQ(test, -EBUSY, mock_device_bind(late));
	KUNIT_EXPECT_NULL(test, mock_dev(late)->iommu_group);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY, mock_default_type(first));
	mock_device_unbind(first);
	/* With no driver bound, the group becomes translated. */
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(late)));
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_DMA, mock_default_type(first));
	mock_expect_in_default(test, first);
	mock_expect_in_default(test, late);
}

static void late_member_of_an_owned_group(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *first = mock_device_unprobed(test, mock);
	struct mock_device *late = mock_device_unprobed(test, mock);
	struct iommu_group *group;

	KUNIT_ASSERT_EQ(test, 0, iommu_probe_device(mock_dev(first)));
	group = mock_dev(first)->iommu_group;
	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(group, &owner));
	KUNIT_EXPECT_EQ(test, -EBUSY, mock_device_bind(late));
	/* It is behind the instance, but where the owner wants it. */
	KUNIT_EXPECT_PTR_EQ(test, group, mock_dev(late)->iommu_group);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, late->attached);
	iommu_group_release_dma_owner(group);
	mock_expect_in_default(test, first);
	mock_expect_in_default(test, late);
}

static void walk_goes_on_without_the_culprit(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[3];
	int bad;

	for (bad = 0; bad < 3; bad++) {
		int i;

		wait_on_bus(test, mock, mdevs, 3);
		mdevs[bad]->setup_dma_error = -EINVAL;
		KUNIT_EXPECT_EQ(test, 0, mock_iommu_register(mock));
		for (i = 0; i < 3; i++) {
			if (i != bad)
				mock_expect_in_default(test, mdevs[i]);
			else
				expect_out(test, mdevs[i]);
		}
		KUNIT_EXPECT_EQ(test, 1, atomic_read(&mock->domains));
		for (i = 0; i < 3; i++)
			mock_device_remove(mdevs[i]);
		mock_iommu_unregister(mock);
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));
	}
}

/* No blocked domain to park the others in: nobody may keep the freed domain. */
static void walk_without_blocking(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdevs[3];
	int i;

	mock->ops.blocked_domain = NULL;
	wait_on_bus(test, mock, mdevs, 3);
	mdevs[1]->refuse = -EIO;
	KUNIT_EXPECT_EQ(test, 0, mock_iommu_register(mock));
	for (i = 0; i < 3; i++)
		expect_out(test, mdevs[i]);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mock->domains));

	/* One by one those that can do come in. */
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(mdevs[0]));
	KUNIT_EXPECT_EQ(test, -EIO, mock_device_bind(mdevs[1]));
	KUNIT_EXPECT_EQ(test, 0, mock_device_bind(mdevs[2]));
	mock_expect_in_default(test, mdevs[0]);
	mock_expect_in_default(test, mdevs[2]);
	mock_device_unbind(mdevs[0]);
	mock_device_unbind(mdevs[2]);
}

/* A driver that has no tables before something is attached. */
static int attach_then_map(struct iommu_domain *domain, struct device *dev)
{
	to_mock_device(dev)->attached = domain;
	to_mock_device(dev)->attaches++;
	domain->pgsize_bitmap = MOCK_PAGE_SIZE;
	return 0;
}

static void direct_regions_after_attach(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev;

	mock->ops.pgsize_bitmap = 0;
	mock->domain_ops.attach_dev = attach_then_map;
	mdev = mock_device_unprobed(test, mock);
	mock_device_resv(mdev, 0x100000, 0x1000, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(mdev)));
	mock_expect_in_default(test, mdev);
	KUNIT_EXPECT_EQ(test, 0x100000,
			iommu_iova_to_phys(mdev->attached, 0x100000));
}

static int default_domain_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case default_domain_cases[] = {
	KUNIT_CASE(decisions),
	KUNIT_CASE(untrusted_is_never_passed_through),
	KUNIT_CASE(walk_asks_all_members),
	KUNIT_CASE(contradiction_means_identity),
	KUNIT_CASE(falls_back_to_dma),
	KUNIT_CASE(legacy_default_domain),
	KUNIT_CASE(every_members_regions_are_mapped),
	KUNIT_CASE(late_member_brings_its_regions),
	KUNIT_CASE(late_member_in_conflict),
	KUNIT_CASE(late_wish_while_idle),
	KUNIT_CASE(late_wish_while_bound),
	KUNIT_CASE(late_untrusted_member),
	KUNIT_CASE(late_untrusted_member_of_identity),
	KUNIT_CASE(late_member_of_an_owned_group),
	KUNIT_CASE(walk_goes_on_without_the_culprit),
	KUNIT_CASE(walk_without_blocking),
	KUNIT_CASE(direct_regions_after_attach),
	{}
};

static struct kunit_suite default_domain_suite = {
	.name = "iommu-core-default-domain",
	.init = default_domain_test_init,
	.test_cases = default_domain_cases,
};

kunit_test_suite(default_domain_suite);
