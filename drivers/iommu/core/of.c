// SPDX-License-Identifier: GPL-2.0
/*
 * Device tree: which instance and which streams a device has ("iommus",
 * "iommu-map"), and which I/O addresses firmware keeps for it.
 *
 * A device is bound by all of its ids or not at all.  A property that makes no
 * sense fails the binding with a message that names node and property; the
 * instance aborts the device's DMA then, as for every stream without a domain.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/device.h>
#include <linux/device/driver.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_iommu.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "core.h"
#include "of.h"

/*
 * Firmware that names one stream twice, and PCI aliases that a mask makes
 * equal, give one id.  True if the one that was added last was there before.
 */
static bool drop_repeated_id(struct iommu_fwspec *fwspec, unsigned int before)
{
	unsigned int i;

	if (!fwspec || fwspec->num_ids != before + 1)
		return false;
	for (i = 0; i < before; i++) {
		if (fwspec->ids[i] == fwspec->ids[before]) {
			fwspec->num_ids = before;
			return true;
		}
	}
	return false;
}

/* One entry to the driver.  1 if it is a stream that the device has already. */
static int bind_entry(struct device *dev, const struct of_phandle_args *entry)
{
	struct fwnode_handle *fwnode = of_fwnode_handle(entry->np);
	const struct iommu_ops *ops;
	unsigned int before;
	int ret;

	if (!of_device_is_available(entry->np))
		return -ENODEV;
	ret = iommu_fwspec_init(dev, fwnode);
	if (ret)
		return ret;

	ops = iommu_ops_from_fwnode(fwnode);
	if (!ops || !ops->of_xlate || !try_module_get(ops->owner))
		return -ENODEV;
	before = dev_iommu_fwspec_get(dev)->num_ids;
	ret = ops->of_xlate(dev, entry);
	module_put(ops->owner);
	if (ret)
		return ret;
	return drop_repeated_id(dev_iommu_fwspec_get(dev), before);
}

static bool bind_is_quiet(int ret)
{
	return ret >= 0 || ret == -ENODEV || ret == -EPROBE_DEFER ||
	       ret == -ENOMEM;
}

static int bind_one_of_iommus(struct device *dev, struct device_node *np,
			      int index)
{
	struct of_phandle_args entry;
	int ret;

	ret = of_parse_phandle_with_args(np, "iommus", "#iommu-cells", index,
					 &entry);
	if (ret) {
		dev_err(dev, "%pOF: iommus: entry %d is empty or malformed\n",
			np, index);
		return -EINVAL;
	}
	ret = bind_entry(dev, &entry);
	if (!bind_is_quiet(ret))
		dev_err(dev, "%pOF: iommus: entry %d is refused by %pOF: %pe\n",
			np, index, entry.np, ERR_PTR(ret));
	else if (ret > 0)
		dev_warn(dev, "%pOF: iommus: entry %d repeats a stream\n", np,
			 index);
	of_node_put(entry.np);
	return ret < 0 ? ret : 0;
}

