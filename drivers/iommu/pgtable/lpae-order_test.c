// SPDX-License-Identifier: GPL-2.0
/*
 * What hardware and the driver see, and in which order: descriptors as they
 * stand in memory, tables that go, blocks that are split, callbacks and
 * gathers, cache maintenance, dirty leaves, and what allocators are asked for.
 */
#include <kunit/device.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>

#include "lpae.h"
#include "lpae_test.h"

#define RW	(IOMMU_READ | IOMMU_WRITE)

/* A set of tables with the driver that watches it */
struct order {
	struct lpae_world world;
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops;
	struct lpae *lp;
};

static struct io_pgtable_cfg order_cfg(void)
{
	return (struct io_pgtable_cfg) {
		.pgsize_bitmap = SIZES_4K,
		.ias = 48,
		.oas = 48,
		.coherent_walk = true,
		.tlb = &lpae_world_flush_ops,
	};
}

static struct order *order_make(struct kunit *test, struct io_pgtable_cfg cfg)
{
	struct order *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, o);
	o->cfg = cfg;
	o->ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &o->cfg, &o->world);
	KUNIT_ASSERT_NOT_NULL(test, o->ops);
	o->lp = to_lpae(o->ops);
	return o;
}

static int order_map(struct order *o, u64 iova, u64 paddr, size_t size)
{
	size_t mapped;
	int ret = o->ops->map_range(o->ops, iova, paddr, size, RW, GFP_KERNEL,
				    &mapped);

	return ret ?: (mapped == size ? 0 : -EIO);
}

static int order_map_pages(struct order *o, u64 iova, size_t pgsize, size_t n)
{
	size_t mapped = 0;
	int ret = o->ops->map_pages(o->ops, iova, iova, pgsize, n, RW,
				    GFP_KERNEL, &mapped);

	return ret ?: (mapped == pgsize * n ? 0 : -EIO);
}

static size_t order_unmap(struct order *o, u64 iova, size_t size)
{
	return o->ops->unmap_range(o->ops, iova, size, NULL);
}

static u64 order_at(struct order *o, u64 iova)
{
	return o->ops->iova_to_phys(o->ops, iova);
}

/* The entry for an address, of size 1 << @shift if the walk gets there */
static u64 *order_slot(struct order *o, u64 iova, unsigned int shift)
{
	unsigned int at;
	u64 *slot;

	rcu_read_lock();
	slot = lpae_walk(o->lp, iova, shift, &at);
	rcu_read_unlock();
	return slot;
}

static long order_count(struct order *o, u64 iova)
{
	u64 *table = lpae_table_of(o->lp, order_slot(o, iova, 12));
	long i, n = 0;

	for (i = 0; i < 512; i++)
		n += !!table[i];
	return n;
}

static long order_tables(struct order *o)
{
	return atomic_long_read(&o->lp->nr_tables);
}

/* Descriptors in memory: address, attributes and type of each level */
static void order_descriptors(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	size_t mapped;
	u64 *root = o->lp->root, entry;

	KUNIT_EXPECT_EQ(test, o->cfg.arm_lpae_s1_cfg.ttbr, virt_to_phys(root));
	KUNIT_ASSERT_EQ(test, o->ops->map_range(o->ops, 0x12345000, 0x876543000,
						SZ_4K, RW | IOMMU_CACHE,
						GFP_KERNEL, &mapped), 0);
	KUNIT_ASSERT_EQ(test, o->ops->map_range(o->ops, SZ_1G, 0x880000000,
						SZ_2M, IOMMU_READ, GFP_KERNEL,
						&mapped), 0);
	entry = *order_slot(o, 0x12345000, 12);
	KUNIT_EXPECT_EQ(test, entry, 0x876543f47ULL);
	entry = *order_slot(o, SZ_1G, 21);
	KUNIT_EXPECT_EQ(test, entry, 0x880000ec1ULL);
	KUNIT_EXPECT_EQ(test, root[0] & LPAE_TYPE, LPAE_TYPE_TABLE);
	KUNIT_EXPECT_EQ(test, root[0] & ~GENMASK_ULL(47, 12), LPAE_TYPE_TABLE);
	free_io_pgtable_ops(o->ops);
}

