// SPDX-License-Identifier: GPL-2.0
/*
 * Command queue: appending, publishing, waiting.  See cmdq.h for the theory.
 *
 * Memory ordering
 *
 *	In front of the instance: writel() of the doorbell orders all that this
 *	CPU stored or has seen stored before it.  What another CPU appended to
 *	the batch, and its stores to tables before, it has seen by taking the
 *	lock; that CPU's dma_wmb() before its unlock makes them precede the
 *	unlock for observers outside of the CPUs' shareability domain too.
 *
 *	Behind it: who reads from the instance that a flight has ended orders
 *	its later accesses by dma_rmb().  Who learns it from @seen or @done
 *	reads these with acquire; they are stored with release.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/string.h>
#include <kunit/visibility.h>

#include "cmdq_priv.h"

/* Turns of a waiter that leaves polling to others, per look of its own */
#define SMMU3_CMDQ_LAZY_TURNS	16
/* Between two looks whether the last caller has left a gated queue */
#define SMMU3_CMDQ_LEAVE_US	20

#if IS_ENABLED(CONFIG_ARM_SMMU_V3_KUNIT_TEST)
DEFINE_STATIC_KEY_FALSE(smmu3_cmdq_test_key);

void smmu3_cmdq_test_begin(void)
{
	static_branch_inc(&smmu3_cmdq_test_key);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_test_begin);

void smmu3_cmdq_test_end(void)
{
	static_branch_dec(&smmu3_cmdq_test_key);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_test_end);
#endif

/* Ask the instance whether the flight has ended */
static __always_inline bool smmu3_cmdq_landed(struct smmu3_cmdq *q, u64 flight)
{
	bool landed;

	if (q->cfg.msi)
		landed = READ_ONCE(*q->cfg.msi) == cpu_to_le32((u32)flight);
	else
		landed = smmu3_ring_passed(q->cfg.size_lg2,
					   smmu3_cmdq_read(q, q->cfg.cons),
					   flight);
	if (!landed)
		return false;
	/* The instance's accesses are over before the caller's next ones */
	dma_rmb();
	smmu3_cmdq_set_seen(q, flight);
	return true;
}

/*
 * Has @flight ended?  It was q->flight a moment ago.
 *
 * Should it have been superseded meanwhile, then it has ended, whatever the
 * index says.  An index that went round since can only say "no", and q->done
 * has the answer then.
 */
static bool smmu3_cmdq_ended(struct smmu3_cmdq *q, u64 flight, bool look)
{
	if (smmu3_cmdq_seen(q) == flight)
		return true;
	return look && smmu3_cmdq_landed(q, flight);
}

/* Under the lock: is the last flight known to have ended? */
static bool smmu3_cmdq_idle(struct smmu3_cmdq *q)
{
	return smmu3_cmdq_seen(q) == q->flight || q->done == q->flight;
}

static void smmu3_cmdq_append_forced(struct smmu3_cmdq *q,
				     const struct smmu3_cmd *cmds,
				     unsigned int n)
{
	const struct smmu3_cmd sync = smmu3_cmd_sync(SMMU3_SYNC_CS_NONE);

	while (n--) {
		if (q->prod - q->synced >= SMMU3_CMDQ_SYNC_EVERY) {
			smmu3_cmdq_set_slot(q, q->prod++, &sync);
			q->synced = q->prod;
			q->stats.syncs++;
			q->stats.forced++;
		}
		smmu3_cmdq_set_slot(q, q->prod++, cmds++);
	}
}

/* There is room for @n, and the spare slots */
static __always_inline void smmu3_cmdq_append(struct smmu3_cmdq *q,
					      const struct smmu3_cmd *cmds,
					      unsigned int n)
{
	u64 pos = q->prod;

	lockdep_assert_held(&q->lock);
	if (unlikely(q->cfg.force_sync)) {
		smmu3_cmdq_append_forced(q, cmds, n);
		return;
	}
	while (n--)
		smmu3_cmdq_set_slot(q, pos++, cmds++);
	q->prod = pos;
}

