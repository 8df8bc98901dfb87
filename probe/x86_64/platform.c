/* SPDX-License-Identifier: BSD-2-Clause */
/* No platform of this machine has a control channel yet. */
#include "../checks.h"

bool coop_available(void)
{
	return false;
}

bool coop_has(unsigned command)
{
	(void)command;
	return false;
}

bool coop_needs(unsigned command)
{
	check_skip("the host has no control channel");
	return coop_has(command);
}

bool coop_call(unsigned command, struct coop *c)
{
	(void)c;
	return coop_has(command);
}

bool coop_do(unsigned command, u64 arg1, u64 arg2)
{
	struct coop c = { .arg = { arg1, arg2 } };

	return coop_call(command, &c);
}

void header_platform(void)
{
}

void visit_host(void)
{
	u32 a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
}

u64 timer_now(bool physical)
{
	(void)physical;
	return arch_counter();
}
