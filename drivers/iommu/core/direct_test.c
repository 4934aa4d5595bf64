// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of direct.c: an instance that comes when drivers have begun without it.
 * Firmware, bus and drivers are those of a machine, the instance is a mock.
 */
#include <kunit/static_stub.h>
#include <linux/device/driver.h>
#include <linux/platform_device.h>

#include "core.h"
#include "direct.h"
#include "mock-drivers.h"
#include "mock-tree.h"

/**
 * struct direct_test - what the tests share
 * @mock: instance
 * @tree: tree around it
 * @served: calls of its serve()
 * @serve_error: what that answers
 * @at_serve: domain that @subject was in then
 * @subject: device that is looked at
 * @devres_type: type of its default domain while its devres was released
 * @devres_attached: domain that it was in then
 * @arrive_in_probe: the instance comes while a driver is being bound
 * @probe_error: what the driver's probe returns
 */
struct direct_test {
	struct mock_iommu *mock;
	struct mock_tree *tree;
	unsigned int served;
	int serve_error;
	struct iommu_domain *at_serve;
	struct mock_device *subject;
	unsigned int devres_type;
	struct iommu_domain *devres_attached;
	bool arrive_in_probe;
	int probe_error;
};

/* One test at a time; callbacks have no other way to find it. */
static struct direct_test *dt;

static int serve(struct iommu_device *iommu)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	dt->served++;
	if (dt->subject)
		dt->at_serve = dt->subject->attached;
	return dt->serve_error;
}

static void look_at_devres(void *data)
{
	struct device *dev = data;

	if (dev != mock_dev(dt->subject) || !dev->iommu_group)
		return;
	dt->devres_type = dev->iommu_group->default_domain->type;
	dt->devres_attached = dt->subject->attached;
}

static int user_probe(struct platform_device *pdev)
{
	int ret = devm_add_action(&pdev->dev, look_at_devres, &pdev->dev);

	if (!ret && dt->arrive_in_probe)
		ret = mock_iommu_register(dt->mock);
	return ret ?: dt->probe_error;
}

static struct platform_driver user_driver = {
	.probe = user_probe,
	.driver.name = "mock-device",
};

static struct platform_driver manager_driver = {
	.probe = user_probe,
	.driver.name = "mock-manager",
	.driver_managed_dma = true,
};

/* A device on its bus; whether a driver is bound to it is up to the policy */
static struct mock_device *add(struct kunit *test, int master, int key)
{
	struct mock_device *mdev = mock_tree_device(test, dt->tree,
						    dt->tree->masters[master], key);

	if (!dt->subject)
		dt->subject = mdev;
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	return mdev;
}

/* One whose driver is bound without translation */
static struct mock_device *add_direct(struct kunit *test, int master, int key)
{
	struct mock_device *mdev = add(test, master, key);
	struct device *dev = mock_dev(mdev);

	KUNIT_ASSERT_TRUE(test, device_is_bound(dev));
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu);
	KUNIT_ASSERT_TRUE(test, dev->iommu->stays_out);
	KUNIT_ASSERT_NULL(test, dev->iommu_group);
	return mdev;
}

static void expect_direct(struct kunit *test, struct mock_device *mdev, int users)
{
	struct device *dev = mock_dev(mdev);

	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->direct);
	KUNIT_EXPECT_FALSE(test, dev->iommu->stays_out);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, mdev->attached);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity,
			    iommu_get_domain_for_dev(dev));
	KUNIT_EXPECT_EQ(test, users, dev->iommu_group->owner_cnt);
}

static void expect_translated(struct kunit *test, struct mock_device *mdev, int users)
{
	struct device *dev = mock_dev(mdev);
	struct iommu_group *group = dev->iommu_group;

	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_FALSE(test, dev->iommu->direct);
	KUNIT_EXPECT_FALSE(test, dev->iommu->stays_out);
	KUNIT_EXPECT_FALSE(test, group->direct);
	KUNIT_EXPECT_EQ(test, (unsigned int)IOMMU_DOMAIN_DMA, group->default_domain->type);
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, mdev->attached);
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, mdev->dma_domain);
	KUNIT_EXPECT_EQ(test, users, group->owner_cnt);
}

static int alice;

static void goes_on(struct kunit *test)
{
	static const char text[] = "iommu-mock-tree/iommu has come, but the driver";
	unsigned int before = mock_log_lines(text);
	struct mock_device *mdev = add_direct(test, 0, 1);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	/* It has its place before the instance begins to abort, and only one. */
	KUNIT_EXPECT_EQ(test, 1, dt->served);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, dt->at_serve);
	KUNIT_EXPECT_EQ(test, 1, mdev->attaches);
	expect_direct(test, mdev, 1);
	/* Nobody else gets the group, or has it translated. */
	KUNIT_EXPECT_EQ(test, -EPERM,
			iommu_device_claim_dma_owner(mock_dev(mdev), &alice));
	KUNIT_EXPECT_NE(test, 0,
			iommu_default_domain_change(mock_dev(mdev)->iommu_group,
						    IOMMU_DOMAIN_DMA));
	expect_direct(test, mdev, 1);
}

