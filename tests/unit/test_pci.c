/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI driver on a machine whose functions are honest, and on one whose are not.
 * sources: drivers/pci*.c mm/memmap.c lib/range.c lib/print.c
 */
#include "pci_machine.h"

static void test_found(void **state)
{
	struct pci_function *f;

	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_count(), 1); /* not the bridge */
	assert_int_equal(pci_refused(), 0);
	assert_null(pci_function(1));
	f = function(BLK);
	assert_int_equal(f->vendor, 0x1af4);
	assert_int_equal(f->device, 0x1042);
	assert_int_equal(f->class_code, 0x010000);
	assert_int_equal(f->bar[1].base, FAKE_MEM32);
	assert_int_equal(f->bar[1].size, 0x1000);
	assert_int_equal(f->bar[4].base, FAKE_MEM64);
	assert_int_equal(f->bar[4].size, 0x4000);
	assert_true(f->bar[4].is_64);
	assert_int_equal(f->msix_entries, 4);
	assert_int_equal(f->msix_table, FAKE_MEM32);
	assert_int_equal(f->msix_pba, FAKE_MEM32 + 0x800);
	assert_int_equal(pci_config_read(f, 0x14, 4), FAKE_MEM32);
	assert_int_equal(pci_config_read(f, 0x24, 4), FAKE_MEM64 >> 32);
	assert_int_equal(fake_stray, 0);
}

/* Nothing is switched on by looking, and then both at once, in one write, once. */
static void test_one_write(void **state)
{
	struct pci_function *f;
	u32 v[4];

	init();
	f = function(BLK);
	assert_int_equal(fake_commands(BLK, v, 4), 0);
	assert_int_equal(pci_msix_enable(f, true), ST_OK);
	assert_int_equal(pci_enable(f), ST_OK);
	assert_int_equal(pci_enable(f), ST_OK);
	assert_int_equal(fake_commands(BLK, v, 4), 1);
	assert_int_equal(v[0], 0x406);
	assert_true(f->enabled);
}

static u32 command_stays_off(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return bdf == BLK && offset == 4 && width == 2 ? honest & ~4u : honest;
}

static void test_enable_refused(void **state)
{
	init();
	fake_config_answer = command_stays_off;
	assert_int_equal(pci_enable(function(BLK)), ST_PROTOCOL);
	assert_false(function(BLK)->enabled);
	fake_config_answer = NULL;
	fake_map_fails = true;
	assert_int_equal(pci_enable(function(BLK)), ST_NO_MEMORY);
	setup(state);
	fake_bar(blk, 0, false, MIB(32), 0);
	init();
	assert_int_equal(pci_enable(function(BLK)), ST_RANGE);
}

/* Firmware left decoding on, not mastering: off in one write, sized, on again by us. */
static void test_decoding(void **state)
{
	u32 v[4];

	fake_put(blk, 4, 3, 2);
	fake_bar(blk, 1, false, 0x1000, FAKE_MEM32 + 0x7000);
	assert_int_equal(init(), ST_OK);
	assert_int_equal(fake_commands(BLK, v, 4), 1);
	assert_int_equal(v[0], 0);
	assert_int_equal(function(BLK)->bar[1].base, FAKE_MEM32 + 0x7000); /* as it was */
	assert_int_equal(pci_enable(function(BLK)), ST_OK);
	assert_int_equal(fake_commands(BLK, v, 4), 2);
	assert_int_equal(v[1], 0x406);
}

static void live(void)
{
	fake_put(blk, 4, 7, 2);
	fake_bar(blk, 1, false, 0x1000, FAKE_MEM32 + 0x7000);
	fake_bar(blk, 4, true, 0x4000, FAKE_MEM64 + 0x10000);
}

/* Firmware left mastering on: never off, no BAR written, sizes from the capabilities. */
static void test_live(void **state)
{
	struct pci_function *f;

	live();
	assert_int_equal(init(), ST_OK);
	f = function(BLK);
	assert_int_equal(fake_logged, 0);
	assert_int_equal(f->bar[1].base, FAKE_MEM32 + 0x7000);
	assert_int_equal(f->bar[1].size, 0x1000);
	assert_int_equal(f->bar[4].base, FAKE_MEM64 + 0x10000);
	assert_int_equal(f->bar[4].size, 0x4000);
	assert_int_equal(f->msix_table, FAKE_MEM32 + 0x7000);
	assert_int_equal(pci_enable(f), ST_OK);
	for (unsigned i = 0; i < fake_logged; i++)
		assert_true(!fake_log[i].config || (fake_log[i].value & 6) == 6);
}

