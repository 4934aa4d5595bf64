/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects, owners and locks of the I/O address allocator.
 *
 * domain   struct iova_domain, embedded in its user's structure.  Owns all
 *          that follows and frees it in put_iova_domain().
 * span     a part of the space that is not a gap; in one ordered tree.  A
 *          span is a chunk or a run.
 * chunk    IOVA_CHUNK_SIZE granules, aligned to that (its window), or the part
 *          of such a window that was a gap when the chunk was made.  Its bits
 *          say which granules are taken.  Freed after an RCU grace period.
 * run      a whole range that was taken from a gap.  Freed at once.
 * object   struct iova, for callers that want one, and for ranges across the
 *          seam of a chunk; in a tree of its own.
 * region   the chunks of IOVA_REGION_CHUNKS windows, by window.  Never freed
 *          before the domain.
 * lease    a word of a chunk that one CPU allocates requests of one order
 *          from, or an aligned group of words for the largest of these orders;
 *          the CPU owns it until it or the domain's lock revokes it.
 * hold     a chunk that a CPU allocates from by the word.
 *
 * One lock: iova_domain::lock, raw, taken with interrupts off, held for
 * O(log spans) steps.  Memory is allocated and freed outside of it.
 *
 * Without the lock:
 *  - bits of a chunk are claimed by compare-and-exchange and cleared by one
 *    fetch-and-not, so leases and holds are about speed and never about
 *    safety: whoever claims a bit owns it;
 *  - a pointer from a lease, a hold or a region is followed with preemption
 *    off, which is an RCU reader: the chunk stays until that ends.
 *
 * Announcing.  What a chunk has room for is filed: by word in the chunk, by
 * chunk in the tree.  A claim makes filed room too large, and whoever comes by
 * it and fails files it anew.  A free may make it too small, and that would
 * lose space, so the one who frees looks at a hint (iova_chunk::room,
 * iova_chunk::hint) after it cleared the bits, and announces a block that is
 * larger than what the hint says.  The filer resets the hint, passes a full
 * barrier, reads the bits, and writes the hint.  fetch-and-not is a full
 * barrier, too: one of both sees what the other wrote.  A leased word or a
 * held chunk needs no announcement, because giving it up files it.
 */

#ifndef _IOVA_PRIV_H_
#define _IOVA_PRIV_H_

#include <linux/atomic.h>
#include <linux/iova.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

/* A word is what one atomic operation covers; a chunk is a word of words. */
#define IOVA_WORD_LG2		ilog2(BITS_PER_LONG)
#define IOVA_WORD_SIZE		BITS_PER_LONG
#define IOVA_CHUNK_LG2		(2 * IOVA_WORD_LG2)
#define IOVA_CHUNK_SIZE		BIT(IOVA_CHUNK_LG2)
#define IOVA_CHUNK_WORDS	BITS_PER_LONG
#define IOVA_REGION_CHUNKS	BITS_PER_LONG
#define IOVA_REGION_LG2		(IOVA_CHUNK_LG2 + IOVA_WORD_LG2)

/* Requests up to this order are taken from chunks: 2 MiB at 4 KiB. */
#define IOVA_FAST_LG2		9

/*
 * iova_chunk::room: the word is on lease, by itself or with its group;
 * iova_chunk::hint: somebody holds.
 */
#define IOVA_SILENT		0xfe
#define IOVA_SILENT_GROUP	0xff

/**
 * struct iova_chunk - granules that are taken and freed by bits
 * @span:    place among the spans; constant while linked, but for the tree
 * @base:    first granule of the window; constant
 * @top:     bit w: word w is not free as a whole, for it is taken, open, or
 *           not wholly inside of @span; atomic
 * @outside: bit w: word w is not wholly inside of @span; constant
 * @sibling: next chunk of the same window; RCU, written under the lock
 * @entry:   on iova_domain::held or ::idle or among the dead; else on ::partial
 *           if @outside is not 0, or empty; lock
 * @rcu:     after death
 * @holders: CPUs whose hold this is; lock
 * @hint:    order that the tree has it under, plus one; IOVA_SILENT while
 *           frees need not be announced.  Written under the lock
 * @idle:    on iova_domain::idle; lock
 * @dead:    not in the tree any more; lock
 * @open:    bit w: word w is used by bits; lock
 * @avail:   bit w of entry k: word w is open, not on lease, and its largest
 *           free block is of order k; lock
 * @room:    per word: order that it is filed under, plus one, or IOVA_SILENT
 *           while it is on lease; 0 has every free announced.  Written under
 *           the lock
 * @word:    bit g: granule g of the word is taken.  All ones unless open;
 *           atomic
 */
