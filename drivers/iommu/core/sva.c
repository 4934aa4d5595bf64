// SPDX-License-Identifier: GPL-2.0
/*
 * Sharing of process address spaces with devices: not offered yet.
 */
#include <linux/export.h>
#include <linux/iommu.h>

struct iommu_sva *iommu_sva_bind_device(struct device *dev,
					struct mm_struct *mm)
{
	return ERR_PTR(dev->iommu_group ? -EOPNOTSUPP : -ENODEV);
}
EXPORT_SYMBOL_GPL(iommu_sva_bind_device);

/* There is no bond to undo. */
void iommu_sva_unbind_device(struct iommu_sva *handle)
{
}
EXPORT_SYMBOL_GPL(iommu_sva_unbind_device);

u32 iommu_sva_get_pasid(struct iommu_sva *handle)
{
	return IOMMU_PASID_INVALID;
}
EXPORT_SYMBOL_GPL(iommu_sva_get_pasid);

/* Every exit of a process comes by here; none has a PASID. */
void mm_pasid_drop(struct mm_struct *mm)
{
}
