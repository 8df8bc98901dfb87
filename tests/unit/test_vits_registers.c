/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtual ITS: registers and command queue, for both kinds. Numbers are those of IHI
 * 0069 and of KVM, written out.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vits.h"

/* ---- registers ---- */
static void test_identification(void **state)
{
	u64 typer = its_rd(0x0008, 8);

	(void)state;
	assert_int_equal(typer & 1, 1);
	assert_int_equal(typer >> 4 & 15, 7);
	assert_int_equal(typer >> 8 & 31, 15);
	assert_int_equal(typer >> 13 & 31, 15);
	assert_int_equal(typer >> 19 & 1, its.kind == VITS_STRICT);
	assert_int_equal(typer >> 20, 0);
	assert_int_equal(its_rd(0x0008, 4), (u32)typer);
	assert_int_equal(its_rd(0x000c, 4), typer >> 32);
	assert_int_equal(its_rd(0x0004, 4), 0x5000043b);
	assert_int_equal(its_rd(0xffe8, 4) >> 4, 3);
	assert_int_equal(its_rd(0x10040, 4), 0);
	its_wr(0x10040, 4, 3); /* a CPU has no DeviceID */
	assert_int_equal(its.count.raised, 0);
}

static void test_bounds(void **state)
{
	u64 v = 0;

	(void)state;
	assert_false(vits_access(&its, 0x20000, 4, false, &v));
	assert_false(vits_access(&its, 1ULL << 32 | 8, 8, false, &v));
	assert_false(vits_access(&its, 0x0082, 4, false, &v));
	assert_false(vits_access(&its, 0x0084, 8, false, &v));
	v = ~0ULL;
	assert_true(vits_access(&its, 0x1fffc, 4, true, &v));
	v = ~0ULL;
	assert_true(vits_access(&its, 0x0000, 1, false, &v));
	assert_int_equal(v, 0);
	v = 0;
	assert_true(vits_access(&its, 0x0000, 2, true, &v));
	assert_int_equal(its_rd(0x0000, 4), 1);
}

static void test_tables_registers(void **state)
{
	const u64 page = its.kind == VITS_KVM ? 2 : 0;

	(void)state;
	assert_int_equal(its_rd(0x0100, 8), 1ULL << 63 | 1ULL << 56 | 7ULL << 48 | DEVTAB | 2 << 8);
	assert_int_equal(its_rd(0x0108, 8), 1ULL << 63 | 4ULL << 56 | 7ULL << 48 | COLTAB | 2 << 8);
	for (unsigned n = 2; n < 8; n++)
		assert_int_equal(its_rd(0x0100 + 8 * n, 8), 0);
	its_wr(0x0100, 8, 0); /* enabled: nothing changes */
	its_wr(0x0080, 8, 0);
	assert_int_equal(its_rd(0x0100, 8) >> 63, 1);
	assert_int_equal(its_rd(0x0080, 8), 1ULL << 63 | QUEUE);
	its_wr(0x0000, 4, 0);
	assert_int_equal(its_rd(0x0000, 4), 1u << 31);
	its_wr(0x0100, 8, ~0ULL << 10 | 3 << 8);
	assert_int_equal(its_rd(0x0100, 8) >> 8 & 3, 2); /* 3 is no size */
	its_wr(0x0100, 8, 3ULL << 62 | DEVTAB | 2 << 10 | 15);
	assert_int_equal(its_rd(0x0100, 8),
			 3ULL << 62 | 1ULL << 56 | 7ULL << 48 | DEVTAB | 1 << 10 | page << 8 | 15);
	its_wr(0x0108, 8, 3ULL << 62 | COLTAB);
	assert_int_equal(its_rd(0x0108, 8),
			 1ULL << 63 | 4ULL << 56 | 7ULL << 48 | COLTAB | page << 8);
	its_wr(0x0100, 4, DEVTAB | 1 << 10 | 7); /* by halves */
	its_wr(0x0104, 4, 1u << 31);
	assert_int_equal(its_rd(0x0104, 4), 1u << 31 | 1 << 24 | 7 << 16);
	assert_int_equal(its_rd(0x0100, 4), (u32)(DEVTAB | 1 << 10 | page << 8 | 7));
	its_wr(0x0110, 8, ~0ULL);
	assert_int_equal(its_rd(0x0110, 8), 0);
	its_wr(0x0080, 8, ~0ULL);
	assert_int_equal(its_rd(0x0080, 8), 0xb8effffffffffcffULL | 3 << 10);
}

/* KVM enables nothing without its tables. */
static void test_enable(void **state)
{
	(void)state;
	its_wr(0x0000, 4, 0);
	for (unsigned n = 0; n < 3; n++) {
		u64 reg = n == 0 ? 0x0080 : 0x0100 + 8 * (n - 1), was = its_rd(reg, 8);

		its_wr(reg, 8, was & ~(1ULL << 63));
		its_wr(0x0000, 4, 1);
		assert_int_equal(its_rd(0x0000, 4) & 1, its.kind == VITS_STRICT);
		its_wr(0x0000, 4, 0);
		its_wr(reg, 8, was);
	}
	its_wr(0x0004, 4, 1); /* IIDR */
	assert_int_equal(its_rd(0x0000, 4), 1u << 31);
	its_wr(0x0000, 4, 1);
	assert_int_equal(its_rd(0x0000, 4), 1);
}

