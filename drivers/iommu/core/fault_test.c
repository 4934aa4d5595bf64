// SPDX-License-Identifier: GPL-2.0
/*
 * Terminated faults: the line, its limit, counters, handlers, the event.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <trace/events/iommu_fault.h>

#include "core.h"
#include "debugfs.h"
#include "fault.h"
#include "test_device.h"
#include "test_space.h"

/* What a driver would report for a write to an address without entry */
static struct iommu_fault_record new_record(struct test_device *tdev)
{
	return (struct iommu_fault_record) {
		.iommu = &tdev->iommu,
		.dev = tdev->dev,
		.stream = 0x20,
		.pasid = IOMMU_PASID_INVALID,
		.iova = 0xdead0000,
		.has_iova = true,
		.reason = IOMMU_FAULT_REASON_UNMAPPED,
		.access = IOMMU_FAULT_ACCESS_KNOWN | IOMMU_FAULT_ACCESS_WRITE,
		.stage = 1,
		.level = 3,
		.name = "F_TRANSLATION",
	};
}

static void expect_line(struct kunit *test,
			const struct iommu_fault_record *rec,
			const char *expected)
{
	char line[FAULT_LINE_MAX];
	size_t length = iommu_fault_format(line, sizeof(line), rec, 0);

	KUNIT_EXPECT_STREQ(test, line, expected);
	KUNIT_EXPECT_EQ(test, length, strlen(expected));
}

static void line_of_an_unmapped_write(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = new_record(tdev);
	char line[FAULT_LINE_MAX];

	expect_line(test, &rec,
		    "DMA fault: write to 0x00000000dead0000 blocked: not mapped (test-iommu, stream 0x20, stage 1 level 3, F_TRANSLATION)");
	iommu_fault_format(line, sizeof(line), &rec, 3);
	KUNIT_EXPECT_STREQ(test, line,
			   "DMA fault: write to 0x00000000dead0000 blocked: not mapped (test-iommu, stream 0x20, stage 1 level 3, F_TRANSLATION); 3 before it not shown");
}

static void line_says_which_access(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = new_record(tdev);

	rec.reason = IOMMU_FAULT_REASON_PERMISSION;
	rec.name = "F_PERMISSION";
	expect_line(test, &rec,
		    "DMA fault: write to 0x00000000dead0000 blocked: mapped, but not for writing (test-iommu, stream 0x20, stage 1 level 3, F_PERMISSION)");
	rec.access = IOMMU_FAULT_ACCESS_KNOWN;
	expect_line(test, &rec,
		    "DMA fault: read from 0x00000000dead0000 blocked: mapped, but not for reading (test-iommu, stream 0x20, stage 1 level 3, F_PERMISSION)");
	rec.access |= IOMMU_FAULT_ACCESS_EXEC | IOMMU_FAULT_ACCESS_PRIV;
	expect_line(test, &rec,
		    "DMA fault: privileged instruction fetch from 0x00000000dead0000 blocked: mapped, but not for execution (test-iommu, stream 0x20, stage 1 level 3, F_PERMISSION)");
	/* Bits that the driver does not vouch for are not printed. */
	rec.access = IOMMU_FAULT_ACCESS_WRITE | IOMMU_FAULT_ACCESS_PRIV;
	expect_line(test, &rec,
		    "DMA fault: access to 0x00000000dead0000 blocked: mapped, but not for this access (test-iommu, stream 0x20, stage 1 level 3, F_PERMISSION)");
	rec.has_iova = false;
	expect_line(test, &rec,
		    "DMA fault: access blocked: mapped, but not for this access (test-iommu, stream 0x20, stage 1 level 3, F_PERMISSION)");
}

static void line_says_where(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = new_record(tdev);

	rec.stage = 2;
	rec.has_ipa = true;
	rec.ipa = 0x40001000;
	rec.pasid = 5;
	rec.level = -1;
	expect_line(test, &rec,
		    "DMA fault: write to 0x00000000dead0000 blocked: not mapped (test-iommu, stream 0x20, PASID 0x5, stage 2, IPA 0x0000000040001000, F_TRANSLATION)");
	rec.stage = 0;
	rec.level = 0;
	rec.name = NULL;
	rec.iommu = NULL;
	expect_line(test, &rec,
		    "DMA fault: write to 0x00000000dead0000 blocked: not mapped (unnamed IOMMU, stream 0x20, PASID 0x5, level 0)");
}

