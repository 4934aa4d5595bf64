// SPDX-License-Identifier: GPL-2.0
/*
 * Buses: how core learns of devices that come and go.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/amba/bus.h>
#include <linux/cdx/cdx_bus.h>
#include <linux/export.h>
#include <linux/fsl/mc.h>
#include <linux/host1x_context_bus.h>
#include <linux/init.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "core.h"
#include "direct.h"
#include "follow.h"
#include "missing.h"

/* A bus whose devices may be behind an instance; @nb stays for good */
struct watched_bus {
	const struct bus_type *type;
	struct notifier_block nb;
};

#define WATCH(bus) { .type = &(bus), .nb.notifier_call = iommu_watched_bus_notify }

static struct watched_bus watched_buses[] = {
	WATCH(platform_bus_type),
#ifdef CONFIG_PCI
	WATCH(pci_bus_type),
#endif
#ifdef CONFIG_ARM_AMBA
	WATCH(amba_bustype),
#endif
#ifdef CONFIG_FSL_MC_BUS
	WATCH(fsl_mc_bus_type),
#endif
#ifdef CONFIG_TEGRA_HOST1X_CONTEXT_BUS
	WATCH(host1x_context_device_bus_type),
#endif
#ifdef CONFIG_CDX_BUS
	WATCH(cdx_bus_type),
#endif
};

int iommu_watched_bus_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct device *dev = data;

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		iommu_probe_device(dev);
		return NOTIFY_OK;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		mutex_lock(&iommu_probe_device_lock);
		iommu_direct_unbound(dev, false);
		mutex_unlock(&iommu_probe_device_lock);
		return NOTIFY_OK;
	case BUS_NOTIFY_REMOVED_DEVICE:
		mutex_lock(&iommu_probe_device_lock);
		iommu_device_release(dev);
		mutex_unlock(&iommu_probe_device_lock);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

struct bus_walk {
	struct list_head pending;
	struct iommu_device *iommu;
	unsigned int count;
	int error;
};

static int walk_probe(struct device *dev, void *data)
{
	struct bus_walk *walk = data;
	int ret;

	iommu_missing_arrived(dev);
	ret = iommu_device_probe_one(dev, &walk->pending);
	if (ret && ret != -ENODEV && !walk->error)
		walk->error = ret;
	return 0;
}

static int walk_release(struct device *dev, void *data)
{
	struct bus_walk *walk = data;

	if (dev->iommu && dev->iommu->iommu_dev == walk->iommu)
		iommu_device_forget(dev);
	return 0;
}

int iommu_bus_probe(const struct bus_type *bus)
{
	struct bus_walk walk = { .pending = LIST_HEAD_INIT(walk.pending) };
	int ret;

	bus_for_each_dev(bus, NULL, &walk, walk_probe);
	ret = iommu_device_finish_pending(&walk.pending);
	return walk.error ?: ret;
}

void iommu_bus_release_instance(const struct bus_type *bus,
				struct iommu_device *iommu)
{
	struct bus_walk walk = { .iommu = iommu };

	bus_for_each_dev(bus, NULL, &walk, walk_release);
}

void iommu_buses_probe(void)
{
	struct bus_walk walk = { .pending = LIST_HEAD_INIT(walk.pending) };
	int i;

	lockdep_assert_held(&iommu_probe_device_lock);

	for (i = 0; i < ARRAY_SIZE(watched_buses); i++)
		bus_for_each_dev(watched_buses[i].type, NULL, &walk, walk_probe);
	iommu_device_finish_pending(&walk.pending);
}

void iommu_buses_release_instance(struct iommu_device *iommu)
{
	int i;

	lockdep_assert_held(&iommu_probe_device_lock);

	for (i = 0; i < ARRAY_SIZE(watched_buses); i++)
		iommu_bus_release_instance(watched_buses[i].type, iommu);
}

static int walk_count_direct(struct device *dev, void *data)
{
	struct bus_walk *walk = data;

	walk->count += iommu_direct_waits_for(dev, walk->iommu->fwnode);
	return 0;
}

unsigned int iommu_buses_count_direct(struct iommu_device *iommu)
{
	struct bus_walk walk = { .iommu = iommu };
	int i;

	lockdep_assert_held(&iommu_probe_device_lock);

	for (i = 0; i < ARRAY_SIZE(watched_buses); i++)
		bus_for_each_dev(watched_buses[i].type, NULL, &walk,
				 walk_count_direct);
	return walk.count;
}

static int walk_give_up_direct(struct device *dev, void *data)
{
	struct bus_walk *walk = data;

	iommu_direct_give_up(dev, walk->iommu);
	return 0;
}

void iommu_buses_give_up_direct(struct iommu_device *iommu)
{
	struct bus_walk walk = { .iommu = iommu };
	int i;

	lockdep_assert_held(&iommu_probe_device_lock);

	for (i = 0; i < ARRAY_SIZE(watched_buses); i++)
		bus_for_each_dev(watched_buses[i].type, NULL, &walk,
				 walk_give_up_direct);
}

static int walk_follow(struct device *dev, void *data)
{
	struct bus_walk *walk = data;

	if (dev->iommu && dev->iommu->iommu_dev == walk->iommu)
		iommu_follow_add(dev, false);
	return 0;
}

void iommu_buses_follow(struct iommu_device *iommu)
{
	struct bus_walk walk = { .iommu = iommu };
	int i;

	lockdep_assert_held(&iommu_probe_device_lock);

	for (i = 0; i < ARRAY_SIZE(watched_buses); i++)
		bus_for_each_dev(watched_buses[i].type, NULL, &walk, walk_follow);
}

int bus_iommu_probe(const struct bus_type *bus)
{
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	ret = iommu_bus_probe(bus);
	mutex_unlock(&iommu_probe_device_lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(bus_iommu_probe);

static int walk_present(struct device *dev, void *data)
{
	return iommu_device_is_probed(dev);
}

bool iommu_present(const struct bus_type *bus)
{
	bool present;

	mutex_lock(&iommu_probe_device_lock);
	present = bus_for_each_dev(bus, NULL, NULL, walk_present) > 0;
	mutex_unlock(&iommu_probe_device_lock);
	return present;
}
EXPORT_SYMBOL_GPL(iommu_present);

/* Before any driver that may bind a device, after the buses are there. */
static int __init watch_buses(void)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(watched_buses); i++) {
		ret = bus_register_notifier(watched_buses[i].type,
					    &watched_buses[i].nb);
		if (ret)
			pr_err("bus %s: cannot watch for devices: %d\n",
			       watched_buses[i].type->name, ret);
	}
	return 0;
}
subsys_initcall(watch_buses);
