// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of stage-2 domains, against the software model: on an instance
 * that has nothing else, and where VFIO asks for them.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID		0x105
#define OTHER_SID	0x106
#define IOVA		SZ_1M
#define PA(n)		(SZ_1G + (n) * (u64)SZ_2M)

struct stage2_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
};

static struct device *add(struct kunit *test, u32 sid)
{
	struct smmu3_master_spec spec = { .ids = &sid, .count = 1 };
	struct stage2_test *st = test->priv;

	return smmu3_rig_add(test, st->smmu, &spec);
}

static void start(struct kunit *test, u32 idr0_without, u32 idr3_without)
{
	struct stage2_test *st = test->priv;

	st->model = smmu3_model_create(test);
	smmu3_model_show_all(st->model);
	st->model->id.val[SMMU3_ID_IDR0] &= ~idr0_without;
	st->model->id.val[SMMU3_ID_IDR3] &= ~idr3_without;
	st->smmu = smmu3_rig_bind(test, st->model);
	st->dev = add(test, SID);
}

static int stage2_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct stage2_test), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

static struct iommu_domain *new_domain(struct kunit *test)
{
	struct stage2_test *st = test->priv;

	return smmu3_rig_domain(test, st->dev);
}

static void map(struct kunit *test, struct iommu_domain *domain,
		unsigned long iova, phys_addr_t pa, size_t size, int prot)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, iova, pa, size, prot,
					   GFP_KERNEL));
}

static struct smmu3_dma_result dma(struct kunit *test, u32 sid, u64 iova,
				   unsigned int flags)
{
	struct stage2_test *st = test->priv;

	return smmu3_model_dma(st->model, sid, SMMU3_MODEL_NO_SSID, iova, flags);
}

static void expect_at(struct kunit *test, u32 sid, u64 iova, u64 pa)
{
	struct smmu3_dma_result r = dma(test, sid, iova, SMMU3_DMA_WRITE);

	KUNIT_EXPECT_EQ_MSG(test, r.outcome, SMMU3_DMA_DONE, "event %#x",
			    r.event);
	KUNIT_EXPECT_EQ(test, r.pa, pa);
}

static void expect_fault(struct kunit *test, u32 sid, u64 iova,
			 unsigned int flags, u8 event)
{
	struct smmu3_dma_result r = dma(test, sid, iova, flags);

	KUNIT_EXPECT_EQ(test, r.outcome, SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, r.event, event);
}

/* Maps, faults and unmaps, with the TLB in the way */
static void use_domain(struct kunit *test, struct iommu_domain *domain)
{
	struct stage2_test *st = test->priv;
	int rw = IOMMU_READ | IOMMU_WRITE;

	map(test, domain, IOVA, PA(0), SZ_16K, rw);
	map(test, domain, SZ_1G, PA(5), SZ_2M, rw);
	map(test, domain, SZ_2G, PA(9), SZ_4K, IOMMU_READ);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, st->dev));
	KUNIT_EXPECT_EQ(test, smmu3_model_view(st->model, SID).verdict,
			SMMU3_STAGE2);

	expect_at(test, SID, IOVA, PA(0));
	expect_at(test, SID, IOVA + SZ_8K, PA(0) + SZ_8K);
	expect_at(test, SID, SZ_1G + SZ_1M, PA(5) + SZ_1M);
	KUNIT_EXPECT_EQ(test, dma(test, SID, SZ_2G, 0).pa, PA(9));
	expect_fault(test, SID, SZ_2G, SMMU3_DMA_WRITE, SMMU3_F_PERMISSION);
	expect_fault(test, SID, SZ_4G, 0, SMMU3_F_TRANSLATION);

	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA, SZ_16K), SZ_16K);
	expect_fault(test, SID, IOVA + SZ_8K, 0, SMMU3_F_TRANSLATION);
	expect_at(test, SID, SZ_1G + SZ_1M, PA(5) + SZ_1M);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SZ_1G, SZ_2M), SZ_2M);
	expect_fault(test, SID, SZ_1G, 0, SMMU3_F_TRANSLATION);
	/* Where a block was there are pages now */
	map(test, domain, SZ_1G, PA(6), SZ_4K, rw);
	expect_at(test, SID, SZ_1G, PA(6));
	iommu_detach_device(domain, st->dev);
}

static void only_stage2(struct kunit *test)
{
	struct iommu_domain *domain;
	struct stage2_test *st;

	start(test, SMMU3_IDR0_S1P, 0);
	st = test->priv;
	domain = new_domain(test);
	KUNIT_EXPECT_TRUE(test, to_smmu3_domain(domain)->stage2);
	KUNIT_EXPECT_EQ(test, st->smmu->iommu.max_pasids, 0);
	use_domain(test, domain);
	iommu_domain_free(domain);
}

