// SPDX-License-Identifier: GPL-2.0
/*
 * Missing: firmware puts a device behind an instance that is not there.
 *
 * It may come yet: its driver is a module, or waits for a clock.  So the device
 * waits as well.  When no more drivers are expected, it goes on waiting, fails, or
 * does without, as the administrator says; by default it never does without.
 * That no driver exists at all, or that it gave up, cannot be told from one that
 * takes its time, so messages say what is known, and time decides.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/device/driver.h>
#include <linux/init.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/string.h>

#include "../dma-iommu.h"
#include "core.h"
#include "direct.h"
#include "missing.h"

#define NAME_LEN	64

static const char * const policy_names[] = {
	[IOMMU_MISSING_DEFER] = "defer",
	[IOMMU_MISSING_BYPASS] = "bypass",
	[IOMMU_MISSING_FAIL] = "fail",
};

/* Both are written by early parameters only. */
static enum iommu_missing default_policy =
	IS_ENABLED(CONFIG_IOMMU_MISSING_BYPASS) ? IOMMU_MISSING_BYPASS :
	IS_ENABLED(CONFIG_IOMMU_MISSING_FAIL) ? IOMMU_MISSING_FAIL :
						IOMMU_MISSING_DEFER;
static char optional[256];

VISIBLE_IF_KUNIT
int iommu_missing_parse(const char *str, enum iommu_missing *policy)
{
	int i = str ? match_string(policy_names, ARRAY_SIZE(policy_names), str) : -EINVAL;

	if (i < 0)
		return -EINVAL;
	*policy = i;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_missing_parse);

static int __init missing_param(char *str)
{
	return iommu_missing_parse(str, &default_policy);
}
early_param("iommu.missing", missing_param);

static int __init optional_param(char *str)
{
	return str && strscpy(optional, str) >= 0 ? 0 : -EINVAL;
}
early_param("iommu.optional", optional_param);

VISIBLE_IF_KUNIT enum iommu_missing iommu_missing_policy(void)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_missing_policy);
	return default_policy;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_missing_policy);

VISIBLE_IF_KUNIT bool iommu_missing_expired(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_missing_expired, dev);
	return driver_deferred_probe_check_state(dev) != -EPROBE_DEFER;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_missing_expired);

/*
 * A PCI function that is an instance by ACPI gets its node after it was added, so
 * that the node does not know it.
 */
static struct device *instance_get(const struct fwnode_handle *fwnode)
{
	struct device *instance = get_device(fwnode->dev);

#ifdef CONFIG_PCI
	if (!instance)
		instance = bus_find_device_by_fwnode(&pci_bus_type, fwnode);
#endif
	return instance;
}

/* Nodes that ACPI makes up have no name; the device that is made of them does. */
static void instance_name(const struct fwnode_handle *fwnode, char *name)
{
	struct device *instance = instance_get(fwnode);

	if (instance && !is_of_node(fwnode))
		strscpy(name, dev_name(instance), NAME_LEN);
	else
		snprintf(name, NAME_LEN, "%pfw", fwnode);
	put_device(instance);
}

VISIBLE_IF_KUNIT
bool iommu_missing_listed(const char *list, const struct fwnode_handle *fwnode)
{
	const char *base, *end;
	char name[NAME_LEN];
	size_t len;

	instance_name(fwnode, name);
	base = kbasename(name);
	for (; *list; list = *end ? end + 1 : end) {
		end = strchrnul(list, ',');
		len = end - list;
		if ((len == strlen(name) && !memcmp(list, name, len)) ||
		    (len == strlen(base) && !memcmp(list, base, len)))
			return true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_missing_listed);

static const char *instance_state(const struct fwnode_handle *fwnode)
{
	struct device *instance = instance_get(fwnode);
	const char *state = "it has no driver in this kernel yet";

	if (!instance)
		state = "no device was made of it yet";
	else if (device_is_bound(instance))
		state = "its driver has not registered it";
	else if (instance->can_match)
		state = "its driver waits for something, or has failed";
	put_device(instance);
	return state;
}

void iommu_missing_note(struct device *dev, struct fwnode_handle *fwnode)
{
	struct dev_iommu *state = fwnode ? iommu_device_state_get(dev) : dev->iommu;

	lockdep_assert_held(&iommu_probe_device_lock);

	/* Without memory the device waits, and nobody is told for what. */
	if (!state || state->missing == fwnode)
		return;
	fwnode_handle_put(state->missing);
	state->missing = fwnode_handle_get(fwnode);
}

/* The reason is shown when the driver core gives up, and in its debugfs file. */
static int missing_wait(struct device *dev, const char *name, const char *what)
{
	if (device_is_registered(dev))
		dev_err_probe(dev, -EPROBE_DEFER, "waits for IOMMU %s: %s\n", name, what);
	return -EPROBE_DEFER;
}

/* An instance that comes, or is asked again, leaves it alone until it is bound anew. */
static void do_without(struct device *dev)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	dev->iommu->stays_out = true;
	dev->iommu->uses_direct = false;
	iommu_dma_release_device(dev);
}

