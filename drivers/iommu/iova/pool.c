// SPDX-License-Identifier: GPL-2.0
/*
 * All chunks of a domain: where they are, which to allocate from, when to make
 * one and when to let it go.
 */

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>

#include "iova-priv.h"

/*
 * Empty chunks are kept in proportion to those in use, so that a load that
 * swings does not make and free them all the time, and at most this many, so
 * that giving them back is bounded.
 */
#define IDLE_MAX	16U
#define IDLE_SHARE	4U

static struct kmem_cache *chunk_slab;
static struct kmem_cache *region_slab;

/**
 * iova_slab_alloc() - all memory of the allocator comes from here
 * @slab: for what kind of object
 *
 * A place where tests let allocations fail.
 *
 * Context: Any.
 *
 * Return: memory of any content, or NULL.
 */
void *iova_slab_alloc(struct kmem_cache *slab)
{
	KUNIT_STATIC_STUB_REDIRECT(iova_slab_alloc, slab);
	return kmem_cache_alloc(slab, GFP_ATOMIC | __GFP_NOWARN);
}
EXPORT_SYMBOL_IF_KUNIT(iova_slab_alloc);

static void chunk_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(chunk_slab, container_of(rcu, struct iova_chunk, rcu));
}

/* Off the lists of what is set aside. */
static void set_in_use(struct iova_domain *iovad, struct iova_chunk *chunk)
{
	if (chunk->outside)
		list_move(&chunk->entry, &iovad->partial);
	else
		list_del_init(&chunk->entry);
}

static void idle_leave(struct iova_domain *iovad, struct iova_chunk *chunk)
{
	if (!chunk->idle)
		return;
	chunk->idle = false;
	set_in_use(iovad, chunk);
	iovad->nr_idle--;
}

static void idle_enter(struct iova_domain *iovad, struct iova_chunk *chunk)
{
	if (chunk->idle)
		return;
	chunk->idle = true;
	list_move_tail(&chunk->entry, &iovad->idle);
	iovad->nr_idle++;
}

static struct iova_chunk *first_chunk(struct list_head *list)
{
	return list_first_entry_or_null(list, struct iova_chunk, entry);
}

/**
 * iova_pool_bury() - free chunks that are not linked any more
 * @dead: list of them
 *
 * Context: Any; not under iova_domain::lock.
 */
void iova_pool_bury(struct list_head *dead)
{
	struct iova_chunk *chunk;

	while ((chunk = first_chunk(dead))) {
		list_del(&chunk->entry);
		call_rcu(&chunk->rcu, chunk_free_rcu);
	}
}

/* Frees one idle chunk, unless a stale hold has just taken from it. */
static void idle_kill(struct iova_domain *iovad, struct iova_chunk *chunk,
		      struct list_head *dead)
{
	idle_leave(iovad, chunk);
	if (!iova_chunk_close(chunk))
		return;
	iova_region_unlink(iovad, chunk);
	list_move(&chunk->entry, dead);
}

/* Frees the chunk that is idle longest, if there are more than are kept. */
static void idle_trim(struct iova_domain *iovad, struct list_head *dead)
{
	unsigned int used = iovad->nr_chunks - iovad->nr_idle;

	if (iovad->nr_idle > min(1 + used / IDLE_SHARE, IDLE_MAX))
		idle_kill(iovad, first_chunk(&iovad->idle), dead);
}

/**
 * iova_pool_settle() - file a chunk after its bits, leases or holders changed
 * @iovad: the domain
 * @chunk: the chunk
 * @dead:  where it goes if there are enough empty ones
 *
 * Context: iova_domain::lock.
 */
void iova_pool_settle(struct iova_domain *iovad, struct iova_chunk *chunk,
		      struct list_head *dead)
{
	lockdep_assert_held(&iovad->lock);
	iova_chunk_file(chunk);
	if (chunk->holders || !iova_chunk_is_empty(chunk)) {
		idle_leave(iovad, chunk);
		return;
	}
	idle_enter(iovad, chunk);
	/* One more is idle, and one less in use: two go at most. */
	idle_trim(iovad, dead);
	idle_trim(iovad, dead);
}

/**
 * iova_pool_announce() - a free made room that nobody knows of
 * @iovad: the domain
 * @chunk: the chunk
 * @w:     the word that was freed in
 *
 * Context: Any; preemption off since before the free.
 */
