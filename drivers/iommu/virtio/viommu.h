/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtio IOMMU: instances, and what their parts share.
 *
 * Locks, outermost first:
 *   iommu_probe_device_lock, group->mutex	core's
 *   viommu_instance.mutex	endpoints, which domain each is in, ids, and what the device
 *				was told of it: who resets the device holds it until the device
 *				has been told all again.  Interrupts are freed and asked for
 *				under it
 *   viommu_domain.lock		mappings of a domain, what the device knows of them
 *   viommu_queue.lock		slots and virtqueue
 *   viommu_events.lock		event buffers
 */
#ifndef __VIOMMU_H
#define __VIOMMU_H

#include <linux/completion.h>
#include <linux/idr.h>
#include <linux/iommu-driver.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/virtio.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "domain.h"
#include "endpoint.h"
#include "event.h"
#include "mapping.h"
#include "protocol.h"
#include "queue.h"

/*
 * How long the host may take to reset the device.  With the requests before and after it
 * that a silent host leaves without an answer, this is less than the 120 s after which
 * who waits for the mutex counts as hung.
 */
#define VIOMMU_RESET_MS		10000

/**
 * struct viommu_limits - what the device says of itself (5.13.4)
 * @page_sizes: page sizes of mappings; the lowest bit is the granule
 * @first: first I/O address
 * @last: last I/O address
 * @domain_first: first domain id
 * @domain_last: last domain id
 * @probe_size: bytes of properties in the answer to PROBE; 0 without PROBE
 * @mmio: MAP knows VIRTIO_IOMMU_MAP_F_MMIO
 * @bypass: there is a bypass field, and ATTACH knows VIRTIO_IOMMU_ATTACH_F_BYPASS
 */
struct viommu_limits {
	u64 page_sizes;
	u64 first;
	u64 last;
	u32 domain_first;
	u32 domain_last;
	u32 probe_size;
	bool mmio;
	bool bypass;
};

/**
 * struct viommu_instance - one virtio IOMMU
 * @iommu: core's part
 * @ref: the driver's, from probe to remove, and one of each domain: who owns a
 *	domain may free it after the instance has gone
 * @vdev: virtio device
 * @dev: &vdev->dev, for messages; NULL once the instance has gone
 * @limits: constant after probe
 * @closed: endpoints that are attached to nothing can do no DMA; constant once
 *	devices can be there
 * @has_queues: its virtqueues are there; guarded by @mutex while devices can be
 *	there
 * @in_reset: the device has yet to come to the end of a reset; guarded as @has_queues
 * @reset_ms: VIOMMU_RESET_MS, less in a test
 * @reset: has the transport reset the device
 * @was_reset: the end of @reset
 * @warned: it was said that changes of the configuration are not followed
 * @requests: request queue
 * @events: event queue
 * @mutex: guards @endpoints, @domains and their lists; held over a reset, from
 *	before the device forgets them until it knows them again
 * @ids: domain ids in use, from @limits.domain_first on
 * @blocked_id: domain that nothing is ever mapped in
 * @bypass_id: domain whose endpoints pass by translation; if @limits.bypass
 * @endpoints: struct viommu_endpoint by endpoint id; also read under RCU
 * @domains: struct viommu_domain, all there are
 * @boot: endpoints that firmware left in use and no driver has taken, by id: a value
 *	says whether the device lets it pass; guarded by @mutex once devices can be there
 * @debugfs: directory, NULL without one
 * @list: on the list of instances
 */
struct viommu_instance {
	struct iommu_device iommu;
	struct kref ref;
	struct virtio_device *vdev;
	struct device *dev;
	struct viommu_limits limits;
	bool closed;
	bool has_queues;
	bool in_reset;
	bool warned;
	unsigned int reset_ms;
	struct work_struct reset;
	struct completion was_reset;
	struct viommu_queue requests;
	struct viommu_events events;
	struct mutex mutex;	/* see @mutex above */
	struct ida ids;
	u32 blocked_id;
	u32 bypass_id;
	struct xarray endpoints;
	struct list_head domains;
	struct xarray boot;
	struct dentry *debugfs;
	struct list_head list;
};

extern const struct iommu_ops viommu_ops;
extern struct virtio_driver viommu_driver;

/* What an instance shows in /sys/class/iommu/<instance>/ */
extern const struct attribute_group *viommu_groups[];

/**
 * viommu_transport_init() - prepare for resets
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int viommu_transport_init(void);

/**
 * viommu_transport_exit() - undo viommu_transport_init()
 *
 * Context: module exit; there are no instances.
 */
void viommu_transport_exit(void);

/**
 * viommu_is_gone() - was the device pulled out?
 * @viommu: instance
 *
 * Context: Process.
 * Return: true if its registers do not answer any more.
 */
bool viommu_is_gone(struct viommu_instance *viommu);

/**
 * viommu_reset_init() - prepare an instance for viommu_reset_device()
 * @viommu: instance
 */
void viommu_reset_init(struct viommu_instance *viommu);

/**
 * viommu_reset_device() - have the transport reset the device
 * @viommu: instance
 *
 * One that was pulled out is not reset, as that would not end; but one that is pulled
 * out meanwhile has no end of its reset.
 *
 * Context: Process, may sleep, for VIOMMU_RESET_MS at most; viommu_instance.mutex is
 *	held while devices can be there.
 * Return: 0: it accesses no memory of ours; -ETIMEDOUT: it may, and the reset goes on.
 *	The next call waits for the same one.
 */
