/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtio IOMMU in software, for suites.
 *
 * It is a virtio device with a transport of its own.  It keeps endpoints, domains
 * and mappings as the specification (5.13) has them, and takes note of what the
 * driver must not do: viommu_fake_check(), which also runs at the end of the
 * test, makes that a failure.  On request it lies, falls silent or dies.
 *
 * It allocates nothing while it serves, so that a sweep of failing allocations
 * meets those of the driver only.
 */
#ifndef __VIOMMU_FAKE_H
#define __VIOMMU_FAKE_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/interval_tree.h>
#include <linux/platform_device.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <linux/workqueue.h>

#include "protocol.h"

/* Queues, in the order in which the driver asks for them */
#define VIOMMU_FAKE_REQUEST	0
#define VIOMMU_FAKE_EVENT	1
#define VIOMMU_FAKE_RINGS	2

#define VIOMMU_FAKE_MAX_RING	256
#define VIOMMU_FAKE_ENDPOINTS	32
#define VIOMMU_FAKE_REGIONS	4
#define VIOMMU_FAKE_DOMAINS	64
#define VIOMMU_FAKE_MAPPINGS	8192
#define VIOMMU_FAKE_PROBE_SIZE	512

/**
 * enum viommu_fake_mode - when requests are served
 * @VIOMMU_FAKE_AT_ONCE: before the notification returns
 * @VIOMMU_FAKE_LATER: viommu_fake.delay after it, from a timer
 * @VIOMMU_FAKE_BY_HAND: by viommu_fake_serve()
 */
enum viommu_fake_mode {
	VIOMMU_FAKE_AT_ONCE,
	VIOMMU_FAKE_LATER,
	VIOMMU_FAKE_BY_HAND,
};

/**
 * enum viommu_fake_order - order in which requests served together are returned
 * @VIOMMU_FAKE_IN_ORDER: as they came
 * @VIOMMU_FAKE_REVERSED: the last first
 * @VIOMMU_FAKE_SHUFFLED: any
 */
enum viommu_fake_order {
	VIOMMU_FAKE_IN_ORDER,
	VIOMMU_FAKE_REVERSED,
	VIOMMU_FAKE_SHUFFLED,
};

/**
 * enum viommu_fake_trick - what it does to a request instead of serving it
 * @VIOMMU_FAKE_NO_TRICK: serves it
 * @VIOMMU_FAKE_STATUS: does nothing, and answers with a status, any byte
 * @VIOMMU_FAKE_NO_STATUS: serves it, and leaves the answer unwritten
 * @VIOMMU_FAKE_LENGTH: serves it, and says that it wrote so many bytes
 * @VIOMMU_FAKE_SILENT: serves it, and does not return it
 * @VIOMMU_FAKE_HEAD: serves it, and returns another descriptor
 * @VIOMMU_FAKE_TWICE: serves it, and returns it twice
 * @VIOMMU_FAKE_BREAK: does nothing, and goes away
 * @VIOMMU_FAKE_RESET: does nothing, and says that it needs a reset
 */
enum viommu_fake_trick {
	VIOMMU_FAKE_NO_TRICK,
	VIOMMU_FAKE_STATUS,
	VIOMMU_FAKE_NO_STATUS,
	VIOMMU_FAKE_LENGTH,
	VIOMMU_FAKE_SILENT,
	VIOMMU_FAKE_HEAD,
	VIOMMU_FAKE_TWICE,
	VIOMMU_FAKE_BREAK,
	VIOMMU_FAKE_RESET,
};

/**
 * enum viommu_fake_moment - what the driver does when viommu_fake.hook is called
 * @VIOMMU_FAKE_CONFIG: writes the configuration
 * @VIOMMU_FAKE_RESETS: resets the device, which has not forgotten anything yet
 * @VIOMMU_FAKE_WAS_RESET: has reset it
 * @VIOMMU_FAKE_FIND_VQS: asks for virtqueues
 */
enum viommu_fake_moment {
	VIOMMU_FAKE_CONFIG,
	VIOMMU_FAKE_RESETS,
	VIOMMU_FAKE_WAS_RESET,
	VIOMMU_FAKE_FIND_VQS,
};

