// SPDX-License-Identifier: GPL-2.0
/*
 * Requests, properties and faults, against bytes put together by hand.
 */
#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "protocol.h"

#define DOMAIN		0x11223344
#define ENDPOINT	0x55667788
#define START		0x0102030405060000ULL
#define LAST		0x010203040506ffffULL
#define PADDR		0x1112131415161000ULL

/**
 * struct bytes - bytes that are put together by hand
 * @len: how many there are
 * @b: they
 */
struct bytes {
	size_t len;
	u8 b[64];
};

/* Appends @value as @size bytes, the least significant first */
static void put(struct bytes *bytes, u64 value, unsigned int size)
{
	for (; size; size--, value >>= 8)
		bytes->b[bytes->len++] = value;
}

static void expect_wire(struct kunit *test, const union viommu_wire *wire,
			const struct bytes *bytes)
{
	KUNIT_ASSERT_EQ(test, viommu_wire_out_len(wire), bytes->len);
	KUNIT_EXPECT_MEMEQ(test, wire, bytes->b, bytes->len);
}

/* The union as memory that held something else before */
static void dirty(union viommu_wire *wire)
{
	memset(wire, 0xa5, sizeof(*wire));
}

static void protocol_attach(struct kunit *test)
{
	struct bytes bytes = {};
	union viommu_wire wire;

	put(&bytes, 1, 4);
	put(&bytes, DOMAIN, 4);
	put(&bytes, ENDPOINT, 4);
	put(&bytes, 1, 4);
	put(&bytes, 0, 4);
	dirty(&wire);
	viommu_encode_attach(&wire, DOMAIN, ENDPOINT,
			     VIRTIO_IOMMU_ATTACH_F_BYPASS);
	expect_wire(test, &wire, &bytes);
}

static void protocol_detach(struct kunit *test)
{
	struct bytes bytes = {};
	union viommu_wire wire;

	put(&bytes, 2, 4);
	put(&bytes, DOMAIN, 4);
	put(&bytes, ENDPOINT, 4);
	put(&bytes, 0, 8);
	dirty(&wire);
	viommu_encode_detach(&wire, DOMAIN, ENDPOINT);
	expect_wire(test, &wire, &bytes);
}

static void protocol_map(struct kunit *test)
{
	struct bytes bytes = {};
	union viommu_wire wire;

	put(&bytes, 3, 4);
	put(&bytes, DOMAIN, 4);
	put(&bytes, START, 8);
	put(&bytes, LAST, 8);
	put(&bytes, PADDR, 8);
	put(&bytes, 7, 4);
	dirty(&wire);
	viommu_encode_map(&wire, DOMAIN, START, LAST, PADDR,
			  VIRTIO_IOMMU_MAP_F_MASK);
	expect_wire(test, &wire, &bytes);
}

static void protocol_unmap(struct kunit *test)
{
	struct bytes bytes = {};
	union viommu_wire wire;

	put(&bytes, 4, 4);
	put(&bytes, DOMAIN, 4);
	put(&bytes, START, 8);
	put(&bytes, LAST, 8);
	put(&bytes, 0, 4);
	dirty(&wire);
	viommu_encode_unmap(&wire, DOMAIN, START, LAST);
	expect_wire(test, &wire, &bytes);
}

static void protocol_status(struct kunit *test)
{
	static const int errors[] = { 0, -EIO, -ENOSYS, -EIO, -EINVAL, -ERANGE,
				      -ENOENT, -EFAULT, -ENOMEM };
	int status;

	for (status = 0; status < 256; status++) {
		int error = status < ARRAY_SIZE(errors) ? errors[status] : -EIO;

		KUNIT_EXPECT_EQ(test, viommu_status_error(status), error);
		KUNIT_EXPECT_NOT_NULL(test, viommu_status_name(status));
	}
	KUNIT_EXPECT_STREQ(test, viommu_status_name(VIRTIO_IOMMU_S_NOENT),
			   "NOENT");
}

static void protocol_map_flags(struct kunit *test)
{
	int prot;

	for (prot = 0; prot < 64; prot++) {
		u32 want = 0, flags = 0xff;

		if (prot & IOMMU_READ)
			want |= 1;
		if (prot & IOMMU_WRITE)
			want |= 2;
		if (prot & IOMMU_MMIO)
			want |= 4;
		KUNIT_EXPECT_EQ(test, viommu_map_flags(prot, true, &flags), 0);
		KUNIT_EXPECT_EQ(test, flags, want);

		KUNIT_EXPECT_EQ(test, viommu_map_flags(prot, false, &flags),
				prot & IOMMU_MMIO ? -EINVAL : 0);
	}
}

