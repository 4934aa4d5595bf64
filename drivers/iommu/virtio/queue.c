// SPDX-License-Identifier: GPL-2.0
/*
 * Request queue of a virtio IOMMU.
 *
 * The vring keeps the order of requests for us: a slot is handed to the device in
 * the order of positions, and is free again when all before it are.  The device
 * may return slots in another order.
 */
#include <linux/jiffies.h>
#include <linux/processor.h>
#include <linux/preempt.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include <kunit/visibility.h>

#include "queue_priv.h"
#include "viommu.h"

/* Between two looks at the clock by who polls */
#define SPINS_PER_LOOK	64

/* Who sleeps looks by itself now and then: an interrupt may be lost */
#define SLEEP_LOOK_MS	100

/* Pairs with the release in advance() */
static bool is_done(const struct viommu_queue *q, u64 pos)
{
	return atomic64_read_acquire(&q->done) >= pos;
}

/* --- completion */

static void refused(struct viommu_queue *q, const struct viommu_slot *slot,
		    u8 status)
{
	/* An UNMAP that comes after the domain went is no news */
	if (slot->wire.head.type == VIRTIO_IOMMU_T_UNMAP &&
	    status == VIRTIO_IOMMU_S_NOENT)
		return;
	q->refusals.count++;
	q->refusals.wire = slot->wire;
	q->refusals.status = status;
	schedule_work(&q->report);
}

static void tell(struct viommu_slot *slot, int error)
{
	if (slot->status)
		*slot->status = error;
	if (unlikely(error) && slot->mapping) {
		slot->mapping->error = error;
		/* Whoever sees the count, sees the error */
		smp_mb__before_atomic();
		atomic_inc(slot->refused);
	}
	slot->done = true;
}

/* Returns false without an answer */
static noinline bool finish_long(struct viommu_slot *slot)
{
	struct viommu_long *request = slot->long_request;
	u8 status = viommu_long_status(request);

	if (status == VIOMMU_NO_STATUS)
		return false;
	slot->long_request = NULL;
	request->error = viommu_status_error(status);
	request->held = false;
	slot->done = true;
	return true;
}

static noinline bool finish_refused(struct viommu_queue *q,
				    struct viommu_slot *slot, u8 status)
{
	if (status == VIOMMU_NO_STATUS)
		return false;
	if (!slot->status && !slot->mapping)
		refused(q, slot, status);
	tell(slot, viommu_status_error(status));
	return true;
}

/*
 * Returns false without an answer: then nobody knows whether the device has done
 * it, and what it can reach, so it cannot be relied on any more.
 */
static bool finish(struct viommu_queue *q, struct viommu_slot *slot)
{
	u8 status;

	if (unlikely(slot->long_request))
		return finish_long(slot);
	viommu_slot_to_cpu(q, slot);
	status = READ_ONCE(slot->tail.status);
	if (unlikely(status))
		return finish_refused(q, slot, status);
	tell(slot, 0);
	return true;
}

/* Moves @done over what has come back in between; what was written is seen after */
static u64 advance(struct viommu_queue *q, u64 done)
{
	while (done != q->posted && viommu_slot_at(q, done)->done)
		done++;
	atomic64_set_release(&q->done, done);
	return done;
}

/*
 * Takes what the device has returned; returns why that is nothing good, or NULL.
 * While anything is missing, there is a virtqueue, and no failure yet.
 */
static const char *reap(struct viommu_queue *q)
{
	u64 done = viommu_queue_done(q);
	const char *why = NULL;

	while (done != q->posted) {
		struct viommu_slot *slot;
		unsigned int len;

		slot = virtqueue_get_buf(q->vq, &len);
		if (!slot)
			return virtqueue_is_broken(q->vq) ?
			       "its virtqueue is broken" : why;
		if (unlikely(!finish(q, slot)))
			why = "it returned a request without an answer";
		done = advance(q, done);
	}
	return why;
}

/* --- failure */

void viommu_queue_end_all(struct viommu_queue *q)
{
	u64 pos;

	for (pos = viommu_queue_done(q); pos != q->posted; pos++) {
		if (!viommu_slot_at(q, pos)->done)
			tell(viommu_slot_at(q, pos), -EIO);
	}
	q->kicked = q->posted;
	advance(q, viommu_queue_done(q));
}

