/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O page tables: one interface over the table formats that IOMMUs walk.
 *
 * A driver describes what its walker can do in a struct io_pgtable_cfg, gets a
 * struct io_pgtable_ops back and hands addresses to it.  Invalidation is the
 * driver's: table code calls struct iommu_flush_ops where an entry that points
 * to a table goes, and writes everything else into the caller's gather.
 *
 * See Documentation/driver-api/iommu/pgtable.rst.
 */
#ifndef __IO_PGTABLE_H
#define __IO_PGTABLE_H

#include <linux/bitops.h>
#include <linux/iommu.h>

struct device;

/**
 * enum io_pgtable_fmt - formats of I/O page tables
 * @ARM_32_LPAE_S1: long descriptors, 32-bit input, stage 1
 * @ARM_32_LPAE_S2: long descriptors, 40-bit input at most, stage 2
 * @ARM_64_LPAE_S1: VMSAv8-64, stage 1
 * @ARM_64_LPAE_S2: VMSAv8-64, stage 2
 * @ARM_V7S: ARMv7 short descriptors
 * @ARM_MALI_LPAE: the variant of long descriptors that Mali GPUs walk
 * @AMD_IOMMU_V1: AMD host tables
 * @AMD_IOMMU_V2: AMD guest tables (x86-64)
 * @APPLE_DART: Apple DART, t8020
 * @APPLE_DART2: Apple DART, t6000 and t8110
 * @IO_PGTABLE_NUM_FMTS: number of formats
 *
 * The order is known to drivers.
 */
enum io_pgtable_fmt {
	ARM_32_LPAE_S1,
	ARM_32_LPAE_S2,
	ARM_64_LPAE_S1,
	ARM_64_LPAE_S2,
	ARM_V7S,
	ARM_MALI_LPAE,
	AMD_IOMMU_V1,
	AMD_IOMMU_V2,
	APPLE_DART,
	APPLE_DART2,
	IO_PGTABLE_NUM_FMTS,
};

/**
 * struct iommu_flush_ops - invalidation that table code asks its driver for
 * @tlb_flush_all: invalidate everything cached for these tables, and wait
 * @tlb_flush_walk: invalidate leaf and non-leaf entries for @size bytes from
 *	@iova, and wait; @granule is the smallest leaf in use there
 * @tlb_add_page: optional; one leaf of @granule bytes at @iova was removed:
 *	issue its invalidation or note it in the gather
 *
 * Context: any, including hard interrupt context and under a spinlock of the
 * table code: they neither sleep nor call back into the table.
 */
struct iommu_flush_ops {
	void (*tlb_flush_all)(void *cookie);
	void (*tlb_flush_walk)(unsigned long iova, size_t size, size_t granule,
			       void *cookie);
	void (*tlb_add_page)(struct iommu_iotlb_gather *gather,
			     unsigned long iova, size_t granule, void *cookie);
};

/**
 * DOC: quirks of struct io_pgtable_cfg
 *
 * %IO_PGTABLE_QUIRK_ARM_NS: set NS and NSTable in stage 1, for walkers that
 * look at them in non-secure state.
 *
 * %IO_PGTABLE_QUIRK_NO_PERMS: every mapping gets all permissions.
 *
 * %IO_PGTABLE_QUIRK_ARM_MTK_EXT: (ARM v7s) output addresses of up to 35 bits,
 * packed as MediaTek does.
 *
 * %IO_PGTABLE_QUIRK_ARM_MTK_TTBR_EXT: (ARM v7s) the same for the table base.
 *
 * %IO_PGTABLE_QUIRK_ARM_TTBR1: (LPAE stage 1) the tables translate the upper
 * half of the address space: input bits above @ias are ones.
 *
 * %IO_PGTABLE_QUIRK_ARM_OUTER_WBWA: (LPAE stage 1) a walker that is not
 * coherent reads tables through an outer write-back, write-allocate cache.
 *
 * %IO_PGTABLE_QUIRK_ARM_HD: (LPAE stage 1) hardware tracks dirty leaves.
 */
