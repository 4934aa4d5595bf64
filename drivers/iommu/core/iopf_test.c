// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of iopf.c: which handler a request finds, how requests are grouped, and
 * that every group has one answer, also where there is none to be expected.
 */
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <trace/events/iommu_fault.h>

#include "debugfs.h"
#include "mock-failslab.h"
#include "mock-iopf.h"

#define PASID	5
#define OTHER	6

static u64 dropped(struct mock_iopf *m)
{
	return atomic64_read(&m->dev->iommu->pages.dropped);
}

static u64 responses(struct mock_iopf *m, enum iommu_page_response_code code)
{
	return atomic64_read(&m->dev->iommu->pages.responses[code]);
}

static void lone_request(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 9, IOMMU_NO_PASID, true));
	mock_iopf_expect(test, m, 9, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, 9, m->response.grpid);
	KUNIT_EXPECT_EQ(test, IOMMU_NO_PASID, m->response.pasid);
	KUNIT_EXPECT_EQ(test, 9, m->last.fault.prm.private_data[0]);
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&m->dev->iommu->pages.requests));
	KUNIT_EXPECT_EQ(test, 1, responses(m, IOMMU_PAGE_RESP_SUCCESS));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->overlaps));
}

static void group_is_complete_and_in_order(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_fault *fault;
	struct iopf_group *group;
	u64 i = 0;

	m->mode = MOCK_IOPF_KEEP;
	for (i = 0; i < 3; i++) {
		struct iopf_fault evt = {
			.fault.type = IOMMU_FAULT_PAGE_REQ,
			.fault.prm = { .grpid = 3, .addr = i },
		};

		KUNIT_EXPECT_EQ(test, 0, iommu_report_device_fault(m->dev, &evt));
		/* One of another group between them */
		KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 4, IOMMU_NO_PASID,
							   false));
	}
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->total));
	KUNIT_EXPECT_NULL(test, mock_iopf_next(m));
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 3, IOMMU_NO_PASID, true));

	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 4, group->fault_count);
	KUNIT_EXPECT_PTR_EQ(test, m->dev, group->fault_param->dev);
	i = 0;
	list_for_each_entry(fault, &group->faults, list) {
		KUNIT_EXPECT_EQ(test, 3, fault->fault.prm.grpid);
		if (i < 3)
			KUNIT_EXPECT_EQ(test, i, fault->fault.prm.addr);
		else
			KUNIT_EXPECT_PTR_EQ(test, &group->last_fault, fault);
		i++;
	}
	KUNIT_EXPECT_EQ(test, 4, i);
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(group);
	mock_iopf_expect(test, m, 3, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_answers(m, 4));
	KUNIT_EXPECT_EQ(test, 0, dropped(m));
}

/* The index belongs to the last request: what else carries it is left behind. */
static void index_with_two_pasids(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_group *group;

	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[1], PASID));
	m->mode = MOCK_IOPF_KEEP;
	mock_iopf_request(m, 8, OTHER, false);
	mock_iopf_request(m, 8, IOMMU_NO_PASID, false);
	mock_iopf_request(m, 8, PASID, false);
	mock_iopf_request(m, 8, PASID, true);
	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 2, group->fault_count);
	KUNIT_EXPECT_EQ(test, 2, dropped(m));
	KUNIT_EXPECT_EQ(test, 0, group->fault_param->partials);
	KUNIT_EXPECT_TRUE(test, list_empty(&group->fault_param->partial));
	iopf_free_group(group);
}

static void pasid_finds_its_space(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[1], PASID));
	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[2], OTHER));
	mock_iopf_request(m, 1, OTHER, true);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].delivered));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[1].delivered));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&m->spaces[2].delivered));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, OTHER, m->response.pasid);
	mock_iopf_request(m, 2, PASID, true);
	mock_iopf_request(m, 3, IOMMU_NO_PASID, true);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&m->spaces[0].delivered));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&m->spaces[1].delivered));
}

/* What is in the field of the PASID counts only if a flag says so. */
static void pasid_field_without_flag(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_fault evt = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.pasid = PASID,
			.grpid = 1,
		},
	};

	KUNIT_EXPECT_EQ(test, 0, iommu_report_device_fault(m->dev, &evt));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&m->spaces[0].delivered));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_SUCCESS);
}

static void nothing_attached(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	mock_iopf_request(m, 1, PASID, false);
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 1, PASID, true));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, PASID, m->response.pasid);
	mock_iopf_detach(&m->spaces[0]);
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 2, IOMMU_NO_PASID, true));
	mock_iopf_expect(test, m, 2, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].delivered));
	KUNIT_EXPECT_EQ(test, 2, responses(m, IOMMU_PAGE_RESP_INVALID));
}

