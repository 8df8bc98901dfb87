/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The GHCB protocol of the SNP host: MSR words, checks of the page in KVM's order, events.
 * sources: hosts/x86/snp/rmp.c hosts/x86/snp/host.c hosts/x86/snp/npf.c hosts/x86/snp/insn.c hosts/x86/snp/msr.c hosts/x86/snp/exit.c hosts/x86/snp/ap.c hosts/x86/snp/vmrun.c hosts/x86/snp/vmgexit.c hosts/x86/snp/ghcb.c hosts/x86/snp/nae.c hosts/x86/snp/psc.c hosts/x86/snp/guestreq.c lib/status.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snp_ghcb_page.h"

#define INJECT_GP 0x80000b0dULL

/* Words of the sheet, sections 4 and 21. */
static void msr_words(void **state)
{
	(void)state;
	v = fake_reset();
	assert_int_equal(snp_hw(v)->ghcb_msr, 0x0002000133000001ULL);
	assert_int_equal(vmgexit_msr(v, 0x002), 0x0002000133000001ULL);
	assert_int_equal(vmgexit_msr(v, 0x8000001F40000004ULL), 0x8000002040000005ULL);
	assert_int_equal(vmgexit_msr(v, 0x00000007C0000004ULL), 0x0000000AC0000005ULL);
	assert_int_equal(vmgexit_msr(v, 0x010), 0xfffffffffffff011ULL);
	assert_int_equal(vmgexit_msr(v, 0x012 | 0x5000), 0x5013);
	assert_int_equal(vmgexit_msr(v, 0x080), 0x3081);
	/* Unknown: the word stays. */
	assert_int_equal(vmgexit_msr(v, 0x0000000200000016ULL), 0x0000000200000016ULL);
	assert_int_equal(vmgexit_msr(v, 0xf00), 0xf00);
	assert_int_equal(v->vmcb->rip, 8 * 4);
}

static void termination(void **state)
{
	(void)state;
	assert_true(ENDS(vmgexit_msr(v, 0x02100)));
	assert_string_equal(fake.word, "off");
	assert_true(ENDS(vmgexit_msr(v, 0x12100)));
	assert_string_equal(fake.word, "reset");
	assert_true(ENDS(vmgexit_msr(v, 0x21100)));
	assert_string_equal(fake.word, "reset");
	assert_string_equal(fake.detail, "guest terminated: set 1 reason 2");
	g_event(0x8000fffe, 0x02, 0);
	assert_true(ENDS(g_go(v)));
	assert_string_equal(fake.word, "off");
	g_event(0x8000fffe, 0x50, 0);
	assert_true(ENDS(g_go(v)));
	assert_string_equal(fake.detail, "guest terminated: set 0 reason 5");
}

static void checks_in_order(void **state)
{
	(void)state;
	g_event(0x8000fffd, 0, 0);
	ghcb[0xffc] = 1;
	MALFORMED(2);
	vmgexit_msr(v, 0x012 | 0x7000);
	g_event(0x8000fffd, 0, 0);
	MALFORMED(1);
	vmgexit_msr(v, 0x012 | PAGE_AT);
	ghcb[0xffc] = 0;
	for (unsigned offset = G_CODE; offset <= G_INFO2; offset += 8) {
		g_event(0x12345, 0, 0);
		ghcb[0x3f0 + offset / 64] &= (u8) ~(1 << offset / 8 % 8);
		MALFORMED(4);
	}
	g_event(0x12345, 0, 0);
	MALFORMED(6);
	g_event(0x80000014, 0, 0); /* doorbell: not offered */
	MALFORMED(6);
	g_event(1ULL << 32 | 0x8000fffd, 0, 0);
	MALFORMED(6);
	g_event(0x8000fffd, 0, 0);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 3);
	assert_false(g_valid(G_CODE));
	/* Addresses nobody can map are ignored. */
	memset(ghcb, 0, PAGE_SIZE);
	vmgexit_msr(v, 0);
	vmgexit_msr(v, 0x8000);
	vmgexit_msr(v, 0xfec00000);
	assert_int_equal(g_get(G_INFO1), 0);
}

