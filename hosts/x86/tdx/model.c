/* SPDX-License-Identifier: BSD-2-Clause */
/* TDX as a model of the core: launch, start of each vCPU, entry and exit. */
#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

#define RFLAGS_IF      BIT(9)
#define INTERCEPT_IRET BIT(VMEXIT_IRET - VMEXIT_INTR)
#define IRETS_PER_S    10000u /* long enough for one instruction on a loaded machine */

/* Named even when nothing is counted: the guest prints its own zeros. */
static const char *const counters[] = {
	"accepts", "accept_mismatch", "mapgpa", "tdvmcalls", "rtmr_extend", "ve",
};

static void launch(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		counter_add(counters[i], 0);
	vmm_apic_bus_hz = TD_CRYSTAL_HZ;
	host_launch();
	model.alias_bit = shared_bit();
}

/* A TD's APIC is in x2APIC mode for ever, and all its vCPUs start at once. */
static void start(struct vcpu *v)
{
	lapic_reset(v, VMM_X2APIC_ONLY);
}

static void enter(struct vcpu *v)
{
	if (td_nmi_over(v))
		vmm_nmi_done(v);
	/* No NMI between a #VE and the reading of its information. */
	if (tdvps(v)->ve.valid && (v->vmcb->rflags & RFLAGS_IF) == 0)
		return;
	vmm_inject(v);
	if (event_pending(v) && FIELD(v->vmcb->event_injection, 10, 8) == EVENT_NMI)
		v->vmcb->intercepts |= INTERCEPT_IRET;
	/* Hardware has an exit right behind that IRET; a guest that then spins would have none. */
	if (tdvps(v)->iret_seen && vmm_nmi_waits(v))
		core_timer_by(core_now() + core_tsc_hz / IRETS_PER_S);
}

struct model model = {
	.name = "tdx",
	.launch = launch,
	.start = start,
	.exit = td_exit,
	.enter = enter,
	.alias_bit = BIT(51),
	.alias_is_private = false,
	.reachable = td_reachable,
	.shared = host_page_shared,
};
