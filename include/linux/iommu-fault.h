/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults of DMA: what a driver reports, and what page-fault consumers exchange.
 *
 * Two kinds of fault pass through here.  A *terminated* fault is over when it
 * is seen: the transaction was aborted and all that is left is to say so.  It
 * travels as one &struct iommu_fault_record into iommu_fault_report().  A
 * *recoverable* fault (PCI PRI, SMMU stall) waits for an answer: it travels as
 * &struct iopf_fault and ends in exactly one page response.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_FAULT_H
#define __LINUX_IOMMU_FAULT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct device;
struct iommu_attach_handle;
struct iommu_device;
struct iommu_domain;
struct iommu_fault_param;

/* Access that raised a legacy fault; the argument of iommu_fault_handler_t */
#define IOMMU_FAULT_READ	0x0
#define IOMMU_FAULT_WRITE	0x1

/*
 * A domain owner's view of a terminated fault.
 *
 * Called with the domain, the device (NULL where the instance cannot tell it),
 * the faulting I/O address, IOMMU_FAULT_READ or IOMMU_FAULT_WRITE, and the
 * token given to iommu_set_fault_handler().
 *
 * Context: Any, often hard interrupt; must not sleep.
 * Return: 0 when handled, -ENOSYS to ask for the default report.
 */
typedef int (*iommu_fault_handler_t)(struct iommu_domain *, struct device *,
				     unsigned long, int, void *);

/**
 * enum iommu_fault_reason - why a transaction was terminated
 * @IOMMU_FAULT_REASON_UNKNOWN: the instance gave no reason that we know
 * @IOMMU_FAULT_REASON_UNMAPPED: no valid entry for the address
 * @IOMMU_FAULT_REASON_PERMISSION: mapped, but not for this access
 * @IOMMU_FAULT_REASON_ACCESS_FLAG: mapped, access flag clear
 * @IOMMU_FAULT_REASON_ADDRESS_SIZE: address beyond what input or output may have
 * @IOMMU_FAULT_REASON_BLOCKED: the stream is held in abort, nothing is attached
 * @IOMMU_FAULT_REASON_STREAM: the stream id is not one that firmware described
 * @IOMMU_FAULT_REASON_PASID: the PASID is out of range or has nothing attached
 * @IOMMU_FAULT_REASON_UNSUPPORTED: a kind of transaction that is not supported
 * @IOMMU_FAULT_REASON_CONFIG: the instance rejects or cannot fetch its own
 *	configuration of this stream: a driver bug or memory corruption
 * @IOMMU_FAULT_REASON_WALK: an external abort while walking tables
 * @IOMMU_FAULT_REASON_CONFLICT: conflicting cached entries (TLB conflict)
 * @IOMMU_FAULT_REASON_COUNT: number of reasons
 */
enum iommu_fault_reason {
	IOMMU_FAULT_REASON_UNKNOWN,
	IOMMU_FAULT_REASON_UNMAPPED,
	IOMMU_FAULT_REASON_PERMISSION,
	IOMMU_FAULT_REASON_ACCESS_FLAG,
	IOMMU_FAULT_REASON_ADDRESS_SIZE,
	IOMMU_FAULT_REASON_BLOCKED,
	IOMMU_FAULT_REASON_STREAM,
	IOMMU_FAULT_REASON_PASID,
	IOMMU_FAULT_REASON_UNSUPPORTED,
	IOMMU_FAULT_REASON_CONFIG,
	IOMMU_FAULT_REASON_WALK,
	IOMMU_FAULT_REASON_CONFLICT,
	IOMMU_FAULT_REASON_COUNT,
};

/* Bits of struct iommu_fault_record.access */
#define IOMMU_FAULT_ACCESS_WRITE	BIT(0)
#define IOMMU_FAULT_ACCESS_EXEC		BIT(1)
#define IOMMU_FAULT_ACCESS_PRIV		BIT(2)
#define IOMMU_FAULT_ACCESS_KNOWN	BIT(3)	/* the bits above are meaningful */

/**
 * struct iommu_fault_record - one terminated fault, decoded by its driver
 * @iommu: instance that reports it
 * @dev: device, or NULL if no device of ours owns @stream
 * @stream: stream id as the instance sees it
 * @pasid: PASID, or IOMMU_PASID_INVALID if the transaction carried none
 * @iova: input address; meaningful if @has_iova
 * @ipa: intermediate address; meaningful if @stage is 2 and @has_ipa
 * @reason: why
 * @access: IOMMU_FAULT_ACCESS_* bits
 * @stage: translation stage that failed, 1 or 2; 0 if none did
 * @level: table level at which the walk ended, or -1 if not known
 * @has_iova: @iova is valid
 * @has_ipa: @ipa is valid
 * @name: the instance's own name of the event ("F_TRANSLATION"), may be NULL
 */
struct iommu_fault_record {
	struct iommu_device *iommu;
	struct device *dev;
	u32 stream;
	u32 pasid;
	u64 iova;
	u64 ipa;
	enum iommu_fault_reason reason;
	u8 access;
	u8 stage;
	s8 level;
	bool has_iova;
	bool has_ipa;
	const char *name;
};

