/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X of the x86 hosts: the guest's table is a copy, the machine's sends the monitor's vectors;
 * masks, pending bits, destinations, and the faults of devices.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "virtio_function_x86.h"

#define CONTROL (MSIX_CAP + 2)
#define ENABLE  0x8000u
#define MASKALL 0x4000u
#define VECTOR  0x45u

static u32 machine_table(unsigned n, unsigned at)
{
	u32 v;

	memcpy(&v, fake.memory + 16 * n + at, 4);
	return v;
}

static void table(unsigned n, unsigned at, u32 value)
{
	vmm_mmio_write(cpu0, GUEST_MSIX + 16 * n + at, 4, value);
}

static void entry(unsigned n, u32 cpu, u32 data, bool masked)
{
	table(n, 0, 0xfee00000 | cpu << 12);
	table(n, 4, 0);
	table(n, 8, data);
	table(n, 12, masked);
}

static u64 pending(void)
{
	return vmm_mmio_read(cpu0, GUEST_MSIX + PBA_OFFSET, 8);
}

/* The machine's entry n sends its message. */
static void device_sends(unsigned n)
{
	unsigned vector = machine_table(n, 8) & 0xff;

	assert_int_equal(machine_table(n, 12), 0);
	assert_int_equal(machine_table(n, 0), 0xfee00000);
	assert_int_equal(machine_table(n, 4), 0);
	fake.on_irq[vector](vector);
	msix_poll();
}

static bool raised(unsigned cpu, unsigned vector)
{
	u32 *irr = lapic_of(&vcpus[cpu])->irr;
	bool is = (irr[vector / 32] >> (vector % 32) & 1) != 0;

	irr[vector / 32] &= ~(1u << (vector % 32));
	return is;
}

static int setup(void **state)
{
	function_reset(true, true);
	function_place();
	for (unsigned i = 0; i < 2; i++)
		lapic_write(&vcpus[i], LAPIC_SVR, 0x1ff);
	return 0;
}

static void a_copy(void **state)
{
	u8 before[64];

	memcpy(before, fake.memory, sizeof(before));
	for (unsigned n = 0; n < VECTORS; n++) {
		assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + 16 * n + 12, 4), 1);
		entry(n, n, VECTOR + n, false);
		assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + 16 * n, 8), 0xfee00000 | n << 12);
		assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + 16 * n + 8, 8), VECTOR + n);
	}
	vmm_mmio_write(cpu0, GUEST_MSIX, 8, 0x1234567890abcdefULL);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX, 8), 0x1234567890abcdecULL);
	assert_memory_equal(before, fake.memory, sizeof(before));
	/* Bytes, words and odd places are nothing. */
	vmm_mmio_write(cpu0, GUEST_MSIX + 16, 1, 0xff);
	vmm_mmio_write(cpu0, GUEST_MSIX + 18, 2, 0xff);
	vmm_mmio_write(cpu0, GUEST_MSIX + 18, 4, 0xff);
	vmm_mmio_write(cpu0, GUEST_MSIX + PBA_OFFSET, 8, ~0ULL);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + 16, 4), 0xfee01000);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + 16, 2), 0);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + 18, 4), 0);
	assert_int_equal(pending(), 0);
	assert_memory_equal(before, fake.memory, sizeof(before));
	/* What else lies in that BAR is the machine's. */
	vmm_mmio_write(cpu0, GUEST_MSIX + 16 * VECTORS, 4, 5);
	assert_int_equal(machine_table(VECTORS, 0), 5);
}

static void delivery(void **state)
{
	entry(0, 0, VECTOR, false);
	entry(1, 1, VECTOR + 1, false);
	assert_int_equal(machine_table(1, 8), 0);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	assert_int_equal(cfg_read(BLK, CONTROL, 2), ENABLE | (VECTORS - 1));
	assert_int_equal(fake.cfg[BLK][CONTROL + 1], ENABLE >> 8);
	assert_true(machine_table(0, 8) != machine_table(1, 8));
	device_sends(1);
	assert_true(raised(1, VECTOR + 1));
	assert_false(raised(0, VECTOR + 1));
	assert_true(fake.kicks[1] > 0);
	device_sends(0);
	assert_true(raised(0, VECTOR));
	/* By an entry, and by waking up. */
	fake.on_irq[machine_table(0, 8)](machine_table(0, 8));
	vmm_inject(cpu0);
	assert_true(fake.pending);
	assert_int_equal(fake.vector, VECTOR);
	/* Logical: flat, both. */
	lapic_write(&vcpus[0], LAPIC_LDR, 1u << 24);
	lapic_write(&vcpus[1], LAPIC_LDR, 2u << 24);
	lapic_write(&vcpus[0], LAPIC_DFR, ~0u);
	lapic_write(&vcpus[1], LAPIC_DFR, ~0u);
	table(0, 0, 0xfee03004);
	device_sends(0);
	assert_true(raised(0, VECTOR) && raised(1, VECTOR));
	/* One of them. */
	table(0, 8, 0x100 | VECTOR);
	device_sends(0);
	assert_true(raised(0, VECTOR) != raised(1, VECTOR));
	/* NMI; and no SMI, INIT or others. */
	table(0, 0, 0xfee01000);
	table(0, 8, 0x400);
	device_sends(0);
	assert_true(vmm_cpu(&vcpus[1])->nmi_pending);
	table(0, 8, 0x500 | VECTOR);
	device_sends(0);
	assert_false(raised(1, VECTOR));
}

