// SPDX-License-Identifier: GPL-2.0
/*
 * One chunk: blocks of its bits are taken and given back, and what is left is
 * filed.
 *
 * Orders up to a word's are taken in open words, bit by bit.  Larger ones are
 * taken in iova_chunk::top, where a bit stands for a word.  A word that is not
 * open has all its bits set, so that a CPU whose lease is stale finds nothing
 * in it.
 */

#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/string.h>

#include "iova-priv.h"

/* Where a naturally aligned block of each order may begin in a word. */
#define BLOCK_STARTS(order) \
	(~0UL / (~0UL >> (BITS_PER_LONG - (1UL << (order)))))

const unsigned long iova_block_starts[IOVA_WORD_LG2 + 1] = {
	BLOCK_STARTS(0), BLOCK_STARTS(1), BLOCK_STARTS(2), BLOCK_STARTS(3),
	BLOCK_STARTS(4), BLOCK_STARTS(5),
#if BITS_PER_LONG == 64
	BLOCK_STARTS(6),
#endif
};
EXPORT_SYMBOL_IF_KUNIT(iova_block_starts);

/* The bits of positions @lo to @hi of what begins at @base, cut to a word. */
static unsigned long cut_mask(unsigned long base, unsigned int unit_lg2,
			      unsigned long lo, unsigned long hi)
{
	unsigned long first, last;

	if (hi < base)
		return 0;
	first = lo > base ? (lo - base) >> unit_lg2 : 0;
	last = (hi - base) >> unit_lg2;
	if (first >= BITS_PER_LONG)
		return 0;
	last = min(last, BITS_PER_LONG - 1UL);
	return iova_mask_bits(last - first + 1) << first;
}

/* The bits of a word that lie outside of the chunk's span. */
static unsigned long word_outside(const struct iova_chunk *chunk,
				  unsigned int w)
{
	return ~cut_mask(iova_word_base(chunk, w), 0, chunk->span.lo, chunk->span.hi);
}

/* The words that a request may use, wholly or in part. */
static unsigned long words_below(const struct iova_chunk *chunk,
				 unsigned long limit)
{
	return cut_mask(chunk->base, IOVA_WORD_LG2, chunk->base, limit);
}

/* Where a request of @size may begin, in units of @unit_lg2 after @base. */
static unsigned long starts_below(unsigned long base, unsigned int unit_lg2,
				  unsigned long limit, unsigned long size)
{
	if (limit < base || limit - base < size - 1)
		return 0;
	return cut_mask(base, unit_lg2, base, limit - (size - 1));
}

/* Largest order, plus one, of the free aligned blocks of a word. */
static unsigned int free_order(unsigned long taken)
{
	unsigned long blocks = ~taken;
	unsigned int room = 0;

	while (blocks) {
		room++;
		if (room > IOVA_WORD_LG2)
			break;
		blocks &= blocks >> (1U << (room - 1));
		blocks &= iova_block_starts[room];
	}
	return room;
}

static void word_unfile(struct iova_chunk *chunk, unsigned int w)
{
	unsigned int room = chunk->room[w], k;

	if (iova_is_silent(room))
		return;
	if (room)
		chunk->avail[room - 1] &= ~BIT(w);
	if (!(chunk->outside & BIT(w)))
		return;
	/* The hint of a word at the edge does not say where it is filed. */
	for (k = 0; k < IOVA_WORD_LG2; k++)
		chunk->avail[k] &= ~BIT(w);
}

/* An open word without a taken bit becomes free as a whole. */
static bool word_close(struct iova_chunk *chunk, unsigned int w)
{
	long empty = 0;

	if (!atomic_long_try_cmpxchg(&chunk->word[w], &empty, ~0L))
		return false;
	chunk->open &= ~BIT(w);
	atomic_long_andnot(BIT(w), &chunk->top);
	return true;
}

/**
 * iova_word_file() - find out what an open word has room for, and remember it
 * @chunk: the chunk
 * @w:     the word: open, not on lease (any more)
 *
 * Closes the word if nothing in it is taken.
 *
 * Context: iova_domain::lock.
 */
