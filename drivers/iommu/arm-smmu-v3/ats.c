// SPDX-License-Identifier: GPL-2.0
/*
 * PCI ATS of a device: on, off, and off for good.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/rcupdate.h>

#include <kunit/visibility.h>

#include "smmu.h"

/* Smallest Translation Unit: what the device asks for at once, at least */
static unsigned int unit_lg2(const struct smmu3_device *device)
{
	return __ffs(device->smmu->feat.pgsize_bitmap);
}

static bool is_capable(const struct smmu3_device *device)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(device->dev);

	return device->smmu->feat.flags & SMMU3_FEAT_ATS &&
	       dev_is_pci(device->dev) &&
	       fwspec && fwspec->flags & IOMMU_FWSPEC_PCI_RC_ATS &&
	       pci_ats_supported(to_pci_dev(device->dev));
}

void smmu3_ats_init(struct smmu3_device *device)
{
	int ret;

	if (!is_capable(device))
		return;
	ret = pci_prepare_ats(to_pci_dev(device->dev), unit_lg2(device));
	if (ret)
		dev_warn(device->dev, "ATS stays off: %d\n", ret);
	device->ats.capable = !ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ats_init);

/* PCI ATS is on no longer than the STE lets its requests through */
static void switch_off(struct smmu3_device *device)
{
	lockdep_assert_held(&device->smmu->streams_lock);
	if (!device->ats.enabled)
		return;
	pci_disable_ats(to_pci_dev(device->dev));
	device->ats.enabled = false;
}

static void switch_on(struct smmu3_device *device)
{
	int ret;

	lockdep_assert_held(&device->smmu->streams_lock);
	if (device->ats.enabled || READ_ONCE(device->ats.dead))
		return;
	ret = pci_enable_ats(to_pci_dev(device->dev), unit_lg2(device));
	if (ret)
		dev_warn(device->dev, "ATS cannot be enabled: %d\n", ret);
	device->ats.enabled = !ret;
}

static bool is_gone(const struct smmu3_device *device)
{
	return pci_dev_is_disconnected(to_pci_dev(device->dev));
}

/* Nobody relies on its being out, and it can be asked */
static bool may_be_asked(const struct smmu3_device *device)
{
	const struct smmu3_ats *ats = &device->ats;

	return READ_ONCE(ats->dead) && !ats->hopeless && !device->domain &&
	       xa_empty(&device->pasids) && smmu3_is_running(device->smmu) &&
	       to_pci_dev(device->dev)->current_state == PCI_D0 &&
	       !is_gone(device);
}

/*
 * A device that is reset answers nothing in that time, and afterwards it does.
 * With ATS off, and refused by its STEs, it can get no translation, so if it
 * confirms now that it has none it is as good as one that was never lost.
 */
static void try_again(struct smmu3_device *device)
{
	struct smmu3_instance *smmu = device->smmu;
	struct smmu3_ats *ats = &device->ats;

	lockdep_assert_held(&device->lock);
	smmu3_ats_tell(smmu);
	smmu3_ats_wait(device);
	smmu3_ats_close(device);
	mutex_lock(&smmu->streams_lock);
	switch_off(device);
	mutex_unlock(&smmu->streams_lock);
	if (!READ_ONCE(ats->closed) || !smmu3_atc_is_empty(device)) {
		ats->hopeless = true;
		return;
	}
	mutex_lock(&smmu->streams_lock);
	WRITE_ONCE(ats->stale, false);
	WRITE_ONCE(ats->closed, false);
	ats->told = false;
	WRITE_ONCE(ats->dead, false);
	mutex_unlock(&smmu->streams_lock);
	dev_info(device->dev, "confirms invalidations again, ATS can be used\n");
}

int smmu3_ats_prepare(struct smmu3_device *device, bool wanted)
{
	struct smmu3_ats *ats = &device->ats;

	if (wanted && !smmu3_in_service(device->smmu))
		return -EIO;
	if (wanted && ats->capable && unlikely(may_be_asked(device)))
		try_again(device);
	ats->wanted = wanted && ats->capable && !READ_ONCE(ats->dead);
	if (ats->wanted || !ats->capable)
		return 0;
	mutex_lock(&device->smmu->streams_lock);
	switch_off(device);
	mutex_unlock(&device->smmu->streams_lock);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ats_prepare);

u8 smmu3_ats_eats(const struct smmu3_device *device)
{
	return device->ats.wanted && !READ_ONCE(device->ats.dead) ?
	       SMMU3_STE_EATS_FULL : SMMU3_STE_EATS_ABORT;
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ats_eats);

/*
 * One field of one word of a live STE: the instance sees it before or after.
 * Who publishes an STE at the same time may undo it, and finds @dead afterwards
 * in smmu3_ats_commit().
 */
