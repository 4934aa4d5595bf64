// SPDX-License-Identifier: GPL-2.0
/*
 * Entries as hardware would see them while they change.
 *
 * Hardware may have read any word before or after any store since the last
 * sync.  So at each sync the model tries all mixes of what the words were at
 * the sync before and what they are now; each mix must mean what the old entry
 * meant or what the new one means, or be invalid where that is unavoidable.
 */
#include <kunit/test.h>

#include "cd.h"
#include "entry_priv.h"
#include "ste.h"

#define WORDS	SMMU3_ENTRY_WORDS

struct entry_model {
	struct kunit *test;
	const struct smmu3_entry_kind *kind;
	const char *from, *to;
	__le64 live[WORDS];
	__le64 snapshot[WORDS];
	__le64 old[WORDS];
	__le64 target[WORDS];
	unsigned int syncs;
	unsigned int fail_at;
	bool may_break;
	bool broke;
	bool seen_target;
};

static bool same_meaning(const struct smmu3_entry_kind *kind, const __le64 *a,
			 const __le64 *b)
{
	__le64 ua[WORDS], ub[WORDS];
	unsigned int i;

	kind->used(a, ua);
	kind->used(b, ub);
	for (i = 0; i < WORDS; i++) {
		if (ua[i] != ub[i] || (a[i] & ua[i]) != (b[i] & ub[i]))
			return false;
	}
	return true;
}

static void check_mix(struct entry_model *m, unsigned int mask)
{
	__le64 mix[WORDS];
	unsigned int i;
	bool target;

	for (i = 0; i < WORDS; i++)
		mix[i] = mask & BIT(i) ? m->live[i] : m->snapshot[i];
	target = same_meaning(m->kind, mix, m->target);
	if (target || same_meaning(m->kind, mix, m->old))
		return;
	if (!(mix[0] & m->kind->valid)) {
		m->broke = true;
		KUNIT_EXPECT_TRUE_MSG(m->test, m->may_break,
				      "%s -> %s: invalid without need",
				      m->from, m->to);
		return;
	}
	KUNIT_FAIL(m->test, "%s -> %s: sync %u, words %#x: neither old nor new",
		   m->from, m->to, m->syncs, mask);
}

static int model_sync(void *ctx)
{
	struct entry_model *m = ctx;
	unsigned int changed = 0, mask, i;

	for (i = 0; i < WORDS; i++) {
		if (m->live[i] != m->snapshot[i])
			changed |= BIT(i);
	}
	KUNIT_EXPECT_NE_MSG(m->test, changed, 0, "%s -> %s: idle sync", m->from,
			    m->to);
	for (mask = 0; mask < BIT(WORDS); mask++) {
		if (!(mask & ~changed))
			check_mix(m, mask);
	}
	/* There is no way back */
	if (same_meaning(m->kind, m->live, m->target))
		m->seen_target = true;
	else
		KUNIT_EXPECT_FALSE(m->test, m->seen_target);
	memcpy(m->snapshot, m->live, sizeof(m->live));
	return ++m->syncs == m->fail_at ? -EIO : 0;
}

/*
 * The store that makes hardware act on the new entry changes one word; before
 * it the bits that the old entry uses are old, after it those that the new one
 * uses are new.  So bits that both use can differ in that word only.
 */
static bool unavoidable(const struct entry_model *m)
{
	__le64 uo[WORDS], ut[WORDS];
	unsigned int i, words = 0;

	m->kind->used(m->old, uo);
	m->kind->used(m->target, ut);
	for (i = 0; i < WORDS; i++)
		words += !!((m->old[i] ^ m->target[i]) & uo[i] & ut[i]);
	return words > 1;
}