struct iova_chunk {
	struct iova_span	span;
	unsigned long		base;
	atomic_long_t		top;
	unsigned long		outside;
	struct iova_chunk	*sibling;
	union {
		struct list_head	entry;
		struct rcu_head		rcu;
	};
	unsigned int		holders;
	u8			hint;
	bool			idle;
	bool			dead;
	unsigned long		open;
	unsigned long		avail[IOVA_WORD_LG2];
	u8			room[IOVA_CHUNK_WORDS];
	atomic_long_t		word[IOVA_CHUNK_WORDS] __aligned(64);
};

/**
 * struct iova_run - a range that was taken from a gap as a whole
 * @span: the range
 * @next: on a list of spare or dead runs
 */
struct iova_run {
	struct iova_span	span;
	struct iova_run		*next;
};

/**
 * struct iova_region - where the chunks of a part of the space are
 * @next:  next region of the same bucket; constant once linked
 * @index: pfn >> IOVA_REGION_LG2; constant
 * @slot:  first chunk of each window; RCU, written under the lock
 */
struct iova_region {
	struct iova_region	*next;
	unsigned long		index;
	struct iova_chunk	*slot[IOVA_REGION_CHUNKS];
};

/**
 * struct iova_cpu - what one CPU has on lease
 * @lease:  per order: a chunk's address with the number of a word, the last of
 *          its group, in its low bits; 0 for none.  Written under the lock
 * @hold:   the chunk that it takes whole words from; written under the lock
 * @region: where it freed last; any value is right
 */
struct iova_cpu {
	unsigned long		lease[IOVA_WORD_LG2];
	struct iova_chunk	*hold;
	struct iova_region	*region;
};

/**
 * iova_group_words() - how many words a lease is for at most
 * @order: of the requests that are taken from it
 *
 * A word holds 4 ranges of order 4 and 2 of order 5.  A group of words holds
 * as many of these as a word does of order 2, so that the lock is taken as
 * rarely.
 *
 * Return: words, a power of two.
 */
static inline unsigned int iova_group_words(unsigned int order)
{
	return order < IOVA_WORD_LG2 - 2 ? 1 : 1U << (order - 2);
}

/* iova_request::need */
#define IOVA_NEED_NOTHING	0U
#define IOVA_NEED_CHUNK		BIT(0)
#define IOVA_NEED_REGION	BIT(1)

/**
 * struct iova_request - an allocation on its way through the slow path
 * @size:   granules
 * @limit:  last granule that may be used
 * @order:  of the alignment and of the block that must be free
 * @share:  take without lease or hold, as when space is short
 * @nomem:  memory is exhausted: make do with the chunks that are there
 * @need:   what the last attempt lacked memory for
 * @chunk:  memory for a chunk, or NULL
 * @region: memory for a region, or NULL
 */
struct iova_request {
	unsigned long		size;
	unsigned long		limit;
	unsigned int		order;
	bool			share;
	bool			nomem;
	unsigned int		need;
	struct iova_chunk	*chunk;
	struct iova_region	*region;
};

/**
 * struct iova_gap - a gap that was found, and the place in it
 * @lo:    first granule of the gap
 * @hi:    last granule of the gap, which may be beyond the limit
 * @start: where the request begins: as high as it can be
 */
struct iova_gap {
	unsigned long		lo;
	unsigned long		hi;
	unsigned long		start;
};

static inline bool iova_is_silent(unsigned int room)
{
	return room >= IOVA_SILENT;
}

extern const unsigned long iova_block_starts[IOVA_WORD_LG2 + 1];

#if IS_ENABLED(CONFIG_IOMMU_IOVA_KUNIT_TEST)
static inline void iova_step(struct iova_domain *iovad)
{
	iovad->steps++;
}
#else
static inline void iova_step(struct iova_domain *iovad)
{
}
#endif

/**
 * iova_order() - order of the block that a request needs
 * @size: granules, not 0 and not above LONG_MAX
 *
 * Return: base-2 logarithm of @size, rounded up.
 */
static inline unsigned int iova_order(unsigned long size)
{
	return fls_long(size - 1);
}

/**
 * iova_mask_bits() - the lowest bits of a word
 * @bits: how many, 1 to BITS_PER_LONG
 *
 * Return: the mask.
 */
