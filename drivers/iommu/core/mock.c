// SPDX-License-Identifier: GPL-2.0
/*
 * The instance made of software, see mock.h.  It is what the suites beside it
 * test with, and is tested by them.
 */
#include <kunit/static_stub.h>
#include <linux/bits.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "core.h"
#include "default-domain.h"
#include "mock.h"

static LIST_HEAD(mocks);

unsigned int mock_policy;

int mock_step(struct mock_iommu *mock, enum mock_op op)
{
	mock->calls[op]++;
	if (mock->fail_step && ++mock->step == mock->fail_step)
		return -ENOMEM;
	return mock->calls[op] == mock->fail_at[op] ? mock->error : 0;
}

static struct mock_iommu *mock_of(struct device *dev)
{
	return container_of(__iommu_get_iommu_dev(dev), struct mock_iommu,
			    iommu);
}

static bool mock_capable(struct device *dev, enum iommu_cap cap)
{
	return mock_of(dev)->capable & BIT(cap);
}

static struct iommu_device *mock_probe_device(struct device *dev)
{
	struct iommu_fwspec *ids = dev_iommu_fwspec_get(dev);
	struct mock_iommu *mock;
	int ret;

	list_for_each_entry(mock, &mocks, list) {
		if (!ids || mock->node != ids->iommu_fwnode)
			continue;
		ret = mock_step(mock, MOCK_PROBE);
		if (ret)
			return ERR_PTR(ret);
		to_mock_device(dev)->claimed = true;
		return &mock->iommu;
	}
	return ERR_PTR(-ENODEV);
}

static void mock_release_device(struct device *dev)
{
	struct mock_device *mdev = to_mock_device(dev);

	mdev->mock->calls[MOCK_RELEASE]++;
	mdev->claimed = false;
	mdev->attached = NULL;
}

static void mock_probe_finalize(struct device *dev)
{
	mock_of(dev)->calls[MOCK_FINALIZE]++;
}

static struct iommu_group *mock_device_group(struct device *dev)
{
	struct mock_device *other, *mdev = to_mock_device(dev);
	int ret = mock_step(mdev->mock, MOCK_GROUP);

	if (ret)
		return ERR_PTR(ret);
	list_for_each_entry(other, &mdev->mock->devices, list) {
		if (other->group_key == mdev->group_key &&
		    mock_dev(other)->iommu_group)
			return iommu_group_get(mock_dev(other));
	}
	return generic_device_group(dev);
}

static void mock_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct mock_device *mdev = to_mock_device(dev);
	struct iommu_resv_region *from, *to;

	for (from = mdev->resv; from < mdev->resv + mdev->num_resv; from++) {
		to = iommu_alloc_resv_region(from->start, from->length,
					     from->prot, from->type,
					     GFP_KERNEL);
		if (to)
			list_add_tail(&to->list, list);
	}
}

static bool mock_is_attach_deferred(struct device *dev)
{
	return to_mock_device(dev)->deferred;
}

static int mock_def_domain_type(struct device *dev)
{
	return to_mock_device(dev)->def_type;
}

static int mock_attach(struct iommu_domain *domain, struct device *dev)
{
	struct mock_device *mdev = to_mock_device(dev);
	int ret = mock_step(mdev->mock, MOCK_ATTACH);

	/* The first mapping in a crash kernel attaches in any context. */
	if (!dev->iommu->attach_deferred)
		iommu_group_mutex_assert(dev);
	ret = ret ?: mdev->refuse;
	if (ret)
		return ret;
	mdev->attached = domain;
	mdev->attaches++;
	return 0;
}

static int mock_attach_static(struct iommu_domain *domain, struct device *dev)
{
	struct mock_device *mdev = to_mock_device(dev);
	int ret = mock_step(mdev->mock, MOCK_ATTACH_STATIC);

	if (!ret && domain->type == IOMMU_DOMAIN_BLOCKED)
		ret = mdev->refuse_blocked;
	if (ret)
		return ret;
	mdev->attached = domain;
	mdev->attaches++;
	return 0;
}

static const struct iommu_domain_ops mock_static_ops = {
	.attach_dev = mock_attach_static,
};

