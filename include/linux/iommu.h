/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IOMMU API: address spaces for DMA.
 *
 * A *domain* is an I/O address space.  A *group* is the smallest set of devices
 * that can be put behind a domain of their own.  Drivers of devices seldom come
 * here: the DMA API does it for them.  Who wants an address space of its own
 * (VFIO, iommufd, a GPU) allocates a domain, takes ownership of the group,
 * attaches, and maps.
 *
 * Unless a function says otherwise it may sleep, and it may be called with any
 * device, also one that no instance serves.
 */
#ifndef __LINUX_IOMMU_H
#define __LINUX_IOMMU_H

#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/iommu-domain.h>
#include <linux/iommu-group.h>
#include <linux/iommu-ops.h>
#include <linux/iommu-pasid.h>
#include <linux/iova_bitmap.h>
#include <linux/of.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct dentry;
struct msi_desc;
struct msi_msg;
struct notifier_block;

#ifdef CONFIG_IOMMU_API

/*
 * Instances
 */

/**
 * iommu_device_announce() - say that an instance is about to be set up
 * @iommu: instance, with a firmware node
 * @hwdev: its device
 *
 * For a driver that could cut devices off while it sets the instance up: it learns
 * whether drivers were bound without translation because the instance was not
 * there.  From here on no more are, until iommu_device_register(), by which they
 * get their place, or iommu_device_withdraw().
 *
 * Context: Process; takes iommu_probe_device_lock.
 * Return: how many devices there are.
 */
unsigned int iommu_device_announce(struct iommu_device *iommu, struct device *hwdev);

/**
 * iommu_device_withdraw() - undo iommu_device_announce()
 * @iommu: instance that failed before it was registered, or in that
 *
 * Drivers that waited meanwhile are tried again with the next driver that is bound
 * to anything.
 *
 * Context: Process; takes iommu_probe_device_lock.
 */
void iommu_device_withdraw(struct iommu_device *iommu);

/**
 * iommu_device_register() - publish an instance that is ready to serve
 * @iommu: instance
 * @ops: its operations; constant until it is unregistered
 * @hwdev: device of the instance, whose firmware node devices name; NULL for
 *	an instance that serves devices without firmware ids
 *
 * From here on devices are probed, those that are there already before this
 * returns; so everything that the operations touch must be in place.  What a
 * device meets is reported and does not concern the others.
 *
 * Return: 0; -EINVAL for modular operations without owner; what iommu->serve()
 * returned, and no device is behind the instance then.
 */
int iommu_device_register(struct iommu_device *iommu,
			  const struct iommu_ops *ops, struct device *hwdev);

/**
 * iommu_device_unregister() - withdraw an instance
 * @iommu: instance
 *
 * Its devices are released first.  Cannot fail.
 */
void iommu_device_unregister(struct iommu_device *iommu);

/**
 * iommu_device_sysfs_add() - show an instance in /sys/class/iommu
 * @iommu: instance
 * @parent: parent of the new sysfs device
 * @groups: attributes of the driver, or NULL
 * @fmt: name
 *
 * Return: 0 or a negative error.
 */
int iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent,
			   const struct attribute_group **groups,
			   const char *fmt, ...) __printf(4, 5);

/**
 * iommu_device_sysfs_remove() - undo iommu_device_sysfs_add()
 * @iommu: instance
 */
void iommu_device_sysfs_remove(struct iommu_device *iommu);

/**
 * iommu_device_link() - link a device and its instance in sysfs
 * @iommu: instance
 * @link: device
 *
 * Return: 0 or a negative error, nothing linked.
 */
int iommu_device_link(struct iommu_device *iommu, struct device *link);

/**
 * iommu_device_unlink() - undo iommu_device_link()
 * @iommu: instance
 * @link: device
 */
void iommu_device_unlink(struct iommu_device *iommu, struct device *link);

/**
 * bus_iommu_probe() - probe the devices of a bus that have none yet
 * @bus: bus
 *
 * Return: 0 or the first error other than -ENODEV.
 */
int bus_iommu_probe(const struct bus_type *bus);

/**
 * iommu_present() - is a device of this bus behind an instance?
 * @bus: bus
 *
 * Return: true if at least one is.
 */
bool iommu_present(const struct bus_type *bus);

/*
 * Devices
 */

/*
 * Serialises probe and release of all devices; the first lock of the
 * subsystem.  ACPI takes it around the making of firmware ids.
 */
extern struct mutex iommu_probe_device_lock;

