// SPDX-License-Identifier: GPL-2.0
/*
 * What the commands of the software SMMUv3 do.
 */
#include <linux/bitfield.h>
#include <linux/lockdep.h>

#include "model_priv.h"

#define OP_STALL_TERM		0x45

static u32 sid_of(const struct smmu3_cmd *cmd)
{
	return FIELD_GET(SMMU3_CMD0_SID, cmd->w[0]);
}

/* Configuration */

static void prefetch_config(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	struct smmu3m_tx tx = {
		.sid = sid_of(cmd),
		.ssid = cmd->w[0] & SMMU3_CMD0_SSV ?
			FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]) :
			SMMU3_MODEL_NO_SSID,
	};
	struct smmu3m_fault fault;
	struct smmu3m_ctx ctx;

	if (smmu3m_cr0(model, SMMU3_CR0_SMMUEN))
		smmu3m_configure(model, &tx, &ctx, &fault);
}

static void cfgi_range(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	unsigned int range = FIELD_GET(SMMU3_CFGI1_RANGE, cmd->w[1]);
	u32 mask = GENMASK(range, 0);

	smmu3m_cfgi_streams(model, sid_of(cmd) & ~mask, sid_of(cmd) | mask,
			    false);
}

/* TLBs */

static void set_range(struct smmu3m_inv *inv, const struct smmu3_cmd *cmd)
{
	unsigned int tg = FIELD_GET(SMMU3_TLBI1_TG, cmd->w[1]);
	unsigned int lg2 = tg ? 10 + 2 * tg : 12;
	u64 count = FIELD_GET(SMMU3_TLBI0_NUM, cmd->w[0]) + 1;

	count <<= FIELD_GET(SMMU3_TLBI0_SCALE, cmd->w[0]);
	inv->start = cmd->w[1] & SMMU3_TLBI1_ADDR;
	inv->last = inv->start + ((count << lg2) - 1);
	/* As far as it goes beyond the end of addresses it means nothing */
	if (inv->last < inv->start)
		inv->last = U64_MAX;
	inv->leaf = cmd->w[1] & SMMU3_TLBI1_LEAF;
	inv->ttl = FIELD_GET(SMMU3_TLBI1_TTL, cmd->w[1]);
	inv->granule_lg2 = tg ? lg2 : 0;
}

static bool tlbi(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	struct smmu3m_inv inv = {
		.regime = SMMU3M_EL1,
		.asid = -1,
		.vmid = FIELD_GET(SMMU3_TLBI0_VMID, cmd->w[0]),
		.last = U64_MAX,
	};
	u16 asid = FIELD_GET(SMMU3_TLBI0_ASID, cmd->w[0]);

	switch (smmu3_cmd_op(cmd)) {
	case SMMU3_OP_TLBI_NSNH_ALL:
		inv.vmid = -1;
		fallthrough;
	case SMMU3_OP_TLBI_S12_VMALL:
		smmu3m_tlb_remove(model, &inv);
		inv.regime = SMMU3M_S2;
		break;
	case SMMU3_OP_TLBI_S2_IPA:
		inv.regime = SMMU3M_S2;
		set_range(&inv, cmd);
		break;
	case SMMU3_OP_TLBI_EL2_ALL:
		inv.regime = SMMU3M_EL2;
		break;
	case SMMU3_OP_TLBI_EL2_ASID:
		inv.regime = SMMU3M_EL2;
		fallthrough;
	case SMMU3_OP_TLBI_NH_ASID:
		inv.asid = asid;
		inv.by_asid = true;
		break;
	case SMMU3_OP_TLBI_EL2_VA:
	case SMMU3_OP_TLBI_EL2_VAA:
		inv.regime = SMMU3M_EL2;
		fallthrough;
	case SMMU3_OP_TLBI_NH_VA:
	case SMMU3_OP_TLBI_NH_VAA:
		if (smmu3_cmd_op(cmd) == SMMU3_OP_TLBI_NH_VA ||
		    smmu3_cmd_op(cmd) == SMMU3_OP_TLBI_EL2_VA)
			inv.asid = asid;
		set_range(&inv, cmd);
		break;
	case SMMU3_OP_TLBI_NH_ALL:
		break;
	default:
		return false;
	}
	smmu3m_tlb_remove(model, &inv);
	return true;
}

