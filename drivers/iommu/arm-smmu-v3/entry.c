// SPDX-License-Identifier: GPL-2.0
/*
 * Publishing of live entries, and what hardware uses of them.
 *
 * With C the live entry, T the target, and U() the bits that hardware uses,
 * the steps are
 *
 *	1. prepare: set the bits that C does not use to what T wants
 *	2. switch:  store the one word whose bits in U(T) still differ
 *	3. tidy:    store the words whose bits outside U(T) still differ
 *
 * Hardware may mix words of what it read before and after a store, so a sync
 * separates the steps.  During 1 it sees C, whatever it mixes, because only
 * bits outside U(C) change; during 3 it sees T for the same reason; 2 is a
 * single 64-bit store, which is atomic to it.  The word of step 2 needs no
 * preparation, it is replaced as a whole.
 *
 * If step 2 would need two words or more, the entry is made invalid first.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/io.h>
#include <kunit/visibility.h>

#include "cd.h"
#include "entry.h"
#include "entry_priv.h"
#include "ste.h"

/* What differs between a live entry and its target; bit n stands for word n */
struct smmu3_entry_diff {
	u8 critical;
	u8 prepare;
};

static void smmu3_store(struct smmu3_entry_job *job, unsigned int i, __le64 val)
{
	WRITE_ONCE(job->live[i], val);
}

static void smmu3_sync(struct smmu3_entry_job *job)
{
	int ret = job->sync(job->ctx);

	if (ret && !job->error)
		job->error = ret;
}

/* Word @i as step 1 leaves it */
static __le64 smmu3_prepared(const struct smmu3_entry_job *job,
			     const __le64 *used, unsigned int i)
{
	return (job->live[i] & used[i]) | (job->target[i] & ~used[i]);
}

static struct smmu3_entry_diff smmu3_diff(const struct smmu3_entry_job *job)
{
	__le64 used_live[SMMU3_ENTRY_WORDS], used_target[SMMU3_ENTRY_WORDS];
	struct smmu3_entry_diff diff = {};
	unsigned int i;

	job->kind->used(job->live, used_live);
	job->kind->used(job->target, used_target);
	for (i = 0; i < SMMU3_ENTRY_WORDS; i++) {
		__le64 prepared = smmu3_prepared(job, used_live, i);

		if ((prepared ^ job->target[i]) & used_target[i])
			diff.critical |= BIT(i);
		else if (prepared != job->live[i])
			diff.prepare |= BIT(i);
	}
	return diff;
}

static void smmu3_prepare(struct smmu3_entry_job *job, u8 words)
{
	__le64 used[SMMU3_ENTRY_WORDS];
	unsigned int i;

	if (!words)
		return;
	job->kind->used(job->live, used);
	for (i = 0; i < SMMU3_ENTRY_WORDS; i++) {
		if (words & BIT(i))
			smmu3_store(job, i, smmu3_prepared(job, used, i));
	}
	smmu3_sync(job);
}

/* Store all words but @skip that are not yet what they should be */
static void smmu3_fill(struct smmu3_entry_job *job, unsigned int skip)
{
	bool stored = false;
	unsigned int i;

	for (i = 0; i < SMMU3_ENTRY_WORDS; i++) {
		if (i == skip || job->live[i] == job->target[i])
			continue;
		smmu3_store(job, i, job->target[i]);
		stored = true;
	}
	if (stored)
		smmu3_sync(job);
}

/* No sequence of single words leads from one to the other */
static void smmu3_break(struct smmu3_entry_job *job)
{
	smmu3_store(job, 0, job->live[0] & ~job->kind->valid);
	smmu3_sync(job);
	smmu3_fill(job, 0);
	smmu3_store(job, 0, job->target[0]);
	smmu3_sync(job);
}

/**
 * smmu3_entry_write() - run a job
 * @job: what to turn into what
 *
 * Return: 0, or the first error of the job's sync.
 */
VISIBLE_IF_KUNIT int smmu3_entry_write(struct smmu3_entry_job *job)
{
	struct smmu3_entry_diff diff = smmu3_diff(job);

	if (hweight8(diff.critical) > 1) {
		smmu3_break(job);
		return job->error;
	}
	smmu3_prepare(job, diff.prepare);
	if (diff.critical) {
		unsigned int i = __ffs(diff.critical);

		smmu3_store(job, i, job->target[i]);
		smmu3_sync(job);
	}
	smmu3_fill(job, SMMU3_ENTRY_WORDS);
	return job->error;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_entry_write);

static void smmu3_ste_used_s1(u64 w1, __le64 *used)
{
	u64 bits = SMMU3_STE1_S1DSS | SMMU3_STE1_S1CIR | SMMU3_STE1_S1COR |
		   SMMU3_STE1_S1CSH | SMMU3_STE1_S1STALLD | SMMU3_STE1_EATS |
		   SMMU3_STE1_STRW | SMMU3_STE1_PPAR;

	used[0] |= cpu_to_le64(SMMU3_STE0_S1FMT | SMMU3_STE0_S1CTXPTR |
			       SMMU3_STE0_S1CDMAX);
	/* What carries no PASID then goes past stage 1, with these attributes */
	if (FIELD_GET(SMMU3_STE1_S1DSS, w1) == SMMU3_STE_S1DSS_BYPASS)
		bits |= SMMU3_STE1_SHCFG;
	used[1] |= cpu_to_le64(bits);
	/* NS-EL1 translations are tagged with the VMID even without stage 2 */
	used[2] |= cpu_to_le64(SMMU3_STE2_S2VMID);
}

