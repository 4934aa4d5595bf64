/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Context descriptors (CD) and the level-1 descriptors of their tables.
 *
 * Section 5.3 and 5.4 of Arm IHI 0070.  The encoders are pure: they fill a
 * target in ordinary memory, all eight words of it, and only with bits that
 * smmu3_cd_used() reports for it.  smmu3_cd_publish() of entry.h makes a
 * target the live descriptor.
 */
#ifndef __SMMU3_CD_H
#define __SMMU3_CD_H

#include <linux/bitfield.h>
#include <linux/io-pgtable.h>
#include <linux/string.h>
#include <linux/types.h>

#include "regs.h"

#define SMMU3_CD_WORDS			8

/**
 * struct smmu3_cd - context descriptor
 * @w: words in memory order; each is written by one 64-bit store
 */
struct smmu3_cd {
	__le64 w[SMMU3_CD_WORDS];
};

/* 5.3 Level 1 context descriptor; a leaf holds 1024 CDs in 64 KiB, or 64 in 4 */
#define SMMU3_L1CD_V			BIT_ULL(0)
#define SMMU3_L1CD_L2PTR		GENMASK_ULL(51, 12)

/* 5.4 CD, word 0 */
#define SMMU3_CD0_T0SZ			GENMASK_ULL(5, 0)
#define SMMU3_CD0_TG0			GENMASK_ULL(7, 6)
#define SMMU3_CD_TG0_4K			0
#define SMMU3_CD_TG0_64K		1
#define SMMU3_CD_TG0_16K		2
#define SMMU3_CD0_IR0			GENMASK_ULL(9, 8)
#define SMMU3_CD0_OR0			GENMASK_ULL(11, 10)
#define SMMU3_CD0_SH0			GENMASK_ULL(13, 12)
#define SMMU3_CD0_EPD0			BIT_ULL(14)
#define SMMU3_CD0_ENDI			BIT_ULL(15)
#define SMMU3_CD0_T1SZ			GENMASK_ULL(21, 16)
#define SMMU3_CD0_TG1			GENMASK_ULL(23, 22)
#define SMMU3_CD0_IR1			GENMASK_ULL(25, 24)
#define SMMU3_CD0_OR1			GENMASK_ULL(27, 26)
#define SMMU3_CD0_SH1			GENMASK_ULL(29, 28)
#define SMMU3_CD0_EPD1			BIT_ULL(30)
#define SMMU3_CD0_V			BIT_ULL(31)
#define SMMU3_CD0_IPS			GENMASK_ULL(34, 32)
#define SMMU3_CD0_AFFD			BIT_ULL(35)
#define SMMU3_CD0_WXN			BIT_ULL(36)
#define SMMU3_CD0_UWXN			BIT_ULL(37)
#define SMMU3_CD0_TBI0			BIT_ULL(38)
#define SMMU3_CD0_TBI1			BIT_ULL(39)
#define SMMU3_CD0_PAN			BIT_ULL(40)
#define SMMU3_CD0_AA64			BIT_ULL(41)
#define SMMU3_CD0_HD			BIT_ULL(42)
#define SMMU3_CD0_HA			BIT_ULL(43)
#define SMMU3_CD0_S			BIT_ULL(44)
#define SMMU3_CD0_R			BIT_ULL(45)
#define SMMU3_CD0_A			BIT_ULL(46)
#define SMMU3_CD0_ASET			BIT_ULL(47)
#define SMMU3_CD0_ASID			GENMASK_ULL(63, 48)

/* words 1 and 2; word 3 is MAIR */
#define SMMU3_CD1_TTB0			GENMASK_ULL(51, 4)
#define SMMU3_CD2_TTB1			GENMASK_ULL(51, 4)

/**
 * struct smmu3_cd_s1 - what a stage-1 context descriptor is made of
 * @ttbr: address of the top table
 * @mair: memory attributes
 * @asid: tag, not 0
 * @tsz: 64 minus the input address size in bits
 * @tg: SMMU3_CD_TG0_*
 * @irgn: inner cacheability of walks, as in TCR_EL1.IRGN0
 * @orgn: outer cacheability of walks, as in TCR_EL1.ORGN0
 * @sh: shareability of walks, as in TCR_EL1.SH0
 * @ips: output address size, SMMU3_OAS_*
 * @ha: hardware sets the access flag
 * @hd: hardware sets the dirty state
 * @stall: faults stall; else they terminate
 * @aset: the ASID is not shared with CPUs: broadcast invalidations skip it
 * @affd: a clear access flag is no fault
 * @quiet: no walks (EPD0) and no fault records: an address space that is gone
 *	while its users have not noticed; @stall stays as it is
 * @big_endian: tables are big-endian
 */
