// SPDX-License-Identifier: GPL-2.0
/*
 * Runs, and the ranges that are objects.
 *
 * An object says who owns a range.  The granules themselves are taken as any
 * others are: those of a gap become a run, those of a chunk are claimed there.
 */

#include <linux/err.h>
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/log2.h>

#include "iova-priv.h"

static struct kmem_cache *object_slab;
static struct kmem_cache *run_slab;

static struct iova_run *run_new(void)
{
	struct iova_run *run = iova_slab_alloc(run_slab);

	if (run)
		memset(run, 0, sizeof(*run));
	return run;
}

static void runs_free(struct iova_run *run)
{
	struct iova_run *next;

	for (; run; run = next) {
		next = run->next;
		kmem_cache_free(run_slab, run);
	}
}

static void runs_push(struct iova_run **list, struct iova_run *run)
{
	run->next = *list;
	*list = run;
}

/**
 * iova_run_alloc() - take a range from a gap
 * @iovad:   the domain
 * @size:    granules, 1 to LONG_MAX
 * @limit:   last granule that may be used, below ULONG_MAX
 * @aligned: begin at a multiple of @size rounded up to a power of two
 *
 * Context: Any.
 *
 * Return: the first granule, or 0 if there is no room or no memory.
 */
unsigned long iova_run_alloc(struct iova_domain *iovad, unsigned long size,
			     unsigned long limit, bool aligned)
{
	struct iova_run *run = run_new();
	struct iova_gap gap;
	unsigned long flags;
	bool found;

	if (!run)
		return 0;
	raw_spin_lock_irqsave(&iovad->lock, flags);
	found = iova_find_gap(iovad, size, limit, aligned, &gap);
	if (found)
		iova_span_insert(iovad, &run->span, gap.start,
				 gap.start + size - 1);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	if (found)
		return gap.start;
	runs_free(run);
	return 0;
}

/**
 * iova_run_free() - give back a run
 * @iovad: the domain
 * @pfn:   first granule
 * @size:  granules
 *
 * Context: Any.  Allocates nothing.
 *
 * Return: whether there is such a run.
 */
bool iova_run_free(struct iova_domain *iovad, unsigned long pfn,
		   unsigned long size)
{
	struct iova_span *span;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&iovad->lock, flags);
	span = iova_span_from(iovad, pfn);
	found = !span->is_chunk && span != &iovad->anchor && span->lo == pfn &&
		span->hi - span->lo == size - 1;
	if (found)
		iova_span_erase(iovad, span);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	if (found)
		kmem_cache_free(run_slab, iova_span_run(span));
	return found;
}

static struct iova *to_object(struct rb_node *node)
{
	return rb_entry_safe(node, struct iova, node);
}

/* First object that ends at a granule or after it, or NULL. */
static struct iova *object_from(struct iova_domain *iovad, unsigned long pfn)
{
	struct rb_node *node = iovad->objects.rb_node;
	struct iova *found = NULL;

