// SPDX-License-Identifier: GPL-2.0
/*
 * What was said in the kernel's log, and what a test's drivers noted.
 */
#include <linux/kmsg_dump.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mock.h"

#define LINE_LENGTH	1024

unsigned int mock_log_lines(const char *text)
{
	char *line = kmalloc(LINE_LENGTH, GFP_KERNEL);
	struct kmsg_dump_iter iter;
	unsigned int lines = 0;
	size_t length;

	if (!line)
		return 0;
	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, LINE_LENGTH, &length))
		lines += !!strnstr(line, text, length);
	kfree(line);
	return lines;
}

static char notes[32];

void mock_note(char what)
{
	size_t length = strlen(notes);

	if (length + 1 < sizeof(notes))
		notes[length] = what;
}

bool mock_noted(const char *what)
{
	bool same = !strcmp(notes, what);

	if (!same)
		pr_info("iommu-core: \"%s\", not \"%s\"\n", notes, what);
	memset(notes, 0, sizeof(notes));
	return same;
}
