// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping: find the table, then store a run of entries.
 *
 * The walk starts at the root for each run, which is once per table that the
 * range touches: next to the entries that are stored there it costs nothing,
 * and it leaves no state to go stale when memory had to be waited for.
 */
#include <linux/dev_printk.h>

#include "lpae.h"

/* Size of the largest leaf that can stand at both addresses, as a logarithm */
static unsigned int lpae_block_shift(const struct lpae *lp, u64 align, u64 size)
{
	unsigned int shift = lp->granule_lg2 + 2 * lp->stride_lg2;

	for (; shift > lp->granule_lg2; shift -= lp->stride_lg2) {
		u64 block = 1ULL << shift;

		if ((lp->iop.cfg.pgsize_bitmap & block) && size >= block &&
		    !(align & (block - 1)))
			return shift;
	}
	return lp->granule_lg2;
}

/*
 * Fill up to @n clear entries; stops at one that is in use.  Eight at a time:
 * a run of single stores spends more on looking than on storing.
 */
static __always_inline u64 lpae_fill(u64 *slot, u64 entry, u64 step, u64 n)
{
	u64 *p = slot, *end = slot + n;
	u64 e[8];

	for (; end - p >= 8; p += 8, entry += 8 * step) {
		lpae_load_pair(p, 0, &e[0], &e[1]);
		lpae_load_pair(p, 2, &e[2], &e[3]);
		lpae_load_pair(p, 4, &e[4], &e[5]);
		lpae_load_pair(p, 6, &e[6], &e[7]);
		if (unlikely(e[0] | e[1] | e[2] | e[3] |
			     e[4] | e[5] | e[6] | e[7]))
			break;
		lpae_store_pair(p, 0, entry, entry + step);
		lpae_store_pair(p, 2, entry + 2 * step, entry + 3 * step);
		lpae_store_pair(p, 4, entry + 4 * step, entry + 5 * step);
		lpae_store_pair(p, 6, entry + 6 * step, entry + 7 * step);
	}
	for (; p < end; p++, entry += step) {
		if (unlikely(READ_ONCE(*p)))
			break;
		WRITE_ONCE(*p, entry);
	}
	return p - slot;
}

/*
 * Something is in the way.  A table with nothing in it is taken out; the
 * walker has then forgotten it, so the entry can become a block.
 */
static int lpae_clear_way(struct lpae *lp, u64 *slot, unsigned int shift,
			  u64 addr)
{
	u64 entry = READ_ONCE(*slot);

	if (lpae_is_busy(entry)) {
		lpae_wait(lp);
		return 0;
	}
	if (lpae_is_table(lp, entry, shift)) {
		lpae_sweep(lp, addr, 1ULL << shift, shift);
		entry = READ_ONCE(*slot);
	}
	return entry & LPAE_VALID ? -EEXIST : 0;
}

/* Entries of a run: to the end of the table, and of the packed address */
static __always_inline u64 lpae_run(const struct lpae *lp, u64 *slot,
				    unsigned int shift, u64 paddr, u64 left)
{
	u64 n = min(left >> shift, lpae_room(lp, slot));

	if (unlikely(lp->wide))
		n = min(n, ((1ULL << 48) - (paddr & (BIT_ULL(48) - 1))) >> shift);
	return n;
}

/**
 * struct lpae_range - what is left to map
 * @addr: input address
 * @paddr: output address
 * @left: bytes
 */
struct lpae_range {
	u64 addr;
	u64 paddr;
	u64 left;
};

/* Map one run of leaves of 1 << @target bytes, or take a step towards it */
static int lpae_map_run(struct lpae *lp, struct lpae_range *at,
			unsigned int target, u64 attr, u64 **spare, gfp_t gfp)
{
	unsigned int shift;
	u64 *slot, entry, n, done;
	struct lpae_up up;

	slot = lpae_walk_up(lp, at->addr, target,
			    lp->map_mask | LPAE_TABLE_CLOSING, lp->map_mask,
			    &shift, &up);
	if (unlikely(shift != target))
		return lpae_grow(lp, slot, shift, spare, gfp);

	n = lpae_run(lp, slot, shift, at->paddr, at->left);
	if (unlikely(!lpae_hold(lp, slot, shift, n))) {
		lpae_wait(lp);
		return 0;
	}
	entry = lpae_addr_bits(at->paddr) | attr |
		(shift == lp->granule_lg2 ? lp->page_type : LPAE_TYPE_BLOCK);
	done = lpae_fill(slot, entry, 1ULL << shift, n);
	lpae_sync(lp, slot, done);
	if (shift == lp->granule_lg2 && up.slot) {
		/* Pairs with that of lpae_claim_pages() */
		smp_mb();
		if (!lpae_stands(&up)) {
			lpae_clear(lp, slot, shift, done);
			return 0;
		}
	}
	at->addr += done << shift;
	at->paddr += done << shift;
	at->left -= done << shift;
	if (likely(done == n))
		return 0;
	lpae_put(lp, slot, shift, n - done);
	return lpae_clear_way(lp, slot + done, shift, at->addr);
}

