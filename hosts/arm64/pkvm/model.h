/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the pKVM model: the VM, its vCPUs, and what the files of pkvm/ offer each other.
 *
 * The state of a page is its stage-2 entry and nothing else; what the host owns of machine memory
 * is a bit per page. One lock (model_lock) guards all of it and is released only while a guest
 * runs: a page looked up before that may be somebody else's afterwards.
 */
#ifndef PKVM_MODEL_H
#define PKVM_MODEL_H

#include "abi/pkvm.h"
#include "abi/rmi.h"
#include "common/mutant.h"
#include "core/core.h"
#include "el2/el2.h"
#include "pkvm/hyp.h"
#include "types.h"

#define VM_MAX_CPUS  CORE_MAX_CPUS
#define IPA_BITS_MIN 32u
#define IPA_BITS_MAX 40u /* PARange of a protected VM is at most that */

/* ---- the VM (vm.c) ---- */
/* PENDING: CPU_ON was accepted, the host has not run it yet. */
enum power { POWER_OFF, POWER_PENDING, POWER_ON };

struct hyp_vcpu {
	struct el2_cpu cpu;
	unsigned index;
	bool exists, running;
	bool off_ignored;    /* fault psci.off-ignored: stays ON for the others */
	bool started_before; /* fault psci.context-lost */
	enum power power;
	bool host_call; /* the last exit was a call: the next entry's gprs[0..3] are its results */

	/* The last exit, for the replies EMUL_MMIO and INJECT_SEA and a register read. */
	struct {
		u64 esr, far, ipa;
		bool emulatable, abort, sysreg_read;
	} last;
};

struct hyp_vm {
	bool created;
	bool enrolled; /* MMIO_GUARD_ENROLL: for good */
	bool ended;    /* SYSTEM_OFF, SYSTEM_RESET: for good */
	bool faulted;  /* a CPU touched a reclaimed page: for good */
	enum pkvm_profile profile;
	unsigned ipa_bits, cpus;
	u64 granule, pvmfw;
	u64 root, vtcr, vttbr;
	struct hyp_vcpu vcpus[VM_MAX_CPUS];
};
extern struct hyp_vm hyp_vm;

struct hyp_vcpu *vcpu_at(unsigned index); /* NULL: none */
/* As a guest names it, other bits than affinity fields clear; NULL: none. */
struct hyp_vcpu *vcpu_by_mpidr(u64 mpidr);
/* All of its state anew, MMU off; power and controls stay. */
void vcpu_begin(struct hyp_vcpu *v, u64 pc, u64 x0, u64 pstate);

/* ---- stage 2 (s2.c): tables of 4 KiB pages, a granule is 1, 4 or 16 entries ---- */
enum page_state {
	PAGE_NONE,         /* never had a page, or a device is there */
	PAGE_OWNED,        /* the guest's alone */
	PAGE_SHARED,       /* the guest's, the host may access it */
	PAGE_RECLAIMED,    /* taken back by force: a touch ends the VM */
	PAGE_RELINQUISHED, /* given back: the host may donate another */
};

struct page {
	enum page_state state;
	u64 pa;       /* machine address of the granule; 0: none */
	bool host;    /* the host's stage 2 has it */
	bool guarded; /* MMIO_GUARD; only without a page */
	bool no_exec; /* a fetch from it is yet to be reported */
};

/* Root and pool of tables. ST_NO_MEMORY. */
enum status s2_create(void);
/* The granule of this address, which is below the IPA size. */
struct page s2_get(u64 ipa);
/* Writes it; with every change that takes something away, the TLBs are flushed. false: no table
 * left. Never fails where s2_get() found anything. */
bool s2_set(u64 ipa, struct page p);
bool ipa_valid(u64 ipa); /* below the IPA size */

