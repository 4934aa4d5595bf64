/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a crashed kernel left.  See crash.c for the theory.
 */
#ifndef __SMMU3_CRASH_H
#define __SMMU3_CRASH_H

#include <linux/types.h>

struct smmu3_device;
struct smmu3_domain;
struct smmu3_instance;

/**
 * smmu3_is_crash_kernel() - is this the kernel that saves another's memory?
 */
bool smmu3_is_crash_kernel(void);

/**
 * smmu3_crash_was_on() - did a crashed kernel translate?
 * @smmu: instance as it was left
 *
 * Return: true if so; the addresses that its devices go on with are no physical
 * ones then.
 */
bool smmu3_crash_was_on(struct smmu3_instance *smmu);

/**
 * smmu3_crash_adopt() - go on with the stream table of a crashed kernel
 * @smmu: instance without a stream table
 *
 * Takes the place of smmu3_strtab_init().  Nothing is written, so that the
 * instance can still be set up in another way.
 *
 * Return: true if @smmu->strtab is that table now.
 */
bool smmu3_crash_adopt(struct smmu3_instance *smmu);

/**
 * smmu3_crash_left() - does a device use what a crashed kernel mapped?
 * @device: device
 *
 * Context: Process; iommu_probe_device_lock is held; takes the locks of who owns
 * its streams.
 * Return: true if one of its streams, be it borrowed, does not abort and nobody
 * was attached for it.
 */
bool smmu3_crash_left(const struct smmu3_device *device);

/**
 * smmu3_crash_may_attach() - can a device be attached in this context?
 * @device: device
 *
 * A deferred attachment comes with the first mapping, in the context of that, and
 * is the same work as any other.
 *
 * Context: Any.
 * Return: 0; -EWOULDBLOCK where nothing may sleep: the device stays where it is, until
 * it maps something in another context.
 */
int smmu3_crash_may_attach(const struct smmu3_device *device);

/**
 * smmu3_crash_attach_owners() - have borrowed streams go where their borrower goes
 * @device: device that is about to be attached
 * @sd: domain, bound to the instance
 *
 * A device whose attachment is deferred is attached alone, without the rest of its
 * group.  The entry of a stream that it has borrowed is another's, whose driver
 * may never come, and would go on to lead to what the crashed kernel mapped.  The
 * attachment of such an owner is not deferred any more.
 *
 * Context: Process; takes the locks of the owners.
 * Return: 0, or why an owner cannot be attached.
 */
int smmu3_crash_attach_owners(struct smmu3_device *device,
			      struct smmu3_domain *sd);

/**
 * smmu3_crash_unmap() - leave memory of a crashed kernel
 * @mem: where it is mapped
 */
void smmu3_crash_unmap(void *mem);

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * smmu3_crash_map() - map memory of a crashed kernel
 * @smmu: instance that reads it
 * @addr: physical address
 * @size: bytes
 *
 * Visible so that a suite can be the crashed kernel.
 *
 * Return: the memory, or NULL.
 */
void *smmu3_crash_map(struct smmu3_instance *smmu, phys_addr_t addr,
		      size_t size);
#endif

#endif /* __SMMU3_CRASH_H */
