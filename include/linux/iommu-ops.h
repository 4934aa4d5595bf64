/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instances and devices: what a driver registers, what core keeps per device.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_OPS_H
#define __LINUX_IOMMU_OPS_H

#include <linux/device.h>
#include <linux/iommu-domain.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/ratelimit_types.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/uaccess.h>

struct iommu_dma_device;
struct iommu_group;
struct iommu_ops;
struct of_phandle_args;

/**
 * enum iommu_cap - what a device can expect of its instance
 * @IOMMU_CAP_CACHE_COHERENCY: IOMMU_CACHE mappings are coherent
 * @IOMMU_CAP_NOEXEC: IOMMU_NOEXEC is honoured
 * @IOMMU_CAP_PRE_BOOT_PROTECTION: firmware says that it kept DMA out before boot
 * @IOMMU_CAP_ENFORCE_CACHE_COHERENCY: enforce_cache_coherency() will succeed
 * @IOMMU_CAP_DEFERRED_FLUSH: unmap leaves invalidation to the caller, so that
 *	deferring it pays
 * @IOMMU_CAP_DIRTY_TRACKING: domains can record what was written
 */
enum iommu_cap {
	IOMMU_CAP_CACHE_COHERENCY,
	IOMMU_CAP_NOEXEC,
	IOMMU_CAP_PRE_BOOT_PROTECTION,
	IOMMU_CAP_ENFORCE_CACHE_COHERENCY,
	IOMMU_CAP_DEFERRED_FLUSH,
	IOMMU_CAP_DIRTY_TRACKING,
};

/**
 * enum iommu_dev_features - what a driver switches on per device
 * @IOMMU_DEV_FEAT_SVA: sharing of process address spaces
 * @IOMMU_DEV_FEAT_IOPF: recoverable faults; where an instance offers it, it is
 *	switched on before IOMMU_DEV_FEAT_SVA and off after it
 */
enum iommu_dev_features {
	IOMMU_DEV_FEAT_SVA,
	IOMMU_DEV_FEAT_IOPF,
};

/**
 * enum iommu_resv_type - what a reserved region asks for
 * @IOMMU_RESV_DIRECT: must stay mapped 1:1 in every domain of the device
 * @IOMMU_RESV_DIRECT_RELAXABLE: mapped 1:1 for the kernel, may be dropped when
 *	the device is given away
 * @IOMMU_RESV_RESERVED: must never be mapped
 * @IOMMU_RESV_MSI: message doorbells that bypass translation
 * @IOMMU_RESV_SW_MSI: window in which software maps message doorbells
 */
enum iommu_resv_type {
	IOMMU_RESV_DIRECT,
	IOMMU_RESV_DIRECT_RELAXABLE,
	IOMMU_RESV_RESERVED,
	IOMMU_RESV_MSI,
	IOMMU_RESV_SW_MSI,
};

/**
 * struct iommu_resv_region - one reserved region of a device
 * @list: on the list that the caller of get_resv_regions() owns
 * @start: first byte
 * @length: length in bytes
 * @prot: IOMMU_* protection for direct regions
 * @type: what is asked for
 * @free: releases the region if it was not a plain kmalloc(), else NULL
 */
struct iommu_resv_region {
	struct list_head list;
	phys_addr_t start;
	size_t length;
	int prot;
	enum iommu_resv_type type;
	void (*free)(struct device *dev, struct iommu_resv_region *region);
};

/**
 * struct iommu_iort_rmr_data - a reserved region of ACPI IORT
 * @rr: the region
 * @sids: streams that are live in it at boot; constant
 * @num_sids: length of @sids
 */
struct iommu_iort_rmr_data {
	struct iommu_resv_region rr;
	const u32 *sids;
	u32 num_sids;
};

/**
 * struct iommu_user_data - a driver-specific structure in user memory
 * @type: which structure, from include/uapi/linux/iommufd.h
 * @uptr: where it is
 * @len: its length in bytes as user space sees it
 */
struct iommu_user_data {
	unsigned int type;
	void __user *uptr;
	size_t len;
};

/**
 * struct iommu_user_data_array - an array of them
 * @type: which structure each element is
 * @uptr: the first element
 * @entry_len: distance between elements in bytes
 * @entry_num: number of elements; a driver writes back how many it handled
 */
