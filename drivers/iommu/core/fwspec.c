// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware ids of a device: which instance, and which streams there.
 */
#include <linux/export.h>
#include <linux/fwnode.h>
#include <linux/of.h>
#include <linux/overflow.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "core.h"
#include "missing.h"

static int fwspec_make(struct device *dev, struct fwnode_handle *fwnode)
{
	struct dev_iommu *state = iommu_device_state_get(dev);
	struct iommu_fwspec *ids;

	if (!state)
		return -ENOMEM;
	ids = kzalloc(sizeof(*ids), GFP_KERNEL);
	if (!ids)
		return -ENOMEM;
	ids->iommu_fwnode = fwnode_handle_get(fwnode);
	state->fwspec = ids;
	return 0;
}

int iommu_fwspec_init(struct device *dev, struct fwnode_handle *iommu_fwnode)
{
	struct iommu_device *iommu = iommu_instance_from_fwnode(iommu_fwnode);
	struct iommu_fwspec *known = dev_iommu_fwspec_get(dev);

	iommu_missing_note(dev, iommu ? NULL : iommu_fwnode);
	if (!iommu)
		return -EPROBE_DEFER;
	if (!known)
		return fwspec_make(dev, iommu_fwnode);
	/* Several instances are fine while one driver runs them all. */
	return iommu_fwspec_ops(known) == iommu->ops ? 0 : -EINVAL;
}
EXPORT_SYMBOL_GPL(iommu_fwspec_init);

void iommu_fwspec_free(struct device *dev)
{
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);

	if (ids) {
		dev->iommu->fwspec = NULL;
		fwnode_handle_put(ids->iommu_fwnode);
		kfree(ids);
	}
}
EXPORT_SYMBOL_GPL(iommu_fwspec_free);

int iommu_fwspec_add_ids(struct device *dev, const u32 *ids, int num_ids)
{
	struct iommu_fwspec *old = dev_iommu_fwspec_get(dev), *new;
	unsigned int total;

	if (!old || num_ids < 0 ||
	    check_add_overflow(old->num_ids, (unsigned int)num_ids, &total))
		return -EINVAL;

	new = krealloc(old, struct_size(old, ids, total), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	dev->iommu->fwspec = new;
	memcpy(&new->ids[new->num_ids], ids, array_size(num_ids, sizeof(*ids)));
	new->num_ids = total;
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_fwspec_add_ids);

int iommu_fwspec_add_cell(struct device *dev, const struct of_phandle_args *args)
{
	if (args->args_count != 1) {
		dev_err(dev, "%pOF takes one id cell, the firmware gives %d\n",
			args->np, args->args_count);
		return -EINVAL;
	}
	return iommu_fwspec_add_ids(dev, args->args, 1);
}
EXPORT_SYMBOL_GPL(iommu_fwspec_add_cell);
