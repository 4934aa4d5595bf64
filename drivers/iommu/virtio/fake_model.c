// SPDX-License-Identifier: GPL-2.0
/*
 * What a virtio IOMMU does with requests (5.13.6 of VIRTIO 1.2).
 */
#include <linux/string.h>

#include "fake.h"

struct viommu_fake_endpoint *viommu_fake_find(struct viommu_fake *fake, u32 id)
{
	unsigned int i;

	for (i = 0; i < VIOMMU_FAKE_ENDPOINTS; i++) {
		if (fake->endpoints[i].used && fake->endpoints[i].id == id)
			return &fake->endpoints[i];
	}
	return NULL;
}

bool viommu_fake_bypass(struct viommu_fake *fake)
{
	return (fake->features & BIT_ULL(VIRTIO_IOMMU_F_BYPASS_CONFIG)) &&
	       fake->config.bypass;
}

static bool negotiated(struct viommu_fake *fake, unsigned int feature)
{
	return __virtio_test_bit(&fake->vdev, feature);
}

static struct viommu_fake_domain *find_domain(struct viommu_fake *fake, u32 id)
{
	unsigned int i;

	for (i = 0; i < VIOMMU_FAKE_DOMAINS; i++) {
		if (fake->domains[i].used && fake->domains[i].id == id)
			return &fake->domains[i];
	}
	return NULL;
}

static struct viommu_fake_domain *new_domain(struct viommu_fake *fake, u32 id,
					     bool bypass)
{
	unsigned int i;

	for (i = 0; i < VIOMMU_FAKE_DOMAINS; i++) {
		struct viommu_fake_domain *domain = &fake->domains[i];

		if (domain->used)
			continue;
		*domain = (struct viommu_fake_domain) {
			.used = true,
			.id = id,
			.bypass = bypass,
			.mappings = RB_ROOT_CACHED,
		};
		return domain;
	}
	return NULL;
}

static struct viommu_fake_mapping *first(struct viommu_fake_domain *domain,
					 u64 start, u64 last)
{
	struct interval_tree_node *node;

	node = interval_tree_iter_first(&domain->mappings, start, last);
	return node ? container_of(node, struct viommu_fake_mapping, node) : NULL;
}

static void unmap_all(struct viommu_fake *fake,
		      struct viommu_fake_domain *domain, u64 start, u64 last)
{
	struct viommu_fake_mapping *mapping;

	while ((mapping = first(domain, start, last))) {
		interval_tree_remove(&mapping->node, &domain->mappings);
		mapping->next = fake->free;
		fake->free = mapping;
	}
}

static void leave(struct viommu_fake *fake, struct viommu_fake_endpoint *ep)
{
	struct viommu_fake_domain *domain = ep->domain;

	ep->domain = NULL;
	if (!domain || --domain->endpoints)
		return;
	unmap_all(fake, domain, 0, U64_MAX);
	domain->used = false;
}

void viommu_fake_forget(struct viommu_fake *fake)
{
	unsigned int i;

	for (i = 0; i < VIOMMU_FAKE_ENDPOINTS; i++)
		leave(fake, &fake->endpoints[i]);
}

static bool domain_in_range(struct viommu_fake *fake, u32 id)
{
	if (!negotiated(fake, VIRTIO_IOMMU_F_DOMAIN_RANGE))
		return true;
	return id >= le32_to_cpu(fake->config.domain_range.start) &&
	       id <= le32_to_cpu(fake->config.domain_range.end);
}

static u8 attach(struct viommu_fake *fake,
		 const struct virtio_iommu_req_attach *req)
{
	struct viommu_fake_endpoint *ep;
	struct viommu_fake_domain *domain;
	u32 flags = le32_to_cpu(req->flags), id = le32_to_cpu(req->domain);
	bool bypass = flags & VIRTIO_IOMMU_ATTACH_F_BYPASS;

	if (memchr_inv(req->reserved, 0, sizeof(req->reserved)) ||
	    (flags & ~VIRTIO_IOMMU_ATTACH_F_BYPASS) ||
	    (bypass && !negotiated(fake, VIRTIO_IOMMU_F_BYPASS_CONFIG)))
		return VIRTIO_IOMMU_S_INVAL;
	ep = viommu_fake_find(fake, le32_to_cpu(req->endpoint));
	if (!ep)
		return VIRTIO_IOMMU_S_NOENT;
	if (!domain_in_range(fake, id))
		return VIRTIO_IOMMU_S_RANGE;

	domain = find_domain(fake, id);
	if (domain && domain->bypass != bypass)
		return VIRTIO_IOMMU_S_INVAL;
	/* As hosts do: also the domain that it goes to, which may go with it */
	leave(fake, ep);
	domain = find_domain(fake, id) ?: new_domain(fake, id, bypass);
	if (!domain)
		return VIRTIO_IOMMU_S_NOMEM;
	domain->endpoints++;
	ep->domain = domain;
	return VIRTIO_IOMMU_S_OK;
}

