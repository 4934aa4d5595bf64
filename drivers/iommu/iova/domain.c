// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: their beginning and their end.  The suites of the other files make
 * one for each of their cases.
 */

#include <linux/export.h>
#include <linux/log2.h>

#include "iova-priv.h"

static void domain_reset(struct iova_domain *iovad)
{
	iovad->objects = RB_ROOT;
	iovad->nr_chunks = 0;
	iovad->nr_idle = 0;
	iovad->nr_leases = 0;
	INIT_LIST_HEAD(&iovad->held);
	INIT_LIST_HEAD(&iovad->idle);
	INIT_LIST_HEAD(&iovad->partial);
	iovad->nr_partial = 0;
	iova_spans_init(iovad);
}

/**
 * init_iova_domain() - make an empty space of I/O addresses
 * @iovad:     memory of the domain
 * @granule:   bytes in a granule, a power of two, at most PAGE_SIZE
 * @start_pfn: first granule that may be handed out; 0 is never handed out
 *
 * The user has called iova_cache_get().
 *
 * Context: Any.
 */
void init_iova_domain(struct iova_domain *iovad, unsigned long granule,
		      unsigned long start_pfn)
{
	if (WARN_ON(!is_power_of_2(granule) || granule > PAGE_SIZE))
		granule = PAGE_SIZE;
	memset(iovad, 0, sizeof(*iovad));
	iovad->granule = granule;
	iovad->start_pfn = start_pfn;
	raw_spin_lock_init(&iovad->lock);
	domain_reset(iovad);
}
EXPORT_SYMBOL_GPL(init_iova_domain);

/**
 * put_iova_domain() - free all that a domain has
 * @iovad: the domain; nobody uses it any more
 *
 * Ranges that are still allocated or reserved go with it.
 *
 * Context: May sleep.
 */
void put_iova_domain(struct iova_domain *iovad)
{
	iova_cache_release(iovad);
	iova_range_free(iovad);
	iova_pool_free(iovad);
	domain_reset(iovad);
}
EXPORT_SYMBOL_GPL(put_iova_domain);
