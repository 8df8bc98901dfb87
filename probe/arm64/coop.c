/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control channel to a reference host: in a realm RSI_HOST_CALL with an immediate of its own, in a
 * pKVM guest registers that the devicetree names. A real host has neither, and nothing the channel
 * says is believed beyond the check that asked.
 */
#include "abi/coop.h"
#include "cca.h"
#include "platform.h"

static struct host_call block;
static enum { UNASKED, PRESENT, ABSENT } channel = UNASKED;
static u64 commands;

/* On the boot CPU only, as all of the channel. */
static u64 by_host_call(unsigned command, struct coop *c)
{
	block = (struct host_call){ .imm = COOP_IMM };
	block.gprs[0] = command;
	for (size_t i = 0; i < COOP_ARGS; i++)
		block.gprs[1 + i] = c->arg[i];
	if (rsi_host_call((u64)(uintptr_t)&block) != RSI_SUCCESS)
		return COOP_UNKNOWN;
	__asm__ volatile("" ::: "memory");
	for (size_t i = 0; i < COOP_ARGS; i++)
		c->arg[i] = block.gprs[1 + i];
	return block.gprs[0];
}

static u64 reg(unsigned n)
{
	return platform.coop.base + (n == 0 ? COOP_MMIO_COMMAND : COOP_MMIO_ARG(n));
}

static u64 by_registers(unsigned command, struct coop *c)
{
	u64 status;

	for (unsigned i = 0; i < COOP_ARGS; i++)
		cvm.ops->mmio_write(reg(1 + i), 8, c->arg[i]);
	cvm.ops->mmio_write(reg(0), 8, command);
	status = cvm.ops->mmio_read(reg(0), 8);
	for (unsigned i = 0; i < COOP_ARGS; i++)
		c->arg[i] = cvm.ops->mmio_read(reg(1 + i), 8);
	return status;
}

static u64 call(unsigned command, struct coop *c)
{
	return cvm.ops->platform == CVM_CCA ? by_host_call(command, c) : by_registers(command, c);
}

/* Is there anything to ask? */
static bool transport(void)
{
	if (cvm.ops->platform == CVM_CCA)
		return true;
	return cvm.ops->platform == CVM_PKVM && platform.coop.size >= COOP_MMIO_SIZE &&
	       mmu_map_device(platform.coop) == ST_OK;
}

bool coop_available(void)
{
	struct coop c = { 0 };

	if (channel == UNASKED) {
		channel = ABSENT;
		if (transport() && call(COOP_QUERY, &c) == COOP_OK && c.arg[0] == COOP_MAGIC) {
			channel = PRESENT;
			commands = c.arg[1];
		}
	}
	return channel == PRESENT;
}

bool coop_has(unsigned command)
{
	return coop_available() && (commands & BIT(command));
}

bool coop_needs(unsigned command)
{
	if (!coop_available())
		check_skip("the host has no control channel");
	else if (!coop_has(command))
		check_skip("the host does not know command 0x%x of the control channel", command);
	return coop_has(command);
}

bool coop_call(unsigned command, struct coop *c)
{
	return call(command, c) == COOP_OK;
}

bool coop_do(unsigned command, u64 arg1, u64 arg2)
{
	struct coop c = { .arg = { arg1, arg2 } };

	return coop_call(command, &c);
}

/* An SGI no CPU sends, and two SPIs no driver asked for. */
const u32 unasked_ids[UNASKED_IDS] = { 9, 77, 200 };

/* In a realm a question of the Realm Host Interface (DEN0148, session version): every host may
 * answer it as it likes. A pKVM guest reads a register of the channel, where there is one: no call
 * of its own need leave EL2. On any CPU. */
void visit_host(void)
{
	struct host_call c = { .imm = 0 };

	if (cvm.ops->platform == CVM_PKVM && channel == PRESENT)
		(void)cvm.ops->mmio_read(reg(0), 8);
	if (cvm.ops->platform != CVM_CCA)
		return;
	c.gprs[0] = 0xC5000040;
	(void)rsi_host_call((u64)(uintptr_t)&c);
}

u64 timer_now(bool physical)
{
	u64 now;

	if (!physical)
		return arch_counter();
	__asm__ volatile("isb; mrs %0, cntpct_el0" : "=r"(now)::"memory");
	return now;
}
