/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The secure EPT of the TDX model: each SEAMCALL in each state, ACCEPT, conversions, and what
 * accesses do.
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

#include "abi/coop_x86.h"
#include "fake_tdx_host.h"

#define PAGE         0x1000ULL
#define CODE(status) TDX_CODE(status)
/* A page of the block the image's sections lie in, in none of them. */
#define LOOSE 0x202000ULL

static struct vcpu *v;

static int setup(void **state)
{
	(void)state;
	v = fake_boot();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_invariants();
	return 0;
}

static u64 tdcall(u64 leaf, u64 rcx)
{
	static const u8 code[] = { 0x66, 0x0f, 0x01, 0xcc };

	memcpy(fake.code, code, sizeof(code));
	fake.vector = NO_VECTOR;
	v->vmcb->rip = 0x1000;
	v->reg[RAX] = leaf;
	v->reg[RCX] = rcx;
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
	return v->reg[RAX];
}

/* As the guest's CPU does: again when RIP did not move. */
static u64 accept(u64 gpa, unsigned level)
{
	u64 status = 0;

	for (unsigned i = 0; i < 4; i++) {
		status = tdcall(TDG_MEM_PAGE_ACCEPT, gpa | level);
		if (v->vmcb->rip != 0x1000)
			return status;
	}
	fail_msg("ACCEPT of 0x%llx never completes", (unsigned long long)gpa);
	return 0;
}

static u64 map_gpa(u64 gpa, u64 size)
{
	v->reg[R10] = 0;
	v->reg[R11] = TDVMCALL_MAP_GPA;
	v->reg[R12] = gpa;
	v->reg[R13] = size;
	assert_int_equal(tdcall(TDG_VP_VMCALL, 0x3c00), 0);
	return v->reg[R10];
}

static enum sept_state state_of(u64 gpa, unsigned *level)
{
	struct sept_walk w;

	assert_true(sept_walk(gpa, &w));
	if (level != NULL)
		*level = w.level;
	return w.state;
}

static void after_launch(void **state)
{
	unsigned level;

	(void)state;
	assert_int_equal(state_of(HOB_GPA, &level), SEPT_MAPPED);
	assert_int_equal(level, TDX_LEVEL_4K);
	assert_int_equal(state_of(FIRMWARE_BASE, NULL), SEPT_MAPPED);
	assert_int_equal(state_of(LOOSE, &level), SEPT_PENDING);
	assert_int_equal(level, TDX_LEVEL_4K);
	assert_int_equal(state_of(0, &level), SEPT_PENDING);
	assert_int_equal(level, TDX_LEVEL_2M);
	assert_int_equal(state_of(HIGH_BASE, &level), SEPT_PENDING);
	assert_int_equal(level, TDX_LEVEL_2M);
}

static void host_backs_4k(void **state)
{
	unsigned level;

	(void)state;
	fake_reset();
	fake_make_image();
	fake.fault = FAULT_BACKING_4K;
	model.launch();
	state_of(0, &level);
	assert_int_equal(level, TDX_LEVEL_4K);
}

static void launch_calls_after_finalize(void **state)
{
	static const u8 page[PAGE_SIZE];

	(void)state;
	assert_int_equal(CODE(sept_page_add(LOOSE, page)), TDX_TD_FATAL);
	assert_int_equal(CODE(measure_extend(HOB_GPA)), TDX_TD_FATAL);
	assert_int_equal(CODE(td_mr_finalize()), TDX_TD_FATAL);
}

static void launch_debuggable(void **state)
{
	(void)state;
	fake_reset();
	assert_int_equal(td_init(TDX_ATTR_DEBUG, 3, TDX_CONFIG_GPAW_52), 0);
	assert_int_equal(tdcs.attributes, TDX_ATTR_DEBUG);
	fake_reset();
}

