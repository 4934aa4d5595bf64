/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of an SMMUv3: chapter 4 of Arm IHI 0070.
 *
 * Encoders are pure and return the command in CPU byte order; the command
 * queue turns it into little-endian when it copies it to the ring.
 */
#ifndef __SMMU3_CMD_H
#define __SMMU3_CMD_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

/**
 * struct smmu3_cmd - one command
 * @w: words in CPU byte order
 */
struct smmu3_cmd {
	u64 w[2];
};

#define SMMU3_CMD_BYTES_LG2		4

/* 4.1.2 Opcodes */
enum smmu3_opcode {
	SMMU3_OP_PREFETCH_CONFIG	= 0x01,
	SMMU3_OP_CFGI_STE		= 0x03,
	SMMU3_OP_CFGI_STE_RANGE		= 0x04,
	SMMU3_OP_CFGI_CD		= 0x05,
	SMMU3_OP_CFGI_CD_ALL		= 0x06,
	SMMU3_OP_TLBI_NH_ALL		= 0x10,
	SMMU3_OP_TLBI_NH_ASID		= 0x11,
	SMMU3_OP_TLBI_NH_VA		= 0x12,
	SMMU3_OP_TLBI_NH_VAA		= 0x13,
	SMMU3_OP_TLBI_EL2_ALL		= 0x20,
	SMMU3_OP_TLBI_EL2_ASID		= 0x21,
	SMMU3_OP_TLBI_EL2_VA		= 0x22,
	SMMU3_OP_TLBI_EL2_VAA		= 0x23,
	SMMU3_OP_TLBI_S12_VMALL		= 0x28,
	SMMU3_OP_TLBI_S2_IPA		= 0x2a,
	SMMU3_OP_TLBI_NSNH_ALL		= 0x30,
	SMMU3_OP_ATC_INV		= 0x40,
	SMMU3_OP_PRI_RESP		= 0x41,
	SMMU3_OP_RESUME			= 0x44,
	SMMU3_OP_STALL_TERM		= 0x45,
	SMMU3_OP_SYNC			= 0x46,
};

/* Fields that several commands have */
#define SMMU3_CMD0_OP			GENMASK_ULL(7, 0)
#define SMMU3_CMD0_SSV			BIT_ULL(11)
#define SMMU3_CMD0_SSID			GENMASK_ULL(31, 12)
#define SMMU3_CMD0_SID			GENMASK_ULL(63, 32)

/* 4.3 Configuration structure invalidation */
#define SMMU3_CFGI1_LEAF		BIT_ULL(0)
#define SMMU3_CFGI1_RANGE		GENMASK_ULL(4, 0)
/* log2 of the number of streams, less one, that stands for "all" */
#define SMMU3_CFGI_RANGE_ALL		31

/* 4.4 TLB invalidation */
#define SMMU3_TLBI0_NUM			GENMASK_ULL(16, 12)
#define SMMU3_TLBI0_SCALE		GENMASK_ULL(24, 20)
#define SMMU3_TLBI0_VMID		GENMASK_ULL(47, 32)
#define SMMU3_TLBI0_ASID		GENMASK_ULL(63, 48)
#define SMMU3_TLBI1_LEAF		BIT_ULL(0)
#define SMMU3_TLBI1_TTL			GENMASK_ULL(9, 8)
#define SMMU3_TLBI1_TG			GENMASK_ULL(11, 10)
#define SMMU3_TLBI_TG_NONE		0
#define SMMU3_TLBI_TG_4K		1
#define SMMU3_TLBI_TG_16K		2
#define SMMU3_TLBI_TG_64K		3
#define SMMU3_TLBI1_ADDR		GENMASK_ULL(63, 12)
#define SMMU3_TLBI1_IPA			GENMASK_ULL(51, 12)

