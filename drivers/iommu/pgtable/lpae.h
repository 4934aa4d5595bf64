/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Long-descriptor tables: objects, ownership, locks.
 *
 * Objects
 *	set	struct lpae: one root and what hangs on it; owned by the driver
 *		that allocated it
 *	table	one granule of 64-bit entries.  A linked table belongs to its
 *		parent's entry; an unlinked one to whoever unlinked or allocated
 *		it, and at last to RCU.
 *	leaf	an entry that maps a page (level 3) or a block (above).  It
 *		belongs to the caller that has the address range; nobody else
 *		writes it, except that hardware may clear RDONLY.
 *
 * Empty tables stay linked, for the next map, until reclaim takes them out.
 *
 * Tables of pages, which nearly all are, are not counted: an atomic operation
 * for each map and unmap would cost more than all else that these do, and move
 * a line between the CPUs that share a table.  Reclaim closes a table (sets
 * LPAE_TABLE_CLOSING in its parent's entry), passes a full barrier, and looks
 * at the entries.  A map stores its entries, passes a full barrier, and looks at
 * the parent's entry (lpae_stands()).  So one of both sees the other: if reclaim
 * finds an entry it opens the table again; if it finds none, whoever maps there
 * finds the parent's entry changed, clears what it has stored, waits for the
 * lock and walks again from the root.  Hardware walks through a closing table
 * as through any: the parent's entry becomes invalid when the table is known to
 * be empty and every map in it to fail.
 *
 * Higher tables count their entries that are in use (blocks and child tables)
 * in their struct page, if they come from our own allocator.  Whoever is about
 * to fill entries adds first, whoever cleared entries subtracts afterwards.  To
 * take the table out, its count goes from 0 to LPAE_DEAD by cmpxchg: a mapper
 * that adds to a dead table gets a negative value, waits for the lock and walks
 * again from the root.
 *
 * Locks.  None to map, unmap or translate: they run under rcu_read_lock(), so
 * no table that they reach is freed.  lpae->lock is taken to unlink tables and
 * to split blocks.  Meanwhile the entry concerned is nonzero with bit 0 clear:
 * hardware faults on it and software that meets it passes through the lock
 * (lpae_wait()) and looks again.  Order: lpae_sets_lock (reclaim) -> lpae->lock
 * -> locks of the driver's flush callbacks.
 *
 * Order of stores.  A new table is zeroed, then dma_wmb(), then linked; readers
 * reach it by an address dependency.  map ends with dma_mb(): a device is told
 * of the mapping by a store after it, and a walk on its behalf then finds the
 * entries.  It is the full barrier from above, too.  unmap has no barrier: the
 * driver's invalidation has one before its command becomes visible.
 */
#ifndef __LPAE_H
#define __LPAE_H

#include <linux/atomic.h>
#include <linux/io-pgtable.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "lpae-format.h"
#include "lpae-pair.h"

#define LPAE_LEVELS		4
#define LPAE_DEAD		(LONG_MIN / 2)
/* Two ends of a range, two levels below the highest block at each */
#define LPAE_MAX_SPLITS		4

/**
 * struct lpae - a set of tables
 * @iop: what the framework sees
 * @root: the table that a walk starts at, or several side by side (stage 2)
 * @linear: what makes the address that software uses of a plain set's entry for
 *	a table: the offset of the linear map, which is one for all memory that
 *	tables come from, less LPAE_TYPE_TABLE
 * @addr_mask: field of an entry that holds bits 47:granule_lg2 of an address
 * @map_mask: bits that are all set in an entry that a map may walk through
 * @granule_mask: size of a page minus 1
 * @high: input bits above ias, which every address of the set has
 * @min_block: size of the smallest block, ULLONG_MAX if there are none
 * @ias: bits of input address
 * @oas: bits of output address
 * @granule_lg2: size of a page and of a table
 * @stride_lg2: entries in a table
 * @root_shift: address bits below the index of the root
 * @wide: output addresses have more than 48 bits
 * @coherent: no cache maintenance for the walker
 * @counted: tables have live counts; false with an allocator of the caller's
 * @plain: 4 KiB granules, several levels, coherent, counted, table entries
 *	without attributes: what the short paths take
 * @page_type: type of a leaf at level 3
 * @table_bits: an entry that points to a table, without the address
 * @attrs: bits of a leaf by IOMMU_* protection; 0 where nothing is allowed
 * @root_size: bytes of @root
 * @nr_tables: tables linked below the root
 * @lock: taken to unlink tables and to split blocks
 * @sets_node: in the list of sets that memory pressure reclaims from, under
 *	lpae_sets_lock
 * @reclaim_next: input address where the next reclaim goes on, under
 *	lpae_sets_lock
 *
 * Constant after allocation down to @root_size.
 */
struct lpae {
	struct io_pgtable iop;

	u64 *root;
	u64 linear;
	u64 addr_mask;
	u64 map_mask;
	u64 granule_mask;
	u64 high;
	u64 min_block;
	u8 ias;
	u8 oas;
	u8 granule_lg2;
	u8 stride_lg2;
	u8 root_shift;
	bool wide;
	bool coherent;
	bool counted;
	bool plain;
	u64 page_type;
	u64 table_bits;
	u64 attrs[LPAE_NR_PROTS];
	size_t root_size;

	atomic_long_t nr_tables;
	spinlock_t lock;	/* unlinking and splitting */
	struct list_head sets_node;
	u64 reclaim_next;
};

/**
 * struct lpae_removed - what an unmap took away
 * @levels: bit n: a leaf of level n went
 * @leaf_lg2: size of the smallest of them
 */
struct lpae_removed {
	u8 levels;
	u8 leaf_lg2;
};

static inline struct lpae *to_lpae(struct io_pgtable_ops *ops)
{
	return container_of(ops, struct lpae, iop.ops);
}

/**
 * lpae_level() - table level of entries that translate 1 << @shift bytes
 * @lp: set
 * @shift: address bits below the entry's index
 */
static inline unsigned int lpae_level(const struct lpae *lp, unsigned int shift)
{
	unsigned int level = LPAE_LEVELS - 1;

	while (shift > lp->granule_lg2) {
		shift -= lp->stride_lg2;
		level--;
	}
	return level;
}

/**
 * lpae_entry_addr() - output address in an entry
 * @lp: set
 * @entry: leaf or table entry
 */
static __always_inline u64 lpae_entry_addr(const struct lpae *lp, u64 entry)
{
	u64 addr = entry & lp->addr_mask;

	if (unlikely(lp->wide))
		addr |= (entry & LPAE_WIDE_FIELD) << LPAE_WIDE_SHIFT;
	return addr;
}

/**
 * lpae_child() - the table that an entry points to
 * @lp: set
 * @entry: table entry
 */
static __always_inline u64 *lpae_child(const struct lpae *lp, u64 entry)
{
	return phys_to_virt(lpae_entry_addr(lp, entry));
}

static inline bool lpae_is_table(const struct lpae *lp, u64 entry,
				 unsigned int shift)
{
	return shift != lp->granule_lg2 &&
	       (entry & LPAE_TYPE) == LPAE_TYPE_TABLE;
}

static inline bool lpae_is_leaf(const struct lpae *lp, u64 entry,
				unsigned int shift)
{
	return (entry & LPAE_VALID) && !lpae_is_table(lp, entry, shift);
}

/* An entry that somebody who holds the lock is about to change */
static inline bool lpae_is_busy(u64 entry)
{
	return entry && !(entry & LPAE_VALID);
}

/**
 * struct lpae_up - how a walk came to a table
 * @slot: the parent's entry, NULL for the root
 * @entry: what it held
 */
struct lpae_up {
	u64 *slot;
	u64 entry;
};

/**
 * lpae_walk_up() - walk down to the entry for an address
 * @lp: set
 * @addr: input address, below 1 << ias
 * @target: stop at entries that translate 1 << @target bytes
 * @mask: bits that are looked at
 * @want: what they are in an entry to walk through
 * @shift: result: size that the entry translates, base-2 logarithm; greater
 *	than @target if the walk met something other than a table
 * @up: result: how it came to the table of that entry
 *
 * Context: rcu_read_lock() is held.
 * Return: the entry.
 */
static __always_inline u64 *lpae_walk_up(const struct lpae *lp, u64 addr,
					 unsigned int target, u64 mask,
					 u64 want, unsigned int *shift,
					 struct lpae_up *up)
{
	unsigned int sh = lp->root_shift;
	u64 index_mask = (1U << lp->stride_lg2) - 1;
	u64 *slot = lp->root + (addr >> sh);

	up->slot = NULL;
	up->entry = 0;
	while (sh != target) {
		u64 entry = READ_ONCE(*slot);

		if (unlikely((entry & mask) != want))
			break;
		up->slot = slot;
		up->entry = entry;
		sh -= lp->stride_lg2;
		slot = lpae_child(lp, entry) + ((addr >> sh) & index_mask);
	}
	*shift = sh;
	return slot;
}

/**
 * lpae_walk() - walk down to the entry for an address, through all tables
 * @lp: set
 * @addr: input address, below 1 << ias
 * @target: as for lpae_walk_up()
 * @shift: result: as for lpae_walk_up()
 *
 * Context: rcu_read_lock() is held.
 * Return: the entry.
 */
static __always_inline u64 *lpae_walk(const struct lpae *lp, u64 addr,
				      unsigned int target, unsigned int *shift)
{
	struct lpae_up up;

	return lpae_walk_up(lp, addr, target, LPAE_TYPE, LPAE_TYPE_TABLE, shift,
			    &up);
}

/* All of an entry but the address of a 4 KiB table */
#define LPAE_NO_ADDR_4K		(~GENMASK_ULL(47, 12))

/* The entry for @addr in a table */
static __always_inline u64 *lpae_step_4k(u64 table, u64 addr,
					 unsigned int shift)
{
	return (u64 *)(unsigned long)table + ((addr >> shift) & 511);
}

/**
 * lpae_walk_2m() - walk down to the entry of a 2 MiB block
 * @lp: plain set
 * @addr: input address, below 1 << ias
 * @slot: result: the entry
 *
 * As lpae_walk(), with all that varies between sets taken out.  A table's entry
 * is nothing but its address and type, so adding lp->linear gives the table
 * where it is one, and low bits that are not 0 where it is none.
 *
 * Context: rcu_read_lock() is held.
 * Return: false if no table leads there.
 */
static __always_inline bool lpae_walk_2m(const struct lpae *lp, u64 addr,
					 u64 **slot)
{
	unsigned int root_shift = lp->root_shift;
	u64 *at = lp->root + (addr >> root_shift);
	const u64 linear = lp->linear;
	u64 table;

	if (likely(root_shift >= 30)) {
		if (likely(root_shift == 39)) {
			table = READ_ONCE(*at) + linear;
			if (unlikely(table & (SZ_4K - 1)))
				return false;
			at = lpae_step_4k(table, addr, 30);
		}
		table = READ_ONCE(*at) + linear;
		if (unlikely(table & (SZ_4K - 1)))
			return false;
		at = lpae_step_4k(table, addr, 21);
	}
	*slot = at;
	return true;
}

/**
 * lpae_walk_4k() - walk down to the entry of a 4 KiB page
 * @lp: plain set
 * @addr: input address, below 1 << ias
 * @up: result: how it came to the table of that entry
 * @slot: result: the entry
 *
 * As lpae_walk_up().
 *
 * Context: rcu_read_lock() is held.
 * Return: false if no table leads there or that is closing.
 */
static __always_inline bool lpae_walk_4k(const struct lpae *lp, u64 addr,
					 struct lpae_up *up, u64 **slot)
{
	if (unlikely(!lpae_walk_2m(lp, addr, &up->slot)))
		return false;
	up->entry = READ_ONCE(*up->slot);
	/* Only entries for tables of pages are ever closing */
	if (unlikely((up->entry - LPAE_TYPE_TABLE) & LPAE_NO_ADDR_4K))
		return false;
	*slot = lpae_step_4k(up->entry + lp->linear, addr, 12);
	return true;
}

/* The table that an entry stands in; within a wider root, its part of that */
static inline u64 *lpae_table_of(const struct lpae *lp, u64 *slot)
{
	return (u64 *)((unsigned long)slot & ~(unsigned long)lp->granule_mask);
}

/* Entries from this one to the end of its table */
static inline u64 lpae_room(const struct lpae *lp, const u64 *slot)
{
	return (~(unsigned long)slot & lp->granule_mask) / sizeof(*slot) + 1;
}

/*
 * A table's struct page, ours while it is allocated: private holds the live
 * count, index the order of the allocation, rcu_head defers its freeing.
 */
static_assert(sizeof(atomic_long_t) == sizeof_field(struct page, private));
static_assert(offsetof(struct page, private) >=
	      offsetofend(struct page, rcu_head));
static_assert(offsetof(struct page, index) >=
	      offsetofend(struct page, rcu_head));

static __always_inline atomic_long_t *lpae_count(const u64 *table)
{
	return (atomic_long_t *)&virt_to_page(table)->private;
}

/**
 * lpae_counts() - has a table a live count?
 * @lp: set
 * @shift: size that an entry of it translates, base-2 logarithm
 */
static __always_inline bool lpae_counts(const struct lpae *lp,
					unsigned int shift)
{
	return lp->counted && shift != lp->granule_lg2;
}

/**
 * lpae_hold() - announce entries that are about to be filled
 * @lp: set
 * @slot: an entry of the table
 * @shift: size that it translates, base-2 logarithm
 * @n: number of entries
 *
 * Acquire: what emptied the table before is over.
 * Context: rcu_read_lock() is held.
 * Return: false if the table is being taken out: lpae_wait() and walk again.
 */
static __always_inline bool lpae_hold(const struct lpae *lp, u64 *slot,
				      unsigned int shift, long n)
{
	if (!lpae_counts(lp, shift))
		return true;
	n = atomic_long_fetch_add_acquire(n, lpae_count(lpae_table_of(lp, slot)));
	return likely(n >= 0);
}

/**
 * lpae_put() - give back entries that are clear again, or were not filled
 * @lp: set
 * @slot: an entry of the table
 * @shift: size that it translates, base-2 logarithm
 * @n: number of entries
 *
 * Release: who finds the count at 0 finds the entries clear.
 */
static __always_inline void lpae_put(const struct lpae *lp, u64 *slot,
				     unsigned int shift, long n)
{
	if (lpae_counts(lp, shift))
		atomic_long_fetch_sub_release(n, lpae_count(lpae_table_of(lp, slot)));
}

/**
 * lpae_wait() - let whoever changes an entry finish
 * @lp: set
 *
 * Bounded by one flush callback of the driver.
 */
static inline void lpae_wait(struct lpae *lp)
{
	unsigned long flags;

	spin_lock_irqsave(&lp->lock, flags);
	spin_unlock_irqrestore(&lp->lock, flags);
}

/**
 * lpae_input() - check an input range and reduce it to what tables index
 * @lp: set
 * @iova: first byte
 * @size: length in bytes
 * @addr: result: @iova without the bits above ias
 *
 * Return: false if the range is empty or not wholly in the input space.
 */
static __always_inline bool lpae_input(const struct lpae *lp,
				       unsigned long iova, size_t size,
				       u64 *addr)
{
	u64 span = size - 1;

	/* Neither part reaches 1 << 63, so their sum does not wrap */
	*addr = iova ^ lp->high;
	return !((*addr | span | (*addr + span)) >> lp->ias);
}

/**
 * lpae_is_short() - can the short paths take an input range?
 * @lp: set
 * @iova: first byte
 * @size: length in bytes
 * @below: a number that must be below SZ_2M
 *
 * They take pages of 4 KiB in one table of a plain set.  All is one expression,
 * because a branch costs more than what it decides.
 * Return: true if so; @size is not 0 then.
 */
static __always_inline bool lpae_is_short(const struct lpae *lp,
					  unsigned long iova, size_t size,
					  size_t below)
{
	u64 addr = iova ^ lp->high;
	u64 span = size - 1;

	return lp->plain &&
	       !(((addr ^ (addr + span)) | span | below) >> 21 |
		 addr >> lp->ias | ((iova | size) & (SZ_4K - 1)));
}

/* The same for one page: it cannot reach into another table */
static __always_inline bool lpae_is_page(const struct lpae *lp,
					 unsigned long iova)
{
	return lp->plain &&
	       !((iova ^ lp->high) >> lp->ias | (iova & (SZ_4K - 1)));
}

/* The address that callers know for an index into the tables */
static inline unsigned long lpae_iova(const struct lpae *lp, u64 addr)
{
	return addr | lp->high;
}

void __lpae_sync(const struct lpae *lp, u64 *slot, u64 n);

/**
 * lpae_sync() - make entries visible to a walker that is not coherent
 * @lp: set
 * @slot: first entry
 * @n: number of entries, in one table
 *
 * Does nothing for a coherent one.
 */
static __always_inline void lpae_sync(const struct lpae *lp, u64 *slot, u64 n)
{
	if (unlikely(!lp->coherent))
		__lpae_sync(lp, slot, n);
}

/**
 * lpae_stands() - is a table that pages were mapped in still linked and open?
 * @up: how the walk came to it
 *
 * The caller has stored its entries and passed a full barrier.  If the answer
 * is no it clears them and walks again, by which it waits for reclaim.
 *
 * Context: rcu_read_lock() is held since before the walk, so that the memory of
 * the table has not become another.
 * Return: true if the entries are what they are meant to be.
 */
static __always_inline bool lpae_stands(const struct lpae_up *up)
{
	return likely(READ_ONCE(*up->slot) == up->entry);
}

/* lpae-table.c */
u64 *lpae_table_alloc(struct lpae *lp, size_t size, gfp_t gfp);
void lpae_table_free(struct lpae *lp, u64 *table, size_t size);
void lpae_table_free_rcu(struct lpae *lp, u64 *table);
void lpae_mark_clean(struct lpae *lp, u64 *slot, u64 entry);
u64 lpae_table_entry(const struct lpae *lp, const u64 *table);
int lpae_grow(struct lpae *lp, u64 *slot, unsigned int shift, u64 **spare,
	      gfp_t gfp);
void lpae_free_all(struct lpae *lp);

/* lpae-map.c */
int lpae_map_pages(struct io_pgtable_ops *ops, unsigned long iova,
		   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		   gfp_t gfp, size_t *mapped);
int lpae_map_range(struct io_pgtable_ops *ops, unsigned long iova,
		   phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
		   size_t *mapped);

/* lpae-unmap.c */
size_t lpae_unmap_pages(struct io_pgtable_ops *ops, unsigned long iova,
			size_t pgsize, size_t pgcount,
			struct iommu_iotlb_gather *gather);
size_t lpae_unmap_range(struct io_pgtable_ops *ops, unsigned long iova,
			size_t size, struct iommu_iotlb_gather *gather);
u64 lpae_clear(struct lpae *lp, u64 *slot, unsigned int shift, u64 n);

/* lpae-split.c */
u64 lpae_unmap_slow(struct lpae *lp, u64 addr, u64 size,
		    struct lpae_removed *removed);

/* lpae-walk.c */
phys_addr_t lpae_iova_to_phys(struct io_pgtable_ops *ops, unsigned long iova);

/* lpae-dirty.c */
int lpae_read_and_clear_dirty(struct io_pgtable_ops *ops, unsigned long iova,
			      size_t size, unsigned long flags,
			      struct iommu_dirty_bitmap *dirty);

/* lpae-reclaim.c */
unsigned long lpae_sweep(struct lpae *lp, u64 addr, u64 size,
			 unsigned int top_shift);
unsigned long lpae_reclaim(struct io_pgtable *iop);
void lpae_enlist(struct lpae *lp);
void lpae_delist(struct lpae *lp);

#endif /* __LPAE_H */
