// SPDX-License-Identifier: GPL-2.0
/*
 * Making a set of tables: geometry from the walker's abilities, then what the
 * walker has to be told.
 */
#include <linux/bitops.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../io-pgtable-arm.h"
#include "lpae.h"

#define LPAE_GRANULES	(SZ_4K | SZ_16K | SZ_64K)
#define LPAE_S1_QUIRKS	(IO_PGTABLE_QUIRK_ARM_NS | IO_PGTABLE_QUIRK_ARM_TTBR1 | \
			 IO_PGTABLE_QUIRK_ARM_OUTER_WBWA | \
			 IO_PGTABLE_QUIRK_ARM_HD)

/* Stage 2 may begin with this many tables side by side (D8.2.2) */
#define LPAE_MAX_CONCAT	16

/* The granule of PAGE_SIZE if there is one, else the nearest, smaller first */
static unsigned long pick_granule(unsigned long sizes)
{
	sizes &= LPAE_GRANULES;
	if (sizes & PAGE_SIZE)
		return PAGE_SIZE;
	if (sizes & (PAGE_SIZE - 1))
		return BIT(__fls(sizes & (PAGE_SIZE - 1)));
	return sizes ? BIT(__ffs(sizes)) : 0;
}

/* Leaves that a granule allows */
static u64 granule_sizes(unsigned long granule, unsigned int oas)
{
	switch (granule) {
	case SZ_4K:
		return SZ_4K | SZ_2M | SZ_1G;
	case SZ_16K:
		return SZ_16K | SZ_32M;
	default:
		return SZ_64K | SZ_512M | (oas > 48 ? 1ULL << 42 : 0);
	}
}

static bool lpae_restrict(struct io_pgtable_cfg *cfg)
{
	unsigned long granule = pick_granule(cfg->pgsize_bitmap);
	unsigned int max = granule == SZ_64K ? 52 : 48;

	if (!granule || cfg->ias > max || cfg->oas > max ||
	    cfg->ias <= ilog2(granule))
		return false;
	cfg->pgsize_bitmap &= granule_sizes(granule, cfg->oas);
	return true;
}

static u64 smallest_block(const struct io_pgtable_cfg *cfg)
{
	unsigned long blocks = cfg->pgsize_bitmap & (cfg->pgsize_bitmap - 1);

	return blocks ? BIT_ULL(__ffs(blocks)) : U64_MAX;
}

static const struct io_pgtable_ops lpae_ops = {
	.map_range = lpae_map_range,
	.unmap_range = lpae_unmap_range,
	.map_pages = lpae_map_pages,
	.unmap_pages = lpae_unmap_pages,
	.iova_to_phys = lpae_iova_to_phys,
};

/* A set without root; @levels: 0 for as many as the input needs */
static struct lpae *lpae_new(struct io_pgtable_cfg *cfg, void *cookie,
			     unsigned int levels)
{
	struct lpae *lp;

	if (!lpae_restrict(cfg))
		return NULL;
	lp = kzalloc(sizeof(*lp), GFP_KERNEL);
	if (!lp)
		return NULL;

	lp->iop.ops = lpae_ops;
	lp->iop.cfg = *cfg;
	lp->iop.cookie = cookie;
	lp->ias = cfg->ias;
	lp->oas = cfg->oas;
	lp->granule_lg2 = __ffs(cfg->pgsize_bitmap);
	lp->granule_mask = BIT_ULL(lp->granule_lg2) - 1;
	lp->stride_lg2 = lp->granule_lg2 - ilog2(sizeof(u64));
	lp->addr_mask = GENMASK_ULL(47, lp->granule_lg2);
	lp->min_block = smallest_block(cfg);
	lp->wide = lp->granule_lg2 == 16 && lp->oas > 48;
	lp->coherent = cfg->coherent_walk;
	lp->counted = !cfg->alloc;
	lp->page_type = LPAE_TYPE_PAGE;
	lp->table_bits = LPAE_TYPE_TABLE;
	lp->map_mask = LPAE_TYPE | (lp->coherent ? 0 : LPAE_TABLE_CLEAN);
	if (!levels)
		levels = DIV_ROUND_UP(lp->ias - lp->granule_lg2, lp->stride_lg2);
	lp->root_shift = lp->granule_lg2 + (levels - 1) * lp->stride_lg2;
	lp->root_size = sizeof(u64) << max(lp->ias - lp->root_shift, 0);
	spin_lock_init(&lp->lock);
	INIT_LIST_HEAD(&lp->sets_node);
	return lp;
}

