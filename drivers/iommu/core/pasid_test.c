// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of pasid.c: what is attached to a PASID is attached for all members that
 * can have it, or none, and goes when they go.
 */
#include <kunit/static_stub.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "core.h"
#include "mock.h"
#include "mock-failslab.h"
#include "pasid.h"

#define MEMBERS	4
#define BITS	4
#define PASIDS	BIT(BITS)

struct fixture {
	struct mock_iommu *mock;
	struct mock_device *mdevs[MEMBERS];
	struct device *dev;
	struct iommu_group *group;
	struct iommu_domain *domain;
	struct iommu_attach_handle handle;
};

/* @bits: width of its PASIDs, or 0 */
static struct mock_device *add(struct kunit *test, struct mock_iommu *mock, u32 bits)
{
	struct mock_device *mdev = mock_device_create(test, mock, 1);

	if (bits)
		KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(mdev, bits));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	return mdev;
}

/* @count members with PASIDs in one group, and a domain */
static struct fixture *make(struct kunit *test, int count)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->mock = mock_iommu_create(test);
	mock_iommu_pasids(f->mock, BIT(20));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(f->mock));
	for (i = 0; i < count; i++)
		f->mdevs[i] = add(test, f->mock, BITS);
	f->dev = mock_dev(f->mdevs[0]);
	f->group = f->dev->iommu_group;
	KUNIT_ASSERT_NOT_NULL(test, f->group);
	f->domain = mock_domain_create(test, f->dev);
	return f;
}

static void expect_all_have(struct kunit *test, struct fixture *f, int count,
			    ioasid_t pasid, struct iommu_domain *domain)
{
	int i;

	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_PTR_EQ_MSG(test, domain,
					mock_device_pasid(f->mdevs[i], pasid),
					"member %d, PASID %u", i, pasid);
		KUNIT_EXPECT_EQ(test, 0, f->mdevs[i]->wrong_pasids);
	}
}

static void attach_and_detach(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct iommu_domain *now = iommu_get_domain_for_dev(f->dev);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 5,
							   &f->handle));
	expect_all_have(test, f, 1, 5, f->domain);
	KUNIT_EXPECT_PTR_EQ(test, f->domain, f->handle.domain);
	KUNIT_EXPECT_PTR_EQ(test, &f->handle,
			    iommu_attach_handle_get(f->group, 5, 0));
	/* What is attached without PASID is not concerned. */
	KUNIT_EXPECT_PTR_EQ(test, now, iommu_get_domain_for_dev(f->dev));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			PTR_ERR(iommu_attach_handle_get(f->group, 0, 0)));

	iommu_detach_device_pasid(f->domain, f->dev, 5);
	expect_all_have(test, f, 1, 5, NULL);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			PTR_ERR(iommu_attach_handle_get(f->group, 5, 0)));
	KUNIT_EXPECT_TRUE(test, xa_empty(&f->group->pasids));
}

static void without_handle(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 5,
							   NULL));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			PTR_ERR(iommu_attach_handle_get(f->group, 5, 0)));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_attach_device_pasid(f->domain, f->dev, 5,
								&f->handle));
	f->mdevs[1] = add(test, f->mock, BITS);
	expect_all_have(test, f, 2, 5, f->domain);
	iommu_detach_device_pasid(f->domain, f->dev, 5);
	expect_all_have(test, f, 2, 5, NULL);
}

static void several_pasids(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct iommu_domain *other = mock_domain_create(test, f->dev);
	struct iommu_attach_handle handle;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 1,
							   &f->handle));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_attach_device_pasid(other, f->dev, 1,
								&handle));
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device_pasid(other, f->dev, PASIDS - 1,
							   &handle));
	/* One domain may have several. */
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 7, NULL));
	iommu_detach_device_pasid(f->domain, f->dev, 1);
	expect_all_have(test, f, 1, 1, NULL);
	expect_all_have(test, f, 1, 7, f->domain);
	expect_all_have(test, f, 1, PASIDS - 1, other);
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device_pasid(other, f->dev, 1, NULL));
	expect_all_have(test, f, 1, 1, other);
	iommu_detach_device_pasid(other, f->dev, 1);
	iommu_detach_device_pasid(other, f->dev, PASIDS - 1);
	iommu_detach_device_pasid(f->domain, f->dev, 7);
}

