// SPDX-License-Identifier: GPL-2.0
/*
 * What the software SMMUv3 complains about in commands: chapter 4 of Arm
 * IHI 0070.
 */
#include <linux/bitfield.h>

#include "model_priv.h"

/* What must be there for a command */
#define NEEDS_S1	BIT(0)
#define NEEDS_S2	BIT(1)
#define NEEDS_HYP	BIT(2)
#define NEEDS_E2H	BIT(3)
#define NEEDS_ATS	BIT(4)
#define NEEDS_PRI	BIT(5)
#define NEEDS_STALLS	BIT(6)
/* Which fields it has */
#define HAS_SID		BIT(8)
#define HAS_SSID	BIT(9)
#define HAS_ASID	BIT(10)
#define HAS_VMID	BIT(11)
#define HAS_ADDR	BIT(12)

#define OP_STALL_TERM		0x45

#define RANGE_FIELDS	(SMMU3_TLBI0_NUM | SMMU3_TLBI0_SCALE)
#define ADDR_FIELDS	(SMMU3_TLBI1_LEAF | SMMU3_TLBI1_TTL | SMMU3_TLBI1_TG)

struct row {
	u8 op;
	u16 flags;
	/* fields besides those that the flags stand for */
	u64 w0;
	u64 w1;
};

static const struct row rows[] = {
	{ SMMU3_OP_PREFETCH_CONFIG, HAS_SID | HAS_SSID, SMMU3_CMD0_SSV },
	{ SMMU3_OP_CFGI_STE, HAS_SID, 0, SMMU3_CFGI1_LEAF },
	{ SMMU3_OP_CFGI_STE_RANGE, 0, SMMU3_CMD0_SID, SMMU3_CFGI1_RANGE },
	{ SMMU3_OP_CFGI_CD, NEEDS_S1 | HAS_SID | HAS_SSID, 0,
	  SMMU3_CFGI1_LEAF },
	{ SMMU3_OP_CFGI_CD_ALL, NEEDS_S1 | HAS_SID },
	{ SMMU3_OP_TLBI_NH_ALL, NEEDS_S1 | HAS_VMID },
	{ SMMU3_OP_TLBI_NH_ASID, NEEDS_S1 | HAS_VMID | HAS_ASID },
	{ SMMU3_OP_TLBI_NH_VA, NEEDS_S1 | HAS_VMID | HAS_ASID | HAS_ADDR,
	  0, SMMU3_TLBI1_ADDR },
	{ SMMU3_OP_TLBI_NH_VAA, NEEDS_S1 | HAS_VMID | HAS_ADDR,
	  0, SMMU3_TLBI1_ADDR },
	{ SMMU3_OP_TLBI_EL2_ALL, NEEDS_S1 | NEEDS_HYP },
	{ SMMU3_OP_TLBI_EL2_ASID, NEEDS_S1 | NEEDS_E2H | HAS_ASID },
	{ SMMU3_OP_TLBI_EL2_VA, NEEDS_S1 | NEEDS_HYP | HAS_ASID | HAS_ADDR,
	  0, SMMU3_TLBI1_ADDR },
	{ SMMU3_OP_TLBI_EL2_VAA, NEEDS_S1 | NEEDS_E2H | HAS_ADDR,
	  0, SMMU3_TLBI1_ADDR },
	{ SMMU3_OP_TLBI_S12_VMALL, NEEDS_S2 | HAS_VMID },
	{ SMMU3_OP_TLBI_S2_IPA, NEEDS_S2 | HAS_VMID | HAS_ADDR,
	  0, SMMU3_TLBI1_IPA },
	{ SMMU3_OP_TLBI_NSNH_ALL, 0 },
	{ SMMU3_OP_ATC_INV, NEEDS_ATS | HAS_SID | HAS_SSID,
	  SMMU3_CMD0_SSV | SMMU3_ATC0_GLOBAL,
	  SMMU3_ATC1_SIZE | SMMU3_ATC1_ADDR },
	{ SMMU3_OP_PRI_RESP, NEEDS_PRI | HAS_SID | HAS_SSID, SMMU3_CMD0_SSV,
	  SMMU3_PRI1_GROUP | SMMU3_PRI1_RESP },
	{ SMMU3_OP_RESUME, NEEDS_STALLS | HAS_SID, SMMU3_RESUME0_RESP,
	  SMMU3_RESUME1_STAG },
	{ OP_STALL_TERM, NEEDS_STALLS | HAS_SID },
	{ SMMU3_OP_SYNC, 0, SMMU3_SYNC0_CS | SMMU3_SYNC0_MSH |
	  SMMU3_SYNC0_MSIATTR | SMMU3_SYNC0_MSIDATA, SMMU3_SYNC1_MSIADDR },
};

