/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices behind a virtio IOMMU, and their endpoints.
 */
#ifndef __VIOMMU_ENDPOINT_H
#define __VIOMMU_ENDPOINT_H

#include <linux/list.h>
#include <linux/types.h>

struct device;
struct iommu_domain;
struct viommu_domain;
struct viommu_instance;

/**
 * struct viommu_stream - one endpoint id of a device
 * @id: endpoint id; constant
 * @domain: what it is attached to at the device, or NULL; written under
 *	viommu_instance.mutex, read under RCU
 * @was: the same, before the attach that is under way; guarded by viommu_instance.mutex
 */
struct viommu_stream {
	u32 id;
	struct iommu_domain *domain;
	struct iommu_domain *was;
};

/**
 * struct viommu_endpoint - a device with its endpoint ids
 * @dev: device
 * @viommu: instance that it is behind
 * @regions: struct iommu_resv_region that the host reserves, sorted; constant
 * @identity: domain in which all but @regions is mapped to itself, made when it is
 *	needed first, or NULL; guarded by the group's mutex
 * @num_streams: length of @streams
 * @streams: endpoint ids, sorted, each once
 *
 * At dev_iommu_priv_get(dev), and for each id on viommu_instance.endpoints.
 */
struct viommu_endpoint {
	struct device *dev;
	struct viommu_instance *viommu;
	struct list_head regions;
	struct viommu_domain *identity;
	unsigned int num_streams;
	struct viommu_stream streams[] __counted_by(num_streams);
};

extern struct iommu_domain viommu_identity_domain;
extern struct iommu_domain viommu_blocked_domain;

/**
 * viommu_attach() - move all ids of a device to a domain, or none
 * @ep: endpoint
 * @domain: paging or blocked domain, identity where the device can bypass; NULL to
 *	detach
 *
 * Context: Process; takes viommu_instance.mutex.
 * Return: 0; or the error by which the device refused.  Every id is where it was
 *	then, or a message says that it is attached to nothing; but an id that can
 *	not be blocked refers to no domain any more.
 */
int viommu_attach(struct viommu_endpoint *ep, struct iommu_domain *domain);

/**
 * viommu_attach_paging() - iommu_domain_ops.attach_dev of paging domains
 * @domain: domain
 * @dev: device
 *
 * Context: Process.
 * Return: 0; -EINVAL if they are of different instances; else as viommu_attach().
 */
int viommu_attach_paging(struct iommu_domain *domain, struct device *dev);

/**
 * viommu_detach_release() - detach for good
 * @ep: endpoint of a device that goes
 *
 * Nothing refers to a domain through it afterwards, whatever the device says.
 *
 * Context: Process; takes viommu_instance.mutex.
 */
void viommu_detach_release(struct viommu_endpoint *ep);

/**
 * viommu_reattach_all() - tell a device that was reset all that it forgot
 * @viommu: instance
 *
 * Context: Process; viommu_instance.mutex is held since the device was reset.
 * Return: 0, or the first error; that it does not know an endpoint any more is
 *	none: such a one refers to no domain afterwards.
 */
int viommu_reattach_all(struct viommu_instance *viommu);

/**
 * viommu_request() - post a request and wait for its end
 * @viommu: instance
 * @wire: request
 *
 * Context: Process.
 * Return: 0 or the error that the device reports; -EIO if it does not answer.
 */
int viommu_request(struct viommu_instance *viommu, const union viommu_wire *wire);

/**
 * viommu_identity_attach() - let a device pass by translation
 * @ep: endpoint
 *
 * Context: Process.
 * Return: 0, -ENOMEM, or as viommu_attach().
 */
int viommu_identity_attach(struct viommu_endpoint *ep);

/**
 * viommu_probe_endpoint() - ask the device for the properties of an id
 * @viommu: instance
 * @dev: device, for messages
 * @id: endpoint id
 * @regions: list that struct iommu_resv_region are added to, sorted
 *
 * Context: Process; viommu_instance.mutex is held, so that nobody resets the
 *	device meanwhile.
 * Return: 0; -ENOMEM, -EINVAL, or what the device reports.
 */
int viommu_probe_endpoint(struct viommu_instance *viommu, struct device *dev,
			  u32 id, struct list_head *regions);

#endif /* __VIOMMU_ENDPOINT_H */
