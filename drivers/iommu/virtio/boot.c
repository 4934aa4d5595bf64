// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints that firmware left doing DMA: attached to the domain that passes by
 * translation, before others are closed, until the device's driver comes.  A
 * reset makes the device forget that, so they are remembered.
 */
#include "viommu.h"

/* What viommu_instance.boot has of an endpoint: is it attached? */
#define REFUSED	xa_mk_value(0)
#define PASSES	xa_mk_value(1)

static int note(void *data, u32 id)
{
	struct viommu_instance *viommu = data;

	if (viommu->limits.bypass)
		return viommu_boot_keep(viommu, id);
	dev_warn(viommu->dev, "endpoint %#x is in use by firmware, but this device cannot let it pass\n",
		 id);
	return 0;
}

int viommu_boot_find(struct viommu_instance *viommu)
{
	return iommu_walk_boot_streams(viommu->iommu.fwnode, note, viommu);
}

int viommu_boot_keep(struct viommu_instance *viommu, u32 id)
{
	return xa_err(xa_store(&viommu->boot, id, PASSES, GFP_KERNEL));
}

void viommu_boot_attach(struct viommu_instance *viommu)
{
	union viommu_wire wire;
	unsigned long id;
	void *entry;
	int ret;

	lockdep_assert_held(&viommu->mutex);
	xa_for_each(&viommu->boot, id, entry) {
		viommu_encode_attach(&wire, viommu->bypass_id, id,
				     VIRTIO_IOMMU_ATTACH_F_BYPASS);
		ret = viommu_request(viommu, &wire);
		/* In the place of another value this takes no memory */
		xa_store(&viommu->boot, id, ret ? REFUSED : PASSES, GFP_KERNEL);
		if (ret)
			dev_err(viommu->dev, "endpoint %#lx is in use by firmware, but cannot be let pass: %pe\n",
				id, ERR_PTR(ret));
		else
			dev_info(viommu->dev, "endpoint %#lx is in use by firmware and passes until its driver comes\n",
				 id);
	}
}

void viommu_boot_take(struct viommu_endpoint *ep)
{
	unsigned int i;

	lockdep_assert_held(&ep->viommu->mutex);
	for (i = 0; i < ep->num_streams; i++) {
		struct viommu_stream *stream = &ep->streams[i];

		if (xa_erase(&ep->viommu->boot, stream->id) == PASSES)
			WRITE_ONCE(stream->domain, &viommu_identity_domain);
	}
}
