// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping: arguments, scatterlists, gathers, trace events.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <trace/events/iommu.h>

#include "map.h"
#include "test_space.h"

/* A driver that reports success without doing anything must not trap us. */
static int idle_map_pages(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t pgsize, size_t count,
			  int prot, gfp_t gfp, size_t *mapped)
{
	return 0;
}

static void map_without_progress_ends(struct kunit *test)
{
	struct iommu_domain_ops idle_ops = space_page_ops;
	struct space *space = space_new(test, &idle_ops);

	idle_ops.map_pages = idle_map_pages;
	KUNIT_EXPECT_EQ(test, iommu_map(&space->domain, SPACE_BASE, SZ_4K,
					SZ_4K, IOMMU_READ, GFP_KERNEL), -EIO);
}

static void sync_map_once_for_all(struct kunit *test)
{
	struct space *space = space_new(test, &space_sync_map_ops);
	struct scatterlist sg[3];
	int i;

	sg_init_table(sg, 3);
	for (i = 0; i < 3; i++)
		sg_set_page(&sg[i], pfn_to_page(8 * (i + 1)), SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_BASE, sg, 3,
					   IOMMU_READ, GFP_KERNEL), 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, space->sync_maps, 1);
	KUNIT_EXPECT_EQ(test, space->sync_map_iova, SPACE_BASE);
	KUNIT_EXPECT_EQ(test, space->sync_map_size, 3 * SZ_4K);

	space->sync_map_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, iommu_map(&space->domain, SPACE_BASE + SZ_64K,
					SZ_4K, SZ_4K, IOMMU_READ, GFP_KERNEL),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, space_mapped(space), 3);
	KUNIT_EXPECT_EQ(test, iommu_unmap(&space->domain, SPACE_BASE,
					  3 * SZ_4K), 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_BASE, sg, 3,
					   IOMMU_READ, GFP_KERNEL), -ENOMEM);
	space_expect_empty(space);
}

/*
 * Scatterlists
 */

static void map_sg_merges_neighbours(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct scatterlist sg[5];

	sg_init_table(sg, 5);
	sg_set_page(&sg[0], pfn_to_page(8), SZ_2K, 0);
	sg_set_page(&sg[1], pfn_to_page(8), SZ_2K, SZ_2K);
	sg_set_page(&sg[2], pfn_to_page(9), SZ_4K, 0);
	sg_set_page(&sg[3], pfn_to_page(9), 0, 0);
	sg_set_page(&sg[4], pfn_to_page(20), SZ_8K, 0);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_BASE, sg, 5,
					   IOMMU_READ, GFP_KERNEL), 4 * SZ_4K);
	KUNIT_EXPECT_EQ(test, space->maps, 2);
	KUNIT_EXPECT_EQ(test, space->page[1], PFN_PHYS(9));
	KUNIT_EXPECT_EQ(test, space->page[2], PFN_PHYS(20));
	KUNIT_EXPECT_EQ(test, space->page[3], PFN_PHYS(21));
}

static void map_sg_leaves_bus_addresses_out(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct scatterlist sg[3];

	if (!IS_ENABLED(CONFIG_NEED_SG_DMA_FLAGS))
		kunit_skip(test, "entries cannot carry bus addresses here");
	sg_init_table(sg, 3);
	sg_set_page(&sg[0], pfn_to_page(8), SZ_4K, 0);
	sg_set_page(&sg[1], pfn_to_page(30), SZ_4K, 0);
	sg_set_page(&sg[2], pfn_to_page(9), SZ_4K, 0);
	sg_dma_mark_bus_address(&sg[1]);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_BASE, sg, 3,
					   IOMMU_READ, GFP_KERNEL), 2 * SZ_4K);
	KUNIT_EXPECT_EQ(test, space->maps, 1);
	KUNIT_EXPECT_EQ(test, space->page[1], PFN_PHYS(9));
	KUNIT_EXPECT_EQ(test, space->page[2], 0);
}

