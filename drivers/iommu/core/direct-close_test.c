// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of direct.c: a group whose last driver without translation has gone, until
 * it has the default domain that it would have got at first.
 */
#include <linux/device/driver.h>
#include <linux/platform_device.h>

#include "core.h"
#include "direct.h"
#include "mock-drivers.h"
#include "mock-tree.h"

/**
 * struct close_test - what the tests share
 * @mock: instance
 * @tree: tree around it
 * @subject: device that was added first
 * @neighbour: another member of its group
 * @comes_meanwhile: @neighbour is to be added, or if it is there, a driver is to be
 *	bound to it, in the devres of @subject
 * @goes_meanwhile: and to be unbound
 * @meanwhile: what became of that
 * @devres_domain: domain of the DMA API of @subject then
 * @devres_attached: domain that it was in then
 * @domain_ops: what domains of @mock really do
 * @static_ops: what its static domains really do
 * @opened: attachments to its domain without translation
 * @refuses: device that refuses these, or NULL
 * @freed_in_use: domains that were freed with a device in them
 */
struct close_test {
	struct mock_iommu *mock;
	struct mock_tree *tree;
	struct mock_device *subject;
	struct mock_device *neighbour;
	bool comes_meanwhile;
	bool goes_meanwhile;
	int meanwhile;
	struct iommu_domain *devres_domain;
	struct iommu_domain *devres_attached;
	struct iommu_domain_ops domain_ops;
	const struct iommu_domain_ops *static_ops;
	unsigned int opened;
	struct device *refuses;
	unsigned int freed_in_use;
};

/* One test at a time; callbacks have no other way to find it. */
static struct close_test *ct;

static int serve(struct iommu_device *iommu)
{
	return 0;
}

static int attach_identity(struct iommu_domain *domain, struct device *dev)
{
	ct->opened++;
	if (dev == ct->refuses)
		return -EIO;
	return ct->static_ops->attach_dev(domain, dev);
}

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = attach_identity,
};

static void free_domain(struct iommu_domain *domain)
{
	struct mock_device *mdev;

	list_for_each_entry(mdev, &ct->mock->devices, list)
		ct->freed_in_use += mdev->attached == domain;
	ct->domain_ops.free(domain);
}

static void watch_domains(struct mock_iommu *mock)
{
	ct->domain_ops = mock->domain_ops;
	mock->domain_ops.free = free_domain;
	ct->static_ops = mock->identity.ops;
	mock->identity.ops = &identity_ops;
}

/* Another member is added, or bound, while the first frees what it had allocated. */
static void bind_meanwhile(void *data)
{
	if (data != mock_dev(ct->subject) || !ct->comes_meanwhile)
		return;
	ct->comes_meanwhile = false;
	ct->subject->dma_domain = NULL;
	if (device_is_registered(mock_dev(ct->neighbour)))
		ct->meanwhile = device_attach(mock_dev(ct->neighbour));
	else
		ct->meanwhile = mock_device_add(ct->neighbour);
	if (ct->goes_meanwhile)
		device_release_driver(mock_dev(ct->neighbour));
	ct->devres_domain = ct->subject->dma_domain;
	ct->devres_attached = ct->subject->attached;
}

static int user_probe(struct platform_device *pdev)
{
	return devm_add_action(&pdev->dev, bind_meanwhile, &pdev->dev);
}

static struct platform_driver user_driver = {
	.probe = user_probe,
	.driver.name = "mock-device",
};

static struct mock_device *add(struct kunit *test, int master)
{
	struct mock_device *mdev = mock_tree_device(test, ct->tree,
						    ct->tree->masters[master], 1);

	if (!ct->subject)
		ct->subject = mdev;
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_TRUE(test, device_is_bound(mock_dev(mdev)));
	return mdev;
}

static void expect_closed(struct kunit *test, struct mock_device *mdev)
{
	KUNIT_EXPECT_FALSE(test, device_is_bound(mock_dev(mdev)));
	KUNIT_EXPECT_PTR_EQ(test, &ct->mock->blocked, mdev->attached);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&ct->mock->domains));
	KUNIT_EXPECT_EQ(test, 0, ct->freed_in_use);
}

