/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private header of the DMA API on an IOMMU.
 *
 * Objects and owners
 *
 *	cookie		struct iommu_dma_cookie at domain->iova_cookie; owned by
 *			the domain, from its allocation to its end
 *	dma device	struct iommu_dma_device at dev->iommu->dma; everything
 *			that a mapping needs, in one cache line.  Made when the
 *			device is set up, freed when it is released
 *	range		granules of I/O address space, from the cookie's
 *			allocator; owned by one mapping until its invalidation
 *			is complete
 *	flush queue	struct dma_flushq; ranges that are unmapped and whose
 *			invalidation is deferred.  Owned by the cookie
 *	reservation	struct dma_reservation on cookie->reservations
 *	doorbell	struct dma_doorbell on cookie->doorbells
 *
 * Lock order
 *
 *	group->mutex -> cookie->lock
 *	cpu_hotplug_lock -> locks of MSIs -> cookie->lock
 *	ring->lock (raw, interrupts off) -> the timer's
 *
 * Mapping and unmapping take no lock of this directory in a strict domain, and
 * their own CPU's ring->lock in a lazy one.  Neither the allocator nor the
 * driver is called with a ring locked.
 *
 * A device's I/O range goes through: allocated, mapped, unmapped (entries
 * cleared), invalidated, free.  iommu_dma_range_finish() and the flush queue are the
 * only places that take a range from "unmapped" to "free".
 */
#ifndef __IOMMU_DMA_DMA_H
#define __IOMMU_DMA_DMA_H

#include <kunit/visibility.h>
#include <linux/build_bug.h>
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/iommu-dma.h>
#include <linux/iova.h>
#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>

#include "../dma-iommu.h"
#include "../core/map.h"
#include "../iommu-pages.h"

struct dma_flushq;

/**
 * struct iommu_dma_cookie - what the DMA API keeps per domain
 * @iovad: address allocator; usable once @granule is set
 * @lazy: queue that unmaps defer to, NULL in a strict domain.  Written under
 *	@lock, read without
 * @granule: smallest page of the domain in bytes, 0 until the first device has
 *	reserved what it needs; written under @lock
 * @base_pfn: lowest granule that is ever handed out; written with @granule
 * @lock: guards what follows, and the setup of what precedes
 * @flushq: the queue behind @lazy, once there is one; outlives a return to
 *	strict, because ranges may still be waiting in it
 * @members: devices that were set up
 * @untrusted: one of them is not trusted: the domain stays strict
 * @single_queue: one of them asks for a single queue (shadow_on_flush)
 * @reservations: struct dma_reservation, sorted, without overlaps
 * @doorbells: struct dma_doorbell
 * @msi_only: only doorbells are mapped here, the domain's user manages its
 *	addresses; constant
 * @msi_next: next address for a doorbell in such a domain
 */
struct iommu_dma_cookie {
	struct iova_domain iovad;
	struct dma_flushq *lazy;
	unsigned long granule;
	unsigned long base_pfn;

	struct mutex lock;	/* setup, reservations, doorbells */
	struct dma_flushq *flushq;
	unsigned int members;
	bool untrusted;
	bool single_queue;
	struct list_head reservations;
	struct list_head doorbells;
	bool msi_only;
	dma_addr_t msi_next;
};

/**
 * struct iommu_dma_device - what the mappings of one device need
 * @domain: the default domain
 * @cookie: its cookie
 * @granule_mask: granule - 1
 * @last: highest address that domain and bus let the device use
 * @first_limit: highest address to try first; 32 bits for PCI, and raised to
 *	@last for good by the first failure, from any context
 * @granule_lg2: base-2 logarithm of the granule
 * @untrusted: buffers that share a granule with other data are bounced
 * @special: untrusted, attached by its first mapping, or stranded: single
 *	buffers take the long way
 * @stranded: the instance has gone under a driver: nothing is mapped, and what
 *	was is not unmapped; @domain and @cookie are NULL
 *
 * All but @first_limit is constant.
 */
