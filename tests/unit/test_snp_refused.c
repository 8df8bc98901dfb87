/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What the SNP model refuses, each operand wrong by itself, also where the guest or the host of
 * this model would be stopped by an earlier check: the answer, and that nothing changed.
 * sources: hosts/x86/snp/rmp.c hosts/x86/snp/host.c hosts/x86/snp/npf.c hosts/x86/snp/insn.c hosts/x86/snp/msr.c hosts/x86/snp/exit.c hosts/x86/snp/ap.c hosts/x86/snp/vmrun.c hosts/x86/snp/vmgexit.c hosts/x86/snp/ghcb.c hosts/x86/snp/nae.c hosts/x86/snp/psc.c hosts/x86/snp/guestreq.c lib/status.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/coop_x86.h"
#include "snp_vmsa_page.h"

#define PAGE  0x1000ULL
#define BLOCK MIB(2)

/* ---- the RMP ---- */

/* An entry as it is, to be held against what a refusal leaves. */
static struct rmp_entry saved(u64 gpa)
{
	return *rmp_get(gpa);
}

#define assert_unchanged(gpa, before) assert_memory_equal(rmp_get(gpa), &(before), sizeof(before))

static void in_use(void **state)
{
	struct rmp_entry before;

	(void)state;
	rmp_launch(0x50000, SNP_PAGE_NORMAL);
	rmp_set_in_use(0x50000, true);
	before = saved(0x50000);
	assert_int_equal(rmp_assign(0x50000, PAGE_SIZE), ST_STATE);
	assert_int_equal(rmp_release(0x50000, PAGE_SIZE), ST_STATE);
	assert_unchanged(0x50000, before);
	rmp_set_in_use(0x50000, false);
	assert_int_equal(rmp_release(0x50000, PAGE_SIZE), ST_OK);
}

static void launch_into_a_block(void **state)
{
	struct rmp_entry before;

	(void)state;
	assert_int_equal(rmp_assign(BLOCK, BLOCK_SIZE), ST_OK);
	before = saved(BLOCK);
	assert_int_equal(rmp_launch(BLOCK, SNP_PAGE_NORMAL), ST_OVERLAP);
	assert_int_equal(rmp_launch(BLOCK + PAGE, SNP_PAGE_ZERO), ST_OVERLAP);
	assert_unchanged(BLOCK, before);
}

/* The guest's table may lead from an aligned address to a page inside a block. */
static void inside_a_block(void **state)
{
	struct rmp_result r;
	struct rmp_entry before;

	(void)state;
	assert_int_equal(rmp_assign(BLOCK, BLOCK_SIZE), ST_OK);
	before = saved(BLOCK + PAGE);
	r = rmp_pvalidate(BLOCK + PAGE, true, true);
	assert_int_equal(r.what, RMP_DONE);
	assert_int_equal(r.eax, RMP_FAIL_SIZEMISMATCH);
	assert_unchanged(BLOCK + PAGE, before);
	assert_int_equal(rmp_pvalidate(BLOCK, true, true).eax, RMP_OK);
	before = saved(BLOCK + PAGE);
	r = rmp_adjust(BLOCK + PAGE, true, 0x101);
	assert_int_equal(r.what, RMP_DONE);
	assert_int_equal(r.eax, RMP_FAIL_SIZEMISMATCH);
	assert_unchanged(BLOCK + PAGE, before);
}

static void not_assigned(void **state)
{
	struct rmp_entry before = saved(0x50000);

	(void)state;
	assert_int_equal(rmp_pvalidate(0x50000, false, true).what, RMP_NEED_HOST);
	assert_int_equal(rmp_pvalidate(FAKE_LOW, false, true).what, RMP_NEED_HOST);
	assert_int_equal(rmp_adjust(0x50000, false, 1).what, RMP_NEED_HOST);
	assert_int_equal(rmp_adjust(FAKE_LOW, false, 1).what, RMP_NEED_HOST);
	assert_int_equal(rmp_access(0x50000), RMP_ACCESS_NPF);
	assert_int_equal(rmp_access(FAKE_LOW), RMP_ACCESS_NOTHING);
	assert_unchanged(0x50000, before);
}

