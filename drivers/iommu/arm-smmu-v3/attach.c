// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching devices to domains: first all tests, then the memory that may be
 * lacking, then the entries, which the hardware sees change one by one.
 *
 * A CD is valid before an STE leads to it, and cleared after the last one has
 * stopped to, so that each stream is at any moment where it was or where it
 * goes.  Whatever a device had is out of the caches of the SMMU when the
 * attach returns, apart from translations under the old domain's tag: those go
 * when that domain is freed, before its tables do.
 *
 * While PASIDs are in use the STEs lead to the CD table whatever happens to
 * transactions without PASID; S1DSS says then what that is (5.2 of Arm IHI
 * 0070).
 */
#include <kunit/visibility.h>
#include <linux/slab.h>

#include "smmu.h"

struct ste_sync {
	struct smmu3_instance *smmu;
	u32 sid;
};

static int sync_ste(void *ctx)
{
	struct ste_sync *sync = ctx;

	return smmu3_cmdq_issue_one(&sync->smmu->cmdq,
				    smmu3_cmd_cfgi_ste(sync->sid, true));
}

int smmu3_ste_write(struct smmu3_instance *smmu, u32 sid,
		    const struct smmu3_ste *ste)
{
	struct ste_sync sync = { .smmu = smmu, .sid = sid };

	return smmu3_confirm(smmu,
			     smmu3_ste_publish(smmu3_strtab_entry(smmu, sid),
					       ste, sync_ste, &sync));
}

/*
 * All streams get their entry, also if the hardware confirms none; but not those
 * that were handed over.
 */
static int write_stes(struct smmu3_device *device, const struct smmu3_ste *ste)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < device->num_streams; i++)
		if (smmu3_owns_stream(device, device->streams[i]))
			ret = smmu3_ste_write(device->smmu, device->streams[i],
					      ste) ?: ret;
	return ret;
}

static bool keeps_shareability(const struct smmu3_instance *smmu)
{
	return smmu->feat.flags & SMMU3_FEAT_ATTR_OVERRIDE;
}

bool smmu3_fault_stalls(const struct smmu3_device *device,
			const struct smmu3_domain *sd)
{
	/* Where an instance always stalls, it takes no entry that says otherwise */
	if (device->smmu->feat.flags & SMMU3_FEAT_STALL_FORCE)
		return true;
	return device->stall.capable && sd->domain.iopf_handler;
}

static void make_s1(struct smmu3_device *device,
		    const struct smmu3_cdroot *root, u8 s1dss,
		    struct smmu3_ste *ste)
{
	u32 flags = device->smmu->feat.flags;
	struct smmu3_ste_s1 s1 = {
		.cdtab = root->dma,
		.cdmax_lg2 = root->max_lg2,
		.fmt = smmu3_cdtab_fmt(root),
		.s1dss = s1dss,
		.stalld = (flags & SMMU3_FEAT_STALLS) && !device->stall.capable,
		.el2 = flags & SMMU3_FEAT_E2H,
		.ats = smmu3_ats_eats(device) == SMMU3_STE_EATS_FULL,
		.ppar = device->stall.pri_pasid,
		.incoming = keeps_shareability(device->smmu),
	};

	smmu3_ste_s1(ste, &s1);
}

static void make_s2(struct smmu3_device *device, struct smmu3_domain *sd,
		    struct smmu3_ste *ste)
{
	struct smmu3_ste_s2 s2 = {
		.vmid = sd->tag,
		.stall = smmu3_fault_stalls(device, sd),
		.ats = smmu3_ats_eats(device) == SMMU3_STE_EATS_FULL,
		.incoming = keeps_shareability(sd->smmu),
		.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
	};

	smmu3_ste_s2(ste, &s2, smmu3_domain_cfg(sd));
}

static const u8 s1dss_of[] = {
	[SMMU3_RID_BLOCKED] = SMMU3_STE_S1DSS_TERMINATE,
	[SMMU3_RID_IDENTITY] = SMMU3_STE_S1DSS_BYPASS,
	[SMMU3_RID_STAGE1] = SMMU3_STE_S1DSS_SSID0,
};

static void make_ste(struct smmu3_device *device, enum smmu3_rid rid,
		     struct smmu3_domain *sd, const struct smmu3_cdroot *root,
		     struct smmu3_ste *ste)
{
	if (root)
		make_s1(device, root, s1dss_of[rid], ste);
	else if (rid == SMMU3_RID_STAGE2)
		make_s2(device, sd, ste);
	else if (rid == SMMU3_RID_IDENTITY)
		smmu3_ste_bypass(ste, keeps_shareability(device->smmu));
	else
		smmu3_ste_abort(ste);
}

/*
 * Writes what the STEs say of transactions without PASID, by way of the staged
 * root or without a CD table.
 */
static int write_rid(struct smmu3_device *device, enum smmu3_rid rid,
		     struct smmu3_domain *sd, bool table)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	struct smmu3_ste ste;
	int ret;

	make_ste(device, rid, sd, table ? &cdtab->next : NULL, &ste);
	ret = write_stes(device, &ste);
	if (table)
		smmu3_cdtab_commit(device, ret);
	else if (!ret)
		smmu3_cdtab_leave(device);
	if (!ret)
		smmu3_ats_commit(device);
	return ret;
}

int smmu3_stream_refresh(struct smmu3_device *device, u32 sid)
{
	struct smmu3_cdtab *cdtab = &device->cdtab;
	struct smmu3_ste ste;

	lockdep_assert_held(&device->lock);
	make_ste(device, device->rid, device->domain,
		 cdtab->in_ste ? &cdtab->live : NULL, &ste);
	return smmu3_ste_write(device->smmu, sid, &ste);
}