static void expect_translated(struct kunit *test, struct mock_device *mdev, int users)
{
	struct iommu_group *group = mock_dev(mdev)->iommu_group;

	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_FALSE(test, group->direct);
	KUNIT_EXPECT_EQ(test, (unsigned int)IOMMU_DOMAIN_DMA, group->default_domain->type);
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, group->domain);
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, mdev->attached);
	KUNIT_EXPECT_PTR_EQ(test, group->default_domain, mdev->dma_domain);
	KUNIT_EXPECT_EQ(test, users, group->owner_cnt);
}

/* What is closed is not opened on the way to what it is to have. */
static void stays_closed(struct kunit *test)
{
	static const char text[] = "uses DMA without translation, if its IOMMU lets it";
	struct mock_device *mdev = add(test, 0);
	unsigned int before = mock_log_lines(text);
	struct device *dev = mock_dev(mdev);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ct->mock));
	KUNIT_EXPECT_EQ(test, 1, ct->opened);
	mdev->setup_dma_error = -EINVAL;
	device_release_driver(dev);
	expect_closed(test, mdev);
	KUNIT_EXPECT_LE(test, device_attach(dev), 0);
	expect_closed(test, mdev);
	KUNIT_EXPECT_EQ(test, 1, ct->opened);
	KUNIT_EXPECT_EQ(test, before, mock_log_lines(text));

	mdev->setup_dma_error = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, mdev, 1);
	KUNIT_EXPECT_EQ(test, 1, ct->opened);
}

/*
 * Where the blocking domain was refused the group is attached to nothing.  The
 * next domain takes one member and is refused by the other.
 */
static void half_renewed(struct kunit *test)
{
	struct mock_device *first = add(test, 0), *second = add(test, 1);
	struct mock_iommu *mock = ct->mock;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	device_release_driver(mock_dev(second));
	mock->calls[MOCK_ATTACH_STATIC] = 0;
	mock->fail_at[MOCK_ATTACH_STATIC] = 1;
	second->refuse = -EIO;
	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_EQ(test, 2, mock->calls[MOCK_ATTACH]);
	expect_closed(test, first);
	expect_closed(test, second);

	second->refuse = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(mock_dev(second)));
	expect_translated(test, first, 1);
	expect_translated(test, second, 1);
}

/* What was allocated by physical address is freed by it, whoever comes meanwhile. */
static void neighbour_comes_meanwhile(struct kunit *test)
{
	static const char text[] = "as it cannot be told from a device of iommu group";
	unsigned int before = mock_log_lines(text);
	struct mock_device *first = add(test, 0);

	ct->neighbour = add(test, 1);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ct->mock));
	device_release_driver(mock_dev(ct->neighbour));
	ct->comes_meanwhile = true;
	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_EQ(test, 1, ct->meanwhile);
	if (ct->devres_domain)
		KUNIT_EXPECT_FALSE(test, iommu_is_dma_domain(ct->devres_domain));
	KUNIT_EXPECT_PTR_EQ(test, &ct->mock->identity, first->attached);
	KUNIT_EXPECT_PTR_EQ(test, &ct->mock->identity, ct->neighbour->attached);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));

	device_release_driver(mock_dev(ct->neighbour));
	expect_translated(test, first, 0);
	expect_translated(test, ct->neighbour, 0);
}

/* Nor is there another domain when that one has gone again. */
static void neighbour_goes_meanwhile(struct kunit *test)
{
	struct mock_device *first = add(test, 0);

	ct->neighbour = add(test, 1);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ct->mock));
	device_release_driver(mock_dev(ct->neighbour));
	ct->comes_meanwhile = true;
	ct->goes_meanwhile = true;
	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_EQ(test, 1, ct->meanwhile);
	KUNIT_EXPECT_PTR_EQ(test, &ct->mock->blocked, ct->devres_attached);
	if (ct->devres_domain)
		KUNIT_EXPECT_FALSE(test, iommu_is_dma_domain(ct->devres_domain));
	expect_translated(test, first, 0);
	expect_translated(test, ct->neighbour, 0);
}

