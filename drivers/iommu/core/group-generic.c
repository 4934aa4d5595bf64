// SPDX-License-Identifier: GPL-2.0
/*
 * Groups of devices whose bus says nothing about isolation.
 */
#include <linux/export.h>
#include <linux/fsl/mc.h>
#include <linux/pci.h>

#include "core.h"

struct iommu_group *generic_device_group(struct device *dev)
{
	return iommu_group_alloc();
}
EXPORT_SYMBOL_GPL(generic_device_group);

struct iommu_group *iommu_bus_device_group(struct device *dev)
{
	return dev_is_pci(dev) ? pci_device_group(dev) : generic_device_group(dev);
}
EXPORT_SYMBOL_GPL(iommu_bus_device_group);

/* The instance keeps one reference until it is unregistered. */
static int instance_make_group(struct iommu_device *iommu)
{
	struct iommu_group *group = iommu_group_alloc();

	if (IS_ERR(group))
		return PTR_ERR(group);
	iommu->singleton_group = group;
	return 0;
}

struct iommu_group *generic_single_device_group(struct device *dev)
{
	struct iommu_device *iommu = __iommu_get_iommu_dev(dev);
	int ret = 0;

	lockdep_assert_held(&iommu_probe_device_lock);

	if (!iommu->singleton_group)
		ret = instance_make_group(iommu);
	return ret ? ERR_PTR(ret) : iommu_group_ref_get(iommu->singleton_group);
}
EXPORT_SYMBOL_GPL(generic_single_device_group);

/* Objects of one container share its stream, and so its group. */
struct iommu_group *fsl_mc_device_group(struct device *dev)
{
	struct iommu_group *group = fsl_mc_cont_dev(dev)->iommu_group;

	return group ? iommu_group_ref_get(group) : iommu_group_alloc();
}
EXPORT_SYMBOL_GPL(fsl_mc_device_group);

#ifndef CONFIG_PCI
/* Drivers name it in their ops whether or not there is a PCI bus. */
struct iommu_group *pci_device_group(struct device *dev)
{
	return ERR_PTR(-ENODEV);
}
EXPORT_SYMBOL_GPL(pci_device_group);
#endif
