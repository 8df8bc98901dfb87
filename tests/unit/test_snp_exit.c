/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Exits of the SNP model that stay in the guest (#VC), MSRs that hardware keeps, life of APs.
 * sources: hosts/x86/snp/rmp.c hosts/x86/snp/host.c hosts/x86/snp/npf.c hosts/x86/snp/insn.c hosts/x86/snp/msr.c hosts/x86/snp/exit.c hosts/x86/snp/ap.c hosts/x86/snp/vmrun.c hosts/x86/snp/vmgexit.c hosts/x86/snp/ghcb.c hosts/x86/snp/nae.c hosts/x86/snp/psc.c hosts/x86/snp/guestreq.c lib/status.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snp_vmsa_page.h"

/* ---- #VC and MSRs ---- */

static void exceptions(void **state)
{
	static const u16 codes[] = { 0x27, 0x37, 0x6e, 0x6f, 0x72, 0x76,
				     0x7b, 0x87, 0x89, 0x8a, 0x8b };

	(void)state;
	v->vmcb->rip = 0x100;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		model.exit(v, codes[i], 0, 0);
		assert_int_equal(fake.vector, 29);
		assert_true(fake_snp.has_error);
		assert_int_equal(fake.error, codes[i]);
		fake.vector = 0;
	}
	memcpy(fake.code, "\x0f\x01\xd9", 3);
	model.exit(v, VMEXIT_VMMCALL, 0, 0);
	assert_int_equal(fake.error, 0x81);
	assert_int_equal(v->vmcb->rip, 0x100);
	model.exit(v, VMEXIT_HLT, 0, 0);
	assert_int_equal(fake.halts, 1);
	assert_int_equal(v->vmcb->rip, 0x101);
	assert_true(ENDS(model.exit(v, VMEXIT_SHUTDOWN, 0, 0)));
	assert_string_equal(fake.word, "stuck");
}

static bool wrmsr(u32 msr, u64 value)
{
	fake.vector = 0;
	v->reg[RCX] = msr;
	v->reg[RAX] = (u32)value;
	v->reg[RDX] = value >> 32;
	model.exit(v, VMEXIT_MSR, 1, 0);
	return fake.vector == 0;
}

static u64 rdmsr(u32 msr)
{
	fake.vector = 0;
	v->reg[RCX] = msr;
	model.exit(v, VMEXIT_MSR, 0, 0);
	return v->reg[RDX] << 32 | v->reg[RAX];
}

static void hardware_msrs(void **state)
{
	static const u32 addresses[] = { 0xc0000082, 0xc0000083, 0xc0000100, 0xc0000101,
					 0xc0000102, 0x175,      0x176 };
	static const u32 plain[] = { 0xc0000081, 0xc0000084, 0x174, 0xc0000103, 0x48, 0xc0010130 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
		assert_true(wrmsr(addresses[i], 0xffff800000001000ULL + i));
		assert_false(wrmsr(addresses[i], 1ULL << 47));
		assert_int_equal(fake.vector, 13);
		assert_int_equal(rdmsr(addresses[i]), 0xffff800000001000ULL + i);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
		assert_true(wrmsr(plain[i], 0x12345000 + i));
		assert_int_equal(rdmsr(plain[i]), 0x12345000 + i);
	}
	assert_true(wrmsr(0x277, 0x0007040600070406ULL));
	assert_false(wrmsr(0x277, 0x0200000000000000ULL));
	assert_false(wrmsr(0x277, 0x08));
	assert_int_equal(rdmsr(0x277), 0x0007040600070406ULL);
	assert_int_equal(rdmsr(0xc0010131), 7);
	assert_false(wrmsr(0xc0010131, 0));
	assert_int_equal(fake.vector, 13);
	assert_true(wrmsr(0x49, 1));
	assert_true(wrmsr(0xda0, 0));
	assert_false(wrmsr(0xda0, 1));
	assert_int_equal(rdmsr(0xda0), 0);
	rdmsr(0x49);
	assert_int_equal(fake.vector, 13);
	/* All others are the guest's to ask for. */
	rdmsr(0x1b);
	assert_int_equal(fake.vector, 29);
	assert_int_equal(fake.error, 0x7c);
	assert_false(wrmsr(0x10, 0));
	assert_int_equal(fake.vector, 29);
}

