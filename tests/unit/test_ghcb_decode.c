/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder of #VC, against the bytes of APM volume 3.
 * sources: ghcb/decode.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ghcb/decode.h"

#define B(...) (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ })

static struct insn dec(const u8 *bytes, size_t n, enum status want)
{
	struct insn i;

	assert_int_equal(insn_decode(bytes, n, &i), want);
	if (want == ST_OK) {
		assert_int_equal(i.length, n);
		for (size_t k = 0; k < n; k++) { /* every shorter input says so */
			struct insn j;

			assert_int_equal(insn_decode(bytes, k, &j), ST_TRUNCATED);
		}
	}
	return i;
}

static void plain_ones(void **state)
{
	assert_int_equal(dec(B(0x0f, 0xa2), ST_OK).kind, INSN_CPUID);
	assert_int_equal(dec(B(0x0f, 0x08), ST_OK).kind, INSN_INVD);
	assert_int_equal(dec(B(0x0f, 0x09), ST_OK).kind, INSN_WBINVD);
	assert_int_equal(dec(B(0x0f, 0x01, 0xc8), ST_OK).kind, INSN_MONITOR);
	assert_int_equal(dec(B(0x0f, 0x01, 0xfa), ST_OK).kind, INSN_MONITOR);
	assert_int_equal(dec(B(0x0f, 0x01, 0xc9), ST_OK).kind, INSN_MWAIT);
	assert_int_equal(dec(B(0x0f, 0x01, 0xfb), ST_OK).kind, INSN_MWAIT);
	assert_int_equal(dec(B(0x0f, 0x32), ST_OK).kind, INSN_RDMSR);
	assert_int_equal(dec(B(0x0f, 0x30), ST_OK).kind, INSN_WRMSR);
	assert_int_equal(dec(B(0x0f, 0x33), ST_OK).kind, INSN_RDPMC);
	assert_int_equal(dec(B(0x0f, 0x31), ST_OK).kind, INSN_RDTSC);
	assert_int_equal(dec(B(0x0f, 0x01, 0xf9), ST_OK).kind, INSN_RDTSCP);
	assert_int_equal(dec(B(0x0f, 0x01, 0xd9), ST_OK).kind, INSN_VMMCALL);
	assert_int_equal(dec(B(0x0f, 0x23, 0xf8), ST_OK).kind, INSN_DR7_WRITE);
	assert_int_equal(dec(B(0x41, 0x0f, 0x21, 0xfb), ST_OK).reg, 11);
	assert_int_equal(dec(B(0x0f, 0x21, 0xfb), ST_OK).kind, INSN_DR7_READ);
}

static void others_are_refused(void **state)
{
	dec(B(0x0f, 0x01, 0xd0), ST_UNSUPPORTED);       /* XGETBV */
	dec(B(0xf3, 0x0f, 0x01, 0xd9), ST_UNSUPPORTED); /* VMGEXIT */
	dec(B(0xf3, 0x0f, 0x09), ST_UNSUPPORTED);       /* WBNOINVD */
	dec(B(0x0f, 0x21, 0xf0), ST_UNSUPPORTED);       /* DR6 */
	dec(B(0x44, 0x0f, 0x21, 0xf8), ST_UNSUPPORTED); /* DR15 */
	dec(B(0x0f, 0x05), ST_UNSUPPORTED);             /* SYSCALL */
	dec(B(0x90), ST_UNSUPPORTED);                   /* NOP */
	dec(B(0xcc), ST_UNSUPPORTED);                   /* INT3 */
	dec(B(0x88, 0xc0), ST_UNSUPPORTED);             /* register operand */
	dec(B(0x0f, 0xb6, 0xc0), ST_UNSUPPORTED);
	dec(B(0xc7, 0x08, 1, 2, 3, 4), ST_UNSUPPORTED); /* /1 */
	dec(B(0xf0, 0x89, 0x00), ST_UNSUPPORTED);       /* LOCK */
	dec(B(0x65, 0x8b, 0x00), ST_UNSUPPORTED);       /* GS */
	dec(B(0x64, 0x8b, 0x00), ST_UNSUPPORTED);       /* FS */
	dec(B(0x48, 0x66, 0x8b, 0x00), ST_UNSUPPORTED); /* REX not last */
	dec(B(0xa4), ST_UNSUPPORTED);                   /* MOVS */
	dec(B(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	      0x0f, 0xa2),
	    ST_UNSUPPORTED); /* 16 bytes */
}

