/* SPDX-License-Identifier: BSD-2-Clause */
/* The GHCB MSR protocol: one word there, one word back. */
#include "mm.h"
#include "snp_event.h"

#define INFO(word) ((word)&GHCB_MSR_INFO_MASK)

static bool answered(const char *asked, u64 request, u64 info, u64 *word)
{
	*word = ghcb_msr_exchange(request);
	return expect_eq(asked, INFO(*word), info);
}

void snp_msr_sev_info(void)
{
	u64 word, lowest, highest;

	if (!answered("the answer to SEV_INFO", GHCB_MSR_SEV_INFO_REQ, GHCB_MSR_SEV_INFO, &word))
		return;
	highest = word >> GHCB_SEV_INFO_VER_MAX_LO;
	lowest = FIELD(word, 47, GHCB_SEV_INFO_VER_MIN_LO);
	check_note("versions %llu to %llu", (unsigned long long)lowest,
		   (unsigned long long)highest);
	if (expect_true("the versions", lowest <= GHCB_VERSION_SNP && highest >= GHCB_VERSION_SNP,
			"a range that includes 2"))
		expect_eq("the C-bit", BIT(FIELD(word, 31, GHCB_SEV_INFO_CBIT_LO)),
			  cvm.pte_private);
}

void snp_msr_features(void)
{
	u64 word;

	if (answered("the answer to the features request", GHCB_MSR_HV_FT_REQ, GHCB_MSR_HV_FT_RESP,
		     &word))
		expect_true("the features", (word >> GHCB_MSR_HV_FT_LO & GHCB_HV_FT_SNP) != 0,
			    "SNP among them");
}

/* Between the two no interrupt may use the page that is not registered. */
void snp_msr_register(void)
{
	u8 *other = pool_alloc(1, PAGE_SIZE);
	u64 gpa = (u64)(uintptr_t)other, own = ghcb_gpa(), moved, back;
	bool irqs;

	if (other == NULL) {
		check_skip("no free shared page");
		return;
	}
	irqs = arch_irq_save();
	moved = ghcb_msr_exchange(gpa | GHCB_MSR_REG_GPA_REQ);
	back = ghcb_msr_exchange(own | GHCB_MSR_REG_GPA_REQ);
	arch_irq_restore(irqs);
	pool_free(other, 1);
	if (expect_eq("registering another shared page", moved, gpa | GHCB_MSR_REG_GPA_RESP))
		expect_eq("registering the page from before", back, own | GHCB_MSR_REG_GPA_RESP);
}

void snp_msr_preferred(void)
{
	u64 word;

	if (answered("the answer to the request for a preferred page", GHCB_MSR_PREF_GPA_REQ,
		     GHCB_MSR_PREF_GPA_RESP, &word))
		check_note("frame 0x%llx", (unsigned long long)(word >> GHCB_MSR_GFN_LO));
}

/* The vendor's leaf: the same on every CPU and at any time, and each register says another thing.
 */
void snp_msr_cpuid(void)
{
	static const u8 field[] = { GF_RAX, GF_RBX, GF_RCX, GF_RDX };
	struct ghcb_call c = { .set = GF(RAX) | GF(RCX) };

	if (!snp_event(&c, GHCB_EXIT_CPUID, 0, 0) || !expect_done("CPUID leaf 0 as an event", &c))
		return;
	for (unsigned reg = 0; reg < ARRAY_SIZE(field); reg++) {
		u64 word;

		check_note("register %u", reg);
		if (!answered("the answer to CPUID leaf 0",
			      GHCB_MSR_CPUID_REQ | (u64)reg << GHCB_MSR_CPUID_REG_LO,
			      GHCB_MSR_CPUID_RESP, &word) ||
		    !expect_eq("the register it names", FIELD(word, 31, GHCB_MSR_CPUID_REG_LO),
			       reg) ||
		    !expect_eq("its value against the event's", word >> GHCB_MSR_CPUID_FN_LO,
			       (u32)c.value[field[reg]]))
			return;
	}
}

/* Not among them: 0xf00 and above, which a vendor has. */
void snp_msr_unknown(void)
{
	static const u16 requests[] = { 0x00e, 0x0ab, 0x3fe, 0x7ff, 0xabc };
	static const u16 responses[] = { GHCB_MSR_SEV_INFO,     GHCB_MSR_CPUID_RESP,
					 GHCB_MSR_AP_HOLD_RESP, GHCB_MSR_PREF_GPA_RESP,
					 GHCB_MSR_REG_GPA_RESP, GHCB_MSR_PSC_RESP,
					 GHCB_MSR_VMPL_RESP,    GHCB_MSR_HV_FT_RESP };

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		u64 word = ghcb_msr_exchange(requests[i] | 0x5a000);

		check_note("request 0x%x", requests[i]);
		for (size_t k = 0; k < ARRAY_SIZE(responses); k++)
			if (!expect_ne("the answer's code", INFO(word), responses[k]))
				return;
	}
}
