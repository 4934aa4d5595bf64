// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty leaves.
 *
 * With IO_PGTABLE_QUIRK_ARM_HD a writable leaf has DBM set.  RDONLY then means
 * "clean": hardware clears it on the first write (Arm ARM D8.5.5).  Making a
 * leaf clean is a single atomic set of that bit, so a write that races is
 * either recorded now or found the next time; the caller's gather makes the
 * walker forget the writable copy it has cached.
 */
#include "lpae.h"

#ifdef CONFIG_IOMMU_API

static bool lpae_is_dirty(u64 entry)
{
	return (entry & (LPAE_S1_DBM | LPAE_S1_RDONLY)) == LPAE_S1_DBM;
}

static void lpae_make_clean(u64 *slot, u64 entry)
{
	u64 seen;

	/* The leaf changes under us only if hardware dirties it again */
	while ((seen = cmpxchg64(slot, entry, entry | LPAE_S1_RDONLY)) != entry)
		entry = seen;
}

/* Returns the bytes that the leaf at @addr still covers, 0 at a hole */
static u64 lpae_dirty_leaf(struct lpae *lp, u64 addr, u64 left,
			   unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	unsigned int shift;
	u64 *slot, entry, n;

	slot = lpae_walk(lp, addr, lp->granule_lg2, &shift);
	entry = READ_ONCE(*slot);
	while (unlikely(lpae_is_busy(entry))) {
		lpae_wait(lp);
		slot = lpae_walk(lp, addr, lp->granule_lg2, &shift);
		entry = READ_ONCE(*slot);
	}
	if (!lpae_is_leaf(lp, entry, shift))
		return 0;

	n = min(left, (1ULL << shift) - (addr & ((1ULL << shift) - 1)));
	if (lpae_is_dirty(entry)) {
		iommu_dirty_bitmap_record(dirty, lpae_iova(lp, addr), n);
		if (!(flags & IOMMU_DIRTY_NO_CLEAR))
			lpae_make_clean(slot, entry);
	}
	return n;
}

/**
 * lpae_read_and_clear_dirty() - io_pgtable_ops.read_and_clear_dirty
 * @ops: operations of the set
 * @iova: first byte
 * @size: length in bytes
 * @flags: IOMMU_DIRTY_NO_CLEAR to only read
 * @dirty: where dirty leaves are recorded
 *
 * Context: any; the caller keeps unmaps of the range away.
 * Return: 0; -EINVAL if the range leaves the input space or has a hole, with
 * what lies before it done.
 */
int lpae_read_and_clear_dirty(struct io_pgtable_ops *ops, unsigned long iova,
			      size_t size, unsigned long flags,
			      struct iommu_dirty_bitmap *dirty)
{
	struct lpae *lp = to_lpae(ops);
	u64 addr, n;

	if (!size || !lpae_input(lp, iova, size, &addr))
		return -EINVAL;

	rcu_read_lock();
	do {
		n = lpae_dirty_leaf(lp, addr, size, flags, dirty);
		addr += n;
		size -= n;
	} while (n && size);
	rcu_read_unlock();
	return size ? -EINVAL : 0;
}

#endif
