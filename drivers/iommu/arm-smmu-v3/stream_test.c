// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of stream.c, against the software model: devices that have streams
 * in common, and come and go in any order.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SHARED	0x105
#define OWN_A	0x20
#define OWN_B	0x30
#define IOVA	SZ_16M
#define PHYS	SZ_64M

struct stream_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct iommu_domain *domain;
};

static const u32 ids_of[][2] = {
	{ OWN_A, SHARED },
	{ SHARED, OWN_B },
	{ SHARED, SHARED },
};

#define MASTERS	ARRAY_SIZE(ids_of)

static struct device *add(struct kunit *test, unsigned int which)
{
	struct stream_test *st = test->priv;
	struct device *dev;
	int ret;

	dev = smmu3_model_add_master(test, st->model, ids_of[which], 2, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	KUNIT_ASSERT_NOT_NULL(test, dev->iommu_group);
	return dev;
}

static void leave(void *data)
{
	struct stream_test *st = data;

	if (st->domain)
		iommu_domain_free(st->domain);
}

static int stream_init(struct kunit *test)
{
	struct stream_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, st);
	test->priv = st;
	st->smmu = smmu3_rig_start(test, &st->model);
	return kunit_add_action(test, leave, st);
}

/* The group in a domain of the test, with a page mapped */
static void enter_domain(struct kunit *test, struct device *dev)
{
	struct stream_test *st = test->priv;

	st->domain = smmu3_rig_domain(test, dev);
	smmu3_rig_map(test, st->domain, IOVA, PHYS, SZ_4K);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(st->domain, dev->iommu_group));
}

static bool reaches(struct stream_test *st, u32 sid)
{
	return smmu3_rig_reaches(st->model, sid, IOVA) == PHYS;
}

static bool is_closed(struct stream_test *st, u32 sid)
{
	return smmu3_model_view(st->model, sid).verdict == SMMU3_ABORTS;
}

static struct smmu3_device *owner(struct stream_test *st, u32 sid)
{
	struct smmu3_device *device;

	mutex_lock(&st->smmu->streams_lock);
	device = smmu3_stream_owner(st->smmu, sid);
	mutex_unlock(&st->smmu->streams_lock);
	return device;
}

/* Whoever comes first, it is one group, and every stream is in its domain */
static void shared_in_any_order(struct kunit *test)
{
	static const u8 orders[][MASTERS] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct stream_test *st = test->priv;
	struct device *devs[MASTERS];
	int i, k;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		for (k = 0; k < MASTERS; k++) {
			devs[k] = add(test, orders[i][k]);
			KUNIT_EXPECT_PTR_EQ(test, devs[0]->iommu_group,
					    devs[k]->iommu_group);
		}
		enter_domain(test, devs[0]);
		KUNIT_EXPECT_TRUE(test, reaches(st, OWN_A));
		KUNIT_EXPECT_TRUE(test, reaches(st, SHARED));
		KUNIT_EXPECT_TRUE(test, reaches(st, OWN_B));
		iommu_detach_group(st->domain, devs[0]->iommu_group);
		for (k = 0; k < MASTERS; k++)
			smmu3_model_remove_master(test, devs[k]);
		KUNIT_EXPECT_TRUE(test, is_closed(st, OWN_A));
		KUNIT_EXPECT_TRUE(test, is_closed(st, SHARED));
		KUNIT_EXPECT_TRUE(test, is_closed(st, OWN_B));
		KUNIT_EXPECT_NULL(test, owner(st, SHARED));
		KUNIT_EXPECT_TRUE(test, list_empty(&st->smmu->borrowers));
		iommu_domain_free(st->domain);
		st->domain = NULL;
	}
}

/* One that comes when the others are at work works where they do */
static void shared_joins_later(struct kunit *test)
{
	struct stream_test *st = test->priv;
	struct device *first = add(test, 0), *second;

	enter_domain(test, first);
	KUNIT_EXPECT_FALSE(test, reaches(st, OWN_B));
	second = add(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, first->iommu_group, second->iommu_group);
	KUNIT_EXPECT_TRUE(test, reaches(st, OWN_B));
	KUNIT_EXPECT_TRUE(test, reaches(st, SHARED));
	KUNIT_EXPECT_PTR_EQ(test, owner(st, SHARED)->dev, first);
	KUNIT_EXPECT_EQ(test, 1, ((struct smmu3_device *)
				  dev_iommu_priv_get(second))->num_streams);
	iommu_detach_group(st->domain, first->iommu_group);
}

