/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HVC: which service, and whose answer. Upstream EL2 keeps four functions to itself and the rest is
 * the host's to answer; Android's answers all there is, and nothing reaches the host unseen.
 */
#include <string.h>

#include "abi/psci.h"
#include "pkvm/model.h"

#define FEATURES_ANDROID                                                                           \
	(PKVM_FEATURES_UPSTREAM | PKVM_BIT(PKVM_MMIO_GUARD_INFO) |                                 \
	 PKVM_BIT(PKVM_MMIO_GUARD_ENROLL) | PKVM_BIT(PKVM_MMIO_GUARD) |                            \
	 PKVM_BIT(PKVM_MMIO_GUARD_UNMAP) | PKVM_BIT(PKVM_MEM_RELINQUISH) |                         \
	 PKVM_BIT(PKVM_MMIO_RGUARD_MAP) | PKVM_BIT(PKVM_MMIO_RGUARD_UNMAP))

/* All four are written, so that nothing of EL2 is left in them. */
void call_return(struct hyp_vcpu *v, s64 x0, u64 x1, u64 x2, u64 x3)
{
	v->cpu.el1.x[0] = (u64)x0;
	v->cpu.el1.x[1] = x1;
	v->cpu.el1.x[2] = x2;
	v->cpu.el1.x[3] = x3;
}

static enum next answer(struct hyp_vcpu *v, s64 x0)
{
	call_return(v, x0, 0, 0, 0);
	return RESUME;
}

enum next call_replay(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u64 ipa)
{
	v->cpu.el1.pc -= 4;
	memset(&v->last, 0, sizeof(v->last)); /* no device access: there is nothing to emulate */
	counters.replays++;
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = (u64)EC_DABT_LOW << 26 | ISS_WNR | FSC_TRANSLATION | 3;
	ex->hpfar = ipa >> 12 << 4;
	ex->far = 0;
	return TO_HOST;
}

static enum next features(struct hyp_vcpu *v)
{
	static u64 asked;
	u64 bits = hyp_vm.profile == PKVM_ANDROID ? FEATURES_ANDROID : PKVM_FEATURES_UPSTREAM;

	if (fault_on(FAULT_FEATURES_CHANGES) && asked++ != 0)
		bits &= ~PKVM_BIT(PKVM_MEM_UNSHARE);
	return answer(v, (s64)bits);
}

static enum next uid(struct hyp_vcpu *v)
{
	static u64 asked;

	if (fault_on(FAULT_UID_CHANGES) && asked++ != 0)
		call_return(v, ~(s64)PKVM_UID_0, PKVM_UID_1, PKVM_UID_2, PKVM_UID_3);
	else
		call_return(v, PKVM_UID_0, PKVM_UID_1, PKVM_UID_2, PKVM_UID_3);
	return RESUME;
}

static enum next forward(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	v->host_call = true;
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = (u64)EC_HVC << 26 | ESR_IL;
	memcpy(ex->gprs, v->cpu.el1.x, 4 * sizeof(ex->gprs[0]));
	return TO_HOST;
}

void call_answer(struct hyp_vcpu *v, const struct rmi_rec_enter *enter)
{
	if (!v->host_call)
		return;
	v->host_call = false;
	call_return(v, (s64)enter->gprs[0], enter->gprs[1], enter->gprs[2], enter->gprs[3]);
}

static bool trng_is_call(u32 fid)
{
	return (fid >= TRNG_VERSION && fid <= TRNG_RND_32) || fid == TRNG_RND_64;
}

static s64 smccc_version(void)
{
	static u64 asked;

	return fault_on(FAULT_SMCCC_OLD) && asked++ >= 2 ? SMCCC_VERSION_1_0 : SMCCC_VERSION_1_1;
}

static enum next android(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid)
{
	if (psci_is_call(fid))
		return psci_handle(v, ex, fid);
	if (trng_is_call(fid))
		return trng_handle(v, fid);
	if (fid >= PKVM_MMIO_GUARD_INFO && fid <= PKVM_MMIO_GUARD_UNMAP)
		return guard_call(v, fid);
	switch (fid) {
	case SMCCC_VERSION:
		return answer(v, smccc_version());
	case PKVM_VENDOR_UID:
		return uid(v);
	case PKVM_MEM_RELINQUISH:
		return call_relinquish(v);
	case PKVM_MMIO_RGUARD_MAP:
	case PKVM_MMIO_RGUARD_UNMAP:
		return guard_call(v, fid);
	default:
		return answer(v,
			      fault_on(FAULT_UNKNOWN_SUCCESS) ? PKVM_SUCCESS : PKVM_NOT_SUPPORTED);
	}
}

static enum next call(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid)
{
	if (lie_answers(v, fid))
		return RESUME;
	switch (fid) {
	case PKVM_FEATURES:
		return features(v);
	case PKVM_HYP_MEMINFO:
		return call_meminfo(v);
	case PKVM_MEM_SHARE:
		return call_share(v, ex);
	case PKVM_MEM_UNSHARE:
		return call_unshare(v);
	default:
		if (hyp_vm.profile == PKVM_UPSTREAM)
			return forward(v, ex);
		return android(v, ex, fid);
	}
}

enum next call_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	enum next next = call(v, ex, (u32)v->cpu.el1.x[0]);

	counters.calls++;
	if (next == RESUME && fault_on(FAULT_REGISTERS_CLOBBERED))
		v->cpu.el1.x[17] ^= ~0ULL;
	return next;
}
