// SPDX-License-Identifier: GPL-2.0
/*
 * The bench of the software SMMUv3's own suites.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "model_bench.h"
#include "ring.h"

#define EVTQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_PROD)
#define EVTQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_CONS)

/* Descriptor type, and the access flag */
#define DESC_BLOCK	1
#define DESC_PAGE	3
#define DESC_TABLE	3
#define DESC_AF		BIT_ULL(10)

struct smmu3b_pages {
	void *p;
	size_t size;
};

static void free_pages_of(void *data)
{
	struct smmu3b_pages *pages = data;

	free_pages_exact(pages->p, pages->size);
}

void *smmu3b_alloc(struct kunit *test, size_t size)
{
	struct smmu3b_pages *pages;

	pages = kunit_kzalloc(test, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	pages->size = max(size, PAGE_SIZE);
	pages->p = alloc_pages_exact(pages->size, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, pages->p);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_pages_of, pages));
	return pages->p;
}

static void write64(struct smmu3_bench *b, u32 offset, u64 val)
{
	smmu3_model_write(b->model, offset, lower_32_bits(val));
	smmu3_model_write(b->model, offset + 4, upper_32_bits(val));
}

struct smmu3_bench *smmu3b_create(struct kunit *test)
{
	struct smmu3_bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	b->cr2 = SMMU3_CR2_RECINVSID;
	b->model = smmu3_model_create(test);
	smmu3_model_show_all(b->model);
	b->ste = smmu3b_alloc(test, sizeof(*b->ste) << SMMU3B_STREAMS_LG2);
	b->cmdq = smmu3b_alloc(test, 16 << SMMU3B_QUEUE_LG2);
	b->evtq = smmu3b_alloc(test, 32 << SMMU3B_QUEUE_LG2);
	b->priq = smmu3b_alloc(test, 16 << SMMU3B_QUEUE_LG2);
	return b;
}

void smmu3b_start(struct smmu3_bench *b)
{
	struct smmu3_model *model = b->model;
	u32 *id = model->id.val;

	smmu3_model_set(model, SMMU3_IDR0, id[SMMU3_ID_IDR0]);
	smmu3_model_set(model, SMMU3_IDR1, id[SMMU3_ID_IDR1]);
	smmu3_model_set(model, SMMU3_IDR3, id[SMMU3_ID_IDR3]);
	smmu3_model_set(model, SMMU3_IDR5, id[SMMU3_ID_IDR5]);
	write64(b, SMMU3_STRTAB_BASE, virt_to_phys(b->ste));
	smmu3_model_write(model, SMMU3_STRTAB_BASE_CFG, SMMU3B_STREAMS_LG2);
	smmu3_model_write(model, SMMU3_CR2, b->cr2);
	write64(b, SMMU3_CMDQ_BASE, virt_to_phys(b->cmdq) | SMMU3B_QUEUE_LG2);
	write64(b, SMMU3_EVENTQ_BASE, virt_to_phys(b->evtq) | SMMU3B_QUEUE_LG2);
	write64(b, SMMU3_PRIQ_BASE, virt_to_phys(b->priq) | SMMU3B_QUEUE_LG2);
	smmu3_model_write(model, SMMU3_CR0,
			  SMMU3_CR0_CMDQEN | SMMU3_CR0_EVENTQEN |
			  SMMU3_CR0_PRIQEN | SMMU3_CR0_ATSCHK |
			  SMMU3_CR0_SMMUEN);
}

static void put(struct smmu3_bench *b, const struct smmu3_cmd *cmd)
{
	u32 slot = smmu3_ring_slot(SMMU3B_QUEUE_LG2, b->prod);

	b->cmdq[2 * slot] = cpu_to_le64(cmd->w[0]);
	b->cmdq[2 * slot + 1] = cpu_to_le64(cmd->w[1]);
	b->prod = smmu3_ring_advance(SMMU3B_QUEUE_LG2, b->prod, 1);
}

bool smmu3b_issue(struct smmu3_bench *b, struct smmu3_cmd cmd)
{
	const struct smmu3_cmd sync = smmu3_cmd_sync(SMMU3_SYNC_CS_NONE);
	u32 gerror;

	put(b, &cmd);
	put(b, &sync);
	smmu3_model_write(b->model, SMMU3_CMDQ_PROD, b->prod);
	KUNIT_EXPECT_TRUE(b->test, smmu3_model_settle(b->model));
	gerror = smmu3_model_get(b->model, SMMU3_GERROR);
	if (gerror == smmu3_model_get(b->model, SMMU3_GERRORN))
		return true;
	/* What was refused becomes a CMD_SYNC, as a driver does it */
	b->prod = smmu3_model_get(b->model, SMMU3_CMDQ_CONS);
	b->prod = smmu3_ring_index(SMMU3B_QUEUE_LG2, b->prod);
	put(b, &sync);
	b->prod = smmu3_model_get(b->model, SMMU3_CMDQ_PROD);
	smmu3_model_write(b->model, SMMU3_GERRORN, gerror);
	KUNIT_EXPECT_TRUE(b->test, smmu3_model_settle(b->model));
	return false;
}

