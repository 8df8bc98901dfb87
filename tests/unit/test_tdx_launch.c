/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Launch of a TD: metadata by QEMU's rules, each field wrong once; HOB, MRTD against the tests' own
 * measurement, first state of the vCPUs; TDREPORT and quote against the tests' own verifier.
 * sources: hosts/x86/tdx/[!h]*.c hosts/x86/tdx/ho*.c lib/status.c tools/flash.c tools/measure_tdx.c
 * libs: -DKEYS_DIR=\"$(B)/keys\" -lbearssl -lcrypto
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -Itools -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_tdx_host.h"
#include "measure_launch.h"
#include "verify_tdx.h"

#define DESCRIPTOR    (fake_image + META_AT)
#define SECTION_AT(n) (fake_image + META_AT + TDVF_DESCRIPTOR_SIZE + (n)*TDVF_SECTION_SIZE)
#define HOB           (fake_private + HOB_GPA)
#define BUFFER        0x6000ULL
#define BUFFER_SIZE   0x3000ULL

static struct vcpu *v;

static int setup(void **state)
{
	(void)state;
	v = fake_boot();
	return 0;
}

static enum status parse(size_t size)
{
	static struct tdvf t;
	const char *error = NULL;
	enum status st = tdvf_parse(fake_image + sizeof(fake_image) - size, size, &t, &error);

	assert_true((st == ST_OK) == (error == NULL));
	return st;
}

/* One field of the image changed, tried, and put back. */
static enum status with(u8 *at, u64 value, size_t bytes)
{
	u64 old = le_get(at, bytes);
	enum status st;

	le_put(at, value, bytes);
	st = parse(FAKE_FIRMWARE);
	le_put(at, old, bytes);
	return st;
}

static void table(void **state)
{
	u8 *length = fake_image + TABLE_AT - 2, *entry = fake_image + TABLE_AT - 20;

	(void)state;
	assert_int_equal(parse(FAKE_FIRMWARE), ST_OK);
	assert_int_equal(parse(49), ST_TRUNCATED);
	assert_int_equal(parse(50), ST_CORRUPT);
	assert_int_equal(with(fake_image + TABLE_AT, 0, 1), ST_NOT_FOUND);
	assert_int_equal(with(fake_image + TABLE_AT - 18, 0, 1), ST_NOT_FOUND);
	assert_int_equal(with(length, 17, 2), ST_CORRUPT);
	assert_int_equal(with(length, 18, 2), ST_NOT_FOUND);
	assert_int_equal(with(length, 0xffff, 2), ST_CORRUPT);
	assert_int_equal(with(entry, 17, 2), ST_CORRUPT);
	assert_int_equal(with(entry, 23, 2), ST_CORRUPT);
	assert_int_equal(with(entry, 21, 2), ST_CORRUPT);
	assert_int_equal(with(entry - 4, FAKE_FIRMWARE + 1, 4), ST_RANGE);
	assert_int_equal(with(entry - 4, 15, 4), ST_RANGE);
	assert_int_equal(with(entry - 4, 0x300, 4), ST_CORRUPT);
}

static void descriptor(void **state)
{
	(void)state;
	assert_int_equal(with(DESCRIPTOR, 0, 1), ST_CORRUPT);
	assert_int_equal(with(DESCRIPTOR + 4, 16, 4), ST_CORRUPT);
	assert_int_equal(with(DESCRIPTOR + 8, 2, 4), ST_UNSUPPORTED);
	assert_int_equal(with(DESCRIPTOR + 12, 1, 4), ST_INVALID);
	assert_int_equal(with(DESCRIPTOR + 12, 4, 4), ST_CORRUPT);
	assert_int_equal(with(DESCRIPTOR + 12, 0xffffffff, 4), ST_TOO_MANY);
	le_put(DESCRIPTOR + 12, 60, 4);
	assert_int_equal(with(DESCRIPTOR + 4, 16 + 60 * 32, 4), ST_TRUNCATED);
	le_put(DESCRIPTOR + 12, 3, 4);
}

