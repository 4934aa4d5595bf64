/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Index arithmetic of the queues of an SMMUv3: section 3.5.1 of Arm IHI 0070.
 *
 * An index register holds size_lg2 + 1 bits: the slot and, above it, the wrap
 * bit, which flips each time that the slot passes the end.  Software keeps
 * *positions* instead: 64-bit counts of entries since the queue was reset,
 * whose low bits are the register.  Two positions compare as numbers, so that
 * neither a full ring nor a waiter that slept through many rounds is a
 * special case.
 */
#ifndef __SMMU3_RING_H
#define __SMMU3_RING_H

#include <linux/types.h>

#include "regs.h"

/**
 * smmu3_ring_size() - entries of a ring
 * @lg2: log2 of it
 *
 * Return: number of entries.
 */
static inline u32 smmu3_ring_size(unsigned int lg2)
{
	return 1u << lg2;
}

/**
 * smmu3_ring_slot() - where in memory an entry lies
 * @lg2: log2 of the ring's size
 * @pos: position or index register
 *
 * Return: index of the entry from the start of the ring.
 */
static inline u32 smmu3_ring_slot(unsigned int lg2, u64 pos)
{
	return (u32)pos & (smmu3_ring_size(lg2) - 1);
}

/**
 * smmu3_ring_index() - slot and wrap bit: the value of an index register
 * @lg2: log2 of the ring's size
 * @pos: position or index register
 *
 * Bits of the register that are no index (overflow, error) are dropped.
 *
 * Return: low bits of the position.
 */
static inline u32 smmu3_ring_index(unsigned int lg2, u64 pos)
{
	return (u32)pos & (2 * smmu3_ring_size(lg2) - 1);
}

/**
 * smmu3_ring_extend() - the position that an index register stands for
 * @lg2: log2 of the ring's size
 * @base: a position that the index has reached or passed, by less than twice
 *	the ring's size
 * @index: index register
 *
 * Return: the smallest position at or after @base with that index.
 */
static inline u64 smmu3_ring_extend(unsigned int lg2, u64 base, u32 index)
{
	return base + smmu3_ring_index(lg2, index - (u32)base);
}

/**
 * smmu3_ring_passed() - has a consumer index passed a position?
 * @lg2: log2 of the ring's size
 * @index: consumer index register
 * @pos: position that is at most a ring's size ahead of the index, and at most
 *	a ring's size less one behind it
 *
 * Return: true if the entry before @pos was consumed.
 */
static inline bool smmu3_ring_passed(unsigned int lg2, u32 index, u64 pos)
{
	/* Ahead or equal by less than the size, modulo twice the size */
	return !((index - (u32)pos) & smmu3_ring_size(lg2));
}

/**
 * smmu3_ring_space() - free entries
 * @lg2: log2 of the ring's size
 * @prod: producer position
 * @cons: consumer position, at most a ring's size behind
 *
 * Return: number of entries.
 */
static inline u32 smmu3_ring_space(unsigned int lg2, u64 prod, u64 cons)
{
	return smmu3_ring_size(lg2) - (u32)(prod - cons);
}

/**
 * smmu3_ring_empty() - is there nothing between two index registers?
 * @lg2: log2 of the ring's size
 * @prod: producer index or position
 * @cons: consumer index or position
 *
 * Return: true if there is not.
 */
static inline bool smmu3_ring_empty(unsigned int lg2, u64 prod, u64 cons)
{
	return !smmu3_ring_index(lg2, prod - cons);
}

/**
 * smmu3_ring_count() - entries between two index registers
 * @lg2: log2 of the ring's size
 * @prod: producer index or position
 * @cons: consumer index or position
 *
 * Return: 0 to the ring's size; more than that means that the registers do not
 * belong together (the device is broken, or gone and reads as all ones).
 */
static inline u32 smmu3_ring_count(unsigned int lg2, u64 prod, u64 cons)
{
	return smmu3_ring_index(lg2, prod - cons);
}

/**
 * smmu3_ring_advance() - step an index register
 * @lg2: log2 of the ring's size
 * @index: index register; its overflow bit is kept
 * @n: entries, at most the ring's size
 *
 * Return: value for the register.
 */
static inline u32 smmu3_ring_advance(unsigned int lg2, u32 index, u32 n)
{
	return (index & SMMU3_QIDX_OVF) | smmu3_ring_index(lg2, index + n);
}

/**
 * smmu3_ring_overflown() - has an output queue lost entries?
 * @prod: producer register
 * @cons: consumer register
 *
 * Return: true if it has.
 */
static inline bool smmu3_ring_overflown(u32 prod, u32 cons)
{
	return (prod ^ cons) & SMMU3_QIDX_OVF;
}

/**
 * smmu3_ring_ack_overflow() - consumer register that acknowledges an overflow
 * @prod: producer register
 * @cons: consumer register
 *
 * Return: value for the register.
 */
static inline u32 smmu3_ring_ack_overflow(u32 prod, u32 cons)
{
	return (prod & SMMU3_QIDX_OVF) | (cons & ~SMMU3_QIDX_OVF);
}

#endif /* __SMMU3_RING_H */
