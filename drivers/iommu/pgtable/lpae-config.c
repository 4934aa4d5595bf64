// SPDX-License-Identifier: GPL-2.0
/*
 * From what a walker can do to the shape of its tables, and to what it has to
 * be told (Arm ARM D8.2: translation table walks).
 */
#include <linux/log2.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../io-pgtable-arm.h"
#include "lpae.h"

#define LPAE_GRANULES		(SZ_4K | SZ_16K | SZ_64K)
#define LPAE_S1_QUIRKS							\
	(IO_PGTABLE_QUIRK_ARM_NS | IO_PGTABLE_QUIRK_ARM_TTBR1 |		\
	 IO_PGTABLE_QUIRK_ARM_OUTER_WBWA | IO_PGTABLE_QUIRK_ARM_HD)

/* Stage 2 may start one level lower with up to 16 tables side by side */
#define LPAE_S2_CONCAT_LG2	4

/**
 * struct lpae_kind - what tells the formats apart
 * @max_ias: bits of input address at most
 * @max_oas: bits of output address at most
 * @sizes: leaves at most
 * @quirks: quirks that are known
 * @concat_lg2: tables of level 1 that stand in for one of level 0
 * @full: walks begin at level 0 whatever the input size
 */
struct lpae_kind {
	unsigned int max_ias;
	unsigned int max_oas;
	u64 sizes;
	unsigned long quirks;
	unsigned int concat_lg2;
	bool full;
};

#define LPAE_SIZES_4K	((u64)SZ_4K | SZ_2M | SZ_1G)
#define LPAE_SIZES_16K	((u64)SZ_16K | SZ_32M)
#define LPAE_SIZES_64K	((u64)SZ_64K | SZ_512M | BIT_ULL(42))

static const struct lpae_kind lpae_kind_64_s1 = {
	.max_ias = 52,
	.max_oas = 52,
	.sizes = LPAE_SIZES_4K | LPAE_SIZES_16K | LPAE_SIZES_64K,
	.quirks = LPAE_S1_QUIRKS,
};

static const struct lpae_kind lpae_kind_64_s2 = {
	.max_ias = 52,
	.max_oas = 52,
	.sizes = LPAE_SIZES_4K | LPAE_SIZES_16K | LPAE_SIZES_64K,
	.concat_lg2 = LPAE_S2_CONCAT_LG2,
};

static const struct lpae_kind lpae_kind_32_s1 = {
	.max_ias = 32,
	.max_oas = 40,
	.sizes = LPAE_SIZES_4K,
	.quirks = LPAE_S1_QUIRKS,
};

static const struct lpae_kind lpae_kind_32_s2 = {
	.max_ias = 40,
	.max_oas = 40,
	.sizes = LPAE_SIZES_4K,
	.concat_lg2 = LPAE_S2_CONCAT_LG2,
};

static const struct lpae_kind lpae_kind_mali = {
	.max_ias = 48,
	.max_oas = 40,
	.sizes = LPAE_SIZES_4K,
	.full = true,
};

/* The CPU's page if the walker has it, else the next smaller, else larger */
static u64 lpae_choose_granule(u64 sizes)
{
	u64 granules = sizes & LPAE_GRANULES;
	u64 smaller = granules & (2 * PAGE_SIZE - 1);

	if (smaller)
		return rounddown_pow_of_two(smaller);
	return granules & -granules;
}

static u64 lpae_granule_sizes(u64 granule, unsigned int oas)
{
	switch (granule) {
	case SZ_4K:
		return LPAE_SIZES_4K;
	case SZ_16K:
		return LPAE_SIZES_16K;
	default:
		return oas > 48 ? LPAE_SIZES_64K : SZ_64K | SZ_512M;
	}
}

/* Levels and the root's size, from the granule and the input size */
static void lpae_set_levels(struct lpae *lp, const struct lpae_kind *kind)
{
	unsigned int bits = lp->ias - lp->granule_lg2;
	unsigned int below = DIV_ROUND_UP(bits, lp->stride_lg2) - 1;
	unsigned int root_lg2;

	if (kind->full)
		below = LPAE_LEVELS - 1;
	root_lg2 = bits - min(bits, below * lp->stride_lg2);
	if (below == LPAE_LEVELS - 1 && kind->concat_lg2 &&
	    root_lg2 <= kind->concat_lg2) {
		below--;
		root_lg2 += lp->stride_lg2;
	}
	if (kind->full)
		root_lg2 = lp->stride_lg2;
	lp->root_shift = lp->granule_lg2 + below * lp->stride_lg2;
	/* Bases of tables are multiples of 64 bytes at least (D8.2.5) */
	lp->root_size = max(sizeof(u64) << root_lg2, (size_t)64);
	/* The count of a table is found by rounding an entry's address down */
	if (!lp->iop.cfg.alloc)
		lp->root_size = max_t(size_t, lp->root_size,
				      lp->granule_mask + 1);
}

