// SPDX-License-Identifier: GPL-2.0
/*
 * MSI: doorbells of interrupt controllers, as devices behind an IOMMU see them.
 *
 * A device writes its interrupt messages to a physical address that the
 * interrupt controller names; behind a domain that translates, that page has to
 * be mapped.  Each domain maps each doorbell page once and keeps it to its end.
 */
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/msi.h>
#include <linux/slab.h>

#include "reserve.h"

int iommu_get_msi_cookie(struct iommu_domain *domain, dma_addr_t base)
{
	int ret;

	if (domain->type != IOMMU_DOMAIN_UNMANAGED)
		return -EINVAL;
	ret = iommu_get_dma_cookie(domain);
	if (ret)
		return ret;
	domain->iova_cookie->msi_only = true;
	domain->iova_cookie->msi_next = base;
	return 0;
}
EXPORT_SYMBOL(iommu_get_msi_cookie);

int iommu_dma_doorbell_add(struct iommu_dma_cookie *cookie, phys_addr_t phys,
			   dma_addr_t iova, size_t size)
{
	struct dma_doorbell *doorbell;

	lockdep_assert_held(&cookie->lock);
	doorbell = iommu_dma_zalloc(sizeof(*doorbell), NUMA_NO_NODE);
	if (!doorbell)
		return -ENOMEM;
	doorbell->phys = phys;
	doorbell->iova = iova;
	doorbell->size = size;
	list_add(&doorbell->list, &cookie->doorbells);
	return 0;
}

struct dma_doorbell *iommu_dma_doorbell_find(struct iommu_dma_cookie *cookie,
					     phys_addr_t phys)
{
	struct dma_doorbell *doorbell;

	list_for_each_entry(doorbell, &cookie->doorbells, list)
		if (phys - doorbell->phys < doorbell->size)
			return doorbell;
	return NULL;
}

void iommu_dma_doorbells_undo(struct iommu_dma_cookie *cookie, struct list_head *first)
{
	struct dma_doorbell *doorbell;

	lockdep_assert_held(&cookie->lock);
	while (cookie->doorbells.next != first) {
		doorbell = list_first_entry(&cookie->doorbells,
					    struct dma_doorbell, list);
		list_del(&doorbell->list);
		kvfree(doorbell);
	}
}

static size_t doorbell_size(const struct iommu_dma_cookie *cookie)
{
	return cookie->msi_only ? PAGE_SIZE : cookie->granule;
}

/* Addresses come from the allocator, or one after the other from the window */
static dma_addr_t doorbell_iova_alloc(struct iommu_domain *domain,
				      struct device *dev)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	unsigned int lg2;
	dma_addr_t iova;
	u64 last;

	if (cookie->msi_only) {
		iova = cookie->msi_next;
		cookie->msi_next += PAGE_SIZE;
		return iova;
	}
	lg2 = __ffs(cookie->granule);
	last = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	if (domain->geometry.force_aperture)
		last = min(last, domain->geometry.aperture_end);
	return (dma_addr_t)alloc_iova_fast(&cookie->iovad, 1, last >> lg2, true)
	       << lg2;
}

static void doorbell_iova_free(struct iommu_dma_cookie *cookie, dma_addr_t iova)
{
	if (cookie->msi_only)
		cookie->msi_next = iova;
	else
		free_iova_fast(&cookie->iovad, iova >> __ffs(cookie->granule),
			       1);
}

static struct dma_doorbell *doorbell_map(struct iommu_domain *domain,
					 struct device *dev, phys_addr_t phys)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	size_t size = doorbell_size(cookie);
	dma_addr_t iova;
	int ret;

	iova = doorbell_iova_alloc(domain, dev);
	if (!iova)
		return ERR_PTR(-ENOSPC);
	ret = iommu_map(domain, iova, phys, size,
			IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO, GFP_KERNEL);
	if (ret)
		goto err_free_iova;
	ret = iommu_dma_doorbell_add(cookie, phys, iova, size);
	if (ret)
		goto err_unmap;
	return list_first_entry(&cookie->doorbells, struct dma_doorbell, list);

err_unmap:
	iommu_unmap(domain, iova, size);
err_free_iova:
	doorbell_iova_free(cookie, iova);
	return ERR_PTR(ret);
}

int iommu_dma_prepare_doorbell(struct msi_desc *desc, phys_addr_t msi_addr,
			       struct device *dev, struct iommu_domain *domain)
{
	struct iommu_dma_cookie *cookie = domain ? domain->iova_cookie : NULL;
	struct dma_doorbell *doorbell;
	size_t size;
	int ret = 0;

	msi_desc_set_iommu_msi_iova(desc, 0, 0);
	if (!cookie)
		return 0;
	mutex_lock(&cookie->lock);
	/* A DMA domain that no device was set up for maps nothing yet */
	if (!cookie->msi_only && !cookie->granule)
		goto out_unlock;
	size = doorbell_size(cookie);
	msi_addr &= ~(phys_addr_t)(size - 1);
	doorbell = iommu_dma_doorbell_find(cookie, msi_addr);
	if (!doorbell)
		doorbell = doorbell_map(domain, dev, msi_addr);
	if (IS_ERR(doorbell)) {
		ret = PTR_ERR(doorbell);
		dev_err(dev, "cannot map the doorbell of its interrupts at %pap: error %d\n",
			&msi_addr, ret);
	} else {
		msi_desc_set_iommu_msi_iova(desc,
					    doorbell->iova + msi_addr -
					    doorbell->phys, ilog2(size));
	}
out_unlock:
	mutex_unlock(&cookie->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_prepare_doorbell);

int iommu_dma_prepare_msi(struct msi_desc *desc, phys_addr_t msi_addr)
{
	struct device *dev = msi_desc_to_dev(desc);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return iommu_dma_prepare_doorbell(desc, msi_addr, dev, domain);
}

void iommu_dma_compose_msi_msg(struct msi_desc *desc, struct msi_msg *msg)
{
	u64 iova;

	if (!desc->iommu_msi_shift)
		return;
	iova = (u64)desc->iommu_msi_iova << desc->iommu_msi_shift;
	msg->address_hi = upper_32_bits(iova);
	msg->address_lo &= (1U << desc->iommu_msi_shift) - 1;
	msg->address_lo |= lower_32_bits(iova);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_compose_msi_msg);
