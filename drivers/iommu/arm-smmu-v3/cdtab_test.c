// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of cdtab.c, against the software model: the form of the table,
 * what is allocated when, and what the SMMU is told.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105

struct cdtab_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct device *dev;
	struct smmu3_device *device;
	struct smmu3_cdtab *cdtab;
};

static void start(struct kunit *test, const u32 *ids, int count, u32 bits)
{
	struct smmu3_master_spec spec = {
		.ids = ids, .count = count, .pasid_bits = bits,
	};
	struct cdtab_test *ct = test->priv;

	ct->smmu = smmu3_rig_start(test, &ct->model);
	ct->dev = smmu3_rig_add(test, ct->smmu, &spec);
	ct->device = dev_iommu_priv_get(ct->dev);
	ct->cdtab = &ct->device->cdtab;
}

static int cdtab_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct cdtab_test), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

static struct iommu_domain *new_domain(struct kunit *test)
{
	struct cdtab_test *ct = test->priv;

	return smmu3_rig_domain(test, ct->dev);
}

static void set_pasid(struct kunit *test, struct iommu_domain *domain,
		      ioasid_t pasid)
{
	struct cdtab_test *ct = test->priv;

	KUNIT_ASSERT_EQ(test, 0, domain->ops->set_dev_pasid(domain, ct->dev,
							    pasid, NULL));
}

static void remove_pasid(struct kunit *test, struct iommu_domain *domain,
			 ioasid_t pasid)
{
	struct cdtab_test *ct = test->priv;

	smmu3_ops.remove_dev_pasid(ct->dev, pasid, domain);
}

static void attach(struct kunit *test, struct iommu_domain *domain)
{
	struct cdtab_test *ct = test->priv;

	KUNIT_ASSERT_EQ(test, 0, domain->ops->attach_dev(domain, ct->dev));
}

/* What STEs say is the live root, and nothing else */
static void expect_ste(struct kunit *test, u32 sid)
{
	struct cdtab_test *ct = test->priv;
	u64 w0 = le64_to_cpu(smmu3_strtab_entry(ct->smmu, sid)->w[0]);

	KUNIT_EXPECT_TRUE(test, ct->cdtab->in_ste);
	KUNIT_EXPECT_EQ(test, w0 & SMMU3_STE0_S1CTXPTR, ct->cdtab->live.dma);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_STE0_S1CDMAX, w0),
			ct->cdtab->live.max_lg2);
	KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_STE0_S1FMT, w0),
			smmu3_cdtab_fmt(&ct->cdtab->live));
}

/* The live root leads to this leaf, or to none */
static void expect_desc(struct kunit *test, unsigned int i, dma_addr_t leaf)
{
	struct cdtab_test *ct = test->priv;
	const __le64 *descs = ct->cdtab->live.top;
	u64 wanted = leaf ? le64_to_cpu(smmu3_l1cd(leaf)) : 0;

	KUNIT_EXPECT_EQ(test, le64_to_cpu(descs[i]), wanted);
}

static u16 asid_of(const struct smmu3_cd *cd)
{
	return FIELD_GET(SMMU3_CD0_ASID, le64_to_cpu(cd->w[0]));
}

static bool is_valid(const struct smmu3_cd *cd)
{
	return le64_to_cpu(cd->w[0]) & SMMU3_CD0_V;
}

/* Who never uses a PASID pays for one descriptor, and for another in a move */
static void small_before_pasids(struct kunit *test)
{
	struct iommu_domain *a, *b;
	struct cdtab_test *ct;
	u32 sid = SID;

	start(test, &sid, 1, 20);
	ct = test->priv;
	a = new_domain(test);
	b = new_domain(test);
	attach(test, a);
	KUNIT_EXPECT_EQ(test, ct->cdtab->live.max_lg2, 0);
	KUNIT_EXPECT_NULL(test, ct->cdtab->leaves);
	expect_ste(test, SID);
	KUNIT_EXPECT_EQ(test, asid_of(ct->cdtab->live.first),
			to_smmu3_domain(a)->tag);
	attach(test, b);
	expect_ste(test, SID);
	KUNIT_EXPECT_EQ(test, asid_of(ct->cdtab->live.first),
			to_smmu3_domain(b)->tag);
	KUNIT_EXPECT_NULL(test, ct->cdtab->next.top);

	attach(test, &smmu3_blocked_domain);
	KUNIT_EXPECT_FALSE(test, ct->cdtab->in_ste);
	KUNIT_EXPECT_FALSE(test, is_valid(ct->cdtab->live.first));
	iommu_domain_free(a);
	iommu_domain_free(b);
}

static void linear_when_few(struct kunit *test)
{
	struct iommu_domain *domain;
	struct cdtab_test *ct;
	u32 sid = SID;

	start(test, &sid, 1, SMMU3_CDTAB_LEAF_LG2);
	ct = test->priv;
	domain = new_domain(test);
	set_pasid(test, domain, 1023);
	expect_ste(test, SID);
	KUNIT_EXPECT_EQ(test, ct->cdtab->live.max_lg2, SMMU3_CDTAB_LEAF_LG2);
	KUNIT_EXPECT_EQ(test, smmu3_cdtab_fmt(&ct->cdtab->live),
			SMMU3_STE_S1FMT_LINEAR);
	KUNIT_EXPECT_PTR_EQ(test, ct->cdtab->live.top,
			    (void *)ct->cdtab->live.first);
	KUNIT_EXPECT_EQ(test, asid_of(&ct->cdtab->live.first[1023]),
			to_smmu3_domain(domain)->tag);
	KUNIT_EXPECT_NULL(test, ct->cdtab->leaves);
	remove_pasid(test, domain, 1023);
	KUNIT_EXPECT_FALSE(test, is_valid(&ct->cdtab->live.first[1023]));
	iommu_domain_free(domain);
}

