/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions. Exactly one instruction at a time may fault, and only when a try_* function armed it;
 * every other exception is fatal, because an attacker who can make arbitrary code resume after a
 * fault owns its control flow.
 */
#include "abi/ghcb.h"
#include "fatal.h"
#include "print.h"
#include "x86_64/cpu.h"

#define VECTOR_NMI      2u
#define VECTOR_BP       3u
#define VECTOR_UD       6u
#define VECTOR_GP       13u
#define VECTOR_PF       14u
#define FIRST_INTERRUPT 32u

#define RFLAGS_IF       BIT(9)

#define PF_PRESENT      BIT(0)
#define PF_RESERVED     BIT(3)

#define PLATFORM_DEPTH  2u /* stacks of IST_PLATFORM */

#define FRAME_ALIGN     16u /* SDM volume 3, 64-bit mode stack frame */
_Static_assert(sizeof(struct trap_frame) % FRAME_ALIGN == 0, "so its start is aligned as its end");

bool (*trap_platform)(struct trap_frame *f);
void (*trap_nmi_done)(void);

static enum fault_class classify(const struct trap_frame *f)
{
	switch (f->vector) {
	case VECTOR_BP:
		return FAULT_BREAKPOINT;
	case VECTOR_UD:
		return FAULT_UNDEFINED;
	case VECTOR_PF:
		if (f->error & PF_RESERVED)
			return FAULT_OTHER;
		return f->error & PF_PRESENT ? FAULT_PERMISSION : FAULT_PAGE;
	case VECTOR_VC:
		return f->error == GHCB_EXIT_NOT_VALIDATED ? FAULT_DATA_EXTERNAL : FAULT_OTHER;
	default:
		return FAULT_OTHER;
	}
}

static u64 fault_pc(const struct trap_frame *f)
{
	return f->vector == VECTOR_BP ? f->rip - 1 : f->rip; /* #BP is a trap: INT3 is one byte */
}

static bool is_platform(const struct trap_frame *f)
{
	return f->vector == VECTOR_VC || f->vector == VECTOR_VE;
}

static bool recover(struct cpu *c, struct trap_frame *f)
{
	u64 pc = fault_pc(f);

	if (c->guard_pc == 0 || c->guard_pc != pc)
		return false;
	if (f->vector != VECTOR_BP && f->vector != VECTOR_UD && f->vector != VECTOR_GP &&
	    f->vector != VECTOR_PF && !is_platform(f))
		return false;
	c->fault = (struct fault){
		.class = classify(f),
		.syndrome = f->vector << 32 | (u32)f->error,
		.address = f->vector == VECTOR_PF ? read_cr2() : 0,
		.pc = pc,
		.pstate = f->rflags,
	};
	c->guard_pc = 0;
	f->rip = c->guard_resume;
	f->rsp = c->guard_rsp;
	return true;
}

static void print_registers(const struct trap_frame *f)
{
	print("# exception %u error %#lx rip %#lx cr2 %#lx cr3 %#lx rflags %#lx\n",
	      (unsigned)f->vector, (unsigned long)f->error, (unsigned long)f->rip,
	      (unsigned long)read_cr2(), (unsigned long)read_cr3(), (unsigned long)f->rflags);
	print("# rax %#lx rbx %#lx rcx %#lx rdx %#lx rsi %#lx rdi %#lx rbp %#lx rsp %#lx\n",
	      (unsigned long)f->rax, (unsigned long)f->rbx, (unsigned long)f->rcx,
	      (unsigned long)f->rdx, (unsigned long)f->rsi, (unsigned long)f->rdi,
	      (unsigned long)f->rbp, (unsigned long)f->rsp);
	print("# r8 %#lx r9 %#lx r10 %#lx r11 %#lx r12 %#lx r13 %#lx r14 %#lx r15 %#lx\n",
	      (unsigned long)f->r8, (unsigned long)f->r9, (unsigned long)f->r10,
	      (unsigned long)f->r11, (unsigned long)f->r12, (unsigned long)f->r13,
	      (unsigned long)f->r14, (unsigned long)f->r15);
}

/* Printing may raise the next exception, on the same stack and without end: once per CPU. */
NORETURN static void die(const struct trap_frame *f)
{
	static bool printed[SMP_MAX_CPUS];
	bool *mine = &printed[arch_cpu_index()];

	if (!*mine) {
		*mine = true;
		print_registers(f);
	}
	fatal(ST_FAULT, "exception %u on CPU %u", (unsigned)f->vector, arch_cpu_index());
}

/*
 * #VC and #VE: the next one inside this one finds the other stack. There is no third: it would
 * start where the second did, and is only good for a stop.
 */
