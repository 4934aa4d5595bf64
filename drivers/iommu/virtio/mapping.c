// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings of a domain.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "mapping.h"

static struct kmem_cache *viommu_mapping_cache;

int viommu_mapping_cache_init(void)
{
	viommu_mapping_cache = KMEM_CACHE(viommu_mapping, 0);
	return viommu_mapping_cache ? 0 : -ENOMEM;
}

void viommu_mapping_cache_exit(void)
{
	kmem_cache_destroy(viommu_mapping_cache);
}

struct viommu_mapping *viommu_mapping_alloc(gfp_t gfp)
{
	return kmem_cache_alloc(viommu_mapping_cache, gfp);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mapping_alloc);

void viommu_mapping_free(struct viommu_mapping *mapping)
{
	kmem_cache_free(viommu_mapping_cache, mapping);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mapping_free);

struct viommu_mapping *viommu_mappings_trim(struct viommu_mappings *mappings)
{
	struct viommu_mapping *last = mappings->spare, *rest;
	unsigned int i;

	for (i = 1; i < VIOMMU_SPARE_MAX / 2; i++)
		last = last->next;
	rest = last->next;
	last->next = NULL;
	mappings->spares = VIOMMU_SPARE_MAX / 2;
	return rest;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_trim);

void viommu_mapping_free_all(struct viommu_mapping *mapping)
{
	struct viommu_mapping *next;

	for (; mapping; mapping = next) {
		next = mapping->next;
		viommu_mapping_free(mapping);
	}
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mapping_free_all);

static struct viommu_mapping *entry(const struct rb_node *rb)
{
	return rb_entry_safe(rb, struct viommu_mapping, rb);
}

void viommu_mappings_init(struct viommu_mappings *mappings)
{
	*mappings = (struct viommu_mappings){ .root = RB_ROOT };
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_init);

void viommu_mappings_clear(struct viommu_mappings *mappings)
{
	struct viommu_mapping *mapping, *next;

	rbtree_postorder_for_each_entry_safe(mapping, next, &mappings->root, rb)
		viommu_mapping_free(mapping);
	viommu_mapping_free_all(mappings->spare);
	viommu_mappings_init(mappings);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_clear);

int viommu_mappings_insert(struct viommu_mappings *mappings,
			   struct viommu_mapping *mapping)
{
	struct rb_node **link = &mappings->root.rb_node, *parent = NULL;

	while (*link) {
		const struct viommu_mapping *other = entry(*link);

		parent = *link;
		if (mapping->last < other->start)
			link = &parent->rb_left;
		else if (mapping->start > other->last)
			link = &parent->rb_right;
		else
			return -EEXIST;
	}
	rb_link_node(&mapping->rb, parent, link);
	rb_insert_color(&mapping->rb, &mappings->root);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_insert);

struct viommu_mapping *viommu_mappings_from(const struct viommu_mappings *mappings,
					    u64 addr)
{
	struct rb_node *rb = mappings->root.rb_node;
	struct viommu_mapping *found = NULL;

	while (rb) {
		struct viommu_mapping *mapping = entry(rb);

		if (addr > mapping->last) {
			rb = rb->rb_right;
			continue;
		}
		found = mapping;
		if (addr >= mapping->start)
			break;
		rb = rb->rb_left;
	}
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_from);

struct viommu_mapping *viommu_mapping_next(const struct viommu_mapping *mapping)
{
	return entry(rb_next(&mapping->rb));
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mapping_next);

bool viommu_mappings_find(const struct viommu_mappings *mappings, u64 start,
			  u64 last, struct viommu_span *span)
{
	struct viommu_mapping *mapping = viommu_mappings_from(mappings, start);
	unsigned int room = VIOMMU_SPAN_MAX;

	if (!mapping || mapping->start > start)
		return false;
	span->first = mapping;
	do {
		span->final = mapping;
		mapping = viommu_mapping_next(mapping);
	} while (span->final->last < last && mapping && --room &&
		 mapping->start == span->final->last + 1);
	span->last = min(span->final->last, last);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_find);

static void trim_front(struct viommu_mapping *mapping, u64 start)
{
	mapping->paddr += start - mapping->start;
	mapping->start = start;
}

void viommu_mappings_cut(struct viommu_mappings *mappings,
			 const struct viommu_span *span, u64 start,
			 struct viommu_mapping *tail)
{
	struct viommu_mapping *mapping = span->first, *next;
	bool end = false;

	for (; !end; mapping = next) {
		end = mapping == span->final;
		next = end ? NULL : viommu_mapping_next(mapping);

		if (tail) {
			tail->start = mapping->start;
			tail->last = mapping->last;
			tail->paddr = mapping->paddr;
			tail->flags = mapping->flags;
			trim_front(tail, span->last + 1);
			mapping->last = start - 1;
			/* Between the two is what was taken out */
			viommu_mappings_insert(mappings, tail);
		} else if (mapping->start < start) {
			mapping->last = start - 1;
		} else if (mapping->last > span->last) {
			trim_front(mapping, span->last + 1);
		} else {
			viommu_mappings_remove(mappings, mapping);
			viommu_mappings_give(mappings, mapping);
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(viommu_mappings_cut);
