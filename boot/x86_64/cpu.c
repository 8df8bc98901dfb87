/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptor tables of each CPU. */
#include "x86_64/cpu.h"

#define SEL_CODE         0x08u
#define SEL_DATA         0x10u
#define SEL_TSS          0x18u

#define VECTORS          256
#define GATE_INTERRUPT   0x8e00u /* present, DPL 0, interrupt gate */
#define PAT_POWER_ON     0x0007040600070406ULL
#define TSS_AVAILABLE    0x89u
#define TSS_IST_OFFSET   36
#define TSS_IOMAP_OFFSET 102
#define VECTOR_NMI       2u
#define VECTOR_DOUBLE    8u
#define VECTOR_MACHINE   18u
#define FIRST_INTERRUPT  32u

static u64 idt[VECTORS][2] ALIGNED(16);
struct cpu cpu_data[SMP_MAX_CPUS];

struct cpu *cpu_self(void)
{
	return &cpu_data[arch_cpu_index()];
}

static unsigned ist_of(unsigned vector)
{
	if (vector == VECTOR_NMI)
		return IST_NMI;
	if (vector == VECTOR_DOUBLE || vector == VECTOR_MACHINE)
		return IST_ABORT;
	if (vector == VECTOR_VC || vector == VECTOR_VE)
		return IST_PLATFORM;
	return vector < FIRST_INTERRUPT ? IST_EXCEPTION : IST_IRQ;
}

static void idt_fill(void)
{
	for (unsigned v = 0; v < VECTORS; v++) {
		u64 entry = (u64)(uintptr_t)trap_entry_0 + (u64)v * TRAP_STUB_BYTES;

		idt[v][0] = FIELD(entry, 15, 0) | SEL_CODE << 16 |
			    (u64)(GATE_INTERRUPT | ist_of(v)) << 32 | FIELD(entry, 31, 16) << 48;
		idt[v][1] = entry >> 32;
	}
}

static void put(u8 *at, u64 v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (u8)(v >> (8 * i));
}

static void set_ist(struct cpu *c, unsigned entry, unsigned stack)
{
	put(&c->tss[TSS_IST_OFFSET + 8 * (entry - 1)], c->ist_base + stack * CPU_IST_BYTES, 8);
}

void cpu_platform_stack(struct cpu *c, unsigned ist)
{
	set_ist(c, IST_PLATFORM, ist);
}

static void tss_fill(struct cpu *c)
{
	for (unsigned i = 1; i <= IST_COUNT; i++)
		set_ist(c, i, i);
	put(c->tss + TSS_IOMAP_OFFSET, sizeof(c->tss), 2);
}

static void gdt_fill(struct cpu *c)
{
	u64 tss = (u64)(uintptr_t)c->tss;

	c->gdt[SEL_CODE / 8] = 0x00af9b000000ffffULL;
	c->gdt[SEL_DATA / 8] = 0x00cf93000000ffffULL;
	c->gdt[SEL_TSS / 8] = (sizeof(c->tss) - 1) | FIELD(tss, 23, 0) << 16 |
			      (u64)TSS_AVAILABLE << 40 | FIELD(tss, 31, 24) << 56;
	c->gdt[SEL_TSS / 8 + 1] = tss >> 32;
}

struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

/* FS and GS keep their old selectors: loading one would clear FS base, where the canary lies. */
static void tables_load(struct cpu *c)
{
	struct table_pointer gdtr = { sizeof(c->gdt) - 1, (u64)(uintptr_t)c->gdt };
	struct table_pointer idtr = { sizeof(idt) - 1, (u64)(uintptr_t)idt };
	u64 scratch;

	__asm__ volatile("lgdt %1\n\t"
			 "pushq %3\n\t"
			 "leaq 1f(%%rip), %0\n\t"
			 "pushq %0\n\t"
			 "lretq\n"
			 "1:\tmov %4, %%ds\n\t"
			 "mov %4, %%es\n\t"
			 "mov %4, %%ss\n\t"
			 "ltr %w5\n\t"
			 "lidt %2"
			 : "=&r"(scratch)
			 : "m"(gdtr), "m"(idtr), "i"(SEL_CODE), "r"(SEL_DATA), "r"(SEL_TSS)
			 : "memory");
}

void cpu_init(struct cpu *c, u64 ist_base)
{
	if (idt[0][0] == 0)
		idt_fill();
	c->ist_base = ist_base;
	tss_fill(c);
	gdt_fill(c);
	tables_load(c);
	/* Device mappings rely on PCD|PWT meaning uncached. */
	wrmsr(MSR_PAT, PAT_POWER_ON);
}
