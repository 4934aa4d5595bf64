// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of an instance: messages where it and the platform can, wires by
 * name otherwise, and polling for what has neither.
 */
#include <linux/bitfield.h>
#include <linux/interrupt.h>
#include <linux/msi.h>
#include <linux/platform_device.h>

#include "smmu.h"

/* The registers that direct a message */
struct msi_regs {
	u16 address;
	u16 data;
	u16 attributes;
};

static const struct msi_regs msi_regs[] = {
	[SMMU3_MSI_EVTQ] = {
		SMMU3_EVENTQ_IRQ_CFG0, SMMU3_EVENTQ_IRQ_CFG1,
		SMMU3_EVENTQ_IRQ_CFG2,
	},
	[SMMU3_MSI_GERROR] = {
		SMMU3_GERROR_IRQ_CFG0, SMMU3_GERROR_IRQ_CFG1,
		SMMU3_GERROR_IRQ_CFG2,
	},
	[SMMU3_MSI_PRIQ] = {
		SMMU3_PRIQ_IRQ_CFG0, SMMU3_PRIQ_IRQ_CFG1,
		SMMU3_PRIQ_IRQ_CFG2,
	},
};

static bool sends(const struct smmu3_instance *smmu, enum smmu3_msi msi)
{
	return msi != SMMU3_MSI_PRIQ || smmu->feat.flags & SMMU3_FEAT_PRI;
}

static void program_msi(struct smmu3_instance *smmu, enum smmu3_msi msi)
{
	const struct msi_msg *msg = &smmu->irq.msg[msi];
	const struct msi_regs *regs = &msi_regs[msi];
	u64 doorbell = ((u64)msg->address_hi << 32) | msg->address_lo;

	lockdep_assert_held(&smmu->irq.msg_lock);
	writeq_relaxed(doorbell & SMMU3_IRQ_CFG0_ADDR,
		       smmu->page0 + regs->address);
	writel_relaxed(msg->data, smmu->page0 + regs->data);
	writel_relaxed(SMMU3_MEMATTR_DEVICE_NGNRE,
		       smmu->page0 + regs->attributes);
}

/* Kept, as the registers forget it when they lose power */
static void write_msi_msg(struct msi_desc *desc, struct msi_msg *msg)
{
	struct smmu3_instance *smmu = dev_get_drvdata(msi_desc_to_dev(desc));
	unsigned long flags;

	raw_spin_lock_irqsave(&smmu->irq.msg_lock, flags);
	smmu->irq.msg[desc->msi_index] = *msg;
	if (smmu->irq.reachable)
		program_msi(smmu, desc->msi_index);
	raw_spin_unlock_irqrestore(&smmu->irq.msg_lock, flags);
}

/*
 * What an instance sends, while IRQ_CTRL lets it send nothing.  Address 0, which
 * is what @msg is before there is a message, means none: firmware may have left
 * another.
 */
static void program_msis(struct smmu3_instance *smmu)
{
	unsigned long flags;
	int i;

	if (!(smmu->feat.flags & SMMU3_FEAT_MSI))
		return;
	raw_spin_lock_irqsave(&smmu->irq.msg_lock, flags);
	smmu->irq.reachable = true;
	for (i = 0; i < SMMU3_MSI_COUNT; i++)
		if (sends(smmu, i))
			program_msi(smmu, i);
	raw_spin_unlock_irqrestore(&smmu->irq.msg_lock, flags);
}

/* True if all messages have their interrupt; none has otherwise */
static bool setup_msis(struct smmu3_instance *smmu)
{
	unsigned int count = SMMU3_MSI_COUNT - !smmu->priq.ring;
	struct device *dev = smmu->dev;
	int ret;

	if (!(smmu->feat.flags & SMMU3_FEAT_MSI))
		return false;
	if (!dev->msi.domain) {
		dev_info(dev, "no MSI controller, using wired interrupts\n");
		return false;
	}
	ret = platform_device_msi_init_and_alloc_irqs(dev, count,
						      write_msi_msg);
	if (ret) {
		dev_warn(dev, "no MSIs (%d), using wired interrupts\n", ret);
		return false;
	}
	smmu->irq.messages = true;
	smmu->irq.evtq = msi_get_virq(dev, SMMU3_MSI_EVTQ);
	smmu->irq.gerror = msi_get_virq(dev, SMMU3_MSI_GERROR);
	if (smmu->priq.ring)
		smmu->irq.priq = msi_get_virq(dev, SMMU3_MSI_PRIQ);
	return true;
}

