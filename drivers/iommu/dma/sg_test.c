// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of scatterlists: sg.c, and the part of bounce.c that they use.
 *
 * The model of a list is the sequence of physical addresses of its bytes; the
 * DMA segments, read in order through the domain, have to give the same one.
 */
#include <linux/dma-mapping.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "fake.h"

#define MAX_ENTRIES	24
#define NR_PAGES	64

/**
 * struct sg_case - a list, and what it is made from
 * @test: test
 * @fdom: domain
 * @dev: device
 * @pages: physically contiguous pages
 * @sg: the list; one more entry than is ever mapped
 * @nents: its length
 * @rnd: source of randomness
 */
struct sg_case {
	struct kunit *test;
	struct fake_domain *fdom;
	struct device *dev;
	struct page *pages;
	struct scatterlist sg[MAX_ENTRIES + 1];
	int nents;
	struct rnd_state rnd;
};

static void free_pages_action(void *pages)
{
	__free_pages(pages, ilog2(NR_PAGES));
}

static struct sg_case *sg_case(struct kunit *test)
{
	struct sg_case *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->dev = fake_pair(test, &c->fdom);
	c->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, ilog2(NR_PAGES));
	KUNIT_ASSERT_NOT_NULL(test, c->pages);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_pages_action, c->pages), 0);
	sg_init_table(c->sg, MAX_ENTRIES + 1);
	prandom_seed_state(&c->rnd, 1);
	dma_set_max_seg_size(c->dev, UINT_MAX);
	return c;
}

static u32 below(struct sg_case *c, u32 end)
{
	return prandom_u32_state(&c->rnd) % end;
}

static void add(struct sg_case *c, unsigned int page, unsigned int offset,
		unsigned int len)
{
	sg_set_page(&c->sg[c->nents++], c->pages + page, len, offset);
}

/* Follow the segments and the entries side by side */
static void expect_same_bytes(struct sg_case *c, int count)
{
	struct scatterlist *seg = c->sg, *s = c->sg;
	size_t seg_at = 0, at = 0, total = 0, step;
	int i = 0, n = 0;

	while (i < c->nents) {
		if (at == s->length) {
			s = sg_next(s);
			at = 0;
			i++;
			continue;
		}
		KUNIT_ASSERT_LT(c->test, n, count);
		step = min3((size_t)s->length - at, sg_dma_len(seg) - seg_at,
			    FAKE_GRANULE - ((sg_dma_address(seg) + seg_at) & (FAKE_GRANULE - 1)));
		KUNIT_ASSERT_GT(c->test, step, 0);
		KUNIT_ASSERT_EQ(c->test, fake_phys(c->fdom, sg_dma_address(seg) + seg_at),
				sg_phys(s) + at);
		at += step;
		seg_at += step;
		total += step;
		if (seg_at == sg_dma_len(seg)) {
			seg = sg_next(seg);
			seg_at = 0;
			n++;
		}
	}
	KUNIT_EXPECT_EQ(c->test, n, count);
	KUNIT_EXPECT_EQ(c->test, seg_at, 0);
}

/* What the device can take: no crossing, no segment that merging made too long */
static void expect_limits(struct sg_case *c, int count, size_t longest)
{
	unsigned long boundary = dma_get_seg_boundary(c->dev);
	size_t max_len = max_t(size_t, dma_get_max_seg_size(c->dev), longest);
	struct scatterlist *seg;
	dma_addr_t first, last;
	int i;

	for_each_sg(c->sg, seg, count, i) {
		first = sg_dma_address(seg);
		last = first + sg_dma_len(seg) - 1;
		KUNIT_ASSERT_LE(c->test, sg_dma_len(seg), max_len);
		if (longest <= boundary)
			KUNIT_ASSERT_EQ(c->test, first & ~boundary,
					last & ~boundary);
	}
}

static int map(struct sg_case *c)
{
	return dma_map_sg(c->dev, c->sg, c->nents, DMA_TO_DEVICE);
}

static void unmap(struct sg_case *c)
{
	dma_unmap_sg(c->dev, c->sg, c->nents, DMA_TO_DEVICE);
	fake_expect_idle(c->test, c->fdom);
}

