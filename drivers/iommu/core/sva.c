// SPDX-License-Identifier: GPL-2.0
/*
 * Sharing of process address spaces with devices.
 *
 * An address space has one PASID, the same on all devices, from its first bond
 * until it is freed; and one domain per kind of instance that serves it, from
 * the first bond that needs it to the last.  A bond is one device's attachment of
 * such a domain to the PASID, counted when it is asked for again.
 *
 *	mm -> iommu_mm_data -> domains -> (users) bonds -> device, PASID
 *
 * Domains keep the mm from being freed, not from losing its pages: the driver
 * hears of that by a notifier.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/mmu_context.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "core.h"
#include "pasid.h"

/* The SVA lock: mm->iommu_mm, domains of an mm, users of domains and bonds */
static DEFINE_MUTEX(sva_lock);

static struct iommu_mm_data *mm_data_new(struct device *dev)
{
	struct iommu_mm_data *data = kzalloc(sizeof(*data), GFP_KERNEL);

	if (!data)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&data->sva_domains);
	data->pasid = iommu_alloc_global_pasid(dev);
	if (data->pasid != IOMMU_PASID_INVALID)
		return data;
	kfree(data);
	return ERR_PTR(-ENOSPC);
}

/* Who binds again finds the same PASID. */
static struct iommu_mm_data *mm_data_get(struct mm_struct *mm, struct device *dev)
{
	struct iommu_mm_data *data = mm->iommu_mm;

	lockdep_assert_held(&sva_lock);

	if (!data) {
		data = mm_data_new(dev);
		if (!IS_ERR(data)) {
			/* Who reads it without the lock finds it complete. */
			smp_store_release(&mm->iommu_mm, data);
		}
	} else if (data->pasid >= dev->iommu->max_pasids) {
		data = ERR_PTR(-EOVERFLOW);
	}
	return data;
}

/* Its domains held the mm, so there are none any more. */
void mm_pasid_drop(struct mm_struct *mm)
{
	struct iommu_mm_data *data = mm->iommu_mm;

	if (likely(!data))
		return;
	mm->iommu_mm = NULL;
	iommu_free_global_pasid(data->pasid);
	kfree(data);
}
EXPORT_SYMBOL_IF_KUNIT(mm_pasid_drop);

static struct iommu_domain *sva_domain_from_driver(const struct iommu_ops *ops,
						   struct device *dev,
						   struct mm_struct *mm)
{
	struct iommu_domain *domain;

	if (ops->domain_alloc_sva)
		domain = ops->domain_alloc_sva(dev, mm);
	else if (ops->domain_alloc)
		domain = ops->domain_alloc(IOMMU_DOMAIN_SVA);
	else
		return ERR_PTR(-EOPNOTSUPP);
	return domain ?: ERR_PTR(-ENOMEM);
}

static struct iommu_domain *sva_domain_new(struct device *dev, struct mm_struct *mm)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain = sva_domain_from_driver(ops, dev, mm);

	if (IS_ERR(domain))
		return domain;
	iommu_domain_complete(domain, ops, IOMMU_DOMAIN_SVA);
	mmgrab(mm);
	domain->mm = mm;
	domain->users = 0;
	domain->iopf_handler = iommu_sva_fault_handler;
	return iommu_domain_give(domain);
}

/* -EINVAL from a driver: this domain and this device do not go together. */
static int bond_attach_known(struct iommu_sva *bond, struct iommu_mm_data *data)
{
	struct iommu_domain *domain;
	int ret = -EINVAL;

	list_for_each_entry(domain, &data->sva_domains, next) {
		ret = iommu_attach_device_pasid(domain, bond->dev, data->pasid,
						&bond->handle);
		if (ret != -EINVAL)
			break;
	}
	return ret;
}

