// SPDX-License-Identifier: GPL-2.0
/*
 * Sleep of an instance: with the whole system, or because nobody needs it.
 *
 * It goes closed, and comes up by the same path as from probe: closed until its
 * tables hold.  Tables and domains stay in memory and may change meanwhile.
 * What a command would have invalidated by then is invalidated with all else
 * when it wakes up; cmdq.h says why nothing can fall between.  Events that are
 * there are reported before it goes.
 *
 * Devices go to sleep before their instance and wake up after it, by the links
 * that core makes.
 *
 * An instance that cannot be closed while it is disabled (GBPA.ABORT does not
 * hold) is not disabled: it is left translating, as a system that only idles
 * keeps its power.  If power was lost all the same, it is brought up again.
 */
#include <linux/device.h>
#include <linux/pm_runtime.h>

#include "smmu.h"

/* Devices that rest for less than this do not have the instance follow them */
#define SMMU3_AUTOSUSPEND_MS	20

static void sleep_now(struct smmu3_instance *smmu, bool powered)
{
	/* Who drains a queue has streams_lock, and reads registers under it */
	mutex_lock(&smmu->streams_lock);
	smmu3_state_set(smmu, SMMU3_ASLEEP);
	mutex_unlock(&smmu->streams_lock);
	smmu3_answers_hold(smmu);
	/* Nobody waits for answers that have been given, but they must not be lost */
	if (powered && smmu3_cmdq_issue(&smmu->cmdq, NULL, 0))
		dev_warn(smmu->dev, "goes to sleep with commands that it did not take\n");
	smmu3_cmdq_sleep(&smmu->cmdq);
}

/* What failed stays as it is */
static int go_to_sleep(struct smmu3_instance *smmu)
{
	int ret;

	if (!smmu3_is_running(smmu) || !smmu->aborts_when_off)
		return 0;
	ret = smmu3_pause(smmu);
	if (ret) {
		dev_err(smmu->dev, "cannot sleep: %pe\n", ERR_PTR(ret));
		return ret;
	}
	/* No more of them come, and they can still be answered */
	smmu3_recq_flush(smmu, &smmu->evtq);
	smmu3_recq_flush(smmu, &smmu->priq);
	sleep_now(smmu, true);
	if (!smmu3_disable(smmu))
		return 0;
	return smmu3_bringup_again(smmu) ?: -EBUSY;
}

static int come_back(struct smmu3_instance *smmu)
{
	switch (smmu->state) {
	case SMMU3_RUNNING:
		if (smmu3_is_enabled(smmu))
			return 0;
		sleep_now(smmu, false);
		return smmu3_bringup_again(smmu);
	case SMMU3_ASLEEP:
		return smmu3_bringup_again(smmu);
	default:
		/* Its registers may have forgotten that they were closed */
		return smmu3_is_enabled(smmu) ? 0 : smmu3_disable(smmu);
	}
}

static int system_suspend(struct device *dev)
{
	struct smmu3_instance *smmu = dev_get_drvdata(dev);

	return smmu->rests ? 0 : go_to_sleep(smmu);
}

static int system_resume(struct device *dev)
{
	struct smmu3_instance *smmu = dev_get_drvdata(dev);

	/* One that did not wake up may have been opened by the power that it has now */
	return smmu->rests && smmu->state == SMMU3_ASLEEP ? 0 : come_back(smmu);
}

static int runtime_suspend(struct device *dev)
{
	struct smmu3_instance *smmu = dev_get_drvdata(dev);
	int ret;

	/*
	 * What would be off then is all that keeps others out.  And who has failed
	 * is still asked for errors, and shut off again if need be.
	 */
	if (!smmu3_is_running(smmu) || !smmu->aborts_when_off)
		return -EBUSY;
	/*
	 * Nor does it know when what firmware or a crashed kernel left running has
	 * come to an end.
	 */
	if (smmu->boot_streams || smmu->strtab.adopted)
		return -EBUSY;
	ret = go_to_sleep(smmu);
	WRITE_ONCE(smmu->rests, !ret);
	return ret;
}

/* Whoever gave it power takes that away again: nobody may look at it after this */
static void rest_on(struct smmu3_instance *smmu)
{
	/* Who drains a queue has streams_lock, and reads registers under it */
	mutex_lock(&smmu->streams_lock);
	WRITE_ONCE(smmu->rests, true);
	mutex_unlock(&smmu->streams_lock);
	smmu3_irq_quiesce(smmu);
	smmu3_cmdq_wait_gated(&smmu->cmdq);
}

static int runtime_resume(struct device *dev)
{
	struct smmu3_instance *smmu = dev_get_drvdata(dev);
	int ret;

	WRITE_ONCE(smmu->rests, false);
	ret = come_back(smmu);
	if (ret)
		rest_on(smmu);
	return ret;
}

/* Late, when all devices are at rest, and early, before the first is not */
const struct dev_pm_ops smmu3_pm_ops = {
	NOIRQ_SYSTEM_SLEEP_PM_OPS(system_suspend, system_resume)
	RUNTIME_PM_OPS(runtime_suspend, runtime_resume, NULL)
};

void smmu3_pm_enable(struct smmu3_instance *smmu)
{
	pm_runtime_get_noresume(smmu->dev);
	/*
	 * One that spares devices is closed only once it translates; what becomes
	 * of that is seen by runtime_suspend().
	 */
	if (!smmu->gated || !(smmu->aborts_when_off || smmu->spares))
		return;
	pm_runtime_set_active(smmu->dev);
	pm_runtime_set_autosuspend_delay(smmu->dev, SMMU3_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(smmu->dev);
	pm_runtime_enable(smmu->dev);
}

/*
 * The link holds the instance from now on until the device rests for the first
 * time, and whenever it does not.  One without runtime PM never rests.
 *
 * It is about power only.  Who has a driver that must go before the instance is for
 * core to say, which knows it later for one that was bound without the instance.
 */
void smmu3_pm_follow(struct smmu3_instance *smmu, struct device *dev)
{
	if (!pm_runtime_enabled(smmu->dev))
		return;
	if (device_link_add(dev, smmu->dev, DL_FLAG_STATELESS |
			    DL_FLAG_PM_RUNTIME | DL_FLAG_RPM_ACTIVE))
		return;
	dev_warn(dev, "no link to the SMMU, which stays up for that\n");
	smmu3_pm_hold(smmu);
}

void smmu3_pm_idle(struct smmu3_instance *smmu)
{
	pm_runtime_mark_last_busy(smmu->dev);
	pm_runtime_put_autosuspend(smmu->dev);
}

void smmu3_pm_hold(struct smmu3_instance *smmu)
{
	/* Counts also if it fails, and where there is no runtime PM */
	pm_runtime_get_sync(smmu->dev);
}

void smmu3_pm_disable(struct smmu3_instance *smmu)
{
	if (pm_runtime_enabled(smmu->dev)) {
		pm_runtime_dont_use_autosuspend(smmu->dev);
		pm_runtime_disable(smmu->dev);
		pm_runtime_set_suspended(smmu->dev);
	}
	pm_runtime_put_noidle(smmu->dev);
}
