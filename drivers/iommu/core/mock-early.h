/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who does DMA before an instance has a driver, in suites of the drivers: streams
 * that firmware left in use, and a device whose driver was bound without it.
 */
#ifndef __IOMMU_CORE_MOCK_EARLY_H
#define __IOMMU_CORE_MOCK_EARLY_H

#include <linux/types.h>

struct device;
struct fwnode_handle;
struct kunit;

/**
 * mock_early_streams() - what firmware says to iommu_walk_boot_streams()
 * @test: running test; another call replaces what this one said
 * @ids: ids of the streams in use, for every instance; they live as long as @test,
 *	and are looked at when an instance comes
 * @count: length of @ids
 */
void mock_early_streams(struct kunit *test, const u32 *ids, unsigned int count);

/**
 * mock_early_client() - make a device that an instance will find in use
 * @test: running test; the device goes with it
 * @instance: node of an instance that has no driver, and is not waited for
 * @id: its id, which its bus finds when the instance comes
 *
 * Return: the device, with a driver, which may also be taken away and given back;
 * the test ends if it does not come as far as that.
 */
struct device *mock_early_client(struct kunit *test, struct fwnode_handle *instance,
				 u32 id);

/**
 * mock_early_find_ids() - what iommu_direct_find_ids() is while there is a client
 * @dev: the client
 *
 * For stubs that do something else as well.
 *
 * Return: 0, or an error of its specification.
 */
int mock_early_find_ids(struct device *dev);

/**
 * mock_early_client_remove() - remove it before the test ends
 * @test: running test
 * @dev: of mock_early_client()
 */
void mock_early_client_remove(struct kunit *test, struct device *dev);

#endif /* __IOMMU_CORE_MOCK_EARLY_H */
