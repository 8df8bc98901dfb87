/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/arm64/vmm/vgic*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/core.h"
#include "vmm/vgic.h"

#define NR_LR 4
#define STATE (ICH_LR_PENDING | ICH_LR_ACTIVE)

static struct vgic g;

bool fault_on(enum fault_id f)
{
	(void)f;
	return false;
}

static u64 rd(bool gicr, u64 off, unsigned size)
{
	u64 v = 0;

	assert_true(gicr ? vgic_gicr(&g, off, size, false, &v)
			 : vgic_gicd(&g, off, size, false, &v));
	return v;
}

static void wr(bool gicr, u64 off, unsigned size, u64 v)
{
	assert_true(gicr ? vgic_gicr(&g, off, size, true, &v) : vgic_gicd(&g, off, size, true, &v));
}

#define SGI_FRAME(cpu) ((cpu)*VGIC_GICR_STRIDE + 0x10000)

static int setup(void **state)
{
	(void)state;
	vgic_init(&g, 4, NULL);
	wr(false, 0, 4, 0x12);
	for (unsigned c = 0; c < 4; c++) {
		wr(true, SGI_FRAME(c) + 0x80, 4, ~0u);
		wr(true, SGI_FRAME(c) + 0x100, 4, ~0u);
		wr(true, SGI_FRAME(c) + 0x400, 8, 0xa0a0a0a0a0a0a0a0ULL);
	}
	return 0;
}

/* What a CPU sees at its next entry; `after` replaces the state bits of the first register. */
static u64 run(unsigned cpu, u64 after)
{
	u64 lr[VGIC_MAX_LRS];
	u64 first;

	vgic_fill(&g, cpu, lr, NR_LR);
	first = lr[0];
	if (first)
		lr[0] = (lr[0] & ~STATE) | after;
	vgic_sync(&g, cpu, lr, NR_LR);
	return first;
}

static void test_identification(void **state)
{
	(void)state;
	assert_int_equal(rd(false, 0x0000, 4), 0x52);
	assert_int_equal(rd(false, 0xffe8, 4) >> 4, 3);
	assert_int_equal((rd(false, 0x0004, 4) & 31), (VGIC_PRIVATE + VGIC_SPIS) / 32 - 1);
	for (unsigned c = 0; c < 4; c++) {
		u64 typer = rd(true, c * VGIC_GICR_STRIDE + 8, 8);

		assert_int_equal(typer >> 32, c);
		assert_int_equal(typer >> 8 & 0xffff, c);
		assert_int_equal(!!(typer & BIT(4)), c == 3);
		assert_int_equal(rd(true, c * VGIC_GICR_STRIDE + 0xffe8, 4), 0x30);
	}
}

static void test_waker(void **state)
{
	(void)state;
	assert_int_equal(rd(true, 0x14, 4), 6);
	wr(true, 0x14, 4, 0);
	assert_int_equal(rd(true, 0x14, 4), 0);
}

static void test_bounds(void **state)
{
	u64 v = ~0ULL;

	(void)state;
	assert_false(vgic_gicd(&g, VGIC_GICD_SIZE, 4, false, &v));
	assert_false(vgic_gicr(&g, 4 * VGIC_GICR_STRIDE, 4, true, &v));
	assert_false(vgic_gicd(&g, 2, 4, false, &v));
	assert_false(vgic_gicd(&g, 0x404, 8, false, &v));
}

/* Every register in both frames with every size: no access leaves the model's arrays. */
static void test_sweep(void **state)
{
	(void)state;
	for (unsigned size = 1; size <= 8; size *= 2) {
		for (u64 off = 0; off < 4 * VGIC_GICR_STRIDE; off += size) {
			u64 v = ~0ULL;

			vgic_gicr(&g, off, size, true, &v);
			vgic_gicr(&g, off, size, false, &v);
			if (off < VGIC_GICD_SIZE) {
				v = ~0ULL;
				vgic_gicd(&g, off, size, true, &v);
				vgic_gicd(&g, off, size, false, &v);
			}
		}
	}
}

static void test_registers(void **state)
{
	(void)state;
	wr(false, 0x104, 4, 0x5);
	assert_int_equal(rd(false, 0x104, 4), 0x5);
	wr(false, 0x184, 4, 0x4);
	assert_int_equal(rd(false, 0x104, 4), 0x1);
	wr(false, 0x420 + 3, 1, 0xff); /* INTID 35: unimplemented priority bits read 0 */
	assert_int_equal(rd(false, 0x420, 4), 0xf8000000);
	assert_int_equal(rd(false, 0x423, 1), 0xf8);
	wr(false, 0x6000 + 8 * 33, 8, 2);
	assert_int_equal(rd(false, 0x6000 + 8 * 33, 8), 2);
	wr(false, 0xc08, 4, 0xa);
	assert_int_equal(rd(false, 0xc08, 4), 0xa);
	wr(true, SGI_FRAME(1) + 0xc00, 4, 0); /* SGIs stay edge triggered */
	assert_int_equal(rd(true, SGI_FRAME(1) + 0xc00, 4), 0xaaaaaaaa);
	/* Interrupts 0..31 are not the distributor's with affinity routing. */
	wr(false, 0x100, 4, ~0u);
	assert_int_equal(rd(false, 0x100, 4), 0);
}

