/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A user-space driver in small: take a PCI device from the kernel, map memory
 * for it, make it move data, and see what stops it where it must be stopped.
 *
 * struct way   how user space owns a device: VFIO's container, or iommufd.
 * struct kind  what one model of device can do: QEMU's edu, and the e1000e card.
 * struct owned one device in user space, by one way.
 *
 * Functions return 0 or a negative errno value unless they say otherwise.
 */
#ifndef OWNER_H
#define OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE		4096UL
#define MAP_READ	1u	/* the device may read */
#define MAP_WRITE	2u	/* the device may write */

/* I/O addresses; edu issues 28 bits, and the MSI window begins at 128 MiB. */
#define ARENA_AT	0x01000000UL	/* rings and buffers, mapped all the time */
#define ARENA_BYTES	(16 * PAGE)
#define TARGET_AT	0x02000000UL	/* one page, mapped and unmapped */
#define NOTHING_AT	0x03000000UL	/* never mapped */
#define FILLER_AT	0x04000000UL	/* mapped for the sake of it, under random kills */
#define MSI_WINDOW_AT	0x08000000UL
#define VIRTIO_MSI_WINDOW_AT	0x08090000UL	/* the doorbell, which passes */

struct owned;

/**
 * struct way - how user space owns a device
 * @name: as the command line has it
 * @take: open the device; leaves its file in owned->device
 * @map: let the device see memory of this process; @access is MAP_*
 * @unmap: the reverse; the number of bytes that were unmapped, or negative errno
 */
struct way {
	const char *name;
	int (*take)(struct owned *owned);
	int (*map)(struct owned *owned, void *memory, uint64_t at, size_t bytes,
		   unsigned int access);
	long (*unmap)(struct owned *owned, uint64_t at, size_t bytes);
};

/**
 * struct kind - what one model of device can do
 * @name: as the command line has it
 * @start: ready it for DMA after @stop; the arena is mapped
 * @round_trip: send arbitrary data through the device and back; true if it is the same
 * @write_to: make the device write to an I/O address, whatever is there; the page
 *	before it may be written as well and is mapped
 * @raise: make the device raise an interrupt of its own accord
 * @quiet: take the interrupt's cause away
 * @stop: no more DMA and interrupts
 */
struct kind {
	const char *name;
	int (*start)(struct owned *owned);
	bool (*round_trip)(struct owned *owned);
	int (*write_to)(struct owned *owned, uint64_t at);
	void (*raise)(struct owned *owned);
	void (*quiet)(struct owned *owned);
	void (*stop)(struct owned *owned);
};

/**
 * struct owned - one device in user space
 * @address: its PCI address
 * @space: /dev/vfio/vfio or /dev/iommu
 * @group: the group's file; the container's way only
 * @device: the device's file
 * @ioas: the I/O address space's object in @space; iommufd's way only
 * @registers: BAR 0
 * @register_bytes: its size
 * @interrupt: eventfd that MSI vector 0 signals
 * @started: the device may be doing DMA
 * @arena: what is mapped at ARENA_AT
 * @turn: where the card's rings stand
 */
struct owned {
	const struct way *way;
	const struct kind *kind;
	const char *address;
	int space;
	int group;
	int device;
	uint32_t ioas;
	volatile uint8_t *registers;
	size_t register_bytes;
	int interrupt;
	bool started;
	uint8_t *arena;
	unsigned int turn;
};

extern const struct way by_container;
extern const struct way by_iommufd;
extern const struct kind edu;
extern const struct kind e1000e;

/* device.c: what both ways share once the device's file is open */
int own(struct owned *owned, const struct way *way, const struct kind *kind, const char *address);
int own_on(struct owned *owned, const struct way *way, const struct kind *kind,
	   const char *address, int cpu);
void disown(struct owned *owned);
bool interrupted(struct owned *owned, int limit_ms);

uint32_t get32(struct owned *owned, unsigned int offset);
uint64_t get64(struct owned *owned, unsigned int offset);
void put32(struct owned *owned, unsigned int offset, uint32_t value);
void put64(struct owned *owned, unsigned int offset, uint64_t value);

/** on_virtio() - is the machine's IOMMU a virtio-iommu? (labiommu on the kernel's command line) */
bool on_virtio(void);

/* say.c: checks, and what the kernel's log says */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool check(bool ok, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int log_open(void);
bool log_has_fault(int log, const char *address, uint64_t at, char *line, size_t bytes);

uint64_t now_ms(void);
void pause_ms(unsigned int ms);
void *pages(size_t bytes);
void fill(void *memory, uint8_t byte, size_t bytes);
bool filled(const void *memory, uint8_t byte, size_t bytes);

/* The commands; each returns the program's exit status. */
int command_move(const struct way *way, const struct kind *kind, const char *address,
		 const char *prefix);
int command_take(const struct way *way, const struct kind *kind, const char *address, bool hold);
int command_kill(const struct kind *kind, const char *address, unsigned int count,
		 unsigned int seed, int cpu);

#endif
