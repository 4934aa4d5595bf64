// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions of the devices behind the software SMMUv3: from an address to
 * data, to an event record, or to a stall and what ends it.
 */
#include <linux/bitfield.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "model_priv.h"

/* Records */

static bool is_walk_fault(u8 event)
{
	return event >= SMMU3_F_TRANSLATION && event <= SMMU3_F_PERMISSION;
}

static void make_record(const struct smmu3m_tx *tx,
			const struct smmu3m_fault *fault, struct smmu3_evt *evt)
{
	bool write = tx->flags & SMMU3_DMA_WRITE;

	*evt = (struct smmu3_evt) { .w = {
		fault->event | FIELD_PREP(SMMU3_EVT0_SID, tx->sid),
	} };
	if (tx->ssid != SMMU3_MODEL_NO_SSID)
		evt->w[0] |= SMMU3_EVT0_SSV |
			     FIELD_PREP(SMMU3_EVT0_SSID, tx->ssid);
	evt->w[3] = fault->fetch ?: fault->ipa & SMMU3_EVT3_IPA;
	if (fault->event < SMMU3_F_WALK_EABT &&
	    fault->event != SMMU3_F_TRANSL_FORBIDDEN &&
	    fault->event != SMMU3_F_BAD_ATS_TREQ)
		return;
	evt->w[1] = (write ? 0 : SMMU3_EVT1_RNW) |
		    (tx->flags & SMMU3_DMA_EXEC ? SMMU3_EVT1_IND : 0) |
		    (tx->flags & SMMU3_DMA_PRIV ? SMMU3_EVT1_PNU : 0);
	evt->w[2] = tx->iova;
	if (fault->event >= SMMU3_F_WALK_EABT)
		evt->w[1] |= FIELD_PREP(SMMU3_EVT1_CLASS, fault->class) |
			     (fault->s2 ? SMMU3_EVT1_S2 : 0);
}

/* Stalls */

static struct smmu3m_parked *find_stall(struct smmu3_model *model, u32 sid,
					u16 stag)
{
	struct smmu3_model_state *state = model->state;
	int i;

	/* The latest one, as tags come again after 65536 */
	for (i = state->num_parked - 1; i >= 0; i--)
		if (state->parked[i].tx.sid == sid &&
		    state->parked[i].result.stag == stag)
			return &state->parked[i];
	return NULL;
}

static struct smmu3m_parked *new_stall(struct smmu3_model *model,
				       const struct smmu3m_tx *tx)
{
	struct smmu3_model_state *state = model->state;
	struct smmu3m_parked *p;

	if (state->num_parked == SMMU3M_PARKED) {
		smmu3m_complain(model, "more stalls than the model has room for");
		return NULL;
	}
	p = &state->parked[state->num_parked++];
	*p = (struct smmu3m_parked) { .tx = *tx };
	return p;
}

static struct smmu3_dma_result park(struct smmu3_model *model,
				    const struct smmu3m_tx *tx,
				    struct smmu3m_parked *p,
				    struct smmu3_evt *evt,
				    struct smmu3_dma_result result)
{
	struct smmu3_model_state *state = model->state;

	p = p ?: new_stall(model, tx);
	if (!p)
		return result;
	result.outcome = SMMU3_DMA_STALLED;
	result.stag = ++state->next_stag;
	result.ticket = p - state->parked;
	evt->w[1] |= SMMU3_EVT1_STALL |
		     FIELD_PREP(SMMU3_EVT1_STAG, result.stag);
	result.recorded = smmu3m_put_event(model, evt);
	p->evt = *evt;
	p->unrecorded = !result.recorded;
	p->answered = false;
	p->result = result;
	return result;
}

void smmu3m_park_by_hand(struct smmu3_model *model, const struct smmu3_evt *evt)
{
	struct smmu3m_tx tx = {
		.sid = FIELD_GET(SMMU3_EVT0_SID, evt->w[0]),
		.ssid = SMMU3_MODEL_NO_SSID,
		.iova = evt->w[2],
	};
	struct smmu3m_parked *p = new_stall(model, &tx);

	if (!p)
		return;
	p->by_hand = true;
	p->result = (struct smmu3_dma_result) {
		.outcome = SMMU3_DMA_STALLED,
		.event = FIELD_GET(SMMU3_EVT0_ID, evt->w[0]),
		.stag = FIELD_GET(SMMU3_EVT1_STAG, evt->w[1]),
		.ticket = p - model->state->parked,
		.recorded = true,
	};
}

/* There may be room for records by now */
void smmu3m_record_late(struct smmu3_model *model)
{
	struct smmu3_model_state *state = model->state;
	unsigned int i;

	for (i = 0; i < state->num_parked; i++) {
		struct smmu3m_parked *p = &state->parked[i];

		if (p->unrecorded && smmu3m_put_event(model, &p->evt)) {
			p->unrecorded = false;
			p->result.recorded = true;
		}
	}
}