static u8 detach(struct viommu_fake *fake,
		 const struct virtio_iommu_req_detach *req)
{
	struct viommu_fake_endpoint *ep;

	if (memchr_inv(req->reserved, 0, sizeof(req->reserved)))
		return VIRTIO_IOMMU_S_INVAL;
	ep = viommu_fake_find(fake, le32_to_cpu(req->endpoint));
	if (!ep)
		return VIRTIO_IOMMU_S_NOENT;
	if (!ep->domain || ep->domain->id != le32_to_cpu(req->domain))
		return VIRTIO_IOMMU_S_INVAL;
	leave(fake, ep);
	return VIRTIO_IOMMU_S_OK;
}

static bool addresses_ok(struct viommu_fake *fake, u64 start, u64 last,
			 u64 paddr)
{
	u64 mask = le64_to_cpu(fake->config.page_size_mask);
	u64 low = (mask & -mask) - 1;

	if (last < start || ((start | (last + 1) | paddr) & low))
		return false;
	if (!negotiated(fake, VIRTIO_IOMMU_F_INPUT_RANGE))
		return true;
	return start >= le64_to_cpu(fake->config.input_range.start) &&
	       last <= le64_to_cpu(fake->config.input_range.end);
}

static u8 map(struct viommu_fake *fake, const struct virtio_iommu_req_map *req)
{
	u64 start = le64_to_cpu(req->virt_start);
	u64 last = le64_to_cpu(req->virt_end);
	u64 paddr = le64_to_cpu(req->phys_start);
	u32 flags = le32_to_cpu(req->flags);
	struct viommu_fake_mapping *mapping;
	struct viommu_fake_domain *domain;

	if ((flags & ~VIRTIO_IOMMU_MAP_F_MASK) ||
	    ((flags & VIRTIO_IOMMU_MAP_F_MMIO) &&
	     !negotiated(fake, VIRTIO_IOMMU_F_MMIO)))
		return VIRTIO_IOMMU_S_INVAL;
	if (!addresses_ok(fake, start, last, paddr))
		return VIRTIO_IOMMU_S_RANGE;
	domain = find_domain(fake, le32_to_cpu(req->domain));
	if (!domain)
		return VIRTIO_IOMMU_S_NOENT;
	if (domain->bypass || first(domain, start, last))
		return VIRTIO_IOMMU_S_INVAL;
	mapping = fake->free;
	if (!mapping)
		return VIRTIO_IOMMU_S_NOMEM;
	fake->free = mapping->next;
	mapping->node.start = start;
	mapping->node.last = last;
	mapping->paddr = paddr;
	mapping->flags = flags;
	interval_tree_insert(&mapping->node, &domain->mappings);
	return VIRTIO_IOMMU_S_OK;
}

static u8 unmap(struct viommu_fake *fake,
		const struct virtio_iommu_req_unmap *req)
{
	u64 start = le64_to_cpu(req->virt_start);
	u64 last = le64_to_cpu(req->virt_end);
	struct interval_tree_node *node;
	struct viommu_fake_domain *domain;

	if (memchr_inv(req->reserved, 0, sizeof(req->reserved)))
		return VIRTIO_IOMMU_S_INVAL;
	if (last < start)
		return VIRTIO_IOMMU_S_RANGE;
	domain = find_domain(fake, le32_to_cpu(req->domain));
	if (!domain)
		return VIRTIO_IOMMU_S_NOENT;
	if (domain->bypass)
		return VIRTIO_IOMMU_S_INVAL;
	for (node = interval_tree_iter_first(&domain->mappings, start, last);
	     node; node = interval_tree_iter_next(node, start, last)) {
		/* A mapping is never split */
		if (node->start < start || node->last > last)
			return VIRTIO_IOMMU_S_RANGE;
	}
	unmap_all(fake, domain, start, last);
	return VIRTIO_IOMMU_S_OK;
}

u32 viommu_fake_answer(struct viommu_fake *fake,
		       const struct viommu_fake_chain *chain, u8 status)
{
	struct virtio_iommu_req_tail tail = { .status = status };

	if (chain->in_len < sizeof(tail)) {
		viommu_fake_blame(fake, "no room for the tail");
		return 0;
	}
	memcpy(chain->in + chain->in_len - sizeof(tail), &tail, sizeof(tail));
	if (status != VIRTIO_IOMMU_S_OK)
		fake->stats.errors++;
	return chain->in_len;
}

static u8 probe(struct viommu_fake *fake, const struct viommu_fake_chain *chain)
{
	const struct virtio_iommu_req_probe *req = chain->out;
	size_t size = le32_to_cpu(fake->config.probe_size);
	struct virtio_iommu_probe_resv_mem mem = {
		.head.type = cpu_to_le16(VIRTIO_IOMMU_PROBE_T_RESV_MEM),
		.head.length = cpu_to_le16(sizeof(mem) - sizeof(mem.head)),
	};
	struct viommu_fake_endpoint *ep;
	unsigned int i;

	if (memchr_inv(req->reserved, 0, sizeof(req->reserved)))
		return VIRTIO_IOMMU_S_INVAL;
	ep = viommu_fake_find(fake, le32_to_cpu(req->endpoint));
	if (!ep)
		return VIRTIO_IOMMU_S_NOENT;
	if (size < ep->nr_regions * sizeof(mem))
		return VIRTIO_IOMMU_S_INVAL;
	memset(chain->in, 0, size);
	for (i = 0; i < ep->nr_regions; i++) {
		mem.subtype = ep->regions[i].subtype;
		mem.start = cpu_to_le64(ep->regions[i].start);
		mem.end = cpu_to_le64(ep->regions[i].last);
		memcpy(chain->in + i * sizeof(mem), &mem, sizeof(mem));
	}
	return VIRTIO_IOMMU_S_OK;
}

