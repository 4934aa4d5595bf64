// SPDX-License-Identifier: GPL-2.0
/*
 * CD table of a device.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "smmu.h"

#define LEAF_COUNT	BIT(SMMU3_CDTAB_LEAF_LG2)
#define LEAF_BYTES	(LEAF_COUNT * sizeof(struct smmu3_cd))

static bool two_levels(const struct smmu3_cdroot *root)
{
	return root->max_lg2 > SMMU3_CDTAB_LEAF_LG2;
}

/* Level-1 descriptors of a root */
static size_t num_leaves(const struct smmu3_cdroot *root)
{
	return BIT(root->max_lg2 - SMMU3_CDTAB_LEAF_LG2);
}

/* Descriptors that a root holds itself */
static size_t first_bytes(const struct smmu3_cdroot *root)
{
	return two_levels(root) ? LEAF_BYTES :
				  sizeof(struct smmu3_cd) << root->max_lg2;
}

static size_t top_bytes(const struct smmu3_cdroot *root)
{
	return two_levels(root) ? num_leaves(root) * sizeof(__le64) :
				  first_bytes(root);
}

u8 smmu3_cdtab_fmt(const struct smmu3_cdroot *root)
{
	return two_levels(root) ? SMMU3_STE_S1FMT_64K_L2 :
				  SMMU3_STE_S1FMT_LINEAR;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cdtab_fmt);

static void free_root(struct device *dev, struct smmu3_cdroot *root)
{
	if (root->top && two_levels(root))
		dma_free_coherent(dev, first_bytes(root), root->first,
				  root->first_dma);
	if (root->top)
		dma_free_coherent(dev, top_bytes(root), root->top, root->dma);
	*root = (struct smmu3_cdroot) {};
}

/* Zeroed, so that no descriptor is valid; aligned to its size by the DMA API */
static int alloc_root(struct device *dev, struct smmu3_cdroot *root,
		      unsigned int max_lg2)
{
	*root = (struct smmu3_cdroot) { .max_lg2 = max_lg2 };
	root->top = dma_alloc_coherent(dev, top_bytes(root), &root->dma,
				       GFP_KERNEL);
	if (!root->top)
		return -ENOMEM;
	if (!two_levels(root)) {
		root->first = root->top;
		root->first_dma = root->dma;
		return 0;
	}
	root->first = dma_alloc_coherent(dev, LEAF_BYTES, &root->first_dma,
					 GFP_KERNEL);
	if (!root->first) {
		dma_free_coherent(dev, top_bytes(root), root->top, root->dma);
		root->top = NULL;
		return -ENOMEM;
	}
	*(__le64 *)root->top = smmu3_l1cd(root->first_dma);
	return 0;
}

/* A root that says what the live one does */
static int stage_root(struct smmu3_device *device, unsigned int max_lg2)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	struct smmu3_cdroot *next = &cdtab->next;
	__le64 *descs;
	size_t i;
	int ret;

	ret = alloc_root(device->smmu->dev, next, max_lg2);
	if (ret)
		return ret;
	/* Publishing the STE orders these stores before the pointer to them */
	if (cdtab->live.top)
		memcpy(next->first, cdtab->live.first,
		       min(first_bytes(next), first_bytes(&cdtab->live)));
	if (!two_levels(next) || !cdtab->leaves)
		return 0;
	descs = next->top;
	for (i = 1; i < num_leaves(next); i++)
		if (cdtab->leaves[i].cds)
			descs[i] = smmu3_l1cd(cdtab->leaves[i].dma);
	return 0;
}

int smmu3_cdtab_stage_rid(struct smmu3_device *device,
			  const struct smmu3_cd *cd)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	int ret = 0;

	lockdep_assert_held(&device->lock);
	if (cdtab->live.top && !cdtab->in_ste)
		cdtab->next = cdtab->live;
	else
		ret = stage_root(device, cdtab->live.max_lg2);
	if (!ret)
		cdtab->next.first[0] = *cd;
	return ret;
}