static size_t random_list(struct sg_case *c)
{
	size_t longest = 0;
	unsigned int page, offset, len;
	int i, n = 1 + below(c, MAX_ENTRIES);

	c->nents = 0;
	for (i = 0; i < n; i++) {
		page = below(c, NR_PAGES / 2);
		offset = below(c, 2) ? 0 : below(c, PAGE_SIZE);
		len = below(c, 2) ? PAGE_SIZE * (1 + below(c, 8)) :
				    1 + below(c, 3 * PAGE_SIZE);
		/* Every other time go on where the entry before ends */
		if (i && below(c, 2)) {
			unsigned int end = c->sg[i - 1].offset +
					   c->sg[i - 1].length;

			page = page_to_pfn(sg_page(&c->sg[i - 1])) -
			       page_to_pfn(c->pages) + end / PAGE_SIZE;
			page = min(page, NR_PAGES - 12U);
			offset = end % PAGE_SIZE;
		}
		add(c, page, offset, len);
		longest = max_t(size_t, longest, offset + len);
	}
	return longest;
}

static void test_random(struct kunit *test)
{
	static const unsigned long boundaries[] = {
		U32_MAX, SZ_64K - 1, SZ_32K - 1, SZ_1M - 1, ULONG_MAX,
	};
	static const unsigned int max_sizes[] = {
		UINT_MAX, SZ_64K, SZ_4K, SZ_8K, SZ_4K + 512,
	};
	struct sg_case *c = sg_case(test);
	int round, count;
	size_t longest;

	for (round = 0; round < 400; round++) {
		longest = random_list(c);
		dma_set_seg_boundary(c->dev, boundaries[below(c, ARRAY_SIZE(boundaries))]);
		dma_set_max_seg_size(c->dev, max_sizes[below(c, ARRAY_SIZE(max_sizes))]);
		sg_dma_len(&c->sg[c->nents]) = 0xbad;
		count = map(c);
		KUNIT_ASSERT_GT(test, count, 0);
		KUNIT_ASSERT_LE(test, count, c->nents);
		expect_same_bytes(c, count);
		expect_limits(c, count, longest);
		/* The entry after the list is not ours */
		KUNIT_ASSERT_EQ(test, sg_dma_len(&c->sg[c->nents]), 0xbad);
		unmap(c);
		if (test->status == KUNIT_FAILURE)
			break;
	}
}

static void test_merge(struct kunit *test)
{
	struct sg_case *c = sg_case(test);
	int i;

	/* Pages that are apart: one segment, a call for each */
	for (i = 0; i < 8; i++)
		add(c, 2 * i, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, map(c), 1);
	KUNIT_EXPECT_EQ(test, sg_dma_len(c->sg), 8 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, c->fdom->maps, 8);
	unmap(c);
	KUNIT_EXPECT_EQ(test, c->fdom->unmaps, 1);
	KUNIT_EXPECT_EQ(test, c->fdom->syncs, 1);
}

static void test_runs(struct kunit *test)
{
	struct sg_case *c = sg_case(test);
	int i;

	/* Contiguous pieces of any length are one run, one segment, one call */
	for (i = 0; i < 8; i++)
		add(c, 0, i * 1000, 1000);
	KUNIT_EXPECT_EQ(test, map(c), 1);
	KUNIT_EXPECT_EQ(test, sg_dma_len(c->sg), 8000);
	KUNIT_EXPECT_EQ(test, c->fdom->maps, 1);
	KUNIT_EXPECT_EQ(test, c->fdom->nr_mapped, 2);
	unmap(c);
}

static void test_no_merge(struct kunit *test)
{
	struct sg_case *c = sg_case(test);

	/* A gap on either side of the granule's end keeps buffers apart */
	add(c, 0, 0, 100);
	add(c, 4, 0, PAGE_SIZE);
	add(c, 8, 16, PAGE_SIZE - 16);
	KUNIT_EXPECT_EQ(test, map(c), 3);
	expect_same_bytes(c, 3);
	unmap(c);
}

static void test_max_size(struct kunit *test)
{
	struct sg_case *c = sg_case(test);
	int i;

	dma_set_max_seg_size(c->dev, 3 * PAGE_SIZE);
	for (i = 0; i < 7; i++)
		add(c, 2 * i, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, map(c), 3);
	KUNIT_EXPECT_EQ(test, sg_dma_len(&c->sg[0]), 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, sg_dma_len(&c->sg[2]), PAGE_SIZE);
	unmap(c);
}