/* Give a set its root, then let it be seen; frees the set on failure */
static struct io_pgtable *lpae_finish(struct lpae *lp,
				      struct io_pgtable_cfg *cfg, size_t align)
{
	lp->root_size = max(lp->root_size, align);
	lp->root = lpae_table_alloc(lp, lp->root_size, GFP_KERNEL);
	if (!lp->root) {
		kfree(lp);
		return NULL;
	}
	if (cfg->reclaim && lp->counted)
		lpae_enlist(lp);
	return &lp->iop;
}

/* Encoding of an output size; the walker's own sizes are all there is */
static int pa_size(unsigned int oas)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (bits[i] == oas)
			return i;
	return -EINVAL;
}

static void lpae_tcr_s1(const struct lpae *lp, struct io_pgtable_cfg *cfg)
{
	typeof(cfg->arm_lpae_s1_cfg.tcr) *tcr = &cfg->arm_lpae_s1_cfg.tcr;
	bool upper = cfg->quirks & IO_PGTABLE_QUIRK_ARM_TTBR1;
	bool outer = cfg->quirks & IO_PGTABLE_QUIRK_ARM_OUTER_WBWA;

	tcr->sh = lp->coherent ? ARM_LPAE_TCR_SH_IS : ARM_LPAE_TCR_SH_OS;
	tcr->irgn = lp->coherent ? ARM_LPAE_TCR_RGN_WBWA : ARM_LPAE_TCR_RGN_NC;
	tcr->orgn = lp->coherent || outer ? ARM_LPAE_TCR_RGN_WBWA :
					    ARM_LPAE_TCR_RGN_NC;
	if (lp->granule_lg2 == 12)
		tcr->tg = upper ? ARM_LPAE_TCR_TG1_4K : ARM_LPAE_TCR_TG0_4K;
	else if (lp->granule_lg2 == 14)
		tcr->tg = upper ? ARM_LPAE_TCR_TG1_16K : ARM_LPAE_TCR_TG0_16K;
	else
		tcr->tg = upper ? ARM_LPAE_TCR_TG1_64K : ARM_LPAE_TCR_TG0_64K;
	tcr->ips = pa_size(lp->oas);
	tcr->tsz = 64 - lp->ias;
}

/* Base register: bits 51:48 of a wide address stand in bits 5:2 (D19.2.155) */
static u64 lpae_base(const struct lpae *lp)
{
	u64 base = virt_to_phys(lp->root);

	return (base & GENMASK_ULL(47, 0)) | ((base >> 46) & GENMASK_ULL(5, 2));
}

static struct io_pgtable *lpae_s1_alloc(struct io_pgtable_cfg *cfg,
					void *cookie)
{
	bool ns = cfg->quirks & IO_PGTABLE_QUIRK_ARM_NS;
	bool dbm = cfg->quirks & IO_PGTABLE_QUIRK_ARM_HD;
	struct lpae *lp;
	int prot;

	if ((cfg->quirks & ~LPAE_S1_QUIRKS) || pa_size(cfg->oas) < 0 ||
	    (cfg->coherent_walk &&
	     (cfg->quirks & IO_PGTABLE_QUIRK_ARM_OUTER_WBWA)))
		return NULL;
	lp = lpae_new(cfg, cookie, 0);
	if (!lp)
		return NULL;

	lp->iop.ops.read_and_clear_dirty = lpae_read_and_clear_dirty;
	if (cfg->quirks & IO_PGTABLE_QUIRK_ARM_TTBR1)
		lp->high = ~0ULL << lp->ias;
	if (ns)
		lp->table_bits |= LPAE_TABLE_NS;
	for (prot = 0; prot < LPAE_NR_PROTS; prot++)
		lp->attrs[prot] = lpae_prot_s1(prot, ns, dbm);
	lpae_tcr_s1(lp, cfg);
	cfg->arm_lpae_s1_cfg.mair = LPAE_MAIR;
	if (!lpae_finish(lp, cfg, SZ_64))
		return NULL;
	cfg->arm_lpae_s1_cfg.ttbr = lpae_base(lp);
	return &lp->iop;
}

/* Levels of stage 2: side by side roots save level 0 where few are needed */
static unsigned int lpae_s2_levels(const struct io_pgtable_cfg *cfg)
{
	unsigned int granule_lg2 = ilog2(pick_granule(cfg->pgsize_bitmap));
	unsigned int stride_lg2 = granule_lg2 - 3;
	unsigned int levels = DIV_ROUND_UP(cfg->ias - granule_lg2, stride_lg2);
	unsigned int below = granule_lg2 + 3 * stride_lg2;

	if (levels == LPAE_LEVELS && cfg->ias - below <= ilog2(LPAE_MAX_CONCAT))
		levels--;
	return levels;
}

