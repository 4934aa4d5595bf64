/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors of the long-descriptor format: pure encoders.
 *
 * Arm ARM (DDI 0487) D8.3 "Translation table descriptor formats" for VMSAv8-64
 * and G5.5 for AArch32; Mali GPUs walk a variant of it.
 */
#ifndef __LPAE_FORMAT_H
#define __LPAE_FORMAT_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/iommu.h>
#include <linux/types.h>

/* All descriptors (D8.3.1): bit 0 clear makes the rest invisible to hardware */
#define LPAE_VALID		BIT_ULL(0)
#define LPAE_TYPE		GENMASK_ULL(1, 0)
#define LPAE_TYPE_BLOCK		1ULL
#define LPAE_TYPE_TABLE		3ULL	/* at levels 0 to 2 */
#define LPAE_TYPE_PAGE		3ULL	/* at level 3 */

/* Table descriptors */
#define LPAE_TABLE_NS		BIT_ULL(63)
/*
 * Ignored by hardware, ours: the descriptor has been cleaned to where a walker
 * that is not coherent sees it.
 */
#define LPAE_TABLE_CLEAN	BIT_ULL(55)
/* The same: reclaim looks whether the table is empty, and maps wait for it */
#define LPAE_TABLE_CLOSING	BIT_ULL(56)

/* Leaves of stage 1 (D8.3.2) */
#define LPAE_S1_ATTRINDX	GENMASK_ULL(4, 2)
#define LPAE_S1_NS		BIT_ULL(5)
#define LPAE_S1_UNPRIV		BIT_ULL(6)	/* AP[1] */
#define LPAE_S1_RDONLY		BIT_ULL(7)	/* AP[2] */
#define LPAE_S1_NG		BIT_ULL(11)
#define LPAE_S1_DBM		BIT_ULL(51)
#define LPAE_S1_PXN		BIT_ULL(53)
#define LPAE_S1_UXN		BIT_ULL(54)

/* Leaves of stage 2 */
#define LPAE_S2_MEMATTR		GENMASK_ULL(5, 2)
#define LPAE_S2_DEVICE		1ULL		/* nGnRE */
#define LPAE_S2_NC		5ULL
#define LPAE_S2_WB		15ULL
#define LPAE_S2_READ		BIT_ULL(6)	/* S2AP[0] */
#define LPAE_S2_WRITE		BIT_ULL(7)	/* S2AP[1] */
#define LPAE_S2_XN		BIT_ULL(54)	/* XN[1:0] = 0b10: nobody executes */

/* Leaves of both stages */
#define LPAE_SH			GENMASK_ULL(9, 8)
#define LPAE_SH_OUTER		2ULL
#define LPAE_SH_INNER		3ULL
#define LPAE_AF			BIT_ULL(10)

/* Attributes by index, as in MAIR (and Mali's MEMATTR) that the set reports */
#define LPAE_ATTR_NC		0
#define LPAE_ATTR_CACHE		1
#define LPAE_ATTR_DEVICE	2
#define LPAE_ATTR_INC_OCACHE	3	/* inner non-cacheable, outer cached */

#define LPAE_MAIR							\
	(0x44ULL << (8 * LPAE_ATTR_NC) | 0xffULL << (8 * LPAE_ATTR_CACHE) | \
	 0x04ULL << (8 * LPAE_ATTR_DEVICE) | 0xf4ULL << (8 * LPAE_ATTR_INC_OCACHE))

/* Mali: 0x88 leaves the policy to the GPU, 0x8d allocates on writes too */
#define LPAE_MALI_MEMATTR						\
	(0x88ULL << (8 * LPAE_ATTR_NC) | 0x8dULL << (8 * LPAE_ATTR_CACHE) | \
	 0x88ULL << (8 * LPAE_ATTR_DEVICE))

/* Mali AS_TRANSTAB */
#define LPAE_MALI_TTBR_TABLE	3ULL
#define LPAE_MALI_TTBR_RD_INNER	BIT_ULL(2)
#define LPAE_MALI_TTBR_SH_OUTER	BIT_ULL(4)

/* The bits of enum iommu_prot that reach a descriptor: IOMMU_READ..IOMMU_PRIV */
#define LPAE_PROT_MASK							\
	(IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE | IOMMU_NOEXEC |	\
	 IOMMU_MMIO | IOMMU_PRIV)
#define LPAE_NR_PROTS		(LPAE_PROT_MASK + 1)

/* With 64 KiB granules bits 51:48 of an output address stand in bits 15:12 */
#define LPAE_WIDE_FIELD		GENMASK_ULL(15, 12)
#define LPAE_WIDE_SHIFT		36