struct iommu_user_data_array {
	unsigned int type;
	void __user *uptr;
	size_t entry_len;
	u32 entry_num;
};

#ifdef CONFIG_IOMMU_API

/**
 * struct iommu_ops - what a driver does for its instances
 * @owner: module that must stay while devices are bound
 * @pgsize_bitmap: for domains whose allocation does not set page sizes
 * @default_domain_ops: for domains whose allocation does not set ops
 * @blocked_domain: static domain that aborts everything, or NULL
 * @identity_domain: static domain that passes everything, or NULL
 * @default_domain: legacy; always the default domain if set
 * @release_domain: attached before release_device, or NULL
 * @capable: is the capability there for this device?
 * @of_xlate: append the ids of one "iommus" entry to the device's fwspec
 * @probe_device: claim a device; returns the instance that it is behind.  The
 *	device must not be able to do DMA before something is attached
 * @device_group: the group the device belongs to, with a reference
 * @probe_finalize: after the device is in its group and attached
 * @release_device: forget the device; nothing of it may be cached afterwards
 * @def_domain_type: the default domain must be IOMMU_DOMAIN_IDENTITY or
 *	IOMMU_DOMAIN_DMA; 0 for no preference
 * @is_attach_deferred: leave what a previous kernel attached in place until the
 *	first mapping, which calls attach_dev() in its own context, without the
 *	group's mutex.  Where that may not sleep, and attach_dev() has to, it returns
 *	-EWOULDBLOCK: the mapping is refused, and the next one tries again
 * @get_resv_regions: append the device's reserved regions to a list
 * @domain_alloc_paging: allocate a domain with tables that suits the device
 * @domain_alloc: legacy; allocate a domain of a type, without knowing a device
 * @domain_alloc_sva: allocate a domain that walks @mm
 * @domain_alloc_user: allocate a domain for iommufd; ERR_PTR on failure
 * @hw_info: driver-specific description for user space, kmalloc()ed, freed by
 *	the caller
 * @remove_dev_pasid: block a PASID that had @domain; cannot fail
 * @dev_disable_feat: switch a feature off
 * @dev_enable_feat: switch a feature on
 * @page_response: answer the group whose last request is given.  Called once per
 *	group, one call at a time for a device, in process context under
 *	iommu_fault_param.lock (dev_iommu.lock if the device is on no queue); must
 *	not report faults, nor take the group's mutex or a lock that is held while a
 *	device joins or leaves a queue
 * @user_pasid_table: user space manages PASIDs; faults go to the domain of the
 *	requester id
 */
struct iommu_ops {
	struct module *owner;
	unsigned long pgsize_bitmap;
	const struct iommu_domain_ops *default_domain_ops;
	struct iommu_domain *blocked_domain;
	struct iommu_domain *identity_domain;
	struct iommu_domain *default_domain;
	struct iommu_domain *release_domain;

	bool (*capable)(struct device *dev, enum iommu_cap cap);
	int (*of_xlate)(struct device *dev, const struct of_phandle_args *args);
	struct iommu_device *(*probe_device)(struct device *dev);
	struct iommu_group *(*device_group)(struct device *dev);
	void (*probe_finalize)(struct device *dev);
	void (*release_device)(struct device *dev);
	int (*def_domain_type)(struct device *dev);
	bool (*is_attach_deferred)(struct device *dev);
	void (*get_resv_regions)(struct device *dev, struct list_head *list);

	struct iommu_domain *(*domain_alloc_paging)(struct device *dev);
	struct iommu_domain *(*domain_alloc)(unsigned int iommu_domain_type);
	struct iommu_domain *(*domain_alloc_sva)(struct device *dev,
						 struct mm_struct *mm);
	struct iommu_domain *
	(*domain_alloc_user)(struct device *dev, u32 flags,
			     struct iommu_domain *parent,
			     const struct iommu_user_data *user_data);
	void *(*hw_info)(struct device *dev, u32 *length, u32 *type);

	void (*remove_dev_pasid)(struct device *dev, ioasid_t pasid,
				 struct iommu_domain *domain);
	int (*dev_disable_feat)(struct device *dev, enum iommu_dev_features f);
	int (*dev_enable_feat)(struct device *dev, enum iommu_dev_features f);
	void (*page_response)(struct device *dev, struct iopf_fault *evt,
			      struct iommu_page_response *msg);
	u8 user_pasid_table:1;
};

