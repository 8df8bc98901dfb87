/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages by a GICv2m frame: whose SPI, which message, and what a host may not make of it.
 * sources: drivers/arm64/v2m.c
 * flags: -Idrivers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arm64/gic.h"
#include "arm64/its.h"
#include "cvm.h"
#include "fake_lock.h"
#include "mmu.h"
#include "platform.h"

#define GICD   0x08000000ULL
#define FRAME  0x08020000ULL
#define SETSPI (FRAME + 0x40)

struct cvm cvm;
static struct platform_info p;
static u32 lines, typer;        /* GICD_TYPER.ITLinesNumber, MSI_TYPER */
static irq_handler wired[1024]; /* as the distributor's driver has them */
static enum status map_st, wire_st;
static struct range mapped;

static u64 mmio_read(u64 pa, unsigned width)
{
	assert_int_equal(width, 4);
	assert_int_equal(pa, FRAME + 8);
	return typer;
}

u32 spi_end(void)
{
	return MIN(32 * ((lines & 31) + 1), 1020);
}

enum status mmu_map_device(struct range r)
{
	mapped = r;
	return map_st;
}

enum status gic_affinity(unsigned cpu, u64 *mpidr)
{
	*mpidr = cpu;
	return cpu < 4 ? ST_OK : ST_STATE;
}

enum status irq_wire(u32 intid, bool level, unsigned cpu, irq_handler fn, void *ctx)
{
	assert_in_range(intid, 32, spi_end() - 1);
	assert_false(level);
	assert_true(cpu < 4);
	assert_non_null(fn);
	if (wire_st != ST_OK)
		return wire_st;
	if (wired[intid] != NULL)
		return ST_STATE;
	wired[intid] = fn;
	fn(ctx); /* it may come at once */
	return ST_OK;
}

void irq_unwire(u32 intid)
{
	assert_non_null(wired[intid]);
	wired[intid] = NULL;
}

static void handler(void *ctx)
{
	++*(unsigned *)ctx;
}

static unsigned calls;

static enum status alloc(struct msi_message *m)
{
	return v2m_msi_alloc(0, handler, &calls, m);
}

static int setup(void **state)
{
	static const struct cvm_ops ops = { .mmio_read = mmio_read };
	struct msi_message m = { SETSPI, 0, 0 };

	(void)state;
	/* What the last test left. */
	for (m.data = 0; m.data < 1024; m.data++)
		v2m_msi_free(&m);
	cvm.ops = &ops;
	memset(&p, 0, sizeof(p));
	memset(wired, 0, sizeof(wired));
	p.gicd = (struct range){ GICD, 0x10000 };
	p.v2m = (struct range){ FRAME, V2M_SIZE };
	p.v2m_base = 96;
	p.v2m_count = 4;
	lines = 7;
	typer = 0;
	map_st = wire_st = ST_OK;
	calls = 0;
	return 0;
}

static void test_message(void **state)
{
	struct msi_message a, b;

	(void)state;
	assert_int_equal(v2m_init(&p), ST_OK);
	assert_int_equal(mapped.base, FRAME);
	assert_int_equal(mapped.size, V2M_SIZE);
	assert_int_equal(v2m_msi_alloc(3, handler, &calls, &a), ST_OK);
	assert_int_equal(alloc(&b), ST_OK);
	assert_int_equal(calls, 2);
	assert_int_equal(a.address, SETSPI);
	assert_int_equal(a.data, 96);
	assert_int_equal(b.address, SETSPI);
	assert_int_equal(b.data, 97);
	v2m_msi_free(&a);
	assert_null(wired[96]);
	assert_non_null(wired[97]);
}

/* Each once, and one given back is the last to be used again. */
static void test_all(void **state)
{
	struct msi_message m[4], one;

	(void)state;
	assert_int_equal(v2m_init(&p), ST_OK);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(alloc(&m[i]), ST_OK);
		assert_int_equal(m[i].data, 96 + i);
	}
	assert_int_equal(alloc(&one), ST_NO_MEMORY);
	v2m_msi_free(&m[2]);
	v2m_msi_free(&m[0]);
	assert_int_equal(alloc(&one), ST_OK);
	assert_int_equal(one.data, 96);
	v2m_msi_free(&one);
	assert_int_equal(alloc(&one), ST_OK);
	assert_int_equal(one.data, 98);
}

