/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bare-metal core under every arm64 model: EL2 start, own output channel, configuration,
 * physical memory layout, CPUs, physical GIC, and the switch into EL1 and back.
 *
 * The core knows nothing of realms. The model (rmm/) stands on it and is what hardware and RMM
 * would enforce; the vmm (vmm/) is the untrusted host and reaches the model by RMI calls only.
 */
#ifndef CORE_H
#define CORE_H

#include "common/channel.h" /* a second serial port (pci-serial) */
#include "common/lock.h"
#include "status.h"
#include "types.h"

/*
 * Machine memory (QEMU -M virt: RAM from 1 GiB up):
 *   0x0_4000_0000 .. 0x1_0000_0000  poison: canonical addresses of guest memory; nothing lives here
 *                                   (QEMU puts the machine's devicetree at its start, never used)
 *   0x1_0000_0000 .. 0x2_0000_0000  non-secure memory that backs the shared (unprotected) alias
 *   0x2_0000_0000 .. end of RAM     monitor image, then granules for the model, files by fw_cfg
 */
#define NS_BASE       0x100000000ULL
#define NS_END        0x200000000ULL
#define MONITOR_BASE  0x200000000ULL

#define CORE_MAX_CPUS 8

/* ---- configuration: fw_cfg file opt/postern/config, "key=value" lines ---- */
enum ripas_init { RIPAS_INIT_ALL, RIPAS_INIT_IMAGE };
enum dtb_place { DTB_HIGH, DTB_AFTER_IMAGE, DTB_LOW };
/* What PCI functions of the guest send messages to. its: errors of commands stall the queue, RDbase
 * is an address. its-kvm: they are dropped, RDbase is a number, tables have 64 KiB pages. */
enum guest_msi { GUEST_MSI_ITS, GUEST_MSI_ITS_KVM, GUEST_MSI_V2M, GUEST_MSI_NONE };
enum guest_console { GUEST_CONSOLE_PL011, GUEST_CONSOLE_NS16550, GUEST_CONSOLE_NONE };

/* What a bootloader left behind pvmfw. 1.9: of a minor version nobody knows yet. */
enum pvmfw_config_kind {
	PVMFW_CONFIG_1_2,
	PVMFW_CONFIG_1_1,
	PVMFW_CONFIG_1_0,
	PVMFW_CONFIG_1_9,
	PVMFW_CONFIG_2_0,
	PVMFW_CONFIG_NONE,
};

/* What protects the guest: a realm needs no profile. */
enum host_profile { PROFILE_NONE, PROFILE_UPSTREAM, PROFILE_ANDROID };

struct host_config {
	u64 mem;       /* mem=        bytes of guest RAM, multiple of 2 MiB */
	unsigned cpus; /* cpus= */
	u64 ram_base; /* ram_base=   0x40000000 (QEMU's) or 0x80000000 (kvmtool's, pvmfw's) or other
		       */
	unsigned ipa_bits;          /* ipa_bits=   32..48, alias bit included */
	enum ripas_init ripas;      /* ripas=all|image */
	enum dtb_place dtb;         /* dtb=high|after|low */
	bool dt_reversed;           /* dt_order=reversed: nodes in reverse order */
	enum guest_console console; /* console=pl011|ns16550|none */
	enum guest_msi msi;         /* msi=its|its-kvm|gicv2m|none */
	u64 save_restore; /* save_restore= exits between two cycles of the ITS's state, 0 = none */
	bool sha512;      /* hash=sha256|sha512 */
	u64 ripas_chunk;  /* ripas_chunk= pages the vmm changes per entry, 0 = as many as it can */
	bool coop;        /* coop=0|1 */
	bool trace;       /* trace=0|1   look for violations (traps TLB maintenance) */
	u64 budget_exits; /* exits=      0 = unlimited */
	u64 budget_ns;    /* ns=         of the machine's clock; under -icount shift=0 this counts
			     instructions */
	unsigned mutant;  /* mutant=N    0 = none (hosts/common/mutant.h) */
	bool mutant_negate;                  /* mutant_op=drop|negate */
	bool list_mutants;                   /* list_mutants=0|1  name them all on the channel */
	enum host_profile profile;           /* profile=none|upstream|android  of a pKVM host */
	u64 granule;                         /* granule=   its page size: 4096, 16384, 65536 */
	bool pvmfw;                          /* pvmfw=0|1  the guest runs in pvmfw's place */
	enum pvmfw_config_kind pvmfw_config; /* pvmfw_config=1.2|1.1|1.0|1.9|2.0|none */
	char dt_lie[32]; /* dt_lie=NAME  what the devicetree says that is not so (vmm/pkvm/lie.h) */
	bool debug;      /* debug=0|1   the platform can be debugged, and its token says so */
	char secret[513];  /* secret=HEX  what to look for in all that the host can read */
	char faults[256];  /* fault=NAME[,NAME...] */
	char append[1024]; /* append=     guest command line (rest of line) */
};
extern struct host_config config;

