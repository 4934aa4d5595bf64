// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of how a driver's module comes and goes: what keeps it, what becomes of
 * devices that nobody uses, and that they are found again when it is back.
 */
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "core.h"
#include "mock.h"

#define CYCLES	3

static int alice;

struct unload {
	struct mock_iommu *mock;
	struct mock_device *mdevs[2];
	struct device *devs[2];
	struct module *module;
};

/* What try_module_get() and module_put() look at, and no more of a module. */
static struct module *fake_module(struct kunit *test)
{
	struct module *module = kunit_kzalloc(test, sizeof(*module), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, module);
	module->state = MODULE_STATE_LIVE;
#ifdef CONFIG_MODULE_UNLOAD
	atomic_set(&module->refcnt, 1);
#else
	kunit_skip(test, "modules of this kernel are not counted");
#endif
	return module;
}

/* Two devices of one group, behind an instance whose driver is a module */
static struct unload *make(struct kunit *test)
{
	struct unload *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, u);
	u->module = fake_module(test);
	u->mock = mock_iommu_create(test);
	u->mock->ops.owner = u->module;
	mock_iommu_pasids(u->mock, 16);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(u->mock));
	for (i = 0; i < 2; i++) {
		u->mdevs[i] = mock_device_create(test, u->mock, 1);
		u->devs[i] = mock_dev(u->mdevs[i]);
		KUNIT_ASSERT_EQ(test, 0, mock_device_pasids(u->mdevs[i], 4));
		KUNIT_ASSERT_EQ(test, 0, mock_device_name(u->mdevs[i]));
		KUNIT_ASSERT_EQ(test, 0, mock_device_add(u->mdevs[i]));
		KUNIT_ASSERT_NOT_NULL(test, u->devs[i]->iommu_group);
	}
	return u;
}

static int uses(struct unload *u)
{
#ifdef CONFIG_MODULE_UNLOAD
	return module_refcount(u->module);
#else
	return 0;
#endif
}

static void devices_alone_keep_nothing(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_group *group;

	KUNIT_EXPECT_EQ(test, 0, uses(u));
	group = iommu_group_get(u->devs[0]);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	mock_iommu_unregister(u->mock);
	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_group_claim_dma_owner(group, &alice));
	iommu_group_put(group);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
}

static void bound_drivers_keep_it(struct kunit *test)
{
	struct unload *u = make(test);

	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(u->devs[0]));
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(u->devs[1]));
	KUNIT_EXPECT_EQ(test, 2, uses(u));
	iommu_device_unuse_default_domain(u->devs[0]);
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	/* One of the group that nobody uses is none of its business. */
	mock_device_remove(u->mdevs[0]);
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	iommu_device_unuse_default_domain(u->devs[1]);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
}

static void owners_keep_it(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_group *group = u->devs[0]->iommu_group;

	KUNIT_EXPECT_EQ(test, 0, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	iommu_group_release_dma_owner(group);
	KUNIT_EXPECT_EQ(test, 0, uses(u));

	KUNIT_EXPECT_EQ(test, 0, iommu_device_claim_dma_owner(u->devs[0], &alice));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_claim_dma_owner(u->devs[1], &alice));
	iommu_device_release_dma_owner(u->devs[0]);
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	/* It holds as long as the claim, whoever has left the group. */
	mock_device_remove(u->mdevs[0]);
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	iommu_device_release_dma_owner(u->devs[1]);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
}

