// SPDX-License-Identifier: GPL-2.0
/*
 * The software SMMUv3 as a device of the machine: how it comes and goes, and
 * the way from the driver's register accesses to it.
 *
 * One unit at a time, at a fixed address where the address space of the machine
 * is empty.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/logic_iomem.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "model_priv.h"
#include "smmu.h"

/* What the driver waits for takes the thread at least so long */
#define LOOK_US		20
#define SETTLE_TRIES	20000

static struct smmu3_model *current_model;

#ifdef CONFIG_INDIRECT_IOMEM

/* Register accesses are calls */

static void model_write(void *priv, unsigned int offset, int size,
			unsigned long val)
{
	struct smmu3_model *model = current_model;
	unsigned long flags;

	if (!model)
		return;
	raw_spin_lock_irqsave(&model->state->lock, flags);
	if (model->num_writes < SMMU3_MODEL_LOG)
		model->writes[model->num_writes++] = (struct smmu3_write) {
			offset, val,
		};
	smmu3m_write_reg(model, offset, lower_32_bits(val));
	if (size == 8)
		smmu3m_write_reg(model, offset + 4, upper_32_bits(val));
	raw_spin_unlock_irqrestore(&model->state->lock, flags);
}

static unsigned long model_read(void *priv, unsigned int offset, int size)
{
	struct smmu3_model *model = current_model;
	unsigned long flags, val;

	if (!model)
		return ~0UL;
	raw_spin_lock_irqsave(&model->state->lock, flags);
	if (model->off)
		smmu3m_complain(model, "register %#x is read without power",
				offset);
	/* A slow CMD_SYNC ends while it is waited for */
	if (model->state->sync_due)
		smmu3m_consume(model);
	val = size == 8 ? smmu3m_get64(model, offset) :
			  smmu3m_get(model, offset);
	raw_spin_unlock_irqrestore(&model->state->lock, flags);
	return val;
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
	DEFINE_RES_MEM_NAMED(SMMU3M_BASE, SMMU3M_SIZE, "smmu3-model");

static void connect(struct kunit *test, struct smmu3_model *model)
{
	static bool registered;

	if (registered)
		return;
	KUNIT_ASSERT_EQ(test, 0, logic_iomem_add_region(&model_region,
							&model_region_ops));
	registered = true;
}

static void disconnect(struct smmu3_model *model)
{
}

static void look(struct smmu3_model *model)
{
}

#else

/* Register accesses are those of memory, which is looked at */

static void look_at(struct smmu3_model *model, u32 offset)
{
	u32 val = smmu3_model_get(model, offset);

	if (val != smmu3m_get(model, offset))
		smmu3m_write_reg(model, offset, val);
}

/*
 * CR0 is read first and acted on last: whatever was written before it is seen
 * then, and nothing that depends on it is written before it is acknowledged.
 */
static void look(struct smmu3_model *model)
{
	/* Pairs with the order of the driver's register writes */
	u32 cr0 = smp_load_acquire(&model->reg[SMMU3_CR0 / 4]);
	u32 offset;

	for (offset = 0; offset < SMMU3_PAGE_USED; offset += 4) {
		if (offset != SMMU3_CR0)
			look_at(model, offset);
		look_at(model, SMMU3_PAGE1 + offset);
	}
	if (cr0 != smmu3m_get(model, SMMU3_CR0))
		smmu3m_write_reg(model, SMMU3_CR0, cr0);
}

static int thread(void *data)
{
	struct smmu3_model *model = data;
	unsigned long flags;

	while (!kthread_should_stop()) {
		smmu3m_lock(model, &flags);
		smmu3m_consume(model);
		smmu3m_unlock(model, flags);
		usleep_range(LOOK_US, 2 * LOOK_US);
	}
	return 0;
}

static int map_model(struct smmu3_instance *smmu, bool page0_only)
{
	smmu->base = SMMU3M_BASE;
	smmu->page0 = (void __force __iomem *)current_model->reg;
	smmu->page1 = smmu->page0 + (page0_only ? 0 : SMMU3_PAGE1);
	return 0;
}

static void connect(struct kunit *test, struct smmu3_model *model)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "a waiting driver leaves the unit no processor");
	kunit_activate_static_stub(test, smmu3_map_registers, map_model);
	model->state->thread = kthread_run(thread, model, "smmu3-model");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, model->state->thread);
}

