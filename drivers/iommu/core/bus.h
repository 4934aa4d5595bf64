/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buses whose devices may be behind an instance.
 */
#ifndef __IOMMU_CORE_BUS_H
#define __IOMMU_CORE_BUS_H

#include <linux/device/bus.h>

struct iommu_device;
struct notifier_block;

/**
 * iommu_buses_probe() - offer all instances the devices that are there
 *
 * Devices that a driver refuses are reported and left without an instance; the
 * others are not concerned.
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_buses_probe(void);

/**
 * iommu_buses_release_instance() - release every device of an instance
 * @iommu: instance, no longer on the list
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_buses_release_instance(struct iommu_device *iommu);

/**
 * iommu_buses_count_direct() - devices that use DMA for want of an instance
 * @iommu: instance that is not registered; its node is set
 *
 * Context: iommu_probe_device_lock is held.
 * Return: how many there are, see iommu_direct_waits_for().
 */
unsigned int iommu_buses_count_direct(struct iommu_device *iommu);

/**
 * iommu_buses_give_up_direct() - iommu_direct_give_up() for all devices
 * @iommu: instance whose registration fails
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_buses_give_up_direct(struct iommu_device *iommu);

/**
 * iommu_buses_follow() - iommu_follow_add() for all devices of an instance
 * @iommu: instance, whose driver is bound by now
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_buses_follow(struct iommu_device *iommu);

/**
 * iommu_bus_probe() - offer all instances the devices of one bus
 * @bus: bus
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0, or the first error other than -ENODEV that a device met.
 */
int iommu_bus_probe(const struct bus_type *bus);

/**
 * iommu_bus_release_instance() - release the devices of one bus
 * @bus: bus
 * @iommu: instance that they are behind
 *
 * Context: iommu_probe_device_lock is held.
 */
void iommu_bus_release_instance(const struct bus_type *bus,
				struct iommu_device *iommu);

/**
 * iommu_watched_bus_notify() - a notifier that probes and releases the devices of its bus
 * @nb: notifier block
 * @action: BUS_NOTIFY_*
 * @data: struct device
 *
 * Context: Process; takes iommu_probe_device_lock.
 * Return: NOTIFY_*; a device that fails is reported, never vetoed.
 */
int iommu_watched_bus_notify(struct notifier_block *nb, unsigned long action, void *data);

#endif /* __IOMMU_CORE_BUS_H */
