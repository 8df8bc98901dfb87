/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtual ITS: every command with each of its errors, for both kinds. Numbers are those
 * of IHI 0069 and of KVM, written out.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vits.h"

/* ---- delivery ---- */
static void test_message(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(vits_message(&its, DEV, 3), 1u << 1);
	assert_true(vgic_pending(&gic, 1));
	assert_false(vgic_pending(&gic, 0));
	assert_int_equal(take_one(0), 0);
	assert_int_equal(take_one(1), 8200);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(vits_message(&its, DEV, 4), 0);
	assert_int_equal(vits_message(&its, DEV + 1, 3), 0);
	assert_int_equal(its.count.dropped, 2);
	assert_int_equal(its.count.raised, 1);
	assert_int_equal(event_command(3, DEV, 3), 0);
	assert_int_equal(take_one(1), 8200);
	assert_int_equal(its.count.raised, 2);
}

/* ---- MAPD ---- */
static void test_mapd(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(mapd(8191, 16, ITTS, true), 0);
	assert_int_equal(mapd(8192, 5, ITTS, true), 0x010801);
	assert_int_equal(mapd(0xffffffff, 5, ITTS, false), 0x010801);
	assert_int_equal(mapd(9, 17, ITTS, true), 0x010802);
	assert_int_equal(mapd(9, 32, ITTS, false), 0); /* a size means nothing then */
	/* Mapped again it has no events, and nothing pends. */
	vits_message(&its, DEV, 3);
	assert_int_equal(mapd(DEV, 4, ITTS, true), 0);
	assert_int_equal(vits_message(&its, DEV, 3), 0);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(mapti(DEV, 15, 8200, 1), 0);
	assert_int_equal(vits_message(&its, DEV, 15), 2);
	assert_int_equal(mapd(DEV, 4, ITTS, false), 0);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(mapti(DEV, 15, 8200, 1), 0x010a04);
	for (unsigned n = 0; n < 31; n++)
		assert_int_equal(mapd(100 + n, 5, ITTS, true), 0);
	assert_int_equal(mapd(200, 5, ITTS, true), 0x010800);
	assert_int_equal(mapd(100, 5, ITTS, true), 0);
}

/* The table as it is: nothing behind it, nothing outside RAM. */
static void test_mapd_table(void **state)
{
	const u64 page = its.kind == VITS_KVM ? 2 : 0, per = page != 0 ? 8192 : 512;

	(void)state;
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 1ULL << 63 | DEVTAB | 2 << 8 | 255); /* room for more than 16 bits */
	its_wr(0x0000, 4, 1);
	assert_int_equal(mapd(0xffff, 5, ITTS, true), 0);
	assert_int_equal(mapd(0x10000, 5, ITTS, true), 0x010801);
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 1ULL << 63 | (RAM + RAM_SIZE) | 2 << 8);
	its_wr(0x0000, 4, 1);
	assert_int_equal(mapd(1, 5, ITTS, true), 0x010801);
	/* Two levels: the first has one page. */
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 3ULL << 62 | DEVTAB);
	its_wr(0x0000, 4, 1);
	poke64(DEVTAB + 8 * 1, 1ULL << 63 | LEVEL2);
	poke64(DEVTAB + 8 * 2, LEVEL2);
	poke64(DEVTAB + 8 * 3, 1ULL << 63 | (RAM + RAM_SIZE));
	assert_int_equal(mapd((u32)per, 5, ITTS, true), 0);
	assert_int_equal(mapd((u32)per * 2 - 1, 5, ITTS, true), 0);
	assert_int_equal(mapd((u32)per * 2, 5, ITTS, true), 0x010801);
	assert_int_equal(mapd((u32)per * 3, 5, ITTS, true), 0x010801);
	assert_int_equal(mapd((u32)per - 1, 5, ITTS, true), 0x010801);
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 1ULL << 62 | DEVTAB); /* not valid */
	its_wr(0x0000, 4, 1);
	if (its.kind == VITS_STRICT)
		assert_int_equal(mapd((u32)per, 5, ITTS, true), 0x010801);
}

/* 4 KiB pages: the first level ends before the 16 bits do. */
static void test_level1_end(void **state)
{
	(void)state;
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 1ULL << 63 | DEVTAB);
	its_wr(0x0000, 4, 1);
	assert_int_equal(mapd(511, 5, ITTS, true), 0);
	assert_int_equal(mapd(512, 5, ITTS, true), 0x010801);
}

