// SPDX-License-Identifier: GPL-2.0
/* Ownership by device: VFIO's character device, bound to an iommufd. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "owner.h"

/* /dev/vfio/devices/vfioN of the device. */
static int open_device(const char *address)
{
	char path[400] = "";
	struct dirent *entry;
	DIR *folder;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", address);
	folder = opendir(path);
	if (!folder)
		return -errno;
	path[0] = '\0';
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(folder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int take(struct owned *owned)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	owned->space = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (owned->space < 0)
		return -errno;
	owned->device = open_device(owned->address);
	if (owned->device < 0)
		return owned->device;
	bind.iommufd = owned->space;
	if (ioctl(owned->device, VFIO_DEVICE_BIND_IOMMUFD, &bind) ||
	    ioctl(owned->space, IOMMU_IOAS_ALLOC, &alloc))
		return -errno;
	owned->ioas = alloc.out_ioas_id;
	attach.pt_id = owned->ioas;
	return ioctl(owned->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) ? -errno : 0;
}

static int map(struct owned *owned, void *memory, uint64_t at, size_t bytes, unsigned int access)
{
	struct iommu_ioas_map request = {
		.size = sizeof(request),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			 (access & MAP_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
			 (access & MAP_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = owned->ioas,
		.user_va = (uintptr_t)memory,
		.length = bytes,
		.iova = at,
	};

	return ioctl(owned->space, IOMMU_IOAS_MAP, &request) ? -errno : 0;
}

static long unmap(struct owned *owned, uint64_t at, size_t bytes)
{
	struct iommu_ioas_unmap request = {
		.size = sizeof(request),
		.ioas_id = owned->ioas,
		.iova = at,
		.length = bytes,
	};

	return ioctl(owned->space, IOMMU_IOAS_UNMAP, &request) ? -errno : (long)request.length;
}

const struct way by_iommufd = {
	.name = "iommufd",
	.take = take,
	.map = map,
	.unmap = unmap,
};
