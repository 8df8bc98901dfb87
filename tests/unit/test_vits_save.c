/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual ITS's tables in guest memory: the layout of KVM's ITS table ABI, revision 0, bit by
 * bit, and what a restore makes of tables that somebody else wrote.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_layout, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
