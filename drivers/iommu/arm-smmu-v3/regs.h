/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers of an SMMUv3, non-secure programming interface.
 *
 * Section numbers are those of Arm IHI 0070.  Offsets are from the start of
 * register page 0 unless the name contains PAGE1.  All registers are 32 bits
 * wide except the *_BASE and *_IRQ_CFG0 ones, which have 64.
 */
#ifndef __SMMU3_REGS_H
#define __SMMU3_REGS_H

#include <linux/bits.h>
#include <linux/bitfield.h>

/* Page 1 starts here, whatever the granule of the CPU */
#define SMMU3_PAGE1			0x10000
/* Architected part of either page; what lies beyond belongs to others */
#define SMMU3_PAGE_USED			0xe00

/* 6.3.1 SMMU_IDR0 */
#define SMMU3_IDR0			0x00
#define SMMU3_IDR0_S2P			BIT(0)
#define SMMU3_IDR0_S1P			BIT(1)
#define SMMU3_IDR0_TTF			GENMASK(3, 2)
#define SMMU3_TTF_AARCH32		1
#define SMMU3_TTF_AARCH64		2
#define SMMU3_TTF_BOTH			3
#define SMMU3_IDR0_COHACC		BIT(4)
#define SMMU3_IDR0_BTM			BIT(5)
#define SMMU3_IDR0_HTTU			GENMASK(7, 6)
#define SMMU3_HTTU_NONE			0
#define SMMU3_HTTU_ACCESS		1
#define SMMU3_HTTU_ACCESS_DIRTY		2
#define SMMU3_IDR0_DORMHINT		BIT(8)
#define SMMU3_IDR0_HYP			BIT(9)
#define SMMU3_IDR0_ATS			BIT(10)
#define SMMU3_IDR0_NS1ATS		BIT(11)
#define SMMU3_IDR0_ASID16		BIT(12)
#define SMMU3_IDR0_MSI			BIT(13)
#define SMMU3_IDR0_SEV			BIT(14)
#define SMMU3_IDR0_ATOS			BIT(15)
#define SMMU3_IDR0_PRI			BIT(16)
#define SMMU3_IDR0_VMW			BIT(17)
#define SMMU3_IDR0_VMID16		BIT(18)
#define SMMU3_IDR0_CD2L			BIT(19)
#define SMMU3_IDR0_VATOS		BIT(20)
#define SMMU3_IDR0_TTENDIAN		GENMASK(22, 21)
#define SMMU3_TTENDIAN_MIXED		0
#define SMMU3_TTENDIAN_LITTLE		2
#define SMMU3_TTENDIAN_BIG		3
#define SMMU3_IDR0_ATSRECERR		BIT(23)
#define SMMU3_IDR0_STALL_MODEL		GENMASK(25, 24)
#define SMMU3_STALL_MODEL_BOTH		0
#define SMMU3_STALL_MODEL_TERMINATE	1
#define SMMU3_STALL_MODEL_FORCE		2
#define SMMU3_IDR0_TERM_MODEL		BIT(26)
#define SMMU3_IDR0_ST_LEVEL		GENMASK(28, 27)
#define SMMU3_ST_LEVEL_LINEAR		0
#define SMMU3_ST_LEVEL_2LVL		1

/* 6.3.2 SMMU_IDR1 */
#define SMMU3_IDR1			0x04
#define SMMU3_IDR1_SIDSIZE		GENMASK(5, 0)
#define SMMU3_IDR1_SSIDSIZE		GENMASK(10, 6)
#define SMMU3_IDR1_PRIQS		GENMASK(15, 11)
#define SMMU3_IDR1_EVENTQS		GENMASK(20, 16)
#define SMMU3_IDR1_CMDQS		GENMASK(25, 21)
#define SMMU3_IDR1_ATTR_PERMS_OVR	BIT(26)
#define SMMU3_IDR1_ATTR_TYPES_OVR	BIT(27)
#define SMMU3_IDR1_REL			BIT(28)
#define SMMU3_IDR1_QUEUES_PRESET	BIT(29)
#define SMMU3_IDR1_TABLES_PRESET	BIT(30)
#define SMMU3_IDR1_ECMDQ		BIT(31)