/* An empty table in place of a block: unlinked, invalidated, then replaced */
static void order_replaces_table(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	u64 table;

	KUNIT_ASSERT_EQ(test, order_map(o, SZ_2M, SZ_2M, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, order_unmap(o, SZ_2M, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_tables(o), 3);
	KUNIT_EXPECT_EQ(test, o->world.walks, 0);

	o->world.watch = order_slot(o, SZ_2M, 21);
	table = *o->world.watch;
	KUNIT_ASSERT_EQ(test, order_map(o, SZ_2M, SZ_4M, SZ_2M), 0);
	KUNIT_EXPECT_EQ(test, o->world.walks, 1);
	KUNIT_EXPECT_EQ(test, o->world.walk_iova, SZ_2M);
	KUNIT_EXPECT_EQ(test, o->world.walk_size, SZ_2M);
	KUNIT_EXPECT_EQ(test, o->world.seen_at_walk, table & ~LPAE_VALID);
	KUNIT_EXPECT_EQ(test, order_tables(o), 2);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_2M + 5), SZ_4M + 5);
	free_io_pgtable_ops(o->ops);
}

/* The same two levels up, and refused while a page is mapped there */
static void order_keeps_used_table(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());

	KUNIT_ASSERT_EQ(test, order_map(o, SZ_1G, SZ_1G, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, order_map(o, SZ_1G + SZ_8M, 0, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, order_map(o, SZ_1G, 0, SZ_1G), -EEXIST);
	KUNIT_EXPECT_EQ(test, order_map(o, SZ_1G, 0, SZ_2M), -EEXIST);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_1G), SZ_1G);
	KUNIT_EXPECT_EQ(test, order_count(o, SZ_1G), 1);

	KUNIT_ASSERT_EQ(test, order_unmap(o, SZ_1G, SZ_4K), SZ_4K);
	KUNIT_ASSERT_EQ(test, order_unmap(o, SZ_1G + SZ_8M, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_map(o, SZ_1G, 0, SZ_1G), 0);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_1G + SZ_8M), SZ_8M);
	KUNIT_EXPECT_EQ(test, order_tables(o), 1);
	free_io_pgtable_ops(o->ops);
}

/* Both ends of a range lie inside blocks: two splits, all the rest stays */
static void order_splits_both_ends(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	KUNIT_ASSERT_EQ(test, order_map(o, 0, SZ_1G, 3 * SZ_2M), 0);
	KUNIT_EXPECT_EQ(test, order_tables(o), 2);
	KUNIT_EXPECT_EQ(test, o->ops->unmap_range(o->ops, SZ_1M, SZ_4M,
						  &gather), SZ_4M);
	KUNIT_EXPECT_EQ(test, o->world.walks, 2);
	KUNIT_EXPECT_EQ(test, order_tables(o), 4);
	KUNIT_EXPECT_EQ(test, order_count(o, 0), 256);
	KUNIT_EXPECT_EQ(test, order_count(o, SZ_4M), 256);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_1M - 1), SZ_1G + SZ_1M - 1);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_4M + SZ_1M - 1), 0);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_4M + SZ_1M),
			SZ_1G + SZ_4M + SZ_1M);
	KUNIT_EXPECT_EQ(test, gather.leaf_levels, BIT(2) | BIT(3));
	KUNIT_EXPECT_EQ(test, gather.pgsize, SZ_4K);
	KUNIT_EXPECT_EQ(test, gather.start, SZ_1M);
	KUNIT_EXPECT_EQ(test, gather.end, SZ_4M + SZ_1M - 1);
	free_io_pgtable_ops(o->ops);
}

/* A walker that takes the change in one step: no break, one more level to drop */
static void order_splits_hitless(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();
	struct iommu_iotlb_gather gather;
	struct order *o;

	cfg.split_hitless = true;
	o = order_make(test, cfg);
	iommu_iotlb_gather_init(&gather);
	KUNIT_ASSERT_EQ(test, order_map(o, 0, 0, SZ_2M), 0);
	KUNIT_EXPECT_EQ(test, o->ops->unmap_range(o->ops, SZ_4K, SZ_4K,
						  &gather), SZ_4K);
	KUNIT_EXPECT_EQ(test, o->world.walks, 0);
	KUNIT_EXPECT_EQ(test, gather.leaf_levels, BIT(2) | BIT(3));
	KUNIT_EXPECT_EQ(test, order_count(o, 0), 511);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_8K), SZ_8K);
	free_io_pgtable_ops(o->ops);
}

