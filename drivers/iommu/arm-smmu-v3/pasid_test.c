// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of pasid.c, against the software model: what becomes of
 * transactions with and without PASID, with every cache as warm as it can be.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/pci_regs.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "master_fake.h"
#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
/* Where domains of this suite have their one page, and where it leads */
#define IOVA	SZ_1M
#define PA(n)	(SZ_1G + (n) * (u64)SZ_2M)

struct pasid_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
	struct smmu3_device *device;
};

static struct device *add(struct kunit *test, const u32 *ids, int count,
			  u32 bits)
{
	struct smmu3_master_spec spec = {
		.ids = ids, .count = count, .pasid_bits = bits,
	};
	struct pasid_test *pt = test->priv;

	return smmu3_rig_add(test, pt->smmu, &spec);
}

static struct pasid_test *start(struct kunit *test, u32 idr0_without)
{
	struct pasid_test *pt = test->priv;
	u32 sid = SID;

	pt->model = smmu3_model_create(test);
	smmu3_model_show_all(pt->model);
	pt->model->id.val[SMMU3_ID_IDR0] &= ~idr0_without;
	pt->smmu = smmu3_rig_bind(test, pt->model);
	pt->dev = add(test, &sid, 1, 20);
	pt->device = dev_iommu_priv_get(pt->dev);
	return pt;
}

static int pasid_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct pasid_test), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

/* A domain whose page leads to PA(@n) */
static struct iommu_domain *domain_to(struct kunit *test, unsigned int n)
{
	struct pasid_test *pt = test->priv;
	struct iommu_domain *domain = smmu3_rig_domain(test, pt->dev);

	smmu3_rig_map(test, domain, IOVA, PA(n), SZ_4K);
	return domain;
}

static int set_pasid(struct iommu_domain *domain, struct device *dev,
		     ioasid_t pasid)
{
	return domain->ops->set_dev_pasid(domain, dev, pasid, NULL);
}

static void remove_pasid(struct iommu_domain *domain, struct device *dev,
			 ioasid_t pasid)
{
	smmu3_ops.remove_dev_pasid(dev, pasid, domain);
}

static int attach_static(struct iommu_domain *domain, struct device *dev)
{
	return domain->ops->attach_dev(domain, dev);
}

static void expect_at(struct kunit *test, u32 sid, u32 ssid, u64 pa)
{
	struct pasid_test *pt = test->priv;
	struct smmu3_dma_result r;

	r = smmu3_model_dma(pt->model, sid, ssid, IOVA, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ_MSG(test, r.outcome, SMMU3_DMA_DONE,
			    "ssid %#x event %#x", ssid, r.event);
	KUNIT_EXPECT_EQ(test, r.pa, pa);
}

static void expect_closed(struct kunit *test, u32 sid, u32 ssid)
{
	struct pasid_test *pt = test->priv;
	struct smmu3_dma_result r;

	r = smmu3_model_dma(pt->model, sid, ssid, IOVA, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ_MSG(test, r.outcome, SMMU3_DMA_ABORTED, "ssid %#x",
			    ssid);
}

static u64 ste_config(struct kunit *test, u32 sid)
{
	struct pasid_test *pt = test->priv;

	return FIELD_GET(SMMU3_STE0_CONFIG,
			 le64_to_cpu(smmu3_strtab_entry(pt->smmu, sid)->w[0]));
}

/* Address spaces are apart, and the one without PASID never stops */
static void beside_stage1(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *rid, *a, *b;

	rid = domain_to(test, 0);
	a = domain_to(test, 1);
	b = domain_to(test, 2);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(rid, pt->dev));
	expect_at(test, SID, SMMU3_MODEL_NO_SSID, PA(0));
	expect_closed(test, SID, 1);

	pt->model->watched = SID;
	pt->model->seen = 0;
	KUNIT_ASSERT_EQ(test, 0, set_pasid(a, pt->dev, 1));
	KUNIT_ASSERT_EQ(test, 0, set_pasid(b, pt->dev, 2));
	KUNIT_EXPECT_EQ(test, pt->model->seen, BIT(SMMU3_STAGE1));
	expect_at(test, SID, SMMU3_MODEL_NO_SSID, PA(0));
	expect_at(test, SID, 1, PA(1));
	expect_at(test, SID, 2, PA(2));
	expect_closed(test, SID, 3);

	remove_pasid(a, pt->dev, 1);
	expect_closed(test, SID, 1);
	expect_at(test, SID, 2, PA(2));
	remove_pasid(b, pt->dev, 2);
	expect_closed(test, SID, 2);
	expect_at(test, SID, SMMU3_MODEL_NO_SSID, PA(0));
	KUNIT_EXPECT_EQ(test, pt->model->seen, BIT(SMMU3_STAGE1));

	iommu_detach_device(rid, pt->dev);
	iommu_domain_free(rid);
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* What is without PASID aborts or passes as if there were none */
static void beside_static(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *domain;

	domain = domain_to(test, 1);
	KUNIT_ASSERT_EQ(test, 0, attach_static(&smmu3_blocked_domain, pt->dev));
	pt->model->watched = SID;
	pt->model->seen = 0;
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 7));
	expect_closed(test, SID, SMMU3_MODEL_NO_SSID);
	expect_closed(test, SID, 0);
	expect_at(test, SID, 7, PA(1));
	KUNIT_EXPECT_EQ(test, pt->model->seen, BIT(SMMU3_ABORTS));

	KUNIT_ASSERT_EQ(test, 0, attach_static(&smmu3_identity_domain, pt->dev));
	expect_at(test, SID, SMMU3_MODEL_NO_SSID, IOVA);
	expect_at(test, SID, 7, PA(1));
	KUNIT_ASSERT_EQ(test, 0, attach_static(&smmu3_blocked_domain, pt->dev));
	expect_closed(test, SID, SMMU3_MODEL_NO_SSID);
	expect_at(test, SID, 7, PA(1));
	KUNIT_EXPECT_EQ(test, pt->model->seen,
			BIT(SMMU3_ABORTS) | BIT(SMMU3_PASSES));
	remove_pasid(domain, pt->dev, 7);
	iommu_domain_free(domain);
}

