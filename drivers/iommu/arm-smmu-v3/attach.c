// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching devices to domains: first all tests, then the tables that may be
 * lacking, then the entries, which the hardware sees change one by one.
 *
 * A CD is valid before an STE leads to it, and cleared after the last one has
 * stopped to, so that each stream is at any moment where it was or where it
 * goes.  Whatever a device had is out of the caches of the SMMU when the
 * attach returns, apart from translations under the old domain's tag: those go
 * when that domain is freed, before its tables do.
 */
#include <kunit/visibility.h>

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

/* All streams get their entry, also if the hardware confirms none */
static int write_stes(struct smmu3_device *device, const struct smmu3_ste *ste)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < device->num_streams; i++)
		ret = smmu3_ste_write(device->smmu, device->streams[i], ste) ?:
		      ret;
	return ret;
}

static bool keeps_shareability(const struct smmu3_instance *smmu)
{
	return smmu->feat.flags & SMMU3_FEAT_ATTR_OVERRIDE;
}

static void make_cd(struct smmu3_domain *sd, struct smmu3_cd *cd)
{
	struct smmu3_cd_s1 s1;

	smmu3_cd_s1_from_cfg(&s1, smmu3_domain_cfg(sd), sd->tag);
	s1.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN);
	/* An instance that always stalls takes no CD that says otherwise */
	s1.stall = sd->smmu->feat.flags & SMMU3_FEAT_STALL_FORCE;
	smmu3_cd_s1(cd, &s1);
}

static void make_s1(struct smmu3_device *device, dma_addr_t cdtab,
		    struct smmu3_ste *ste)
{
	u32 flags = device->smmu->feat.flags;
	struct smmu3_ste_s1 s1 = {
		.cdtab = cdtab,
		.cdmax_lg2 = device->cdtab.cd_max_lg2,
		.fmt = device->cdtab.fmt,
		.s1dss = SMMU3_STE_S1DSS_SSID0,
		.stalld = (flags & SMMU3_FEAT_STALLS) &&
			  !(flags & SMMU3_FEAT_STALL_FORCE),
		.el2 = flags & SMMU3_FEAT_E2H,
		.incoming = keeps_shareability(device->smmu),
	};

	smmu3_ste_s1(ste, &s1);
}

static void make_s2(struct smmu3_domain *sd, struct smmu3_ste *ste)
{
	struct smmu3_ste_s2 s2 = {
		.vmid = sd->tag,
		.stall = sd->smmu->feat.flags & SMMU3_FEAT_STALL_FORCE,
		.incoming = keeps_shareability(sd->smmu),
		.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
	};

	smmu3_ste_s2(ste, &s2, smmu3_domain_cfg(sd));
}

static int commit_s1(struct smmu3_device *device, struct smmu3_domain *sd)
{
	struct smmu3_ste ste;
	struct smmu3_cd cd;
	int ret;

	make_cd(sd, &cd);
	make_s1(device, smmu3_cdtab_stage(device, &cd), &ste);
	ret = write_stes(device, &ste);
	if (!ret)
		smmu3_cdtab_switch(device);
	return ret;
}

static int commit_without_cd(struct smmu3_device *device,
			     const struct smmu3_ste *ste)
{
	int ret = write_stes(device, ste);

	if (!ret)
		smmu3_cdtab_clear(device);
	return ret;
}

static int commit_s2(struct smmu3_device *device, struct smmu3_domain *sd)
{
	struct smmu3_ste ste;

	make_s2(sd, &ste);
	return commit_without_cd(device, &ste);
}

int smmu3_attach_paging(struct iommu_domain *domain, struct device *dev)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_domain *sd = to_smmu3_domain(domain);
	int ret;

	ret = smmu3_domain_bind(sd, device->smmu);
	if (ret)
		return ret;
	if (!smmu3_is_running(device->smmu))
		return -EIO;
	if (device->domain == sd)
		return 0;
	if (!sd->stage2) {
		ret = smmu3_cdtab_init(device);
		if (ret)
			return ret;
	}

	ret = sd->stage2 ? commit_s2(device, sd) : commit_s1(device, sd);
	if (!ret)
		device->domain = sd;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_attach_paging);

static int attach_identity(struct iommu_domain *domain, struct device *dev)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_ste ste;
	int ret;

	if (!smmu3_is_running(device->smmu))
		return -EIO;
	smmu3_ste_bypass(&ste, keeps_shareability(device->smmu));
	ret = commit_without_cd(device, &ste);
	if (!ret)
		device->domain = NULL;
	return ret;
}

int smmu3_device_block(struct smmu3_device *device)
{
	struct smmu3_ste ste;
	int ret;

	smmu3_ste_abort(&ste);
	ret = commit_without_cd(device, &ste);
	if (!ret)
		device->domain = NULL;
	/* An instance that is off aborts whatever its tables say */
	return smmu3_may_free(device->smmu) ? 0 : ret;
}

static int attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	return smmu3_device_block(dev_iommu_priv_get(dev));
}

int smmu3_device_pass(struct smmu3_device *device)
{
	return attach_identity(&smmu3_identity_domain, device->dev);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_device_pass);

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = attach_identity,
};

struct iommu_domain smmu3_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &identity_ops,
};

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = attach_blocked,
};

struct iommu_domain smmu3_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};
