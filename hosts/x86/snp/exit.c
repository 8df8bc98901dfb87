/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exits of a vCPU as SEV-ES hardware sorts them: automatic exits go to the host, intercepts
 * that would show guest state become #VC in the guest, and what KVM does not intercept is carried
 * out here because QEMU exits for it.
 */
#include "snp.h"

#define VECTOR_UD       6
#define VECTOR_GP       13
#define VMGEXIT_PREFIX  0xf3

#define CR0_PE          BIT(0)
#define CR0_NW          BIT(29)
#define CR0_CD          BIT(30)
#define CR0_PG          BIT(31)
#define CR4_PAE         BIT(5)
#define CR4_LA57        BIT(12)
#define EFER_LME        BIT(8)
#define EFER_LMA        BIT(10)

#define VMEXIT_VMRUN_TO 0x86 /* VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT */

static struct snp_vcpu vcpu_hw[CORE_MAX_CPUS];
static u64 vmgexits, vcs;

void snp_vc(struct vcpu *v, u32 code)
{
	u64 rip = v->vmcb->rip;
	enum status st = event_deliver(v, VECTOR_VC, true, code);

	vcs++;
	if (st != ST_OK)
		core_verdict("stuck", "vCPU %u: #VC 0x%x at 0x%llx cannot be delivered: %s",
			     v->index, code, (unsigned long long)rip, status_text(st));
}

void snp_inject_gp(struct vcpu *v)
{
	event_inject(v, EVENT_EXCEPTION, VECTOR_GP, true, 0);
}

void snp_inject_ud(struct vcpu *v)
{
	event_inject(v, EVENT_EXCEPTION, VECTOR_UD, false, 0);
}

static void vmmcall(struct vcpu *v)
{
	u8 first;

	/* Older CPUs know VMGEXIT as VMMCALL with a REP prefix, and so does QEMU. */
	if (guest_fetch(v, &first, 1) != 1 || first != VMGEXIT_PREFIX) {
		snp_vc(v, GHCB_EXIT_VMMCALL);
		return;
	}
	vmgexits++;
	skip_instruction(v, 4);
	host_vmgexit(v);
}

static bool cr0_valid(const struct vcpu *v, u64 value)
{
	const struct vmcb *b = v->vmcb;

	if (V((value >> 32) != 0))
		return false;
	if (V((value & CR0_PG) != 0 && (value & CR0_PE) == 0))
		return false;
	if (V((value & CR0_NW) != 0 && (value & CR0_CD) == 0))
		return false;
	if (V((value & ~b->cr0 & CR0_PG) != 0 && (b->efer & EFER_LME) != 0 &&
	      (b->cr4 & CR4_PAE) == 0))
		return false;
	return true;
}

static bool cr4_valid(const struct vcpu *v, u64 value)
{
	const struct vmcb *b = v->vmcb;

	if (V((value & ~(u64)SNP_CR4_GUEST) != 0))
		return false;
	if (V((b->efer & EFER_LMA) != 0 && (value & CR4_PAE) == 0))
		return false;
	if (V((b->efer & EFER_LMA) != 0 && ((value ^ b->cr4) & CR4_LA57) != 0))
		return false;
	return true;
}

static void cr_write(struct vcpu *v, unsigned cr)
{
	unsigned length;
	u64 value;

	if (cr_decode_write(v, cr, &value, &length) != ST_OK) {
		snp_inject_ud(v);
		return;
	}
	if (!(cr == 0 ? cr0_valid(v, value) : cr4_valid(v, value))) {
		snp_inject_gp(v);
		return;
	}
	cr_set(v, cr, value);
	skip_instruction(v, length);
	snp_choose_world(v);
}

static void halt(struct vcpu *v)
{
	skip_instruction(v, 1);
	ap_halt(v);
}

static void snp_exit(struct vcpu *v, u64 code, u64 info1, u64 info2)
{
	if (code != VMEXIT_NPF)
		snp_temp_drop(v);
	switch (code) {
	case VMEXIT_NPF:
		snp_npf(v, info1, info2);
		return;
	case VMEXIT_EXCEPTION_UD:
		if (!snp_insn(v))
			snp_inject_ud(v);
		return;
	case VMEXIT_VMMCALL:
		vmmcall(v);
		return;
	case VMEXIT_HLT:
		halt(v);
		return;
	case VMEXIT_CR0_WRITE:
		cr_write(v, 0);
		return;
	case VMEXIT_CR4_WRITE:
		cr_write(v, 4);
		return;
	case VMEXIT_MSR:
		if (!snp_msr_exit(v, info1 != 0))
			snp_vc(v, GHCB_EXIT_MSR);
		return;
	case VMEXIT_CPUID:
	case VMEXIT_IOIO:
	case VMEXIT_RDTSC:
	case VMEXIT_RDTSCP:
	case VMEXIT_RDPMC:
	case VMEXIT_INVD:
	case VMEXIT_WBINVD:
	case VMEXIT_MONITOR:
	case VMEXIT_MWAIT:
	case VMEXIT_XSETBV:
	case VMEXIT_DR7_READ:
	case VMEXIT_DR7_WRITE:
		snp_vc(v, (u32)code);
		return;
	case VMEXIT_SHUTDOWN:
		core_verdict("stuck", "vCPU %u: shutdown (triple fault) at 0x%llx", v->index,
			     (unsigned long long)v->vmcb->rip);
	default:
		break;
	}
	if (code >= VMEXIT_VMRUN && code <= VMEXIT_VMRUN_TO)
		snp_inject_ud(v); /* no SVM in the guest's CPUID */
	else
		core_panic("vCPU %u: exit 0x%llx is not expected", v->index,
			   (unsigned long long)code);
}

static void snp_model_launch(void)
{
	for (unsigned i = 0; i < config.cpus; i++) {
		vcpu_hw[i] = (struct snp_vcpu){
			.ghcb_msr = SNP_MSR_SEV_INFO,
			.sev_features = SNP_SEV_FEATURES,
			.state = i == 0 ? SNP_RUNNING : SNP_WAIT_SIPI,
			.has_vmsa = true,
		};
		vcpus[i].hw = &vcpu_hw[i];
	}
	rmp_init();
	host_init();
	snp_worlds_init();
	ap_init();
	snp_launch();
}

static void snp_start(struct vcpu *v)
{
	snp_vmsa_load(v, snp_launch_vmsa(v->index));
	snp_choose_world(v);
	ap_wait_start(v);
}

static void snp_enter(struct vcpu *v)
{
	ap_poll(v);
	vmm_inject(v);
}

static void snp_summary(void)
{
	counter_add("vmgexits", vmgexits);
	counter_add("vc", vcs);
	snp_insn_summary();
	snp_npf_summary();
	host_summary();
}

struct model model = {
	.name = "snp",
	.launch = snp_model_launch,
	.start = snp_start,
	.exit = snp_exit,
	.enter = snp_enter,
	.alias_bit = SNP_C_BIT,
	.alias_is_private = true,
	.summary = snp_summary,
};
