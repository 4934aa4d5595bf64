// SPDX-License-Identifier: GPL-2.0
/*
 * Sharing of process address spaces.
 *
 * A domain stands for one process at one instance.  Its descriptors point to
 * the tables of the process under an ASID of their own, so the CPUs' broadcast
 * invalidations do not reach what the SMMU has cached: mm tells us of each.
 *
 * When the process ends its tables go while PASIDs still have the domain.  Its
 * descriptors become quiet ones before that: no walks, and faults that nobody
 * hears of.  From then on until it is freed, a PASID that joins gets such a
 * descriptor too.
 */
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "smmu.h"

/**
 * struct smmu3_sva - domain of a process
 * @sd: what it has in common with all domains; its lock guards @gone
 * @notifier: told of what the process unmaps, and of its end
 * @gone: the process has ended
 */
struct smmu3_sva {
	struct smmu3_domain sd;
	struct mmu_notifier notifier;
	bool gone;
};

static struct smmu3_sva *to_sva(struct smmu3_domain *sd)
{
	return container_of(sd, struct smmu3_sva, sd);
}

static bool formats_match(const struct smmu3_features *feat,
			  const struct smmu3_cpu_format *cpu)
{
	unsigned int va_bits = feat->flags & SMMU3_FEAT_VAX ? 52 : 48;

	/* With fewer tags than the CPUs, it has too few for that many processes */
	return feat->pgsize_bitmap & PAGE_SIZE && cpu->va_bits <= va_bits &&
	       cpu->pa_bits <= feat->oas && cpu->asid_bits <= feat->asid_bits;
}

bool smmu3_sva_supported(const struct smmu3_instance *smmu)
{
	struct smmu3_cpu_format cpu;

	return smmu->feat.flags & SMMU3_FEAT_COHERENT &&
	       smmu3_pasid_bits(smmu) && smmu3_cpu_format(&cpu) &&
	       formats_match(&smmu->feat, &cpu);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_sva_supported);

static u8 granule_code(void)
{
	switch (PAGE_SHIFT) {
	case 16:
		return SMMU3_CD_TG0_64K;
	case 14:
		return SMMU3_CD_TG0_16K;
	default:
		return SMMU3_CD_TG0_4K;
	}
}

static void make_cd(struct smmu3_domain *sd, const struct smmu3_device *device,
		    struct smmu3_cd *cd)
{
	struct smmu3_cpu_format cpu = {};
	u32 flags = sd->smmu->feat.flags;
	bool gone = to_sva(sd)->gone;
	struct smmu3_cd_s1 s1;

	lockdep_assert_held(&sd->lock);
	smmu3_cpu_format(&cpu);
	s1 = (struct smmu3_cd_s1) {
		.mair = cpu.mair,
		.asid = sd->tag,
		.tsz = 64 - cpu.va_bits,
		.tg = granule_code(),
		.irgn = SMMU3_MEM_CACHE_WB,
		.orgn = SMMU3_MEM_CACHE_WB,
		.sh = SMMU3_MEM_SH_ISH,
		.ips = cpu.ips,
		.ha = cpu.ha && flags & SMMU3_FEAT_HA,
		.hd = cpu.ha && flags & SMMU3_FEAT_HD,
		/* Nobody can mend the faults of a process that has ended */
		.stall = gone ? flags & SMMU3_FEAT_STALL_FORCE :
				smmu3_fault_stalls(device, sd),
		.aset = true,
		.quiet = gone,
		.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
	};
	if (!gone)
		s1.ttbr = virt_to_phys(sd->domain.mm->pgd);
	smmu3_cd_s1(cd, &s1);
}

/* Tables may go with the range, and @end of the whole is the highest address */
VISIBLE_IF_KUNIT
void smmu3_sva_invalidate(struct smmu3_domain *sd, unsigned long start,
			  unsigned long end)
{
	struct smmu3_instance *smmu = sd->smmu;
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	iommu_iotlb_gather_add_range(&gather, start, end - start);
	gather.pgsize = PAGE_SIZE;
	gather.table = true;
	smmu3_confirm(smmu, smmu3_inv_issue(&smmu->cmdq, &sd->inv, &gather));
	smmu3_atc_flush(sd, start, end == ULONG_MAX ? 0 : end - start);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_sva_invalidate);

