// SPDX-License-Identifier: GPL-2.0
/*
 * Queue index arithmetic, over all sizes and across all wraps.
 *
 * The model counts entries in 64 bits and derives what hardware would hold.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "ring.h"

#define SEED	20240613

/* What an index register of hardware would read after @pos entries */
static u32 model_index(unsigned int lg2, u64 pos)
{
	u32 slot = pos % (1ULL << lg2);
	u32 wrap = (pos >> lg2) & 1;

	return slot + (wrap ? 1u << lg2 : 0);
}

/* Positions around which something could go wrong */
static u64 interesting(struct rnd_state *rnd, unsigned int lg2)
{
	u64 size = 1ULL << lg2;

	switch (prandom_u32_state(rnd) % 4) {
	case 0:
		return prandom_u32_state(rnd) % (4 * size);
	case 1:
		return size * (prandom_u32_state(rnd) % 8 + 1) - 1;
	case 2:
		return (1ULL << 32) - prandom_u32_state(rnd) % (2 * size);
	default:
		return ((u64)prandom_u32_state(rnd) << 20) +
		       prandom_u32_state(rnd);
	}
}

static void ring_index(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int lg2, i;

	prandom_seed_state(&rnd, SEED);
	for (lg2 = 0; lg2 <= SMMU3_Q_MAX_LG2; lg2++) {
		for (i = 0; i < 500; i++) {
			u64 pos = interesting(&rnd, lg2);
			u32 index = model_index(lg2, pos);

			KUNIT_ASSERT_EQ(test, smmu3_ring_index(lg2, pos), index);
			KUNIT_ASSERT_EQ(test, smmu3_ring_slot(lg2, pos),
					pos & ((1 << lg2) - 1));
			KUNIT_ASSERT_EQ(test, smmu3_ring_slot(lg2, index),
					pos & ((1 << lg2) - 1));
		}
	}
}

static void ring_extend(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int lg2, i;

	prandom_seed_state(&rnd, SEED);
	for (lg2 = 0; lg2 <= SMMU3_Q_MAX_LG2; lg2++) {
		u32 size = smmu3_ring_size(lg2);

		for (i = 0; i < 500; i++) {
			u64 base = interesting(&rnd, lg2);
			u64 pos = base + prandom_u32_state(&rnd) % (2 * size);
			u32 reg = model_index(lg2, pos) | SMMU3_QIDX_OVF;

			KUNIT_ASSERT_EQ(test,
					smmu3_ring_extend(lg2, base, reg), pos);
		}
	}
}

static void ring_passed_one(struct kunit *test, unsigned int lg2, u64 cons,
			    u64 pos)
{
	KUNIT_ASSERT_EQ_MSG(test,
			    smmu3_ring_passed(lg2, model_index(lg2, cons), pos),
			    cons >= pos, "lg2 %u, cons %llu, pos %llu", lg2,
			    cons, pos);
}

static void ring_passed(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int lg2, i;

	prandom_seed_state(&rnd, SEED);
	for (lg2 = 0; lg2 <= SMMU3_Q_MAX_LG2; lg2++) {
		u32 size = smmu3_ring_size(lg2);

		for (i = 0; i < 500; i++) {
			u64 pos = interesting(&rnd, lg2) + size;
			u32 d = prandom_u32_state(&rnd) % size;

			ring_passed_one(test, lg2, pos, pos);
			ring_passed_one(test, lg2, pos - 1, pos);
			ring_passed_one(test, lg2, pos - size, pos);
			ring_passed_one(test, lg2, pos + size - 1, pos);
			ring_passed_one(test, lg2, pos - d, pos);
			ring_passed_one(test, lg2, pos + d, pos);
		}
	}
}

