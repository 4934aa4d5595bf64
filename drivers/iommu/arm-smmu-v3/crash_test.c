// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of crash.c, against the software model.  The suite is the crashed
 * kernel: it makes tables, has the unit use them, and leaves.
 */
#include <kunit/device.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/sizes.h>

#include "../core/core.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105
#define OTHER	0x1208
#define OLD_ASID	3
#define IOVA	SZ_16M
#define PHYS	SZ_64M

struct crash_test {
	struct smmu3_model *model;
	struct io_pgtable_ops *tables;
	struct io_pgtable_cfg cfg;
	__le64 *l1;
	struct smmu3_ste *l2;
	struct smmu3_cd *cd;
	struct smmu3_instance *smmu;
};

static bool is_crash_kernel(void)
{
	return true;
}

static void *map_old(struct smmu3_instance *smmu, phys_addr_t addr, size_t size)
{
	return pfn_valid(PHYS_PFN(addr)) ? phys_to_virt(addr) : NULL;
}

static void unmap_old(void *mem)
{
}

/* Pages that are there as long as the test is, aligned to their size */
struct old_pages {
	void *mem;
	size_t size;
};

static void free_pages_of(void *data)
{
	struct old_pages *pages = data;

	free_pages_exact(pages->mem, pages->size);
}

static void *old_pages(struct kunit *test, size_t size)
{
	struct old_pages *pages = kunit_kzalloc(test, sizeof(*pages),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pages);
	pages->size = size;
	pages->mem = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, pages->mem);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_pages_of,
							   pages));
	return pages->mem;
}

static void nothing_cached(void *cookie)
{
}

static void nothing_walked(unsigned long iova, size_t size, size_t granule,
			   void *cookie)
{
}

static const struct iommu_flush_ops old_flush_ops = {
	.tlb_flush_all = nothing_cached,
	.tlb_flush_walk = nothing_walked,
};

static void make_tables(struct kunit *test, struct crash_test *ct)
{
	size_t mapped = 0;

	ct->cfg = (struct io_pgtable_cfg) {
		.pgsize_bitmap = SZ_4K,
		.ias = 48,
		.oas = 44,
		.coherent_walk = true,
		.tlb = &old_flush_ops,
		.iommu_dev = kunit_device_register(test, "smmu3-crashed"),
	};
	ct->tables = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &ct->cfg, NULL);
	KUNIT_ASSERT_NOT_NULL(test, ct->tables);
	KUNIT_ASSERT_EQ(test, 0,
			ct->tables->map_pages(ct->tables, IOVA, PHYS, SZ_4K, 1,
					      IOMMU_READ | IOMMU_WRITE,
					      GFP_KERNEL, &mapped));
}

/* Room for 2^16 streams in two levels, one device, one CD */
static void make_configuration(struct kunit *test, struct crash_test *ct)
{
	struct smmu3_ste_s1 s1 = {
		.s1dss = SMMU3_STE_S1DSS_SSID0,
	};
	struct smmu3_cd_s1 cd;
	struct smmu3_ste abort;
	unsigned int i;

	ct->l1 = old_pages(test, SZ_2K);
	ct->l2 = old_pages(test, SMMU3_STRTAB_L2_COUNT * sizeof(*ct->l2));
	ct->cd = old_pages(test, SZ_4K);
	smmu3_cd_s1_from_cfg(&cd, &ct->cfg, OLD_ASID);
	smmu3_cd_s1(ct->cd, &cd);
	smmu3_ste_abort(&abort);
	for (i = 0; i < SMMU3_STRTAB_L2_COUNT; i++)
		ct->l2[i] = abort;
	s1.cdtab = virt_to_phys(ct->cd);
	smmu3_ste_s1(&ct->l2[smmu3_strtab_l2_index(SID)], &s1);
	ct->l1[smmu3_strtab_l1_index(SID)] =
		smmu3_l1std(virt_to_phys(ct->l2), SMMU3_STRTAB_SPLIT);
}

static void enable_unit(struct crash_test *ct)
{
	u64 base = SMMU3_STRTAB_BASE_RA | virt_to_phys(ct->l1);

	smmu3_model_set(ct->model, SMMU3_CR1, smmu3_cr1());
	smmu3_model_set(ct->model, SMMU3_CR2,
			SMMU3_CR2_PTM | SMMU3_CR2_RECINVSID);
	smmu3_model_set(ct->model, SMMU3_STRTAB_BASE, lower_32_bits(base));
	smmu3_model_set(ct->model, SMMU3_STRTAB_BASE + 4, upper_32_bits(base));
	smmu3_model_set(ct->model, SMMU3_STRTAB_BASE_CFG,
			FIELD_PREP(SMMU3_STRTAB_CFG_LOG2SIZE, 16) |
			FIELD_PREP(SMMU3_STRTAB_CFG_SPLIT,
				   SMMU3_STRTAB_SPLIT) |
			FIELD_PREP(SMMU3_STRTAB_CFG_FMT,
				   SMMU3_STRTAB_FMT_2LVL));
	smmu3_model_set(ct->model, SMMU3_CR0, SMMU3_CR0_SMMUEN);
	smmu3_model_set(ct->model, SMMU3_CR0ACK, SMMU3_CR0_SMMUEN);
}

