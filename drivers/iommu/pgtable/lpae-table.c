// SPDX-License-Identifier: GPL-2.0
/*
 * Tables: memory, the entries that link them, cache maintenance for walkers
 * that do not snoop.
 */
#include <kunit/static_stub.h>
#include <linux/dma-mapping.h>

#include "../iommu-pages.h"
#include "lpae.h"

/**
 * __lpae_sync() - clean entries to where the walker reads them
 * @lp: set with a walker that is not coherent
 * @slot: first entry
 * @n: number of entries, in one table
 *
 * Tables are mapped for the walker 1:1, so the DMA address is the physical
 * one.  Ends with a barrier: the entries are visible before any later store.
 */
void __lpae_sync(const struct lpae *lp, u64 *slot, u64 n)
{
	KUNIT_STATIC_STUB_REDIRECT(__lpae_sync, lp, slot, n);

	if (n)
		dma_sync_single_for_device(lp->iop.cfg.iommu_dev,
					   virt_to_phys(slot), n * sizeof(*slot),
					   DMA_TO_DEVICE);
}

static void *lpae_get_memory(struct lpae *lp, size_t size, gfp_t gfp)
{
	struct device *dev = lp->iop.cfg.iommu_dev;
	int nid = dev ? dev_to_node(dev) : NUMA_NO_NODE;
	int order = get_order(size);
	size_t at;
	void *mem;

	if (lp->iop.cfg.alloc)
		return lp->iop.cfg.alloc(lp->iop.cookie, size, gfp);

	mem = iommu_alloc_pages_node(nid, gfp, order);
	if (!mem)
		return NULL;
	virt_to_page(mem)->index = order;
	/* A root can be several tables, each with its own count */
	for (at = 0; at < size; at += lp->granule_mask + 1)
		atomic_long_set(lpae_count(mem + at), 0);
	return mem;
}

static void lpae_put_memory(struct lpae *lp, void *mem, size_t size)
{
	if (lp->iop.cfg.free) {
		lp->iop.cfg.free(lp->iop.cookie, mem, size);
		return;
	}
	set_page_private(virt_to_page(mem), 0);
	iommu_free_pages(mem, get_order(size));
}

static void lpae_unmap_for_walker(struct lpae *lp, u64 *table, size_t size)
{
	if (!lp->coherent)
		dma_unmap_single(lp->iop.cfg.iommu_dev, virt_to_phys(table),
				 size, DMA_TO_DEVICE);
}

/**
 * lpae_table_alloc() - make an empty table
 * @lp: set
 * @size: bytes
 * @gfp: how to allocate
 *
 * Context: as @gfp says.
 * Return: the table, or NULL if memory is short or the walker would need
 * another address for it than its physical one.
 */
u64 *lpae_table_alloc(struct lpae *lp, size_t size, gfp_t gfp)
{
	struct device *dev = lp->iop.cfg.iommu_dev;
	u64 *table = lpae_get_memory(lp, size, gfp);
	dma_addr_t dma;

	if (!table || lp->coherent)
		return table;

	dma = dma_map_single(dev, table, size, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma))
		goto err_put_memory;
	if (dma != virt_to_phys(table))
		goto err_unmap;
	return table;

err_unmap:
	dev_err_ratelimited(dev, "I/O page tables need a walker that reads memory at its physical address\n");
	dma_unmap_single(dev, dma, size, DMA_TO_DEVICE);
err_put_memory:
	lpae_put_memory(lp, table, size);
	return NULL;
}

/**
 * lpae_table_free() - free a table that nobody can reach
 * @lp: set
 * @table: table, never linked or unlinked for good
 * @size: bytes
 */
void lpae_table_free(struct lpae *lp, u64 *table, size_t size)
{
	lpae_unmap_for_walker(lp, table, size);
	lpae_put_memory(lp, table, size);
}

static void lpae_free_page_rcu(struct rcu_head *head)
{
	struct page *page = container_of(head, struct page, rcu_head);

	set_page_private(page, 0);
	__iommu_free_pages(page, page->index);
}

/**
 * lpae_table_free_rcu() - free a table that readers may still look at
 * @lp: set; may be gone when the memory is freed
 * @table: table, unlinked and invalidated
 *
 * An allocator of the caller's gets the table at once: such a caller lets
 * nobody read meanwhile.
 */
