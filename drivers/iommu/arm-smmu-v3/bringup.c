// SPDX-License-Identifier: GPL-2.0
/*
 * Enabling and disabling an instance.
 *
 * At no moment of the sequence does a stream pass that has no STE which says
 * so: GBPA aborts before anything else happens, the instance is disabled (GBPA
 * takes over), configured with a stream table full of aborts plus the bypasses
 * that firmware asked for, and enabled last, when the devices that are there have
 * been attached.  Every wait is bounded; one that runs out leaves the instance
 * disabled.
 *
 * Drivers that were bound without translation, because the instance was not
 * there, would be cut off by that.  If there are any, and the instance lets them
 * through, GBPA stays as it is until their streams have entries and the instance
 * is enabled.
 */
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/iopoll.h>

#include <kunit/visibility.h>

#include "smmu.h"

/* Registers acknowledge when transactions under way have drained */
#define SMMU3_ACK_TIMEOUT_US	100000

static const char * const state_names[] = {
	[SMMU3_DOWN] = "down",
	[SMMU3_READY] = "ready",
	[SMMU3_RUNNING] = "running",
	[SMMU3_ASLEEP] = "asleep",
	[SMMU3_QUEUE_DEAD] = "queue-dead",
	[SMMU3_FAILED] = "failed",
	[SMMU3_STOPPED] = "stopped",
};

static_assert(ARRAY_SIZE(state_names) == SMMU3_STATE_COUNT);

const char *smmu3_state_name(enum smmu3_state state)
{
	return state_names[state];
}

void smmu3_state_set(struct smmu3_instance *smmu, enum smmu3_state state)
{
	enum smmu3_state old = xchg(&smmu->state, state);

	if (old != state)
		dev_dbg(smmu->dev, "state: %s, was %s\n",
			state_names[state], state_names[old]);
}

/* A verdict that was passed meanwhile stands */
static bool begin_running(struct smmu3_instance *smmu, enum smmu3_state from)
{
	if (cmpxchg(&smmu->state, from, SMMU3_RUNNING) != from)
		return false;
	dev_dbg(smmu->dev, "state: %s, was %s\n", state_names[SMMU3_RUNNING],
		state_names[from]);
	return true;
}

/* Write a control register and wait for the hardware to act on it */
static int write_ack(struct smmu3_instance *smmu, u32 reg, u32 ack, u32 val)
{
	u32 seen;
	int ret;

	/* Ordered after the tables and queues that @val may switch on */
	writel(val, smmu->page0 + reg);
	ret = readl_relaxed_poll_timeout_atomic(smmu->page0 + ack, seen,
						seen == val, 1,
						SMMU3_ACK_TIMEOUT_US);
	if (ret)
		dev_err(smmu->dev,
			"register %#x does not take %#x, it stays at %#x\n",
			reg, val, seen);
	return ret;
}

static int write_gbpa(struct smmu3_instance *smmu, bool abort)
{
	void __iomem *gbpa = smmu->page0 + SMMU3_GBPA;
	u32 val;
	int ret;

	/* Section 6.3.14: not writable while an update is under way */
	ret = readl_relaxed_poll_timeout_atomic(gbpa, val,
						!(val & SMMU3_GBPA_UPDATE), 1,
						SMMU3_ACK_TIMEOUT_US);
	if (ret)
		goto err;
	val &= ~SMMU3_GBPA_ABORT;
	if (abort)
		val |= SMMU3_GBPA_ABORT;
	writel_relaxed(val | SMMU3_GBPA_UPDATE, gbpa);
	ret = readl_relaxed_poll_timeout_atomic(gbpa, val,
						!(val & SMMU3_GBPA_UPDATE), 1,
						SMMU3_ACK_TIMEOUT_US);
	if (ret)
		goto err;
	return !!(val & SMMU3_GBPA_ABORT) == abort ? 0 : -EOPNOTSUPP;
err:
	dev_err(smmu->dev, "an update of GBPA does not complete\n");
	return ret;
}

void smmu3_spare(struct smmu3_instance *smmu, unsigned int count)
{
	u32 cr0 = readl_relaxed(smmu->page0 + SMMU3_CR0);
	u32 gbpa = readl_relaxed(smmu->page0 + SMMU3_GBPA);

	if (!count)
		return;
	if (cr0 & SMMU3_CR0_SMMUEN || gbpa & SMMU3_GBPA_ABORT) {
		dev_warn(smmu->dev, "%u devices use DMA without translation, and it was closed to them\n",
			 count);
		return;
	}
	smmu->spares = true;
	dev_info(smmu->dev, "%u devices go on with DMA without translation; others abort once it translates\n",
		 count);
}

