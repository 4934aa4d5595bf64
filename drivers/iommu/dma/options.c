// SPDX-License-Identifier: GPL-2.0
/*
 * Options: what is decided at boot for all domains.
 */
#include <linux/crash_dump.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#include "dma.h"

DEFINE_STATIC_KEY_FALSE(iommu_dma_deferred_attach);

bool iommu_dma_forcedac __read_mostly;
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_forcedac);

static int __init forcedac_setup(char *arg)
{
	int ret = kstrtobool(arg, &iommu_dma_forcedac);

	if (!ret && iommu_dma_forcedac)
		pr_info("iommu: PCI devices use the full range of I/O addresses from the start\n");
	return ret;
}
early_param("iommu.forcedac", forcedac_setup);

/*
 * Before subsys_initcall, where buses have their devices probed, and the
 * allocator must be there.
 */
static int __init dma_init(void)
{
	if (is_kdump_kernel())
		static_branch_enable(&iommu_dma_deferred_attach);

	/* Bounce buffers are the architecture's to set up, and UML does not */
	if (IS_ENABLED(CONFIG_IOMMU_DMA_UML) && swiotlb_init_late(SZ_2M, GFP_KERNEL, NULL))
		pr_warn("iommu: no bounce buffers\n");

	return iova_cache_get();
}
arch_initcall(dma_init);
