/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map for Linux: page by page against a second reading of the rules, and at its limits.
 * sources: boot/linux/x86_64/e820.c mm/memmap.c lib/range.c lib/status.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/linux/x86_64/params.h"

static struct memmap m;
static struct e820_map out;

static void set(u64 base, u64 size, enum mem_type type)
{
	assert_int_equal(memmap_set(&m, (struct range){ base, size }, type), ST_OK);
}

/* Accepted, as all of it is when a kernel is handed a map. */
static void ram(u64 base, u64 size)
{
	assert_int_equal(memmap_add_ram(&m, (struct range){ base, size }, 0), ST_OK);
	set(base, size, MEM_ACCEPTED);
}

static void assert_entry(size_t i, u64 base, u64 size, enum e820_type type)
{
	assert_true(i < out.count);
	assert_int_equal(out.entry[i].base, base);
	assert_int_equal(out.entry[i].size, size);
	assert_int_equal(out.entry[i].type, type);
}

/* What every map must be. */
static void assert_form(void)
{
	assert_true(out.count <= E820_MAX);
	for (size_t i = 0; i < out.count; i++) {
		u64 base = out.entry[i].base, end = base + out.entry[i].size;

		assert_true(end > base);
		assert_true(end <= 0xa0000 || base >= 0xc0000);
		if (i == 0)
			continue;
		assert_true(base >= out.entry[i - 1].base + out.entry[i - 1].size);
		assert_false(base == out.entry[i - 1].base + out.entry[i - 1].size &&
			     out.entry[i].type == out.entry[i - 1].type);
	}
}

static enum status build(const struct e820_mark *marks, size_t count)
{
	enum status st = e820_build(&m, marks, count, &out);

	if (st == ST_OK)
		assert_form();
	return st;
}

static int empty(void **state)
{
	(void)state;
	memmap_init(&m);
	memset(&out, 0xee, sizeof(out));
	return 0;
}

/* As our flash file leaves it, with the marks of a hand-over. */
static void pc(void **state)
{
	const struct e820_mark marks[] = {
		{ { 0x800000, 0x300000 }, E820_RESERVED },
		{ { 0xc00000, 0x2000 }, E820_ACPI },
		{ { 0xc02000, 0x1000 }, E820_NVS },
		{ { 0xb0000000, 0x10000000 }, E820_RESERVED }, /* ECAM, outside RAM */
	};

	(void)state;
	ram(0, MIB(512));
	ram(GIB(4), GIB(1));
	set(0xa0000, 0x60000, MEM_RESERVED);
	set(0x100000, 0x700000, MEM_ACCEPTED);
	set(0x1000000, 0x200000, MEM_SHARED);
	assert_int_equal(build(marks, ARRAY_SIZE(marks)), ST_OK);
	assert_int_equal(out.count, 12);
	assert_entry(0, 0, 0xa0000, E820_RAM);
	assert_entry(1, 0xc0000, 0x40000, E820_RESERVED);
	assert_entry(2, 0x100000, 0x700000, E820_RAM);
	assert_entry(3, 0x800000, 0x300000, E820_RESERVED);
	assert_entry(4, 0xb00000, 0x100000, E820_RAM);
	assert_entry(5, 0xc00000, 0x2000, E820_ACPI);
	assert_entry(6, 0xc02000, 0x1000, E820_NVS);
	assert_entry(7, 0xc03000, 0x3fd000, E820_RAM);
	assert_entry(8, 0x1000000, 0x200000, E820_RESERVED);
	assert_entry(9, 0x1200000, MIB(512) - 0x1200000, E820_RAM);
	assert_entry(10, 0xb0000000, 0x10000000, E820_RESERVED);
	assert_entry(11, GIB(4), GIB(1), E820_RAM);
}

/* Whatever a host calls RAM, and whatever is marked. */
static void display_stays_a_gap(void **state)
{
	const struct e820_mark all = { { 0, MIB(2) }, E820_RESERVED };
	const struct e820_mark part = { { 0xb8000, 0x1000 }, E820_NVS };
	const struct e820_mark roms = { { 0xf0000, 0x1000 }, E820_NVS };

	(void)state;
	ram(0, MIB(4));
	assert_int_equal(build(NULL, 0), ST_OK);
	assert_int_equal(out.count, 3);
	assert_entry(0, 0, 0xa0000, E820_RAM);
	assert_entry(1, 0xc0000, 0x40000, E820_RESERVED);
	assert_entry(2, MIB(1), MIB(3), E820_RAM);
	assert_int_equal(build(&part, 1), ST_OK);
	assert_int_equal(out.count, 3);
	assert_int_equal(build(&all, 1), ST_OK);
	assert_int_equal(out.count, 3);
	assert_entry(0, 0, 0xa0000, E820_RESERVED);
	assert_entry(1, 0xc0000, 0x140000, E820_RESERVED);
	/* A mark in the area of ROMs counts: the caller put something there. */
	assert_int_equal(build(&roms, 1), ST_OK);
	assert_int_equal(out.count, 5);
	assert_entry(2, 0xf0000, 0x1000, E820_NVS);
}

