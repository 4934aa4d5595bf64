/* SPDX-License-Identifier: GPL-2.0 */
/*
 * States of an instance, and how it gets from one to another.
 */
#ifndef __SMMU3_BRINGUP_H
#define __SMMU3_BRINGUP_H

#include <linux/compiler.h>
#include <linux/types.h>

struct smmu3_instance;

/**
 * enum smmu3_state - what an instance does
 * @SMMU3_DOWN: disabled; every transaction aborts through GBPA
 * @SMMU3_READY: set up and taking commands, but not translating yet: devices that
 *	are there are being attached, as its tables are to hold when it does.  By
 *	the tables of a crashed kernel it translates already
 * @SMMU3_RUNNING: translating
 * @SMMU3_ASLEEP: disabled for a while, and perhaps without power; every
 *	transaction aborts.  Tables may be changed, commands have nothing to do
 * @SMMU3_QUEUE_DEAD: translating, but commands are no longer confirmed, so that
 *	nothing can be attached and nothing that was mapped be freed
 * @SMMU3_FAILED: the hardware has gone into service failure mode; every
 *	transaction aborts until the machine is reset
 * @SMMU3_STOPPED: shut down or removed; every transaction aborts
 * @SMMU3_STATE_COUNT: number of states
 */
enum smmu3_state {
	SMMU3_DOWN,
	SMMU3_READY,
	SMMU3_RUNNING,
	SMMU3_ASLEEP,
	SMMU3_QUEUE_DEAD,
	SMMU3_FAILED,
	SMMU3_STOPPED,
	SMMU3_STATE_COUNT,
};

/**
 * smmu3_state_name() - name of a state, for readers
 * @state: state
 */
const char *smmu3_state_name(enum smmu3_state state);

/**
 * smmu3_state_set() - put an instance into a state
 * @smmu: instance
 * @state: state
 *
 * Context: Any.
 */
void smmu3_state_set(struct smmu3_instance *smmu, enum smmu3_state state);

/**
 * smmu3_spare() - do not cut off who passes an instance that is disabled
 * @smmu: instance, as firmware or another kernel left it
 * @count: devices that use DMA without translation: by their driver, or since boot
 *
 * If there are any, and they get through, the instance is closed only once it
 * translates, and has entries for them.  What is closed is not opened for them.
 */
void smmu3_spare(struct smmu3_instance *smmu, unsigned int count);

/**
 * smmu3_bringup() - close and set up an instance
 * @smmu: instance with tables and queues, in whatever state firmware or
 *	another kernel left it
 *
 * It takes commands then, and does not translate before smmu3_serve().
 *
 * Return: 0; -ETIMEDOUT or -EIO if the hardware does not cooperate, in which
 * case it is disabled if that could be done.
 */
int smmu3_bringup(struct smmu3_instance *smmu);

/**
 * smmu3_serve() - have an instance translate
 * @smmu: instance after smmu3_bringup()
 *
 * Return: 0; -ETIMEDOUT or -EIO if the hardware does not cooperate, and it takes no
 * commands any more: smmu3_teardown() is to follow.
 */
int smmu3_serve(struct smmu3_instance *smmu);

/**
 * smmu3_bringup_again() - the same for one that had been up
 * @smmu: instance that is asleep, whatever its registers hold
 *
 * Tables stay as they are, queues start empty, interrupts are those that it had.
 *
 * Return: 0 or an error, in which case its state is SMMU3_FAILED, or
 * SMMU3_QUEUE_DEAD if it cannot even be shut off.
 */
int smmu3_bringup_again(struct smmu3_instance *smmu);

/**
 * smmu3_pause() - abort everything, and raise no interrupts
 * @smmu: instance that is running
 *
 * Its queues go on.
 *
 * Return: 0; -EOPNOTSUPP or -ETIMEDOUT: if it cannot be closed it is still
 * running, if it does not stop it has been given up.
 */
int smmu3_pause(struct smmu3_instance *smmu);

/**
 * smmu3_is_enabled() - does the hardware translate by our tables?
 * @smmu: instance with power
 */
bool smmu3_is_enabled(struct smmu3_instance *smmu);

/**
 * smmu3_teardown() - stop an instance for good
 * @smmu: instance that serves no devices any more, or whose machine goes down
 *
 * Every stream aborts afterwards.
 *
 * Return: 0; -ETIMEDOUT if the hardware does not stop, so that its memory must
 * be leaked.
 */
int smmu3_teardown(struct smmu3_instance *smmu);

/**
 * smmu3_leave_closed() - stop an instance whose machine goes down
 * @smmu: instance
 *
 * What was not shut down before it may go on with DMA, and the next kernel may
 * use the memory: it is aborted, until that kernel sets the instance up.  Where
 * an instance passes everything while it is disabled (GBPA.ABORT does not hold)
 * it stays enabled with a stream table full of aborts, for as long as nobody
 * stores to that table's memory.
 */
void smmu3_leave_closed(struct smmu3_instance *smmu);

/**
 * smmu3_disable() - abort everything, then stop translating
 * @smmu: instance
 *
 * Context: Any; polls for up to some tenths of a second.
 * Return: 0 or -ETIMEDOUT.
 */
int smmu3_disable(struct smmu3_instance *smmu);

/**
 * smmu3_open_bypass() - let DMA pass a disabled instance
 * @smmu: disabled instance
 *
 * Return: 0, -ETIMEDOUT.
 */
int smmu3_open_bypass(struct smmu3_instance *smmu);

/**
 * smmu3_shut_off() - end an instance that takes no more commands
 * @smmu: instance; if it does not translate, nothing is done
 *
 * Context: Any, as smmu3_disable().
 */
void smmu3_shut_off(struct smmu3_instance *smmu);

/**
 * smmu3_confirm_slow() - see smmu3_confirm()
 * @smmu: instance
 * @ret: error
 */
int smmu3_confirm_slow(struct smmu3_instance *smmu, int ret);

/**
 * smmu3_confirm() - see to it that an invalidation happened
 * @smmu: instance
 * @ret: what issuing its commands returned
 *
 * If it did not, everything is invalidated; if that fails too, the instance is
 * shut off.
 *
 * Context: Any.
 * Return: 0 if it happened, else @ret.
 */
static inline int smmu3_confirm(struct smmu3_instance *smmu, int ret)
{
	return likely(!ret) ? 0 : smmu3_confirm_slow(smmu, ret);
}

/**
 * smmu3_cr1() - how an instance reads tables and queues
 *
 * Return: what SMMU_CR1 is.
 */
u32 smmu3_cr1(void);

#endif /* __SMMU3_BRINGUP_H */