static void lpae_vtcr(const struct lpae *lp, struct io_pgtable_cfg *cfg)
{
	typeof(cfg->arm_lpae_s2_cfg.vtcr) *vtcr = &cfg->arm_lpae_s2_cfg.vtcr;
	unsigned int start = lpae_level(lp, lp->root_shift);

	vtcr->sh = lp->coherent ? ARM_LPAE_TCR_SH_IS : ARM_LPAE_TCR_SH_OS;
	vtcr->irgn = lp->coherent ? ARM_LPAE_TCR_RGN_WBWA : ARM_LPAE_TCR_RGN_NC;
	vtcr->orgn = vtcr->irgn;
	/* SL0 counts levels upwards, from another start for 4 KiB granules */
	vtcr->sl = (lp->granule_lg2 == 12 ? 2 : 3) - start;
	if (lp->granule_lg2 == 12)
		vtcr->tg = ARM_LPAE_TCR_TG0_4K;
	else if (lp->granule_lg2 == 14)
		vtcr->tg = ARM_LPAE_TCR_TG0_16K;
	else
		vtcr->tg = ARM_LPAE_TCR_TG0_64K;
	vtcr->ps = pa_size(lp->oas);
	vtcr->tsz = 64 - lp->ias;
}

static struct io_pgtable *lpae_s2_alloc(struct io_pgtable_cfg *cfg,
					void *cookie)
{
	struct lpae *lp;
	int prot;

	if (cfg->quirks || pa_size(cfg->oas) < 0 ||
	    !pick_granule(cfg->pgsize_bitmap) || cfg->ias > 52 ||
	    cfg->ias <= ilog2(pick_granule(cfg->pgsize_bitmap)))
		return NULL;
	lp = lpae_new(cfg, cookie, lpae_s2_levels(cfg));
	if (!lp)
		return NULL;

	for (prot = 0; prot < LPAE_NR_PROTS; prot++)
		lp->attrs[prot] = lpae_prot_s2(prot);
	lpae_vtcr(lp, cfg);
	if (!lpae_finish(lp, cfg, SZ_64))
		return NULL;
	cfg->arm_lpae_s2_cfg.vttbr = lpae_base(lp);
	return &lp->iop;
}

static struct io_pgtable *lpae_s1_32_alloc(struct io_pgtable_cfg *cfg,
					   void *cookie)
{
	if (cfg->ias > 32 || cfg->oas > 40)
		return NULL;
	cfg->pgsize_bitmap &= SZ_4K | SZ_2M | SZ_1G;
	return lpae_s1_alloc(cfg, cookie);
}

static struct io_pgtable *lpae_s2_32_alloc(struct io_pgtable_cfg *cfg,
					   void *cookie)
{
	if (cfg->ias > 40 || cfg->oas > 40)
		return NULL;
	cfg->pgsize_bitmap &= SZ_4K | SZ_2M | SZ_1G;
	return lpae_s2_alloc(cfg, cookie);
}

static struct io_pgtable *lpae_mali_alloc(struct io_pgtable_cfg *cfg,
					  void *cookie)
{
	struct lpae *lp;
	int prot;

	if (cfg->quirks || cfg->ias > 48 || cfg->oas > 40)
		return NULL;
	cfg->pgsize_bitmap &= SZ_4K | SZ_2M | SZ_1G;
	/* The GPU always walks four levels, whatever the input size */
	lp = lpae_new(cfg, cookie, LPAE_LEVELS);
	if (!lp)
		return NULL;

	lp->page_type = LPAE_TYPE_BLOCK;
	for (prot = 0; prot < LPAE_NR_PROTS; prot++)
		lp->attrs[prot] = lpae_prot_mali(prot);
	cfg->arm_mali_lpae_cfg.memattr = LPAE_MALI_MEMATTR;
	if (!lpae_finish(lp, cfg, SZ_4K))
		return NULL;
	cfg->arm_mali_lpae_cfg.transtab = virt_to_phys(lp->root) |
					  LPAE_MALI_TTBR_TABLE |
					  LPAE_MALI_TTBR_RD_INNER |
					  (lp->coherent ?
					   LPAE_MALI_TTBR_SH_OUTER : 0);
	return &lp->iop;
}

static void lpae_free(struct io_pgtable *iop)
{
	struct lpae *lp = container_of(iop, struct lpae, iop);

	lpae_delist(lp);
	lpae_free_all(lp);
	kfree(lp);
}

struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s1_init_fns = {
	.alloc = lpae_s1_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s2_init_fns = {
	.alloc = lpae_s2_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s1_init_fns = {
	.alloc = lpae_s1_32_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s2_init_fns = {
	.alloc = lpae_s2_32_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_mali_lpae_init_fns = {
	.alloc = lpae_mali_alloc,
	.free = lpae_free,
	.reclaim = lpae_reclaim,
	.caps = IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};
