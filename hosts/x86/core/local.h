/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of core/ share with each other and with nobody else. */
#ifndef CORE_LOCAL_H
#define CORE_LOCAL_H

#include "core.h"
#include "vmcb.h"

/* Known to start.asm and switch.asm. */
#define STACK_BYTES     0x20000
#define TRAP_STUB_BYTES 16

/* Page below 1 MiB that SIPI enters; the guest's low memory gets it back zeroed. */
#define TRAMPOLINE 0x8000ULL

/* One machine CPU, at its FS base. */
struct percpu {
	struct percpu *self;
	u64 stack_top; /* start.asm */
	u32 index;
	u32 online;
	u64 reserved[2];
	u64 canary;     /* %fs:0x28, fixed by the compiler's ABI */
	u64 deadline;   /* asked for by core_timer(), 0: none */
	u64 programmed; /* what the timer stands at, 0: off */
	u8 *host_area;  /* VMSAVE area of the monitor's own state */
};
_Static_assert(offsetof(struct percpu, stack_top) == 8, "start.asm loads the stack");
_Static_assert(offsetof(struct percpu, canary) == 0x28, "the compiler's ABI");

extern struct percpu percpu[CORE_MAX_CPUS];
struct percpu *this_cpu(void);

/* ---- the CPU ---- */
#define MSR_EFER      0xc0000080u
#define MSR_APIC_BASE 0x1bu
#define MSR_VM_HSAVE  0xc0010117u

#define CPUID_SVM     BIT(2)  /* 8000_0001 ECX */
#define CPUID_1GB     BIT(26) /* 8000_0001 EDX */
#define CPUID_NPT     BIT(0)  /* 8000_000A EDX */
#define CPUID_LA57    BIT(16) /* 7 ECX */

static inline void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void outw(u16 port, u16 v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void outl(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

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

/* ---- start.asm, switch.asm, host.lds ---- */
extern u64 core_pml5[], core_pdpt[];
extern u8 core_stacks[], trampoline[], trampoline_end[], trap_stubs[];
extern u32 trampoline_percpu;
extern u8 core_image_start[], core_image_end[];
void core_switch(u64 vmcb, u64 reg[16], u64 host_area, struct sse *sse);

/* ---- main.c ---- */
NORETURN void core_main(void);
NORETURN void core_ap_main(struct percpu *self);

/* ---- channel.c ---- */
void channel_init(void);

/* ---- violation.c ---- */
void counters_print(void);

/* ---- fwcfg.c ---- */
u64 core_fwcfg_ram_size(void); /* bytes of the machine's RAM */

/* ---- memory.c ---- */
/* The allocator first; the layout when the configuration is read and the image's size known. */
void memory_init(void);
void memory_check(size_t image_size);
void memory_clear_low(void); /* what SeaBIOS left in the guest's first MiB */
void paging_init(u64 ram_end);

/* ---- cpu.c ---- */
void cpu_check(void); /* what the machine's CPU must have */
void cpu_init(void);  /* this CPU: IDT, APIC, SVM */
void cpu_start_all(void);

/* ---- apic.c: the machine's own interrupt controllers and timers ---- */
void apic_init_machine(void); /* PICs off, TSC and APIC timer measured; boot CPU */
void apic_init_cpu(void);
void apic_start(unsigned id); /* INIT, SIPI into TRAMPOLINE */
void apic_kick(unsigned id);
void apic_timer(u64 tsc); /* 0: off; the past: at once */

/* ---- trap.c ---- */
void trap_init(void);
void trap_load(void);
struct trap_frame {
	u64 vector, error, rip, cs, rflags, rsp, ss;
};
NORETURN void trap_exception(const struct trap_frame *f);
void trap_interrupt(u64 vector);
bool trap_has_handlers(void); /* devices may interrupt */

/* ---- run.c ---- */
void run_budget_start(void);

/* ---- event.c ---- */
void event_enter(struct vcpu *v); /* last before VMRUN: how a pending event goes in */
u64 event_leave(struct vcpu *v);  /* first after it: the event that did not arrive, 0: none */

/* ---- npt.c ---- */
u64 npt_root(const struct npt *n);
void npt_flushed(void); /* no CPU walks a table that was taken out before */

#define VECTOR_TIMER    0xf0u
#define VECTOR_KICK     0xf1u
#define VECTOR_SPURIOUS 0xffu

/* ---- last.c ---- */
void last_exits_print(void); /* "last: vCPU N: WHAT (CODE, INFO1, INFO2) at rip RIP, exit COUNT" */

#endif
