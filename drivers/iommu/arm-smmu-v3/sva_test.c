// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of sva.c, against the software model.
 *
 * Where the CPUs' tables are such that an SMMU can walk them (arm64) a device
 * reads and writes what this process has mapped.  Elsewhere a stub says what the
 * CPUs do, and the suite looks at descriptors and commands.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
#define PASID	9

struct sva_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
	struct smmu3_device *device;
};

static const struct smmu3_cpu_format usual = {
	.mair = 0x00000000f404ff44,
	.va_bits = 48,
	.pa_bits = 44,
	.ips = SMMU3_OAS_44,
	.asid_bits = 16,
	.ha = true,
};

static struct smmu3_cpu_format fake;

static bool fake_format(struct smmu3_cpu_format *fmt)
{
	*fmt = fake;
	return true;
}

static int sva_init(struct kunit *test)
{
	static const u32 sid = SID;
	struct smmu3_master_spec spec = {
		.ids = &sid, .count = 1, .pasid_bits = 16, .stalls = true,
	};
	struct sva_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, st);
	test->priv = st;
	st->smmu = smmu3_rig_start(test, &st->model);
	st->dev = smmu3_rig_add(test, st->smmu, &spec);
	st->device = dev_iommu_priv_get(st->dev);
	if (IS_ENABLED(CONFIG_ARM64))
		return 0;
	fake = usual;
	kunit_activate_static_stub(test, smmu3_cpu_format, fake_format);
	return 0;
}

static u64 cd_word(struct kunit *test, ioasid_t pasid, unsigned int i)
{
	struct sva_test *st = test->priv;

	return le64_to_cpu(st->device->cdtab.live.first[pasid].w[i]);
}

/* Who is too small in one respect cannot; who is as large can */
static void formats(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct smmu3_features *feat = &st->smmu->feat;
	struct smmu3_features all = *feat;

	if (IS_ENABLED(CONFIG_ARM64)) {
		fake = usual;
		kunit_activate_static_stub(test, smmu3_cpu_format, fake_format);
	}
	KUNIT_EXPECT_TRUE(test, smmu3_sva_supported(st->smmu));
	fake.va_bits = 52;
	feat->flags &= ~SMMU3_FEAT_VAX;
	KUNIT_EXPECT_FALSE(test, smmu3_sva_supported(st->smmu));
	feat->flags |= SMMU3_FEAT_VAX;
	KUNIT_EXPECT_TRUE(test, smmu3_sva_supported(st->smmu));
	fake = usual;
	feat->oas = 42;
	KUNIT_EXPECT_FALSE(test, smmu3_sva_supported(st->smmu));
	*feat = all;
	feat->asid_bits = 8;
	KUNIT_EXPECT_FALSE(test, smmu3_sva_supported(st->smmu));
	*feat = all;
	feat->pgsize_bitmap &= ~PAGE_SIZE;
	KUNIT_EXPECT_FALSE(test, smmu3_sva_supported(st->smmu));
	*feat = all;
	feat->flags &= ~SMMU3_FEAT_COHERENT;
	KUNIT_EXPECT_FALSE(test, smmu3_sva_supported(st->smmu));
	*feat = all;
	feat->ssid_bits = 0;
	KUNIT_EXPECT_FALSE(test, smmu3_sva_supported(st->smmu));
	*feat = all;
}

static int enable(struct device *dev, enum iommu_dev_features feature)
{
	return smmu3_ops.dev_enable_feat(dev, feature);
}

static int disable(struct device *dev, enum iommu_dev_features feature)
{
	return smmu3_ops.dev_disable_feat(dev, feature);
}

/* A device that can wait gets its pages brought before it shares anything */
static void order_of_features(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct device *dev = st->dev;

	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_SVA), -EINVAL);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_IOPF), -EINVAL);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_SVA), -EINVAL);
	KUNIT_ASSERT_EQ(test, enable(dev, IOMMU_DEV_FEAT_IOPF), 0);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_IOPF), -EBUSY);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_SVA), 0);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_SVA), -EBUSY);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_IOPF), -EBUSY);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_SVA), 0);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_IOPF), 0);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_SVA), -EINVAL);
}

