/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a hostile guest does to a virtio function of the x86 hosts: configuration
 * space by ports and by the window of memory, the MSI-X table, its registers; and what the device
 * sends meanwhile. Whatever it is, the machine's function stays where it is and sends nothing but
 * the monitor's own vectors, to CPU 0.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 * libs: -lcmocka
 */
#include "input.h"
#include "virtio_function_x86.h"

#define STEPS_MAX 256u

/* Mostly where something is. */
static u64 gpa(void)
{
	u8 k = byte();

	switch (k & 7) {
	case 0:
	case 1:
		return GUEST_MSIX + (u64)byte() % 64;
	case 2:
		return GUEST_MSIX + PBA_OFFSET + byte() % 16;
	case 3:
		return GUEST_REGS + byte() % 64;
	case 4:
		return GUEST_REGS + any(2) % 0x2010;
	case 5:
		return TABLE_AT + any(2) % sizeof(fake.memory);
	case 6:
		return 0xb0000000 + BLK * 4096 + byte();
	default:
		return any(8);
	}
}

static void step(void)
{
	static const u8 widths[] = { 1, 2, 4, 8 };
	u8 op = byte();
	unsigned width = widths[op >> 4 & 3], at, vector;

	switch (op & 7) {
	case 0:
	case 1:
		at = byte();
		width = MIN(width, 4u);
		cfg_write(BLK, at & ~(width - 1), width, (u32)any(width));
		break;
	case 2:
		at = byte();
		width = MIN(width, 4u);
		cfg_read(op & 0x80 ? BLK : PCI_BDF(0x1e, 0), at & ~(width - 1), width);
		break;
	case 3:
	case 4:
		vmm_mmio_write(cpu0, gpa(), width, any(width));
		break;
	case 5:
		vmm_mmio_read(cpu0, gpa(), width);
		break;
	case 6:
		vector = fake.memory[16 * (op >> 4 & 3) + 8];
		fake_vio.interrupts = byte() % 4;
		if (fake.on_irq[vector] != NULL)
			fake.on_irq[vector](vector);
		msix_poll();
		break;
	default:
		function_place();
	}
}

static void check(void)
{
	u32 value;

	memcpy(&value, &fake.cfg[BLK][PCI_BAR0 + 4], 4);
	assert_int_equal(value, TABLE_AT);
	memcpy(&value, &fake.cfg[BLK][PCI_BAR0 + 16], 4);
	assert_int_equal(value, COMMON_AT | 0xc);
	value = fake.cfg[BLK][PCI_COMMAND];
	assert_true(value == 2 || value == 6);
	assert_true(value == 2 || fake.poisons > 0);
	for (unsigned n = 0; n < VECTORS; n++) {
		const u8 *e = fake.memory + 16 * n;

		memcpy(&value, e + 8, 4);
		if (value == 0)
			continue;
		assert_in_range(value, 0x60, 0xdf);
		assert_non_null(fake.on_irq[value]);
		memcpy(&value, e, 4);
		assert_int_equal(value, 0xfee00000);
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(lapic_of(&vcpus[i])->irr[0] & 0xffff, 0);
		assert_int_equal(lapic_of(&vcpus[i])->isr[0] & 0xffff, 0);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	function_reset(true, byte() % 8 != 0);
	for (unsigned i = 0; i < 2; i++)
		lapic_write(&vcpus[i], LAPIC_SVR, 0x1ff);
	cfg_write(0, 0x60, 4, 0xb0000001);
	function_place();
	for (unsigned n = 0; input.left > 0 && n < STEPS_MAX; n++) {
		step();
		check();
	}
	return 0;
}
