/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ITS driver against an ITS that carries out its queue (fake_its.h): tables of every shape, the
 * queue's wrap, stalls, devices and messages, restart and stop; and registers that lie.
 * sources: drivers/arm64/its*.c drivers/arm64/lpi*.c drivers/deadline.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_its.h"

#define BDF 0x10 /* DeviceID 0x1010 */

static unsigned calls;

static void handler(void *ctx)
{
	calls++;
	if (ctx != NULL)
		++*(unsigned *)ctx;
}

static int setup(void **state)
{
	(void)state;
	fake_machine();
	calls = 0;
	return 0;
}

static void up(void)
{
	assert_int_equal(its_init(&platform), ST_OK);
	assert_true(its_available());
	assert_string_equal(its_why(), "it is up");
}

/* Everything was given back. */
static void down(void)
{
	its_stop();
	assert_false(its_available());
	assert_int_equal(fake_used(), 0);
	assert_int_equal(its_get_stats().pages, 0);
	assert_int_equal(its_get_stats().leaked, 0);
}

static void cpus(void)
{
	for (fake_cpu = 1; fake_cpu < FAKE_CPUS; fake_cpu++)
		assert_int_equal(its_init_cpu(gic_frame(fake_cpu)), ST_OK);
	fake_cpu = 0;
}

