// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of sva.c: one PASID for an address space, domains and bonds as long as
 * somebody needs them, nothing left after a failure.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "core.h"
#include "mock.h"
#include "mock-failslab.h"

#define BITS	8
#define PASIDS	BIT(BITS)

struct fixture {
	struct mock_iommu *mock;
	struct mock_device *mdevs[2];
	struct device *devs[2];
	struct mm_struct *mm;
};

/* KUnit never frees the address space, which would give its PASID back. */
static void drop_mm(void *data)
{
	struct mm_struct *mm = data;

	mm_pasid_drop(mm);
	mmdrop(mm);
}

/* The thread of a test gets an address space with its first mapping. */
static struct mm_struct *own_mm(struct kunit *test)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, 0, addr);
	KUNIT_ASSERT_NOT_NULL(test, current->mm);
	mmgrab(current->mm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, drop_mm, current->mm));
	return current->mm;
}

static struct mock_device *add(struct kunit *test, struct mock_iommu *mock, int group_key,
			       u32 bits)
{
	struct mock_device *mdev = mock_device_create(test, mock, group_key);

	if (bits)
		KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(mdev, bits));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_NOT_NULL(test, mock_dev(mdev)->iommu_group);
	return mdev;
}

/* Two devices, each in a group of its own, and an address space without PASID */
static struct fixture *make(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->mm = own_mm(test);
	KUNIT_ASSERT_FALSE(test, mm_valid_pasid(f->mm));
	f->mock = mock_iommu_create(test);
	mock_iommu_pasids(f->mock, PASIDS);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(f->mock));
	for (i = 0; i < 2; i++) {
		f->mdevs[i] = add(test, f->mock, i + 1, BITS);
		f->devs[i] = mock_dev(f->mdevs[i]);
	}
	return f;
}

/* Domains that are neither a group's own nor static */
static int extra_domains(struct fixture *f)
{
	return atomic_read(&f->mock->domains) - 2;
}

static void expect_unbound(struct kunit *test, struct fixture *f)
{
	int i;

	KUNIT_EXPECT_EQ(test, 0, extra_domains(f));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, xa_empty(&f->mdevs[i]->pasids));
		KUNIT_EXPECT_TRUE(test, xa_empty(&f->devs[i]->iommu_group->pasids));
		KUNIT_EXPECT_EQ(test, 0, f->mdevs[i]->wrong_pasids);
	}
}

static void bind_and_unbind(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_domain *domain;
	struct iommu_sva *bond;
	u32 pasid;

	KUNIT_EXPECT_EQ(test, IOMMU_PASID_INVALID, mm_get_enqcmd_pasid(f->mm));
	bond = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	pasid = iommu_sva_get_pasid(bond);
	KUNIT_EXPECT_NE(test, IOMMU_NO_PASID, pasid);
	KUNIT_EXPECT_LT(test, pasid, PASIDS);
	KUNIT_EXPECT_TRUE(test, mm_valid_pasid(f->mm));
	KUNIT_EXPECT_EQ(test, pasid, mm_get_enqcmd_pasid(f->mm));

	domain = mock_device_pasid(f->mdevs[0], pasid);
	KUNIT_ASSERT_NOT_NULL(test, domain);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_SVA, domain->type);
	KUNIT_EXPECT_PTR_EQ(test, f->mm, domain->mm);
	KUNIT_EXPECT_PTR_EQ(test, f->mm, to_mock_domain(domain)->mm);
	KUNIT_EXPECT_PTR_EQ(test, &f->mock->ops, domain->owner);
	KUNIT_EXPECT_TRUE(test, domain->iopf_handler == iommu_sva_fault_handler);
	KUNIT_EXPECT_PTR_EQ(test, &bond->handle,
			    iommu_attach_handle_get(f->devs[0]->iommu_group, pasid,
						    IOMMU_DOMAIN_SVA));
	KUNIT_EXPECT_EQ(test, 1, extra_domains(f));

	iommu_sva_unbind_device(bond);
	expect_unbound(test, f);
	/* The address space keeps its PASID. */
	KUNIT_EXPECT_EQ(test, pasid, mm_get_enqcmd_pasid(f->mm));
	bond = iommu_sva_bind_device(f->devs[1], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	KUNIT_EXPECT_EQ(test, pasid, iommu_sva_get_pasid(bond));
	iommu_sva_unbind_device(bond);
	expect_unbound(test, f);
}

