// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of sva-fault.c: a device's page request does to the address space what an
 * access of the process would have done, and gets one answer.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core.h"
#include "mock.h"

#define PAGES	8
#define GROUPS	1024

#define RD	IOMMU_FAULT_PERM_READ
#define WR	IOMMU_FAULT_PERM_WRITE
#define EX	IOMMU_FAULT_PERM_EXEC

struct fixture {
	struct mock_iommu *mock;
	struct mock_device *mdev;
	struct device *dev;
	struct iopf_queue *queue;
	struct mm_struct *mm;
	struct iommu_sva *bond;
	u32 pasid;
	unsigned long addr;
	atomic_t answers[GROUPS];
	int codes[GROUPS];
};

static void count_answer(struct device *dev, struct iopf_fault *evt,
			 struct iommu_page_response *msg)
{
	struct fixture *f = dev_get_drvdata(dev);

	f->codes[msg->grpid] = msg->code;
	atomic_inc(&f->answers[msg->grpid]);
}

static void free_queue(void *queue)
{
	iopf_queue_free(queue);
}

static void leave_queue(void *data)
{
	struct fixture *f = data;

	iopf_queue_remove_device(f->queue, f->dev);
}

/* KUnit never frees the address space, which would give its PASID back. */
static void drop_mm(void *data)
{
	struct mm_struct *mm = data;

	mm_pasid_drop(mm);
	mmdrop(mm);
}

static unsigned long area(struct kunit *test, unsigned long prot)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGES * PAGE_SIZE, prot,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, 0, addr);
	return addr;
}

/* A device on a queue, bound to an address space with a writable area */
static struct fixture *make(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->addr = area(test, PROT_READ | PROT_WRITE);
	f->mm = current->mm;
	mmgrab(f->mm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, drop_mm, f->mm));
	f->queue = iopf_queue_alloc("sva-test");
	KUNIT_ASSERT_NOT_NULL(test, f->queue);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_queue, f->queue));

	f->mock = mock_iommu_create(test);
	mock_iommu_pasids(f->mock, BIT(20));
	f->mock->ops.page_response = count_answer;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(f->mock));
	f->mdev = mock_device_create(test, f->mock, 1);
	f->dev = mock_dev(f->mdev);
	dev_set_drvdata(f->dev, f);
	KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(f->mdev, 8));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(f->mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(f->mdev));
	KUNIT_ASSERT_EQ(test, 0, iopf_queue_add_device(f->queue, f->dev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, leave_queue, f));
	f->bond = iommu_sva_bind_device(f->dev, f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->bond);
	f->pasid = iommu_sva_get_pasid(f->bond);
	return f;
}

static void request(struct kunit *test, struct fixture *f, u32 group,
		    unsigned long addr, u32 perm, bool last)
{
	struct iopf_fault evt = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_PASID_VALID |
				 (last ? IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE : 0),
			.pasid = f->pasid,
			.grpid = group,
			.perm = perm,
			.addr = addr,
		},
	};

	KUNIT_EXPECT_EQ(test, 0, iommu_report_device_fault(f->dev, &evt));
}

static void expect_answer(struct kunit *test, struct fixture *f, u32 group, int code)
{
	iopf_queue_flush_dev(f->dev);
	KUNIT_EXPECT_EQ_MSG(test, 1, atomic_read(&f->answers[group]), "group %u", group);
	KUNIT_EXPECT_EQ_MSG(test, code, f->codes[group], "group %u", group);
}

/* One request alone in its group */
static void fault(struct kunit *test, struct fixture *f, u32 group,
		  unsigned long addr, u32 perm, int code)
{
	request(test, f, group, addr, perm, true);
	expect_answer(test, f, group, code);
}

/* Could the device go on, if it walked the tables of the process? */
static bool is_there(unsigned long addr)
{
	unsigned long left;
	char byte;

	pagefault_disable();
	left = __copy_from_user_inatomic(&byte, (void __user *)addr, 1);
	pagefault_enable();
	return !left;
}

static bool is_writable(unsigned long addr)
{
	unsigned long left;
	char byte = 1;

	pagefault_disable();
	left = __copy_to_user_inatomic((void __user *)addr, &byte, 1);
	pagefault_enable();
	return !left;
}

