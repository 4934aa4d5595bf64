// SPDX-License-Identifier: GPL-2.0
/*
 * Scatterlist: many buffers, one range of I/O addresses.
 *
 * The layout of a list in its range follows from the list alone: an entry that
 * continues the physical run of the one before it continues its I/O addresses
 * too, any other entry starts on the next granule, and one that would cross
 * the device's segment boundary starts on that boundary.  What is skipped for
 * a boundary stays unmapped.
 *
 * The list is walked twice: to know how long the range is, and then to map each
 * physical run with one call and to write the DMA segments.  Entries keep their
 * offset and length throughout.
 */
#include <linux/dma-mapping.h>
#include <linux/memremap.h>
#include <linux/overflow.h>

#include "dma.h"

/**
 * struct sg_layout - where the next entry goes
 * @granule_mask: granule - 1
 * @boundary: the device's segment boundary mask
 * @end: first byte after the last entry, from the start of the range
 * @next: physical address after the last entry
 */
struct sg_layout {
	size_t granule_mask;
	unsigned long boundary;
	size_t end;
	phys_addr_t next;
};

/**
 * struct sg_run - physically contiguous part of the range
 * @start: first byte, from the start of the range; on a granule
 * @phys: physical address of @start
 */
struct sg_run {
	size_t start;
	phys_addr_t phys;
};

static bool crosses(size_t start, size_t len, unsigned long boundary)
{
	return (start & boundary) + len - 1 > boundary;
}

/*
 * The range starts on a multiple of its own length rounded up to a power of
 * two, so an offset in it has the same low bits as its address up to there, and
 * no entry of a range shorter than the boundary crosses it.
 *
 * Returns true if the entry starts a physical run, and its place in *start.
 */
static bool layout_place(struct sg_layout *l, phys_addr_t phys, size_t len,
			 size_t *start)
{
	size_t offset = phys & l->granule_mask;
	size_t at;

	if (l->end && phys == l->next && !crosses(l->end, len, l->boundary)) {
		*start = l->end;
		l->end += len;
		l->next += len;
		return false;
	}
	at = (l->end + l->granule_mask) & ~l->granule_mask;
	if (crosses(at, offset + len, l->boundary) && at & l->boundary)
		at = (at | l->boundary) + 1;
	*start = at + offset;
	l->end = *start + len;
	l->next = phys + len;
	return true;
}

static void layout_init(struct sg_layout *l, struct device *dev,
			const struct iommu_dma_device *dma)
{
	l->granule_mask = dma->granule_mask;
	/* Segments are whole granules at least */
	l->boundary = dma_get_seg_boundary(dev) | dma->granule_mask;
	l->end = 0;
	l->next = 0;
}

/* Decide how a peer's memory is reached */
static int sg_peer(struct pci_p2pdma_map_state *state, struct device *dev,
		   struct scatterlist *s)
{
	switch (pci_p2pdma_map_segment(state, dev, s)) {
	case PCI_P2PDMA_MAP_BUS_ADDR:	/* marked; past the IOMMU */
	case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
		return 0;
	default:
		return -EREMOTEIO;
	}
}

/* Length of the range that a list needs, 0 if all of it goes past the IOMMU */
static int sg_measure(struct device *dev, const struct iommu_dma_device *dma,
		      struct scatterlist *sg, int nents, size_t *len)
{
	struct pci_p2pdma_map_state peer = {};
	struct sg_layout l;
	struct scatterlist *s;
	size_t start, before;
	int i, ret;

	layout_init(&l, dev, dma);
	for_each_sg(sg, s, nents, i) {
		dma_sg_clear_flags(s);
		if (is_pci_p2pdma_page(sg_page(s))) {
			ret = sg_peer(&peer, dev, s);
			if (ret)
				return ret;
		}
		if (sg_dma_is_bus_address(s) || !s->length)
			continue;
		before = l.end;
		layout_place(&l, sg_phys(s), s->length, &start);
		if (l.end < before)
			return -EINVAL;
	}
	*len = dma_granules(dma, l.end);
	return *len < l.end ? -EINVAL : 0;
}

/**
 * struct sg_out - the DMA segments as they are written
 * @cur: segment that was written last, NULL before the first
 * @next: entry that takes the next one
 * @max_len: the device's maximum segment size
 * @boundary: the device's segment boundary mask
 * @count: number of segments
 */
struct sg_out {
	struct scatterlist *cur;
	struct scatterlist *next;
	size_t max_len;
	unsigned long boundary;
	int count;
};

static void out_append(struct sg_out *out, dma_addr_t addr, size_t len)
{
	out->cur = out->next;
	out->next = sg_next(out->next);
	sg_dma_address(out->cur) = addr;
	sg_dma_len(out->cur) = len;
	out->count++;
}