/* What is skipped for the boundary is mapped to nothing */
static void test_boundary_hole(struct kunit *test)
{
	struct sg_case *c = sg_case(test);

	dma_set_seg_boundary(c->dev, SZ_16K - 1);
	add(c, 0, 0, 3 * PAGE_SIZE);
	add(c, 8, 0, 3 * PAGE_SIZE);
	add(c, 16, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, map(c), 2);
	expect_same_bytes(c, 2);
	KUNIT_EXPECT_EQ(test, sg_dma_len(&c->sg[0]), 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, sg_dma_len(&c->sg[1]), 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, c->fdom->nr_mapped, 7);
	KUNIT_EXPECT_EQ(test, fake_phys(c->fdom, sg_dma_address(c->sg) + 3 * PAGE_SIZE), 0);
	unmap(c);
	KUNIT_EXPECT_EQ(test, c->fdom->unmaps, 2);
}

static void test_empty_entries(struct kunit *test)
{
	struct sg_case *c = sg_case(test);

	add(c, 0, 0, 0);
	add(c, 2, 0, PAGE_SIZE);
	add(c, 4, 0, 0);
	add(c, 6, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, map(c), 1);
	KUNIT_EXPECT_EQ(test, sg_dma_len(c->sg), 2 * PAGE_SIZE);
	unmap(c);

	c->nents = 0;
	add(c, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, map(c), 0);
	fake_expect_idle(test, c->fdom);
}

/* Whichever call fails: nothing is left, and the range is there again */
static void test_rollback(struct kunit *test)
{
	struct sg_case *c = sg_case(test);
	struct sg_table table;
	unsigned int nth;
	int i, ret;

	dma_set_seg_boundary(c->dev, SZ_16K - 1);
	for (i = 0; i < 12; i++)
		add(c, 4 * i, i & 1 ? 16 : 0, PAGE_SIZE * (1 + i % 3));
	table.sgl = c->sg;
	table.orig_nents = c->nents;
	for (nth = 1; ; nth++) {
		c->fdom->maps = 0;
		c->fdom->fail_map = nth;
		ret = dma_map_sgtable(c->dev, &table, DMA_TO_DEVICE, 0);
		if (!ret)
			break;
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		fake_expect_idle(test, c->fdom);
		for (i = 0; i < c->nents; i++) {
			KUNIT_ASSERT_EQ(test, sg_dma_len(&c->sg[i]), 0);
			KUNIT_ASSERT_EQ(test, sg_dma_address(&c->sg[i]),
					DMA_MAPPING_ERROR);
		}
	}
	KUNIT_EXPECT_EQ(test, nth, 13);
	unmap(c);
}

static void test_no_space(struct kunit *test)
{
	struct sg_case *c = sg_case(test);
	struct sg_table table = { .sgl = c->sg };

	c->dev->bus_dma_limit = SZ_64K - 1;
	add(c, 0, 0, 20 * PAGE_SIZE);
	table.orig_nents = c->nents;
	KUNIT_EXPECT_EQ(test, dma_map_sgtable(c->dev, &table, DMA_TO_DEVICE, DMA_ATTR_NO_WARN),
			-ENOMEM);
	fake_expect_idle(test, c->fdom);
}

static struct sg_case *untrusted_case(struct kunit *test)
{
	struct sg_case *c = sg_case(test);

#ifdef CONFIG_SWIOTLB
	if (!c->dev->dma_io_tlb_mem || !c->dev->dma_io_tlb_mem->nslabs)
		kunit_skip(test, "no bounce buffers");
#else
	kunit_skip(test, "no bounce buffers");
#endif
	c->dev->iommu->dma->untrusted = true;
	c->dev->iommu->dma->special = true;
	return c;
}

