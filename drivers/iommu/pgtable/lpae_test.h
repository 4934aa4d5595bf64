/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the long-descriptor tables share: a driver that remembers
 * what it was called for.
 */
#ifndef __LPAE_TEST_H
#define __LPAE_TEST_H

#include <linux/io-pgtable.h>
#include <linux/sizes.h>

#define SIZES_4K	(SZ_4K | SZ_2M | SZ_1G)
#define SIZES_16K	(SZ_16K | SZ_32M)
#define SIZES_64K	(SZ_64K | SZ_512M)

/**
 * struct lpae_world - what the driver's callbacks saw; the cookie of the set
 * @flush_alls: calls of tlb_flush_all
 * @walks: calls of tlb_flush_walk
 * @walk_iova: first byte of the last of them
 * @walk_size: its length
 * @pages: calls of tlb_add_page
 * @tables: tables of the allocator below that are in use
 * @allocs: allocations that were asked for
 * @alloc_size: size of the last
 * @fail_at: the allocation that fails, counted from 1; 0 for none
 * @watch: an entry to look at in tlb_flush_walk, or NULL
 * @seen_at_walk: what it held
 */
struct lpae_world {
	unsigned int flush_alls;
	unsigned int walks;
	unsigned long walk_iova;
	size_t walk_size;
	unsigned int pages;
	unsigned int tables;
	unsigned int allocs;
	size_t alloc_size;
	unsigned int fail_at;
	u64 *watch;
	u64 seen_at_walk;
};

extern const struct iommu_flush_ops lpae_world_flush_ops;

void *lpae_world_alloc(void *cookie, size_t size, gfp_t gfp);
void lpae_world_free(void *cookie, void *pages, size_t size);

#endif /* __LPAE_TEST_H */
