// SPDX-License-Identifier: GPL-2.0
/*
 * Handles: how who attached a domain is found again from a fault.
 *
 * A group keeps one entry per PASID in group->pasids; PASID 0 stands for
 * transactions without one.  A slot is reserved before hardware is touched, and
 * the handle is stored when all members are in their new domain: storing cannot
 * fail, and an attachment that is rolled back was never seen.  A fault that
 * arrives in between meets what was there before.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>

#include "core.h"
#include "iopf.h"
#include "pasid.h"

/*
 * The array's own lock makes the look at handle->domain safe against a detach,
 * after which the handle's owner may free it.
 */
struct iommu_attach_handle *
iommu_attach_handle_get(struct iommu_group *group, ioasid_t pasid,
			unsigned int type)
{
	struct iommu_attach_handle *handle;
	unsigned int found = type;

	xa_lock(&group->pasids);
	handle = iommu_pasid_entry_handle(xa_load(&group->pasids, pasid));
	if (handle && type)
		found = handle->domain->type;
	xa_unlock(&group->pasids);

	if (!handle)
		return ERR_PTR(-ENOENT);
	return found == type ? handle : ERR_PTR(-EBUSY);
}
EXPORT_SYMBOL_NS_GPL(iommu_attach_handle_get, IOMMUFD_INTERNAL);

int iommu_handle_reserve(struct iommu_group *group, ioasid_t pasid)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_handle_reserve, group, pasid);
	lockdep_assert_held(&group->mutex);

	/* A reserved slot is NULL to readers, but not free. */
	return xa_insert(&group->pasids, pasid, NULL, GFP_KERNEL);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_handle_reserve);

void iommu_handle_publish(struct iommu_group *group, ioasid_t pasid,
			  struct iommu_domain *domain,
			  struct iommu_attach_handle *handle)
{
	lockdep_assert_held(&group->mutex);

	if (handle)
		handle->domain = domain;
	/* Its slot is there, so nothing is allocated. */
	xa_store(&group->pasids, pasid, iommu_pasid_entry(domain, handle),
		 GFP_NOWAIT);
}

void iommu_handle_withdraw(struct iommu_group *group, ioasid_t pasid)
{
	lockdep_assert_held(&group->mutex);

	xa_erase(&group->pasids, pasid);
}

int iommu_attach_group_handle(struct iommu_domain *domain,
			      struct iommu_group *group,
			      struct iommu_attach_handle *handle)
{
	int ret;

	if (WARN_ON(!handle))
		return -EINVAL;

	guard(mutex)(&group->mutex);
	ret = iommu_handle_reserve(group, IOMMU_NO_PASID);
	if (ret)
		return ret;
	ret = iommu_group_attach_user(group, domain);
	if (ret)
		iommu_handle_withdraw(group, IOMMU_NO_PASID);
	else
		iommu_handle_publish(group, IOMMU_NO_PASID, domain, handle);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(iommu_attach_group_handle, IOMMUFD_INTERNAL);

/*
 * No fault of the old domain comes any more when its handle is forgotten; those
 * that found it before are waited for, as its owner is about to free it.
 */
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group)
{
	guard(mutex)(&group->mutex);
	iommu_group_detach_user(group);
	iommu_handle_withdraw(group, IOMMU_NO_PASID);
	iommu_iopf_quiesce(group);
}
EXPORT_SYMBOL_NS_GPL(iommu_detach_group_handle, IOMMUFD_INTERNAL);

int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle)
{
	int ret;

	if (WARN_ON(!new_domain))
		return -EINVAL;

	guard(mutex)(&group->mutex);
	/* The slot of the handle that is replaced will do as well. */
	ret = handle ? iommu_handle_reserve(group, IOMMU_NO_PASID) : 0;
	if (ret && ret != -EBUSY)
		return ret;
	ret = iommu_group_replace(group, new_domain);
	if (ret) {
		xa_release(&group->pasids, IOMMU_NO_PASID);
		return ret;
	}
	if (handle)
		iommu_handle_publish(group, IOMMU_NO_PASID, new_domain, handle);
	else
		iommu_handle_withdraw(group, IOMMU_NO_PASID);
	iommu_iopf_quiesce(group);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iommu_replace_group_handle, IOMMUFD_INTERNAL);
