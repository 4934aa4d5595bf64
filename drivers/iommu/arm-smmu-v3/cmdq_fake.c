// SPDX-License-Identifier: GPL-2.0
/*
 * The software that consumes a command queue in its tests.
 *
 * It checks what any instance may rely on: commands do not change between the
 * doorbell and their consumption, the ring is never overfilled, and those of
 * one thread come in order.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "cmdq_test.h"

static u32 *fake_reg(void __iomem *reg)
{
	return (u32 __force *)reg;
}

static bool fake_stopped(const struct fake *f)
{
	return (f->regs[FAKE_GERROR] ^ f->regs[FAKE_GERRORN]) &
	       SMMU3_GERROR_CMDQ;
}

static void fake_stop(struct fake *f, u32 error)
{
	f->regs[FAKE_CONS] &= ~SMMU3_CMDQ_CONS_ERR;
	f->regs[FAKE_CONS] |= FIELD_PREP(SMMU3_CMDQ_CONS_ERR, error);
	f->regs[FAKE_GERROR] ^= SMMU3_GERROR_CMDQ;
}

static void fake_sync(struct fake *f, const struct smmu3_cmd *cmd)
{
	memcpy(f->synced, f->taken, sizeof(f->taken));
	f->syncs++;
	f->sync_age = 0;
	f->run = 0;
	f->atc_pending = false;
	if (FIELD_GET(SMMU3_SYNC0_CS, cmd->w[0]) == SMMU3_SYNC_CS_IRQ &&
	    !f->no_msi)
		WRITE_ONCE(f->msi, cpu_to_le32(FIELD_GET(SMMU3_SYNC0_MSIDATA,
							 cmd->w[0])));
}

static void fake_take(struct fake *f, const struct smmu3_cmd *cmd)
{
	u32 sid = FIELD_GET(SMMU3_CMD0_SID, cmd->w[0]);
	u32 seq = sid & 0xffffff;
	unsigned int thread = sid >> 24;

	f->cmds++;
	f->run++;
	f->longest = max(f->longest, f->run);
	if (smmu3_cmd_op(cmd) == SMMU3_OP_ATC_INV)
		f->atc_pending = true;
	if (smmu3_cmd_op(cmd) != SMMU3_OP_CFGI_STE)
		return;
	if (thread >= FAKE_THREADS || seq <= f->taken[thread]) {
		f->faults++;
		return;
	}
	f->taken[thread] = seq;
}

static bool fake_fails(struct fake *f, const struct smmu3_cmd *cmd)
{
	bool sync = smmu3_cmd_op(cmd) == SMMU3_OP_SYNC;

	if (!f->error_times)
		return false;
	if (f->error == SMMU3_CERROR_ATC_INV_SYNC) {
		if (!sync || !f->atc_pending)
			return false;
	} else if (sync || FIELD_GET(SMMU3_CMD0_SID, cmd->w[0]) != f->error_sid) {
		return false;
	}
	f->error_times--;
	fake_stop(f, f->error);
	return true;
}

/* Consume one command; false if there is none or the queue stands still */
static bool fake_step(struct fake *f)
{
	u32 slot = smmu3_ring_slot(f->lg2, f->regs[FAKE_CONS]);
	struct smmu3_cmd cmd;

	if (fake_stopped(f) || smmu3_ring_empty(f->lg2, f->regs[FAKE_PROD],
						f->regs[FAKE_CONS]))
		return false;
	cmd.w[0] = le64_to_cpu(f->ring[2 * slot]);
	cmd.w[1] = le64_to_cpu(f->ring[2 * slot + 1]);
	if (fake_fails(f, &cmd))
		return false;
	if (smmu3_cmd_op(&cmd) == SMMU3_OP_SYNC && f->sync_age < f->sync_delay)
		return false;
	/* Only what caused an error is ever replaced, and by CMD_SYNC */
	if (f->ring[2 * slot] != f->shadow[2 * slot] &&
	    (cmd.w[0] != SMMU3_OP_SYNC || !f->error))
		f->faults++;
	if (smmu3_cmd_op(&cmd) == SMMU3_OP_SYNC)
		fake_sync(f, &cmd);
	else
		fake_take(f, &cmd);
	/* An error code stays after its error was acknowledged */
	f->regs[FAKE_CONS] = (f->regs[FAKE_CONS] & SMMU3_CMDQ_CONS_ERR) |
			     smmu3_ring_advance(f->lg2, f->regs[FAKE_CONS], 1);
	return true;
}

