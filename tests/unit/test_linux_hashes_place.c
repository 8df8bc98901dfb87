/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which table of hashes counts: the flash file's where it is filled, the page of the launch on SNP
 * alone, and none where nobody has measured one.
 * sources: boot/linux/x86_64/hashes_place.c boot/linux/hashes.c
 * libs: -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void *map_at(uintptr_t at, size_t size)
{
	return mmap((void *)at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}
#undef MAP_PRIVATE /* the guest's own names */
#undef MAP_SHARED

#include "../../boot/linux/linux.h"
#include "abi/fd.h"
#include "mmu.h"
#include "platform.h"

#define TABLE 168 /* header and three entries */

struct platform_info platform;
static struct cvm_ops ops;
struct cvm cvm = { .ops = &ops };

static u8 flash[2 * PAGE_SIZE] __attribute__((aligned(4096)));
static u64 mapped[2];
static unsigned maps, unmaps;
static enum status map_status;

enum status mmu_map(struct range r, enum map_kind kind, enum map_state state)
{
	assert_int_equal(r.size, PAGE_SIZE);
	assert_int_equal(kind, MAP_RO);
	assert_int_equal(state, MAP_PRIVATE);
	assert_true(maps < 2);
	mapped[maps++] = r.base;
	return map_status;
}

enum status mmu_unmap(struct range r)
{
	assert_int_equal(r.base, mapped[maps - 1]);
	unmaps++;
	return ST_OK;
}

static u8 *flash_table(void)
{
	return flash + sizeof(flash) - 0x900;
}

static u8 *launch_table(void)
{
	return (u8 *)(uintptr_t)FD_HASHES;
}

/* GUIDs in the order the table of QEMU has them: header, command line, initrd, kernel. */
static void fill(u8 *at, u8 mark)
{
	static const u8 guid[4][16] = {
		{ 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c, 0xb4, 0x79, 0xa7, 0x93, 0xd4,
		  0x11, 0xfd, 0x21 },
		{ 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c, 0xaa, 0x78, 0xe7, 0x71, 0x4d,
		  0x36, 0xab, 0x2a },
		{ 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b, 0x9a, 0xf1, 0x41, 0xe2, 0x91,
		  0x69, 0x78, 0x1d },
		{ 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42, 0xb8, 0x35, 0xd5, 0xb1, 0x72,
		  0xd2, 0x04, 0x5b },
	};

	memcpy(at, guid[0], 16);
	at[16] = TABLE;
	for (unsigned i = 0; i < 3; i++) {
		u8 *entry = at + 18 + 50 * i;

		memcpy(entry, guid[i + 1], 16);
		entry[16] = 50;
		memset(entry + 18, mark + (int)i, 32);
	}
}

static struct payload_hashes got;
static const char *where;

static enum status ask(enum cvm_platform p)
{
	ops.platform = p;
	maps = unmaps = 0;
	where = "";
	memset(&got, 0, sizeof(got));
	return hashes_measured(&got, &where);
}

static int setup(void **state)
{
	static bool ready;

	if (!ready && map_at(FD_HASHES, PAGE_SIZE) != (void *)FD_HASHES)
		return -1;
	ready = true;
	memset(flash, 0xa5, sizeof(flash)); /* what lies around the table is not looked at */
	memset(flash_table(), 0, FD_TABLE_SIZE);
	memset(launch_table(), 0, PAGE_SIZE);
	platform.flash = (struct range){ (u64)(uintptr_t)flash, sizeof(flash) };
	map_status = ST_OK;
	return 0;
}

static void nobody_has_one(void **state)
{
	assert_int_equal(ask(CVM_PLAIN), ST_UNSUPPORTED);
	assert_int_equal(ask(CVM_TDX), ST_NOT_FOUND);
	assert_int_equal(ask(CVM_SNP), ST_NOT_FOUND);
	assert_int_equal(maps, 2);
	assert_int_equal(unmaps, 2);
	platform.flash.size = 0;
	assert_int_equal(ask(CVM_PLAIN), ST_UNSUPPORTED);
	assert_int_equal(maps, 0);
}

static void of_the_flash(void **state)
{
	const enum cvm_platform all[] = { CVM_PLAIN, CVM_SNP, CVM_TDX };

	fill(flash_table(), 0x10);
	fill(launch_table(), 0x50);
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		assert_int_equal(ask(all[i]), ST_OK);
		assert_string_equal(where, "flash's table");
		assert_int_equal(mapped[0], (uintptr_t)flash + PAGE_SIZE);
		assert_int_equal(maps, 1);
		assert_int_equal(got.cmdline[0], 0x10);
		assert_int_equal(got.initrd[31], 0x11);
		assert_int_equal(got.kernel[0], 0x12);
	}
}

static void of_the_launch(void **state)
{
	fill(launch_table(), 0x50);
	assert_int_equal(ask(CVM_SNP), ST_OK);
	assert_string_equal(where, "launch page's table");
	assert_int_equal(mapped[1], FD_HASHES);
	assert_int_equal(got.kernel[0], 0x52);
	/* No launch of these has such a page: what stands there is anybody's. */
	assert_int_equal(ask(CVM_TDX), ST_NOT_FOUND);
	assert_int_equal(maps, 1);
	assert_int_equal(ask(CVM_PLAIN), ST_UNSUPPORTED);
	assert_int_equal(maps, 1);
}

/* One that is filled wrongly is not passed over for another. */
static void malformed(void **state)
{
	fill(flash_table(), 0x10);
	fill(launch_table(), 0x50);
	flash_table()[0] ^= 1;
	assert_int_equal(ask(CVM_SNP), ST_CORRUPT);
	assert_int_equal(maps, 1);
	memset(flash_table(), 0, FD_TABLE_SIZE);
	launch_table()[PAGE_SIZE - 1] = 1;
	assert_int_equal(ask(CVM_SNP), ST_CORRUPT);
}

static void not_mapped(void **state)
{
	fill(flash_table(), 0x10);
	map_status = ST_STATE;
	assert_int_equal(ask(CVM_SNP), ST_STATE);
	assert_int_equal(unmaps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_has_one, setup),
		cmocka_unit_test_setup(of_the_flash, setup),
		cmocka_unit_test_setup(of_the_launch, setup),
		cmocka_unit_test_setup(malformed, setup),
		cmocka_unit_test_setup(not_mapped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
