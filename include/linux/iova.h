/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges of I/O addresses: an allocator that knows nothing of its user.
 *
 * Addresses are counted in granules; the number of a granule is called its
 * pfn.  See Documentation/driver-api/iommu/iova.rst for the design.
 */

#ifndef _IOVA_H_
#define _IOVA_H_

#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

struct iova_chunk;
struct iova_cpu;
struct iova_region;

/**
 * struct iova - a range handed out by alloc_iova() or kept by reserve_iova()
 * @node:   private: links the range in its domain
 * @pfn_hi: last granule of the range
 * @pfn_lo: first granule of the range
 *
 * Belongs to the domain; the caller reads it and gives it back by
 * __free_iova() or free_iova().
 */
struct iova {
	struct rb_node	node;
	unsigned long	pfn_hi;
	unsigned long	pfn_lo;
};

/**
 * struct iova_span_max - what the best of a subtree of spans offers
 * @gap:  granules in the longest gap
 * @fit:  largest request, naturally aligned, that a gap holds
 * @room: largest order that a chunk holds, plus one; 0 for none
 */
struct iova_span_max {
	unsigned long	gap;
	unsigned long	fit;
	u8		room;
};

/**
 * struct iova_span - a part of the space that is not a gap
 * @node:     place in the ordered tree
 * @lo:       first granule, constant while linked
 * @hi:       last granule, constant while linked
 * @gap_lo:   where the gap before @lo begins; equal to @lo if there is none
 * @max:      best of this span and of all below it in the tree
 * @room:     for a chunk, its order to be found by, plus one; else 0
 * @is_chunk: a struct iova_chunk contains this span
 *
 * Private to the allocator.  Locks: all under iova_domain::lock.
 */
struct iova_span {
	struct rb_node		node;
	unsigned long		lo;
	unsigned long		hi;
	unsigned long		gap_lo;
	struct iova_span_max	max;
	u8			room;
	bool			is_chunk;
};

#define IOVA_REGION_BUCKETS	16

/* Neighbours in one aligned block of this many granules: see free_iova_block() */
#define IOVA_BLOCK_SIZE		BITS_PER_LONG

/**
 * struct iova_domain - one space of I/O addresses
 * @granule:   bytes in a granule, a power of two; constant after init
 * @start_pfn: first granule that may be handed out; constant after init
 * @cpus:      private: what each CPU holds; NULL without per-CPU leases
 * @regions:   private: from a pfn to its chunk; written under @lock, entries
 *             are never removed before put_iova_domain()
 * @lock:      private: guards everything below
 * @spans:     private: chunks and runs by address
 * @anchor:    private: ends @spans, so that each gap has a span after it
 * @objects:   private: every struct iova of the domain by address
 * @held:      private: chunks whose frees announce nothing
 * @idle:      private: empty chunks kept for reuse
 * @partial:   private: other chunks that do not have the whole of their window
 * @nr_chunks: private: chunks in @spans
 * @nr_idle:   private: chunks on @idle
 * @nr_partial: private: chunks that do not have the whole of their window
 * @nr_leases: private: words and chunks that CPUs have on lease
 * @cpuhp_dead: private: hears of CPUs that go
 * @steps:     private: work done under @lock, for the tests
 *
 * Embedded by value in the user's structure.  Users read @granule and
 * @start_pfn, nothing else.
 */
struct iova_domain {
	unsigned long		granule;
	unsigned long		start_pfn;
	struct iova_cpu __percpu *cpus;
	struct iova_region	*regions[IOVA_REGION_BUCKETS];

	raw_spinlock_t		lock;
	struct rb_root		spans;
	struct iova_span	anchor;
	struct rb_root		objects;
	struct list_head	held;
	struct list_head	idle;
	struct list_head	partial;
	unsigned int		nr_chunks;
	unsigned int		nr_idle;
	unsigned int		nr_partial;
	unsigned int		nr_leases;
	struct hlist_node	cpuhp_dead;
#if IS_ENABLED(CONFIG_IOMMU_IOVA_KUNIT_TEST)
	unsigned long		steps;
#endif
};

/**
 * iova_shift() - base-2 logarithm of the granule
 * @iovad: the domain
 *
 * Return: the logarithm.
 */
static inline unsigned long iova_shift(struct iova_domain *iovad)
{
	return __ffs(iovad->granule);
}

/**
 * iova_pfn() - the granule that an I/O address lies in
 * @iovad: the domain
 * @addr:  an I/O address
 *
 * Return: its number.
 */
