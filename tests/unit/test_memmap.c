/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map and its readers of firmware maps.
 * sources: mm/memmap.c mm/memmap_read.c lib/range.c lib/status.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memmap.h"

static struct memmap m;

static enum status add(u64 base, u64 size)
{
	return memmap_add_ram(&m, (struct range){ base, size }, 0);
}

static enum status set(u64 base, u64 size, enum mem_type type)
{
	return memmap_set(&m, (struct range){ base, size }, type);
}

static void assert_region(size_t i, u64 base, u64 size, enum mem_type type)
{
	assert_true(i < m.count);
	assert_int_equal(m.region[i].range.base, base);
	assert_int_equal(m.region[i].range.size, size);
	assert_int_equal(m.region[i].type, type);
}

static void assert_sorted(void)
{
	assert_true(m.count <= MEMMAP_MAX);
	for (size_t i = 0; i < m.count; i++) {
		assert_true(m.region[i].range.size != 0);
		assert_true(is_aligned(m.region[i].range.base | m.region[i].range.size, PAGE_SIZE));
		if (i == 0)
			continue;
		assert_true(range_end(m.region[i - 1].range) <= m.region[i].range.base);
		assert_false(range_end(m.region[i - 1].range) == m.region[i].range.base &&
			     m.region[i - 1].type == m.region[i].type);
	}
}

static void test_add(void **state)
{
	memmap_init(&m);
	assert_int_equal(add(MIB(4), MIB(1)), ST_OK);
	assert_int_equal(add(MIB(1), MIB(1)), ST_OK);
	assert_int_equal(add(MIB(2), MIB(2)), ST_OK); /* closes the gap: one region */
	assert_int_equal(m.count, 1);
	assert_region(0, MIB(1), MIB(4), MEM_RAM);
	assert_int_equal(add(MIB(8) + 1, 3 * PAGE_SIZE - 2), ST_OK); /* clipped inwards */
	assert_region(1, MIB(8) + PAGE_SIZE, PAGE_SIZE, MEM_RAM);
	assert_int_equal(add(MIB(9) + 1, PAGE_SIZE), ST_OK); /* no whole page */
	assert_int_equal(m.count, 2);
	assert_int_equal(memmap_total(&m, MEM_RAM), MIB(4) + PAGE_SIZE);
}

static void test_add_bad(void **state)
{
	memmap_init(&m);
	assert_int_equal(add(MIB(1), 0), ST_OVERFLOW);
	assert_int_equal(add(~0xfffull, 0x2000), ST_OVERFLOW);
	assert_int_equal(add(BIT(52) - PAGE_SIZE, 2 * PAGE_SIZE), ST_OVERFLOW);
	assert_int_equal(memmap_add_ram(&m, (struct range){ MIB(1), MIB(2) }, MIB(2)), ST_OVERFLOW);
	assert_int_equal(add(MIB(4), MIB(4)), ST_OK);
	assert_int_equal(add(MIB(4), MIB(4)), ST_OVERLAP);
	assert_int_equal(add(MIB(7), MIB(4)), ST_OVERLAP);
	assert_int_equal(add(MIB(2), MIB(8)), ST_OVERLAP);
	assert_int_equal(add(MIB(2), MIB(2) + PAGE_SIZE), ST_OVERLAP);
	assert_int_equal(add(MIB(5), PAGE_SIZE), ST_OVERLAP);
	assert_region(0, MIB(4), MIB(4), MEM_RAM);
	memmap_init(&m);
	for (u64 i = 0; i < MEMMAP_MAX; i++)
		assert_int_equal(add(MIB(1) + i * 2 * PAGE_SIZE, PAGE_SIZE), ST_OK);
	assert_int_equal(add(GIB(1), PAGE_SIZE), ST_TOO_MANY);
	assert_sorted();
}