static void no_memory_at_all(void **state)
{
	(void)state;
	assert_int_equal(build(NULL, 0), ST_OK);
	assert_int_equal(out.count, 1);
	assert_entry(0, 0xc0000, 0x40000, E820_RESERVED);
}

static void not_accepted(void **state)
{
	(void)state;
	ram(MIB(2), MIB(2));
	assert_int_equal(memmap_add_ram(&m, (struct range){ MIB(8), 0x1000 }, 0), ST_OK);
	assert_int_equal(build(NULL, 0), ST_STATE);
	set(MIB(8), 0x1000, MEM_ACCEPTED);
	assert_int_equal(build(NULL, 0), ST_OK);
}

/* A mark over several regions and gaps takes them all; the last word wins. */
static void marks_over_regions(void **state)
{
	const struct e820_mark marks[] = {
		{ { MIB(3), MIB(6) }, E820_NVS },
		{ { MIB(4), MIB(1) }, E820_RAM },
		{ { MIB(4), 0x1000 }, E820_ACPI },
	};

	(void)state;
	ram(MIB(2), MIB(2));
	ram(MIB(5), MIB(1));
	ram(MIB(8), MIB(2));
	set(MIB(5), MIB(1), MEM_SHARED);
	assert_int_equal(build(marks, ARRAY_SIZE(marks)), ST_OK);
	assert_int_equal(out.count, 7);
	assert_entry(1, MIB(2), MIB(1), E820_RAM);
	assert_entry(2, MIB(3), MIB(1), E820_NVS);
	assert_entry(3, MIB(4), 0x1000, E820_ACPI);
	assert_entry(4, MIB(4) + 0x1000, MIB(1) - 0x1000, E820_RAM);
	assert_entry(5, MIB(5), MIB(4), E820_NVS);
	assert_entry(6, MIB(9), MIB(1), E820_RAM);
}

static void whole_pages(void **state)
{
	const struct e820_mark nvs = { { MIB(2) + 0x10, 0x1000 }, E820_NVS };
	const struct e820_mark some = { { MIB(2) + 0x10, 0x2ff0 }, E820_RAM };
	const struct e820_mark none = { { MIB(2) + 0x10, 0x1000 }, E820_RAM };

	(void)state;
	ram(MIB(2), MIB(1));
	assert_int_equal(build(&nvs, 1), ST_OK);
	assert_entry(1, MIB(2), 0x2000, E820_NVS);
	set(MIB(2), MIB(1), MEM_RESERVED);
	assert_int_equal(build(&some, 1), ST_OK);
	assert_entry(2, MIB(2) + 0x1000, 0x2000, E820_RAM);
	assert_int_equal(build(&none, 1), ST_OK);
	assert_int_equal(out.count, 2);
}

static void hostile_marks(void **state)
{
	const struct e820_mark nothing = { { MIB(2), 0 }, E820_NVS };
	const struct e820_mark wraps = { { ~0xfffULL, 0x2000 }, E820_RESERVED };
	const struct e820_mark rounds_over = { { ~0xffeULL, 0xff0 }, E820_RESERVED };
	const struct e820_mark top = { { ~0x1fffULL, 0x1000 }, E820_RESERVED };

	(void)state;
	ram(MIB(2), MIB(1));
	assert_int_equal(build(&nothing, 1), ST_OK);
	assert_int_equal(out.count, 2);
	assert_int_equal(build(&wraps, 1), ST_OVERFLOW);
	assert_int_equal(build(&rounds_over, 1), ST_OVERFLOW);
	assert_int_equal(build(&top, 1), ST_OK);
	assert_entry(2, ~0x1fffULL, 0x1000, E820_RESERVED);
}

/* A host that chops its memory up: 127 pieces and the ROMs fit, one more does not. */
static void limit(void **state)
{
	const struct e820_mark inside = { { MIB(2) + 0x1000, 0x1000 }, E820_NVS };
	const struct e820_mark over = { { MIB(2) + 0x1000, MIB(1) }, E820_NVS };

	(void)state;
	for (unsigned i = 0; i < E820_MAX - 1; i++)
		ram(MIB(2) + i * 0x10000, 0x4000);
	assert_int_equal(build(NULL, 0), ST_OK);
	assert_int_equal(out.count, E820_MAX);
	assert_int_equal(build(&inside, 1), ST_TOO_MANY);
	assert_int_equal(build(&over, 1), ST_OK); /* takes sixteen away */
	ram(MIB(1), 0x1000);
	assert_int_equal(m.count, MEMMAP_MAX);
	assert_int_equal(build(NULL, 0), ST_TOO_MANY); /* borders on the ROMs, but is RAM */
}

