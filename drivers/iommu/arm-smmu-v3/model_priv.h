/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the software SMMUv3 share.
 *
 *	model		registers
 *	model_unit	the unit as a device of the machine; the way to it
 *	model_queue	command, event and PRI queue
 *	model_cmd	what commands do
 *	model_config	stream and CD tables, and the cache of them
 *	model_walk	translation tables
 *	model_tlb	the cache of them; the ATC of devices
 *	model_dma	transactions and stalls
 *	model_ats	requests for translations and for pages
 *	model_check	what must not be; model_check_cmd: in commands
 *
 * @lock of the state guards everything in it, and the registers against one
 * another.  It is taken inside of any lock of the driver, whose register writes
 * come from all contexts; functions with the prefix smmu3m_ are called with it
 * held and do not sleep.
 */
#ifndef __SMMU3_MODEL_PRIV_H
#define __SMMU3_MODEL_PRIV_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "cd.h"
#include "model.h"
#include "ring.h"
#include "ste.h"

struct task_struct;

#define SMMU3M_BASE		0x70000000000ULL
#define SMMU3M_SIZE		(2 * SMMU3_PAGE1)
#define SMMU3M_REGS		(SMMU3M_SIZE / sizeof(u32))

#define SMMU3M_EVTQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_PROD)
#define SMMU3M_EVTQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_EVENTQ_CONS)
#define SMMU3M_PRIQ_PROD	(SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_PROD)
#define SMMU3M_PRIQ_CONS	(SMMU3_PAGE1 + SMMU3_PAGE1_PRIQ_CONS)

#define SMMU3M_COMPLAINTS	16
#define SMMU3M_COMPLAINT_LEN	160
#define SMMU3M_ENTRIES		512
#define SMMU3M_TLB		2048
#define SMMU3M_ATC		512
#define SMMU3M_PARKED		64
#define SMMU3M_GROUPS		128
#define SMMU3M_ANSWERS		128

/**
 * enum smmu3m_kind - configuration structures
 * @SMMU3M_STE: stream table entry
 * @SMMU3M_CD: context descriptor
 * @SMMU3M_L1STD: level-1 descriptor of the stream table
 * @SMMU3M_L1CD: level-1 descriptor of a CD table
 */
enum smmu3m_kind {
	SMMU3M_STE,
	SMMU3M_CD,
	SMMU3M_L1STD,
	SMMU3M_L1CD,
};

/**
 * struct smmu3m_entry - a configuration structure that was read
 * @known: @w is what it last was known to be
 * @cached: and it may be used from the cache
 * @kind: what it is
 * @sid: stream; of an L1STD, the first that it is for
 * @sid_last: the last one
 * @ssid: PASID; of an L1CD, the first that it is for; else 0
 * @ssid_last: the last one
 * @addr: where it was
 * @w: its words; a descriptor has one
 */
struct smmu3m_entry {
	bool known;
	bool cached;
	enum smmu3m_kind kind;
	u32 sid;
	u32 sid_last;
	u32 ssid;
	u32 ssid_last;
	u64 addr;
	u64 w[SMMU3_STE_WORDS];
};

/**
 * enum smmu3m_regime - what a cached translation is tagged with
 * @SMMU3M_EL1: stage 1, or both: ASID and VMID
 * @SMMU3M_EL2: stage 1 of the EL2 world: ASID
 * @SMMU3M_S2: stage 2: VMID
 */
enum smmu3m_regime {
	SMMU3M_EL1,
	SMMU3M_EL2,
	SMMU3M_S2,
};

/* Permissions, for unprivileged accesses; shifted for privileged ones */
#define SMMU3M_R		BIT(0)
#define SMMU3M_W		BIT(1)
#define SMMU3M_X		BIT(2)
#define SMMU3M_PRIV		3
#define SMMU3M_ALL		GENMASK(5, 0)

/**
 * struct smmu3m_tlbe - a cached translation, or a cached table
 * @used: there is one
 * @table: @pa is the table that a descriptor leads to, not where a page is
 * @regime: tags that it has
 * @global: for any ASID
 * @clean: a write must first mark the descriptor dirty
 * @asid: tag
 * @vmid: tag
 * @granule_lg2: of the tables that it came from
 * @size_lg2: of the range that it is for
 * @level: of the descriptor
 * @perm: what is permitted; of a table, what it leaves to its descriptors
 * @va: start of the range
 * @pa: where it leads
 */