static inline unsigned long iova_pfn(struct iova_domain *iovad, dma_addr_t addr)
{
	return addr >> iova_shift(iovad);
}

/**
 * iova_mask() - the address bits inside a granule
 * @iovad: the domain
 *
 * Return: the mask.
 */
static inline unsigned long iova_mask(struct iova_domain *iovad)
{
	return iovad->granule - 1;
}

/**
 * iova_dma_addr() - the I/O address at which a range begins
 * @iovad: the domain
 * @iova:  the range
 *
 * Return: the address.
 */
static inline dma_addr_t iova_dma_addr(struct iova_domain *iovad,
				       struct iova *iova)
{
	return (dma_addr_t)iova->pfn_lo << iova_shift(iovad);
}

/**
 * iova_offset() - bytes from the start of its granule to an address
 * @iovad: the domain
 * @addr:  an I/O address
 *
 * Return: bytes.
 */
static inline size_t iova_offset(struct iova_domain *iovad, dma_addr_t addr)
{
	return addr & iova_mask(iovad);
}

/**
 * iova_size() - how many granules a range has
 * @iova: the range
 *
 * Return: granules.
 */
static inline unsigned long iova_size(struct iova *iova)
{
	return iova->pfn_hi - iova->pfn_lo + 1;
}

/**
 * iova_align_down() - round bytes down to whole granules
 * @iovad: the domain
 * @size:  bytes
 *
 * Return: bytes.
 */
static inline size_t iova_align_down(struct iova_domain *iovad, size_t size)
{
	return ALIGN_DOWN(size, iovad->granule);
}

/**
 * iova_align() - round bytes up to whole granules
 * @iovad: the domain
 * @size:  bytes
 *
 * Return: bytes.
 */
static inline size_t iova_align(struct iova_domain *iovad, size_t size)
{
	return ALIGN(size, iovad->granule);
}

#if IS_REACHABLE(CONFIG_IOMMU_IOVA)
int iova_cache_get(void);
void iova_cache_put(void);

unsigned long iova_rcache_range(void);

void init_iova_domain(struct iova_domain *iovad, unsigned long granule,
		      unsigned long start_pfn);
int iova_domain_init_rcaches(struct iova_domain *iovad);
void put_iova_domain(struct iova_domain *iovad);

struct iova *alloc_iova(struct iova_domain *iovad, unsigned long size,
			unsigned long limit_pfn, bool size_aligned);
struct iova *reserve_iova(struct iova_domain *iovad, unsigned long pfn_lo,
			  unsigned long pfn_hi);
struct iova *find_iova(struct iova_domain *iovad, unsigned long pfn);
void free_iova(struct iova_domain *iovad, unsigned long pfn);
void __free_iova(struct iova_domain *iovad, struct iova *iova);

unsigned long alloc_iova_fast(struct iova_domain *iovad, unsigned long size,
			      unsigned long limit_pfn, bool flush_rcache);
void free_iova_fast(struct iova_domain *iovad, unsigned long pfn,
		    unsigned long size);
void free_iova_block(struct iova_domain *iovad, unsigned long pfn,
		     unsigned long size, unsigned long starts);
#else
static inline void iova_cache_put(void)
{
}

static inline int iova_cache_get(void)
{
	return -ENOTSUPP;
}

static inline void put_iova_domain(struct iova_domain *iovad)
{
}

static inline void free_iova(struct iova_domain *iovad, unsigned long pfn)
{
}

static inline void __free_iova(struct iova_domain *iovad, struct iova *iova)
{
}

static inline struct iova *find_iova(struct iova_domain *iovad,
				     unsigned long pfn)
{
	return NULL;
}

static inline void free_iova_fast(struct iova_domain *iovad,
				  unsigned long pfn,
				  unsigned long size)
{
}

static inline void init_iova_domain(struct iova_domain *iovad,
				    unsigned long granule,
				    unsigned long start_pfn)
{
}

static inline struct iova *reserve_iova(struct iova_domain *iovad,
					unsigned long pfn_lo,
					unsigned long pfn_hi)
{
	return NULL;
}

static inline struct iova *alloc_iova(struct iova_domain *iovad,
				      unsigned long size,
				      unsigned long limit_pfn,
				      bool size_aligned)
{
	return NULL;
}

static inline unsigned long alloc_iova_fast(struct iova_domain *iovad,
					    unsigned long size,
					    unsigned long limit_pfn,
					    bool flush_rcache)
{
	return 0;
}

#endif

#endif
