/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI host of the CCA realm in front of a machine: what the guest sees of it, what a hostile
 * one can reach, and what is done for it.
 *
 * sources: hosts/arm64/vmm/pci.c hosts/arm64/vmm/pci_msix.c hosts/common/msix.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_pci_machine.h"

#define PLACE 0x10004000ULL

static int setup(void **state)
{
	(void)state;
	fake_machine();
	assert_int_equal(pci_init(false), 2);
	assert_int_equal(fake.bad, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake.bad, 0);
	return 0;
}

static u64 at(unsigned slot, unsigned reg)
{
	return PCI_ECAM_BASE + (slot << 15) + reg;
}

static u32 rd(unsigned slot, unsigned reg, unsigned width)
{
	u64 v = 0x1122334455667788ULL;

	assert_true(pci_access(at(slot, reg), width, false, &v));
	return (u32)v;
}

static void wr(unsigned slot, unsigned reg, unsigned width, u32 value)
{
	u64 v = value;

	assert_true(pci_access(at(slot, reg), width, true, &v));
}

static u64 bar_rd(u64 address, unsigned width)
{
	u64 v = 0;

	assert_true(pci_access(address, width, false, &v));
	return v;
}

static void place(unsigned slot, u64 base)
{
	wr(slot, 0x20, 4, (u32)base);
	wr(slot, 0x24, 4, (u32)(base >> 32));
}

static void test_only_virtio(void **state)
{
	(void)state;
	for (unsigned slot = 0; slot < 32; slot++) {
		u32 want = slot == FAKE_BLK ? 0x10421af4 : slot == FAKE_NET ? 0x10411af4 : ~0u;

		assert_int_equal(rd(slot, 0, 4), want);
		assert_int_equal(rd(slot, 0x1000, 4), ~0u); /* function 1 */
	}
	assert_int_equal(rd(FAKE_SERIAL, 0x10, 4), ~0u);
	wr(FAKE_SERIAL, 0x10, 4, 0x2000);
	wr(0, 4, 2, 7);
	assert_int_equal(le_get(fake.config[FAKE_SERIAL] + 0x10, 4), 0x1001);
	assert_int_equal(rd(FAKE_BLK, 0x100, 4), ~0u); /* no extended space */
	assert_int_equal(rd(FAKE_NET, 0, 2), 0x1af4);
	assert_int_equal(rd(FAKE_NET, 2, 1), 0x41);
}

/* Other devices of that vendor, transitional ones and beyond the ids, are not taken. */
static void test_not_taken(void **state)
{
	static const u16 ids[] = { 0x1000, 0x1041 - 0x40, 0x1040, 0x1080, 0x1110 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		fake_machine();
		le_put(fake.config[FAKE_BLK] + 2, ids[i], 2);
		assert_int_equal(pci_init(false), 1);
	}
	fake_machine();
	le_put(fake.config[FAKE_BLK], 0x1af5, 2);
	assert_int_equal(pci_init(false), 1);
	fake_machine();
	fake.taps_max = 1;
	assert_int_equal(pci_init(false), 1);
}

static void test_quiet_at_start(void **state)
{
	(void)state;
	assert_int_equal(rd(FAKE_BLK, 4, 2), 0);
	assert_int_equal(rd(FAKE_NET, 4, 2), 0);
	assert_int_equal(fake.taps[0].id, 2);
	assert_int_equal(fake.taps[1].id, 1);
	assert_int_equal(fake.taps[0].multiplier, 4);
	assert_int_equal(fake.taps[1].bdf, FAKE_NET << 3);
}

/* The chain the guest walks leads through the virtio structures and nothing else. */
static void test_msix_hidden(void **state)
{
	unsigned cap = rd(FAKE_BLK, 0x34, 1), n = 0, types = 0;

	(void)state;
	for (; cap != 0 && n < 48; n++) {
		assert_int_equal(rd(FAKE_BLK, cap, 1), 0x09);
		types |= 1u << rd(FAKE_BLK, cap + 3, 1);
		cap = rd(FAKE_BLK, cap, 2) >> 8;
	}
	assert_int_equal(n, 5);
	assert_int_equal(types, 0x3e);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(rd(FAKE_BLK, FAKE_MSIX + i, 1), 0);
	wr(FAKE_BLK, FAKE_MSIX + 2, 2, 0x8000);
	wr(FAKE_BLK, FAKE_MSIX, 4, 0x80000000);
	assert_int_equal(le_get(fake.config[FAKE_BLK] + FAKE_MSIX + 2, 2), FAKE_ENTRIES - 1);
}

