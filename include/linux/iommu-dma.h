/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The DMA API on an IOMMU: what kernel/dma calls for a device whose default
 * domain is managed by the DMA API.
 *
 * Every function here is for devices with use_dma_iommu(); nothing is exported
 * to modules, which go through <linux/dma-mapping.h>.  Sizes and offsets are in
 * bytes, attributes are DMA_ATTR_*.
 */
#ifndef _LINUX_IOMMU_DMA_H
#define _LINUX_IOMMU_DMA_H

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

struct page;
struct scatterlist;
struct sg_table;

/**
 * use_dma_iommu() - does a device's DMA API go through an IOMMU domain?
 * @dev: device
 *
 * Return: true if it does.
 */
static inline bool use_dma_iommu(struct device *dev)
{
#ifdef CONFIG_IOMMU_DMA
	return dev->dma_iommu;
#else
	return false;
#endif
}

/**
 * iommu_dma_map_page() - give a device access to a buffer
 * @dev: device
 * @page: page that the buffer starts in
 * @offset: start of the buffer, from the start of @page
 * @size: length of the buffer; it is physically contiguous
 * @dir: what the device may do with it
 * @attrs: attributes
 *
 * Context: Any.
 * Return: the I/O address of the buffer, or DMA_MAPPING_ERROR.
 */
dma_addr_t iommu_dma_map_page(struct device *dev, struct page *page,
			      unsigned long offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);

/**
 * iommu_dma_unmap_page() - end a device's access to a buffer
 * @dev: device
 * @addr: what iommu_dma_map_page() returned
 * @size: length that was mapped
 * @dir: direction that was mapped
 * @attrs: attributes
 *
 * In a strict domain the access has ended on return.  In a lazy one the device
 * may keep it for up to the period of the flush queue, and the I/O address is
 * not used again before.
 *
 * Context: Any.
 */
void iommu_dma_unmap_page(struct device *dev, dma_addr_t addr,
			  size_t size, enum dma_data_direction dir,
			  unsigned long attrs);

/**
 * iommu_dma_map_sg() - give a device access to a scatterlist
 * @dev: device
 * @sgl: first entry
 * @nents: number of entries
 * @dir: what the device may do with it
 * @attrs: attributes
 *
 * The list becomes one range of I/O addresses; neighbours are merged as far as
 * the device's segment boundary and maximum segment size allow.
 *
 * Context: Any.
 * Return: number of DMA segments, written to the first entries; -ENOMEM
 * without addresses or tables, -EREMOTEIO for a peer's memory that the device
 * cannot reach, -EINVAL otherwise.
 */
int iommu_dma_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
		     enum dma_data_direction dir, unsigned long attrs);

/**
 * iommu_dma_unmap_sg() - end a device's access to a scatterlist
 * @dev: device
 * @sgl: first entry
 * @nents: number of entries given to iommu_dma_map_sg(), not what it returned
 * @dir: direction that was mapped
 * @attrs: attributes
 *
 * Context: Any.  As iommu_dma_unmap_page() on when the access ends.
 */
void iommu_dma_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			enum dma_data_direction dir, unsigned long attrs);

/**
 * iommu_dma_alloc() - allocate zeroed memory that CPU and device share
 * @dev: device
 * @size: length
 * @addr: where to store its I/O address
 * @gfp: how to allocate
 * @attrs: attributes
 *
 * Context: Any that @gfp allows.
 * Return: its kernel address, or NULL.
 */
void *iommu_dma_alloc(struct device *dev, size_t size, dma_addr_t *addr,
		      gfp_t gfp, unsigned long attrs);

/**
 * iommu_dma_free() - free what iommu_dma_alloc() returned
 * @dev: device
 * @size: length that was asked for
 * @vaddr: kernel address
 * @addr: I/O address
 * @attrs: attributes
 *
 * The device's access has ended before the memory is given back, in lazy
 * domains too.
 *
 * Context: Process, interrupts on.
 */
void iommu_dma_free(struct device *dev, size_t size, void *vaddr,
		    dma_addr_t addr, unsigned long attrs);

/**
 * iommu_dma_mmap() - map memory of iommu_dma_alloc() for user space
 * @dev: device
 * @vma: where to
 * @vaddr: kernel address
 * @addr: I/O address
 * @size: length that was asked for
 * @attrs: attributes
 *
 * Return: 0, -ENXIO if @vma reaches beyond the memory, or a mapping error.
 */
int iommu_dma_mmap(struct device *dev, struct vm_area_struct *vma,
		   void *vaddr, dma_addr_t addr, size_t size,
		   unsigned long attrs);

/**
 * iommu_dma_get_sgtable() - describe memory of iommu_dma_alloc() by its pages
 * @dev: device
 * @table: table to set up
 * @vaddr: kernel address
 * @addr: I/O address
 * @size: length that was asked for
 * @attrs: attributes
 *
 * Return: 0 or -ENOMEM.
 */
int iommu_dma_get_sgtable(struct device *dev, struct sg_table *table,
			  void *vaddr, dma_addr_t addr, size_t size,
			  unsigned long attrs);

/**
 * iommu_dma_get_merge_boundary() - where buffers can be joined
 * @dev: device
 *
 * Return: mask of the smallest page: buffers that end and start on it become
 * one DMA segment.
 */
