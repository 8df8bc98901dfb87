/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual ITS's tables in guest memory: the layout of KVM's ITS table ABI, revision 0, bit by
 * bit, and what a restore makes of tables that somebody else wrote.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vits.h"

#define VALID (1ULL << 63)

static int setup(void **state)
{
	(void)state;
	its_up(VITS_STRICT);
	return 0;
}

static void collections(void)
{
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(mapc((u16)(c + 5), c, true), 0);
}

/* ---- layout ---- */
static void test_layout(void **state)
{
	(void)state;
	collections();
	assert_int_equal(mapd(0x10, 5, ITTS + 0x100, true), 0);
	assert_int_equal(mapd(0x123, 4, ITTS + 0x300, true), 0);
	lpi_config(8195, 0xa1);
	assert_int_equal(mapti(0x10, 2, 8195, 6), 0);
	assert_int_equal(mapti(0x10, 31, 16383, 8), 0);
	assert_int_equal(mapti(0x123, 0, 8192, 5), 0);
	assert_int_equal(vits_message(&its, 0x10, 2), 2);
	memset(&mem.ram[COLTAB - RAM], 0xff, 0x1000);
	memset(&mem.ram[DEVTAB - RAM], 0xff, 0x1000);
	memset(&mem.ram[ITTS - RAM], 0xff, 0x1000);
	assert_int_equal(vits_save(&its), ST_OK);
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(peek64(COLTAB + 8 * c), VALID | c << 16 | (c + 5));
	assert_int_equal(peek64(COLTAB + 8 * CPUS), 0);
	for (u64 d = 0; d < 0x10; d++)
		assert_int_equal(peek64(DEVTAB + 8 * d), 0);
	assert_int_equal(peek64(DEVTAB + 8 * 0x10),
			 VALID | 0x113ULL << 49 | (ITTS + 0x100) >> 8 << 5 | 4);
	assert_int_equal(peek64(DEVTAB + 8 * 0x11), ~0ULL); /* nobody looks there */
	assert_int_equal(peek64(DEVTAB + 8 * 0x123), VALID | (ITTS + 0x300) >> 8 << 5 | 3);
	assert_int_equal(peek64(ITTS + 0x100), 0);
	assert_int_equal(peek64(ITTS + 0x108), 0);
	assert_int_equal(peek64(ITTS + 0x110), 29ULL << 48 | 8195ULL << 16 | 6);
	assert_int_equal(peek64(ITTS + 0x1f8), 16383ULL << 16 | 8);
	assert_int_equal(peek64(ITTS + 0x300), 8192ULL << 16 | 5);
	assert_int_equal(peek64(ITTS + 0xf8), ~0ULL);
	assert_int_equal(peek64(ITTS + 0x200), ~0ULL);
	assert_int_equal(peek64(ITTS + 0x380), ~0ULL);
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(pending_bit(c, 8195), c == 1);
	assert_int_equal(mem.ram[PENDING - RAM + 0x10000 + 8195 / 8], 1u << 8195 % 8);

	assert_int_equal(vits_restore(&its), ST_OK);
	assert_int_equal(mem.outside, 0);
	assert_int_equal(take_one(1), 8195);
	assert_int_equal(vits_message(&its, 0x10, 31), 8);
	assert_int_equal(vits_message(&its, 0x123, 0), 1);
	assert_int_equal(vits_message(&its, 0x10, 2), 2);
	assert_int_equal(vits_message(&its, 0x10, 3), 0);
	assert_int_equal(take_one(1), 8195);
}

/* Distances beyond what `next` holds: the entry it leads to, and all up to the next, are not valid.
 */
