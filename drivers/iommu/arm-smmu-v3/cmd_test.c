// SPDX-License-Identifier: GPL-2.0
/*
 * Commands against vectors worked out by hand from chapter 4 of Arm IHI 0070.
 */
#include <kunit/test.h>

#include "cmd.h"

#define SID	0x89abcdefu
#define SSID	0xabcdeu

static void check(struct kunit *test, const char *name, struct smmu3_cmd cmd,
		  u64 w0, u64 w1)
{
	KUNIT_EXPECT_EQ_MSG(test, cmd.w[0], w0, "%s, word 0", name);
	KUNIT_EXPECT_EQ_MSG(test, cmd.w[1], w1, "%s, word 1", name);
}

static void cmd_config(struct kunit *test)
{
	check(test, "PREFETCH_CONFIG", smmu3_cmd_prefetch_config(SID),
	      0x89abcdef00000001, 0);
	check(test, "CFGI_STE", smmu3_cmd_cfgi_ste(SID, false),
	      0x89abcdef00000003, 0);
	check(test, "CFGI_STE leaf", smmu3_cmd_cfgi_ste(SID, true),
	      0x89abcdef00000003, 1);
	check(test, "CFGI_STE_RANGE", smmu3_cmd_cfgi_ste_range(0x500, 8),
	      0x0000050000000004, 7);
	check(test, "CFGI_ALL", smmu3_cmd_cfgi_all(), 4, 31);
	check(test, "CFGI_CD", smmu3_cmd_cfgi_cd(SID, SSID, true),
	      0x89abcdefabcde005, 1);
	check(test, "CFGI_CD_ALL", smmu3_cmd_cfgi_cd_all(SID),
	      0x89abcdef00000006, 0);
}

static void cmd_tlbi_tag(struct kunit *test)
{
	check(test, "TLBI_NH_ALL",
	      smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_NH_ALL, 0xbeef),
	      0x0000beef00000010, 0);
	check(test, "TLBI_NH_ASID",
	      smmu3_cmd_tlbi_asid(SMMU3_OP_TLBI_NH_ASID, 0xbeef),
	      0xbeef000000000011, 0);
	check(test, "TLBI_EL2_ALL", smmu3_cmd_plain(SMMU3_OP_TLBI_EL2_ALL),
	      0x20, 0);
	check(test, "TLBI_EL2_ASID",
	      smmu3_cmd_tlbi_asid(SMMU3_OP_TLBI_EL2_ASID, 0xbeef),
	      0xbeef000000000021, 0);
	check(test, "TLBI_S12_VMALL",
	      smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_S12_VMALL, 0xbeef),
	      0x0000beef00000028, 0);
	check(test, "TLBI_NSNH_ALL", smmu3_cmd_plain(SMMU3_OP_TLBI_NSNH_ALL),
	      0x30, 0);
}

static void cmd_tlbi_address(struct kunit *test)
{
	const u64 va = 0xfffedeadbeeff123;
	struct smmu3_cmd cmd;

	check(test, "TLBI_NH_VA",
	      smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, 0x1234, va, false),
	      0x1234000000000012, 0xfffedeadbeeff000);
	check(test, "TLBI_NH_VA leaf",
	      smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, 0x1234, va, true),
	      0x1234000000000012, 0xfffedeadbeeff001);
	check(test, "TLBI_NH_VAA",
	      smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VAA, 0, va, true),
	      0x13, 0xfffedeadbeeff001);
	check(test, "TLBI_EL2_VA",
	      smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_EL2_VA, 0x1234, va, true),
	      0x1234000000000022, 0xfffedeadbeeff001);
	check(test, "TLBI_EL2_VAA",
	      smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_EL2_VAA, 0, va, true),
	      0x23, 0xfffedeadbeeff001);
	check(test, "TLBI_S2_IPA",
	      smmu3_cmd_tlbi_ipa(0x1234, 0x000fdeadbeeff123, false),
	      0x000012340000002a, 0x000fdeadbeeff000);

	cmd = smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, 0x1234, va, true);
	smmu3_cmd_tlbi_range(&cmd, SMMU3_TLBI_TG_4K, 3, 4, 2);
	check(test, "range 4K", cmd, 0x1234000000204012, 0xfffedeadbeeff701);
	cmd = smmu3_cmd_tlbi_va(SMMU3_OP_TLBI_NH_VA, 0x1234, va, false);
	smmu3_cmd_tlbi_range(&cmd, SMMU3_TLBI_TG_64K, 0, 31, 31);
	check(test, "range 64K", cmd, 0x1234000001f1f012, 0xfffedeadbeeffc00);
}

static void cmd_device(struct kunit *test)
{
	check(test, "ATC_INV PASID",
	      smmu3_cmd_atc_inv(SID, SSID, true, 0x1000002000, 1),
	      0x89abcdefabcde840, 0x0000001000002001);
	check(test, "ATC_INV all",
	      smmu3_cmd_atc_inv(SID, 0, false, 0, SMMU3_ATC_SIZE_ALL),
	      0x89abcdef00000040, 52);
	check(test, "PRI_RESP success",
	      smmu3_cmd_pri_resp(SID, SSID, true, 0x1ff, SMMU3_PRI_SUCCESS),
	      0x89abcdefabcde841, 0x21ff);
	check(test, "PRI_RESP invalid",
	      smmu3_cmd_pri_resp(SID, 0, false, 1, SMMU3_PRI_INVALID),
	      0x89abcdef00000041, 0x1001);
	check(test, "RESUME terminate",
	      smmu3_cmd_resume(SID, 0xbeef, SMMU3_RESUME_TERMINATE),
	      0x89abcdef00000044, 0xbeef);
	check(test, "RESUME retry",
	      smmu3_cmd_resume(SID, 0xbeef, SMMU3_RESUME_RETRY),
	      0x89abcdef00001044, 0xbeef);
	check(test, "RESUME abort",
	      smmu3_cmd_resume(SID, 0xbeef, SMMU3_RESUME_ABORT),
	      0x89abcdef00002044, 0xbeef);
}

static void cmd_sync(struct kunit *test)
{
	struct smmu3_cmd cmd;

	check(test, "SYNC", smmu3_cmd_sync(SMMU3_SYNC_CS_NONE), 0x46, 0);
	check(test, "SYNC SEV", smmu3_cmd_sync(SMMU3_SYNC_CS_SEV), 0x2046, 0);
	cmd = smmu3_cmd_sync_msi(0x000fedcb80001236, 0xcafef00d);
	check(test, "SYNC MSI", cmd, 0xcafef00d0fc01046, 0x000fedcb80001234);
	KUNIT_EXPECT_EQ(test, smmu3_cmd_op(&cmd), SMMU3_OP_SYNC);
}

static struct kunit_case cmd_cases[] = {
	KUNIT_CASE(cmd_config),
	KUNIT_CASE(cmd_tlbi_tag),
	KUNIT_CASE(cmd_tlbi_address),
	KUNIT_CASE(cmd_device),
	KUNIT_CASE(cmd_sync),
	{}
};

static struct kunit_suite cmd_suite = {
	.name = "smmu3-cmd",
	.test_cases = cmd_cases,
};

kunit_test_suite(cmd_suite);

MODULE_DESCRIPTION("KUnit suites of the SMMUv3 driver's lower half");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_IMPORT_NS(IOMMUFD_INTERNAL);
MODULE_LICENSE("GPL");
