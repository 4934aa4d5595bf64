// SPDX-License-Identifier: GPL-2.0
/*
 * Decodes the identification registers by tables of rules.
 *
 * One table per question: which values make an instance unusable, which set a
 * flag, which are numbers.  A new feature is a new row.
 */
#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "cmdq.h"
#include "features.h"
#include "regs.h"

/* A value of a field, and what follows from it */
struct flag_rule {
	enum smmu3_idr reg;
	u32 mask;
	u32 value;
	u32 flags;
};

static const struct flag_rule flag_rules[] = {
	{ SMMU3_ID_IDR0, SMMU3_IDR0_S1P, 1, SMMU3_FEAT_S1 },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_S2P, 1, SMMU3_FEAT_S2 },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ST_LEVEL, SMMU3_ST_LEVEL_2LVL,
	  SMMU3_FEAT_STRTAB_2LVL },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_CD2L, 1, SMMU3_FEAT_CDTAB_2LVL },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ATS, 1, SMMU3_FEAT_ATS },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_ATSRECERR, 1, SMMU3_FEAT_ATS_RECORDS },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_PRI, 1, SMMU3_FEAT_PRI },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_SEV, 1, SMMU3_FEAT_SEV },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_MSI, 1, SMMU3_FEAT_MSI },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_HYP, 1, SMMU3_FEAT_HYP },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_COHACC, 1, SMMU3_FEAT_COHACC },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTF, SMMU3_TTF_BOTH, SMMU3_FEAT_AARCH32 },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_HTTU, SMMU3_HTTU_ACCESS, SMMU3_FEAT_HA },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_HTTU, SMMU3_HTTU_ACCESS_DIRTY,
	  SMMU3_FEAT_HA | SMMU3_FEAT_HD },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_STALL_MODEL, SMMU3_STALL_MODEL_BOTH,
	  SMMU3_FEAT_STALLS },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_STALL_MODEL, SMMU3_STALL_MODEL_FORCE,
	  SMMU3_FEAT_STALLS | SMMU3_FEAT_STALL_FORCE },
	{ SMMU3_ID_IDR1, SMMU3_IDR1_ATTR_TYPES_OVR, 1,
	  SMMU3_FEAT_ATTR_OVERRIDE },
	{ SMMU3_ID_IDR3, SMMU3_IDR3_RIL, 1, SMMU3_FEAT_RIL },
	{ SMMU3_ID_IDR5, SMMU3_IDR5_VAX, SMMU3_VAX_52, SMMU3_FEAT_VAX },
};

/* A field that is a number, by a map or as it stands up to a limit */
struct number_rule {
	enum smmu3_idr reg;
	u32 mask;
	u8 limit;
	const u8 *map;
	size_t offset;
};

static const u8 tag_bits[] = { 8, 16 };

/* Section 6.3.6: 7 and more are reserved; 48 bits are what they all include */
static const u8 output_bits[] = { 32, 36, 40, 42, 44, 48, 52, 48 };

#define NUMBER(id, field_mask, max, table, member) \
	{ (id), (field_mask), (max), (table), \
	  offsetof(struct smmu3_features, member) }

static const struct number_rule number_rules[] = {
	NUMBER(SMMU3_ID_IDR0, SMMU3_IDR0_ASID16, 1, tag_bits, asid_bits),
	NUMBER(SMMU3_ID_IDR0, SMMU3_IDR0_VMID16, 1, tag_bits, vmid_bits),
	NUMBER(SMMU3_ID_IDR1, SMMU3_IDR1_SIDSIZE, 32, NULL, sid_bits),
	NUMBER(SMMU3_ID_IDR1, SMMU3_IDR1_SSIDSIZE, 20, NULL, ssid_bits),
	NUMBER(SMMU3_ID_IDR1, SMMU3_IDR1_CMDQS, SMMU3_Q_MAX_LG2, NULL, cmdq_lg2),
	NUMBER(SMMU3_ID_IDR1, SMMU3_IDR1_EVENTQS, SMMU3_Q_MAX_LG2, NULL, evtq_lg2),
	NUMBER(SMMU3_ID_IDR1, SMMU3_IDR1_PRIQS, SMMU3_Q_MAX_LG2, NULL, priq_lg2),
	NUMBER(SMMU3_ID_IDR5, SMMU3_IDR5_OAS, 7, output_bits, oas),
};

struct granule_rule {
	u32 mask;
	unsigned long pgsizes;
};

static const struct granule_rule granule_rules[] = {
	{ SMMU3_IDR5_GRAN4K, SZ_4K | SZ_2M | SZ_1G },
	{ SMMU3_IDR5_GRAN16K, SZ_16K | SZ_32M },
	{ SMMU3_IDR5_GRAN64K, SZ_64K | SZ_512M },
};

