/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sharing of process address spaces: a PASID that walks what the CPUs walk.
 */
#ifndef __SMMU3_SVA_H
#define __SMMU3_SVA_H

#include <linux/types.h>

struct device;
struct iommu_domain;
struct mm_struct;
struct smmu3_domain;
struct smmu3_instance;

/**
 * struct smmu3_cpu_format - tables of processes, as the CPUs walk them
 * @mair: memory attributes, MAIR_EL1
 * @va_bits: size of the addresses of a process
 * @pa_bits: size of the addresses in the tables
 * @ips: @pa_bits as a descriptor has it, SMMU3_OAS_*
 * @asid_bits: size of the CPUs' tags
 * @ha: CPUs set the access flag, so that tables are written by atomic operations
 *	only, and an SMMU may do so too
 */
struct smmu3_cpu_format {
	u64 mair;
	u8 va_bits;
	u8 pa_bits;
	u8 ips;
	u8 asid_bits;
	bool ha;
};

#ifdef CONFIG_ARM_SMMU_V3_SVA

/**
 * smmu3_cpu_format() - how do the CPUs walk tables of processes?
 * @fmt: set
 *
 * Return: true; false if an SMMU cannot walk such tables.
 */
bool smmu3_cpu_format(struct smmu3_cpu_format *fmt);

/**
 * smmu3_sva_supported() - can an instance walk the tables of processes?
 * @smmu: instance
 *
 * Return: true if it can, and has PASIDs.
 */
bool smmu3_sva_supported(const struct smmu3_instance *smmu);

/**
 * smmu3_domain_alloc_sva() - iommu_ops.domain_alloc_sva
 * @dev: device
 * @mm: address space, that the caller keeps
 *
 * Context: Process; takes the lock of @mm for writing.
 * Return: the domain; ERR_PTR(-EOPNOTSUPP) if the instance cannot walk it,
 * ERR_PTR(-ESRCH) if the process has ended, -ENOMEM, -ENOSPC without free tags,
 * -EINTR.
 */
struct iommu_domain *smmu3_domain_alloc_sva(struct device *dev,
					    struct mm_struct *mm);

/**
 * smmu3_sva_finish() - wait until freed domains are gone
 *
 * Before an instance goes: what has been freed may still be looked at by a
 * process that changes its mappings.
 *
 * Context: Process.
 */
void smmu3_sva_finish(void);

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * smmu3_sva_invalidate() - forget what a process had in a range
 * @sd: domain of a process
 * @start: first address
 * @end: end of the range; ULONG_MAX for all that there is
 *
 * Context: Any; what arch_invalidate_secondary_tlbs() of the notifier does.
 */
void smmu3_sva_invalidate(struct smmu3_domain *sd, unsigned long start,
			  unsigned long end);
#endif

#else /* !CONFIG_ARM_SMMU_V3_SVA */

static inline bool smmu3_sva_supported(const struct smmu3_instance *smmu)
{
	return false;
}

static inline void smmu3_sva_finish(void)
{
}

#endif

#endif /* __SMMU3_SVA_H */
