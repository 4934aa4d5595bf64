/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Request queue of an instance.
 *
 * Requests go through slots that are allocated once.  Slots are a ring: they are
 * posted, completed and used again in one order, so that a position in that
 * order says whether a request is done.  Posting does not notify the device;
 * waiting does, once for all that was posted meanwhile, by whichever CPU.
 *
 * Lock: viommu_queue.lock, innermost, taken with interrupts off.  Nobody waits
 * for the device or prints with it held: a console may be behind this very IOMMU.
 * It does not sleep on PREEMPT_RT either, since an unmap may come with interrupts
 * off there too: what is done with it held is bounded by the number of slots, and
 * allocates, maps and frees nothing.
 */
#ifndef __VIOMMU_QUEUE_H
#define __VIOMMU_QUEUE_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/ratelimit_types.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/swait.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "protocol.h"

struct device;
struct viommu_instance;
struct viommu_mapping;
struct virtqueue;

/*
 * How long a host may take.  The first is for who can sleep, the second for who
 * polls because it cannot, perhaps with interrupts off: a tenth of what the soft
 * lockup detector and RCU allow, and more than a host needs that does anything
 * else than serve at that moment.  Who polls and can sleep, does after the third,
 * in which a host that is not busy has answered.
 */
#define VIOMMU_SLEEP_MS		30000
#define VIOMMU_POLL_MS		2000
#define VIOMMU_SPIN_US		200

/*
 * Slots of a queue.  A virtqueue is rarely longer than 256, and each request takes
 * two of its descriptors; what is in flight beyond that saves no notification
 * worth having.  The least is what the split of a mapping posts at once, as a
 * power of two.
 */
#define VIOMMU_MAX_SLOTS	128
#define VIOMMU_MIN_SLOTS	4

/**
 * struct viommu_slot - one request on its way
 * @wire: the request; the device's from posting to completion
 * @sg_out: @wire, as the device finds it
 * @sg_in: @tail, the same
 * @status: where the error code goes, or NULL for nobody; not touched after the
 *	position has been completed
 * @mapping: what MAP created, or NULL; it is told of a refusal
 * @refused: counts refusals of MAP; NULL if @mapping is
 * @long_request: a request of variable length instead of @wire, or NULL
 * @done: the device has returned it, or never will
 * @tail: what the device writes; shares no cache line with what we write
 */
struct viommu_slot {
	union viommu_wire wire;
	struct scatterlist sg_out;
	struct scatterlist sg_in;
	int *status;
	struct viommu_mapping *mapping;
	atomic_t *refused;
	struct viommu_long *long_request;
	bool done;
	struct virtio_iommu_req_tail tail __aligned(ARCH_DMA_MINALIGN);
} __aligned(ARCH_DMA_MINALIGN);

/**
 * struct viommu_long - a request of variable length
 * @next: next in a list of those to be freed
 * @dma_dev: device that it is mapped for, or NULL
 * @dma: where the device finds @data
 * @out: bytes of @data that the device reads; constant
 * @in: bytes that it writes after them, tail included; constant
 * @error: what the device said, or -EIO
 * @held: the device has it; guarded by viommu_queue.lock
 * @orphan: nobody asks about it any more; guarded by viommu_queue.lock
 * @data: the request
 */
struct viommu_long {
	struct viommu_long *next;
	struct device *dma_dev;
	dma_addr_t dma;
	u32 out;
	u32 in;
	int error;
	bool held;
	bool orphan;
	u8 data[] __aligned(ARCH_DMA_MINALIGN);
};

/**
 * struct viommu_refusals - requests that failed and that nobody asks about
 * @count: how many since the last report
 * @wire: the last
 * @status: what the device said to it
 */
struct viommu_refusals {
	unsigned int count;
	union viommu_wire wire;
	u8 status;
};

