/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domain: one I/O address space, and what a driver implements for it.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_DOMAIN_H
#define __LINUX_IOMMU_DOMAIN_H

#include <linux/bits.h>
#include <linux/iommu-fault.h>
#include <linux/iommu-gather.h>
#include <linux/types.h>

struct iommu_dma_cookie;
struct iommu_domain;
struct iommu_ops;
struct iommu_user_data_array;
struct mm_struct;

typedef unsigned int ioasid_t;

#define IOMMU_NO_PASID			(0U)	/* a transaction without PASID */
#define IOMMU_FIRST_GLOBAL_PASID	(1U)
#define IOMMU_PASID_INVALID		(-1U)

/* Protection of a mapping */
#define IOMMU_READ	0x01
#define IOMMU_WRITE	0x02
#define IOMMU_CACHE	0x04	/* snooping CPU caches */
#define IOMMU_NOEXEC	0x08
#define IOMMU_MMIO	0x10	/* device memory, a doorbell for example */
/*
 * Only accesses that the bus marks as privileged get the permissions above;
 * unprivileged ones get as little as the table format can express.
 */
#define IOMMU_PRIV	0x20

/* What domain types are made of */
#define __IOMMU_DOMAIN_PAGING	0x01U	/* has tables: map and unmap work */
#define __IOMMU_DOMAIN_DMA_API	0x02U	/* the DMA API manages its addresses */
#define __IOMMU_DOMAIN_PT	0x04U	/* I/O address equals physical */
#define __IOMMU_DOMAIN_DMA_FQ	0x08U	/* invalidation may be deferred */
#define __IOMMU_DOMAIN_SVA	0x10U	/* walks a process's tables */
#define __IOMMU_DOMAIN_PLATFORM	0x20U	/* legacy, driver-managed */
#define __IOMMU_DOMAIN_NESTED	0x40U	/* user-managed stage 1 */

/* Drivers never see the deferral bit in domain_alloc() */
#define IOMMU_DOMAIN_ALLOC_FLAGS	(~__IOMMU_DOMAIN_DMA_FQ)

#define IOMMU_DOMAIN_BLOCKED	(0U)
#define IOMMU_DOMAIN_IDENTITY	(__IOMMU_DOMAIN_PT)
#define IOMMU_DOMAIN_UNMANAGED	(__IOMMU_DOMAIN_PAGING)
#define IOMMU_DOMAIN_DMA	(__IOMMU_DOMAIN_PAGING | __IOMMU_DOMAIN_DMA_API)
#define IOMMU_DOMAIN_DMA_FQ	(IOMMU_DOMAIN_DMA | __IOMMU_DOMAIN_DMA_FQ)
#define IOMMU_DOMAIN_SVA	(__IOMMU_DOMAIN_SVA)
#define IOMMU_DOMAIN_PLATFORM	(__IOMMU_DOMAIN_PLATFORM)
#define IOMMU_DOMAIN_NESTED	(__IOMMU_DOMAIN_NESTED)

/**
 * struct iommu_domain_geometry - addresses that a domain can translate
 * @aperture_start: lowest address
 * @aperture_end: highest address (inclusive)
 * @force_aperture: DMA outside the aperture faults, rather than passing by
 */
struct iommu_domain_geometry {
	dma_addr_t aperture_start;
	dma_addr_t aperture_end;
	bool force_aperture;
};

/**
 * struct iommu_domain_ops - what a driver does for its domains
 * @attach_dev: put @dev behind @domain.  Tests first and changes nothing on
 *	failure.  Called with the group's mutex held; may sleep.  -EINVAL says
 *	that device and domain do not go together and is not logged; -ENOMEM,
 *	-ENOSPC, -EBUSY and -ENODEV mean what they say
 * @set_dev_pasid: the same for one PASID of @dev; @old is what it replaces
 * @map_pages: map @pgcount pages of @pgsize at @iova; *@mapped counts bytes,
 *	also when an error is returned
 * @unmap_pages: unmap @pgcount pages of @pgsize; returns bytes unmapped
 * @map_range: optional.  Map @size bytes, choosing block sizes itself; one call
 *	for a whole physically contiguous run.  Same result as @map_pages
 * @unmap_range: optional.  Unmap @size bytes of whatever sizes; returns bytes
 *	unmapped up to the first hole and describes them in @gather
 * @flush_iotlb_all: invalidate all that any instance caches of the domain;
 *	complete on return
 * @iotlb_sync_map: make new entries visible, for hardware that caches absence
 * @iotlb_sync: invalidate what @gather describes; complete on return
 * @cache_invalidate_user: invalidation on behalf of a user-managed domain
 * @iova_to_phys: physical address behind @iova, 0 if there is none
 * @enforce_cache_coherency: make no-snoop transactions snoop; false if it
 *	cannot
 * @enable_nesting: prefer stage 2 for a domain that was not attached yet
 * @set_pgtable_quirks: IO_PGTABLE_QUIRK_* bits for a domain not attached yet
 * @free: release the domain; nothing is attached any more
 *
 * Map, unmap, flush and sync may come from any context, with interrupts off,
 * and concurrently for disjoint ranges.
 */
