// SPDX-License-Identifier: GPL-2.0
/*
 * Let the Nth allocation of the running test fail, see mock-failslab.h.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/sched.h>

#include "mock-failslab.h"

#if defined(CONFIG_FAILSLAB) && defined(CONFIG_FAULT_INJECTION_DEBUG_FS)

/* What a file of failslab's in debugfs sets */
static void *setting(const char *name)
{
	struct dentry *file, *dir = debugfs_lookup("failslab", NULL);
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

void mock_failslab_start(struct kunit *test, struct mock_failslab *memory)
{
	memory->left = 0;
	memory->spare = setting("ignore-gfp-wait");
	memory->verbose = setting("verbose");
	KUNIT_ASSERT_NOT_NULL(test, memory->spare);
	KUNIT_ASSERT_NOT_NULL(test, memory->verbose);
	memory->verbose_before = *memory->verbose;
	*memory->verbose = 0;
}

void mock_failslab_arm(struct mock_failslab *memory, unsigned int n)
{
	*memory->spare = false;
	current->fail_nth = n;
}

void mock_failslab_disarm(struct mock_failslab *memory)
{
	memory->left = current->fail_nth;
	current->fail_nth = 0;
	*memory->spare = true;
}

void mock_failslab_stop(struct mock_failslab *memory)
{
	*memory->verbose = memory->verbose_before;
}

#else

void mock_failslab_start(struct kunit *test, struct mock_failslab *memory)
{
	kunit_skip(test, "allocations cannot be made to fail in this kernel");
}

void mock_failslab_arm(struct mock_failslab *memory, unsigned int n) {}
void mock_failslab_disarm(struct mock_failslab *memory) {}
void mock_failslab_stop(struct mock_failslab *memory) {}

#endif
