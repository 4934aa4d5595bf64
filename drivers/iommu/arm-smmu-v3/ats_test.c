// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of ats.c, atc.c and attachment.c, against the software model and
 * PCI devices that have a configuration space only.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID_A	0x100
#define SID_B	0x208
#define IOVA	0x40000000UL
#define PHYS	0x80000000ULL
#define NO_SSID	SMMU3_MODEL_NO_SSID
/* Streams of which the commands do not fit into a batch */
#define MANY	50

struct ats_test {
	struct smmu3_model *model;
	struct smmu3_instance *smmu;
	struct smmu3_pci_fake *a;
	struct smmu3_pci_fake *b;
	struct iommu_domain *domain;
};

static struct smmu3_device *device_of(struct smmu3_pci_fake *fake)
{
	return fake->param.priv;
}

static struct smmu3_pci_fake *add_fake(struct kunit *test, u32 sid)
{
	struct ats_test *at = test->priv;
	struct smmu3_pci_fake *fake;

	fake = smmu3_pci_fake_create(test, at->smmu, &sid, 1);
	smmu3_pci_fake_probe(test, fake);
	return fake;
}

static void free_domain(void *data)
{
	struct ats_test *at = data;

	if (device_of(at->a))
		smmu3_pci_fake_block(at->a);
	if (device_of(at->b))
		smmu3_pci_fake_block(at->b);
	iommu_domain_free(at->domain);
}

static struct smmu3_pci_fake *add_fake_with_many(struct kunit *test, u32 *ids)
{
	struct ats_test *at = test->priv;
	struct smmu3_pci_fake *fake;
	int i;

	for (i = 0; i < MANY; i++)
		ids[i] = 0x400 + i;
	fake = smmu3_pci_fake_create(test, at->smmu, ids, MANY);
	smmu3_pci_fake_probe(test, fake);
	return fake;
}

/* Two devices behind a unit that has everything, and a domain for them */
static int ats_init(struct kunit *test)
{
	struct ats_test *at = kunit_kzalloc(test, sizeof(*at), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, at);
	test->priv = at;
	at->smmu = smmu3_rig_start(test, &at->model);
	at->a = add_fake(test, SID_A);
	at->b = add_fake(test, SID_B);
	at->domain = smmu3_rig_domain(test, &at->a->pdev.dev);
	return kunit_add_action(test, free_domain, at);
}

static void map(struct kunit *test, unsigned long iova, size_t size)
{
	struct ats_test *at = test->priv;

	smmu3_rig_map(test, at->domain, iova, PHYS + (iova - IOVA), size);
}

/* The device has the page in its ATC afterwards */
static void fill(struct kunit *test, u32 sid, unsigned long iova)
{
	struct ats_test *at = test->priv;
	struct smmu3_ats_result result;

	result = smmu3_model_ats_translate(at->model, sid, NO_SSID, iova,
					   SMMU3_DMA_WRITE);
	KUNIT_ASSERT_EQ(test, result.status, SMMU3_ATS_SUCCESS);
	KUNIT_ASSERT_TRUE(test, result.write);
}

static enum smmu3_outcome send_translated(struct ats_test *at, u32 sid,
					  unsigned long iova)
{
	return smmu3_model_dma(at->model, sid, NO_SSID, iova,
			       SMMU3_DMA_TRANSLATED).outcome;
}

static void attach_both(struct kunit *test)
{
	struct ats_test *at = test->priv;

	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->b, at->domain));
	KUNIT_ASSERT_TRUE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_ASSERT_TRUE(test, smmu3_pci_fake_ats(at->b));
}

/* Both in the domain, with the first of 16 pages in their ATCs */
static void fill_both(struct kunit *test)
{
	attach_both(test);
	map(test, IOVA, SZ_64K);
	fill(test, SID_A, IOVA);
	fill(test, SID_B, IOVA);
}