struct iommu_domain_ops {
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev);
	int (*set_dev_pasid)(struct iommu_domain *domain, struct device *dev,
			     ioasid_t pasid, struct iommu_domain *old);

	int (*map_range)(struct iommu_domain *domain, unsigned long iova,
			 phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			 size_t *mapped);
	size_t (*unmap_range)(struct iommu_domain *domain, unsigned long iova,
			      size_t size, struct iommu_iotlb_gather *gather);
	int (*map_pages)(struct iommu_domain *domain, unsigned long iova,
			 phys_addr_t paddr, size_t pgsize, size_t pgcount,
			 int prot, gfp_t gfp, size_t *mapped);
	size_t (*unmap_pages)(struct iommu_domain *domain, unsigned long iova,
			      size_t pgsize, size_t pgcount,
			      struct iommu_iotlb_gather *gather);

	void (*flush_iotlb_all)(struct iommu_domain *domain);
	int (*iotlb_sync_map)(struct iommu_domain *domain, unsigned long iova,
			      size_t size);
	void (*iotlb_sync)(struct iommu_domain *domain,
			   struct iommu_iotlb_gather *gather);
	int (*cache_invalidate_user)(struct iommu_domain *domain,
				     struct iommu_user_data_array *array);

	phys_addr_t (*iova_to_phys)(struct iommu_domain *domain,
				    dma_addr_t iova);

	bool (*enforce_cache_coherency)(struct iommu_domain *domain);
	int (*enable_nesting)(struct iommu_domain *domain);
	int (*set_pgtable_quirks)(struct iommu_domain *domain,
				  unsigned long quirks);

	void (*free)(struct iommu_domain *domain);
};

#ifdef CONFIG_IOMMU_API

/**
 * struct iommu_dirty_ops - dirty tracking of a domain
 * @set_dirty_tracking: switch recording on or off
 * @read_and_clear_dirty: record what is dirty in [@iova, @iova + @size) and,
 *	unless IOMMU_DIRTY_NO_CLEAR is in @flags, make it clean
 */
struct iommu_dirty_ops {
	int (*set_dirty_tracking)(struct iommu_domain *domain, bool enabled);
	int (*read_and_clear_dirty)(struct iommu_domain *domain,
				    unsigned long iova, size_t size,
				    unsigned long flags,
				    struct iommu_dirty_bitmap *dirty);
};

#else

struct iommu_dirty_ops {};

#endif

/**
 * struct iommu_domain - one I/O address space
 * @type: IOMMU_DOMAIN_*; changes only between DMA and DMA_FQ, under the mutex of
 *	the group
 * @ops: the driver's operations; constant
 * @dirty_ops: dirty tracking, or NULL; constant
 * @owner: driver that allocated it; constant, NULL for static domains
 * @module: module that stays loaded until the domain is freed, or NULL for the
 *	domains that core has for itself; constant
 * @pgsize_bitmap: page sizes that map takes; constant once attached
 * @geometry: addresses that it translates; constant once attached
 * @iova_cookie: what the DMA API or the MSI window keeps for it, or NULL
 * @iopf_handler: takes recoverable faults, or NULL
 * @fault_data: for @iopf_handler
 * @handler: takes terminated faults, or NULL
 * @handler_token: for @handler
 * @mm: address space that an SVA domain walks; referenced
 * @users: bonds of an SVA domain; guarded by the SVA lock
 * @next: on the mm's list of SVA domains; guarded by the SVA lock
 *
 * Drivers embed it at any offset.
 */
struct iommu_domain {
	unsigned int type;
	const struct iommu_domain_ops *ops;
	const struct iommu_dirty_ops *dirty_ops;
	const struct iommu_ops *owner;
	struct module *module;
	unsigned long pgsize_bitmap;
	struct iommu_domain_geometry geometry;
	struct iommu_dma_cookie *iova_cookie;
	int (*iopf_handler)(struct iopf_group *group);
	void *fault_data;
	union {
		struct {
			iommu_fault_handler_t handler;
			void *handler_token;
		};
		struct {
			struct mm_struct *mm;
			int users;
			struct list_head next;
		};
	};
};

/**
 * iommu_is_dma_domain() - does the DMA API manage this domain's addresses?
 * @domain: domain
 *
 * Return: true for IOMMU_DOMAIN_DMA and IOMMU_DOMAIN_DMA_FQ.
 */
static inline bool iommu_is_dma_domain(struct iommu_domain *domain)
{
	return domain->type & __IOMMU_DOMAIN_DMA_API;
}

#ifdef CONFIG_IOMMU_API

/**
 * iommu_flush_iotlb_all() - invalidate all that is cached of a domain
 * @domain: domain
 *
 * Context: Any.  Complete on return.
 */
static inline void iommu_flush_iotlb_all(struct iommu_domain *domain)
{
	if (domain->ops->flush_iotlb_all)
		domain->ops->flush_iotlb_all(domain);
}

/**
 * iommu_iotlb_sync() - invalidate what a gather describes, and empty it
 * @domain: domain that was unmapped from
 * @gather: gather
 *
 * Context: Any.  Complete on return.
 */
static inline void iommu_iotlb_sync(struct iommu_domain *domain,
				    struct iommu_iotlb_gather *gather)
{
	if (domain->ops->iotlb_sync)
		domain->ops->iotlb_sync(domain, gather);
	iommu_iotlb_gather_init(gather);
}

/**
 * iommu_iotlb_gather_add_page() - gather pages of one size
 * @domain: domain that is unmapped from
 * @gather: gather
 * @iova: first byte of the page
 * @size: size of the page in bytes
 *
 * For hardware whose invalidation names a page size.  Syncs what was there
 * before if the page is of another size or not adjacent.
 */
static inline void
iommu_iotlb_gather_add_page(struct iommu_domain *domain,
			    struct iommu_iotlb_gather *gather,
			    unsigned long iova, size_t size)
{
	bool other_size = gather->pgsize && gather->pgsize != size;

	if (other_size || iommu_iotlb_gather_is_disjoint(gather, iova, size))
		iommu_iotlb_sync(domain, gather);
	gather->pgsize = size;
	iommu_iotlb_gather_add_range(gather, iova, size);
}

#endif /* CONFIG_IOMMU_API */

#endif /* __LINUX_IOMMU_DOMAIN_H */