static void test_far_apart(void **state)
{
	(void)state;
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, VALID | DEVTAB | 2 << 8 | 7); /* 65536 devices, over other tables */
	its_wr(0x0108, 8, VALID | LEVEL2);
	its_wr(0x0000, 4, 1);
	collections();
	assert_int_equal(mapd(1, 16, LEVEL2 + 0x10000, true), 0);
	assert_int_equal(mapd(0xffff, 1, LEVEL2 + 0x9000, true), 0);
	assert_int_equal(mapti(1, 0, 8192, 5), 0);
	assert_int_equal(mapti(1, 0xffff, 8193, 6), 0);
	for (unsigned c = 0; c < CPUS; c++) /* tables of LPIs lie elsewhere */
		gicr_wr(c, 0x00, 4, 0);
	memset(&mem.ram[DEVTAB - RAM], 0xff, 0x80000);
	memset(&mem.ram[LEVEL2 - RAM], 0xff, 0x100000);
	assert_int_equal(vits_save(&its), ST_OK);
	assert_int_equal(peek64(DEVTAB), 0);
	assert_int_equal(peek64(DEVTAB + 8) >> 49, 1u << 14 | 0x3fff);
	assert_int_equal(peek64(DEVTAB + 16), ~0ULL);
	assert_int_equal(peek64(DEVTAB + 8 * 0x3fff), ~0ULL);
	assert_int_equal(peek64(DEVTAB + 8 * 0x4000), 0);
	assert_int_equal(peek64(DEVTAB + 8 * 0xfffe), 0);
	assert_int_equal(peek64(DEVTAB + 8 * 0xffff), VALID | (LEVEL2 + 0x9000) >> 8 << 5);
	assert_int_equal(peek64(LEVEL2 + 0x9000), 0);
	assert_int_equal(peek64(LEVEL2 + 0x9008), 0);
	assert_int_equal(peek64(LEVEL2 + 0x9010), ~0ULL);
	assert_int_equal(peek64(LEVEL2 + 0x10000), 0xffffULL << 48 | 8192 << 16 | 5);
	assert_int_equal(peek64(LEVEL2 + 0x10008), ~0ULL);
	assert_int_equal(peek64(LEVEL2 + 0x10000 + 8 * 0xffff), 8193 << 16 | 6);
	assert_int_equal(vits_restore(&its), ST_OK);
	assert_int_equal(vgic_lpi_cpu(&gic, 8193), 1);
	assert_int_equal(mapti(0xffff, 1, 8194, 7), 0);
	assert_int_equal(event_command(15, 1, 0xffff), 0);
}

static void two_levels(u64 page)
{
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 3ULL << 62 | DEVTAB | page << 8);
	its_wr(0x0000, 4, 1);
}

/* A chain goes from one second-level page to the next; what is before an entry there is not valid.
 */
static void test_two_levels(void **state)
{
	const u32 ids[] = { 3, 500, 512 * 3 + 7, 512 * 3 + 8, 512 * 9 };

	(void)state;
	two_levels(0);
	poke64(DEVTAB, VALID | (LEVEL2 + 0x5000));
	poke64(DEVTAB + 8 * 2, VALID | (LEVEL2 + 0x3000));
	poke64(DEVTAB + 8 * 3, VALID | (LEVEL2 + 0x1000));
	poke64(DEVTAB + 8 * 9, VALID | (LEVEL2 + 0x2000));
	collections();
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_int_equal(mapd(ids[i], 1, ITTS + 0x100 * i, true), 0);
		assert_int_equal(mapti(ids[i], 1, 8192 + i, 5), 0);
	}
	memset(&mem.ram[LEVEL2 - RAM], 0xff, 0x8000);
	assert_int_equal(vits_save(&its), ST_OK);
	assert_int_equal(peek64(LEVEL2 + 0x5000 + 8 * 3) >> 49, 1u << 14 | 497);
	assert_int_equal(peek64(LEVEL2 + 0x5000 + 8 * 500) >> 49, 1u << 14 | (512 * 3 + 7 - 500));
	assert_int_equal(peek64(LEVEL2 + 0x5000 + 8 * 501), ~0ULL);
	assert_int_equal(peek64(LEVEL2 + 0x3000), 0);
	assert_int_equal(peek64(LEVEL2 + 0x3ff8), 0);
	assert_int_equal(peek64(LEVEL2 + 0x1000 + 8 * 6), 0);
	assert_int_equal(peek64(LEVEL2 + 0x1000 + 8 * 7) >> 49, 1u << 14 | 1);
	assert_int_equal(peek64(LEVEL2 + 0x1000 + 8 * 9), ~0ULL);
	assert_int_equal(peek64(LEVEL2 + 0x2000) >> 49, 1u << 14);
	assert_int_equal(peek64(LEVEL2 + 0x4000), ~0ULL);
	assert_int_equal(vits_restore(&its), ST_OK);
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(vits_message(&its, ids[i], 1), 1);
	/* Without one of its pages nothing can be saved; without devices all of them say so. */
	poke64(DEVTAB + 8 * 9, 0);
	assert_int_equal(vits_save(&its), ST_STATE);
	poke64(DEVTAB + 8 * 9, VALID | (RAM + RAM_SIZE));
	assert_int_equal(vits_save(&its), ST_FAULT);
	poke64(DEVTAB + 8 * 9, VALID | (LEVEL2 + 0x2000));
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(mapd(ids[i], 1, 0, false), 0);
	assert_int_equal(vits_save(&its), ST_OK);
	assert_int_equal(peek64(LEVEL2 + 0x1000 + 8 * 7), 0);
	assert_int_equal(peek64(LEVEL2 + 0x2000), 0);
	assert_int_equal(vits_restore(&its), ST_OK);
}