static void invalidate(struct mmu_notifier *notifier, struct mm_struct *mm,
		       unsigned long start, unsigned long end)
{
	struct smmu3_sva *sva = container_of(notifier, struct smmu3_sva,
					     notifier);

	smmu3_sva_invalidate(&sva->sd, start, end);
}

static void silence(struct smmu3_domain *sd, struct smmu3_attachment *att)
{
	struct smmu3_cd cd;

	mutex_lock(&att->device->lock);
	sd->cd(sd, att->device, &cd);
	smmu3_cdtab_write(att->device, att->ssid, &cd);
	mutex_unlock(&att->device->lock);
}

/* The process ends; its tables are there until this returns */
static void release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct smmu3_sva *sva = container_of(notifier, struct smmu3_sva,
					     notifier);
	struct smmu3_domain *sd = &sva->sd;
	struct smmu3_attachment *att;

	mutex_lock(&sd->lock);
	sva->gone = true;
	/* Only PASIDs have the domain, and they come and go under its lock */
	list_for_each_entry(att, &sd->attachments, list)
		silence(sd, att);
	smmu3_confirm(sd->smmu, smmu3_inv_issue_all(&sd->smmu->cmdq, &sd->inv));
	smmu3_atc_flush(sd, 0, 0);
	mutex_unlock(&sd->lock);
}

static void free_notifier(struct mmu_notifier *notifier)
{
	kfree(container_of(notifier, struct smmu3_sva, notifier));
}

static const struct mmu_notifier_ops notifier_ops = {
	.arch_invalidate_secondary_tlbs = invalidate,
	.release = release,
	.free_notifier = free_notifier,
};

static int set_dev_pasid(struct iommu_domain *domain, struct device *dev,
			 ioasid_t pasid, struct iommu_domain *old)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_domain *sd = to_smmu3_domain(domain);

	if (sd->smmu != device->smmu)
		return -EINVAL;
	return smmu3_pasid_attach(device, pasid, sd);
}

/*
 * A process that unmaps at this moment may still invalidate the tag when it is
 * somebody else's, which costs that one refills and nothing else.
 */
static void free_domain(struct iommu_domain *domain)
{
	struct smmu3_domain *sd = to_smmu3_domain(domain);

	smmu3_tag_release(sd->smmu, &sd->inv, false, sd->tag);
	mmu_notifier_put(&to_sva(sd)->notifier);
}

static const struct iommu_domain_ops sva_ops = {
	.set_dev_pasid = set_dev_pasid,
	.free = free_domain,
};

/* Registration needs a process that has not ended */
static int watch(struct smmu3_sva *sva, struct mm_struct *mm)
{
	int ret;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	sva->notifier.ops = &notifier_ops;
	ret = mmu_notifier_register(&sva->notifier, mm);
	mmput(mm);
	return ret;
}

struct iommu_domain *smmu3_domain_alloc_sva(struct device *dev,
					    struct mm_struct *mm)
{
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	struct smmu3_instance *smmu = device->smmu;
	struct smmu3_sva *sva;
	u32 asid;
	int ret;

	if (!smmu3_sva_supported(smmu))
		return ERR_PTR(-EOPNOTSUPP);
	sva = kzalloc(sizeof(*sva), GFP_KERNEL);
	if (!sva)
		return ERR_PTR(-ENOMEM);
	smmu3_domain_init(&sva->sd);
	sva->sd.domain.type = IOMMU_DOMAIN_SVA;
	sva->sd.domain.ops = &sva_ops;
	sva->sd.domain.mm = mm;
	sva->sd.cd = make_cd;
	sva->sd.smmu = smmu;

	ret = smmu3_tag_alloc(&sva->sd, smmu, false, &asid);
	if (ret)
		goto err_free;
	smmu3_domain_set_tag(&sva->sd, smmu, asid, PAGE_SHIFT);
	ret = watch(sva, mm);
	if (ret)
		goto err_free_tag;
	return &sva->sd.domain;

err_free_tag:
	smmu3_tag_release(smmu, &sva->sd.inv, false, asid);
err_free:
	kfree(sva);
	return ERR_PTR(ret);
}

void smmu3_sva_finish(void)
{
	mmu_notifier_synchronize();
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_sva_finish);
