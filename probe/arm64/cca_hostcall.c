/* SPDX-License-Identifier: BSD-2-Clause */
#include "abi/coop.h"
#include "cca.h"

/* A question of the Realm Host Interface (DEN0148, RHI session version): harmless on every host. */
#define RHI_IMM             0
#define RHI_SESSION_VERSION 0xC5000040

static void fill_call(struct host_call *c)
{
	*c = (struct host_call){ .imm = RHI_IMM };
	c->gprs[0] = RHI_SESSION_VERSION;
}

/* The structure lies on a page of its own, so that every offset below is inside memory of ours. */
void cca_hostcall_misaligned(void)
{
	static const u16 offsets[] = { 8, 0x10, 0x80, 0xf8 };
	u64 page = page_get();

	if (page == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		check_note("offset 0x%x", offsets[i]);
		if (!expect_eq("RSI_HOST_CALL with a misaligned structure",
			       rsi_host_call(page + offsets[i]), RSI_ERROR_INPUT))
			break;
	}
	page_put(page);
}

void cca_hostcall_outside(void)
{
	static struct host_call c;

	fill_call(&c);
	if (expect_eq("RSI_HOST_CALL with the shared alias",
		      rsi_host_call((u64)(uintptr_t)&c | alias_bit()), RSI_ERROR_INPUT))
		expect_eq("RSI_HOST_CALL with the first unprotected page",
			  rsi_host_call(protected_top()), RSI_ERROR_INPUT);
}

void cca_hostcall_empty(void)
{
	struct range empty = hole();

	if (empty.size != 0)
		expect_eq("RSI_HOST_CALL with a structure in EMPTY memory",
			  rsi_host_call(empty.base), RSI_ERROR_INPUT);
}

void cca_hostcall_registers(void)
{
	static struct host_call c;

	if (!coop_needs(COOP_ECHO))
		return;
	c.imm = COOP_IMM;
	c.gprs[0] = COOP_ECHO;
	for (unsigned i = 1; i < RSI_HOST_CALL_NR; i++)
		c.gprs[i] = 0x4563686f00000000ULL + i * 0x10101;
	if (!expect_eq("RSI_HOST_CALL", rsi_host_call((u64)(uintptr_t)&c), RSI_SUCCESS))
		return;
	__asm__ volatile("" ::: "memory");
	for (unsigned i = 1; i < RSI_HOST_CALL_NR; i++) {
		if (!expect_eq("a register the host inverted", c.gprs[i],
			       ~(0x4563686f00000000ULL + i * 0x10101))) {
			check_note("gprs[%u]", i);
			return;
		}
	}
}

void cca_hostcall_preserved(void)
{
	static struct host_call c;
	struct smccc_regs r;

	fill_call(&c);
	for (unsigned i = 0; i < ARRAY_SIZE(r.x); i++)
		r.x[i] = 0x4b65657000000000ULL + i;
	r.x[0] = RSI_HOST_CALL;
	r.x[1] = (u64)(uintptr_t)&c;
	smccc_smc(&r);
	if (!expect_eq("RSI_HOST_CALL", r.x[0], RSI_SUCCESS) ||
	    !expect_eq("x1 over RSI_HOST_CALL", r.x[1], (u64)(uintptr_t)&c))
		return;
	for (unsigned i = 2; i < ARRAY_SIZE(r.x); i++) {
		if (!expect_eq("x2..x17 over RSI_HOST_CALL", r.x[i], 0x4b65657000000000ULL + i)) {
			check_note("register x%u", i);
			return;
		}
	}
}
