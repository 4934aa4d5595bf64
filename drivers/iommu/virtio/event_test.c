// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of event.c: what becomes of faults, and of records that are none.
 */
#include <kunit/test.h>

#include <linux/sizes.h>

#include "rig.h"

#define ID		1
#define NOBODYS_ID	8
#define IOVA		0x40000000UL
#define PHYS		0x80000000UL
#define FOR_WRITING		VIRTIO_IOMMU_MAP_F_WRITE
#define FOR_READING		VIRTIO_IOMMU_MAP_F_READ

static struct viommu_events *events_of(struct viommu_fake *fake)
{
	return &viommu_rig_instance(fake)->events;
}

static void report_all(struct viommu_fake *fake)
{
	flush_delayed_work(&events_of(fake)->work);
}

/* Lines that the last fault added to the log */
static void expect_line(struct viommu_fake *fake, u32 id, u64 iova, u32 access,
			const char *text)
{
	unsigned int before = viommu_rig_log(text);

	KUNIT_EXPECT_NE(fake->test, viommu_fake_dma(fake, id, iova, access), 0);
	report_all(fake);
	KUNIT_EXPECT_EQ_MSG(fake->test, viommu_rig_log(text), before + 1,
			    "no line with: %s", text);
}

static void the_line_says_why(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	struct viommu_endpoint *ep = dev_iommu_priv_get(dev);

	KUNIT_ASSERT_EQ(test, iommu_map(domain, IOVA, PHYS, SZ_4K, IOMMU_READ,
					GFP_KERNEL), 0);
	expect_line(fake, ID, IOVA + SZ_4K, FOR_READING,
		    "read from 0x0000000040001000 blocked: not mapped");
	expect_line(fake, ID, IOVA, FOR_WRITING,
		    "write to 0x0000000040000000 blocked: mapped, but not for writing");
	KUNIT_ASSERT_EQ(test, viommu_attach(ep, &viommu_blocked_domain), 0);
	expect_line(fake, ID, IOVA, FOR_READING,
		    "0x0000000040000000 blocked: the device may do no DMA");
	KUNIT_ASSERT_EQ(test, viommu_attach(ep, NULL), 0);
	expect_line(fake, ID, IOVA + 8, FOR_READING,
		    "0x0000000040000008 blocked: the device may do no DMA");
	KUNIT_EXPECT_EQ(test, atomic64_read(&dev->iommu->faults), 4);
	KUNIT_EXPECT_EQ(test, atomic64_read(&events_of(fake)->faults), 4);
}

static void a_fault_of_nobody(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);

	expect_line(fake, NOBODYS_ID, IOVA, FOR_READING, "stream 0x8");
	KUNIT_EXPECT_EQ(test, atomic64_read(&events_of(fake)->faults), 1);
}

struct told {
	unsigned int calls;
	unsigned long iova;
	int flags;
	struct device *dev;
};

static int tell(struct iommu_domain *domain, struct device *dev,
		unsigned long iova, int flags, void *token)
{
	struct told *told = token;

	told->calls++;
	told->iova = iova;
	told->flags = flags;
	told->dev = dev;
	return 0;
}

static void the_owner_is_told(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct device *dev = viommu_rig_master(fake, ID);
	struct iommu_domain *domain = viommu_rig_attached(test, dev);
	unsigned int i, rounds = 5 * VIOMMU_EVENT_BUFFERS;
	struct told told = {};

	iommu_set_fault_handler(domain, tell, &told);
	viommu_fake_dma(fake, ID, IOVA + 4, FOR_WRITING);
	report_all(fake);
	KUNIT_EXPECT_EQ(test, told.calls, 1);
	KUNIT_EXPECT_EQ(test, told.iova, IOVA + 4);
	KUNIT_EXPECT_EQ(test, told.flags, IOMMU_FAULT_WRITE);
	KUNIT_EXPECT_PTR_EQ(test, told.dev, dev);

	/* Buffers come back: far more faults than there are */
	for (i = 0; i < rounds; i++) {
		viommu_fake_dma(fake, ID, IOVA + i, FOR_READING);
		report_all(fake);
	}
	KUNIT_EXPECT_EQ(test, told.calls, 1 + rounds);
	KUNIT_EXPECT_EQ(test, fake->stats.lost, 0);
}