/* What a fault does to a transaction; @p is where it is parked already, if so */
static struct smmu3_dma_result faulted(struct smmu3_model *model,
				       const struct smmu3m_tx *tx,
				       const struct smmu3m_ctx *ctx,
				       const struct smmu3m_fault *fault,
				       struct smmu3m_parked *p)
{
	const struct smmu3m_stage *stage = fault->s2 ? &ctx->s2 : &ctx->s1;
	struct smmu3_dma_result result = {
		.outcome = SMMU3_DMA_ABORTED,
		.event = fault->event,
		.stage2 = fault->s2,
		.class = fault->class,
		.level = fault->level,
	};
	bool record = fault->event;
	struct smmu3_evt evt;

	make_record(tx, fault, &evt);
	if (is_walk_fault(fault->event)) {
		if (stage->stall)
			return park(model, tx, p, &evt, result);
		record = stage->record;
		if (!stage->abort)
			result.outcome = SMMU3_DMA_IGNORED;
	}
	if (fault->event == SMMU3_C_BAD_STREAMID &&
	    !(smmu3m_get(model, SMMU3_CR2) & SMMU3_CR2_RECINVSID))
		record = false;
	if (record)
		result.recorded = smmu3m_put_event(model, &evt);
	return result;
}

/* Ends of transactions that were let through */

static struct smmu3_dma_result arrived(const struct smmu3m_tx *tx,
				       struct smmu3_dma_result result)
{
	void *p;

	result.outcome = SMMU3_DMA_DONE;
	if (!tx->buf)
		return result;
	p = smmu3m_memory(result.pa);
	if (!p)
		result.outcome = SMMU3_DMA_ABORTED;
	else if (tx->flags & SMMU3_DMA_WRITE)
		memcpy(p, tx->buf, tx->len);
	else
		memcpy(tx->buf, p, tx->len);
	return result;
}

static struct smmu3_dma_result untranslated(const struct smmu3m_tx *tx)
{
	return arrived(tx, (struct smmu3_dma_result) {
		.level = -1, .pa = tx->iova,
	});
}

static struct smmu3_dma_result aborted(void)
{
	return (struct smmu3_dma_result) {
		.outcome = SMMU3_DMA_ABORTED,
		.class = SMMU3_CLASS_NONE,
		.level = -1,
	};
}

/* The address of a translated transaction is what the ATC says */
static struct smmu3_dma_result translated(struct smmu3_model *model,
					  const struct smmu3m_tx *tx)
{
	struct smmu3m_atce *e = smmu3m_atc_find(model, tx->sid, tx->ssid,
						tx->iova);
	struct smmu3_dma_result result = {
		.outcome = SMMU3_DMA_NO_ATC, .level = -1, .cached = true,
	};
	u8 need = smmu3m_need(tx->flags);
	struct smmu3m_fault fault;
	struct smmu3m_ctx ctx;

	if (!e || (e->perm & need) != need)
		return result;
	if (!smmu3m_cr0(model, SMMU3_CR0_SMMUEN))
		return aborted();
	result.size = BIT_ULL(e->size_lg2);
	result.pa = e->pa | (tx->iova & (result.size - 1));
	if (!smmu3m_cr0(model, SMMU3_CR0_ATSCHK))
		return arrived(tx, result);
	if (smmu3m_stream(model, tx->sid, &ctx, &fault) == SMMU3M_FAULT)
		return faulted(model, tx, &ctx, &fault, NULL);
	if (!ctx.eats) {
		fault.event = SMMU3_F_TRANSL_FORBIDDEN;
		return faulted(model, tx, &ctx, &fault, NULL);
	}
	return arrived(tx, result);
}

static struct smmu3_dma_result run(struct smmu3_model *model,
				   const struct smmu3m_tx *tx,
				   struct smmu3m_parked *p)
{
	u32 active = smmu3m_get(model, SMMU3_GERROR) ^
		     smmu3m_get(model, SMMU3_GERRORN);
	struct smmu3m_fault fault;
	struct smmu3m_leaf leaf;
	struct smmu3m_ctx ctx;

	if (active & SMMU3_GERROR_SFM)
		return aborted();
	if (tx->flags & SMMU3_DMA_TRANSLATED)
		return translated(model, tx);
	if (!smmu3m_cr0(model, SMMU3_CR0_SMMUEN))
		return smmu3m_get(model, SMMU3_GBPA) & SMMU3_GBPA_ABORT ?
		       aborted() : untranslated(tx);
	switch (smmu3m_configure(model, tx, &ctx, &fault)) {
	case SMMU3M_PASS:
		return untranslated(tx);
	case SMMU3M_TRANSLATE:
		if (!smmu3m_translate(model, &ctx, tx->iova, tx->flags, &leaf,
				      &fault))
			break;
		return arrived(tx, (struct smmu3_dma_result) {
			.level = leaf.level,
			.cached = leaf.cached,
			.pa = leaf.pa,
			.size = BIT_ULL(leaf.size_lg2),
		});
	case SMMU3M_FAULT:
		break;
	}
	return faulted(model, tx, &ctx, &fault, p);
}