static const struct row *find_row(u8 op)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].op == op)
			return &rows[i];
	return NULL;
}

static bool reserved_bits(const struct row *row, const struct smmu3_cmd *cmd)
{
	u64 w0 = SMMU3_CMD0_OP | row->w0, w1 = row->w1;

	if (row->flags & HAS_SID)
		w0 |= SMMU3_CMD0_SID;
	if (row->flags & HAS_SSID)
		w0 |= SMMU3_CMD0_SSID;
	if (row->flags & HAS_ASID)
		w0 |= SMMU3_TLBI0_ASID;
	if (row->flags & HAS_VMID)
		w0 |= SMMU3_TLBI0_VMID;
	if (row->flags & HAS_ADDR) {
		w0 |= RANGE_FIELDS;
		w1 |= ADDR_FIELDS;
	}
	return cmd->w[0] & ~w0 || cmd->w[1] & ~w1;
}

static const char *check_needs(struct smmu3_model *model, u16 flags)
{
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);
	bool e2h = smmu3m_get(model, SMMU3_CR2) & SMMU3_CR2_E2H;

	if (flags & NEEDS_S1 && !(idr0 & SMMU3_IDR0_S1P))
		return "stage 1 is not there";
	if (flags & NEEDS_S2 && !(idr0 & SMMU3_IDR0_S2P))
		return "stage 2 is not there";
	if (flags & (NEEDS_HYP | NEEDS_E2H) && !(idr0 & SMMU3_IDR0_HYP))
		return "the EL2 world is not there";
	if (flags & NEEDS_E2H && !e2h)
		return "EL2 has no ASIDs while CR2.E2H is off";
	if (flags & NEEDS_ATS && !(idr0 & SMMU3_IDR0_ATS))
		return "ATS is not there";
	if (flags & NEEDS_PRI && !(idr0 & SMMU3_IDR0_PRI))
		return "PRI is not there";
	if (flags & NEEDS_STALLS &&
	    FIELD_GET(SMMU3_IDR0_STALL_MODEL, idr0) ==
		SMMU3_STALL_MODEL_TERMINATE)
		return "stalls are not there";
	return NULL;
}

static const char *check_ids(struct smmu3_model *model, const struct row *row,
			     const struct smmu3_cmd *cmd)
{
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);
	u32 idr1 = smmu3m_idr(model, SMMU3_IDR1);
	u32 cfg = smmu3m_get(model, SMMU3_STRTAB_BASE_CFG);

	if (row->flags & HAS_SID &&
	    FIELD_GET(SMMU3_CMD0_SID, cmd->w[0]) >>
		FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg))
		return "the stream is beyond the stream table";
	if (row->flags & HAS_SSID &&
	    FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]) >>
		FIELD_GET(SMMU3_IDR1_SSIDSIZE, idr1))
		return "the PASID is beyond SSIDSIZE";
	if (row->flags & HAS_ASID && !(idr0 & SMMU3_IDR0_ASID16) &&
	    FIELD_GET(SMMU3_TLBI0_ASID, cmd->w[0]) >> 8)
		return "ASID has more than 8 bits";
	if (row->flags & HAS_VMID && !(idr0 & SMMU3_IDR0_VMID16) &&
	    FIELD_GET(SMMU3_TLBI0_VMID, cmd->w[0]) >> 8)
		return "VMID has more than 8 bits";
	if (row->flags & HAS_VMID && !(idr0 & SMMU3_IDR0_S2P) &&
	    cmd->w[0] & SMMU3_TLBI0_VMID)
		return "a VMID, but stage 2 is not there";
	return NULL;
}