/* 4.5.1 CMD_ATC_INV */
#define SMMU3_ATC0_GLOBAL		BIT_ULL(9)
#define SMMU3_ATC1_SIZE			GENMASK_ULL(5, 0)
#define SMMU3_ATC1_ADDR			GENMASK_ULL(63, 12)
/* log2 of the number of 4 KiB pages that stands for all addresses */
#define SMMU3_ATC_SIZE_ALL		52

/* 4.5.2 CMD_PRI_RESP */
#define SMMU3_PRI1_GROUP		GENMASK_ULL(8, 0)
#define SMMU3_PRI1_RESP			GENMASK_ULL(13, 12)
enum smmu3_pri_resp {
	SMMU3_PRI_FAILURE = 0,
	SMMU3_PRI_INVALID = 1,
	SMMU3_PRI_SUCCESS = 2,
};

/* 4.6.1 CMD_RESUME */
#define SMMU3_RESUME0_RESP		GENMASK_ULL(13, 12)
#define SMMU3_RESUME1_STAG		GENMASK_ULL(15, 0)
enum smmu3_resume {
	SMMU3_RESUME_TERMINATE = 0,
	SMMU3_RESUME_RETRY = 1,
	SMMU3_RESUME_ABORT = 2,
};

/* 4.7.3 CMD_SYNC */
#define SMMU3_SYNC0_CS			GENMASK_ULL(13, 12)
#define SMMU3_SYNC_CS_NONE		0
#define SMMU3_SYNC_CS_IRQ		1
#define SMMU3_SYNC_CS_SEV		2
#define SMMU3_SYNC0_MSH			GENMASK_ULL(23, 22)
#define SMMU3_SYNC0_MSIATTR		GENMASK_ULL(27, 24)
#define SMMU3_SYNC0_MSIDATA		GENMASK_ULL(63, 32)
#define SMMU3_SYNC1_MSIADDR		GENMASK_ULL(51, 2)

/**
 * smmu3_cmd_op() - opcode of a command
 * @cmd: command
 *
 * Return: SMMU3_OP_*, or a number that is none.
 */
static inline u8 smmu3_cmd_op(const struct smmu3_cmd *cmd)
{
	return FIELD_GET(SMMU3_CMD0_OP, cmd->w[0]);
}

