// SPDX-License-Identifier: GPL-2.0
/*
 * What a gather becomes: exact commands, and a decoder of commands that says
 * which addresses they cover.
 */
#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/prandom.h>

#include "cmdq_test.h"
#include "invalidate.h"

#define TAG	0xbeef

static void make_gather(struct iommu_iotlb_gather *gather, u64 start, u64 size,
			size_t pgsize, u8 levels, bool table)
{
	iommu_iotlb_gather_init(gather);
	iommu_iotlb_gather_add_range(gather, start, size);
	gather->pgsize = pgsize;
	gather->leaf_levels = levels;
	gather->table = table;
}

struct inv_vector {
	const char *name;
	u64 start, size;
	size_t pgsize;
	u8 levels;
	bool table;
	unsigned int n;
	struct smmu3_cmd cmds[2];
};

/* Stage 1, 4 KiB, ASID 0xbeef: NUM is bits 12.., SCALE bits 20.. of word 0 */
static const struct inv_vector ril_vectors[] = {
	{ "page", 0x12345000, SZ_4K, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000000012, 0x12345701 }}} },
	{ "64K", 0x12340000, SZ_64K, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef00000000f012, 0x12340701 }}} },
	{ "256K, pages", 0x12340000, SZ_256K, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000600012, 0x12340701 }}} },
	{ "2M block", 0x12200000, SZ_2M, SZ_2M, BIT(2), false, 1,
	  {{{ 0xbeef000000900012, 0x12200601 }}} },
	{ "1G block", 0x40000000, SZ_1G, SZ_1G, BIT(1), false, 1,
	  {{{ 0xbeef000001200012, 0x40000501 }}} },
	{ "three pages", 0x1000, 3 * SZ_4K, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000002012, 0x1701 }}} },
	{ "33 pages", 0x1000, 33 * SZ_4K, SZ_4K, BIT(3), false, 2,
	  {{{ 0xbeef000000000012, 0x1701 }}, {{ 0xbeef000000500012, 0x2701 }}} },
	{ "blocks and pages", 0x200000, SZ_2M + SZ_4K, SZ_4K, BIT(2) | BIT(3),
	  false, 2,
	  {{{ 0xbeef000000100012, 0x200401 }},
	   {{ 0xbeef000000900012, 0x202401 }}} },
	{ "table", 0x200000, SZ_2M, SZ_4K, BIT(3), true, 1,
	  {{{ 0xbeef000000900012, 0x200400 }}} },
	/* 4.4.1.1 reserves a page at an unknown level: the pair goes */
	{ "odd page, level unknown", 0x5000, SZ_4K, SZ_4K, 0, false, 1,
	  {{{ 0xbeef000000001012, 0x4401 }}} },
	{ "even page of a table", 0x4000, SZ_4K, SZ_4K, BIT(3), true, 1,
	  {{{ 0xbeef000000001012, 0x4400 }}} },
	{ "level 0 has no hint", 0, 1ULL << 39, SZ_1G, BIT(0), false, 1,
	  {{{ 0xbeef000001b00012, 0x401 }}} },
	{ "unaligned", 0x1fff, 2, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000001012, 0x1701 }}} },
	{ "everything", 0, 1ULL << 52, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000000011, 0 }}} },
};

static const struct inv_vector each_vectors[] = {
	{ "page", 0x12345000, SZ_4K, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000000012, 0x12345001 }}} },
	{ "pages", 0x12345000, SZ_8K, SZ_4K, BIT(3), false, 2,
	  {{{ 0xbeef000000000012, 0x12345001 }},
	   {{ 0xbeef000000000012, 0x12346001 }}} },
	{ "blocks", 0x12200000, SZ_4M, SZ_2M, BIT(2), false, 2,
	  {{{ 0xbeef000000000012, 0x12200001 }},
	   {{ 0xbeef000000000012, 0x12400001 }}} },
	{ "size unknown", 0x12345000, SZ_8K, 0, 0, true, 2,
	  {{{ 0xbeef000000000012, 0x12345000 }},
	   {{ 0xbeef000000000012, 0x12346000 }}} },
	{ "too many", 0x12345000, 33 * SZ_4K, SZ_4K, BIT(3), false, 1,
	  {{{ 0xbeef000000000011, 0 }}} },
};

