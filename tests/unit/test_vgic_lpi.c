/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LPIs of the virtual GIC: redistributor registers, the guest's tables, list registers; what
 * becomes of one that is moved, unmapped or restored while it stands in a list register.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vits.h"

#define LPI 8200u

static int setup(void **state)
{
	(void)state;
	its_up(VITS_STRICT);
	lpi_config(LPI, 0xa1);
	return 0;
}

static void test_identification(void **state)
{
	struct vgic bare;
	u64 v = 0;

	(void)state;
	vgic_gicd(&gic, 0x0004, 4, false, &v);
	assert_int_equal(v >> 17 & 1, 1);
	assert_int_equal(v >> 19 & 31, 15);
	for (unsigned c = 0; c < CPUS; c++) {
		assert_int_equal(gicr_rd(c, 0x0008, 8) & 1, 1);
		assert_int_equal(gicr_rd(c, 0x0000, 4), 3);
	}
	vgic_init(&bare, 1, NULL);
	vgic_gicd(&bare, 0x0004, 4, false, &v);
	assert_int_equal(v >> 17 & 1, 0);
	assert_int_equal(v >> 19 & 31, 9);
	vgic_gicr(&bare, 0x0008, 8, false, &v);
	assert_int_equal(v & 1, 0);
	v = 1;
	vgic_gicr(&bare, 0x0000, 4, true, &v);
	vgic_gicr(&bare, 0x0000, 4, false, &v);
	assert_int_equal(v, 0);
	assert_false(vgic_lpi_map(&bare, LPI, 0));
}

static void test_registers(void **state)
{
	(void)state;
	assert_int_equal(gicr_rd(0, 0x70, 8), CONFIG | 13);
	assert_int_equal(gicr_rd(1, 0x78, 8), PENDING + 0x10000); /* PTZ is write only */
	gicr_wr(1, 0x70, 8, 0);                                   /* enabled: nothing changes */
	gicr_wr(1, 0x78, 8, 0);
	assert_int_equal(gicr_rd(1, 0x70, 8), CONFIG | 13);
	assert_int_equal(gicr_rd(1, 0x78, 8), PENDING + 0x10000);
	gicr_wr(1, 0, 4, 0);
	assert_int_equal(gicr_rd(1, 0, 4), 2);
	gicr_wr(1, 0x70, 8, ~0ULL);
	assert_int_equal(gicr_rd(1, 0x70, 8), 0x070fffffffffff9fULL);
	gicr_wr(1, 0x78, 8, ~0ULL);
	assert_int_equal(gicr_rd(1, 0x78, 8), 0x070fffffffff0f80ULL);
	gicr_wr(1, 0x74, 4, 0);
	gicr_wr(1, 0x70, 4, CONFIG | 0xd);
	assert_int_equal(gicr_rd(1, 0x70, 8), CONFIG | 0xd);
	assert_int_equal(gicr_rd(1, 0x74, 4), 0);
	assert_int_equal(vgic_lpi_end(&gic), 16384);
	gicr_wr(0, 0, 4, 0);
	gicr_wr(0, 0x70, 4, CONFIG | 31);
	assert_int_equal(vgic_lpi_end(&gic), 65536);
	gicr_wr(0, 0x70, 4, CONFIG);
	assert_int_equal(vgic_lpi_end(&gic), 2);
}

static void test_map(void **state)
{
	(void)state;
	assert_false(vgic_lpi_map(&gic, 8191, 0));
	assert_false(vgic_lpi_map(&gic, 65536, 0));
	for (unsigned n = 0; n < VGIC_LPIS; n++) /* all with one home */
		assert_true(vgic_lpi_map(&gic, 8192 + 128 * n, n % CPUS));
	assert_false(vgic_lpi_map(&gic, LPI, 0));
	assert_true(vgic_lpi_map(&gic, 8192, 0)); /* once more */
	for (unsigned n = 0; n < VGIC_LPIS; n++)
		assert_int_equal(vgic_lpi_cpu(&gic, 8192 + 128 * n), n % CPUS);
	vgic_lpi_unmap(&gic, 8192);
	assert_false(vgic_lpi_map(&gic, LPI, 0));
	vgic_lpi_unmap(&gic, 8192);
	assert_int_equal(vgic_lpi_cpu(&gic, 8192), VGIC_NOWHERE);
	vgic_lpi_unmap(&gic, 8192);
	vgic_lpi_move(&gic, 8192, 1);
	vgic_lpi_configure(&gic, 8192);
	vgic_lpi_set_pending(&gic, 8192, true);
	assert_false(vgic_lpi_is_pending(&gic, 8192));
	assert_false(vgic_lpi_is_pending(&gic, 0));
	assert_true(vgic_lpi_map(&gic, LPI, 0));
}

