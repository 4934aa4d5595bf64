// SPDX-License-Identifier: GPL-2.0
/*
 * Event queue.
 */
#include <linux/ratelimit.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "viommu.h"

static struct viommu_instance *to_instance(struct viommu_events *events)
{
	return container_of(events, struct viommu_instance, events);
}

static struct viommu_stream *find_stream(struct viommu_instance *viommu, u32 id,
					 struct viommu_endpoint **ep)
{
	unsigned int i;

	*ep = xa_load(&viommu->endpoints, id);
	for (i = 0; *ep && i < (*ep)->num_streams; i++)
		if ((*ep)->streams[i].id == id)
			return &(*ep)->streams[i];
	return NULL;
}

/*
 * The device does not tell a forbidden access from one to nothing, nor a domain
 * that is empty from one that we mean to block; we know which it was.
 */
static void refine(const struct viommu_stream *stream,
		   struct iommu_fault_record *rec)
{
	struct iommu_domain *domain = READ_ONCE(stream->domain);

	if (rec->reason != IOMMU_FAULT_REASON_UNMAPPED)
		return;
	if (!domain || domain->type == IOMMU_DOMAIN_BLOCKED)
		rec->reason = IOMMU_FAULT_REASON_BLOCKED;
	else if ((domain->type & __IOMMU_DOMAIN_PAGING) && rec->has_iova &&
		 viommu_domain_has(to_viommu_domain(domain), rec->iova))
		rec->reason = IOMMU_FAULT_REASON_PERMISSION;
}

static void report(struct viommu_instance *viommu,
		   const struct virtio_iommu_fault *fault)
{
	struct iommu_fault_record rec;
	struct viommu_stream *stream;
	struct viommu_endpoint *ep;

	viommu_decode_fault(fault, &rec);
	rec.iommu = &viommu->iommu;
	/* Endpoint and domain are freed after a grace period */
	rcu_read_lock();
	stream = find_stream(viommu, rec.stream, &ep);
	if (stream) {
		rec.dev = ep->dev;
		refine(stream, &rec);
	}
	iommu_fault_report(&rec);
	rcu_read_unlock();
}

/* The queue has room for each buffer, so that this does not fail */
static int give(struct virtqueue *vq, struct virtio_iommu_fault *buffer)
{
	struct scatterlist sg;

	sg_init_one(&sg, buffer, sizeof(*buffer));
	return virtqueue_add_inbuf(vq, &sg, 1, buffer, GFP_ATOMIC);
}

/* Copies one record and gives its buffer back; false if there is none */
static bool take(struct viommu_events *events, struct virtio_iommu_fault *fault,
		 unsigned int *len)
{
	struct virtio_iommu_fault *buffer = NULL;

	spin_lock_irq(&events->lock);
	if (events->vq)
		buffer = virtqueue_get_buf(events->vq, len);
	if (buffer) {
		*fault = *buffer;
		give(events->vq, buffer);
	}
	spin_unlock_irq(&events->lock);
	return buffer;
}

/* True if the device has reported something meanwhile */
static bool wait_for_more(struct viommu_events *events)
{
	bool more = false;

	spin_lock_irq(&events->lock);
	if (events->vq) {
		virtqueue_kick(events->vq);
		more = !virtqueue_is_broken(events->vq) &&
		       !virtqueue_enable_cb(events->vq);
	}
	spin_unlock_irq(&events->lock);
	return more;
}

static void handle(struct viommu_instance *viommu,
		   const struct virtio_iommu_fault *fault, unsigned int len)
{
	struct viommu_events *events = &viommu->events;

	if (len == sizeof(*fault)) {
		atomic64_inc(&events->faults);
		report(viommu, fault);
		return;
	}
	atomic64_inc(&events->malformed);
	dev_err_ratelimited(viommu->dev,
			    "fault record of %u bytes, not %zu, ignored\n", len,
			    sizeof(*fault));
}

static void events_work(struct work_struct *work)
{
	struct viommu_events *events = container_of(to_delayed_work(work),
						    struct viommu_events, work);
	struct viommu_instance *viommu = to_instance(events);
	struct virtio_iommu_fault fault;
	unsigned int budget, len;

	for (budget = VIOMMU_EVENT_BUDGET; budget; budget--) {
		if (take(events, &fault, &len))
			handle(viommu, &fault, len);
		else if (!wait_for_more(events))
			return;
	}
	schedule_delayed_work(&events->work, 1);
}

void viommu_events_arrived(struct virtqueue *vq)
{
	struct viommu_instance *viommu = vq->vdev->priv;
	struct viommu_events *events = &viommu->events;
	unsigned long flags;

	spin_lock_irqsave(&events->lock, flags);
	if (events->vq) {
		virtqueue_disable_cb(events->vq);
		schedule_delayed_work(&events->work, 0);
	}
	spin_unlock_irqrestore(&events->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_events_arrived);

int viommu_events_init(struct viommu_instance *viommu)
{
	struct viommu_events *events = &viommu->events;

	events->buffers = kcalloc(VIOMMU_EVENT_BUFFERS, sizeof(*events->buffers),
				  GFP_KERNEL);
	if (!events->buffers)
		return -ENOMEM;
	spin_lock_init(&events->lock);
	INIT_DELAYED_WORK(&events->work, events_work);
	return 0;
}

void viommu_events_exit(struct viommu_instance *viommu)
{
	kfree(viommu->events.buffers);
}

void viommu_events_start(struct viommu_instance *viommu, struct virtqueue *vq)
{
	struct viommu_events *events = &viommu->events;
	unsigned int i;

	spin_lock_irq(&events->lock);
	events->vq = vq;
	for (i = 0; i < VIOMMU_EVENT_BUFFERS; i++)
		if (give(vq, &events->buffers[i]))
			break;
	virtqueue_kick(vq);
	spin_unlock_irq(&events->lock);
}

void viommu_events_stop(struct viommu_instance *viommu)
{
	struct viommu_events *events = &viommu->events;

	spin_lock_irq(&events->lock);
	while (events->vq && virtqueue_detach_unused_buf(events->vq))
		;
	events->vq = NULL;
	spin_unlock_irq(&events->lock);
	cancel_delayed_work_sync(&events->work);
}
