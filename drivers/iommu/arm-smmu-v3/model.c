// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of the software SMMUv3: chapter 6 of Arm IHI 0070.
 *
 * The unit goes by what it has accepted (@shadow), which is what the driver
 * reads (@reg) but for writes that it has not noticed yet.
 */
#include <linux/bitfield.h>

#include "model_priv.h"

u32 smmu3_model_get(struct smmu3_model *model, u32 offset)
{
	return READ_ONCE(model->reg[offset / 4]);
}

void smmu3m_set(struct smmu3_model *model, u32 offset, u32 val)
{
	model->state->shadow[offset / 4] = val;
	/* What the value announces was stored before it */
	smp_store_release(&model->reg[offset / 4], val);
}

void smmu3_model_set(struct smmu3_model *model, u32 offset, u32 val)
{
	unsigned long flags;

	smmu3m_lock(model, &flags);
	smmu3m_set(model, offset, val);
	smmu3m_unlock(model, flags);
}

u64 smmu3m_get64(struct smmu3_model *model, u32 offset)
{
	return smmu3m_get(model, offset) |
	       (u64)smmu3m_get(model, offset + 4) << 32;
}

/* What may be written only while something is off */

struct guard {
	u16 offset;
	bool page1;
	/* 64 bits wide */
	bool wide;
	u32 cr0;
	u32 irq;
};

#define ANY_QUEUE	(SMMU3_CR0_CMDQEN | SMMU3_CR0_EVENTQEN | \
			 SMMU3_CR0_PRIQEN)

static const struct guard guards[] = {
	{ .offset = SMMU3_CR1, .cr0 = SMMU3_CR0_SMMUEN | ANY_QUEUE },
	{ .offset = SMMU3_CR2, .cr0 = SMMU3_CR0_SMMUEN },
	{ .offset = SMMU3_STRTAB_BASE, .wide = true, .cr0 = SMMU3_CR0_SMMUEN },
	{ .offset = SMMU3_STRTAB_BASE_CFG, .cr0 = SMMU3_CR0_SMMUEN },
	{ .offset = SMMU3_CMDQ_BASE, .wide = true, .cr0 = SMMU3_CR0_CMDQEN },
	{ .offset = SMMU3_CMDQ_CONS, .cr0 = SMMU3_CR0_CMDQEN },
	{ .offset = SMMU3_EVENTQ_BASE, .wide = true,
	  .cr0 = SMMU3_CR0_EVENTQEN },
	{ .offset = SMMU3_PAGE1_EVENTQ_PROD, .page1 = true,
	  .cr0 = SMMU3_CR0_EVENTQEN },
	{ .offset = SMMU3_PRIQ_BASE, .wide = true, .cr0 = SMMU3_CR0_PRIQEN },
	{ .offset = SMMU3_PAGE1_PRIQ_PROD, .page1 = true,
	  .cr0 = SMMU3_CR0_PRIQEN },
	{ .offset = SMMU3_GERROR_IRQ_CFG0, .wide = true,
	  .irq = SMMU3_IRQ_CTRL_GERROR },
	{ .offset = SMMU3_GERROR_IRQ_CFG1, .irq = SMMU3_IRQ_CTRL_GERROR },
	{ .offset = SMMU3_GERROR_IRQ_CFG2, .irq = SMMU3_IRQ_CTRL_GERROR },
	{ .offset = SMMU3_EVENTQ_IRQ_CFG0, .wide = true,
	  .irq = SMMU3_IRQ_CTRL_EVENTQ },
	{ .offset = SMMU3_EVENTQ_IRQ_CFG1, .irq = SMMU3_IRQ_CTRL_EVENTQ },
	{ .offset = SMMU3_EVENTQ_IRQ_CFG2, .irq = SMMU3_IRQ_CTRL_EVENTQ },
	{ .offset = SMMU3_PRIQ_IRQ_CFG0, .wide = true,
	  .irq = SMMU3_IRQ_CTRL_PRIQ },
	{ .offset = SMMU3_PRIQ_IRQ_CFG1, .irq = SMMU3_IRQ_CTRL_PRIQ },
	{ .offset = SMMU3_PRIQ_IRQ_CFG2, .irq = SMMU3_IRQ_CTRL_PRIQ },
};