static void check_vectors(struct kunit *test, const struct inv_vector *v,
			  unsigned int count, bool ril)
{
	struct smmu3_cmd cmds[SMMU3_INV_MAX_CMDS];
	struct iommu_iotlb_gather gather;
	struct smmu3_inv inv;
	unsigned int i, n;

	smmu3_inv_init(&inv, SMMU3_INV_ASID, TAG, 12, ril);
	for (; count--; v++) {
		make_gather(&gather, v->start, v->size, v->pgsize, v->levels,
			    v->table);
		n = smmu3_inv_encode(&inv, &gather, cmds);
		KUNIT_EXPECT_EQ_MSG(test, n, v->n, "%s", v->name);
		for (i = 0; i < v->n; i++) {
			KUNIT_EXPECT_EQ_MSG(test, cmds[i].w[0],
					    v->cmds[i].w[0], "%s, %u", v->name,
					    i);
			KUNIT_EXPECT_EQ_MSG(test, cmds[i].w[1],
					    v->cmds[i].w[1], "%s, %u", v->name,
					    i);
		}
	}
}

static void inv_vectors(struct kunit *test)
{
	check_vectors(test, ril_vectors, ARRAY_SIZE(ril_vectors), true);
	check_vectors(test, each_vectors, ARRAY_SIZE(each_vectors), false);
}

static void inv_kinds(struct kunit *test)
{
	static const struct {
		enum smmu3_inv_kind kind;
		u64 range, all;
	} kinds[] = {
		{ SMMU3_INV_ASID, 0xbeef000000000012, 0xbeef000000000011 },
		{ SMMU3_INV_ASID_EL2, 0xbeef000000000022, 0xbeef000000000021 },
		{ SMMU3_INV_VMID, 0x0000beef0000002a, 0x0000beef00000028 },
	};
	unsigned int i, lg2;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (lg2 = 12; lg2 <= 16; lg2 += 2) {
			struct smmu3_cmd cmds[SMMU3_INV_MAX_CMDS];
			struct iommu_iotlb_gather gather;
			struct smmu3_inv inv;

			smmu3_inv_init(&inv, kinds[i].kind, TAG, lg2, true);
			KUNIT_EXPECT_EQ(test, inv.all.w[0], kinds[i].all);
			KUNIT_EXPECT_EQ(test, inv.all.w[1], 0);
			make_gather(&gather, 0x40000000, 1 << lg2, 1 << lg2,
				    BIT(3), false);
			KUNIT_EXPECT_EQ(test,
					smmu3_inv_encode(&inv, &gather, cmds),
					1);
			KUNIT_EXPECT_EQ(test, cmds[0].w[0], kinds[i].range);
			KUNIT_EXPECT_EQ(test, cmds[0].w[1], 0x40000301 |
					(u64)((lg2 - 10) / 2) << 10);
		}
	}
}

/* What a command by address covers, in the order of the list */
struct coverage {
	u64 next;
	bool leaf;
	unsigned int ttl;
};

static void decode(struct kunit *test, const struct smmu3_inv *inv,
		   const struct smmu3_cmd *cmd, u64 step, struct coverage *c)
{
	u64 num = FIELD_GET(SMMU3_TLBI0_NUM, cmd->w[0]);
	u64 scale = FIELD_GET(SMMU3_TLBI0_SCALE, cmd->w[0]);
	unsigned int tg = FIELD_GET(SMMU3_TLBI1_TG, cmd->w[1]);

	/* Without a hole and without an overlap */
	KUNIT_ASSERT_EQ(test, cmd->w[1] & SMMU3_TLBI1_ADDR, c->next);
	c->leaf = cmd->w[1] & SMMU3_TLBI1_LEAF;
	c->ttl = FIELD_GET(SMMU3_TLBI1_TTL, cmd->w[1]);
	if (!tg) {
		KUNIT_ASSERT_EQ(test, num | scale | c->ttl, 0);
		c->next += step;
		return;
	}
	KUNIT_ASSERT_EQ(test, 10 + 2 * tg, inv->granule_lg2);
	KUNIT_ASSERT_NE_MSG(test, num | scale | c->ttl, 0,
			    "reserved encoding");
	c->next += (num + 1) << (scale + inv->granule_lg2);
}

static bool has_level_hint(u8 levels)
{
	return levels == BIT(1) || levels == BIT(2) || levels == BIT(3);
}