static void sections(void **state)
{
	(void)state;
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_ADDRESS, TEMP_GPA + 8, 8), ST_ALIGN);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_SIZE, 8, 8), ST_ALIGN);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_SIZE, 0, 8), ST_OVERFLOW);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_SIZE, 0 - PAGE_SIZE, 8), ST_OVERFLOW);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_ADDRESS, 0 - PAGE_SIZE, 8), ST_OVERFLOW);
	assert_int_equal(with(SECTION_AT(0) + TDVF_MEMORY_SIZE, PAGE_SIZE, 8), ST_RANGE);
	assert_int_equal(with(SECTION_AT(0) + TDVF_DATA_OFFSET, 1, 4), ST_TRUNCATED);
	assert_int_equal(with(SECTION_AT(0) + TDVF_RAW_SIZE, 0, 4), ST_INVALID);
	assert_int_equal(with(SECTION_AT(1) + TDVF_RAW_SIZE, 8, 4), ST_INVALID);
	assert_int_equal(with(SECTION_AT(2) + TDVF_RAW_SIZE, 8, 4), ST_INVALID);
	assert_int_equal(with(SECTION_AT(2) + TDVF_TYPE, TDVF_PERM_MEM, 4), ST_UNSUPPORTED);
	assert_int_equal(with(SECTION_AT(2) + TDVF_TYPE, TDVF_TD_HOB, 4), ST_INVALID);
	assert_int_equal(with(SECTION_AT(1) + TDVF_TYPE, TDVF_TEMP_MEM, 4), ST_INVALID);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_ADDRESS, FAKE_LOW, 8), ST_RANGE);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_ADDRESS, HOB_GPA, 8), ST_OVERLAP);
	assert_int_equal(with(SECTION_AT(2) + TDVF_MEMORY_ADDRESS, HOB_GPA + PAGE_SIZE, 8),
			 ST_OVERLAP);
}

/* What is wrong with an image ends the run with words, before anything runs. */
static void launch_refuses(void **state)
{
	(void)state;
	fake_reset();
	fake_make_image();
	le_put(DESCRIPTOR, 0, 4);
	assert_true(ENDS(model.launch()));
	assert_string_equal(fake.word, "panic");
	assert_string_equal(fake.detail, "guest image: TDX metadata have no signature");
}

static void mrtd(void **state)
{
	u8 want[48];

	(void)state;
	assert_null(
	    measure_tdx((struct bytes){ fake_image, sizeof(fake_image) }, MRTD_PAGES, want));
	assert_memory_equal(fake_td.measurement, want, sizeof(want));
	assert_memory_equal(tdcs.mrtd, want, sizeof(want));
	assert_memory_equal(fake_private + FAKE_LOW + FAKE_HIGH, fake_image, FAKE_FIRMWARE);
}

static void first_state(void **state)
{
	(void)state;
	fake_reset();
	fake_make_image();
	model.launch();
	for (unsigned i = 0; i < FAKE_CPUS; i++) {
		const struct vcpu *c = &vcpus[i];

		assert_true(c->vmcb->rip == 0xfffffff0);
		assert_true(c->vmcb->cr0 == 0x21 && c->vmcb->cr4 == 0x40 && c->vmcb->rflags == 2);
		assert_int_equal(c->vmcb->cs.attributes, 0xc9b);
		assert_true(c->vmcb->cs.base == 0 && c->vmcb->cs.limit == 0xffffffff);
		assert_int_equal(c->vmcb->ss.attributes, 0xc93);
		assert_int_equal(c->vmcb->gdtr.limit, 0xffff);
		assert_int_equal(c->vmcb->idtr.limit, 0);
		assert_true(c->vmcb->sfmask == 0x20200);
		assert_true(c->reg[RBX] == 52 && c->reg[RSI] == i);
		assert_true(c->reg[RCX] == HOB_GPA && c->reg[R8] == HOB_GPA);
		assert_true(c->reg[RDX] == td_cpuid_signature());
		assert_true((c->reg[RAX] | c->reg[RDI] | c->reg[RBP] | c->reg[R9]) == 0);
	}
}

static void assert_resource(const u8 *p, u32 type, u64 start, u64 end)
{
	assert_int_equal(le_get(p, 2), HOB_RESOURCE);
	assert_int_equal(le_get(p + 2, 2), HOB_RESOURCE_SIZE);
	assert_int_equal(le_get(p + HOB_RESOURCE_TYPE, 4), type);
	assert_int_equal(le_get(p + HOB_RESOURCE_ATTRIBUTES, 4), 7);
	assert_true(le_get(p + HOB_RESOURCE_START, 8) == start);
	assert_true(le_get(p + HOB_RESOURCE_LENGTH, 8) == end - start);
}

