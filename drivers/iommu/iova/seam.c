// SPDX-License-Identifier: GPL-2.0
/*
 * Seams: free blocks that are partly a chunk's and partly not.
 *
 * A chunk that was made while a run or a reservation was in its window covers a
 * part of the window.  When the run goes, a block that is free as a whole can
 * lie across the seam between the chunk and the gap, or between two chunks of
 * one window, and nobody has filed it.  It is looked for when all else has
 * failed, is taken as a reservation is, and belongs to an object from then on.
 */

#include <linux/bitmap.h>
#include <linux/lockdep.h>

#include "iova-priv.h"

/* Windows that are looked at before the lock is dropped for a moment. */
#define SEAM_BATCH	8U

struct window {
	unsigned long base;
	unsigned long taken[IOVA_CHUNK_WORDS];
};

/* Free granules of a span's gap. */
static void map_gap(struct window *win, const struct iova_span *span)
{
	unsigned long lo = max(span->gap_lo, win->base);
	unsigned long end = min(span->lo, win->base + IOVA_CHUNK_SIZE);

	if (lo < end)
		bitmap_clear(win->taken, lo - win->base, end - lo);
}

/* Free granules of a chunk; who has a lease may take them at any time. */
static void map_chunk(struct window *win, struct iova_chunk *chunk)
{
	unsigned long top = atomic_long_read(&chunk->top);
	unsigned int w;

	for (w = 0; w < IOVA_CHUNK_WORDS; w++) {
		if (chunk->open & BIT(w))
			win->taken[w] &= atomic_long_read(&chunk->word[w]);
		else if (!(top & BIT(w)))
			win->taken[w] = 0;
	}
}

static void map_window(struct iova_domain *iovad, struct window *win)
{
	unsigned long last = win->base + IOVA_CHUNK_SIZE - 1;
	struct iova_span *span = iova_span_from(iovad, win->base);

	bitmap_fill(win->taken, IOVA_CHUNK_SIZE);
	for (;; span = iova_span_next(span)) {
		iova_step(iovad);
		map_gap(win, span);
		if (span == &iovad->anchor || span->lo > last)
			return;
		if (span->is_chunk)
			map_chunk(win, iova_span_chunk(span));
	}
}

/* The aligned place around a seam, which is where @at begins; 0 if it is taken. */
static unsigned long place_at_seam(const struct window *win, unsigned long at,
				   const struct iova_request *rq)
{
	unsigned long lo = at & ~((1UL << rq->order) - 1);
	unsigned long first = lo - win->base;

	if (lo == at || at - lo >= rq->size || lo + rq->size - 1 > rq->limit ||
	    find_next_bit(win->taken, first + rq->size, first) <
	    first + rq->size)
		return 0;
	return lo;
}

/* A block across a seam has one of the places where spans of the window meet. */
static unsigned long find_in_window(struct iova_domain *iovad,
				    const struct window *win,
				    const struct iova_request *rq)
{
	unsigned long last = win->base + IOVA_CHUNK_SIZE - 1, pfn = 0;
	struct iova_span *span = iova_span_from(iovad, win->base);

	for (; !pfn && span != &iovad->anchor; span = iova_span_next(span)) {
		iova_step(iovad);
		if (span->lo > win->base && span->lo <= last)
			pfn = place_at_seam(win, span->lo, rq);
		if (!pfn && span->hi < last)
			pfn = place_at_seam(win, span->hi + 1, rq);
		if (span->hi >= last)
			break;
	}
	return pfn;
}

/*
 * Looks at the next windows of *@left that have seams.  Chunks that CPUs hold
 * or that are idle are no longer when it comes to this.
 */
static noinline_for_stack unsigned long
find_seam(struct iova_domain *iovad, const struct iova_request *rq,
	  unsigned int *left)
{
	unsigned int batch = min(*left, SEAM_BATCH);
	struct iova_chunk *chunk;
	unsigned long pfn = 0;
	struct window win;

	lockdep_assert_held(&iovad->lock);
	*left -= batch;
	while (batch-- && !pfn) {
		chunk = list_first_entry_or_null(&iovad->partial,
						 struct iova_chunk, entry);
		if (!chunk)
			break;
		/* The next call goes on with another one */
		list_move_tail(&chunk->entry, &iovad->partial);
		win.base = chunk->base;
		map_window(iovad, &win);
		pfn = find_in_window(iovad, &win, rq);
	}
	return pfn;
}

/**
 * iova_seam_alloc() - allocate across the seam of a chunk
 * @iovad: the domain
 * @rq:    what is wanted; its order is at most IOVA_CHUNK_LG2
 *
 * The last resort: costs a look at the window of each chunk that does not have
 * the whole of its window, in short holds of the lock.
 *
 * Context: Any.
 *
 * Return: the first granule, or 0 if there is no room or no memory.
 */
unsigned long iova_seam_alloc(struct iova_domain *iovad,
			      const struct iova_request *rq)
{
	unsigned int left = READ_ONCE(iovad->nr_partial);
	unsigned long flags, pfn;

	while (left) {
		raw_spin_lock_irqsave(&iovad->lock, flags);
		pfn = find_seam(iovad, rq, &left);
		raw_spin_unlock_irqrestore(&iovad->lock, flags);
		/* Somebody may have been faster */
		if (pfn && iova_object_take(iovad, pfn, pfn + rq->size - 1))
			return pfn;
	}
	return 0;
}