/**
 * struct iommu_device - one instance
 * @list: on core's list of instances; guarded by its lock
 * @ops: the driver's operations; constant while registered
 * @fwnode: firmware node that devices name; constant while registered
 * @dev: sysfs device of class "iommu"
 * @singleton_group: the group of an instance that has only one
 * @max_pasids: number of PASIDs the instance can tell apart
 * @announced: iommu_device_announce() was called, and neither registered nor
 *	withdrawn it; guarded by iommu_probe_device_lock
 * @serve: called once by iommu_device_register(), with iommu_probe_device_lock
 *	held, when the devices that are there have been attached, and before anybody
 *	else finds the instance: from then on it may abort what is attached to
 *	nothing.  An instance that has it lets devices pass whose drivers began
 *	without translation; an error fails the registration.  NULL for one that
 *	has nothing to do then, and leaves such devices alone
 * @stray_limit: how many lines faults of streams that are nobody's may print; from
 *	the first registration on
 * @followed: device whose driver registered the instance, while core waits for it to
 *	be bound, or NULL
 * @bound: on the list of that device's bus then
 *
 * Embedded in the driver's own structure.
 */
struct iommu_device {
	struct list_head list;
	const struct iommu_ops *ops;
	struct fwnode_handle *fwnode;
	struct device *dev;
	struct iommu_group *singleton_group;
	u32 max_pasids;
	bool announced;
	int (*serve)(struct iommu_device *iommu);
	struct ratelimit_state stray_limit;
	struct device *followed;
	struct notifier_block bound;
};

/**
 * struct iommu_fault_param - page requests of one device that is on a queue
 * @lock: guards all lists and counts below and @gone; page_response() is called
 *	under it
 * @reporting: held for reading while a request is looked up and handed to its
 *	handler, for writing by who waits until no such thing is going on.  Taken
 *	before @lock, never together with iopf_queue.lock or dev_iommu.lock
 * @users: references: the queue's, one of each group, those of running calls
 * @rcu: for freeing after readers of dev_iommu.fault_param
 * @dev: device; referenced
 * @queue: queue that it reports to; constant, valid until the device has left it
 * @queue_list: on iopf_queue.devices; guarded by its lock
 * @partial: struct iopf_fault, requests whose group is not complete, oldest first
 * @partials: length of @partial
 * @faults: struct iopf_group, not answered, with handlers
 * @kept: struct iopf_group, not answered, with who will answer in its own time
 * @groups: groups of this device that are not freed
 * @gone: the device has left the queue
 */
struct iommu_fault_param {
	struct mutex lock;		/* see @lock above */
	struct rw_semaphore reporting;	/* see @reporting above */
	refcount_t users;
	struct rcu_head rcu;
	struct device *dev;
	struct iopf_queue *queue;
	struct list_head queue_list;
	struct list_head partial;
	unsigned int partials;
	struct list_head faults;
	struct list_head kept;
	unsigned int groups;
	bool gone;
};

/**
 * struct iommu_fwspec - ids of a device at its instance, as firmware gave them
 * @iommu_fwnode: the instance's node; referenced
 * @flags: IOMMU_FWSPEC_*
 * @num_ids: length of @ids
 * @ids: streams, in the driver's own encoding
 *
 * Moves when ids are added; written under iommu_probe_device_lock.
 */
struct iommu_fwspec {
	struct fwnode_handle *iommu_fwnode;
	u32 flags;
	unsigned int num_ids;
	u32 ids[];
};

#define IOMMU_FWSPEC_PCI_RC_ATS		0x1	/* root complex does ATS */

