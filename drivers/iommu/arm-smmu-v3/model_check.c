// SPDX-License-Identifier: GPL-2.0
/*
 * What the software SMMUv3 complains about in stream table entries and context
 * descriptors, and in the way that they change.
 *
 * No code is shared with the driver's entry.c: that one decides which bits the
 * hardware uses in order to write them in a safe order, this one checks it.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/string.h>

#include "model_priv.h"

void smmu3m_complain(struct smmu3_model *model, const char *fmt, ...)
{
	struct smmu3_model_state *state = model->state;
	char text[SMMU3M_COMPLAINT_LEN];
	unsigned int i;
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (i = 0; i < state->num_complaints; i++)
		if (!strcmp(state->complaints[i], text))
			return;
	if (i == SMMU3M_COMPLAINTS) {
		state->lost_complaints++;
		return;
	}
	strscpy(state->complaints[i], text, SMMU3M_COMPLAINT_LEN);
	state->num_complaints++;
}

unsigned int smmu3_model_excuse(struct smmu3_model *model, const char *what)
{
	struct smmu3_model_state *state = model->state;
	unsigned int from, to = 0;
	unsigned long flags;

	smmu3m_lock(model, &flags);
	for (from = 0; from < state->num_complaints; from++) {
		if (strstr(state->complaints[from], what))
			continue;
		if (to != from)
			strscpy(state->complaints[to], state->complaints[from],
				SMMU3M_COMPLAINT_LEN);
		to++;
	}
	from -= to;
	state->num_complaints = to;
	smmu3m_unlock(model, flags);
	return from;
}

unsigned int smmu3m_oas_bits(unsigned int oas)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };

	return oas < ARRAY_SIZE(bits) ? bits[oas] : 0;
}

unsigned int smmu3m_tg0_lg2(unsigned int tg)
{
	static const u8 lg2[] = { 12, 16, 14, 0 };

	return lg2[tg];
}

unsigned int smmu3m_tg1_lg2(unsigned int tg)
{
	static const u8 lg2[] = { 0, 14, 12, 16 };

	return lg2[tg];
}

bool smmu3m_has_granule(struct smmu3_model *model, unsigned int lg2)
{
	u32 idr5 = smmu3m_idr(model, SMMU3_IDR5);

	switch (lg2) {
	case 12:
		return idr5 & SMMU3_IDR5_GRAN4K;
	case 14:
		return idr5 & SMMU3_IDR5_GRAN16K;
	case 16:
		return idr5 & SMMU3_IDR5_GRAN64K;
	default:
		return false;
	}
}

/* Level of the first table by STE.S2SL0, -1 if it is reserved */
int smmu3m_s2_start(unsigned int granule_lg2, unsigned int sl0)
{
	if (sl0 == 3)
		return -1;
	return (granule_lg2 == 12 ? 2 : 3) - (int)sl0;
}

static unsigned int oas(struct smmu3_model *model)
{
	return smmu3m_oas_bits(FIELD_GET(SMMU3_IDR5_OAS,
					 smmu3m_idr(model, SMMU3_IDR5)));
}

static bool endian_ok(struct smmu3_model *model, bool big)
{
	switch (FIELD_GET(SMMU3_IDR0_TTENDIAN, smmu3m_idr(model, SMMU3_IDR0))) {
	case SMMU3_TTENDIAN_LITTLE:
		return !big;
	case SMMU3_TTENDIAN_BIG:
		return big;
	default:
		return true;
	}
}

static bool stall_ok(struct smmu3_model *model, bool stall)
{
	switch (FIELD_GET(SMMU3_IDR0_STALL_MODEL,
			  smmu3m_idr(model, SMMU3_IDR0))) {
	case SMMU3_STALL_MODEL_TERMINATE:
		return !stall;
	case SMMU3_STALL_MODEL_FORCE:
		return stall;
	default:
		return true;
	}
}

static bool httu_ok(struct smmu3_model *model, bool ha, bool hd)
{
	u32 httu = FIELD_GET(SMMU3_IDR0_HTTU, smmu3m_idr(model, SMMU3_IDR0));

	return (!ha || httu >= SMMU3_HTTU_ACCESS) &&
	       (!hd || httu >= SMMU3_HTTU_ACCESS_DIRTY);
}

static unsigned int max_ia_bits(struct smmu3_model *model,
				unsigned int granule_lg2)
{
	return granule_lg2 == 16 &&
	       FIELD_GET(SMMU3_IDR5_VAX, smmu3m_idr(model, SMMU3_IDR5)) ==
		SMMU3_VAX_52 ? 52 : 48;
}

/* 5.2 STE */

#define STE0_KNOWN	(SMMU3_STE0_V | SMMU3_STE0_CONFIG | SMMU3_STE0_S1FMT | \
			 SMMU3_STE0_S1CTXPTR | SMMU3_STE0_S1CDMAX)
