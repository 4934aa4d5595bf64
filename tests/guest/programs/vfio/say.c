// SPDX-License-Identifier: GPL-2.0
/*
 * Checks go to the kernel's log, one record each, so that no message of the
 * kernel tears them: "lab: PASS name: detail".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "owner.h"

static void record(const char *text)
{
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (log < 0 || write(log, text, strlen(text)) < 0)
		perror(text);
	if (log >= 0)
		close(log);
}

void say(const char *format, ...)
{
	char detail[400], text[500];
	va_list words;

	va_start(words, format);
	vsnprintf(detail, sizeof(detail), format, words);
	va_end(words);
	snprintf(text, sizeof(text), "<5>lab: %s\n", detail);
	record(text);
}

bool check(bool ok, const char *name, const char *format, ...)
{
	char detail[400];
	va_list words;

	va_start(words, format);
	vsnprintf(detail, sizeof(detail), format, words);
	va_end(words);
	say("%s %s: %s", ok ? "PASS" : "FAIL", name, detail);
	return ok;
}

/* The log from here on: records that came before are not seen. */
int log_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0)
		lseek(log, 0, SEEK_END);
	return log;
}

bool on_virtio(void)
{
	const char *iommu = getenv("labiommu");

	return iommu && !strcmp(iommu, "virtio");
}

/*
 * Does one record report the device's write? The base (labbase) prints raw
 * event records, 64 bits a line, so that the address is all there is to see.
 * QEMU's virtio-iommu does not say what an access to nothing was.
 */
static bool reports(char *text, const char *address, uint64_t at)
{
	char want[40];
	char *end = strchr(text, '\n');

	if (end)
		*end = '\0';
	if (strstr(text, "lab: "))
		return false;
	if (getenv("labbase")) {
		snprintf(want, sizeof(want), on_virtio() ? "at 0x%lx " : "0x%016lx",
			 (unsigned long)at);
		return strstr(text, want);
	}
	snprintf(want, sizeof(want), " to 0x%016lx ", (unsigned long)at);
	if (!strstr(text, address) || !strstr(text, want))
		return false;
	return strstr(text, "write to") || (on_virtio() && strstr(text, "access to"));
}

/* Wait up to three seconds for the report of a fault; its text goes to line. */
bool log_has_fault(int log, const char *address, uint64_t at, char *line, size_t bytes)
{
	uint64_t end = now_ms() + 3000;
	char text[2048];
	ssize_t got;

	snprintf(line, bytes, "no line in the log names %s and 0x%lx", address, (unsigned long)at);
	while (now_ms() < end) {
		got = read(log, text, sizeof(text) - 1);
		if (got <= 0) {
			pause_ms(20);
			continue;
		}
		text[got] = '\0';
		if (!reports(text, address, at))
			continue;
		snprintf(line, bytes, "%s", strchr(text, ';') ? strchr(text, ';') + 1 : text);
		return true;
	}
	return false;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000UL + now.tv_nsec / 1000000;
}

void pause_ms(unsigned int ms)
{
	struct timespec delay = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&delay, NULL);
}

/* Anonymous memory, or NULL. */
void *pages(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void fill(void *memory, uint8_t byte, size_t bytes)
{
	memset(memory, byte, bytes);
	__sync_synchronize();
}

bool filled(const void *memory, uint8_t byte, size_t bytes)
{
	const volatile uint8_t *at = memory;
	size_t i;

	for (i = 0; i < bytes; i++)
		if (at[i] != byte)
			return false;
	return true;
}
