// SPDX-License-Identifier: GPL-2.0
/*
 * The software SMMUv3's configuration: from a stream and a PASID to a context.
 *
 * Every structure that is read is cached, whether it is valid or not, and used
 * until a CFGI command names it.  Each time that one is read anew it is
 * compared with what it was, see smmu3m_check_change().
 */
#include <linux/bitfield.h>

#include "model_priv.h"

static u64 word(const __le64 *table, unsigned int index)
{
	return le64_to_cpu(READ_ONCE(table[index]));
}

/* The cache */

static struct smmu3m_entry *find_entry(struct smmu3_model *model,
				       enum smmu3m_kind kind, u32 sid, u32 ssid)
{
	struct smmu3m_entry *e = model->state->entries;

	for (; e < model->state->entries + SMMU3M_ENTRIES; e++)
		if (e->known && e->kind == kind && e->sid == sid &&
		    e->ssid == ssid)
			return e;
	return NULL;
}

static struct smmu3m_entry *new_entry(struct smmu3_model *model)
{
	struct smmu3_model_state *state = model->state;
	struct smmu3m_entry *e = state->entries;

	for (; e < state->entries + SMMU3M_ENTRIES; e++)
		if (!e->known)
			return e;
	return &state->entries[state->next_entry++ % SMMU3M_ENTRIES];
}

/* Bring what is known of a structure up to date; NULL if there is no memory */
static struct smmu3m_entry *fetch(struct smmu3_model *model,
				  enum smmu3m_kind kind, u32 sid, u32 ssid,
				  u64 addr)
{
	unsigned int n = kind == SMMU3M_STE || kind == SMMU3M_CD ?
			 SMMU3_STE_WORDS : 1;
	struct smmu3m_entry *e = find_entry(model, kind, sid, ssid);
	const __le64 *p = smmu3m_memory(addr);
	u64 w[SMMU3_STE_WORDS] = {};
	unsigned int i;

	if (!p)
		return NULL;
	for (i = 0; i < n; i++)
		w[i] = word(p, i);
	if (e && e->addr == addr && n > 1)
		smmu3m_check_change(model, e, w);
	if (!e)
		e = new_entry(model);
	*e = (struct smmu3m_entry) {
		.known = true,
		.kind = kind,
		.sid = sid,
		.sid_last = sid,
		.ssid = ssid,
		.ssid_last = ssid,
		.addr = addr,
	};
	memcpy(e->w, w, sizeof(w));
	return e;
}

/* From the cache, or from memory into it */
static struct smmu3m_entry *lookup(struct smmu3_model *model,
				   enum smmu3m_kind kind, u32 sid, u32 ssid,
				   u64 addr)
{
	struct smmu3m_entry *e = find_entry(model, kind, sid, ssid);

	if (e && e->cached)
		return e;
	e = fetch(model, kind, sid, ssid, addr);
	if (e)
		e->cached = true;
	return e;
}

/* Streams */

static bool fail(struct smmu3m_fault *fault, u8 event)
{
	fault->event = event;
	return false;
}

/* Where an STE is, by what is cached of the level above; 0 if nowhere */
static u64 ste_address(struct smmu3_model *model, u32 sid,
		       struct smmu3m_fault *fault)
{
	u64 base = smmu3m_get64(model, SMMU3_STRTAB_BASE) &
		   SMMU3_STRTAB_BASE_ADDR;
	u32 cfg = smmu3m_get(model, SMMU3_STRTAB_BASE_CFG);
	u32 split = FIELD_GET(SMMU3_STRTAB_CFG_SPLIT, cfg);
	struct smmu3m_entry *l1;
	u64 span;

	fault->event = SMMU3_C_BAD_STREAMID;
	if ((u64)sid >> FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg))
		return 0;
	if (FIELD_GET(SMMU3_STRTAB_CFG_FMT, cfg) == SMMU3_STRTAB_FMT_LINEAR)
		return base + sid * sizeof(struct smmu3_ste);

	l1 = lookup(model, SMMU3M_L1STD, sid >> split << split, 0,
		    base + (sid >> split) * sizeof(u64));
	if (!l1) {
		fault->event = SMMU3_F_STE_FETCH;
		return 0;
	}
	l1->sid_last = l1->sid + (BIT(split) - 1);
	span = FIELD_GET(SMMU3_L1STD_SPAN, l1->w[0]);
	sid &= BIT(split) - 1;
	if (!span || sid >> (span - 1))
		return 0;
	return (l1->w[0] & SMMU3_L1STD_L2PTR) + sid * sizeof(struct smmu3_ste);
}

