// SPDX-License-Identifier: GPL-2.0
/*
 * Command queue: errors, and instances that make no progress.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>

#include "cmdq_test.h"

static struct smmu3_cmdq_stats stats_of(struct fake *f)
{
	struct smmu3_cmdq_stats stats;

	smmu3_cmdq_stats(&f->q, &stats);
	return stats;
}

/* An illegal command is dropped and its issuer told; nobody else is */
static void error_illegal(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0, other = 0;
	int i;

	for (i = 0; i < 10; i++) {
		f->error = SMMU3_CERROR_ILL;
		f->error_sid = fake_sid(0, seq + 3);
		f->error_times = 1;
		KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, 5), -EIO);
		/* The rest was executed nevertheless */
		KUNIT_ASSERT_TRUE(test, fake_complete(f, 0, seq));
		KUNIT_ASSERT_EQ(test, f->cmds, 4 * (i + 1) + 2 * i);
		KUNIT_ASSERT_EQ(test, fake_issue(f, 1, &other, 2), 0);
	}
	KUNIT_EXPECT_EQ(test, stats_of(f).errors, 10);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 0);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

/* The interrupt of the error cannot come: the waiter serves it itself */
static void error_irqs_off(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	struct smmu3_cmd cmd = fake_cmd(0, 1);
	unsigned long flags;
	int ret;

	f->error = SMMU3_CERROR_ILL;
	f->error_sid = fake_sid(0, 1);
	f->error_times = 1;
	local_irq_save(flags);
	ret = smmu3_cmdq_issue(&f->q, &cmd, 1);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, ret, -EIO);
	KUNIT_EXPECT_EQ(test, f->regs[FAKE_GERROR], f->regs[FAKE_GERRORN]);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));
}

/* The handler of the interrupt finds all errors, and acknowledges them */
static void error_handler(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	struct smmu3_cmd cmd = fake_cmd(0, 1);

	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), 0);
	f->instant = true;
	f->error = SMMU3_CERROR_ILL;
	f->error_sid = fake_sid(0, 1);
	f->error_times = 1;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_post(&f->q, &cmd, 1), 0);
	f->regs[FAKE_GERROR] ^= SMMU3_GERROR_EVENTQ_ABT | BIT(30);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q),
			SMMU3_GERROR_CMDQ | SMMU3_GERROR_EVENTQ_ABT);
	/* What we know no meaning of is not ours to acknowledge */
	KUNIT_EXPECT_EQ(test, f->regs[FAKE_GERROR] ^ f->regs[FAKE_GERRORN],
			BIT(30));
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), 0);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, stats_of(f).errors, 1);
}

/* A waiter that serves its error leaves the others to the handler */
static void error_others_stay(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	f->error = SMMU3_CERROR_ABT;
	f->error_sid = fake_sid(0, 1);
	f->error_times = 1;
	f->regs[FAKE_GERROR] ^= SMMU3_GERROR_SFM;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 1), 0);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), SMMU3_GERROR_SFM);
}

static void error_abort(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	/* Longer than a busy machine lets us wait for our turn */
	f->q.timeout_us = 5 * USEC_PER_SEC;
	/* Fetched in the end: executed */
	f->error = SMMU3_CERROR_ABT;
	f->error_sid = fake_sid(0, 2);
	f->error_times = SMMU3_CMDQ_ERRORS - 1;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 3), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, 3));
	KUNIT_EXPECT_EQ(test, f->cmds, 3);

	/* Never fetched: the end, and soon */
	f->error_sid = fake_sid(0, 5);
	f->error_times = 1000;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 3), -EIO);
	KUNIT_EXPECT_EQ(test, f->error_times, 1000 - SMMU3_CMDQ_ERRORS);
	KUNIT_EXPECT_EQ(test, f->q.state, SMMU3_CMDQ_DEAD);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dead), 1);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 0);
	/* It stays where it is */
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), SMMU3_GERROR_CMDQ);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), SMMU3_GERROR_CMDQ);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dead), 1);
}

