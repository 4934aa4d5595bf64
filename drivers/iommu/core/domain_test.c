// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: which of the driver's ways of allocation is taken, what core fills
 * in, what is freed.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "core.h"
#include "test_device.h"

/* What the driver below was asked for */
static struct {
	struct iommu_domain domain;
	unsigned int paging, legacy, frees;
	unsigned int legacy_type;
	unsigned long quirks;
	struct iommu_domain *answer;
} fake;

static void fake_free(struct iommu_domain *domain)
{
	fake.frees++;
}

static int fake_nesting(struct iommu_domain *domain)
{
	return 0;
}

static int fake_quirks(struct iommu_domain *domain, unsigned long quirks)
{
	fake.quirks = quirks;
	return 0;
}

static const struct iommu_domain_ops fake_domain_ops = {
	.free = fake_free,
	.enable_nesting = fake_nesting,
	.set_pgtable_quirks = fake_quirks,
};

static const struct iommu_domain_ops bare_domain_ops = {
	.free = fake_free,
};

static struct iommu_domain fake_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &bare_domain_ops,
};

static struct iommu_domain fake_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &bare_domain_ops,
};

static struct iommu_domain *fake_alloc_paging(struct device *dev)
{
	fake.paging++;
	return fake.answer;
}

static struct iommu_domain *fake_alloc(unsigned int type)
{
	fake.legacy++;
	fake.legacy_type = type;
	return fake.answer;
}

static struct test_device *new_device(struct kunit *test)
{
	struct test_device *tdev = test_device_new(test, "domain");

	memset(&fake, 0, sizeof(fake));
	fake.answer = &fake.domain;
	tdev->ops.default_domain_ops = &fake_domain_ops;
	tdev->ops.pgsize_bitmap = SZ_4K | SZ_2M;
	return tdev;
}

static void static_domains_come_first(struct kunit *test)
{
	struct test_device *tdev = new_device(test);

	tdev->ops.identity_domain = &fake_identity;
	tdev->ops.blocked_domain = &fake_blocked;
	tdev->ops.domain_alloc = fake_alloc;
	KUNIT_EXPECT_PTR_EQ(test, iommu_domain_new(tdev->dev,
						   IOMMU_DOMAIN_IDENTITY),
			    &fake_identity);
	KUNIT_EXPECT_PTR_EQ(test, iommu_domain_new(tdev->dev,
						   IOMMU_DOMAIN_BLOCKED),
			    &fake_blocked);
	KUNIT_EXPECT_EQ(test, fake.legacy, 0);
	iommu_domain_free(&fake_identity);
	iommu_domain_free(&fake_blocked);
	KUNIT_EXPECT_EQ(test, fake.frees, 0);
	KUNIT_EXPECT_NULL(test, fake_identity.owner);
}

static void paging_comes_before_legacy(struct kunit *test)
{
	struct test_device *tdev = new_device(test);
	struct iommu_domain *domain;

	tdev->ops.domain_alloc = fake_alloc;
	tdev->ops.domain_alloc_paging = fake_alloc_paging;
	domain = iommu_paging_domain_alloc(tdev->dev);
	KUNIT_EXPECT_PTR_EQ(test, domain, &fake.domain);
	KUNIT_EXPECT_EQ(test, fake.paging, 1);
	KUNIT_EXPECT_EQ(test, fake.legacy, 0);
	/* What has no tables is not the paging op's. */
	iommu_domain_new(tdev->dev, IOMMU_DOMAIN_IDENTITY);
	KUNIT_EXPECT_EQ(test, fake.paging, 1);
	KUNIT_EXPECT_EQ(test, fake.legacy, 1);
	KUNIT_EXPECT_EQ(test, fake.legacy_type, IOMMU_DOMAIN_IDENTITY);
}

static void core_fills_in_what_is_empty(struct kunit *test)
{
	struct test_device *tdev = new_device(test);
	struct iommu_domain *domain;

	tdev->ops.domain_alloc_paging = fake_alloc_paging;
	domain = iommu_paging_domain_alloc(tdev->dev);
	KUNIT_ASSERT_PTR_EQ(test, domain, &fake.domain);
	KUNIT_EXPECT_EQ(test, domain->type, IOMMU_DOMAIN_UNMANAGED);
	KUNIT_EXPECT_PTR_EQ(test, domain->owner, &tdev->ops);
	KUNIT_EXPECT_PTR_EQ(test, domain->ops, &fake_domain_ops);
	KUNIT_EXPECT_EQ(test, domain->pgsize_bitmap, SZ_4K | SZ_2M);
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, fake.frees, 1);

	domain->ops = &bare_domain_ops;
	domain->pgsize_bitmap = SZ_64K;
	domain = iommu_paging_domain_alloc(tdev->dev);
	KUNIT_EXPECT_PTR_EQ(test, domain->ops, &bare_domain_ops);
	KUNIT_EXPECT_EQ(test, domain->pgsize_bitmap, SZ_64K);
}

