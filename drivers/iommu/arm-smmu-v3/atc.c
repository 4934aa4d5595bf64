// SPDX-License-Identifier: GPL-2.0
/*
 * Invalidation of what devices cache (their ATCs).
 *
 * Section 4.5.1 of Arm IHI 0070: a command names a stream, a PASID or none, and
 * a naturally aligned power of two of 4 KiB pages.  Without a PASID it takes
 * the range from all PASIDs of the stream; PCI has no way to say "only what
 * was asked for without one".
 */
#include <linux/bitops.h>
#include <linux/minmax.h>

#include <kunit/visibility.h>

#include "smmu.h"

#define SMMU3_ATC_PAGE_LG2	12
#define SMMU3_ATC_BATCH		32
/* Looks for a culprit that other CPUs' invalidations may spoil */
#define SMMU3_ATC_PROBES	3
/* Devices that are looked at before the list of them is walked on */
#define SMMU3_ATC_HELD		8

/* The largest piece that begins at @page and ends at @last or before */
static unsigned int piece_lg2(u64 page, u64 last)
{
	unsigned int fits = __fls(last - page + 1);

	return page ? min_t(unsigned int, __ffs64(page), fits) : fits;
}

/* Pieces that cover [@page, @last] exactly, up to @max; more if it takes more */
static unsigned int cut(u64 page, u64 last, struct smmu3_atc_piece *pieces,
			unsigned int max)
{
	unsigned int n, lg2;

	for (n = 0; n < max; n++) {
		lg2 = piece_lg2(page, last);
		pieces[n].addr = page << SMMU3_ATC_PAGE_LG2;
		pieces[n].pages_lg2 = lg2;
		page += BIT_ULL(lg2);
		if (page > last)
			return n + 1;
	}
	return max + 1;
}

unsigned int smmu3_atc_split(u64 first, u64 last,
			     struct smmu3_atc_piece *pieces)
{
	u64 page = first >> SMMU3_ATC_PAGE_LG2;
	u64 end = last >> SMMU3_ATC_PAGE_LG2;
	unsigned int n, lg2;

	/* Ends at 52 bits at the latest, where one piece is everything */
	for (lg2 = 0; ; lg2++) {
		page &= GENMASK_ULL(63, lg2);
		end |= BIT_ULL(lg2) - 1;
		n = cut(page, end, pieces, SMMU3_ATC_MAX_PIECES);
		if (n <= SMMU3_ATC_MAX_PIECES)
			return n;
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_atc_split);

static const struct smmu3_atc_piece everything = {
	.pages_lg2 = SMMU3_ATC_SIZE_ALL,
};

/* Commands that are on their way to be issued, and what was lost before */
struct atc_batch {
	struct smmu3_cmdq *q;
	struct smmu3_cmd cmds[SMMU3_ATC_BATCH];
	unsigned int n;
	u64 mark;
	u32 sleeps;
};

static void batch_begin(struct atc_batch *batch, struct smmu3_instance *smmu)
{
	batch->q = &smmu->cmdq;
	batch->n = 0;
	batch->mark = READ_ONCE(smmu->cmdq.lost_atc);
	/* Odd while the queue is asleep, and different after it was */
	batch->sleeps = READ_ONCE(smmu->cmdq.sleeps) & ~1U;
}

static void batch_add(struct atc_batch *batch, u32 sid, ioasid_t ssid,
		      const struct smmu3_atc_piece *piece)
{
	/* Who issues the rest waits for these too */
	if (batch->n == SMMU3_ATC_BATCH) {
		smmu3_cmdq_post(batch->q, batch->cmds, batch->n);
		batch->n = 0;
	}
	batch->cmds[batch->n++] = smmu3_cmd_atc_inv(sid, ssid,
						    ssid != IOMMU_NO_PASID,
						    piece->addr,
						    piece->pages_lg2);
}

/* True if all was confirmed, by all */
static bool batch_end(struct atc_batch *batch)
{
	if (!batch->n)
		return true;
	return !smmu3_cmdq_issue(batch->q, batch->cmds, batch->n) &&
	       READ_ONCE(batch->q->lost_atc) == batch->mark &&
	       READ_ONCE(batch->q->sleeps) == batch->sleeps;
}

static void add_device(struct atc_batch *batch,
		       const struct smmu3_device *device, ioasid_t ssid,
		       const struct smmu3_atc_piece *pieces, unsigned int n)
{
	unsigned int i, k;

	for (i = 0; i < device->num_streams; i++)
		for (k = 0; k < n; k++)
			batch_add(batch, device->streams[i], ssid, &pieces[k]);
}

/*
 * An invalidation with a CMD_SYNC on either side: if it times out, nobody else
 * can have been the cause.
 */
static bool stream_answers(struct smmu3_instance *smmu, u32 sid)
{
	const struct smmu3_cmd cmds[] = {
		smmu3_cmd_sync(SMMU3_SYNC_CS_NONE),
		smmu3_cmd_atc_inv(sid, 0, false, 0, SMMU3_ATC_SIZE_ALL),
		smmu3_cmd_sync(SMMU3_SYNC_CS_NONE),
	};

	return !smmu3_cmdq_issue(&smmu->cmdq, cmds, ARRAY_SIZE(cmds));
}

bool smmu3_atc_is_empty(struct smmu3_device *device)
{
	u32 sleeps = READ_ONCE(device->smmu->cmdq.sleeps);
	unsigned int i;

	for (i = 0; i < device->num_streams; i++)
		if (!stream_answers(device->smmu, device->streams[i]))
			return false;
	/* A queue that slept has confirmed what it did not send */
	return !(sleeps & 1) &&
	       READ_ONCE(device->smmu->cmdq.sleeps) == sleeps;
}

/*
 * The queue calls smmu3_ats_lost() when the culprit is known.  An error without
 * that was another's, unless it comes again and again: then let the device go,
 * which is the safe side.
 */
static void probe_stream(struct smmu3_device *device, u32 sid)
{
	int i;

	for (i = 0; i < SMMU3_ATC_PROBES; i++)
		if (stream_answers(device->smmu, sid) ||
		    READ_ONCE(device->ats.dead) ||
		    !smmu3_cmdq_alive(&device->smmu->cmdq))
			return;
	smmu3_ats_give_up(device);
}

static void probe_device(struct smmu3_device *device)
{
	unsigned int i;

	for (i = 0; i < device->num_streams && !READ_ONCE(device->ats.dead); i++)
		probe_stream(device, device->streams[i]);
}

/* Afterwards it has confirmed that its ATC is empty, or can use it no more */
static noinline void settle(struct smmu3_device *device, bool confirmed)
{
	if (!confirmed && !smmu3_ats_sleeps(device))
		probe_device(device);
	smmu3_ats_close(device);
}

/* Where a walk along the attachments of a domain has come to */
struct atc_walk {
	unsigned int next;
	unsigned int removals;
};

/*
 * Hold the next devices that may have to be settled, so that they are not freed.
 * The walk goes by position, as the lock is not held between its steps; where an
 * attachment was removed meanwhile it begins again, which does no harm.
 */
static unsigned int hold_some(struct smmu3_domain *sd, struct atc_walk *walk,
			      struct smmu3_device **devices)
{
	unsigned int n = 0, at = 0;
	struct smmu3_attachment *att;
	unsigned long flags;