static int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t pgsize, size_t pgcount,
			  int prot, gfp_t gfp, size_t *mapped)
{
	struct mock_domain *mdom = to_mock_domain(domain);
	size_t size = pgsize * pgcount, off;
	int ret = mock_step(mdom->mock, MOCK_MAP);

	for (off = 0; !ret && off < size; off += MOCK_PAGE_SIZE) {
		ret = xa_insert(&mdom->pages, (iova + off) >> MOCK_PAGE_LG2,
				xa_mk_value((paddr + off) | prot), gfp);
		if (ret == -EBUSY)
			ret = -EEXIST;
	}
	*mapped += ret ? round_down(off ? off - MOCK_PAGE_SIZE : 0, pgsize) :
			 size;
	return ret;
}

static size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			       size_t pgsize, size_t pgcount,
			       struct iommu_iotlb_gather *gather)
{
	struct mock_domain *mdom = to_mock_domain(domain);
	size_t off;

	for (off = 0; off < pgsize * pgcount; off += MOCK_PAGE_SIZE) {
		if (!xa_erase(&mdom->pages, (iova + off) >> MOCK_PAGE_LG2))
			break;
	}
	if (off && gather)
		iommu_iotlb_gather_add_range(gather, iova, off);
	return off;
}

static phys_addr_t mock_iova_to_phys(struct iommu_domain *domain,
				     dma_addr_t iova)
{
	void *entry = xa_load(&to_mock_domain(domain)->pages,
			      iova >> MOCK_PAGE_LG2);

	if (!entry)
		return 0;
	return (xa_to_value(entry) & ~(MOCK_PAGE_SIZE - 1)) |
	       (iova & (MOCK_PAGE_SIZE - 1));
}

static void mock_flush_iotlb_all(struct iommu_domain *domain)
{
	to_mock_domain(domain)->mock->calls[MOCK_FLUSH]++;
}

static void mock_iotlb_sync(struct iommu_domain *domain,
			    struct iommu_iotlb_gather *gather)
{
	to_mock_domain(domain)->mock->calls[MOCK_SYNC]++;
}

static void mock_domain_free(struct iommu_domain *domain)
{
	struct mock_domain *mdom = to_mock_domain(domain);

	mdom->mock->calls[MOCK_FREE]++;
	atomic_dec(&mdom->mock->domains);
	xa_destroy(&mdom->pages);
	kfree(mdom);
}

static struct iommu_domain *mock_domain_alloc(struct device *dev)
{
	struct mock_iommu *mock = mock_of(dev);
	struct mock_domain *mdom;
	int ret = mock_step(mock, MOCK_ALLOC);

	if (ret)
		return ERR_PTR(ret);
	mdom = kzalloc(sizeof(*mdom), GFP_KERNEL);
	if (!mdom)
		return ERR_PTR(-ENOMEM);
	mdom->mock = mock;
	mdom->domain.ops = &mock->domain_ops;
	mdom->domain.geometry.aperture_end = BIT_ULL(48) - 1;
	mdom->domain.geometry.force_aperture = true;
	xa_init(&mdom->pages);
	atomic_inc(&mock->domains);
	return &mdom->domain;
}

static const struct iommu_domain_ops mock_domain_ops = {
	.attach_dev = mock_attach,
	.map_pages = mock_map_pages,
	.unmap_pages = mock_unmap_pages,
	.iova_to_phys = mock_iova_to_phys,
	.flush_iotlb_all = mock_flush_iotlb_all,
	.iotlb_sync = mock_iotlb_sync,
	.free = mock_domain_free,
};

static const struct iommu_ops mock_ops = {
	.owner = THIS_MODULE,
	.capable = mock_capable,
	.probe_device = mock_probe_device,
	.release_device = mock_release_device,
	.probe_finalize = mock_probe_finalize,
	.device_group = mock_device_group,
	.get_resv_regions = mock_get_resv_regions,
	.is_attach_deferred = mock_is_attach_deferred,
	.def_domain_type = mock_def_domain_type,
	.domain_alloc_paging = mock_domain_alloc,
	.pgsize_bitmap = MOCK_PAGE_SIZE | SZ_2M,
};

static void mock_iommu_destroy(void *data)
{
	struct mock_iommu *mock = data;

	mock_iommu_unregister(mock);
	list_del(&mock->list);
	platform_device_unregister(mock->hwdev);
	fwnode_remove_software_node(mock->node);
	kfree(mock);
}

struct mock_iommu *mock_iommu_create(struct kunit *test)
{
	struct mock_iommu *mock = kzalloc(sizeof(*mock), GFP_KERNEL);
	struct platform_device_info info = { .id = PLATFORM_DEVID_AUTO };

