// SPDX-License-Identifier: GPL-2.0
/*
 * Noncontiguous: pages from anywhere, handed out as a table of pages with one
 * range of I/O addresses, for drivers that map them for CPU and user by
 * themselves and hand them back and forth with the sync functions.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dma.h"

/**
 * struct noncontiguous - an allocation
 * @sgt: what the caller gets
 * @pages: its pages
 */
struct noncontiguous {
	struct sg_table sgt;
	struct page **pages;
};

static struct noncontiguous *to_noncontiguous(struct sg_table *sgt)
{
	return container_of(sgt, struct noncontiguous, sgt);
}

static dma_addr_t map_table(struct device *dev, struct noncontiguous *nc,
			    unsigned int count, enum dma_data_direction dir,
			    gfp_t gfp, unsigned long attrs)
{
	bool coherent = dev_is_dma_coherent(dev);
	struct scatterlist *sg;
	unsigned int i;

	/* Cleared by the CPU, and the device's from here on */
	if (!coherent)
		for_each_sgtable_sg(&nc->sgt, sg, i)
			arch_dma_prep_coherent(sg_page(sg), sg->length);
	return iommu_dma_pages_map(dev, nc->pages, count,
				   dma_prot(dir, coherent, attrs),
				   gfp & ~(__GFP_COMP | __GFP_ZERO | GFP_ZONEMASK),
				   attrs);
}

struct sg_table *iommu_dma_alloc_noncontiguous(struct device *dev, size_t size,
					       enum dma_data_direction dir,
					       gfp_t gfp, unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);
	unsigned int count = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct noncontiguous *nc;
	dma_addr_t addr;

	if (!count || dma_refused(dev, dma))
		return NULL;
	nc = iommu_dma_zalloc(sizeof(*nc), NUMA_NO_NODE);
	if (!nc)
		return NULL;
	nc->pages = iommu_dma_pages_alloc(dev, count,
					  iommu_dma_pages_orders(dma, attrs),
					  gfp | __GFP_ZERO);
	if (!nc->pages)
		goto err_free;
	if (sg_alloc_table_from_pages(&nc->sgt, nc->pages, count, 0,
				      PAGE_ALIGN(size), GFP_KERNEL))
		goto err_free_pages;
	addr = map_table(dev, nc, count, dir, gfp, attrs);
	if (addr == DMA_MAPPING_ERROR)
		goto err_free_table;
	sg_dma_address(nc->sgt.sgl) = addr;
	sg_dma_len(nc->sgt.sgl) = size;
	return &nc->sgt;

err_free_table:
	sg_free_table(&nc->sgt);
err_free_pages:
	iommu_dma_pages_free(nc->pages, count);
err_free:
	kvfree(nc);
	return NULL;
}

void iommu_dma_free_noncontiguous(struct device *dev, size_t size,
				  struct sg_table *sgt,
				  enum dma_data_direction dir)
{
	struct noncontiguous *nc = to_noncontiguous(sgt);

	iommu_dma_unmap_now(dma_device(dev), sg_dma_address(sgt->sgl),
			    PAGE_ALIGN(size));
	iommu_dma_pages_free(nc->pages, PAGE_ALIGN(size) >> PAGE_SHIFT);
	sg_free_table(sgt);
	kvfree(nc);
}

int iommu_dma_mmap_noncontiguous(struct device *dev,
				 struct vm_area_struct *vma, size_t size,
				 struct sg_table *sgt)
{
	unsigned long pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct noncontiguous *nc = to_noncontiguous(sgt);

	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -ENXIO;
	return vm_map_pages(vma, nc->pages, pages);
}

void *iommu_dma_vmap_noncontiguous(struct device *dev, size_t size,
				   struct sg_table *sgt)
{
	struct noncontiguous *nc = to_noncontiguous(sgt);

	return vmap(nc->pages, PAGE_ALIGN(size) >> PAGE_SHIFT, VM_MAP,
		    PAGE_KERNEL);
}
