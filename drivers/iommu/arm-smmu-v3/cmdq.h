/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Command queue of an SMMUv3, with group commit.
 *
 * Theory
 *
 *	Commands are appended to the ring under a spinlock that is held for
 *	nothing else.  At most one CMD_SYNC, the *flight*, is waited for at a
 *	time.  Who appends while there is no flight puts a CMD_SYNC behind its
 *	commands, rings the doorbell once and polls: a CPU alone pays for one
 *	lock, its commands, one doorbell and one poll.  Who appends during a
 *	flight adds to the *open batch*, which hardware has not been told of;
 *	when the flight ends, whichever of its waiters comes first publishes
 *	the whole batch with one CMD_SYNC, as the next flight.
 *
 *	There is no leader.  Each waiter can find out by itself that a flight
 *	has ended, publish the open batch, run the recovery of a queue error and
 *	declare the queue dead; none of that waits for another waiter.  So a
 *	waiter may be interrupted by a handler that issues commands itself, be
 *	preempted for any time, or run with interrupts off, and nobody else
 *	stands still.  The spinlock disables interrupts and is held for at most
 *	SMMU3_CMDQ_CHUNK commands.
 *
 * Sleep
 *
 *	While an instance is off with the promise that nothing it has cached
 *	survives, its queue is asleep: commands are not sent, and complete at
 *	once.  What else they would have done has happened by then, or happens
 *	before the instance does anything.  Who issues one during sleep has
 *	stored to its tables before it took the queue's lock and found it
 *	asleep.  smmu3_cmdq_start() ends the sleep under that lock, so it comes
 *	after these stores, and so do the invalidation of everything and the
 *	enabling that follow it.
 *
 * What a completed issue guarantees
 *
 *	All commands of the call, and all that were appended before them by any
 *	CPU, have taken effect.  Stores that the caller made before the call
 *	(to tables, entries, descriptors) were visible to the instance before it
 *	saw the commands.  Loads and stores of the caller after the call come
 *	after the completion: memory may be reused.
 */
#ifndef __SMMU3_CMDQ_H
#define __SMMU3_CMDQ_H

#include <linux/cache.h>
#include <linux/io.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "cmd.h"

struct smmu3_cmdq;

/* Most commands that are appended with interrupts off in one go */
#define SMMU3_CMDQ_CHUNK		64
/* The smallest ring: a command, the CMD_SYNCs of an erratum, and its own */
#define SMMU3_CMDQ_MIN_LG2		2
/* How long a CMD_SYNC may take unless the owner says otherwise */
#define SMMU3_CMDQ_TIMEOUT_US		1000000
/* How many such times pass, the doorbell rung again after each, until it ends */
#define SMMU3_CMDQ_PATIENCE		3
/*
 * The same for a CMD_SYNC that waits for ATC invalidations: PCI gives a device
 * a minute to confirm one, and root ports half a minute more to notice.
 */
#define SMMU3_CMDQ_ATC_PATIENCE		100
/* Errors in a row that one command may cause, by itself or by its fetch */
#define SMMU3_CMDQ_ERRORS		3
/* MMU-700 erratum 2812531: a CMD_SYNC after at most this many others */
#define SMMU3_CMDQ_SYNC_EVERY		62

/**
 * enum smmu3_cmdq_state - what a command queue can do
 * @SMMU3_CMDQ_OFF: not started; nothing can be issued
 * @SMMU3_CMDQ_READY: takes commands
 * @SMMU3_CMDQ_ASLEEP: not started; the instance is off, and commands have nothing
 *	to do
 * @SMMU3_CMDQ_DEAD: stopped for good, until smmu3_cmdq_start(); a CMD_SYNC
 *	never completed or an error could not be cleared
 */
enum smmu3_cmdq_state {
	SMMU3_CMDQ_OFF,
	SMMU3_CMDQ_READY,
	SMMU3_CMDQ_ASLEEP,
	SMMU3_CMDQ_DEAD,
};

