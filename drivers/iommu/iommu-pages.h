/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zeroed pages for tables and queues that an IOMMU reads.
 *
 * Such memory grows with what devices map and can reach gigabytes, so each
 * page is counted: nr_iommu_pages in /proc/vmstat (what drivers took) and
 * SecPageTables in /proc/meminfo and memory.stat (charged to the page's memory
 * cgroup where it was allocated with __GFP_ACCOUNT).
 *
 * A page goes back through the function that matches its allocation, with the
 * order it was allocated with, so that the counters return to where they were.
 */
#ifndef __IOMMU_PAGES_H
#define __IOMMU_PAGES_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/vmstat.h>

/**
 * iommu_pages_account() - count pages in or out
 * @page: first page of the allocation
 * @nr: number of pages; negative for pages that go
 */
static inline void iommu_pages_account(struct page *page, long nr)
{
	mod_lruvec_page_state(page, NR_SECONDARY_PAGETABLE, nr);
	mod_node_page_state(page_pgdat(page), NR_IOMMU_PAGES, nr);
}

/**
 * iommu_alloc_pages_node() - allocate zeroed pages near a node
 * @nid: node, or NUMA_NO_NODE
 * @gfp: allocation flags
 * @order: base-2 logarithm of the number of pages
 *
 * Context: as @gfp says.
 * Return: address of the memory, or NULL.
 */
static inline void *iommu_alloc_pages_node(int nid, gfp_t gfp, int order)
{
	struct page *page;

	page = alloc_pages_node(nid, gfp | __GFP_ZERO, order);
	if (!page)
		return NULL;
	iommu_pages_account(page, 1L << order);
	return page_address(page);
}

/**
 * __iommu_alloc_pages() - allocate zeroed pages
 * @gfp: allocation flags
 * @order: base-2 logarithm of the number of pages
 *
 * Context: as @gfp says.
 * Return: the first page, or NULL.
 */
static inline struct page *__iommu_alloc_pages(gfp_t gfp, int order)
{
	struct page *page;

	page = alloc_pages(gfp | __GFP_ZERO, order);
	if (page)
		iommu_pages_account(page, 1L << order);
	return page;
}

/**
 * __iommu_free_pages() - free pages
 * @page: what __iommu_alloc_pages() returned, or NULL
 * @order: order of the allocation
 *
 * Context: any.
 */
static inline void __iommu_free_pages(struct page *page, int order)
{
	if (page) {
		iommu_pages_account(page, -(1L << order));
		__free_pages(page, order);
	}
}

/**
 * iommu_alloc_pages() - allocate zeroed pages
 * @gfp: allocation flags, without __GFP_HIGHMEM
 * @order: base-2 logarithm of the number of pages
 *
 * Context: as @gfp says.
 * Return: address of the memory, or NULL.
 */
static inline void *iommu_alloc_pages(gfp_t gfp, int order)
{
	struct page *page = __iommu_alloc_pages(gfp, order);

	return page ? page_address(page) : NULL;
}

/**
 * iommu_alloc_page_node() - allocate one zeroed page near a node
 * @nid: node, or NUMA_NO_NODE
 * @gfp: allocation flags
 *
 * Context: as @gfp says.
 * Return: address of the page, or NULL.
 */
static inline void *iommu_alloc_page_node(int nid, gfp_t gfp)
{
	return iommu_alloc_pages_node(nid, gfp, 0);
}

/**
 * iommu_alloc_page() - allocate one zeroed page
 * @gfp: allocation flags, without __GFP_HIGHMEM
 *
 * Context: as @gfp says.
 * Return: address of the page, or NULL.
 */
static inline void *iommu_alloc_page(gfp_t gfp)
{
	return iommu_alloc_pages(gfp, 0);
}

/**
 * iommu_free_pages() - free pages by address
 * @virt: what an allocation of @order returned, or NULL
 * @order: order of the allocation
 *
 * Context: any.
 */
static inline void iommu_free_pages(void *virt, int order)
{
	if (virt)
		__iommu_free_pages(virt_to_page(virt), order);
}

/**
 * iommu_free_page() - free one page by address
 * @virt: what iommu_alloc_page() returned, or NULL
 *
 * Context: any.
 */
static inline void iommu_free_page(void *virt)
{
	iommu_free_pages(virt, 0);
}

/**
 * iommu_put_pages_list() - give up single pages that a gather collected
 * @pages: list of pages linked through page->lru; empty afterwards
 *
 * Drops the reference that the allocation gave.  Whoever took a further one
 * keeps the page until it drops that, but it is no longer counted.
 *
 * Context: any.
 */
static inline void iommu_put_pages_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		iommu_pages_account(page, -1);
		put_page(page);
	}
}

#endif /* __IOMMU_PAGES_H */