/* unmap_pages tells the driver of each leaf, unless it is told not to */
static void order_adds_pages(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	struct io_pgtable_ops *ops = o->ops;
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	KUNIT_ASSERT_EQ(test, order_map_pages(o, 0, SZ_4K, 10), 0);
	KUNIT_ASSERT_EQ(test, order_map_pages(o, SZ_1G, SZ_2M, 3), 0);
	KUNIT_EXPECT_EQ(test, ops->unmap_pages(ops, 0, SZ_4K, 4, &gather),
			4 * SZ_4K);
	KUNIT_EXPECT_EQ(test, o->world.pages, 4);
	KUNIT_EXPECT_EQ(test, ops->unmap_pages(ops, SZ_1G, SZ_2M, 3, &gather),
			3 * SZ_2M);
	KUNIT_EXPECT_EQ(test, o->world.pages, 7);
	KUNIT_EXPECT_EQ(test, ops->unmap_pages(ops, SZ_16K, SZ_4K, 2, NULL),
			2 * SZ_4K);
	gather.queued = true;
	KUNIT_EXPECT_EQ(test, ops->unmap_pages(ops, 6 * SZ_4K, SZ_4K, 100,
					       &gather), 4 * SZ_4K);
	KUNIT_EXPECT_EQ(test, o->world.pages, 7);
	KUNIT_EXPECT_EQ(test, o->world.walks, 0);
	free_io_pgtable_ops(o->ops);
}

/* Pages that fill the place of a block go with it; so does their table, unless
 * reclaim will have it
 */
static void order_unmaps_table_as_block(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();
	struct iommu_iotlb_gather gather;
	struct order *o;
	int reclaim;

	for (reclaim = 0; reclaim < 2; reclaim++) {
		cfg.reclaim = reclaim;
		o = order_make(test, cfg);
		iommu_iotlb_gather_init(&gather);
		KUNIT_ASSERT_EQ(test, order_map_pages(o, 0, SZ_4K, 512), 0);
		KUNIT_EXPECT_EQ(test, order_tables(o), 3);
		KUNIT_EXPECT_EQ(test, o->ops->unmap_pages(o->ops, 0, SZ_2M, 1,
							  &gather), SZ_2M);
		KUNIT_EXPECT_EQ(test, o->world.pages, 0);
		KUNIT_EXPECT_GT(test, o->world.walks, 0);
		KUNIT_EXPECT_EQ(test, order_tables(o), reclaim ? 3 : 2);
		free_io_pgtable_ops(o->ops);
	}
}

/* One range with a block and pages: the gather names both levels */
static void order_gathers(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	KUNIT_ASSERT_EQ(test, order_map(o, SZ_2M, SZ_4M, SZ_2M + SZ_8K), 0);
	KUNIT_EXPECT_EQ(test, order_count(o, SZ_4M), 2);
	KUNIT_EXPECT_EQ(test, o->ops->unmap_range(o->ops, SZ_2M, SZ_2M + SZ_8K,
						  &gather), SZ_2M + SZ_8K);
	KUNIT_EXPECT_EQ(test, gather.start, SZ_2M);
	KUNIT_EXPECT_EQ(test, gather.end, SZ_4M + SZ_8K - 1);
	KUNIT_EXPECT_EQ(test, gather.leaf_levels, BIT(2) | BIT(3));
	KUNIT_EXPECT_EQ(test, gather.pgsize, SZ_4K);
	KUNIT_EXPECT_FALSE(test, gather.table);
	KUNIT_EXPECT_EQ(test, o->world.walks + o->world.pages, 0);
	free_io_pgtable_ops(o->ops);
}

