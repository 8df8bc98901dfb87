/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GHCB page engine and the MSR protocol against a host that answers wrongly in every way.
 * sources: ghcb/page.c ghcb/msr.c ghcb/count.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_ghcb_host.h"

static int setup(void **state)
{
	host_reset();
	return 0;
}

/* ---- what goes out ---- */
static u8 seen[GHCB_SIZE];

static void keep(u8 *page)
{
	memcpy(seen, page, GHCB_SIZE);
	host_answer(page, 0, 0);
}

static void shows_only_what_is_set(void **state)
{
	struct ghcb_call c = { .set = GF(RCX) | GF(RAX), .value[GF_RAX] = 7, .value[GF_RBX] = 99 };

	memset(host_pages[0][0], 0xee, GHCB_BUFFER);
	c.value[GF_RCX] = 0x10;
	host.exit = keep;
	assert_int_equal(ghcb_event(&c, GHCB_EXIT_MSR, 1, 2, 0, NULL), ST_OK);
	assert_int_equal(host_get(seen, GHCB_RCX), 0x10);
	assert_int_equal(host_get(seen, GHCB_RAX), 7);
	assert_int_equal(host_get(seen, GHCB_RBX), 0);
	assert_int_equal(host_get(seen, GHCB_R8), 0);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_MSR);
	assert_int_equal(host_get(seen, GHCB_INFO1), 1);
	assert_int_equal(host_get(seen, GHCB_INFO2), 2);
	assert_int_equal(seen[GHCB_VERSION], 2);
	assert_true(host_valid(seen, GHCB_RCX) && host_valid(seen, GHCB_RAX));
	assert_true(host_valid(seen, GHCB_EXITCODE) && host_valid(seen, GHCB_INFO1));
	assert_true(host_valid(seen, GHCB_INFO2));
	assert_false(host_valid(seen, GHCB_RBX) || host_valid(seen, GHCB_SCRATCH));
	assert_int_equal(host.msr, (uintptr_t)host_pages[0][0]);
	assert_int_equal(host.irqs_off, 0);
}

/* Sheet section 21: numbers of the valid bits. */
static void bit_numbers(void **state)
{
	static const struct {
		enum ghcb_field f;
		unsigned bit;
	} bits[] = { { GF_CPL, 25 },    { GF_XSS, 40 },       { GF_DR7, 44 },
		     { GF_RAX, 63 },    { GF_RCX, 97 },       { GF_RDX, 98 },
		     { GF_RBX, 99 },    { GF_EXITCODE, 114 }, { GF_INFO1, 115 },
		     { GF_INFO2, 116 }, { GF_SCRATCH, 117 },  { GF_XCR0, 125 } };

	host.exit = keep;
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		struct ghcb_call c = { .set = 1u << bits[i].f };
		unsigned count = 0;

		assert_int_equal(ghcb_call(&c), ST_OK);
		for (unsigned b = 0; b < 128; b++)
			if ((seen[GHCB_BITMAP + b / 8] >> b % 8 & 1) != 0) {
				assert_int_equal(b, bits[i].bit);
				count++;
			}
		assert_int_equal(count, 1);
	}
}

static void raw_caller_may_break_the_rules(void **state)
{
	struct ghcb_call c = { .set = GF_REQUEST | GF(CPL),
			       .unmarked = GF(INFO1),
			       .version = 9,
			       .usage = 0x12345678 };

	c.value[GF_INFO1] = 5;
	c.value[GF_CPL] = 3;
	host.exit = keep;
	assert_int_equal(ghcb_call(&c), ST_OK);
	assert_int_equal(host_get(seen, GHCB_INFO1), 5);
	assert_false(host_valid(seen, GHCB_INFO1));
	assert_int_equal(seen[GHCB_CPL], 3);
	assert_int_equal(seen[GHCB_VERSION], 9);
	assert_int_equal(seen[GHCB_USAGE], 0x78);
	assert_int_equal(seen[GHCB_USAGE + 3], 0x12);
}

static void invert(u8 *page)
{
	for (unsigned i = 0; i < GHCB_BUFFER_SIZE; i++)
		page[GHCB_BUFFER + i] = (u8)~page[GHCB_BUFFER + i];
	host_answer(page, 0, 0);
}