static void rebinding_translates(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);
	struct device *dev = mock_dev(mdev);
	int cycle;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	device_release_driver(dev);
	/* Closed when the driver had gone, and memory freed the way it came */
	KUNIT_EXPECT_EQ(test, (unsigned int)IOMMU_DOMAIN_IDENTITY, dt->devres_type);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->blocked, dt->devres_attached);
	expect_translated(test, mdev, 0);
	for (cycle = 0; cycle < 3; cycle++) {
		KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
		expect_translated(test, mdev, 1);
		device_release_driver(dev);
		expect_translated(test, mdev, 0);
	}
	/* It is anybody's now. */
	KUNIT_EXPECT_EQ(test, 0, iommu_device_claim_dma_owner(dev, &alice));
	iommu_device_release_dma_owner(dev);
}

/* The driver that the instance came under never gets to work. */
static void failed_probe_closes(struct kunit *test)
{
	struct mock_device *mdev;
	struct device *dev;

	dt->arrive_in_probe = true;
	dt->probe_error = -EIO;
	mdev = add(test, 0, 1);
	dev = mock_dev(mdev);
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, dt->at_serve);
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 0, dev->iommu_group->owner_cnt);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->blocked, mdev->attached);
	KUNIT_EXPECT_FALSE(test, dev->iommu->direct);

	dt->arrive_in_probe = false;
	dt->probe_error = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev, 1);
}

/* One that comes with the driver half bound is as good as any other. */
static void comes_during_probe(struct kunit *test)
{
	struct mock_device *mdev;

	dt->arrive_in_probe = true;
	mdev = add(test, 0, 1);
	expect_direct(test, mdev, 1);
	device_release_driver(mock_dev(mdev));
	expect_translated(test, mdev, 0);
}

/* The group is as open as its most open member, and no longer than that. */
static void neighbour_follows(struct kunit *test)
{
	static const char text[] = "as it cannot be told from a device of iommu group";
	unsigned int before = mock_log_lines(text);
	struct mock_device *first = add_direct(test, 0, 1), *second;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	second = add(test, 1, 1);
	KUNIT_ASSERT_PTR_EQ(test, mock_dev(first)->iommu_group,
			    mock_dev(second)->iommu_group);
	KUNIT_EXPECT_TRUE(test, device_is_bound(mock_dev(second)));
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, second->attached);
	KUNIT_EXPECT_FALSE(test, mock_dev(second)->iommu->direct);
	expect_direct(test, first, 2);

	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, first->attached);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, second->attached);
	device_release_driver(mock_dev(second));
	expect_translated(test, first, 0);
	expect_translated(test, second, 0);
}

static void two_of_a_group(struct kunit *test)
{
	struct mock_device *first = add_direct(test, 0, 1);
	struct mock_device *second = add_direct(test, 1, 1);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	expect_direct(test, first, 2);
	expect_direct(test, second, 2);
	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_EQ(test, 1, device_attach(mock_dev(first)));
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, first->attached);
	expect_direct(test, second, 2);
	device_release_driver(mock_dev(first));
	device_release_driver(mock_dev(second));
	expect_translated(test, first, 0);
	expect_translated(test, second, 0);
}

/* A driver that looks after its DMA says nothing when it goes. */
static void managers_are_not_counted(struct kunit *test)
{
	struct mock_device *mdev = mock_tree_device(test, dt->tree,
						    dt->tree->masters[0], 1);

	dt->subject = mdev;
	mdev->pdev.name = "mock-manager";
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_TRUE(test, mock_dev(mdev)->iommu->stays_out);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	expect_direct(test, mdev, 0);
	device_release_driver(mock_dev(mdev));
	expect_translated(test, mdev, 0);
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(mdev)));
	expect_translated(test, mdev, 0);
}

/* Instances that have nothing to do when they begin leave such devices alone. */
static void others_leave_it_alone(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);

	dt->mock->iommu.serve = NULL;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_TRUE(test, mock_dev(mdev)->iommu->stays_out);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
	device_release_driver(mock_dev(mdev));
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(mdev)));
	expect_translated(test, mdev, 1);
}

