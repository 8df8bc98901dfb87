/* SPDX-License-Identifier: BSD-2-Clause */
/* One CPU's own data, found through FS base; and the few privileged instructions. */
#ifndef X86_CPU_H
#define X86_CPU_H

#include "arch.h"
#include "smp.h"
#include "types.h"

/* Interrupt stack table: every vector has a stack of its own kind, because library code uses the
 * red zone below the stack pointer. NMI and double fault may hit inside the others. #VC and #VE use
 * IST_PLATFORM, whose entry points to the next stack while one is being handled. */
enum {
	IST_EXCEPTION = 1,
	IST_NMI,
	IST_ABORT,
	IST_IRQ,
	IST_PLATFORM,
	IST_PLATFORM_NESTED,
	IST_COUNT = IST_PLATFORM_NESTED
};

#define CPU_STACK_PAGES 4u /* each of the main stack and, halved, the IST stacks */
#define CPU_IST_BYTES   KIB(8)
#define CPU_BLOCK_BYTES (CPU_STACK_PAGES * PAGE_SIZE + IST_COUNT * CPU_IST_BYTES)

/* Offsets 0x20..0x3f are known to assembly and to the inline assembly in trap.c. */
struct cpu {
	u64 index;
	u64 hwid;
	u64 stack_top;
	u32 start_state; /* enum ap_state; claimed by exactly one CPU */
	u32 online;
	u64 guard_pc; /* 0x20: the one instruction that may fault, 0 = none */
	u64 canary;   /* 0x28: fixed by the compiler's ABI */
	u64 guard_resume;
	u64 guard_rsp;
	struct fault fault; /* what the guarded instruction raised */
	u64 flush_seen;     /* generation of TLB flushes done (mm/x86_64/mmu.c) */
	u64 ist_base;
	u32 platform_depth; /* #VC or #VE being handled, one inside the other */
	u8 tss[104] ALIGNED(16);
	u64 gdt[5];
};

enum ap_state { AP_NONE, AP_ARMED, AP_TAKEN };

extern struct cpu cpu_data[SMP_MAX_CPUS];

struct cpu *cpu_self(void);
/* GDT, TSS, IDT and memory types of the calling CPU; its IST stacks start at ist_base. */
void cpu_init(struct cpu *c, u64 ist_base);
/* Which of its stacks (IST_*) the next #VC or #VE of this CPU gets. */
void cpu_platform_stack(struct cpu *c, unsigned ist);

struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

void trap_dispatch(struct trap_frame *f); /* from trap.asm */

/* Calls code, one instruction and a RET behind it, with these registers and takes them back. The
 * instruction may raise #UD, #GP, #PF, or a #VC or #VE that the platform does not handle. It must
 * change no other general register. */
struct try_regs {
	u64 rax, rbx, rcx, rdx;
};
struct fault try_insn(void (*code)(void), struct try_regs *r);
/* RDSEED or RDRAND of 64 bits; valid: the carry flag, when nothing was raised. */
struct fault try_random(enum random_kind kind, u64 *value, bool *valid);

/*
 * Set by a backend's detect(), NULL elsewhere. trap_platform gets every #VC (29) and #VE (20), with
 * interrupts masked; true: handled, and f changed as the instruction would have. false: not, and
 * nothing changed: the instruction is recovered if a try_* function armed it, else the guest stops.
 * A #VC inside a #VC is handled once more; a third level is a stop. trap_nmi_done follows every
 * NMI, when it is handled and before IRET.
 */
extern bool (*trap_platform)(struct trap_frame *f);
extern void (*trap_nmi_done)(void);
extern char trap_entry_0[]; /* stub n at n * TRAP_STUB_BYTES */
#define TRAP_STUB_BYTES 16

/* drivers/x86_64/irq.c; false: a storm of interrupts nobody asked for. */
bool irq_dispatch(unsigned vector);
/* drivers/x86_64/msi.c; false: no handler has that vector. */
bool msi_dispatch(unsigned vector);
/* mm/x86_64/mmu.c: true when the NMI asked for a flush, which is then done. */
bool mmu_flush_requested(void);

#define VECTOR_VE     20u
#define VECTOR_VC     29u

#define MSR_APIC_BASE 0x1bu
#define MSR_PAT       0x277u
#define MSR_EFER      0xc0000080u
#define EFER_NXE      BIT(11)
#define CR0_WP        BIT(16)
#define CR4_LA57      BIT(12)

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static inline void cpuid(u32 leaf, u32 sub, u32 out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(sub));
}

static inline u64 read_cr0(void)
{
	u64 v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static inline void write_cr0(u64 v)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline u64 read_cr2(void)
{
	u64 v;

	__asm__ volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

static inline u64 read_cr3(void)
{
	u64 v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return v;
}

static inline void write_cr3(u64 v)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline u64 read_cr4(void)
{
	u64 v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

#endif
