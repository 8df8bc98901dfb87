/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI for every backend: the table of answers, and calls by either conduit or by none.
 * sources: boot/arm64/psci.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/psci.h"
#include "arch.h"
#include "fake_print.h"
#include "psci.h"

static struct smccc_regs asked;
static unsigned calls, lines;
static u64 answer;
static jmp_buf halted;

static void conduit(struct smccc_regs *r)
{
	calls++;
	asked = *r;
	r->x[0] = answer;
}

void arch_halt(void)
{
	longjmp(halted, 1);
}

void print(const char *fmt, ...)
{
	(void)fmt;
	lines++;
}

static void assert_asked(u64 x0, u64 x1, u64 x2, u64 x3)
{
	const u64 x[18] = { x0, x1, x2, x3 };

	assert_memory_equal(asked.x, x, sizeof(x)); /* zeros behind the arguments */
}

static void codes(void **state)
{
	static const struct {
		u64 x0;
		enum status st;
	} cases[] = {
		{ 0, ST_OK },
		{ (u64)PSCI_NOT_SUPPORTED, ST_UNSUPPORTED },
		{ (u64)PSCI_INVALID_PARAMETERS, ST_INVALID },
		{ (u64)PSCI_DENIED, ST_DENIED },
		{ (u64)PSCI_ALREADY_ON, ST_STATE },
		{ (u32)PSCI_ON_PENDING, ST_STATE },
		{ (u64)PSCI_INTERNAL_FAILURE, ST_UNKNOWN },
		{ (u64)PSCI_NOT_PRESENT, ST_NOT_FOUND },
		{ (u64)PSCI_DISABLED, ST_DENIED },
		{ (u32)PSCI_INVALID_ADDRESS, ST_RANGE },
		{ 1, ST_PROTOCOL },
		{ (u64)-10, ST_PROTOCOL },
		{ 0x80000000, ST_PROTOCOL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(psci_status_of(cases[i].x0)->status, cases[i].st);
		answer = cases[i].x0;
		lines = 0;
		assert_int_equal(psci_cpu_on(conduit, 3, 0x40001000, 0x40002000), cases[i].st);
		assert_int_equal(lines, cases[i].st != ST_OK);
		assert_asked(PSCI_CPU_ON_64, 3, 0x40001000, 0x40002000);
	}
}

static void ends(u64 with)
{
	answer = with;
	if (setjmp(halted) == 0)
		psci_cpu_off(conduit);
	assert_asked(PSCI_CPU_OFF, 0, 0, 0);
	if (setjmp(halted) == 0)
		psci_shutdown(conduit, CVM_SHUTDOWN_PASS);
	assert_asked(PSCI_SYSTEM_OFF, 0, 0, 0);
	if (setjmp(halted) == 0)
		psci_shutdown(conduit, CVM_SHUTDOWN_FAIL);
	assert_asked(PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* Whatever the answer, the CPU goes no further. */
static void last_calls(void **state)
{
	ends(0);
	ends((u64)PSCI_NOT_SUPPORTED);
	ends((u64)PSCI_DENIED);
	ends(77);
}

static void no_conduit(void **state)
{
	calls = 0;
	assert_int_equal(psci_cpu_on(NULL, 1, 2, 3), ST_UNSUPPORTED);
	if (setjmp(halted) == 0)
		psci_cpu_off(NULL);
	if (setjmp(halted) == 0)
		psci_shutdown(NULL, CVM_SHUTDOWN_PASS);
	assert_int_equal(calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes),
		cmocka_unit_test(last_calls),
		cmocka_unit_test(no_conduit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
