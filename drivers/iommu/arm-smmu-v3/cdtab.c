// SPDX-License-Identifier: GPL-2.0
/*
 * CD tables of a device.
 *
 * Tested with attach.c, by what the hardware would see.
 */
#include <linux/dma-mapping.h>

#include "smmu.h"

/* Descriptors of one of the two tables */
static size_t count(const struct smmu3_cdtab *cdtab)
{
	return BIT(cdtab->cd_max_lg2);
}

int smmu3_cdtab_init(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	if (cdtab->cd)
		return 0;
	/* Zeroed, so that no descriptor is valid */
	cdtab->cd = dma_alloc_coherent(device->smmu->dev,
				       2 * count(cdtab) * sizeof(*cdtab->cd),
				       &cdtab->dma, GFP_KERNEL);
	return cdtab->cd ? 0 : -ENOMEM;
}

void smmu3_cdtab_exit(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	if (!cdtab->cd)
		return;
	dma_free_coherent(device->smmu->dev,
			  2 * count(cdtab) * sizeof(*cdtab->cd),
			  cdtab->cd, cdtab->dma);
	cdtab->cd = NULL;
}

dma_addr_t smmu3_cdtab_stage(struct smmu3_device *device,
			     const struct smmu3_cd *cd)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	size_t first = cdtab->live ? 0 : count(cdtab);

	/* Publishing an STE orders this before the pointer that leads here */
	cdtab->cd[first] = *cd;
	return cdtab->dma + first * sizeof(*cdtab->cd);
}

void smmu3_cdtab_switch(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	smmu3_cd_none(&cdtab->cd[cdtab->live ? count(cdtab) : 0]);
	cdtab->live = !cdtab->live;
}

void smmu3_cdtab_clear(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	if (!cdtab->cd)
		return;
	smmu3_cd_none(&cdtab->cd[0]);
	smmu3_cd_none(&cdtab->cd[count(cdtab)]);
}