/* A value that we cannot work with, and the words to say so */
struct refusal {
	enum smmu3_idr reg;
	u32 mask;
	u32 value;
	const char *why;
};

static const struct refusal refusals[] = {
	{ SMMU3_ID_IDR1, SMMU3_IDR1_TABLES_PRESET, 1,
	  "its stream table is at a fixed address" },
	{ SMMU3_ID_IDR1, SMMU3_IDR1_QUEUES_PRESET, 1,
	  "its queues are at fixed addresses" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTF, 0, "it walks no tables" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTF, SMMU3_TTF_AARCH32,
	  "it walks AArch32 tables only" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTENDIAN, 1,
	  "the byte order of its tables is unknown" },
	{ SMMU3_ID_IDR0, SMMU3_IDR0_TTENDIAN,
	  IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? SMMU3_TTENDIAN_LITTLE :
					      SMMU3_TTENDIAN_BIG,
	  "its tables have the other byte order than the CPU" },
};

static u32 field(const struct smmu3_id_regs *regs, enum smmu3_idr reg, u32 mask)
{
	return (regs->val[reg] & mask) >> __ffs(mask);
}

static const char *find_refusal(const struct smmu3_id_regs *regs)
{
	const struct refusal *r;

	for (r = refusals; r < refusals + ARRAY_SIZE(refusals); r++)
		if (field(regs, r->reg, r->mask) == r->value)
			return r->why;
	return NULL;
}

static u32 decode_flags(const struct smmu3_id_regs *regs)
{
	const struct flag_rule *r;
	u32 flags = 0;

	for (r = flag_rules; r < flag_rules + ARRAY_SIZE(flag_rules); r++)
		if (field(regs, r->reg, r->mask) == r->value)
			flags |= r->flags;
	if ((flags & SMMU3_FEAT_S1) && (flags & SMMU3_FEAT_S2))
		flags |= SMMU3_FEAT_NESTING;
	return flags;
}

static void decode_numbers(const struct smmu3_id_regs *regs,
			   struct smmu3_features *feat)
{
	const struct number_rule *r;

	for (r = number_rules; r < number_rules + ARRAY_SIZE(number_rules); r++) {
		u8 val = min_t(u32, field(regs, r->reg, r->mask), r->limit);

		*((u8 *)feat + r->offset) = r->map ? r->map[val] : val;
	}
}

static unsigned long decode_granules(const struct smmu3_id_regs *regs, u8 oas)
{
	unsigned long pgsizes = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(granule_rules); i++)
		if (regs->val[SMMU3_ID_IDR5] & granule_rules[i].mask)
			pgsizes |= granule_rules[i].pgsizes;
	/* 52-bit addresses bring 4 TiB blocks at level 1 of the 64K granule */
	if (oas > 48 && (pgsizes & SZ_64K))
		pgsizes |= 1ULL << 42;
	return pgsizes;
}

const char *smmu3_features_decode(const struct smmu3_id_regs *regs,
				  struct smmu3_features *feat)
{
	const char *why = find_refusal(regs);

	if (why)
		return why;

	memset(feat, 0, sizeof(*feat));
	feat->iidr = regs->val[SMMU3_ID_IIDR];
	feat->flags = decode_flags(regs);
	decode_numbers(regs, feat);
	feat->pgsize_bitmap = decode_granules(regs, feat->oas);

	if (!(feat->flags & (SMMU3_FEAT_S1 | SMMU3_FEAT_S2)))
		return "it has neither stage of translation";
	if (!(feat->pgsize_bitmap & GENMASK(PAGE_SHIFT, 0)))
		return "all its granules are larger than the CPU's pages";
	if (feat->cmdq_lg2 < SMMU3_CMDQ_MIN_LG2)
		return "its command queue is too short";
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_features_decode);

static const char * const flag_names[] = {
	"stage-1", "stage-2", "nesting", "2-level-stream-table",
	"2-level-cd-table", "ats", "pri", "sev", "msi", "hyp", "e2h",
	"range-invalidation", "stalls", "stall-force", "access-flag",
	"dirty-state", "52-bit-va", "attribute-override", "aarch32",
	"coherent-by-register", "coherent", "page0-only", "ats-records",
};

void smmu3_features_show(struct seq_file *s, const struct smmu3_features *feat)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (feat->flags & BIT(i))
			seq_printf(s, "%s ", flag_names[i]);
	seq_printf(s, "\niidr %#010x\noutput-bits %u\nstream-bits %u\n",
		   feat->iidr, feat->oas, feat->sid_bits);
	seq_printf(s, "pasid-bits %u\nasid-bits %u\nvmid-bits %u\n",
		   feat->ssid_bits, feat->asid_bits, feat->vmid_bits);
	seq_printf(s, "page-sizes %#lx\n", feat->pgsize_bitmap);
}
