/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the model: granules, realms, RECs and what the files of rmm/ offer each other.
 *
 * The state of a realm's address space is its stage-2 tables and nothing else; the realm and REC
 * objects lie in the granules the host delegated for them, as in a real RMM. One lock (model_lock)
 * guards all of it and is released only while a guest runs and while a token is signed: a page
 * looked up before either may be somebody else's afterwards.
 */
#ifndef RMM_MODEL_H
#define RMM_MODEL_H

#include "abi/rmi.h"
#include "abi/rsi.h"
#include "common/mutant.h"
#include "core/core.h"
#include "el2/el2.h"
#include "rmm/attest.h"
#include "rmm/rmm.h"
#include "types.h"

#define REALM_MAX_RECS  16u
#define REC_AUX_PAGES   1u
#define VMID_COUNT      256u
#define S2_ENTRIES      512u
#define S2_MAX_ROOT     16u
#define IPA_BITS_MIN    32u
#define IPA_BITS_MAX    48u
#define TOKEN_YIELDS    2u   /* CONTINUE calls that produce nothing; the last of them signs */
#define UNKNOWN_CONTENT 0xd6 /* never zero: catches guests that take new memory for zeroed */

/* ---- granules (granule.c) ---- */
enum granule_state {
	GRANULE_NS,
	GRANULE_DELEGATED,
	GRANULE_RD,
	GRANULE_REC,
	GRANULE_REC_AUX,
	GRANULE_RTT,
	GRANULE_DATA,
};

void granule_init(void);
/* False also for an address that is not a granule of machine memory. */
bool granule_is(u64 pa, enum granule_state state);
void granule_set(u64 pa, enum granule_state state); /* pa passed granule_is() */
void granule_scrub(u64 pa, enum granule_state state);
void granule_ns_map(u64 pa, u64 size, bool mapped);
bool granule_ns_range(u64 pa, u64 size);
void *pa_to_ptr(u64 pa);
u64 rmi_granule_delegate(const u64 *a);
u64 rmi_granule_undelegate(const u64 *a);

/* ---- realms (realm.c) ---- */
enum realm_state { REALM_NEW, REALM_ACTIVE, REALM_SYSTEM_OFF };

struct realm {
	enum realm_state state;
	unsigned ipa_bits, root_tables;
	unsigned start_level;
	u64 rtt_base, vttbr, vtcr;
	u16 vmid;
	unsigned objects; /* RECs and RTTs below the root: must be 0 to destroy */
	unsigned nr_recs;
	u64 recs[REALM_MAX_RECS]; /* machine addresses, 0 = destroyed */
	u8 rpv[RSI_CONFIG_RPV_SIZE];
	struct measurement_ctx meas;
	u64 restored;         /* page last changed from DESTROYED to RAM (faults only) */
	u64 config_reads;     /* REALM_CONFIG calls so far (faults only) */
	u64 boot_ripas_reach; /* last answer of the boot REC (fault ripas.progress-shared) */
};

void vmid_init(void);
struct realm *realm_of(u64 rd); /* NULL when rd is no RD granule */
void realm_flush(const struct realm *realm);
u64 realm_ipa_size(const struct realm *realm);
bool realm_protected(const struct realm *realm, u64 ipa);
/* [base, base + size) lies wholly in the protected half. */
bool realm_protected_range(const struct realm *realm, u64 base, u64 size);
u64 realm_feature_register_0(void);
u64 rmi_realm_create(const u64 *a);
u64 rmi_realm_activate(const u64 *a);
u64 rmi_realm_destroy(const u64 *a);

/* ---- stage 2 (s2.c): the entry encoding ---- */
enum hipas { HIPAS_UNASSIGNED, HIPAS_ASSIGNED, HIPAS_TABLE };

struct s2_walk {
	u64 *table;     /* the table the walk ended in */
	u64 *entry;     /* its entry for the IPA */
	unsigned index; /* of the entry within its 512-entry table */
	unsigned level; /* level of that table */
};