static int run(struct entry_model *m, const __le64 *from, const __le64 *to)
{
	struct smmu3_entry_job job = {
		.kind = m->kind,
		.live = m->live,
		.target = m->target,
		.sync = model_sync,
		.ctx = m,
	};
	int ret;

	memcpy(m->live, from, sizeof(m->live));
	memcpy(m->snapshot, from, sizeof(m->live));
	memcpy(m->old, from, sizeof(m->live));
	memcpy(m->target, to, sizeof(m->live));
	m->syncs = 0;
	m->broke = false;
	m->seen_target = false;
	m->may_break = unavoidable(m);
	ret = smmu3_entry_write(&job);
	KUNIT_EXPECT_MEMEQ_MSG(m->test, m->live, m->target, sizeof(m->live),
			       "%s -> %s: result", m->from, m->to);
	KUNIT_EXPECT_MEMEQ_MSG(m->test, m->live, m->snapshot, sizeof(m->live),
			       "%s -> %s: stores after the last sync", m->from,
			       m->to);
	KUNIT_EXPECT_EQ_MSG(m->test, m->broke, m->may_break, "%s -> %s",
			    m->from, m->to);
	return ret;
}

static const struct io_pgtable_cfg s2_cfg = {
	.arm_lpae_s2_cfg = {
		.vttbr = 0xfedcba987000,
		.vtcr = {
			.ps = 5, .tg = 0, .sh = 3, .orgn = 1, .irgn = 1,
			.sl = 1, .tsz = 24,
		},
	},
};

static const struct io_pgtable_cfg s1_cfg = {
	.arm_lpae_s1_cfg = {
		.ttbr = 0xabcdef123000,
		.mair = 0xf404ff44,
		.tcr = {
			.ips = 5, .tg = 0, .sh = 3, .orgn = 1, .irgn = 1,
			.tsz = 16,
		},
	},
};

enum ste_name {
	ZERO, ABORT, BYPASS, BYPASS_IN, S1, S1_CDTAB, S1_DSS_BYPASS,
	S1_DSS_BYPASS_IN, S1_DSS_TERM, S1_ATS, S1_STALLD, S1_EL2, S1_2LVL, S2,
	S2_VMID, S2_ATS, S2_IN, S2_STALL, STE_NAMES
};

static const char * const ste_names[STE_NAMES] = {
	"zero", "abort", "bypass", "bypass-incoming", "s1", "s1-cdtab",
	"s1-dss-bypass", "s1-dss-bypass-incoming", "s1-dss-terminate", "s1-ats",
	"s1-stalld", "s1-el2", "s1-2lvl", "s2", "s2-vmid", "s2-ats",
	"s2-incoming", "s2-stall",
};

static void make_s1(struct smmu3_ste *ste, enum ste_name name)
{
	struct smmu3_ste_s1 s1 = {
		.cdtab = name == S1_CDTAB ? 0x112233445540 : 0xfedcba987640,
		.cdmax_lg2 = name == S1_2LVL ? 16 : 10,
		.fmt = name == S1_2LVL ? SMMU3_STE_S1FMT_64K_L2 :
					 SMMU3_STE_S1FMT_LINEAR,
		.s1dss = SMMU3_STE_S1DSS_SSID0,
		.stalld = name == S1_STALLD,
		.el2 = name == S1_EL2,
		.ats = name == S1_ATS,
		.incoming = name == S1_DSS_BYPASS_IN,
	};

	if (name == S1_DSS_BYPASS || name == S1_DSS_BYPASS_IN)
		s1.s1dss = SMMU3_STE_S1DSS_BYPASS;
	if (name == S1_DSS_TERM)
		s1.s1dss = SMMU3_STE_S1DSS_TERMINATE;
	smmu3_ste_s1(ste, &s1);
}

static void make_ste(struct smmu3_ste *ste, enum ste_name name)
{
	struct smmu3_ste_s2 s2 = {
		.vmid = name == S2_VMID ? 7 : 0x1234,
		.ats = name == S2_ATS,
		.incoming = name == S2_IN,
		.stall = name == S2_STALL,
	};

	if (name == ZERO)
		memset(ste, 0, sizeof(*ste));
	else if (name == ABORT)
		smmu3_ste_abort(ste);
	else if (name <= BYPASS_IN)
		smmu3_ste_bypass(ste, name == BYPASS_IN);
	else if (name < S2)
		make_s1(ste, name);
	else
		smmu3_ste_s2(ste, &s2, &s2_cfg);
}