static void buffer_there_and_back(void **state)
{
	u8 buf[GHCB_BUFFER_SIZE];
	struct ghcb_call c = { .buffer = buf, .in = 3, .out = sizeof(buf) };

	memset(buf, 5, sizeof(buf));
	host.exit = invert;
	assert_int_equal(ghcb_event(&c, GHCB_EXIT_PSC, 0, 0, 0, NULL), ST_OK);
	assert_int_equal(buf[0], 0xfa);
	assert_int_equal(buf[2], 0xfa);
	assert_int_equal(buf[3], 0xff); /* what was not offered is not shown */
	assert_int_equal(ghcb_counters.psc_exits, 1);
	c.in = GHCB_BUFFER_SIZE + 1;
	assert_int_equal(ghcb_call(&c), ST_INVALID);
	c.in = 0;
	c.out = GHCB_BUFFER_SIZE + 1;
	assert_int_equal(ghcb_call(&c), ST_INVALID);
}

static void no_page_no_call(void **state)
{
	struct ghcb_call c = { 0 };

	ghcb_cpus[0].page = NULL;
	assert_int_equal(ghcb_call(&c), ST_STATE);
	assert_int_equal(ghcb_gpa(), 0);
	assert_int_equal(ghcb_buffer_gpa(), 0);
	assert_int_equal(host.exits, 0);
	host.cpu = 1;
	host.exit = keep;
	assert_int_equal(ghcb_call(&c), ST_OK);
	assert_int_equal(ghcb_buffer_gpa(), (uintptr_t)host_pages[1][0] + GHCB_BUFFER);
}

/* ---- what comes back ---- */
static struct {
	bool mark1, mark2, mark_rax;
	u64 info1, info2;
} reply;

static void answer_reply(u8 *page)
{
	memset(page + GHCB_BITMAP, 0, GHCB_BITMAP_SIZE);
	if (reply.mark1)
		host_put(page, GHCB_INFO1, reply.info1);
	if (reply.mark2)
		host_put(page, GHCB_INFO2, reply.info2);
	if (reply.mark_rax)
		host_put(page, GHCB_RAX, 0x55);
}

static enum status ask(struct ghcb_exception *x)
{
	struct ghcb_call c = { .set = GF(RAX) };

	host.exit = answer_reply;
	return ghcb_event(&c, GHCB_EXIT_IOIO, 0, 0, GF(RAX), x);
}

static void outputs_only_if_valid(void **state)
{
	struct ghcb_call c = { .value[GF_RAX] = 0x77 };

	reply = (__typeof__(reply)){ true, true, true, 0, 0 };
	assert_int_equal(ask(NULL), ST_OK);
	reply.mark_rax = false;
	assert_int_equal(ask(NULL), ST_PROTOCOL);
	assert_int_equal(ghcb_event(&c, GHCB_EXIT_WBINVD, 0, 0, 0, NULL), ST_OK);
	assert_int_equal(c.value[GF_RAX], 0x77);
	reply.mark_rax = true;
	reply.mark1 = false;
	assert_int_equal(ask(NULL), ST_PROTOCOL);
	reply.mark1 = true;
	reply.mark2 = false;
	assert_int_equal(ask(NULL), ST_PROTOCOL);
}

static void exceptions_are_judged(void **state)
{
	static const struct {
		u64 info2;
		enum status want;
		unsigned vector;
		u32 error;
	} cases[] = {
		{ 0x1234000080000b0d, ST_FAULT, 13, 0x12340000 }, /* #GP with a code */
		{ 0x80000306, ST_FAULT, 6, 0 },                   /* #UD */
		{ 0x8000030d, ST_FAULT, 13, 0 },
		{ 0xff80000b06, ST_FAULT, 6, 0 },  /* #UD has no error code */
		{ 0x00000b0d, ST_PROTOCOL, 0, 0 }, /* not valid */
		{ 0x8000000d, ST_PROTOCOL, 0, 0 }, /* an interrupt */
		{ 0x80000202, ST_PROTOCOL, 0, 0 }, /* an NMI */
		{ 0x80000b0e, ST_PROTOCOL, 0, 0 }, /* #PF */
		{ 0x8000031d, ST_PROTOCOL, 0, 0 }, /* #VC */
		{ 0x8000040d, ST_PROTOCOL, 0, 0 }, /* a software interrupt */
	};
	struct ghcb_exception x;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		reply =
		    (__typeof__(reply)){ true, true, true, GHCB_RESULT_EXCEPTION, cases[i].info2 };
		x = (struct ghcb_exception){ 99, 99 };
		assert_int_equal(ask(&x), cases[i].want);
		assert_int_equal(ask(NULL), ST_PROTOCOL);
		if (cases[i].want != ST_FAULT)
			continue;
		assert_int_equal(x.vector, cases[i].vector);
		assert_int_equal(x.error, cases[i].error);
	}
}

