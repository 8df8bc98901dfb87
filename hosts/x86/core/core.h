/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bare-metal core under both x86 models (SNP, TDX): PVH start in QEMU TCG, SVM root with
 * nested paging, own output channel, configuration, machine memory, CPUs and the exit loop.
 *
 * The core knows neither RMP nor secure EPT. A model (snp/ or tdx/, one ELF each) defines `model`
 * and is what hardware, PSP or TDX module would enforce; vmm/ is the untrusted host below both.
 */
#ifndef CORE_H
#define CORE_H

#include "common/channel.h" /* COM2 */
#include "common/lock.h"
#include "status.h"
#include "types.h"

/*
 * Machine memory. QEMU -M q35 with 2.75 GiB or more has RAM at 0..2 GiB and from 4 GiB up.
 *   0 .. GUEST_LOW_MAX              the shared alias of guest RAM below 4 GiB: the machine page of
 *                                   the same address, so that QEMU's devices reach it by DMA
 *   MONITOR_BASE .. MONITOR_END     monitor image, stacks, tables; never mapped into the guest
 *   4 GiB .. + high guest RAM       the shared alias of guest RAM above 4 GiB
 *   behind it                       backing of the private alias: guest RAM, then the firmware
 */
#define GUEST_LOW_MAX 0x70000000ULL
#define MONITOR_BASE  0x70000000ULL
#define MONITOR_END   0x7f000000ULL /* SeaBIOS keeps its tables above */
#define FIRMWARE_MAX  MIB(16)

#define CORE_MAX_CPUS 8

/* ---- configuration: fw_cfg file opt/postern/config, "key=value" lines ---- */
struct host_config {
	u64 mem;            /* mem=        bytes of guest RAM, multiple of 2 MiB */
	unsigned cpus;      /* cpus= */
	unsigned gpaw;      /* gpaw=48|52  TDX: guest-physical width (0: 52) */
	bool i440fx;        /* machine=q35|pc   the chipset the guest sees */
	bool coop;          /* coop=0|1 */
	bool trace;         /* trace=0|1   look for violations */
	u64 budget_exits;   /* exits=      0 = unlimited */
	u64 budget_ns;      /* ns=         TSC ticks at 1 GHz; under -icount shift=0 instructions */
	unsigned mutant;    /* mutant=N    0 = none */
	bool mutant_negate; /* mutant_op=drop|negate */
	bool list_mutants;  /* list_mutants=0|1 */
	bool debug;         /* debug=0|1   the guest is launched debuggable */
	bool hashes;        /* hashes=0|1  SNP: hashes of the kernel are part of the launch */
	char secret[513];   /* secret=HEX  what to look for in all that the host can read */
	char faults[256];   /* fault=NAME[,NAME...] */
	char mark[256];     /* mark=TEXT[|TEXT...]  console texts whose time is told */
	char append[2048];  /* append=     guest command line (rest of line) */
};
extern struct host_config config;

struct blob {
	const u8 *data;
	size_t size;
};
/* fw_cfg file opt/postern/guest: the flash image, a multiple of 4 KiB, at most FIRMWARE_MAX. */
struct blob core_guest_image(void);
/* fw_cfg files opt/postern/kernel and opt/postern/initrd: what the guest's own fw_cfg has for its
 * firmware to load. Size 0: none was given. */
enum payload { PAYLOAD_KERNEL, PAYLOAD_INITRD };
struct blob core_payload(enum payload which);

/* ---- violations and counters (violation.c), by name, printed at the end by core_verdict() ---- */
/* "violation: <kind> <text>": something the guest did that no guest may do. */
void violation(const char *kind, const char *fmt, ...) FORMAT_PRINTF(2, 3);
void counter_add(const char *name, u64 n); /* name: a literal; "counter: <name> <value>" */
/* One more exit that the untrusted host got to see: the core counts interrupts, a model what it
 * hands to its host half. */
static inline void core_host_exit(void)
{
	counter_add("host_exits", 1);
}

/* ---- memory ---- */
/* Guest RAM is [0, guest_low_size()) and [4 GiB, 4 GiB + guest_high_size()); the firmware lies at
 * [4 GiB - image size, 4 GiB). All without alias bits. */
u64 guest_low_size(void);
u64 guest_high_size(void);
bool guest_is_ram(u64 gpa);
bool guest_is_firmware(u64 gpa);
/* Machine address behind an alias of a guest page (any address inside it), 0: no memory there.
 * Monitor pointers are machine addresses: (void *)(uintptr_t)address. */
u64 backing_private(u64 gpa); /* RAM or firmware */
u64 backing_shared(u64 gpa);  /* RAM only */
/* Zeroed 4 KiB monitor pages, never freed; panics when none are left. */
void *core_pages(size_t count);

