// SPDX-License-Identifier: GPL-2.0
/*
 * The software SMMUv3's table walks: the VMSAv8-64 format of stage 1 and
 * stage 2, with what the TLB does for them.
 *
 * Written from the architecture and sharing nothing with the driver's own code
 * for tables, which it is there to check.
 */
#include <linux/bitfield.h>
#include <linux/log2.h>

#include "model_priv.h"

/* Descriptors */
#define DESC_VALID		BIT_ULL(0)
/* Of a level before the last: a table; of the last: a page */
#define DESC_TABLE		BIT_ULL(1)
#define DESC_AF			BIT_ULL(10)
#define DESC_NG			BIT_ULL(11)
#define DESC_DBM		BIT_ULL(51)
#define DESC_S1_USER		BIT_ULL(6)
#define DESC_S1_RDONLY		BIT_ULL(7)
#define DESC_S1_PXN		BIT_ULL(53)
#define DESC_S1_UXN		BIT_ULL(54)
#define DESC_S2_READ		BIT_ULL(6)
#define DESC_S2_WRITE		BIT_ULL(7)
#define DESC_S2_XN		BIT_ULL(54)
#define DESC_TABLE_PXN		BIT_ULL(59)
#define DESC_TABLE_UXN		BIT_ULL(60)
#define DESC_TABLE_NOUSER	BIT_ULL(61)
#define DESC_TABLE_RDONLY	BIT_ULL(62)

/* A walk of one stage under way */
struct walk {
	struct smmu3_model *model;
	const struct smmu3m_ctx *ctx;
	const struct smmu3m_stage *stage;
	struct smmu3m_fault *fault;
	enum smmu3m_regime regime;
	u64 ia;
	u8 need;
	bool write;
	int level;
	u64 table;
	u8 perm;
	u64 desc;
	/* where @desc is, and as it is there */
	u64 desc_pa;
	__le64 raw;
};

static bool stage2(struct walk *w, u64 ipa, u8 need, bool write, u8 class,
		   struct smmu3m_leaf *leaf);

u8 smmu3m_need(unsigned int flags)
{
	u8 need = SMMU3M_R;

	if (flags & SMMU3_DMA_WRITE)
		need = SMMU3M_W;
	else if (flags & SMMU3_DMA_EXEC)
		need = SMMU3M_X;
	return flags & SMMU3_DMA_PRIV ? need << SMMU3M_PRIV : need;
}

static bool fail(struct walk *w, u8 event)
{
	*w->fault = (struct smmu3m_fault) {
		.event = event,
		.s2 = w->stage->s2,
		.class = w->fault->class,
		.level = w->level,
		.ipa = w->stage->s2 ? w->ia : 0,
	};
	return false;
}

static u64 to_cpu(const struct walk *w, __le64 raw)
{
	return w->stage->big_endian ? be64_to_cpu((__force __be64)raw) :
				      le64_to_cpu(raw);
}

static __le64 to_raw(const struct walk *w, u64 desc)
{
	return w->stage->big_endian ? (__force __le64)cpu_to_be64(desc) :
				      cpu_to_le64(desc);
}

/* log2 of what a descriptor of this level is for */
static unsigned int shift(const struct walk *w, int level)
{
	unsigned int granule_lg2 = w->stage->granule_lg2;

	return granule_lg2 + (3 - level) * (granule_lg2 - 3);
}

static u64 address(const struct walk *w, u64 desc, unsigned int low)
{
	u64 pa = desc & GENMASK_ULL(47, low);

	if (w->stage->granule_lg2 == 16)
		pa |= FIELD_GET(GENMASK_ULL(15, 12), desc) << 48;
	return pa;
}

static bool too_large(const struct walk *w, u64 pa)
{
	return pa >> w->stage->oa_bits;
}

/* The first table may be several that lie one after the other */
static u64 entry_index(const struct walk *w)
{
	u64 ia = w->ia & GENMASK_ULL(w->stage->ia_bits - 1, 0);

	if (w->level > w->stage->start)
		ia &= GENMASK_ULL(shift(w, w->level - 1) - 1, 0);
	return ia >> shift(w, w->level);
}

