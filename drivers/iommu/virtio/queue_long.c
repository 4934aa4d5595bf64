// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of variable length.
 *
 * They are allocated, mapped for the device, unmapped and freed by who asks, who
 * can sleep; whoever completes requests only looks at the tail.  What the device
 * has not returned when who asks gives up, stays until the device was reset.
 *
 * queue_test.c and queue_dead_test.c have the cases.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "queue_priv.h"

struct viommu_long *viommu_long_new(size_t out, size_t in)
{
	struct viommu_long *request;

	request = kzalloc(struct_size(request, data, out + in), GFP_KERNEL);
	if (!request)
		return NULL;
	request->out = out;
	request->in = in;
	request->error = -EIO;
	return request;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_long_new);

static void *tail_of(struct viommu_long *request)
{
	return request->data + request->out + request->in -
	       sizeof(struct virtio_iommu_req_tail);
}

VISIBLE_IF_KUNIT dma_addr_t viommu_long_dma_map(struct device *dev, void *data,
						size_t size)
{
	KUNIT_STATIC_STUB_REDIRECT(viommu_long_dma_map, dev, data, size);
	return dma_map_single(dev, data, size, DMA_BIDIRECTIONAL);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_long_dma_map);

int viommu_long_map(struct viommu_long *request, struct device *dev)
{
	struct virtio_iommu_req_tail tail = { .status = VIOMMU_NO_STATUS };
	size_t size = request->out + request->in;

	memcpy(tail_of(request), &tail, sizeof(tail));
	request->dma_dev = dev;
	if (!dev) {
		request->dma = virt_to_phys(request->data);
		return 0;
	}
	request->dma = viommu_long_dma_map(dev, request->data, size);
	if (!dma_mapping_error(dev, request->dma))
		return 0;
	/* There is nothing to be unmapped */
	request->dma_dev = NULL;
	return -ENOMEM;
}

void viommu_long_unmap(struct viommu_long *request)
{
	if (request->dma_dev)
		dma_unmap_single(request->dma_dev, request->dma,
				 request->out + request->in, DMA_BIDIRECTIONAL);
	request->dma_dev = NULL;
}

u8 viommu_long_status(struct viommu_long *request)
{
	struct virtio_iommu_req_tail tail;
	const void *at = tail_of(request);

	if (request->dma_dev)
		dma_sync_single_for_cpu(request->dma_dev,
					request->dma + (at - (void *)request->data),
					sizeof(tail), DMA_FROM_DEVICE);
	memcpy(&tail, at, sizeof(tail));
	return tail.status;
}

int viommu_long_end(struct viommu_queue *q, struct viommu_long *request,
		    void *answer)
{
	bool held;
	int ret;

	raw_spin_lock_irq(&q->lock);
	held = request->held;
	request->orphan = held;
	raw_spin_unlock_irq(&q->lock);
	if (held)
		return -EIO;

	viommu_long_unmap(request);
	ret = request->error;
	if (!ret)
		memcpy(answer, request->data + request->out, request->in);
	kfree(request);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_long_end);

struct viommu_long *viommu_long_take_back(struct viommu_queue *q)
{
	struct viommu_long *orphans = NULL;
	unsigned int i;

	lockdep_assert_held(&q->lock);
	for (i = 0; i < VIOMMU_MAX_SLOTS; i++) {
		struct viommu_long *request = q->slots[i].long_request;

		if (!request)
			continue;
		q->slots[i].long_request = NULL;
		request->held = false;
		if (!request->orphan)
			continue;
		request->next = orphans;
		orphans = request;
	}
	return orphans;
}

void viommu_long_free_all(struct viommu_long *orphans)
{
	struct viommu_long *next;

	for (; orphans; orphans = next) {
		next = orphans->next;
		viommu_long_unmap(orphans);
		kfree(orphans);
	}
}
