// SPDX-License-Identifier: GPL-2.0
/*
 * Command queue: order, completion, wrap, room, group commit.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "cmdq_test.h"

#define LONG_WAIT	(20 * HZ)

static struct smmu3_cmdq_stats stats_of(struct fake *f)
{
	struct smmu3_cmdq_stats stats;

	smmu3_cmdq_stats(&f->q, &stats);
	return stats;
}

/* A CPU alone: its commands, one CMD_SYNC, one doorbell, no turn of waiting */
static void cmdq_alone(struct kunit *test)
{
	struct fake *f = fake_new(test, 6, 0);
	u32 seq = 0;
	int i;

	f->instant = true;
	for (i = 1; i <= 1000; i++) {
		KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, 1), 0);
		KUNIT_ASSERT_TRUE(test, fake_complete(f, 0, seq));
		KUNIT_ASSERT_EQ(test, f->doorbells, i);
		KUNIT_ASSERT_EQ(test, f->syncs, i);
	}
	KUNIT_EXPECT_EQ(test, f->cmds, 1000);
	KUNIT_EXPECT_EQ(test, stats_of(f).cmds, 1000);
	KUNIT_EXPECT_EQ(test, stats_of(f).syncs, 1000);
	KUNIT_EXPECT_EQ(test, stats_of(f).flights, 1000);
	KUNIT_EXPECT_EQ(test, stats_of(f).issues, 1000);
	/* Only when the ring seems full does it take another path */
	KUNIT_EXPECT_EQ(test, atomic_read(&f->turns), 0);
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

/* All sizes of rings and of calls, many rounds, a slow consumer */
static void cmdq_sizes(struct kunit *test)
{
	static const u16 counts[] = { 1, 2, 3, 5, 63, 64, 65, 127, 128, 300 };
	unsigned int lg2, opts, i;

	for (opts = 0; opts < 4; opts++) {
		for (lg2 = SMMU3_CMDQ_MIN_LG2; lg2 <= FAKE_RING_LG2_MAX; lg2++) {
			struct fake *f = fake_new(test, lg2, opts);
			u32 seq = 0;

			f->rate = lg2;
			for (i = 0; i < 3 * ARRAY_SIZE(counts); i++) {
				unsigned int n = counts[i % ARRAY_SIZE(counts)];

				KUNIT_ASSERT_EQ(test,
						fake_issue(f, 0, &seq, n), 0);
				KUNIT_ASSERT_TRUE(test,
						  fake_complete(f, 0, seq));
			}
			KUNIT_EXPECT_EQ(test, f->cmds, seq);
			KUNIT_EXPECT_EQ(test, f->faults, 0);
			KUNIT_EXPECT_EQ(test, stats_of(f).syncs, f->syncs);
			KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 0);
		}
	}
}

static void cmdq_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int lg2, i;

	prandom_seed_state(&rnd, 1);
	for (lg2 = SMMU3_CMDQ_MIN_LG2; lg2 <= FAKE_RING_LG2_MAX; lg2++) {
		struct fake *f = fake_new(test, lg2, lg2 & 1 ? FAKE_MSI : 0);
		u32 seq = 0;

		for (i = 0; i < 500; i++) {
			unsigned int n = prandom_u32_state(&rnd) % 40 + 1;

			f->rate = prandom_u32_state(&rnd) % 10 + 1;
			f->instant = prandom_u32_state(&rnd) & 1;
			KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, n), 0);
			KUNIT_ASSERT_TRUE(test, fake_complete(f, 0, seq));
		}
		KUNIT_EXPECT_EQ(test, f->faults, 0);
	}
}

/* No command at all: everything that is there is waited for */
static void cmdq_empty(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	struct smmu3_cmd cmd = fake_cmd(0, 1);

	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, f->doorbells, 0);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_post(&f->q, &cmd, 1), 0);
	KUNIT_EXPECT_FALSE(test, fake_complete(f, 0, 1));
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, 1));
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, f->syncs, 1);
}

