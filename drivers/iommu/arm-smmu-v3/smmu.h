/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private header of the SMMUv3 driver.
 *
 * Objects and owners
 *
 *	instance	struct smmu3_instance; made by probe.c, known to core
 *			between the end of bring-up and the start of removal
 *	device		struct smmu3_device; a DMA master and its streams, from
 *			probe_device to release_device, at dev_iommu_priv_get()
 *	domain		struct smmu3_domain; a paging domain, with its tag and
 *			its tables; bound to one instance
 *	stream table	one per instance; see strtab.h
 *	CD table	one per device; see cdtab.h
 *	queues		one command, one event and one PRI queue per instance
 *
 * Life of a stream: its STE aborts from the first moment.  probe_device enters
 * the stream in instance->streams, attach publishes an STE, release_device
 * publishes the aborting one again.  What an STE or a CD led to is freed only
 * after the command queue has confirmed that no cache of the SMMU holds it.  If
 * it cannot confirm, the memory is leaked and a message says so.
 *
 * Lock order
 *
 *	iommu_probe_device_lock -> group->mutex -> domain->lock -> device->lock
 *	group->mutex -> hand_over_lock of stream.c -> device->lock
 *	iommu_probe_device_lock -> streams_lock
 *	device->lock -> streams_lock -> locks of core's iopf queue -> answers_lock
 *	all of these may be held while commands are issued; under
 *	attachments_lock they are queued, but not waited for.  The locks inside
 *	the command queue are leaves
 *
 * STEs and CDs are written under device->lock.  Attachments of core hold the
 * group's mutex besides; the end of a process, which has its CDs closed, does
 * not.
 * Events take streams_lock to find a device, and report it under that lock, so
 * a device that is being released waits for the report.
 */
#ifndef __SMMU3_SMMU_H
#define __SMMU3_SMMU_H

#include <linux/io-pgtable.h>
#include <linux/iommu-driver.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "answer.h"
#include "ats.h"
#include "attachment.h"
#include "bringup.h"
#include "cd.h"
#include "cdtab.h"
#include "cmd.h"
#include "cmdq.h"
#include "crash.h"
#include "dirty.h"
#include "domain.h"
#include "entry.h"
#include "evt.h"
#include "evtq.h"
#include "features.h"
#include "invalidate.h"
#include "irq.h"
#include "pasid.h"
#include "priq.h"
#include "recq.h"
#include "regs.h"
#include "ring.h"
#include "sleep.h"
#include "stall.h"
#include "ste.h"
#include "stream.h"
#include "strtab.h"
#include "sva.h"

struct platform_device;

/* Errata that change what the driver does; bits of smmu3_instance.quirks */
#define SMMU3_QUIRK_FORCE_SYNC		BIT(0)	/* sync before a batch fills up */

/**
 * struct smmu3_counters - what happened to an instance, for debugfs
 * @events: event records taken
 * @overflows: times the event queue lost records
 * @malformed: records that name no event we know
 * @gerrors: global errors handled
 * @stalls: transactions that stalled
 * @pages: page requests taken
 * @pages_denied: groups of them that nobody took
 * @pages_lost: times the PRI queue lost requests
 */
struct smmu3_counters {
	atomic64_t events;
	atomic64_t overflows;
	atomic64_t malformed;
	atomic64_t gerrors;
	atomic64_t stalls;
	atomic64_t pages;
	atomic64_t pages_denied;
	atomic64_t pages_lost;
};