/**
 * smmu3_cmd_plain() - encode a command that has an opcode and nothing else
 * @op: TLBI_EL2_ALL or TLBI_NSNH_ALL
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_plain(enum smmu3_opcode op)
{
	return (struct smmu3_cmd) { .w = { op, 0 } };
}

/**
 * smmu3_cmd_prefetch_config() - encode: read the configuration of a stream
 * @sid: stream
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_prefetch_config(u32 sid)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_PREFETCH_CONFIG | FIELD_PREP(SMMU3_CMD0_SID, sid), 0,
	} };
}

/**
 * smmu3_cmd_cfgi_ste() - encode: forget the STE of a stream
 * @sid: stream
 * @leaf: level-1 descriptors may stay cached
 *
 * CDs reached through that STE are forgotten as well.
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_cfgi_ste(u32 sid, bool leaf)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_CFGI_STE | FIELD_PREP(SMMU3_CMD0_SID, sid),
		FIELD_PREP(SMMU3_CFGI1_LEAF, leaf),
	} };
}

/**
 * smmu3_cmd_cfgi_ste_range() - encode: forget the STEs of a run of streams
 * @sid: first stream, aligned to the run
 * @count_lg2: log2 of the number of streams, 1 to 32
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_cfgi_ste_range(u32 sid, unsigned int count_lg2)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_CFGI_STE_RANGE | FIELD_PREP(SMMU3_CMD0_SID, sid),
		FIELD_PREP(SMMU3_CFGI1_RANGE, count_lg2 - 1),
	} };
}

/**
 * smmu3_cmd_cfgi_all() - encode: forget all configuration
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_cfgi_all(void)
{
	return smmu3_cmd_cfgi_ste_range(0, SMMU3_CFGI_RANGE_ALL + 1);
}

/**
 * smmu3_cmd_cfgi_cd() - encode: forget one CD of a stream
 * @sid: stream
 * @ssid: PASID
 * @leaf: level-1 descriptors may stay cached
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_cfgi_cd(u32 sid, u32 ssid, bool leaf)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_CFGI_CD | FIELD_PREP(SMMU3_CMD0_SSID, ssid) |
		FIELD_PREP(SMMU3_CMD0_SID, sid),
		FIELD_PREP(SMMU3_CFGI1_LEAF, leaf),
	} };
}

/**
 * smmu3_cmd_cfgi_cd_all() - encode: forget all CDs of a stream
 * @sid: stream
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_cfgi_cd_all(u32 sid)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_CFGI_CD_ALL | FIELD_PREP(SMMU3_CMD0_SID, sid), 0,
	} };
}

/**
 * smmu3_cmd_tlbi_asid() - encode: forget all translations of an ASID
 * @op: TLBI_NH_ASID or TLBI_EL2_ASID
 * @asid: tag
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_tlbi_asid(enum smmu3_opcode op, u16 asid)
{
	return (struct smmu3_cmd) { .w = {
		op | FIELD_PREP(SMMU3_TLBI0_ASID, asid), 0,
	} };
}

/**
 * smmu3_cmd_tlbi_vmid() - encode: forget all translations of a VMID
 * @op: TLBI_S12_VMALL (both stages) or TLBI_NH_ALL (stage 1 of the VMID)
 * @vmid: tag
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_tlbi_vmid(enum smmu3_opcode op, u16 vmid)
{
	return (struct smmu3_cmd) { .w = {
		op | FIELD_PREP(SMMU3_TLBI0_VMID, vmid), 0,
	} };
}

/**
 * smmu3_cmd_tlbi_va() - encode: forget one stage-1 translation
 * @op: TLBI_NH_VA, TLBI_EL2_VA, or their VAA forms (@asid 0 then)
 * @asid: tag
 * @va: address; bits below 12 are ignored
 * @leaf: walk caches may stay
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_tlbi_va(enum smmu3_opcode op, u16 asid, u64 va, bool leaf)
{
	return (struct smmu3_cmd) { .w = {
		op | FIELD_PREP(SMMU3_TLBI0_ASID, asid),
		(va & SMMU3_TLBI1_ADDR) | FIELD_PREP(SMMU3_TLBI1_LEAF, leaf),
	} };
}

/**
 * smmu3_cmd_tlbi_ipa() - encode: forget one stage-2 translation
 * @vmid: tag
 * @ipa: address; bits below 12 are ignored
 * @leaf: walk caches may stay
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_tlbi_ipa(u16 vmid, u64 ipa, bool leaf)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_TLBI_S2_IPA | FIELD_PREP(SMMU3_TLBI0_VMID, vmid),
		(ipa & SMMU3_TLBI1_IPA) | FIELD_PREP(SMMU3_TLBI1_LEAF, leaf),
	} };
}

/**
 * smmu3_cmd_tlbi_range() - widen a TLBI by address to a range (IDR3.RIL)
 * @cmd: TLBI_*_VA, VAA or S2_IPA with the first address
 * @tg: SMMU3_TLBI_TG_*, not NONE
 * @ttl: level of the leaves, 1 to 3, or 0 if not known
 * @num: number of units less one, 0 to 31
 * @scale: log2 of the granules that a unit has, 0 to 31
 *
 * @ttl, @num and @scale must not all be 0: 4.4.1.1 reserves that encoding.
 */
static inline void smmu3_cmd_tlbi_range(struct smmu3_cmd *cmd, unsigned int tg,
					unsigned int ttl, unsigned int num,
					unsigned int scale)
{
	cmd->w[0] |= FIELD_PREP(SMMU3_TLBI0_NUM, num) |
		     FIELD_PREP(SMMU3_TLBI0_SCALE, scale);
	cmd->w[1] |= FIELD_PREP(SMMU3_TLBI1_TTL, ttl) |
		     FIELD_PREP(SMMU3_TLBI1_TG, tg);
}