/* The device, its bridge and the instance must all have it */
static void ats_needs_all(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct smmu3_pci_fake *fake;
	u32 sid;

	for (sid = 0x300; sid < 0x304; sid++) {
		fake = smmu3_pci_fake_create(test, at->smmu, &sid, 1);
		if (sid == 0x300)
			fake->pdev.ats_cap = 0;
		if (sid == 0x301)
			fake->pdev.untrusted = 1;
		if (sid == 0x302)
			fake->param.fwspec->flags = 0;
		if (sid == 0x303)
			at->smmu->feat.flags &= ~SMMU3_FEAT_ATS;
		KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_probe(test, fake)->ats.capable);
		at->smmu->feat.flags |= SMMU3_FEAT_ATS;
		KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(fake, at->domain));
		KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, sid), SMMU3_STE_EATS_ABORT);
		KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(fake));
		KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(fake));
	}
	KUNIT_EXPECT_EQ(test, -1, smmu3_model_find_cmd(at->model,
						       SMMU3_OP_ATC_INV, 0));
	KUNIT_EXPECT_TRUE(test, device_of(at->a)->ats.capable);
}

/* PCI ATS is on only while the STE lets it through, on both edges */
static void ats_on_and_off(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct smmu3_domain *sd = to_smmu3_domain(at->domain);

	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_EXPECT_EQ(test, at->a->eats_when_switched, SMMU3_STE_EATS_FULL);
	KUNIT_EXPECT_EQ(test, at->a->pdev.ats_stu, 12);
	KUNIT_EXPECT_GE(test, smmu3_model_find_cmd(at->model, SMMU3_OP_ATC_INV,
						   0), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&sd->num_ats), 1);

	at->a->eats_when_switched = 0xff;
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(at->a));
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_EXPECT_EQ(test, at->a->eats_when_switched, SMMU3_STE_EATS_FULL);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, SID_A), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_EQ(test, atomic_read(&sd->num_ats), 0);
}

/* Neither bypass nor abort has it, also if it could */
static void ats_not_for_bypass(struct kunit *test)
{
	struct ats_test *at = test->priv;
	const struct iommu_ops *ops = at->smmu->iommu.ops;

	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, ops->identity_domain));
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, SID_A), SMMU3_STE_EATS_ABORT);
}

/* A device that comes to another domain has forgotten the one before */
static void ats_domain_changes(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct iommu_domain *other;

	other = smmu3_rig_domain(test, &at->a->pdev.dev);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	map(test, IOVA, SZ_4K);
	fill(test, SID_A, IOVA);
	KUNIT_EXPECT_EQ(test, 1, smmu3_model_atc_entries(at->model, SID_A));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(at->a, other));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(at->model, SID_A));
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_EXPECT_EQ(test, 0,
			atomic_read(&to_smmu3_domain(at->domain)->num_ats));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(at->a));
	iommu_domain_free(other);
}

/* What goes leaves all ATCs, what stays is left, for one CMD_SYNC more */
static void ats_unmap(struct kunit *test)
{
	struct ats_test *at = test->priv;
	unsigned int from;

	attach_both(test);
	map(test, IOVA, SZ_64K);
	fill(test, SID_A, IOVA);
	fill(test, SID_A, IOVA + 5 * SZ_4K);
	fill(test, SID_B, IOVA + 5 * SZ_4K);
	fill(test, SID_B, IOVA + 9 * SZ_4K);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			send_translated(at, SID_A, IOVA + 5 * SZ_4K));

	from = at->model->num_cmds;
	KUNIT_EXPECT_EQ(test, 7 * SZ_4K,
			iommu_unmap(at->domain, IOVA + SZ_4K, 7 * SZ_4K));
	KUNIT_EXPECT_EQ(test, 1, smmu3_model_atc_entries(at->model, SID_A));
	KUNIT_EXPECT_EQ(test, 1, smmu3_model_atc_entries(at->model, SID_B));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_NO_ATC,
			send_translated(at, SID_A, IOVA + 5 * SZ_4K));
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE, send_translated(at, SID_A, IOVA));
	/* 1 + 2 + 4 pages of each device, and the TLBs before */
	KUNIT_EXPECT_EQ(test, 6, smmu3_rig_count(at->model, SMMU3_OP_ATC_INV, from));
	KUNIT_EXPECT_EQ(test, 2, smmu3_rig_count(at->model, SMMU3_OP_SYNC, from));
}

