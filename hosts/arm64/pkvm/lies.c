/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of an EL2 that no protected guest can live with (lies.def). Each takes the place of the
 * true one, and nothing is done. */
#include "pkvm/model.h"

static const struct {
	enum fault_id lie;
	u32 fid;
	s64 x0;
} lies[] = {
	{ FAULT_LIE_FEATURES_PLAIN, PKVM_FEATURES, 3 },
	{ FAULT_LIE_FEATURES_HALF, PKVM_FEATURES,
	  PKVM_FEATURES_UPSTREAM & ~PKVM_BIT(PKVM_MEM_UNSHARE) },
	{ FAULT_LIE_GRANULE_ERROR, PKVM_HYP_MEMINFO, PKVM_INVALID_PARAMETER },
	{ FAULT_LIE_GRANULE_0, PKVM_HYP_MEMINFO, 0 },
	{ FAULT_LIE_GRANULE_3, PKVM_HYP_MEMINFO, 3 },
	{ FAULT_LIE_GRANULE_2K, PKVM_HYP_MEMINFO, KIB(2) },
	{ FAULT_LIE_GRANULE_128K, PKVM_HYP_MEMINFO, KIB(128) },
	{ FAULT_LIE_GRANULE_4M, PKVM_HYP_MEMINFO, MIB(4) },
	{ FAULT_LIE_GRANULE_TOP, PKVM_HYP_MEMINFO, (s64)BIT(63) },
	{ FAULT_LIE_SHARE_REFUSED, PKVM_MEM_SHARE, PKVM_INVALID_PARAMETER },
	{ FAULT_LIE_GUARD_REFUSED, PKVM_MMIO_GUARD, PKVM_INVALID_PARAMETER },
	{ FAULT_LIE_ENROLL_REFUSED, PKVM_MMIO_GUARD_ENROLL, PKVM_NOT_SUPPORTED },
};

bool lie_answers(struct hyp_vcpu *v, u32 fid)
{
	u64 asked = v->cpu.el1.x[2];

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		if (fid == lies[i].fid && fault_on(lies[i].lie)) {
			call_return(v, lies[i].x0, 0, 0, 0);
			return true;
		}
	}
	if (fid != PKVM_MEM_SHARE || asked == 0)
		return false;
	if (fault_on(FAULT_LIE_SHARE_IDLE))
		call_return(v, PKVM_SUCCESS, 0, 0, 0);
	else if (fault_on(FAULT_LIE_SHARE_BEYOND))
		call_return(v, PKVM_SUCCESS, asked + 1, 0, 0);
	else
		return false;
	return true;
}