#define IO_PGTABLE_QUIRK_ARM_NS			BIT(0)
#define IO_PGTABLE_QUIRK_NO_PERMS		BIT(1)
#define IO_PGTABLE_QUIRK_ARM_MTK_EXT		BIT(3)
#define IO_PGTABLE_QUIRK_ARM_MTK_TTBR_EXT	BIT(4)
#define IO_PGTABLE_QUIRK_ARM_TTBR1		BIT(5)
#define IO_PGTABLE_QUIRK_ARM_OUTER_WBWA		BIT(6)
#define IO_PGTABLE_QUIRK_ARM_HD			BIT(7)

/**
 * struct io_pgtable_cfg - what a walker can do, and what it has to be told
 * @quirks: IO_PGTABLE_QUIRK_* bits; one that the format does not know makes
 *	the allocation fail
 * @pgsize_bitmap: sizes of leaves, in bytes; reduced to what the format has
 * @ias: bits of input address; may be reduced
 * @oas: bits of output address; may be reduced
 * @coherent_walk: the walker sees what the CPU's caches hold
 * @reclaim: empty tables may be given back under memory pressure; the driver's
 *	@tlb_flush_walk can then be called at any time, from any context, and
 *	does its own power management
 * @split_hitless: the walker takes a block that is replaced by a table of the
 *	same translations in one step (SMMUv3: BBML 2); else the block is made
 *	invalid and invalidated in between
 * @tlb: invalidation callbacks, or NULL
 * @iommu_dev: device whose DMA configuration and node the walker has
 * @alloc: allocator of tables, or NULL; returns zeroed memory that virt_to_phys()
 *	and dma_map_single() take, of natural alignment.  Only formats with
 *	%IO_PGTABLE_CAP_CUSTOM_ALLOCATOR.  The caller then serialises all
 *	operations on the tables.
 * @free: gives back what @alloc returned; NULL exactly if @alloc is
 *
 * The allocation changes the caller's structure in place and keeps a copy.  The
 * union at its end is the result: what to program for the format, under the
 * names that the architecture gives the registers (for AMD an input: the node
 * that tables are allocated on).
 */
struct io_pgtable_cfg {
	unsigned long quirks;
	unsigned long pgsize_bitmap;
	unsigned int ias;
	unsigned int oas;
	bool coherent_walk;
	bool reclaim;
	bool split_hitless;
	const struct iommu_flush_ops *tlb;
	struct device *iommu_dev;
	void *(*alloc)(void *cookie, size_t size, gfp_t gfp);
	void (*free)(void *cookie, void *pages, size_t size);

	union {
		/* private: registers, named as in the architecture */
		struct {
			u64	mair;
			u64	ttbr;
			struct {
				u32	tsz:6;
				u32	irgn:2;
				u32	orgn:2;
				u32	sh:2;
				u32	tg:2;
				u32	ips:3;
			}	tcr;
		} arm_lpae_s1_cfg;

		struct {
			struct {
				u32	tsz:6;
				u32	sl:2;
				u32	irgn:2;
				u32	orgn:2;
				u32	sh:2;
				u32	tg:2;
				u32	ps:3;
			}	vtcr;
			u64	vttbr;
		} arm_lpae_s2_cfg;

		struct {
			u64	memattr;
			u64	transtab;
		} arm_mali_lpae_cfg;

		struct {
			u32	tcr;
			u32	ttbr;
			u32	prrr;
			u32	nmrr;
		} arm_v7s_cfg;

		struct {
			u32	n_ttbrs;
			u64	ttbr[4];
		} apple_dart_cfg;

		struct {
			int	nid;
		} amd;
		/* public: */
	};
};

