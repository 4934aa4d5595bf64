// SPDX-License-Identifier: GPL-2.0
/*
 * Terminated faults: traced, counted, offered to who owns the domain, and
 * printed in words.
 *
 * A fault comes from hardware that a faulty or hostile device can drive as fast
 * as it likes, often in hard interrupt context.  So a report allocates nothing,
 * waits for nothing, and the log takes only so many lines of each device.
 */
#define pr_fmt(fmt) "iommu: " fmt

#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/ratelimit.h>
#include <linux/seq_buf.h>
#include <trace/events/iommu.h>

#include "fault.h"
#include "quarantine.h"

#define CREATE_TRACE_POINTS
#include <trace/events/iommu_fault.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(dma_fault);
EXPORT_TRACEPOINT_SYMBOL_GPL(page_request);
EXPORT_TRACEPOINT_SYMBOL_GPL(page_response);

/* For streams that are nobody's, of instances that are not registered yet. */
static struct ratelimit_state stray_limit =
	RATELIMIT_STATE_INIT_FLAGS(stray_limit, DEFAULT_RATELIMIT_INTERVAL,
				   DEFAULT_RATELIMIT_BURST, RATELIMIT_MSG_ON_RELEASE);

static const char *const reason_text[IOMMU_FAULT_REASON_COUNT] = {
	[IOMMU_FAULT_REASON_UNKNOWN] = "reason not known",
	[IOMMU_FAULT_REASON_UNMAPPED] = "not mapped",
	[IOMMU_FAULT_REASON_ACCESS_FLAG] = "mapped, but its access flag is clear",
	[IOMMU_FAULT_REASON_ADDRESS_SIZE] = "address out of range",
	[IOMMU_FAULT_REASON_BLOCKED] =
		"the device may do no DMA until a driver or a user of it attaches a domain",
	[IOMMU_FAULT_REASON_STREAM] =
		"firmware names no device with this stream, check iommus, iommu-map or IORT",
	[IOMMU_FAULT_REASON_PASID] = "nothing is attached to the PASID",
	[IOMMU_FAULT_REASON_UNSUPPORTED] = "a kind of access that is not supported",
	[IOMMU_FAULT_REASON_CONFIG] =
		"the IOMMU rejects how the stream is set up, please report this",
	[IOMMU_FAULT_REASON_WALK] = "the tables could not be read",
	[IOMMU_FAULT_REASON_CONFLICT] = "cached translations contradict each other",
};

static const char *access_verb(u8 access)
{
	if (!(access & IOMMU_FAULT_ACCESS_KNOWN))
		return "access";
	if (access & IOMMU_FAULT_ACCESS_WRITE)
		return "write";
	if (access & IOMMU_FAULT_ACCESS_EXEC)
		return "instruction fetch";
	return "read";
}

static const char *access_preposition(u8 access)
{
	if (!(access & IOMMU_FAULT_ACCESS_KNOWN) ||
	    (access & IOMMU_FAULT_ACCESS_WRITE))
		return "to";
	return "from";
}

static bool access_is_privileged(u8 access)
{
	return (access & IOMMU_FAULT_ACCESS_KNOWN) &&
	       (access & IOMMU_FAULT_ACCESS_PRIV);
}

static const char *permission_text(u8 access)
{
	if (!(access & IOMMU_FAULT_ACCESS_KNOWN))
		return "mapped, but not for this access";
	if (access & IOMMU_FAULT_ACCESS_WRITE)
		return "mapped, but not for writing";
	if (access & IOMMU_FAULT_ACCESS_EXEC)
		return "mapped, but not for execution";
	return "mapped, but not for reading";
}

static const char *reason_words(const struct iommu_fault_record *rec)
{
	if (rec->reason == IOMMU_FAULT_REASON_PERMISSION)
		return permission_text(rec->access);
	if (rec->reason >= IOMMU_FAULT_REASON_COUNT)
		return reason_text[IOMMU_FAULT_REASON_UNKNOWN];
	return reason_text[rec->reason];
}

static bool has_pasid(const struct iommu_fault_record *rec)
{
	return rec->pasid != IOMMU_PASID_INVALID;
}

static const char *instance_name(const struct iommu_fault_record *rec)
{
	if (rec->iommu && rec->iommu->dev)
		return dev_name(rec->iommu->dev);
	return "unnamed IOMMU";
}

static void add_what(struct seq_buf *line, const struct iommu_fault_record *rec)
{
	seq_buf_printf(line, "DMA fault: %s%s",
		       access_is_privileged(rec->access) ? "privileged " : "",
		       access_verb(rec->access));
	if (rec->has_iova)
		seq_buf_printf(line, " %s 0x%016llx",
			       access_preposition(rec->access), rec->iova);
	if (!rec->dev)
		seq_buf_puts(line, " by an unknown device");
	seq_buf_printf(line, " blocked: %s", reason_words(rec));
}

static void add_where(struct seq_buf *line,
		      const struct iommu_fault_record *rec)
{
	seq_buf_printf(line, " (%s, stream 0x%x", instance_name(rec),
		       rec->stream);
	if (has_pasid(rec))
		seq_buf_printf(line, ", PASID 0x%x", rec->pasid);
	if (rec->stage)
		seq_buf_printf(line, ", stage %u", rec->stage);
	if (rec->level >= 0)
		seq_buf_printf(line, "%s level %d", rec->stage ? "" : ",",
			       rec->level);
	if (rec->stage == 2 && rec->has_ipa)
		seq_buf_printf(line, ", IPA 0x%016llx", rec->ipa);
	if (rec->name)
		seq_buf_printf(line, ", %s", rec->name);
	seq_buf_putc(line, ')');
}

