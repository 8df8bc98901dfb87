/* SPDX-License-Identifier: BSD-2-Clause */
/* VMGEXIT as KVM answers it: the MSR protocol, or one event through the registered page. */
#include "common/secret.h"
#include "snp.h"

static u64 msr_pscs;

void host_terminated(unsigned set, unsigned reason)
{
	if (set == SNP_TERM_SET_POSTERN && reason == SNP_TERM_PASS)
		core_verdict("off", "guest");
	if (set == SNP_TERM_SET_POSTERN && reason == SNP_TERM_FAIL)
		core_verdict("reset", "guest");
	core_verdict("reset", "guest terminated: set %u reason %u", set, reason);
}

static u64 answer(u64 info, u64 data, unsigned shift)
{
	return data << shift | info;
}

static u64 msr_cpuid(struct vcpu *v, u64 request)
{
	unsigned reg = FIELD(request, GHCB_MSR_CPUID_REG_LO + 1, GHCB_MSR_CPUID_REG_LO);
	u32 out[4];

	snp_cpuid(v, (u32)(request >> GHCB_MSR_CPUID_FN_LO), 0, out);
	if (fault_on(FAULT_MSR_CPUID_VALUE) && request >> GHCB_MSR_CPUID_FN_LO == 0)
		out[reg] = out[0];
	if (fault_on(FAULT_MSR_CPUID_REGISTER) && request >> GHCB_MSR_CPUID_FN_LO == 0)
		return answer(GHCB_MSR_CPUID_RESP, out[reg], GHCB_MSR_CPUID_FN_LO);
	return answer(GHCB_MSR_CPUID_RESP, out[reg], GHCB_MSR_CPUID_FN_LO) |
	       (u64)reg << GHCB_MSR_CPUID_REG_LO;
}

static u64 msr_psc(struct vcpu *v, u64 request)
{
	u64 gfn = FIELD(request, GHCB_MSR_PSC_GFN_HI, GHCB_MSR_GFN_LO);
	unsigned op = FIELD(request, GHCB_MSR_PSC_OP_LO + 3, GHCB_MSR_PSC_OP_LO);

	msr_pscs++;
	if (!psc_msr(v, gfn, op))
		return answer(GHCB_MSR_PSC_RESP, 1, 63);
	return GHCB_MSR_PSC_RESP;
}

/* The faults are those of a host that mixes up what it told before and after a registration. */
static u64 sev_info(const struct snp_vcpu *hw)
{
	u64 info = SNP_MSR_SEV_INFO;

	if (fault_on(FAULT_MSR_SEV_INFO_VERSION) && hw->ghcb_registered)
		info -= (u64)1 << GHCB_SEV_INFO_VER_MAX_LO;
	if (fault_on(FAULT_MSR_SEV_INFO_CBIT) && hw->ghcb_registered)
		info -= (u64)1 << GHCB_SEV_INFO_CBIT_LO;
	return info;
}

static u64 hv_features(const struct snp_vcpu *hw)
{
	if (fault_on(FAULT_MSR_FEATURES) && hw->ghcb_registered)
		return GHCB_MSR_HV_FT_RESP;
	return answer(GHCB_MSR_HV_FT_RESP, SNP_HV_FEATURES, GHCB_MSR_HV_FT_LO);
}

/* KVM grants any address and finds out at the first use. */
static u64 register_page(struct snp_vcpu *hw, u64 request)
{
	bool again = hw->ghcb_registered;

	hw->ghcb_gpa = request & ~(u64)GHCB_MSR_INFO_MASK;
	hw->ghcb_registered = true;
	if (fault_on(FAULT_MSR_REGISTER_AGAIN) && again)
		return answer(GHCB_MSR_REG_GPA_RESP, GHCB_MSR_GFN_NONE, GHCB_MSR_GFN_LO);
	return hw->ghcb_gpa | GHCB_MSR_REG_GPA_RESP;
}

static void msr_protocol(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);
	u64 request = hw->ghcb_msr;

	switch (request & GHCB_MSR_INFO_MASK) {
	case GHCB_MSR_SEV_INFO_REQ:
		hw->ghcb_msr = sev_info(hw);
		return;
	case GHCB_MSR_CPUID_REQ:
		hw->ghcb_msr = msr_cpuid(v, request);
		return;
	case GHCB_MSR_AP_HOLD_REQ:
		if (ap_hold(v))
			hw->ghcb_msr = answer(GHCB_MSR_AP_HOLD_RESP, 1, GHCB_MSR_GFN_LO);
		return;
	case GHCB_MSR_PREF_GPA_REQ:
		hw->ghcb_msr = answer(fault_on(FAULT_MSR_PREFERRED) ? GHCB_MSR_REG_GPA_RESP
								    : GHCB_MSR_PREF_GPA_RESP,
				      GHCB_MSR_GFN_NONE, GHCB_MSR_GFN_LO);
		return;
	case GHCB_MSR_REG_GPA_REQ:
		hw->ghcb_msr = register_page(hw, request);
		return;
	case GHCB_MSR_PSC_REQ:
		hw->ghcb_msr = msr_psc(v, request);
		return;
	case GHCB_MSR_HV_FT_REQ:
		hw->ghcb_msr = hv_features(hw);
		return;
	case GHCB_MSR_TERM_REQ:
		host_terminated(FIELD(request, 15, GHCB_MSR_TERM_SET_LO),
				FIELD(request, 23, GHCB_MSR_TERM_REASON_LO));
	default:
		/* KVM leaves the word: the guest sees its own request. */
		if (fault_on(FAULT_MSR_UNKNOWN))
			hw->ghcb_msr = SNP_MSR_SEV_INFO;
		return;
	}
}

void host_vmgexit(struct vcpu *v)
{
	secret_seen(snp_hw(v)->ghcb_msr, sizeof(u64));
	if ((snp_hw(v)->ghcb_msr & GHCB_MSR_INFO_MASK) != 0)
		msr_protocol(v);
	else
		host_ghcb(v);
}

void host_summary(void)
{
	counter_add("msr_psc", msr_pscs);
	nae_summary();
}
