// SPDX-License-Identifier: GPL-2.0
/*
 * What PCIe devices ask of the software SMMUv3: translations (ATS) and pages
 * (PRI), sections 3.9 and 8 of Arm IHI 0070.
 */
#include <linux/bitfield.h>

#include "model_priv.h"

/* 8.1 Page request records, written down apart from the driver's */
#define PRI0_SID		GENMASK_ULL(31, 0)
#define PRI0_SSID		GENMASK_ULL(51, 32)
#define PRI0_PRIV		BIT_ULL(58)
#define PRI0_EXEC		BIT_ULL(59)
#define PRI0_READ		BIT_ULL(60)
#define PRI0_WRITE		BIT_ULL(61)
#define PRI0_LAST		BIT_ULL(62)
#define PRI0_SSV		BIT_ULL(63)
#define PRI1_GROUP		GENMASK_ULL(8, 0)
#define PRI1_ADDR		GENMASK_ULL(63, 12)

/* ATS */

static struct smmu3_ats_result refuse(struct smmu3_model *model,
				      const struct smmu3m_tx *tx)
{
	struct smmu3_evt evt = { .w = {
		SMMU3_F_BAD_ATS_TREQ | FIELD_PREP(SMMU3_EVT0_SID, tx->sid),
		0, tx->iova,
	} };

	if (tx->ssid != SMMU3_MODEL_NO_SSID)
		evt.w[0] |= SMMU3_EVT0_SSV |
			    FIELD_PREP(SMMU3_EVT0_SSID, tx->ssid);
	smmu3m_put_event(model, &evt);
	return (struct smmu3_ats_result) { .status = SMMU3_ATS_UR };
}

/* With the right to write if that was asked for and is there, else without */
static bool translate(struct smmu3_model *model, const struct smmu3m_ctx *ctx,
		      const struct smmu3m_tx *tx, struct smmu3m_leaf *leaf,
		      struct smmu3m_fault *fault)
{
	unsigned int flags = tx->flags & SMMU3_DMA_PRIV;

	if (tx->flags & SMMU3_DMA_WRITE &&
	    smmu3m_translate(model, ctx, tx->iova, flags | SMMU3_DMA_WRITE,
			     leaf, fault))
		return true;
	return smmu3m_translate(model, ctx, tx->iova, flags, leaf, fault);
}

static struct smmu3_ats_result grant(struct smmu3_model *model,
				     const struct smmu3m_tx *tx,
				     const struct smmu3m_leaf *leaf)
{
	bool priv = tx->flags & SMMU3_DMA_PRIV;
	u8 perm = priv ? leaf->perm >> SMMU3M_PRIV : leaf->perm;
	u64 mask = BIT_ULL(leaf->size_lg2) - 1;
	struct smmu3m_atce e = {
		.used = true,
		.sid = tx->sid,
		.ssid = tx->ssid,
		.size_lg2 = leaf->size_lg2,
		.va = tx->iova & ~mask,
		.pa = leaf->pa & ~mask,
	};

	perm &= SMMU3M_R | SMMU3M_W | SMMU3M_X;
	/* Later writes are not seen, so a clean page is not for writing */
	if (leaf->clean)
		perm &= ~SMMU3M_W;
	if (!(tx->flags & SMMU3_DMA_EXEC))
		perm &= ~SMMU3M_X;
	e.perm = priv ? perm << SMMU3M_PRIV : perm;
	if (perm)
		smmu3m_atc_add(model, &e);
	return (struct smmu3_ats_result) {
		.status = SMMU3_ATS_SUCCESS,
		.read = perm & SMMU3M_R,
		.write = perm & SMMU3M_W,
		.exec = perm & SMMU3M_X,
		.priv = priv,
		.pa = e.pa,
		.size = mask + 1,
	};
}

