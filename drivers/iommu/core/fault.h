/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Terminated faults: what the rest of core and the test suite see of fault.c.
 */
#ifndef __IOMMU_CORE_FAULT_H
#define __IOMMU_CORE_FAULT_H

#include <linux/iommu.h>
#include <linux/kconfig.h>

/* Room for the longest line, without the prefix that names the device */
#define FAULT_LINE_MAX	320

/**
 * iommu_fault_init_instance() - give an instance its allowance of lines
 * @iommu: the instance; it may have been registered before, and keeps what it has
 *
 * Of faults of streams that are nobody's.  Before this they share one allowance
 * with those of other instances.
 *
 * Context: iommu_probe_device_lock; faults may be reported meanwhile.
 */
void iommu_fault_init_instance(struct iommu_device *iommu);

#if IS_ENABLED(CONFIG_KUNIT)
size_t iommu_fault_format(char *line, size_t size,
			  const struct iommu_fault_record *rec, unsigned int hidden);
bool iommu_fault_may_print(struct ratelimit_state *limit, unsigned int *hidden);
#endif

#endif /* __IOMMU_CORE_FAULT_H */
