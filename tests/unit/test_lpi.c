/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LPIs: who has which, what stands in the configuration table, and what a host may do to it.
 * sources: drivers/arm64/its*.c drivers/arm64/lpi*.c drivers/deadline.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_its.h"

#define LPI_END (GIC_LPI_FIRST * 2)

static unsigned calls;

static void handler(void *ctx)
{
	assert_ptr_equal(ctx, &calls);
	calls++;
}

static int setup(void **state)
{
	(void)state;
	fake_machine();
	calls = 0;
	return 0;
}

static volatile u8 *table(void)
{
	return (volatile u8 *)(uintptr_t)its.config.base;
}

static void test_take(void **state)
{
	bool seen[ITS_LPIS] = { false };
	u32 intid, first = 0;

	assert_int_equal(lpi_take(NULL, NULL, &intid), ST_INVALID);
	for (unsigned i = 0; i < ITS_LPIS; i++) {
		assert_int_equal(lpi_take(handler, &calls, &intid), ST_OK);
		assert_in_range(intid, GIC_LPI_FIRST, GIC_LPI_FIRST + ITS_LPIS - 1);
		assert_false(seen[intid - GIC_LPI_FIRST]);
		seen[intid - GIC_LPI_FIRST] = true;
		first = i == 0 ? intid : first;
	}
	assert_int_equal(lpi_take(handler, &calls, &intid), ST_NO_MEMORY);
	lpi_give(first + 5);
	assert_int_equal(lpi_take(handler, &calls, &intid), ST_OK);
	assert_int_equal(intid, first + 5);
	/* One just given back is the last to be taken again. */
	lpi_give(first + 5);
	lpi_give(first + 9);
	assert_int_equal(lpi_take(handler, &calls, &intid), ST_OK);
	assert_int_equal(intid, first + 9);
}

static void test_deliver(void **state)
{
	u64 before = lpi_unexpected();
	static const u32 nobody[] = {
		0, 32, 1023, GIC_LPI_FIRST - 1, GIC_LPI_FIRST + ITS_LPIS, LPI_END, 0xffffff, ~0u
	};
	u32 intid;

	assert_int_equal(lpi_take(handler, &calls, &intid), ST_OK);
	assert_true(lpi_deliver(intid));
	assert_true(lpi_deliver(intid));
	assert_int_equal(calls, 2);
	assert_int_equal(lpi_unexpected(), before);
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		assert_false(lpi_deliver(nobody[i]));
	assert_false(lpi_deliver(intid + 1));
	assert_int_equal(lpi_unexpected(), before + ARRAY_SIZE(nobody) + 1);
	lpi_give(intid);
	assert_false(lpi_deliver(intid));
	assert_int_equal(calls, 2);
	lpi_give(GIC_LPI_FIRST - 1);
	lpi_give(LPI_END);
}

/* A host that does nothing but interrupt: from some number on it is one nobody asked for, which
 * the caller bounds. */
static void test_storm(void **state)
{
	u64 n = 0;
	u32 intid;

	assert_int_equal(lpi_take(handler, &calls, &intid), ST_OK);
	while (lpi_deliver(intid))
		assert_true(++n < 10000000);
	assert_int_equal(calls, n);
	assert_false(lpi_deliver(intid));
	lpi_give(intid);
}

static void test_configuration(void **state)
{
	u32 intid;

	/* Before there is a table: remembered. */
	lpi_configure(GIC_LPI_FIRST + 300, true, 0x55);
	assert_int_equal(its_init(&platform), ST_OK);
	assert_int_equal(table()[300], 0x54 | 3);
	assert_int_equal(lpi_take(handler, &calls, &intid), ST_OK);
	assert_int_equal(table()[intid - GIC_LPI_FIRST], 0xa2);
	lpi_configure(intid, true, 0xff);
	assert_int_equal(table()[intid - GIC_LPI_FIRST], 0xff);
	lpi_give(intid);
	assert_int_equal(table()[intid - GIC_LPI_FIRST], 0xa2);
	lpi_configure(LPI_END - 1, true, 0);
	assert_int_equal(table()[LPI_END - 1 - GIC_LPI_FIRST], 3);
	/* Beyond it, nothing. */
	lpi_configure(LPI_END, true, 0xff);
	lpi_configure(GIC_LPI_FIRST - 1, true, 0xff);
	assert_int_equal(table()[0] & 1, 0);
	/* What the host writes is overwritten, never taken over. */
	table()[LPI_END - 1 - GIC_LPI_FIRST] = 0;
	table()[17] = 0xff;
	lpi_rewrite();
	assert_int_equal(table()[LPI_END - 1 - GIC_LPI_FIRST], 3);
	assert_int_equal(table()[17] & 1, 0);
	lpi_configure(LPI_END - 1, false, 0);
	lpi_configure(GIC_LPI_FIRST + 300, false, 0);
	its_stop();
	lpi_configure(intid, true, 0); /* no table any more */
	lpi_give(intid);
}

static void test_redistributor(void **state)
{
	struct range pending;

	assert_true(lpi_init());
	pending = its_memory(PAGE_SIZE, KIB(64));
	assert_int_equal(lpi_cpu_start(gic_frame(2), pending), ST_OK);
	assert_int_equal(fake_gicr[2].propbaser, its.config.base | 7u << 7 | GIC_SHARE_INNER | 13);
	assert_int_equal(fake_gicr[2].pendbaser, pending.base | 7u << 7 | GIC_SHARE_INNER);
	assert_int_equal(fake_gicr[2].ctlr, 1);
	/* On already: off first, tables change only then (the fake holds that). */
	fake_gicr[2].ctlr |= BIT(26); /* what else it has there stays */
	assert_int_equal(lpi_cpu_start(gic_frame(2), pending), ST_OK);
	assert_int_equal(fake_gicr[2].ctlr, 1 | BIT(26));
	assert_int_equal(lpi_cpu_stop(gic_frame(2)), ST_OK);
	assert_int_equal(fake_gicr[2].ctlr, BIT(26));
	assert_false(its.lpis_stay);
	fake_gicr[2].ctlr = 1;
	fake_gicr[2].stays = true;
	assert_int_equal(lpi_cpu_start(gic_frame(2), pending), ST_STATE);
	assert_true(its.lpis_stay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_take, setup),
		cmocka_unit_test_setup(test_deliver, setup),
		cmocka_unit_test_setup(test_storm, setup),
		cmocka_unit_test_setup(test_configuration, setup),
		cmocka_unit_test_setup(test_redistributor, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