/* Counts follow what is mapped, also when a run stops at a leaf in its way */
static void order_counts(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	size_t mapped;

	KUNIT_ASSERT_EQ(test, order_map(o, 8 * SZ_4K, 0, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, o->ops->map_range(o->ops, 0, 0, 16 * SZ_4K, RW,
						GFP_KERNEL, &mapped), -EEXIST);
	KUNIT_EXPECT_EQ(test, mapped, 8 * SZ_4K);
	KUNIT_EXPECT_EQ(test, order_count(o, 0), 9);
	KUNIT_EXPECT_EQ(test, order_unmap(o, 0, 16 * SZ_4K), 9 * SZ_4K);
	KUNIT_EXPECT_EQ(test, order_count(o, 0), 0);
	KUNIT_EXPECT_EQ(test, io_pgtable_reclaim(o->ops), 3);
	KUNIT_EXPECT_EQ(test, io_pgtable_reclaim(o->ops), 0);
	KUNIT_EXPECT_EQ(test, order_tables(o), 0);
	KUNIT_EXPECT_EQ(test, o->lp->root[0], 0);
	free_io_pgtable_ops(o->ops);
}

/* Tables of 10 GiB mapped by pages come back, with few invalidations a parent */
static void order_reclaims(struct kunit *test)
{
	struct order *o = order_make(test, order_cfg());
	u64 at, end = 10ULL * SZ_1G;

	for (at = 0; at < end; at += SZ_2M)
		KUNIT_ASSERT_EQ(test, order_map(o, at, at, SZ_8K), 0);
	KUNIT_EXPECT_EQ(test, order_tables(o), 5120 + 10 + 1);
	for (at = 0; at < end; at += SZ_2M)
		KUNIT_ASSERT_EQ(test, order_unmap(o, at, SZ_8K), SZ_8K);
	KUNIT_EXPECT_EQ(test, io_pgtable_reclaim(o->ops), 5120 + 10 + 1);
	KUNIT_EXPECT_EQ(test, order_tables(o), 0);
	KUNIT_EXPECT_EQ(test, o->world.walks, 10 * 512 / 64 + 1 + 1);
	free_io_pgtable_ops(o->ops);
}

/*
 * A caller that reserves tables counts on one of 4 KiB for each 512 GiB, 1 GiB
 * and 2 MiB that an operation touches, and on one for each block it cuts.
 */
static void order_asks_allocator(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();
	struct lpae_world *w;
	struct order *o;

	cfg.pgsize_bitmap = SZ_4K | SZ_2M;
	cfg.alloc = lpae_world_alloc;
	cfg.free = lpae_world_free;
	o = order_make(test, cfg);
	w = &o->world;

	KUNIT_EXPECT_EQ(test, w->allocs, 1);
	KUNIT_ASSERT_EQ(test, order_map_pages(o, 0, SZ_4K, 512), 0);
	KUNIT_EXPECT_EQ(test, w->allocs, 4);
	KUNIT_EXPECT_EQ(test, w->alloc_size, SZ_4K);
	KUNIT_ASSERT_EQ(test, order_map_pages(o, SZ_2M, SZ_2M, 4), 0);
	KUNIT_EXPECT_EQ(test, w->allocs, 4);
	KUNIT_ASSERT_EQ(test, order_map_pages(o, SZ_1G, SZ_4K, 1), 0);
	KUNIT_EXPECT_EQ(test, w->allocs, 6);
	KUNIT_ASSERT_EQ(test, order_map_pages(o, SZ_1G * 512ULL, SZ_4K, 1), 0);
	KUNIT_EXPECT_EQ(test, w->allocs, 9);
	KUNIT_EXPECT_EQ(test, o->ops->unmap_pages(o->ops, SZ_2M + SZ_4K, SZ_4K,
						  10, NULL), 10 * SZ_4K);
	KUNIT_EXPECT_EQ(test, w->allocs, 10);
	KUNIT_EXPECT_EQ(test, order_unmap(o, SZ_4M + SZ_1M, SZ_2M), SZ_2M);
	KUNIT_EXPECT_EQ(test, w->allocs, 12);
	KUNIT_EXPECT_EQ(test, io_pgtable_reclaim(o->ops), 0);

	/* Its table goes back when the block's worth of pages does */
	KUNIT_EXPECT_EQ(test, w->tables, 12);
	KUNIT_EXPECT_EQ(test, o->ops->unmap_pages(o->ops, 0, SZ_2M, 1, NULL),
			SZ_2M);
	KUNIT_EXPECT_EQ(test, w->tables, 11);
	free_io_pgtable_ops(o->ops);
	KUNIT_EXPECT_EQ(test, w->tables, 0);
}

/* Output addresses on both sides of bit 48 in one run */
static void order_wide_addresses(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();
	u64 edge = 1ULL << 48, entry;
	struct order *o;

	cfg.pgsize_bitmap = SIZES_64K;
	cfg.oas = 52;
	o = order_make(test, cfg);
	KUNIT_ASSERT_EQ(test, order_map(o, 0, edge - SZ_128K, SZ_256K), 0);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_64K + 1), edge - SZ_64K + 1);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_128K + 1), edge + 1);
	entry = *order_slot(o, SZ_128K + SZ_64K, 16);
	KUNIT_EXPECT_EQ(test, entry & GENMASK_ULL(47, 12), 0x11000ULL);
	free_io_pgtable_ops(o->ops);
}

