/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of starting CPUs that is x86's own: a page below 1 MiB to start in, and their stacks. */
#include <string.h>

#include "memmap.h"
#include "mm.h"
#include "mmu.h"
#include "x86_64/cpu.h"

#define LOW_LIMIT MIB(1)
#define PTE_RW    BIT(1)
#define LOW_PAGES 2u /* trampoline; root table that 32-bit code can reach */

/* ap.asm */
extern const char ap_trampoline[], ap_trampoline_end[], ap_root[], ap_entry[];
void ap_start(void);
void ap_start_long(void);
NORETURN void ap_main(struct cpu *c);
extern const u64 cpu_data_stride;
const u64 cpu_data_stride = sizeof(struct cpu);

extern u64 early_tables[][512];

_Static_assert(offsetof(struct cpu, hwid) == 0x08, "known to assembly");
_Static_assert(offsetof(struct cpu, stack_top) == 0x10, "known to assembly");
_Static_assert(offsetof(struct cpu, start_state) == 0x18, "known to assembly");
_Static_assert(SMP_MAX_CPUS == 16, "known to assembly");

static u64 trampoline;

/* The highest free pages below 1 MiB: the lowest ones hold what firmware left there. */
static u64 find_low_pages(void)
{
	u64 found = 0;

	for (size_t i = 0; i < memory_map.count; i++) {
		const struct mem_region *m = &memory_map.region[i];
		u64 end = MIN(range_end(m->range), LOW_LIMIT);
		u64 size = LOW_PAGES * PAGE_SIZE;

		if (m->type != MEM_RAM && m->type != MEM_ACCEPTED)
			continue;
		if (end >= size && end - size >= MAX(m->range.base, PAGE_SIZE))
			found = end - size;
	}
	return found;
}

/* Mapped already, and writable: as ordinary memory, then. */
static bool is_writable(struct range r)
{
	for (u64 page = r.base; page < range_end(r); page += PAGE_SIZE) {
		unsigned level;
		u64 pte;

		if (mmu_walk(page, &pte, &level) != ST_OK || (pte & PTE_RW) == 0)
			return false;
	}
	return true;
}

static void put(u64 page, const char *symbol, u64 value, size_t bytes)
{
	memcpy((void *)(uintptr_t)(page + (u64)((uintptr_t)symbol - (uintptr_t)ap_trampoline)),
	       &value, bytes);
}

static void install(u64 page)
{
	memcpy((void *)(uintptr_t)page, ap_trampoline,
	       (size_t)((uintptr_t)ap_trampoline_end - (uintptr_t)ap_trampoline));
	memcpy((void *)(uintptr_t)(page + PAGE_SIZE), early_tables, PAGE_SIZE);
	put(page, ap_root, page + PAGE_SIZE, sizeof(u32));
	put(page, ap_entry, (u64)(uintptr_t)ap_start, sizeof(u64));
	arch_barrier();
}

u64 smp_arch_entry(void)
{
	struct range r = { 0, LOW_PAGES * PAGE_SIZE };
	enum status st;

	if (cvm.ops->cpu_long_mode)
		return (u64)(uintptr_t)ap_start_long;
	if (trampoline != 0)
		return trampoline;
	r.base = find_low_pages();
	if (r.base == 0)
		return 0;
	st = mmu_map(r, MAP_RW, MAP_PRIVATE);
	if (st != ST_OK && !is_writable(r))
		return 0;
	install(r.base);
	trampoline = r.base;
	return trampoline;
}

u64 smp_arch_context(unsigned index, u64 hwid)
{
	struct cpu *c = &cpu_data[index];
	u64 block;

	/* A CPU that was asked to start once and may come late keeps its stack to itself. */
	if (c->start_state != AP_NONE)
		return 0;
	block = pages_alloc(CPU_BLOCK_BYTES / PAGE_SIZE, PAGE_SIZE);
	if (block == 0)
		return 0;
	c->index = index;
	c->hwid = hwid;
	c->canary = cpu_data[0].canary;
	c->ist_base = block;
	c->stack_top = block + CPU_BLOCK_BYTES;
	__atomic_store_n(&c->start_state, AP_ARMED, __ATOMIC_RELEASE);
	return (u64)(uintptr_t)c;
}

void ap_main(struct cpu *c)
{
	cpu_init(c, c->ist_base);
	/* Without its way to the host it is of no use, and nobody can be told: it is not online. */
	if (cvm.ops->cpu_init != NULL && cvm.ops->cpu_init((unsigned)c->index) != ST_OK)
		for (;;)
			arch_cpu_relax();
	/* Flush once more after becoming visible: no flush of another CPU falls between. */
	__atomic_store_n(&c->online, 1, __ATOMIC_SEQ_CST);
	mmu_enable_secondary();
	smp_secondary_main((unsigned)c->index);
}
