// SPDX-License-Identifier: GPL-2.0
/*
 * Errata: what an instance claims and does not do, by its identification
 * register, its model in ACPI, or a property of its device tree node.
 *
 * Some errata need nothing here.  HiSilicon 161010701 (CMD_PREFETCH_CONFIG hangs
 * Hip06/07; IORT model, "hisilicon,broken-prefetch-cmd"): the driver sends no
 * prefetches.  HiSilicon 161010803 (Hip06/07 do not translate MSIs): IORT code
 * reserves the doorbells.  MMU-700 2812531 also concerns broadcast TLB
 * maintenance, which is off for every instance (CR2.PTM).
 */
#include <linux/acpi.h>
#include <linux/bitfield.h>
#include <linux/of.h>
#include <linux/pci.h>

#include <kunit/visibility.h>

#include "smmu.h"

/* No revision of the product is free of it */
#define ALL_REVISIONS	0xff

/* Variant and revision ("r1p2") as they stand in IIDR: 0x12 */
#define RELEASE(r, p)	((r) << 4 | (p))

struct iidr_erratum {
	const char *name;
	u16 product;
	u8 last;
	u32 clear;
	u32 quirks;
};

static const struct iidr_erratum iidr_errata[] = {
	{ "MMU-600 1076982", SMMU3_PRODUCT_MMU600, RELEASE(0, 2),
	  SMMU3_FEAT_SEV, 0 },
	{ "MMU-600 1209401", SMMU3_PRODUCT_MMU600, RELEASE(1, 0xf),
	  SMMU3_FEAT_NESTING, 0 },
	{ "MMU-700 2812531", SMMU3_PRODUCT_MMU700, ALL_REVISIONS,
	  0, SMMU3_QUIRK_FORCE_SYNC },
	{ "MMU-700 2268618, 2812531", SMMU3_PRODUCT_MMU700, ALL_REVISIONS,
	  SMMU3_FEAT_NESTING, 0 },
};

static bool matches(const struct iidr_erratum *e, u32 iidr)
{
	u8 release = RELEASE(FIELD_GET(SMMU3_IIDR_VARIANT, iidr),
			     FIELD_GET(SMMU3_IIDR_REVISION, iidr));

	return FIELD_GET(SMMU3_IIDR_IMPLEMENTER, iidr) ==
			SMMU3_IMPLEMENTER_ARM &&
	       FIELD_GET(SMMU3_IIDR_PRODUCT, iidr) == e->product &&
	       release <= e->last;
}

u32 smmu3_quirks_of_iidr(u32 iidr, u32 *clear)
{
	const struct iidr_erratum *e;
	u32 quirks = 0;

	*clear = 0;
	for (e = iidr_errata; e < iidr_errata + ARRAY_SIZE(iidr_errata); e++) {
		if (!matches(e, iidr))
			continue;
		pr_debug("erratum %s\n", e->name);
		*clear |= e->clear;
		quirks |= e->quirks;
	}
	return quirks;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_quirks_of_iidr);

struct model_quirk {
	u32 model;
	const char *property;
	u32 set;
	const char *what;
};

static const struct model_quirk model_quirks[] = {
	{ ACPI_IORT_SMMU_V3_CAVIUM_CN99XX,
	  "cavium,cn9900-broken-page1-regspace", SMMU3_FEAT_PAGE0_ONLY,
	  "ThunderX2 74: page 1 registers are on page 0" },
};

u32 smmu3_quirks_of_firmware(struct device *dev, u32 model)
{
	const struct model_quirk *q;
	u32 set = 0;

	for (q = model_quirks; q < model_quirks + ARRAY_SIZE(model_quirks); q++) {
		if (model != q->model &&
		    !of_property_read_bool(dev->of_node, q->property))
			continue;
		dev_notice(dev, "erratum %s\n", q->what);
		set |= q->set;
	}
	return set;
}

void smmu3_quirks_apply(struct smmu3_instance *smmu)
{
	u32 clear;

	smmu->quirks |= smmu3_quirks_of_iidr(smmu->feat.iidr, &clear);
	smmu->feat.flags &= ~clear;
	if (smmu->quirks || clear)
		dev_info(smmu->dev, "errata of %#x: features %#x off, quirks %#x\n",
			 smmu->feat.iidr, clear, smmu->quirks);
}

/* A trace unit of HiSilicon (PTT) takes physical addresses only */
static const struct pci_device_id identity_devices[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_HUAWEI, 0xa12e) },
	{ }
};

int smmu3_quirk_default_domain(struct device *dev)
{
	if (dev_is_pci(dev) && pci_match_id(identity_devices, to_pci_dev(dev)))
		return IOMMU_DOMAIN_IDENTITY;
	return 0;
}
