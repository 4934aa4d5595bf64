// SPDX-License-Identifier: GPL-2.0
/*
 * Paging domains: mapping and unmapping.
 *
 * A map or an unmap edits the tree and posts its request under one lock, so that
 * the device gets requests for an address in the order in which the tree
 * changed.  It does not wait: iotlb_sync_map() and iotlb_sync() do, for all that
 * was posted, with one notification.
 */
#include <linux/idr.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "viommu.h"

/* The most requests that one unmap takes: one UNMAP, a MAP for either rest */
#define UNMAP_REQUESTS	3

/* Is a mapping at @start one that the device has, or has been asked for? */
static bool is_sent(const struct viommu_domain *vd, u64 start)
{
	return start < vd->sent;
}

/*
 * What to do after a request could not be posted, with the domain's lock
 * dropped.  True to try again; else *@ret is the error.
 */
static bool try_again(struct viommu_domain *vd, unsigned int requests, int *ret)
{
	if (likely(*ret != -EBUSY))
		return false;
	*ret = viommu_queue_make_room(&vd->viommu->requests, requests);
	return !*ret;
}

static int wait_for_device(struct viommu_domain *vd)
{
	return viommu_queue_poll(&vd->viommu->requests, viommu_domain_pos(vd));
}

/* A refusal is counted as long as the mapping is there */
static void forget_error(struct viommu_domain *vd, struct viommu_mapping *mapping)
{
	if (unlikely(mapping->error)) {
		atomic_dec(&vd->refused);
		mapping->error = 0;
	}
}

/*
 * Has the device still to answer for @mapping?  If not, its @error is final:
 * the acquire pairs with the release by which the position is published.
 */
static bool in_flight(const struct viommu_domain *vd,
		      const struct viommu_mapping *mapping)
{
	return mapping->pos > atomic64_read_acquire(&vd->viommu->requests.done);
}

static __always_inline int post_map(struct viommu_domain *vd,
				    struct viommu_mapping *mapping)
{
	union viommu_wire wire;
	int ret;

	viommu_encode_map(&wire, vd->id, mapping->start, mapping->last,
			  mapping->paddr, mapping->flags);
	ret = viommu_queue_post_map(&vd->viommu->requests, &wire, mapping,
				    &vd->refused, &mapping->pos);
	if (likely(!ret))
		viommu_domain_set_pos(vd, mapping->pos);
	return ret;
}

int viommu_domain_post_map(struct viommu_domain *vd, struct viommu_mapping *mapping)
{
	return post_map(vd, mapping);
}

static __always_inline int enter(struct viommu_domain *vd, struct viommu_mapping *mapping)
{
	int ret;

	lockdep_assert_held(&vd->lock);
	mapping->error = 0;
	mapping->pos = 0;
	ret = viommu_mappings_insert(&vd->mappings, mapping);
	if (unlikely(ret))
		return ret;
	if (unlikely(!is_sent(vd, mapping->start)))
		return 0;
	ret = post_map(vd, mapping);
	if (unlikely(ret))
		viommu_mappings_remove(&vd->mappings, mapping);
	return ret;
}

static __always_inline int map(struct viommu_domain *vd, u64 start, u64 last,
			       phys_addr_t paddr, u32 flags, gfp_t gfp)
{
	struct viommu_mapping *mapping;
	unsigned long irq;
	int ret;

	do {
		raw_spin_lock_irqsave(&vd->lock, irq);
		mapping = viommu_mappings_take(&vd->mappings);
		if (unlikely(!mapping)) {
			raw_spin_unlock_irqrestore(&vd->lock, irq);
			mapping = viommu_mapping_alloc(gfp);
			if (!mapping)
				return -ENOMEM;
			raw_spin_lock_irqsave(&vd->lock, irq);
		}
		mapping->start = start;
		mapping->last = last;
		mapping->paddr = paddr;
		mapping->flags = flags;
		ret = enter(vd, mapping);
		if (unlikely(ret))
			viommu_mappings_give(&vd->mappings, mapping);
		raw_spin_unlock_irqrestore(&vd->lock, irq);
	} while (try_again(vd, 1, &ret));
	return ret;
}