/* 6.3.3 SMMU_IDR2 */
#define SMMU3_IDR2			0x08
#define SMMU3_IDR2_BA_VATOS		GENMASK(9, 0)

/* 6.3.4 SMMU_IDR3 */
#define SMMU3_IDR3			0x0c
#define SMMU3_IDR3_HAD			BIT(2)
#define SMMU3_IDR3_PBHA			BIT(3)
#define SMMU3_IDR3_XNX			BIT(4)
#define SMMU3_IDR3_PPS			BIT(5)
#define SMMU3_IDR3_MPAM			BIT(7)
#define SMMU3_IDR3_FWB			BIT(8)
#define SMMU3_IDR3_STT			BIT(9)
#define SMMU3_IDR3_RIL			BIT(10)
#define SMMU3_IDR3_BBML			GENMASK(12, 11)
#define SMMU3_IDR3_E0PD			BIT(13)
#define SMMU3_IDR3_PTWNNC		BIT(14)
#define SMMU3_IDR3_DPT			BIT(15)

/* 6.3.5 SMMU_IDR4: implementation defined */
#define SMMU3_IDR4			0x10

/* 6.3.6 SMMU_IDR5 */
#define SMMU3_IDR5			0x14
#define SMMU3_IDR5_OAS			GENMASK(2, 0)
#define SMMU3_OAS_32			0
#define SMMU3_OAS_36			1
#define SMMU3_OAS_40			2
#define SMMU3_OAS_42			3
#define SMMU3_OAS_44			4
#define SMMU3_OAS_48			5
#define SMMU3_OAS_52			6
#define SMMU3_IDR5_GRAN4K		BIT(4)
#define SMMU3_IDR5_GRAN16K		BIT(5)
#define SMMU3_IDR5_GRAN64K		BIT(6)
#define SMMU3_IDR5_DS			BIT(7)
#define SMMU3_IDR5_VAX			GENMASK(11, 10)
#define SMMU3_VAX_48			0
#define SMMU3_VAX_52			1
#define SMMU3_IDR5_STALL_MAX		GENMASK(31, 16)

/* 6.3.7 SMMU_IIDR */
#define SMMU3_IIDR			0x18
#define SMMU3_IIDR_IMPLEMENTER		GENMASK(11, 0)
#define SMMU3_IIDR_REVISION		GENMASK(15, 12)
#define SMMU3_IIDR_VARIANT		GENMASK(19, 16)
#define SMMU3_IIDR_PRODUCT		GENMASK(31, 20)
#define SMMU3_IMPLEMENTER_ARM		0x43b
#define SMMU3_PRODUCT_MMU600		0x483
#define SMMU3_PRODUCT_MMU700		0x487

/* 6.3.8 SMMU_AIDR */
#define SMMU3_AIDR			0x1c
#define SMMU3_AIDR_MINOR		GENMASK(3, 0)
#define SMMU3_AIDR_MAJOR		GENMASK(7, 4)

/* 6.3.9 SMMU_CR0, 6.3.10 SMMU_CR0ACK */
#define SMMU3_CR0			0x20
#define SMMU3_CR0ACK			0x24
#define SMMU3_CR0_SMMUEN		BIT(0)
#define SMMU3_CR0_PRIQEN		BIT(1)
#define SMMU3_CR0_EVENTQEN		BIT(2)
#define SMMU3_CR0_CMDQEN		BIT(3)
#define SMMU3_CR0_ATSCHK		BIT(4)
#define SMMU3_CR0_VMW			GENMASK(8, 6)

