// SPDX-License-Identifier: GPL-2.0
/*
 * Time the parts of the subsystem alone, through their public interfaces:
 * LPAE stage 1 page tables and the I/O address allocator.
 *
 * Made for QEMU's -icount shift=4, where an instruction takes 16 ns of the
 * guest's time: every figure is a count of instructions, with the two clock
 * reads (about 60) in it.  Each is printed as "part_bench: NAME VALUE".
 */
#include <linux/dma-mapping.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/iova.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

/* The Makefile sets it for trees whose page tables have the whole-range calls. */
#ifndef HAVE_RANGE_OPS
#define HAVE_RANGE_OPS 0
#endif

#define NS_PER_INSTRUCTION	16
#define ROUNDS			101
#define LIMIT_PFN		(BIT_ULL(36) - 1)

static struct platform_device *bench_device;
static u64 samples[5000];

static u64 since(u64 start)
{
	return (ktime_get_ns() - start) / NS_PER_INSTRUCTION;
}

static int compare(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

/* The sample that @percent of the first @count are not above. */
static u64 percentile(unsigned int count, unsigned int percent)
{
	sort(samples, count, sizeof(samples[0]), compare, NULL);
	return samples[min(count * percent / 100, count - 1)];
}

static void report(const char *name, unsigned long n, const char *what, u64 value)
{
	pr_info("part_bench: %s-%lu-%s %llu\n", name, n, what, value);
}

/* --- page tables */

static void tlb_all(void *cookie)
{
}

static void tlb_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
}

static void tlb_page(struct iommu_iotlb_gather *gather, unsigned long iova,
		     size_t granule, void *cookie)
{
}

static const struct iommu_flush_ops tlb_ops = {
	.tlb_flush_all = tlb_all,
	.tlb_flush_walk = tlb_walk,
	.tlb_add_page = tlb_page,
};

/**
 * struct shape - one way to map
 * @name: of the figure
 * @pgsize: size of the entries
 * @count: how many of them
 * @range: by the whole-range calls
 */
struct shape {
	const char *name;
	size_t pgsize;
	size_t count;
	bool range;
};

static int map_shape(struct io_pgtable_ops *ops, const struct shape *shape,
		     unsigned long iova, phys_addr_t phys)
{
	const int prot = IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE;
	size_t mapped = 0;

#if HAVE_RANGE_OPS
	if (shape->range)
		return ops->map_range(ops, iova, phys, shape->pgsize * shape->count,
				      prot, GFP_KERNEL, &mapped);
#endif
	return ops->map_pages(ops, iova, phys, shape->pgsize, shape->count,
			      prot, GFP_KERNEL, &mapped);
}

static size_t unmap_shape(struct io_pgtable_ops *ops, const struct shape *shape,
			  unsigned long iova, struct iommu_iotlb_gather *gather)
{
#if HAVE_RANGE_OPS
	if (shape->range)
		return ops->unmap_range(ops, iova, shape->pgsize * shape->count, gather);
#endif
	return ops->unmap_pages(ops, iova, shape->pgsize, shape->count, gather);
}

static int time_shape(struct io_pgtable_ops *ops, const struct shape *shape)
{
	static u64 unmaps[ROUNDS];
	const unsigned long iova = SZ_1G;
	struct iommu_iotlb_gather gather;
	unsigned int i;
	size_t size;
	u64 start;
	int ret;

	for (i = 0; i < ROUNDS; i++) {
		start = ktime_get_ns();
		ret = map_shape(ops, shape, iova, SZ_2G);
		samples[i] = since(start);
		if (ret)
			return ret;
		iommu_iotlb_gather_init(&gather);
		start = ktime_get_ns();
		size = unmap_shape(ops, shape, iova, &gather);
		unmaps[i] = since(start);
		if (size != shape->pgsize * shape->count)
			return -EFAULT;
		cond_resched();
	}
	report(shape->name, shape->count, "map", percentile(ROUNDS, 50));
	memcpy(samples, unmaps, sizeof(unmaps));
	report(shape->name, shape->count, "unmap", percentile(ROUNDS, 50));
	return 0;
}

static int bench_lpae(const struct shape *shape)
{
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = SZ_4K | SZ_2M | SZ_1G,
		.ias = 48,
		.oas = 44,
		.coherent_walk = true,
		.tlb = &tlb_ops,
		.iommu_dev = &bench_device->dev,
	};
	struct io_pgtable_ops *ops;
	int ret;

	if (shape->range && !HAVE_RANGE_OPS)
		return 0;
	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
	if (!ops)
		return -ENOMEM;
	ret = time_shape(ops, shape);
	free_io_pgtable_ops(ops);
	return ret;
}

static int bench_tables(void)
{
	static const struct shape shapes[] = {
		{ "lpae", SZ_4K, 1 },
		{ "lpae", SZ_4K, 16 },
		{ "lpae", SZ_4K, 64 },
		{ "lpae", SZ_4K, 256 },
		{ "lpae", SZ_4K, 512 },
		{ "lpae-2m", SZ_2M, 1 },
		{ "lpae-range", SZ_4K, 1, true },
		{ "lpae-range", SZ_4K, 16, true },
		{ "lpae-range", SZ_4K, 64, true },
		{ "lpae-range", SZ_4K, 256, true },
		{ "lpae-range", SZ_4K, 511, true },
		{ "lpae-range", SZ_4K, 512, true },
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shapes) && !ret; i++)
		ret = bench_lpae(&shapes[i]);
	return ret;
}

