// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of handle.c: who looks for the handle of an attachment finds the one of
 * what is attached, also while that changes, and after a change that failed.
 */
#include <kunit/static_stub.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "core.h"
#include "mock.h"
#include "pasid.h"

#define MEMBERS	3

struct fixture {
	struct mock_iommu *mock;
	struct mock_device *mdevs[MEMBERS];
	struct iommu_group *group;
	struct iommu_domain *domains[2];
	struct iommu_attach_handle handles[2];
};

static int alice;

static void release_owner(void *group)
{
	iommu_group_release_dma_owner(group);
	iommu_group_put(group);
}

/* @count members in one group that has an owner, and two domains */
static struct fixture *make(struct kunit *test, int count)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->mock = mock_iommu_create(test);
	for (i = 0; i < count; i++)
		f->mdevs[i] = mock_device_probed(test, f->mock, 1);
	f->group = mock_dev(f->mdevs[0])->iommu_group;
	for (i = 0; i < 2; i++)
		f->domains[i] = mock_domain_create(test, mock_dev(f->mdevs[0]));
	KUNIT_ASSERT_EQ(test, 0, iommu_group_claim_dma_owner(f->group, &alice));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, release_owner,
							   iommu_group_ref_get(f->group)));
	return f;
}

static struct iommu_attach_handle *handle_of(struct fixture *f)
{
	return iommu_attach_handle_get(f->group, IOMMU_NO_PASID, 0);
}

static void expect_all_in(struct kunit *test, struct fixture *f, int count,
			  struct iommu_domain *domain)
{
	int i;

	for (i = 0; i < count; i++)
		KUNIT_EXPECT_PTR_EQ(test, domain, f->mdevs[i]->attached);
}

static void expect_none(struct kunit *test, struct fixture *f)
{
	KUNIT_EXPECT_EQ(test, -ENOENT, PTR_ERR(handle_of(f)));
	KUNIT_EXPECT_TRUE(test, xa_empty(&f->group->pasids));
}

static void attach_and_detach(struct kunit *test)
{
	struct fixture *f = make(test, 2);

	expect_none(test, f);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	expect_all_in(test, f, 2, f->domains[0]);
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], handle_of(f));
	KUNIT_EXPECT_PTR_EQ(test, f->domains[0], f->handles[0].domain);
	iommu_detach_group_handle(f->domains[0], f->group);
	/* It has an owner. */
	expect_all_in(test, f, 2, &f->mock->blocked);
	expect_none(test, f);
}

static void type_is_checked(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0],
			    iommu_attach_handle_get(f->group, IOMMU_NO_PASID,
						    IOMMU_DOMAIN_UNMANAGED));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			PTR_ERR(iommu_attach_handle_get(f->group, IOMMU_NO_PASID,
							IOMMU_DOMAIN_SVA)));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			PTR_ERR(iommu_attach_handle_get(f->group, 1,
							IOMMU_DOMAIN_SVA)));
	iommu_detach_group_handle(f->domains[0], f->group);
}

static void one_at_a_time(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_attach_group_handle(f->domains[1],
								f->group,
								&f->handles[1]));
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], handle_of(f));
	expect_all_in(test, f, 1, f->domains[0]);
	iommu_detach_group_handle(f->domains[0], f->group);

	/* Nor over what somebody attached without one. */
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domains[0], f->group));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_attach_group_handle(f->domains[1],
								f->group,
								&f->handles[1]));
	expect_none(test, f);
	iommu_detach_group(f->domains[0], f->group);
}

static void nth_member_refuses_attach(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);
	int n;

	for (n = 1; n <= MEMBERS; n++) {
		f->mock->calls[MOCK_ATTACH] = 0;
		f->mock->fail_at[MOCK_ATTACH] = n;
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				iommu_attach_group_handle(f->domains[0], f->group,
							  &f->handles[0]));
		expect_all_in(test, f, MEMBERS, &f->mock->blocked);
		expect_none(test, f);
		KUNIT_EXPECT_NULL(test, f->handles[0].domain);
	}
}

