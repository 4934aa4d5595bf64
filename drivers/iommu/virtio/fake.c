// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio IOMMU in software: the device and its transport.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/virtio_ids.h>

#include "fake.h"

/* How long who holds a reference to the device may take to let go of it */
#define RELEASE_WAIT	(10 * HZ)

static struct viommu_fake *fake_of(struct virtio_device *vdev)
{
	return container_of(vdev, struct viommu_fake, vdev);
}

void viommu_fake_blame(struct viommu_fake *fake, const char *fmt, ...)
{
	va_list args;

	if (fake->blames++)
		return;
	va_start(args, fmt);
	vsnprintf(fake->blame, sizeof(fake->blame), fmt, args);
	va_end(args);
}

void viommu_fake_check(struct viommu_fake *fake)
{
	KUNIT_EXPECT_EQ_MSG(fake->test, fake->blames, 0, "first: %s",
			    fake->blame);
}

/* --- serving */

static enum viommu_fake_trick next_trick(struct viommu_fake *fake, u8 type)
{
	struct viommu_fake_plan *plan = &fake->plan;
	enum viommu_fake_trick trick = plan->trick;

	if (trick == VIOMMU_FAKE_NO_TRICK || (plan->type && plan->type != type))
		return VIOMMU_FAKE_NO_TRICK;
	if (plan->skip) {
		plan->skip--;
		return VIOMMU_FAKE_NO_TRICK;
	}
	if (plan->count && !--plan->count)
		plan->trick = VIOMMU_FAKE_NO_TRICK;
	return trick;
}

static void batch_add(struct viommu_fake *fake, u32 head, u32 len)
{
	if (fake->in_batch >= ARRAY_SIZE(fake->batch))
		return;
	fake->batch[fake->in_batch++] = (struct vring_used_elem) {
		.id = cpu_to_virtio32(&fake->vdev, head),
		.len = cpu_to_virtio32(&fake->vdev, len),
	};
}

/* Serves a request without leaving a trace in its tail */
static u32 execute_mute(struct viommu_fake *fake,
			const struct viommu_fake_chain *chain)
{
	void *at = chain->in + chain->in_len -
		   sizeof(struct virtio_iommu_req_tail);
	struct virtio_iommu_req_tail tail;
	u32 len;

	memcpy(&tail, at, sizeof(tail));
	len = viommu_fake_execute(fake, chain);
	memcpy(at, &tail, sizeof(tail));
	return len;
}

static void serve_one(struct viommu_fake *fake,
		      const struct viommu_fake_chain *chain)
{
	u8 type = *(const u8 *)chain->out;
	u32 head = chain->head, len;

	if (type < ARRAY_SIZE(fake->stats.requests))
		fake->stats.requests[type]++;
	switch (next_trick(fake, type)) {
	case VIOMMU_FAKE_STATUS:
		len = viommu_fake_answer(fake, chain, fake->plan.value);
		break;
	case VIOMMU_FAKE_NO_STATUS:
		len = execute_mute(fake, chain);
		break;
	case VIOMMU_FAKE_LENGTH:
		viommu_fake_execute(fake, chain);
		len = fake->plan.value;
		break;
	case VIOMMU_FAKE_SILENT:
		viommu_fake_execute(fake, chain);
		return;
	case VIOMMU_FAKE_HEAD:
		len = viommu_fake_execute(fake, chain);
		head = fake->plan.value;
		break;
	case VIOMMU_FAKE_TWICE:
		len = viommu_fake_execute(fake, chain);
		batch_add(fake, head, len);
		break;
	case VIOMMU_FAKE_BREAK:
		fake->gone = true;
		return;
	case VIOMMU_FAKE_RESET:
		fake->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		return;
	default:
		len = viommu_fake_execute(fake, chain);
	}
	batch_add(fake, head, len);
}