bool viommu_queue_fail_locked(struct viommu_queue *q, const char *why)
{
	lockdep_assert_held(&q->lock);
	if (q->failed)
		return false;
	q->why = why;
	/* Before the release with which all is done: poll() looks at it after */
	WRITE_ONCE(q->failed, true);
	viommu_queue_end_all(q);
	schedule_work(&q->report);
	return true;
}

bool viommu_queue_fail(struct viommu_queue *q, const char *why)
{
	unsigned int sleepers;
	unsigned long flags;
	bool first;

	raw_spin_lock_irqsave(&q->lock, flags);
	first = viommu_queue_fail_locked(q, why);
	sleepers = q->sleepers;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	viommu_queue_wake(q, sleepers);
	return first;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_fail);

void viommu_fail(struct viommu_instance *viommu, const char *why)
{
	viommu_queue_fail(&viommu->requests, why);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_fail);

static void print_refusals(struct device *dev, const struct viommu_refusals *r)
{
	const char *status = viommu_status_name(r->status);
	const union viommu_wire *wire = &r->wire;

	if (wire->head.type == VIRTIO_IOMMU_T_UNMAP)
		dev_err(dev, "%u requests refused, the last was UNMAP %#llx-%#llx of domain %u: %s\n",
			r->count, le64_to_cpu(wire->unmap.virt_start),
			le64_to_cpu(wire->unmap.virt_end),
			le32_to_cpu(wire->unmap.domain), status);
	else
		dev_err(dev, "%u requests refused, the last was of type %u for domain %u: %s\n",
			r->count, wire->head.type,
			le32_to_cpu(wire->attach.domain), status);
}

void viommu_queue_report(struct work_struct *work)
{
	struct viommu_queue *q = container_of(work, struct viommu_queue, report);
	struct viommu_refusals refusals;
	const char *why;

	raw_spin_lock_irq(&q->lock);
	refusals = q->refusals;
	why = q->why;
	q->why = NULL;
	raw_spin_unlock_irq(&q->lock);

	if (refusals.count && __ratelimit(&q->report_limit)) {
		print_refusals(q->viommu->dev, &refusals);
		raw_spin_lock_irq(&q->lock);
		q->refusals.count -= refusals.count;
		raw_spin_unlock_irq(&q->lock);
	}
	if (why)
		dev_err(q->viommu->dev,
			"IOMMU given up: %s; no DMA mapping can be made until it is reset: write 1 to /sys/class/iommu/%s/virtio-iommu/reset\n",
			why, virtio_bus_name(q->viommu->vdev));
}

/* --- waiting */

/*
 * With the lock, which it releases: there are requests that the device must see.
 *
 * Interrupts stay off until it has been notified: an interrupt handler that waits
 * would find that somebody notifies, and that is who it has interrupted.  This is
 * also what viommu_queue_stop() waits for, as it is a read-side section of RCU.
 */
static void notify(struct viommu_queue *q, unsigned long flags)
	__releases(&q->lock)
{
	struct virtqueue *vq = q->vq;
	bool wanted = virtqueue_kick_prepare(vq);

	q->kicked = q->posted;
	q->kicks += wanted;
	raw_spin_unlock(&q->lock);
	if (likely(wanted))
		virtqueue_notify(vq);
	local_irq_restore(flags);
}

/* With the lock, which it releases: takes what was returned, wakes who waits */
static void collect(struct viommu_queue *q, unsigned long flags)
	__releases(&q->lock)
{
	const char *why = reap(q);
	unsigned int sleepers = q->sleepers;

	if (unlikely(why))
		viommu_queue_fail_locked(q, why);
	raw_spin_unlock_irqrestore(&q->lock, flags);
	viommu_queue_wake(q, sleepers);
}

/*
 * One step towards @pos, with the lock, which it releases.  Between the first and
 * the second the lock is free, and the device at work.
 */
static __always_inline void step(struct viommu_queue *q, u64 pos,
				 unsigned long flags)
	__releases(&q->lock)
{
	if (q->kicked < pos)
		notify(q, flags);
	else
		collect(q, flags);
}

static int result(const struct viommu_queue *q)
{
	return unlikely(READ_ONCE(q->failed)) ? -EIO : 0;
}

