// SPDX-License-Identifier: GPL-2.0
/*
 * Intel's 82574 network card with one ring each way. What it sends is an ARP
 * request for the gateway of QEMU's user network; the answer repeats the
 * sender's addresses, so that bytes which the device read come back as bytes
 * that it writes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "owner.h"

#define CTRL		0x0000
#define CTRL_LINK_UP	(1u << 6)
#define CTRL_RESET	(1u << 26)
#define STATUS		0x0008
#define STATUS_LINK_UP	(1u << 1)
#define ICR		0x00c0
#define ICS		0x00c8
#define IMS		0x00d0
#define IMC		0x00d8
#define CAUSE_LINK	(1u << 2)
#define CAUSE_RECEIVED	(1u << 7)
#define RCTL		0x0100
/* To any address; without the CRC. */
#define RCTL_ON		(1u << 1 | 1u << 3 | 1u << 4 | 1u << 15 | 1u << 26)
#define TCTL		0x0400
#define TCTL_ON		(1u << 1 | 1u << 3)
#define RX		0x2800
#define TX		0x3800
#define RING_LOW	0x00
#define RING_HIGH	0x04
#define RING_BYTES	0x08
#define RING_HEAD	0x10
#define RING_TAIL	0x18
#define RX_DELAY	0x2820
#define RX_DELAY_MOST	0x282c
#define RX_FILTER	0x5008	/* has the format of descriptors as well */
#define RX_QUEUES	0x5818
#define ADDRESS_LOW	0x5400
#define ADDRESS_HIGH	0x5404

/* Descriptors of the first format; one page each way. */
struct received {
	uint64_t at;
	uint16_t bytes;
	uint16_t checksum;
	uint8_t status;
	uint8_t errors;
	uint16_t special;
};

struct sent {
	uint64_t at;
	uint16_t bytes;
	uint8_t checksum_offset;
	uint8_t command;
	uint8_t status;
	uint8_t checksum_start;
	uint16_t special;
};

#define SEND_WHOLE	(1 | 2 | 8)	/* end of packet, add the CRC, report */
#define DONE		1

#define SLOTS		32
#define FRAME_BYTES	60	/* the least that Ethernet has, without the CRC */
#define WILD_BYTES	4	/* of the least frame: few transactions, so few faults */
#define LIMIT_MS	2000
#define TRIES		8	/* the network may have other frames for the card first */

/* The arena by page. */
#define RX_RING		0
#define TX_RING		1
#define TX_FRAME	2
#define RX_FRAME	3
#define PAGE_AT(n)	(ARENA_AT + (n) * PAGE)

static void *page_of(struct owned *owned, unsigned int number)
{
	return owned->arena + number * PAGE;
}

static void ring(struct owned *owned, unsigned int base, uint64_t at)
{
	put32(owned, base + RING_LOW, (uint32_t)at);
	put32(owned, base + RING_HIGH, at >> 32);
	put32(owned, base + RING_BYTES, SLOTS * sizeof(struct received));
	put32(owned, base + RING_HEAD, 0);
	put32(owned, base + RING_TAIL, 0);
}

/*
 * QEMU's card is not reset by power states, which is how VFIO would do it, and
 * its own reset leaves most registers as they are.
 */
static void stop(struct owned *owned)
{
	put32(owned, IMC, ~0u);
	put32(owned, RCTL, 0);
	put32(owned, TCTL, 0);
	put32(owned, CTRL, get32(owned, CTRL) | CTRL_RESET);
	pause_ms(2);
	put32(owned, IMC, ~0u);
	get32(owned, ICR);
}