static void who_has_features(struct kunit *test)
{
	u32 two[] = { 0x200, 0x201 }, plain = 0x300, pinned = 0x301;
	struct smmu3_master_spec spec = {
		.ids = two, .count = 2, .pasid_bits = 4, .stalls = true,
	};
	struct sva_test *st = test->priv;
	struct device *dev;

	/* A request remembers which of the streams it came from */
	dev = smmu3_rig_add(test, st->smmu, &spec);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_IOPF), 0);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_IOPF), 0);
	spec = (struct smmu3_master_spec) { .ids = &plain, .count = 1 };
	dev = smmu3_rig_add(test, st->smmu, &spec);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_IOPF), -ENODEV);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_SVA), -ENODEV);
	/* It cannot wait, and has its own means not to need to */
	spec = (struct smmu3_master_spec) {
		.ids = &pinned, .count = 1, .pasid_bits = 4,
	};
	dev = smmu3_rig_add(test, st->smmu, &spec);
	KUNIT_EXPECT_EQ(test, enable(dev, IOMMU_DEV_FEAT_SVA), 0);
	KUNIT_EXPECT_EQ(test, disable(dev, IOMMU_DEV_FEAT_SVA), 0);
}

/* Memory of this process, which has an address space from then on */
static unsigned long map_user(struct kunit *test, size_t size)
{
	unsigned long addr;

	addr = kunit_vm_mmap(test, NULL, 0, size, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_ASSERT_NOT_NULL(test, current->mm);
	return addr;
}

static struct iommu_domain *alloc_sva(struct kunit *test, struct mm_struct *mm)
{
	struct sva_test *st = test->priv;
	struct iommu_domain *domain;

	domain = smmu3_ops.domain_alloc_sva(st->dev, mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	KUNIT_EXPECT_EQ(test, domain->type, IOMMU_DOMAIN_SVA);
	return domain;
}

static int set_pasid(struct kunit *test, struct iommu_domain *domain,
		     ioasid_t pasid)
{
	struct sva_test *st = test->priv;

	return domain->ops->set_dev_pasid(domain, st->dev, pasid, NULL);
}

static void remove_pasid(struct kunit *test, struct iommu_domain *domain,
			 ioasid_t pasid)
{
	struct sva_test *st = test->priv;

	smmu3_ops.remove_dev_pasid(st->dev, pasid, domain);
}

/* The descriptor says what the CPUs do, under a tag of its own */
static void descriptor(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct smmu3_cpu_format cpu;
	struct iommu_domain *domain;
	unsigned int from;
	u16 tag;
	u64 w0;

	map_user(test, PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, smmu3_cpu_format(&cpu));
	domain = alloc_sva(test, current->mm);
	tag = to_smmu3_domain(domain)->tag;
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, PASID), 0);
	w0 = cd_word(test, PASID, 0);
	KUNIT_EXPECT_TRUE(test, w0 & SMMU3_CD0_V);
	KUNIT_EXPECT_TRUE(test, w0 & SMMU3_CD0_ASET);
	KUNIT_EXPECT_TRUE(test, w0 & SMMU3_CD0_R);
	KUNIT_EXPECT_TRUE(test, w0 & SMMU3_CD0_EPD1);
	KUNIT_EXPECT_FALSE(test, w0 & SMMU3_CD0_EPD0);
	/* Nobody answers faults of a domain without handler */
	KUNIT_EXPECT_FALSE(test, w0 & SMMU3_CD0_S);
	KUNIT_EXPECT_EQ(test, !!(w0 & SMMU3_CD0_HD), cpu.ha);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CD0_ASID, w0), tag);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CD0_T0SZ, w0), 64 - cpu.va_bits);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CD0_IPS, w0), cpu.ips);
	KUNIT_EXPECT_EQ(test, cd_word(test, PASID, 1) & SMMU3_CD1_TTB0,
			virt_to_phys(current->mm->pgd));
	KUNIT_EXPECT_EQ(test, cd_word(test, PASID, 3), cpu.mair);

	remove_pasid(test, domain, PASID);
	KUNIT_EXPECT_EQ(test, cd_word(test, PASID, 0), 0);
	/* Whoever gets the tag next must not find translations under it */
	from = st->model->num_cmds;
	domain->ops->free(domain);
	KUNIT_EXPECT_GE(test, smmu3_model_find_cmd(st->model,
						   SMMU3_OP_TLBI_NH_ASID, from),
			0);
	KUNIT_EXPECT_NULL(test, xa_load(&st->smmu->asids, tag));
}

