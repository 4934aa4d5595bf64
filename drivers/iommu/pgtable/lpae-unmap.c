// SPDX-License-Identifier: GPL-2.0
/*
 * Unmapping: clear a run of entries and say what went.
 *
 * Tables stay linked when they become empty: the next map finds them warm and
 * the driver has leaves only to invalidate.  Reclaim takes them out.
 */
#include "lpae.h"

/* Clear up to @n pages, eight at a time; stops at the first hole */
static __always_inline u64 lpae_clear_pages(u64 *slot, u64 n)
{
	u64 *p = slot, *end = slot + n;
	u64 e[8];

	for (; end - p >= 8; p += 8) {
		lpae_load_pair(p, 0, &e[0], &e[1]);
		lpae_load_pair(p, 2, &e[2], &e[3]);
		lpae_load_pair(p, 4, &e[4], &e[5]);
		lpae_load_pair(p, 6, &e[6], &e[7]);
		if (unlikely(!(e[0] & e[1] & e[2] & e[3] &
			       e[4] & e[5] & e[6] & e[7] & LPAE_VALID)))
			break;
		lpae_store_pair(p, 0, 0, 0);
		lpae_store_pair(p, 2, 0, 0);
		lpae_store_pair(p, 4, 0, 0);
		lpae_store_pair(p, 6, 0, 0);
	}
	for (; p < end; p++) {
		if (unlikely(!(READ_ONCE(*p) & LPAE_VALID)))
			break;
		WRITE_ONCE(*p, 0);
	}
	return p - slot;
}

/* Clear up to @n blocks; stops at a hole, at a table, at a busy entry */
static u64 lpae_clear_blocks(u64 *slot, u64 n)
{
	u64 *p = slot, *end = slot + n;

	for (; p < end; p++) {
		if ((READ_ONCE(*p) & LPAE_TYPE) != LPAE_TYPE_BLOCK)
			break;
		WRITE_ONCE(*p, 0);
	}
	return p - slot;
}

/**
 * lpae_clear() - clear leaves of one table
 * @lp: set
 * @slot: first entry
 * @shift: size that an entry translates, base-2 logarithm
 * @n: number of entries, in one table
 *
 * Context: rcu_read_lock() is held; the caller owns the range.
 * Return: how many were cleared, up to the first that is no leaf.
 */
u64 lpae_clear(struct lpae *lp, u64 *slot, unsigned int shift, u64 n)
{
	u64 done;

	if (likely(shift == lp->granule_lg2))
		done = lpae_clear_pages(slot, n);
	else
		done = lpae_clear_blocks(slot, n);
	if (likely(done)) {
		lpae_sync(lp, slot, done);
		lpae_put(lp, slot, shift, done);
	}
	return done;
}

/*
 * Clear pages of one table in a plain set: nearly every unmap.  Calls nothing.
 * Returns the number of pages; what is missing is for lpae_unmap() to deal with.
 */
static __always_inline u64 lpae_unmap_4k(struct lpae *lp, u64 addr, u64 n)
{
	u64 done = 0, *slot;
	struct lpae_up up;

	rcu_read_lock();
	if (likely(lpae_walk_4k(lp, addr, &up, &slot))) {
		if (!__builtin_constant_p(n) || n != 1) {
			done = lpae_clear_pages(slot, n);
		} else if (likely(READ_ONCE(*slot) & LPAE_VALID)) {
			WRITE_ONCE(*slot, 0);
			done = 1;
		}
	}
	rcu_read_unlock();
	return done;
}

/*
 * Clear [@addr, @addr + @size): at once if it lies in one table and needs no
 * block split, else step by step.
 */
static u64 lpae_unmap(struct lpae *lp, u64 addr, u64 size,
		      struct lpae_removed *removed)
{
	unsigned int shift;
	u64 *slot, done = 0;

	rcu_read_lock();
	slot = lpae_walk(lp, addr, lp->granule_lg2, &shift);
	if (likely(!((addr | size) & ((1ULL << shift) - 1)) &&
		   size >> shift <= lpae_room(lp, slot)))
		done = lpae_clear(lp, slot, shift, size >> shift) << shift;
	rcu_read_unlock();

