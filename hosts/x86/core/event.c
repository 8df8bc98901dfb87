/* SPDX-License-Identifier: BSD-2-Clause */
/* Events by the hardware's own means: EVENTINJ and the interrupt window. */
#include "local.h"

#define RFLAGS_IF       BIT(9)
#define RFLAGS_RF       BIT(16)
#define MODE_64_OR_LMA  BIT(10) /* EFER.LMA */
#define CS_LONG         BIT(9)  /* attributes: L */
#define CS_DEFAULT_32   BIT(10)
#define VECTOR_WINDOW   0u /* never delivered: the exit comes first */
#define VINTR_INTERCEPT BIT(VMEXIT_VINTR - VMEXIT_INTR)

bool event_pending(const struct vcpu *v)
{
	return (v->vmcb->event_injection & EVENT_VALID) != 0 || v->reinject != 0;
}

void event_inject(struct vcpu *v, enum event_type t, unsigned vector, bool has_error, u32 error)
{
	if ((v->vmcb->event_injection & EVENT_VALID) != 0)
		core_panic("vCPU %u: event %u on top of 0x%llx", v->index, vector,
			   (unsigned long long)v->vmcb->event_injection);
	/* The guest's exception in progress is lost to this one and comes again by itself;
	 * an interrupt would not, so it waits. */
	if (v->reinject != 0 && EVENT_TYPE(v->reinject) == EVENT_EXCEPTION)
		v->reinject = 0;
	v->vmcb->event_injection = EVENT_VALID | (u64)t << 8 | (vector & 0xff) |
				   (has_error ? EVENT_HAS_ERROR | (u64)error << 32 : 0);
	if (t == EVENT_EXCEPTION)
		v->vmcb->rflags |= RFLAGS_RF;
}

bool event_window_open(const struct vcpu *v)
{
	return (v->vmcb->rflags & RFLAGS_IF) != 0 && (v->vmcb->int_state & INT_SHADOW) == 0;
}

void event_want_window(struct vcpu *v, bool want)
{
	struct vmcb *c = v->vmcb;

	c->int_control &= ~(u32)(INT_V_IRQ | INT_V_PRIORITY | INT_V_IGNORE_TPR);
	c->intercepts &= ~VINTR_INTERCEPT;
	if (!want)
		return;
	c->int_control |= (u32)(INT_V_IRQ | INT_V_PRIORITY | INT_V_IGNORE_TPR);
	c->int_vector = VECTOR_WINDOW;
	c->intercepts |= VINTR_INTERCEPT;
}

/*
 * An interrupt goes in as a virtual one (V_IRQ) although it was asked for by EVENTINJ. QEMU's VMRUN
 * delivers an injected INTR and leaves its vector where the CPU loop looks for exceptions to raise:
 * should the loop end before anything else happens (a slice of -icount, another CPU's kick), the
 * guest gets the vector once more, whatever RFLAGS.IF says. V_IRQ is taken another way.
 */
void event_enter(struct vcpu *v)
{
	struct vmcb *c = v->vmcb;
	u64 event = c->event_injection;

	v->virtual = (event & EVENT_VALID) != 0 && EVENT_TYPE(event) == EVENT_INTR;
	if (!v->virtual)
		return;
	c->event_injection = 0;
	event_want_window(v, true);
	c->intercepts &= ~VINTR_INTERCEPT; /* delivered, no exit */
	c->int_vector = EVENT_VECTOR(event);
}

/* What EXITINTINFO would be: the event whose delivery this exit interrupted, or came before. */
u64 event_leave(struct vcpu *v)
{
	struct vmcb *c = v->vmcb;
	bool undelivered = v->virtual && (c->int_control & INT_V_IRQ) != 0;
	u64 event =
	    undelivered ? EVENT_VALID | (u64)EVENT_INTR << 8 | c->int_vector : c->exit_int_info;

	if (v->virtual)
		event_want_window(v, false);
	v->virtual = false;
	c->event_injection = 0;
	return event;
}

void skip_instruction(struct vcpu *v, unsigned length)
{
	struct vmcb *c = v->vmcb;
	bool wide = (c->efer & MODE_64_OR_LMA) != 0 && (c->cs.attributes & CS_LONG) != 0;

	c->rip += length;
	if (!wide)
		c->rip = (c->cs.attributes & CS_DEFAULT_32) != 0 ? (u32)c->rip : (u16)c->rip;
	c->int_state &= ~(u64)INT_SHADOW;
}