/* An instance with one line for all: errors first, they unblock the queues */
static irqreturn_t combined_hard(int irq, void *data)
{
	smmu3_gerror_handle(data);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t gerror_hard(int irq, void *data)
{
	return smmu3_gerror_handle(data) ? IRQ_HANDLED : IRQ_NONE;
}

static irqreturn_t evtq_thread(int irq, void *data)
{
	smmu3_evtq_drain(data);
	return IRQ_HANDLED;
}

static irqreturn_t priq_thread(int irq, void *data)
{
	smmu3_priq_drain(data);
	return IRQ_HANDLED;
}

static irqreturn_t combined_thread(int irq, void *data)
{
	smmu3_evtq_drain(data);
	smmu3_priq_drain(data);
	return IRQ_HANDLED;
}

static bool has_all(const struct smmu3_irqs *irq)
{
	return irq->has_evtq && irq->has_priq && irq->has_gerror;
}

static void poll_work(struct work_struct *work)
{
	struct smmu3_instance *smmu = container_of(to_delayed_work(work),
						   struct smmu3_instance,
						   irq.poll);

	if (!smmu->irq.has_gerror && smmu3_has_power(smmu))
		smmu3_gerror_handle(smmu);
	smmu3_ats_tell(smmu);
	smmu3_evtq_drain(smmu);
	smmu3_priq_drain(smmu);
	if (!has_all(&smmu->irq))
		queue_delayed_work(system_unbound_wq, &smmu->irq.poll,
				   SMMU3_POLL_PERIOD);
}

void smmu3_irq_poll_soon(struct smmu3_instance *smmu)
{
	mod_delayed_work(system_unbound_wq, &smmu->irq.poll, 1);
}

static bool request_one(struct smmu3_instance *smmu, int irq,
			irq_handler_t hard, irq_handler_t thread,
			const char *name)
{
	int ret;

	if (irq <= 0)
		return false;
	ret = request_threaded_irq(irq, hard, thread,
				   thread ? IRQF_ONESHOT : 0, name, smmu);
	if (ret)
		dev_warn(smmu->dev, "cannot use interrupt %d for %s: %d\n",
			 irq, name, ret);
	return !ret;
}

static void free_one(struct smmu3_instance *smmu, int *irq)
{
	if (*irq > 0)
		free_irq(*irq, smmu);
	*irq = 0;
}

static void request_combined(struct smmu3_instance *smmu)
{
	struct smmu3_irqs *irq = &smmu->irq;

	if (!request_one(smmu, irq->combined, combined_hard, combined_thread,
			 "arm-smmu-v3-combined-irq"))
		irq->combined = 0;
	irq->has_evtq = irq->combined;
	irq->has_priq = irq->combined || !smmu->priq.ring;
	irq->has_gerror = irq->combined;
}

static void request_separate(struct smmu3_instance *smmu)
{
	struct smmu3_irqs *irq = &smmu->irq;

	if (!request_one(smmu, irq->evtq, NULL, evtq_thread,
			 "arm-smmu-v3-evtq"))
		irq->evtq = 0;
	if (!request_one(smmu, irq->gerror, gerror_hard, NULL,
			 "arm-smmu-v3-gerror"))
		irq->gerror = 0;
	if (!request_one(smmu, irq->priq, NULL, priq_thread,
			 "arm-smmu-v3-priq"))
		irq->priq = 0;
	irq->has_evtq = irq->evtq;
	irq->has_priq = irq->priq || !smmu->priq.ring;
	irq->has_gerror = irq->gerror;
}

static int wire(struct smmu3_instance *smmu, const char *name)
{
	int irq = platform_get_irq_byname_optional(to_platform_device(smmu->dev),
						   name);

	return irq > 0 ? irq : 0;
}

void smmu3_irq_init(struct smmu3_instance *smmu)
{
	struct smmu3_irqs *irq = &smmu->irq;

	raw_spin_lock_init(&irq->msg_lock);
	INIT_DELAYED_WORK(&irq->poll, poll_work);
	irq->combined = wire(smmu, "combined");
	if (irq->combined) {
		request_combined(smmu);
	} else {
		if (!setup_msis(smmu)) {
			irq->evtq = wire(smmu, "eventq");
			irq->gerror = wire(smmu, "gerror");
			if (smmu->priq.ring)
				irq->priq = wire(smmu, "priq");
		}
		request_separate(smmu);
	}
	if (!has_all(irq))
		dev_warn(smmu->dev,
			 "no interrupt:%s%s%s; looking once a second instead\n",
			 irq->has_evtq ? "" : " eventq",
			 irq->has_priq ? "" : " priq",
			 irq->has_gerror ? "" : " gerror");
}

u32 smmu3_irq_start(struct smmu3_instance *smmu)
{
	struct smmu3_irqs *irq = &smmu->irq;

	program_msis(smmu);
	if (!has_all(irq))
		queue_delayed_work(system_unbound_wq, &irq->poll,
				   SMMU3_POLL_PERIOD);
	return (irq->has_evtq ? SMMU3_IRQ_CTRL_EVENTQ : 0) |
	       (irq->has_priq && smmu->priq.ring ? SMMU3_IRQ_CTRL_PRIQ : 0) |
	       (irq->has_gerror ? SMMU3_IRQ_CTRL_GERROR : 0);
}

static void wait_for(int irq)
{
	if (irq > 0)
		synchronize_irq(irq);
}

void smmu3_irq_quiesce(struct smmu3_instance *smmu)
{
	struct smmu3_irqs *irq = &smmu->irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->msg_lock, flags);
	irq->reachable = false;
	raw_spin_unlock_irqrestore(&irq->msg_lock, flags);
	wait_for(irq->combined);
	wait_for(irq->evtq);
	wait_for(irq->priq);
	wait_for(irq->gerror);
	cancel_delayed_work_sync(&irq->poll);
}

void smmu3_irq_exit(struct smmu3_instance *smmu)
{
	struct smmu3_irqs *irq = &smmu->irq;

	/* Without handlers nobody starts the work again */
	free_one(smmu, &irq->combined);
	free_one(smmu, &irq->evtq);
	free_one(smmu, &irq->priq);
	free_one(smmu, &irq->gerror);
	cancel_delayed_work_sync(&irq->poll);
	if (irq->messages) {
		platform_device_msi_free_irqs_all(smmu->dev);
		irq->messages = false;
	}
}