int viommu_domain_map(struct viommu_domain *vd, u64 start, u64 last,
		      phys_addr_t paddr, u32 flags, gfp_t gfp)
{
	return map(vd, start, last, paddr, flags, gfp);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_domain_map);

static int map_range(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
		     size_t *mapped)
{
	struct viommu_domain *vd = to_viommu_domain(domain);
	u32 flags;
	int ret;

	ret = viommu_map_flags(prot, vd->viommu->limits.mmio, &flags);
	if (unlikely(ret))
		return ret;
	ret = map(vd, iova, iova + (size - 1), paddr, flags, gfp);
	if (likely(!ret))
		*mapped = size;
	return ret;
}

noinline int viommu_domain_refusal(struct viommu_domain *vd, u64 start, u64 last)
{
	struct viommu_mapping *mapping;
	unsigned long irq;
	unsigned int i;
	int ret = 0;

	do {
		raw_spin_lock_irqsave(&vd->lock, irq);
		mapping = viommu_mappings_from(&vd->mappings, start);
		for (i = 0; i < VIOMMU_SPAN_MAX && !ret; i++) {
			if (!mapping || mapping->start > last)
				break;
			ret = READ_ONCE(mapping->error);
			start = mapping->last + 1;
			mapping = viommu_mapping_next(mapping);
		}
		raw_spin_unlock_irqrestore(&vd->lock, irq);
	} while (i == VIOMMU_SPAN_MAX && !ret && start);
	return ret;
}

static int iotlb_sync_map(struct iommu_domain *domain, unsigned long iova,
			  size_t size)
{
	struct viommu_domain *vd = to_viommu_domain(domain);
	int ret;

	ret = wait_for_device(vd);
	if (unlikely(ret))
		return ret;
	if (unlikely(atomic_read(&vd->refused)))
		return viommu_domain_refusal(vd, iova, iova + (size - 1));
	return 0;
}

/* Drops a mapping that is out of the tree, or is about to be */
static void drop(struct viommu_domain *vd, struct viommu_mapping *mapping)
{
	forget_error(vd, mapping);
	viommu_mappings_remove(&vd->mappings, mapping);
	viommu_mappings_give(&vd->mappings, mapping);
}

/* Must the device be told that what begins at @start goes? */
static bool must_tell(const struct viommu_domain *vd, u64 start)
{
	return likely(is_sent(vd, start)) || vd->leaving;
}

/* One mapping, as it was made, that the device has */
static int unmap_whole(struct viommu_domain *vd, struct viommu_mapping *mapping)
{
	union viommu_wire wire;
	u64 pos;
	int ret;

	lockdep_assert_held(&vd->lock);
	if (likely(must_tell(vd, mapping->start) && !mapping->error)) {
		viommu_encode_unmap(&wire, vd->id, mapping->start, mapping->last);
		ret = viommu_queue_post(&vd->viommu->requests, &wire, NULL, &pos);
		if (unlikely(ret == -EBUSY))
			return ret;
		if (likely(!ret))
			viommu_domain_set_pos(vd, pos);
	}
	drop(vd, mapping);
	return 0;
}

/* Requests of an unmap that meets more than one whole mapping */
struct split {
	union viommu_wire wires[UNMAP_REQUESTS];
	unsigned int count;
};

static void add_unmap(struct viommu_domain *vd, struct split *split, u64 start,
		      u64 last)
{
	viommu_encode_unmap(&split->wires[split->count++], vd->id, start, last);
}

static void add_rest(struct viommu_domain *vd, struct split *split,
		     const struct viommu_mapping *old, u64 start, u64 last)
{
	viommu_encode_map(&split->wires[split->count++], vd->id, start, last,
			  old->paddr + (start - old->start), old->flags);
}

