// SPDX-License-Identifier: GPL-2.0
/*
 * Platform driver: what firmware says about an instance, and the order in which
 * it comes and goes.
 */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#ifdef CONFIG_ARM64
#include <asm/virt.h>
#endif

#include "smmu.h"

bool smmu3_disable_msipolling;
module_param_named(disable_msipolling, smmu3_disable_msipolling, bool, 0444);
MODULE_PARM_DESC(disable_msipolling,
		 "Poll a register for the completion of commands, rather than memory that a message is written to");

static bool bypass_on_shutdown;
module_param(bypass_on_shutdown, bool, 0444);
MODULE_PARM_DESC(bypass_on_shutdown,
		 "Let DMA pass untranslated after shutdown and into a kexec()ed kernel, rather than abort it");

/* What the firmware tables say, whichever they are */
struct firmware {
	u32 model;
	bool coherent;
	bool has_httu;
	u32 httu;
};

static const struct {
	enum smmu3_idr id;
	u32 offset;
} id_offsets[] = {
	{ SMMU3_ID_IDR0, SMMU3_IDR0 },
	{ SMMU3_ID_IDR1, SMMU3_IDR1 },
	{ SMMU3_ID_IDR3, SMMU3_IDR3 },
	{ SMMU3_ID_IDR5, SMMU3_IDR5 },
	{ SMMU3_ID_IIDR, SMMU3_IIDR },
};

#ifdef CONFIG_ACPI
static bool read_acpi(struct device *dev, struct firmware *fw)
{
	struct acpi_iort_node *node = *(struct acpi_iort_node **)
						dev_get_platdata(dev);
	struct acpi_iort_smmu_v3 *iort = (void *)node->node_data;

	fw->model = iort->model;
	fw->coherent = iort->flags & ACPI_IORT_SMMU_V3_COHACC_OVERRIDE;
	fw->has_httu = true;
	fw->httu = FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, iort->flags);
	return true;
}
#else
static bool read_acpi(struct device *dev, struct firmware *fw)
{
	return false;
}
#endif

static int read_device_tree(struct device *dev, struct firmware *fw)
{
	u32 cells;

	if (of_property_read_u32(dev->of_node, "#iommu-cells", &cells)) {
		dev_err(dev, "no #iommu-cells: nothing can name its streams\n");
		return -EINVAL;
	}
	if (cells != 1) {
		dev_err(dev, "#iommu-cells is %u, it must be 1\n", cells);
		return -EINVAL;
	}
	fw->coherent = of_dma_is_coherent(dev->of_node);
	return 0;
}

static int read_firmware(struct device *dev, struct firmware *fw)
{
	memset(fw, 0, sizeof(*fw));
	if (dev->of_node)
		return read_device_tree(dev, fw);
	return read_acpi(dev, fw) ? 0 : -ENODEV;
}

/*
 * Only the architected part of either page: counters of the PMU lie behind it,
 * and belong to its driver.
 */
VISIBLE_IF_KUNIT int smmu3_map_registers(struct smmu3_instance *smmu,
					 bool page0_only)
{
	struct platform_device *pdev = to_platform_device(smmu->dev);
	resource_size_t need = page0_only ? SMMU3_PAGE1 : 2 * SMMU3_PAGE1;
	struct resource *res;
	struct resource page;

	/* The registers of the software model are where no resource names them */
	KUNIT_STATIC_STUB_REDIRECT(smmu3_map_registers, smmu, page0_only);
	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!res)
		return dev_err_probe(smmu->dev, -EINVAL, "no registers\n");
	if (resource_size(res) < need)
		return dev_err_probe(smmu->dev, -EINVAL,
				     "registers %pR are too short\n", res);
	smmu->base = res->start;

	page = DEFINE_RES_MEM(res->start, SMMU3_PAGE_USED);
	smmu->page0 = devm_ioremap_resource(smmu->dev, &page);
	if (IS_ERR(smmu->page0))
		return PTR_ERR(smmu->page0);
	if (page0_only) {
		smmu->page1 = smmu->page0;
		return 0;
	}
	page = DEFINE_RES_MEM(res->start + SMMU3_PAGE1, SMMU3_PAGE_USED);
	smmu->page1 = devm_ioremap_resource(smmu->dev, &page);
	return PTR_ERR_OR_ZERO(smmu->page1);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_map_registers);

/* ACPI knows whether the rest of the system can do it; the register may not */
static void apply_httu(struct smmu3_instance *smmu, const struct firmware *fw)
{
	const u32 both = SMMU3_FEAT_HA | SMMU3_FEAT_HD;
	u32 wanted = 0;

	if (!fw->has_httu)
		return;
	if (fw->httu >= SMMU3_HTTU_ACCESS)
		wanted |= SMMU3_FEAT_HA;
	if (fw->httu >= SMMU3_HTTU_ACCESS_DIRTY)
		wanted |= SMMU3_FEAT_HD;
	if ((smmu->feat.flags & both) != wanted)
		dev_warn(smmu->dev,
			 "update of access flag and dirty state: firmware says %#x, registers %#x; following firmware\n",
			 wanted, smmu->feat.flags & both);
	smmu->feat.flags = (smmu->feat.flags & ~both) | wanted;
}