/* Buffers that touch in I/O space are one segment, if the device can take it */
static void out_add(struct sg_out *out, dma_addr_t addr, size_t len)
{
	struct scatterlist *cur = out->cur;

	if (cur && !sg_dma_is_bus_address(cur) &&
	    sg_dma_address(cur) + sg_dma_len(cur) == addr &&
	    (addr & out->boundary) && sg_dma_len(cur) + len <= out->max_len) {
		sg_dma_len(cur) += len;
		return;
	}
	out_append(out, addr, len);
	dma_sg_clear_flags(out->cur);
}

/* A bus address stays as it is; it may move to an earlier entry */
static void out_add_bus(struct sg_out *out, struct scatterlist *s)
{
	dma_addr_t addr = sg_dma_address(s);
	size_t len = sg_dma_len(s);

	sg_dma_unmark_bus_address(s);
	out_append(out, addr, len);
	sg_dma_mark_bus_address(out->cur);
}

/* Mark the end of the segments for whoever unmaps */
static void out_end(struct sg_out *out, int nents)
{
	if (out->count == nents)
		return;
	dma_sg_clear_flags(out->next);
	sg_dma_address(out->next) = DMA_MAPPING_ERROR;
	sg_dma_len(out->next) = 0;
}

/*
 * Map the runs of a list to the range at iova, and write its segments.  The
 * count of bytes that are laid out is in *mapped, on error up to and without
 * the run that failed.
 */
static int sg_map_runs(struct device *dev, struct iommu_dma_device *dma,
		       struct scatterlist *sg, int nents, dma_addr_t iova,
		       int prot, struct sg_out *out, size_t *mapped)
{
	struct iommu_domain *domain = dma->domain;
	struct sg_run run = {};
	struct sg_layout l;
	struct scatterlist *s, *next;
	size_t start, end = 0;
	int i, ret = 0;

	*mapped = 0;
	layout_init(&l, dev, dma);
	for (i = 0, s = sg; i < nents; i++, s = next) {
		next = sg_next(s);
		if (sg_dma_is_bus_address(s)) {
			out_add_bus(out, s);
			continue;
		}
		if (!s->length)
			continue;
		if (layout_place(&l, sg_phys(s), s->length, &start)) {
			if (end)
				ret = domain_map_nosync(domain,
							iova + run.start,
							run.phys,
							end - run.start, prot,
							GFP_ATOMIC);
			if (unlikely(ret))
				return ret;
			*mapped = end;
			run.phys = sg_phys(s) & ~(phys_addr_t)dma->granule_mask;
			run.start = start & ~dma->granule_mask;
		}
		end = dma_granules(dma, l.end);
		out_add(out, iova + start, s->length);
	}
	ret = domain_map_nosync(domain, iova + run.start, run.phys,
				end - run.start, prot, GFP_ATOMIC);
	if (!ret)
		*mapped = end;
	return ret;
}

/**
 * struct sg_span - I/O addresses that the segments of a list take
 * @start: first byte, on a granule
 * @end: first byte after the last
 * @missing: bytes in it that should have been mapped and were not
 */
struct sg_span {
	dma_addr_t start;
	dma_addr_t end;
	size_t missing;
};

static void part_unmap(struct iommu_dma_device *dma, dma_addr_t start,
		       dma_addr_t end, struct sg_span *span,
		       struct iommu_iotlb_gather *gather)
{
	size_t len = end - start;

	span->missing += len - iommu_domain_unmap(dma->domain, start, len, gather);
}

/*
 * Unmap what the segments of a list cover below the address limit.  There is a
 * hole where a segment was moved to a boundary; unmapping stops at holes, so
 * each part between two of them is unmapped for itself.
 */
static void segments_unmap(struct iommu_dma_device *dma, struct scatterlist *sg,
			   int nents, dma_addr_t limit, struct sg_span *span,
			   struct iommu_iotlb_gather *gather)
{
	dma_addr_t mask = dma->granule_mask;
	dma_addr_t part = 0;
	struct scatterlist *s;
	int i;

	span->end = 0;
	span->missing = 0;
	for_each_sg(sg, s, nents, i) {
		dma_addr_t start = sg_dma_address(s) & ~mask;
		dma_addr_t end = sg_dma_address(s) + sg_dma_len(s);

		if (sg_dma_is_bus_address(s)) {
			sg_dma_unmark_bus_address(s);
			continue;
		}
		if (!sg_dma_len(s) || start >= limit)
			break;
		if (!span->end) {
			span->start = start;
			part = start;
		} else if (start > span->end) {
			part_unmap(dma, part, span->end, span, gather);
			part = start;
		}
		span->end = min((end + mask) & ~mask, limit);
	}
	if (likely(span->end))
		part_unmap(dma, part, span->end, span, gather);
}

