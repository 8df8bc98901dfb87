/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What the TDX model and its host refuse, each operand wrong by itself and, where two are wrong,
 * the first one named: also where this model's guest or host would be stopped by an earlier check.
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
#include "tdx_guest.h"

#define PAGE         0x1000ULL
#define BUFFER       0x6000ULL
#define ENTRY        (fake_image + TABLE_AT - 20) /* length of the table's one entry */
#define TEMP_SECTION (fake_image + META_AT + TDVF_DESCRIPTOR_SIZE + 2 * TDVF_SECTION_SIZE)

static u64 vmcall(u64 function, u64 r12, u64 r13, u64 r14)
{
	v->reg[R10] = 0;
	v->reg[R11] = function;
	v->reg[R12] = r12;
	v->reg[R13] = r13;
	v->reg[R14] = r14;
	assert_int_equal(tdcall(0, 0xfc00, 0, 0), 0);
	return v->reg[R10];
}

static u64 map_gpa(u64 gpa, u64 size)
{
	return vmcall(TDVMCALL_MAP_GPA, gpa, size, 0);
}

/* ---- memory that is not there ---- */

#define assert_stops(statement, why)                                                               \
	do {                                                                                       \
		assert_true(ENDS(statement));                                                      \
		assert_string_equal(fake.word, "stuck");                                           \
		assert_non_null(strstr(fake.detail, why));                                         \
	} while (0)

static void no_memory(void **state)
{
	(void)state;
	assert_stops(tdcall(TDG_MEM_PAGE_ACCEPT, FAKE_LOW, 0, 0), "accept where no memory is");
	assert_stops(model.exit(v, VMEXIT_NPF, NPF_FINAL, FAKE_LOW),
		     "private access where no memory is");
	assert_stops(host_private_fault(v, FAKE_LOW, -1), "the host has nothing to add");
}

static void remap_of_firmware(void **state)
{
	u64 in[VMM_COOP_VALUES] = { FIRMWARE_BASE }, out[VMM_COOP_VALUES] = { 0 };
	struct sept_walk w;

	(void)state;
	assert_true(vmm_coop_hook(v, COOP_REMAP, in, out) == (u32)COOP_BAD);
	assert_true(sept_walk(FIRMWARE_BASE, &w));
	assert_int_equal(w.state, SEPT_MAPPED);
	fake_invariants();
}

static void shared_pointer(void **state)
{
	(void)state;
	assert_int_equal(map_gpa(SHARED | PAGE, PAGE), TDVMCALL_SUCCESS);
	assert_non_null(host_shared_pointer(PAGE, PAGE));
	assert_null(host_shared_pointer(PAGE, 0));
	assert_null(host_shared_pointer(PAGE, ~0ULL));
	assert_null(host_shared_pointer(PAGE, PAGE + 1));
	assert_null(host_shared_pointer(0, PAGE));
}

/* ---- control registers ---- */

static char cr(unsigned exit, u64 value)
{
	u64 cr0 = v->vmcb->cr0, cr4 = v->vmcb->cr4;

	fake.cr_value = value;
	tdvps(v)->ve.valid = false;
	run("\x0f\x22\xc0", exit, 0, 0);
	if (fake.vector == NO_VECTOR)
		return 0;
	assert_true(v->vmcb->cr0 == cr0 && v->vmcb->cr4 == cr4 && v->vmcb->rip == RIP);
	return fake.vector == VECTOR_GP ? 'G' : 'V';
}

#define CR0_LONG 0x80010021ULL
#define CR0_FLAT 0x10021ULL
#define CR4_PAE  0x60ULL
#define CS_FLAT  0xc9b
#define CS_LONG  0xa9b

static void paging_on(void **state)
{
	(void)state;
	v->vmcb->cr0 = CR0_FLAT;
	v->vmcb->efer &= ~BIT(10);
	v->vmcb->cs.attributes = CS_LONG;
	assert_int_equal(cr(VMEXIT_CR0_WRITE, CR0_LONG), 'G'); /* 16-bit code would be 64-bit */
	v->vmcb->cs.attributes = CS_FLAT;
	assert_int_equal(cr(VMEXIT_CR0_WRITE, CR0_LONG), 0);
}

static void paging_off(void **state)
{
	(void)state;
	v->vmcb->cs.attributes = CS_FLAT;
	v->vmcb->cr4 = CR4_PAE | BIT(17);
	assert_int_equal(cr(VMEXIT_CR0_WRITE, CR0_FLAT), 'G'); /* PCIDE needs paging */
	v->vmcb->cr4 = CR4_PAE;
	assert_int_equal(cr(VMEXIT_CR0_WRITE, CR0_FLAT & ~1ULL), 'V'); /* PE is fixed */
	assert_int_equal(cr(VMEXIT_CR0_WRITE, CR0_FLAT), 0);
	v->vmcb->efer &= ~BIT(10);
	assert_int_equal(cr(VMEXIT_CR4_WRITE, CR4_PAE | BIT(17)), 'G'); /* not in long mode */
}

