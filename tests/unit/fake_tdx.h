/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small TDX module and a host behind tdcall_insn() for tests of the guest's backend: page states
 * in an array, and knobs for what a host may force and what a broken one might answer. Every call
 * is held to the register rules: nothing is exposed that need not be, and the host scribbles over
 * all that is.
 */
#ifndef FAKE_TDX_H
#define FAKE_TDX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "abi/fd.h"
#include "fake_print.h"
#include "mmu.h"
#include "tdcall/internal.h"
#include "x86_64/cpu.h"

#define FAKE_GPAW             48u
#define FAKE_SHARED           (1ULL << 47)
#define FAKE_BASE             0x40000000ULL
#define FAKE_PAGES            2048u
#define FAKE_TOP              (FAKE_BASE + FAKE_PAGES * PAGE_SIZE)
#define STATUS(code, details) ((u64)(code) << 32 | (u32)(details))
#define SCRIBBLE              0xBADBADBADBADBAD0ULL

enum { PENDING, MAPPED, SHARED };

static struct {
	u8 state[FAKE_PAGES];
	bool split[FAKE_PAGES / 512]; /* mapped by 4 KiB pages */
	unsigned busy;                /* so many calls are answered by busy_code first */
	u64 busy_code;
	bool (*module)(struct tdcall_regs *r); /* true: r is the answer, whatever the rules say */
	bool (*host)(struct tdcall_regs *r);   /* the same for TDG.VP.VMCALL */
	unsigned calls, vmcalls;
	struct tdcall_regs last; /* inputs of the last TDG.VP.VMCALL */

	u64 gpaw, attributes, config_flags, td_ctls, notify;
	bool no_attr_rd;
	struct tdcall_regs ve; /* answer of VEINFO.GET */
	u8 rtmr[4][48];
	u64 chunk; /* bytes one MapGPA does, 0: all */
	unsigned stalls;
	u32 cpuid_max, cpuid_ebx, cpuid_ecx, cpuid_edx;
	u64 msr;
	char said[512]; /* the last line printed */
} td;

static void td_reset(void)
{
	memset(&td, 0, sizeof(td));
	td.gpaw = FAKE_GPAW;
	td.attributes = TDX_ATTR_SEPT_VE_DISABLE;
	td.busy_code = STATUS(TDX_OPERAND_BUSY, TDX_OPERAND_RCX);
	td.cpuid_max = 0x23;
	td.cpuid_ebx = TDX_CPUID_EBX;
	td.cpuid_ecx = TDX_CPUID_ECX;
	td.cpuid_edx = TDX_CPUID_EDX;
	td.notify = 1;
	tdx_info = (struct tdx_vp_info){ .gpaw = FAKE_GPAW, .max_vcpus = 4 };
}

static u64 *fake_gpr(struct tdcall_regs *r, unsigned n)
{
	static u64 rsp;
	u64 *const table[] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &rsp,    &r->rbp,
			       &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
			       &r->r12, &r->r13, &r->r14, &r->r15 };

	return table[n];
}

/* ---- the host ---- */
static void fake_map_gpa(struct tdcall_regs *r)
{
	u64 at = r->r12, end = at + r->r13;
	bool shared = (at & FAKE_SHARED) != 0;
	u64 stop = td.chunk != 0 && end - at > td.chunk ? at + td.chunk : end;

	assert_true(is_aligned(at, PAGE_SIZE) && is_aligned(end, PAGE_SIZE) && at < end);
	if (td.stalls > 0) {
		td.stalls--;
		stop = at;
	}
	for (; at < stop; at += PAGE_SIZE) {
		u64 gpa = at & ~FAKE_SHARED;

		assert_in_range(gpa, FAKE_BASE, FAKE_TOP - 1);
		td.state[(gpa - FAKE_BASE) / PAGE_SIZE] = shared ? SHARED : PENDING;
	}
	r->r10 = at == end ? TDVMCALL_SUCCESS : TDVMCALL_RETRY;
	r->r11 = at;
}

static void fake_vmcall(struct tdcall_regs *r)
{
	struct tdcall_regs in = *r;

	assert_int_equal(r->rcx & TDVMCALL_MASK_RESERVED, 0);
	assert_int_equal(r->rcx & ~0xffffULL, 0);
	assert_int_equal(r->rcx & TDVMCALL_RBP, 0);
	assert_true((r->rcx & TDVMCALL_R10) != 0 && (r->rcx & TDVMCALL_R11) != 0);
	assert_int_equal(r->r10, 0);
	for (unsigned n = 2; n < 16; n++)
		if (n != 4 && (r->rcx & (1u << n)) == 0)
			assert_int_equal(*fake_gpr(r, n), 0);
	td.vmcalls++;
	td.last = in;
	for (unsigned n = 2; n < 16; n++)
		if ((r->rcx & (1u << n)) != 0)
			*fake_gpr(r, n) = SCRIBBLE + n;
	r->rax = 0;
	r->r11 = in.r11;
	r->r12 = in.r12;
	r->r13 = in.r13;
	r->r14 = in.r14;
	r->r15 = in.r15;
	if (td.host != NULL && td.host(r))
		return;
	r->r10 = TDVMCALL_SUCCESS;
	switch (in.r11) {
	case TDVMCALL_MAP_GPA:
		fake_map_gpa(r);
		break;
	case TDVMCALL_HLT:
	case TDVMCALL_WRMSR:
	case TDVMCALL_GET_TD_VMCALL_INFO:
		break;
	case TDVMCALL_CPUID:
	case TDVMCALL_IO:
	case TDVMCALL_MMIO:
	case TDVMCALL_RDMSR:
		r->r11 = 0x8877665544332211ULL;
		break;
	default:
		r->r10 = TDVMCALL_SUBFUNC_UNSUPPORTED;
	}
}