int smmu3_rid_refresh(struct smmu3_device *device, bool table)
{
	int ret;

	lockdep_assert_held(&device->lock);
	ret = smmu3_ats_prepare(device, table);
	if (!ret)
		return write_rid(device, device->rid, device->domain, table);
	if (table)
		smmu3_cdtab_commit(device, ret);
	return ret;
}

/* What transactions without PASID do not reach any more */
static void leave_rid(struct smmu3_device *device, enum smmu3_rid rid)
{
	struct smmu3_cd none;

	if (device->rid == SMMU3_RID_STAGE1 && rid != SMMU3_RID_STAGE1 &&
	    device->cdtab.in_ste) {
		smmu3_cd_none(&none);
		smmu3_cdtab_write(device, 0, &none);
		smmu3_ats_forget(device, IOMMU_NO_PASID);
	}
	if (device->domain) {
		smmu3_attachment_remove(device->domain, device->att);
		kfree(device->att);
	}
	device->domain = NULL;
	device->att = NULL;
	device->rid = rid;
}

/* To identity or to blocked, which takes no memory */
static int set_static(struct smmu3_device *device, enum smmu3_rid rid)
{
	bool table = device->cdtab.pasids;
	int ret;

	lockdep_assert_held(&device->lock);
	if (table)
		device->cdtab.next = device->cdtab.live;
	ret = smmu3_ats_prepare(device, table) ?:
	      write_rid(device, rid, NULL, table);
	if (!ret)
		leave_rid(device, rid);
	return ret;
}

/* All that @sd needs of the device is there */
static int commit_paging(struct smmu3_device *device, enum smmu3_rid rid,
			 struct smmu3_domain *sd, struct smmu3_attachment *att)
{
	int ret;

	/* From here on invalidations of either domain reach the device */
	smmu3_attachment_add(sd, att);
	ret = write_rid(device, rid, sd, rid == SMMU3_RID_STAGE1);
	if (ret) {
		smmu3_attachment_remove(sd, att);
		return ret;
	}
	leave_rid(device, rid);
	device->domain = sd;
	device->att = att;
	return 0;
}

static int set_stage1(struct smmu3_device *device, struct smmu3_domain *sd,
		      struct smmu3_attachment *att)
{
	enum smmu3_rid rid = SMMU3_RID_STAGE1;
	struct smmu3_cd cd;
	int ret;

	lockdep_assert_held(&device->lock);
	sd->cd(sd, device, &cd);
	ret = smmu3_cdtab_stage_rid(device, &cd);
	if (ret)
		return ret;
	ret = smmu3_ats_prepare(device, true);
	if (ret) {
		smmu3_cdtab_commit(device, ret);
		return ret;
	}
	return commit_paging(device, rid, sd, att);
}

static int set_stage2(struct smmu3_device *device, struct smmu3_domain *sd,
		      struct smmu3_attachment *att)
{
	lockdep_assert_held(&device->lock);
	/* PASIDs are stage 1, which a stage-2 STE has none of */
	if (device->cdtab.pasids)
		return -EBUSY;
	return smmu3_ats_prepare(device, true) ?:
	       commit_paging(device, SMMU3_RID_STAGE2, sd, att);
}

int smmu3_attach_one(struct smmu3_device *device, struct smmu3_domain *sd)
{
	struct smmu3_attachment *att;
	int ret = 0;

	att = kzalloc(sizeof(*att), GFP_KERNEL);
	if (!att)
		return -ENOMEM;
	att->device = device;

	mutex_lock(&device->lock);
	if (device->domain != sd)
		ret = sd->stage2 ? set_stage2(device, sd, att) :
				   set_stage1(device, sd, att);
	if (device->att != att)
		kfree(att);
	mutex_unlock(&device->lock);
	return ret;
}

int smmu3_attach_paging(struct iommu_domain *domain, struct device *dev)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_domain *sd = to_smmu3_domain(domain);
	int ret;

	ret = smmu3_crash_may_attach(device) ?:
	      smmu3_domain_bind(sd, device->smmu);
	if (ret)
		return ret;
	if (!smmu3_in_service(device->smmu))
		return -EIO;
	return smmu3_crash_attach_owners(device, sd) ?:
	       smmu3_attach_one(device, sd);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_attach_paging);

int smmu3_device_pass(struct smmu3_device *device)
{
	int ret;

	if (!smmu3_in_service(device->smmu))
		return -EIO;
	mutex_lock(&device->lock);
	ret = set_static(device, SMMU3_RID_IDENTITY);
	mutex_unlock(&device->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_device_pass);

int smmu3_device_block(struct smmu3_device *device)
{
	int ret;

	mutex_lock(&device->lock);
	ret = set_static(device, SMMU3_RID_BLOCKED);
	/* An instance that is off aborts whatever its tables say */
	if (ret && smmu3_may_free(device->smmu)) {
		leave_rid(device, SMMU3_RID_BLOCKED);
		ret = 0;
	}
	mutex_unlock(&device->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_device_block);

void smmu3_device_leave(struct smmu3_device *device)
{
	mutex_lock(&device->lock);
	leave_rid(device, SMMU3_RID_BLOCKED);
	mutex_unlock(&device->lock);
}

static int attach_identity(struct iommu_domain *domain, struct device *dev)
{
	return smmu3_device_pass(dev_iommu_priv_get(dev));
}

static int attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	return smmu3_device_block(dev_iommu_priv_get(dev));
}

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = attach_identity,
};

struct iommu_domain smmu3_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &identity_ops,
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_identity_domain);

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = attach_blocked,
};

struct iommu_domain smmu3_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_blocked_domain);