static void efer(void **state)
{
	(void)state;
	v->vmcb->cr0 = 0x11;
	assert_true(wrmsr(0xc0000080, 0x900));
	assert_int_equal(rdmsr(0xc0000080), 0x1900);
	assert_false(wrmsr(0xc0000080, 0x902));
	v->vmcb->cr0 = CR0_PAGED;
	v->vmcb->efer |= BIT(10);
	assert_false(wrmsr(0xc0000080, 0x800));
	assert_true(wrmsr(0xc0000080, 0x101));
	assert_int_equal(rdmsr(0xc0000080), 0x1501);
}

/* ---- APs ---- */

static void make_vmsa(u64 gpa)
{
	make_page(gpa);
	assert_int_equal(rmp_adjust(gpa, false, 0x10001).eax, RMP_OK);
}

static void ap_create(void **state)
{
	(void)state;
	make_vmsa(VMSA_AT);
	assert_int_equal(create(1, 1, VMSA_AT, 1), 0);
	model.enter(AP);
	assert_int_equal(snp_hw(AP)->state, SNP_RUNNING);
	assert_int_equal(AP->vmcb->rip, 0x7777);
	assert_true(rmp_get(VMSA_AT)->immutable);
	assert_ptr_equal(AP->npt, &fake_npt[0]);
	/* In use: not for another CPU, nor for the host to take. */
	assert_int_equal(create(1, 0, VMSA_AT, 1), 0);
	assert_true(ENDS(model.enter(v)));
	assert_string_equal(fake.word, "stuck");
	assert_int_equal(rmp_adjust(VMSA_AT, false, 1).eax, RMP_FAIL_INUSE);
	assert_int_equal(create(2, 1, 0, 0), 0);
	assert_true(ENDS(model.enter(AP)));
	assert_false(rmp_get(VMSA_AT)->immutable);
	assert_int_equal(rmp_adjust(VMSA_AT, false, 1).eax, RMP_OK);
}