static bool span_in_flight(const struct viommu_domain *vd,
			   const struct viommu_span *span)
{
	const struct viommu_mapping *mapping = span->first;

	for (;; mapping = viommu_mapping_next(mapping)) {
		if (in_flight(vd, mapping))
			return true;
		if (mapping == span->final)
			return false;
	}
}

/*
 * A mapping that sticks out of the range is taken down whole and what sticks out
 * is mapped again; a device that uses the rest meanwhile faults.
 */
static void plan(struct viommu_domain *vd, const struct viommu_span *span,
		 u64 start, struct split *split)
{
	struct viommu_mapping *first = span->first, *final = span->final;

	split->count = 0;
	if (must_tell(vd, first->start))
		add_unmap(vd, split, first->start, final->last);
	if (first->start < start && is_sent(vd, first->start))
		add_rest(vd, split, first, first->start, start - 1);
	if (final->last > span->last && is_sent(vd, final->start))
		add_rest(vd, split, final, span->last + 1, final->last);
}

static int post_split(struct viommu_domain *vd, const struct split *split)
{
	u64 pos;
	int ret;

	if (!split->count)
		return 0;
	ret = viommu_queue_post_all(&vd->viommu->requests, split->wires,
				    split->count, &pos);
	if (likely(!ret))
		viommu_domain_set_pos(vd, pos);
	return ret;
}

static void forget_errors(struct viommu_domain *vd, const struct viommu_span *span)
{
	struct viommu_mapping *mapping = span->first;

	while (forget_error(vd, mapping), mapping != span->final)
		mapping = viommu_mapping_next(mapping);
}

/* Does a mapping stick out at both ends, so that two are left of it? */
static bool leaves_two(const struct viommu_span *span, u64 start)
{
	return span->first == span->final && span->first->start < start &&
	       span->final->last > span->last;
}

/*
 * All that an unmap can meet.  -EBUSY without room for the requests, -EAGAIN if
 * the device has not answered for what is to go, -ENOMEM without a spare mapping
 * for a second rest: nothing is changed.
 */
static int unmap_span(struct viommu_domain *vd, const struct viommu_span *span,
		      u64 start)
{
	struct viommu_mapping *tail = NULL;
	struct split split;
	int ret;

	lockdep_assert_held(&vd->lock);
	if (span_in_flight(vd, span))
		return -EAGAIN;
	if (leaves_two(span, start)) {
		tail = viommu_mappings_take(&vd->mappings);
		if (!tail)
			return -ENOMEM;
		tail->error = 0;
		tail->pos = 0;
	}
	forget_errors(vd, span);
	plan(vd, span, start, &split);
	ret = post_split(vd, &split);
	if (ret == -EBUSY) {
		if (tail)
			viommu_mappings_give(&vd->mappings, tail);
		return ret;
	}
	/* What a device that has failed still has goes with its reset */
	viommu_mappings_cut(&vd->mappings, span, start, tail);
	return 0;
}

static bool fits(const struct viommu_domain *vd,
		 const struct viommu_mapping *mapping, u64 start, u64 last)
{
	return mapping && mapping->start == start && mapping->last == last &&
	       !in_flight(vd, mapping);
}

static __always_inline int unmap_fitting(struct viommu_domain *vd, u64 start,
					 u64 last)
{
	struct viommu_mapping *mapping;

	mapping = viommu_mappings_from(&vd->mappings, start);
	if (unlikely(!fits(vd, mapping, start, last)))
		return -EAGAIN;
	return unmap_whole(vd, mapping);
}

/* Up to a hole, or to as many mappings as are looked at under one lock */
static int unmap_piece(struct viommu_domain *vd, u64 start, u64 last, size_t *size)
{
	struct viommu_span span;
	unsigned long irq;
	int ret = 0;

	*size = 0;
	raw_spin_lock_irqsave(&vd->lock, irq);
	if (viommu_mappings_find(&vd->mappings, start, last, &span)) {
		ret = unmap_span(vd, &span, start);
		if (!ret)
			*size = span.last - start + 1;
	}
	raw_spin_unlock_irqrestore(&vd->lock, irq);
	return ret;
}

