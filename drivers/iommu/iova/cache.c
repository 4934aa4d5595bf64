// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation and free without a lock, from what a CPU has on lease.
 *
 * A request of up to IOVA_CHUNK_SIZE granules is taken from a chunk and costs
 * no memory of its own; a larger one is a run.  Requests of up to
 * 1 << IOVA_FAST_LG2 granules are taken from a lease or a hold of this CPU,
 * if there is room, by one atomic operation; each free of a range that lies in
 * a chunk is one atomic operation.  Interrupts stay on: one that comes between
 * is one more CPU to the bits.
 */

#include <kunit/visibility.h>
#include <linux/cpuhotplug.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/printk.h>

#include "iova-priv.h"

static DEFINE_MUTEX(users_lock);
static unsigned int users;

static __always_inline bool take_leased(struct iova_cpu *cpu,
					unsigned int order, unsigned long size,
					unsigned long limit, unsigned long *pfn)
{
	/* Pairs with smp_store_release() in lease_take(), by address. */
	unsigned long lease = READ_ONCE(cpu->lease[order]);
	unsigned long w = lease % IOVA_CHUNK_WORDS;
	struct iova_chunk *chunk = (struct iova_chunk *)(lease - w);
	unsigned long base;
	int bit;

	if (unlikely(!lease))
		return false;
	base = chunk->base + (w << IOVA_WORD_LG2);
	if (unlikely(base + IOVA_WORD_SIZE - 1 > limit))
		return false;
	bit = iova_claim(&chunk->word[w], order, size, ~0UL);
	*pfn = base + bit;
	return bit >= 0;
}

static __always_inline bool take_held(struct iova_cpu *cpu,
				      unsigned int order, unsigned long size,
				      unsigned long limit, unsigned long *pfn)
{
	/* Pairs with smp_store_release() in hold_take(), by address. */
	struct iova_chunk *chunk = READ_ONCE(cpu->hold);
	int w;

	if (unlikely(!chunk || chunk->base + IOVA_CHUNK_SIZE - 1 > limit))
		return false;
	w = iova_claim(&chunk->top, order - IOVA_WORD_LG2, iova_words(size),
		       ~0UL);
	*pfn = chunk->base + ((unsigned long)w << IOVA_WORD_LG2);
	return w >= 0;
}

/*
 * Singles are by far the most frequent, and with the orders of which a word
 * holds few, finding a block costs most: there all of it folds into constants.
 */
static __always_inline bool take_here(struct iova_cpu *cpu, unsigned long size,
				      unsigned long limit, unsigned long *pfn)
{
	unsigned int order;

	if (size == 1)
		return take_leased(cpu, 0, 1, limit, pfn);
	order = iova_order(size);
	if (order < IOVA_WORD_LG2 - 2)
		return take_leased(cpu, order, size, limit, pfn);
	if (order == IOVA_WORD_LG2 - 1)
		return take_leased(cpu, IOVA_WORD_LG2 - 1, size, limit, pfn);
	if (order == IOVA_WORD_LG2 - 2)
		return take_leased(cpu, IOVA_WORD_LG2 - 2, size, limit, pfn);
	return take_held(cpu, order, size, limit, pfn);
}

/*
 * For orders of which a word holds few: from the words of the group below the
 * one that take_leased() found full, if a group is what the CPU has.
 */
static unsigned long take_grouped(struct iova_cpu *cpu, unsigned int order,
				  unsigned long size, unsigned long limit)
{
	/* Pairs with smp_store_release() in lease_take(), by address. */
	unsigned long lease = READ_ONCE(cpu->lease[order]);
	unsigned int w = lease % IOVA_CHUNK_WORDS;
	unsigned int first = w - (iova_group_words(order) - 1);
	struct iova_chunk *chunk = (struct iova_chunk *)(lease - w);
	int bit;

	if (!lease || READ_ONCE(chunk->room[w]) != IOVA_SILENT_GROUP ||
	    iova_word_base(chunk, w + 1) - 1 > limit)
		return 0;
	while (w-- > first) {
		bit = iova_claim(&chunk->word[w], order, size, ~0UL);
		if (bit >= 0)
			return iova_word_base(chunk, w) + bit;
	}
	return 0;
}

/* Small requests look at chunks first, large ones at gaps. */
static unsigned long alloc_anywhere(struct iova_domain *iovad,
				    struct iova_request *rq)
{
	bool small = rq->order <= IOVA_FAST_LG2;
	unsigned long pfn = 0;

	if (small)
		pfn = iova_pool_alloc(iovad, rq);
	if (!pfn)
		pfn = iova_run_alloc(iovad, rq->size, rq->limit, true);
	if (!pfn && !small && rq->order <= IOVA_CHUNK_LG2)
		pfn = iova_pool_alloc(iovad, rq);
	return pfn;
}