static void masks(void **state)
{
	entry(0, 0, VECTOR, true);
	entry(2, 1, VECTOR + 2, false);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	device_sends(0);
	assert_false(raised(0, VECTOR));
	assert_int_equal(pending(), 1);
	/* The message it goes out with is that of the moment. */
	table(0, 8, VECTOR + 5);
	table(0, 12, 0);
	assert_true(raised(0, VECTOR + 5));
	assert_int_equal(pending(), 0);
	cfg_write(BLK, CONTROL, 2, ENABLE | MASKALL);
	assert_int_equal(cfg_read(BLK, CONTROL, 2), ENABLE | MASKALL | (VECTORS - 1));
	device_sends(2);
	assert_int_equal(pending(), 4);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + PBA_OFFSET, 4), 4);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_MSIX + PBA_OFFSET + 4, 4), 0);
	table(2, 12, 1);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	assert_false(raised(1, VECTOR + 2));
	table(2, 12, 0);
	assert_true(raised(1, VECTOR + 2));
	/* Once. */
	table(2, 12, 1);
	table(2, 12, 0);
	assert_false(raised(1, VECTOR + 2));
}

/* Off: the machine's is off, too, and what was on its way is gone. */
static void off(void **state)
{
	u32 vector;

	entry(0, 0, VECTOR, false);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	vector = machine_table(0, 8);
	cfg_write(BLK, CONTROL, 2, 0);
	assert_int_equal(fake.cfg[BLK][CONTROL + 1], 0);
	fake.on_irq[vector](vector);
	msix_poll();
	assert_false(raised(0, VECTOR));
	cfg_write(BLK, CONTROL, 2, ENABLE);
	assert_false(raised(0, VECTOR));
	/* On again: the same vector. */
	assert_int_equal(machine_table(0, 8), vector);
}

static void not_an_interrupt(void **state)
{
	entry(0, 0, VECTOR, false);
	table(0, 0, 0x1000);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	device_sends(0);
	assert_int_equal(fake.violations, 1);
	assert_string_equal(fake.kind, "msix-address");
	vio_host.message(0xfee00000, VECTOR);
	assert_true(raised(0, VECTOR));
	vio_host.message(0xfef00000, VECTOR);
	assert_int_equal(fake.violations, 2);
}

static void lost_and_many(void **state)
{
	entry(0, 0, VECTOR, false);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	fake_vio.interrupts = 0;
	device_sends(0);
	assert_false(raised(0, VECTOR));
	fake_vio.interrupts = 3;
	device_sends(0);
	msix_poll(); /* still on its way */
	assert_true(raised(0, VECTOR));
	msix_poll();
	assert_true(raised(0, VECTOR));
	msix_poll();
	assert_true(raised(0, VECTOR));
	msix_poll();
	assert_false(raised(0, VECTOR));
}

static void faults(void **state)
{
	entry(0, 0, VECTOR, true);
	cfg_write(BLK, CONTROL, 2, ENABLE);
	fake.fault = FAULT_MSIX_MASK_IGNORED;
	device_sends(0);
	assert_true(raised(0, VECTOR));
	fake.fault = FAULT_MSIX_PENDING_LOST;
	device_sends(0);
	assert_int_equal(pending(), 1);
	table(0, 12, 0);
	assert_int_equal(pending(), 0);
	assert_false(raised(0, VECTOR));
	fake.fault = FAULT_MSIX_WRONG_CPU;
	device_sends(0);
	assert_false(raised(0, VECTOR));
	assert_true(raised(1, VECTOR));
}

/* The modelled device's wire: a level the guest serves, and one that stays. */
static void wire(void **state)
{
	ioapic_write(0, 4, 0x10 + 2 * 20);
	ioapic_write(0x10, 4, 0x8000 | VECTOR);
	vio_host.wire(true);
	assert_true(raised(0, VECTOR));
	ioapic_eoi(VECTOR);
	assert_true(raised(0, VECTOR));
	vio_host.wire(false);
	ioapic_eoi(VECTOR);
	assert_false(raised(0, VECTOR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_copy, setup),
		cmocka_unit_test_setup(delivery, setup),
		cmocka_unit_test_setup(masks, setup),
		cmocka_unit_test_setup(off, setup),
		cmocka_unit_test_setup(not_an_interrupt, setup),
		cmocka_unit_test_setup(lost_and_many, setup),
		cmocka_unit_test_setup(faults, setup),
		cmocka_unit_test_setup(wire, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
