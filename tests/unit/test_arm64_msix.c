/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X behind the PCI host of the CCA realm: the guest's table and its BAR are copies, and the
 * machine's table holds the monitor's messages, whatever the guest places where.
 *
 * sources: hosts/arm64/vmm/pci.c hosts/arm64/vmm/pci_msix.c hosts/common/msix.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_pci_machine.h"

#define TABLE   0x10008000ULL
#define CONTROL (FAKE_MSIX + 2)
#define ENABLE  0x8000u
#define MASKALL 0x4000u
#define ITS     0x08090040ULL

static int start(bool messages)
{
	fake_machine();
	assert_int_equal(pci_init(messages), 2);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return start(true);
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake.bad, 0);
	return 0;
}

static u32 rd(unsigned slot, unsigned reg, unsigned width)
{
	u64 v = ~0ULL;

	assert_true(pci_access(PCI_ECAM_BASE + (slot << 15) + reg, width, false, &v));
	return (u32)v;
}

static void wr(unsigned slot, unsigned reg, unsigned width, u32 value)
{
	u64 v = value;

	assert_true(pci_access(PCI_ECAM_BASE + (slot << 15) + reg, width, true, &v));
}

static u64 mem(u64 address, unsigned width)
{
	u64 v = 0x1122334455667788ULL;

	assert_true(pci_access(address, width, false, &v));
	return v;
}

static void mem_wr(u64 address, unsigned width, u64 value)
{
	assert_true(pci_access(address, width, true, &value));
}

static void place(unsigned slot, u32 at)
{
	wr(slot, 0x14, 4, at);
	wr(slot, 4, 2, 6);
}

static void entry(unsigned n, u64 address, u32 data, u32 masked)
{
	mem_wr(TABLE + 16 * n, 8, address);
	mem_wr(TABLE + 16 * n + 8, 4, data);
	mem_wr(TABLE + 16 * n + 12, 4, masked);
}

static void machine_entry(unsigned slot, unsigned n)
{
	const u32 *e = &fake.table[slot][4 * n];

	assert_int_equal(e[0], FAKE_BELL);
	assert_int_equal(e[1], 0);
	assert_int_equal(e[2], n);
	assert_int_equal(e[3], 0);
}

/* The chain has it, in front as QEMU puts it, and its words are the machine's. */
static void shown(void **state)
{
	(void)state;
	assert_int_equal(rd(FAKE_BLK, 0x34, 1), FAKE_MSIX);
	assert_int_equal(rd(FAKE_BLK, FAKE_MSIX, 4),
			 0x11 | FAKE_PCI_CFG << 8 | (FAKE_ENTRIES - 1) << 16);
	assert_int_equal(rd(FAKE_BLK, FAKE_MSIX + 4, 4), 1);
	assert_int_equal(rd(FAKE_BLK, FAKE_MSIX + 8, 4), FAKE_PBA | 1);
	wr(FAKE_BLK, FAKE_MSIX + 4, 4, 0);
	wr(FAKE_BLK, FAKE_MSIX + 8, 4, 0);
	assert_int_equal(rd(FAKE_BLK, FAKE_MSIX + 4, 4), 1);
	assert_int_equal(rd(FAKE_BLK, FAKE_MSIX + 8, 4), FAKE_PBA | 1);
}