static void error_unknown(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	f->error = 0x55;
	f->error_sid = fake_sid(0, 1);
	f->error_times = 1;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 1), -EIO);
	KUNIT_EXPECT_EQ(test, f->q.state, SMMU3_CMDQ_DEAD);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dead), 1);
}

/* Only who invalidated an ATC needs to know that one did not answer */
static void error_atc(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	struct smmu3_cmd cmds[] = {
		fake_cmd(0, 1), smmu3_cmd_atc_inv(8, 0, false, 0, 0),
	};
	struct smmu3_cmd plain = fake_cmd(0, 2);

	f->error = SMMU3_CERROR_ATC_INV_SYNC;
	f->error_times = 5;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, cmds, 2), -EIO);
	KUNIT_EXPECT_EQ(test, f->error_times, 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, 1));

	/* Posted by somebody else, into the flight of a plain command */
	f->error_times = 1;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_post(&f->q, &cmds[1], 1), 0);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, &plain, 1), 0);
	KUNIT_EXPECT_EQ(test, f->error_times, 0);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));

	cmds[0] = fake_cmd(0, 3);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, cmds, 2), 0);
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

static struct {
	unsigned int calls;
	u32 sid;
} lost;

static bool note_lost(void *owner, u32 sid)
{
	lost.calls++;
	lost.sid = sid;
	return true;
}

/* The culprit is named where there can be only one */
static void error_atc_culprit(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	const struct smmu3_cmd sync = smmu3_cmd_sync(SMMU3_SYNC_CS_NONE);
	struct smmu3_cmd cmds[] = {
		smmu3_cmd_atc_inv(8, 0, false, 0, 0),
		smmu3_cmd_atc_inv(9, 0, false, 0, 0),
		sync,
		smmu3_cmd_atc_inv(7, 0, false, 0, 0), fake_cmd(0, 1),
		smmu3_cmd_atc_inv(7, 0, false, 0x1000, 0),
		sync,
	};

	memset(&lost, 0, sizeof(lost));
	f->q.cfg.atc_lost = note_lost;
	f->error = SMMU3_CERROR_ATC_INV_SYNC;
	f->error_times = 2;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, cmds, 2), -EIO);
	KUNIT_EXPECT_EQ(test, f->error_times, 0);
	KUNIT_EXPECT_EQ(test, lost.calls, 0);

	f->error_times = 1;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, &cmds[3], 3), -EIO);
	KUNIT_EXPECT_EQ(test, lost.calls, 1);
	KUNIT_EXPECT_EQ(test, lost.sid, 7);

	/* Those of others lie behind another CMD_SYNC */
	cmds[4] = fake_cmd(0, 2);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, cmds, 2), 0);
	f->error_times = 1;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, &cmds[2], 5), -EIO);
	KUNIT_EXPECT_EQ(test, lost.calls, 2);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

/* A device may take its time, which is longer than a command's */
static void error_atc_slow(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	struct smmu3_cmd cmd = smmu3_cmd_atc_inv(8, 0, false, 0, 0);
	u32 seq = 0;

	KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, 3), 0);
	f->sync_delay = UINT_MAX;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, &cmd, 1), -EIO);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, SMMU3_CMDQ_ATC_PATIENCE);
	KUNIT_EXPECT_EQ(test, f->q.state, SMMU3_CMDQ_DEAD);
}

/* No progress at all: reported, tried again, and over in a bounded time */
static void error_no_progress(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	ktime_t start = ktime_get();
	u32 seq = 0;
	int turns;

	f->rate = 0;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 1), -EIO);
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), start),
			SMMU3_CMDQ_PATIENCE * f->q.timeout_us);
	KUNIT_EXPECT_EQ(test, f->q.state, SMMU3_CMDQ_DEAD);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dead), 1);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, SMMU3_CMDQ_PATIENCE);
	/* The first one, and one after each deadline but the last */
	KUNIT_EXPECT_EQ(test, f->doorbells, SMMU3_CMDQ_PATIENCE);

	/* Dead is dead: no waiting, no doorbell */
	turns = atomic_read(&f->turns);
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 1), -EIO);
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 1000), -EIO);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), -EIO);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_post(&f->q, NULL, 0), -EIO);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->turns), turns);
	KUNIT_EXPECT_EQ(test, f->doorbells, SMMU3_CMDQ_PATIENCE);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dead), 1);
}

