/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the machine an x86 guest reaches, and what it never does: ports, MMIO, PCI configuration,
 * power management, the control channel, CPUID and MSRs.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "fake_core_x86.h"

static struct vcpu *c0 = &vcpus[0], *c1 = &vcpus[1];

static void put(u8 *at, u32 value)
{
	memcpy(at, &value, 4);
}

static int setup(void **state)
{
	fake_reset(2);
	put(fake.cfg[0], 0x29c08086);
	put(fake.cfg[0xf8], 0x29188086);
	put(fake.cfg[0xfa], 0x29228086);
	memset(fake.cfg[8], 0, 256);
	put(fake.cfg[8], 0x10001af4);
	fake.cfg[8][4] = 0x07; /* as the machine's firmware left it */
	vmm_init();
	uart_bytes = uart_sum = 0;
	fake.accesses = 0;
	return 0;
}

static void type(const char *text)
{
	for (; *text != '\0'; text++)
		vmm_port_out(c0, 0x3f8, 1, (u8)*text);
}

/* A text's first time on the console is told, once, and no other's. */
static void test_marks(void **state)
{
	strcpy(config.mark, "||abc|Linux version|Z");
	vmm_init();
	fake.started = 500;
	fake.now = 3000000500;
	fake.lines = 0;
	c0->exits = 7;
	type("aab Linux versio Linux versioLLinux version");
	assert_int_equal(fake.lines, 1);
	assert_string_equal(fake.line, "mark: 3000000000 ns 7 exits Linux version");
	fake.now += 1500;
	type("aabc");
	assert_int_equal(fake.lines, 2);
	assert_string_equal(fake.line, "mark: 3000001500 ns 7 exits abc");
	type("Linux version abc");
	assert_int_equal(fake.lines, 2);
	/* What goes to the divisor is not text. */
	vmm_port_out(c0, 0x3fb, 1, 0x80);
	type("Z");
	assert_int_equal(fake.lines, 2);
	vmm_port_out(c0, 0x3fb, 1, 0x03);
	type("Z");
	assert_int_equal(fake.lines, 3);
	config.mark[0] = '\0';
	vmm_init();
	type("abc");
	assert_int_equal(fake.lines, 3);
}

static void test_allow_list(void **state)
{
	static const u16 never[] = { 0x2f8, 0x2fb, 0xf4,   0x600, 0x604, 0x60a, 0xcf9, 0x64,
				     0x92,  0xb2,  0xb3,   0x510, 0x511, 0x514, 0x518, 0x402,
				     0x80,  0x00,  0x5658, 0xcd8, 0xaf,  0x1f0, 0x700 };

	for (unsigned i = 0; i < ARRAY_SIZE(never); i++) {
		for (unsigned w = 1; w <= 4; w *= 2) {
			fake.accesses = 0;
			if (never[i] != 0x64)
				vmm_port_in(c0, never[i], w);
			vmm_port_out(c0, never[i], w, 0);
			assert_int_equal(fake.accesses, 0);
		}
	}
	assert_int_equal(vmm_port_in(c0, 0x2fd, 1), 0xff);
	assert_int_equal(vmm_port_in(c0, 0x2fd, 2), 0xffff);
	assert_int_equal(vmm_port_in(c0, 0xf4, 4), 0xffffffff);
	assert_int_equal(vmm_port_in(c0, 0x402, 1), 0xe9);
	assert_int_equal(vmm_port_in(c0, 0x92, 1), 2);
	assert_int_equal(vmm_port_in(c0, 0x3f8, 3), 0xffffffff);
	/* A wide access that begins before a forbidden port does not get there. */
	fake.accesses = 0;
	vmm_port_out(c0, 0x2f6, 4, ~0u);
	vmm_port_out(c0, 0x50f, 4, ~0u);
	vmm_port_out(c0, 0x5ff, 4, 0);
	vmm_port_out(c0, 0x5655, 4, ~0u);
	vmm_port_out(c0, 0xffff, 4, ~0u);
	assert_int_equal(fake.accesses, 0);
	/* Devices behind 0x1000: one access of that width. */
	fake.answer = 0x12345678;
	assert_int_equal(vmm_port_in(c0, 0xc040, 4), 0x12345678);
	assert_int_equal(fake.accesses, 1);
	assert_int_equal(fake.width, 4);
	vmm_port_out(c0, 0xc042, 2, 0xabcd);
	assert_int_equal(fake.accesses, 2);
	assert_int_equal(fake.address, 0xc042);
	assert_int_equal(fake.width, 2);
	vmm_port_out(c0, 0x43, 1, 0x34);
	assert_int_equal(fake.accesses, 3);
}