/* Nor is there one for a driver that came later, and was not translated either. */
static void first_comes_meanwhile(struct kunit *test)
{
	struct mock_device *first = add(test, 0), *second;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ct->mock));
	second = add(test, 1);
	KUNIT_ASSERT_PTR_EQ(test, &ct->mock->identity, second->attached);
	device_release_driver(mock_dev(first));
	ct->subject = second;
	ct->neighbour = first;
	ct->comes_meanwhile = true;
	device_release_driver(mock_dev(second));
	KUNIT_EXPECT_EQ(test, 1, ct->meanwhile);
	if (ct->devres_domain)
		KUNIT_EXPECT_FALSE(test, iommu_is_dma_domain(ct->devres_domain));
	KUNIT_EXPECT_PTR_EQ(test, &ct->mock->identity, first->attached);

	device_release_driver(mock_dev(first));
	expect_translated(test, first, 0);
	expect_translated(test, second, 0);
}

/*
 * Where nothing was attached, nobody is left in the domain that the group was to have
 * for the neighbour.
 */
static void half_opened(struct kunit *test)
{
	static const char text[] = "stays closed, without a default domain";
	unsigned int before = mock_log_lines(text);
	struct mock_device *first = add(test, 0);
	struct mock_iommu *mock = ct->mock;

	ct->neighbour = add(test, 1);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	device_release_driver(mock_dev(ct->neighbour));
	mock->calls[MOCK_ATTACH_STATIC] = 0;
	mock->fail_at[MOCK_ATTACH_STATIC] = 1;
	ct->refuses = mock_dev(ct->neighbour);
	ct->comes_meanwhile = true;
	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_LE(test, ct->meanwhile, 0);
	KUNIT_EXPECT_PTR_EQ(test, &mock->blocked, ct->devres_attached);
	KUNIT_EXPECT_EQ(test, before + 1, mock_log_lines(text));
	expect_translated(test, first, 0);
	expect_translated(test, ct->neighbour, 0);
}

/* One that is only added opens nothing. */
static void newcomer_meanwhile(struct kunit *test)
{
	struct mock_device *first = add(test, 0);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ct->mock));
	ct->neighbour = mock_device_create(test, ct->mock, 1);
	ct->neighbour->pdev.name = "mock-without-driver";
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(ct->neighbour));
	ct->comes_meanwhile = true;
	device_release_driver(mock_dev(first));
	KUNIT_EXPECT_EQ(test, 0, ct->meanwhile);
	KUNIT_EXPECT_PTR_EQ(test, &ct->mock->blocked, ct->devres_attached);
	KUNIT_EXPECT_EQ(test, 1, ct->opened);
	expect_translated(test, first, 0);
	expect_translated(test, ct->neighbour, 0);
}

/* A closed group is no reason to refuse one that has to be translated. */
static void takes_the_untrusted(struct kunit *test)
{
	struct mock_device *first = add(test, 0);
	struct mock_device *second = mock_tree_device(test, ct->tree,
						      ct->tree->masters[1], 1);

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ct->mock));
	first->setup_dma_error = -ENOMEM;
	device_release_driver(mock_dev(first));
	expect_closed(test, first);

	first->setup_dma_error = 0;
	second->untrusted = true;
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(second));
	expect_translated(test, second, 1);
	expect_translated(test, first, 1);
	KUNIT_EXPECT_TRUE(test, device_is_bound(mock_dev(second)));
}

static int close_init(struct kunit *test)
{
	ct = kunit_kzalloc(test, sizeof(*ct), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ct);
	mock_dma_api(test);
	ct->mock = mock_iommu_create(test);
	ct->mock->iommu.serve = serve;
	watch_domains(ct->mock);
	mock_driver_register(test, &user_driver);
	ct->tree = mock_tree_create(test, ct->mock);
	mock_missing_policy = IOMMU_MISSING_BYPASS;
	mock_missing_expired = true;
	return 0;
}

static struct kunit_case close_cases[] = {
	KUNIT_CASE(stays_closed),
	KUNIT_CASE(half_renewed),
	KUNIT_CASE(neighbour_comes_meanwhile),
	KUNIT_CASE(neighbour_goes_meanwhile),
	KUNIT_CASE(first_comes_meanwhile),
	KUNIT_CASE(half_opened),
	KUNIT_CASE(newcomer_meanwhile),
	KUNIT_CASE(takes_the_untrusted),
	{}
};

static struct kunit_suite close_suite = {
	.name = "iommu-core-direct-close",
	.init = close_init,
	.test_cases = close_cases,
};

kunit_test_suite(close_suite);