/* --- I/O addresses */

static unsigned long timed_alloc(struct iova_domain *iovad, unsigned long pages, u64 *took)
{
	unsigned long flags, pfn;
	u64 start;

	/* A timer tick in the middle would be taken for the allocator's own. */
	local_irq_save(flags);
	start = ktime_get_ns();
	pfn = alloc_iova_fast(iovad, pages, LIMIT_PFN, false);
	*took = since(start);
	local_irq_restore(flags);
	return pfn;
}

/* Free one page so that it does not stay in a cache of ranges to hand out again. */
static void punch(struct iova_domain *iovad, unsigned long pfn)
{
	if (HAVE_RANGE_OPS)
		free_iova_fast(iovad, pfn, 1);
	else
		free_iova(iovad, pfn);
}

static int iova_start(struct iova_domain *iovad)
{
	int ret;

	init_iova_domain(iovad, SZ_4K, 1);
	ret = iova_domain_init_rcaches(iovad);
	if (ret)
		put_iova_domain(iovad);
	return ret;
}

static int bench_cached(struct iova_domain *iovad)
{
	static const unsigned int sizes[] = { 1, 16, 32, 64, 512 };

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned int i = 0; i < ROUNDS; i++) {
			unsigned long pfn = timed_alloc(iovad, sizes[s], &samples[i]);

			if (!pfn)
				return -ENOSPC;
			free_iova_fast(iovad, pfn, sizes[s]);
		}
		report("iova-cached", sizes[s], "alloc", percentile(ROUNDS, 50));
	}
	return 0;
}

/* Singles with every other one freed, then pairs: no hole fits any of them. */
static int bench_holes(struct iova_domain *iovad, unsigned long live, unsigned long *pfns)
{
	u64 took, worst = 0;
	unsigned long i;

	for (i = 0; i < 2 * live; i++) {
		pfns[i] = alloc_iova_fast(iovad, 1, LIMIT_PFN, false);
		if (!pfns[i])
			return -ENOSPC;
		if (!(i % 1024))
			cond_resched();
	}
	for (i = 0; i < 2 * live; i += 2) {
		punch(iovad, pfns[i]);
		if (!(i % 1024))
			cond_resched();
	}
	for (i = 0; i < 5; i++) {
		if (!timed_alloc(iovad, 2, &took))
			return -ENOSPC;
		worst = max(worst, took);
		/* What remembers where the last search ended forgets it. */
		punch(iovad, pfns[2 * i + 1]);
		cond_resched();
	}
	report("iova-holes", live, "worst", worst);
	return 0;
}

/* Sizes of 1 to 512 pages coming and going among @live ranges. */
static int bench_mixed(struct iova_domain *iovad, unsigned long live, unsigned long *pfns)
{
	static u8 order[100000];
	const unsigned int count = ARRAY_SIZE(samples);
	struct rnd_state rnd;
	unsigned long i, at;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < live; i++) {
		order[i] = prandom_u32_state(&rnd) % 10;
		pfns[i] = alloc_iova_fast(iovad, 1UL << order[i], LIMIT_PFN, false);
		if (!pfns[i])
			return -ENOSPC;
		if (!(i % 1024))
			cond_resched();
	}
	for (i = 0; i < count; i++) {
		at = prandom_u32_state(&rnd) % live;
		free_iova_fast(iovad, pfns[at], 1UL << order[at]);
		order[at] = prandom_u32_state(&rnd) % 10;
		pfns[at] = timed_alloc(iovad, 1UL << order[at], &samples[i]);
		if (!pfns[at])
			return -ENOSPC;
		cond_resched();
	}
	report("iova-mixed", live, "median", percentile(count, 50));
	report("iova-mixed", live, "p99", percentile(count, 99));
	report("iova-mixed", live, "worst", percentile(count, 100));
	return 0;
}

static int bench_iova(void)
{
	struct iova_domain *iovad;
	unsigned long live, *pfns;
	int ret;

	iovad = kzalloc(sizeof(*iovad), GFP_KERNEL);
	pfns = vmalloc(array_size(2000000, sizeof(*pfns)));
	ret = iovad && pfns ? iova_cache_get() : -ENOMEM;
	if (ret)
		goto err_free;

	ret = iova_start(iovad);
	if (!ret) {
		ret = bench_cached(iovad);
		put_iova_domain(iovad);
	}
	for (live = 100; live <= 1000000 && !ret; live *= 10) {
		ret = iova_start(iovad);
		if (ret)
			break;
		ret = bench_holes(iovad, live, pfns);
		put_iova_domain(iovad);
	}
	if (!ret)
		ret = iova_start(iovad);
	if (!ret) {
		ret = bench_mixed(iovad, 100000, pfns);
		put_iova_domain(iovad);
	}
	iova_cache_put();
err_free:
	vfree(pfns);
	kfree(iovad);
	return ret;
}

static int __init part_bench_init(void)
{
	int ret;

	bench_device = platform_device_register_simple("part_bench", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(bench_device))
		return PTR_ERR(bench_device);
	ret = bench_tables();
	pr_info("part_bench: tables end %d\n", ret);
	if (!ret)
		ret = bench_iova();
	pr_info("part_bench: addresses end %d\n", ret);
	platform_device_unregister(bench_device);
	return ret;
}
module_init(part_bench_init);

static void __exit part_bench_exit(void)
{
}
module_exit(part_bench_exit);

MODULE_DESCRIPTION("Instruction counts of page tables and I/O address allocation");
MODULE_LICENSE("GPL");
