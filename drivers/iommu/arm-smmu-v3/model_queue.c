// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of the software SMMUv3: section 3.5 of Arm IHI 0070.
 */
#include <linux/bitfield.h>

#include "model_priv.h"

/* A queue, as its registers have it */
struct queue {
	__le64 *ring;
	u32 lg2;
	u32 prod;
	u32 cons;
};

/* False if there is no memory at its address */
static bool get_queue(struct smmu3_model *model, struct queue *q, u32 base,
		      u32 prod, u32 cons)
{
	u64 val = smmu3m_get64(model, base);

	q->lg2 = FIELD_GET(SMMU3_QBASE_LOG2SIZE, val);
	q->ring = smmu3m_memory(val & SMMU3_QBASE_ADDR);
	q->prod = smmu3m_get(model, prod);
	q->cons = smmu3m_get(model, cons);
	/* What an index announces is read after it */
	smp_rmb();
	if (q->ring && q->lg2 <= SMMU3_Q_MAX_LG2)
		return true;
	smmu3m_complain(model, "no memory for the queue of register %#x", base);
	return false;
}

/* Errors */

void smmu3m_raise(struct smmu3_model *model, u32 gerrors)
{
	u32 gerror = smmu3m_get(model, SMMU3_GERROR);
	u32 active = gerror ^ smmu3m_get(model, SMMU3_GERRORN);

	smmu3m_set(model, SMMU3_GERROR, gerror ^ (gerrors & ~active));
}

void smmu3_model_gerror(struct smmu3_model *model, u32 bits)
{
	unsigned long flags;

	smmu3m_lock(model, &flags);
	smmu3m_raise(model, bits);
	smmu3m_unlock(model, flags);
}

/* Commands */

static bool stands_still(struct smmu3_model *model)
{
	u32 active = smmu3m_get(model, SMMU3_GERROR) ^
		     smmu3m_get(model, SMMU3_GERRORN);

	return model->cmdq_stuck || active & SMMU3_GERROR_CMDQ ||
	       !smmu3m_cr0(model, SMMU3_CR0_CMDQEN);
}

/* Is it a CMD_SYNC that takes its time? */
static bool not_yet(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	struct smmu3_model_state *state = model->state;
	ktime_t now;

	if (smmu3_cmd_op(cmd) != SMMU3_OP_SYNC || !model->sync_delay_us)
		return false;
	now = ktime_get_mono_fast_ns();
	if (!state->sync_due)
		state->sync_due = ktime_add_us(now, model->sync_delay_us);
	if (ktime_before(now, state->sync_due))
		return true;
	state->sync_due = 0;
	return false;
}

/* Who sees the message sees the index that is beyond it */
static void send_message(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	__le32 *p;

	if (smmu3_cmd_op(cmd) != SMMU3_OP_SYNC ||
	    FIELD_GET(SMMU3_SYNC0_CS, cmd->w[0]) != SMMU3_SYNC_CS_IRQ ||
	    !cmd->w[1])
		return;
	p = smmu3m_memory(cmd->w[1] & SMMU3_SYNC1_MSIADDR);
	if (!p) {
		smmu3m_raise(model, SMMU3_GERROR_MSI_CMDQ_ABT);
		return;
	}
	/* Pairs with the barrier of whoever polls for the message */
	smp_store_release(p, cpu_to_le32(FIELD_GET(SMMU3_SYNC0_MSIDATA,
						   cmd->w[0])));
}

static bool consume_one(struct smmu3_model *model, struct queue *q)
{
	const __le64 *slot = q->ring + 2 * smmu3_ring_slot(q->lg2, q->cons);
	struct smmu3_cmd cmd = { .w = {
		le64_to_cpu(READ_ONCE(slot[0])), le64_to_cpu(READ_ONCE(slot[1])),
	} };
	u32 cerror;

	if (not_yet(model, &cmd))
		return false;
	if (!smmu3m_execute(model, &cmd, &cerror)) {
		smmu3m_set(model, SMMU3_CMDQ_CONS, q->cons |
			   FIELD_PREP(SMMU3_CMDQ_CONS_ERR, cerror));
		smmu3m_raise(model, SMMU3_GERROR_CMDQ);
		return false;
	}
	q->cons = smmu3_ring_advance(q->lg2, q->cons, 1);
	smmu3m_set(model, SMMU3_CMDQ_CONS, q->cons);
	send_message(model, &cmd);
	return true;
}