/* ---- the host ---- */

/* Refused as a whole: no page of the range is converted. */
static void conversion_in_use(void **state)
{
	(void)state;
	rmp_launch(0x50000, SNP_PAGE_NORMAL);
	rmp_launch(0x51000, SNP_PAGE_NORMAL);
	rmp_set_in_use(0x51000, true);
	assert_int_equal(host_convert(v, 0x50000, 2 * PAGE_SIZE, false), ST_STATE);
	assert_int_equal(rmp_get(0x50000)->state, RMP_GV);
	assert_true(host_is_private(0x50000));
	rmp_set_in_use(0x51000, false);
	assert_int_equal(host_convert(v, 0x50000, 2 * PAGE_SIZE, false), ST_OK);
}

static u32 remap(u64 gpa)
{
	u64 in[VMM_COOP_VALUES] = { gpa }, out[VMM_COOP_VALUES] = { 0 };

	return vmm_coop_hook(v, COOP_REMAP, in, out);
}

static bool mapped(u64 gpa)
{
	u64 mpa, size;
	unsigned perms;

	return npt_lookup(v->npt, gpa | SNP_C_BIT, &mpa, &size, &perms);
}

static void remapped(void **state)
{
	u64 in[VMM_COOP_VALUES] = { 0 }, out[VMM_COOP_VALUES] = { 0 };

	(void)state;
	assert_int_equal(vmm_coop_hook(v, COOP_QUERY, in, out), COOP_OK);
	assert_true(out[0] == BIT(COOP_REMAP));
	assert_true(vmm_coop_hook(v, COOP_COUNTERS, in, out) == (u32)COOP_UNKNOWN);
	rmp_launch(0x50000, SNP_PAGE_NORMAL);
	snp_map_private(v, 0x50000);
	assert_true(remap(FAKE_LOW) == (u32)COOP_BAD);
	assert_true(remap(0x50008) == (u32)COOP_BAD);
	assert_true(remap(0x51000) == (u32)COOP_BAD); /* not assigned */
	assert_int_equal(rmp_get(0x51000)->state, RMP_H);
	assert_int_equal(rmp_get(0x50000)->state, RMP_GV);
	rmp_set_in_use(0x50000, true);
	assert_true(remap(0x50000) == (u32)COOP_BAD);
	assert_true(rmp_get(0x50000)->immutable);
	assert_true(mapped(0x50000));
	rmp_set_in_use(0x50000, false);
	assert_int_equal(remap(0x50000), COOP_OK);
	assert_false(mapped(0x50000));
	assert_int_equal(rmp_get(0x50000)->state, RMP_GI);
	/* One page of a block, which stays what it is around it. */
	assert_int_equal(rmp_assign(BLOCK, BLOCK_SIZE), ST_OK);
	assert_int_equal(rmp_pvalidate(BLOCK, true, true).eax, RMP_OK);
	assert_int_equal(remap(BLOCK + PAGE), COOP_OK);
	assert_int_equal(rmp_get(BLOCK + PAGE)->state, RMP_GI);
	assert_int_equal(rmp_get(BLOCK)->state, RMP_GV);
	assert_false(rmp_get(BLOCK)->size_2m);
}

/* ---- the GHCB ---- */

#define EVENT_FEATURES 0x8000fffdULL

static void registration(void **state)
{
	(void)state;
	snp_hw(v)->ghcb_registered = false;
	g_event(EVENT_FEATURES, 0, 0);
	MALFORMED(1);
	snp_hw(v)->ghcb_registered = true;
	snp_hw(v)->ghcb_gpa = PAGE_AT + PAGE;
	g_event(EVENT_FEATURES, 0, 0);
	MALFORMED(1);
}