static void domain_without_handler(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	m->spaces[0].domain->iopf_handler = NULL;
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 1, IOMMU_NO_PASID, true));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

static void pasids_of_user_space(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	m->spaces[0].domain->type = IOMMU_DOMAIN_NESTED;
	mock_iopf_request(m, 1, PASID, true);
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);

	m->mock->ops.user_pasid_table = 1;
	mock_iopf_request(m, 2, PASID, true);
	mock_iopf_expect(test, m, 2, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, PASID, m->response.pasid);

	/* Only a domain that user space manages can know the PASID. */
	m->spaces[0].domain->type = IOMMU_DOMAIN_UNMANAGED;
	mock_iopf_request(m, 3, PASID, true);
	mock_iopf_expect(test, m, 3, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&m->spaces[0].delivered));
}

static void device_on_no_queue(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_create(test);

	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(m, &m->spaces[0], IOMMU_NO_PASID));
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 1, IOMMU_NO_PASID, false));
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_answers(m, 1));
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 1, IOMMU_NO_PASID, true));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].delivered));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->overlaps));
}

/* Where we cannot answer, the driver is told. */
static void driver_must_answer(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct mock_device *bare = mock_device_create(test, m->mock, 9);
	struct iopf_fault evt = {
		.fault.type = IOMMU_FAULT_PAGE_REQ + 1,
		.fault.prm.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
	};

	KUNIT_EXPECT_EQ(test, -EINVAL, iommu_report_device_fault(m->dev, &evt));
	evt.fault.type = IOMMU_FAULT_PAGE_REQ;
	KUNIT_EXPECT_EQ(test, -ENODEV, iommu_report_device_fault(mock_dev(bare), &evt));
	iopf_queue_remove_device(m->queue, m->dev);
	m->mock->ops.page_response = NULL;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, iommu_report_device_fault(m->dev, &evt));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->total));
}

static void contradictory_flags(struct kunit *test)
{
	static const u32 wrong[] = {
		IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID,
		BIT(3),
		BIT(31) | IOMMU_FAULT_PAGE_REQUEST_PASID_VALID,
	};
	struct mock_iopf *m = mock_iopf_ready(test);
	struct iopf_fault evt = { .fault.type = IOMMU_FAULT_PAGE_REQ };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		evt.fault.prm.grpid = i;
		evt.fault.prm.flags = wrong[i];
		KUNIT_EXPECT_EQ(test, 0, iommu_report_device_fault(m->dev, &evt));
		KUNIT_EXPECT_EQ(test, 0, mock_iopf_answers(m, i));
		evt.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
		KUNIT_EXPECT_EQ(test, 0, iommu_report_device_fault(m->dev, &evt));
		mock_iopf_expect(test, m, i, IOMMU_PAGE_RESP_INVALID);
	}
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->spaces[0].delivered));
}

static void handler_refuses(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	m->mode = MOCK_IOPF_REFUSE;
	mock_iopf_request(m, 1, IOMMU_NO_PASID, false);
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_request(m, 1, IOMMU_NO_PASID, true));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&m->spaces[0].delivered));
	mock_iopf_expect(test, m, 1, IOMMU_PAGE_RESP_INVALID);
}

/* A device that uses an index twice gets two answers, for it asked twice. */
static void index_used_twice(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);

	m->mode = MOCK_IOPF_KEEP;
	mock_iopf_request(m, 7, IOMMU_NO_PASID, true);
	mock_iopf_request(m, 7, IOMMU_NO_PASID, true);
	KUNIT_EXPECT_EQ(test, 0, mock_iopf_answers(m, 7));
	KUNIT_EXPECT_EQ(test, 2, mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	KUNIT_EXPECT_EQ(test, 2, mock_iopf_answers(m, 7));
	KUNIT_EXPECT_EQ(test, 2, responses(m, IOMMU_PAGE_RESP_SUCCESS));
}

