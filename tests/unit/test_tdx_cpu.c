/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * CPUID, MSRs and control registers of a TD.
 * sources: hosts/x86/tdx/[!h]*.c hosts/x86/tdx/ho*.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tdx_guest.h"

static void cpuid(u32 leaf, u32 subleaf)
{
	v->reg[RAX] = leaf;
	v->reg[RCX] = subleaf;
	run("\x0f\xa2", VMEXIT_CPUID, 0, 0);
}

static void cpuid_leaves(void **state)
{
	const u32 host[] = { 2,    6,    9,    0xb,        0xc,        0xf,        0x10,      0x16,
			     0x1a, 0x1b, 0x1f, 0x80000002, 0x80000006, 0x40000000, 0x4fffffff };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(host); i++) {
		cpuid(host[i], 0);
		assert_ve(TDX_VE_CPUID, 0, 2);
	}
	cpuid(0x21, 0);
	assert_true(v->vmcb->rip == RIP + 2);
	assert_int_equal(v->reg[RBX], TDX_CPUID_EBX);
	assert_int_equal(v->reg[RCX], TDX_CPUID_ECX);
	assert_int_equal(v->reg[RDX], TDX_CPUID_EDX);
	cpuid(0x21, 1);
	assert_int_equal(v->reg[RBX], 0);
	cpuid(0, 0);
	assert_int_equal(v->reg[RAX], 0x23);
	cpuid(0x22222222, 0); /* as leaf 0x23 */
	assert_int_equal(v->reg[RAX] | v->reg[RBX], 0);
	cpuid(0x80000009, 0);
	assert_int_equal(v->reg[RAX], 0);
	cpuid(0x15, 0);
	assert_int_equal(v->reg[RAX], 1);
	assert_int_equal(v->reg[RBX], 40);
	assert_int_equal(v->reg[RCX], 25000000);
	cpuid(0x80000008, 0);
	assert_int_equal(v->reg[RAX] & 0xff, 52);
	cpuid(0x80000001, 0);
	assert_true((v->reg[RDX] & BIT(11)) != 0);
	v = &vcpus[1];
	cpuid(1, 0);
	assert_int_equal(v->reg[RBX] >> 24, 1);
	assert_true((v->reg[RCX] & BIT(31)) != 0 && (v->reg[RCX] & BIT(27)) == 0);
	v->vmcb->cr4 |= BIT(18);
	cpuid(1, 0);
	assert_true((v->reg[RCX] & BIT(27)) != 0);
	cpuid(7, 0);
	assert_true((v->reg[RCX] & BIT(4)) == 0);
	cpuid(0xd, 0);
	assert_true(v->reg[RAX] == (u32)tdcs.xfam);
	cpuid(0xd, 3);
	assert_int_equal(v->reg[RAX], 0);
}

static void cpuid_forced(void **state)
{
	(void)state;
	assert_true(tdcall(TDG_VP_CPUIDVE_SET, 4, 0, 0) == OPERAND_INVALID(RCX));
	assert_int_equal(tdcall(TDG_VP_CPUIDVE_SET, 2, 0, 0), 0);
	cpuid(0, 0);
	assert_int_equal(fake.vector, NO_VECTOR);
	v->vmcb->cpl = 3;
	cpuid(0, 0);
	assert_int_equal(fake.vector, TDX_VE_VECTOR);
	v->vmcb->cpl = 0;
	assert_int_equal(tdcall(TDG_VP_VEINFO_GET, 0, 0, 0), 0);
	assert_int_equal(tdcall(TDG_VP_CPUIDVE_SET, 1, 0, 0), 0);
	cpuid(0, 0);
	assert_int_equal(fake.vector, TDX_VE_VECTOR);
}

/* 0: done, 'V': #VE, 'G': #GP */
static char msr(u32 index, bool write, u64 value)
{
	v->reg[RCX] = index;
	v->reg[RAX] = (u32)value;
	v->reg[RDX] = value >> 32;
	tdvps(v)->ve.valid = false;
	run(write ? "\x0f\x30" : "\x0f\x32", VMEXIT_MSR, write, 0);
	if (fake.vector == NO_VECTOR) {
		assert_true(v->vmcb->rip == RIP + 2);
		return 0;
	}
	assert_true(v->vmcb->rip == RIP);
	return fake.vector == VECTOR_GP ? 'G' : 'V';
}