static void test_console(void **state)
{
	vmm_port_out(c0, 0x3fb, 1, 0x83);
	vmm_port_out(c0, 0x3f8, 1, 1); /* divisor */
	assert_int_equal(uart_bytes, 0);
	vmm_port_out(c0, 0x3fb, 1, 0x03);
	vmm_port_out(c0, 0x3f8, 1, 'a');
	vmm_port_out(c0, 0x3f8, 1, 'Q');
	assert_int_equal(uart_bytes, 2);
	assert_int_equal(uart_sum, 'a' + 'Q');
	assert_int_equal(fake.value, 'Q');
	fake.fault = FAULT_CONSOLE_BYTE_LOST;
	fake.accesses = 0;
	vmm_port_out(c0, 0x3f8, 1, 'Q');
	assert_int_equal(fake.accesses, 0);
	assert_int_equal(uart_bytes, 2);
	vmm_port_out(c0, 0x3f8, 1, 'R');
	assert_int_equal(uart_bytes, 3);
}

static void test_verdicts(void **state)
{
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x604, 2, 0x2000)), "off");
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x604, 4, 0x2001)), "off");
	setup(state);
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x604, 2, 0x2400)), "");
	assert_int_equal(vmm_port_in(c0, 0x604, 2), 0x400);
	assert_string_equal(VERDICT(vmm_port_out(c0, 0xcf9, 1, 0x02)), "");
	assert_string_equal(VERDICT(vmm_port_out(c0, 0xcf9, 1, 0x06)), "reset");
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x64, 1, 0xfe)), "reset");
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x92, 1, 0x01)), "reset");
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x92, 1, 0x00)), "");
	vmm_port_out(c0, 0x64, 1, 0xd1);
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x60, 1, 0x02)), "reset");
	vmm_port_out(c0, 0x64, 1, 0xd1);
	fake.accesses = 0;
	assert_string_equal(VERDICT(vmm_port_out(c0, 0x60, 1, 0x01)), ""); /* A20 stays open */
	vmm_port_out(c0, 0x64, 1, 0xdd);
	assert_int_equal(fake.accesses, 0);
	vmm_port_out(c0, 0x64, 1, 0xaa);
	assert_int_equal(fake.accesses, 1);
}

static void test_pm_timer(void **state)
{
	u32 first = vmm_port_in(c0, 0x608, 4);

	fake.now += 1000000000;
	assert_int_equal((vmm_port_in(c0, 0x608, 4) - first) & 0xffffff, 3579545);
	vmm_port_out(c0, 0x608, 4, 0);
	vmm_port_out(c0, 0x602, 2, 0x1234);
	assert_int_equal(vmm_port_in(c0, 0x602, 2), 0x1234);
	assert_int_equal(vmm_port_in(c0, 0x600, 2), 0);
	assert_int_equal(vmm_port_in(c0, 0x67e, 2), 0);
}

static u8 cmos(u8 index)
{
	vmm_port_out(c0, 0x70, 1, index);
	return (u8)vmm_port_in(c0, 0x71, 1);
}

static void test_cmos(void **state)
{
	assert_int_equal(cmos(0x34) | cmos(0x35) << 8, (FAKE_LOW - MIB(16)) / KIB(64));
	assert_int_equal(cmos(0x30) | cmos(0x31) << 8, 65535);
	assert_int_equal(cmos(0x15) | cmos(0x16) << 8, 640);
	assert_int_equal(cmos(0x5b) | cmos(0x5c) << 8 | cmos(0x5d) << 16, FAKE_HIGH / KIB(64));
	assert_int_equal(cmos(0x5f), 1);
	assert_int_equal(fake.accesses, 0);
	vmm_port_out(c0, 0x71, 1, 0); /* cannot be changed */
	assert_int_equal(fake.accesses, 0);
	fake.answer = 0x26;
	assert_int_equal(cmos(0x80 | 0x0a), 0x26);
	assert_int_equal(fake.address, 0x71);
}