static void shut_out(struct smmu3_device *device)
{
	const __le64 eats = cpu_to_le64(SMMU3_STE1_EATS);
	struct smmu3_ste *ste;
	unsigned int i;

	for (i = 0; i < device->num_streams; i++) {
		ste = smmu3_strtab_entry(device->smmu, device->streams[i]);
		atomic64_andnot((__force s64)eats,
				(__force atomic64_t *)&ste->w[1]);
	}
}

void smmu3_ats_give_up(struct smmu3_device *device)
{
	shut_out(device);
	/* Whoever sees it sees the STEs without EATS */
	smp_store_release(&device->ats.dead, true);
	smmu3_irq_poll_soon(device->smmu);
}

bool smmu3_ats_lost(struct smmu3_instance *smmu, u32 sid)
{
	struct smmu3_device *device;
	bool known;

	rcu_read_lock();
	device = xa_load(&smmu->streams, sid);
	/* One without ATS has inherited the stream from who was asked */
	known = device && device->ats.capable;
	if (known)
		smmu3_ats_give_up(device);
	rcu_read_unlock();
	return known;
}

bool smmu3_ats_answers(struct smmu3_device *device)
{
	if (READ_ONCE(device->ats.dead))
		return false;
	if (likely(!is_gone(device)))
		return true;
	smmu3_ats_give_up(device);
	return false;
}

static bool is_asleep(const struct smmu3_device *device)
{
	return READ_ONCE(device->smmu->cmdq.state) == SMMU3_CMDQ_ASLEEP;
}

bool smmu3_ats_sleeps(struct smmu3_device *device)
{
	if (!is_asleep(device))
		return false;
	WRITE_ONCE(device->ats.stale, true);
	/*
	 * The queue is started before smmu3_ats_wake() looks: it sees the mark,
	 * or we see the queue awake and ask the device.
	 */
	smp_mb();
	return is_asleep(device);
}

/* Without power a device has kept nothing */
static bool kept_power(const struct smmu3_device *device)
{
	return to_pci_dev(device->dev)->current_state != PCI_D3cold;
}

void smmu3_ats_wake(struct smmu3_instance *smmu)
{
	struct smmu3_device *device;
	unsigned long sid;

	/* Pairs with smmu3_ats_sleeps() */
	smp_mb();
	mutex_lock(&smmu->streams_lock);
	xa_for_each(&smmu->streams, sid, device) {
		if (!READ_ONCE(device->ats.stale))
			continue;
		if (device->ats.enabled && kept_power(device))
			smmu3_ats_give_up(device);
		else
			WRITE_ONCE(device->ats.stale, false);
	}
	mutex_unlock(&smmu->streams_lock);
}

static int forget_stes(struct smmu3_device *device)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < device->num_streams && !ret; i++)
		ret = smmu3_cmdq_issue_one(&device->smmu->cmdq,
					   smmu3_cmd_cfgi_ste(device->streams[i],
							      true));
	return ret;
}

void smmu3_ats_close(struct smmu3_device *device)
{
	/* Pairs with smmu3_ats_give_up() */
	if (!smp_load_acquire(&device->ats.dead))
		return;
	if (!smmu3_confirm(device->smmu, forget_stes(device)))
		WRITE_ONCE(device->ats.closed, true);
}

void smmu3_ats_wait(struct smmu3_device *device)
{
	/* Pairs with settle_all() */
	while (atomic_read_acquire(&device->ats.holders))
		fsleep(USEC_PER_MSEC);
}

/* A device that was lost while its STE was being written */
static void close_again(struct smmu3_device *device)
{
	if (!READ_ONCE(device->ats.dead))
		return;
	shut_out(device);
	smmu3_ats_close(device);
}

void smmu3_ats_commit(struct smmu3_device *device)
{
	if (!device->ats.wanted)
		return;
	/* Before it is on: what was cached for another owner is not ours */
	smmu3_ats_forget(device, IOMMU_NO_PASID);
	close_again(device);
	mutex_lock(&device->smmu->streams_lock);
	switch_on(device);
	mutex_unlock(&device->smmu->streams_lock);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ats_commit);

void smmu3_ats_tell(struct smmu3_instance *smmu)
{
	struct smmu3_device *device;
	unsigned long sid;

	mutex_lock(&smmu->streams_lock);
	xa_for_each(&smmu->streams, sid, device) {
		if (!READ_ONCE(device->ats.dead) || device->ats.told)
			continue;
		device->ats.told = true;
		/* One that sleeps still cannot be reached */
		if (to_pci_dev(device->dev)->current_state == PCI_D0)
			switch_off(device);
		if (is_gone(device))
			continue;
		dev_err(device->dev,
			"%s: its translated requests are refused and ATS is off for it until it is attached anew and answers\n",
			READ_ONCE(device->ats.stale) ?
			"kept translations while the SMMU slept" :
			"did not confirm an ATC invalidation in time");
	}
	mutex_unlock(&smmu->streams_lock);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_ats_tell);
