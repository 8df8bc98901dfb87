/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The RMP, its instructions and nested faults of the SNP model, against the state machine and the
 * access table of the specification.
 * sources: hosts/x86/snp/rmp.c hosts/x86/snp/host.c hosts/x86/snp/npf.c hosts/x86/snp/insn.c hosts/x86/snp/msr.c hosts/x86/snp/exit.c hosts/x86/snp/ap.c hosts/x86/snp/vmrun.c hosts/x86/snp/vmgexit.c hosts/x86/snp/ghcb.c hosts/x86/snp/nae.c hosts/x86/snp/psc.c hosts/x86/snp/guestreq.c lib/status.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_snp.h"

#define PAGE      0x1000ULL
#define BLOCK     MIB(2)
#define NPF_READ  (NPF_FINAL | NPF_USER)
#define NPF_STORE (NPF_READ | NPF_WRITE)
#define RFLAGS_CF 1u

static struct vcpu *v;

static int setup(void **state)
{
	(void)state;
	v = fake_reset();
	return 0;
}

static void insn(u8 prefix, u8 last, u64 rax, u64 rcx, u64 rdx)
{
	const u8 code[] = { prefix, 0x0f, 0x01, last };

	memcpy(fake.code, code, sizeof(code));
	fake.vector = 0;
	v->vmcb->efer = BIT(10);
	v->vmcb->cs.attributes = BIT(9);
	v->reg[RAX] = rax;
	v->reg[RCX] = rcx;
	v->reg[RDX] = rdx;
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
}

static u64 pvalidate(u64 va, u64 size, u64 validate)
{
	v->vmcb->rflags ^= RFLAGS_CF;
	insn(0xf2, 0xff, va, size, validate);
	return v->reg[RAX];
}

static bool carry(void)
{
	return (v->vmcb->rflags & RFLAGS_CF) != 0;
}

static u64 rmpadjust(u64 va, u64 size, u64 rdx)
{
	insn(0xf3, 0xfe, va, size, rdx);
	return v->reg[RAX];
}

static void npf(u64 info1, u64 gpa)
{
	fake.vector = 0;
	model.exit(v, VMEXIT_NPF, info1, gpa);
}

static void launch_updates(void **state)
{
	static const u8 valid[] = { SNP_PAGE_NORMAL, SNP_PAGE_ZERO, SNP_PAGE_UNMEASURED,
				    SNP_PAGE_SECRETS, SNP_PAGE_CPUID };

	(void)state;
	for (unsigned i = 0; i < sizeof(valid); i++) {
		assert_int_equal(rmp_launch(PAGE * i, valid[i]), ST_OK);
		assert_int_equal(rmp_get(PAGE * i)->state, RMP_GV);
	}
	assert_int_equal(rmp_launch(0, SNP_PAGE_ZERO), ST_STATE);
	assert_int_equal(rmp_launch(0x8000, SNP_PAGE_VMSA), ST_INVALID);
	assert_int_equal(rmp_launch(0x8000, 0), ST_INVALID);
	assert_int_equal(rmp_launch(0x8000, 7), ST_INVALID);
	assert_int_equal(rmp_launch(0x8001, SNP_PAGE_ZERO), ST_ALIGN);
	assert_int_equal(rmp_launch(FAKE_LOW, SNP_PAGE_ZERO), ST_RANGE);
	assert_int_equal(rmp_launch(FIRMWARE_BASE, SNP_PAGE_NORMAL), ST_OK);
}