static void launch_calls(void **state)
{
	u8 page[PAGE_SIZE] = { 0x5a };

	(void)state;
	fake_reset();
	assert_int_equal(CODE(td_init(TDX_ATTR_MIGRATABLE, 3, 0)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(td_init(0, 1, 0)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(td_init(0, 3 | BIT(63), 0)), TDX_OPERAND_INVALID);
	assert_int_equal(td_init(0, 3, TDX_CONFIG_GPAW_52), 0);
	host_memory_init();
	assert_int_equal(CODE(sept_aug(0, 0)), TDX_TD_FATAL);
	assert_int_equal(CODE(sept_page_add(0, page)), TDX_EPT_WALK_FAILED);
	assert_int_equal(sept_add(PAGE), 0);
	assert_int_equal(CODE(sept_add(0)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_add(FAKE_LOW)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(sept_page_add(8, page)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(sept_page_add(FAKE_LOW, page)), TDX_OPERAND_INVALID);
	assert_int_equal(sept_page_add(0, page), 0);
	assert_int_equal(fake_private[0], 0x5a);
	assert_int_equal(CODE(sept_page_add(0, page)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(measure_extend(8)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(measure_extend(FAKE_LOW)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(measure_extend(PAGE)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(measure_extend(256), 0);
	assert_int_equal(td_mr_finalize(), 0);
}

static void aug(void **state)
{
	(void)state;
	assert_int_equal(CODE(sept_aug(0, 2)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(sept_aug(PAGE, 1)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(sept_aug(0, 0)), TDX_EPT_WALK_FAILED);
	assert_int_equal(CODE(sept_aug(0, 1)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_aug(0x200000, 1)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_aug(LOOSE, 0)), TDX_EPT_ENTRY_STATE_INCORRECT);
	/* Firmware that does not fill its block. */
	assert_int_equal(CODE(sept_aug(GIB(4) - BLOCK_SIZE, 1)), TDX_OPERAND_INVALID);
}

static void block_track_remove(void **state)
{
	(void)state;
	assert_int_equal(CODE(sept_remove(0, 1)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_unblock(0, 1)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(sept_block(0, 1), 0);
	assert_int_equal(state_of(0, NULL), SEPT_PENDING_BLOCKED);
	assert_int_equal(CODE(sept_block(0, 1)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_remove(0, 1)), TDX_PREVIOUS_TLB_EPOCH_BUSY);
	assert_int_equal(CODE(sept_demote(0)), TDX_PREVIOUS_TLB_EPOCH_BUSY);
	assert_int_equal(sept_unblock(0, 1), 0);
	assert_int_equal(state_of(0, NULL), SEPT_PENDING);
	assert_int_equal(accept(0, 1), 0);
	assert_int_equal(sept_block(0, 1), 0);
	assert_int_equal(fake_leaf(&fake_npt[0], 0)->perms, 0);
	fake.flushes = 0;
	sept_track(v);
	assert_int_equal(fake.flushes, 1);
	assert_int_equal(sept_remove(0, 1), 0);
	assert_int_equal(state_of(0, NULL), SEPT_FREE);
	assert_int_equal(CODE(sept_block(0, 1)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_demote(0)), TDX_EPT_ENTRY_STATE_INCORRECT);
}

static void unblock_keeps_content(void **state)
{
	(void)state;
	assert_int_equal(accept(LOOSE, 0), 0);
	fake_private[LOOSE] = 0x77;
	assert_int_equal(sept_block(LOOSE, 0), 0);
	assert_int_equal(state_of(LOOSE, NULL), SEPT_BLOCKED);
	assert_int_equal(sept_unblock(LOOSE, 0), 0);
	assert_int_equal(state_of(LOOSE, NULL), SEPT_MAPPED);
	assert_int_equal(fake_private[LOOSE], 0x77);
}

static void demote(void **state)
{
	unsigned level;

	(void)state;
	assert_int_equal(CODE(sept_demote(PAGE)), TDX_OPERAND_INVALID);
	assert_int_equal(CODE(sept_demote(0x200000)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(accept(0, 1), 0);
	fake_private[PAGE] = 1;
	assert_int_equal(sept_demote(0), 0);
	assert_int_equal(state_of(PAGE, &level), SEPT_MAPPED);
	assert_int_equal(level, TDX_LEVEL_4K);
	assert_int_equal(fake_private[PAGE], 1);
}

static void table_remove(void **state)
{
	(void)state;
	assert_int_equal(CODE(sept_table_remove(0)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_table_remove(0x200000)), TDX_EPT_ENTRY_STATE_INCORRECT);
	assert_int_equal(CODE(sept_table_remove(FAKE_LOW)), TDX_OPERAND_INVALID);
}

static void accept_operand(void **state)
{
	const u64 wrong[] = { 2,        BIT(3),       BIT(11),     BIT(52),        BIT(63),
			      PAGE | 1, SHARED | 0x0, SHARED | 1u, LOOSE | BIT(7), 7 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_true(accept(wrong[i], 0) == OPERAND_INVALID(RCX));
	assert_int_equal(state_of(0, NULL), SEPT_PENDING);
	assert_true(ENDS(accept(FAKE_LOW, 0)));
	assert_string_equal(fake.word, "stuck");
}

static void accept_beyond_gpaw(void **state)
{
	(void)state;
	fake_reset();
	config.gpaw = 48;
	fake_make_image();
	model.launch();
	v->vmcb->efer |= BIT(10);
	v->vmcb->cs.attributes = 0xa9b;
	assert_true(accept(BIT(48), 0) == OPERAND_INVALID(RCX));
	assert_true(accept(BIT(47), 0) == OPERAND_INVALID(RCX));
	assert_int_equal(accept(0, 1), 0);
}

static void accept_once(void **state)
{
	(void)state;
	assert_true(accept(HOB_GPA, 0) == STATUS(TDX_PAGE_ALREADY_ACCEPTED, 0));
	assert_int_equal(accept(LOOSE, 0), 0);
	assert_true(accept(LOOSE, 0) == STATUS(TDX_PAGE_ALREADY_ACCEPTED, 0));
	assert_true(accept(0x200000, 1) == STATUS(TDX_PAGE_SIZE_MISMATCH, 1));
	assert_int_equal(accept(0, 1), 0);
	assert_true(accept(0, 1) == STATUS(TDX_PAGE_ALREADY_ACCEPTED, 1));
	assert_true(accept(PAGE, 0) == STATUS(TDX_PAGE_ALREADY_ACCEPTED, 1));
	assert_int_equal(fake_td.counter_accepts, 7);
}

/* 4 KiB of a 2 MiB pending leaf: the host demotes, the guest notices nothing. */
static void accept_demotes(void **state)
{
	unsigned level;

	(void)state;
	assert_int_equal(accept(PAGE, 0), 0);
	assert_int_equal(state_of(0, &level), SEPT_PENDING);
	assert_int_equal(level, TDX_LEVEL_4K);
	assert_int_equal(fake_td.counter_accepts, 1);
}

static void accept_blocked_and_free(void **state)
{
	(void)state;
	assert_int_equal(sept_block(0, 1), 0);
	tdcall(TDG_MEM_PAGE_ACCEPT, 1);
	assert_true(v->vmcb->rip == 0x1000); /* the host's turn */
	assert_int_equal(state_of(0, NULL), SEPT_PENDING);
	assert_int_equal(accept(0, 1), 0);
	assert_int_equal(sept_block(0, 1), 0);
	sept_track(v);
	assert_int_equal(sept_remove(0, 1), 0);
	fake_private[5] = 0x5a;
	assert_int_equal(accept(0, 1), 0);
	assert_int_equal(fake_private[5], 0);
}

static void conversion(void **state)
{
	unsigned level;

	(void)state;
	assert_int_equal(accept(0, 1), 0);
	fake_private[PAGE] = 0x11;
	fake_private[3 * PAGE] = 0x33;
	assert_int_equal(map_gpa(SHARED | PAGE, PAGE), TDVMCALL_SUCCESS);
	assert_true(host_page_shared(PAGE));
	assert_int_equal(state_of(PAGE, &level), SEPT_FREE);
	assert_int_equal(level, TDX_LEVEL_4K);
	assert_int_equal(fake_private[3 * PAGE], 0x33);
	fake_invariants();
	assert_int_equal(map_gpa(PAGE, PAGE), TDVMCALL_SUCCESS);
	assert_int_equal(state_of(PAGE, NULL), SEPT_PENDING);
	assert_int_equal(accept(PAGE, 0), 0);
	assert_int_equal(fake_private[PAGE], 0);
	/* All of a block: it comes back as one. */
	assert_int_equal(map_gpa(SHARED | HIGH_BASE, BLOCK_SIZE), TDVMCALL_SUCCESS);
	assert_int_equal(map_gpa(HIGH_BASE, BLOCK_SIZE), TDVMCALL_SUCCESS);
	assert_int_equal(accept(HIGH_BASE, 1), 0);
	/* Page by page: the table goes when the last page is back. */
	assert_int_equal(map_gpa(SHARED, PAGE), TDVMCALL_SUCCESS);
	assert_int_equal(map_gpa(SHARED, BLOCK_SIZE), TDVMCALL_SUCCESS);
	assert_int_equal(map_gpa(0, BLOCK_SIZE), TDVMCALL_SUCCESS);
	assert_int_equal(accept(0, 1), 0);
}

static void map_gpa_checks(void **state)
{
	static const struct {
		u64 gpa, size, status;
	} wrong[] = {
		{ 0, 0, TDVMCALL_INVALID_OPERAND },
		{ PAGE, ~0ULL, TDVMCALL_INVALID_OPERAND },
		{ BIT(52), PAGE, TDVMCALL_INVALID_OPERAND },
		{ SHARED - PAGE, 2 * PAGE, TDVMCALL_INVALID_OPERAND },
		{ 0, BIT(60), TDVMCALL_INVALID_OPERAND },
		{ 8, PAGE, TDVMCALL_ALIGN_ERROR },
		{ 0, PAGE + 8, TDVMCALL_ALIGN_ERROR },
		{ FAKE_LOW, PAGE, TDVMCALL_INVALID_OPERAND },
		{ SHARED | FIRMWARE_BASE, PAGE, TDVMCALL_INVALID_OPERAND },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_true(map_gpa(wrong[i].gpa, wrong[i].size) == wrong[i].status);
		assert_true(v->reg[R11] == wrong[i].gpa);
	}
	assert_int_equal(map_gpa(SHARED | FAKE_LOW, PAGE), TDVMCALL_SUCCESS);
	assert_int_equal(fake_td.counter_mapgpa, ARRAY_SIZE(wrong) + 1);
	/* Far over what one call does: progress, then more. */
	assert_int_equal(map_gpa(SHARED | GIB(1), MIB(64)), TDVMCALL_RETRY);
	assert_true(v->reg[R11] == (SHARED | (GIB(1) + MIB(32))));
}

static void npf(u64 info1, u64 gpa)
{
	fake.vector = NO_VECTOR;
	model.exit(v, VMEXIT_NPF, info1, gpa);
}

static void private_access(void **state)
{
	(void)state;
	npf(NPF_FINAL, HOB_GPA); /* mapped: just again */
	assert_int_equal(fake.vector, NO_VECTOR);
	assert_true(ENDS(npf(NPF_FINAL | NPF_WRITE, LOOSE)));
	assert_string_equal(fake.word, "stuck");
	assert_true(ENDS(npf(NPF_FINAL, FAKE_LOW)));
	assert_int_equal(sept_block(0, 1), 0);
	npf(NPF_FINAL, 8);
	assert_int_equal(state_of(0, NULL), SEPT_PENDING);
}

static void pending_ve(void **state)
{
	static const u8 store[] = { 0x48, 0x89, 0x03 }; /* mov [rbx], rax */

	(void)state;
	tdcs.td_ctls = 0;
	memcpy(fake.code, store, sizeof(store));
	v->reg[RBX] = LOOSE + 0x18;
	npf(NPF_FINAL | NPF_WRITE, LOOSE + 0x18);
	assert_int_equal(fake.vector, TDX_VE_VECTOR);
	assert_int_equal(tdcall(TDG_VP_VEINFO_GET, 0), 0);
	assert_int_equal(v->reg[RCX], TDX_VE_EPT_VIOLATION);
	assert_int_equal(v->reg[RDX] & 7, TDX_EPT_WRITE);
	assert_true(v->reg[R8] == LOOSE + 0x18);
	assert_true(v->reg[R9] == LOOSE + 0x18);
}

static void shared_access(void **state)
{
	(void)state;
	assert_int_equal(map_gpa(SHARED | PAGE, PAGE), TDVMCALL_SUCCESS);
	assert_int_equal(fake_leaf(&fake_npt[0], SHARED | PAGE)->perms, NPT_R | NPT_W);
	npf(NPF_FINAL | NPF_FETCH, SHARED | PAGE);
	assert_int_equal(fake.violations, 1);
	assert_int_equal(fake_leaf(&fake_npt[0], SHARED | PAGE)->perms, NPT_R | NPT_W | NPT_X);
	assert_true(ENDS(npf(NPF_FINAL, PAGE))); /* private, held shared */
	/* Not asked for: converted all the same, and remembered. */
	npf(NPF_WALK, SHARED | HIGH_BASE);
	assert_true(host_page_shared(HIGH_BASE));
	assert_int_equal(fake.violations, 4);
	/* MMIO. */
	npf(NPF_FINAL, SHARED | 0xfed00000);
	assert_int_equal(fake.vector, TDX_VE_VECTOR);
	npf(NPF_FINAL, SHARED | 0xfed00000);
	assert_int_equal(fake.vector, 8);
	/* The stack of #DF is no memory either: the end, not another #DF. */
	v->reinject = EVENT_VALID | EVENT_HAS_ERROR | (u64)EVENT_EXCEPTION << 8 | 8;
	assert_true(ENDS(npf(NPF_FINAL | NPF_WRITE, SHARED | 0xfed00000)));
	assert_string_equal(fake.word, "stuck");
	v->reinject = 0;
}

/* Firmware pages that no section names, in a block whose start is no memory. */
static void firmware_unnamed(void **state)
{
	(void)state;
	v = fake_reset();
	fake_make_image();
	fake_section(0, 0, 0, TEMP_GPA + MIB(1), PAGE, TDVF_TEMP_MEM, 0);
	model.launch();
	npf(NPF_FINAL, FIRMWARE_BASE);
	assert_int_equal(state_of(FIRMWARE_BASE, NULL), SEPT_PENDING);
	v = fake_boot();
}

/* The host replaces a page: other pages keep their content, this one is to be accepted again. */
static void remap(void **state)
{
	u64 in[VMM_COOP_VALUES] = { PAGE }, out[VMM_COOP_VALUES] = { 0 };

	(void)state;
	assert_int_equal(vmm_coop_hook(v, COOP_QUERY, in, out), COOP_OK);
	assert_true(out[0] == BIT(COOP_REMAP));
	assert_true(vmm_coop_hook(v, COOP_COUNTERS, in, out) == (u32)COOP_UNKNOWN);
	assert_true(vmm_coop_hook(v, COOP_REMAP, in, out) == (u32)COOP_BAD); /* PENDING */
	assert_int_equal(accept(0, 1), 0);
	fake_private[PAGE] = fake_private[2 * PAGE] = 0x11;
	in[0] = PAGE + 8;
	assert_true(vmm_coop_hook(v, COOP_REMAP, in, out) == (u32)COOP_BAD);
	in[0] = FAKE_LOW;
	assert_true(vmm_coop_hook(v, COOP_REMAP, in, out) == (u32)COOP_BAD);
	in[0] = PAGE;
	assert_int_equal(vmm_coop_hook(v, COOP_REMAP, in, out), COOP_OK);
	assert_int_equal(state_of(PAGE, NULL), SEPT_PENDING);
	assert_int_equal(fake_private[2 * PAGE], 0x11);
	assert_true(ENDS(npf(NPF_FINAL, PAGE)));
	assert_int_equal(accept(PAGE, 0), 0);
	assert_int_equal(fake_private[PAGE], 0);
}

static void beyond_gpaw(void **state)
{
	(void)state;
	tdcs.gpaw = 48;
	npf(NPF_FINAL | NPF_WRITE, BIT(49) | PAGE);
	assert_int_equal(fake.vector, 14);
	assert_int_equal(fake.error, 0xb);
	tdcs.gpaw = 52;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(after_launch),
		TEST(host_backs_4k),
		TEST(launch_calls_after_finalize),
		TEST(launch_debuggable),
		TEST(launch_calls),
		TEST(aug),
		TEST(block_track_remove),
		TEST(unblock_keeps_content),
		TEST(demote),
		TEST(table_remove),
		TEST(accept_operand),
		TEST(accept_beyond_gpaw),
		TEST(accept_once),
		TEST(accept_demotes),
		TEST(accept_blocked_and_free),
		TEST(conversion),
		TEST(map_gpa_checks),
		TEST(private_access),
		TEST(pending_ve),
		TEST(shared_access),
		TEST(firmware_unnamed),
		TEST(remap),
		TEST(beyond_gpaw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
