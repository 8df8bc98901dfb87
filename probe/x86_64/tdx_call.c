/* SPDX-License-Identifier: BSD-2-Clause */
/* How TDCALL is called, and TDG.VP.INFO. */
#include "tdx.h"

#include "smp.h"

#define SENTINEL 0x5464782043616c6cULL

/* Every register a value of its own; RAX is the caller's. */
static struct tdcall_regs marked(u64 rax)
{
	return (struct tdcall_regs){
		.rax = rax,
		.rcx = SENTINEL + 1,
		.rdx = SENTINEL + 2,
		.rbx = SENTINEL + 3,
		.rbp = SENTINEL + 5,
		.rsi = SENTINEL + 6,
		.rdi = SENTINEL + 7,
		.r8 = SENTINEL + 8,
		.r9 = SENTINEL + 9,
		.r10 = SENTINEL + 10,
		.r11 = SENTINEL + 11,
		.r12 = SENTINEL + 12,
		.r13 = SENTINEL + 13,
		.r14 = SENTINEL + 14,
		.r15 = SENTINEL + 15,
	};
}

static bool expect_refused(u64 rax)
{
	struct tdcall_regs r = marked(rax);

	check_note("rax 0x%llx", (unsigned long long)rax);
	tdcall(&r);
	return expect_eq("RAX of a call that does not exist", r.rax, OPERAND_INVALID(RAX));
}

/* None of them in any module or draft the project knows of. */
void tdx_call_unknown(void)
{
	static const u16 leaves[] = { 13, 15, 17, 100, 200, 255, 0x100, 0x7fff, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(leaves) && expect_refused(leaves[i]); i++)
		;
}

/* Newer modules have versions up to 2 of some leaves. */
void tdx_call_version(void)
{
	static const u64 leaves[] = { TDG_VP_INFO, TDG_VP_VEINFO_GET, TDG_VM_RD };
	static const u64 versions[] = { 0x10, 0x80, 0xff };

	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++)
		for (size_t k = 0; k < ARRAY_SIZE(versions); k++)
			if (!expect_refused(leaves[i] | versions[k] << TDG_VERSION_SHIFT))
				return;
}

void tdx_call_reserved(void)
{
	for (unsigned bit = 24; bit < 64; bit++)
		if (!expect_refused(TDG_VP_INFO | BIT(bit)))
			return;
}

/* RBX, RBP, RSI, RDI, R12..R15: no leaf used here returns anything in them. */
static bool expect_kept(const char *asked, const struct tdcall_regs *r)
{
	struct tdcall_regs m = marked(0);

	return expect_eq(asked, r->rbx, m.rbx) && expect_eq(asked, r->rbp, m.rbp) &&
	       expect_eq(asked, r->rsi, m.rsi) && expect_eq(asked, r->rdi, m.rdi) &&
	       expect_eq(asked, r->r12, m.r12) && expect_eq(asked, r->r13, m.r13) &&
	       expect_eq(asked, r->r14, m.r14) && expect_eq(asked, r->r15, m.r15);
}

void tdx_call_preserved(void)
{
	struct tdcall_regs r = marked(TDG_VP_INFO);

	tdcall(&r);
	if (!expect_eq("RAX of TDG.VP.INFO", r.rax, TDX_SUCCESS) ||
	    !expect_kept("a register after TDG.VP.INFO", &r))
		return;
	r = marked(TDG_VM_RD);
	r.rcx = 0;
	r.rdx = TDX_FIELD_ATTRIBUTES;
	tdcall(&r);
	if (!expect_eq("RAX of TDG.VM.RD", r.rax, TDX_SUCCESS) ||
	    !expect_kept("a register after TDG.VM.RD", &r))
		return;
	r = marked(TDG_VP_CPUIDVE_SET);
	r.rcx = 0;
	tdcall(&r);
	if (!expect_eq("RAX of TDG.VP.CPUIDVE.SET", r.rax, TDX_SUCCESS) ||
	    !expect_kept("a register after TDG.VP.CPUIDVE.SET", &r))
		return;
	expect_eq("RDX after TDG.VP.CPUIDVE.SET", r.rdx, SENTINEL + 2);
	expect_eq("R11 after TDG.VP.CPUIDVE.SET", r.r11, SENTINEL + 11);
}

/* ---- TDG.VP.INFO ---- */
static struct tdcall_regs info_call(void)
{
	struct tdcall_regs r = { .rax = TDG_VP_INFO };

	tdcall(&r);
	return r;
}

static void gpaw_here(void *arg)
{
	struct tdcall_regs r = info_call();

	*(u64 *)arg = r.rax == TDX_SUCCESS ? FIELD(r.rcx, 5, 0) : ~0ULL;
}

void tdx_info_gpaw(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		u64 gpaw = 0;

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (!on_cpu(cpu, gpaw_here, &gpaw))
			return;
		check_note("GPAW %llu", (unsigned long long)gpaw);
		if (!expect_true("GPAW", gpaw == TDX_GPAW_48 || gpaw == TDX_GPAW_52, "48 or 52") ||
		    !expect_eq("the shared bit in use", cvm.pte_shared, BIT(gpaw - 1)))
			return;
	}
}

struct numbers {
	u64 rax, index, counts;
};

static void numbers_here(void *arg)
{
	struct tdcall_regs r = info_call();

	*(struct numbers *)arg = (struct numbers){ r.rax, r.r9, r.r8 };
}

void tdx_info_index(void)
{
	u64 index[SMP_MAX_CPUS];
	unsigned known = 0;

	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct numbers n = { ~0ULL, 0, 0 };

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (!on_cpu(cpu, numbers_here, &n))
			return;
		check_note("vCPU %llu of %u, at most %u", (unsigned long long)n.index,
			   (unsigned)n.counts, (unsigned)(n.counts >> 32));
		if (!expect_eq("RAX of TDG.VP.INFO", n.rax, TDX_SUCCESS) ||
		    !expect_true("the index", n.index < (u32)n.counts, "below the number") ||
		    !expect_true("the number", (u32)n.counts <= (u32)(n.counts >> 32),
				 "not above the maximum"))
			return;
		for (unsigned i = 0; i < known; i++)
			if (!expect_ne("the index of another CPU", n.index, index[i]))
				return;
		index[known++] = n.index;
	}
}

#define INFO_CALLS 16

void tdx_info_reserved(void)
{
	struct tdcall_regs first = info_call();

	if (!expect_eq("RAX of TDG.VP.INFO", first.rax, TDX_SUCCESS) ||
	    !expect_eq("reserved bits of RCX", first.rcx & ~MASK(5, 0), 0) ||
	    !expect_eq("reserved bits of R10", first.r10 & ~(u64)TDX_VP_INFO_SYS_RD, 0) ||
	    !expect_eq("R11", first.r11, 0))
		return;
	for (unsigned i = 0; i < INFO_CALLS; i++) {
		struct tdcall_regs r = info_call();

		if (!expect_eq("RCX, asked again", r.rcx, first.rcx) ||
		    !expect_eq("ATTRIBUTES, asked again", r.rdx, first.rdx) ||
		    !expect_eq("the numbers, asked again", r.r8, first.r8) ||
		    !expect_eq("the index, asked again", r.r9, first.r9) ||
		    !expect_eq("R10, asked again", r.r10, first.r10))
			return;
	}
}