/**
 * struct viommu_queue - requests of an instance
 * @viommu: the instance; constant
 * @vq: virtqueue, or NULL while the device is asleep or gone
 * @lock: guards all that is not said to be read without it, and all calls for @vq
 * @slots: ring of @nr_slots, a power of two
 * @nr_slots: number of slots in use; constant while there is a virtqueue
 * @dma_dev: device that the slots are mapped for, or NULL if @vq takes physical
 *	addresses; constant while there is a virtqueue
 * @dma: where @dma_dev finds @slots
 * @posted: position behind the last request, which is how many there were
 * @kicked: position up to which the device knows of requests
 * @done: all requests before this position are complete; read without the lock
 * @failed: the device does not answer any more; until viommu_queue_start(), read
 *	without the lock
 * @sleepers: how many sleep; the device interrupts only while there are any
 * @kicks: notifications sent, for debugfs
 * @why: what the device did, once @failed
 * @refusals: to be reported
 * @wake: for who sleeps
 * @report: prints @why and @refusals
 * @report_limit: how often it prints @refusals; one device does not hide another's
 * @poll_ms: VIOMMU_POLL_MS, less in a test
 * @sleep_ms: VIOMMU_SLEEP_MS, less in a test
 */
struct viommu_queue {
	struct viommu_instance *viommu;
	struct virtqueue *vq;
	raw_spinlock_t lock;	/* see @lock above */
	struct viommu_slot *slots;
	unsigned int nr_slots;
	unsigned int sleepers;
	struct device *dma_dev;
	dma_addr_t dma;
	u64 posted;
	u64 kicked;
	atomic64_t done;
	bool failed;
	u64 kicks;
	const char *why;
	struct viommu_refusals refusals;
	struct swait_queue_head wake;
	struct work_struct report;
	struct ratelimit_state report_limit;
	unsigned int poll_ms;
	unsigned int sleep_ms;
};

/**
 * viommu_queue_init() - prepare slots for a request queue
 * @q: queue, zeroed
 * @viommu: its instance
 *
 * Return: 0 or -ENOMEM.
 */
int viommu_queue_init(struct viommu_queue *q, struct viommu_instance *viommu);

/**
 * viommu_queue_exit() - free the slots
 * @q: queue without a virtqueue
 *
 * What is to be reported is printed before it returns.
 *
 * Context: Process, may sleep.
 */
void viommu_queue_exit(struct viommu_queue *q);

/**
 * viommu_queue_start() - give the queue its virtqueue
 * @q: queue without one
 * @vq: virtqueue, not used yet, and without VIRTIO_RING_F_INDIRECT_DESC, with which
 *	each request would allocate memory; its callback is viommu_queue_returned()
 *
 * Slots are mapped for the device here, so that posting cannot fail for that.
 *
 * Context: Process, may sleep.
 * Return: 0; -EINVAL for a virtqueue that is too short for VIOMMU_MIN_SLOTS, or was
 *	used; -ENOMEM.
 */
int viommu_queue_start(struct viommu_queue *q, struct virtqueue *vq);

/**
 * viommu_queue_stop() - take the virtqueue away
 * @q: queue; the device has been reset, so that it writes nothing any more
 *
 * What was not complete is completed with -EIO, and so is what is posted until
 * the queue is started again.  When it returns nobody uses the virtqueue.
 *
 * Context: Process, may sleep.
 */
void viommu_queue_stop(struct viommu_queue *q);

/**
 * viommu_queue_returned() - callback of the virtqueue
 * @vq: virtqueue of a queue; vq->vdev->priv is its instance
 *
 * Context: Any, interrupts included.
 */
void viommu_queue_returned(struct virtqueue *vq);

/**
 * viommu_queue_post() - post a request
 * @q: queue
 * @wire: request, copied
 * @status: where its error code goes, or NULL; valid until the position is done
 * @pos: where its position goes
 *
 * The device is not notified: that is done by who waits.  An error that has no
 * @status is reported in the log, but for UNMAP of what the device does not have.
 *
 * Context: Any; takes the queue's lock, under a domain's lock if need be.
 * Return: 0; -EBUSY if all slots are in use, see viommu_queue_make_room();
 *	-EIO if the device does not answer any more, or there is no virtqueue.
 */
int viommu_queue_post(struct viommu_queue *q, const union viommu_wire *wire,
		      int *status, u64 *pos);

/**
 * viommu_queue_post_map() - post a MAP
 * @q: queue
 * @wire: request, copied
 * @mapping: what it creates; if the device refuses, its @error is set.  Stays until
 *	the position is done
 * @refused: incremented after that; stays as long
 * @pos: where its position goes
 *
 * Context: As for viommu_queue_post().
 * Return: as for viommu_queue_post().
 */
int viommu_queue_post_map(struct viommu_queue *q, const union viommu_wire *wire,
			  struct viommu_mapping *mapping, atomic_t *refused,
			  u64 *pos);