/* Each input an event needs, left out in turn. */
static void required_inputs(void **state)
{
	static const struct {
		u64 code, info1;
		u16 inputs[5];
	} events[] = {
		{ 0x37, 0, { G_RAX } },
		{ 0x6f, 0, { G_RCX } },
		{ 0x72, 0, { G_RAX, G_RCX } },
		{ 0x7b, 0x03f80210, { G_RAX } },
		{ 0x7b, 0x03f80214, { G_SCRATCH } },
		{ 0x7c, 0, { G_RCX } },
		{ 0x7c, 1, { G_RCX, G_RAX, G_RDX } },
		{ 0x81, 0, { G_RAX, G_CPL } },
		{ 0x8a, 0, { G_RAX, G_RCX, G_RDX } },
		{ 0x8b, 0, { G_RAX, G_RCX } },
		{ 0x80000001, 0xfed00000, { G_SCRATCH } },
		{ 0x80000002, 0xfed00000, { G_SCRATCH } },
		{ 0x80000010, 0, { G_SCRATCH } },
		{ 0x80000013, 1, { G_RAX } },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(events); i++) {
		for (unsigned missing = 0; events[i].inputs[missing] != 0; missing++) {
			g_event(events[i].code, events[i].info1, 0);
			for (unsigned j = 0; events[i].inputs[j] != 0; j++) {
				if (j != missing)
					g_set(events[i].inputs[j] & ~7U, 0);
			}
			MALFORMED(4);
		}
	}
	g_event(0x72, 0, 0);
	g_set(G_RAX, 0xd);
	g_set(G_RCX, 0);
	MALFORMED(4);
	g_set(G_XCR0, 1);
	g_event(0x72, 0, 0);
	g_set(G_RAX, 0xd);
	g_set(G_RCX, 0);
	g_set(G_XCR0, 1);
	assert_int_equal(g_go(v), 0);
}

static void cpuid_and_time(void **state)
{
	(void)state;
	g_event(0x72, 0, 0);
	g_set(G_RAX, 0xffffffff0000000bULL);
	g_set(G_RCX, 1);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RAX), 0x10b);
	assert_int_equal(g_get(G_RBX), 0x10c);
	assert_int_equal(g_get(G_RCX), 0x10d);
	assert_int_equal(g_get(G_RDX), 0x10e);
	assert_true(g_valid(G_RAX) && g_valid(G_RBX) && g_valid(G_RCX) && g_valid(G_RDX));
	v->vmcb->tsc_offset = 1;
	g_event(0x6e, 0, 0);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RAX), 0x3456789b);
	assert_int_equal(g_get(G_RDX), 0x12);
	assert_false(g_valid(G_RCX));
	snp_hw(v)->tsc_aux = 7;
	g_event(0x87, 0, 0);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RCX), 7);
	g_event(0x6f, 0, 0);
	g_set(G_RCX, 0);
	assert_int_equal(g_go(v), 1);
	assert_int_equal(g_get(G_INFO2), INJECT_GP);
	g_event(0x81, 0, 0);
	g_set(G_RAX, 3);
	g_set(G_CPL & ~7U, 0);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RAX), (u64)-1000);
	g_event(0x8000ffff, 0x404, 0);
	assert_int_equal(g_go(v), 1);
}

static void nothing_to_do(void **state)
{
	static const u64 codes[] = { 0x27, 0x76, 0x89, 0x80000003 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		g_event(codes[i], 0, 0);
		assert_int_equal(g_go(v), 0);
		assert_int_equal(g_get(G_INFO2), 0);
	}
	assert_int_equal(fake_snp.nmi_done, 1);
	g_event(0x80000005, 0, 0x9000);
	assert_int_equal(g_go(v), 0);
	g_event(0x80000005, 1, 0);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 0x9000);
	g_event(0x80000005, 2, 0);
	MALFORMED(5);
}