static void lpae_set_min_block(struct lpae *lp)
{
	u64 blocks = lp->iop.cfg.pgsize_bitmap & ~(lp->granule_mask + 1);

	lp->min_block = blocks ? blocks & -blocks : U64_MAX;
}

/* Decide the geometry; false if there is none for this walker */
static bool lpae_set_geometry(struct lpae *lp, const struct lpae_kind *kind)
{
	struct io_pgtable_cfg *cfg = &lp->iop.cfg;
	u64 granule = lpae_choose_granule(cfg->pgsize_bitmap & kind->sizes);

	if ((cfg->quirks & ~kind->quirks) || !granule ||
	    cfg->ias > kind->max_ias || cfg->oas > kind->max_oas)
		return false;

	if (granule != SZ_64K) {
		cfg->ias = min(cfg->ias, 48U);
		cfg->oas = min(cfg->oas, 48U);
	}
	lp->ias = cfg->ias;
	lp->oas = cfg->oas;
	lp->wide = cfg->oas > 48;
	lp->granule_lg2 = ilog2(granule);
	lp->stride_lg2 = lp->granule_lg2 - ilog2(sizeof(u64));
	lp->granule_mask = granule - 1;
	lp->addr_mask = GENMASK_ULL(47, lp->granule_lg2);
	if (lp->ias <= lp->granule_lg2 || lp->oas <= lp->granule_lg2)
		return false;

	lpae_set_levels(lp, kind);
	cfg->pgsize_bitmap &= lpae_granule_sizes(granule, cfg->oas) &
			      kind->sizes;
	/* A leaf cannot be larger than what an entry of the root translates */
	cfg->pgsize_bitmap &= GENMASK_ULL(lp->root_shift, 0);
	lpae_set_min_block(lp);
	return true;
}

/* Field PS of TCR and VTCR; -1 for a size that the architecture does not have */
static int lpae_phys_size(unsigned int oas)
{
	switch (oas) {
	case 32:
		return ARM_LPAE_TCR_PS_32_BIT;
	case 36:
		return ARM_LPAE_TCR_PS_36_BIT;
	case 40:
		return ARM_LPAE_TCR_PS_40_BIT;
	case 42:
		return ARM_LPAE_TCR_PS_42_BIT;
	case 44:
		return ARM_LPAE_TCR_PS_44_BIT;
	case 48:
		return ARM_LPAE_TCR_PS_48_BIT;
	case 52:
		return ARM_LPAE_TCR_PS_52_BIT;
	default:
		return -1;
	}
}

static unsigned int lpae_tg0(unsigned int granule_lg2)
{
	switch (granule_lg2) {
	case 12:
		return ARM_LPAE_TCR_TG0_4K;
	case 14:
		return ARM_LPAE_TCR_TG0_16K;
	default:
		return ARM_LPAE_TCR_TG0_64K;
	}
}

static unsigned int lpae_tg1(unsigned int granule_lg2)
{
	switch (granule_lg2) {
	case 12:
		return ARM_LPAE_TCR_TG1_4K;
	case 14:
		return ARM_LPAE_TCR_TG1_16K;
	default:
		return ARM_LPAE_TCR_TG1_64K;
	}
}

static void lpae_report_s1(struct lpae *lp, struct io_pgtable_cfg *cfg)
{
	bool wbwa = cfg->coherent_walk ||
		    (cfg->quirks & IO_PGTABLE_QUIRK_ARM_OUTER_WBWA);
	typeof(cfg->arm_lpae_s1_cfg.tcr) *tcr = &cfg->arm_lpae_s1_cfg.tcr;

	tcr->ips = lpae_phys_size(lp->oas);
	tcr->tg = cfg->quirks & IO_PGTABLE_QUIRK_ARM_TTBR1 ?
		  lpae_tg1(lp->granule_lg2) : lpae_tg0(lp->granule_lg2);
	tcr->sh = cfg->coherent_walk ? ARM_LPAE_TCR_SH_IS : ARM_LPAE_TCR_SH_OS;
	tcr->irgn = cfg->coherent_walk ? ARM_LPAE_TCR_RGN_WBWA :
					 ARM_LPAE_TCR_RGN_NC;
	tcr->orgn = wbwa ? ARM_LPAE_TCR_RGN_WBWA : ARM_LPAE_TCR_RGN_NC;
	tcr->tsz = 64 - lp->ias;
	cfg->arm_lpae_s1_cfg.mair = LPAE_MAIR;
	cfg->arm_lpae_s1_cfg.ttbr = virt_to_phys(lp->root);
}