/* More commands than fit into a batch still reach everybody */
static void ats_many_streams(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct smmu3_pci_fake *fake;
	unsigned int from;
	u32 ids[MANY];
	int i;

	fake = add_fake_with_many(test, ids);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(fake, at->domain));
	map(test, IOVA, SZ_64K);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		fill(test, ids[i], IOVA + 3 * SZ_4K);
	at->model->num_cmds = 0;
	from = at->model->num_cmds;
	iommu_unmap(at->domain, IOVA + SZ_4K, 7 * SZ_4K);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_EXPECT_EQ(test, 0,
				smmu3_model_atc_entries(at->model, ids[i]));
	KUNIT_EXPECT_EQ(test, 3 * ARRAY_SIZE(ids),
			smmu3_rig_count(at->model, SMMU3_OP_ATC_INV, from));
	KUNIT_EXPECT_EQ(test, 2, smmu3_rig_count(at->model, SMMU3_OP_SYNC, from));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(fake));
}

/* Domains without such devices never hear of it */
static void ats_costs_others_nothing(struct kunit *test)
{
	struct ats_test *at = test->priv;
	unsigned int from = at->model->num_cmds;

	device_of(at->a)->ats.capable = false;
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	map(test, IOVA, SZ_64K);
	iommu_unmap(at->domain, IOVA, SZ_64K);
	iommu_flush_iotlb_all(at->domain);
	KUNIT_EXPECT_EQ(test, 0, smmu3_rig_count(at->model, SMMU3_OP_ATC_INV, from));
}

/* One PASID of a device, and the same domain without PASID at another */
static void attachment_pasids(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct smmu3_domain *sd = to_smmu3_domain(at->domain);
	struct smmu3_attachment att = {
		.device = device_of(at->a), .ssid = 7,
	};
	struct smmu3_cmd *cmd;
	int i;

	attach_both(test);
	smmu3_attachment_add(sd, &att);
	KUNIT_EXPECT_TRUE(test, att.ats);
	KUNIT_EXPECT_EQ(test, atomic_read(&sd->num_ats), 3);
	at->model->num_cmds = 0;
	smmu3_atc_flush(sd, IOVA, SZ_4K);
	KUNIT_EXPECT_EQ(test, 3, smmu3_rig_count(at->model, SMMU3_OP_ATC_INV, 0));
	KUNIT_EXPECT_EQ(test, 1, smmu3_rig_count(at->model, SMMU3_OP_SYNC, 0));
	for (i = 0; i < 3; i++) {
		cmd = &at->model->cmds[i];
		KUNIT_EXPECT_EQ(test, !!(cmd->w[0] & SMMU3_CMD0_SSV), i == 2);
		KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CMD0_SSID, cmd->w[0]),
				i == 2 ? 7 : 0);
		KUNIT_EXPECT_EQ(test, FIELD_GET(SMMU3_CMD0_SID, cmd->w[0]),
				i == 1 ? SID_B : SID_A);
	}
	smmu3_attachment_remove(sd, &att);
	KUNIT_EXPECT_EQ(test, atomic_read(&sd->num_ats), 2);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&sd->attachments), 2);
}

static void expect_lost(struct kunit *test, struct smmu3_pci_fake *fake,
			u32 sid)
{
	struct ats_test *at = test->priv;

	KUNIT_EXPECT_TRUE(test, device_of(fake)->ats.dead);
	KUNIT_EXPECT_TRUE(test, device_of(fake)->ats.closed);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, sid), SMMU3_STE_EATS_ABORT);
	/* It has the old translation, and may not use it */
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_ABORTED,
			send_translated(at, sid, IOVA));
	smmu3_ats_tell(at->smmu);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(fake));
	KUNIT_EXPECT_TRUE(test, device_of(fake)->ats.told);
}

