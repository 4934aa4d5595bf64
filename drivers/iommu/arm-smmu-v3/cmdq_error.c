// SPDX-License-Identifier: GPL-2.0
/*
 * Command queue: errors, lack of progress, and the end.
 *
 * All decisions are made under the queue's lock; what there is to say is noted
 * in a report and said after the lock is dropped, as a console can be slow.
 */
#define pr_fmt(fmt) "arm-smmu-v3 " fmt

#include <linux/export.h>
#include <linux/printk.h>
#include <linux/timekeeping.h>
#include <kunit/visibility.h>

#include "cmdq_priv.h"

/* SMMU_GERRORN, as seen from SMMU_GERROR */
#define SMMU3_GERRORN_BEHIND	(SMMU3_GERRORN - SMMU3_GERROR)

enum smmu3_cmdq_event {
	SMMU3_CMDQ_QUIET,
	SMMU3_CMDQ_OVERDUE,
	SMMU3_CMDQ_ILLEGAL,
	SMMU3_CMDQ_ABORTED,
	SMMU3_CMDQ_ATC_LOST,
	SMMU3_CMDQ_BAD_ERROR,
};

/**
 * struct smmu3_cmdq_report - what to say once the lock is dropped
 * @event: what happened
 * @died: the queue is dead, because of it
 * @prod: SMMU_CMDQ_PROD
 * @cons: SMMU_CMDQ_CONS
 * @gerror: SMMU_GERROR
 * @gerrorn: SMMU_GERRORN
 * @cmd: offending command
 */
struct smmu3_cmdq_report {
	enum smmu3_cmdq_event event;
	bool died;
	u32 prod;
	u32 cons;
	u32 gerror;
	u32 gerrorn;
	struct smmu3_cmd cmd;
};

void smmu3_cmdq_refresh(struct smmu3_cmdq *q)
{
	u64 cons = smmu3_ring_extend(q->cfg.size_lg2, q->cons,
				     smmu3_cmdq_read(q, q->cfg.cons));

	lockdep_assert_held(&q->lock);
	/* Nothing beyond that was ever to be read: no progress, but a defect */
	if (cons > q->published)
		return;
	/* The instance has read the slots before we store to them again */
	dma_rmb();
	q->cons = cons;
	if (q->state == SMMU3_CMDQ_READY)
		smmu3_cmdq_set_limit(q);
	if (q->done != q->flight && cons >= q->flight) {
		smmu3_cmdq_set_done(q, q->flight);
		smmu3_cmdq_set_seen(q, q->flight);
	}
}

/*
 * Which streams can a CMD_SYNC at @q->cons wait for?  The ATC invalidations
 * between it and the CMD_SYNC before are still in the ring, unless it has been
 * filled again meanwhile.
 *
 * Returns 0 if there are none, 1 if they are all for *@sid, else 2.
 */
static unsigned int smmu3_cmdq_suspects(const struct smmu3_cmdq *q, u32 *sid)
{
	u32 lg2 = q->cfg.size_lg2;
	const __le64 *ring = q->cfg.ring;
	unsigned int found = 0;
	struct smmu3_cmd cmd;
	u64 pos;

	lockdep_assert_held(&q->lock);
	for (pos = q->cons; pos > q->started; ) {
		pos--;
		if (q->prod - pos > smmu3_ring_size(lg2))
			return 2;
		cmd.w[0] = le64_to_cpu(ring[2 * smmu3_ring_slot(lg2, pos)]);
		if (smmu3_cmd_op(&cmd) == SMMU3_OP_SYNC)
			break;
		if (smmu3_cmd_op(&cmd) != SMMU3_OP_ATC_INV)
			continue;
		if (found && FIELD_GET(SMMU3_CMD0_SID, cmd.w[0]) != *sid)
			return 2;
		*sid = FIELD_GET(SMMU3_CMD0_SID, cmd.w[0]);
		found = 1;
	}
	return found;
}

/*
 * The owner names a device that it knows; with several suspects, those who wait
 * ask them one by one.
 */
static bool smmu3_cmdq_atc_lost(struct smmu3_cmdq *q)
{
	u32 sid;

	switch (smmu3_cmdq_suspects(q, &sid)) {
	case 0:
		return false;
	case 1:
		return q->cfg.atc_lost && q->cfg.atc_lost(q->cfg.owner, sid);
	default:
		return true;
	}
}

static void __iomem *smmu3_cmdq_gerrorn(const struct smmu3_cmdq *q)
{
	return q->cfg.gerror + SMMU3_GERRORN_BEHIND;
}

