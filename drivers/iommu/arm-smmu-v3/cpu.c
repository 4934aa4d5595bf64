// SPDX-License-Identifier: GPL-2.0
/*
 * How the CPUs walk the tables of processes.
 *
 * All of SVA that depends on the architecture of the CPUs.  No suite: it reads
 * registers of the CPU, and is replaced by a stub where there are none.
 */
#include <linux/bitfield.h>
#include <linux/export.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "regs.h"
#include "sva.h"

#ifdef CONFIG_ARM64
#include <linux/cpufeature.h>

#include <asm/memory.h>
#include <asm/pgtable-prot.h>
#include <asm/sysreg.h>

/* Larger addresses do not fit into descriptors of granules below 64 KiB */
#define IPS_MAX	(PAGE_SHIFT == 16 ? SMMU3_OAS_52 : SMMU3_OAS_48)

static bool read_format(struct smmu3_cpu_format *fmt)
{
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	unsigned int parange;

	/* Descriptors with the bits of LPA2 mean something else to an SMMU */
	if (lpa2_is_enabled())
		return false;
	parange = SYS_FIELD_GET(ID_AA64MMFR0_EL1, PARANGE, mmfr0);
	/* TCR_ELx.IPS and CD.IPS are encoded as ID_AA64MMFR0_EL1.PARange is */
	fmt->ips = min_t(unsigned int, parange, IPS_MAX);
	fmt->pa_bits = id_aa64mmfr0_parange_to_phys_shift(fmt->ips);
	fmt->va_bits = vabits_actual;
	fmt->asid_bits = SYS_FIELD_GET(ID_AA64MMFR0_EL1, ASIDBITS, mmfr0) ==
			 ID_AA64MMFR0_EL1_ASIDBITS_16 ? 16 : 8;
	fmt->mair = read_sysreg(mair_el1);
	fmt->ha = cpu_has_hw_af();
	return true;
}
#else
static bool read_format(struct smmu3_cpu_format *fmt)
{
	return false;
}
#endif

bool smmu3_cpu_format(struct smmu3_cpu_format *fmt)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu3_cpu_format, fmt);
	return read_format(fmt);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_cpu_format);
