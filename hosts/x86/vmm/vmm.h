/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted host below both x86 models: what QEMU and KVM would do. Devices of the machine are
 * forwarded, interrupt controllers and fw_cfg are emulated. Nothing here knows SNP or TDX; the
 * models' own host halves (snp/ghcb*.c, tdx/tdvmcall*.c) call it when an exit reaches the host.
 */
#ifndef VMM_H
#define VMM_H

#include "core/core.h"

void vmm_init(void);    /* boot CPU, before model.launch() */
void vmm_summary(void); /* before the verdict */
/* The guest takes back a page of RAM: the host's last look at what it was shown there. */
void vmm_page_taken(u64 gpa);
void vmm_vcpu_init(struct vcpu *v); /* v->vmm: LAPIC with APIC id = index, x2APIC when asked */

/* ---- port I/O and MMIO, width 1, 2, 4 (MMIO also 8); nothing there reads all ones ---- */
u32 vmm_port_in(struct vcpu *v, u16 port, unsigned width);
void vmm_port_out(struct vcpu *v, u16 port, unsigned width, u32 value);
u64 vmm_mmio_read(struct vcpu *v, u64 gpa, unsigned width);
void vmm_mmio_write(struct vcpu *v, u64 gpa, unsigned width, u64 value);
/* Is this guest-physical address (no alias bit) something vmm_mmio_* may be asked for? False: RAM
 * or firmware. */
bool vmm_is_mmio(u64 gpa);

/* ---- CPUID and MSRs the host emulates ---- */
/* The CPU the host presents (plain view: no SEV, no TDX leaves), derived from the machine's:
 * without SVM, PCID, INVPCID...; APIC ids and OSXSAVE/PKE of this vCPU filled in; hypervisor leaves
 * 0x40000000.. as KVM's. */
void vmm_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4]);
/* false: no such MSR (the caller raises #GP or answers an error). x2APIC, APIC_BASE, MTRRs, PAT...
 */
bool vmm_msr_read(struct vcpu *v, u32 msr, u64 *value);
bool vmm_msr_write(struct vcpu *v, u32 msr, u64 value);

/* ---- interrupts ---- */
#define VMM_X2APIC_ONLY 1u
void lapic_reset(struct vcpu *v, unsigned flags);
/* What the timer counts, before division. With a crystal in CPUID 0x15 it is that (SDM, local APIC
 * timer). */
extern u64 vmm_apic_bus_hz;
u32 lapic_read(struct vcpu *v, unsigned offset); /* xAPIC offsets: 0x20, 0x300... */
void lapic_write(struct vcpu *v, unsigned offset, u32 value);
void lapic_icr(struct vcpu *v, u32 destination, u32 low); /* x2APIC ICR, whole */
/* The host raises `vector` on a vCPU (IOAPIC, MSI, notify). */
void vmm_raise(struct vcpu *v, unsigned vector);
/* Before entry: injects a pending NMI or the highest interrupt if the window is open, else asks for
 * the window; sets the machine timer for the next LAPIC timer. */
void vmm_inject(struct vcpu *v);
bool vmm_has_event(const struct vcpu *v); /* something would be injected */
/* HLT: returns when there is an event (IF clear: only an NMI counts). */
void vmm_halt(struct vcpu *v, bool interrupts_blocked);
/* Waits until vmm_unhalt(v), whatever else happens: CPUs not started, stopped or held. */
void vmm_park(struct vcpu *v);
/* vmm_halt() or vmm_park() of that vCPU returns, the next one if it is in none. */
void vmm_unhalt(struct vcpu *v);
/* NMIs stay blocked until this is called (SNP: NMI complete; TDX: the model tracks IRET itself). */
void vmm_nmi_done(struct vcpu *v);
bool vmm_nmi_waits(const struct vcpu *v); /* one is pending behind that */
/* INIT and SIPI sent through an ICR: the model decides what becomes of them. NULL: ignored. */
extern void (*vmm_on_init)(struct vcpu *target);
extern void (*vmm_on_sipi)(struct vcpu *target, u8 vector);

/* ---- the guest's memory as the host describes it ---- */
struct e820 {
	u64 base, size;
	u32 type; /* 1 RAM, 2 reserved */
} __attribute__((packed));
size_t vmm_e820(struct e820 *out, size_t max);

/* ---- coop: a port pair for checks that need the host's help (docs/architecture.md) ---- */
/* I/O ports and commands: include/abi/coop_x86.h. */

/* A model's own commands: in[0], in[1]... and out[0], out[1]... are arguments [1], [2]... of 64
 * bits. Returns COOP_OK, COOP_BAD or COOP_UNKNOWN. COOP_QUERY asks it for out[0], the mask of its
 * commands. NULL: none. */
#define VMM_COOP_VALUES 4
extern u32 (*vmm_coop_hook)(struct vcpu *v, u32 command, const u64 *in, u64 *out);
extern u64 vmm_conversions; /* counted by the models' host halves: what COOP_COUNTERS tells */

/* Another vCPU index with this APIC id, or NULL. */
struct vcpu *vmm_find(u32 apic_id);

#endif