/* In the middle of the chain the pointer of the one before is what changes. */
static void test_msix_hidden_inside(void **state)
{
	u8 *c;

	(void)state;
	fake_machine();
	c = fake.config[FAKE_BLK];
	c[0x34] = FAKE_PCI_CFG;
	c[FAKE_PCI_CFG + 1] = FAKE_MSIX;
	c[FAKE_MSIX + 1] = 0x70;
	assert_int_equal(pci_init(false), 2);
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG, 4) >> 8 & 0xff, 0x70);
	assert_int_equal(rd(FAKE_BLK, 0x34, 4) & 0xff, FAKE_PCI_CFG);
}

static void test_endless_chain(void **state)
{
	(void)state;
	fake_machine();
	fake.config[FAKE_BLK][0x41] = 0x40;
	assert_int_equal(pci_init(false), 2);
	assert_int_equal(fake.taps[0].multiplier, 4);
}

static void test_hidden_registers(void **state)
{
	(void)state;
	assert_int_equal(rd(FAKE_BLK, 0x0e, 1), 0); /* one function */
	assert_int_equal(rd(FAKE_BLK, 0x3c, 4), 0); /* no INTx */
	assert_int_equal(rd(FAKE_BLK, 0x30, 4), 0); /* no ROM */
	wr(FAKE_BLK, 0x30, 4, ~0u);
	wr(FAKE_BLK, 0x00, 4, 0);
	wr(FAKE_BLK, 0x0c, 4, ~0u);
	wr(FAKE_BLK, 0x34, 1, 0);
	wr(FAKE_BLK, 0x3e, 1, 1);
	wr(FAKE_BLK, 0x06, 2, 0xffff);
	assert_int_equal(le_get(fake.config[FAKE_BLK] + 0x30, 4), 1);
	assert_int_equal(rd(FAKE_BLK, 0, 4), 0x10421af4);
	assert_int_equal(fake.config[FAKE_BLK][0x34], FAKE_MSIX);
	assert_int_equal(fake.config[FAKE_BLK][6], 0x10);
	wr(FAKE_BLK, 0x3c, 1, 0x21); /* a scratch register */
	assert_int_equal(rd(FAKE_BLK, 0x3c, 4), 0x21);
}

static void test_io_bar_absent(void **state)
{
	u8 *c = fake.config[FAKE_BLK];

	(void)state;
	le_put(c + 0x10, 0x6001, 4);
	assert_int_equal(rd(FAKE_BLK, 0x10, 4), 0);
	assert_int_equal(rd(FAKE_BLK, 0x11, 1), 0);
	wr(FAKE_BLK, 0x10, 4, 0x1000);
	wr(FAKE_BLK, 0x12, 1, 0);
	assert_int_equal(le_get(c + 0x10, 4), 0x6001);
	/* The upper half of a 64-bit BAR may be odd and is no I/O BAR. */
	wr(FAKE_BLK, 0x24, 4, 0x11);
	assert_int_equal(rd(FAKE_BLK, 0x24, 4), 0x11);
}

static void test_command(void **state)
{
	(void)state;
	wr(FAKE_BLK, 4, 2, 0xffff);
	assert_int_equal(rd(FAKE_BLK, 4, 2), 0x406); /* never I/O, never SERR */
	assert_int_equal(fake.masters, 1);
	wr(FAKE_BLK, 4, 4, 0xffff0006); /* status is write-1-to-clear: not passed on */
	assert_int_equal(rd(FAKE_BLK, 4, 4), 0x00100006);
	assert_int_equal(fake.masters, 1);
	assert_int_equal(fake.violations, 0);
	wr(FAKE_BLK, 5, 1, 0x04); /* the upper byte alone */
	assert_int_equal(rd(FAKE_BLK, 4, 2), 0x406);
	wr(FAKE_BLK, 4, 1, 0x02);
	assert_int_equal(rd(FAKE_BLK, 4, 2), 0x402);
	assert_int_equal(fake.violations, 1);
	assert_string_equal(fake.kind, "bus-master-cleared");
	wr(FAKE_BLK, 4, 2, 6);
	assert_int_equal(fake.masters, 2);
}