static void ap_create_refused(void **state)
{
	static const struct {
		u64 op, id, gpa, features;
	} bad[] = {
		{ 3, 1, VMSA_AT, 1 },       { 1, 2, VMSA_AT, 1 }, { 1, 1, VMSA_AT, 5 },
		{ 1, 1, VMSA_AT + 8, 1 },   { 1, 1, MIB(2), 1 },  { 1, 1, FAKE_LOW, 1 },
		{ 0x10001, 1, VMSA_AT, 1 }, { 0, 1, VMSA_AT, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(create(bad[i].op, bad[i].id, bad[i].gpa, bad[i].features), 2);
		assert_int_equal(g_get(G_INFO2), 5);
		assert_int_equal(snp_hw(AP)->ap_request, SNP_AP_NOTHING);
	}
}

/* VMRUN looks at the page, not the create call. */
static void vmsa_refused(void **state)
{
	static const struct {
		u16 offset;
		u64 value;
	} bad[] = {
		{ 0xd0, 0xd00 },       { 0xd0, 0x1d02 },      { 0x158, 0x180000011ULL },
		{ 0x158, 0x20000011 }, { 0x158, 0x80000010 }, { 0x148, 0x2020 },
		{ 0x148, 0 },          { 0x168, 1ULL << 32 }, { 0x160, 1ULL << 32 },
		{ 0x3b0, 0 },          { 0x3b0, 5 },          { 0x10, 0x6000000 },
		{ 0xc8, 0x10000 },     { 0xc8, 4ULL << 24 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 gpa = VMSA_AT + i * PAGE_SIZE;

		make_vmsa(gpa);
		assert_true(snp_vmsa_enter(AP, gpa));
		snp_vmsa_leave(AP);
		put64(gpa, bad[i].offset, bad[i].value);
		assert_false(snp_vmsa_enter(AP, gpa));
	}
	assert_false(snp_vmsa_enter(AP, FAKE_LOW));
	assert_false(snp_vmsa_enter(AP, PAGE_AT));
	rmp_launch(0x80000, SNP_PAGE_NORMAL);
	assert_false(snp_vmsa_enter(AP, 0x80000));
}

static void sipi_once(struct vcpu *waiting)
{
	fake_snp.park = NULL;
	vmm_on_sipi(waiting, 0x9a);
}

/* The first SIPI starts the launch's VMSA, later ones end the reset hold. */
static void ap_hold_and_sipi(void **state)
{
	(void)state;
	assert_true(ENDS(model.enter(AP)));
	fake_snp.park = sipi_once;
	model.start(AP);
	assert_int_equal(snp_hw(AP)->state, SNP_RUNNING);
	fake_snp.park = sipi_once;
	assert_int_equal(vmgexit_msr(AP, 0x006), 0x1007);
	snp_hw(AP)->ghcb_gpa = PAGE_AT;
	snp_hw(AP)->ghcb_registered = true;
	fake_snp.park = sipi_once;
	g_event(0x80000004, 0, 0);
	assert_int_equal(g_go(AP), 0);
	assert_int_equal(g_get(G_INFO2), 1);
	/* INIT stops it until the next SIPI. */
	vmm_on_init(AP);
	assert_true(ENDS(model.enter(AP)));
	fake_snp.park = sipi_once;
	model.enter(AP);
	assert_int_equal(snp_hw(AP)->state, SNP_RUNNING);
	/* The boot CPU knows neither. */
	vmm_on_init(v);
	vmm_on_sipi(v, 1);
	model.enter(v);
	assert_int_equal(snp_hw(v)->state, SNP_RUNNING);
}

static void ap_replaced_in_hold(void **state)
{
	(void)state;
	make_vmsa(VMSA_AT);
	assert_int_equal(create(1, 1, VMSA_AT, 1), 0);
	assert_int_equal(vmgexit_msr(AP, 0x006), 0x006);
	assert_int_equal(snp_hw(AP)->vmsa_gpa, VMSA_AT);
	assert_int_equal(AP->vmcb->rip, 0x7777);
	/* On INIT: only then, and it waits for the SIPI. */
	make_vmsa(VMSA_AT + PAGE_SIZE);
	assert_int_equal(create(0, 1, VMSA_AT + PAGE_SIZE, 1), 0);
	model.enter(AP);
	assert_int_equal(snp_hw(AP)->vmsa_gpa, VMSA_AT);
	vmm_on_init(AP);
	fake_snp.park = sipi_once;
	model.enter(AP);
	assert_int_equal(snp_hw(AP)->vmsa_gpa, VMSA_AT + PAGE_SIZE);
	assert_false(rmp_get(VMSA_AT)->immutable);
}

#define NEXT_AT (VMSA_AT + PAGE_SIZE)

static void created_while_parked(struct vcpu *waiting)
{
	fake_snp.park = NULL;
	fake_snp.unhalts = 0;
	assert_int_equal(create(1, waiting->index, NEXT_AT, 1), 0);
	assert_int_equal(fake_snp.unhalts, 1);
}

static void runs_from(u64 gpa)
{
	assert_int_equal(snp_hw(AP)->state, SNP_RUNNING);
	assert_int_equal(snp_hw(AP)->vmsa_gpa, gpa);
	assert_true(rmp_get(gpa)->immutable);
}

/* Firmware starts a CPU and lets it go, the kernel behind it starts it from a page of its own. */
static void ap_again_and_again(void **state)
{
	(void)state;
	make_vmsa(VMSA_AT);
	make_vmsa(NEXT_AT);
	assert_int_equal(create(1, 1, VMSA_AT, 1), 0);
	model.enter(AP);
	runs_from(VMSA_AT);
	assert_int_equal(create(2, 1, 0, 0), 0);
	fake_snp.park = created_while_parked;
	model.enter(AP);
	runs_from(NEXT_AT);
	assert_int_equal(rmp_adjust(VMSA_AT, false, 1).eax, RMP_OK);
	/* A running one changes its page; of what comes before it looks the last counts. */
	make_vmsa(VMSA_AT);
	fake_snp.kicks = 0;
	assert_int_equal(create(2, 1, 0, 0), 0);
	assert_int_equal(create(1, 1, VMSA_AT, 1), 0);
	assert_int_equal(fake_snp.kicks, 2);
	model.enter(AP);
	runs_from(VMSA_AT);
	assert_false(rmp_get(NEXT_AT)->immutable);
	/* Destroyed and created on INIT: nothing but INIT and SIPI starts it. */
	assert_int_equal(create(2, 1, 0, 0), 0);
	assert_true(ENDS(model.enter(AP)));
	assert_int_equal(create(0, 1, NEXT_AT, 1), 0);
	vmm_on_sipi(AP, 0);
	assert_true(ENDS(model.enter(AP)));
	vmm_on_init(AP);
	fake_snp.park = sipi_once;
	model.enter(AP);
	runs_from(NEXT_AT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exceptions, setup, teardown),
		cmocka_unit_test_setup_teardown(hardware_msrs, setup, teardown),
		cmocka_unit_test_setup_teardown(efer, setup, teardown),
		cmocka_unit_test_setup_teardown(ap_create, setup, teardown),
		cmocka_unit_test_setup_teardown(ap_create_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(vmsa_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(ap_hold_and_sipi, setup, teardown),
		cmocka_unit_test_setup_teardown(ap_replaced_in_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(ap_again_and_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
