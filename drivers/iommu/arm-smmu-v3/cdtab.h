/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CD table of a device: one context descriptor per PASID.
 *
 * All streams of a device share one table.  It is made before the first
 * stage-1 attachment and freed at release, when the STEs that lead to it are
 * known to have left every cache.
 */
#ifndef __SMMU3_CDTAB_H
#define __SMMU3_CDTAB_H

#include <linux/types.h>

struct smmu3_cd;
struct smmu3_device;

/**
 * struct smmu3_cdtab - CD table
 * @cd: linear table, NULL while the device has none
 * @dma: its address for the hardware
 * @cd_max_lg2: S1CDMax, the number of PASIDs as a power of two; 0 as long as
 *	only transactions without PASID are translated
 * @fmt: S1Fmt, 0 for a linear table
 *
 * Constant from allocation to release; the descriptors are written under the
 * group's mutex.
 */
struct smmu3_cdtab {
	struct smmu3_cd *cd;
	dma_addr_t dma;
	u8 cd_max_lg2;
	u8 fmt;
};

/**
 * smmu3_cdtab_init() - give a device a CD table, no descriptor valid
 * @device: device; nothing happens if it has one
 *
 * Context: Process; the group's mutex is held.
 * Return: 0 or -ENOMEM.
 */
int smmu3_cdtab_init(struct smmu3_device *device);

/**
 * smmu3_cdtab_exit() - free the CD table
 * @device: device that no STE leads to, with that known to the hardware
 */
void smmu3_cdtab_exit(struct smmu3_device *device);

/**
 * smmu3_cdtab_write() - publish the descriptor of a PASID
 * @device: device with a table
 * @ssid: PASID, 0 for transactions without
 * @cd: new contents; an invalid one closes the PASID
 *
 * Context: Process; the group's mutex is held.
 * Return: 0; -EIO if the hardware did not confirm, so that it may use the old
 * contents still.
 */
int smmu3_cdtab_write(struct smmu3_device *device, u32 ssid,
		      const struct smmu3_cd *cd);

#endif /* __SMMU3_CDTAB_H */
