/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains of a virtio IOMMU.
 *
 * A domain exists at the device from the ATTACH of its first endpoint to the end
 * of its last one, and its mappings with it.  Ours exists longer, so its
 * mappings are made again ("replayed") when an endpoint comes first.
 */
#ifndef __VIOMMU_DOMAIN_H
#define __VIOMMU_DOMAIN_H

#include <linux/atomic.h>
#include <linux/iommu.h>
#include <linux/spinlock.h>

#include "mapping.h"

struct viommu_instance;
union viommu_wire;

/**
 * struct viommu_domain - a paging domain
 * @domain: core's part
 * @viommu: the instance that it is for; constant
 * @id: at the device; constant
 * @lock: guards all that follows but what says otherwise; taken with interrupts
 *	off, for a bounded time, and no memory is allocated or freed under it
 * @mappings: what is mapped
 * @sent: mappings that start below this address are the device's as well; 0 while
 *	the device does not know the domain, U64_MAX while it knows all, between
 *	them while mappings are being made again.  0 and U64_MAX replace each
 *	other under viommu_instance.mutex
 * @leaving: the last endpoint is on its way out, or the device about to be reset:
 *	mappings are not made any more, but those that go must still go at the
 *	device, which may refuse to let the endpoint leave, and lets it reach them
 *	until the reset
 * @pos: position behind the last request for this domain; written under @lock,
 *	read without it, also where 64 bits are two reads
 * @refused: mappings that the device refused and that are still in @mappings
 * @bound: endpoint ids attached; guarded by viommu_instance.mutex
 * @leaked: the device may still know @id, which is not used again; guarded by
 *	viommu_instance.mutex
 * @list: on viommu_instance.domains
 */
struct viommu_domain {
	struct iommu_domain domain;
	struct viommu_instance *viommu;
	u32 id;
	raw_spinlock_t lock;	/* see @lock above */
	struct viommu_mappings mappings;
	u64 sent;
	bool leaving;
	atomic64_t pos;
	atomic_t refused;
	unsigned int bound;
	bool leaked;
	struct list_head list;
};

/**
 * to_viommu_domain() - our domain around core's
 * @domain: domain with __IOMMU_DOMAIN_PAGING in its type
 *
 * Return: it.
 */
static inline struct viommu_domain *to_viommu_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct viommu_domain, domain);
}

/**
 * viommu_domain_pos() - what to wait for
 * @vd: domain
 *
 * Context: Any.
 * Return: the position behind the last request for it.
 */
static inline u64 viommu_domain_pos(const struct viommu_domain *vd)
{
	return atomic64_read(&vd->pos);
}

/**
 * viommu_domain_set_pos() - note a request
 * @vd: domain
 * @pos: its position
 *
 * Context: the domain's lock is held.
 */
static inline void viommu_domain_set_pos(struct viommu_domain *vd, u64 pos)
{
	lockdep_assert_held(&vd->lock);
	atomic64_set(&vd->pos, pos);
}

extern const struct iommu_domain_ops viommu_domain_ops;

/**
 * viommu_domain_new() - make a domain
 * @viommu: instance that it is for
 *
 * Context: Process; takes viommu_instance.mutex.
 * Return: the domain; ERR_PTR(-ENOMEM), ERR_PTR(-ENOSPC) if all ids are in use.
 */
struct viommu_domain *viommu_domain_new(struct viommu_instance *viommu);

/**
 * viommu_domain_delete() - undo viommu_domain_new()
 * @vd: domain that nothing is attached to
 *
 * Context: Process; takes viommu_instance.mutex.
 */
void viommu_domain_delete(struct viommu_domain *vd);

/**
 * viommu_domain_alloc_paging() - make a domain for core
 * @dev: device that it will serve
 *
 * Return: the domain; ERR_PTR(-EINVAL) if the pages of the instance are larger
 *	than ours, else as viommu_domain_new().
 */
struct iommu_domain *viommu_domain_alloc_paging(struct device *dev);

/**
 * viommu_domain_map() - map a range
 * @vd: domain
 * @start: first I/O address
 * @last: last I/O address
 * @paddr: physical address behind @start
 * @flags: VIRTIO_IOMMU_MAP_F_*
 * @gfp: how memory may be allocated
 *
 * The device has been asked when this returns, but may not have answered.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EEXIST if something is mapped there; -ENOMEM; -EIO if the device
 *	does not answer any more.
 */
int viommu_domain_map(struct viommu_domain *vd, u64 start, u64 last,
		      phys_addr_t paddr, u32 flags, gfp_t gfp);

/**
 * viommu_domain_post_map() - ask the device for a mapping
 * @vd: domain
 * @mapping: mapping in its tree
 *
 * Context: Any; the domain's lock is held.
 * Return: as viommu_queue_post().
 */
int viommu_domain_post_map(struct viommu_domain *vd,
			   struct viommu_mapping *mapping);

/**
 * viommu_domain_refusal() - did the device refuse a mapping of a range?
 * @vd: domain
 * @start: first I/O address
 * @last: last I/O address
 *
 * Context: Any; takes the domain's lock.
 * Return: the error by which it did, 0 if it did not.
 */
int viommu_domain_refusal(struct viommu_domain *vd, u64 start, u64 last);

/**
 * viommu_domain_replay() - make all mappings known to the device
 * @vd: domain that has an endpoint
 *
 * Others may map and unmap meanwhile.
 *
 * Context: Process; viommu_instance.mutex is held.
 * Return: 0, or the error by which the device refused a mapping.
 */
int viommu_domain_replay(struct viommu_domain *vd);

/**
 * viommu_domain_leave() - have the last endpoint leave a domain
 * @vd: domain that has one endpoint id
 * @wire: request by which it leaves
 *
 * The device forgets all mappings then.  An unmap that runs at the same time
 * returns only when either is done.
 *
 * Context: Process; viommu_instance.mutex is held.
 * Return: 0; or an error with the domain and its mappings as they were.
 */
int viommu_domain_leave(struct viommu_domain *vd, const union viommu_wire *wire);

/**
 * viommu_domain_forget() - note that the device forgot a domain
 * @vd: domain
 *
 * Context: Any; takes the domain's lock.
 */
void viommu_domain_forget(struct viommu_domain *vd);

/**
 * viommu_domain_retreat() - have mappings made in the tree alone
 * @vd: domain that the device will forget, but has not yet
 *
 * What is unmapped is still unmapped at the device as well, until
 * viommu_domain_forget(): before that its memory must not be another's.
 *
 * Context: Any; takes the domain's lock.
 */
void viommu_domain_retreat(struct viommu_domain *vd);

/**
 * viommu_domain_has() - is an address mapped?
 * @vd: domain
 * @addr: I/O address
 *
 * Context: Any.
 * Return: true if so.
 */
bool viommu_domain_has(struct viommu_domain *vd, u64 addr);

#endif /* __VIOMMU_DOMAIN_H */
