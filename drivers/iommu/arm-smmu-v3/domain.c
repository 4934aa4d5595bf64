// SPDX-License-Identifier: GPL-2.0
/*
 * Paging domains.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include <kunit/visibility.h>

#include "smmu.h"

/* What an instance without 52-bit addresses takes */
#define SMMU3_IAS	48
#define SMMU3_IAS_VAX	52

static void flush_all(void *cookie)
{
	struct smmu3_domain *sd = cookie;

	smmu3_confirm(sd->smmu, smmu3_inv_issue_all(&sd->smmu->cmdq, &sd->inv));
	smmu3_atc_flush(sd, 0, 0);
}

static void flush_gather(struct smmu3_domain *sd,
			 const struct iommu_iotlb_gather *gather)
{
	smmu3_confirm(sd->smmu,
		      smmu3_inv_issue(&sd->smmu->cmdq, &sd->inv, gather));
	smmu3_atc_flush(sd, gather->start, gather->end - gather->start + 1);
}

/* Tables below the range are gone, so every level of caches goes too */
static void flush_walk(unsigned long iova, size_t size, size_t granule,
		       void *cookie)
{
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	iommu_iotlb_gather_add_range(&gather, iova, size);
	gather.pgsize = granule;
	gather.table = true;
	flush_gather(cookie, &gather);
}

static void add_page(struct iommu_iotlb_gather *gather, unsigned long iova,
		     size_t granule, void *cookie)
{
	struct smmu3_domain *sd = cookie;

	iommu_iotlb_gather_add_page(&sd->domain, gather, iova, granule);
}

static const struct iommu_flush_ops flush_ops = {
	.tlb_flush_all = flush_all,
	.tlb_flush_walk = flush_walk,
	.tlb_add_page = add_page,
};

/* Tables of a domain that is not bound yet: nothing is there, nothing fits */

static int no_map_pages(struct io_pgtable_ops *ops, unsigned long iova,
			phys_addr_t paddr, size_t pgsize, size_t pgcount,
			int prot, gfp_t gfp, size_t *mapped)
{
	return -ENODEV;
}

static int no_map_range(struct io_pgtable_ops *ops, unsigned long iova,
			phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			size_t *mapped)
{
	return -ENODEV;
}

static size_t no_unmap_pages(struct io_pgtable_ops *ops, unsigned long iova,
			     size_t pgsize, size_t pgcount,
			     struct iommu_iotlb_gather *gather)
{
	return 0;
}

static size_t no_unmap_range(struct io_pgtable_ops *ops, unsigned long iova,
			     size_t size, struct iommu_iotlb_gather *gather)
{
	return 0;
}

static phys_addr_t no_iova_to_phys(struct io_pgtable_ops *ops,
				   unsigned long iova)
{
	return 0;
}

static struct io_pgtable_ops no_tables = {
	.map_pages = no_map_pages,
	.unmap_pages = no_unmap_pages,
	.map_range = no_map_range,
	.unmap_range = no_unmap_range,
	.iova_to_phys = no_iova_to_phys,
};

static unsigned int input_bits(const struct smmu3_instance *smmu, bool stage2)
{
	unsigned int ias = smmu->feat.flags & SMMU3_FEAT_VAX ? SMMU3_IAS_VAX :
							       SMMU3_IAS;

	/* Intermediate addresses; AArch32 tables can express 40 bits of them */
	if (stage2)
		return smmu->feat.flags & SMMU3_FEAT_AARCH32 ?
		       max_t(unsigned int, smmu->feat.oas, 40) : smmu->feat.oas;
#ifdef CONFIG_ARM64
	/* A domain need not be larger, or walk more levels, than a process */
	ias = min_t(unsigned int, ias, VA_BITS);
#endif
	return ias;
}

static struct io_pgtable_ops *alloc_tables(struct smmu3_domain *sd,
					   struct smmu3_instance *smmu,
					   bool stage2,
					   struct io_pgtable_cfg *cfg)
{
	*cfg = (struct io_pgtable_cfg) {
		.pgsize_bitmap = smmu->feat.pgsize_bitmap,
		.ias = input_bits(smmu, stage2),
		.oas = smmu->feat.oas,
		.coherent_walk = smmu->feat.flags & SMMU3_FEAT_COHERENT,
		.reclaim = true,
		.quirks = sd->dirty ? IO_PGTABLE_QUIRK_ARM_HD : 0,
		.tlb = &flush_ops,
		.iommu_dev = smmu->dev,
	};
	return alloc_io_pgtable_ops(stage2 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1,
				    cfg, sd);
}

