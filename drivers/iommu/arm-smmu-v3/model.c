// SPDX-License-Identifier: GPL-2.0
/*
 * An SMMUv3 in software.  One unit at a time: its registers are at a fixed
 * address, where the address space of the machine is empty.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/logic_iomem.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "model.h"
#include "smmu.h"

#define MODEL_BASE	0x70000000000ULL
#define MODEL_SIZE	(2 * SMMU3_PAGE1)

#define EVTQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_PROD)
#define EVTQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_CONS)

static struct smmu3_model *current_model;

u32 smmu3_model_get(struct smmu3_model *model, u32 offset)
{
	return model->reg[offset / 4];
}

void smmu3_model_set(struct smmu3_model *model, u32 offset, u32 val)
{
	model->reg[offset / 4] = val;
}

static u64 get64(struct smmu3_model *model, u32 offset)
{
	return smmu3_model_get(model, offset) |
	       (u64)smmu3_model_get(model, offset + 4) << 32;
}

static u64 word(const __le64 *table, unsigned int index)
{
	return le64_to_cpu(READ_ONCE(table[index]));
}

/* Commands */

static void execute(struct smmu3_model *model, const struct smmu3_cmd *cmd)
{
	model->seen |= BIT(smmu3_model_view(model, model->watched).verdict);
	if (model->num_cmds < SMMU3_MODEL_LOG)
		model->cmds[model->num_cmds++] = *cmd;
	if (smmu3_cmd_op(cmd) == SMMU3_OP_SYNC &&
	    FIELD_GET(SMMU3_SYNC0_CS, cmd->w[0]) == SMMU3_SYNC_CS_IRQ)
		WRITE_ONCE(*(__le32 *)phys_to_virt(cmd->w[1] &
						   SMMU3_SYNC1_MSIADDR),
			   cpu_to_le32(FIELD_GET(SMMU3_SYNC0_MSIDATA,
						 cmd->w[0])));
}

static void consume(struct smmu3_model *model)
{
	u64 base = get64(model, SMMU3_CMDQ_BASE);
	u32 lg2 = FIELD_GET(SMMU3_QBASE_LOG2SIZE, base);
	const __le64 *ring = phys_to_virt(base & SMMU3_QBASE_ADDR);
	u32 prod = smmu3_model_get(model, SMMU3_CMDQ_PROD);
	u32 cons = smmu3_model_get(model, SMMU3_CMDQ_CONS);
	struct smmu3_cmd cmd;
	u32 slot;

	if (model->cmdq_stuck ||
	    !(smmu3_model_get(model, SMMU3_CR0) & SMMU3_CR0_CMDQEN))
		return;
	while (!smmu3_ring_empty(lg2, prod, cons)) {
		slot = smmu3_ring_slot(lg2, cons);
		cmd.w[0] = word(ring, 2 * slot);
		cmd.w[1] = word(ring, 2 * slot + 1);
		cons = smmu3_ring_advance(lg2, cons, 1);
		smmu3_model_set(model, SMMU3_CMDQ_CONS, cons);
		execute(model, &cmd);
	}
}

/* Registers */

static void write_gbpa(struct smmu3_model *model, u32 val)
{
	if (model->gbpa_missing || !(val & SMMU3_GBPA_UPDATE))
		return;
	if (!model->gbpa_stuck)
		val &= ~SMMU3_GBPA_UPDATE;
	smmu3_model_set(model, SMMU3_GBPA, val);
}

static void write_reg(struct smmu3_model *model, u32 offset, u32 val)
{
	switch (offset) {
	case SMMU3_GBPA:
		write_gbpa(model, val);
		return;
	case SMMU3_CR0:
		smmu3_model_set(model, SMMU3_CR0, val);
		if (!model->ack_stuck)
			smmu3_model_set(model, SMMU3_CR0ACK, val);
		consume(model);
		return;
	case SMMU3_IRQ_CTRL:
		smmu3_model_set(model, SMMU3_IRQ_CTRL, val);
		if (!model->ack_stuck)
			smmu3_model_set(model, SMMU3_IRQ_CTRLACK, val);
		return;
	case SMMU3_CMDQ_PROD:
		smmu3_model_set(model, SMMU3_CMDQ_PROD, val);
		consume(model);
		return;
	default:
		smmu3_model_set(model, offset, val);
	}
}

static void model_write(void *priv, unsigned int offset, int size,
			unsigned long val)
{
	struct smmu3_model *model = current_model;

	if (model->num_writes < SMMU3_MODEL_LOG)
		model->writes[model->num_writes++] = (struct smmu3_write) {
			offset, val,
		};
	write_reg(model, offset, lower_32_bits(val));
	if (size == 8)
		write_reg(model, offset + 4, upper_32_bits(val));
}

static unsigned long model_read(void *priv, unsigned int offset, int size)
{
	if (size == 8)
		return get64(current_model, offset);
	return smmu3_model_get(current_model, offset);
}