/* Of two devices the one that does not answer is found, and it alone */
static void lost_one_of_two(struct kunit *test)
{
	struct ats_test *at = test->priv;
	unsigned int from;

	fill_both(test);
	at->model->atc_stuck_one = true;
	at->model->atc_stuck_sid = SID_A;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(at->domain, IOVA, SZ_4K));
	expect_lost(test, at->a, SID_A);
	KUNIT_EXPECT_FALSE(test, device_of(at->b)->ats.dead);
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(at->model, SID_B));
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, SID_B), SMMU3_STE_EATS_FULL);
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(at->b));
	KUNIT_EXPECT_EQ(test, at->smmu->state, SMMU3_RUNNING);

	/* The lost one is asked no more, and gets ATS no more */
	at->model->num_cmds = 0;
	from = at->model->num_cmds;
	iommu_unmap(at->domain, IOVA + SZ_4K, SZ_4K);
	KUNIT_EXPECT_EQ(test, 1, smmu3_rig_count(at->model, SMMU3_OP_ATC_INV, from));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(at->a));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, SID_A), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(at->a));
	/* What it sends untranslated is translated as ever */
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_DONE,
			smmu3_model_dma(at->model, SID_A, NO_SSID,
					IOVA + 2 * SZ_4K, 0).outcome);
}

static void lost_all(struct kunit *test)
{
	struct ats_test *at = test->priv;

	fill_both(test);
	at->model->atc_stuck = true;
	KUNIT_EXPECT_EQ(test, SZ_64K, iommu_unmap(at->domain, IOVA, SZ_64K));
	expect_lost(test, at->a, SID_A);
	expect_lost(test, at->b, SID_B);
	KUNIT_EXPECT_EQ(test, at->smmu->state, SMMU3_RUNNING);
	KUNIT_EXPECT_TRUE(test, smmu3_cmdq_alive(&at->smmu->cmdq));
}

/* One stream of many: the device is out, with all of its streams */
static void lost_among_many(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct smmu3_pci_fake *fake;
	u32 ids[MANY];

	fake = add_fake_with_many(test, ids);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(fake, at->domain));
	map(test, IOVA, SZ_64K);
	fill(test, SID_A, IOVA);
	fill(test, ids[20], IOVA);
	at->model->atc_stuck_one = true;
	at->model->atc_stuck_sid = ids[20];
	iommu_unmap(at->domain, IOVA, 7 * SZ_4K);
	expect_lost(test, fake, ids[20]);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, ids[0]), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, ids[MANY - 1]), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_FALSE(test, device_of(at->a)->ats.dead);
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(at->model, SID_A));
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(fake));
}

/*
 * Whoever finds the culprit among more devices than are looked at in one go lets
 * the lock that maps and detaches want, go while it waits.
 */
static void lost_far_down(struct kunit *test)
{
	struct ats_test *at = test->priv;
	struct smmu3_pci_fake *fakes[20];
	u32 sid;
	int i;

	for (i = 0; i < ARRAY_SIZE(fakes); i++) {
		sid = 0x400 + i;
		fakes[i] = smmu3_pci_fake_create(test, at->smmu, &sid, 1);
		smmu3_pci_fake_probe(test, fakes[i]);
		KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(fakes[i], at->domain));
	}
	map(test, IOVA, SZ_64K);
	fill(test, sid, IOVA);
	at->model->atc_stuck_one = true;
	at->model->atc_stuck_sid = sid;
	at->model->not_waited_under =
		&to_smmu3_domain(at->domain)->attachments_lock;
	iommu_unmap(at->domain, IOVA, SZ_64K);
	at->model->not_waited_under = NULL;
	expect_lost(test, fakes[i - 1], sid);
	for (i = 0; i < ARRAY_SIZE(fakes) - 1; i++) {
		KUNIT_EXPECT_FALSE(test, device_of(fakes[i])->ats.dead);
		KUNIT_EXPECT_EQ(test, 0,
				atomic_read(&device_of(fakes[i])->ats.holders));
	}
	for (i = 0; i < ARRAY_SIZE(fakes); i++)
		KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_block(fakes[i]));
}

