// SPDX-License-Identifier: GPL-2.0
/*
 * What a crashed kernel left, for the kernel that saves its memory.
 *
 * Nobody shut the devices down: they go on reading and writing where the crashed
 * kernel mapped it, until their driver in this kernel resets them.  An abort can
 * upset a device beyond that, and the memory that it uses is not ours.  So the
 * instance is never disabled.  Its stream table stays where it is, in memory
 * that this kernel does not otherwise use, and is written to from here on; only
 * the queues are set up anew.  A device keeps the STE that it had until its
 * driver maps something (core's deferred attachment), and one without a driver
 * for good.  Devices that share a stream go on together: when the first of their
 * drivers maps something the entry is ours, whichever of them writes it.  Streams
 * that had none abort, as ever.
 *
 * Tags of what is left are in use: no domain of this kernel gets them.
 *
 * What does not look as it should is not used: then the instance is closed and
 * set up as at any other time.
 */
#include <linux/crash_dump.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "smmu.h"

bool smmu3_is_crash_kernel(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu3_is_crash_kernel);
	return is_kdump_kernel();
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_is_crash_kernel);

/* Memory of the crashed kernel; @size is what the hardware would read there */
VISIBLE_IF_KUNIT void *smmu3_crash_map(struct smmu3_instance *smmu,
				       phys_addr_t addr, size_t size)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu3_crash_map, smmu, addr, size);
	if (!addr || addr + size - 1 > DMA_BIT_MASK(smmu->feat.oas))
		return NULL;
	return memremap(addr, size, smmu->feat.flags & SMMU3_FEAT_COHERENT ?
				    MEMREMAP_WB : MEMREMAP_WC);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_crash_map);

void smmu3_crash_unmap(void *mem)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu3_crash_unmap, mem);
	memunmap(mem);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_crash_unmap);

static int reserve_asid(struct smmu3_instance *smmu, const struct smmu3_cd *cd)
{
	u64 w0 = le64_to_cpu(READ_ONCE(cd->w[0]));

	if (!(w0 & SMMU3_CD0_V))
		return 0;
	return xa_reserve(&smmu->asids, FIELD_GET(SMMU3_CD0_ASID, w0),
			  GFP_KERNEL);
}

static int reserve_asids(struct smmu3_instance *smmu, phys_addr_t addr,
			 unsigned int count)
{
	struct smmu3_cd *cds = smmu3_crash_map(smmu, addr,
					       count * sizeof(*cds));
	unsigned int i;
	int ret = 0;

	if (!cds)
		return -ENXIO;
	for (i = 0; i < count && !ret; i++)
		ret = reserve_asid(smmu, &cds[i]);
	smmu3_crash_unmap(cds);
	return ret;
}

static int reserve_leaves(struct smmu3_instance *smmu, phys_addr_t addr,
			  unsigned int count)
{
	__le64 *descs = smmu3_crash_map(smmu, addr, count * sizeof(*descs));
	unsigned int i;
	int ret = 0;

	if (!descs)
		return -ENXIO;
	for (i = 0; i < count && !ret; i++) {
		u64 desc = le64_to_cpu(descs[i]);

		if (desc & SMMU3_L1CD_V)
			ret = reserve_asids(smmu, desc & SMMU3_L1CD_L2PTR,
					    BIT(SMMU3_CDTAB_LEAF_LG2));
	}
	smmu3_crash_unmap(descs);
	return ret;
}

