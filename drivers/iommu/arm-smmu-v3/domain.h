/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paging domains: a tag, tables, and the way to invalidate them.
 *
 * A domain belongs to one instance from its allocation on, or, if it was
 * allocated without a device, from its first attachment.  Its tag is its own
 * until everything that is cached under it is gone.
 */
#ifndef __SMMU3_DOMAIN_H
#define __SMMU3_DOMAIN_H

#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "attachment.h"
#include "cd.h"
#include "invalidate.h"

struct smmu3_device;
struct smmu3_instance;

/**
 * struct smmu3_domain - a paging domain
 * @domain: core's part
 * @pgtbl: tables; never NULL
 * @smmu: instance, NULL while not bound; changes once
 * @inv: how to invalidate it
 * @cd: makes the descriptor that leads a device to it; called under @lock where
 *	the domain is that of a process; constant
 * @stage2: translated by stage 2
 * @dirty: its tables record what is written
 * @tag: ASID, or VMID if @stage2
 * @lock: guards the binding to an instance, @attached, and which PASIDs use it
 * @attached: was attached once, so that its stage cannot change any more
 * @num_ats: members of @attachments with ATS; read by every unmap
 * @attachments_lock: guards @attachments; taken in any context, raw, as an unmap may
 *	come with interrupts off on PREEMPT_RT too
 * @attachments: struct smmu3_attachment of all that use the domain; new ones are
 *	last
 * @removals: times that one was taken off @attachments
 *
 * Up to @tag all is constant once the domain is bound.
 */
struct smmu3_domain {
	struct iommu_domain domain;
	struct io_pgtable_ops *pgtbl;
	struct smmu3_instance *smmu;
	struct smmu3_inv inv;
	void (*cd)(struct smmu3_domain *sd, const struct smmu3_device *device,
		   struct smmu3_cd *cd);
	bool stage2;
	bool dirty;
	u16 tag;
	struct mutex lock;	/* see above */
	bool attached;
	atomic_t num_ats;
	raw_spinlock_t attachments_lock;	/* see above */
	struct list_head attachments;
	unsigned int removals;
};

static inline struct smmu3_domain *to_smmu3_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu3_domain, domain);
}

/**
 * smmu3_domain_alloc() - allocate a paging domain
 * @smmu: instance to bind it to, or NULL
 * @dirty: its tables shall record what is written; wants an instance that can
 *
 * Return: as smmu3_domain_alloc_paging().
 */
struct iommu_domain *smmu3_domain_alloc(struct smmu3_instance *smmu,
					bool dirty);

/**
 * smmu3_domain_alloc_paging() - iommu_ops.domain_alloc_paging
 * @dev: device that it is for, or NULL to bind the domain at its first attachment
 *
 * Return: the domain; ERR_PTR(-ENOMEM), or ERR_PTR(-ENOSPC) without free tags.
 */
struct iommu_domain *smmu3_domain_alloc_paging(struct device *dev);

/**
 * smmu3_domain_bind() - bind a domain to an instance, if it is not bound yet
 * @sd: domain
 * @smmu: instance
 *
 * After this the domain keeps its stage.
 *
 * Context: Process; takes sd->lock.
 * Return: 0; -EINVAL if it belongs to another instance; otherwise as
 * smmu3_domain_alloc_paging(), the domain unchanged.
 */
int smmu3_domain_bind(struct smmu3_domain *sd, struct smmu3_instance *smmu);

/**
 * smmu3_domain_init() - make a domain that is not bound
 * @sd: zeroed memory
 */
void smmu3_domain_init(struct smmu3_domain *sd);

/**
 * smmu3_tag_alloc() - take a tag for a domain
 * @sd: domain
 * @smmu: instance that it is bound to
 * @stage2: a VMID, else an ASID
 * @tag: set
 *
 * Context: Process.
 * Return: 0, -ENOMEM, -ENOSPC if all are in use.
 */
int smmu3_tag_alloc(struct smmu3_domain *sd, struct smmu3_instance *smmu,
		    bool stage2, u32 *tag);

/**
 * smmu3_domain_set_tag() - give a domain its tag and a way to invalidate it
 * @sd: domain that nothing is attached to, with its stage settled
 * @smmu: instance
 * @tag: from smmu3_tag_alloc()
 * @granule_lg2: log2 of the page size of its tables
 */
void smmu3_domain_set_tag(struct smmu3_domain *sd, struct smmu3_instance *smmu,
			  u16 tag, unsigned int granule_lg2);

/**
 * smmu3_tag_release() - invalidate a tag and give it back
 * @smmu: instance
 * @inv: how to invalidate it
 * @stage2: it is a VMID
 * @tag: tag that nothing is attached under
 *
 * What was cached under a tag must be gone before its tables and the tag itself
 * are used for anything else.
 *
 * Context: Process.
 * Return: true; false if the hardware did not confirm, so that the tag stays
 * taken and the tables must be leaked.
 */
bool smmu3_tag_release(struct smmu3_instance *smmu,
		       const struct smmu3_inv *inv, bool stage2, u16 tag);

/**
 * smmu3_domain_cfg() - configuration of a domain's tables
 * @sd: bound domain
 */
static inline const struct io_pgtable_cfg *
smmu3_domain_cfg(struct smmu3_domain *sd)
{
	return &io_pgtable_ops_to_pgtable(sd->pgtbl)->cfg;
}

extern const struct iommu_domain_ops smmu3_domain_ops;

#endif /* __SMMU3_DOMAIN_H */