static void reorder(struct viommu_fake *fake)
{
	unsigned int i, j, n = fake->in_batch;

	if (fake->order == VIOMMU_FAKE_IN_ORDER)
		return;
	for (i = 0; i + 1 < n; i++) {
		j = n - 1 - i;
		if (fake->order == VIOMMU_FAKE_SHUFFLED)
			j = i + prandom_u32_state(&fake->rnd) % (n - i);
		else if (j <= i)
			break;
		swap(fake->batch[i], fake->batch[j]);
	}
}

/*
 * Interrupts stay off until the driver's callback has returned: a virtqueue is
 * deleted after an RCU grace period, which waits for that.
 */
unsigned int viommu_fake_serve(struct viommu_fake *fake, unsigned int count)
{
	struct viommu_fake_ring *ring = &fake->rings[VIOMMU_FAKE_REQUEST];
	struct virtqueue *vqs[VIOMMU_FAKE_RINGS];
	struct viommu_fake_chain chain;
	bool interrupt, went, reset;
	unsigned int n = 0, i;
	unsigned long flags;

	local_irq_save(flags);
	raw_spin_lock(&fake->lock);
	fake->in_batch = 0;
	while (n < count && viommu_fake_alive(fake) &&
	       viommu_fake_take(fake, ring, &chain)) {
		if (chain.out && chain.in)
			serve_one(fake, &chain);
		else
			viommu_fake_blame(fake, "request without two parts");
		n++;
	}
	reorder(fake);
	interrupt = viommu_fake_return(fake, ring, fake->batch, fake->in_batch);
	fake->stats.interrupts += interrupt;
	went = n && fake->gone;
	reset = n && (fake->status & VIRTIO_CONFIG_S_NEEDS_RESET);
	for (i = 0; i < VIOMMU_FAKE_RINGS; i++)
		vqs[i] = fake->rings[i].vq;
	raw_spin_unlock(&fake->lock);

	if (interrupt)
		vring_interrupt(0, vqs[VIOMMU_FAKE_REQUEST]);
	for (i = 0; went && i < VIOMMU_FAKE_RINGS; i++)
		if (vqs[i])
			__virtqueue_break(vqs[i]);
	if (reset)
		schedule_work(&fake->config_work);
	local_irq_restore(flags);
	return n;
}

/* A lock of the virtio device is a mutex on PREEMPT_RT */
static void change_config(struct work_struct *work)
{
	struct viommu_fake *fake = container_of(work, struct viommu_fake,
						config_work);

	virtio_config_changed(&fake->vdev);
}

static void serve_later(struct timer_list *timer)
{
	struct viommu_fake *fake = from_timer(fake, timer, timer);

	viommu_fake_serve(fake, UINT_MAX);
}

static bool notify_requests(struct virtqueue *vq)
{
	struct viommu_fake *fake = fake_of(vq->vdev);
	/* An interrupt in between would wait for what it has interrupted */
	bool late = !irqs_disabled();
	unsigned long flags;

	raw_spin_lock_irqsave(&fake->lock, flags);
	fake->stats.kicks++;
	if (late)
		viommu_fake_blame(fake, "notification with interrupts on");
	if (!fake->rings[VIOMMU_FAKE_REQUEST].live)
		viommu_fake_blame(fake, "notification before DRIVER_OK");
	if (fake->mode == VIOMMU_FAKE_LATER &&
	    fake->rings[VIOMMU_FAKE_REQUEST].vq)
		mod_timer(&fake->timer, jiffies + fake->delay);
	raw_spin_unlock_irqrestore(&fake->lock, flags);
	if (fake->mode == VIOMMU_FAKE_AT_ONCE)
		viommu_fake_serve(fake, UINT_MAX);
	return true;
}

static bool notify_events(struct virtqueue *vq)
{
	return true;
}

void viommu_fake_play(struct viommu_fake *fake,
		      const struct viommu_fake_plan *plan)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fake->lock, flags);
	fake->plan = plan ? *plan : (struct viommu_fake_plan) {};
	raw_spin_unlock_irqrestore(&fake->lock, flags);
}

