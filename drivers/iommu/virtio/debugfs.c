// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/iommu/<instance>/: state, limits, counters, endpoints.
 *
 * No KUnit suite: what is printed here is for people, and no ABI.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "viommu.h"

static int state_show(struct seq_file *s, void *unused)
{
	struct viommu_instance *viommu = s->private;

	seq_printf(s, "%s\n%s\n",
		   READ_ONCE(viommu->requests.failed) ? "failed" : "running",
		   viommu->closed ? "closed" : "open");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int limits_show(struct seq_file *s, void *unused)
{
	struct viommu_instance *viommu = s->private;
	const struct viommu_limits *limits = &viommu->limits;

	seq_printf(s, "page-sizes %#llx\naddresses %#llx to %#llx\n",
		   limits->page_sizes, limits->first, limits->last);
	seq_printf(s, "domains %u to %u\nprobe-size %u\n", limits->domain_first,
		   limits->domain_last, limits->probe_size);
	seq_printf(s, "mmio %u\nbypass %u\nslots %u\n", limits->mmio,
		   limits->bypass, viommu->requests.nr_slots);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(limits);

static int counters_show(struct seq_file *s, void *unused)
{
	struct viommu_instance *viommu = s->private;
	struct viommu_queue *q = &viommu->requests;
	u64 posted, kicks;

	raw_spin_lock_irq(&q->lock);
	posted = q->posted;
	kicks = q->kicks;
	raw_spin_unlock_irq(&q->lock);
	seq_printf(s, "requests %llu\nkicks %llu\n", posted, kicks);
	seq_printf(s, "faults %lld\nfaults-malformed %lld\n",
		   atomic64_read(&viommu->events.faults),
		   atomic64_read(&viommu->events.malformed));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static void show_domain(struct seq_file *s, const struct iommu_domain *domain)
{
	if (!domain)
		seq_puts(s, "nothing\n");
	else if (domain->type == IOMMU_DOMAIN_BLOCKED)
		seq_puts(s, "blocked\n");
	else if (domain->type == IOMMU_DOMAIN_IDENTITY)
		seq_puts(s, "bypass\n");
	else
		seq_printf(s, "domain %u\n",
			   container_of(domain, struct viommu_domain, domain)->id);
}

static int endpoints_show(struct seq_file *s, void *unused)
{
	struct viommu_instance *viommu = s->private;
	struct viommu_endpoint *ep;
	unsigned long id;
	unsigned int i;

	mutex_lock(&viommu->mutex);
	xa_for_each(&viommu->endpoints, id, ep) {
		for (i = 0; i < ep->num_streams; i++) {
			if (ep->streams[i].id != id)
				continue;
			seq_printf(s, "%#lx %s ", id, dev_name(ep->dev));
			show_domain(s, ep->streams[i].domain);
		}
	}
	mutex_unlock(&viommu->mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(endpoints);

static const struct iommu_debugfs_file files[] = {
	{ "state", &state_fops },
	{ "limits", &limits_fops },
	{ "counters", &counters_fops },
	{ "endpoints", &endpoints_fops },
	{}
};

void viommu_debugfs_init(struct viommu_instance *viommu)
{
	viommu->debugfs = iommu_debugfs_add_instance(&viommu->iommu, files, viommu);
}

void viommu_debugfs_exit(struct viommu_instance *viommu)
{
	debugfs_remove_recursive(viommu->debugfs);
	viommu->debugfs = NULL;
}