static void free_tables(void *data)
{
	struct crash_test *ct = data;

	free_io_pgtable_ops(ct->tables);
}

/* Where an access of a device ends, or 0 */
static u64 reaches(struct crash_test *ct, u32 sid, u64 iova)
{
	return smmu3_rig_reaches(ct->model, sid, iova);
}

static int crash_init(struct kunit *test)
{
	struct crash_test *ct = kunit_kzalloc(test, sizeof(*ct), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ct);
	test->priv = ct;
	kunit_activate_static_stub(test, smmu3_is_crash_kernel,
				   is_crash_kernel);
	kunit_activate_static_stub(test, smmu3_crash_map, map_old);
	kunit_activate_static_stub(test, smmu3_crash_unmap, unmap_old);
	make_tables(test, ct);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, free_tables, ct));
	make_configuration(test, ct);
	ct->model = smmu3_model_create(test);
	smmu3_model_power_on(ct->model);
	enable_unit(ct);
	return 0;
}

static void start(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	ct->smmu = smmu3_rig_bind(test, ct->model);
}

static struct device *add_master(struct kunit *test, u32 sid)
{
	struct crash_test *ct = test->priv;

	return smmu3_rig_master(test, ct->model, sid);
}

static struct device *start_with(struct kunit *test, u32 sid)
{
	start(test);
	return add_master(test, sid);
}

/* A device takes a domain of its own, in which the page is elsewhere */
static struct iommu_domain *take_own(struct kunit *test, struct device *dev)
{
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);

	smmu3_rig_map(test, domain, IOVA, SZ_1M, SZ_4K);
	KUNIT_ASSERT_EQ(test, 0, smmu3_attach_paging(domain, dev));
	return domain;
}

/* The unit is never off, and what the device does goes where it did */
static void crash_goes_on(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	KUNIT_ASSERT_EQ(test, reaches(ct, SID, IOVA), PHYS);
	ct->model->watched = SID;
	ct->model->seen = 0;
	start(test);
	KUNIT_EXPECT_TRUE(test, ct->smmu->strtab.adopted);
	KUNIT_EXPECT_EQ(test, ct->model->seen, BIT(SMMU3_STAGE1));
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID + 1, IOVA), 0);
	KUNIT_EXPECT_EQ(test, reaches(ct, OTHER, IOVA), 0);
	KUNIT_EXPECT_EQ(test, ct->smmu->state, SMMU3_RUNNING);
	/* Records would come from devices that nobody looks after */
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_get(ct->model, SMMU3_CR0) &
				 (SMMU3_CR0_EVENTQEN | SMMU3_CR0_PRIQEN));
	if (SMMU3_MODEL_LOGS_WRITES)
		KUNIT_EXPECT_EQ(test, -1,
				smmu3_model_find_write(ct->model, SMMU3_CR0,
						       SMMU3_CR0_SMMUEN, 0));
}

/* No device that has a driver keeps the unit up for what was left: it stays up */
static void crash_never_rests(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	smmu3_model_gate(ct->model);
	start(test);
	KUNIT_EXPECT_NE(test, 0, pm_runtime_suspend(ct->smmu->dev));
	KUNIT_EXPECT_FALSE(test, ct->model->off);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);
}

/* Its driver comes, and maps something: only then it is ours */
static void crash_deferred(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct iommu_domain *domain;
	struct device *dev;

	dev = start_with(test, SID);
	KUNIT_EXPECT_TRUE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);

	domain = take_own(test, dev);
	KUNIT_EXPECT_NE(test, to_smmu3_domain(domain)->tag, OLD_ASID);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), SZ_1M);
	smmu3_model_remove_master(test, dev);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
	iommu_domain_free(domain);

	/* And it stays ours */
	dev = add_master(test, SID);
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
}

/* What the first mapping of a device does in core */
static u64 map_first(struct kunit *test, struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	struct crash_test *ct = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, domain);
	if (!iommu_iova_to_phys(domain, IOVA))
		smmu3_rig_map(test, domain, IOVA, SZ_1M, SZ_4K);
	KUNIT_ASSERT_EQ(test, 0, iommu_deferred_attach(dev, domain));
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
	return reaches(ct, SID, IOVA);
}