static struct iommu_domain *alloc_with_handler(struct kunit *test,
					       int (*handler)(struct iopf_group *))
{
	struct iommu_domain *domain = alloc_sva(test, current->mm);

	domain->iopf_handler = handler;
	return domain;
}

static int no_handler(struct iopf_group *group)
{
	return -ENODEV;
}

static void stalls_when_answered(struct kunit *test)
{
	struct iommu_domain *domain;

	map_user(test, PAGE_SIZE);
	domain = alloc_with_handler(test, no_handler);
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, PASID), 0);
	KUNIT_EXPECT_TRUE(test, cd_word(test, PASID, 0) & SMMU3_CD0_S);
	remove_pasid(test, domain, PASID);
	domain->ops->free(domain);
}

static void disable_needs_none(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct iommu_domain *domain;

	map_user(test, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, enable(st->dev, IOMMU_DEV_FEAT_IOPF), 0);
	KUNIT_ASSERT_EQ(test, enable(st->dev, IOMMU_DEV_FEAT_SVA), 0);
	domain = alloc_sva(test, current->mm);
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, PASID), 0);
	KUNIT_EXPECT_EQ(test, disable(st->dev, IOMMU_DEV_FEAT_SVA), -EBUSY);
	remove_pasid(test, domain, PASID);
	KUNIT_EXPECT_EQ(test, disable(st->dev, IOMMU_DEV_FEAT_SVA), 0);
	KUNIT_EXPECT_EQ(test, disable(st->dev, IOMMU_DEV_FEAT_IOPF), 0);
	domain->ops->free(domain);
}

/* mm_alloc() is not for modules, nor is to say that something was unmapped */
#if IS_BUILTIN(CONFIG_ARM_SMMU_V3_KUNIT_TEST)
#define HAVE_OWN_PROCESS

/* What mm unmaps is invalidated before it goes on */
static void invalidations(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct iommu_domain *domain;
	struct smmu3_cmd *cmd;
	unsigned int from;
	int i;

	map_user(test, PAGE_SIZE);
	domain = alloc_sva(test, current->mm);
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, PASID), 0);
	smmu3_model_settle(st->model);
	from = st->model->num_cmds;
	smmu3_sva_invalidate(to_smmu3_domain(domain), SZ_1G,
			     SZ_1G + 4 * PAGE_SIZE);
	KUNIT_ASSERT_GE(test, st->model->num_cmds, from + 2);
	cmd = &st->model->cmds[from];
	KUNIT_EXPECT_EQ(test, smmu3_cmd_op(cmd), SMMU3_OP_TLBI_NH_VA);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_TLBI0_ASID, cmd->w[0]),
			to_smmu3_domain(domain)->tag);
	KUNIT_EXPECT_EQ(test, cmd->w[1] & SMMU3_TLBI1_ADDR, SZ_1G);
	/* Tables may be gone */
	KUNIT_EXPECT_FALSE(test, cmd->w[1] & SMMU3_TLBI1_LEAF);

	from = st->model->num_cmds;
	smmu3_sva_invalidate(to_smmu3_domain(domain), 0, ULONG_MAX);
	i = smmu3_model_find_cmd(st->model, SMMU3_OP_TLBI_NH_ASID, from);
	KUNIT_EXPECT_GE(test, i, 0);
	remove_pasid(test, domain, PASID);
	domain->ops->free(domain);
}