static inline unsigned long iova_mask_bits(unsigned long bits)
{
	return ~0UL >> (BITS_PER_LONG - bits);
}

/**
 * iova_free_blocks() - where a word has free, naturally aligned blocks
 * @taken: the word
 * @order: of the blocks, up to IOVA_WORD_LG2
 *
 * Return: the first bits of the blocks.
 */
static inline unsigned long iova_free_blocks(unsigned long taken,
					     unsigned int order)
{
	unsigned long free = ~taken;

	if (!order)
		return free;
	/*
	 * Bit n says after the step of order k whether 2^k bits from n on are
	 * free.  Written out, because most requests need few steps and a loop
	 * costs more than they do.
	 */
	free &= free >> 1;
	if (order > 1)
		free &= free >> 2;
	if (order > 2)
		free &= free >> 4;
	if (order > 3)
		free &= free >> 8;
	if (order > 4)
		free &= free >> 16;
#if BITS_PER_LONG == 64
	if (order > 5)
		free &= free >> 32;
#endif
	return free & iova_block_starts[order];
}

/**
 * iova_block_mask() - the block around a bit
 * @bit:   a bit of a word
 * @order: of the block, up to IOVA_WORD_LG2
 *
 * Return: the bits of the block.
 */
static inline unsigned long iova_block_mask(unsigned int bit,
					    unsigned int order)
{
	return iova_mask_bits(1UL << order) << (bit & ~((1U << order) - 1));
}

/**
 * iova_claim() - take a block of a word, the highest that is free
 * @word:  the word
 * @order: of the block that must be free
 * @bits:  how many of its bits to take
 * @allow: in which bits the block may begin
 *
 * Acquire: what the last owner did before it freed the bits is over.
 *
 * Return: the first bit taken, or -1.
 */
static inline int iova_claim(atomic_long_t *word, unsigned int order,
			     unsigned long bits, unsigned long allow)
{
	unsigned long mask = iova_mask_bits(bits);
	long old = atomic_long_read(word);
	unsigned long blocks;
	int bit;

	do {
		blocks = iova_free_blocks(old, order) & allow;
		if (!blocks)
			return -1;
		bit = __fls(blocks);
	} while (!atomic_long_try_cmpxchg_acquire(word, &old,
						  old | (mask << bit)));
	return bit;
}

/**
 * iova_words() - whole words that a request takes
 * @size: granules
 *
 * Return: words.
 */
static inline unsigned long iova_words(unsigned long size)
{
	return (size + IOVA_WORD_SIZE - 1) >> IOVA_WORD_LG2;
}

/**
 * iova_chunk_holds() - whether a granule belongs to a chunk
 * @chunk: the chunk
 * @pfn:   the granule
 *
 * Return: true if so.
 */
static inline bool iova_chunk_holds(const struct iova_chunk *chunk,
				    unsigned long pfn)
{
	return pfn - chunk->span.lo <= chunk->span.hi - chunk->span.lo;
}

/**
 * iova_word_of() - the word of its window that a granule is in
 * @pfn: the granule
 *
 * Return: number of the word.
 */
static inline unsigned int iova_word_of(unsigned long pfn)
{
	return (pfn >> IOVA_WORD_LG2) % IOVA_CHUNK_WORDS;
}

/**
 * iova_word_is_cut() - whether some of a granule's word is outside of a chunk
 * @chunk: a chunk of the granule's window
 * @pfn:   the granule
 *
 * Return: true if so; the granule itself may be inside then.
 */
static inline bool iova_word_is_cut(const struct iova_chunk *chunk,
				    unsigned long pfn)
{
	return chunk->outside >> iova_word_of(pfn) & 1;
}

/**
 * iova_word_base() - first granule of a word
 * @chunk: the chunk
 * @w:     the word
 *
 * Return: its number.
 */
static inline unsigned long iova_word_base(const struct iova_chunk *chunk,
					   unsigned int w)
{
	return chunk->base + ((unsigned long)w << IOVA_WORD_LG2);
}

/**
 * iova_region_slot() - where a region has the chunks of a window
 * @region: the region
 * @pfn:    a granule of the window
 *
 * Return: the slot.
 */
static inline struct iova_chunk **iova_region_slot(struct iova_region *region,
						   unsigned long pfn)
{
	return &region->slot[(pfn >> IOVA_CHUNK_LG2) % IOVA_REGION_CHUNKS];
}

