/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An address space made of arrays, for tests: it knows for each page what is
 * mapped, with which page size, and whether hardware may still hold a
 * translation that was removed.
 */
#ifndef __IOMMU_CORE_TEST_SPACE_H
#define __IOMMU_CORE_TEST_SPACE_H

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#define SPACE_BASE	0x40000000UL
#define SPACE_PAGES	4096UL			/* of 4 KiB */
#define SPACE_SIZE	(SPACE_PAGES * SZ_4K)
#define SPACE_LAST	(SPACE_BASE + SPACE_SIZE - 1)

/**
 * struct space - an address space and what was done to it
 * @domain: what is handed to the code under test
 * @test: where violations are reported
 * @page: physical address of each page, 0 if it is not mapped
 * @leaf: page size by which it was mapped
 * @stale: pages that were removed and not invalidated yet
 * @budget: leaves that can be mapped before the driver is out of memory
 * @maps: calls of the driver to map
 * @syncs: calls of the driver to invalidate
 * @sync_maps: calls of the driver's iotlb_sync_map()
 * @sync_map_iova: what the last of them was about
 * @sync_map_size: in bytes
 * @sync_map_error: what it returns
 * @exact: invalidations may cover nothing but what was removed
 */
struct space {
	struct iommu_domain domain;
	struct kunit *test;
	phys_addr_t page[SPACE_PAGES];
	size_t leaf[SPACE_PAGES];
	DECLARE_BITMAP(stale, SPACE_PAGES);
	unsigned long budget;
	unsigned int maps;
	unsigned int syncs;
	unsigned int sync_maps;
	unsigned long sync_map_iova;
	size_t sync_map_size;
	int sync_map_error;
	bool exact;
};

/* Drivers by pages, by ranges, and by ranges with iotlb_sync_map() */
extern const struct iommu_domain_ops space_page_ops;
extern const struct iommu_domain_ops space_range_ops;
extern const struct iommu_domain_ops space_sync_map_ops;

/**
 * space_new() - an empty address space of pages of 4 KiB, 64 KiB and 2 MiB
 * @test: test that owns it
 * @ops: one of the drivers above, or the test's own
 */
struct space *space_new(struct kunit *test, const struct iommu_domain_ops *ops);

/**
 * space_mapped() - number of pages that are mapped
 * @space: address space
 */
unsigned long space_mapped(struct space *space);

/**
 * space_expect_empty() - nothing is mapped and nothing left to be invalidated
 * @space: address space
 */
void space_expect_empty(struct space *space);

#endif /* __IOMMU_CORE_TEST_SPACE_H */
