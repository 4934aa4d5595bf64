// SPDX-License-Identifier: GPL-2.0
/*
 * Translation in software.
 */
#include "lpae.h"

/**
 * lpae_iova_to_phys() - io_pgtable_ops.iova_to_phys
 * @ops: operations of the set
 * @iova: any address
 *
 * Context: any.
 * Return: what @iova is mapped to, or 0.
 */
phys_addr_t lpae_iova_to_phys(struct io_pgtable_ops *ops, unsigned long iova)
{
	struct lpae *lp = to_lpae(ops);
	phys_addr_t paddr = 0;
	unsigned int shift;
	u64 addr, entry;

	if (unlikely(!lpae_input(lp, iova, 1, &addr)))
		return 0;

	rcu_read_lock();
	for (;;) {
		entry = READ_ONCE(*lpae_walk(lp, addr, lp->granule_lg2,
					     &shift));
		if (likely(!lpae_is_busy(entry)))
			break;
		lpae_wait(lp);
	}
	if (lpae_is_leaf(lp, entry, shift))
		paddr = lpae_entry_addr(lp, entry) |
			(addr & ((1ULL << shift) - 1));
	rcu_read_unlock();
	return paddr;
}