/* One entry that has to be bounced makes the list go entry by entry */
static void test_bounce(struct kunit *test)
{
	struct sg_case *c = untrusted_case(test);
	u8 *base = page_address(c->pages);
	u8 *view;

	add(c, 0, 0, PAGE_SIZE);
	add(c, 2, 100, 200);
	add(c, 4, 0, PAGE_SIZE);
	base[2 * PAGE_SIZE + 100] = 7;
	KUNIT_ASSERT_EQ(test, dma_map_sg(c->dev, c->sg, 3, DMA_BIDIRECTIONAL), 3);
	KUNIT_EXPECT_TRUE(test, sg_dma_is_swiotlb(c->sg));
	KUNIT_EXPECT_EQ(test, fake_phys(c->fdom, sg_dma_address(&c->sg[0])),
			sg_phys(&c->sg[0]));
	KUNIT_EXPECT_NE(test, fake_phys(c->fdom, sg_dma_address(&c->sg[1])),
			sg_phys(&c->sg[1]));
	view = phys_to_virt(fake_phys(c->fdom, sg_dma_address(&c->sg[1])));
	KUNIT_EXPECT_EQ(test, view[0], 7);
	view[0] = 8;
	dma_sync_sg_for_cpu(c->dev, c->sg, 3, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, base[2 * PAGE_SIZE + 100], 8);
	base[2 * PAGE_SIZE + 100] = 9;
	dma_sync_sg_for_device(c->dev, c->sg, 3, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, view[0], 9);
	view[0] = 10;
	dma_unmap_sg(c->dev, c->sg, 3, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, base[2 * PAGE_SIZE + 100], 10);
	KUNIT_EXPECT_FALSE(test, sg_dma_is_swiotlb(c->sg));
	fake_expect_idle(test, c->fdom);
}

static void test_bounce_not_needed(struct kunit *test)
{
	struct sg_case *c = untrusted_case(test);

	add(c, 0, 0, PAGE_SIZE);
	add(c, 4, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, map(c), 1);
	KUNIT_EXPECT_FALSE(test, sg_dma_is_swiotlb(c->sg));
	expect_same_bytes(c, 1);
	unmap(c);
}

static void test_bounce_rollback(struct kunit *test)
{
	struct sg_case *c = untrusted_case(test);
	unsigned int nth;
	int i;

	for (i = 0; i < 4; i++)
		add(c, 2 * i, 100, 200);
	for (nth = 1; nth <= 4; nth++) {
		c->fdom->maps = 0;
		c->fdom->fail_map = nth;
		KUNIT_EXPECT_EQ(test, map(c), 0);
		KUNIT_EXPECT_FALSE(test, sg_dma_is_swiotlb(c->sg));
		fake_expect_idle(test, c->fdom);
	}
	KUNIT_EXPECT_EQ(test, map(c), 4);
	unmap(c);
}

/* A list that went past the IOMMU in part comes back without its marks */
static void test_unmap_bus_address(struct kunit *test)
{
	struct sg_case *c = sg_case(test);

	add(c, 0, 0, PAGE_SIZE);
	add(c, 4, 0, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, map(c), 1);
	/* As mapping leaves it when the first of two is a peer's memory */
	sg_dma_address(&c->sg[1]) = sg_dma_address(&c->sg[0]);
	sg_dma_len(&c->sg[1]) = sg_dma_len(&c->sg[0]);
	sg_dma_address(&c->sg[0]) = 0x12340000;
	sg_dma_len(&c->sg[0]) = PAGE_SIZE;
	sg_dma_mark_bus_address(&c->sg[0]);
	if (!sg_dma_is_bus_address(&c->sg[0]))
		kunit_skip(test, "no peer-to-peer DMA");
	unmap(c);
	KUNIT_EXPECT_FALSE(test, sg_dma_is_bus_address(&c->sg[0]));
}

static struct kunit_case sg_cases[] = {
	KUNIT_CASE(test_random),
	KUNIT_CASE(test_merge),
	KUNIT_CASE(test_runs),
	KUNIT_CASE(test_no_merge),
	KUNIT_CASE(test_max_size),
	KUNIT_CASE(test_boundary_hole),
	KUNIT_CASE(test_empty_entries),
	KUNIT_CASE(test_rollback),
	KUNIT_CASE(test_no_space),
	KUNIT_CASE(test_bounce),
	KUNIT_CASE(test_bounce_not_needed),
	KUNIT_CASE(test_bounce_rollback),
	KUNIT_CASE(test_unmap_bus_address),
	{}
};

static struct kunit_suite sg_suite = {
	.name = "iommu-dma-sg",
	.test_cases = sg_cases,
};

kunit_test_suite(sg_suite);
