// SPDX-License-Identifier: GPL-2.0
/* What a device in user space can do, and what it cannot: each is one check. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "owner.h"

#define UNTOUCHED	0x3c	/* what memory holds where nothing may have been written */

struct test {
	struct owned owned;
	const char *prefix;
	uint8_t *target;
	int log;
};

/* One check of this device: "PREFIX-WHAT". */
#define verdict(test, ok, what, ...) do {					\
	char name_[120];							\
	snprintf(name_, sizeof(name_), "%s-%s", (test)->prefix, what);		\
	check(ok, name_, __VA_ARGS__);						\
} while (0)

/* The device writes to at; the target page must stay, and the log must name both. */
static void stopped(struct test *test, const char *what, uint64_t at)
{
	char name[80], line[300];
	bool same;
	int ret;

	fill(test->target, UNTOUCHED, PAGE);
	ret = test->owned.kind->write_to(&test->owned, at);
	same = filled(test->target, UNTOUCHED, PAGE);
	snprintf(name, sizeof(name), "%s-memory", what);
	verdict(test, !ret && same, name, "write to 0x%lx: memory is %s%s", (unsigned long)at,
		same ? "as it was" : "changed", ret ? ", the device did not come to an end" : "");
	snprintf(name, sizeof(name), "%s-report", what);
	ret = !log_has_fault(test->log, test->owned.address, at, line, sizeof(line));
	verdict(test, !ret, name, "%s", line);
}

/* Write while it is mapped, so that translations may be cached; unmap; write again. */
static void try_stale(struct test *test)
{
	struct owned *owned = &test->owned;
	bool written;
	long gone;
	int ret;

	ret = owned->way->map(owned, test->target, TARGET_AT, PAGE, MAP_READ | MAP_WRITE);
	fill(test->target, UNTOUCHED, PAGE);
	if (!ret)
		ret = owned->kind->write_to(owned, TARGET_AT);
	written = !filled(test->target, UNTOUCHED, PAGE);
	verdict(test, !ret && written, "mapped", "write to 0x%lx while it is mapped: %s",
		TARGET_AT, written ? "memory has it" : strerror(-ret));
	gone = owned->way->unmap(owned, TARGET_AT, PAGE);
	verdict(test, gone == (long)PAGE, "unmap", "%ld bytes unmapped of %lu", gone, PAGE);
	stopped(test, "stale", TARGET_AT);
}

static void try_readonly(struct test *test)
{
	struct owned *owned = &test->owned;
	int ret = owned->way->map(owned, test->target, TARGET_AT, PAGE, MAP_READ);

	if (ret) {
		verdict(test, false, "readonly-memory", "cannot map: %s", strerror(-ret));
		return;
	}
	stopped(test, "readonly", TARGET_AT);
	owned->way->unmap(owned, TARGET_AT, PAGE);
}

/* The device's own interrupt must reach its eventfd, through the doorbell's mapping. */
static void try_interrupt(struct test *test)
{
	struct owned *owned = &test->owned;
	unsigned int i, seen = 0;

	while (interrupted(owned, 0))
		;
	for (i = 0; i < 3; i++) {
		owned->kind->raise(owned);
		seen += interrupted(owned, 2000);
		owned->kind->quiet(owned);
	}
	verdict(test, seen == 3, "interrupt", "%u of 3 MSIs came to the eventfd", seen);
}

/* What the window for MSI doorbells takes cannot be mapped for something else. */
static void try_window(struct test *test)
{
	struct owned *owned = &test->owned;
	uint64_t at = on_virtio() ? VIRTIO_MSI_WINDOW_AT : MSI_WINDOW_AT;
	int ret = owned->way->map(owned, test->target, at, PAGE, MAP_READ | MAP_WRITE);

	verdict(test, ret == -EINVAL || ret == -EADDRINUSE, "window",
		"mapping at 0x%lx, the window of MSI doorbells: %s",
		(unsigned long)at, ret ? strerror(-ret) : "not refused");
}

static void try_twice(struct test *test)
{
	struct owned *owned = &test->owned;
	int ret = owned->way->map(owned, test->target, ARENA_AT, PAGE, MAP_READ | MAP_WRITE);

	verdict(test, ret == -EEXIST, "twice", "mapping over what is mapped: %s",
		ret ? strerror(-ret) : "not refused");
}

/* Where the device may write on its way to an address that the tests send it to. */
static int map_before(struct owned *owned)
{
	void *memory = pages(PAGE);
	int ret;

	if (!memory)
		return -ENOMEM;
	ret = owned->way->map(owned, memory, TARGET_AT - PAGE, PAGE, MAP_WRITE);
	return ret ?: owned->way->map(owned, memory, NOTHING_AT - PAGE, PAGE, MAP_WRITE);
}

int command_move(const struct way *way, const struct kind *kind, const char *address,
		 const char *prefix)
{
	struct test test = { .prefix = prefix, .log = log_open(), .target = pages(PAGE) };
	int ret;

	if (!test.target || test.log < 0)
		return 1;
	ret = own(&test.owned, way, kind, address);
	if (!ret)
		ret = map_before(&test.owned);
	verdict(&test, !ret, "taken", "%s by %s: %s", address, way->name,
		ret ? strerror(-ret) : "ours");
	if (ret)
		return 1;
	verdict(&test, kind->round_trip(&test.owned), "data", "to the device and back, compared");
	try_interrupt(&test);
	try_twice(&test);
	try_window(&test);
	try_stale(&test);
	try_readonly(&test);
	stopped(&test, "unmapped", NOTHING_AT);
	verdict(&test, kind->round_trip(&test.owned), "after", "data again after its faults");
	disown(&test.owned);
	return 0;
}

/*
 * Take the device, and keep it until killed if asked to: "taken" or the error's
 * name on standard output, exit status 0 or 1.
 */
int command_take(const struct way *way, const struct kind *kind, const char *address, bool hold)
{
	struct owned owned;
	int ret = own(&owned, way, kind, address);

	puts(ret ? strerrorname_np(-ret) ?: "?" : "taken");
	fflush(stdout);
	if (ret)
		return 1;
	while (hold)
		pause();
	disown(&owned);
	return 0;
}
