/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host calls. With coop=1 the control channel of abi/coop.h answers: whatever it is asked to do, an
 * untrusted host could do at any time. Every argument comes from the guest and is checked.
 */
#include "abi/coop.h"
#include "vmm/devices.h"
#include "vmm/poison.h"
#include "vmm/vmm.h"

#define IMM_RHI 0 /* Realm Host Interface: none of it is offered */

/* The word in guest RAM an argument names, or 0: inside RAM, naturally aligned. */
static bool word_in_ram(u64 ipa)
{
	return ipa >= vm.ram.base && ipa < range_end(vm.ram) && is_aligned(ipa, sizeof(u64));
}

static bool page_in_ram(u64 ipa)
{
	return word_in_ram(ipa) && is_aligned(ipa, PAGE_SIZE);
}

static volatile u64 *shared_word(u64 ipa)
{
	poison_hand_out((struct range){ align_down(ipa, PAGE_SIZE), PAGE_SIZE });
	return (volatile u64 *)stage2_backing(ipa);
}

/* The next word stands for any other place. */
static u64 neighbour(u64 ipa)
{
	return ipa ^ sizeof(u64);
}

static u64 read_shared(const u64 *in, u64 *out)
{
	if (!word_in_ram(in[1]))
		return COOP_BAD;
	out[1] = *shared_word(fault_on(FAULT_SHARED_READ_ELSEWHERE) ? neighbour(in[1]) : in[1]);
	return COOP_OK;
}

static u64 write_shared(const u64 *in)
{
	if (!word_in_ram(in[1]))
		return COOP_BAD;
	if (fault_on(FAULT_SHARED_WRITE_LOST))
		return COOP_OK;
	*shared_word(fault_on(FAULT_SHARED_WRITE_ELSEWHERE) ? neighbour(in[1]) : in[1]) = in[2];
	return COOP_OK;
}

static u64 on_page(u64 command, u64 ipa)
{
	enum status st;

	if (!page_in_ram(ipa))
		return COOP_BAD;
	st = command == COOP_DESTROY    ? stage2_destroy(ipa)
	     : command == COOP_POPULATE ? stage2_populate(ipa, false)
					: stage2_unmap_shared(ipa);
	return st == ST_OK ? COOP_OK : COOP_BAD;
}

static u64 inject(struct vcpu *v, u64 intid)
{
	bool done;

	if (intid > 0xffff)
		return COOP_BAD;
	if (fault_on(FAULT_UNASKED_LOST))
		return COOP_OK;
	core_lock(&vm.dev_lock);
	done = vgic_force(&vm.vgic, v->index, (u32)intid);
	core_unlock(&vm.dev_lock);
	return done ? COOP_OK : COOP_BAD;
}

static u64 settings(struct vcpu *v, const u64 *in)
{
	switch (in[0]) {
	case COOP_RIPAS_LIMIT:
		v->coop.ripas_limit = in[1];
		return COOP_OK;
	case COOP_RIPAS_REJECT:
		v->coop.ripas_reject = in[1];
		return COOP_OK;
	case COOP_RIPAS_STALL:
		v->coop.ripas_stall = in[1];
		return COOP_OK;
	default:
		v->coop.psci_deny = in[1];
		return COOP_OK;
	}
}

static u64 its_counts(u64 *out)
{
	core_lock(&vm.dev_lock);
	out[1] = vm.cycle.done;
	out[2] = vm.vits.count.commands;
	out[3] = vm.vits.count.errors;
	out[4] = vm.vits.count.raised;
	core_unlock(&vm.dev_lock);
	return COOP_OK;
}

static u64 on_its(const u64 *in, u64 *out)
{
	if (vm.map.its == 0)
		return COOP_UNKNOWN;
	switch (in[0]) {
	case COOP_ITS_SAVE:
		return vm_its(vits_save) == ST_OK ? COOP_OK : COOP_BAD;
	case COOP_ITS_RESTORE:
		return vm_its(vits_restore) == ST_OK ? COOP_OK : COOP_BAD;
	case COOP_ITS_CYCLES:
		core_lock(&vm.dev_lock);
		cycle_order(&vm.cycle, in[1]);
		core_unlock(&vm.dev_lock);
		return COOP_OK;
	default:
		return its_counts(out);
	}
}

static u64 commands(void)
{
	return MASK(COOP_RIPAS_STALL, COOP_QUERY) | MASK(COOP_DEVICE_LAST, COOP_SECRET) |
	       (vm.map.its != 0 ? MASK(COOP_ITS_LAST, COOP_ITS_SAVE) : 0);
}

static u64 command(struct vcpu *v, const u64 *in, u64 *out)
{
	switch (in[0]) {
	case COOP_QUERY:
		out[1] = COOP_MAGIC;
		out[2] = commands();
		return COOP_OK;
	case COOP_READ_SHARED:
		return read_shared(in, out);
	case COOP_WRITE_SHARED:
		return write_shared(in);
	case COOP_DESTROY:
	case COOP_POPULATE:
	case COOP_UNMAP_SHARED:
		return on_page(in[0], in[1]);
	case COOP_RIPAS_LIMIT:
	case COOP_RIPAS_REJECT:
	case COOP_RIPAS_STALL:
	case COOP_PSCI_DENY:
		return settings(v, in);
	case COOP_ECHO:
		for (unsigned i = 1; i < 31; i++)
			out[i] = ~in[i];
		return COOP_OK;
	case COOP_INJECT_IRQ:
		return inject(v, in[1]);
	case COOP_CONSOLE_SUM:
		core_lock(&vm.dev_lock);
		out[1] = vm.uart.bytes;
		out[2] = vm.uart.sum;
		core_unlock(&vm.dev_lock);
		return COOP_OK;
	case COOP_COUNTERS:
		out[1] = vm.count.ripas_change_exits;
		out[2] = vm.count.rec_exits;
		return COOP_OK;
	case COOP_ITS_SAVE:
	case COOP_ITS_RESTORE:
	case COOP_ITS_CYCLES:
	case COOP_ITS_COUNTS:
		return on_its(in, out);
	default:
		return devices_coop(in[0], in, out);
	}
}

void exit_host_call(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	struct rmi_rec_enter *n = &v->run->enter;
	u64 in[31], out[31];

	count(&vm.count.host_calls);
	for (unsigned i = 0; i < 31; i++)
		in[i] = out[i] = e->gprs[i];
	if ((e->imm & 0xffff) == IMM_RHI)
		out[0] = COOP_UNKNOWN;
	else if ((e->imm & 0xffff) == COOP_IMM && config.coop)
		out[0] = command(v, in, out);
	if (fault_on(FAULT_HOST_CALL_REGISTER_LOST))
		out[30] = 0;
	for (unsigned i = 0; i < 31; i++)
		n->gprs[i] = out[i];
}
