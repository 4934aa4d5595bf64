/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A software SMMUv3 that no driver has, for the suites of the model itself:
 * tables by hand, commands by hand.
 */
#ifndef __SMMU3_MODEL_BENCH_H
#define __SMMU3_MODEL_BENCH_H

#include "cd.h"
#include "model.h"
#include "ste.h"

#define SMMU3B_STREAMS_LG2	6
#define SMMU3B_QUEUE_LG2	4
#define SMMU3B_ASID		7
#define SMMU3B_VMID		9

/**
 * struct smmu3_bench - a unit on the bench
 * @test: test
 * @model: unit
 * @ste: stream table, linear
 * @cmdq: command queue
 * @evtq: event queue
 * @priq: PRI queue
 * @prod: producer of commands
 * @cr2: SMMU3_CR2_* that smmu3b_start() sets
 */
struct smmu3_bench {
	struct kunit *test;
	struct smmu3_model *model;
	struct smmu3_ste *ste;
	__le64 *cmdq;
	__le64 *evtq;
	__le64 *priq;
	u32 prod;
	u32 cr2;
};

/**
 * struct smmu3_bench_table - a table tree on the bench
 * @top: first table
 * @granule_lg2: granule
 * @start: level of @top
 */
struct smmu3_bench_table {
	__le64 *top;
	unsigned int granule_lg2;
	int start;
};

/* A unit with all features; the test changes them before smmu3b_start() */
struct smmu3_bench *smmu3b_create(struct kunit *test);
void smmu3b_start(struct smmu3_bench *b);
/* Zeroed memory, aligned to its size, gone when the test is over */
void *smmu3b_alloc(struct kunit *test, size_t size);

/* Have a command executed, and a CMD_SYNC; false if it was refused */
bool smmu3b_issue(struct smmu3_bench *b, struct smmu3_cmd cmd);
/* Take the oldest event; false if there is none */
bool smmu3b_event(struct smmu3_bench *b, struct smmu3_evt *evt);

/* Change an STE as the architecture asks for */
void smmu3b_set_ste(struct smmu3_bench *b, u32 sid,
		    const struct smmu3_ste *ste);
/* A stream of stage 1 with one CD, which is returned */
struct smmu3_cd *smmu3b_stage1(struct smmu3_bench *b, u32 sid,
			       const struct smmu3_bench_table *table,
			       unsigned int ia_bits);
/* A stream of stage 2 */
void smmu3b_stage2(struct smmu3_bench *b, u32 sid,
		   const struct smmu3_bench_table *table,
		   unsigned int ia_bits);

/* The size of what a descriptor of a level is for */
unsigned int smmu3b_shift(const struct smmu3_bench_table *table, int level);
/* A tree for addresses of so many bits */
struct smmu3_bench_table smmu3b_table(struct kunit *test,
				      unsigned int granule_lg2,
				      unsigned int ia_bits);
/* The descriptor of an address at a level; tables above are made */
__le64 *smmu3b_desc(struct kunit *test, const struct smmu3_bench_table *table,
		    u64 ia, int level);
/* Write one: a leaf for @pa with these bits besides its type and access flag */
void smmu3b_map(struct kunit *test, const struct smmu3_bench_table *table,
		u64 ia, int level, u64 pa, u64 bits);

#endif /* __SMMU3_MODEL_BENCH_H */