/* Properties under construction, and the regions that they become */
struct properties {
	struct list_head regions;
	size_t len;
	u8 buf[512];
};

static struct properties *properties_new(struct kunit *test)
{
	struct properties *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	INIT_LIST_HEAD(&p->regions);
	return p;
}

static void properties_add(struct properties *p, u16 type, u16 length)
{
	p->buf[p->len] = type;
	p->buf[p->len + 1] = type >> 8;
	p->buf[p->len + 2] = length;
	p->buf[p->len + 3] = length >> 8;
	p->len += 4 + length;
}

static void properties_add_mem(struct properties *p, u8 subtype, u64 start,
			       u64 last)
{
	struct bytes value = {};

	put(&value, subtype, 4);
	put(&value, start, 8);
	put(&value, last, 8);
	memcpy(p->buf + p->len + 4, value.b, value.len);
	properties_add(p, 1, value.len);
}

static int properties_decode(struct properties *p)
{
	return viommu_decode_properties(NULL, p->buf, p->len, &p->regions);
}

static void properties_free(struct properties *p)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, &p->regions, list)
		kfree(region);
	INIT_LIST_HEAD(&p->regions);
	memset(p->buf, 0, sizeof(p->buf));
	p->len = 0;
}

/* Expects the next region of the list, and moves on */
static struct list_head *expect_region(struct kunit *test,
				       struct properties *p,
				       struct list_head *at, u64 start,
				       size_t length, enum iommu_resv_type type)
{
	struct iommu_resv_region *region;

	KUNIT_ASSERT_PTR_NE(test, at->next, &p->regions);
	region = list_entry(at->next, struct iommu_resv_region, list);
	KUNIT_EXPECT_EQ(test, region->start, start);
	KUNIT_EXPECT_EQ(test, region->length, length);
	KUNIT_EXPECT_EQ(test, region->type, type);
	KUNIT_EXPECT_EQ(test, region->prot, type == IOMMU_RESV_MSI ?
			IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO : 0);
	return at->next;
}

static void protocol_regions(struct kunit *test)
{
	struct properties *p = properties_new(test);
	struct list_head *at = &p->regions;

	/* Out of order; an unknown subtype; bits above the type; what is unknown */
	properties_add_mem(p, 0, 0x9000, 0x9fff);
	properties_add(p, 0x123, 12);
	properties_add_mem(p, 1, 0x8000000, 0x80fffff);
	properties_add_mem(p, 77, 0x1000, 0x1fff);
	properties_add(p, 2, 0);
	p->buf[1] |= 0xf0;
	KUNIT_ASSERT_EQ(test, properties_decode(p), 0);

	at = expect_region(test, p, at, 0x1000, 0x1000, IOMMU_RESV_RESERVED);
	at = expect_region(test, p, at, 0x9000, 0x1000, IOMMU_RESV_RESERVED);
	at = expect_region(test, p, at, 0x8000000, 0x100000, IOMMU_RESV_MSI);
	KUNIT_EXPECT_PTR_EQ(test, at->next, &p->regions);
	properties_free(p);
}

/* The answers for several ids of a device go into one list */
static void protocol_regions_merge(struct kunit *test)
{
	struct properties *p = properties_new(test);
	struct list_head *at = &p->regions;

	properties_add_mem(p, 0, 0x3000, 0x3fff);
	properties_add_mem(p, 0, 0x1000, 0x1fff);
	properties_add_mem(p, 1, 0x2000, 0x2fff);
	KUNIT_ASSERT_EQ(test, properties_decode(p), 0);
	KUNIT_ASSERT_EQ(test, properties_decode(p), 0);
	at = expect_region(test, p, at, 0x1000, 0x1000, IOMMU_RESV_RESERVED);
	at = expect_region(test, p, at, 0x2000, 0x1000, IOMMU_RESV_MSI);
	at = expect_region(test, p, at, 0x3000, 0x1000, IOMMU_RESV_RESERVED);
	KUNIT_EXPECT_PTR_EQ(test, at->next, &p->regions);

	/* Touches both of its kind */
	p->len = 0;
	properties_add_mem(p, 0, 0x2000, 0x2fff);
	KUNIT_ASSERT_EQ(test, properties_decode(p), 0);
	at = expect_region(test, p, &p->regions, 0x1000, 0x3000,
			   IOMMU_RESV_RESERVED);
	at = expect_region(test, p, at, 0x2000, 0x1000, IOMMU_RESV_MSI);
	KUNIT_EXPECT_PTR_EQ(test, at->next, &p->regions);
	properties_free(p);
}