/* Publish the open batch as the next flight; the last one has ended */
static __always_inline void smmu3_cmdq_depart(struct smmu3_cmdq *q)
{
	struct smmu3_cmd sync = q->sync;
	u64 pos = q->prod;

	lockdep_assert_held(&q->lock);
	smmu3_cmdq_set_done(q, q->flight);
	if (q->cfg.msi)
		sync.w[0] |= FIELD_PREP(SMMU3_SYNC0_MSIDATA, (u32)pos + 1);
	smmu3_cmdq_set_slot(q, pos++, &sync);
	WRITE_ONCE(q->flight, pos);
	q->prod = pos;
	q->synced = pos;
	q->stats.syncs++;
	smmu3_cmdq_doorbell(q, pos);
}

/*
 * Have the commands up to here published: now if nothing is in flight, else
 * by whoever waits for them when that has ended.
 */
static __always_inline bool smmu3_cmdq_board(struct smmu3_cmdq *q)
{
	if (likely(smmu3_cmdq_idle(q))) {
		smmu3_cmdq_depart(q);
		return true;
	}
	q->joined++;
	/* Another CPU's doorbell will publish them: see the top of this file */
	dma_wmb();
	return false;
}

/* A waiter of the open batch has found that @flight, the one before, ended */
static bool smmu3_cmdq_try_depart(struct smmu3_cmdq *q, u64 flight)
{
	unsigned long flags;
	bool mine;

	/*
	 * Whoever holds the lock appends, and publishes what is open as it
	 * finds nothing in flight; or it looks at the queue and is soon done.
	 */
	if (!raw_spin_trylock_irqsave(&q->lock, flags))
		return false;
	mine = q->state == SMMU3_CMDQ_READY && q->flight == flight;
	if (mine) {
		q->late++;
		smmu3_cmdq_depart(q);
	}
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return mine;
}

/* What becomes of those who find that the queue is not READY */
static int smmu3_cmdq_over(const struct smmu3_cmdq *q)
{
	return READ_ONCE(q->state) == SMMU3_CMDQ_ASLEEP ? 0 : -EIO;
}

/* A call that is to wait comes, or goes: see smmu3_cmdq_sleep() */
static void smmu3_cmdq_enter(struct smmu3_cmdq *q)
{
	lockdep_assert_held(&q->lock);
	q->inside++;
}

static void smmu3_cmdq_leave(struct smmu3_cmdq *q)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	q->inside--;
	raw_spin_unlock_irqrestore(&q->lock, flags);
}

static void smmu3_cmdq_turn(struct smmu3_cmdq *q,
			    struct smmu3_cmdq_watch *watch, u64 mark)
{
	if (watch->mark != mark) {
		watch->mark = mark;
		watch->deadline = 0;
		watch->turns = 0;
		watch->strikes = 0;
	}
	smmu3_cmdq_relax(q);
	if (!(++watch->turns % SMMU3_CMDQ_LOOK_TURNS))
		smmu3_cmdq_look(q, watch);
}

/*
 * Wait until all before @last is complete.  @mine: the caller has published
 * the flight, and polls the instance; the others mostly look at q->seen, which
 * spares the instance, except that WFE wakes everybody at its signal.
 */
static noinline int smmu3_cmdq_wait(struct smmu3_cmdq *q, u64 last, bool mine)
{
	struct smmu3_cmdq_watch watch = {};

	while (smmu3_cmdq_done(q) < last) {
		u64 flight = READ_ONCE(q->flight);
		bool look = mine || q->cfg.sev ||
			    !(watch.turns % SMMU3_CMDQ_LAZY_TURNS);

		if (smmu3_cmdq_ended(q, flight, look)) {
			if (last <= flight)
				return 0;
			mine = smmu3_cmdq_try_depart(q, flight);
		}
		if (READ_ONCE(q->state) != SMMU3_CMDQ_READY)
			return smmu3_cmdq_over(q);
		smmu3_cmdq_turn(q, &watch, flight);
	}
	return 0;
}

