// SPDX-License-Identifier: GPL-2.0
/*
 * PCI PRI of a device.
 *
 * Its KUnit suite is priq_test.c, which has devices that ask for pages.
 */
#include <linux/pci.h>
#include <linux/pci-ats.h>

#include "smmu.h"

#ifdef CONFIG_PCI_PRI

bool smmu3_pri_capable(const struct smmu3_device *device)
{
	return device->smmu->priq.ring && device->ats.capable &&
	       pci_pri_supported(to_pci_dev(device->dev));
}

bool smmu3_pri_needs_pasid(const struct smmu3_device *device)
{
	return pci_prg_resp_pasid_required(to_pci_dev(device->dev));
}

int smmu3_pri_switch_on(struct smmu3_device *device)
{
	struct pci_dev *pdev = to_pci_dev(device->dev);

	return pci_reset_pri(pdev) ?:
	       pci_enable_pri(pdev, SMMU3_PRI_OUTSTANDING);
}

void smmu3_pri_switch_off(struct smmu3_device *device)
{
	pci_disable_pri(to_pci_dev(device->dev));
}

#else

bool smmu3_pri_capable(const struct smmu3_device *device)
{
	return false;
}

bool smmu3_pri_needs_pasid(const struct smmu3_device *device)
{
	return false;
}

int smmu3_pri_switch_on(struct smmu3_device *device)
{
	return -ENODEV;
}

void smmu3_pri_switch_off(struct smmu3_device *device) {}

#endif
