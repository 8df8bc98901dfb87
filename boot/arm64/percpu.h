/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each CPU has for itself; TPIDR_EL1 points to it. Read by the vectors and by the entry code
 * of other CPUs with the MMU off, hence the offsets for the assembler.
 */
#ifndef ARM64_PERCPU_H
#define ARM64_PERCPU_H

#define CPU_INDEX         0
#define CPU_DEPTH         4
#define CPU_STACK         8
#define CPU_TRAP_TOP      16
#define CPU_OLD_SP        24
#define CPU_SCRATCH       32
#define CPU_SHIFT         7
#define CPU_DEPTH_OFF     2 /* any exception at this depth halts the CPU */

#define FRAME_SP          248
#define FRAME_PSTATE      288
#define FRAME_SIZE        304

#define STACK_SIZE        0x10000
#define TRAP_STACK_SIZE   0x2000 /* upper half for the exception, lower half for one inside it */

#define TRAP_SYNC         0
#define TRAP_IRQ          1
#define TRAP_FIQ          2
#define TRAP_SERROR       3
#define TRAP_WRONG_VECTOR 4

#ifndef __ASSEMBLER__

#include "arch.h"
#include "smp.h"

struct cpu {
	u32 index;
	u32 depth; /* exceptions being handled */
	u64 stack; /* initial stack pointer */
	u64 trap_top;
	u64 old_sp; /* scratch of the vectors, as the next two */
	u64 scratch[2];
	u64 expect_pc; /* the one instruction that may fault; 0 is an address like any other */
	u64 resume_pc; /* where to go on then; 0 = nothing is expected */
	struct fault *fault;
} ALIGNED(1 << CPU_SHIFT);

struct frame {
	u64 x[31];
	u64 sp, elr, spsr, esr, far;
	u64 entry_pstate;
	u64 pad;
};

_Static_assert(offsetof(struct cpu, index) == CPU_INDEX, "percpu.h");
_Static_assert(offsetof(struct cpu, depth) == CPU_DEPTH, "percpu.h");
_Static_assert(offsetof(struct cpu, stack) == CPU_STACK, "percpu.h");
_Static_assert(offsetof(struct cpu, trap_top) == CPU_TRAP_TOP, "percpu.h");
_Static_assert(offsetof(struct cpu, old_sp) == CPU_OLD_SP, "percpu.h");
_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH, "percpu.h");
_Static_assert(sizeof(struct cpu) == 1 << CPU_SHIFT, "percpu.h");
_Static_assert(offsetof(struct frame, sp) == FRAME_SP, "percpu.h");
_Static_assert(offsetof(struct frame, entry_pstate) == FRAME_PSTATE, "percpu.h");
_Static_assert(sizeof(struct frame) == FRAME_SIZE, "percpu.h");

extern struct cpu cpus[SMP_MAX_CPUS];

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(c));
	return c;
}

/* boot/arm64/vectors.S calls this; it returns to go on where the frame says. */
void trap_handle(struct frame *f, unsigned kind);

/* drivers/arm64/gicv3.c; false: a storm that only masking ends. */
bool irq_handle(void);

/* boot/arm64/cache.S: to the point of coherency, for observers whose caches are off. */
void dcache_clean_invalidate(u64 start, u64 end);

/* boot/arm64/head.S */
extern char secondary_entry[];
NORETURN void efi_leave(void);

#endif
#endif