static int lpae_refuse(const struct lpae *lp, unsigned long iova, u64 paddr,
		       size_t size, int ret)
{
	dev_warn_ratelimited(lp->iop.cfg.iommu_dev,
			     "mapping %#zx bytes at IOVA %#lx to %#llx refused: %pe\n",
			     size, iova, paddr, ERR_PTR(ret));
	return ret;
}

/*
 * Map any range that lpae_mappable() admits, with leaves of 1 << @fixed bytes or
 * the largest that fit if @fixed is 0.  Adds what is mapped to *@mapped.
 */
static noinline int lpae_map_long(struct lpae *lp, u64 addr, u64 paddr,
				  u64 size, unsigned int fixed, u64 attr,
				  gfp_t gfp, size_t *mapped)
{
	struct lpae_range at = { addr, paddr, size };
	u64 *spare = NULL;
	int ret;

	rcu_read_lock();
	do {
		unsigned int target = fixed;

		if (!target)
			target = at.left < lp->min_block ? lp->granule_lg2 :
				 lpae_block_shift(lp, at.addr | at.paddr,
						  at.left);
		ret = lpae_map_run(lp, &at, target, attr, &spare, gfp);
	} while (at.left && !ret);
	rcu_read_unlock();

	/* A device learns of the mapping by a store that comes after this */
	dma_wmb();
	if (unlikely(spare))
		lpae_table_free(lp, spare, lp->granule_mask + 1);
	if (unlikely(ret == -EEXIST))
		lpae_refuse(lp, lpae_iova(lp, at.addr), at.paddr, at.left, ret);
	*mapped += size - at.left;
	return ret;
}

/* Are these output addresses of pages of 4 KiB?  @size is a multiple of it */
static __always_inline bool lpae_reaches_4k(const struct lpae *lp, u64 paddr,
					    u64 size)
{
	return !((paddr | (paddr + (size - 1))) >> lp->oas |
		 (paddr & (SZ_4K - 1)));
}

/*
 * The same for pages whose table is there already, in a plain set: nearly every
 * map is one.  Calls nothing, so it keeps its state in registers.  Returns the
 * number of pages mapped; what is missing is for lpae_map_long() to deal with.
 */
static __always_inline u64 lpae_map_4k(struct lpae *lp, u64 addr, u64 paddr,
				       u64 n, u64 attr)
{
	u64 entry = paddr | attr | LPAE_TYPE_PAGE, done = 0;
	struct lpae_up up;
	u64 *slot;

	rcu_read_lock();
	if (likely(lpae_walk_4k(lp, addr, &up, &slot))) {
		if (!__builtin_constant_p(n) || n != 1) {
			done = lpae_fill(slot, entry, SZ_4K, n);
		} else if (likely(!READ_ONCE(*slot))) {
			WRITE_ONCE(*slot, entry);
			done = 1;
		}
		/*
		 * Pairs with that of lpae_claim_pages().  And a device learns
		 * of the mapping by a store that comes after this.
		 */
		dma_mb();
		if (!lpae_stands(&up)) {
			while (done)
				WRITE_ONCE(slot[--done], 0);
		}
	}
	rcu_read_unlock();
	return done;
}

static noinline int lpae_map_error(const struct lpae *lp, unsigned long iova,
				   u64 paddr, u64 size, u64 attr)
{
	if (!attr || !size || ((iova | paddr | size) & lp->granule_mask))
		return lpae_refuse(lp, iova, paddr, size, -EINVAL);
	return lpae_refuse(lp, iova, paddr, size, -ERANGE);
}

/* Is this a range that the tables can map? */
static bool lpae_mappable(const struct lpae *lp, unsigned long iova, u64 paddr,
			  u64 size, u64 attr, u64 *addr)
{
	/* A size that fits the input makes no sum of it wrap */
	return lpae_input(lp, iova, size, addr) &&
	       !((paddr | (paddr + (size - 1))) >> lp->oas) &&
	       !((iova | paddr | size) & lp->granule_mask) && attr;
}

/* One block whose place is empty, in a plain set; true if that was so */
static bool lpae_map_2m(struct lpae *lp, u64 addr, u64 entry)
{
	bool done = false;
	u64 *slot;

	rcu_read_lock();
	if (likely(lpae_walk_2m(lp, addr, &slot) &&
		   lpae_hold(lp, slot, 21, 1))) {
		done = !READ_ONCE(*slot);
		if (likely(done))
			WRITE_ONCE(*slot, entry);
		else
			lpae_put(lp, slot, 21, 1);
	}
	rcu_read_unlock();
	/* A device learns of the mapping by a store that comes after this */
	dma_wmb();
	return done;
}

/* What lpae_map_range() leaves over: adds what it maps to *@mapped */
static noinline int lpae_map_rest(struct lpae *lp, unsigned long iova,
				  u64 paddr, u64 size, u64 attr, gfp_t gfp,
				  size_t *mapped)
{
	u64 addr;

	if (unlikely(!lpae_mappable(lp, iova, paddr, size, attr, &addr)))
		return lpae_map_error(lp, iova, paddr, size, attr);
	if (size == SZ_2M && lp->plain && lp->min_block == SZ_2M &&
	    !((addr | paddr) & (SZ_2M - 1)) &&
	    likely(lpae_map_2m(lp, addr, paddr | attr | LPAE_TYPE_BLOCK))) {
		*mapped += SZ_2M;
		return 0;
	}
	return lpae_map_long(lp, addr, paddr, size, 0, attr, gfp, mapped);
}

