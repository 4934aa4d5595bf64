// SPDX-License-Identifier: GPL-2.0
/*
 * Decoding of event records.
 *
 * Each event is a row of a table: its name, its reason, and which fields of
 * the record it defines.  Fields that a row does not name are not read.
 */
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <kunit/visibility.h>

#include "evt.h"

/* Fields that an event has */
#define SMMU3_HAS_ADDR		BIT(0)	/* word 2: input address */
#define SMMU3_HAS_ACCESS	BIT(1)	/* RnW, InD, PnU */
#define SMMU3_HAS_STAGE		BIT(2)	/* S2, and IPA with it */
#define SMMU3_HAS_CLASS		BIT(3)
#define SMMU3_HAS_STALL		BIT(4)	/* Stall, STAG */
#define SMMU3_IS_HINT		BIT(5)

/* What the four faults of a walk share */
#define SMMU3_HAS_WALK	(SMMU3_HAS_ADDR | SMMU3_HAS_ACCESS | SMMU3_HAS_STAGE | \
			 SMMU3_HAS_CLASS | SMMU3_HAS_STALL)

struct smmu3_evt_row {
	const char *name;
	u8 reason;
	u8 fields;
};

#define SMMU3_EVT(_id, _reason, _fields)				\
	[SMMU3_ ## _id] = {						\
		.name = #_id,						\
		.reason = IOMMU_FAULT_REASON_ ## _reason,		\
		.fields = (_fields),					\
	}

static const struct smmu3_evt_row smmu3_evt_rows[] = {
	SMMU3_EVT(F_UUT, UNSUPPORTED, SMMU3_HAS_ADDR | SMMU3_HAS_ACCESS),
	SMMU3_EVT(C_BAD_STREAMID, STREAM, 0),
	SMMU3_EVT(F_STE_FETCH, CONFIG, 0),
	SMMU3_EVT(C_BAD_STE, CONFIG, 0),
	SMMU3_EVT(F_BAD_ATS_TREQ, UNSUPPORTED, SMMU3_HAS_ADDR),
	SMMU3_EVT(F_STREAM_DISABLED, BLOCKED, 0),
	SMMU3_EVT(F_TRANSL_FORBIDDEN, UNSUPPORTED,
		  SMMU3_HAS_ADDR | SMMU3_HAS_ACCESS),
	SMMU3_EVT(C_BAD_SUBSTREAMID, PASID, 0),
	SMMU3_EVT(F_CD_FETCH, CONFIG, 0),
	SMMU3_EVT(C_BAD_CD, CONFIG, 0),
	SMMU3_EVT(F_WALK_EABT, WALK,
		  SMMU3_HAS_ADDR | SMMU3_HAS_ACCESS | SMMU3_HAS_STAGE |
		  SMMU3_HAS_CLASS),
	SMMU3_EVT(F_TRANSLATION, UNMAPPED, SMMU3_HAS_WALK),
	SMMU3_EVT(F_ADDR_SIZE, ADDRESS_SIZE, SMMU3_HAS_WALK),
	SMMU3_EVT(F_ACCESS, ACCESS_FLAG, SMMU3_HAS_WALK),
	SMMU3_EVT(F_PERMISSION, PERMISSION, SMMU3_HAS_WALK),
	SMMU3_EVT(F_TLB_CONFLICT, CONFLICT,
		  SMMU3_HAS_ADDR | SMMU3_HAS_ACCESS | SMMU3_HAS_STAGE),
	SMMU3_EVT(F_CFG_CONFLICT, CONFLICT, 0),
	SMMU3_EVT(E_PAGE_REQUEST, UNKNOWN, SMMU3_HAS_ADDR | SMMU3_IS_HINT),
	SMMU3_EVT(F_VMS_FETCH, CONFIG, 0),
};

static const struct smmu3_evt_row smmu3_evt_unknown = {
	.reason = IOMMU_FAULT_REASON_UNKNOWN,
};

static const struct smmu3_evt_row *smmu3_evt_row(u8 id)
{
	if (id >= ARRAY_SIZE(smmu3_evt_rows) || !smmu3_evt_rows[id].name)
		return &smmu3_evt_unknown;
	return &smmu3_evt_rows[id];
}

static u8 smmu3_evt_access(u64 w1)
{
	u8 access = IOMMU_FAULT_ACCESS_KNOWN;

	if (!(w1 & SMMU3_EVT1_RNW))
		access |= IOMMU_FAULT_ACCESS_WRITE;
	if (w1 & SMMU3_EVT1_IND)
		access |= IOMMU_FAULT_ACCESS_EXEC;
	if (w1 & SMMU3_EVT1_PNU)
		access |= IOMMU_FAULT_ACCESS_PRIV;
	return access;
}

/*
 * The IPA is what stage 2 failed on; F_WALK_EABT has the address of the failed
 * fetch in its place, which is physical.
 */
static void smmu3_evt_stage(const struct smmu3_evt *evt, u8 id,
			    struct iommu_fault_record *rec)
{
	if (!(evt->w[1] & SMMU3_EVT1_S2)) {
		rec->stage = 1;
		return;
	}
	rec->stage = 2;
	if (id == SMMU3_F_WALK_EABT)
		return;
	rec->has_ipa = true;
	rec->ipa = evt->w[3] & SMMU3_EVT3_IPA;
}

void smmu3_evt_decode(const struct smmu3_evt *evt,
		      struct iommu_fault_record *rec,
		      struct smmu3_fault *fault)
{
	u8 id = FIELD_GET(SMMU3_EVT0_ID, evt->w[0]);
	const struct smmu3_evt_row *row = smmu3_evt_row(id);

	memset(rec, 0, sizeof(*rec));
	memset(fault, 0, sizeof(*fault));
	fault->id = id;
	fault->class = SMMU3_CLASS_NONE;
	fault->hint = row->fields & SMMU3_IS_HINT;
	rec->name = row->name;
	rec->reason = row->reason;
	rec->level = -1;
	rec->stream = FIELD_GET(SMMU3_EVT0_SID, evt->w[0]);
	rec->pasid = IOMMU_PASID_INVALID;
	if (evt->w[0] & SMMU3_EVT0_SSV)
		rec->pasid = FIELD_GET(SMMU3_EVT0_SSID, evt->w[0]);

	if (row == &smmu3_evt_unknown)
		fault->malformed = true;
	if (row->fields & SMMU3_HAS_ADDR) {
		rec->has_iova = true;
		rec->iova = evt->w[2];
	}
	if (row->fields & SMMU3_HAS_ACCESS)
		rec->access = smmu3_evt_access(evt->w[1]);
	if (row->fields & SMMU3_HAS_STAGE)
		smmu3_evt_stage(evt, id, rec);
	if (row->fields & SMMU3_HAS_STALL && evt->w[1] & SMMU3_EVT1_STALL) {
		fault->stall = true;
		fault->stag = FIELD_GET(SMMU3_EVT1_STAG, evt->w[1]);
	}
	if (row->fields & SMMU3_HAS_CLASS) {
		fault->class = FIELD_GET(SMMU3_EVT1_CLASS, evt->w[1]);
		if (fault->class == SMMU3_CLASS_NONE) {
			rec->reason = IOMMU_FAULT_REASON_UNKNOWN;
			fault->malformed = true;
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_evt_decode);