/* Commands that end stalls */

void smmu3m_resume(struct smmu3_model *model, u32 sid, u16 stag,
		   unsigned int resp)
{
	struct smmu3m_parked *p = find_stall(model, sid, stag);
	unsigned int ticket;

	if (!p || p->answered || p->unrecorded) {
		smmu3m_complain(model,
				"CMD_RESUME of stream %#x, STAG %#x: %s", sid,
				stag, p && p->answered ? "answered already" :
							 "nothing stalls");
		return;
	}
	p->answered = true;
	/* It was ended by other means meanwhile */
	if (p->result.outcome != SMMU3_DMA_STALLED)
		return;
	ticket = p->result.ticket;
	if (resp == SMMU3_RESUME_RETRY && p->by_hand)
		p->result.outcome = SMMU3_DMA_DONE;
	else if (resp == SMMU3_RESUME_RETRY)
		p->result = run(model, &p->tx, p);
	else if (resp == SMMU3_RESUME_ABORT ||
		 smmu3m_idr(model, SMMU3_IDR0) & SMMU3_IDR0_TERM_MODEL)
		p->result.outcome = SMMU3_DMA_ABORTED;
	else
		p->result.outcome = SMMU3_DMA_IGNORED;
	p->result.ticket = ticket;
	if (p->result.outcome != SMMU3_DMA_STALLED)
		p->result.stag = stag;
}

void smmu3m_stall_term(struct smmu3_model *model, u32 sid)
{
	struct smmu3_model_state *state = model->state;
	unsigned int i;

	for (i = 0; i < state->num_parked; i++)
		if (state->parked[i].tx.sid == sid &&
		    state->parked[i].result.outcome == SMMU3_DMA_STALLED)
			state->parked[i].result.outcome = SMMU3_DMA_ABORTED;
}

void smmu3m_stall_end_all(struct smmu3_model *model)
{
	struct smmu3_model_state *state = model->state;
	unsigned int i;

	for (i = 0; i < state->num_parked; i++) {
		state->parked[i].unrecorded = false;
		if (state->parked[i].result.outcome == SMMU3_DMA_STALLED)
			state->parked[i].result.outcome = SMMU3_DMA_ABORTED;
	}
}

/* Of tests */

static struct smmu3_dma_result send(struct smmu3_model *model,
				    const struct smmu3m_tx *tx)
{
	struct smmu3_dma_result result;
	unsigned long flags;

	smmu3m_lock(model, &flags);
	result = run(model, tx, NULL);
	smmu3m_unlock(model, flags);
	return result;
}

struct smmu3_dma_result smmu3_model_dma(struct smmu3_model *model, u32 sid,
					u32 ssid, u64 iova, unsigned int flags)
{
	struct smmu3m_tx tx = {
		.sid = sid, .ssid = ssid, .iova = iova, .flags = flags,
	};

	return send(model, &tx);
}

struct smmu3_dma_result smmu3_model_copy(struct smmu3_model *model, u32 sid,
					 u32 ssid, u64 iova, unsigned int flags,
					 void *buf, size_t len)
{
	struct smmu3_dma_result result = aborted();

	while (len) {
		/* The smallest page there is, so that none is crossed */
		struct smmu3m_tx tx = {
			.sid = sid, .ssid = ssid, .iova = iova, .flags = flags,
			.buf = buf,
			.len = min_t(size_t, len, SZ_4K - iova % SZ_4K),
		};

		result = send(model, &tx);
		if (result.outcome != SMMU3_DMA_DONE)
			break;
		buf += tx.len;
		iova += tx.len;
		len -= tx.len;
	}
	return result;
}

struct smmu3_dma_result smmu3_model_outcome(struct smmu3_model *model,
					    unsigned int ticket)
{
	struct smmu3_dma_result result;
	unsigned long flags;

	smmu3m_lock(model, &flags);
	result = model->state->parked[ticket].result;
	smmu3m_unlock(model, flags);
	return result;
}

unsigned int smmu3_model_stalls(struct smmu3_model *model)
{
	struct smmu3_model_state *state = model->state;
	unsigned int i, count = 0;
	unsigned long flags;

	smmu3m_lock(model, &flags);
	for (i = 0; i < state->num_parked; i++)
		count += state->parked[i].result.outcome == SMMU3_DMA_STALLED;
	smmu3m_unlock(model, flags);
	return count;
}
