// SPDX-License-Identifier: GPL-2.0
/*
 * Let the Nth allocation of the running test fail, see mock-failslab.h.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "mock-failslab.h"

#if defined(CONFIG_FAILSLAB) && defined(CONFIG_FAULT_INJECTION_DEBUG_FS)

static const char * const names[MOCK_FAILSLAB_INJECTORS] = {
	"failslab", "fail_page_alloc",
};

/* What a file of an injector in debugfs sets */
static void *setting(const char *injector, const char *name)
{
	struct dentry *file, *dir = debugfs_lookup(injector, NULL);
	void *value = NULL;

	if (IS_ERR_OR_NULL(dir))
		return NULL;
	file = debugfs_lookup(name, dir);
	if (!IS_ERR_OR_NULL(file)) {
		value = d_inode(file)->i_private;
		dput(file);
	}
	dput(dir);
	return value;
}

static bool add_injector(struct mock_failslab *memory, const char *name)
{
	struct mock_failslab_injector *injector =
		&memory->injectors[memory->count];

	injector->spare = setting(name, "ignore-gfp-wait");
	injector->verbose = setting(name, "verbose");
	injector->min_order = setting(name, "min-order");
	if (!injector->spare || !injector->verbose)
		return false;
	memory->count++;
	injector->verbose_before = *injector->verbose;
	*injector->verbose = 0;
	return true;
}

void mock_failslab_start(struct kunit *test, struct mock_failslab *memory)
{
	*memory = (struct mock_failslab) {};
	KUNIT_ASSERT_TRUE(test, add_injector(memory, names[0]));
}
EXPORT_SYMBOL_GPL(mock_failslab_start);

void mock_failslab_start_pages(struct kunit *test, struct mock_failslab *memory)
{
	mock_failslab_start(test, memory);
	add_injector(memory, names[1]);
}
EXPORT_SYMBOL_GPL(mock_failslab_start_pages);

static void spare(struct mock_failslab *memory, bool spared)
{
	unsigned int i;

	for (i = 0; i < memory->count; i++) {
		*memory->injectors[i].spare = spared;
		if (memory->injectors[i].min_order)
			*memory->injectors[i].min_order = spared;
	}
}

void mock_failslab_arm(struct mock_failslab *memory, unsigned int n)
{
	spare(memory, false);
	current->fail_nth = n;
}
EXPORT_SYMBOL_GPL(mock_failslab_arm);

void mock_failslab_disarm(struct mock_failslab *memory)
{
	memory->left = current->fail_nth;
	current->fail_nth = 0;
	spare(memory, true);
}
EXPORT_SYMBOL_GPL(mock_failslab_disarm);

void mock_failslab_stop(struct mock_failslab *memory)
{
	unsigned int i;

	for (i = 0; i < memory->count; i++)
		*memory->injectors[i].verbose = memory->injectors[i].verbose_before;
}
EXPORT_SYMBOL_GPL(mock_failslab_stop);

#else

void mock_failslab_start(struct kunit *test, struct mock_failslab *memory)
{
	kunit_skip(test, "allocations cannot be made to fail in this kernel");
}
EXPORT_SYMBOL_GPL(mock_failslab_start);

void mock_failslab_start_pages(struct kunit *test, struct mock_failslab *memory)
{
	mock_failslab_start(test, memory);
}
EXPORT_SYMBOL_GPL(mock_failslab_start_pages);

void mock_failslab_arm(struct mock_failslab *memory, unsigned int n) {}
EXPORT_SYMBOL_GPL(mock_failslab_arm);

void mock_failslab_disarm(struct mock_failslab *memory) {}
EXPORT_SYMBOL_GPL(mock_failslab_disarm);

void mock_failslab_stop(struct mock_failslab *memory) {}
EXPORT_SYMBOL_GPL(mock_failslab_stop);

#endif

MODULE_DESCRIPTION("Memory that fails, for suites of the IOMMU subsystem");
MODULE_LICENSE("GPL");
