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
 * default_domain_dma_api() - can the DMA API use translated domains?
 *
 * Return: false where it is missing, and on 32-bit Arm, where drivers attach a
 * mapping of the architecture's own.
 */
bool default_domain_dma_api(void);

/**
 * default_domain_setup_dma() - iommu_setup_dma_ops()
 * @dev: member
 *
 * Return: as there.
 */
int default_domain_setup_dma(struct device *dev);

/**
 * default_domain_init_fq() - iommu_dma_init_fq()
 * @domain: DMA domain
 *
 * Return: as there.
 */
int default_domain_init_fq(struct iommu_domain *domain);

/**
 * default_domain_untrusted() - may a device be hostile?
 * @dev: device
 *
 * Return: true for PCI devices that firmware says are outside the case.
 */
bool default_domain_untrusted(struct device *dev);

#endif

#endif /* __IOMMU_CORE_DEFAULT_DOMAIN_H */