void smmu3m_consume(struct smmu3_model *model)
{
	struct queue q;

	if (stands_still(model) ||
	    !get_queue(model, &q, SMMU3_CMDQ_BASE, SMMU3_CMDQ_PROD,
		       SMMU3_CMDQ_CONS))
		return;
	q.cons = smmu3_ring_index(q.lg2, q.cons);
	if (smmu3_ring_count(q.lg2, q.prod, q.cons) > smmu3_ring_size(q.lg2)) {
		smmu3m_complain(model, "CMDQ_PROD %#x is beyond CMDQ_CONS %#x",
				q.prod, q.cons);
		return;
	}
	while (!smmu3_ring_empty(q.lg2, q.prod, q.cons))
		if (!consume_one(model, &q))
			return;
}

bool smmu3m_is_idle(struct smmu3_model *model)
{
	struct queue q;

	return stands_still(model) ||
	       !get_queue(model, &q, SMMU3_CMDQ_BASE, SMMU3_CMDQ_PROD,
			  SMMU3_CMDQ_CONS) ||
	       smmu3_ring_empty(q.lg2, q.prod, q.cons);
}

/* Records */

static void put_record(struct smmu3_model *model, struct queue *q, u32 prod,
		       const u64 *w, unsigned int words)
{
	__le64 *slot = q->ring + words * smmu3_ring_slot(q->lg2, q->prod);
	unsigned int i;

	for (i = 0; i < words; i++)
		WRITE_ONCE(slot[i], cpu_to_le64(w[i]));
	/* Stored with release: the record is there when the index is */
	smmu3m_set(model, prod, smmu3_ring_advance(q->lg2, q->prod, 1));
}

static bool is_full(const struct queue *q)
{
	return smmu3_ring_count(q->lg2, q->prod, q->cons) >=
	       smmu3_ring_size(q->lg2);
}

bool smmu3m_put_event(struct smmu3_model *model, const struct smmu3_evt *evt)
{
	struct queue q;

	if (!smmu3m_cr0(model, SMMU3_CR0_EVENTQEN) ||
	    !get_queue(model, &q, SMMU3_EVENTQ_BASE, SMMU3M_EVTQ_PROD,
		       SMMU3M_EVTQ_CONS))
		return false;
	if (is_full(&q)) {
		/* A stalled transaction's record waits, and is not lost */
		if (!(evt->w[1] & SMMU3_EVT1_STALL) &&
		    !smmu3_ring_overflown(q.prod, q.cons))
			smmu3m_set(model, SMMU3M_EVTQ_PROD,
				   q.prod ^ SMMU3_QIDX_OVF);
		return false;
	}
	put_record(model, &q, SMMU3M_EVTQ_PROD, evt->w, SMMU3_EVT_WORDS);
	return true;
}

bool smmu3_model_event(struct smmu3_model *model, const struct smmu3_evt *evt)
{
	unsigned long flags;
	bool ret;

	smmu3m_lock(model, &flags);
	ret = smmu3m_put_event(model, evt);
	if (ret && evt->w[1] & SMMU3_EVT1_STALL)
		smmu3m_park_by_hand(model, evt);
	smmu3m_unlock(model, flags);
	return ret;
}

/* Once it overflowed the queue takes nothing until software has said that it knows */
bool smmu3m_put_request(struct smmu3_model *model, u64 w0, u64 w1)
{
	u64 w[2] = { w0, w1 };
	struct queue q;

	if (!get_queue(model, &q, SMMU3_PRIQ_BASE, SMMU3M_PRIQ_PROD,
		       SMMU3M_PRIQ_CONS) ||
	    smmu3_ring_overflown(q.prod, q.cons))
		return false;
	if (is_full(&q)) {
		smmu3m_set(model, SMMU3M_PRIQ_PROD,
			   q.prod ^ SMMU3_QIDX_OVF);
		return false;
	}
	put_record(model, &q, SMMU3M_PRIQ_PROD, w, 2);
	return true;
}

int smmu3_model_find_cmd(struct smmu3_model *model, enum smmu3_opcode op,
			 unsigned int from)
{
	for (; from < model->num_cmds; from++)
		if (smmu3_cmd_op(&model->cmds[from]) == op)
			return from;
	return -1;
}
