/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Publishing of live entries: STEs, CDs and level-1 descriptors.
 *
 * An instance reads an entry by 64-bit loads in an order of its own and caches
 * what it read, so an entry can change in one step only within one word.  The
 * functions here turn "this entry shall become that one" into stores and
 * syncs such that at any moment hardware acts on the old entry or on the new
 * one.  Where bits that both of them use differ in more than one word, there
 * is no such sequence; then, and only then, the entry is invalid in between.
 */
#ifndef __SMMU3_ENTRY_H
#define __SMMU3_ENTRY_H

#include <linux/types.h>

struct smmu3_cd;
struct smmu3_ste;

/**
 * typedef smmu3_entry_sync_t - have an instance forget an entry
 * @ctx: of the caller
 *
 * Makes all earlier stores to the entry visible, invalidates every cached copy
 * of it (of all streams that share it), and returns when that is complete.
 *
 * Return: 0, or what smmu3_cmdq_issue() returned.
 */
typedef int (*smmu3_entry_sync_t)(void *ctx);

/**
 * smmu3_ste_publish() - make a stream table entry what it should be
 * @ste: live entry
 * @target: encoded entry
 * @sync: called after each step that hardware must have seen
 * @ctx: for @sync
 *
 * @sync is called at most three times, and not at all if nothing changes.
 * When it fails the entry becomes @target nevertheless: an instance that does
 * not take commands is to be shut off by the caller as a whole.
 *
 * Context: any that @sync allows; the caller's lock keeps other writers of
 * the same entry out.
 * Return: 0, or the first error of @sync.
 */
int smmu3_ste_publish(struct smmu3_ste *ste, const struct smmu3_ste *target,
		      smmu3_entry_sync_t sync, void *ctx);

/**
 * smmu3_cd_publish() - make a context descriptor what it should be
 * @cd: live descriptor
 * @target: encoded descriptor
 * @sync: as in smmu3_ste_publish()
 * @ctx: for @sync
 *
 * Context: as smmu3_ste_publish().
 * Return: 0, or the first error of @sync.
 */
int smmu3_cd_publish(struct smmu3_cd *cd, const struct smmu3_cd *target,
		     smmu3_entry_sync_t sync, void *ctx);

/**
 * smmu3_desc_publish() - set a level-1 descriptor
 * @desc: live descriptor, of a stream table or of a CD table
 * @val: encoded descriptor
 *
 * All earlier stores to the table that @val points to are visible before it.
 * The caller issues the CFGI command that covers what @desc was.
 */
void smmu3_desc_publish(__le64 *desc, __le64 val);

#endif /* __SMMU3_ENTRY_H */
