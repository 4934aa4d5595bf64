// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of message doorbells: msi.c.
 */
#include <linux/dma-mapping.h>
#include <linux/msi.h>

#include "fake.h"

#define DOORBELL	0x8020040ULL

static u64 composed(struct msi_desc *desc, u64 phys)
{
	struct msi_msg msg = {
		.address_hi = upper_32_bits(phys),
		.address_lo = lower_32_bits(phys),
	};

	iommu_dma_compose_msi_msg(desc, &msg);
	return (u64)msg.address_hi << 32 | msg.address_lo;
}

static void test_dma_domain(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct msi_desc desc = {};
	u64 first, other;

	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, &fdom->domain), 0);
	first = composed(&desc, DOORBELL);
	KUNIT_EXPECT_NE(test, first, DOORBELL);
	KUNIT_EXPECT_EQ(test, fake_phys(fdom, first), DOORBELL);
	KUNIT_EXPECT_EQ(test, fake_prot(fdom, first),
			IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO);

	/* The same page is mapped once */
	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL + 4,
							 dev, &fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL + 4), first + 4);
	KUNIT_EXPECT_EQ(test, fdom->maps, 1);

	/* Another page is another doorbell, above 4 GiB as well */
	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL + SZ_4G,
							 dev, &fdom->domain), 0);
	other = composed(&desc, DOORBELL + SZ_4G);
	KUNIT_EXPECT_EQ(test, fake_phys(fdom, other), DOORBELL + SZ_4G);
	KUNIT_EXPECT_NE(test, other >> PAGE_SHIFT, first >> PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, fdom->maps, 2);
	KUNIT_EXPECT_EQ(test, fdom->wrong, 0);
}

static void test_device_limit(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct msi_desc desc = {};

	*dev->dma_mask = DMA_BIT_MASK(24);
	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, &fdom->domain), 0);
	KUNIT_EXPECT_LE(test, composed(&desc, DOORBELL), DMA_BIT_MASK(24));
}

static void test_failing_map(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct msi_desc desc = {};

	fdom->fail_map = 1;
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL,
							 dev, &fdom->domain), -ENOMEM);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL), DOORBELL);
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, &fdom->domain), 0);
}

static void test_failing_alloc(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	struct msi_desc desc = {};

	fake_fail_alloc(test, 1);
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL,
							 dev, &fdom->domain), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, fake_failed());
	fake_expect_idle(test, fdom);
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, &fdom->domain), 0);
}

/* A domain whose addresses belong to its user: doorbells one after the other */
static void test_window(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	struct msi_desc desc = {};
	u64 base = 0x10000000;

	iommu_put_dma_cookie(&fdom->domain);
	KUNIT_EXPECT_EQ(test, iommu_get_msi_cookie(&fdom->domain, base), -EINVAL);
	fdom->domain.type = IOMMU_DOMAIN_UNMANAGED;
	KUNIT_ASSERT_EQ(test, iommu_get_msi_cookie(&fdom->domain, base), 0);
	KUNIT_EXPECT_EQ(test, iommu_get_msi_cookie(&fdom->domain, base), -EEXIST);
	KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), -EINVAL);

	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, &fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL), base + 0x40);
	KUNIT_EXPECT_EQ(test, fake_phys(fdom, base + 0x40), DOORBELL);

	/* A failure does not use the window up */
	fdom->fail_map = fdom->maps + 1;
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL + SZ_1M,
							 dev, &fdom->domain),
			-ENOMEM);
	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL + SZ_1M,
							 dev, &fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL + SZ_1M),
			base + PAGE_SIZE + 0x40);
	KUNIT_EXPECT_EQ(test, fdom->wrong, 0);
}

/* Doorbells that bypass translation stay where they are */
static void test_bypass_region(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct msi_desc desc = {};

	fdev->regions[0] = (struct iommu_resv_region){
		.start = 0x8000000, .length = SZ_1M, .type = IOMMU_RESV_MSI,
	};
	fdev->nr_regions = 1;
	fake_attach(test, fdev, fdom);
	KUNIT_ASSERT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL,
							 &fdev->pdev.dev, &fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL), DOORBELL);
	KUNIT_EXPECT_EQ(test, fdom->maps, 0);
}

/* No domain, or one that maps no doorbells */
static void test_untranslated(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	struct msi_desc desc = {};

	msi_desc_set_iommu_msi_iova(&desc, SZ_1M, PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, NULL), 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL), DOORBELL);
	iommu_put_dma_cookie(&fdom->domain);
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, DOORBELL, dev, &fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, DOORBELL), DOORBELL);
	KUNIT_EXPECT_EQ(test, fdom->maps, 0);
}

/* The first member's reservations come before anything else, doorbells included. */
static void test_doorbell_waits(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *first = fake_device(test, false);
	struct fake_device *second = fake_device(test, false);
	struct device *dev = &first->pdev.dev;
	struct msi_desc desc = {};

	first->regions[0] = (struct iommu_resv_region){
		.start = 0, .length = SZ_1G, .type = IOMMU_RESV_RESERVED,
	};
	first->nr_regions = 1;
	fake_fail_alloc(test, 2);
	KUNIT_ASSERT_EQ(test, iommu_dma_device_setup(dev, &fdom->domain), -ENOMEM);
	KUNIT_EXPECT_EQ(test, iommu_dma_prepare_doorbell(&desc, SZ_1M, &second->pdev.dev,
							 &fdom->domain), 0);
	KUNIT_EXPECT_EQ(test, fdom->maps, 0);
	KUNIT_EXPECT_EQ(test, composed(&desc, SZ_1M), SZ_1M);
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(dev, &fdom->domain), 0);
}

static struct kunit_case msi_cases[] = {
	KUNIT_CASE(test_dma_domain),
	KUNIT_CASE(test_device_limit),
	KUNIT_CASE(test_failing_map),
	KUNIT_CASE(test_failing_alloc),
	KUNIT_CASE(test_window),
	KUNIT_CASE(test_bypass_region),
	KUNIT_CASE(test_untranslated),
	KUNIT_CASE(test_doorbell_waits),
	{}
};

static struct kunit_suite msi_suite = {
	.name = "iommu-dma-msi",
	.test_cases = msi_cases,
};

kunit_test_suite(msi_suite);