/**
 * struct viommu_fake_plan - which requests it plays a trick on
 * @trick: which
 * @type: VIRTIO_IOMMU_T_*, or 0 for any
 * @skip: how many of that type are served before
 * @count: how many it is played on; 0 for all that come
 * @value: the status, the number of bytes or the descriptor
 */
struct viommu_fake_plan {
	enum viommu_fake_trick trick;
	u8 type;
	unsigned int skip;
	unsigned int count;
	u32 value;
};

/**
 * struct viommu_fake_ring - the device's side of a split virtqueue
 * @vq: the driver's side, or NULL
 * @pages: memory of the ring
 * @size: its length in bytes
 * @vring: its parts
 * @num: number of descriptors; 0 for no such queue
 * @avail: index of the next to be taken
 * @used: index of the next to be returned
 * @live: DRIVER_OK was set since the ring was made
 */
struct viommu_fake_ring {
	struct virtqueue *vq;
	void *pages;
	size_t size;
	struct vring vring;
	unsigned int num;
	u16 avail;
	u16 used;
	bool live;
};

/**
 * struct viommu_fake_chain - buffers taken from a ring
 * @head: first descriptor
 * @out: what the driver wrote, or NULL
 * @out_len: bytes of @out
 * @in: what the device is to write, or NULL
 * @in_len: bytes of @in
 */
struct viommu_fake_chain {
	u16 head;
	const void *out;
	u32 out_len;
	void *in;
	u32 in_len;
};

/**
 * struct viommu_fake_domain - a domain
 * @used: there is one
 * @id: its id
 * @bypass: attached with VIRTIO_IOMMU_ATTACH_F_BYPASS
 * @endpoints: how many are attached
 * @mappings: struct viommu_fake_mapping
 */
struct viommu_fake_domain {
	bool used;
	u32 id;
	bool bypass;
	unsigned int endpoints;
	struct rb_root_cached mappings;
};

/**
 * struct viommu_fake_mapping - a mapping
 * @node: I/O addresses
 * @paddr: physical address behind the first
 * @flags: VIRTIO_IOMMU_MAP_F_*
 * @next: next that is free
 */
struct viommu_fake_mapping {
	struct interval_tree_node node;
	u64 paddr;
	u32 flags;
	struct viommu_fake_mapping *next;
};

/**
 * struct viommu_fake_region - a reserved region in the answer to PROBE
 * @subtype: VIRTIO_IOMMU_RESV_MEM_T_*
 * @start: first address
 * @last: last address
 */
struct viommu_fake_region {
	u8 subtype;
	u64 start;
	u64 last;
};

/**
 * struct viommu_fake_endpoint - an endpoint
 * @used: there is one
 * @id: its id
 * @domain: what it is attached to, or NULL
 * @regions: what PROBE tells
 * @nr_regions: how many
 */
struct viommu_fake_endpoint {
	bool used;
	u32 id;
	struct viommu_fake_domain *domain;
	struct viommu_fake_region regions[VIOMMU_FAKE_REGIONS];
	unsigned int nr_regions;
};

/**
 * struct viommu_fake_stats - what it has seen
 * @kicks: notifications of the request queue
 * @requests: requests served, by type
 * @errors: how many of them were answered with an error
 * @interrupts: sent, for both queues
 * @lost: events for which there was no buffer
 * @resets: resets of the device
 */
struct viommu_fake_stats {
	unsigned int kicks;
	unsigned int requests[VIRTIO_IOMMU_T_PROBE + 1];
	unsigned int errors;
	unsigned int interrupts;
	unsigned int lost;
	unsigned int resets;
};

