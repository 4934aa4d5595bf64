/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver bound to a virtio IOMMU in software, and devices behind it.
 */
#ifndef __VIOMMU_RIG_H
#define __VIOMMU_RIG_H

#include <kunit/test.h>

#include "fake.h"
#include "viommu.h"

#define RIG_RW	(VIRTIO_IOMMU_MAP_F_READ | VIRTIO_IOMMU_MAP_F_WRITE)

/**
 * viommu_rig_start() - make a device with endpoints 1 to 8 and have the driver bind
 * @test: test that owns it
 *
 * Return: the device; the test ends if the driver does not bind.
 */
struct viommu_fake *viommu_rig_start(struct kunit *test);

/**
 * viommu_rig_bind() - the second half, for a device that was changed before
 * @fake: device, not registered
 *
 * Return: true if the driver took it.
 */
bool viommu_rig_bind(struct viommu_fake *fake);

/**
 * viommu_rig_instance() - what the driver made of a device
 * @fake: device that it is bound to
 *
 * Return: the instance.
 */
static inline struct viommu_instance *viommu_rig_instance(struct viommu_fake *fake)
{
	return fake->vdev.priv;
}

/**
 * viommu_rig_impatient() - have waits for a device be over soon
 * @fake: device that the driver is bound to
 */
static inline void viommu_rig_impatient(struct viommu_fake *fake)
{
	struct viommu_queue *q = &viommu_rig_instance(fake)->requests;

	q->poll_ms = 20;
	q->sleep_ms = 50;
}

/**
 * viommu_rig_bare_master() - add a device with firmware ids, which nobody probes
 * @fake: device that it is behind
 * @ids: endpoint ids
 * @count: length of @ids
 *
 * Return: the device, which goes with the test.
 */
struct device *viommu_rig_bare_master(struct viommu_fake *fake, const u32 *ids,
				      unsigned int count);

/**
 * viommu_rig_try_master() - add a device behind it and have core probe it
 * @fake: device
 * @ids: endpoint ids
 * @count: length of @ids
 * @ret: what the probe says
 *
 * Return: the device, which goes with the test.
 */
struct device *viommu_rig_try_master(struct viommu_fake *fake, const u32 *ids,
				     unsigned int count, int *ret);

/**
 * viommu_rig_master() - the same for one id, and it must succeed
 * @fake: device
 * @id: endpoint id
 *
 * Return: the device, in its default domain.
 */
struct device *viommu_rig_master(struct viommu_fake *fake, u32 id);

/**
 * viommu_rig_remove() - remove a device before the test ends
 * @test: test
 * @dev: device
 */
void viommu_rig_remove(struct kunit *test, struct device *dev);

/**
 * viommu_rig_domain() - an unmanaged domain
 * @test: test that owns it
 * @dev: device that it is for
 *
 * It is freed when the test ends, after @dev has gone; or by
 * viommu_rig_free_domain().
 *
 * Return: the domain, not attached.
 */
struct iommu_domain *viommu_rig_domain(struct kunit *test, struct device *dev);

/**
 * viommu_rig_attached() - the same, attached
 * @test: test that owns it
 * @dev: device
 *
 * Return: the domain.
 */
struct iommu_domain *viommu_rig_attached(struct kunit *test, struct device *dev);

/**
 * viommu_rig_expect() - expect an endpoint to reach an address, or not to
 * @fake: device
 * @id: endpoint
 * @iova: I/O address
 * @paddr: where it is to go; 0 for a fault
 */
void viommu_rig_expect(struct viommu_fake *fake, u32 id, u64 iova, u64 paddr);

/**
 * viommu_rig_passes() - does an endpoint reach memory without translation?
 * @fake: device
 * @id: endpoint
 * @addr: address that it uses
 *
 * Return: true if an access ends there.
 */
bool viommu_rig_passes(struct viommu_fake *fake, u32 id, u64 addr);

/**
 * viommu_rig_log() - how many lines of the kernel's log have a text
 * @text: text
 *
 * Return: how many.
 */
unsigned int viommu_rig_log(const char *text);

#endif /* __VIOMMU_RIG_H */