/* Address 0 is never a GHCB, even where a page is shared there. */
static void ghcb_at_zero(void **state)
{
	u8 before[PAGE_SIZE], *page;

	(void)state;
	assert_int_equal(host_convert(v, 0, PAGE_SIZE, false), ST_OK);
	vmgexit_msr(v, 0x012);
	g_event(EVENT_FEATURES, 0, 0);
	page = host_shared(0);
	memcpy(page, ghcb, PAGE_SIZE);
	memcpy(before, ghcb, PAGE_SIZE);
	vmgexit_msr(v, 0);
	assert_memory_equal(page, before, PAGE_SIZE);
}

static void hypercall_of_user_mode(void **state)
{
	(void)state;
	g_event(0x81, 0, 0);
	g_set(G_RAX, 3);
	g_set(G_CPL & ~7U, 3ULL << 8 * (G_CPL & 7));
	assert_int_equal(g_go(v), 0);
	assert_true(g_get(G_RAX) == (u64)-1);
}

static void mmio_length(void **state)
{
	static const u64 bad[] = { 9, 16, 1ULL << 32 | 1, 1ULL << 32 | 4, 1ULL << 63 | 8 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		g_event(0x80000001, 0xfed00000, bad[i]);
		g_set(G_SCRATCH, SCRATCH_AT);
		MALFORMED(5);
		assert_true(g_get(BUFFER) == 0);
	}
}

/* Certificates go where the guest says, or nowhere: a missing address is not address 0. */
static void certificates_nowhere(void **state)
{
	(void)state;
	assert_int_equal(host_convert(v, 0, 2 * PAGE_SIZE, false), ST_OK);
	assert_int_equal(host_convert(v, 0x5000, 2 * PAGE_SIZE, false), ST_OK);
	memset(host_shared(0), 0x77, PAGE_SIZE);
	host_shared(0x5000)[0x34] = 5;
	g_event(0x80000012, 0x5000, 0x6000);
	g_set(G_RBX, 2);
	MALFORMED(5);
	assert_int_equal(*host_shared(0), 0x77);
}

/* ---- VMSAs ---- */

static void vmsa_page(void **state)
{
	struct rmp_entry *e;

	(void)state;
	make_page(VMSA_AT);
	assert_false(snp_vmsa_enter(AP, VMSA_AT)); /* an ordinary page */
	assert_int_equal(rmp_adjust(VMSA_AT, false, 0x10001).eax, RMP_OK);
	e = (struct rmp_entry *)(uintptr_t)rmp_get(VMSA_AT);
	e->state = RMP_GI; /* no guest gets there: rescinding takes the attribute away */
	assert_false(snp_vmsa_enter(AP, VMSA_AT));
	e->state = RMP_GV;
	rmp_set_in_use(VMSA_AT, true);
	assert_false(snp_vmsa_enter(AP, VMSA_AT));
	rmp_set_in_use(VMSA_AT, false);
	assert_true(snp_vmsa_enter(AP, VMSA_AT));
	snp_vmsa_leave(AP);
}

static void ap_creation(void **state)
{
	static const u64 bad[] = { FAKE_LOW + PAGE, VMSA_AT + 1, VMSA_AT + 0x800, BLOCK,
				   ~0xfffULL };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(create(1, 1, bad[i], 1), 2);
		assert_int_equal(g_get(G_INFO2), 5);
		assert_int_equal(snp_hw(AP)->ap_request, SNP_AP_NOTHING);
	}
	assert_int_equal(create(1, 1, VMSA_AT, 0), 2);
	assert_int_equal(create(1, 1, VMSA_AT, 1), 0);
	assert_int_equal(snp_hw(AP)->ap_request, SNP_AP_CREATE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(in_use),       TEST(launch_into_a_block),  TEST(inside_a_block),
		TEST(not_assigned), TEST(conversion_in_use),    TEST(remapped),
		TEST(registration), TEST(ghcb_at_zero),         TEST(hypercall_of_user_mode),
		TEST(mmio_length),  TEST(certificates_nowhere), TEST(vmsa_page),
		TEST(ap_creation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
