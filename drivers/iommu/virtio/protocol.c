// SPDX-License-Identifier: GPL-2.0
/*
 * What a virtio IOMMU says: status, properties, faults.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "protocol.h"

static const struct {
	const char *name;
	int error;
} statuses[] = {
	[VIRTIO_IOMMU_S_OK]	= { "OK", 0 },
	[VIRTIO_IOMMU_S_IOERR]	= { "IOERR", -EIO },
	[VIRTIO_IOMMU_S_UNSUPP]	= { "UNSUPP", -ENOSYS },
	[VIRTIO_IOMMU_S_DEVERR]	= { "DEVERR", -EIO },
	[VIRTIO_IOMMU_S_INVAL]	= { "INVAL", -EINVAL },
	[VIRTIO_IOMMU_S_RANGE]	= { "RANGE", -ERANGE },
	[VIRTIO_IOMMU_S_NOENT]	= { "NOENT", -ENOENT },
	[VIRTIO_IOMMU_S_FAULT]	= { "FAULT", -EFAULT },
	[VIRTIO_IOMMU_S_NOMEM]	= { "NOMEM", -ENOMEM },
};

int viommu_status_error(u8 status)
{
	return status < ARRAY_SIZE(statuses) ? statuses[status].error : -EIO;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_status_error);

const char *viommu_status_name(u8 status)
{
	return status < ARRAY_SIZE(statuses) ? statuses[status].name :
					       "a status that does not exist";
}
EXPORT_SYMBOL_IF_KUNIT(viommu_status_name);

static u64 last_of(const struct iommu_resv_region *region)
{
	return region->start + region->length - 1;
}

/* Makes @region as long as it and its neighbours of the same kind on @regions */
static void absorb(struct list_head *regions, struct iommu_resv_region *region)
{
	struct iommu_resv_region *other, *next;

	list_for_each_entry_safe(other, next, regions, list) {
		u64 start = min(other->start, region->start);
		u64 last = max(last_of(other), last_of(region));

		if (other->type != region->type)
			continue;
		if (last - start > (u64)other->length + region->length - 1 ||
		    last - start == U64_MAX)
			continue;
		region->start = start;
		region->length = last - start + 1;
		list_del(&other->list);
		kfree(other);
	}
}

static void insert(struct list_head *regions, struct iommu_resv_region *region)
{
	struct iommu_resv_region *other;

	list_for_each_entry(other, regions, list) {
		if (other->start > region->start)
			break;
	}
	list_add_tail(&region->list, &other->list);
}

static int add_region(struct device *dev, u8 subtype, u64 start, u64 last,
		      struct list_head *regions)
{
	/* As much of it as a region can say */
	size_t length = min_t(u64, last - start, SIZE_MAX - 1) + 1;
	struct iommu_resv_region *region;
	bool msi = subtype == VIRTIO_IOMMU_RESV_MEM_T_MSI;

	if (!msi && subtype != VIRTIO_IOMMU_RESV_MEM_T_RESERVED && dev)
		dev_warn(dev, "region %#llx-%#llx has subtype %u, taken as reserved\n",
			 start, last, subtype);
	region = iommu_alloc_resv_region(start, length, msi ?
					 IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO : 0,
					 msi ? IOMMU_RESV_MSI : IOMMU_RESV_RESERVED,
					 GFP_KERNEL);
	if (!region)
		return -ENOMEM;
	absorb(regions, region);
	insert(regions, region);
	return 0;
}

static int decode_resv_mem(struct device *dev, const void *property, size_t len,
			   struct list_head *regions)
{
	struct virtio_iommu_probe_resv_mem mem;
	u64 start, last;

	if (len < sizeof(mem)) {
		if (dev)
			dev_err(dev, "reserved region of %zu bytes instead of %zu\n",
				len, sizeof(mem));
		return -EINVAL;
	}
	memcpy(&mem, property, sizeof(mem));
	start = le64_to_cpu(mem.start);
	last = le64_to_cpu(mem.end);
	if (last < start) {
		if (dev)
			dev_err(dev, "reserved region ends at %#llx and begins at %#llx\n",
				last, start);
		return -EINVAL;
	}
	return add_region(dev, mem.subtype, start, last, regions);
}

int viommu_decode_properties(struct device *dev, const void *buf, size_t len,
			     struct list_head *regions)
{
	struct virtio_iommu_probe_property head;
	size_t at, size;
	int err;

	for (at = 0; len - at >= sizeof(head); at += size) {
		u16 type;

		memcpy(&head, buf + at, sizeof(head));
		type = le16_to_cpu(head.type) & VIRTIO_IOMMU_PROBE_T_MASK;
		if (type == VIRTIO_IOMMU_PROBE_T_NONE)
			break;
		size = sizeof(head) + le16_to_cpu(head.length);
		if (size > len - at) {
			if (dev)
				dev_err(dev, "property %u is cut short: %zu of %zu bytes\n",
					type, len - at, size);
			return -EINVAL;
		}
		if (type != VIRTIO_IOMMU_PROBE_T_RESV_MEM)
			continue;
		err = decode_resv_mem(dev, buf + at, size, regions);
		if (err)
			return err;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_decode_properties);

static const struct {
	const char *name;
	enum iommu_fault_reason reason;
} reasons[] = {
	[VIRTIO_IOMMU_FAULT_R_UNKNOWN]	= { "R_UNKNOWN", IOMMU_FAULT_REASON_UNKNOWN },
	[VIRTIO_IOMMU_FAULT_R_DOMAIN]	= { "R_DOMAIN", IOMMU_FAULT_REASON_BLOCKED },
	[VIRTIO_IOMMU_FAULT_R_MAPPING]	= { "R_MAPPING", IOMMU_FAULT_REASON_UNMAPPED },
};

void viommu_decode_fault(const struct virtio_iommu_fault *fault,
			 struct iommu_fault_record *record)
{
	u32 flags = le32_to_cpu(fault->flags);
	u8 reason = fault->reason;

	*record = (struct iommu_fault_record) {
		.stream = le32_to_cpu(fault->endpoint),
		.pasid = IOMMU_PASID_INVALID,
		.level = -1,
	};
	if (reason < ARRAY_SIZE(reasons)) {
		record->reason = reasons[reason].reason;
		record->name = reasons[reason].name;
	}
	if (flags & (VIRTIO_IOMMU_FAULT_F_READ | VIRTIO_IOMMU_FAULT_F_WRITE |
		     VIRTIO_IOMMU_FAULT_F_EXEC))
		record->access |= IOMMU_FAULT_ACCESS_KNOWN;
	if (flags & VIRTIO_IOMMU_FAULT_F_WRITE)
		record->access |= IOMMU_FAULT_ACCESS_WRITE;
	if (flags & VIRTIO_IOMMU_FAULT_F_EXEC)
		record->access |= IOMMU_FAULT_ACCESS_EXEC;
	if (flags & VIRTIO_IOMMU_FAULT_F_ADDRESS) {
		record->iova = le64_to_cpu(fault->address);
		record->has_iova = true;
	}
}
EXPORT_SYMBOL_IF_KUNIT(viommu_decode_fault);