/* What was cleaned for a walker that does not snoop */
static struct {
	unsigned int calls;
	u64 entries;
} order_cleaned;

static void order_fake_sync(const struct lpae *lp, u64 *slot, u64 n)
{
	order_cleaned.calls++;
	order_cleaned.entries += n;
}

static struct device *order_device(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "lpae");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_mask = &dev->coherent_dma_mask;
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)),
			0);
	return dev;
}

/* Each table that is linked and each run is cleaned; tables are marked so */
static void order_cleans(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();
	struct order *o;

	cfg.coherent_walk = false;
	cfg.iommu_dev = order_device(test);
	o = order_make(test, cfg);
	kunit_activate_static_stub(test, __lpae_sync, order_fake_sync);
	memset(&order_cleaned, 0, sizeof(order_cleaned));

	KUNIT_ASSERT_EQ(test, order_map(o, 0, 0, 3 * SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, order_cleaned.calls, 3 + 1);
	KUNIT_EXPECT_EQ(test, order_cleaned.entries, 3 + 3);
	KUNIT_EXPECT_NE(test, o->lp->root[0] & LPAE_TABLE_CLEAN, 0);
	KUNIT_ASSERT_EQ(test, order_unmap(o, 0, 3 * SZ_4K), 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, order_cleaned.entries, 3 + 3 + 3);

	/* A table that somebody else linked and has not cleaned yet */
	o->lp->root[0] &= ~LPAE_TABLE_CLEAN;
	KUNIT_ASSERT_EQ(test, order_map(o, 0, 0, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, order_cleaned.entries, 9 + 1 + 1);
	KUNIT_EXPECT_NE(test, o->lp->root[0] & LPAE_TABLE_CLEAN, 0);
	KUNIT_EXPECT_EQ(test, order_at(o, 1), 1);
	kunit_deactivate_static_stub(test, __lpae_sync);
	free_io_pgtable_ops(o->ops);
}

/* The entry by which order_losing_sync() takes a table out, once */
static u64 *order_lost;

/*
 * What reclaim does when it looked at a table just before a map stored there:
 * it found it empty, and takes it out.
 */
static void order_losing_sync(const struct lpae *lp, u64 *slot, u64 n)
{
	struct lpae *set = (struct lpae *)lp;
	u64 *up = order_lost, *table;

	if (!up)
		return;
	table = lpae_child(lp, *up);
	if (lpae_table_of(lp, slot) != table)
		return;
	order_lost = NULL;
	*up = 0;
	atomic_long_dec(&set->nr_tables);
	lpae_put(lp, up, 21, 1);
	lpae_table_free_rcu(set, table);
}

/* A map whose table went while it stored its entries maps them again */
static void order_maps_again(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();
	struct order *o;
	u64 *up, entry;

	cfg.coherent_walk = false;
	cfg.iommu_dev = order_device(test);
	o = order_make(test, cfg);
	KUNIT_ASSERT_EQ(test, order_map(o, SZ_4M, SZ_4M, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, order_unmap(o, SZ_4M, SZ_4K), SZ_4K);
	up = order_slot(o, SZ_4M, 21);
	entry = *up;

	order_lost = up;
	kunit_activate_static_stub(test, __lpae_sync, order_losing_sync);
	KUNIT_EXPECT_EQ(test, order_map(o, SZ_4M + SZ_4K, SZ_1G, SZ_8K), 0);
	kunit_deactivate_static_stub(test, __lpae_sync);
	KUNIT_EXPECT_NULL(test, order_lost);
	KUNIT_EXPECT_NE(test, *up, 0);
	KUNIT_EXPECT_NE(test, *up, entry);
	KUNIT_EXPECT_EQ(test, order_at(o, SZ_4M + SZ_8K + 7), SZ_1G + SZ_4K + 7);
	KUNIT_EXPECT_EQ(test, order_count(o, SZ_4M), 2);
	KUNIT_EXPECT_EQ(test, order_unmap(o, SZ_4M + SZ_4K, SZ_8K), SZ_8K);
	KUNIT_EXPECT_EQ(test, io_pgtable_reclaim(o->ops), 3);
	KUNIT_EXPECT_EQ(test, order_tables(o), 0);
	free_io_pgtable_ops(o->ops);
}

/* A walker that would need other addresses for tables is refused */
static void order_needs_identity(struct kunit *test)
{
	struct bus_dma_region shifted[] = {
		{ .dma_start = SZ_4G, .size = 1ULL << 46 }, {}
	};
	struct io_pgtable_cfg cfg = order_cfg();

	cfg.coherent_walk = false;
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	cfg.iommu_dev = order_device(test);
	cfg.iommu_dev->dma_range_map = shifted;
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	cfg.iommu_dev->dma_range_map = NULL;
}

/* Read dirty leaves of a range; returns how many bytes the gather spans */
static size_t order_dirty(struct kunit *test, struct order *o, u64 iova,
			  size_t size, unsigned long flags)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;

	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	KUNIT_EXPECT_EQ(test, o->ops->read_and_clear_dirty(o->ops, iova, size,
							   flags, &dirty), 0);
	return gather.end ? gather.end - gather.start + 1 : 0;
}

static struct order *order_make_hd(struct kunit *test)
{
	struct io_pgtable_cfg cfg = order_cfg();

	cfg.quirks = IO_PGTABLE_QUIRK_ARM_HD;
	return order_make(test, cfg);
}

static void order_tracks_dirty(struct kunit *test)
{
	struct order *o = order_make_hd(test);
	struct iommu_dirty_bitmap dirty = {};

	KUNIT_ASSERT_EQ(test, order_map(o, 0, 0, 4 * SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, 0, 4 * SZ_4K,
					  IOMMU_DIRTY_NO_CLEAR), 4 * SZ_4K);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, 0, 4 * SZ_4K, 0), 4 * SZ_4K);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, 0, 4 * SZ_4K, 0), 0);

	/* Hardware writes to one page */
	*order_slot(o, SZ_8K, 12) &= ~LPAE_S1_RDONLY;
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, 0, 4 * SZ_4K,
					  IOMMU_DIRTY_NO_CLEAR), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, SZ_8K, SZ_4K, 0), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, 0, 4 * SZ_4K, 0), 0);

	KUNIT_EXPECT_EQ(test, o->ops->read_and_clear_dirty(o->ops, 0, 5 * SZ_4K,
							   0, &dirty), -EINVAL);
	free_io_pgtable_ops(o->ops);
}