	KUNIT_ASSERT_NOT_NULL(test, mock);
	mock->ops = mock_ops;
	mock->domain_ops = mock_domain_ops;
	mock->ops.default_domain_ops = &mock->domain_ops;
	mock->identity.type = IOMMU_DOMAIN_IDENTITY;
	mock->identity.ops = &mock_static_ops;
	mock->ops.identity_domain = &mock->identity;
	mock->blocked.type = IOMMU_DOMAIN_BLOCKED;
	mock->blocked.ops = &mock_static_ops;
	mock->ops.blocked_domain = &mock->blocked;
	mock->error = -ENOMEM;
	mock->capable = BIT(IOMMU_CAP_DEFERRED_FLUSH);
	INIT_LIST_HEAD(&mock->devices);

	mock->node = fwnode_create_software_node(NULL, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mock->node));
	info.name = "mock-iommu";
	info.fwnode = mock->node;
	mock->hwdev = platform_device_register_full(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mock->hwdev));

	list_add_tail(&mock->list, &mocks);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, mock_iommu_destroy,
							   mock));
	return mock;
}

int mock_iommu_register(struct mock_iommu *mock)
{
	int ret;

	ret = iommu_device_sysfs_add(&mock->iommu, &mock->hwdev->dev, NULL,
				     "%s", dev_name(&mock->hwdev->dev));
	if (ret)
		return ret;
	ret = iommu_device_register(&mock->iommu, &mock->ops,
				    &mock->hwdev->dev);
	if (ret)
		iommu_device_sysfs_remove(&mock->iommu);
	mock->registered = !ret;
	return ret;
}

void mock_iommu_unregister(struct mock_iommu *mock)
{
	if (!mock->registered)
		return;
	mock->registered = false;
	iommu_device_unregister(&mock->iommu);
	iommu_device_sysfs_remove(&mock->iommu);
}

static void mock_device_gone(struct device *dev)
{
	struct mock_device *mdev = to_mock_device(dev);

	if (mdev->gone)
		*mdev->gone = true;
	xa_destroy(&mdev->pasids);
	kfree(mdev);
}

static void mock_device_destroy(void *data)
{
	struct mock_device *mdev = data;

	mock_device_remove(mdev);
	list_del(&mdev->list);
	/* Ids of a device that never came to its bus. */
	mutex_lock(&iommu_probe_device_lock);
	iommu_device_release(mock_dev(mdev));
	mutex_unlock(&iommu_probe_device_lock);
	put_device(mock_dev(mdev));
}

struct mock_device *mock_device_create(struct kunit *test,
				       struct mock_iommu *mock, int group_key)
{
	struct mock_device *mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mdev);
	mdev->mock = mock;
	mdev->group_key = group_key;
	xa_init(&mdev->pasids);
	mdev->pdev.name = "mock-device";
	mdev->pdev.id = PLATFORM_DEVID_AUTO;
	device_initialize(mock_dev(mdev));
	mdev->pdev.dev.release = mock_device_gone;
	list_add_tail(&mdev->list, &mock->devices);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, mock_device_destroy,
							   mdev));
	return mdev;
}

int mock_device_name(struct mock_device *mdev)
{
	struct device *dev = mock_dev(mdev);
	u32 stream = mdev->group_key;
	bool had_ids;
	int ret;

	mutex_lock(&iommu_probe_device_lock);
	had_ids = dev_iommu_fwspec_get(dev);
	ret = iommu_fwspec_init(dev, mdev->mock->node);
	if (!ret && !dev_iommu_fwspec_get(dev)->num_ids)
		ret = iommu_fwspec_add_ids(dev, &stream, 1);
	if (ret && !had_ids)
		iommu_fwspec_free(dev);
	mutex_unlock(&iommu_probe_device_lock);
	return ret;
}

int mock_device_add(struct mock_device *mdev)
{
	return platform_device_add(&mdev->pdev);
}

unsigned int mock_default_type(struct mock_device *mdev)
{
	struct iommu_group *group = mock_dev(mdev)->iommu_group;

	return group ? iommu_group_default_domain(group)->type : UINT_MAX;
}

void mock_expect_in_default(struct kunit *test, struct mock_device *mdev)
{
	struct iommu_group *group = mock_dev(mdev)->iommu_group;

	KUNIT_ASSERT_NOT_NULL(test, group);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    mdev->attached);
	KUNIT_EXPECT_PTR_EQ(test, iommu_group_default_domain(group),
			    mdev->dma_domain);
}