static const u64 *get_ste(struct smmu3_model *model, u32 sid,
			  struct smmu3m_fault *fault)
{
	u64 addr = ste_address(model, sid, fault);
	struct smmu3m_entry *e;
	const char *why;

	if (!addr)
		return NULL;
	e = lookup(model, SMMU3M_STE, sid, 0, addr);
	if (!e) {
		fault->event = SMMU3_F_STE_FETCH;
		return NULL;
	}
	fault->event = SMMU3_C_BAD_STE;
	if (!(e->w[0] & SMMU3_STE0_V))
		return NULL;
	why = smmu3m_check_ste(model, e->w);
	if (why) {
		smmu3m_complain(model, "STE of stream %#x: %s", sid, why);
		return NULL;
	}
	return e->w;
}

/* Which descriptor a transaction uses; false if none */
static bool choose_cd(const u64 *ste, const struct smmu3m_tx *tx, u32 *index,
		      bool *bypass, struct smmu3m_fault *fault)
{
	unsigned int lg2 = FIELD_GET(SMMU3_STE0_S1CDMAX, ste[0]);
	unsigned int dss = FIELD_GET(SMMU3_STE1_S1DSS, ste[1]);

	*index = 0;
	*bypass = false;
	if (tx->ssid != SMMU3_MODEL_NO_SSID) {
		*index = tx->ssid;
		if (!lg2 || tx->ssid >> lg2 ||
		    (!tx->ssid && dss == SMMU3_STE_S1DSS_SSID0))
			return fail(fault, SMMU3_C_BAD_SUBSTREAMID);
		return true;
	}
	if (!lg2 || dss == SMMU3_STE_S1DSS_SSID0)
		return true;
	if (dss == SMMU3_STE_S1DSS_TERMINATE)
		return fail(fault, SMMU3_F_STREAM_DISABLED);
	*bypass = true;
	return true;
}

/* PASIDs, with the table of the STE */

static u64 cd_address(struct smmu3_model *model, const u64 *ste, u32 sid,
		      u32 ssid, struct smmu3m_fault *fault)
{
	unsigned int fmt = FIELD_GET(SMMU3_STE0_S1FMT, ste[0]);
	u64 base = ste[0] & SMMU3_STE0_S1CTXPTR;
	struct smmu3m_entry *l1;
	unsigned int split;

	if (!FIELD_GET(SMMU3_STE0_S1CDMAX, ste[0]))
		return base;
	if (fmt == SMMU3_STE_S1FMT_LINEAR)
		return base + ssid * sizeof(struct smmu3_cd);
	split = fmt == SMMU3_STE_S1FMT_4K_L2 ? 6 : 10;
	l1 = lookup(model, SMMU3M_L1CD, sid, ssid >> split << split,
		    base + (ssid >> split) * sizeof(u64));
	if (!l1) {
		fault->event = SMMU3_F_CD_FETCH;
		return 0;
	}
	l1->ssid_last = l1->ssid + (BIT(split) - 1);
	if (!(l1->w[0] & SMMU3_L1CD_V)) {
		fault->event = SMMU3_C_BAD_SUBSTREAMID;
		return 0;
	}
	if (l1->w[0] & ~(SMMU3_L1CD_V | SMMU3_L1CD_L2PTR))
		smmu3m_complain(model, "level-1 CD %#llx has reserved bits",
				l1->w[0]);
	ssid &= BIT(split) - 1;
	return (l1->w[0] & SMMU3_L1CD_L2PTR) + ssid * sizeof(struct smmu3_cd);
}

