// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's edu: copies up to 4095 bytes between its buffer and any I/O address.
 * A copy begins a tenth of a second after it was asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "owner.h"

#define IDENTITY	0x00
#define RAISED		0x24
#define RAISE		0x60
#define ACKNOWLEDGE	0x64
#define DMA_SOURCE	0x80
#define DMA_TARGET	0x88
#define DMA_COUNT	0x90
#define DMA_COMMAND	0x98
#define START		1
#define TO_MEMORY	2
#define WITH_INTERRUPT	4

#define BUFFER		0x40000	/* where the device sees its own memory */
#define BYTES		4095
#define WILD_BYTES	4	/* one transaction, so one fault */
#define LIMIT_MS	5000
#define BY_SOFTWARE	0x42	/* an arbitrary cause that the device raises on demand */

static int wait_idle(struct owned *owned)
{
	uint64_t end = now_ms() + LIMIT_MS;

	while (get64(owned, DMA_COMMAND) & START) {
		if (now_ms() > end)
			return -ETIMEDOUT;
		interrupted(owned, 150);
	}
	return 0;
}

static int copy(struct owned *owned, uint64_t at, bool to_memory, unsigned int bytes)
{
	int ret;

	put64(owned, DMA_SOURCE, to_memory ? BUFFER : at);
	put64(owned, DMA_TARGET, to_memory ? at : BUFFER);
	put64(owned, DMA_COUNT, bytes);
	put64(owned, DMA_COMMAND, START | WITH_INTERRUPT | (to_memory ? TO_MEMORY : 0));
	ret = wait_idle(owned);
	put32(owned, ACKNOWLEDGE, get32(owned, RAISED));
	return ret;
}

static int start(struct owned *owned)
{
	return (get32(owned, IDENTITY) & 0xff) == 0xed ? 0 : -ENODEV;
}

static bool round_trip(struct owned *owned)
{
	uint8_t *there = owned->arena, *back = owned->arena + PAGE;
	unsigned int i;

	for (i = 0; i < PAGE; i++)
		there[i] = random();
	fill(back, ~there[BYTES], PAGE);
	if (copy(owned, ARENA_AT, false, BYTES) || copy(owned, ARENA_AT + PAGE, true, BYTES))
		return false;
	return !memcmp(there, back, BYTES) && back[BYTES] != there[BYTES];
}

/* The buffer's first bytes are 0xa5, which no fill of memory is. */
static int write_to(struct owned *owned, uint64_t at)
{
	int ret;

	fill(owned->arena, 0xa5, WILD_BYTES);
	ret = copy(owned, ARENA_AT, false, WILD_BYTES);
	return ret ?: copy(owned, at, true, WILD_BYTES);
}

static void raise_one(struct owned *owned)
{
	put32(owned, RAISE, BY_SOFTWARE);
}

static void quiet(struct owned *owned)
{
	put32(owned, ACKNOWLEDGE, get32(owned, RAISED));
}

/* It cannot be reset, and a command that a former owner gave is still carried out. */
static void stop(struct owned *owned)
{
	wait_idle(owned);
	quiet(owned);
}

const struct kind edu = {
	.name = "edu",
	.start = start,
	.round_trip = round_trip,
	.write_to = write_to,
	.raise = raise_one,
	.quiet = quiet,
	.stop = stop,
};