	removed->levels = done ? BIT(lpae_level(lp, shift)) : 0;
	removed->leaf_lg2 = shift;
	if (unlikely(done < size))
		done += lpae_unmap_slow(lp, addr + done, size - done, removed);
	return done;
}

#ifdef CONFIG_IOMMU_API
static __always_inline void lpae_gather(struct iommu_iotlb_gather *gather,
					unsigned long iova, size_t size,
					u8 levels, size_t leaf)
{
	iommu_iotlb_gather_add_range(gather, iova, size);
	gather->leaf_levels |= levels;
	if (leaf == SZ_4K || !gather->pgsize || gather->pgsize > leaf)
		gather->pgsize = leaf;
}
#else
static inline void lpae_gather(struct iommu_iotlb_gather *gather,
			       unsigned long iova, size_t size, u8 levels,
			       size_t leaf)
{
}
#endif

/* One block of a plain set; true if there was one */
static bool lpae_unmap_2m(struct lpae *lp, u64 addr)
{
	bool done = false;
	u64 *slot;

	rcu_read_lock();
	if (likely(lpae_walk_2m(lp, addr, &slot) &&
		   (READ_ONCE(*slot) & LPAE_TYPE) == LPAE_TYPE_BLOCK)) {
		WRITE_ONCE(*slot, 0);
		lpae_put(lp, slot, 21, 1);
		done = true;
	}
	rcu_read_unlock();
	return done;
}

/* Unmap any range of which the first @done bytes, pages of 4 KiB, are gone */
static noinline size_t lpae_unmap_long(struct lpae *lp, unsigned long iova,
				       u64 size, u64 done,
				       struct iommu_iotlb_gather *gather)
{
	struct lpae_removed removed;
	u64 addr;

	if (!lpae_input(lp, iova, size, &addr) ||
	    ((iova | size) & lp->granule_mask))
		return 0;
	if (size == SZ_2M && lp->plain && !(addr & (SZ_2M - 1)) && gather &&
	    !done && likely(lpae_unmap_2m(lp, addr))) {
		lpae_gather(gather, iova, size, BIT(LPAE_LEVELS - 2), SZ_2M);
		return size;
	}
	if (done < size) {
		u64 more = lpae_unmap(lp, addr + done, size - done, &removed);

		if (gather && more)
			lpae_gather(gather, iova + done, more, removed.levels,
				    (size_t)1 << removed.leaf_lg2);
		size = done + more;
	}
	if (gather && done)
		lpae_gather(gather, iova, done, BIT(LPAE_LEVELS - 1), SZ_4K);
	return size;
}

/* lpae_unmap_range() of anything but a page */
static noinline size_t lpae_unmap_more(struct lpae *lp, unsigned long iova,
				       u64 size,
				       struct iommu_iotlb_gather *gather)
{
	u64 done = 0;

	if (likely(lpae_is_short(lp, iova, size, 0))) {
		done = SZ_4K * lpae_unmap_4k(lp, iova ^ lp->high, size / SZ_4K);
		if (likely(done == size && gather)) {
			lpae_gather(gather, iova, size, BIT(LPAE_LEVELS - 1),
				    SZ_4K);
			return size;
		}
	}
	return lpae_unmap_long(lp, iova, size, done, gather);
}

/**
 * lpae_unmap_range() - io_pgtable_ops.unmap_range
 * @ops: operations of the set
 * @iova: first byte
 * @size: length in bytes
 * @gather: widened by what was removed; or NULL
 *
 * Context: any.
 * Return: bytes removed, up to the first hole.
 */
size_t lpae_unmap_range(struct io_pgtable_ops *ops, unsigned long iova,
			size_t size, struct iommu_iotlb_gather *gather)
{
	struct lpae *lp = to_lpae(ops);

	if (likely(size == SZ_4K && gather && lpae_is_page(lp, iova) &&
		   lpae_unmap_4k(lp, iova ^ lp->high, 1))) {
		lpae_gather(gather, iova, SZ_4K, BIT(LPAE_LEVELS - 1), SZ_4K);
		return SZ_4K;
	}
	return lpae_unmap_more(lp, iova, size, gather);
}

