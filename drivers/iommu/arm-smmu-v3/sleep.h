/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sleep of an instance.  See sleep.c for the theory.
 */
#ifndef __SMMU3_SLEEP_H
#define __SMMU3_SLEEP_H

#include <linux/pm.h>

struct smmu3_instance;

extern const struct dev_pm_ops smmu3_pm_ops;

/**
 * smmu3_pm_enable() - let an instance be powered down while nobody needs it
 * @smmu: instance that was brought up; stays up until smmu3_pm_idle()
 */
void smmu3_pm_enable(struct smmu3_instance *smmu);

/**
 * smmu3_pm_idle() - need an instance no longer
 * @smmu: instance that smmu3_pm_enable() or smmu3_pm_hold() keeps up
 */
void smmu3_pm_idle(struct smmu3_instance *smmu);

/**
 * smmu3_pm_hold() - have an instance up, and stay so
 * @smmu: instance
 *
 * Context: Process.
 */
void smmu3_pm_hold(struct smmu3_instance *smmu);

/**
 * smmu3_pm_disable() - undo smmu3_pm_enable()
 * @smmu: instance that is kept up, and stays so
 */
void smmu3_pm_disable(struct smmu3_instance *smmu);

#endif /* __SMMU3_SLEEP_H */