/* ---- configuration and list registers ---- */
static void test_list_register(void **state)
{
	u64 lr[VGIC_MAX_LRS], v = 0;

	(void)state;
	assert_true(vgic_lpi_map(&gic, LPI, 2));
	lpi_config(8201, 0x5f);
	assert_true(vgic_lpi_map(&gic, 8201, 2));
	lpi_config(8202, 0xfe); /* disabled */
	assert_true(vgic_lpi_map(&gic, 8202, 2));
	for (u32 n = LPI; n < 8203; n++)
		vgic_lpi_set_pending(&gic, n, true);
	assert_true(vgic_pending(&gic, 2));
	vgic_fill(&gic, 2, lr, NR_LR);
	assert_int_equal(lr[0], 1ULL << 62 | 1ULL << 60 | 0x58ULL << 48 | 8201);
	assert_int_equal(lr[1], 1ULL << 62 | 1ULL << 60 | 0xa0ULL << 48 | LPI);
	assert_int_equal(lr[2], 0);
	assert_false(vgic_pending(&gic, 2));
	assert_true(vgic_lpi_is_pending(&gic, LPI));
	assert_int_equal(vgic_lpi_stands(&gic, LPI), 4);
	lr[1] &= ~STATE;
	lr[0] = (lr[0] & ~STATE) | 1ULL << 63; /* taken: an LPI is not active */
	assert_int_equal(vgic_sync(&gic, 2, lr, NR_LR), 0);
	assert_int_equal(take_one(2), 0);
	assert_true(vgic_lpi_is_pending(&gic, 8202));
	lpi_config(8202, 1);
	vgic_lpi_configure(&gic, 8202);
	vgic_gicd(&gic, 0, 4, true, &v); /* group 1 is off */
	assert_false(vgic_pending(&gic, 2));
	assert_int_equal(take_one(2), 0);
	v = 2;
	vgic_gicd(&gic, 0, 4, true, &v);
	assert_int_equal(take_one(2), 8202);
}

/* Beside other interrupts: the lower priority value first, and no more than there is room for. */
static void test_order(void **state)
{
	u64 lr[VGIC_MAX_LRS], v = ~0ULL;
	u32 ids[8];

	(void)state;
	vgic_gicr(&gic, 0x10080, 4, true, &v);
	v = 0xa8b0;
	vgic_gicr(&gic, 0x10400, 4, true, &v);
	vgic_sgi(&gic, 0, 1, true);
	vgic_sgi(&gic, 0, 1 | 1 << 24, true);
	for (u32 n = 0; n < 4; n++) {
		lpi_config(LPI + n, (u8)(0xa1 + 8 * n));
		assert_true(vgic_lpi_map(&gic, LPI + n, 0));
		vgic_lpi_set_pending(&gic, LPI + n, true);
	}
	assert_int_equal(vgic_fill(&gic, 0, lr, NR_LR), ICH_HCR_UIE);
	vgic_sync(&gic, 0, lr, NR_LR);
	assert_int_equal(take(0, ids, 8), 6);
	assert_int_equal(ids[0], LPI);
	assert_true(ids[1] == 1 || ids[2] == 1);
	assert_int_equal(ids[5], LPI + 3);
	/* A forced one of the same id goes first, alone. */
	vgic_lpi_set_pending(&gic, LPI, true);
	assert_true(vgic_force(&gic, 0, LPI));
	vgic_fill(&gic, 0, lr, NR_LR);
	assert_int_equal((u32)lr[0], LPI);
	assert_int_equal(lr[1], 0);
	lr[0] = 0;
	vgic_sync(&gic, 0, lr, NR_LR);
	assert_int_equal(take_one(0), LPI);
}