static const struct logic_iomem_ops model_ops = {
	.read = model_read,
	.write = model_write,
};

static long model_map(unsigned long offset, size_t size,
		      const struct logic_iomem_ops **ops, void **priv)
{
	*ops = &model_ops;
	return offset;
}

static const struct logic_iomem_region_ops model_region_ops = {
	.map = model_map,
};

static struct resource model_region =
	DEFINE_RES_MEM_NAMED(MODEL_BASE, MODEL_SIZE, "smmu3-model");

/* Tables, as the unit sees them */

static const __le64 *find_ste(struct smmu3_model *model, u32 sid)
{
	u64 base = get64(model, SMMU3_STRTAB_BASE) & SMMU3_STRTAB_BASE_ADDR;
	u32 cfg = smmu3_model_get(model, SMMU3_STRTAB_BASE_CFG);
	u32 split = FIELD_GET(SMMU3_STRTAB_CFG_SPLIT, cfg);
	u64 desc, span;

	if ((u64)sid >> FIELD_GET(SMMU3_STRTAB_CFG_LOG2SIZE, cfg))
		return NULL;
	if (FIELD_GET(SMMU3_STRTAB_CFG_FMT, cfg) == SMMU3_STRTAB_FMT_LINEAR)
		return phys_to_virt(base + sid * sizeof(struct smmu3_ste));

	desc = word(phys_to_virt(base), sid >> split);
	span = FIELD_GET(SMMU3_L1STD_SPAN, desc);
	sid &= BIT(split) - 1;
	if (!span || sid >> (span - 1))
		return NULL;
	return phys_to_virt((desc & SMMU3_L1STD_L2PTR) +
			    sid * sizeof(struct smmu3_ste));
}

static void view_s1(const __le64 *ste, struct smmu3_view *view)
{
	const __le64 *cd = phys_to_virt(word(ste, 0) & SMMU3_STE0_S1CTXPTR);

	if (!(word(cd, 0) & SMMU3_CD0_V)) {
		view->verdict = SMMU3_BROKEN;
		return;
	}
	view->verdict = SMMU3_STAGE1;
	view->ttb = word(cd, 1) & SMMU3_CD1_TTB0;
	view->tag = FIELD_GET(SMMU3_CD0_ASID, word(cd, 0));
}

static void view_ste(const __le64 *ste, struct smmu3_view *view)
{
	if (!(word(ste, 0) & SMMU3_STE0_V))
		return;
	switch (FIELD_GET(SMMU3_STE0_CONFIG, word(ste, 0))) {
	case SMMU3_STE_CONFIG_ABORT:
		view->verdict = SMMU3_ABORTS;
		return;
	case SMMU3_STE_CONFIG_BYPASS:
		view->verdict = SMMU3_PASSES;
		return;
	case SMMU3_STE_CONFIG_S1:
		view_s1(ste, view);
		return;
	case SMMU3_STE_CONFIG_S2:
		view->verdict = SMMU3_STAGE2;
		view->ttb = word(ste, 3) & SMMU3_STE3_S2TTB;
		view->tag = FIELD_GET(SMMU3_STE2_S2VMID, word(ste, 2));
		return;
	}
}

struct smmu3_view smmu3_model_view(struct smmu3_model *model, u32 sid)
{
	struct smmu3_view view = { .verdict = SMMU3_BROKEN };
	const __le64 *ste;

	if (!(smmu3_model_get(model, SMMU3_CR0) & SMMU3_CR0_SMMUEN)) {
		view.verdict = smmu3_model_get(model, SMMU3_GBPA) &
			       SMMU3_GBPA_ABORT ? SMMU3_ABORTS : SMMU3_PASSES;
		return view;
	}
	ste = find_ste(model, sid);
	if (ste)
		view_ste(ste, &view);
	return view;
}

/* What the unit says by itself */

bool smmu3_model_event(struct smmu3_model *model, const struct smmu3_evt *evt)
{
	u64 base = get64(model, SMMU3_EVENTQ_BASE);
	u32 lg2 = FIELD_GET(SMMU3_QBASE_LOG2SIZE, base);
	__le64 *ring = phys_to_virt(base & SMMU3_QBASE_ADDR);
	u32 prod = smmu3_model_get(model, EVTQ_PROD);
	u32 cons = smmu3_model_get(model, EVTQ_CONS);
	int i;

	if (smmu3_ring_count(lg2, prod, cons) == smmu3_ring_size(lg2)) {
		if (!smmu3_ring_overflown(prod, cons))
			smmu3_model_set(model, EVTQ_PROD,
					prod ^ SMMU3_QIDX_OVF);
		return false;
	}
	ring += SMMU3_EVT_WORDS * smmu3_ring_slot(lg2, prod);
	for (i = 0; i < SMMU3_EVT_WORDS; i++)
		ring[i] = cpu_to_le64(evt->w[i]);
	smmu3_model_set(model, EVTQ_PROD, smmu3_ring_advance(lg2, prod, 1));
	return true;
}