void iova_word_file(struct iova_chunk *chunk, unsigned int w)
{
	bool edge = chunk->outside & BIT(w);
	unsigned long taken;
	unsigned int room;

	word_unfile(chunk, w);
	WRITE_ONCE(chunk->room[w], 0);
	/* Frees that do not see the 0 are seen here; others announce. */
	smp_mb();
	taken = atomic_long_read(&chunk->word[w]);
	if (!taken && word_close(chunk, w))
		return;
	room = min_t(unsigned int, free_order(taken), IOVA_WORD_LG2);
	if (room)
		chunk->avail[room - 1] |= BIT(w);
	/*
	 * Of a word at the edge every free is announced, because it is empty
	 * without being 0, and the chunk may be empty then.
	 */
	if (!edge)
		WRITE_ONCE(chunk->room[w], room);
}
EXPORT_SYMBOL_IF_KUNIT(iova_word_file);

/**
 * iova_word_lease() - hand an open word to a CPU
 * @chunk: the chunk
 * @w:     the word
 *
 * Context: iova_domain::lock.
 */
void iova_word_lease(struct iova_chunk *chunk, unsigned int w)
{
	word_unfile(chunk, w);
	WRITE_ONCE(chunk->room[w], IOVA_SILENT);
}
EXPORT_SYMBOL_IF_KUNIT(iova_word_lease);

static void word_open(struct iova_chunk *chunk, unsigned int w,
		      unsigned long taken)
{
	chunk->open |= BIT(w);
	WRITE_ONCE(chunk->room[w], 0);
	atomic_long_set_release(&chunk->word[w], taken);
}

/**
 * iova_group_lease() - hand a word to a CPU with those around it
 * @chunk: the chunk
 * @w:     the word: open, not on lease
 * @words: how many words the aligned group has that it belongs to
 *
 * Context: iova_domain::lock.
 *
 * Return: false, with nothing changed, unless all others of the group are free
 * as a whole.
 */