static const struct its_table *table(const char *name)
{
	static struct its_table list[80];
	unsigned n = its_tables(list, ARRAY_SIZE(list));

	for (unsigned i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

/* ---- up and down ---- */

static void test_up(void **state)
{
	const struct its_info *i = its_get_info();
	u64 config;

	assert_false(its_available());
	assert_int_equal(its_frame().size, 0);
	up();
	assert_int_equal(i->device_bits, 16);
	assert_int_equal(i->event_bits, 16);
	assert_int_equal(i->id_bits, 14);
	assert_int_equal(i->itt_entry, 8);
	assert_int_equal(i->queue_commands, 128);
	assert_false(i->address_targets);
	assert_int_equal(its_frame().base, FAKE_ITS);
	/* Queue, two levels' first, collections, configuration 2, pending. */
	assert_int_equal(its_get_stats().pages, 6);
	assert_int_equal(table("command queue")->base % KIB(64), 0);
	assert_int_equal(table("LPI pending bits")->base % KIB(64), 0);
	assert_int_equal(fake.cbaser,
			 GITS_CBASER_VALID | 7ULL << 59 | table("command queue")->base | 1 << 10);
	assert_int_equal(fake.baser[0], GITS_BASER_VALID | GITS_BASER_INDIRECT | 7ULL << 59 |
					    1ULL << 56 | 7ULL << 48 | table("device table")->base |
					    1 << 10);
	assert_int_equal(fake.baser[1], GITS_BASER_VALID | 7ULL << 59 | 4ULL << 56 | 7ULL << 48 |
					    table("collection table")->base | 1 << 10);
	config = table("LPI configuration")->base;
	assert_int_equal(fake_gicr[0].propbaser, config | 7 << 7 | 1 << 10 | 13);
	assert_int_equal(fake_gicr[0].pendbaser,
			 table("LPI pending bits")->base | 7 << 7 | 1 << 10);
	assert_int_equal(fake_gicr[0].ctlr, 1);
	assert_true(fake.collection[0].valid);
	assert_int_equal(fake_cleaned, 0);
	assert_int_equal(its_init(&platform), ST_STATE);
	assert_int_equal(its_init_cpu(gic_frame(0)), ST_STATE);
	cpus();
	assert_int_equal(its_get_stats().pages, 9);
	down();
	assert_int_equal(its_get_stats().high_water, 9);
	for (unsigned n = 0; n < FAKE_CPUS; n++)
		assert_int_equal(fake_gicr[n].ctlr, 0);
	assert_int_equal(fake.baser[0], fake.baser_fixed[0]);
	its_stop();
	assert_int_equal(its_restart(), ST_STATE);
	assert_int_equal(its_init_cpu(gic_frame(1)), ST_UNSUPPORTED);
}

static void test_none(void **state)
{
	struct its_command c = its_sync(0);
	u64 target;
	u16 id;

	platform.its.size = 0;
	assert_int_equal(its_init(&platform), ST_UNSUPPORTED);
	assert_string_equal(its_why(), "there is none");
	assert_int_equal(its_submit(&c, 1), ST_STATE);
	assert_int_equal(its_map_device(1, 1), ST_UNSUPPORTED);
	assert_int_equal(its_unmap_device(1), ST_NOT_FOUND);
	assert_int_equal(its_target(0, &target), ST_STATE);
	assert_int_equal(its_collection(0, &id), ST_STATE);
	assert_int_equal(its_itt(1).size, 0);
	assert_int_equal(fake_accesses, 0);
}

/* ---- shapes of tables ---- */

static void one_device(u32 id)
{
	assert_int_equal(its_map_device(id, 5), ST_OK);
	assert_int_equal(fake_device(id) >= 0, 1);
	assert_int_equal(fake.device[fake_device(id)].itt, its_itt(id).base);
}

static void test_kvm(void **state)
{
	fake_like_kvm();
	up();
	assert_int_equal(table("device table")->bytes, KIB(64));
	assert_int_equal(table("device table")->base % KIB(64), 0);
	assert_int_equal(table("collection table")->bytes, KIB(64));
	assert_int_equal(fake.baser[0] & GITS_BASER_INDIRECT, GITS_BASER_INDIRECT);
	assert_int_equal(fake.baser[1] & GITS_BASER_INDIRECT, 0);
	one_device(0x1010);
	assert_int_equal(table("device table, level 2")->bytes, KIB(64));
	assert_int_equal(*(u64 *)(uintptr_t)table("device table")->base,
			 GITS_L1_VALID | table("device table, level 2")->base);
	one_device(0x1fff); /* in the same */
	one_device(0xffff);
	assert_int_equal(*(u64 *)(uintptr_t)(table("device table")->base + 56) >> 63, 1);
	assert_int_equal(its_map_device(0x10000, 5), ST_RANGE);
	down();
}

static void test_flat(void **state)
{
	fake.typer = GITS_TYPER_PHYSICAL | 7 << 4 | 15 << 8 | 12 << 13; /* 13 bits: 64 KiB */
	up();
	assert_int_equal(table("device table")->bytes, KIB(64));
	assert_int_equal(fake.baser[0] & GITS_BASER_INDIRECT, 0);
	assert_int_equal(fake.baser[0] & 0x3ff, 15);
	one_device(0x1fff);
	assert_null(table("device table, level 2"));
	down();
}

/* One level only, more than 64 KiB: all 16 bits; or as many as 1 MiB holds. */
static void test_no_indirect(void **state)
{
	fake.baser_keeps[0] = ~GITS_BASER_INDIRECT;
	up();
	assert_int_equal(table("device table")->bytes, KIB(512));
	one_device(0xffff);
	down();
	setup(NULL);
	fake.baser_keeps[0] = ~GITS_BASER_INDIRECT;
	fake.typer |= 31 << 13;
	fake_baser_is(0, GITS_BASER_TYPE_DEVICE, 24);
	fake.page = 1;
	up();
	assert_int_equal(table("device table")->bytes, MIB(1));
	assert_int_equal(its_get_info()->device_bits, 15);
	one_device(MIB(1) / 24 - 1);
	assert_int_equal(its_map_device(MIB(1) / 24, 5), ST_RANGE);
	down();
}

/* 32 bits, odd entries: no more of the first level than 64 KiB. */
static void test_wide(void **state)
{
	fake.typer |= 31 << 13 | 15 << 4 | GITS_TYPER_CIL;
	fake_baser_is(0, GITS_BASER_TYPE_DEVICE, 24);
	up();
	assert_int_equal(table("device table")->bytes, KIB(64));
	assert_int_equal(its_get_info()->device_bits, 20); /* 8192 * (4096 / 24) ids */
	assert_int_equal(its_get_info()->itt_entry, 16);
	one_device(170);
	one_device(8192 * 170 - 1);
	assert_int_equal(its_map_device(8192 * 170, 5), ST_RANGE);
	/* Two bits' worth of collections. */
	assert_int_equal(its.collections.ids, 2);
	down();
}

/* Level-2 tables are bounded. */
static void test_level2(void **state)
{
	up();
	for (u32 i = 0; i < ITS_LEVEL2; i++) {
		one_device(i * 512);
		if (i % 2 != 0)
			assert_int_equal(its_unmap_device(i * 512), ST_OK);
	}
	assert_int_equal(its_map_device(ITS_LEVEL2 * 512, 1), ST_NO_MEMORY);
	one_device(512); /* its level-2 table is still there */
	down();
}

static void test_held_collections(void **state)
{
	u16 id;

	fake_baser_is(1, GITS_BASER_TYPE_NONE, 1);
	assert_int_equal(its_init(&platform), ST_UNSUPPORTED); /* not even the boot CPU's */
	assert_int_equal(fake_used(), 0);
	setup(NULL);
	fake_baser_is(1, GITS_BASER_TYPE_NONE, 1);
	fake.typer |= 2 << 24;
	up();
	assert_null(table("collection table"));
	cpus();
	assert_int_equal(its_collection(1, &id), ST_OK);
	assert_int_equal(id, 1);
	assert_int_equal(its_collection(2, &id), ST_RANGE);
	assert_int_equal(its_restart(), ST_OK);
	assert_true(fake.collection[1].valid);
	down();
}

/* Where a table cannot be snooped, caches are cleaned. */
static void test_not_shareable(void **state)
{
	fake.baser_keeps[0] = ~GIC_SHARE_MASK;
	up();
	assert_int_equal(fake.baser[0] & (7ULL << 59 | 3 << 10), 1ULL << 59);
	assert_true(fake_cleaned != 0);
	fake_cleaned = 0;
	one_device(5); /* level 2, its entry, ITT, two commands */
	assert_int_equal(fake_cleaned, 5);
	down();
	setup(NULL);
	fake_gicr[0].keeps = ~GIC_SHARE_MASK;
	up();
	assert_int_equal(fake_gicr[0].propbaser & (7 << 7 | 3 << 10), 1 << 7);
	down();
}

static void test_targets(void **state)
{
	u64 target;
	u16 id;

	fake.typer |= GITS_TYPER_PTA;
	up();
	cpus();
	assert_int_equal(its_target(2, &target), ST_OK);
	assert_int_equal(target, FAKE_GICR + 2 * FAKE_STRIDE);
	assert_int_equal(its_collection(2, &id), ST_OK);
	assert_int_equal(fake.collection[id].target, target);
	assert_true(its_get_info()->address_targets);
	assert_int_equal(its_target(FAKE_CPUS, &target), ST_STATE);
	assert_int_equal(its_target(SMP_MAX_CPUS, &target), ST_STATE);
	down();
	setup(NULL);
	up();
	cpus();
	assert_int_equal(its_target(2, &target), ST_OK);
	assert_int_equal(target, 2 << 16);
	down();
}

/* ---- the queue ---- */

static void test_wrap(void **state)
{
	struct its_command c[300];

	up();
	one_device(7);
	for (unsigned i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = its_mapti(7, i % 32, GIC_LPI_FIRST + i, 0);
	memset(fake.event, 0, sizeof(fake.event));
	assert_int_equal(its_submit(c, ARRAY_SIZE(c)), ST_OK);
	/* In order, none left out. */
	for (unsigned i = 0; i < ARRAY_SIZE(c); i++)
		assert_int_equal(fake.event[i].lpi, GIC_LPI_FIRST + i);
	assert_int_equal(fake.creadr, fake.cwriter);
	assert_int_equal(its_get_stats().stalls, 0);
	assert_int_equal(its_get_stats().commands, 3 + 2 + 300);
	down();
}

static void test_stall(void **state)
{
	struct its_command c[] = { its_int(7, 1), its_mapti(7, 1, GIC_LPI_FIRST, 0), its_int(7, 31),
				   its_int(7, 30), its_mapti(7, 2, GIC_LPI_FIRST + 1, 0) };
	u64 syncs;

	up();
	one_device(7);
	syncs = fake.done[ITS_CMD_SYNC];
	assert_int_equal(its_submit(c, ARRAY_SIZE(c)), ST_DENIED);
	assert_int_equal(its_get_stats().stalls, 3);
	assert_int_equal(fake.errors, 3);
	assert_int_equal(fake.done[ITS_CMD_SYNC], syncs + 3);
	assert_non_null(fake_event(7, 1));
	assert_non_null(fake_event(7, 2));
	assert_true(its_available());
	assert_int_equal(its_submit(c + 1, 1), ST_OK);
	down();
}

static void test_passed_over(void **state)
{
	struct its_command c[] = { its_int(7, 1), its_mapti(7, 1, GIC_LPI_FIRST, 0) };

	fake_like_kvm();
	up();
	one_device(7);
	assert_int_equal(its_submit(c, ARRAY_SIZE(c)), ST_OK);
	assert_int_equal(its_get_stats().stalls, 0);
	assert_non_null(fake_event(7, 1));
	down();
}

static void given_up(const struct its_command *c, enum status st, const char *why)
{
	assert_int_equal(its_submit(c, 1), st);
	assert_false(its_available());
	assert_string_equal(its_why(), why);
	assert_int_equal(its_submit(c, 1), ST_STATE);
}

static void test_no_retry(void **state)
{
	struct its_command c = its_int(7, 1);

	up();
	fake.retries = false;
	given_up(&c, ST_TIMEOUT, "it does not read its queue");
	down(); /* the tables come back all the same */
}

static void test_stuck(void **state)
{
	struct its_command c = its_sync(0);

	up();
	fake.stuck = true;
	fake_time_step = 0; /* time stands still, too */
	given_up(&c, ST_TIMEOUT, "it does not read its queue");
	/* It comes to itself. */
	fake.stuck = false;
	assert_int_equal(its_restart(), ST_OK);
	assert_true(its_available());
	fake_hz = 0;
	down();
}

static u64 creadr_is;

static u64 answer_creadr(u64 off, u64 honest)
{
	return off == GITS_CREADR ? creadr_is : honest;
}

static void test_creadr(void **state)
{
	/* out of the queue, off its slots, behind what was written, before what was read; bits
	 * that are none */
	static const u64 wrong[] = { 0x1000, 0xfffe0, ~0ULL, 0x10, 0xc0, 0x40, 1ULL << 20, 0x62 };
	struct its_command c[2];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		setup(NULL);
		up();
		c[0] = c[1] = its_sync(0);
		assert_int_equal(fake.creadr, 0x60);
		fake.answer = answer_creadr;
		creadr_is = wrong[i];
		assert_int_equal(its_submit(c, 2), ST_PROTOCOL);
		assert_string_equal(its_why(), "its read pointer is out of the queue");
		assert_false(its_available());
		fake.answer = NULL;
		down();
	}
	/* Stalled where there is nothing: all was read. */
	setup(NULL);
	up();
	c[0] = its_sync(0);
	fake.answer = answer_creadr;
	creadr_is = 0x81;
	assert_int_equal(its_submit(c, 1), ST_OK);
	assert_int_equal(its_get_stats().stalls, 0);
}

/* A read pointer that crawls is waited for as long as it moves. */
static unsigned crawl;

static u64 answer_crawl(u64 off, u64 honest)
{
	return off == GITS_CREADR ? (creadr_is + 32 * (crawl++ / 19000)) % 0x1000 : honest;
}

static void test_slow(void **state)
{
	struct its_command c[4];

	up();
	for (unsigned i = 0; i < 4; i++)
		c[i] = its_sync(0);
	creadr_is = fake.creadr;
	crawl = 0;
	fake.answer = answer_crawl;
	assert_int_equal(its_submit(c, 4), ST_OK);
	assert_true(crawl > 4 * 19000);
}

/* ---- devices ---- */

static void test_itt(void **state)
{
	up();
	one_device(1);
	one_device(2);
	/* 32 events of 8 bytes are 256: side by side; they share their page with no table. */
	assert_int_equal(its_itt(1).size, 256);
	assert_int_equal(its_itt(2).base, its_itt(1).base + 256);
	assert_int_equal(fake_page[fake_index(its_itt(1).base, 1)], FAKE_SMALL);
	assert_int_equal(table("ITTs")->base, align_down(its_itt(1).base, PAGE_SIZE));
	assert_int_equal(its_get_stats().pages, 6 + 1 + 1);
	assert_int_equal(its_map_device(1, 5), ST_STATE);
	assert_int_equal(its_map_device(3, 0), ST_RANGE);
	assert_int_equal(its_map_device(3, 17), ST_RANGE);
	assert_int_equal(its_map_device(3, 1), ST_OK);
	assert_int_equal(its_itt(3).size, 256);
	assert_int_equal(its_map_device(4, 10), ST_OK);
	assert_int_equal(its_itt(4).size, KIB(8));
	assert_int_equal(its_itt(4).base % PAGE_SIZE, 0);
	assert_int_equal(its_get_stats().pages, 6 + 1 + 1 + 2);
	assert_int_equal(its_unmap_device(4), ST_OK);
	assert_int_equal(its_itt(4).size, 0);
	assert_int_equal(its_unmap_device(4), ST_NOT_FOUND);
	assert_int_equal(fake_device(4), -1);
	for (u32 id = 4; id < 4 + ITS_DEVICES - 3; id++)
		one_device(id);
	assert_int_equal(its_map_device(100, 1), ST_NO_MEMORY);
	down();
}

static void test_mapd_refused(void **state)
{
	unsigned used;

	fake.typer = (fake.typer & ~MASK(12, 8)) | 4 << 8; /* 5 bits */
	up();
	one_device(2);
	used = fake_used();
	its.info.event_bits = 16; /* as if it had said so */
	assert_int_equal(its_map_device(1, 6), ST_DENIED);
	assert_int_equal(its_itt(1).size, 0);
	assert_int_equal(fake_used(), used);
	fake.stuck = true;
	assert_int_equal(its_map_device(1, 5), ST_TIMEOUT);
	assert_int_equal(its_itt(1).size, 256); /* nobody knows */
	assert_int_equal(its_unmap_device(2), ST_STATE);
	fake.stuck = false;
	down();
}

static void test_exhausted(void **state)
{
	/* Every request in turn is one too many. */
	for (unsigned n = 0;; n++) {
		struct msi_message m;
		enum status st;

		setup(NULL);
		fake_pool_left = n;
		if (its_init(&platform) != ST_OK) {
			assert_int_equal(fake_used(), 0);
			assert_false(its_available());
			continue;
		}
		assert_true(n >= 5);
		fake_cpu = 1;
		st = its_init_cpu(gic_frame(1));
		assert_int_equal(st, n >= 6 ? ST_OK : ST_NO_MEMORY);
		fake_cpu = 0;
		st = its_msi_alloc(BDF, 0, handler, NULL, &m);
		assert_int_equal(st, n >= 8 ? ST_OK : ST_NO_MEMORY);
		down();
		if (n == 8)
			return;
	}
}

/* ---- messages ---- */

static void test_messages(void **state)
{
	struct msi_message m[2], one;
	const struct fake_event *e;
	unsigned mine = 0;
	const u8 *config;

	up();
	cpus();
	config = (const u8 *)(uintptr_t)table("LPI configuration")->base;
	assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &m[0]), ST_OK);
	assert_int_equal(its_msi_alloc(BDF, 3, handler, &mine, &m[1]), ST_OK);
	assert_int_equal(m[0].address, FAKE_ITS + GITS_TRANSLATER);
	assert_int_equal(m[0].device, 0x1010);
	assert_int_not_equal(m[0].data, m[1].data);
	assert_int_equal(fake.done[ITS_CMD_MAPD], 1); /* once per device */
	e = fake_event(0x1010, m[1].data);
	assert_non_null(e);
	assert_int_equal(e->collection, 3);
	assert_int_equal(fake.collection[3].target, 3 << 16);
	assert_int_equal(config[e->lpi - GIC_LPI_FIRST], 0xa3);
	assert_true(lpi_deliver(e->lpi));
	assert_int_equal(mine, 1);
	assert_int_equal(its_unmap_device(0x1010), ST_STATE);

	one = m[1];
	its_msi_free(&one);
	assert_null(fake_event(0x1010, one.data));
	assert_false(lpi_deliver(e->lpi));
	its_msi_free(&one); /* twice, or what never was: nothing */
	one.data = ITS_DEVICE_EVENTS;
	its_msi_free(&one);
	one.device = 77;
	its_msi_free(&one);
	/* An event just freed is the last to be used again. */
	for (unsigned i = 0; i < ITS_DEVICE_EVENTS - 1; i++) {
		assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &one), ST_OK);
		assert_int_equal(one.data == m[1].data, i == ITS_DEVICE_EVENTS - 2);
	}
	assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &one), ST_NO_MEMORY);
	down();
	assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &one), ST_UNSUPPORTED);
	its_msi_free(&m[0]);
}

