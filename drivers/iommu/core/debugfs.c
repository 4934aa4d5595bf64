// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/iommu: the directory for drivers; "faults", a line for each
 * device with the number of its terminated faults; and "page_requests", a line
 * for each device that sent some, with what became of them.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core.h"
#include "debugfs.h"
#include "iopf.h"

struct dentry *iommu_debugfs_dir;
EXPORT_SYMBOL_GPL(iommu_debugfs_dir);

/*
 * Devices in the order of their probe.  A device is on the list only while its
 * dev->iommu is there, so readers need no more than the lock.
 */
struct shown_device {
	struct list_head list;
	struct device *dev;
};

static LIST_HEAD(shown);
static DEFINE_MUTEX(shown_lock);

void iommu_debugfs_add_device(struct device *dev)
{
	struct shown_device *entry = kmalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return;
	entry->dev = dev;
	mutex_lock(&shown_lock);
	list_add_tail(&entry->list, &shown);
	mutex_unlock(&shown_lock);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_debugfs_add_device);

void iommu_debugfs_remove_device(struct device *dev)
{
	struct shown_device *entry, *next;

	mutex_lock(&shown_lock);
	list_for_each_entry_safe(entry, next, &shown, list) {
		if (entry->dev == dev) {
			list_del(&entry->list);
			kfree(entry);
		}
	}
	mutex_unlock(&shown_lock);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_debugfs_remove_device);

int iommu_debugfs_show_faults(struct seq_file *seq, void *unused)
{
	struct shown_device *entry;

	mutex_lock(&shown_lock);
	list_for_each_entry(entry, &shown, list) {
		struct device *dev = entry->dev;

		seq_printf(seq, "%s %s %llu\n", dev_bus_name(dev),
			   dev_name(dev), atomic64_read(&dev->iommu->faults));
	}
	mutex_unlock(&shown_lock);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_debugfs_show_faults);

#ifdef CONFIG_IOMMU_IOPF
/* What waits for an answer now, in handlers and outside of the kernel */
static void show_waiting(struct seq_file *seq, struct device *dev)
{
	struct iommu_fault_param *param = iommu_iopf_param_get(dev);
	size_t faults = 0, kept = 0;

	if (param) {
		mutex_lock(&param->lock);
		faults = list_count_nodes(&param->faults);
		kept = list_count_nodes(&param->kept);
		mutex_unlock(&param->lock);
		iommu_iopf_param_put(param);
	}
	seq_printf(seq, " waiting %zu kept %zu\n", faults, kept);
}

int iommu_debugfs_show_page_requests(struct seq_file *seq, void *unused)
{
	struct shown_device *entry;

	mutex_lock(&shown_lock);
	list_for_each_entry(entry, &shown, list) {
		struct device *dev = entry->dev;
		struct iommu_page_counts *counts = &dev->iommu->pages;

		if (!atomic64_read(&counts->requests))
			continue;
		seq_printf(seq, "%s %s requests %llu dropped %llu success %llu invalid %llu failure %llu",
			   dev_bus_name(dev), dev_name(dev),
			   atomic64_read(&counts->requests),
			   atomic64_read(&counts->dropped),
			   atomic64_read(&counts->responses[IOMMU_PAGE_RESP_SUCCESS]),
			   atomic64_read(&counts->responses[IOMMU_PAGE_RESP_INVALID]),
			   atomic64_read(&counts->responses[IOMMU_PAGE_RESP_FAILURE]));
		show_waiting(seq, dev);
	}
	mutex_unlock(&shown_lock);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_debugfs_show_page_requests);

static int page_requests_open(struct inode *inode, struct file *file)
{
	return single_open(file, iommu_debugfs_show_page_requests, NULL);
}

static const struct file_operations page_requests_fops = {
	.owner = THIS_MODULE,
	.open = page_requests_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static void __init create_page_requests(void)
{
	debugfs_create_file("page_requests", 0400, iommu_debugfs_dir, NULL,
			    &page_requests_fops);
}
#else
static void __init create_page_requests(void) {}
#endif /* CONFIG_IOMMU_IOPF */

static int faults_open(struct inode *inode, struct file *file)
{
	return single_open(file, iommu_debugfs_show_faults, NULL);
}

static const struct file_operations faults_fops = {
	.owner = THIS_MODULE,
	.open = faults_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

struct dentry *iommu_debugfs_add_instance(struct iommu_device *iommu,
					  const struct iommu_debugfs_file *files,
					  void *data)
{
	struct dentry *dir;

	dir = debugfs_create_dir(dev_name(iommu->dev), iommu_debugfs_dir);
	for (; files->name; files++)
		debugfs_create_file(files->name, 0400, dir, data, files->fops);
	return dir;
}
EXPORT_SYMBOL_GPL(iommu_debugfs_add_instance);

static void __init print_warning(void)
{
	pr_warn("**************************************************************\n");
	pr_warn("**  This kernel shows IOMMU tables and queues in debugfs.   **\n");
	pr_warn("**  Who can read them knows where to aim DMA.  Unless you   **\n");
	pr_warn("**  debug the IOMMU, run a kernel without                   **\n");
	pr_warn("**  CONFIG_IOMMU_DEBUGFS.                                   **\n");
	pr_warn("**************************************************************\n");
}

void __init iommu_debugfs_setup(void)
{
	if (iommu_debugfs_dir)
		return;
	iommu_debugfs_dir = debugfs_create_dir("iommu", NULL);
	debugfs_create_file("faults", 0400, iommu_debugfs_dir, NULL,
			    &faults_fops);
	create_page_requests();
	print_warning();
}

static int __init debugfs_init(void)
{
	iommu_debugfs_setup();
	return 0;
}
core_initcall(debugfs_init);
