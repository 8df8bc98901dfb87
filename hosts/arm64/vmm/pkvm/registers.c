/* SPDX-License-Identifier: BSD-2-Clause */
/* What the exits of a vCPU show of its registers: counted, and looked through for a guest's check.
 */
#include "abi/coop.h"
#include "vmm/devices.h"
#include "vmm/pkvm/pkvm.h"

#define WATCHED 2

static struct watch {
	u64 value[WATCHED]; /* 0: none */
	u64 seen[WATCHED];  /* bit n: gprs[n] */
	u64 exits;
} watches[CORE_MAX_CPUS];

void registers_seen(struct vcpu *v)
{
	struct watch *w = &watches[v->index];
	const u64 *gprs = (const u64 *)v->run->exit.gprs;
	u64 shown = 0;

	w->exits++;
	for (unsigned i = 0; i < ARRAY_SIZE(v->run->exit.gprs); i++) {
		shown += gprs[i] != 0;
		for (unsigned k = 0; k < WATCHED; k++) {
			if (w->value[k] != 0 && gprs[i] == w->value[k])
				w->seen[k] |= BIT(i);
		}
	}
	__atomic_fetch_add(&pkvm_host.count.registers_exposed, shown, __ATOMIC_RELAXED);
	/* Upstream registers are not isolated: what is in one the host has anyway. */
	if (config.profile == PROFILE_ANDROID)
		devices_exposed(gprs, ARRAY_SIZE(v->run->exit.gprs));
}

u64 registers_ask(struct vcpu *v, const u64 *in, u64 *out)
{
	struct watch *w = &watches[v->index];

	for (unsigned k = 0; k < WATCHED; k++) {
		out[1 + k] = w->seen[k];
		w->value[k] = ~in[1 + k];
		w->seen[k] = 0;
	}
	out[3] = w->exits;
	w->exits = 0;
	return COOP_OK;
}
