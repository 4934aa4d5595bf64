// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: allocation by type, settings, release.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/device/bus.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>

#include "core.h"
#include "../dma-iommu.h"

static struct iommu_domain *domain_static(const struct iommu_ops *ops,
					  unsigned int type)
{
	if (type == IOMMU_DOMAIN_IDENTITY)
		return ops->identity_domain;
	if (type == IOMMU_DOMAIN_BLOCKED)
		return ops->blocked_domain;
	return NULL;
}

static struct iommu_domain *domain_from_driver(const struct iommu_ops *ops,
					       struct device *dev,
					       unsigned int type)
{
	struct iommu_domain *domain;

	if ((type & __IOMMU_DOMAIN_PAGING) && ops->domain_alloc_paging)
		domain = ops->domain_alloc_paging(dev);
	else if (ops->domain_alloc)
		domain = ops->domain_alloc(type & IOMMU_DOMAIN_ALLOC_FLAGS);
	else
		return ERR_PTR(-EOPNOTSUPP);
	return domain ?: ERR_PTR(-ENOMEM);
}

void iommu_domain_complete(struct iommu_domain *domain, const struct iommu_ops *ops,
			   unsigned int type)
{
	domain->type = type;
	domain->owner = ops;
	if (!domain->ops)
		domain->ops = ops->default_domain_ops;
	if (!domain->pgsize_bitmap)
		domain->pgsize_bitmap = ops->pgsize_bitmap;
}

struct iommu_domain *iommu_domain_new(struct device *dev, unsigned int type)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;
	int ret;

	domain = domain_static(ops, type);
	if (domain)
		return domain;
	domain = domain_from_driver(ops, dev, type);
	if (IS_ERR(domain))
		return domain;

	iommu_domain_complete(domain, ops, type);
	if (iommu_is_dma_domain(domain)) {
		ret = iommu_get_dma_cookie(domain);
		if (ret) {
			iommu_domain_free(domain);
			return ERR_PTR(ret);
		}
	}
	return domain;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_domain_new);

struct iommu_domain *iommu_domain_give(struct iommu_domain *domain)
{
	struct module *module;

	if (IS_ERR(domain))
		return domain;
	module = domain->owner->owner;
	if (!try_module_get(module)) {
		iommu_domain_free(domain);
		return ERR_PTR(-ENODEV);
	}
	domain->module = module;
	return domain;
}

void iommu_domain_adopt(struct iommu_domain *domain, const struct iommu_ops *ops)
{
	domain->owner = ops;
	__module_get(ops->owner);
	domain->module = ops->owner;
}
EXPORT_SYMBOL_NS_GPL(iommu_domain_adopt, IOMMUFD_INTERNAL);

struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	if (!dev->iommu || !dev->iommu->iommu_dev)
		return ERR_PTR(-ENODEV);
	return iommu_domain_give(iommu_domain_new(dev, IOMMU_DOMAIN_UNMANAGED));
}
EXPORT_SYMBOL_GPL(iommu_paging_domain_alloc);

struct bus_choice {
	const struct bus_type *bus;
	struct device *dev;
};

static int choose_device(struct device *dev, void *data)
{
	struct bus_choice *choice = data;

	if (!dev->iommu || !dev->iommu->iommu_dev)
		return 0;
	if (!choice->dev)
		choice->dev = get_device(dev);
	else if (dev_iommu_ops(dev) != dev_iommu_ops(choice->dev))
		pr_warn_once("devices of bus %s are behind different kinds of IOMMU: a domain for the bus serves only some, iommu_paging_domain_alloc() chooses\n",
			     choice->bus->name);
	return 0;
}

struct iommu_domain *iommu_domain_alloc(const struct bus_type *bus)
{
	struct bus_choice choice = { .bus = bus };
	struct iommu_domain *domain;

	/* Keeps the devices on the bus behind their instances. */
	mutex_lock(&iommu_probe_device_lock);
	bus_for_each_dev(bus, NULL, &choice, choose_device);
	domain = choice.dev ? iommu_paging_domain_alloc(choice.dev) :
			      ERR_PTR(-ENODEV);
	mutex_unlock(&iommu_probe_device_lock);
	put_device(choice.dev);
	return IS_ERR(domain) ? NULL : domain;
}
EXPORT_SYMBOL_GPL(iommu_domain_alloc);

/* Static domains belong to no allocation; the driver shares them. */
static bool domain_is_static(const struct iommu_domain *domain)
{
	return !domain->owner || !domain->ops->free;
}

void iommu_domain_free(struct iommu_domain *domain)
{
	struct module *module = domain->module;
	struct mm_struct *mm = NULL;

	if (domain_is_static(domain))
		return;

	/*
	 * A fault report that found the domain attached a moment ago may still
	 * look for its handler: see offer_to_owner() in fault.c.
	 */
	synchronize_rcu();
	if (domain->type == IOMMU_DOMAIN_SVA)
		mm = domain->mm;
	iommu_put_dma_cookie(domain);
	domain->ops->free(domain);
	/* Its PASID can be used again when the last domain has forgotten it. */
	if (mm)
		mmdrop(mm);
	module_put(module);
}
EXPORT_SYMBOL_GPL(iommu_domain_free);

void iommu_set_fault_handler(struct iommu_domain *domain,
			     iommu_fault_handler_t handler, void *token)
{
	/* SVA domains keep their address space where the handler would be. */
	if (!(domain->type & __IOMMU_DOMAIN_PAGING)) {
		pr_warn_once("only domains with tables have a fault handler (%ps)\n",
			     handler);
		return;
	}
	domain->handler_token = token;
	/* Pairs with the acquire in call_handler(): token before handler. */
	smp_store_release(&domain->handler, handler);
}
EXPORT_SYMBOL_GPL(iommu_set_fault_handler);

int iommu_enable_nesting(struct iommu_domain *domain)
{
	if (domain->type != IOMMU_DOMAIN_UNMANAGED ||
	    !domain->ops->enable_nesting)
		return -EINVAL;
	return domain->ops->enable_nesting(domain);
}
EXPORT_SYMBOL_GPL(iommu_enable_nesting);

int iommu_set_pgtable_quirks(struct iommu_domain *domain, unsigned long quirks)
{
	if (domain->type != IOMMU_DOMAIN_UNMANAGED ||
	    !domain->ops->set_pgtable_quirks)
		return -EINVAL;
	return domain->ops->set_pgtable_quirks(domain, quirks);
}
EXPORT_SYMBOL_GPL(iommu_set_pgtable_quirks);