static void bond_is_shared(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_sva *bond, *again;

	bond = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	again = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_EXPECT_PTR_EQ(test, bond, again);
	KUNIT_EXPECT_EQ(test, 1, f->mock->calls[MOCK_SET_PASID]);
	iommu_sva_unbind_device(again);
	KUNIT_EXPECT_EQ(test, 0, f->mock->calls[MOCK_CLEAR_PASID]);
	KUNIT_EXPECT_EQ(test, 1, extra_domains(f));
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, 1, f->mock->calls[MOCK_CLEAR_PASID]);
	expect_unbound(test, f);
}

static void members_share_a_bond(struct kunit *test)
{
	struct fixture *f = make(test);
	struct mock_device *beside = add(test, f->mock, 1, BITS);
	struct iommu_sva *bond, *again;
	u32 pasid;

	bond = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	pasid = iommu_sva_get_pasid(bond);
	KUNIT_EXPECT_PTR_EQ(test, mock_device_pasid(f->mdevs[0], pasid),
			    mock_device_pasid(beside, pasid));
	again = iommu_sva_bind_device(mock_dev(beside), f->mm);
	KUNIT_EXPECT_PTR_EQ(test, bond, again);
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_NOT_NULL(test, mock_device_pasid(beside, pasid));
	iommu_sva_unbind_device(again);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(beside, pasid));
	expect_unbound(test, f);
}

static void domain_is_shared(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_sva *bonds[2];
	struct iommu_domain *domain;
	u32 pasid;
	int i;

	for (i = 0; i < 2; i++) {
		bonds[i] = iommu_sva_bind_device(f->devs[i], f->mm);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[i]);
	}
	KUNIT_EXPECT_PTR_NE(test, bonds[0], bonds[1]);
	pasid = iommu_sva_get_pasid(bonds[0]);
	KUNIT_EXPECT_EQ(test, pasid, iommu_sva_get_pasid(bonds[1]));
	domain = mock_device_pasid(f->mdevs[0], pasid);
	KUNIT_EXPECT_PTR_EQ(test, domain, mock_device_pasid(f->mdevs[1], pasid));
	KUNIT_EXPECT_EQ(test, 1, extra_domains(f));
	iommu_sva_unbind_device(bonds[0]);
	KUNIT_EXPECT_NULL(test, mock_device_pasid(f->mdevs[0], pasid));
	KUNIT_EXPECT_PTR_EQ(test, domain, mock_device_pasid(f->mdevs[1], pasid));
	KUNIT_EXPECT_EQ(test, 1, extra_domains(f));
	iommu_sva_unbind_device(bonds[1]);
	expect_unbound(test, f);
}

/* What one kind of instance walks, another cannot. */
static void each_driver_has_its_domain(struct kunit *test)
{
	struct fixture *f = make(test);
	struct mock_iommu *other = mock_iommu_create(test);
	struct mock_device *foreign;
	struct iommu_sva *bonds[2];
	struct iommu_domain *domain;
	u32 pasid;

	mock_iommu_pasids(other, PASIDS);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(other));
	foreign = add(test, other, 1, BITS);
	bonds[0] = iommu_sva_bind_device(f->devs[0], f->mm);
	bonds[1] = iommu_sva_bind_device(mock_dev(foreign), f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[0]);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[1]);
	pasid = iommu_sva_get_pasid(bonds[0]);
	KUNIT_EXPECT_EQ(test, pasid, iommu_sva_get_pasid(bonds[1]));
	domain = mock_device_pasid(foreign, pasid);
	KUNIT_ASSERT_NOT_NULL(test, domain);
	KUNIT_EXPECT_PTR_NE(test, domain, mock_device_pasid(f->mdevs[0], pasid));
	KUNIT_EXPECT_PTR_EQ(test, &other->ops, domain->owner);
	iommu_sva_unbind_device(bonds[0]);
	iommu_sva_unbind_device(bonds[1]);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&other->domains));
	expect_unbound(test, f);
}