static void apply_coherence(struct smmu3_instance *smmu,
			    const struct firmware *fw)
{
	if (fw->coherent)
		smmu->feat.flags |= SMMU3_FEAT_COHERENT;
	if (fw->coherent != !!(smmu->feat.flags & SMMU3_FEAT_COHACC))
		dev_warn(smmu->dev,
			 "firmware says that its accesses are %scoherent, its registers say otherwise; following firmware\n",
			 fw->coherent ? "" : "not ");
}

static int read_features(struct smmu3_instance *smmu, const struct firmware *fw)
{
	struct smmu3_id_regs regs;
	const char *why;
	int i;

	for (i = 0; i < ARRAY_SIZE(id_offsets); i++)
		regs.val[id_offsets[i].id] =
			readl_relaxed(smmu->page0 + id_offsets[i].offset);
	why = smmu3_features_decode(&regs, &smmu->feat);
	if (why)
		return dev_err_probe(smmu->dev, -ENXIO, "unusable: %s\n", why);

#ifdef CONFIG_ARM64
	/* Streams then run in the world of the kernel, apart from its guests */
	if ((smmu->feat.flags & SMMU3_FEAT_HYP) && is_kernel_in_hyp_mode())
		smmu->feat.flags |= SMMU3_FEAT_E2H;
#endif
	apply_httu(smmu, fw);
	apply_coherence(smmu, fw);
	smmu3_quirks_apply(smmu);
	dev_info(smmu->dev,
		 "%u-bit streams, %u-bit output, page sizes %#lx, features %#x\n",
		 smmu->feat.sid_bits, smmu->feat.oas,
		 smmu->feat.pgsize_bitmap, smmu->feat.flags);

	if (dma_set_mask_and_coherent(smmu->dev, DMA_BIT_MASK(smmu->feat.oas)))
		dev_warn(smmu->dev, "cannot reach all memory with its tables\n");
	return 0;
}

/*
 * A stream that firmware left in use passes until core attaches a domain.  Only
 * lack of memory ends the bring-up: one that is beyond the table aborts.
 */
static int pass_stream(void *data, u32 sid)
{
	struct smmu3_instance *smmu = data;
	struct smmu3_ste ste;
	int ret;

	smmu3_ste_bypass(&ste, smmu->feat.flags & SMMU3_FEAT_ATTR_OVERRIDE);
	mutex_lock(&smmu->streams_lock);
	ret = smmu3_strtab_prepare(smmu, sid);
	if (!ret && memcmp(smmu3_strtab_entry(smmu, sid), &ste, sizeof(ste))) {
		*smmu3_strtab_entry(smmu, sid) = ste;
		smmu->boot_streams++;
		dev_info(smmu->dev, "stream %#x is in use by firmware and passes until its driver comes\n",
			 sid);
	}
	mutex_unlock(&smmu->streams_lock);
	if (ret)
		dev_err(smmu->dev, "stream %#x is in use by firmware, but will abort: %pe\n",
			sid, ERR_PTR(ret));
	return ret == -ENOMEM ? ret : 0;
}

static int new_strtab(struct smmu3_instance *smmu)
{
	int ret;

	ret = smmu3_strtab_init(smmu);
	if (ret)
		return dev_err_probe(smmu->dev, ret,
				     "no stream table of %zu KiB\n",
				     smmu->strtab.size / SZ_1K);
	/* Their addresses may be what a driver had mapped, in tables that are lost */
	if (smmu3_crash_was_on(smmu))
		return 0;
	ret = iommu_walk_boot_streams(dev_fwnode(smmu->dev), pass_stream, smmu);
	if (ret)
		smmu3_strtab_exit(smmu);
	return ret;
}

static int set_up_tables(struct smmu3_instance *smmu)
{
	int ret;

	if (!smmu3_crash_adopt(smmu)) {
		ret = new_strtab(smmu);
		if (ret)
			return ret;
	}
	ret = smmu3_queues_init(smmu);
	if (ret)
		smmu3_strtab_exit(smmu);
	return ret;
}

static void free_tables(struct smmu3_instance *smmu)
{
	smmu3_queues_exit(smmu);
	smmu3_strtab_exit(smmu);
}

static int serve(struct iommu_device *iommu)
{
	return smmu3_serve(container_of(iommu, struct smmu3_instance, iommu));
}