static void smmu3_ste_used_s2(__le64 *used)
{
	used[1] |= cpu_to_le64(SMMU3_STE1_EATS | SMMU3_STE1_SHCFG |
			       SMMU3_STE1_S2FWB);
	used[2] |= cpu_to_le64(SMMU3_STE2_S2VMID | SMMU3_STE2_VTCR |
			       SMMU3_STE2_S2AA64 | SMMU3_STE2_S2ENDI |
			       SMMU3_STE2_S2AFFD | SMMU3_STE2_S2PTW |
			       SMMU3_STE2_S2HD | SMMU3_STE2_S2HA |
			       SMMU3_STE2_S2S | SMMU3_STE2_S2R);
	used[3] |= cpu_to_le64(SMMU3_STE3_S2TTB);
}

void smmu3_ste_used(const __le64 *ste, __le64 *used)
{
	u64 w0 = le64_to_cpu(ste[0]);
	unsigned int config = FIELD_GET(SMMU3_STE0_CONFIG, w0);

	memset(used, 0, SMMU3_STE_WORDS * sizeof(*used));
	used[0] = cpu_to_le64(SMMU3_STE0_V);
	if (!(w0 & SMMU3_STE0_V))
		return;
	used[0] |= cpu_to_le64(SMMU3_STE0_CONFIG);
	if (config == SMMU3_STE_CONFIG_BYPASS)
		used[1] = cpu_to_le64(SMMU3_STE1_SHCFG);
	if (config == SMMU3_STE_CONFIG_S1 || config == SMMU3_STE_CONFIG_NESTED)
		smmu3_ste_used_s1(le64_to_cpu(ste[1]), used);
	if (config == SMMU3_STE_CONFIG_S2 || config == SMMU3_STE_CONFIG_NESTED)
		smmu3_ste_used_s2(used);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ste_used);

#define SMMU3_CD0_HALF0	(SMMU3_CD0_T0SZ | SMMU3_CD0_TG0 | SMMU3_CD0_IR0 | \
			 SMMU3_CD0_OR0 | SMMU3_CD0_SH0 | SMMU3_CD0_TBI0)
#define SMMU3_CD0_HALF1	(SMMU3_CD0_T1SZ | SMMU3_CD0_TG1 | SMMU3_CD0_IR1 | \
			 SMMU3_CD0_OR1 | SMMU3_CD0_SH1 | SMMU3_CD0_TBI1)

void smmu3_cd_used(const __le64 *cd, __le64 *used)
{
	u64 w0 = le64_to_cpu(cd[0]);
	u64 bits = GENMASK_ULL(63, 0);

	memset(used, 0, SMMU3_CD_WORDS * sizeof(*used));
	used[0] = cpu_to_le64(SMMU3_CD0_V);
	if (!(w0 & SMMU3_CD0_V))
		return;
	if (w0 & SMMU3_CD0_EPD0)
		bits &= ~SMMU3_CD0_HALF0;
	else
		used[1] = cpu_to_le64(GENMASK_ULL(63, 0));
	if (w0 & SMMU3_CD0_EPD1)
		bits &= ~SMMU3_CD0_HALF1;
	else
		used[2] = cpu_to_le64(GENMASK_ULL(63, 0));
	used[0] = cpu_to_le64(bits);
	used[3] = cpu_to_le64(GENMASK_ULL(63, 0));
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cd_used);

VISIBLE_IF_KUNIT const struct smmu3_entry_kind smmu3_ste_kind = {
	.used = smmu3_ste_used,
	.valid = cpu_to_le64(SMMU3_STE0_V),
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_ste_kind);

VISIBLE_IF_KUNIT const struct smmu3_entry_kind smmu3_cd_kind = {
	.used = smmu3_cd_used,
	.valid = cpu_to_le64(SMMU3_CD0_V),
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_cd_kind);

int smmu3_ste_publish(struct smmu3_ste *ste, const struct smmu3_ste *target,
		      smmu3_entry_sync_t sync, void *ctx)
{
	struct smmu3_entry_job job = {
		.kind = &smmu3_ste_kind,
		.live = ste->w,
		.target = target->w,
		.sync = sync,
		.ctx = ctx,
	};

	static_assert(SMMU3_STE_WORDS == SMMU3_ENTRY_WORDS);
	return smmu3_entry_write(&job);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ste_publish);

int smmu3_cd_publish(struct smmu3_cd *cd, const struct smmu3_cd *target,
		     smmu3_entry_sync_t sync, void *ctx)
{
	struct smmu3_entry_job job = {
		.kind = &smmu3_cd_kind,
		.live = cd->w,
		.target = target->w,
		.sync = sync,
		.ctx = ctx,
	};

	static_assert(SMMU3_CD_WORDS == SMMU3_ENTRY_WORDS);
	return smmu3_entry_write(&job);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cd_publish);

void smmu3_desc_publish(__le64 *desc, __le64 val)
{
	/* Hardware that sees the descriptor must see the table behind it */
	dma_wmb();
	WRITE_ONCE(*desc, val);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_desc_publish);