/* A new probe is a new chance */
static void lost_and_probed_again(struct kunit *test)
{
	struct ats_test *at = test->priv;

	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	map(test, IOVA, SZ_4K);
	at->model->atc_stuck = true;
	iommu_unmap(at->domain, IOVA, SZ_4K);
	KUNIT_EXPECT_TRUE(test, device_of(at->a)->ats.dead);
	smmu3_ats_tell(at->smmu);
	at->model->atc_stuck = false;
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_block(at->a));
	smmu3_pci_fake_release(test, at->a);
	smmu3_pci_fake_probe(test, at->a);
	KUNIT_ASSERT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_EXPECT_TRUE(test, smmu3_pci_fake_ats(at->a));
}

/* It does not even answer when it is attached: then it never gets ATS */
static void lost_when_attached(struct kunit *test)
{
	struct ats_test *at = test->priv;

	at->model->atc_stuck = true;
	KUNIT_EXPECT_EQ(test, 0, smmu3_pci_fake_attach(at->a, at->domain));
	KUNIT_EXPECT_FALSE(test, smmu3_pci_fake_ats(at->a));
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, SID_A), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_TRUE(test, device_of(at->a)->ats.closed);
}

/* Pulled out: nobody waits for it, and what comes to its place is not it */
static void lost_by_removal(struct kunit *test)
{
	struct ats_test *at = test->priv;

	fill_both(test);
	at->a->pdev.error_state = pci_channel_io_perm_failure;
	at->model->num_cmds = 0;
	KUNIT_EXPECT_EQ(test, SZ_64K, iommu_unmap(at->domain, IOVA, SZ_64K));
	KUNIT_EXPECT_EQ(test, 1, smmu3_rig_count(at->model, SMMU3_OP_ATC_INV, 0));
	KUNIT_EXPECT_EQ(test, 0, smmu3_model_atc_entries(at->model, SID_B));
	KUNIT_EXPECT_TRUE(test, device_of(at->a)->ats.closed);
	KUNIT_EXPECT_EQ(test, smmu3_rig_eats(at->smmu, SID_A), SMMU3_STE_EATS_ABORT);
	KUNIT_EXPECT_EQ(test, SMMU3_DMA_ABORTED,
			send_translated(at, SID_A, IOVA));
	smmu3_ats_tell(at->smmu);
	KUNIT_EXPECT_TRUE(test, device_of(at->a)->ats.told);
}

static struct kunit_case ats_cases[] = {
	KUNIT_CASE(ats_needs_all),
	KUNIT_CASE(ats_on_and_off),
	KUNIT_CASE(ats_not_for_bypass),
	KUNIT_CASE(ats_domain_changes),
	KUNIT_CASE(ats_unmap),
	KUNIT_CASE(ats_many_streams),
	KUNIT_CASE(ats_costs_others_nothing),
	KUNIT_CASE(attachment_pasids),
	KUNIT_CASE(lost_one_of_two),
	KUNIT_CASE(lost_all),
	KUNIT_CASE(lost_among_many),
	KUNIT_CASE(lost_far_down),
	KUNIT_CASE(lost_and_probed_again),
	KUNIT_CASE(lost_when_attached),
	KUNIT_CASE(lost_by_removal),
	{}
};

static struct kunit_suite ats_suite = {
	.name = "smmu3-ats",
	.init = ats_init,
	.test_cases = ats_cases,
};

kunit_test_suite(ats_suite);