static struct entry_model *ste_model(struct kunit *test)
{
	struct entry_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	m->kind = &smmu3_ste_kind;
	return m;
}

static void ste_step(struct entry_model *m, enum ste_name from,
		     enum ste_name to)
{
	struct smmu3_ste a, b;

	make_ste(&a, from);
	make_ste(&b, to);
	m->from = ste_names[from];
	m->to = ste_names[to];
	KUNIT_EXPECT_EQ(m->test, run(m, a.w, b.w), 0);
}

static void entry_ste_pairs(struct kunit *test)
{
	struct entry_model *m = ste_model(test);
	int from, to;

	for (from = 0; from < STE_NAMES; from++) {
		for (to = 0; to < STE_NAMES; to++) {
			ste_step(m, from, to);
			KUNIT_EXPECT_LE(test, m->syncs, 3);
			KUNIT_EXPECT_EQ(test, m->syncs == 0, from == to);
		}
	}
}

static void entry_ste_syncs(struct kunit *test)
{
	static const struct {
		u8 from, to, syncs, broke;
	} cases[] = {
		{ ZERO, ABORT, 1 },
		{ ABORT, BYPASS, 1 },
		{ BYPASS, ABORT, 1 },
		{ ABORT, BYPASS_IN, 2 },
		{ BYPASS_IN, ABORT, 2 },
		{ ABORT, S1, 2 },
		{ S1, ABORT, 2 },
		{ BYPASS, S1, 2 },
		{ S1, BYPASS, 2 },
		{ BYPASS_IN, S1, 3 },
		{ S1, BYPASS_IN, 3 },
		{ ABORT, S2, 2 },
		{ S2, ABORT, 2 },
		{ BYPASS, S2, 2 },
		{ S2, BYPASS, 2 },
		{ BYPASS_IN, S2_IN, 2 },
		{ S1, S1_CDTAB, 1 },
		{ S1, S1_2LVL, 1 },
		{ S1, S1_DSS_BYPASS, 1 },
		{ S1_DSS_BYPASS, S1, 1 },
		{ S1, S1_DSS_BYPASS_IN, 1 },
		{ S1_DSS_BYPASS_IN, S1_DSS_TERM, 1 },
		{ S1_DSS_BYPASS_IN, BYPASS_IN, 2 },
		{ S1, S1_ATS, 1 },
		{ S1_ATS, S1, 1 },
		{ S1_ATS, ABORT, 2 },
		{ S1, S1_STALLD, 1 },
		{ S2, S2_ATS, 1 },
		{ S2, S2_VMID, 1 },
		{ S1, S2, 3, true },
		{ S2, S1, 3, true },
		{ S1_CDTAB, S1_EL2, 3, true },
	};
	struct entry_model *m = ste_model(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ste_step(m, cases[i].from, cases[i].to);
		KUNIT_EXPECT_EQ_MSG(test, m->syncs, cases[i].syncs, "%s -> %s",
				    m->from, m->to);
		KUNIT_EXPECT_EQ_MSG(test, m->broke, cases[i].broke, "%s -> %s",
				    m->from, m->to);
	}
}

enum cd_name {
	CD_NONE, CD, CD_ASID, CD_TTBR, CD_ASID_TTBR, CD_MAIR, CD_HD, CD_STALL,
	CD_QUIET, CD_QUIET_STALL, CD_NAMES
};

static const char * const cd_names[CD_NAMES] = {
	"none", "cd", "cd-asid", "cd-ttbr", "cd-asid-ttbr", "cd-mair", "cd-hd",
	"cd-stall", "cd-quiet", "cd-quiet-stall",
};

