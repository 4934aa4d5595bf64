// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: devices that cannot be told apart or kept apart, as kobjects.
 *
 * References are held on the "devices" directory.  It holds one on the group's
 * own directory, so the group goes when the last user of either is gone.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <trace/events/iommu.h>

#include "core.h"
#include "quarantine.h"

static struct kset *group_kset;
static DEFINE_IDA(group_ids);

static struct iommu_group *to_group(struct kobject *kobj)
{
	return container_of(kobj, struct iommu_group, kobj);
}

static void group_free(struct iommu_group *group)
{
	ida_free(&group_ids, group->id);
	mutex_destroy(&group->mutex);
	xa_destroy(&group->pasids);
	kfree(group->name);
	kfree(group);
}

static void group_release(struct kobject *kobj)
{
	struct iommu_group *group = to_group(kobj);

	if (group->iommudata_release)
		group->iommudata_release(group->iommudata);
	group_free(group);
}

static const struct kobj_type group_ktype = {
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = iommu_group_attr_groups,
	.release = group_release,
};

/* Memory and an id; nobody can see it yet. */
static struct iommu_group *group_new(void)
{
	struct iommu_group *group = kzalloc(sizeof(*group), GFP_KERNEL);
	int id = group ? ida_alloc(&group_ids, GFP_KERNEL) : -ENOMEM;

	if (id < 0) {
		kfree(group);
		return ERR_PTR(id);
	}
	group->id = id;
	group->kobj.kset = group_kset;
	INIT_LIST_HEAD(&group->pending);
	INIT_LIST_HEAD(&group->members);
	mutex_init(&group->mutex);
	xa_init(&group->pasids);
	INIT_WORK(&group->quarantine_work, iommu_quarantine_work);
	return group;
}

struct iommu_group *iommu_group_alloc(void)
{
	struct iommu_group *group = group_new();
	int ret;

	if (IS_ERR(group))
		return group;
	ret = kobject_init_and_add(&group->kobj, &group_ktype, NULL, "%d",
				   group->id);
	if (!ret) {
		group->devices_kobj = kobject_create_and_add("devices",
							     &group->kobj);
		ret = group->devices_kobj ? 0 : -ENOMEM;
	}
	/* From here on "devices" keeps the group, if it is there. */
	kobject_put(&group->kobj);
	return ret ? ERR_PTR(ret) : group;
}
EXPORT_SYMBOL_GPL(iommu_group_alloc);

struct iommu_group *iommu_group_ref_get(struct iommu_group *group)
{
	kobject_get(group->devices_kobj);
	return group;
}
EXPORT_SYMBOL_GPL(iommu_group_ref_get);

struct iommu_group *iommu_group_get(struct device *dev)
{
	return dev->iommu_group ? iommu_group_ref_get(dev->iommu_group) : NULL;
}
EXPORT_SYMBOL_GPL(iommu_group_get);

int iommu_group_id(struct iommu_group *group)
{
	return group->id;
}
EXPORT_SYMBOL_GPL(iommu_group_id);

void iommu_group_put(struct iommu_group *group)
{
	kobject_put(group ? group->devices_kobj : NULL);
}
EXPORT_SYMBOL_GPL(iommu_group_put);

