/* SPDX-License-Identifier: BSD-2-Clause */
/* The RSI commands, one wrapper each: registers in, registers out, no judgement. */
#include "internal.h"
#include "print.h"
#include "smccc.h"

/* Our own count of what the host also counts: a host that saw more or fewer requests than we made
 * answered for us. In .data: the first requests come before .bss is memory. */
static u64 set_calls SECTION(".data");
static u64 get_calls SECTION(".data");

/* With the MMU off there is one CPU, and exclusive accesses are not guaranteed to work. */
static EARLY bool mmu_live(void)
{
#ifdef __aarch64__
	u64 sctlr;

	__asm__ volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
	return (sctlr & 1) != 0;
#else
	return true; /* native tests */
#endif
}

static EARLY void count(u64 *counter)
{
	if (mmu_live())
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
	else
		(*counter)++;
}

void cca_print_counters(void)
{
	print("# counters: ipa_state_set=%llu ipa_state_get=%llu\n",
	      (unsigned long long)__atomic_load_n(&set_calls, __ATOMIC_RELAXED),
	      (unsigned long long)__atomic_load_n(&get_calls, __ATOMIC_RELAXED));
}

EARLY void rsi_call_regs(struct smccc_regs *r)
{
	if (r->x[0] == RSI_IPA_STATE_SET)
		count(&set_calls);
	else if (r->x[0] == RSI_IPA_STATE_GET)
		count(&get_calls);
	smccc_smc(r);
}

static EARLY u64 call(struct smccc_regs *r, u64 fid)
{
	r->x[0] = fid;
	rsi_call_regs(r);
	return r->x[0];
}

EARLY u64 rsi_version(u64 requested, u64 *lower, u64 *higher)
{
	struct smccc_regs r = { .x[1] = requested };
	u64 status = call(&r, RSI_VERSION);

	*lower = r.x[1];
	*higher = r.x[2];
	return status;
}

u64 rsi_features(u64 index, u64 *value)
{
	struct smccc_regs r = { .x[1] = index };
	u64 status = call(&r, RSI_FEATURES);

	*value = r.x[1];
	return status;
}

u64 rsi_realm_config(u64 ipa)
{
	struct smccc_regs r = { .x[1] = ipa };

	return call(&r, RSI_REALM_CONFIG);
}

EARLY u64 rsi_ipa_state_set(u64 base, u64 top, u64 ripas, u64 flags, u64 *new_base, u64 *response)
{
	struct smccc_regs r = { .x[1] = base, .x[2] = top, .x[3] = ripas, .x[4] = flags };
	u64 status = call(&r, RSI_IPA_STATE_SET);

	*new_base = r.x[1];
	*response = r.x[2];
	return status;
}

EARLY u64 rsi_ipa_state_get(u64 base, u64 top, u64 *run_top, u64 *ripas)
{
	struct smccc_regs r = { .x[1] = base, .x[2] = top };
	u64 status = call(&r, RSI_IPA_STATE_GET);

	*run_top = r.x[1];
	*ripas = r.x[2];
	return status;
}

u64 rsi_host_call(u64 ipa)
{
	struct smccc_regs r = { .x[1] = ipa };

	return call(&r, RSI_HOST_CALL);
}

u64 rsi_measurement_read(u64 index, u64 value[8])
{
	struct smccc_regs r = { .x[1] = index };
	u64 status = call(&r, RSI_MEASUREMENT_READ);

	for (unsigned i = 0; i < 8; i++)
		value[i] = r.x[1 + i];
	return status;
}

u64 rsi_measurement_extend(u64 index, u64 size, const u64 value[8])
{
	struct smccc_regs r = { .x[1] = index, .x[2] = size };

	for (unsigned i = 0; i < 8; i++)
		r.x[3 + i] = value[i];
	return call(&r, RSI_MEASUREMENT_EXTEND);
}

u64 rsi_token_init(const u64 challenge[8], u64 *bound)
{
	struct smccc_regs r = { 0 };
	u64 status;

	for (unsigned i = 0; i < 8; i++)
		r.x[1 + i] = challenge[i];
	status = call(&r, RSI_ATTESTATION_TOKEN_INIT);
	*bound = r.x[1];
	return status;
}

u64 rsi_token_continue(u64 ipa, u64 offset, u64 size, u64 *written)
{
	struct smccc_regs r = { .x[1] = ipa, .x[2] = offset, .x[3] = size };
	u64 status = call(&r, RSI_ATTESTATION_TOKEN_CONTINUE);

	*written = r.x[1];
	return status;
}

u64 rsi_call_raw(u64 fid, u64 a1, u64 a2, u64 a3)
{
	struct smccc_regs r = { .x[1] = a1, .x[2] = a2, .x[3] = a3 };

	return call(&r, fid);
}