static void partials_without_end(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct ratelimit_state *limit = &m->dev->iommu->fault_limit;
	const u32 many = IOPF_PARTIALS_MAX + 1007;
	struct iommu_fault_param *param;
	struct iopf_group *group;
	u32 i;

	ratelimit_state_init(limit, 1000 * HZ, 1);
	for (i = 0; i < many; i++)
		KUNIT_ASSERT_EQ(test, 0, mock_iopf_request(m, i, IOMMU_NO_PASID, false));
	param = iommu_iopf_param_get(m->dev);
	KUNIT_ASSERT_NOT_NULL(test, param);
	KUNIT_EXPECT_EQ(test, IOPF_PARTIALS_MAX, param->partials);
	KUNIT_EXPECT_EQ(test, IOPF_PARTIALS_MAX, list_count_nodes(&param->partial));
	iommu_iopf_param_put(param);
	KUNIT_EXPECT_EQ(test, many - IOPF_PARTIALS_MAX, dropped(m));
	KUNIT_EXPECT_EQ(test, many - IOPF_PARTIALS_MAX - 1, limit->missed);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&m->total));

	/* The oldest went: their groups are answered without them. */
	m->mode = MOCK_IOPF_KEEP;
	mock_iopf_request(m, 0, IOMMU_NO_PASID, true);
	mock_iopf_request(m, many - IOPF_PARTIALS_MAX, IOMMU_NO_PASID, true);
	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 1, group->fault_count);
	iopf_free_group(group);
	group = mock_iopf_next(m);
	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_EQ(test, 2, group->fault_count);
	iopf_free_group(group);
}

static void storm_of_groups(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct ratelimit_state *limit = &m->dev->iommu->fault_limit;
	const u32 many = IOPF_GROUPS_MAX + 50;
	u32 i;

	ratelimit_state_init(limit, 1000 * HZ, 1);
	m->mode = MOCK_IOPF_KEEP;
	for (i = 0; i < many; i++) {
		mock_iopf_request(m, i, IOMMU_NO_PASID, false);
		KUNIT_ASSERT_EQ(test, 0, mock_iopf_request(m, i, IOMMU_NO_PASID, true));
	}
	KUNIT_EXPECT_EQ(test, many - IOPF_GROUPS_MAX, atomic_read(&m->total));
	KUNIT_EXPECT_EQ(test, IOPF_GROUPS_MAX, atomic_read(&m->spaces[0].delivered));
	KUNIT_EXPECT_EQ(test, many - IOPF_GROUPS_MAX - 1, limit->missed);
	for (i = IOPF_GROUPS_MAX; i < many; i++)
		mock_iopf_expect(test, m, i, IOMMU_PAGE_RESP_INVALID);

	/* Those that were taken are not forgotten, and then there is room again. */
	KUNIT_EXPECT_EQ(test, IOPF_GROUPS_MAX,
			mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS));
	for (i = 0; i < IOPF_GROUPS_MAX; i++)
		mock_iopf_expect(test, m, i, IOMMU_PAGE_RESP_SUCCESS);
	m->mode = MOCK_IOPF_ANSWER;
	mock_iopf_request(m, many, IOMMU_NO_PASID, true);
	mock_iopf_expect(test, m, many, IOMMU_PAGE_RESP_SUCCESS);
}

/* One device's storm is not another one's. */
static void limits_are_per_device(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct mock_iopf *quiet = mock_iopf_beside(test, m);
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, iopf_queue_add_device(quiet->queue, quiet->dev));
	KUNIT_ASSERT_EQ(test, 0, mock_iopf_attach(quiet, &quiet->spaces[0],
						  IOMMU_NO_PASID));
	m->mode = MOCK_IOPF_HOLD;
	for (i = 0; i < IOPF_GROUPS_MAX + 1; i++)
		mock_iopf_request(m, i, IOMMU_NO_PASID, true);
	mock_iopf_expect(test, m, IOPF_GROUPS_MAX, IOMMU_PAGE_RESP_INVALID);
	mock_iopf_request(quiet, 1, IOMMU_NO_PASID, true);
	mock_iopf_expect(test, quiet, 1, IOMMU_PAGE_RESP_SUCCESS);
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
}

/* Two requests before the last: whichever allocation fails, one answer. */
static void memory_fails_anywhere(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct mock_failslab memory;
	u32 n;

	mock_failslab_start(test, &memory);
	for (n = 1; n < 100; n++) {
		mock_failslab_arm(&memory, n);
		mock_iopf_request(m, n, IOMMU_NO_PASID, false);
		mock_iopf_request(m, n, IOMMU_NO_PASID, false);
		mock_iopf_request(m, n, IOMMU_NO_PASID, true);
		mock_failslab_disarm(&memory);
		KUNIT_EXPECT_EQ(test, 1, mock_iopf_answers(m, n));
		if (memory.left)
			break;
	}
	mock_failslab_stop(&memory);
	KUNIT_EXPECT_GT(test, memory.left, 0);
	KUNIT_EXPECT_GE(test, n, 4);
	/* Without its first pages a group is served; without itself it is not. */
	KUNIT_EXPECT_EQ(test, 2, dropped(m));
	KUNIT_EXPECT_EQ(test, 1, responses(m, IOMMU_PAGE_RESP_INVALID));
	KUNIT_EXPECT_EQ(test, (int)IOMMU_PAGE_RESP_SUCCESS, m->codes[n]);
}