struct iommu_dma_device {
	struct iommu_domain *domain;
	struct iommu_dma_cookie *cookie;
	size_t granule_mask;
	dma_addr_t last;
	dma_addr_t first_limit;
	u8 granule_lg2;
	bool untrusted;
	bool special;
	bool stranded;
};

/**
 * dma_device() - what a device's mappings need
 * @dev: device with use_dma_iommu()
 *
 * Return: it.
 */
static inline struct iommu_dma_device *dma_device(struct device *dev)
{
	return dev->iommu->dma;
}

/**
 * dma_granules() - widen a length to whole granules
 * @dma: device
 * @len: length in bytes
 *
 * Return: the multiple of the granule that holds @len; wraps to less than @len
 * if there is none.
 */
static inline size_t dma_granules(const struct iommu_dma_device *dma,
				  size_t len)
{
	return (len + dma->granule_mask) & ~dma->granule_mask;
}

/**
 * dma_prot() - protection of a mapping
 * @dir: a valid direction
 * @coherent: the device snoops CPU caches
 * @attrs: DMA_ATTR_*
 *
 * Return: IOMMU_* bits.
 */
static __always_inline int dma_prot(enum dma_data_direction dir, bool coherent,
				    unsigned long attrs)
{
	int prot;

	/* The table of three directions happens to be arithmetic */
	static_assert(DMA_TO_DEVICE == IOMMU_READ);
	static_assert(DMA_FROM_DEVICE == IOMMU_WRITE);
	static_assert(DMA_BIDIRECTIONAL == 0);
	prot = dir ? (int)dir : IOMMU_READ | IOMMU_WRITE;

	/* A bit that is moved to its place costs less than a branch on it */
	static_assert(!(DMA_ATTR_PRIVILEGED % IOMMU_PRIV));
	prot |= (attrs & DMA_ATTR_PRIVILEGED) / (DMA_ATTR_PRIVILEGED / IOMMU_PRIV);
	return coherent ? prot | IOMMU_CACHE : prot;
}

/* device.c */

/**
 * iommu_dma_say_stranded() - tell that a mapping was refused
 * @dev: stranded device
 *
 * Context: Any; rate-limited.
 */
void iommu_dma_say_stranded(struct device *dev);

/**
 * dma_refused() - must a mapping fail because the device's instance has gone?
 * @dev: device
 * @dma: what its mappings need
 *
 * Return: true if so, after a message.
 */
static __always_inline bool dma_refused(struct device *dev,
					const struct iommu_dma_device *dma)
{
	if (likely(!dma->stranded))
		return false;
	iommu_dma_say_stranded(dev);
	return true;
}

/* options.c */

/* The first mapping of a device may have to attach it: on in a crash kernel */
DECLARE_STATIC_KEY_FALSE(iommu_dma_deferred_attach);

/**
 * dma_attach_deferred() - attach a device whose attachment was deferred
 * @dev: device
 * @dma: what its mappings need
 *
 * A crash kernel inherits devices that may still be writing; they keep the
 * previous kernel's translation until their driver maps something.
 *
 * Return: true if that failed, and nothing may be mapped.
 */
static __always_inline bool
dma_attach_deferred(struct device *dev, const struct iommu_dma_device *dma)
{
	return static_branch_unlikely(&iommu_dma_deferred_attach) &&
	       iommu_deferred_attach(dev, dma->domain);
}

/* range.c */

/**
 * iommu_dma_range_alloc() - allocate I/O addresses
 * @dev: device
 * @dma: what its mappings need
 * @len: length, a multiple of the granule, not 0
 * @coherent: below the mask for coherent memory, not that for buffers
 * @attrs: DMA_ATTR_NO_WARN counts
 *
 * The range is aligned to its length, rounded up to a power of two.
 *
 * Context: Any.
 * Return: first address, 0 if there is none.
 */