static int missing_decide(struct device *dev, const struct fwnode_handle *fwnode)
{
	enum iommu_missing policy = iommu_missing_listed(optional, fwnode) ?
				    IOMMU_MISSING_BYPASS : iommu_missing_policy();
	const char *what = instance_state(fwnode);
	char name[NAME_LEN];

	instance_name(fwnode, name);
	if (iommu_instance_is_announced(fwnode))
		return missing_wait(dev, name, "it is being set up");
	if (policy == IOMMU_MISSING_DEFER || !iommu_missing_expired(dev))
		return missing_wait(dev, name, what);
	if (policy == IOMMU_MISSING_FAIL) {
		dev_err(dev, "not bound, as IOMMU %s is missing (%s); iommu.missing=bypass binds it without\n",
			name, what);
		return -ENXIO;
	}
	dev_warn(dev, "uses DMA without translation, as IOMMU %s is missing (%s)\n",
		 name, what);
	do_without(dev);
	return -ENODEV;
}

/*
 * The instance is there, and the device cannot be served by it.  One that is in a
 * group is served, and its group keeps its DMA blocked (direct.c).
 */
static int refused_decide(struct device *dev, int error)
{
	if (iommu_missing_policy() != IOMMU_MISSING_BYPASS)
		return error;
	guard(mutex)(&iommu_probe_device_lock);
	if (dev->iommu_group)
		return error;
	dev_warn(dev, "uses DMA without translation, if its IOMMU lets it: %pe\n",
		 ERR_PTR(error));
	if (dev->iommu)
		do_without(dev);
	return -ENODEV;
}

int iommu_missing_verdict(struct device *dev, int error)
{
	struct fwnode_handle *fwnode;

	if (!error || error == -ENODEV || error == -ENOMEM)
		return error;
	if (error != -EPROBE_DEFER)
		return refused_decide(dev, error);

	mutex_lock(&iommu_probe_device_lock);
	fwnode = dev->iommu ? dev->iommu->missing : NULL;
	if (fwnode)
		error = missing_decide(dev, fwnode);
	mutex_unlock(&iommu_probe_device_lock);
	return error;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_missing_verdict);

void iommu_missing_arrived(struct device *dev)
{
	struct fwnode_handle *fwnode = dev->iommu ? dev->iommu->missing : NULL;
	struct iommu_device *iommu;
	char name[NAME_LEN];

	lockdep_assert_held(&iommu_probe_device_lock);

	iommu = fwnode ? iommu_instance_from_fwnode(fwnode) : NULL;
	if (!iommu)
		return;
	if (iommu_direct_waits_for(dev, fwnode)) {
		instance_name(fwnode, name);
		dev_warn(dev, "IOMMU %s has come, but the driver uses DMA without translation until it is unbound and bound again\n",
			 name);
		iommu_direct_enter(dev, iommu);
	}
	iommu_missing_note(dev, NULL);
}

bool iommu_missing_stays_out(struct device *dev)
{
	lockdep_assert_held(&iommu_probe_device_lock);

	if (!dev->iommu || !dev->iommu->stays_out)
		return false;
	if (dev->driver)
		return true;
	dev->iommu->stays_out = false;
	return false;
}