/**
 * smmu3_cmd_atc_inv() - encode: have a device forget translations
 * @sid: stream
 * @ssid: PASID, meaningful if @ssv
 * @ssv: a PASID is given; without, requests that carried none are meant
 * @addr: first address, aligned to the range
 * @pages_lg2: log2 of the number of 4 KiB pages, or SMMU3_ATC_SIZE_ALL
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_atc_inv(u32 sid, u32 ssid, bool ssv, u64 addr,
		  unsigned int pages_lg2)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_ATC_INV | FIELD_PREP(SMMU3_CMD0_SSV, ssv) |
		FIELD_PREP(SMMU3_CMD0_SSID, ssv ? ssid : 0) |
		FIELD_PREP(SMMU3_CMD0_SID, sid),
		(addr & SMMU3_ATC1_ADDR) |
		FIELD_PREP(SMMU3_ATC1_SIZE, pages_lg2),
	} };
}

/**
 * smmu3_cmd_pri_resp() - encode: answer a group of page requests
 * @sid: stream
 * @ssid: PASID, meaningful if @ssv
 * @ssv: the requests carried a PASID
 * @group: PRG index
 * @resp: verdict
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_pri_resp(u32 sid, u32 ssid, bool ssv, u16 group,
		   enum smmu3_pri_resp resp)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_PRI_RESP | FIELD_PREP(SMMU3_CMD0_SSV, ssv) |
		FIELD_PREP(SMMU3_CMD0_SSID, ssv ? ssid : 0) |
		FIELD_PREP(SMMU3_CMD0_SID, sid),
		FIELD_PREP(SMMU3_PRI1_GROUP, group) |
		FIELD_PREP(SMMU3_PRI1_RESP, resp),
	} };
}

/**
 * smmu3_cmd_resume() - encode: end a stalled transaction
 * @sid: stream
 * @stag: tag of the stall, from its event record
 * @resp: what becomes of it
 *
 * Return: the command.
 */
static inline struct smmu3_cmd
smmu3_cmd_resume(u32 sid, u16 stag, enum smmu3_resume resp)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_RESUME | FIELD_PREP(SMMU3_RESUME0_RESP, resp) |
		FIELD_PREP(SMMU3_CMD0_SID, sid),
		FIELD_PREP(SMMU3_RESUME1_STAG, stag),
	} };
}

/**
 * smmu3_cmd_stall_term() - encode: terminate all stalled transactions
 * @sid: stream, whose configuration stalls no more of them
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_stall_term(u32 sid)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_STALL_TERM | FIELD_PREP(SMMU3_CMD0_SID, sid), 0,
	} };
}

/**
 * smmu3_cmd_sync() - encode: wait for all earlier commands
 * @cs: SMMU3_SYNC_CS_NONE or SMMU3_SYNC_CS_SEV
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_sync(unsigned int cs)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_SYNC | FIELD_PREP(SMMU3_SYNC0_CS, cs), 0,
	} };
}

/**
 * smmu3_cmd_sync_msi() - encode: wait, then write a word to memory
 * @addr: DMA address, 4-byte aligned; written inner shareable, write-back
 * @data: word
 *
 * Return: the command.
 */
static inline struct smmu3_cmd smmu3_cmd_sync_msi(u64 addr, u32 data)
{
	return (struct smmu3_cmd) { .w = {
		SMMU3_OP_SYNC | FIELD_PREP(SMMU3_SYNC0_CS, SMMU3_SYNC_CS_IRQ) |
		FIELD_PREP(SMMU3_SYNC0_MSH, 3) |
		FIELD_PREP(SMMU3_SYNC0_MSIATTR, 0xf) |
		FIELD_PREP(SMMU3_SYNC0_MSIDATA, data),
		addr & SMMU3_SYNC1_MSIADDR,
	} };
}

#endif /* __SMMU3_CMD_H */
