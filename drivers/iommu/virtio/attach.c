// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching endpoints to domains.
 *
 * ATTACH of an endpoint that is attached elsewhere moves it, so an endpoint is at
 * any moment where it was or where it goes.  A device may not be able to move
 * one; then it is detached first, and can do no DMA in between if the device
 * blocks what is attached to nothing.
 */
#include <kunit/visibility.h>

#include "viommu.h"

int viommu_request(struct viommu_instance *viommu, const union viommu_wire *wire)
{
	struct viommu_queue *q = &viommu->requests;
	int status = 0, ret;
	u64 pos;

	do {
		ret = viommu_queue_post(q, wire, &status, &pos);
		if (ret == -EBUSY)
			ret = viommu_queue_make_room(q, 1) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	if (!ret)
		ret = viommu_queue_wait(q, pos);
	return ret ?: status;
}

static struct viommu_domain *paging(struct iommu_domain *domain)
{
	if (!domain || !(domain->type & __IOMMU_DOMAIN_PAGING))
		return NULL;
	return to_viommu_domain(domain);
}

/* The domain's name at the device */
static u32 id_of(struct viommu_instance *viommu, struct iommu_domain *domain)
{
	if (domain == &viommu_blocked_domain)
		return viommu->blocked_id;
	if (domain == &viommu_identity_domain)
		return viommu->bypass_id;
	return to_viommu_domain(domain)->id;
}

static void encode_move(struct viommu_instance *viommu,
			const struct viommu_stream *stream,
			struct iommu_domain *to, union viommu_wire *wire)
{
	u32 flags = to == &viommu_identity_domain ?
		    VIRTIO_IOMMU_ATTACH_F_BYPASS : 0;

	if (to)
		viommu_encode_attach(wire, id_of(viommu, to), stream->id, flags);
	else
		viommu_encode_detach(wire, id_of(viommu, stream->domain),
				     stream->id);
}

static void note_move(struct viommu_stream *stream, struct iommu_domain *to)
{
	struct viommu_domain *from = paging(stream->domain);

	if (from)
		from->bound--;
	if (paging(to))
		paging(to)->bound++;
	WRITE_ONCE(stream->domain, to);
}

static int move_once(struct viommu_instance *viommu, struct viommu_stream *stream,
		     struct iommu_domain *to)
{
	struct viommu_domain *from = paging(stream->domain);
	union viommu_wire wire;
	int ret;

	lockdep_assert_held(&viommu->mutex);
	if (stream->domain == to)
		return 0;
	encode_move(viommu, stream, to, &wire);
	if (from && from->bound == 1)
		ret = viommu_domain_leave(from, &wire);
	else
		ret = viommu_request(viommu, &wire);
	/* One that was pulled out needs no detaching */
	if (ret == -ENOENT && !to)
		ret = 0;
	if (!ret)
		note_move(stream, to);
	return ret;
}

static int move(struct viommu_instance *viommu, struct viommu_stream *stream,
		struct iommu_domain *to)
{
	int ret = move_once(viommu, stream, to);

	/* 5.13.6.3.2: a device that cannot move an endpoint says UNSUPP */
	if (ret == -ENOSYS && stream->domain && to)
		ret = move_once(viommu, stream, NULL) ?:
		      move_once(viommu, stream, to);
	return ret;
}

/*
 * The device has the domain, but forgot its mappings.  One that sleeps is told when
 * it wakes.
 */
static int refill(struct iommu_domain *domain)
{
	struct viommu_domain *vd = paging(domain);

	if (!vd || !vd->bound || vd->sent == U64_MAX || !vd->viommu->has_queues)
		return 0;
	return viommu_domain_replay(vd);
}

static void move_back(struct viommu_endpoint *ep, struct viommu_stream *stream)
{
	struct viommu_instance *viommu = ep->viommu;

	if (!move(viommu, stream, stream->was) && !refill(stream->was))
		return;
	move_once(viommu, stream, NULL);
	if (READ_ONCE(viommu->requests.failed))
		return;
	dev_err(ep->dev, "endpoint %#x cannot be attached to what it was before: %s\n",
		stream->id, viommu->closed ? "its DMA is blocked" :
		"what its DMA does is the host's choice");
}

static int move_all(struct viommu_endpoint *ep, struct iommu_domain *to)
{
	struct viommu_instance *viommu = ep->viommu;
	unsigned int i;
	int ret = 0;

	lockdep_assert_held(&viommu->mutex);
	for (i = 0; i < ep->num_streams; i++)
		ep->streams[i].was = ep->streams[i].domain;
	for (i = 0; i < ep->num_streams && !ret; i++)
		ret = move(viommu, &ep->streams[i], to);
	if (!ret)
		ret = refill(to);
	if (ret)
		for (i = 0; i < ep->num_streams; i++)
			move_back(ep, &ep->streams[i]);
	return ret;
}

/*
 * The device may still have @stream in its domain.  So the domain's id cannot name
 * another one, and what it maps is to go: its memory may be somebody else's soon.
 */
static void abandon(struct viommu_instance *viommu, struct viommu_stream *stream)
{
	struct viommu_domain *vd = paging(stream->domain);
	union viommu_wire wire;

	lockdep_assert_held(&viommu->mutex);
	note_move(stream, NULL);
	if (!vd)
		return;
	vd->leaked = true;
	if (vd->bound)
		return;
	viommu_domain_forget(vd);
	viommu_encode_unmap(&wire, vd->id, viommu->limits.first,
			    viommu->limits.last);
	viommu_request(viommu, &wire);
}

/*
 * Blocking must leave no domain in use, for core frees domains after it.  What is
 * attached to nothing may be blocked as well.
 */
static int block(struct viommu_endpoint *ep)
{
	struct viommu_instance *viommu = ep->viommu;
	unsigned int i;
	int ret;

	ret = move_all(ep, &viommu_blocked_domain);
	if (ret && viommu->closed)
		ret = move_all(ep, NULL);
	if (ret)
		for (i = 0; i < ep->num_streams; i++)
			abandon(viommu, &ep->streams[i]);
	return ret;
}

int viommu_attach(struct viommu_endpoint *ep, struct iommu_domain *domain)
{
	struct viommu_instance *viommu = ep->viommu;
	int ret;

	mutex_lock(&viommu->mutex);
	if (domain == &viommu_blocked_domain)
		ret = block(ep);
	else
		ret = move_all(ep, domain);
	mutex_unlock(&viommu->mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(viommu_attach);

int viommu_attach_paging(struct iommu_domain *domain, struct device *dev)
{
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);

	if (to_viommu_domain(domain)->viommu != ep->viommu)
		return -EINVAL;
	return viommu_attach(ep, domain);
}

static void release_stream(struct viommu_endpoint *ep, struct viommu_stream *stream)
{
	struct viommu_instance *viommu = ep->viommu;
	int ret;

	ret = move_once(viommu, stream, NULL);
	if (!ret)
		return;
	/* A device that has failed has said so */
	if (!READ_ONCE(viommu->requests.failed))
		dev_err(ep->dev, "endpoint %#x cannot be detached: %pe\n",
			stream->id, ERR_PTR(ret));
	abandon(viommu, stream);
}

void viommu_detach_release(struct viommu_endpoint *ep)
{
	struct viommu_instance *viommu = ep->viommu;
	unsigned int i;

	mutex_lock(&viommu->mutex);
	for (i = 0; i < ep->num_streams; i++)
		release_stream(ep, &ep->streams[i]);
	mutex_unlock(&viommu->mutex);
}
EXPORT_SYMBOL_IF_KUNIT(viommu_detach_release);

/*
 * An attachment that failed, and was not undone either, is not made up for here: core
 * may be about to attach something else, under a lock that is above ours.
 */
static void say_blocked(const struct viommu_endpoint *ep,
			const struct viommu_stream *stream)
{
	const struct iommu_domain *meant = iommu_get_domain_for_dev(ep->dev);

	if (meant && meant != &viommu_blocked_domain)
		dev_err(ep->dev, "endpoint %#x stays blocked, as it could not be attached before the reset: remove the device and have its bus scanned again\n",
			stream->id);
}

/*
 * What could not be attached is blocked after that, as core has asked for at last.
 * One that the host does not have any more is an end for that device alone.
 */
static int reattach(struct viommu_endpoint *ep, struct viommu_stream *stream)
{
	struct viommu_instance *viommu = ep->viommu;
	union viommu_wire wire;
	int ret;

	encode_move(viommu, stream, stream->domain ?: &viommu_blocked_domain, &wire);
	ret = viommu_request(viommu, &wire);
	if (stream->domain && ret == -ENOENT) {
		dev_err(ep->dev, "the IOMMU does not know endpoint %#x any more; if it comes back, remove the device and have its bus scanned again\n",
			stream->id);
		note_move(stream, NULL);
		return 0;
	}
	if (stream->domain)
		return ret;
	if (!ret) {
		note_move(stream, &viommu_blocked_domain);
		say_blocked(ep, stream);
	}
	return 0;
}

static int reattach_endpoint(struct viommu_endpoint *ep)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ep->num_streams && !ret; i++)
		ret = reattach(ep, &ep->streams[i]);
	return ret;
}

int viommu_reattach_all(struct viommu_instance *viommu)
{
	struct viommu_domain *vd;
	struct viommu_endpoint *ep;
	unsigned long id;
	int ret;

	lockdep_assert_held(&viommu->mutex);
	viommu_boot_attach(viommu);
	xa_for_each(&viommu->endpoints, id, ep) {
		/* Once for each device, which is there under each of its ids */
		if (id != ep->streams[0].id)
			continue;
		ret = reattach_endpoint(ep);
		if (ret)
			return ret;
	}
	list_for_each_entry(vd, &viommu->domains, list) {
		/* What it may have kept of a domain went with its reset */
		vd->leaked = false;
		ret = refill(&vd->domain);
		if (ret)
			return ret;
	}
	return 0;
}

static int attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	return viommu_attach(dev_iommu_priv_get(dev), domain);
}

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = attach_blocked,
};

/* At each instance a domain in which nothing is ever mapped */
struct iommu_domain viommu_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};
EXPORT_SYMBOL_IF_KUNIT(viommu_blocked_domain);