/* With the last PASID goes the table, and with the next it comes back */
static void last_goes(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *domain;
	int i;

	domain = domain_to(test, 1);
	KUNIT_ASSERT_EQ(test, 0, attach_static(&smmu3_identity_domain, pt->dev));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, ste_config(test, SID),
				SMMU3_STE_CONFIG_BYPASS);
		KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 3));
		KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 4));
		KUNIT_EXPECT_EQ(test, ste_config(test, SID),
				SMMU3_STE_CONFIG_S1);
		expect_at(test, SID, 3, PA(1));
		remove_pasid(domain, pt->dev, 3);
		KUNIT_EXPECT_EQ(test, ste_config(test, SID),
				SMMU3_STE_CONFIG_S1);
		expect_at(test, SID, 4, PA(1));
		remove_pasid(domain, pt->dev, 4);
	}
	KUNIT_EXPECT_EQ(test, ste_config(test, SID), SMMU3_STE_CONFIG_BYPASS);
	expect_closed(test, SID, 3);

	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 3));
	KUNIT_ASSERT_EQ(test, 0, attach_static(&smmu3_blocked_domain, pt->dev));
	remove_pasid(domain, pt->dev, 3);
	KUNIT_EXPECT_EQ(test, ste_config(test, SID), SMMU3_STE_CONFIG_ABORT);
	iommu_domain_free(domain);
}

