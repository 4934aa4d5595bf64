// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of ats.c and atc.c: what is unmapped while the instance sleeps and
 * a device with ATS does not.
 */
#include <kunit/test.h>

#include <linux/iommu.h>
#include <linux/sizes.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x100
#define IOVA	0x40000000UL
#define PHYS	0x80000000ULL
#define NO_SSID	SMMU3_MODEL_NO_SSID

struct ats_sleep_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct smmu3_pci_fake *fake;
	struct iommu_domain *domain;
};

static void leave(void *data)
{
	struct ats_sleep_test *at = data;

	smmu3_pci_fake_block(at->fake);
	iommu_domain_free(at->domain);
}

/* A device that has two pages in its ATC */
static int ats_sleep_init(struct kunit *test)
{
	struct ats_sleep_test *at = kunit_kzalloc(test, sizeof(*at), GFP_KERNEL);
	u32 sid = SID;
	int i;

	if (!IS_ENABLED(CONFIG_PM_SLEEP))
		kunit_skip(test, "a kernel that does not sleep");
	KUNIT_ASSERT_NOT_NULL(test, at);
	test->priv = at;
	at->smmu = smmu3_rig_start(test, &at->model);
	at->fake = smmu3_pci_fake_create(test, at->smmu, &sid, 1);
	smmu3_pci_fake_probe(test, at->fake);
	at->domain = smmu3_rig_domain(test, &at->fake->pdev.dev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, leave, at));
	smmu3_rig_map(test, at->domain, IOVA, PHYS, SZ_8K);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->fake, at->domain));
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_TRUE(test, smmu3_rig_fill(at->model, SID,
						       IOVA + i * SZ_4K));
	return 0;
}

static bool reaches(struct ats_sleep_test *at, unsigned long iova)
{
	return smmu3_model_dma(at->model, SID, NO_SSID, iova,
			       SMMU3_DMA_TRANSLATED).outcome == SMMU3_DMA_DONE;
}

static void suspend(struct kunit *test)
{
	struct ats_sleep_test *at = test->priv;
	struct device *dev = at->smmu->dev;

	KUNIT_ASSERT_TRUE(test, reaches(at, IOVA));
	KUNIT_ASSERT_EQ(test, 0, dev->driver->pm->suspend_noirq(dev));
	KUNIT_EXPECT_FALSE(test, reaches(at, IOVA));
	smmu3_model_power_off(at->model);
}

static void resume(struct kunit *test)
{
	struct ats_sleep_test *at = test->priv;
	struct device *dev = at->smmu->dev;

	smmu3_model_power_on(at->model);
	KUNIT_ASSERT_EQ(test, 0, dev->driver->pm->resume_noirq(dev));
}

static void unmap(struct kunit *test, unsigned long iova)
{
	struct ats_sleep_test *at = test->priv;

	KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(at->domain, iova, SZ_4K));
}

/* Nothing was unmapped: what the device has is right */
static void ats_sleep_keeps(struct kunit *test)
{
	struct ats_sleep_test *at = test->priv;

	suspend(test);
	resume(test);
	KUNIT_EXPECT_TRUE(test, reaches(at, IOVA));
	unmap(test, IOVA);
	KUNIT_EXPECT_FALSE(test, reaches(at, IOVA));
	KUNIT_EXPECT_TRUE(test, reaches(at, IOVA + SZ_4K));
}

/* It has what was unmapped, and may use nothing of it */
static void ats_sleep_stale(struct kunit *test)
{
	struct ats_sleep_test *at = test->priv;
	struct smmu3_device *device = at->fake->param.priv;

	suspend(test);
	unmap(test, IOVA);
	resume(test);
	KUNIT_EXPECT_FALSE(test, reaches(at, IOVA));
	KUNIT_EXPECT_FALSE(test, reaches(at, IOVA + SZ_4K));
	smmu3_ats_tell(at->smmu);
	KUNIT_EXPECT_TRUE(test, device->ats.dead);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(at->fake));
	/* What it sends untranslated goes on */
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_dma(at->model, SID, NO_SSID, IOVA + SZ_4K,
					0).outcome);
}

/* Without power it has nothing either */
static void ats_sleep_cold(struct kunit *test)
{
	struct ats_sleep_test *at = test->priv;
	struct smmu3_device *device = at->fake->param.priv;

	suspend(test);
	at->fake->pdev.current_state = PCI_D3cold;
	unmap(test, IOVA);
	resume(test);
	at->fake->pdev.current_state = PCI_D0;
	KUNIT_EXPECT_FALSE(test, device->ats.dead);
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(at->fake));
	KUNIT_EXPECT_FALSE(test, device->ats.stale);
}

static struct kunit_case ats_sleep_cases[] = {
	KUNIT_CASE(ats_sleep_keeps),
	KUNIT_CASE(ats_sleep_stale),
	KUNIT_CASE(ats_sleep_cold),
	{}
};

static struct kunit_suite ats_sleep_suite = {
	.name = "smmu3-ats-sleep",
	.init = ats_sleep_init,
	.test_cases = ats_sleep_cases,
};

kunit_test_suite(ats_sleep_suite);