/**
 * struct dev_iommu - what core keeps per device, at dev->iommu
 * @lock: guards @fault_param
 * @fault_param: page requests, or NULL while it is on no queue
 * @fwspec: ids, or NULL
 * @iommu_dev: instance, or NULL while not probed
 * @priv: the driver's own
 * @dma: what mappings by the DMA API need, or NULL; set and cleared while no
 *	mapping can be made (before dev->dma_iommu is set, after it is cleared)
 * @missing: node of the instance that the device was described to be behind and
 *	that was not there when its driver was to be bound, referenced; or NULL
 * @faults: terminated faults counted since the device was probed
 * @fault_limit: limits what is printed of them, and of page requests refused
 * @window_start: jiffies at which @window_faults was 0
 * @window_faults: faults since then that nobody handled
 * @pages: page requests, and their answers
 * @max_pasids: PASIDs that the device may use
 * @attach_deferred: the first mapping attaches
 * @pci_32bit_workaround: try addresses below 4 GiB first
 * @require_direct: has regions that must stay mapped in every domain
 * @shadow_on_flush: invalidation is expensive (a shadowed table), so one queue
 *	with a long period serves all CPUs
 * @driver_ids: the ids are of the driver's making, or it keeps something with
 *	them in @priv: they go when it forgets the device
 * @stays_out: its driver was bound without the instance, or has lost it, and the
 *	device is not put behind one before the next is bound; no neighbour of
 *	@attach_deferred, which the first mapping clears without a lock
 * @direct: its driver was bound without the instance, which came later and lets
 *	it pass untranslated until the driver is unbound; never with @stays_out
 * @uses_direct: its driver was bound without translation, for want of the instance or
 *	for the sake of another member of its group, and uses the DMA API: until it has
 *	freed, by physical address, what it had
 * @has_of_id: @of_id is valid
 * @of_id: see @of_master
 * @of_master: what of_iommu_configure() was asked with when an instance was
 *	missing, referenced; or NULL
 *
 * All but @dma, the counts of faults, @pages and @fault_param is written under
 * iommu_probe_device_lock, or under the group's mutex once the device has a group.
 */
struct dev_iommu {
	struct mutex lock;	/* guards fault_param */
	struct iommu_fault_param __rcu *fault_param;
	struct iommu_fwspec *fwspec;
	struct iommu_device *iommu_dev;
	void *priv;
	struct iommu_dma_device *dma;
	struct fwnode_handle *missing;
	atomic64_t faults;
	struct ratelimit_state fault_limit;
	unsigned long window_start;
	atomic_t window_faults;
	struct iommu_page_counts pages;
	u32 max_pasids;
	u32 attach_deferred:1;
	u32 pci_32bit_workaround:1;
	u32 require_direct:1;
	u32 shadow_on_flush:1;
	u32 driver_ids:1;
	bool stays_out;
	bool direct;
	bool uses_direct;
	bool has_of_id;
	u32 of_id;
	struct device_node *of_master;
};

/**
 * dev_to_iommu_device() - instance behind a sysfs device of class "iommu"
 * @dev: the sysfs device
 *
 * Return: the instance.
 */
static inline struct iommu_device *dev_to_iommu_device(struct device *dev)
{
	return dev_get_drvdata(dev);
}

/**
 * __iommu_get_iommu_dev() - instance that a probed device is behind
 * @dev: device; the caller is one of its instance's operations
 *
 * Return: the instance, never NULL there.
 */
static inline struct iommu_device *__iommu_get_iommu_dev(struct device *dev)
{
	return dev->iommu->iommu_dev;
}

/**
 * iommu_get_iommu_dev - the driver's structure around a device's instance
 * @dev: device, as for __iommu_get_iommu_dev()
 * @type: the driver's structure
 * @member: its struct iommu_device
 */
#define iommu_get_iommu_dev(dev, type, member) \
	container_of(__iommu_get_iommu_dev(dev), type, member)

/**
 * dev_iommu_fwspec_get() - firmware ids of a device
 * @dev: device
 *
 * Return: the ids, or NULL if firmware gave none.
 */
static inline struct iommu_fwspec *dev_iommu_fwspec_get(struct device *dev)
{
	return dev->iommu ? dev->iommu->fwspec : NULL;
}

/**
 * dev_iommu_fwspec_set() - replace the firmware ids of a device
 * @dev: device with dev->iommu
 * @fwspec: ids; ownership goes to the device
 */
static inline void dev_iommu_fwspec_set(struct device *dev,
					struct iommu_fwspec *fwspec)
{
	dev->iommu->fwspec = fwspec;
}

/**
 * dev_iommu_priv_get() - the driver's own pointer of a device
 * @dev: device
 *
 * Return: the pointer, NULL if none was set.
 */
static inline void *dev_iommu_priv_get(struct device *dev)
{
	return dev->iommu ? dev->iommu->priv : NULL;
}