/* Tags that a live STE leads to */
static int reserve_tags(struct smmu3_instance *smmu,
			const struct smmu3_ste *ste)
{
	u64 w0 = le64_to_cpu(READ_ONCE(ste->w[0]));
	u64 w2 = le64_to_cpu(READ_ONCE(ste->w[2]));
	unsigned int config = FIELD_GET(SMMU3_STE0_CONFIG, w0);
	unsigned int max_lg2 = FIELD_GET(SMMU3_STE0_S1CDMAX, w0);
	int ret;

	if (!(w0 & SMMU3_STE0_V))
		return 0;
	if (config == SMMU3_STE_CONFIG_S2 || config == SMMU3_STE_CONFIG_NESTED) {
		ret = xa_reserve(&smmu->vmids,
				 FIELD_GET(SMMU3_STE2_S2VMID, w2), GFP_KERNEL);
		if (ret)
			return ret;
	}
	/* The CD table of a guest is where only its stage 2 leads to */
	if (config != SMMU3_STE_CONFIG_S1)
		return 0;
	if (max_lg2 <= SMMU3_CDTAB_LEAF_LG2)
		return reserve_asids(smmu, w0 & SMMU3_STE0_S1CTXPTR,
				     BIT(max_lg2));
	if (max_lg2 > smmu->feat.ssid_bits ||
	    FIELD_GET(SMMU3_STE0_S1FMT, w0) != SMMU3_STE_S1FMT_64K_L2)
		return -EOPNOTSUPP;
	return reserve_leaves(smmu, w0 & SMMU3_STE0_S1CTXPTR,
			      BIT(max_lg2 - SMMU3_CDTAB_LEAF_LG2));
}

static int reserve_all(struct smmu3_instance *smmu, const struct smmu3_ste *ste,
		       unsigned int count)
{
	int ret = 0;

	while (count-- && !ret)
		ret = reserve_tags(smmu, ste++);
	return ret;
}

static int adopt_linear(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;

	strtab->size = sizeof(struct smmu3_ste) << strtab->bits;
	strtab->linear = smmu3_crash_map(smmu, strtab->dma, strtab->size);
	if (!strtab->linear)
		return -ENXIO;
	return reserve_all(smmu, strtab->linear, BIT(strtab->bits));
}

static int adopt_l2(struct smmu3_instance *smmu, struct smmu3_strtab_l2 *l2,
		    u64 desc)
{
	unsigned int span = FIELD_GET(SMMU3_L1STD_SPAN, desc);

	if (!span)
		return 0;
	if (span != SMMU3_STRTAB_SPLIT + 1)
		return -EOPNOTSUPP;
	l2->dma = desc & SMMU3_L1STD_L2PTR;
	l2->ste = smmu3_crash_map(smmu, l2->dma, SMMU3_STRTAB_L2_COUNT *
						 sizeof(*l2->ste));
	if (!l2->ste)
		return -ENXIO;
	l2->adopted = true;
	return reserve_all(smmu, l2->ste, SMMU3_STRTAB_L2_COUNT);
}

static int adopt_two_level(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;
	u32 i, count = BIT(strtab->bits - SMMU3_STRTAB_SPLIT);
	int ret = 0;

	strtab->size = count * sizeof(*strtab->l1);
	strtab->l1 = smmu3_crash_map(smmu, strtab->dma, strtab->size);
	if (!strtab->l1)
		return -ENXIO;
	strtab->l2 = kvcalloc(count, sizeof(*strtab->l2), GFP_KERNEL);
	if (!strtab->l2)
		return -ENOMEM;
	for (i = 0; i < count && !ret; i++)
		ret = adopt_l2(smmu, &strtab->l2[i],
			       le64_to_cpu(READ_ONCE(strtab->l1[i])));
	return ret;
}

/* What cannot be written while an instance is enabled must be as we want it */
static bool fits(struct smmu3_instance *smmu, u32 cfg)
{
	bool e2h = readl_relaxed(smmu->page0 + SMMU3_CR2) & SMMU3_CR2_E2H;
	u32 bits = FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg);

	if (readl_relaxed(smmu->page0 + SMMU3_CR1) != smmu3_cr1() ||
	    e2h != !!(smmu->feat.flags & SMMU3_FEAT_E2H) ||
	    bits > smmu->feat.sid_bits)
		return false;
	switch (FIELD_GET(SMMU3_STRTAB_CFG_FMT, cfg)) {
	case SMMU3_STRTAB_FMT_LINEAR:
		return bits <= SMMU3_STRTAB_LINEAR_MAX_LG2;
	case SMMU3_STRTAB_FMT_2LVL:
		return FIELD_GET(SMMU3_STRTAB_CFG_SPLIT, cfg) ==
			SMMU3_STRTAB_SPLIT && bits > SMMU3_STRTAB_SPLIT &&
		       bits <= SMMU3_STRTAB_L1_MAX_LG2 + SMMU3_STRTAB_SPLIT;
	default:
		return false;
	}
}

