// SPDX-License-Identifier: GPL-2.0
/*
 * Device: bring a device's limits into its domain, and route its DMA API there.
 */
#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "reserve.h"

static bool device_is_untrusted(struct device *dev)
{
	return dev_is_pci(dev) && to_pci_dev(dev)->untrusted;
}

/*
 * Choose between strict and lazy for a domain that @dev joins.  A device that
 * is not trusted must not keep access to memory that was unmapped, so it makes
 * the whole domain strict.
 */
static void setup_deferral(struct device *dev, struct iommu_domain *domain,
			   bool untrusted)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;

	mutex_lock(&cookie->lock);
	cookie->untrusted |= untrusted;
	cookie->single_queue |= dev->iommu->shadow_on_flush;
	if (cookie->untrusted && cookie->lazy) {
		iommu_dma_go_strict(cookie);
		dev_info(dev, "is not trusted: IOMMU invalidation of its group is strict from now on\n");
	}
	mutex_unlock(&cookie->lock);

	if (domain->type != IOMMU_DOMAIN_DMA_FQ)
		return;
	if (!device_iommu_capable(dev, IOMMU_CAP_DEFERRED_FLUSH) ||
	    iommu_dma_init_fq(domain))
		domain->type = IOMMU_DOMAIN_DMA;
}

/*
 * Doorbells may be mapped from the moment on that the allocator is known.  So the
 * lock is held until the first member has reserved what it needs, and if that fails
 * nobody is to allocate before the next attempt.
 */
static int reserve_in_domain(struct device *dev, struct iommu_domain *domain,
			     struct iommu_dma_device *dma)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	int ret;

	guard(mutex)(&cookie->lock);
	iommu_dma_cookie_open(domain);
	ret = iommu_dma_reserve_device(domain, dev, &dma->last);
	if (!ret) {
		dma->granule_lg2 = __ffs(cookie->granule);
		dma->granule_mask = cookie->granule - 1;
		cookie->members++;
	}
	if (!cookie->members)
		cookie->granule = 0;
	return ret;
}

static int join_domain(struct device *dev, struct iommu_domain *domain,
		       struct iommu_dma_device *dma)
{
	struct iommu_dma_cookie *cookie = domain->iova_cookie;
	int ret;

	ret = iommu_dma_cookie_init(domain, dev);
	if (ret)
		return ret;
	ret = reserve_in_domain(dev, domain, dma);
	if (!cookie->granule)
		iommu_dma_cookie_exit(cookie);
	return ret;
}

int iommu_dma_device_setup(struct device *dev, struct iommu_domain *domain)
{
	const struct iommu_domain_geometry *geometry = &domain->geometry;
	struct iommu_dma_device *dma;
	int ret;

	dma = iommu_dma_zalloc(sizeof(*dma), dev_to_node(dev));
	if (!dma)
		return -ENOMEM;
	dma->domain = domain;
	dma->cookie = domain->iova_cookie;
	dma->last = geometry->force_aperture ? geometry->aperture_end :
					       DMA_BIT_MASK(64);
	dma->untrusted = device_is_untrusted(dev);
	dma->special = dma->untrusted ||
		       static_key_enabled(&iommu_dma_deferred_attach);

	ret = join_domain(dev, domain, dma);
	if (ret) {
		kvfree(dma);
		return ret;
	}
	dma->first_limit = dma->last;
	/*
	 * Some PCI devices, or the paths to them, break above 4 GiB; the cost
	 * of 64-bit addresses is one more word per request on the link, too.
	 */
	if (dev_is_pci(dev) && !iommu_dma_forcedac)
		dma->first_limit = min(dma->last, DMA_BIT_MASK(32));
	setup_deferral(dev, domain, dma->untrusted);
	dev->iommu->dma = dma;
	dev->dma_iommu = true;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_device_setup);

int iommu_setup_dma_ops(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_dma_domain(dev);
	struct iommu_dma_device *dma = dev->iommu->dma;
	int ret;

	if (dma && dma->domain == domain)
		return 0;
	iommu_dma_release_device(dev);
	if (!domain || !iommu_is_dma_domain(domain))
		return 0;
	if (!domain->iova_cookie)
		return -EINVAL;

	ret = iommu_dma_device_setup(dev, domain);
	if (ret)
		dev_err(dev, "cannot use its IOMMU domain for DMA: error %d\n",
			ret);
	return ret;
}

/* It has no state, so stranding a device needs no memory. */
static struct iommu_dma_device stranded_device = {
	.special = true,
	.stranded = true,
};

void iommu_dma_release_device(struct device *dev)
{
	struct iommu_dma_device *dma = dev->iommu ? dev->iommu->dma : NULL;

	dev->dma_iommu = false;
	if (!dma)
		return;
	dev->iommu->dma = NULL;
	if (!dma->stranded)
		kvfree(dma);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_release_device);

void iommu_dma_strand_device(struct device *dev)
{
	struct iommu_dma_device *dma = dev->iommu->dma;

	if (!dma || dma->stranded)
		return;
	WRITE_ONCE(dev->iommu->dma, &stranded_device);
	/* Mappings that have begun use @dma; those in atomic context have ended. */
	synchronize_rcu();
	kvfree(dma);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_dma_strand_device);

void iommu_dma_say_stranded(struct device *dev)
{
	dev_err_ratelimited(dev, "DMA refused: its IOMMU has gone; unbind the driver, and bind it again when the IOMMU is back\n");
}