static bool read_desc(struct walk *w)
{
	struct smmu3m_leaf leaf = { .pa = w->table + 8 * entry_index(w) };
	__le64 *p;

	if (!w->stage->s2 && w->ctx->s2.on &&
	    !stage2(w, leaf.pa, SMMU3M_R, false, SMMU3_CLASS_TT, &leaf))
		return false;
	p = smmu3m_memory(leaf.pa);
	if (!p) {
		fail(w, SMMU3_F_WALK_EABT);
		w->fault->class = SMMU3_CLASS_TT;
		w->fault->fetch = leaf.pa;
		return false;
	}
	w->desc_pa = leaf.pa;
	w->raw = READ_ONCE(*p);
	w->desc = to_cpu(w, w->raw);
	return true;
}

/* Which levels may have blocks: 5.2 "S2TG" and 5.4 "TG0" leave that to the CPU's */
static bool block_allowed(const struct walk *w)
{
	switch (w->stage->granule_lg2) {
	case 12:
		return w->level == 1 || w->level == 2;
	case 14:
		return w->level == 2;
	default:
		return w->level == 2 ||
		       (w->level == 1 && w->stage->oa_bits == 52);
	}
}

static bool is_leaf(const struct walk *w)
{
	if (w->level == 3)
		return w->desc & DESC_TABLE;
	return !(w->desc & DESC_TABLE) && block_allowed(w);
}

static void narrow_by_table(struct walk *w)
{
	if (w->stage->s2)
		return;
	if (w->desc & DESC_TABLE_RDONLY)
		w->perm &= ~(SMMU3M_W | SMMU3M_W << SMMU3M_PRIV);
	if (w->desc & DESC_TABLE_NOUSER)
		w->perm &= ~(SMMU3M_R | SMMU3M_W);
	if (w->desc & DESC_TABLE_UXN)
		w->perm &= ~SMMU3M_X;
	if (w->desc & DESC_TABLE_PXN)
		w->perm &= ~(SMMU3M_X << SMMU3M_PRIV);
}

/* What @w->desc leads to becomes the table, which may be cached from now on */
static bool descend(struct walk *w)
{
	struct smmu3m_tlbe e = {
		.used = true,
		.table = true,
		.regime = w->regime,
		.asid = w->ctx->asid,
		.vmid = w->ctx->vmid,
		.granule_lg2 = w->stage->granule_lg2,
		.size_lg2 = shift(w, w->level),
		.level = w->level,
	};

	w->table = address(w, w->desc, w->stage->granule_lg2);
	if (too_large(w, w->table))
		return fail(w, SMMU3_F_ADDR_SIZE);
	narrow_by_table(w);
	e.perm = w->perm;
	e.pa = w->table;
	e.va = w->ia & ~(BIT_ULL(e.size_lg2) - 1);
	smmu3m_tlb_add(w->model, &e);
	w->level++;
	return true;
}

static void begin(struct walk *w)
{
	struct smmu3m_tlbe *e = smmu3m_tlb_find(w->model, true, w->regime,
						w->ctx->asid, w->ctx->vmid,
						w->ia);

	w->level = w->stage->start;
	w->table = w->stage->ttb;
	w->perm = SMMU3M_ALL;
	if (e && e->granule_lg2 == w->stage->granule_lg2 &&
	    e->level >= w->level) {
		w->level = e->level + 1;
		w->table = e->pa;
		w->perm = e->perm;
	}
}

static bool find_leaf(struct walk *w)
{
	begin(w);
	if (too_large(w, w->table)) {
		w->level = 0;
		return fail(w, SMMU3_F_ADDR_SIZE);
	}
	for (;;) {
		if (!read_desc(w))
			return false;
		if (!(w->desc & DESC_VALID))
			return fail(w, SMMU3_F_TRANSLATION);
		if (is_leaf(w))
			return true;
		if (w->level == 3 || !(w->desc & DESC_TABLE))
			return fail(w, SMMU3_F_TRANSLATION);
		if (!descend(w))
			return false;
	}
}

static u8 s1_perm(const struct walk *w, bool writable)
{
	bool user = w->desc & DESC_S1_USER;
	u8 rw = writable ? SMMU3M_R | SMMU3M_W : SMMU3M_R;
	u8 priv = rw | SMMU3M_X;
	u8 perm = 0;

	if (w->stage->one_priv) {
		if (w->desc & DESC_S1_UXN)
			priv &= ~SMMU3M_X;
		return priv << SMMU3M_PRIV | priv;
	}
	if (user)
		perm = rw;
	if (!(w->desc & DESC_S1_UXN))
		perm |= SMMU3M_X;
	/* What unprivileged code can write, privileged code does not run */
	if (w->desc & DESC_S1_PXN || (user && writable))
		priv &= ~SMMU3M_X;
	if (w->stage->pan && user)
		priv &= SMMU3M_X;
	return perm | priv << SMMU3M_PRIV;
}