/* PASIDs go on while what is without changes under them */
static void rid_moves(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *a, *b, *near, *far;
	int i;

	a = domain_to(test, 1);
	b = domain_to(test, 2);
	near = domain_to(test, 3);
	far = domain_to(test, 4);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(near, pt->dev, 5));
	KUNIT_ASSERT_EQ(test, 0, set_pasid(far, pt->dev, 0xfffff));
	KUNIT_ASSERT_EQ(test, 0, smmu3_domain_ops.attach_dev(a, pt->dev));
	pt->model->watched = SID;
	pt->model->seen = 0;
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 0, smmu3_domain_ops.attach_dev(b, pt->dev));
		expect_at(test, SID, SMMU3_MODEL_NO_SSID, PA(2));
		expect_at(test, SID, 5, PA(3));
		expect_at(test, SID, 0xfffff, PA(4));
		KUNIT_EXPECT_EQ(test, 0, smmu3_domain_ops.attach_dev(a, pt->dev));
		expect_at(test, SID, SMMU3_MODEL_NO_SSID, PA(1));
		expect_at(test, SID, 5, PA(3));
		expect_at(test, SID, 0xfffff, PA(4));
	}
	KUNIT_EXPECT_EQ(test, pt->model->seen, BIT(SMMU3_STAGE1));
	KUNIT_EXPECT_EQ(test, 0, attach_static(&smmu3_blocked_domain, pt->dev));
	expect_closed(test, SID, SMMU3_MODEL_NO_SSID);
	/* Descriptor 0 is that of PASID 0 now, which nobody has */
	expect_closed(test, SID, 0);
	expect_at(test, SID, 0xfffff, PA(4));
	KUNIT_EXPECT_EQ(test, 0, smmu3_domain_ops.attach_dev(b, pt->dev));
	expect_at(test, SID, SMMU3_MODEL_NO_SSID, PA(2));
	KUNIT_EXPECT_EQ(test, 0, attach_static(&smmu3_blocked_domain, pt->dev));

	remove_pasid(near, pt->dev, 5);
	remove_pasid(far, pt->dev, 0xfffff);
	expect_closed(test, SID, 5);
	expect_closed(test, SID, 0xfffff);
	iommu_domain_free(a);
	iommu_domain_free(b);
	iommu_domain_free(near);
	iommu_domain_free(far);
}

/* One address space of all stage 2 has no room for others */
static void not_with_stage2(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *rid, *domain;

	domain = domain_to(test, 1);
	rid = smmu3_rig_domain(test, pt->dev);
	KUNIT_ASSERT_EQ(test, 0, iommu_enable_nesting(rid));
	KUNIT_EXPECT_EQ(test, set_pasid(rid, pt->dev, 1), -EINVAL);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(rid, pt->dev));
	KUNIT_EXPECT_EQ(test, set_pasid(domain, pt->dev, 1), -EINVAL);
	iommu_detach_device(rid, pt->dev);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 1));
	KUNIT_EXPECT_EQ(test, iommu_attach_device(rid, pt->dev), -EBUSY);
	expect_at(test, SID, 1, PA(1));
	remove_pasid(domain, pt->dev, 1);
	KUNIT_EXPECT_EQ(test, 0, iommu_attach_device(rid, pt->dev));
	iommu_detach_device(rid, pt->dev);
	iommu_domain_free(rid);
	iommu_domain_free(domain);
}

/* Without two levels the table is 64 KiB, whatever the unit could count */
static void linear_is_capped(struct kunit *test)
{
	struct pasid_test *pt = start(test, SMMU3_IDR0_CD2L);
	struct iommu_domain *domain;

	KUNIT_EXPECT_EQ(test, pt->device->ssid_bits, SMMU3_CDTAB_LEAF_LG2);
	KUNIT_EXPECT_EQ(test, pt->smmu->iommu.max_pasids, 1024);
	KUNIT_EXPECT_EQ(test, pt->dev->iommu->max_pasids, 1024);
	domain = domain_to(test, 1);
	KUNIT_EXPECT_EQ(test, set_pasid(domain, pt->dev, 1024), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_pasid(domain, pt->dev, 0), -EINVAL);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 1023));
	expect_at(test, SID, 1023, PA(1));
	remove_pasid(domain, pt->dev, 1023);
	expect_closed(test, SID, 1023);
	iommu_domain_free(domain);
}

static void device_has_fewer(struct kunit *test)
{
	u32 more = 0x300, none = 0x301;
	struct smmu3_device *device;

	start(test, 0);
	device = dev_iommu_priv_get(add(test, &more, 1, 4));
	KUNIT_EXPECT_EQ(test, device->ssid_bits, 4);
	KUNIT_EXPECT_EQ(test, device->dev->iommu->max_pasids, 16);
	device = dev_iommu_priv_get(add(test, &none, 1, 0));
	KUNIT_EXPECT_EQ(test, device->ssid_bits, 0);
	KUNIT_EXPECT_EQ(test, device->dev->iommu->max_pasids, 0);
}

static void goes_to_another(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *a, *b;

	a = domain_to(test, 1);
	b = domain_to(test, 2);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(a, pt->dev, 9));
	expect_at(test, SID, 9, PA(1));
	KUNIT_ASSERT_EQ(test, 0, b->ops->set_dev_pasid(b, pt->dev, 9, a));
	expect_at(test, SID, 9, PA(2));
	KUNIT_EXPECT_TRUE(test, list_empty(&to_smmu3_domain(a)->attachments));
	KUNIT_EXPECT_EQ(test, pt->device->cdtab.pasids, 1);
	iommu_domain_free(a);
	remove_pasid(b, pt->dev, 9);
	expect_closed(test, SID, 9);
	iommu_domain_free(b);
}