/* --- transport */

static void call_hook(struct viommu_fake *fake, enum viommu_fake_moment moment)
{
	if (fake->hook)
		fake->hook(fake, moment);
}

static void config_get(struct virtio_device *vdev, unsigned int offset,
		       void *buf, unsigned int len)
{
	struct viommu_fake *fake = fake_of(vdev);

	if (offset + len > sizeof(fake->config)) {
		viommu_fake_blame(fake, "reads beyond the configuration");
		memset(buf, 0, len);
		return;
	}
	memcpy(buf, (u8 *)&fake->config + offset, len);
}

static void config_set(struct virtio_device *vdev, unsigned int offset,
		       const void *buf, unsigned int len)
{
	struct viommu_fake *fake = fake_of(vdev);
	const u8 *value = buf;

	call_hook(fake, VIOMMU_FAKE_CONFIG);
	if (offset != offsetof(struct virtio_iommu_config, bypass) ||
	    len != 1 || *value > 1 ||
	    !__virtio_test_bit(vdev, VIRTIO_IOMMU_F_BYPASS_CONFIG))
		viommu_fake_blame(fake, "writes %u bytes of the configuration at %u",
				  len, offset);
	else
		fake->config.bypass = *value;
}

static u8 get_status(struct virtio_device *vdev)
{
	struct viommu_fake *fake = fake_of(vdev);

	return fake->absent ? 0xff : fake->status;
}

static void set_status(struct virtio_device *vdev, u8 status)
{
	struct viommu_fake *fake = fake_of(vdev);
	unsigned long flags;
	int i;

	raw_spin_lock_irqsave(&fake->lock, flags);
	/* What is not there takes nothing */
	if (!fake->absent)
		fake->status = status;
	for (i = 0; i < VIOMMU_FAKE_RINGS; i++)
		fake->rings[i].live |= status & VIRTIO_CONFIG_S_DRIVER_OK;
	raw_spin_unlock_irqrestore(&fake->lock, flags);
}

static void reset(struct virtio_device *vdev)
{
	struct viommu_fake *fake = fake_of(vdev);
	unsigned long flags;

	call_hook(fake, VIOMMU_FAKE_RESETS);
	timer_delete_sync(&fake->timer);
	raw_spin_lock_irqsave(&fake->lock, flags);
	if (fake->absent)
		viommu_fake_blame(fake, "status cleared after it was pulled out");
	fake->status = 0;
	fake->stats.resets++;
	viommu_fake_forget(fake);
	raw_spin_unlock_irqrestore(&fake->lock, flags);
	call_hook(fake, VIOMMU_FAKE_WAS_RESET);
}

static void del_vqs(struct virtio_device *vdev)
{
	struct viommu_fake *fake = fake_of(vdev);
	struct viommu_fake_ring old;
	unsigned long flags;
	int i;

	for (i = 0; i < VIOMMU_FAKE_RINGS; i++) {
		raw_spin_lock_irqsave(&fake->lock, flags);
		old = fake->rings[i];
		fake->rings[i].vq = NULL;
		fake->rings[i].pages = NULL;
		raw_spin_unlock_irqrestore(&fake->lock, flags);
		timer_delete_sync(&fake->timer);
		synchronize_rcu();
		viommu_fake_ring_exit(&old);
	}
	if (!fake->registered && fake->absent) {
		fake->absent = false;
		fake->status = 0;
	}
}

static int find_vqs(struct virtio_device *vdev, unsigned int nvqs,
		    struct virtqueue *vqs[], struct virtqueue_info infos[],
		    struct irq_affinity *desc)
{
	bool (*const notify[])(struct virtqueue *vq) = {
		notify_requests, notify_events,
	};
	struct viommu_fake *fake = fake_of(vdev);
	unsigned int i;
	int err;