static void ports(void **state)
{
	struct insn i = dec(B(0xe4, 0x71), ST_OK);

	assert_true(i.kind == INSN_IOIO && i.in && !i.string && !i.port_in_dx && !i.rep);
	assert_int_equal(i.port, 0x71);
	assert_int_equal(i.size, 1);
	i = dec(B(0xe7, 0x80), ST_OK);
	assert_true(!i.in && !i.port_in_dx && i.size == 4);
	i = dec(B(0x66, 0xed), ST_OK);
	assert_true(i.in && i.port_in_dx && i.size == 2);
	i = dec(B(0xee), ST_OK);
	assert_true(!i.in && i.port_in_dx && i.size == 1);
	i = dec(B(0xf3, 0xee), ST_OK);
	assert_false(i.rep); /* REP means nothing here */
	i = dec(B(0xf3, 0x6c), ST_OK);
	assert_true(i.in && i.string && i.rep && i.port_in_dx && i.size == 1);
	i = dec(B(0x67, 0xf3, 0x66, 0x6f), ST_OK);
	assert_true(!i.in && i.string && i.rep && i.size == 2 && i.addr_size == 4);
	i = dec(B(0x48, 0xef), ST_OK);
	assert_int_equal(i.size, 4);
}

static struct insn_regs regs(void)
{
	struct insn_regs r = { .rip = 0x400000 };

	for (unsigned i = 0; i < 16; i++)
		r.r[i] = 0x1000ULL * (i + 1);
	return r;
}

static void addresses(void **state)
{
	struct insn_regs r = regs();
	struct insn i;

	i = dec(B(0x8b, 0x00), ST_OK); /* eax, [rax] */
	assert_int_equal(insn_address(&i, &r), 0x1000);
	i = dec(B(0x8b, 0x48, 0xfc), ST_OK); /* ecx, [rax - 4] */
	assert_int_equal(insn_address(&i, &r), 0xffc);
	assert_int_equal(i.reg, 1);
	i = dec(B(0x8b, 0x80, 0, 1, 0, 0), ST_OK); /* [rax + 0x100] */
	assert_int_equal(insn_address(&i, &r), 0x1100);
	i = dec(B(0x8b, 0x04, 0x8b), ST_OK); /* [rbx + rcx * 4] */
	assert_int_equal(insn_address(&i, &r), 0x4000 + 0x8000);
	i = dec(B(0x8b, 0x04, 0x24), ST_OK); /* [rsp] */
	assert_int_equal(insn_address(&i, &r), 0x5000);
	i = dec(B(0x42, 0x8b, 0x04, 0x24), ST_OK); /* [rsp + r12] */
	assert_int_equal(insn_address(&i, &r), 0x5000 + 0xd000);
	i = dec(B(0x8b, 0x04, 0x25, 0, 0, 0, 0x80), ST_OK); /* [-0x80000000] */
	assert_int_equal(insn_address(&i, &r), 0xffffffff80000000);
	i = dec(B(0x8b, 0x05, 0x10, 0, 0, 0), ST_OK); /* [rip + 0x10] */
	assert_int_equal(insn_address(&i, &r), 0x400016);
	i = dec(B(0x49, 0x8b, 0x45, 0x08), ST_OK); /* rax, [r13 + 8] */
	assert_int_equal(insn_address(&i, &r), 0xe008);
	assert_int_equal(i.size, 8);
	r.r[0] = 0x1fffff000;
	i = dec(B(0x67, 0x8b, 0x00), ST_OK); /* [eax] */
	assert_int_equal(insn_address(&i, &r), 0xfffff000);
	i = dec(B(0xa1, 1, 2, 3, 4, 5, 6, 7, 8), ST_OK);
	assert_int_equal(insn_address(&i, &r), 0x0807060504030201);
	assert_true(i.kind == INSN_LOAD && i.size == 4 && i.reg == 0);
	i = dec(B(0x67, 0xa2, 1, 2, 3, 4), ST_OK);
	assert_int_equal(insn_address(&i, &r), 0x04030201);
	assert_true(i.kind == INSN_STORE && i.size == 1);
}