static void test_pic(void **state)
{
	assert_int_equal(vmm_port_in(c0, 0x21, 1), 0xff);
	vmm_port_out(c0, 0x20, 1, 0x11);
	vmm_port_out(c0, 0x21, 1, 0x20);
	vmm_port_out(c0, 0x21, 1, 0x04);
	vmm_port_out(c0, 0x21, 1, 0x01);
	assert_int_equal(vmm_port_in(c0, 0x21, 1), 0);
	vmm_port_out(c0, 0x21, 1, 0xfb);
	assert_int_equal(vmm_port_in(c0, 0x21, 1), 0xfb);
	assert_int_equal(vmm_port_in(c0, 0xa1, 1), 0xff);
	vmm_port_out(c0, 0xa0, 1, 0x12); /* no ICW3, no ICW4 */
	vmm_port_out(c0, 0xa1, 1, 0x28);
	vmm_port_out(c0, 0xa1, 1, 0xee);
	assert_int_equal(vmm_port_in(c0, 0xa1, 1), 0xee);
	assert_int_equal(vmm_port_in(c0, 0xa0, 1), 0);
	vmm_port_out(c0, 0x4d0, 2, 0x1220);
	assert_int_equal(vmm_port_in(c0, 0x4d0, 2), 0x1220);
	assert_int_equal(fake.accesses, 0);
}

static void address(unsigned bdf, unsigned offset)
{
	vmm_port_out(c0, 0xcf8, 4, 0x80000000 | bdf << 8 | (offset & 0xfc));
}

static u32 cfg_read(unsigned bdf, unsigned offset, unsigned width)
{
	address(bdf, offset);
	return vmm_port_in(c0, (u16)(0xcfc + (offset & 3)), width);
}

static void cfg_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	address(bdf, offset);
	vmm_port_out(c0, (u16)(0xcfc + (offset & 3)), width, value);
}

static void test_pci_bridges(void **state)
{
	u8 before[256];

	assert_int_equal(cfg_read(0, 0, 4), 0x29c08086);
	assert_int_equal(cfg_read(0xf8, 2, 2), 0x2918);
	assert_int_equal(cfg_read(0xf8, 0x40, 4), 0x601);
	assert_int_equal(cfg_read(0xfa, 0, 4), 0xffffffff); /* AHCI: absent and off */
	assert_int_equal(fake.cfg[0xfa][4] | fake.cfg[0xfa][5], 0);
	assert_int_equal(fake.cfg[0][0x60], 0); /* no window in the machine */
	memcpy(before, fake.cfg[0xf8], 256);
	for (unsigned i = 0; i < 256; i += 4)
		cfg_write(0xf8, i, 4, 0x12345678 + i);
	assert_memory_equal(before, fake.cfg[0xf8], 256);
	assert_int_equal(cfg_read(0xf8, 0, 4), 0x29188086);
	assert_int_equal(cfg_read(0xf8, 0x40, 4), 0x601); /* PM block stays */
	assert_int_equal(cfg_read(0xf8, 0x60, 4), 0x12345678 + 0x60);
	memcpy(before, fake.cfg[0], 256);
	for (unsigned i = 0; i < 256; i++)
		cfg_write(0, i, 1, i);
	assert_memory_equal(before, fake.cfg[0], 256);
	/* 0xcf8 by bytes is no address; 0xcf9 is the reset register. */
	address(8, 0);
	vmm_port_out(c0, 0xcf8, 1, 0xff);
	assert_int_equal(vmm_port_in(c0, 0xcfc, 4), 0x10001af4);
	assert_int_equal(vmm_port_in(c0, 0xcf8, 4), 0x80000800);
	vmm_port_out(c0, 0xcf8, 4, 0x800);
	assert_int_equal(vmm_port_in(c0, 0xcfc, 4), 0xffffffff);
	/* Across the end of the dword: bytes of nothing. */
	address(8, 0);
	vmm_port_out(c0, 0xcff, 4, 0);
	vmm_port_in(c0, 0xcfe, 4);
	assert_int_equal(fake.accesses, 0);
}

