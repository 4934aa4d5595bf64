// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to page requests, and where they are while the instance sleeps.
 *
 * Who handles a request takes the time that it takes: a process may be asked, or
 * user space.  The instance may go to sleep meanwhile, and a command is lost
 * then; the device waits for its answer all the same.  So answers that are given
 * from when the instance goes to sleep are kept with their device until it
 * translates again.  What was given before has left by then: the queue is waited
 * for once.
 *
 * A device may not have more requests under way than it was told to, so as many
 * answers are kept.  It gets none if it lost its power, and so its requests.
 *
 * Stalls are no concern of this: what is stalled when the instance is disabled is
 * terminated by that.
 *
 * Its KUnit suite is answer_test.c.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "smmu.h"

int smmu3_answers_init(struct smmu3_device *device)
{
	struct smmu3_answers *answers;

	if (device->answers)
		return 0;
	answers = kzalloc(sizeof(*answers), GFP_KERNEL);
	if (!answers)
		return -ENOMEM;
	device->answers = answers;
	return 0;
}

void smmu3_answers_exit(struct smmu3_device *device)
{
	kfree(device->answers);
	device->answers = NULL;
}

static bool keep(struct smmu3_answers *answers, const struct smmu3_cmd *cmd)
{
	if (!answers || answers->count == ARRAY_SIZE(answers->cmds))
		return false;
	answers->cmds[answers->count++] = *cmd;
	return true;
}

void smmu3_answer(struct smmu3_device *device, const struct smmu3_cmd *cmd)
{
	struct smmu3_instance *smmu = device->smmu;
	bool kept = true;

	mutex_lock(&smmu->answers_lock);
	if (smmu->answers_wait)
		kept = keep(device->answers, cmd);
	else
		smmu3_cmdq_post(&smmu->cmdq, cmd, 1);
	mutex_unlock(&smmu->answers_lock);
	if (!kept)
		dev_warn_ratelimited(device->dev,
				     "an answer is dropped: it had more page requests under way than it may have\n");
}

void smmu3_answers_hold(struct smmu3_instance *smmu)
{
	mutex_lock(&smmu->answers_lock);
	smmu->answers_wait = true;
	mutex_unlock(&smmu->answers_lock);
}

static bool lost_power(const struct smmu3_device *device)
{
	return to_pci_dev(device->dev)->current_state == PCI_D3cold;
}

void smmu3_answers_send(struct smmu3_instance *smmu)
{
	struct smmu3_device *device;
	unsigned long sid;

	mutex_lock(&smmu->streams_lock);
	mutex_lock(&smmu->answers_lock);
	smmu->answers_wait = false;
	/* One of several streams comes here again, and has none then */
	xa_for_each(&smmu->streams, sid, device) {
		if (!device->answers || !device->answers->count)
			continue;
		if (!lost_power(device))
			smmu3_cmdq_post(&smmu->cmdq, device->answers->cmds,
					device->answers->count);
		device->answers->count = 0;
	}
	mutex_unlock(&smmu->answers_lock);
	mutex_unlock(&smmu->streams_lock);
}