#define STE1_RESERVED	(GENMASK_ULL(11, 8) | GENMASK_ULL(24, 20) | \
			 BIT_ULL(42) | BIT_ULL(43) | GENMASK_ULL(63, 54))
#define STE2_RESERVED	GENMASK_ULL(63, 59)
#define STE3_KNOWN	SMMU3_STE3_S2TTB

static const char *check_ste_s1(struct smmu3_model *model, const u64 *w)
{
	unsigned int lg2 = FIELD_GET(SMMU3_STE0_S1CDMAX, w[0]);
	unsigned int fmt = FIELD_GET(SMMU3_STE0_S1FMT, w[0]);
	unsigned int strw = FIELD_GET(SMMU3_STE1_STRW, w[1]);
	u64 table = w[0] & SMMU3_STE0_S1CTXPTR;
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);
	unsigned int size_lg2 = lg2 + 6;

	if (!(idr0 & SMMU3_IDR0_S1P))
		return "stage 1 is not there";
	if (lg2 > FIELD_GET(SMMU3_IDR1_SSIDSIZE, smmu3m_idr(model, SMMU3_IDR1)))
		return "S1CDMax is more than SSIDSIZE";
	if (lg2 && fmt == 3)
		return "S1Fmt is reserved";
	if (lg2 && fmt != SMMU3_STE_S1FMT_LINEAR && !(idr0 & SMMU3_IDR0_CD2L))
		return "two-level CD tables are not there";
	if (lg2 && FIELD_GET(SMMU3_STE1_S1DSS, w[1]) == 3)
		return "S1DSS is reserved";
	if (table >> oas(model))
		return "S1ContextPtr is beyond the address size";
	if (lg2 && fmt == SMMU3_STE_S1FMT_4K_L2)
		size_lg2 = max_t(int, (int)lg2 - 6 + 3, 6);
	if (lg2 && fmt == SMMU3_STE_S1FMT_64K_L2)
		size_lg2 = max_t(int, (int)lg2 - 10 + 3, 6);
	if (table & (BIT_ULL(size_lg2) - 1))
		return "S1ContextPtr is not aligned to the size of the table";
	if (FIELD_GET(SMMU3_STE0_CONFIG, w[0]) == SMMU3_STE_CONFIG_S1 &&
	    (strw & 1 || (strw == SMMU3_STE_STRW_EL2 &&
			  !(idr0 & SMMU3_IDR0_HYP))))
		return "STRW is a world that is not there";
	if (w[1] & SMMU3_STE1_S1STALLD &&
	    FIELD_GET(SMMU3_IDR0_STALL_MODEL, idr0))
		return "S1STALLD where there is no choice about stalls";
	return NULL;
}

static const char *check_s2_size(struct smmu3_model *model, const u64 *w,
				 unsigned int granule_lg2)
{
	int start = smmu3m_s2_start(granule_lg2,
				    FIELD_GET(SMMU3_STE2_S2SL0, w[2]));
	unsigned int ia_bits = 64 - FIELD_GET(SMMU3_STE2_S2T0SZ, w[2]);
	unsigned int step = granule_lg2 - 3, low, entries_lg2;
	u64 ttb = w[3] & SMMU3_STE3_S2TTB;

	if (start < 0)
		return "S2SL0 is reserved";
	if (ia_bits < 25 || ia_bits > min(oas(model),
					  granule_lg2 == 16 ? 52U : 48U))
		return "S2T0SZ is out of range";
	low = granule_lg2 + (3 - start) * step;
	/* Up to 16 tables may lie side by side at the first level */
	if (ia_bits <= low || ia_bits > low + step + 4)
		return "S2T0SZ does not go with S2SL0";
	entries_lg2 = ia_bits - low;
	if (ttb & (BIT_ULL(entries_lg2 + 3) - 1))
		return "S2TTB is not aligned to its tables";
	return ttb >> oas(model) ? "S2TTB is beyond the address size" : NULL;
}

static const char *check_ste_s2(struct smmu3_model *model, const u64 *w)
{
	unsigned int granule_lg2 =
		smmu3m_tg0_lg2(FIELD_GET(SMMU3_STE2_S2TG, w[2]));
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);

	if (!(idr0 & SMMU3_IDR0_S2P))
		return "stage 2 is not there";
	if (!(w[2] & SMMU3_STE2_S2AA64))
		return "AArch32 tables";
	if (!(idr0 & SMMU3_IDR0_VMID16) &&
	    FIELD_GET(SMMU3_STE2_S2VMID, w[2]) >> 8)
		return "S2VMID has more than 8 bits";
	if (!endian_ok(model, w[2] & SMMU3_STE2_S2ENDI))
		return "S2ENDI is a byte order that is not there";
	if (!stall_ok(model, w[2] & SMMU3_STE2_S2S))
		return "S2S does not go with STALL_MODEL";
	if (!httu_ok(model, w[2] & SMMU3_STE2_S2HA, w[2] & SMMU3_STE2_S2HD))
		return "S2HA or S2HD is not there";
	if (!smmu3m_has_granule(model, granule_lg2))
		return "S2TG is a granule that is not there";
	if (!smmu3m_oas_bits(FIELD_GET(SMMU3_STE2_S2PS, w[2])))
		return "S2PS is reserved";
	return check_s2_size(model, w, granule_lg2);
}