/**
 * struct smmu3_cmdq_stats - what a queue has done
 * @cmds: commands, other than CMD_SYNC; derived when it is read
 * @syncs: CMD_SYNCs
 * @forced: those of them that an erratum wanted
 * @flights: the others, which were waited for; commands of many callers may be
 *	in one; derived when it is read
 * @issues: calls that waited; derived when it is read
 * @timeouts: times that a CMD_SYNC was overdue
 * @errors: queue errors that were recovered from
 */
struct smmu3_cmdq_stats {
	u64 cmds;
	u64 syncs;
	u64 forced;
	u64 flights;
	u64 issues;
	u32 timeouts;
	u32 errors;
};

/**
 * struct smmu3_cmdq_config - what a queue is set up with
 * @name: of the instance, for messages; outlives the queue
 * @ring: memory of the ring, as it was given to SMMU_CMDQ_BASE
 * @size_lg2: log2 of its entries, SMMU3_CMDQ_MIN_LG2 to SMMU3_Q_MAX_LG2
 * @prod: SMMU_CMDQ_PROD
 * @cons: SMMU_CMDQ_CONS
 * @gerror: SMMU_GERROR; SMMU_GERRORN lies 4 bytes further
 * @msi: a word (of 64 bytes of its own, as some instances write more) in
 *	coherent memory that a CMD_SYNC writes when it completes, or NULL
 * @msi_dma: its DMA address
 * @sev: IDR0.SEV: a CMD_SYNC can send an event to CPUs that wait by WFE
 * @force_sync: MMU-700 erratum 2812531: see SMMU3_CMDQ_SYNC_EVERY
 * @gated: registers may be out of reach while the queue is asleep, so that
 *	smmu3_cmdq_sleep() waits for all who use them; each call costs some more
 * @dead: called once, without locks, by the CPU that declared the queue dead,
 *	in whatever context that was; the owner must stop translation by
 *	registers (SMMUEN clear with GBPA.ABORT set), because invalidations no
 *	longer happen.  May be NULL.
 * @atc_lost: called under the queue's lock when a device, by one of its streams,
 *	did not confirm an ATC invalidation in time; before those who wait for it
 *	can find out.  Not called where several streams may be the cause.
 *	Returns false if it does not know the stream.  May be NULL.
 * @owner: for @dead and @atc_lost
 */
struct smmu3_cmdq_config {
	const char *name;
	void *ring;
	unsigned int size_lg2;
	void __iomem *prod;
	void __iomem *cons;
	void __iomem *gerror;
	__le32 *msi;
	dma_addr_t msi_dma;
	bool sev;
	bool force_sync;
	bool gated;
	void (*dead)(struct smmu3_cmdq *q, void *owner);
	bool (*atc_lost)(void *owner, u32 sid);
	void *owner;
};

/**
 * struct smmu3_cmdq_hw - stands in for the instance in a test
 * @read: value of a register (one of the pointers of the configuration)
 * @write: a store to a register
 * @relax: called on every turn of a waiter's loop
 *
 * Only used by queues that have one, in builds with the KUnit suites.
 */
struct smmu3_cmdq_hw {
	u32 (*read)(struct smmu3_cmdq *q, void __iomem *reg);
	void (*write)(struct smmu3_cmdq *q, void __iomem *reg, u32 val);
	void (*relax)(struct smmu3_cmdq *q);
};