u64 s2_entry_size(unsigned level);
u64 s2_table_pa(u64 entry);
bool s2_is_table(u64 entry, unsigned level);
bool s2_is_valid_leaf(u64 entry, unsigned level);
enum hipas s2_hipas(u64 entry, unsigned level);
unsigned s2_ripas(u64 entry);
u64 s2_output(u64 entry, unsigned level);
u64 s2_make_table(u64 pa);
u64 s2_make_unassigned(unsigned ripas);
u64 s2_make_assigned(u64 pa, unsigned level, unsigned ripas);
u64 s2_make_ns(u64 desc, unsigned level);
u64 s2_ns_host_desc(u64 entry, unsigned level);
u64 s2_ns_desc_mask(unsigned level);
bool s2_is_live(u64 entry, unsigned level);
u64 s2_child(u64 parent, unsigned level, unsigned i); /* entry i of the table that splits parent */
u64 s2_parent(u64 child, unsigned level); /* assigned block that starts where the page child does */
void s2_walk(const struct realm *realm, u64 ipa, unsigned to_level, struct s2_walk *w);
/* End of the run of entries from *w on that are not live: what a host may skip. */
u64 s2_next_live(const struct s2_walk *w, u64 ipa, bool from_next);

/* ---- tables, data, RIPAS by RMI ---- */
u64 rmi_rtt_create(const u64 *a);
u64 rmi_rtt_destroy(const u64 *a, u64 *out);
u64 rmi_rtt_fold(const u64 *a, u64 *out);
u64 rmi_rtt_read_entry(const u64 *a, u64 *out);
u64 rmi_rtt_map_unprotected(const u64 *a);
u64 rmi_rtt_unmap_unprotected(const u64 *a, u64 *out);
u64 rmi_data_create(const u64 *a);
u64 rmi_data_create_unknown(const u64 *a);
u64 rmi_data_destroy(const u64 *a, u64 *out);
/* The host's page behind the alias of a private address, NULL when there is none. */
void *shared_page(const struct realm *r, u64 ipa);
void leak_keep(u64 ipa, const void *page); /* fault shared.private-leaked */
u64 rmi_rtt_init_ripas(const u64 *a, u64 *out);
u64 rmi_rtt_set_ripas(const u64 *a, u64 *out);

/* ---- RECs (rec.c) ---- */
enum pending { PENDING_NONE, PENDING_RIPAS, PENDING_HOST_CALL, PENDING_PSCI };
enum token_state { TOKEN_NONE, TOKEN_STARTED, TOKEN_READY };

struct rec {
	struct el2_cpu cpu;
	struct realm *realm;
	u64 pa, aux[REC_AUX_PAGES];
	unsigned index;
	bool runnable, running;
	bool off_ignored; /* fault psci.cpu-off-ignored: stays ON for the others */

	enum pending pending;
	struct {
		u64 base, top, addr;
		u64 flags;
		unsigned value;
	} ripas;
	u64 host_call; /* IPA of the structure */
	struct {
		u32 fid;
		u64 mpidr, entry, context;
		unsigned target;
	} psci;

	/* The last exit, for the replies EMUL_MMIO and INJECT_SEA and a sysreg read. */
	struct {
		u64 esr, far, ipa;
		bool emulatable, unprotected_abort, sysreg_read;
	} last;

	struct {
		enum token_state state;
		u8 challenge[RSI_CHALLENGE_SIZE];
		unsigned yields;
		size_t len, sent;
	} token;
};

struct rec *rec_of(u64 pa); /* NULL when pa is no REC granule */
void rec_reset(struct rec *rec, u64 pc, u64 pstate);
struct rec *rec_by_mpidr(const struct realm *realm,
			 u64 mpidr);  /* as a guest names it; NULL = none */
