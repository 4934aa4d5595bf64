/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver bound to an SMMUv3 in software, and devices behind it.
 */
#ifndef __SMMU3_RIG_H
#define __SMMU3_RIG_H

#include <linux/types.h>

#include "cmd.h"

struct device;
struct iommu_domain;
struct kunit;
struct smmu3_instance;
struct smmu3_master_spec;
struct smmu3_model;

/**
 * smmu3_rig_start() - plug in a unit that has everything, and have the driver bind
 * @test: test; both go with it
 * @model: set to the unit
 *
 * Return: the instance; the test ends if the driver does not take the unit.
 */
struct smmu3_instance *smmu3_rig_start(struct kunit *test,
				       struct smmu3_model **model);

/**
 * smmu3_rig_bind() - the second half, for a unit that was changed before
 * @test: test; the device goes with it
 * @model: unit
 *
 * Return: the instance; the test ends if the driver does not take the unit.
 */
struct smmu3_instance *smmu3_rig_bind(struct kunit *test,
				      struct smmu3_model *model);

/**
 * smmu3_rig_master() - add a device with one stream
 * @test: test; the device goes with it, or by smmu3_model_remove_master()
 * @model: unit that the driver is bound to
 * @sid: stream id
 *
 * Return: the device; the test ends if its probe fails.
 */
struct device *smmu3_rig_master(struct kunit *test, struct smmu3_model *model,
				u32 sid);

/**
 * smmu3_rig_add() - the same for one of which firmware says more
 * @test: test; the device goes with it, or by smmu3_master_remove()
 * @smmu: instance
 * @spec: what firmware says
 *
 * Return: the device; the test ends if its probe fails.
 */
struct device *smmu3_rig_add(struct kunit *test, struct smmu3_instance *smmu,
			     const struct smmu3_master_spec *spec);

/**
 * smmu3_rig_domain() - an unmanaged domain
 * @test: running test
 * @dev: device that it is for
 *
 * Return: the domain, not attached, which the caller frees; the test ends if there
 * is none.
 */
struct iommu_domain *smmu3_rig_domain(struct kunit *test, struct device *dev);

/**
 * smmu3_rig_map() - map for reading and writing, or end the test
 * @test: running test
 * @domain: domain
 * @iova: I/O address
 * @pa: where it goes
 * @size: bytes
 */
void smmu3_rig_map(struct kunit *test, struct iommu_domain *domain,
		   unsigned long iova, phys_addr_t pa, size_t size);

/**
 * smmu3_rig_reaches() - where a write of a device ends
 * @model: unit
 * @sid: its stream; the write has no PASID
 * @iova: address
 *
 * Return: physical address; 0 if it ends elsewhere.
 */
u64 smmu3_rig_reaches(struct smmu3_model *model, u32 sid, u64 iova);

/**
 * smmu3_rig_fill() - have a device keep a translation in its ATC
 * @model: unit
 * @sid: its stream; the request has no PASID
 * @iova: address
 *
 * Return: true if it has one now that permits reading.
 */
bool smmu3_rig_fill(struct smmu3_model *model, u32 sid, u64 iova);

/**
 * smmu3_rig_eats() - what becomes of a stream's translated requests
 * @smmu: instance
 * @sid: stream; has an entry
 *
 * Return: EATS of the entry, in memory.
 */
u8 smmu3_rig_eats(struct smmu3_instance *smmu, u32 sid);

/**
 * smmu3_rig_count() - how many commands of a kind the unit has executed
 * @model: unit
 * @op: opcode
 * @from: where in the log to start
 *
 * Return: number.
 */
unsigned int smmu3_rig_count(const struct smmu3_model *model,
			     enum smmu3_opcode op, unsigned int from);

#endif /* __SMMU3_RIG_H */