static void test_pci_devices(void **state)
{
	u8 *d = fake.cfg[8];

	assert_int_equal(d[4], 3);
	put(d + 0x10, 0xc001);
	cfg_write(8, 0x10, 4, 0x2f9); /* over the host's channel */
	assert_int_equal(cfg_read(8, 0x10, 4), 0xc001);
	cfg_write(8, 0x10, 2, 0x0601);
	assert_int_equal(cfg_read(8, 0x10, 4), 0xc001);
	cfg_write(8, 0x11, 1, 0x02);
	assert_int_equal(cfg_read(8, 0x10, 4), 0xc001);
	cfg_write(8, 0x10, 4, 0x102f9); /* QEMU decodes 16 bits */
	assert_int_equal(cfg_read(8, 0x10, 4), 0xc001);
	cfg_write(8, 0x10, 4, 0xffffffff); /* sizing */
	assert_int_equal(cfg_read(8, 0x10, 4), 0xffffffff);
	put(d + 0x10, 0xffe1);
	cfg_write(8, 0x10, 4, 0x6001);
	assert_int_equal(cfg_read(8, 0x10, 4), 0x6001);
	/* A bus master could write over the monitor. */
	for (unsigned width = 1; width <= 4; width *= 2) {
		cfg_write(8, 4, width, 7);
		assert_int_equal(d[4], 3);
	}
	cfg_write(8, 5, 1, 4); /* SERR and the like: another byte */
	assert_int_equal(d[5], 4);
	/* Messages cannot be switched on; the list may be a loop. */
	d[6] = 0x10;
	d[0x34] = 0x40;
	put(d + 0x40, 0x00005011); /* MSI-X, next 0x50 */
	put(d + 0x50, 0x00004005); /* MSI, next 0x40 */
	cfg_write(8, 0x42, 2, 0x8007);
	cfg_write(8, 0x52, 2, 0x0081);
	assert_int_equal(cfg_read(8, 0x40, 4), 0x00075011);
	assert_int_equal(cfg_read(8, 0x50, 4), 0x00804005);
	assert_int_equal(cfg_read(0x10, 0, 4), 0xffffffff);
}

static void test_ecam(void **state)
{
	u64 at = 0xe0000000;

	assert_int_equal(vmm_mmio_read(c0, 0xb0000000, 4), 0); /* the machine's answer: 0 */
	cfg_write(0, 0x60, 4, 0xb0000001);
	assert_int_equal(vmm_mmio_read(c0, 0xb0008000, 4), 0x10001af4);
	assert_int_equal(vmm_mmio_read(c0, 0xb0008002, 2), 0x1000);
	assert_int_equal(vmm_mmio_read(c0, 0xb0008001, 2), 0xffff);
	assert_int_equal(vmm_mmio_read(c0, 0xb0008000, 8), ~0ULL);
	assert_int_equal(vmm_mmio_read(c0, 0xb0008100, 4), 0);
	vmm_mmio_write(c0, 0xb0008004, 2, 6);
	assert_int_equal(fake.cfg[8][4], 2);
	assert_int_equal(vmm_mmio_read(c0, 0xb00fa000, 4), 0xffffffff);
	cfg_write(0, 0x60, 4, 0xe0000001);
	assert_int_equal(pci_ecam(), 0xe0000000);
	cfg_write(0, 0x60, 4, 0xf0000001); /* over the interrupt controllers */
	assert_int_equal(pci_ecam(), 0);
	cfg_write(0, 0x60, 4, 0x00000001); /* over RAM */
	assert_int_equal(pci_ecam(), 0);
	cfg_write(0, 0x60, 4, 0xb0000003); /* another size */
	assert_int_equal(pci_ecam(), 0);
	assert_int_equal(vmm_mmio_read(c0, at, 4), 0);
}