/* Lengths of a request: what the driver writes, and what it leaves room for */
static bool lengths_ok(struct viommu_fake *fake, u8 type,
		       const struct viommu_fake_chain *chain)
{
	static const u32 out[] = { 0, 20, 20, 36, 28, 72 };
	u32 in = sizeof(struct virtio_iommu_req_tail);

	if (type == VIRTIO_IOMMU_T_PROBE)
		in += le32_to_cpu(fake->config.probe_size);
	return chain->out_len == out[type] && chain->in_len == in;
}

static u8 status_of(struct viommu_fake *fake, u8 type,
		    const struct viommu_fake_chain *chain)
{
	switch (type) {
	case VIRTIO_IOMMU_T_ATTACH:
		return attach(fake, chain->out);
	case VIRTIO_IOMMU_T_DETACH:
		return detach(fake, chain->out);
	case VIRTIO_IOMMU_T_MAP:
		return map(fake, chain->out);
	case VIRTIO_IOMMU_T_UNMAP:
		return unmap(fake, chain->out);
	default:
		return probe(fake, chain);
	}
}

/* Errors that a driver cannot help, or that it is told to tolerate */
static bool excused(struct viommu_fake *fake, u8 type, u8 status)
{
	return fake->lenient || status == VIRTIO_IOMMU_S_OK ||
	       status == VIRTIO_IOMMU_S_NOMEM ||
	       (type == VIRTIO_IOMMU_T_UNMAP && status == VIRTIO_IOMMU_S_NOENT);
}

u32 viommu_fake_execute(struct viommu_fake *fake,
			const struct viommu_fake_chain *chain)
{
	const struct virtio_iommu_req_head *head = chain->out;
	u8 type = head->type, status;

	if (type < VIRTIO_IOMMU_T_ATTACH || type > VIRTIO_IOMMU_T_PROBE ||
	    (type == VIRTIO_IOMMU_T_PROBE &&
	     !negotiated(fake, VIRTIO_IOMMU_F_PROBE)) ||
	    memchr_inv(head->reserved, 0, sizeof(head->reserved))) {
		viommu_fake_blame(fake, "request of type %u", type);
		return viommu_fake_answer(fake, chain, VIRTIO_IOMMU_S_UNSUPP);
	}
	if (!lengths_ok(fake, type, chain)) {
		viommu_fake_blame(fake, "type %u with %u and %u bytes", type,
				  chain->out_len, chain->in_len);
		return viommu_fake_answer(fake, chain, VIRTIO_IOMMU_S_INVAL);
	}
	status = status_of(fake, type, chain);
	if (!excused(fake, type, status))
		viommu_fake_blame(fake, "type %u ends in %s", type,
				  viommu_status_name(status));
	return viommu_fake_answer(fake, chain, status);
}

int viommu_fake_translate(struct viommu_fake *fake, u32 id, u64 iova, u32 flags,
			  u64 *paddr)
{
	struct viommu_fake_mapping *mapping;
	struct viommu_fake_endpoint *ep;
	unsigned long irq;
	int ret = -ENXIO;

	raw_spin_lock_irqsave(&fake->lock, irq);
	ep = viommu_fake_find(fake, id);
	if (ep && (ep->domain ? ep->domain->bypass : viommu_fake_bypass(fake))) {
		*paddr = iova;
		ret = 0;
	} else if (ep && ep->domain) {
		ret = -EFAULT;
		mapping = first(ep->domain, iova, iova);
		if (mapping && (mapping->flags & flags) == flags) {
			*paddr = mapping->paddr + (iova - mapping->node.start);
			ret = 0;
		}
	}
	raw_spin_unlock_irqrestore(&fake->lock, irq);
	return ret;
}

unsigned int viommu_fake_count(struct viommu_fake *fake, u32 id)
{
	struct interval_tree_node *node;
	struct viommu_fake_endpoint *ep;
	unsigned int count = 0;
	unsigned long irq;

	raw_spin_lock_irqsave(&fake->lock, irq);
	ep = viommu_fake_find(fake, id);
	if (ep && ep->domain) {
		node = interval_tree_iter_first(&ep->domain->mappings, 0,
						U64_MAX);
		for (; node; node = interval_tree_iter_next(node, 0, U64_MAX))
			count++;
	}
	raw_spin_unlock_irqrestore(&fake->lock, irq);
	return count;
}
