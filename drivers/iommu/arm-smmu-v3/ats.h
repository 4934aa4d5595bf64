/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCI ATS: devices that cache translations themselves.
 *
 * A device with ATS asks the instance for translations and keeps them in its
 * address translation cache (ATC).  What it sends with a translated address is
 * not translated again; the instance only looks whether the stream may do that
 * (CR0.ATSCHK and STE.EATS).  So what a domain unmaps must leave the ATCs of its
 * devices too, before the memory is used for anything else, and a device that
 * does not confirm this in time loses the right to send translated addresses.
 *
 * Order of an attachment
 *
 *	smmu3_ats_prepare()		decides; PCI ATS goes off if it must
 *	smmu3_attachment_add()		invalidations of the domain reach the device
 *	STE with smmu3_ats_eats()
 *	smmu3_ats_commit()		PCI ATS goes on, or the ATC is emptied
 *	smmu3_attachment_remove()	from the domain that it had before
 */
#ifndef __SMMU3_ATS_H
#define __SMMU3_ATS_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "cmd.h"
#include "domain.h"

struct smmu3_device;
struct smmu3_instance;

/**
 * struct smmu3_ats - ATS of a device
 * @capable: the device, the host bridge and the instance have it; constant
 * @wanted: the STE lets it through, or will; guarded by smmu3_device.lock
 * @enabled: PCI ATS is on; guarded by streams_lock
 * @stale: an invalidation was not sent, as the instance was asleep
 * @dead: the device did not confirm an invalidation; set in any context, by
 *	smmu3_ats_give_up(), or before an instance wakes up, by smmu3_ats_wake().
 *	Cleared by smmu3_ats_prepare() if the device is attached to nothing and
 *	confirms that its ATC is empty
 * @closed: since then the instance has confirmed that it knows
 * @told: it was said in the log, and PCI ATS is off; guarded by streams_lock
 * @hopeless: it did not even answer when it was attached anew, and is asked no
 *	more; guarded by smmu3_device.lock
 * @holders: CPUs that find out whether the device answers; it is not freed
 *	before they have
 *
 * PCI ATS goes on and off under streams_lock, as it goes off for a dead device
 * whatever else happens to it.
 */
struct smmu3_ats {
	bool capable;
	bool wanted;
	bool enabled;
	bool stale;
	bool dead;
	bool closed;
	bool told;
	bool hopeless;
	atomic_t holders;
};

/*
 * Commands for one range and stream.  Most ranges are cut into fewer; a device
 * takes no more than 32 invalidations at once, and often has fewer entries than
 * that for a range.
 */
#define SMMU3_ATC_MAX_PIECES		8

/**
 * struct smmu3_atc_piece - what one CMD_ATC_INV covers
 * @addr: first address, a multiple of the size
 * @pages_lg2: log2 of the number of 4 KiB pages
 */
struct smmu3_atc_piece {
	u64 addr;
	u8 pages_lg2;
};

/**
 * smmu3_atc_split() - cut a range into what commands can cover
 * @first: first byte
 * @last: last byte
 * @pieces: SMMU3_ATC_MAX_PIECES of them
 *
 * The pieces cover the 4 KiB pages of the range, ascending and without overlap.
 * They are the fewest that cover nothing else; where that takes too many, both
 * ends are moved outwards to the next multiple of the smallest power of two
 * that makes it few enough; that adds an eighth at most.
 *
 * Return: number of pieces, at least 1.
 */
unsigned int smmu3_atc_split(u64 first, u64 last,
			     struct smmu3_atc_piece *pieces);

/**
 * smmu3_ats_init() - find out whether a device can have ATS
 * @device: device that is being probed
 *
 * Comes after PASIDs were enabled, as PCI asks for that order, and writes the
 * translation unit of a physical function, which its virtual functions share.
 *
 * Context: Process.
 */
void smmu3_ats_init(struct smmu3_device *device);

/**
 * smmu3_ats_give_up() - a device did not confirm an invalidation
 * @device: device with ATS
 *
 * The device must not use what it has cached any more: its STEs no longer let
 * translated addresses through, until it is attached anew and answers.  Whoever
 * waits for the invalidation has the instance forget the old STEs: see
 * smmu3_atc_invalidate().
 *
 * Context: Any but NMI; the lock of the command queue may be held.
 */
void smmu3_ats_give_up(struct smmu3_device *device);

/**
 * smmu3_ats_lost() - the same for the device that a stream belongs to
 * @smmu: instance
 * @sid: stream that the invalidation was for
 *
 * Context: Any but NMI; the lock of the command queue may be held.
 * Return: false if it belongs to no device with ATS.
 */
bool smmu3_ats_lost(struct smmu3_instance *smmu, u32 sid);

/**
 * smmu3_ats_answers() - may a device be asked to invalidate its ATC?
 * @device: device with ATS
 *
 * A device that was pulled out does not answer, and need not be waited for to
 * know that: it counts as lost.
 *
 * Context: Any but NMI.
 * Return: false if it was lost.
 */
