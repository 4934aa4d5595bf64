// SPDX-License-Identifier: GPL-2.0
/*
 * Taking empty tables out, and memory pressure.
 */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/shrinker.h>

#include "lpae.h"

/*
 * Tables looked at while the lock is held and interrupts are off: each of them
 * may take a look at all its entries, twice
 */
#define LPAE_SWEEP_BATCH	64

static LIST_HEAD(lpae_sets);
static DEFINE_MUTEX(lpae_sets_lock);

static bool lpae_is_clear(const struct lpae *lp, const u64 *table)
{
	size_t i;

	for (i = 0; i < 1UL << lp->stride_lg2; i++)
		if (READ_ONCE(table[i]))
			return false;
	return true;
}

/*
 * Take possession of a counted table that holds nothing.  Full barrier: entries
 * that were cleared before the count fell to 0 are seen clear.
 */
static bool lpae_claim(const struct lpae *lp, u64 *table)
{
	if (lp->counted)
		return atomic_long_cmpxchg(lpae_count(table), 0, LPAE_DEAD) == 0;
	return lpae_is_clear(lp, table);
}

static bool lpae_is_dead(struct lpae *lp, u64 *slot)
{
	return lp->counted &&
	       atomic_long_read(lpae_count(lpae_table_of(lp, slot))) < 0;
}

/* Whether tables that entries of this size point to have pages for entries */
static bool lpae_leads_to_pages(const struct lpae *lp, unsigned int shift)
{
	return shift == lp->granule_lg2 + lp->stride_lg2;
}

/*
 * Take possession of tables of pages that hold nothing: close those that look
 * like it, and open those again that somebody has mapped in meanwhile.  Makes
 * the entries of the others invalid.
 */
static void lpae_claim_pages(struct lpae *lp, u64 *slot, u64 n,
			     unsigned int shift)
{
	u64 i, entry;

	lockdep_assert_held(&lp->lock);
	for (i = 0; i < n; i++) {
		entry = READ_ONCE(slot[i]);
		/* Whoever marks it clean at the same time has just linked it */
		if (lpae_is_table(lp, entry, shift) &&
		    lpae_is_clear(lp, lpae_child(lp, entry)))
			cmpxchg64_relaxed(&slot[i], entry,
					  entry | LPAE_TABLE_CLOSING);
	}
	/* Pairs with those of lpae_map_4k() and lpae_map_run() */
	smp_mb();
	for (i = 0; i < n; i++) {
		entry = READ_ONCE(slot[i]);
		if (!lpae_is_table(lp, entry, shift) ||
		    !(entry & LPAE_TABLE_CLOSING))
			continue;
		entry &= ~LPAE_TABLE_CLOSING;
		if (lpae_is_clear(lp, lpae_child(lp, entry)))
			entry &= ~LPAE_VALID;
		WRITE_ONCE(slot[i], entry);
	}
}

/* Make entries that lead to empty higher tables invalid */
static void lpae_claim_tables(struct lpae *lp, u64 *slot, u64 n,
			      unsigned int shift)
{
	u64 i;

	for (i = 0; i < n; i++) {
		u64 entry = READ_ONCE(slot[i]);

		if (lpae_is_table(lp, entry, shift) &&
		    lpae_claim(lp, lpae_child(lp, entry)))
			WRITE_ONCE(slot[i], entry & ~LPAE_VALID);
	}
}

/* Make entries that lead to empty tables invalid; returns how many */
static u64 lpae_park(struct lpae *lp, u64 *slot, u64 n, unsigned int shift,
		     u64 *first, u64 *last)
{
	u64 i, parked = 0;

	if (lpae_leads_to_pages(lp, shift))
		lpae_claim_pages(lp, slot, n, shift);
	else
		lpae_claim_tables(lp, slot, n, shift);
	for (i = 0; i < n; i++) {
		if (!lpae_is_busy(READ_ONCE(slot[i])))
			continue;
		if (!parked++)
			*first = i;
		*last = i;
	}
	return parked;
}