static void msrs(void **state)
{
	(void)state;
	g_event(0x7c, 0, 0);
	g_set(G_RCX, 0x1b);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RAX), 0x55667788);
	assert_int_equal(g_get(G_RDX), 0x11223344);
	g_event(0x7c, 1, 0);
	g_set(G_RCX, 0x1b);
	g_set(G_RAX, 0xffffffff00000001ULL);
	g_set(G_RDX, 2);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(fake.device, 0x200000001ULL);
	for (u64 write = 0; write < 2; write++) {
		g_event(0x7c, write, 0);
		g_set(G_RCX, 0x1c);
		g_set(G_RAX, 0);
		g_set(G_RDX, 0);
		assert_int_equal(g_go(v), 1);
		assert_int_equal(g_get(G_INFO2), INJECT_GP);
	}
}

static void ports(void **state)
{
	(void)state;
	fake.device = 0xaabbccdd;
	g_event(0x7b, 0x0cfc0241, 0);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RAX), 0xaabbccdd);
	assert_int_equal(fake_snp.port, 0xcfc);
	g_event(0x7b, 0x03f80211, 0);
	g_set(G_RAX, 0x1234567890);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_RAX), 0x12345678dd);
	g_event(0x7b, 0x03f80220, 0);
	g_set(G_RAX, 0x12345678);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(fake_snp.port_value, 0x5678);
	assert_int_equal(fake_snp.port_width, 2);
	for (u64 size = 0; size < 8; size++) {
		g_event(0x7b, 0x03f80200 | size << 4, 0);
		g_set(G_RAX, 0);
		if (size == 1 || size == 2 || size == 4)
			assert_int_equal(g_go(v), 0);
		else
			MALFORMED(5);
	}
}

static void string_ports(void **state)
{
	(void)state;
	fake.device = 0x44332211;
	g_event(0x7b, 0x0cfc0245, 508);
	g_set(G_SCRATCH, SCRATCH_AT);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(fake_snp.port_count, 508);
	assert_int_equal(g_get(BUFFER + 2024), 0x4433221144332211ULL);
	assert_int_equal(ghcb[0xff0], 0);
	for (u64 count = 0; count < 3; count++) {
		static const u64 bad[] = { 509, 2033, 1ULL << 62 };

		g_event(0x7b, 0x0cfc0245, bad[count]);
		g_set(G_SCRATCH, SCRATCH_AT);
		MALFORMED(3);
	}
	fake_snp.port_count = 0;
	memcpy(ghcb + BUFFER + 10, "ab", 2);
	g_event(0x7b, 0x03f80214, 2);
	g_set(G_SCRATCH, SCRATCH_AT + 10);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(fake_snp.port_count, 2);
	assert_int_equal(fake_snp.port_value, 'b');
	g_event(0x7b, 0x03f80214, 0);
	g_set(G_SCRATCH, SCRATCH_AT);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(fake_snp.port_count, 2);
}

static void mmio(void **state)
{
	(void)state;
	fake.device = 0x1122334455667788ULL;
	for (u64 size = 0; size <= 9; size++) {
		memset(ghcb + BUFFER, 0xee, 16);
		g_event(0x80000001, 0xfed00000, size);
		g_set(G_SCRATCH, SCRATCH_AT);
		if (size == 3 || (size > 4 && size != 8)) {
			MALFORMED(5);
			continue;
		}
		assert_int_equal(g_go(v), 0);
		assert_memory_equal(ghcb + BUFFER, &fake.device, size);
		assert_int_equal(ghcb[BUFFER + size], 0xee);
	}
	g_event(0x80000002, 0xfed00000, 2);
	g_set(G_SCRATCH, SCRATCH_AT + 2030);
	memcpy(ghcb + BUFFER + 2030, "xy", 2);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(fake.device, 'y' << 8 | 'x');
	g_event(0x80000002, 0xfed00000, 2);
	g_set(G_SCRATCH, SCRATCH_AT + 2031);
	MALFORMED(3);
	/* RAM by this path: its shared side only. */
	g_event(0x80000002, PAGE_AT + 0xf00, 2);
	g_set(G_SCRATCH, SCRATCH_AT + 2030);
	assert_int_equal(g_go(v), 0);
	assert_memory_equal(ghcb + 0xf00, "xy", 2);
	g_event(0x80000001, 0x10000, 2);
	g_set(G_SCRATCH, SCRATCH_AT);
	assert_int_equal(g_go(v), 0);
	assert_memory_equal(ghcb + BUFFER, "\xff\xff", 2);
}

