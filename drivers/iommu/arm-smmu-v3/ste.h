/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stream table: level-1 descriptors and stream table entries (STE).
 *
 * Section 5.1 and 5.2 of Arm IHI 0070.  The encoders are pure: they fill a
 * target in ordinary memory, all eight words of it, and only with bits that
 * smmu3_ste_used() reports for it.  smmu3_ste_publish() of entry.h makes a
 * target the live entry.
 */
#ifndef __SMMU3_STE_H
#define __SMMU3_STE_H

#include <linux/bitfield.h>
#include <linux/io-pgtable.h>
#include <linux/string.h>
#include <linux/types.h>

#include "regs.h"

#define SMMU3_STE_WORDS			8

/**
 * struct smmu3_ste - stream table entry
 * @w: words in memory order; each is written by one 64-bit store
 */
struct smmu3_ste {
	__le64 w[SMMU3_STE_WORDS];
};

/* 5.1 Level 1 stream table descriptor: @span - 1 is log2 of the STEs below */
#define SMMU3_L1STD_SPAN		GENMASK_ULL(4, 0)
#define SMMU3_L1STD_L2PTR		GENMASK_ULL(51, 6)

/* 5.2 STE, word 0 */
#define SMMU3_STE0_V			BIT_ULL(0)
#define SMMU3_STE0_CONFIG		GENMASK_ULL(3, 1)
#define SMMU3_STE_CONFIG_ABORT		0
#define SMMU3_STE_CONFIG_BYPASS		4
#define SMMU3_STE_CONFIG_S1		5
#define SMMU3_STE_CONFIG_S2		6
#define SMMU3_STE_CONFIG_NESTED		7
#define SMMU3_STE0_S1FMT		GENMASK_ULL(5, 4)
#define SMMU3_STE_S1FMT_LINEAR		0
#define SMMU3_STE_S1FMT_4K_L2		1
#define SMMU3_STE_S1FMT_64K_L2		2
#define SMMU3_STE0_S1CTXPTR		GENMASK_ULL(51, 6)
#define SMMU3_STE0_S1CDMAX		GENMASK_ULL(63, 59)

/* word 1 */
#define SMMU3_STE1_S1DSS		GENMASK_ULL(1, 0)
#define SMMU3_STE_S1DSS_TERMINATE	0
#define SMMU3_STE_S1DSS_BYPASS		1
#define SMMU3_STE_S1DSS_SSID0		2
#define SMMU3_STE1_S1CIR		GENMASK_ULL(3, 2)
#define SMMU3_STE1_S1COR		GENMASK_ULL(5, 4)
#define SMMU3_STE1_S1CSH		GENMASK_ULL(7, 6)
#define SMMU3_STE1_PPAR			BIT_ULL(18)
#define SMMU3_STE1_S2FWB		BIT_ULL(25)
#define SMMU3_STE1_S1STALLD		BIT_ULL(27)
#define SMMU3_STE1_EATS			GENMASK_ULL(29, 28)
#define SMMU3_STE_EATS_ABORT		0
#define SMMU3_STE_EATS_FULL		1
#define SMMU3_STE_EATS_SPLIT		2
#define SMMU3_STE1_STRW			GENMASK_ULL(31, 30)
#define SMMU3_STE_STRW_NSEL1		0
#define SMMU3_STE_STRW_EL2		2
#define SMMU3_STE1_SHCFG		GENMASK_ULL(45, 44)
#define SMMU3_STE_SHCFG_INCOMING	1

/* word 2 */
#define SMMU3_STE2_S2VMID		GENMASK_ULL(15, 0)
#define SMMU3_STE2_S2T0SZ		GENMASK_ULL(37, 32)
#define SMMU3_STE2_S2SL0		GENMASK_ULL(39, 38)
#define SMMU3_STE2_S2IR0		GENMASK_ULL(41, 40)
#define SMMU3_STE2_S2OR0		GENMASK_ULL(43, 42)
#define SMMU3_STE2_S2SH0		GENMASK_ULL(45, 44)
#define SMMU3_STE2_S2TG			GENMASK_ULL(47, 46)
#define SMMU3_STE2_S2PS			GENMASK_ULL(50, 48)
#define SMMU3_STE2_VTCR			GENMASK_ULL(50, 32)
#define SMMU3_STE2_S2AA64		BIT_ULL(51)
#define SMMU3_STE2_S2ENDI		BIT_ULL(52)
#define SMMU3_STE2_S2AFFD		BIT_ULL(53)
#define SMMU3_STE2_S2PTW		BIT_ULL(54)
#define SMMU3_STE2_S2HD			BIT_ULL(55)
#define SMMU3_STE2_S2HA			BIT_ULL(56)
#define SMMU3_STE2_S2S			BIT_ULL(57)
#define SMMU3_STE2_S2R			BIT_ULL(58)

