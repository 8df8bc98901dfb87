/* SPDX-License-Identifier: BSD-2-Clause */
/* The control channel on x86: two I/O ports (abi/coop_x86.h), where the platform has ports of a
 * host. */
#include "../checks.h"

#include "abi/coop_x86.h"
#include "smp.h"

static enum { UNASKED, ABSENT, PRESENT } state;
static u64 commands;
static struct spinlock lock;

static void put(u64 v)
{
	cvm.ops->port_out(COOP_PORT_DATA, 4, (u32)v);
	cvm.ops->port_out(COOP_PORT_DATA, 4, (u32)(v >> 32));
}

static u64 get(void)
{
	u64 low = cvm.ops->port_in(COOP_PORT_DATA, 4);

	return low | (u64)cvm.ops->port_in(COOP_PORT_DATA, 4) << 32;
}

static bool ask(unsigned command, struct coop *c)
{
	bool done;

	spin_lock(&lock);
	for (size_t i = 0; i < COOP_ARGS; i++)
		put(c->arg[i]);
	cvm.ops->port_out(COOP_PORT_COMMAND, 4, command);
	done = cvm.ops->port_in(COOP_PORT_COMMAND, 4) == COOP_OK;
	for (size_t i = 0; i < COOP_ARGS && done; i++)
		c->arg[i] = get();
	spin_unlock(&lock);
	return done;
}

/* An absent port reads all ones; a plain machine's ports are nobody's business. */
static void query(void)
{
	struct coop c = { .arg = { 0 } };

	state = ABSENT;
	if (cvm.ops->platform == CVM_PLAIN)
		return;
	if (!ask(COOP_QUERY, &c) || c.arg[0] != COOP_MAGIC)
		return;
	commands = c.arg[1];
	state = PRESENT;
}

bool coop_available(void)
{
	if (state == UNASKED)
		query();
	return state == PRESENT;
}

bool coop_has(unsigned command)
{
	return coop_available() && command < 64 && (commands & BIT(command)) != 0;
}

bool coop_needs(unsigned command)
{
	if (coop_has(command))
		return true;
	check_skip("the host's control channel does not know command %u", command);
	return false;
}

bool coop_call(unsigned command, struct coop *c)
{
	return coop_has(command) && ask(command, c);
}

bool coop_do(unsigned command, u64 arg1, u64 arg2)
{
	struct coop c = { .arg = { arg1, arg2 } };

	return coop_call(command, &c);
}
