// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the queues of an instance.
 *
 * No KUnit suite of its own: it allocates and writes registers; the arithmetic
 * is tested with ring.h, the command queue with cmdq.c.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>

#include "smmu.h"

/*
 * Commands: what some hundred CPUs append while a CMD_SYNC is under way.  A
 * crash kernel has one CPU and little memory.
 */
#define SMMU3_CMDQ_MAX_LG2	13
#define SMMU3_CMDQ_KDUMP_LG2	8

/* Some instances write more than the word that CMD_SYNC asks for */
#define SMMU3_CMDQ_MSI_SIZE	64

static bool syncs_by_message(const struct smmu3_instance *smmu)
{
	const u32 needed = SMMU3_FEAT_MSI | SMMU3_FEAT_COHERENT;

	return (smmu->feat.flags & needed) == needed &&
	       !smmu3_disable_msipolling;
}

/* A cmdq that died: called by whoever waited for it, in any context */
static void cmdq_dead(struct smmu3_cmdq *q, void *owner)
{
	smmu3_shut_off(owner);
}

static bool cmdq_atc_lost(void *owner, u32 sid)
{
	return smmu3_ats_lost(owner, sid);
}

static void *alloc_ring(struct smmu3_instance *smmu, u8 *lg2)
{
	u8 max = smmu3_is_crash_kernel() ? SMMU3_CMDQ_KDUMP_LG2 :
					   SMMU3_CMDQ_MAX_LG2;
	void *ring;

	/* A power of two of pages, so it is aligned to its size as it must be */
	for (*lg2 = min(smmu->feat.cmdq_lg2, max);
	     *lg2 >= SMMU3_CMDQ_MIN_LG2; (*lg2)--) {
		ring = dma_alloc_coherent(smmu->dev,
					  BIT(*lg2 + SMMU3_CMD_BYTES_LG2),
					  &smmu->cmdq_dma,
					  GFP_KERNEL | __GFP_NOWARN);
		if (ring)
			return ring;
	}
	return NULL;
}

static int init_cmdq(struct smmu3_instance *smmu)
{
	struct smmu3_cmdq_config cfg = {
		.name = dev_name(smmu->dev),
		.prod = smmu->page0 + SMMU3_CMDQ_PROD,
		.cons = smmu->page0 + SMMU3_CMDQ_CONS,
		.gerror = smmu->page0 + SMMU3_GERROR,
		.sev = smmu->feat.flags & SMMU3_FEAT_SEV,
		.force_sync = smmu->quirks & SMMU3_QUIRK_FORCE_SYNC,
		.gated = smmu->gated,
		.dead = cmdq_dead,
		.atc_lost = cmdq_atc_lost,
		.owner = smmu,
	};
	u8 lg2;

	cfg.ring = alloc_ring(smmu, &lg2);
	if (!cfg.ring)
		return -ENOMEM;
	smmu->cmdq_ring = cfg.ring;
	cfg.size_lg2 = lg2;
	dev_info(smmu->dev, "allocated %u entries for cmdq\n",
		 smmu3_ring_size(lg2));

	/* Without this memory, completion is polled for in a register */
	if (syncs_by_message(smmu))
		smmu->cmdq_msi = dma_alloc_coherent(smmu->dev,
						    SMMU3_CMDQ_MSI_SIZE,
						    &smmu->cmdq_msi_dma,
						    GFP_KERNEL);
	cfg.msi = smmu->cmdq_msi;
	cfg.msi_dma = smmu->cmdq_msi_dma;
	return smmu3_cmdq_init(&smmu->cmdq, &cfg);
}

/* Faults that wait are served where core and the instance can */
static int init_iopf(struct smmu3_instance *smmu)
{
	if (!IS_ENABLED(CONFIG_IOMMU_IOPF) ||
	    !(smmu->priq.ring || smmu->feat.flags & SMMU3_FEAT_STALLS))
		return 0;
	smmu->iopf = iopf_queue_alloc(dev_name(smmu->dev));
	return smmu->iopf ? 0 : -ENOMEM;
}

int smmu3_queues_init(struct smmu3_instance *smmu)
{
	int ret = init_cmdq(smmu) ?: smmu3_evtq_init(smmu) ?:
		  smmu3_priq_init(smmu) ?: init_iopf(smmu);

	if (ret) {
		dev_err(smmu->dev, "no memory for queues\n");
		smmu3_queues_exit(smmu);
	}
	return ret;
}

void smmu3_queues_exit(struct smmu3_instance *smmu)
{
	if (smmu->cmdq_msi)
		dma_free_coherent(smmu->dev, SMMU3_CMDQ_MSI_SIZE,
				  smmu->cmdq_msi, smmu->cmdq_msi_dma);
	if (smmu->cmdq_ring)
		dma_free_coherent(smmu->dev,
				  BIT(smmu->cmdq.cfg.size_lg2 +
				      SMMU3_CMD_BYTES_LG2),
				  smmu->cmdq_ring, smmu->cmdq_dma);
	smmu->cmdq_msi = NULL;
	smmu->cmdq_ring = NULL;
	smmu3_recq_exit(smmu, &smmu->evtq);
	smmu3_recq_exit(smmu, &smmu->priq);
	iopf_queue_free(smmu->iopf);
	smmu->iopf = NULL;
}

void smmu3_queues_start(struct smmu3_instance *smmu)
{
	writeq_relaxed(SMMU3_QBASE_ALLOC |
		       (smmu->cmdq_dma & SMMU3_QBASE_ADDR) |
		       FIELD_PREP(SMMU3_QBASE_LOG2SIZE,
				  smmu->cmdq.cfg.size_lg2),
		       smmu->page0 + SMMU3_CMDQ_BASE);
	smmu3_cmdq_start(&smmu->cmdq);
	smmu3_recq_start(smmu, &smmu->evtq);
	smmu3_recq_start(smmu, &smmu->priq);
}
