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
 * for the device with it held.
 */
#ifndef __VIOMMU_QUEUE_H
#define __VIOMMU_QUEUE_H

#include <linux/completion.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "protocol.h"

struct viommu_instance;
struct viommu_mapping;
struct virtqueue;

/*
 * How long a host may take.  The first is for who can sleep; the second for who
 * polls, perhaps with interrupts off, and stays well under the limit of the
 * soft lockup detector.
 */
#define VIOMMU_SLEEP_MS		30000
#define VIOMMU_POLL_MS		8000

/**
 * struct viommu_slot - one request on its way
 * @wire: the request; the device's from posting to completion
 * @long_wire: a request of variable length instead of @wire, or NULL; freed when
 *	the device has let go of it
 * @long_out: bytes of @long_wire that the device reads
 * @long_in: bytes that it writes after them, tail included
 * @status: where the error code goes, or NULL for nobody; not touched after the
 *	position has been completed
 * @mapping: what MAP created, or NULL; it is told of a refusal
 * @done: the device has returned it
 */
struct viommu_slot {
	union viommu_wire wire;
	void *long_wire;
	u32 long_out;
	u32 long_in;
	int *status;
	struct viommu_mapping *mapping;
	bool done;
};

/**
 * struct viommu_queue - requests of an instance
 * @viommu: the instance
 * @vq: virtqueue, or NULL while the device is asleep or gone
 * @lock: guards all below, and all calls for @vq
 * @slots: ring of @nr_slots, a power of two
 * @nr_slots: number of slots
 * @posted: position of the next request
 * @done: all requests before this position are complete; read without the lock
 * @failed: the device does not answer any more; set once, read without the lock
 * @wake: completed when requests were returned, for who sleeps
 * @sleepers: how many sleep; the device interrupts only while there are any
 * @kicks: notifications sent, for debugfs
 * @requests: requests posted, for debugfs
 */
struct viommu_queue {
	struct viommu_instance *viommu;
	struct virtqueue *vq;
	spinlock_t lock;	/* see @lock above */
	struct viommu_slot *slots;
	unsigned int nr_slots;
	u64 posted;
	u64 done;
	bool failed;
	struct completion wake;
	unsigned int sleepers;
	u64 kicks;
	u64 requests;
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
 * @q: queue; the device has been reset, so that nothing is the device's
 */
void viommu_queue_exit(struct viommu_queue *q);

/**
 * viommu_queue_start() - give the queue its virtqueue
 * @q: queue without one
 * @vq: virtqueue; its callback is viommu_queue_returned()
 */
void viommu_queue_start(struct viommu_queue *q, struct virtqueue *vq);

/**
 * viommu_queue_stop() - take the virtqueue away
 * @q: queue; the device has been reset
 *
 * What was not complete is completed with -EIO.
 */
void viommu_queue_stop(struct viommu_queue *q);

/**
 * viommu_queue_returned() - callback of the virtqueue
 * @vq: virtqueue of a queue
 *
 * Context: Any, interrupts included.
 */
void viommu_queue_returned(struct virtqueue *vq);

/**
 * viommu_queue_post() - post a request
 * @q: queue
 * @wire: request, copied
 * @status: where its error code goes, or NULL; valid until the position is done
 * @mapping: what a MAP created, or NULL
 * @pos: where its position goes
 *
 * The device is not notified: that is done by who waits.
 *
 * Context: Any; takes the queue's lock, under a domain's lock if need be.
 * Return: 0; -EBUSY if all slots are in use, see viommu_queue_make_room();
 *	-EIO if the device does not answer any more.
 */
int viommu_queue_post(struct viommu_queue *q, const union viommu_wire *wire,
		      int *status, struct viommu_mapping *mapping, u64 *pos);

/**
 * viommu_queue_post_long() - post a request of variable length
 * @q: queue
 * @buf: kmalloc()ed request, tail included; becomes the queue's in each case
 *	except -EBUSY
 * @out: bytes that the device reads
 * @in: bytes that it writes after them, tail included
 * @copy: where what it wrote is copied on success, @in bytes
 * @status: as for viommu_queue_post()
 * @pos: where its position goes
 *
 * Context: Process.
 * Return: as for viommu_queue_post().
 */
int viommu_queue_post_long(struct viommu_queue *q, void *buf, size_t out,
			   size_t in, void *copy, int *status, u64 *pos);

/**
 * viommu_queue_room() - number of requests that can be posted now
 * @q: queue
 *
 * Context: Any.  Only a hint unless who asks is the only one to post.
 * Return: number of free slots.
 */
unsigned int viommu_queue_room(struct viommu_queue *q);

/**
 * viommu_queue_make_room() - wait for free slots
 * @q: queue
 * @count: how many, at most a quarter of all
 *
 * Context: Any; polls, bounded by VIOMMU_POLL_MS.
 * Return: 0; -EIO if the device does not answer any more.
 */
int viommu_queue_make_room(struct viommu_queue *q, unsigned int count);

/**
 * viommu_queue_poll() - wait until a position is done, without sleeping
 * @q: queue
 * @pos: position, as viommu_queue_post() returned it
 *
 * Notifies the device if need be.  What the device does not complete within
 * VIOMMU_POLL_MS ends in viommu_fail().
 *
 * Context: Any, interrupts off included; no lock of the queue.
 * Return: 0; -EIO if the device does not answer any more.  Then every request is
 *	complete with -EIO.
 */
int viommu_queue_poll(struct viommu_queue *q, u64 pos);

/**
 * viommu_queue_wait() - the same, sleeping
 * @q: queue
 * @pos: position
 *
 * Context: Process, may sleep; bounded by VIOMMU_SLEEP_MS.
 * Return: as for viommu_queue_poll().
 */
int viommu_queue_wait(struct viommu_queue *q, u64 pos);

/**
 * viommu_queue_fail() - complete everything with -EIO, and all that follows
 * @q: queue
 *
 * Context: Any.
 * Return: true for who came first, and may say so.
 */
bool viommu_queue_fail(struct viommu_queue *q);

#endif /* __VIOMMU_QUEUE_H */