/* 6.3.11 SMMU_CR1; values are those of SMMU3_MEM_* */
#define SMMU3_CR1			0x28
#define SMMU3_CR1_QUEUE_IC		GENMASK(1, 0)
#define SMMU3_CR1_QUEUE_OC		GENMASK(3, 2)
#define SMMU3_CR1_QUEUE_SH		GENMASK(5, 4)
#define SMMU3_CR1_TABLE_IC		GENMASK(7, 6)
#define SMMU3_CR1_TABLE_OC		GENMASK(9, 8)
#define SMMU3_CR1_TABLE_SH		GENMASK(11, 10)
#define SMMU3_MEM_CACHE_NC		0
#define SMMU3_MEM_CACHE_WB		1
#define SMMU3_MEM_CACHE_WT		2
#define SMMU3_MEM_SH_NSH		0
#define SMMU3_MEM_SH_OSH		2
#define SMMU3_MEM_SH_ISH		3

/* 6.3.12 SMMU_CR2 */
#define SMMU3_CR2			0x2c
#define SMMU3_CR2_E2H			BIT(0)
#define SMMU3_CR2_RECINVSID		BIT(1)
#define SMMU3_CR2_PTM			BIT(2)
#define SMMU3_CR2_REC_CFG_ATS		BIT(3)

/* 6.3.13 SMMU_STATUSR */
#define SMMU3_STATUSR			0x40
#define SMMU3_STATUSR_DORMANT		BIT(0)

/* 6.3.14 SMMU_GBPA: fields may change only while UPDATE reads 0 */
#define SMMU3_GBPA			0x44
#define SMMU3_GBPA_MEMATTR		GENMASK(3, 0)
#define SMMU3_GBPA_MTCFG		BIT(4)
#define SMMU3_GBPA_ALLOCCFG		GENMASK(11, 8)
#define SMMU3_GBPA_SHCFG		GENMASK(13, 12)
#define SMMU3_GBPA_PRIVCFG		GENMASK(17, 16)
#define SMMU3_GBPA_INSTCFG		GENMASK(19, 18)
#define SMMU3_GBPA_ABORT		BIT(20)
#define SMMU3_GBPA_UPDATE		BIT(31)

/* 6.3.15 SMMU_AGBPA */
#define SMMU3_AGBPA			0x48

/* 6.3.16 SMMU_IRQ_CTRL, 6.3.17 SMMU_IRQ_CTRLACK */
#define SMMU3_IRQ_CTRL			0x50
#define SMMU3_IRQ_CTRLACK		0x54
#define SMMU3_IRQ_CTRL_GERROR		BIT(0)
#define SMMU3_IRQ_CTRL_PRIQ		BIT(1)
#define SMMU3_IRQ_CTRL_EVENTQ		BIT(2)

/*
 * 6.3.18 SMMU_GERROR, 6.3.19 SMMU_GERRORN
 * An error is active while its bits in the two registers differ.
 */
#define SMMU3_GERROR			0x60
#define SMMU3_GERRORN			0x64
#define SMMU3_GERROR_CMDQ		BIT(0)
#define SMMU3_GERROR_EVENTQ_ABT		BIT(2)
#define SMMU3_GERROR_PRIQ_ABT		BIT(3)
#define SMMU3_GERROR_MSI_CMDQ_ABT	BIT(4)
#define SMMU3_GERROR_MSI_EVENTQ_ABT	BIT(5)
#define SMMU3_GERROR_MSI_PRIQ_ABT	BIT(6)
#define SMMU3_GERROR_MSI_GERROR_ABT	BIT(7)
#define SMMU3_GERROR_SFM		BIT(8)
#define SMMU3_GERROR_ALL		(GENMASK(8, 2) | SMMU3_GERROR_CMDQ)

/* 6.3.20 .. 6.3.22 SMMU_GERROR_IRQ_CFG0..2 */
#define SMMU3_GERROR_IRQ_CFG0		0x68
#define SMMU3_GERROR_IRQ_CFG1		0x70
#define SMMU3_GERROR_IRQ_CFG2		0x74

/* The three *_IRQ_CFG registers have the same layout for every source */
#define SMMU3_IRQ_CFG0_ADDR		GENMASK_ULL(51, 2)
#define SMMU3_IRQ_CFG1_DATA		GENMASK(31, 0)
#define SMMU3_IRQ_CFG2_MEMATTR		GENMASK(3, 0)
#define SMMU3_IRQ_CFG2_SH		GENMASK(5, 4)
#define SMMU3_MEMATTR_DEVICE_NGNRE	0x1
#define SMMU3_MEMATTR_NORMAL_WB		0xf