/* One that this host cannot stand in for is left out as where there are no messages at all. */
static void not_shown(void **state)
{
	static const struct {
		unsigned at, width;
		u32 value;
	} odd[] = {
		{ FAKE_MSIX + 2, 2, 32 }, /* too many entries */
		{ FAKE_MSIX + 4, 4, 6 },  /* BARs nobody has */
		{ FAKE_MSIX + 8, 4, 7 },
		{ FAKE_MSIX + 8, 4, 0 },         /* another one */
		{ FAKE_MSIX + 4, 4, 0xfd8 | 1 }, /* beyond its end */
		{ FAKE_MSIX + 8, 4, 0x1000 | 1 },
		{ FAKE_MSIX + 8, 4, 0xfffffff8 | 1 },
		{ 0x14, 4, 8 }, /* prefetchable */
		{ 0x14, 4, 4 }, /* 64 bits */
		{ 0x14, 4, 1 }, /* ports */
		{ 0x74, 1, 1 }, /* a structure in that BAR */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		fake_machine();
		le_put(fake.config[FAKE_BLK] + odd[i].at, odd[i].value, odd[i].width);
		assert_int_equal(pci_init(true), 2);
		fake.bad = 0; /* of the ports: BAR 1 is written where sizes are found */
		assert_int_equal(rd(FAKE_BLK, 0x34, 1), FAKE_PCI_CFG);
		assert_int_equal(rd(FAKE_BLK, FAKE_MSIX, 4), 0);
		wr(FAKE_BLK, CONTROL, 2, ENABLE);
		assert_int_equal(fake.config[FAKE_BLK][CONTROL + 1] & 0x80, 0);
		assert_int_equal(rd(FAKE_NET, 0x34, 1), FAKE_MSIX);
	}
	start(false);
	assert_int_equal(rd(FAKE_BLK, 0x34, 1), FAKE_PCI_CFG);
}

/* A function without the capability, and lists without an end. */
static void none(void **state)
{
	(void)state;
	fake_machine();
	fake.config[FAKE_BLK][0x34] = FAKE_PCI_CFG;
	fake.config[FAKE_NET][0x34] = 0x40;
	fake.config[FAKE_NET][0x41] = 0x40;
	assert_int_equal(pci_init(true), 2);
	place(FAKE_BLK, (u32)TABLE);
	place(FAKE_NET, (u32)TABLE);
	assert_int_equal(mem(TABLE, 4), ~0u);
	assert_int_equal(le_get(fake.config[FAKE_BLK] + 0x14, 4), TABLE); /* no copy */
}

static void bar_is_a_copy(void **state)
{
	u64 own = le_get(fake.config[FAKE_BLK] + 0x14, 4);

	(void)state;
	assert_true(own - PCI_TABLES_BASE < PCI_TABLES_SIZE);
	assert_int_equal(rd(FAKE_BLK, 0x14, 4), 0);
	wr(FAKE_BLK, 0x14, 4, ~0u);
	assert_int_equal(rd(FAKE_BLK, 0x14, 4), 0xfffff000);
	wr(FAKE_BLK, 0x14, 4, (u32)TABLE | 0xf);
	assert_int_equal(rd(FAKE_BLK, 0x14, 4), TABLE);
	wr(FAKE_BLK, 0x16, 2, 0x2000);
	wr(FAKE_BLK, 0x15, 1, 0x7f);
	assert_int_equal(rd(FAKE_BLK, 0x14, 4), 0x20007000);
	assert_int_equal(rd(FAKE_BLK, 0x17, 1), 0x20);
	assert_int_equal(le_get(fake.config[FAKE_BLK] + 0x14, 4), own);
	assert_int_not_equal(le_get(fake.config[FAKE_NET] + 0x14, 4), own);
}

/* What the guest writes stays here, and answers where its function decodes. */
static void table_is_a_copy(void **state)
{
	(void)state;
	wr(FAKE_BLK, 0x14, 4, (u32)TABLE);
	assert_int_equal(mem(TABLE, 4), ~0u); /* not decoded */
	place(FAKE_BLK, (u32)TABLE);
	assert_int_equal(mem(TABLE + 12, 4), 1);
	entry(1, 0x1234567890abcdefULL, 0x77, 0);
	assert_int_equal(mem(TABLE + 16, 8), 0x1234567890abcdecULL);
	assert_int_equal(mem(TABLE + 24, 8), 0x77);
	assert_int_equal(mem(TABLE + FAKE_PBA, 8), 0);
	assert_int_equal(mem(TABLE + 16 * FAKE_ENTRIES, 4), 0); /* between table and PBA: nothing */
	mem_wr(TABLE + 16 * FAKE_ENTRIES, 4, 5);
	assert_int_equal(mem(TABLE + 0x1000, 4), ~0u);
	assert_int_equal(mem(TABLE - 4, 4), ~0u);
	for (unsigned i = 0; i < 4 * FAKE_ENTRIES; i++)
		assert_int_equal(fake.table[FAKE_BLK][i], i % 4 == 3);
	assert_int_equal(fake.bar_reads + fake.bar_writes, 0);
}