static void test_messages_refused(void **state)
{
	struct msi_message m;
	u32 id;

	up();
	assert_int_equal(its_device_id(0xff, &id), ST_OK);
	assert_int_equal(id, 0x10ff);
	assert_int_equal(its_device_id(0x100, &id), ST_NOT_FOUND);
	assert_int_equal(its_device_id(0x20f, &id), ST_OK);
	assert_int_equal(id, 15);
	assert_int_equal(its_device_id(0x210, &id), ST_NOT_FOUND);
	assert_int_equal(its_msi_alloc(BDF, 0, NULL, NULL, &m), ST_INVALID);
	assert_int_equal(its_msi_alloc(0x100, 0, handler, NULL, &m), ST_UNSUPPORTED);
	assert_int_equal(its_msi_alloc(BDF, 1, handler, NULL, &m), ST_STATE);
	platform.msi_map[0].device_base = 0x10000;
	assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &m), ST_RANGE);
	platform.msi_map[0].device_base = 0;
	fake.gicd_typer = 0; /* only read once */
	assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &m), ST_OK);
	fake.device[fake_device(BDF)].bits = 0; /* MAPTI is in error now */
	assert_int_equal(its_msi_alloc(BDF, 0, handler, NULL, &m), ST_DENIED);
	assert_false(lpi_deliver(GIC_LPI_FIRST + 1));
	down();
}