static void refused_claim_keeps_nothing(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_group *group = u->devs[0]->iommu_group;

	u->mdevs[1]->refuse_blocked = -EIO;
	KUNIT_EXPECT_EQ(test, -EIO, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	KUNIT_EXPECT_FALSE(test, iommu_group_dma_owner_claimed(group));
}

static void domains_keep_it(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_domain *domain, *other;

	domain = iommu_paging_domain_alloc(u->devs[0]);
	KUNIT_ASSERT_FALSE(test, IS_ERR(domain));
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	other = iommu_domain_alloc(&platform_bus_type);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, 2, uses(u));
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_group(domain, u->devs[0]->iommu_group));
	iommu_detach_group(domain, u->devs[0]->iommu_group);
	KUNIT_EXPECT_EQ(test, 2, uses(u));

	/* Also when all devices have gone, and their instance. */
	mock_iommu_unregister(u->mock);
	KUNIT_EXPECT_EQ(test, 2, uses(u));
	iommu_domain_free(domain);
	iommu_domain_free(other);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&u->mock->domains));
}

static void adopted_domains_keep_it(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_domain *domain;

	domain = u->mock->ops.domain_alloc_paging(u->devs[0]);
	KUNIT_ASSERT_NOT_NULL(test, domain);
	iommu_domain_adopt(domain, &u->mock->ops);
	KUNIT_EXPECT_PTR_EQ(test, &u->mock->ops, domain->owner);
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
}

static void bonds_keep_it(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_sva *bonds[2];
	unsigned long addr;
	int i;

	/* The thread of a test gets an address space with its first mapping. */
	addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, 0, addr);
	for (i = 0; i < 2; i++) {
		bonds[i] = iommu_sva_bind_device(u->devs[0], current->mm);
		KUNIT_EXPECT_FALSE(test, IS_ERR(bonds[i]));
		/* One domain serves both. */
		KUNIT_EXPECT_EQ(test, 1, uses(u));
	}
	for (i = 0; i < 2; i++) {
		if (!IS_ERR(bonds[i]))
			iommu_sva_unbind_device(bonds[i]);
	}
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	mm_pasid_drop(current->mm);
}

static void leaving_module_takes_no_users(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_group *group = u->devs[0]->iommu_group;
	int domains = atomic_read(&u->mock->domains);

	u->module->state = MODULE_STATE_GOING;
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, iommu_device_use_default_domain(u->devs[0]));
	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_group_claim_dma_owner(group, &alice));
	KUNIT_EXPECT_FALSE(test, iommu_group_dma_owner_claimed(group));
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, u->mdevs[0]->attached);
	KUNIT_EXPECT_EQ(test, -ENODEV, PTR_ERR(iommu_paging_domain_alloc(u->devs[0])));
	KUNIT_EXPECT_EQ(test, domains, atomic_read(&u->mock->domains));
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	u->module->state = MODULE_STATE_LIVE;
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(u->devs[0]));
	iommu_device_unuse_default_domain(u->devs[0]);
}

static bool has_link(struct device *dev, const char *name)
{
	struct kernfs_node *kn = sysfs_get_dirent(dev->kobj.sd, name);

	sysfs_put(kn);
	return kn;
}

static void expect_away(struct kunit *test, struct unload *u)
{
	int i;

	KUNIT_EXPECT_EQ(test, 0, uses(u));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&u->mock->domains));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_NULL(test, u->devs[i]->iommu_group);
		KUNIT_EXPECT_FALSE(test, u->mdevs[i]->claimed);
		KUNIT_EXPECT_FALSE(test, has_link(u->devs[i], "iommu"));
		KUNIT_EXPECT_FALSE(test, has_link(u->devs[i], "iommu_group"));
		KUNIT_ASSERT_NOT_NULL(test, dev_iommu_fwspec_get(u->devs[i]));
		KUNIT_EXPECT_EQ(test, 1, dev_iommu_fwspec_get(u->devs[i])->num_ids);
		KUNIT_EXPECT_NULL(test, dev_iommu_priv_get(u->devs[i]));
		KUNIT_EXPECT_FALSE(test, device_iommu_capable(u->devs[i],
							      IOMMU_CAP_DEFERRED_FLUSH));
	}
	/* Whichever step its driver's binding has come to. */
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, mock_device_name(u->mdevs[0]));
	KUNIT_EXPECT_NOT_NULL(test, dev_iommu_fwspec_get(u->devs[0]));
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, iommu_probe_device(u->devs[0]));
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, iommu_device_use_default_domain(u->devs[0]));
}