static void lpae_report_s2(struct lpae *lp, struct io_pgtable_cfg *cfg)
{
	unsigned int start = lpae_level(lp, lp->root_shift);
	typeof(cfg->arm_lpae_s2_cfg.vtcr) *vtcr = &cfg->arm_lpae_s2_cfg.vtcr;

	vtcr->ps = lpae_phys_size(lp->oas);
	vtcr->tg = lpae_tg0(lp->granule_lg2);
	vtcr->sh = cfg->coherent_walk ? ARM_LPAE_TCR_SH_IS : ARM_LPAE_TCR_SH_OS;
	vtcr->irgn = cfg->coherent_walk ? ARM_LPAE_TCR_RGN_WBWA :
					  ARM_LPAE_TCR_RGN_NC;
	vtcr->orgn = vtcr->irgn;
	/* SL0 counts from the bottom, and one less with 4 KiB granules */
	vtcr->sl = (lp->granule_lg2 == 12 ? 2 : 3) - start;
	vtcr->tsz = 64 - lp->ias;
	cfg->arm_lpae_s2_cfg.vttbr = virt_to_phys(lp->root);
}

static void lpae_report_mali(struct lpae *lp, struct io_pgtable_cfg *cfg)
{
	cfg->arm_mali_lpae_cfg.memattr = LPAE_MALI_MEMATTR;
	cfg->arm_mali_lpae_cfg.transtab = virt_to_phys(lp->root) |
					  LPAE_MALI_TTBR_RD_INNER |
					  LPAE_MALI_TTBR_TABLE;
	if (cfg->coherent_walk)
		cfg->arm_mali_lpae_cfg.transtab |= LPAE_MALI_TTBR_SH_OUTER;
}

static void lpae_set_state(struct lpae *lp, void *cookie)
{
	struct io_pgtable_cfg *cfg = &lp->iop.cfg;

	lp->iop.cookie = cookie;
	lp->coherent = cfg->coherent_walk;
	lp->counted = !cfg->alloc;
	lp->map_mask = LPAE_TYPE | (lp->coherent ? 0 : LPAE_TABLE_CLEAN);
	if (cfg->quirks & IO_PGTABLE_QUIRK_ARM_TTBR1)
		lp->high = ~0ULL << lp->ias;
	lp->page_type = LPAE_TYPE_PAGE;
	lp->table_bits = LPAE_TYPE_TABLE;
	if (cfg->quirks & IO_PGTABLE_QUIRK_ARM_NS)
		lp->table_bits |= LPAE_TABLE_NS;
	lp->plain = lp->counted && lp->coherent &&
		    lp->granule_mask == SZ_4K - 1 &&
		    lp->root_shift > lp->granule_lg2 &&
		    lp->table_bits == LPAE_TYPE_TABLE;
	spin_lock_init(&lp->lock);
	lp->iop.ops = (struct io_pgtable_ops) {
		.map_pages = lpae_map_pages,
		.unmap_pages = lpae_unmap_pages,
		.map_range = lpae_map_range,
		.unmap_range = lpae_unmap_range,
		.iova_to_phys = lpae_iova_to_phys,
	};
}

/* Make a set without leaves' attributes and without a root; NULL if it cannot be */
static struct lpae *lpae_new(const struct io_pgtable_cfg *cfg, void *cookie,
			     const struct lpae_kind *kind)
{
	struct lpae *lp;

	if (!cfg->coherent_walk && !cfg->iommu_dev)
		return NULL;
	lp = kzalloc(sizeof(*lp), GFP_KERNEL);
	if (!lp)
		return NULL;
	lp->iop.cfg = *cfg;
	if (!lpae_set_geometry(lp, kind)) {
		kfree(lp);
		return NULL;
	}
	lpae_set_state(lp, cookie);
	return lp;
}

/* Give a complete set its root, and enter it for reclaim */
static bool lpae_make_root(struct lpae *lp, struct io_pgtable_cfg *cfg)
{
	lp->root = lpae_table_alloc(lp, lp->root_size, GFP_KERNEL);
	if (!lp->root)
		return false;
	lp->linear = (unsigned long)lp->root - virt_to_phys(lp->root) -
		     LPAE_TYPE_TABLE;
	*cfg = lp->iop.cfg;
	if (cfg->reclaim && lp->counted)
		lpae_enlist(lp);
	/* The walker must see an empty root before it is told where that is */
	wmb();
	return true;
}

