/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PASIDs of a device: address spaces beside the one that it uses without them.
 *
 * A PASID is bound to a stage-1 domain, or to the address space of a process,
 * by a descriptor of the device's CD table.  The first one makes the STEs lead
 * to that table even if transactions without PASID are blocked or pass; with
 * the last one they go back.
 */
#ifndef __SMMU3_PASID_H
#define __SMMU3_PASID_H

#include <linux/iommu.h>
#include <linux/types.h>

#include "attachment.h"

struct smmu3_device;
struct smmu3_domain;
struct smmu3_instance;

/**
 * struct smmu3_bond - a PASID in use
 * @att: its attachment; first, for its kind
 * @sd: domain
 *
 * In smmu3_device.pasids, from its attachment to its removal, and as long on the
 * domain's list of attachments, which for bonds changes under the domain's lock.
 */
struct smmu3_bond {
	struct smmu3_attachment att;
	struct smmu3_domain *sd;
};

/**
 * smmu3_pasid_bits() - size of PASIDs that an instance can give its devices
 * @smmu: instance with its features decoded
 *
 * Return: what a CD table can have, which without two levels is 64 KiB; 0 if
 * there are no PASIDs.
 */
unsigned int smmu3_pasid_bits(const struct smmu3_instance *smmu);

/**
 * smmu3_pasid_init() - find out about the PASIDs of a device, and enable them
 * @device: device that is being probed; PCI wants it before ATS
 *
 * A device whose PASIDs cannot be enabled has none.
 *
 * Context: Process.
 */
void smmu3_pasid_init(struct smmu3_device *device);

/**
 * smmu3_pasid_detach_all() - close what PASIDs are still in use
 * @device: device that is being released
 *
 * Context: Process.
 */
void smmu3_pasid_detach_all(struct smmu3_device *device);

/**
 * smmu3_pasid_exit() - undo smmu3_pasid_init()
 * @device: device that is being released or was not probed, with ATS off
 *
 * Context: Process.
 */
void smmu3_pasid_exit(struct smmu3_device *device);

/**
 * smmu3_pasid_attach() - bind a PASID to a domain
 * @device: device
 * @ssid: PASID; if it is bound to another domain it is closed for the moment in
 *	which it changes over
 * @sd: domain of stage 1, bound to the device's instance
 *
 * Context: Process; the group's mutex is held; takes the domain's lock and the
 * device's.
 * Return: 0; -EINVAL if the device has not such a PASID, or its transactions
 * without PASID are in a domain of stage 2; -ENOMEM: nothing is changed.  -EIO
 * if the hardware takes no commands.
 */
int smmu3_pasid_attach(struct smmu3_device *device, ioasid_t ssid,
		       struct smmu3_domain *sd);

/**
 * smmu3_pasid_detach() - close a PASID
 * @device: device
 * @ssid: PASID; nothing happens if it is not in use
 *
 * Cannot fail: what it needs was allocated when the PASID was attached, and
 * hardware that does not confirm is shut off.  Nothing that belongs to the PASID
 * is in a cache of the SMMU or of the device when it returns.
 *
 * Context: Process; as smmu3_pasid_attach().
 */
void smmu3_pasid_detach(struct smmu3_device *device, ioasid_t ssid);

/**
 * smmu3_set_dev_pasid() - iommu_domain_ops.set_dev_pasid of paging domains
 * @domain: domain
 * @dev: device
 * @pasid: PASID
 * @old: what it had, or NULL
 *
 * Return: as smmu3_pasid_attach(), and as smmu3_domain_bind().
 */
int smmu3_set_dev_pasid(struct iommu_domain *domain, struct device *dev,
			ioasid_t pasid, struct iommu_domain *old);

/**
 * smmu3_remove_dev_pasid() - iommu_ops.remove_dev_pasid
 * @dev: device
 * @pasid: PASID
 * @domain: what it has
 */
void smmu3_remove_dev_pasid(struct device *dev, ioasid_t pasid,
			    struct iommu_domain *domain);

#endif /* __SMMU3_PASID_H */