/* Clear the parked entries and give their tables away */
static void lpae_unlink(struct lpae *lp, u64 *slot, u64 first, u64 last)
{
	u64 i;

	for (i = first; i <= last; i++) {
		u64 entry = READ_ONCE(slot[i]);

		if (!lpae_is_busy(entry))
			continue;
		WRITE_ONCE(slot[i], 0);
		lpae_table_free_rcu(lp, lpae_child(lp, entry));
	}
}

/*
 * Take the empty tables out that @n entries of one table point to.  Their
 * memory is given away when the walker has forgotten them and the entries are
 * clear, so neither it nor a later map can reach them.
 */
static u64 lpae_sweep_entries(struct lpae *lp, u64 *slot, u64 n, u64 addr,
			      unsigned int shift)
{
	u64 parked = 0, first = 0, last = 0;
	unsigned long flags;

	spin_lock_irqsave(&lp->lock, flags);
	if (!lpae_is_dead(lp, slot))
		parked = lpae_park(lp, slot, n, shift, &first, &last);
	if (parked) {
		lpae_sync(lp, slot + first, last - first + 1);
		io_pgtable_tlb_flush_walk(&lp->iop,
					  lpae_iova(lp, addr + (first << shift)),
					  (last - first + 1) << shift,
					  lp->granule_mask + 1);
		lpae_unlink(lp, slot, first, last);
		lpae_put(lp, slot, shift, parked);
		atomic_long_sub(parked, &lp->nr_tables);
	}
	spin_unlock_irqrestore(&lp->lock, flags);
	return parked;
}

/* Entries to sweep at @slot: of this table, this batch, this range */
static u64 lpae_sweep_run(const struct lpae *lp, u64 *slot, u64 left,
			  unsigned int shift)
{
	return min3(lpae_room(lp, slot), left >> shift, (u64)LPAE_SWEEP_BATCH);
}

/* Sweep the entries of one level in a range that is a multiple of theirs */
static u64 lpae_sweep_level(struct lpae *lp, u64 addr, u64 end,
			    unsigned int target)
{
	u64 *slot, n, next, freed = 0;
	unsigned int shift;

	for (; addr < end; addr = next) {
		rcu_read_lock();
		slot = lpae_walk(lp, addr, target, &shift);
		next = ALIGN_DOWN(addr, 1ULL << shift) + (1ULL << shift);
		if (shift == target) {
			n = lpae_sweep_run(lp, slot, end - addr, shift);
			next = addr + (n << shift);
			freed += lpae_sweep_entries(lp, slot, n, addr, shift);
		}
		rcu_read_unlock();
	}
	return freed;
}

/* All that the root translates: with a fixed number of levels, more than ias */
static u64 lpae_space(const struct lpae *lp)
{
	return 1ULL << max(lp->ias, lp->root_shift);
}

/* Sweep the levels above entries that translate 1 << @shift bytes */
static u64 lpae_sweep_above(struct lpae *lp, u64 addr, u64 size,
			    unsigned int shift, unsigned int top_shift)
{
	u64 freed = 0;

	while (shift < top_shift) {
		shift += lp->stride_lg2;
		freed += lpae_sweep_level(lp, addr, addr + size, shift);
	}
	return freed;
}

/**
 * lpae_sweep() - take empty tables out of a range
 * @lp: set
 * @addr: first byte
 * @size: length in bytes, a multiple of 1 << @top_shift as @addr is
 * @top_shift: size that the highest entries to sweep translate, as a logarithm
 *
 * From the leaves upwards, so a table that held empty ones only goes as well.
 *
 * Context: any.
 * Return: the number of tables that went.
 */
unsigned long lpae_sweep(struct lpae *lp, u64 addr, u64 size,
			 unsigned int top_shift)
{
	return lpae_sweep_above(lp, addr, size, lp->granule_lg2, top_shift);
}

/**
 * lpae_reclaim() - io_pgtable_init_fns.reclaim
 * @iop: set
 *
 * Context: any.
 * Return: the number of tables given back.
 */
unsigned long lpae_reclaim(struct io_pgtable *iop)
{
	struct lpae *lp = container_of(iop, struct lpae, iop);

	if (!lp->counted)
		return 0;
	return lpae_sweep(lp, 0, lpae_space(lp), lp->root_shift);
}