/* ---- devices and memory ---- */
/* The IOMMU (iommu.c) confines the machine's devices to the shared side of guest RAM, at its own
 * addresses. A device that tried to reach another is violation "dma-outside", found when polled. */
void iommu_init(void); /* boot CPU, once no device is bus master */
bool iommu_present(void);
void iommu_poll(void);
/* Poison (poison.c) on the shared side of private pages, from the first call of poison_start():
 * before a device becomes bus master. Models tell of each page of RAM that has become private (and
 * can no longer be written through its shared alias), and of each that becomes shared: the guest
 * gets it zeroed. A change is violation "dma-poison". */
void poison_start(void);
void poison_lay(u64 gpa);
void poison_check(u64 gpa);
void poison_drop(u64 gpa); /* the host itself writes there: not looked at any more */
void poison_finish(void);  /* before the verdict: all of them */

/* ---- virtual CPUs: vCPU n runs on machine CPU n ---- */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

struct vmcb; /* core/vmcb.h */
struct npt;

struct sse { /* as switch.asm moves it */
	u8 xmm[16][16];
	u32 mxcsr;
} ALIGNED(16);

struct vcpu {
	unsigned index;
	u64 reg[16]; /* RAX and RSP included: the core moves them in and out of the VMCB */
	struct vmcb *vmcb;
	struct npt *npt; /* the world it runs on; set by the model */
	u64 exits;
	struct {
		u64 code, info1, info2, rip;
	} last; /* exit, as the CPU left it */
	/* Model's and vmm's parts; each defines its struct and casts. */
	void *hw;  /* snp: VMSA, GHCB MSR...; tdx: TDVPS */
	void *vmm; /* LAPIC... */
	/* x87 state, XCR0, PKRU and the upper halves of YMM stay in the machine's CPU: the monitor
	 * uses none of them. */
	struct sse sse;
	/* The core's own. */
	u64 reinject; /* event whose delivery an exit interrupted (form of EVENTINJ), 0: none */
	bool virtual; /* this entry's interrupt goes in by V_IRQ */
	u32 in_guest; /* read by other CPUs */
	bool idle, kicked;
	bool timed; /* its machine timer runs (for the model or vmm) */
};
extern struct vcpu vcpus[CORE_MAX_CPUS]; /* the first config.cpus are used */
unsigned core_cpu(void);                 /* the machine CPU that asks */

/* ---- the model ---- */
struct model {
	const char *name; /* "snp", "tdx" */
	/* Boot CPU, once, before any vCPU runs: parse the image's metadata, load, measure. */
	void (*launch)(void);
	/* Each vCPU on its own machine CPU, once: fill the VMCB (core/vmcb.h: vmcb_reset() was
	 * called) and registers. Returns when the vCPU is to run; may wait with core_idle(). */
	void (*start)(struct vcpu *v);
	/* Every exit but INTR, NMI, VINTR, which are the core's. Runs under the core's one lock. */
	void (*exit)(struct vcpu *v, u64 code, u64 info1, u64 info2);
	/* Before each entry, lock held: may inject an event. Usually calls vmm_inject(). */
	void (*enter)(struct vcpu *v);
	/* For walks of guest tables: the alias bit of a guest-physical address and which sense it
	 * has (SNP: set = private; TDX: set = shared). */
	u64 alias_bit;
	bool alias_is_private;
	/* Would the CPU reach this page (no alias bit) by this alias now? Asked for everything that
	 * is read and written in the guest's place; NULL: always. */
	bool (*reachable)(u64 gpa, bool private);
	/* Has the guest given this page of RAM (no alias bit) to the host, as the host sees it? */
	bool (*shared)(u64 gpa);
	/* Just before the verdict is printed: counters kept by the model. NULL: none. */
	void (*summary)(void);
};
extern struct model model;

/* ---- exit loop (run.c) ---- */
NORETURN void vcpu_run(struct vcpu *v); /* start() then enter/VMRUN/exit for ever */
/* Waits for a machine interrupt or kick with the lock released; for HLT and parked CPUs. */
void core_idle(struct vcpu *v);
/* Makes a vCPU leave the guest (or core_idle) soon. */
void core_kick(struct vcpu *v);
/* Every other vCPU has left the guest and re-enters with an empty TLB; call after npt_unmap(). */
void core_flush(struct vcpu *self);
/* The machine timer of this CPU interrupts at TSC `deadline` (0: never). */
void core_timer(u64 deadline);
void core_timer_by(u64 deadline); /* no later than that */
u64 core_now(void);               /* TSC */
u64 core_started(void);           /* when the guest was started */
extern u64 core_tsc_hz;
/* A machine interrupt (vectors 0x20..0xef), called on the CPU that takes it without the lock and
 * with interrupts off; may set flags and core_kick(), nothing else. */
