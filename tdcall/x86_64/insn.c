/* SPDX-License-Identifier: BSD-2-Clause */
/* The privileged instructions of this backend, which native tests replace. */
#include "../internal.h"
#include "x86_64/cpu.h"

void tdx_cpuid(u32 leaf, u32 sub, u32 out[4])
{
	cpuid(leaf, sub, out);
}

u64 tdx_native_rdmsr(u32 msr)
{
	return rdmsr(msr);
}

void tdx_native_wrmsr(u32 msr, u64 value)
{
	wrmsr(msr, value);
}
