/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of the command queue: cmdq.c is its work, cmdq_error.c what it does
 * when the instance does not do its part.
 */
#ifndef __SMMU3_CMDQ_PRIV_H
#define __SMMU3_CMDQ_PRIV_H

#include <linux/io.h>
#include <linux/jump_label.h>
#include <linux/processor.h>

#ifdef CONFIG_ARM64
#include <clocksource/arm_arch_timer.h>
#endif

#include "cmdq.h"
#include "ring.h"

/*
 * How the queue reaches its instance, so that a test can be one.  Without the
 * KUnit suites these are the accessors themselves; with them, a static key
 * that only a test turns on lies before.
 */
#if IS_ENABLED(CONFIG_ARM_SMMU_V3_KUNIT_TEST)
DECLARE_STATIC_KEY_FALSE(smmu3_cmdq_test_key);

/**
 * smmu3_cmdq_test_begin() - let a test be the instance of some queues
 * smmu3_cmdq_test_end() - undo it
 */
void smmu3_cmdq_test_begin(void);
void smmu3_cmdq_test_end(void);

static inline const struct smmu3_cmdq_hw *
smmu3_cmdq_hw(const struct smmu3_cmdq *q)
{
	return static_branch_unlikely(&smmu3_cmdq_test_key) ? q->hw : NULL;
}
#else
static inline const struct smmu3_cmdq_hw *
smmu3_cmdq_hw(const struct smmu3_cmdq *q)
{
	return NULL;
}
#endif

static inline u32 smmu3_cmdq_read(struct smmu3_cmdq *q, void __iomem *reg)
{
	const struct smmu3_cmdq_hw *hw = smmu3_cmdq_hw(q);

	return unlikely(hw) ? hw->read(q, reg) : readl_relaxed(reg);
}

/* All earlier stores to memory are visible to the instance before this one */
static inline void smmu3_cmdq_write(struct smmu3_cmdq *q, void __iomem *reg,
				    u32 val)
{
	const struct smmu3_cmdq_hw *hw = smmu3_cmdq_hw(q);

	if (unlikely(hw))
		hw->write(q, reg, val);
	else
		writel(val, reg);
}

/*
 * Between two looks at an instance.  WFE sleeps until a CMD_SYNC signals; the
 * timer's event stream bounds that where the signal is lost, so without it we
 * spin.  A module cannot ask whether there is one.
 */
static inline void smmu3_cmdq_relax(struct smmu3_cmdq *q)
{
	const struct smmu3_cmdq_hw *hw = smmu3_cmdq_hw(q);

	if (unlikely(hw)) {
		hw->relax(q);
		return;
	}
#if defined(CONFIG_ARM64) && !defined(MODULE)
	if (q->cfg.sev && arch_timer_evtstrm_available()) {
		wfe();
		return;
	}
#endif
	cpu_relax();
}

/**
 * struct smmu3_cmdq_watch - a waiter's patience
 * @mark: flight, or position of the consumer, that does not come to an end
 * @deadline: in ns of ktime_get_mono_fast_ns(), or 0 if not yet set
 * @turns: since @mark is what it is
 * @strikes: deadlines that have passed
 * @room: @mark is a position of the consumer: it is room that is waited for
 *
 * On its waiter's stack.
 */
struct smmu3_cmdq_watch {
	u64 mark;
	u64 deadline;
	u32 turns;
	u32 strikes;
	bool room;
};

/* Turns of a waiter's loop between two closer looks, which read the clock */
#define SMMU3_CMDQ_LOOK_TURNS	64

/* Slots that appending leaves free, for the CMD_SYNC that ends the batch */
static inline unsigned int smmu3_cmdq_spare(const struct smmu3_cmdq *q)
{
	/* A chunk that begins and ends amid two runs needs a sync in each */
	return q->cfg.force_sync ? 3 : 1;
}

/*
 * Who learns from these that a flight has ended has its accesses after those
 * that the instance made before it ended.
 */
static inline u64 smmu3_cmdq_seen(const struct smmu3_cmdq *q)
{
	/* Pairs with smmu3_cmdq_set_seen() */
	return smp_load_acquire(&q->seen);
}

static inline void smmu3_cmdq_set_seen(struct smmu3_cmdq *q, u64 flight)
{
	/* Pairs with smmu3_cmdq_seen() */
	smp_store_release(&q->seen, flight);
}

static inline u64 smmu3_cmdq_done(const struct smmu3_cmdq *q)
{
	/* Pairs with smmu3_cmdq_set_done() */
	return smp_load_acquire(&q->done);
}

static inline void smmu3_cmdq_set_done(struct smmu3_cmdq *q, u64 pos)
{
	/* Pairs with smmu3_cmdq_done() */
	smp_store_release(&q->done, pos);
}

/* Position before which appending ends */
static inline u64 smmu3_cmdq_room_end(const struct smmu3_cmdq *q)
{
	return q->cons + smmu3_ring_size(q->cfg.size_lg2) - smmu3_cmdq_spare(q);
}

/* How far those may append who ask nothing else */
static inline void smmu3_cmdq_set_limit(struct smmu3_cmdq *q)
{
	q->limit = q->cfg.gated ? 0 : smmu3_cmdq_room_end(q);
}

/* Find out how far the instance got */
void smmu3_cmdq_refresh(struct smmu3_cmdq *q);

/* The closer look of a waiter: serves errors, and judges a lack of progress */
void smmu3_cmdq_look(struct smmu3_cmdq *q, struct smmu3_cmdq_watch *watch);

/* Tell the instance of all that was appended, which is all before @pos */
static inline void smmu3_cmdq_doorbell(struct smmu3_cmdq *q, u64 pos)
{
	q->published = pos;
	/* Orders the commands, and the caller's stores to memory, before it */
	smmu3_cmdq_write(q, q->cfg.prod, (u32)pos & q->index_mask);
}

static inline void smmu3_cmdq_set_slot(struct smmu3_cmdq *q, u64 pos,
				       const struct smmu3_cmd *cmd)
{
	__le64 *slot = q->cfg.ring +
		       (((u32)pos * (u32)sizeof(*cmd)) & q->slot_mask);

	slot[0] = cpu_to_le64(cmd->w[0]);
	slot[1] = cpu_to_le64(cmd->w[1]);
}

#endif /* __SMMU3_CMDQ_PRIV_H */
