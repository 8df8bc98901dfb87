/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration space by a window, by ports and by a window the guest places; MSI-X.
 * sources: drivers/pci*.c mm/memmap.c lib/range.c lib/print.c
 */
#include "pci_machine.h"

static void test_access(void **state)
{
	struct pci_function *f;

	init();
	f = function(BLK);
	fake_logged = 0;
	assert_int_equal(pci_config_read(f, 0x1000, 4), 0xffffffff);
	assert_int_equal(pci_config_read(f, 0xffff, 1), 0xff);
	assert_int_equal(pci_config_read(f, 2, 4), 0xffffffff);
	assert_int_equal(pci_config_read(f, 0, 8), ~0u);
	assert_int_equal(pci_config_read(f, 2, 2), 0x1042);
	pci_config_write(f, 0x1000, 4, 0);
	pci_config_write(f, 0x41, 2, 0);
	assert_int_equal(fake_logged, 0);
	pci_config_write(f, 0xffc, 4, 5);
	assert_int_equal(fake_logged, 1);
}

/* ---- ports ---- */

static void test_ports(void **state)
{
	fake_ports();
	fake_put(fake_find(0), 0, 0x12378086, 4);
	assert_int_equal(init(), ST_OK);
	assert_int_equal(function(BLK)->bar[4].base, FAKE_MEM64);
	assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0xffffffff);
	assert_int_equal(pci_config_read(function(BLK), 2, 2), 0x1042);
	assert_int_equal(pci_enable(function(BLK)), ST_OK);
	assert_int_equal(fake_maps, 2); /* the BARs, no window */
}

static u64 window_after; /* where the fake chipset puts it */

static u32 window_works(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	if (bdf == 0 && offset == 0x60 && (honest & 1) != 0)
		fake_window = window_after;
	return honest;
}

static void q35(void)
{
	fake_ports();
	platform.pci_mem32 = (struct range){ 0xc0000000, 0x20000000 };
	window_after = 0xe0000000;
	fake_config_answer = window_works;
}

static void test_window_placed(void **state)
{
	q35();
	assert_int_equal(init(), ST_OK);
	assert_int_equal(fake_get(fake_find(0)->cfg + 0x60, 4), 0xe0000001);
	assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0); /* beyond what ports have */
	setup(state);
	q35();
	window_after = 0xd0000000; /* it answers elsewhere: ports go on */
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0xffffffff);
	setup(state);
	q35(); /* one that is on stays where it is */
	window_after = 0xb0000000;
	fake_put(fake_find(0), 0x60, 0xb0000001, 4);
	fake_logged = 0;
	assert_int_equal(init(), ST_OK);
	assert_int_equal(fake_get(fake_find(0)->cfg + 0x60, 4), 0xb0000001);
	assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0);
}

static u32 window_lies(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return bdf == 0 && offset == 0x60 ? honest & ~1u : honest;
}

static void test_window_refused(void **state)
{
	static const u32 on[] = { 0xb0000003, (u32)FAKE_RAM | 1 }; /* 128 buses; over RAM */

	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		setup(state);
		q35();
		fake_config_answer = NULL;
		fake_put(fake_find(0), 0x60, on[i], 4);
		assert_int_equal(init(), ST_OK);
		assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0xffffffff);
	}
	setup(state);
	q35();
	fake_config_answer = window_lies;
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0xffffffff);
	setup(state);
	q35(); /* RAM where it would go */
	assert_int_equal(memmap_add_ram(&memory_map, (struct range){ 0xe0000000, MIB(2) }, 0),
			 ST_OK);
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_config_read(function(BLK), 0x100, 4), 0xffffffff);
}

/* ---- MSI-X ---- */

static u32 table[16], pending_bits;
static bool mask_stuck;

static u32 msix_read(u16 bdf, unsigned bar, u64 offset, unsigned width)
{
	if (bar == 1 && offset < sizeof(table))
		return table[offset / 4] | (mask_stuck && offset % 16 == 12);
	return bar == 1 && offset == 0x800 ? pending_bits : ~0u;
}

static void msix_write(u16 bdf, unsigned bar, u64 offset, unsigned width, u32 v)
{
	assert_int_equal(width, 4);
	if (bar == 1 && offset < sizeof(table))
		table[offset / 4] = v;
}