/* A driver that has it for another of its instances says -EINVAL. */
static void domain_that_does_not_suit(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_sva *bonds[2];

	bonds[0] = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[0]);
	f->mock->error = -EINVAL;
	f->mock->fail_at[MOCK_SET_PASID] = 2;
	bonds[1] = iommu_sva_bind_device(f->devs[1], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[1]);
	KUNIT_EXPECT_PTR_NE(test, bonds[0]->handle.domain, bonds[1]->handle.domain);
	KUNIT_EXPECT_EQ(test, 2, extra_domains(f));

	/* Any other error is not about the domain. */
	iommu_sva_unbind_device(bonds[1]);
	f->mock->error = -ENOSPC;
	f->mock->fail_at[MOCK_SET_PASID] = f->mock->calls[MOCK_SET_PASID] + 1;
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			PTR_ERR(iommu_sva_bind_device(f->devs[1], f->mm)));
	KUNIT_EXPECT_EQ(test, 1, extra_domains(f));
	iommu_sva_unbind_device(bonds[0]);
	expect_unbound(test, f);
}

static struct mock_iommu *legacy;
static struct device *legacy_dev;

static struct iommu_domain *legacy_alloc(unsigned int type)
{
	if (type != IOMMU_DOMAIN_SVA || legacy->error)
		return NULL;
	return legacy->ops.domain_alloc_paging(legacy_dev);
}

static void ways_of_allocation(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_sva *bond;

	f->mock->ops.domain_alloc_sva = NULL;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			PTR_ERR(iommu_sva_bind_device(f->devs[0], f->mm)));
	expect_unbound(test, f);

	legacy = f->mock;
	legacy_dev = f->devs[0];
	f->mock->ops.domain_alloc = legacy_alloc;
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			PTR_ERR(iommu_sva_bind_device(f->devs[0], f->mm)));
	expect_unbound(test, f);
	f->mock->error = 0;
	bond = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_SVA, bond->handle.domain->type);
	iommu_sva_unbind_device(bond);
	expect_unbound(test, f);
}

static void devices_that_cannot(struct kunit *test)
{
	struct fixture *f = make(test);
	struct mock_device *bare = mock_device_create(test, f->mock, 9);
	struct mock_device *without = add(test, f->mock, 8, 0);

	KUNIT_EXPECT_EQ(test, -ENODEV,
			PTR_ERR(iommu_sva_bind_device(mock_dev(bare), f->mm)));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			PTR_ERR(iommu_sva_bind_device(mock_dev(without), f->mm)));
	/* Not even a PASID was taken for it. */
	KUNIT_EXPECT_FALSE(test, mm_valid_pasid(f->mm));
}

/* The PASID was chosen for another device, or there is none to choose. */
static void pasid_that_does_not_fit(struct kunit *test)
{
	struct fixture *f = make(test);
	struct mock_device *narrow = add(test, f->mock, 8, 2);
	ioasid_t taken[4];
	struct iommu_sva *bond;
	int i, n;

	for (n = 0; n < ARRAY_SIZE(taken); n++) {
		taken[n] = iommu_alloc_global_pasid(mock_dev(narrow));
		if (taken[n] == IOMMU_PASID_INVALID)
			break;
	}
	KUNIT_ASSERT_LT(test, n, ARRAY_SIZE(taken));
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			PTR_ERR(iommu_sva_bind_device(mock_dev(narrow), f->mm)));
	KUNIT_EXPECT_FALSE(test, mm_valid_pasid(f->mm));

	bond = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	KUNIT_EXPECT_GE(test, iommu_sva_get_pasid(bond), 4);
	KUNIT_EXPECT_EQ(test, -EOVERFLOW,
			PTR_ERR(iommu_sva_bind_device(mock_dev(narrow), f->mm)));
	iommu_sva_unbind_device(bond);
	for (i = 0; i < n; i++)
		iommu_free_global_pasid(taken[i]);
}

