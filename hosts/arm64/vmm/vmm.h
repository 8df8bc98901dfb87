/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted host: what KVM and a VMM such as kvmtool or QEMU do for a protected guest. It
 * reaches the guest by calls of the model only and never sees private memory; what the guest asks
 * for is hostile input here just as the host's answers are there.
 *
 * Here is what is the same whatever protects the guest. vmm/cca/ (a realm, by RMI) and vmm/pkvm/ (a
 * protected VM, by pkvm/hyp.h) each provide the functions of "the seam" below; a monitor has one of
 * them.
 */
#ifndef VMM_H
#define VMM_H

#include "abi/rmi.h"
#include "core/core.h"
#include "range.h"
#include "vmm/cycle.h"
#include "vmm/uart.h"
#include "vmm/vgic.h"
#include "vmm/vits.h"

#define RAM_MAX GIB(3) /* backed one to one between NS_BASE and NS_END */

/* Where the guest finds its devices; addresses without the alias bit. */
struct machine_map {
	u64 gicd, gicr, uart;
	u64 its, v2m; /* 0: not there */
	u32 uart_spi;
	bool devices; /* PCI host (vmm/pci.h) and the modelled device (vmm/devices.h) */
	bool hvc;     /* PSCI is called by HVC, not SMC */
	u64 coop;     /* page of registers of the control channel (abi/coop.h); 0: not there */
};

struct vm_counters {
	u64 exits, mmio_exits, psci_exits, irq_exits, wfi_exits;
	u64 sea_injected, sgis;
	u64 device_accesses, device_violations;
};

#define COOP_WORDS 31u /* command or status, and arguments */

/* Requests of coop checks; each vCPU has its own so that one CPU's check disturbs no other. */
struct coop_state {
	u64 ripas_limit;  /* pages per RIPAS change, 0 = no limit */
	u64 ripas_reject; /* reject the next change to RAM after so many pages, ~0 = do not */
	u64 ripas_stall;  /* enter so many times more without doing anything */
	bool psci_deny;
	u64 word[COOP_WORDS]; /* of the page of registers: this CPU's */
};

struct vcpu {
	unsigned index;
	struct rmi_rec_run *run; /* entry and exit, of either model */
	bool machine_cpu_started;
	u32 starts;      /* times CPU_ON made this vCPU runnable */
	bool maybe_off;  /* after CPU_OFF: vm_enter() may be refused until CPU_ON */
	bool idle;       /* waits in core_wfi() with nothing pending */
	bool parked;     /* the vCPU is off */
	u64 stuck_ipa;   /* page of the last exits that nothing could resolve */
	u64 stuck_count; /* how many of them in a row, 0 = it makes progress */
	u64 csselr;      /* where the model leaves the guest's to the host */
	struct coop_state coop;
};

struct vm {
	u64 alias; /* the IPA bit that selects the unprotected half; 0: there is none */
	struct range ram;
	struct machine_map map;
	u64 image_base, entry, dtb_base;
	unsigned nr_lrs;

	struct core_lock dev_lock; /* vgic, vits, cycle, uart */
	struct vgic vgic;
	struct vits vits;   /* where map.its is not 0 */
	struct cycle cycle; /* of its state; who is in the guest */
	struct uart uart;

	struct vm_counters count;
	u64 first_entry, first_byte; /* machine counter */
	u64 deadline;                /* machine counter, 0 = none */
	struct vcpu cpu[CORE_MAX_CPUS];
};

extern struct vm vm;

