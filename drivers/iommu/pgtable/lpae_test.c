// SPDX-License-Identifier: GPL-2.0
/*
 * Long-descriptor tables against a model, over every format, granule and input
 * size; entries against vectors worked out by hand; memory that runs out.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "lpae.h"
#include "lpae_test.h"

static void world_flush_all(void *cookie)
{
	struct lpae_world *w = cookie;

	w->flush_alls++;
}

static void world_flush_walk(unsigned long iova, size_t size, size_t granule,
			     void *cookie)
{
	struct lpae_world *w = cookie;

	w->walks++;
	w->walk_iova = iova;
	w->walk_size = size;
	if (w->watch)
		w->seen_at_walk = READ_ONCE(*w->watch);
}

static void world_add_page(struct iommu_iotlb_gather *gather,
			   unsigned long iova, size_t granule, void *cookie)
{
	struct lpae_world *w = cookie;

	w->pages++;
}

const struct iommu_flush_ops lpae_world_flush_ops = {
	.tlb_flush_all = world_flush_all,
	.tlb_flush_walk = world_flush_walk,
	.tlb_add_page = world_add_page,
};

void *lpae_world_alloc(void *cookie, size_t size, gfp_t gfp)
{
	struct lpae_world *w = cookie;

	w->alloc_size = size;
	if (++w->allocs == w->fail_at)
		return NULL;
	w->tables++;
	return (void *)__get_free_pages(gfp | __GFP_ZERO, get_order(size));
}

void lpae_world_free(void *cookie, void *pages, size_t size)
{
	struct lpae_world *w = cookie;

	w->tables--;
	free_pages((unsigned long)pages, get_order(size));
}

/* One geometry */
struct lpae_case {
	enum io_pgtable_fmt fmt;
	const char *name;
	unsigned long sizes;
	u8 ias;
	u8 oas;
	bool private_alloc;
};

static const struct lpae_case lpae_cases[] = {
	{ ARM_64_LPAE_S1, "s1 4K 32", SIZES_4K, 32, 48 },
	{ ARM_64_LPAE_S1, "s1 4K 36", SIZES_4K, 36, 48 },
	{ ARM_64_LPAE_S1, "s1 4K 39", SIZES_4K, 39, 40 },
	{ ARM_64_LPAE_S1, "s1 4K 40", SIZES_4K, 40, 44 },
	{ ARM_64_LPAE_S1, "s1 4K 48", SIZES_4K, 48, 48 },
	{ ARM_64_LPAE_S1, "s1 4K 48 private", SIZES_4K, 48, 48, true },
	{ ARM_64_LPAE_S1, "s1 16K 36", SIZES_16K, 36, 48 },
	{ ARM_64_LPAE_S1, "s1 16K 40", SIZES_16K, 40, 48 },
	{ ARM_64_LPAE_S1, "s1 16K 48", SIZES_16K, 48, 48 },
	{ ARM_64_LPAE_S1, "s1 64K 32", SIZES_64K, 32, 48 },
	{ ARM_64_LPAE_S1, "s1 64K 42", SIZES_64K, 42, 48 },
	{ ARM_64_LPAE_S1, "s1 64K 48", SIZES_64K, 48, 48 },
	{ ARM_64_LPAE_S1, "s1 64K 52", SIZES_64K, 52, 52 },
	{ ARM_64_LPAE_S2, "s2 4K 32", SIZES_4K, 32, 44 },
	{ ARM_64_LPAE_S2, "s2 4K 40 side by side", SIZES_4K, 40, 48 },
	{ ARM_64_LPAE_S2, "s2 4K 43 side by side", SIZES_4K, 43, 48 },
	{ ARM_64_LPAE_S2, "s2 4K 48", SIZES_4K, 48, 48 },
	{ ARM_64_LPAE_S2, "s2 16K 48", SIZES_16K, 48, 48 },
	{ ARM_64_LPAE_S2, "s2 64K 48", SIZES_64K, 48, 48 },
	{ ARM_32_LPAE_S1, "s1 AArch32", SIZES_4K, 32, 40 },
	{ ARM_32_LPAE_S2, "s2 AArch32", SIZES_4K, 40, 40 },
	{ ARM_MALI_LPAE, "mali 48", SIZES_4K, 48, 40 },
	{ ARM_MALI_LPAE, "mali 33", SIZES_4K, 33, 40 },
};