/**
 * viommu_long_new() - allocate a request of variable length
 * @out: bytes that the device reads
 * @in: bytes that it writes after them, tail included
 *
 * Context: Process, may sleep.
 * Return: the request, @data zeroed; NULL without memory.
 */
struct viommu_long *viommu_long_new(size_t out, size_t in);

/**
 * viommu_queue_post_long() - post a request of variable length
 * @q: queue
 * @request: request with its first bytes filled in
 * @pos: where its position goes
 *
 * Context: Process.
 * Return: as for viommu_queue_post(); -EAGAIN: again at once; -ENOMEM.
 */
int viommu_queue_post_long(struct viommu_queue *q, struct viommu_long *request,
			   u64 *pos);

/**
 * viommu_long_end() - take the answer to a request of variable length, and free it
 * @q: queue
 * @request: request, which was waited for if it was posted
 * @answer: where what the device wrote is copied, if it reports success; as many
 *	bytes as viommu_long_new() was told
 *
 * A request that the device still has is freed when it has been reset.
 *
 * Context: Process, may sleep.
 * Return: 0, the error that the device reports; -EIO if it does not answer any
 *	more.
 */
int viommu_long_end(struct viommu_queue *q, struct viommu_long *request,
		    void *answer);

/**
 * viommu_queue_post_all() - post some requests at once, or none
 * @q: queue
 * @wires: requests, copied; what the device refuses is reported in the log
 * @count: length of @wires, VIOMMU_MIN_SLOTS at most
 * @pos: where the position of the last goes
 *
 * Nothing is posted between them.
 *
 * Context: As for viommu_queue_post().
 * Return: as for viommu_queue_post().
 */
int viommu_queue_post_all(struct viommu_queue *q, const union viommu_wire *wires,
			  unsigned int count, u64 *pos);

/**
 * viommu_queue_room() - number of requests that can be posted now
 * @q: queue
 *
 * Context: Any.  Only a hint unless who asks is the only one to post.
 * Return: number of free slots.
 */
unsigned int viommu_queue_room(struct viommu_queue *q);

/**
 * viommu_queue_make_room() - wait until there were free slots
 * @q: queue
 * @count: how many; all, if there are fewer
 *
 * Others may have taken them since: who gets -EBUSY again, waits again.
 *
 * Context: As for viommu_queue_poll().
 * Return: 0; -EIO if the device does not answer any more.
 */
int viommu_queue_make_room(struct viommu_queue *q, unsigned int count);

/**
 * viommu_queue_poll() - wait until a position is done, sleeping only where that is seen
 *	to be allowed
 * @q: queue
 * @pos: position, as viommu_queue_post() returned it, or 0
 *
 * Notifies the device if need be.  What the device does not complete within
 * VIOMMU_POLL_MS ends in viommu_fail(); time in which this CPU did not run, as when
 * the host has paused it, does not count.  Where the kernel counts preemption
 * (CONFIG_PREEMPT_COUNT) and the context is a task that may be preempted, it polls
 * for VIOMMU_SPIN_US and then becomes viommu_queue_wait().
 *
 * Context: Any, interrupts off included; no lock of the queue.
 * Return: 0; -EIO if the device does not answer any more.  Then every request is
 *	complete, with -EIO unless it was before.
 */
int viommu_queue_poll(struct viommu_queue *q, u64 pos);

/**
 * viommu_queue_wait() - the same, sleeping
 * @q: queue
 * @pos: position
 *
 * Context: Process, may sleep; bounded by VIOMMU_SLEEP_MS, in looks at the queue, so
 * that a pause of the virtual machine is one.
 * Return: as for viommu_queue_poll().
 */
int viommu_queue_wait(struct viommu_queue *q, u64 pos);

/**
 * viommu_queue_fail() - complete everything with -EIO, and all that follows
 * @q: queue
 * @why: what the device did; a constant string, printed once from process context
 *
 * viommu_fail() of <viommu.h> is this for an instance.  Slots stay as they are
 * until the device was reset, for it may still write to them; what follows ends when
 * the queue is started again.
 *
 * Context: Any.
 * Return: true for who came first.
 */
bool viommu_queue_fail(struct viommu_queue *q, const char *why);

#endif /* __VIOMMU_QUEUE_H */