static void other_results(void **state)
{
	struct ghcb_exception x;

	reply = (__typeof__(reply)){ true, true, true, GHCB_RESULT_MALFORMED, GHCB_ERR_MISSING };
	assert_int_equal(ask(&x), ST_INVALID);
	reply.info1 = 3;
	assert_int_equal(ask(&x), ST_PROTOCOL);
	reply.info1 = 0xabcd00000000; /* only the low half is the result */
	assert_int_equal(ask(&x), ST_OK);
}

/* ---- one use inside the other ---- */
static unsigned depth;
static enum status deepest;

static void interrupt(u8 *page)
{
	struct ghcb_call inner = { .set = GF(RBX), .value[GF_RBX] = 1 };

	depth++;
	if (depth == 1) {
		host_answer(page, 0, 0);
		host_put(page, GHCB_RAX, 42);
		deepest = ghcb_event(&inner, GHCB_EXIT_CPUID, 0, 0, 0, NULL);
		return;
	}
	deepest = ghcb_call(&inner);
	host_answer(page, 0, 0);
	assert_int_equal(deepest, ST_TOO_DEEP);
}

static void second_use_saves_the_first(void **state)
{
	struct ghcb_call c = { .value[GF_RAX] = 0 };

	depth = 0;
	host.exit = interrupt;
	assert_int_equal(ghcb_event(&c, GHCB_EXIT_RDTSC, 0, 0, GF(RAX), NULL), ST_OK);
	assert_int_equal(depth, 2);
	assert_int_equal(deepest, ST_OK);
	assert_int_equal(c.value[GF_RAX], 42);
	assert_int_equal(host.msr, (uintptr_t)host_pages[0][0]);
	assert_int_equal(ghcb_cpus[0].uses, 0);
	assert_int_equal(ghcb_cpus[0].exchanges, 0);
}

static unsigned nmis;

/* Each answer to an NMI's completion brings the next NMI, three deep; the page in use survives. */
static void nmi_storm(u8 *page)
{
	u64 code = host_get(page, GHCB_EXITCODE);

	host_answer(page, 0, 0);
	host_put(page, GHCB_RAX, code == GHCB_EXIT_NMI_COMPLETE ? 666 : 42);
	if (nmis < 3) {
		nmis++;
		ghcb_nmi_complete();
	}
}

static void nmi_inside_a_use(void **state)
{
	struct ghcb_call c = { 0 };

	nmis = 0;
	host.exit = nmi_storm;
	assert_int_equal(ghcb_event(&c, GHCB_EXIT_RDTSC, 0, 0, GF(RAX), NULL), ST_OK);
	assert_int_equal(nmis, 3);
	assert_int_equal(c.value[GF_RAX], 42);
	assert_int_equal(host.msr, (uintptr_t)host_pages[0][0]);
	assert_false(ghcb_cpus[0].nmi_saved);
}

static void nmi_before_there_is_a_page(void **state)
{
	ghcb_cpus[0].page = NULL;
	ghcb_nmi_complete();
	assert_true(ghcb_cpus[0].nmi_owed);
	assert_int_equal(host.exits, 0);
}

/* ---- MSR protocol ---- */
static u64 msr_answer, msr_request;

static void answer_msr(u8 *page)
{
	msr_request = host.msr;
	host.msr = msr_answer;
}

static void sev_info(void **state)
{
	struct sev_info info;

	host.exit = answer_msr;
	msr_answer = 0x0002000133000001; /* sheet section 21 */
	assert_int_equal(msr_sev_info(&info), ST_OK);
	assert_int_equal(info.version_max, 2);
	assert_int_equal(info.version_min, 1);
	assert_int_equal(info.cbit, 51);
	msr_answer = 0x0002000133000002;
	assert_int_equal(msr_sev_info(&info), ST_PROTOCOL);
}

static void hv_features(void **state)
{
	u64 f;

	host.exit = answer_msr;
	msr_answer = 0x3081;
	assert_int_equal(msr_hv_features(&f), ST_OK);
	assert_int_equal(f, 3);
	assert_int_equal(msr_request, 0x80);
	msr_answer = 0x80; /* KVM: unknown requests come back as they were */
	assert_int_equal(msr_hv_features(&f), ST_PROTOCOL);
}