static void test_sizing(void **state)
{
	(void)state;
	place(FAKE_BLK, ~0ULL);
	assert_int_equal(rd(FAKE_BLK, 0x20, 4), 0xffffc00c);
	assert_int_equal(rd(FAKE_BLK, 0x24, 4), ~0u);
	wr(FAKE_BLK, 0x14, 4, ~0u);
	assert_int_equal(rd(FAKE_BLK, 0x14, 4), 0xfffff000);
	assert_int_equal(rd(FAKE_BLK, 0x18, 4), 0);
	assert_int_equal(fake.taps[0].common_size, 0);
}

static void test_bars_forwarded(void **state)
{
	u64 v = 0xabcd;

	(void)state;
	place(FAKE_BLK, PLACE);
	assert_int_equal(bar_rd(PLACE, 4), 0xffffffff); /* not decoded yet */
	wr(FAKE_BLK, 4, 2, 6);
	assert_int_equal(fake.taps[0].common, PLACE);
	assert_int_equal(fake.taps[0].isr, PLACE + 0x1000);
	assert_int_equal(fake.taps[0].config, PLACE + 0x2000);
	assert_int_equal(fake.taps[0].notify, PLACE + 0x3000);
	assert_int_equal(bar_rd(PLACE + 0x14, 1), 0x5a);
	assert_int_equal(fake.bar_width, 1);
	assert_true(pci_access(PLACE + 0x3004, 2, true, &v));
	assert_int_equal(fake.bar_writes, 1);
	assert_int_equal(fake.bar_address, PLACE + 0x3004);
	assert_int_equal(fake.bar_value, 0xabcd);
	/* Moved, and off again. */
	place(FAKE_BLK, PLACE + 0x100000);
	assert_int_equal(bar_rd(PLACE, 4), 0xffffffff);
	assert_int_equal(bar_rd(PLACE + 0x100000, 4), 0x5a5a5a5a);
	wr(FAKE_BLK, 4, 2, 4);
	assert_int_equal(bar_rd(PLACE + 0x100000, 4), 0xffffffff);
}

static void test_empty_window(void **state)
{
	u64 v = 7;

	(void)state;
	wr(FAKE_BLK, 4, 2, 6);
	wr(FAKE_BLK, 0x14, 4, 0x10000000); /* the MSI-X table: not in any structure */
	assert_int_equal(bar_rd(0x10000000, 4), 0xffffffff);
	assert_true(pci_access(0x10000000, 4, true, &v));
	assert_int_equal(bar_rd(PCI_WINDOW_BASE, 1), 0xff);
	assert_int_equal(bar_rd(PCI_WINDOW_BASE + PCI_WINDOW_SIZE - 8, 8), ~0ULL);
	assert_int_equal(fake.bar_reads + fake.bar_writes, 0);
}

/* Wherever the guest places a BAR, only what lies in the window is reached. */
static void test_bar_outside(void **state)
{
	static const u64 places[] = { 0x08000000,     0x3edf0000, 0x3edec000, 0x100004000,
				      0x4010000000,   0,          0xffffc000, 0x8000000000,
				      0x110004000ULL, 0x3f000000 };

	(void)state;
	wr(FAKE_BLK, 4, 2, 6);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		place(FAKE_BLK, places[i]);
		assert_int_equal(bar_rd(PCI_WINDOW_BASE + 0x4000, 4), 0xffffffff);
		if (places[i] == 0x3edec000) { /* the very end of it */
			assert_int_equal(fake.taps[0].notify, 0x3edef000);
			continue;
		}
		assert_int_equal(fake.taps[0].common, 0);
		assert_int_equal(fake.taps[0].common_size, 0);
	}
	assert_int_equal(fake.bar_reads, 0);
}

static void test_structure_outside_window(void **state)
{
	(void)state;
	fake_machine();
	le_put(fake.config[FAKE_BLK] + 0x40 + 12, 0xffffffff, 4);
	le_put(fake.config[FAKE_BLK] + 0x50 + 8, 0xfffff000, 4);
	fake.config[FAKE_BLK][0x64] = 6; /* no such BAR */
	assert_int_equal(pci_init(false), 2);
	place(FAKE_BLK, PLACE);
	wr(FAKE_BLK, 4, 2, 6);
	assert_int_equal(fake.taps[0].common, 0);
	assert_int_equal(fake.taps[0].isr, 0);
	assert_int_equal(fake.taps[0].config, 0);
	assert_int_equal(fake.taps[0].notify, PLACE + 0x3000);
}

