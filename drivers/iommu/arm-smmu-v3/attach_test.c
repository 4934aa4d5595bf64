// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of device.c, domain.c and attach.c, against the software model:
 * what the unit makes of a stream from the probe of its device to its release,
 * and the commands that go between.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "model.h"
#include "rig.h"
#include "smmu.h"

#define SID	0x105

struct attach_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
};

static int attach_init(struct kunit *test)
{
	struct attach_test *at = kunit_kzalloc(test, sizeof(*at), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, at);
	at->model = smmu3_model_create(test);
	at->smmu = smmu3_rig_bind(test, at->model);
	test->priv = at;
	return 0;
}

/* A device with stream ids; *@ret is what its probe says */
static struct device *add_master(struct kunit *test, const u32 *ids, int count,
				 int *ret)
{
	struct attach_test *at = test->priv;

	return smmu3_model_add_master(test, at->model, ids, count, ret);
}

static struct device *add_one(struct kunit *test, u32 sid)
{
	struct attach_test *at = test->priv;

	return smmu3_rig_master(test, at->model, sid);
}

/* The unit sees the stream translated by this domain's tables under its tag */
static void expect_attached(struct kunit *test, u32 sid,
			    struct iommu_domain *domain)
{
	struct attach_test *at = test->priv;
	struct smmu3_view view = smmu3_model_view(at->model, sid);
	struct smmu3_domain *sd = to_smmu3_domain(domain);

	KUNIT_EXPECT_EQ(test, view.verdict,
			sd->stage2 ? SMMU3_STAGE2 : SMMU3_STAGE1);
	KUNIT_EXPECT_EQ(test, view.tag, sd->tag);
	KUNIT_EXPECT_EQ(test, view.ttb, sd->stage2 ?
			smmu3_domain_cfg(sd)->arm_lpae_s2_cfg.vttbr :
			smmu3_domain_cfg(sd)->arm_lpae_s1_cfg.ttbr);
}

static void attach_and_back(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct smmu3_view before = smmu3_model_view(at->model, SID);
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);
	struct smmu3_view after;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	expect_attached(test, SID, domain);
	/* Its neighbours in the same second-level table stay closed */
	KUNIT_EXPECT_EQ(test, smmu3_model_view(at->model, SID + 1).verdict,
			SMMU3_ABORTS);
	iommu_detach_device(domain, dev);
	after = smmu3_model_view(at->model, SID);
	KUNIT_EXPECT_EQ(test, before.verdict, after.verdict);
	KUNIT_EXPECT_EQ(test, before.ttb, after.ttb);
	iommu_domain_free(domain);
}

static void attach_every_stream(struct kunit *test)
{
	struct attach_test *at = test->priv;
	u32 ids[] = { SID, 0x905, SID + 1, SID };
	struct iommu_domain *domain;
	struct device *dev;
	int ret, i;

	dev = add_master(test, ids, ARRAY_SIZE(ids), &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	domain = smmu3_rig_domain(test, dev);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		expect_attached(test, ids[i], domain);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(at->model, 0x906).verdict,
			SMMU3_ABORTS);
	iommu_detach_device(domain, dev);
	iommu_domain_free(domain);
}

/* Nobody sees the stream anywhere but in one address space or the other */
static void attach_is_hitless(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct iommu_domain *a = smmu3_rig_domain(test, dev);
	struct iommu_domain *b = smmu3_rig_domain(test, dev);
	struct smmu3_device *device = dev_iommu_priv_get(dev);
	int i;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(a, dev));
	at->model->watched = SID;
	at->model->seen = 0;
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(b, dev));
		expect_attached(test, SID, b);
		KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(a, dev));
		expect_attached(test, SID, a);
	}
	KUNIT_EXPECT_EQ(test, at->model->seen, BIT(SMMU3_STAGE1));

	at->model->seen = 0;
	KUNIT_EXPECT_EQ(test, 0, smmu3_device_pass(device));
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(b, dev));
	expect_attached(test, SID, b);
	KUNIT_EXPECT_EQ(test, at->model->seen,
			BIT(SMMU3_STAGE1) | BIT(SMMU3_PASSES));
	KUNIT_EXPECT_EQ(test, 0, smmu3_attach_paging(a, dev));
	iommu_detach_device(a, dev);
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* Configuration that may be cached goes with each change, and is waited for */
static void attach_invalidates(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);
	unsigned int from = at->model->num_cmds;
	int cfgi;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	cfgi = smmu3_model_find_cmd(at->model, SMMU3_OP_CFGI_STE, from);
	KUNIT_ASSERT_GE(test, cfgi, 0);
	KUNIT_EXPECT_EQ(test, SID, FIELD_GET(SMMU3_CMD0_SID,
					     at->model->cmds[cfgi].w[0]));
	KUNIT_EXPECT_EQ(test, SMMU3_OP_SYNC,
			smmu3_cmd_op(&at->model->cmds[at->model->num_cmds - 1]));
	iommu_detach_device(domain, dev);
	iommu_domain_free(domain);
}

/* What it had taken before it met one that there is not, is free again */
static void stream_beyond_others(struct kunit *test)
{
	struct attach_test *at = test->priv;
	u32 ids[] = { 0x20, 0x10000 };
	int ret;

	add_master(test, ids, ARRAY_SIZE(ids), &ret);
	KUNIT_EXPECT_EQ(test, ret, -ERANGE);
	mutex_lock(&at->smmu->streams_lock);
	KUNIT_EXPECT_NULL(test, smmu3_stream_owner(at->smmu, 0x20));
	mutex_unlock(&at->smmu->streams_lock);
	add_one(test, 0x20);
}