/* Off is what the unit has acknowledged to be off */
static void check_guards(struct smmu3_model *model, u32 offset)
{
	u32 cr0 = smmu3m_get(model, SMMU3_CR0) |
		  smmu3m_get(model, SMMU3_CR0ACK);
	u32 irq = smmu3m_get(model, SMMU3_IRQ_CTRL) |
		  smmu3m_get(model, SMMU3_IRQ_CTRLACK);
	int i;

	for (i = 0; i < ARRAY_SIZE(guards); i++) {
		const struct guard *g = &guards[i];
		u32 at = g->offset + (g->page1 ? SMMU3_PAGE1 : 0);

		if ((offset == at || (g->wide && offset == at + 4)) &&
		    (g->cr0 & cr0 || g->irq & irq))
			smmu3m_complain(model,
					"register %#x is written while in use",
					offset);
	}
}

static bool read_only(u32 offset)
{
	return offset < SMMU3_CR0 || offset == SMMU3_CR0ACK ||
	       offset == SMMU3_STATUSR || offset == SMMU3_IRQ_CTRLACK ||
	       offset == SMMU3_GERROR;
}

/* What must be right when it is switched on */

static void check_queue(struct smmu3_model *model, u32 base, u32 max_lg2,
			unsigned int entry_lg2)
{
	u64 val = smmu3m_get64(model, base);
	u32 lg2 = FIELD_GET(SMMU3_QBASE_LOG2SIZE, val);
	unsigned int size_lg2 = max(lg2 + entry_lg2, 5U);

	if (lg2 > max_lg2)
		smmu3m_complain(model,
				"queue of register %#x has 2^%u entries, at most 2^%u go",
				base, lg2, max_lg2);
	if (val & SMMU3_QBASE_ADDR & (BIT_ULL(size_lg2) - 1))
		smmu3m_complain(model,
				"queue of register %#x is not aligned to its size",
				base);
}

static void check_strtab(struct smmu3_model *model)
{
	u64 base = smmu3m_get64(model, SMMU3_STRTAB_BASE) &
		   SMMU3_STRTAB_BASE_ADDR;
	u32 cfg = smmu3m_get(model, SMMU3_STRTAB_BASE_CFG);
	u32 lg2 = FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg);
	u32 split = FIELD_GET(SMMU3_STRTAB_CFG_SPLIT, cfg);
	unsigned int size_lg2 = lg2 + 6;

	if (lg2 > FIELD_GET(SMMU3_IDR1_SIDSIZE, smmu3m_get(model, SMMU3_IDR1)))
		smmu3m_complain(model,
				"stream table has 2^%u streams, more than SIDSIZE",
				lg2);
	if (FIELD_GET(SMMU3_STRTAB_CFG_FMT, cfg) == SMMU3_STRTAB_FMT_2LVL) {
		if (split != 6 && split != 8 && split != 10)
			smmu3m_complain(model, "stream table split %u is reserved",
					split);
		if (!FIELD_GET(SMMU3_IDR0_ST_LEVEL,
			       smmu3m_get(model, SMMU3_IDR0)))
			smmu3m_complain(model,
					"two-level stream tables are not there");
		size_lg2 = lg2 > split ? max(lg2 - split + 3, 6U) : 6;
	}
	if (base & (BIT_ULL(size_lg2) - 1))
		smmu3m_complain(model,
				"stream table is not aligned to its size");
}

static void check_enable(struct smmu3_model *model, u32 rising)
{
	u32 idr0 = smmu3m_get(model, SMMU3_IDR0);
	u32 idr1 = smmu3m_get(model, SMMU3_IDR1);

	if (rising & SMMU3_CR0_CMDQEN)
		check_queue(model, SMMU3_CMDQ_BASE,
			    FIELD_GET(SMMU3_IDR1_CMDQS, idr1),
			    SMMU3_CMD_BYTES_LG2);
	if (rising & SMMU3_CR0_EVENTQEN)
		check_queue(model, SMMU3_EVENTQ_BASE,
			    FIELD_GET(SMMU3_IDR1_EVENTQS, idr1),
			    SMMU3_EVT_BYTES_LG2);
	if (rising & SMMU3_CR0_PRIQEN)
		check_queue(model, SMMU3_PRIQ_BASE,
			    FIELD_GET(SMMU3_IDR1_PRIQS, idr1), 4);
	if (rising & SMMU3_CR0_PRIQEN && !(idr0 & SMMU3_IDR0_PRI))
		smmu3m_complain(model, "PRIQEN, but PRI is not there");
	if (rising & SMMU3_CR0_ATSCHK && !(idr0 & SMMU3_IDR0_ATS))
		smmu3m_complain(model, "ATSCHK, but ATS is not there");
	if (rising & SMMU3_CR0_SMMUEN)
		check_strtab(model);
}

