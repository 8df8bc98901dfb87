/* SPDX-License-Identifier: BSD-2-Clause */
/* The instructions and registers of an SNP guest (APM 24593), by their bytes: assemblers vary. */
#include "internal.h"
#include "x86_64/cpu.h"

struct rmp_result insn_pvalidate(u64 va, u32 ecx, u32 edx)
{
	struct rmp_result r;
	u64 rax = va;

	/* CF first: every later instruction may change it. */
	__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff\n\tsetc %[cf]"
			 : "+a"(rax), [cf] "=qm"(r.cf)
			 : "c"(ecx), "d"(edx)
			 : "memory", "cc");
	r.eax = (u32)rax;
	return r;
}

u32 insn_rmpadjust(u64 va, u32 ecx, u64 rdx)
{
	u64 rax = va;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
			 : "+a"(rax)
			 : "c"((u64)ecx), "d"(rdx)
			 : "memory", "cc");
	return (u32)rax;
}

u64 insn_ghcb_msr(void)
{
	return rdmsr(MSR_AMD_GHCB);
}

void insn_set_ghcb_msr(u64 v)
{
	wrmsr(MSR_AMD_GHCB, v);
}

void insn_vmgexit(void)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" : : : "memory", "cc");
}

u64 insn_sev_status(void)
{
	return rdmsr(MSR_AMD_SEV_STATUS);
}

u64 insn_cr0(void)
{
	return read_cr0();
}

u64 insn_cr3(void)
{
	return read_cr3();
}

u64 insn_cr4(void)
{
	return read_cr4();
}

u64 insn_xcr0(void)
{
	u32 lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (u64)hi << 32 | lo;
}