static bool handle_platform(struct cpu *c, struct trap_frame *f)
{
	bool handled;

	if (trap_platform == NULL)
		return false;
	if (c->platform_depth == PLATFORM_DEPTH)
		fatal(ST_PROTOCOL, "exception %u three deep", (unsigned)f->vector);
	c->platform_depth++;
	cpu_platform_stack(c, IST_PLATFORM_NESTED);
	handled = trap_platform(f);
	if (--c->platform_depth == 0)
		cpu_platform_stack(c, IST_PLATFORM);
	return handled;
}

static void handle_nmi(void)
{
	/* Any NMI that asks for no flush is the host's; counted like an interrupt nobody asked for.
	 */
	if (!mmu_flush_requested() && !irq_dispatch(VECTOR_NMI))
		fatal(ST_PROTOCOL, "storm of interrupts and NMIs");
	if (trap_nmi_done != NULL)
		trap_nmi_done();
}

/*
 * What no CPU does by itself, and a host that injects events can.
 *
 * An error code where the vector has none, or none where it has one, shifts every word of the
 * frame: RIP would be what the host says. The CPU aligns the stack before it pushes, so where a
 * frame ends tells whether a word is missing or too much. And an interrupt while they are masked
 * may hit inside its own handler, whose stack it starts on again; anywhere else it is one more that
 * nobody asked for.
 */
static bool on_interrupt_stack(const struct trap_frame *f)
{
	u64 top = cpu_self()->ist_base + IST_IRQ * CPU_IST_BYTES;

	return f->rsp <= top && f->rsp > top - CPU_IST_BYTES;
}

static void check_event(const struct trap_frame *f)
{
	if (!is_aligned((u64)(uintptr_t)(f + 1), FRAME_ALIGN))
		fatal(ST_PROTOCOL, "exception %u has the frame of another", (unsigned)f->vector);
	if (f->vector >= FIRST_INTERRUPT && (f->rflags & RFLAGS_IF) == 0 && on_interrupt_stack(f))
		fatal(ST_PROTOCOL, "interrupt %u while masked", (unsigned)f->vector);
}

void trap_dispatch(struct trap_frame *f)
{
	check_event(f);
	if (f->vector >= FIRST_INTERRUPT) {
		if (!irq_dispatch((unsigned)f->vector))
			f->rflags &= ~RFLAGS_IF;
		return;
	}
	if (f->vector == VECTOR_NMI) {
		handle_nmi();
		return;
	}
	if (is_platform(f) && handle_platform(cpu_self(), f))
		return;
	if (!recover(cpu_self(), f))
		die(f);
}

/*
 * Runs `insn`, which must be a single instruction, with `pc` (the address it may fault at; label 1
 * unless the fault is at a call's target) armed in this CPU's struct cpu (offsets 0x20, 0x30,
 * 0x38).
 */
#define ARM(pc)                                                                                    \
	"leaq 2f(%%rip), %%rax\n\t"                                                                \
	"movq %%rax, %%fs:0x30\n\t"                                                                \
	"movq %%rsp, %%fs:0x38\n\t" pc "\n\t"                                                      \
	"movq %%rax, %%fs:0x20\n"                                                                  \
	"1:\t"
#define HERE   "leaq 1f(%%rip), %%rax"
#define DISARM "\n2:\tmovq $0, %%fs:0x20"

#define GUARDED(pc, insn, outputs, ...)                                                            \
	__asm__ volatile(ARM(pc) insn DISARM:outputs:__VA_ARGS__ : "rax", "memory", "cc")
#define OUT(...) __VA_ARGS__

_Static_assert(offsetof(struct cpu, guard_pc) == 0x20, "known to assembly");
_Static_assert(offsetof(struct cpu, canary) == 0x28, "fixed by the ABI");
_Static_assert(offsetof(struct cpu, guard_resume) == 0x30, "known to assembly");
_Static_assert(offsetof(struct cpu, guard_rsp) == 0x38, "known to assembly");

static struct cpu *begin(void)
{
	struct cpu *c = cpu_self();

	c->fault = (struct fault){ .class = FAULT_NONE };
	return c;
}

struct fault try_load(u64 va, unsigned width, u64 *value)
{
	struct cpu *c = begin();
	u64 v = 0;

	switch (width) {
	case 1:
		GUARDED(HERE, "movb (%[a]), %b[v]", OUT([v] "+r"(v)), [a] "r"(va));
		break;
	case 2:
		GUARDED(HERE, "movw (%[a]), %w[v]", OUT([v] "+r"(v)), [a] "r"(va));
		break;
	case 4:
		GUARDED(HERE, "movl (%[a]), %k[v]", OUT([v] "+r"(v)), [a] "r"(va));
		break;
	default:
		GUARDED(HERE, "movq (%[a]), %q[v]", OUT([v] "+r"(v)), [a] "r"(va));
		break;
	}
	*value = v;
	return c->fault;
}

