// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of attach.c: all members of a group move, or none, whichever of them
 * refuses.
 */
#include "core.h"
#include "mock.h"

#define MEMBERS 4

struct fixture {
	struct mock_iommu *mock;
	struct mock_device *mdevs[MEMBERS];
	struct iommu_group *group;
	struct iommu_domain *domain;
};

/* @count bound devices in one group, and a domain that nothing is attached to */
static struct fixture *make(struct kunit *test, int count)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->mock = mock_iommu_create(test);
	for (i = 0; i < count; i++)
		f->mdevs[i] = mock_device_probed(test, f->mock, 1);
	f->group = mock_dev(f->mdevs[0])->iommu_group;
	f->domain = mock_domain_create(test, mock_dev(f->mdevs[0]));
	return f;
}

static void expect_all_in(struct kunit *test, struct fixture *f, int count,
			  struct iommu_domain *domain)
{
	int i;

	for (i = 0; i < count; i++) {
		struct device *dev = mock_dev(f->mdevs[i]);

		KUNIT_EXPECT_PTR_EQ(test, domain, f->mdevs[i]->attached);
		KUNIT_EXPECT_PTR_EQ(test, domain, iommu_get_domain_for_dev(dev));
	}
}

static void device_alone(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct device *dev = mock_dev(f->mdevs[0]);
	struct iommu_domain *other = iommu_paging_domain_alloc(dev);

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device(f->domain, dev));
	expect_all_in(test, f, 1, f->domain);
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_attach_device(other, dev));
	expect_all_in(test, f, 1, f->domain);
	/* The DMA API's domain is not what is attached. */
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(f->group),
			    iommu_get_dma_domain(dev));
	iommu_detach_device(f->domain, dev);
	expect_all_in(test, f, 1, iommu_group_default_domain(f->group));
	iommu_domain_free(other);
}

static void device_in_company(struct kunit *test)
{
	struct fixture *f = make(test, 2);

	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_attach_device(f->domain, mock_dev(f->mdevs[0])));
	expect_all_in(test, f, 2, iommu_group_default_domain(f->group));
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_group(f->domain, f->group));
	expect_all_in(test, f, 2, f->domain);
	iommu_detach_group(f->domain, f->group);
	expect_all_in(test, f, 2, iommu_group_default_domain(f->group));
}

static void without_group(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct mock_device *bare = mock_device_create(test, f->mock, 9);

	KUNIT_EXPECT_EQ(test, -ENODEV,
			iommu_attach_device(f->domain, mock_dev(bare)));
	iommu_detach_device(f->domain, mock_dev(bare));
}

static void foreign_domain(struct kunit *test)
{
	struct fixture *one = make(test, 1);
	struct fixture *two = make(test, 1);

	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_group(two->domain,
							  one->group));
	expect_all_in(test, one, 1, iommu_group_default_domain(one->group));
}

/* The member at @n refuses: with what was there before in its place again. */
static void nth_member_refuses(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);
	struct iommu_domain *def = iommu_group_default_domain(f->group);
	struct device *culprit;
	int n, i;

	for (n = 0; n < MEMBERS; n++) {
		unsigned int before[MEMBERS];

		for (i = 0; i < MEMBERS; i++)
			before[i] = f->mdevs[i]->attaches;
		f->mock->calls[MOCK_ATTACH] = 0;
		f->mock->fail_at[MOCK_ATTACH] = n + 1;
		f->mock->error = -ENOSPC;
		KUNIT_EXPECT_EQ(test, -ENOSPC, iommu_attach_group(f->domain,
								  f->group));
		expect_all_in(test, f, MEMBERS, def);
		/* Those behind the one that refused were not touched. */
		for (i = n + 1; i < MEMBERS; i++)
			KUNIT_EXPECT_EQ(test, before[i], f->mdevs[i]->attaches);

		f->mock->calls[MOCK_ATTACH] = 0;
		mutex_lock(&f->group->mutex);
		KUNIT_EXPECT_EQ(test, -ENOSPC, iommu_group_attach(f->group, f->domain,
								  &culprit));
		mutex_unlock(&f->group->mutex);
		KUNIT_EXPECT_PTR_EQ(test, mock_dev(f->mdevs[n]), culprit);
		expect_all_in(test, f, MEMBERS, def);
	}
	f->mock->fail_at[MOCK_ATTACH] = 0;
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_group(f->domain, f->group));
	expect_all_in(test, f, MEMBERS, f->domain);
	iommu_detach_group(f->domain, f->group);
}