static void every_stream(struct kunit *test)
{
	u32 ids[] = { 0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207,
		      0x910, 0xa00 };
	struct iommu_domain *domain;
	struct device *dev;
	int i;

	start(test, 0);
	dev = add(test, ids, ARRAY_SIZE(ids), 8);
	domain = domain_to(test, 1);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, dev, 1));
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		expect_at(test, ids[i], 1, PA(1));
	remove_pasid(domain, dev, 1);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		expect_closed(test, ids[i], 1);
	iommu_domain_free(domain);
}

static void unmap_reaches(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *domain;

	domain = domain_to(test, 1);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 1));
	expect_at(test, SID, 1, PA(1));
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
	expect_closed(test, SID, 1);
	remove_pasid(domain, pt->dev, 1);
	iommu_domain_free(domain);
}

/* A device that goes takes what it has left in use along */
static void release_closes(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *domain;

	domain = domain_to(test, 1);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 1));
	KUNIT_ASSERT_EQ(test, 0, set_pasid(domain, pt->dev, 5000));
	expect_at(test, SID, 1, PA(1));
	smmu3_master_remove(test, pt->dev);
	expect_closed(test, SID, 1);
	expect_closed(test, SID, SMMU3_MODEL_NO_SSID);
	KUNIT_EXPECT_TRUE(test,
			  list_empty(&to_smmu3_domain(domain)->attachments));
	iommu_domain_free(domain);
}

/* Closed one way or the other, and nobody is left behind on a list */
static void queue_dies(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct iommu_domain *a, *b;

	a = domain_to(test, 1);
	b = domain_to(test, 2);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(a, pt->dev, 1));
	pt->smmu->cmdq.timeout_us = 1000;
	pt->model->cmdq_stuck = true;
	KUNIT_EXPECT_EQ(test, set_pasid(b, pt->dev, 2), -EIO);
	KUNIT_EXPECT_TRUE(test, list_empty(&to_smmu3_domain(b)->attachments));
	KUNIT_EXPECT_EQ(test, pt->smmu->state, SMMU3_FAILED);
	/* This cannot fail */
	remove_pasid(a, pt->dev, 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&to_smmu3_domain(a)->attachments));
	KUNIT_EXPECT_TRUE(test, xa_empty(&pt->device->pasids));
	KUNIT_EXPECT_EQ(test, set_pasid(a, pt->dev, 1), -EIO);
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* The fake needs fields of struct pci_dev that come with PCI_PRI */
#ifdef CONFIG_PCI_PRI
static void fill_atc(struct kunit *test, u32 sid, u32 ssid)
{
	struct pasid_test *pt = test->priv;
	struct smmu3_ats_result r;

	r = smmu3_model_ats_translate(pt->model, sid, ssid, IOVA,
				      SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ(test, r.status, SMMU3_ATS_SUCCESS);
	KUNIT_EXPECT_TRUE(test, r.write);
	KUNIT_EXPECT_NE(test, smmu3_model_atc_entries(pt->model, sid), 0);
}

/* What a device has cached under a PASID goes with the page and with the PASID */
static void device_forgets(struct kunit *test)
{
	struct pasid_test *pt = start(test, 0);
	struct smmu3_pci_fake *fake;
	struct iommu_domain *a, *b;
	struct device *dev;
	u32 sid = 0x400;

	fake = smmu3_pci_fake_create(test, pt->smmu, &sid, 1);
	smmu3_pci_fake_probe(test, fake)->ssid_bits = 8;
	dev = &fake->pdev.dev;
	a = domain_to(test, 1);
	b = domain_to(test, 2);
	/* ATS comes with the first PASID, blocked as the rest may be */
	KUNIT_ASSERT_EQ(test, 0, attach_static(&smmu3_blocked_domain, dev));
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(fake));
	KUNIT_ASSERT_EQ(test, 0, set_pasid(a, dev, 3));
	KUNIT_ASSERT_EQ(test, 0, set_pasid(b, dev, 4));
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(fake));

	fill_atc(test, sid, 3);
	KUNIT_EXPECT_EQ(test, iommu_unmap(a, IOVA, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, smmu3_model_atc_entries(pt->model, sid), 0);
	fill_atc(test, sid, 4);
	remove_pasid(b, dev, 4);
	KUNIT_EXPECT_EQ(test, smmu3_model_atc_entries(pt->model, sid), 0);
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(fake));

	/* Or to another domain */
	KUNIT_ASSERT_EQ(test, 0, set_pasid(b, dev, 4));
	fill_atc(test, sid, 4);
	KUNIT_ASSERT_EQ(test, 0, a->ops->set_dev_pasid(a, dev, 4, b));
	KUNIT_EXPECT_EQ(test, smmu3_model_atc_entries(pt->model, sid), 0);
	remove_pasid(a, dev, 4);
	remove_pasid(a, dev, 3);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(fake));
	iommu_domain_free(a);
	iommu_domain_free(b);
}