struct smmu3m_tlbe {
	bool used;
	bool table;
	enum smmu3m_regime regime;
	bool global;
	bool clean;
	u16 asid;
	u16 vmid;
	u8 granule_lg2;
	u8 size_lg2;
	s8 level;
	u8 perm;
	u64 va;
	u64 pa;
};

/**
 * struct smmu3m_inv - what a TLBI command is about
 * @regime: tags that it names
 * @asid: ASID, or -1 for all
 * @vmid: VMID, or -1 for all
 * @by_asid: translations for any ASID are not meant (it has no address)
 * @leaf: tables may stay
 * @ttl: level of the leaves that are meant, or 0 for all
 * @granule_lg2: granule that is meant, or 0 for any
 * @start: first address
 * @last: last address
 */
struct smmu3m_inv {
	enum smmu3m_regime regime;
	int asid;
	int vmid;
	bool by_asid;
	bool leaf;
	u8 ttl;
	u8 granule_lg2;
	u64 start;
	u64 last;
};

/**
 * struct smmu3m_atce - a translation in a device's ATC
 * @used: there is one
 * @sid: stream
 * @ssid: PASID of the request, or SMMU3_MODEL_NO_SSID
 * @perm: what is permitted
 * @size_lg2: of the range
 * @va: start of the range
 * @pa: where it leads
 */
struct smmu3m_atce {
	bool used;
	u32 sid;
	u32 ssid;
	u8 perm;
	u8 size_lg2;
	u64 va;
	u64 pa;
};

/**
 * struct smmu3m_tx - a transaction
 * @sid: stream
 * @ssid: PASID, or SMMU3_MODEL_NO_SSID
 * @iova: address
 * @flags: SMMU3_DMA_*
 * @buf: the device's memory, or NULL if no data is moved
 * @len: bytes at @buf
 */
struct smmu3m_tx {
	u32 sid;
	u32 ssid;
	u64 iova;
	unsigned int flags;
	void *buf;
	size_t len;
};

/**
 * struct smmu3m_stage - a stage of translation, as configured
 * @on: it is there
 * @s2: it is stage 2
 * @off: its tables are disabled (EPD)
 * @granule_lg2: granule
 * @ia_bits: input address size
 * @oa_bits: output address size
 * @start: level of the first table
 * @ttb: address of it
 * @ha: hardware sets the access flag
 * @hd: hardware sets the dirty state
 * @affd: a clear access flag is no fault
 * @big_endian: descriptors are
 * @wxn: what can be written cannot be executed
 * @pan: what is unprivileged is not for privileged data accesses
 * @one_priv: no unprivileged world (EL2 without E2H)
 * @record: faults are recorded
 * @stall: and stall
 * @abort: transactions that fault see an abort
 */
struct smmu3m_stage {
	bool on;
	bool s2;
	bool off;
	u8 granule_lg2;
	u8 ia_bits;
	u8 oa_bits;
	s8 start;
	u64 ttb;
	bool ha;
	bool hd;
	bool affd;
	bool big_endian;
	bool wxn;
	bool pan;
	bool one_priv;
	bool record;
	bool stall;
	bool abort;
};

/**
 * struct smmu3m_ctx - how a transaction is translated
 * @regime: of stage 1
 * @asid: tag
 * @vmid: tag
 * @eats: of the STE
 * @s1: stage 1
 * @s2: stage 2
 */
struct smmu3m_ctx {
	enum smmu3m_regime regime;
	u16 asid;
	u16 vmid;
	u8 eats;
	struct smmu3m_stage s1;
	struct smmu3m_stage s2;
};

/**
 * struct smmu3m_fault - why there is no translation
 * @event: SMMU3_F_* or SMMU3_C_*, 0 for a silent abort
 * @s2: of stage 2
 * @class: &enum smmu3_evt_class
 * @level: of the descriptor, or -1
 * @ipa: what stage 2 failed on
 * @fetch: physical address of a failed fetch
 */
struct smmu3m_fault {
	u8 event;
	bool s2;
	u8 class;
	s8 level;
	u64 ipa;
	u64 fetch;
};

/**
 * struct smmu3m_leaf - a translation
 * @cached: from the TLB
 * @clean: a write would change the dirty state
 * @global: for any ASID
 * @level: of the descriptor
 * @size_lg2: of page or block
 * @perm: what is permitted
 * @pa: of the address that was asked for
 */
