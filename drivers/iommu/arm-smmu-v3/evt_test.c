// SPDX-License-Identifier: GPL-2.0
/*
 * Event records, from words put together by hand.
 */
#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/prandom.h>

#include "evt.h"

#define SID	0xdeadbeefULL
#define RNW	BIT_ULL(35)
#define IND	BIT_ULL(34)
#define PNU	BIT_ULL(33)
#define STALL	BIT_ULL(31)
#define S2	BIT_ULL(39)
#define CLASS_TT	BIT_ULL(40)
#define CLASS_IN	(2 * BIT_ULL(40))
#define CLASS_BAD	(3 * BIT_ULL(40))
#define ADDR	0xffffdeadbeef1234ULL
#define FETCH	0x000fabcd12345678ULL

#define W	IOMMU_FAULT_ACCESS_WRITE
#define X	IOMMU_FAULT_ACCESS_EXEC
#define P	IOMMU_FAULT_ACCESS_PRIV
#define K	IOMMU_FAULT_ACCESS_KNOWN

struct evt_vector {
	u8 id;
	const char *name;
	enum iommu_fault_reason reason;
	bool addr, access, stage, class;
};

static const struct evt_vector evt_vectors[] = {
	{ 0x01, "F_UUT", IOMMU_FAULT_REASON_UNSUPPORTED, 1, 1, 0, 0 },
	{ 0x02, "C_BAD_STREAMID", IOMMU_FAULT_REASON_STREAM },
	{ 0x03, "F_STE_FETCH", IOMMU_FAULT_REASON_CONFIG },
	{ 0x04, "C_BAD_STE", IOMMU_FAULT_REASON_CONFIG },
	{ 0x05, "F_BAD_ATS_TREQ", IOMMU_FAULT_REASON_UNSUPPORTED, 1, 0, 0, 0 },
	{ 0x06, "F_STREAM_DISABLED", IOMMU_FAULT_REASON_BLOCKED },
	{ 0x07, "F_TRANSL_FORBIDDEN", IOMMU_FAULT_REASON_UNSUPPORTED,
	  1, 1, 0, 0 },
	{ 0x08, "C_BAD_SUBSTREAMID", IOMMU_FAULT_REASON_PASID },
	{ 0x09, "F_CD_FETCH", IOMMU_FAULT_REASON_CONFIG },
	{ 0x0a, "C_BAD_CD", IOMMU_FAULT_REASON_CONFIG },
	{ 0x0b, "F_WALK_EABT", IOMMU_FAULT_REASON_WALK, 1, 1, 1, 1 },
	{ 0x10, "F_TRANSLATION", IOMMU_FAULT_REASON_UNMAPPED, 1, 1, 1, 1 },
	{ 0x11, "F_ADDR_SIZE", IOMMU_FAULT_REASON_ADDRESS_SIZE, 1, 1, 1, 1 },
	{ 0x12, "F_ACCESS", IOMMU_FAULT_REASON_ACCESS_FLAG, 1, 1, 1, 1 },
	{ 0x13, "F_PERMISSION", IOMMU_FAULT_REASON_PERMISSION, 1, 1, 1, 1 },
	{ 0x20, "F_TLB_CONFLICT", IOMMU_FAULT_REASON_CONFLICT, 1, 1, 1, 0 },
	{ 0x21, "F_CFG_CONFLICT", IOMMU_FAULT_REASON_CONFLICT },
	{ 0x24, "E_PAGE_REQUEST", IOMMU_FAULT_REASON_UNKNOWN, 1, 0, 0, 0 },
	{ 0x25, "F_VMS_FETCH", IOMMU_FAULT_REASON_CONFIG },
};

static const struct evt_vector *evt_vector(u8 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(evt_vectors); i++) {
		if (evt_vectors[i].id == id)
			return &evt_vectors[i];
	}
	return NULL;
}

static void decode(u64 w0, u64 w1, struct iommu_fault_record *rec,
		   struct smmu3_fault *fault)
{
	const struct smmu3_evt evt = { .w = { w0, w1, ADDR, FETCH } };

	memset(rec, 0x5a, sizeof(*rec));
	memset(fault, 0x5a, sizeof(*fault));
	smmu3_evt_decode(&evt, rec, fault);
}

/* Every number, known or not, with all fields of the record set */
static void evt_every_id(struct kunit *test)
{
	unsigned int id;

	for (id = 0; id < 256; id++) {
		const struct evt_vector *v = evt_vector(id);
		struct iommu_fault_record rec;
		struct smmu3_fault fault;

		decode(SID << 32 | id, CLASS_IN | RNW, &rec, &fault);
		KUNIT_EXPECT_EQ(test, fault.id, id);
		KUNIT_EXPECT_EQ(test, rec.stream, SID);
		KUNIT_EXPECT_EQ(test, rec.pasid, IOMMU_PASID_INVALID);
		KUNIT_EXPECT_EQ(test, rec.level, -1);
		KUNIT_EXPECT_NULL(test, rec.dev);
		KUNIT_EXPECT_NULL(test, rec.iommu);
		KUNIT_EXPECT_FALSE(test, rec.has_ipa);
		KUNIT_EXPECT_FALSE(test, fault.stall);
		KUNIT_EXPECT_EQ(test, fault.malformed, !v);
		KUNIT_EXPECT_EQ(test, fault.hint, id == 0x24);
		if (!v) {
			KUNIT_EXPECT_NULL(test, rec.name);
			KUNIT_EXPECT_EQ(test, rec.reason,
					IOMMU_FAULT_REASON_UNKNOWN);
			KUNIT_EXPECT_FALSE(test, rec.has_iova);
			continue;
		}
		KUNIT_EXPECT_STREQ(test, rec.name, v->name);
		KUNIT_EXPECT_EQ(test, rec.reason, v->reason);
		KUNIT_EXPECT_EQ(test, rec.has_iova, v->addr);
		KUNIT_EXPECT_EQ(test, rec.iova, v->addr ? ADDR : 0);
		KUNIT_EXPECT_EQ(test, rec.access, v->access ? K : 0);
		KUNIT_EXPECT_EQ(test, rec.stage, v->stage ? 1 : 0);
		KUNIT_EXPECT_EQ(test, fault.class,
				v->class ? SMMU3_CLASS_IN : SMMU3_CLASS_NONE);
	}
}

