/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control channel for checks that need the host's help (abi/coop_x86.h), with coop=1 only.
 * Whatever it is asked to do, an untrusted host could do at any time. Every argument comes from the
 * guest and is checked. Each CPU has its own words, so that callers cannot garble each other's.
 */
#include "vmm/pci.h"

u32 (*vmm_coop_hook)(struct vcpu *v, u32 command, const u64 *in, u64 *out);
u64 vmm_conversions;

_Static_assert(VMM_COOP_VALUES * 2 == COOP_PORT_WORDS, "values are two words each");

#define OWN                                                                                        \
	(BIT(COOP_QUERY) | BIT(COOP_READ_SHARED) | BIT(COOP_WRITE_SHARED) | BIT(COOP_INJECT_IRQ) | \
	 BIT(COOP_CONSOLE_SUM) | BIT(COOP_COUNTERS) | MASK(COOP_DEVICE_LAST, COOP_SECRET))

static volatile u64 *shared_word(u64 gpa)
{
	if (!is_aligned(gpa, sizeof(u64)) || !guest_is_ram(gpa))
		return NULL;
	return (volatile u64 *)backing_shared(gpa);
}

/* The word, or with the fault on the other one of its 16 bytes. */
static volatile u64 *neighbour(volatile u64 *word, enum fault_id f)
{
	return fault_on(f) ? (volatile u64 *)((uintptr_t)word ^ sizeof(*word)) : word;
}

static u32 query(struct vcpu *v, const u64 *in, u64 *out)
{
	u64 more[VMM_COOP_VALUES] = { 0 };

	if (vmm_coop_hook != NULL)
		vmm_coop_hook(v, COOP_QUERY, in, more);
	out[0] = COOP_MAGIC;
	out[1] = OWN | more[0];
	return COOP_OK;
}

static u32 counters(u64 *out)
{
	out[0] = vmm_conversions;
	for (unsigned i = 0; i < config.cpus; i++)
		out[1] += vcpus[i].exits;
	return COOP_OK;
}

static u32 inject(struct vcpu *v, u64 vector)
{
	if (vector < 16 || vector > 255)
		return COOP_BAD;
	if (!fault_on(FAULT_UNASKED_LOST))
		vmm_raise(v, (unsigned)vector);
	return COOP_OK;
}

static u32 run(struct vcpu *v, u32 command, const u64 *in, u64 *out)
{
	volatile u64 *word;

	switch (command) {
	case COOP_QUERY:
		return query(v, in, out);
	case COOP_READ_SHARED:
	case COOP_WRITE_SHARED:
		word = shared_word(in[0]);
		if (word == NULL)
			return COOP_BAD;
		if (command == COOP_WRITE_SHARED && model.shared != NULL && !model.shared(in[0]))
			poison_drop(in[0]);
		if (command == COOP_READ_SHARED)
			out[0] = *neighbour(word, FAULT_SHARED_READ_ELSEWHERE);
		else if (!fault_on(FAULT_SHARED_WRITE_LOST))
			*neighbour(word, FAULT_SHARED_WRITE_ELSEWHERE) = in[1];
		return COOP_OK;
	case COOP_INJECT_IRQ:
		return inject(v, in[0]);
	case COOP_CONSOLE_SUM:
		out[0] = uart_bytes;
		out[1] = uart_sum;
		return COOP_OK;
	case COOP_COUNTERS:
		return counters(out);
	case COOP_SECRET ... COOP_DEVICE_LAST:
		return (u32)vdev_coop(command, in, out);
	default:
		return vmm_coop_hook != NULL ? vmm_coop_hook(v, command, in, out)
					     : (u32)COOP_UNKNOWN;
	}
}

static void command(struct vcpu *v, u32 number)
{
	struct vmm_cpu *c = vmm_cpu(v);
	u64 in[VMM_COOP_VALUES] = { 0 }, out[VMM_COOP_VALUES] = { 0 };

	for (unsigned i = 0; i < c->coop_next; i++)
		in[i / 2] |= (u64)c->coop_word[i] << (i % 2 * 32);
	c->coop_status = run(v, number, in, out);
	for (unsigned i = 0; i < COOP_PORT_WORDS; i++)
		c->coop_word[i] = (u32)(out[i / 2] >> (i % 2 * 32));
	c->coop_next = 0;
	c->coop_results = true;
}

u32 coop_in(struct vcpu *v, u16 port, unsigned width)
{
	struct vmm_cpu *c = vmm_cpu(v);

	if (width != 4)
		return (u32)nothing(width);
	if (port == COOP_PORT_COMMAND)
		return c->coop_status;
	if (!c->coop_results || c->coop_next >= COOP_PORT_WORDS)
		return ~0u;
	return c->coop_word[c->coop_next++];
}

void coop_out(struct vcpu *v, u16 port, unsigned width, u32 value)
{
	struct vmm_cpu *c = vmm_cpu(v);

	if (width != 4)
		return;
	if (c->coop_results) {
		c->coop_results = false; /* what is left of the last answer is gone */
		c->coop_next = 0;
	}
	if (port == COOP_PORT_COMMAND)
		command(v, value);
	else if (c->coop_next < COOP_PORT_WORDS)
		c->coop_word[c->coop_next++] = value;
}
