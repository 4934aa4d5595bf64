/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event records of an SMMUv3: section 7.3 of Arm IHI 0070.
 */
#ifndef __SMMU3_EVT_H
#define __SMMU3_EVT_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

struct iommu_fault_record;

#define SMMU3_EVT_WORDS			4
#define SMMU3_EVT_BYTES_LG2		5

/**
 * struct smmu3_evt - one event record
 * @w: words in CPU byte order
 */
struct smmu3_evt {
	u64 w[SMMU3_EVT_WORDS];
};

/* 7.3 Event numbers */
enum smmu3_evt_id {
	SMMU3_F_UUT			= 0x01,
	SMMU3_C_BAD_STREAMID		= 0x02,
	SMMU3_F_STE_FETCH		= 0x03,
	SMMU3_C_BAD_STE			= 0x04,
	SMMU3_F_BAD_ATS_TREQ		= 0x05,
	SMMU3_F_STREAM_DISABLED		= 0x06,
	SMMU3_F_TRANSL_FORBIDDEN	= 0x07,
	SMMU3_C_BAD_SUBSTREAMID		= 0x08,
	SMMU3_F_CD_FETCH		= 0x09,
	SMMU3_C_BAD_CD			= 0x0a,
	SMMU3_F_WALK_EABT		= 0x0b,
	SMMU3_F_TRANSLATION		= 0x10,
	SMMU3_F_ADDR_SIZE		= 0x11,
	SMMU3_F_ACCESS			= 0x12,
	SMMU3_F_PERMISSION		= 0x13,
	SMMU3_F_TLB_CONFLICT		= 0x20,
	SMMU3_F_CFG_CONFLICT		= 0x21,
	SMMU3_E_PAGE_REQUEST		= 0x24,
	SMMU3_F_VMS_FETCH		= 0x25,
};

#define SMMU3_EVT0_ID			GENMASK_ULL(7, 0)
#define SMMU3_EVT0_SSV			BIT_ULL(11)
#define SMMU3_EVT0_SSID			GENMASK_ULL(31, 12)
#define SMMU3_EVT0_SID			GENMASK_ULL(63, 32)
#define SMMU3_EVT1_STAG			GENMASK_ULL(15, 0)
#define SMMU3_EVT1_STALL		BIT_ULL(31)
#define SMMU3_EVT1_PNU			BIT_ULL(33)
#define SMMU3_EVT1_IND			BIT_ULL(34)
#define SMMU3_EVT1_RNW			BIT_ULL(35)
#define SMMU3_EVT1_S2			BIT_ULL(39)
#define SMMU3_EVT1_CLASS		GENMASK_ULL(41, 40)
#define SMMU3_EVT2_ADDR			GENMASK_ULL(63, 0)
#define SMMU3_EVT3_IPA			GENMASK_ULL(51, 12)

/**
 * enum smmu3_evt_class - what the failing access was for
 * @SMMU3_CLASS_CD: reading a context descriptor (stage 2 of its address)
 * @SMMU3_CLASS_TT: reading a table (stage 2 of its address)
 * @SMMU3_CLASS_IN: the transaction's own address
 * @SMMU3_CLASS_NONE: the record has no such field, or a reserved value
 */
enum smmu3_evt_class {
	SMMU3_CLASS_CD = 0,
	SMMU3_CLASS_TT = 1,
	SMMU3_CLASS_IN = 2,
	SMMU3_CLASS_NONE = 3,
};

/**
 * struct smmu3_fault - a decoded event, beyond what all instances can say
 * @id: event number
 * @class: of the access
 * @stall: the transaction waits for CMD_RESUME with @stag
 * @stag: stall tag, meaningful if @stall
 * @hint: no fault at all: a speculative page request (E_PAGE_REQUEST)
 * @malformed: the record is not one that the specification describes; its
 *	words are all that there is to say
 */
struct smmu3_fault {
	u8 id;
	u8 class;
	bool stall;
	u16 stag;
	bool hint;
	bool malformed;
};

/**
 * smmu3_evt_decode() - decode an event record
 * @evt: record
 * @rec: set, except @rec->iommu and @rec->dev, which become NULL; its level is
 *	always -1, as no event carries one
 * @fault: set
 *
 * Whatever the words are, the result is defined; an unknown event has reason
 * IOMMU_FAULT_REASON_UNKNOWN and a NULL name.
 *
 * Context: any.
 */
void smmu3_evt_decode(const struct smmu3_evt *evt,
		      struct iommu_fault_record *rec,
		      struct smmu3_fault *fault);

#endif /* __SMMU3_EVT_H */