static void test_mmio(void **state)
{
	static const u64 never[] = { 0,           FAKE_LOW - 4,       FAKE_LOW,   MONITOR_BASE,
				     MONITOR_END, 0x7ffffffc,         0xfec01000, 0xfed00000,
				     0xfed00100,  0xfed00110,         0xfed00400, 0xfed1c000,
				     0xfee01000,  0xfeefffff,         0xffe00000, 0xfffffffc,
				     GIB(4),      GIB(4) + FAKE_HIGH, 1ULL << 51, ~0ULL - 3,
				     ~0ULL };

	fake.answer = 0x1122334455667788ULL;
	for (unsigned i = 0; i < ARRAY_SIZE(never); i++) {
		for (unsigned w = 1; w <= 8; w *= 2) {
			assert_int_equal(vmm_mmio_read(c0, never[i], w), nothing(w));
			vmm_mmio_write(c0, never[i], w, 0);
		}
	}
	assert_int_equal(fake.accesses, 0);
	assert_int_equal(vmm_mmio_read(c0, 0xc00000f0, 8), 0x1122334455667788ULL);
	assert_int_equal(fake.accesses, 1);
	vmm_mmio_write(c0, 0xc0000002, 2, 0xbeef);
	assert_int_equal(fake.accesses, 2);
	assert_int_equal(fake.width, 2);
	assert_int_equal(fake.address, 0xc0000002);
	assert_int_equal(vmm_mmio_read(c0, 0xc0000ffe, 4), 0xffffffff); /* across pages */
	assert_int_equal(vmm_mmio_read(c0, 0xc0000000, 3), ~0ULL);
	vmm_mmio_write(c0, 0xc0000000, 16, 0);
	assert_int_equal(fake.accesses, 2);
	assert_false(vmm_is_mmio(0));
	assert_false(vmm_is_mmio(0xfffffff0));
	assert_true(vmm_is_mmio(0xfee00000));
	assert_true(vmm_is_mmio(FAKE_LOW));
}

static u32 coop(u32 command, unsigned n, u64 first, u64 second)
{
	u64 in[2] = { first, second };

	for (unsigned i = 0; i < 2 * n; i++)
		vmm_port_out(c0, 0x51c, 4, (u32)(in[i / 2] >> (i % 2 * 32)));
	vmm_port_out(c0, 0x518, 4, command);
	return vmm_port_in(c0, 0x518, 4);
}

static u64 result(void)
{
	u64 low = vmm_port_in(c0, 0x51c, 4);

	return low | (u64)vmm_port_in(c0, 0x51c, 4) << 32;
}

static u32 hook(struct vcpu *v, u32 command, const u64 *in, u64 *out)
{
	if (command == COOP_QUERY) {
		out[0] = BIT(COOP_REMAP);
		return COOP_OK;
	}
	if (command != COOP_REMAP)
		return (u32)COOP_UNKNOWN;
	out[0] = in[0] + 1;
	return COOP_OK;
}