/* ---- MAPC ---- */
static void test_mapc(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(mapc(9, CPUS, true), 0x010902);
	assert_int_equal(mapc(8191, 3, true), 0);
	assert_int_equal(mapc(8192, 3, true), 0x010903);
	if (its.kind == VITS_STRICT) {
		assert_int_equal(command(0x09, 0, (GICR + 0x10000) | 9 | 1ULL << 63, 0), 0x010902);
		assert_int_equal(command(0x09, 0, (GICR - 0x20000) | 9 | 1ULL << 63, 0), 0x010902);
	}
	/* It goes where it was mapped to last, with what pends. */
	vits_message(&its, DEV, 3);
	assert_int_equal(mapc(1, 2, true), 0);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(take_one(2), 8200);
	assert_int_equal(vits_message(&its, DEV, 3), 4);
	assert_int_equal(take_one(2), 8200);
	/* Unmapped to nowhere, and back. */
	assert_int_equal(mapc(1, 0, false), 0);
	assert_int_equal(vits_message(&its, DEV, 3), 0);
	assert_int_equal(event_command(3, DEV, 3), 0x010307);
	assert_int_equal(event_command(15, DEV, 3), 0x010f07);
	assert_int_equal(event_command(4, DEV, 3), 0);
	assert_int_equal(event_command(12, DEV, 3), 0);
	assert_int_equal(mapc(1, 3, true), 0);
	assert_int_equal(vits_message(&its, DEV, 3), 8);
	assert_int_equal(take_one(3), 8200);
	assert_int_equal(mapc(77, 0, false), 0); /* never was */
	for (unsigned n = 0; n < 11; n++)
		assert_int_equal(mapc((u16)(100 + n), 0, true), 0);
	assert_int_equal(mapc(200, 0, true), 0x010903);
	assert_int_equal(mapti(DEV, 4, 8201, 200), 0x010a03);
	assert_int_equal(mapc(100, 0, false), 0); /* its place is free, event 3's is not */
	assert_int_equal(mapc(200, 0, true), 0);
	assert_int_equal(mapc(1, 0, false), 0);
	assert_int_equal(mapc(201, 0, true), 0x010903);
}

/* ---- MAPTI, MAPI ---- */
static void test_mapti(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(mapti(9, 0, 8201, 1), 0x010a04);
	assert_int_equal(mapti(DEV, 32, 8201, 1), 0x010a05);
	assert_int_equal(mapti(DEV, 31, 8191, 1), 0x010a06);
	assert_int_equal(mapti(DEV, 31, 16384, 1), 0x010a06);
	assert_int_equal(mapti(DEV, 31, 8201, 8192), 0x010a03);
	assert_int_equal(mapti(DEV, 31, 16383, 0), 0);
	assert_int_equal(mapti(DEV, 3, 8202, 0), 0); /* mapped already: stays */
	assert_int_equal(vits_message(&its, DEV, 3), 2);
	assert_int_equal(take_one(1), 8200);
	/* Its collection may be mapped later. */
	lpi_config(8201, 1);
	assert_int_equal(mapti(DEV, 4, 8201, 9), 0);
	assert_int_equal(vits_message(&its, DEV, 4), 0);
	assert_int_equal(mapc(9, 2, true), 0);
	assert_int_equal(vits_message(&its, DEV, 4), 4);
	assert_int_equal(take_one(2), 8201);
	/* Two events of one LPI. */
	assert_int_equal(mapti(DEV, 5, 8200, 0), 0);
	assert_int_equal(vits_message(&its, DEV, 5), 1);
	assert_int_equal(take_one(0), 8200);
	assert_int_equal(event_command(15, DEV, 5), 0);
	assert_int_equal(vits_message(&its, DEV, 3), 2);
	assert_int_equal(take_one(1), 8200);
}

static void test_mapi(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(mapd(DEV, 14, ITTS, true), 0);
	lpi_config(8333, 0xff);
	assert_int_equal(mapi(DEV, 8333, 2), 0);
	assert_int_equal(mapi(DEV, 100, 2), 0x010b06);
	assert_int_equal(vits_message(&its, DEV, 8333), 4);
	assert_int_equal(take_one(2), 8333);
}

