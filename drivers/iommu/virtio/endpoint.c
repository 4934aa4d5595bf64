// SPDX-License-Identifier: GPL-2.0
/*
 * Devices behind an instance: their endpoint ids, what the host reserves for
 * them, and what core asks about them.
 */
#include <linux/device.h>
#include <linux/list_sort.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <kunit/visibility.h>

#include "../dma-iommu.h"
#include "viommu.h"

static int compare_streams(const void *a, const void *b)
{
	u32 x = ((const struct viommu_stream *)a)->id;
	u32 y = ((const struct viommu_stream *)b)->id;

	return x < y ? -1 : x > y;
}

/* Sorted, each id once; firmware may name one twice */
static void take_ids(struct viommu_endpoint *ep, const struct iommu_fwspec *fwspec)
{
	struct viommu_stream *streams = ep->streams;
	unsigned int i, kept = 0;

	for (i = 0; i < fwspec->num_ids; i++)
		streams[i].id = fwspec->ids[i];
	sort(streams, fwspec->num_ids, sizeof(*streams), compare_streams, NULL);
	for (i = 0; i < fwspec->num_ids; i++)
		if (!kept || streams[kept - 1].id != streams[i].id)
			streams[kept++].id = streams[i].id;
	ep->num_streams = kept;
}

static void remove_ids(struct viommu_endpoint *ep, unsigned int count)
{
	while (count--)
		xa_erase(&ep->viommu->endpoints, ep->streams[count].id);
}

static int insert_id(struct viommu_endpoint *ep, u32 id)
{
	struct viommu_instance *viommu = ep->viommu;
	struct viommu_endpoint *owner = xa_load(&viommu->endpoints, id);

	lockdep_assert_held(&viommu->mutex);
	if (owner) {
		dev_err(ep->dev, "endpoint %#x already belongs to %s\n", id,
			dev_name(owner->dev));
		return -EINVAL;
	}
	return xa_insert(&viommu->endpoints, id, ep, GFP_KERNEL);
}

static int insert_ids(struct viommu_endpoint *ep)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ep->num_streams && !ret; i++) {
		ret = insert_id(ep, ep->streams[i].id);
		if (ret)
			remove_ids(ep, i);
	}
	if (!ret)
		viommu_boot_take(ep);
	return ret;
}

static void remove_all_ids(struct viommu_endpoint *ep)
{
	mutex_lock(&ep->viommu->mutex);
	remove_ids(ep, ep->num_streams);
	mutex_unlock(&ep->viommu->mutex);
}

static void free_regions(struct list_head *regions)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, regions, list) {
		list_del(&region->list);
		kfree(region);
	}
}

static int region_order(void *unused, const struct list_head *a,
			const struct list_head *b)
{
	const struct iommu_resv_region *x, *y;

	x = list_entry(a, struct iommu_resv_region, list);
	y = list_entry(b, struct iommu_resv_region, list);
	return x->start > y->start;
}

static bool same_region(const struct iommu_resv_region *a,
			const struct iommu_resv_region *b)
{
	return a->start == b->start && a->length == b->length &&
	       a->type == b->type;
}

static bool has_region(const struct list_head *regions,
		       const struct iommu_resv_region *wanted)
{
	const struct iommu_resv_region *region;

	list_for_each_entry(region, regions, list)
		if (same_region(region, wanted))
			return true;
	return false;
}

/* Regions of another id: what is the same for all is kept once */
static void merge_regions(struct list_head *from, struct list_head *regions)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, from, list)
		if (!has_region(regions, region))
			list_move_tail(&region->list, regions);
	free_regions(from);
	list_sort(NULL, regions, region_order);
}

/* 5.13.6.7: the answer is probe_size bytes of properties and the tail */
static struct viommu_long *new_probe(struct viommu_instance *viommu, u32 id)
{
	size_t out = offsetof(struct virtio_iommu_req_probe, properties);
	struct virtio_iommu_req_probe *probe;
	struct viommu_long *request;

	request = viommu_long_new(out, viommu->limits.probe_size +
				  sizeof(struct virtio_iommu_req_tail));
	if (!request)
		return NULL;
	probe = (struct virtio_iommu_req_probe *)request->data;
	probe->head.type = VIRTIO_IOMMU_T_PROBE;
	probe->endpoint = cpu_to_le32(id);
	return request;
}

static int ask(struct viommu_instance *viommu, u32 id, void *answer)
{
	struct viommu_long *request = new_probe(viommu, id);
	struct viommu_queue *q = &viommu->requests;
	int ret, error;
	u64 pos;

	if (!request)
		return -ENOMEM;
	do {
		ret = viommu_queue_post_long(q, request, &pos);
		if (ret == -EBUSY)
			ret = viommu_queue_make_room(q, 1) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	if (!ret)
		ret = viommu_queue_wait(q, pos);
	error = viommu_long_end(q, request, answer);
	return ret ?: error;
}

int viommu_probe_endpoint(struct viommu_instance *viommu, struct device *dev,
			  u32 id, struct list_head *regions)
{
	u32 size = viommu->limits.probe_size;
	LIST_HEAD(own);
	void *answer;
	int ret;

	lockdep_assert_held(&viommu->mutex);
	if (!size)
		return 0;
	answer = kzalloc(size + sizeof(struct virtio_iommu_req_tail), GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	ret = ask(viommu, id, answer);
	if (!ret)
		ret = viommu_decode_properties(dev, answer, size, &own);
	if (ret)
		free_regions(&own);
	else
		merge_regions(&own, regions);
	kfree(answer);
	return ret;
}

static int probe_ids(struct viommu_endpoint *ep)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ep->num_streams && !ret; i++) {
		ret = viommu_probe_endpoint(ep->viommu, ep->dev,
					    ep->streams[i].id, &ep->regions);
		if (ret)
			dev_err(ep->dev,
				"the IOMMU does not say what it reserves for endpoint %#x: %pe\n",
				ep->streams[i].id, ERR_PTR(ret));
	}
	return ret;
}