static void map_sg_refuses_cut_pages(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct scatterlist sg[2];

	sg_init_table(sg, 2);
	sg_set_page(&sg[0], pfn_to_page(8), SZ_4K, 0);
	sg_set_page(&sg[1], pfn_to_page(30), SZ_2K, 0);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_BASE, sg, 2,
					   IOMMU_READ, GFP_KERNEL), -EINVAL);
	space_expect_empty(space);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_LAST + 1 -
					   SZ_4K, sg, 1, IOMMU_READ,
					   GFP_KERNEL), SZ_4K);
	sg_set_page(&sg[1], pfn_to_page(30), SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_LAST + 1 -
					   SZ_4K, sg, 2, IOMMU_READ,
					   GFP_KERNEL), -EEXIST);
	iommu_unmap(&space->domain, SPACE_LAST + 1 - SZ_4K, SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_LAST + 1 -
					   SZ_4K, sg, 2, IOMMU_READ,
					   GFP_KERNEL), -ERANGE);
	space_expect_empty(space);
	KUNIT_EXPECT_EQ(test, iommu_map_sg(&space->domain, SPACE_BASE, sg, 0,
					   IOMMU_READ, GFP_KERNEL), 0);
}

/*
 * Gathers
 */

static void gather_keeps_to_one_range(struct kunit *test,
				      const struct iommu_domain_ops *ops)
{
	struct space *space = space_new(test, ops);
	struct iommu_domain *domain = &space->domain;
	struct iommu_iotlb_gather gather;

	KUNIT_ASSERT_EQ(test, iommu_map(domain, SPACE_BASE, SZ_4K, SZ_64K,
					IOMMU_READ, GFP_KERNEL), 0);
	iommu_iotlb_gather_init(&gather);
	iommu_unmap_fast(domain, SPACE_BASE + 4 * SZ_4K, SZ_4K, &gather);
	iommu_unmap_fast(domain, SPACE_BASE + 5 * SZ_4K, SZ_4K, &gather);
	iommu_unmap_fast(domain, SPACE_BASE + 3 * SZ_4K, SZ_4K, &gather);
	KUNIT_EXPECT_EQ(test, space->syncs, 0);
	KUNIT_EXPECT_EQ(test, bitmap_weight(space->stale, SPACE_PAGES), 3);
	/* One page away on either side: what was there goes first. */
	iommu_unmap_fast(domain, SPACE_BASE + 7 * SZ_4K, SZ_4K, &gather);
	KUNIT_EXPECT_EQ(test, space->syncs, 1);
	KUNIT_EXPECT_EQ(test, bitmap_weight(space->stale, SPACE_PAGES), 1);
	iommu_unmap_fast(domain, SPACE_BASE + SZ_4K, SZ_4K, &gather);
	KUNIT_EXPECT_EQ(test, space->syncs, 2);
	KUNIT_EXPECT_EQ(test, gather.start, SPACE_BASE + SZ_4K);
	KUNIT_EXPECT_EQ(test, gather.end, SPACE_BASE + 2 * SZ_4K - 1);
	iommu_iotlb_sync(domain, &gather);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(space->stale, SPACE_PAGES));
}

static void gather_by_pages(struct kunit *test)
{
	gather_keeps_to_one_range(test, &space_page_ops);
}

static void gather_by_ranges(struct kunit *test)
{
	gather_keeps_to_one_range(test, &space_range_ops);
}

