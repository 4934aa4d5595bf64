/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CD tables of a device: one context descriptor per PASID.
 *
 * All streams of a device share one table.  There are two of them side by side:
 * a new address space is written to the one that no STE leads to, and the STEs
 * then change over with a single word each, so that transactions see the old
 * address space or the new one.  (A CD that is in use could not change like
 * that: tag and table are in different words.)
 *
 * They are made before the first stage-1 attachment and freed at release, when
 * the STEs that lead to them are known to have left every cache.
 */
#ifndef __SMMU3_CDTAB_H
#define __SMMU3_CDTAB_H

#include <linux/types.h>

struct smmu3_cd;
struct smmu3_device;

/**
 * struct smmu3_cdtab - CD tables
 * @cd: both tables, one after the other; NULL while the device has none
 * @dma: their address for the hardware
 * @live: which of them STEs lead to, 0 or 1; guarded by the group's mutex
 * @cd_max_lg2: S1CDMax, the number of PASIDs as a power of two; 0 as long as
 *	only transactions without PASID are translated
 * @fmt: S1Fmt, 0 for a linear table
 *
 * All but @live is constant from allocation to release; the descriptors are
 * written under the group's mutex.
 */
struct smmu3_cdtab {
	struct smmu3_cd *cd;
	dma_addr_t dma;
	u8 live;
	u8 cd_max_lg2;
	u8 fmt;
};

/**
 * smmu3_cdtab_init() - give a device CD tables, no descriptor valid
 * @device: device; nothing happens if it has them
 *
 * Context: Process; the group's mutex is held.
 * Return: 0 or -ENOMEM.
 */
int smmu3_cdtab_init(struct smmu3_device *device);

/**
 * smmu3_cdtab_exit() - free the CD tables
 * @device: device that no STE leads to, with that known to the hardware
 */
void smmu3_cdtab_exit(struct smmu3_device *device);

/**
 * smmu3_cdtab_stage() - write a descriptor where no STE leads to yet
 * @device: device with tables
 * @cd: descriptor for transactions without PASID
 *
 * Context: Process; the group's mutex is held.
 * Return: address of the table for the STEs.
 */
dma_addr_t smmu3_cdtab_stage(struct smmu3_device *device,
			     const struct smmu3_cd *cd);

/**
 * smmu3_cdtab_switch() - note that all STEs lead to the staged table
 * @device: device, the hardware having confirmed its STEs
 *
 * Context: Process; the group's mutex is held.
 */
void smmu3_cdtab_switch(struct smmu3_device *device);

/**
 * smmu3_cdtab_clear() - make all descriptors invalid
 * @device: device that no STE leads to tables of, with that known to the
 *	hardware; may have none
 *
 * Context: Process; the group's mutex is held.
 */
void smmu3_cdtab_clear(struct smmu3_device *device);

#endif /* __SMMU3_CDTAB_H */
