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
 * What still waits for an answer gets it: terminated.
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_stall_disable(struct smmu3_device *device);

#endif /* __SMMU3_STALL_H */