/* The first refuses the new domain, and the way back fails too. */
static void roll_back_that_fails_blocks(struct kunit *test)
{
	struct fixture *f = make(test, 3);
	struct iommu_domain *def = iommu_group_default_domain(f->group);

	f->mock->calls[MOCK_ATTACH] = 0;
	f->mock->fail_at[MOCK_ATTACH] = 2;
	f->mdevs[1]->refuse = -EIO;
	KUNIT_EXPECT_EQ(test, -ENOMEM, iommu_attach_group(f->domain, f->group));
	KUNIT_EXPECT_PTR_EQ(test, def, f->mdevs[0]->attached);
	KUNIT_EXPECT_PTR_EQ(test, &f->mock->blocked, f->mdevs[1]->attached);
	KUNIT_EXPECT_PTR_EQ(test, def, f->mdevs[2]->attached);
	f->mdevs[1]->refuse = 0;
}

static void detach_cannot_fail(struct kunit *test)
{
	struct fixture *f = make(test, 2);
	struct iommu_domain *def = iommu_group_default_domain(f->group);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domain, f->group));
	f->mdevs[0]->refuse = -EIO;
	iommu_detach_group(f->domain, f->group);
	/* It is out of the domain that its owner is about to free. */
	KUNIT_EXPECT_PTR_EQ(test, &f->mock->blocked, f->mdevs[0]->attached);
	KUNIT_EXPECT_PTR_EQ(test, def, f->mdevs[1]->attached);
	KUNIT_EXPECT_PTR_EQ(test, def,
			    iommu_get_domain_for_dev(mock_dev(f->mdevs[0])));
	f->mdevs[0]->refuse = 0;
}

static void replace(struct kunit *test)
{
	struct fixture *f = make(test, 2);
	struct iommu_domain *other;

	other = iommu_paging_domain_alloc(mock_dev(f->mdevs[0]));
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domain, f->group));
	f->mdevs[1]->refuse = -EINVAL;
	mutex_lock(&f->group->mutex);
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_group_attach(f->group, other, NULL));
	mutex_unlock(&f->group->mutex);
	f->mdevs[1]->refuse = 0;
	/* The one that refuses everything was blocked on its way back. */
	KUNIT_EXPECT_PTR_EQ(test, f->domain, f->mdevs[0]->attached);
	KUNIT_EXPECT_PTR_EQ(test, &f->mock->blocked, f->mdevs[1]->attached);

	mutex_lock(&f->group->mutex);
	KUNIT_EXPECT_EQ(test, 0, iommu_group_attach(f->group, other, NULL));
	mutex_unlock(&f->group->mutex);
	expect_all_in(test, f, 2, other);
	iommu_detach_group(other, f->group);
	iommu_domain_free(other);
}

static void direct_regions_forbid_blocking(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct device *dev = mock_dev(f->mdevs[0]);

	dev->iommu->require_direct = 1;
	mutex_lock(&f->group->mutex);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_group_attach(f->group, &f->mock->blocked, NULL));
	mutex_unlock(&f->group->mutex);
	expect_all_in(test, f, 1, iommu_group_default_domain(f->group));
}

static void domain_without_attach(struct kunit *test)
{
	static const struct iommu_domain_ops no_ops;
	struct fixture *f = make(test, 1);
	struct iommu_domain deaf = { .ops = &no_ops, .owner = &f->mock->ops };

	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_attach_group(&deaf, f->group));
	expect_all_in(test, f, 1, iommu_group_default_domain(f->group));
}

/* The last member leaves while a user's domain is attached. */
static void member_leaves_first(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct iommu_group *group = iommu_group_ref_get(f->group);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domain, group));
	mock_device_remove(f->mdevs[0]);
	iommu_detach_group(f->domain, group);
	KUNIT_EXPECT_NULL(test, iommu_group_default_domain(group));
	KUNIT_EXPECT_NULL(test, group->domain);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->mock->domains));
	iommu_group_put(group);
}

static int attach_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE(device_alone),
	KUNIT_CASE(device_in_company),
	KUNIT_CASE(without_group),
	KUNIT_CASE(foreign_domain),
	KUNIT_CASE(nth_member_refuses),
	KUNIT_CASE(roll_back_that_fails_blocks),
	KUNIT_CASE(detach_cannot_fail),
	KUNIT_CASE(replace),
	KUNIT_CASE(direct_regions_forbid_blocking),
	KUNIT_CASE(domain_without_attach),
	KUNIT_CASE(member_leaves_first),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "iommu-core-attach",
	.init = attach_test_init,
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);
