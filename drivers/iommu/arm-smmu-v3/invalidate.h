/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a gather to TLB invalidation commands.
 */
#ifndef __SMMU3_INVALIDATE_H
#define __SMMU3_INVALIDATE_H

#include <linux/types.h>

#include "cmd.h"

struct iommu_iotlb_gather;
struct smmu3_cmdq;

/*
 * Most commands that one range becomes.  With range invalidation 52 bits of
 * address at 4 KiB are 40 bits of pages at five a command: 8.  Without, this
 * is the threshold at which the whole tag goes instead: beyond it the queue
 * would be busy for longer than the refill of what else the tag has cached
 * costs, and 512 bytes of stack hold the commands.
 */
#define SMMU3_INV_MAX_CMDS		32

/**
 * enum smmu3_inv_kind - what a domain is tagged by
 * @SMMU3_INV_ASID: stage 1, non-secure EL1, VMID 0
 * @SMMU3_INV_ASID_EL2: stage 1, EL2 with E2H
 * @SMMU3_INV_VMID: stage 2
 */
enum smmu3_inv_kind {
	SMMU3_INV_ASID,
	SMMU3_INV_ASID_EL2,
	SMMU3_INV_VMID,
};

/**
 * struct smmu3_inv - how a domain is invalidated at one instance
 * @range: template of the command by address
 * @all: the command for the whole tag
 * @granule_lg2: log2 of the page size of the tables
 * @tg: SMMU3_TLBI_TG_* where the instance has range invalidation, else NONE
 *
 * Constant once the domain has its tag and its tables.
 */
struct smmu3_inv {
	struct smmu3_cmd range;
	struct smmu3_cmd all;
	u8 granule_lg2;
	u8 tg;
};

/**
 * smmu3_inv_init() - set up the templates
 * @inv: set
 * @kind: what @tag is
 * @tag: ASID or VMID
 * @granule_lg2: log2 of the page size of the tables: 12, 14 or 16
 * @ril: the instance has range invalidation (IDR3.RIL)
 */
void smmu3_inv_init(struct smmu3_inv *inv, enum smmu3_inv_kind kind, u16 tag,
		    unsigned int granule_lg2, bool ril);

/**
 * smmu3_inv_encode() - commands that invalidate what a gather holds
 * @inv: of the domain
 * @gather: not empty; @gather->table decides whether walk caches go too, one
 *	bit alone in @gather->leaf_levels becomes the level hint
 * @cmds: SMMU3_INV_MAX_CMDS of them, filled from the first
 *
 * Covers all pages that the gather touches, and nothing else, with two
 * exceptions.  A range command for one page at an unknown level is reserved
 * (4.4.1.1); the range is widened then by the other page of an aligned pair.
 * Above SMMU3_INV_MAX_CMDS the whole tag goes.
 *
 * Return: number of commands, at least 1.
 */
unsigned int smmu3_inv_encode(const struct smmu3_inv *inv,
			      const struct iommu_iotlb_gather *gather,
			      struct smmu3_cmd *cmds);

/**
 * smmu3_inv_issue() - invalidate what a gather holds, and wait
 * @q: command queue of the instance
 * @inv: of the domain at that instance
 * @gather: as in smmu3_inv_encode(); an empty one is no work
 *
 * Context: any but NMI.
 * Return: as smmu3_cmdq_issue().
 */
int smmu3_inv_issue(struct smmu3_cmdq *q, const struct smmu3_inv *inv,
		    const struct iommu_iotlb_gather *gather);

/**
 * smmu3_inv_issue_all() - invalidate everything that a tag has, and wait
 * @q: command queue of the instance
 * @inv: of the domain at that instance
 *
 * Context: any but NMI.
 * Return: as smmu3_cmdq_issue().
 */
int smmu3_inv_issue_all(struct smmu3_cmdq *q, const struct smmu3_inv *inv);

#endif /* __SMMU3_INVALIDATE_H */