/**
 * iommu_probe_device() - take a device through instance, group and domain
 * @dev: device
 *
 * Idempotent.
 *
 * Return: 0, -ENODEV if no instance serves it, or a negative error.
 */
int iommu_probe_device(struct device *dev);

/**
 * iommu_missing_verdict() - what an error in configuring a device's IOMMU means
 * @dev: device
 * @error: 0 or the error
 *
 * Firmware code asks it last, when it has given the device its ids and probed it,
 * or could not.  "iommu.missing=" decides on an instance that does not come, and
 * on a device that its instance refuses; a message says what happens.
 *
 * Context: Process; takes iommu_probe_device_lock.
 * Return: 0; -ENODEV if the driver is to be bound without translation;
 * -EPROBE_DEFER; another error if it must not be bound.
 */
int iommu_missing_verdict(struct device *dev, int error);

/**
 * device_iommu_capable() - can a device expect a capability?
 * @dev: device
 * @cap: capability
 *
 * Return: false also for a device without instance.
 */
bool device_iommu_capable(struct device *dev, enum iommu_cap cap);

/**
 * dev_iommu_priv_set() - set the driver's own pointer of a device
 * @dev: device with dev->iommu
 * @priv: pointer
 *
 * Context: iommu_probe_device_lock is held, as in probe_device().
 */
void dev_iommu_priv_set(struct device *dev, void *priv);

/**
 * iommu_fwspec_init() - start the firmware ids of a device
 * @dev: device
 * @iommu_fwnode: node of the instance
 *
 * Context: iommu_probe_device_lock is held.
 * Return: 0, also if started for the same instance before; -EPROBE_DEFER if
 * no instance has that node yet; -EINVAL if started for another driver's;
 * -ENOMEM.
 */
int iommu_fwspec_init(struct device *dev, struct fwnode_handle *iommu_fwnode);

/**
 * iommu_fwspec_free() - drop the firmware ids of a device
 * @dev: device; may have none
 */
void iommu_fwspec_free(struct device *dev);

/**
 * iommu_fwspec_add_ids() - append firmware ids
 * @dev: device, after iommu_fwspec_init()
 * @ids: ids to copy
 * @num_ids: how many
 *
 * Return: 0, -EINVAL without iommu_fwspec_init(), -ENOMEM.
 */
int iommu_fwspec_add_ids(struct device *dev, const u32 *ids, int num_ids);

/**
 * iommu_dev_enable_feature() - switch a feature on
 * @dev: device
 * @f: feature
 *
 * Return: 0, -ENODEV if there is no such feature, or the driver's error.
 */
int iommu_dev_enable_feature(struct device *dev, enum iommu_dev_features f);

/**
 * iommu_dev_disable_feature() - switch a feature off
 * @dev: device
 * @f: feature
 *
 * Return: 0, -EBUSY if there is no such feature, or the driver's error.
 */
int iommu_dev_disable_feature(struct device *dev, enum iommu_dev_features f);

/*
 * Domains
 */

/**
 * iommu_paging_domain_alloc() - a domain with tables, for its caller to manage
 * @dev: device that it will serve
 *
 * Return: domain, ERR_PTR(-ENODEV) if no instance serves @dev, or another error.
 */
struct iommu_domain *iommu_paging_domain_alloc(struct device *dev);

/**
 * iommu_domain_alloc() - the same, for any device of a bus
 * @bus: bus
 *
 * Return: domain or NULL.
 */
struct iommu_domain *iommu_domain_alloc(const struct bus_type *bus);

/**
 * iommu_domain_free() - free a domain
 * @domain: domain that nothing is attached to
 */
void iommu_domain_free(struct iommu_domain *domain);

/**
 * iommu_attach_device() - put a device that is alone in its group behind a
 * domain
 * @domain: domain
 * @dev: device
 *
 * Return: 0; -ENODEV; -EINVAL if others are in the group or device and domain
 * do not go together; -EBUSY if it is behind a domain of somebody else's.
 */
int iommu_attach_device(struct iommu_domain *domain, struct device *dev);

/**
 * iommu_detach_device() - undo iommu_attach_device()
 * @domain: domain that is attached
 * @dev: device
 */
void iommu_detach_device(struct iommu_domain *domain, struct device *dev);

/**
 * iommu_attach_group() - put a group behind a domain
 * @domain: domain
 * @group: group
 *
 * Return: 0, or an error with every member where it was.
 */
int iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group);

/**
 * iommu_detach_group() - undo iommu_attach_group()
 * @domain: domain that is attached
 * @group: group
 */
void iommu_detach_group(struct iommu_domain *domain, struct iommu_group *group);