/**
 * struct viommu_fake - a virtio IOMMU
 * @test: its test
 * @vdev: the virtio device
 * @pdev: what it is on, as a transport would be; has a firmware node
 * @features: what it offers; may be changed before it is registered
 * @config: its configuration; the same
 * @status: device status
 * @mode: when requests are served
 * @order: in which they are returned
 * @delay: of VIOMMU_FAKE_LATER, in jiffies
 * @lenient: requests that the specification has an error for are not the driver's
 *	fault, but meant
 * @find_vqs_error: what find_vqs() returns, or 0
 * @hook: called by the transport, where the driver may sleep; or NULL
 * @hook_data: whoever set @hook knows what
 * @stats: what it has seen
 * @lock: guards all below, and @stats
 * @rings: queues; @num of each may be changed before it is registered
 * @plan: trick
 * @endpoints: endpoints
 * @domains: domains
 * @mappings: memory for mappings
 * @free: those that are free
 * @batch: heads and lengths of what is served together
 * @in_batch: how many
 * @rnd: for VIOMMU_FAKE_SHUFFLED
 * @timer: for VIOMMU_FAKE_LATER
 * @config_work: for VIOMMU_FAKE_RESET
 * @gone: it was unplugged
 * @absent: its registers read as ones, and a reset would not end; until it is
 *	unregistered and the driver has let go of its queues, as the bus looks at the
 *	status after that
 * @registered: @vdev is on the virtio bus
 * @released: nobody refers to @vdev any more
 * @blames: how often the driver did what it must not
 * @blame: what it was the first time
 */
struct viommu_fake {
	struct kunit *test;
	struct virtio_device vdev;
	struct platform_device *pdev;
	u64 features;
	struct virtio_iommu_config config;
	u8 status;
	enum viommu_fake_mode mode;
	enum viommu_fake_order order;
	unsigned int delay;
	bool lenient;
	int find_vqs_error;
	void (*hook)(struct viommu_fake *fake, enum viommu_fake_moment moment);
	void *hook_data;
	struct viommu_fake_stats stats;
	raw_spinlock_t lock;	/* see @lock above */
	struct viommu_fake_ring rings[VIOMMU_FAKE_RINGS];
	struct viommu_fake_plan plan;
	struct viommu_fake_endpoint endpoints[VIOMMU_FAKE_ENDPOINTS];
	struct viommu_fake_domain domains[VIOMMU_FAKE_DOMAINS];
	struct viommu_fake_mapping *mappings;
	struct viommu_fake_mapping *free;
	struct vring_used_elem batch[VIOMMU_FAKE_MAX_RING + 1];
	unsigned int in_batch;
	struct rnd_state rnd;
	struct timer_list timer;
	struct work_struct config_work;
	bool gone;
	bool absent;
	bool registered;
	struct completion released;
	unsigned int blames;
	char blame[160];
};

/**
 * viommu_fake_new() - make one, with all features and no endpoints
 * @test: test that owns it
 *
 * It has granules from 4 KiB, 48 bits of addresses, all 32 of domains, 128
 * descriptors for requests and 16 for events.  It serves at once.
 *
 * Return: the device, not registered; the test ends if it cannot be made.
 */
struct viommu_fake *viommu_fake_new(struct kunit *test);

/**
 * viommu_fake_register() - put it on the virtio bus, where the driver binds to it
 * @fake: device
 *
 * Whether the driver took it, is in @fake->vdev.dev.driver.
 *
 * Return: 0 or what the bus says.
 */
int viommu_fake_register(struct viommu_fake *fake);

/**
 * viommu_fake_unregister() - take it away, unless that has been done
 * @fake: device
 */
void viommu_fake_unregister(struct viommu_fake *fake);

/**
 * viommu_fake_bare() - run it without a driver, for tests of a queue alone
 * @fake: device that will not be registered
 * @priv: what vdev.priv is to be
 * @callback: of the request queue
 *
 * Return: the request queue.
 */
struct virtqueue *viommu_fake_bare(struct viommu_fake *fake, void *priv,
				   void (*callback)(struct virtqueue *vq));

/**
 * viommu_fake_node() - its firmware node, for iommu_fwspec_init()
 * @fake: device
 *
 * Return: the node.
 */
struct fwnode_handle *viommu_fake_node(struct viommu_fake *fake);

/**
 * viommu_fake_check() - fail the test if the driver did what it must not
 * @fake: device
 */
void viommu_fake_check(struct viommu_fake *fake);

/**
 * viommu_fake_play() - play a trick from now on
 * @fake: device
 * @plan: what and when; NULL for none
 */
void viommu_fake_play(struct viommu_fake *fake,
		      const struct viommu_fake_plan *plan);

/**
 * viommu_fake_serve() - serve requests that are there
 * @fake: device, of mode VIOMMU_FAKE_BY_HAND
 * @count: how many at most
 *
 * Context: Any, without locks of the driver.
 * Return: how many.
 */