/*
 * Recoverable faults
 */

/* Bits of iommu_fault_page_request.perm */
#define IOMMU_FAULT_PERM_READ	0x1
#define IOMMU_FAULT_PERM_WRITE	0x2
#define IOMMU_FAULT_PERM_EXEC	0x4
#define IOMMU_FAULT_PERM_PRIV	0x8

/**
 * enum iommu_fault_type - kinds of recoverable fault
 * @IOMMU_FAULT_PAGE_REQ: a page request that must be answered
 */
enum iommu_fault_type {
	IOMMU_FAULT_PAGE_REQ = 1,
};

/* Bits of iommu_fault_page_request.flags */
#define IOMMU_FAULT_PAGE_REQUEST_PASID_VALID	0x1
#define IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE	0x2
#define IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID	0x4

/**
 * struct iommu_fault_page_request - one page request of a device
 * @flags: IOMMU_FAULT_PAGE_REQUEST_* and IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID
 * @pasid: address space that the request names, if flagged valid
 * @grpid: request group; the response names it again
 * @perm: IOMMU_FAULT_PERM_* bits wanted
 * @addr: page-aligned address
 * @private_data: the driver's own, returned untouched
 */
struct iommu_fault_page_request {
	u32 flags;
	u32 pasid;
	u32 grpid;
	u32 perm;
	u64 addr;
	u64 private_data[2];
};

/**
 * struct iommu_fault - a recoverable fault
 * @type: from &enum iommu_fault_type
 * @prm: the request, when @type is IOMMU_FAULT_PAGE_REQ
 */
struct iommu_fault {
	u32 type;
	struct iommu_fault_page_request prm;
};

/**
 * enum iommu_page_response_code - verdict on a request group
 * @IOMMU_PAGE_RESP_SUCCESS: pages are there, retry
 * @IOMMU_PAGE_RESP_INVALID: not served, the device must not retry
 * @IOMMU_PAGE_RESP_FAILURE: catastrophic, the device should stop asking
 */
enum iommu_page_response_code {
	IOMMU_PAGE_RESP_SUCCESS = 0,
	IOMMU_PAGE_RESP_INVALID,
	IOMMU_PAGE_RESP_FAILURE,
};

/* Number of values of enum iommu_page_response_code */
#define IOMMU_PAGE_RESP_CODES	(IOMMU_PAGE_RESP_FAILURE + 1)

/**
 * struct iommu_page_counts - page requests of one device since it was probed
 * @requests: requests that it sent
 * @dropped: of these, requests that were left out of their group, see
 *	Documentation/driver-api/iommu/page-faults.rst
 * @responses: answers to groups, by &enum iommu_page_response_code
 */
struct iommu_page_counts {
	atomic64_t requests;
	atomic64_t dropped;
	atomic64_t responses[IOMMU_PAGE_RESP_CODES];
};

/**
 * struct iommu_page_response - answer to one request group
 * @pasid: as in the request
 * @grpid: as in the request
 * @code: from &enum iommu_page_response_code
 */
struct iommu_page_response {
	u32 pasid;
	u32 grpid;
	u32 code;
};

/**
 * struct iopf_queue - where the devices of an instance report page requests
 * @wq: runs what handlers put off; constant
 * @devices: &iommu_fault_param.queue_list of the members; guarded by @lock
 * @lock: membership.  Taken before dev_iommu.lock and iommu_fault_param.lock
 */
struct iopf_queue {
	struct workqueue_struct *wq;
	struct list_head devices;
	struct mutex lock;	/* see @lock above */
};

/**
 * struct iopf_fault - a recoverable fault on its way to a handler
 * @fault: the request
 * @list: on the device's partial list, or on its group
 */
struct iopf_fault {
	struct iommu_fault fault;
	struct list_head list;
};

/**
 * struct iopf_group - requests that get one answer together
 * @last_fault: the request that closed the group
 * @faults: all requests of the group, @last_fault at the end; constant while a
 *	handler has the group
 * @fault_count: length of @faults
 * @pending_node: on a list of @fault_param until the group is answered, empty
 *	afterwards; guarded by iommu_fault_param.lock
 * @work: for the handler, which may queue it on @fault_param->queue->wq
 * @attach_handle: attachment that the request's PASID has; it stays until
 *	iommu_iopf_quiesce() or iopf_queue_flush_dev() has been called after the
 *	detach, and longer only if the handler sees to it
 * @fault_param: device-side state; the group holds a reference, which keeps its
 *	device allocated (not probed) as well
 * @node: free for the handler
 * @cookie: free for the handler
 *
 * Core makes it, the handler of the domain owns it from the moment that it
 * returns 0, answers it with iopf_group_response() and frees it with
 * iopf_free_group().
 */
struct iopf_group {
	struct iopf_fault last_fault;
	struct list_head faults;
	size_t fault_count;
	struct list_head pending_node;
	struct work_struct work;
	struct iommu_attach_handle *attach_handle;
	struct iommu_fault_param *fault_param;
	struct list_head node;
	u32 cookie;
};

#endif /* __LINUX_IOMMU_FAULT_H */
