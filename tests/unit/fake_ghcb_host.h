/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host side of the GHCB for native tests of the SNP backend: the instructions of ghcb/insn.c
 * and the few calls the backend makes above itself. What the host answers, a test sets. Include
 * after cmocka.h, once.
 */
#ifndef FAKE_GHCB_HOST_H
#define FAKE_GHCB_HOST_H

#include <setjmp.h>
#include <string.h>

#include "fake_print.h"
#include "ghcb/internal.h"

#define HOST_PAGES 4

struct cvm cvm;

static struct {
	u64 msr, sev_status;
	u64 exits;
	unsigned cpu, irqs_off;
	/* Called at each VMGEXIT; the page is that of the MSR, when it names one. */
	void (*exit)(u8 *page);
	/* PVALIDATE and RMPADJUST */
	struct rmp_result (*pvalidate)(u64 va, u32 ecx, u32 edx);
	u32 rmpadjust;
	u64 rmpadjust_rdx, rmpadjust_va;
	/* the end: set by expect_end(), where a stop is a result */
	jmp_buf end;
	bool end_expected;
	enum status fatal_status;
	u64 terminated; /* the word */
	u64 delays;
} host;

/* false: the statement returned. */
#define ENDS(statement)                                                                            \
	(host.end_expected = true, setjmp(host.end) != 0                                           \
				       ? (host.end_expected = false, true)                         \
				       : ((statement), host.end_expected = false))

static void host_end(void)
{
	if (!host.end_expected)
		abort();
	longjmp(host.end, 1);
}

/* ---- fields of the page, as the host sees it ---- */
static inline u64 host_get(const u8 *page, unsigned at)
{
	u64 v;

	memcpy(&v, page + at, 8);
	return v;
}

static inline bool host_valid(const u8 *page, unsigned at)
{
	return (page[GHCB_BITMAP + at / 64] >> (at / 8 % 8) & 1) != 0;
}

static inline void host_put(u8 *page, unsigned at, u64 v)
{
	memcpy(page + at, &v, 8);
	page[GHCB_BITMAP + at / 64] |= (u8)(1u << (at / 8 % 8));
}

/* Clears the bitmap and sets both infos: the start of each answer. */
static inline void host_answer(u8 *page, u64 info1, u64 info2)
{
	memset(page + GHCB_BITMAP, 0, GHCB_BITMAP_SIZE);
	host_put(page, GHCB_INFO1, info1);
	host_put(page, GHCB_INFO2, info2);
}

/* ---- ghcb/insn.c ---- */
struct rmp_result insn_pvalidate(u64 va, u32 ecx, u32 edx)
{
	return host.pvalidate != NULL ? host.pvalidate(va, ecx, edx)
				      : (struct rmp_result){ 0, false };
}

u32 insn_rmpadjust(u64 va, u32 ecx, u64 rdx)
{
	host.rmpadjust_va = va;
	host.rmpadjust_rdx = rdx;
	return host.rmpadjust;
}

u64 insn_ghcb_msr(void)
{
	return host.msr;
}

void insn_set_ghcb_msr(u64 v)
{
	host.msr = v;
}

void insn_vmgexit(void)
{
	host.exits++;
	if ((host.msr & GHCB_MSR_INFO_MASK) == GHCB_MSR_TERM_REQ)
		host.terminated = host.msr;
	else if (host.exit != NULL)
		host.exit((host.msr & GHCB_MSR_INFO_MASK) == 0 ? (u8 *)(uintptr_t)host.msr : NULL);
}

u64 insn_sev_status(void)
{
	return host.sev_status;
}

u64 insn_cr0(void)
{
	return 0x80010033;
}

u64 insn_cr3(void)
{
	return 0x8000000123000;
}

u64 insn_cr4(void)
{
	return 0x660;
}

u64 insn_xcr0(void)
{
	return 7;
}

/* ---- arch.h, fatal.h, print.h ---- */
unsigned arch_cpu_index(void);
bool arch_irq_save(void);
void arch_irq_restore(bool enabled);
NORETURN void arch_halt(void);
void delay_us(u64 us);
NORETURN void fatal(enum status st, const char *fmt, ...);
void print(const char *fmt, ...);

unsigned arch_cpu_index(void)
{
	return host.cpu;
}

bool arch_irq_save(void)
{
	return host.irqs_off++ == 0;
}

void arch_irq_restore(bool enabled)
{
	host.irqs_off--;
	if (enabled != (host.irqs_off == 0))
		abort(); /* not nested properly */
}

void arch_halt(void)
{
	host_end();
	abort();
}

void delay_us(u64 us)
{
	host.delays++;
}

void fatal(enum status st, const char *fmt, ...)
{
	host.fatal_status = st;
	host_end();
	abort();
}

void print(const char *fmt, ...)
{
}

const char *status_text(enum status st)
{
	return "";
}

/* ---- CPUs with pages ---- */
static u8 host_pages[2][HOST_PAGES][GHCB_SIZE] __attribute__((aligned(4096)));

static inline void host_reset(void)
{
	memset(&host, 0, sizeof(host));
	memset(ghcb_cpus, 0, sizeof(ghcb_cpus));
	memset(host_pages, 0, sizeof(host_pages));
	memset(&ghcb_counters, 0, sizeof(ghcb_counters));
	cvm.addr_limit = 1ULL << 47;
	cvm.pte_private = 1ULL << 51;
	for (unsigned i = 0; i < 2; i++) {
		ghcb_cpus[i].page = host_pages[i][0];
		ghcb_cpus[i].backup = host_pages[i][1];
		ghcb_cpus[i].nmi_backup = host_pages[i][2];
	}
}

#endif