static void test_tables_absent(void **state)
{
	(void)state;
	gicr_wr(1, 0, 4, 0);
	gicr_wr(1, 0x70, 8, (RAM + RAM_SIZE) | 13);
	gicr_wr(1, 0x78, 8, RAM + RAM_SIZE);
	assert_true(vgic_lpi_map(&gic, LPI, 1));
	assert_int_equal(mem.outside, 0); /* what is not enabled is not read */
	gicr_wr(1, 0, 4, 1);
	vgic_lpi_set_pending(&gic, LPI, true);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(vgic_lpi_save(&gic), ST_FAULT);
	assert_int_equal(vgic_lpi_load(&gic), ST_FAULT);
	gicr_wr(1, 0, 4, 0);
	/* A configuration table that ends before. */
	gicr_wr(1, 0x70, 8, CONFIG | 12);
	gicr_wr(1, 0, 4, 1);
	vgic_lpi_set_pending(&gic, LPI, true);
	assert_int_equal(take_one(1), 0);
}

/* ---- EnableLPIs ---- */
static void test_enable(void **state)
{
	(void)state;
	gicr_wr(1, 0, 4, 0);
	assert_true(vgic_lpi_map(&gic, LPI, 1));
	lpi_config(8201, 1);
	assert_true(vgic_lpi_map(&gic, 8201, 1));
	vgic_lpi_set_pending(&gic, LPI, true); /* lost */
	mem.ram[PENDING - RAM + 0x10000 + 8201 / 8] = 1u << 8201 % 8 | 1u << 8202 % 8;
	gicr_wr(1, 0x78, 8, PENDING + 0x10000);
	gicr_wr(1, 0, 4, 1);
	assert_int_equal(take_one(1), 8201);
	assert_int_equal(take_one(1), 0);
	/* Disabled, what pends is in the table; enabled, it is back, unless the table is said to be
	 * zero. */
	for (unsigned zeroed = 0; zeroed < 2; zeroed++) {
		vgic_lpi_set_pending(&gic, LPI, true);
		gicr_wr(1, 0, 4, 0);
		assert_true(pending_bit(1, LPI));
		assert_true(pending_bit(1, 8202)); /* nobody's */
		assert_false(pending_bit(1, 8201));
		assert_int_equal(take_one(1), 0);
		gicr_wr(1, 0x78, 8, (PENDING + 0x10000) | (u64)zeroed << 62);
		gicr_wr(1, 0, 4, 1);
		assert_int_equal(take_one(1), zeroed ? 0 : LPI);
	}
}

/* ---- while it stands in a list register ---- */
static u64 lrs[VGIC_MAX_LRS];

/* CPU 1 is in the guest, with the LPI pending in a list register. */
static void inside(void)
{
	assert_true(vgic_lpi_map(&gic, LPI, 1));
	vgic_lpi_set_pending(&gic, LPI, true);
	vgic_fill(&gic, 1, lrs, NR_LR);
	assert_int_equal((u32)lrs[0], LPI);
}

static u32 leave(bool taken)
{
	if (taken)
		lrs[0] &= ~STATE;
	return vgic_sync(&gic, 1, lrs, NR_LR);
}

static void test_again_inside(void **state)
{
	(void)state;
	inside();
	vgic_lpi_set_pending(&gic, LPI, true);
	assert_int_equal(leave(true), 0);
	assert_int_equal(take_one(1), LPI);
	inside();
	vgic_lpi_set_pending(&gic, LPI, true);
	assert_int_equal(leave(false), 0); /* both are one */
	assert_int_equal(take_one(1), LPI);
}

