/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IOMMU API of a kernel that is built without it: everything answers that
 * there is no such device.
 *
 * Included by <linux/iommu.h>; do not include it directly.
 */
#ifndef __LINUX_IOMMU_STUBS_H
#define __LINUX_IOMMU_STUBS_H

#include <linux/iommu-ops.h>

#ifndef CONFIG_IOMMU_API

struct iommu_group {};

/* Instances */

static inline bool iommu_present(const struct bus_type *bus)
{
	return false;
}

static inline void iommu_device_unlink(struct device *dev,
				       struct device *link) {}

static inline int iommu_device_link(struct device *dev, struct device *link)
{
	return -EINVAL;
}

static inline void iommu_device_sysfs_remove(struct iommu_device *iommu) {}

static inline int
iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent,
		       const struct attribute_group **groups,
		       const char *fmt, ...)
{
	return -ENODEV;
}

static inline void iommu_device_unregister(struct iommu_device *iommu) {}

static inline int iommu_device_register(struct iommu_device *iommu,
					const struct iommu_ops *ops,
					struct device *hwdev)
{
	return -ENODEV;
}

/* Devices */

static inline int iommu_dev_disable_feature(struct device *dev,
					    enum iommu_dev_features feat)
{
	return -ENODEV;
}

static inline int iommu_dev_enable_feature(struct device *dev,
					   enum iommu_dev_features feat)
{
	return -ENODEV;
}

static inline int iommu_fwspec_add_ids(struct device *dev, u32 *ids,
				       int num_ids)
{
	return -ENODEV;
}

static inline void iommu_fwspec_free(struct device *dev) {}

static inline int iommu_fwspec_init(struct device *dev,
				    struct fwnode_handle *iommu_fwnode)
{
	return -ENODEV;
}

static inline bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return false;
}

/* Groups */

static inline int
iommu_group_for_each_dev(struct iommu_group *group, void *data,
			 int (*fn)(struct device *dev, void *data))
{
	return -ENODEV;
}

static inline void iommu_group_remove_device(struct device *dev) {}

static inline int iommu_group_add_device(struct iommu_group *group,
					 struct device *dev)
{
	return -ENODEV;
}

static inline void
iommu_group_set_iommudata(struct iommu_group *group, void *iommu_data,
			  void (*release)(void *iommu_data))
{
}

static inline void *iommu_group_get_iommudata(struct iommu_group *group)
{
	return NULL;
}

static inline int iommu_group_set_name(struct iommu_group *group,
				       const char *name)
{
	return -ENODEV;
}

static inline int iommu_group_id(struct iommu_group *group)
{
	return -ENODEV;
}

static inline void iommu_group_put(struct iommu_group *group) {}

static inline struct iommu_group *iommu_group_get(struct device *dev)
{
	return NULL;
}

static inline struct iommu_group *iommu_group_alloc(void)
{
	return ERR_PTR(-ENODEV);
}

/* Domains */

static inline void iommu_set_fault_handler(struct iommu_domain *domain,
					   iommu_fault_handler_t handler,
					   void *token) {}

static inline int iommu_set_pgtable_quirks(struct iommu_domain *domain,
					   unsigned long quirks)
{
	return 0;
}

static inline struct iommu_domain *iommu_get_domain_for_dev(struct device *dev)
{
	return NULL;
}

static inline void iommu_detach_group(struct iommu_domain *domain,
				      struct iommu_group *group) {}

static inline int iommu_attach_group(struct iommu_domain *domain,
				     struct iommu_group *group)
{
	return -ENODEV;
}

static inline void iommu_detach_device(struct iommu_domain *domain,
				       struct device *dev) {}

static inline int iommu_attach_device(struct iommu_domain *domain,
				      struct device *dev)
{
	return -ENODEV;
}

static inline void iommu_domain_free(struct iommu_domain *domain) {}

static inline struct iommu_domain *
iommu_domain_alloc(const struct bus_type *bus)
{
	return NULL;
}

static inline struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	return ERR_PTR(-ENODEV);
}

/* Mapping */

static inline void
iommu_iotlb_gather_add_page(struct iommu_domain *domain,
			    struct iommu_iotlb_gather *gather,
			    unsigned long iova, size_t size) {}

static inline void iommu_iotlb_sync(struct iommu_domain *domain,
				    struct iommu_iotlb_gather *gather) {}

static inline void iommu_flush_iotlb_all(struct iommu_domain *domain) {}

static inline phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain,
					     dma_addr_t iova)
{
	return 0;
}

static inline size_t iommu_unmap_fast(struct iommu_domain *domain,
				      unsigned long iova, int gfp_order,
				      struct iommu_iotlb_gather *gather)
{
	return 0;
}

static inline size_t iommu_unmap(struct iommu_domain *domain,
				 unsigned long iova, size_t size)
{
	return 0;
}

static inline ssize_t iommu_map_sg(struct iommu_domain *domain,
				   unsigned long iova, struct scatterlist *sg,
				   unsigned int nents, int prot, gfp_t gfp)
{
	return -ENODEV;
}

static inline int iommu_map(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	return -ENODEV;
}

/* Reserved regions */

static inline int iommu_get_group_resv_regions(struct iommu_group *group,
					       struct list_head *head)
{
	return -ENODEV;
}

static inline void iommu_put_resv_regions(struct device *dev,
					  struct list_head *list) {}

static inline void iommu_get_resv_regions(struct device *dev,
					  struct list_head *list) {}

/* Default domains and ownership */

static inline void iommu_device_release_dma_owner(struct device *dev) {}

static inline int iommu_device_claim_dma_owner(struct device *dev, void *owner)
{
	return -ENODEV;
}

static inline bool iommu_group_dma_owner_claimed(struct iommu_group *group)
{
	return false;
}

static inline void iommu_group_release_dma_owner(struct iommu_group *group) {}

static inline int iommu_group_claim_dma_owner(struct iommu_group *group,
					      void *owner)
{
	return -ENODEV;
}

static inline void iommu_device_unuse_default_domain(struct device *dev) {}

static inline int iommu_device_use_default_domain(struct device *dev)
{
	return 0;
}

static inline bool iommu_default_passthrough(void)
{
	return true;
}

static inline void iommu_set_default_translated(bool cmd_line) {}

static inline void iommu_set_default_passthrough(bool cmd_line) {}

/* PASIDs */

static inline void iommu_free_global_pasid(ioasid_t pasid) {}

static inline ioasid_t iommu_alloc_global_pasid(struct device *dev)
{
	return IOMMU_PASID_INVALID;
}

static inline void iommu_detach_device_pasid(struct iommu_domain *domain,
					     struct device *dev,
					     ioasid_t pasid) {}

static inline int
iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev,
			  ioasid_t pasid, struct iommu_attach_handle *handle)
{
	return -ENODEV;
}

#endif /* !CONFIG_IOMMU_API */

#ifndef CONFIG_IOMMU_DMA

static inline int iommu_get_msi_cookie(struct iommu_domain *domain,
				       dma_addr_t base)
{
	return -ENODEV;
}

static inline int iommu_dma_prepare_msi(struct msi_desc *desc,
					phys_addr_t msi_addr)
{
	return 0;
}

static inline void iommu_dma_compose_msi_msg(struct msi_desc *desc,
					     struct msi_msg *msg) {}

#endif /* !CONFIG_IOMMU_DMA */

#endif /* __LINUX_IOMMU_STUBS_H */