static const char *check_eats(struct smmu3_model *model, const u64 *w)
{
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);
	unsigned int eats = FIELD_GET(SMMU3_STE1_EATS, w[1]);

	if (!eats)
		return NULL;
	if (!(idr0 & SMMU3_IDR0_ATS))
		return "EATS, but ATS is not there";
	if (eats == 3)
		return "EATS is reserved";
	/* NS1ATS says so */
	return eats == SMMU3_STE_EATS_SPLIT ? "split-stage ATS is not there" :
					      NULL;
}

const char *smmu3m_check_ste(struct smmu3_model *model, const u64 *w)
{
	unsigned int config = FIELD_GET(SMMU3_STE0_CONFIG, w[0]);
	const char *why = NULL;

	if (w[0] & ~STE0_KNOWN || w[1] & STE1_RESERVED ||
	    w[2] & STE2_RESERVED || w[3] & ~STE3_KNOWN)
		return "reserved bits are set";
	if (config >= 1 && config <= 3)
		return "Config is reserved";
	if (config >= SMMU3_STE_CONFIG_S1)
		why = check_eats(model, w);
	if (!why && config >= SMMU3_STE_CONFIG_S1 && config & 1)
		why = check_ste_s1(model, w);
	if (!why && config >= SMMU3_STE_CONFIG_S1 && config & 2)
		why = check_ste_s2(model, w);
	return why;
}

/* 5.4 CD */

static const char *check_half(struct smmu3_model *model, unsigned int lg2,
			      unsigned int tsz, u64 ttb)
{
	unsigned int ia_bits = 64 - tsz, step, entries;

	if (!smmu3m_has_granule(model, lg2))
		return "TG is a granule that is not there";
	if (ia_bits < 25 || ia_bits > max_ia_bits(model, lg2))
		return "TSZ is out of range";
	if (ttb >> oas(model))
		return "TTB is beyond the address size";
	step = lg2 - 3;
	entries = (ia_bits - lg2 - 1) % step + 1;
	/* A table is at least 64 bytes where it is for 52-bit addresses */
	if (ttb & (BIT_ULL(entries + 3) - 1))
		return "TTB is not aligned to its table";
	return NULL;
}

const char *smmu3m_check_cd(struct smmu3_model *model, const u64 *ste,
			    const u64 *w)
{
	u32 idr0 = smmu3m_idr(model, SMMU3_IDR0);
	bool stall = w[0] & SMMU3_CD0_S;
	const char *why = NULL;

	if (!(w[0] & SMMU3_CD0_AA64))
		return "AArch32 tables";
	if (w[5] | w[6] | w[7])
		return "reserved words are set";
	if (!smmu3m_oas_bits(FIELD_GET(SMMU3_CD0_IPS, w[0])))
		return "IPS is reserved";
	if (!(idr0 & SMMU3_IDR0_ASID16) && FIELD_GET(SMMU3_CD0_ASID, w[0]) >> 8)
		return "ASID has more than 8 bits";
	if (!endian_ok(model, w[0] & SMMU3_CD0_ENDI))
		return "ENDI is a byte order that is not there";
	if (!httu_ok(model, w[0] & SMMU3_CD0_HA, w[0] & SMMU3_CD0_HD))
		return "HA or HD is not there";
	if (!stall_ok(model, stall))
		return "S does not go with STALL_MODEL";
	if (stall && ste[1] & SMMU3_STE1_S1STALLD)
		return "S with S1STALLD";
	if (!(w[0] & SMMU3_CD0_A) && idr0 & SMMU3_IDR0_TERM_MODEL)
		return "A is 0, but faults always abort";
	if (!(w[0] & SMMU3_CD0_EPD0))
		why = check_half(model,
				 smmu3m_tg0_lg2(FIELD_GET(SMMU3_CD0_TG0, w[0])),
				 FIELD_GET(SMMU3_CD0_T0SZ, w[0]),
				 w[1] & SMMU3_CD1_TTB0);
	if (!why && !(w[0] & SMMU3_CD0_EPD1))
		why = check_half(model,
				 smmu3m_tg1_lg2(FIELD_GET(SMMU3_CD0_TG1, w[0])),
				 FIELD_GET(SMMU3_CD0_T1SZ, w[0]),
				 w[2] & SMMU3_CD2_TTB1);
	return why;
}

