// SPDX-License-Identifier: GPL-2.0
/*
 * Probe order, the same cases for every bus.  See order.h.
 */
#include <linux/device/driver.h>
#include <linux/iommu-dma.h>

#include "core.h"
#include "order.h"

#define ORDER_SEEN	4

/**
 * struct order_test - a test
 * @bus: bus
 * @mock: instance
 * @tree: tree around it
 * @seen: what devices were like when their driver's probe began
 * @num_seen: length of @seen
 * @frees: the driver that is unbound next is watched while it frees what it had
 * @comes_back: and @mock is registered then
 * @goes: or unregistered
 * @detached_dma: state of the device's DMA API when its DMA was blocked
 * @freed_grouped: whether the device was in a group by then
 * @freed_translated: whether its DMA API was that of an instance
 */
struct order_test {
	const struct order_bus *bus;
	struct mock_iommu *mock;
	struct mock_tree *tree;
	struct {
		struct device *dev;
		struct iommu_group *group;
		unsigned int type;
		unsigned int users;
		bool translated;
	} seen[ORDER_SEEN];
	unsigned int num_seen;
	bool frees;
	bool comes_back;
	bool goes;
	struct iommu_dma_device *detached_dma;
	bool freed_grouped;
	bool freed_translated;
};

/* One test at a time; drivers have no other way to find it. */
static struct order_test *ot;

/* Where devres frees memory of the DMA API */
static void watch_free(void *data)
{
	struct device *dev = data;

	if (!ot->frees)
		return;
	ot->frees = false;
	if (ot->comes_back)
		mock_iommu_register(ot->mock);
	if (ot->goes)
		mock_iommu_unregister(ot->mock);
	ot->freed_grouped = dev->iommu_group;
	ot->freed_translated = use_dma_iommu(dev);
}

int order_probe(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	typeof(ot->seen[0]) *seen = &ot->seen[ot->num_seen];

	if (ot->num_seen == ORDER_SEEN)
		return -ENOSPC;
	ot->num_seen++;
	seen->dev = dev;
	seen->group = group;
	seen->type = domain ? domain->type : 0;
	seen->users = group ? group->owner_cnt : 0;
	seen->translated = use_dma_iommu(dev);
	return devm_add_action(dev, watch_free, dev);
}

/* Devices are of any bus here, and not the mock's */

static struct iommu_device *claim(struct device *dev)
{
	return &ot->mock->iommu;
}

static int attach(struct iommu_domain *domain, struct device *dev)
{
	iommu_group_mutex_assert(dev);
	return 0;
}

static int attach_static(struct iommu_domain *domain, struct device *dev)
{
	ot->detached_dma = dev->iommu->dma;
	return attach(domain, dev);
}

static const struct iommu_domain_ops static_ops = {
	.attach_dev = attach_static,
};

static void serve_any_device(struct mock_iommu *mock)
{
	mock->ops.probe_device = claim;
	mock->ops.release_device = NULL;
	mock->ops.probe_finalize = NULL;
	mock->ops.device_group = generic_device_group;
	mock->ops.get_resv_regions = NULL;
	mock->ops.is_attach_deferred = NULL;
	mock->ops.def_domain_type = NULL;
	mock->domain_ops.attach_dev = attach;
	mock->identity.ops = &static_ops;
	mock->blocked.ops = &static_ops;
}

int order_init(struct kunit *test, const struct order_bus *bus)
{
	ot = kunit_kzalloc(test, sizeof(*ot), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ot);
	ot->bus = bus;
	ot->mock = mock_iommu_create(test);
	serve_any_device(ot->mock);
	bus->begin(test);
	ot->tree = mock_tree_create(test, ot->mock);
	return 0;
}

static struct device *add(struct kunit *test, enum order_place place, int number)
{
	return ot->bus->add(test, ot->tree, place, number);
}