unsigned int viommu_fake_serve(struct viommu_fake *fake, unsigned int count);

/**
 * viommu_fake_needs_reset() - set DEVICE_NEEDS_RESET and tell the driver
 * @fake: registered device
 */
void viommu_fake_needs_reset(struct viommu_fake *fake);

/**
 * viommu_fake_unplug() - it is gone without a word, as after surprise removal
 * @fake: device
 * @absent: its registers read as ones from now on
 */
void viommu_fake_unplug(struct viommu_fake *fake, bool absent);

/**
 * viommu_fake_endpoint() - find or make an endpoint
 * @fake: device
 * @id: endpoint id
 *
 * Return: it; the test ends if there are too many.
 */
struct viommu_fake_endpoint *viommu_fake_endpoint(struct viommu_fake *fake,
						  u32 id);

/**
 * viommu_fake_translate() - what an access comes to
 * @fake: device
 * @id: endpoint
 * @iova: address
 * @flags: VIRTIO_IOMMU_MAP_F_READ, VIRTIO_IOMMU_MAP_F_WRITE
 * @paddr: where it goes
 *
 * Return: 0, -EFAULT for no mapping that allows it, -ENXIO for no domain and no
 *	bypass.
 */
int viommu_fake_translate(struct viommu_fake *fake, u32 id, u64 iova, u32 flags,
			  u64 *paddr);

/**
 * viommu_fake_dma() - the same, and a fault is reported in an event
 * @fake: device
 * @id: endpoint
 * @iova: address
 * @flags: as above
 *
 * Return: as above.
 */
int viommu_fake_dma(struct viommu_fake *fake, u32 id, u64 iova, u32 flags);

/**
 * viommu_fake_event() - write anything into an event buffer
 * @fake: device
 * @data: what
 * @len: bytes of it
 * @used: bytes that it says that it wrote
 *
 * Return: true; false if there was no buffer, which counts as lost.
 */
bool viommu_fake_event(struct viommu_fake *fake, const void *data, size_t len,
		       u32 used);

/**
 * viommu_fake_count() - how many mappings an endpoint can reach
 * @fake: device
 * @id: endpoint
 *
 * Return: number of mappings of its domain.
 */
unsigned int viommu_fake_count(struct viommu_fake *fake, u32 id);

/**
 * viommu_fake_blame() - take note of what the driver must not do
 * @fake: device, locked
 * @fmt: what it did
 */
__printf(2, 3)
void viommu_fake_blame(struct viommu_fake *fake, const char *fmt, ...);

/* Between the parts of the device, with its lock held */

/* Makes both sides of a ring; 0 or an error code */
int viommu_fake_ring_init(struct viommu_fake *fake, unsigned int index,
			  bool (*notify)(struct virtqueue *vq),
			  void (*callback)(struct virtqueue *vq),
			  const char *name);
/* Without the lock */
void viommu_fake_ring_exit(struct viommu_fake_ring *ring);
/* Takes what the driver made available next; false if there is nothing */
bool viommu_fake_take(struct viommu_fake *fake, struct viommu_fake_ring *ring,
		      struct viommu_fake_chain *chain);
/* Returns descriptors; true if the driver wants an interrupt */
bool viommu_fake_return(struct viommu_fake *fake, struct viommu_fake_ring *ring,
			const struct vring_used_elem *elems, unsigned int count);
/* Carries out a request; returns the bytes written */
u32 viommu_fake_execute(struct viommu_fake *fake,
			const struct viommu_fake_chain *chain);
/* Writes an answer of only a status; returns the bytes written */
u32 viommu_fake_answer(struct viommu_fake *fake,
		       const struct viommu_fake_chain *chain, u8 status);
/* It is there, was set up, and needs no reset */
bool viommu_fake_alive(struct viommu_fake *fake);
/* Forgets all domains */
void viommu_fake_forget(struct viommu_fake *fake);
/* The endpoint, or NULL */
struct viommu_fake_endpoint *viommu_fake_find(struct viommu_fake *fake, u32 id);
/* The bypass bit, if it is there */
bool viommu_fake_bypass(struct viommu_fake *fake);

#endif /* __VIOMMU_FAKE_H */