/* None of these comes as far as the driver. */
static void what_cannot_be(struct kunit *test)
{
	struct fixture *f = make(test, 1), *foreign = make(test, 1);
	struct mock_device *bare = mock_device_create(test, f->mock, 9);
	struct device *dev = f->dev;
	struct mock_iommu *mock = f->mock;
	typeof(mock->ops.remove_dev_pasid) remove = mock->ops.remove_dev_pasid;

	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_attach_device_pasid(f->domain,
								 mock_dev(bare), 1,
								 NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_device_pasid(f->domain, dev,
								 IOMMU_NO_PASID, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_device_pasid(f->domain, dev,
								 PASIDS, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_device_pasid(f->domain, dev,
								 IOMMU_PASID_INVALID,
								 NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_device_pasid(foreign->domain, dev,
								 1, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_device_pasid(&mock->blocked, dev,
								 1, NULL));
	/* What could not be taken away again is not given. */
	mock->ops.remove_dev_pasid = NULL;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, iommu_attach_device_pasid(f->domain, dev, 1,
								     NULL));
	mock->ops.remove_dev_pasid = remove;
	mock->domain_ops.set_dev_pasid = NULL;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, iommu_attach_device_pasid(f->domain, dev, 1,
								     NULL));
	KUNIT_EXPECT_EQ(test, 0, mock->calls[MOCK_SET_PASID]);
	KUNIT_EXPECT_TRUE(test, xa_empty(&f->group->pasids));
	iommu_detach_device_pasid(f->domain, mock_dev(bare), 1);
}

/* Those without PASIDs are passed over, unless they are asked for by name. */
static void members_differ(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	f->mdevs[1] = add(test, f->mock, 0);
	f->mdevs[2] = add(test, f->mock, BITS - 1);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iommu_attach_device_pasid(f->domain, mock_dev(f->mdevs[1]),
						  1, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_attach_device_pasid(f->domain, f->dev,
								 PASIDS / 2, NULL));
	KUNIT_EXPECT_EQ(test, 0, f->mock->calls[MOCK_SET_PASID]);
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev,
							   PASIDS / 2 - 1, NULL));
	KUNIT_EXPECT_EQ(test, 2, f->mock->calls[MOCK_SET_PASID]);
	expect_all_have(test, f, 1, PASIDS / 2 - 1, f->domain);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(f->mdevs[1], PASIDS / 2 - 1));
	KUNIT_EXPECT_PTR_EQ(test, f->domain,
			    mock_device_pasid(f->mdevs[2], PASIDS / 2 - 1));
	/* Whichever member is named. */
	iommu_detach_device_pasid(f->domain, mock_dev(f->mdevs[2]), PASIDS / 2 - 1);
	expect_all_have(test, f, 3, PASIDS / 2 - 1, NULL);
	KUNIT_EXPECT_EQ(test, 2, f->mock->calls[MOCK_CLEAR_PASID]);
}

static void nth_member_refuses(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);
	unsigned int n, cleared;

	f->mock->error = -ENOSPC;
	for (n = 1; n <= MEMBERS; n++) {
		cleared = f->mock->calls[MOCK_CLEAR_PASID];
		f->mock->calls[MOCK_SET_PASID] = 0;
		f->mock->fail_at[MOCK_SET_PASID] = n;
		KUNIT_EXPECT_EQ(test, -ENOSPC,
				iommu_attach_device_pasid(f->domain, f->dev, 3,
							  &f->handle));
		expect_all_have(test, f, MEMBERS, 3, NULL);
		/* Those before it, and neither itself nor those behind it. */
		KUNIT_EXPECT_EQ(test, cleared + n - 1,
				f->mock->calls[MOCK_CLEAR_PASID]);
		KUNIT_EXPECT_EQ(test, n, f->mock->calls[MOCK_SET_PASID]);
		KUNIT_EXPECT_TRUE(test, xa_empty(&f->group->pasids));
		KUNIT_EXPECT_NULL(test, f->handle.domain);
	}
	f->mock->fail_at[MOCK_SET_PASID] = 0;
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 3,
							   &f->handle));
	expect_all_have(test, f, MEMBERS, 3, f->domain);
	iommu_detach_device_pasid(f->domain, f->dev, 3);
	expect_all_have(test, f, MEMBERS, 3, NULL);
}