static void test_live_refused(void **state)
{
	live();
	fake_bar(blk, 1, false, 0x1000, FAKE_RAM + 0x1000);
	expect_refused("where none may be");
	setup(state);
	live();
	fake_bar(blk, 4, true, 0x4000, 0);
	expect_refused("where none may be");
	setup(state);
	live();
	fake_put(blk, 0x40 + 12, 0x11000, 4); /* a structure larger than the BAR is aligned for */
	expect_refused("cannot be");
	setup(state);
	live();
	fake_put(blk, 0x40 + 12, 0xffffffff, 4);
	expect_refused("cannot be");
	setup(state);
	live();
	fake_put(blk, 0x24, 4, 4); /* BAR 5 is the high half of BAR 4: allowed */
	blk->cfg[0x20] = 0;        /* but now BAR 4 is narrow and BAR 5 wide at the end */
	expect_refused("cannot be");
}

static void test_bad_bars(void **state)
{
	blk->mask[1] = 0xfff0f000;
	expect_refused("cannot be");
	setup(state);
	fake_put(blk, 0x20, 0, 4);
	blk->mask[4] = blk->mask[5] = 0;
	fake_put(blk, 0x24, 4, 4); /* 64 bits, nothing behind it */
	expect_refused("cannot be");
	setup(state);
	blk->stuck[1] = true;
	expect_refused("does not keep");
	setup(state);
	blk->stuck[5] = true; /* the high half */
	expect_refused("does not keep");
}

/* What firmware left over RAM, over another BAR or outside the windows is placed anew. */
static void test_moved(void **state)
{
	static const u64 bad[] = { FAKE_RAM, FAKE_RAM + FAKE_RAM_SIZE - 0x1000, FAKE_ECAM,
				   FAKE_MEM32 + FAKE_MEM32_SZ, 0xfffff000 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		fake_bar(blk, 1, false, 0x1000, bad[i]);
		assert_int_equal(init(), ST_OK);
		assert_int_equal(function(BLK)->bar[1].base, FAKE_MEM32);
	}
	setup(state);
	fake_bar(blk, 1, false, 0x1000, FAKE_MEM32);
	fake_bar(fake_virtio(BDF(3), 0x1044), 1, false, 0x1000, FAKE_MEM32);
	assert_int_equal(init(), ST_OK);
	assert_int_equal(function(BLK)->bar[1].base, FAKE_MEM32);
	assert_int_equal(function(BDF(3))->bar[1].base, FAKE_MEM32 + 0x1000);
}

static void test_room(void **state)
{
	/* The later one stays where firmware put it, so the earlier one goes elsewhere. */
	fake_bar(fake_virtio(BDF(3), 0x1044), 1, false, 0x1000, FAKE_MEM32);
	init();
	assert_int_equal(function(BLK)->bar[1].base, FAKE_MEM32 + 0x1000);
	setup(state);
	fake_bar(blk, 0, false, MIB(128), 0);
	expect_refused("no room");
	setup(state); /* a wide BAR goes below 4 GiB where there is no other window */
	platform.pci_mem64.size = 0;
	init();
	assert_int_equal(function(BLK)->bar[4].base, FAKE_MEM32 + 0x4000);
	setup(state); /* a window that begins with RAM, registers and a device in it */
	platform.pci_mem32 = (struct range){ FAKE_RAM, FAKE_RAM_SIZE + 0x6000 };
	platform.uart = UART_PL011;
	platform.uart_base = FAKE_RAM + FAKE_RAM_SIZE + 0x40;
	platform.lapic_base = FAKE_RAM + FAKE_RAM_SIZE + 0x1000;
	platform.gicd = (struct range){ FAKE_RAM + FAKE_RAM_SIZE + 0x2000, 0x1000 };
	platform.virtio_mmio_count = 1;
	platform.virtio_mmio[0].base = FAKE_RAM + FAKE_RAM_SIZE + 0x3200;
	init();
	assert_int_equal(function(BLK)->bar[1].base, FAKE_RAM + FAKE_RAM_SIZE + 0x4000);
	setup(state); /* windows that cannot be, are none */
	platform.pci_mem32 = (struct range){ 0xfffff000, 0x2000 };
	platform.pci_mem64 = (struct range){ BIT(45) - 0x1000, 0x2000 };
	expect_refused("no room");
	setup(state); /* registers of 16 bytes get a page */
	fake_bar(blk, 0, false, 16, 0);
	init();
	assert_int_equal(function(BLK)->bar[0].base, FAKE_MEM32);
	assert_int_equal(function(BLK)->bar[1].base, FAKE_MEM32 + 0x1000);
}

/* ACPI names no windows: what checks out stays, nothing is placed. */
static void test_no_windows(void **state)
{
	platform.pci_mem32.size = platform.pci_mem64.size = 0;
	fake_bar(blk, 1, false, 0x1000, 0xfebf0000);
	fake_bar(blk, 4, true, 0x4000, 0xe000000000);
	init();
	assert_int_equal(function(BLK)->bar[1].base, 0xfebf0000);
	assert_int_equal(function(BLK)->bar[4].base, 0xe000000000);
	fake_bar(blk, 4, true, 0x4000, BIT(45)); /* where the alias begins */
	expect_refused("no room");
}