static void make_cd(struct smmu3_cd *cd, enum cd_name name)
{
	struct smmu3_cd_s1 s1;

	if (name == CD_NONE) {
		smmu3_cd_none(cd);
		return;
	}
	smmu3_cd_s1_from_cfg(&s1, &s1_cfg, 0xbeef);
	if (name == CD_ASID || name == CD_ASID_TTBR)
		s1.asid = 5;
	if (name == CD_TTBR || name == CD_ASID_TTBR)
		s1.ttbr = 0x445566778000;
	if (name == CD_MAIR)
		s1.mair = 0xff;
	s1.ha = name == CD_HD;
	s1.hd = name == CD_HD;
	s1.stall = name == CD_STALL || name == CD_QUIET_STALL;
	s1.quiet = name == CD_QUIET || name == CD_QUIET_STALL;
	smmu3_cd_s1(cd, &s1);
}

static void cd_step(struct entry_model *m, enum cd_name from, enum cd_name to)
{
	struct smmu3_cd a, b;

	make_cd(&a, from);
	make_cd(&b, to);
	m->from = cd_names[from];
	m->to = cd_names[to];
	KUNIT_EXPECT_EQ(m->test, run(m, a.w, b.w), 0);
}

static void entry_cd_pairs(struct kunit *test)
{
	struct entry_model *m = ste_model(test);
	int from, to;

	m->kind = &smmu3_cd_kind;
	for (from = 0; from < CD_NAMES; from++) {
		for (to = 0; to < CD_NAMES; to++) {
			cd_step(m, from, to);
			KUNIT_EXPECT_LE(test, m->syncs, 3);
			KUNIT_EXPECT_EQ(test, m->syncs == 0, from == to);
		}
	}
}

static void entry_cd_syncs(struct kunit *test)
{
	static const struct {
		u8 from, to, syncs, broke;
	} cases[] = {
		{ CD_NONE, CD, 2 },
		{ CD, CD_NONE, 2 },
		{ CD, CD_ASID, 1 },
		{ CD, CD_TTBR, 1 },
		{ CD, CD_HD, 1 },
		{ CD, CD_STALL, 1 },
		{ CD, CD_MAIR, 1 },
		{ CD, CD_ASID_TTBR, 3, true },
		{ CD_ASID, CD_MAIR, 3, true },
		{ CD, CD_QUIET, 2 },
		{ CD_STALL, CD_QUIET_STALL, 2 },
		{ CD_QUIET, CD, 2 },
		{ CD_QUIET, CD_NONE, 2 },
	};
	struct entry_model *m = ste_model(test);
	unsigned int i;

	m->kind = &smmu3_cd_kind;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cd_step(m, cases[i].from, cases[i].to);
		KUNIT_EXPECT_EQ_MSG(test, m->syncs, cases[i].syncs, "%s -> %s",
				    m->from, m->to);
		KUNIT_EXPECT_EQ_MSG(test, m->broke, cases[i].broke, "%s -> %s",
				    m->from, m->to);
	}
}

/* A sync that fails does not keep the entry from becoming the target */
static void entry_sync_fails(struct kunit *test)
{
	struct entry_model *m = ste_model(test);
	struct smmu3_ste a, b;

	make_ste(&a, S1);
	make_ste(&b, S2);
	m->from = ste_names[S1];
	m->to = ste_names[S2];
	for (m->fail_at = 1; m->fail_at <= 3; m->fail_at++)
		KUNIT_EXPECT_EQ(test, run(m, a.w, b.w), -EIO);
	KUNIT_EXPECT_EQ(test, run(m, a.w, b.w), 0);
}

static int count_sync(void *ctx)
{
	++*(unsigned int *)ctx;
	return 0;
}

