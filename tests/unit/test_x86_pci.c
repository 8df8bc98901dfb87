/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio functions as the guest of the x86 hosts has them: BARs that are copies, what may be bus
 * master, accesses by the tap, the window of configuration space, the modelled device.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "virtio_function_x86.h"

static u32 machine_command(void)
{
	u32 v = 0;

	memcpy(&v, &fake.cfg[BLK][PCI_COMMAND], 2);
	return v;
}

static int setup(void **state)
{
	function_reset(true, true);
	return 0;
}

static void as_after_reset(void **state)
{
	assert_int_equal(cfg_read(BLK, 0, 4), 0x10421af4);
	assert_int_equal(cfg_read(BLK, PCI_COMMAND, 2), 0);
	assert_int_equal(cfg_read(BLK, PCI_STATUS, 2), 0x10);
	assert_int_equal(cfg_read(BLK, PCI_BAR0, 4), 0);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 4, 4), 0);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 16, 4), 0xc);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 20, 4), 0);
	/* The machine's decodes, is no bus master and was reset. */
	assert_int_equal(machine_command(), 2);
	assert_int_equal(fake.memory[0x2000 + VIRTIO_PCI_STATUS], 0);
	/* Where the machine's firmware left it is nobody's. */
	assert_int_equal(vmm_mmio_read(cpu0, COMMON_AT, 4), 0xffffffff);
	assert_int_equal(vmm_mmio_read(cpu0, TABLE_AT + 0xffc, 4), 0xffffffff);
}

static void bars(void **state)
{
	u32 before[2];

	memcpy(before, &fake.cfg[BLK][PCI_BAR0 + 16], 8);
	cfg_write(BLK, PCI_BAR0 + 4, 4, ~0u);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 4, 4), 0xfffff000);
	cfg_write(BLK, PCI_BAR0 + 16, 4, ~0u);
	cfg_write(BLK, PCI_BAR0 + 20, 4, ~0u);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 16, 4), 0xffffe00c);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 20, 4), 0xffffffff);
	cfg_write(BLK, PCI_BAR0, 4, ~0u);
	assert_int_equal(cfg_read(BLK, PCI_BAR0, 4), 0);
	cfg_write(BLK, PCI_ROM, 4, ~0u);
	assert_int_equal(cfg_read(BLK, PCI_ROM, 4), 0);
	function_place();
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 16, 4), 0xc);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 20, 4), 8);
	/* A byte of one. */
	cfg_write(BLK, PCI_BAR0 + 7, 1, 0xd1);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 4, 4), 0xd1000000);
	/* None of it was the machine's. */
	assert_memory_equal(before, &fake.cfg[BLK][PCI_BAR0 + 16], 8);
}

static void registers(void **state)
{
	u64 tapped;

	assert_int_equal(vmm_mmio_read(cpu0, GUEST_REGS, 4), 0xffffffff);
	function_place();
	tapped = fake_vio.tapped;
	vmm_mmio_write(cpu0, GUEST_REGS + VIRTIO_PCI_STATUS, 1, 3);
	assert_int_equal(fake.memory[0x2000 + VIRTIO_PCI_STATUS], 3);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_REGS + VIRTIO_PCI_STATUS, 1), 3);
	assert_int_equal(fake_vio.tapped - tapped, 2);
	/* 64 bits are two registers. */
	vmm_mmio_write(cpu0, GUEST_REGS + VIRTIO_PCI_QUEUE_DESC, 8, 0x1122334455667788ULL);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_REGS + VIRTIO_PCI_QUEUE_DESC, 8),
			 0x1122334455667788ULL);
	assert_int_equal(fake_vio.tapped - tapped, 6);
	/* The end of it. */
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_REGS + 0x2000, 4), 0xffffffff);
	assert_true(fake.polls > 0);
	/* Decoding off: gone. */
	cfg_write(BLK, PCI_COMMAND, 2, 0);
	assert_int_equal(vmm_mmio_read(cpu0, GUEST_REGS + VIRTIO_PCI_STATUS, 1), 0xff);
	vmm_mmio_write(cpu0, GUEST_REGS, 4, FAKE_SECRET & 0xffffffff);
	assert_int_equal(fake_vio.leaks, 0);
	vmm_mmio_write(cpu0, GUEST_REGS, 8, FAKE_SECRET);
	assert_int_equal(fake_vio.leaks, 1);
}