static void test_coop(void **state)
{
	assert_int_equal(coop(COOP_QUERY, 0, 0, 0), 0xffffffff); /* coop=0: absent */
	config.coop = true;
	assert_int_equal(coop(COOP_QUERY, 0, 0, 0), COOP_OK);
	assert_int_equal(result(), COOP_MAGIC);
	assert_int_equal(result(), 0xf9a07);
	assert_int_equal(coop(COOP_WRITE_SHARED, 2, 0x1008, 0x1234567890abcdefULL), COOP_OK);
	assert_int_equal(fake.ram[1], 0x1234567890abcdefULL);
	assert_int_equal(coop(COOP_READ_SHARED, 1, 0x1008, 0), COOP_OK);
	assert_int_equal(result(), 0x1234567890abcdefULL);
	assert_int_equal(coop(COOP_READ_SHARED, 1, 0x1004, 0), COOP_BAD);
	assert_int_equal(coop(COOP_READ_SHARED, 1, MONITOR_BASE, 0), COOP_BAD);
	assert_int_equal(coop(COOP_WRITE_SHARED, 2, 0xfee00300, 1), COOP_BAD);
	assert_int_equal(coop(COOP_WRITE_SHARED, 2, ~7ULL, 1), COOP_BAD);
	assert_int_equal(coop(COOP_INJECT_IRQ, 1, 15, 0), COOP_BAD);
	assert_int_equal(coop(COOP_INJECT_IRQ, 1, BIT(32) | 0x60, 0), COOP_BAD);
	lapic_write(c0, LAPIC_SVR, 0x1ff);
	assert_int_equal(coop(COOP_INJECT_IRQ, 1, 0x60, 0), COOP_OK);
	assert_true(vmm_has_event(c0));
	fake.fault = FAULT_UNASKED_LOST;
	assert_int_equal(coop(COOP_INJECT_IRQ, 1, 0x61, 0), COOP_OK);
	assert_int_equal(lapic_of(c0)->irr[3], 1);
	vmm_port_out(c0, 0x3f8, 1, 'x');
	assert_int_equal(coop(COOP_CONSOLE_SUM, 0, 0, 0), COOP_OK);
	assert_int_equal(result(), 1);
	assert_int_equal(result(), 'x');
	vmm_conversions = 9;
	c0->exits = 5;
	c1->exits = BIT(40);
	assert_int_equal(coop(COOP_COUNTERS, 0, 0, 0), COOP_OK);
	assert_int_equal(result(), 9);
	assert_int_equal(result(), BIT(40) + 5);
	assert_int_equal(coop(COOP_REMAP, 1, 0x1000, 0), 0xffffffff);
	assert_int_equal(coop(COOP_DESTROY, 1, 0x1000, 0), 0xffffffff);
	vmm_coop_hook = hook;
	assert_int_equal(coop(COOP_REMAP, 1, 0x1000, 0), COOP_OK);
	assert_int_equal(result(), 0x1001);
	assert_int_equal(coop(COOP_QUERY, 0, 0, 0), COOP_OK);
	result();
	assert_int_equal(result(), 0xfda07);
	vmm_coop_hook = NULL;
	/* More words than there are; reads without an answer; other widths. */
	for (unsigned i = 0; i < 100; i++)
		vmm_port_out(c0, 0x51c, 4, i);
	assert_int_equal(vmm_port_in(c0, 0x51c, 4), 0xffffffff);
	coop(COOP_QUERY, 0, 0, 0);
	for (unsigned i = 0; i < 100; i++)
		vmm_port_in(c0, 0x51c, 4);
	assert_int_equal(vmm_port_in(c0, 0x51c, 4), 0xffffffff);
	assert_int_equal(vmm_port_in(c0, 0x518, 2), 0xffff);
	assert_int_equal(vmm_port_in(c1, 0x518, 4), 0); /* its own words */
}

static void test_debugcon(void **state)
{
	for (const char *s = "one\ntwo\n"; *s != '\0'; s++)
		vmm_port_out(c0, 0x402, 1, (u8)*s);
	assert_int_equal(fake.lines, 0);
	config.trace = true;
	for (const char *s = "one\ntwo\n"; *s != '\0'; s++)
		vmm_port_out(c0, 0x402, 1, (u8)*s);
	assert_int_equal(fake.lines, 2);
	for (unsigned i = 0; i < 1000000; i++)
		vmm_port_out(c0, 0x402, 1, (u8)i);
	assert_in_range(fake.lines, 100, 2000);
}

static void test_cpuid(void **state)
{
	u32 r[4];

	vmm_cpuid(c1, 0, 0, r);
	assert_int_equal(r[0], 0x1f);
	vmm_cpuid(c1, 1, 0, r);
	assert_int_equal(r[1] >> 16, 0x0102);
	assert_int_equal(r[2] >> 31, 1);
	assert_int_equal(r[2] & (BIT(5) | BIT(3) | BIT(17) | BIT(27)), 0);
	assert_int_equal(r[2] >> 21 & 1, 1);
	c1->vmcb->cr4 = BIT(18) | BIT(22);
	vmm_cpuid(c1, 1, 0, r);
	assert_int_equal(r[2] >> 27 & 1, 1);
	vmm_cpuid(c1, 7, 0, r);
	assert_int_equal(r[2] >> 4 & 1, 1);
	assert_int_equal(r[1] & BIT(10), 0); /* INVPCID */
	vmm_cpuid(c1, 0xb, 0, r);
	assert_int_equal(r[0], 0);
	assert_int_equal(r[2], 0x100);
	assert_int_equal(r[3], 1);
	vmm_cpuid(c1, 0x1f, 1, r);
	assert_int_equal(r[0], 1);
	assert_int_equal(r[1], 2);
	assert_int_equal(r[2], 0x201);
	vmm_cpuid(c1, 0xb, 2, r);
	assert_int_equal(r[0] | r[1], 0);
	vmm_cpuid(c1, 0xd, 0, r);
	assert_int_equal(r[0], 0x207);
	assert_int_equal(r[3], 0);
	vmm_cpuid(c1, 0xd, 5, r);
	assert_int_equal(r[0] | r[1] | r[2] | r[3], 0);
	vmm_cpuid(c1, 0x40000000, 0, r);
	assert_memory_equal(r + 1, "KVMKVMKVM\0\0", 12);
	vmm_cpuid(c1, 0x80000001, 0, r);
	assert_int_equal(r[2] & BIT(2), 0); /* SVM */
	vmm_cpuid(c1, 0x80000008, 0, r);
	assert_int_equal(r[0], 52 | 48 << 8);
	static const u32 none[] = { 3,          5,          0xa,        0x12,       0x15,
				    0x16,       0x20,       0x4b564d,   0x40000001, 0x7fffffff,
				    0x8000000a, 0x8000001f, 0x80000020, 0xc0000000, 0xffffffff };
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
		vmm_cpuid(c1, none[i], 0, r);
		assert_int_equal(r[0] | r[1] | r[2] | r[3], 0);
	}
}