/* Bound, and without an IOMMU from its driver's first moment on */
static void expect_direct(struct kunit *test, struct device *dev)
{
	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_ASSERT_EQ(test, 1, ot->num_seen);
	KUNIT_EXPECT_PTR_EQ(test, dev, ot->seen[0].dev);
	KUNIT_EXPECT_NULL(test, ot->seen[0].group);
	KUNIT_EXPECT_FALSE(test, ot->seen[0].translated);
}

/* Bound, and in its group before its driver's first moment */
static void expect_translated(struct kunit *test, struct device *dev, int number)
{
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);
	typeof(ot->seen[0]) *seen = &ot->seen[ot->num_seen - 1];

	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_ASSERT_GE(test, ot->num_seen, 1);
	KUNIT_EXPECT_PTR_EQ(test, dev, seen->dev);
	KUNIT_EXPECT_PTR_EQ(test, dev->iommu_group, seen->group);
	KUNIT_EXPECT_TRUE(test, seen->type & __IOMMU_DOMAIN_DMA_API);
	KUNIT_EXPECT_TRUE(test, seen->translated);
	KUNIT_EXPECT_EQ(test, 1, seen->users);
	KUNIT_ASSERT_NOT_NULL(test, ids);
	KUNIT_ASSERT_EQ(test, 1, ids->num_ids);
	KUNIT_EXPECT_EQ(test, ot->bus->stream(number), ids->ids[0]);
	KUNIT_EXPECT_PTR_EQ(test, ot->mock->node, ids->iommu_fwnode);
}

static void expect_waiting(struct kunit *test, struct device *dev)
{
	KUNIT_EXPECT_FALSE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 0, ot->num_seen);
}

enum order_answer { DIRECT, TRANSLATED, WAITS };

/**
 * struct order_situation - a line of the table
 * @name: what it is called in the results
 * @place: where firmware puts the device
 * @there: the instance is registered
 * @policy: what the administrator says of one that is missing
 * @waiting: what becomes of the device while drivers are waited for
 * @expired: and when they are not any more
 */
struct order_situation {
	const char *name;
	enum order_place place;
	bool there;
	enum iommu_missing policy;
	enum order_answer waiting;
	enum order_answer expired;
};

static const struct order_situation situations[] = {
	{ "none", ORDER_LONE, false, IOMMU_MISSING_DEFER, DIRECT, DIRECT },
	{ "none-there", ORDER_LONE, true, IOMMU_MISSING_FAIL, DIRECT, DIRECT },
	{ "disabled", ORDER_OFF, true, IOMMU_MISSING_DEFER, DIRECT, DIRECT },
	{ "there", ORDER_BEHIND, true, IOMMU_MISSING_DEFER, TRANSLATED, TRANSLATED },
	{ "there-bypass", ORDER_BEHIND, true, IOMMU_MISSING_BYPASS, TRANSLATED, TRANSLATED },
	{ "missing-defer", ORDER_BEHIND, false, IOMMU_MISSING_DEFER, WAITS, WAITS },
	{ "missing-bypass", ORDER_BEHIND, false, IOMMU_MISSING_BYPASS, WAITS, DIRECT },
	{ "missing-fail", ORDER_BEHIND, false, IOMMU_MISSING_FAIL, WAITS, WAITS },
};

KUNIT_ARRAY_PARAM_DESC(order, situations, name);

const void *order_params(const void *prev, char *desc)
{
	return order_gen_params(prev, desc);
}

static void expect(struct kunit *test, struct device *dev, enum order_answer answer)
{
	switch (answer) {
	case DIRECT:
		expect_direct(test, dev);
		break;
	case TRANSLATED:
		expect_translated(test, dev, 0);
		break;
	case WAITS:
		expect_waiting(test, dev);
		break;
	}
}

void order_decides(struct kunit *test)
{
	const struct order_situation *s = test->param_value;
	struct device *dev;

	mock_missing_policy = s->policy;
	if (s->there)
		KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	dev = add(test, s->place, 0);
	expect(test, dev, s->waiting);

	device_release_driver(dev);
	ot->num_seen = 0;
	mock_missing_expired = true;
	KUNIT_EXPECT_EQ(test, s->expired == WAITS ? 0 : 1, device_attach(dev) > 0);
	expect(test, dev, s->expired);
}