static const u64 *get_cd(struct smmu3_model *model, const u64 *ste, u32 sid,
			 u32 ssid, struct smmu3m_fault *fault)
{
	u64 addr = cd_address(model, ste, sid, ssid, fault);
	struct smmu3m_entry *e;
	const char *why;

	if (!addr)
		return NULL;
	e = lookup(model, SMMU3M_CD, sid, ssid, addr);
	if (!e) {
		fault->event = SMMU3_F_CD_FETCH;
		fault->fetch = addr;
		return NULL;
	}
	fault->event = SMMU3_C_BAD_CD;
	if (!(e->w[0] & SMMU3_CD0_V))
		return NULL;
	why = smmu3m_check_cd(model, ste, e->w);
	if (why) {
		smmu3m_complain(model, "CD %#x of stream %#x: %s", ssid, sid,
				why);
		return NULL;
	}
	return e->w;
}

/* From entries to a context */

static unsigned int oa_bits(struct smmu3_model *model, unsigned int field,
			    unsigned int granule_lg2)
{
	u32 idr5 = smmu3m_idr(model, SMMU3_IDR5);
	unsigned int bits = min(smmu3m_oas_bits(field),
				smmu3m_oas_bits(FIELD_GET(SMMU3_IDR5_OAS,
							  idr5)));

	return granule_lg2 == 16 ? bits : min(bits, 48U);
}

static void use_ste(struct smmu3_model *model, const u64 *ste,
		    struct smmu3m_ctx *ctx)
{
	bool stage2 = FIELD_GET(SMMU3_STE0_CONFIG, ste[0]) & 2;
	struct smmu3m_stage *s2 = &ctx->s2;

	ctx->eats = FIELD_GET(SMMU3_STE1_EATS, ste[1]);
	ctx->regime = SMMU3M_EL1;
	if (!stage2 &&
	    FIELD_GET(SMMU3_STE1_STRW, ste[1]) == SMMU3_STE_STRW_EL2)
		ctx->regime = SMMU3M_EL2;
	if (ctx->regime == SMMU3M_EL1)
		ctx->vmid = FIELD_GET(SMMU3_STE2_S2VMID, ste[2]);
	if (!stage2)
		return;
	s2->on = true;
	s2->s2 = true;
	s2->granule_lg2 = smmu3m_tg0_lg2(FIELD_GET(SMMU3_STE2_S2TG, ste[2]));
	s2->ia_bits = 64 - FIELD_GET(SMMU3_STE2_S2T0SZ, ste[2]);
	s2->oa_bits = oa_bits(model, FIELD_GET(SMMU3_STE2_S2PS, ste[2]),
			      s2->granule_lg2);
	s2->start = smmu3m_s2_start(s2->granule_lg2,
				    FIELD_GET(SMMU3_STE2_S2SL0, ste[2]));
	s2->ttb = ste[3] & SMMU3_STE3_S2TTB;
	s2->ha = ste[2] & SMMU3_STE2_S2HA;
	s2->hd = s2->ha && ste[2] & SMMU3_STE2_S2HD;
	s2->affd = ste[2] & SMMU3_STE2_S2AFFD;
	s2->big_endian = ste[2] & SMMU3_STE2_S2ENDI;
	s2->record = ste[2] & SMMU3_STE2_S2R;
	s2->stall = ste[2] & SMMU3_STE2_S2S;
	s2->abort = true;
}

static void use_cd(struct smmu3_model *model, const u64 *cd, u64 iova,
		   struct smmu3m_ctx *ctx)
{
	bool upper = iova & BIT_ULL(63);
	struct smmu3m_stage *s1 = &ctx->s1;
	unsigned int tsz = FIELD_GET(SMMU3_CD0_T0SZ, cd[0]);