/*
 * Reclaim from @at up to @end, a stretch of one level 2 table's reach at a time,
 * until @nr tables went.  Returns where it stopped.
 */
static u64 lpae_reclaim_stretch(struct lpae *lp, u64 at, u64 end,
				unsigned long nr, unsigned long *freed)
{
	unsigned int target = lp->granule_lg2 + lp->stride_lg2, shift;
	u64 reach = min(1ULL << (target + lp->stride_lg2), lpae_space(lp));

	while (at < end && *freed < nr) {
		rcu_read_lock();
		lpae_walk(lp, at, target, &shift);
		rcu_read_unlock();
		if (shift == target)
			*freed += lpae_sweep_level(lp, at, at + reach, target);
		/* A hole has nothing below it: skip all that it translates */
		at = ALIGN(at + 1, max(1ULL << shift, reach));
		cond_resched();
	}
	return at < end ? at : 0;
}

/* Go through the set once, from where the last call stopped, for @nr tables */
static unsigned long lpae_reclaim_some(struct lpae *lp, unsigned long nr)
{
	u64 start = lp->reclaim_next;
	unsigned long freed = 0;

	lockdep_assert_held(&lpae_sets_lock);
	if (lp->granule_lg2 == lp->root_shift)
		return 0;
	lp->reclaim_next = lpae_reclaim_stretch(lp, start, lpae_space(lp), nr,
						&freed);
	if (freed < nr)
		lp->reclaim_next = lpae_reclaim_stretch(lp, 0, start, nr,
							&freed);
	/* Higher tables are few, and their children may have just gone */
	return freed + lpae_sweep_above(lp, 0, lpae_space(lp),
					lp->granule_lg2 + lp->stride_lg2,
					lp->root_shift);
}

static unsigned long lpae_shrink_count(struct shrinker *shrinker,
				       struct shrink_control *sc)
{
	unsigned long nr = 0;
	struct lpae *lp;

	/* The number of tables bounds that of empty ones, and costs map nothing */
	if (!mutex_trylock(&lpae_sets_lock))
		return 0;
	list_for_each_entry(lp, &lpae_sets, sets_node)
		nr += atomic_long_read(&lp->nr_tables);
	mutex_unlock(&lpae_sets_lock);
	return nr ?: SHRINK_EMPTY;
}

static unsigned long lpae_shrink_scan(struct shrinker *shrinker,
				      struct shrink_control *sc)
{
	unsigned long freed = 0;
	struct lpae *lp;

	if (!mutex_trylock(&lpae_sets_lock))
		return SHRINK_STOP;
	list_for_each_entry(lp, &lpae_sets, sets_node) {
		freed += lpae_reclaim_some(lp, sc->nr_to_scan - freed);
		if (freed >= sc->nr_to_scan)
			break;
	}
	/* The next scan begins with another set */
	list_rotate_left(&lpae_sets);
	mutex_unlock(&lpae_sets_lock);
	return freed ?: SHRINK_STOP;
}

/**
 * lpae_enlist() - let memory pressure reclaim from a set
 * @lp: set whose driver allows it
 *
 * Context: process context.
 */
void lpae_enlist(struct lpae *lp)
{
	mutex_lock(&lpae_sets_lock);
	list_add_tail(&lp->sets_node, &lpae_sets);
	mutex_unlock(&lpae_sets_lock);
}

/**
 * lpae_delist() - end lpae_enlist()
 * @lp: set; no reclaim runs on it when this returns
 *
 * Context: process context.
 */
void lpae_delist(struct lpae *lp)
{
	mutex_lock(&lpae_sets_lock);
	list_del(&lp->sets_node);
	mutex_unlock(&lpae_sets_lock);
}

static int __init lpae_shrinker_init(void)
{
	struct shrinker *shrinker = shrinker_alloc(0, "iommu-pgtable");

	/* Without it tables are kept until their set goes, which is harmless */
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = lpae_shrink_count;
	shrinker->scan_objects = lpae_shrink_scan;
	shrinker->seeks = DEFAULT_SEEKS;
	shrinker_register(shrinker);
	return 0;
}
subsys_initcall(lpae_shrinker_init);