static void line_of_an_unknown_stream(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = {
		.iommu = &tdev->iommu,
		.stream = 0x8421,
		.pasid = IOMMU_PASID_INVALID,
		.level = -1,
		.reason = IOMMU_FAULT_REASON_STREAM,
		.name = "C_BAD_STREAMID",
	};

	expect_line(test, &rec,
		    "DMA fault: access by an unknown device blocked: firmware names no device with this stream, check iommus, iommu-map or IORT (test-iommu, stream 0x8421, C_BAD_STREAMID)");
}

static void every_reason_has_words(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = new_record(tdev);
	char line[FAULT_LINE_MAX], other[FAULT_LINE_MAX];
	unsigned int reason;

	rec.reason = IOMMU_FAULT_REASON_COUNT;
	iommu_fault_format(other, sizeof(other), &rec, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(other, "reason not known"));
	for (reason = 0; reason < IOMMU_FAULT_REASON_COUNT; reason++) {
		rec.reason = reason;
		rec.stage = 2;
		rec.has_ipa = true;
		rec.pasid = 0xfffff;
		rec.iova = U64_MAX;
		rec.ipa = U64_MAX;
		rec.stream = U32_MAX;
		/* The longest of each fits. */
		KUNIT_EXPECT_LT(test, iommu_fault_format(line, sizeof(line), &rec,
							 UINT_MAX),
				sizeof(line) - 1);
		KUNIT_EXPECT_NULL(test, strstr(line, "(null)"));
		KUNIT_EXPECT_STRNEQ(test, line, other);
		strscpy(other, line, sizeof(other));
	}
}

static void a_small_buffer_is_not_overrun(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = new_record(tdev);
	char line[16];

	memset(line, 'x', sizeof(line));
	iommu_fault_format(line, 8, &rec, 0);
	KUNIT_EXPECT_LT(test, strnlen(line, sizeof(line)), 8);
	KUNIT_EXPECT_EQ(test, line[8], 'x');
}

static void limit_counts_what_it_hides(struct kunit *test)
{
	struct ratelimit_state limit;
	unsigned int i, hidden = 99;

	ratelimit_state_init(&limit, HZ / 10, 3);
	ratelimit_set_flags(&limit, RATELIMIT_MSG_ON_RELEASE);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, iommu_fault_may_print(&limit, &hidden));
		KUNIT_EXPECT_EQ(test, hidden, 0);
	}
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_FALSE(test, iommu_fault_may_print(&limit, &hidden));
	/* As if the period were over */
	limit.begin -= HZ;
	KUNIT_EXPECT_TRUE(test, iommu_fault_may_print(&limit, &hidden));
	KUNIT_EXPECT_EQ(test, hidden, 5);
	KUNIT_EXPECT_TRUE(test, iommu_fault_may_print(&limit, &hidden));
	KUNIT_EXPECT_EQ(test, hidden, 0);
}

/* Lines that count for us would name no device. */
static void limits_leave_counting_to_us(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "fault-limits");
	struct iommu_device *instance = kunit_kzalloc(test, sizeof(*instance), GFP_KERNEL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	KUNIT_ASSERT_NOT_NULL(test, instance);
	iommu_fault_init_instance(instance);
	KUNIT_EXPECT_EQ(test, instance->stray_limit.flags, RATELIMIT_MSG_ON_RELEASE);
	mutex_lock(&iommu_probe_device_lock);
	KUNIT_EXPECT_NOT_NULL(test, iommu_device_state_get(dev));
	if (dev->iommu)
		KUNIT_EXPECT_EQ(test, dev->iommu->fault_limit.flags,
				RATELIMIT_MSG_ON_RELEASE);
	dev_iommu_free(dev);
	mutex_unlock(&iommu_probe_device_lock);
}

static void a_storm_is_counted_and_limited(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault-storm");
	struct test_device *other = test_device_new(test, "fault-other");
	struct iommu_fault_record rec = new_record(tdev);
	unsigned int i;

	/* A burst of one keeps the log short; the period does not end. */
	ratelimit_state_init(&tdev->state.fault_limit, 1000 * HZ, 1);
	ratelimit_state_init(&other->state.fault_limit, 1000 * HZ, 1);
	for (i = 0; i < 1000; i++)
		iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, atomic64_read(&tdev->state.faults), 1000);
	KUNIT_EXPECT_EQ(test, tdev->state.fault_limit.printed, 1);
	KUNIT_EXPECT_EQ(test, tdev->state.fault_limit.missed, 999);
	/* Another device is heard all the same. */
	rec = new_record(other);
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, other->state.fault_limit.printed, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&tdev->state.faults), 1000);
}