	s1->on = true;
	s1->off = cd[0] & (upper ? SMMU3_CD0_EPD1 : SMMU3_CD0_EPD0);
	s1->granule_lg2 = smmu3m_tg0_lg2(FIELD_GET(SMMU3_CD0_TG0, cd[0]));
	s1->ttb = cd[1] & SMMU3_CD1_TTB0;
	if (upper) {
		tsz = FIELD_GET(SMMU3_CD0_T1SZ, cd[0]);
		s1->granule_lg2 = smmu3m_tg1_lg2(FIELD_GET(SMMU3_CD0_TG1,
							   cd[0]));
		s1->ttb = cd[2] & SMMU3_CD2_TTB1;
	}
	ctx->asid = FIELD_GET(SMMU3_CD0_ASID, cd[0]);
	s1->record = cd[0] & SMMU3_CD0_R;
	s1->stall = cd[0] & SMMU3_CD0_S;
	s1->abort = cd[0] & SMMU3_CD0_A;
	if (s1->off)
		return;
	s1->ia_bits = 64 - tsz;
	s1->oa_bits = oa_bits(model, FIELD_GET(SMMU3_CD0_IPS, cd[0]),
			      s1->granule_lg2);
	s1->start = 4 - DIV_ROUND_UP(s1->ia_bits - s1->granule_lg2,
				     s1->granule_lg2 - 3);
	s1->ha = cd[0] & SMMU3_CD0_HA;
	s1->hd = s1->ha && cd[0] & SMMU3_CD0_HD;
	s1->affd = cd[0] & SMMU3_CD0_AFFD;
	s1->big_endian = cd[0] & SMMU3_CD0_ENDI;
	s1->wxn = cd[0] & SMMU3_CD0_WXN;
	s1->pan = cd[0] & SMMU3_CD0_PAN;
	s1->one_priv = ctx->regime == SMMU3M_EL2 &&
		       !(smmu3m_get(model, SMMU3_CR2) & SMMU3_CR2_E2H);
}

static enum smmu3m_way configure_s1(struct smmu3_model *model, const u64 *ste,
				    const struct smmu3m_tx *tx,
				    struct smmu3m_ctx *ctx,
				    struct smmu3m_fault *fault)
{
	bool bypass;
	const u64 *cd;
	u32 ssid;

	if (!choose_cd(ste, tx, &ssid, &bypass, fault))
		return SMMU3M_FAULT;
	if (bypass)
		return ctx->s2.on ? SMMU3M_TRANSLATE : SMMU3M_PASS;
	cd = get_cd(model, ste, tx->sid, ssid, fault);
	if (!cd)
		return SMMU3M_FAULT;
	use_cd(model, cd, tx->iova, ctx);
	return SMMU3M_TRANSLATE;
}

/* By the STE alone, which is left at *@ste */
static enum smmu3m_way configure_stream(struct smmu3_model *model, u32 sid,
					struct smmu3m_ctx *ctx,
					struct smmu3m_fault *fault,
					const u64 **ste)
{
	memset(ctx, 0, sizeof(*ctx));
	*fault = (struct smmu3m_fault) { .class = SMMU3_CLASS_NONE, .level = -1 };
	*ste = get_ste(model, sid, fault);
	if (!*ste)
		return SMMU3M_FAULT;
	fault->event = 0;
	switch (FIELD_GET(SMMU3_STE0_CONFIG, (*ste)[0])) {
	case SMMU3_STE_CONFIG_ABORT:
		return SMMU3M_FAULT;
	case SMMU3_STE_CONFIG_BYPASS:
		return SMMU3M_PASS;
	default:
		use_ste(model, *ste, ctx);
		return SMMU3M_TRANSLATE;
	}
}

enum smmu3m_way smmu3m_stream(struct smmu3_model *model, u32 sid,
			      struct smmu3m_ctx *ctx,
			      struct smmu3m_fault *fault)
{
	const u64 *ste;

	return configure_stream(model, sid, ctx, fault, &ste);
}

enum smmu3m_way smmu3m_configure(struct smmu3_model *model,
				 const struct smmu3m_tx *tx,
				 struct smmu3m_ctx *ctx,
				 struct smmu3m_fault *fault)
{
	enum smmu3m_way way;
	const u64 *ste;

	way = configure_stream(model, tx->sid, ctx, fault, &ste);
	if (way == SMMU3M_FAULT)
		return way;
	if (way == SMMU3M_TRANSLATE &&
	    FIELD_GET(SMMU3_STE0_CONFIG, ste[0]) != SMMU3_STE_CONFIG_S2)
		return configure_s1(model, ste, tx, ctx, fault);
	if (tx->ssid == SMMU3_MODEL_NO_SSID)
		return way;
	fail(fault, SMMU3_C_BAD_SUBSTREAMID);
	return SMMU3M_FAULT;
}