static inline struct iova_chunk *iova_span_chunk(struct iova_span *span)
{
	return container_of(span, struct iova_chunk, span);
}

static inline struct iova_run *iova_span_run(struct iova_span *span)
{
	return container_of(span, struct iova_run, span);
}

/* span.c */
unsigned long iova_gap_fit(unsigned long lo, unsigned long end);
void iova_spans_init(struct iova_domain *iovad);
void iova_span_insert(struct iova_domain *iovad, struct iova_span *span,
		      unsigned long lo, unsigned long hi);
void iova_span_erase(struct iova_domain *iovad, struct iova_span *span);
void iova_span_set_room(struct iova_span *span, u8 room);
struct iova_span *iova_span_from(struct iova_domain *iovad, unsigned long pfn);
struct iova_span *iova_span_next(struct iova_span *span);
struct iova_chunk *iova_find_room(struct iova_domain *iovad, unsigned int order,
				  unsigned long limit);
bool iova_find_gap(struct iova_domain *iovad, unsigned long size,
		   unsigned long limit, bool aligned, struct iova_gap *gap);

/* chunk.c */
void iova_chunk_init(struct iova_chunk *chunk, unsigned long lo,
		     unsigned long hi);
unsigned long iova_chunk_take(struct iova_domain *iovad,
			      struct iova_chunk *chunk,
			      const struct iova_request *rq);
bool iova_chunk_take_range(struct iova_domain *iovad, struct iova_chunk *chunk,
			   unsigned long lo, unsigned long hi);
void iova_chunk_give_range(struct iova_domain *iovad, struct iova_chunk *chunk,
			   unsigned long lo, unsigned long hi);
void iova_chunk_file(struct iova_chunk *chunk);
void iova_word_file(struct iova_chunk *chunk, unsigned int w);
void iova_word_lease(struct iova_chunk *chunk, unsigned int w);
bool iova_group_lease(struct iova_chunk *chunk, unsigned int w,
		      unsigned int words);
bool iova_chunk_is_empty(struct iova_chunk *chunk);
bool iova_chunk_close(struct iova_chunk *chunk);

/* region.c; all but iova_region_chunk() under the domain's lock */
struct iova_region **iova_region_bucket(struct iova_domain *iovad,
					unsigned long index);
struct iova_region *iova_region_find(struct iova_domain *iovad,
				     unsigned long index);
struct iova_chunk *iova_region_chunk(struct iova_domain *iovad,
				     unsigned long pfn);
void iova_region_link(struct iova_domain *iovad, struct iova_chunk *chunk,
		      struct iova_region *region);
void iova_region_unlink(struct iova_domain *iovad, struct iova_chunk *chunk);

/* seam.c */
unsigned long iova_seam_alloc(struct iova_domain *iovad,
			      const struct iova_request *rq);

/* pool.c */
void *iova_slab_alloc(struct kmem_cache *slab);
unsigned long iova_pool_alloc(struct iova_domain *iovad,
			      struct iova_request *rq);
void iova_pool_announce(struct iova_domain *iovad, struct iova_chunk *chunk,
			unsigned int w);
void iova_pool_settle(struct iova_domain *iovad, struct iova_chunk *chunk,
		      struct list_head *dead);
void iova_pool_drain(struct iova_domain *iovad, struct iova_cpu *cpu,
		     struct list_head *dead);
bool iova_pool_reclaim(struct iova_domain *iovad, bool drain);
void iova_pool_bury(struct list_head *dead);
void iova_pool_free_chunk(struct iova_chunk *chunk);
void iova_pool_free(struct iova_domain *iovad);
int iova_pool_setup(void);
void iova_pool_cleanup(void);

/* range.c */
unsigned long iova_run_alloc(struct iova_domain *iovad, unsigned long size,
			     unsigned long limit, bool aligned);
bool iova_run_free(struct iova_domain *iovad, unsigned long pfn,
		   unsigned long size);
bool iova_object_take(struct iova_domain *iovad, unsigned long lo,
		      unsigned long hi);
bool iova_object_free(struct iova_domain *iovad, unsigned long pfn,
		      unsigned long size);
void iova_range_free(struct iova_domain *iovad);
int iova_range_setup(void);
void iova_range_cleanup(void);

/* cache.c */
void iova_cache_release(struct iova_domain *iovad);
int iova_cpu_dead(unsigned int cpu, struct hlist_node *node);

#endif
