// SPDX-License-Identifier: GPL-2.0
/*
 * An address space made of arrays: the driver's side of the mapping tests.
 */
#include "test_space.h"

static struct space *to_space(struct iommu_domain *domain)
{
	return container_of(domain, struct space, domain);
}

static unsigned long page_index(unsigned long iova)
{
	return (iova - SPACE_BASE) / SZ_4K;
}

static int space_map_leaf(struct space *space, unsigned long iova,
			  phys_addr_t paddr, size_t pgsize)
{
	unsigned long i, first = page_index(iova);

	KUNIT_EXPECT_TRUE(space->test, IS_ALIGNED(iova | paddr, pgsize));
	KUNIT_EXPECT_TRUE(space->test, pgsize & space->domain.pgsize_bitmap);
	if (!space->budget)
		return -ENOMEM;
	space->budget--;
	for (i = 0; i < pgsize / SZ_4K; i++) {
		if (space->page[first + i])
			return -EEXIST;
		/* Reuse before the invalidation would be a leak. */
		KUNIT_EXPECT_FALSE(space->test,
				   test_bit(first + i, space->stale));
	}
	for (i = 0; i < pgsize / SZ_4K; i++) {
		space->page[first + i] = paddr + i * SZ_4K;
		space->leaf[first + i] = pgsize;
	}
	return 0;
}

static int space_map_pages(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t pgsize, size_t count,
			   int prot, gfp_t gfp, size_t *mapped)
{
	struct space *space = to_space(domain);
	int ret = 0;

	space->maps++;
	for (; count && !ret; count--) {
		ret = space_map_leaf(space, iova + *mapped, paddr + *mapped,
				     pgsize);
		if (!ret)
			*mapped += pgsize;
	}
	return ret;
}

static int space_map_range(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			   size_t *mapped)
{
	*mapped = 0;
	return space_map_pages(domain, iova, paddr, SZ_4K, size / SZ_4K, prot,
			       gfp, mapped);
}

static size_t space_unmap_range(struct iommu_domain *domain,
				unsigned long iova, size_t size,
				struct iommu_iotlb_gather *gather)
{
	struct space *space = to_space(domain);
	unsigned long i, first = page_index(iova);

	for (i = 0; i < size / SZ_4K; i++) {
		if (!space->page[first + i])
			break;
		space->page[first + i] = 0;
		set_bit(first + i, space->stale);
	}
	if (i)
		iommu_iotlb_gather_add_range(gather, iova, i * SZ_4K);
	return i * SZ_4K;
}

static size_t space_unmap_pages(struct iommu_domain *domain,
				unsigned long iova, size_t pgsize,
				size_t count, struct iommu_iotlb_gather *gather)
{
	KUNIT_EXPECT_TRUE(to_space(domain)->test, IS_ALIGNED(iova, pgsize));
	return space_unmap_range(domain, iova, pgsize * count, gather);
}

static void space_sync(struct iommu_domain *domain,
		       struct iommu_iotlb_gather *gather)
{
	struct space *space = to_space(domain);
	unsigned long first, last;

	space->syncs++;
	if (!gather->end)
		return;
	first = page_index(gather->start);
	last = page_index(gather->end);
	if (space->exact)
		KUNIT_EXPECT_GT(space->test,
				find_next_zero_bit(space->stale, SPACE_PAGES,
						   first), last);
	bitmap_clear(space->stale, first, last - first + 1);
}

static int space_sync_map(struct iommu_domain *domain, unsigned long iova,
			  size_t size)
{
	struct space *space = to_space(domain);

	space->sync_maps++;
	space->sync_map_iova = iova;
	space->sync_map_size = size;
	return space->sync_map_error;
}

static phys_addr_t space_iova_to_phys(struct iommu_domain *domain,
				      dma_addr_t iova)
{
	phys_addr_t page = to_space(domain)->page[page_index(iova)];

	return page ? page + offset_in_page(iova) : 0;
}

const struct iommu_domain_ops space_page_ops = {
	.map_pages = space_map_pages,
	.unmap_pages = space_unmap_pages,
	.iotlb_sync = space_sync,
	.iova_to_phys = space_iova_to_phys,
};

const struct iommu_domain_ops space_range_ops = {
	.map_range = space_map_range,
	.unmap_range = space_unmap_range,
	.iotlb_sync = space_sync,
	.iova_to_phys = space_iova_to_phys,
};

const struct iommu_domain_ops space_sync_map_ops = {
	.map_range = space_map_range,
	.unmap_range = space_unmap_range,
	.iotlb_sync = space_sync,
	.iotlb_sync_map = space_sync_map,
	.iova_to_phys = space_iova_to_phys,
};

struct space *space_new(struct kunit *test, const struct iommu_domain_ops *ops)
{
	struct space *space = kunit_kzalloc(test, sizeof(*space), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, space);
	space->test = test;
	space->budget = ULONG_MAX;
	space->exact = true;
	space->domain.type = IOMMU_DOMAIN_UNMANAGED;
	space->domain.ops = ops;
	space->domain.pgsize_bitmap = SZ_4K | SZ_64K | SZ_2M;
	space->domain.geometry.aperture_start = SPACE_BASE;
	space->domain.geometry.aperture_end = SPACE_LAST;
	space->domain.geometry.force_aperture = true;
	return space;
}

unsigned long space_mapped(struct space *space)
{
	unsigned long i, sum = 0;

	for (i = 0; i < SPACE_PAGES; i++)
		sum += !!space->page[i];
	return sum;
}

void space_expect_empty(struct space *space)
{
	KUNIT_EXPECT_EQ(space->test, space_mapped(space), 0);
	KUNIT_EXPECT_TRUE(space->test, bitmap_empty(space->stale, SPACE_PAGES));
}