static bool is_quiet(struct kunit *test, ioasid_t pasid)
{
	u64 w0 = cd_word(test, pasid, 0);

	return (w0 & (SMMU3_CD0_V | SMMU3_CD0_EPD0 | SMMU3_CD0_EPD1 |
		      SMMU3_CD0_R)) ==
	       (SMMU3_CD0_V | SMMU3_CD0_EPD0 | SMMU3_CD0_EPD1);
}

/* PASIDs outlive the process, and those that join find it gone */
static void process_ends(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct mm_struct *mm = mm_alloc();
	struct iommu_domain *domain;
	unsigned int from;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	domain = alloc_sva(test, mm);
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, 1), 0);
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, 2), 0);
	KUNIT_EXPECT_FALSE(test, is_quiet(test, 1));
	from = st->model->num_cmds;
	mmgrab(mm);
	mmput(mm);
	KUNIT_EXPECT_TRUE(test, is_quiet(test, 1));
	KUNIT_EXPECT_TRUE(test, is_quiet(test, 2));
	KUNIT_EXPECT_EQ(test, cd_word(test, 1, 1), 0);
	KUNIT_EXPECT_GE(test, smmu3_model_find_cmd(st->model,
						   SMMU3_OP_TLBI_NH_ASID, from),
			0);

	KUNIT_EXPECT_EQ(test, set_pasid(test, domain, 3), 0);
	KUNIT_EXPECT_TRUE(test, is_quiet(test, 3));
	remove_pasid(test, domain, 1);
	remove_pasid(test, domain, 2);
	remove_pasid(test, domain, 3);
	KUNIT_EXPECT_EQ(test, cd_word(test, 1, 0), 0);
	domain->ops->free(domain);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(smmu3_ops.domain_alloc_sva(st->dev,
									 mm)),
			-ESRCH);
	mmdrop(mm);
}

/* A domain that is freed first hears no more of its process */
static void domain_goes_first(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct mm_struct *mm = mm_alloc();
	struct iommu_domain *domain;
	u16 tag;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	domain = alloc_sva(test, mm);
	tag = to_smmu3_domain(domain)->tag;
	KUNIT_ASSERT_EQ(test, set_pasid(test, domain, PASID), 0);
	remove_pasid(test, domain, PASID);
	domain->ops->free(domain);
	KUNIT_EXPECT_NULL(test, xa_load(&st->smmu->asids, tag));
	mmput(mm);
	smmu3_sva_finish();
}
#endif

static struct iommu_sva *bind(struct kunit *test)
{
	struct sva_test *st = test->priv;
	struct iommu_sva *bond;

	KUNIT_ASSERT_EQ(test, 0, iommu_dev_enable_feature(st->dev,
							  IOMMU_DEV_FEAT_IOPF));
	KUNIT_ASSERT_EQ(test, 0, iommu_dev_enable_feature(st->dev,
							  IOMMU_DEV_FEAT_SVA));
	bond = iommu_sva_bind_device(st->dev, current->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	return bond;
}

static void unbind(struct kunit *test, struct iommu_sva *bond)
{
	struct sva_test *st = test->priv;

	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, 0, iommu_dev_disable_feature(st->dev,
							   IOMMU_DEV_FEAT_SVA));
	KUNIT_EXPECT_EQ(test, 0, iommu_dev_disable_feature(st->dev,
							   IOMMU_DEV_FEAT_IOPF));
}

/* As a driver asks for it */
static void bound_by_core(struct kunit *test)
{
	struct iommu_sva *bond;
	ioasid_t pasid;

	map_user(test, PAGE_SIZE);
	bond = bind(test);
	pasid = iommu_sva_get_pasid(bond);
	KUNIT_ASSERT_LT(test, pasid, 1024);
	KUNIT_EXPECT_TRUE(test, cd_word(test, pasid, 0) & SMMU3_CD0_V);
	KUNIT_EXPECT_TRUE(test, cd_word(test, pasid, 0) & SMMU3_CD0_S);
	KUNIT_EXPECT_EQ(test, cd_word(test, pasid, 1) & SMMU3_CD1_TTB0,
			virt_to_phys(current->mm->pgd));
	unbind(test, bond);
	KUNIT_EXPECT_EQ(test, cd_word(test, pasid, 0), 0);
}