/* ---- TDG.VP.VMCALL ---- */

static void map_gpa_order(void **state)
{
	static const struct {
		u64 gpa, size, status;
	} wrong[] = {
		{ PAGE, 0, TDVMCALL_INVALID_OPERAND },
		{ PAGE + 8, 0, TDVMCALL_INVALID_OPERAND },
		{ BIT(52) | SHARED, PAGE, TDVMCALL_INVALID_OPERAND },
		{ SHARED - PAGE + 8, 2 * PAGE, TDVMCALL_INVALID_OPERAND },
		{ SHARED | (PAGE + 8), PAGE, TDVMCALL_ALIGN_ERROR },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_true(map_gpa(wrong[i].gpa, wrong[i].size) == wrong[i].status);
		assert_true(v->reg[R11] == wrong[i].gpa);
	}
	assert_false(host_page_shared(PAGE));
	assert_false(host_page_shared(2 * PAGE));
}

static void mmio_beyond_gpaw(void **state)
{
	(void)state;
	fake.device = 0x1234;
	assert_int_equal(vmcall(TDVMCALL_MMIO, 4, 0, SHARED | 0xfed00000), TDVMCALL_SUCCESS);
	assert_int_equal(v->reg[R11], 0x1234);
	assert_true(vmcall(TDVMCALL_MMIO, 4, 0, BIT(52) | SHARED | 0xfed00000) ==
		    TDVMCALL_INVALID_OPERAND);
}

/* An address that is wrong by itself comes before one that is misaligned. */
static void quote_order(void **state)
{
	u64 at = SHARED | (BUFFER + 8);

	(void)state;
	assert_true(vmcall(TDVMCALL_GET_QUOTE, at, PAGE, 0) == TDVMCALL_ALIGN_ERROR);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, at & ~SHARED, PAGE, 0) == TDVMCALL_INVALID_OPERAND);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, at | BIT(52), PAGE, 0) == TDVMCALL_INVALID_OPERAND);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, at, 0, 0) == TDVMCALL_INVALID_OPERAND);
}

static void quote_size(void **state)
{
	u8 *b = fake_shared + BUFFER, report_data[TDREPORT_REPORTDATA_SIZE] = { 1 };

	(void)state;
	assert_int_equal(map_gpa(SHARED | BUFFER, KIB(132)), TDVMCALL_SUCCESS);
	le_put(b + TDX_QUOTE_VERSION, 1, 8);
	le_put(b + TDX_QUOTE_IN_LEN, TDREPORT_SIZE, 4);
	report_create(report_data, b + TDX_QUOTE_DATA);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, KIB(132), 0) ==
		    TDVMCALL_INVALID_OPERAND);
	assert_int_equal(le_get(b + TDX_QUOTE_OUT_LEN, 4), 0);
	assert_int_equal(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, KIB(128), 0),
			 TDVMCALL_SUCCESS);
	assert_true(le_get(b + TDX_QUOTE_OUT_LEN, 4) != 0);
}

/* ---- the image ---- */

/* What tdvf_parse() finds wrong with the image as it is now, and the image as it was. */
static const char *complaint(void)
{
	static struct tdvf t;
	const char *error = NULL;

	assert_true(tdvf_parse(fake_image, sizeof(fake_image), &t, &error) != ST_OK);
	fake_make_image();
	return error;
}

static void table_lengths(void **state)
{
	(void)state;
	le_put(fake_image + TABLE_AT - 2, 17, 2);
	assert_string_equal(complaint(), "GUIDed table is shorter than its footer");
	le_put(ENTRY, 17, 2);
	assert_string_equal(complaint(), "length of a GUIDed table entry is wrong");
	le_put(ENTRY, 23, 2);
	assert_string_equal(complaint(), "length of a GUIDed table entry is wrong");
}

/* More data than the image has, though the memory would hold it. */
static void section_data(void **state)
{
	(void)state;
	le_put(TEMP_SECTION + TDVF_TYPE, TDVF_CFV, 4);
	le_put(TEMP_SECTION + TDVF_RAW_SIZE, TEMP_SIZE, 4);
	assert_true(TEMP_SIZE > FAKE_FIRMWARE);
	assert_string_equal(complaint(), "a TDVF section has more data than the image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_memory, setup),
		cmocka_unit_test_setup(remap_of_firmware, setup),
		cmocka_unit_test_setup(shared_pointer, setup),
		cmocka_unit_test_setup(paging_on, setup),
		cmocka_unit_test_setup(paging_off, setup),
		cmocka_unit_test_setup(map_gpa_order, setup),
		cmocka_unit_test_setup(mmio_beyond_gpaw, setup),
		cmocka_unit_test_setup(quote_order, setup),
		cmocka_unit_test_setup(quote_size, setup),
		cmocka_unit_test_setup(table_lengths, setup),
		cmocka_unit_test_setup(section_data, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