static noinline unsigned long alloc_slow(struct iova_domain *iovad,
					 unsigned long size,
					 unsigned long limit, bool drain)
{
	struct iova_request rq = {
		.size = size,
		.limit = min(limit, ULONG_MAX - 1),
	};
	unsigned long pfn;

	if (!size || size > LONG_MAX)
		return 0;
	rq.order = iova_order(size);
	rq.share = rq.order > IOVA_FAST_LG2;
	if (rq.order < IOVA_WORD_LG2 && iova_group_words(rq.order) > 1 &&
	    iovad->cpus) {
		guard(preempt)();
		pfn = take_grouped(this_cpu_ptr(iovad->cpus), rq.order, size,
				   rq.limit);
		if (pfn)
			return pfn;
	}
	pfn = alloc_anywhere(iovad, &rq);
	if (pfn)
		return pfn;
	if (iova_pool_reclaim(iovad, drain)) {
		rq.share = true;
		pfn = alloc_anywhere(iovad, &rq);
	}
	if (!pfn && drain && rq.order <= IOVA_CHUNK_LG2)
		pfn = iova_seam_alloc(iovad, &rq);
	return pfn;
}

/**
 * alloc_iova_fast() - allocate a range without an object for it
 * @iovad:        the domain
 * @size:         granules
 * @limit_pfn:    last granule that may be used
 * @flush_rcache: if there is no room, take from all CPUs what they have on
 *                lease and try once more
 *
 * The range begins at a multiple of @size rounded up to a power of two.  Its
 * owner gives it back by free_iova_fast() with the same size.
 *
 * Context: Any.
 *
 * Return: the first granule, or 0 if there is no room.
 */
unsigned long alloc_iova_fast(struct iova_domain *iovad, unsigned long size,
			      unsigned long limit_pfn, bool flush_rcache)
{
	struct iova_cpu __percpu *cpus = iovad->cpus;
	unsigned long pfn;
	bool taken;

	if (unlikely(!cpus || size - 1 >= 1UL << IOVA_FAST_LG2))
		return alloc_slow(iovad, size, limit_pfn, flush_rcache);

	/* An RCU reader, so that a chunk whose lease is revoked stays. */
	preempt_disable();
	taken = take_here(this_cpu_ptr(cpus), size, limit_pfn, &pfn);
	preempt_enable();
	if (likely(taken))
		return pfn;
	return alloc_slow(iovad, size, limit_pfn, flush_rcache);
}
EXPORT_SYMBOL_GPL(alloc_iova_fast);

static noinline void report_free(unsigned long pfn, unsigned long size)
{
	pr_err_ratelimited("iova: %lu granules at %#lx freed that are not allocated\n",
			   size, pfn);
}

/* Did a free in a word make room that is larger than what it is filed with? */
static __always_inline bool is_news(unsigned long left, unsigned int bit,
				    unsigned int room)
{
	return !iova_is_silent(room) && !(left & iova_block_mask(bit, room));
}

/*
 * What follows a free now and then.  All that it needs is handed over, so that
 * the frees themselves keep nothing across a call, and save no registers.
 */
static noinline void give_bits_rest(struct iova_domain *iovad,
				    struct iova_chunk *chunk,
				    unsigned long pfn, unsigned long size,
				    unsigned long old, unsigned int room)
{
	unsigned int w = iova_word_of(pfn);
	unsigned int bit = pfn % IOVA_WORD_SIZE;
	unsigned long mask = iova_mask_bits(size) << bit;

	if (mask & ~old)
		report_free(pfn, size);
	if (is_news(old & ~mask, bit, room))
		iova_pool_announce(iovad, chunk, w);
	preempt_enable();
}

/*
 * Both turn preemption on again.  fetch-and-not is a full barrier: a user's
 * work on the range is over before the bits are clear, and the hint is read
 * after they are.
 */
static __always_inline void give_bits(struct iova_domain *iovad,
				      struct iova_chunk *chunk,
				      unsigned long pfn, unsigned long size)
{
	unsigned int w = iova_word_of(pfn);
	unsigned int bit = pfn % IOVA_WORD_SIZE;
	unsigned long mask = iova_mask_bits(size) << bit;
	unsigned long old = atomic_long_fetch_andnot(mask, &chunk->word[w]);
	unsigned int room = READ_ONCE(chunk->room[w]);

	if (unlikely((mask & ~old) || is_news(old & ~mask, bit, room)))
		give_bits_rest(iovad, chunk, pfn, size, old, room);
	else
		preempt_enable();
}