/* fw_cfg file "opt/postern/guest" read to private monitor memory. */
struct blob {
	const u8 *data;
	size_t size;
};
struct blob core_guest_image(void);

/* The guest's console: the machine's PL011. Text only; no word of the host goes there. */
void core_console_putc(char c);

/* ---- memory for the model and the vmm ---- */
u64 core_ram_end(void);
/* Page-aligned machine memory above the monitor, never freed: used by vmm as its source of granules
 * and for its own tables. Returns 0 when exhausted. */
u64 core_alloc_pages(size_t pages);

/* ---- CPUs ---- */
unsigned core_cpu(void); /* 0.. */
/* Starts machine CPU n (PSCI) in fn on its own stack; fn never returns. */
void core_start_cpu(unsigned n, void (*fn)(unsigned cpu));
void core_kick(unsigned cpu); /* SGI: makes that CPU leave EL1 (exit IRQ) */
void core_wfi(void);          /* waits for a physical interrupt at EL2 */
/* What this CPU says of its caches and revision; CCSIDR_EL1 is that of the cache CSSELR_EL1 =
 * `select` names, of the others `select` is not looked at. */
enum core_register { CORE_CTR, CORE_CLIDR, CORE_CCSIDR, CORE_REVIDR, CORE_AIDR };
u64 core_register(enum core_register r, u64 select);

/* ---- physical GICv3 (group 1, EL2 owns it) ---- */
#define CORE_NO_IRQ 1023u
u32 core_irq_ack(void); /* INTID or CORE_NO_IRQ */
void core_irq_eoi(u32 intid);
void core_irq_mask(u32 ppi, bool masked); /* this CPU's PPI 16..31 */

/* ---- the switch ---- */
/* EL1/EL0 state of one guest CPU. x[0..30], pc and pstate are exchanged at each entry; the EL1
 * system registers are loaded by core_load_el1() when a CPU first runs it and stay live. */
struct el1_state {
	u64 x[31];
	u64 pc, pstate;
	u64 sctlr, ttbr0, ttbr1, tcr, mair, vbar, sp_el0, sp_el1, elr, spsr, esr, far, afsr0, afsr1;
	u64 tpidr_el0, tpidrro_el0, tpidr_el1, contextidr, amair, cpacr, cntkctl, par, csselr,
	    mdscr;
	u64 vmpidr;
	u64 ich_ap0r0, ich_ap1r0; /* active priorities of its virtual interrupts */
	u64 keys[10];             /* pointer authentication; exchanged when HCR has APK or API */
	u8 fp[32 * 16 + 16] ALIGNED(16); /* v0..v31, fpsr, fpcr */
};

enum core_exit { CORE_EXIT_SYNC, CORE_EXIT_IRQ, CORE_EXIT_FIQ, CORE_EXIT_SERROR };

struct core_exit_info {
	enum core_exit kind;
	u64 esr, far, hpfar;
};