static struct viommu_endpoint *alloc_endpoint(struct device *dev,
					      struct viommu_instance *viommu,
					      const struct iommu_fwspec *fwspec)
{
	struct viommu_endpoint *ep;

	ep = kzalloc(struct_size(ep, streams, fwspec->num_ids), GFP_KERNEL);
	if (!ep)
		return NULL;
	ep->num_streams = fwspec->num_ids;
	ep->dev = dev;
	ep->viommu = viommu;
	INIT_LIST_HEAD(&ep->regions);
	take_ids(ep, fwspec);
	return ep;
}

/* The IOMMU itself does DMA too, to its queues, and never behind itself */
static bool is_self(const struct viommu_instance *viommu, const struct device *dev)
{
	return dev == &viommu->vdev->dev || dev == viommu->vdev->dev.parent;
}

static struct iommu_device *probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct viommu_instance *viommu;
	struct viommu_endpoint *ep;
	int ret;

	viommu = viommu_from_fwnode(fwspec->iommu_fwnode);
	if (!viommu || is_self(viommu, dev))
		return ERR_PTR(-ENODEV);
	if (!fwspec->num_ids) {
		dev_err(dev, "firmware gives it no endpoint\n");
		return ERR_PTR(-EINVAL);
	}
	ep = alloc_endpoint(dev, viommu, fwspec);
	if (!ep)
		return ERR_PTR(-ENOMEM);
	/* The device cannot be asked while it is reset */
	mutex_lock(&viommu->mutex);
	ret = probe_ids(ep) ?: insert_ids(ep);
	mutex_unlock(&viommu->mutex);
	if (ret) {
		free_regions(&ep->regions);
		kfree(ep);
		return ERR_PTR(ret);
	}
	dev_iommu_priv_set(dev, ep);
	return &viommu->iommu;
}

/* Memory is lacking for this at most: then it passes until the next reset */
static void keep_all_ids(struct viommu_endpoint *ep)
{
	unsigned int i;

	mutex_lock(&ep->viommu->mutex);
	for (i = 0; i < ep->num_streams; i++)
		viommu_boot_keep(ep->viommu, ep->streams[i].id);
	mutex_unlock(&ep->viommu->mutex);
}

static void release_device(struct device *dev)
{
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);

	/* What firmware uses must go on when the driver of a device has gone */
	if (!dev->iommu->require_direct || !ep->viommu->limits.bypass ||
	    viommu_attach(ep, &viommu_identity_domain))
		viommu_detach_release(ep);
	else
		keep_all_ids(ep);
	remove_all_ids(ep);
	/* Who reports a fault looks at endpoint and domain under RCU */
	synchronize_rcu();
	if (ep->identity)
		viommu_domain_delete(ep->identity);
	free_regions(&ep->regions);
	kfree(ep);
}

static bool device_capable(struct device *dev, enum iommu_cap cap)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
	case IOMMU_CAP_DEFERRED_FLUSH:
		return true;
	default:
		return false;
	}
}

static void add_region(struct list_head *head,
		       const struct iommu_resv_region *region)
{
	struct iommu_resv_region *copy;

	copy = iommu_alloc_resv_region(region->start, region->length,
				       region->prot, region->type, GFP_KERNEL);
	if (copy)
		list_add_tail(&copy->list, head);
}

static void get_resv_regions(struct device *dev, struct list_head *head)
{
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);
	struct iommu_resv_region *region;
	bool has_msi = false;

	list_for_each_entry(region, &ep->regions, list) {
		add_region(head, region);
		has_msi |= region->type == IOMMU_RESV_MSI;
	}
	/* Without doorbells that the host takes care of they are mapped here */
	if (!has_msi)
		iommu_add_sw_msi_region(head);
	iommu_dma_get_resv_regions(dev, head);
}

const struct iommu_ops viommu_ops = {
	.capable = device_capable,
	.domain_alloc_paging = viommu_domain_alloc_paging,
	.probe_device = probe_device,
	.release_device = release_device,
	.device_group = iommu_bus_device_group,
	.get_resv_regions = get_resv_regions,
	.of_xlate = iommu_fwspec_add_cell,
	.default_domain_ops = &viommu_domain_ops,
	.identity_domain = &viommu_identity_domain,
	.blocked_domain = &viommu_blocked_domain,
	.owner = THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(viommu_ops);
