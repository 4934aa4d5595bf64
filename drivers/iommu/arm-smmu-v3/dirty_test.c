// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of dirty.c, against the software model: what a device writes is
 * found, once, and what it only reads is not.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/sizes.h>
#include <uapi/linux/iommufd.h>

#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
#define IOVA	SZ_1M
#define PAGES	64

struct dirty_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
};

static void start(struct kunit *test, u32 httu)
{
	static const u32 sid = SID;
	struct smmu3_master_spec spec = { .ids = &sid, .count = 1 };
	struct dirty_test *dt = test->priv;
	u32 *idr0;

	dt->model = smmu3_model_create(test);
	smmu3_model_show_all(dt->model);
	idr0 = &dt->model->id.val[SMMU3_ID_IDR0];
	*idr0 = (*idr0 & ~SMMU3_IDR0_HTTU) | FIELD_PREP(SMMU3_IDR0_HTTU, httu);
	dt->smmu = smmu3_rig_bind(test, dt->model);
	dt->dev = smmu3_rig_add(test, dt->smmu, &spec);
}

static int dirty_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct dirty_test), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

static struct iommu_domain *alloc_user(struct kunit *test, u32 flags)
{
	struct dirty_test *dt = test->priv;

	return smmu3_ops.domain_alloc_user(dt->dev, flags, NULL, NULL);
}

static void who_can(struct kunit *test)
{
	struct iommu_domain *domain;
	struct dirty_test *dt;

	start(test, SMMU3_HTTU_ACCESS);
	dt = test->priv;
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dt->dev,
						      IOMMU_CAP_DIRTY_TRACKING));
	domain = alloc_user(test, IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(domain), -EOPNOTSUPP);
	domain = alloc_user(test, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	KUNIT_EXPECT_NULL(test, domain->dirty_ops);
	KUNIT_EXPECT_EQ(test, domain->type, IOMMU_DOMAIN_UNMANAGED);
	domain->ops->free(domain);
}

static void what_is_refused(struct kunit *test)
{
	struct iommu_user_data data = {};
	struct iommu_domain *domain;
	struct dirty_test *dt;

	start(test, SMMU3_HTTU_ACCESS_DIRTY);
	dt = test->priv;
	KUNIT_EXPECT_TRUE(test, device_iommu_capable(dt->dev,
						     IOMMU_CAP_DIRTY_TRACKING));
	domain = alloc_user(test, IOMMU_HWPT_ALLOC_NEST_PARENT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(domain), -EOPNOTSUPP);
	domain = smmu3_ops.domain_alloc_user(dt->dev, 0, NULL, &data);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(domain), -EOPNOTSUPP);
	/* Stage 2 does not record */
	domain = alloc_user(test, IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, to_smmu3_domain(domain)->stage2);
	domain->ops->free(domain);
	/* Without coherence what hardware writes could be lost */
	dt->smmu->feat.flags &= ~SMMU3_FEAT_COHERENT;
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dt->dev,
						      IOMMU_CAP_DIRTY_TRACKING));
	dt->smmu->feat.flags |= SMMU3_FEAT_COHERENT;
}

/*
 * Pages that were written since the last look, one bit each.  Whatever is
 * recorded is gathered too, which needs no bitmap in user memory.
 */
static u64 look(struct kunit *test, struct iommu_domain *domain,
		unsigned long flags)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	u64 bits = 0;
	int i;

	for (i = 0; i < PAGES; i++) {
		iommu_dirty_bitmap_init(&dirty, NULL, &gather);
		KUNIT_EXPECT_EQ(test, 0,
				domain->dirty_ops->read_and_clear_dirty(domain,
						IOVA + i * SZ_4K, SZ_4K, flags,
						&dirty));
		if (gather.end)
			bits |= BIT_ULL(i);
		iommu_iotlb_sync(domain, &gather);
	}
	return bits;
}

static void touch(struct kunit *test, unsigned int page, unsigned int flags)
{
	struct dirty_test *dt = test->priv;
	struct smmu3_dma_result r;

	r = smmu3_model_dma(dt->model, SID, SMMU3_MODEL_NO_SSID,
			    IOVA + page * SZ_4K, flags);
	KUNIT_EXPECT_EQ_MSG(test, r.outcome, SMMU3_DMA_DONE, "event %#x",
			    r.event);
}

static struct iommu_domain *tracked(struct kunit *test, int prot)
{
	struct dirty_test *dt = test->priv;
	struct iommu_domain *domain;

	domain = alloc_user(test, IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	/* As iommufd does */
	domain->owner = &smmu3_ops;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, SZ_1G, PAGES * SZ_4K,
					   prot, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dt->dev));
	KUNIT_EXPECT_EQ(test, 0, domain->dirty_ops->set_dirty_tracking(domain,
								       true));
	look(test, domain, 0);
	return domain;
}

static void written_is_found(struct kunit *test)
{
	struct iommu_domain *domain;
	struct dirty_test *dt;

	start(test, SMMU3_HTTU_ACCESS_DIRTY);
	dt = test->priv;
	domain = tracked(test, IOMMU_READ | IOMMU_WRITE);
	KUNIT_EXPECT_EQ(test, look(test, domain, 0), 0);
	touch(test, 3, SMMU3_DMA_WRITE);
	touch(test, 17, SMMU3_DMA_WRITE);
	touch(test, 18, 0);
	touch(test, 63, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ(test, look(test, domain, IOMMU_DIRTY_NO_CLEAR),
			BIT_ULL(3) | BIT_ULL(17) | BIT_ULL(63));
	KUNIT_EXPECT_EQ(test, look(test, domain, 0),
			BIT_ULL(3) | BIT_ULL(17) | BIT_ULL(63));
	KUNIT_EXPECT_EQ(test, look(test, domain, 0), 0);
	/* Also where the TLB had it as written before */
	touch(test, 17, SMMU3_DMA_WRITE);
	touch(test, 18, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ(test, look(test, domain, 0), BIT_ULL(17) | BIT_ULL(18));
	iommu_detach_device(domain, dt->dev);
	domain->ops->free(domain);
}

static void reader_stays_reader(struct kunit *test)
{
	struct smmu3_dma_result r;
	struct iommu_domain *domain;
	struct dirty_test *dt;

	start(test, SMMU3_HTTU_ACCESS_DIRTY);
	dt = test->priv;
	domain = tracked(test, IOMMU_READ);
	touch(test, 5, 0);
	r = smmu3_model_dma(dt->model, SID, SMMU3_MODEL_NO_SSID,
			    IOVA + 5 * SZ_4K, SMMU3_DMA_WRITE);
	KUNIT_EXPECT_EQ(test, r.outcome, SMMU3_DMA_ABORTED);
	KUNIT_EXPECT_EQ(test, r.event, SMMU3_F_PERMISSION);
	KUNIT_EXPECT_EQ(test, look(test, domain, 0), 0);
	iommu_detach_device(domain, dt->dev);
	domain->ops->free(domain);
}

static struct kunit_case dirty_cases[] = {
	KUNIT_CASE(who_can),
	KUNIT_CASE(what_is_refused),
	KUNIT_CASE(written_is_found),
	KUNIT_CASE(reader_stays_reader),
	{}
};

static struct kunit_suite dirty_suite = {
	.name = "smmu3-dirty",
	.init = dirty_init,
	.test_cases = dirty_cases,
};

kunit_test_suite(dirty_suite);
