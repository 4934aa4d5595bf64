/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests, properties and fault records of the virtio IOMMU as C values.
 *
 * Sections are those of "IOMMU Device" in Virtual I/O Device (VIRTIO) 1.2, 5.13.
 * Nothing here touches a device.
 */
#ifndef __VIOMMU_PROTOCOL_H
#define __VIOMMU_PROTOCOL_H

#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include <uapi/linux/virtio_iommu.h>

struct iommu_fault_record;
struct list_head;

/**
 * union viommu_wire - what the device reads of a request of fixed length
 * @head: what all have in front
 * @attach: VIRTIO_IOMMU_T_ATTACH
 * @detach: VIRTIO_IOMMU_T_DETACH
 * @map: VIRTIO_IOMMU_T_MAP
 * @unmap: VIRTIO_IOMMU_T_UNMAP
 *
 * The tail that each of them ends with is not used: the device writes it into
 * memory of its own, struct viommu_slot.tail.
 */
union viommu_wire {
	struct virtio_iommu_req_head head;
	struct virtio_iommu_req_attach attach;
	struct virtio_iommu_req_detach detach;
	struct virtio_iommu_req_map map;
	struct virtio_iommu_req_unmap unmap;
};

/**
 * viommu_wire_out_len() - length of what the device reads of a request
 * @wire: encoded request
 *
 * Return: bytes.
 */
static inline size_t viommu_wire_out_len(const union viommu_wire *wire)
{
	switch (wire->head.type) {
	case VIRTIO_IOMMU_T_MAP:
		return offsetof(struct virtio_iommu_req_map, tail);
	case VIRTIO_IOMMU_T_UNMAP:
		return offsetof(struct virtio_iommu_req_unmap, tail);
	case VIRTIO_IOMMU_T_ATTACH:
		return offsetof(struct virtio_iommu_req_attach, tail);
	default:
		return offsetof(struct virtio_iommu_req_detach, tail);
	}
}

/**
 * viommu_encode_attach() - encode ATTACH (5.13.6.3)
 * @wire: where
 * @domain: domain id
 * @endpoint: endpoint id
 * @flags: VIRTIO_IOMMU_ATTACH_F_* in CPU byte order
 */
static inline void viommu_encode_attach(union viommu_wire *wire, u32 domain,
					u32 endpoint, u32 flags)
{
	wire->attach = (struct virtio_iommu_req_attach) {
		.head.type = VIRTIO_IOMMU_T_ATTACH,
		.domain = cpu_to_le32(domain),
		.endpoint = cpu_to_le32(endpoint),
		.flags = cpu_to_le32(flags),
	};
}

/**
 * viommu_encode_detach() - encode DETACH (5.13.6.4)
 * @wire: where
 * @domain: domain that the endpoint is attached to
 * @endpoint: endpoint id
 */
static inline void viommu_encode_detach(union viommu_wire *wire, u32 domain,
					u32 endpoint)
{
	wire->detach = (struct virtio_iommu_req_detach) {
		.head.type = VIRTIO_IOMMU_T_DETACH,
		.domain = cpu_to_le32(domain),
		.endpoint = cpu_to_le32(endpoint),
	};
}

/**
 * viommu_encode_map() - encode MAP (5.13.6.5)
 * @wire: where
 * @domain: domain id
 * @start: first I/O address
 * @last: last I/O address
 * @paddr: physical address behind @start
 * @flags: VIRTIO_IOMMU_MAP_F_* in CPU byte order
 */
static inline void viommu_encode_map(union viommu_wire *wire, u32 domain,
				     u64 start, u64 last, u64 paddr, u32 flags)
{
	wire->map = (struct virtio_iommu_req_map) {
		.head.type = VIRTIO_IOMMU_T_MAP,
		.domain = cpu_to_le32(domain),
		.virt_start = cpu_to_le64(start),
		.virt_end = cpu_to_le64(last),
		.phys_start = cpu_to_le64(paddr),
		.flags = cpu_to_le32(flags),
	};
}

/**
 * viommu_encode_unmap() - encode UNMAP (5.13.6.6)
 * @wire: where
 * @domain: domain id
 * @start: first I/O address
 * @last: last I/O address
 */
static inline void viommu_encode_unmap(union viommu_wire *wire, u32 domain,
				       u64 start, u64 last)
{
	wire->unmap = (struct virtio_iommu_req_unmap) {
		.head.type = VIRTIO_IOMMU_T_UNMAP,
		.domain = cpu_to_le32(domain),
		.virt_start = cpu_to_le64(start),
		.virt_end = cpu_to_le64(last),
	};
}

/**
 * viommu_status_error() - error of a request's status (5.13.6.2)
 * @status: VIRTIO_IOMMU_S_*, or anything else that a device may write
 *
 * Return: 0 or a negative error code; -EIO for what is not in the specification.
 */
int viommu_status_error(u8 status);

/**
 * viommu_status_name() - a status in words, for the log
 * @status: VIRTIO_IOMMU_S_*, or anything else
 *
 * Return: a constant string.
 */
const char *viommu_status_name(u8 status);

/**
 * viommu_map_flags() - flags of MAP for a protection
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_MMIO; the rest has no counterpart
 * @has_mmio: VIRTIO_IOMMU_F_MMIO was negotiated
 * @flags: where the flags go
 *
 * Return: 0; -EINVAL for IOMMU_MMIO without the feature.
 */
static inline int viommu_map_flags(int prot, bool has_mmio, u32 *flags)
{
	if (unlikely(prot & IOMMU_MMIO) && !has_mmio)
		return -EINVAL;
	*flags = (prot & IOMMU_READ ? VIRTIO_IOMMU_MAP_F_READ : 0) |
		 (prot & IOMMU_WRITE ? VIRTIO_IOMMU_MAP_F_WRITE : 0) |
		 (prot & IOMMU_MMIO ? VIRTIO_IOMMU_MAP_F_MMIO : 0);
	return 0;
}

/**
 * viommu_decode_properties() - reserved regions from the answer to PROBE
 * @dev: device, for messages; NULL for none
 * @buf: properties (5.13.6.7)
 * @len: length of @buf in bytes
 * @regions: list of struct iommu_resv_region, sorted by start, that they go into
 *
 * Regions of one kind that touch or overlap become one.  Properties that are not
 * known are skipped.  One that is cut short, or a region that ends before it
 * begins, is an error of the device.
 *
 * Context: Process, may sleep.
 * Return: 0; -EINVAL for a malformed list, -ENOMEM.  @regions may have changed in
 * each case and is the caller's to free.
 */
int viommu_decode_properties(struct device *dev, const void *buf, size_t len,
			     struct list_head *regions);

/**
 * viommu_decode_fault() - a fault record in the terms of core (5.13.6.9)
 * @fault: record
 * @record: filled but for the device, the instance and what only the mapping tree
 *	can tell
 */
void viommu_decode_fault(const struct virtio_iommu_fault *fault,
			 struct iommu_fault_record *record);

#endif /* __VIOMMU_PROTOCOL_H */