/* 64 KiB pages of the second level: 8192 devices each. */
static void test_big_pages(void **state)
{
	(void)state;
	two_levels(2);
	poke64(DEVTAB + 8 * 2, VALID | LEVEL2 | 0xf000); /* bits below the page do not count */
	collections();
	assert_int_equal(mapd(2 * 8192 + 8191, 5, ITTS, true), 0);
	assert_int_equal(mapti(2 * 8192 + 8191, 1, 8192, 5), 0);
	assert_int_equal(vits_save(&its), ST_OK);
	assert_int_equal(peek64(LEVEL2 + 0xfff8), VALID | ITTS >> 8 << 5 | 4);
	assert_int_equal(vits_restore(&its), ST_OK);
	assert_int_equal(vits_message(&its, 2 * 8192 + 8191, 1), 1);
}

/* ---- tables that are not there ---- */
static void test_save_nowhere(void **state)
{
	(void)state;
	assert_int_equal(vits_save(&its), ST_OK);
	assert_int_equal(vits_restore(&its), ST_OK);
	collections();
	assert_int_equal(mapd(600, 6, RAM + RAM_SIZE - 256, true), 0);
	assert_int_equal(vits_save(&its), ST_FAULT);
	assert_int_equal(mapd(600, 5, ITTS, true), 0);
	assert_int_equal(vits_save(&its), ST_OK);
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, VALID | DEVTAB); /* smaller now */
	assert_int_equal(vits_save(&its), ST_STATE);
	its_wr(0x0100, 8, VALID | DEVTAB | 2 << 8);
	its_wr(0x0108, 8, VALID | (RAM + RAM_SIZE));
	assert_int_equal(vits_save(&its), ST_FAULT);
	assert_int_equal(vits_restore(&its), ST_CORRUPT);
	its_wr(0x0108, 8, VALID | COLTAB);
	its_wr(0x0100, 8, 3ULL << 62 | (RAM + RAM_SIZE));
	assert_int_equal(vits_save(&its), ST_FAULT);
	assert_int_equal(vits_restore(&its), ST_CORRUPT);
	its_wr(0x0100, 8, 0);
	its_wr(0x0108, 8, 0);
	assert_int_equal(vits_save(&its), ST_OK);
	assert_int_equal(vits_restore(&its), ST_OK);
	assert_int_equal(its.count.saves, 7);
}

static void test_pending_nowhere(void **state)
{
	(void)state;
	collections();
	assert_int_equal(mapd(8, 5, ITTS, true), 0);
	assert_int_equal(mapti(8, 0, 8192, 5), 0);
	gicr_wr(2, 0x00, 4, 0);
	gicr_wr(2, 0x78, 8, RAM + RAM_SIZE);
	assert_int_equal(vits_save(&its), ST_OK);
	gicr_wr(2, 0x00, 4, 1);
	assert_int_equal(vits_save(&its), ST_FAULT);
	assert_int_equal(vits_restore(&its), ST_CORRUPT);
	assert_int_equal(vits_message(&its, 8, 0), 0);
}

/* ---- tables that say what cannot be ---- */
/* Good ones of somebody else, and what is mapped then. */
static void good_tables(void)
{
	memset(&mem.ram[COLTAB - RAM], 0, 0x1000);
	memset(&mem.ram[DEVTAB - RAM], 0, 0x10000);
	memset(&mem.ram[ITTS - RAM], 0, 0x1000);
	poke64(COLTAB, VALID | 1ULL << 16 | 5);
	poke64(COLTAB + 8, VALID | 0xffffffffULL << 16 | 6); /* nowhere, as KVM says it */
	poke64(DEVTAB + 8 * 2, VALID | 3ULL << 49 | ITTS >> 8 << 5 | 4);
	poke64(DEVTAB + 8 * 5, VALID | (ITTS + 0x800) >> 8 << 5 | 0);
	poke64(ITTS, 7ULL << 48 | 8200ULL << 16 | 5);
	poke64(ITTS + 8 * 7, 8201ULL << 16 | 6);
	poke64(ITTS + 8 * 9, 8202ULL << 16 | 5); /* behind the end */
	poke64(ITTS + 0x808, 8203ULL << 16 | 5);
}

static void refused(u64 at, u64 word)
{
	good_tables();
	assert_int_equal(vits_restore(&its), ST_OK);
	assert_int_equal(vits_message(&its, 2, 0), 2);
	assert_int_equal(vits_message(&its, 2, 7), 0);
	assert_int_equal(vits_message(&its, 2, 9), 0);
	assert_int_equal(vits_message(&its, 5, 1), 2);
	poke64(at, word);
	assert_int_equal(vits_restore(&its), ST_CORRUPT);
	assert_int_equal(vits_message(&its, 2, 0), 0);
	assert_int_equal(vgic_lpi_cpu(&gic, 8200), VGIC_NOWHERE);
	assert_int_equal(invall(5), 0x010d09);
}

