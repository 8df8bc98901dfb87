/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot_params and the CC blob, read back through Linux's own struct.
 * sources: boot/linux/x86_64/params.c boot/linux/x86_64/ccblob.c lib/range.c lib/status.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <asm/bootparam.h>
#include <cmocka.h>

#include "boot/linux/x86_64/params.h"

#define HEADER     0x1f1
#define HEADER_END 0x26c

static u8 setup[0x400];
static struct bzimage kernel;
static struct e820_map map;
static struct params_in in;
static union {
	u8 bytes[PARAMS_BYTES];
	struct boot_params bp;
} page;

static struct setup_header *header(void)
{
	return (struct setup_header *)(setup + HEADER);
}

/* A kernel's setup part in which every byte that must not be copied is another than 0. */
static int fresh(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(setup); i++)
		setup[i] = (u8)(i * 7 + 1) | 1;
	header()->loadflags = LOADED_HIGH;
	header()->cmdline_size = 2047;
	kernel = (struct bzimage){
		.setup = { setup, sizeof(setup) },
		.header_end = HEADER_END,
		.preferred = MIB(16),
		.alignment = MIB(2),
		.init_size = MIB(48),
		.cmdline_max = 2047,
	};
	map.count = 2;
	map.entry[0].base = 0;
	map.entry[0].size = 0xa0000;
	map.entry[0].type = E820_RAM;
	map.entry[1].base = GIB(5);
	map.entry[1].size = 0x123456789000;
	map.entry[1].type = E820_NVS;
	in = (struct params_in){
		.kernel = &kernel,
		.e820 = &map,
		.initrd = { 0x123456000, 0x7654321 },
		.cmdline = 0x987654321,
		.cmdline_size = 20,
		.rsdp = 0x1122334455667788,
		.setup_data = 0x0102030405060708,
	};
	memset(&page, 0xee, sizeof(page));
	return 0;
}

static void build(void)
{
	assert_int_equal(params_build(page.bytes, &in), ST_OK);
}

static void fields(void **state)
{
	const struct boot_params *bp = &page.bp;

	(void)state;
	build();
	assert_int_equal(bp->sentinel, 0);
	assert_int_equal(bp->acpi_rsdp_addr, 0x1122334455667788);
	assert_int_equal(bp->hdr.type_of_loader, 0xff);
	assert_int_equal(bp->hdr.ext_loader_ver, 0);
	assert_int_equal(bp->hdr.ext_loader_type, 0);
	assert_int_equal(bp->hdr.ramdisk_image, 0x23456000);
	assert_int_equal(bp->ext_ramdisk_image, 1);
	assert_int_equal(bp->hdr.ramdisk_size, 0x7654321);
	assert_int_equal(bp->ext_ramdisk_size, 0);
	assert_int_equal(bp->hdr.cmd_line_ptr, 0x87654321);
	assert_int_equal(bp->ext_cmd_line_ptr, 9);
	assert_int_equal(bp->hdr.setup_data, 0x0102030405060708);
	assert_int_equal(bp->hdr.heap_end_ptr, 0);
	assert_int_equal(bp->e820_entries, 2);
	assert_int_equal(bp->e820_table[0].addr, 0);
	assert_int_equal(bp->e820_table[0].size, 0xa0000);
	assert_int_equal(bp->e820_table[0].type, 1);
	assert_int_equal(bp->e820_table[1].addr, GIB(5));
	assert_int_equal(bp->e820_table[1].size, 0x123456789000);
	assert_int_equal(bp->e820_table[1].type, 4);
}

static void size_of_initrd_in_halves(void **state)
{
	(void)state;
	in.initrd = (struct range){ MIB(64), 0x345678900 };
	build();
	assert_int_equal(page.bp.hdr.ramdisk_size, 0x45678900);
	assert_int_equal(page.bp.ext_ramdisk_size, 3);
}

/* Nothing but what is named above differs from an empty page with the file's header in it. */
static void the_rest_is_zero(void **state)
{
	static struct boot_params want;

	(void)state;
	build();
	memset(&want, 0, sizeof(want));
	memcpy((u8 *)&want + HEADER, setup + HEADER, HEADER_END - HEADER);
	want.acpi_rsdp_addr = in.rsdp;
	want.ext_ramdisk_image = 1;
	want.ext_cmd_line_ptr = 9;
	want.e820_entries = 2;
	want.hdr.type_of_loader = 0xff;
	want.hdr.ext_loader_ver = 0;
	want.hdr.ext_loader_type = 0;
	want.hdr.heap_end_ptr = 0;
	want.hdr.ramdisk_image = 0x23456000;
	want.hdr.ramdisk_size = 0x7654321;
	want.hdr.cmd_line_ptr = 0x87654321;
	want.hdr.setup_data = in.setup_data;
	memcpy(want.e820_table, page.bp.e820_table, 2 * sizeof(want.e820_table[0]));
	assert_memory_equal(&page, &want, sizeof(want));
}

static void header_only_to_its_end(void **state)
{
	(void)state;
	for (kernel.header_end = 0x258; kernel.header_end <= 0x290; kernel.header_end++) {
		build();
		assert_int_equal(page.bytes[HEADER - 1], 0);
		assert_int_equal(page.bytes[kernel.header_end], 0);
		if (kernel.header_end > 0x258)
			assert_int_equal(page.bytes[kernel.header_end - 1],
					 setup[kernel.header_end - 1]);
	}
}

