/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control channel of abi/coop.h: whatever it is asked to do, an untrusted host could do at any
 * time. Every argument comes from the guest and is checked.
 */
#include "abi/coop.h"
#include "vmm/devices.h"
#include "vmm/vmm.h"

bool coop_word_in_ram(u64 ipa)
{
	return ipa >= vm.ram.base && ipa < range_end(vm.ram) && is_aligned(ipa, sizeof(u64));
}

bool coop_page_in_ram(u64 ipa)
{
	return coop_word_in_ram(ipa) && is_aligned(ipa, PAGE_SIZE);
}

/* NULL: the host has no access. */
static volatile u64 *shared_word(u64 ipa)
{
	return vm_host_memory(ipa, true);
}

/* The next word stands for any other place. */
static u64 neighbour(u64 ipa)
{
	return ipa ^ sizeof(u64);
}

static u64 read_shared(const u64 *in, u64 *out)
{
	const volatile u64 *word;

	if (!coop_word_in_ram(in[1]))
		return COOP_BAD;
	word = shared_word(fault_on(FAULT_SHARED_READ_ELSEWHERE) ? neighbour(in[1]) : in[1]);
	if (word == NULL)
		return COOP_BAD;
	out[1] = *word;
	return COOP_OK;
}

static u64 write_shared(const u64 *in)
{
	volatile u64 *word;

	if (!coop_word_in_ram(in[1]))
		return COOP_BAD;
	if (fault_on(FAULT_SHARED_WRITE_LOST))
		return COOP_OK;
	word = shared_word(fault_on(FAULT_SHARED_WRITE_ELSEWHERE) ? neighbour(in[1]) : in[1]);
	if (word == NULL)
		return COOP_BAD;
	*word = in[2];
	return COOP_OK;
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
	return BIT(COOP_QUERY) | BIT(COOP_READ_SHARED) | BIT(COOP_WRITE_SHARED) | BIT(COOP_ECHO) |
	       BIT(COOP_INJECT_IRQ) | BIT(COOP_CONSOLE_SUM) | MASK(COOP_DEVICE_LAST, COOP_SECRET) |
	       vm_coop_commands() | (vm.map.its != 0 ? MASK(COOP_ITS_LAST, COOP_ITS_SAVE) : 0);
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
	case COOP_ITS_SAVE:
	case COOP_ITS_RESTORE:
	case COOP_ITS_CYCLES:
	case COOP_ITS_COUNTS:
		return on_its(in, out);
	default:
		if (in[0] < 64 && (vm_coop_commands() & BIT(in[0])))
			return vm_coop(v, in, out);
		return devices_coop(in[0], in, out);
	}
}

void coop_command(struct vcpu *v, const u64 *in, u64 *out)
{
	out[0] = command(v, in, out);
}

bool coop_access(struct vcpu *v, u64 offset, unsigned size, bool write, u64 *value)
{
	u64 *word = &v->coop.word[offset / sizeof(u64)];
	u64 in[COOP_WORDS];

	if (size != sizeof(u64) || !is_aligned(offset, sizeof(u64)) ||
	    offset >= sizeof(v->coop.word))
		return false;
	if (!write) {
		*value = *word;
		return true;
	}
	*word = *value;
	if (offset != COOP_MMIO_COMMAND)
		return true;
	for (unsigned i = 0; i < COOP_WORDS; i++)
		in[i] = v->coop.word[i];
	coop_command(v, in, v->coop.word);
	return true;
}
