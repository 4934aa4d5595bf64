// SPDX-License-Identifier: GPL-2.0
/*
 * Stream table of an instance.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <kunit/visibility.h>

#include "smmu.h"

size_t smmu3_strtab_shape(u32 flags, u8 sid_bits, struct smmu3_strtab *strtab)
{
	/* A linear table that fits into one second-level table is smaller */
	strtab->two_level = (flags & SMMU3_FEAT_STRTAB_2LVL) &&
			    sid_bits > SMMU3_STRTAB_SPLIT;
	if (!strtab->two_level) {
		strtab->bits = min(sid_bits, SMMU3_STRTAB_LINEAR_MAX_LG2);
		return sizeof(struct smmu3_ste) << strtab->bits;
	}
	strtab->bits = min(sid_bits,
			   SMMU3_STRTAB_L1_MAX_LG2 + SMMU3_STRTAB_SPLIT);
	return sizeof(u64) << (strtab->bits - SMMU3_STRTAB_SPLIT);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_strtab_shape);

static void fill_abort(struct smmu3_ste *ste, size_t count)
{
	struct smmu3_ste abort;
	size_t i;

	smmu3_ste_abort(&abort);
	for (i = 0; i < count; i++)
		ste[i] = abort;
}

int smmu3_strtab_init(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;
	void *table;

	strtab->size = smmu3_strtab_shape(smmu->feat.flags, smmu->feat.sid_bits,
					  strtab);
	if (strtab->bits < smmu->feat.sid_bits)
		dev_warn(smmu->dev,
			 "stream table covers %u of %u bits of stream id; devices beyond are refused\n",
			 strtab->bits, smmu->feat.sid_bits);

	table = dma_alloc_coherent(smmu->dev, strtab->size, &strtab->dma,
				   GFP_KERNEL);
	if (!table)
		return -ENOMEM;

	if (!strtab->two_level) {
		strtab->linear = table;
		fill_abort(table, BIT(strtab->bits));
		return 0;
	}

	/* Descriptors start zero: a stream without second level aborts */
	strtab->l1 = table;
	strtab->l2 = kvcalloc(BIT(strtab->bits - SMMU3_STRTAB_SPLIT),
			      sizeof(*strtab->l2), GFP_KERNEL);
	if (!strtab->l2) {
		dma_free_coherent(smmu->dev, strtab->size, table, strtab->dma);
		strtab->l1 = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* What a crashed kernel left is not ours to free */
static void free_table(struct smmu3_instance *smmu, bool adopted, size_t size,
		       void *table, dma_addr_t dma)
{
	if (!table)
		return;
	if (adopted)
		smmu3_crash_unmap(table);
	else
		dma_free_coherent(smmu->dev, size, table, dma);
}

static void free_two_level(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;
	u32 count = BIT(strtab->bits - SMMU3_STRTAB_SPLIT);
	u32 i;

	for (i = 0; strtab->l2 && i < count; i++)
		free_table(smmu, strtab->l2[i].adopted,
			   SMMU3_STRTAB_L2_COUNT * sizeof(struct smmu3_ste),
			   strtab->l2[i].ste, strtab->l2[i].dma);
	kvfree(strtab->l2);
	free_table(smmu, strtab->adopted, strtab->size, strtab->l1,
		   strtab->dma);
	strtab->l2 = NULL;
	strtab->l1 = NULL;
}

void smmu3_strtab_exit(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;

	if (strtab->two_level) {
		free_two_level(smmu);
	} else {
		free_table(smmu, strtab->adopted, strtab->size, strtab->linear,
			   strtab->dma);
		strtab->linear = NULL;
	}
}

/* An STE without a configuration aborts, whatever its other words say */
static void close_stes(struct smmu3_ste *ste, size_t count)
{
	struct smmu3_ste abort;
	size_t i;

	smmu3_ste_abort(&abort);
	for (i = 0; ste && i < count; i++)
		WRITE_ONCE(ste[i].w[0], abort.w[0]);
}

void smmu3_strtab_close(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;
	u32 i;

	if (!strtab->two_level) {
		close_stes(strtab->linear, BIT(strtab->bits));
		return;
	}
	for (i = 0; i < BIT(strtab->bits - SMMU3_STRTAB_SPLIT); i++)
		close_stes(strtab->l2[i].ste, SMMU3_STRTAB_L2_COUNT);
}

int smmu3_strtab_prepare(struct smmu3_instance *smmu, u32 sid)
{
	struct smmu3_strtab *strtab = &smmu->strtab;
	struct smmu3_strtab_l2 *l2;

	lockdep_assert_held(&smmu->streams_lock);
	if (!smmu3_strtab_covers(strtab, sid))
		return -ERANGE;
	if (!strtab->two_level)
		return 0;
	l2 = &strtab->l2[smmu3_strtab_l1_index(sid)];
	if (l2->ste)
		return 0;

	/* A power of two of pages, so it is aligned to its size as it must be */
	l2->ste = dma_alloc_coherent(smmu->dev,
				     SMMU3_STRTAB_L2_COUNT * sizeof(*l2->ste),
				     &l2->dma, GFP_KERNEL);
	if (!l2->ste)
		return -ENOMEM;
	fill_abort(l2->ste, SMMU3_STRTAB_L2_COUNT);

	smmu3_desc_publish(&strtab->l1[smmu3_strtab_l1_index(sid)],
			   smmu3_l1std(l2->dma, SMMU3_STRTAB_SPLIT));
	/*
	 * A running instance may have cached that the descriptor leads nowhere.
	 * Bring-up invalidates everything.
	 */
	if (!smmu3_in_service(smmu))
		return 0;
	return smmu3_confirm(smmu,
			     smmu3_cmdq_issue_one(&smmu->cmdq,
						  smmu3_cmd_cfgi_ste(sid, false)));
}

struct smmu3_ste *smmu3_strtab_entry(struct smmu3_instance *smmu, u32 sid)
{
	struct smmu3_strtab *strtab = &smmu->strtab;

	if (!strtab->two_level)
		return &strtab->linear[sid];
	return &strtab->l2[smmu3_strtab_l1_index(sid)]
		.ste[smmu3_strtab_l2_index(sid)];
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_strtab_entry);

u64 smmu3_strtab_base_reg(const struct smmu3_strtab *strtab)
{
	return SMMU3_STRTAB_BASE_RA | (strtab->dma & SMMU3_STRTAB_BASE_ADDR);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_strtab_base_reg);

u32 smmu3_strtab_cfg_reg(const struct smmu3_strtab *strtab)
{
	u32 cfg = FIELD_PREP(SMMU3_STRTAB_CFG_LOG2SIZE, strtab->bits);

	if (strtab->two_level)
		cfg |= FIELD_PREP(SMMU3_STRTAB_CFG_FMT, SMMU3_STRTAB_FMT_2LVL) |
		       FIELD_PREP(SMMU3_STRTAB_CFG_SPLIT,
				  SMMU3_STRTAB_SPLIT);
	return cfg;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_strtab_cfg_reg);