/* Hand leaves of one size that an unmap_pages removed to the driver */
static void lpae_add_pages(struct lpae *lp, unsigned long iova, size_t size,
			   size_t pgsize, struct iommu_iotlb_gather *gather)
{
	const struct iommu_flush_ops *tlb = lp->iop.cfg.tlb;
	unsigned long end = iova + size;
	void *cookie = lp->iop.cookie;
	void (*add)(struct iommu_iotlb_gather *gather, unsigned long iova,
		    size_t granule, void *cookie);

	if (!tlb || !tlb->tlb_add_page)
		return;
	add = tlb->tlb_add_page;
	/* Next to a call that does little the loop counts */
	for (; end - iova >= 8 * pgsize; iova += 8 * pgsize) {
		add(gather, iova, pgsize, cookie);
		add(gather, iova + pgsize, pgsize, cookie);
		add(gather, iova + 2 * pgsize, pgsize, cookie);
		add(gather, iova + 3 * pgsize, pgsize, cookie);
		add(gather, iova + 4 * pgsize, pgsize, cookie);
		add(gather, iova + 5 * pgsize, pgsize, cookie);
		add(gather, iova + 6 * pgsize, pgsize, cookie);
		add(gather, iova + 7 * pgsize, pgsize, cookie);
	}
	for (; iova != end; iova += pgsize)
		add(gather, iova, pgsize, cookie);
}

/* The long way of lpae_unmap_pages(): blocks, other granules, holes */
static noinline size_t lpae_unmap_blocks(struct lpae *lp, unsigned long iova,
					 size_t pgsize, size_t pgcount,
					 struct iommu_iotlb_gather *gather)
{
	struct lpae_removed removed;
	bool whole;
	size_t size, done;
	u64 addr;

	if (!is_power_of_2(pgsize) || !(pgsize & lp->iop.cfg.pgsize_bitmap) ||
	    (iova & (pgsize - 1)) ||
	    check_mul_overflow(pgsize, pgcount, &size) ||
	    !lpae_input(lp, iova, size, &addr))
		return 0;

	if (size == SZ_2M && pgsize == SZ_2M && lp->plain &&
	    likely(lpae_unmap_2m(lp, addr))) {
		if (gather && !iommu_iotlb_gather_queued(gather))
			lpae_add_pages(lp, iova, SZ_2M, SZ_2M, gather);
		return SZ_2M;
	}
	done = lpae_unmap(lp, addr, size, &removed);
	whole = removed.levels == BIT(lpae_level(lp, __ffs(pgsize)));
	if (!whole && !lp->iop.cfg.reclaim)
		lpae_sweep(lp, addr, ALIGN_DOWN((u64)done, pgsize),
			   __ffs(pgsize));
	if (!gather || !done || iommu_iotlb_gather_queued(gather))
		return done;
	if (whole)
		lpae_add_pages(lp, iova, done, pgsize, gather);
	else
		io_pgtable_tlb_flush_walk(&lp->iop, iova, done,
					  (size_t)1 << removed.leaf_lg2);
	return done;
}

/**
 * lpae_unmap_pages() - io_pgtable_ops.unmap_pages
 * @ops: operations of the set
 * @iova: first byte
 * @pgsize: size of a leaf in bytes
 * @pgcount: number of leaves
 * @gather: passed to tlb_add_page for each leaf unless it is queued; or NULL
 *
 * Where smaller leaves fill the place of one of @pgsize they all go; the range
 * is then invalidated at once.  Nobody else gives back the tables of a set
 * without reclaim, so they go too.
 *
 * Context: any.
 * Return: bytes removed, up to the first hole.
 */
size_t lpae_unmap_pages(struct io_pgtable_ops *ops, unsigned long iova,
			size_t pgsize, size_t pgcount,
			struct iommu_iotlb_gather *gather)
{
	struct lpae *lp = to_lpae(ops);
	u64 size = pgcount * SZ_4K, done = 0;

	if (likely(pgsize == SZ_4K && pgcount <= 512 &&
		   lpae_is_short(lp, iova, size, 0))) {
		done = SZ_4K * lpae_unmap_4k(lp, iova ^ lp->high, pgcount);
		if (gather && !iommu_iotlb_gather_queued(gather))
			lpae_add_pages(lp, iova, done, SZ_4K, gather);
		if (likely(done == size))
			return done;
	}
	return done + lpae_unmap_blocks(lp, iova + done, pgsize,
					pgcount - done / SZ_4K, gather);
}
