/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of the fields of TCR and VTCR (Arm ARM, D19.2: TCR_EL1, VTCR_EL2), as
 * LPAE tables report them and drivers program them.
 */
#ifndef IO_PGTABLE_ARM_H_
#define IO_PGTABLE_ARM_H_

/* Size of output addresses */
#define ARM_LPAE_TCR_PS_52_BIT	0x6ULL
#define ARM_LPAE_TCR_PS_48_BIT	0x5ULL
#define ARM_LPAE_TCR_PS_44_BIT	0x4ULL
#define ARM_LPAE_TCR_PS_42_BIT	0x3ULL
#define ARM_LPAE_TCR_PS_40_BIT	0x2ULL
#define ARM_LPAE_TCR_PS_36_BIT	0x1ULL
#define ARM_LPAE_TCR_PS_32_BIT	0x0ULL

/* Cacheability of table walks */
#define ARM_LPAE_TCR_RGN_WB	3
#define ARM_LPAE_TCR_RGN_WT	2
#define ARM_LPAE_TCR_RGN_WBWA	1
#define ARM_LPAE_TCR_RGN_NC	0

/* Shareability of table walks */
#define ARM_LPAE_TCR_SH_IS	3
#define ARM_LPAE_TCR_SH_OS	2
#define ARM_LPAE_TCR_SH_NS	0

/* Granule of the tables at TTBR1: coded otherwise than that of TTBR0 */
#define ARM_LPAE_TCR_TG1_64K	3
#define ARM_LPAE_TCR_TG1_4K	2
#define ARM_LPAE_TCR_TG1_16K	1

/* Granule of the tables at TTBR0 and at VTTBR */
#define ARM_LPAE_TCR_TG0_16K	2
#define ARM_LPAE_TCR_TG0_64K	1
#define ARM_LPAE_TCR_TG0_4K	0

#endif /* IO_PGTABLE_ARM_H_ */
