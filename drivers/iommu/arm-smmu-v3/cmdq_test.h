/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command queue with software as its instance.
 */
#ifndef __SMMU3_CMDQ_TEST_H
#define __SMMU3_CMDQ_TEST_H

#include <kunit/test.h>

#include "cmdq_priv.h"

#define FAKE_THREADS		8
#define FAKE_RING_LG2_MAX	8

/* Registers; their addresses are names, nothing is mapped there */
enum fake_reg {
	FAKE_PROD,
	FAKE_CONS,
	FAKE_GERROR,
	FAKE_GERRORN,
	FAKE_REGS
};

/**
 * struct fake - queue, ring and the software that consumes it
 * @q: queue under test
 * @lock: guards what follows, except the ring; taken under @q.lock
 * @ring: memory of the queue
 * @shadow: the commands as they were when the doorbell was rung
 * @regs: values of the registers
 * @msi: word for completion
 * @lg2: log2 of the ring's size
 * @rate: commands that are consumed on each turn of a waiter; 0: none
 * @sync_delay: turns that must pass between two CMD_SYNCs
 * @sync_age: turns that have passed since the last one
 * @instant: all is consumed when the doorbell is rung
 * @no_msi: a CMD_SYNC writes no MSI
 * @mute_doorbells: doorbells that get lost
 * @error: SMMU3_CERROR_* that @error_sid causes
 * @error_times: how often it does
 * @error_sid: which CFGI_STE causes it
 * @atc_pending: an ATC_INV was consumed since the last CMD_SYNC
 * @doorbells: writes to PROD
 * @cmds: commands consumed, CMD_SYNC aside
 * @syncs: CMD_SYNCs consumed
 * @run: commands since the last CMD_SYNC
 * @longest: most that @run ever was
 * @taken: by thread, sequence number of the last command consumed
 * @synced: by thread, @taken at the last CMD_SYNC
 * @faults: things that must never happen
 * @turns: calls of relax
 * @dead: calls of the queue's callback
 * @on_relax: of a test, called without locks
 * @on_relax_ctx: for @on_relax
 */
struct fake {
	struct smmu3_cmdq q;
	raw_spinlock_t lock;
	__le64 ring[2 << FAKE_RING_LG2_MAX];
	__le64 shadow[2 << FAKE_RING_LG2_MAX];
	u32 regs[FAKE_REGS];
	__le32 msi;
	unsigned int lg2;
	unsigned int rate;
	unsigned int sync_delay;
	unsigned int sync_age;
	bool instant;
	bool no_msi;
	unsigned int mute_doorbells;
	u32 error;
	unsigned int error_times;
	u32 error_sid;
	bool atc_pending;
	unsigned int doorbells;
	unsigned int cmds;
	unsigned int syncs;
	unsigned int run;
	unsigned int longest;
	u32 taken[FAKE_THREADS];
	u32 synced[FAKE_THREADS];
	unsigned int faults;
	atomic_t turns;
	atomic_t dead;
	void (*on_relax)(struct fake *f);
	void *on_relax_ctx;
};

static inline struct fake *fake_of(struct smmu3_cmdq *q)
{
	return container_of(q, struct fake, q);
}

/* The stream of a test's command: who issued it, and its number from 1 on */
static inline u32 fake_sid(unsigned int thread, u32 seq)
{
	return thread << 24 | seq;
}

static inline struct smmu3_cmd fake_cmd(unsigned int thread, u32 seq)
{
	return smmu3_cmd_cfgi_ste(fake_sid(thread, seq), true);
}

/* Options of fake_new() */
#define FAKE_MSI	BIT(0)
#define FAKE_FORCE_SYNC	BIT(1)
#define FAKE_GATED	BIT(2)

/* A started queue; gone at the end of the test */
struct fake *fake_new(struct kunit *test, unsigned int lg2, unsigned int opts);
/* Consume up to @n commands */
void fake_run(struct fake *f, unsigned int n);

/* Issue @n commands of @thread that follow @seq, which is advanced */
int fake_issue(struct fake *f, unsigned int thread, u32 *seq, unsigned int n);
/* Were all commands of @thread up to @seq consumed, and then a CMD_SYNC? */
bool fake_complete(struct fake *f, unsigned int thread, u32 seq);

#endif /* __SMMU3_CMDQ_TEST_H */
