// SPDX-License-Identifier: GPL-2.0
/* Ownership by group: VFIO's container with the type1 IOMMU. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "owner.h"

/* /dev/vfio/N of the device's group. */
static int open_group(const char *address)
{
	char link[80], target[200], path[240];
	ssize_t got;
	int fd;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", address);
	got = readlink(link, target, sizeof(target) - 1);
	if (got < 0)
		return -errno;
	target[got] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(target));
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int take(struct owned *owned)
{
	owned->space = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (owned->space < 0)
		return -errno;
	if (ioctl(owned->space, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
	    ioctl(owned->space, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1)
		return -EOPNOTSUPP;
	owned->group = open_group(owned->address);
	if (owned->group < 0)
		return owned->group;
	if (ioctl(owned->group, VFIO_GROUP_SET_CONTAINER, &owned->space) ||
	    ioctl(owned->space, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	owned->device = ioctl(owned->group, VFIO_GROUP_GET_DEVICE_FD, owned->address);
	return owned->device < 0 ? -errno : 0;
}

static int map(struct owned *owned, void *memory, uint64_t at, size_t bytes, unsigned int access)
{
	struct vfio_iommu_type1_dma_map request = {
		.argsz = sizeof(request),
		.flags = (access & MAP_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (access & MAP_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)memory,
		.iova = at,
		.size = bytes,
	};

	return ioctl(owned->space, VFIO_IOMMU_MAP_DMA, &request) ? -errno : 0;
}

static long unmap(struct owned *owned, uint64_t at, size_t bytes)
{
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request),
		.iova = at,
		.size = bytes,
	};

	return ioctl(owned->space, VFIO_IOMMU_UNMAP_DMA, &request) ? -errno : (long)request.size;
}

const struct way by_container = {
	.name = "container",
	.take = take,
	.map = map,
	.unmap = unmap,
};
