/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An SMMUv3 in software, for KUnit: what the driver programs, a device can use.
 *
 * The driver runs against it unchanged: registers, the three queues, stream and
 * CD tables, walks of both stages, stalls, page requests and ATS are those of
 * Arm IHI 0070.  A test is the device: smmu3_model_dma() sends a transaction
 * and says what became of it.
 *
 * Caches are as bad as the architecture permits.  What a transaction brought
 * in (STE, CD, tables, translations, the device's own ATC) stays and is used
 * until a command removes it that must remove it, so that an invalidation which
 * was forgotten, came too early or was too narrow is seen as a wrong address.
 *
 * What the specification calls illegal, reserved or unpredictable in a command,
 * an entry or the order of register writes is a complaint, and fails the test
 * when that ends; smmu3_model_excuse() takes back one that a test provoked.
 *
 * Two ways lead from the driver to the unit.  Where MMIO goes through functions
 * (User Mode Linux: CONFIG_INDIRECT_IOMEM), a register write takes effect before
 * it returns, and is logged.  Elsewhere registers are memory, and a thread looks
 * at them: what the driver waits for happens while it waits, what it does not
 * wait for needs smmu3_model_settle(), and there is no log.
 *
 * A DMA address is a physical address.  One unit at a time.
 */
#ifndef __SMMU3_MODEL_H
#define __SMMU3_MODEL_H

#include <linux/bits.h>
#include <linux/pm.h>
#include <linux/spinlock_types.h>
#include <linux/kconfig.h>
#include <linux/types.h>

#include "cmd.h"
#include "evt.h"
#include "features.h"
#include "regs.h"

struct device;
struct fwnode_handle;
struct kunit;
struct platform_device;
struct smmu3_instance;
struct smmu3_model_state;

#define SMMU3_MODEL_LOG		512

/* Register writes are logged, in their order */
#define SMMU3_MODEL_LOGS_WRITES	IS_ENABLED(CONFIG_INDIRECT_IOMEM)

/* A transaction, or an answer, without PASID */
#define SMMU3_MODEL_NO_SSID	U32_MAX

/* What a transaction is; a privileged read of data has none but PRIV */
#define SMMU3_DMA_WRITE		BIT(0)
#define SMMU3_DMA_EXEC		BIT(1)
#define SMMU3_DMA_PRIV		BIT(2)
/* The address came from smmu3_model_ats_translate(): the ATC is asked */
#define SMMU3_DMA_TRANSLATED	BIT(3)

/**
 * enum smmu3_verdict - what becomes of a transaction
 * @SMMU3_ABORTS: terminated
 * @SMMU3_PASSES: untranslated
 * @SMMU3_STAGE1: translated by a CD
 * @SMMU3_STAGE2: translated by an STE
 * @SMMU3_BROKEN: terminated, with a complaint about the configuration
 */
enum smmu3_verdict {
	SMMU3_ABORTS,
	SMMU3_PASSES,
	SMMU3_STAGE1,
	SMMU3_STAGE2,
	SMMU3_BROKEN,
};

/**
 * struct smmu3_write - a register write
 * @offset: from the start of page 0
 * @val: value
 */
struct smmu3_write {
	u32 offset;
	u64 val;
};

/**
 * struct smmu3_model - a unit
 * @id: identification registers that it shows
 * @reg: registers by offset / 4, both pages
 * @writes: all writes, oldest first, until the log is full; see
 *	SMMU3_MODEL_LOGS_WRITES
 * @num_writes: length of @writes
 * @cmds: all commands executed, likewise
 * @num_cmds: length of @cmds
 * @ack_stuck: CR0 and IRQ_CTRL are never acknowledged
 * @gbpa_stuck: an update of GBPA never completes
 * @gbpa_missing: GBPA reads as zero
 * @cmdq_stuck: commands are not consumed
 * @sync_delay_us: a CMD_SYNC completes so long after its turn came
 * @atc_stuck: devices do not answer CMD_ATC_INV: the next CMD_SYNC is refused
 *	once with CERROR_ATC_INV_SYNC
 * @atc_stuck_sid: so does this stream alone, if @atc_stuck_one
 * @atc_stuck_one: see @atc_stuck_sid
 * @not_waited_under: lock that nobody may hold who waits for such a CMD_SYNC, or
 *	NULL; seen where the unit works in the CPU that writes its registers
 * @refuse_op: this opcode is refused as illegal, with no complaint, while
 *	@refuse_count is not 0
 * @refuse_count: how often
 * @watched: stream that is looked at whenever a command is executed
 * @seen: BIT() of each verdict that @watched has had there
 * @off: it has no power, or no clock
 * @pm_domain: of the device, after smmu3_model_gate()
 * @pdev: device that the driver sees, once probed
 * @state: caches, parked transactions and the like
 *
 * A test reads the logs after smmu3_model_settle() or after the driver waited.
 */
struct smmu3_model {
	struct smmu3_id_regs id;
	u32 *reg;
	struct smmu3_write writes[SMMU3_MODEL_LOG];
	unsigned int num_writes;
	struct smmu3_cmd cmds[SMMU3_MODEL_LOG];
	unsigned int num_cmds;
	bool ack_stuck;
	bool gbpa_stuck;
	bool gbpa_missing;
	bool cmdq_stuck;
	bool atc_stuck;
	bool atc_stuck_one;
	u32 atc_stuck_sid;
	raw_spinlock_t *not_waited_under;	/* see above */
	u8 refuse_op;
	unsigned int refuse_count;
	unsigned int sync_delay_us;
	u32 watched;
	unsigned long seen;
	bool off;
	struct dev_pm_domain pm_domain;
	struct platform_device *pdev;
	struct smmu3_model_state *state;
};

/**
 * struct smmu3_view - a stream as the unit sees it
 * @verdict: what becomes of its transactions
 * @ttb: table that is walked
 * @tag: ASID or VMID
 */
struct smmu3_view {
	enum smmu3_verdict verdict;
	u64 ttb;
	u16 tag;
};

/**
 * enum smmu3_outcome - how a transaction ended
 * @SMMU3_DMA_DONE: at its address
 * @SMMU3_DMA_ABORTED: with an abort that the device sees
 * @SMMU3_DMA_IGNORED: reads as zero, or a write without effect (CD.A is 0)
 * @SMMU3_DMA_STALLED: not yet: it waits for CMD_RESUME
 * @SMMU3_DMA_NO_ATC: never sent, as the ATC has no translation for it
 */
enum smmu3_outcome {
	SMMU3_DMA_DONE,
	SMMU3_DMA_ABORTED,
	SMMU3_DMA_IGNORED,
	SMMU3_DMA_STALLED,
	SMMU3_DMA_NO_ATC,
};

/**
 * struct smmu3_dma_result - what became of a transaction
 * @outcome: how it ended
 * @event: SMMU3_F_* or SMMU3_C_* that ended it or stalls it, whether recorded
 *	or not; 0 if there is none
 * @recorded: it is in the event queue
 * @stage2: @event is of stage 2
 * @class: &enum smmu3_evt_class of @event
 * @level: of the descriptor that was used, or that @event is about; -1 if there
 *	was no walk
 * @cached: the TLB or the ATC had the translation
 * @stag: of CMD_RESUME, if stalled
 * @ticket: for smmu3_model_outcome(), if it ever stalled
 * @pa: address, if done
 * @size: bytes of the page or block that @pa is in; 0 if untranslated
 */
struct smmu3_dma_result {
	enum smmu3_outcome outcome;
	u8 event;
	bool recorded;
	bool stage2;
	u8 class;
	s8 level;
	bool cached;
	u16 stag;
	unsigned int ticket;
	u64 pa;
	u64 size;
};

/**
 * enum smmu3_ats_status - completion of a translation request
 * @SMMU3_ATS_SUCCESS: with a translation, that may permit nothing
 * @SMMU3_ATS_UR: unsupported: do not ask again
 * @SMMU3_ATS_CA: completer abort: configuration is broken
 */
enum smmu3_ats_status {
	SMMU3_ATS_SUCCESS,
	SMMU3_ATS_UR,
	SMMU3_ATS_CA,
};

/**
 * struct smmu3_ats_result - what a device gets for a translation request
 * @status: completion
 * @read: reading is permitted
 * @write: writing is permitted
 * @exec: execution is permitted
 * @priv: the answer holds for privileged accesses only
 * @pa: translated address, if anything is permitted
 * @size: bytes of the range in the ATC
 */
struct smmu3_ats_result {
	enum smmu3_ats_status status;
	bool read;
	bool write;
	bool exec;
	bool priv;
	u64 pa;
	u64 size;
};

/**
 * struct smmu3_page_answer - a page request group was answered
 * @sid: stream
 * @ssid: PASID of the answer, or SMMU3_MODEL_NO_SSID
 * @group: PRG index
 * @resp: verdict
 * @automatic: by the unit, as the queue was full or off, not by software
 */
struct smmu3_page_answer {
	u32 sid;
	u32 ssid;
	u16 group;
	enum smmu3_pri_resp resp;
	bool automatic;
};

/**
 * smmu3_model_create() - plug a unit in, with no driver bound
 * @test: test; the unit goes with it
 *
 * Return: the unit; fails the test if there is none.
 */
struct smmu3_model *smmu3_model_create(struct kunit *test);

/**
 * smmu3_model_probe() - have the driver probe the unit
 * @test: test; the device goes with it
 * @model: unit
 *
 * Return: the instance, or NULL if the driver did not take it.
 */
struct smmu3_instance *smmu3_model_probe(struct kunit *test,
					 struct smmu3_model *model);

/**
 * smmu3_model_remove() - unbind and remove the device before the test ends
 * @test: test
 * @model: probed unit
 */
void smmu3_model_remove(struct kunit *test, struct smmu3_model *model);

/**
 * smmu3_model_fwnode() - the node by which firmware names a unit
 * @model: unit; may have no driver yet
 */
struct fwnode_handle *smmu3_model_fwnode(struct smmu3_model *model);

/**
 * smmu3_model_show_all() - show every feature that the model has
 * @model: unit, not probed yet
 *
 * smmu3_model_create() shows few: both stages, one granule, two-level stream
 * table.  This adds 16K and 64K granules, 48-bit addresses, 16-bit VMIDs,
 * 20-bit PASIDs in two-level CD tables, ATS, PRI, stalls, access flag and dirty
 * state.  A test that wants some of it changes @model->id itself.
 */
void smmu3_model_show_all(struct smmu3_model *model);

/**
 * smmu3_model_add_master() - add a device behind the unit
 * @test: test; the device goes with it
 * @model: probed unit
 * @ids: stream ids
 * @count: length of @ids
 * @ret: what iommu_probe_device() said
 *
 * Return: the device, with whatever its probe came to.
 */
struct device *smmu3_model_add_master(struct kunit *test,
				      struct smmu3_model *model,
				      const u32 *ids, int count, int *ret);

/**
 * smmu3_model_remove_master() - remove a device before the test ends
 * @test: test
 * @dev: of smmu3_model_add_master()
 */
void smmu3_model_remove_master(struct kunit *test, struct device *dev);

/**
 * smmu3_model_write() - write a register as a driver does
 * @model: unit
 * @offset: from the start of page 0
 * @val: value
 *
 * With effects, and with complaints about what is out of order.  For tests that
 * have no driver.
 */
void smmu3_model_write(struct smmu3_model *model, u32 offset, u32 val);

/**
 * smmu3_model_power_off() - take power away
 * @model: unit
 *
 * Accesses to its registers are complaints until it has power again; reads where
 * they can be seen, see SMMU3_MODEL_LOGS_WRITES.
 */
void smmu3_model_power_off(struct smmu3_model *model);

/**
 * smmu3_model_power_on() - give power back
 * @model: unit
 *
 * All registers are as they are after reset, with DMA passing.  Caches are not
 * reset by that: what was in them may be used as soon as the unit is enabled.
 */
void smmu3_model_power_on(struct smmu3_model *model);

/**
 * smmu3_model_gate() - have runtime PM take the power of an idle unit
 * @model: unit, before smmu3_model_probe()
 */
void smmu3_model_gate(struct smmu3_model *model);

/**
 * smmu3_model_settle() - wait until the unit has nothing to do
 * @model: unit
 *
 * Every register write of before has had its effect and the command queue is
 * empty, or stands still for a reason (an error, @cmdq_stuck).  Returns at once
 * where register writes are synchronous, unless a CMD_SYNC is slow.
 *
 * Context: Process.
 * Return: false if that did not come within two seconds.
 */
bool smmu3_model_settle(struct smmu3_model *model);

/**
 * smmu3_model_dma() - send a transaction
 * @model: unit
 * @sid: stream
 * @ssid: PASID, or SMMU3_MODEL_NO_SSID
 * @iova: address
 * @flags: SMMU3_DMA_*
 *
 * Goes through caches, tables and checks as in hardware: fills caches, updates
 * access flag and dirty state, records events, stalls.
 *
 * Context: Any.
 * Return: what became of it.
 */
struct smmu3_dma_result smmu3_model_dma(struct smmu3_model *model, u32 sid,
					u32 ssid, u64 iova, unsigned int flags);

/**
 * smmu3_model_copy() - send transactions that move data
 * @model: unit
 * @sid: stream
 * @ssid: PASID, or SMMU3_MODEL_NO_SSID
 * @iova: first address
 * @flags: SMMU3_DMA_*
 * @buf: the device's memory: source of a write, destination of a read
 * @len: bytes
 *
 * One transaction for each page that is touched; ends at the first that is not
 * done.  One that stalls moves its data when it is resumed, so @buf lives until
 * then; what comes after it is not sent.
 *
 * Return: what became of the last one.
 */
struct smmu3_dma_result smmu3_model_copy(struct smmu3_model *model, u32 sid,
					 u32 ssid, u64 iova, unsigned int flags,
					 void *buf, size_t len);

/**
 * smmu3_model_outcome() - what became of a transaction that stalled?
 * @model: unit
 * @ticket: from its first result
 *
 * A transaction that was resumed, and faulted again, is stalled under another
 * STAG.
 *
 * Return: its result as of now.
 */
struct smmu3_dma_result smmu3_model_outcome(struct smmu3_model *model,
					    unsigned int ticket);

/**
 * smmu3_model_stalls() - transactions that wait for CMD_RESUME
 * @model: unit
 *
 * Return: number.
 */
unsigned int smmu3_model_stalls(struct smmu3_model *model);

/**
 * smmu3_model_ats_translate() - have a device fill its ATC
 * @model: unit
 * @sid: stream
 * @ssid: PASID, or SMMU3_MODEL_NO_SSID
 * @iova: address
 * @flags: SMMU3_DMA_*; without WRITE the request has No Write set, and a clean
 *	page stays clean
 *
 * Return: the completion; a success that permits anything is in the ATC.
 */
struct smmu3_ats_result smmu3_model_ats_translate(struct smmu3_model *model,
						  u32 sid, u32 ssid, u64 iova,
						  unsigned int flags);

/**
 * smmu3_model_reset_function() - a function-level reset of a device begins
 * @model: unit
 * @sid: its stream
 *
 * Its ATC is empty, and it answers nothing until smmu3_model_reset_done().
 */
void smmu3_model_reset_function(struct smmu3_model *model, u32 sid);

/**
 * smmu3_model_reset_done() - the reset is over
 * @model: unit
 */
void smmu3_model_reset_done(struct smmu3_model *model);

/**
 * smmu3_model_atc_entries() - what a device's ATC holds
 * @model: unit
 * @sid: stream
 *
 * Return: number of translations.
 */
unsigned int smmu3_model_atc_entries(struct smmu3_model *model, u32 sid);

/**
 * smmu3_model_page_request() - have a device ask for a page
 * @model: unit
 * @sid: stream
 * @ssid: PASID, or SMMU3_MODEL_NO_SSID
 * @iova: address
 * @flags: SMMU3_DMA_*: accesses wanted
 * @group: PRG index
 * @last: the group is complete, and expects an answer
 *
 * Return: false if it is not in the queue: the unit answers the group itself,
 * with a failure if the queue is off, with success if it is full.
 */
bool smmu3_model_page_request(struct smmu3_model *model, u32 sid, u32 ssid,
			      u64 iova, unsigned int flags, u16 group,
			      bool last);

/**
 * smmu3_model_page_stop() - have a device say that it stops using a PASID
 * @model: unit
 * @sid: stream
 * @ssid: PASID
 *
 * A Stop Marker: the last request of no group, which gets no answer.
 *
 * Return: false if it is not in the queue.
 */
bool smmu3_model_page_stop(struct smmu3_model *model, u32 sid, u32 ssid);

/**
 * smmu3_model_page_answer() - has a group been answered?
 * @model: unit
 * @sid: stream
 * @group: PRG index
 * @answer: set to the latest answer; may be NULL
 *
 * Return: true if it has.
 */
bool smmu3_model_page_answer(struct smmu3_model *model, u32 sid, u16 group,
			     struct smmu3_page_answer *answer);

/**
 * smmu3_model_excuse() - take complaints back
 * @model: unit
 * @what: text that they contain
 *
 * For tests that provoke them.
 *
 * Return: how many there were.
 */
unsigned int smmu3_model_excuse(struct smmu3_model *model, const char *what);

/**
 * smmu3_model_get() - read a register past the driver
 * @model: unit
 * @offset: from the start of page 0
 *
 * Return: what the driver would read.
 */
u32 smmu3_model_get(struct smmu3_model *model, u32 offset);

/**
 * smmu3_model_set() - write a register past the driver, without effects
 * @model: unit
 * @offset: from the start of page 0
 * @val: value
 */
void smmu3_model_set(struct smmu3_model *model, u32 offset, u32 val);

/**
 * smmu3_model_view() - look at a stream
 * @model: unit
 * @sid: stream id
 *
 * At what is in memory, past all caches, and for transactions without PASID.
 *
 * Return: what a unit with cold caches would make of it.
 */
struct smmu3_view smmu3_model_view(struct smmu3_model *model, u32 sid);

/**
 * smmu3_model_event() - put a record into the event queue
 * @model: unit
 * @evt: record; the STAG of one that stalls is then one that CMD_RESUME may name
 *
 * Return: false if the queue overflowed instead, or is off.
 */
bool smmu3_model_event(struct smmu3_model *model, const struct smmu3_evt *evt);

/**
 * smmu3_model_gerror() - raise global errors
 * @model: unit
 * @bits: SMMU3_GERROR_*, not active yet
 */
void smmu3_model_gerror(struct smmu3_model *model, u32 bits);

/**
 * smmu3_model_find_cmd() - find a command in the log
 * @model: unit
 * @op: opcode
 * @from: where to start
 *
 * Return: its index, or -1.
 */
int smmu3_model_find_cmd(struct smmu3_model *model, enum smmu3_opcode op,
			 unsigned int from);

/**
 * smmu3_model_find_write() - find a register write in the log
 * @model: unit
 * @offset: register
 * @mask: bits of interest
 * @val: their value
 *
 * Return: its index, or -1.
 */
int smmu3_model_find_write(struct smmu3_model *model, u32 offset, u32 mask,
			   u32 val);

#endif /* __SMMU3_MODEL_H */