void lpae_table_free_rcu(struct lpae *lp, u64 *table)
{
	size_t size = lp->granule_mask + 1;

	if (!lp->counted) {
		lpae_table_free(lp, table, size);
		return;
	}
	lpae_unmap_for_walker(lp, table, size);
	call_rcu(&virt_to_page(table)->rcu_head, lpae_free_page_rcu);
}

/**
 * lpae_table_entry() - the entry that points to a table
 * @lp: set
 * @table: table
 */
u64 lpae_table_entry(const struct lpae *lp, const u64 *table)
{
	return lpae_addr_bits(virt_to_phys((void *)table)) | lp->table_bits;
}

/**
 * lpae_mark_clean() - show a linked table to a walker that is not coherent
 * @lp: set
 * @slot: entry that points to the table
 * @entry: what the entry holds, without LPAE_TABLE_CLEAN
 *
 * Others that map below may do it as well: leaves must not be announced while
 * the walker does not see their table.  Does nothing for a coherent walker.
 */
void lpae_mark_clean(struct lpae *lp, u64 *slot, u64 entry)
{
	if (lp->coherent)
		return;
	__lpae_sync(lp, slot, 1);
	cmpxchg64_relaxed(slot, entry, entry | LPAE_TABLE_CLEAN);
}

/* Link a table; false if somebody else filled the entry first */
static bool lpae_link(struct lpae *lp, u64 *slot, u64 *table)
{
	u64 entry = lpae_table_entry(lp, table);

	/*
	 * The walker finds the table empty, not with what its memory held
	 * before.  cmpxchg() orders CPUs; a walker can be farther away.
	 */
	dma_wmb();
	if (cmpxchg64(slot, 0, entry))
		return false;
	atomic_long_inc(&lp->nr_tables);
	lpae_mark_clean(lp, slot, entry);
	return true;
}

/**
 * lpae_grow() - make way for a walk that stopped above its level
 * @lp: set
 * @slot: entry at which it stopped
 * @shift: size that the entry translates, base-2 logarithm
 * @spare: a table that was allocated and not yet linked, or NULL; the caller
 *	frees what is left in the end
 * @gfp: how to allocate
 *
 * Context: rcu_read_lock() is held; it is dropped to allocate, so the caller
 * walks from the root again.
 * Return: 0 to walk again, -EEXIST for a block in the way, -ENOMEM.
 */
int lpae_grow(struct lpae *lp, u64 *slot, unsigned int shift, u64 **spare,
	      gfp_t gfp)
{
	u64 entry = READ_ONCE(*slot);

	if (lpae_is_table(lp, entry, shift)) {
		if (entry & LPAE_TABLE_CLOSING)
			lpae_wait(lp);
		else if (!(entry & LPAE_TABLE_CLEAN))
			lpae_mark_clean(lp, slot, entry);
		return 0;
	}
	if (lpae_is_busy(entry)) {
		lpae_wait(lp);
		return 0;
	}
	if (entry)
		return -EEXIST;

	if (!*spare) {
		rcu_read_unlock();
		*spare = lpae_table_alloc(lp, lp->granule_mask + 1, gfp);
		rcu_read_lock();
		return *spare ? 0 : -ENOMEM;
	}
	if (!lpae_hold(lp, slot, shift, 1)) {
		lpae_wait(lp);
		return 0;
	}
	if (lpae_link(lp, slot, *spare))
		*spare = NULL;
	else
		lpae_put(lp, slot, shift, 1);
	return 0;
}

/* Depth is bounded by the number of levels */
static void lpae_free_below(struct lpae *lp, u64 *table, unsigned int shift,
			    size_t size)
{
	size_t i, n = shift == lp->granule_lg2 ? 0 : size / sizeof(*table);

	for (i = 0; i < n; i++) {
		if (lpae_is_table(lp, table[i], shift))
			lpae_free_below(lp, lpae_child(lp, table[i]),
					shift - lp->stride_lg2,
					lp->granule_mask + 1);
	}
	lpae_table_free(lp, table, size);
}

/**
 * lpae_free_all() - free the root and every table below it
 * @lp: set that neither hardware nor software uses any more
 */
void lpae_free_all(struct lpae *lp)
{
	lpae_free_below(lp, lp->root, lp->root_shift, lp->root_size);
}
