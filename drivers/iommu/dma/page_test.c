// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of single buffers: page.c, range.c, resource.c, sync.c, bounce.c.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "fake.h"

/* The granules around a buffer are mapped to it, and no others */
static void expect_mapped(struct kunit *test, struct fake_domain *fdom,
			  dma_addr_t addr, phys_addr_t phys, size_t size,
			  int prot)
{
	unsigned long granules = 0;
	size_t at;

	KUNIT_ASSERT_EQ(test, addr & (FAKE_GRANULE - 1),
			phys & (FAKE_GRANULE - 1));
	for (at = 0; at < size + (phys & (FAKE_GRANULE - 1));
	     at += FAKE_GRANULE) {
		dma_addr_t a = (addr & ~(FAKE_GRANULE - 1)) + at;

		KUNIT_ASSERT_EQ(test, fake_phys(fdom, a),
				(phys & ~(FAKE_GRANULE - 1)) + at);
		KUNIT_ASSERT_EQ(test, fake_prot(fdom, a), prot);
		granules++;
	}
	KUNIT_EXPECT_EQ(test, fdom->nr_mapped, granules);
}

static void test_shapes(struct kunit *test)
{
	static const size_t offsets[] = { 0, 1, 511, 2048, 4095 };
	static const size_t sizes[] = {
		1, 2, 511, 2048, 4095, SZ_4K, SZ_4K + 1, SZ_64K, SZ_256K,
		SZ_2M - 1, SZ_2M,
	};
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	dma_addr_t addr;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			fdom->maps = 0;
			fdom->unmaps = 0;
			fdom->syncs = 0;
			addr = dma_map_page(dev, page, offsets[i], sizes[j],
					    DMA_BIDIRECTIONAL);
			KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
			expect_mapped(test, fdom, addr,
				      page_to_phys(page) + offsets[i], sizes[j],
				      IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE);
			dma_unmap_page(dev, addr, sizes[j], DMA_BIDIRECTIONAL);
			KUNIT_EXPECT_EQ(test, fdom->maps, 1);
			KUNIT_EXPECT_EQ(test, fdom->unmaps, 1);
			KUNIT_EXPECT_EQ(test, fdom->syncs, 1);
			fake_expect_idle(test, fdom);
		}
	}
	KUNIT_EXPECT_EQ(test, fdom->flushes, 0);
}

static void test_protection(struct kunit *test)
{
	static const struct {
		enum dma_data_direction dir;
		unsigned long attrs;
		int prot;
	} cases[] = {
		{ DMA_TO_DEVICE, 0, IOMMU_READ },
		{ DMA_FROM_DEVICE, 0, IOMMU_WRITE },
		{ DMA_BIDIRECTIONAL, 0, IOMMU_READ | IOMMU_WRITE },
		{ DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED, IOMMU_READ | IOMMU_PRIV },
		{ DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC, IOMMU_WRITE },
	};
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	dma_addr_t addr;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		addr = dma_map_page_attrs(dev, page, 0, SZ_4K, cases[i].dir,
					  cases[i].attrs);
		KUNIT_EXPECT_EQ(test, fake_prot(fdom, addr),
				cases[i].prot | IOMMU_CACHE);
		dma_unmap_page_attrs(dev, addr, SZ_4K, cases[i].dir,
				     cases[i].attrs);
	}
	fake_expect_idle(test, fdom);
}

static void test_resource(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);
	phys_addr_t phys = 0xfee00010;
	dma_addr_t addr;

	addr = dma_map_resource(dev, phys, 8, DMA_BIDIRECTIONAL, 0);
	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	expect_mapped(test, fdom, addr, phys, 8,
		      IOMMU_READ | IOMMU_WRITE | IOMMU_MMIO);
	dma_unmap_resource(dev, addr, 8, DMA_BIDIRECTIONAL, 0);
	fake_expect_idle(test, fdom);
}