static void hob(void **state)
{
	const u8 *p = HOB + HOB_PHIT_SIZE;

	(void)state;
	assert_int_equal(le_get(HOB, 2), HOB_PHIT);
	assert_int_equal(le_get(HOB + 8, 4), 9);
	assert_resource(p, HOB_UNACCEPTED, 0, HOB_GPA);
	assert_resource(p + 48, HOB_SYSTEM_MEMORY, HOB_GPA, HOB_GPA + HOB_SIZE);
	assert_resource(p + 96, HOB_UNACCEPTED, HOB_GPA + HOB_SIZE, TEMP_GPA);
	assert_resource(p + 144, HOB_SYSTEM_MEMORY, TEMP_GPA, TEMP_GPA + TEMP_SIZE);
	assert_resource(p + 192, HOB_UNACCEPTED, TEMP_GPA + TEMP_SIZE, FAKE_LOW);
	assert_resource(p + 240, HOB_UNACCEPTED, GIB(4), GIB(4) + FAKE_HIGH);
	assert_int_equal(le_get(p + 288, 2), HOB_END);
	assert_int_equal(le_get(p + 290, 2), 8);
	assert_true(le_get(HOB + HOB_PHIT_END_OF_LIST, 8) == HOB_GPA + HOB_PHIT_SIZE + 296);
}

static void hob_too_small(void **state)
{
	static struct tdvf t;
	const char *error = NULL;
	u8 buf[360];

	(void)state;
	assert_int_equal(tdvf_parse(fake_image, sizeof(fake_image), &t, &error), ST_OK);
	assert_int_equal(hob_build(buf, 352, 0, &t), 352);
	for (size_t n = 0; n < 352; n++)
		assert_int_equal(hob_build(buf, n, 0, &t), 0);
}

static u64 tdcall(u64 rax, u64 rcx, u64 rdx, u64 r8)
{
	memcpy(fake.code, "\x66\x0f\x01\xcc", 4);
	fake.vector = NO_VECTOR;
	v->vmcb->rip = 0x1000;
	v->reg[RAX] = rax;
	v->reg[RCX] = rcx;
	v->reg[RDX] = rdx;
	v->reg[R8] = r8;
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
	return v->reg[RAX];
}

static u64 vmcall(u64 function, u64 r12, u64 r13)
{
	v->reg[R10] = 0;
	v->reg[R11] = function;
	v->reg[R12] = r12;
	v->reg[R13] = r13;
	assert_int_equal(tdcall(0, 0x3c00, 0, 0), 0);
	return v->reg[R10];
}