static bool is_on(struct smmu3_instance *smmu)
{
	return readl_relaxed(smmu->page0 + SMMU3_CR0) &
	       readl_relaxed(smmu->page0 + SMMU3_CR0ACK) & SMMU3_CR0_SMMUEN;
}

bool smmu3_crash_was_on(struct smmu3_instance *smmu)
{
	return smmu3_is_crash_kernel() && is_on(smmu);
}

bool smmu3_crash_adopt(struct smmu3_instance *smmu)
{
	struct smmu3_strtab *strtab = &smmu->strtab;
	u32 cfg;
	int ret = -EOPNOTSUPP;

	if (!smmu3_crash_was_on(smmu))
		return false;
	cfg = readl_relaxed(smmu->page0 + SMMU3_STRTAB_BASE_CFG);
	if (fits(smmu, cfg)) {
		strtab->adopted = true;
		strtab->bits = FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg);
		strtab->two_level = FIELD_GET(SMMU3_STRTAB_CFG_FMT, cfg) ==
				    SMMU3_STRTAB_FMT_2LVL;
		strtab->dma = readq_relaxed(smmu->page0 + SMMU3_STRTAB_BASE) &
			      SMMU3_STRTAB_BASE_ADDR;
		ret = strtab->two_level ? adopt_two_level(smmu) :
					  adopt_linear(smmu);
	}
	if (!ret) {
		dev_info(smmu->dev,
			 "goes on with the stream table of the crashed kernel, until each device has its driver\n");
		return true;
	}
	dev_warn(smmu->dev,
		 "cannot use the stream table of the crashed kernel (%pe): DMA of its devices aborts\n",
		 ERR_PTR(ret));
	smmu3_strtab_exit(smmu);
	*strtab = (struct smmu3_strtab) {};
	return false;
}

static bool is_live(struct smmu3_instance *smmu, u32 sid)
{
	u64 w0 = le64_to_cpu(READ_ONCE(smmu3_strtab_entry(smmu, sid)->w[0]));

	return w0 & SMMU3_STE0_V &&
	       FIELD_GET(SMMU3_STE0_CONFIG, w0) != SMMU3_STE_CONFIG_ABORT;
}

/* An entry that leads somewhere, and is not what its owner has been attached to */
static bool stream_is_left(struct smmu3_device *owner, u32 sid)
{
	bool left;

	mutex_lock(&owner->lock);
	left = owner->rid == SMMU3_RID_BLOCKED && !owner->cdtab.in_ste &&
	       is_live(owner->smmu, sid);
	mutex_unlock(&owner->lock);
	return left;
}

bool smmu3_crash_left(const struct smmu3_device *device)
{
	struct smmu3_instance *smmu = device->smmu;
	struct smmu3_device *owner;
	unsigned int i;

	if (!smmu->strtab.adopted)
		return false;
	for (i = 0; i < device->num_ids; i++) {
		owner = xa_load(&smmu->streams, device->streams[i]);
		if (owner && stream_is_left(owner, device->streams[i]))
			return true;
	}
	return false;
}

/*
 * What might_sleep() objects to.  Without CONFIG_PREEMPT_COUNT nobody knows of a
 * plain spinlock that is held.
 */
static bool may_sleep(void)
{
	return !irqs_disabled() && !preempt_count() && !rcu_preempt_depth();
}

int smmu3_crash_may_attach(const struct smmu3_device *device)
{
	return device->smmu->strtab.adopted && !may_sleep() ? -EWOULDBLOCK : 0;
}

/*
 * An owner came before who has borrowed from it, so where core attaches a whole
 * group it goes first, and nothing is left for this.  If the attachment of the
 * borrower then fails, the owner stays where it would have gone by itself.  It
 * waits for no mapping any more: when the group goes elsewhere it must follow.
 */
static int attach_owner(struct smmu3_device *owner, u32 sid, void *domain)
{
	int ret;

	if (!stream_is_left(owner, sid))
		return 0;
	ret = smmu3_attach_one(owner, domain);
	if (!ret)
		owner->dev->iommu->attach_deferred = 0;
	return ret;
}

int smmu3_crash_attach_owners(struct smmu3_device *device,
			      struct smmu3_domain *sd)
{
	if (!device->smmu->strtab.adopted)
		return 0;
	return smmu3_streams_for_each_owner(device, attach_owner, sd);
}