KUNIT_ARRAY_PARAM_DESC(lpae, lpae_cases, name);

struct lpae_fixture {
	struct lpae_world world;
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops;
	struct xarray model;	/* granule number -> physical granule + 1 */
	struct rnd_state rnd;
	unsigned long granule;
};

static struct lpae_fixture *fixture_make(struct kunit *test,
					 const struct lpae_case *c)
{
	struct lpae_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->cfg = (struct io_pgtable_cfg) {
		.pgsize_bitmap = c->sizes,
		.ias = c->ias,
		.oas = c->oas,
		.coherent_walk = true,
		.tlb = &lpae_world_flush_ops,
		.alloc = c->private_alloc ? lpae_world_alloc : NULL,
		.free = c->private_alloc ? lpae_world_free : NULL,
	};
	f->ops = alloc_io_pgtable_ops(c->fmt, &f->cfg, &f->world);
	KUNIT_ASSERT_NOT_NULL(test, f->ops);
	f->granule = 1UL << __ffs(f->cfg.pgsize_bitmap);
	xa_init(&f->model);
	prandom_seed_state(&f->rnd, 0x1d872b41);
	return f;
}

static void fixture_drop(struct kunit *test, struct lpae_fixture *f)
{
	free_io_pgtable_ops(f->ops);
	xa_destroy(&f->model);
	KUNIT_EXPECT_EQ(test, f->world.tables, 0);
	KUNIT_EXPECT_EQ(test, f->world.flush_alls, 1);
}

static u64 rnd64(struct lpae_fixture *f)
{
	return (u64)prandom_u32_state(&f->rnd) << 32 |
	       prandom_u32_state(&f->rnd);
}

static struct lpae *fixture_set(struct lpae_fixture *f)
{
	return to_lpae(f->ops);
}

/* Compare what a range translates to with the model */
static bool model_agrees(struct kunit *test, struct lpae_fixture *f, u64 iova,
			 u64 granules)
{
	u64 i;

	for (i = 0; i < granules; i++) {
		u64 at = iova + i * f->granule;
		void *entry = xa_load(&f->model, at / f->granule);
		u64 want = entry ? (xa_to_value(entry) * (u64)f->granule) + 8 : 0;

		if (f->ops->iova_to_phys(f->ops, at + 8) != want) {
			KUNIT_FAIL(test, "iova %#llx", at);
			return false;
		}
	}
	return true;
}

static bool model_is_clear(struct lpae_fixture *f, u64 iova, u64 granules)
{
	unsigned long index = iova / f->granule;

	return !xa_find(&f->model, &index, index + granules - 1, XA_PRESENT);
}

static void model_map(struct kunit *test, struct lpae_fixture *f, u64 iova,
		      u64 paddr, u64 granules)
{
	bool clear = model_is_clear(f, iova, granules);
	size_t mapped = 0;
	u64 i, done;
	int ret;

	ret = f->ops->map_range(f->ops, iova, paddr, granules * f->granule,
				IOMMU_READ | IOMMU_WRITE, GFP_KERNEL, &mapped);
	KUNIT_EXPECT_EQ(test, ret, clear ? 0 : -EEXIST);
	done = mapped / f->granule;
	KUNIT_EXPECT_TRUE(test, clear ? done == granules : done < granules);
	for (i = 0; i < done; i++)
		xa_store(&f->model, iova / f->granule + i,
			 xa_mk_value(paddr / f->granule + i), GFP_KERNEL);
}

