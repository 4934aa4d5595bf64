// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs of a device.
 */
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "smmu.h"

unsigned int smmu3_pasid_bits(const struct smmu3_instance *smmu)
{
	const struct smmu3_features *feat = &smmu->feat;

	if (!(feat->flags & SMMU3_FEAT_S1))
		return 0;
	if (feat->flags & SMMU3_FEAT_CDTAB_2LVL)
		return feat->ssid_bits;
	return min_t(unsigned int, feat->ssid_bits, SMMU3_CDTAB_LEAF_LG2);
}

static unsigned int pci_pasid_bits(struct pci_dev *pdev)
{
	int count = pci_max_pasids(pdev);

	return count > 1 ? ilog2(count) : 0;
}

static unsigned int firmware_pasid_bits(struct device *dev)
{
	u32 bits;

	return device_property_read_u32(dev, "pasid-num-bits", &bits) ? 0 : bits;
}

void smmu3_pasid_init(struct smmu3_device *device)
{
	unsigned int bits, most = smmu3_pasid_bits(device->smmu);
	struct device *dev = device->dev;
	struct pci_dev *pdev;

	if (!dev_is_pci(dev)) {
		device->ssid_bits = min(firmware_pasid_bits(dev), most);
		return;
	}
	pdev = to_pci_dev(dev);
	bits = min(pci_pasid_bits(pdev), most);
	if (!bits || pci_enable_pasid(pdev, pci_pasid_features(pdev)))
		return;
	device->pci_pasid = true;
	device->ssid_bits = bits;
}

void smmu3_pasid_detach_all(struct smmu3_device *device)
{
	unsigned long ssid;
	void *bond;

	xa_for_each(&device->pasids, ssid, bond)
		smmu3_pasid_detach(device, ssid);
}

void smmu3_pasid_exit(struct smmu3_device *device)
{
	xa_destroy(&device->pasids);
	if (device->pci_pasid)
		pci_disable_pasid(to_pci_dev(device->dev));
}

/* STEs lead to a table in which the PASID has its descriptor */
static int open_table(struct smmu3_device *device, ioasid_t ssid)
{
	int ret;

	ret = smmu3_cdtab_stage_pasid(device, ssid);
	if (ret)
		return ret;
	if (device->cdtab.in_ste &&
	    device->cdtab.next.top == device->cdtab.live.top) {
		smmu3_cdtab_commit(device, 0);
		return 0;
	}
	return smmu3_rid_refresh(device, true);
}

/* Without PASIDs only stage 1 needs the table */
static void close_table(struct smmu3_device *device)
{
	if (!device->cdtab.pasids && device->rid != SMMU3_RID_STAGE1 &&
	    device->cdtab.in_ste)
		smmu3_rid_refresh(device, false);
}

/* All of a bond but its place in smmu3_device.pasids */
static int attach(struct smmu3_device *device, struct smmu3_bond *bond)
{
	ioasid_t ssid = bond->att.ssid;
	struct smmu3_cd cd;
	int ret;

	lockdep_assert_held(&device->lock);
	if (device->rid == SMMU3_RID_STAGE2)
		return -EINVAL;
	ret = xa_reserve(&device->pasids, ssid, GFP_KERNEL);
	if (ret)
		return ret;
	ret = open_table(device, ssid);
	if (ret)
		goto err_release;

	/* From here on invalidations of either domain reach the device */
	smmu3_attachment_add(bond->sd, &bond->att);
	bond->sd->cd(bond->sd, device, &cd);
	ret = smmu3_cdtab_write(device, ssid, &cd);
	if (ret)
		goto err_remove;
	return 0;

err_remove:
	smmu3_attachment_remove(bond->sd, &bond->att);
	close_table(device);
err_release:
	xa_release(&device->pasids, ssid);
	return ret;
}

