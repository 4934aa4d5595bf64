/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Terminated faults: what the test suite sees of fault.c.
 */
#ifndef __IOMMU_CORE_FAULT_H
#define __IOMMU_CORE_FAULT_H

#include <linux/iommu.h>
#include <linux/kconfig.h>

/* Room for the longest line, without the prefix that names the device */
#define FAULT_LINE_MAX	320

#if IS_ENABLED(CONFIG_KUNIT)
size_t iommu_fault_format(char *line, size_t size,
			  const struct iommu_fault_record *rec, unsigned int hidden);
bool iommu_fault_may_print(struct ratelimit_state *limit, unsigned int *hidden);
#endif

#endif /* __IOMMU_CORE_FAULT_H */