dma_addr_t iommu_dma_range_alloc(struct device *dev, struct iommu_dma_device *dma,
				 size_t len, bool coherent, unsigned long attrs);

/**
 * dma_range_free() - give back addresses that no device can have cached
 * @dma: device
 * @iova: first address
 * @len: length that was allocated
 *
 * Context: Any.
 */
static inline void dma_range_free(struct iommu_dma_device *dma, dma_addr_t iova,
				  size_t len)
{
	free_iova_fast(&dma->cookie->iovad, iova >> dma->granule_lg2,
		       len >> dma->granule_lg2);
}

/**
 * iommu_dma_range_finish() - take an unmapped range to its end
 * @dma: device
 * @iova: first address
 * @len: length that was allocated
 * @queue: queue to defer to, or NULL to invalidate now
 * @gather: what unmapping the range left
 *
 * Context: Any.
 */
void iommu_dma_range_finish(struct iommu_dma_device *dma, dma_addr_t iova, size_t len,
			    struct dma_flushq *queue,
			    struct iommu_iotlb_gather *gather);

/**
 * iommu_dma_map_phys() - map a physically contiguous buffer
 * @dev: device
 * @dma: what its mappings need
 * @phys: first byte, at any offset in a granule
 * @size: length
 * @prot: IOMMU_* bits
 * @attrs: DMA_ATTR_NO_WARN counts
 *
 * Context: Any.
 * Return: the I/O address, or DMA_MAPPING_ERROR.
 */
dma_addr_t iommu_dma_map_phys(struct device *dev, struct iommu_dma_device *dma,
			      phys_addr_t phys, size_t size, int prot,
			      unsigned long attrs);

/**
 * iommu_dma_map_coherent() - as iommu_dma_map_phys(), below the mask for coherent memory
 * @dev: device
 * @dma: what its mappings need
 * @phys: first byte
 * @size: length
 * @prot: IOMMU_* bits
 * @attrs: DMA_ATTR_NO_WARN counts
 *
 * Return: as iommu_dma_map_phys().
 */
dma_addr_t iommu_dma_map_coherent(struct device *dev, struct iommu_dma_device *dma,
				  phys_addr_t phys, size_t size, int prot,
				  unsigned long attrs);

/**
 * iommu_dma_unmap() - undo iommu_dma_map_phys()
 * @dma: device
 * @addr: what it returned
 * @size: length that was mapped
 *
 * Context: Any.
 */
void iommu_dma_unmap(struct iommu_dma_device *dma, dma_addr_t addr, size_t size);

/**
 * iommu_dma_unmap_now() - as iommu_dma_unmap(), but the access has ended on return
 * @dma: device
 * @addr: I/O address
 * @size: length that was mapped
 *
 * For memory that is given back next.
 *
 * Context: Any.
 */
void iommu_dma_unmap_now(struct iommu_dma_device *dma, dma_addr_t addr, size_t size);

/**
 * iommu_dma_unmap_mismatch() - say that something was unmapped that was not mapped
 * @dma: device
 * @iova: first address
 * @len: length
 * @unmapped: how much of it was there
 * @gather: what is there no more
 *
 * The range stays allocated: whoever owns it may still come to unmap it, and
 * nobody else can get it.
 *
 * Context: Any.
 */
void iommu_dma_unmap_mismatch(struct iommu_dma_device *dma, dma_addr_t iova,
			      size_t len, size_t unmapped,
			      struct iommu_iotlb_gather *gather);

/* bounce.c */

/**
 * dma_may_bounce() - could a mapping of this shape have been bounced?
 * @dev: device
 * @dma: what its mappings need
 * @size: length
 * @dir: direction
 *
 * Return: true if one with these parameters may have been.
 */
static inline bool dma_may_bounce(struct device *dev,
				  const struct iommu_dma_device *dma,
				  size_t size, enum dma_data_direction dir)
{
	return dma->untrusted || dma_kmalloc_needs_bounce(dev, size, dir);
}