static void master(void **state)
{
	cfg_write(BLK, PCI_COMMAND, 2, 0xffff);
	assert_int_equal(cfg_read(BLK, PCI_COMMAND, 2), 0x546);
	assert_int_equal(machine_command(), 0x406);
	assert_int_equal(fake.poisons, 1);
	assert_int_equal(fake.violations, 0);
	/* Off with decoding in one write, and nothing going on. */
	cfg_write(BLK, PCI_COMMAND, 2, 0);
	assert_int_equal(machine_command(), 2);
	assert_int_equal(fake.violations, 0);
	/* While it decodes, or while a driver uses it. */
	cfg_write(BLK, PCI_COMMAND, 2, 6);
	cfg_write(BLK, PCI_COMMAND, 1, 2);
	assert_int_equal(fake.violations, 1);
	assert_string_equal(fake.kind, "bus-master-cleared");
	cfg_write(BLK, PCI_COMMAND, 2, 6);
	fake.memory[0x2000 + VIRTIO_PCI_STATUS] = 0xf;
	cfg_write(BLK, PCI_COMMAND, 4, 0);
	assert_int_equal(fake.violations, 2);
}

/* No IOMMU, or a device that would go round it: the bit does not stick. */
static void not_master(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		function_reset(i == 1, i == 0);
		cfg_write(BLK, PCI_COMMAND, 2, 6);
		assert_int_equal(cfg_read(BLK, PCI_COMMAND, 2), 2);
		assert_int_equal(machine_command(), 2);
		assert_int_equal(fake.poisons, 0);
	}
}

/* Other devices stay as they were. */
static void others(void **state)
{
	unsigned vga = PCI_BDF(1, 0);

	memset(fake.cfg[vga], 0, 256);
	memcpy(fake.cfg[vga], "\x34\x12\x11\x11", 4);
	cfg_write(vga, PCI_COMMAND, 2, 7);
	assert_int_equal(cfg_read(vga, PCI_COMMAND, 2), 3);
	assert_int_equal(fake.poisons, 0);
}

static void window(void **state)
{
	cfg_write(BLK, WINDOW_CAP + 4, 1, 4);
	cfg_write(BLK, WINDOW_CAP + 8, 4, VIRTIO_PCI_STATUS);
	cfg_write(BLK, WINDOW_CAP + 12, 4, 1);
	cfg_write(BLK, WINDOW_CAP + 16, 4, 0xff05);
	assert_int_equal(fake.memory[0x2000 + VIRTIO_PCI_STATUS], 5);
	assert_int_equal(fake.memory[0x2000 + VIRTIO_PCI_STATUS + 1], 0);
	assert_int_equal(cfg_read(BLK, WINDOW_CAP + 16, 4), 5);
	assert_true(fake_vio.tapped >= 2);
	/* Not beyond the BAR, not odd, not of other lengths, not where no BAR is. */
	for (unsigned i = 0; i < 5; i++) {
		static const u32 at[5][3] = {
			{ 4, 0x2000, 4 }, { 4, 0x1fff, 2 }, { 4, 1, 2 }, { 4, 0, 3 }, { 0, 0, 4 }
		};

		cfg_write(BLK, WINDOW_CAP + 4, 1, at[i][0]);
		cfg_write(BLK, WINDOW_CAP + 8, 4, at[i][1]);
		cfg_write(BLK, WINDOW_CAP + 12, 4, at[i][2]);
		assert_int_equal(cfg_read(BLK, WINDOW_CAP + 16, 4), 0);
		cfg_write(BLK, WINDOW_CAP + 16, 4, ~0u);
	}
	cfg_write(BLK, WINDOW_CAP + 4, 1, 77);
	assert_int_equal(cfg_read(BLK, WINDOW_CAP + 4, 1), 77);
	assert_int_equal(cfg_read(BLK, WINDOW_CAP + 16, 4), 0);
	/* The rest of it is as it was. */
	cfg_write(BLK, WINDOW_CAP, 4, 0);
	assert_int_equal(cfg_read(BLK, WINDOW_CAP, 4), 0x05145009);
}

