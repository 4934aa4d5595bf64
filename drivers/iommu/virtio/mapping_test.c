// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of mapping.c: trees of mappings, and a random walk beside an array.
 */
#include <kunit/test.h>

#include <linux/prandom.h>
#include <linux/slab.h>

#include "mapping.h"

#define PAGE_LG2	12
#define AT(page)	((u64)(page) << PAGE_LG2)
#define MODEL_PAGES	96
#define WALK_STEPS	20000

static struct viommu_mapping *put(struct kunit *test, struct viommu_mappings *tree,
				  u64 start, u64 last, phys_addr_t paddr)
{
	struct viommu_mapping *mapping = viommu_mapping_alloc(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	*mapping = (struct viommu_mapping) {
		.start = start, .last = last, .paddr = paddr, .flags = 3,
	};
	KUNIT_ASSERT_EQ(test, viommu_mappings_insert(tree, mapping), 0);
	return mapping;
}

static struct viommu_mapping *put_pages(struct kunit *test,
					struct viommu_mappings *tree,
					unsigned int page, unsigned int count)
{
	return put(test, tree, AT(page), AT(page + count) - 1, AT(1000 + page));
}

static bool refused(struct kunit *test, struct viommu_mappings *tree, u64 start,
		    u64 last)
{
	struct viommu_mapping *mapping = viommu_mapping_alloc(GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	mapping->start = start;
	mapping->last = last;
	ret = viommu_mappings_insert(tree, mapping);
	if (!ret)
		viommu_mappings_remove(tree, mapping);
	viommu_mappings_give(tree, mapping);
	return ret == -EEXIST;
}

/* Physical address behind @addr, or 0 */
static phys_addr_t lookup(const struct viommu_mappings *tree, u64 addr)
{
	struct viommu_mapping *mapping = viommu_mappings_from(tree, addr);

	if (!mapping || mapping->start > addr)
		return 0;
	return mapping->paddr + (addr - mapping->start);
}

static void overlap_is_refused(struct kunit *test)
{
	struct viommu_mappings tree;

	viommu_mappings_init(&tree);
	put_pages(test, &tree, 10, 4);
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, AT(10), AT(14) - 1));
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, AT(11), AT(12) - 1));
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, AT(0), AT(20) - 1));
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, AT(9), AT(11) - 1));
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, AT(13), AT(15) - 1));
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, 0, U64_MAX));
	KUNIT_EXPECT_FALSE(test, refused(test, &tree, AT(9), AT(10) - 1));
	KUNIT_EXPECT_FALSE(test, refused(test, &tree, AT(14), AT(15) - 1));
	viommu_mappings_clear(&tree);
}

static void order_does_not_matter(struct kunit *test)
{
	static const u8 pages[] = { 40, 2, 60, 11, 30, 12, 90, 0, 41, 59, 13 };
	struct viommu_mapping *mapping;
	struct viommu_mappings tree;
	unsigned int i;
	u64 before = 0;

	viommu_mappings_init(&tree);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		put_pages(test, &tree, pages[i], 1);
	mapping = viommu_mappings_from(&tree, 0);
	for (i = 0; mapping; i++) {
		KUNIT_EXPECT_TRUE(test, !i || mapping->start > before);
		before = mapping->start;
		mapping = viommu_mapping_next(mapping);
	}
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(pages));
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		KUNIT_EXPECT_EQ(test, lookup(&tree, AT(pages[i]) + 5),
				AT(1000 + pages[i]) + 5);
	KUNIT_EXPECT_EQ(test, lookup(&tree, AT(14)), 0);
	KUNIT_EXPECT_NULL(test, viommu_mappings_from(&tree, AT(91)));
	viommu_mappings_clear(&tree);
}

static void find_ends_at_a_hole(struct kunit *test)
{
	struct viommu_mappings tree;
	struct viommu_span span;

	viommu_mappings_init(&tree);
	put_pages(test, &tree, 4, 2);
	put_pages(test, &tree, 6, 1);
	put_pages(test, &tree, 8, 1);

	KUNIT_EXPECT_FALSE(test, viommu_mappings_find(&tree, AT(3), AT(5), &span));
	KUNIT_EXPECT_FALSE(test, viommu_mappings_find(&tree, AT(7), AT(9), &span));
	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(&tree, AT(5), AT(9) - 1, &span));
	KUNIT_EXPECT_EQ(test, span.first->start, AT(4));
	KUNIT_EXPECT_EQ(test, span.final->start, AT(6));
	KUNIT_EXPECT_EQ(test, span.last, AT(7) - 1);
	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(&tree, AT(4), AT(5) - 1, &span));
	KUNIT_EXPECT_PTR_EQ(test, span.first, span.final);
	KUNIT_EXPECT_EQ(test, span.last, AT(5) - 1);
	viommu_mappings_clear(&tree);
}

static void cut(struct kunit *test, struct viommu_mappings *tree, u64 start,
		u64 last)
{
	struct viommu_mapping *tail = NULL;
	struct viommu_span span;

	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(tree, start, last, &span));
	if (span.first == span.final && span.first->start < start &&
	    span.final->last > span.last)
		tail = viommu_mapping_alloc(GFP_KERNEL);
	viommu_mappings_cut(tree, &span, start, tail);
}

