/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PRI queue: pages that PCI devices ask for (chapter 8 of Arm IHI 0070).
 *
 * A device asks for pages in groups and waits until the group, named by an
 * index, is answered by one CMD_PRI_RESP.  The last request of a group says so.
 * The unit answers by itself what finds the queue full or off.
 */
#ifndef __SMMU3_PRIQ_H
#define __SMMU3_PRIQ_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

struct smmu3_device;
struct smmu3_instance;

#define SMMU3_PPR_WORDS			2
#define SMMU3_PPR_BYTES_LG2		4

/* 8.1 Page request record */
#define SMMU3_PPR0_SID			GENMASK_ULL(31, 0)
#define SMMU3_PPR0_SSID			GENMASK_ULL(51, 32)
#define SMMU3_PPR0_PRIV			BIT_ULL(58)
#define SMMU3_PPR0_EXEC			BIT_ULL(59)
#define SMMU3_PPR0_READ			BIT_ULL(60)
#define SMMU3_PPR0_WRITE		BIT_ULL(61)
#define SMMU3_PPR0_LAST			BIT_ULL(62)
#define SMMU3_PPR0_SSV			BIT_ULL(63)
#define SMMU3_PPR1_GROUP		GENMASK_ULL(8, 0)
#define SMMU3_PPR1_ADDR			GENMASK_ULL(63, 12)

/*
 * Entries: each device that uses PRI may have SMMU3_PRI_OUTSTANDING requests
 * under way, so this is room for 128 of them at their worst, in 64 KiB.
 */
#define SMMU3_PRIQ_MAX_LG2		12
#define SMMU3_PRI_OUTSTANDING		32

/**
 * struct smmu3_ppr - a page request record
 * @w: words in CPU byte order
 */
struct smmu3_ppr {
	u64 w[SMMU3_PPR_WORDS];
};

/**
 * struct smmu3_page_request - a decoded page request
 * @sid: stream
 * @ssid: PASID, meaningful if @ssv
 * @ssv: the request carries a PASID
 * @perm: IOMMU_FAULT_PERM_* that are wanted
 * @addr: page-aligned address
 * @group: index of its group
 * @last: it completes the group, which is then to be answered
 * @stop: no request at all: the device will send no more for this PASID.
 *	Expects no answer
 */
struct smmu3_page_request {
	u32 sid;
	u32 ssid;
	bool ssv;
	u32 perm;
	u64 addr;
	u16 group;
	bool last;
	bool stop;
};

/**
 * smmu3_ppr_decode() - decode a page request record
 * @ppr: record
 * @req: set
 *
 * Context: Any.
 */
void smmu3_ppr_decode(const struct smmu3_ppr *ppr,
		      struct smmu3_page_request *req);

/**
 * smmu3_priq_init() - allocate the PRI queue, where there is one
 * @smmu: instance
 *
 * Takes a smaller one if memory is short.
 *
 * Return: 0 or -ENOMEM.
 */
int smmu3_priq_init(struct smmu3_instance *smmu);

/**
 * smmu3_priq_drain() - report what is in the queue
 * @smmu: instance
 *
 * Bounded: what is too much for one call is left to the poll work.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_priq_drain(struct smmu3_instance *smmu);

/**
 * smmu3_priq_flush() - report all that is in the queue now
 * @smmu: instance
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_priq_flush(struct smmu3_instance *smmu);

/**
 * smmu3_pri_capable() - can a device use PRI here?
 * @device: device, after smmu3_ats_init()
 *
 * Return: true if the device has it, and the instance a queue.
 */
bool smmu3_pri_capable(const struct smmu3_device *device);

/**
 * smmu3_pri_needs_pasid() - do answers to a device carry the PASID?
 * @device: device with PRI
 *
 * Return: true if so; STE.PPAR makes the answers of the unit do the same.
 */
bool smmu3_pri_needs_pasid(const struct smmu3_device *device);

/**
 * smmu3_pri_switch_on() - let a device ask for pages
 * @device: device with PRI, on the iopf queue
 *
 * Return: 0, or what PCI says.
 */
int smmu3_pri_switch_on(struct smmu3_device *device);

/**
 * smmu3_pri_switch_off() - have a device ask for no more pages
 * @device: device for which smmu3_pri_switch_on() succeeded
 */
void smmu3_pri_switch_off(struct smmu3_device *device);

#endif /* __SMMU3_PRIQ_H */
