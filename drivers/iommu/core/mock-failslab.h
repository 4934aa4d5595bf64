/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Let the Nth allocation of the running test fail.
 */
#ifndef __IOMMU_CORE_MOCK_FAILSLAB_H
#define __IOMMU_CORE_MOCK_FAILSLAB_H

#include <kunit/test.h>

/**
 * struct mock_failslab - allocations that fail
 * @left: after mock_failslab_disarm(), 0 if one has failed
 * @spare: failslab's own setting: allocations that may sleep do not fail
 * @verbose: failslab's own setting: how much it prints
 * @verbose_before: what that was
 */
struct mock_failslab {
	unsigned int left;
	bool *spare;
	unsigned long *verbose;
	unsigned long verbose_before;
};

/**
 * mock_failslab_start() - prepare; skips the test in kernels that cannot do it
 * @test: running test
 * @memory: filled in
 */
void mock_failslab_start(struct kunit *test, struct mock_failslab *memory);

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