static void smmu3_cmdq_note(struct smmu3_cmdq *q, struct smmu3_cmdq_report *rep,
			    enum smmu3_cmdq_event event)
{
	const __le64 *slot = q->cfg.ring;

	rep->event = event;
	rep->prod = smmu3_cmdq_read(q, q->cfg.prod);
	rep->cons = smmu3_cmdq_read(q, q->cfg.cons);
	rep->gerror = smmu3_cmdq_read(q, q->cfg.gerror);
	rep->gerrorn = smmu3_cmdq_read(q, smmu3_cmdq_gerrorn(q));
	slot += 2 * smmu3_ring_slot(q->cfg.size_lg2, rep->cons);
	rep->cmd.w[0] = le64_to_cpu(slot[0]);
	rep->cmd.w[1] = le64_to_cpu(slot[1]);
}

static void smmu3_cmdq_die(struct smmu3_cmdq *q, struct smmu3_cmdq_report *rep)
{
	WRITE_ONCE(q->state, SMMU3_CMDQ_DEAD);
	q->limit = 0;
	rep->died = true;
}

static void smmu3_cmdq_say(struct smmu3_cmdq *q,
			   const struct smmu3_cmdq_report *rep)
{
	const char *name = q->cfg.name;

	switch (rep->event) {
	case SMMU3_CMDQ_QUIET:
		break;
	case SMMU3_CMDQ_OVERDUE:
		pr_err("%s: command queue makes no progress for %u us: prod %#x, cons %#x, gerror %#x/%#x\n",
		       name, q->timeout_us, rep->prod, rep->cons, rep->gerror,
		       rep->gerrorn);
		break;
	case SMMU3_CMDQ_ILLEGAL:
		pr_err_ratelimited("%s: illegal command %#018llx %#018llx was dropped\n",
				   name, rep->cmd.w[0], rep->cmd.w[1]);
		break;
	case SMMU3_CMDQ_ABORTED:
		pr_err_ratelimited("%s: fetch of a command aborted, cons %#x: trying again\n",
				   name, rep->cons);
		break;
	case SMMU3_CMDQ_ATC_LOST:
		pr_err_ratelimited("%s: an unknown device did not confirm an ATC invalidation, cons %#x\n",
				   name, rep->cons);
		break;
	case SMMU3_CMDQ_BAD_ERROR:
		pr_err("%s: unknown command queue error, cons %#x\n", name,
		       rep->cons);
		break;
	}
	if (!rep->died)
		return;
	pr_crit("%s: command queue is dead (prod %#x, cons %#x, gerror %#x/%#x): no more invalidations, the instance must be shut off\n",
		name, rep->prod, rep->cons, rep->gerror, rep->gerrorn);
	if (q->cfg.dead)
		q->cfg.dead(q, q->cfg.owner);
}

/* Count errors that one command causes; false when there are too many */
static bool smmu3_cmdq_once_more(struct smmu3_cmdq *q)
{
	if (q->error_pos != q->cons) {
		q->error_pos = q->cons;
		q->errors = 0;
	}
	return ++q->errors < SMMU3_CMDQ_ERRORS;
}

/*
 * 7.1: the queue stands still at the offending command until the error is
 * acknowledged.
 */
static void smmu3_cmdq_recover(struct smmu3_cmdq *q,
			       struct smmu3_cmdq_report *rep)
{
	const struct smmu3_cmd sync = smmu3_cmd_sync(SMMU3_SYNC_CS_NONE);
	bool ok = true;

	lockdep_assert_held(&q->lock);
	q->stats.errors++;
	smmu3_cmdq_refresh(q);
	smmu3_cmdq_note(q, rep, SMMU3_CMDQ_QUIET);
	switch (FIELD_GET(SMMU3_CMDQ_CONS_ERR, rep->cons)) {
	case SMMU3_CERROR_NONE:
		return;
	case SMMU3_CERROR_ILL:
		rep->event = SMMU3_CMDQ_ILLEGAL;
		ok = smmu3_cmdq_once_more(q);
		WRITE_ONCE(q->lost_cmd, q->cons + 1);
		smmu3_cmdq_set_slot(q, q->cons, &sync);
		break;
	case SMMU3_CERROR_ABT:
		rep->event = SMMU3_CMDQ_ABORTED;
		ok = smmu3_cmdq_once_more(q);
		break;
	case SMMU3_CERROR_ATC_INV_SYNC:
		/*
		 * The CMD_SYNC is executed again; each error consumes one
		 * invalidation at least, and waiters bound the time.
		 */
		if (!smmu3_cmdq_atc_lost(q))
			rep->event = SMMU3_CMDQ_ATC_LOST;
		WRITE_ONCE(q->lost_atc, q->cons + 1);
		break;
	default:
		rep->event = SMMU3_CMDQ_BAD_ERROR;
		ok = false;
	}
	WRITE_ONCE(q->lost, max(q->lost_cmd, q->lost_atc));
	if (!ok)
		smmu3_cmdq_die(q, rep);
}