/**
 * dma_must_bounce() - does this buffer have to be bounced?
 * @dev: device
 * @dma: what its mappings need
 * @phys: first byte
 * @size: length
 * @dir: direction
 *
 * Buffers of whole granules share none with other data and never bounce.
 *
 * Return: true if it shares a granule with other data and the device must
 * not see that.
 */
static inline bool dma_must_bounce(struct device *dev,
				   const struct iommu_dma_device *dma,
				   phys_addr_t phys, size_t size,
				   enum dma_data_direction dir)
{
	return ((phys | size) & dma->granule_mask) &&
	       dma_may_bounce(dev, dma, size, dir);
}

/**
 * iommu_dma_bounce_map() - copy a buffer to where the device may see all of it
 * @dev: device
 * @dma: what its mappings need
 * @phys: first byte of the buffer
 * @size: length
 * @dir: direction
 * @attrs: DMA_ATTR_*
 *
 * Context: Any.
 * Return: first byte of the copy, or DMA_MAPPING_ERROR.
 */
phys_addr_t iommu_dma_bounce_map(struct device *dev, struct iommu_dma_device *dma,
				 phys_addr_t phys, size_t size,
				 enum dma_data_direction dir, unsigned long attrs);

/**
 * iommu_dma_sg_must_bounce() - must a list be mapped entry by entry?
 * @dev: device
 * @dma: what its mappings need
 * @sg: first entry
 * @nents: number of entries
 * @dir: direction
 *
 * Return: true if one of its entries has to be bounced.
 */
bool iommu_dma_sg_must_bounce(struct device *dev, const struct iommu_dma_device *dma,
			      struct scatterlist *sg, int nents,
			      enum dma_data_direction dir);

/**
 * iommu_dma_sg_map_each() - map a list entry by entry, bouncing what has to be
 * @dev: device
 * @sg: first entry; marked, so that its unmapping takes this way too
 * @nents: number of entries
 * @dir: direction
 * @attrs: DMA_ATTR_*
 *
 * Return: @nents; -EIO, or -EREMOTEIO for a peer's memory, with nothing mapped.
 */
int iommu_dma_sg_map_each(struct device *dev, struct scatterlist *sg, int nents,
			  enum dma_data_direction dir, unsigned long attrs);

/**
 * iommu_dma_sg_unmap_each() - undo iommu_dma_sg_map_each()
 * @dev: device
 * @sg: first entry
 * @nents: number of entries
 * @dir: direction
 * @attrs: DMA_ATTR_*
 */
void iommu_dma_sg_unmap_each(struct device *dev, struct scatterlist *sg, int nents,
			     enum dma_data_direction dir, unsigned long attrs);

/**
 * dma_sg_clear_flags() - forget how an entry was mapped
 * @sg: entry
 */
static inline void dma_sg_clear_flags(struct scatterlist *sg)
{
#ifdef CONFIG_NEED_SG_DMA_FLAGS
	sg->dma_flags &= ~(SG_DMA_BUS_ADDRESS | SG_DMA_SWIOTLB);
#endif
}

/* flushq.c */

/**
 * iommu_flushq_alloc() - make the flush queue of a domain
 * @domain: DMA domain whose cookie is set up
 * @single: one ring for all CPUs, with a long period
 *
 * Context: Process.
 * Return: the queue, or NULL without memory.
 */
struct dma_flushq *iommu_flushq_alloc(struct iommu_domain *domain, bool single);

/**
 * iommu_flushq_free() - free a queue, dropping the ranges that wait in it
 * @queue: queue that nobody puts anything into any more, or NULL
 *
 * The ranges go with the allocator; tables that wait are freed after a flush
 * of the domain.
 *
 * Context: Process.
 */
void iommu_flushq_free(struct dma_flushq *queue);

