// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs: not offered to devices yet.
 *
 * Callers take these answers for a device or an instance without PASIDs, which
 * they all can work with.
 */
#include <linux/export.h>

#include "core.h"

int iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid,
			      struct iommu_attach_handle *handle)
{
	return dev->iommu_group ? -EOPNOTSUPP : -ENODEV;
}
EXPORT_SYMBOL_GPL(iommu_attach_device_pasid);

/* Only who attached one detaches it, and nobody could. */
void iommu_detach_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid)
{
}
EXPORT_SYMBOL_GPL(iommu_detach_device_pasid);

ioasid_t iommu_alloc_global_pasid(struct device *dev)
{
	return IOMMU_PASID_INVALID;
}
EXPORT_SYMBOL_GPL(iommu_alloc_global_pasid);

void iommu_free_global_pasid(ioasid_t pasid)
{
}
EXPORT_SYMBOL_GPL(iommu_free_global_pasid);
