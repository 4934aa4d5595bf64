/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices behind an instance, for suites: with PASIDs, and with stalls.
 */
#ifndef __SMMU3_MASTER_FAKE_H
#define __SMMU3_MASTER_FAKE_H

#include <linux/types.h>

struct device;
struct kunit;
struct smmu3_instance;

/**
 * struct smmu3_master_spec - what firmware says of a device
 * @ids: its stream ids
 * @count: length of @ids
 * @pasid_bits: property "pasid-num-bits", 0 for none
 * @stalls: property "dma-can-stall"
 */
struct smmu3_master_spec {
	const u32 *ids;
	int count;
	u32 pasid_bits;
	bool stalls;
};

/**
 * smmu3_master_add() - add a device and have core probe it
 * @test: test; the device goes with it
 * @smmu: instance
 * @spec: what it is
 * @ret: what its probe says
 *
 * Return: the device.
 */
struct device *smmu3_master_add(struct kunit *test, struct smmu3_instance *smmu,
				const struct smmu3_master_spec *spec, int *ret);

/**
 * smmu3_master_remove() - remove a device before the test ends
 * @test: test
 * @dev: device
 */
void smmu3_master_remove(struct kunit *test, struct device *dev);

#endif /* __SMMU3_MASTER_FAKE_H */