static void test_refused_lengths(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);

	KUNIT_EXPECT_EQ(test, dma_map_page(dev, page, 0, 0, DMA_TO_DEVICE),
			DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, dma_map_page(dev, page, 1, SIZE_MAX, DMA_TO_DEVICE),
			DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, dma_map_page(dev, page, 0, SIZE_MAX - 1, DMA_TO_DEVICE),
			DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, fdom->maps, 0);
	fake_expect_idle(test, fdom);
}

static void test_limits(struct kunit *test)
{
	static const struct {
		u64 mask, bus, last;
	} cases[] = {
		{ DMA_BIT_MASK(64), 0, SZ_1G - 1 },
		{ DMA_BIT_MASK(24), 0, DMA_BIT_MASK(24) },
		{ DMA_BIT_MASK(24), DMA_BIT_MASK(20), DMA_BIT_MASK(20) },
		{ DMA_BIT_MASK(20), DMA_BIT_MASK(24), DMA_BIT_MASK(20) },
		{ 0, DMA_BIT_MASK(20), DMA_BIT_MASK(20) },
	};
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, 0, SZ_1G - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addr;
	int i;

	fake_attach(test, fdev, fdom);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fdev->pdev.dma_mask = cases[i].mask;
		dev->bus_dma_limit = cases[i].bus;
		addr = dma_map_page(dev, page, 0, SZ_64K, DMA_TO_DEVICE);
		KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
		KUNIT_EXPECT_LE(test, addr + SZ_64K - 1, cases[i].last);
		KUNIT_EXPECT_NE(test, addr, 0);
		dma_unmap_page(dev, addr, SZ_64K, DMA_TO_DEVICE);
	}
	fake_expect_idle(test, fdom);
}

static void test_exhaustion(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_1M + SZ_64K - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addrs[16];
	int round, i;

	fake_attach(test, fdev, fdom);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16; i++) {
			addrs[i] = dma_map_page(dev, page, 0, SZ_4K,
						DMA_TO_DEVICE);
			KUNIT_ASSERT_NE(test, addrs[i], DMA_MAPPING_ERROR);
			KUNIT_EXPECT_GE(test, addrs[i], SZ_1M);
			KUNIT_EXPECT_LT(test, addrs[i], SZ_1M + SZ_64K);
		}
		KUNIT_EXPECT_EQ(test, dma_map_page_attrs(dev, page, 0, SZ_4K,
							 DMA_TO_DEVICE, DMA_ATTR_NO_WARN),
				DMA_MAPPING_ERROR);
		for (i = 0; i < 16; i++)
			dma_unmap_page(dev, addrs[i], SZ_4K, DMA_TO_DEVICE);
		fake_expect_idle(test, fdom);
	}
}

static void test_failing_map(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, SZ_1M, SZ_1M + SZ_4K - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addr;

	fake_attach(test, fdev, fdom);
	fdom->fail_map = 1;
	KUNIT_EXPECT_EQ(test, dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE),
			DMA_MAPPING_ERROR);
	/* The only address there is was given back */
	addr = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	dma_unmap_page(dev, addr, SZ_4K, DMA_TO_DEVICE);
	fake_expect_idle(test, fdom);
}

/* PCI: below 4 GiB as long as there is room, above for good after */
static void test_low_first(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, SZ_4G - SZ_64K,
					       SZ_4G + SZ_64K - 1);
	struct fake_device *fdev = fake_device(test, true);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addrs[17];
	int i;

	fake_attach(test, fdev, fdom);
	for (i = 0; i < 16; i++) {
		addrs[i] = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
		KUNIT_EXPECT_LT(test, addrs[i], SZ_4G);
	}
	addrs[16] = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_ASSERT_NE(test, addrs[16], DMA_MAPPING_ERROR);
	KUNIT_EXPECT_GE(test, addrs[16], SZ_4G);
	KUNIT_EXPECT_EQ(test, fdev->state.dma->first_limit, SZ_4G + SZ_64K - 1);
	for (i = 0; i < 17; i++)
		dma_unmap_page(dev, addrs[i], SZ_4K, DMA_TO_DEVICE);

	/* A device with a short mask is not affected by the decision */
	fdev->pdev.dma_mask = DMA_BIT_MASK(32);
	addrs[0] = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_EXPECT_LT(test, addrs[0], SZ_4G);
	dma_unmap_page(dev, addrs[0], SZ_4K, DMA_TO_DEVICE);
	fake_expect_idle(test, fdom);
}

