/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted host: what KVM and a VMM such as kvmtool or QEMU do for a realm. It reaches the
 * realm by RMI calls only and never sees private memory; what the guest asks for is hostile input
 * here just as the host's answers are there.
 */
#ifndef VMM_H
#define VMM_H

#include "abi/rmi.h"
#include "core/core.h"
#include "range.h"
#include "rmm/rmm.h"
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
};

struct vm_counters {
	u64 rec_exits, ripas_change_exits, mmio_exits, host_calls, psci_exits, irq_exits, wfi_exits;
	u64 data_create_unknown, unprotected_maps, sea_injected, sgis;
	u64 device_accesses, device_violations;
};

/* Requests of coop checks; each REC has its own so that one CPU's check disturbs no other. */
struct coop_state {
	u64 ripas_limit;  /* pages per RIPAS change, 0 = no limit */
	u64 ripas_reject; /* reject the next change to RAM after so many pages, ~0 = do not */
	u64 ripas_stall;  /* enter so many times more without doing anything */
	bool psci_deny;
};

struct vcpu {
	unsigned index;
	u64 rec; /* machine address of the REC granule */
	struct rmi_rec_run *run;
	bool machine_cpu_started;
	u32 starts;      /* times CPU_ON made this REC runnable */
	bool maybe_off;  /* after CPU_OFF: REC_ENTER may be refused until CPU_ON */
	bool idle;       /* waits in core_wfi() with nothing pending */
	bool parked;     /* the REC is off */
	u64 stuck_ipa;   /* page of the last exits that nothing could resolve */
	u64 stuck_count; /* how many of them in a row, 0 = it makes progress */
	struct coop_state coop;
};

#define REMOVED_MAX 32

struct vm {
	u64 rd;
	u64 alias; /* the IPA bit that selects the unprotected half */
	struct range ram;
	struct machine_map map;
	u64 image_base, entry, dtb_base;
	unsigned nr_lrs;

	struct core_lock mem_lock; /* granule lists, removed[] */
	u64 free_granules;         /* list through the first word of each page; all are NS */
	u64 removed[REMOVED_MAX];  /* shared pages taken away, IPA without alias bit */
	unsigned nr_removed;

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

/* ---- granules.c: machine pages for the realm ---- */
u64 granule_get(void);         /* a delegated page; 0 when there is none left */
void granule_put(u64 granule); /* back from the realm: undelegates it */

/* ---- stage2.c: the realm's translation tables ---- */
bool stage2_create_table(u64 ipa, u64 status); /* one level below the one in an RMI_ERROR_RTT */
enum status stage2_init_ripas(struct range r);
enum status stage2_data_create(u64 ipa, u64 source_page);
/* A page of unknown content, with neighbours when `around`. ST_DESTROYED: giving pages cannot help.
 */
enum status stage2_populate(u64 ipa, bool around);
enum status stage2_map_shared(u64 ipa);
enum status stage2_unmap_shared(u64 ipa); /* for good, until its RIPAS changes */
enum status stage2_destroy(u64 ipa);
void stage2_release(struct range r); /* private pages of a range that became EMPTY */
void stage2_shared_back(struct range r);
/* What backs the shared alias of a page of guest RAM. */
u64 stage2_backing(u64 ipa);
/* What backs its private side, out of reach of all but this host's faults; 0: nothing does now. */
u64 stage2_granule(u64 ipa);

/* ---- build.c, dtb.c ---- */
void vm_build(void);
/* Devicetree of at most `size` bytes into buf, zero padded; ST_NO_MEMORY when it does not fit. */
enum status dtb_build(void *buf, size_t size);
#define DTB_SIZE KIB(64)

/* ---- run.c ---- */
NORETURN void vcpu_run(unsigned cpu);
NORETURN void vm_end(const char *word, const char *why);
void vm_kick(u32 cpus);         /* mask: make them look at their interrupts */
void vcpu_wait(struct vcpu *v); /* until an interrupt may be pending; may return early */
void vcpu_suspend(struct vcpu *v);
void vcpu_no_progress(struct vcpu *v, u64 ipa);
/* vits_save() or vits_restore() while no CPU is in the guest; the caller's has left it. */
enum status vm_its(enum status (*what)(struct vits *));

/* ---- exits ---- */
void exit_sync(struct vcpu *v);         /* sync.c */
void exit_ripas_change(struct vcpu *v); /* ripas.c */
void exit_psci(struct vcpu *v);         /* psci.c */
void exit_host_call(struct vcpu *v);    /* coop.c */

#endif
