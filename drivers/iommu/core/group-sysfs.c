// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of a group: /sys/kernel/iommu_groups/<id>/.
 *
 * A write to "type" holds the attribute active while it runs, and the last
 * member's release waits for that under iommu_probe_device_lock: nothing here
 * may take that lock.
 */
#include <linux/capability.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "core.h"
#include "quarantine.h"

static struct iommu_group *to_group(struct kobject *kobj)
{
	return container_of(kobj, struct iommu_group, kobj);
}

static const char *domain_type_name(const struct iommu_domain *domain)
{
	switch (domain ? domain->type : UINT_MAX) {
	case IOMMU_DOMAIN_BLOCKED:
		return "blocked";
	case IOMMU_DOMAIN_IDENTITY:
		return "identity";
	case IOMMU_DOMAIN_UNMANAGED:
		return "unmanaged";
	case IOMMU_DOMAIN_DMA:
		return "DMA";
	case IOMMU_DOMAIN_DMA_FQ:
		return "DMA-FQ";
	default:
		return "unknown";
	}
}

static ssize_t type_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct iommu_group *group = to_group(kobj);
	const char *name;

	mutex_lock(&group->mutex);
	name = domain_type_name(group->default_domain);
	mutex_unlock(&group->mutex);
	return sysfs_emit(buf, "%s\n", name);
}

/* The order of the names is that of the types below. */
static const char * const type_names[] = { "auto", "identity", "DMA", "DMA-FQ" };
static const unsigned int type_values[] = {
	0, IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA_FQ,
};

static ssize_t type_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	int i, ret;

	if (!capable(CAP_SYS_ADMIN) || !capable(CAP_SYS_RAWIO))
		return -EACCES;
	i = sysfs_match_string(type_names, buf);
	if (i < 0)
		return -EINVAL;
	ret = iommu_default_domain_change(to_group(kobj), type_values[i]);
	return ret ?: count;
}

static const char *resv_type_name(enum iommu_resv_type type)
{
	switch (type) {
	case IOMMU_RESV_DIRECT:
		return "direct";
	case IOMMU_RESV_DIRECT_RELAXABLE:
		return "direct-relaxable";
	case IOMMU_RESV_RESERVED:
		return "reserved";
	case IOMMU_RESV_MSI:
	case IOMMU_RESV_SW_MSI:
		return "msi";
	}
	return "unknown";
}

static ssize_t reserved_regions_show(struct kobject *kobj,
				     struct kobj_attribute *attr, char *buf)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	ssize_t len = 0;
	int ret;

	ret = iommu_get_group_resv_regions(to_group(kobj), &regions);

	/* The list has copies, which are ours. */
	list_for_each_entry_safe(region, next, &regions, list) {
		u64 start = region->start;

		len += sysfs_emit_at(buf, len, "0x%016llx 0x%016llx %s\n",
				     start, start + region->length - 1,
				     resv_type_name(region->type));
		kfree(region);
	}
	return ret ?: len;
}

static ssize_t name_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct iommu_group *group = to_group(kobj);
	ssize_t len;

	mutex_lock(&group->mutex);
	len = sysfs_emit(buf, "%s\n", group->name ?: "");
	mutex_unlock(&group->mutex);
	return len;
}

static ssize_t quarantine_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct iommu_group *group = to_group(kobj);
	bool quarantined;

	mutex_lock(&group->mutex);
	quarantined = group->quarantined;
	mutex_unlock(&group->mutex);
	return sysfs_emit(buf, "%d\n", quarantined);
}

static ssize_t quarantine_store(struct kobject *kobj,
				struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	struct iommu_group *group = to_group(kobj);
	bool enter;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	ret = kstrtobool(buf, &enter);
	if (ret)
		return ret;
	mutex_lock(&group->mutex);
	if (enter)
		ret = iommu_quarantine_enter(group);
	else
		iommu_quarantine_lift(group);
	mutex_unlock(&group->mutex);
	return ret ?: count;
}

const struct kobj_attribute iommu_group_name_attr = __ATTR_RO(name);
static struct kobj_attribute type_attr = __ATTR_RW(type);
static struct kobj_attribute reserved_regions_attr = __ATTR_RO(reserved_regions);
static struct kobj_attribute quarantine_attr = __ATTR_RW(quarantine);

static struct attribute *group_attrs[] = {
	&type_attr.attr,
	&reserved_regions_attr.attr,
	&quarantine_attr.attr,
	NULL,
};

static const struct attribute_group group_attr_group = {
	.attrs = group_attrs,
};

const struct attribute_group *iommu_group_attr_groups[] = {
	&group_attr_group,
	NULL,
};
