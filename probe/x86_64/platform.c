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