void core_on_irq(unsigned vector, void (*fn)(unsigned vector));

/* ---- guest events (event.c) ---- */
enum event_type { EVENT_INTR = 0, EVENT_NMI = 2, EVENT_EXCEPTION = 3 };
/* By EVENTINJ; panics when one is already pending for this entry. cr2 only for vector 14. */
void event_inject(struct vcpu *v, enum event_type t, unsigned vector, bool has_error, u32 error);
bool event_pending(const struct vcpu *v); /* EVENTINJ is taken */
/* Software delivery through the guest's IDT (64-bit, compat and 32-bit gates, IST, RSP0), for
 * vectors QEMU gets wrong: #VC needs its error code. ST_OK, or what made it impossible (the
 * caller treats that as a shutdown of the vCPU). Frame pages are private memory. */
enum status event_deliver(struct vcpu *v, unsigned vector, bool has_error, u32 error);
/* Interrupts can be taken now: RFLAGS.IF and no shadow. */
bool event_window_open(const struct vcpu *v);
void event_want_window(struct vcpu *v, bool want); /* VINTR exit when it opens: core re-enters */
void skip_instruction(struct vcpu *v, unsigned length); /* RIP, and the interrupt shadow ends */

/* ---- reading the guest (walk.c) ---- */
struct walk {
	u64 gpa;                         /* with the alias bit as the leaf has it */
	u64 leaf;                        /* the entry */
	unsigned size;                   /* log2 of the page */
	bool writable, user, no_execute; /* of all levels together */
};
/* Guest-virtual to guest-physical through the guest's own tables (any paging mode; unpaged:
 * identity, private). Tables are read from private memory whatever their alias bit.
 * ST_FAULT: not present; ST_CORRUPT: reserved bit set; ST_INVALID: va not canonical; ST_RANGE: a
 * table lies outside private memory; ST_STATE: in a page of it that the guest cannot reach. */
enum status guest_walk(struct vcpu *v, u64 va, struct walk *out);
/* Bytes through the guest's tables and alias bits; what comes before the first hole is done. As
 * guest_walk(); ST_RANGE also: no memory behind the page; ST_DENIED: written and not writable. */
enum status guest_read_va(struct vcpu *v, u64 va, void *buf, size_t n);
enum status guest_write_va(struct vcpu *v, u64 va, const void *buf, size_t n);
/* Instruction bytes at CS:RIP, fewer at a hole; returns how many. */
size_t guest_fetch(struct vcpu *v, u8 *buf, size_t n);
u64 guest_linear_rip(const struct vcpu *v);

/* ---- nested page tables (npt.c): five levels, one root per world ---- */
enum { NPT_R = 1, NPT_W = 2, NPT_X = 4 };
struct npt *npt_new(void);
/* size 4 KiB or 2 MiB; gpa with its alias bit. Replaces what was there (2 MiB splits or merges). */
void npt_map(struct npt *n, u64 gpa, u64 mpa, u64 size, unsigned perms);
void npt_unmap(struct npt *n, u64 gpa, u64 size); /* 4 KiB multiples; splits a 2 MiB leaf */
bool npt_lookup(const struct npt *n, u64 gpa, u64 *mpa, u64 *size, unsigned *perms);

/* ---- control registers (cr.c) ---- */
/* A CR0/CR4 write exit (MOV to CR, LMSW, CLTS): decodes the instruction. ST_OK fills *value with
 * what the guest wants in the whole register and *length; the model then calls cr_set().
 * ST_DENIED: the CPU raises #GP(0) (both are filled in); ST_UNSUPPORTED: the bytes at RIP are no
 * such instruction (any more), or LMSW from memory. */
enum status cr_decode_write(struct vcpu *v, unsigned cr, u64 *value, unsigned *length);
/* Stores the value with the side effects hardware has (EFER.LMA, flush). */
void cr_set(struct vcpu *v, unsigned cr, u64 value);

/* ---- faults ---- */
enum fault_id {
	FAULT_NONE_CHOSEN,
#define FAULT(id, name, what, rules) id,
#include "model_faults.def" /* hosts/x86/<model>/ */
#undef FAULT
	FAULT_COUNT
};
bool fault_on(enum fault_id f);

/* BearSSL uses SSE: the core saves the guest's FP state around every exit (run.c), so model and
 * vmm may call it anywhere under the lock. Cost, if it shows: 2 x FXSAVE per exit. */

#endif