/* ---- pages (mem.c), with the lock held ---- */
void mem_init(void); /* what the host owns: all that is not the monitor's */
/* Of one granule, p as s2_get() found it: OWNED; SHARED; either. */
void mem_share(u64 ipa, struct page p);
void mem_unshare(u64 ipa, struct page p);
void mem_relinquish(u64 ipa, struct page p);
/* A trace run saw the fetch from a shared page: from now on it is allowed, as the sheet says. */
void mem_allow_fetch(u64 ipa);
void *pa_to_ptr(u64 pa);

/* ---- registered firmware (pvmfw.c) ---- */
/* Once, before any page is donated: the guest's image is the firmware, and the bootloader leaves
 * configuration of this kind behind it. ST_RANGE: no room for both in PVMFW_SIZE. */
enum status pvmfw_prepare(enum pvmfw_config_kind kind);
/* A granule is about to become the guest's: in the firmware's place its content is EL2's. */
void pvmfw_fill(u64 ipa, u64 pa);

/* ---- MMIO guard (guard.c) ---- */
/* Android: this VM has a guard at all. */
bool guard_offered(void);
/* An access to this IPA, where no page is, is shown to the host as a device's: data and syndrome.
 * Otherwise the host sees the address alone, and can only donate a page or let the access abort. */
bool guard_open(u64 ipa);

/* ---- calls of the guest (call.c, share.c, guard.c, psci.c, trng.c) ---- */
/* What a handler decides about the exit it was given. */
enum next { RESUME, TO_HOST };

/* HVC; pc is behind it already. */
enum next call_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex);
/* Upstream: the host's answer to the call of the last exit, at the next entry. */
void call_answer(struct hyp_vcpu *v, const struct rmi_rec_enter *enter);
void call_return(struct hyp_vcpu *v, s64 x0, u64 x1, u64 x2, u64 x3);
/* The call runs again once the host has put a page there: it sees a write that faulted. */
enum next call_replay(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u64 ipa);
enum next call_meminfo(struct hyp_vcpu *v);
enum next call_share(struct hyp_vcpu *v, struct rmi_rec_exit *ex);
enum next call_unshare(struct hyp_vcpu *v);
enum next call_relinquish(struct hyp_vcpu *v);
enum next guard_call(struct hyp_vcpu *v, u32 fid); /* GUARD_INFO to RGUARD_UNMAP */
enum next psci_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid);
enum next trng_handle(struct hyp_vcpu *v, u32 fid);

/* ---- running (run.c, exit.c, abort.c, sysreg.c, controls.c) ---- */
enum next exit_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
		      const struct core_exit_info *info);
enum next abort_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
		       const struct core_exit_info *info);
/* RMI_ENTER_EMUL_MMIO, RMI_ENTER_INJECT_SEA of an entry whose flags were found valid. */
void abort_reply(struct hyp_vcpu *v, u64 flags, u64 value);
enum next sysreg_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u64 esr);
/* Upstream: the registers the host sees at any exit. */
void exit_expose(const struct hyp_vcpu *v, struct rmi_rec_exit *ex);
/* Called once by pkvm_vcpu_create(): traps and stage 2 of hyp_vm. */
void controls_init(struct hyp_vcpu *v);

/* ---- lies (lies.c) ---- */
/* The call has its answer: a fault of lies.def. */
bool lie_answers(struct hyp_vcpu *v, u32 fid);

/* ---- trace of what guests do wrong (violation.c) ---- */
enum violation {
	VIOLATION_UNSCRUBBED,   /* shares a page with other than zeros */
	VIOLATION_FETCH_SHARED, /* code in memory that the host can write */
	VIOLATION_MMIO,         /* a device access that no host can emulate */
	VIOLATION_UNGUARDED,    /* guard offered, but a device accessed before ENROLL */
	VIOLATION_SMC,
	VIOLATION_KINDS
};

void violation(const struct hyp_vcpu *v, enum violation kind, u64 ipa);
void violation_on_share(const struct hyp_vcpu *v, u64 ipa, struct page p);

extern struct core_lock model_lock;
extern struct pkvm_counters counters;

#endif
