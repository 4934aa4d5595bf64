// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of setting domains and devices up: domain.c, device.c.
 */
#include <linux/cpu.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>

#include "fake.h"

static void test_cookie(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);

	KUNIT_EXPECT_EQ(test, iommu_get_dma_cookie(&fdom->domain), -EEXIST);
	/* Without a device, its pages are not known yet */
	KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), -EINVAL);
	iommu_put_dma_cookie(&fdom->domain);
	KUNIT_EXPECT_NULL(test, fdom->domain.iova_cookie);
	KUNIT_EXPECT_EQ(test, iommu_dma_init_fq(&fdom->domain), -EINVAL);
	iommu_put_dma_cookie(&fdom->domain);
	KUNIT_EXPECT_EQ(test, iommu_get_dma_cookie(&fdom->domain), 0);
}

static void test_setup(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;

	fake_attach(test, fdev, fdom);
	KUNIT_EXPECT_TRUE(test, dev->dma_iommu);
	KUNIT_EXPECT_PTR_EQ(test, fdev->state.dma->domain, &fdom->domain);
	KUNIT_EXPECT_EQ(test, fdev->state.dma->granule_mask, SZ_4K - 1);
	KUNIT_EXPECT_EQ(test, fdev->state.dma->last, SZ_1G - 1);
	KUNIT_EXPECT_EQ(test, fdom->domain.iova_cookie->base_pfn, SZ_1M >> 12);
	iommu_dma_release_device(dev);
	KUNIT_EXPECT_FALSE(test, dev->dma_iommu);
	KUNIT_EXPECT_NULL(test, fdev->state.dma);
	iommu_dma_release_device(dev);
}

static void test_open_aperture(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);

	fdom->domain.geometry.force_aperture = false;
	fake_attach(test, fdev, fdom);
	KUNIT_EXPECT_EQ(test, fdev->state.dma->last, U64_MAX);
}

static void test_page_sizes(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;

	fdom->domain.pgsize_bitmap = 0;
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(dev, &fdom->domain), -EINVAL);
	fdom->domain.pgsize_bitmap = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(dev, &fdom->domain), -EINVAL);
	KUNIT_EXPECT_FALSE(test, dev->dma_iommu);
	KUNIT_EXPECT_NULL(test, fdev->state.dma);
}

/* A later member has to live with what the first one made of the domain */
static void test_members_agree(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *first = fake_device(test, false);
	struct fake_device *second = fake_device(test, false);

	fake_attach(test, first, fdom);
	fdom->domain.geometry.aperture_start = SZ_1M;
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(&second->pdev.dev, &fdom->domain),
			-EINVAL);
	fdom->domain.geometry.aperture_start = 0;
	fake_attach(test, second, fdom);
	KUNIT_EXPECT_EQ(test, fdom->domain.iova_cookie->members, 2);
}

static void test_bus_outside(struct kunit *test)
{
	static const struct bus_dma_region outside[] = {
		{ .dma_start = SZ_2G, .size = SZ_1G }, {}
	};
	static const struct bus_dma_region across[] = {
		{ .dma_start = SZ_512M, .size = SZ_1G }, {}
	};
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;

	dev->dma_range_map = outside;
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(dev, &fdom->domain), -EINVAL);
	dev->dma_range_map = across;
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(dev, &fdom->domain), 0);
	dev->dma_range_map = NULL;
}

/*
 * Drivers ask for the numbers of their interrupts with CPUs kept from going, under
 * locks that doorbells are mapped under.  Lockdep reports the other order; where no
 * CPU can go there is none, and iommu_dma_cookie_init() asserts what would make it.
 */
static void test_lock_below_that_of_cpus(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct iommu_dma_cookie *cookie = fdom->domain.iova_cookie;

	cpus_read_lock();
	mutex_lock(&cookie->lock);
	mutex_unlock(&cookie->lock);
	cpus_read_unlock();
	KUNIT_EXPECT_EQ(test, iommu_dma_device_setup(&fdev->pdev.dev, &fdom->domain), 0);
	KUNIT_EXPECT_NE(test, cookie->granule, 0);
}

/* Whichever allocation fails, the device is as it was before */
static void test_failures(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	unsigned int nth;
	int ret;

	fdev->regions[0] = (struct iommu_resv_region){
		.start = SZ_1M, .length = SZ_1M, .type = IOMMU_RESV_MSI,
	};
	fdev->regions[1] = (struct iommu_resv_region){
		.start = SZ_4M, .length = SZ_1M, .type = IOMMU_RESV_RESERVED,
	};
	fdev->nr_regions = 2;
	for (nth = 1; ; nth++) {
		fake_fail_alloc(test, nth);
		ret = iommu_dma_device_setup(dev, &fdom->domain);
		if (!ret)
			break;
		KUNIT_EXPECT_TRUE(test, fake_failed());
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_NULL(test, fdev->state.dma);
		KUNIT_EXPECT_FALSE(test, dev->dma_iommu);
		KUNIT_EXPECT_TRUE(test, list_empty(&fdom->domain.iova_cookie->reservations));
		KUNIT_EXPECT_TRUE(test, list_empty(&fdom->domain.iova_cookie->doorbells));
	}
	/* The device, two reservations, a doorbell */
	KUNIT_EXPECT_EQ(test, nth, 5);
}

/* Without memory for the queue the domain is strict, and works */
static void test_queue_failures(struct kunit *test)
{
	struct page *page = fake_page(test);
	unsigned int nth;
	bool lazy = false;

	for (nth = 2; !lazy; nth++) {
		struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
		struct fake_device *fdev = fake_device(test, false);
		struct device *dev = &fdev->pdev.dev;
		dma_addr_t addr;

		fdom->domain.type = IOMMU_DOMAIN_DMA_FQ;
		fake_fail_alloc(test, nth);
		fake_attach(test, fdev, fdom);
		lazy = fdom->domain.type == IOMMU_DOMAIN_DMA_FQ;
		KUNIT_EXPECT_NE(test, lazy, fake_failed());
		addr = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
		KUNIT_EXPECT_NE(test, addr, DMA_MAPPING_ERROR);
		dma_unmap_page(dev, addr, SZ_4K, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, fdom->nr_stale, lazy ? 1 : 0);
	}
	KUNIT_EXPECT_GE(test, nth, 4);
}

static struct kunit_case domain_cases[] = {
	KUNIT_CASE(test_cookie),
	KUNIT_CASE(test_setup),
	KUNIT_CASE(test_open_aperture),
	KUNIT_CASE(test_page_sizes),
	KUNIT_CASE(test_members_agree),
	KUNIT_CASE(test_bus_outside),
	KUNIT_CASE(test_lock_below_that_of_cpus),
	KUNIT_CASE(test_failures),
	KUNIT_CASE(test_queue_failures),
	{}
};

static struct kunit_suite domain_suite = {
	.name = "iommu-dma-domain",
	.test_cases = domain_cases,
};

kunit_test_suite(domain_suite);