static void replace(struct kunit *test)
{
	struct fixture *f = make(test, 2);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	KUNIT_EXPECT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[1],
							    &f->handles[1]));
	expect_all_in(test, f, 2, f->domains[1]);
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[1], handle_of(f));
	KUNIT_EXPECT_PTR_EQ(test, f->domains[1], f->handles[1].domain);
	/* The same domain with another handle. */
	KUNIT_EXPECT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[1],
							    &f->handles[0]));
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], handle_of(f));
	KUNIT_EXPECT_PTR_EQ(test, f->domains[1], f->handles[0].domain);
	iommu_detach_group_handle(f->domains[1], f->group);
	expect_none(test, f);
}

static void replace_without_handle(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	KUNIT_EXPECT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[1],
							    NULL));
	expect_all_in(test, f, 1, f->domains[1]);
	expect_none(test, f);
	KUNIT_EXPECT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[0],
							    &f->handles[1]));
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[1], handle_of(f));
	iommu_detach_group_handle(f->domains[0], f->group);
}

/* The old domain, the old handle: as if nobody had asked. */
static void nth_member_refuses_replacement(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);
	int n;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	for (n = 1; n <= MEMBERS; n++) {
		f->mock->calls[MOCK_ATTACH] = 0;
		f->mock->fail_at[MOCK_ATTACH] = n;
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				iommu_replace_group_handle(f->group, f->domains[1],
							   &f->handles[1]));
		expect_all_in(test, f, MEMBERS, f->domains[0]);
		KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], handle_of(f));
		KUNIT_EXPECT_PTR_EQ(test, f->domains[0], f->handles[0].domain);
		KUNIT_EXPECT_NULL(test, f->handles[1].domain);
	}
	f->mock->fail_at[MOCK_ATTACH] = 0;
	iommu_detach_group_handle(f->domains[0], f->group);
	expect_none(test, f);
}

/* Where there was no handle before, the failure leaves no reserved slot. */
static void replacement_that_fails_leaves_no_slot(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domains[0], f->group));
	f->mock->calls[MOCK_ATTACH] = 0;
	f->mock->fail_at[MOCK_ATTACH] = 1;
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			iommu_replace_group_handle(f->group, f->domains[1],
						   &f->handles[1]));
	expect_all_in(test, f, 1, f->domains[0]);
	expect_none(test, f);
	f->mock->fail_at[MOCK_ATTACH] = 0;
	iommu_detach_group(f->domains[0], f->group);
}

static void foreign_domain(struct kunit *test)
{
	struct fixture *f = make(test, 1), *other = make(test, 1);

	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_attach_group_handle(other->domains[0], f->group,
						  &f->handles[0]));
	expect_none(test, f);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_replace_group_handle(f->group, other->domains[0],
						   &f->handles[1]));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_group_replace_domain(f->group, other->domains[0]));
	expect_all_in(test, f, 1, f->domains[0]);
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], handle_of(f));
	iommu_detach_group_handle(f->domains[0], f->group);
}

static void replace_domain_alone(struct kunit *test)
{
	struct fixture *f = make(test, 2);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domains[0], f->group));
	KUNIT_EXPECT_EQ(test, 0, iommu_group_replace_domain(f->group, f->domains[1]));
	expect_all_in(test, f, 2, f->domains[1]);
	iommu_detach_group(f->domains[1], f->group);
}

static void member_leaves_first(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	mock_device_remove(f->mdevs[0]);
	/* Still to be found by its owner, who frees it. */
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], handle_of(f));
	iommu_detach_group_handle(f->domains[0], f->group);
	expect_none(test, f);
}

/* What a fault would find at the moment when hardware changes */
static struct iommu_attach_handle *seen;

static int look_and_attach(struct iommu_domain *domain, struct device *dev)
{
	seen = iommu_attach_handle_get(dev->iommu_group, IOMMU_NO_PASID, 0);
	to_mock_device(dev)->attached = domain;
	return 0;
}