/**
 * lpae_addr_bits() - put an output address into a descriptor
 * @paddr: address, a multiple of the granule
 *
 * Bits 51:48 are zero unless the granule is 64 KiB, which frees bits 15:12.
 */
static inline u64 lpae_addr_bits(u64 paddr)
{
	return (paddr & GENMASK_ULL(47, 12)) |
	       ((paddr >> LPAE_WIDE_SHIFT) & LPAE_WIDE_FIELD);
}

/**
 * lpae_attr_index() - index of the memory attributes of a mapping
 * @prot: IOMMU_* bits
 */
static inline u64 lpae_attr_index(int prot)
{
	if (prot & IOMMU_MMIO)
		return LPAE_ATTR_DEVICE;
	return prot & IOMMU_CACHE ? LPAE_ATTR_CACHE : LPAE_ATTR_NC;
}

/**
 * lpae_prot_s1() - permissions and attributes of a stage 1 leaf
 * @prot: IOMMU_* bits
 * @ns: set NS
 * @dbm: hardware may make writable leaves dirty
 *
 * Stage 1 has no write-only leaves: IOMMU_WRITE implies reading.  Writable
 * leaves start dirty, so that hardware has nothing to update until somebody
 * tracks.
 *
 * Return: bits of the descriptor without address and type; 0 if @prot allows
 * nothing.
 */
static inline u64 lpae_prot_s1(int prot, bool ns, bool dbm)
{
	u64 bits = LPAE_AF | LPAE_S1_NG;

	if (!(prot & (IOMMU_READ | IOMMU_WRITE)))
		return 0;
	if (!(prot & IOMMU_WRITE))
		bits |= LPAE_S1_RDONLY;
	else if (dbm)
		bits |= LPAE_S1_DBM;
	if (!(prot & IOMMU_PRIV))
		bits |= LPAE_S1_UNPRIV;
	if (prot & IOMMU_NOEXEC)
		bits |= LPAE_S1_UXN | LPAE_S1_PXN;
	if (ns)
		bits |= LPAE_S1_NS;
	bits |= FIELD_PREP(LPAE_S1_ATTRINDX, lpae_attr_index(prot));
	return bits | FIELD_PREP(LPAE_SH, prot & IOMMU_CACHE ?
					  LPAE_SH_INNER : LPAE_SH_OUTER);
}

/* Who may do what by a leaf of stage 2; 0 if nobody may do anything */
static inline u64 lpae_s2_access(int prot)
{
	u64 bits = 0;

	if (!(prot & (IOMMU_READ | IOMMU_WRITE)))
		return 0;
	if (prot & IOMMU_READ)
		bits |= LPAE_S2_READ;
	if (prot & IOMMU_WRITE)
		bits |= LPAE_S2_WRITE;
	if (prot & IOMMU_NOEXEC)
		bits |= LPAE_S2_XN;
	return bits;
}

/**
 * lpae_prot_s2() - permissions and attributes of a stage 2 leaf
 * @prot: IOMMU_* bits; IOMMU_PRIV means nothing here
 *
 * Return: bits of the descriptor without address and type; 0 if @prot allows
 * nothing.
 */
static inline u64 lpae_prot_s2(int prot)
{
	u64 bits = lpae_s2_access(prot);

	if (!bits)
		return 0;
	bits |= LPAE_AF;
	if (prot & IOMMU_MMIO)
		bits |= FIELD_PREP(LPAE_S2_MEMATTR, LPAE_S2_DEVICE);
	else
		bits |= FIELD_PREP(LPAE_S2_MEMATTR, prot & IOMMU_CACHE ?
						    LPAE_S2_WB : LPAE_S2_NC);
	return bits | FIELD_PREP(LPAE_SH, prot & IOMMU_CACHE ?
					  LPAE_SH_INNER : LPAE_SH_OUTER);
}

/**
 * lpae_prot_mali() - permissions and attributes of a leaf that a Mali GPU reads
 * @prot: IOMMU_* bits
 *
 * Permissions are those of stage 2, attributes indices as in stage 1.  There is
 * no access flag.  Mali's inner shareable domain is the GPU itself, so what
 * others share is outer.
 *
 * Return: bits of the descriptor without address and type; 0 if @prot allows
 * nothing.
 */
static inline u64 lpae_prot_mali(int prot)
{
	u64 bits = lpae_s2_access(prot);

	if (!bits)
		return 0;
	return bits | FIELD_PREP(LPAE_SH, LPAE_SH_OUTER) |
	       FIELD_PREP(LPAE_S1_ATTRINDX, lpae_attr_index(prot));
}

#endif /* __LPAE_FORMAT_H */