struct smmu3_cd_s1 {
	u64 ttbr;
	u64 mair;
	u16 asid;
	u8 tsz;
	u8 tg;
	u8 irgn;
	u8 orgn;
	u8 sh;
	u8 ips;
	bool ha;
	bool hd;
	bool stall;
	bool aset;
	bool affd;
	bool quiet;
	bool big_endian;
};

/**
 * smmu3_cd_s1_from_cfg() - parts for a table of our own
 * @s1: set; flags that @cfg says nothing about are left clear, except @aset
 * @cfg: of an LPAE stage-1 table for the lower half of the input addresses
 * @asid: tag
 */
static inline void smmu3_cd_s1_from_cfg(struct smmu3_cd_s1 *s1,
					const struct io_pgtable_cfg *cfg,
					u16 asid)
{
	const typeof(cfg->arm_lpae_s1_cfg.tcr) *tcr = &cfg->arm_lpae_s1_cfg.tcr;
	bool hd = cfg->quirks & IO_PGTABLE_QUIRK_ARM_HD;

	*s1 = (struct smmu3_cd_s1) {
		.ttbr = cfg->arm_lpae_s1_cfg.ttbr,
		.mair = cfg->arm_lpae_s1_cfg.mair,
		.asid = asid,
		.tsz = tcr->tsz,
		.tg = tcr->tg,
		.irgn = tcr->irgn,
		.orgn = tcr->orgn,
		.sh = tcr->sh,
		.ips = tcr->ips,
		.ha = hd,
		.hd = hd,
		.aset = true,
	};
}

/**
 * smmu3_cd_s1() - encode a stage-1 context descriptor
 * @cd: target
 * @s1: its parts
 *
 * The upper half of the input addresses is disabled.  Faults are recorded (R)
 * and abort the transaction (A) rather than read as zero.
 */
static inline void smmu3_cd_s1(struct smmu3_cd *cd,
			       const struct smmu3_cd_s1 *s1)
{
	u64 w0 = SMMU3_CD0_V | SMMU3_CD0_AA64 | SMMU3_CD0_EPD1 | SMMU3_CD0_A |
		 FIELD_PREP(SMMU3_CD0_IPS, s1->ips) |
		 FIELD_PREP(SMMU3_CD0_ASID, s1->asid);

	memset(cd, 0, sizeof(*cd));
	if (s1->quiet) {
		w0 |= SMMU3_CD0_EPD0;
	} else {
		w0 |= FIELD_PREP(SMMU3_CD0_T0SZ, s1->tsz) |
		      FIELD_PREP(SMMU3_CD0_TG0, s1->tg) |
		      FIELD_PREP(SMMU3_CD0_IR0, s1->irgn) |
		      FIELD_PREP(SMMU3_CD0_OR0, s1->orgn) |
		      FIELD_PREP(SMMU3_CD0_SH0, s1->sh) |
		      SMMU3_CD0_R;
		cd->w[1] = cpu_to_le64(s1->ttbr & SMMU3_CD1_TTB0);
	}
	w0 |= (s1->ha ? SMMU3_CD0_HA : 0) | (s1->hd ? SMMU3_CD0_HD : 0) |
	      (s1->stall ? SMMU3_CD0_S : 0) |
	      (s1->aset ? SMMU3_CD0_ASET : 0) |
	      (s1->affd ? SMMU3_CD0_AFFD : 0) |
	      (s1->big_endian ? SMMU3_CD0_ENDI : 0);
	cd->w[0] = cpu_to_le64(w0);
	cd->w[3] = cpu_to_le64(s1->mair);
}

/**
 * smmu3_cd_none() - encode: nothing there, the transaction faults
 * @cd: target
 */
static inline void smmu3_cd_none(struct smmu3_cd *cd)
{
	memset(cd, 0, sizeof(*cd));
}

/**
 * smmu3_l1cd() - encode a level-1 context descriptor
 * @leaf: DMA address of the leaf table, 4 KiB aligned
 *
 * Return: the descriptor, as it lies in memory.
 */
static inline __le64 smmu3_l1cd(dma_addr_t leaf)
{
	return cpu_to_le64((leaf & SMMU3_L1CD_L2PTR) | SMMU3_L1CD_V);
}

/**
 * smmu3_cd_used() - which bits of a descriptor does hardware look at?
 * @cd: descriptor, as its eight words
 * @used: eight words, set to a mask of the bits that matter
 *
 * Depends on nothing but bits that are used themselves.
 */
void smmu3_cd_used(const __le64 *cd, __le64 *used);

#endif /* __SMMU3_CD_H */