static void test_set(void **state)
{
	memmap_init(&m);
	add(MIB(16), MIB(16));
	assert_int_equal(set(MIB(20) + 1, 1, MEM_RESERVED), ST_OK); /* rounded outwards */
	assert_int_equal(m.count, 3);
	assert_region(1, MIB(20), PAGE_SIZE, MEM_RESERVED);
	assert_int_equal(set(MIB(1), MIB(16), MEM_RESERVED), ST_OK); /* partly outside */
	assert_region(0, MIB(16), MIB(1), MEM_RESERVED);
	assert_int_equal(set(MIB(1), MIB(1), MEM_RESERVED), ST_OK); /* wholly outside */
	assert_int_equal(set(MIB(31), MIB(2), MEM_ACCEPTED), ST_RANGE);
	assert_int_equal(set(MIB(30), MIB(2), MEM_ACCEPTED), ST_OK);
	assert_int_equal(set(MIB(17), MIB(13), MEM_SHARED), ST_OK); /* over several regions */
	assert_region(0, MIB(16), MIB(1), MEM_RESERVED);
	assert_region(1, MIB(17), MIB(13), MEM_SHARED);
	assert_region(2, MIB(30), MIB(2), MEM_ACCEPTED);
	assert_int_equal(set(0, ~0ull, MEM_RESERVED), ST_OVERFLOW);
	assert_int_equal(set(~0ull - 1, 1, MEM_RESERVED), ST_OVERFLOW);
	assert_int_equal(set(MIB(1), 0, MEM_RESERVED), ST_OVERFLOW);
	assert_ptr_equal(memmap_find(&m, MIB(30)), &m.region[2]);
	assert_ptr_equal(memmap_find(&m, MIB(32) - 1), &m.region[2]);
	assert_null(memmap_find(&m, MIB(32)));
	assert_null(memmap_find(&m, 0));
}

static void test_set_full(void **state)
{
	memmap_init(&m);
	for (u64 i = 0; i < MEMMAP_MAX - 1; i++)
		add(MIB(1) + i * 4 * PAGE_SIZE, 3 * PAGE_SIZE);
	assert_int_equal(set(MIB(1) + PAGE_SIZE, PAGE_SIZE, MEM_RESERVED), ST_TOO_MANY);
	assert_sorted();
	assert_int_equal(set(MIB(1), PAGE_SIZE, MEM_RESERVED), ST_OK);
	assert_int_equal(set(MIB(1), PAGE_SIZE, MEM_RESERVED), ST_OK); /* again: no growth */
	assert_sorted();
}

/* Random operations against a page-by-page model. */
static void test_model(void **state)
{
	enum { PAGES = 64 };
	unsigned seed = 7;

	for (unsigned round = 0; round < 2000; round++) {
		int model[PAGES];

		memmap_init(&m);
		memset(model, -1, sizeof(model));
		for (unsigned step = 0; step < 12; step++) {
			u64 base = (u64)rand_r(&seed) % PAGES;
			u64 n = 1 + (u64)rand_r(&seed) % (PAGES - base);
			enum mem_type type = (enum mem_type)(rand_r(&seed) % 4);
			bool any = false, all = true;

			for (u64 i = base; i < base + n; i++) {
				any = any || model[i] >= 0;
				all = all && model[i] >= 0;
			}
			if (type == MEM_RAM) {
				assert_int_equal(add(base * PAGE_SIZE, n * PAGE_SIZE),
						 any ? ST_OVERLAP : ST_OK);
				for (u64 i = base; !any && i < base + n; i++)
					model[i] = MEM_RAM;
				continue;
			}
			assert_int_equal(set(base * PAGE_SIZE, n * PAGE_SIZE, type),
					 type == MEM_RESERVED || all ? ST_OK : ST_RANGE);
			for (u64 i = base; i < base + n; i++)
				if (model[i] >= 0 && (type == MEM_RESERVED || all))
					model[i] = type;
		}
		assert_sorted();
		for (u64 i = 0; i < PAGES; i++) {
			const struct mem_region *r = memmap_find(&m, i * PAGE_SIZE);

			assert_int_equal(r == NULL ? -1 : (int)r->type, model[i]);
		}
	}
}

/* ---- readers ---- */

static u8 map[8192];
static size_t map_len;

static void e820(u64 base, u64 size, u32 type, size_t stride)
{
	memset(map + map_len, 0xee, stride);
	memcpy(map + map_len, &base, 8);
	memcpy(map + map_len + 8, &size, 8);
	memcpy(map + map_len + 16, &type, 4);
	map_len += stride;
}

static void efi(u32 type, u64 base, u64 pages)
{
	u64 words[6] = { type | 0xdeadull << 32, base, 0, pages, 0xf, 0xdead };

	memcpy(map + map_len, words, 48);
	map_len += 48;
}

