/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mappings of a domain, as the device has or is to have them.
 *
 * The host keeps mappings as they were made: an UNMAP must cover whole ones.  So
 * we keep them too, for that, for looking up addresses, and to make them again
 * when the device forgot them (its reset, the last endpoint leaving).
 *
 * Mappings of a domain do not overlap, so a tree ordered by their start finds
 * whatever is asked for.  Nothing here locks or talks to a device.
 */
#ifndef __VIOMMU_MAPPING_H
#define __VIOMMU_MAPPING_H

#include <linux/compiler.h>
#include <linux/gfp_types.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/*
 * Unused mappings that a domain keeps, so that mapping and unmapping one buffer
 * after the other does not go to the allocator: 2 KiB.  There may be more until
 * somebody comes who can free them.
 */
#define VIOMMU_SPARE_MAX	32

/* Mappings looked at under one hold of a lock */
#define VIOMMU_SPAN_MAX		64

/**
 * struct viommu_mapping - one mapping
 * @rb: in viommu_mappings.root
 * @next: in viommu_mappings.spare instead
 * @start: first I/O address
 * @last: last I/O address
 * @paddr: physical address behind the first
 * @flags: VIRTIO_IOMMU_MAP_F_*
 * @error: 0, or the error by which the device refused it; written by who
 *	completes the request
 * @pos: position of the request; 0 if there was none
 *
 * As large as a cache line.
 */
struct viommu_mapping {
	union {
		struct rb_node rb;
		struct viommu_mapping *next;
	};
	u64 start;
	u64 last;
	phys_addr_t paddr;
	u32 flags;
	int error;
	u64 pos;
};

/**
 * struct viommu_mappings - the mappings of a domain
 * @root: struct viommu_mapping, by their start
 * @spare: list of unused ones
 * @spares: length of @spare
 */
struct viommu_mappings {
	struct rb_root root;
	struct viommu_mapping *spare;
	unsigned int spares;
};

/**
 * struct viommu_span - mappings that a range touches, side by side without a hole
 * @first: the first of them; may begin before the range
 * @final: the last of them; may end behind the range
 * @last: last address of the range that is mapped
 */
struct viommu_span {
	struct viommu_mapping *first;
	struct viommu_mapping *final;
	u64 last;
};

/**
 * viommu_mapping_cache_init() - make the cache that mappings come from
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int viommu_mapping_cache_init(void);

/**
 * viommu_mapping_cache_exit() - undo viommu_mapping_cache_init()
 *
 * Context: module exit; every mapping was freed.
 */
void viommu_mapping_cache_exit(void);

/**
 * viommu_mapping_alloc() - allocate a mapping
 * @gfp: how
 *
 * Context: Any that @gfp allows.
 * Return: the mapping, or NULL.
 */
struct viommu_mapping *viommu_mapping_alloc(gfp_t gfp);

/**
 * viommu_mappings_init() - make a tree empty
 * @mappings: tree
 */
void viommu_mappings_init(struct viommu_mappings *mappings);

/**
 * viommu_mappings_clear() - free all mappings, spare ones too
 * @mappings: tree, empty afterwards
 */
void viommu_mappings_clear(struct viommu_mappings *mappings);

/**
 * viommu_mappings_take() - take a spare mapping
 * @mappings: tree
 *
 * Return: a mapping that is in no tree, or NULL: allocate one.
 */
static inline struct viommu_mapping *
viommu_mappings_take(struct viommu_mappings *mappings)
{
	struct viommu_mapping *mapping = mappings->spare;

	if (mapping) {
		mappings->spare = mapping->next;
		mappings->spares--;
	}
	return mapping;
}

/**
 * viommu_mapping_free() - free a mapping
 * @mapping: mapping that is in no tree
 *
 * Context: Any in which memory may be freed.
 */
void viommu_mapping_free(struct viommu_mapping *mapping);

/**
 * viommu_mappings_trim() - take away spare mappings that are too many
 * @mappings: tree with more than VIOMMU_SPARE_MAX
 *
 * Half of VIOMMU_SPARE_MAX are left, so that it is long until the next time.
 *
 * Return: list of mappings for viommu_mapping_free_all().
 */
struct viommu_mapping *viommu_mappings_trim(struct viommu_mappings *mappings);

/**
 * viommu_mapping_free_all() - free a list of mappings
 * @mapping: the first, or NULL
 *
 * Context: As for viommu_mapping_free().
 */
void viommu_mapping_free_all(struct viommu_mapping *mapping);

/**
 * viommu_mappings_give() - give a mapping back
 * @mappings: tree
 * @mapping: mapping that is in no tree; becomes spare
 *
 * Context: Any.
 */
static inline void viommu_mappings_give(struct viommu_mappings *mappings,
					struct viommu_mapping *mapping)
{
	mapping->next = mappings->spare;
	mappings->spare = mapping;
	mappings->spares++;
}

/**
 * viommu_mappings_insert() - enter a mapping
 * @mappings: tree
 * @mapping: mapping with @start and @last set
 *
 * Return: 0; -EEXIST if something of the range is mapped.
 */
int viommu_mappings_insert(struct viommu_mappings *mappings,
			   struct viommu_mapping *mapping);

/**
 * viommu_mappings_remove() - take a mapping out of the tree
 * @mappings: tree
 * @mapping: mapping in it; the caller's afterwards
 */
static inline void viommu_mappings_remove(struct viommu_mappings *mappings,
					  struct viommu_mapping *mapping)
{
	rb_erase(&mapping->rb, &mappings->root);
}

/**
 * viommu_mappings_from() - first mapping from an address on
 * @mappings: tree
 * @addr: I/O address
 *
 * Return: the first mapping that ends at @addr or behind it, or NULL.
 */
struct viommu_mapping *viommu_mappings_from(const struct viommu_mappings *mappings,
					    u64 addr);

/**
 * viommu_mapping_next() - the mapping that follows
 * @mapping: mapping in a tree
 *
 * Return: it, or NULL.
 */
struct viommu_mapping *viommu_mapping_next(const struct viommu_mapping *mapping);

/**
 * viommu_mappings_find() - what is mapped from an address on, up to a hole
 * @mappings: tree
 * @start: first I/O address
 * @last: last I/O address
 * @span: filled in if anything is mapped at @start, with VIOMMU_SPAN_MAX mappings
 *	at most
 *
 * Return: false if nothing is mapped at @start.
 */
bool viommu_mappings_find(const struct viommu_mappings *mappings, u64 start,
			  u64 last, struct viommu_span *span);

/**
 * viommu_mappings_cut() - take a range out of the mappings
 * @mappings: tree
 * @span: as viommu_mappings_find() filled it for @start
 * @start: first I/O address
 * @tail: mapping that is in no tree, for what is left behind the range of a
 *	mapping that sticks out on both sides; else NULL
 *
 * What sticks out at either end stays mapped.
 */
void viommu_mappings_cut(struct viommu_mappings *mappings,
			 const struct viommu_span *span, u64 start,
			 struct viommu_mapping *tail);

#endif /* __VIOMMU_MAPPING_H */