int smmu3_disable(struct smmu3_instance *smmu)
{
	int ret;

	if (smmu->spares)
		return write_ack(smmu, SMMU3_CR0, SMMU3_CR0ACK, 0);
	ret = write_gbpa(smmu, true);
	smmu->aborts_when_off = !ret;
	if (ret && ret != -EOPNOTSUPP)
		return ret;
	return write_ack(smmu, SMMU3_CR0, SMMU3_CR0ACK, 0);
}

int smmu3_open_bypass(struct smmu3_instance *smmu)
{
	return write_gbpa(smmu, false);
}

u32 smmu3_cr1(void)
{
	return FIELD_PREP(SMMU3_CR1_TABLE_SH, SMMU3_MEM_SH_ISH) |
	       FIELD_PREP(SMMU3_CR1_TABLE_OC, SMMU3_MEM_CACHE_WB) |
	       FIELD_PREP(SMMU3_CR1_TABLE_IC, SMMU3_MEM_CACHE_WB) |
	       FIELD_PREP(SMMU3_CR1_QUEUE_SH, SMMU3_MEM_SH_ISH) |
	       FIELD_PREP(SMMU3_CR1_QUEUE_OC, SMMU3_MEM_CACHE_WB) |
	       FIELD_PREP(SMMU3_CR1_QUEUE_IC, SMMU3_MEM_CACHE_WB);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cr1);

static void program(struct smmu3_instance *smmu)
{
	u32 cr2 = SMMU3_CR2_PTM | SMMU3_CR2_RECINVSID;

	if (smmu->feat.flags & SMMU3_FEAT_E2H)
		cr2 |= SMMU3_CR2_E2H;
	if (smmu->feat.flags & SMMU3_FEAT_ATS_RECORDS)
		cr2 |= SMMU3_CR2_REC_CFG_ATS;

	writel_relaxed(smmu3_cr1(), smmu->page0 + SMMU3_CR1);
	/*
	 * PTM: the CPUs' broadcast invalidations do not concern our tags.
	 * RECINVSID: say so when a stream is unknown.  REC_CFG_ATS: when a
	 * device asks for a translation that its configuration forbids.
	 */
	writel_relaxed(cr2, smmu->page0 + SMMU3_CR2);
	writeq_relaxed(smmu3_strtab_base_reg(&smmu->strtab),
		       smmu->page0 + SMMU3_STRTAB_BASE);
	writel_relaxed(smmu3_strtab_cfg_reg(&smmu->strtab),
		       smmu->page0 + SMMU3_STRTAB_BASE_CFG);
}

/* No error that an earlier owner left is one of ours */
static void drop_old_errors(struct smmu3_instance *smmu)
{
	u32 gerror = readl_relaxed(smmu->page0 + SMMU3_GERROR);

	writel_relaxed(gerror, smmu->page0 + SMMU3_GERRORN);
}

/* Nothing that an earlier owner's tables said may be cached */
static int forget_all(struct smmu3_instance *smmu)
{
	struct smmu3_cmd cmds[3];
	unsigned int n = 0;

	cmds[n++] = smmu3_cmd_cfgi_all();
	if (smmu->feat.flags & SMMU3_FEAT_HYP)
		cmds[n++] = smmu3_cmd_plain(SMMU3_OP_TLBI_EL2_ALL);
	cmds[n++] = smmu3_cmd_plain(SMMU3_OP_TLBI_NSNH_ALL);
	return smmu3_cmdq_issue(&smmu->cmdq, cmds, n);
}

static int enable(struct smmu3_instance *smmu, u32 *cr0, u32 bits)
{
	*cr0 |= bits;
	return write_ack(smmu, SMMU3_CR0, SMMU3_CR0ACK, *cr0);
}

/*
 * Devices that a crashed kernel left running fault until they are reset; a crash
 * kernel has no use for the reports.
 */
static u32 output_queues(const struct smmu3_instance *smmu)
{
	if (smmu3_is_crash_kernel())
		return 0;
	return SMMU3_CR0_EVENTQEN | (smmu->priq.ring ? SMMU3_CR0_PRIQEN : 0);
}

static int start_queues(struct smmu3_instance *smmu, u32 *cr0)
{
	int ret;

	drop_old_errors(smmu);
	smmu3_queues_start(smmu);
	ret = enable(smmu, cr0, SMMU3_CR0_CMDQEN);
	if (ret)
		return ret;
	ret = forget_all(smmu);
	if (ret) {
		dev_err(smmu->dev, "the command queue does not work\n");
		return ret;
	}
	return enable(smmu, cr0, output_queues(smmu));
}

/*
 * Invalidations no longer happen, so what the hardware has cached may lead to
 * memory that is in other use by now.  Off is the only safe state, if off means
 * closed.
 */
