// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of iommu_dma_strand_device(): what a driver meets that goes on after its
 * device's instance has gone.
 *
 * The domain loses its operations and its allocator at that moment, so whatever
 * uses them afterwards crashes.
 */
#include <linux/dma-mapping.h>

#include "fake.h"

#define SIZE	SZ_16K
#define ENTRIES	3

/* One of everything that can be mapped */
struct mappings {
	dma_addr_t page;
	dma_addr_t resource;
	dma_addr_t coherent;
	void *vaddr;
	void *atomic;
	dma_addr_t atomic_addr;
	struct sg_table *pages;
	struct scatterlist sg[ENTRIES];
	int segments;
};

static void init_list(struct kunit *test, struct mappings *m)
{
	int i;

	sg_init_table(m->sg, ENTRIES);
	for (i = 0; i < ENTRIES; i++)
		sg_set_page(&m->sg[i], fake_page(test), PAGE_SIZE, 0);
}

static void map_all(struct kunit *test, struct device *dev, struct mappings *m)
{
	m->page = dma_map_page(dev, fake_page(test), 8, 100, DMA_BIDIRECTIONAL);
	m->resource = dma_map_resource(dev, SZ_1G, SIZE, DMA_TO_DEVICE, 0);
	m->vaddr = dma_alloc_coherent(dev, SIZE, &m->coherent, GFP_KERNEL);
	m->atomic = dma_alloc_coherent(dev, SIZE, &m->atomic_addr, GFP_ATOMIC);
	m->pages = dma_alloc_noncontiguous(dev, SIZE, DMA_FROM_DEVICE, GFP_KERNEL, 0);
	init_list(test, m);
	m->segments = dma_map_sg(dev, m->sg, ENTRIES, DMA_FROM_DEVICE);
}

static void unmap_all(struct device *dev, struct mappings *m)
{
	dma_unmap_page(dev, m->page, 100, DMA_BIDIRECTIONAL);
	dma_unmap_resource(dev, m->resource, SIZE, DMA_TO_DEVICE, 0);
	dma_free_coherent(dev, SIZE, m->vaddr, m->coherent);
	dma_free_coherent(dev, SIZE, m->atomic, m->atomic_addr);
	dma_free_noncontiguous(dev, SIZE, m->pages, DMA_FROM_DEVICE);
	dma_unmap_sg(dev, m->sg, ENTRIES, DMA_FROM_DEVICE);
}

static void expect_all(struct kunit *test, struct device *dev, struct mappings *m)
{
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, m->page));
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, m->resource));
	KUNIT_ASSERT_NOT_NULL(test, m->vaddr);
	KUNIT_ASSERT_NOT_NULL(test, m->atomic);
	KUNIT_ASSERT_NOT_NULL(test, m->pages);
	KUNIT_ASSERT_GT(test, m->segments, 0);
}

static void expect_none(struct kunit *test, struct device *dev, struct mappings *m)
{
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(dev, m->page));
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(dev, m->resource));
	KUNIT_EXPECT_NULL(test, m->vaddr);
	KUNIT_EXPECT_NULL(test, m->atomic);
	KUNIT_EXPECT_NULL(test, m->pages);
	KUNIT_EXPECT_EQ(test, 0, m->segments);
}

/* What core does when an instance goes under a driver */
static void strand(struct device *dev, struct fake_domain *fdom)
{
	iommu_dma_strand_device(dev);
	iommu_put_dma_cookie(&fdom->domain);
	fdom->domain.iova_cookie = NULL;
	fdom->domain.ops = NULL;
}

static void goes_under_mappings(struct kunit *test, bool lazy, bool coherent)
{
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	struct mappings *old, *new;

	old = kunit_kzalloc(test, sizeof(*old), GFP_KERNEL);
	new = kunit_kzalloc(test, sizeof(*new), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, old);
	KUNIT_ASSERT_NOT_NULL(test, new);
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU)
	dev->dma_coherent = coherent;
#endif
	if (lazy)
		fdom->domain.type = IOMMU_DOMAIN_DMA_FQ;
	fake_attach(test, fdev, fdom);
	map_all(test, dev, old);
	expect_all(test, dev, old);

	strand(dev, fdom);
	KUNIT_EXPECT_TRUE(test, dev->dma_iommu);
	map_all(test, dev, new);
	expect_none(test, dev, new);
	dma_sync_single_for_cpu(dev, old->page, 100, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(dev, old->page, 100, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, 0, dma_get_merge_boundary(dev));
	KUNIT_EXPECT_GT(test, dma_max_mapping_size(dev), 0);
	unmap_all(dev, old);

	/* The same again changes nothing, and releasing it ends it. */
	iommu_dma_strand_device(dev);
	iommu_dma_release_device(dev);
	KUNIT_EXPECT_FALSE(test, dev->dma_iommu);
	KUNIT_EXPECT_NULL(test, dev->iommu->dma);
}

static void strict_coherent(struct kunit *test)
{
	goes_under_mappings(test, false, true);
}

static void strict_noncoherent(struct kunit *test)
{
	goes_under_mappings(test, false, false);
}

static void lazy_coherent(struct kunit *test)
{
	goes_under_mappings(test, true, true);
}

/* Another instance that comes meanwhile finds a device like any other */
static void serves_again(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_256M - 1);
	struct fake_domain *next = fake_domain(test, SZ_1M, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addr;

	fake_attach(test, fdev, fdom);
	strand(dev, fdom);
	iommu_dma_release_device(dev);
	fake_attach(test, fdev, next);
	addr = dma_map_page(dev, fake_page(test), 0, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	KUNIT_EXPECT_EQ(test, 1, next->nr_mapped);
	dma_unmap_page(dev, addr, PAGE_SIZE, DMA_FROM_DEVICE);
	fake_expect_idle(test, next);
}

/* A device that used physical addresses goes on with them */
static void untranslated_is_not_stranded(struct kunit *test)
{
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;

	iommu_dma_strand_device(dev);
	KUNIT_EXPECT_FALSE(test, dev->dma_iommu);
	KUNIT_EXPECT_NULL(test, dev->iommu->dma);
}

static struct kunit_case stranded_cases[] = {
	KUNIT_CASE(strict_coherent),
	KUNIT_CASE(strict_noncoherent),
	KUNIT_CASE(lazy_coherent),
	KUNIT_CASE(serves_again),
	KUNIT_CASE(untranslated_is_not_stranded),
	{}
};

static struct kunit_suite stranded_suite = {
	.name = "iommu-dma-stranded",
	.test_cases = stranded_cases,
};

kunit_test_suite(stranded_suite);
