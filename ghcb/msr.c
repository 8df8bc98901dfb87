/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GHCB MSR protocol (AMD 56421): one word to the host, one word back. Works before there is a
 * page and after everything else failed.
 */
#include "arch.h"
#include "internal.h"

#define INFO(word) ((word)&GHCB_MSR_INFO_MASK)

static u64 exchange(u64 request)
{
	insn_set_ghcb_msr(request);
	insn_vmgexit();
	return insn_ghcb_msr();
}

/*
 * An NMI or #VC may come here between another use's write of the MSR and its VMGEXIT: it must find
 * the MSR as it left it. When none is in flight the MSR holds nothing anybody needs.
 */
u64 ghcb_msr_exchange(u64 request)
{
	struct ghcb_cpu *g = ghcb_this_cpu();
	bool irqs = arch_irq_save(), nested = g->exchanges != 0;
	u64 before = nested ? insn_ghcb_msr() : 0, answer;

	g->exchanges++;
	if (INFO(request) == GHCB_MSR_PSC_REQ)
		ghcb_count(&ghcb_counters.msr_psc);
	answer = exchange(request);
	if (nested)
		insn_set_ghcb_msr(before);
	g->exchanges--;
	arch_irq_restore(irqs);
	return answer;
}

/* The host may ignore it: then this CPU stands still for good. */
void ghcb_terminate(unsigned set, unsigned reason)
{
	arch_irq_save();
	insn_set_ghcb_msr(GHCB_MSR_TERM_REQ | (u64)(set & 0xf) << GHCB_MSR_TERM_SET_LO |
			  (u64)(reason & 0xff) << GHCB_MSR_TERM_REASON_LO);
	insn_vmgexit();
	arch_halt();
}

enum status msr_sev_info(struct sev_info *out)
{
	u64 r = ghcb_msr_exchange(GHCB_MSR_SEV_INFO_REQ);

	if (INFO(r) != GHCB_MSR_SEV_INFO)
		return ST_PROTOCOL;
	out->version_max = (u16)(r >> GHCB_SEV_INFO_VER_MAX_LO);
	out->version_min = (u16)(r >> GHCB_SEV_INFO_VER_MIN_LO);
	out->cbit = (u8)(r >> GHCB_SEV_INFO_CBIT_LO);
	return ST_OK;
}

enum status msr_hv_features(u64 *out)
{
	u64 r = ghcb_msr_exchange(GHCB_MSR_HV_FT_REQ);

	if (INFO(r) != GHCB_MSR_HV_FT_RESP)
		return ST_PROTOCOL;
	*out = r >> GHCB_MSR_HV_FT_LO;
	return ST_OK;
}

enum status msr_register_gpa(u64 gpa)
{
	u64 r = ghcb_msr_exchange(gpa | GHCB_MSR_REG_GPA_REQ);

	if (INFO(r) != GHCB_MSR_REG_GPA_RESP)
		return ST_PROTOCOL;
	if (r >> GHCB_MSR_GFN_LO == GHCB_MSR_GFN_NONE)
		return ST_DENIED;
	return (r & ~(u64)GHCB_MSR_INFO_MASK) == gpa ? ST_OK : ST_PROTOCOL;
}

enum status msr_page_state(u64 gpa, unsigned op)
{
	u64 r = ghcb_msr_exchange((u64)op << GHCB_MSR_PSC_OP_LO | gpa | GHCB_MSR_PSC_REQ);

	if (INFO(r) != GHCB_MSR_PSC_RESP)
		return ST_PROTOCOL;
	if (r >> GHCB_MSR_PSC_ERROR_LO != 0)
		return ST_DENIED;
	return FIELD(r, 31, 12) == 0 ? ST_OK : ST_PROTOCOL;
}

/* The register's number must come back; bits [29:12] are not the protocol's business. */
enum status msr_cpuid(u32 leaf, unsigned reg, u32 *out)
{
	u64 r = ghcb_msr_exchange((u64)leaf << GHCB_MSR_CPUID_FN_LO |
				  (u64)reg << GHCB_MSR_CPUID_REG_LO | GHCB_MSR_CPUID_REQ);

	if (INFO(r) != GHCB_MSR_CPUID_RESP || FIELD(r, 31, 30) != reg)
		return ST_PROTOCOL;
	*out = (u32)(r >> GHCB_MSR_CPUID_FN_LO);
	return ST_OK;
}