static void random_one(struct kunit *test, struct rnd_state *rnd)
{
	static const u8 granules[] = { 12, 14, 16 };
	u8 lg2 = granules[prandom_u32_state(rnd) % 3];
	bool ril = prandom_u32_state(rnd) & 1;
	u64 pages = (prandom_u32_state(rnd) >> (prandom_u32_state(rnd) % 32)) + 1;
	u64 first = prandom_u32_state(rnd) & 0xfffffff;
	bool table = !(prandom_u32_state(rnd) & 3);
	u8 levels = prandom_u32_state(rnd) & 0xf;
	struct smmu3_cmd cmds[SMMU3_INV_MAX_CMDS];
	struct iommu_iotlb_gather gather;
	struct coverage c = {};
	struct smmu3_inv inv;
	unsigned int i, n;

	smmu3_inv_init(&inv, prandom_u32_state(rnd) % 3, TAG, lg2, ril);
	make_gather(&gather, first << lg2, pages << lg2, 1 << lg2, levels,
		    table);
	n = smmu3_inv_encode(&inv, &gather, cmds);
	KUNIT_ASSERT_GE(test, n, 1);
	KUNIT_ASSERT_LE(test, n, ril ? 8 : SMMU3_INV_MAX_CMDS);
	if (cmds[0].w[0] == inv.all.w[0]) {
		KUNIT_ASSERT_FALSE(test, ril);
		KUNIT_ASSERT_GT(test, pages, SMMU3_INV_MAX_CMDS);
		return;
	}
	c.next = first << lg2;
	if (ril && pages % 32 == 1 && (table || !has_level_hint(levels))) {
		first &= ~1ULL;
		c.next = first << lg2;
		pages++;
	}
	for (i = 0; i < n; i++) {
		decode(test, &inv, &cmds[i], 1 << lg2, &c);
		KUNIT_ASSERT_EQ(test, c.leaf, !table);
		if (c.ttl)
			KUNIT_ASSERT_EQ(test, levels, BIT(c.ttl));
	}
	KUNIT_ASSERT_EQ(test, c.next, (first + pages) << lg2);
}

static void inv_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 7);
	for (i = 0; i < 20000; i++)
		random_one(test, &rnd);
}

/* What is issued is what is encoded, and a CMD_SYNC, in the ring of a queue */
static void issue_one(struct kunit *test, const struct inv_vector *v, bool ril)
{
	struct fake *f = fake_new(test, FAKE_RING_LG2_MAX, 0);
	struct smmu3_cmd cmds[SMMU3_INV_MAX_CMDS];
	struct iommu_iotlb_gather gather;
	struct smmu3_inv inv;
	unsigned int i, n;

	smmu3_inv_init(&inv, SMMU3_INV_ASID, TAG, 12, ril);
	make_gather(&gather, v->start, v->size, v->pgsize, v->levels, v->table);
	n = smmu3_inv_encode(&inv, &gather, cmds);
	KUNIT_EXPECT_EQ(test, smmu3_inv_issue(&f->q, &inv, &gather), 0);
	KUNIT_EXPECT_EQ(test, f->regs[FAKE_CONS], n + 1);
	for (i = 0; i < 2 * n; i++)
		KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(f->ring[i]),
				    cmds[i / 2].w[i % 2], "%s, word %u",
				    v->name, i);
	KUNIT_EXPECT_EQ(test, f->syncs, 1);
}

static void inv_issue(struct kunit *test)
{
	struct iommu_iotlb_gather gather;
	struct smmu3_inv inv;
	struct fake *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ril_vectors); i++)
		issue_one(test, &ril_vectors[i], true);
	for (i = 0; i < ARRAY_SIZE(each_vectors); i++)
		issue_one(test, &each_vectors[i], false);

	f = fake_new(test, 4, 0);
	smmu3_inv_init(&inv, SMMU3_INV_VMID, TAG, 12, true);
	iommu_iotlb_gather_init(&gather);
	KUNIT_EXPECT_EQ(test, smmu3_inv_issue(&f->q, &inv, &gather), 0);
	KUNIT_EXPECT_EQ(test, f->cmds + f->syncs, 0);
	KUNIT_EXPECT_EQ(test, smmu3_inv_issue_all(&f->q, &inv), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(f->ring[0]), inv.all.w[0]);
	KUNIT_EXPECT_EQ(test, f->cmds, 1);
	KUNIT_EXPECT_EQ(test, f->syncs, 1);
}

static struct kunit_case inv_cases[] = {
	KUNIT_CASE(inv_vectors),
	KUNIT_CASE(inv_kinds),
	KUNIT_CASE(inv_random),
	KUNIT_CASE(inv_issue),
	{}
};

static struct kunit_suite inv_suite = {
	.name = "smmu3-invalidate",
	.test_cases = inv_cases,
};

kunit_test_suite(inv_suite);