/* ---- restart ---- */

static void test_restart(void **state)
{
	struct msi_message m[3];
	struct fake_event before[3];
	u8 *config, *pending;

	up();
	cpus();
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(its_msi_alloc(BDF + 8 * (i & 1), i, handler, NULL, &m[i]), ST_OK);
		before[i] = *fake_event(m[i].device, m[i].data);
	}
	one_device(0x8000);
	/* The host has written what it likes, and shows it. */
	config = (u8 *)(uintptr_t)table("LPI configuration")->base;
	pending = (u8 *)(uintptr_t)table("LPI pending bits")->base;
	memset(config, 0xff, KIB(8));
	memset(pending, 0xff, PAGE_SIZE);
	memset((void *)(uintptr_t)table("device table")->base, 0xff, table("device table")->bytes);
	memset((void *)(uintptr_t)table("device table, level 2")->base, 0xff, PAGE_SIZE);
	memset((void *)(uintptr_t)its_itt(0x8000).base, 0xff, 256);
	memset((void *)(uintptr_t)table("command queue")->base, 0xff, PAGE_SIZE);
	memset(fake.event, 0, sizeof(fake.event));
	memset(fake.device, 0, sizeof(fake.device));
	memset(fake.collection, 0, sizeof(fake.collection));
	assert_int_equal(its_restart(), ST_OK);
	for (unsigned i = 0; i < 3; i++) {
		const struct fake_event *e = fake_event(m[i].device, m[i].data);

		assert_non_null(e);
		assert_int_equal(e->lpi, before[i].lpi);
		assert_int_equal(e->collection, before[i].collection);
		assert_int_equal(config[e->lpi - GIC_LPI_FIRST], 0xa3);
	}
	assert_int_equal(fake_device(0x8000) >= 0, 1);
	assert_int_equal(config[KIB(8) - 1] & 1, 0);
	assert_int_equal(pending[1024], 0);
	assert_int_equal(*(u8 *)(uintptr_t)its_itt(0x8000).base, 0);
	assert_true(fake.collection[2].valid);
	assert_false(fake.collection[3].valid);
	down();
}

