/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices, ports and model-specific registers that the host emulates, by explicit requests: nothing
 * of ours is decoded by anybody, and no exception is needed. Values are the host's word.
 */
#include "internal.h"

static u64 low_bytes(unsigned width)
{
	return ~0ULL >> (64 - 8 * width);
}

static bool is_width(unsigned width)
{
	return width == 1 || width == 2 || width == 4 || width == 8;
}

u64 tdx_mmio_get(u64 gpa, unsigned width)
{
	struct tdcall_regs r = {
		.r11 = TDVMCALL_MMIO, .r12 = width, .r13 = TDVMCALL_MMIO_READ, .r14 = gpa
	};

	if (!is_width(width))
		return ~0ULL;
	if (tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14) != TDVMCALL_SUCCESS)
		return low_bytes(width);
	return r.r11 & low_bytes(width);
}

void tdx_mmio_put(u64 gpa, unsigned width, u64 value)
{
	struct tdcall_regs r = {
		.r11 = TDVMCALL_MMIO, .r12 = width, .r13 = TDVMCALL_MMIO_WRITE, .r14 = gpa
	};

	if (!is_width(width))
		return;
	r.r15 = value & low_bytes(width);
	(void)tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14 | TDVMCALL_R15);
}

u64 tdx_mmio_read(u64 pa, unsigned width)
{
	return tdx_mmio_get(pa | tdx_shared_bit(), width);
}

void tdx_mmio_write(u64 pa, unsigned width, u64 value)
{
	tdx_mmio_put(pa | tdx_shared_bit(), width, value);
}

static bool is_port_width(unsigned width)
{
	return width == 1 || width == 2 || width == 4;
}

u32 tdx_port_in(u16 port, unsigned width)
{
	struct tdcall_regs r = {
		.r11 = TDVMCALL_IO, .r12 = width, .r13 = TDVMCALL_IO_IN, .r14 = port
	};

	if (!is_port_width(width))
		return ~0u;
	if (tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14) != TDVMCALL_SUCCESS)
		return (u32)low_bytes(width);
	return (u32)(r.r11 & low_bytes(width));
}

void tdx_port_out(u16 port, unsigned width, u32 value)
{
	struct tdcall_regs r = {
		.r11 = TDVMCALL_IO, .r12 = width, .r13 = TDVMCALL_IO_OUT, .r14 = port
	};

	if (!is_port_width(width))
		return;
	r.r15 = value & low_bytes(width);
	(void)tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14 | TDVMCALL_R15);
}

u64 tdx_rdmsr(u32 msr, u64 *value)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_RDMSR, .r12 = msr };
	u64 r10 = tdvmcall(&r, TDVMCALL_R12);

	*value = r10 == TDVMCALL_SUCCESS ? r.r11 : ~0ULL;
	return r10;
}

u64 tdx_wrmsr(u32 msr, u64 value)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_WRMSR, .r12 = msr, .r13 = value };

	return tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13);
}

/* Registers of the local APIC that the CPU virtualizes: the host has no part in them. All other
 * MSRs that need no host are for rdmsr() and wrmsr(). */
static bool is_native(u32 msr)
{
	switch (msr) {
	case 0x808: /* TPR */
	case 0x809:
	case 0x80a: /* PPR */
	case 0x80b: /* EOI */
	case 0x80c:
	case 0x80e:
	case 0x83f: /* self-IPI */
		return true;
	default:
		return msr >= 0x810 && msr <= 0x827; /* ISR, TMR, IRR */
	}
}

u64 tdx_msr_read(u32 msr)
{
	u64 value;

	if (is_native(msr))
		return tdx_native_rdmsr(msr);
	(void)tdx_rdmsr(msr, &value);
	return value;
}

void tdx_msr_write(u32 msr, u64 value)
{
	if (is_native(msr))
		tdx_native_wrmsr(msr, value);
	else
		(void)tdx_wrmsr(msr, value);
}

void tdx_hlt(bool blocked)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_HLT, .r12 = blocked };

	(void)tdvmcall(&r, TDVMCALL_R12);
}