static void protocol_regions_extremes(struct kunit *test)
{
	struct properties *p = properties_new(test);
	struct list_head *at;

	properties_add_mem(p, 0, U64_MAX, U64_MAX);
	properties_add_mem(p, 0, 0, 0);
	KUNIT_ASSERT_EQ(test, properties_decode(p), 0);
	at = expect_region(test, p, &p->regions, 0, 1, IOMMU_RESV_RESERVED);
	at = expect_region(test, p, at, U64_MAX, 1, IOMMU_RESV_RESERVED);
	KUNIT_EXPECT_PTR_EQ(test, at->next, &p->regions);
	properties_free(p);

	/* Everything: one byte less than a length can say */
	properties_add_mem(p, 0, 0, U64_MAX);
	KUNIT_ASSERT_EQ(test, properties_decode(p), 0);
	at = expect_region(test, p, &p->regions, 0, SIZE_MAX,
			   IOMMU_RESV_RESERVED);
	KUNIT_EXPECT_PTR_EQ(test, at->next, &p->regions);
	properties_free(p);
}

static void protocol_properties_end(struct kunit *test)
{
	struct properties *p = properties_new(test);

	KUNIT_EXPECT_EQ(test, properties_decode(p), 0);

	/* NONE ends the list, whatever comes behind it */
	properties_add(p, 0, 4);
	properties_add_mem(p, 0, 0x1000, 0x1fff);
	KUNIT_EXPECT_EQ(test, properties_decode(p), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&p->regions));
	properties_free(p);

	/* Less than a header is padding */
	properties_add(p, 0x123, 0);
	p->len += 3;
	KUNIT_EXPECT_EQ(test, properties_decode(p), 0);
}

static void protocol_properties_malformed(struct kunit *test)
{
	struct properties *p = properties_new(test);
	size_t len;

	/* Cut short anywhere behind the header of the second */
	properties_add_mem(p, 0, 0x1000, 0x1fff);
	properties_add_mem(p, 0, 0x3000, 0x3fff);
	len = p->len;
	for (p->len = len - 1; p->len >= len - 20; p->len--) {
		KUNIT_EXPECT_EQ(test, properties_decode(p), -EINVAL);
		KUNIT_EXPECT_TRUE(test, list_is_singular(&p->regions));
	}
	properties_free(p);

	/* A region of too few bytes, a region turned round */
	properties_add(p, 1, 19);
	KUNIT_EXPECT_EQ(test, properties_decode(p), -EINVAL);
	properties_free(p);
	properties_add_mem(p, 0, 0x2000, 0x1fff);
	KUNIT_EXPECT_EQ(test, properties_decode(p), -EINVAL);
	KUNIT_EXPECT_TRUE(test, list_empty(&p->regions));

	/* More than its own length says is fine */
	properties_free(p);
	properties_add_mem(p, 0, 0x2000, 0x2fff);
	p->buf[2] += 4;
	p->len += 4;
	KUNIT_EXPECT_EQ(test, properties_decode(p), 0);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&p->regions));
	properties_free(p);
}

/* Noise never makes it read beyond the end, or leave the list out of order */
static void protocol_properties_random(struct kunit *test)
{
	struct properties *p = properties_new(test);
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 4);
	for (i = 0; i < 2000; i++) {
		size_t len = prandom_u32_state(&rnd) % 96, at;
		u8 *buf = kunit_kmalloc(test, len, GFP_KERNEL);
		struct iommu_resv_region *region;
		u64 start = 0;

		KUNIT_ASSERT_NOT_NULL(test, buf);
		prandom_bytes_state(&rnd, buf, len);
		/* Mostly types and lengths that mean something */
		for (at = 0; at + 4 <= len; at += 24) {
			buf[at] = prandom_u32_state(&rnd) & 1;
			buf[at + 1] &= 0xf0;
			buf[at + 2] = 20;
			buf[at + 3] = 0;
		}
		viommu_decode_properties(NULL, buf, len, &p->regions);
		list_for_each_entry(region, &p->regions, list) {
			KUNIT_ASSERT_GE(test, region->start, start);
			start = region->start;
		}
		properties_free(p);
		kunit_kfree(test, buf);
	}
}