static void test_restart_refused(void **state)
{
	up();
	fake.loud = true;
	assert_int_equal(its_restart(), ST_TIMEOUT);
	assert_false(its_available());
	fake.loud = false;
	fake.baser_keeps[0] = ~GITS_BASER_VALID;
	assert_int_equal(its_restart(), ST_PROTOCOL);
	fake.baser_keeps[0] = ~0ULL;
	fake_gicr[0].keeps = 0;
	assert_int_equal(its_restart(), ST_PROTOCOL);
	assert_string_equal(its_why(), "a CPU does not take LPIs again");
	fake_gicr[0].keeps = ~0ULL;
	fake.never_on = true;
	assert_int_equal(its_restart(), ST_PROTOCOL);
	fake.never_on = false;
	/* LPIs that stay on keep their table. */
	assert_int_equal(its_restart(), ST_OK);
	fake_gicr[0].stays = true;
	*(u8 *)(uintptr_t)(table("LPI pending bits")->base + 2000) = 0x5a;
	assert_int_equal(its_restart(), ST_OK);
	assert_int_equal(*(u8 *)(uintptr_t)(table("LPI pending bits")->base + 2000), 0x5a);
	fake.stuck = true;
	assert_int_equal(its_restart(), ST_TIMEOUT);
	fake.stuck = false;
	assert_int_equal(its_restart(), ST_OK);
	one_device(9);
	fake.typer &= ~MASK(12, 8); /* one bit of EventID now */
	assert_int_equal(its_restart(), ST_DENIED);
	assert_true(its_available());
}

