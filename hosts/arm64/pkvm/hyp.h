/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pKVM model as the untrusted host sees it: what EL2 enforces for a protected VM. The host
 * reaches guest memory and vCPUs by these calls only, as a real one reaches EL2 by hypercalls of
 * its own; their form is ours, since no guest ever sees it.
 *
 * Two profiles. Upstream (Linux 7.2): EL2 answers FEATURES, HYP_MEMINFO, MEM_SHARE, MEM_UNSHARE and
 * passes every other call to the host; registers are not isolated. Android: EL2 answers all calls
 * (PSCI, TRNG, UID, MMIO guard, relinquish), and the host sees of a vCPU only what its exit needs.
 */
#ifndef PKVM_HYP_H
#define PKVM_HYP_H

#include "abi/rmi.h" /* struct rmi_rec_run */
#include "status.h"
#include "types.h"

enum pkvm_profile { PKVM_UPSTREAM, PKVM_ANDROID };

struct pkvm_vm_config {
	enum pkvm_profile profile;
	unsigned ipa_bits;
	u64 granule; /* page size of the host: 4, 16 or 64 KiB; the unit of all below */
	unsigned cpus;
	u64 pvmfw; /* IPA of registered firmware, where vCPU 0 then starts; 0: the host chooses */
};

void pkvm_init(void);
void pkvm_init_cpu(void);

/* One VM. ST_INVALID: no such configuration. */
enum status pkvm_vm_create(const struct pkvm_vm_config *c);

/*
 * A granule of the host's memory becomes the guest's, content and all; from now on the host has no
 * access. ST_ALIGN, ST_RANGE: not a granule or beyond the IPA space. ST_STATE: there is a page at
 * that IPA, or that memory is not the host's.
 */
enum status pkvm_donate(u64 ipa, u64 pa);
/* Takes a granule back by force, wiped. The guest's next touch ends its run (EFAULT), for good. */
enum status pkvm_reclaim(u64 ipa);

/*
 * The host's own access to guest memory: its pointer to the byte at this IPA while the host's stage
 * 2 has the page (shared by the guest, or given back), else NULL: on hardware the access would
 * fault. Until the end of the page. A shared page may become private at any time another CPU runs.
 */
void *pkvm_host_access(u64 ipa);
bool pkvm_is_shared(u64 ipa);
/* Machine address behind a page whoever owns it, 0: none. For what the host searches at the end and
 * for faults; a conformant host reads nothing through it. */
u64 pkvm_backing(u64 ipa);

/* COOP_SHARE_CONTENT: the guest shares content on purpose, which is no violation meanwhile. */
void pkvm_allow_content(bool allowed);

/* pc and x0 as the host wants vCPU 0 to start; Android with pvmfw ignores pc. The others start off
 * (Android) or when the host resets them (upstream). */
enum status pkvm_vcpu_create(unsigned index, u64 pc, u64 x0);
/* Upstream, where CPU_ON is the host's: pc, x0 and power of any vCPU that does not run. Android:
 * ST_DENIED. */
enum status pkvm_vcpu_reset(unsigned index, u64 pc, u64 x0);

/*
 * Runs a vCPU until the host is needed. The record of entry and exit is RMI's (abi/rmi.h): what a
 * host must tell and be told is the same. It is copied once at entry.
 *
 * RMI_EXIT_SYNC: esr, hpfar, far of a stage-2 abort: the host donates a page, or emulates a device
 * (gprs[0] is the data; RMI_ENTER_EMUL_MMIO answers, RMI_ENTER_INJECT_SEA refuses); of WFx; of a
 * trapped register (gprs[0]); upstream EC 0x16, a call for the host: gprs[0..3], which the next
 * entry's gprs[0..3] answer.
 *
 * RMI_EXIT_PSCI (Android): gprs[0] function, gprs[1] target: EL2 has done its part, the host
 * schedules.
 *
 * RMI_EXIT_IRQ, RMI_EXIT_FIQ, RMI_EXIT_SERROR: something of the machine or a timer.
 *
 * Upstream, gprs[] of each exit carry all of the vCPU's registers; for a device access gprs[0] is
 * still the data, and x0 is told nowhere else then.
 */
enum pkvm_run {
	PKVM_RAN,
	PKVM_OFF,    /* CPU_OFF, or not started yet */
	PKVM_ENDED,  /* SYSTEM_OFF or SYSTEM_RESET: no CPU runs again */
	PKVM_FAULT,  /* memory taken by force was touched (EFAULT): likewise */
	PKVM_REFUSED /* no such vCPU, it runs already, or a reply to nothing that was asked */
};
enum pkvm_run pkvm_vcpu_run(unsigned index, struct rmi_rec_run *run);

/* Counted by the model: granules that were shared, unshared and guarded, calls that had to wait for
 * a page, and the like. */
struct pkvm_counters {
	u64 calls, shares, unshares, guards, replays, psci_calls, violations;
};
void pkvm_get_counters(struct pkvm_counters *c);

#endif
