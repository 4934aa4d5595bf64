// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite: random maps, unmaps and attachments beside a model, and many
 * threads at once.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "rig.h"

#define DOMAINS		3
#define ENDPOINTS	3
#define PAGES		64
#define STEPS		4000
#define IOVA		0x40000000UL
#define PROT		(IOMMU_READ | IOMMU_WRITE)

#define THREADS		4
#define ROUNDS		150

/**
 * struct walk - a random walk, and what it should have come to
 * @test: test
 * @fake: device
 * @ep: endpoints 1 to ENDPOINTS
 * @in: which domain each is in, -1 for the blocked one
 * @domain: domains
 * @pages: what each page of each is mapped to, or 0
 * @rnd: where to next
 * @refusals: how often the device refused
 */
struct walk {
	struct kunit *test;
	struct viommu_fake *fake;
	struct viommu_endpoint *ep[ENDPOINTS];
	int in[ENDPOINTS];
	struct iommu_domain *domain[DOMAINS];
	u64 pages[DOMAINS][PAGES];
	struct rnd_state rnd;
	unsigned int refusals;
};

static u32 choose(struct walk *walk, u32 count)
{
	return prandom_u32_state(&walk->rnd) % count;
}

static struct walk *walk_start(struct kunit *test)
{
	struct walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);
	struct device *dev = NULL;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, walk);
	walk->test = test;
	walk->fake = viommu_rig_start(test);
	prandom_seed_state(&walk->rnd, 20041889);
	for (i = 0; i < ENDPOINTS; i++) {
		dev = viommu_rig_master(walk->fake, i + 1);
		walk->ep[i] = dev_iommu_priv_get(dev);
		walk->in[i] = -1;
		KUNIT_ASSERT_EQ(test, viommu_attach(walk->ep[i],
						    &viommu_blocked_domain), 0);
	}
	for (i = 0; i < DOMAINS; i++)
		walk->domain[i] = viommu_rig_domain(test, dev);
	return walk;
}

static void walk_end(struct walk *walk)
{
	int i;

	viommu_fake_play(walk->fake, NULL);
	for (i = 0; i < ENDPOINTS; i++)
		KUNIT_EXPECT_EQ(walk->test, viommu_attach(walk->ep[i],
							  &viommu_blocked_domain),
				0);
}

static void walk_map(struct walk *walk)
{
	u32 d = choose(walk, DOMAINS), page = choose(walk, PAGES);
	u32 count = min(1 + choose(walk, 9), PAGES - page), i;
	u64 paddr = (u64)(1 + choose(walk, 1 << 20)) << PAGE_SHIFT;
	bool taken = false;
	int ret;

	for (i = 0; i < count; i++)
		taken |= walk->pages[d][page + i];
	ret = iommu_map(walk->domain[d], IOVA + page * PAGE_SIZE, paddr,
			count * PAGE_SIZE, PROT, GFP_KERNEL);
	if (taken) {
		KUNIT_ASSERT_EQ(walk->test, ret, -EEXIST);
		return;
	}
	if (ret == -ENOMEM) {
		walk->refusals++;
		return;
	}
	KUNIT_ASSERT_EQ(walk->test, ret, 0);
	for (i = 0; i < count; i++)
		walk->pages[d][page + i] = paddr + i * PAGE_SIZE;
}

static void walk_unmap(struct walk *walk)
{
	u32 d = choose(walk, DOMAINS), page = choose(walk, PAGES);
	u32 count = min(1 + choose(walk, 9), PAGES - page), run = 0;

	while (run < count && walk->pages[d][page + run])
		walk->pages[d][page + run++] = 0;
	KUNIT_ASSERT_EQ(walk->test,
			iommu_unmap(walk->domain[d], IOVA + page * PAGE_SIZE,
				    count * PAGE_SIZE), run * PAGE_SIZE);
}

static void walk_attach(struct walk *walk)
{
	u32 e = choose(walk, ENDPOINTS);
	int to = (int)choose(walk, DOMAINS + 1) - 1;
	int ret;

	ret = viommu_attach(walk->ep[e], to < 0 ? &viommu_blocked_domain :
			    walk->domain[to]);
	if (ret == -ENOMEM) {
		walk->refusals++;
		return;
	}
	KUNIT_ASSERT_EQ(walk->test, ret, 0);
	walk->in[e] = to;
}

static void walk_check(struct walk *walk, u32 e, u32 page)
{
	u64 expected = walk->in[e] < 0 ? 0 : walk->pages[walk->in[e]][page];

	viommu_rig_expect(walk->fake, e + 1, IOVA + page * PAGE_SIZE, expected);
}

static void walk_step(struct walk *walk)
{
	switch (choose(walk, 8)) {
	case 0 ... 3:
		walk_map(walk);
		break;
	case 4 ... 6:
		walk_unmap(walk);
		break;
	default:
		walk_attach(walk);
	}
	walk_check(walk, choose(walk, ENDPOINTS), choose(walk, PAGES));
}

static void walk_check_all(struct walk *walk)
{
	u32 e, page;

	for (e = 0; e < ENDPOINTS; e++)
		for (page = 0; page < PAGES; page++)
			walk_check(walk, e, page);
}