/* Posted commands are published at once, without CMD_SYNC or waiting */
static void cmdq_post(struct kunit *test)
{
	struct fake *f = fake_new(test, 3, 0);
	u32 seq;

	f->instant = true;
	for (seq = 1; seq <= 100; seq++) {
		struct smmu3_cmd cmd = fake_cmd(0, seq);

		KUNIT_ASSERT_EQ(test, smmu3_cmdq_post(&f->q, &cmd, 1), 0);
		KUNIT_ASSERT_EQ(test, f->taken[0], seq);
	}
	KUNIT_EXPECT_EQ(test, f->syncs, 0);
	KUNIT_EXPECT_EQ(test, f->faults, 0);

	/* With a slow consumer it waits for room and nothing else */
	f->instant = false;
	for (; seq <= 200; seq++) {
		struct smmu3_cmd cmd = fake_cmd(0, seq);

		KUNIT_ASSERT_EQ(test, smmu3_cmdq_post(&f->q, &cmd, 1), 0);
	}
	KUNIT_EXPECT_EQ(test, f->syncs, 0);
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, 200));
	KUNIT_EXPECT_EQ(test, f->faults, 0);
}

static void cmdq_forced_sync(struct kunit *test)
{
	struct fake *f = fake_new(test, 7, FAKE_FORCE_SYNC);
	u32 seq = 0;
	int i;

	for (i = 0; i < 20; i++)
		KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, 1 + 37 * i), 0);
	KUNIT_EXPECT_EQ(test, f->longest, SMMU3_CMDQ_SYNC_EVERY);

	for (i = 0; i < 300; i++) {
		struct smmu3_cmd cmd = fake_cmd(0, ++seq);

		KUNIT_ASSERT_EQ(test, smmu3_cmdq_post(&f->q, &cmd, 1), 0);
	}
	KUNIT_ASSERT_EQ(test, smmu3_cmdq_issue(&f->q, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, f->longest, SMMU3_CMDQ_SYNC_EVERY);
	KUNIT_EXPECT_EQ(test, f->faults, 0);

	/* Without the erratum a chunk is not cut */
	f = fake_new(test, 8, 0);
	seq = 0;
	KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, 250), 0);
	KUNIT_EXPECT_EQ(test, f->longest, 250);
	KUNIT_EXPECT_EQ(test, f->syncs, 1);
}

static void cmdq_bad_size(struct kunit *test)
{
	struct smmu3_cmdq_config cfg = { .name = "none" };
	struct smmu3_cmdq *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, q);
	cfg.size_lg2 = SMMU3_CMDQ_MIN_LG2 - 1;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_init(q, &cfg), -EINVAL);
	cfg.size_lg2 = SMMU3_Q_MAX_LG2 + 1;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_init(q, &cfg), -EINVAL);
	/* Not started: nothing is taken, and nothing is touched */
	cfg.size_lg2 = SMMU3_Q_MAX_LG2;
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_init(q, &cfg), 0);
	KUNIT_EXPECT_FALSE(test, smmu3_cmdq_alive(q));
	KUNIT_EXPECT_EQ(test, smmu3_cmdq_issue_one(q, smmu3_cmd_cfgi_all()),
			-EIO);
}

/* A handler that interrupts a waiter, and issues commands of its own */
struct nested {
	u32 seq[2];
	int ret;
	unsigned int left;
	unsigned int depth;
};

static void nested_relax(struct fake *f)
{
	struct nested *n = f->on_relax_ctx;
	u32 *seq;

	/* A second handler may interrupt the first */
	if (!n->left || n->depth == 2)
		return;
	n->left--;
	n->depth++;
	seq = &n->seq[n->depth - 1];
	n->ret |= fake_issue(f, n->depth, seq, 3);
	if (!fake_complete(f, n->depth, *seq))
		n->ret = -EINVAL;
	n->depth--;
}