/**
 * struct io_pgtable_ops - operations on one set of tables
 * @map_pages: map @pgcount leaves of @pgsize bytes (one of the supported
 *	sizes) from @iova to @paddr.  Adds the bytes that are mapped to *@mapped,
 *	also if it fails; may map less than asked and return 0, so the caller
 *	goes on from there.  -EINVAL: size, alignment or @prot; -ERANGE: beyond
 *	the input or output size; -EEXIST: something is mapped there; -ENOMEM.
 * @unmap_pages: remove @pgcount leaves of @pgsize bytes and return the bytes
 *	removed, which is less than asked where a hole begins, and 0 if a block
 *	would have to be split and memory is short.  A table in place of a leaf
 *	is emptied.  With a @gather that is not queued each leaf is passed to
 *	@tlb_add_page.
 * @map_range: optional; map @size bytes, any multiple of the smallest leaf, with
 *	the largest leaves that fit.  Sets *@mapped, errors as @map_pages.
 * @unmap_range: optional; remove @size bytes and return how much was removed,
 *	up to the first hole.  Never invalidates leaves: it widens @gather
 *	and notes the levels and the smallest leaf there.
 * @iova_to_phys: translate one address; 0 if nothing is mapped
 * @read_and_clear_dirty: optional; record the leaves in the range that hardware
 *	wrote to, and make them clean unless %IOMMU_DIRTY_NO_CLEAR is given.
 *	-EINVAL if a part of the range is not mapped.
 *
 * Context: any, for all of them; map sleeps if @gfp allows.  Operations on
 * disjoint ranges may run at the same time; the caller keeps ranges that
 * overlap apart.  (Formats with an allocator of the caller's: one at a time.)
 */
struct io_pgtable_ops {
	int (*map_range)(struct io_pgtable_ops *ops, unsigned long iova,
			 phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			 size_t *mapped);
	size_t (*unmap_range)(struct io_pgtable_ops *ops, unsigned long iova,
			      size_t size, struct iommu_iotlb_gather *gather);
	phys_addr_t (*iova_to_phys)(struct io_pgtable_ops *ops,
				    unsigned long iova);
	int (*map_pages)(struct io_pgtable_ops *ops, unsigned long iova,
			 phys_addr_t paddr, size_t pgsize, size_t pgcount,
			 int prot, gfp_t gfp, size_t *mapped);
	size_t (*unmap_pages)(struct io_pgtable_ops *ops, unsigned long iova,
			      size_t pgsize, size_t pgcount,
			      struct iommu_iotlb_gather *gather);
	int (*read_and_clear_dirty)(struct io_pgtable_ops *ops,
				    unsigned long iova, size_t size,
				    unsigned long flags,
				    struct iommu_dirty_bitmap *dirty);
};

/**
 * alloc_io_pgtable_ops() - make an empty set of tables
 * @fmt: format
 * @cfg: description of the walker; changed in place to what was made
 * @cookie: argument of the callbacks in @cfg
 *
 * Return: its operations, or NULL if the format is not built in, @cfg asks for
 * what it cannot do, or memory is short.
 */
struct io_pgtable_ops *alloc_io_pgtable_ops(enum io_pgtable_fmt fmt,
					    struct io_pgtable_cfg *cfg,
					    void *cookie);

/**
 * free_io_pgtable_ops() - destroy a set of tables
 * @ops: operations of the set, or NULL
 *
 * Everything cached for the set is invalidated first.  No walker reads the
 * tables any more and no operation runs on them.
 *
 * Context: process context.
 */
void free_io_pgtable_ops(struct io_pgtable_ops *ops);

/**
 * io_pgtable_reclaim() - give back tables that hold nothing
 * @ops: operations of the set
 *
 * Unlinks empty tables, has @tlb_flush_walk invalidate what the walker cached
 * of them and frees them after a grace period.  Tables of an allocator of the
 * caller's are left alone.
 *
 * Context: any; may run beside every operation on the set.
 *
 * Return: the number of tables given back.
 */
