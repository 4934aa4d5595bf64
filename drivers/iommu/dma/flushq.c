// SPDX-License-Identifier: GPL-2.0
/*
 * Flush queue: ranges that are unmapped and wait for their invalidation.
 *
 * Each CPU puts what it unmaps into its own ring, and flushes that ring alone:
 * when it is full, or when the oldest range in it has waited for the period.  A
 * flush takes what is in the ring, invalidates it, and only then gives the
 * addresses back to the allocator and the tables to the page allocator.
 *
 * Why no address is reused before its invalidation: a range's entries are
 * cleared before it is put into the ring, under ring->lock.  Whoever flushes
 * takes the lock afterwards, so the cleared entries are ordered before the
 * invalidation that it issues then, whichever CPU that is on.  The ranges it
 * gives back are those between the indices that it read under the same lock,
 * and all of them are covered: by a range that was gathered from them, or by
 * the whole domain's tag.  What is put into the ring meanwhile lies behind the
 * second index and waits for the next flush.
 *
 * A ring that is full while somebody else flushes it is not waited for: its
 * owner may be what this context has interrupted.  That one range is then
 * invalidated on the spot, as in a strict domain.
 */
#include <linux/bitfield.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

#include "dma.h"

/* A flush of this many ranges at least 10 ms apart keeps a CPU's share small */
#define RING_LEN_LG2		8
#define RING_PERIOD_MS		10

/*
 * Where invalidation means that a hypervisor walks all tables, it pays to wait
 * for a second and for as many ranges as a busy machine unmaps in it.
 */
#define SINGLE_LEN_LG2		15
#define SINGLE_PERIOD_MS	1000

/*
 * Ranges are invalidated one by one up to this many; beyond, one invalidation
 * of the tag costs less than their commands and waits.
 */
#define RUNS_MAX		4

/**
 * struct flushq_entry - a range that waits, or several side by side
 * @pfn: first granule
 * @kind: see KIND_*; entries of one kind can be joined
 * @count: number of granules
 * @starts: 0 for one range; else bit n is set if one begins at granule n of the
 *	block of IOVA_BLOCK_SIZE granules that all of them lie in
 */
struct flushq_entry {
	unsigned long pfn;
	unsigned long starts;
	u32 count;
	u32 kind;
};

/*
 * What a gather says of what went: leaf_levels, the logarithm of pgsize (0 if
 * not known), and whether tables went.
 */
#define KIND_LEVELS	GENMASK(7, 0)
#define KIND_PGSIZE_LG2	GENMASK(15, 8)
#define KIND_TABLE	BIT(16)

/**
 * struct flushq_ring - what one CPU has unmapped
 * @lock: guards all below but @entries between @head and the tail that a flush
 *	took, which are that flush's
 * @head: index of the oldest entry, free running
 * @tail: index after the youngest
 * @taken: the tail that the last flush took
 * @armed: the timer will run
 * @busy: somebody flushes
 * @tables: pages of removed tables
 * @entries: the ranges, owned by the ring
 * @queue: constant
 * @timer: flushes when the period is over
 */
struct flushq_ring {
	raw_spinlock_t lock;	/* indices, flags, tables */
	unsigned int head;
	unsigned int tail;
	unsigned int taken;
	bool armed;
	bool busy;
	struct list_head tables;
	struct flushq_entry *entries;
	struct dma_flushq *queue;
	struct timer_list timer;
};

/**
 * struct dma_flushq - flush queue of a domain; constant once made
 * @domain: domain
 * @iovad: where its addresses go back to
 * @rings: one per possible CPU, or NULL
 * @single: ring of all CPUs, or NULL
 * @len: length of a ring, a power of two
 * @period: longest wait in jiffies
 * @granule_lg2: base-2 logarithm of the granule
 * @by_range: the driver says in its gathers what it removed, so ranges can be
 *	invalidated later
 */
struct dma_flushq {
	struct iommu_domain *domain;
	struct iova_domain *iovad;
	struct flushq_ring __percpu *rings;
	struct flushq_ring *single;
	unsigned int len;
	unsigned int period;
	u8 granule_lg2;
	bool by_range;
};

static struct flushq_entry *ring_entry(struct flushq_ring *ring, unsigned int i)
{
	return &ring->entries[i & (ring->queue->len - 1)];
}

static void gather_entry(struct iommu_iotlb_gather *run,
			 const struct flushq_entry *entry, unsigned long start,
			 size_t size)
{
	unsigned int lg2 = FIELD_GET(KIND_PGSIZE_LG2, entry->kind);
	size_t pgsize = lg2 ? 1UL << lg2 : 0;

	if (!run->end)
		run->pgsize = pgsize;
	run->pgsize = min(run->pgsize, pgsize);
	run->leaf_levels |= FIELD_GET(KIND_LEVELS, entry->kind);
	run->table |= FIELD_GET(KIND_TABLE, entry->kind);
	iommu_iotlb_gather_add_range(run, start, size);
}

