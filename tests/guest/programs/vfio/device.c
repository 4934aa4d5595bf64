// SPDX-License-Identifier: GPL-2.0
/* A device whose file is open: its registers, its configuration, its interrupt. */
#include <dirent.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "owner.h"

/* Device memory is ordered among itself; this orders it against the arena. */
static void order(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

uint32_t get32(struct owned *owned, unsigned int offset)
{
	uint32_t value = *(volatile uint32_t *)(owned->registers + offset);

	order();
	return value;
}

uint64_t get64(struct owned *owned, unsigned int offset)
{
	uint64_t value = *(volatile uint64_t *)(owned->registers + offset);

	order();
	return value;
}

void put32(struct owned *owned, unsigned int offset, uint32_t value)
{
	order();
	*(volatile uint32_t *)(owned->registers + offset) = value;
}

void put64(struct owned *owned, unsigned int offset, uint64_t value)
{
	order();
	*(volatile uint64_t *)(owned->registers + offset) = value;
}

static int region(struct owned *owned, unsigned int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(owned->device, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

static int map_registers(struct owned *owned)
{
	struct vfio_region_info bar;
	int ret = region(owned, VFIO_PCI_BAR0_REGION_INDEX, &bar);
	void *at;

	if (ret)
		return ret;
	at = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, owned->device, bar.offset);
	if (at == MAP_FAILED)
		return -errno;
	owned->registers = at;
	owned->register_bytes = bar.size;
	return 0;
}

/* Memory space and DMA on, as a driver's first step. */
static int enable(struct owned *owned)
{
	struct vfio_region_info config;
	uint16_t command;
	off_t at;
	int ret = region(owned, VFIO_PCI_CONFIG_REGION_INDEX, &config);

	if (ret)
		return ret;
	at = config.offset + PCI_COMMAND;
	if (pread(owned->device, &command, sizeof(command), at) != sizeof(command))
		return -EIO;
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	return pwrite(owned->device, &command, sizeof(command), at) == sizeof(command) ? 0 : -EIO;
}

static int enable_interrupt(struct owned *owned)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} request = {
		.set = {
			.argsz = sizeof(request),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSI_IRQ_INDEX,
			.count = 1,
		},
	};

	owned->interrupt = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (owned->interrupt < 0)
		return -errno;
	request.fd = owned->interrupt;
	return ioctl(owned->device, VFIO_DEVICE_SET_IRQS, &request) ? -errno : 0;
}

/* Send the interrupts that the device has to one processor; nothing if that cannot be done. */
static void steer(struct owned *owned, int cpu)
{
	char path[300];
	struct dirent *entry;
	FILE *affinity;
	DIR *folder;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/msi_irqs", owned->address);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/irq/%s/smp_affinity_list", entry->d_name);
		affinity = fopen(path, "w");
		if (!affinity)
			continue;
		fprintf(affinity, "%d\n", cpu);
		fclose(affinity);
	}
	if (folder)
		closedir(folder);
}

/* Wait until the interrupt's eventfd was signalled, and take the signal. */
bool interrupted(struct owned *owned, int limit_ms)
{
	struct pollfd wait = { .fd = owned->interrupt, .events = POLLIN };
	uint64_t count;

	if (poll(&wait, 1, limit_ms) != 1)
		return false;
	return read(owned->interrupt, &count, sizeof(count)) == sizeof(count);
}

static int ready(struct owned *owned, int cpu)
{
	int ret = map_registers(owned);

	if (!ret)
		ret = enable(owned);
	if (ret)
		return ret;
	/* What a former owner began must not be heard before its processor is chosen. */
	owned->kind->stop(owned);
	owned->started = true;
	ret = enable_interrupt(owned);
	if (ret)
		return ret;
	if (cpu >= 0)
		steer(owned, cpu);
	owned->arena = pages(ARENA_BYTES);
	if (!owned->arena)
		return -ENOMEM;
	return owned->way->map(owned, owned->arena, ARENA_AT, ARENA_BYTES, MAP_READ | MAP_WRITE);
}

/*
 * Take the device and ready it for DMA; on an error nothing is left open. Its
 * interrupts go to one processor if @cpu is not negative.
 */
int own_on(struct owned *owned, const struct way *way, const struct kind *kind,
	   const char *address, int cpu)
{
	int ret;

	memset(owned, 0, sizeof(*owned));
	owned->way = way;
	owned->kind = kind;
	owned->address = address;
	owned->space = -1;
	owned->group = -1;
	owned->device = -1;
	owned->interrupt = -1;
	ret = way->take(owned);
	if (!ret)
		ret = ready(owned, cpu);
	if (!ret)
		ret = kind->start(owned);
	if (ret)
		disown(owned);
	return ret;
}

int own(struct owned *owned, const struct way *way, const struct kind *kind, const char *address)
{
	return own_on(owned, way, kind, address, -1);
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void disown(struct owned *owned)
{
	if (owned->started)
		owned->kind->stop(owned);
	if (owned->registers)
		munmap((void *)owned->registers, owned->register_bytes);
	shut(&owned->device);
	shut(&owned->group);
	shut(&owned->space);
	shut(&owned->interrupt);
	if (owned->arena)
		munmap(owned->arena, ARENA_BYTES);
	owned->registers = NULL;
	owned->arena = NULL;
}
