// SPDX-License-Identifier: GPL-2.0
/*
 * Pages: memory that is contiguous to a device, and need not be to the CPU.
 */
#include <kunit/static_stub.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "dma.h"

struct page *iommu_dma_page_run_alloc(int node, gfp_t gfp, unsigned int order)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_dma_page_run_alloc, node, gfp, order);
	return alloc_pages_node(node, gfp, order);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_page_run_alloc);

void *iommu_dma_zalloc(size_t size, int node)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_dma_zalloc, size, node);
	return kvzalloc_node(size, GFP_KERNEL, node);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_zalloc);

/* The largest run that is worth having, fits, and is there without effort */
static struct page *pages_run(int node, unsigned int left, unsigned long orders,
			      gfp_t gfp, unsigned int *order)
{
	unsigned int smallest = __ffs(orders);
	struct page *page;

	orders &= (2U << __fls(left)) - 1;
	while (orders) {
		gfp_t how = gfp;

		*order = __fls(orders);
		/* Reclaim and compaction are for what cannot be done without */
		if (*order > smallest)
			how |= __GFP_NORETRY | __GFP_NOWARN;
		page = iommu_dma_page_run_alloc(node, how, *order);
		if (page) {
			/* Each page may be mapped and freed by itself */
			if (*order)
				split_page(page, *order);
			return page;
		}
		orders &= ~BIT(*order);
	}
	return NULL;
}

struct page **iommu_dma_pages_alloc(struct device *dev, unsigned int count,
				    unsigned long orders, gfp_t gfp)
{
	struct page **pages, *page;
	unsigned int i = 0, order, n;

	/* A single page has to be among them, to end any length */
	orders = (orders & ((2UL << MAX_PAGE_ORDER) - 1)) | BIT(0);
	pages = iommu_dma_zalloc(array_size(count, sizeof(*pages)), NUMA_NO_NODE);
	if (!pages)
		return NULL;

	/* The CPU reaches them through a mapping of their own */
	gfp |= __GFP_NOWARN | __GFP_HIGHMEM;
	while (i < count) {
		page = pages_run(dev_to_node(dev), count - i, orders, gfp,
				 &order);
		if (!page) {
			iommu_dma_pages_free(pages, i);
			return NULL;
		}
		for (n = 1U << order; n; n--)
			pages[i++] = page++;
	}
	return pages;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_pages_alloc);

void iommu_dma_pages_free(struct page **pages, unsigned int count)
{
	while (count)
		__free_page(pages[--count]);
	kvfree(pages);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_pages_free);

unsigned long iommu_dma_pages_orders(const struct iommu_dma_device *dma,
				     unsigned long attrs)
{
	unsigned long orders = dma->domain->pgsize_bitmap >> PAGE_SHIFT;

	if (attrs & DMA_ATTR_ALLOC_SINGLE_PAGES)
		return BIT(0);
	return orders | BIT(0);
}

/* Number of pages from @i on that are physically contiguous */
static unsigned int run_length(struct page **pages, unsigned int i,
			       unsigned int count)
{
	unsigned int n = 1;

	while (i + n < count &&
	       page_to_pfn(pages[i + n]) == page_to_pfn(pages[i]) + n)
		n++;
	return n;
}

dma_addr_t iommu_dma_pages_map(struct device *dev, struct page **pages,
			       unsigned int count, int prot, gfp_t gfp,
			       unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);
	size_t size = (size_t)count << PAGE_SHIFT, done = 0, run;
	struct iommu_iotlb_gather gather;
	unsigned int i, n;
	dma_addr_t iova;

	if (dma_attach_deferred(dev, dma))
		return DMA_MAPPING_ERROR;
	iova = iommu_dma_range_alloc(dev, dma, size, true, attrs);
	if (!iova)
		return DMA_MAPPING_ERROR;

	for (i = 0; i < count; i += n, done += run) {
		n = run_length(pages, i, count);
		run = (size_t)n << PAGE_SHIFT;
		if (domain_map_nosync(dma->domain, iova + done,
				      page_to_phys(pages[i]), run, prot, gfp))
			goto err_unmap;
	}
	if (!iommu_domain_sync_map(dma->domain, iova, size))
		return iova;
	done = 0;

err_unmap:
	if (done) {
		iommu_iotlb_gather_init(&gather);
		iommu_domain_unmap(dma->domain, iova, done, &gather);
		iommu_dma_range_finish(dma, iova, size, NULL, &gather);
	} else {
		dma_range_free(dma, iova, size);
	}
	return DMA_MAPPING_ERROR;
}