	raw_spin_lock_irqsave(&sd->attachments_lock, flags);
	if (walk->removals != sd->removals)
		*walk = (struct atc_walk) { .removals = sd->removals };
	list_for_each_entry(att, &sd->attachments, list) {
		if (at++ < walk->next)
			continue;
		if (n == SMMU3_ATC_HELD)
			break;
		walk->next = at;
		if (!att->ats || READ_ONCE(att->device->ats.closed))
			continue;
		atomic_inc(&att->device->ats.holders);
		devices[n++] = att->device;
	}
	raw_spin_unlock_irqrestore(&sd->attachments_lock, flags);
	return n;
}

/*
 * Something was not confirmed, or a device is lost that other CPUs may be about
 * to shut out.  A device that does not answer is waited for as long as PCI lets
 * it take, so no lock is held and interrupts are as the caller has them.  Who
 * leaves the domain meanwhile empties its ATC before it does.
 */
static noinline void settle_all(struct smmu3_domain *sd, bool confirmed)
{
	struct smmu3_device *devices[SMMU3_ATC_HELD];
	struct atc_walk walk = { .removals = READ_ONCE(sd->removals) };
	unsigned int i, n;

	do {
		n = hold_some(sd, &walk, devices);
		for (i = 0; i < n; i++) {
			settle(devices[i], confirmed);
			/* Pairs with smmu3_ats_wait() */
			atomic_dec_return_release(&devices[i]->ats.holders);
		}
	} while (n == SMMU3_ATC_HELD);
}

/* False if a device was lost that the instance may still have the old STEs of */
static bool add_attachments(struct atc_batch *batch, struct smmu3_domain *sd,
			    const struct smmu3_atc_piece *pieces,
			    unsigned int n)
{
	struct smmu3_attachment *att;
	unsigned long flags;
	bool ok = true;

	raw_spin_lock_irqsave(&sd->attachments_lock, flags);
	list_for_each_entry(att, &sd->attachments, list) {
		if (!att->ats || READ_ONCE(att->device->ats.closed))
			continue;
		if (smmu3_ats_answers(att->device))
			add_device(batch, att->device, att->ssid, pieces, n);
		else
			ok = false;
	}
	raw_spin_unlock_irqrestore(&sd->attachments_lock, flags);
	return ok;
}

void smmu3_atc_invalidate(struct smmu3_domain *sd, unsigned long iova,
			  size_t size)
{
	struct smmu3_atc_piece pieces[SMMU3_ATC_MAX_PIECES] = { everything };
	struct atc_batch batch;
	unsigned int n = 1;
	bool all, confirmed;

	if (size)
		n = smmu3_atc_split(iova, iova + size - 1, pieces);
	batch_begin(&batch, sd->smmu);
	all = add_attachments(&batch, sd, pieces, n);
	confirmed = batch_end(&batch);
	if (unlikely(!confirmed || !all))
		settle_all(sd, confirmed);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_atc_invalidate);

void smmu3_ats_forget(struct smmu3_device *device, ioasid_t ssid)
{
	struct atc_batch batch;

	if (!device->ats.wanted || READ_ONCE(device->ats.closed))
		return;
	batch_begin(&batch, device->smmu);
	if (smmu3_ats_answers(device))
		add_device(&batch, device, ssid, &everything, 1);
	settle(device, batch_end(&batch));
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ats_forget);