static void host_updates(void **state)
{
	(void)state;
	assert_int_equal(rmp_assign(PAGE, PAGE_SIZE), ST_OK);
	assert_int_equal(rmp_get(PAGE)->state, RMP_GI);
	assert_int_equal(rmp_pvalidate(PAGE, false, true).eax, RMP_OK);
	/* Validated is always cleared. */
	assert_int_equal(rmp_assign(PAGE, PAGE_SIZE), ST_OK);
	assert_int_equal(rmp_get(PAGE)->state, RMP_GI);
	assert_int_equal(rmp_release(PAGE, PAGE_SIZE), ST_OK);
	assert_int_equal(rmp_get(PAGE)->state, RMP_H);
	assert_int_equal(rmp_assign(BLOCK, BLOCK_SIZE), ST_OK);
	assert_int_equal(rmp_release(BLOCK, PAGE_SIZE), ST_OVERLAP);
	assert_int_equal(rmp_assign(PAGE, BLOCK_SIZE), ST_ALIGN);
	assert_int_equal(rmp_assign(FIRMWARE_BASE, BLOCK_SIZE), ST_ALIGN);
	assert_int_equal(rmp_assign(FAKE_LOW, BLOCK_SIZE), ST_RANGE);
	assert_int_equal(rmp_assign(0, 3 * PAGE_SIZE), ST_INVALID);
	assert_int_equal(rmp_psmash(BLOCK + PAGE), ST_OK);
	assert_int_equal(rmp_psmash(BLOCK), ST_STATE);
	assert_int_equal(rmp_psmash(FAKE_LOW), ST_RANGE);
	assert_int_equal(rmp_release(BLOCK, PAGE_SIZE), ST_OK);
	assert_int_equal(rmp_get(BLOCK + PAGE)->state, RMP_GI);
}

/* Sheet 3.4, first table. */
static void pvalidate_states(void **state)
{
	(void)state;
	for (u64 size = 0; size < 2; size++) {
		u64 at = size == 0 ? PAGE : BLOCK;

		assert_int_equal(pvalidate(at, size, 1), RMP_OK);
		assert_false(carry());
		assert_int_equal(pvalidate(at, size, 1), RMP_OK);
		assert_true(carry());
		assert_int_equal(pvalidate(at, size, 0), RMP_OK);
		assert_false(carry());
		assert_int_equal(rmp_get(at)->state, RMP_GI);
		assert_int_equal(pvalidate(at, size, 0), RMP_OK);
		assert_true(carry());
		assert_int_equal(v->vmcb->rip, 16 * (size + 1));
	}
}

static void pvalidate_sizes(void **state)
{
	(void)state;
	/* 4 KiB of a 2 MiB entry: the host smashes, the guest sees nothing of it. */
	assert_int_equal(pvalidate(BLOCK, RMP_2M, 1), RMP_OK);
	assert_true(rmp_get(BLOCK)->size_2m);
	assert_int_equal(pvalidate(BLOCK + PAGE, RMP_4K, 0), RMP_OK);
	assert_false(carry());
	assert_false(rmp_get(BLOCK)->size_2m);
	assert_int_equal(rmp_get(BLOCK)->state, RMP_GV);
	assert_int_equal(rmp_get(BLOCK + PAGE)->state, RMP_GI);
	assert_int_equal(pvalidate(BLOCK, RMP_2M, 1), RMP_FAIL_SIZEMISMATCH);
	/* A launched page keeps its block from being one entry. */
	assert_int_equal(rmp_launch(PAGE, SNP_PAGE_ZERO), ST_OK);
	assert_int_equal(pvalidate(0, RMP_2M, 1), RMP_FAIL_SIZEMISMATCH);
	fake.fault = FAULT_BACKING_4K;
	assert_int_equal(pvalidate(HIGH_BASE, RMP_2M, 1), RMP_FAIL_SIZEMISMATCH);
	assert_int_equal(pvalidate(HIGH_BASE, RMP_4K, 1), RMP_OK);
}