void smmu3_model_gerror(struct smmu3_model *model, u32 bits)
{
	smmu3_model_set(model, SMMU3_GERROR,
			smmu3_model_get(model, SMMU3_GERROR) ^ bits);
}

int smmu3_model_find_cmd(struct smmu3_model *model, enum smmu3_opcode op,
			 unsigned int from)
{
	for (; from < model->num_cmds; from++)
		if (smmu3_cmd_op(&model->cmds[from]) == op)
			return from;
	return -1;
}

int smmu3_model_find_write(struct smmu3_model *model, u32 offset, u32 mask,
			   u32 val)
{
	unsigned int i;

	for (i = 0; i < model->num_writes; i++)
		if (model->writes[i].offset == offset &&
		    ((u32)model->writes[i].val & mask) == val)
			return i;
	return -1;
}

/* Coming and going */

static const struct smmu3_id_regs default_id = { .val = {
	[SMMU3_ID_IDR0] = SMMU3_IDR0_S1P | SMMU3_IDR0_S2P |
			  SMMU3_IDR0_COHACC | SMMU3_IDR0_ASID16 |
			  FIELD_PREP_CONST(SMMU3_IDR0_TTF, SMMU3_TTF_AARCH64) |
			  FIELD_PREP_CONST(SMMU3_IDR0_STALL_MODEL,
					   SMMU3_STALL_MODEL_TERMINATE) |
			  FIELD_PREP_CONST(SMMU3_IDR0_ST_LEVEL,
					   SMMU3_ST_LEVEL_2LVL),
	[SMMU3_ID_IDR1] = FIELD_PREP_CONST(SMMU3_IDR1_SIDSIZE, 16) |
			  FIELD_PREP_CONST(SMMU3_IDR1_CMDQS, 8) |
			  FIELD_PREP_CONST(SMMU3_IDR1_EVENTQS, 7),
	[SMMU3_ID_IDR3] = SMMU3_IDR3_RIL,
	[SMMU3_ID_IDR5] = FIELD_PREP_CONST(SMMU3_IDR5_OAS, SMMU3_OAS_44) |
			  SMMU3_IDR5_GRAN4K,
} };

/* A node as the device tree would have it, but in no tree */
static __be32 cells_value = cpu_to_be32(1);

static struct property coherent_property = {
	.name = "dma-coherent",
};

static struct property cells_property = {
	.name = "#iommu-cells",
	.value = &cells_value,
	.length = sizeof(cells_value),
	.next = &coherent_property,
};

static struct property compatible_property = {
	.name = "compatible",
	.value = "arm,smmu-v3",
	.length = sizeof("arm,smmu-v3"),
	.next = &cells_property,
};

static struct device_node model_node = {
	.name = "iommu",
	.full_name = "iommu@70000000000",
	.properties = &compatible_property,
};

struct smmu3_model *smmu3_model_create(struct kunit *test)
{
	static bool registered;
	struct smmu3_model *model;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	model->reg = kunit_kzalloc(test, MODEL_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model->reg);
	model->id = default_id;
	current_model = model;
	if (!registered) {
		KUNIT_ASSERT_EQ(test, 0,
				logic_iomem_add_region(&model_region,
						       &model_region_ops));
		of_node_init(&model_node);
		registered = true;
	}
	return model;
}

static void show_id(struct smmu3_model *model)
{
	smmu3_model_set(model, SMMU3_IDR0, model->id.val[SMMU3_ID_IDR0]);
	smmu3_model_set(model, SMMU3_IDR1, model->id.val[SMMU3_ID_IDR1]);
	smmu3_model_set(model, SMMU3_IDR3, model->id.val[SMMU3_ID_IDR3]);
	smmu3_model_set(model, SMMU3_IDR5, model->id.val[SMMU3_ID_IDR5]);
	smmu3_model_set(model, SMMU3_IIDR, model->id.val[SMMU3_ID_IIDR]);
}

static void remove_device(void *pdev)
{
	platform_device_unregister(pdev);
}

struct smmu3_instance *smmu3_model_probe(struct kunit *test,
					 struct smmu3_model *model)
{
	struct resource res = DEFINE_RES_MEM(MODEL_BASE, MODEL_SIZE);
	struct platform_device *pdev;

	show_id(model);
	pdev = platform_device_alloc("smmu3-model", PLATFORM_DEVID_NONE);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, 0, platform_device_add_resources(pdev, &res, 1));
	device_set_node(&pdev->dev, of_fwnode_handle(of_node_get(&model_node)));
	KUNIT_ASSERT_EQ(test, 0, platform_device_add(pdev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, remove_device, pdev));
	model->pdev = pdev;
	return pdev->dev.driver ? platform_get_drvdata(pdev) : NULL;
}

void smmu3_model_remove(struct kunit *test, struct smmu3_model *model)
{
	kunit_release_action(test, remove_device, model->pdev);
}