static void cmdq_nested(struct kunit *test)
{
	unsigned int lg2, i;

	/* In a small ring the handler finds no room either */
	for (lg2 = SMMU3_CMDQ_MIN_LG2; lg2 <= 6; lg2++) {
		struct fake *f = fake_new(test, lg2, 0);
		struct nested n = { .left = 20 };
		u32 seq = 0;

		f->on_relax = nested_relax;
		f->on_relax_ctx = &n;
		for (i = 0; i < 100 && n.left; i++) {
			KUNIT_EXPECT_EQ(test, fake_issue(f, 0, &seq, 50), 0);
			KUNIT_EXPECT_TRUE(test, fake_complete(f, 0, seq));
		}
		KUNIT_EXPECT_EQ(test, n.ret, 0);
		KUNIT_EXPECT_EQ(test, n.left, 0);
		KUNIT_EXPECT_EQ(test, f->faults, 0);
	}
}

/* One thread stops amid its wait, as if preempted; the others go on */
struct frozen {
	struct task_struct *victim;
	struct completion froze, thaw, done;
	struct fake *f;
	int ret;
};

static void frozen_relax(struct fake *f)
{
	struct frozen *z = f->on_relax_ctx;

	if (current != z->victim || completion_done(&z->froze))
		return;
	complete(&z->froze);
	wait_for_completion(&z->thaw);
}

static int frozen_thread(void *arg)
{
	struct frozen *z = arg;
	u32 seq = 0;

	z->victim = current;
	z->ret = fake_issue(z->f, 1, &seq, 2);
	if (!z->ret && !fake_complete(z->f, 1, 2))
		z->ret = -EINVAL;
	complete(&z->done);
	return 0;
}

static void cmdq_preempted(struct kunit *test)
{
	struct fake *f = fake_new(test, 4, 0);
	struct frozen z = { .f = f };
	struct task_struct *task;
	u32 seq = 0;
	int i;

	init_completion(&z.froze);
	init_completion(&z.thaw);
	init_completion(&z.done);
	f->on_relax = frozen_relax;
	f->on_relax_ctx = &z;
	task = kthread_run(frozen_thread, &z, "smmu3-frozen");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&z.froze, LONG_WAIT),
			0);
	/* It has published a flight and left; the ring goes round many times */
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, fake_issue(f, 0, &seq, i % 20 + 1), 0);
	KUNIT_EXPECT_TRUE(test, fake_complete(f, 1, 2));
	complete(&z.thaw);
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&z.done, LONG_WAIT),
			0);
	KUNIT_EXPECT_EQ(test, z.ret, 0);
	KUNIT_EXPECT_EQ(test, f->faults, 0);
	KUNIT_EXPECT_EQ(test, stats_of(f).timeouts, 0);
}

/* Many threads at once */
#define STORM_ISSUES	50
/* KCSAN stops a CPU for a while at each access that it watches */
#define STORM_SPIN	(IS_ENABLED(CONFIG_KCSAN) ? 100 : 1000)

struct storm {
	struct fake *f;
	unsigned int issues;
	struct completion go, done;
	atomic_t running;
	atomic_t bad;
};

struct storm_thread {
	struct storm *s;
	unsigned int id;
};

/* Waiting means that the others run, as if each had a CPU of its own */
static void storm_relax(struct fake *f)
{
	usleep_range(20, 50);
}

static int storm_thread(void *arg)
{
	struct storm_thread *t = arg;
	struct storm *s = t->s;
	struct rnd_state rnd;
	unsigned int i;
	u32 seq = 0;

	prandom_seed_state(&rnd, t->id + 1);
	wait_for_completion(&s->go);
	for (i = 0; i < READ_ONCE(s->issues); i++) {
		unsigned int n = prandom_u32_state(&rnd) % 3 + 1;

		if (fake_issue(s->f, t->id, &seq, n) ||
		    !fake_complete(s->f, t->id, seq))
			atomic_inc(&s->bad);
	}
	if (atomic_dec_and_test(&s->running))
		complete(&s->done);
	return 0;
}

/* Late or not, all threads are gone at its end: what they use is on the stack */
static bool storm_ends(struct storm *s)
{
	if (wait_for_completion_timeout(&s->done, 3 * LONG_WAIT))
		return true;
	WRITE_ONCE(s->issues, 0);
	wait_for_completion(&s->done);
	return false;
}