static noinline void give_words_rest(struct iova_domain *iovad,
				     struct iova_chunk *chunk,
				     unsigned long pfn, unsigned long size,
				     unsigned long old, unsigned int hint)
{
	unsigned int w = iova_word_of(pfn);
	unsigned long mask = iova_mask_bits(iova_words(size)) << w;
	/* The smallest order that would be news, as an order of words. */
	unsigned int order = max_t(unsigned int, hint, IOVA_WORD_LG2) -
			     IOVA_WORD_LG2;

	if (mask & ~old)
		report_free(pfn, size);
	old &= ~mask;
	if (hint != IOVA_SILENT &&
	    (old == chunk->outside ||
	     (order <= IOVA_WORD_LG2 && !(old & iova_block_mask(w, order)))))
		iova_pool_announce(iovad, chunk, w);
	preempt_enable();
}

static __always_inline void give_words(struct iova_domain *iovad,
				       struct iova_chunk *chunk,
				       unsigned long pfn, unsigned long size)
{
	unsigned int w = iova_word_of(pfn);
	unsigned long mask = iova_mask_bits(iova_words(size)) << w;
	unsigned long old = atomic_long_fetch_andnot(mask, &chunk->top);
	unsigned int hint = READ_ONCE(chunk->hint);

	if (unlikely(mask & ~old) || hint != IOVA_SILENT)
		give_words_rest(iovad, chunk, pfn, size, old, hint);
	else
		preempt_enable();
}

static __always_inline void give(struct iova_domain *iovad,
				 struct iova_chunk *chunk, unsigned long pfn,
				 unsigned long size)
{
	if (size <= IOVA_WORD_SIZE / 2)
		give_bits(iovad, chunk, pfn, size);
	else
		give_words(iovad, chunk, pfn, size);
}

static noinline void free_slow(struct iova_domain *iovad, unsigned long pfn,
			       unsigned long size)
{
	struct iova_chunk *chunk = NULL;

	preempt_disable();
	if (size - 1 < IOVA_CHUNK_SIZE)
		chunk = iova_region_chunk(iovad, pfn);
	if (chunk && iova_chunk_holds(chunk, pfn + size - 1)) {
		give(iovad, chunk, pfn, size);
		return;
	}
	preempt_enable();
	if (!iova_run_free(iovad, pfn, size) &&
	    !iova_object_free(iovad, pfn, size))
		report_free(pfn, size);
}

/**
 * free_iova_fast() - give back a range that alloc_iova_fast() returned
 * @iovad: the domain
 * @pfn:   first granule
 * @size:  granules, as asked for
 *
 * Context: Any, on any CPU.  Allocates nothing.
 */
void free_iova_fast(struct iova_domain *iovad, unsigned long pfn,
		    unsigned long size)
{
	struct iova_cpu __percpu *cpus = iovad->cpus;
	struct iova_region *region;
	struct iova_chunk *chunk;

	if (unlikely(!cpus || size - 1 >= IOVA_CHUNK_SIZE))
		goto slow;
	/* An RCU reader: once the range is free, its chunk may be, too. */
	preempt_disable();
	region = READ_ONCE(this_cpu_ptr(cpus)->region);
	if (unlikely(!region || region->index != pfn >> IOVA_REGION_LG2))
		goto slow_enable;
	chunk = READ_ONCE(*iova_region_slot(region, pfn));
	/* A word that is wholly inside of one chunk is no part of another */
	if (unlikely(!chunk || iova_word_is_cut(chunk, pfn)))
		goto slow_enable;
	/* And what ends in such a word does not lie across a seam */
	if (size > IOVA_WORD_SIZE / 2 &&
	    unlikely(iova_word_is_cut(chunk, pfn + size - 1)))
		goto slow_enable;
	give(iovad, chunk, pfn, size);
	return;

slow_enable:
	preempt_enable();
slow:
	free_slow(iovad, pfn, size);
}
EXPORT_SYMBOL_GPL(free_iova_fast);

/**
 * free_iova_block() - give back ranges that lie side by side
 * @iovad:  the domain
 * @pfn:    first granule of the first of them
 * @size:   granules of all of them
 * @starts: bit n: one of them begins at granule n of the block
 *
 * They lie in one aligned block of IOVA_BLOCK_SIZE granules, and none of them
 * is larger than half of it.  Costs what free_iova_fast() costs for one.
 *
 * Context: Any, on any CPU.  Allocates nothing.
 */