static void disconnect(struct smmu3_model *model)
{
	if (!IS_ERR_OR_NULL(model->state->thread))
		kthread_stop(model->state->thread);
}

#endif

void smmu3m_lock(struct smmu3_model *model, unsigned long *flags)
	__acquires(&model->state->lock)
{
	raw_spin_lock_irqsave(&model->state->lock, *flags);
	look(model);
}

void smmu3m_unlock(struct smmu3_model *model, unsigned long flags)
	__releases(&model->state->lock)
{
	raw_spin_unlock_irqrestore(&model->state->lock, flags);
}

bool smmu3_model_settle(struct smmu3_model *model)
{
	unsigned long flags;
	unsigned int tries;
	bool idle = false;

	for (tries = 0; !idle && tries < SETTLE_TRIES; tries++) {
		if (tries)
			usleep_range(100, 200);
		smmu3m_lock(model, &flags);
		smmu3m_consume(model);
		idle = smmu3m_is_idle(model);
		smmu3m_unlock(model, flags);
	}
	return idle;
}

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

/* It is there as long as this module is */
static void node_release(struct kobject *kobj)
{
}

static const struct kobj_type node_ktype = {
	.release = node_release,
};

static void init_node(void)
{
	if (kref_read(&model_node.kobj.kref))
		return;
	kobject_init(&model_node.kobj, &node_ktype);
	fwnode_init(&model_node.fwnode, &of_fwnode_ops);
}

struct fwnode_handle *smmu3_model_fwnode(struct smmu3_model *model)
{
	return of_fwnode_handle(&model_node);
}

/* Identification */

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

void smmu3_model_show_all(struct smmu3_model *model)
{
	u32 *val = model->id.val;

	val[SMMU3_ID_IDR0] &= ~SMMU3_IDR0_STALL_MODEL;
	val[SMMU3_ID_IDR0] |= SMMU3_IDR0_ATS | SMMU3_IDR0_NS1ATS |
			      SMMU3_IDR0_PRI | SMMU3_IDR0_CD2L |
			      SMMU3_IDR0_VMID16 |
			      FIELD_PREP(SMMU3_IDR0_HTTU,
					 SMMU3_HTTU_ACCESS_DIRTY);
	val[SMMU3_ID_IDR1] |= FIELD_PREP(SMMU3_IDR1_SSIDSIZE, 20) |
			      FIELD_PREP(SMMU3_IDR1_PRIQS, 6);
	val[SMMU3_ID_IDR5] &= ~SMMU3_IDR5_OAS;
	val[SMMU3_ID_IDR5] |= FIELD_PREP(SMMU3_IDR5_OAS, SMMU3_OAS_48) |
			      SMMU3_IDR5_GRAN16K | SMMU3_IDR5_GRAN64K;
}

void smmu3m_show_id(struct smmu3_model *model)
{
	smmu3_model_set(model, SMMU3_IDR0, model->id.val[SMMU3_ID_IDR0]);
	smmu3_model_set(model, SMMU3_IDR1, model->id.val[SMMU3_ID_IDR1]);
	smmu3_model_set(model, SMMU3_IDR3, model->id.val[SMMU3_ID_IDR3]);
	smmu3_model_set(model, SMMU3_IDR5, model->id.val[SMMU3_ID_IDR5]);
	smmu3_model_set(model, SMMU3_IIDR, model->id.val[SMMU3_ID_IIDR]);
}

/* Power */

void smmu3_model_power_off(struct smmu3_model *model)
{
	unsigned long flags;

	smmu3m_lock(model, &flags);
	smmu3m_stall_end_all(model);
	model->state->sync_due = 0;
	model->state->atc_waits = false;
	model->off = true;
	smmu3m_unlock(model, flags);
}