/* ---- a host that does not let go ---- */

static void test_leaks(void **state)
{
	up();
	cpus();
	one_device(1);
	one_device(2);
	assert_int_equal(its_map_device(3, 10), ST_OK);
	fake.loud = true;
	its_stop();
	/* queue, first and second level, collections, ITTs 1 + 2 */
	assert_int_equal(its_get_stats().leaked, 7);
	assert_int_equal(fake_kept_pages(), 7);
	assert_int_equal(fake_used(), 7);
	assert_int_equal(its_get_stats().pages, 0);
	assert_string_equal(its_why(), "it was stopped");

	setup(NULL);
	up();
	cpus();
	fake_gicr[2].stays = true;
	its_stop();
	assert_int_equal(its_get_stats().leaked, 3); /* one pending table, and the configuration */
	assert_int_equal(fake_kept_pages(), 3);
	assert_int_equal(fake_used(), 3);
}

/* A CPU whose LPIs were on for somebody else, and stay so: not even tried. */
static void test_cpu_refused(void **state)
{
	u64 target;

	up();
	fake_cpu = 1;
	fake_gicr[1].typer = 0;
	assert_int_equal(its_init_cpu(gic_frame(1)), ST_UNSUPPORTED);
	fake_gicr[1].typer = GICR_TYPER_PLPIS;
	fake_gicr[1].never_on = true;
	assert_int_equal(its_init_cpu(gic_frame(1)), ST_STATE);
	fake_gicr[1].never_on = false;
	fake_gicr[1].keeps = ~GICR_PROPBASER_ADDRESS;
	assert_int_equal(its_init_cpu(gic_frame(1)), ST_PROTOCOL);
	fake_gicr[1].keeps = ~1ULL; /* fewer ID bits */
	assert_int_equal(its_init_cpu(gic_frame(1)), ST_PROTOCOL);
	fake_gicr[1].keeps = ~0ULL;
	fake_gicr[1].ctlr = 1;
	fake_gicr[1].stays = true;
	assert_int_equal(its_init_cpu(gic_frame(1)), ST_STATE);
	assert_int_equal(its_target(1, &target), ST_STATE);
	fake_cpu = 0;
	assert_int_equal(its_get_stats().leaked, 1);
	fake_gicr[1].stays = false;
	fake_gicr[1].ctlr = 0;
	its_stop();
	assert_int_equal(fake_used(), 3); /* configuration, too: who knows */
}

