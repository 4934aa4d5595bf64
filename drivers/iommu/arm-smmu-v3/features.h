/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an instance can do: the identification registers, decoded once.
 */
#ifndef __SMMU3_FEATURES_H
#define __SMMU3_FEATURES_H

#include <linux/bits.h>
#include <linux/types.h>

struct seq_file;

/* Bits of struct smmu3_features.flags */
#define SMMU3_FEAT_S1			BIT(0)	/* stage 1 */
#define SMMU3_FEAT_S2			BIT(1)	/* stage 2 */
#define SMMU3_FEAT_NESTING		BIT(2)	/* both at once, and it works */
#define SMMU3_FEAT_STRTAB_2LVL		BIT(3)	/* two-level stream table */
#define SMMU3_FEAT_CDTAB_2LVL		BIT(4)	/* two-level CD table */
#define SMMU3_FEAT_ATS			BIT(5)
#define SMMU3_FEAT_PRI			BIT(6)
#define SMMU3_FEAT_SEV			BIT(7)	/* WFE wakes on queue progress */
#define SMMU3_FEAT_MSI			BIT(8)
#define SMMU3_FEAT_HYP			BIT(9)	/* non-secure EL2 world */
#define SMMU3_FEAT_E2H			BIT(10)	/* used in the EL2-E2H world */
#define SMMU3_FEAT_RIL			BIT(11)	/* invalidation by range */
#define SMMU3_FEAT_STALLS		BIT(12)	/* faults may stall */
#define SMMU3_FEAT_STALL_FORCE		BIT(13)	/* faults always stall */
#define SMMU3_FEAT_HA			BIT(14)	/* hardware access flag */
#define SMMU3_FEAT_HD			BIT(15)	/* hardware dirty state */
#define SMMU3_FEAT_VAX			BIT(16)	/* 52-bit input addresses */
#define SMMU3_FEAT_ATTR_OVERRIDE	BIT(17)	/* STE may override attributes */
#define SMMU3_FEAT_AARCH32		BIT(18)	/* AArch32 tables as well */
#define SMMU3_FEAT_COHACC		BIT(19)	/* registers say: coherent */
#define SMMU3_FEAT_COHERENT		BIT(20)	/* firmware says: coherent */
#define SMMU3_FEAT_PAGE0_ONLY		BIT(21)	/* page 1 registers on page 0 */
#define SMMU3_FEAT_ATS_RECORDS		BIT(22)	/* events of failed ATS requests */

/**
 * enum smmu3_idr - identification registers that the driver reads
 * @SMMU3_ID_IDR0: stages, formats, messages
 * @SMMU3_ID_IDR1: sizes of tables, queues and ids
 * @SMMU3_ID_IDR3: range invalidation
 * @SMMU3_ID_IDR5: granules and address sizes
 * @SMMU3_ID_IIDR: who made it, and which one it is
 * @SMMU3_ID_COUNT: number of registers
 */
enum smmu3_idr {
	SMMU3_ID_IDR0,
	SMMU3_ID_IDR1,
	SMMU3_ID_IDR3,
	SMMU3_ID_IDR5,
	SMMU3_ID_IIDR,
	SMMU3_ID_COUNT,
};

/**
 * struct smmu3_id_regs - identification registers as read
 * @val: values by &enum smmu3_idr
 */
struct smmu3_id_regs {
	u32 val[SMMU3_ID_COUNT];
};

/**
 * struct smmu3_features - what an instance can do
 * @flags: SMMU3_FEAT_*
 * @iidr: SMMU_IIDR as read
 * @oas: size of output addresses, in bits
 * @sid_bits: size of stream ids
 * @ssid_bits: size of substream ids (PASIDs), 0 if there are none
 * @asid_bits: size of the tags of stage 1
 * @vmid_bits: size of the tags of stage 2
 * @cmdq_lg2: most entries of the command queue
 * @evtq_lg2: most entries of the event queue
 * @priq_lg2: most entries of the PRI queue
 * @pgsize_bitmap: every page and block size that its granules give
 *
 * Constant once the instance is probed.
 */
struct smmu3_features {
	u32 flags;
	u32 iidr;
	u8 oas;
	u8 sid_bits;
	u8 ssid_bits;
	u8 asid_bits;
	u8 vmid_bits;
	u8 cmdq_lg2;
	u8 evtq_lg2;
	u8 priq_lg2;
	unsigned long pgsize_bitmap;
};

/**
 * smmu3_features_decode() - turn register values into features
 * @regs: values
 * @feat: result
 *
 * Pure: no register is touched, so that it runs in a test.
 *
 * Return: NULL if the instance is usable; otherwise what makes it unusable, in
 * words for the log.
 */
const char *smmu3_features_decode(const struct smmu3_id_regs *regs,
				  struct smmu3_features *feat);

/**
 * smmu3_features_show() - list the features for a reader
 * @s: file
 * @feat: features
 */
void smmu3_features_show(struct seq_file *s, const struct smmu3_features *feat);

#endif /* __SMMU3_FEATURES_H */