static void test_msrs(void **state)
{
	static const u32 none[] = { 0,          0x3b,  0x48,  0xc0000080, 0xc0010130,
				    0x4b564d00, 0x900, 0x210, 0x25a,      0xffffffff };
	u64 value;

	for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
		assert_false(vmm_msr_read(c0, none[i], &value));
		assert_false(vmm_msr_write(c0, none[i], 0));
	}
	assert_true(vmm_msr_read(c0, 0xfe, &value));
	assert_int_equal(value, 0x508);
	assert_false(vmm_msr_write(c0, 0xfe, 0));
	assert_true(vmm_msr_write(c0, 0x2ff, 0xc06));
	assert_false(vmm_msr_write(c0, 0x2ff, 0xc02));
	assert_false(vmm_msr_write(c0, 0x2ff, 0x1c06));
	assert_true(vmm_msr_read(c0, 0x2ff, &value));
	assert_int_equal(value, 0xc06);
	assert_true(vmm_msr_write(c0, 0x20f, BIT(51) | 0x800));
	assert_false(vmm_msr_write(c0, 0x20f, BIT(52)));
	assert_false(vmm_msr_write(c0, 0x20f, 1));
	assert_false(vmm_msr_write(c0, 0x20e, 0x102));
	assert_true(vmm_msr_read(c0, 0x20f, &value));
	assert_int_equal(value, BIT(51) | 0x800);
	assert_true(vmm_msr_write(c0, 0x26f, 0x0606060606060606ULL));
	assert_false(vmm_msr_write(c0, 0x26f, 7));
	assert_true(vmm_msr_write(c0, 0x277, 0x0007040600070406ULL));
	assert_false(vmm_msr_write(c0, 0x277, 2));
	assert_true(vmm_msr_write(c0, 0x10, 77));
	fake.now += 3;
	assert_true(vmm_msr_read(c0, 0x10, &value));
	assert_int_equal(value, 80);
	assert_true(vmm_msr_write(c0, 0x8b, 0));
	assert_false(vmm_msr_write(c0, 0x8b, 1));
	assert_true(vmm_msr_read(c0, 0xc0010010, &value));
	assert_int_equal(value, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_allow_list, setup),
		cmocka_unit_test_setup(test_marks, setup),
		cmocka_unit_test_setup(test_console, setup),
		cmocka_unit_test_setup(test_verdicts, setup),
		cmocka_unit_test_setup(test_pm_timer, setup),
		cmocka_unit_test_setup(test_cmos, setup),
		cmocka_unit_test_setup(test_pic, setup),
		cmocka_unit_test_setup(test_pci_bridges, setup),
		cmocka_unit_test_setup(test_pci_devices, setup),
		cmocka_unit_test_setup(test_ecam, setup),
		cmocka_unit_test_setup(test_mmio, setup),
		cmocka_unit_test_setup(test_coop, setup),
		cmocka_unit_test_setup(test_debugcon, setup),
		cmocka_unit_test_setup(test_cpuid, setup),
		cmocka_unit_test_setup(test_msrs, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