static void test_forcedac(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_8G - 1);
	struct fake_device *plain = fake_device(test, false);
	struct fake_device *pci = fake_device(test, true);
	struct fake_device *forced = fake_device(test, true);
	bool before = iommu_dma_forcedac;

	iommu_dma_forcedac = false;
	fake_attach(test, plain, fdom);
	fake_attach(test, pci, fdom);
	iommu_dma_forcedac = true;
	fake_attach(test, forced, fdom);
	iommu_dma_forcedac = before;

	KUNIT_EXPECT_EQ(test, plain->state.dma->first_limit, SZ_8G - 1);
	KUNIT_EXPECT_EQ(test, pci->state.dma->first_limit, DMA_BIT_MASK(32));
	KUNIT_EXPECT_EQ(test, forced->state.dma->first_limit, SZ_8G - 1);
}

static void test_sizes(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = fake_pair(test, &fdom);

	KUNIT_EXPECT_EQ(test, dma_get_merge_boundary(dev), FAKE_GRANULE - 1);
	KUNIT_EXPECT_EQ(test, dma_max_mapping_size(dev), SIZE_MAX);
	KUNIT_EXPECT_GE(test, dma_opt_mapping_size(dev), PAGE_SIZE << 5);
}

/* Drivers of other vendors take pages of one size */
static void test_by_pages(struct kunit *test)
{
	struct page *page = fake_page(test);
	struct fake_domain *fdom = fake_domain(test, 0, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, false);
	struct device *dev = &fdev->pdev.dev;
	dma_addr_t addr;

	fake_pages_ops(fdom);
	fake_attach(test, fdev, fdom);
	addr = dma_map_page(dev, page, 100, SZ_64K, DMA_FROM_DEVICE);
	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	expect_mapped(test, fdom, addr, page_to_phys(page) + 100, SZ_64K,
		      IOMMU_WRITE | IOMMU_CACHE);
	dma_unmap_page(dev, addr, SZ_64K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, fdom->syncs, 1);
	fake_expect_idle(test, fdom);
}

static bool has_bounce_buffers(struct device *dev)
{
#ifdef CONFIG_SWIOTLB
	return dev->dma_io_tlb_mem && dev->dma_io_tlb_mem->nslabs;
#else
	return false;
#endif
}

static struct device *untrusted_pair(struct kunit *test,
				     struct fake_domain **fdom)
{
	struct fake_device *fdev;

	*fdom = fake_domain(test, 0, SZ_256M - 1);
	fdev = fake_device(test, true);
	if (!has_bounce_buffers(&fdev->pdev.dev))
		kunit_skip(test, "no bounce buffers");
	fdev->pdev.untrusted = 1;
	fake_attach(test, fdev, *fdom);
	return &fdev->pdev.dev;
}

static u8 *device_view(struct fake_domain *fdom, dma_addr_t addr)
{
	return phys_to_virt(fake_phys(fdom, addr));
}

static void test_bounce(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = untrusted_pair(test, &fdom);
	u8 *page = (u8 *)__get_free_page(GFP_KERNEL);
	dma_addr_t addr, start;
	u8 *view;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, 0xaa, PAGE_SIZE);
	memset(page + 100, 0x55, 200);
	addr = dma_map_single(dev, page + 100, 200, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	KUNIT_EXPECT_NE(test, fake_phys(fdom, addr), virt_to_phys(page + 100));

	/* The device sees the buffer and, around it, nothing */
	view = device_view(fdom, addr);
	KUNIT_EXPECT_EQ(test, view[0], 0x55);
	KUNIT_EXPECT_EQ(test, view[199], 0x55);
	start = addr & ~(FAKE_GRANULE - 1);
	for (i = 0; i < FAKE_GRANULE; i++)
		if (start + i < addr || start + i >= addr + 200)
			KUNIT_ASSERT_EQ(test, device_view(fdom, start + i)[0], 0);
	KUNIT_EXPECT_EQ(test, fdom->nr_mapped, 1);

	page[100] = 1;
	dma_sync_single_for_device(dev, addr, 200, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, view[0], 1);
	view[1] = 2;
	dma_sync_single_for_cpu(dev, addr, 200, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, page[101], 2);
	view[2] = 3;
	dma_unmap_single(dev, addr, 200, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, page[102], 3);
	KUNIT_EXPECT_EQ(test, page[99], 0xaa);
	KUNIT_EXPECT_EQ(test, page[300], 0xaa);
	fake_expect_idle(test, fdom);
	free_page((unsigned long)page);
}