static void comes_and_goes(struct kunit *test)
{
	struct unload *u = make(test);
	int cycle, id = iommu_group_id(u->devs[0]->iommu_group);

	for (cycle = 0; cycle < CYCLES; cycle++) {
		/* Found by the ids that they have, without a driver. */
		KUNIT_ASSERT_NOT_NULL(test, u->devs[0]->iommu_group);
		KUNIT_EXPECT_PTR_EQ(test, u->devs[0]->iommu_group, u->devs[1]->iommu_group);
		/* A group that was not freed would keep its number. */
		KUNIT_EXPECT_EQ(test, id, iommu_group_id(u->devs[0]->iommu_group));
		KUNIT_EXPECT_EQ(test, 0, mock_device_bind(u->mdevs[0]));
		KUNIT_EXPECT_EQ(test, 1, uses(u));
		mock_device_unbind(u->mdevs[0]);
		mock_iommu_unregister(u->mock);
		expect_away(test, u);
		KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(u->mock));
	}
	KUNIT_EXPECT_EQ(test, 2 * CYCLES, u->mock->calls[MOCK_RELEASE]);
}

/* Through sysfs an instance can go under its users, where no link prevents it. */
static void users_of_what_has_gone_keep_nothing(struct kunit *test)
{
	struct unload *u = make(test);
	struct iommu_group *group = u->devs[0]->iommu_group;

	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(u->devs[0]));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(u->devs[0]));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(u->devs[1]));
	KUNIT_EXPECT_EQ(test, 3, uses(u));
	mock_device_remove(u->mdevs[1]);
	KUNIT_EXPECT_EQ(test, 2, uses(u));
	KUNIT_EXPECT_EQ(test, 2, group->owner_cnt);
	mock_iommu_unregister(u->mock);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	iommu_device_unuse_default_domain(u->devs[0]);
	iommu_device_unuse_default_domain(u->devs[0]);
	KUNIT_EXPECT_EQ(test, 0, uses(u));

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(u->mock));
	KUNIT_ASSERT_NOT_NULL(test, u->devs[0]->iommu_group);
	KUNIT_EXPECT_EQ(test, 0, iommu_device_claim_dma_owner(u->devs[0], &alice));
	KUNIT_EXPECT_EQ(test, 1, uses(u));
	mock_iommu_unregister(u->mock);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
	iommu_device_release_dma_owner(u->devs[0]);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
}

#ifdef CONFIG_MODULE_UNLOAD
/* A driver that is bound and unbound again and again, in a thread of its own */
struct binder {
	struct mock_device *mdev;
	unsigned int bound;
	unsigned int deferred;
	unsigned int wrong;
};