static void test_sgi_once(void **state)
{
	u64 lr;

	(void)state;
	assert_int_equal(vgic_sgi(&g, 0, 1u << 24 | 1u << 2, true), 1u << 2);
	assert_false(vgic_pending(&g, 0));
	assert_true(vgic_pending(&g, 2));
	lr = run(2, 0);
	assert_int_equal((u32)lr, 1);
	assert_true(lr & ICH_LR_PENDING);
	assert_true(lr & ICH_LR_GROUP1);
	assert_int_equal(lr >> ICH_LR_PRIORITY & 0xff, 0xa0);
	assert_false(vgic_pending(&g, 2));
	assert_int_equal(run(2, 0), 0);
}

/* Not taken yet: it stays; a second one while the first is active is kept as well. */
static void test_sgi_states(void **state)
{
	u64 lr[VGIC_MAX_LRS];

	(void)state;
	vgic_sgi(&g, 0, 1, true);
	run(0, ICH_LR_PENDING);
	assert_true(vgic_pending(&g, 0));
	run(0, ICH_LR_ACTIVE);
	assert_false(vgic_pending(&g, 0));
	vgic_sgi(&g, 0, 1, true);
	vgic_fill(&g, 0, lr, NR_LR);
	assert_true((lr[0] & STATE) == STATE);
	assert_int_equal(lr[1], 0);
	lr[0] = (lr[0] & ~STATE) | ICH_LR_PENDING;
	vgic_sync(&g, 0, lr, NR_LR);
	assert_true(vgic_pending(&g, 0));
	run(0, 0);
	assert_int_equal(run(0, 0), 0);
}

/* One sent while another copy sits in a list register of the running CPU. */
static void test_sgi_while_running(void **state)
{
	u64 lr[VGIC_MAX_LRS];

	(void)state;
	vgic_sgi(&g, 1, 1, true);
	vgic_fill(&g, 0, lr, NR_LR);
	lr[0] &= ~STATE; /* taken and finished */
	vgic_sgi(&g, 1, 1, true);
	vgic_sync(&g, 0, lr, NR_LR);
	assert_true(vgic_pending(&g, 0));
}

static void test_sgi_targets(void **state)
{
	(void)state;
	assert_int_equal(vgic_sgi(&g, 1, BIT(40) | 3u << 24, true), 0xd);
	assert_int_equal(vgic_sgi(&g, 1, BIT(16) | 1, true), 0); /* Aff1 1 */
	assert_int_equal(vgic_sgi(&g, 1, BIT(44) | 1, true), 0); /* range 1 */
	assert_int_equal(vgic_sgi(&g, 1, 0xffff, true), 0xf);
	assert_int_equal(vgic_sgi(&g, 1, 0xffff, false), 0); /* they are group 1 */
}

static void test_level_timer(void **state)
{
	u64 lr;

	(void)state;
	vgic_set_line(&g, 3, 27, true);
	lr = run(3, ICH_LR_ACTIVE);
	assert_int_equal((u32)lr, 27);
	assert_true(lr & ICH_LR_EOI);
	/* Active: not pending again, though the line is still up. */
	vgic_set_line(&g, 3, 27, true);
	lr = run(3, 0);
	assert_true((lr & STATE) == ICH_LR_ACTIVE);
	assert_true(vgic_pending(&g, 3));
	vgic_set_line(&g, 3, 27, false);
	assert_false(vgic_pending(&g, 3));
	assert_int_equal(run(3, 0), 0);
}

static void test_masked(void **state)
{
	(void)state;
	wr(true, SGI_FRAME(0) + 0x180, 4, BIT(30));
	vgic_set_line(&g, 0, 30, true);
	assert_false(vgic_pending(&g, 0));
	wr(true, SGI_FRAME(0) + 0x100, 4, BIT(30));
	assert_true(vgic_pending(&g, 0));
	wr(false, 0, 4, 0);
	assert_false(vgic_pending(&g, 0));
}

