// SPDX-License-Identifier: GPL-2.0
/*
 * Reserved regions: merging against a model, direct mappings.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "core.h"
#include "test_device.h"
#include "test_space.h"

#define TYPES	(IOMMU_RESV_SW_MSI + 1)
#define BYTES	96

static void free_regions(struct list_head *list)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, list, list)
		kfree(region);
	INIT_LIST_HEAD(list);
}

static int insert(struct list_head *list, phys_addr_t start, size_t length,
		  int prot, enum iommu_resv_type type)
{
	struct iommu_resv_region region = {
		.start = start,
		.length = length,
		.prot = prot,
		.type = type,
	};

	return iommu_resv_insert(&region, list);
}

static unsigned int count(struct list_head *list)
{
	return list_count_nodes(list);
}

/* Every longest run of bytes of a type is one region, and they are in order. */
static void expect_runs(struct kunit *test, struct list_head *list,
			bool model[TYPES][BYTES + 1])
{
	struct iommu_resv_region *region = list_first_entry(list,
							    typeof(*region),
							    list);
	unsigned int at, type, end;

	for (at = 0; at < BYTES; at++) {
		for (type = 0; type < TYPES; type++) {
			if (!model[type][at] || (at && model[type][at - 1]))
				continue;
			for (end = at; model[type][end]; )
				end++;
			KUNIT_ASSERT_FALSE(test, list_entry_is_head(region,
								    list,
								    list));
			KUNIT_ASSERT_EQ(test, region->start, at);
			KUNIT_ASSERT_EQ(test, region->length, end - at);
			KUNIT_ASSERT_EQ(test, (unsigned int)region->type, type);
			region = list_next_entry(region, list);
		}
	}
	KUNIT_ASSERT_TRUE(test, list_entry_is_head(region, list, list));
}