static void msrs(void **state)
{
	static const struct {
		u32 index;
		char read, write;
	} want[] = {
		{ 0x10, 0, 'V' },         { 0x1b, 'V', 'V' },       { 0x3a, 'V', 'V' },
		{ 0x48, 0, 0 },           { 0x49, 'G', 0 },         { 0x87, 'G', 'G' },
		{ 0x8b, 'V', 'V' },       { 0x8c, 'G', 'G' },       { 0xbc, 0, 'V' },
		{ 0xbd, 0, 'G' },         { 0xc1, 'G', 'G' },       { 0xfe, 'V', 'V' },
		{ 0x10a, 0, 'G' },        { 0x10b, 'G', 0 },        { 0x174, 0, 0 },
		{ 0x175, 0, 0 },          { 0x176, 0, 0 },          { 0x179, 'V', 'V' },
		{ 0x1a0, 0, 'V' },        { 0x1d9, 0, 0 },          { 0x277, 0, 0 },
		{ 0x345, 0, 'G' },        { 0x480, 0, 'G' },        { 0x481, 'V', 'G' },
		{ 0x48a, 'V', 'G' },      { 0x492, 0, 'G' },        { 0x493, 'V', 'V' },
		{ 0x600, 0, 0 },          { 0x6e0, 'G', 'G' },      { 0x800, 'G', 'G' },
		{ 0x802, 'V', 'V' },      { 0x803, 'V', 'V' },      { 0x804, 'G', 'G' },
		{ 0x808, 0, 0 },          { 0x809, 'G', 'G' },      { 0x80d, 'V', 'V' },
		{ 0x80f, 'V', 'V' },      { 0x828, 'V', 'V' },      { 0x82f, 'V', 'V' },
		{ 0x830, 'V', 'V' },      { 0x831, 'G', 'G' },      { 0x832, 'V', 'V' },
		{ 0x83e, 'V', 'V' },      { 0x840, 'G', 'G' },      { 0xc80, 0, 'V' },
		{ 0xda0, 0, 0 },          { 0x1200, 'G', 'G' },     { 0x1b01, 0, 0 },
		{ 0x40000000, 'V', 'V' }, { 0xc0000081, 0, 0 },     { 0xc0000082, 0, 0 },
		{ 0xc0000083, 'V', 'V' }, { 0xc0000084, 0, 0 },     { 0xc0000100, 0, 0 },
		{ 0xc0000101, 0, 0 },     { 0xc0000102, 0, 0 },     { 0xc0000103, 0, 0 },
		{ 0xc0000104, 'V', 'V' }, { 0xffffffff, 'V', 'V' },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		if (msr(want[i].index, false, 0) != want[i].read)
			fail_msg("RDMSR 0x%x", want[i].index);
		if (msr(want[i].index, true, 0) != want[i].write)
			fail_msg("WRMSR 0x%x", want[i].index);
	}
	assert_int_equal(msr(0xc0000082, true, BIT(47)), 'G'); /* not canonical */
	assert_int_equal(msr(0xc0000084, true, BIT(32)), 'G');
	assert_int_equal(msr(0x277, true, 2), 'G');
	assert_int_equal(msr(0x277, true, 0x0007040600070406ULL), 0);
	assert_int_equal(msr(0x49, true, 2), 'G');
	assert_int_equal(msr(0xda0, true, 0x100), 'G');
	assert_int_equal(msr(0x1d9, true, BIT(63)), 'G');
	assert_int_equal(msr(0xc0000102, true, 0x1234), 0);
	assert_int_equal(msr(0xc0000102, false, 0), 0);
	assert_int_equal(v->reg[RAX], 0x1234);
}

static void efer(void **state)
{
	(void)state;
	assert_int_equal(msr(0xc0000080, false, 0), 0);
	assert_int_equal(v->reg[RAX], 0xd01);
	assert_int_equal(msr(0xc0000080, true, 0xd00), 0);
	assert_true((v->vmcb->efer & 1) == 0);
	assert_int_equal(msr(0xc0000080, true, 0x901), 0); /* LMA is ignored */
	assert_int_equal(msr(0xc0000080, true, 0x101), 'V');
	assert_int_equal(msr(0xc0000080, true, 0xc01), 'V');
	assert_int_equal(msr(0xc0000080, true, 0x1d01), 'V');
	assert_int_equal(msr(0xc0000080, true, 0x100000d01ULL), 'V');
}

static char cr(unsigned exit, u64 value)
{
	fake.cr_value = value;
	tdvps(v)->ve.valid = false;
	run("\x0f\x22\xc0", exit, 0, 0);
	if (fake.vector == NO_VECTOR)
		return 0;
	return fake.vector == VECTOR_GP ? 'G' : 'V';
}

#define GOOD_CR0 0x80010021ULL
#define GOOD_CR4 0x60ULL