static void pasid_that_is_in_use(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_domain *domain = iommu_paging_domain_alloc(f->devs[0]);
	struct iommu_attach_handle handle;
	struct iommu_sva *bond;
	u32 pasid;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	bond = iommu_sva_bind_device(f->devs[0], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	pasid = iommu_sva_get_pasid(bond);
	iommu_sva_unbind_device(bond);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(domain, f->devs[0], pasid,
							   &handle));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			PTR_ERR(iommu_sva_bind_device(f->devs[0], f->mm)));
	iommu_detach_device_pasid(domain, f->devs[0], pasid);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(domain, f->devs[0], pasid,
							   NULL));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			PTR_ERR(iommu_sva_bind_device(f->devs[0], f->mm)));
	iommu_detach_device_pasid(domain, f->devs[0], pasid);
	iommu_domain_free(domain);
	expect_unbound(test, f);
}

static int mm_references(struct mm_struct *mm)
{
	return atomic_read(&mm->mm_count);
}

/*
 * Every other CPU may have one reference more or less than before: kernel
 * threads borrow the address space that ran there last.
 */
static void expect_references(struct kunit *test, struct mm_struct *mm,
			      int expected)
{
	int lazy = num_online_cpus() > 1 ? num_online_cpus() : 0;

	KUNIT_EXPECT_GE(test, mm_references(mm), expected - lazy);
	KUNIT_EXPECT_LE(test, mm_references(mm), expected + lazy);
}

static void domain_keeps_the_mm(struct kunit *test)
{
	struct fixture *f = make(test);
	int before = mm_references(f->mm);
	int users = atomic_read(&f->mm->mm_users);
	struct iommu_sva *bonds[2];

	bonds[0] = iommu_sva_bind_device(f->devs[0], f->mm);
	bonds[1] = iommu_sva_bind_device(f->devs[1], f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[0]);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bonds[1]);
	expect_references(test, f->mm, before + 1);
	/* A process can exit all the same. */
	KUNIT_EXPECT_EQ(test, users, atomic_read(&f->mm->mm_users));
	iommu_sva_unbind_device(bonds[0]);
	expect_references(test, f->mm, before + 1);
	iommu_sva_unbind_device(bonds[1]);
	expect_references(test, f->mm, before);
}

/* What the kernel does when an address space is freed, and when one is copied */
static void mm_gives_its_pasid_back(struct kunit *test)
{
	struct fixture *f = make(test);
	struct iommu_sva *bond = iommu_sva_bind_device(f->devs[0], f->mm);
	struct mm_struct *child = kunit_kzalloc(test, sizeof(*child), GFP_KERNEL);
	ioasid_t pasid, again;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	KUNIT_ASSERT_NOT_NULL(test, child);
	pasid = iommu_sva_get_pasid(bond);
	iommu_sva_unbind_device(bond);

	child->iommu_mm = f->mm->iommu_mm;
	mm_pasid_init(child);
	KUNIT_EXPECT_FALSE(test, mm_valid_pasid(child));
	mm_pasid_drop(child);
	KUNIT_EXPECT_TRUE(test, mm_valid_pasid(f->mm));

	mm_pasid_drop(f->mm);
	KUNIT_EXPECT_FALSE(test, mm_valid_pasid(f->mm));
	again = iommu_alloc_global_pasid(f->devs[0]);
	KUNIT_EXPECT_EQ(test, pasid, again);
	iommu_free_global_pasid(again);
}

static void instance_goes_first(struct kunit *test)
{
	struct fixture *f = make(test);
	int before = mm_references(f->mm);
	struct iommu_sva *bond = iommu_sva_bind_device(f->devs[0], f->mm);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	mock_iommu_unregister(f->mock);
	KUNIT_EXPECT_TRUE(test, xa_empty(&f->mdevs[0]->pasids));
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->mock->domains));
	expect_references(test, f->mm, before);
}

/* Everything from an address space without PASID, and back to it */
static int bind_both(struct fixture *f)
{
	struct iommu_sva *bonds[2] = {};
	int i, ret = 0;

	for (i = 0; i < 2; i++) {
		bonds[i] = iommu_sva_bind_device(f->devs[i], f->mm);
		if (IS_ERR(bonds[i])) {
			ret = PTR_ERR(bonds[i]);
			break;
		}
	}
	while (i--)
		iommu_sva_unbind_device(bonds[i]);
	mm_pasid_drop(f->mm);
	return ret;
}

