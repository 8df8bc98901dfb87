/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core under a model of hosts/arm64: 16 MiB of memory from NS_BASE, one CPU, locks that must
 * not be taken twice, and a core_enter() that plays whatever `fake_guest` does. Included by the
 * model's own machine (fake_machine.h, fake_pkvm.h), in one file per program.
 */
#ifndef FAKE_CORE_ARM64_H
#define FAKE_CORE_ARM64_H

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "el2/hw.h"

#define FAKE_SIZE MIB(16)
#define FAKE_VTR  (4ULL << 29 | 4ULL << 26 | 3ULL) /* 5 priority bits, 16 INTID bits, 4 LRs */

u8 *fake_memory;
struct host_config config;
static u64 fake_next;            /* next free machine page */
static u64 fake_claim;           /* machine memory said to be there, 0 = what is there */
static enum fault_id fake_fault; /* the one fault chosen */
static struct hw_timers fake_timers;
static bool fake_masked[32];
static void (*fake_guest)(struct el1_state *g, struct core_exit_info *info);
static unsigned fake_locks;

static inline void fake_core_reset(void)
{
	if (fake_memory == NULL)
		fake_memory = calloc(1, FAKE_SIZE);
	else
		memset(fake_memory, 0, fake_next - NS_BASE);
	fake_next = NS_BASE;
	fake_fault = FAULT_NONE_;
	fake_guest = NULL;
	memset(&fake_timers, 0, sizeof(fake_timers));
	memset(fake_masked, 0, sizeof(fake_masked));
}

u64 core_ram_end(void)
{
	return NS_BASE + MAX(fake_claim, FAKE_SIZE);
}

u64 core_alloc_pages(size_t pages)
{
	u64 pa = fake_next;

	if (pages * PAGE_SIZE > NS_BASE + FAKE_SIZE - fake_next)
		return 0;
	fake_next += pages * PAGE_SIZE;
	return pa;
}

struct core_exit_info core_enter(struct el1_state *g, struct el2_controls *c)
{
	struct core_exit_info info = { CORE_EXIT_IRQ, 0, 0, 0 };

	(void)c;
	if (fake_guest != NULL)
		fake_guest(g, &info);
	return info;
}

void core_panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

bool fault_on(enum fault_id f)
{
	return f == fake_fault;
}

void core_lock(struct core_lock *l)
{
	(void)l;
	if (fake_locks++ != 0)
		abort(); /* taken twice */
}

void core_unlock(struct core_lock *l)
{
	(void)l;
	if (--fake_locks != 0)
		abort();
}

unsigned core_cpu(void)
{
	return 0;
}

void core_irq_mask(u32 ppi, bool masked)
{
	fake_masked[ppi % 32] = masked;
}

void core_arm_budget(u64 ns)
{
	(void)ns;
}

u64 hw_ich_vtr(void)
{
	return FAKE_VTR;
}

unsigned hw_pmu_counters(void)
{
	return 4;
}

void hw_timers_read(struct hw_timers *t)
{
	*t = fake_timers;
}

void hw_timers_write(const struct hw_timers *t)
{
	fake_timers = *t;
}

void hw_set_cntvoff(u64 offset)
{
	(void)offset;
}

void hw_set_vttbr(u64 vttbr)
{
	(void)vttbr;
}

void hw_sync_code(u64 addr, size_t n)
{
	(void)addr;
	(void)n;
}

#endif