static void test_e820(void **state)
{
	for (size_t stride = 20; stride <= 24; stride += 4) {
		map_len = 0;
		e820(0, 0x9fc00, 1, stride);
		e820(0x9fc00, 0x400, 2, stride);
		e820(0xf0000, 0x10000, 2, stride);
		e820(MIB(1), MIB(255), 1, stride);
		e820(MIB(200), 0, 2, stride);
		e820(MIB(128), MIB(1), 2, stride); /* both RAM and reserved: reserved wins */
		e820(0xfd00000000, 0x300000000, 2, stride);
		assert_int_equal(memmap_from_e820(&m, map, map_len, stride, 0), ST_OK);
		assert_sorted();
		assert_region(0, 0, 0x9f000, MEM_RAM);
		assert_int_equal(memmap_total(&m, MEM_RAM), 0x9f000 + MIB(254));
		assert_int_equal(memmap_find(&m, MIB(128))->type, MEM_RESERVED);
		assert_int_equal(memmap_from_e820(&m, map, map_len - 1, stride, 0), ST_TRUNCATED);
		assert_int_equal(memmap_from_e820(&m, map, map_len, stride, MIB(200)), ST_OVERFLOW);
	}
	assert_int_equal(memmap_from_e820(&m, map, 19, 19, 0), ST_INVALID);
	assert_int_equal(memmap_from_e820(&m, map, 65, 65, 0), ST_INVALID);
	assert_int_equal(memmap_from_e820(&m, map, 0, 20, 0), ST_NOT_FOUND);
	assert_int_equal(memmap_from_e820(&m, map, 20, 0, 0), ST_INVALID);
	map_len = 0;
	e820(MIB(1), MIB(4), 1, 20);
	e820(MIB(2), MIB(4), 1, 20);
	assert_int_equal(memmap_from_e820(&m, map, map_len, 20, 0), ST_OVERLAP);
	map_len = 0;
	e820(~0xfffull, ~0xfffull, 1, 20);
	assert_int_equal(memmap_from_e820(&m, map, map_len, 20, 0), ST_OVERFLOW);
	map_len = 0;
	e820(MIB(1), MIB(1), 1, 20);
	e820(MIB(1), ~0ull, 2, 20);
	assert_int_equal(memmap_from_e820(&m, map, map_len, 20, 0), ST_OVERFLOW);
	map_len = 0;
	e820(MIB(1), MIB(1), 2, 20);
	assert_int_equal(memmap_from_e820(&m, map, map_len, 20, 0), ST_NOT_FOUND);
	map_len = 0;
	for (u64 i = 0; i <= MEMMAP_MAX; i++)
		e820(MIB(1) + i * 2 * PAGE_SIZE, PAGE_SIZE, 1, 20);
	assert_int_equal(memmap_from_e820(&m, map, map_len, 20, 0), ST_TOO_MANY);
}

static void test_efi(void **state)
{
	map_len = 0;
	efi(3, MIB(1), 256);  /* EfiBootServicesCode */
	efi(4, MIB(2), 256);  /* EfiBootServicesData */
	efi(7, MIB(3), 256);  /* EfiConventionalMemory */
	efi(5, MIB(4), 256);  /* EfiRuntimeServicesCode */
	efi(9, MIB(5), 256);  /* EfiACPIReclaimMemory */
	efi(11, GIB(1), 256); /* EfiMemoryMappedIO */
	efi(15, MIB(6), 256); /* EfiUnacceptedMemoryType */
	efi(1, MIB(7), 256);
	efi(2, MIB(8), 256);
	efi(7, MIB(9), 0);
	efi(0xffffffff, MIB(10), 1);
	assert_int_equal(memmap_from_efi(&m, map, map_len, 48, 0), ST_OK);
	assert_int_equal(m.count, 2);
	assert_region(0, MIB(1), MIB(3), MEM_RAM);
	assert_region(1, MIB(6), MIB(3), MEM_RAM);
	assert_int_equal(memmap_from_efi(&m, map, map_len - 8, 48, 0), ST_TRUNCATED);
	assert_int_equal(memmap_from_efi(&m, map, 39, 39, 0), ST_INVALID);
	assert_int_equal(memmap_from_efi(&m, map, 512, 257, 0), ST_INVALID);
	assert_int_equal(memmap_from_efi(&m, map, 0, 48, 0), ST_NOT_FOUND);
	map_len = 0;
	efi(7, MIB(1), BIT(52));
	assert_int_equal(memmap_from_efi(&m, map, map_len, 48, 0), ST_OVERFLOW);
	map_len = 0;
	efi(7, MIB(1) + 1, 1);
	assert_int_equal(memmap_from_efi(&m, map, map_len, 48, 0), ST_ALIGN);
	map_len = 0;
	efi(7, MIB(1), 512);
	efi(4, MIB(2), 1);
	assert_int_equal(memmap_from_efi(&m, map, map_len, 48, 0), ST_OVERLAP);
}

static void test_names(void **state)
{
	assert_string_equal(mem_type_name(MEM_RAM), "ram");
	assert_string_equal(mem_type_name(MEM_ACCEPTED), "accepted");
	assert_string_equal(mem_type_name(MEM_SHARED), "shared");
	assert_string_equal(mem_type_name(MEM_RESERVED), "reserved");
	assert_string_equal(mem_type_name((enum mem_type)9), "unknown");
}

static enum status device(u64 base, u64 size, u64 align)
{
	return memmap_check_device(&m, (struct range){ base, size }, align, BIT(32));
}

