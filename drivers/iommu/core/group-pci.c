// SPDX-License-Identifier: GPL-2.0
/*
 * Groups of PCI devices.
 *
 * An instance tells PCI devices apart by requester id, and it isolates only what
 * reaches it.  So two devices are inseparable if one can use the other's id, or
 * if a transaction of one can reach the other without passing the instance,
 * which is what Access Control Services (PCIe 6.12) prevents.
 *
 * The unit that a device cannot be separated from is found from the topology
 * alone:
 *
 *  1. The top: where the device's transactions come out under one id that is
 *     not its own (a bridge to conventional PCI), or above which everything is
 *     isolated.  Everything below a top that is not isolated belongs to it.
 *  2. The unit: the functions on the top's bus that alias it, or share its slot
 *     without isolation, and so on from each of them, with all that is below
 *     those of them that do not isolate.
 *
 * A device joins the group that any device of its unit has, so the result does
 * not depend on who is probed first.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "core.h"
#include "group-pci.h"

/*
 * Source validation keeps requester ids honest; request and completion redirect
 * and upstream forwarding send peer-to-peer transactions to the root.
 */
#define ISOLATION_FLAGS (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* A devfn has 8 bits */
#define NR_FUNCTIONS 256

/**
 * struct unit - functions of one bus that cannot be separated
 * @bus: the bus
 * @functions: devfns that belong to it
 * @open: those of them that do not isolate what is below them
 */
struct unit {
	struct pci_bus *bus;
	DECLARE_BITMAP(functions, NR_FUNCTIONS);
	DECLARE_BITMAP(open, NR_FUNCTIONS);
};

VISIBLE_IF_KUNIT struct pci_dev *iommu_group_pci_next(struct pci_dev *from)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_group_pci_next, from);
	return pci_get_device(PCI_ANY_ID, PCI_ANY_ID, from);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_group_pci_next);

static bool path_is_isolated(struct pci_dev *pdev)
{
	return pci_acs_path_enabled(pdev, NULL, ISOLATION_FLAGS);
}

/**
 * struct alias_walk - what the walk over a device's requester ids finds
 * @top: last device whose id may be used
 * @group: group that one of them has, referenced
 */
struct alias_walk {
	struct pci_dev *top;
	struct iommu_group *group;
};

static int alias_visit(struct pci_dev *pdev, u16 alias, void *data)
{
	struct alias_walk *walk = data;

	walk->top = pdev;
	walk->group = iommu_group_get(&pdev->dev);
	return !!walk->group;
}

/* The highest bridge above @pdev whose way to the root is not isolated. */
static struct pci_dev *climb(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;
	struct pci_dev *top = pdev;

	while (!pci_is_root_bus(bus)) {
		/* Buses of virtual functions have no bridge of their own. */
		if (bus->self) {
			if (path_is_isolated(bus->self))
				break;
			top = bus->self;
		}
		bus = bus->parent;
	}
	return top;
}

static bool share_slot(struct pci_dev *a, struct pci_dev *b)
{
	return PCI_SLOT(a->devfn) == PCI_SLOT(b->devfn) &&
	       (a->multifunction || b->multifunction);
}

static bool inseparable(struct pci_dev *a, struct pci_dev *b)
{
	if (pci_devs_are_dma_aliases(a, b))
		return true;
	return share_slot(a, b) && !pci_acs_enabled(a, ISOLATION_FLAGS) &&
	       !pci_acs_enabled(b, ISOLATION_FLAGS);
}

static void unit_add_neighbours(struct unit *unit, struct pci_dev *pdev,
				unsigned long *todo)
{
	struct pci_dev *other = NULL;

	while ((other = iommu_group_pci_next(other))) {
		if (other->bus != unit->bus ||
		    test_bit(other->devfn, unit->functions))
			continue;
		if (inseparable(pdev, other)) {
			set_bit(other->devfn, unit->functions);
			set_bit(other->devfn, todo);
		}
	}
}

static void unit_visit(struct unit *unit, struct pci_dev *pdev,
		       unsigned long *todo)
{
	clear_bit(pdev->devfn, todo);
	if (pdev->subordinate && !path_is_isolated(pdev))
		set_bit(pdev->devfn, unit->open);
	unit_add_neighbours(unit, pdev, todo);
}

/*
 * Each function enters @todo once, when it enters the unit, so this ends
 * whatever circles the aliases make.
 */
static void unit_find(struct unit *unit, struct pci_dev *top)
{
	DECLARE_BITMAP(todo, NR_FUNCTIONS) = {};
	struct pci_dev *pdev = NULL;

	memset(unit, 0, sizeof(*unit));
	unit->bus = top->bus;
	set_bit(top->devfn, unit->functions);
	unit_visit(unit, top, todo);

	while (!bitmap_empty(todo, NR_FUNCTIONS)) {
		while ((pdev = iommu_group_pci_next(pdev))) {
			if (pdev->bus == unit->bus && test_bit(pdev->devfn, todo))
				unit_visit(unit, pdev, todo);
		}
	}
}

/* Is @pdev in the unit, or below a bridge of it that isolates nothing? */
static bool unit_has(const struct unit *unit, struct pci_dev *pdev)
{
	struct pci_bus *bus;

	pdev = pci_real_dma_dev(pdev);
	if (pdev->bus == unit->bus)
		return test_bit(pdev->devfn, unit->functions);
	for (bus = pdev->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		if (bus->self && bus->parent == unit->bus)
			return test_bit(bus->self->devfn, unit->open);
	}
	return false;
}

static struct iommu_group *unit_group(const struct unit *unit)
{
	struct iommu_group *group, *found = NULL;
	struct pci_dev *pdev = NULL;

	while ((pdev = iommu_group_pci_next(pdev))) {
		if (!pdev->dev.iommu_group || !unit_has(unit, pdev))
			continue;
		group = iommu_group_get(&pdev->dev);
		if (!found) {
			found = group;
			continue;
		}
		if (group != found)
			pci_warn(pdev, "iommu groups %d and %d are not isolated from each other\n",
				 iommu_group_id(found), iommu_group_id(group));
		iommu_group_put(group);
	}
	return found;
}

struct iommu_group *pci_device_group(struct device *dev)
{
	struct alias_walk walk = {};
	struct unit *unit;

	if (WARN_ON(!dev_is_pci(dev)))
		return ERR_PTR(-EINVAL);

	if (pci_for_each_dma_alias(to_pci_dev(dev), alias_visit, &walk))
		return walk.group;

	unit = kmalloc(sizeof(*unit), GFP_KERNEL);
	if (!unit)
		return ERR_PTR(-ENOMEM);
	unit_find(unit, climb(walk.top));
	walk.group = unit_group(unit);
	kfree(unit);
	return walk.group ?: iommu_group_alloc();
}
EXPORT_SYMBOL_GPL(pci_device_group);