/* May this context allocate and free? */
static bool memory_allowed(void)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

static bool add_spare(struct viommu_domain *vd)
{
	struct viommu_mapping *mapping;
	unsigned long irq;

	mapping = memory_allowed() ? viommu_mapping_alloc(GFP_ATOMIC) : NULL;
	if (!mapping)
		return false;
	raw_spin_lock_irqsave(&vd->lock, irq);
	viommu_mappings_give(&vd->mappings, mapping);
	raw_spin_unlock_irqrestore(&vd->lock, irq);
	return true;
}

static noinline void free_spares(struct viommu_domain *vd)
{
	struct viommu_mapping *list = NULL;
	unsigned long irq;

	if (!memory_allowed())
		return;
	raw_spin_lock_irqsave(&vd->lock, irq);
	if (vd->mappings.spares > VIOMMU_SPARE_MAX)
		list = viommu_mappings_trim(&vd->mappings);
	raw_spin_unlock_irqrestore(&vd->lock, irq);
	viommu_mapping_free_all(list);
}

static bool try_unmap_again(struct viommu_domain *vd, int ret)
{
	switch (ret) {
	case -EAGAIN:
		/* Afterwards it has answered, or was given up: either will do */
		wait_for_device(vd);
		return true;
	case -EBUSY:
		viommu_queue_make_room(&vd->viommu->requests, UNMAP_REQUESTS);
		return true;
	default:
		return add_spare(vd);
	}
}

static noinline size_t unmap_slow(struct viommu_domain *vd, u64 start, size_t size)
{
	u64 last = start + (size - 1);
	size_t done = 0, piece;
	int ret;

	do {
		ret = unmap_piece(vd, start + done, last, &piece);
		done += piece;
		free_spares(vd);
	} while (ret ? try_unmap_again(vd, ret) : piece && done < size);
	if (unlikely(ret))
		dev_err_ratelimited(vd->viommu->dev,
				    "domain %u: %#llx to %#llx stays mapped: no memory to split the mapping that it is part of\n",
				    vd->id, start + done, last);
	return done;
}

/*
 * The gather stays as it is: iotlb_sync() waits for whatever was posted, and an
 * empty gather keeps core from syncing between ranges that do not touch.
 */
static size_t unmap_range(struct iommu_domain *domain, unsigned long iova,
			  size_t size, struct iommu_iotlb_gather *gather)
{
	struct viommu_domain *vd = to_viommu_domain(domain);
	unsigned int spares;
	unsigned long irq;
	int ret;

	raw_spin_lock_irqsave(&vd->lock, irq);
	ret = unmap_fitting(vd, iova, iova + (size - 1));
	spares = vd->mappings.spares;
	raw_spin_unlock_irqrestore(&vd->lock, irq);
	if (unlikely(ret))
		return unmap_slow(vd, iova, size);
	if (unlikely(spares > VIOMMU_SPARE_MAX))
		free_spares(vd);
	return size;
}

static void iotlb_sync(struct iommu_domain *domain,
		       struct iommu_iotlb_gather *gather)
{
	wait_for_device(to_viommu_domain(domain));
}

static void flush_iotlb_all(struct iommu_domain *domain)
{
	wait_for_device(to_viommu_domain(domain));
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct viommu_domain *vd = to_viommu_domain(domain);
	struct viommu_mapping *mapping;
	phys_addr_t paddr = 0;
	unsigned long irq;

	raw_spin_lock_irqsave(&vd->lock, irq);
	mapping = viommu_mappings_from(&vd->mappings, iova);
	if (mapping && mapping->start <= iova)
		paddr = mapping->paddr + (iova - mapping->start);
	raw_spin_unlock_irqrestore(&vd->lock, irq);
	return paddr;
}