static void control_registers(void **state)
{
	(void)state;
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0), 0);
	assert_true(v->vmcb->cr0 == (GOOD_CR0 | BIT(4)));
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 | BIT(32)), 'G');
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 & ~BIT(5)), 'G');
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 & ~BIT(0)), 'G');  /* PG without PE */
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 & ~BIT(31)), 'G'); /* 64-bit mode */
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 | BIT(29)), 'G');
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 | BIT(30)), 'V');
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 | BIT(30) | BIT(29)), 'V');
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0 | BIT(19) | BIT(6)), 0);
	assert_true((v->vmcb->cr0 & (BIT(19) | BIT(6))) == 0);
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4), 0);
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(15)), 'G');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 & ~BIT(5)), 'G');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 & ~BIT(6)), 'V');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(13)), 'V');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(14)), 'V');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(19)), 'G');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(24)), 'G');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(25)), 'G');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(12)), 'G'); /* in long mode */
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(23)), 'G');
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(22)), 0);
	tdcs.xfam &= ~BIT(9);
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(22)), 'G');
	v->vmcb->cr3 = 0x18;
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(17)), 'G');
	v->vmcb->cr3 = 0;
	assert_int_equal(cr(VMEXIT_CR4_WRITE, GOOD_CR4 | BIT(17)), 0);
	assert_int_equal(cr(EXIT_CR8_WRITE, 0x10), 'G');
	assert_int_equal(cr(EXIT_CR8_WRITE, 9), 0);
	assert_int_equal(v->vmcb->int_control & 0xff, 9);
	fake.unmapped = true;
	run("", VMEXIT_CR0_WRITE, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
	run("", EXIT_CR8_WRITE, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
}

/* EFER.LME is in the VMCB with paging only, and set for the guest at any time. */
static void paging_off(void **state)
{
	(void)state;
	v->vmcb->cs.attributes = 0xc9b;
	assert_int_equal(cr(VMEXIT_CR0_WRITE, 0x10021), 0);
	assert_true((v->vmcb->efer & BIT(8)) == 0);
	assert_int_equal(msr(0xc0000080, false, 0), 0);
	assert_true((v->reg[RAX] & BIT(8)) != 0);
	v->vmcb->cr4 &= ~BIT(5);
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0), 'G'); /* without PAE */
	v->vmcb->cr4 |= BIT(5);
	assert_int_equal(cr(VMEXIT_CR0_WRITE, GOOD_CR0), 0);
	assert_true((v->vmcb->efer & BIT(8)) != 0);
}

static bool xsetbv(u64 index, u64 value)
{
	v->reg[RCX] = index;
	v->reg[RAX] = (u32)value;
	v->reg[RDX] = value >> 32;
	run("\x0f\x01\xd1", VMEXIT_XSETBV, 0, 0);
	return fake.vector == NO_VECTOR;
}

static void xcr0(void **state)
{
	(void)state;
	assert_true(xsetbv(0, 7));
	assert_int_equal(fake_td.xcr0, 7);
	assert_false(xsetbv(1, 7));
	assert_false(xsetbv(0, 2));
	assert_false(xsetbv(0, 5));
	assert_false(xsetbv(0, 0xe3));
	assert_false(xsetbv(0, 0x1b));
}

/* An exit before the IRET has executed does not end the NMI: its frame is still to be popped. */
static void nmi_blocked_to_the_end_of_iret(void **state)
{
	(void)state;
	assert_false(td_nmi_over(v));
	v->vmcb->intercepts = BIT(VMEXIT_IRET - VMEXIT_INTR);
	v->reg[RSP] = 0x8000;
	td_exit(v, VMEXIT_IRET, 0, 0);
	assert_int_equal(v->vmcb->intercepts, 0);
	assert_false(td_nmi_over(v));
	assert_false(td_nmi_over(v));
	v->reg[RSP] = 0x9000; /* back to an instruction at the same address, by another frame */
	assert_true(td_nmi_over(v));
	assert_false(td_nmi_over(v));
	td_exit(v, VMEXIT_IRET, 0, 0);
	model.enter(v);
	assert_true(fake_td.timer_by == 0);
	fake_td.nmi_waits = true;
	model.enter(v); /* an exit is needed behind the IRET */
	assert_true(fake_td.timer_by > core_now());
	v->vmcb->rip += 2; /* a fault of the IRET ends it, too */
	assert_true(td_nmi_over(v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cpuid_leaves, setup),
		cmocka_unit_test_setup(cpuid_forced, setup),
		cmocka_unit_test_setup(msrs, setup),
		cmocka_unit_test_setup(efer, setup),
		cmocka_unit_test_setup(control_registers, setup),
		cmocka_unit_test_setup(paging_off, setup),
		cmocka_unit_test_setup(xcr0, setup),
		cmocka_unit_test_setup(nmi_blocked_to_the_end_of_iret, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