static void model_unmap(struct kunit *test, struct lpae_fixture *f, u64 iova,
			u64 granules)
{
	struct iommu_iotlb_gather gather;
	u64 done, want = 0;

	while (want < granules && xa_load(&f->model, iova / f->granule + want))
		want++;
	iommu_iotlb_gather_init(&gather);
	done = f->ops->unmap_range(f->ops, iova, granules * f->granule,
				   &gather);
	KUNIT_EXPECT_EQ(test, done, want * f->granule);
	if (done) {
		KUNIT_EXPECT_EQ(test, gather.start, iova);
		KUNIT_EXPECT_EQ(test, gather.end, iova + done - 1);
		KUNIT_EXPECT_NE(test, gather.leaf_levels, 0);
		KUNIT_EXPECT_NE(test, gather.pgsize, 0);
	}
	while (want--)
		xa_erase(&f->model, iova / f->granule + want);
}

/* Four windows far apart; ranges in them of up to a block and a half */
static void lpae_random(struct kunit *test)
{
	const struct lpae_case *c = test->param_value;
	struct lpae_fixture *f = fixture_make(test, c);
	u64 block = 1ULL << (2 * ilog2(f->granule) - 3);
	u64 top = (1ULL << min(c->ias, 62)) - 4 * block;
	u64 window[] = { 0, block, ALIGN_DOWN(top / 3, block), top };
	u64 span = 3 * (block / f->granule) / 2;
	int i;

	/* Every entry of a 64 KiB granule's block would take too long */
	span = min(span, 1500ULL);
	for (i = 0; i < 150; i++) {
		u64 n = 1 + rnd64(f) % span;
		u64 iova = window[rnd64(f) % ARRAY_SIZE(window)] +
			   (rnd64(f) % (block / f->granule)) * f->granule;
		u64 paddr = (rnd64(f) & ((1ULL << (c->oas - 1)) - 1)) &
			    ~(f->granule - 1);

		if (!(rnd64(f) % 3)) {
			iova = ALIGN_DOWN(iova, block);
			paddr = ALIGN_DOWN(paddr, block);
			n = block / f->granule;
		}
		if (n > 8200)
			continue;
		if (rnd64(f) & 1)
			model_map(test, f, iova, paddr, n);
		else
			model_unmap(test, f, iova, n);
		if (!model_agrees(test, f, iova, min(n + 2, 600ULL)))
			break;
	}
	fixture_drop(test, f);
}

static void lpae_limits(struct kunit *test)
{
	const struct lpae_case *c = test->param_value;
	struct lpae_fixture *f = fixture_make(test, c);
	struct io_pgtable_ops *ops = f->ops;
	int rw = IOMMU_READ | IOMMU_WRITE;
	u64 g = f->granule, end = 1ULL << c->ias, oend = 1ULL << c->oas;
	size_t mapped;

	KUNIT_EXPECT_EQ(test, ops->map_range(ops, end - g, oend - g, g, rw,
					     GFP_KERNEL, &mapped), 0);
	KUNIT_EXPECT_EQ(test, ops->iova_to_phys(ops, end - 1), oend - 1);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, end, 0, g, rw, GFP_KERNEL,
					     &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, 0, oend, g, rw, GFP_KERNEL,
					     &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, 0, oend - g, 2 * g, rw,
					     GFP_KERNEL, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, g, 0, ULONG_MAX - g + 1, rw,
					     GFP_KERNEL, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, 0, 0, g, IOMMU_CACHE,
					     GFP_KERNEL, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, 0, 0, 0, rw, GFP_KERNEL,
					     &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, g / 2, 0, g, rw, GFP_KERNEL,
					     &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, ops->map_pages(ops, 0, 0, g * 2, 1, rw,
					     GFP_KERNEL, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, mapped, 0);
	KUNIT_EXPECT_EQ(test, ops->iova_to_phys(ops, 0), 0);
	KUNIT_EXPECT_EQ(test, ops->unmap_range(ops, 0, g, NULL), 0);
	KUNIT_EXPECT_EQ(test, ops->unmap_range(ops, end, g, NULL), 0);
	KUNIT_EXPECT_EQ(test, ops->unmap_range(ops, end - g, g, NULL), g);
	KUNIT_EXPECT_EQ(test, ops->unmap_range(ops, end - g, g, NULL), 0);
	fixture_drop(test, f);
}