#ifdef CONFIG_ARM64
/* Faults are looked for once a second where nothing raises an interrupt */
#define FAULT_PATIENCE_MS	20000

/* What becomes of a transaction in the end */
static enum smmu3_outcome outcome(struct kunit *test,
				  struct smmu3_dma_result r)
{
	unsigned long end = jiffies + msecs_to_jiffies(FAULT_PATIENCE_MS);
	struct sva_test *st = test->priv;

	while (r.outcome == SMMU3_DMA_STALLED && time_before(jiffies, end)) {
		msleep(20);
		r = smmu3_model_outcome(st->model, r.ticket);
	}
	return r.outcome;
}

static enum smmu3_outcome copy(struct kunit *test, ioasid_t pasid,
			       unsigned long addr, unsigned int flags,
			       u64 *word)
{
	struct sva_test *st = test->priv;

	return outcome(test, smmu3_model_copy(st->model, SID, pasid, addr,
					      flags, word, sizeof(*word)));
}

/* The device sees this process's memory as the process does */
static void shares_memory(struct kunit *test)
{
	unsigned long addr = map_user(test, 2 * PAGE_SIZE);
	u64 __user *user = (u64 __user *)addr;
	struct iommu_sva *bond = bind(test);
	ioasid_t pasid = iommu_sva_get_pasid(bond);
	u64 seen = 0, said = 0x123456789abcdef0;

	KUNIT_ASSERT_EQ(test, 0, put_user(said, user));
	KUNIT_EXPECT_EQ(test, copy(test, pasid, addr, 0, &seen),
			SMMU3_DMA_DONE);
	KUNIT_EXPECT_EQ(test, seen, said);
	said = 77;
	KUNIT_EXPECT_EQ(test, copy(test, pasid, addr, SMMU3_DMA_WRITE, &said),
			SMMU3_DMA_DONE);
	KUNIT_ASSERT_EQ(test, 0, get_user(seen, user));
	KUNIT_EXPECT_EQ(test, seen, said);

	/* A page that is not there is brought */
	addr += PAGE_SIZE;
	user += PAGE_SIZE / sizeof(*user);
	KUNIT_EXPECT_EQ(test, copy(test, pasid, addr, SMMU3_DMA_WRITE, &said),
			SMMU3_DMA_DONE);
	KUNIT_ASSERT_EQ(test, 0, get_user(seen, user));
	KUNIT_EXPECT_EQ(test, seen, said);

	/* What the process unmaps is gone for the device, TLB or not */
	KUNIT_ASSERT_EQ(test, 0, vm_munmap(addr, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, copy(test, pasid, addr, 0, &seen),
			SMMU3_DMA_ABORTED);
	unbind(test, bond);
}
#endif

static struct kunit_case sva_cases[] = {
	KUNIT_CASE(formats),
	KUNIT_CASE(order_of_features),
	KUNIT_CASE(who_has_features),
	KUNIT_CASE(descriptor),
	KUNIT_CASE(stalls_when_answered),
	KUNIT_CASE(disable_needs_none),
	KUNIT_CASE(bound_by_core),
#ifdef HAVE_OWN_PROCESS
	KUNIT_CASE(invalidations),
	KUNIT_CASE(process_ends),
	KUNIT_CASE(domain_goes_first),
#endif
#ifdef CONFIG_ARM64
	KUNIT_CASE_SLOW(shares_memory),
#endif
	{}
};

static struct kunit_suite sva_suite = {
	.name = "smmu3-sva",
	.init = sva_init,
	.test_cases = sva_cases,
};

kunit_test_suite(sva_suite);