static void test_buses(void **state)
{
	struct fake_fn *bridge = fake_add(BDF(4), 0x1b36, 0xc), *f;

	bridge->cfg[0xe] = 1;
	fake_put(bridge, 8, 0x06040000, 4);
	bridge->cfg[0x19] = 3;
	f = fake_virtio(3 << 8, 0x1044);
	fake_bar(f, 1, false, 0x1000, FAKE_MEM32 + 0x100000);
	fake_bar(f, 4, true, 0x4000, FAKE_MEM64 + 0x100000);
	assert_int_equal(init(), ST_OK);
	assert_non_null(function(3 << 8));
	fake_bar(f, 1, false, 0x1000, 0); /* behind a bridge nothing can be placed */
	assert_int_equal(init(), ST_OK);
	assert_null(function(3 << 8));
	assert_int_equal(pci_refused(), 1);
	bridge->cfg[0x19] = 0; /* not numbered */
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_refused(), 0);
	platform.ecam.size = MIB(2);
	bridge->cfg[0x19] = 3; /* not covered */
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_refused(), 0);
}

/* Every function of every bus is a bridge to any bus. */
static u32 bridges_everywhere(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	if (offset == 0)
		return 0x00011b36;
	return offset == 0x0e ? 0x81 : offset == 0x19 ? (bdf * 7u) & 0xff : 0;
}

static u32 functions_everywhere(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return offset == 0 ? 0x00011b36 : offset == 0x0e ? 0x80 : 0;
}

static u32 headers_everywhere(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return offset == 0 ? 0x00011b36 : offset == 0x0e ? 0x82 : 0;
}

static void test_bounds(void **state)
{
	fake_config_answer = bridges_everywhere;
	assert_int_equal(init(), ST_UNSUPPORTED);
	assert_true(fake_reads < 9 * 256 * 8);
	assert_true(fake_maps <= 8);
	fake_config_answer = functions_everywhere;
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_count(), PCI_FUNCTIONS_MAX);
	assert_int_equal(pci_refused(), 256 - PCI_FUNCTIONS_MAX);
	fake_config_answer = headers_everywhere;
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_refused(), 256);
	assert_int_equal(pci_count(), 0);
}

static void test_many(void **state)
{
	struct fake_fn *f = fake_virtio(BLK | 3, 0x1044); /* seen only where the header says so */

	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_count(), 1);
	blk->cfg[0xe] = 0x80;
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_count(), 2);
	blk->mask[1] = 1 << 20; /* the first one goes, the second keeps its own */
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_count(), 1);
	assert_int_equal(pci_function(0)->bdf, BLK | 3);
	assert_int_equal(pci_capability(pci_function(0), 0x11, 0), 0x98);
	fake_bar(blk, 1, false, 0x1000, 0);
	blk->stuck[1] = true; /* later, with a gap to close */
	f->cfg[0x98 + 2] = 1;
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_count(), 1);
	assert_int_equal(pci_function(0)->bdf, BLK | 3);
	assert_int_equal(pci_function(0)->msix_entries, 2);
}

static void test_none(void **state)
{
	fake_count = 0;
	assert_int_equal(init(), ST_UNSUPPORTED);
	platform.ecam.size = 0;
	assert_int_equal(init(), ST_UNSUPPORTED);
	setup(state);
	fake_map_fails = true;
	assert_int_equal(init(), ST_UNSUPPORTED);
	setup(state);
	platform.ecam.base = FAKE_RAM; /* over memory: not even looked at */
	assert_int_equal(init(), ST_UNSUPPORTED);
	assert_int_equal(fake_reads, 0);
}

static void test_capabilities(void **state)
{
	struct pci_function *f;
	u8 at = 0;
	unsigned n = 0;

	init();
	f = function(BLK);
	while ((at = pci_capability(f, 9, at)) != 0)
		n++;
	assert_int_equal(n, 5);
	/* The host closes the chain to a ring afterwards: what was read stands. */
	blk->cfg[0x99] = 0x84;
	for (at = 0, n = 0; (at = pci_capability(f, 9, at)) != 0;)
		n++;
	assert_int_equal(n, 5);
	assert_int_equal(pci_capability(f, 5, 0), 0);
	assert_int_equal(pci_capability(&(struct pci_function){ .bdf = 1 }, 9, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_found, setup),
		cmocka_unit_test_setup(test_one_write, setup),
		cmocka_unit_test_setup(test_enable_refused, setup),
		cmocka_unit_test_setup(test_decoding, setup),
		cmocka_unit_test_setup(test_live, setup),
		cmocka_unit_test_setup(test_live_refused, setup),
		cmocka_unit_test_setup(test_bad_bars, setup),
		cmocka_unit_test_setup(test_moved, setup),
		cmocka_unit_test_setup(test_room, setup),
		cmocka_unit_test_setup(test_no_windows, setup),
		cmocka_unit_test_setup(test_buses, setup),
		cmocka_unit_test_setup(test_bounds, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_none, setup),
		cmocka_unit_test_setup(test_capabilities, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