bool smmu3_ats_answers(struct smmu3_device *device);

/**
 * smmu3_ats_sleeps() - is an instance asleep that is to ask a device?
 * @device: device that did not confirm an invalidation
 *
 * If so the device counts as one that keeps what it was to forget.
 *
 * Context: Any but NMI.
 */
bool smmu3_ats_sleeps(struct smmu3_device *device);

/**
 * smmu3_ats_wake() - shut out devices that kept what they were to forget
 * @smmu: instance whose queues are started, but that does not translate yet
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_ats_wake(struct smmu3_instance *smmu);

/**
 * smmu3_ats_close() - have the instance forget the STEs of a lost device
 * @device: device; if it is not lost nothing is done
 *
 * Context: Any but NMI.
 */
void smmu3_ats_close(struct smmu3_device *device);

/**
 * smmu3_ats_wait() - wait until no CPU asks a device whether it answers
 * @device: device that no domain has any more
 *
 * They end by themselves: an invalidation is answered, or times out.
 *
 * Context: Process.
 */
void smmu3_ats_wait(struct smmu3_device *device);

/**
 * smmu3_atc_is_empty() - have a device drop all it has cached, and wait
 * @device: device with ATS
 *
 * Ends by itself: the device confirms, or times out.
 *
 * Context: Process.
 * Return: true if it confirmed.
 */
bool smmu3_atc_is_empty(struct smmu3_device *device);

/**
 * smmu3_ats_tell() - name the devices that were lost, and disable their ATS
 * @smmu: instance
 *
 * Context: Process; takes streams_lock.
 */
void smmu3_ats_tell(struct smmu3_instance *smmu);

/**
 * smmu3_ats_prepare() - decide about ATS, before an STE is written
 * @device: device
 * @wanted: the STE will translate: stage 1, or stage 2; not for plain bypass or
 *	abort
 *
 * PCI ATS goes off here if it goes off, while the STE still lets translated
 * addresses of requests under way through.  A device that was lost, and is
 * attached to nothing, is asked once more: a reset takes its time, and is over
 * then.
 *
 * Context: Process; smmu3_device.lock is held.
 * Return: 0; -EIO if @wanted and the instance takes no commands.
 */
int smmu3_ats_prepare(struct smmu3_device *device, bool wanted);

/**
 * smmu3_ats_eats() - what the STE of a device says of ATS
 * @device: device, prepared
 *
 * Return: SMMU3_STE_EATS_ABORT or SMMU3_STE_EATS_FULL.
 */
u8 smmu3_ats_eats(const struct smmu3_device *device);

/**
 * smmu3_ats_commit() - act on the decision, after the STE was written
 * @device: device, prepared, with its STE published
 *
 * Empties the ATC, of all PASIDs, and enables PCI ATS if it is not.
 *
 * Context: Process; smmu3_device.lock is held.
 */
void smmu3_ats_commit(struct smmu3_device *device);

/**
 * smmu3_ats_forget() - empty the ATC of what a PASID has
 * @device: device
 * @ssid: PASID, or IOMMU_NO_PASID for all that the device has
 *
 * For a PASID that is detached or goes to another domain while the STE stays.
 * Comes after its CD was published.
 *
 * Context: Process; smmu3_device.lock is held.
 */
void smmu3_ats_forget(struct smmu3_device *device, ioasid_t ssid);

/**
 * smmu3_atc_invalidate() - invalidate the ATCs of the devices of a domain
 * @sd: domain; its TLB entries are gone already, or a device would fetch the old
 *	translation again
 * @iova: first byte
 * @size: in bytes, 0 for all
 *
 * One submission for all devices.  A device that does not confirm in time is
 * shut out before this returns: see smmu3_ats_give_up().  So nothing can fail.
 *
 * Context: Any but NMI.
 */
void smmu3_atc_invalidate(struct smmu3_domain *sd, unsigned long iova,
			  size_t size);

/**
 * smmu3_atc_flush() - the same, where there are such devices at all
 * @sd: domain whose TLB invalidation has completed
 * @iova: first byte
 * @size: in bytes, 0 for all
 *
 * Costs a load and a branch on the way of an unmap.  A device that is being
 * attached must not be missed: if this finds no ATS, it must see the tables as
 * they are after the unmap.  No barrier is needed for that.  An invalidation
 * completes after the instance has taken its commands, and so after it, like
 * all CPUs, can see the cleared entries; the load of num_ats comes after what
 * told this CPU of the completion (dma_rmb() or an acquire in the command
 * queue).  An attachment that this load missed was counted later, then, and
 * its STE published later still: what the device asks for after that is
 * looked up in the tables without the entries, and in TLBs without them.
 *
 * Context: Any but NMI.
 */
static inline void smmu3_atc_flush(struct smmu3_domain *sd, unsigned long iova,
				   size_t size)
{
	if (unlikely(atomic_read(&sd->num_ats)))
		smmu3_atc_invalidate(sd, iova, size);
}

#endif /* __SMMU3_ATS_H */