struct smmu3m_leaf {
	bool cached;
	bool clean;
	bool global;
	s8 level;
	u8 size_lg2;
	u8 perm;
	u64 pa;
};

/**
 * enum smmu3m_way - what the configuration says about a transaction
 * @SMMU3M_TRANSLATE: as the context says
 * @SMMU3M_PASS: untranslated
 * @SMMU3M_FAULT: not at all; the fault says why
 */
enum smmu3m_way {
	SMMU3M_TRANSLATE,
	SMMU3M_PASS,
	SMMU3M_FAULT,
};

/**
 * struct smmu3m_parked - a transaction that stalled once
 * @tx: what it is
 * @evt: its record
 * @unrecorded: which the event queue had no room for
 * @answered: there was a CMD_RESUME for it
 * @by_hand: it is only a record, from smmu3_model_event()
 * @result: what became of it
 */
struct smmu3m_parked {
	struct smmu3m_tx tx;
	struct smmu3_evt evt;
	bool unrecorded;
	bool answered;
	bool by_hand;
	struct smmu3_dma_result result;
};

/**
 * struct smmu3m_group - a page request group that waits for its answer
 * @used: it does
 * @sid: stream
 * @ssid: PASID, or SMMU3_MODEL_NO_SSID
 * @group: PRG index
 */
struct smmu3m_group {
	bool used;
	u32 sid;
	u32 ssid;
	u16 group;
};

/**
 * struct smmu3_model_state - what a unit has inside
 * @lock: guards all of it
 * @test: test that it belongs to
 * @thread: looks at the registers, where nobody tells of writes
 * @shadow: registers as the unit has accepted them
 * @complaints: what was illegal
 * @num_complaints: length of @complaints
 * @lost_complaints: further ones
 * @entries: configuration cache
 * @next_entry: entry to replace next
 * @tlb: translations and tables
 * @next_tlb: translation to replace next
 * @atc: ATCs of all devices
 * @next_atc: translation to replace next
 * @parked: transactions that stalled, in order; the index is their ticket
 * @num_parked: length of @parked
 * @next_stag: STAG to use next
 * @groups: page request groups that wait
 * @answers: answers to groups, oldest first
 * @num_answers: length of @answers
 * @sync_due: when the CMD_SYNC whose turn it is completes, or 0
 * @atc_waits: a CMD_ATC_INV was not answered
 */
struct smmu3_model_state {
	raw_spinlock_t lock;
	struct kunit *test;
	struct task_struct *thread;
	u32 *shadow;
	char complaints[SMMU3M_COMPLAINTS][SMMU3M_COMPLAINT_LEN];
	unsigned int num_complaints;
	unsigned int lost_complaints;
	struct smmu3m_entry entries[SMMU3M_ENTRIES];
	unsigned int next_entry;
	struct smmu3m_tlbe tlb[SMMU3M_TLB];
	unsigned int next_tlb;
	struct smmu3m_atce atc[SMMU3M_ATC];
	unsigned int next_atc;
	struct smmu3m_parked parked[SMMU3M_PARKED];
	unsigned int num_parked;
	u16 next_stag;
	struct smmu3m_group groups[SMMU3M_GROUPS];
	struct smmu3_page_answer answers[SMMU3M_ANSWERS];
	unsigned int num_answers;
	ktime_t sync_due;
	bool atc_waits;
};

/* model.c: registers */
void smmu3m_write_reg(struct smmu3_model *model, u32 offset, u32 val);
void smmu3m_set(struct smmu3_model *model, u32 offset, u32 val);
u64 smmu3m_get64(struct smmu3_model *model, u32 offset);

static inline u32 smmu3m_get(struct smmu3_model *model, u32 offset)
{
	return model->state->shadow[offset / 4];
}

static inline u32 smmu3m_idr(struct smmu3_model *model, u32 offset)
{
	return smmu3m_get(model, offset);
}

static inline bool smmu3m_cr0(struct smmu3_model *model, u32 bit)
{
	return smmu3m_get(model, SMMU3_CR0) & bit;
}

/* model_check.c */
__printf(2, 3)
void smmu3m_complain(struct smmu3_model *model, const char *fmt, ...);
const char *smmu3m_check_ste(struct smmu3_model *model, const u64 *w);
const char *smmu3m_check_cd(struct smmu3_model *model, const u64 *ste,
			    const u64 *w);
void smmu3m_check_change(struct smmu3_model *model,
			 const struct smmu3m_entry *old, const u64 *now);
