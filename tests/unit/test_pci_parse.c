/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capability lists, BAR masks and places, honest and not.
 * sources: drivers/pci_parse.c lib/range.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pci.h"

static u8 config[256];
static unsigned reads;

static u32 read_bytes(void *ctx, unsigned offset, unsigned width)
{
	u32 v = 0;

	assert_ptr_equal(ctx, config);
	assert_true(offset + width <= sizeof(config));
	reads++;
	memcpy(&v, config + offset, width);
	return v;
}

static struct pci_cap list[PCI_CAPS_MAX];

static unsigned walk(void)
{
	reads = 0;
	return pci_read_capabilities(read_bytes, config, list);
}

static void chain(u8 at, u8 id, u8 next)
{
	config[at] = id;
	config[at + 1] = next;
}

static int setup(void **state)
{
	(void)state;
	memset(config, 0, sizeof(config));
	config[6] = 0x10;
	config[0x34] = 0x40;
	chain(0x40, 9, 0x50);
	chain(0x50, 0x11, 0xfc);
	chain(0xfc, 9, 0);
	return 0;
}

static void test_chain(void **state)
{
	assert_int_equal(walk(), 3);
	assert_int_equal(list[0].at, 0x40);
	assert_int_equal(list[1].id, 0x11);
	assert_int_equal(list[2].at, 0xfc);
	config[0x34] = 0x43; /* reserved bits */
	assert_int_equal(walk(), 3);
	config[6] = 0;
	assert_int_equal(walk(), 0);
	assert_int_equal(reads, 1);
}

static void test_chain_bounds(void **state)
{
	chain(0x50, 0x11, 0x40); /* a loop */
	assert_int_equal(walk(), 2);
	chain(0x50, 0x11, 0x53); /* itself, with reserved bits */
	assert_int_equal(walk(), 2);
	chain(0x50, 0x11, 0x3c); /* into the header */
	assert_int_equal(walk(), 2);
	config[0x34] = 0x10;
	assert_int_equal(walk(), 0);
	for (unsigned at = 0x40; at < 0x100; at += 4)
		chain((u8)at, 9, at == 0xfc ? 0x40 : (u8)(at + 4));
	config[0x34] = 0x40;
	assert_int_equal(walk(), PCI_CAPS_MAX);
	for (unsigned i = 0; i < PCI_CAPS_MAX; i++)
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(list[i].at, list[j].at);
	memset(config, 0xff, sizeof(config));
	assert_int_equal(walk(), 1); /* 0xfc, then itself */
}

static void test_bars(void **state)
{
	static const struct {
		u32 low, low_mask, high, high_mask;
		enum status st;
		u64 base, size;
		bool is_64;
	} cases[] = {
		{ 0, 0, 0, 0, ST_OK, 0, 0, false },
		{ 0xe0000000, 0xfffff000, 0, 0, ST_OK, 0xe0000000, 0x1000, false },
		{ 8, 0xfffff008, 0, 0, ST_OK, 0, 0x1000, false },
		{ 0, 0xfffffff0, 0, 0, ST_OK, 0, 16, false },
		{ 0x80000000, 0x80000000, 0, 0, ST_OK, 0x80000000, GIB(2), false },
		{ 0xc, 0xffffc00c, 0x80, 0xffffffff, ST_OK, 0x8000000000, 0x4000, true },
		{ 4, 4, 0x100, 0xffffff00, ST_OK, 0x10000000000, BIT(40), true },
		{ 4, 4, 0, 0xffffc000, ST_OK, 0, BIT(46), true },
		{ 0xc001, 0xffffffe1, 0, 0, ST_OK, 0, 0, false }, /* I/O */
		{ 0, 0xffffffe1, 0, 0, ST_OK, 0, 0, false },
		{ 4, 4, 0, 0xffff8000, ST_INVALID, 0, 0, false }, /* larger than all */
		{ 4, 0xffffc004, 0, 0, ST_INVALID, 0, 0, false }, /* no high half */
		{ 4, 4, 0, 0, ST_INVALID, 0, 0, false },          /* no size */
		{ 2, 0xfffff002, 0, 0, ST_INVALID, 0, 0, false }, /* reserved types */
		{ 6, 0xfffff006, 0, 0xffffffff, ST_INVALID, 0, 0, false },
		{ 0, 0xfff0f000, 0, 0, ST_INVALID, 0, 0, false }, /* holes */
		{ 4, 0xfffff004, 0, 0xfffffff0, ST_INVALID, 0, 0, false },
		{ 0, 0xfffff008, 0, 0, ST_INVALID, 0, 0, false }, /* attributes change */
		{ 4, 0xfffff000, 0, 0xffffffff, ST_INVALID, 0, 0, false },
		{ 0xe0000800, 0xfffff000, 0, 0, ST_INVALID, 0, 0, false }, /* not aligned */
		{ 0xe0000000, 0, 0, 0, ST_INVALID, 0, 0, false },          /* an address, no size */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_bar b = { 1, 1, true };

		assert_int_equal(pci_decode_bar(cases[i].low, cases[i].low_mask, cases[i].high,
						cases[i].high_mask, &b),
				 cases[i].st);
		if (cases[i].st != ST_OK)
			continue;
		assert_int_equal(b.base, cases[i].base);
		assert_int_equal(b.size, cases[i].size);
		assert_int_equal(b.is_64, cases[i].is_64);
	}
}

static void test_place(void **state)
{
	static const struct range taken[] = {
		{ 0x5000, 0x1000 },
		{ 0, 0x2000 },
		{ 0x9000, 0 },
		{ 0x4000, 0x800 },
	};
	static const struct {
		struct range window;
		size_t n;
		u64 size;
		enum status st;
		u64 base;
	} cases[] = {
		{ { 0x1000, 0x9000 }, 0, 0x1000, ST_OK, 0x1000 },
		{ { 0x1000, 0x9000 }, 4, 0x1000, ST_OK, 0x2000 },
		{ { 0x1000, 0x9000 }, 4, 0x2000, ST_OK, 0x2000 },
		{ { 0x3800, 0x9000 }, 4, 0x1000, ST_OK, 0x6000 },
		{ { 0x1000, 0x9000 }, 4, 0x4000, ST_NO_MEMORY, 0 },
		{ { 0x1000, 0xf000 }, 4, 0x4000, ST_OK, 0x8000 },
		{ { 0x1000, 0x800 }, 0, 0x1000, ST_NO_MEMORY, 0 },
		{ { 0x1000, 0x1000 }, 4, 0x1000, ST_NO_MEMORY, 0 },
		{ { 0xfffffffffffff000, 0x800 }, 0, 0x10000, ST_NO_MEMORY, 0 }, /* wraps */
		{ { 0xffffffffffff0000, 0x8000 }, 0, 0x4000, ST_OK, 0xffffffffffff0000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 base = 0;

		assert_int_equal(
		    pci_place(cases[i].window, taken, cases[i].n, cases[i].size, &base),
		    cases[i].st);
		assert_int_equal(base, cases[i].base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_chain, setup),
		cmocka_unit_test_setup(test_chain_bounds, setup),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