static void late_member_gets_them(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct iommu_domain *other = mock_domain_create(test, f->dev);
	struct mock_device *without;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 2,
							   &f->handle));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(other, f->dev, 3, NULL));
	f->mdevs[1] = add(test, f->mock, BITS);
	expect_all_have(test, f, 2, 2, f->domain);
	expect_all_have(test, f, 2, 3, other);
	without = add(test, f->mock, 0);
	KUNIT_EXPECT_PTR_EQ(test, f->group, mock_dev(without)->iommu_group);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(without, 2));

	iommu_detach_device_pasid(f->domain, f->dev, 2);
	expect_all_have(test, f, 2, 2, NULL);
	expect_all_have(test, f, 2, 3, other);
	iommu_detach_device_pasid(other, f->dev, 3);
	expect_all_have(test, f, 2, 3, NULL);
	KUNIT_EXPECT_EQ(test, 0, without->wrong_pasids);
}

/* It stays out of the group, and what the others have is not touched. */
static void late_member_is_refused(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct mock_device *narrow = mock_device_create(test, f->mock, 1);
	struct mock_device *stubborn = mock_device_create(test, f->mock, 1);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 1, NULL));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 9,
							   &f->handle));

	/* It can have the first, but not the second. */
	KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(narrow, BITS - 1));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(narrow));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(narrow));
	KUNIT_EXPECT_NULL(test, mock_dev(narrow)->iommu_group);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(narrow, 1));
	KUNIT_EXPECT_EQ(test, 0, narrow->wrong_pasids);
	KUNIT_EXPECT_FALSE(test, narrow->claimed);

	stubborn->refuse_pasid = -EIO;
	KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(stubborn, BITS));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(stubborn));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(stubborn));
	KUNIT_EXPECT_NULL(test, mock_dev(stubborn)->iommu_group);
	KUNIT_EXPECT_EQ(test, -EIO, iommu_probe_device(mock_dev(stubborn)));
	KUNIT_EXPECT_EQ(test, 0, stubborn->wrong_pasids);

	expect_all_have(test, f, 1, 1, f->domain);
	expect_all_have(test, f, 1, 9, f->domain);
	KUNIT_EXPECT_PTR_EQ(test, &f->handle,
			    iommu_attach_handle_get(f->group, 9, 0));
	iommu_detach_device_pasid(f->domain, f->dev, 1);
	iommu_detach_device_pasid(f->domain, f->dev, 9);
	/* Nothing is in the way any more. */
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(mock_dev(stubborn)));
	KUNIT_EXPECT_PTR_EQ(test, f->group, mock_dev(stubborn)->iommu_group);
}

static void members_leave(struct kunit *test)
{
	struct fixture *f = make(test, 2);
	struct iommu_group *group = iommu_group_ref_get(f->group);

	f->mdevs[2] = add(test, f->mock, 0);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 5,
							   &f->handle));
	mock_device_remove(f->mdevs[1]);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(f->mdevs[1], 5));
	KUNIT_EXPECT_EQ(test, 0, f->mdevs[1]->wrong_pasids);
	expect_all_have(test, f, 1, 5, f->domain);
	KUNIT_EXPECT_PTR_EQ(test, &f->handle, iommu_attach_handle_get(group, 5, 0));

	/* The last that had it, though not the last member. */
	mock_device_remove(f->mdevs[0]);
	expect_all_have(test, f, 1, 5, NULL);
	KUNIT_EXPECT_TRUE(test, xa_empty(&group->pasids));
	/* Who attached it comes too late, and finds nothing to do. */
	iommu_detach_device_pasid(f->domain, f->dev, 5);
	KUNIT_EXPECT_EQ(test, 2, f->mock->calls[MOCK_CLEAR_PASID]);
	iommu_group_put(group);
}

static void instance_goes_first(struct kunit *test)
{
	struct fixture *f = make(test, 2);
	struct iommu_group *group = iommu_group_ref_get(f->group);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 5,
							   &f->handle));
	mock_iommu_unregister(f->mock);
	expect_all_have(test, f, 2, 5, NULL);
	KUNIT_EXPECT_EQ(test, -ENOENT, PTR_ERR(iommu_attach_handle_get(group, 5, 0)));
	iommu_detach_device_pasid(f->domain, f->dev, 5);
	KUNIT_EXPECT_EQ(test, IOMMU_PASID_INVALID, iommu_alloc_global_pasid(f->dev));
	iommu_group_put(group);
}