/* lpae_map_range() of anything but a page whose table is there */
static noinline int lpae_map_more(struct lpae *lp, unsigned long iova,
				  u64 paddr, u64 size, u64 attr, gfp_t gfp,
				  size_t *mapped)
{
	u64 done = 0;

	/* 2 MiB may be a block */
	if (likely(lpae_is_short(lp, iova, size, size) &&
		   lpae_reaches_4k(lp, paddr, size) && attr)) {
		done = SZ_4K * lpae_map_4k(lp, iova ^ lp->high, paddr,
					   size / SZ_4K, attr);
		*mapped = done;
		if (likely(done == size))
			return 0;
	}
	*mapped = done;
	return lpae_map_rest(lp, iova + done, paddr + done, size - done, attr,
			     gfp, mapped);
}

/**
 * lpae_map_range() - io_pgtable_ops.map_range
 * @ops: operations of the set
 * @iova: first byte
 * @paddr: where it is mapped to
 * @size: length in bytes
 * @prot: IOMMU_* bits
 * @gfp: how to allocate tables
 * @mapped: result: bytes that are mapped
 *
 * One page has a path of its own, without what a run needs.
 *
 * Context: any; sleeps if @gfp allows.
 * Return: 0, -EINVAL, -ERANGE, -EEXIST or -ENOMEM.
 */
int lpae_map_range(struct io_pgtable_ops *ops, unsigned long iova,
		   phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
		   size_t *mapped)
{
	struct lpae *lp = to_lpae(ops);
	u64 attr = lp->attrs[prot & LPAE_PROT_MASK];

	if (likely(size == SZ_4K && lpae_is_page(lp, iova) &&
		   !(paddr >> lp->oas | (paddr & (SZ_4K - 1))) && attr &&
		   lpae_map_4k(lp, iova ^ lp->high, paddr, 1, attr))) {
		*mapped = SZ_4K;
		return 0;
	}
	return lpae_map_more(lp, iova, paddr, size, attr, gfp, mapped);
}

static noinline int lpae_map_blocks(struct lpae *lp, unsigned long iova,
				    u64 paddr, size_t pgsize, size_t pgcount,
				    int prot, gfp_t gfp, size_t *mapped)
{
	u64 attr = lp->attrs[prot & LPAE_PROT_MASK];
	size_t size, done = 0;
	u64 addr;
	int ret = 0;

	if (!is_power_of_2(pgsize) || !(pgsize & lp->iop.cfg.pgsize_bitmap) ||
	    ((iova | paddr) & (pgsize - 1)))
		return lpae_refuse(lp, iova, paddr, pgsize, -EINVAL);
	if (check_mul_overflow(pgsize, pgcount, &size))
		return lpae_refuse(lp, iova, paddr, pgsize, -ERANGE);
	if (!lpae_mappable(lp, iova, paddr, size, attr, &addr))
		return lpae_map_error(lp, iova, paddr, size, attr);

	if (size == SZ_2M && pgsize == SZ_2M && lp->plain &&
	    likely(lpae_map_2m(lp, addr, paddr | attr | LPAE_TYPE_BLOCK)))
		done = SZ_2M;
	else
		ret = lpae_map_long(lp, addr, paddr, size, __ffs(pgsize), attr,
				    gfp, &done);
	if (mapped)
		*mapped += done;
	return ret;
}

/**
 * lpae_map_pages() - io_pgtable_ops.map_pages
 * @ops: operations of the set
 * @iova: first byte
 * @paddr: where it is mapped to
 * @pgsize: size of a leaf in bytes
 * @pgcount: number of leaves
 * @prot: IOMMU_* bits
 * @gfp: how to allocate tables
 * @mapped: bytes that are mapped are added to it, unless NULL
 *
 * Context: any; sleeps if @gfp allows.
 * Return: 0, -EINVAL, -ERANGE, -EEXIST or -ENOMEM.
 */
int lpae_map_pages(struct io_pgtable_ops *ops, unsigned long iova,
		   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		   gfp_t gfp, size_t *mapped)
{
	struct lpae *lp = to_lpae(ops);
	u64 attr = lp->attrs[prot & LPAE_PROT_MASK];
	u64 size = pgcount * SZ_4K, done = 0;

	if (likely(pgsize == SZ_4K && pgcount <= 512 && mapped &&
		   lpae_is_short(lp, iova, size, 0) &&
		   lpae_reaches_4k(lp, paddr, size) && attr)) {
		done = SZ_4K * lpae_map_4k(lp, iova ^ lp->high, paddr, pgcount,
					   attr);
		*mapped += done;
		if (likely(done == size))
			return 0;
	}
	return lpae_map_blocks(lp, iova + done, paddr + done, pgsize,
			       pgcount - done / SZ_4K, prot, gfp, mapped);
}