/* word 3 */
#define SMMU3_STE3_S2TTB		GENMASK_ULL(51, 4)

/**
 * struct smmu3_ste_s1 - what a stage-1 entry is made of
 * @cdtab: DMA address of the context descriptor table, 64-byte aligned
 * @cdmax_lg2: log2 of the number of context descriptors
 * @fmt: SMMU3_STE_S1FMT_*
 * @s1dss: SMMU3_STE_S1DSS_*: what a transaction without PASID gets; ignored by
 *	hardware while @cdmax_lg2 is 0, but must be SSID0 then for encoding
 * @stalld: SMMU3_STE1_S1STALLD: no stalls, whatever the CD says
 * @el2: stream world EL2 (E2H), else non-secure EL1 with VMID 0
 * @ats: translation requests are answered in full
 * @ppar: what the unit answers to page requests by itself carries the PASID
 * @incoming: transactions that bypass stage 1 keep their shareability; wanted
 *	where SMMU3_IDR1_ATTR_TYPES_OVR is set
 */
struct smmu3_ste_s1 {
	dma_addr_t cdtab;
	u8 cdmax_lg2;
	u8 fmt;
	u8 s1dss;
	bool stalld;
	bool el2;
	bool ats;
	bool ppar;
	bool incoming;
};

/**
 * struct smmu3_ste_s2 - what a stage-2 entry is made of
 * @vmid: tag, not 0
 * @stall: faults stall (S2S); else they terminate
 * @ats: translation requests are answered in full
 * @incoming: as in &struct smmu3_ste_s1
 * @big_endian: tables are big-endian
 */
struct smmu3_ste_s2 {
	u16 vmid;
	bool stall;
	bool ats;
	bool incoming;
	bool big_endian;
};

/**
 * smmu3_ste_abort() - encode: terminate everything, record nothing
 * @ste: target
 */
static inline void smmu3_ste_abort(struct smmu3_ste *ste)
{
	memset(ste, 0, sizeof(*ste));
	ste->w[0] = cpu_to_le64(SMMU3_STE0_V |
				FIELD_PREP(SMMU3_STE0_CONFIG,
					   SMMU3_STE_CONFIG_ABORT));
}

/**
 * smmu3_ste_bypass() - encode: no translation
 * @ste: target
 * @incoming: keep the shareability of transactions, see &struct smmu3_ste_s1
 */
static inline void smmu3_ste_bypass(struct smmu3_ste *ste, bool incoming)
{
	memset(ste, 0, sizeof(*ste));
	ste->w[0] = cpu_to_le64(SMMU3_STE0_V |
				FIELD_PREP(SMMU3_STE0_CONFIG,
					   SMMU3_STE_CONFIG_BYPASS));
	if (incoming)
		ste->w[1] = cpu_to_le64(FIELD_PREP(SMMU3_STE1_SHCFG,
						   SMMU3_STE_SHCFG_INCOMING));
}

/**
 * smmu3_ste_s1() - encode: stage 1 through a context descriptor table
 * @ste: target
 * @s1: its parts
 *
 * The table is fetched write-back, inner shareable; on an instance that is not
 * coherent these attributes have no effect.
 */
