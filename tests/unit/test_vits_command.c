/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtual ITS: registers, queue, and every command with each of its errors, for both
 * kinds. Numbers are those of IHI 0069 and of KVM, written out.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64
 */
#include "fake_vits.h"

#define DEV 8u

static int strict(void **state)
{
	(void)state;
	its_up(VITS_STRICT);
	return 0;
}

static int kvm(void **state)
{
	(void)state;
	its_up(VITS_KVM);
	return 0;
}

/* One device of 32 events, collections 0..3 on CPUs 0..3, event 3 to LPI 8200 in collection 1. */
static void mapped(void)
{
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(mapc((u16)c, c, true), 0);
	assert_int_equal(mapd(DEV, 5, ITTS, true), 0);
	lpi_config(8200, 0xa1);
	assert_int_equal(mapti(DEV, 3, 8200, 1), 0);
}

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
#define BOTH(test) cmocka_unit_test_setup(test, strict), cmocka_unit_test_setup(test, kvm)
	const struct CMUnitTest tests[] = {
		BOTH(test_message),
		BOTH(test_identification),
		BOTH(test_bounds),
		BOTH(test_tables_registers),
		BOTH(test_enable),
		BOTH(test_queue_wrap),
		BOTH(test_queue_outside),
		BOTH(test_queue_absent),
		BOTH(test_stall),
		BOTH(test_disabled),
		BOTH(test_mapd),
		BOTH(test_mapd_table),
		cmocka_unit_test_setup(test_level1_end, strict),
		BOTH(test_mapc),
		BOTH(test_mapti),
		BOTH(test_mapi),
		BOTH(test_room),
		BOTH(test_movi),
		BOTH(test_discard_clear),
		BOTH(test_inv),
		BOTH(test_movall),
		BOTH(test_no_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