static u8 s2_perm(const struct walk *w, bool writable)
{
	u8 perm = 0;

	if (w->desc & DESC_S2_READ)
		perm |= SMMU3M_R;
	if (writable)
		perm |= SMMU3M_W;
	if (!(w->desc & DESC_S2_XN))
		perm |= SMMU3M_X;
	return perm | perm << SMMU3M_PRIV;
}

/* Is writing denied by the bits alone, which DBM turns into "clean"? */
static bool read_only(const struct walk *w, u64 desc)
{
	return w->stage->s2 ? !(desc & DESC_S2_WRITE) : desc & DESC_S1_RDONLY;
}

static u64 make_dirty(const struct walk *w, u64 desc)
{
	return w->stage->s2 ? desc | DESC_S2_WRITE : desc & ~DESC_S1_RDONLY;
}

/* Access flag and dirty state; true if the descriptor is as it should be */
static bool update(struct walk *w, bool *clean)
{
	__le64 *p = smmu3m_memory(w->desc_pa);
	u64 desc = w->desc;

	if (w->stage->ha)
		desc |= DESC_AF;
	if (*clean && w->write) {
		desc = make_dirty(w, desc);
		*clean = false;
	}
	if (desc == w->desc)
		return true;
	/* Software changes descriptors at the same time */
	return cmpxchg((u64 __force *)p, (u64 __force)w->raw,
		       (u64 __force)to_raw(w, desc)) == (u64 __force)w->raw;
}

static void check_leaf(struct walk *w, unsigned int low)
{
	u64 zero = w->stage->granule_lg2 == 16 ? 0 : GENMASK_ULL(49, 48);

	/* Bit 16 is nT, where the granule leaves it */
	if (w->level < 3)
		zero |= GENMASK_ULL(low - 1, 17);
	if (w->desc & zero)
		smmu3m_complain(w->model,
				"descriptor %#llx of level %d has reserved bits",
				w->desc, w->level);
}

/* From a leaf descriptor to a translation, if it permits the access */
static bool use_leaf(struct walk *w, struct smmu3m_leaf *leaf)
{
	unsigned int low = shift(w, w->level);
	bool clean = w->stage->hd && w->desc & DESC_DBM &&
		     read_only(w, w->desc);
	bool writable = clean || !read_only(w, w->desc);
	u64 base = address(w, w->desc, low);
	u8 perm;

	check_leaf(w, low);
	if (too_large(w, base))
		return fail(w, SMMU3_F_ADDR_SIZE);
	if (!(w->desc & DESC_AF) && !w->stage->ha && !w->stage->affd)
		return fail(w, SMMU3_F_ACCESS);
	perm = w->perm & (w->stage->s2 ? s2_perm(w, writable) :
					 s1_perm(w, writable));
	if (w->stage->wxn && perm & SMMU3M_W)
		perm &= ~SMMU3M_X;
	if (w->stage->wxn && perm & SMMU3M_W << SMMU3M_PRIV)
		perm &= ~(SMMU3M_X << SMMU3M_PRIV);
	if ((perm & w->need) != w->need)
		return fail(w, SMMU3_F_PERMISSION);
	*leaf = (struct smmu3m_leaf) {
		.global = !w->stage->s2 && !(w->desc & DESC_NG),
		.clean = clean,
		.level = w->level,
		.size_lg2 = low,
		.perm = perm,
		.pa = base | (w->ia & (BIT_ULL(low) - 1)),
	};
	return true;
}

static bool fits(const struct walk *w)
{
	unsigned int bits = w->stage->ia_bits;

	/* The upper half has all higher bits set */
	if (!w->stage->s2 && w->ia & BIT_ULL(63))
		return !(~w->ia >> bits);
	return !(w->ia >> bits);
}