void fake_run(struct fake *f, unsigned int n)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	while (n-- && fake_step(f))
		;
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

static u32 fake_read(struct smmu3_cmdq *q, void __iomem *reg)
{
	struct fake *f = fake_of(q);
	unsigned long flags;
	u32 val;

	raw_spin_lock_irqsave(&f->lock, flags);
	val = *fake_reg(reg);
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return val;
}

static void fake_publish(struct fake *f, u32 prod)
{
	u32 size = smmu3_ring_size(f->lg2);
	u32 i = f->regs[FAKE_PROD];

	f->doorbells++;
	if (smmu3_ring_count(f->lg2, prod, f->regs[FAKE_CONS]) > size)
		f->faults++;
	for (; i != prod; i = smmu3_ring_advance(f->lg2, i, 1)) {
		u32 slot = smmu3_ring_slot(f->lg2, i);

		f->shadow[2 * slot] = f->ring[2 * slot];
		f->shadow[2 * slot + 1] = f->ring[2 * slot + 1];
	}
	f->regs[FAKE_PROD] = prod;
}

static void fake_write(struct smmu3_cmdq *q, void __iomem *reg, u32 val)
{
	struct fake *f = fake_of(q);
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	if (reg != q->cfg.prod || q->state != SMMU3_CMDQ_READY) {
		*fake_reg(reg) = val;
	} else if (f->mute_doorbells) {
		f->mute_doorbells--;
		f->doorbells++;
	} else {
		fake_publish(f, val);
	}
	while (f->instant && fake_step(f))
		;
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

/* A turn has passed */
static void fake_age(struct fake *f)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	f->sync_age++;
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

static void fake_relax(struct smmu3_cmdq *q)
{
	struct fake *f = fake_of(q);

	atomic_inc(&f->turns);
	fake_age(f);
	fake_run(f, f->rate);
	if (f->on_relax)
		f->on_relax(f);
}

static const struct smmu3_cmdq_hw fake_hw = {
	.read = fake_read,
	.write = fake_write,
	.relax = fake_relax,
};

static void fake_dead(struct smmu3_cmdq *q, void *owner)
{
	struct fake *f = owner;

	atomic_inc(&f->dead);
}

static void fake_end(void *ctx)
{
	smmu3_cmdq_test_end();
}

struct fake *fake_new(struct kunit *test, unsigned int lg2, unsigned int opts)
{
	struct fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct smmu3_cmdq_config cfg = {
		.name = "fake",
		.size_lg2 = lg2,
		.force_sync = opts & FAKE_FORCE_SYNC,
		.gated = opts & FAKE_GATED,
		.dead = fake_dead,
		.owner = f,
	};

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_LE(test, lg2, FAKE_RING_LG2_MAX);
	smmu3_cmdq_test_begin();
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_end, f), 0);
	raw_spin_lock_init(&f->lock);
	f->lg2 = lg2;
	f->rate = 1;
	cfg.ring = f->ring;
	cfg.prod = (void __iomem __force *)&f->regs[FAKE_PROD];
	cfg.cons = (void __iomem __force *)&f->regs[FAKE_CONS];
	cfg.gerror = (void __iomem __force *)&f->regs[FAKE_GERROR];
	if (opts & FAKE_MSI) {
		cfg.msi = &f->msi;
		cfg.msi_dma = 0x1000;
	}
	KUNIT_ASSERT_EQ(test, smmu3_cmdq_init(&f->q, &cfg), 0);
	f->q.hw = &fake_hw;
	f->q.timeout_us = 2000;
	smmu3_cmdq_start(&f->q);
	f->doorbells = 0;
	return f;
}

int fake_issue(struct fake *f, unsigned int thread, u32 *seq, unsigned int n)
{
	struct smmu3_cmd *cmds = kmalloc_array(n, sizeof(*cmds), GFP_KERNEL);
	unsigned int i;
	int ret;

	if (!cmds)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		cmds[i] = fake_cmd(thread, ++*seq);
	ret = smmu3_cmdq_issue(&f->q, cmds, n);
	kfree(cmds);
	return ret;
}

bool fake_complete(struct fake *f, unsigned int thread, u32 seq)
{
	unsigned long flags;
	bool ret;

	raw_spin_lock_irqsave(&f->lock, flags);
	ret = f->synced[thread] >= seq;
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return ret;
}