static noinline int smmu3_cmdq_lost(struct smmu3_cmdq *q,
				    const struct smmu3_cmd *cmds,
				    unsigned int n, u64 first)
{
	if (READ_ONCE(q->lost_cmd) > first)
		return -EIO;
	if (READ_ONCE(q->lost_atc) <= first)
		return 0;
	while (n--) {
		if (smmu3_cmd_op(cmds++) == SMMU3_OP_ATC_INV)
			return -EIO;
	}
	return 0;
}

/* All of the caller's commands went through, but were they executed? */
static int smmu3_cmdq_verdict(struct smmu3_cmdq *q,
			      const struct smmu3_cmd *cmds, unsigned int n,
			      u64 first)
{
	if (likely(READ_ONCE(q->lost) <= first))
		return 0;
	return smmu3_cmdq_lost(q, cmds, n, first);
}

/* Drops the lock while it waits; a handler may issue commands in between */
static int smmu3_cmdq_reserve(struct smmu3_cmdq *q, unsigned int n,
			      unsigned long *flags)
	__must_hold(&q->lock)
{
	struct smmu3_cmdq_watch watch = { .room = true };
	u64 cons;

	for (;;) {
		if (q->state != SMMU3_CMDQ_READY)
			return -EIO;
		if (q->prod + n <= smmu3_cmdq_room_end(q))
			return 0;
		smmu3_cmdq_refresh(q);
		if (q->prod + n <= smmu3_cmdq_room_end(q))
			return 0;
		if (q->prod != q->published && smmu3_cmdq_idle(q)) {
			q->late++;
			smmu3_cmdq_depart(q);
		}
		cons = q->cons;
		raw_spin_unlock_irqrestore(&q->lock, *flags);
		smmu3_cmdq_turn(q, &watch, cons);
		raw_spin_lock_irqsave(&q->lock, *flags);
	}
}

static unsigned int smmu3_cmdq_chunk(const struct smmu3_cmdq *q)
{
	return min(SMMU3_CMDQ_CHUNK, smmu3_ring_size(q->cfg.size_lg2) -
				     smmu3_cmdq_spare(q));
}

/*
 * Append what does not fit at once, in chunks.  While nothing is in flight
 * each chunk is published without a CMD_SYNC, so that the instance need not
 * wait for the last.  Returns with the lock held.
 */
static int smmu3_cmdq_append_chunks(struct smmu3_cmdq *q,
				    const struct smmu3_cmd *cmds,
				    unsigned int n, unsigned long *flags,
				    u64 *first)
	__must_hold(&q->lock)
{
	bool begun = false;
	int ret;

	for (;;) {
		unsigned int k = min(n, smmu3_cmdq_chunk(q));

		ret = smmu3_cmdq_reserve(q, k, flags);
		if (!begun)
			*first = q->prod;
		begun = true;
		if (ret)
			return ret;
		smmu3_cmdq_append(q, cmds, k);
		cmds += k;
		n -= k;
		if (!n)
			return 0;
		if (smmu3_cmdq_idle(q))
			smmu3_cmdq_doorbell(q, q->prod);
		else
			dma_wmb();
		raw_spin_unlock_irqrestore(&q->lock, *flags);
		raw_spin_lock_irqsave(&q->lock, *flags);
	}
}

static noinline int smmu3_cmdq_issue_slow(struct smmu3_cmdq *q,
					  const struct smmu3_cmd *cmds,
					  unsigned int n)
{
	unsigned long flags;
	u64 first, last;
	bool mine;
	int ret;

	raw_spin_lock_irqsave(&q->lock, flags);
	smmu3_cmdq_enter(q);
	ret = smmu3_cmdq_append_chunks(q, cmds, n, &flags, &first);
	if (ret) {
		q->inside--;
		ret = smmu3_cmdq_over(q);
		/* Whoever wakes the instance publishes the caller's stores */
		dma_wmb();
		raw_spin_unlock_irqrestore(&q->lock, flags);
		return ret;
	}
	last = q->prod;
	mine = last > q->flight && smmu3_cmdq_board(q);
	raw_spin_unlock_irqrestore(&q->lock, flags);

	ret = smmu3_cmdq_wait(q, last, mine);
	smmu3_cmdq_leave(q);
	return ret ?: smmu3_cmdq_verdict(q, cmds, n, first);
}