static struct pci_function *with_msix(void)
{
	init();
	fake_bar_read = msix_read;
	fake_bar_write = msix_write;
	mask_stuck = false;
	memset(table, 0, sizeof(table));
	assert_int_equal(pci_enable(function(BLK)), ST_OK);
	fake_logged = 0;
	return function(BLK);
}

static void test_msix(void **state)
{
	static const struct msi_message m = { 0x1fee01000, 0x41, 0 };
	struct pci_function *f = with_msix();
	u64 entry = f->msix_table + 32;

	assert_int_equal(pci_msix_set(f, 2, &m, false), ST_OK);
	assert_int_equal(fake_logged, 5);
	assert_int_equal(fake_log[0].where, entry + 12); /* masked first */
	assert_int_equal(fake_log[0].value, 1);
	assert_int_equal(fake_log[1].where, entry);
	assert_int_equal(fake_log[4].where, entry + 12); /* unmasked last */
	assert_int_equal(fake_log[4].value, 0);
	assert_int_equal(table[8], 0xfee01000);
	assert_int_equal(table[9], 1);
	assert_int_equal(table[10], 0x41);
	assert_int_equal(pci_msix_set(f, 3, &m, true), ST_OK);
	assert_int_equal(table[15], 1);
	assert_int_equal(pci_msix_mask(f, 3, false), ST_OK);
	assert_int_equal(table[15], 0);
	assert_int_equal(pci_msix_set(f, 4, &m, true), ST_RANGE);
	assert_int_equal(pci_msix_mask(f, 4, true), ST_RANGE);
	pending_bits = 1 << 3;
	assert_true(pci_msix_pending(f, 3));
	assert_false(pci_msix_pending(f, 2));
	assert_false(pci_msix_pending(f, 4));
	assert_int_equal(pci_msix_enable(f, true), ST_OK);
	assert_int_equal(fake_get(blk->cfg + 0x9a, 2) & 0xc000, 0x8000);
	assert_int_equal(pci_msix_enable(f, false), ST_OK);
	assert_int_equal(fake_stray, 0);
	mask_stuck = true;
	assert_int_equal(pci_msix_set(f, 0, &m, false), ST_PROTOCOL);
	assert_int_equal(pci_msix_mask(f, 0, false), ST_PROTOCOL);
}

static u32 control_stays(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return offset == 0x9a ? 0x4003 : honest;
}

static void test_msix_refused(void **state)
{
	static const struct {
		u8 at;
		u32 value;
	} bad[] = {
		{ 0x9a, 0x7ff },     /* 2048 entries in 4 KiB */
		{ 0x9c, 0xfc8 | 1 }, /* beyond the end */
		{ 0x9c, 0xfffffff8 | 1 },
		{ 0x9c, 6 }, /* no such BAR */
		{ 0x9c, 7 },
		{ 0x9c, 0 }, /* a BAR that is not there */
		{ 0xa0, 0x1000 | 1 },
		{ 0xa0, 0x30 | 1 }, /* inside the table */
		{ 0xa0, 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		fake_put(blk, bad[i].at, bad[i].value, bad[i].at == 0x9a ? 2 : 4);
		expect_refused("MSI-X");
	}
	setup(state);
	fake_cap(blk, 0xf8, 0x11); /* its end would be outside */
	expect_refused("MSI-X");
	setup(state);
	init();
	assert_int_equal(pci_msix_mask(function(BLK), 0, true), ST_STATE);
	fake_config_answer = control_stays;
	assert_int_equal(pci_msix_enable(function(BLK), true), ST_PROTOCOL);
	setup(state);
	blk->cfg[0x98] = 5; /* none */
	init();
	assert_int_equal(function(BLK)->msix_entries, 0);
	assert_int_equal(pci_msix_enable(function(BLK), true), ST_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_access, setup),
		cmocka_unit_test_setup(test_ports, setup),
		cmocka_unit_test_setup(test_window_placed, setup),
		cmocka_unit_test_setup(test_window_refused, setup),
		cmocka_unit_test_setup(test_msix, setup),
		cmocka_unit_test_setup(test_msix_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