struct fault try_store(u64 va, unsigned width, u64 value)
{
	struct cpu *c = begin();

	switch (width) {
	case 1:
		GUARDED(HERE, "movb %b[v], (%[a])", , [a] "r"(va), [v] "r"(value));
		break;
	case 2:
		GUARDED(HERE, "movw %w[v], (%[a])", , [a] "r"(va), [v] "r"(value));
		break;
	case 4:
		GUARDED(HERE, "movl %k[v], (%[a])", , [a] "r"(va), [v] "r"(value));
		break;
	default:
		GUARDED(HERE, "movq %q[v], (%[a])", , [a] "r"(va), [v] "r"(value));
		break;
	}
	return c->fault;
}

struct fault try_exec(u64 va)
{
	struct cpu *c = begin();

	/* A refused fetch is reported at the target, with the return address already pushed: the
	 * saved stack pointer drops it. */
	__asm__ volatile(ARM("movq %[a], %%rax") "call *%[a]" DISARM
			 :
			 : [a] "r"(va)
			 : "rax", "memory", "cc");
	return c->fault;
}

struct fault try_insn(void (*code)(void), struct try_regs *r)
{
	struct cpu *c = begin();

	__asm__ volatile("leaq 2f(%%rip), %%r8\n\t"
			 "movq %%r8, %%fs:0x30\n\t"
			 "movq %%rsp, %%fs:0x38\n\t"
			 "movq %[code], %%fs:0x20\n\t"
			 "call *%[code]" DISARM
			 : "+a"(r->rax), "+b"(r->rbx), "+c"(r->rcx), "+d"(r->rdx)
			 : [code] "r"(code)
			 : "r8", "memory", "cc");
	return c->fault;
}

/* SETC follows the one instruction that may fault and cannot itself; a fault goes past both. */
struct fault try_random(enum random_kind kind, u64 *value, bool *valid)
{
	struct cpu *c = begin();
	u64 v = 0, carry = 0;

	if (kind == RANDOM_SEED)
		GUARDED(HERE, "rdseed %q[v]\n\tsetc %b[ok]", OUT([v] "+r"(v), [ok] "+r"(carry)));
	else
		GUARDED(HERE, "rdrand %q[v]\n\tsetc %b[ok]", OUT([v] "+r"(v), [ok] "+r"(carry)));
	*value = v;
	*valid = carry != 0;
	return c->fault;
}

struct fault try_hypercall(void)
{
	struct cpu *c = begin();
	/* A number no hypervisor has, should one answer. */
	u64 ax = 0xffffffff;

	__asm__ volatile("leaq 2f(%%rip), %%rcx\n\t"
			 "movq %%rcx, %%fs:0x30\n\t"
			 "movq %%rsp, %%fs:0x38\n\t"
			 "leaq 1f(%%rip), %%rcx\n\t"
			 "movq %%rcx, %%fs:0x20\n"
			 "1:\tvmmcall" DISARM
			 : "+a"(ax)
			 :
			 : "rbx", "rcx", "rdx", "rsi", "memory", "cc");
	return c->fault;
}

struct fault try_breakpoint(void)
{
	struct cpu *c = begin();

	__asm__ volatile(ARM(HERE) "int3" DISARM : : : "rax", "memory", "cc");
	return c->fault;
}

struct fault try_undefined(void)
{
	struct cpu *c = begin();

	__asm__ volatile(ARM(HERE) "ud2" DISARM : : : "rax", "memory", "cc");
	return c->fault;
}

const char *fault_name(enum fault_class c)
{
	static const char *const name[] = {
		[FAULT_NONE] = "none",
		[FAULT_DATA_EXTERNAL] = "no memory of the guest behind the address",
		[FAULT_FETCH_EXTERNAL] = "external abort on a fetch",
		[FAULT_PAGE] = "page not present",
		[FAULT_PERMISSION] = "permission",
		[FAULT_UNDEFINED] = "undefined instruction",
		[FAULT_BREAKPOINT] = "breakpoint",
		[FAULT_OTHER] = "other exception",
	};

	return (unsigned)c < ARRAY_SIZE(name) ? name[c] : "unknown";
}

/* The library's failed stack check (lib/chk.c). */
NORETURN void stack_smashed(void);
void stack_smashed(void)
{
	fatal(ST_CORRUPT, "stack or buffer overrun detected");
}
