// SPDX-License-Identifier: GPL-2.0
/*
 * Resource: another device's registers as the target of DMA.  They are no
 * memory: nothing to bounce, no cache to keep coherent.
 */
#include <linux/dma-mapping.h>

#include "dma.h"

dma_addr_t iommu_dma_map_resource(struct device *dev, phys_addr_t phys,
				  size_t size, enum dma_data_direction dir,
				  unsigned long attrs)
{
	return iommu_dma_map_phys(dev, dma_device(dev), phys, size,
				  dma_prot(dir, false, attrs) | IOMMU_MMIO, attrs);
}

void iommu_dma_unmap_resource(struct device *dev, dma_addr_t addr,
			      size_t size, enum dma_data_direction dir,
			      unsigned long attrs)
{
	iommu_dma_unmap(dma_device(dev), addr, size);
}