/* As it is in memory */

static const __le64 *ste_in_memory(struct smmu3_model *model, u32 sid)
{
	u64 base = smmu3m_get64(model, SMMU3_STRTAB_BASE) &
		   SMMU3_STRTAB_BASE_ADDR;
	u32 cfg = smmu3m_get(model, SMMU3_STRTAB_BASE_CFG);
	u32 split = FIELD_GET(SMMU3_STRTAB_CFG_SPLIT, cfg);
	const __le64 *l1;
	u64 desc, span;

	if ((u64)sid >> FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg))
		return NULL;
	if (FIELD_GET(SMMU3_STRTAB_CFG_FMT, cfg) == SMMU3_STRTAB_FMT_LINEAR)
		return smmu3m_memory(base + sid * sizeof(struct smmu3_ste));

	l1 = smmu3m_memory(base);
	if (!l1)
		return NULL;
	desc = word(l1, sid >> split);
	span = FIELD_GET(SMMU3_L1STD_SPAN, desc);
	sid &= BIT(split) - 1;
	if (!span || sid >> (span - 1))
		return NULL;
	return smmu3m_memory((desc & SMMU3_L1STD_L2PTR) +
			     sid * sizeof(struct smmu3_ste));
}

static const __le64 *cd_in_memory(const __le64 *ste, u32 ssid)
{
	u64 w0 = word(ste, 0);
	unsigned int lg2 = FIELD_GET(SMMU3_STE0_S1CDMAX, w0);
	unsigned int fmt = FIELD_GET(SMMU3_STE0_S1FMT, w0);
	u64 base = w0 & SMMU3_STE0_S1CTXPTR;
	unsigned int split = fmt == SMMU3_STE_S1FMT_4K_L2 ? 6 : 10;
	const __le64 *l1;

	if (!(w0 & SMMU3_STE0_V) || !(FIELD_GET(SMMU3_STE0_CONFIG, w0) & 1) ||
	    ssid >> lg2)
		return NULL;
	if (!lg2 || fmt == SMMU3_STE_S1FMT_LINEAR)
		return smmu3m_memory(base + ssid * sizeof(struct smmu3_cd));
	l1 = smmu3m_memory(base);
	if (!l1 || !(word(l1, ssid >> split) & SMMU3_L1CD_V))
		return NULL;
	base = word(l1, ssid >> split) & SMMU3_L1CD_L2PTR;
	ssid &= BIT(split) - 1;
	return smmu3m_memory(base + ssid * sizeof(struct smmu3_cd));
}

static void view_s1(const __le64 *ste, struct smmu3_view *view)
{
	const __le64 *cd = cd_in_memory(ste, 0);

	if (!cd || !(word(cd, 0) & SMMU3_CD0_V)) {
		view->verdict = SMMU3_BROKEN;
		return;
	}
	view->verdict = SMMU3_STAGE1;
	view->ttb = word(cd, 1) & SMMU3_CD1_TTB0;
	view->tag = FIELD_GET(SMMU3_CD0_ASID, word(cd, 0));
}

static void view_ste(const __le64 *ste, struct smmu3_view *view)
{
	unsigned int dss = FIELD_GET(SMMU3_STE1_S1DSS, word(ste, 1));

	if (!(word(ste, 0) & SMMU3_STE0_V))
		return;
	switch (FIELD_GET(SMMU3_STE0_CONFIG, word(ste, 0))) {
	case SMMU3_STE_CONFIG_ABORT:
		view->verdict = SMMU3_ABORTS;
		return;
	case SMMU3_STE_CONFIG_BYPASS:
		view->verdict = SMMU3_PASSES;
		return;
	case SMMU3_STE_CONFIG_S1:
		if (!FIELD_GET(SMMU3_STE0_S1CDMAX, word(ste, 0)) ||
		    dss == SMMU3_STE_S1DSS_SSID0)
			view_s1(ste, view);
		else
			view->verdict = dss == SMMU3_STE_S1DSS_BYPASS ?
					SMMU3_PASSES : SMMU3_ABORTS;
		return;
	case SMMU3_STE_CONFIG_S2:
		view->verdict = SMMU3_STAGE2;
		view->ttb = word(ste, 3) & SMMU3_STE3_S2TTB;
		view->tag = FIELD_GET(SMMU3_STE2_S2VMID, word(ste, 2));
		return;
	}
}

