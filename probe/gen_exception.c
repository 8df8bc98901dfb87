/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks.h"

void gen_exception_undefined(void)
{
	struct fault f = try_undefined();

	expect_fault("an undefined instruction", &f, FAULT_UNDEFINED);
}

void gen_exception_breakpoint(void)
{
	struct fault f = try_breakpoint();

	expect_fault("a breakpoint instruction", &f, FAULT_BREAKPOINT);
}