static void driver_fails_anywhere(struct kunit *test)
{
	struct fixture *f = make(test);
	int before = mm_references(f->mm);
	int n, ret = -1;

	for (n = 1; n < 100 && ret; n++) {
		f->mock->step = 0;
		f->mock->fail_step = n;
		ret = bind_both(f);
		expect_unbound(test, f);
		expect_references(test, f->mm, before);
	}
	KUNIT_EXPECT_EQ(test, 0, ret);
	/* Allocation by two functions, and two PASIDs set. */
	KUNIT_EXPECT_EQ(test, 4 + 2, n);
}

static void memory_fails_anywhere(struct kunit *test)
{
	struct fixture *f = make(test);
	int before = mm_references(f->mm);
	struct mock_failslab memory;
	int n, ret = -1, failed = 0;

	mock_failslab_start(test, &memory);
	for (n = 1; n < 100; n++) {
		mock_failslab_arm(&memory, n);
		ret = bind_both(f);
		mock_failslab_disarm(&memory);
		expect_unbound(test, f);
		expect_references(test, f->mm, before);
		if (memory.left)
			break;
		failed += ret != 0;
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_EQ(test, 0, ret);
	/* How many depends on what the arrays of PASIDs have left from before. */
	KUNIT_EXPECT_GT(test, failed, 0);
}

#define RACERS		4
#define RACE_ROUNDS	100

/* A thread with an address space of its own, or that of all of them */
struct racer {
	struct kunit *test;
	struct fixture *f;
	bool own;
	unsigned int errors;
	struct completion done;
};

static int race(void *data)
{
	struct racer *racer = data;
	struct fixture *f = racer->f;
	struct mm_struct *mm = racer->own ? own_mm(racer->test) : f->mm;
	struct iommu_sva *bond;
	int i;

	for (i = 0; i < RACE_ROUNDS; i++) {
		bond = iommu_sva_bind_device(f->devs[i % 2], mm);
		if (IS_ERR(bond)) {
			racer->errors++;
			continue;
		}
		cond_resched();
		if (bond->handle.domain->mm != mm ||
		    iommu_sva_get_pasid(bond) != mm_get_enqcmd_pasid(mm))
			racer->errors++;
		iommu_sva_unbind_device(bond);
	}
	complete(&racer->done);
	return 0;
}

static void concurrent_bonds(struct kunit *test)
{
	struct fixture *f = make(test);
	struct racer racers[RACERS];
	int i;

	for (i = 0; i < RACERS; i++) {
		racers[i] = (struct racer) { .test = test, .f = f, .own = i % 2 };
		init_completion(&racers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(race, &racers[i],
							    "sva-racer-%d", i)));
	}
	for (i = 0; i < RACERS; i++) {
		wait_for_completion(&racers[i].done);
		KUNIT_EXPECT_EQ(test, 0, racers[i].errors);
	}
	expect_unbound(test, f);
}

static int sva_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case sva_cases[] = {
	KUNIT_CASE(bind_and_unbind),
	KUNIT_CASE(bond_is_shared),
	KUNIT_CASE(members_share_a_bond),
	KUNIT_CASE(domain_is_shared),
	KUNIT_CASE(each_driver_has_its_domain),
	KUNIT_CASE(domain_that_does_not_suit),
	KUNIT_CASE(ways_of_allocation),
	KUNIT_CASE(devices_that_cannot),
	KUNIT_CASE(pasid_that_does_not_fit),
	KUNIT_CASE(pasid_that_is_in_use),
	KUNIT_CASE(domain_keeps_the_mm),
	KUNIT_CASE(mm_gives_its_pasid_back),
	KUNIT_CASE(instance_goes_first),
	KUNIT_CASE_SLOW(driver_fails_anywhere),
	KUNIT_CASE_SLOW(memory_fails_anywhere),
	KUNIT_CASE_SLOW(concurrent_bonds),
	{}
};

static struct kunit_suite sva_suite = {
	.name = "iommu-core-sva",
	.init = sva_test_init,
	.test_cases = sva_cases,
};

kunit_test_suite(sva_suite);
