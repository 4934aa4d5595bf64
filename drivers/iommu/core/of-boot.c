// SPDX-License-Identifier: GPL-2.0
/*
 * Device tree: streams that firmware may have left in use, a display that shows
 * what the boot loader drew.  Their devices have memory at the same I/O address;
 * at this time most of them do not exist yet, so nodes are asked.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <linux/of.h>
#include <linux/pci.h>

#include "of.h"

struct boot_walk {
	const struct fwnode_handle *iommu;
	iommu_boot_stream_fn pass;
	void *data;
	struct device_node *bridge;
};

static int pass_by_iommus(struct boot_walk *walk, struct device_node *np)
{
	struct of_phandle_args entry;
	int i, ret = 0;

	for (i = 0; !ret; i++) {
		if (of_parse_phandle_with_args(np, "iommus", "#iommu-cells", i, &entry))
			return 0;
		if (of_fwnode_handle(entry.np) == walk->iommu) {
			if (entry.args_count == 1)
				ret = walk->pass(walk->data, entry.args[0]);
			else
				pr_err("%pOF: iommus: entry %d is not one id, its DMA is cut\n",
				       np, i);
		}
		of_node_put(entry.np);
	}
	return ret;
}

#ifdef CONFIG_PCI
static int pass_by_map(struct boot_walk *walk, u32 bus_id)
{
	struct device_node *iommu = NULL;
	int ret;
	u32 id;

	if (of_map_id(walk->bridge, bus_id, "iommu-map", "iommu-map-mask", &iommu, &id) ||
	    !iommu)
		return 0;
	ret = of_fwnode_handle(iommu) == walk->iommu ? walk->pass(walk->data, id) : 0;
	of_node_put(iommu);
	return ret;
}

static int pass_alias(struct pci_dev *pdev, u16 alias, void *data)
{
	return pass_by_map(data, alias);
}

/* Is there anything on the bridge's buses that is behind the instance? */
static bool map_names_instance(const struct boot_walk *walk)
{
	struct device_node *iommu = to_of_node(walk->iommu);
	u32 phandle;
	int i;

	/* An entry is four cells: first id, phandle, first stream, length */
	for (i = 1; !of_property_read_u32_index(walk->bridge, "iommu-map", i, &phandle); i += 4)
		if (iommu && phandle == iommu->phandle)
			return true;
	return false;
}

/* What is on the bridge's own bus; others have numbers when they were enumerated */
static int pass_unborn(struct boot_walk *walk, struct device_node *np)
{
	u32 bus = 0, address;

	if (np->parent != walk->bridge) {
		if (map_names_instance(walk))
			pr_warn("%pOF: its bus has no number yet, so its DMA is cut until its driver comes\n",
				np);
		return 0;
	}
	if (of_property_read_u32(np, "reg", &address))
		return 0;
	of_property_read_u32(walk->bridge, "bus-range", &bus);
	return pass_by_map(walk, PCI_DEVID(bus, (address >> 8) & 0xff));
}

static int pass_pci(struct boot_walk *walk, struct device_node *np)
{
	struct device *dev = bus_find_device_by_of_node(&pci_bus_type, np);
	int ret;

	if (!dev)
		return pass_unborn(walk, np);
	ret = pci_for_each_dma_alias(to_pci_dev(dev), pass_alias, walk);
	put_device(dev);
	return ret;
}
#else
static int pass_pci(struct boot_walk *walk, struct device_node *np)
{
	return 0;
}
#endif

/* The bridge whose bus a node is on, at any depth */
static struct device_node *bridge_of(struct device_node *np)
{
	struct device_node *bridge = of_get_parent(np);

	while (bridge && !of_property_present(bridge, "iommu-map"))
		bridge = of_get_next_parent(bridge);
	return bridge;
}

static int pass_node(struct boot_walk *walk, struct device_node *np)
{
	int ret = 0;

	if (!of_device_is_available(np) || !iommu_of_uses_memory(np))
		return 0;
	if (of_property_present(np, "iommus"))
		return pass_by_iommus(walk, np);
	walk->bridge = bridge_of(np);
	if (walk->bridge)
		ret = pass_pci(walk, np);
	of_node_put(walk->bridge);
	return ret;
}

int iommu_of_walk_boot_streams(const struct fwnode_handle *fwnode,
			       iommu_boot_stream_fn pass, void *data)
{
	struct boot_walk walk = { .iommu = fwnode, .pass = pass, .data = data };
	struct device_node *np;
	int ret;

	for_each_node_with_property(np, "memory-region") {
		ret = pass_node(&walk, np);
		if (ret) {
			of_node_put(np);
			return ret;
		}
	}
	return 0;
}