int smmu3_cmdq_issue(struct smmu3_cmdq *q, const struct smmu3_cmd *cmds,
		     unsigned int n)
{
	unsigned long flags;
	u64 first, last;
	bool mine;

	raw_spin_lock_irqsave(&q->lock, flags);
	first = q->prod;
	/* Without a limit the queue may not be READY; 0 - 1 is a large number */
	if (unlikely(first + n > q->limit || n - 1 >= SMMU3_CMDQ_CHUNK)) {
		raw_spin_unlock_irqrestore(&q->lock, flags);
		return smmu3_cmdq_issue_slow(q, cmds, n);
	}
	smmu3_cmdq_append(q, cmds, n);
	last = q->prod;
	mine = smmu3_cmdq_board(q);
	raw_spin_unlock_irqrestore(&q->lock, flags);

	/* The CMD_SYNC of an own flight stands directly behind */
	if (!mine || !smmu3_cmdq_landed(q, last + 1)) {
		int ret = smmu3_cmdq_wait(q, last, mine);

		if (ret)
			return ret;
	}
	return smmu3_cmdq_verdict(q, cmds, n, first);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_issue);

/* These take their command by value, so that it stays in registers till then */
static noinline int smmu3_cmdq_issue_one_slow(struct smmu3_cmdq *q,
					      struct smmu3_cmd cmd)
{
	return smmu3_cmdq_issue_slow(q, &cmd, 1);
}

static noinline int smmu3_cmdq_lost_one(struct smmu3_cmdq *q,
					struct smmu3_cmd cmd, u64 first)
{
	return smmu3_cmdq_lost(q, &cmd, 1, first);
}

int smmu3_cmdq_issue_one(struct smmu3_cmdq *q, struct smmu3_cmd cmd)
{
	unsigned long flags;
	u64 first;
	bool mine;
	int ret;

	raw_spin_lock_irqsave(&q->lock, flags);
	first = q->prod;
	/* Without a limit the queue may not be READY */
	if (unlikely(first >= q->limit || q->cfg.force_sync)) {
		raw_spin_unlock_irqrestore(&q->lock, flags);
		return smmu3_cmdq_issue_one_slow(q, cmd);
	}
	smmu3_cmdq_set_slot(q, first, &cmd);
	q->prod = first + 1;
	mine = smmu3_cmdq_board(q);
	raw_spin_unlock_irqrestore(&q->lock, flags);

	/* The CMD_SYNC of an own flight stands directly behind */
	if (!mine || !smmu3_cmdq_landed(q, first + 2)) {
		ret = smmu3_cmdq_wait(q, first + 1, mine);
		if (ret)
			return ret;
	}
	if (likely(READ_ONCE(q->lost) <= first))
		return 0;
	return smmu3_cmdq_lost_one(q, cmd, first);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_issue_one);

int smmu3_cmdq_post(struct smmu3_cmdq *q, const struct smmu3_cmd *cmds,
		    unsigned int n)
{
	unsigned long flags;
	u64 first;
	int ret;

	raw_spin_lock_irqsave(&q->lock, flags);
	smmu3_cmdq_enter(q);
	ret = smmu3_cmdq_append_chunks(q, cmds, n, &flags, &first);
	if (!ret)
		smmu3_cmdq_doorbell(q, q->prod);
	else
		ret = smmu3_cmdq_over(q);
	q->inside--;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_post);