/* Another instance's faults of streams that are nobody's are heard all the same */
static void instances_have_their_own_limits(struct kunit *test)
{
	struct iommu_device *storm = kunit_kzalloc(test, sizeof(*storm), GFP_KERNEL);
	struct iommu_device *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct iommu_fault_record rec = {};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, storm);
	KUNIT_ASSERT_NOT_NULL(test, other);
	iommu_fault_init_instance(storm);
	iommu_fault_init_instance(other);
	storm->stray_limit.burst = 1;
	rec.iommu = storm;
	for (i = 0; i < 100; i++)
		iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, storm->stray_limit.printed, 1);
	/* What it has counted is not lost when it is registered anew */
	iommu_fault_init_instance(storm);
	KUNIT_EXPECT_EQ(test, storm->stray_limit.missed, 99);
	rec.iommu = other;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, other->stray_limit.printed, 1);
}

/*
 * Handlers
 */

struct heard {
	struct iommu_domain *domain;
	struct device *dev;
	unsigned long iova;
	int flags;
	unsigned int calls;
	int answer;
};

static int hear(struct iommu_domain *domain, struct device *dev,
		unsigned long iova, int flags, void *token)
{
	struct heard *heard = token;

	heard->domain = domain;
	heard->dev = dev;
	heard->iova = iova;
	heard->flags = flags;
	heard->calls++;
	return heard->answer;
}

static struct test_device *attached_device(struct kunit *test,
					   struct iommu_domain *domain)
{
	struct test_device *tdev = test_device_new(test, "fault-attached");
	struct iommu_group *group = test_group_new(test);

	test_device_join(test, tdev, group);
	group->domain = domain;
	return tdev;
}

static void handler_comes_before_the_line(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = attached_device(test, &space->domain);
	struct iommu_fault_record rec = new_record(tdev);
	struct heard heard = {};

	iommu_set_fault_handler(&space->domain, hear, &heard);
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 1);
	KUNIT_EXPECT_PTR_EQ(test, heard.domain, &space->domain);
	KUNIT_EXPECT_PTR_EQ(test, heard.dev, tdev->dev);
	KUNIT_EXPECT_EQ(test, heard.iova, 0xdead0000);
	KUNIT_EXPECT_EQ(test, heard.flags, IOMMU_FAULT_WRITE);
	KUNIT_EXPECT_EQ(test, tdev->state.fault_limit.printed, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&tdev->state.faults), 1);

	heard.answer = -ENODATA;
	rec.access = IOMMU_FAULT_ACCESS_KNOWN;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 2);
	KUNIT_EXPECT_EQ(test, heard.flags, IOMMU_FAULT_READ);
	KUNIT_EXPECT_EQ(test, tdev->state.fault_limit.printed, 1);

	iommu_set_fault_handler(&space->domain, NULL, NULL);
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 2);
	KUNIT_EXPECT_EQ(test, tdev->state.fault_limit.printed, 2);
}

static void handler_hears_only_its_own(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = attached_device(test, &space->domain);
	struct iommu_fault_record rec = new_record(tdev);
	struct heard heard = {};

	iommu_set_fault_handler(&space->domain, hear, &heard);
	rec.pasid = 7;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 0);
	rec.pasid = IOMMU_NO_PASID;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 1);
	rec.has_iova = false;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 1);
	/* In an SVA domain the bytes of the handler are something else. */
	rec.has_iova = true;
	space->domain.type = IOMMU_DOMAIN_SVA;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, heard.calls, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&tdev->state.faults), 4);
}

static void legacy_report_returns_the_answer(struct kunit *test)
{
	struct space *space = space_new(test, &space_range_ops);
	struct test_device *tdev = test_device_new(test, "fault");
	struct heard heard = { .answer = -ENODATA };
	int unheard;

	/* Without a handler, and without a device */
	unheard = report_iommu_fault(&space->domain, NULL, SZ_4K,
				     IOMMU_FAULT_READ);
	KUNIT_EXPECT_LT(test, unheard, 0);
	iommu_set_fault_handler(&space->domain, hear, &heard);
	KUNIT_EXPECT_EQ(test, report_iommu_fault(&space->domain, tdev->dev,
						 SZ_4K, IOMMU_FAULT_WRITE),
			-ENODATA);
	KUNIT_EXPECT_EQ(test, heard.iova, SZ_4K);
	KUNIT_EXPECT_EQ(test, heard.flags, IOMMU_FAULT_WRITE);
	KUNIT_EXPECT_EQ(test, atomic64_read(&tdev->state.faults), 1);
	heard.answer = 0;
	KUNIT_EXPECT_EQ(test, report_iommu_fault(&space->domain, NULL, SZ_8K,
						 IOMMU_FAULT_READ), 0);
	KUNIT_EXPECT_EQ(test, heard.calls, 2);
	/* Nobody's fault is printed by whoever called, not counted here. */
	KUNIT_EXPECT_EQ(test, atomic64_read(&tdev->state.faults), 1);
}