static int bind_by_iommus(struct device *dev, struct device_node *np)
{
	int i, ret, count;

	count = of_count_phandle_with_args(np, "iommus", "#iommu-cells");
	if (count == -ENOENT || !count)
		return -ENODEV;
	if (count < 0) {
		dev_err(dev, "%pOF: iommus: an entry names no node, a node without #iommu-cells, or has fewer cells than that\n",
			np);
		return -EINVAL;
	}
	for (i = 0; i < count; i++) {
		ret = bind_one_of_iommus(dev, np, i);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * An id that the map leaves out is not behind any instance, by the binding:
 * of_map_id() gives no node then.
 */
static int bind_by_map(struct device *dev, struct device_node *np, u32 id)
{
	struct of_phandle_args entry = { .args_count = 1 };
	int ret;

	ret = of_map_id(np, id, "iommu-map", "iommu-map-mask", &entry.np,
			entry.args);
	if (ret == -ENODEV && of_property_present(np, "iommu-map"))
		ret = -ENXIO;
	if (!ret && entry.np)
		ret = bind_entry(dev, &entry);
	else if (!ret)
		ret = -ENODEV;
	if (ret == -ENXIO)
		dev_err(dev, "%pOF: iommu-map: id 0x%x is mapped to a node that is not there\n",
			np, id);
	else if (!bind_is_quiet(ret))
		dev_err(dev, "%pOF: iommu-map: id 0x%x cannot be mapped: %pe\n",
			np, id, ERR_PTR(ret));
	of_node_put(entry.np);
	return ret < 0 ? ret : 0;
}

struct alias_walk {
	struct device *dev;
	struct device_node *np;
};

static int bind_alias(struct pci_dev *pdev, u16 alias, void *data)
{
	struct alias_walk *walk = data;

	return bind_by_map(walk->dev, walk->np, alias);
}

/*
 * Peers must not reach each other behind the instance's back.  A port is told so
 * when its bus is enumerated, before anything on it has ids.
 */
static int __init request_acs(void)
{
	struct device_node *np = of_find_node_with_property(NULL, "iommu-map");

	if (IS_ENABLED(CONFIG_PCI) && np)
		pci_request_acs();
	of_node_put(np);
	return 0;
}
postcore_initcall(request_acs);

static int bind_pci(struct device *dev, struct device_node *np)
{
	struct alias_walk walk = { .dev = dev, .np = np };
	int ret;

	/* For a tree that named no such bridge at boot */
	pci_request_acs();
	ret = pci_for_each_dma_alias(to_pci_dev(dev), bind_alias, &walk);
	if (ret)
		return ret;
	if (of_property_read_bool(np, "ats-supported"))
		dev_iommu_fwspec_get(dev)->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
	return 0;
}

static int bind_ids(struct device *dev, struct device_node *np, const u32 *id)
{
	int ret;

	if (dev_is_pci(dev))
		ret = bind_pci(dev, np);
	else if (id)
		ret = bind_by_map(dev, np, *id);
	else
		ret = bind_by_iommus(dev, np);
	if (!ret)
		return 0;

	/* What the driver keeps with the ids goes as well. */
	iommu_fwspec_free(dev);
	if (dev->iommu)
		dev->iommu->priv = NULL;
	return ret;
}

int iommu_of_find_ids(struct device *dev)
{
	struct dev_iommu *state = dev->iommu;

	lockdep_assert_held(&iommu_probe_device_lock);

	return bind_ids(dev, state->of_master, state->has_of_id ? &state->of_id : NULL);
}

/* An instance is missing: for when it comes, and the question is asked again */
static void keep_question(struct device *dev, struct device_node *np, const u32 *id)
{
	struct dev_iommu *state = dev->iommu;

	if (!state)
		return;
	of_node_put(state->of_master);
	state->of_master = of_node_get(np);
	state->has_of_id = id;
	state->of_id = id ? *id : 0;
}

/**
 * of_iommu_configure() - give a device its firmware ids, and probe it
 * @dev: device
 * @master_np: node with the properties; for PCI that of the host bridge
 * @id: id of the device on its bus, for buses that have ids; ignored for PCI
 *
 * Context: Process; takes iommu_probe_device_lock.
 * Return: 0; -ENODEV if the device's DMA is not translated: the tree names no
 * instance for it, or one that is disabled, or the administrator allows for it;
 * -EPROBE_DEFER to wait for an instance; another error if the driver must not be
 * bound: see iommu_missing_verdict().  If an id cannot be had the device has none;
 * if its instance refuses it, or has gone, it keeps them for the next attempt.
 */
int of_iommu_configure(struct device *dev, struct device_node *master_np,
		       const u32 *id)
{
	int ret = 0;

	if (!master_np)
		return -ENODEV;

	mutex_lock(&iommu_probe_device_lock);
	if (!dev_iommu_fwspec_get(dev))
		ret = bind_ids(dev, master_np, id);
	if (ret == -EPROBE_DEFER)
		keep_question(dev, master_np, id);
	mutex_unlock(&iommu_probe_device_lock);

	/* A device that is on no bus is probed when it gets there. */
	if (!ret && dev->bus)
		ret = iommu_probe_device(dev);
	return iommu_missing_verdict(dev, ret);
}
EXPORT_SYMBOL_IF_KUNIT(of_iommu_configure);

/*
 * Reserved memory: "memory-region" nodes whose "iommu-addresses" has entries
 * of the device's phandle, an I/O address and a size.
 */

static enum iommu_resv_type resv_type(struct device_node *np, phys_addr_t start,
				      size_t length)
{
	struct resource phys;

	/* Without "reg" there is no memory: addresses to keep clear of. */
	if (!of_address_to_resource(np, 0, &phys) && phys.start == start &&
	    resource_size(&phys) == length)
		return IOMMU_RESV_DIRECT;
	return IOMMU_RESV_RESERVED;
}

/* Cells of an entry behind its phandle; 0 if the phandle is nobody's. */
static int resv_entry_cells(u32 phandle)
{
	struct device_node *np = of_find_node_by_phandle(phandle);
	int cells;

	if (!np)
		return 0;
	cells = of_n_addr_cells(np) + of_n_size_cells(np);
	of_node_put(np);
	return cells;
}

static void resv_add(struct device *dev, struct device_node *np,
		     phys_addr_t start, size_t length, struct list_head *list)
{
	int prot = IOMMU_READ | IOMMU_WRITE;
	struct iommu_resv_region *region;

	if (of_dma_is_coherent(dev->of_node))
		prot |= IOMMU_CACHE;
	region = iommu_alloc_resv_region(start, length, prot,
					 resv_type(np, start, length), GFP_KERNEL);
	if (!region) {
		dev_err(dev, "%pOF: no memory to reserve %pa\n", np, &start);
		return;
	}
	list_add_tail(&region->list, list);
}

static void resv_add_own(struct device *dev, struct device_node *np,
			 const __be32 *cells, struct list_head *list)
{
	phys_addr_t start;
	size_t length;

	if (!of_translate_dma_region(dev->of_node, cells, &start, &length))
		dev_err(dev, "%pOF: iommu-addresses: the address is not one of the device's bus\n",
			np);
	else if (!length)
		dev_err(dev, "%pOF: iommu-addresses: a region at %pa has no length\n",
			np, &start);
	else
		resv_add(dev, np, start, length, list);
}

/* The entries of a region's "iommu-addresses", one after the other */
struct resv_walk {
	const __be32 *next;
	const __be32 *end;
	const __be32 *address;
	u32 phandle;
};

static void resv_begin(struct resv_walk *walk, struct device_node *np)
{
	int bytes = 0;

	walk->next = of_get_property(np, "iommu-addresses", &bytes);
	walk->end = walk->next + bytes / sizeof(*walk->next);
}

/* 1 if there is one more, 0 if not, -EINVAL if what follows is none */
static int resv_step(struct resv_walk *walk)
{
	int count;

	if (walk->next == walk->end)
		return 0;
	walk->phandle = be32_to_cpup(walk->next);
	walk->address = walk->next + 1;
	count = resv_entry_cells(walk->phandle);
	if (!count || count >= walk->end - walk->next)
		return -EINVAL;
	walk->next += 1 + count;
	return 1;
}

static void resv_add_node(struct device *dev, struct device_node *np,
			  struct list_head *list)
{
	struct resv_walk walk;
	int ret;

	resv_begin(&walk, np);
	while ((ret = resv_step(&walk)) > 0) {
		if (walk.phandle == dev->of_node->phandle)
			resv_add_own(dev, np, walk.address, list);
	}
	if (ret)
		dev_err(dev, "%pOF: iommu-addresses: an entry names no node, or is cut short\n",
			np);
}

/**
 * of_iommu_get_resv_regions() - append the regions that the tree reserves
 * @dev: device
 * @list: list of struct iommu_resv_region
 *
 * A region whose I/O address equals its physical address is in use by firmware
 * (IOMMU_RESV_DIRECT); others are to be kept clear of (IOMMU_RESV_RESERVED).
 */
void of_iommu_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct of_phandle_iterator it;
	int ret;

	if (!dev->of_node)
		return;
	of_for_each_phandle(&it, ret, dev->of_node, "memory-region", NULL, 0) {
		/* A phandle that leads nowhere; of core has no message here. */
		if (!it.node)
			dev_err(dev, "%pOF: memory-region: phandle 0x%x is nobody's\n",
				dev->of_node, it.phandle);
		else
			resv_add_node(dev, it.node, list);
	}
}
EXPORT_SYMBOL(of_iommu_get_resv_regions);

static bool resv_is_direct(struct device_node *region, struct device_node *np)
{
	struct resv_walk walk;
	phys_addr_t start;
	size_t length;

	resv_begin(&walk, region);
	while (resv_step(&walk) > 0) {
		if (walk.phandle == np->phandle &&
		    of_translate_dma_region(np, walk.address, &start, &length) &&
		    resv_type(region, start, length) == IOMMU_RESV_DIRECT)
			return true;
	}
	return false;
}

bool iommu_of_uses_memory(struct device_node *np)
{
	struct of_phandle_iterator it;
	int ret;

	of_for_each_phandle(&it, ret, np, "memory-region", NULL, 0) {
		if (it.node && resv_is_direct(it.node, np)) {
			of_node_put(it.node);
			return true;
		}
	}
	return false;
}