static void test_room(void **state)
{
	(void)state;
	assert_int_equal(mapc(0, 0, true), 0);
	assert_int_equal(mapd(DEV, 9, ITTS, true), 0);
	for (unsigned n = 0; n < 256; n++)
		assert_int_equal(mapti(DEV, n, 8200 + n, 0), 0);
	assert_int_equal(mapti(DEV, 256, 8200, 0), 0x010a00);
	assert_int_equal(event_command(15, DEV, 200), 0);
	assert_int_equal(mapti(DEV, 256, 9000, 0), 0);
}

/* ---- commands of an event ---- */
static void test_movi(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(movi(DEV, 4, 2), 0x010107);
	assert_int_equal(movi(9, 3, 2), 0x010107);
	assert_int_equal(movi(DEV, 3, 9), 0x010109);
	vits_message(&its, DEV, 3);
	assert_int_equal(movi(DEV, 3, 2), 0);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(take_one(2), 8200);
	assert_int_equal(vits_message(&its, DEV, 3), 4);
	assert_int_equal(take_one(2), 8200);
}

static void test_discard_clear(void **state)
{
	(void)state;
	mapped();
	vits_message(&its, DEV, 3);
	assert_int_equal(event_command(4, DEV, 3), 0);
	assert_int_equal(take_one(1), 0);
	vits_message(&its, DEV, 3);
	assert_int_equal(event_command(15, DEV, 3), 0);
	assert_int_equal(take_one(1), 0);
	for (u8 op = 1; op < 16; op++)
		if (op == 1 || op == 3 || op == 4 || op == 12 || op == 15)
			assert_int_equal(event_command(op, DEV, 3),
					 0x010007u | (u32)(op == 4 ? 5 : op) << 8);
	assert_int_equal(mapti(DEV, 3, 8200, 1), 0);
	assert_int_equal(take_one(1), 0);
}

/* A changed configuration holds after INV, or INVALL of its collection. */
static void test_inv(void **state)
{
	(void)state;
	mapped();
	for (unsigned all = 0; all < 2; all++) {
		lpi_config(8200, 0xa0);
		assert_int_equal(vits_message(&its, DEV, 3), 2);
		assert_int_equal(take_one(1), 8200);
		assert_int_equal(all ? invall(1) : event_command(12, DEV, 3), 0);
		assert_int_equal(vits_message(&its, DEV, 3), 2);
		assert_int_equal(take_one(1), 0);
		lpi_config(8200, 0xa1);
		assert_int_equal(all ? invall(0) : event_command(4, 9, 3), all ? 0 : 0x010507);
		assert_int_equal(take_one(1), 0);
		assert_int_equal(all ? invall(1) : event_command(12, DEV, 3), 0);
		assert_int_equal(take_one(1), 8200);
	}
	assert_int_equal(invall(9), 0x010d09);
}

/* ---- MOVALL, SYNC, and what is no command ---- */
static void test_movall(void **state)
{
	(void)state;
	mapped();
	lpi_config(8201, 1);
	lpi_config(8202, 1);
	assert_int_equal(mapti(DEV, 4, 8201, 1), 0);
	assert_int_equal(mapti(DEV, 5, 8202, 2), 0);
	vits_message(&its, DEV, 3);
	vits_message(&its, DEV, 5);
	assert_int_equal(movall(CPUS, 0), 0x010e01);
	assert_int_equal(movall(0, CPUS), 0x010e01);
	assert_int_equal(movall(1, 3), 0);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(take_one(3), 8200);
	assert_int_equal(take_one(2), 8202);
	/* Events go on to their collection. */
	assert_int_equal(vits_message(&its, DEV, 3), 2);
	assert_int_equal(vits_message(&its, DEV, 4), 2);
	vgic_lpi_set_pending(&gic, 8201, false);
	assert_int_equal(take_one(1), 8200);
}

static void test_no_command(void **state)
{
	(void)state;
	assert_int_equal(command(0x05, ~0ULL, ~0ULL, ~0ULL), 0);
	for (unsigned op = 0; op < 256; op++)
		if (op == 0 || op == 2 || op == 6 || op == 7 || op > 15)
			assert_int_equal(command(op, 0, 0, 0), 0x010000 | op << 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_message),    BOTH(test_mapd),
		BOTH(test_mapd_table), cmocka_unit_test_setup(test_level1_end, strict),
		BOTH(test_mapc),       BOTH(test_mapti),
		BOTH(test_mapi),       BOTH(test_room),
		BOTH(test_movi),       BOTH(test_discard_clear),
		BOTH(test_inv),        BOTH(test_movall),
		BOTH(test_no_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