static void stream_beyond(struct kunit *test)
{
	u32 sid = 0x10000;
	int ret;

	add_master(test, &sid, 1, &ret);
	KUNIT_EXPECT_EQ(test, ret, -ERANGE);
}

static void release_closes(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);

	KUNIT_EXPECT_NE(test, smmu3_model_view(at->model, SID).verdict,
			SMMU3_ABORTS);
	smmu3_model_remove_master(test, dev);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(at->model, SID).verdict,
			SMMU3_ABORTS);
	mutex_lock(&at->smmu->streams_lock);
	KUNIT_EXPECT_NULL(test, smmu3_stream_owner(at->smmu, SID));
	mutex_unlock(&at->smmu->streams_lock);
}

/* Whoever gets the tag next must not find translations under it */
static void free_invalidates_tag(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);
	u16 tag = to_smmu3_domain(domain)->tag;
	unsigned int from = at->model->num_cmds;
	int i;

	iommu_domain_free(domain);
	i = smmu3_model_find_cmd(at->model, SMMU3_OP_TLBI_NH_ASID, from);
	KUNIT_ASSERT_GE(test, i, 0);
	KUNIT_EXPECT_EQ(test, tag, FIELD_GET(SMMU3_TLBI0_ASID,
					     at->model->cmds[i].w[0]));
	KUNIT_EXPECT_GT(test, smmu3_model_find_cmd(at->model, SMMU3_OP_SYNC, i),
			i);
	KUNIT_EXPECT_NULL(test, xa_load(&at->smmu->asids, tag));
}

static void unmap_invalidates(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);
	struct smmu3_cmd *cmd;
	unsigned int from;

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_1M, SZ_2M, SZ_16K,
					   IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, SZ_1M + 5), SZ_2M + 5);
	from = at->model->num_cmds;
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SZ_1M, SZ_16K), SZ_16K);
	/* One command for the range, one to wait for it */
	KUNIT_ASSERT_EQ(test, at->model->num_cmds, from + 2);
	cmd = &at->model->cmds[from];
	KUNIT_EXPECT_EQ(test, smmu3_cmd_op(cmd), SMMU3_OP_TLBI_NH_VA);
	KUNIT_EXPECT_EQ(test, cmd->w[1] & SMMU3_TLBI1_ADDR, SZ_1M);
	KUNIT_EXPECT_EQ(test, cmd->w[1] & SMMU3_TLBI1_LEAF, SMMU3_TLBI1_LEAF);
	KUNIT_EXPECT_EQ(test, smmu3_cmd_op(cmd + 1), SMMU3_OP_SYNC);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, SZ_1M), 0);
	iommu_domain_free(domain);
}

static void stage2_on_demand(struct kunit *test)
{
	struct device *dev = add_one(test, SID);
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);

	KUNIT_ASSERT_EQ(test, 0, iommu_enable_nesting(domain));
	KUNIT_EXPECT_TRUE(test, to_smmu3_domain(domain)->stage2);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	expect_attached(test, SID, domain);
	/* Its stage is what it is from now on */
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), -EPERM);
	iommu_detach_device(domain, dev);
	iommu_domain_free(domain);
}

static void tags_run_out(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct iommu_domain *domains[16];
	int count, ret = 0;

	at->smmu->feat.asid_bits = 4;
	for (count = 0; count < ARRAY_SIZE(domains); count++) {
		domains[count] = iommu_paging_domain_alloc(dev);
		ret = PTR_ERR_OR_ZERO(domains[count]);
		if (ret)
			break;
		KUNIT_EXPECT_NE(test, to_smmu3_domain(domains[count])->tag, 0);
		KUNIT_EXPECT_LT(test, to_smmu3_domain(domains[count])->tag, 16);
	}
	KUNIT_EXPECT_EQ(test, ret, -ENOSPC);
	while (count--)
		iommu_domain_free(domains[count]);
	/* And they come back */
	iommu_domain_free(smmu3_rig_domain(test, dev));
}

/* What an instance has taken no commands for may still be in its caches */
static void queue_dies(struct kunit *test)
{
	struct attach_test *at = test->priv;
	struct device *dev = add_one(test, SID);
	struct iommu_domain *domain = smmu3_rig_domain(test, dev);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, dev));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_1M, SZ_2M, SZ_4K,
					   IOMMU_READ, GFP_KERNEL));
	at->smmu->cmdq.timeout_us = 1000;
	at->model->cmdq_stuck = true;
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SZ_1M, SZ_4K), SZ_4K);
	/* Shut off, so that the page can be reused */
	KUNIT_EXPECT_EQ(test, at->smmu->state, SMMU3_FAILED);
	KUNIT_EXPECT_EQ(test, smmu3_model_view(at->model, SID).verdict,
			SMMU3_ABORTS);
	iommu_detach_device(domain, dev);
	iommu_domain_free(domain);
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE(attach_and_back),
	KUNIT_CASE(attach_every_stream),
	KUNIT_CASE(attach_is_hitless),
	KUNIT_CASE(attach_invalidates),
	KUNIT_CASE(stream_beyond_others),
	KUNIT_CASE(stream_beyond),
	KUNIT_CASE(release_closes),
	KUNIT_CASE(free_invalidates_tag),
	KUNIT_CASE(unmap_invalidates),
	KUNIT_CASE(stage2_on_demand),
	KUNIT_CASE(tags_run_out),
	KUNIT_CASE(queue_dies),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "smmu3-attach",
	.init = attach_init,
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);
