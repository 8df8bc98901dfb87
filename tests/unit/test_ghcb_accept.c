/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acceptance and conversion: the floor of exits and instructions, and pages that are not what they
 * should be. Also explicit device access.
 * sources: ghcb/accept.c ghcb/psc.c ghcb/page.c ghcb/msr.c ghcb/count.c ghcb/io.c lib/range.c
 * lib/status.c libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_ghcb_host.h"

bool snp_evict_cache;

static u64 validated, rescinded, psc_private, psc_shared, last_va;
static unsigned order; /* last action: 1 PSC, 2 PVALIDATE */
static u32 mismatch_at;
static u64 cf_at, psc_error;
static u32 fail_with;

static void psc_host(u8 *page)
{
	u8 *b = page + GHCB_BUFFER;
	u16 end;

	assert_int_equal(host_get(page, GHCB_EXITCODE), GHCB_EXIT_PSC);
	assert_true(host_valid(page, GHCB_SCRATCH));
	assert_int_equal(host_get(page, GHCB_SCRATCH), (uintptr_t)page + GHCB_BUFFER);
	memcpy(&end, b + PSC_END_ENTRY, 2);
	for (unsigned i = 0; i <= end; i++) {
		u64 e = host_get(b, PSC_HEADER_SIZE + 8 * i);

		if (FIELD(e, 55, 52) == PSC_OP_PRIVATE)
			psc_private++;
		else
			psc_shared++;
	}
	end++;
	memcpy(b + PSC_CUR_ENTRY, &end, 2);
	host_answer(page, 0, psc_error);
	order = order * 10 + 1;
}

static struct rmp_result pvalidate(u64 va, u32 ecx, u32 edx)
{
	last_va = va;
	if (order % 10 != 2)
		order = order * 10 + 2;
	if (edx == PVALIDATE_VALIDATE)
		validated += ecx ? 512 : 1;
	else
		rescinded += ecx ? 512 : 1;
	if (ecx == RMP_2M && va / MIB(2) == mismatch_at)
		return (struct rmp_result){ RMP_FAIL_SIZEMISMATCH, true };
	if (va == cf_at)
		return (struct rmp_result){ fail_with, true };
	return (struct rmp_result){ RMP_OK, false };
}

static int setup(void **state)
{
	host_reset();
	host.exit = psc_host;
	host.pvalidate = pvalidate;
	validated = rescinded = psc_private = psc_shared = psc_error = 0;
	mismatch_at = 0xffffffff;
	cf_at = ~0ULL;
	fail_with = RMP_OK;
	order = 0;
	return 0;
}

static void floor_per_gib(void **state)
{
	struct accept_stats s = { 0 };

	assert_int_equal(snp_accept((struct range){ GIB(4), GIB(1) }, &s), ST_OK);
	assert_int_equal(s.exits, 3);
	assert_int_equal(s.calls, 512);
	assert_int_equal(s.pages_2m, 512);
	assert_int_equal(s.pages_4k + s.mismatches + s.retries, 0);
	assert_int_equal(s.bytes, GIB(1));
	assert_int_equal(psc_private, 512);
	assert_int_equal(validated, GIB(1) / PAGE_SIZE);
	assert_int_equal(order, 121212);
	assert_int_equal(ghcb_counters.psc_exits, 3);
	assert_int_equal(ghcb_counters.pvalidate, 512);
}

static void mismatch_falls_back(void **state)
{
	struct accept_stats s = { 0 };

	mismatch_at = 3;
	assert_int_equal(snp_accept((struct range){ MIB(4), MIB(6) }, &s), ST_OK);
	assert_int_equal(s.exits, 1);
	assert_int_equal(s.mismatches, 1);
	assert_int_equal(s.pages_2m, 2);
	assert_int_equal(s.pages_4k, 512);
	assert_int_equal(s.calls, 3 + 512);
}

