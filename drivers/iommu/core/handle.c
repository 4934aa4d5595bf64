// SPDX-License-Identifier: GPL-2.0
/*
 * Attachments with a handle, which iommufd makes.
 *
 * A handle is what routes recoverable faults back to who attached.  There are
 * no recoverable faults yet, and a caller that gave a handle relies on them, so
 * it is told that there is no such attachment rather than given one that is
 * deaf.
 */
#include <linux/export.h>

#include "core.h"

struct iommu_attach_handle *
iommu_attach_handle_get(struct iommu_group *group, ioasid_t pasid,
			unsigned int type)
{
	return ERR_PTR(-ENOENT);
}
EXPORT_SYMBOL_NS_GPL(iommu_attach_handle_get, IOMMUFD_INTERNAL);

int iommu_attach_group_handle(struct iommu_domain *domain,
			      struct iommu_group *group,
			      struct iommu_attach_handle *handle)
{
	return -EOPNOTSUPP;
}
EXPORT_SYMBOL_NS_GPL(iommu_attach_group_handle, IOMMUFD_INTERNAL);

/* Only who attached one detaches it, and nobody could. */
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group)
{
}
EXPORT_SYMBOL_NS_GPL(iommu_detach_group_handle, IOMMUFD_INTERNAL);

int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle)
{
	return -EOPNOTSUPP;
}
EXPORT_SYMBOL_NS_GPL(iommu_replace_group_handle, IOMMUFD_INTERNAL);