static void pvalidate_input(void **state)
{
	(void)state;
	assert_int_equal(pvalidate(PAGE + 8, 0, 1), RMP_FAIL_INPUT);
	assert_int_equal(pvalidate(PAGE, 1, 1), RMP_FAIL_INPUT);
	assert_int_equal(rmp_get(PAGE)->state, RMP_H);
	fake_snp.alias = 0;
	assert_int_equal(pvalidate(PAGE, 0, 1), RMP_FAIL_INPUT);
	fake_snp.alias = SNP_C_BIT;
	fake.unmapped = true;
	pvalidate(PAGE, 0, 1);
	assert_int_equal(fake.vector, 14);
	assert_int_equal(v->vmcb->cr2, PAGE);
	fake.unmapped = false;
	v->vmcb->cpl = 3;
	pvalidate(PAGE, 0, 1);
	assert_int_equal(fake.vector, 13);
	assert_int_equal(fake.error, 0);
	v->vmcb->cpl = 0;
	/* Reserved bits do not count: 4 KiB, rescind. */
	assert_int_equal(pvalidate(PAGE, 0x17e00, 0x17e00), RMP_OK);
	assert_int_equal(rmp_get(PAGE)->state, RMP_GI);
	/* Nothing but memory can be validated: the host cannot help, the instruction never ends. */
	assert_true(ENDS(pvalidate(0xfec00000, 0, 1)));
	assert_string_equal(fake.word, "stuck");
}

static void rmpadjust_results(void **state)
{
	(void)state;
	assert_int_equal(pvalidate(PAGE, 0, 1), RMP_OK);
	assert_int_equal(rmpadjust(PAGE, 0, 1), RMP_OK);
	assert_int_equal(rmpadjust(PAGE, 0, 0), RMP_FAIL_PERMISSION);
	assert_int_equal(rmpadjust(PAGE, 0, 4), RMP_FAIL_INPUT);
	assert_int_equal(rmpadjust(PAGE, 0, 0x2001), RMP_FAIL_INPUT);
	assert_int_equal(rmpadjust(PAGE, 2, 1), RMP_OK); /* 4 KiB: reserved bits do not count */
	assert_int_equal(rmpadjust(PAGE, 1, 1), RMP_FAIL_INPUT);
	assert_int_equal(pvalidate(0, 0, 1), RMP_OK);
	assert_int_equal(rmpadjust(0, 1, 1), RMP_FAIL_SIZEMISMATCH);
}

static void rmpadjust_attributes(void **state)
{
	(void)state;
	pvalidate(PAGE, 0, 1);
	assert_int_equal(rmpadjust(PAGE, 0, 0x10001), RMP_OK);
	assert_true(rmp_get(PAGE)->vmsa);
	assert_int_equal(rmpadjust(PAGE, 0, 0x0f02), RMP_OK);
	assert_false(rmp_get(PAGE)->vmsa);
	assert_int_equal(rmp_get(PAGE)->perms[1], 0xf);
	assert_int_equal(rmp_get(PAGE)->perms[0], 0);
	rmp_set_in_use(PAGE, true);
	assert_int_equal(rmpadjust(PAGE, 0, 1), RMP_FAIL_INUSE);
	assert_int_equal(pvalidate(PAGE, 0, 0), RMP_FAIL_INUSE);
	assert_int_equal(host_convert(v, PAGE, PAGE_SIZE, false), ST_STATE);
	rmp_set_in_use(PAGE, false);
	/* Not validated: #VC, as any access. */
	rmpadjust(2 * PAGE, 0, 1);
	assert_int_equal(fake.vector, 29);
	assert_int_equal(fake.error, 0x404);
	/* 2 MiB, and 4 KiB of it. */
	pvalidate(BLOCK, 1, 1);
	assert_int_equal(rmpadjust(BLOCK, 1, 0x101), RMP_OK);
	assert_int_equal(rmp_get(BLOCK + 5 * PAGE)->perms[0], 1);
	assert_int_equal(rmpadjust(BLOCK + PAGE, 0, 0x201), RMP_OK);
	assert_false(rmp_get(BLOCK)->size_2m);
	v->vmcb->cpl = 1;
	rmpadjust(PAGE, 0, 1);
	assert_int_equal(fake.vector, 13);
}

