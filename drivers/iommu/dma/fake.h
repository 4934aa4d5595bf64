/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain that records what is mapped and what was invalidated, and a PCI
 * device behind it, for the tests of this directory.
 *
 * A granule is in one of three states: absent, mapped, or stale, which is
 * unmapped and not invalidated since.  Mapping a granule that is not absent is
 * counted in fake_domain.wrong: that is an address that was handed out too
 * early.
 */
#ifndef __IOMMU_DMA_FAKE_H
#define __IOMMU_DMA_FAKE_H

#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/xarray.h>

#include "dma.h"

#define FAKE_GRANULE_LG2	12
#define FAKE_GRANULE		BIT(FAKE_GRANULE_LG2)

/**
 * struct fake_domain - the domain
 * @domain: what the code under test sees
 * @test: test that it belongs to
 * @lock: guards all below
 * @mapped: by granule: physical granule and protection
 * @stale: by granule
 * @nr_mapped: number of granules that are mapped
 * @nr_stale: number of granules that are stale
 * @maps: calls that mapped
 * @unmaps: calls that unmapped
 * @syncs: calls of iotlb_sync
 * @flushes: calls of flush_iotlb_all
 * @wrong: granules that were mapped while mapped or stale
 * @fail_map: number of the mapping that fails, counted from 1; 0 for none
 * @give_table: unmap gives up a table with each range
 */
struct fake_domain {
	struct iommu_domain domain;
	struct kunit *test;
	spinlock_t lock;	/* all below */
	struct xarray mapped;
	struct xarray stale;
	unsigned long nr_mapped;
	unsigned long nr_stale;
	unsigned int maps;
	unsigned int unmaps;
	unsigned int syncs;
	unsigned int flushes;
	unsigned int wrong;
	unsigned int fail_map;
	struct page *give_table;
};

/**
 * struct fake_device - a device behind it
 * @pdev: the device; on the PCI bus if its dev.bus says so
 * @parms: its dev->dma_parms
 * @state: its dev->iommu
 * @instance: its instance
 * @bus: its bus
 * @bridge: its host bridge
 * @regions: template of the regions that its driver reserves
 * @nr_regions: number of @regions
 * @no_defer: the instance cannot defer invalidation
 */
struct fake_device {
	struct pci_dev pdev;
	struct device_dma_parameters parms;
	struct dev_iommu state;
	struct iommu_device instance;
	struct pci_bus bus;
	struct pci_host_bridge *bridge;
	struct iommu_resv_region regions[4];
	int nr_regions;
	bool no_defer;
};

/**
 * fake_domain() - make a domain; freed with the test
 * @test: test
 * @first: lowest address
 * @last: highest address
 *
 * Return: the domain.
 */
struct fake_domain *fake_domain(struct kunit *test, u64 first, u64 last);

/**
 * fake_device() - make a trusted, coherent device; freed with the test
 * @test: test
 * @pci: put it on the PCI bus
 *
 * Return: the device.
 */
struct fake_device *fake_device(struct kunit *test, bool pci);

/**
 * fake_attach() - set a device up for a domain; must succeed
 * @test: test
 * @fdev: device
 * @fdom: domain
 */
void fake_attach(struct kunit *test, struct fake_device *fdev,
		 struct fake_domain *fdom);

/**
 * fake_pair() - a device that is set up for a domain of 256 MiB
 * @test: test
 * @fdom: where to store the domain
 *
 * Return: the device.
 */
struct device *fake_pair(struct kunit *test, struct fake_domain **fdom);

/**
 * fake_page() - a page; freed with the test
 * @test: test
 *
 * A coherent, trusted device's buffer may reach beyond it: nobody looks.
 *
 * Return: the page.
 */
struct page *fake_page(struct kunit *test);

/**
 * fake_phys() - what the device reaches
 * @fdom: domain
 * @addr: I/O address
 *
 * Return: physical address, 0 if nothing is mapped.
 */
phys_addr_t fake_phys(struct fake_domain *fdom, dma_addr_t addr);

/**
 * fake_prot() - protection of a mapping
 * @fdom: domain
 * @addr: I/O address
 *
 * Return: IOMMU_* bits, -1 if nothing is mapped.
 */
int fake_prot(struct fake_domain *fdom, dma_addr_t addr);

/**
 * fake_expect_idle() - nothing is mapped, nothing is stale, nothing was wrong
 * @test: test
 * @fdom: domain
 */
void fake_expect_idle(struct kunit *test, struct fake_domain *fdom);

/**
 * fake_fail_alloc() - let one of the following allocations fail
 * @test: test
 * @nth: number of the allocation, counted from 1; 0 for none
 */
void fake_fail_alloc(struct kunit *test, unsigned int nth);

/**
 * fake_failed() - did an allocation fail since fake_fail_alloc()?
 *
 * Return: true if one did.
 */
bool fake_failed(void);

/**
 * fake_pages_ops() - make a domain take pages of one size at a time
 * @fdom: domain
 *
 * As the drivers of other vendors do: no ranges, nothing said in gathers.
 */
void fake_pages_ops(struct fake_domain *fdom);

#endif /* __IOMMU_DMA_FAKE_H */