/**
 * struct smmu3_instance - one SMMU
 * @cmdq: command queue; first, because every unmap comes here
 * @feat: what it can do; constant after probe
 * @quirks: SMMU3_QUIRK_*; constant after probe
 * @dev: platform device; constant
 * @page0: registers of page 0, 0xe00 bytes; constant
 * @page1: registers of page 1, 0xe00 bytes, or @page0 where an instance has them
 *	there; constant
 * @base: physical address; constant
 * @strtab: stream table
 * @evtq: event queue; consumed under @streams_lock
 * @priq: PRI queue; consumed under @streams_lock
 * @iopf: core's queue for faults that wait, NULL where there can be none
 * @cmdq_ring: memory of the command queue
 * @cmdq_dma: its address for the hardware
 * @cmdq_msi: where a CMD_SYNC writes its completion, or NULL
 * @cmdq_msi_dma: its address for the hardware
 * @state: enum smmu3_state; changed by smmu3_state_set() only
 * @aborts_when_off: GBPA.ABORT holds, so that a disabled instance is closed;
 *	false as long as @spares is true, found anew whenever the instance is closed
 * @spares: it is not to be closed before it translates, see smmu3_spare(); cleared
 *	by smmu3_serve()
 * @boot_streams: streams that firmware had left in use; constant after probe
 * @gated: it may be without power or clock while nobody needs it; constant
 * @rests: it is asleep as nobody needs it, or did not wake up from that; changed by
 *	runtime PM only
 * @streams_lock: guards @streams, @borrowers, the second level of @strtab, @evtq,
 *	@priq, and whether ATS and recoverable faults of devices are on
 * @streams: struct smmu3_device by stream id; the owner of one that is shared
 * @borrowers: devices that have borrowed streams
 * @answers_lock: guards @answers_wait, and the answers of devices
 * @answers_wait: answers to page requests are kept, see answer.c
 * @asids: struct smmu3_domain by ASID
 * @vmids: struct smmu3_domain by VMID
 * @irq: interrupts
 * @counters: see there
 * @debugfs: directory of the instance, or NULL
 * @iommu: what core knows of it
 */
struct smmu3_instance {
	struct smmu3_cmdq cmdq;
	struct smmu3_features feat;
	u32 quirks;
	struct device *dev;
	void __iomem *page0;
	void __iomem *page1;
	phys_addr_t base;
	struct smmu3_strtab strtab;
	struct smmu3_recq evtq;
	struct smmu3_recq priq;
	struct iopf_queue *iopf;
	void *cmdq_ring;
	dma_addr_t cmdq_dma;
	__le32 *cmdq_msi;
	dma_addr_t cmdq_msi_dma;
	enum smmu3_state state;
	bool aborts_when_off;
	bool spares;
	unsigned int boot_streams;
	bool gated;
	bool rests;
	struct mutex streams_lock;	/* see above */
	struct xarray streams;
	struct list_head borrowers;
	struct mutex answers_lock;	/* see above */
	bool answers_wait;
	struct xarray asids;
	struct xarray vmids;
	struct smmu3_irqs irq;
	struct smmu3_counters counters;
	struct dentry *debugfs;
	struct iommu_device iommu;
};

/**
 * enum smmu3_rid - what becomes of transactions without PASID
 * @SMMU3_RID_BLOCKED: they abort
 * @SMMU3_RID_IDENTITY: they pass untranslated
 * @SMMU3_RID_STAGE1: they are translated by descriptor 0 of the CD table
 * @SMMU3_RID_STAGE2: they are translated by the STE; so are all others then
 */
enum smmu3_rid {
	SMMU3_RID_BLOCKED,
	SMMU3_RID_IDENTITY,
	SMMU3_RID_STAGE1,
	SMMU3_RID_STAGE2,
};

/**
 * struct smmu3_device - a DMA master behind an instance
 * @dev: device; constant
 * @smmu: its instance; constant
 * @domain: paging domain of its transactions without PASID, NULL for identity
 *	and blocked; changes with @lock held, and with the group's mutex unless
 *	core had deferred the attachment
 * @att: its attachment to @domain; NULL if that is
 * @rid: what @domain, or the lack of it, stands for
 * @lock: guards its STEs, its CD table, @domain, @att and @rid
 * @ssid_bits: size of its PASIDs, 0 if it has none; constant
 * @pci_pasid: PCI PASID was enabled for it; constant
 * @sva: IOMMU_DEV_FEAT_SVA is enabled; the device's driver keeps calls apart
 * @pasids: struct smmu3_bond by PASID; changes with the group's mutex and @lock
 *	held
 * @cdtab: its CD table; see there
 * @ats: translations that it caches itself; see there
 * @stall: recoverable faults; see there
 * @answers: answers that wait for the instance; NULL for a device that never had
 *	PRI on
 * @rcu: for freeing after smmu3_ats_lost(), which may see it in any context
 * @borrower: on smmu3_instance.borrowers while it has borrowed streams; guarded by
 *	streams_lock
 * @num_ids: length of @streams; constant
 * @num_streams: how many of them it owns, or did until it was released; grows under
 *	@lock when it inherits one.  A device with ATS has owned all since it was
 *	probed, so this and @streams are constant where ATCs are invalidated
 * @streams: its stream ids, each once: those that it owns, then those that it has
 *	borrowed
 */
