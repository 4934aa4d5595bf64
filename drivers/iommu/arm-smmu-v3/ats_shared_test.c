// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of ats.c and atc.c: a device with ATS leaves, and a stream of it
 * goes on for another.  Meanwhile the domain of both is unmapped from, by who
 * knows nothing of that.  Against the software model.
 */
#include <kunit/test.h>

#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SHARED	0x100
#define OWN	0x208
#define HELPER	0x310
#define IOVA	0x40000000UL
#define KEPT	(IOVA + SZ_4K)
#define PHYS	0x80000000ULL
#define NO_SSID	SMMU3_MODEL_NO_SSID

struct shared_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct smmu3_pci_fake *owner;
	struct smmu3_pci_fake *heir;
	struct smmu3_device *device;
	struct smmu3_device *next;
	struct iommu_domain *domain;
};

static void free_domain(void *domain)
{
	iommu_domain_free(domain);
}

/* A page of it is mapped, and devices that come later are gone when it goes */
static int shared_init(struct kunit *test)
{
	struct shared_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);
	struct device *helper;

	KUNIT_ASSERT_NOT_NULL(test, st);
	test->priv = st;
	st->smmu = smmu3_rig_start(test, &st->model);
	helper = smmu3_rig_master(test, st->model, HELPER);
	st->domain = smmu3_rig_domain(test, helper);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, free_domain, st->domain));
	smmu3_rig_map(test, st->domain, IOVA, PHYS, SZ_64K);
	return 0;
}

static struct smmu3_pci_fake *add(struct kunit *test, const u32 *ids, int count)
{
	struct shared_test *st = test->priv;
	struct smmu3_pci_fake *fake;

	fake = smmu3_pci_fake_create(test, st->smmu, ids, count);
	smmu3_pci_fake_probe(test, fake);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(fake, st->domain));
	return fake;
}

/* One with ATS and @count streams, and one that has borrowed the first of them */
static void add_pair(struct kunit *test, int count)
{
	struct shared_test *st = test->priv;
	const u32 ids[] = { SHARED, OWN };

	st->owner = add(test, ids, count);
	st->heir = add(test, ids, 1);
	st->device = st->owner->param.priv;
	st->next = st->heir->param.priv;
	KUNIT_ASSERT_TRUE(test, st->device->ats.capable);
	KUNIT_ASSERT_FALSE(test, st->next->ats.capable);
}

/* As when the owner is released, which is still in its domain then */
static void hand_over(struct kunit *test)
{
	struct shared_test *st = test->priv;

	mutex_lock(&iommu_probe_device_lock);
	smmu3_streams_hand_over(st->device);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_TRUE(test, smmu3_owns_stream(st->next, SHARED));
	KUNIT_ASSERT_FALSE(test, smmu3_owns_stream(st->device, SHARED));
}

static enum smmu3_outcome send(struct shared_test *st, u32 sid,
			       unsigned long iova, unsigned int flags)
{
	return smmu3_model_dma(st->model, sid, NO_SSID, iova, flags).outcome;
}

/* It is lost, and who has its stream now is not */
static void expect_lost(struct kunit *test)
{
	struct shared_test *st = test->priv;

	KUNIT_EXPECT_TRUE(test, st->device->ats.dead);
	KUNIT_EXPECT_TRUE(test, st->device->ats.closed);
	KUNIT_EXPECT_FALSE(test, st->next->ats.dead);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE, send(st, SHARED, KEPT, 0));
}

/* All that it had is another's, and nothing of that is what it is known by */
static void shared_pulled_out(struct kunit *test)
{
	struct shared_test *st = test->priv;

	add_pair(test, 1);
	KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(st->model, SHARED, IOVA));
	hand_over(test);
	st->owner->pdev.error_state = pci_channel_io_perm_failure;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(st->domain, IOVA, SZ_4K));
	expect_lost(test);
}

/* The queue knows the stream of the command only, and that is another's */
static void shared_does_not_answer(struct kunit *test)
{
	struct shared_test *st = test->priv;

	add_pair(test, 2);
	KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(st->model, OWN, KEPT));
	hand_over(test);
	st->model->atc_stuck_sid = SHARED;
	st->model->atc_stuck_one = true;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(st->domain, IOVA, SZ_4K));
	st->model->atc_stuck_one = false;
	expect_lost(test);
	smmu3_ats_tell(st->smmu);
	KUNIT_EXPECT_TRUE(test, st->device->ats.told);
	KUNIT_EXPECT_FALSE(test, st->next->ats.told);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_ABORTED,
			send(st, OWN, KEPT, SMMU3_DMA_TRANSLATED));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE, send(st, SHARED, KEPT, 0));
}

/* What it has kept is forgotten there, until it is out of the domain */
static void shared_is_invalidated(struct kunit *test)
{
	struct shared_test *st = test->priv;

	add_pair(test, 2);
	KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(st->model, OWN, IOVA));
	KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(st->model, SHARED, IOVA));
	hand_over(test);
	KUNIT_EXPECT_EQ(test, 2, st->device->num_streams);
	KUNIT_EXPECT_EQ(test, SZ_64K, iommu_unmap(st->domain, IOVA, SZ_64K));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(st->model, OWN));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(st->model, SHARED));
	KUNIT_EXPECT_FALSE(test, st->device->ats.dead);
}

/* All of that was on the way to here */
static void shared_ends_with_owner(struct kunit *test)
{
	struct shared_test *st = test->priv;

	add_pair(test, 2);
	hand_over(test);
	smmu3_pci_fake_release(test, st->owner);
	KUNIT_EXPECT_TRUE(test, smmu3_owns_stream(st->next, SHARED));
	KUNIT_EXPECT_NULL(test, xa_load(&st->smmu->streams, OWN));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE, send(st, SHARED, IOVA, 0));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_ABORTED, send(st, OWN, IOVA, 0));
}

static struct kunit_case shared_cases[] = {
	KUNIT_CASE(shared_pulled_out),
	KUNIT_CASE(shared_does_not_answer),
	KUNIT_CASE(shared_is_invalidated),
	KUNIT_CASE(shared_ends_with_owner),
	{}
};

static struct kunit_suite shared_suite = {
	.name = "smmu3-ats-shared",
	.init = shared_init,
	.test_cases = shared_cases,
};

kunit_test_suite(shared_suite);