static void queued_gather_is_not_synced(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct iommu_iotlb_gather gather;

	KUNIT_ASSERT_EQ(test, iommu_map(&space->domain, SPACE_BASE, SZ_4K,
					SZ_64K, IOMMU_READ, GFP_KERNEL), 0);
	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	KUNIT_EXPECT_EQ(test, iommu_domain_unmap(&space->domain, SPACE_BASE, SZ_4K,
						 &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_domain_unmap(&space->domain, SPACE_BASE + SZ_8K,
						 SZ_4K, &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, space->syncs, 0);
	KUNIT_EXPECT_TRUE(test, gather.queued);
}

/*
 * Bad arguments
 */

struct bad_map {
	const char *name;
	unsigned long iova;
	phys_addr_t paddr;
	size_t size;
	gfp_t gfp;
	int error;
};

static const struct bad_map bad_maps[] = {
	{ "no length", SPACE_BASE, SZ_4K, 0, GFP_KERNEL, -EINVAL },
	{ "iova cuts a page", SPACE_BASE + 1, SZ_4K, SZ_4K, GFP_KERNEL, -EINVAL },
	{ "paddr cuts a page", SPACE_BASE, SZ_2K, SZ_4K, GFP_KERNEL, -EINVAL },
	{ "size cuts a page", SPACE_BASE, SZ_4K, SZ_4K + 1, GFP_KERNEL, -EINVAL },
	{ "iova wraps", -SZ_4K, SZ_4K, SZ_8K, GFP_KERNEL, -EINVAL },
	{ "paddr wraps", SPACE_BASE, -(phys_addr_t)SZ_4K, SZ_8K, GFP_KERNEL,
	  -EINVAL },
	{ "below the aperture", SPACE_BASE - SZ_4K, SZ_4K, SZ_8K, GFP_KERNEL,
	  -ERANGE },
	{ "beyond the aperture", SPACE_LAST + 1, SZ_4K, SZ_4K, GFP_KERNEL,
	  -ERANGE },
	{ "out of the aperture", SPACE_LAST + 1 - SZ_4K, SZ_4K, SZ_8K,
	  GFP_KERNEL, -ERANGE },
	{ "tables of DMA memory", SPACE_BASE, SZ_4K, SZ_4K,
	  GFP_KERNEL | GFP_DMA, -EINVAL },
	{ "tables of high memory", SPACE_BASE, SZ_4K, SZ_4K, GFP_HIGHUSER,
	  -EINVAL },
	{ "compound tables", SPACE_BASE, SZ_4K, SZ_4K,
	  GFP_KERNEL | __GFP_COMP, -EINVAL },
};

static void bad_map_name(const struct bad_map *bad, char *desc)
{
	strscpy(desc, bad->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_map, bad_maps, bad_map_name);

static void map_refuses(struct kunit *test)
{
	const struct bad_map *bad = test->param_value;
	struct space *space = space_new(test, &space_range_ops);

	KUNIT_EXPECT_EQ(test, iommu_map(&space->domain, bad->iova, bad->paddr,
					bad->size, IOMMU_READ, bad->gfp),
			bad->error);
	KUNIT_EXPECT_EQ(test, space->maps, 0);
	space_expect_empty(space);
}

static void unmap_refuses(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct iommu_domain *domain = &space->domain;

	KUNIT_ASSERT_EQ(test, iommu_map(domain, SPACE_BASE, SZ_4K, SPACE_SIZE,
					IOMMU_READ, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE, 0), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE + 1, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE, SZ_4K + 1), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, -SZ_4K, SZ_8K), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE - SZ_4K, SZ_8K),
			0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_LAST + 1, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, space_mapped(space), SPACE_PAGES);
	KUNIT_EXPECT_EQ(test, space->syncs, 0);

	/* A hole ends it, a second time finds nothing. */
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE + SZ_8K, SZ_4K),
			SZ_4K);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE, SZ_64K), SZ_8K);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE, SZ_64K), 0);
}

static void other_domains_refuse(struct kunit *test)
{
	static const unsigned int types[] = {
		IOMMU_DOMAIN_BLOCKED, IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_SVA,
		IOMMU_DOMAIN_NESTED, IOMMU_DOMAIN_PLATFORM,
	};
	static const struct iommu_domain_ops no_ops;
	struct space *space = space_new(test, &space_range_ops);
	struct iommu_domain *domain = &space->domain;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		domain->type = types[i];
		KUNIT_EXPECT_EQ(test, iommu_map(domain, SPACE_BASE, SZ_4K,
						SZ_4K, IOMMU_READ, GFP_KERNEL),
				-EINVAL);
		KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SPACE_BASE, SZ_4K),
				0);
	}
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->ops = &no_ops;
	KUNIT_EXPECT_EQ(test, iommu_map(domain, SPACE_BASE, SZ_4K, SZ_4K,
					IOMMU_READ, GFP_KERNEL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, SPACE_BASE), 0);
	domain->ops = &space_range_ops;
	domain->pgsize_bitmap = 0;
	KUNIT_EXPECT_EQ(test, iommu_map(domain, SPACE_BASE, SZ_4K, SZ_4K,
					IOMMU_READ, GFP_KERNEL), -EINVAL);
	KUNIT_EXPECT_EQ(test, space->maps, 0);
}