/* ---- the queue ---- */
static void test_queue_wrap(void **state)
{
	(void)state;
	mapped();
	for (unsigned n = 0; n < 300; n++) {
		assert_int_equal(event_command(3, DEV, 3), 0);
		assert_int_equal(take_one(1), 8200);
	}
	assert_int_equal(its.count.commands, 306);
	/* All that fits at once: 127, over the wrap. */
	for (u64 at = 0; at < 4096; at += 32)
		command_at(at, 0x03 | (u64)DEV << 32, 3, 0, 0);
	its_wr(0x0088, 8, (its_rd(0x0088, 8) + 4096 - 32) % 4096);
	assert_int_equal(its.count.raised, 427);
	assert_int_equal(its_rd(0x0090, 8), its_rd(0x0088, 8));
	its_wr(0x0088, 8, 4096); /* behind the queue */
	assert_int_equal(its_rd(0x0088, 8), its_rd(0x0090, 8));
	its_wr(0x008c, 4, 1);
	assert_int_equal(its.count.raised, 427);
}

static void test_queue_outside(void **state)
{
	(void)state;
	its_wr(0x0000, 4, 0);
	its_wr(0x0080, 8, 1ULL << 63);
	its_wr(0x0088, 8, 64);
	assert_int_equal(mem.outside, 0);
	assert_int_equal(its_rd(0x0090, 8), 0);
	its_wr(0x0000, 4, 1); /* what stands there is carried out now */
	assert_int_equal(its.count.errors, its.kind == VITS_KVM ? 2 : 1);
	assert_int_equal(its.count.last_error, 0x010001);
	assert_int_equal(its_rd(0x0090, 8), its.kind == VITS_KVM ? 64 : 1);
}

static void test_queue_absent(void **state)
{
	(void)state;
	its_wr(0x0000, 4, 0);
	its_wr(0x0080, 8, QUEUE);
	its_wr(0x0000, 4, 1);
	its_wr(0x0088, 8, 64);
	assert_int_equal(its.count.errors + its.count.commands, 0);
	assert_int_equal(its_rd(0x0090, 8), 0);
}

/* A bad command stalls the strict queue until Retry finds another in its place. */
static void test_stall(void **state)
{
	(void)state;
	mapped();
	for (unsigned n = 0; n < 3; n++)
		command_at(192 + 32 * n, 0x03 | (u64)DEV << 32, n == 0 ? 9 : 3, 0, 0);
	assert_int_equal(its_rd(0x0088, 8), 192);
	its_wr(0x0088, 8, 192 + 64);
	if (its.kind == VITS_KVM) {
		assert_int_equal(its_rd(0x0090, 8), 192 + 64);
		assert_int_equal(its.count.raised, 1);
		return;
	}
	assert_int_equal(its_rd(0x0090, 8), 192 | 1);
	its_wr(0x0088, 8, 192 + 96);
	assert_int_equal(its_rd(0x0090, 8), 192 | 1);
	its_wr(0x0088, 8, (192 + 96) | 1); /* still bad */
	assert_int_equal(its_rd(0x0090, 8), 192 | 1);
	assert_int_equal(its.count.errors, 2);
	command_at(192, 0x05, 0, 0, 0);
	its_wr(0x0088, 8, (192 + 96) | 1);
	assert_int_equal(its_rd(0x0090, 8), 192 + 96);
	assert_int_equal(its.count.raised, 2);
}

static void test_disabled(void **state)
{
	(void)state;
	mapped();
	its_wr(0x0000, 4, 0);
	assert_int_equal(vits_message(&its, DEV, 3), 0);
	command_at(its_rd(0x0088, 8), 0x03 | (u64)DEV << 32, 3, 0, 0);
	its_wr(0x0088, 8, its_rd(0x0088, 8) + 32);
	assert_int_not_equal(its_rd(0x0090, 8), its_rd(0x0088, 8));
	assert_int_equal(take_one(1), 0);
	its_wr(0x0000, 4, 1);
	assert_int_equal(take_one(1), 8200);
	assert_int_equal(vits_message(&its, DEV, 3), 2);
	its_wr(0x0000, 4, 0);
	its_wr(0x0100, 8, 0); /* its table is gone */
	its_wr(0x0100, 8, 1ULL << 63 | DEVTAB | 2 << 8);
	its_wr(0x0000, 4, 1);
	assert_int_equal(vits_message(&its, DEV, 3), 0);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(invall(1), 0);
	its_wr(0x0000, 4, 0);
	its_wr(0x0108, 8, 0);
	its_wr(0x0108, 8, 1ULL << 63 | COLTAB | 2 << 8);
	its_wr(0x0000, 4, 1);
	assert_int_equal(invall(1), 0x010d09);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_identification), BOTH(test_bounds),     BOTH(test_tables_registers),
		BOTH(test_enable),         BOTH(test_queue_wrap), BOTH(test_queue_outside),
		BOTH(test_queue_absent),   BOTH(test_stall),      BOTH(test_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