u64 rec_mpidr(const struct rec *rec); /* affinity fields only */
bool rec_is_on(const struct rec *rec);
#define REC_START_PSTATE PSTATE_START
u64 rmi_rec_create(const u64 *a);
u64 rmi_rec_destroy(const u64 *a);
u64 rmi_rec_aux_count(const u64 *a, u64 *out);
u64 rmi_psci_complete(const u64 *a);

/* ---- running (run.c, exit.c, abort.c, sysreg.c, controls.c) ---- */
/* Called with the lock held; releases it while the guest runs. */
u64 rmi_rec_enter(const u64 *a);

/* What a handler decides about the exit it was given. */
enum next { RESUME, TO_HOST };

enum next exit_handle(struct rec *rec, struct rmi_rec_exit *ex, const struct core_exit_info *info);
enum next abort_handle(struct rec *rec, struct rmi_rec_exit *ex, const struct core_exit_info *info);
bool abort_reply_valid(const struct rec *rec, u64 flags);
void abort_reply(struct rec *rec, u64 flags, u64 value);
/* A buffer of the guest is RAM without a page: the host sees a data abort there. */
enum next abort_emulate(struct rec *rec, struct rmi_rec_exit *ex, u64 ipa, unsigned level);
enum next sysreg_handle(struct rec *rec, struct rmi_rec_exit *ex, u64 esr);
/* As inject_sea(), with this model's faults. */
void sea_inject(struct rec *rec, u64 esr, u64 far);
void controls_init(struct rec *rec);

/* ---- calls of the guest ---- */
enum next call_handle(struct rec *rec, struct rmi_rec_exit *ex);
void call_return(struct rec *rec, u64 x0, u64 x1, u64 x2, u64 x3);
enum next rsi_ipa_state_set(struct rec *rec, struct rmi_rec_exit *ex);
enum next rsi_ipa_state_get(struct rec *rec);
enum next rsi_realm_config(struct rec *rec, struct rmi_rec_exit *ex);
enum next rsi_host_call(struct rec *rec, struct rmi_rec_exit *ex);
enum next rsi_measurement_read(struct rec *rec);
enum next rsi_measurement_extend(struct rec *rec);
enum next rsi_token_init(struct rec *rec);
enum next rsi_token_continue(struct rec *rec, struct rmi_rec_exit *ex);
bool small_change(const struct rec *rec);
void rsi_ipa_state_set_complete(struct rec *rec, bool reject);
/* False: the page vanished meanwhile; the REC must not run, *next says what the host sees. */
bool rsi_host_call_complete(struct rec *rec, const struct rmi_rec_enter *enter,
			    struct rmi_rec_exit *ex);
enum next psci_handle(struct rec *rec, struct rmi_rec_exit *ex, u32 fid);

enum guest_page { GUEST_PAGE_OK, GUEST_PAGE_EMPTY, GUEST_PAGE_ABSENT };
/* The private page behind a guest buffer; ipa lies in the protected half. */
enum guest_page guest_page(const struct realm *realm, u64 ipa, u8 **ptr, unsigned *level);

/* ---- trace of what guests do wrong (violation.c) ---- */
enum violation {
	VIOLATION_HVC,
	VIOLATION_FETCH_SHARED,
	VIOLATION_WALK_SHARED,
	VIOLATION_BBM_SKIPPED,
	VIOLATION_MMIO,
	VIOLATION_UNSCRUBBED,
	VIOLATION_KINDS
};

void violation(const struct rec *rec, enum violation kind, u64 ipa);
void violation_on_touch(const struct rec *rec, u64 va, u64 ipa); /* stage-2 abort there */
void violation_on_tlbi(const struct rec *rec, u64 insn, u64 x);  /* trapped TLB maintenance */
void violation_on_convert(const struct rec *rec, u64 ipa,
			  u64 size); /* RIPAS changes to or from EMPTY */
void violation_on_private(const struct rec *rec, u64 base, u64 top); /* asked: EMPTY to RAM */

extern struct core_lock model_lock;
extern struct rmm_counters counters;

#endif