static void no_initrd(void **state)
{
	(void)state;
	in.initrd = (struct range){ MIB(7), 0 };
	build();
	assert_int_equal(page.bp.hdr.ramdisk_image, 0);
	assert_int_equal(page.bp.hdr.ramdisk_size, 0);
	assert_int_equal(page.bp.ext_ramdisk_image, 0);
	assert_int_equal(page.bp.ext_ramdisk_size, 0);
}

/* Loaders set some of these for the 16-bit start; what kernels say to themselves is not ours. */
static void loadflags(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 256; flags++) {
		u8 got;

		header()->loadflags = (u8)flags;
		build();
		got = page.bp.hdr.loadflags;
		assert_true(got & LOADED_HIGH);
		assert_false(got & (CAN_USE_HEAP | KEEP_SEGMENTS | KASLR_FLAG));
		assert_int_equal(got & QUIET_FLAG, flags & QUIET_FLAG);
	}
}

static void command_line_limits(void **state)
{
	(void)state;
	in.cmdline_size = 2047;
	build();
	in.cmdline_size = 2048;
	assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
	kernel.cmdline_max = 255;
	in.cmdline_size = 255;
	build();
	in.cmdline_size = 256;
	assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
	in.cmdline_size = 0;
	build();
	in.cmdline_size = 16;
	in.cmdline = ~0ULL - 16;
	build();
	in.cmdline = ~0ULL - 15; /* its NUL would be at 0 */
	assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
}

static void whole_map(void **state)
{
	(void)state;
	map.count = E820_MAX;
	for (size_t i = 0; i < E820_MAX; i++) {
		map.entry[i].base = i * MIB(1);
		map.entry[i].size = 0x1000 + i;
		map.entry[i].type = E820_ACPI;
	}
	build();
	assert_int_equal(page.bp.e820_entries, 128);
	assert_int_equal(page.bp.e820_table[127].addr, MIB(127));
	assert_int_equal(page.bp.e820_table[127].size, 0x107f);
	assert_int_equal(page.bp.e820_table[127].type, 3);
	for (size_t i = 0xcd0; i < sizeof(page); i++)
		assert_int_equal(page.bytes[i], 0);
	map.count = E820_MAX + 1;
	assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
}

/* The page is left alone when something is wrong. */
static void refused(void **state)
{
	static const size_t ends[] = { 0, 0x1f1, 0x257, 0x291, 0x301, ~(size_t)0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		kernel.header_end = ends[i];
		assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
	}
	kernel.header_end = HEADER_END;
	kernel.setup.size = HEADER_END - 1;
	assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
	kernel.setup.size = HEADER_END;
	in.initrd = (struct range){ ~0ULL - 10, 11 };
	assert_int_equal(params_build(page.bytes, &in), ST_RANGE);
	for (size_t i = 0; i < sizeof(page); i++)
		assert_int_equal(page.bytes[i], 0xee);
	in.initrd.size = 10;
	build();
}

/* ---- CC blob ---- */

struct cc_node {
	struct {
		u64 next;
		u32 type, len;
	} head;
	u32 cc_blob_address, fill;
	struct {
		u32 magic;
		u16 version, reserved;
		u64 secrets_phys;
		u32 secrets_len, reserved1;
		u64 cpuid_phys;
		u32 cpuid_len, reserved2;
	} blob;
};

static void cc_blob(void **state)
{
	struct cc_node got;
	const struct cc_node want = {
		.head = { .type = 7, .len = 48 },
		.cc_blob_address = 0xc02018,
		.blob = { .magic = 0x45444d41,
			  .version = 1,
			  .secrets_phys = 0x800000,
			  .secrets_len = 4096,
			  .cpuid_phys = 0x7000801000,
			  .cpuid_len = 4096 },
	};

	(void)state;
	assert_int_equal(sizeof(got), CC_BLOB_BYTES);
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(cc_blob_build((u8 *)&got, 0xc02000, 0x800000, 0x7000801000), ST_OK);
	assert_memory_equal(&got, &want, sizeof(want));
}

static void cc_blob_limits(void **state)
{
	u8 buf[CC_BLOB_BYTES];

	(void)state;
	assert_int_equal(cc_blob_build(buf, GIB(4) - 64, 0x800000, 0x801000), ST_OK);
	assert_int_equal(cc_blob_build(buf, GIB(4) - 56, 0x800000, 0x801000), ST_RANGE);
	assert_int_equal(cc_blob_build(buf, GIB(4), 0x800000, 0x801000), ST_RANGE);
	assert_int_equal(cc_blob_build(buf, ~7ULL, 0x800000, 0x801000), ST_RANGE);
	assert_int_equal(cc_blob_build(buf, 0xc02004, 0x800000, 0x801000), ST_ALIGN);
	assert_int_equal(cc_blob_build(buf, 0xc02000, 0x800800, 0x801000), ST_ALIGN);
	assert_int_equal(cc_blob_build(buf, 0xc02000, 0x800000, 0x801001), ST_ALIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fields, fresh),
		cmocka_unit_test_setup(size_of_initrd_in_halves, fresh),
		cmocka_unit_test_setup(the_rest_is_zero, fresh),
		cmocka_unit_test_setup(header_only_to_its_end, fresh),
		cmocka_unit_test_setup(no_initrd, fresh),
		cmocka_unit_test_setup(loadflags, fresh),
		cmocka_unit_test_setup(command_line_limits, fresh),
		cmocka_unit_test_setup(whole_map, fresh),
		cmocka_unit_test_setup(refused, fresh),
		cmocka_unit_test(cc_blob),
		cmocka_unit_test(cc_blob_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
