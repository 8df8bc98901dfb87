/* SPDX-License-Identifier: BSD-2-Clause */
/* PVALIDATE and RMPADJUST: operands and translation; the RMP's answer comes from rmp.c. */
#include "snp.h"

#include <string.h>

#define INSN_LENGTH  4
#define RFLAGS_CF    BIT(0)
#define CS_L         BIT(9)
#define EFER_LMA     BIT(10)
#define VECTOR_PF    14
#define INSN_RETRIES 4 /* host assigns, host smashes, done */

static u64 pvalidates, mismatches, rmpadjusts;

static bool long_mode(const struct vcpu *v)
{
	return (v->vmcb->efer & EFER_LMA) != 0 && (v->vmcb->cs.attributes & CS_L) != 0;
}

enum operand { OPERAND_OK, OPERAND_FAIL_INPUT, OPERAND_FAULT };

/* The page named by rAX: translated, C=1. */
static enum operand operand(struct vcpu *v, bool size_2m, u64 *gpa)
{
	u64 va = long_mode(v) ? v->reg[RAX] : (u32)v->reg[RAX];
	u64 align = size_2m && !fault_on(FAULT_OPERAND_ALIGN) ? BLOCK_SIZE : PAGE_SIZE;
	struct walk w;

	if (V(!is_aligned(va, align)))
		return OPERAND_FAIL_INPUT;
	if (V(guest_walk(v, va, &w) != ST_OK)) {
		v->vmcb->cr2 = va;
		event_inject(v, EVENT_EXCEPTION, VECTOR_PF, true, 0);
		return OPERAND_FAULT;
	}
	if (V(snp_c_bit_works(v) && (w.gpa & SNP_C_BIT) == 0))
		return OPERAND_FAIL_INPUT;
	*gpa = w.gpa & ~SNP_C_BIT;
	return OPERAND_OK;
}

static void finish(struct vcpu *v, struct rmp_result r, bool flags)
{
	v->reg[RAX] = r.eax;
	if (flags) {
		v->vmcb->rflags &= ~RFLAGS_CF;
		v->vmcb->rflags |= r.cf ? RFLAGS_CF : 0;
	}
	skip_instruction(v, INSN_LENGTH);
}

static struct rmp_result fail_input(void)
{
	return (struct rmp_result){ .what = RMP_DONE, .eax = RMP_FAIL_INPUT };
}

/* What the host does about an instruction that cannot complete. False: it made no progress. */
static void host_helps(struct vcpu *v, u64 gpa, const struct rmp_result *r)
{
	if (r->what == RMP_NEED_HOST)
		host_private_fault(v, gpa);
	else if (r->what == RMP_NEED_PSMASH && rmp_psmash(gpa) == ST_OK)
		snp_unmap(v, align_down(gpa, BLOCK_SIZE), BLOCK_SIZE);
}

/*
 * Size and operation are the lowest bits of their registers, as RMPADJUST's size is; hardware
 * ignores the reserved bits above. Kernels rely on that: a compiler that puts a bool there leaves
 * what stood in the rest of the register.
 */
static void pvalidate(struct vcpu *v)
{
	bool size_2m = (v->reg[RCX] & 1) == RMP_2M;
	bool validate = (v->reg[RDX] & 1) == PVALIDATE_VALIDATE;
	struct rmp_result r = fail_input();
	u64 gpa = 0;

	pvalidates++;
	switch (operand(v, size_2m, &gpa)) {
	case OPERAND_FAULT:
		return;
	case OPERAND_FAIL_INPUT:
		finish(v, r, false);
		return;
	case OPERAND_OK:
		break;
	}
	for (unsigned i = 0; i < INSN_RETRIES; i++) {
		r = rmp_pvalidate(gpa, size_2m, validate);
		if (r.what == RMP_DONE)
			break;
		host_helps(v, gpa, &r);
	}
	if (r.what != RMP_DONE)
		core_verdict("stuck", "PVALIDATE of 0x%llx never ends", (unsigned long long)gpa);
	if (r.eax == RMP_FAIL_SIZEMISMATCH)
		mismatches++;
	if (r.eax == RMP_OK && !r.cf) {
		if (validate)
			snp_map_private(v, gpa);
		else
			snp_unmap(v, gpa, size_2m ? BLOCK_SIZE : PAGE_SIZE);
	}
	if (!validate && !size_2m && fault_on(FAULT_PVALIDATE_RESCIND_CF))
		r.cf = true;
	finish(v, r, r.eax == RMP_OK);
}

static void rmpadjust(struct vcpu *v)
{
	bool size_2m = (v->reg[RCX] & 1) == RMP_2M;
	struct rmp_result r = fail_input();
	u64 gpa = 0;

	rmpadjusts++;
	switch (operand(v, size_2m, &gpa)) {
	case OPERAND_FAULT:
		return;
	case OPERAND_FAIL_INPUT:
		finish(v, r, false);
		return;
	case OPERAND_OK:
		break;
	}
	for (unsigned i = 0; i < INSN_RETRIES; i++) {
		r = rmp_adjust(gpa, size_2m, v->reg[RDX]);
		if (r.what == RMP_DONE || r.what == RMP_VC_404)
			break;
		host_helps(v, gpa, &r);
	}
	if (r.what == RMP_VC_404)
		snp_vc(v, GHCB_EXIT_NOT_VALIDATED);
	else if (r.what == RMP_DONE)
		finish(v, r, false);
	else
		core_verdict("stuck", "RMPADJUST of 0x%llx never ends", (unsigned long long)gpa);
}

bool snp_insn(struct vcpu *v)
{
	static const u8 pvalidate_code[] = { 0xf2, 0x0f, 0x01, 0xff };
	static const u8 rmpadjust_code[] = { 0xf3, 0x0f, 0x01, 0xfe };
	void (*run)(struct vcpu * v) = NULL;
	u8 code[INSN_LENGTH];

	if (guest_fetch(v, code, sizeof(code)) != sizeof(code))
		return false;
	if (memcmp(code, pvalidate_code, sizeof(code)) == 0)
		run = pvalidate;
	else if (memcmp(code, rmpadjust_code, sizeof(code)) == 0)
		run = rmpadjust;
	else
		return false;
	if (V(v->vmcb->cpl != 0))
		snp_inject_gp(v);
	else
		run(v);
	return true;
}

void snp_insn_summary(void)
{
	counter_add("pvalidate", pvalidates);
	counter_add("pvalidate_mismatch", mismatches);
	counter_add("rmpadjust", rmpadjusts);
}
