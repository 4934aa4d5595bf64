/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams of devices, and streams that several devices have.  See stream.c for
 * the theory.
 */
#ifndef __SMMU3_STREAM_H
#define __SMMU3_STREAM_H

#include <linux/types.h>

struct iommu_group;
struct smmu3_device;
struct smmu3_instance;

/**
 * smmu3_streams_sort() - sort stream ids, each once
 * @ids: ids
 * @count: length of @ids
 *
 * Return: how many are left, at the start of @ids.
 */
unsigned int smmu3_streams_sort(u32 *ids, unsigned int count);

/**
 * smmu3_stream_owner() - device that owns a stream
 * @smmu: instance
 * @sid: stream id
 *
 * Context: streams_lock is held, and keeps the device.
 * Return: the device, or NULL.
 */
struct smmu3_device *smmu3_stream_owner(struct smmu3_instance *smmu, u32 sid);

/**
 * smmu3_owns_stream() - is it a device that writes a stream's entry?
 * @device: device
 * @sid: stream that it has
 *
 * Context: Any.  The answer holds where devices are probed and released, or while
 * @device is in use and so keeps its streams.
 */
bool smmu3_owns_stream(const struct smmu3_device *device, u32 sid);

/**
 * smmu3_streams_insert() - enter the streams of a new device
 * @device: device; its @streams are sorted, @num_ids of them
 *
 * Those that another device has stay that device's, and follow the others in
 * @device->streams afterwards.
 *
 * Context: Process; takes streams_lock.
 * Return: 0; -ERANGE if one is beyond the stream table, -ENOMEM; none is entered
 * then.
 */
int smmu3_streams_insert(struct smmu3_device *device);

/**
 * smmu3_streams_remove() - undo smmu3_streams_insert()
 * @device: device; its STEs abort or pass
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_streams_remove(struct smmu3_device *device);

/**
 * smmu3_streams_hand_over() - leave shared streams to who shares them
 * @device: device that is being released, not blocked yet
 *
 * They go on in the domain of their next owner, which is that of the group.
 * @device->streams and @device->num_streams stay as they are.
 *
 * Context: Process; iommu_probe_device_lock is held; takes the lock of the next
 * owner, and streams_lock.
 */
void smmu3_streams_hand_over(struct smmu3_device *device);

/**
 * smmu3_streams_for_each_owner() - call for the owner of each borrowed stream
 * @device: device that has borrowed them, or not
 * @fn: function; not 0 ends it
 * @data: for @fn
 *
 * No owner is released before @fn returns, and none hands a stream over.
 *
 * Context: Process; no lock of a device is held.
 * Return: what @fn returned last, or 0.
 */
int smmu3_streams_for_each_owner(struct smmu3_device *device,
				 int (*fn)(struct smmu3_device *owner, u32 sid,
					   void *data), void *data);

/**
 * smmu3_streams_group() - group that a device's streams put it into
 * @device: device that is being probed
 *
 * Context: Process; iommu_probe_device_lock is held.
 * Return: the group, referenced; NULL if it shares no stream; ERR_PTR(-EINVAL) if
 * it shares them with devices of different groups.
 */
struct iommu_group *smmu3_streams_group(struct smmu3_device *device);

#endif /* __SMMU3_STREAM_H */
