// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of ats.c and atc.c under function-level resets: a device that
 * answers nothing for a while, and has forgotten everything afterwards.  Against
 * the software model.
 */
#include <kunit/test.h>

#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x100
#define OTHER	0x208
#define IOVA	0x40000000UL
#define PHYS	0x80000000ULL
#define NO_SSID	SMMU3_MODEL_NO_SSID

struct reset_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct smmu3_pci_fake *fake;
	struct smmu3_pci_fake *other;
	struct smmu3_device *device;
	struct iommu_domain *domain;
};

static int pass(struct smmu3_pci_fake *fake)
{
	return smmu3_pci_fake_attach(fake, fake->smmu->iommu.ops->identity_domain);
}

static void free_domain(void *data)
{
	struct reset_test *rt = data;

	smmu3_pci_fake_block(rt->fake);
	smmu3_pci_fake_block(rt->other);
	iommu_domain_free(rt->domain);
}

static enum smmu3_outcome send_translated(struct reset_test *rt, unsigned long iova)
{
	return smmu3_model_dma(rt->model, SID, NO_SSID, iova,
			       SMMU3_DMA_TRANSLATED).outcome;
}

static void unmap(struct kunit *test, unsigned long iova)
{
	struct reset_test *rt = test->priv;

	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(rt->domain, iova, SZ_4K));
}

static int reset_init(struct kunit *test)
{
	struct reset_test *rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);
	const u32 sid = SID, other = OTHER;

	KUNIT_ASSERT_NOT_NULL(test, rt);
	test->priv = rt;
	rt->smmu = smmu3_rig_start(test, &rt->model);
	rt->fake = smmu3_pci_fake_create(test, rt->smmu, &sid, 1);
	rt->device = smmu3_pci_fake_probe(test, rt->fake);
	rt->other = smmu3_pci_fake_create(test, rt->smmu, &other, 1);
	smmu3_pci_fake_probe(test, rt->other);
	rt->domain = smmu3_rig_domain(test, &rt->fake->pdev.dev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, free_domain, rt));
	smmu3_rig_map(test, rt->domain, IOVA, PHYS, SZ_64K);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(rt->other, rt->domain));
	KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(rt->model, SID, IOVA));
	KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(rt->model, OTHER, IOVA));
	return 0;
}

/* Something is unmapped while the device is being reset */
static void lose(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	smmu3_model_reset_function(rt->model, SID);
	unmap(test, IOVA);
	KUNIT_ASSERT_TRUE(test, rt->device->ats.dead);
	smmu3_ats_tell(rt->smmu);
	smmu3_model_reset_done(rt->model);
}

/* Nothing is unmapped meanwhile: nobody notices */
static void reset_unnoticed(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	smmu3_model_reset_function(rt->model, SID);
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(rt->model, SID));
	smmu3_model_reset_done(rt->model);
	/* PCI writes the ATS capability anew, which is all that there is to do */
	KUNIT_EXPECT_TRUE(test, rt->fake->pdev.ats_enabled);
	KUNIT_EXPECT_FALSE(test, rt->device->ats.dead);
	KUNIT_EXPECT_TRUE(test, smmu3_rig_fill(rt->model, SID, IOVA));
	unmap(test, IOVA);
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(rt->model, SID));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_NO_ATC, send_translated(rt, IOVA));
}

/* It is out of service, and everybody else is served */
static void reset_under_unmap(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	lose(test);
	KUNIT_EXPECT_EQ(test, rt->smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&rt->smmu->cmdq));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(rt->model, OTHER));
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(rt->other));
	KUNIT_EXPECT_TRUE(test, rt->device->ats.closed);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(rt->smmu, SID), SMMU3_STE_EATS_ABORT);
	/* So that PCI does not switch it on again after the reset */
	KUNIT_EXPECT_FALSE(test, rt->fake->pdev.ats_enabled);
	KUNIT_EXPECT_FALSE(test, smmu3_rig_fill(rt->model, SID, IOVA + SZ_4K));
	/* What it sends untranslated goes on */
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_dma(rt->model, SID, NO_SSID, IOVA + SZ_4K,
					0).outcome);
	unmap(test, IOVA + SZ_4K);
}

