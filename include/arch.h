/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the common guest code needs from the CPU architecture. Implemented in boot/<arch>/ and
 * drivers/<arch>/; no other header is architecture-dependent above the backends.
 */
#ifndef ARCH_H
#define ARCH_H

#include "handoff.h"
#include "status.h"
#include "types.h"

struct platform_info;

extern const char arch_name[]; /* "arm64", "x86_64" */

/* ---- boot/<arch> ---- */
unsigned arch_cpu_index(void); /* 0 = boot CPU; dense */
u64 arch_cpu_hwid(void);       /* MPIDR affinity bits / APIC id, as in platform.cpu_hwid */
/* Once on the boot CPU, when the platform is known and may be asked: its own id (asking may trap
 * into the backend), and devices that are there without any table. Fills *p. */
void arch_boot_ready(struct platform_info *p);
void arch_cpu_relax(void); /* inside a spin loop */
/* WFI / STI;HLT (interrupts enabled on return to caller's state) */
void arch_wait_for_interrupt(void);
void arch_barrier(void);  /* full barrier, also against devices */
bool arch_irq_save(void); /* mask; returns whether they were enabled */
void arch_irq_restore(bool enabled);
NORETURN void arch_halt(void);

/* ---- faults the caller expects (boot/<arch>/trap.c) ---- */
enum fault_class {
	FAULT_NONE,
	FAULT_DATA_EXTERNAL,  /* arm64: synchronous external abort on a data access (SEA); x86:
			       * #VC 0x404, a private page that is not validated */
	FAULT_FETCH_EXTERNAL, /* arm64: SEA on an instruction fetch */
	FAULT_PAGE,           /* not-present translation (arm64 translation fault, x86 #PF P=0) */
	FAULT_PERMISSION,     /* permission (arm64 permission fault, x86 #PF P=1) */
	FAULT_UNDEFINED,      /* arm64 EC 0, x86 #UD */
	FAULT_BREAKPOINT,     /* arm64 BRK, x86 #BP */
	FAULT_OTHER,
};

struct fault {
	enum fault_class class; /* FAULT_NONE: the access completed */
	u64 syndrome;           /* ESR_EL1; x86: vector << 32 | error code */
	u64 address;            /* FAR_EL1 / CR2 */
	u64 pc;                 /* faulting instruction */
	u64 pstate;             /* SPSR_EL1 / RFLAGS of the interrupted code */
	u64 entry_pstate;       /* arm64: DAIF|CurrentEL|SPSel seen on entry to the vector */
};

/* Each runs exactly one access and reports what happened; nothing else is recoverable: any other
 * exception prints registers and ends the guest with the FAIL verdict. */
struct fault try_load(u64 va, unsigned width, u64 *value);
struct fault try_store(u64 va, unsigned width, u64 value);
struct fault try_exec(u64 va);    /* calls va; the code there is a return instruction */
struct fault try_hypercall(void); /* arm64: HVC #0; x86: VMMCALL */
struct fault try_breakpoint(void);
struct fault try_undefined(void);         /* arm64: UDF #0; x86: UD2 */
extern const u32 arch_ret_insn;           /* bytes of a return instruction, to plant for try_exec */
void arch_sync_code(u64 va, size_t size); /* make written code fetchable */

/* ---- the CPU's own random numbers (boot/<arch>/random.c) ---- */
enum random_kind {
	RANDOM_SEED,   /* the entropy source behind the generator: RDSEED, RNDRRS (reseeds first) */
	RANDOM_NUMBER, /* the generator: RDRAND, RNDR */
};

/* One word as the CPU gave it, not judged. ST_UNSUPPORTED: the CPU has no such instruction;
 * ST_INCOMPLETE: it has none to give just now. Asked of the CPU by executing the instruction where
 * what lists its features is the host's word. */
enum status arch_random(enum random_kind kind, u64 *value);
const char *arch_random_name(enum random_kind kind); /* of the instruction */

/* ---- time (drivers/<arch>) ---- */
u64 arch_counter(void);
u64 arch_counter_hz(void); /* 0: unknown */
void delay_us(u64 us);

const char *fault_name(enum fault_class c);

#endif
