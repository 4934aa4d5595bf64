// SPDX-License-Identifier: GPL-2.0
/*
 * Command queue: sleep, and who waits when it begins.
 */
#include <kunit/test.h>

#include "cmdq_test.h"

/* All ways to give a command to a queue that sleeps; none reaches a register */
static void give_all(struct kunit *test, struct fake *f)
{
	unsigned int doorbells = f->doorbells, turns = atomic_read(&f->turns);
	struct smmu3_cmd cmd = fake_cmd(0, 1);
	struct smmu3_cmd cmds[100];
	int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		cmds[i] = cmd;
	KUNIT_EXPECT_EQ(test, 0, smmu3_cmdq_issue(&f->q, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, smmu3_cmdq_issue_one(&f->q, cmd));
	KUNIT_EXPECT_EQ(test, 0, smmu3_cmdq_issue(&f->q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, 0, smmu3_cmdq_issue(&f->q, cmds, ARRAY_SIZE(cmds)));
	KUNIT_EXPECT_EQ(test, 0, smmu3_cmdq_post(&f->q, cmds, 3));
	KUNIT_EXPECT_EQ(test, f->doorbells, doorbells);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->turns), turns);
	KUNIT_EXPECT_EQ(test, f->q.inside, 0);
	KUNIT_EXPECT_FALSE(test, smmu3_cmdq_alive(&f->q));
}

static void sleep_takes_nothing(struct kunit *test)
{
	unsigned int opts;

	for (opts = 0; opts < 8; opts++) {
		struct fake *f = fake_new(test, 4, opts);
		u32 seq = 0;
		int i;

		for (i = 0; i < 5; i++) {
			f->instant = true;
			KUNIT_ASSERT_EQ(test, 0, fake_issue(f, 0, &seq, 30));
			KUNIT_ASSERT_TRUE(test, fake_complete(f, 0, seq));
			smmu3_cmdq_sleep(&f->q);
			give_all(test, f);
			/* CMDQEN is clear: it does not run between two writes */
			f->instant = false;
			smmu3_cmdq_start(&f->q);
			KUNIT_ASSERT_TRUE(test, smmu3_cmdq_alive(&f->q));
		}
		KUNIT_EXPECT_EQ(test, 0, fake_issue(f, 0, &seq, 1));
		KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, seq));
		KUNIT_EXPECT_EQ(test, f->faults, 0);
	}
}

/* Errors that are active then are not looked at */
static void sleep_no_errors(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);

	f->regs[FAKE_GERROR] ^= SMMU3_GERROR_SFM;
	smmu3_cmdq_sleep(&f->q);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), 0);
	smmu3_cmdq_start(&f->q);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_take_gerror(&f->q), SMMU3_GERROR_SFM);
}

static void go_to_sleep(struct fake *f)
{
	/* The waiter itself is inside: wait for nobody */
	bool gated = f->q.cfg.gated;

	f->q.cfg.gated = false;
	smmu3_cmdq_sleep(&f->q);
	f->q.cfg.gated = gated;
	f->on_relax = NULL;
}

/* The instance did nothing, and is off: who waits for it is done */
static void sleep_ends_waiting(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 2, 10, 64, 100 };
	unsigned int opts, i;

	for (opts = 0; opts < 8; opts++) {
		struct fake *f = fake_new(test, 4, opts);
		u32 seq = 0;

		for (i = 0; i < ARRAY_SIZE(counts); i++) {
			f->rate = 0;
			f->on_relax = go_to_sleep;
			KUNIT_ASSERT_EQ(test, 0,
					fake_issue(f, 0, &seq, counts[i]));
			KUNIT_ASSERT_NULL(test, f->on_relax);
			KUNIT_EXPECT_EQ(test, f->q.inside, 0);
			smmu3_cmdq_start(&f->q);
			f->rate = 8;
			KUNIT_ASSERT_EQ(test, 0, fake_issue(f, 1, &seq, 1));
		}
	}
}

static void sleep_and_wake(struct fake *f)
{
	go_to_sleep(f);
	smmu3_cmdq_start(&f->q);
	f->rate = 1;
}

/* A waiter that was away all the while finds that what it waited for is done */
static void sleep_unnoticed(struct kunit *test)
{
	unsigned int opts;

	for (opts = 0; opts < 8; opts++) {
		struct fake *f = fake_new(test, 4, opts);
		u32 seq = 0;

		f->on_relax = sleep_and_wake;
		KUNIT_EXPECT_EQ(test, 0, fake_issue(f, 0, &seq, 5));
		KUNIT_EXPECT_NULL(test, f->on_relax);
		KUNIT_EXPECT_EQ(test, 0, fake_issue(f, 1, &seq, 5));
		KUNIT_EXPECT_EQ(test, f->q.inside, 0);
	}
}

/* What stopped for another reason has lost its commands */
static void sleep_is_not_stop(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	u32 seq = 0;

	smmu3_cmdq_stop(&f->q);
	KUNIT_EXPECT_EQ(test, -EIO, fake_issue(f, 0, &seq, 1));
	smmu3_cmdq_sleep(&f->q);
	KUNIT_EXPECT_EQ(test, 0, fake_issue(f, 0, &seq, 1));
	smmu3_cmdq_stop(&f->q);
	KUNIT_EXPECT_EQ(test, -EIO, fake_issue(f, 0, &seq, 1));
}

static struct kunit_case cmdq_sleep_cases[] = {
	KUNIT_CASE(sleep_takes_nothing),
	KUNIT_CASE(sleep_no_errors),
	KUNIT_CASE(sleep_ends_waiting),
	KUNIT_CASE(sleep_unnoticed),
	KUNIT_CASE(sleep_is_not_stop),
	{}
};

static struct kunit_suite cmdq_sleep_suite = {
	.name = "smmu3-cmdq-sleep",
	.test_cases = cmdq_sleep_cases,
};

kunit_test_suite(cmdq_sleep_suite);