static void switch_comes_before_handle(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	f->mock->domain_ops.attach_dev = look_and_attach;
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	KUNIT_EXPECT_EQ(test, -ENOENT, PTR_ERR(seen));
	KUNIT_ASSERT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[1],
							    &f->handles[1]));
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[0], seen);
	KUNIT_ASSERT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[0],
							    NULL));
	KUNIT_EXPECT_PTR_EQ(test, &f->handles[1], seen);
	iommu_detach_group_handle(f->domains[0], f->group);
}

static int no_slot(struct iommu_group *group, ioasid_t pasid)
{
	return -ENOMEM;
}

/* Before anything is switched. */
static void slot_without_memory(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	unsigned int attaches = f->mdevs[0]->attaches;

	kunit_activate_static_stub(test, iommu_handle_reserve, no_slot);
	KUNIT_EXPECT_EQ(test, -ENOMEM, iommu_attach_group_handle(f->domains[0],
								 f->group,
								 &f->handles[0]));
	expect_none(test, f);
	KUNIT_EXPECT_EQ(test, attaches, f->mdevs[0]->attaches);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(f->domains[0], f->group));
	attaches = f->mdevs[0]->attaches;
	KUNIT_EXPECT_EQ(test, -ENOMEM, iommu_replace_group_handle(f->group,
								  f->domains[1],
								  &f->handles[1]));
	expect_none(test, f);
	expect_all_in(test, f, 1, f->domains[0]);
	KUNIT_EXPECT_EQ(test, attaches, f->mdevs[0]->attaches);
	/* Without a handle it needs none. */
	KUNIT_EXPECT_EQ(test, 0, iommu_replace_group_handle(f->group, f->domains[1],
							    NULL));
	kunit_deactivate_static_stub(test, iommu_handle_reserve);
	iommu_detach_group(f->domains[1], f->group);
}

struct seeker {
	struct fixture *f;
	unsigned int found, lost;
};

/* While one handle takes the other's place, there is always one. */
static int seek(void *data)
{
	struct seeker *seeker = data;
	struct iommu_attach_handle *handle;

	while (!kthread_should_stop()) {
		handle = iommu_attach_handle_get(seeker->f->group, IOMMU_NO_PASID,
						 IOMMU_DOMAIN_UNMANAGED);
		if (handle == &seeker->f->handles[0] ||
		    handle == &seeker->f->handles[1])
			seeker->found++;
		else
			seeker->lost++;
		cond_resched();
	}
	return 0;
}

static void replace_is_seamless(struct kunit *test)
{
	struct fixture *f = make(test, 2);
	struct seeker seeker = { .f = f };
	struct task_struct *task;
	int i;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(f->domains[0], f->group,
							   &f->handles[0]));
	task = kthread_run(seek, &seeker, "handle-seeker");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 1; i <= 2000 || !READ_ONCE(seeker.found); i++) {
		KUNIT_ASSERT_EQ(test, 0,
				iommu_replace_group_handle(f->group, f->domains[i % 2],
							   &f->handles[i % 2]));
		cond_resched();
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, 0, seeker.lost);
	iommu_detach_group_handle(f->domains[(i - 1) % 2], f->group);
}

static int handle_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case handle_cases[] = {
	KUNIT_CASE(attach_and_detach),
	KUNIT_CASE(type_is_checked),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(nth_member_refuses_attach),
	KUNIT_CASE(replace),
	KUNIT_CASE(replace_without_handle),
	KUNIT_CASE(nth_member_refuses_replacement),
	KUNIT_CASE(replacement_that_fails_leaves_no_slot),
	KUNIT_CASE(foreign_domain),
	KUNIT_CASE(replace_domain_alone),
	KUNIT_CASE(member_leaves_first),
	KUNIT_CASE(switch_comes_before_handle),
	KUNIT_CASE(slot_without_memory),
	KUNIT_CASE_SLOW(replace_is_seamless),
	{}
};

static struct kunit_suite handle_suite = {
	.name = "iommu-core-handle",
	.init = handle_test_init,
	.test_cases = handle_cases,
};

kunit_test_suite(handle_suite);
