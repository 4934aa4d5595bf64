// SPDX-License-Identifier: GPL-2.0
/*
 * Where the chunks of each window are: regions in hash buckets, which readers
 * follow without the lock.
 */
#include <linux/hash.h>
#include <linux/rcupdate.h>

#include "iova-priv.h"

struct iova_region **iova_region_bucket(struct iova_domain *iovad,
					unsigned long index)
{
	return &iovad->regions[hash_long(index, ilog2(IOVA_REGION_BUCKETS))];
}

struct iova_region *iova_region_find(struct iova_domain *iovad,
				     unsigned long index)
{
	struct iova_region *region = READ_ONCE(*iova_region_bucket(iovad, index));

	while (region && region->index != index)
		region = region->next;
	return region;
}

/**
 * iova_region_chunk() - the chunk that a granule belongs to, the long way
 * @iovad: the domain
 * @pfn:   the granule
 *
 * Remembers the region for this CPU.
 *
 * Context: Any; preemption off, which keeps the chunk.
 *
 * Return: the chunk or NULL.
 */
struct iova_chunk *iova_region_chunk(struct iova_domain *iovad,
				     unsigned long pfn)
{
	struct iova_region *region;
	struct iova_chunk *chunk;

	region = iova_region_find(iovad, pfn >> IOVA_REGION_LG2);
	if (!region)
		return NULL;
	if (iovad->cpus)
		WRITE_ONCE(this_cpu_ptr(iovad->cpus)->region, region);
	chunk = READ_ONCE(*iova_region_slot(region, pfn));
	while (chunk && !iova_chunk_holds(chunk, pfn))
		chunk = READ_ONCE(chunk->sibling);
	return chunk;
}

/* Let readers find a chunk; under the domain's lock */
void iova_region_link(struct iova_domain *iovad, struct iova_chunk *chunk,
		      struct iova_region *region)
{
	struct iova_chunk **slot = iova_region_slot(region, chunk->base);

	chunk->sibling = *slot;
	iova_span_insert(iovad, &chunk->span, chunk->span.lo, chunk->span.hi);
	/* Whoever finds the chunk finds it initialised. */
	smp_store_release(slot, chunk);
	iovad->nr_chunks++;
	if (chunk->outside) {
		list_add(&chunk->entry, &iovad->partial);
		WRITE_ONCE(iovad->nr_partial, iovad->nr_partial + 1);
	}
}

/* The opposite: what found the chunk before may still look at it */
void iova_region_unlink(struct iova_domain *iovad, struct iova_chunk *chunk)
{
	struct iova_region *region;
	struct iova_chunk **link;

	region = iova_region_find(iovad, chunk->base >> IOVA_REGION_LG2);
	link = iova_region_slot(region, chunk->base);
	while (*link != chunk) {
		iova_step(iovad);
		link = &(*link)->sibling;
	}
	WRITE_ONCE(*link, chunk->sibling);
	iova_span_erase(iovad, &chunk->span);
	iovad->nr_chunks--;
	if (chunk->outside)
		WRITE_ONCE(iovad->nr_partial, iovad->nr_partial - 1);
	chunk->dead = true;
}