static struct iommu_fault_record decode(u8 reason, u32 flags)
{
	struct virtio_iommu_fault fault = {
		.reason = reason,
		.flags = cpu_to_le32(flags),
		.endpoint = cpu_to_le32(ENDPOINT),
		.address = cpu_to_le64(START),
	};
	struct iommu_fault_record record;

	memset(&record, 0xa5, sizeof(record));
	viommu_decode_fault(&fault, &record);
	return record;
}

static void protocol_fault(struct kunit *test)
{
	static const struct {
		const char *name;
		enum iommu_fault_reason reason;
	} reasons[] = {
		{ "R_UNKNOWN", IOMMU_FAULT_REASON_UNKNOWN },
		{ "R_DOMAIN", IOMMU_FAULT_REASON_BLOCKED },
		{ "R_MAPPING", IOMMU_FAULT_REASON_UNMAPPED },
	};
	struct iommu_fault_record record;
	int i;

	for (i = 0; i < 256; i++) {
		record = decode(i, VIRTIO_IOMMU_FAULT_F_ADDRESS);
		KUNIT_EXPECT_EQ(test, record.stream, ENDPOINT);
		KUNIT_EXPECT_EQ(test, record.pasid, IOMMU_PASID_INVALID);
		KUNIT_EXPECT_EQ(test, record.level, -1);
		KUNIT_EXPECT_NULL(test, record.dev);
		KUNIT_EXPECT_NULL(test, record.iommu);
		KUNIT_EXPECT_TRUE(test, record.has_iova);
		KUNIT_EXPECT_EQ(test, record.iova, START);
		KUNIT_EXPECT_EQ(test, record.access, 0);
		if (i < ARRAY_SIZE(reasons)) {
			KUNIT_EXPECT_STREQ(test, record.name, reasons[i].name);
			KUNIT_EXPECT_EQ(test, record.reason, reasons[i].reason);
		} else {
			KUNIT_EXPECT_NULL(test, record.name);
			KUNIT_EXPECT_EQ(test, record.reason,
					IOMMU_FAULT_REASON_UNKNOWN);
		}
	}
}

static void protocol_fault_flags(struct kunit *test)
{
	int flags;

	for (flags = 0; flags < 0x200; flags++) {
		struct iommu_fault_record record = decode(2, flags);
		u8 access = 0;

		if (flags & 2)
			access |= IOMMU_FAULT_ACCESS_WRITE;
		if (flags & 4)
			access |= IOMMU_FAULT_ACCESS_EXEC;
		if (flags & 7)
			access |= IOMMU_FAULT_ACCESS_KNOWN;
		KUNIT_EXPECT_EQ(test, record.access, access);
		KUNIT_EXPECT_EQ(test, record.has_iova, !!(flags & 0x100));
		KUNIT_EXPECT_EQ(test, record.iova, flags & 0x100 ? START : 0);
	}
}

static struct kunit_case protocol_cases[] = {
	KUNIT_CASE(protocol_attach),
	KUNIT_CASE(protocol_detach),
	KUNIT_CASE(protocol_map),
	KUNIT_CASE(protocol_unmap),
	KUNIT_CASE(protocol_status),
	KUNIT_CASE(protocol_map_flags),
	KUNIT_CASE(protocol_regions),
	KUNIT_CASE(protocol_regions_merge),
	KUNIT_CASE(protocol_regions_extremes),
	KUNIT_CASE(protocol_properties_end),
	KUNIT_CASE(protocol_properties_malformed),
	KUNIT_CASE(protocol_properties_random),
	KUNIT_CASE(protocol_fault),
	KUNIT_CASE(protocol_fault_flags),
	{}
};

static struct kunit_suite protocol_suite = {
	.name = "viommu-protocol",
	.test_cases = protocol_cases,
};

kunit_test_suite(protocol_suite);

MODULE_DESCRIPTION("KUnit suites of the virtio IOMMU driver");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