static void storm(struct kunit *test, unsigned int lg2, unsigned int opts,
		  bool spin)
{
	struct fake *f = fake_new(test, lg2, opts);
	struct storm_thread threads[FAKE_THREADS];
	struct storm s = {
		.f = f, .issues = spin ? STORM_SPIN : STORM_ISSUES,
	};
	struct smmu3_cmdq_stats stats;
	unsigned int i;

	init_completion(&s.go);
	init_completion(&s.done);
	atomic_set(&s.running, FAKE_THREADS);
	if (!spin)
		f->on_relax = storm_relax;
	/* A CMD_SYNC takes longer than all threads need to get to the queue */
	f->sync_delay = 2 * FAKE_THREADS;
	f->rate = 8;
	f->q.timeout_us = 5 * USEC_PER_SEC;
	for (i = 0; i < FAKE_THREADS; i++) {
		struct task_struct *task;

		threads[i].s = &s;
		threads[i].id = i;
		task = kthread_run(storm_thread, &threads[i], "smmu3-user/%u",
				   i);
		if (IS_ERR(task)) {
			KUNIT_FAIL(test, "no thread");
			s.issues = 0;
			atomic_sub(FAKE_THREADS - i, &s.running);
			break;
		}
	}
	complete_all(&s.go);
	if (i)
		KUNIT_ASSERT_TRUE(test, storm_ends(&s));
	stats = stats_of(f);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.bad), 0);
	KUNIT_EXPECT_EQ(test, f->faults, 0);
	KUNIT_EXPECT_EQ(test, stats.issues, FAKE_THREADS * s.issues);
	KUNIT_EXPECT_EQ(test, stats.cmds, f->cmds);
	KUNIT_EXPECT_EQ(test, stats.syncs, f->syncs);
	KUNIT_EXPECT_EQ(test, stats.timeouts, 0);
	kunit_info(test, "%llu issues, %llu CMD_SYNCs\n", stats.issues,
		   stats.syncs);
	/* What the group commit is for: half a CMD_SYNC for each, at the most */
	if (!spin && lg2 == FAKE_RING_LG2_MAX)
		KUNIT_EXPECT_LE(test, stats.syncs * 2, stats.issues);
}

static void cmdq_storm(struct kunit *test)
{
	storm(test, FAKE_RING_LG2_MAX, 0, false);
}

static void cmdq_storm_msi(struct kunit *test)
{
	storm(test, FAKE_RING_LG2_MAX, FAKE_MSI, false);
}

/* Most threads wait for room */
static void cmdq_storm_small(struct kunit *test)
{
	storm(test, SMMU3_CMDQ_MIN_LG2, 0, false);
	storm(test, SMMU3_CMDQ_MIN_LG2, FAKE_FORCE_SYNC, false);
}

/* As fast as they can, which means at the same time where there are CPUs */
static void cmdq_storm_spin(struct kunit *test)
{
	storm(test, FAKE_RING_LG2_MAX, 0, true);
	storm(test, 4, FAKE_MSI, true);
	storm(test, SMMU3_CMDQ_MIN_LG2, FAKE_FORCE_SYNC, true);
}

static struct kunit_case cmdq_cases[] = {
	KUNIT_CASE(cmdq_alone),
	KUNIT_CASE(cmdq_sizes),
	KUNIT_CASE(cmdq_random),
	KUNIT_CASE(cmdq_empty),
	KUNIT_CASE(cmdq_post),
	KUNIT_CASE(cmdq_forced_sync),
	KUNIT_CASE(cmdq_bad_size),
	KUNIT_CASE(cmdq_nested),
	KUNIT_CASE(cmdq_preempted),
	KUNIT_CASE_SLOW(cmdq_storm),
	KUNIT_CASE_SLOW(cmdq_storm_msi),
	KUNIT_CASE_SLOW(cmdq_storm_small),
	KUNIT_CASE_SLOW(cmdq_storm_spin),
	{}
};

static struct kunit_suite cmdq_suite = {
	.name = "smmu3-cmdq",
	.test_cases = cmdq_cases,
};

kunit_test_suite(cmdq_suite);