/* What the kernel's driver may have left. */
static void plain(struct owned *owned)
{
	static const unsigned int zero[] = {
		RX_DELAY, RX_DELAY_MOST, RX_FILTER, RX_QUEUES,
	};
	unsigned int i;

	for (i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		put32(owned, zero[i], 0);
}

static int start(struct owned *owned)
{
	uint64_t end = now_ms() + 5000;

	plain(owned);
	put32(owned, CTRL, get32(owned, CTRL) | CTRL_LINK_UP);
	while (!(get32(owned, STATUS) & STATUS_LINK_UP)) {
		if (now_ms() > end)
			return -ETIMEDOUT;
		pause_ms(2);
	}
	fill(owned->arena, 0, ARENA_BYTES);
	ring(owned, RX, PAGE_AT(RX_RING));
	ring(owned, TX, PAGE_AT(TX_RING));
	put32(owned, RCTL, RCTL_ON);
	put32(owned, TCTL, TCTL_ON);
	put32(owned, IMS, CAUSE_RECEIVED | CAUSE_LINK);
	owned->turn = 0;
	return 0;
}

static void own_address(struct owned *owned, uint8_t *address)
{
	uint32_t low = get32(owned, ADDRESS_LOW), high = get32(owned, ADDRESS_HIGH);

	memcpy(address, &low, 4);
	memcpy(address + 4, &high, 2);
}

/* Ask for 10.0.2.2 in the name of 10.0.2.@last. */
static void compose(struct owned *owned, struct ether_arp *arp, unsigned int last)
{
	uint8_t *frame = page_of(owned, TX_FRAME);
	struct ether_header *header = (void *)frame;

	memset(frame, 0, FRAME_BYTES);
	memset(header->ether_dhost, 0xff, ETH_ALEN);
	own_address(owned, header->ether_shost);
	header->ether_type = htons(ETHERTYPE_ARP);
	memset(arp, 0, sizeof(*arp));
	arp->arp_hrd = htons(ARPHRD_ETHER);
	arp->arp_pro = htons(ETHERTYPE_IP);
	arp->arp_hln = ETH_ALEN;
	arp->arp_pln = 4;
	arp->arp_op = htons(ARPOP_REQUEST);
	own_address(owned, arp->arp_sha);
	memcpy(arp->arp_spa, (uint8_t []){ 10, 0, 2, last }, 4);
	memcpy(arp->arp_tpa, (uint8_t []){ 10, 0, 2, 2 }, 4);
	memcpy(frame + sizeof(*header), arp, sizeof(*arp));
}

/* Send what was composed, with room for one answer at @at; true if the answer was written. */
static bool exchange(struct owned *owned, uint64_t at)
{
	volatile struct received *in = (struct received *)page_of(owned, RX_RING) + owned->turn;
	volatile struct sent *out = (struct sent *)page_of(owned, TX_RING) + owned->turn;
	uint64_t end = now_ms() + LIMIT_MS;
	bool sent_it = false;

	memset((void *)in, 0, sizeof(*in));
	memset((void *)out, 0, sizeof(*out));
	in->at = at;
	out->at = PAGE_AT(TX_FRAME);
	out->bytes = FRAME_BYTES;
	out->command = SEND_WHOLE;
	owned->turn = (owned->turn + 1) % SLOTS;
	put32(owned, RX + RING_TAIL, owned->turn);
	put32(owned, TX + RING_TAIL, owned->turn);
	while (!(in->status & DONE)) {
		if (now_ms() > end)
			return false;
		sent_it |= out->status & DONE;
		interrupted(owned, 20);
		get32(owned, ICR);
	}
	return sent_it || (out->status & DONE);
}

static bool answers(const uint8_t *frame, const struct ether_arp *asked)
{
	static const uint8_t gateway[ETH_ALEN] = { 0x52, 0x55, 10, 0, 2, 2 };
	const struct ether_header *header = (const void *)frame;
	struct ether_arp arp;

	memcpy(&arp, frame + sizeof(*header), sizeof(arp));
	return header->ether_type == htons(ETHERTYPE_ARP) && arp.arp_op == htons(ARPOP_REPLY) &&
	       !memcmp(header->ether_dhost, asked->arp_sha, ETH_ALEN) &&
	       !memcmp(arp.arp_sha, gateway, ETH_ALEN) &&
	       !memcmp(arp.arp_spa, asked->arp_tpa, 4) &&
	       !memcmp(arp.arp_tha, asked->arp_sha, ETH_ALEN) &&
	       !memcmp(arp.arp_tpa, asked->arp_spa, 4);
}

static bool round_trip(struct owned *owned)
{
	struct ether_arp asked;
	unsigned int i;

	compose(owned, &asked, 20 + random() % 200);
	for (i = 0; i < TRIES; i++) {
		fill(page_of(owned, RX_FRAME), 0xff, PAGE);
		if (!exchange(owned, PAGE_AT(RX_FRAME)))
			return false;
		if (answers(page_of(owned, RX_FRAME), &asked))
			return true;
	}
	return false;
}

/* Only a frame's last bytes go to @at. The descriptor is done even where bytes were stopped. */
static int write_to(struct owned *owned, uint64_t at)
{
	struct ether_arp asked;

	compose(owned, &asked, 15);
	return exchange(owned, at - (FRAME_BYTES - WILD_BYTES)) ? 0 : -ETIMEDOUT;
}

static void raise_one(struct owned *owned)
{
	put32(owned, ICS, CAUSE_LINK);
}

static void quiet(struct owned *owned)
{
	get32(owned, ICR);
}

const struct kind e1000e = {
	.name = "e1000e",
	.start = start,
	.round_trip = round_trip,
	.write_to = write_to,
	.raise = raise_one,
	.quiet = quiet,
	.stop = stop,
};