struct smmu3_device {
	struct device *dev;
	struct smmu3_instance *smmu;
	struct smmu3_domain *domain;
	struct smmu3_attachment *att;
	enum smmu3_rid rid;
	struct mutex lock;	/* see above */
	u8 ssid_bits;
	bool pci_pasid;
	bool sva;
	struct xarray pasids;
	struct smmu3_cdtab cdtab;
	struct smmu3_ats ats;
	struct smmu3_stall stall;
	struct smmu3_answers *answers;
	struct rcu_head rcu;
	struct list_head borrower;
	unsigned int num_ids;
	unsigned int num_streams;
	u32 streams[] __counted_by(num_ids);
};

extern struct platform_driver smmu3_driver;
extern bool smmu3_disable_msipolling;

/**
 * smmu3_is_running() - does the instance translate and take commands?
 * @smmu: instance
 */
static inline bool smmu3_is_running(const struct smmu3_instance *smmu)
{
	return READ_ONCE(smmu->state) == SMMU3_RUNNING;
}

/**
 * smmu3_in_service() - may streams be attached?
 * @smmu: instance
 *
 * One that sleeps, or is not enabled yet, goes by what its tables say then when it
 * translates.
 */
static inline bool smmu3_in_service(const struct smmu3_instance *smmu)
{
	enum smmu3_state state = READ_ONCE(smmu->state);

	return state == SMMU3_RUNNING || state == SMMU3_ASLEEP ||
	       state == SMMU3_READY;
}

/**
 * smmu3_has_power() - may registers be read?
 * @smmu: instance
 *
 * Context: streams_lock is held, or smmu3_irq_quiesce() waits for the caller: the
 * answer holds until it lets go.
 */
static inline bool smmu3_has_power(const struct smmu3_instance *smmu)
{
	return READ_ONCE(smmu->state) != SMMU3_ASLEEP && !READ_ONCE(smmu->rests);
}

/**
 * smmu3_may_free() - may memory that the hardware used be freed?
 * @smmu: instance
 *
 * Asked after the invalidation that covers the memory: in every state but one
 * it was confirmed, or the instance is off and uses nothing.
 */
static inline bool smmu3_may_free(const struct smmu3_instance *smmu)
{
	return READ_ONCE(smmu->state) != SMMU3_QUEUE_DEAD;
}

/* queues.c */

/**
 * smmu3_queues_init() - allocate the queues
 * @smmu: instance with its registers mapped
 *
 * Return: 0 or -ENOMEM.
 */
int smmu3_queues_init(struct smmu3_instance *smmu);

/**
 * smmu3_queues_exit() - free the queues
 * @smmu: instance, disabled
 */
void smmu3_queues_exit(struct smmu3_instance *smmu);

/**
 * smmu3_queues_start() - tell the hardware where the queues are
 * @smmu: instance with its queues disabled
 */
void smmu3_queues_start(struct smmu3_instance *smmu);

/* gerror.c */

/**
 * smmu3_gerror_handle() - handle the global errors that are active
 * @smmu: instance
 *
 * Context: Any.
 * Return: true if there were any.
 */
bool smmu3_gerror_handle(struct smmu3_instance *smmu);

/* quirks.c */

/**
 * smmu3_quirks_of_iidr() - errata of a product
 * @iidr: SMMU_IIDR
 * @clear: set to the SMMU3_FEAT_* that cannot be used
 *
 * Return: SMMU3_QUIRK_*.
 */
u32 smmu3_quirks_of_iidr(u32 iidr, u32 *clear);

/**
 * smmu3_quirks_of_firmware() - errata that only firmware tells us of
 * @dev: device of the instance
 * @model: ACPI_IORT_SMMU_V3_* model, 0 for device tree
 *
 * Return: SMMU3_FEAT_* to add.
 */
u32 smmu3_quirks_of_firmware(struct device *dev, u32 model);

/**
 * smmu3_quirks_apply() - take known errata out of the features
 * @smmu: instance with its features decoded
 *
 * Writes @smmu->feat and @smmu->quirks, and says so in the log.
 */
void smmu3_quirks_apply(struct smmu3_instance *smmu);

/**
 * smmu3_quirk_default_domain() - default domain that an erratum asks for
 * @dev: device
 *
 * Return: IOMMU_DOMAIN_IDENTITY, or 0 for no preference.
 */