static void other_instructions(void **state)
{
	(void)state;
	insn(0xf3, 0xfd, PAGE, 0, 0); /* RMPQUERY: not offered */
	assert_int_equal(fake.vector, 6);
	insn(0xf2, 0xfe, PAGE, 0, 0); /* RMPUPDATE is the host's */
	assert_int_equal(fake.vector, 6);
	insn(0x66, 0xff, PAGE, 0, 0);
	assert_int_equal(fake.vector, 6);
	assert_int_equal(v->vmcb->rip, 0);
}

/* Sheet 3.4, second table: C=1. */
static void private_accesses(void **state)
{
	u64 mpa, size;
	unsigned perms;

	(void)state;
	/* H: the host assigns; then not validated. */
	npf(NPF_READ, PAGE | SNP_C_BIT);
	assert_int_equal(fake.vector, 29);
	assert_int_equal(fake.error, 0x404);
	assert_int_equal(rmp_get(PAGE)->state, RMP_GI);
	assert_true(rmp_get(PAGE)->size_2m);
	npf(NPF_STORE, PAGE | SNP_C_BIT);
	assert_int_equal(fake.error, 0x404);
	assert_int_equal(pvalidate(0, RMP_2M, 1), RMP_OK);
	npt_unmap(v->npt, SNP_C_BIT, BLOCK_SIZE);
	npf(NPF_STORE, PAGE | SNP_C_BIT);
	assert_int_equal(fake.vector, 0);
	assert_true(npt_lookup(v->npt, PAGE | SNP_C_BIT, &mpa, &size, &perms));
	assert_int_equal(mpa, backing_private(PAGE));
	assert_int_equal(size, BLOCK_SIZE);
	assert_int_equal(perms, NPT_R | NPT_W | NPT_X);
	/* Rescinded: the mapping is gone. */
	pvalidate(PAGE, 0, 0);
	assert_false(npt_lookup(v->npt, PAGE | SNP_C_BIT, &mpa, &size, &perms));
	npf(NPF_READ, PAGE | SNP_C_BIT);
	assert_int_equal(fake.error, 0x404);
	npf(NPF_READ, 0 | SNP_C_BIT);
	assert_true(npt_lookup(v->npt, 0 | SNP_C_BIT, &mpa, &size, &perms));
	assert_int_equal(size, PAGE_SIZE);
	npf(NPF_READ, 0xfed00000 | SNP_C_BIT);
	assert_int_equal(fake.error, 0x400);
	assert_int_equal(fake.violations, 1);
	/* What cannot be delivered shuts the vCPU down. */
	fake_snp.deliver = ST_FAULT;
	assert_true(ENDS(npf(NPF_READ, PAGE | SNP_C_BIT)));
	assert_string_equal(fake.word, "stuck");
}

