/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted host's half for a protected VM: what the host kernel and its VMM do. Guest memory
 * is given page by page, when the guest first touches it; from then on the host reaches what the
 * guest shares and nothing else.
 */
#ifndef VMM_PKVM_H
#define VMM_PKVM_H

#include "pkvm/hyp.h"
#include "vmm/vmm.h"

/* Guest memory stands at NS_BASE + IPA in the machine. */
#define MEMORY_LIMIT (NS_END - NS_BASE)

struct pkvm_host {
	struct range firmware; /* pvmfw's place: memory besides vm.ram; size 0: none */
	struct {
		u64 donated, registers_exposed;
	} count;
};
extern struct pkvm_host pkvm_host;

/* ---- memory.c ---- */
/* Is there memory of this guest at that address? */
bool memory_has(u64 ipa);
/* What the guest finds there when it first looks; before it is given. Inside of guest memory. */
void memory_load(u64 ipa, const void *data, size_t size);
/* The granule of this address becomes the guest's, with neighbours when `around`. Fresh memory has
 * a pattern in it that is not zero. ST_OK also where it is the guest's already. */
enum status memory_give(u64 ipa, bool around);
/* Takes the granule back, whatever is in it. */
enum status memory_reclaim(u64 ipa);

/* ---- pvmfw.c ---- */
/* pvmfw=1: crosvm's layout instead of image_place(). EL2 brings the firmware; of its place, and its
 * scratch memory behind it, this host gives the pages, all before the start. */
void firmware_place(void);
void firmware_give(void);
/* Makes the devicetree in `dtb` (`size` bytes) say what the configuration's dt_lie wants. What x0
 * is to be at the start. */
u64 devicetree_lie(void *dtb, size_t size);

/* ---- registers.c: what exits show (COOP_REGISTERS_SEEN) ---- */
void registers_seen(struct vcpu *v);
u64 registers_ask(struct vcpu *v, const u64 *in, u64 *out);

/* ---- psci.c ---- */
/* Android: EL2 has done its part. */
void exit_psci(struct vcpu *v);
/* Upstream: the whole of PSCI is the host's. arg[1..3] as the guest gave them, cut to the width of
 * the call; what X0 is to be. */
s64 host_psci(struct vcpu *v, u32 fid, const u64 *arg);
bool host_cpu_is_off(unsigned index);
void host_before_entry(const struct vcpu *v);

/* ---- calls.c: upstream, what EL2 leaves to the host; arguments and results of the guest's HVC */
void exit_call(struct vcpu *v);

#endif
