// SPDX-License-Identifier: GPL-2.0
/*
 * Coherent: memory that CPU and device share for its whole life.
 *
 * It comes from one of these places, and is recognised by its kernel address
 * when it is freed or mapped elsewhere:
 *
 *	the atomic pool		a device that is not coherent, where blocking
 *				is not allowed
 *	vmap with page array	pages from anywhere
 *	vmap without		contiguous pages that need another mapping than
 *				the linear one
 *	linear map		contiguous pages
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dma.h"

/* What tables may be allocated with, for an allocation with these flags */
static gfp_t table_gfp(gfp_t gfp)
{
	return gfp & ~(__GFP_COMP | __GFP_ZERO | GFP_ZONEMASK);
}

static void *alloc_scattered(struct device *dev, size_t size,
			     dma_addr_t *handle, gfp_t gfp, int prot,
			     unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);
	unsigned int count = size >> PAGE_SHIFT, i;
	struct page **pages;
	void *vaddr;

	pages = iommu_dma_pages_alloc(dev, count, iommu_dma_pages_orders(dma, attrs),
				      gfp | __GFP_ZERO);
	if (!pages)
		return NULL;
	if (!dev_is_dma_coherent(dev))
		for (i = 0; i < count; i++)
			arch_dma_prep_coherent(pages[i], PAGE_SIZE);

	*handle = iommu_dma_pages_map(dev, pages, count, prot, table_gfp(gfp), attrs);
	if (*handle == DMA_MAPPING_ERROR)
		goto err_free_pages;
	vaddr = dma_common_pages_remap(pages, size,
				       dma_pgprot(dev, PAGE_KERNEL, attrs),
				       __builtin_return_address(0));
	if (!vaddr)
		goto err_unmap;
	return vaddr;

err_unmap:
	iommu_dma_unmap_now(dma, *handle, size);
err_free_pages:
	iommu_dma_pages_free(pages, count);
	return NULL;
}

/**
 * struct memory - what is behind a kernel address
 * @pages: its pages one by one, or NULL
 * @page: the first of its pages, which are contiguous, if @pages is NULL
 */
struct memory {
	struct page **pages;
	struct page *page;
};

static struct memory memory_at(void *vaddr)
{
	struct memory m = {};

	if (!is_vmalloc_addr(vaddr)) {
		m.page = virt_to_page(vaddr);
		return m;
	}
	m.pages = dma_common_find_pages(vaddr);
	if (!m.pages)
		m.page = vmalloc_to_page(vaddr);
	return m;
}

/* Give back what is behind a kernel address; the device has no access to it */
static void free_memory(struct device *dev, size_t size, void *vaddr)
{
	struct memory m;

	if (IS_ENABLED(CONFIG_DMA_DIRECT_REMAP) &&
	    dma_free_from_pool(dev, vaddr, size))
		return;
	m = memory_at(vaddr);
	if (is_vmalloc_addr(vaddr))
		dma_common_free_remap(vaddr, size);
	if (m.pages)
		iommu_dma_pages_free(m.pages, size >> PAGE_SHIFT);
	else
		dma_free_contiguous(dev, m.page, size);
}

static void *alloc_contiguous(struct device *dev, size_t size, gfp_t gfp,
			      struct page **pagep, unsigned long attrs)
{
	bool coherent = dev_is_dma_coherent(dev);
	struct page *page;
	pgprot_t prot;
	void *vaddr;

	page = dma_alloc_contiguous(dev, size, gfp);
	if (!page)
		page = alloc_pages_node(dev_to_node(dev), gfp,
					get_order(size));
	if (!page)
		return NULL;

	if (coherent && !PageHighMem(page)) {
		vaddr = page_address(page);
	} else {
		prot = dma_pgprot(dev, PAGE_KERNEL, attrs);
		vaddr = dma_common_contiguous_remap(page, size, prot,
						    __builtin_return_address(0));
		if (!vaddr) {
			dma_free_contiguous(dev, page, size);
			return NULL;
		}
		if (!coherent)
			arch_dma_prep_coherent(page, size);
	}
	memset(vaddr, 0, size);
	*pagep = page;
	return vaddr;
}

void *iommu_dma_alloc(struct device *dev, size_t size, dma_addr_t *addr,
		      gfp_t gfp, unsigned long attrs)
{
	bool coherent = dev_is_dma_coherent(dev);
	int prot = dma_prot(DMA_BIDIRECTIONAL, coherent, attrs);
	bool blocking = gfpflags_allow_blocking(gfp);
	size_t alloc_size = PAGE_ALIGN(size);
	struct page *page = NULL;
	void *vaddr;

	*addr = DMA_MAPPING_ERROR;
	if (!alloc_size || dma_refused(dev, dma_device(dev)))
		return NULL;

	/* One page is contiguous anyhow: save the mapping for the CPU */
	if (blocking && !(attrs & DMA_ATTR_FORCE_CONTIGUOUS) &&
	    !(coherent && alloc_size == PAGE_SIZE))
		return alloc_scattered(dev, alloc_size, addr, gfp, prot,
				       attrs);

	if (IS_ENABLED(CONFIG_DMA_DIRECT_REMAP) && !blocking && !coherent)
		page = dma_alloc_from_pool(dev, alloc_size, &vaddr, gfp, NULL);
	else
		vaddr = alloc_contiguous(dev, alloc_size, gfp, &page, attrs);
	if (!page)
		return NULL;

	*addr = iommu_dma_map_coherent(dev, dma_device(dev), page_to_phys(page),
				       alloc_size, prot, attrs);
	if (*addr == DMA_MAPPING_ERROR) {
		free_memory(dev, alloc_size, vaddr);
		return NULL;
	}
	return vaddr;
}

void iommu_dma_free(struct device *dev, size_t size, void *vaddr,
		    dma_addr_t addr, unsigned long attrs)
{
	iommu_dma_unmap_now(dma_device(dev), addr, PAGE_ALIGN(size));
	free_memory(dev, PAGE_ALIGN(size), vaddr);
}

int iommu_dma_mmap(struct device *dev, struct vm_area_struct *vma,
		   void *vaddr, dma_addr_t addr, size_t size,
		   unsigned long attrs)
{
	unsigned long pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	unsigned long wanted = vma_pages(vma);
	struct memory m;
	int ret;

	vma->vm_page_prot = dma_pgprot(dev, vma->vm_page_prot, attrs);
	if (dma_mmap_from_dev_coherent(dev, vma, vaddr, size, &ret))
		return ret;
	if (vma->vm_pgoff >= pages || wanted > pages - vma->vm_pgoff)
		return -ENXIO;

	m = memory_at(vaddr);
	if (m.pages)
		return vm_map_pages(vma, m.pages, pages);
	return remap_pfn_range(vma, vma->vm_start,
			       page_to_pfn(m.page) + vma->vm_pgoff,
			       wanted << PAGE_SHIFT, vma->vm_page_prot);
}

int iommu_dma_get_sgtable(struct device *dev, struct sg_table *sgt,
			  void *vaddr, dma_addr_t addr, size_t size,
			  unsigned long attrs)
{
	size_t alloc_size = PAGE_ALIGN(size);
	struct memory m = memory_at(vaddr);
	int ret;

	if (m.pages)
		return sg_alloc_table_from_pages(sgt, m.pages,
						 alloc_size >> PAGE_SHIFT, 0,
						 size, GFP_KERNEL);
	ret = sg_alloc_table(sgt, 1, GFP_KERNEL);
	if (!ret)
		sg_set_page(sgt->sgl, m.page, alloc_size, 0);
	return ret;
}
