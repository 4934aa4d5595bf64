/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where group-pci.c finds the functions of the machine; a test gives others.
 */
#ifndef __IOMMU_CORE_GROUP_PCI_H
#define __IOMMU_CORE_GROUP_PCI_H

#include <linux/kconfig.h>

struct pci_dev;

#if IS_ENABLED(CONFIG_KUNIT)

/**
 * iommu_group_pci_next() - next PCI function of the machine
 * @from: function to go on from, whose reference is dropped, or NULL
 *
 * Return: the function with a reference, or NULL at the end.
 */
struct pci_dev *iommu_group_pci_next(struct pci_dev *from);

#endif

#endif /* __IOMMU_CORE_GROUP_PCI_H */
