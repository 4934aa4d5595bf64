/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mappings of a domain, as the device has or is to have them.
 *
 * The host keeps mappings as they were made: an UNMAP must cover whole ones.  So
 * we keep them too, for that, for looking up addresses, and to make them again
 * when the device forgot them (its reset, the last endpoint leaving).
 *
 * Nothing here locks or talks to a device.
 */
#ifndef __VIOMMU_MAPPING_H
#define __VIOMMU_MAPPING_H

#include <linux/interval_tree.h>
#include <linux/types.h>

/**
 * struct viommu_mapping - one mapping
 * @node: first and last I/O address; in viommu_domain.mappings
 * @paddr: physical address behind the first
 * @flags: VIRTIO_IOMMU_MAP_F_*
 * @error: the device refused it, or 0
 */
struct viommu_mapping {
	struct interval_tree_node node;
	phys_addr_t paddr;
	u32 flags;
	int error;
};

#endif /* __VIOMMU_MAPPING_H */