int smmu3_tag_alloc(struct smmu3_domain *sd, struct smmu3_instance *smmu,
		    bool stage2, u32 *tag)
{
	u32 bits = stage2 ? smmu->feat.vmid_bits : smmu->feat.asid_bits;
	struct xarray *tags = stage2 ? &smmu->vmids : &smmu->asids;
	int ret;

	/* VMID 0 is what stage-1 domains run under; ASID 0 stays unused too */
	ret = xa_alloc(tags, tag, sd, XA_LIMIT(1, BIT(bits) - 1), GFP_KERNEL);
	if (ret != -EBUSY)
		return ret;
	dev_err_ratelimited(smmu->dev, "all %s are in use\n",
			    stage2 ? "VMIDs" : "ASIDs");
	return -ENOSPC;
}

static void free_tag(struct smmu3_instance *smmu, bool stage2, u32 tag)
{
	xa_erase(stage2 ? &smmu->vmids : &smmu->asids, tag);
}

static enum smmu3_inv_kind inv_kind(const struct smmu3_instance *smmu,
				    bool stage2)
{
	if (stage2)
		return SMMU3_INV_VMID;
	return smmu->feat.flags & SMMU3_FEAT_E2H ? SMMU3_INV_ASID_EL2 :
						   SMMU3_INV_ASID;
}

void smmu3_domain_set_tag(struct smmu3_domain *sd, struct smmu3_instance *smmu,
			  u16 tag, unsigned int granule_lg2)
{
	sd->tag = tag;
	smmu3_inv_init(&sd->inv, inv_kind(smmu, sd->stage2), tag, granule_lg2,
		       smmu->feat.flags & SMMU3_FEAT_RIL);
}

static int bind(struct smmu3_domain *sd, struct smmu3_instance *smmu)
{
	bool stage2 = sd->stage2 || !(smmu->feat.flags & SMMU3_FEAT_S1);
	struct io_pgtable_ops *tables;
	struct io_pgtable_cfg cfg;
	u32 tag;
	int ret;

	lockdep_assert_held(&sd->lock);
	if (stage2 && !(smmu->feat.flags & SMMU3_FEAT_S2))
		return -EOPNOTSUPP;
	ret = smmu3_tag_alloc(sd, smmu, stage2, &tag);
	if (ret)
		return ret;
	tables = alloc_tables(sd, smmu, stage2, &cfg);
	if (!tables) {
		free_tag(smmu, stage2, tag);
		return -ENOMEM;
	}

	sd->stage2 = stage2;
	smmu3_domain_set_tag(sd, smmu, tag, __ffs(cfg.pgsize_bitmap));
	sd->domain.pgsize_bitmap = cfg.pgsize_bitmap;
	sd->domain.geometry.aperture_start = 0;
	sd->domain.geometry.aperture_end = DMA_BIT_MASK(cfg.ias);
	sd->domain.geometry.force_aperture = true;
	sd->smmu = smmu;
	sd->pgtbl = tables;
	return 0;
}

bool smmu3_tag_release(struct smmu3_instance *smmu,
		       const struct smmu3_inv *inv, bool stage2, u16 tag)
{
	smmu3_confirm(smmu, smmu3_inv_issue_all(&smmu->cmdq, inv));
	if (!smmu3_may_free(smmu))
		return false;
	free_tag(smmu, stage2, tag);
	return true;
}

static void release(struct smmu3_instance *smmu, struct io_pgtable_ops *tables,
		    const struct smmu3_inv *inv, bool stage2, u16 tag)
{
	if (smmu3_tag_release(smmu, inv, stage2, tag))
		free_io_pgtable_ops(tables);
	else
		dev_err_ratelimited(smmu->dev,
				    "tables of a domain leaked: the SMMU does not confirm that it let go of them\n");
}

static void make_cd(struct smmu3_domain *sd, const struct smmu3_device *device,
		    struct smmu3_cd *cd)
{
	struct smmu3_cd_s1 s1;

	smmu3_cd_s1_from_cfg(&s1, smmu3_domain_cfg(sd), sd->tag);
	s1.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN);
	s1.stall = smmu3_fault_stalls(device, sd);
	smmu3_cd_s1(cd, &s1);
}

void smmu3_domain_init(struct smmu3_domain *sd)
{
	mutex_init(&sd->lock);
	raw_spin_lock_init(&sd->attachments_lock);
	INIT_LIST_HEAD(&sd->attachments);
	sd->pgtbl = &no_tables;
}

int smmu3_domain_bind(struct smmu3_domain *sd, struct smmu3_instance *smmu)
{
	int ret = 0;

	mutex_lock(&sd->lock);
	if (!sd->smmu)
		ret = bind(sd, smmu);
	else if (sd->smmu != smmu)
		ret = -EINVAL;
	if (!ret)
		sd->attached = true;
	mutex_unlock(&sd->lock);
	return ret;
}