static inline void smmu3_ste_s1(struct smmu3_ste *ste,
				const struct smmu3_ste_s1 *s1)
{
	u64 w1;

	memset(ste, 0, sizeof(*ste));
	ste->w[0] = cpu_to_le64(SMMU3_STE0_V |
				FIELD_PREP(SMMU3_STE0_CONFIG,
					   SMMU3_STE_CONFIG_S1) |
				FIELD_PREP(SMMU3_STE0_S1FMT, s1->fmt) |
				(s1->cdtab & SMMU3_STE0_S1CTXPTR) |
				FIELD_PREP(SMMU3_STE0_S1CDMAX, s1->cdmax_lg2));

	w1 = FIELD_PREP(SMMU3_STE1_S1DSS, s1->s1dss) |
	     FIELD_PREP(SMMU3_STE1_S1CIR, SMMU3_MEM_CACHE_WB) |
	     FIELD_PREP(SMMU3_STE1_S1COR, SMMU3_MEM_CACHE_WB) |
	     FIELD_PREP(SMMU3_STE1_S1CSH, SMMU3_MEM_SH_ISH) |
	     FIELD_PREP(SMMU3_STE1_EATS, s1->ats ? SMMU3_STE_EATS_FULL :
						   SMMU3_STE_EATS_ABORT) |
	     FIELD_PREP(SMMU3_STE1_STRW, s1->el2 ? SMMU3_STE_STRW_EL2 :
						   SMMU3_STE_STRW_NSEL1);
	if (s1->stalld)
		w1 |= SMMU3_STE1_S1STALLD;
	if (s1->ppar)
		w1 |= SMMU3_STE1_PPAR;
	if (s1->incoming && s1->s1dss == SMMU3_STE_S1DSS_BYPASS)
		w1 |= FIELD_PREP(SMMU3_STE1_SHCFG, SMMU3_STE_SHCFG_INCOMING);
	ste->w[1] = cpu_to_le64(w1);
}

/**
 * smmu3_ste_s2() - encode: stage 2 only
 * @ste: target
 * @s2: its parts
 * @cfg: of an LPAE stage-2 table
 */
static inline void smmu3_ste_s2(struct smmu3_ste *ste,
				const struct smmu3_ste_s2 *s2,
				const struct io_pgtable_cfg *cfg)
{
	const typeof(cfg->arm_lpae_s2_cfg.vtcr) *vtcr =
		&cfg->arm_lpae_s2_cfg.vtcr;
	u64 w1, w2;

	memset(ste, 0, sizeof(*ste));
	ste->w[0] = cpu_to_le64(SMMU3_STE0_V |
				FIELD_PREP(SMMU3_STE0_CONFIG,
					   SMMU3_STE_CONFIG_S2));

	w1 = FIELD_PREP(SMMU3_STE1_EATS, s2->ats ? SMMU3_STE_EATS_FULL :
						   SMMU3_STE_EATS_ABORT);
	if (s2->incoming)
		w1 |= FIELD_PREP(SMMU3_STE1_SHCFG, SMMU3_STE_SHCFG_INCOMING);
	ste->w[1] = cpu_to_le64(w1);

	w2 = FIELD_PREP(SMMU3_STE2_S2VMID, s2->vmid) |
	     FIELD_PREP(SMMU3_STE2_S2T0SZ, vtcr->tsz) |
	     FIELD_PREP(SMMU3_STE2_S2SL0, vtcr->sl) |
	     FIELD_PREP(SMMU3_STE2_S2IR0, vtcr->irgn) |
	     FIELD_PREP(SMMU3_STE2_S2OR0, vtcr->orgn) |
	     FIELD_PREP(SMMU3_STE2_S2SH0, vtcr->sh) |
	     FIELD_PREP(SMMU3_STE2_S2TG, vtcr->tg) |
	     FIELD_PREP(SMMU3_STE2_S2PS, vtcr->ps) |
	     SMMU3_STE2_S2AA64 | SMMU3_STE2_S2PTW | SMMU3_STE2_S2R;
	if (s2->big_endian)
		w2 |= SMMU3_STE2_S2ENDI;
	if (s2->stall)
		w2 |= SMMU3_STE2_S2S;
	ste->w[2] = cpu_to_le64(w2);
	ste->w[3] = cpu_to_le64(cfg->arm_lpae_s2_cfg.vttbr &
				SMMU3_STE3_S2TTB);
}

/**
 * smmu3_l1std() - encode a level-1 stream table descriptor
 * @l2: DMA address of the level-2 table, aligned to its size
 * @split_lg2: log2 of the entries that the level-2 table has
 *
 * Return: the descriptor, as it lies in memory.
 */
static inline __le64 smmu3_l1std(dma_addr_t l2, unsigned int split_lg2)
{
	return cpu_to_le64((l2 & SMMU3_L1STD_L2PTR) |
			   FIELD_PREP(SMMU3_L1STD_SPAN, split_lg2 + 1));
}

/**
 * smmu3_ste_used() - which bits of an entry does hardware look at?
 * @ste: entry, as its eight words
 * @used: eight words, set to a mask of the bits that matter
 *
 * Depends on nothing but bits that are used themselves.
 */
void smmu3_ste_used(const __le64 *ste, __le64 *used);

#endif /* __SMMU3_STE_H */