static bool lpae_quirks_fit(const struct io_pgtable_cfg *cfg)
{
	if (cfg->coherent_walk)
		return !(cfg->quirks & IO_PGTABLE_QUIRK_ARM_OUTER_WBWA);
	/* Hardware that dirties leaves and our caches must agree on them */
	return !(cfg->quirks & IO_PGTABLE_QUIRK_ARM_HD);
}

static struct io_pgtable *lpae_alloc_s1(struct io_pgtable_cfg *cfg,
					void *cookie,
					const struct lpae_kind *kind)
{
	bool ns = cfg->quirks & IO_PGTABLE_QUIRK_ARM_NS;
	bool hd = cfg->quirks & IO_PGTABLE_QUIRK_ARM_HD;
	struct lpae *lp;
	int prot;

	if (!lpae_quirks_fit(cfg))
		return NULL;
	lp = lpae_new(cfg, cookie, kind);
	if (!lp)
		return NULL;
	for (prot = 0; prot < LPAE_NR_PROTS; prot++)
		lp->attrs[prot] = lpae_prot_s1(prot, ns, hd);
	if (lpae_phys_size(lp->oas) < 0 || !lpae_make_root(lp, cfg))
		goto err_free;
	lpae_report_s1(lp, cfg);
	return &lp->iop;

err_free:
	kfree(lp);
	return NULL;
}

static struct io_pgtable *lpae_alloc_s2(struct io_pgtable_cfg *cfg,
					void *cookie,
					const struct lpae_kind *kind)
{
	struct lpae *lp = lpae_new(cfg, cookie, kind);
	int prot;

	if (!lp)
		return NULL;
	for (prot = 0; prot < LPAE_NR_PROTS; prot++)
		lp->attrs[prot] = lpae_prot_s2(prot);
	if (lpae_phys_size(lp->oas) < 0 || !lpae_make_root(lp, cfg))
		goto err_free;
	lpae_report_s2(lp, cfg);
	return &lp->iop;

err_free:
	kfree(lp);
	return NULL;
}

static struct io_pgtable *lpae_64_s1_alloc(struct io_pgtable_cfg *cfg,
					   void *cookie)
{
	struct io_pgtable *iop = lpae_alloc_s1(cfg, cookie, &lpae_kind_64_s1);

#ifdef CONFIG_IOMMU_API
	if (iop)
		iop->ops.read_and_clear_dirty = lpae_read_and_clear_dirty;
#endif
	return iop;
}

static struct io_pgtable *lpae_64_s2_alloc(struct io_pgtable_cfg *cfg,
					   void *cookie)
{
	return lpae_alloc_s2(cfg, cookie, &lpae_kind_64_s2);
}

static struct io_pgtable *lpae_32_s1_alloc(struct io_pgtable_cfg *cfg,
					   void *cookie)
{
	return lpae_alloc_s1(cfg, cookie, &lpae_kind_32_s1);
}

static struct io_pgtable *lpae_32_s2_alloc(struct io_pgtable_cfg *cfg,
					   void *cookie)
{
	return lpae_alloc_s2(cfg, cookie, &lpae_kind_32_s2);
}

static struct io_pgtable *lpae_mali_alloc(struct io_pgtable_cfg *cfg,
					  void *cookie)
{
	struct lpae *lp = lpae_new(cfg, cookie, &lpae_kind_mali);
	int prot;

	if (!lp)
		return NULL;
	lp->page_type = LPAE_TYPE_BLOCK;
	lp->plain = false;
	for (prot = 0; prot < LPAE_NR_PROTS; prot++)
		lp->attrs[prot] = lpae_prot_mali(prot);
	if (!lpae_make_root(lp, cfg)) {
		kfree(lp);
		return NULL;
	}
	lpae_report_mali(lp, cfg);
	return &lp->iop;
}

static void lpae_free(struct io_pgtable *iop)
{
	struct lpae *lp = container_of(iop, struct lpae, iop);

	if (iop->cfg.reclaim && lp->counted)
		lpae_delist(lp);
	lpae_free_all(lp);
	kfree(lp);
}

struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s1_init_fns = {
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
	.alloc = lpae_64_s1_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
};

struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s2_init_fns = {
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
	.alloc = lpae_64_s2_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
};

struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s1_init_fns = {
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
	.alloc = lpae_32_s1_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
};

struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s2_init_fns = {
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
	.alloc = lpae_32_s2_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
};

struct io_pgtable_init_fns io_pgtable_arm_mali_lpae_init_fns = {
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
	.alloc = lpae_mali_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
};