/**
 * iommu_get_domain_for_dev() - domain that a device is behind now
 * @dev: device
 *
 * Context: Any, while the caller keeps the attachment from changing.
 * Return: domain or NULL.
 */
struct iommu_domain *iommu_get_domain_for_dev(struct device *dev);

/**
 * iommu_get_dma_domain() - default domain of a device
 * @dev: device that has a group
 *
 * Context: Any.
 * Return: domain.
 */
struct iommu_domain *iommu_get_dma_domain(struct device *dev);

/**
 * iommu_deferred_attach() - attach now what kdump had left as it was
 * @dev: device
 * @domain: its default domain
 *
 * Return: 0, or the driver's error.
 */
int iommu_deferred_attach(struct device *dev, struct iommu_domain *domain);

/**
 * iommu_enable_nesting() - prefer stage 2
 * @domain: unmanaged domain that nothing was attached to yet
 *
 * Return: 0, -EINVAL.
 */
int iommu_enable_nesting(struct iommu_domain *domain);

/**
 * iommu_set_pgtable_quirks() - choose a variant of the table format
 * @domain: unmanaged domain that nothing was attached to yet
 * @quirks: IO_PGTABLE_QUIRK_* bits
 *
 * Return: 0, -EINVAL.
 */
int iommu_set_pgtable_quirks(struct iommu_domain *domain, unsigned long quirks);

/**
 * iommu_map() - map physically contiguous memory
 * @domain: domain with tables
 * @iova: first I/O address
 * @paddr: first physical address
 * @size: length in bytes; like the addresses, a multiple of the smallest page
 * @prot: IOMMU_* protection
 * @gfp: for tables; without zone bits
 *
 * Context: Any that @gfp allows.  Calls for ranges that overlap must not run
 * at the same time.
 * Return: 0; -EINVAL; -EEXIST if something is mapped there; -ERANGE; -ENOMEM.
 * On failure nothing stays mapped.
 */
int iommu_map(struct iommu_domain *domain, unsigned long iova,
	      phys_addr_t paddr, size_t size, int prot, gfp_t gfp);

/**
 * iommu_map_sg() - map a scatterlist to one contiguous range
 * @domain: domain with tables
 * @iova: first I/O address
 * @sg: first entry; entries that carry a bus address are skipped
 * @nents: number of entries
 * @prot: IOMMU_* protection
 * @gfp: for tables
 *
 * Context: as iommu_map().
 * Return: bytes mapped, or a negative error with nothing mapped.
 */
ssize_t iommu_map_sg(struct iommu_domain *domain, unsigned long iova,
		     struct scatterlist *sg, unsigned int nents, int prot,
		     gfp_t gfp);

/**
 * iommu_unmap() - unmap a range
 * @domain: domain with tables
 * @iova: first I/O address
 * @size: length in bytes
 *
 * Nothing of the range is cached by hardware on return.
 *
 * Context: Any.
 * Return: bytes unmapped: less than @size if it met a hole, more if the driver
 * cannot split a block.
 */
size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova,
		   size_t size);

/**
 * iommu_unmap_fast() - unmap a range, leave its invalidation to the caller
 * @domain: domain with tables
 * @iova: first I/O address
 * @size: length in bytes
 * @gather: what iommu_iotlb_sync() must be called with before the memory or
 *	the addresses are used again
 *
 * Context: Any.
 * Return: as iommu_unmap().
 */
size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			size_t size, struct iommu_iotlb_gather *gather);

/**
 * iommu_iova_to_phys() - what an I/O address is mapped to
 * @domain: domain
 * @iova: I/O address
 *
 * Context: Any.
 * Return: physical address, 0 if none; @iova itself for an identity domain.
 */
phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova);

/*
 * Reserved regions
 */

/**
 * iommu_get_resv_regions() - reserved regions of a device
 * @dev: device
 * @list: list to append to; given back with iommu_put_resv_regions()
 */
void iommu_get_resv_regions(struct device *dev, struct list_head *list);

/**
 * iommu_put_resv_regions() - free what iommu_get_resv_regions() appended
 * @dev: device
 * @list: list
 */
void iommu_put_resv_regions(struct device *dev, struct list_head *list);

/**
 * iommu_alloc_resv_region() - make a region
 * @start: first byte
 * @length: length in bytes
 * @prot: IOMMU_* protection
 * @type: type
 * @gfp: allocation flags
 *
 * Return: region or NULL.
 */
