// SPDX-License-Identifier: GPL-2.0
/*
 * Instances in sysfs: class "iommu", with links to and from their devices.
 */
#include <kunit/visibility.h>
#include <linux/device.h>
#include <linux/device/class.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "core.h"
#include "debugfs.h"

/* The directory that the links to devices go to; it has no files. */
#define LINKS_DIR	"devices"

static struct attribute *links_attrs[] = {
	NULL
};

static const struct attribute_group links_group = {
	.name = LINKS_DIR,
	.attrs = links_attrs,
};

static const struct attribute_group *instance_groups[] = {
	&links_group,
	NULL
};

static void instance_dev_release(struct device *dev)
{
	kfree(dev);
}

static const struct class iommu_class = {
	.name = "iommu",
	.dev_groups = instance_groups,
	.dev_release = instance_dev_release,
};

static int __init iommu_class_init(void)
{
	return class_register(&iommu_class);
}
postcore_initcall(iommu_class_init);

int iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent,
			   const struct attribute_group **groups,
			   const char *fmt, ...)
{
	struct device *dev;
	va_list args;
	int ret;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	device_initialize(dev);
	dev->class = &iommu_class;
	dev->parent = parent;
	dev->groups = groups;
	dev_set_drvdata(dev, iommu);

	va_start(args, fmt);
	ret = kobject_set_name_vargs(&dev->kobj, fmt, args);
	va_end(args);
	if (!ret)
		ret = device_add(dev);
	if (ret) {
		put_device(dev);
		return ret;
	}
	iommu->dev = dev;
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_device_sysfs_add);

void iommu_device_sysfs_remove(struct iommu_device *iommu)
{
	struct device *dev = iommu->dev;

	if (!dev)
		return;
	iommu->dev = NULL;
	dev_set_drvdata(dev, NULL);
	device_unregister(dev);
}
EXPORT_SYMBOL_GPL(iommu_device_sysfs_remove);

static int add_links(struct device *shown, struct device *link)
{
	int ret;

	ret = sysfs_add_link_to_group(&shown->kobj, LINKS_DIR, &link->kobj,
				      dev_name(link));
	if (ret)
		return ret;
	ret = sysfs_create_link(&link->kobj, &shown->kobj, "iommu");
	if (ret)
		sysfs_remove_link_from_group(&shown->kobj, LINKS_DIR,
					     dev_name(link));
	return ret;
}

int iommu_device_link(struct iommu_device *iommu, struct device *link)
{
	int ret;

	/* An instance may serve devices without showing itself. */
	if (iommu->dev) {
		ret = add_links(iommu->dev, link);
		if (ret)
			return ret;
	}
	iommu_debugfs_add_device(link);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_link);

/*
 * Some drivers withdraw the instance from sysfs while it still has devices.
 * The links to them have gone with it then; the one from the device has not.
 */
void iommu_device_unlink(struct iommu_device *iommu, struct device *link)
{
	iommu_debugfs_remove_device(link);
	sysfs_remove_link(&link->kobj, "iommu");
	if (iommu->dev)
		sysfs_remove_link_from_group(&iommu->dev->kobj, LINKS_DIR,
					     dev_name(link));
}
EXPORT_SYMBOL_IF_KUNIT(iommu_device_unlink);
