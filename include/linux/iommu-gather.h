/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gather: what an unmap leaves to be invalidated and freed.
 *
 * An unmap clears entries and writes down here what it cleared; one caller
 * then has the driver invalidate the whole range with one command where the
 * hardware can, and releases the tables on @freelist afterwards.  A gather
 * describes one contiguous range: whoever would extend it by a range that is
 * not adjacent syncs it first.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_GATHER_H
#define __LINUX_IOMMU_GATHER_H

#include <linux/iova_bitmap.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/types.h>

/* Read dirty state without clearing it (argument of read_and_clear_dirty) */
#define IOMMU_DIRTY_NO_CLEAR	0x1

#ifdef CONFIG_IOMMU_API

/**
 * struct iommu_iotlb_gather - a range waiting for its invalidation
 * @start: first byte of the range
 * @end: last byte of the range (inclusive); 0 while the gather is empty
 * @pgsize: smallest leaf that was removed, in bytes; 0 if not known
 * @freelist: pages of removed tables, linked through page->lru, owned by the
 *	gather until after the invalidation
 * @queued: a later flush_iotlb_all() covers this range, so the driver issues
 *	nothing now
 * @leaf_levels: bit n is set if a leaf entry of table level n was removed; 0
 *	where the table code does not say
 * @table: a table entry was removed, so caches of non-leaf entries must go too
 *
 * Lives on its user's stack; not shared between threads.
 */
struct iommu_iotlb_gather {
	unsigned long start;
	unsigned long end;
	size_t pgsize;
	struct list_head freelist;
	bool queued;
	u8 leaf_levels;
	bool table;
};

/**
 * iommu_iotlb_gather_init() - make a gather empty
 * @gather: gather to set up; what it held is forgotten
 */
static inline void iommu_iotlb_gather_init(struct iommu_iotlb_gather *gather)
{
	gather->start = ULONG_MAX;
	gather->end = 0;
	gather->pgsize = 0;
	INIT_LIST_HEAD(&gather->freelist);
	gather->queued = false;
	gather->leaf_levels = 0;
	gather->table = false;
}

/**
 * iommu_iotlb_gather_is_disjoint() - would the gather get a hole?
 * @gather: gather
 * @iova: first byte of a further range
 * @size: its length in bytes
 *
 * Return: true if the gather holds a range and the new one neither overlaps
 * it nor touches it.
 */
static inline bool
iommu_iotlb_gather_is_disjoint(struct iommu_iotlb_gather *gather,
			       unsigned long iova, size_t size)
{
	unsigned long last = iova + size - 1;

	if (!gather->end)
		return false;
	if (iova > gather->end)
		return iova - gather->end > 1;
	return last < gather->start && gather->start - last > 1;
}

/**
 * iommu_iotlb_gather_add_range() - widen the gather to cover a range
 * @gather: gather
 * @iova: first byte
 * @size: length in bytes, not 0
 *
 * What lies between the old range and the new one is covered as well.
 */
static inline void
iommu_iotlb_gather_add_range(struct iommu_iotlb_gather *gather,
			     unsigned long iova, size_t size)
{
	gather->start = min(gather->start, iova);
	gather->end = max(gather->end, iova + size - 1);
}

/**
 * iommu_iotlb_gather_queued() - is the invalidation left to a later flush?
 * @gather: gather, or NULL
 *
 * Return: true if so; false without a gather.
 */
static inline bool iommu_iotlb_gather_queued(struct iommu_iotlb_gather *gather)
{
	return gather && gather->queued;
}

/**
 * struct iommu_dirty_bitmap - where dirty ranges are recorded
 * @bitmap: bitmap of the caller, or NULL to only clear dirty state
 * @gather: ranges whose cached entries must be invalidated, or NULL
 */
struct iommu_dirty_bitmap {
	struct iova_bitmap *bitmap;
	struct iommu_iotlb_gather *gather;
};

/**
 * iommu_dirty_bitmap_init() - set up a record of dirty ranges
 * @dirty: record
 * @bitmap: bitmap to fill, or NULL
 * @gather: gather to empty and use, or NULL
 */
static inline void iommu_dirty_bitmap_init(struct iommu_dirty_bitmap *dirty,
					   struct iova_bitmap *bitmap,
					   struct iommu_iotlb_gather *gather)
{
	dirty->bitmap = bitmap;
	dirty->gather = gather;
	if (gather)
		iommu_iotlb_gather_init(gather);
}

/**
 * iommu_dirty_bitmap_record() - note that a range was dirty
 * @dirty: record
 * @iova: first byte
 * @length: length in bytes
 */
static inline void iommu_dirty_bitmap_record(struct iommu_dirty_bitmap *dirty,
					     unsigned long iova,
					     unsigned long length)
{
	if (dirty->gather)
		iommu_iotlb_gather_add_range(dirty->gather, iova, length);
	if (dirty->bitmap)
		iova_bitmap_set(dirty->bitmap, iova, length);
}

#else /* !CONFIG_IOMMU_API */

struct iommu_iotlb_gather {};
struct iommu_dirty_bitmap {};

static inline void iommu_iotlb_gather_init(struct iommu_iotlb_gather *gather) {}

static inline bool iommu_iotlb_gather_queued(struct iommu_iotlb_gather *gather)
{
	return false;
}

static inline void iommu_dirty_bitmap_init(struct iommu_dirty_bitmap *dirty,
					   struct iova_bitmap *bitmap,
					   struct iommu_iotlb_gather *gather) {}

static inline void iommu_dirty_bitmap_record(struct iommu_dirty_bitmap *dirty,
					     unsigned long iova,
					     unsigned long length) {}

#endif /* CONFIG_IOMMU_API */

#endif /* __LINUX_IOMMU_GATHER_H */