static void failures_are_told(struct kunit *test)
{
	struct test_device *tdev = new_device(test);

	KUNIT_EXPECT_PTR_EQ(test, iommu_paging_domain_alloc(tdev->dev),
			    ERR_PTR(-EOPNOTSUPP));
	KUNIT_EXPECT_PTR_EQ(test, iommu_domain_new(tdev->dev,
						   IOMMU_DOMAIN_IDENTITY),
			    ERR_PTR(-EOPNOTSUPP));
	tdev->ops.domain_alloc_paging = fake_alloc_paging;
	fake.answer = NULL;
	KUNIT_EXPECT_PTR_EQ(test, iommu_paging_domain_alloc(tdev->dev),
			    ERR_PTR(-ENOMEM));
	fake.answer = ERR_PTR(-EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, iommu_paging_domain_alloc(tdev->dev),
			    ERR_PTR(-EBUSY));
	tdev->state.iommu_dev = NULL;
	KUNIT_EXPECT_PTR_EQ(test, iommu_paging_domain_alloc(tdev->dev),
			    ERR_PTR(-ENODEV));
	tdev->dev->iommu = NULL;
	KUNIT_EXPECT_PTR_EQ(test, iommu_paging_domain_alloc(tdev->dev),
			    ERR_PTR(-ENODEV));
	KUNIT_EXPECT_NULL(test, iommu_domain_alloc(tdev->dev->bus));
}

/* A DMA domain gets its allocator, or is freed and reported. */
static void dma_domains_get_their_state(struct kunit *test)
{
	struct test_device *tdev = new_device(test);
	struct iommu_domain *domain;

	tdev->ops.domain_alloc = fake_alloc;
	domain = iommu_domain_new(tdev->dev, IOMMU_DOMAIN_DMA_FQ);
	KUNIT_EXPECT_EQ(test, fake.legacy_type, IOMMU_DOMAIN_DMA);
	if (!IS_ENABLED(CONFIG_IOMMU_DMA)) {
		KUNIT_EXPECT_PTR_EQ(test, domain, ERR_PTR(-ENODEV));
		KUNIT_EXPECT_EQ(test, fake.frees, 1);
		return;
	}
	KUNIT_ASSERT_PTR_EQ(test, domain, &fake.domain);
	KUNIT_EXPECT_EQ(test, domain->type, IOMMU_DOMAIN_DMA_FQ);
	KUNIT_EXPECT_NOT_NULL(test, domain->iova_cookie);
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, fake.frees, 1);
	KUNIT_EXPECT_NULL(test, domain->iova_cookie);
}

static void a_bus_is_served_by_its_devices(struct kunit *test)
{
	struct test_device *tdev = new_device(test);

	tdev->ops.domain_alloc_paging = fake_alloc_paging;
	KUNIT_EXPECT_PTR_EQ(test, iommu_domain_alloc(tdev->dev->bus),
			    &fake.domain);
	KUNIT_EXPECT_EQ(test, fake.domain.type, IOMMU_DOMAIN_UNMANAGED);
	fake.answer = NULL;
	KUNIT_EXPECT_NULL(test, iommu_domain_alloc(tdev->dev->bus));
}

static void settings_are_for_unmanaged_domains(struct kunit *test)
{
	struct test_device *tdev = new_device(test);
	struct iommu_domain *domain;

	tdev->ops.domain_alloc_paging = fake_alloc_paging;
	domain = iommu_paging_domain_alloc(tdev->dev);
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), 0);
	KUNIT_EXPECT_EQ(test, iommu_set_pgtable_quirks(domain, 0x20), 0);
	KUNIT_EXPECT_EQ(test, fake.quirks, 0x20);

	domain->type = IOMMU_DOMAIN_DMA;
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), -EINVAL);
	KUNIT_EXPECT_EQ(test, iommu_set_pgtable_quirks(domain, 0x40), -EINVAL);
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->ops = &bare_domain_ops;
	KUNIT_EXPECT_EQ(test, iommu_enable_nesting(domain), -EINVAL);
	KUNIT_EXPECT_EQ(test, iommu_set_pgtable_quirks(domain, 0x40), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake.quirks, 0x20);
}

static struct kunit_case domain_cases[] = {
	KUNIT_CASE(static_domains_come_first),
	KUNIT_CASE(paging_comes_before_legacy),
	KUNIT_CASE(core_fills_in_what_is_empty),
	KUNIT_CASE(failures_are_told),
	KUNIT_CASE(dma_domains_get_their_state),
	KUNIT_CASE(a_bus_is_served_by_its_devices),
	KUNIT_CASE(settings_are_for_unmanaged_domains),
	{}
};

static struct kunit_suite domain_suite = {
	.name = "iommu-core-domain",
	.test_cases = domain_cases,
};

kunit_test_suite(domain_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("Tests of the IOMMU core: domains");
MODULE_LICENSE("GPL");
