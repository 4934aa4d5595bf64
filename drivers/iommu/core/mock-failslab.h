/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Let the Nth allocation of the running test fail, in suites of core and of the
 * drivers.
 */
#ifndef __IOMMU_CORE_MOCK_FAILSLAB_H
#define __IOMMU_CORE_MOCK_FAILSLAB_H

#include <kunit/test.h>

/* Those of the kernel that are used: for slabs and for pages */
#define MOCK_FAILSLAB_INJECTORS	2

/**
 * struct mock_failslab_injector - the settings of an injector of faults
 * @spare: allocations that may sleep do not fail
 * @verbose: how much it prints
 * @min_order: smaller allocations of pages do not fail, or NULL
 * @verbose_before: what @verbose was
 */
struct mock_failslab_injector {
	bool *spare;
	unsigned long *verbose;
	u32 *min_order;
	unsigned long verbose_before;
};

/**
 * struct mock_failslab - allocations that fail
 * @left: after mock_failslab_disarm(), 0 if one has failed
 * @injectors: those that are used
 * @count: how many
 */
struct mock_failslab {
	unsigned int left;
	struct mock_failslab_injector injectors[MOCK_FAILSLAB_INJECTORS];
	unsigned int count;
};

/**
 * mock_failslab_start() - prepare; skips the test in kernels that cannot do it
 * @test: running test
 * @memory: filled in
 */
void mock_failslab_start(struct kunit *test, struct mock_failslab *memory);

/**
 * mock_failslab_start_pages() - the same, and pages fail too where the kernel can
 * @test: running test
 * @memory: filled in
 */
void mock_failslab_start_pages(struct kunit *test, struct mock_failslab *memory);

/**
 * mock_failslab_arm() - let one allocation of this thread fail
 * @memory: started
 * @n: which, from 1
 */
void mock_failslab_arm(struct mock_failslab *memory, unsigned int n);

/**
 * mock_failslab_disarm() - let none fail
 * @memory: armed; its @left is set
 */
void mock_failslab_disarm(struct mock_failslab *memory);

/**
 * mock_failslab_stop() - leave the settings as they were
 * @memory: started
 */
void mock_failslab_stop(struct mock_failslab *memory);

#endif /* __IOMMU_CORE_MOCK_FAILSLAB_H */
