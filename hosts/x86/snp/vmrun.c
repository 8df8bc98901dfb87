/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMRUN of a VMSA page the guest made: what hardware checks before it runs a vCPU from it, and the
 * page in use. The host's half, which says which page that is, is ap.c.
 */
#include "psp.h"

#include <string.h>

#define EFER_GUEST  0x5d01ULL /* SCE, LME, LMA, NXE, SVME, FFXSR */
#define EFER_SVME   BIT(12)
#define EFER_LME    BIT(8)
#define CR0_PE      BIT(0)
#define CR0_NW      BIT(29)
#define CR0_CD      BIT(30)
#define CR0_PG      BIT(31)
#define CR4_PAE     BIT(5)
#define SEGMENT_L   BIT(9)
#define SEGMENT_DB  BIT(10)
#define HIGH        0xffffffff00000000ULL
#define SEGMENT_ATT 2 /* offset of the attributes */

/* What VMRUN refuses (APM volume 2, 15.5 and 15.36): the vCPU then fails to enter. */
static bool vmsa_consistent(const u8 *p)
{
	u64 cr0 = le_get(p + VMSA_CR0, 8), cr4 = le_get(p + VMSA_CR4, 8),
	    efer = le_get(p + VMSA_EFER, 8);
	u64 cs = le_get(p + VMSA_CS + SEGMENT_ATT, 2);

	if (V((efer & EFER_SVME) == 0))
		return false;
	if (V((efer & ~EFER_GUEST) != 0))
		return false;
	if (V((cr0 & HIGH) != 0))
		return false;
	if (V((cr0 & CR0_NW) != 0 && (cr0 & CR0_CD) == 0))
		return false;
	if (V((cr0 & CR0_PG) != 0 && (cr0 & CR0_PE) == 0))
		return false;
	if (V((cr4 & ~SNP_CR4_GUEST) != 0))
		return false;
	if (V((le_get(p + VMSA_DR6, 8) & HIGH) != 0))
		return false;
	if (V((le_get(p + VMSA_DR7, 8) & HIGH) != 0))
		return false;
	if ((efer & EFER_LME) != 0 && (cr0 & CR0_PG) != 0) {
		if (V((cr4 & CR4_PAE) == 0))
			return false;
		if (V((cs & SEGMENT_L) != 0 && (cs & SEGMENT_DB) != 0))
			return false;
	}
	if (V(le_get(p + VMSA_SEV_FEATURES, 8) != SNP_SEV_FEATURES))
		return false;
	if (V(p[VMSA_VMPL] != 0))
		return false;
	if (V(p[VMSA_CPL] > 3))
		return false;
	return true;
}

void snp_vmsa_leave(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);

	if (hw->vmsa_gpa != 0)
		rmp_set_in_use(hw->vmsa_gpa, false);
	hw->vmsa_gpa = 0;
	hw->has_vmsa = false;
}

bool snp_vmsa_enter(struct vcpu *v, u64 gpa)
{
	static u8 copy[PAGE_SIZE]; /* under the core's lock */
	const struct rmp_entry *e = rmp_get(gpa);
	struct snp_vcpu *hw = snp_hw(v);

	snp_vmsa_leave(v);
	if (V(e == NULL))
		return false;
	if (V(e->state != RMP_GV))
		return false;
	if (V(!e->vmsa))
		return false;
	if (V(e->immutable))
		return false;
	memcpy(copy, rmp_private(gpa), sizeof(copy));
	if (!vmsa_consistent(copy))
		return false;
	if (e->size_2m)
		rmp_psmash(gpa);
	rmp_set_in_use(gpa, true);
	hw->vmsa_gpa = gpa;
	hw->has_vmsa = true;
	memset(v->reg, 0, sizeof(v->reg));
	v->reinject = 0;
	vmcb_reset(v);
	snp_vmsa_load(v, copy);
	snp_choose_world(v);
	return true;
}