static void already_validated_is_an_attack(void **state)
{
	struct accept_stats s = { 0 };

	cf_at = MIB(6);
	assert_int_equal(snp_accept((struct range){ MIB(4), MIB(6) }, &s), ST_PROTOCOL);
	assert_int_equal(last_va, MIB(6));
	cf_at = MIB(4) + PAGE_SIZE;
	assert_int_equal(snp_accept((struct range){ MIB(4), 3 * PAGE_SIZE }, &s), ST_PROTOCOL);
	assert_int_equal(snp_share((struct range){ MIB(4), 3 * PAGE_SIZE }), ST_PROTOCOL);
	fail_with = RMP_FAIL_INPUT;
	assert_int_equal(snp_accept((struct range){ MIB(4), 3 * PAGE_SIZE }, &s), ST_INVALID);
	fail_with = RMP_FAIL_SIZEMISMATCH; /* of 4 KiB: there is no such answer */
	assert_int_equal(snp_accept((struct range){ MIB(4), 3 * PAGE_SIZE }, &s), ST_PROTOCOL);
}

static void conversions_in_order(void **state)
{
	assert_int_equal(snp_share((struct range){ MIB(2), MIB(2) }), ST_OK);
	assert_int_equal(order, 21);
	assert_int_equal(rescinded, 512);
	assert_int_equal(psc_shared, 1);
	order = 0;
	assert_int_equal(snp_unshare((struct range){ MIB(2), MIB(2) }), ST_OK);
	assert_int_equal(order, 12);
	assert_int_equal(validated, 512);
}

static void refusals(void **state)
{
	struct accept_stats s = { 0 };

	psc_error = PSC_ERR_GENERIC;
	assert_int_equal(snp_accept((struct range){ MIB(2), MIB(2) }, &s), ST_DENIED);
	assert_int_equal(validated, 0);
	assert_int_equal(snp_accept((struct range){ MIB(2) + 1, MIB(2) }, &s), ST_ALIGN);
	assert_int_equal(snp_accept((struct range){ MIB(2), 0 }, &s), ST_OVERFLOW);
	assert_int_equal(snp_accept((struct range){ cvm.addr_limit, MIB(2) }, &s), ST_OVERFLOW);
}

static void info1_is_zero(u8 *page)
{
	psc_host(page);
	host_answer(page, 0x100000000, 0);
}

static void psc_answers_info1_zero(void **state)
{
	struct accept_stats s = { 0 };

	host.exit = info1_is_zero;
	assert_int_equal(snp_accept((struct range){ MIB(2), MIB(2) }, &s), ST_PROTOCOL);
}

static void reads_each_page(void **state)
{
	static u8 memory[2 * 4096] __attribute__((aligned(4096)));
	struct accept_stats s = { 0 };

	snp_evict_cache = true;
	assert_int_equal(snp_accept((struct range){ (uintptr_t)memory, sizeof(memory) }, &s),
			 ST_OK);
	snp_evict_cache = false;
	assert_int_equal(s.pages_4k, 2);
}

/* ---- devices ---- */
static u8 seen[GHCB_SIZE];
static u64 value;

static void device(u8 *page)
{
	memcpy(seen, page, GHCB_SIZE);
	memcpy(page + GHCB_BUFFER, &value, 8);
	host_answer(page, 0, 0);
	host_put(page, GHCB_RAX, value);
	host_put(page, GHCB_RDX, value >> 32);
}

static void ports(void **state)
{
	host.exit = device;
	value = 0xfedcba9876543210;
	assert_int_equal(snp_port_in(0xcfc, 4), 0x76543210);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x0CFC0241);
	assert_int_equal(snp_port_in(0x3fd, 1), 0x10);
	assert_int_equal(snp_port_in(0x3fd, 2), 0x3210);
	snp_port_out(0x3f8, 1, 0x1241);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x03F80210);
	assert_int_equal(host_get(seen, GHCB_RAX), 0x41);
	assert_true(host_valid(seen, GHCB_RAX));
}

/* Bytes 0, 1, 2... over all exits, as many as each asked for. */
static unsigned string_exits, string_next;

