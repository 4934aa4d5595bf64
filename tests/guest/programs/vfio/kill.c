// SPDX-License-Identifier: GPL-2.0
/*
 * Kill a process that owns a device, wherever it stands: while it opens the
 * device, maps and unmaps, waits for DMA or takes an interrupt. What it leaves
 * behind is the kernel's to clean up; the caller counts what is left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "owner.h"

#define FILLER_BYTES	(4UL << 20)
#define LIFE_MS		250	/* longest life; to take a device costs some 100 ms */
#define TAKE_MS		20000	/* at most, on a host that has other things to do */

/* What the lives tell the one who ends them. */
struct tally {
	volatile unsigned int taken;	/* lives that had the device */
	volatile unsigned int rounds;	/* of mapping, DMA and interrupts */
};

static struct tally *tally;

/* Map pieces of some size and unmap most of them, so that tables are built and emptied. */
static void churn(struct owned *owned, uint8_t *filler, unsigned int round)
{
	size_t bytes = PAGE << random() % 10;
	uint64_t at = FILLER_AT + round % 16 * (FILLER_BYTES / 16);

	owned->way->unmap(owned, at, FILLER_BYTES / 16);
	if (bytes > FILLER_BYTES / 16)
		bytes = FILLER_BYTES / 16;
	owned->way->map(owned, filler + (at - FILLER_AT), at, bytes, MAP_READ | MAP_WRITE);
	if (random() % 4 == 0)
		owned->way->unmap(owned, at, bytes);
}

/*
 * An interrupt that one processor has acknowledged and not yet looked up, while
 * another one frees it, ends in handle_bad_irq(), which never signals its end: that
 * processor gets no more interrupts. Hardware takes nanoseconds for it; a virtual
 * processor whose host lets others run takes milliseconds. So a process and its
 * device's interrupts share a processor.
 */
static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		perror("sched_setaffinity");
}

/* Runs until it is killed. */
static void live(const struct way *way, const struct kind *kind, const char *address, int cpu)
{
	uint8_t *filler = pages(FILLER_BYTES);
	struct owned owned;
	unsigned int round;
	int ret;

	pin(cpu);
	ret = own_on(&owned, way, kind, address, cpu);
	if (ret || !filler) {
		say("kill: cannot take %s by %s: %s", address, way->name, strerror(-ret));
		_exit(1);
	}
	tally->taken++;
	for (round = 0;; round++, tally->rounds++) {
		churn(&owned, filler, round);
		if (round % 4 == 0) {
			kind->raise(&owned);
			interrupted(&owned, 1);
			kind->quiet(&owned);
		}
		if (round % 8 == 0 && !kind->round_trip(&owned)) {
			say("kill: %s by %s: the data that came back is not what was sent",
			    address, way->name);
			_exit(2);
		}
	}
}

/* One life, in its own process. */
static pid_t begin(const struct way *way, const struct kind *kind, const char *address, int cpu)
{
	unsigned int seed = random();
	pid_t child = fork();

	if (child)
		return child;
	srandom(seed);
	live(way, kind, address, cpu);
	_exit(3);
}

/* Wait until the life that began has the device. */
static void wait_taken(unsigned int before)
{
	uint64_t end = now_ms() + TAKE_MS;

	while (tally->taken == before && now_ms() < end)
		pause_ms(2);
}

/*
 * One life and its end; true if it was the kill that ended it. Its time is counted
 * from its beginning, so that it may end while it takes the device, or from when
 * it has the device.
 */
static bool one(const struct way *way, const struct kind *kind, const char *address, int cpu,
		bool once_taken)
{
	unsigned int delay_us = random() % (LIFE_MS * 1000);
	unsigned int before = tally->taken;
	pid_t child = begin(way, kind, address, cpu);
	int status = 0;

	if (child < 0)
		return false;
	if (once_taken)
		wait_taken(before);
	usleep(delay_us);
	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Fails if a life ended otherwise, or if those that should have had the device had not. */
int command_kill(const struct kind *kind, const char *address, unsigned int count,
		 unsigned int seed, int cpu)
{
	unsigned int i, killed = 0;

	tally = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		return 1;
	srandom(seed);
	for (i = 0; i < count; i++)
		killed += one(i % 2 ? &by_iommufd : &by_container, kind, address, cpu, i / 2 % 2);
	printf("%u of %u killed, %u of them with the device, %u rounds, seed %u\n",
	       killed, count, tally->taken, tally->rounds, seed);
	return killed == count && tally->taken >= count / 2 ? 0 : 1;
}