	lockdep_assert_held(&iovad->lock);
	while (node) {
		iova_step(iovad);
		if (to_object(node)->pfn_hi >= pfn) {
			found = to_object(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static struct iova *object_find(struct iova_domain *iovad, unsigned long pfn)
{
	struct iova *object = object_from(iovad, pfn);

	return object && object->pfn_lo <= pfn ? object : NULL;
}

static void object_insert(struct iova_domain *iovad, struct iova *object)
{
	struct rb_node **link = &iovad->objects.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (object->pfn_lo < to_object(parent)->pfn_lo)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&object->node, parent, link);
	rb_insert_color(&object->node, &iovad->objects);
}

/* What was unlinked under the lock, to be freed after it. */
struct leavings {
	struct iova *objects;
	struct iova_run *runs;
	struct list_head chunks;
};

/* An object that is in no tree is linked by the tree's left pointer. */
static void leave_object(struct iova_domain *iovad, struct iova *object,
			 struct leavings *left)
{
	rb_erase(&object->node, &iovad->objects);
	object->node.rb_left = left->objects ? &left->objects->node : NULL;
	left->objects = object;
}

static void leavings_free(struct leavings *left)
{
	struct iova *object, *next;

	for (object = left->objects; object; object = next) {
		next = to_object(object->node.rb_left);
		kmem_cache_free(object_slab, object);
	}
	runs_free(left->runs);
	iova_pool_bury(&left->chunks);
}

/* Gives back granules all of which are taken by one owner. */
static void give_range(struct iova_domain *iovad, unsigned long lo,
		       unsigned long hi, struct leavings *left)
{
	struct iova_span *span = iova_span_from(iovad, lo), *next;

	for (; span != &iovad->anchor && span->lo <= hi; span = next) {
		next = iova_span_next(span);
		if (span->is_chunk) {
			struct iova_chunk *chunk = iova_span_chunk(span);

			iova_chunk_give_range(iovad, chunk, max(lo, span->lo),
					      min(hi, span->hi));
			iova_pool_settle(iovad, chunk, &left->chunks);
		} else {
			iova_span_erase(iovad, span);
			runs_push(&left->runs, iova_span_run(span));
		}
	}
}

/*
 * Takes granules none of which is taken.  *@pos is where it began or stopped:
 * with -EAGAIN for want of a spare run, with -EBUSY at a taken granule.
 */
static int take_range(struct iova_domain *iovad, unsigned long *pos,
		      unsigned long hi, struct iova_run **spare,
		      struct leavings *left)
{
	struct iova_span *span;
	struct iova_chunk *chunk;
	unsigned long end;

	for (; *pos <= hi; *pos = end + 1) {
		span = iova_span_from(iovad, *pos);
		if (span->lo > *pos) {
			struct iova_run *run = *spare;

			if (!run)
				return -EAGAIN;
			*spare = run->next;
			end = min(hi, span->lo - 1);
			iova_span_insert(iovad, &run->span, *pos, end);
			continue;
		}
		if (!span->is_chunk)
			return -EBUSY;
		chunk = iova_span_chunk(span);
		end = min(hi, span->hi);
		if (!iova_chunk_take_range(iovad, chunk, *pos, end))
			return -EBUSY;
		iova_pool_settle(iovad, chunk, &left->chunks);
	}
	return 0;
}

/*
 * The next granules from *@lo on that belong to no object: to be called until
 * it returns false.
 */
static bool next_unowned(struct iova_domain *iovad, unsigned long *lo,
			 unsigned long hi, unsigned long *last)
{
	struct iova *object;

	while (*lo <= hi) {
		object = object_from(iovad, *lo);
		if (!object || object->pfn_lo > hi) {
			*last = hi;
			return true;
		}
		if (object->pfn_lo > *lo) {
			*last = object->pfn_lo - 1;
			return true;
		}
		if (object->pfn_hi >= hi)
			return false;
		*lo = object->pfn_hi + 1;
	}
	return false;
}

static void give_unowned(struct iova_domain *iovad, unsigned long lo,
			 unsigned long end, struct leavings *left)
{
	unsigned long last;

	if (end <= lo)
		return;
	for (; next_unowned(iovad, &lo, end - 1, &last); lo = last + 1)
		give_range(iovad, lo, last, left);
}

static int take_unowned(struct iova_domain *iovad, unsigned long lo,
			unsigned long hi, struct iova_run **spare,
			struct leavings *left)
{
	unsigned long first = max3(lo, iovad->start_pfn, 1UL), last;
	int ret;

	lo = first;
	hi = min(hi, ULONG_MAX - 1);
	while (next_unowned(iovad, &lo, hi, &last)) {
		ret = take_range(iovad, &lo, last, spare, left);
		if (ret) {
			give_unowned(iovad, first, lo, left);
			return ret;
		}
	}
	return 0;
}

/* One object for a range and for all objects that it overlaps. */
static struct iova *object_merge(struct iova_domain *iovad, struct iova *object,
				 struct leavings *left)
{
	struct iova *first = object_from(iovad, object->pfn_lo), *next;

	if (!first || first->pfn_lo > object->pfn_hi) {
		object_insert(iovad, object);
		return object;
	}
	first->pfn_lo = min(first->pfn_lo, object->pfn_lo);
	while (first->pfn_hi < object->pfn_hi) {
		next = to_object(rb_next(&first->node));
		if (!next || next->pfn_lo > object->pfn_hi) {
			first->pfn_hi = object->pfn_hi;
			break;
		}
		first->pfn_hi = next->pfn_hi;
		leave_object(iovad, next, left);
	}
	return first;
}

/* With @merge, what is an object's already is not in the way. */
static struct iova *object_take(struct iova_domain *iovad, unsigned long pfn_lo,
				unsigned long pfn_hi, bool merge)
{
	struct leavings left = { .chunks = LIST_HEAD_INIT(left.chunks) };
	struct iova_run *spare = NULL, *run;
	unsigned int runs, want = 1;
	struct iova *object, *merged = NULL;
	unsigned long flags;
	int ret;

	object = iova_slab_alloc(object_slab);
	if (!object)
		return NULL;
	object->pfn_lo = pfn_lo;
	object->pfn_hi = pfn_hi;
	do {
		for (runs = 0; runs < want; runs++) {
			run = run_new();
			if (!run)
				break;
			runs_push(&spare, run);
		}
		raw_spin_lock_irqsave(&iovad->lock, flags);
		merged = object_from(iovad, pfn_lo);
		ret = merge || !merged || merged->pfn_lo > pfn_hi ?
		      take_unowned(iovad, pfn_lo, pfn_hi, &spare, &left) : -EBUSY;
		merged = ret ? NULL : object_merge(iovad, object, &left);
		raw_spin_unlock_irqrestore(&iovad->lock, flags);
		want *= 2;
	} while (ret == -EAGAIN && run);

	runs_free(spare);
	leavings_free(&left);
	if (merged != object)
		kmem_cache_free(object_slab, object);
	return merged;
}

/**
 * reserve_iova() - keep a range from being allocated
 * @iovad:  the domain
 * @pfn_lo: first granule
 * @pfn_hi: last granule
 *
 * Ranges that are objects already, whether reserved or from alloc_iova(), are
 * merged into one with this; pointers to any of them but the lowest become
 * invalid.
 *
 * Context: Any.
 *
 * Return: the object, or NULL if memory is short, if the range does not lie in
 * the address space, or if alloc_iova_fast() has handed out some of it.
 */
struct iova *reserve_iova(struct iova_domain *iovad, unsigned long pfn_lo,
			  unsigned long pfn_hi)
{
	if (WARN_ON(pfn_hi > ULLONG_MAX >> iova_shift(iovad)) ||
	    pfn_hi < pfn_lo)
		return NULL;
	return object_take(iovad, pfn_lo, pfn_hi, true);
}
EXPORT_SYMBOL_GPL(reserve_iova);

/**
 * iova_object_take() - take a range, wherever it lies, if all of it is free
 * @iovad: the domain
 * @lo:    first granule, not below the domain's start
 * @hi:    last granule
 *
 * Context: Any.
 *
 * Return: false, with nothing changed, if some of it is taken or memory is short.
 */
bool iova_object_take(struct iova_domain *iovad, unsigned long lo,
		      unsigned long hi)
{
	return object_take(iovad, lo, hi, false);
}

/**
 * alloc_iova() - allocate a range with an object for it
 * @iovad:        the domain
 * @size:         granules
 * @limit_pfn:    last granule that may be used
 * @size_aligned: begin at a multiple of @size rounded up to a power of two
 *
 * Context: Any.
 *
 * Return: the object, or NULL if there is no room or no memory.
 */
struct iova *alloc_iova(struct iova_domain *iovad, unsigned long size,
			unsigned long limit_pfn, bool size_aligned)
{
	unsigned long limit = min(limit_pfn, ULONG_MAX - 1);
	unsigned long flags, pfn;
	struct iova *object;

	if (!size || size > LONG_MAX)
		return NULL;
	object = iova_slab_alloc(object_slab);
	if (!object)
		return NULL;
	pfn = iova_run_alloc(iovad, size, limit, size_aligned);
	if (!pfn && iova_pool_reclaim(iovad, true))
		pfn = iova_run_alloc(iovad, size, limit, size_aligned);
	if (!pfn) {
		kmem_cache_free(object_slab, object);
		return NULL;
	}
	object->pfn_lo = pfn;
	object->pfn_hi = pfn + size - 1;
	raw_spin_lock_irqsave(&iovad->lock, flags);
	object_insert(iovad, object);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	return object;
}
EXPORT_SYMBOL_GPL(alloc_iova);

/**
 * find_iova() - the object that a granule belongs to
 * @iovad: the domain
 * @pfn:   the granule
 *
 * Context: Any.  The caller makes sure that nobody frees the object.
 *
 * Return: the object or NULL.
 */
struct iova *find_iova(struct iova_domain *iovad, unsigned long pfn)
{
	struct iova *object;
	unsigned long flags;

	raw_spin_lock_irqsave(&iovad->lock, flags);
	object = object_find(iovad, pfn);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	return object;
}
EXPORT_SYMBOL_GPL(find_iova);

static void object_give(struct iova_domain *iovad, struct iova *object,
			struct leavings *left)
{
	leave_object(iovad, object, left);
	give_range(iovad, object->pfn_lo, object->pfn_hi, left);
}

/**
 * __free_iova() - give back a range by its object
 * @iovad: the domain
 * @iova:  from alloc_iova(), reserve_iova() or find_iova()
 *
 * Context: Any.  Allocates nothing.
 */
void __free_iova(struct iova_domain *iovad, struct iova *iova)
{
	struct leavings left = { .chunks = LIST_HEAD_INIT(left.chunks) };
	unsigned long flags;

	raw_spin_lock_irqsave(&iovad->lock, flags);
	object_give(iovad, iova, &left);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	leavings_free(&left);
}
EXPORT_SYMBOL_GPL(__free_iova);

/**
 * free_iova() - give back the range, if any, whose object has a granule
 * @iovad: the domain
 * @pfn:   the granule
 *
 * Context: Any.  Allocates nothing.
 */
void free_iova(struct iova_domain *iovad, unsigned long pfn)
{
	struct leavings left = { .chunks = LIST_HEAD_INIT(left.chunks) };
	struct iova *object;
	unsigned long flags;

	raw_spin_lock_irqsave(&iovad->lock, flags);
	object = object_find(iovad, pfn);
	if (object)
		object_give(iovad, object, &left);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	leavings_free(&left);
}
EXPORT_SYMBOL_GPL(free_iova);

/**
 * iova_object_free() - give back a range that iova_object_take() took
 * @iovad: the domain
 * @pfn:   first granule
 * @size:  granules
 *
 * Context: Any.  Allocates nothing.
 *
 * Return: whether there is such an object.
 */
bool iova_object_free(struct iova_domain *iovad, unsigned long pfn,
		      unsigned long size)
{
	struct leavings left = { .chunks = LIST_HEAD_INIT(left.chunks) };
	struct iova *object;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&iovad->lock, flags);
	object = object_find(iovad, pfn);
	found = object && object->pfn_lo == pfn && iova_size(object) == size;
	if (found)
		object_give(iovad, object, &left);
	raw_spin_unlock_irqrestore(&iovad->lock, flags);
	leavings_free(&left);
	return found;
}

/**
 * iova_range_free() - free the objects and the runs of a domain
 * @iovad: the domain; nobody uses it
 *
 * And its chunks.
 *
 * Context: Any.
 */
void iova_range_free(struct iova_domain *iovad)
{
	struct iova_span *span, *next_span;
	struct iova *object, *next_object;

	rbtree_postorder_for_each_entry_safe(object, next_object,
					     &iovad->objects, node)
		kmem_cache_free(object_slab, object);
	rbtree_postorder_for_each_entry_safe(span, next_span, &iovad->spans,
					     node) {
		if (span == &iovad->anchor)
			continue;
		if (span->is_chunk)
			iova_pool_free_chunk(iova_span_chunk(span));
		else
			kmem_cache_free(run_slab, iova_span_run(span));
	}
}

/**
 * iova_range_setup() - make the slabs of objects and runs
 *
 * Context: May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int iova_range_setup(void)
{
	object_slab = KMEM_CACHE(iova, 0);
	if (!object_slab)
		return -ENOMEM;
	run_slab = KMEM_CACHE(iova_run, 0);
	if (run_slab)
		return 0;
	kmem_cache_destroy(object_slab);
	return -ENOMEM;
}

/**
 * iova_range_cleanup() - undo iova_range_setup()
 *
 * Context: May sleep.
 */
void iova_range_cleanup(void)
{
	kmem_cache_destroy(run_slab);
	kmem_cache_destroy(object_slab);
}