void free_iova_block(struct iova_domain *iovad, unsigned long pfn,
		     unsigned long size, unsigned long starts)
{
	unsigned long base = pfn - pfn % IOVA_BLOCK_SIZE, end = pfn + size;
	struct iova_chunk *chunk;

	BUILD_BUG_ON(IOVA_BLOCK_SIZE != IOVA_WORD_SIZE);
	preempt_disable();
	chunk = iova_region_chunk(iovad, pfn);
	if (likely(chunk && !iova_word_is_cut(chunk, pfn))) {
		give_bits(iovad, chunk, pfn, size);
		return;
	}
	preempt_enable();

	/* Parts of a word may belong to another chunk, or to no chunk */
	while (starts) {
		unsigned long next;

		pfn = base + __ffs(starts);
		starts &= starts - 1;
		next = starts ? base + __ffs(starts) : end;
		free_slow(iovad, pfn, next - pfn);
	}
}
EXPORT_SYMBOL_GPL(free_iova_block);

/**
 * iova_rcache_range() - up to which size requests are fast
 *
 * Return: bytes, for a domain whose granule is a page.
 */
unsigned long iova_rcache_range(void)
{
	return PAGE_SIZE << IOVA_FAST_LG2;
}
EXPORT_SYMBOL_IF_KUNIT(iova_rcache_range);

/**
 * iova_domain_init_rcaches() - let CPUs take leases in a domain
 * @iovad: the domain, initialised and not in use yet
 *
 * Without it alloc_iova_fast() works under the domain's lock.
 *
 * Context: May sleep.
 *
 * Return: 0 or a negative error; the domain is usable in any case.
 */
int iova_domain_init_rcaches(struct iova_domain *iovad)
{
	int ret;

	iovad->cpus = __alloc_percpu(sizeof(struct iova_cpu), SMP_CACHE_BYTES);
	if (!iovad->cpus)
		return -ENOMEM;
	ret = cpuhp_state_add_instance_nocalls(CPUHP_IOMMU_IOVA_DEAD,
					       &iovad->cpuhp_dead);
	if (ret) {
		free_percpu(iovad->cpus);
		iovad->cpus = NULL;
	}
	return ret;
}
EXPORT_SYMBOL_GPL(iova_domain_init_rcaches);

/**
 * iova_cache_release() - undo iova_domain_init_rcaches(), if it was done
 * @iovad: the domain, not in use any more
 *
 * Context: May sleep.
 */
void iova_cache_release(struct iova_domain *iovad)
{
	if (!iovad->cpus)
		return;
	cpuhp_state_remove_instance_nocalls(CPUHP_IOMMU_IOVA_DEAD,
					    &iovad->cpuhp_dead);
	free_percpu(iovad->cpus);
	iovad->cpus = NULL;
}

/**
 * iova_cpu_dead() - a CPU has gone: collect what it had on lease
 * @cpu:  the CPU
 * @node: of the domain
 *
 * Context: CPU hotplug.
 *
 * Return: 0.
 */
int iova_cpu_dead(unsigned int cpu, struct hlist_node *node)
{
	struct iova_domain *iovad = hlist_entry(node, struct iova_domain,
						cpuhp_dead);
	unsigned long flags;
	LIST_HEAD(dead);

	raw_spin_lock_irqsave(&iovad->lock, flags);
	iova_pool_drain(iovad, per_cpu_ptr(iovad->cpus, cpu), &dead);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	iova_pool_bury(&dead);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iova_cpu_dead);

static int setup(void)
{
	int ret;

	ret = iova_pool_setup();
	if (ret)
		return ret;
	ret = iova_range_setup();
	if (ret)
		goto err_pool_cleanup;
	ret = cpuhp_setup_state_multi(CPUHP_IOMMU_IOVA_DEAD, "iommu/iova:dead",
				      NULL, iova_cpu_dead);
	if (ret)
		goto err_range_cleanup;
	return 0;

err_range_cleanup:
	iova_range_cleanup();
err_pool_cleanup:
	iova_pool_cleanup();
	return ret;
}

/**
 * iova_cache_get() - become a user of the allocator
 *
 * Before the first domain is initialised; undone by iova_cache_put().
 *
 * Context: May sleep.
 *
 * Return: 0 or a negative error.
 */
int iova_cache_get(void)
{
	int ret = 0;

	mutex_lock(&users_lock);
	if (!users)
		ret = setup();
	if (!ret)
		users++;
	mutex_unlock(&users_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(iova_cache_get);

/**
 * iova_cache_put() - cease to be a user of the allocator
 *
 * Context: May sleep.
 */
void iova_cache_put(void)
{
	mutex_lock(&users_lock);
	if (!WARN_ON(!users) && !--users) {
		cpuhp_remove_multi_state(CPUHP_IOMMU_IOVA_DEAD);
		iova_range_cleanup();
		iova_pool_cleanup();
	}
	mutex_unlock(&users_lock);
}
EXPORT_SYMBOL_GPL(iova_cache_put);

MODULE_DESCRIPTION("Allocator of I/O addresses");
MODULE_LICENSE("GPL");