/* Leaves come with their first PASID, and stay */
static void leaves_when_needed(struct kunit *test)
{
	struct iommu_domain *domain;
	struct cdtab_test *ct;
	struct smmu3_cd *leaf;
	u32 sid = SID;

	start(test, &sid, 1, 20);
	ct = test->priv;
	domain = new_domain(test);
	set_pasid(test, domain, 1023);
	KUNIT_EXPECT_EQ(test, smmu3_cdtab_fmt(&ct->cdtab->live),
			SMMU3_STE_S1FMT_64K_L2);
	expect_ste(test, SID);
	KUNIT_EXPECT_NULL(test, ct->cdtab->leaves);

	set_pasid(test, domain, 3 * 1024 + 7);
	KUNIT_ASSERT_NOT_NULL(test, ct->cdtab->leaves);
	leaf = ct->cdtab->leaves[3].cds;
	KUNIT_ASSERT_NOT_NULL(test, leaf);
	KUNIT_EXPECT_NULL(test, ct->cdtab->leaves[1].cds);
	KUNIT_EXPECT_TRUE(test, is_valid(&leaf[7]));
	KUNIT_EXPECT_FALSE(test, is_valid(&leaf[6]));
	expect_desc(test, 3, ct->cdtab->leaves[3].dma);
	expect_desc(test, 1, 0);
	expect_desc(test, 1023, 0);

	remove_pasid(test, domain, 3 * 1024 + 7);
	KUNIT_EXPECT_FALSE(test, is_valid(&leaf[7]));
	set_pasid(test, domain, 3 * 1024 + 8);
	KUNIT_EXPECT_PTR_EQ(test, ct->cdtab->leaves[3].cds, leaf);
	remove_pasid(test, domain, 3 * 1024 + 8);
	remove_pasid(test, domain, 1023);
	iommu_domain_free(domain);
}

/* A root that takes the place of another says the same of all PASIDs */
static void root_moves_whole(struct kunit *test)
{
	struct iommu_domain *a, *b, *pasids;
	struct cdtab_test *ct;
	dma_addr_t old;
	u32 sid = SID;

	start(test, &sid, 1, 12);
	ct = test->priv;
	a = new_domain(test);
	b = new_domain(test);
	pasids = new_domain(test);
	attach(test, a);
	set_pasid(test, pasids, 1);
	set_pasid(test, pasids, 2049);
	old = ct->cdtab->live.dma;
	attach(test, b);
	KUNIT_EXPECT_NE(test, ct->cdtab->live.dma, old);
	expect_ste(test, SID);
	KUNIT_EXPECT_EQ(test, asid_of(&ct->cdtab->live.first[0]),
			to_smmu3_domain(b)->tag);
	KUNIT_EXPECT_EQ(test, asid_of(&ct->cdtab->live.first[1]),
			to_smmu3_domain(pasids)->tag);
	expect_desc(test, 0, ct->cdtab->live.first_dma);
	expect_desc(test, 2, ct->cdtab->leaves[2].dma);
	KUNIT_EXPECT_NULL(test, ct->cdtab->next.top);

	attach(test, &smmu3_blocked_domain);
	remove_pasid(test, pasids, 1);
	remove_pasid(test, pasids, 2049);
	KUNIT_EXPECT_FALSE(test, ct->cdtab->in_ste);
	iommu_domain_free(a);
	iommu_domain_free(b);
	iommu_domain_free(pasids);
}

/* Each stream hears of each PASID that changes, and the queue is waited for */
static void every_stream_is_told(struct kunit *test)
{
	u32 ids[] = { 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28 };
	struct iommu_domain *domain;
	struct cdtab_test *ct;
	struct smmu3_cmd *cmd;
	unsigned int i, from;
	u32 told = 0;

	start(test, ids, ARRAY_SIZE(ids), 20);
	ct = test->priv;
	domain = new_domain(test);
	set_pasid(test, domain, 1);
	from = ct->model->num_cmds;
	remove_pasid(test, domain, 1);
	for (i = from; i < ct->model->num_cmds; i++) {
		cmd = &ct->model->cmds[i];
		if (smmu3_cmd_op(cmd) != SMMU3_OP_CFGI_CD)
			continue;
		KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]), 1);
		KUNIT_EXPECT_FALSE(test, cmd->w[1] & SMMU3_CFGI1_LEAF);
		told |= BIT(FIELD_GET(SMMU3_CMD0_SID, cmd->w[0]) - ids[0]);
	}
	KUNIT_EXPECT_EQ(test, told, GENMASK(ARRAY_SIZE(ids) - 1, 0));
	KUNIT_EXPECT_EQ(test, SMMU3_OP_SYNC,
			smmu3_cmd_op(&ct->model->cmds[ct->model->num_cmds - 1]));
	iommu_domain_free(domain);
}

static struct kunit_case cdtab_cases[] = {
	KUNIT_CASE(small_before_pasids),
	KUNIT_CASE(linear_when_few),
	KUNIT_CASE(leaves_when_needed),
	KUNIT_CASE(root_moves_whole),
	KUNIT_CASE(every_stream_is_told),
	{}
};

static struct kunit_suite cdtab_suite = {
	.name = "smmu3-cdtab",
	.init = cdtab_init,
	.test_cases = cdtab_cases,
};

kunit_test_suite(cdtab_suite);