static void test_device(void **state)
{
	memmap_init(&m);
	assert_int_equal(add(MIB(16), MIB(16)), ST_OK);
	assert_int_equal(add(MIB(64), MIB(16)), ST_OK);
	assert_int_equal(set(MIB(64), MIB(16), MEM_RESERVED), ST_OK);

	assert_int_equal(device(MIB(8), 0x100, 4), ST_OK);
	assert_int_equal(device(MIB(32), MIB(32), PAGE_SIZE), ST_OK); /* exactly the gap */
	assert_int_equal(device(MIB(20), 0x100, 4), ST_OVERLAP);
	assert_int_equal(device(0, GIB(1), 4), ST_OVERLAP);
	assert_int_equal(device(MIB(70), 8, 4), ST_OVERLAP); /* reserved is no device either */
	/* The registers lie before the RAM, or behind it, but the page or the window does not. */
	assert_int_equal(device(MIB(16) - 0x80, 0x100, 4), ST_OVERLAP);
	assert_int_equal(device(MIB(16) - 0x100, 0x100, 4), ST_OK);
	assert_int_equal(device(MIB(32) - 4, 8, 4), ST_OVERLAP);

	assert_int_equal(device(MIB(8) + 2, 0x100, 4), ST_ALIGN);
	assert_int_equal(device(MIB(8) + 4, 0x100, PAGE_SIZE), ST_ALIGN);
	assert_int_equal(device(MIB(8), 0, 4), ST_OVERFLOW);
	assert_int_equal(device(~0ULL - 3, 8, 4), ST_OVERFLOW);
	assert_int_equal(device(~0ULL - 7, 4, 4), ST_OVERFLOW); /* its page wraps */
	/* An address with the alias bit would be a second name of shared memory. */
	assert_int_equal(device(BIT(32) | MIB(16), 0x100, 4), ST_RANGE);
	assert_int_equal(device(BIT(32) - PAGE_SIZE, 0x1001, 4), ST_RANGE);
	assert_int_equal(device(BIT(32) - PAGE_SIZE, 0x1000, 4), ST_OK);
	assert_int_equal(memmap_check_device(&m, (struct range){ BIT(40), 8 }, 4, 0), ST_OK);
}

static enum status hold(u64 base, u64 size)
{
	return memmap_hold(&m, (struct range){ base, size });
}

/* Reserved whether there is RAM or not, in one piece. */
static void test_hold(void **state)
{
	memmap_init(&m);
	assert_int_equal(hold(MIB(4) + 1, MIB(1)), ST_OK);
	assert_int_equal(m.count, 1);
	assert_region(0, MIB(4), MIB(1) + PAGE_SIZE, MEM_RESERVED);
	assert_int_equal(add(MIB(4), PAGE_SIZE), ST_OVERLAP);

	memmap_init(&m);
	assert_int_equal(add(MIB(16), MIB(1)), ST_OK);
	assert_int_equal(add(MIB(18), MIB(1)), ST_OK);
	assert_int_equal(add(MIB(20), MIB(1)), ST_OK);
	assert_int_equal(hold(MIB(15), MIB(1)), ST_OK); /* beside it */
	assert_int_equal(hold(MIB(17) - PAGE_SIZE, MIB(3)), ST_OK);
	assert_int_equal(m.count, 4);
	assert_region(0, MIB(15), MIB(1), MEM_RESERVED);
	assert_region(1, MIB(16), MIB(1) - PAGE_SIZE, MEM_RAM);
	assert_region(2, MIB(17) - PAGE_SIZE, MIB(3), MEM_RESERVED);
	assert_region(3, MIB(20), MIB(1), MEM_RAM);
	assert_int_equal(hold(MIB(22), 0), ST_OVERFLOW);
	assert_int_equal(hold(~0ULL - 7, 4), ST_OVERFLOW);
	assert_sorted();

	memmap_init(&m);
	for (size_t i = 0; i < MEMMAP_MAX; i++)
		assert_int_equal(add(MIB(16 + 2 * i), MIB(1)), ST_OK);
	assert_int_equal(hold(MIB(1), MIB(1)), ST_TOO_MANY);
	assert_int_equal(hold(MIB(16) + PAGE_SIZE, PAGE_SIZE), ST_TOO_MANY);
	assert_int_equal(hold(MIB(16), MIB(1)), ST_OK); /* no new border */
	assert_region(0, MIB(16), MIB(1), MEM_RESERVED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),    cmocka_unit_test(test_add_bad),
		cmocka_unit_test(test_set),    cmocka_unit_test(test_set_full),
		cmocka_unit_test(test_model),  cmocka_unit_test(test_e820),
		cmocka_unit_test(test_efi),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_device), cmocka_unit_test(test_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
