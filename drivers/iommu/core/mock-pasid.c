// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs and shared address spaces of the instance made of software.
 */
#include <linux/property.h>

#include "core.h"
#include "mock.h"

static int mock_set_pasid(struct iommu_domain *domain, struct device *dev,
			  ioasid_t pasid, struct iommu_domain *old)
{
	struct mock_device *mdev = to_mock_device(dev);
	int ret = mock_step(mdev->mock, MOCK_SET_PASID);

	iommu_group_mutex_assert(dev);
	ret = ret ?: mdev->refuse_pasid;
	/* -EBUSY if core sets a PASID that it did not remove. */
	return ret ?: xa_insert(&mdev->pasids, pasid, domain, GFP_KERNEL);
}

static void mock_remove_pasid(struct device *dev, ioasid_t pasid,
			      struct iommu_domain *domain)
{
	struct mock_device *mdev = to_mock_device(dev);

	iommu_group_mutex_assert(dev);
	mdev->mock->calls[MOCK_CLEAR_PASID]++;
	if (xa_erase(&mdev->pasids, pasid) != domain)
		mdev->wrong_pasids++;
}

static struct iommu_domain *mock_domain_alloc_sva(struct device *dev,
						  struct mm_struct *mm)
{
	struct mock_iommu *mock = to_mock_device(dev)->mock;
	int ret = mock_step(mock, MOCK_ALLOC_SVA);
	struct iommu_domain *domain;

	if (ret)
		return ERR_PTR(ret);
	domain = mock->ops.domain_alloc_paging(dev);
	if (!IS_ERR(domain))
		to_mock_domain(domain)->mm = mm;
	return domain;
}

void mock_iommu_pasids(struct mock_iommu *mock, u32 max)
{
	mock->iommu.max_pasids = max;
	mock->domain_ops.set_dev_pasid = mock_set_pasid;
	mock->ops.remove_dev_pasid = mock_remove_pasid;
	mock->ops.domain_alloc_sva = mock_domain_alloc_sva;
}

int mock_device_pasids(struct mock_device *mdev, u32 bits)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", bits),
		{}
	};

	return device_create_managed_software_node(mock_dev(mdev), properties,
						   NULL);
}

struct iommu_domain *mock_device_pasid(struct mock_device *mdev, ioasid_t pasid)
{
	return xa_load(&mdev->pasids, pasid);
}