/* A PASID is use of the group, whoever attached it. */
static void owners_are_kept_out(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	static int owner;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 5,
							   &f->handle));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_group_claim_dma_owner(f->group, &owner));
	KUNIT_EXPECT_EQ(test, -EBUSY, iommu_device_use_default_domain(f->dev));
	iommu_detach_device_pasid(f->domain, f->dev, 5);
	KUNIT_EXPECT_EQ(test, 0, iommu_group_claim_dma_owner(f->group, &owner));
	/* The owner may attach them itself. */
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device_pasid(f->domain, f->dev, 5,
							   &f->handle));
	iommu_detach_device_pasid(f->domain, f->dev, 5);
	iommu_group_release_dma_owner(f->group);
}

static void global_pasids(struct kunit *test)
{
	struct fixture *f = make(test, 1);
	struct mock_device *without = add(test, f->mock, 0);
	ioasid_t pasids[PASIDS], again;
	unsigned long seen = 0;
	unsigned int i, got;

	KUNIT_EXPECT_EQ(test, IOMMU_PASID_INVALID,
			iommu_alloc_global_pasid(mock_dev(without)));
	for (got = 0; got < PASIDS; got++) {
		pasids[got] = iommu_alloc_global_pasid(f->dev);
		if (pasids[got] == IOMMU_PASID_INVALID)
			break;
		KUNIT_EXPECT_NE(test, IOMMU_NO_PASID, pasids[got]);
		KUNIT_EXPECT_LT(test, pasids[got], PASIDS);
		KUNIT_EXPECT_FALSE(test, __test_and_set_bit(pasids[got], &seen));
	}
	/* Processes of the machine may have some, so not all of them are here. */
	KUNIT_ASSERT_GT(test, got, 2);
	KUNIT_EXPECT_LT(test, got, PASIDS);
	iommu_free_global_pasid(pasids[1]);
	again = iommu_alloc_global_pasid(f->dev);
	KUNIT_EXPECT_EQ(test, pasids[1], again);
	KUNIT_EXPECT_EQ(test, IOMMU_PASID_INVALID, iommu_alloc_global_pasid(f->dev));
	for (i = 0; i < got; i++)
		iommu_free_global_pasid(pasids[i]);
}

/* One PASID, which is 0, is none to give away. */
static void global_pasid_of_the_narrowest(struct kunit *test)
{
	struct fixture *f = make(test, 1);

	f->dev->iommu->max_pasids = 1;
	KUNIT_EXPECT_EQ(test, IOMMU_PASID_INVALID, iommu_alloc_global_pasid(f->dev));
	f->dev->iommu->max_pasids = PASIDS;
}

static int attach_some(struct fixture *f)
{
	ioasid_t pasid;
	int ret = 0;

	for (pasid = 1; pasid < PASIDS && !ret; pasid++)
		ret = iommu_attach_device_pasid(f->domain, f->dev, pasid,
						pasid & 1 ? &f->handle : NULL);
	pasid = ret ? pasid - 1 : pasid;
	while (--pasid)
		iommu_detach_device_pasid(f->domain, f->dev, pasid);
	return ret;
}

static void check_none(struct kunit *test, struct fixture *f, unsigned int round)
{
	int i;

	KUNIT_EXPECT_TRUE_MSG(test, xa_empty(&f->group->pasids), "round %u", round);
	for (i = 0; i < MEMBERS; i++) {
		KUNIT_EXPECT_TRUE_MSG(test, xa_empty(&f->mdevs[i]->pasids),
				      "round %u, member %d", round, i);
		KUNIT_EXPECT_EQ(test, 0, f->mdevs[i]->wrong_pasids);
	}
}

static void driver_fails_anywhere(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);
	int n, ret = -1;

	for (n = 1; n < 1000 && ret; n++) {
		f->mock->step = 0;
		f->mock->fail_step = n;
		ret = attach_some(f);
		check_none(test, f, n);
	}
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, MEMBERS * (PASIDS - 1) + 2, n);
}

/* An array that was refused memory asks once more, where it may wait. */
static void memory_fails_anywhere(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);
	struct mock_failslab memory;
	int n, ret = -1;

	mock_failslab_start(test, &memory);
	for (n = 1; n < 1000; n++) {
		mock_failslab_arm(&memory, n);
		ret = attach_some(f);
		mock_failslab_disarm(&memory);
		check_none(test, f, n);
		if (memory.left)
			break;
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_GT(test, n, 2);
}

