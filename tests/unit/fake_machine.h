/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine under the model of hosts/arm64/rmm: 16 MiB of memory from NS_BASE, one CPU, and a
 * core_enter() that plays whatever `fake_guest` does. Included by one file per program.
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include <stdlib.h>
#include <string.h>

#include "abi/psci.h"
#include "native_mutant.h"
#include "rmm/model.h"

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
static void (*fake_signing)(void); /* what other CPUs do while a token is signed */
static unsigned fake_token_calls, fake_locks;

static inline void machine_reset(void)
{
	if (fake_memory == NULL)
		fake_memory = calloc(1, FAKE_SIZE);
	else
		memset(fake_memory, 0, fake_next - NS_BASE);
	fake_next = NS_BASE;
	fake_fault = FAULT_NONE_;
	fake_guest = NULL;
	fake_signing = NULL;
	memset(&fake_timers, 0, sizeof(fake_timers));
	memset(fake_masked, 0, sizeof(fake_masked));
	memset(&counters, 0, sizeof(counters));
	rmm_init();
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

enum status token_create(const struct measurement_ctx *m, const u8 challenge[64], const u8 rpv[64],
			 u8 *out, size_t cap, size_t *len)
{
	(void)m;
	(void)rpv;
	fake_token_calls++;
	if (fake_signing != NULL)
		fake_signing();
	*len = MIN(cap, 100u);
	memset(out, challenge[0], *len);
	return ST_OK;
}

void channel(const char *fmt, ...)
{
	(void)fmt;
}

void core_panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	(void)word;
	(void)data;
	(void)n;
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

void core_tlb_flush_vm(void)
{
}

u64 hw_id_reg(unsigned crm, unsigned op2)
{
	/* All fields set, 6 breakpoints and 4 watchpoints. */
	return crm == 5 && op2 == 0 ? 0x305108 : 0x1111111111111111ULL;
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

/* ---- what a host does ---- */
static inline u64 rmi(u64 fid, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return rmi_call(fid, a1, a2, a3, a4, a5).x[0];
}

static inline u64 ns_page(void)
{
	u64 pa = core_alloc_pages(1);

	if (pa == 0)
		abort();
	memset(pa_to_ptr(pa), 0, PAGE_SIZE);
	return pa;
}

static inline u64 delegated(void)
{
	u64 pa = ns_page();

	if (rmi(RMI_GRANULE_DELEGATE, pa, 0, 0, 0, 0) != RMI_SUCCESS)
		abort();
	return pa;
}

static inline void put64(u64 pa, u64 off, u64 v)
{
	memcpy((u8 *)pa_to_ptr(pa) + off, &v, sizeof(v));
}

static inline u64 realm_params(unsigned bits, u64 level, u64 num)
{
	u64 p = ns_page(), base;

	fake_next = align_up(fake_next, 16 * PAGE_SIZE);
	base = delegated();
	for (u64 i = 1; i < num; i++)
		(void)delegated();
	put64(p, RMI_REALM_S2SZ, bits);
	put64(p, RMI_REALM_NUM_BPS, 5);
	put64(p, RMI_REALM_NUM_WPS, 1);
	put64(p, RMI_REALM_VMID, 7);
	put64(p, RMI_REALM_RTT_BASE, base);
	put64(p, RMI_REALM_RTT_LEVEL, level);
	put64(p, RMI_REALM_RTT_NUM, num);
	return p;
}

static inline u64 realm_new(unsigned bits, u64 level, u64 num)
{
	static unsigned vmid = 16;
	u64 p = realm_params(bits, level, num), rd = delegated();

	put64(p, RMI_REALM_VMID, vmid++ % VMID_COUNT);
	if (rmi(RMI_REALM_CREATE, rd, p, 0, 0, 0) != RMI_SUCCESS)
		abort();
	return rd;
}

static inline u64 rec_new(u64 rd, u64 mpidr, bool runnable, u64 pc)
{
	u64 p = ns_page(), rec = delegated();

	put64(p, RMI_REC_FLAGS, runnable);
	put64(p, RMI_REC_MPIDR, mpidr);
	put64(p, RMI_REC_PC, pc);
	put64(p, RMI_REC_NUM_AUX, 1);
	put64(p, RMI_REC_AUX, delegated());
	return rmi(RMI_REC_CREATE, rd, rec, p, 0, 0) == RMI_SUCCESS ? rec : 0;
}

#endif
