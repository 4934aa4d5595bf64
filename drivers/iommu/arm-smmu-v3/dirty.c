// SPDX-License-Identifier: GPL-2.0
/*
 * Domains for iommufd, and what hardware records as written in them.
 *
 * With the dirty state switched on in a descriptor (CD.HD) an SMMU marks a clean
 * leaf when a device writes through it; the LPAE tables know by which bits.
 * All that a domain maps starts clean or dirty by the mapping's own rules, and
 * recording never stops while the domain is there.  So switching it on or off
 * is nothing to the hardware; the caller clears what there is when it begins.
 */
#include <uapi/linux/iommufd.h>

#include "smmu.h"

bool smmu3_can_track(const struct smmu3_instance *smmu)
{
	const u32 needed = SMMU3_FEAT_S1 | SMMU3_FEAT_HD | SMMU3_FEAT_COHERENT;

	/* An update of a leaf that CPUs cache otherwise would be lost */
	return (smmu->feat.flags & needed) == needed;
}

static int set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	return 0;
}

static int read_and_clear_dirty(struct iommu_domain *domain,
				unsigned long iova, size_t size,
				unsigned long flags,
				struct iommu_dirty_bitmap *dirty)
{
	struct io_pgtable_ops *ops = to_smmu3_domain(domain)->pgtbl;

	return ops->read_and_clear_dirty(ops, iova, size, flags, dirty);
}

static const struct iommu_dirty_ops dirty_ops = {
	.set_dirty_tracking = set_dirty_tracking,
	.read_and_clear_dirty = read_and_clear_dirty,
};

/* Faults for user space are asked for by the domain's handler, later */
#define KNOWN_FLAGS	(IOMMU_HWPT_ALLOC_DIRTY_TRACKING | \
			 IOMMU_HWPT_FAULT_ID_VALID)

struct iommu_domain *
smmu3_domain_alloc_user(struct device *dev, u32 flags,
			struct iommu_domain *parent,
			const struct iommu_user_data *user_data)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	bool dirty = flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	struct iommu_domain *domain;

	if (flags & ~KNOWN_FLAGS || parent || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	if (dirty && !smmu3_can_track(device->smmu))
		return ERR_PTR(-EOPNOTSUPP);
	domain = smmu3_domain_alloc(device->smmu, dirty);
	if (IS_ERR(domain))
		return domain;
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->ops = &smmu3_domain_ops;
	if (dirty)
		domain->dirty_ops = &dirty_ops;
	return domain;
}