static void evt_access(struct kunit *test)
{
	static const struct {
		u64 w1;
		u8 access;
	} cases[] = {
		{ 0, K | W },
		{ RNW, K },
		{ RNW | IND, K | X },
		{ RNW | IND | PNU, K | X | P },
		{ PNU, K | W | P },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iommu_fault_record rec;
		struct smmu3_fault fault;

		decode(0x13, cases[i].w1 | CLASS_IN, &rec, &fault);
		KUNIT_EXPECT_EQ(test, rec.access, cases[i].access);
	}
}

static void evt_pasid(struct kunit *test)
{
	struct iommu_fault_record rec;
	struct smmu3_fault fault;

	/* 0xabcde and SSV; then the same without SSV */
	decode(0xabcde810, CLASS_IN, &rec, &fault);
	KUNIT_EXPECT_EQ(test, rec.pasid, 0xabcde);
	decode(0xabcde010, CLASS_IN, &rec, &fault);
	KUNIT_EXPECT_EQ(test, rec.pasid, IOMMU_PASID_INVALID);
	decode(0x810, CLASS_IN, &rec, &fault);
	KUNIT_EXPECT_EQ(test, rec.pasid, 0);
}

static void evt_stage2(struct kunit *test)
{
	struct iommu_fault_record rec;
	struct smmu3_fault fault;

	decode(0x10, S2 | CLASS_TT | RNW, &rec, &fault);
	KUNIT_EXPECT_EQ(test, rec.stage, 2);
	KUNIT_EXPECT_TRUE(test, rec.has_ipa);
	KUNIT_EXPECT_EQ(test, rec.ipa, FETCH & ~0xfffULL);
	KUNIT_EXPECT_EQ(test, fault.class, SMMU3_CLASS_TT);
	KUNIT_EXPECT_FALSE(test, fault.malformed);

	/* The last word is a physical address there */
	decode(0x0b, S2 | CLASS_TT | RNW, &rec, &fault);
	KUNIT_EXPECT_EQ(test, rec.stage, 2);
	KUNIT_EXPECT_FALSE(test, rec.has_ipa);
}

static void evt_stall(struct kunit *test)
{
	struct iommu_fault_record rec;
	struct smmu3_fault fault;

	decode(0x10, STALL | CLASS_IN | 0xcafe, &rec, &fault);
	KUNIT_EXPECT_TRUE(test, fault.stall);
	KUNIT_EXPECT_EQ(test, fault.stag, 0xcafe);
	/* A tag without the bit means nothing, nor does the bit elsewhere */
	decode(0x10, CLASS_IN | 0xcafe, &rec, &fault);
	KUNIT_EXPECT_FALSE(test, fault.stall);
	KUNIT_EXPECT_EQ(test, fault.stag, 0);
	decode(0x04, STALL | 0xcafe, &rec, &fault);
	KUNIT_EXPECT_FALSE(test, fault.stall);
}

static void evt_malformed(struct kunit *test)
{
	struct iommu_fault_record rec;
	struct smmu3_fault fault;

	decode(0x13, CLASS_BAD, &rec, &fault);
	KUNIT_EXPECT_TRUE(test, fault.malformed);
	KUNIT_EXPECT_EQ(test, rec.reason, IOMMU_FAULT_REASON_UNKNOWN);
	KUNIT_EXPECT_STREQ(test, rec.name, "F_PERMISSION");
	/* Not a field of that event */
	decode(0x0a, CLASS_BAD, &rec, &fault);
	KUNIT_EXPECT_FALSE(test, fault.malformed);
}

/* Whatever the words are, what comes out is within its type's range */
static void evt_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 42);
	for (i = 0; i < 20000; i++) {
		struct iommu_fault_record rec;
		struct smmu3_fault fault;
		struct smmu3_evt evt;

		prandom_bytes_state(&rnd, &evt, sizeof(evt));
		smmu3_evt_decode(&evt, &rec, &fault);
		KUNIT_ASSERT_LT(test, (u32)rec.reason,
				(u32)IOMMU_FAULT_REASON_COUNT);
		KUNIT_ASSERT_LE(test, rec.stage, 2);
		KUNIT_ASSERT_TRUE(test, !rec.has_ipa || rec.stage == 2);
		KUNIT_ASSERT_TRUE(test, rec.name || fault.malformed);
		KUNIT_ASSERT_TRUE(test, rec.has_iova || !rec.iova);
	}
}

static struct kunit_case evt_cases[] = {
	KUNIT_CASE(evt_every_id),
	KUNIT_CASE(evt_access),
	KUNIT_CASE(evt_pasid),
	KUNIT_CASE(evt_stage2),
	KUNIT_CASE(evt_stall),
	KUNIT_CASE(evt_malformed),
	KUNIT_CASE(evt_random),
	{}
};

static struct kunit_suite evt_suite = {
	.name = "smmu3-evt",
	.test_cases = evt_cases,
};

kunit_test_suite(evt_suite);