static int bond_attach_new(struct iommu_sva *bond, struct iommu_mm_data *data,
			   struct mm_struct *mm)
{
	struct iommu_domain *domain = sva_domain_new(bond->dev, mm);
	int ret;

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	ret = iommu_attach_device_pasid(domain, bond->dev, data->pasid,
					&bond->handle);
	if (ret)
		iommu_domain_free(domain);
	else
		list_add(&domain->next, &data->sva_domains);
	return ret;
}

static struct iommu_sva *bond_new(struct device *dev, struct iommu_mm_data *data,
				  struct mm_struct *mm)
{
	struct iommu_sva *bond = kzalloc(sizeof(*bond), GFP_KERNEL);
	int ret;

	if (!bond)
		return ERR_PTR(-ENOMEM);
	bond->dev = dev;
	refcount_set(&bond->users, 1);
	ret = bond_attach_known(bond, data);
	if (ret == -EINVAL)
		ret = bond_attach_new(bond, data, mm);
	if (ret) {
		kfree(bond);
		return ERR_PTR(ret);
	}
	bond->handle.domain->users++;
	return bond;
}

/* The PASID is this mm's alone, so a bond that is found there is too. */
static struct iommu_sva *bond_share(struct device *dev, struct iommu_mm_data *data)
{
	struct iommu_attach_handle *handle;
	struct iommu_sva *bond;

	handle = iommu_attach_handle_get(dev->iommu_group, data->pasid,
					 IOMMU_DOMAIN_SVA);
	if (IS_ERR(handle))
		return ERR_CAST(handle);
	bond = container_of(handle, struct iommu_sva, handle);
	refcount_inc(&bond->users);
	return bond;
}

static int device_can_share(struct device *dev, struct mm_struct *mm)
{
	/*
	 * x86 frees tables of the kernel half, which instances walk and cache
	 * with every address space, without telling the notifiers.
	 */
	if (IS_ENABLED(CONFIG_X86))
		return -EOPNOTSUPP;
	if (!dev->iommu_group || !iommu_device_is_probed(dev))
		return -ENODEV;
	if (!dev->iommu->max_pasids)
		return -EOPNOTSUPP;
	return arch_pgtable_dma_compat(mm) ? 0 : -EBUSY;
}

struct iommu_sva *iommu_sva_bind_device(struct device *dev,
					struct mm_struct *mm)
{
	int ret = device_can_share(dev, mm);
	struct iommu_mm_data *data;
	struct iommu_sva *bond;

	if (ret)
		return ERR_PTR(ret);

	guard(mutex)(&sva_lock);
	data = mm_data_get(mm, dev);
	if (IS_ERR(data))
		return ERR_CAST(data);
	bond = bond_share(dev, data);
	return bond == ERR_PTR(-ENOENT) ? bond_new(dev, data, mm) : bond;
}
EXPORT_SYMBOL_GPL(iommu_sva_bind_device);

/* Its domain if that was the last bond on it, to be freed without the lock. */
static struct iommu_domain *bond_detach(struct iommu_sva *bond)
{
	struct iommu_domain *domain = bond->handle.domain;

	lockdep_assert_held(&sva_lock);

	iommu_pasid_detach(domain, bond->dev, domain->mm->iommu_mm->pasid);
	if (--domain->users)
		return NULL;
	list_del(&domain->next);
	return domain;
}

void iommu_sva_unbind_device(struct iommu_sva *handle)
{
	struct iommu_domain *unused = NULL;
	bool last;

	mutex_lock(&sva_lock);
	last = refcount_dec_and_test(&handle->users);
	if (last)
		unused = bond_detach(handle);
	mutex_unlock(&sva_lock);
	if (!last)
		return;

	/* Without the lock: another process's file system may take its time. */
	iommu_pasid_quiesce(handle->dev);
	if (unused)
		iommu_domain_free(unused);
	kfree(handle);
}
EXPORT_SYMBOL_GPL(iommu_sva_unbind_device);

u32 iommu_sva_get_pasid(struct iommu_sva *handle)
{
	return handle->handle.domain->mm->iommu_mm->pasid;
}
EXPORT_SYMBOL_GPL(iommu_sva_get_pasid);
