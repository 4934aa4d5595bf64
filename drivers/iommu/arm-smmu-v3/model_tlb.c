// SPDX-License-Identifier: GPL-2.0
/*
 * The software SMMUv3's TLB, and the ATCs of the devices behind it.
 *
 * They forget nothing by themselves, as long as they have room, and a command
 * removes no more than the architecture asks it to: a translation whose level,
 * granule or tag an invalidation does not name stays.  A stage-1 translation of
 * a nested stream leads to the final address, so that an invalidation by IPA
 * alone leaves it.
 */
#include "model_priv.h"

static u64 tlbe_last(const struct smmu3m_tlbe *e)
{
	return e->va + (BIT_ULL(e->size_lg2) - 1);
}

static bool same_tags(const struct smmu3m_tlbe *e, enum smmu3m_regime regime,
		      u16 asid, u16 vmid)
{
	if (!e->used || e->regime != regime)
		return false;
	if (regime != SMMU3M_S2 && !e->global && e->asid != asid)
		return false;
	return regime == SMMU3M_EL2 || e->vmid == vmid;
}

/* For tables, the one that is nearest to the leaf */
struct smmu3m_tlbe *smmu3m_tlb_find(struct smmu3_model *model, bool table,
				    enum smmu3m_regime regime, u16 asid,
				    u16 vmid, u64 va)
{
	struct smmu3m_tlbe *tlb = model->state->tlb;
	struct smmu3m_tlbe *best = NULL;
	int i;

	for (i = 0; i < SMMU3M_TLB; i++) {
		struct smmu3m_tlbe *e = &tlb[i];

		if (!same_tags(e, regime, asid, vmid) || e->table != table ||
		    va < e->va || va > tlbe_last(e))
			continue;
		if (!best || e->level > best->level)
			best = e;
	}
	return best;
}

/*
 * A page under a block, or a block over pages, while the one is cached that the
 * other replaced: break-before-make was not kept.
 */
static void check_overlap(struct smmu3_model *model,
			  const struct smmu3m_tlbe *old,
			  const struct smmu3m_tlbe *new)
{
	if (old->va <= tlbe_last(new) && new->va <= tlbe_last(old))
		smmu3m_complain(model,
				"break-before-make: %#llx of size 2^%u is cached, and now in 2^%u at %#llx",
				old->va, old->size_lg2, new->size_lg2, new->va);
}

void smmu3m_tlb_add(struct smmu3_model *model, const struct smmu3m_tlbe *new)
{
	struct smmu3_model_state *state = model->state;
	struct smmu3m_tlbe *slot = NULL;
	int i;

	for (i = 0; i < SMMU3M_TLB; i++) {
		struct smmu3m_tlbe *e = &state->tlb[i];

		if (!e->used) {
			slot = slot ?: e;
			continue;
		}
		if (!same_tags(e, new->regime, new->asid, new->vmid) ||
		    e->table != new->table)
			continue;
		if (e->va == new->va && e->size_lg2 == new->size_lg2) {
			slot = e;
			break;
		}
		if (!new->table)
			check_overlap(model, e, new);
	}
	if (!slot)
		slot = &state->tlb[state->next_tlb++ % SMMU3M_TLB];
	*slot = *new;
}

static bool must_go(const struct smmu3m_tlbe *e, const struct smmu3m_inv *inv)
{
	if (!e->used || e->regime != inv->regime)
		return false;
	if (inv->asid >= 0 && e->asid != inv->asid &&
	    !(e->global && !inv->by_asid))
		return false;
	if (inv->asid >= 0 && inv->by_asid && e->global)
		return false;
	if (inv->vmid >= 0 && e->regime != SMMU3M_EL2 && e->vmid != inv->vmid)
		return false;
	if (inv->granule_lg2 && e->granule_lg2 != inv->granule_lg2)
		return false;
	if (e->table && inv->leaf)
		return false;
	if (inv->ttl && (e->table ? e->level >= inv->ttl :
				    e->level != inv->ttl))
		return false;
	return e->va <= inv->last && tlbe_last(e) >= inv->start;
}

void smmu3m_tlb_remove(struct smmu3_model *model, const struct smmu3m_inv *inv)
{
	struct smmu3m_tlbe *tlb = model->state->tlb;
	int i;

	for (i = 0; i < SMMU3M_TLB; i++)
		if (must_go(&tlb[i], inv))
			tlb[i].used = false;
}

/* ATCs */

static u64 atce_last(const struct smmu3m_atce *e)
{
	return e->va + (BIT_ULL(e->size_lg2) - 1);
}

struct smmu3m_atce *smmu3m_atc_find(struct smmu3_model *model, u32 sid,
				    u32 ssid, u64 va)
{
	struct smmu3m_atce *atc = model->state->atc;
	int i;

	for (i = 0; i < SMMU3M_ATC; i++) {
		struct smmu3m_atce *e = &atc[i];

		if (e->used && e->sid == sid && e->ssid == ssid &&
		    va >= e->va && va <= atce_last(e))
			return e;
	}
	return NULL;
}

void smmu3m_atc_add(struct smmu3_model *model, const struct smmu3m_atce *new)
{
	struct smmu3_model_state *state = model->state;
	struct smmu3m_atce *slot;
	int i;

	slot = smmu3m_atc_find(model, new->sid, new->ssid, new->va);
	for (i = 0; !slot && i < SMMU3M_ATC; i++)
		if (!state->atc[i].used)
			slot = &state->atc[i];
	if (!slot)
		slot = &state->atc[state->next_atc++ % SMMU3M_ATC];
	*slot = *new;
}

/*
 * A request without PASID is for every translation in the range, of requests
 * with PASID as well: there is no way to leave these out.
 */
void smmu3m_atc_remove(struct smmu3_model *model, u32 sid, u32 ssid,
		       u64 start, u64 last)
{
	struct smmu3m_atce *atc = model->state->atc;
	int i;

	for (i = 0; i < SMMU3M_ATC; i++) {
		struct smmu3m_atce *e = &atc[i];

		if (e->sid == sid && e->va <= last && atce_last(e) >= start &&
		    (ssid == SMMU3_MODEL_NO_SSID || e->ssid == ssid))
			e->used = false;
	}
}

unsigned int smmu3_model_atc_entries(struct smmu3_model *model, u32 sid)
{
	struct smmu3_model_state *state = model->state;
	unsigned int count = 0;
	unsigned long flags;
	int i;

	smmu3m_lock(model, &flags);
	for (i = 0; i < SMMU3M_ATC; i++)
		count += state->atc[i].used && state->atc[i].sid == sid;
	smmu3m_unlock(model, flags);
	return count;
}