/* Its driver is bound when the instance is there, and not before */
void order_comes_late(struct kunit *test)
{
	struct device *dev = add(test, ORDER_BEHIND, 0);

	expect_waiting(test, dev);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	expect_waiting(test, dev);
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
	expect_translated(test, dev, 0);
	device_release_driver(dev);
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 0, dev->iommu_group->owner_cnt);
}

/* Each has its stream, whichever of them the instance was there for */
void order_two_devices(struct kunit *test)
{
	struct device *first = add(test, ORDER_BEHIND, 0), *second;

	expect_waiting(test, first);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	second = add(test, ORDER_BEHIND, 1);
	expect_translated(test, second, 1);
	KUNIT_EXPECT_EQ(test, 1, device_attach(first));
	expect_translated(test, first, 0);
	KUNIT_EXPECT_PTR_NE(test, first->iommu_group, second->iommu_group);
}

/* One that had its ids finds an instance that was away, before its driver does */
void order_added_first(struct kunit *test)
{
	struct device *dev;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	dev = add(test, ORDER_BEHIND, 0);
	expect_translated(test, dev, 0);
	device_release_driver(dev);
	mock_iommu_unregister(ot->mock);
	KUNIT_EXPECT_NULL(test, dev->iommu_group);
	ot->num_seen = 0;
	KUNIT_EXPECT_LE(test, device_attach(dev), 0);
	expect_waiting(test, dev);
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	KUNIT_EXPECT_NOT_NULL(test, dev->iommu_group);
	KUNIT_EXPECT_EQ(test, 0, ot->num_seen);
	KUNIT_EXPECT_EQ(test, 1, device_attach(dev));
	expect_translated(test, dev, 0);
}

/* What a driver had from an instance is freed as such, and not by physical address. */
static void expect_freed(struct kunit *test, struct device *dev)
{
	ot->frees = true;
	device_release_driver(dev);
	KUNIT_EXPECT_FALSE(test, ot->frees);
	KUNIT_EXPECT_FALSE(test, ot->freed_grouped);
	KUNIT_EXPECT_TRUE(test, ot->freed_translated);
}

static void bind_again(struct kunit *test, struct device *dev)
{
	ot->num_seen = 0;
	KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	expect_translated(test, dev, 0);
}

/* The instance goes under a driver, and is back before or after that has gone as well */
void order_goes_under_driver(struct kunit *test)
{
	struct iommu_dma_device *dma;
	struct device *dev;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	dev = add(test, ORDER_BEHIND, 0);
	dma = dev->iommu->dma;
	mock_iommu_unregister(ot->mock);
	/* What is not unmapped any more is out of the device's reach. */
	KUNIT_EXPECT_PTR_EQ(test, dma, ot->detached_dma);
	KUNIT_EXPECT_PTR_NE(test, dma, dev->iommu->dma);
	expect_freed(test, dev);
	KUNIT_EXPECT_FALSE(test, use_dma_iommu(dev));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	bind_again(test, dev);

	mock_iommu_unregister(ot->mock);
	ot->comes_back = true;
	expect_freed(test, dev);
	KUNIT_EXPECT_TRUE(test, ot->mock->registered);
	bind_again(test, dev);
}

/* The instance goes while the driver goes, which has ended its DMA */
void order_goes_meanwhile(struct kunit *test)
{
	struct device *dev;

	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	dev = add(test, ORDER_BEHIND, 0);
	ot->goes = true;
	expect_freed(test, dev);
	KUNIT_EXPECT_FALSE(test, ot->mock->registered);
	KUNIT_EXPECT_FALSE(test, use_dma_iommu(dev));
	KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(ot->mock));
	bind_again(test, dev);
}