static void shared_accesses(void **state)
{
	u64 mpa, size;
	unsigned perms;

	(void)state;
	npf(NPF_READ, 0xfed00000);
	assert_int_equal(fake.vector, 29);
	assert_int_equal(fake.error, 0x400);
	assert_int_equal(host_convert(v, 0, BLOCK_SIZE, false), ST_OK);
	npf(NPF_STORE, PAGE);
	assert_true(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_int_equal(mpa, backing_shared(PAGE));
	assert_int_equal(size, BLOCK_SIZE);
	assert_int_equal(perms, NPT_R | NPT_W);
	/* Assigned: reads see ciphertext ... */
	pvalidate(BLOCK, 0, 1);
	memset((void *)(uintptr_t)backing_private(BLOCK), 0x5a, PAGE_SIZE);
	npf(NPF_READ, BLOCK);
	assert_true(npt_lookup(v->npt, BLOCK, &mpa, &size, &perms));
	assert_int_equal(perms, NPT_R);
	assert_true(mpa != backing_private(BLOCK) && mpa != backing_shared(BLOCK));
	assert_int_equal(rmp_get(BLOCK)->state, RMP_GV);
	/* ... and writes make KVM convert it; the content is gone on both sides. */
	npf(NPF_STORE, BLOCK);
	assert_int_equal(rmp_get(BLOCK)->state, RMP_H);
	assert_true(npt_lookup(v->npt, BLOCK, &mpa, &size, &perms));
	assert_int_equal(mpa, backing_shared(BLOCK));
	assert_int_equal(fake.violations, 1);
	for (unsigned i = 0; i < PAGE_SIZE; i += 64) {
		assert_true(*(u8 *)(uintptr_t)(mpa + i) != 0x5a);
		assert_memory_not_equal((void *)(uintptr_t)(backing_private(BLOCK) + i),
					"\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a", 8);
	}
	/* A private access takes it back, unvalidated. */
	npf(NPF_READ, BLOCK | SNP_C_BIT);
	assert_int_equal(fake.error, 0x404);
	assert_false(npt_lookup(v->npt, BLOCK, &mpa, &size, &perms));
}

/* Hardware ignores the C-bit of walks and fetches. */
static void forced_private(void **state)
{
	u64 mpa, size;
	unsigned perms;

	(void)state;
	for (u64 at = PAGE; at < 80 * PAGE; at += PAGE)
		rmp_launch(at, SNP_PAGE_NORMAL);
	npf(NPF_WALK | NPF_WRITE, PAGE);
	npf(NPF_FETCH | NPF_FINAL, 2 * PAGE);
	assert_true(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_int_equal(mpa, backing_private(PAGE));
	assert_int_equal(perms, NPT_R | NPT_W);
	assert_true(npt_lookup(v->npt, 2 * PAGE, &mpa, &size, &perms));
	assert_int_equal(perms, NPT_R | NPT_X);
	npf(NPF_FETCH | NPF_FINAL, PAGE);
	assert_true(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_int_equal(perms, NPT_R | NPT_W | NPT_X);
	/* Any other exit ends it. */
	model.exit(v, VMEXIT_CPUID, 0, 0);
	assert_false(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_false(npt_lookup(v->npt, 2 * PAGE, &mpa, &size, &perms));
	/* The next one brings them back together. */
	npf(NPF_WALK, 3 * PAGE);
	assert_true(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_int_equal(perms, NPT_R | NPT_W | NPT_X);
	for (u64 at = PAGE; at < 80 * PAGE; at += PAGE)
		npf(NPF_WALK, at);
	assert_false(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_true(npt_lookup(v->npt, 79 * PAGE, &mpa, &size, &perms));
	fake_invariants();
	npf(NPF_READ, 79 * PAGE);
	/* A fetch from a shared page is a private access. */
	host_convert(v, BLOCK, PAGE_SIZE, false);
	npf(NPF_FETCH | NPF_FINAL, BLOCK);
	assert_int_equal(fake.error, 0x404);
	assert_int_equal(fake.violations, 1);
}

static void unpaged_world(void **state)
{
	u64 mpa, size;
	unsigned perms;

	(void)state;
	rmp_launch(PAGE, SNP_PAGE_NORMAL);
	fake.cr_value = 0x11;
	model.exit(v, VMEXIT_CR0_WRITE, 0, 0);
	assert_ptr_equal(v->npt, &fake_npt[1]);
	npf(NPF_READ, PAGE);
	assert_true(npt_lookup(v->npt, PAGE, &mpa, &size, &perms));
	assert_int_equal(mpa, backing_private(PAGE));
	assert_int_equal(perms, NPT_R | NPT_W | NPT_X);
	/* PAE alone or paging alone has no C-bit either. */
	v->vmcb->cr4 = 0;
	fake.cr_value = CR0_PAGED;
	model.exit(v, VMEXIT_CR0_WRITE, 0, 0);
	assert_ptr_equal(v->npt, &fake_npt[1]);
	fake.cr_value = CR4_PAGED;
	model.exit(v, VMEXIT_CR4_WRITE, 0, 0);
	assert_ptr_equal(v->npt, &fake_npt[0]);
}

static void refused_control(void **state)
{
	(void)state;
	fake_snp.cr_status = ST_DENIED;
	model.exit(v, VMEXIT_CR0_WRITE, 0, 0);
	assert_int_equal(fake.vector, 13);
	fake_snp.cr_status = ST_UNSUPPORTED;
	model.exit(v, VMEXIT_CR4_WRITE, 0, 0);
	assert_int_equal(fake.vector, 6);
	model.exit(v, 0x18, 0, 0);
	assert_int_equal(fake.vector, 6);
	fake_snp.cr_status = ST_OK;
	fake.cr_value = 0x10;
	model.exit(v, 0x18, 0, 0);
	assert_int_equal(fake.vector, 13);
	assert_int_equal(v->vmcb->rip, 0);
	fake.cr_value = 0xf;
	model.exit(v, 0x18, 0, 0);
	assert_int_equal(v->vmcb->int_control & 0xff, 0xf);
	assert_int_equal(v->vmcb->cr0, CR0_PAGED);
	model.exit(v, VMEXIT_VMRUN, 0, 0);
	assert_int_equal(fake.vector, 6);
}

/* Conversions and size of entries. */
static void conversions(void **state)
{
	(void)state;
	pvalidate(BLOCK, 1, 1);
	assert_int_equal(host_convert(v, BLOCK + PAGE, PAGE_SIZE, false), ST_OK);
	assert_int_equal(rmp_get(BLOCK + PAGE)->state, RMP_H);
	assert_int_equal(rmp_get(BLOCK)->state, RMP_GV);
	assert_false(rmp_get(BLOCK)->size_2m);
	/* To private changes the attribute only; what was private stays as it is. */
	assert_int_equal(host_convert(v, BLOCK, BLOCK_SIZE, true), ST_OK);
	assert_int_equal(rmp_get(BLOCK + PAGE)->state, RMP_H);
	assert_int_equal(rmp_get(BLOCK)->state, RMP_GV);
	assert_int_equal(host_convert(v, BLOCK, BLOCK_SIZE, false), ST_OK);
	assert_true(host_block_shared(BLOCK + 5));
	assert_int_equal(host_convert(v, BLOCK, BLOCK_SIZE, true), ST_OK);
	assert_int_equal(pvalidate(BLOCK, 1, 1), RMP_OK);
	assert_int_equal(host_convert(v, FAKE_LOW - PAGE, 2 * PAGE_SIZE, false), ST_RANGE);
	assert_true(host_is_private(FAKE_LOW - PAGE));
	/* A page that was never touched needs no noise. */
	assert_int_equal(rmp_assign(PAGE, PAGE_SIZE), ST_OK);
	assert_int_equal(rmp_release(PAGE, PAGE_SIZE), ST_OK);
	assert_int_equal(*(u64 *)(uintptr_t)backing_private(PAGE), 0);
	/* Firmware has a shared side with the file in it. */
	fake_image[5] = 0x77;
	rmp_launch(FIRMWARE_BASE, SNP_PAGE_NORMAL);
	npf(NPF_STORE, FIRMWARE_BASE);
	assert_int_equal(rmp_get(FIRMWARE_BASE)->state, RMP_H);
	assert_int_equal(*host_shared(FIRMWARE_BASE + 5), 0x77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(launch_updates, setup, teardown),
		cmocka_unit_test_setup_teardown(host_updates, setup, teardown),
		cmocka_unit_test_setup_teardown(pvalidate_states, setup, teardown),
		cmocka_unit_test_setup_teardown(pvalidate_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(pvalidate_input, setup, teardown),
		cmocka_unit_test_setup_teardown(rmpadjust_results, setup, teardown),
		cmocka_unit_test_setup_teardown(rmpadjust_attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(other_instructions, setup, teardown),
		cmocka_unit_test_setup_teardown(private_accesses, setup, teardown),
		cmocka_unit_test_setup_teardown(shared_accesses, setup, teardown),
		cmocka_unit_test_setup_teardown(forced_private, setup, teardown),
		cmocka_unit_test_setup_teardown(unpaged_world, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_control, setup, teardown),
		cmocka_unit_test_setup_teardown(conversions, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