struct smmu3_view smmu3m_view(struct smmu3_model *model, u32 sid)
{
	struct smmu3_view view = { .verdict = SMMU3_BROKEN };
	const __le64 *ste;

	if (!smmu3m_cr0(model, SMMU3_CR0_SMMUEN)) {
		view.verdict = smmu3m_get(model, SMMU3_GBPA) &
			       SMMU3_GBPA_ABORT ? SMMU3_ABORTS : SMMU3_PASSES;
		return view;
	}
	ste = ste_in_memory(model, sid);
	if (ste)
		view_ste(ste, &view);
	return view;
}

struct smmu3_view smmu3_model_view(struct smmu3_model *model, u32 sid)
{
	struct smmu3_view view;
	unsigned long flags;

	smmu3m_lock(model, &flags);
	view = smmu3m_view(model, sid);
	smmu3m_unlock(model, flags);
	return view;
}

/* Invalidation */

/*
 * Read once more what a command names, to see how it has changed.  What no
 * table leads to any longer may belong to somebody else by now, and change in
 * any way.
 */
static void read_again(struct smmu3_model *model, enum smmu3m_kind kind,
		       u32 sid, u32 ssid)
{
	struct smmu3m_entry *e = find_entry(model, kind, sid, ssid);
	const __le64 *p = NULL;

	if (smmu3m_cr0(model, SMMU3_CR0_SMMUEN))
		p = ste_in_memory(model, sid);
	if (p && kind == SMMU3M_CD)
		p = cd_in_memory(p, ssid);
	if (p)
		fetch(model, kind, sid, ssid, virt_to_phys((void *)p));
	else if (e)
		e->known = false;
}

/* Structures that are known; those that lead nowhere are marked as unknown */
static void forget(struct smmu3_model *model, enum smmu3m_kind kind, u32 sid,
		   u32 sid_last, u32 ssid, u32 ssid_last)
{
	struct smmu3m_entry *e = model->state->entries;

	for (; e < model->state->entries + SMMU3M_ENTRIES; e++) {
		if (!e->known || e->kind != kind)
			continue;
		if (e->sid > sid_last || e->sid_last < sid ||
		    e->ssid > ssid_last || e->ssid_last < ssid)
			continue;
		if (kind == SMMU3M_STE || kind == SMMU3M_CD)
			read_again(model, kind, e->sid, e->ssid);
		else
			e->known = false;
		e->cached = false;
	}
}

void smmu3m_cfgi_streams(struct smmu3_model *model, u32 sid, u32 last,
			 bool leaf)
{
	struct smmu3m_entry *e = model->state->entries;

	if (!leaf)
		forget(model, SMMU3M_L1STD, sid, last, 0, U32_MAX);
	forget(model, SMMU3M_STE, sid, last, 0, U32_MAX);
	if (sid == last)
		read_again(model, SMMU3M_STE, sid, 0);
	/* The CDs go with the STE, and the tables may be others from now on */
	for (; e < model->state->entries + SMMU3M_ENTRIES; e++)
		if (e->sid >= sid && e->sid <= last &&
		    (e->kind == SMMU3M_CD || e->kind == SMMU3M_L1CD))
			e->known = false;
}

void smmu3m_cfgi_cd(struct smmu3_model *model, u32 sid, u32 ssid, bool all,
		    bool leaf)
{
	u32 last = all ? U32_MAX : ssid;

	if (!leaf)
		forget(model, SMMU3M_L1CD, sid, sid, ssid, last);
	forget(model, SMMU3M_CD, sid, sid, ssid, last);
	if (!all)
		read_again(model, SMMU3M_CD, sid, ssid);
}