/* Registers whose writes do something */

static void write_cr0(struct smmu3_model *model, u32 val)
{
	u32 old = smmu3m_get(model, SMMU3_CR0);
	u32 known = SMMU3_CR0_SMMUEN | ANY_QUEUE | SMMU3_CR0_ATSCHK |
		    SMMU3_CR0_VMW;

	if (val & ~known)
		smmu3m_complain(model, "CR0 %#x has reserved bits", val);
	if (!model->ack_stuck && val != old &&
	    old != smmu3m_get(model, SMMU3_CR0ACK))
		smmu3m_complain(model, "CR0 is written while an update is under way");
	check_enable(model, val & ~old);
	smmu3m_set(model, SMMU3_CR0, val);
	if (!model->ack_stuck)
		smmu3m_set(model, SMMU3_CR0ACK, val);
	if (!(val & SMMU3_CR0_SMMUEN))
		smmu3m_stall_end_all(model);
	smmu3m_consume(model);
}

static void write_gbpa(struct smmu3_model *model, u32 val)
{
	u32 old = smmu3m_get(model, SMMU3_GBPA);

	if (old & SMMU3_GBPA_UPDATE)
		smmu3m_complain(model, "GBPA is written while an update is under way");
	if (model->gbpa_missing || !(val & SMMU3_GBPA_UPDATE))
		val = old;
	else if (!model->gbpa_stuck)
		val &= ~SMMU3_GBPA_UPDATE;
	smmu3m_set(model, SMMU3_GBPA, val);
}

static void write_gerrorn(struct smmu3_model *model, u32 val)
{
	u32 gerror = smmu3m_get(model, SMMU3_GERROR);
	u32 active = gerror ^ smmu3m_get(model, SMMU3_GERRORN);

	if ((val ^ gerror) & ~active & SMMU3_GERROR_ALL)
		smmu3m_complain(model,
				"GERRORN %#x acknowledges errors that are not active",
				val);
	smmu3m_set(model, SMMU3_GERRORN, val);
	smmu3m_consume(model);
}

static void write_irq_ctrl(struct smmu3_model *model, u32 val)
{
	smmu3m_set(model, SMMU3_IRQ_CTRL, val);
	if (!model->ack_stuck)
		smmu3m_set(model, SMMU3_IRQ_CTRLACK, val);
}

void smmu3m_write_reg(struct smmu3_model *model, u32 offset, u32 val)
{
	if (model->off)
		smmu3m_complain(model, "register %#x is written without power",
				offset);
	if (read_only(offset)) {
		smmu3m_complain(model, "register %#x is read only", offset);
		smmu3m_set(model, offset, smmu3m_get(model, offset));
		return;
	}
	check_guards(model, offset);
	switch (offset) {
	case SMMU3_CR0:
		write_cr0(model, val);
		return;
	case SMMU3_GBPA:
		write_gbpa(model, val);
		return;
	case SMMU3_IRQ_CTRL:
		write_irq_ctrl(model, val);
		return;
	case SMMU3_GERRORN:
		write_gerrorn(model, val);
		return;
	case SMMU3_CMDQ_PROD:
		smmu3m_set(model, offset, val);
		smmu3m_consume(model);
		return;
	case SMMU3M_EVTQ_CONS:
		smmu3m_set(model, offset, val);
		smmu3m_record_late(model);
		return;
	default:
		smmu3m_set(model, offset, val);
	}
}

void smmu3_model_write(struct smmu3_model *model, u32 offset, u32 val)
{
	unsigned long flags;

	smmu3m_lock(model, &flags);
	smmu3m_write_reg(model, offset, val);
	smmu3m_unlock(model, flags);
}

int smmu3_model_find_write(struct smmu3_model *model, u32 offset, u32 mask,
			   u32 val)
{
	unsigned int i;

	for (i = 0; i < model->num_writes; i++)
		if (model->writes[i].offset == offset &&
		    ((u32)model->writes[i].val & mask) == val)
			return i;
	return -1;
}