/* ---- registers that lie ---- */

static void refused(const char *why)
{
	assert_int_equal(its_init(&platform), ST_UNSUPPORTED);
	assert_false(its_available());
	assert_string_equal(its_why(), why);
	assert_int_equal(fake_used(), fake_kept_pages());
	setup(NULL);
}

static void test_identity(void **state)
{
	platform.its.size = GITS_SIZE - 1;
	refused("its registers are no ITS's");
	platform.its.base += PAGE_SIZE;
	refused("its registers are no ITS's");
	fake_map_status = ST_NO_MEMORY;
	refused("its registers cannot be mapped");
	fake.gicd_typer &= ~GICD_TYPER_LPIS;
	refused("the distributor has no LPIs");
	fake.gicd_typer = GICD_TYPER_LPIS | 12 << 19;
	refused("the distributor has no LPIs");
	fake.iidr = ~0u;
	refused("it is none of a GICv3");
	fake.iidr = 0;
	refused("it is none of a GICv3");
	fake.pidr2 = 0x2b;
	refused("it is none of a GICv3");
	fake.pidr2 = ~0u;
	refused("it is none of a GICv3");
	fake.typer &= ~GITS_TYPER_PHYSICAL;
	refused("it has no physical LPIs");
	fake.loud = true;
	refused("it does not become quiescent");
}

