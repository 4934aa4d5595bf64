// SPDX-License-Identifier: GPL-2.0
/*
 * A PCI device with ATS and PRI, for KUnit.
 */
#include <kunit/test.h>

#include <linux/pci.h>
#include <linux/pci_regs.h>
#include <linux/unaligned.h>

#include "../iommu-priv.h"
#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define ATS_CTRL	(SMMU3_PCI_FAKE_ATS + PCI_ATS_CTRL)
#define PRI_CTRL	(SMMU3_PCI_FAKE_PRI + PCI_PRI_CTRL)
#define PRI_STATUS	(SMMU3_PCI_FAKE_PRI + PCI_PRI_STATUS)
#define PRI_MAX_REQ	(SMMU3_PCI_FAKE_PRI + PCI_PRI_MAX_REQ)

static struct smmu3_pci_fake *fake_of(struct pci_bus *bus)
{
	return container_of(bus, struct smmu3_pci_fake, bus);
}

static int read_config(struct pci_bus *bus, unsigned int devfn, int where,
		       int size, u32 *val)
{
	struct smmu3_pci_fake *fake = fake_of(bus);

	*val = 0;
	if (where + size > SMMU3_PCI_FAKE_SIZE)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	memcpy(val, fake->config + where, size);
	*val = le32_to_cpu((__force __le32)*val);
	return PCIBIOS_SUCCESSFUL;
}

static int write_config(struct pci_bus *bus, unsigned int devfn, int where,
			int size, u32 val)
{
	struct smmu3_pci_fake *fake = fake_of(bus);
	__le32 bytes = cpu_to_le32(val);
	bool on = smmu3_pci_fake_ats(fake);

	if (where + size > SMMU3_PCI_FAKE_SIZE)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	memcpy(fake->config + where, &bytes, size);
	if (on != smmu3_pci_fake_ats(fake))
		fake->eats_when_switched =
			smmu3_rig_eats(fake->smmu, fake->param.fwspec->ids[0]);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops fake_ops = {
	.read = read_config,
	.write = write_config,
};

bool smmu3_pci_fake_ats(const struct smmu3_pci_fake *fake)
{
	return get_unaligned_le16(fake->config + ATS_CTRL) &
	       PCI_ATS_CTRL_ENABLE;
}

bool smmu3_pci_fake_pri(const struct smmu3_pci_fake *fake)
{
	return get_unaligned_le16(fake->config + PRI_CTRL) &
	       PCI_PRI_CTRL_ENABLE;
}

/* Its memory is the test's */
static void release(struct device *dev) {}

static void put_fake(void *data)
{
	struct smmu3_pci_fake *fake = data;

	put_device(&fake->pdev.dev);
}

static void init_device(struct smmu3_pci_fake *fake, u32 sid)
{
	struct device *dev = &fake->pdev.dev;

	fake->bus.ops = &fake_ops;
	fake->pdev.bus = &fake->bus;
	fake->pdev.error_state = pci_channel_io_normal;
	fake->pdev.ats_cap = SMMU3_PCI_FAKE_ATS;
	fake->pdev.pri_cap = SMMU3_PCI_FAKE_PRI;
	put_unaligned_le16(PCI_PRI_STATUS_STOPPED, fake->config + PRI_STATUS);
	put_unaligned_le32(64, fake->config + PRI_MAX_REQ);
	device_initialize(dev);
	dev->bus = &pci_bus_type;
	dev->release = release;
	dev->iommu = &fake->param;
	mutex_init(&fake->param.lock);
	ratelimit_state_init(&fake->param.fault_limit, HZ, 10);
	dev_set_name(dev, "fake-%x", sid);
}

struct smmu3_pci_fake *smmu3_pci_fake_create(struct kunit *test,
					     struct smmu3_instance *smmu,
					     const u32 *ids, int count)
{
	struct smmu3_pci_fake *fake = kunit_kzalloc(test, sizeof(*fake),
						    GFP_KERNEL);
	struct iommu_fwspec *fwspec;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fwspec = kunit_kzalloc(test, struct_size(fwspec, ids, count),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fwspec);
	fwspec->iommu_fwnode = dev_fwnode(smmu->dev);
	fwspec->flags = IOMMU_FWSPEC_PCI_RC_ATS;
	fwspec->num_ids = count;
	memcpy(fwspec->ids, ids, count * sizeof(*ids));
	fake->smmu = smmu;
	fake->param.fwspec = fwspec;
	init_device(fake, ids[0]);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, put_fake, fake));
	return fake;
}

static void release_fake(void *data)
{
	struct smmu3_pci_fake *fake = data;

	fake->smmu->iommu.ops->release_device(&fake->pdev.dev);
	fake->param.iommu_dev = NULL;
	fake->param.priv = NULL;
}

static void leave_group(void *data)
{
	struct smmu3_pci_fake *fake = data;

	iommu_detach_group_handle(fake->domain, fake->helper->iommu_group);
	iommu_domain_free(fake->domain);
}

void smmu3_pci_fake_join(struct kunit *test, struct smmu3_pci_fake *fake,
			 struct smmu3_model *model, u32 sid,
			 int (*handler)(struct iopf_group *group))
{
	struct iommu_group *group;
	int ret;

	fake->helper = smmu3_model_add_master(test, model, &sid, 1, &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	fake->domain = iommu_paging_domain_alloc(fake->helper);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->domain);
	fake->domain->iopf_handler = handler;
	group = fake->helper->iommu_group;
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group_handle(fake->domain, group,
							   &fake->handle));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, leave_group, fake));
	fake->pdev.dev.iommu_group = group;
}

struct smmu3_device *smmu3_pci_fake_probe(struct kunit *test,
					  struct smmu3_pci_fake *fake)
{
	struct iommu_device *iommu;

	mutex_lock(&iommu_probe_device_lock);
	iommu = fake->smmu->iommu.ops->probe_device(&fake->pdev.dev);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, iommu);
	fake->param.iommu_dev = iommu;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, release_fake, fake));
	return fake->param.priv;
}

void smmu3_pci_fake_release(struct kunit *test, struct smmu3_pci_fake *fake)
{
	kunit_release_action(test, release_fake, fake);
}

int smmu3_pci_fake_attach(struct smmu3_pci_fake *fake,
			  struct iommu_domain *domain)
{
	return domain->ops->attach_dev(domain, &fake->pdev.dev);
}

int smmu3_pci_fake_block(struct smmu3_pci_fake *fake)
{
	return smmu3_pci_fake_attach(fake, fake->smmu->iommu.ops->blocked_domain);
}