static struct smmu3_ats_result request(struct smmu3_model *model,
				       const struct smmu3m_tx *tx)
{
	const struct smmu3_ats_result ca = { .status = SMMU3_ATS_CA };
	struct smmu3m_fault fault;
	struct smmu3m_leaf leaf;
	struct smmu3m_ctx ctx;

	if (!smmu3m_cr0(model, SMMU3_CR0_SMMUEN))
		return (struct smmu3_ats_result) { .status = SMMU3_ATS_UR };
	if (smmu3m_stream(model, tx->sid, &ctx, &fault) == SMMU3M_FAULT)
		return ca;
	if (!ctx.eats)
		return refuse(model, tx);
	switch (smmu3m_configure(model, tx, &ctx, &fault)) {
	case SMMU3M_FAULT:
		return ca;
	case SMMU3M_PASS:
		return refuse(model, tx);
	case SMMU3M_TRANSLATE:
		break;
	}
	if (translate(model, &ctx, tx, &leaf, &fault))
		return grant(model, tx, &leaf);
	if (fault.event == SMMU3_F_WALK_EABT)
		return ca;
	/* A page that is not there is a success that permits nothing */
	return (struct smmu3_ats_result) { .status = SMMU3_ATS_SUCCESS };
}

struct smmu3_ats_result smmu3_model_ats_translate(struct smmu3_model *model,
						  u32 sid, u32 ssid, u64 iova,
						  unsigned int flags)
{
	struct smmu3m_tx tx = {
		.sid = sid, .ssid = ssid, .iova = iova, .flags = flags,
	};
	struct smmu3_ats_result result;
	unsigned long irq;

	smmu3m_lock(model, &irq);
	result = request(model, &tx);
	smmu3m_unlock(model, irq);
	return result;
}

void smmu3_model_reset_function(struct smmu3_model *model, u32 sid)
{
	unsigned long irq;

	smmu3m_lock(model, &irq);
	smmu3m_atc_remove(model, sid, SMMU3_MODEL_NO_SSID, 0, U64_MAX);
	model->atc_stuck_sid = sid;
	model->atc_stuck_one = true;
	smmu3m_unlock(model, irq);
}

void smmu3_model_reset_done(struct smmu3_model *model)
{
	unsigned long irq;

	smmu3m_lock(model, &irq);
	model->atc_stuck_one = false;
	smmu3m_unlock(model, irq);
}

/* PRI */

static void note_answer(struct smmu3_model *model,
			const struct smmu3_page_answer *answer)
{
	struct smmu3_model_state *state = model->state;

	if (state->num_answers == SMMU3M_ANSWERS) {
		smmu3m_complain(model, "more answers than the model has room for");
		return;
	}
	state->answers[state->num_answers++] = *answer;
}

static struct smmu3m_group *find_group(struct smmu3_model *model, u32 sid,
				       u16 group)
{
	struct smmu3m_group *g = model->state->groups;

	for (; g < model->state->groups + SMMU3M_GROUPS; g++)
		if (g->used && g->sid == sid && g->group == group)
			return g;
	return NULL;
}

/* The group is complete, and waits for one answer */
static void add_group(struct smmu3_model *model, u32 sid, u32 ssid, u16 group)
{
	struct smmu3m_group *g = model->state->groups;

	if (find_group(model, sid, group)) {
		smmu3m_complain(model,
				"the test uses group %u of stream %#x twice",
				group, sid);
		return;
	}
	for (; g < model->state->groups + SMMU3M_GROUPS; g++) {
		if (g->used)
			continue;
		*g = (struct smmu3m_group) {
			.used = true, .sid = sid, .ssid = ssid, .group = group,
		};
		return;
	}
	smmu3m_complain(model, "more groups than the model has room for");
}