static void test_refused_accesses(void **state)
{
	u64 v = 0;

	(void)state;
	assert_false(pci_access(at(FAKE_BLK, 0), 8, false, &v));
	assert_false(pci_access(at(FAKE_BLK, 1), 2, false, &v));
	assert_false(pci_access(at(FAKE_BLK, 2), 4, true, &v));
	place(FAKE_BLK, PLACE);
	wr(FAKE_BLK, 4, 2, 6);
	assert_false(pci_access(PLACE + 1, 4, false, &v));
	assert_false(pci_access(PLACE + 4, 8, false, &v));
	assert_int_equal(bar_rd(PLACE + 8, 8), ~0ULL); /* fields of 64 bits by two accesses */
	assert_int_equal(fake.bar_reads, 0);
}

/* VIRTIO_PCI_CAP_PCI: the same registers, through the same checks. */
static void test_config_window(void **state)
{
	(void)state;
	place(FAKE_BLK, PLACE);
	wr(FAKE_BLK, 4, 2, 6);
	wr(FAKE_BLK, FAKE_PCI_CFG + 4, 1, 4);
	wr(FAKE_BLK, FAKE_PCI_CFG + 8, 4, 0x14);
	wr(FAKE_BLK, FAKE_PCI_CFG + 12, 4, 1);
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 1), 0x5a);
	assert_int_equal(fake.bar_address, PLACE + 0x14);
	wr(FAKE_BLK, FAKE_PCI_CFG + 16, 1, 0x0f);
	assert_int_equal(fake.bar_writes, 1);
	assert_int_equal(fake.bar_value, 0x0f);
	/* Not of the length that was said; no such BAR; misaligned; outside of all structures. */
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 4), ~0u);
	wr(FAKE_BLK, FAKE_PCI_CFG + 4, 1, 6);
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 1), 0xff);
	wr(FAKE_BLK, FAKE_PCI_CFG + 4, 1, 4);
	wr(FAKE_BLK, FAKE_PCI_CFG + 12, 4, 4);
	wr(FAKE_BLK, FAKE_PCI_CFG + 8, 4, 0x16);
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 4), ~0u);
	wr(FAKE_BLK, FAKE_PCI_CFG + 8, 4, 0x4000);
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 4), ~0u);
	assert_int_equal(fake.bar_reads, 1);
	assert_int_equal(fake.bar_writes, 1);
}

/* Another function's registers are not behind this one's window. */
static void test_config_window_own(void **state)
{
	(void)state;
	place(FAKE_BLK, PLACE);
	place(FAKE_NET, PLACE + 0x4000);
	wr(FAKE_BLK, 4, 2, 6);
	wr(FAKE_NET, 4, 2, 6);
	wr(FAKE_BLK, FAKE_PCI_CFG + 4, 1, 4);
	wr(FAKE_BLK, FAKE_PCI_CFG + 8, 4, 0x4014);
	wr(FAKE_BLK, FAKE_PCI_CFG + 12, 4, 1);
	assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 1), 0xff);
	assert_int_equal(fake.bar_reads, 0);
	assert_int_equal(bar_rd(PLACE + 0x4014, 1), 0x5a);
}

static void test_owns(void **state)
{
	(void)state;
	assert_true(pci_owns(0x10000000));
	assert_true(pci_owns(0x3edeffff));
	assert_false(pci_owns(0x3edf0000)); /* the machine's tables of MSI-X */
	assert_false(pci_owns(0x3efeffff));
	assert_false(pci_owns(0x3eff0000)); /* the machine's I/O window: the monitor's channel */
	assert_false(pci_owns(0x3effffff));
	assert_true(pci_owns(0x3f000000));
	assert_true(pci_owns(0x3f0fffff));
	assert_false(pci_owns(0x3f100000));
	assert_false(pci_owns(0x0fffffff));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_only_virtio),
		TEST(test_not_taken),
		TEST(test_quiet_at_start),
		TEST(test_msix_hidden),
		TEST(test_msix_hidden_inside),
		TEST(test_endless_chain),
		TEST(test_hidden_registers),
		TEST(test_io_bar_absent),
		TEST(test_command),
		TEST(test_sizing),
		TEST(test_bars_forwarded),
		TEST(test_empty_window),
		TEST(test_bar_outside),
		TEST(test_structure_outside_window),
		TEST(test_refused_accesses),
		TEST(test_config_window),
		TEST(test_config_window_own),
		TEST(test_owns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