/**
 * __iommu_copy_struct_from_user() - copy a structure of any version
 * @dst_data: where to
 * @src_data: where from, with type and length
 * @data_type: type that is expected
 * @data_len: length of the structure that this kernel knows
 * @min_len: length of its first version
 *
 * What user space did not give is zero; what this kernel does not know must be
 * zero (-E2BIG otherwise).
 *
 * Return: 0, -EINVAL for a wrong type or length, -EFAULT, -E2BIG.
 */
static inline int
__iommu_copy_struct_from_user(void *dst_data,
			      const struct iommu_user_data *src_data,
			      unsigned int data_type, size_t data_len,
			      size_t min_len)
{
	if (WARN_ON_ONCE(!src_data || !dst_data))
		return -EINVAL;
	if (data_type != src_data->type || src_data->len < min_len ||
	    src_data->len > data_len)
		return -EINVAL;
	return copy_struct_from_user(dst_data, data_len, src_data->uptr,
				     src_data->len);
}

/**
 * iommu_copy_struct_from_user - copy one structure from user memory
 * @kdst: where to, a pointer to the structure
 * @user_data: where from
 * @data_type: type that is expected
 * @min_last: last member that the structure's first version had
 */
#define iommu_copy_struct_from_user(kdst, user_data, data_type, min_last) \
	__iommu_copy_struct_from_user(kdst, user_data, data_type, \
				      sizeof(*(kdst)), \
				      offsetofend(typeof(*(kdst)), min_last))

/**
 * __iommu_copy_struct_from_user_array() - copy one element of an array
 * @dst_data: where to
 * @src_array: where from
 * @data_type: type that is expected
 * @index: which element
 * @data_len: length of the structure that this kernel knows
 * @min_len: length of its first version
 *
 * Return: as __iommu_copy_struct_from_user(), -EINVAL for a bad @index.
 */
static inline int
__iommu_copy_struct_from_user_array(void *dst_data,
				    const struct iommu_user_data_array *src_array,
				    unsigned int data_type, unsigned int index,
				    size_t data_len, size_t min_len)
{
	struct iommu_user_data element;

	if (WARN_ON_ONCE(!src_array || index >= src_array->entry_num))
		return -EINVAL;
	element.type = src_array->type;
	element.len = src_array->entry_len;
	element.uptr = src_array->uptr + index * src_array->entry_len;
	return __iommu_copy_struct_from_user(dst_data, &element, data_type,
					     data_len, min_len);
}

/**
 * iommu_copy_struct_from_user_array - copy one element of a user array
 * @kdst: where to, a pointer to the structure
 * @user_array: where from
 * @data_type: type that is expected
 * @index: which element
 * @min_last: last member that the structure's first version had
 */
#define iommu_copy_struct_from_user_array(kdst, user_array, data_type, index, \
					  min_last) \
	__iommu_copy_struct_from_user_array(kdst, user_array, data_type, index, \
					    sizeof(*(kdst)), \
					    offsetofend(typeof(*(kdst)), min_last))

#else /* !CONFIG_IOMMU_API */

struct iommu_ops {};
struct iommu_device {};
struct iommu_fault_param {};
struct iommu_fwspec {};

static inline struct iommu_fwspec *dev_iommu_fwspec_get(struct device *dev)
{
	return NULL;
}

static inline struct iommu_device *dev_to_iommu_device(struct device *dev)
{
	return NULL;
}

#endif /* CONFIG_IOMMU_API */

/**
 * struct iommu_attach_handle - an attachment, as its maker sees it
 * @domain: what is attached
 *
 * Embedded and owned by who attaches; core points to it while attached.
 */
struct iommu_attach_handle {
	struct iommu_domain *domain;
};

/**
 * struct iommu_sva - bond of a device and a process address space
 * @handle: the attachment of the PASID
 * @dev: device
 * @users: references; guarded by the SVA lock
 */
struct iommu_sva {
	struct iommu_attach_handle handle;
	struct device *dev;
	refcount_t users;
};

/**
 * struct iommu_mm_data - what core keeps per process address space
 * @pasid: its PASID on all devices
 * @sva_domains: its domains; guarded by the SVA lock
 */
struct iommu_mm_data {
	u32 pasid;
	struct list_head sva_domains;
};

#endif /* __LINUX_IOMMU_OPS_H */