/* While it is set up nobody begins without it, however long it was missing. */
static void announced_is_waited_for(struct kunit *test)
{
	struct mock_device *first = add_direct(test, 0, 1);
	struct device *hwdev = &dt->mock->hwdev->dev;
	struct mock_device *second;

	KUNIT_EXPECT_EQ(test, 1, iommu_device_announce(&dt->mock->iommu, hwdev));
	second = add(test, 1, 2);
	KUNIT_EXPECT_FALSE(test, device_is_bound(mock_dev(second)));
	iommu_device_withdraw(&dt->mock->iommu);
	iommu_device_withdraw(&dt->mock->iommu);
	KUNIT_EXPECT_EQ(test, 1, device_attach(mock_dev(second)));
	KUNIT_EXPECT_TRUE(test, mock_dev(second)->iommu->stays_out);

	KUNIT_EXPECT_EQ(test, 2, iommu_device_announce(&dt->mock->iommu, hwdev));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	KUNIT_EXPECT_FALSE(test, dt->mock->iommu.announced);
	expect_direct(test, first, 1);
	expect_direct(test, second, 1);
	mock_iommu_unregister(dt->mock);
	KUNIT_EXPECT_EQ(test, 0, iommu_device_announce(&dt->mock->iommu, hwdev));
	iommu_device_withdraw(&dt->mock->iommu);
}

/* One that VFIO has put into a group, as it has no IOMMU */
static struct device *add_grouped(struct kunit *test)
{
	struct mock_device *mdev = mock_device_create(test, dt->mock, 7);
	struct iommu_group *group = iommu_group_alloc();
	struct device *dev = mock_dev(mdev);

	KUNIT_ASSERT_FALSE(test, IS_ERR(group));
	mdev->pdev.name = "mock-without-driver";
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_NULL(test, dev->iommu);
	KUNIT_EXPECT_EQ(test, 0, iommu_group_add_device(group, dev));
	iommu_group_put(group);
	return dev;
}

static void instance_that_cannot_serve(struct kunit *test)
{
	static const char text[] = "its IOMMU goes while mock-device uses it";
	unsigned int before = mock_log_lines(text);
	struct mock_device *mdev = add_direct(test, 0, 1);
	struct device *stranger = add_grouped(test);

	dt->serve_error = -EIO;
	KUNIT_EXPECT_EQ(test, -EIO, mock_iommu_register(dt->mock));
	KUNIT_EXPECT_NOT_NULL(test, stranger->iommu_group);
	iommu_group_remove_device(stranger);
	KUNIT_EXPECT_EQ(test, 1, dt->served);
	KUNIT_EXPECT_TRUE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_TRUE(test, mock_dev(mdev)->iommu->stays_out);
	KUNIT_EXPECT_FALSE(test, mock_dev(mdev)->iommu->direct);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
	KUNIT_EXPECT_NULL(test, iommu_ops_from_fwnode(dt->mock->node));
	KUNIT_EXPECT_EQ(test, before, mock_log_lines(text));

	/* As if it had not come: it is done without, and spared the next time. */
	device_release_driver(mock_dev(mdev));
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(mdev)));
	KUNIT_EXPECT_TRUE(test, mock_dev(mdev)->iommu->stays_out);
	dt->serve_error = 0;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	expect_direct(test, mdev, 1);
}

/* One that it refused before does without it as well, and not wait for it. */
static void refused_by_one_that_cannot_serve(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);
	struct device *dev = mock_dev(mdev);

	dt->serve_error = -EIO;
	dt->mock->fail_at[MOCK_PROBE] = 1;
	KUNIT_EXPECT_EQ(test, -EIO, mock_iommu_register(dt->mock));
	dt->serve_error = 0;
	dt->mock->fail_at[MOCK_PROBE] = 0;
	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);

	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	expect_direct(test, mdev, 1);
}

/* Whatever goes wrong, the driver keeps its device, and nobody else does harm. */
static void steps_that_fail(struct kunit *test)
{
	static const enum mock_op steps[] = { MOCK_PROBE, MOCK_GROUP, MOCK_ATTACH_STATIC };
	struct mock_device *mdev = add_direct(test, 0, 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		dt->mock->calls[steps[i]] = 0;
		dt->mock->fail_at[steps[i]] = 1;
		KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
		dt->mock->fail_at[steps[i]] = 0;
		KUNIT_EXPECT_TRUE_MSG(test, mock_dev(mdev)->iommu->stays_out,
				      "step %d", steps[i]);
		KUNIT_EXPECT_FALSE(test, mock_dev(mdev)->iommu->direct);
		KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
		KUNIT_EXPECT_FALSE(test, mdev->claimed);

		device_release_driver(mock_dev(mdev));
		KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(mdev)));
		expect_translated(test, mdev, 1);
		device_release_driver(mock_dev(mdev));

		/* And once more, from the start. */
		mock_iommu_unregister(dt->mock);
		mock_device_remove(mdev);
		mdev = add_direct(test, 0, 1);
	}
}