void smmu3_model_power_on(struct smmu3_model *model)
{
	unsigned long flags;
	u32 offset;

	smmu3m_lock(model, &flags);
	for (offset = 0; offset < SMMU3M_SIZE; offset += 4)
		smmu3m_set(model, offset, 0);
	model->off = false;
	smmu3m_unlock(model, flags);
	smmu3m_show_id(model);
}

static struct smmu3_model *gated(struct device *dev)
{
	return container_of(dev->pm_domain, struct smmu3_model, pm_domain);
}

static int gate_suspend(struct device *dev)
{
	int ret = pm_generic_runtime_suspend(dev);

	if (!ret)
		smmu3_model_power_off(gated(dev));
	return ret;
}

static int gate_resume(struct device *dev)
{
	int ret;

	smmu3_model_power_on(gated(dev));
	ret = pm_generic_runtime_resume(dev);
	if (ret)
		smmu3_model_power_off(gated(dev));
	return ret;
}

void smmu3_model_gate(struct smmu3_model *model)
{
	model->pm_domain.ops.runtime_suspend = gate_suspend;
	model->pm_domain.ops.runtime_resume = gate_resume;
}

/* Coming and going */

/* The last thing of a test, after the driver has gone */
static void unplug(void *data)
{
	struct smmu3_model *model = data;
	struct smmu3_model_state *state = model->state;
	unsigned int i;

	disconnect(model);
	current_model = NULL;
	for (i = 0; i < state->num_complaints; i++)
		KUNIT_FAIL(state->test, "the SMMU: %s", state->complaints[i]);
	if (state->lost_complaints)
		KUNIT_FAIL(state->test, "the SMMU: and %u more",
			   state->lost_complaints);
	kvfree(state);
}

struct smmu3_model *smmu3_model_create(struct kunit *test)
{
	struct smmu3_model *model;
	u32 *regs;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	regs = kunit_kzalloc(test, 2 * SMMU3M_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, regs);
	model->state = kvzalloc(sizeof(*model->state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model->state);
	raw_spin_lock_init(&model->state->lock);
	model->state->test = test;
	model->reg = regs;
	model->state->shadow = regs + SMMU3M_REGS;
	model->id = default_id;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unplug, model));
	current_model = model;
	init_node();
	connect(test, model);
	return model;
}

static void remove_device(void *pdev)
{
	platform_device_unregister(pdev);
}

struct smmu3_instance *smmu3_model_probe(struct kunit *test,
					 struct smmu3_model *model)
{
	struct resource res = DEFINE_RES_MEM(SMMU3M_BASE, SMMU3M_SIZE);
	struct platform_device *pdev;

	smmu3m_show_id(model);
	pdev = platform_device_alloc("smmu3-model", PLATFORM_DEVID_NONE);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, 0, platform_device_add_resources(pdev, &res, 1));
	if (model->pm_domain.ops.runtime_resume)
		dev_pm_domain_set(&pdev->dev, &model->pm_domain);
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

void smmu3_model_remove_master(struct kunit *test, struct device *dev)
{
	kunit_release_action(test, remove_device, to_platform_device(dev));
}

struct device *smmu3_model_add_master(struct kunit *test,
				      struct smmu3_model *model,
				      const u32 *ids, int count, int *ret)
{
	struct platform_device *pdev;
	struct device *dev;

	pdev = platform_device_alloc("smmu3-master", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	dev = &pdev->dev;
	KUNIT_ASSERT_EQ(test, 0, platform_device_add(pdev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, remove_device, pdev));

	mutex_lock(&iommu_probe_device_lock);
	*ret = iommu_fwspec_init(dev, dev_fwnode(&model->pdev->dev)) ?:
	       iommu_fwspec_add_ids(dev, ids, count);
	mutex_unlock(&iommu_probe_device_lock);
	if (!*ret)
		*ret = iommu_probe_device(dev);
	return dev;
}