static inline void count(u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* ---- the seam: what vmm/cca and vmm/pkvm each provide ---- */
/* First of all: checks what of the configuration this model cannot do (the end of the run), sets
 * vm.ram, vm.alias and what of vm.map is the model's: hvc, coop. */
void vm_prepare(void);
/* The guest, ready to run, with its vCPUs' run records. Its last lines on the channel say what was
 * built ("host: cca ..." or "host: pkvm ..."). */
void vm_build(void);

enum vm_entered {
	VM_EXITED, /* run->exit says why */
	VM_OFF,    /* refused: the vCPU is off. Only with maybe_off. */
	VM_ENDED,  /* another CPU has ended the guest, and the run with it */
};
/* Runs the vCPU until it leaves the guest. What is none of these ends the run. */
enum vm_entered vm_enter(struct vcpu *v);
/* A stage-2 abort of the guest, fetch or data: populates memory, calls exit_mmio(), or lets it come
 * again (vcpu_no_progress()). */
void vm_abort(struct vcpu *v);
/* Exits that only this model has: by reason, and synchronous ones by their EC. false: nor has it.
 */
bool vm_exit(struct vcpu *v);
bool vm_exit_sync(struct vcpu *v);

/* Is the page of guest RAM (or any other address) at this IPA, without alias bit, shared? */
bool vm_is_shared(u64 ipa);
/* The host's own access to the byte at an IPA of guest RAM, up to the end of its page; NULL: it has
 * none. Before it writes there it says so. */
void *vm_host_memory(u64 ipa, bool write);
/* What lies on the private side of that IPA, for faults; NULL: nothing does. */
void *vm_private_memory(u64 ipa);

/* Devices. As vio_host (common/vdev.h) has them, of bus addresses: */
u64 vm_bus_memory(u64 address, u64 size);
bool vm_bus_is_shared(u64 address);
u64 vm_bus_private(u64 address, u64 size);
/* Confines the machine's devices to what the guest shares, and the page of their messages (0:
 * none). false: the machine cannot. Once. */
bool vm_confine(u64 doorbell);
/* A driver goes live: from now on devices may write. At each. */
void vm_device_live(void);

/* Commands of abi/coop.h beyond coop.c's own: which, and one of them (in[0]). */
u64 vm_coop_commands(void);
u64 vm_coop(struct vcpu *v, const u64 *in, u64 *out);

/* Just before the verdict, in this order: all memory the host can read is searched for the secret;
 * what is left to look at in memory, where there are devices; the model's own counters, returning
 * its violations. */
void vm_search(void);
void vm_check_memory(void);
u64 vm_summary(void);

/* ---- image.c: what is loaded, and where ---- */
struct guest_image {
	struct blob file;
	struct range mem; /* where it runs, .bss included */
};
/* Chooses places in guest RAM for the image and the devicetree: sets vm.image_base, entry and
 * dtb_base. */
struct guest_image image_place(void);
u64 host_pages(size_t n);                       /* zeroed memory of the machine; or the run ends */
void must_ok(enum status st, const char *step); /* or the run ends */

/* ---- dtb.c ---- */
/* Devicetree of at most `size` bytes into buf, zero padded; ST_NO_MEMORY when it does not fit. */
enum status dtb_build(void *buf, size_t size);
void dtb_announce(const void *dtb); /* "devicetree: HEX" on the channel */
#define DTB_SIZE KIB(64)

/* ---- run.c ---- */
NORETURN void vcpu_run(unsigned cpu);
NORETURN void vm_end(const char *word, const char *why);
void print_counter(const char *name, u64 value);
void vm_kick(u32 cpus);            /* mask: make them look at their interrupts */
void vm_start_cpu(struct vcpu *v); /* the guest has started it: it runs, or runs again */
void vcpu_wait(struct vcpu *v);    /* until an interrupt may be pending; may return early */
void vcpu_suspend(struct vcpu *v);
void vcpu_no_progress(struct vcpu *v, u64 ipa);
/* vits_save() or vits_restore() while no CPU is in the guest; the caller's has left it. */
enum status vm_its(enum status (*what)(struct vits *));

/* ---- exits ---- */
void exit_sync(struct vcpu *v); /* sync.c */
/* A data abort at an address that is a device's (no alias bit), or nobody's: SEA. */
void exit_mmio(struct vcpu *v, u64 address);
void exit_sea(struct vcpu *v); /* nothing is there: an external abort for the guest */

/* ---- coop.c: the control channel of abi/coop.h; in[], out[] as there, out[0] the status ---- */
void coop_command(struct vcpu *v, const u64 *in, u64 *out);
/* The same by an access to the page of registers, without a lock; false: nothing answers. */
bool coop_access(struct vcpu *v, u64 offset, unsigned size, bool write, u64 *value);
bool coop_word_in_ram(u64 ipa); /* of 8 bytes, naturally aligned */
bool coop_page_in_ram(u64 ipa);

#endif