/* Where nothing may sleep it stays as it is, until a mapping comes where it may */
static void crash_atomic(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *dev;
	unsigned long flags;
	int ret;

	start(test);
	dev = add_master(test, SID);
	local_irq_save(flags);
	ret = iommu_deferred_attach(dev, iommu_get_domain_for_dev(dev));
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, -EWOULDBLOCK, ret);
	KUNIT_EXPECT_TRUE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);
	KUNIT_EXPECT_EQ(test, map_first(test, dev), SZ_1M);
}

/* It goes unused: nothing that it still does is let through untranslated */
static void crash_direct_goes(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *dev;

	start(test);
	dev = add_master(test, SID);
	dev->iommu->require_direct = 1;
	smmu3_model_remove_master(test, dev);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
}

/*
 * Two that cannot be told apart: neither is taken from what was left until a
 * driver maps something, and then both are, whosever the STE is.
 */
static void crash_shared(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *first, *second;

	first = start_with(test, SID);
	second = add_master(test, SID);
	KUNIT_EXPECT_TRUE(test, second->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);
	KUNIT_EXPECT_EQ(test, map_first(test, second), SZ_1M);
	/* The other driver finds it done, if it ever comes */
	KUNIT_EXPECT_FALSE(test, first->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, map_first(test, first), SZ_1M);
	smmu3_model_remove_master(test, first);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), SZ_1M);
}

/* Who was taken along follows the group, also if its driver never comes */
static void crash_shared_follows(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *second, *culprit;

	start(test);
	add_master(test, SID);
	second = add_master(test, SID);
	KUNIT_EXPECT_EQ(test, map_first(test, second), SZ_1M);
	mutex_lock(&second->iommu_group->mutex);
	KUNIT_EXPECT_EQ(test, 0, iommu_default_domain_setup(second->iommu_group, 0,
							    &culprit));
	mutex_unlock(&second->iommu_group->mutex);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
	KUNIT_EXPECT_EQ(test, map_first(test, second), SZ_1M);
}

/* Who comes when a stream is ours has nothing to wait for */
static void crash_shared_later(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *first, *second;

	first = start_with(test, SID);
	KUNIT_EXPECT_EQ(test, map_first(test, first), SZ_1M);
	second = add_master(test, SID);
	KUNIT_EXPECT_FALSE(test, second->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), SZ_1M);
}

/* Its owner goes first: it is closed, until who has inherited it maps something */
static void crash_shared_owner_goes(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *first, *second;

	first = start_with(test, SID);
	second = add_master(test, SID);
	smmu3_model_remove_master(test, first);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
	KUNIT_EXPECT_EQ(test, map_first(test, second), SZ_1M);
}

static unsigned int identity_policy(void)
{
	return IOMMU_DOMAIN_IDENTITY;
}

/* Nothing will ever be mapped for it, so there is nothing to wait for */
static void crash_identity(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *dev;

	kunit_activate_static_stub(test, iommu_default_domain_policy,
				   identity_policy);
	dev = start_with(test, SID);
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), IOVA);
}

/* A device that the crashed kernel did not have, in a table that it had not */
static void crash_new_device(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct iommu_domain *domain;
	struct device *dev;

	dev = start_with(test, OTHER);
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
	domain = take_own(test, dev);
	KUNIT_EXPECT_EQ(test, reaches(ct, OTHER, IOVA), SZ_1M);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);
	smmu3_model_remove_master(test, dev);
	iommu_domain_free(domain);
}

/* No domain of this kernel gets a tag under which caches hold what was left */
static void crash_tags(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct iommu_domain *domains[2 * OLD_ASID];
	struct device *dev;
	int i;

	dev = start_with(test, OTHER);
	for (i = 0; i < ARRAY_SIZE(domains); i++) {
		domains[i] = smmu3_rig_domain(test, dev);
		KUNIT_ASSERT_EQ(test, 0, smmu3_attach_paging(domains[i], dev));
		KUNIT_EXPECT_NE(test, to_smmu3_domain(domains[i])->tag, OLD_ASID);
	}
	smmu3_model_remove_master(test, dev);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), PHYS);
	for (i = 0; i < ARRAY_SIZE(domains); i++)
		iommu_domain_free(domains[i]);
}

/* What makes no sense is closed, and everything else works */
static void expect_closed(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct device *dev;

	start(test);
	KUNIT_EXPECT_FALSE(test, ct->smmu->strtab.adopted);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
	dev = add_master(test, SID);
	KUNIT_EXPECT_FALSE(test, dev->iommu->attach_deferred);
}