static void registration(void **state)
{
	host.exit = answer_msr;
	msr_answer = 0x1234013;
	assert_int_equal(msr_register_gpa(0x1234000), ST_OK);
	assert_int_equal(msr_request, 0x1234012);
	msr_answer = ~0xfffULL | 0x013;
	assert_int_equal(msr_register_gpa(0x1234000), ST_DENIED);
	msr_answer = 0x1235013;
	assert_int_equal(msr_register_gpa(0x1234000), ST_PROTOCOL);
	msr_answer = 0x1234012;
	assert_int_equal(msr_register_gpa(0x1234000), ST_PROTOCOL);
}

static void page_state(void **state)
{
	host.exit = answer_msr;
	msr_answer = 0x015;
	assert_int_equal(msr_page_state(0x1234000, PSC_OP_PRIVATE), ST_OK);
	assert_int_equal(msr_request, 0x0010000001234014);
	assert_int_equal(msr_page_state(0x1234000, PSC_OP_SHARED), ST_OK);
	assert_int_equal(msr_request, 0x0020000001234014);
	msr_answer = 1ULL << 63 | 0x015;
	assert_int_equal(msr_page_state(0x1234000, PSC_OP_SHARED), ST_DENIED);
	msr_answer = 0x1015;
	assert_int_equal(msr_page_state(0x1234000, PSC_OP_SHARED), ST_PROTOCOL);
	msr_answer = 0x014;
	assert_int_equal(msr_page_state(0x1234000, PSC_OP_SHARED), ST_PROTOCOL);
	assert_int_equal(snp_counters().msr_psc, 5);
}

static void cpuid_register(void **state)
{
	u32 v;

	host.exit = answer_msr;
	msr_answer = 0xabcd000040000005;
	assert_int_equal(msr_cpuid(0x8000001f, GHCB_CPUID_EBX, &v), ST_OK);
	assert_int_equal(msr_request, 0x8000001F40000004);
	assert_int_equal(v, 0xabcd0000);
	assert_int_equal(msr_cpuid(0x8000001f, GHCB_CPUID_ECX, &v), ST_PROTOCOL);
	msr_answer = 0x4;
	assert_int_equal(msr_cpuid(0x8000001f, GHCB_CPUID_EAX, &v), ST_PROTOCOL);
}

static void exchange_inside(u8 *page)
{
	host_answer(page, 0, 0);
	host.exit = answer_msr;
	msr_answer = 0x81;
	ghcb_msr_exchange(GHCB_MSR_HV_FT_REQ);
}

/* Between the page's address in the MSR and VMGEXIT somebody uses the MSR protocol. */
static void msr_is_put_back(void **state)
{
	struct ghcb_call c = { 0 };

	host.exit = exchange_inside;
	assert_int_equal(ghcb_event(&c, GHCB_EXIT_WBINVD, 0, 0, 0, NULL), ST_OK);
	assert_int_equal(host.msr, (uintptr_t)host_pages[0][0]);
}

static void termination(void **state)
{
	assert_true(ENDS(ghcb_terminate(1, 2)));
	assert_int_equal(host.terminated, 0x21100);
	assert_true(ENDS(ghcb_terminate(SNP_TERM_SET_POSTERN, SNP_TERM_FAIL)));
	assert_int_equal(host.terminated, 0x12100);
}

static void counters(void **state)
{
	struct ghcb_call c = { 0 };

	host.exit = keep;
	ghcb_event(&c, GHCB_EXIT_GUEST_REQUEST, 0, 0, 0, NULL);
	ghcb_event(&c, GHCB_EXIT_EXT_REQUEST, 0, 0, 0, NULL);
	assert_false(snp_pvalidate(0x1000, 0, 1).cf);
	assert_int_equal(snp_rmpadjust(0x1000, 0, 1), 0);
	host.sev_status = 7;
	assert_int_equal(snp_sev_status(), 7);
	assert_int_equal(snp_counters().guest_requests, 2);
	assert_int_equal(snp_counters().pvalidate, 1);
	snp_print_counters();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(shows_only_what_is_set),
		T(bit_numbers),
		T(raw_caller_may_break_the_rules),
		T(buffer_there_and_back),
		T(no_page_no_call),
		T(outputs_only_if_valid),
		T(exceptions_are_judged),
		T(other_results),
		T(second_use_saves_the_first),
		T(nmi_inside_a_use),
		T(nmi_before_there_is_a_page),
		T(sev_info),
		T(hv_features),
		T(registration),
		T(page_state),
		T(cpuid_register),
		T(msr_is_put_back),
		T(termination),
		T(counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