#endif

#if defined(CONFIG_PCI_PRI) && defined(CONFIG_PCI_PASID)
#define HAVE_PCI_PASIDS
/* Behind the capabilities that the fake has of itself */
#define PASID_CAP	0x130

/* A device of the root complex itself, which needs no ACS on the way */
static struct smmu3_pci_fake *pci_with_pasids(struct kunit *test, u32 sid,
					      unsigned int bits)
{
	struct pasid_test *pt = test->priv;
	struct smmu3_pci_fake *fake;

	fake = smmu3_pci_fake_create(test, pt->smmu, &sid, 1);
	fake->pdev.pcie_cap = 0x40;
	fake->pdev.pcie_flags_reg = PCI_EXP_TYPE_RC_END << 4;
	fake->pdev.eetlp_prefix_path = 1;
	fake->pdev.pasid_cap = PASID_CAP;
	put_unaligned_le16(bits << 8 | PCI_PASID_CAP_PRIV,
			   fake->config + PASID_CAP + PCI_PASID_CAP);
	return fake;
}

static u16 pasid_control(struct smmu3_pci_fake *fake)
{
	return get_unaligned_le16(fake->config + PASID_CAP + PCI_PASID_CTRL);
}

/* On from the probe to the release, as large as both sides can count */
static void pci_devices(struct kunit *test)
{
	struct smmu3_pci_fake *fake;
	struct smmu3_device *device;

	start(test, 0);
	fake = pci_with_pasids(test, 0x400, 5);
	device = smmu3_pci_fake_probe(test, fake);
	KUNIT_EXPECT_EQ(test, device->ssid_bits, 5);
	KUNIT_EXPECT_EQ(test, pasid_control(fake),
			PCI_PASID_CTRL_ENABLE | PCI_PASID_CAP_PRIV);
	smmu3_pci_fake_release(test, fake);
	KUNIT_EXPECT_EQ(test, pasid_control(fake), 0);

	/* One whose PASIDs would be lost on the way has none */
	fake = pci_with_pasids(test, 0x401, 5);
	fake->pdev.eetlp_prefix_path = 0;
	KUNIT_EXPECT_EQ(test, smmu3_pci_fake_probe(test, fake)->ssid_bits, 0);
	KUNIT_EXPECT_EQ(test, pasid_control(fake), 0);
}
#endif

static struct kunit_case pasid_cases[] = {
	KUNIT_CASE(beside_stage1),
	KUNIT_CASE(beside_static),
	KUNIT_CASE(last_goes),
	KUNIT_CASE(rid_moves),
	KUNIT_CASE(not_with_stage2),
	KUNIT_CASE(linear_is_capped),
	KUNIT_CASE(device_has_fewer),
	KUNIT_CASE(goes_to_another),
	KUNIT_CASE(every_stream),
	KUNIT_CASE(unmap_reaches),
	KUNIT_CASE(release_closes),
	KUNIT_CASE(queue_dies),
#ifdef CONFIG_PCI_PRI
	KUNIT_CASE(device_forgets),
#endif
#ifdef HAVE_PCI_PASIDS
	KUNIT_CASE(pci_devices),
#endif
	{}
};

static struct kunit_suite pasid_suite = {
	.name = "smmu3-pasid",
	.init = pasid_init,
	.test_cases = pasid_cases,
};

kunit_test_suite(pasid_suite);
