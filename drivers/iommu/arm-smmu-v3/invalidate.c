// SPDX-License-Identifier: GPL-2.0
/*
 * From a gather to TLB invalidation commands.
 *
 * With range invalidation (4.4.1.1 of Arm IHI 0070) a command covers
 * (NUM + 1) << SCALE granules from its address on.  A number of granules that
 * NUM holds is one command; a larger one is cut into its groups of five bits,
 * lowest first, each of them one command.
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

/* What is left of a range, for range invalidation */
struct smmu3_inv_span {
	u64 start;
	u64 granules;
	unsigned int ttl;
	bool leaf;
};

static __always_inline struct smmu3_inv_span
smmu3_inv_span(const struct smmu3_inv *inv,
	       const struct iommu_iotlb_gather *gather)
{
	struct smmu3_inv_span span = {
		.start = gather->start & (GENMASK_ULL(63, 0) << inv->granule_lg2),
		.ttl = smmu3_inv_ttl(gather),
		.leaf = !gather->table,
	};

	span.granules = ((gather->end - span.start) >> inv->granule_lg2) + 1;
	/* The first command would be for one granule, see smmu3_inv_encode() */
	if (!span.ttl && (span.granules & SMMU3_INV_NUM_MASK) == 1) {
		span.start &= ~(1ULL << inv->granule_lg2);
		span.granules++;
	}
	return span;
}

static bool smmu3_inv_too_wide(const struct smmu3_inv_span *span)
{
	return span->granules >> SMMU3_INV_RIL_LIMIT_LG2;
}

/* The command for the lowest five bits of what is left */
static __always_inline struct smmu3_cmd
smmu3_inv_next(const struct smmu3_inv *inv, struct smmu3_inv_span *span)
{
	unsigned int scale = span->granules <= SMMU3_INV_NUM_MASK ? 0 :
			     min(__ffs64(span->granules), SMMU3_INV_SCALE_MAX);
	u64 num = (span->granules >> scale) & SMMU3_INV_NUM_MASK;
	struct smmu3_cmd cmd = smmu3_inv_at(inv, span->start, span->leaf);

	smmu3_cmd_tlbi_range(&cmd, inv->tg, span->ttl, num - 1, scale);
	span->granules -= num << scale;
	span->start += num << (scale + inv->granule_lg2);
	return cmd;
}

static unsigned int smmu3_inv_ril(const struct smmu3_inv *inv,
				  const struct iommu_iotlb_gather *gather,
				  struct smmu3_cmd *cmds)
{
	struct smmu3_inv_span span = smmu3_inv_span(inv, gather);
	unsigned int n = 0;

	if (smmu3_inv_too_wide(&span)) {
		cmds[0] = inv->all;
		return 1;
	}
	do {
		cmds[n++] = smmu3_inv_next(inv, &span);
	} while (span.granules);
	return n;
}

/* Without range invalidation: the leaves that may be cached */
static u64 smmu3_inv_count(const struct smmu3_inv *inv,
			   const struct iommu_iotlb_gather *gather)
{
	u64 step = max_t(u64, gather->pgsize, 1ULL << inv->granule_lg2);

	return ((gather->end - (gather->start & ~(step - 1))) >>
		__ffs64(step)) + 1;
}

/* A command for each of them */
static unsigned int smmu3_inv_each(const struct smmu3_inv *inv,
				   const struct iommu_iotlb_gather *gather,
				   struct smmu3_cmd *cmds)
{
	u64 step = max_t(u64, gather->pgsize, 1ULL << inv->granule_lg2);
	u64 start = gather->start & ~(step - 1);
	u64 count = smmu3_inv_count(inv, gather);
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

/* Apart, so that what is more common has a small stack frame */
static noinline_for_stack int
smmu3_inv_issue_many(struct smmu3_cmdq *q, const struct smmu3_inv *inv,
		     const struct iommu_iotlb_gather *gather)
{
	struct smmu3_cmd cmds[SMMU3_INV_MAX_CMDS];

	return smmu3_cmdq_issue(q, cmds, smmu3_inv_encode(inv, gather, cmds));
}

/* Everything that is not one command for a few leaves of one level */
static noinline_for_stack int
smmu3_inv_issue_any(struct smmu3_cmdq *q, const struct smmu3_inv *inv,
		    const struct iommu_iotlb_gather *gather)
{
	struct smmu3_inv_span span;
	struct smmu3_cmd cmd;

	if (!gather->end)
		return 0;
	if (inv->tg == SMMU3_TLBI_TG_NONE) {
		if (smmu3_inv_count(inv, gather) > 1)
			return smmu3_inv_issue_many(q, inv, gather);
		return smmu3_cmdq_issue_one(q, smmu3_inv_at(inv, gather->start,
							    !gather->table));
	}
	span = smmu3_inv_span(inv, gather);
	if (smmu3_inv_too_wide(&span))
		return smmu3_cmdq_issue_one(q, inv->all);
	cmd = smmu3_inv_next(inv, &span);
	if (!span.granules)
		return smmu3_cmdq_issue_one(q, cmd);
	return smmu3_inv_issue_many(q, inv, gather);
}

/* The hint for each set of levels, two bits long, 0 where there is none */
#define SMMU3_INV_TTLS	(1U << (2 * BIT(1)) | 2U << (2 * BIT(2)) | 3U << (2 * BIT(3)))

int smmu3_inv_issue(struct smmu3_cmdq *q, const struct smmu3_inv *inv,
		    const struct iommu_iotlb_gather *gather)
{
	u64 first = gather->start >> inv->granule_lg2;
	/* Less one; of an empty gather, a large number */
	u64 num = (gather->end >> inv->granule_lg2) - first;
	unsigned int ttl = SMMU3_INV_TTLS >> (2 * gather->leaf_levels % 32) & 3;
	unsigned int scale = 0;
	struct smmu3_cmd cmd;

	if (num >= SMMU3_INV_NUM_MASK) {
		scale = __ffs64(num + 1) % 32;
		num = ((num + 1) >> scale) - 1;
	}
	if (unlikely(num >= SMMU3_INV_NUM_MASK || !ttl || gather->table ||
		     gather->leaf_levels > BIT(SMMU3_INV_TTL_MAX) ||
		     inv->tg == SMMU3_TLBI_TG_NONE))
		return smmu3_inv_issue_any(q, inv, gather);
	cmd.w[0] = inv->range.w[0] | FIELD_PREP(SMMU3_TLBI0_NUM, num) |
		   FIELD_PREP(SMMU3_TLBI0_SCALE, scale);
	cmd.w[1] = first << inv->granule_lg2 | SMMU3_TLBI1_LEAF |
		   FIELD_PREP(SMMU3_TLBI1_TTL, ttl) |
		   FIELD_PREP(SMMU3_TLBI1_TG, inv->tg);
	return smmu3_cmdq_issue_one(q, cmd);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_inv_issue);

int smmu3_inv_issue_all(struct smmu3_cmdq *q, const struct smmu3_inv *inv)
{
	return smmu3_cmdq_issue_one(q, inv->all);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_inv_issue_all);
