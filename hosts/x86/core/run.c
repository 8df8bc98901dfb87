/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exit loop. One lock guards all state of model and vmm; it is free while a vCPU is in the
 * guest or idle, and then only. A vCPU is "in the guest" from before it gives the lock back until
 * after VMRUN, so who holds the lock and sees the flag clear knows that it stays clear.
 */
#include <string.h>

#include "local.h"

#define NS_PER_S        1000000000ULL
#define VMEXIT_INVALID  0xffffffffu
#define SAVE_AREA_BYTES (offsetof(struct vmcb, reserved9) - offsetof(struct vmcb, es))

static struct core_lock big;
static u64 total_exits, budget_end, started;
/* VMRUN overwrites the save area with the monitor's state when it refuses it. */
static u8 refused[CORE_MAX_CPUS][SAVE_AREA_BYTES];

void run_budget_start(void)
{
	u64 ns = config.budget_ns;

	started = core_now();
	if (ns != 0)
		budget_end = core_now() + ns / NS_PER_S * core_tsc_hz +
			     ns % NS_PER_S * (core_tsc_hz / 1000) / (NS_PER_S / 1000);
}

u64 core_started(void)
{
	return started;
}

static void check_budget(void)
{
	if (config.budget_exits != 0 && total_exits >= config.budget_exits)
		core_verdict("budget", "%llu exits used up",
			     (unsigned long long)config.budget_exits);
	if (budget_end != 0 && core_now() >= budget_end)
		core_verdict("budget", "%llu ns used up", (unsigned long long)config.budget_ns);
}

void core_timer(u64 deadline)
{
	this_cpu()->deadline = deadline;
}

void core_timer_by(u64 deadline)
{
	struct percpu *p = this_cpu();

	if (p->deadline == 0 || p->deadline > deadline)
		p->deadline = deadline;
}

/* The earlier of what was asked for and the end of the budget. A deadline in the past has had its
 * interrupt, or gets it now, once. */
static void arm_timer(struct vcpu *v)
{
	struct percpu *p = this_cpu();
	u64 want = p->deadline;

	v->timed = want != 0;
	if (want == 0 || (budget_end != 0 && budget_end < want))
		want = budget_end;
	if (want != p->programmed) {
		apic_timer(want);
		p->programmed = want;
	}
	if (p->deadline != 0 && core_now() >= p->deadline)
		p->deadline = 0;
}

static void interrupt_window(void)
{
	__asm__ volatile("sti\n\tnop\n\tnop\n\tcli" : : : "memory");
}

static bool all_wait_for_nothing(void)
{
	if (trap_has_handlers())
		return false;
	for (unsigned i = 0; i < config.cpus; i++) {
		const struct vcpu *v = &vcpus[i];

		if (!v->idle || v->kicked || v->timed)
			return false;
	}
	return true;
}

void core_idle(struct vcpu *v)
{
	v->idle = true;
	v->kicked = false;
	arm_timer(v);
	if (all_wait_for_nothing())
		core_verdict("stuck", "every CPU waits, for nothing");
	core_unlock(&big);
	/* Interrupts are taken behind HLT at the earliest, so none slips in before it. */
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
	core_lock(&big);
	v->idle = false;
	check_budget();
}

void core_kick(struct vcpu *v)
{
	v->kicked = true;
	if (v->index != this_cpu()->index)
		apic_kick(v->index);
}

void core_flush(struct vcpu *self)
{
	for (unsigned i = 0; i < config.cpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (v == self || __atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST) == 0)
			continue;
		apic_kick(i);
		while (__atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST) != 0)
			core_relax();
	}
	npt_flushed();
}

static NORETURN void state_refused(struct vcpu *v)
{
	const struct vmcb *c = v->vmcb;

	memcpy(&v->vmcb->es, refused[v->index], SAVE_AREA_BYTES);
	core_verdict("stuck",
		     "VMRUN refuses the state of vCPU %u: rip=0x%llx cs=%x/%x cr0=0x%llx "
		     "cr3=0x%llx cr4=0x%llx efer=0x%llx rflags=0x%llx dr6=0x%llx dr7=0x%llx "
		     "event=0x%llx",
		     v->index, (unsigned long long)c->rip, c->cs.selector, c->cs.attributes,
		     (unsigned long long)c->cr0, (unsigned long long)c->cr3,
		     (unsigned long long)c->cr4, (unsigned long long)c->efer,
		     (unsigned long long)c->rflags, (unsigned long long)c->dr6,
		     (unsigned long long)c->dr7, (unsigned long long)c->event_injection);
}

/* An event that was being delivered goes in again unless something came before it. */
static void resume_event(struct vcpu *v)
{
	if (v->reinject == 0 || (v->vmcb->event_injection & EVENT_VALID) != 0)
		return;
	if (EVENT_TYPE(v->reinject) == EVENT_INTR && !event_window_open(v)) {
		event_want_window(v, true);
		return;
	}
	v->vmcb->event_injection = v->reinject;
	v->reinject = 0;
}

static void enter_guest(struct vcpu *v)
{
	struct vmcb *c = v->vmcb;

	resume_event(v);
	event_enter(v);
	arm_timer(v);
	c->rax = v->reg[RAX];
	c->rsp = v->reg[RSP];
	c->nested_cr3 = npt_root(v->npt);
	memcpy(refused[v->index], &c->es, SAVE_AREA_BYTES);
	__atomic_store_n(&v->in_guest, 1, __ATOMIC_SEQ_CST);
	core_unlock(&big);
	core_switch((uintptr_t)c, v->reg, (uintptr_t)this_cpu()->host_area, &v->sse);
	__atomic_store_n(&v->in_guest, 0, __ATOMIC_SEQ_CST);
	v->reg[RAX] = c->rax;
	v->reg[RSP] = c->rsp;
	if (c->exit_code == VMEXIT_INTR)
		interrupt_window();
	core_lock(&big);
}

static void leave_guest(struct vcpu *v)
{
	struct vmcb *c = v->vmcb;
	u64 event;

	if ((u32)c->exit_code == VMEXIT_INVALID)
		state_refused(v);
	event = event_leave(v);
	v->exits++;
	v->last.code = c->exit_code;
	v->last.info1 = c->exit_info1;
	v->last.info2 = c->exit_info2;
	v->last.rip = c->rip;
	total_exits++;
	check_budget();
	if ((event & EVENT_VALID) != 0 && EVENT_TYPE(event) != EVENT_SOFT)
		v->reinject = event;
	switch (c->exit_code) {
	case VMEXIT_INTR:
	case VMEXIT_NMI:
		core_host_exit();
		break;
	case VMEXIT_VINTR:
		event_want_window(v, false);
		break;
	default:
		model.exit(v, c->exit_code, c->exit_info1, c->exit_info2);
	}
}

void vcpu_run(struct vcpu *v)
{
	core_lock(&big);
	model.start(v);
	for (;;) {
		model.enter(v);
		enter_guest(v);
		leave_guest(v);
	}
}