/* The same for who waits for room only */
static void error_no_room(struct kunit *test)
{
	struct fake *f = fake_new(test, 3, 0);
	int i, ret = 0;

	f->rate = 0;
	for (i = 1; i < 100 && !ret; i++) {
		struct smmu3_cmd cmd = fake_cmd(0, i);

		ret = smmu3_cmdq_post(&f->q, &cmd, 1);
	}
	KUNIT_EXPECT_EQ(test, ret, -EIO);
	/* One slot stays free for a CMD_SYNC */
	KUNIT_EXPECT_EQ(test, i, 9);
	KUNIT_EXPECT_EQ(test, f->q.state, SMMU3_CMDQ_DEAD);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, SMMU3_CMDQ_PATIENCE);
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

/* A doorbell that got lost: late, but complete */
static void error_lost_doorbell(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	f->mute_doorbells = 1;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 2), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, 2));
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 1);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));
	/* The next one is on time */
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 2), 0);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 1);
}

/* MSIs that do not arrive: the index has the last word */
static void error_lost_msi(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, FAKE_MSI);
	u32 seq = 0;
	int i;

	f->no_msi = true;
	for (i = 0; i < 50; i++)
		KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, i % 20 + 1), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, seq));
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 0);
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

/* Started again, the queue works, and owes nothing to what was before */
static void error_restart(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 7), 0);
	f->rate = 0;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 7), -EIO);
	KUNIT_EXPECT_FALSE(test, smmu3_cmdq_alive(&f->q));

	f->rate = 2;
	smmu3_cmdq_start(&f->q);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));
	KUNIT_EXPECT_EQ(test, f->regs[FAKE_PROD], 0);
	KUNIT_EXPECT_EQ(test, f->regs[FAKE_CONS], 0);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 40), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, seq));
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

static void stop_relax(struct fake *f)
{
	if (atomic_read(&f->turns) == 100)
		smmu3_cmdq_stop(&f->q);
}

static void restart_relax(struct fake *f)
{
	if (atomic_read(&f->turns) != 100)
		return;
	smmu3_cmdq_stop(&f->q);
	smmu3_cmdq_start(&f->q);
}

/* Whoever waits while the queue is stopped is not told that all went well */
static void error_stopped(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	f->rate = 0;
	f->on_relax = stop_relax;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 3), -EIO);
	KUNIT_EXPECT_EQ(test, f->q.state, SMMU3_CMDQ_OFF);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dead), 0);

	f = fake_new(test, 4, 0);
	f->rate = 0;
	f->on_relax = restart_relax;
	seq = 0;
	KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 3), -EIO);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&f->q));
	KUNIT_EXPECT_FALSE(test, fake_complete(f, 0, 3));
}

static struct kunit_case error_cases[] = {
	KUNIT_CASE(error_illegal),
	KUNIT_CASE(error_irqs_off),
	KUNIT_CASE(error_handler),
	KUNIT_CASE(error_others_stay),
	KUNIT_CASE(error_abort),
	KUNIT_CASE(error_unknown),
	KUNIT_CASE(error_atc),
	KUNIT_CASE(error_atc_culprit),
	KUNIT_CASE(error_atc_slow),
	KUNIT_CASE(error_no_progress),
	KUNIT_CASE(error_no_room),
	KUNIT_CASE(error_lost_doorbell),
	KUNIT_CASE(error_lost_msi),
	KUNIT_CASE(error_restart),
	KUNIT_CASE(error_stopped),
	{}
};

static struct kunit_suite error_suite = {
	.name = "smmu3-cmdq-error",
	.test_cases = error_cases,
};

kunit_test_suite(error_suite);