static void share(u64 gpa)
{
	assert_int_equal(host_convert(v, gpa, PAGE_SIZE, false), ST_OK);
}

static void guest_requests(void **state)
{
	u8 *request, *response;

	(void)state;
	share(0x5000);
	share(0x6000);
	request = host_shared(0x5000);
	response = host_shared(0x6000);
	memset(request, 0x11, PAGE_SIZE);
	memset(response, 0, PAGE_SIZE);
	g_event(0x80000011, 0x5000, 0x6000);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 0);
	assert_int_equal(response[4095], 0xee);
	memset(response, 0, PAGE_SIZE);
	fake_snp.psp_error = 0x16;
	g_event(0x80000011, 0x5000, 0x6000);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 0x16);
	assert_int_equal(response[0], 0);
	g_event(0x80000011, 0x5000, 0x5000);
	MALFORMED(5);
	g_event(0x80000011, 0x5001, 0x6000);
	MALFORMED(5);
	g_event(0x80000011, 0x5000, 0x6800);
	MALFORMED(5);
	g_event(0x80000011, 0x7000, 0x6000); /* private */
	MALFORMED(5);
	g_event(0x80000011, 0x5000, 0xfed00000);
	MALFORMED(5);
}

static void extended(u64 data, u64 pages)
{
	g_event(0x80000012, 0x5000, 0x6000);
	g_set(G_RAX, data);
	g_set(G_RBX, pages);
}

static void extended_requests(void **state)
{
	u8 *request;

	(void)state;
	for (u64 at = 0x5000; at < 0xa000; at += PAGE_SIZE)
		share(at);
	request = host_shared(0x5000);
	memset(request, 0, PAGE_SIZE);
	request[0x34] = 5;
	extended(0x8000, 2);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 0);
	assert_int_equal(*host_shared(0x8000), 0xce);
	assert_int_equal(*host_shared(0x9000), 0x27);
	assert_int_equal(*host_shared(0x6000), 0xff);
	/* Too small: the message goes nowhere. */
	*host_shared(0x6000) = 0;
	extended(0x8000, 1);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 1ULL << 32);
	assert_int_equal(g_get(G_RBX), 2);
	assert_true(g_valid(G_RBX));
	assert_int_equal(*host_shared(0x6000), 0);
	extended(0x8010, 2);
	MALFORMED(5);
	extended(0x9000, 2); /* 0xa000 is private */
	MALFORMED(5);
	g_event(0x80000012, 0x5000, 0x6000);
	MALFORMED(5);
	g_event(0x80000012, 0x5000, 0x6000);
	g_set(G_RAX, 0x8000);
	MALFORMED(5);
	/* Only report requests carry certificates. */
	request[0x34] = 17;
	g_event(0x80000012, 0x5000, 0x6000);
	assert_int_equal(g_go(v), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(msr_words, setup, teardown),
		cmocka_unit_test_setup_teardown(termination, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(required_inputs, setup, teardown),
		cmocka_unit_test_setup_teardown(cpuid_and_time, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_do, setup, teardown),
		cmocka_unit_test_setup_teardown(msrs, setup, teardown),
		cmocka_unit_test_setup_teardown(ports, setup, teardown),
		cmocka_unit_test_setup_teardown(string_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(mmio, setup, teardown),
		cmocka_unit_test_setup_teardown(guest_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(extended_requests, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