	call_hook(fake, VIOMMU_FAKE_FIND_VQS);
	err = fake->find_vqs_error;
	for (i = 0; i < nvqs && !err; i++) {
		if (i >= VIOMMU_FAKE_RINGS || !fake->rings[i].num)
			err = -ENOENT;
		else
			err = viommu_fake_ring_init(fake, i, notify[i],
						    infos[i].callback,
						    infos[i].name);
		if (!err)
			vqs[i] = fake->rings[i].vq;
	}
	if (err)
		del_vqs(vdev);
	return err;
}

static u64 get_features(struct virtio_device *vdev)
{
	return fake_of(vdev)->features;
}

static int finalize_features(struct virtio_device *vdev)
{
	struct viommu_fake *fake = fake_of(vdev);

	vring_transport_features(vdev);
	if (vdev->features & ~fake->features)
		viommu_fake_blame(fake, "features %#llx of %#llx",
				  vdev->features, fake->features);
	return 0;
}

static const char *bus_name(struct virtio_device *vdev)
{
	return dev_name(&fake_of(vdev)->pdev->dev);
}

static const struct virtio_config_ops config_ops = {
	.get = config_get,
	.set = config_set,
	.get_status = get_status,
	.set_status = set_status,
	.reset = reset,
	.find_vqs = find_vqs,
	.del_vqs = del_vqs,
	.get_features = get_features,
	.finalize_features = finalize_features,
	.bus_name = bus_name,
};

void viommu_fake_needs_reset(struct viommu_fake *fake)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fake->lock, flags);
	fake->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	raw_spin_unlock_irqrestore(&fake->lock, flags);
	virtio_config_changed(&fake->vdev);
}

void viommu_fake_unplug(struct viommu_fake *fake, bool absent)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fake->lock, flags);
	fake->gone = true;
	fake->absent = absent;
	raw_spin_unlock_irqrestore(&fake->lock, flags);
	virtio_break_device(&fake->vdev);
}

struct viommu_fake_endpoint *viommu_fake_endpoint(struct viommu_fake *fake,
						  u32 id)
{
	struct viommu_fake_endpoint *ep = viommu_fake_find(fake, id);
	unsigned int i;

	for (i = 0; !ep && i < VIOMMU_FAKE_ENDPOINTS; i++) {
		if (fake->endpoints[i].used)
			continue;
		ep = &fake->endpoints[i];
		ep->used = true;
		ep->id = id;
	}
	KUNIT_ASSERT_NOT_NULL(fake->test, ep);
	return ep;
}

/* --- life */

static void released(struct device *dev)
{
	complete(&fake_of(dev_to_virtio(dev))->released);
}

static void wait_for_release(struct viommu_fake *fake)
{
	KUNIT_EXPECT_TRUE(fake->test,
			  wait_for_completion_timeout(&fake->released,
						      RELEASE_WAIT));
}

int viommu_fake_register(struct viommu_fake *fake)
{
	int err;

	reinit_completion(&fake->released);
	memset(&fake->vdev, 0, sizeof(fake->vdev));
	fake->vdev.dev.parent = &fake->pdev->dev;
	fake->vdev.dev.release = released;
	fake->vdev.id.device = VIRTIO_ID_IOMMU;
	fake->vdev.id.vendor = VIRTIO_DEV_ANY_ID;
	fake->vdev.config = &config_ops;
	err = register_virtio_device(&fake->vdev);
	if (err) {
		put_device(&fake->vdev.dev);
		wait_for_release(fake);
	}
	fake->registered = !err;
	return err;
}

void viommu_fake_unregister(struct viommu_fake *fake)
{
	if (!fake->registered)
		return;
	fake->registered = false;
	flush_work(&fake->config_work);
	unregister_virtio_device(&fake->vdev);
	wait_for_release(fake);
}