static void give_up(struct smmu3_instance *smmu)
{
	if (smmu->aborts_when_off && !smmu3_disable(smmu)) {
		smmu3_state_set(smmu, SMMU3_FAILED);
		dev_crit(smmu->dev,
			 "shut off, all DMA behind it aborts until it is probed again\n");
		return;
	}
	smmu3_state_set(smmu, SMMU3_QUEUE_DEAD);
	dev_crit(smmu->dev,
		 "cannot be shut off: DMA may use stale translations, memory is leaked rather than reused; restart the machine\n");
}

/* Closed, set up, and taking commands */
static int prepare(struct smmu3_instance *smmu)
{
	u32 cr0 = 0;
	int ret;

	ret = smmu3_disable(smmu) ?:
	      write_ack(smmu, SMMU3_IRQ_CTRL, SMMU3_IRQ_CTRLACK, 0);
	if (ret)
		return ret;
	program(smmu);
	ret = start_queues(smmu, &cr0);
	if (ret) {
		smmu3_cmdq_stop(&smmu->cmdq);
		smmu3_disable(smmu);
	}
	return ret;
}

/*
 * The same for one that goes on translating by the tables of a crashed kernel:
 * only its queues stop in between.
 */
static int take_over(struct smmu3_instance *smmu)
{
	u32 cr0 = readl_relaxed(smmu->page0 + SMMU3_CR0) &
		  (SMMU3_CR0_SMMUEN | SMMU3_CR0_ATSCHK);
	int ret;

	if (smmu->feat.flags & SMMU3_FEAT_ATS)
		cr0 |= SMMU3_CR0_ATSCHK;
	ret = write_ack(smmu, SMMU3_CR0, SMMU3_CR0ACK, cr0) ?:
	      write_ack(smmu, SMMU3_IRQ_CTRL, SMMU3_IRQ_CTRLACK, 0);
	if (ret)
		return ret;
	/* For when it is disabled; it is not consulted before */
	smmu->aborts_when_off = !write_gbpa(smmu, true);
	ret = start_queues(smmu, &cr0);
	if (ret) {
		smmu3_cmdq_stop(&smmu->cmdq);
		smmu3_disable(smmu);
	}
	return ret;
}

/*
 * If the queue is dead, tables may say what nobody could confirm, and lead to
 * memory that was freed.  An instance that translates by tables of a crashed
 * kernel is enabled already, and nothing is written then: who finds the queue
 * dead may be disabling it at this moment.  CR0 is read first, so that a queue
 * that is alive afterwards was when nobody had done that.
 */
static int begin_translating(struct smmu3_instance *smmu)
{
	u32 cr0 = readl(smmu->page0 + SMMU3_CR0);

	if (!smmu3_cmdq_alive(&smmu->cmdq))
		return -EIO;
	if (cr0 & SMMU3_CR0_SMMUEN)
		return 0;
	if (smmu->feat.flags & SMMU3_FEAT_ATS)
		cr0 |= SMMU3_CR0_ATSCHK;
	return enable(smmu, &cr0, SMMU3_CR0_SMMUEN);
}

/* The last steps, whose order makes translation begin when all else works */
static int enter_service(struct smmu3_instance *smmu, enum smmu3_state from)
{
	int ret;

	ret = write_ack(smmu, SMMU3_IRQ_CTRL, SMMU3_IRQ_CTRLACK,
			smmu3_irq_start(smmu)) ?:
	      begin_translating(smmu);
	if (ret)
		goto err_disable;
	/* A queue that died before the state is this one may have shut nothing off */
	if (begin_running(smmu, from) && smmu3_cmdq_alive(&smmu->cmdq))
		return 0;
	ret = -EIO;

err_disable:
	smmu3_cmdq_stop(&smmu->cmdq);
	smmu3_disable(smmu);
	return ret;
}

static void say_open(struct smmu3_instance *smmu)
{
	dev_warn(smmu->dev,
		 "cannot abort while disabled (GBPA.ABORT does not hold): DMA passes until it is enabled\n");
}

static void say_if_enabled(struct smmu3_instance *smmu)
{
	if (readl_relaxed(smmu->page0 + SMMU3_CR0) & SMMU3_CR0_SMMUEN)
		dev_warn(smmu->dev,
			 "was left enabled; DMA behind it aborts until it is set up\n");
}

int smmu3_bringup(struct smmu3_instance *smmu)
{
	int ret;

	if (smmu->strtab.adopted) {
		ret = take_over(smmu);
	} else {
		say_if_enabled(smmu);
		ret = prepare(smmu);
	}
	if (ret)
		return ret;
	if (!smmu->aborts_when_off && !smmu->spares)
		say_open(smmu);
	smmu3_irq_init(smmu);
	smmu3_state_set(smmu, SMMU3_READY);
	return 0;
}