static int bind_and_unbind(void *data)
{
	struct binder *binder = data;
	struct device *dev = mock_dev(binder->mdev);
	int ret;

	while (!kthread_should_stop()) {
		ret = mock_device_bind(binder->mdev);
		if (ret == -EPROBE_DEFER) {
			binder->deferred++;
		} else if (ret) {
			binder->wrong++;
		} else {
			/* While the driver is bound the instance stays. */
			schedule_timeout_uninterruptible(binder->bound % 2);
			binder->bound++;
			if (!dev->iommu_group || !binder->mdev->attached)
				binder->wrong++;
			mock_device_unbind(binder->mdev);
		}
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* What delete_module() does, up to what the driver does then. */
static bool unload(struct unload *u)
{
	if (!atomic_dec_and_test(&u->module->refcnt)) {
		atomic_inc(&u->module->refcnt);
		return false;
	}
	u->module->state = MODULE_STATE_GOING;
	schedule_timeout_uninterruptible(1);
	mock_iommu_unregister(u->mock);
	schedule_timeout_uninterruptible(1);
	u->module->state = MODULE_STATE_LIVE;
	atomic_set(&u->module->refcnt, 1);
	return true;
}

static void binding_races_unloading(struct kunit *test)
{
	struct unload *u = make(test);
	struct binder binder = { .mdev = u->mdevs[0] };
	unsigned int i, unloads = 0, refused = 0;
	struct task_struct *task;

	task = kthread_run(bind_and_unbind, &binder, "iommu-binder");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < 1000 && (unloads < 20 || !refused || !READ_ONCE(binder.deferred)); i++) {
		if (!unload(u)) {
			refused++;
		} else {
			unloads++;
			KUNIT_EXPECT_EQ(test, 0, atomic_read(&u->mock->domains));
			KUNIT_EXPECT_EQ(test, 0, mock_iommu_register(u->mock));
		}
		schedule_timeout_uninterruptible(i % 3);
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, 0, binder.wrong);
	KUNIT_EXPECT_GT(test, binder.bound, 0);
	KUNIT_EXPECT_GT(test, binder.deferred, 0);
	KUNIT_EXPECT_GE(test, unloads, 20);
	KUNIT_EXPECT_GT(test, refused, 0);
	KUNIT_EXPECT_EQ(test, 0, uses(u));
}
#else
static void binding_races_unloading(struct kunit *test)
{
	kunit_skip(test, "modules of this kernel are not counted");
}
#endif

static struct iommu_device *probe_with_priv(struct device *dev)
{
	return to_mock_device(dev)->mock->calls[MOCK_PROBE]++ ?
	       &to_mock_device(dev)->mock->iommu : ERR_PTR(-EIO);
}

/* What a driver keeps with the ids it gets from firmware once more. */
static void ids_of_the_driver_go(struct kunit *test)
{
	struct mock_iommu *mock = mock_iommu_create(test);
	struct mock_device *mdev = mock_device_create(test, mock, 1);
	struct device *dev = mock_dev(mdev);

	mock->ops.probe_device = probe_with_priv;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	mutex_lock(&iommu_probe_device_lock);
	dev_iommu_priv_set(dev, mdev);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	/* The driver has not let it in; ids and what belongs to them stay. */
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_PTR_EQ(test, mdev, dev_iommu_priv_get(dev));
	KUNIT_EXPECT_EQ(test, 0, iommu_probe_device(dev));
	KUNIT_EXPECT_NOT_NULL(test, dev->iommu_group);

	mock_iommu_unregister(mock);
	KUNIT_EXPECT_NULL(test, dev_iommu_priv_get(dev));
	KUNIT_EXPECT_NULL(test, dev_iommu_fwspec_get(dev));
	KUNIT_EXPECT_EQ(test, 0, iommu_device_use_default_domain(dev));
}

static int unload_init(struct kunit *test)
{
	mock_dma_api(test);
	return 0;
}

static struct kunit_case unload_cases[] = {
	KUNIT_CASE(devices_alone_keep_nothing),
	KUNIT_CASE(bound_drivers_keep_it),
	KUNIT_CASE(owners_keep_it),
	KUNIT_CASE(refused_claim_keeps_nothing),
	KUNIT_CASE(domains_keep_it),
	KUNIT_CASE(adopted_domains_keep_it),
	KUNIT_CASE(bonds_keep_it),
	KUNIT_CASE(leaving_module_takes_no_users),
	KUNIT_CASE(comes_and_goes),
	KUNIT_CASE(users_of_what_has_gone_keep_nothing),
	KUNIT_CASE(binding_races_unloading),
	KUNIT_CASE(ids_of_the_driver_go),
	{}
};

static struct kunit_suite unload_suite = {
	.name = "iommu-core-unload",
	.init = unload_init,
	.test_cases = unload_cases,
};

kunit_test_suite(unload_suite);