/*
 * Join the entries to runs; ranges that a CPU unmaps one after the other tend
 * to be neighbours.  Returns the number of runs, 0 if there are too many.
 */
static int ring_gather(struct flushq_ring *ring, unsigned int from,
		       unsigned int to, struct iommu_iotlb_gather *runs)
{
	unsigned int lg2 = ring->queue->granule_lg2;
	int n = 0, r;

	for (; from != to; from++) {
		const struct flushq_entry *entry = ring_entry(ring, from);
		unsigned long start = entry->pfn << lg2;
		size_t size = (size_t)entry->count << lg2;

		for (r = n - 1; r >= 0; r--)
			if (!iommu_iotlb_gather_is_disjoint(&runs[r], start,
							    size))
				break;
		if (r < 0) {
			if (n == RUNS_MAX)
				return 0;
			r = n++;
			iommu_iotlb_gather_init(&runs[r]);
		}
		gather_entry(&runs[r], entry, start, size);
	}
	return n;
}

static void ring_invalidate(struct flushq_ring *ring, unsigned int from,
			    unsigned int to)
{
	struct iommu_domain *domain = ring->queue->domain;
	struct iommu_iotlb_gather runs[RUNS_MAX];
	int n = 0, r;

	if (ring->queue->by_range)
		n = ring_gather(ring, from, to, runs);
	if (!n)
		iommu_flush_iotlb_all(domain);
	for (r = 0; r < n; r++)
		domain->ops->iotlb_sync(domain, &runs[r]);
}

static void ring_free_entry(struct iova_domain *iovad,
			    const struct flushq_entry *entry)
{
	if (entry->starts)
		free_iova_block(iovad, entry->pfn, entry->count, entry->starts);
	else
		free_iova_fast(iovad, entry->pfn, entry->count);
}

/* Flush what is in a ring now, unless somebody does already */
static void ring_flush(struct flushq_ring *ring)
{
	struct dma_flushq *queue = ring->queue;
	unsigned int i, from, to;
	unsigned long flags;
	LIST_HEAD(tables);

	raw_spin_lock_irqsave(&ring->lock, flags);
	from = ring->head;
	to = ring->tail;
	if (ring->busy || from == to) {
		raw_spin_unlock_irqrestore(&ring->lock, flags);
		return;
	}
	ring->busy = true;
	ring->taken = to;
	list_splice_init(&ring->tables, &tables);
	raw_spin_unlock_irqrestore(&ring->lock, flags);

	ring_invalidate(ring, from, to);
	for (i = from; i != to; i++)
		ring_free_entry(queue->iovad, ring_entry(ring, i));
	iommu_put_pages_list(&tables);

	raw_spin_lock_irqsave(&ring->lock, flags);
	ring->head = to;
	ring->busy = false;
	raw_spin_unlock_irqrestore(&ring->lock, flags);
}

static void ring_arm(struct flushq_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	ring->armed = true;
	mod_timer(&ring->timer, jiffies + ring->queue->period);
}

static void ring_timer(struct timer_list *timer)
{
	struct flushq_ring *ring = from_timer(ring, timer, timer);
	unsigned long flags;

	raw_spin_lock_irqsave(&ring->lock, flags);
	ring->armed = false;
	/* That flush may not see what came after its start */
	if (ring->busy)
		ring_arm(ring);
	raw_spin_unlock_irqrestore(&ring->lock, flags);
	ring_flush(ring);
}

/* No room: do for this range what a strict domain does */
static void flush_now(struct dma_flushq *queue, unsigned long pfn,
		      unsigned long count, struct iommu_iotlb_gather *gather)
{
	struct iommu_domain *domain = queue->domain;

	if (queue->by_range) {
		gather->queued = false;
		domain->ops->iotlb_sync(domain, gather);
	} else {
		iommu_flush_iotlb_all(domain);
	}
	iommu_put_pages_list(&gather->freelist);
	free_iova_fast(queue->iovad, pfn, count);
}

/*
 * Let an entry take up a range next to it, as the ranges that a CPU allocates
 * and unmaps one after the other are.  They are then invalidated and given back
 * as one.  Both are small and of one block, which free_iova_block() wants.
 */
static __always_inline bool entry_join(struct flushq_entry *entry,
				       unsigned long pfn, unsigned long count,
				       u32 kind)
{
	const unsigned long mask = IOVA_BLOCK_SIZE - 1;
	unsigned long first = entry->pfn;
	bool below = pfn + count == first;

	if (!below && first + entry->count != pfn)
		return false;
	if (((first ^ pfn) & ~mask) || count > IOVA_BLOCK_SIZE / 2 ||
	    kind != entry->kind)
		return false;
	if (!entry->starts) {
		if (entry->count > IOVA_BLOCK_SIZE / 2)
			return false;
		entry->starts = BIT(first & mask);
	}
	entry->starts |= BIT(pfn & mask);
	entry->count += count;
	if (below)
		entry->pfn = pfn;
	return true;
}