/* Whoever has an invalid pointer cached forgets it by smmu3_cdtab_write() */
static int add_leaf(struct smmu3_device *device, unsigned int i)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	struct smmu3_cdleaf *leaf;

	if (!cdtab->leaves)
		cdtab->leaves = kvcalloc(num_leaves(&cdtab->next),
					 sizeof(*cdtab->leaves), GFP_KERNEL);
	if (!cdtab->leaves)
		return -ENOMEM;
	leaf = &cdtab->leaves[i];
	if (leaf->cds)
		return 0;
	leaf->cds = dma_alloc_coherent(device->smmu->dev, LEAF_BYTES,
				       &leaf->dma, GFP_KERNEL);
	if (!leaf->cds)
		return -ENOMEM;
	smmu3_desc_publish((__le64 *)cdtab->next.top + i,
			   smmu3_l1cd(leaf->dma));
	return 0;
}

int smmu3_cdtab_stage_pasid(struct smmu3_device *device, u32 ssid)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	unsigned int i = ssid >> SMMU3_CDTAB_LEAF_LG2;
	int ret = 0;

	lockdep_assert_held(&device->lock);
	cdtab->next = cdtab->live;
	if (!cdtab->live.max_lg2)
		ret = stage_root(device, device->ssid_bits);
	if (!ret && i)
		ret = add_leaf(device, i);
	if (ret && cdtab->next.top != cdtab->live.top)
		free_root(device->smmu->dev, &cdtab->next);
	return ret;
}

void smmu3_cdtab_commit(struct smmu3_device *device, int ret)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	struct device *dev = device->smmu->dev;

	lockdep_assert_held(&device->lock);
	if (!ret)
		cdtab->in_ste = true;
	if (cdtab->next.top != cdtab->live.top) {
		if (!ret)
			swap(cdtab->live, cdtab->next);
		if (!ret || smmu3_may_free(device->smmu))
			free_root(dev, &cdtab->next);
	} else if (!cdtab->in_ste) {
		smmu3_cd_none(&cdtab->live.first[0]);
	}
	cdtab->next = (struct smmu3_cdroot) {};
}

void smmu3_cdtab_leave(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	lockdep_assert_held(&device->lock);
	cdtab->in_ste = false;
	cdtab->next = (struct smmu3_cdroot) {};
	if (cdtab->live.top)
		smmu3_cd_none(&cdtab->live.first[0]);
}

static struct smmu3_cd *find(const struct smmu3_cdtab *cdtab, u32 ssid)
{
	unsigned int i = ssid >> SMMU3_CDTAB_LEAF_LG2;
	struct smmu3_cd *cds = i ? cdtab->leaves[i].cds :
				   cdtab->live.first;

	return &cds[ssid & (LEAF_COUNT - 1)];
}

struct cd_sync {
	struct smmu3_device *device;
	u32 ssid;
};

/* Leaves a queue of the smallest size room for several of these */
#define CD_SYNC_CMDS	8

static int sync_cd(void *ctx)
{
	struct smmu3_cmd cmds[CD_SYNC_CMDS];
	struct cd_sync *sync = ctx;
	struct smmu3_device *device = sync->device;
	bool leaf = !two_levels(&device->cdtab.live);
	unsigned int i, n = 0;
	int ret = 0;

	for (i = 0; i < device->num_streams; i++) {
		cmds[n++] = smmu3_cmd_cfgi_cd(device->streams[i], sync->ssid,
					      leaf);
		if (n < CD_SYNC_CMDS && i + 1 < device->num_streams)
			continue;
		ret = smmu3_cmdq_issue(&device->smmu->cmdq, cmds, n) ?: ret;
		n = 0;
	}
	return ret;
}

int smmu3_cdtab_write(struct smmu3_device *device, u32 ssid,
		      const struct smmu3_cd *cd)
{
	struct cd_sync sync = { .device = device, .ssid = ssid };

	lockdep_assert_held(&device->lock);
	return smmu3_confirm(device->smmu,
			     smmu3_cd_publish(find(&device->cdtab, ssid), cd,
					      sync_cd, &sync));
}

static void free_leaves(struct smmu3_device *device)
{
	struct smmu3_cdleaf *leaves = device->cdtab.leaves;
	size_t i;

	for (i = 1; i < BIT(device->ssid_bits - SMMU3_CDTAB_LEAF_LG2); i++)
		if (leaves[i].cds)
			dma_free_coherent(device->smmu->dev, LEAF_BYTES,
					  leaves[i].cds, leaves[i].dma);
	kvfree(leaves);
	device->cdtab.leaves = NULL;
}

void smmu3_cdtab_exit(struct smmu3_device *device)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;

	if (cdtab->leaves)
		free_leaves(device);
	free_root(device->smmu->dev, &cdtab->live);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cdtab_exit);