/* ---- the module ---- */
static u64 fake_accept(u64 rcx)
{
	u64 gpa = rcx & TDX_PAGE_GPA_MASK, level = rcx & TDX_LEVEL_MASK;
	u64 n = level == 1 ? 512 : 1, first;

	assert_true(level <= 1 && is_aligned(gpa, n * PAGE_SIZE));
	assert_in_range(gpa, FAKE_BASE, FAKE_TOP - 1);
	first = (gpa - FAKE_BASE) / PAGE_SIZE;
	if (level == 1 && td.split[first / 512])
		return STATUS(TDX_PAGE_SIZE_MISMATCH, level);
	for (u64 i = first; i < first + n; i++) {
		if (td.state[i] == MAPPED)
			return STATUS(TDX_PAGE_ALREADY_ACCEPTED, level);
		assert_int_equal(td.state[i], PENDING);
	}
	memset(&td.state[first], MAPPED, n);
	return TDX_SUCCESS;
}

static u64 fake_attr_rd(struct tdcall_regs *r)
{
	u64 gpa = r->rcx, index = (gpa - FAKE_BASE) / PAGE_SIZE;

	if (td.no_attr_rd)
		return STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_RAX);
	assert_in_range(gpa, FAKE_BASE, FAKE_TOP - 1);
	assert_true(td.state[index] != SHARED);
	r->rcx = gpa | (td.state[index] == PENDING ? TDX_ATTR_RD_PENDING : 0);
	if (!td.split[index / 512])
		r->rcx =
		    (align_down(gpa, BLOCK_SIZE) | TDX_LEVEL_2M) | (r->rcx & TDX_ATTR_RD_PENDING);
	r->rdx = 0x8007;
	return TDX_SUCCESS;
}

static u64 fake_vm_access(struct tdcall_regs *r, bool write)
{
	u64 *field, old;

	assert_int_equal(r->rcx, 0);
	switch (r->rdx) {
	case TDX_FIELD_CONFIG_FLAGS:
		field = &td.config_flags;
		break;
	case TDX_FIELD_TD_CTLS:
		field = &td.td_ctls;
		break;
	case TDX_FIELD_NOTIFY_ENABLES:
		field = &td.notify;
		break;
	default:
		return STATUS(TDX_METADATA_FIELD_ID_INCORRECT, 0);
	}
	old = *field;
	if (write)
		*field = (old & ~r->r9) | (r->r8 & r->r9);
	r->r8 = old;
	return TDX_SUCCESS;
}

static u64 fake_report(struct tdcall_regs *r)
{
	u8 *out = (u8 *)(uintptr_t)r->rcx;

	assert_true(is_aligned(r->rcx, TDREPORT_ALIGN) && is_aligned(r->rdx, TDREPORT_DATA_ALIGN));
	assert_int_equal(r->r8, 0);
	for (unsigned i = 0; i < TDREPORT_SIZE; i++)
		out[i] = (u8)(i * 7 + i / 256);
	out[TDREPORT_TYPE] = TDREPORT_TYPE_TDX;
	memcpy(out + TDREPORT_REPORTDATA, (const void *)(uintptr_t)r->rdx, 64);
	memcpy(out + TDREPORT_RTMR0, td.rtmr, sizeof(td.rtmr));
	return TDX_SUCCESS;
}

static u64 fake_leaf(struct tdcall_regs *r)
{
	switch (r->rax) {
	case TDG_VP_INFO:
		r->rcx = td.gpaw;
		r->rdx = td.attributes;
		r->r8 = 4ULL << 32 | 2;
		r->r9 = 0;
		r->r10 = 1;
		r->r11 = 0;
		return TDX_SUCCESS;
	case TDG_MEM_PAGE_ACCEPT:
		return fake_accept(r->rcx);
	case TDG_MEM_PAGE_ATTR_RD:
		return fake_attr_rd(r);
	case TDG_VM_RD:
	case TDG_VM_WR:
		return fake_vm_access(r, r->rax == TDG_VM_WR);
	case TDG_MR_REPORT:
		return fake_report(r);
	case TDG_MR_RTMR_EXTEND:
		assert_true(is_aligned(r->rcx, TDX_RTMR_DATA_ALIGN) && r->rdx < 4);
		memcpy(td.rtmr[r->rdx], (const void *)(uintptr_t)r->rcx, 48);
		return TDX_SUCCESS;
	case TDG_VP_VEINFO_GET:
		*r = td.ve;
		return r->rax;
	default:
		return STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_RAX);
	}
}

void tdcall_insn(struct tdcall_regs *r)
{
	td.calls++;
	if (td.busy > 0) {
		td.busy--;
		r->rax = td.busy_code;
		return;
	}
	if (td.module != NULL && td.module(r))
		return;
	if (r->rax == TDG_VP_VMCALL)
		fake_vmcall(r);
	else
		r->rax = fake_leaf(r);
}

void tdx_cpuid(u32 leaf, u32 sub, u32 out[4])
{
	memset(out, 0, 16);
	if (leaf == 0) {
		out[0] = td.cpuid_max;
	} else if (leaf == TDX_CPUID_LEAF) {
		out[1] = td.cpuid_ebx;
		out[2] = td.cpuid_ecx;
		out[3] = td.cpuid_edx;
	}
}

u64 tdx_native_rdmsr(u32 msr)
{
	return td.msr + msr;
}

void tdx_native_wrmsr(u32 msr, u64 value)
{
	td.msr = msr + value;
}

void arch_cpu_relax(void)
{
}

unsigned arch_cpu_index(void)
{
	return 0;
}

void print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vsnprintf(td.said, sizeof(td.said), fmt, ap);
#pragma GCC diagnostic pop
	va_end(ap);
}

#endif