static void report(void **state)
{
	const u64 out = TEMP_GPA, data = TEMP_GPA + 0x800;
	const u8 *r = fake_private + out;

	(void)state;
	assert_true(tdcall(TDG_MR_REPORT, out + 512, data, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(TDG_MR_REPORT, BIT(52), data, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(TDG_MR_REPORT, out, data + 32, 0) == OPERAND_INVALID(RDX));
	assert_true(tdcall(TDG_MR_REPORT, out, BIT(52), 0) == OPERAND_INVALID(RDX));
	assert_true(tdcall(TDG_MR_REPORT, out, data, 1) == OPERAND_INVALID(R8));
	memset(fake_private + data, 0x3c, 64);
	assert_int_equal(tdcall(TDG_MR_REPORT, out, data, 0), 0);
	assert_int_equal(r[0], TDREPORT_TYPE_TDX);
	assert_memory_equal(r + TDREPORT_REPORTDATA, fake_private + data, 64);
	assert_memory_equal(r + TDREPORT_MRTD, tdcs.mrtd, 48);
	assert_true(report_check(r));
	for (size_t i = 0; i < TDREPORT_SIZE; i++) {
		bool padding =
		    i >= TDREPORT_TCB_INFO + TDREPORT_TCB_INFO_SIZE && i < TDREPORT_TDINFO;

		fake_private[out + i] ^= 1;
		assert_int_equal(report_check(r), padding);
		fake_private[out + i] ^= 1;
	}
	/* An output in shared memory that the host does not hold shared becomes it. */
	assert_true(ENDS(tdcall(TDG_MR_REPORT, 0, data, 0)));
	tdcall(TDG_MR_REPORT, SHARED | BUFFER, data, 0);
	assert_true(v->vmcb->rip == 0x1000);
	assert_int_equal(tdcall(TDG_MR_REPORT, SHARED | BUFFER, data, 0), 0);
	assert_memory_equal(fake_shared + BUFFER, r, 0xe0);
	tdcall(TDG_MR_REPORT, SHARED | 0xfed00000, data, 0);
	assert_int_equal(fake.vector, TDX_VE_VECTOR);
}

/* Buffer with a report of this TD, as a guest leaves it for GetQuote. */
static u8 *quote_buffer(void)
{
	u8 *b = fake_shared + BUFFER, data[64];

	memset(data, 0x42, sizeof(data));
	memset(b, 0, BUFFER_SIZE);
	le_put(b + TDX_QUOTE_VERSION, 1, 8);
	le_put(b + TDX_QUOTE_IN_LEN, TDREPORT_SIZE, 4);
	report_create(data, b + TDX_QUOTE_DATA);
	return b;
}

static void quote(void **state)
{
	FILE *f = fopen(KEYS_DIR "/tdx/root.pem", "r");
	struct quote_parts q;
	size_t size;
	X509 *root;
	u8 *b, data[64];

	(void)state;
	assert_non_null(f);
	root = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_int_equal(vmcall(TDVMCALL_MAP_GPA, SHARED | BUFFER, BUFFER_SIZE), 0);
	assert_int_equal(vmcall(TDVMCALL_SETUP_EVENT_NOTIFY, 99, 0), 0);
	b = quote_buffer();
	assert_int_equal(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, BUFFER_SIZE), 0);
	assert_int_equal(le_get(b + TDX_QUOTE_STATUS, 8), 0);
	assert_int_equal(fake_td.raised, 99);
	size = (size_t)le_get(b + TDX_QUOTE_OUT_LEN, 4);
	assert_int_equal(size, fake_td.evidence_size);
	assert_memory_equal(b + TDX_QUOTE_DATA, fake_td.evidence, size);
	assert_string_equal(verify_quote(fake_td.evidence, size, root, &q) ?: "good", "good");
	memset(data, 0x42, sizeof(data));
	assert_memory_equal(quote_report_data(&q), data, sizeof(data));
	assert_memory_equal(quote_mrtd(&q), tdcs.mrtd, 48);
	X509_free(root);
}

static void quote_refused(void **state)
{
	u8 *b = fake_shared + BUFFER;

	(void)state;
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, PAGE_SIZE) ==
		    TDVMCALL_INVALID_OPERAND); /* not shared */
	assert_int_equal(vmcall(TDVMCALL_MAP_GPA, SHARED | BUFFER, BUFFER_SIZE), 0);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, BUFFER, PAGE_SIZE) == TDVMCALL_INVALID_OPERAND);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, 0) == TDVMCALL_INVALID_OPERAND);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | (BUFFER + 8), PAGE_SIZE) ==
		    TDVMCALL_ALIGN_ERROR);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, 100) == TDVMCALL_ALIGN_ERROR);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, KIB(132)) ==
		    TDVMCALL_INVALID_OPERAND);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, BUFFER_SIZE) ==
		    TDVMCALL_INVALID_OPERAND); /* version 0 */
	quote_buffer();
	le_put(b + TDX_QUOTE_IN_LEN, 0xffffffff, 4);
	assert_true(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, BUFFER_SIZE) ==
		    TDVMCALL_INVALID_OPERAND);
	/* From here on accepted, and answered in the buffer. */
	le_put(b + TDX_QUOTE_IN_LEN, 1023, 4);
	assert_int_equal(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, BUFFER_SIZE), 0);
	assert_true(le_get(b + TDX_QUOTE_STATUS, 8) == TDX_QUOTE_STATUS_ERROR);
	quote_buffer()[TDX_QUOTE_DATA + TDREPORT_MAC] ^= 1;
	assert_int_equal(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, BUFFER_SIZE), 0);
	assert_true(le_get(b + TDX_QUOTE_STATUS, 8) == TDX_QUOTE_STATUS_ERROR);
	quote_buffer();
	assert_int_equal(vmcall(TDVMCALL_GET_QUOTE, SHARED | BUFFER, PAGE_SIZE), 0);
	assert_true(le_get(b + TDX_QUOTE_STATUS, 8) == TDX_QUOTE_STATUS_ERROR); /* too small */
	assert_int_equal(le_get(b + TDX_QUOTE_OUT_LEN, 4), 0);
}

static void quote_room(void **state)
{
	u8 r[TDREPORT_SIZE], data[64] = { 0 }, out[QUOTE_MAX];
	size_t used, n = 0;

	(void)state;
	report_create(data, r);
	assert_int_equal(quote_create(r, out, sizeof(out), &used), ST_OK);
	for (; n < used; n += 97)
		assert_int_equal(quote_create(r, out, n, &used), ST_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(table, setup),
		cmocka_unit_test_setup(descriptor, setup),
		cmocka_unit_test_setup(sections, setup),
		cmocka_unit_test_setup(launch_refuses, setup),
		cmocka_unit_test_setup(mrtd, setup),
		cmocka_unit_test_setup(first_state, setup),
		cmocka_unit_test_setup(hob, setup),
		cmocka_unit_test_setup(hob_too_small, setup),
		cmocka_unit_test_setup(report, setup),
		cmocka_unit_test_setup(quote, setup),
		cmocka_unit_test_setup(quote_refused, setup),
		cmocka_unit_test_setup(quote_room, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
