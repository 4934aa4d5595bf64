/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults that wait for an answer.
 *
 * A transaction of a device that is not PCI can stall: the instance holds it,
 * reports an event with a tag, and goes on with it, or terminates it, when
 * CMD_RESUME names stream and tag.  A PCI device does not stall, it asks by PRI
 * and waits for CMD_PRI_RESP: see priq.h.  Both go to core as struct iopf_fault,
 * and end in exactly one command.
 */
#ifndef __SMMU3_STALL_H
#define __SMMU3_STALL_H

#include <linux/types.h>

struct device;
struct iommu_fault_record;
struct iommu_page_response;
struct iopf_fault;
struct smmu3_device;
struct smmu3_fault;
struct smmu3_instance;

/**
 * enum smmu3_waits_for - what a request that core answers waits for
 * @SMMU3_WAITS_IN_STALL: CMD_RESUME
 * @SMMU3_WAITS_FOR_PAGE: CMD_PRI_RESP
 */
enum smmu3_waits_for {
	SMMU3_WAITS_IN_STALL,
	SMMU3_WAITS_FOR_PAGE,
};

/**
 * struct smmu3_stall - recoverable faults of a device
 * @capable: its transactions may stall, by firmware's word or because those of
 *	the instance always do; constant
 * @pri: PCI PRI can be used instead; constant
 * @pri_pasid: answers to its page requests carry the PASID; constant
 * @enabled: it is on the instance's iopf queue; guarded by streams_lock
 */
struct smmu3_stall {
	bool capable;
	bool pri;
	bool pri_pasid;
	bool enabled;
};

/**
 * smmu3_stall_init() - find out what recoverable faults a device can have
 * @device: device that is being probed, after smmu3_ats_init()
 *
 * Context: Process.
 */
void smmu3_stall_init(struct smmu3_device *device);

/**
 * smmu3_stall_enable() - let faults of a device wait for an answer
 * @device: device
 *
 * IOMMU_DEV_FEAT_IOPF: by PRI if the device has it, by stalls otherwise.
 *
 * Context: Process; takes streams_lock.
 * Return: 0; -ENODEV if the device or the instance can do neither, -EBUSY if
 * it is enabled, -ENOMEM, or what PCI says.
 */
int smmu3_stall_enable(struct smmu3_device *device);

/**
 * smmu3_stall_disable() - undo smmu3_stall_enable()
 * @device: device; nothing that may fault is attached to it any more
 *
 * What still waits for an answer gets it: terminated.  Nothing is done if it is
 * not enabled.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_stall_disable(struct smmu3_device *device);

/**
 * smmu3_stall_flush() - have core see all faults that are queued
 * @device: device
 *
 * After a PASID was detached: what it faulted on before must not be taken for a
 * fault of who gets the PASID next.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_stall_flush(struct smmu3_device *device);

/**
 * smmu3_stall_exit() - end what may be stalled
 * @device: device that is being released; its STEs abort or pass, and
 *	smmu3_stall_disable() was called
 *
 * No transaction of the device waits afterwards, and no record of one is in the
 * event queue.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_stall_exit(struct smmu3_device *device);

/**
 * smmu3_stall_report() - give a stalled transaction to core, or end it
 * @smmu: instance
 * @device: device, or NULL if nobody owns the stream
 * @rec: decoded event
 * @fault: its other half, with @fault->stall set
 *
 * Context: Process; streams_lock is held.
 * Return: true if core will answer; false if the transaction was terminated, and
 * is to be reported as that.
 */
bool smmu3_stall_report(struct smmu3_instance *smmu,
			struct smmu3_device *device,
			const struct iommu_fault_record *rec,
			const struct smmu3_fault *fault);

/**
 * smmu3_stall_note() - write down what the answer needs
 * @evt: request for core
 * @sid: stream that it came from
 * @waits_for: what it waits for
 */
void smmu3_stall_note(struct iopf_fault *evt, u32 sid,
		      enum smmu3_waits_for waits_for);

/**
 * smmu3_page_response() - iommu_ops.page_response
 * @dev: device
 * @evt: last request of the group
 * @msg: verdict
 *
 * Context: Process; takes answers_lock, and no other locks but the command queue's.
 */
void smmu3_page_response(struct device *dev, struct iopf_fault *evt,
			 struct iommu_page_response *msg);

#endif /* __SMMU3_STALL_H */