static int no_slot(struct iommu_group *group, ioasid_t pasid)
{
	return -ENOMEM;
}

static void slot_without_memory(struct kunit *test)
{
	struct fixture *f = make(test, MEMBERS);

	kunit_activate_static_stub(test, iommu_handle_reserve, no_slot);
	KUNIT_EXPECT_EQ(test, -ENOMEM, iommu_attach_device_pasid(f->domain, f->dev, 3,
								 &f->handle));
	kunit_deactivate_static_stub(test, iommu_handle_reserve);
	KUNIT_EXPECT_EQ(test, 0, f->mock->calls[MOCK_SET_PASID]);
	check_none(test, f, 0);
}

/* Each changes a PASID of its own, while all look at all. */
struct racer {
	struct fixture *f;
	struct iommu_attach_handle *handles;
	ioasid_t pasid;
	unsigned int errors;
	struct completion done;
};

#define RACERS		4
#define RACE_ROUNDS	200

static unsigned int strangers(struct racer *racer)
{
	struct iommu_attach_handle *handle;
	unsigned int found = 0;
	ioasid_t pasid;

	for (pasid = 1; pasid <= RACERS; pasid++) {
		handle = iommu_attach_handle_get(racer->f->group, pasid,
						 IOMMU_DOMAIN_UNMANAGED);
		if (handle != ERR_PTR(-ENOENT) && handle != &racer->handles[pasid])
			found++;
	}
	return found;
}

static int race(void *data)
{
	struct racer *racer = data;
	struct fixture *f = racer->f;
	int i;

	for (i = 0; i < RACE_ROUNDS; i++) {
		if (iommu_attach_device_pasid(f->domain, f->dev, racer->pasid,
					      &racer->handles[racer->pasid])) {
			racer->errors++;
			continue;
		}
		racer->errors += strangers(racer);
		cond_resched();
		iommu_detach_device_pasid(f->domain, f->dev, racer->pasid);
	}
	complete(&racer->done);
	return 0;
}

static void concurrent_changes(struct kunit *test)
{
	struct iommu_attach_handle handles[RACERS + 1] = {};
	struct fixture *f = make(test, 2);
	struct racer racers[RACERS];
	int i;

	for (i = 0; i < RACERS; i++) {
		racers[i] = (struct racer) {
			.f = f, .handles = handles, .pasid = i + 1,
		};
		init_completion(&racers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(race, &racers[i],
							    "pasid-racer-%d", i)));
	}
	for (i = 0; i < RACERS; i++) {
		wait_for_completion(&racers[i].done);
		KUNIT_EXPECT_EQ(test, 0, racers[i].errors);
	}
	KUNIT_EXPECT_TRUE(test, xa_empty(&f->group->pasids));
	KUNIT_EXPECT_TRUE(test, xa_empty(&f->mdevs[1]->pasids));
	KUNIT_EXPECT_EQ(test, 2 * RACERS * RACE_ROUNDS,
			f->mock->calls[MOCK_CLEAR_PASID]);
}

static int pasid_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case pasid_cases[] = {
	KUNIT_CASE(attach_and_detach),
	KUNIT_CASE(without_handle),
	KUNIT_CASE(several_pasids),
	KUNIT_CASE(what_cannot_be),
	KUNIT_CASE(members_differ),
	KUNIT_CASE(nth_member_refuses),
	KUNIT_CASE(late_member_gets_them),
	KUNIT_CASE(late_member_is_refused),
	KUNIT_CASE(members_leave),
	KUNIT_CASE(instance_goes_first),
	KUNIT_CASE(owners_are_kept_out),
	KUNIT_CASE(global_pasids),
	KUNIT_CASE(global_pasid_of_the_narrowest),
	KUNIT_CASE_SLOW(driver_fails_anywhere),
	KUNIT_CASE_SLOW(memory_fails_anywhere),
	KUNIT_CASE(slot_without_memory),
	KUNIT_CASE_SLOW(concurrent_changes),
	{}
};

static struct kunit_suite pasid_suite = {
	.name = "iommu-core-pasid",
	.init = pasid_test_init,
	.test_cases = pasid_cases,
};

kunit_test_suite(pasid_suite);
