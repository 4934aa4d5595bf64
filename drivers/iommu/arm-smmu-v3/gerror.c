// SPDX-License-Identifier: GPL-2.0
/*
 * Global errors: what the hardware reports about itself.
 *
 * Taking and acknowledging them is the command queue's business, as it stands
 * still until its own error is acknowledged and nobody may be there to take an
 * interrupt.  This file says what each error means.
 */
#include <linux/ratelimit.h>

#include <kunit/visibility.h>

#include "smmu.h"

struct gerror {
	u32 bit;
	void (*handle)(struct smmu3_instance *smmu);
	const char *what;
};

static void handle_sfm(struct smmu3_instance *smmu)
{
	smmu3_cmdq_stop(&smmu->cmdq);
	smmu3_disable(smmu);
	smmu3_state_set(smmu, SMMU3_FAILED);
}

/* The interrupt of an aborted message is lost: look after its cause by time */
static void handle_msi_evtq(struct smmu3_instance *smmu)
{
	smmu->irq.has_evtq = false;
	smmu3_irq_poll_soon(smmu);
}

static void handle_msi_priq(struct smmu3_instance *smmu)
{
	smmu->irq.has_priq = false;
	smmu3_irq_poll_soon(smmu);
}

static void handle_msi_gerror(struct smmu3_instance *smmu)
{
	smmu->irq.has_gerror = false;
	smmu3_irq_poll_soon(smmu);
}

static const struct gerror gerrors[] = {
	{ SMMU3_GERROR_SFM, handle_sfm,
	  "service failure: all DMA behind it aborts until the machine is reset" },
	{ SMMU3_GERROR_CMDQ, NULL, "a command was refused" },
	{ SMMU3_GERROR_EVENTQ_ABT, NULL,
	  "writing to the event queue was aborted, events are lost" },
	{ SMMU3_GERROR_PRIQ_ABT, NULL,
	  "writing to the PRI queue was aborted, page requests are lost" },
	{ SMMU3_GERROR_MSI_CMDQ_ABT, NULL,
	  "the message of a CMD_SYNC was aborted" },
	{ SMMU3_GERROR_MSI_EVENTQ_ABT, handle_msi_evtq,
	  "the message of the event queue was aborted, polling from now on" },
	{ SMMU3_GERROR_MSI_PRIQ_ABT, handle_msi_priq,
	  "the message of the PRI queue was aborted, polling from now on" },
	{ SMMU3_GERROR_MSI_GERROR_ABT, handle_msi_gerror,
	  "the message of a global error was aborted, polling from now on" },
};

bool smmu3_gerror_handle(struct smmu3_instance *smmu)
{
	u32 active = smmu3_cmdq_take_gerror(&smmu->cmdq);
	const struct gerror *e;

	if (!active)
		return false;
	for (e = gerrors; e < gerrors + ARRAY_SIZE(gerrors); e++) {
		if (!(active & e->bit))
			continue;
		atomic64_inc(&smmu->counters.gerrors);
		dev_err_ratelimited(smmu->dev, "global error: %s\n", e->what);
		if (e->handle)
			e->handle(smmu);
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_gerror_handle);