static void messages(void **state)
{
	(void)state;
	place(FAKE_BLK, (u32)TABLE);
	entry(0, ITS, 5, 0);
	entry(2, ITS, 9, 0);
	assert_false(pci_messages_enabled());
	wr(FAKE_BLK, CONTROL, 2, ENABLE);
	assert_true(pci_messages_enabled());
	assert_int_equal(rd(FAKE_BLK, CONTROL, 2), ENABLE | (FAKE_ENTRIES - 1));
	assert_int_equal(le_get(fake.config[FAKE_BLK] + CONTROL, 2) & (ENABLE | MASKALL), ENABLE);
	assert_int_equal(fake.lpis, FAKE_ENTRIES);
	for (unsigned i = 0; i < FAKE_ENTRIES; i++)
		machine_entry(FAKE_BLK, i);
	assert_true(fake_raise(FAKE_BLK, 2));
	assert_int_equal(fake.messages, 0);
	assert_true(msix_poll());
	assert_int_equal(fake.messages, 1);
	assert_int_equal(fake.message_bdf, FAKE_BLK << 3);
	assert_int_equal(fake.message_address, ITS);
	assert_int_equal(fake.message_data, 9);
	assert_false(msix_poll());
	/* Of the other function: its own events. */
	place(FAKE_NET, (u32)TABLE + 0x1000);
	wr(FAKE_NET, CONTROL, 2, ENABLE);
	machine_entry(FAKE_NET, 1);
	mem_wr(TABLE + 0x1000 + 12, 4, 0);
	assert_true(fake_raise(FAKE_NET, 0));
	assert_true(msix_poll());
	assert_int_equal(fake.message_bdf, FAKE_NET << 3);
	assert_int_equal(fake.message_address, 0);
	/* Off and on: nothing is mapped twice. */
	wr(FAKE_BLK, CONTROL, 2, 0);
	assert_false(fake_raise(FAKE_BLK, 0));
	wr(FAKE_BLK, CONTROL, 2, ENABLE);
	assert_int_equal(fake.lpis, 2 * FAKE_ENTRIES);
	assert_true(fake_raise(FAKE_BLK, 0));
}

/* Message control by bytes, words, and with the list's bytes before it. */
static void control(void **state)
{
	(void)state;
	place(FAKE_BLK, (u32)TABLE);
	wr(FAKE_BLK, CONTROL + 1, 1, 0xc0);
	assert_int_equal(rd(FAKE_BLK, CONTROL, 2), ENABLE | MASKALL | (FAKE_ENTRIES - 1));
	assert_int_equal(le_get(fake.config[FAKE_BLK] + CONTROL, 2), ENABLE);
	wr(FAKE_BLK, CONTROL, 1, 0xff);
	assert_int_equal(rd(FAKE_BLK, CONTROL, 2), ENABLE | MASKALL | (FAKE_ENTRIES - 1));
	wr(FAKE_BLK, FAKE_MSIX, 4, 0x80000000);
	assert_int_equal(rd(FAKE_BLK, CONTROL + 1, 1), 0x80);
	wr(FAKE_BLK, FAKE_MSIX, 2, 0xffff);
	assert_int_equal(rd(FAKE_BLK, FAKE_MSIX, 4),
			 0x80000011 | FAKE_PCI_CFG << 8 | (FAKE_ENTRIES - 1) << 16);
	/* Masked by the function's bit: pending, until it goes. */
	entry(1, ITS, 1, 0);
	wr(FAKE_BLK, CONTROL, 2, ENABLE | MASKALL);
	assert_true(fake_raise(FAKE_BLK, 1));
	assert_true(msix_poll());
	assert_int_equal(fake.messages, 0);
	assert_int_equal(mem(TABLE + FAKE_PBA, 4), 2);
	mem_wr(TABLE + FAKE_PBA, 8, 0);
	wr(FAKE_BLK, CONTROL, 2, ENABLE);
	assert_int_equal(fake.messages, 1);
	assert_int_equal(mem(TABLE + FAKE_PBA, 4), 0);
}