/* 4.4.1.1 Range-based invalidation and level hint */
static const char *check_range(struct smmu3_model *model,
			       const struct smmu3_cmd *cmd)
{
	unsigned int ttl = FIELD_GET(SMMU3_TLBI1_TTL, cmd->w[1]);
	unsigned int tg = FIELD_GET(SMMU3_TLBI1_TG, cmd->w[1]);
	unsigned int granule_lg2 = 10 + 2 * tg;
	bool range = cmd->w[0] & RANGE_FIELDS;
	u64 block;

	if (!range && !ttl && !tg)
		return NULL;
	if (!(smmu3m_idr(model, SMMU3_IDR3) & SMMU3_IDR3_RIL))
		return "range invalidation is not there";
	if (!tg)
		return "a range or a level without granule";
	if (!range && !ttl)
		return "TTL, NUM and SCALE all 0 with a granule is reserved";
	if (!smmu3m_has_granule(model, granule_lg2))
		return "TG is a granule that is not there";
	if (ttl == 1 && tg == SMMU3_TLBI_TG_16K)
		return "16K tables have no leaves of level 1";
	block = BIT_ULL(granule_lg2 + (ttl ? (3 - ttl) * (granule_lg2 - 3) : 0));
	if (cmd->w[1] & SMMU3_TLBI1_ADDR & (block - 1))
		return "the address is not aligned to leaves of that level";
	return NULL;
}

static const char *check_atc(const struct smmu3_cmd *cmd)
{
	unsigned int size = FIELD_GET(SMMU3_ATC1_SIZE, cmd->w[1]);
	u64 addr = cmd->w[1] & SMMU3_ATC1_ADDR;

	if (size > SMMU3_ATC_SIZE_ALL)
		return "Size is reserved";
	if (size < SMMU3_ATC_SIZE_ALL && addr & (BIT_ULL(size + 12) - 1))
		return "the address is not aligned to the range";
	if (cmd->w[0] & SMMU3_CMD0_SSV)
		return NULL;
	if (cmd->w[0] & SMMU3_ATC0_GLOBAL)
		return "Global without PASID";
	return cmd->w[0] & SMMU3_CMD0_SSID ? "a PASID without SSV" : NULL;
}

static const char *check_sync(struct smmu3_model *model,
			      const struct smmu3_cmd *cmd)
{
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);

	switch (FIELD_GET(SMMU3_SYNC0_CS, cmd->w[0])) {
	case SMMU3_SYNC_CS_NONE:
		return NULL;
	case SMMU3_SYNC_CS_IRQ:
		return cmd->w[1] && !(idr0 & SMMU3_IDR0_MSI) ?
		       "messages are not there" : NULL;
	case SMMU3_SYNC_CS_SEV:
		return idr0 & SMMU3_IDR0_SEV ? NULL : "events are not there";
	default:
		return "CS is reserved";
	}
}

const char *smmu3m_check_cmd(struct smmu3_model *model,
			     const struct smmu3_cmd *cmd)
{
	const struct row *row = find_row(smmu3_cmd_op(cmd));
	const char *why;

	if (!row)
		return "no such command";
	if (reserved_bits(row, cmd))
		return "reserved bits are set";
	why = check_needs(model, row->flags) ?: check_ids(model, row, cmd);
	if (!why && row->flags & HAS_ADDR)
		why = check_range(model, cmd);
	if (why)
		return why;
	switch (row->op) {
	case SMMU3_OP_ATC_INV:
		return check_atc(cmd);
	case SMMU3_OP_SYNC:
		return check_sync(model, cmd);
	case SMMU3_OP_RESUME:
		return FIELD_GET(SMMU3_RESUME0_RESP, cmd->w[0]) == 3 ?
		       "the response is reserved" : NULL;
	case SMMU3_OP_PRI_RESP:
		return FIELD_GET(SMMU3_PRI1_RESP, cmd->w[1]) == 3 ?
		       "the response is reserved" : NULL;
	default:
		return NULL;
	}
}