/* A wired device has one of them: passed over, and not to be freed here. */
static void test_wired(void **state)
{
	struct msi_message m, theirs = { SETSPI, 97, 0 };

	(void)state;
	assert_int_equal(v2m_init(&p), ST_OK);
	wired[96] = wired[97] = handler;
	assert_int_equal(alloc(&m), ST_OK);
	assert_int_equal(m.data, 98);
	v2m_msi_free(&theirs);
	assert_non_null(wired[97]);
	wired[99] = handler;
	assert_int_equal(alloc(&m), ST_NO_MEMORY);
	wired[97] = NULL;
	assert_int_equal(alloc(&m), ST_OK);
	assert_int_equal(m.data, 97);
}

static void test_refused(void **state)
{
	struct msi_message m = { 1, 2, 3 };

	(void)state;
	assert_int_equal(v2m_init(&p), ST_OK);
	assert_int_equal(v2m_msi_alloc(4, handler, &calls, &m), ST_STATE);
	assert_int_equal(v2m_msi_alloc(0, NULL, NULL, &m), ST_INVALID);
	wire_st = ST_TIMEOUT;
	assert_int_equal(alloc(&m), ST_TIMEOUT);
	assert_int_equal(m.data, 2);
	wire_st = ST_OK;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(alloc(&m), ST_OK); /* what failed was given back */
	/* Messages that are none of ours. */
	m.address = SETSPI + 4;
	v2m_msi_free(&m);
	m = (struct msi_message){ SETSPI, 95, 0 };
	v2m_msi_free(&m);
	m.data = 100;
	v2m_msi_free(&m);
	m.data = ~0u;
	v2m_msi_free(&m);
	for (unsigned i = 96; i < 100; i++)
		assert_non_null(wired[i]);
}

static void expect_range(u32 first, u32 end)
{
	struct msi_message m;

	assert_int_equal(v2m_init(&p), ST_OK);
	for (u32 i = first; i < end; i++) {
		assert_int_equal(alloc(&m), ST_OK);
		assert_int_equal(m.data, i);
	}
	assert_int_equal(alloc(&m), ST_NO_MEMORY);
	for (m.data = first; m.data < end; m.data++)
		v2m_msi_free(&m);
}

static void test_frame_register(void **state)
{
	(void)state;
	p.v2m_base = 500; /* means nothing without a count */
	p.v2m_count = 0;
	typer = 128 << 16 | 3;
	expect_range(128, 131);
	typer = 16 << 16 | 17;
	expect_range(32, 33);
	lines = 31;
	typer = 0xffffffff;
	assert_int_equal(v2m_init(&p), ST_RANGE); /* 1023 and up */
	typer = 1019 << 16 | 0x3ff;
	expect_range(1019, 1020);
	typer = 0;
	assert_int_equal(v2m_init(&p), ST_RANGE);
}

static void test_clamped(void **state)
{
	(void)state;
	p.v2m_base = 0;
	p.v2m_count = ~0u;
	lines = 31;
	expect_range(32, 1020);
	lines = 0xffffffff; /* other bits of the register */
	expect_range(32, 1020);
	lines = 2;
	expect_range(32, 96);
	p.v2m_base = ~0u;
	assert_int_equal(v2m_init(&p), ST_RANGE);
	p.v2m_base = 96;
	assert_int_equal(v2m_init(&p), ST_RANGE);
	p.v2m_base = 0;
	p.v2m_count = 32;
	assert_int_equal(v2m_init(&p), ST_RANGE);
	lines = 0;
	p.v2m_count = ~0u;
	assert_int_equal(v2m_init(&p), ST_RANGE);
}

static void test_none(void **state)
{
	struct msi_message m = { SETSPI, 96, 0 };

	(void)state;
	p.v2m.size = V2M_SIZE - 1;
	assert_int_equal(v2m_init(&p), ST_RANGE);
	p.v2m.size = V2M_SIZE;
	map_st = ST_NO_MEMORY;
	assert_int_equal(v2m_init(&p), ST_NO_MEMORY);
	p.v2m.size = 0;
	assert_int_equal(v2m_init(&p), ST_UNSUPPORTED);
	assert_int_equal(alloc(&m), ST_UNSUPPORTED);
	wired[96] = handler;
	v2m_msi_free(&m);
	assert_non_null(wired[96]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_message, setup),
		cmocka_unit_test_setup(test_all, setup),
		cmocka_unit_test_setup(test_wired, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_frame_register, setup),
		cmocka_unit_test_setup(test_clamped, setup),
		cmocka_unit_test_setup(test_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