static void atc_inv(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	u64 start = cmd->w[1] & SMMU3_ATC1_ADDR, last = U64_MAX;
	unsigned int size = FIELD_GET(SMMU3_ATC1_SIZE, cmd->w[1]);
	u32 ssid = SMMU3_MODEL_NO_SSID;

	if (model->atc_stuck || (model->atc_stuck_one &&
				 sid_of(cmd) == model->atc_stuck_sid)) {
		model->state->atc_waits = true;
		return;
	}
	if (cmd->w[0] & SMMU3_CMD0_SSV && !(cmd->w[0] & SMMU3_ATC0_GLOBAL))
		ssid = FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]);
	if (size == SMMU3_ATC_SIZE_ALL)
		start = 0;
	else
		last = start + (BIT_ULL(size + 12) - 1);
	smmu3m_atc_remove(model, sid_of(cmd), ssid, start, last);
}

static void pri_resp(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	struct smmu3_page_answer answer = {
		.sid = sid_of(cmd),
		.ssid = SMMU3_MODEL_NO_SSID,
		.group = FIELD_GET(SMMU3_PRI1_GROUP, cmd->w[1]),
		.resp = FIELD_GET(SMMU3_PRI1_RESP, cmd->w[1]),
	};

	if (cmd->w[0] & SMMU3_CMD0_SSV)
		answer.ssid = FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]);
	smmu3m_page_response(model, &answer);
}

static void carry_out(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	if (tlbi(model, cmd))
		return;
	switch (smmu3_cmd_op(cmd)) {
	case SMMU3_OP_PREFETCH_CONFIG:
		prefetch_config(model, cmd);
		return;
	case SMMU3_OP_CFGI_STE:
		smmu3m_cfgi_streams(model, sid_of(cmd), sid_of(cmd),
				    cmd->w[1] & SMMU3_CFGI1_LEAF);
		return;
	case SMMU3_OP_CFGI_STE_RANGE:
		cfgi_range(model, cmd);
		return;
	case SMMU3_OP_CFGI_CD:
		smmu3m_cfgi_cd(model, sid_of(cmd),
			       FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]), false,
			       cmd->w[1] & SMMU3_CFGI1_LEAF);
		return;
	case SMMU3_OP_CFGI_CD_ALL:
		smmu3m_cfgi_cd(model, sid_of(cmd), 0, true, false);
		return;
	case SMMU3_OP_ATC_INV:
		atc_inv(model, cmd);
		return;
	case SMMU3_OP_PRI_RESP:
		pri_resp(model, cmd);
		return;
	case SMMU3_OP_RESUME:
		smmu3m_resume(model, sid_of(cmd),
			      FIELD_GET(SMMU3_RESUME1_STAG, cmd->w[1]),
			      FIELD_GET(SMMU3_RESUME0_RESP, cmd->w[0]));
		return;
	case OP_STALL_TERM:
		smmu3m_stall_term(model, sid_of(cmd));
		return;
	}
}

static bool refused(struct smmu3_model *model, const struct smmu3_cmd *cmd,
		    u32 *cerror)
{
	u8 op = smmu3_cmd_op(cmd);
	const char *why;

	*cerror = SMMU3_CERROR_ILL;
	if (model->refuse_count && op == model->refuse_op) {
		model->refuse_count--;
		return true;
	}
	why = smmu3m_check_cmd(model, cmd);
	if (why) {
		smmu3m_complain(model, "command %#llx %#llx: %s", cmd->w[0],
				cmd->w[1], why);
		return true;
	}
	*cerror = SMMU3_CERROR_ATC_INV_SYNC;
	if (op == SMMU3_OP_SYNC && model->state->atc_waits) {
		model->state->atc_waits = false;
		if (model->not_waited_under)
			lockdep_assert_not_held(model->not_waited_under);
		return true;
	}
	return false;
}

bool smmu3m_execute(struct smmu3_model *model, const struct smmu3_cmd *cmd,
		    u32 *cerror)
{
	if (refused(model, cmd, cerror))
		return false;
	model->seen |= BIT(smmu3m_view(model, model->watched).verdict);
	carry_out(model, cmd);
	if (model->num_cmds < SMMU3_MODEL_LOG)
		model->cmds[model->num_cmds++] = *cmd;
	return true;
}
