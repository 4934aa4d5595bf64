// SPDX-License-Identifier: GPL-2.0
/*
 * Instances: who is registered, and for which firmware node.
 *
 * A registration is one critical section of iommu_probe_device_lock: the
 * instance goes on the list and the devices that are there are probed, and only
 * then can anybody else who probes a device find it.  A device whose driver
 * binds meanwhile therefore sees the instance either not at all, and defers, or
 * with its groups complete.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/spinlock.h>

#include "core.h"
#include "fault.h"
#include "follow.h"

static LIST_HEAD(instances);
/* Those that are not registered yet; guarded by iommu_probe_device_lock */
static LIST_HEAD(announced);
static DEFINE_SPINLOCK(instance_lock);

struct iommu_device *iommu_instance_from_fwnode(const struct fwnode_handle *fwnode)
{
	struct iommu_device *iommu, *found = NULL;

	spin_lock(&instance_lock);
	list_for_each_entry(iommu, &instances, list) {
		if (iommu->fwnode == fwnode) {
			found = iommu;
			break;
		}
	}
	spin_unlock(&instance_lock);
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_instance_from_fwnode);

const struct iommu_ops *
iommu_ops_from_fwnode(const struct fwnode_handle *fwnode)
{
	struct iommu_device *iommu = iommu_instance_from_fwnode(fwnode);

	return iommu ? iommu->ops : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_ops_from_fwnode);

static int instance_publish(struct iommu_device *iommu,
			    const struct iommu_ops *ops)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	/* Nothing would keep the code of a module that names no owner. */
	if (WARN_ON(is_module_address((unsigned long)ops) && !ops->owner))
		return -EINVAL;

	iommu->ops = ops;
	iommu_fault_init_instance(iommu);
	spin_lock(&instance_lock);
	list_add_tail(&iommu->list, &instances);
	spin_unlock(&instance_lock);
	return 0;
}

static void instance_retract(struct iommu_device *iommu)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	spin_lock(&instance_lock);
	list_del(&iommu->list);
	spin_unlock(&instance_lock);
}

static void instance_drop_group(struct iommu_device *iommu)
{
	iommu_group_put(iommu->singleton_group);
	iommu->singleton_group = NULL;
}

bool iommu_instance_is_announced(const struct fwnode_handle *fwnode)
{
	struct iommu_device *iommu;

	lockdep_assert_held(&iommu_probe_device_lock);

	list_for_each_entry(iommu, &announced, list) {
		if (iommu->fwnode == fwnode)
			return true;
	}
	return false;
}

unsigned int iommu_device_announce(struct iommu_device *iommu, struct device *hwdev)
{
	guard(mutex)(&iommu_probe_device_lock);
	iommu->fwnode = dev_fwnode(hwdev);
	list_add_tail(&iommu->list, &announced);
	iommu->announced = true;
	return iommu_buses_count_direct(iommu);
}
EXPORT_SYMBOL_GPL(iommu_device_announce);

static void instance_withdraw(struct iommu_device *iommu)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	if (iommu->announced)
		list_del(&iommu->list);
	iommu->announced = false;
}

void iommu_device_withdraw(struct iommu_device *iommu)
{
	guard(mutex)(&iommu_probe_device_lock);
	instance_withdraw(iommu);
}
EXPORT_SYMBOL_GPL(iommu_device_withdraw);

static void instance_end(struct iommu_device *iommu)
{
	instance_retract(iommu);
	iommu_buses_release_instance(iommu);
	instance_drop_group(iommu);
}

static int instance_begin(struct iommu_device *iommu, const struct iommu_ops *ops,
			  struct device *hwdev)
{
	int ret;

	guard(mutex)(&iommu_probe_device_lock);
	instance_withdraw(iommu);
	if (hwdev)
		iommu->fwnode = dev_fwnode(hwdev);
	ret = instance_publish(iommu, ops);
	if (ret)
		return ret;
	iommu_buses_probe();
	if (iommu->serve)
		ret = iommu->serve(iommu);
	if (ret) {
		iommu_buses_give_up_direct(iommu);
		instance_end(iommu);
	}
	return ret;
}

int iommu_device_register(struct iommu_device *iommu,
			  const struct iommu_ops *ops, struct device *hwdev)
{
	int ret;

	ret = iommu_follow_watch(iommu);
	if (ret) {
		iommu_device_withdraw(iommu);
		return ret;
	}
	ret = instance_begin(iommu, ops, hwdev);
	if (ret)
		iommu_follow_unwatch(iommu);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_device_register);

void iommu_device_unregister(struct iommu_device *iommu)
{
	iommu_follow_unwatch(iommu);
	guard(mutex)(&iommu_probe_device_lock);
	instance_end(iommu);
}
EXPORT_SYMBOL_GPL(iommu_device_unregister);

#if IS_ENABLED(CONFIG_IOMMUFD_TEST) || IS_ENABLED(CONFIG_IOMMU_CORE_KUNIT_TEST)
int iommu_device_register_bus(struct iommu_device *iommu,
			      const struct iommu_ops *ops,
			      const struct bus_type *bus,
			      struct notifier_block *nb)
{
	int ret;

	nb->notifier_call = iommu_watched_bus_notify;
	ret = bus_register_notifier(bus, nb);
	if (ret)
		return ret;

	mutex_lock(&iommu_probe_device_lock);
	ret = instance_publish(iommu, ops);
	if (!ret)
		iommu_bus_probe(bus);
	mutex_unlock(&iommu_probe_device_lock);
	if (ret)
		bus_unregister_notifier(bus, nb);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_device_register_bus);

void iommu_device_unregister_bus(struct iommu_device *iommu,
				 const struct bus_type *bus,
				 struct notifier_block *nb)
{
	bus_unregister_notifier(bus, nb);

	mutex_lock(&iommu_probe_device_lock);
	instance_retract(iommu);
	iommu_bus_release_instance(bus, iommu);
	instance_drop_group(iommu);
	mutex_unlock(&iommu_probe_device_lock);
}
EXPORT_SYMBOL_GPL(iommu_device_unregister_bus);
#endif