/* Undo a list that could not be mapped to its end; nobody was told its addresses */
static void sg_undo(struct iommu_dma_device *dma, struct scatterlist *sg,
		    int nents, dma_addr_t iova, size_t len, size_t mapped)
{
	struct iommu_iotlb_gather gather;
	struct sg_span span;

	iommu_iotlb_gather_init(&gather);
	segments_unmap(dma, sg, nents, iova + mapped, &span, &gather);
	if (span.end)
		iommu_dma_range_finish(dma, iova, len, NULL, &gather);
	else
		dma_range_free(dma, iova, len);
}

static void sg_forget(struct scatterlist *sg, int nents)
{
	struct scatterlist *s;
	int i;

	for_each_sg(sg, s, nents, i) {
		dma_sg_clear_flags(s);
		sg_dma_address(s) = DMA_MAPPING_ERROR;
		sg_dma_len(s) = 0;
	}
}

/* Map a list that needs len bytes of I/O addresses, not 0 */
static int sg_map_range(struct device *dev, struct iommu_dma_device *dma,
			struct scatterlist *sg, int nents, size_t len, int prot,
			unsigned long attrs)
{
	struct sg_out out = {
		.next = sg,
		.max_len = dma_get_max_seg_size(dev),
		.boundary = dma_get_seg_boundary(dev) | dma->granule_mask,
	};
	dma_addr_t iova;
	size_t mapped;
	int ret;

	iova = iommu_dma_range_alloc(dev, dma, len, false, attrs);
	if (unlikely(!iova))
		return -ENOMEM;
	ret = sg_map_runs(dev, dma, sg, nents, iova, prot, &out, &mapped);
	if (likely(!ret))
		ret = iommu_domain_sync_map(dma->domain, iova, len);
	out_end(&out, nents);
	if (likely(!ret))
		return out.count;

	sg_undo(dma, sg, nents, iova, len, mapped);
	return ret == -ENOMEM ? ret : -EINVAL;
}

/* Nothing of the list goes through the IOMMU */
static int sg_map_bus(struct scatterlist *sg, int nents)
{
	struct sg_out out = { .next = sg };
	struct scatterlist *s, *next;
	int i;

	for (i = 0, s = sg; i < nents; i++, s = next) {
		next = sg_next(s);
		if (sg_dma_is_bus_address(s))
			out_add_bus(&out, s);
	}
	out_end(&out, nents);
	return out.count ?: -EINVAL;
}

int iommu_dma_map_sg(struct device *dev, struct scatterlist *sg, int nents,
		     enum dma_data_direction dir, unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);
	bool coherent = dev_is_dma_coherent(dev);
	size_t len;
	int ret;

	if (dma_refused(dev, dma))
		return -EIO;
	if (WARN_ON_ONCE(dma_get_min_align_mask(dev) > dma->granule_mask))
		return -EINVAL;
	if (dma_attach_deferred(dev, dma))
		return -EINVAL;

	ret = sg_measure(dev, dma, sg, nents, &len);
	if (unlikely(ret))
		goto out;
	if (iommu_dma_sg_must_bounce(dev, dma, sg, nents, dir)) {
		ret = iommu_dma_sg_map_each(dev, sg, nents, dir, attrs);
		goto out;
	}
	if (!coherent && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		iommu_dma_sync_sg_for_device(dev, sg, nents, dir);

	if (likely(len))
		ret = sg_map_range(dev, dma, sg, nents, len,
				   dma_prot(dir, coherent, attrs), attrs);
	else
		ret = sg_map_bus(sg, nents);
out:
	if (unlikely(ret < 0))
		sg_forget(sg, nents);
	return ret;
}

void iommu_dma_unmap_sg(struct device *dev, struct scatterlist *sg, int nents,
			enum dma_data_direction dir, unsigned long attrs)
{
	struct iommu_dma_device *dma = dma_device(dev);
	struct iommu_iotlb_gather gather;
	struct dma_flushq *queue;
	struct sg_span span;
	size_t len;

	if (unlikely(dma->stranded))
		return;
	queue = READ_ONCE(dma->cookie->lazy);
	if (sg_dma_is_swiotlb(sg)) {
		iommu_dma_sg_unmap_each(dev, sg, nents, dir, attrs);
		return;
	}
	if (!dev_is_dma_coherent(dev) && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		iommu_dma_sync_sg_for_cpu(dev, sg, nents, dir);

	iommu_iotlb_gather_init(&gather);
	gather.queued = queue;
	segments_unmap(dma, sg, nents, DMA_MAPPING_ERROR, &span, &gather);
	if (unlikely(!span.end))
		return;
	len = span.end - span.start;
	if (unlikely(span.missing))
		iommu_dma_unmap_mismatch(dma, span.start, len, len - span.missing,
					 &gather);
	else
		iommu_dma_range_finish(dma, span.start, len, queue, &gather);
}