/* The line, without device prefix and newline; returns its length. */
VISIBLE_IF_KUNIT size_t iommu_fault_format(char *line, size_t size,
					   const struct iommu_fault_record *rec,
					   unsigned int hidden)
{
	struct seq_buf buf;

	seq_buf_init(&buf, line, size);
	add_what(&buf, rec);
	add_where(&buf, rec);
	if (hidden)
		seq_buf_printf(&buf, "; %u before it not shown", hidden);
	seq_buf_str(&buf);
	return seq_buf_used(&buf);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_fault_format);

/*
 * May one more line be printed?  *@hidden is how many were not since the last
 * one.  ___ratelimit() would print that number itself, in a line of its own
 * that names no device; RATELIMIT_MSG_ON_RELEASE, which every limit has from the
 * start, leaves it to us.
 */
VISIBLE_IF_KUNIT bool iommu_fault_may_print(struct ratelimit_state *limit,
					    unsigned int *hidden)
{
	unsigned long flags;

	if (!__ratelimit(limit))
		return false;
	raw_spin_lock_irqsave(&limit->lock, flags);
	*hidden = limit->missed;
	limit->missed = 0;
	raw_spin_unlock_irqrestore(&limit->lock, flags);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_fault_may_print);

/* Each device has an allowance of its own, and each instance for what is nobody's */
static struct ratelimit_state *limit_of(const struct iommu_fault_record *rec)
{
	if (rec->dev && rec->dev->iommu)
		return &rec->dev->iommu->fault_limit;
	/* Pairs with iommu_fault_init_instance(): the rest is set up before */
	if (rec->iommu && smp_load_acquire(&rec->iommu->stray_limit.interval))
		return &rec->iommu->stray_limit;
	return &stray_limit;
}

void iommu_fault_init_instance(struct iommu_device *iommu)
{
	struct ratelimit_state *limit = &iommu->stray_limit;

	/* One that was registered before may print right now */
	if (limit->interval)
		return;
	ratelimit_state_init(limit, 0, DEFAULT_RATELIMIT_BURST);
	ratelimit_set_flags(limit, RATELIMIT_MSG_ON_RELEASE);
	/* Pairs with limit_of() */
	smp_store_release(&limit->interval, DEFAULT_RATELIMIT_INTERVAL);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_fault_init_instance);

static void print_fault(const struct iommu_fault_record *rec)
{
	struct ratelimit_state *limit = limit_of(rec);
	char line[FAULT_LINE_MAX];
	unsigned int hidden = 0;

	if (!iommu_fault_may_print(limit, &hidden))
		return;
	iommu_fault_format(line, sizeof(line), rec, hidden);
	if (rec->dev)
		dev_err(rec->dev, "%s\n", line);
	else
		pr_err("%s\n", line);
}

static void count_fault(struct device *dev)
{
	if (dev && dev->iommu)
		atomic64_inc(&dev->iommu->faults);
}

static int call_handler(struct iommu_domain *domain, struct device *dev,
			unsigned long iova, int flags)
{
	iommu_fault_handler_t handler;

	/* Other domains keep something else where the handler would be. */
	if (domain->type & __IOMMU_DOMAIN_PAGING) {
		/* Pairs with the release in iommu_set_fault_handler(). */
		handler = smp_load_acquire(&domain->handler);
		if (handler)
			return handler(domain, dev, iova, flags,
				       domain->handler_token);
	}
	return -ENOSYS;
}

/* The event takes its strings from the device, so it needs one. */
static void trace_legacy(struct device *dev, unsigned long iova, int flags)
{
	if (dev)
		trace_io_page_fault(dev, iova, flags);
}

static int legacy_flags(const struct iommu_fault_record *rec)
{
	bool write = (rec->access & IOMMU_FAULT_ACCESS_KNOWN) &&
		     (rec->access & IOMMU_FAULT_ACCESS_WRITE);

	return write ? IOMMU_FAULT_WRITE : IOMMU_FAULT_READ;
}

/*
 * Offer a fault to who owns the domain that the device is behind.  A fault of a
 * PASID is in another address space, about which that owner knows nothing.
 *
 * The attachment can change at any time; the domain found here stays until we
 * are done because iommu_domain_free() waits for a grace period.
 */
static bool offer_to_owner(const struct iommu_fault_record *rec)
{
	struct iommu_domain *domain;
	bool handled = false;

	if (!rec->dev || !rec->has_iova ||
	    (has_pasid(rec) && rec->pasid != IOMMU_NO_PASID))
		return false;

	rcu_read_lock();
	domain = iommu_get_domain_for_dev(rec->dev);
	if (domain)
		handled = !call_handler(domain, rec->dev, rec->iova,
					legacy_flags(rec));
	rcu_read_unlock();
	return handled;
}

void iommu_fault_report(const struct iommu_fault_record *rec)
{
	trace_dma_fault(rec, instance_name(rec),
			rec->dev ? dev_name(rec->dev) : "unknown");
	if (rec->has_iova)
		trace_legacy(rec->dev, rec->iova, legacy_flags(rec));
	count_fault(rec->dev);
	if (offer_to_owner(rec))
		return;
	if (rec->dev && rec->dev->iommu)
		iommu_quarantine_note(rec->dev);
	print_fault(rec);
}
EXPORT_SYMBOL_GPL(iommu_fault_report);

int report_iommu_fault(struct iommu_domain *domain, struct device *dev,
		       unsigned long iova, int flags)
{
	int ret = call_handler(domain, dev, iova, flags);

	count_fault(dev);
	trace_legacy(dev, iova, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(report_iommu_fault);