struct iommu_resv_region *
iommu_alloc_resv_region(phys_addr_t start, size_t length, int prot,
			enum iommu_resv_type type, gfp_t gfp);

/**
 * iommu_get_group_resv_regions() - merged regions of all members
 * @group: group
 * @head: list to fill, sorted; each entry is freed with kfree()
 *
 * Return: 0 or -ENOMEM.
 */
int iommu_get_group_resv_regions(struct iommu_group *group,
				 struct list_head *head);

/*
 * Faults
 */

/**
 * iommu_fault_report() - a transaction was terminated
 * @rec: what the driver decoded; not kept
 *
 * Traced, counted for the device, offered to the handler of its domain, and
 * printed unless the handler took it or the device prints too much.
 *
 * Context: Any.
 */
void iommu_fault_report(const struct iommu_fault_record *rec);

/**
 * report_iommu_fault() - the same for drivers that know only domain and address
 * @domain: domain
 * @dev: device, or NULL
 * @iova: faulting address
 * @flags: IOMMU_FAULT_READ or IOMMU_FAULT_WRITE
 *
 * Context: Any.
 * Return: what the domain's handler returned, -ENOSYS without one: the driver
 * reports the fault itself then.
 */
int report_iommu_fault(struct iommu_domain *domain, struct device *dev,
		       unsigned long iova, int flags);

/**
 * iommu_set_fault_handler() - be told of a domain's terminated faults
 * @domain: domain of the caller's own
 * @handler: handler
 * @token: for @handler
 */
void iommu_set_fault_handler(struct iommu_domain *domain,
			     iommu_fault_handler_t handler, void *token);

#endif /* CONFIG_IOMMU_API */

#ifdef CONFIG_IOMMU_DEBUGFS
/* /sys/kernel/debug/iommu; NULL or an error pointer if debugfs is off */
extern struct dentry *iommu_debugfs_dir;

/**
 * iommu_debugfs_setup() - make the directory
 *
 * Context: boot.
 */
void iommu_debugfs_setup(void);
#else
static inline void iommu_debugfs_setup(void) {}
#endif

/*
 * Message-signalled interrupts
 */
#ifdef CONFIG_IOMMU_DMA

#include <linux/msi.h>

/**
 * iommu_get_msi_cookie() - let doorbells be mapped in an unmanaged domain
 * @domain: unmanaged domain
 * @base: I/O address from which doorbell pages are mapped upwards
 *
 * Return: 0, -EINVAL, -EEXIST, -ENOMEM.
 */
int iommu_get_msi_cookie(struct iommu_domain *domain, dma_addr_t base);

/**
 * iommu_dma_prepare_msi() - map a doorbell for a device's interrupt
 * @desc: interrupt
 * @msi_addr: physical address of the doorbell
 *
 * Return: 0, -ENOMEM.
 */
int iommu_dma_prepare_msi(struct msi_desc *desc, phys_addr_t msi_addr);

/**
 * iommu_dma_compose_msi_msg() - put the doorbell's I/O address in a message
 * @desc: interrupt that was prepared
 * @msg: message with the physical address
 *
 * Context: Any.
 */
void iommu_dma_compose_msi_msg(struct msi_desc *desc, struct msi_msg *msg);

#endif /* CONFIG_IOMMU_DMA */

#include <linux/iommu-sva.h>
#include <linux/iommu-stubs.h>

/**
 * iommu_map_sgtable() - map a scatter table to one contiguous range
 * @domain: domain with tables
 * @iova: first I/O address
 * @sgt: table
 * @prot: IOMMU_* protection
 *
 * Return: as iommu_map_sg().
 */
static inline ssize_t iommu_map_sgtable(struct iommu_domain *domain,
					unsigned long iova,
					struct sg_table *sgt, int prot)
{
	return iommu_map_sg(domain, iova, sgt->sgl, sgt->orig_nents, prot,
			    GFP_KERNEL);
}

/* Tegra's stream id that bypasses translation */
#define TEGRA_STREAM_ID_BYPASS	0x7f

/**
 * tegra_dev_iommu_get_stream_id() - the one stream id of a Tegra device
 * @dev: device; its own registers need the id
 * @stream_id: filled in
 *
 * Return: true if the device has exactly one.
 */
static inline bool tegra_dev_iommu_get_stream_id(struct device *dev,
						 u32 *stream_id)
{
#ifdef CONFIG_IOMMU_API
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);

	if (ids && ids->num_ids == 1) {
		*stream_id = ids->ids[0] & GENMASK(15, 0);
		return true;
	}
#endif
	return false;
}

#endif /* __LINUX_IOMMU_H */