/* HCR_EL2, VTCR_EL2, VTTBR_EL2, CPTR, MDCR, CNTHCTL for this CPU; the model decides the values. */
struct el2_controls {
	u64 hcr, vtcr, vttbr, cptr, mdcr, cnthctl, hstr;
	u64 ich_hcr;
	u64 ich_lr[16]; /* loaded before, stored back after each run */
	u64 ich_vmcr, ich_misr;
	unsigned nr_lr; /* used ones in ich_lr[]; the others are emptied */
};

/* Runs the guest CPU until it leaves EL1/EL0. All EL1 state in *g is loaded before and stored after
 * (several guests may share one CPU). Interrupts stay masked at EL2. */
struct core_exit_info core_enter(struct el1_state *g, struct el2_controls *c);
unsigned core_list_registers(void); /* of the machine (QEMU: 4) */
void core_tlb_flush_vm(void); /* all stage-1 and stage-2 entries of the current VMID, all CPUs */

u64 core_counter(void); /* CNTPCT */
u64 core_counter_hz(void);
/* Arms the EL2 timer (CNTHP, PPI 26) to force an exit at the end of the instruction budget. */
void core_arm_budget(u64 ns);

/* Supplied by the layers above. The model, whichever it is: once on CPU 0, then on each CPU that
 * starts. The vmm: on CPU 0 after set-up, never returns. */
void model_init(void);
void model_init_cpu(void);
NORETURN void vmm_main(void);

/* ---- the machine's devices ---- */
/* One load or store of 1, 2, 4 or 8 bytes, naturally aligned, where a device answers: any other
 * access is the monitor's end. */
u64 core_mmio_read(u64 pa, unsigned width);
void core_mmio_write(u64 pa, unsigned width, u64 value);

/* The machine's ITS. From now on LPIs arrive on CPU 0 as INTIDs from GIC_LPI_FIRST
 * (core_irq_ack()). false: there is none. Call once. */
bool core_its_start(void);
/* From now on event `event` of PCI function `bdf` raises LPI GIC_LPI_FIRST + n; the function sends
 * by writing `event` to the doorbell. false: no room. The caller serializes. */
bool core_its_map(u16 bdf, u32 event, unsigned n);
u64 core_its_doorbell(void); /* machine address, 4 bytes */

/* What devices of the machine reach by DMA: bus addresses [input, +size) stand for machine memory.
 * Multiples of 2 MiB, or of 4 KiB. */
enum smmu_kind {
	SMMU_LINEAR,    /* at output */
	SMMU_ONE_BLOCK, /* all of them for the same 2 MiB at output */
	SMMU_PAGES,     /* nothing, until core_smmu_page() opens a page of it */
};
struct smmu_window {
	u64 input, output, size;
	enum smmu_kind kind;
};
/* From now on every function of PCI bus 0 reaches these windows and nothing else. false: the
 * machine has no SMMU that can do this, and DMA is not confined. Call once. */
bool core_smmu_start(const struct smmu_window *w, unsigned n);
/* A 4 KiB page of an SMMU_PAGES window, at machine address pa, opens or closes; no device reaches
 * it any more when this returns. Nothing happens where no window has the page, nor without an SMMU:
 * then the machine's devices are not the guest's. The one call of the model, which decides what
 * devices see as it does for the host. */
void core_smmu_page(u64 input, u64 pa, bool open);
/* An access outside of them, recorded by the SMMU. */
struct smmu_event {
	u32 type;   /* event number of the SMMUv3 architecture (IHI0070, 7.3) */
	u32 stream; /* requester ID: bus << 8 | device << 3 | function */
	u64 address;
	bool write;
};
/* The oldest one not yet taken; false: none. The caller serializes. */
bool core_smmu_event(struct smmu_event *e);

/* ---- faults (hosts/arm64/<model>/): one decision replaced, by name ---- */
#define FAULT(id, name, what, rules) id,
enum fault_id {
	FAULT_NONE_ = 0,
#include "model_faults.def"
	FAULT_COUNT
};
#undef FAULT
/* True when this fault was chosen for the run. Written at the one decision it replaces. */
bool fault_on(enum fault_id f);

#endif