int viommu_reset_device(struct viommu_instance *viommu);

/**
 * viommu_start_queues() - make the virtqueues, and the device ready
 * @viommu: instance whose device was reset and has its features
 *
 * An instance that was given up is not any more.
 *
 * Context: Process, may sleep.
 * Return: 0; or an error, with a message: then viommu_stop_queues() is to follow if
 *	the instance has virtqueues.
 */
int viommu_start_queues(struct viommu_instance *viommu);

/**
 * viommu_stop_queues() - reset the device and take the virtqueues away
 * @viommu: instance
 *
 * After it the device accesses no memory of ours and knows no domain.
 *
 * Context: As for viommu_reset_device().
 * Return: 0; -ETIMEDOUT as viommu_reset_device(), with the virtqueues still there.
 */
int viommu_stop_queues(struct viommu_instance *viommu);

/**
 * viommu_set_bypass() - say what is to become of endpoints attached to nothing
 * @viommu: instance
 * @pass: their DMA passes untranslated; else it is blocked
 *
 * The value outlives a reset of the device, so that endpoints stay closed when
 * this driver has gone.
 *
 * Context: Process; viommu_instance.mutex is held.
 */
void viommu_set_bypass(struct viommu_instance *viommu, bool pass);

/**
 * viommu_put_to_sleep() - reset the device and keep what it knew
 * @viommu: instance
 *
 * Mappings can change until it wakes, in the trees alone.
 *
 * Context: Process, may sleep; takes viommu_instance.mutex.
 * Return: 0; -ETIMEDOUT with the instance given up: the device does not come to the
 *	end of its reset.
 */
int viommu_put_to_sleep(struct viommu_instance *viommu);

/**
 * viommu_wake() - tell the device all that it has to know
 * @viommu: instance after viommu_put_to_sleep(), its device with its features
 *
 * Context: Process, may sleep; takes viommu_instance.mutex.
 * Return: 0, or an error with the instance given up and the device reset: it
 *	knows no domain then, unless it does not come to the end of that reset.
 */
int viommu_wake(struct viommu_instance *viommu);

/**
 * viommu_reset() - reset the device and tell it all that it has to know
 * @viommu: instance, given up or not
 *
 * Devices behind it fault meanwhile.  Who attaches meanwhile waits.
 *
 * Context: Process, may sleep; takes viommu_instance.mutex; viommu_remove() waits
 *	for it.
 * Return: as for viommu_wake(); -ETIMEDOUT if the device does not come to the end of
 *	its reset: another call goes on from there; -ENODEV if it was pulled out; -EINTR
 *	if the caller was killed while somebody else held the mutex.
 */
int viommu_reset(struct viommu_instance *viommu);

/**
 * viommu_put() - give back a reference to an instance
 * @viommu: instance
 *
 * Context: Process.
 */
void viommu_put(struct viommu_instance *viommu);

/**
 * viommu_id_alloc() - allocate a domain id
 * @viommu: instance
 * @id: where it goes
 *
 * Context: Process.
 * Return: 0, -ENOSPC, -ENOMEM.
 */
int viommu_id_alloc(struct viommu_instance *viommu, u32 *id);

/**
 * viommu_id_free() - free a domain id
 * @viommu: instance
 * @id: id of a domain that the device does not know any more
 */
void viommu_id_free(struct viommu_instance *viommu, u32 id);

/**
 * viommu_fail() - the device cannot be relied on any more
 * @viommu: instance
 * @why: what it did, for the one message that there will be
 *
 * Requests that are on their way and all later ones end in -EIO.  Mappings may
 * stay live at the host until the device is reset, which its removal does.
 *
 * Context: Any.
 */
void viommu_fail(struct viommu_instance *viommu, const char *why);

/**
 * viommu_from_fwnode() - the instance that firmware names
 * @fwnode: node of an IOMMU
 *
 * Context: iommu_probe_device_lock held, so that the instance stays.
 * Return: the instance, or NULL.
 */
struct viommu_instance *viommu_from_fwnode(const struct fwnode_handle *fwnode);

/**
 * viommu_boot_find() - find out which endpoints firmware left in use
 * @viommu: instance that knows its limits, and nobody else knows
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int viommu_boot_find(struct viommu_instance *viommu);

/**
 * viommu_boot_keep() - have an endpoint pass whenever the device is told all anew
 * @viommu: instance with a bypass field
 * @id: endpoint without device
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int viommu_boot_keep(struct viommu_instance *viommu, u32 id);

/**
 * viommu_boot_attach() - let them pass
 * @viommu: instance with virtqueues; one that is refused gets a message
 *
 * Context: viommu_instance.mutex is held.
 */
void viommu_boot_attach(struct viommu_instance *viommu);

/**
 * viommu_boot_take() - have a device take over its endpoints
 * @ep: endpoint, on viommu_instance.endpoints
 *
 * Those that pass count as attached to the identity domain, and no others.
 *
 * Context: viommu_instance.mutex is held.
 */
void viommu_boot_take(struct viommu_endpoint *ep);

/**
 * viommu_debugfs_init() - show an instance in debugfs
 * @viommu: instance, in sysfs already
 */
void viommu_debugfs_init(struct viommu_instance *viommu);

/**
 * viommu_debugfs_exit() - undo viommu_debugfs_init()
 * @viommu: instance
 */
void viommu_debugfs_exit(struct viommu_instance *viommu);

#endif /* __VIOMMU_H */