int smmu3_quirk_default_domain(struct device *dev);

/* attach.c */

extern struct iommu_domain smmu3_identity_domain;
extern struct iommu_domain smmu3_blocked_domain;

/**
 * smmu3_attach_paging() - attach a device to a paging domain
 * @domain: domain
 * @dev: device
 *
 * Context: Process; the group's mutex is held.  What core had deferred comes without
 * that, in any context.
 * Return: 0; -EWOULDBLOCK if it was deferred and may not sleep; -EINVAL if the
 * domain belongs to another instance, -EOPNOTSUPP if the instance has not its stage,
 * -EBUSY if it is of stage 2 and the device has PASIDs in use, -ENOMEM, -ENOSPC:
 * nothing is changed.  -EIO if the hardware takes no commands.
 */
int smmu3_attach_paging(struct iommu_domain *domain, struct device *dev);

/**
 * smmu3_attach_one() - the same, and nothing but that
 * @device: device
 * @sd: domain, bound to the device's instance
 *
 * Context: Process.
 * Return: as smmu3_attach_paging().
 */
int smmu3_attach_one(struct smmu3_device *device, struct smmu3_domain *sd);

/**
 * smmu3_device_block() - abort all streams of a device
 * @device: device
 *
 * Context: Process; nobody else attaches @device.
 * Return: 0, also if the instance is off; -EIO if the hardware did not confirm,
 * so that it may use the device's tables still.
 */
int smmu3_device_block(struct smmu3_device *device);

/**
 * smmu3_device_leave() - take a device off its domain, whatever the hardware does
 * @device: device that is being released
 *
 * For a device that could not be blocked; the domain's tables are leaked when it
 * is freed.
 *
 * Context: Process.
 */
void smmu3_device_leave(struct smmu3_device *device);

/**
 * smmu3_device_pass() - let all streams of a device pass untranslated
 * @device: device
 *
 * Context: Process; nobody else attaches @device.
 * Return: 0 or -EIO.
 */
int smmu3_device_pass(struct smmu3_device *device);

/**
 * smmu3_rid_refresh() - write STEs anew, for what transactions without PASID do
 * @device: device, not of stage 2
 * @table: lead to the CD table that was staged; else to none
 *
 * Context: Process; the device's lock is held.
 * Return: 0 or -EIO.
 */
int smmu3_rid_refresh(struct smmu3_device *device, bool table);

/**
 * smmu3_stream_refresh() - write the STE of one stream anew
 * @device: device that owns it now
 * @sid: stream
 *
 * Context: Process; the device's lock is held.
 * Return: 0; -EIO if the hardware did not confirm.
 */
int smmu3_stream_refresh(struct smmu3_device *device, u32 sid);

/**
 * smmu3_fault_stalls() - may a fault of a device wait for an answer?
 * @device: device
 * @sd: domain that it uses
 *
 * Return: true if somebody will answer it, or the hardware knows nothing else.
 */
bool smmu3_fault_stalls(const struct smmu3_device *device,
			const struct smmu3_domain *sd);

/**
 * smmu3_ste_write() - publish the STE of a stream
 * @smmu: instance
 * @sid: stream with an entry
 * @ste: new contents
 *
 * Context: Process; the lock of the stream's device is held.
 * Return: 0; -EIO if the hardware did not confirm.
 */
int smmu3_ste_write(struct smmu3_instance *smmu, u32 sid,
		    const struct smmu3_ste *ste);

/* probe.c */

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * smmu3_map_registers() - map the registers of an instance
 * @smmu: instance; its base and pages are set
 * @page0_only: page 1 registers are on page 0
 *
 * Visible so that the software model can supply other registers.
 *
 * Return: 0 or an error, that was printed.
 */
int smmu3_map_registers(struct smmu3_instance *smmu, bool page0_only);
#endif

/* device.c */

extern const struct iommu_ops smmu3_ops;

/* debugfs.c */

/**
 * smmu3_debugfs_init() - show an instance under /sys/kernel/debug/iommu
 * @smmu: instance
 */
void smmu3_debugfs_init(struct smmu3_instance *smmu);

/**
 * smmu3_debugfs_exit() - undo smmu3_debugfs_init()
 * @smmu: instance
 */
void smmu3_debugfs_exit(struct smmu3_instance *smmu);

#endif /* __SMMU3_SMMU_H */
