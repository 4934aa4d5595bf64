/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stream table: the STE of every stream, linear or in two levels.
 *
 * The first level has a descriptor per 256 streams.  A second-level table is
 * made when the first device with a stream in it is probed, holds 256 STEs that
 * abort, and stays until the instance is torn down: nothing that the hardware
 * may have cached a pointer to is ever freed under it.
 */
#ifndef __SMMU3_STRTAB_H
#define __SMMU3_STRTAB_H

#include <linux/bits.h>
#include <linux/types.h>

struct smmu3_instance;
struct smmu3_ste;

/* Streams of one second-level table; table 3.2 of the architecture allows 6, 8, 10 */
#define SMMU3_STRTAB_SPLIT	8
#define SMMU3_STRTAB_L2_COUNT	BIT(SMMU3_STRTAB_SPLIT)

/*
 * 128 K descriptors make a first level of 1 MiB and cover 2^25 streams, which
 * is a PCI segment number of 9 bits over a requester id of 16.
 */
#define SMMU3_STRTAB_L1_MAX_LG2	17

/* A linear table of 2^16 STEs takes 4 MiB, about what one allocation gives */
#define SMMU3_STRTAB_LINEAR_MAX_LG2	16

/**
 * struct smmu3_strtab_l2 - one second-level table
 * @ste: its entries, or NULL while there is none
 * @dma: their address for the hardware
 * @adopted: they are in memory of a crashed kernel
 */
struct smmu3_strtab_l2 {
	struct smmu3_ste *ste;
	dma_addr_t dma;
	bool adopted;
};

/**
 * struct smmu3_strtab - stream table of an instance
 * @bits: stream ids below 2^@bits have an entry
 * @two_level: what it is; selects the member of the union
 * @adopted: the table, or its first level, is in memory of a crashed kernel
 * @linear: all entries
 * @l1: first-level descriptors
 * @l2: second-level tables; entries are set once, under the instance's
 *	streams_lock
 * @dma: address of the table or of its first level for the hardware
 * @size: bytes at @dma
 *
 * All but @l1 and @l2 contents is constant after probe.
 */
struct smmu3_strtab {
	u8 bits;
	bool two_level;
	bool adopted;
	union {
		struct smmu3_ste *linear;
		struct {
			__le64 *l1;
			struct smmu3_strtab_l2 *l2;
		};
	};
	dma_addr_t dma;
	size_t size;
};

/**
 * smmu3_strtab_l1_index() - descriptor that leads to a stream
 * @sid: stream id
 */
static inline u32 smmu3_strtab_l1_index(u32 sid)
{
	return sid >> SMMU3_STRTAB_SPLIT;
}

/**
 * smmu3_strtab_l2_index() - place of a stream in its second-level table
 * @sid: stream id
 */
static inline u32 smmu3_strtab_l2_index(u32 sid)
{
	return sid & (SMMU3_STRTAB_L2_COUNT - 1);
}

/**
 * smmu3_strtab_shape() - decide what kind of table an instance gets
 * @flags: its SMMU3_FEAT_*
 * @sid_bits: size of its stream ids
 * @strtab: gets @bits and @two_level
 *
 * Return: size of the table or first level in bytes.
 */
size_t smmu3_strtab_shape(u32 flags, u8 sid_bits, struct smmu3_strtab *strtab);

/**
 * smmu3_strtab_close() - have all streams abort
 * @smmu: instance whose machine goes down
 *
 * Takes effect when the instance has forgotten the STEs that it knows.
 */
void smmu3_strtab_close(struct smmu3_instance *smmu);

/**
 * smmu3_strtab_init() - allocate the stream table, all streams in abort
 * @smmu: instance, not enabled
 *
 * Return: 0 or -ENOMEM.
 */
int smmu3_strtab_init(struct smmu3_instance *smmu);

/**
 * smmu3_strtab_exit() - free the stream table
 * @smmu: instance, known to be disabled
 */
void smmu3_strtab_exit(struct smmu3_instance *smmu);

/**
 * smmu3_strtab_covers() - can a stream have an entry?
 * @strtab: table
 * @sid: stream id
 */
static inline bool smmu3_strtab_covers(const struct smmu3_strtab *strtab,
				       u32 sid)
{
	return (u64)sid < BIT_ULL(strtab->bits);
}

/**
 * smmu3_strtab_prepare() - make sure that a stream has an entry
 * @smmu: instance
 * @sid: stream id
 *
 * Context: Process; smmu->streams_lock is held.
 * Return: 0, -ERANGE if @sid is beyond the table, -ENOMEM.
 */
int smmu3_strtab_prepare(struct smmu3_instance *smmu, u32 sid);

/**
 * smmu3_strtab_entry() - entry of a stream
 * @smmu: instance
 * @sid: stream id, prepared
 */
struct smmu3_ste *smmu3_strtab_entry(struct smmu3_instance *smmu, u32 sid);

/**
 * smmu3_strtab_base_reg() - value of SMMU_STRTAB_BASE
 * @strtab: table
 */
u64 smmu3_strtab_base_reg(const struct smmu3_strtab *strtab);

/**
 * smmu3_strtab_cfg_reg() - value of SMMU_STRTAB_BASE_CFG
 * @strtab: table
 */
u32 smmu3_strtab_cfg_reg(const struct smmu3_strtab *strtab);

#endif /* __SMMU3_STRTAB_H */
