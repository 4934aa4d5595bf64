// SPDX-License-Identifier: GPL-2.0
/*
 * The driver bound to an SMMUv3 in software, for suites.
 */
#include <kunit/test.h>

#include <linux/bitfield.h>
#include <linux/iommu.h>

#include "master_fake.h"
#include "model.h"
#include "rig.h"
#include "smmu.h"

struct smmu3_instance *smmu3_rig_bind(struct kunit *test,
				      struct smmu3_model *model)
{
	struct smmu3_instance *smmu = smmu3_model_probe(test, model);

	KUNIT_ASSERT_NOT_NULL(test, smmu);
	return smmu;
}

struct smmu3_instance *smmu3_rig_start(struct kunit *test,
				       struct smmu3_model **model)
{
	*model = smmu3_model_create(test);
	smmu3_model_show_all(*model);
	return smmu3_rig_bind(test, *model);
}

struct device *smmu3_rig_master(struct kunit *test, struct smmu3_model *model,
				u32 sid)
{
	struct device *dev;
	int ret;

	dev = smmu3_model_add_master(test, model, &sid, 1, &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return dev;
}

struct device *smmu3_rig_add(struct kunit *test, struct smmu3_instance *smmu,
			     const struct smmu3_master_spec *spec)
{
	struct device *dev;
	int ret;

	dev = smmu3_master_add(test, smmu, spec, &ret);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return dev;
}

struct iommu_domain *smmu3_rig_domain(struct kunit *test, struct device *dev)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(dev);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	return domain;
}

void smmu3_rig_map(struct kunit *test, struct iommu_domain *domain,
		   unsigned long iova, phys_addr_t pa, size_t size)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, iova, pa, size,
					   IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
}

u64 smmu3_rig_reaches(struct smmu3_model *model, u32 sid, u64 iova)
{
	struct smmu3_dma_result res;

	res = smmu3_model_dma(model, sid, SMMU3_MODEL_NO_SSID, iova,
			      SMMU3_DMA_WRITE);
	return res.outcome == SMMU3_DMA_DONE ? res.pa : 0;
}

bool smmu3_rig_fill(struct smmu3_model *model, u32 sid, u64 iova)
{
	struct smmu3_ats_result res;

	res = smmu3_model_ats_translate(model, sid, SMMU3_MODEL_NO_SSID, iova,
					0);
	return res.status == SMMU3_ATS_SUCCESS && res.read;
}

u8 smmu3_rig_eats(struct smmu3_instance *smmu, u32 sid)
{
	return FIELD_GET(SMMU3_STE1_EATS,
			 le64_to_cpu(smmu3_strtab_entry(smmu, sid)->w[1]));
}

unsigned int smmu3_rig_count(const struct smmu3_model *model,
			     enum smmu3_opcode op, unsigned int from)
{
	unsigned int n = 0;

	for (; from < model->num_cmds; from++)
		n += smmu3_cmd_op(&model->cmds[from]) == op;
	return n;
}