/* The descriptor leads elsewhere, or nowhere if there is no new bond */
static void replace(struct smmu3_device *device, struct smmu3_bond *old,
		    struct smmu3_bond *bond, ioasid_t ssid)
{
	/* Reserved by attach(), so that this needs no memory */
	if (bond)
		xa_store(&device->pasids, ssid, bond, GFP_KERNEL);
	else
		xa_erase(&device->pasids, ssid);
	smmu3_ats_forget(device, ssid);
	if (old)
		smmu3_attachment_remove(old->sd, &old->att);
	device->cdtab.pasids += !!bond - !!old;
}

/* Lists of both domains change; there is no other order among their locks */
static void lock_domains(struct smmu3_domain *a, struct smmu3_domain *b)
{
	if (a > b)
		swap(a, b);
	if (a)
		mutex_lock(&a->lock);
	mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

static void unlock_domains(struct smmu3_domain *a, struct smmu3_domain *b)
{
	if (a)
		mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

static int attach_bond(struct smmu3_device *device, struct smmu3_bond *bond)
{
	ioasid_t ssid = bond->att.ssid;
	struct smmu3_bond *old = xa_load(&device->pasids, ssid);
	struct smmu3_domain *old_sd = old ? old->sd : NULL;
	int ret;

	lock_domains(old_sd, bond->sd);
	mutex_lock(&device->lock);
	ret = attach(device, bond);
	if (!ret)
		replace(device, old, bond, ssid);
	mutex_unlock(&device->lock);
	unlock_domains(old_sd, bond->sd);
	if (!ret)
		kfree(old);
	return ret;
}

static bool has_pasid(struct smmu3_device *device, ioasid_t ssid,
		      struct smmu3_domain *sd)
{
	struct smmu3_bond *bond = xa_load(&device->pasids, ssid);

	return bond && bond->sd == sd;
}

int smmu3_pasid_attach(struct smmu3_device *device, ioasid_t ssid,
		       struct smmu3_domain *sd)
{
	struct smmu3_bond *bond;
	int ret;

	if (!ssid || ssid >= BIT(device->ssid_bits) || sd->stage2)
		return -EINVAL;
	if (!smmu3_in_service(device->smmu))
		return -EIO;
	if (has_pasid(device, ssid, sd))
		return 0;
	bond = kzalloc(sizeof(*bond), GFP_KERNEL);
	if (!bond)
		return -ENOMEM;
	bond->att.device = device;
	bond->att.ssid = ssid;
	bond->sd = sd;
	ret = attach_bond(device, bond);
	if (ret)
		kfree(bond);
	return ret;
}

/*
 * After the descriptor and before the device's own cache: what that could ask
 * for once more is gone then.
 */
static void forget_tag(struct smmu3_domain *sd)
{
	smmu3_confirm(sd->smmu, smmu3_inv_issue_all(&sd->smmu->cmdq, &sd->inv));
}

void smmu3_pasid_detach(struct smmu3_device *device, ioasid_t ssid)
{
	struct smmu3_bond *bond = xa_load(&device->pasids, ssid);
	struct smmu3_cd none;

	if (!bond)
		return;
	mutex_lock(&bond->sd->lock);
	mutex_lock(&device->lock);
	smmu3_cd_none(&none);
	smmu3_cdtab_write(device, ssid, &none);
	forget_tag(bond->sd);
	replace(device, bond, NULL, ssid);
	close_table(device);
	mutex_unlock(&device->lock);
	mutex_unlock(&bond->sd->lock);
	/* Who gets the PASID next has nothing to do with its faults */
	smmu3_stall_flush(device);
	kfree(bond);
	/* What it faulted on is not taken for a fault of who has the PASID next */
	smmu3_stall_flush(device);
}

int smmu3_set_dev_pasid(struct iommu_domain *domain, struct device *dev,
			ioasid_t pasid, struct iommu_domain *old)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_domain *sd = to_smmu3_domain(domain);

	return smmu3_domain_bind(sd, device->smmu) ?:
	       smmu3_pasid_attach(device, pasid, sd);
}

void smmu3_remove_dev_pasid(struct device *dev, ioasid_t pasid,
			    struct iommu_domain *domain)
{
	smmu3_pasid_detach(dev_iommu_priv_get(dev), pasid);
}