void iova_pool_announce(struct iova_domain *iovad, struct iova_chunk *chunk,
			unsigned int w)
{
	unsigned long flags;
	LIST_HEAD(dead);

	raw_spin_lock_irqsave(&iovad->lock, flags);
	if (!chunk->dead) {
		if (chunk->open & BIT(w) && !iova_is_silent(chunk->room[w]))
			iova_word_file(chunk, w);
		iova_pool_settle(iovad, chunk, &dead);
	}
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	iova_pool_bury(&dead);
}

static struct iova_chunk *lease_chunk(unsigned long lease)
{
	return (struct iova_chunk *)(lease & ~(IOVA_CHUNK_WORDS - 1UL));
}

static void lease_drop(struct iova_domain *iovad, struct iova_cpu *cpu,
		       unsigned int order, struct list_head *dead)
{
	unsigned long lease = cpu->lease[order];
	struct iova_chunk *chunk = lease_chunk(lease);
	unsigned int last = lease % IOVA_CHUNK_WORDS, w = last;

	if (!lease)
		return;
	WRITE_ONCE(cpu->lease[order], 0);
	iovad->nr_leases--;
	if (chunk->room[last] == IOVA_SILENT_GROUP)
		w -= iova_group_words(order) - 1;
	for (; w <= last; w++)
		iova_word_file(chunk, w);
	iova_pool_settle(iovad, chunk, dead);
}

static void lease_take(struct iova_domain *iovad, struct iova_cpu *cpu,
		       const struct iova_request *rq, struct iova_chunk *chunk,
		       unsigned int w)
{
	unsigned int order = rq->order, words = iova_group_words(order);

	if (words > 1 &&
	    iova_word_base(chunk, (w | (words - 1)) + 1) - 1 <= rq->limit &&
	    iova_group_lease(chunk, w, words))
		w |= words - 1;
	else
		iova_word_lease(chunk, w);
	iovad->nr_leases++;
	/* Whoever follows the lease finds the chunk initialised. */
	smp_store_release(&cpu->lease[order], (unsigned long)chunk | w);
}

static void chunk_expose(struct iova_domain *iovad, struct iova_chunk *chunk)
{
	if (chunk->hint != IOVA_SILENT)
		return;
	set_in_use(iovad, chunk);
	WRITE_ONCE(chunk->hint, 0);
	iova_chunk_file(chunk);
}

static void hold_drop(struct iova_domain *iovad, struct iova_cpu *cpu,
		      struct list_head *dead)
{
	struct iova_chunk *chunk = cpu->hold;

	if (!chunk)
		return;
	WRITE_ONCE(cpu->hold, NULL);
	iovad->nr_leases--;
	if (--chunk->holders)
		return;
	chunk_expose(iovad, chunk);
	iova_pool_settle(iovad, chunk, dead);
}

static void hold_take(struct iova_domain *iovad, struct iova_cpu *cpu,
		      struct iova_chunk *chunk, struct list_head *dead)
{
	if (cpu->hold == chunk)
		return;
	hold_drop(iovad, cpu, dead);
	idle_leave(iovad, chunk);
	iovad->nr_leases++;
	chunk->holders++;
	if (chunk->hint != IOVA_SILENT) {
		WRITE_ONCE(chunk->hint, IOVA_SILENT);
		list_move(&chunk->entry, &iovad->held);
		iova_span_set_room(&chunk->span, 0);
	}
	/* Whoever follows the hold finds the chunk initialised. */
	smp_store_release(&cpu->hold, chunk);
}

/**
 * iova_pool_drain() - take from a CPU what it has on lease
 * @iovad: the domain
 * @cpu:   the CPU's part
 * @dead:  chunks that are to be freed
 *
 * Context: iova_domain::lock.
 */
void iova_pool_drain(struct iova_domain *iovad, struct iova_cpu *cpu,
		     struct list_head *dead)
{
	unsigned int order;

	lockdep_assert_held(&iovad->lock);
	for (order = 0; order < IOVA_WORD_LG2; order++)
		lease_drop(iovad, cpu, order, dead);
	hold_drop(iovad, cpu, dead);
}

/*
 * Makes the chunks that CPUs hold findable for all.  The CPUs go on taking
 * from them, so they may be filed with more room than they have.
 */
static bool expose_held(struct iova_domain *iovad)
{
	struct iova_chunk *chunk;
	bool found = false;

	while ((chunk = first_chunk(&iovad->held))) {
		iova_step(iovad);
		chunk_expose(iovad, chunk);
		found = true;
	}
	return found;
}