static void crash_bad_span(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	ct->l1[0] = smmu3_l1std(virt_to_phys(ct->l2), SMMU3_STRTAB_SPLIT - 2);
	expect_closed(test);
}

static void crash_bad_pointer(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	ct->l1[7] = smmu3_l1std(BIT_ULL(43), SMMU3_STRTAB_SPLIT);
	expect_closed(test);
}

static void crash_bad_size(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	smmu3_model_set(ct->model, SMMU3_STRTAB_BASE_CFG,
			FIELD_PREP(SMMU3_STRTAB_CFG_LOG2SIZE, 20) |
			FIELD_PREP(SMMU3_STRTAB_CFG_SPLIT,
				   SMMU3_STRTAB_SPLIT) |
			FIELD_PREP(SMMU3_STRTAB_CFG_FMT,
				   SMMU3_STRTAB_FMT_2LVL));
	expect_closed(test);
}

static void crash_other_attributes(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	smmu3_model_set(ct->model, SMMU3_CR1, 0);
	expect_closed(test);
}

static void crash_was_off(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	smmu3_model_set(ct->model, SMMU3_CR0, 0);
	smmu3_model_set(ct->model, SMMU3_CR0ACK, 0);
	expect_closed(test);
}

/* Afterwards it is closed, and what the crashed kernel had is as it was */
static void crash_leaves(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct smmu3_ste ste = ct->l2[smmu3_strtab_l2_index(SID)];

	start(test);
	smmu3_model_remove(test, ct->model);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
	KUNIT_EXPECT_MEMEQ(test, &ste, &ct->l2[smmu3_strtab_l2_index(SID)],
			   sizeof(ste));
}

static void crash_queue_stuck(struct kunit *test)
{
	struct crash_test *ct = test->priv;

	ct->model->cmdq_stuck = true;
	KUNIT_EXPECT_NULL(test, smmu3_model_probe(test, ct->model));
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);
}

/*
 * It translates before it serves.  If its queue dies while devices are attached,
 * what they were given is freed, so it must be off by then, and stay so.
 */
static void crash_queue_dies_early(struct kunit *test)
{
	struct crash_test *ct = test->priv;
	struct iommu_domain *domain;
	struct device *dev;

	dev = start_with(test, OTHER);
	domain = smmu3_rig_domain(test, dev);
	WRITE_ONCE(ct->smmu->state, SMMU3_READY);
	ct->smmu->cmdq.timeout_us = 1000;
	ct->model->cmdq_stuck = true;
	KUNIT_EXPECT_EQ(test, -EIO, smmu3_attach_paging(domain, dev));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_get(ct->model, SMMU3_CR0) &
				 SMMU3_CR0_SMMUEN);
	KUNIT_EXPECT_EQ(test, ct->smmu->state, SMMU3_FAILED);
	KUNIT_EXPECT_EQ(test, reaches(ct, SID, IOVA), 0);

	ct->model->num_writes = 0;
	KUNIT_EXPECT_EQ(test, -EIO, smmu3_serve(ct->smmu));
	if (SMMU3_MODEL_LOGS_WRITES)
		KUNIT_EXPECT_EQ(test, -1,
				smmu3_model_find_write(ct->model, SMMU3_CR0,
						       SMMU3_CR0_SMMUEN,
						       SMMU3_CR0_SMMUEN));
	smmu3_model_remove_master(test, dev);
	iommu_domain_free(domain);
}

static struct kunit_case crash_cases[] = {
	KUNIT_CASE(crash_goes_on),
	KUNIT_CASE(crash_never_rests),
	KUNIT_CASE(crash_deferred),
	KUNIT_CASE(crash_atomic),
	KUNIT_CASE(crash_direct_goes),
	KUNIT_CASE(crash_shared),
	KUNIT_CASE(crash_shared_follows),
	KUNIT_CASE(crash_shared_later),
	KUNIT_CASE(crash_shared_owner_goes),
	KUNIT_CASE(crash_identity),
	KUNIT_CASE(crash_new_device),
	KUNIT_CASE(crash_tags),
	KUNIT_CASE(crash_bad_span),
	KUNIT_CASE(crash_bad_pointer),
	KUNIT_CASE(crash_bad_size),
	KUNIT_CASE(crash_other_attributes),
	KUNIT_CASE(crash_was_off),
	KUNIT_CASE(crash_leaves),
	KUNIT_CASE_SLOW(crash_queue_stuck),
	KUNIT_CASE(crash_queue_dies_early),
	{}
};

static struct kunit_suite crash_suite = {
	.name = "smmu3-crash",
	.init = crash_init,
	.test_cases = crash_cases,
};

kunit_test_suite(crash_suite);
