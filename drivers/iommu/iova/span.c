// SPDX-License-Identifier: GPL-2.0
/*
 * The spans of a domain in address order, with search for the highest gap or
 * chunk that suits, in a number of steps that is logarithmic in the spans.
 *
 * Which requests a gap holds, when each must be aligned to its size rounded up
 * to a power of two, is one number.  Let 2^k be the largest aligned block that
 * lies in the gap.  Everything up to 2^k fits.  A request of (2^k, 2^(k+1)]
 * needs an aligned start p of order k + 1 with that much behind it; there is at
 * most one such p with more than 2^k behind it, or the gap would hold a larger
 * block.  Nothing larger fits, because its first half would be a larger block.
 * So the largest request that fits decides for all, and the tree needs to carry
 * only its maximum.
 */

#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/lockdep.h>
#include <linux/rbtree_augmented.h>

#include "iova-priv.h"

enum iova_want { IOVA_WANT_GAP, IOVA_WANT_FIT, IOVA_WANT_ROOM };

/* Granules from the first aligned start in a gap to its end. */
static unsigned long block_in_gap(unsigned long lo, unsigned long end,
				  unsigned int order)
{
	unsigned long mask = (1UL << order) - 1;
	unsigned long start = (lo + mask) & ~mask;

	/* The first test is for rounding that wraps at the end of the space. */
	if (start < lo || start >= end)
		return 0;
	return end - start;
}

/**
 * iova_gap_fit() - largest naturally aligned request that a gap holds
 * @lo:  first granule of the gap
 * @end: first granule after it
 *
 * Return: its size in granules, 0 for an empty gap.
 */
unsigned long iova_gap_fit(unsigned long lo, unsigned long end)
{
	unsigned int order;
	unsigned long more;

	if (end - lo <= 1)
		return end - lo;
	order = __fls(end - lo);
	if (block_in_gap(lo, end, order) >> order == 0)
		order--;
	if (order + 1 == BITS_PER_LONG)
		return 1UL << order;
	more = block_in_gap(lo, end, order + 1);
	return max(more, 1UL << order);
}
EXPORT_SYMBOL_IF_KUNIT(iova_gap_fit);

static struct iova_span *to_span(struct rb_node *node)
{
	return rb_entry_safe(node, struct iova_span, node);
}

static void max_with(struct iova_span_max *max, struct rb_node *node)
{
	struct iova_span *span = to_span(node);

	if (!span)
		return;
	max->gap = max(max->gap, span->max.gap);
	max->fit = max(max->fit, span->max.fit);
	max->room = max(max->room, span->max.room);
}

static bool compute_max(struct iova_span *span, bool exit)
{
	struct iova_span_max max = {
		.gap = span->lo - span->gap_lo,
		.fit = iova_gap_fit(span->gap_lo, span->lo),
		.room = span->room,
	};

	max_with(&max, span->node.rb_left);
	max_with(&max, span->node.rb_right);
	if (exit && span->max.gap == max.gap && span->max.fit == max.fit &&
	    span->max.room == max.room)
		return true;
	span->max = max;
	return false;
}

RB_DECLARE_CALLBACKS(static, span_callbacks, struct iova_span, node, max,
		     compute_max)

/* A span's gap or room changed: correct the maxima from it to the root. */
static void span_changed(struct iova_span *span)
{
	span_callbacks_propagate(&span->node, NULL);
}

/**
 * iova_spans_init() - begin with one gap from the domain's start
 * @iovad: the domain; start_pfn is set
 *
 * Granule 0 stays out: its number is how an allocation says that it failed.
 */
void iova_spans_init(struct iova_domain *iovad)
{
	struct iova_span *anchor = &iovad->anchor;

	iovad->spans = RB_ROOT;
	*anchor = (struct iova_span){
		.lo = ULONG_MAX,
		.hi = ULONG_MAX,
		.gap_lo = max(iovad->start_pfn, 1UL),
	};
	rb_link_node(&anchor->node, NULL, &iovad->spans.rb_node);
	rb_insert_augmented(&anchor->node, &iovad->spans, &span_callbacks);
	compute_max(anchor, false);
}
EXPORT_SYMBOL_IF_KUNIT(iova_spans_init);

/**
 * iova_span_from() - first span that ends at a granule or after it
 * @iovad: the domain
 * @pfn:   the granule
 *
 * Context: iova_domain::lock.
 *
 * Return: the span; the anchor if there is no other.
 */
struct iova_span *iova_span_from(struct iova_domain *iovad, unsigned long pfn)
{
	struct rb_node *node = iovad->spans.rb_node;
	struct iova_span *found = &iovad->anchor;