static void a_whole_mapping_goes(struct kunit *test)
{
	struct viommu_mappings tree;

	viommu_mappings_init(&tree);
	put_pages(test, &tree, 4, 2);
	cut(test, &tree, AT(4), AT(6) - 1);
	KUNIT_EXPECT_NULL(test, viommu_mappings_from(&tree, 0));
	KUNIT_EXPECT_EQ(test, tree.spares, 1);
	viommu_mappings_clear(&tree);
}

static void the_middle_leaves_two(struct kunit *test)
{
	struct viommu_mapping *mapping;
	struct viommu_mappings tree;

	viommu_mappings_init(&tree);
	put_pages(test, &tree, 4, 4);
	cut(test, &tree, AT(5), AT(6) - 1);

	mapping = viommu_mappings_from(&tree, 0);
	KUNIT_ASSERT_NOT_NULL(test, mapping);
	KUNIT_EXPECT_EQ(test, mapping->start, AT(4));
	KUNIT_EXPECT_EQ(test, mapping->last, AT(5) - 1);
	KUNIT_EXPECT_EQ(test, mapping->paddr, AT(1004));
	mapping = viommu_mapping_next(mapping);
	KUNIT_ASSERT_NOT_NULL(test, mapping);
	KUNIT_EXPECT_EQ(test, mapping->start, AT(6));
	KUNIT_EXPECT_EQ(test, mapping->last, AT(8) - 1);
	KUNIT_EXPECT_EQ(test, mapping->paddr, AT(1006));
	KUNIT_EXPECT_EQ(test, mapping->flags, 3);
	KUNIT_EXPECT_NULL(test, viommu_mapping_next(mapping));
	viommu_mappings_clear(&tree);
}

static void both_ends_are_trimmed(struct kunit *test)
{
	struct viommu_mappings tree;

	viommu_mappings_init(&tree);
	put_pages(test, &tree, 4, 2);
	put_pages(test, &tree, 6, 1);
	put_pages(test, &tree, 7, 2);
	cut(test, &tree, AT(5), AT(8) - 1);
	KUNIT_EXPECT_EQ(test, lookup(&tree, AT(4)), AT(1004));
	KUNIT_EXPECT_EQ(test, lookup(&tree, AT(5)), 0);
	KUNIT_EXPECT_EQ(test, lookup(&tree, AT(6)), 0);
	KUNIT_EXPECT_EQ(test, lookup(&tree, AT(7)), 0);
	KUNIT_EXPECT_EQ(test, lookup(&tree, AT(8)), AT(1008));
	KUNIT_EXPECT_EQ(test, viommu_mappings_from(&tree, AT(5))->start, AT(8));
	viommu_mappings_clear(&tree);
}

static void the_end_of_the_space_is_no_wrap(struct kunit *test)
{
	struct viommu_mappings tree;
	struct viommu_span span;

	viommu_mappings_init(&tree);
	put(test, &tree, 0, AT(1) - 1, AT(1));
	put(test, &tree, AT(1), U64_MAX, AT(2));
	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(&tree, 0, U64_MAX, &span));
	KUNIT_EXPECT_EQ(test, span.last, U64_MAX);
	KUNIT_EXPECT_EQ(test, span.final->start, AT(1));
	KUNIT_EXPECT_TRUE(test, refused(test, &tree, U64_MAX - 1, U64_MAX));
	viommu_mappings_cut(&tree, &span, 0, NULL);
	KUNIT_EXPECT_NULL(test, viommu_mappings_from(&tree, 0));
	viommu_mappings_clear(&tree);
}

static void spares_are_few_and_used(struct kunit *test)
{
	struct viommu_mapping *mapping, *list;
	struct viommu_mappings tree;
	unsigned int i;

	viommu_mappings_init(&tree);
	KUNIT_EXPECT_NULL(test, viommu_mappings_take(&tree));
	for (i = 0; i < VIOMMU_SPARE_MAX + 4; i++) {
		mapping = viommu_mapping_alloc(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, mapping);
		viommu_mappings_give(&tree, mapping);
	}
	KUNIT_EXPECT_EQ(test, tree.spares, VIOMMU_SPARE_MAX + 4);
	list = viommu_mappings_trim(&tree);
	KUNIT_EXPECT_EQ(test, tree.spares, VIOMMU_SPARE_MAX / 2);
	for (i = 0, mapping = list; mapping; mapping = mapping->next)
		i++;
	KUNIT_EXPECT_EQ(test, i, VIOMMU_SPARE_MAX / 2 + 4);
	viommu_mapping_free_all(list);
	for (i = 0; (mapping = viommu_mappings_take(&tree)); i++)
		put(test, &tree, AT(i), AT(i + 1) - 1, 0);
	KUNIT_EXPECT_EQ(test, i, VIOMMU_SPARE_MAX / 2);
	KUNIT_EXPECT_EQ(test, tree.spares, 0);
	viommu_mappings_clear(&tree);
}

