/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PCI device with ATS and PRI, for KUnit: configuration space and nothing
 * behind it.  It is on no bus of the machine; the suites call the driver's
 * operations for it, as core would.
 */
#ifndef __SMMU3_PCI_FAKE_H
#define __SMMU3_PCI_FAKE_H

#include <linux/iommu.h>
#include <linux/pci.h>

struct kunit;
struct iopf_group;
struct smmu3_device;
struct smmu3_instance;
struct smmu3_model;

#define SMMU3_PCI_FAKE_ATS	0x100
#define SMMU3_PCI_FAKE_PRI	0x120
#define SMMU3_PCI_FAKE_SIZE	0x140

/**
 * struct smmu3_pci_fake - the device
 * @pdev: what the driver sees; capabilities can be changed before the probe
 * @bus: where it thinks it is
 * @param: what core would keep of it
 * @config: its configuration space
 * @smmu: instance that it is behind
 * @helper: device of the machine whose group it is in, if it is in one
 * @domain: what that group is attached to
 * @handle: and the handle of this
 * @eats_when_switched: EATS of the STE of its first stream when ATS was last
 *	switched on or off
 */
struct smmu3_pci_fake {
	struct pci_dev pdev;
	struct pci_bus bus;
	struct dev_iommu param;
	u8 config[SMMU3_PCI_FAKE_SIZE];
	struct smmu3_instance *smmu;
	struct device *helper;
	struct iommu_domain *domain;
	struct iommu_attach_handle handle;
	u8 eats_when_switched;
};

/**
 * smmu3_pci_fake_create() - make a device that can do ATS and PRI
 * @test: test; the device goes with it
 * @smmu: instance
 * @ids: stream ids
 * @count: length of @ids
 *
 * Return: the device, not probed.
 */
struct smmu3_pci_fake *smmu3_pci_fake_create(struct kunit *test,
					     struct smmu3_instance *smmu,
					     const u32 *ids, int count);

/**
 * smmu3_pci_fake_join() - put it into a group whose domain takes page faults
 * @test: test; the group is left when it ends
 * @fake: device, not probed yet
 * @model: the unit
 * @sid: stream id of a device of the machine, which the group comes from: core
 *	looks into groups, and knows nothing of @fake
 * @handler: what the domain does with a group of faults
 */
void smmu3_pci_fake_join(struct kunit *test, struct smmu3_pci_fake *fake,
			 struct smmu3_model *model, u32 sid,
			 int (*handler)(struct iopf_group *group));

/**
 * smmu3_pci_fake_probe() - have the driver probe it
 * @test: test; the device is released when it ends
 * @fake: device
 *
 * Return: what the driver keeps of it; fails the test if there is nothing.
 */
struct smmu3_device *smmu3_pci_fake_probe(struct kunit *test,
					  struct smmu3_pci_fake *fake);

/**
 * smmu3_pci_fake_release() - release it before the test ends
 * @test: test
 * @fake: probed device
 */
void smmu3_pci_fake_release(struct kunit *test, struct smmu3_pci_fake *fake);

/**
 * smmu3_pci_fake_attach() - attach it
 * @fake: probed device
 * @domain: domain
 *
 * Return: what the driver says.
 */
int smmu3_pci_fake_attach(struct smmu3_pci_fake *fake,
			  struct iommu_domain *domain);

/**
 * smmu3_pci_fake_block() - the same with the domain that lets nothing through
 * @fake: probed device
 *
 * Return: what the driver says.
 */
int smmu3_pci_fake_block(struct smmu3_pci_fake *fake);

/**
 * smmu3_pci_fake_ats() - is ATS on?
 * @fake: device
 *
 * Return: true if so.
 */
bool smmu3_pci_fake_ats(const struct smmu3_pci_fake *fake);

/**
 * smmu3_pci_fake_pri() - is PRI on?
 * @fake: device
 *
 * Return: true if so.
 */
bool smmu3_pci_fake_pri(const struct smmu3_pci_fake *fake);

#endif /* __SMMU3_PCI_FAKE_H */