/**
 * iommu_flushq_put() - defer the invalidation of a range
 * @queue: queue
 * @pfn: first granule
 * @count: number of granules
 * @gather: what unmapping it left; its tables become the queue's
 *
 * Context: Any.
 */
void iommu_flushq_put(struct dma_flushq *queue, unsigned long pfn,
		      unsigned long count, struct iommu_iotlb_gather *gather);

/**
 * iommu_flushq_drain() - flush everything that waits, for its addresses
 * @queue: queue
 *
 * What another CPU is flushing just now is not waited for.
 *
 * Context: Any.
 */
void iommu_flushq_drain(struct dma_flushq *queue);

/* domain.c */

/**
 * iommu_dma_go_strict() - defer no more invalidations
 * @cookie: cookie of a domain, lazy or not
 *
 * What was unmapped before is invalidated on return.  An unmap that is under
 * way may still defer; its period of 10 ms ends it (of a second, where
 * @cookie->single_queue is set).
 *
 * Context: Process; cookie->lock is held.
 */
void iommu_dma_go_strict(struct iommu_dma_cookie *cookie);

/* device.c */

/**
 * iommu_dma_device_setup() - let a device's DMA API use a domain
 * @dev: device without dev->iommu->dma
 * @domain: DMA domain that it is attached to
 *
 * Return: as iommu_setup_dma_ops().
 */
int iommu_dma_device_setup(struct device *dev, struct iommu_domain *domain);

/* pages.c */

/**
 * iommu_dma_zalloc() - allocate memory for this directory's own objects
 * @size: length
 * @node: preferred node, or NUMA_NO_NODE
 *
 * Context: Process.
 * Return: zeroed memory for kvfree(), or NULL.
 */
void *iommu_dma_zalloc(size_t size, int node);

/**
 * iommu_dma_page_run_alloc() - allocate contiguous pages
 * @node: preferred node, or NUMA_NO_NODE
 * @gfp: how to allocate
 * @order: base-2 logarithm of their number
 *
 * Return: the first of them, or NULL.
 */
struct page *iommu_dma_page_run_alloc(int node, gfp_t gfp, unsigned int order);

/**
 * iommu_dma_pages_alloc() - allocate pages that need not be contiguous
 * @dev: device; its node is preferred
 * @count: number of pages
 * @orders: bit n is set if runs of 2^n pages are worth having; not 0
 * @gfp: how to allocate; may block
 *
 * Context: Process.
 * Return: array of @count pages in the order of their addresses inside each
 * run, or NULL.
 */
struct page **iommu_dma_pages_alloc(struct device *dev, unsigned int count,
				    unsigned long orders, gfp_t gfp);

/**
 * iommu_dma_pages_free() - undo iommu_dma_pages_alloc()
 * @pages: array
 * @count: number of pages in it
 */
void iommu_dma_pages_free(struct page **pages, unsigned int count);

/**
 * iommu_dma_pages_orders() - which runs of pages a device's mappings profit from
 * @dma: what the device's mappings need
 * @attrs: DMA_ATTR_ALLOC_SINGLE_PAGES counts
 *
 * Return: a mask for iommu_dma_pages_alloc().
 */
unsigned long iommu_dma_pages_orders(const struct iommu_dma_device *dma,
				     unsigned long attrs);

/**
 * iommu_dma_pages_map() - map pages as one range
 * @dev: device
 * @pages: array
 * @count: number of pages
 * @prot: IOMMU_* bits
 * @gfp: how tables may be allocated
 * @attrs: DMA_ATTR_NO_WARN counts
 *
 * Return: the I/O address, or DMA_MAPPING_ERROR with nothing mapped.
 */
dma_addr_t iommu_dma_pages_map(struct device *dev, struct page **pages,
			       unsigned int count, int prot, gfp_t gfp,
			       unsigned long attrs);

#endif /* __IOMMU_DMA_DMA_H */