/* A lock is held for so many mappings and no more; what is left is next */
static void a_span_has_an_end(struct kunit *test)
{
	struct viommu_mappings tree;
	struct viommu_span span;
	unsigned int i;

	viommu_mappings_init(&tree);
	for (i = 0; i < VIOMMU_SPAN_MAX + 3; i++)
		put(test, &tree, AT(i), AT(i + 1) - 1, 0);
	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(&tree, AT(0), U64_MAX, &span));
	KUNIT_EXPECT_EQ(test, span.last, AT(VIOMMU_SPAN_MAX) - 1);
	viommu_mappings_cut(&tree, &span, AT(0), NULL);
	KUNIT_EXPECT_EQ(test, tree.spares, VIOMMU_SPAN_MAX);
	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(&tree, span.last + 1, U64_MAX,
						     &span));
	KUNIT_EXPECT_EQ(test, span.last, AT(VIOMMU_SPAN_MAX + 3) - 1);
	viommu_mappings_clear(&tree);
}

/* What each page of the model is mapped to; 0 for nothing */
struct walk {
	struct viommu_mappings tree;
	phys_addr_t pages[MODEL_PAGES];
	struct rnd_state rnd;
	unsigned int mapped;
	unsigned int unmapped;
};

static bool model_is_free(const struct walk *walk, unsigned int page,
			  unsigned int count)
{
	while (count--)
		if (walk->pages[page + count])
			return false;
	return true;
}

static void walk_map(struct kunit *test, struct walk *walk, unsigned int page,
		     unsigned int count)
{
	u64 paddr = AT(1 + prandom_u32_state(&walk->rnd) % 100000);
	unsigned int i;

	if (!model_is_free(walk, page, count)) {
		KUNIT_ASSERT_TRUE(test, refused(test, &walk->tree, AT(page),
						AT(page + count) - 1));
		return;
	}
	put(test, &walk->tree, AT(page), AT(page + count) - 1, paddr);
	for (i = 0; i < count; i++)
		walk->pages[page + i] = paddr + AT(i);
	walk->mapped++;
}

static void walk_unmap(struct kunit *test, struct walk *walk, unsigned int page,
		       unsigned int count)
{
	struct viommu_span span;
	unsigned int run = 0;

	while (run < count && walk->pages[page + run])
		walk->pages[page + run++] = 0;
	if (!run) {
		KUNIT_ASSERT_FALSE(test, viommu_mappings_find(&walk->tree, AT(page),
							      AT(page + count) - 1,
							      &span));
		return;
	}
	KUNIT_ASSERT_TRUE(test, viommu_mappings_find(&walk->tree, AT(page),
						     AT(page + count) - 1, &span));
	KUNIT_ASSERT_EQ(test, span.last, AT(page + run) - 1);
	cut(test, &walk->tree, AT(page), AT(page + count) - 1);
	walk->unmapped++;
}

static void random_walk_agrees_with_an_array(struct kunit *test)
{
	struct walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);
	unsigned int step, page, count;

	KUNIT_ASSERT_NOT_NULL(test, walk);
	prandom_seed_state(&walk->rnd, 4711);
	viommu_mappings_init(&walk->tree);
	for (step = 0; step < WALK_STEPS; step++) {
		page = prandom_u32_state(&walk->rnd) % MODEL_PAGES;
		count = 1 + prandom_u32_state(&walk->rnd) % 8;
		count = min(count, MODEL_PAGES - page);
		if (prandom_u32_state(&walk->rnd) % 2)
			walk_map(test, walk, page, count);
		else
			walk_unmap(test, walk, page, count);
		page = prandom_u32_state(&walk->rnd) % MODEL_PAGES;
		KUNIT_ASSERT_EQ(test, lookup(&walk->tree, AT(page)),
				walk->pages[page]);
	}
	for (page = 0; page < MODEL_PAGES; page++)
		KUNIT_EXPECT_EQ(test, lookup(&walk->tree, AT(page)),
				walk->pages[page]);
	KUNIT_EXPECT_GT(test, walk->mapped, WALK_STEPS / 20);
	KUNIT_EXPECT_GT(test, walk->unmapped, WALK_STEPS / 20);
	viommu_mappings_clear(&walk->tree);
}

static struct kunit_case mapping_cases[] = {
	KUNIT_CASE(overlap_is_refused),
	KUNIT_CASE(order_does_not_matter),
	KUNIT_CASE(find_ends_at_a_hole),
	KUNIT_CASE(a_whole_mapping_goes),
	KUNIT_CASE(the_middle_leaves_two),
	KUNIT_CASE(both_ends_are_trimmed),
	KUNIT_CASE(the_end_of_the_space_is_no_wrap),
	KUNIT_CASE(spares_are_few_and_used),
	KUNIT_CASE(a_span_has_an_end),
	KUNIT_CASE(random_walk_agrees_with_an_array),
	{}
};

static struct kunit_suite mapping_suite = {
	.name = "viommu-mapping",
	.test_cases = mapping_cases,
};

kunit_test_suite(mapping_suite);