/* Serve the errors @which; return all that are active */
static u32 smmu3_cmdq_serve(struct smmu3_cmdq *q, u32 which,
			    struct smmu3_cmdq_report *rep)
{
	u32 gerror = smmu3_cmdq_read(q, q->cfg.gerror);
	u32 gerrorn = smmu3_cmdq_read(q, smmu3_cmdq_gerrorn(q));
	u32 active = (gerror ^ gerrorn) & which;
	u32 ack = active;

	lockdep_assert_held(&q->lock);
	if (!active)
		return 0;
	if (active & SMMU3_GERROR_CMDQ && q->state == SMMU3_CMDQ_READY)
		smmu3_cmdq_recover(q, rep);
	/* What is dead stays where it is */
	if (q->state == SMMU3_CMDQ_DEAD)
		ack &= ~SMMU3_GERROR_CMDQ;
	/* The repaired slot and what waiters learn of it come before */
	smmu3_cmdq_write(q, smmu3_cmdq_gerrorn(q), gerrorn ^ ack);
	return active;
}

u32 smmu3_cmdq_take_gerror(struct smmu3_cmdq *q)
{
	struct smmu3_cmdq_report rep = {};
	unsigned long flags;
	u32 active = 0;

	raw_spin_lock_irqsave(&q->lock, flags);
	if (q->state != SMMU3_CMDQ_ASLEEP)
		active = smmu3_cmdq_serve(q, SMMU3_GERROR_ALL, &rep);
	raw_spin_unlock_irqrestore(&q->lock, flags);
	smmu3_cmdq_say(q, &rep);
	return active;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_take_gerror);

/* Is what the waiter saw still so? */
static bool smmu3_cmdq_stuck(const struct smmu3_cmdq *q,
			     const struct smmu3_cmdq_watch *watch)
{
	if (watch->room)
		return q->cons == watch->mark;
	return q->flight == watch->mark && q->done != q->flight;
}

static unsigned int smmu3_cmdq_patience(const struct smmu3_cmdq *q)
{
	u32 sid;

	return smmu3_cmdq_suspects(q, &sid) ? SMMU3_CMDQ_ATC_PATIENCE :
					      SMMU3_CMDQ_PATIENCE;
}

/*
 * A deadline has passed.  The doorbell is rung again, with the same value; it
 * does no harm, and helps an instance that lost it.
 */
static void smmu3_cmdq_strike(struct smmu3_cmdq *q,
			      struct smmu3_cmdq_watch *watch,
			      struct smmu3_cmdq_report *rep)
{
	q->stats.timeouts++;
	if (++watch->strikes >= smmu3_cmdq_patience(q)) {
		smmu3_cmdq_note(q, rep, SMMU3_CMDQ_QUIET);
		smmu3_cmdq_die(q, rep);
		return;
	}
	if (q->overdue != watch->mark) {
		q->overdue = watch->mark;
		smmu3_cmdq_note(q, rep, SMMU3_CMDQ_OVERDUE);
	}
	smmu3_cmdq_write(q, q->cfg.prod,
			 smmu3_ring_index(q->cfg.size_lg2, q->published));
}

void smmu3_cmdq_look(struct smmu3_cmdq *q, struct smmu3_cmdq_watch *watch)
{
	struct smmu3_cmdq_report rep = {};
	unsigned long flags;
	u64 now;

	raw_spin_lock_irqsave(&q->lock, flags);
	if (q->state == SMMU3_CMDQ_ASLEEP)
		goto unlock;
	/* Read with interrupts off, so that no pause comes before the verdict */
	now = ktime_get_mono_fast_ns();
	/* The interrupt of an error may be waiting for this very CPU */
	smmu3_cmdq_serve(q, SMMU3_GERROR_CMDQ, &rep);
	smmu3_cmdq_refresh(q);
	if (q->state == SMMU3_CMDQ_READY && smmu3_cmdq_stuck(q, watch)) {
		u64 period = (u64)q->timeout_us * NSEC_PER_USEC;

		if (!watch->deadline) {
			watch->deadline = now + period;
		} else if (now > watch->deadline) {
			smmu3_cmdq_strike(q, watch, &rep);
			watch->deadline = now + period;
		}
	}
unlock:
	raw_spin_unlock_irqrestore(&q->lock, flags);
	smmu3_cmdq_say(q, &rep);
}
