/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An SMMUv3 in software, for KUnit: registers, command and event queue, and a
 * look at the tables as the hardware would take it.
 *
 * The driver runs against it unchanged.  It needs an architecture that leads
 * MMIO through functions (User Mode Linux: CONFIG_INDIRECT_IOMEM) and on which
 * a DMA address is a physical address.
 */
#ifndef __SMMU3_MODEL_H
#define __SMMU3_MODEL_H

#include <linux/types.h>

#include "cmd.h"
#include "evt.h"
#include "features.h"
#include "regs.h"

struct kunit;
struct platform_device;
struct smmu3_instance;

#define SMMU3_MODEL_LOG		512

/**
 * enum smmu3_verdict - what becomes of a transaction
 * @SMMU3_ABORTS: terminated
 * @SMMU3_PASSES: untranslated
 * @SMMU3_STAGE1: translated by a CD
 * @SMMU3_STAGE2: translated by an STE
 * @SMMU3_BROKEN: terminated, with a complaint about the configuration
 */
enum smmu3_verdict {
	SMMU3_ABORTS,
	SMMU3_PASSES,
	SMMU3_STAGE1,
	SMMU3_STAGE2,
	SMMU3_BROKEN,
};

/**
 * struct smmu3_write - a register write
 * @offset: from the start of page 0
 * @val: value
 */
struct smmu3_write {
	u32 offset;
	u64 val;
};

/**
 * struct smmu3_model - a unit
 * @id: identification registers that it shows
 * @reg: registers by offset / 4, both pages
 * @writes: all writes, oldest first, until the log is full
 * @num_writes: length of @writes
 * @cmds: all commands executed, likewise
 * @num_cmds: length of @cmds
 * @ack_stuck: CR0 and IRQ_CTRL are never acknowledged
 * @gbpa_stuck: an update of GBPA never completes
 * @gbpa_missing: GBPA reads as zero
 * @cmdq_stuck: commands are not consumed
 * @watched: stream that is looked at whenever a command is executed
 * @seen: BIT() of each verdict that @watched has had there
 * @pdev: device that the driver sees, once probed
 */
struct smmu3_model {
	struct smmu3_id_regs id;
	u32 *reg;
	struct smmu3_write writes[SMMU3_MODEL_LOG];
	unsigned int num_writes;
	struct smmu3_cmd cmds[SMMU3_MODEL_LOG];
	unsigned int num_cmds;
	bool ack_stuck;
	bool gbpa_stuck;
	bool gbpa_missing;
	bool cmdq_stuck;
	u32 watched;
	unsigned long seen;
	struct platform_device *pdev;
};

/**
 * struct smmu3_view - a stream as the unit sees it
 * @verdict: what becomes of its transactions
 * @ttb: table that is walked
 * @tag: ASID or VMID
 */
struct smmu3_view {
	enum smmu3_verdict verdict;
	u64 ttb;
	u16 tag;
};

/**
 * smmu3_model_create() - plug a unit in, with no driver bound
 * @test: test; the unit goes with it
 *
 * Return: the unit; fails the test if there is none.
 */
struct smmu3_model *smmu3_model_create(struct kunit *test);

/**
 * smmu3_model_probe() - have the driver probe the unit
 * @test: test; the device goes with it
 * @model: unit
 *
 * Return: the instance, or NULL if the driver did not take it.
 */
struct smmu3_instance *smmu3_model_probe(struct kunit *test,
					 struct smmu3_model *model);

/**
 * smmu3_model_remove() - unbind and remove the device before the test ends
 * @test: test
 * @model: probed unit
 */
void smmu3_model_remove(struct kunit *test, struct smmu3_model *model);

/**
 * smmu3_model_get() - read a register past the driver
 * @model: unit
 * @offset: from the start of page 0
 */
u32 smmu3_model_get(struct smmu3_model *model, u32 offset);

/**
 * smmu3_model_set() - write a register past the driver, without effects
 * @model: unit
 * @offset: from the start of page 0
 * @val: value
 */
void smmu3_model_set(struct smmu3_model *model, u32 offset, u32 val);

/**
 * smmu3_model_view() - look at a stream
 * @model: unit
 * @sid: stream id
 */
struct smmu3_view smmu3_model_view(struct smmu3_model *model, u32 sid);

/**
 * smmu3_model_event() - put a record into the event queue
 * @model: unit
 * @evt: record
 *
 * Return: false if the queue overflowed instead.
 */
bool smmu3_model_event(struct smmu3_model *model, const struct smmu3_evt *evt);

/**
 * smmu3_model_gerror() - raise global errors
 * @model: unit
 * @bits: SMMU3_GERROR_*, not active yet
 */
void smmu3_model_gerror(struct smmu3_model *model, u32 bits);

/**
 * smmu3_model_find_cmd() - find a command in the log
 * @model: unit
 * @op: opcode
 * @from: where to start
 *
 * Return: its index, or -1.
 */
int smmu3_model_find_cmd(struct smmu3_model *model, enum smmu3_opcode op,
			 unsigned int from);

/**
 * smmu3_model_find_write() - find a register write in the log
 * @model: unit
 * @offset: register
 * @mask: bits of interest
 * @val: their value
 *
 * Return: its index, or -1.
 */
int smmu3_model_find_write(struct smmu3_model *model, u32 offset, u32 mask,
			   u32 val);

#endif /* __SMMU3_MODEL_H */