/* 6.3.23 SMMU_STRTAB_BASE */
#define SMMU3_STRTAB_BASE		0x80
#define SMMU3_STRTAB_BASE_ADDR		GENMASK_ULL(51, 6)
#define SMMU3_STRTAB_BASE_RA		BIT_ULL(62)

/* 6.3.24 SMMU_STRTAB_BASE_CFG */
#define SMMU3_STRTAB_BASE_CFG		0x88
#define SMMU3_STRTAB_CFG_LOG2SIZE	GENMASK(5, 0)
#define SMMU3_STRTAB_CFG_SPLIT		GENMASK(10, 6)
#define SMMU3_STRTAB_CFG_FMT		GENMASK(17, 16)
#define SMMU3_STRTAB_FMT_LINEAR		0
#define SMMU3_STRTAB_FMT_2LVL		1

/* The three *_BASE registers of queues have the same layout */
#define SMMU3_QBASE_LOG2SIZE		GENMASK_ULL(4, 0)
#define SMMU3_QBASE_ADDR		GENMASK_ULL(51, 5)
/* read-allocate hint of the command queue, write-allocate of the others */
#define SMMU3_QBASE_ALLOC		BIT_ULL(62)
/* An index register holds log2size + 1 bits; the highest one is the wrap */
#define SMMU3_QIDX			GENMASK(19, 0)
#define SMMU3_Q_MAX_LG2			19
/* PROD: overflow flag; CONS: its acknowledgment.  Overflown while different */
#define SMMU3_QIDX_OVF			BIT(31)

/* 6.3.25 SMMU_CMDQ_BASE, 6.3.26 SMMU_CMDQ_PROD, 6.3.27 SMMU_CMDQ_CONS */
#define SMMU3_CMDQ_BASE			0x90
#define SMMU3_CMDQ_PROD			0x98
#define SMMU3_CMDQ_CONS			0x9c
/* 7.1 Command queue errors; valid while SMMU3_GERROR_CMDQ is active */
#define SMMU3_CMDQ_CONS_ERR		GENMASK(30, 24)
#define SMMU3_CERROR_NONE		0
#define SMMU3_CERROR_ILL		1
#define SMMU3_CERROR_ABT		2
#define SMMU3_CERROR_ATC_INV_SYNC	3

/* 6.3.28 SMMU_EVENTQ_BASE, 6.3.31 .. 6.3.33 SMMU_EVENTQ_IRQ_CFG0..2 */
#define SMMU3_EVENTQ_BASE		0xa0
#define SMMU3_EVENTQ_IRQ_CFG0		0xb0
#define SMMU3_EVENTQ_IRQ_CFG1		0xb8
#define SMMU3_EVENTQ_IRQ_CFG2		0xbc
/* 6.3.29 SMMU_EVENTQ_PROD, 6.3.30 SMMU_EVENTQ_CONS: offsets within page 1 */
#define SMMU3_PAGE1_EVENTQ_PROD		0xa8
#define SMMU3_PAGE1_EVENTQ_CONS		0xac

/* 6.3.34 SMMU_PRIQ_BASE, 6.3.37 .. 6.3.39 SMMU_PRIQ_IRQ_CFG0..2 */
#define SMMU3_PRIQ_BASE			0xc0
#define SMMU3_PRIQ_IRQ_CFG0		0xd0
#define SMMU3_PRIQ_IRQ_CFG1		0xd8
#define SMMU3_PRIQ_IRQ_CFG2		0xdc
/* Interrupt at the last request of a group only */
#define SMMU3_PRIQ_IRQ_CFG2_LO		BIT(31)
/* 6.3.35 SMMU_PRIQ_PROD, 6.3.36 SMMU_PRIQ_CONS: offsets within page 1 */
#define SMMU3_PAGE1_PRIQ_PROD		0xc8
#define SMMU3_PAGE1_PRIQ_CONS		0xcc

#endif /* __SMMU3_REGS_H */
