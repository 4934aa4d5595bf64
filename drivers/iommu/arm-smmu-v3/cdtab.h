/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CD table of a device: one context descriptor per PASID (5.3, 5.4 of Arm IHI
 * 0070).  All streams of a device share it.
 *
 * A root is what an STE points to, with the descriptors that it holds itself.
 * There is one at rest.  The first has a single descriptor, for transactions
 * without PASID; the first PASID brings one of full size.  A new root is made
 * beside the live one when descriptor 0 changes: tag and table are in different
 * words, so the descriptor itself cannot change in one step, while the pointer
 * in an STE can.
 *
 * Descriptor 0 is valid only while transactions without PASID use it.  Where
 * S1DSS has them blocked or pass, it is what a device gets that sends PASID 0.
 *
 *	max_lg2		form		a root holds
 *	0		linear		descriptor 0
 *	up to 10	linear		all
 *	above		two levels	pointers, and the leaf of PASIDs 0 to 1023
 *
 * Further leaves belong to the table, not to a root; they are made when their
 * first PASID is, and stay until the device is released.
 */
#ifndef __SMMU3_CDTAB_H
#define __SMMU3_CDTAB_H

#include <linux/types.h>

struct smmu3_cd;
struct smmu3_device;

/* Descriptors of a leaf: 64 KiB, and as much for a linear table at most */
#define SMMU3_CDTAB_LEAF_LG2	10

/**
 * struct smmu3_cdroot - what STEs can point to
 * @top: linear table or level-1 descriptors; NULL if there is no root
 * @first: descriptors from PASID 0 on; @top itself for a linear table
 * @dma: address of @top for the hardware
 * @first_dma: address of @first for the hardware
 * @max_lg2: S1CDMax, the number of PASIDs as a power of two
 */
struct smmu3_cdroot {
	void *top;
	struct smmu3_cd *first;
	dma_addr_t dma;
	dma_addr_t first_dma;
	u8 max_lg2;
};

/**
 * struct smmu3_cdleaf - descriptors of 1024 PASIDs, not the first
 * @cds: descriptors; NULL if there are none yet
 * @dma: their address for the hardware
 */
struct smmu3_cdleaf {
	struct smmu3_cd *cds;
	dma_addr_t dma;
};

/**
 * struct smmu3_cdtab - CD table
 * @live: root that STEs lead to, if they lead to one
 * @next: root that they will lead to; meaningful between staging and the call
 *	of smmu3_cdtab_commit(), and the same as @live if that will do
 * @leaves: of a table of two levels: its leaves by number, the first of them
 *	unused; NULL while it needs none
 * @pasids: valid descriptors other than descriptor 0
 * @in_ste: STEs lead to @live
 *
 * Guarded by the device's lock.
 */
struct smmu3_cdtab {
	struct smmu3_cdroot live;
	struct smmu3_cdroot next;
	struct smmu3_cdleaf *leaves;
	unsigned int pasids;
	bool in_ste;
};

/**
 * smmu3_cdtab_fmt() - form of a root, for the STE
 * @root: root
 *
 * Return: SMMU3_STE_S1FMT_*.
 */
u8 smmu3_cdtab_fmt(const struct smmu3_cdroot *root);

/**
 * smmu3_cdtab_stage_rid() - write descriptor 0 where no STE leads to
 * @device: device
 * @cd: descriptor
 *
 * Sets cdtab.next, where all PASIDs have what they have.  Takes effect with the
 * STEs that lead to it.
 *
 * Context: Process; the device's lock is held.
 * Return: 0; -ENOMEM, nothing changed.
 */
int smmu3_cdtab_stage_rid(struct smmu3_device *device,
			  const struct smmu3_cd *cd);

/**
 * smmu3_cdtab_stage_pasid() - see to it that there is room for a PASID
 * @device: device
 * @ssid: PASID, below 2 to the power of device->ssid_bits, not 0
 *
 * Sets cdtab.next, where descriptor 0 is what it was and that of @ssid exists.
 *
 * Context: Process; the device's lock is held.
 * Return: 0; -ENOMEM, nothing changed that the hardware sees.
 */
int smmu3_cdtab_stage_pasid(struct smmu3_device *device, u32 ssid);

/**
 * smmu3_cdtab_commit() - STEs were written: what they do not lead to goes
 * @device: device after smmu3_cdtab_stage_rid() or smmu3_cdtab_stage_pasid()
 * @ret: what writing the STEs returned; the old root stays if it is an error,
 *	and the new one is freed, or leaked if the hardware may use it
 *
 * Context: Process; the device's lock is held.
 */
void smmu3_cdtab_commit(struct smmu3_device *device, int ret);

/**
 * smmu3_cdtab_leave() - STEs were written that lead to no CD table
 * @device: device, with or without a table
 *
 * Clears descriptor 0.  All others are clear already.
 *
 * Context: Process; the device's lock is held, the hardware has confirmed.
 */
void smmu3_cdtab_leave(struct smmu3_device *device);

/**
 * smmu3_cdtab_write() - publish a descriptor of the live root
 * @device: device with a table
 * @ssid: PASID that was staged, or 0 while no transaction uses descriptor 0
 * @cd: new contents
 *
 * In one step where the contents allow it; else the descriptor is invalid in
 * between.  No SMMU holds the old contents when this returns.
 *
 * Context: Process; the device's lock is held.
 * Return: 0; -EIO if the hardware did not confirm.
 */
int smmu3_cdtab_write(struct smmu3_device *device, u32 ssid,
		      const struct smmu3_cd *cd);

/**
 * smmu3_cdtab_exit() - free the table
 * @device: device that no STE leads to, with that known to the hardware
 */
void smmu3_cdtab_exit(struct smmu3_device *device);

#endif /* __SMMU3_CDTAB_H */