/* The leaves of a split block are as dirty as it was */
static void order_splits_dirty(struct kunit *test)
{
	struct order *o = order_make_hd(test);

	KUNIT_ASSERT_EQ(test, order_map(o, 0, 0, SZ_4M), 0);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, SZ_2M, SZ_2M, 0), SZ_2M);
	KUNIT_EXPECT_EQ(test, order_unmap(o, 0, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_unmap(o, SZ_2M, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, SZ_4K, SZ_4K, 0), SZ_4K);
	KUNIT_EXPECT_EQ(test, order_dirty(test, o, SZ_2M + SZ_4K, SZ_4K, 0), 0);
	free_io_pgtable_ops(o->ops);
}

static struct kunit_case order_cases[] = {
	KUNIT_CASE(order_descriptors),
	KUNIT_CASE(order_replaces_table),
	KUNIT_CASE(order_keeps_used_table),
	KUNIT_CASE(order_splits_both_ends),
	KUNIT_CASE(order_splits_hitless),
	KUNIT_CASE(order_adds_pages),
	KUNIT_CASE(order_unmaps_table_as_block),
	KUNIT_CASE(order_gathers),
	KUNIT_CASE(order_counts),
	KUNIT_CASE(order_reclaims),
	KUNIT_CASE(order_asks_allocator),
	KUNIT_CASE(order_wide_addresses),
	KUNIT_CASE(order_cleans),
	KUNIT_CASE(order_maps_again),
	KUNIT_CASE(order_needs_identity),
	KUNIT_CASE(order_tracks_dirty),
	KUNIT_CASE(order_splits_dirty),
	{}
};

static struct kunit_suite order_suite = {
	.name = "iommu_lpae_order",
	.test_cases = order_cases,
};

kunit_test_suite(order_suite);