bool smmu3m_has_granule(struct smmu3_model *model, unsigned int lg2);

/* Address bits of an SMMU3_OAS_*, 0 if it is reserved */
unsigned int smmu3m_oas_bits(unsigned int oas);
/* log2 of the granule of CD.TG0, CD.TG1, STE.S2TG, 0 if it is reserved */
unsigned int smmu3m_tg0_lg2(unsigned int tg);
unsigned int smmu3m_tg1_lg2(unsigned int tg);
int smmu3m_s2_start(unsigned int granule_lg2, unsigned int sl0);

/* model_check_cmd.c: what is wrong with a command, or NULL */
const char *smmu3m_check_cmd(struct smmu3_model *model,
			     const struct smmu3_cmd *cmd);

/* model_config.c */
enum smmu3m_way smmu3m_configure(struct smmu3_model *model,
				 const struct smmu3m_tx *tx,
				 struct smmu3m_ctx *ctx,
				 struct smmu3m_fault *fault);
enum smmu3m_way smmu3m_stream(struct smmu3_model *model, u32 sid,
			      struct smmu3m_ctx *ctx,
			      struct smmu3m_fault *fault);
struct smmu3_view smmu3m_view(struct smmu3_model *model, u32 sid);
void smmu3m_cfgi_streams(struct smmu3_model *model, u32 sid, u32 last,
			 bool leaf);
void smmu3m_cfgi_cd(struct smmu3_model *model, u32 sid, u32 ssid, bool all,
		    bool leaf);

/* model_walk.c */
bool smmu3m_translate(struct smmu3_model *model, const struct smmu3m_ctx *ctx,
		      u64 iova, unsigned int flags, struct smmu3m_leaf *leaf,
		      struct smmu3m_fault *fault);
u8 smmu3m_need(unsigned int flags);

/* NULL if there is no memory */
static inline void *smmu3m_memory(u64 pa)
{
	return pfn_valid(PHYS_PFN(pa)) ? phys_to_virt(pa) : NULL;
}

/* model_tlb.c */
struct smmu3m_tlbe *smmu3m_tlb_find(struct smmu3_model *model, bool table,
				    enum smmu3m_regime regime, u16 asid,
				    u16 vmid, u64 va);
void smmu3m_tlb_add(struct smmu3_model *model, const struct smmu3m_tlbe *new);
void smmu3m_tlb_remove(struct smmu3_model *model, const struct smmu3m_inv *inv);
struct smmu3m_atce *smmu3m_atc_find(struct smmu3_model *model, u32 sid,
				    u32 ssid, u64 va);
void smmu3m_atc_add(struct smmu3_model *model, const struct smmu3m_atce *new);
void smmu3m_atc_remove(struct smmu3_model *model, u32 sid, u32 ssid,
		       u64 start, u64 last);

/* model_queue.c */
void smmu3m_consume(struct smmu3_model *model);
bool smmu3m_is_idle(struct smmu3_model *model);
bool smmu3m_put_event(struct smmu3_model *model, const struct smmu3_evt *evt);
bool smmu3m_put_request(struct smmu3_model *model, u64 w0, u64 w1);
void smmu3m_raise(struct smmu3_model *model, u32 gerrors);

/* model_cmd.c: true if the command was executed, else SMMU3_CERROR_* is set */
bool smmu3m_execute(struct smmu3_model *model, const struct smmu3_cmd *cmd,
		    u32 *cerror);

/* model_dma.c */
void smmu3m_resume(struct smmu3_model *model, u32 sid, u16 stag,
		   unsigned int resp);
void smmu3m_stall_term(struct smmu3_model *model, u32 sid);
void smmu3m_stall_end_all(struct smmu3_model *model);
void smmu3m_park_by_hand(struct smmu3_model *model,
			 const struct smmu3_evt *evt);
void smmu3m_record_late(struct smmu3_model *model);

/* model_ats.c */
void smmu3m_page_response(struct smmu3_model *model,
			  const struct smmu3_page_answer *answer);

/* model_unit.c */
void smmu3m_show_id(struct smmu3_model *model);
/* As all register writes of before have had their effect */
void smmu3m_lock(struct smmu3_model *model, unsigned long *flags)
	__acquires(&model->state->lock);
void smmu3m_unlock(struct smmu3_model *model, unsigned long flags)
	__releases(&model->state->lock);

#endif /* __SMMU3_MODEL_PRIV_H */