/* Enabled while the function does not decode: it does for the table's sake, and no longer. */
static void not_decoding(void **state)
{
	(void)state;
	wr(FAKE_BLK, CONTROL, 2, ENABLE);
	for (unsigned i = 0; i < FAKE_ENTRIES; i++)
		machine_entry(FAKE_BLK, i);
	assert_int_equal(rd(FAKE_BLK, 4, 2), 0);
	assert_int_equal(fake.config[FAKE_BLK][4], 0);
}

/* No LPI is left: those entries stay masked in the machine. */
static void no_room(void **state)
{
	(void)state;
	fake.its_room = 1;
	wr(FAKE_BLK, CONTROL, 2, ENABLE);
	machine_entry(FAKE_BLK, 0);
	assert_int_equal(fake.table[FAKE_BLK][7], 1);
	assert_int_equal(fake.table[FAKE_BLK][4], 0);
	assert_false(fake_raise(FAKE_BLK, 1));
}

/* Structures laid over the table: of the guest's copy and of the machine's. The former answers, the
 * latter is out of reach. */
static void overlaid(void **state)
{
	static const u32 places[] = { (u32)PCI_TABLES_BASE, (u32)PCI_TABLES_BASE + 0x20000,
				      (u32)PCI_TABLES_BASE + 0x50000 };

	(void)state;
	wr(FAKE_BLK, CONTROL, 2, ENABLE);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		wr(FAKE_BLK, 0x20, 4, places[i]);
		wr(FAKE_BLK, 0x24, 4, 0);
		wr(FAKE_BLK, 4, 2, 6);
		assert_int_equal(fake.taps[0].common_size + fake.taps[0].notify_size, 0);
		place(FAKE_NET, places[i]);
		assert_false(pci_owns(places[i]));
		/* Nor by the window of VIRTIO_PCI_CAP_PCI. */
		for (unsigned bar = 1; bar < 5; bar += 3) {
			wr(FAKE_BLK, FAKE_PCI_CFG + 4, 1, bar);
			wr(FAKE_BLK, FAKE_PCI_CFG + 8, 4, 0);
			wr(FAKE_BLK, FAKE_PCI_CFG + 12, 4, 4);
			wr(FAKE_BLK, FAKE_PCI_CFG + 16, 4, 0x4000);
			assert_int_equal(rd(FAKE_BLK, FAKE_PCI_CFG + 16, 4), ~0u);
		}
	}
	for (unsigned i = 0; i < FAKE_ENTRIES; i++)
		machine_entry(FAKE_BLK, i);
	/* The guest's own table under its own registers. */
	wr(FAKE_BLK, 0x20, 4, (u32)TABLE);
	place(FAKE_BLK, (u32)TABLE);
	assert_int_equal(fake.taps[0].common, TABLE);
	assert_int_equal(mem(TABLE + 12, 4), 1);
	assert_int_equal(mem(TABLE + 0x1000, 1), 0x5a);
	assert_int_equal(fake.bar_writes, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(shown),           TEST(not_shown), TEST(none),    TEST(bar_is_a_copy),
		TEST(table_is_a_copy), TEST(messages),  TEST(control), TEST(not_decoding),
		TEST(no_room),         TEST(overlaid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
