// SPDX-License-Identifier: GPL-2.0
/*
 * CD table of a device.
 *
 * No KUnit suite of its own: what it computes is tested with the encoders and
 * with smmu3_cd_publish(); the rest is one allocation and one command per
 * stream.
 */
#include <linux/dma-mapping.h>

#include "smmu.h"

int smmu3_cdtab_init(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	if (cdtab->cd)
		return 0;
	/* Zeroed, so that no descriptor is valid */
	cdtab->cd = dma_alloc_coherent(device->smmu->dev,
				       sizeof(*cdtab->cd) << cdtab->cd_max_lg2,
				       &cdtab->dma, GFP_KERNEL);
	return cdtab->cd ? 0 : -ENOMEM;
}

void smmu3_cdtab_exit(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	if (!cdtab->cd)
		return;
	dma_free_coherent(device->smmu->dev,
			  sizeof(*cdtab->cd) << cdtab->cd_max_lg2,
			  cdtab->cd, cdtab->dma);
	cdtab->cd = NULL;
}

/* What the publisher's steps need to be confirmed */
struct cd_sync {
	struct smmu3_device *device;
	u32 ssid;
};

static int sync_cd(void *ctx)
{
	struct cd_sync *sync = ctx;

	/* One table for all streams, but each may have it cached for itself */
	return smmu3_device_issue(sync->device,
				  smmu3_cmd_cfgi_cd(0, sync->ssid, true));
}

int smmu3_cdtab_write(struct smmu3_device *device, u32 ssid,
		      const struct smmu3_cd *cd)
{
	struct cd_sync sync = { .device = device, .ssid = ssid };

	return smmu3_confirm(device->smmu,
			     smmu3_cd_publish(&device->cdtab.cd[ssid], cd,
					      sync_cd, &sync));
}