/* From here on devices come: all that they need is there */
static int publish(struct smmu3_instance *smmu)
{
	unsigned int pasid_bits = smmu3_pasid_bits(smmu);
	int ret;

	smmu->iommu.max_pasids = pasid_bits ? BIT(pasid_bits) : 0;
	ret = iommu_device_sysfs_add(&smmu->iommu, smmu->dev, NULL,
				     "smmu3.%pa", &smmu->base);
	if (ret)
		return ret;
	smmu3_debugfs_init(smmu);
	ret = iommu_device_register(&smmu->iommu, &smmu3_ops, smmu->dev);
	if (ret)
		goto err_remove;
	return 0;

err_remove:
	smmu3_debugfs_exit(smmu);
	iommu_device_sysfs_remove(&smmu->iommu);
	return ret;
}

static struct smmu3_instance *alloc_instance(struct device *dev)
{
	struct smmu3_instance *smmu;

	smmu = devm_kzalloc(dev, sizeof(*smmu), GFP_KERNEL);
	if (!smmu)
		return NULL;
	smmu->dev = dev;
	smmu->gated = dev->pm_domain;
	mutex_init(&smmu->streams_lock);
	mutex_init(&smmu->answers_lock);
	xa_init(&smmu->streams);
	INIT_LIST_HEAD(&smmu->borrowers);
	xa_init_flags(&smmu->asids, XA_FLAGS_ALLOC1);
	xa_init_flags(&smmu->vmids, XA_FLAGS_ALLOC1);
	smmu->iommu.serve = serve;
	dev_set_drvdata(dev, smmu);
	return smmu;
}

static int smmu3_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct smmu3_instance *smmu;
	struct firmware fw;
	u32 flags;
	int ret;

	ret = read_firmware(dev, &fw);
	if (ret)
		return ret;
	smmu = alloc_instance(dev);
	if (!smmu)
		return -ENOMEM;
	flags = smmu3_quirks_of_firmware(dev, fw.model);
	ret = smmu3_map_registers(smmu, flags & SMMU3_FEAT_PAGE0_ONLY);
	if (ret)
		return ret;
	ret = read_features(smmu, &fw);
	if (ret)
		return ret;
	smmu->feat.flags |= flags;

	ret = set_up_tables(smmu);
	if (ret)
		return ret;
	smmu3_spare(smmu, iommu_device_announce(&smmu->iommu, dev) +
			  smmu->boot_streams);
	ret = smmu3_bringup(smmu);
	if (ret)
		goto err_free_tables;
	/* Before devices come, so that their links keep it up */
	smmu3_pm_enable(smmu);
	ret = publish(smmu);
	if (ret)
		goto err_teardown;
	smmu3_pm_idle(smmu);
	return 0;

err_teardown:
	smmu3_pm_disable(smmu);
	if (smmu3_teardown(smmu)) {
		iommu_device_withdraw(&smmu->iommu);
		return ret;
	}
err_free_tables:
	free_tables(smmu);
	iommu_device_withdraw(&smmu->iommu);
	return ret;
}

static void smmu3_remove(struct platform_device *pdev)
{
	struct smmu3_instance *smmu = platform_get_drvdata(pdev);

	smmu3_pm_hold(smmu);
	iommu_device_unregister(&smmu->iommu);
	smmu3_sva_finish();
	smmu3_debugfs_exit(smmu);
	iommu_device_sysfs_remove(&smmu->iommu);
	smmu3_pm_disable(smmu);
	if (smmu3_teardown(smmu)) {
		dev_err(&pdev->dev, "does not stop: its tables and queues are leaked\n");
		return;
	}
	free_tables(smmu);
	xa_destroy(&smmu->streams);
	xa_destroy(&smmu->asids);
	xa_destroy(&smmu->vmids);
}

static void smmu3_shutdown(struct platform_device *pdev)
{
	struct smmu3_instance *smmu = platform_get_drvdata(pdev);

	smmu3_pm_hold(smmu);
	if (!bypass_on_shutdown)
		smmu3_leave_closed(smmu);
	else if (!smmu3_teardown(smmu))
		smmu3_open_bypass(smmu);
}

static const struct of_device_id smmu3_of_match[] = {
	{ .compatible = "arm,smmu-v3" },
	{ }
};
MODULE_DEVICE_TABLE(of, smmu3_of_match);

struct platform_driver smmu3_driver = {
	.driver = {
		.name = "arm-smmu-v3",
		.of_match_table = smmu3_of_match,
		.pm = pm_ptr(&smmu3_pm_ops),
		.suppress_bind_attrs = true,
	},
	.probe = smmu3_probe,
	.remove = smmu3_remove,
	.shutdown = smmu3_shutdown,
};
module_platform_driver(smmu3_driver);

MODULE_DESCRIPTION("IOMMU driver for Arm SMMUv3");
MODULE_ALIAS("platform:arm-smmu-v3");
MODULE_LICENSE("GPL");