/* All that was mapped by pages comes back, but for what the root needs */
static void lpae_reclaims(struct kunit *test)
{
	const struct lpae_case *c = test->param_value;
	struct lpae_fixture *f = fixture_make(test, c);
	u64 block = 1ULL << (2 * ilog2(f->granule) - 3);
	u64 g = f->granule, stretch = min(16 * block, 1ULL << (c->ias - 1)), at;
	struct lpae *lp = fixture_set(f);
	size_t mapped;

	for (at = 0; at < stretch; at += block)
		KUNIT_ASSERT_EQ(test, f->ops->map_range(f->ops, at, at, g,
							IOMMU_READ, GFP_KERNEL,
							&mapped), 0);
	KUNIT_EXPECT_GT(test, atomic_long_read(&lp->nr_tables), 0);
	/* A count that is found by rounding down must be the root's own */
	if (lp->counted)
		KUNIT_EXPECT_PTR_EQ(test, lpae_table_of(lp, lp->root), lp->root);
	for (at = 0; at < stretch; at += block)
		KUNIT_EXPECT_EQ(test, f->ops->unmap_range(f->ops, at, g, NULL),
				g);

	io_pgtable_reclaim(f->ops);
	if (lp->counted) {
		KUNIT_EXPECT_EQ(test, atomic_long_read(&lp->nr_tables), 0);
		KUNIT_EXPECT_GT(test, f->world.walks, 0);
	} else {
		KUNIT_EXPECT_EQ(test, f->world.walks, 0);
	}
	model_map(test, f, 0, 0, 3);
	model_agrees(test, f, 0, 5);
	fixture_drop(test, f);
}

/* A page of a block goes: the block is invalid when it is invalidated */
static void lpae_splits(struct kunit *test)
{
	const struct lpae_case *c = test->param_value;
	struct lpae_fixture *f = fixture_make(test, c);
	u64 block = 1ULL << (2 * ilog2(f->granule) - 3), g = f->granule;
	struct lpae *lp = fixture_set(f);
	unsigned int shift;
	size_t mapped;

	KUNIT_ASSERT_EQ(test, f->ops->map_range(f->ops, block, block, block,
						IOMMU_READ, GFP_KERNEL,
						&mapped), 0);
	rcu_read_lock();
	f->world.watch = lpae_walk(lp, block, lp->granule_lg2,
				   &shift);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, 1ULL << shift, block);
	KUNIT_EXPECT_EQ(test, f->ops->unmap_range(f->ops, block + 3 * g, 2 * g,
						  NULL), 2 * g);
	KUNIT_EXPECT_EQ(test, f->world.walks, 1);
	KUNIT_EXPECT_EQ(test, f->world.walk_iova, block);
	KUNIT_EXPECT_EQ(test, f->world.walk_size, block);
	KUNIT_EXPECT_EQ(test, f->world.seen_at_walk & LPAE_VALID, 0);
	KUNIT_EXPECT_EQ(test, f->ops->iova_to_phys(f->ops, block + 2 * g),
			block + 2 * g);
	KUNIT_EXPECT_EQ(test, f->ops->iova_to_phys(f->ops, block + 3 * g), 0);
	KUNIT_EXPECT_EQ(test, f->ops->iova_to_phys(f->ops, block + 5 * g),
			block + 5 * g);
	f->world.watch = NULL;
	fixture_drop(test, f);
}