int iommu_group_set_name(struct iommu_group *group, const char *name)
{
	char *copy = NULL;
	int ret = 0;

	if (name) {
		copy = kstrdup(name, GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
	}

	/* Removing the file waits for readers, which take the mutex. */
	if (group->name)
		sysfs_remove_file(&group->kobj, &iommu_group_name_attr.attr);
	mutex_lock(&group->mutex);
	swap(group->name, copy);
	mutex_unlock(&group->mutex);
	kfree(copy);

	if (name)
		ret = sysfs_create_file(&group->kobj,
					&iommu_group_name_attr.attr);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_group_set_name);

void *iommu_group_get_iommudata(struct iommu_group *group)
{
	return group->iommudata;
}
EXPORT_SYMBOL_GPL(iommu_group_get_iommudata);

void iommu_group_set_iommudata(struct iommu_group *group, void *iommu_data,
			       void (*release)(void *iommu_data))
{
	group->iommudata = iommu_data;
	group->iommudata_release = release;
}
EXPORT_SYMBOL_GPL(iommu_group_set_iommudata);

struct iommu_domain *iommu_group_default_domain(struct iommu_group *group)
{
	return group->default_domain;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_group_default_domain);

struct device *iommu_group_first_dev(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	return list_first_entry(&group->members, struct group_member, list)->dev;
}

struct group_member *iommu_group_member(struct iommu_group *group, struct device *dev)
{
	struct group_member *member;

	lockdep_assert_held(&group->mutex);

	for_each_group_member(group, member) {
		if (member->dev == dev)
			return member;
	}
	return NULL;
}

bool iommu_group_has_instance(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	return !list_empty(&group->members) &&
	       iommu_device_is_probed(iommu_group_first_dev(group));
}

/*
 * Devices of different buses can have the same name; the second one's link gets
 * the suffix .0, the next one's .1.
 */
static int member_link(struct iommu_group *group, struct group_member *member)
{
	const char *base = kobject_name(&member->dev->kobj);
	int i, ret;

	for (i = -1; ; i++) {
		char *name = i < 0 ? kasprintf(GFP_KERNEL, "%s", base) :
				     kasprintf(GFP_KERNEL, "%s.%d", base, i);

		if (!name)
			return -ENOMEM;
		ret = sysfs_create_link_nowarn(group->devices_kobj,
					       &member->dev->kobj, name);
		if (!ret) {
			member->name = name;
			return 0;
		}
		kfree(name);
		if (ret != -EEXIST)
			return ret;
	}
}

int iommu_group_add_member(struct iommu_group *group, struct device *dev)
{
	struct group_member *member;
	int ret;

	lockdep_assert_held(&group->mutex);

	member = kzalloc(sizeof(*member), GFP_KERNEL);
	if (!member)
		return -ENOMEM;
	member->dev = dev;
	ret = sysfs_create_link(&dev->kobj, &group->kobj, "iommu_group");
	if (ret)
		goto err_free;
	ret = member_link(group, member);
	if (ret)
		goto err_unlink;

	iommu_group_ref_get(group);
	list_add_tail(&member->list, &group->members);
	dev->iommu_group = group;
	trace_add_device_to_group(group->id, dev);
	dev_info(dev, "Adding to iommu group %d\n", group->id);
	return 0;

err_unlink:
	sysfs_remove_link(&dev->kobj, "iommu_group");
err_free:
	kfree(member);
	return ret;
}

void iommu_group_remove_member(struct iommu_group *group, struct device *dev)
{
	struct group_member *member = iommu_group_member(group, dev);

	if (WARN_ON_ONCE(!member))
		return;

	dev_info(dev, "Removing from iommu group %d\n", group->id);
	list_del(&member->list);
	sysfs_remove_link(group->devices_kobj, member->name);
	sysfs_remove_link(&dev->kobj, "iommu_group");
	trace_remove_device_from_group(group->id, dev);
	dev->iommu_group = NULL;
	kfree(member->name);
	kfree(member);
	iommu_group_put(group);
}

int iommu_group_add_device(struct iommu_group *group, struct device *dev)
{
	int ret;

	if (dev->iommu_group)
		return -EBUSY;
	mutex_lock(&group->mutex);
	ret = iommu_group_add_member(group, dev);
	mutex_unlock(&group->mutex);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_group_add_device);

void iommu_group_remove_device(struct device *dev)
{
	iommu_device_forget(dev);
}
EXPORT_SYMBOL_GPL(iommu_group_remove_device);

/* In brackets, because style checkers take the bare name for a loop's. */
int (iommu_group_for_each_dev)(struct iommu_group *group, void *data,
			       int (*fn)(struct device *, void *))
{
	struct group_member *member;
	int ret = 0;

	mutex_lock(&group->mutex);
	for_each_group_member(group, member) {
		ret = fn(member->dev, data);
		if (ret)
			break;
	}
	mutex_unlock(&group->mutex);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_group_for_each_dev);

#ifdef CONFIG_LOCKDEP
void iommu_group_mutex_assert(struct device *dev)
{
	lockdep_assert_held(&dev->iommu_group->mutex);
}
EXPORT_SYMBOL_GPL(iommu_group_mutex_assert);
#endif

/* Devices are probed from subsys_initcall on, and need it. */
static int __init group_init(void)
{
	group_kset = kset_create_and_add("iommu_groups", NULL, kernel_kobj);
	return group_kset ? 0 : -ENOMEM;
}
core_initcall(group_init);
