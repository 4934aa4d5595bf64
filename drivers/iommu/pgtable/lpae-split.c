// SPDX-License-Identifier: GPL-2.0
/*
 * The long way to unmap: ranges over several tables, and parts of blocks.
 *
 * A block of which a part goes becomes a table of smaller leaves.  All tables
 * that the range needs for this (two ends, up to two levels each) are reserved
 * before anything changes, so an unmap that lacks memory does nothing at all.
 */
#include <linux/dev_printk.h>

#include "lpae.h"

/**
 * struct lpae_reserve - tables for the splits of one unmap
 * @n: how many are left
 * @table: the tables
 */
struct lpae_reserve {
	unsigned int n;
	u64 *table[LPAE_MAX_SPLITS];
};

/*
 * How far above a page the block stands that @addr lies inside: its size as a
 * logarithm, or that of a page if @addr begins a leaf.
 */
static unsigned int lpae_split_shift(struct lpae *lp, u64 addr)
{
	unsigned int shift;
	u64 entry;

	if (!(addr & ((1ULL << lp->root_shift) - 1)))
		return lp->granule_lg2;
	while (lpae_is_busy(entry = READ_ONCE(*lpae_walk(lp, addr,
							 lp->granule_lg2,
							 &shift))))
		lpae_wait(lp);
	return entry ? shift : lp->granule_lg2;
}

/* Number of tables it takes to have leaves begin at both ends of a range */
static unsigned int lpae_count_splits(struct lpae *lp, u64 addr, u64 end)
{
	unsigned int head, tail, shift, n = 0;

	rcu_read_lock();
	head = lpae_split_shift(lp, addr);
	tail = lpae_split_shift(lp, end);
	rcu_read_unlock();

	for (shift = head; addr & ((1ULL << shift) - 1) & ~lp->granule_mask;
	     shift -= lp->stride_lg2)
		n++;
	for (shift = tail; end & ((1ULL << shift) - 1) & ~lp->granule_mask;
	     shift -= lp->stride_lg2) {
		bool shared = shift <= head && addr >> shift == end >> shift &&
			      (addr & ((1ULL << shift) - 1));

		if (!shared)
			n++;
	}
	return n;
}

static void lpae_unreserve(struct lpae *lp, struct lpae_reserve *rsv)
{
	while (rsv->n)
		lpae_table_free(lp, rsv->table[--rsv->n], lp->granule_mask + 1);
}

static bool lpae_reserve(struct lpae *lp, u64 addr, u64 end,
			 struct lpae_reserve *rsv)
{
	unsigned int need = lpae_count_splits(lp, addr, end);

	if (WARN_ON_ONCE(need > LPAE_MAX_SPLITS))
		return false;
	while (rsv->n < need) {
		u64 *table = lpae_table_alloc(lp, lp->granule_mask + 1,
					      GFP_ATOMIC);

		if (!table) {
			lpae_unreserve(lp, rsv);
			return false;
		}
		rsv->table[rsv->n++] = table;
	}
	return true;
}

/* Fill a table with the leaves that translate as @block does */
static void lpae_fill_split(struct lpae *lp, u64 *table, u64 block,
			    unsigned int shift)
{
	u64 i, n = 1ULL << lp->stride_lg2;
	u64 paddr = lpae_entry_addr(lp, block);
	u64 attr = block & ~(lp->addr_mask | LPAE_TYPE |
			     (lp->wide ? LPAE_WIDE_FIELD : 0));

	shift -= lp->stride_lg2;
	attr |= shift == lp->granule_lg2 ? lp->page_type : LPAE_TYPE_BLOCK;
	for (i = 0; i < n; i++)
		WRITE_ONCE(table[i], lpae_addr_bits(paddr + (i << shift)) | attr);
	lpae_sync(lp, table, n);
}

/*
 * Break before make (Arm ARM D8.16.1): a walker must not meet the block and
 * the smaller leaves at a time, so the block is made invalid and forgotten in
 * between.  Hardware may make the block dirty until it is invalid, so what it
 * was then is what the leaves become.
 */
static void lpae_break_and_make(struct lpae *lp, u64 *slot, u64 addr,
				unsigned int shift, u64 *table)
{
	u64 entry = lpae_table_entry(lp, table);
	u64 block, seen = READ_ONCE(*slot);

	do {
		block = seen;
		seen = cmpxchg64(slot, block, block & ~LPAE_VALID);
	} while (seen != block);
	lpae_sync(lp, slot, 1);
	io_pgtable_tlb_flush_walk(&lp->iop, lpae_iova(lp, addr), 1UL << shift,
				  1UL << shift);
	lpae_fill_split(lp, table, block, shift);
	dma_wmb();
	WRITE_ONCE(*slot, entry);
	lpae_mark_clean(lp, slot, entry);
}

