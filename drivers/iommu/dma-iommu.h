/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the IOMMU core and drivers take from the DMA layer.
 */
#ifndef __DMA_IOMMU_H
#define __DMA_IOMMU_H

#include <linux/iommu.h>

#ifdef CONFIG_IOMMU_DMA

/**
 * iommu_get_dma_cookie() - give a domain its I/O address allocator
 * @domain: DMA domain that nothing is attached to
 *
 * Context: Process.
 * Return: 0, -EEXIST if it has one, -ENOMEM.
 */
int iommu_get_dma_cookie(struct iommu_domain *domain);

/**
 * iommu_put_dma_cookie() - release a domain's allocator or MSI window
 * @domain: domain that nothing is attached to; may have none
 *
 * Deferred ranges are dropped with it: the driver invalidates the whole domain
 * when it frees it, before its tables go.
 */
void iommu_put_dma_cookie(struct iommu_domain *domain);

/**
 * iommu_setup_dma_ops() - route a device's DMA API through its domain
 * @dev: member of a group whose default domain is attached
 *
 * Brings the device's limits into the domain: its reserved regions, bridge
 * windows, inbound ranges and whether it is trusted.  If the default domain is
 * not one of the DMA API's, the device is taken off it.
 *
 * Context: Process; the group's mutex is held.
 * Return: 0; -EBUSY if something that the device reserves is already in use by
 * another member, -EINVAL if its limits leave nothing, -ENOMEM.  On failure
 * the device does not use the domain, and a message says why.
 */
int iommu_setup_dma_ops(struct device *dev);

/**
 * iommu_dma_release_device() - take a device off the DMA API's domain
 * @dev: device that does no more DMA; may never have been set up
 */
void iommu_dma_release_device(struct device *dev);

/**
 * iommu_dma_strand_device() - refuse a device all further mappings
 * @dev: device whose instance goes while a driver uses the DMA API
 *
 * Mappings fail from now on, with a message.  Unmapping what was mapped before
 * does nothing, and coherent memory can be freed; a bounce buffer is lost with
 * its mapping, as nobody knows any more where it is.  Ends with
 * iommu_dma_release_device().
 *
 * Who orders the end of his DMA before that of the instance, as device links do,
 * never comes here.  A driver that is mapping at this moment and can be preempted
 * meanwhile is not waited for.
 *
 * Context: Process; the device can no longer reach anything.
 */
void iommu_dma_strand_device(struct device *dev);

/**
 * iommu_dma_init_fq() - let a domain defer its invalidations
 * @domain: DMA domain, live or not
 *
 * Return: 0, also if it does already; -ENOMEM; -EINVAL for a domain without an
 * allocator.
 */
int iommu_dma_init_fq(struct iommu_domain *domain);

/**
 * iommu_dma_stop_fq() - make a domain strict again
 * @domain: DMA domain, live or not
 *
 * Unmaps that begin after the return are strict; what waits already is
 * invalidated when its period is over.  iommu_dma_init_fq() undoes it.
 *
 * Context: Process.
 */
void iommu_dma_stop_fq(struct iommu_domain *domain);

/**
 * iommu_dma_get_resv_regions() - append the regions that firmware reserves
 * @dev: device
 * @list: list of struct iommu_resv_region
 */
void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list);

/* Never try addresses below 4 GiB first ("iommu.forcedac"); constant after boot */
extern bool iommu_dma_forcedac;

#else /* !CONFIG_IOMMU_DMA */

static inline int iommu_get_dma_cookie(struct iommu_domain *domain)
{
	return -ENODEV;
}

static inline void iommu_put_dma_cookie(struct iommu_domain *domain) {}

static inline int iommu_setup_dma_ops(struct device *dev)
{
	return 0;
}

static inline void iommu_dma_release_device(struct device *dev) {}

static inline void iommu_dma_strand_device(struct device *dev) {}

static inline int iommu_dma_init_fq(struct iommu_domain *domain)
{
	return -EINVAL;
}

static inline void iommu_dma_stop_fq(struct iommu_domain *domain) {}

static inline void iommu_dma_get_resv_regions(struct device *dev,
					      struct list_head *list) {}

#endif /* CONFIG_IOMMU_DMA */

#endif /* __DMA_IOMMU_H */