unsigned long io_pgtable_reclaim(struct io_pgtable_ops *ops);

/* What follows is for implementations of formats. */

/**
 * struct io_pgtable - one set of tables
 * @fmt: format
 * @cookie: argument of the callbacks in @cfg
 * @cfg: configuration as it was granted
 * @ops: operations
 *
 * All fields are constant after allocation.
 */
struct io_pgtable {
	enum io_pgtable_fmt	fmt;
	void			*cookie;
	struct io_pgtable_cfg	cfg;
	struct io_pgtable_ops	ops;
};

#define io_pgtable_ops_to_pgtable(x) container_of((x), struct io_pgtable, ops)

/**
 * io_pgtable_tlb_flush_all() - invalidate all that is cached of a set
 * @iop: set of tables; without a callback nothing is done
 */
static inline void io_pgtable_tlb_flush_all(struct io_pgtable *iop)
{
	const struct iommu_flush_ops *tlb = iop->cfg.tlb;

	if (tlb && tlb->tlb_flush_all)
		tlb->tlb_flush_all(iop->cookie);
}

/**
 * io_pgtable_tlb_flush_walk() - invalidate leaf and non-leaf entries of a range
 * @iop: set of tables; without a callback nothing is done
 * @iova: first byte
 * @size: length in bytes
 * @granule: smallest leaf in the range, in bytes
 */
static inline void io_pgtable_tlb_flush_walk(struct io_pgtable *iop,
					     unsigned long iova, size_t size,
					     size_t granule)
{
	const struct iommu_flush_ops *tlb = iop->cfg.tlb;

	if (tlb && tlb->tlb_flush_walk)
		tlb->tlb_flush_walk(iova, size, granule, iop->cookie);
}

/**
 * io_pgtable_tlb_add_page() - pass a removed leaf to the driver
 * @iop: set of tables; without a callback nothing is done
 * @gather: gather of the unmap
 * @iova: first byte of the leaf
 * @granule: its length in bytes
 */
static inline void io_pgtable_tlb_add_page(struct io_pgtable *iop,
					   struct iommu_iotlb_gather *gather,
					   unsigned long iova, size_t granule)
{
	const struct iommu_flush_ops *tlb = iop->cfg.tlb;

	if (tlb && tlb->tlb_add_page)
		tlb->tlb_add_page(gather, iova, granule, iop->cookie);
}

/**
 * enum io_pgtable_caps - abilities of a format
 * @IO_PGTABLE_CAP_CUSTOM_ALLOCATOR: takes @alloc and @free of the caller
 */
enum io_pgtable_caps {
	IO_PGTABLE_CAP_CUSTOM_ALLOCATOR = BIT(0),
};

/**
 * struct io_pgtable_init_fns - a format
 * @alloc: make a set of tables and complete @cfg; fmt, cookie and cfg of the
 *	result are filled in by the caller
 * @free: destroy a set
 * @caps: bits of enum io_pgtable_caps
 * @reclaim: optional; implements io_pgtable_reclaim()
 */
struct io_pgtable_init_fns {
	struct io_pgtable *(*alloc)(struct io_pgtable_cfg *cfg, void *cookie);
	void (*free)(struct io_pgtable *iop);
	u32 caps;
	unsigned long (*reclaim)(struct io_pgtable *iop);
};

extern struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s1_init_fns;
extern struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s2_init_fns;
extern struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s1_init_fns;
extern struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s2_init_fns;
extern struct io_pgtable_init_fns io_pgtable_arm_v7s_init_fns;
extern struct io_pgtable_init_fns io_pgtable_arm_mali_lpae_init_fns;
extern struct io_pgtable_init_fns io_pgtable_amd_iommu_v1_init_fns;
extern struct io_pgtable_init_fns io_pgtable_amd_iommu_v2_init_fns;
extern struct io_pgtable_init_fns io_pgtable_apple_dart_init_fns;

#endif /* __IO_PGTABLE_H */