static u64 answer_page(u64 off, u64 honest)
{
	return off == GITS_BASER(0) ? honest | 3 << 8 : honest;
}

static u64 answer_type(u64 off, u64 honest)
{
	return off == GITS_BASER(0) && (honest & GITS_BASER_INDIRECT) != 0
		   ? honest ^ BIT(56) ^ BIT(58)
		   : honest;
}

static u64 answer_queue(u64 off, u64 honest)
{
	return off == GITS_CREADR ? 32 : honest;
}

static void test_tables_lie(void **state)
{
	fake_baser_is(5, GITS_BASER_TYPE_DEVICE, 8);
	refused("two of its tables are of one type");
	fake_baser_is(7, GITS_BASER_TYPE_COLLECTION, 8);
	refused("two of its tables are of one type");
	fake_baser_is(0, GITS_BASER_TYPE_NONE, 1);
	refused("it has no device table");
	fake.answer = answer_page;
	refused("the page size of a table is none");
	fake.answer = answer_type;
	refused("the register of a table changes its type");
	fake.baser_keeps[0] = ~GITS_BASER_VALID;
	refused("the register of a table reads back differently");
	fake.baser_keeps[1] = ~GITS_BASER_ADDRESS;
	refused("the register of a table reads back differently");
	fake.cbaser_keeps = ~GITS_CBASER_ADDRESS;
	refused("the queue's register reads back differently");
	fake.answer = answer_queue;
	refused("the queue does not begin empty");
	fake.never_on = true;
	refused("it cannot be enabled");
	fake_gicr[0].typer = 0;
	refused("the boot CPU takes no LPIs");
	fake.stuck = true;
	refused("it does not carry out commands");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_up, setup),
		cmocka_unit_test_setup(test_none, setup),
		cmocka_unit_test_setup(test_kvm, setup),
		cmocka_unit_test_setup(test_flat, setup),
		cmocka_unit_test_setup(test_no_indirect, setup),
		cmocka_unit_test_setup(test_wide, setup),
		cmocka_unit_test_setup(test_level2, setup),
		cmocka_unit_test_setup(test_held_collections, setup),
		cmocka_unit_test_setup(test_not_shareable, setup),
		cmocka_unit_test_setup(test_targets, setup),
		cmocka_unit_test_setup(test_wrap, setup),
		cmocka_unit_test_setup(test_stall, setup),
		cmocka_unit_test_setup(test_passed_over, setup),
		cmocka_unit_test_setup(test_no_retry, setup),
		cmocka_unit_test_setup(test_stuck, setup),
		cmocka_unit_test_setup(test_creadr, setup),
		cmocka_unit_test_setup(test_slow, setup),
		cmocka_unit_test_setup(test_itt, setup),
		cmocka_unit_test_setup(test_mapd_refused, setup),
		cmocka_unit_test_setup(test_exhausted, setup),
		cmocka_unit_test_setup(test_messages, setup),
		cmocka_unit_test_setup(test_messages_refused, setup),
		cmocka_unit_test_setup(test_restart, setup),
		cmocka_unit_test_setup(test_restart_refused, setup),
		cmocka_unit_test_setup(test_leaks, setup),
		cmocka_unit_test_setup(test_cpu_refused, setup),
		cmocka_unit_test_setup(test_identity, setup),
		cmocka_unit_test_setup(test_tables_lie, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
