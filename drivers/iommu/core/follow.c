// SPDX-License-Identifier: GPL-2.0
/*
 * Following: suspend, unbinding and shutdown take a device before its instance,
 * and while that has no driver, no driver is bound to the device.
 *
 * The driver core does all this for a link, which stays as long as both devices.
 * Drivers that keep the instance's module have let go before it is unloaded, so who
 * unbound them binds them again; others, as those of PCI ports, are unbound by the
 * link and are to come back with the instance.
 *
 * Where no driver is bound to the instance's device, none of this concerns it, and
 * a link would keep the device's own driver waiting for one.  An instance below
 * the device has no link, as it goes before the device anyway.
 *
 * A link that is made while the instance's driver is still being bound counts the
 * device as one that has no driver yet.  That is wrong for those that were bound
 * without the instance (direct.c): the link would never unbind their driver, and if
 * the registration fails, would keep the next one from being bound.  They are
 * linked when the instance's driver is bound, which its bus tells.
 */
#include <linux/device/bus.h>
#include <linux/device/driver.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "core.h"
#include "follow.h"

static struct device *instance_device(struct iommu_device *iommu)
{
	return iommu->dev ? iommu->dev->parent : NULL;
}

/* Called while it is bound; else it has none that could go meanwhile. */
static bool driver_manages_dma(struct device *dev)
{
	struct device_driver *driver = dev->driver;

	if (!driver)
		return false;
	if (dev_is_pci(dev))
		return to_pci_driver(driver)->driver_managed_dma;
	return dev_is_platform(dev) && to_platform_driver(driver)->driver_managed_dma;
}

void iommu_follow_add(struct device *dev, bool binding)
{
	struct device *instance = instance_device(dev->iommu->iommu_dev);
	bool returns;

	lockdep_assert_held(&iommu_probe_device_lock);

	if (!instance || !instance->driver)
		return;
	if (dev->iommu->direct && !device_is_bound(instance))
		return;
	/* Its driver may be going now, but what it is has been noted. */
	returns = dev->iommu->direct ? !dev->iommu->uses_direct :
				       binding && driver_manages_dma(dev);
	device_link_add(dev, instance, returns ? DL_FLAG_AUTOPROBE_CONSUMER : 0);
}

static int instance_bound(struct notifier_block *nb, unsigned long action, void *data)
{
	struct iommu_device *iommu = container_of(nb, struct iommu_device, bound);

	if (action != BUS_NOTIFY_BOUND_DRIVER || data != iommu->followed)
		return NOTIFY_DONE;
	mutex_lock(&iommu_probe_device_lock);
	iommu_buses_follow(iommu);
	mutex_unlock(&iommu_probe_device_lock);
	return NOTIFY_OK;
}

int iommu_follow_watch(struct iommu_device *iommu)
{
	struct device *instance = instance_device(iommu);
	int ret;

	iommu->followed = NULL;
	/* Others have no devices that were bound before them. */
	if (!iommu->serve || !instance || !instance->bus)
		return 0;
	iommu->followed = instance;
	iommu->bound = (struct notifier_block){ .notifier_call = instance_bound };
	ret = bus_register_notifier(instance->bus, &iommu->bound);
	if (ret)
		iommu->followed = NULL;
	return ret;
}

void iommu_follow_unwatch(struct iommu_device *iommu)
{
	if (iommu->followed)
		bus_unregister_notifier(iommu->followed->bus, &iommu->bound);
	iommu->followed = NULL;
}