static void a_record_of_wrong_length(struct kunit *test)
{
	static const u32 lengths[] = { 0, 4, sizeof(struct virtio_iommu_fault) - 1,
				       sizeof(struct virtio_iommu_fault) + 1, 4096 };
	struct virtio_iommu_fault fault = { .endpoint = cpu_to_le32(ID) };
	struct viommu_fake *fake = viommu_rig_start(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		KUNIT_EXPECT_TRUE(test, viommu_fake_event(fake, &fault,
							  sizeof(fault),
							  lengths[i]));
		report_all(fake);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&events_of(fake)->malformed), ARRAY_SIZE(lengths));
	KUNIT_EXPECT_EQ(test, atomic64_read(&events_of(fake)->faults), 0);
	viommu_fake_dma(fake, ID, IOVA, FOR_READING);
	report_all(fake);
	KUNIT_EXPECT_EQ(test, atomic64_read(&events_of(fake)->faults), 1);
}

static void any_content_is_survived(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	struct virtio_iommu_fault fault;
	struct rnd_state rnd;
	unsigned int i;

	viommu_rig_attached(test, viommu_rig_master(fake, ID));
	prandom_seed_state(&rnd, 42);
	for (i = 0; i < 200; i++) {
		prandom_bytes_state(&rnd, &fault, sizeof(fault));
		fault.endpoint = cpu_to_le32(i % 3);
		viommu_fake_event(fake, &fault, sizeof(fault), sizeof(fault));
		report_all(fake);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&events_of(fake)->faults), 200);
}

/* Bounded work in one go, no interrupts meanwhile, and all of it in the end */
static void a_storm_is_taken_in_pieces(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	unsigned int i, interrupts;
	struct told told = {};
	struct iommu_domain *domain;
	struct viommu_events *events;

	viommu_fake_endpoint(fake, ID);
	fake->rings[VIOMMU_FAKE_EVENT].num = VIOMMU_EVENT_BUFFERS;
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	domain = viommu_rig_attached(test, viommu_rig_master(fake, ID));
	iommu_set_fault_handler(domain, tell, &told);
	events = events_of(fake);

	cancel_delayed_work_sync(&events->work);
	interrupts = fake->stats.interrupts;
	for (i = 0; i < VIOMMU_EVENT_BUFFERS + 20; i++)
		viommu_fake_dma(fake, ID, IOVA, FOR_READING);
	KUNIT_EXPECT_EQ(test, fake->stats.lost, 20);
	KUNIT_EXPECT_LE(test, fake->stats.interrupts, interrupts + 1);
	report_all(fake);
	KUNIT_EXPECT_LT(test, atomic64_read(&events->faults), VIOMMU_EVENT_BUFFERS);

	for (i = 0; i < 100 && atomic64_read(&events->faults) < VIOMMU_EVENT_BUFFERS; i++)
		report_all(fake);
	KUNIT_EXPECT_EQ(test, told.calls, VIOMMU_EVENT_BUFFERS);
	report_all(fake);

	/* It waits for the next one again */
	viommu_fake_dma(fake, ID, IOVA, FOR_READING);
	report_all(fake);
	KUNIT_EXPECT_EQ(test, told.calls, VIOMMU_EVENT_BUFFERS + 1);
}

static void nothing_is_reported_after_the_end(struct kunit *test)
{
	struct viommu_fake *fake = viommu_rig_start(test);
	unsigned int i;

	for (i = 0; i < 10; i++)
		viommu_fake_dma(fake, ID, IOVA, FOR_READING);
	viommu_fake_unregister(fake);
	KUNIT_EXPECT_NE(test, viommu_fake_dma(fake, ID, IOVA, FOR_READING), 0);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(the_line_says_why),
	KUNIT_CASE(a_fault_of_nobody),
	KUNIT_CASE(the_owner_is_told),
	KUNIT_CASE(a_record_of_wrong_length),
	KUNIT_CASE(any_content_is_survived),
	KUNIT_CASE(a_storm_is_taken_in_pieces),
	KUNIT_CASE(nothing_is_reported_after_the_end),
	{}
};

static struct kunit_suite event_suite = {
	.name = "viommu-event",
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
