/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest does wrong and a host would forgive, or use. Every kind is counted; the ones that
 * cost a look into the guest's memory are looked for only in a trace run.
 */
#include "pkvm/model.h"

#define LINES_PER_KIND 16u /* a guest in a loop must not flood the channel */

static const char *const kind_name[VIOLATION_KINDS] = {
	[VIOLATION_UNSCRUBBED] = "unscrubbed",
	[VIOLATION_FETCH_SHARED] = "fetch-shared",
	[VIOLATION_MMIO] = "mmio-not-emulatable",
	[VIOLATION_UNGUARDED] = "mmio-unguarded",
	[VIOLATION_SMC] = "smc",
};

void violation(const struct hyp_vcpu *v, enum violation kind, u64 ipa)
{
	static u32 lines[VIOLATION_KINDS];

	counters.violations++;
	if (config.trace && lines[kind]++ < LINES_PER_KIND)
		channel("violation: %s cpu=%u ipa=0x%llx pc=0x%llx", kind_name[kind], v->index,
			(unsigned long long)ipa, (unsigned long long)v->cpu.el1.pc);
}

static bool content_allowed;

void pkvm_allow_content(bool allowed)
{
	__atomic_store_n(&content_allowed, allowed, __ATOMIC_RELAXED);
}

/* What the host can read from now on, and the guest may not have meant it to. */
void violation_on_share(const struct hyp_vcpu *v, u64 ipa, struct page p)
{
	const u64 *word = pa_to_ptr(p.pa);
	size_t i;

	if (!config.trace || __atomic_load_n(&content_allowed, __ATOMIC_RELAXED))
		return;
	for (i = 0; i < hyp_vm.granule / sizeof(*word); i++) {
		if (word[i] != 0) {
			violation(v, VIOLATION_UNSCRUBBED, ipa);
			return;
		}
	}
}