/* Changes of what the unit may be reading */

/* An entry as far as it means something */
static void reduce_ste(const u64 *w, u64 *out)
{
	unsigned int config = FIELD_GET(SMMU3_STE0_CONFIG, w[0]);

	memset(out, 0, SMMU3_STE_WORDS * sizeof(*out));
	if (!(w[0] & SMMU3_STE0_V))
		return;
	out[0] = w[0] & (SMMU3_STE0_V | SMMU3_STE0_CONFIG);
	if (config < SMMU3_STE_CONFIG_BYPASS)
		return;
	out[1] = w[1] & ~(SMMU3_STE1_S1DSS | SMMU3_STE1_S1CIR |
			  SMMU3_STE1_S1COR | SMMU3_STE1_S1CSH |
			  SMMU3_STE1_S1STALLD | SMMU3_STE1_EATS |
			  SMMU3_STE1_STRW | SMMU3_STE1_S2FWB);
	if (config == SMMU3_STE_CONFIG_BYPASS)
		return;
	out[1] |= w[1] & SMMU3_STE1_EATS;
	out[2] = w[2] & SMMU3_STE2_S2VMID;
	if (config & 1) {
		out[0] = w[0];
		out[1] |= w[1] & ~SMMU3_STE1_S2FWB;
	}
	/* Attributes are of the tables, unless something goes past them */
	if (config == SMMU3_STE_CONFIG_S1 &&
	    FIELD_GET(SMMU3_STE1_S1DSS, w[1]) != SMMU3_STE_S1DSS_BYPASS)
		out[1] &= ~SMMU3_STE1_SHCFG;
	if (config & 2) {
		out[1] |= w[1] & SMMU3_STE1_S2FWB;
		out[2] = w[2];
		out[3] = w[3];
	}
}

static void reduce_cd(const u64 *w, u64 *out)
{
	memset(out, 0, SMMU3_CD_WORDS * sizeof(*out));
	if (!(w[0] & SMMU3_CD0_V))
		return;
	memcpy(out, w, SMMU3_CD_WORDS * sizeof(*out));
	if (w[0] & SMMU3_CD0_EPD0) {
		out[0] &= ~(SMMU3_CD0_T0SZ | SMMU3_CD0_TG0 | SMMU3_CD0_IR0 |
			    SMMU3_CD0_OR0 | SMMU3_CD0_SH0 | SMMU3_CD0_TBI0);
		out[1] = 0;
	}
	if (w[0] & SMMU3_CD0_EPD1) {
		out[0] &= ~(SMMU3_CD0_T1SZ | SMMU3_CD0_TG1 | SMMU3_CD0_IR1 |
			    SMMU3_CD0_OR1 | SMMU3_CD0_SH1 | SMMU3_CD0_TBI1);
		out[2] = 0;
	}
}

static void reduce(enum smmu3m_kind kind, const u64 *w, u64 *out)
{
	if (kind == SMMU3M_STE)
		reduce_ste(w, out);
	else
		reduce_cd(w, out);
}

/*
 * The words of an entry are read in any order, so while it changed from one to
 * the other the unit may have seen any mixture of both.  Each must mean what one
 * of the two means, or nothing.
 */
void smmu3m_check_change(struct smmu3_model *model,
			 const struct smmu3m_entry *old, const u64 *now)
{
	u64 was[SMMU3_STE_WORDS], is[SMMU3_STE_WORDS];
	u64 mixed[SMMU3_STE_WORDS], seen[SMMU3_STE_WORDS];
	unsigned long differ = 0, mix;
	int i;

	reduce(old->kind, old->w, was);
	reduce(old->kind, now, is);
	for (i = 0; i < SMMU3_STE_WORDS; i++)
		if (old->w[i] != now[i])
			differ |= BIT(i);
	if (!(differ & (differ - 1)))
		return;
	for (mix = 0; mix < BIT(SMMU3_STE_WORDS); mix++) {
		if (mix & ~differ)
			continue;
		for (i = 0; i < SMMU3_STE_WORDS; i++)
			mixed[i] = mix & BIT(i) ? now[i] : old->w[i];
		reduce(old->kind, mixed, seen);
		if (seen[0] && memcmp(seen, was, sizeof(was)) &&
		    memcmp(seen, is, sizeof(is))) {
			smmu3m_complain(model,
					"%s %#x of stream %#x: the change could be read half done (words %#lx)",
					old->kind == SMMU3M_STE ? "STE" : "CD",
					old->ssid, old->sid, differ);
			return;
		}
	}
}
