// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/iommu/<instance>/: state, features and counters.
 *
 * No KUnit suite: what is printed here is for people, and no ABI.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "smmu.h"

static int state_show(struct seq_file *s, void *unused)
{
	struct smmu3_instance *smmu = s->private;

	seq_printf(s, "%s\n", smmu3_state_name(READ_ONCE(smmu->state)));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int features_show(struct seq_file *s, void *unused)
{
	struct smmu3_instance *smmu = s->private;

	smmu3_features_show(s, &smmu->feat);
	seq_printf(s, "quirks %#x\nstream-table %s, %u bits\n", smmu->quirks,
		   smmu->strtab.two_level ? "two levels" : "linear",
		   smmu->strtab.bits);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(features);

static void show_counter(struct seq_file *s, const char *name,
			 const atomic64_t *counter)
{
	seq_printf(s, "%s %lld\n", name, atomic64_read(counter));
}

static int counters_show(struct seq_file *s, void *unused)
{
	struct smmu3_instance *smmu = s->private;
	struct smmu3_cmdq_stats stats;

	smmu3_cmdq_stats(&smmu->cmdq, &stats);
	seq_printf(s, "commands %llu\nsyncs %llu\nflights %llu\nissues %llu\n",
		   stats.cmds, stats.syncs, stats.flights, stats.issues);
	seq_printf(s, "sync-timeouts %u\ncommand-errors %u\n",
		   stats.timeouts, stats.errors);
	show_counter(s, "events", &smmu->counters.events);
	show_counter(s, "event-overflows", &smmu->counters.overflows);
	show_counter(s, "events-malformed", &smmu->counters.malformed);
	show_counter(s, "global-errors", &smmu->counters.gerrors);
	show_counter(s, "stalls", &smmu->counters.stalls);
	show_counter(s, "page-requests", &smmu->counters.pages);
	show_counter(s, "page-groups-denied", &smmu->counters.pages_denied);
	show_counter(s, "page-request-overflows", &smmu->counters.pages_lost);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int streams_show(struct seq_file *s, void *unused)
{
	struct smmu3_instance *smmu = s->private;
	struct smmu3_device *device;
	unsigned long sid;

	mutex_lock(&smmu->streams_lock);
	xa_for_each(&smmu->streams, sid, device)
		seq_printf(s, "%#lx %s%s%s%s%s%s\n", sid, dev_name(device->dev),
			   device->ats.enabled ? " ats" : "",
			   READ_ONCE(device->ats.dead) ? " ats-lost" : "",
			   device->stall.capable ? " can-stall" : "",
			   device->stall.pri ? " pri" : "",
			   device->stall.enabled ? " waits-for-pages" : "");
	mutex_unlock(&smmu->streams_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(streams);

static const struct iommu_debugfs_file files[] = {
	{ "state", &state_fops },
	{ "features", &features_fops },
	{ "counters", &counters_fops },
	{ "streams", &streams_fops },
	{}
};

void smmu3_debugfs_init(struct smmu3_instance *smmu)
{
	smmu->debugfs = iommu_debugfs_add_instance(&smmu->iommu, files, smmu);
}

void smmu3_debugfs_exit(struct smmu3_instance *smmu)
{
	debugfs_remove_recursive(smmu->debugfs);
	smmu->debugfs = NULL;
}