static void entry_publish(struct kunit *test)
{
	struct smmu3_ste ste = {}, ste_target;
	struct smmu3_cd cd = {}, cd_target;
	unsigned int syncs = 0;
	__le64 desc = 0;

	make_ste(&ste_target, S2);
	KUNIT_EXPECT_EQ(test, smmu3_ste_publish(&ste, &ste_target, count_sync,
						&syncs), 0);
	KUNIT_EXPECT_MEMEQ(test, &ste, &ste_target, sizeof(ste));
	KUNIT_EXPECT_EQ(test, syncs, 2);
	make_cd(&cd_target, CD);
	KUNIT_EXPECT_EQ(test, smmu3_cd_publish(&cd, &cd_target, count_sync,
					       &syncs), 0);
	KUNIT_EXPECT_MEMEQ(test, &cd, &cd_target, sizeof(cd));
	KUNIT_EXPECT_EQ(test, syncs, 4);
	smmu3_desc_publish(&desc, smmu3_l1cd(0xabcdef001000));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(desc), 0xabcdef001001);
}

/* Encoders set no bit that the used masks do not have */
static void entry_used(struct kunit *test)
{
	struct smmu3_ste ste;
	struct smmu3_cd cd;
	__le64 used[WORDS];
	int name, i;

	for (name = 0; name < STE_NAMES; name++) {
		make_ste(&ste, name);
		smmu3_ste_used(ste.w, used);
		for (i = 0; i < WORDS; i++)
			KUNIT_EXPECT_EQ_MSG(test,
					    le64_to_cpu(ste.w[i] & ~used[i]), 0,
					    "%s, word %d", ste_names[name], i);
	}
	for (name = 0; name < CD_NAMES; name++) {
		make_cd(&cd, name);
		smmu3_cd_used(cd.w, used);
		for (i = 0; i < WORDS; i++)
			KUNIT_EXPECT_EQ_MSG(test,
					    le64_to_cpu(cd.w[i] & ~used[i]), 0,
					    "%s, word %d", cd_names[name], i);
	}
}

static void words(struct kunit *test, const char *name, const __le64 *w,
		  u64 w0, u64 w1, u64 w2, u64 w3)
{
	const u64 want[WORDS] = { w0, w1, w2, w3 };
	int i;

	for (i = 0; i < WORDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(w[i]), want[i],
				    "%s, word %d", name, i);
}

/* Worked out by hand from sections 5.1 to 5.4 of Arm IHI 0070 */
static void entry_vectors(struct kunit *test)
{
	const struct smmu3_ste_s1 s1 = {
		.cdtab = 0xfedcba987640, .cdmax_lg2 = 10,
		.fmt = SMMU3_STE_S1FMT_64K_L2, .s1dss = SMMU3_STE_S1DSS_SSID0,
		.stalld = true, .el2 = true, .ats = true,
	};
	struct smmu3_ste ste;
	struct smmu3_cd cd;

	make_ste(&ste, ABORT);
	words(test, "abort", ste.w, 1, 0, 0, 0);
	make_ste(&ste, BYPASS_IN);
	words(test, "bypass", ste.w, 9, 0x100000000000, 0, 0);
	smmu3_ste_s1(&ste, &s1);
	words(test, "s1", ste.w, 0x5000fedcba98766b, 0x980000d6, 0, 0);
	make_ste(&ste, S2);
	words(test, "s2", ste.w, 0xd, 0, 0x044d355800001234, 0xfedcba987000);
	make_cd(&cd, CD);
	words(test, "cd", cd.w, 0xbeefe205c0003510, 0xabcdef123000, 0,
	      0xf404ff44);
	make_cd(&cd, CD_QUIET_STALL);
	words(test, "quiet", cd.w, 0xbeefd205c0004000, 0, 0, 0xf404ff44);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(smmu3_l1std(0xabcdef004000, 8)),
			0xabcdef004009);
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE(entry_ste_pairs),
	KUNIT_CASE(entry_ste_syncs),
	KUNIT_CASE(entry_cd_pairs),
	KUNIT_CASE(entry_cd_syncs),
	KUNIT_CASE(entry_sync_fails),
	KUNIT_CASE(entry_publish),
	KUNIT_CASE(entry_used),
	KUNIT_CASE(entry_vectors),
	{}
};

static struct kunit_suite entry_suite = {
	.name = "smmu3-entry",
	.test_cases = entry_cases,
};

kunit_test_suite(entry_suite);