static void read_only(void **state)
{
	u32 before[64];

	for (unsigned i = 0; i < 64; i++)
		before[i] = cfg_read(BLK, 4 * i, 4);
	for (unsigned i = 0x40; i < 256; i += 4)
		if ((i < WINDOW_CAP || i > WINDOW_CAP + 16) && i != MSIX_CAP)
			cfg_write(BLK, i, 4, ~before[i / 4]);
	cfg_write(BLK, 0, 4, 0);
	cfg_write(BLK, 8, 4, 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(cfg_read(BLK, 4 * i, 4), before[i]);
	cfg_write(BLK, PCI_INTERRUPT_LINE, 1, 11);
	assert_int_equal(cfg_read(BLK, PCI_INTERRUPT_LINE, 1), 11);
}

/* What this host cannot stand in for is not there. */
static void malformed(void **state)
{
	function_reset(true, true);
	put_config(PCI_BAR0 + 16, 4, 0xd);
	vmm_init();
	assert_int_equal(cfg_read(BLK, 0, 4), 0xffffffff);
	cfg_write(BLK, PCI_COMMAND, 2, 6);
	assert_int_equal(machine_command(), 0);
	function_reset(true, true);
	put_config(MSIX_CAP, 4, 0x11 | 40 << 16);
	vmm_init();
	assert_int_equal(cfg_read(BLK, 0, 4), 0xffffffff);
	function_reset(true, true);
	put_config(MSIX_CAP + 4, 4, 7);
	vmm_init();
	assert_int_equal(cfg_read(BLK, 0, 4), 0xffffffff);
}

/* Above what the monitor maps: brought down, once for all. */
static void far_bar(void **state)
{
	function_reset(true, true);
	put_config(PCI_BAR0 + 20, 4, 1);
	vmm_init();
	assert_int_equal(cfg_read(BLK, 0, 4), 0x10421af4);
	assert_int_equal(fake.cfg[BLK][PCI_BAR0 + 19], 0xd0);
	assert_int_equal(fake.cfg[BLK][PCI_BAR0 + 20], 0);
	assert_int_equal(cfg_read(BLK, PCI_BAR0 + 16, 4),
			 0xc); /* the guest's is its own to place */
}

static void modelled(void **state)
{
	unsigned bdf = PCI_BDF(0x1e, 0);

	assert_true(vio_is(bdf));
	fake_vio.config[0] = 0x12;
	assert_int_equal(cfg_read(bdf, 0, 1), 0x12);
	assert_int_equal(vmm_mmio_read(cpu0, 0xc1000000, 4), fake.answer & 0xffffffff);
	fake_vio.bar = 0xc1000000;
	assert_int_equal(vmm_mmio_read(cpu0, 0xc1000010, 4), 0x5a);
	assert_int_equal(fake_vio.offset, 0x10);
	vmm_mmio_write(cpu0, 0xc1003ff8, 8, 7);
	assert_int_equal(fake_vio.written, 7);
	assert_int_equal(fake_vio.offset, 0x3ff8);
	cfg_write(bdf, PCI_COMMAND, 2, 6);
	assert_int_equal(fake.poisons, 1);
	cfg_write(bdf, PCI_COMMAND, 2, 2);
	assert_int_equal(fake.violations, 1);
	/* Its slot is taken: the next. Without IOMMU there is none. */
	memset(fake.cfg[bdf], 0, 4);
	vmm_init();
	assert_false(vio_is(bdf));
	assert_true(vio_is(PCI_BDF(0x1d, 0)));
	function_reset(false, true);
	assert_int_equal(cfg_read(bdf, 0, 4), 0xffffffff);
}

/* What the device's half is told of memory. */
static void memory(void **state)
{
	assert_int_equal(vio_host.memory(0x1000, 0), 0);
	assert_int_equal(vio_host.memory(0x1ff0, 0x11), 0);
	assert_int_not_equal(vio_host.memory(0x1ff0, 0x10), 0);
	assert_int_equal(vio_host.memory(FAKE_LOW, 8), 0);
	assert_int_equal(vio_host.memory(MONITOR_BASE, 8), 0);
	assert_int_equal(vio_host.private_memory(0x1000, 8), 0x1001);
	assert_int_equal(vio_host.private_memory(~0ULL, 1), 0);
	assert_true(vio_host.is_shared(0x2000));
	assert_false(vio_host.is_shared(0x1000));
	assert_false(vio_host.is_shared(MONITOR_BASE));
	fake.now = 5;
	assert_int_equal(vio_host.now(), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(as_after_reset, setup),
		cmocka_unit_test_setup(bars, setup),
		cmocka_unit_test_setup(registers, setup),
		cmocka_unit_test_setup(master, setup),
		cmocka_unit_test_setup(not_master, setup),
		cmocka_unit_test_setup(others, setup),
		cmocka_unit_test_setup(window, setup),
		cmocka_unit_test_setup(read_only, setup),
		cmocka_unit_test_setup(malformed, setup),
		cmocka_unit_test_setup(far_bar, setup),
		cmocka_unit_test_setup(modelled, setup),
		cmocka_unit_test_setup(memory, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