static bool walk(struct walk *w, struct smmu3m_leaf *leaf)
{
	unsigned int tries;

	w->level = w->stage->start;
	if (w->stage->off || !fits(w))
		return fail(w, SMMU3_F_TRANSLATION);
	for (tries = 0; tries < 100; tries++) {
		if (!find_leaf(w) || !use_leaf(w, leaf))
			return false;
		if (update(w, &leaf->clean))
			return true;
	}
	smmu3m_complain(w->model, "a descriptor changes all the time");
	return fail(w, SMMU3_F_WALK_EABT);
}

static void remember(const struct walk *w, const struct smmu3m_leaf *leaf)
{
	u64 mask = BIT_ULL(leaf->size_lg2) - 1;
	struct smmu3m_tlbe e = {
		.used = true,
		.regime = w->regime,
		.global = leaf->global,
		.clean = leaf->clean,
		.asid = w->ctx->asid,
		.vmid = w->ctx->vmid,
		.granule_lg2 = w->stage->granule_lg2,
		.size_lg2 = leaf->size_lg2,
		.level = leaf->level,
		.perm = leaf->perm,
		.va = w->ia & ~mask,
		.pa = leaf->pa & ~mask,
	};

	smmu3m_tlb_add(w->model, &e);
}

/* From the TLB, unless a write has to be noted in the tables first */
static bool recall(struct walk *w, struct smmu3m_leaf *leaf)
{
	struct smmu3m_tlbe *e = smmu3m_tlb_find(w->model, false, w->regime,
						w->ctx->asid, w->ctx->vmid,
						w->ia);

	if (!e || (w->write && e->clean))
		return false;
	*leaf = (struct smmu3m_leaf) {
		.cached = true,
		.clean = e->clean,
		.level = e->level,
		.size_lg2 = e->size_lg2,
		.perm = e->perm,
		.pa = e->pa | (w->ia & (BIT_ULL(e->size_lg2) - 1)),
	};
	return true;
}

static bool permit(struct walk *w, const struct smmu3m_leaf *leaf)
{
	if ((leaf->perm & w->need) == w->need)
		return true;
	w->level = leaf->level;
	return fail(w, SMMU3_F_PERMISSION);
}

static bool stage2(struct walk *w1, u64 ipa, u8 need, bool write, u8 class,
		   struct smmu3m_leaf *leaf)
{
	struct walk w = {
		.model = w1->model,
		.ctx = w1->ctx,
		.stage = &w1->ctx->s2,
		.fault = w1->fault,
		.regime = SMMU3M_S2,
		.ia = ipa,
		.need = need,
		.write = write,
	};

	w.fault->class = class;
	if (recall(&w, leaf)) {
		if (!permit(&w, leaf))
			return false;
	} else {
		if (!walk(&w, leaf))
			return false;
		remember(&w, leaf);
	}
	w.fault->class = SMMU3_CLASS_IN;
	return true;
}

/* Stage 1, and what its result becomes in stage 2, as one translation */
static bool both_stages(struct walk *w, struct smmu3m_leaf *leaf)
{
	struct smmu3m_leaf second;

	if (recall(w, leaf))
		return permit(w, leaf);
	if (!walk(w, leaf))
		return false;
	if (w->ctx->s2.on) {
		if (!stage2(w, leaf->pa, w->need, w->write, SMMU3_CLASS_IN,
			    &second))
			return false;
		leaf->pa = second.pa;
		leaf->perm &= second.perm;
		leaf->clean |= second.clean;
		leaf->size_lg2 = min(leaf->size_lg2, second.size_lg2);
	}
	remember(w, leaf);
	return true;
}

bool smmu3m_translate(struct smmu3_model *model, const struct smmu3m_ctx *ctx,
		      u64 iova, unsigned int flags, struct smmu3m_leaf *leaf,
		      struct smmu3m_fault *fault)
{
	struct walk w = {
		.model = model,
		.ctx = ctx,
		.stage = &ctx->s1,
		.fault = fault,
		.regime = ctx->regime,
		.ia = iova,
		.need = smmu3m_need(flags),
		.write = flags & SMMU3_DMA_WRITE,
	};

	*fault = (struct smmu3m_fault) { .class = SMMU3_CLASS_IN, .level = -1 };
	if (!ctx->s1.on)
		return stage2(&w, iova, w.need, w.write, SMMU3_CLASS_IN, leaf);
	return both_stages(&w, leaf);
}
