// SPDX-License-Identifier: GPL-2.0
/*
 * Identity: devices that pass by translation.
 *
 * A device that knows VIRTIO_IOMMU_F_BYPASS_CONFIG has domains for that.  With
 * another one the endpoint gets a domain of its own, in which each address is
 * mapped to itself, apart from those that the host reserves.
 */
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "viommu.h"

static int map_gap(struct viommu_domain *vd, u64 start, u64 end)
{
	const u32 flags = VIRTIO_IOMMU_MAP_F_READ | VIRTIO_IOMMU_MAP_F_WRITE;

	return viommu_domain_map(vd, start, end - 1, start, flags, GFP_KERNEL);
}

/* @end may be 0, for the end of 64 bits: it is compared less one everywhere */
static int map_gaps(struct viommu_domain *vd, const struct list_head *regions)
{
	const struct viommu_limits *limits = &vd->viommu->limits;
	u64 granule = BIT_ULL(__ffs64(limits->page_sizes));
	struct iommu_resv_region *region;
	u64 start = limits->first;
	int ret;

	list_for_each_entry(region, regions, list) {
		u64 low = region->start & ~(granule - 1);
		u64 last = (region->start + (region->length - 1)) | (granule - 1);

		if (low > limits->last)
			break;
		if (low > start) {
			ret = map_gap(vd, start, low);
			if (ret)
				return ret;
		}
		if (last >= limits->last)
			return 0;
		start = max(start, last + 1);
	}
	return map_gap(vd, start, limits->last + 1);
}

static struct viommu_domain *make_domain(struct viommu_endpoint *ep)
{
	struct viommu_domain *vd = viommu_domain_new(ep->viommu);
	int ret;

	if (IS_ERR(vd))
		return vd;
	ret = map_gaps(vd, &ep->regions);
	if (ret) {
		viommu_domain_delete(vd);
		return ERR_PTR(ret);
	}
	return vd;
}

int viommu_identity_attach(struct viommu_endpoint *ep)
{
	struct viommu_domain *vd;

	if (ep->viommu->limits.bypass)
		return viommu_attach(ep, &viommu_identity_domain);
	if (!ep->identity) {
		vd = make_domain(ep);
		if (IS_ERR(vd))
			return PTR_ERR(vd);
		ep->identity = vd;
	}
	return viommu_attach(ep, &ep->identity->domain);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_identity_attach);

static int attach_identity(struct iommu_domain *domain, struct device *dev)
{
	return viommu_identity_attach(dev_iommu_priv_get(dev));
}

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = attach_identity,
};

struct iommu_domain viommu_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &identity_ops,
};
EXPORT_SYMBOL_IF_KUNIT(viommu_identity_domain);
