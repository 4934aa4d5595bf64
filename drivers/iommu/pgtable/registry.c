// SPDX-License-Identifier: GPL-2.0
/*
 * The formats that this kernel has, and the sets of tables made in them.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/io-pgtable.h>

static const struct io_pgtable_init_fns *const formats[IO_PGTABLE_NUM_FMTS] = {
#ifdef CONFIG_AMD_IOMMU
	[AMD_IOMMU_V2] = &io_pgtable_amd_iommu_v2_init_fns,
	[AMD_IOMMU_V1] = &io_pgtable_amd_iommu_v1_init_fns,
#endif
#ifdef CONFIG_IOMMU_IO_PGTABLE_DART
	[APPLE_DART2] = &io_pgtable_apple_dart_init_fns,
	[APPLE_DART] = &io_pgtable_apple_dart_init_fns,
#endif
#ifdef CONFIG_IOMMU_IO_PGTABLE_LPAE
	[ARM_MALI_LPAE] = &io_pgtable_arm_mali_lpae_init_fns,
	[ARM_64_LPAE_S2] = &io_pgtable_arm_64_lpae_s2_init_fns,
	[ARM_64_LPAE_S1] = &io_pgtable_arm_64_lpae_s1_init_fns,
	[ARM_32_LPAE_S2] = &io_pgtable_arm_32_lpae_s2_init_fns,
	[ARM_32_LPAE_S1] = &io_pgtable_arm_32_lpae_s1_init_fns,
#endif
#ifdef CONFIG_IOMMU_IO_PGTABLE_ARMV7S
	[ARM_V7S] = &io_pgtable_arm_v7s_init_fns,
#endif
};

/* Either both hooks or none, and only where the format takes them */
static bool allocator_fits(const struct io_pgtable_cfg *cfg,
			   const struct io_pgtable_init_fns *format)
{
	if (!cfg->alloc && !cfg->free)
		return true;
	return cfg->alloc && cfg->free &&
	       (format->caps & IO_PGTABLE_CAP_CUSTOM_ALLOCATOR);
}

struct io_pgtable_ops *alloc_io_pgtable_ops(enum io_pgtable_fmt fmt,
					    struct io_pgtable_cfg *cfg,
					    void *cookie)
{
	const struct io_pgtable_init_fns *format;
	struct io_pgtable *iop;

	if ((unsigned int)fmt >= IO_PGTABLE_NUM_FMTS)
		return NULL;
	format = formats[fmt];
	if (!format || !allocator_fits(cfg, format))
		return NULL;

	iop = format->alloc(cfg, cookie);
	if (!iop)
		return NULL;
	iop->cfg = *cfg;
	iop->cookie = cookie;
	iop->fmt = fmt;
	return &iop->ops;
}
EXPORT_SYMBOL_GPL(alloc_io_pgtable_ops);

static const struct io_pgtable_init_fns *format_of(const struct io_pgtable *iop)
{
	return formats[iop->fmt];
}

unsigned long io_pgtable_reclaim(struct io_pgtable_ops *ops)
{
	struct io_pgtable *iop = io_pgtable_ops_to_pgtable(ops);

	return format_of(iop)->reclaim ? format_of(iop)->reclaim(iop) : 0;
}
EXPORT_SYMBOL_GPL(io_pgtable_reclaim);

static void destroy(struct io_pgtable *iop)
{
	/* What the walker caches must be gone before its tables are */
	io_pgtable_tlb_flush_all(iop);
	format_of(iop)->free(iop);
}

void free_io_pgtable_ops(struct io_pgtable_ops *ops)
{
	if (ops)
		destroy(io_pgtable_ops_to_pgtable(ops));
}
EXPORT_SYMBOL_GPL(free_io_pgtable_ops);