static void test_refused(void **state)
{
	const u64 dte = VALID | 3ULL << 49 | ITTS >> 8 << 5, ite = 7ULL << 48;

	(void)state;
	refused(COLTAB, VALID | 4ULL << 16 | 5);           /* CPU */
	refused(COLTAB, VALID | 0x1ffffffffULL << 16 | 5); /* CPU */
	refused(COLTAB + 16, VALID | 1ULL << 16 | 8192);   /* ICID beyond the table */
	refused(COLTAB + 16, VALID | 1ULL << 16 | 5);      /* twice */
	refused(DEVTAB + 8 * 2, dte | 16);                 /* bits of EventID */
	refused(DEVTAB + 8 * 2, dte | 31);
	refused(DEVTAB + 8 * 2, VALID | 8190ULL << 49 | ITTS >> 8 << 5 | 4); /* next device */
	refused(DEVTAB + 8 * 2, VALID | 3ULL << 49 | (RAM + RAM_SIZE) >> 8 << 5 | 4);
	refused(DEVTAB + 8 * 2, VALID | 3ULL << 49 | (RAM + RAM_SIZE - 0x100) >> 8 << 5 | 5);
	refused(DEVTAB + 8 * 2, VALID | 3ULL << 49 | (RAM - 0x100) >> 8 << 5 | 9);
	refused(ITTS, ite | 5ULL << 16 | 5); /* no LPI */
	refused(ITTS, ite | 8191ULL << 16 | 5);
	refused(ITTS, ite | 16384ULL << 16 | 5); /* beyond PROPBASER's */
	refused(ITTS, ite | 0xffffffffULL << 16 | 5);
	refused(ITTS, ite | 8200ULL << 16 | 7);         /* collection */
	refused(ITTS, 32ULL << 48 | 8200ULL << 16 | 5); /* next event */
	refused(ITTS, 0xffffULL << 48 | 8200ULL << 16 | 5);
}

/* The chain of a good ITT ends before its last page, which is not there. */
static void test_itt_ends_outside(void **state)
{
	(void)state;
	good_tables();
	poke64(RAM + RAM_SIZE - 0x100, 8200ULL << 16 | 5);
	poke64(DEVTAB + 8 * 2, VALID | (RAM + RAM_SIZE - 0x100) >> 8 << 5 | 4);
	assert_int_equal(vits_restore(&its), ST_OK);
	poke64(DEVTAB + 8 * 2, VALID | (RAM + RAM_SIZE - 0x100) >> 8 << 5 | 5);
	assert_int_equal(vits_restore(&its), ST_CORRUPT);
}

static void test_too_many(void **state)
{
	(void)state;
	good_tables();
	poke64(DEVTAB + 8 * 2, 0);
	poke64(DEVTAB + 8 * 5, 0);
	for (unsigned n = 0; n < 17; n++) {
		poke64(COLTAB + 8 * n, VALID | 1ULL << 16 | n);
		poke64(COLTAB + 8 * (n + 1), 0);
		assert_int_equal(vits_restore(&its), n < 16 ? ST_OK : ST_CORRUPT);
	}
	good_tables();
	poke64(ITTS + 0x800, 0);
	for (unsigned n = 0; n < 33; n++) {
		poke64(DEVTAB + 8 * n, VALID | (ITTS + 0x900) >> 8 << 5);
		assert_int_equal(vits_restore(&its), n < 32 ? ST_OK : ST_CORRUPT);
		poke64(DEVTAB + 8 * n, VALID | 1ULL << 49 | (ITTS + 0x900) >> 8 << 5);
	}
	good_tables();
	poke64(DEVTAB + 8 * 2, VALID | ITTS >> 8 << 5 | 8); /* 512 events */
	for (unsigned n = 0; n < 257; n++) {
		poke64(ITTS + 8 * n, (8192 + n) << 16 | 5);
		assert_int_equal(vits_restore(&its), n < 256 ? ST_OK : ST_CORRUPT);
		poke64(ITTS + 8 * n, 1ULL << 48 | (8192 + n) << 16 | 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_layout, setup),
		cmocka_unit_test_setup(test_far_apart, setup),
		cmocka_unit_test_setup(test_two_levels, setup),
		cmocka_unit_test_setup(test_big_pages, setup),
		cmocka_unit_test_setup(test_save_nowhere, setup),
		cmocka_unit_test_setup(test_pending_nowhere, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_itt_ends_outside, setup),
		cmocka_unit_test_setup(test_too_many, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