/* The stream goes on for the others when its owner has gone, without a break */
static void shared_owner_goes(struct kunit *test)
{
	struct stream_test *st = test->priv;
	struct device *devs[] = { add(test, 0), add(test, 1), add(test, 2) };
	struct iommu_group *group = iommu_group_get(devs[0]);

	enter_domain(test, devs[0]);
	st->model->watched = SHARED;
	st->model->seen = 0;
	smmu3_model_remove_master(test, devs[0]);
	KUNIT_EXPECT_TRUE(test, reaches(st, SHARED));
	KUNIT_EXPECT_TRUE(test, is_closed(st, OWN_A));
	KUNIT_EXPECT_PTR_EQ(test, owner(st, SHARED)->dev, devs[1]);
	smmu3_model_remove_master(test, devs[1]);
	KUNIT_EXPECT_TRUE(test, reaches(st, SHARED));
	KUNIT_EXPECT_TRUE(test, is_closed(st, OWN_B));
	KUNIT_EXPECT_PTR_EQ(test, owner(st, SHARED)->dev, devs[2]);
	KUNIT_EXPECT_TRUE(test, list_empty(&st->smmu->borrowers));
	KUNIT_EXPECT_FALSE(test, st->model->seen & BIT(SMMU3_ABORTS));

	/* And where it moves now, it follows */
	iommu_detach_group(st->domain, group);
	KUNIT_EXPECT_FALSE(test, reaches(st, SHARED));
	smmu3_model_remove_master(test, devs[2]);
	KUNIT_EXPECT_TRUE(test, is_closed(st, SHARED));
	iommu_group_put(group);
}

/*
 * The hardware goes by what it has cached, as its queue is dead and it cannot be
 * shut off: that leads to the CD table of who has gone, which is left to it.
 */
static void shared_owner_goes_unconfirmed(struct kunit *test)
{
	struct stream_test *st = test->priv;
	struct device *first = add(test, 2);
	struct smmu3_device *device = dev_iommu_priv_get(first);
	struct page *table;

	add(test, 1);
	KUNIT_ASSERT_EQ(test, 1, device->num_streams);
	KUNIT_ASSERT_NOT_NULL(test, device->cdtab.live.top);
	table = pfn_to_page(PHYS_PFN(device->cdtab.live.dma));
	st->smmu->aborts_when_off = false;
	st->smmu->cmdq.timeout_us = 1000;
	st->model->cmdq_stuck = true;
	smmu3_model_remove_master(test, first);
	KUNIT_EXPECT_EQ(test, SMMU3_QUEUE_DEAD, st->smmu->state);
	KUNIT_EXPECT_NE(test, 0, page_count(table));
}

/* What waits in a stream that was handed over is left to who has it now */
static void shared_stalls_stay(struct kunit *test)
{
	const struct smmu3_master_spec spec = {
		.ids = ids_of[0],
		.count = 2,
		.stalls = true,
	};
	struct stream_test *st = test->priv;
	struct device *first, *second;
	u32 sid = 0, found = 0;
	int i;

	first = smmu3_rig_add(test, st->smmu, &spec);
	second = add(test, 2);
	st->model->num_cmds = 0;
	smmu3_master_remove(test, first);
	for (i = 0; i < st->model->num_cmds; i++) {
		if (smmu3_cmd_op(&st->model->cmds[i]) != SMMU3_OP_STALL_TERM)
			continue;
		sid = FIELD_GET(SMMU3_CMD0_SID, st->model->cmds[i].w[0]);
		found++;
	}
	KUNIT_EXPECT_EQ(test, 1, found);
	KUNIT_EXPECT_EQ(test, OWN_A, sid);
	KUNIT_EXPECT_PTR_EQ(test, owner(st, SHARED)->dev, second);
}

/* It comes back behind those that had borrowed from it */
static void shared_owner_returns(struct kunit *test)
{
	struct stream_test *st = test->priv;
	struct device *first = add(test, 0), *second = add(test, 1);

	enter_domain(test, second);
	smmu3_model_remove_master(test, first);
	first = add(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, first->iommu_group, second->iommu_group);
	KUNIT_EXPECT_PTR_EQ(test, owner(st, SHARED)->dev, second);
	KUNIT_EXPECT_TRUE(test, reaches(st, OWN_A));
	smmu3_model_remove_master(test, first);
	KUNIT_EXPECT_TRUE(test, reaches(st, SHARED));
	KUNIT_EXPECT_TRUE(test, reaches(st, OWN_B));
	iommu_detach_group(st->domain, second->iommu_group);
}

/* Groups are not merged: nobody knows what their users have made of them */
static void shared_between_groups(struct kunit *test)
{
	static const u32 both[] = { OWN_A, OWN_B };
	struct stream_test *st = test->priv;
	struct device *devs[2];
	int ret;

	devs[0] = smmu3_rig_master(test, st->model, OWN_A);
	devs[1] = smmu3_rig_master(test, st->model, OWN_B);
	KUNIT_ASSERT_PTR_NE(test, devs[0]->iommu_group, devs[1]->iommu_group);
	smmu3_model_add_master(test, st->model, both, 2, &ret);
	KUNIT_EXPECT_EQ(test, -EINVAL, ret);
	KUNIT_EXPECT_TRUE(test, list_empty(&st->smmu->borrowers));
	KUNIT_EXPECT_PTR_EQ(test, owner(st, OWN_A)->dev, devs[0]);
	KUNIT_EXPECT_PTR_EQ(test, owner(st, OWN_B)->dev, devs[1]);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(shared_in_any_order),
	KUNIT_CASE(shared_joins_later),
	KUNIT_CASE(shared_owner_goes),
	KUNIT_CASE(shared_owner_goes_unconfirmed),
	KUNIT_CASE(shared_stalls_stay),
	KUNIT_CASE(shared_owner_returns),
	KUNIT_CASE(shared_between_groups),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "smmu3-stream",
	.init = stream_init,
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
