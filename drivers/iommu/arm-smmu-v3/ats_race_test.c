// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of ats.c and atc.c: unmaps while a device comes and goes.
 *
 * Whatever the order, a device that is there after an unmap must not have the
 * old translation.  That is what smmu3_atc_flush() promises without a barrier.
 */
#include <kunit/test.h>

#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "model.h"
#include "pci_fake.h"
#include "rig.h"
#include "smmu.h"

#define SID		0x100
#define HELPER_SID	0x208
#define IOVA		0x40000000UL
#define PHYS		0x80000000ULL
#define NO_SSID		SMMU3_MODEL_NO_SSID
#define MAPPERS		2
#define RUN_MS		400

/**
 * struct race - what the threads share
 * @model: unit
 * @fake: device that comes and goes
 * @domain: where it goes to
 * @moves: times that it has come, and begun to leave: odd while it is there
 * @mappings: mappings that were made
 * @checks: times that a mapper could judge
 * @stale: times that the device reached a page that was unmapped
 * @errors: calls that failed and should not
 */
struct race {
	struct smmu3_model *model;
	struct smmu3_pci_fake *fake;
	struct iommu_domain *domain;
	atomic_t moves;
	atomic_t mappings;
	atomic_t checks;
	atomic_t stale;
	atomic_t errors;
};

struct mapper {
	struct race *race;
	unsigned long iova;
};

/*
 * A device that is away or coming may have anything in its ATC until ATS is on
 * again, so only who saw it stay can judge.
 */
static void judge(struct race *race, unsigned long iova)
{
	int moves = atomic_read_acquire(&race->moves);
	struct smmu3_dma_result result;

	if (!(moves & 1))
		return;
	result = smmu3_model_dma(race->model, SID, NO_SSID, iova,
				 SMMU3_DMA_TRANSLATED);
	/* The transaction was over before the count is read again */
	smp_rmb();
	if (atomic_read(&race->moves) != moves)
		return;
	atomic_inc(&race->checks);
	if (result.outcome == SMMU3_DMA_DONE)
		atomic_inc(&race->stale);
}

static int map_and_unmap(void *data)
{
	struct mapper *mapper = data;
	struct race *race = mapper->race;

	while (!kthread_should_stop()) {
		if (iommu_map(race->domain, mapper->iova, PHYS, SZ_4K,
			      IOMMU_READ | IOMMU_WRITE, GFP_KERNEL))
			atomic_inc(&race->errors);
		smmu3_model_ats_translate(race->model, SID, NO_SSID,
					  mapper->iova, SMMU3_DMA_WRITE);
		if (iommu_unmap(race->domain, mapper->iova, SZ_4K) != SZ_4K)
			atomic_inc(&race->errors);
		atomic_inc(&race->mappings);
		judge(race, mapper->iova);
		cond_resched();
	}
	return 0;
}

static int come_and_go(void *data)
{
	struct race *race = data;
	struct device *dev = &race->fake->pdev.dev;
	struct iommu_domain *blocked = race->fake->smmu->iommu.ops->blocked_domain;

	while (!kthread_should_stop()) {
		if (race->domain->ops->attach_dev(race->domain, dev))
			atomic_inc(&race->errors);
		atomic_inc_return_release(&race->moves);
		cond_resched();
		atomic_inc(&race->moves);
		/* Seen before anything that leaving and coming again does */
		smp_mb__after_atomic();
		if (blocked->ops->attach_dev(blocked, dev))
			atomic_inc(&race->errors);
		cond_resched();
	}
	return 0;
}

static void run(struct kunit *test, struct race *race)
{
	struct task_struct *tasks[MAPPERS + 1];
	struct mapper mappers[MAPPERS];
	int i;

	tasks[MAPPERS] = kthread_run(come_and_go, race, "smmu3-comes-and-goes");
	KUNIT_ASSERT_FALSE(test, IS_ERR(tasks[MAPPERS]));
	for (i = 0; i < MAPPERS; i++) {
		mappers[i] = (struct mapper) { race, IOVA + i * SZ_4K };
		tasks[i] = kthread_run(map_and_unmap, &mappers[i],
				       "smmu3-maps/%d", i);
		if (IS_ERR(tasks[i]))
			KUNIT_FAIL(test, "no thread");
	}
	msleep(RUN_MS);
	for (i = 0; i <= MAPPERS; i++)
		if (!IS_ERR(tasks[i]))
			kthread_stop(tasks[i]);
}

static void unmap_while_attaching(struct kunit *test)
{
	const u32 sid = SID;
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	struct smmu3_instance *smmu;
	struct device *helper;

	KUNIT_ASSERT_NOT_NULL(test, race);
	smmu = smmu3_rig_start(test, &race->model);
	helper = smmu3_rig_master(test, race->model, HELPER_SID);
	race->fake = smmu3_pci_fake_create(test, smmu, &sid, 1);
	smmu3_pci_fake_probe(test, race->fake);
	race->domain = smmu3_rig_domain(test, helper);

	run(test, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->stale), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->errors), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->mappings), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->moves), 0);
	kunit_info(test, "%d mappings, %d moves, %d judged",
		   atomic_read(&race->mappings), atomic_read(&race->moves),
		   atomic_read(&race->checks));
	iommu_domain_free(race->domain);
}

static struct kunit_case ats_race_cases[] = {
	KUNIT_CASE(unmap_while_attaching),
	{}
};

static struct kunit_suite ats_race_suite = {
	.name = "smmu3-ats-race",
	.test_cases = ats_race_cases,
};

kunit_test_suite(ats_race_suite);