static void setting_a_handler_spares_other_domains(struct kunit *test)
{
	struct iommu_domain domain = { .type = IOMMU_DOMAIN_SVA };
	struct mm_struct *mm = (void *)0x1000;

	domain.mm = mm;
	iommu_set_fault_handler(&domain, hear, NULL);
	KUNIT_EXPECT_PTR_EQ(test, domain.mm, mm);
}

/*
 * Event and counter file
 */

struct seen {
	struct task_struct *task;
	struct iommu_fault_record rec;
	char instance[64], device[64];
	unsigned int calls;
};

static void see_fault(void *data, const struct iommu_fault_record *rec,
		      const char *instance, const char *device)
{
	struct seen *seen = data;

	if (seen->task != current)
		return;
	seen->rec = *rec;
	strscpy(seen->instance, instance, sizeof(seen->instance));
	strscpy(seen->device, device, sizeof(seen->device));
	seen->calls++;
}

static void every_fault_is_traced(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "fault");
	struct iommu_fault_record rec = new_record(tdev);
	struct seen seen = { .task = current };
	unsigned int i;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "no trace events in this kernel");
	ratelimit_state_init(&tdev->state.fault_limit, 1000 * HZ, 1);
	KUNIT_ASSERT_EQ(test, register_trace_dma_fault(see_fault, &seen), 0);
	for (i = 0; i < 10; i++)
		iommu_fault_report(&rec);
	KUNIT_EXPECT_EQ(test, seen.calls, 10);
	KUNIT_EXPECT_MEMEQ(test, &seen.rec, &rec, sizeof(rec));
	KUNIT_EXPECT_STREQ(test, seen.instance, "test-iommu");
	KUNIT_EXPECT_STREQ(test, seen.device, dev_name(tdev->dev));
	rec.dev = NULL;
	iommu_fault_report(&rec);
	KUNIT_EXPECT_STREQ(test, seen.device, "unknown");
	unregister_trace_dma_fault(see_fault, &seen);
	tracepoint_synchronize_unregister();
}

static void counter_file_lists_devices(struct kunit *test)
{
#ifdef CONFIG_IOMMU_DEBUGFS
	struct test_device *a = test_device_new(test, "fault-listed");
	struct test_device *b = test_device_new(test, "fault-gone");
	struct seq_file seq = { .size = SZ_4K };
	const char *line;

	seq.buf = kunit_kzalloc(test, seq.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seq.buf);
	iommu_debugfs_add_device(a->dev);
	iommu_debugfs_add_device(b->dev);
	iommu_debugfs_remove_device(b->dev);
	atomic64_set(&a->state.faults, 42);
	KUNIT_EXPECT_EQ(test, iommu_debugfs_show_faults(&seq, NULL), 0);
	iommu_debugfs_remove_device(a->dev);
	line = strstr(seq.buf, ".fault-listed 42\n");
	KUNIT_EXPECT_NOT_NULL(test, line);
	KUNIT_EXPECT_NULL(test, strstr(seq.buf, "fault-gone"));
#else
	kunit_skip(test, "no debugfs files in this kernel");
#endif
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(line_of_an_unmapped_write),
	KUNIT_CASE(line_says_which_access),
	KUNIT_CASE(line_says_where),
	KUNIT_CASE(line_of_an_unknown_stream),
	KUNIT_CASE(every_reason_has_words),
	KUNIT_CASE(a_small_buffer_is_not_overrun),
	KUNIT_CASE(limit_counts_what_it_hides),
	KUNIT_CASE(limits_leave_counting_to_us),
	KUNIT_CASE(a_storm_is_counted_and_limited),
	KUNIT_CASE(instances_have_their_own_limits),
	KUNIT_CASE(handler_comes_before_the_line),
	KUNIT_CASE(handler_hears_only_its_own),
	KUNIT_CASE(legacy_report_returns_the_answer),
	KUNIT_CASE(setting_a_handler_spares_other_domains),
	KUNIT_CASE(every_fault_is_traced),
	KUNIT_CASE(counter_file_lists_devices),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "iommu-core-fault",
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: fault reports");
MODULE_LICENSE("GPL");
