/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/local.h"

static struct vmm_cpu cpus[CORE_MAX_CPUS];

void vmm_init(void)
{
	pic_reset();
	ioapic_reset();
	forward_reset();
	pci_init();
	fwcfg_init();
	marks_init();
	for (unsigned i = 0; i < config.cpus; i++)
		vmm_vcpu_init(&vcpus[i]);
}

void vmm_vcpu_init(struct vcpu *v)
{
	struct vmm_cpu *c = &cpus[v->index];

	*c = (struct vmm_cpu){ 0 };
	c->pat = 0x0007040600070406ULL;
	c->misc_enable = 1; /* fast strings */
	v->vmm = c;
	lapic_reset(v, 0);
}

struct vcpu *vmm_find(u32 apic_id)
{
	return apic_id < config.cpus ? &vcpus[apic_id] : NULL;
}

size_t vmm_e820(struct e820 *out, size_t max)
{
	size_t n = 0;

	if (n < max)
		out[n++] = (struct e820){ 0, guest_low_size(), 1 };
	if (guest_high_size() != 0 && n < max)
		out[n++] = (struct e820){ GIB(4), guest_high_size(), 1 };
	return n;
}

/* Division by words: the double-width one of the compiler is a library call. */
u64 scale(u64 a, u64 b, u64 c)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	u64 quotient, remainder;

	if ((u64)(product >> 64) >= c)
		return ~0ULL;
	__asm__("divq %4"
		: "=a"(quotient), "=d"(remainder)
		: "0"((u64)product), "1"((u64)(product >> 64)), "rm"(c)
		: "cc");
	return quotient;
}

u64 bytes_get(const u8 *file, size_t size, u64 offset, unsigned width)
{
	u64 value = 0;

	for (unsigned i = 0; i < width; i++)
		if (offset < size && i < size - offset)
			value |= (u64)file[offset + i] << (8 * i);
	return value;
}

void bytes_put(u8 *file, size_t size, u64 offset, unsigned width, u64 value)
{
	for (unsigned i = 0; i < width; i++)
		if (offset < size && i < size - offset)
			file[offset + i] = (u8)(value >> (8 * i));
}