static void a_random_walk(struct kunit *test)
{
	struct walk *walk = walk_start(test);
	int i;

	walk->fake->order = VIOMMU_FAKE_SHUFFLED;
	for (i = 0; i < STEPS; i++)
		walk_step(walk);
	walk_check_all(walk);
	KUNIT_EXPECT_EQ(test, walk->refusals, 0);
	walk_end(walk);
}

/* A device that refuses now and then: MAPs, also of replays, and ATTACHs */
static void a_random_walk_with_refusals(struct kunit *test)
{
	struct walk *walk = walk_start(test);
	struct viommu_fake_plan plan = {
		.trick = VIOMMU_FAKE_STATUS, .count = 1,
		.value = VIRTIO_IOMMU_S_NOMEM,
	};
	int i;

	for (i = 0; i < STEPS / 4; i++) {
		plan.type = choose(walk, 2) ? VIRTIO_IOMMU_T_MAP :
					      VIRTIO_IOMMU_T_ATTACH;
		plan.skip = choose(walk, 4);
		viommu_fake_play(walk->fake, &plan);
		if (choose(walk, 2))
			walk_map(walk);
		else
			walk_attach(walk);
		/* An unmap that splits has no way to be told of a refusal */
		viommu_fake_play(walk->fake, NULL);
		walk_step(walk);
		walk_check_all(walk);
	}
	KUNIT_EXPECT_GT(test, walk->refusals, 10);
	walk_end(walk);
}

/**
 * struct racer - a thread that maps and unmaps pages of its own
 * @fake: device
 * @domain: domain, in which endpoint 1 is
 * @iova: its own addresses
 * @wrong: how often the device reached something else than it should
 * @done: it has ended
 */
struct racer {
	struct viommu_fake *fake;
	struct iommu_domain *domain;
	unsigned long iova;
	unsigned int wrong;
	struct completion done;
};

static bool reaches(struct racer *racer, u64 iova, u64 paddr)
{
	u64 got = 0;

	if (viommu_fake_translate(racer->fake, 1, iova, VIRTIO_IOMMU_MAP_F_READ,
				  &got))
		got = 0;
	return got == paddr;
}

static void race_once(struct racer *racer, u64 paddr)
{
	unsigned long iova = racer->iova;

	racer->wrong += !!iommu_map(racer->domain, iova, paddr, SZ_16K, PROT,
				    GFP_KERNEL);
	racer->wrong += !reaches(racer, iova + SZ_8K, paddr + SZ_8K);
	racer->wrong += iommu_unmap(racer->domain, iova + SZ_4K, SZ_4K) != SZ_4K;
	racer->wrong += !reaches(racer, iova + SZ_4K, 0);
	racer->wrong += !reaches(racer, iova + SZ_8K, paddr + SZ_8K);
	racer->wrong += iommu_unmap(racer->domain, iova, SZ_4K) != SZ_4K;
	racer->wrong += iommu_unmap(racer->domain, iova + SZ_8K, SZ_8K) != SZ_8K;
	racer->wrong += !reaches(racer, iova, 0);
	racer->wrong += !reaches(racer, iova + SZ_8K, 0);
}

static int race(void *data)
{
	struct racer *racer = data;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		race_once(racer, racer->iova + SZ_1G + (u64)i * SZ_16K);
		cond_resched();
	}
	complete(&racer->done);
	return 0;
}

static void threads_share_a_domain(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, 1);
	struct device *other = viommu_rig_master(fake, 2);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct viommu_endpoint *ep = dev_iommu_priv_get(other);
	struct racer *racers;
	unsigned int i, hops;

	racers = kunit_kcalloc(test, THREADS, sizeof(*racers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, racers);
	/* A thread that waits for another's request needs the processor meanwhile */
	viommu_rig_instance(fake)->requests.poll_ms = 60000;
	for (i = 0; i < THREADS; i++) {
		racers[i].fake = fake;
		racers[i].domain = domain;
		racers[i].iova = IOVA + i * SZ_1M;
		init_completion(&racers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(race, &racers[i],
							    "racer/%u", i)));
	}
	/* Another endpoint comes and goes meanwhile */
	for (hops = 0; !try_wait_for_completion(&racers[0].done); hops++) {
		KUNIT_EXPECT_EQ(test, viommu_attach(ep, domain), 0);
		KUNIT_EXPECT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), 0);
		schedule_timeout_uninterruptible(1);
	}
	for (i = 1; i < THREADS; i++)
		wait_for_completion(&racers[i].done);
	for (i = 0; i < THREADS; i++)
		KUNIT_EXPECT_EQ(test, racers[i].wrong, 0);
	KUNIT_EXPECT_EQ(test, viommu_fake_count(fake, 1), 0);
}

static struct kunit_case walk_cases[] = {
	KUNIT_CASE(a_random_walk),
	KUNIT_CASE(a_random_walk_with_refusals),
	KUNIT_CASE(threads_share_a_domain),
	{}
};

static struct kunit_suite walk_suite = {
	.name = "viommu-walk",
	.test_cases = walk_cases,
};

kunit_test_suite(walk_suite);