static void insert_matches_model(struct kunit *test)
{
	bool (*model)[BYTES + 1];
	struct rnd_state rnd;
	unsigned int round, i;
	LIST_HEAD(list);

	model = kunit_kcalloc(test, TYPES, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	prandom_seed_state(&rnd, 3);
	for (round = 0; round < 200; round++) {
		memset(model, 0, TYPES * sizeof(*model));
		for (i = 0; i < 12; i++) {
			u32 start = prandom_u32_state(&rnd) % BYTES;
			u32 len = prandom_u32_state(&rnd) % 9;
			u32 type = prandom_u32_state(&rnd) % TYPES;

			len = min_t(u32, len, BYTES - start);
			KUNIT_ASSERT_EQ(test, insert(&list, start, len, 0,
						     type), 0);
			memset(&model[type][start], true, len);
			expect_runs(test, &list, model);
		}
		free_regions(&list);
	}
}

static void insert_at_the_end_of_memory(struct kunit *test)
{
	const phys_addr_t top = PHYS_ADDR_MAX - SZ_4K + 1;
	struct iommu_resv_region *region;
	LIST_HEAD(list);

	KUNIT_EXPECT_EQ(test, insert(&list, top, SZ_4K, 0,
				     IOMMU_RESV_RESERVED), 0);
	KUNIT_EXPECT_EQ(test, insert(&list, 0, SZ_4K, 0, IOMMU_RESV_RESERVED),
			0);
	KUNIT_EXPECT_EQ(test, count(&list), 2);
	/* One that wraps ends at the top. */
	KUNIT_EXPECT_EQ(test, insert(&list, top - SZ_4K, 3 * SZ_4K, 0,
				     IOMMU_RESV_RESERVED), 0);
	KUNIT_EXPECT_EQ(test, count(&list), 2);
	region = list_last_entry(&list, typeof(*region), list);
	KUNIT_EXPECT_EQ(test, region->start, top - SZ_4K);
	KUNIT_EXPECT_EQ(test, region->length, 2 * SZ_4K);
	/* Nothing is as long as all of memory. */
	KUNIT_EXPECT_EQ(test, insert(&list, SZ_4K, top - SZ_4K, 0,
				     IOMMU_RESV_RESERVED), 0);
	KUNIT_EXPECT_EQ(test, insert(&list, 0, 0, 0, IOMMU_RESV_RESERVED), 0);
	list_for_each_entry(region, &list, list)
		KUNIT_EXPECT_GT(test, region->length, 0);
	free_regions(&list);
}

static void insert_joins_protections(struct kunit *test)
{
	struct iommu_resv_region *region;
	LIST_HEAD(list);

	insert(&list, 0, SZ_4K, IOMMU_READ, IOMMU_RESV_DIRECT);
	insert(&list, SZ_4K, SZ_4K, IOMMU_WRITE, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, count(&list), 1);
	region = list_first_entry(&list, typeof(*region), list);
	KUNIT_EXPECT_EQ(test, region->prot, IOMMU_READ | IOMMU_WRITE);
	free_regions(&list);
}

static struct iommu_resv_region *
no_region(phys_addr_t start, size_t length, int prot,
	  enum iommu_resv_type type, gfp_t gfp)
{
	return NULL;
}

static void insert_without_memory_changes_nothing(struct kunit *test)
{
	struct iommu_resv_region *region;
	LIST_HEAD(list);

	insert(&list, 0, SZ_4K, 0, IOMMU_RESV_RESERVED);
	insert(&list, SZ_8K, SZ_4K, 0, IOMMU_RESV_RESERVED);
	kunit_activate_static_stub(test, iommu_alloc_resv_region, no_region);
	KUNIT_EXPECT_EQ(test, insert(&list, 0, SZ_16K, 0, IOMMU_RESV_RESERVED),
			-ENOMEM);
	kunit_deactivate_static_stub(test, iommu_alloc_resv_region);
	KUNIT_EXPECT_EQ(test, count(&list), 2);
	region = list_first_entry(&list, typeof(*region), list);
	KUNIT_EXPECT_EQ(test, region->length, SZ_4K);
	free_regions(&list);
}

/* User space knows where it is */
static void doorbells_have_their_window(struct kunit *test)
{
	struct iommu_resv_region *region;
	LIST_HEAD(list);

	iommu_add_sw_msi_region(&list);
	KUNIT_ASSERT_TRUE(test, list_is_singular(&list));
	region = list_first_entry(&list, struct iommu_resv_region, list);
	KUNIT_EXPECT_EQ(test, 0x8000000, region->start);
	KUNIT_EXPECT_EQ(test, 0x100000, region->length);
	KUNIT_EXPECT_EQ(test, IOMMU_RESV_SW_MSI, region->type);
	KUNIT_EXPECT_TRUE(test, region->prot & IOMMU_MMIO);
	free_regions(&list);
}

static void group_merges_its_members(struct kunit *test)
{
	static const struct iommu_resv_region first[] = {
		{ .start = 0x8000000, .length = SZ_1M,
		  .type = IOMMU_RESV_SW_MSI },
		{ .start = 0x1000, .length = SZ_4K,
		  .type = IOMMU_RESV_RESERVED },
	};
	static const struct iommu_resv_region second[] = {
		{ .start = 0x8000000, .length = SZ_1M,
		  .type = IOMMU_RESV_SW_MSI },
		{ .start = 0x2000, .length = SZ_4K,
		  .type = IOMMU_RESV_RESERVED },
		{ .start = 0x1000, .length = SZ_4K, .type = IOMMU_RESV_DIRECT },
	};
	struct iommu_group *group = test_group_new(test);
	struct test_device *a = test_device_new(test, "resv-a");
	struct test_device *b = test_device_new(test, "resv-b");
	struct test_device *plain = test_device_new(test, "resv-plain");
	struct iommu_resv_region *region;
	LIST_HEAD(list);

	a->regions = first;
	a->num_regions = ARRAY_SIZE(first);
	b->regions = second;
	b->num_regions = ARRAY_SIZE(second);
	plain->dev->iommu = NULL;
	test_device_join(test, a, group);
	test_device_join(test, plain, group);
	test_device_join(test, b, group);

	KUNIT_ASSERT_EQ(test, iommu_get_group_resv_regions(group, &list), 0);
	KUNIT_ASSERT_EQ(test, count(&list), 3);
	region = list_first_entry(&list, typeof(*region), list);
	KUNIT_EXPECT_EQ(test, (int)region->type, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_NULL(test, region->free);
	region = list_next_entry(region, list);
	KUNIT_EXPECT_EQ(test, region->start, 0x1000);
	KUNIT_EXPECT_EQ(test, region->length, SZ_8K);
	/* Every region that a driver listed went back to it. */
	KUNIT_EXPECT_EQ(test, a->released, ARRAY_SIZE(first));
	KUNIT_EXPECT_EQ(test, b->released, ARRAY_SIZE(second));
	free_regions(&list);
}

/*
 * Direct mappings
 */

static void have_region(struct test_device *tdev,
			struct iommu_resv_region *region, unsigned long start,
			size_t length, enum iommu_resv_type type)
{
	*region = (struct iommu_resv_region) {
		.start = start,
		.length = length,
		.prot = IOMMU_READ | IOMMU_WRITE,
		.type = type,
	};
	tdev->regions = region;
	tdev->num_regions = 1;
}

static void direct_covers_whole_region(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	struct iommu_resv_region region;

	have_region(tdev, &region, SPACE_BASE + SZ_64K + 0x800, SZ_4K,
		    IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	/* Down to the page that it begins in, up to the one that it ends in */
	KUNIT_EXPECT_EQ(test, space_mapped(space), 2);
	KUNIT_EXPECT_EQ(test, space->page[16], SPACE_BASE + 16 * SZ_4K);
	KUNIT_EXPECT_EQ(test, space->page[17], SPACE_BASE + 17 * SZ_4K);
	KUNIT_EXPECT_TRUE(test, tdev->state.require_direct);
	KUNIT_EXPECT_EQ(test, tdev->released, 1);

	/* Met again, it is there already. */
	space->maps = 0;
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	KUNIT_EXPECT_EQ(test, space->maps, 0);
}

static void direct_uses_the_domains_pages(struct kunit *test)
{
	struct space *space = space_new(test, &space_page_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	struct iommu_resv_region region;

	space->domain.pgsize_bitmap = SZ_64K | SZ_2M;
	have_region(tdev, &region, SPACE_BASE + SZ_4K, SZ_64K,
		    IOMMU_RESV_DIRECT_RELAXABLE);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	KUNIT_EXPECT_EQ(test, space_mapped(space), 32);
	KUNIT_EXPECT_FALSE(test, tdev->state.require_direct);
}

static void direct_fills_gaps(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	struct iommu_resv_region region;
	unsigned long i, page;

	for (i = 0; i < 2; i++) {
		page = SPACE_BASE + (2 + 3 * i) * SZ_4K;
		iommu_map(&space->domain, page, page, SZ_4K, IOMMU_READ,
			  GFP_KERNEL);
	}
	space->maps = 0;
	have_region(tdev, &region, SPACE_BASE, 6 * SZ_4K, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	KUNIT_EXPECT_EQ(test, space->maps, 2);
	KUNIT_EXPECT_EQ(test, space_mapped(space), 6);
}

static void direct_in_use_is_refused(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	struct iommu_resv_region region;

	iommu_map(&space->domain, SPACE_BASE + SZ_8K, SZ_4K, SZ_4K, IOMMU_READ,
		  GFP_KERNEL);
	have_region(tdev, &region, SPACE_BASE, SZ_16K, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, space_mapped(space), 1);
	KUNIT_EXPECT_EQ(test, space->page[2], SZ_4K);
}

static void direct_beyond_domain_is_refused(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	struct iommu_resv_region region;

	have_region(tdev, &region, SPACE_LAST - SZ_4K, SZ_8K,
		    IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev),
			-ERANGE);
	have_region(tdev, &region, SPACE_BASE - SZ_4K, SZ_8K,
		    IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev),
			-ERANGE);
	space_expect_empty(space);
	KUNIT_EXPECT_TRUE(test, tdev->state.require_direct);
}

static void direct_fails_everywhere(struct kunit *test)
{
	struct iommu_resv_region regions[2] = {
		{ .start = SPACE_BASE, .length = SZ_16K, .prot = IOMMU_READ,
		  .type = IOMMU_RESV_DIRECT },
		{ .start = SPACE_BASE + SZ_1M, .length = SZ_16K,
		  .prot = IOMMU_READ, .type = IOMMU_RESV_DIRECT },
	};
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	unsigned long pages;

	tdev->regions = regions;
	tdev->num_regions = ARRAY_SIZE(regions);
	iommu_map(&space->domain, SPACE_BASE + SZ_4K, SPACE_BASE + SZ_4K, SZ_4K,
		  IOMMU_READ, GFP_KERNEL);
	for (pages = 0; ; pages++) {
		space->budget = pages;
		if (!iommu_resv_map_direct(&space->domain, tdev->dev))
			break;
		KUNIT_ASSERT_EQ(test, space_mapped(space), 1);
		KUNIT_ASSERT_TRUE(test, bitmap_empty(space->stale,
						     SPACE_PAGES));
	}
	KUNIT_EXPECT_EQ(test, pages, 7);
	KUNIT_EXPECT_EQ(test, space_mapped(space), 8);
	KUNIT_EXPECT_EQ(test, tdev->released, 8 * 2);
}

static void direct_wins_over_contradiction(struct kunit *test)
{
	static const struct iommu_resv_region regions[] = {
		{ .start = SPACE_BASE, .length = SZ_16K,
		  .type = IOMMU_RESV_RESERVED },
		{ .start = SPACE_BASE, .length = SZ_8K, .prot = IOMMU_READ,
		  .type = IOMMU_RESV_DIRECT },
		{ .start = SPACE_BASE + SZ_4K, .length = SZ_8K,
		  .prot = IOMMU_READ, .type = IOMMU_RESV_DIRECT_RELAXABLE },
		{ .start = SPACE_BASE + SZ_1M, .length = 0, .prot = IOMMU_READ,
		  .type = IOMMU_RESV_DIRECT },
	};
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");

	tdev->regions = regions;
	tdev->num_regions = ARRAY_SIZE(regions);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	KUNIT_EXPECT_EQ(test, space_mapped(space), 3);
}

static void identity_needs_no_mapping(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "resv");
	struct iommu_resv_region region;

	space->domain.type = IOMMU_DOMAIN_IDENTITY;
	have_region(tdev, &region, SPACE_BASE, SZ_4K, IOMMU_RESV_DIRECT);
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	KUNIT_EXPECT_TRUE(test, tdev->state.require_direct);
	KUNIT_EXPECT_EQ(test, space->maps, 0);

	tdev->num_regions = 0;
	KUNIT_EXPECT_EQ(test, iommu_resv_map_direct(&space->domain, tdev->dev), 0);
	KUNIT_EXPECT_FALSE(test, tdev->state.require_direct);
}

static struct kunit_case resv_cases[] = {
	KUNIT_CASE(insert_matches_model),
	KUNIT_CASE(insert_at_the_end_of_memory),
	KUNIT_CASE(insert_joins_protections),
	KUNIT_CASE(insert_without_memory_changes_nothing),
	KUNIT_CASE(doorbells_have_their_window),
	KUNIT_CASE(group_merges_its_members),
	KUNIT_CASE(direct_covers_whole_region),
	KUNIT_CASE(direct_uses_the_domains_pages),
	KUNIT_CASE(direct_fills_gaps),
	KUNIT_CASE(direct_in_use_is_refused),
	KUNIT_CASE(direct_beyond_domain_is_refused),
	KUNIT_CASE(direct_fails_everywhere),
	KUNIT_CASE(direct_wins_over_contradiction),
	KUNIT_CASE(identity_needs_no_mapping),
	{}
};

static struct kunit_suite resv_suite = {
	.name = "iommu-core-resv",
	.test_cases = resv_cases,
};

kunit_test_suite(resv_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: reserved regions");
MODULE_LICENSE("GPL");