static void test_moved_inside(void **state)
{
	u64 other[VGIC_MAX_LRS];

	(void)state;
	inside();
	vgic_lpi_move(&gic, LPI, 2);
	assert_false(vgic_pending(&gic, 2)); /* not yet */
	assert_int_equal(leave(false), 1u << 2);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(take_one(2), LPI);
	assert_int_equal(take_one(2), 0);
	vgic_lpi_move(&gic, LPI, 1);
	inside();
	vgic_lpi_move(&gic, LPI, 2);
	vgic_lpi_set_pending(&gic, LPI, true); /* a new one, for the new CPU */
	assert_true(vgic_pending(&gic, 2));
	vgic_fill(&gic, 2, other, NR_LR);
	assert_int_equal(other[0], 0); /* an id stands once */
	assert_int_equal(vgic_sync(&gic, 2, other, NR_LR), 0);
	assert_int_equal(leave(true), 1u << 2);
	assert_int_equal(take_one(2), LPI);
	vgic_lpi_move(&gic, LPI, 1);
	inside();
	vgic_lpi_move(&gic, LPI, VGIC_NOWHERE);
	assert_int_equal(leave(false), 0);
	assert_false(vgic_lpi_is_pending(&gic, LPI));
}

static void test_unmapped_inside(void **state)
{
	(void)state;
	inside();
	vgic_lpi_unmap(&gic, LPI);
	assert_int_equal(leave(false), 0);
	assert_int_equal(take_one(1), 0);
	/* And mapped again: what stands there is not its own. */
	for (unsigned again = 0; again < 2; again++) {
		inside();
		vgic_lpi_unmap(&gic, LPI);
		assert_true(vgic_lpi_map(&gic, LPI, 1));
		vgic_lpi_set_pending(&gic, LPI, again);
		assert_int_equal(leave(false), 0);
		assert_int_equal(take_one(1), again ? LPI : 0);
		vgic_lpi_unmap(&gic, LPI);
	}
	inside();
	vgic_lpi_set_pending(&gic, LPI, false); /* CLEAR */
	assert_int_equal(leave(false), 0);
	assert_int_equal(take_one(1), 0);
}

/* Saved it pends; restored, its pending state is where it was: in the list register. */
static void test_restored_inside(void **state)
{
	(void)state;
	for (unsigned taken = 0; taken < 2; taken++) {
		inside();
		assert_int_equal(vgic_lpi_save(&gic), ST_OK);
		assert_true(pending_bit(1, LPI));
		vgic_lpi_forget(&gic);
		assert_true(vgic_lpi_map(&gic, LPI, 1));
		assert_int_equal(vgic_lpi_load(&gic), ST_OK);
		assert_int_equal(leave(taken), 0);
		assert_int_equal(take_one(1), taken ? 0 : LPI);
		assert_int_equal(vgic_lpi_save(&gic), ST_OK);
		assert_false(pending_bit(1, LPI));
		vgic_lpi_forget(&gic);
	}
	/* Disabled and enabled from elsewhere. */
	inside();
	gicr_wr(1, 0, 4, 0);
	gicr_wr(1, 0x78, 8, PENDING + 0x10000);
	gicr_wr(1, 0, 4, 1);
	assert_int_equal(leave(true), 0);
	assert_int_equal(take_one(1), 0);
}

/* It pends on another CPU than its events go to. */
static void test_load_elsewhere(void **state)
{
	(void)state;
	assert_true(vgic_lpi_map(&gic, LPI, 1));
	vgic_lpi_set_pending(&gic, LPI, true);
	vgic_lpi_move(&gic, LPI, 3);
	assert_int_equal(vgic_lpi_save(&gic), ST_OK);
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(pending_bit(c, LPI), c == 3);
	vgic_lpi_forget(&gic);
	assert_false(vgic_pending(&gic, 3));
	assert_true(vgic_lpi_map(&gic, LPI, VGIC_NOWHERE));
	vgic_lpi_set_pending(&gic, LPI, true);
	assert_false(vgic_lpi_is_pending(&gic, LPI));
	assert_int_equal(vgic_lpi_load(&gic), ST_OK);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(take_one(3), LPI);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_identification, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_map, setup),
		cmocka_unit_test_setup(test_list_register, setup),
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_tables_absent, setup),
		cmocka_unit_test_setup(test_enable, setup),
		cmocka_unit_test_setup(test_again_inside, setup),
		cmocka_unit_test_setup(test_moved_inside, setup),
		cmocka_unit_test_setup(test_unmapped_inside, setup),
		cmocka_unit_test_setup(test_restored_inside, setup),
		cmocka_unit_test_setup(test_load_elsewhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
