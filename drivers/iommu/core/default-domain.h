/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What default-domain.c asks of its surroundings.  Each is one call of
 * something else, where a test can answer in its place.
 */
#ifndef __IOMMU_CORE_DEFAULT_DOMAIN_H
#define __IOMMU_CORE_DEFAULT_DOMAIN_H

#include <linux/types.h>

struct device;
struct iommu_domain;

#if IS_ENABLED(CONFIG_KUNIT)

/**
 * iommu_default_domain_dma_api() - can the DMA API use translated domains?
 *
 * Return: false where it is missing, and on 32-bit Arm, where drivers attach a
 * mapping of the architecture's own.
 */
bool iommu_default_domain_dma_api(void);

/**
 * iommu_default_domain_setup_dma() - iommu_setup_dma_ops()
 * @dev: member
 *
 * Return: as there.
 */
int iommu_default_domain_setup_dma(struct device *dev);

/**
 * iommu_default_domain_init_fq() - iommu_dma_init_fq()
 * @domain: DMA domain
 *
 * Return: as there.
 */
int iommu_default_domain_init_fq(struct iommu_domain *domain);

/**
 * iommu_default_domain_stop_fq() - iommu_dma_stop_fq()
 * @domain: DMA domain
 */
void iommu_default_domain_stop_fq(struct iommu_domain *domain);

/**
 * iommu_default_domain_new() - iommu_domain_new()
 * @dev: member
 * @type: IOMMU_DOMAIN_*
 *
 * Return: as there.
 */
struct iommu_domain *iommu_default_domain_new(struct device *dev, unsigned int type);

/**
 * iommu_default_domain_untrusted() - may a device be hostile?
 * @dev: device
 *
 * Return: true for PCI devices that firmware says are outside the case.
 */
bool iommu_default_domain_untrusted(struct device *dev);

#endif

#endif /* __IOMMU_CORE_DEFAULT_DOMAIN_H */