/**
 * iova_pool_reclaim() - collect what is free but set aside
 * @iovad: the domain
 * @drain: also what CPUs have on lease
 *
 * Context: Any.
 *
 * Return: whether there was anything.
 */
bool iova_pool_reclaim(struct iova_domain *iovad, bool drain)
{
	struct iova_chunk *chunk;
	unsigned long flags;
	unsigned int cpu;
	LIST_HEAD(dead);
	bool found;

	raw_spin_lock_irqsave(&iovad->lock, flags);
	drain = drain && iovad->nr_leases;
	found = drain || iovad->nr_idle;
	if (drain)
		for_each_possible_cpu(cpu)
			iova_pool_drain(iovad, per_cpu_ptr(iovad->cpus, cpu),
					&dead);
	while ((chunk = first_chunk(&iovad->idle)))
		idle_kill(iovad, chunk, &dead);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	iova_pool_bury(&dead);
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(iova_pool_reclaim);

/*
 * Who allocates, what for, and where the dead go.  When space is tight, no
 * chunk is held, so that the next one who searches finds it.
 */
struct taker {
	struct iova_domain *iovad;
	struct iova_cpu *cpu;
	struct iova_request *rq;
	struct list_head *dead;
	bool tight;
};

static void take_lease(struct taker *taker, struct iova_chunk *chunk,
		       unsigned int w)
{
	unsigned int order = taker->rq->order;

	/* From a word that the limit cuts, nothing more would be taken. */
	if (!taker->cpu ||
	    iova_word_base(chunk, w + 1) - 1 > taker->rq->limit) {
		iova_word_file(chunk, w);
		return;
	}
	lease_drop(taker->iovad, taker->cpu, order, taker->dead);
	lease_take(taker->iovad, taker->cpu, taker->rq, chunk, w);
}

static unsigned long take_from(struct taker *taker, struct iova_chunk *chunk)
{
	struct iova_domain *iovad = taker->iovad;
	struct iova_cpu *cpu = taker->cpu;
	unsigned int order = taker->rq->order;
	unsigned long pfn;

	iova_step(iovad);
	pfn = iova_chunk_take(iovad, chunk, taker->rq);
	if (!pfn) {
		iova_pool_settle(iovad, chunk, taker->dead);
		return 0;
	}
	idle_leave(iovad, chunk);
	if (order < IOVA_WORD_LG2)
		take_lease(taker, chunk, (pfn - chunk->base) >> IOVA_WORD_LG2);
	if (cpu && !taker->tight &&
	    (order >= IOVA_WORD_LG2 || ~atomic_long_read(&chunk->top)))
		hold_take(iovad, cpu, chunk, taker->dead);
	iova_chunk_file(chunk);
	return pfn;
}

static unsigned long take_filed(struct taker *taker)
{
	struct iova_request *rq = taker->rq;
	struct iova_chunk *chunk;
	struct iova_span *span;
	unsigned long pfn;

	for (;;) {
		chunk = iova_find_room(taker->iovad, rq->order, rq->limit);
		if (!chunk)
			break;
		pfn = take_from(taker, chunk);
		if (pfn)
			return pfn;
	}
	span = iova_span_from(taker->iovad, rq->limit + 1);
	if (!span->is_chunk || span->lo > rq->limit || span->room <= rq->order)
		return 0;
	return take_from(taker, iova_span_chunk(span));
}

/* Makes a chunk of the highest gap that the request fits into. */
static unsigned long take_new(struct taker *taker)
{
	struct iova_domain *iovad = taker->iovad;
	struct iova_request *rq = taker->rq;
	struct iova_chunk *chunk = rq->chunk;
	struct iova_region *region;
	struct iova_gap gap;

	if (!iova_find_gap(iovad, 1UL << rq->order, rq->limit, true, &gap))
		return 0;
	region = iova_region_find(iovad, gap.start >> IOVA_REGION_LG2);
	if (!chunk)
		rq->need |= IOVA_NEED_CHUNK;
	if (!region && !rq->region)
		rq->need |= IOVA_NEED_REGION;
	if (rq->need)
		return 0;

	if (!region) {
		struct iova_region **bucket;

		region = rq->region;
		rq->region = NULL;
		memset(region, 0, sizeof(*region));
		region->index = gap.start >> IOVA_REGION_LG2;
		bucket = iova_region_bucket(iovad, region->index);
		region->next = *bucket;
		/* Whoever finds the region finds it initialised. */
		smp_store_release(bucket, region);
	}
	rq->chunk = NULL;
	iova_chunk_init(chunk,
			max(gap.lo, round_down(gap.start, IOVA_CHUNK_SIZE)),
			min(gap.hi, gap.start | (IOVA_CHUNK_SIZE - 1)));
	iova_region_link(iovad, chunk, region);
	return take_from(taker, chunk);
}

static unsigned long attempt(struct iova_domain *iovad, struct iova_request *rq)
{
	struct taker taker = { .iovad = iovad, .rq = rq };
	unsigned long flags, pfn = 0;
	LIST_HEAD(dead);

	taker.dead = &dead;
	raw_spin_lock_irqsave(&iovad->lock, flags);
	if (iovad->cpus && !rq->share)
		taker.cpu = this_cpu_ptr(iovad->cpus);
	if (taker.cpu && taker.cpu->hold)
		pfn = take_from(&taker, taker.cpu->hold);
	if (!pfn)
		pfn = take_filed(&taker);
	if (!pfn)
		pfn = take_new(&taker);
	if (!pfn && (!rq->need || rq->nomem) && expose_held(iovad)) {
		taker.tight = true;
		pfn = take_filed(&taker);
	}
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	iova_pool_bury(&dead);
	return pfn;
}

/* Memory for what an attempt lacked. */
static void provide(struct iova_request *rq)
{
	if (rq->need & IOVA_NEED_CHUNK)
		rq->chunk = iova_slab_alloc(chunk_slab);
	if (rq->need & IOVA_NEED_REGION)
		rq->region = iova_slab_alloc(region_slab);
	rq->nomem = (rq->need & IOVA_NEED_CHUNK && !rq->chunk) ||
		    (rq->need & IOVA_NEED_REGION && !rq->region);
	rq->need = IOVA_NEED_NOTHING;
}

/**
 * iova_pool_alloc() - allocate from a chunk under the lock
 * @iovad: the domain
 * @rq:    what is wanted; its order is at most IOVA_CHUNK_LG2
 *
 * Leaves the CPU with a lease or hold to go on with, unless the request says
 * otherwise.
 *
 * Context: Any.
 *
 * Return: the first granule, or 0 if there is no room.
 */
unsigned long iova_pool_alloc(struct iova_domain *iovad,
			      struct iova_request *rq)
{
	unsigned long pfn = attempt(iovad, rq);

	while (!pfn && rq->need && !rq->nomem) {
		provide(rq);
		pfn = attempt(iovad, rq);
	}
	if (rq->chunk)
		kmem_cache_free(chunk_slab, rq->chunk);
	if (rq->region)
		kmem_cache_free(region_slab, rq->region);
	rq->chunk = NULL;
	rq->region = NULL;
	return pfn;
}

/**
 * iova_pool_free_chunk() - free a chunk that nobody can reach any more
 * @chunk: the chunk
 *
 * Context: Any; nobody uses the domain.
 */
void iova_pool_free_chunk(struct iova_chunk *chunk)
{
	kmem_cache_free(chunk_slab, chunk);
}

/**
 * iova_pool_free() - free the memory of regions; all chunks are gone
 * @iovad: the domain
 *
 * Context: Any; nobody uses the domain.
 */
void iova_pool_free(struct iova_domain *iovad)
{
	unsigned int i;

	for (i = 0; i < IOVA_REGION_BUCKETS; i++) {
		struct iova_region *region = iovad->regions[i], *next;

		for (; region; region = next) {
			next = region->next;
			kmem_cache_free(region_slab, region);
		}
		iovad->regions[i] = NULL;
	}
}

/**
 * iova_pool_setup() - make the slabs of chunks and regions
 *
 * Context: May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int iova_pool_setup(void)
{
	/* The number of a word goes into the low bits of a chunk's address. */
	BUILD_BUG_ON(__alignof__(struct iova_chunk) < IOVA_CHUNK_WORDS);

	chunk_slab = KMEM_CACHE(iova_chunk, 0);
	if (!chunk_slab)
		return -ENOMEM;
	region_slab = KMEM_CACHE(iova_region, 0);
	if (region_slab)
		return 0;
	kmem_cache_destroy(chunk_slab);
	return -ENOMEM;
}

/**
 * iova_pool_cleanup() - undo iova_pool_setup()
 *
 * Context: May sleep.
 */
void iova_pool_cleanup(void)
{
	/* Chunks may still wait for their grace period. */
	rcu_barrier();
	kmem_cache_destroy(region_slab);
	kmem_cache_destroy(chunk_slab);
}