/* As many as there may be, then one piece in two. */
static void limit_in_the_cut(void **state)
{
	struct e820_mark marks[2] = {
		{ { MIB(1) - 0x80000, 0x80000 }, E820_NVS }, /* spans the display */
		{ { 0, 0x1000 }, E820_NVS },
	};

	(void)state;
	for (unsigned i = 0; i < E820_MAX - 1; i++)
		ram(MIB(2) + i * 0x10000, 0x4000);
	/* 128 with the mark, which takes the ROMs; the gap makes 129. */
	assert_int_equal(build(marks, 1), ST_TOO_MANY);
	assert_int_equal(build(marks + 1, 1), ST_TOO_MANY);
}

/* ---- windows for devices ---- */

static void assert_window(struct range window, u64 base, u64 size)
{
	struct range got = window_beside(&m, window);

	assert_int_equal(got.size, size);
	if (size != 0)
		assert_int_equal(got.base, base);
}

static void windows(void **state)
{
	const struct range w = { GIB(3), MIB(512) };

	(void)state;
	assert_window(w, GIB(3), MIB(512));
	assert_window((struct range){ 0, 0 }, 0, 0);
	ram(0, GIB(3));
	assert_window(w, GIB(3), MIB(512)); /* beside it is not in it */
	assert_window((struct range){ MIB(1), 0 }, 0, 0);
	ram(GIB(3), MIB(128));
	assert_window(w, GIB(3) + MIB(128), MIB(384));
	ram(GIB(3) + MIB(384), MIB(64));
	assert_window(w, GIB(3) + MIB(128), MIB(256)); /* the first of two, the larger one */
	ram(GIB(3) + MIB(128), MIB(224));
	assert_window(w, GIB(3) + MIB(448), MIB(64)); /* now the last */
	ram(GIB(3) + MIB(448), GIB(1));
	assert_window(w, GIB(3) + MIB(352), MIB(32));
	set(0, GIB(3) + MIB(1), MEM_RESERVED);
	ram(GIB(3) + MIB(352), MIB(32));
	assert_window(w, 0, 0);
	assert_window((struct range){ MIB(64), MIB(64) }, 0, 0); /* inside one region */
}

/* ---- at random, against a map of single pages ---- */

#define PAGES 512u /* 2 MiB, with the legacy area in it */

static u8 expected[PAGES];

static void paint(u64 first, u64 count, u8 type)
{
	for (u64 i = first; i < first + count && i < PAGES; i++)
		expected[i] = type;
}

static u8 type_at(u64 page)
{
	u64 at = page * PAGE_SIZE;

	for (size_t i = 0; i < out.count; i++)
		if (at >= out.entry[i].base && at - out.entry[i].base < out.entry[i].size)
			return (u8)out.entry[i].type;
	return 0;
}

static void random_map(void)
{
	static const enum mem_type types[] = { MEM_ACCEPTED, MEM_SHARED, MEM_RESERVED };

	memmap_init(&m);
	memset(expected, 0, sizeof(expected));
	ram(0, PAGES * PAGE_SIZE);
	paint(0, PAGES, E820_RAM);
	for (unsigned i = 0; i < 8; i++) {
		unsigned first = (unsigned)rand() % PAGES, count = 1 + (unsigned)rand() % 40;
		unsigned type = (unsigned)rand() % 3;

		count = MIN(count, PAGES - first);
		set(first * PAGE_SIZE, count * PAGE_SIZE, types[type]);
		paint(first, count, type == 0 ? E820_RAM : E820_RESERVED);
	}
	paint(0xc0, 0x40, E820_RESERVED);
}

static void random_paintings(void **state)
{
	(void)state;
	srand(7);
	for (unsigned round = 0; round < 2000; round++) {
		struct e820_mark marks[12];

		random_map();
		for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
			u64 first = (u64)rand() % PAGES, count = 1 + (u64)rand() % 60;

			marks[i].type = 1 + (enum e820_type)(rand() % 4);
			marks[i].range.base = first * PAGE_SIZE;
			marks[i].range.size = count * PAGE_SIZE;
			paint(first, count, (u8)marks[i].type);
		}
		paint(0xa0, 0x20, 0);
		assert_int_equal(build(marks, ARRAY_SIZE(marks)), ST_OK);
		for (u64 page = 0; page < PAGES; page++)
			assert_int_equal(type_at(page), expected[page]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pc, empty),
		cmocka_unit_test_setup(display_stays_a_gap, empty),
		cmocka_unit_test_setup(no_memory_at_all, empty),
		cmocka_unit_test_setup(not_accepted, empty),
		cmocka_unit_test_setup(marks_over_regions, empty),
		cmocka_unit_test_setup(whole_pages, empty),
		cmocka_unit_test_setup(hostile_marks, empty),
		cmocka_unit_test_setup(limit, empty),
		cmocka_unit_test_setup(limit_in_the_cut, empty),
		cmocka_unit_test_setup(windows, empty),
		cmocka_unit_test_setup(random_paintings, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
