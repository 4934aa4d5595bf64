/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a crashed kernel left.  See crash.c for the theory.
 */
#ifndef __SMMU3_CRASH_H
#define __SMMU3_CRASH_H

#include <linux/types.h>

struct smmu3_device;
struct smmu3_instance;

/**
 * smmu3_is_crash_kernel() - is this the kernel that saves another's memory?
 */
bool smmu3_is_crash_kernel(void);

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
 * Return: true if one of its streams does not abort.
 */
bool smmu3_crash_left(const struct smmu3_device *device);

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
