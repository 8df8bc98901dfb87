/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exits of a vCPU as SEV-ES hardware sorts them: automatic exits go to the host, intercepts
 * that would show guest state become #VC in the guest, and what KVM does not intercept is carried
 * out here because QEMU exits for it.
 */
#include "snp.h"

#define VECTOR_UD               6
#define VECTOR_GP               13
#define VMGEXIT_PREFIX          0xf3

#define CR8_TPR                 0xf
#define EXIT_CR8_WRITE          0x18
#define EXIT_CR0_SELECTIVE      0x65
#define INTERCEPT_CR0_SELECTIVE BIT(EXIT_CR0_SELECTIVE - VMEXIT_INTR)
#define EFER_LMA                BIT(10)

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

	if (fault_on(FAULT_VC_VMMCALL) && guest_fetch(v, &first, 1) == 1 &&
	    first != VMGEXIT_PREFIX) {
		skip_instruction(v, 3);
		return;
	}
	/* Older CPUs know VMGEXIT as VMMCALL with a REP prefix, and so does QEMU. */
	if (guest_fetch(v, &first, 1) != 1 || first != VMGEXIT_PREFIX) {
		snp_vc(v, GHCB_EXIT_VMMCALL);
		return;
	}
	vmgexits++;
	core_host_exit();
	skip_instruction(v, 4);
	host_vmgexit(v);
}

static void cr_write(struct vcpu *v, unsigned cr)
{
	unsigned length = 0;
	u64 value = 0;
	enum status st = cr_decode_write(v, cr, &value, &length);

	if (V(st == ST_DENIED)) {
		snp_inject_gp(v);
		return;
	}
	if (st != ST_OK) {
		snp_inject_ud(v);
		return;
	}
	cr_set(v, cr, value);
	skip_instruction(v, length);
	snp_choose_world(v);
}

/* The virtual TPR, which hardware lets the guest write. Intercepted because QEMU 7.2 aborts when it
 * is written while V_IRQ is set: for an interrupt or the window it waits for, which the core may
 * ask for itself when the event of an earlier entry is still to be delivered. */
static void cr8_write(struct vcpu *v)
{
	unsigned length = 0;
	u64 value = 0;
	enum status st = cr_decode_write(v, 8, &value, &length);

	if (st != ST_OK && st != ST_DENIED) {
		snp_inject_ud(v);
		return;
	}
	if (V((value & ~(u64)CR8_TPR) != 0)) {
		snp_inject_gp(v);
		return;
	}
	v->vmcb->int_control = (v->vmcb->int_control & ~0xffU) | (u32)value;
	skip_instruction(v, length);
}

/*
 * Control registers are hardware's business in a SEV-ES guest; they exit only for what QEMU does
 * not do by itself. In long mode that is a change of CR0 beyond TS and MP (paging off), else any
 * write that may turn paging on. CR8: see above.
 */
static void snp_intercepts(struct vcpu *v)
{
	struct vmcb *c = v->vmcb;
	bool window = (c->intercepts & BIT(VMEXIT_VINTR - VMEXIT_INTR)) != 0;

	c->cr_write = window || event_pending(v) ? BIT(8) : 0;
	c->intercepts &= ~INTERCEPT_CR0_SELECTIVE;
	if ((c->efer & EFER_LMA) != 0)
		c->intercepts |= INTERCEPT_CR0_SELECTIVE;
	else
		c->cr_write |= BIT(0) | BIT(4);
}

static void halt(struct vcpu *v)
{
	skip_instruction(v, 1);
	ap_halt(v);
}

/* The faults vc.*: an intercept that reaches the host as in a guest whose state it may see. */
static bool carried_out(struct vcpu *v, u64 code, u64 info1, u64 info2)
{
	u32 out[4];

	if (code == VMEXIT_CPUID && fault_on(FAULT_VC_CPUID)) {
		snp_cpuid(v, (u32)v->reg[RAX], (u32)v->reg[RCX], out);
		v->reg[RAX] = out[0];
		v->reg[RBX] = out[1];
		v->reg[RCX] = out[2];
		v->reg[RDX] = out[3];
		skip_instruction(v, 2);
		return true;
	}
	if ((code == VMEXIT_MSR && fault_on(FAULT_VC_MSR)) ||
	    (code == VMEXIT_WBINVD && fault_on(FAULT_VC_WBINVD))) {
		skip_instruction(v, 2);
		return true;
	}
	if (code == VMEXIT_IOIO && (info1 & GHCB_IOIO_STRING) == 0 && fault_on(FAULT_VC_IOIO)) {
		skip_instruction(v, (unsigned)(info2 - v->vmcb->rip));
		return true;
	}
	return false;
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
	case EXIT_CR0_SELECTIVE:
		cr_write(v, 0);
		return;
	case VMEXIT_CR4_WRITE:
		cr_write(v, 4);
		return;
	case EXIT_CR8_WRITE:
		cr8_write(v);
		return;
	case VMEXIT_MSR:
		if (!snp_msr_exit(v, info1 != 0) && !carried_out(v, code, info1, info2))
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
		if (!carried_out(v, code, info1, info2))
			snp_vc(v, (u32)code);
		return;
	case VMEXIT_MWAIT_ARMED:
		snp_vc(v, GHCB_EXIT_MWAIT);
		return;
	case VMEXIT_VMRUN:
	case VMEXIT_VMLOAD:
	case VMEXIT_VMSAVE:
	case VMEXIT_STGI:
	case VMEXIT_CLGI:
	case VMEXIT_SKINIT:
	case VMEXIT_INVLPGA:
		snp_inject_ud(v); /* no SVM in the guest's CPUID */
		return;
	case VMEXIT_SHUTDOWN:
		core_verdict("stuck", "vCPU %u: shutdown (triple fault) at 0x%llx", v->index,
			     (unsigned long long)v->vmcb->rip);
	default:
		core_panic("vCPU %u: exit 0x%llx is not expected", v->index,
			   (unsigned long long)code);
	}
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
	snp_intercepts(v);
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
	.reachable = snp_reachable,
	.shared = host_page_shared,
	.summary = snp_summary,
};
