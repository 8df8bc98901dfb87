/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmcb.h"

#include <string.h>

#include "local.h"

#define MSRPM_PAGES   2
#define IOPM_PAGES    3

#define EXCEPTION_UD  BIT(6)
#define CR_0_AND_4    (BIT(0) | BIT(4))
#define DR_7          BIT(7)
#define NESTED_PAGING BIT(0)
#define EFER_SVME     BIT(12)
#define TLB_FLUSH_ALL 1u
#define MXCSR_RESET   0x1f80u
#define ASID          1u /* one guest; TCG flushes at each VMRUN anyway */

/* Bits of vmcb.intercepts are exit codes from here on. */
#define INTERCEPT_BASE  VMEXIT_INTR
#define INTERCEPT(exit) BIT((exit)-INTERCEPT_BASE)

/* SVM instructions, of which no guest may make use. */
#define INTERCEPT_SVM                                                                              \
	(INTERCEPT(VMEXIT_VMRUN) | INTERCEPT(VMEXIT_VMMCALL) | INTERCEPT(VMEXIT_VMLOAD) |          \
	 INTERCEPT(VMEXIT_VMSAVE) | INTERCEPT(VMEXIT_STGI) | INTERCEPT(VMEXIT_CLGI) |              \
	 INTERCEPT(VMEXIT_SKINIT) | INTERCEPT(VMEXIT_INVLPGA))

static u8 *permission_map(size_t pages)
{
	u8 *map = core_pages(pages);

	memset(map, 0xff, pages * PAGE_SIZE);
	return map;
}

void vmcb_reset(struct vcpu *v)
{
	static u8 *iopm, *msrpm;
	struct vmcb *c;

	if (iopm == NULL) {
		iopm = permission_map(IOPM_PAGES);
		msrpm = permission_map(MSRPM_PAGES);
	}
	if (v->vmcb == NULL)
		v->vmcb = core_pages(1);
	c = v->vmcb;
	memset(c, 0, sizeof(*c));
	c->cr_write = CR_0_AND_4;
	c->dr_read = DR_7;
	c->dr_write = DR_7;
	c->exceptions = EXCEPTION_UD;
	c->intercepts = INTERCEPT(VMEXIT_INTR) | INTERCEPT(VMEXIT_NMI) | INTERCEPT(VMEXIT_RDPMC) |
			INTERCEPT(VMEXIT_CPUID) | INTERCEPT(VMEXIT_INVD) | INTERCEPT(VMEXIT_HLT) |
			INTERCEPT(VMEXIT_IOIO) | INTERCEPT(VMEXIT_MSR) |
			INTERCEPT(VMEXIT_SHUTDOWN) | INTERCEPT(VMEXIT_WBINVD) |
			INTERCEPT(VMEXIT_MONITOR) | INTERCEPT(VMEXIT_MWAIT) |
			INTERCEPT(VMEXIT_MWAIT_ARMED) | INTERCEPT_SVM;
	c->iopm = (uintptr_t)iopm;
	c->msrpm = (uintptr_t)msrpm;
	c->asid = ASID;
	c->tlb_control = TLB_FLUSH_ALL;
	c->int_control = INT_V_INTR_MASKING;
	c->nested_control = NESTED_PAGING;
	c->efer = EFER_SVME;
	memset(&v->sse, 0, sizeof(v->sse));
	v->sse.mxcsr = MXCSR_RESET;
	/* On the CPU itself, or before it ever ran anything: its x87 state is the guest's. */
	if (v->index == this_cpu()->index)
		__asm__ volatile("fninit");
}