bool iova_group_lease(struct iova_chunk *chunk, unsigned int w,
		      unsigned int words)
{
	unsigned int first = w & ~(words - 1), x;
	unsigned long others = (iova_mask_bits(words) << first) & ~BIT(w);
	unsigned long busy;

	/* Words that are not wholly the chunk's are not free in its top. */
	busy = atomic_long_fetch_or(others, &chunk->top) & others;
	if (busy) {
		atomic_long_andnot(others & ~busy, &chunk->top);
		return false;
	}
	iova_word_lease(chunk, w);
	for (x = first; x < first + words; x++) {
		if (x != w)
			word_open(chunk, x, 0);
		WRITE_ONCE(chunk->room[x], IOVA_SILENT_GROUP);
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(iova_group_lease);

/**
 * iova_chunk_init() - a chunk of which everything is free
 * @chunk: memory of it
 * @lo:    its first granule
 * @hi:    its last granule, of the same window
 */
void iova_chunk_init(struct iova_chunk *chunk, unsigned long lo,
		     unsigned long hi)
{
	unsigned int w;

	memset(chunk, 0, offsetof(struct iova_chunk, word));
	memset(chunk->word, 0xff, sizeof(chunk->word));
	INIT_LIST_HEAD(&chunk->entry);
	chunk->base = lo & ~(IOVA_CHUNK_SIZE - 1);
	chunk->span.lo = lo;
	chunk->span.hi = hi;
	chunk->span.is_chunk = true;

	for (w = 0; w < IOVA_CHUNK_WORDS; w++)
		if (word_outside(chunk, w))
			chunk->outside |= BIT(w);
	atomic_long_set(&chunk->top, chunk->outside);
	for (w = 0; w < IOVA_CHUNK_WORDS; w++) {
		if (!(chunk->outside & BIT(w)) || !~word_outside(chunk, w))
			continue;
		word_open(chunk, w, word_outside(chunk, w));
		iova_word_file(chunk, w);
	}
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_init);

/* The best word on file: the tightest order, then the highest address. */
static int pick_word(const struct iova_chunk *chunk, unsigned int order,
		     unsigned long words)
{
	unsigned int k;

	for (k = order; k < IOVA_WORD_LG2; k++)
		if (chunk->avail[k] & words)
			return __fls(chunk->avail[k] & words);
	return -1;
}

static unsigned long take_in_word(struct iova_chunk *chunk, unsigned int w,
				  const struct iova_request *rq)
{
	unsigned long base = iova_word_base(chunk, w);
	unsigned long allow = starts_below(base, 0, rq->limit, rq->size);
	int bit = iova_claim(&chunk->word[w], rq->order, rq->size, allow);

	return bit < 0 ? 0 : base + bit;
}

static unsigned long take_bits(struct iova_domain *iovad,
			       struct iova_chunk *chunk,
			       const struct iova_request *rq)
{
	unsigned long words = words_below(chunk, rq->limit);
	unsigned long pfn;
	int w;

	while ((w = pick_word(chunk, rq->order, words)) >= 0) {
		iova_step(iovad);
		pfn = take_in_word(chunk, w, rq);
		if (pfn)
			return pfn;
		/* The limit cuts the block off, or a stale lease took it. */
		words &= ~BIT(w);
		iova_word_file(chunk, w);
	}

	words = starts_below(chunk->base, IOVA_WORD_LG2, rq->limit, rq->size);
	w = iova_claim(&chunk->top, 0, 1, words);
	if (w < 0)
		return 0;
	word_open(chunk, w, 0);
	pfn = take_in_word(chunk, w, rq);
	if (!pfn)
		iova_word_file(chunk, w);
	return pfn;
}

static unsigned long take_words(struct iova_chunk *chunk,
				const struct iova_request *rq)
{
	unsigned long allow = starts_below(chunk->base, IOVA_WORD_LG2,
					   rq->limit, rq->size);
	int w = iova_claim(&chunk->top, rq->order - IOVA_WORD_LG2,
			   iova_words(rq->size), allow);

	return w < 0 ? 0 : iova_word_base(chunk, w);
}

/**
 * iova_chunk_take() - allocate from a chunk
 * @iovad: the domain
 * @chunk: the chunk
 * @rq:    what is wanted; its order is at most IOVA_CHUNK_LG2
 *
 * Of orders below IOVA_WORD_LG2 the word that the range is in is left to be
 * filed or leased; in any case the chunk is left to be filed.
 *
 * Context: iova_domain::lock.
 *
 * Return: the first granule, or 0 if the chunk has no room.
 */
unsigned long iova_chunk_take(struct iova_domain *iovad,
			      struct iova_chunk *chunk,
			      const struct iova_request *rq)
{
	iova_step(iovad);
	if (rq->order < IOVA_WORD_LG2)
		return take_bits(iovad, chunk, rq);
	return take_words(chunk, rq);
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_take);

static bool take_word_range(struct iova_chunk *chunk, unsigned int w,
			    unsigned long mask)
{
	long old;

	if (!(chunk->open & BIT(w))) {
		if (atomic_long_fetch_or(BIT(w), &chunk->top) & BIT(w))
			return false;
		if (~mask) {
			word_open(chunk, w, mask);
			iova_word_file(chunk, w);
		}
		return true;
	}

	old = atomic_long_read(&chunk->word[w]);
	do {
		if (old & mask)
			return false;
	} while (!atomic_long_try_cmpxchg(&chunk->word[w], &old, old | mask));
	if (!iova_is_silent(chunk->room[w]))
		iova_word_file(chunk, w);
	return true;
}

static void give_word_range(struct iova_chunk *chunk, unsigned int w,
			    unsigned long mask)
{
	if (!(chunk->open & BIT(w))) {
		atomic_long_andnot(BIT(w), &chunk->top);
		return;
	}
	atomic_long_andnot(mask, &chunk->word[w]);
	if (!iova_is_silent(chunk->room[w]))
		iova_word_file(chunk, w);
}

/**
 * iova_chunk_take_range() - take exactly these granules
 * @iovad: the domain
 * @chunk: the chunk that they belong to
 * @lo:    first granule
 * @hi:    last granule
 *
 * Context: iova_domain::lock.
 *
 * Return: false, with nothing changed, if one of them is taken.
 */
bool iova_chunk_take_range(struct iova_domain *iovad, struct iova_chunk *chunk,
			   unsigned long lo, unsigned long hi)
{
	unsigned int first = (lo - chunk->base) >> IOVA_WORD_LG2;
	unsigned int last = (hi - chunk->base) >> IOVA_WORD_LG2;
	unsigned int w;

	for (w = first; w <= last; w++) {
		unsigned long base = iova_word_base(chunk, w);

		iova_step(iovad);
		if (take_word_range(chunk, w, cut_mask(base, 0, lo, hi)))
			continue;
		if (w > first)
			iova_chunk_give_range(iovad, chunk, lo, base - 1);
		return false;
	}
	iova_chunk_file(chunk);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_take_range);

/**
 * iova_chunk_give_range() - free granules that were taken by range
 * @iovad: the domain
 * @chunk: the chunk that they belong to
 * @lo:    first granule
 * @hi:    last granule
 *
 * Context: iova_domain::lock.
 */
void iova_chunk_give_range(struct iova_domain *iovad, struct iova_chunk *chunk,
			   unsigned long lo, unsigned long hi)
{
	unsigned int last = (hi - chunk->base) >> IOVA_WORD_LG2;
	unsigned int w;

	for (w = (lo - chunk->base) >> IOVA_WORD_LG2; w <= last; w++) {
		iova_step(iovad);
		give_word_range(chunk, w, cut_mask(iova_word_base(chunk, w), 0, lo, hi));
	}
	iova_chunk_file(chunk);
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_give_range);

static unsigned int chunk_room(struct iova_chunk *chunk)
{
	unsigned int room = free_order(atomic_long_read(&chunk->top));
	unsigned int k;

	if (room)
		return room + IOVA_WORD_LG2;
	for (k = IOVA_WORD_LG2; k > 0; k--)
		if (chunk->avail[k - 1])
			return k;
	return 0;
}

/**
 * iova_chunk_file() - have the tree say what a chunk has room for
 * @chunk: the chunk, in the tree; nothing happens if it is held
 *
 * Context: iova_domain::lock.
 */
void iova_chunk_file(struct iova_chunk *chunk)
{
	unsigned int room;

	if (chunk->hint == IOVA_SILENT)
		return;
	WRITE_ONCE(chunk->hint, 0);
	/* Frees that do not see the 0 are seen here; others announce. */
	smp_mb();
	room = chunk_room(chunk);
	WRITE_ONCE(chunk->hint, room);
	iova_span_set_room(&chunk->span, room);
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_file);

/**
 * iova_chunk_is_empty() - whether nothing of a chunk is taken or on lease
 * @chunk: the chunk
 *
 * Context: iova_domain::lock.
 *
 * Return: true if so.
 */
bool iova_chunk_is_empty(struct iova_chunk *chunk)
{
	unsigned long edges = chunk->outside & chunk->open;

	if (atomic_long_read(&chunk->top) != chunk->outside)
		return false;
	for (; edges; edges &= edges - 1) {
		unsigned int w = __ffs(edges);

		if (iova_is_silent(chunk->room[w]) ||
		    atomic_long_read(&chunk->word[w]) != word_outside(chunk, w))
			return false;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_is_empty);

/**
 * iova_chunk_close() - take all of an empty chunk, so that it can go
 * @chunk: the chunk, not held, without words on lease
 *
 * From here on CPUs with a stale lease or hold find nothing in it.
 *
 * Context: iova_domain::lock.
 *
 * Return: false, with nothing changed, if the chunk is not empty.
 */
bool iova_chunk_close(struct iova_chunk *chunk)
{
	unsigned long edges = chunk->outside & chunk->open;
	unsigned long closed = 0;
	long empty = chunk->outside;

	for (; edges; edges &= edges - 1) {
		unsigned int w = __ffs(edges);
		long rest = word_outside(chunk, w);

		if (!atomic_long_try_cmpxchg(&chunk->word[w], &rest, ~0L))
			goto reopen;
		closed |= BIT(w);
	}
	if (atomic_long_try_cmpxchg(&chunk->top, &empty, ~0L))
		return true;
reopen:
	for (; closed; closed &= closed - 1) {
		unsigned int w = __ffs(closed);

		atomic_long_set(&chunk->word[w], word_outside(chunk, w));
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(iova_chunk_close);
