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
#include "fake_core_arm64.h"
#include "native_mutant.h"
#include "rmm/model.h"

static void (*fake_signing)(void); /* what other CPUs do while a token is signed */
static unsigned fake_token_calls;

static inline void machine_reset(void)
{
	fake_core_reset();
	fake_signing = NULL;
	memset(&counters, 0, sizeof(counters));
	rmm_init();
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

void channel_hex(const char *word, const u8 *data, size_t n)
{
	(void)word;
	(void)data;
	(void)n;
}

void core_tlb_flush_vm(void)
{
}

u64 hw_id_reg(unsigned crm, unsigned op2)
{
	/* All fields set, 6 breakpoints and 4 watchpoints. */
	return crm == 5 && op2 == 0 ? 0x305108 : 0x1111111111111111ULL;
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