unsigned long iommu_dma_get_merge_boundary(struct device *dev);

/**
 * iommu_dma_opt_mapping_size() - largest mapping that stays cheap
 *
 * Return: length up to which I/O addresses come from the allocator's fast path.
 */
size_t iommu_dma_opt_mapping_size(void);

/**
 * iommu_dma_max_mapping_size() - largest mapping that can succeed
 * @dev: device
 *
 * Return: what fits a bounce buffer for an untrusted device, else SIZE_MAX.
 */
size_t iommu_dma_max_mapping_size(struct device *dev);

/**
 * iommu_dma_map_resource() - give a device access to another one's registers
 * @dev: device
 * @phys: first byte; not memory
 * @size: length
 * @dir: what the device may do
 * @attrs: attributes
 *
 * Context: Any.
 * Return: the I/O address, or DMA_MAPPING_ERROR.
 */
dma_addr_t iommu_dma_map_resource(struct device *dev, phys_addr_t phys,
				  size_t size, enum dma_data_direction dir,
				  unsigned long attrs);

/**
 * iommu_dma_unmap_resource() - undo iommu_dma_map_resource()
 * @dev: device
 * @addr: I/O address
 * @size: length that was mapped
 * @dir: direction that was mapped
 * @attrs: attributes
 *
 * Context: Any.
 */
void iommu_dma_unmap_resource(struct device *dev, dma_addr_t addr,
			      size_t size, enum dma_data_direction dir,
			      unsigned long attrs);

/**
 * iommu_dma_alloc_noncontiguous() - allocate pages contiguous to the device
 * @dev: device
 * @size: length
 * @dir: what the device may do
 * @gfp: how to allocate; may block
 * @attrs: 0 or DMA_ATTR_ALLOC_SINGLE_PAGES
 *
 * Context: Process.
 * Return: table whose first entry carries the I/O address and length of all,
 * owned by the caller until iommu_dma_free_noncontiguous(); or NULL.
 */
struct sg_table *iommu_dma_alloc_noncontiguous(struct device *dev, size_t size,
					       enum dma_data_direction dir,
					       gfp_t gfp, unsigned long attrs);

/**
 * iommu_dma_free_noncontiguous() - undo iommu_dma_alloc_noncontiguous()
 * @dev: device
 * @size: length that was asked for
 * @table: table
 * @dir: direction that was asked for
 *
 * Context: Process.
 */
void iommu_dma_free_noncontiguous(struct device *dev, size_t size,
				  struct sg_table *table,
				  enum dma_data_direction dir);

/**
 * iommu_dma_vmap_noncontiguous() - map noncontiguous memory for the kernel
 * @dev: device
 * @size: length that was asked for
 * @table: table
 *
 * Context: Process.
 * Return: a kernel address, or NULL.
 */
void *iommu_dma_vmap_noncontiguous(struct device *dev, size_t size,
				   struct sg_table *table);

/**
 * iommu_dma_vunmap_noncontiguous() - undo iommu_dma_vmap_noncontiguous()
 * @dev: device
 * @vaddr: the kernel address
 */
static inline void iommu_dma_vunmap_noncontiguous(struct device *dev,
						  void *vaddr)
{
	vunmap(vaddr);
}

/**
 * iommu_dma_mmap_noncontiguous() - map noncontiguous memory for user space
 * @dev: device
 * @vma: where to
 * @size: length that was asked for
 * @table: table
 *
 * Return: 0, -ENXIO if @vma reaches beyond the memory, or a mapping error.
 */
int iommu_dma_mmap_noncontiguous(struct device *dev,
				 struct vm_area_struct *vma, size_t size,
				 struct sg_table *table);

/**
 * iommu_dma_sync_single_for_cpu() - let the CPU see what the device wrote
 * @dev: device
 * @addr: address in a mapping
 * @size: length
 * @dir: direction that was mapped
 *
 * Context: Any.
 */
void iommu_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr,
				   size_t size, enum dma_data_direction dir);

/**
 * iommu_dma_sync_single_for_device() - let the device see what the CPU wrote
 * @dev: device
 * @addr: address in a mapping
 * @size: length
 * @dir: direction that was mapped
 *
 * Context: Any.
 */
void iommu_dma_sync_single_for_device(struct device *dev, dma_addr_t addr,
				      size_t size, enum dma_data_direction dir);

/**
 * iommu_dma_sync_sg_for_cpu() - iommu_dma_sync_single_for_cpu() for a list
 * @dev: device
 * @sg: first entry, as mapped
 * @nents: number of entries
 * @dir: direction that was mapped
 *
 * Context: Any.
 */
void iommu_dma_sync_sg_for_cpu(struct device *dev, struct scatterlist *sg,
			       int nents, enum dma_data_direction dir);

/**
 * iommu_dma_sync_sg_for_device() - iommu_dma_sync_single_for_device() for a list
 * @dev: device
 * @sg: first entry, as mapped
 * @nents: number of entries
 * @dir: direction that was mapped
 *
 * Context: Any.
 */
void iommu_dma_sync_sg_for_device(struct device *dev, struct scatterlist *sg,
				  int nents, enum dma_data_direction dir);

#endif /* _LINUX_IOMMU_DMA_H */