int smmu3_cmdq_init(struct smmu3_cmdq *q, const struct smmu3_cmdq_config *cfg)
{
	if (cfg->size_lg2 < SMMU3_CMDQ_MIN_LG2 ||
	    cfg->size_lg2 > SMMU3_Q_MAX_LG2)
		return -EINVAL;
	memset(q, 0, sizeof(*q));
	raw_spin_lock_init(&q->lock);
	q->state = SMMU3_CMDQ_OFF;
	q->timeout_us = SMMU3_CMDQ_TIMEOUT_US;
	q->cfg = *cfg;
	q->slot_mask = (smmu3_ring_size(cfg->size_lg2) - 1) *
		       sizeof(struct smmu3_cmd);
	q->index_mask = 2 * smmu3_ring_size(cfg->size_lg2) - 1;
	if (cfg->msi)
		q->sync = smmu3_cmd_sync_msi(cfg->msi_dma, 0);
	else
		q->sync = smmu3_cmd_sync(cfg->sev ? SMMU3_SYNC_CS_SEV :
						    SMMU3_SYNC_CS_NONE);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_init);

static void smmu3_cmdq_set_state(struct smmu3_cmdq *q, u32 state)
{
	bool was = q->state == SMMU3_CMDQ_ASLEEP;
	bool is = state == SMMU3_CMDQ_ASLEEP;

	lockdep_assert_held(&q->lock);
	if (was != is)
		WRITE_ONCE(q->sleeps, q->sleeps + 1);
	WRITE_ONCE(q->state, state);
}

void smmu3_cmdq_start(struct smmu3_cmdq *q)
{
	u64 round = 2ULL << q->cfg.size_lg2;
	unsigned long flags;
	u64 base;

	raw_spin_lock_irqsave(&q->lock, flags);
	/*
	 * Positions only grow, so that those who still wait for commands of
	 * before find that these were lost; or done, if the queue slept.
	 */
	base = roundup(q->prod + 1, round);
	q->skipped += base - q->prod;
	q->started = base;
	q->prod = base;
	q->cons = base;
	q->published = base;
	q->synced = base;
	q->overdue = 0;
	if (q->state != SMMU3_CMDQ_ASLEEP) {
		WRITE_ONCE(q->lost_cmd, base);
		WRITE_ONCE(q->lost, base);
	}
	WRITE_ONCE(q->flight, base);
	smmu3_cmdq_set_done(q, base);
	smmu3_cmdq_set_seen(q, base);
	if (q->cfg.msi)
		WRITE_ONCE(*q->cfg.msi, 0);
	smmu3_cmdq_write(q, q->cfg.prod, 0);
	smmu3_cmdq_write(q, q->cfg.cons, 0);
	smmu3_cmdq_set_limit(q);
	smmu3_cmdq_set_state(q, SMMU3_CMDQ_READY);
	raw_spin_unlock_irqrestore(&q->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_start);

void smmu3_cmdq_stop(struct smmu3_cmdq *q)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	smmu3_cmdq_set_state(q, SMMU3_CMDQ_OFF);
	q->limit = 0;
	raw_spin_unlock_irqrestore(&q->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_stop);

void smmu3_cmdq_wait_gated(struct smmu3_cmdq *q)
{
	/* Each finds out at its next turn, unless it is preempted */
	while (q->cfg.gated && READ_ONCE(q->inside))
		fsleep(SMMU3_CMDQ_LEAVE_US);
}

void smmu3_cmdq_sleep(struct smmu3_cmdq *q)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	smmu3_cmdq_set_done(q, q->prod);
	smmu3_cmdq_set_state(q, SMMU3_CMDQ_ASLEEP);
	q->limit = 0;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	smmu3_cmdq_wait_gated(q);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_sleep);

void smmu3_cmdq_stats(struct smmu3_cmdq *q, struct smmu3_cmdq_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	*stats = q->stats;
	stats->cmds = q->prod - q->skipped - stats->syncs;
	stats->flights = stats->syncs - stats->forced;
	/* Who waits has either published a flight at once or joined one */
	stats->issues = stats->flights - q->late + q->joined;
	raw_spin_unlock_irqrestore(&q->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cmdq_stats);