void iommu_flushq_put(struct dma_flushq *queue, unsigned long pfn,
		      unsigned long count, struct iommu_iotlb_gather *gather)
{
	/* Any ring will do, so being moved to another CPU does no harm */
	struct flushq_ring *ring = queue->single ?: raw_cpu_ptr(queue->rings);
	unsigned int pgsize_lg2 = gather->pgsize ? __ffs(gather->pgsize) : 0;
	u32 kind = gather->leaf_levels | FIELD_PREP(KIND_PGSIZE_LG2, pgsize_lg2) |
		   FIELD_PREP(KIND_TABLE, gather->table);
	struct flushq_entry *entry;
	unsigned int left = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&ring->lock, flags);
	entry = &ring->entries[(ring->tail - 1) & (queue->len - 1)];
	if (likely(ring->tail != ring->taken) &&
	    entry_join(entry, pfn, count, kind))
		goto out_unlock;
	left = queue->len - (ring->tail - ring->head);
	if (unlikely(!left || count > U32_MAX)) {
		raw_spin_unlock_irqrestore(&ring->lock, flags);
		flush_now(queue, pfn, count, gather);
		return;
	}
	entry = ring_entry(ring, ring->tail++);
	entry->pfn = pfn;
	entry->starts = 0;
	entry->count = count;
	entry->kind = kind;
out_unlock:
	if (unlikely(!list_empty(&gather->freelist)))
		list_splice_tail(&gather->freelist, &ring->tables);
	if (unlikely(!ring->armed))
		ring_arm(ring);
	raw_spin_unlock_irqrestore(&ring->lock, flags);

	if (unlikely(left == 1))
		ring_flush(ring);
}

void iommu_flushq_drain(struct dma_flushq *queue)
{
	int cpu;

	if (queue->single) {
		ring_flush(queue->single);
		return;
	}
	for_each_possible_cpu(cpu)
		ring_flush(per_cpu_ptr(queue->rings, cpu));
}

static int ring_init(struct flushq_ring *ring, struct dma_flushq *queue,
		     int node)
{
	raw_spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->tables);
	ring->queue = queue;
	timer_setup(&ring->timer, ring_timer, 0);
	ring->entries = iommu_dma_zalloc(queue->len * sizeof(*ring->entries), node);
	return ring->entries ? 0 : -ENOMEM;
}

/* Returns true if tables were waiting */
static bool ring_end(struct flushq_ring *ring, struct list_head *tables)
{
	/* A ring that never got its queue has no timer either */
	if (ring->queue)
		timer_shutdown_sync(&ring->timer);
	if (ring->entries)
		list_splice_tail(&ring->tables, tables);
	kvfree(ring->entries);
	return !list_empty(tables);
}

static int rings_init(struct dma_flushq *queue)
{
	int cpu, ret = 0;

	queue->rings = alloc_percpu(struct flushq_ring);
	if (!queue->rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		ret = ring_init(per_cpu_ptr(queue->rings, cpu), queue,
				cpu_to_node(cpu));
		if (ret)
			break;
	}
	return ret;
}

static int single_init(struct dma_flushq *queue)
{
	queue->single = iommu_dma_zalloc(sizeof(*queue->single), NUMA_NO_NODE);
	if (!queue->single)
		return -ENOMEM;
	return ring_init(queue->single, queue, NUMA_NO_NODE);
}

struct dma_flushq *iommu_flushq_alloc(struct iommu_domain *domain, bool single)
{
	unsigned int ms = single ? SINGLE_PERIOD_MS : RING_PERIOD_MS;
	struct dma_flushq *queue;
	int ret;

	queue = iommu_dma_zalloc(sizeof(*queue), NUMA_NO_NODE);
	if (!queue)
		return NULL;
	queue->domain = domain;
	queue->iovad = &domain->iova_cookie->iovad;
	queue->granule_lg2 = __ffs(domain->iova_cookie->granule);
	queue->len = 1U << (single ? SINGLE_LEN_LG2 : RING_LEN_LG2);
	queue->period = max(ms * HZ / MSEC_PER_SEC, 1UL);
	queue->by_range = !single && domain->ops->unmap_range &&
			  domain->ops->iotlb_sync;

	ret = single ? single_init(queue) : rings_init(queue);
	if (ret) {
		iommu_flushq_free(queue);
		return NULL;
	}
	return queue;
}

void iommu_flushq_free(struct dma_flushq *queue)
{
	bool waiting = false;
	LIST_HEAD(tables);
	int cpu;

	if (!queue)
		return;
	if (queue->single)
		waiting = ring_end(queue->single, &tables);
	if (queue->rings)
		for_each_possible_cpu(cpu)
			waiting |= ring_end(per_cpu_ptr(queue->rings, cpu),
					    &tables);
	/* No walker may still hold a table that is freed here */
	if (waiting)
		iommu_flush_iotlb_all(queue->domain);
	iommu_put_pages_list(&tables);
	kvfree(queue->single);
	free_percpu(queue->rings);
	kvfree(queue);
}