void mock_device_probe(struct kunit *test, struct mock_device *mdev)
{
	if (!mdev->mock->registered)
		KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mdev->mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
}

struct mock_device *mock_device_probed(struct kunit *test, struct mock_iommu *mock,
				       int group_key)
{
	struct mock_device *mdev = mock_device_create(test, mock, group_key);

	mock_device_probe(test, mdev);
	KUNIT_ASSERT_NOT_NULL(test, mock_dev(mdev)->iommu_group);
	return mdev;
}

struct mock_device *mock_device_unprobed(struct kunit *test, struct mock_iommu *mock)
{
	struct mock_device *mdev = mock_device_create(test, mock, 1);

	if (!mock->registered)
		KUNIT_ASSERT_EQ(test, 0, mock_iommu_register(mock));
	KUNIT_ASSERT_EQ(test, 0, mock_device_add(mdev));
	KUNIT_ASSERT_EQ(test, 0, mock_device_name(mdev));
	return mdev;
}

void mock_device_remove(struct mock_device *mdev)
{
	if (device_is_registered(mock_dev(mdev)))
		platform_device_del(&mdev->pdev);
}

static void free_domain(void *domain)
{
	iommu_domain_free(domain);
}

struct iommu_domain *mock_domain_create(struct kunit *test, struct device *dev)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(dev);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_domain, domain));
	return domain;
}

int mock_device_bind(struct mock_device *mdev)
{
	int ret = mock_device_name(mdev);

	ret = ret ?: iommu_probe_device(mock_dev(mdev));
	return ret ?: iommu_device_use_default_domain(mock_dev(mdev));
}

void mock_device_unbind(struct mock_device *mdev)
{
	iommu_device_unuse_default_domain(mock_dev(mdev));
}

void mock_device_resv(struct mock_device *mdev, phys_addr_t start,
		      size_t length, enum iommu_resv_type type)
{
	struct iommu_resv_region *region = &mdev->resv[mdev->num_resv++];

	region->start = start;
	region->length = length;
	region->prot = IOMMU_READ | IOMMU_WRITE;
	region->type = type;
}

static bool mock_dma_api_there(void)
{
	return true;
}

static int mock_setup_dma(struct device *dev)
{
	struct mock_device *mdev = to_mock_device(dev);

	if (mdev->setup_dma_error)
		return mdev->setup_dma_error;
	mdev->dma_domain = iommu_get_dma_domain(dev);
	return 0;
}

static int mock_init_fq(struct iommu_domain *domain)
{
	return 0;
}

static void mock_stop_fq(struct iommu_domain *domain)
{
}

static bool mock_untrusted(struct device *dev)
{
	return to_mock_device(dev)->untrusted;
}

static unsigned int mock_policy_type(void)
{
	return mock_policy;
}

/* The allocator of addresses, which the real one adds, is not wanted. */
static struct iommu_domain *mock_new_domain(struct device *dev,
					    unsigned int type)
{
	struct iommu_domain *domain;

	if (!(type & __IOMMU_DOMAIN_PAGING))
		return iommu_domain_new(dev, type);
	domain = iommu_domain_new(dev, IOMMU_DOMAIN_UNMANAGED);
	if (!IS_ERR(domain))
		domain->type = type;
	return domain;
}

void mock_dma_api(struct kunit *test)
{
	mock_policy = IOMMU_DOMAIN_DMA;
	kunit_activate_static_stub(test, iommu_default_domain_policy,
				   mock_policy_type);
	kunit_activate_static_stub(test, iommu_default_domain_dma_api,
				   mock_dma_api_there);
	kunit_activate_static_stub(test, iommu_default_domain_setup_dma,
				   mock_setup_dma);
	kunit_activate_static_stub(test, iommu_default_domain_init_fq, mock_init_fq);
	kunit_activate_static_stub(test, iommu_default_domain_stop_fq, mock_stop_fq);
	kunit_activate_static_stub(test, iommu_default_domain_untrusted,
				   mock_untrusted);
	kunit_activate_static_stub(test, iommu_default_domain_new, mock_new_domain);
}

MODULE_DESCRIPTION("KUnit tests of the IOMMU core");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_IMPORT_NS(IOMMUFD_INTERNAL);