/* Map and unmap with the Nth table refused, until none is */
static void lpae_memory_runs_out(struct kunit *test)
{
	static const struct lpae_case c = {
		ARM_64_LPAE_S1, "", SIZES_4K, 48, 48, true
	};
	unsigned int n;

	for (n = 2; n < 40; n++) {
		struct lpae_fixture *f = fixture_make(test, &c);
		u64 at = SZ_1G - SZ_4K;
		size_t mapped;
		int ret;

		f->world.fail_at = n;
		ret = f->ops->map_range(f->ops, at, at, 2 * SZ_4K, IOMMU_READ,
					GFP_KERNEL, &mapped);
		KUNIT_EXPECT_EQ(test, ret, mapped == 2 * SZ_4K ? 0 : -ENOMEM);
		if (mapped)
			KUNIT_EXPECT_EQ(test, f->ops->unmap_range(f->ops, at,
								  mapped, NULL),
					mapped);
		KUNIT_EXPECT_EQ(test, f->ops->iova_to_phys(f->ops, at), 0);
		fixture_drop(test, f);
		if (!ret)
			break;
	}
	KUNIT_EXPECT_LT(test, n, 40);
}

/* No memory to split a block: nothing is unmapped, nothing changes */
static void lpae_split_without_memory(struct kunit *test)
{
	static const struct lpae_case c = {
		ARM_64_LPAE_S1, "", SIZES_4K, 39, 40, true
	};
	struct lpae_fixture *f = fixture_make(test, &c);
	size_t mapped;

	KUNIT_ASSERT_EQ(test, f->ops->map_range(f->ops, 0, 0, SZ_1G, IOMMU_READ,
						GFP_KERNEL, &mapped), 0);
	f->world.fail_at = f->world.allocs + 2;
	KUNIT_EXPECT_EQ(test, f->ops->unmap_range(f->ops, SZ_4K, SZ_4K, NULL),
			0);
	KUNIT_EXPECT_EQ(test, f->ops->iova_to_phys(f->ops, SZ_4K), SZ_4K);
	KUNIT_EXPECT_EQ(test, f->world.walks, 0);
	KUNIT_EXPECT_EQ(test, f->world.tables, 1);
	KUNIT_EXPECT_EQ(test, f->ops->unmap_range(f->ops, SZ_4K, SZ_4K, NULL),
			SZ_4K);
	KUNIT_EXPECT_EQ(test, f->world.tables, 3);
	fixture_drop(test, f);
}

/* Descriptors worked out from the Arm ARM, D8.3 */
static void lpae_vectors(struct kunit *test)
{
	int rw = IOMMU_READ | IOMMU_WRITE;

	KUNIT_EXPECT_EQ(test, lpae_prot_s1(rw | IOMMU_CACHE, false, false),
			0xf44ULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_s1(IOMMU_READ | IOMMU_CACHE, false,
					   false), 0xfc4ULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_s1(rw | IOMMU_MMIO | IOMMU_NOEXEC |
					   IOMMU_PRIV, false, false),
			0x0060000000000e08ULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_s1(rw, true, true),
			0x0008000000000e60ULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_s2(rw | IOMMU_CACHE), 0x7fcULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_s2(IOMMU_WRITE | IOMMU_MMIO), 0x684ULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_mali(IOMMU_READ | IOMMU_CACHE),
			0x244ULL);
	KUNIT_EXPECT_EQ(test, lpae_prot_s1(IOMMU_CACHE, false, false), 0);
	KUNIT_EXPECT_EQ(test, lpae_addr_bits(0x000a123456780000ULL),
			0x000012345678a000ULL);
}

