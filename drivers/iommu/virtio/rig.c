// SPDX-License-Identifier: GPL-2.0
/*
 * The driver bound to a virtio IOMMU in software, for suites.
 */
#include <linux/dma-mapping.h>
#include <linux/kmsg_dump.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rig.h"

#define RIG_ENDPOINTS	8
#define LOG_LINE	1024

bool viommu_rig_bind(struct viommu_fake *fake)
{
	KUNIT_ASSERT_EQ(fake->test, viommu_fake_register(fake), 0);
	return fake->vdev.dev.driver == &viommu_driver.driver;
}

struct viommu_fake *viommu_rig_start(struct kunit *test)
{
	struct viommu_fake *fake = viommu_fake_new(test);
	u32 id;

	for (id = 1; id <= RIG_ENDPOINTS; id++)
		viommu_fake_endpoint(fake, id);
	KUNIT_ASSERT_TRUE(test, viommu_rig_bind(fake));
	return fake;
}

static void remove_master(void *pdev)
{
	platform_device_unregister(pdev);
}

struct device *viommu_rig_bare_master(struct viommu_fake *fake, const u32 *ids,
				      unsigned int count)
{
	const struct platform_device_info info = {
		.name = "viommu-master",
		.id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct kunit *test = fake->test;
	struct platform_device *pdev;
	struct device *dev;
	int ret;

	pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, remove_master, pdev), 0);
	dev = &pdev->dev;

	mutex_lock(&iommu_probe_device_lock);
	ret = iommu_fwspec_init(dev, viommu_fake_node(fake)) ?:
	      iommu_fwspec_add_ids(dev, ids, count);
	mutex_unlock(&iommu_probe_device_lock);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return dev;
}

struct device *viommu_rig_try_master(struct viommu_fake *fake, const u32 *ids,
				     unsigned int count, int *ret)
{
	struct device *dev = viommu_rig_bare_master(fake, ids, count);

	*ret = iommu_probe_device(dev);
	return dev;
}

struct device *viommu_rig_master(struct viommu_fake *fake, u32 id)
{
	struct device *dev;
	int ret;

	dev = viommu_rig_try_master(fake, &id, 1, &ret);
	KUNIT_ASSERT_EQ(fake->test, ret, 0);
	return dev;
}

void viommu_rig_remove(struct kunit *test, struct device *dev)
{
	kunit_release_action(test, remove_master, to_platform_device(dev));
}

/* Added before the device's own end would be: so taken from it here */
struct rig_domain {
	struct iommu_domain *domain;
	struct device *dev;
};

static void free_domain(void *data)
{
	struct rig_domain *rig = data;

	if (iommu_get_domain_for_dev(rig->dev) == rig->domain)
		iommu_detach_device(rig->domain, rig->dev);
	/* Attached behind the back of core */
	if (to_viommu_domain(rig->domain)->bound)
		viommu_attach(dev_iommu_priv_get(rig->dev),
			      &viommu_blocked_domain);
	iommu_domain_free(rig->domain);
	put_device(rig->dev);
}

struct iommu_domain *viommu_rig_domain(struct kunit *test, struct device *dev)
{
	struct rig_domain *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->dev = get_device(dev);
	rig->domain = iommu_paging_domain_alloc(dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->domain);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, free_domain, rig), 0);
	return rig->domain;
}

struct iommu_domain *viommu_rig_attached(struct kunit *test, struct device *dev)
{
	struct iommu_domain *domain = viommu_rig_domain(test, dev);

	KUNIT_ASSERT_EQ(test, iommu_attach_device(domain, dev), 0);
	return domain;
}

void viommu_rig_expect(struct viommu_fake *fake, u32 id, u64 iova, u64 paddr)
{
	u64 got = 0;
	int ret = viommu_fake_translate(fake, id, iova, VIRTIO_IOMMU_MAP_F_READ,
					&got);

	KUNIT_EXPECT_EQ_MSG(fake->test, ret ? 0 : got, paddr,
			    "endpoint %u, address %#llx", id, iova);
}

bool viommu_rig_passes(struct viommu_fake *fake, u32 id, u64 addr)
{
	u64 paddr = 0;

	return !viommu_fake_translate(fake, id, addr, 0, &paddr) && paddr == addr;
}

unsigned int viommu_rig_log(const char *text)
{
	char *line = kmalloc(LOG_LINE, GFP_KERNEL);
	struct kmsg_dump_iter iter;
	unsigned int found = 0;
	size_t len;

	kmsg_dump_rewind(&iter);
	while (line && kmsg_dump_get_line(&iter, false, line, LOG_LINE, &len))
		if (strnstr(line, text, len))
			found++;
	kfree(line);
	return found;
}