/**
 * struct smmu3_cmdq - a command queue
 * @lock: guards the ring and what is marked below; leaf, taken from any context
 *	but NMI
 * @prod: position behind the last command appended; under @lock
 * @limit: appending without further questions ends before this position, 0 unless
 *	READY, and in a gated queue; under @lock
 * @cons: position that the consumer has reached at least; under @lock
 * @published: position that hardware was told of; under @lock
 * @synced: position behind the last CMD_SYNC appended; under @lock
 * @stats: under @lock; read it by smmu3_cmdq_stats()
 * @state: enum smmu3_cmdq_state; written under @lock
 * @flight: position behind the CMD_SYNC that was published last; written under
 *	@lock
 * @done: all before this position is complete; written under @lock, only grows
 * @seen: position of a flight that somebody saw complete; a hint that anybody
 *	stores without @lock, so an older value can replace a newer one
 * @lost: the later of @lost_cmd and @lost_atc; written under @lock
 * @lost_cmd: position behind the last command that was dropped; written under
 *	@lock
 * @lost_atc: position behind the last CMD_SYNC that an ATC invalidation timed
 *	out before; written under @lock
 * @timeout_us: how long a CMD_SYNC may take; the owner may change it
 * @sync: CMD_SYNC of a flight; its MSI data is added; constant after
 *	smmu3_cmdq_init()
 * @cfg: constant after smmu3_cmdq_init()
 * @hw: of a test, else NULL; constant while the queue is started
 * @slot_mask: what of 16 times a position is the offset of its slot; constant
 *	after smmu3_cmdq_init()
 * @index_mask: what of a position is its index; constant after
 *	smmu3_cmdq_init()
 * @joined: calls that found a flight under way and added to the open batch;
 *	under @lock
 * @late: flights that a waiter of the open batch published; under @lock
 * @skipped: positions that no command ever had; under @lock
 * @started: position of the first command since smmu3_cmdq_start(); under @lock
 * @error_pos: position of the command that the last error stopped at; under
 *	@lock
 * @errors: errors in a row at @error_pos; under @lock
 * @overdue: flight that is overdue and was reported; under @lock
 * @sleeps: times that it fell asleep, and that it woke up: odd while it is asleep;
 *	written under @lock
 * @inside: calls that may read a register of a gated queue; under @lock
 *
 * What waiters read again and again lies in a cache line apart from what those
 * write who append.
 */
struct smmu3_cmdq {
	raw_spinlock_t lock;
	u64 prod;
	u64 limit;
	u64 cons;
	u64 published;
	u64 synced;
	struct smmu3_cmdq_stats stats;

	u32 state ____cacheline_aligned_in_smp;
	u64 flight;
	u64 done;
	u64 seen;
	u64 lost;
	u64 lost_cmd;
	u64 lost_atc;

	u32 timeout_us ____cacheline_aligned_in_smp;
	u32 slot_mask;
	u32 index_mask;
	struct smmu3_cmd sync;
	struct smmu3_cmdq_config cfg;
#if IS_ENABLED(CONFIG_ARM_SMMU_V3_KUNIT_TEST)
	const struct smmu3_cmdq_hw *hw;
#endif

	u64 joined;
	u64 late;
	u64 skipped;
	u64 started;
	u64 error_pos;
	u32 errors;
	u64 overdue;
	u32 sleeps;
	u32 inside;
};

/**
 * smmu3_cmdq_init() - set up a queue
 * @q: queue; state OFF afterwards
 * @cfg: copied
 *
 * Return: 0, or -EINVAL if the ring is too small or too large.
 */
int smmu3_cmdq_init(struct smmu3_cmdq *q, const struct smmu3_cmdq_config *cfg);

/**
 * smmu3_cmdq_start() - make a queue ready
 * @q: queue, OFF, ASLEEP or DEAD
 *
 * Empties it and writes 0 to PROD and CONS.  Call it while CR0.CMDQEN is
 * clear, and set CMDQEN soon: others may issue commands already, and wait.  Statistics and
 * @q->timeout_us stay.
 */
void smmu3_cmdq_start(struct smmu3_cmdq *q);

/**
 * smmu3_cmdq_stop() - take no more commands
 * @q: queue; state OFF afterwards
 *
 * Whoever waits returns with -EIO.
 */
void smmu3_cmdq_stop(struct smmu3_cmdq *q);

/**
 * smmu3_cmdq_wait_gated() - wait until nobody uses registers of a stopped queue
 * @q: queue, OFF or ASLEEP; if it is not gated, nothing is waited for
 *
 * Nobody enters any more, and whoever is inside leaves at the next look at the state.
 *
 * Context: Process, may sleep; without locks that who issues commands needs to go on.
 */