static void test_spi_route(void **state)
{
	(void)state;
	wr(false, 0x84, 4, ~0u);
	wr(false, 0x104, 4, 1);
	wr(false, 0xc08, 4, 2); /* edge */
	wr(false, 0x6100, 8, 2);
	vgic_set_line(&g, 0, 32, true);
	assert_false(vgic_pending(&g, 0));
	assert_true(vgic_pending(&g, 2));
	wr(false, 0x6100, 8, 0x100); /* an affinity nobody has */
	for (unsigned c = 0; c < 4; c++)
		assert_false(vgic_pending(&g, c));
	wr(false, 0x6100, 8, BIT(31));
	assert_true(vgic_pending(&g, 0));
}

static void test_priority_and_overflow(void **state)
{
	u64 lr[VGIC_MAX_LRS];

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		vgic_sgi(&g, 0, (u64)i << 24 | 1, true);
	wr(true, SGI_FRAME(0) + 0x405, 1, 0x10);
	assert_int_equal(vgic_fill(&g, 0, lr, NR_LR), ICH_HCR_UIE);
	assert_int_equal((u32)lr[0], 5);
	for (unsigned i = 0; i < NR_LR; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal((u32)lr[i], (u32)lr[j]);
		lr[i] &= ~STATE;
	}
	vgic_sync(&g, 0, lr, NR_LR);
	assert_int_equal(vgic_fill(&g, 0, lr, NR_LR), 0);
	assert_int_equal(lr[2], 0);
}

static void test_forced(void **state)
{
	u64 lr[VGIC_MAX_LRS];

	(void)state;
	wr(false, 0, 4, 0);
	assert_false(vgic_force(&g, 0, 1020));
	assert_false(vgic_force(&g, 0, 0x10000));
	assert_false(vgic_force(&g, 4, 9));
	assert_true(vgic_force(&g, 0, 200));
	assert_true(vgic_force(&g, 0, 8192));
	assert_true(vgic_force(&g, 0, 1));
	assert_true(vgic_force(&g, 0, 1));
	assert_true(vgic_pending(&g, 0));
	wr(false, 0, 4, 2);
	vgic_sgi(&g, 0, 1u << 24 | 1,
		 true); /* the same id by right: never twice in the registers */
	vgic_fill(&g, 0, lr, NR_LR);
	assert_int_equal((u32)lr[0], 200);
	assert_int_equal((u32)lr[1], 8192);
	assert_int_equal((u32)lr[2], 1);
	assert_int_equal(lr[3], 0);
	for (unsigned i = 0; i < 3; i++)
		lr[i] = 0;
	vgic_sync(&g, 0, lr, NR_LR);
	assert_int_equal((u32)run(0, 0), 1);
	assert_int_equal(run(0, 0), 0);
}

/* The wire of a device at the last of QEMU virt's virtio-mmio slots: a level, not a pulse. */
static void test_device_wire(void **state)
{
	const u32 intid = VGIC_PRIVATE + 47;
	u64 lr;

	(void)state;
	vgic_set_line(&g, 0, intid, true);
	assert_false(vgic_pending(&g, 0)); /* neither enabled nor in a group */
	wr(false, 0x80 + intid / 32 * 4, 4, 1u << intid % 32);
	wr(false, 0x100 + intid / 32 * 4, 4, 1u << intid % 32);
	wr(false, 0x6000 + 8 * intid, 8, 2);
	assert_false(vgic_pending(&g, 0));
	assert_true(vgic_pending(&g, 2));
	lr = run(2, ICH_LR_ACTIVE);
	assert_int_equal(lr & 0xffffffff, intid);
	assert_true((lr & (ICH_LR_PENDING | ICH_LR_EOI)) == (ICH_LR_PENDING | ICH_LR_EOI));
	/* Not acknowledged at the device, it fires again; acknowledged, it does not. */
	run(2, 0);
	assert_true(vgic_pending(&g, 2));
	vgic_set_line(&g, 0, intid, false);
	assert_false(vgic_pending(&g, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_identification, setup),
		cmocka_unit_test_setup(test_waker, setup),
		cmocka_unit_test_setup(test_bounds, setup),
		cmocka_unit_test_setup(test_sweep, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_sgi_once, setup),
		cmocka_unit_test_setup(test_sgi_states, setup),
		cmocka_unit_test_setup(test_sgi_while_running, setup),
		cmocka_unit_test_setup(test_sgi_targets, setup),
		cmocka_unit_test_setup(test_level_timer, setup),
		cmocka_unit_test_setup(test_masked, setup),
		cmocka_unit_test_setup(test_spi_route, setup),
		cmocka_unit_test_setup(test_device_wire, setup),
		cmocka_unit_test_setup(test_priority_and_overflow, setup),
		cmocka_unit_test_setup(test_forced, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
