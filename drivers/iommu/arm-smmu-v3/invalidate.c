// SPDX-License-Identifier: GPL-2.0
/*
 * From a gather to TLB invalidation commands.
 *
 * With range invalidation (4.4.1.1 of Arm IHI 0070) a command covers
 * (NUM + 1) << SCALE granules from its address on.  A number of granules is
 * cut into its groups of five bits, lowest first, each of them one command.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <kunit/visibility.h>

#include "cmdq.h"
#include "invalidate.h"

/* NUM and SCALE are five bits each */
#define SMMU3_INV_NUM_BITS	5
#define SMMU3_INV_NUM_MASK	GENMASK(SMMU3_INV_NUM_BITS - 1, 0)
#define SMMU3_INV_SCALE_MAX	31
/* The most granules that such commands name, whatever their number */
#define SMMU3_INV_RIL_LIMIT_LG2	(SMMU3_INV_SCALE_MAX + SMMU3_INV_NUM_BITS)
/* Commands that as many granules become, one for five bits */
#define SMMU3_INV_RIL_CMDS	DIV_ROUND_UP(SMMU3_INV_RIL_LIMIT_LG2, \
					     SMMU3_INV_NUM_BITS)
/* Level hints are for levels 1 to 3; 0 stands for "not known" */
#define SMMU3_INV_TTL_MAX	3

/* A level hint, where all leaves that went were of one level */
static unsigned int smmu3_inv_ttl(const struct iommu_iotlb_gather *gather)
{
	unsigned int level;

	if (gather->table || !is_power_of_2(gather->leaf_levels))
		return 0;
	level = __ffs(gather->leaf_levels);
	return level <= SMMU3_INV_TTL_MAX ? level : 0;
}

static struct smmu3_cmd smmu3_inv_at(const struct smmu3_inv *inv, u64 addr,
				     bool leaf)
{
	struct smmu3_cmd cmd = inv->range;

	cmd.w[1] = (addr & SMMU3_TLBI1_ADDR) |
		   FIELD_PREP(SMMU3_TLBI1_LEAF, leaf);
	return cmd;
}

static unsigned int smmu3_inv_ril(const struct smmu3_inv *inv,
				  const struct iommu_iotlb_gather *gather,
				  struct smmu3_cmd *cmds)
{
	u64 start = gather->start & (GENMASK_ULL(63, 0) << inv->granule_lg2);
	u64 granules = ((gather->end - start) >> inv->granule_lg2) + 1;
	unsigned int ttl = smmu3_inv_ttl(gather);
	unsigned int n = 0;

	if (unlikely(granules >> SMMU3_INV_RIL_LIMIT_LG2)) {
		cmds[0] = inv->all;
		return 1;
	}
	if (!ttl && granules == 1) {
		start &= ~((2ULL << inv->granule_lg2) - 1);
		granules = 2;
	}
	do {
		unsigned int scale = min(__ffs64(granules),
					 SMMU3_INV_SCALE_MAX);
		u64 num = (granules >> scale) & SMMU3_INV_NUM_MASK;

		cmds[n] = smmu3_inv_at(inv, start, !gather->table);
		smmu3_cmd_tlbi_range(&cmds[n++], inv->tg, ttl, num - 1, scale);
		granules -= num << scale;
		start += num << (scale + inv->granule_lg2);
	} while (granules);
	return n;
}

/* Without range invalidation: a command for each leaf that may be cached */
static unsigned int smmu3_inv_each(const struct smmu3_inv *inv,
				   const struct iommu_iotlb_gather *gather,
				   struct smmu3_cmd *cmds)
{
	u64 step = max_t(u64, gather->pgsize, 1ULL << inv->granule_lg2);
	u64 start = gather->start & ~(step - 1);
	u64 count = ((gather->end - start) >> __ffs64(step)) + 1;
	unsigned int n;

	if (count > SMMU3_INV_MAX_CMDS) {
		cmds[0] = inv->all;
		return 1;
	}
	for (n = 0; n < count; n++, start += step)
		cmds[n] = smmu3_inv_at(inv, start, !gather->table);
	return n;
}

void smmu3_inv_init(struct smmu3_inv *inv, enum smmu3_inv_kind kind, u16 tag,
		    unsigned int granule_lg2, bool ril)
{
	switch (kind) {
	case SMMU3_INV_ASID:
		inv->range = smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, tag, 0, 0);
		inv->all = smmu3_cmd_tlbi_asid(SMMU3_OP_TLBI_NH_ASID, tag);
		break;
	case SMMU3_INV_ASID_EL2:
		inv->range = smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_EL2_VA, tag, 0, 0);
		inv->all = smmu3_cmd_tlbi_asid(SMMU3_OP_TLBI_EL2_ASID, tag);
		break;
	case SMMU3_INV_VMID:
		inv->range = smmu3_cmd_tlbi_ipa(tag, 0, 0);
		inv->all = smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_S12_VMALL, tag);
		break;
	}
	inv->granule_lg2 = granule_lg2;
	/* 12, 14, 16 are encoded as 1, 2, 3 */
	inv->tg = ril ? granule_lg2 / 2 - 5 : SMMU3_TLBI_TG_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_inv_init);

unsigned int smmu3_inv_encode(const struct smmu3_inv *inv,
			      const struct iommu_iotlb_gather *gather,
			      struct smmu3_cmd *cmds)
{
	if (inv->tg != SMMU3_TLBI_TG_NONE)
		return smmu3_inv_ril(inv, gather, cmds);
	return smmu3_inv_each(inv, gather, cmds);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_inv_encode);

/* Apart, so that the common case has a small stack frame */
static noinline_for_stack int
smmu3_inv_issue_each(struct smmu3_cmdq *q, const struct smmu3_inv *inv,
		     const struct iommu_iotlb_gather *gather)
{
	struct smmu3_cmd cmds[SMMU3_INV_MAX_CMDS];

	return smmu3_cmdq_issue(q, cmds, smmu3_inv_each(inv, gather, cmds));
}

int smmu3_inv_issue(struct smmu3_cmdq *q, const struct smmu3_inv *inv,
		    const struct iommu_iotlb_gather *gather)
{
	struct smmu3_cmd cmds[SMMU3_INV_RIL_CMDS];

	static_assert(SMMU3_INV_RIL_CMDS <= SMMU3_INV_MAX_CMDS);
	if (!gather->end)
		return 0;
	if (unlikely(inv->tg == SMMU3_TLBI_TG_NONE))
		return smmu3_inv_issue_each(q, inv, gather);
	return smmu3_cmdq_issue(q, cmds, smmu3_inv_ril(inv, gather, cmds));
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_inv_issue);

int smmu3_inv_issue_all(struct smmu3_cmdq *q, const struct smmu3_inv *inv)
{
	return smmu3_cmdq_issue(q, &inv->all, 1);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_inv_issue_all);