bool viommu_domain_has(struct viommu_domain *vd, u64 addr)
{
	struct viommu_mapping *mapping;
	unsigned long irq;
	bool has;

	raw_spin_lock_irqsave(&vd->lock, irq);
	mapping = viommu_mappings_from(&vd->mappings, addr);
	has = mapping && mapping->start <= addr;
	raw_spin_unlock_irqrestore(&vd->lock, irq);
	return has;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_domain_has);

static void set_geometry(struct viommu_domain *vd)
{
	const struct viommu_limits *limits = &vd->viommu->limits;

	vd->domain.pgsize_bitmap = limits->page_sizes;
	vd->domain.geometry.aperture_start = limits->first;
	vd->domain.geometry.aperture_end = limits->last;
	vd->domain.geometry.force_aperture = true;
}

struct viommu_domain *viommu_domain_new(struct viommu_instance *viommu)
{
	struct viommu_domain *vd;
	int ret;

	vd = kzalloc(sizeof(*vd), GFP_KERNEL);
	if (!vd)
		return ERR_PTR(-ENOMEM);
	ret = viommu_id_alloc(viommu, &vd->id);
	if (ret) {
		if (ret == -ENOSPC)
			dev_err_ratelimited(viommu->dev,
					    "all domain ids are in use\n");
		kfree(vd);
		return ERR_PTR(ret);
	}
	kref_get(&viommu->ref);
	vd->viommu = viommu;
	vd->domain.type = IOMMU_DOMAIN_UNMANAGED;
	vd->domain.ops = &viommu_domain_ops;
	raw_spin_lock_init(&vd->lock);
	viommu_mappings_init(&vd->mappings);
	set_geometry(vd);

	mutex_lock(&viommu->mutex);
	list_add(&vd->list, &viommu->domains);
	mutex_unlock(&viommu->mutex);
	return vd;
}

struct iommu_domain *viommu_domain_alloc_paging(struct device *dev)
{
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	u64 granule = BIT_ULL(__ffs64(ep->viommu->limits.page_sizes));
	struct viommu_domain *vd;

	if (granule > PAGE_SIZE) {
		dev_err(dev, "pages of its IOMMU have %llu KiB, those of the CPU %lu KiB: it can only pass by translation\n",
			granule >> 10, PAGE_SIZE >> 10);
		return ERR_PTR(-EINVAL);
	}
	vd = viommu_domain_new(ep->viommu);
	return IS_ERR(vd) ? ERR_CAST(vd) : &vd->domain;
}

void viommu_domain_delete(struct viommu_domain *vd)
{
	struct viommu_instance *viommu = vd->viommu;
	struct viommu_mapping *mapping;

	mutex_lock(&viommu->mutex);
	WARN_ON(vd->bound);
	list_del(&vd->list);
	mutex_unlock(&viommu->mutex);

	/* Requests name mappings, and the id is another domain's soon */
	viommu_queue_wait(&viommu->requests, viommu_domain_pos(vd));
	for (mapping = viommu_mappings_from(&vd->mappings, 0); mapping;
	     mapping = viommu_mapping_next(mapping))
		forget_error(vd, mapping);
	viommu_mappings_clear(&vd->mappings);
	if (!vd->leaked)
		viommu_id_free(viommu, vd->id);
	kfree(vd);
	viommu_put(viommu);
}

static void domain_free(struct iommu_domain *domain)
{
	viommu_domain_delete(to_viommu_domain(domain));
}

const struct iommu_domain_ops viommu_domain_ops = {
	.attach_dev = viommu_attach_paging,
	.map_range = map_range,
	.unmap_range = unmap_range,
	.flush_iotlb_all = flush_iotlb_all,
	.iotlb_sync_map = iotlb_sync_map,
	.iotlb_sync = iotlb_sync,
	.iova_to_phys = iova_to_phys,
	.free = domain_free,
};
EXPORT_SYMBOL_IF_KUNIT(viommu_domain_ops);