static void iova_to_phys_by_type(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct iommu_domain *domain = &space->domain;

	KUNIT_ASSERT_EQ(test, iommu_map(domain, SPACE_BASE, 0x12345000, SZ_4K,
					IOMMU_READ, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, SPACE_BASE + 0x678),
			0x12345678);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, SPACE_BASE + SZ_4K),
			0);
	domain->type = IOMMU_DOMAIN_IDENTITY;
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, 0x99), 0x99);
	domain->type = IOMMU_DOMAIN_BLOCKED;
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, SPACE_BASE), 0);
}

/*
 * Trace events
 */

struct seen {
	struct task_struct *task;
	unsigned int maps, unmaps;
	unsigned long iova;
	size_t size;
};

static void see_map(void *data, unsigned long iova, phys_addr_t paddr,
		    size_t size)
{
	struct seen *seen = data;

	if (seen->task != current)
		return;
	seen->maps++;
	seen->iova = iova;
	seen->size = size;
}

static void see_unmap(void *data, unsigned long iova, size_t size,
		      size_t unmapped)
{
	struct seen *seen = data;

	if (seen->task != current)
		return;
	seen->unmaps++;
	seen->iova = iova;
	seen->size = unmapped;
}

static void events_tell_what_happened(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct seen seen = { .task = current };

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "no trace events in this kernel");
	KUNIT_ASSERT_EQ(test, register_trace_map(see_map, &seen), 0);
	KUNIT_ASSERT_EQ(test, register_trace_unmap(see_unmap, &seen), 0);

	iommu_map(&space->domain, SPACE_BASE + SZ_4K, SZ_4K, SZ_8K, IOMMU_READ,
		  GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, seen.maps, 1);
	KUNIT_EXPECT_EQ(test, seen.iova, SPACE_BASE + SZ_4K);
	KUNIT_EXPECT_EQ(test, seen.size, SZ_8K);
	iommu_unmap(&space->domain, SPACE_BASE + SZ_4K, SZ_64K);
	KUNIT_EXPECT_EQ(test, seen.unmaps, 1);
	KUNIT_EXPECT_EQ(test, seen.size, SZ_8K);
	/* What failed did not happen, and neither did its undoing. */
	space->budget = 1;
	KUNIT_EXPECT_EQ(test, iommu_map(&space->domain, SPACE_BASE, SZ_4K,
					SZ_8K, IOMMU_READ, GFP_KERNEL),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, seen.maps, 1);
	KUNIT_EXPECT_EQ(test, seen.unmaps, 1);

	unregister_trace_map(see_map, &seen);
	unregister_trace_unmap(see_unmap, &seen);
	tracepoint_synchronize_unregister();
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(map_without_progress_ends),
	KUNIT_CASE(sync_map_once_for_all),
	KUNIT_CASE(map_sg_merges_neighbours),
	KUNIT_CASE(map_sg_leaves_bus_addresses_out),
	KUNIT_CASE(map_sg_refuses_cut_pages),
	KUNIT_CASE(gather_by_pages),
	KUNIT_CASE(gather_by_ranges),
	KUNIT_CASE(queued_gather_is_not_synced),
	KUNIT_CASE_PARAM(map_refuses, bad_map_gen_params),
	KUNIT_CASE(unmap_refuses),
	KUNIT_CASE(other_domains_refuse),
	KUNIT_CASE(iova_to_phys_by_type),
	KUNIT_CASE(events_tell_what_happened),
	{}
};

static struct kunit_suite map_suite = {
	.name = "iommu-core-map",
	.test_cases = map_cases,
};

kunit_test_suite(map_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: mapping");
MODULE_LICENSE("GPL");
