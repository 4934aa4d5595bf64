// SPDX-License-Identifier: GPL-2.0
/*
 * Devices behind an instance, for suites.
 */
#include <kunit/test.h>

#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "master_fake.h"
#include "smmu.h"

static void remove_master(void *pdev)
{
	platform_device_unregister(pdev);
}

struct device *smmu3_master_add(struct kunit *test, struct smmu3_instance *smmu,
				const struct smmu3_master_spec *spec, int *ret)
{
	struct property_entry properties[3] = {};
	struct platform_device_info info = {
		.name = "smmu3-master",
		.id = PLATFORM_DEVID_AUTO,
		.properties = properties,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct platform_device *pdev;
	struct device *dev;
	int n = 0;

	if (spec->pasid_bits)
		properties[n++] = PROPERTY_ENTRY_U32("pasid-num-bits",
						     spec->pasid_bits);
	if (spec->stalls)
		properties[n++] = PROPERTY_ENTRY_BOOL("dma-can-stall");
	pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, remove_master, pdev));
	dev = &pdev->dev;

	mutex_lock(&iommu_probe_device_lock);
	*ret = iommu_fwspec_init(dev, dev_fwnode(smmu->dev)) ?:
	       iommu_fwspec_add_ids(dev, spec->ids, spec->count);
	mutex_unlock(&iommu_probe_device_lock);
	if (!*ret)
		*ret = iommu_probe_device(dev);
	return dev;
}

void smmu3_master_remove(struct kunit *test, struct device *dev)
{
	kunit_release_action(test, remove_master, to_platform_device(dev));
}