/* The walker takes the change in one step; hardware may dirty the block first */
static void lpae_exchange(struct lpae *lp, u64 *slot, unsigned int shift,
			  u64 *table)
{
	u64 entry = lpae_table_entry(lp, table);
	u64 block, seen = READ_ONCE(*slot);

	do {
		block = seen;
		lpae_fill_split(lp, table, block, shift);
		dma_wmb();
		seen = cmpxchg64(slot, block, entry);
	} while (seen != block);
	lpae_mark_clean(lp, slot, entry);
}

/*
 * Replace the block at @slot by a table from the reserve.  Another CPU that
 * unmaps its own part of the block may have done it already.
 */
static void lpae_split(struct lpae *lp, u64 *slot, u64 addr, unsigned int shift,
		       struct lpae_reserve *rsv, struct lpae_removed *removed)
{
	unsigned long flags;
	u64 *table;

	spin_lock_irqsave(&lp->lock, flags);
	if ((READ_ONCE(*slot) & LPAE_TYPE) != LPAE_TYPE_BLOCK)
		goto out_unlock;

	table = rsv->table[--rsv->n];
	if (lpae_counts(lp, shift - lp->stride_lg2))
		atomic_long_set(lpae_count(table), 1L << lp->stride_lg2);
	atomic_long_inc(&lp->nr_tables);
	if (lp->iop.cfg.split_hitless) {
		lpae_exchange(lp, slot, shift, table);
		/* The block is still cached: the unmap's invalidation takes it */
		removed->levels |= BIT(lpae_level(lp, shift));
	} else {
		lpae_break_and_make(lp, slot, ALIGN_DOWN(addr, 1ULL << shift),
				    shift, table);
	}
out_unlock:
	spin_unlock_irqrestore(&lp->lock, flags);
}

/* Clear what is at @addr; returns bytes, 0 at a hole, -EAGAIN to look again */
static s64 lpae_unmap_step(struct lpae *lp, u64 addr, u64 left,
			   struct lpae_reserve *rsv,
			   struct lpae_removed *removed)
{
	unsigned int shift;
	u64 *slot, entry, n;

	slot = lpae_walk(lp, addr, lp->granule_lg2, &shift);
	entry = READ_ONCE(*slot);
	if (unlikely(lpae_is_busy(entry))) {
		lpae_wait(lp);
		return -EAGAIN;
	}
	/* What stopped the walk was busy then, and has become a table since */
	if (unlikely(lpae_is_table(lp, entry, shift)))
		return -EAGAIN;
	if (!lpae_is_leaf(lp, entry, shift))
		return 0;
	if ((addr & ((1ULL << shift) - 1)) || left >> shift == 0) {
		if (!rsv->n)
			return 0;
		lpae_split(lp, slot, addr, shift, rsv, removed);
		return -EAGAIN;
	}
	n = lpae_clear(lp, slot, shift, min(left >> shift, lpae_room(lp, slot)));
	if (n) {
		removed->levels |= BIT(lpae_level(lp, shift));
		removed->leaf_lg2 = min_t(u8, removed->leaf_lg2, shift);
	}
	return n << shift;
}

/**
 * lpae_unmap_slow() - unmap a range of any shape
 * @lp: set
 * @addr: first byte
 * @size: length in bytes
 * @removed: what went is added here
 *
 * Context: any.
 * Return: bytes removed, up to the first hole; 0 if memory for a split is short.
 */
u64 lpae_unmap_slow(struct lpae *lp, u64 addr, u64 size,
		    struct lpae_removed *removed)
{
	struct lpae_reserve rsv = {};
	u64 done = 0;
	s64 step;

	if (!lpae_reserve(lp, addr, addr + size, &rsv)) {
		dev_warn_ratelimited(lp->iop.cfg.iommu_dev,
				     "no memory to unmap a part of a block at IOVA %#lx\n",
				     lpae_iova(lp, addr));
		return 0;
	}

	rcu_read_lock();
	do {
		step = lpae_unmap_step(lp, addr + done, size - done, &rsv,
				       removed);
		if (step > 0)
			done += step;
	} while (step && done < size);
	rcu_read_unlock();

	lpae_unreserve(lp, &rsv);
	return done;
}