static void string_device(u8 *page)
{
	u64 n = host_get(page, GHCB_INFO2);

	memcpy(seen, page, GHCB_SIZE);
	assert_in_range(n, 1, GHCB_BUFFER_SIZE);
	for (u64 i = 0; i < n; i++)
		page[GHCB_BUFFER + i] = (u8)string_next++;
	string_exits++;
	host_answer(page, 0, 0);
}

static void port_strings(void **state)
{
	static u8 buf[2 * GHCB_BUFFER_SIZE + 4];
	size_t n = sizeof(buf) - 3;

	host.exit = string_device;
	string_exits = string_next = 0;
	snp_port_in_string(0x511, buf, n);
	assert_int_equal(string_exits, 3);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_IOIO);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x0511021d); /* SZ8, A64, REP, STR, IN */
	assert_int_equal(host_get(seen, GHCB_INFO2), 1);
	assert_int_equal(host_get(seen, GHCB_SCRATCH), (uintptr_t)host_pages[0][0] + 0x800);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf[i], (u8)i);
	assert_int_equal(buf[n], 0);
	snp_port_in_string(0x511, buf, 0);
	assert_int_equal(string_exits, 3);
}

static void mmio(void **state)
{
	host.exit = device;
	value = 0xfedcba9876543210;
	assert_int_equal(snp_mmio_read(0xfee00020, 4), 0x76543210);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_MMIO_READ);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0xfee00020);
	assert_int_equal(host_get(seen, GHCB_INFO2), 4);
	assert_int_equal(snp_mmio_read(0xfee00020, 8), value);
	snp_mmio_write(0x1000, 2, 0xabcdef);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_MMIO_WRITE);
	assert_int_equal(seen[GHCB_BUFFER], 0xef);
	assert_int_equal(seen[GHCB_BUFFER + 1], 0xcd);
	assert_int_equal(host_get(seen, GHCB_SCRATCH), (uintptr_t)host_pages[0][0] + 0x800);
}

static void msrs(void **state)
{
	host.exit = device;
	value = 0xfedcba9876543210;
	assert_int_equal(snp_msr_read(0x802), value);
	assert_int_equal(host_get(seen, GHCB_RCX), 0x802);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0);
	snp_msr_write(0x80b, 0x1122334455667788);
	assert_int_equal(host_get(seen, GHCB_INFO1), 1);
	assert_int_equal(host_get(seen, GHCB_RAX), 0x55667788);
	assert_int_equal(host_get(seen, GHCB_RDX), 0x11223344);
}

static void nothing(u8 *page)
{
	host_answer(page, 0, 0);
}

static void no_answer(void **state)
{
	host.exit = nothing;
	assert_true(ENDS(snp_port_in(0x3f8, 1)));
	assert_int_equal(host.fatal_status, ST_PROTOCOL);
	ghcb_cpus[0].uses = ghcb_cpus[0].exchanges = 0;
	assert_true(ENDS(snp_msr_read(0x802)));
	ghcb_cpus[0].page = NULL;
	assert_int_equal(snp_port_in(0x3f8, 1), 0xff);
	assert_int_equal(snp_msr_read(0x802), ~0ULL);
	assert_int_equal(snp_mmio_read(0x1000, 4), 0xffffffff);
	assert_int_equal(snp_mmio_read(0x1000, 8), ~0ULL);
	snp_port_in_string(0x511, seen, 3);
	assert_memory_equal(seen, "\xff\xff\xff", 3);
	snp_port_out(0x3f8, 1, 0);
	snp_mmio_write(0x1000, 4, 0);
	snp_msr_write(0x802, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(floor_per_gib),
		T(mismatch_falls_back),
		T(already_validated_is_an_attack),
		T(conversions_in_order),
		T(refusals),
		T(psc_answers_info1_zero),
		T(reads_each_page),
		T(ports),
		T(port_strings),
		T(mmio),
		T(msrs),
		T(no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
