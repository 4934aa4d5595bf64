/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mock device that sends page requests, and a handler that takes them.
 *
 * Every answer is counted by its group index, so that a test can see one too few
 * as well as one too many.  Answers and deliveries may come from any thread.
 */
#ifndef __IOMMU_CORE_MOCK_IOPF_H
#define __IOMMU_CORE_MOCK_IOPF_H

#include <linux/completion.h>

#include "core.h"
#include "iopf.h"
#include "mock.h"

#define MOCK_IOPF_GROUPS	4096
#define MOCK_IOPF_SPACES	3
#define MOCK_IOPF_MAX_PASIDS	64

/* Code that no answer has */
#define MOCK_IOPF_NO_ANSWER	(-1)

/**
 * enum mock_iopf_mode - what the handler does with a group
 * @MOCK_IOPF_ANSWER: answer and free it at once
 * @MOCK_IOPF_KEEP: dequeue it, and leave it for mock_iopf_next()
 * @MOCK_IOPF_HOLD: leave it for mock_iopf_next(), but do not dequeue it
 * @MOCK_IOPF_WORK: answer and free it from the queue's workqueue
 * @MOCK_IOPF_REFUSE: return an error
 */
enum mock_iopf_mode {
	MOCK_IOPF_ANSWER,
	MOCK_IOPF_KEEP,
	MOCK_IOPF_HOLD,
	MOCK_IOPF_WORK,
	MOCK_IOPF_REFUSE,
};

/**
 * struct mock_iopf_space - an attachment that takes page requests
 * @domain: domain whose handler is the mock's
 * @handle: the attachment
 * @device: device that it is attached to, or NULL
 * @pasid: where
 * @delivered: groups that the handler was called with
 * @closed: set when the attachment is gone; to be called then is an error
 * @late: calls after that
 */
struct mock_iopf_space {
	struct iommu_domain *domain;
	struct iommu_attach_handle handle;
	struct mock_iopf *device;
	ioasid_t pasid;
	atomic_t delivered;
	bool closed;
	atomic_t late;
};

/**
 * struct mock_iopf - a device with page requests
 * @mock: instance
 * @mdev: device
 * @dev: the same
 * @queue: queue that it is on, or may be put on
 * @spaces: attachments, that of the requester id first
 * @mode: what the handler does
 * @code: what it answers in modes that do
 * @work_delay_us: how long it sleeps on the workqueue before that
 * @handler_delay_us: how long it sleeps when it is called
 * @entered: completed when it is called
 * @gated: it waits for @go then, once for each call
 * @go: completed by the test
 * @lock: guards @waiting
 * @waiting: struct iopf_group.node of groups for mock_iopf_next()
 * @answers: answers by group index
 * @codes: last code by group index, MOCK_IOPF_NO_ANSWER at first
 * @last: request that the last answer was for
 * @response: that answer
 * @total: answers
 * @response_delay_us: how long the driver takes to give an answer
 * @inside: answers that are being given now
 * @overlaps: answers that were given while another one was
 */
struct mock_iopf {
	struct mock_iommu *mock;
	struct mock_device *mdev;
	struct device *dev;
	struct iopf_queue *queue;
	struct mock_iopf_space spaces[MOCK_IOPF_SPACES];
	enum mock_iopf_mode mode;
	enum iommu_page_response_code code;
	unsigned int work_delay_us;
	unsigned int handler_delay_us;
	struct completion entered;
	bool gated;
	struct completion go;
	spinlock_t lock;	/* guards waiting */
	struct list_head waiting;
	atomic_t answers[MOCK_IOPF_GROUPS];
	int codes[MOCK_IOPF_GROUPS];
	struct iopf_fault last;
	struct iommu_page_response response;
	atomic_t total;
	unsigned int response_delay_us;
	atomic_t inside;
	atomic_t overlaps;
};

/**
 * mock_iopf_create() - make an instance, a device behind it, and a queue
 * @test: test that owns them
 *
 * The device is probed but not on the queue, and nothing is attached.
 *
 * Return: the device; the test ends if it cannot be made.
 */
struct mock_iopf *mock_iopf_create(struct kunit *test);

/**
 * mock_iopf_beside() - make another device of the same instance and queue
 * @test: test that owns it
 * @first: device of mock_iopf_create()
 *
 * Return: the device; the test ends if it cannot be made.
 */
struct mock_iopf *mock_iopf_beside(struct kunit *test, struct mock_iopf *first);

/**
 * mock_iopf_ready() - make a device, on its queue, attached without PASID
 * @test: test that owns it
 *
 * Return: the device.
 */
struct mock_iopf *mock_iopf_ready(struct kunit *test);

/**
 * mock_iopf_attach() - attach a space that takes page requests
 * @m: device
 * @space: one of its spaces
 * @pasid: PASID below MOCK_IOPF_MAX_PASIDS, or IOMMU_NO_PASID
 *
 * Return: 0 or a negative error.
 */
int mock_iopf_attach(struct mock_iopf *m, struct mock_iopf_space *space,
		     ioasid_t pasid);

/**
 * mock_iopf_detach() - undo mock_iopf_attach(), mark the space closed
 * @space: space; nothing happens if it is not attached
 */
void mock_iopf_detach(struct mock_iopf_space *space);

/**
 * mock_iopf_request() - send a page request
 * @m: device
 * @grpid: group index, below MOCK_IOPF_GROUPS
 * @pasid: PASID, or IOMMU_NO_PASID for a request without one
 * @last: whether it is the last of its group
 *
 * Return: as iommu_report_device_fault().
 */
int mock_iopf_request(struct mock_iopf *m, u32 grpid, ioasid_t pasid, bool last);

/**
 * mock_iopf_next() - take the group that has waited longest
 * @m: device
 *
 * Return: group, or NULL.
 */
struct iopf_group *mock_iopf_next(struct mock_iopf *m);

/**
 * mock_iopf_finish_all() - answer and free all groups that wait
 * @m: device
 * @code: answer
 *
 * Return: how many there were.
 */
unsigned int mock_iopf_finish_all(struct mock_iopf *m,
				  enum iommu_page_response_code code);

/**
 * mock_iopf_answers() - answers to a group index so far
 * @m: device
 * @grpid: group index
 *
 * Return: how many.
 */
static inline int mock_iopf_answers(struct mock_iopf *m, u32 grpid)
{
	return atomic_read(&m->answers[grpid]);
}

/**
 * mock_iopf_expect() - expect one answer with a certain code
 * @test: test
 * @m: device
 * @grpid: group index
 * @code: code
 */
void mock_iopf_expect(struct kunit *test, struct mock_iopf *m, u32 grpid,
		      enum iommu_page_response_code code);

#endif /* __IOMMU_CORE_MOCK_IOPF_H */