void smmu3_cmdq_wait_gated(struct smmu3_cmdq *q);

/**
 * smmu3_cmdq_sleep() - stop because the instance is off for a while
 * @q: queue of an instance that does not translate, and invalidates all that it
 *	has cached before it does again; state ASLEEP afterwards
 *
 * Whoever waits is done, as are those who come: see the top of this file.  No
 * register of a gated queue is read or written after the return.
 *
 * Context: Process if the queue is gated, else any but NMI.
 */
void smmu3_cmdq_sleep(struct smmu3_cmdq *q);

/**
 * smmu3_cmdq_issue() - have commands executed
 * @q: queue
 * @cmds: commands; CMD_SYNC without a signal may be among them, so that an ATC
 *	invalidation between two of them is judged by itself
 * @n: how many; up to SMMU3_CMDQ_CHUNK stay together, more than the ring holds
 *	is fine, 0 waits for what is there
 *
 * Returns when all of them, and all that were appended before, are complete;
 * see the top of this file for what that means.  The commands stay in order.
 *
 * Takes at most SMMU3_CMDQ_PATIENCE times @q->timeout_us for each flight that
 * it waits for: the one that it finds and its own, and one more for each
 * filling of the ring.
 *
 * Context: any but NMI; does not sleep, leaves interrupts as they are.
 * Return: 0, also if the queue is ASLEEP; or -EIO if it is OFF, dies, or had to
 * drop one of the commands, in which case the caller must assume that none took effect.
 */
int smmu3_cmdq_issue(struct smmu3_cmdq *q, const struct smmu3_cmd *cmds,
		     unsigned int n);

/**
 * smmu3_cmdq_post() - have commands executed some time
 * @q: queue
 * @cmds: commands, without CMD_SYNC
 * @n: how many
 *
 * Publishes them at once and does not wait, except for room in the ring.  For
 * RESUME, PRI_RESP and PREFETCH_CONFIG.
 *
 * Context: any but NMI.
 * Return: 0, also if the queue is ASLEEP; or -EIO if it is OFF or dies.
 */
int smmu3_cmdq_post(struct smmu3_cmdq *q, const struct smmu3_cmd *cmds,
		    unsigned int n);

/**
 * smmu3_cmdq_take_gerror() - read, serve and acknowledge global errors
 * @q: queue
 *
 * The one place that writes SMMU_GERRORN, as waiters that run with interrupts
 * off serve errors too.  A command queue error is recovered from here: an
 * illegal command is reported and replaced by CMD_SYNC, an aborted fetch is
 * tried again, an ATC invalidation that timed out is reported and passed; what
 * cannot be cleared ends in SMMU3_CMDQ_DEAD.
 *
 * Context: any but NMI; the handler of the gerror interrupt calls it.
 * Return: errors that were active, SMMU3_GERROR_*; all are acknowledged.
 */
u32 smmu3_cmdq_take_gerror(struct smmu3_cmdq *q);

/**
 * smmu3_cmdq_stats() - read the statistics
 * @q: queue
 * @stats: filled
 */
void smmu3_cmdq_stats(struct smmu3_cmdq *q, struct smmu3_cmdq_stats *stats);

/**
 * smmu3_cmdq_alive() - does the queue take commands?
 * @q: queue
 *
 * Return: true if its state is READY.
 */
static inline bool smmu3_cmdq_alive(const struct smmu3_cmdq *q)
{
	return READ_ONCE(q->state) == SMMU3_CMDQ_READY;
}

/**
 * smmu3_cmdq_issue_one() - have one command executed
 * @q: queue
 * @cmd: command, not CMD_SYNC
 *
 * The shortest way, which each unmap of a strict domain takes.
 *
 * Context: any but NMI; as smmu3_cmdq_issue().
 * Return: as smmu3_cmdq_issue().
 */
int smmu3_cmdq_issue_one(struct smmu3_cmdq *q, struct smmu3_cmd cmd);

#endif /* __SMMU3_CMDQ_H */