static void expect_back(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	KUNIT_EXPECT_FALSE(test, rt->device->ats.dead);
	KUNIT_EXPECT_FALSE(test, rt->device->ats.closed);
	KUNIT_EXPECT_FALSE(test, rt->device->ats.told);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(rt->smmu, SID), SMMU3_STE_EATS_FULL);
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(rt->fake));
	KUNIT_EXPECT_TRUE(test, smmu3_rig_fill(rt->model, SID, IOVA + SZ_8K));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE, send_translated(rt, IOVA + SZ_8K));
	unmap(test, IOVA + SZ_8K);
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(rt->model, SID));
}

static void reset_back_from_blocked(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	lose(test);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(rt->fake));
	KUNIT_EXPECT_TRUE(test, rt->device->ats.dead);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	expect_back(test);
}

static void reset_back_from_identity(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	lose(test);
	KUNIT_ASSERT_EQ(test, 0, pass(rt->fake));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	expect_back(test);
}

/* From one domain to another nothing is asked: the old one relies on its silence */
static void reset_not_between_domains(struct kunit *test)
{
	struct reset_test *rt = test->priv;
	struct iommu_domain *next = smmu3_rig_domain(test, &rt->fake->pdev.dev);

	lose(test);
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, next));
	KUNIT_EXPECT_TRUE(test, rt->device->ats.dead);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(rt->smmu, SID), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(rt->fake));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	expect_back(test);
	iommu_domain_free(next);
}

/* One that does not answer then either is asked no more */
static void reset_never_ends(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	lose(test);
	smmu3_model_reset_function(rt->model, SID);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(rt->fake));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	KUNIT_EXPECT_TRUE(test, rt->device->ats.dead);
	KUNIT_EXPECT_TRUE(test, rt->device->ats.hopeless);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(rt->smmu, SID), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(rt->fake));
	KUNIT_EXPECT_EQ(test, rt->smmu->state, SMMU3_RUNNING);

	smmu3_model_reset_done(rt->model);
	rt->model->num_cmds = 0;
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(rt->fake));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	KUNIT_EXPECT_EQ(test, 0, smmu3_rig_count(rt->model, SMMU3_OP_ATC_INV, 0));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_dma(rt->model, SID, NO_SSID, IOVA + SZ_4K,
					0).outcome);
}

/* In the middle of it, and again: each time it is lost, and comes back */
static void reset_again(struct kunit *test)
{
	struct reset_test *rt = test->priv;
	int round;

	for (round = 0; round < 3; round++) {
		KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(rt->model, SID, IOVA + SZ_32K));
		smmu3_model_reset_function(rt->model, SID);
		unmap(test, IOVA + round * SZ_4K);
		KUNIT_ASSERT_TRUE(test, rt->device->ats.dead);
		smmu3_model_reset_done(rt->model);
		KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(rt->fake));
		KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
		KUNIT_ASSERT_FALSE(test, rt->device->ats.dead);
	}
}

/* One that was unplugged does not come back by being attached */
static void reset_is_not_removal(struct kunit *test)
{
	struct reset_test *rt = test->priv;

	lose(test);
	rt->fake->pdev.error_state = pci_channel_io_perm_failure;
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(rt->fake));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(rt->fake, rt->domain));
	KUNIT_EXPECT_TRUE(test, rt->device->ats.dead);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(rt->fake));
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE(reset_unnoticed),
	KUNIT_CASE(reset_under_unmap),
	KUNIT_CASE(reset_back_from_blocked),
	KUNIT_CASE(reset_back_from_identity),
	KUNIT_CASE(reset_not_between_domains),
	KUNIT_CASE(reset_never_ends),
	KUNIT_CASE(reset_again),
	KUNIT_CASE(reset_is_not_removal),
	{}
};

static struct kunit_suite reset_suite = {
	.name = "smmu3-ats-reset",
	.init = reset_init,
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);