/* Unless it has answered or was reset meanwhile */
static void give_up(struct viommu_queue *q, u64 pos)
{
	unsigned int sleepers;
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	if (viommu_queue_done(q) < pos)
		viommu_queue_fail_locked(q, "it does not answer");
	sleepers = q->sleepers;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	viommu_queue_wake(q, sleepers);
}

/*
 * Is this a task that may sleep?  No without CONFIG_PREEMPT_COUNT, and for readers
 * of RCU, which may be preempted; nor for who is about to sleep for another reason,
 * whose state that would change.
 */
static bool may_sleep(void)
{
	return preemptible() && !rcu_preempt_depth() && !is_idle_task(current) &&
	       task_is_running(current);
}

/* True when the wait is over, one way or other */
static noinline bool lose_patience(struct viommu_queue *q, u64 pos,
				   struct viommu_patience *patience)
{
	u64 spent = viommu_patience_look(patience, ktime_get_mono_fast_ns());

	if (spent >= VIOMMU_SPIN_US * NSEC_PER_USEC && may_sleep()) {
		viommu_queue_wait(q, pos);
		return true;
	}
	if (spent < (u64)q->poll_ms * NSEC_PER_MSEC)
		return false;
	give_up(q, pos);
	return true;
}

int viommu_queue_poll(struct viommu_queue *q, u64 pos)
{
	unsigned int spins = 0;
	unsigned long flags;
	struct viommu_patience patience = {};

	while (!is_done(q, pos)) {
		/* Whoever holds it posts, or takes what we wait for */
		if (raw_spin_trylock_irqsave(&q->lock, flags))
			step(q, pos, flags);
		if (likely(is_done(q, pos)))
			break;
		cpu_relax();
		if (unlikely(!(++spins % SPINS_PER_LOOK)) &&
		    lose_patience(q, pos, &patience))
			break;
	}
	return result(q);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_poll);

static void step_locked(struct viommu_queue *q, u64 pos)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	step(q, pos, flags);
}

/* The device interrupts from now on; what it returned before is for a step */
static void begin_sleep(struct viommu_queue *q)
{
	raw_spin_lock_irq(&q->lock);
	if (!q->sleepers++ && q->vq)
		virtqueue_enable_cb(q->vq);
	raw_spin_unlock_irq(&q->lock);
}

static void end_sleep(struct viommu_queue *q)
{
	raw_spin_lock_irq(&q->lock);
	if (!--q->sleepers && q->vq)
		virtqueue_disable_cb(q->vq);
	raw_spin_unlock_irq(&q->lock);
}

static void sleep_for(struct viommu_queue *q, u64 pos)
{
	unsigned int looks = DIV_ROUND_UP(q->sleep_ms, SLEEP_LOOK_MS);
	unsigned int look = min(q->sleep_ms, SLEEP_LOOK_MS);
	bool done = false;

	begin_sleep(q);
	while (!done && looks--) {
		step_locked(q, pos);
		done = swait_event_timeout_exclusive(q->wake, is_done(q, pos),
						     msecs_to_jiffies(look));
	}
	end_sleep(q);
	if (!done)
		give_up(q, pos);
}

int viommu_queue_wait(struct viommu_queue *q, u64 pos)
{
	int i;

	might_sleep();
	/* Twice: to notify, and to see what the host did at once */
	for (i = 0; i < 2 && !is_done(q, pos); i++)
		step_locked(q, pos);
	if (!is_done(q, pos))
		sleep_for(q, pos);
	return result(q);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_wait);

void viommu_queue_returned(struct virtqueue *vq)
{
	struct viommu_instance *viommu = vq->vdev->priv;
	struct viommu_queue *q = &viommu->requests;
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	collect(q, flags);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_returned);

unsigned int viommu_queue_room(struct viommu_queue *q)
{
	unsigned long flags;
	unsigned int room;

	raw_spin_lock_irqsave(&q->lock, flags);
	room = q->nr_slots - (q->posted - viommu_queue_done(q));
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return room;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_room);

int viommu_queue_make_room(struct viommu_queue *q, unsigned int count)
{
	unsigned long flags;
	u64 need;

	raw_spin_lock_irqsave(&q->lock, flags);
	need = q->posted + min(count, q->nr_slots);
	need = need > q->nr_slots ? need - q->nr_slots : 0;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return viommu_queue_poll(q, need);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_queue_make_room);
