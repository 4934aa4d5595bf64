// SPDX-License-Identifier: GPL-2.0
/*
 * Streams of devices.
 *
 * Devices that have a stream in common, as those behind a bridge to conventional
 * PCI do, or platform devices of which firmware says so, cannot be told apart.
 * They are in one group, and so in one domain at any time, whichever of them came
 * first.  A stream has one entry, and one of the devices, its *owner*, writes
 * it; the others have *borrowed* it.  When the owner is released it hands the
 * stream over, so that it goes on for them.  It is still in its domain then, and
 * CPUs that invalidate what it has cached of that go through its streams without
 * a lock.  So its list of streams stays as it is, and only instance->streams says
 * whose a stream is.
 *
 * A device with borrowed streams has neither PASIDs nor ATS: the tables that they
 * need are found by way of the stream's entry, which is another's.
 */
#include <linux/device.h>
#include <linux/sort.h>

#include <kunit/visibility.h>

#include "smmu.h"

/*
 * Keeps the owners of borrowed streams.  Core releases a device under the mutex of
 * its group, but attaches one without it where it had deferred that.
 */
static DEFINE_MUTEX(hand_over_lock);

static int compare_streams(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

unsigned int smmu3_streams_sort(u32 *ids, unsigned int count)
{
	unsigned int i, kept = 0;

	sort(ids, count, sizeof(*ids), compare_streams, NULL);
	for (i = 0; i < count; i++)
		if (!kept || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	return kept;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_streams_sort);

struct smmu3_device *smmu3_stream_owner(struct smmu3_instance *smmu, u32 sid)
{
	lockdep_assert_held(&smmu->streams_lock);
	return xa_load(&smmu->streams, sid);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_stream_owner);

bool smmu3_owns_stream(const struct smmu3_device *device, u32 sid)
{
	return xa_load(&device->smmu->streams, sid) == device;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_owns_stream);

static void remove_owned(struct smmu3_device *device)
{
	unsigned int i;

	lockdep_assert_held(&device->smmu->streams_lock);
	for (i = 0; i < device->num_streams; i++)
		if (smmu3_owns_stream(device, device->streams[i]))
			xa_erase(&device->smmu->streams, device->streams[i]);
}

/* Own streams come first in the array; the order within either half is no matter */
static void move_to_owned(struct smmu3_device *device, unsigned int i)
{
	swap(device->streams[device->num_streams], device->streams[i]);
	device->num_streams++;
}

static int insert_one(struct smmu3_device *device, unsigned int i)
{
	struct smmu3_instance *smmu = device->smmu;
	u32 sid = device->streams[i];
	struct smmu3_device *owner = smmu3_stream_owner(smmu, sid);
	int ret;

	if (owner) {
		dev_info(device->dev, "has stream %#x in common with %s\n", sid,
			 dev_name(owner->dev));
		return 0;
	}
	ret = smmu3_strtab_prepare(smmu, sid);
	if (ret == -ERANGE)
		dev_err(device->dev,
			"stream %#x is beyond the %u bits that the SMMU takes\n",
			sid, smmu->strtab.bits);
	if (!ret)
		ret = xa_insert(&smmu->streams, sid, device, GFP_KERNEL);
	if (!ret)
		move_to_owned(device, i);
	return ret;
}

int smmu3_streams_insert(struct smmu3_device *device)
{
	struct smmu3_instance *smmu = device->smmu;
	unsigned int i;
	int ret = 0;

	device->num_streams = 0;
	mutex_lock(&smmu->streams_lock);
	for (i = 0; i < device->num_ids && !ret; i++)
		ret = insert_one(device, i);
	if (ret)
		remove_owned(device);
	else if (device->num_streams < device->num_ids)
		list_add_tail(&device->borrower, &smmu->borrowers);
	mutex_unlock(&smmu->streams_lock);
	return ret;
}

void smmu3_streams_remove(struct smmu3_device *device)
{
	mutex_lock(&device->smmu->streams_lock);
	remove_owned(device);
	list_del_init(&device->borrower);
	mutex_unlock(&device->smmu->streams_lock);
}

/* Place of a stream among those that a device has borrowed, or num_ids */
static unsigned int find_borrowed(const struct smmu3_device *device, u32 sid)
{
	unsigned int i;

	for (i = device->num_streams; i < device->num_ids; i++)
		if (device->streams[i] == sid)
			break;
	return i;
}

/* Only probe and release change who is there, and these exclude each other */
static struct smmu3_device *find_heir(struct smmu3_device *device, u32 sid)
{
	struct smmu3_device *other, *heir = NULL;

	mutex_lock(&device->smmu->streams_lock);
	list_for_each_entry(other, &device->smmu->borrowers, borrower) {
		if (other != device && find_borrowed(other, sid) < other->num_ids) {
			heir = other;
			break;
		}
	}
	mutex_unlock(&device->smmu->streams_lock);
	return heir;
}

static void inherit(struct smmu3_device *heir, u32 sid)
{
	struct smmu3_instance *smmu = heir->smmu;

	mutex_lock(&heir->lock);
	mutex_lock(&smmu->streams_lock);
	/* It replaces the owner, so this takes no memory */
	xa_store(&smmu->streams, sid, heir, GFP_KERNEL);
	move_to_owned(heir, find_borrowed(heir, sid));
	if (heir->num_streams == heir->num_ids)
		list_del_init(&heir->borrower);
	mutex_unlock(&smmu->streams_lock);
	if (smmu3_stream_refresh(heir, sid))
		dev_err(heir->dev, "stream %#x: the SMMU does not confirm its new entry\n",
			sid);
	mutex_unlock(&heir->lock);
}

void smmu3_streams_hand_over(struct smmu3_device *device)
{
	struct smmu3_device *heir;
	unsigned int i;

	mutex_lock(&hand_over_lock);
	for (i = 0; i < device->num_streams; i++) {
		if (!smmu3_owns_stream(device, device->streams[i]))
			continue;
		heir = find_heir(device, device->streams[i]);
		if (heir)
			inherit(heir, device->streams[i]);
	}
	mutex_unlock(&hand_over_lock);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_streams_hand_over);

int smmu3_streams_for_each_owner(struct smmu3_device *device,
				 int (*fn)(struct smmu3_device *owner, u32 sid,
					   void *data), void *data)
{
	struct smmu3_device *owner;
	unsigned int i;
	int ret = 0;

	mutex_lock(&hand_over_lock);
	for (i = device->num_streams; i < device->num_ids && !ret; i++) {
		owner = xa_load(&device->smmu->streams, device->streams[i]);
		if (owner)
			ret = fn(owner, device->streams[i], data);
	}
	mutex_unlock(&hand_over_lock);
	return ret;
}

static struct iommu_group *group_of_owner(struct smmu3_device *device, u32 sid)
{
	struct smmu3_instance *smmu = device->smmu;
	struct iommu_group *group;

	mutex_lock(&smmu->streams_lock);
	group = iommu_group_get(smmu3_stream_owner(smmu, sid)->dev);
	mutex_unlock(&smmu->streams_lock);
	return group;
}

struct iommu_group *smmu3_streams_group(struct smmu3_device *device)
{
	struct iommu_group *group = NULL, *other;
	unsigned int i;

	for (i = device->num_streams; i < device->num_ids; i++) {
		other = group_of_owner(device, device->streams[i]);
		if (!group) {
			group = other;
			continue;
		}
		iommu_group_put(other);
		if (other == group)
			continue;
		dev_err(device->dev, "shares streams with devices of different groups\n");
		iommu_group_put(group);
		return ERR_PTR(-EINVAL);
	}
	return group;
}