struct seen {
	unsigned int requests;
	unsigned int responses;
	u32 flags;
	u32 code;
	const char *device;
};

static void see_request(void *data, const char *device,
			const struct iommu_fault_page_request *prm)
{
	struct seen *seen = data;

	seen->requests++;
	seen->flags = prm->flags;
	seen->device = device;
}

static void see_response(void *data, const char *device,
			 const struct iommu_fault_page_request *prm, u32 code)
{
	struct seen *seen = data;

	seen->responses++;
	seen->code = code;
	seen->device = device;
}

static void events_are_seen(struct kunit *test)
{
	struct mock_iopf *m = mock_iopf_ready(test);
	struct seen seen = {};

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "no trace events in this kernel");
	KUNIT_ASSERT_EQ(test, 0, register_trace_page_request(see_request, &seen));
	KUNIT_ASSERT_EQ(test, 0, register_trace_page_response(see_response, &seen));
	mock_iopf_request(m, 1, PASID, false);
	KUNIT_EXPECT_EQ(test, 1, seen.requests);
	KUNIT_EXPECT_EQ(test, 0, seen.responses);
	KUNIT_EXPECT_EQ(test, IOMMU_FAULT_PAGE_REQUEST_PASID_VALID, seen.flags);
	mock_iopf_request(m, 1, PASID, true);
	KUNIT_EXPECT_EQ(test, 2, seen.requests);
	KUNIT_EXPECT_EQ(test, 1, seen.responses);
	KUNIT_EXPECT_EQ(test, (u32)IOMMU_PAGE_RESP_INVALID, seen.code);
	KUNIT_EXPECT_STREQ(test, dev_name(m->dev), seen.device);
	unregister_trace_page_request(see_request, &seen);
	unregister_trace_page_response(see_response, &seen);
	tracepoint_synchronize_unregister();
}

static void counter_file(struct kunit *test)
{
#ifdef CONFIG_IOMMU_DEBUGFS
	struct mock_iopf *m = mock_iopf_ready(test);
	struct seq_file seq = { .size = SZ_4K };
	char line[160];

	seq.buf = kunit_kzalloc(test, seq.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seq.buf);
	KUNIT_EXPECT_EQ(test, 0, iommu_debugfs_show_page_requests(&seq, NULL));
	KUNIT_EXPECT_NULL(test, strstr(seq.buf, dev_name(m->dev)));

	mock_iopf_request(m, 1, IOMMU_NO_PASID, true);
	mock_iopf_request(m, 2, PASID, true);
	m->mode = MOCK_IOPF_HOLD;
	mock_iopf_request(m, 3, IOMMU_NO_PASID, true);
	m->mode = MOCK_IOPF_KEEP;
	mock_iopf_request(m, 4, IOMMU_NO_PASID, true);
	mock_iopf_request(m, 5, IOMMU_NO_PASID, true);
	seq.count = 0;
	KUNIT_EXPECT_EQ(test, 0, iommu_debugfs_show_page_requests(&seq, NULL));
	snprintf(line, sizeof(line), "%s %s requests 5 dropped 0 ",
		 dev_bus_name(m->dev), dev_name(m->dev));
	KUNIT_EXPECT_NOT_NULL(test, strstr(seq.buf, line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(seq.buf, " success 1 invalid 1 failure 0 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(seq.buf, " waiting 1 kept 2\n"));
	mock_iopf_finish_all(m, IOMMU_PAGE_RESP_SUCCESS);
#else
	kunit_skip(test, "no debugfs files in this kernel");
#endif
}

static struct kunit_case iopf_cases[] = {
	KUNIT_CASE(lone_request),
	KUNIT_CASE(group_is_complete_and_in_order),
	KUNIT_CASE(index_with_two_pasids),
	KUNIT_CASE(pasid_finds_its_space),
	KUNIT_CASE(pasid_field_without_flag),
	KUNIT_CASE(nothing_attached),
	KUNIT_CASE(domain_without_handler),
	KUNIT_CASE(pasids_of_user_space),
	KUNIT_CASE(device_on_no_queue),
	KUNIT_CASE(driver_must_answer),
	KUNIT_CASE(contradictory_flags),
	KUNIT_CASE(handler_refuses),
	KUNIT_CASE(index_used_twice),
	KUNIT_CASE(partials_without_end),
	KUNIT_CASE(storm_of_groups),
	KUNIT_CASE(limits_are_per_device),
	KUNIT_CASE(memory_fails_anywhere),
	KUNIT_CASE(events_are_seen),
	KUNIT_CASE(counter_file),
	{}
};

static struct kunit_suite iopf_suite = {
	.name = "iommu-core-iopf",
	.test_cases = iopf_cases,
};

kunit_test_suite(iopf_suite);