static void end_bare(void *data)
{
	struct viommu_fake *fake = data;

	del_vqs(&fake->vdev);
	put_device(&fake->vdev.dev);
	wait_for_release(fake);
}

struct virtqueue *viommu_fake_bare(struct viommu_fake *fake, void *priv,
				   void (*callback)(struct virtqueue *vq))
{
	struct virtqueue_info info = { .name = "request", .callback = callback };
	struct virtio_device *vdev = &fake->vdev;
	struct virtqueue *vq;

	spin_lock_init(&vdev->config_lock);
	spin_lock_init(&vdev->vqs_list_lock);
	INIT_LIST_HEAD(&vdev->vqs);
	vdev->config = &config_ops;
	vdev->features = fake->features;
	vdev->priv = priv;
	device_initialize(&vdev->dev);
	vdev->dev.parent = &fake->pdev->dev;
	vdev->dev.release = released;
	dev_set_name(&vdev->dev, "%s", fake->test->name);
	KUNIT_ASSERT_EQ(fake->test, kunit_add_action_or_reset(fake->test,
							      end_bare, fake), 0);
	KUNIT_ASSERT_EQ(fake->test, virtio_find_vqs(vdev, 1, &vq, &info, NULL),
			0);
	virtio_device_ready(vdev);
	return vq;
}

struct fwnode_handle *viommu_fake_node(struct viommu_fake *fake)
{
	return dev_fwnode(&fake->pdev->dev);
}

static void end(void *data)
{
	struct viommu_fake *fake = data;

	viommu_fake_unregister(fake);
	timer_shutdown_sync(&fake->timer);
	if (!IS_ERR_OR_NULL(fake->pdev))
		platform_device_unregister(fake->pdev);
	kvfree(fake->mappings);
	viommu_fake_check(fake);
}

static void defaults(struct viommu_fake *fake)
{
	fake->features = BIT_ULL(VIRTIO_F_VERSION_1) |
			 BIT_ULL(VIRTIO_IOMMU_F_MAP_UNMAP) |
			 BIT_ULL(VIRTIO_IOMMU_F_INPUT_RANGE) |
			 BIT_ULL(VIRTIO_IOMMU_F_DOMAIN_RANGE) |
			 BIT_ULL(VIRTIO_IOMMU_F_PROBE) |
			 BIT_ULL(VIRTIO_IOMMU_F_MMIO) |
			 BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	fake->config = (struct virtio_iommu_config) {
		.page_size_mask = cpu_to_le64(~(u64)(SZ_4K - 1)),
		.input_range.end = cpu_to_le64(BIT_ULL(48) - 1),
		.domain_range.end = cpu_to_le32(U32_MAX),
		.probe_size = cpu_to_le32(VIOMMU_FAKE_PROBE_SIZE),
	};
	fake->rings[VIOMMU_FAKE_REQUEST].num = 128;
	fake->rings[VIOMMU_FAKE_EVENT].num = 16;
}

struct viommu_fake *viommu_fake_new(struct kunit *test)
{
	static const struct property_entry properties[1];
	struct platform_device_info info = {
		.name = "viommu-fake",
		.id = PLATFORM_DEVID_AUTO,
		.properties = properties,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct viommu_fake *fake = kunit_kzalloc(test, sizeof(*fake),
						 GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->test = test;
	raw_spin_lock_init(&fake->lock);
	init_completion(&fake->released);
	timer_setup(&fake->timer, serve_later, 0);
	INIT_WORK(&fake->config_work, change_config);
	prandom_seed_state(&fake->rnd, 1);
	defaults(fake);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, end, fake), 0);

	fake->mappings = kvcalloc(VIOMMU_FAKE_MAPPINGS, sizeof(*fake->mappings),
				  GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->mappings);
	for (i = 0; i < VIOMMU_FAKE_MAPPINGS; i++) {
		fake->mappings[i].next = fake->free;
		fake->free = &fake->mappings[i];
	}
	fake->pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->pdev);
	return fake;
}