/* What the walker is told: TCR and VTCR fields of the specification */
static void lpae_registers(struct kunit *test)
{
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = SIZES_4K, .ias = 40, .oas = 44,
		.coherent_walk = true,
	};
	struct io_pgtable_ops *ops;

	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
	KUNIT_ASSERT_NOT_NULL(test, ops);
	KUNIT_EXPECT_EQ(test, (u32)cfg.arm_lpae_s1_cfg.tcr.tsz, 24);
	KUNIT_EXPECT_EQ(test, (u32)cfg.arm_lpae_s1_cfg.tcr.ips, 4);
	KUNIT_EXPECT_EQ(test, (u32)cfg.arm_lpae_s1_cfg.tcr.tg, 0);
	KUNIT_EXPECT_EQ(test, (u32)cfg.arm_lpae_s1_cfg.tcr.sh, 3);
	KUNIT_EXPECT_EQ(test, cfg.arm_lpae_s1_cfg.mair, 0xf404ff44ULL);
	free_io_pgtable_ops(ops);

	cfg.quirks = IO_PGTABLE_QUIRK_ARM_OUTER_WBWA;
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	cfg.quirks = IO_PGTABLE_QUIRK_ARM_NS;
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(ARM_64_LPAE_S2, &cfg, NULL));
	cfg.quirks = 0;

	/* 40 bits of 4 KiB pages: two level 1 tables side by side, SL0 = 1 */
	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S2, &cfg, NULL);
	KUNIT_ASSERT_NOT_NULL(test, ops);
	KUNIT_EXPECT_EQ(test, (u32)cfg.arm_lpae_s2_cfg.vtcr.sl, 1);
	KUNIT_EXPECT_EQ(test, to_lpae(ops)->root_size, SZ_8K);
	free_io_pgtable_ops(ops);

	cfg.alloc = lpae_world_alloc;
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(IO_PGTABLE_NUM_FMTS, &cfg,
						     NULL));
}

/* The upper half: addresses have all bits above ias set */
static void lpae_upper_half(struct kunit *test)
{
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = SIZES_4K, .ias = 48, .oas = 48,
		.coherent_walk = true, .quirks = IO_PGTABLE_QUIRK_ARM_TTBR1,
	};
	struct io_pgtable_ops *ops;
	unsigned long high = ~0UL << 48;
	size_t mapped;

	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
	KUNIT_ASSERT_NOT_NULL(test, ops);
	KUNIT_EXPECT_EQ(test, (u32)cfg.arm_lpae_s1_cfg.tcr.tg, 2);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, high, SZ_1M, SZ_4K,
					     IOMMU_READ, GFP_KERNEL, &mapped),
			0);
	KUNIT_EXPECT_EQ(test, ops->iova_to_phys(ops, high + 1), SZ_1M + 1);
	KUNIT_EXPECT_EQ(test, ops->map_range(ops, 0, SZ_1M, SZ_4K, IOMMU_READ,
					     GFP_KERNEL, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, ops->unmap_range(ops, high, SZ_4K, NULL), SZ_4K);
	free_io_pgtable_ops(ops);
}

static struct kunit_case lpae_test_cases[] = {
	KUNIT_CASE_PARAM(lpae_random, lpae_gen_params),
	KUNIT_CASE_PARAM(lpae_limits, lpae_gen_params),
	KUNIT_CASE_PARAM(lpae_reclaims, lpae_gen_params),
	KUNIT_CASE_PARAM(lpae_splits, lpae_gen_params),
	KUNIT_CASE(lpae_memory_runs_out),
	KUNIT_CASE(lpae_split_without_memory),
	KUNIT_CASE(lpae_vectors),
	KUNIT_CASE(lpae_registers),
	KUNIT_CASE(lpae_upper_half),
	{}
};

static struct kunit_suite lpae_suite = {
	.name = "iommu_lpae",
	.test_cases = lpae_test_cases,
};

kunit_test_suite(lpae_suite);

MODULE_DESCRIPTION("Tests of the long-descriptor tables");
MODULE_LICENSE("GPL");