/* A device that is not trusted is not let pass, whoever is cut off by that. */
static void not_for_the_untrusted(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);

	mdev->untrusted = true;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	KUNIT_EXPECT_TRUE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_TRUE(test, mock_dev(mdev)->iommu->stays_out);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
}

static void device_goes(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	expect_direct(test, mdev, 1);
	mock_device_remove(mdev);
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu_group);
	KUNIT_EXPECT_NULL(test, mock_dev(mdev)->iommu);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&dt->mock->domains));
}

/* Its module is kept, but its device may be unplugged. */
static void instance_goes(struct kunit *test)
{
	static const char text[] = "its IOMMU goes while mock-device uses it";
	unsigned int before = mock_log_lines(text);
	struct mock_device *mdev = add_direct(test, 0, 1);
	struct device *dev = mock_dev(mdev);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	mock_iommu_unregister(dt->mock);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	KUNIT_EXPECT_FALSE(test, dev->iommu->direct);
	/* It is blocked, so an instance that comes does not let it pass. */
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev, 1);
}

/* Where nothing is translated by policy, rebinding changes nothing but the rights. */
static void identity_by_policy(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);
	struct device *dev = mock_dev(mdev);

	mock_policy = IOMMU_DOMAIN_IDENTITY;
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	expect_direct(test, mdev, 1);
	device_release_driver(dev);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, mdev->attached);
	KUNIT_EXPECT_FALSE(test, dev->iommu_group->direct);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->identity, mdev->attached);
	KUNIT_EXPECT_EQ(test, 1, dev->iommu_group->owner_cnt);
	KUNIT_EXPECT_FALSE(test, dev->iommu->direct);
}

/* What was refused is not asked for again while the driver does without. */
static void refused_stays_out(struct kunit *test)
{
	struct mock_iommu *other = mock_iommu_create(test);
	struct mock_device *mdev;
	struct device *dev;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	dt->mock->error = -EBUSY;
	dt->mock->fail_at[MOCK_PROBE] = 1;
	mdev = add(test, 0, 1);
	dev = mock_dev(mdev);
	KUNIT_ASSERT_TRUE(test, device_is_bound(dev));
	KUNIT_ASSERT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_TRUE(test, dev->iommu->stays_out);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(other));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_FALSE(test, mdev->claimed);

	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev, 1);
}

/* Without memory for a domain it stays closed, and the next driver tries again. */
static void closed_without_memory(struct kunit *test)
{
	struct mock_device *mdev = add_direct(test, 0, 1);
	struct device *dev = mock_dev(mdev);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(dt->mock));
	dt->mock->fail_at[MOCK_ALLOC] = 1;
	device_release_driver(dev);
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->blocked, mdev->attached);
	dt->mock->calls[MOCK_ALLOC] = 0;
	KUNIT_EXPECT_LE(test, device_attach(dev), 0);
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	KUNIT_EXPECT_PTR_EQ(test, &dt->mock->blocked, mdev->attached);
	dt->mock->fail_at[MOCK_ALLOC] = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev, 1);
}

static int direct_init(struct kunit *test)
{
	dt = kunit_kzalloc(test, sizeof(*dt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dt);
	mock_dma_api(test);
	dt->mock = mock_iommu_create(test);
	dt->mock->iommu.serve = serve;
	mock_driver_register(test, &user_driver);
	mock_driver_register(test, &manager_driver);
	dt->tree = mock_tree_create(test, dt->mock);
	mock_missing_policy = IOMMU_MISSING_BYPASS;
	mock_missing_expired = true;
	return 0;
}

static struct kunit_case direct_cases[] = {
	KUNIT_CASE(goes_on),
	KUNIT_CASE(rebinding_translates),
	KUNIT_CASE(failed_probe_closes),
	KUNIT_CASE(comes_during_probe),
	KUNIT_CASE(neighbour_follows),
	KUNIT_CASE(two_of_a_group),
	KUNIT_CASE(managers_are_not_counted),
	KUNIT_CASE(others_leave_it_alone),
	KUNIT_CASE(announced_is_waited_for),
	KUNIT_CASE(instance_that_cannot_serve),
	KUNIT_CASE(refused_by_one_that_cannot_serve),
	KUNIT_CASE(steps_that_fail),
	KUNIT_CASE(not_for_the_untrusted),
	KUNIT_CASE(device_goes),
	KUNIT_CASE(instance_goes),
	KUNIT_CASE(identity_by_policy),
	KUNIT_CASE(refused_stays_out),
	KUNIT_CASE(closed_without_memory),
	{}
};

static struct kunit_suite direct_suite = {
	.name = "iommu-core-direct",
	.init = direct_init,
	.test_cases = direct_cases,
};

kunit_test_suite(direct_suite);