static void stores(void **state)
{
	struct insn_regs r = regs();
	struct insn i;

	r.r[1] = 0x8877665544332211;
	r.r[6] = 0x1122334455667788;
	i = dec(B(0x88, 0x08), ST_OK); /* cl */
	assert_int_equal(insn_store_value(&i, &r), 0x11);
	i = dec(B(0x88, 0x28), ST_OK); /* ch */
	assert_int_equal(insn_store_value(&i, &r), 0x22);
	i = dec(B(0x40, 0x88, 0x30), ST_OK); /* sil */
	assert_int_equal(insn_store_value(&i, &r), 0x88);
	i = dec(B(0x66, 0x89, 0x08), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0x2211);
	i = dec(B(0x89, 0x08), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0x44332211);
	i = dec(B(0x48, 0x89, 0x08), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0x8877665544332211);
	i = dec(B(0xc6, 0x00, 0x81), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0x81);
	i = dec(B(0x66, 0xc7, 0x00, 0x01, 0x80), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0x8001);
	i = dec(B(0xc7, 0x40, 0x04, 4, 3, 2, 0x81), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0x81020304);
	assert_int_equal(insn_address(&i, &r), 0x1004);
	i = dec(B(0x48, 0xc7, 0x05, 0, 0, 0, 0, 4, 3, 2, 0x81), ST_OK);
	assert_int_equal(insn_store_value(&i, &r), 0xffffffff81020304);
	assert_int_equal(insn_address(&i, &r), 0x400000 + 11); /* after the immediate */
}

static void loads(void **state)
{
	struct insn_regs r = regs();
	struct insn i;

	r.r[2] = r.r[3] = 0x1122334455667788;
	i = dec(B(0x8a, 0x10), ST_OK); /* dl */
	insn_load(&i, &r, 0xffffffffffffffa5);
	assert_int_equal(r.r[2], 0x11223344556677a5);
	i = dec(B(0x8a, 0x30), ST_OK); /* dh */
	insn_load(&i, &r, 0xb6);
	assert_int_equal(r.r[2], 0x112233445566b6a5);
	i = dec(B(0x66, 0x8b, 0x10), ST_OK);
	insn_load(&i, &r, 0xfff1234);
	assert_int_equal(r.r[2], 0x1122334455661234);
	i = dec(B(0x8b, 0x10), ST_OK);
	insn_load(&i, &r, 0xffffffff87654321);
	assert_int_equal(r.r[2], 0x87654321);
	i = dec(B(0x48, 0x8b, 0x10), ST_OK);
	insn_load(&i, &r, 0xfedcba9876543210);
	assert_int_equal(r.r[2], 0xfedcba9876543210);
	i = dec(B(0x0f, 0xb6, 0x18), ST_OK); /* movzx ebx, byte */
	assert_int_equal(i.size, 1);
	insn_load(&i, &r, 0xff80);
	assert_int_equal(r.r[3], 0x80);
	i = dec(B(0x0f, 0xbe, 0x18), ST_OK); /* movsx ebx, byte */
	insn_load(&i, &r, 0x80);
	assert_int_equal(r.r[3], 0xffffff80);
	i = dec(B(0x48, 0x0f, 0xbf, 0x18), ST_OK); /* movsx rbx, word */
	assert_int_equal(i.size, 2);
	insn_load(&i, &r, 0x8001);
	assert_int_equal(r.r[3], 0xffffffffffff8001);
	i = dec(B(0x66, 0x0f, 0xb6, 0x18), ST_OK); /* movzx bx, byte */
	insn_load(&i, &r, 0x7f);
	assert_int_equal(r.r[3], 0xffffffffffff007f);
	i = dec(B(0x44, 0x0f, 0xb7, 0x00), ST_OK);
	assert_int_equal(i.reg, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_ones), cmocka_unit_test(others_are_refused),
		cmocka_unit_test(ports),      cmocka_unit_test(addresses),
		cmocka_unit_test(stores),     cmocka_unit_test(loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