void smmu3m_page_response(struct smmu3_model *model,
			  const struct smmu3_page_answer *answer)
{
	struct smmu3m_group *g = find_group(model, answer->sid, answer->group);

	if (!g) {
		smmu3m_complain(model,
				"CMD_PRI_RESP of stream %#x, group %u: nothing waits for it",
				answer->sid, answer->group);
		return;
	}
	if (answer->ssid != SMMU3_MODEL_NO_SSID && answer->ssid != g->ssid)
		smmu3m_complain(model,
				"CMD_PRI_RESP of stream %#x, group %u: PASID %#x, the request had %#x",
				answer->sid, answer->group, answer->ssid,
				g->ssid);
	g->used = false;
	note_answer(model, answer);
}

static u64 request_bits(u32 sid, u32 ssid, unsigned int flags)
{
	u64 w0 = FIELD_PREP(PRI0_SID, sid);

	if (ssid != SMMU3_MODEL_NO_SSID)
		w0 |= PRI0_SSV | FIELD_PREP(PRI0_SSID, ssid);
	if (flags & SMMU3_DMA_PRIV)
		w0 |= PRI0_PRIV;
	if (flags & SMMU3_DMA_EXEC)
		w0 |= PRI0_EXEC;
	return w0 | (flags & SMMU3_DMA_WRITE ? PRI0_WRITE : PRI0_READ);
}

static bool ask(struct smmu3_model *model, u64 w0, u64 w1)
{
	struct smmu3_page_answer answer = {
		.sid = FIELD_GET(PRI0_SID, w0),
		.ssid = SMMU3_MODEL_NO_SSID,
		.group = FIELD_GET(PRI1_GROUP, w1),
		.resp = SMMU3_PRI_FAILURE,
		.automatic = true,
	};
	bool marker = !(w0 & (PRI0_READ | PRI0_WRITE));
	bool on = smmu3m_cr0(model, SMMU3_CR0_PRIQEN) &&
		  smmu3m_cr0(model, SMMU3_CR0_SMMUEN);
	u32 ssid = w0 & PRI0_SSV ? FIELD_GET(PRI0_SSID, w0) :
				   SMMU3_MODEL_NO_SSID;

	if (on && smmu3m_put_request(model, w0, w1)) {
		if (w0 & PRI0_LAST && !marker)
			add_group(model, answer.sid, ssid, answer.group);
		return true;
	}
	/* Of a queue that is full the device is to ask again */
	if (on)
		answer.resp = SMMU3_PRI_SUCCESS;
	answer.ssid = ssid;
	if (w0 & PRI0_LAST && !marker)
		note_answer(model, &answer);
	return false;
}

bool smmu3_model_page_request(struct smmu3_model *model, u32 sid, u32 ssid,
			      u64 iova, unsigned int flags, u16 group,
			      bool last)
{
	u64 w0 = request_bits(sid, ssid, flags) | (last ? PRI0_LAST : 0);
	u64 w1 = (iova & PRI1_ADDR) | FIELD_PREP(PRI1_GROUP, group);
	unsigned long irq;
	bool ret;

	smmu3m_lock(model, &irq);
	ret = ask(model, w0, w1);
	smmu3m_unlock(model, irq);
	return ret;
}

bool smmu3_model_page_stop(struct smmu3_model *model, u32 sid, u32 ssid)
{
	u64 w0 = request_bits(sid, ssid, 0) & ~PRI0_READ;
	unsigned long irq;
	bool ret;

	smmu3m_lock(model, &irq);
	ret = ask(model, w0 | PRI0_LAST, 0);
	smmu3m_unlock(model, irq);
	return ret;
}

bool smmu3_model_page_answer(struct smmu3_model *model, u32 sid, u16 group,
			     struct smmu3_page_answer *answer)
{
	struct smmu3_model_state *state = model->state;
	bool found = false;
	unsigned long irq;
	int i;

	smmu3m_lock(model, &irq);
	for (i = state->num_answers - 1; i >= 0 && !found; i--) {
		found = state->answers[i].sid == sid &&
			state->answers[i].group == group;
		if (found && answer)
			*answer = state->answers[i];
	}
	smmu3m_unlock(model, irq);
	return found;
}
