/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between entry.c and its test.
 */
#ifndef __SMMU3_ENTRY_PRIV_H
#define __SMMU3_ENTRY_PRIV_H

#include <linux/kconfig.h>
#include <linux/types.h>

#include "entry.h"

#define SMMU3_ENTRY_WORDS		8

/**
 * struct smmu3_entry_kind - a kind of entry
 * @used: sets a mask of the bits of an entry that hardware looks at
 * @valid: bit of word 0 without which hardware looks at nothing else
 */
struct smmu3_entry_kind {
	void (*used)(const __le64 *entry, __le64 *used);
	__le64 valid;
};

/**
 * struct smmu3_entry_job - one entry to be changed
 * @kind: of entry
 * @live: what hardware reads
 * @target: what it shall become; only bits that the kind uses are set
 * @sync: has hardware forget the entry
 * @ctx: for @sync
 * @error: first error of @sync
 */
struct smmu3_entry_job {
	const struct smmu3_entry_kind *kind;
	__le64 *live;
	const __le64 *target;
	smmu3_entry_sync_t sync;
	void *ctx;
	int error;
};

#if IS_ENABLED(CONFIG_KUNIT)
extern const struct smmu3_entry_kind smmu3_ste_kind;
extern const struct smmu3_entry_kind smmu3_cd_kind;

int smmu3_entry_write(struct smmu3_entry_job *job);
#endif

#endif /* __SMMU3_ENTRY_PRIV_H */
