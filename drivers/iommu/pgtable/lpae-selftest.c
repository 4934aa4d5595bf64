// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of the long-descriptor formats at boot, for kernels without KUnit.
 * Small on purpose: can each geometry map, translate, unmap, split and refuse?
 */
#define pr_fmt(fmt) "io-pgtable: " fmt

#include <linux/init.h>
#include <linux/printk.h>
#include <linux/sizes.h>

#include "lpae.h"

/**
 * struct lpae_check - a set under test
 * @ops: its operations
 * @sizes: its leaves
 */
struct lpae_check {
	struct io_pgtable_ops *ops;
	unsigned long sizes;
};

static int __init lpae_check_map(struct lpae_check *check, unsigned long iova,
				 size_t size)
{
	size_t mapped = 0;

	return check->ops->map_pages(check->ops, iova, iova, size, 1,
				     IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE,
				     GFP_KERNEL, &mapped) ?:
	       (mapped == size ? 0 : -EIO);
}

static size_t __init lpae_check_unmap(struct lpae_check *check,
				      unsigned long iova, size_t size)
{
	return check->ops->unmap_pages(check->ops, iova, size, 1, NULL);
}

static bool __init lpae_check_at(struct lpae_check *check, unsigned long iova,
				 phys_addr_t paddr)
{
	return check->ops->iova_to_phys(check->ops, iova) == paddr;
}

/* One leaf of @size: refused twice, translated at both ends, gone afterwards */
static bool __init lpae_check_leaf(struct lpae_check *check, size_t size)
{
	unsigned long iova = size;

	return lpae_check_at(check, iova + 42, 0) &&
	       !lpae_check_map(check, iova, size) &&
	       lpae_check_map(check, iova, size) == -EEXIST &&
	       lpae_check_at(check, iova + 42, iova + 42) &&
	       lpae_check_at(check, iova + size - 1, iova + size - 1) &&
	       lpae_check_unmap(check, iova, size) == size &&
	       lpae_check_at(check, iova + 42, 0) &&
	       !lpae_check_unmap(check, iova, size);
}

/* Take a page out of a block: the rest stays, and the page can come back */
static bool __init lpae_check_split(struct lpae_check *check, size_t block)
{
	size_t page = 1UL << __ffs(check->sizes);
	unsigned long iova = block + page;

	return !lpae_check_map(check, block, block) &&
	       lpae_check_unmap(check, iova, page) == page &&
	       lpae_check_at(check, iova, 0) &&
	       lpae_check_at(check, iova - 1, iova - 1) &&
	       lpae_check_at(check, iova + page, iova + page) &&
	       !lpae_check_map(check, iova, page) &&
	       lpae_check_at(check, iova, iova) &&
	       lpae_check_unmap(check, block, block) == block &&
	       lpae_check_at(check, iova, 0);
}

static bool __init lpae_check_set(enum io_pgtable_fmt fmt, unsigned long sizes,
				  unsigned int ias)
{
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = sizes,
		.ias = ias,
		.oas = 48,
		.coherent_walk = true,
	};
	struct lpae_check check;
	unsigned int bit;
	bool ok = true;

	check.ops = alloc_io_pgtable_ops(fmt, &cfg, NULL);
	if (!check.ops)
		return false;
	check.sizes = cfg.pgsize_bitmap;
	for_each_set_bit(bit, &check.sizes, BITS_PER_LONG) {
		ok &= lpae_check_leaf(&check, 1UL << bit);
		if (bit != __ffs(check.sizes))
			ok &= lpae_check_split(&check, 1UL << bit);
	}
	free_io_pgtable_ops(check.ops);
	return ok;
}

/* Both stages with one input size; returns how many fail */
static int __init lpae_check_input(unsigned long sizes, unsigned int ias)
{
	int fail = 0;

	if (!lpae_check_set(ARM_64_LPAE_S2, sizes, ias)) {
		pr_err("selftest: stage 2, leaves %#lx, %u bits\n", sizes, ias);
		fail++;
	}
	if (!lpae_check_set(ARM_64_LPAE_S1, sizes, ias)) {
		pr_err("selftest: stage 1, leaves %#lx, %u bits\n", sizes, ias);
		fail++;
	}
	return fail;
}

static int __init lpae_selftest(void)
{
	static const u8 inputs[] __initconst = { 48, 44, 42, 40, 36, 32 };
	int i, fail = 0, all = 3 * 2 * ARRAY_SIZE(inputs);

	for (i = 0; i < ARRAY_SIZE(inputs); i++) {
		fail += lpae_check_input(SZ_64K | SZ_512M, inputs[i]);
		fail += lpae_check_input(SZ_16K | SZ_32M, inputs[i]);
		fail += lpae_check_input(SZ_4K | SZ_2M | SZ_1G, inputs[i]);
	}
	pr_info("selftest: completed with %d PASS %d FAIL\n", all - fail, fail);
	return fail ? -EIO : 0;
}
subsys_initcall(lpae_selftest);