int smmu3_serve(struct smmu3_instance *smmu)
{
	int ret = enter_service(smmu, SMMU3_READY);

	if (ret || !smmu->spares)
		return ret;
	/* For when it is disabled next: by now GBPA is not consulted */
	smmu->spares = false;
	smmu->aborts_when_off = !write_gbpa(smmu, true);
	if (!smmu->aborts_when_off)
		say_open(smmu);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_serve);

int smmu3_bringup_again(struct smmu3_instance *smmu)
{
	int ret = prepare(smmu);

	if (!ret) {
		smmu3_ats_wake(smmu);
		ret = enter_service(smmu, SMMU3_ASLEEP);
	}
	if (!ret) {
		smmu3_answers_send(smmu);
		return 0;
	}
	smmu3_irq_quiesce(smmu);
	smmu3_cmdq_stop(&smmu->cmdq);
	dev_err(smmu->dev, "does not come up again: %pe\n", ERR_PTR(ret));
	give_up(smmu);
	/* To nowhere, and none that comes is kept */
	smmu3_answers_send(smmu);
	return ret;
}

int smmu3_pause(struct smmu3_instance *smmu)
{
	u32 cr0 = readl_relaxed(smmu->page0 + SMMU3_CR0);
	int ret;

	ret = write_gbpa(smmu, true);
	if (ret)
		return ret;
	ret = write_ack(smmu, SMMU3_CR0, SMMU3_CR0ACK,
			cr0 & ~SMMU3_CR0_SMMUEN) ?:
	      write_ack(smmu, SMMU3_IRQ_CTRL, SMMU3_IRQ_CTRLACK, 0);
	if (ret)
		give_up(smmu);
	else
		smmu3_irq_quiesce(smmu);
	return ret;
}

bool smmu3_is_enabled(struct smmu3_instance *smmu)
{
	return readl_relaxed(smmu->page0 + SMMU3_CR0) & SMMU3_CR0_SMMUEN &&
	       readq_relaxed(smmu->page0 + SMMU3_STRTAB_BASE) ==
			smmu3_strtab_base_reg(&smmu->strtab);
}

/* Interrupts and commands end, translation does not yet */
static void go_quiet(struct smmu3_instance *smmu)
{
	write_ack(smmu, SMMU3_IRQ_CTRL, SMMU3_IRQ_CTRLACK, 0);
	smmu3_irq_exit(smmu);
	smmu3_cmdq_stop(&smmu->cmdq);
}

int smmu3_teardown(struct smmu3_instance *smmu)
{
	int ret;

	/* It could not be woken up: it has no power, or none that it can rely on */
	if (smmu->rests) {
		smmu3_irq_exit(smmu);
		smmu3_cmdq_stop(&smmu->cmdq);
		if (!smmu3_may_free(smmu))
			return -ETIMEDOUT;
		smmu3_state_set(smmu, SMMU3_STOPPED);
		return 0;
	}
	go_quiet(smmu);
	ret = smmu3_disable(smmu);
	smmu3_state_set(smmu, ret ? SMMU3_QUEUE_DEAD : SMMU3_STOPPED);
	return ret;
}

void smmu3_leave_closed(struct smmu3_instance *smmu)
{
	u32 cr0;

	if (smmu->aborts_when_off || !smmu3_is_running(smmu)) {
		smmu3_teardown(smmu);
		return;
	}
	dev_warn(smmu->dev,
		 "cannot abort while disabled: stays enabled, with all streams aborting\n");
	smmu3_strtab_close(smmu);
	if (forget_all(smmu))
		dev_err(smmu->dev, "does not confirm that its streams abort\n");
	go_quiet(smmu);
	/* The memory of its queues will have other uses */
	cr0 = readl_relaxed(smmu->page0 + SMMU3_CR0);
	write_ack(smmu, SMMU3_CR0, SMMU3_CR0ACK,
		  cr0 & (SMMU3_CR0_SMMUEN | SMMU3_CR0_ATSCHK));
	smmu3_state_set(smmu, SMMU3_STOPPED);
}

/* Devices are attached in SMMU3_READY, which is not off for tables that go on */
static bool translates(const struct smmu3_instance *smmu)
{
	enum smmu3_state state = READ_ONCE(smmu->state);

	return state == SMMU3_RUNNING ||
	       (state == SMMU3_READY && smmu->strtab.adopted);
}

void smmu3_shut_off(struct smmu3_instance *smmu)
{
	if (!translates(smmu))
		return;
	dev_crit(smmu->dev, "takes no commands\n");
	give_up(smmu);
}

int smmu3_confirm_slow(struct smmu3_instance *smmu, int ret)
{
	/* A queue that lives has dropped a command: forget all instead of that */
	if (smmu3_cmdq_alive(&smmu->cmdq) && !forget_all(smmu))
		return 0;
	smmu3_shut_off(smmu);
	return ret;
}
