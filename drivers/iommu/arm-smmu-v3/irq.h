/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts of an instance.
 */
#ifndef __SMMU3_IRQ_H
#define __SMMU3_IRQ_H

#include <linux/msi.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct smmu3_instance;

/* Between two looks at a queue that has no interrupt */
#define SMMU3_POLL_PERIOD	HZ

/* Messages that an instance sends, as they are numbered for Linux */
enum smmu3_msi {
	SMMU3_MSI_EVTQ,
	SMMU3_MSI_GERROR,
	SMMU3_MSI_PRIQ,		/* last: not every instance has it */
	SMMU3_MSI_COUNT,
};

/**
 * struct smmu3_irqs - interrupts of an instance
 * @evtq: Linux interrupt of the event queue, 0 if there is none
 * @priq: the same for the PRI queue
 * @gerror: the same for global errors
 * @combined: the same for a line that carries all
 * @has_evtq: events raise an interrupt that is handled
 * @has_priq: so do page requests; or there is no PRI queue
 * @has_gerror: so do global errors
 * @messages: MSIs are allocated
 * @reachable: registers can be written; guarded by @msg_lock
 * @msg_lock: keeps @msg and the registers the same; leaf
 * @msg: what the messages are, zero where there is none; guarded by @msg_lock
 * @poll: looks after what has no interrupt, and goes on with a queue that took
 *	too long for one
 */
struct smmu3_irqs {
	int evtq;
	int priq;
	int gerror;
	int combined;
	bool has_evtq;
	bool has_priq;
	bool has_gerror;
	bool messages;
	bool reachable;
	raw_spinlock_t msg_lock;	/* see above */
	struct msi_msg msg[SMMU3_MSI_COUNT];
	struct delayed_work poll;
};

/**
 * smmu3_irq_init() - find and request the interrupts
 * @smmu: instance with its queues started
 *
 * What has no interrupt will be looked after by time.
 */
void smmu3_irq_init(struct smmu3_instance *smmu);

/**
 * smmu3_irq_start() - have the instance send its interrupts
 * @smmu: instance with SMMU_IRQ_CTRL cleared
 *
 * Return: what to write to SMMU_IRQ_CTRL.
 */
u32 smmu3_irq_start(struct smmu3_instance *smmu);

/**
 * smmu3_irq_quiesce() - wait until nobody serves an interrupt
 * @smmu: instance with SMMU_IRQ_CTRL cleared
 *
 * Undone by smmu3_irq_start().  The poll work may run again, and finds an
 * instance that is asleep.
 *
 * Context: Process; streams_lock is not held.
 */
void smmu3_irq_quiesce(struct smmu3_instance *smmu);

/**
 * smmu3_irq_exit() - free the interrupts and end the poll work
 * @smmu: instance
 */
void smmu3_irq_exit(struct smmu3_instance *smmu);

/**
 * smmu3_irq_poll_soon() - have the poll work run at the next tick
 * @smmu: instance
 *
 * Context: Any.
 */
void smmu3_irq_poll_soon(struct smmu3_instance *smmu);

#endif /* __SMMU3_IRQ_H */