	lockdep_assert_held(&iovad->lock);
	while (node) {
		struct iova_span *span = to_span(node);

		iova_step(iovad);
		if (span->hi >= pfn) {
			found = span;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/**
 * iova_span_next() - the span after another
 * @span: not the anchor
 *
 * Context: iova_domain::lock.
 *
 * Return: the span.
 */
struct iova_span *iova_span_next(struct iova_span *span)
{
	return to_span(rb_next(&span->node));
}

/**
 * iova_span_insert() - make a part of a gap a span
 * @iovad: the domain
 * @span:  not linked
 * @lo:    first granule, in a gap
 * @hi:    last granule, in the same gap
 *
 * Context: iova_domain::lock.
 */
void iova_span_insert(struct iova_domain *iovad, struct iova_span *span,
		      unsigned long lo, unsigned long hi)
{
	struct rb_node **link = &iovad->spans.rb_node, *parent = NULL;
	struct iova_span *next = iova_span_from(iovad, lo);

	span->lo = lo;
	span->hi = hi;
	span->gap_lo = next->gap_lo;
	span->max = (struct iova_span_max){};
	next->gap_lo = hi + 1;
	span_changed(next);

	while (*link) {
		iova_step(iovad);
		parent = *link;
		if (lo < to_span(parent)->lo)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&span->node, parent, link);
	span_changed(span);
	rb_insert_augmented(&span->node, &iovad->spans, &span_callbacks);
}
EXPORT_SYMBOL_IF_KUNIT(iova_span_insert);

/**
 * iova_span_erase() - give the granules of a span to the gap around it
 * @iovad: the domain
 * @span:  linked; not the anchor
 *
 * Context: iova_domain::lock.
 */
void iova_span_erase(struct iova_domain *iovad, struct iova_span *span)
{
	struct iova_span *next = iova_span_next(span);

	lockdep_assert_held(&iovad->lock);
	rb_erase_augmented(&span->node, &iovad->spans, &span_callbacks);
	next->gap_lo = span->gap_lo;
	span_changed(next);
}
EXPORT_SYMBOL_IF_KUNIT(iova_span_erase);

/**
 * iova_span_set_room() - file a chunk in the tree
 * @span: the chunk's span, linked
 * @room: largest order that it has room for, plus one; 0 hides it
 *
 * Context: iova_domain::lock.
 */
void iova_span_set_room(struct iova_span *span, u8 room)
{
	if (span->room == room)
		return;
	span->room = room;
	span_changed(span);
}
EXPORT_SYMBOL_IF_KUNIT(iova_span_set_room);

static bool span_suits(const struct iova_span *span, enum iova_want want,
		       unsigned long least)
{
	switch (want) {
	case IOVA_WANT_GAP:
		return span->lo - span->gap_lo >= least;
	case IOVA_WANT_FIT:
		return iova_gap_fit(span->gap_lo, span->lo) >= least;
	default:
		return span->room >= least;
	}
}

static bool subtree_suits(struct rb_node *node, enum iova_want want,
			  unsigned long least)
{
	const struct iova_span *span = to_span(node);

	if (!span)
		return false;
	switch (want) {
	case IOVA_WANT_GAP:
		return span->max.gap >= least;
	case IOVA_WANT_FIT:
		return span->max.fit >= least;
	default:
		return span->max.room >= least;
	}
}

/* The highest span that suits in a subtree that has one. */
static struct iova_span *last_suiting(struct iova_domain *iovad,
				      struct rb_node *node, enum iova_want want,
				      unsigned long least)
{
	for (;;) {
		iova_step(iovad);
		if (subtree_suits(node->rb_right, want, least)) {
			node = node->rb_right;
			continue;
		}
		if (span_suits(to_span(node), want, least))
			return to_span(node);
		node = node->rb_left;
	}
}

/* The highest span before @span that suits, or NULL. */
static struct iova_span *prev_suiting(struct iova_domain *iovad,
				      struct iova_span *span,
				      enum iova_want want, unsigned long least)
{
	struct rb_node *node = &span->node, *parent;

	if (subtree_suits(node->rb_left, want, least))
		return last_suiting(iovad, node->rb_left, want, least);

	for (; (parent = rb_parent(node)); node = parent) {
		iova_step(iovad);
		if (node == parent->rb_left)
			continue;
		if (span_suits(to_span(parent), want, least))
			return to_span(parent);
		if (subtree_suits(parent->rb_left, want, least))
			return last_suiting(iovad, parent->rb_left, want, least);
	}
	return NULL;
}

/**
 * iova_find_room() - highest chunk below a limit that has room
 * @iovad: the domain
 * @order: of the block that must be free
 * @limit: last granule that the chunk may have
 *
 * Context: iova_domain::lock.
 *
 * Return: the chunk or NULL.
 */
struct iova_chunk *iova_find_room(struct iova_domain *iovad, unsigned int order,
				  unsigned long limit)
{
	struct iova_span *from = iova_span_from(iovad, limit + 1);
	struct iova_span *span;

	span = prev_suiting(iovad, from, IOVA_WANT_ROOM, order + 1);
	return span ? iova_span_chunk(span) : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(iova_find_room);

/* Places a request in the gap before @span as high as it can be. */
static bool place_in_gap(const struct iova_span *span, unsigned long size,
			 unsigned long limit, bool aligned,
			 struct iova_gap *gap)
{
	unsigned long hi = min(span->lo - 1, limit);

	gap->lo = span->gap_lo;
	gap->hi = span->lo - 1;
	if (gap->lo == span->lo || hi < gap->lo || hi - gap->lo < size - 1)
		return false;
	gap->start = hi - (size - 1);
	if (aligned)
		gap->start &= ~((1UL << iova_order(size)) - 1);
	return gap->start >= gap->lo;
}

/**
 * iova_find_gap() - highest place in a gap for a range
 * @iovad:   the domain
 * @size:    granules, 1 to LONG_MAX
 * @limit:   last granule that may be used, below ULONG_MAX
 * @aligned: begin at a multiple of @size rounded up to a power of two
 * @gap:     what was found
 *
 * Context: iova_domain::lock.
 *
 * Return: whether there is one.
 */
bool iova_find_gap(struct iova_domain *iovad, unsigned long size,
		   unsigned long limit, bool aligned, struct iova_gap *gap)
{
	enum iova_want want = aligned ? IOVA_WANT_FIT : IOVA_WANT_GAP;
	struct iova_span *span = iova_span_from(iovad, limit);

	/* The limit may cut this gap; it cuts no other one before it. */
	if (place_in_gap(span, size, limit, aligned, gap))
		return true;
	span = prev_suiting(iovad, span, want, size);
	return span && place_in_gap(span, size, limit, aligned, gap);
}
EXPORT_SYMBOL_IF_KUNIT(iova_find_gap);