struct iommu_domain *smmu3_domain_alloc(struct smmu3_instance *smmu,
					bool dirty)
{
	struct smmu3_domain *sd;
	int ret = 0;

	sd = kzalloc(sizeof(*sd), GFP_KERNEL);
	if (!sd)
		return ERR_PTR(-ENOMEM);
	smmu3_domain_init(sd);
	sd->cd = make_cd;
	sd->dirty = dirty;

	if (smmu) {
		mutex_lock(&sd->lock);
		ret = bind(sd, smmu);
		mutex_unlock(&sd->lock);
	}
	if (ret) {
		kfree(sd);
		return ERR_PTR(ret);
	}
	return &sd->domain;
}

struct iommu_domain *smmu3_domain_alloc_paging(struct device *dev)
{
	struct smmu3_device *device = dev ? dev_iommu_priv_get(dev) : NULL;

	return smmu3_domain_alloc(device ? device->smmu : NULL, false);
}

static void domain_free(struct iommu_domain *domain)
{
	struct smmu3_domain *sd = to_smmu3_domain(domain);

	if (sd->smmu)
		release(sd->smmu, sd->pgtbl, &sd->inv, sd->stage2, sd->tag);
	kfree(sd);
}

/* What it has under stage 1 goes when it has everything for stage 2 */
static int change_stage(struct smmu3_domain *sd)
{
	struct io_pgtable_ops *tables = sd->pgtbl;
	struct smmu3_instance *smmu = sd->smmu;
	struct smmu3_inv inv = sd->inv;
	u16 tag = sd->tag;
	int ret;

	sd->stage2 = true;
	if (!smmu)
		return 0;
	ret = bind(sd, smmu);
	if (ret)
		sd->stage2 = false;
	else
		release(smmu, tables, &inv, false, tag);
	return ret;
}

/* VFIO asks for stage 2 before the first attachment and the first mapping */
static int domain_enable_nesting(struct iommu_domain *domain)
{
	struct smmu3_domain *sd = to_smmu3_domain(domain);
	int ret = 0;

	mutex_lock(&sd->lock);
	if (sd->attached)
		ret = -EPERM;
	else if (sd->dirty)
		ret = -EOPNOTSUPP;
	else if (!sd->stage2)
		ret = change_stage(sd);
	mutex_unlock(&sd->lock);
	return ret;
}

static int domain_map_range(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
			    size_t *mapped)
{
	struct io_pgtable_ops *ops = to_smmu3_domain(domain)->pgtbl;

	return ops->map_range(ops, iova, paddr, size, prot, gfp, mapped);
}

static size_t domain_unmap_range(struct iommu_domain *domain,
				 unsigned long iova, size_t size,
				 struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *ops = to_smmu3_domain(domain)->pgtbl;

	return ops->unmap_range(ops, iova, size, gather);
}

static int domain_map_pages(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t paddr, size_t pgsize, size_t pgcount,
			    int prot, gfp_t gfp, size_t *mapped)
{
	struct io_pgtable_ops *ops = to_smmu3_domain(domain)->pgtbl;

	return ops->map_pages(ops, iova, paddr, pgsize, pgcount, prot, gfp,
			      mapped);
}

static size_t domain_unmap_pages(struct iommu_domain *domain,
				 unsigned long iova, size_t pgsize,
				 size_t pgcount,
				 struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *ops = to_smmu3_domain(domain)->pgtbl;

	return ops->unmap_pages(ops, iova, pgsize, pgcount, gather);
}

static phys_addr_t domain_iova_to_phys(struct iommu_domain *domain,
				       dma_addr_t iova)
{
	struct io_pgtable_ops *ops = to_smmu3_domain(domain)->pgtbl;

	return ops->iova_to_phys(ops, iova);
}

static void domain_flush_iotlb_all(struct iommu_domain *domain)
{
	struct smmu3_domain *sd = to_smmu3_domain(domain);

	if (sd->smmu)
		flush_all(sd);
}

/* A gather that holds something was filled by a bound domain's tables */
static void domain_iotlb_sync(struct iommu_domain *domain,
			      struct iommu_iotlb_gather *gather)
{
	if (gather->end)
		flush_gather(to_smmu3_domain(domain), gather);
}

const struct iommu_domain_ops smmu3_domain_ops = {
	.attach_dev = smmu3_attach_paging,
	.set_dev_pasid = smmu3_set_dev_pasid,
	.map_range = domain_map_range,
	.unmap_range = domain_unmap_range,
	.map_pages = domain_map_pages,
	.unmap_pages = domain_unmap_pages,
	.flush_iotlb_all = domain_flush_iotlb_all,
	.iotlb_sync = domain_iotlb_sync,
	.iova_to_phys = domain_iova_to_phys,
	.enable_nesting = domain_enable_nesting,
	.free = domain_free,
};
EXPORT_SYMBOL_IF_KUNIT(smmu3_domain_ops);