static void by_address(struct kunit *test)
{
	struct iommu_domain *domain;

	start(test, SMMU3_IDR0_S1P, SMMU3_IDR3_RIL);
	domain = new_domain(test);
	use_domain(test, domain);
	iommu_domain_free(domain);
}

static void only_stage1(struct kunit *test)
{
	struct iommu_domain *domain;

	start(test, SMMU3_IDR0_S2P, 0);
	domain = new_domain(test);
	KUNIT_EXPECT_FALSE(test, to_smmu3_domain(domain)->stage2);
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, to_smmu3_domain(domain)->stage2);
	iommu_domain_free(domain);
}

static void on_request(struct kunit *test)
{
	struct iommu_domain *domain;
	struct stage2_test *st;
	u16 asid;

	start(test, 0, 0);
	st = test->priv;
	domain = new_domain(test);
	asid = to_smmu3_domain(domain)->tag;
	KUNIT_ASSERT_EQ(test, 0, iommu_enable_nesting(domain));
	KUNIT_EXPECT_NULL(test, xa_load(&st->smmu->asids, asid));
	use_domain(test, domain);
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), -EPERM);
	iommu_domain_free(domain);
}

/* A VMID of its own each; what goes of one stays of the other */
static void domains_are_apart(struct kunit *test)
{
	int rw = IOMMU_READ | IOMMU_WRITE;
	struct iommu_domain *a, *b;
	struct stage2_test *st;
	struct device *other;

	start(test, SMMU3_IDR0_S1P, 0);
	st = test->priv;
	other = add(test, OTHER_SID);
	a = new_domain(test);
	b = new_domain(test);
	KUNIT_EXPECT_NE(test, to_smmu3_domain(a)->tag, to_smmu3_domain(b)->tag);
	KUNIT_EXPECT_NE(test, to_smmu3_domain(a)->tag, 0);
	map(test, a, IOVA, PA(1), SZ_4K, rw);
	map(test, b, IOVA, PA(2), SZ_4K, rw);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(a, st->dev));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(b, other));
	expect_at(test, SID, IOVA, PA(1));
	expect_at(test, OTHER_SID, IOVA, PA(2));
	KUNIT_EXPECT_EQ(test, iommu_unmap(a, IOVA, SZ_4K), SZ_4K);
	expect_fault(test, SID, IOVA, 0, SMMU3_F_TRANSLATION);
	expect_at(test, OTHER_SID, IOVA, PA(2));

	/* One domain for both */
	iommu_detach_device(a, st->dev);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(b, st->dev));
	expect_at(test, SID, IOVA, PA(2));
	KUNIT_EXPECT_EQ(test, iommu_unmap(b, IOVA, SZ_4K), SZ_4K);
	expect_fault(test, SID, IOVA, 0, SMMU3_F_TRANSLATION);
	expect_fault(test, OTHER_SID, IOVA, 0, SMMU3_F_TRANSLATION);
	iommu_detach_device(b, st->dev);
	iommu_detach_device(b, other);
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* The tag of a freed domain carries nothing over to the next that gets it */
static void tag_is_clean(struct kunit *test)
{
	int rw = IOMMU_READ | IOMMU_WRITE;
	struct iommu_domain *domain;
	struct stage2_test *st;
	int i;

	start(test, SMMU3_IDR0_S1P, 0);
	st = test->priv;
	/* The default domain has one tag already; leave two to choose from */
	st->smmu->feat.vmid_bits = 2;
	for (i = 0; i < 8; i++) {
		domain = new_domain(test);
		map(test, domain, IOVA, PA(i), SZ_4K, rw);
		KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, st->dev));
		expect_at(test, SID, IOVA, PA(i));
		iommu_detach_device(domain, st->dev);
		iommu_domain_free(domain);
	}
}

static struct kunit_case stage2_cases[] = {
	KUNIT_CASE(only_stage2),
	KUNIT_CASE(by_address),
	KUNIT_CASE(only_stage1),
	KUNIT_CASE(on_request),
	KUNIT_CASE(domains_are_apart),
	KUNIT_CASE(tag_is_clean),
	{}
};

static struct kunit_suite stage2_suite = {
	.name = "smmu3-stage2",
	.init = stage2_init,
	.test_cases = stage2_cases,
};

kunit_test_suite(stage2_suite);