static void test_no_bounce(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = untrusted_pair(test, &fdom);
	struct page *page = alloc_page(GFP_KERNEL);
	dma_addr_t addr;

	KUNIT_ASSERT_NOT_NULL(test, page);
	addr = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, fake_phys(fdom, addr), page_to_phys(page));
	dma_unmap_page(dev, addr, SZ_4K, DMA_TO_DEVICE);
	addr = dma_map_resource(dev, 0xfee00010, 4, DMA_TO_DEVICE, 0);
	KUNIT_EXPECT_EQ(test, fake_phys(fdom, addr), 0xfee00010);
	dma_unmap_resource(dev, addr, 4, DMA_TO_DEVICE, 0);
	KUNIT_EXPECT_LT(test, dma_max_mapping_size(dev), SIZE_MAX);
	fake_expect_idle(test, fdom);
	__free_page(page);
}

/* A bounce slot is released if its mapping fails, or there would be none left */
static void test_bounce_failing_map(struct kunit *test)
{
	struct fake_domain *fdom;
	struct device *dev = untrusted_pair(test, &fdom);
	u8 *page = (u8 *)__get_free_page(GFP_KERNEL);
	dma_addr_t addr;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < 4096; i++) {
		fdom->fail_map = fdom->maps + 1;
		KUNIT_ASSERT_EQ(test, dma_map_single(dev, page + 4, 4000, DMA_TO_DEVICE),
				DMA_MAPPING_ERROR);
	}
	addr = dma_map_single(dev, page + 4, 4000, DMA_TO_DEVICE);
	KUNIT_EXPECT_NE(test, addr, DMA_MAPPING_ERROR);
	dma_unmap_single(dev, addr, 4000, DMA_TO_DEVICE);
	fake_expect_idle(test, fdom);
	free_page((unsigned long)page);
}

static void test_bounce_inactive(struct kunit *test)
{
	struct fake_domain *fdom = fake_domain(test, 0, SZ_256M - 1);
	struct fake_device *fdev = fake_device(test, true);
	struct device *dev = &fdev->pdev.dev;
	struct page *page = fake_page(test);

	fdev->pdev.untrusted = 1;
#ifdef CONFIG_SWIOTLB
	dev->dma_io_tlb_mem = NULL;
#endif
	fake_attach(test, fdev, fdom);
	KUNIT_EXPECT_EQ(test, dma_map_page(dev, page, 1, 10, DMA_TO_DEVICE),
			DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, fdom->maps, 0);
	fake_expect_idle(test, fdom);
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE(test_shapes),
	KUNIT_CASE(test_protection),
	KUNIT_CASE(test_resource),
	KUNIT_CASE(test_refused_lengths),
	KUNIT_CASE(test_limits),
	KUNIT_CASE(test_exhaustion),
	KUNIT_CASE(test_failing_map),
	KUNIT_CASE(test_low_first),
	KUNIT_CASE(test_forcedac),
	KUNIT_CASE(test_sizes),
	KUNIT_CASE(test_by_pages),
	KUNIT_CASE(test_bounce),
	KUNIT_CASE(test_no_bounce),
	KUNIT_CASE(test_bounce_failing_map),
	KUNIT_CASE(test_bounce_inactive),
	{}
};

static struct kunit_suite page_suite = {
	.name = "iommu-dma-page",
	.test_cases = page_cases,
};

kunit_test_suite(page_suite);
