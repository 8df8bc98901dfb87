/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages as interrupts on x86: whose vector, which message, and none that nobody asked for.
 * sources: drivers/x86_64/msi.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_lock.h"
#include "irq.h"
#include "x86_64/cpu.h"

#define BDF 0x18

struct cpu cpu_data[SMP_MAX_CPUS];
static bool available = true;
static unsigned calls[2];

bool irq_available(void)
{
	return available;
}

void print(const char *fmt, ...)
{
}

static void handler(void *ctx)
{
	++*(unsigned *)ctx;
}

static int setup(void **state)
{
	(void)state;
	calls[0] = calls[1] = 0;
	available = true;
	cpu_data[0].online = cpu_data[3].online = cpu_data[4].online = 1;
	cpu_data[3].hwid = 0xff;
	cpu_data[4].hwid = 0x100;
	return 0;
}

static void test_message(void **state)
{
	struct msi_message a, b;

	assert_int_equal(irq_msi_alloc(BDF, 0, handler, &calls[0], &a), ST_OK);
	assert_int_equal(irq_msi_alloc(BDF, 3, handler, &calls[1], &b), ST_OK);
	assert_int_equal(a.address, 0xfee00000);
	assert_int_equal(b.address, 0xfeeff000);
	assert_int_not_equal(a.data, b.data);
	assert_true(a.data >= 0x40 && b.data <= 0xdf);
	assert_true(msi_dispatch(a.data));
	assert_true(msi_dispatch(b.data));
	assert_true(msi_dispatch(b.data));
	assert_int_equal(calls[0], 1);
	assert_int_equal(calls[1], 2);
	irq_msi_free(&a);
	assert_false(msi_dispatch(a.data)); /* too late: nobody's */
	assert_int_equal(calls[0], 1);
	irq_msi_free(&b);
}

static void test_refused(void **state)
{
	struct msi_message m;

	assert_int_equal(irq_msi_alloc(BDF, 1, handler, NULL, &m), ST_RANGE); /* not online */
	assert_int_equal(irq_msi_alloc(BDF, SMP_MAX_CPUS, handler, NULL, &m), ST_RANGE);
	assert_int_equal(irq_msi_alloc(BDF, 4, handler, NULL, &m), ST_RANGE); /* id of 9 bits */
	assert_int_equal(irq_msi_alloc(BDF, 0, NULL, NULL, &m), ST_INVALID);
	available = false;
	assert_int_equal(irq_msi_alloc(BDF, 0, handler, NULL, &m), ST_UNSUPPORTED);
	assert_int_equal(irq_wire(40, true, 0, handler, NULL), ST_UNSUPPORTED);
}

static void test_vectors(void **state)
{
	static struct msi_message all[0xa0];
	static bool used[256];
	struct msi_message m;
	u32 freed;

	for (unsigned v = 0; v < 256; v++)
		assert_false(msi_dispatch(v));
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		assert_int_equal(irq_msi_alloc(BDF, 0, handler, &calls[0], &all[i]), ST_OK);
		assert_false(used[all[i].data]);
		used[all[i].data] = true;
	}
	assert_int_equal(irq_msi_alloc(BDF, 0, handler, &calls[0], &m), ST_NO_MEMORY);
	for (unsigned v = 0; v < 256; v++)
		assert_int_equal(msi_dispatch(v), v >= 0x40 && v <= 0xdf);
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		irq_msi_free(&all[i]);
	m.data = 0xf1; /* not one of these */
	irq_msi_free(&m);
	m.data = 0x3f;
	irq_msi_free(&m);
	/* A vector is not used again at once: a message of its last owner may be on its way. */
	assert_int_equal(irq_msi_alloc(BDF, 0, handler, &calls[0], &m), ST_OK);
	freed = m.data;
	irq_msi_free(&m);
	assert_int_equal(irq_msi_alloc(BDF, 0, handler, &calls[0], &m), ST_OK);
	assert_int_not_equal(m.data, freed);
	irq_msi_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_message, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_vectors, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
