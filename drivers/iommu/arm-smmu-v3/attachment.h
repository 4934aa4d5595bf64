/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who uses a domain.
 *
 * A domain lists its attachments so that what devices have cached of it (PCI
 * ATS) can be invalidated, and what hangs on it be found.  While a device goes
 * from one domain to another it is on the lists of both: it is added to the new
 * one before the hardware can use it, and taken off the old one after the
 * hardware has stopped to.
 */
#ifndef __SMMU3_ATTACHMENT_H
#define __SMMU3_ATTACHMENT_H

#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/types.h>

struct smmu3_device;
struct smmu3_domain;

/**
 * struct smmu3_attachment - one PASID of a device that uses a domain
 * @list: on smmu3_domain.attachments; guarded by attachments_lock
 * @device: device; constant
 * @ssid: PASID, IOMMU_NO_PASID (0) for what the device does without one; constant
 * @ats: the device may cache translations of the domain; set when it is added
 *
 * Owned by who adds it, until it is removed.
 */
struct smmu3_attachment {
	struct list_head list;
	struct smmu3_device *device;
	ioasid_t ssid;
	bool ats;
};

/**
 * smmu3_attachment_add() - enter an attachment in a domain
 * @sd: domain
 * @att: with @att->device and @att->ssid set, not on a list
 *
 * Comes after smmu3_ats_prepare(), which decides what becomes of @att->ats, and
 * before the first STE or CD that leads to the domain is published.  From then
 * on every invalidation of the domain reaches the device: see
 * smmu3_atc_flush().
 *
 * Context: Any; takes attachments_lock.
 */
void smmu3_attachment_add(struct smmu3_domain *sd,
			  struct smmu3_attachment *att);

/**
 * smmu3_attachment_remove() - take an attachment out of a domain
 * @sd: domain that it is in
 * @att: attachment; it may be freed afterwards
 *
 * Comes after the hardware has confirmed that no STE or CD of the device leads
 * to the domain, and after smmu3_ats_commit() has emptied the device's cache.
 *
 * Context: Any; takes attachments_lock.
 */
void smmu3_attachment_remove(struct smmu3_domain *sd,
			     struct smmu3_attachment *att);

#endif /* __SMMU3_ATTACHMENT_H */
