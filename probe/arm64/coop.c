/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control channel to a reference host: RSI_HOST_CALL with an immediate of its own. A real host does
 * not answer it, and nothing the channel says is believed beyond the check that asked.
 */
#include "abi/coop.h"
#include "cca.h"
#include "print.h"

static struct host_call block;
static enum { UNASKED, PRESENT, ABSENT } channel = UNASKED;
static u64 commands;

static u64 call(unsigned command, struct coop *c)
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

bool coop_available(void)
{
	struct coop c = { 0 };

	if (cvm.ops->platform != CVM_CCA)
		return false;
	if (channel == UNASKED) {
		channel = ABSENT;
		if (call(COOP_QUERY, &c) == COOP_OK && c.arg[0] == COOP_MAGIC) {
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

/* A question of the Realm Host Interface (DEN0148, session version): every host may answer it as it
 * likes. On any CPU. */
void visit_host(void)
{
	struct host_call c = { .imm = 0 };

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

static const char *hash_name(u64 page)
{
	switch (*(volatile u8 *)(uintptr_t)(page + RSI_CONFIG_HASH_ALGO)) {
	case RSI_HASH_SHA256:
		return "sha-256";
	case RSI_HASH_SHA512:
		return "sha-512";
	case RSI_HASH_SHA384:
		return "sha-384";
	}
	return "unknown";
}

void header_platform(void)
{
	static u8 config[PAGE_SIZE] ALIGNED(PAGE_SIZE);
	u64 page = (u64)(uintptr_t)config, lower = 0, higher = 0;

	if (cvm.ops->platform != CVM_CCA)
		return;
	(void)rsi_version(RSI_REVISION_1_0, &lower, &higher);
	config[RSI_CONFIG_HASH_ALGO] = 0xff;
	(void)rsi_realm_config(page);
	print("# realm: ipa_width %llu, hash %s, RSI %llu.%llu (highest %llu.%llu)\n",
	      (unsigned long long)rsi_ipa_width, hash_name(page),
	      (unsigned long long)FIELD(lower, 30, 16), (unsigned long long)FIELD(lower, 15, 0),
	      (unsigned long long)FIELD(higher, 30, 16), (unsigned long long)FIELD(higher, 15, 0));
}
