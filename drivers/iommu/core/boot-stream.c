// SPDX-License-Identifier: GPL-2.0
/*
 * Boot streams: what firmware may have left doing DMA when the kernel came up.
 */
#include <kunit/static_stub.h>
#include <linux/acpi_iort.h>
#include <linux/export.h>
#include <linux/iommu-driver.h>
#include <linux/list.h>

#include "of.h"

/* IORT: the reserved memory regions (RMR) of the streams behind an SMMU */
static int walk_iort(struct fwnode_handle *fwnode, iommu_boot_stream_fn pass,
		     void *data)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = 0;
	u32 i;

	iort_get_rmr_sids(fwnode, &regions);
	list_for_each_entry(region, &regions, list) {
		struct iommu_iort_rmr_data *rmr =
			container_of(region, struct iommu_iort_rmr_data, rr);

		for (i = 0; i < rmr->num_sids && !ret; i++)
			ret = pass(data, rmr->sids[i]);
	}
	iort_put_rmr_sids(fwnode, &regions);
	return ret;
}

int iommu_walk_boot_streams(struct fwnode_handle *fwnode,
			    iommu_boot_stream_fn pass, void *data)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_walk_boot_streams, fwnode, pass, data);
	return walk_iort(fwnode, pass, data) ?:
	       iommu_of_walk_boot_streams(fwnode, pass, data);
}
EXPORT_SYMBOL_GPL(iommu_walk_boot_streams);