/* A producer and a consumer at random, counted beside */
static void ring_walk_one(struct kunit *test, struct rnd_state *rnd,
			  unsigned int lg2)
{
	u32 size = smmu3_ring_size(lg2);
	u64 prod = interesting(rnd, lg2), cons = prod;
	u32 hw_prod = smmu3_ring_index(lg2, prod) | SMMU3_QIDX_OVF;
	u32 hw_cons = smmu3_ring_index(lg2, cons);
	unsigned int i;

	for (i = 0; i < 300; i++) {
		u32 used = prod - cons;
		u32 n = prandom_u32_state(rnd) % (size - used + 1);

		prod += n;
		hw_prod = smmu3_ring_advance(lg2, hw_prod, n);
		used += n;
		KUNIT_ASSERT_EQ(test, smmu3_ring_space(lg2, prod, cons),
				size - used);
		KUNIT_ASSERT_EQ(test, smmu3_ring_count(lg2, hw_prod, hw_cons),
				used);
		KUNIT_ASSERT_EQ(test, smmu3_ring_empty(lg2, hw_prod, hw_cons),
				used == 0);
		KUNIT_ASSERT_EQ(test, smmu3_ring_index(lg2, hw_prod),
				model_index(lg2, prod));
		KUNIT_ASSERT_TRUE(test, hw_prod & SMMU3_QIDX_OVF);

		n = prandom_u32_state(rnd) % (used + 1);
		cons += n;
		hw_cons = smmu3_ring_advance(lg2, hw_cons, n);
		KUNIT_ASSERT_EQ(test, hw_cons, model_index(lg2, cons));
	}
}

static void ring_walk(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int lg2;

	prandom_seed_state(&rnd, SEED);
	for (lg2 = 0; lg2 <= SMMU3_Q_MAX_LG2; lg2++)
		ring_walk_one(test, &rnd, lg2);
}

static void ring_full(struct kunit *test)
{
	unsigned int lg2;

	for (lg2 = 0; lg2 <= SMMU3_Q_MAX_LG2; lg2++) {
		u32 size = smmu3_ring_size(lg2);

		KUNIT_EXPECT_EQ(test, smmu3_ring_count(lg2, size, 0), size);
		KUNIT_EXPECT_EQ(test, smmu3_ring_count(lg2, 0, size), size);
		KUNIT_EXPECT_FALSE(test, smmu3_ring_empty(lg2, size, 0));
		KUNIT_EXPECT_EQ(test, smmu3_ring_space(lg2, size, 0), 0);
		/* A consumer ahead of the producer: they do not belong together */
		if (lg2)
			KUNIT_EXPECT_GT(test, smmu3_ring_count(lg2, 0, 1), size);
	}
}

static void ring_overflow(struct kunit *test)
{
	const u32 ovf = SMMU3_QIDX_OVF;

	KUNIT_EXPECT_FALSE(test, smmu3_ring_overflown(5, 3));
	KUNIT_EXPECT_TRUE(test, smmu3_ring_overflown(5 | ovf, 3));
	KUNIT_EXPECT_TRUE(test, smmu3_ring_overflown(5, 3 | ovf));
	KUNIT_EXPECT_FALSE(test, smmu3_ring_overflown(5 | ovf, 3 | ovf));
	KUNIT_EXPECT_EQ(test, smmu3_ring_ack_overflow(5 | ovf, 3), 3 | ovf);
	KUNIT_EXPECT_EQ(test, smmu3_ring_ack_overflow(5, 3 | ovf), 3u);
	/* Stepping over the end keeps the flag and flips the wrap bit only */
	KUNIT_EXPECT_EQ(test, smmu3_ring_advance(3, 15 | ovf, 1), ovf);
	KUNIT_EXPECT_EQ(test, smmu3_ring_advance(3, 7, 1), 8u);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_index),
	KUNIT_CASE(ring_extend),
	KUNIT_CASE(ring_passed),
	KUNIT_CASE(ring_walk),
	KUNIT_CASE(ring_full),
	KUNIT_CASE(ring_overflow),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "smmu3-ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
