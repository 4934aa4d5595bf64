/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a domain keeps out of its allocator, and where devices find the
 * doorbells of interrupt controllers.
 */
#ifndef __IOMMU_DMA_RESERVE_H
#define __IOMMU_DMA_RESERVE_H

#include "dma.h"

struct msi_desc;

/* reserve.c */

/**
 * struct dma_reservation - granules that are never handed out
 * @list: on cookie->reservations, sorted
 * @added: on the list of what one device brought, while it is set up
 * @lo: first granule
 * @hi: last granule (inclusive)
 * @iova: what the allocator gave for them
 */
struct dma_reservation {
	struct list_head list;
	struct list_head added;
	unsigned long lo;
	unsigned long hi;
	struct iova *iova;
};

/**
 * iommu_dma_reserve_device() - keep what a device must not be given out of the way
 * @domain: DMA domain with an allocator
 * @dev: device that joins it
 * @last: highest address that the device may use, lowered if its bus ends below
 *
 * Host bridge windows, holes between inbound ranges and regions that firmware
 * or the driver reserve.  Doorbells that bypass translation become known.
 *
 * Context: cookie->lock is held; may sleep.
 * Return: 0; -EBUSY if another member of the group uses some of it, -EINVAL for
 * inbound ranges that overlap, -ENOMEM.  Nothing stays reserved on failure, and
 * a message says what failed.
 */
int iommu_dma_reserve_device(struct iommu_domain *domain, struct device *dev,
			     dma_addr_t *last);

/**
 * iommu_dma_reserve_range() - keep a range of addresses out of use
 * @cookie: cookie with an allocator
 * @first: first byte
 * @last: last byte (inclusive)
 * @added: collects struct dma_reservation made for it
 *
 * Parts that are reserved already are left alone.
 *
 * Context: cookie->lock is held; may sleep.
 * Return: 0, -EBUSY if part of it is in use, -ENOMEM; what was added before an
 * error stays on @added.
 */
int iommu_dma_reserve_range(struct iommu_dma_cookie *cookie, u64 first, u64 last,
			    struct list_head *added);

/**
 * iommu_dma_reserve_undo() - release reservations
 * @cookie: cookie
 * @added: those to release
 *
 * Context: cookie->lock is held.
 */
void iommu_dma_reserve_undo(struct iommu_dma_cookie *cookie, struct list_head *added);

/* msi.c */

/**
 * struct dma_doorbell - message doorbells that are mapped, or need not be
 * @list: on cookie->doorbells
 * @phys: first byte
 * @iova: where the device finds it
 * @size: length, a multiple of the page that it was mapped with
 */
struct dma_doorbell {
	struct list_head list;
	phys_addr_t phys;
	dma_addr_t iova;
	size_t size;
};

/**
 * iommu_dma_doorbell_add() - remember where doorbells are
 * @cookie: cookie
 * @phys: first byte
 * @iova: where the device finds it
 * @size: length
 *
 * Context: cookie->lock is held; may sleep.
 * Return: 0 or -ENOMEM.
 */
int iommu_dma_doorbell_add(struct iommu_dma_cookie *cookie, phys_addr_t phys,
			   dma_addr_t iova, size_t size);

/**
 * iommu_dma_doorbell_find() - look a doorbell up
 * @cookie: cookie
 * @phys: its physical address
 *
 * Context: cookie->lock is held.
 * Return: what holds it, or NULL.
 */
struct dma_doorbell *iommu_dma_doorbell_find(struct iommu_dma_cookie *cookie,
					     phys_addr_t phys);

/**
 * iommu_dma_doorbells_undo() - forget the youngest doorbells
 * @cookie: cookie
 * @first: what was first on cookie->doorbells before they were added
 *
 * For doorbells that are not mapped.
 *
 * Context: cookie->lock is held.
 */
void iommu_dma_doorbells_undo(struct iommu_dma_cookie *cookie,
			      struct list_head *first);

/**
 * iommu_dma_prepare_doorbell() - iommu_dma_prepare_msi() in a given domain
 * @desc: message
 * @msi_addr: physical address of the doorbell
 * @dev: device that sends it
 * @domain: domain that the device is attached to, or NULL
 *
 * Return: as iommu_dma_prepare_msi().
 */
int iommu_dma_prepare_doorbell(struct msi_desc *desc, phys_addr_t msi_addr,
			       struct device *dev, struct iommu_domain *domain);

/* domain.c */

/**
 * iommu_dma_cookie_init() - set a domain's allocator up for a device
 * @domain: DMA domain with a cookie
 * @dev: device that joins it
 *
 * Nobody uses the allocator before iommu_dma_cookie_open().
 *
 * Context: Process; group->mutex keeps others out.  Takes cpu_hotplug_lock, which is
 * above cookie->lock.
 * Return: 0, -EINVAL if the domain's page size or aperture does not suit the
 * device or the CPU, -ENOMEM.
 */
int iommu_dma_cookie_init(struct iommu_domain *domain, struct device *dev);

/**
 * iommu_dma_cookie_open() - let addresses be allocated
 * @domain: DMA domain, after iommu_dma_cookie_init(); may be open already
 *
 * Context: cookie->lock is held; doorbells may be mapped when it is not any more.
 */
void iommu_dma_cookie_open(struct iommu_domain *domain);

/**
 * iommu_dma_cookie_exit() - undo iommu_dma_cookie_init()
 * @cookie: cookie that is not open
 *
 * Context: as for iommu_dma_cookie_init().
 */
void iommu_dma_cookie_exit(struct iommu_dma_cookie *cookie);

#endif /* __IOMMU_DMA_RESERVE_H */