static void pages_come_in(struct kunit *test)
{
	struct fixture *f = make(test);

	KUNIT_EXPECT_FALSE(test, is_there(f->addr));
	fault(test, f, 1, f->addr, RD, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, is_there(f->addr));
	KUNIT_EXPECT_FALSE(test, is_writable(f->addr));
	fault(test, f, 2, f->addr, WR, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, is_writable(f->addr));

	KUNIT_EXPECT_FALSE(test, is_there(f->addr + PAGE_SIZE));
	fault(test, f, 3, f->addr + PAGE_SIZE, RD | WR, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, is_writable(f->addr + PAGE_SIZE));
	/* What is there already, and what a privileged access asks for. */
	fault(test, f, 4, f->addr, RD, IOMMU_PAGE_RESP_SUCCESS);
	fault(test, f, 5, f->addr + 2 * PAGE_SIZE, RD | IOMMU_FAULT_PERM_PRIV,
	      IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_FALSE(test, is_there(f->addr + 3 * PAGE_SIZE));
	iommu_sva_unbind_device(f->bond);
}

static void permissions_are_those_of_the_area(struct kunit *test)
{
	struct fixture *f = make(test);
	unsigned long readable = area(test, PROT_READ);
	unsigned long closed = area(test, PROT_NONE);
	unsigned long code = area(test, PROT_READ | PROT_EXEC);

	fault(test, f, 1, readable, WR, IOMMU_PAGE_RESP_INVALID);
	fault(test, f, 2, readable, RD | WR, IOMMU_PAGE_RESP_INVALID);
	fault(test, f, 3, readable, EX, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_FALSE(test, is_there(readable));
	fault(test, f, 4, readable, RD, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, is_there(readable));
	fault(test, f, 5, closed, RD, IOMMU_PAGE_RESP_INVALID);
	fault(test, f, 6, code, RD | EX, IOMMU_PAGE_RESP_SUCCESS);
	fault(test, f, 7, code, WR, IOMMU_PAGE_RESP_INVALID);
	/* A privileged access has no more rights. */
	fault(test, f, 8, readable, WR | IOMMU_FAULT_PERM_PRIV,
	      IOMMU_PAGE_RESP_INVALID);
	/* One that asks for nothing is none. */
	fault(test, f, 9, f->addr, 0, IOMMU_PAGE_RESP_INVALID);
	fault(test, f, 10, f->addr, IOMMU_FAULT_PERM_PRIV, IOMMU_PAGE_RESP_INVALID);
	iommu_sva_unbind_device(f->bond);
}

static void holes_have_no_pages(struct kunit *test)
{
	struct fixture *f = make(test);

	fault(test, f, 1, 0, RD, IOMMU_PAGE_RESP_INVALID);
	fault(test, f, 2, f->addr, RD, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_ASSERT_EQ(test, 0, vm_munmap(f->addr, PAGE_SIZE));
	fault(test, f, 3, f->addr, RD, IOMMU_PAGE_RESP_INVALID);
	/* The kernel's own addresses. */
	fault(test, f, 4, (unsigned long)f & PAGE_MASK, RD, IOMMU_PAGE_RESP_INVALID);
	fault(test, f, 5, PAGE_MASK, RD, IOMMU_PAGE_RESP_INVALID);
	iommu_sva_unbind_device(f->bond);
}

/* One answer for all; what comes behind a page that cannot be had is left. */
static void group_fails_as_one(struct kunit *test)
{
	struct fixture *f = make(test);
	unsigned long readable = area(test, PROT_READ);
	int i;

	for (i = 0; i < 3; i++)
		request(test, f, 1, f->addr + i * PAGE_SIZE, WR, i == 2);
	expect_answer(test, f, 1, IOMMU_PAGE_RESP_SUCCESS);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, is_writable(f->addr + i * PAGE_SIZE));

	request(test, f, 2, f->addr + 3 * PAGE_SIZE, WR, false);
	request(test, f, 2, readable, WR, false);
	request(test, f, 2, f->addr + 4 * PAGE_SIZE, WR, true);
	expect_answer(test, f, 2, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_TRUE(test, is_there(f->addr + 3 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, is_there(f->addr + 4 * PAGE_SIZE));
	iommu_sva_unbind_device(f->bond);
}

static void nobody_is_bound(struct kunit *test)
{
	struct fixture *f = make(test);

	iommu_sva_unbind_device(f->bond);
	fault(test, f, 1, f->addr, RD, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_FALSE(test, is_there(f->addr));
}

/* Another process, that maps, binds and exits */
struct process {
	struct kunit *test;
	struct fixture *f;
	struct iommu_sva *bond;
	unsigned long addr;
	struct completion bound, exit;
};

static int process_run(void *data)
{
	struct process *process = data;

	process->addr = kunit_vm_mmap(process->test, NULL, 0, PAGE_SIZE,
				      PROT_READ | PROT_WRITE,
				      MAP_ANONYMOUS | MAP_PRIVATE, 0);
	process->bond = process->addr ?
		iommu_sva_bind_device(process->f->dev, current->mm) : NULL;
	if (!IS_ERR_OR_NULL(process->bond))
		mmgrab(current->mm);
	complete(&process->bound);
	wait_for_completion(&process->exit);
	return 0;
}

static void process_exits(struct kunit *test)
{
	struct fixture *f = make(test);
	struct process process = { .test = test, .f = f };
	struct task_struct *task;
	struct mm_struct *mm;
	u32 own = f->pasid;
	int i;

	init_completion(&process.bound);
	init_completion(&process.exit);
	task = kthread_run(process_run, &process, "sva-process");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&process.bound);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, process.bond);
	mm = process.bond->handle.domain->mm;
	f->pasid = iommu_sva_get_pasid(process.bond);
	KUNIT_EXPECT_NE(test, own, f->pasid);
	fault(test, f, 1, process.addr, WR, IOMMU_PAGE_RESP_SUCCESS);

	complete(&process.exit);
	for (i = 0; i < 1000 && atomic_read(&mm->mm_users); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&mm->mm_users));
	fault(test, f, 2, process.addr, WR, IOMMU_PAGE_RESP_INVALID);

	f->pasid = own;
	fault(test, f, 3, f->addr, WR, IOMMU_PAGE_RESP_SUCCESS);
	iommu_sva_unbind_device(process.bond);
	drop_mm(mm);
	iommu_sva_unbind_device(f->bond);
}

struct unbinder {
	struct iommu_sva *bond;
	struct completion done;
};

static int unbind(void *data)
{
	struct unbinder *unbinder = data;

	iommu_sva_unbind_device(unbinder->bond);
	complete(&unbinder->done);
	return 0;
}

/* The bond and its domain are freed after the last look at them. */
static void unbind_waits_for_faults(struct kunit *test)
{
	struct fixture *f = make(test);
	struct unbinder unbinder = { .bond = f->bond };
	struct iommu_sva *other;

	init_completion(&unbinder.done);
	/* Holds up the worker. */
	mmap_write_lock(f->mm);
	request(test, f, 1, f->addr, WR, true);
	if (IS_ERR(kthread_run(unbind, &unbinder, "sva-unbinder"))) {
		mmap_write_unlock(f->mm);
		KUNIT_FAIL(test, "no thread");
		return;
	}
	KUNIT_EXPECT_EQ(test, 0, wait_for_completion_timeout(&unbinder.done,
							     msecs_to_jiffies(50)));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->answers[1]));
	KUNIT_EXPECT_NULL(test, mock_device_pasid(f->mdev, f->pasid));
	mmap_write_unlock(f->mm);
	wait_for_completion(&unbinder.done);
	expect_answer(test, f, 1, IOMMU_PAGE_RESP_SUCCESS);

	other = iommu_sva_bind_device(f->dev, f->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	iommu_sva_unbind_device(other);
}

/* Requests come while the address space comes and goes: each is answered once. */
struct requester {
	struct kunit *test;
	struct fixture *f;
	struct completion done;
};

static int send_requests(void *data)
{
	struct requester *requester = data;
	struct fixture *f = requester->f;
	u32 group;

	for (group = 0; group < GROUPS; group++) {
		request(requester->test, f, group,
			f->addr + group % PAGES * PAGE_SIZE, WR, true);
		cond_resched();
	}
	complete(&requester->done);
	return 0;
}

static void requests_race_with_bonds(struct kunit *test)
{
	struct fixture *f = make(test);
	struct requester requester = { .test = test, .f = f };
	u32 group;

	init_completion(&requester.done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(send_requests, &requester,
						    "sva-requester")));
	while (!try_wait_for_completion(&requester.done)) {
		iommu_sva_unbind_device(f->bond);
		cond_resched();
		f->bond = iommu_sva_bind_device(f->dev, f->mm);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->bond);
		cond_resched();
	}
	iommu_sva_unbind_device(f->bond);
	iopf_queue_flush_dev(f->dev);
	for (group = 0; group < GROUPS; group++)
		KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->answers[group]));
}

static int sva_fault_test_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case sva_fault_cases[] = {
	KUNIT_CASE(pages_come_in),
	KUNIT_CASE(permissions_are_those_of_the_area),
	KUNIT_CASE(holes_have_no_pages),
	KUNIT_CASE(group_fails_as_one),
	KUNIT_CASE(nobody_is_bound),
	KUNIT_CASE(process_exits),
	KUNIT_CASE(unbind_waits_for_faults),
	KUNIT_CASE_SLOW(requests_race_with_bonds),
	{}
};

static struct kunit_suite sva_fault_suite = {
	.name = "iommu-core-sva-fault",
	.init = sva_fault_test_init,
	.test_cases = sva_fault_cases,
};

kunit_test_suite(sva_fault_suite);