bool smmu3b_event(struct smmu3_bench *b, struct smmu3_evt *evt)
{
	u32 prod = smmu3_model_get(b->model, EVTQ_PROD);
	u32 cons = smmu3_model_get(b->model, EVTQ_CONS);
	u32 slot = smmu3_ring_slot(SMMU3B_QUEUE_LG2, cons);
	int i;

	if (smmu3_ring_empty(SMMU3B_QUEUE_LG2, prod, cons))
		return false;
	for (i = 0; i < SMMU3_EVT_WORDS; i++)
		evt->w[i] = le64_to_cpu(b->evtq[SMMU3_EVT_WORDS * slot + i]);
	smmu3_model_write(b->model, EVTQ_CONS,
			  smmu3_ring_advance(SMMU3B_QUEUE_LG2, cons, 1));
	return true;
}

/* Tables */

unsigned int smmu3b_shift(const struct smmu3_bench_table *table, int level)
{
	return table->granule_lg2 + (3 - level) * (table->granule_lg2 - 3);
}

struct smmu3_bench_table smmu3b_table(struct kunit *test,
				      unsigned int granule_lg2,
				      unsigned int ia_bits)
{
	unsigned int step = granule_lg2 - 3;

	return (struct smmu3_bench_table) {
		.top = smmu3b_alloc(test, BIT(granule_lg2)),
		.granule_lg2 = granule_lg2,
		.start = 4 - DIV_ROUND_UP(ia_bits - granule_lg2, step),
	};
}

__le64 *smmu3b_desc(struct kunit *test, const struct smmu3_bench_table *table,
		    u64 ia, int level)
{
	u64 mask = BIT_ULL(table->granule_lg2 - 3) - 1;
	u64 index = ia >> smmu3b_shift(table, table->start);
	__le64 *t = table->top;
	int l;

	/* Tables side by side, if the first index is that large */
	if (ia >> 63)
		index &= mask;
	for (l = table->start; l < level; l++) {
		if (!t[index]) {
			void *next = smmu3b_alloc(test,
						  BIT(table->granule_lg2));

			t[index] = cpu_to_le64(virt_to_phys(next) | DESC_TABLE);
		}
		t = phys_to_virt(le64_to_cpu(t[index]) &
				 GENMASK_ULL(47, table->granule_lg2));
		index = ia >> smmu3b_shift(table, l + 1) & mask;
	}
	return &t[index];
}

void smmu3b_map(struct kunit *test, const struct smmu3_bench_table *table,
		u64 ia, int level, u64 pa, u64 bits)
{
	*smmu3b_desc(test, table, ia, level) =
		cpu_to_le64(pa | bits | DESC_AF |
			    (level == 3 ? DESC_PAGE : DESC_BLOCK));
}

/* Streams */

/* In steps that the unit may see: invalid, filled, valid */
void smmu3b_set_ste(struct smmu3_bench *b, u32 sid, const struct smmu3_ste *ste)
{
	struct smmu3_ste *live = &b->ste[sid];

	live->w[0] = 0;
	KUNIT_EXPECT_TRUE(b->test,
			  smmu3b_issue(b, smmu3_cmd_cfgi_ste(sid, true)));
	memcpy(&live->w[1], &ste->w[1], sizeof(*ste) - sizeof(ste->w[0]));
	KUNIT_EXPECT_TRUE(b->test,
			  smmu3b_issue(b, smmu3_cmd_cfgi_ste(sid, true)));
	live->w[0] = ste->w[0];
	KUNIT_EXPECT_TRUE(b->test,
			  smmu3b_issue(b, smmu3_cmd_cfgi_ste(sid, true)));
}

static u8 tg0(unsigned int granule_lg2)
{
	return granule_lg2 == 12 ? SMMU3_CD_TG0_4K :
	       granule_lg2 == 14 ? SMMU3_CD_TG0_16K : SMMU3_CD_TG0_64K;
}

struct smmu3_cd *smmu3b_stage1(struct smmu3_bench *b, u32 sid,
			       const struct smmu3_bench_table *table,
			       unsigned int ia_bits)
{
	struct smmu3_cd *cd = smmu3b_alloc(b->test, sizeof(*cd));
	struct smmu3_cd_s1 s1 = {
		.ttbr = virt_to_phys(table->top),
		.asid = SMMU3B_ASID,
		.tsz = 64 - ia_bits,
		.tg = tg0(table->granule_lg2),
		.ips = SMMU3_OAS_48,
		.aset = true,
	};
	struct smmu3_ste_s1 ste = {
		.cdtab = virt_to_phys(cd),
		.s1dss = SMMU3_STE_S1DSS_SSID0,
		.ats = true,
	};
	struct smmu3_ste target;

	smmu3_cd_s1(cd, &s1);
	smmu3_ste_s1(&target, &ste);
	smmu3b_set_ste(b, sid, &target);
	return cd;
}

void smmu3b_stage2(struct smmu3_bench *b, u32 sid,
		   const struct smmu3_bench_table *table, unsigned int ia_bits)
{
	unsigned int first = table->granule_lg2 == 12 ? 2 : 3;
	struct io_pgtable_cfg cfg = {};
	struct smmu3_ste_s2 s2 = { .vmid = SMMU3B_VMID, .ats = true };
	struct smmu3_ste target;

	cfg.arm_lpae_s2_cfg.vttbr = virt_to_phys(table->top);
	cfg.arm_lpae_s2_cfg.vtcr.tsz = 64 - ia_bits;
	cfg.arm_lpae_s2_cfg.vtcr.sl = first - table->start;
	cfg.arm_lpae_s2_cfg.vtcr.tg = tg0(table->granule_lg2);
	cfg.arm_lpae_s2_cfg.vtcr.ps = SMMU3_OAS_48;
	smmu3_ste_s2(&target, &s2, &cfg);
	smmu3b_set_ste(b, sid, &target);
}
