/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot_params. It starts from zeroes and takes nothing of the kernel's file but the header: a
 * sentinel that is not zero has Linux forget where its tables are, and a screen that is not zero
 * has it write to display memory, which a confidential guest must not touch.
 */
#include "params.h"

#include <string.h>

#include "abi/linux_params.h"
#include "le.h"

_Static_assert(PARAMS_BYTES == BP_BYTES, "one page");
_Static_assert(E820_MAX == BP_E820_TABLE_MAX, "the map fits the table");

/* Bits that speak of the 16-bit start or are the decompressor's own; QEMU sets one of them. */
#define LOADFLAGS_NOT_OURS (LOADFLAGS_KASLR | LOADFLAGS_KEEP_SEGMENTS | LOADFLAGS_CAN_USE_HEAP)

static enum status check(const struct params_in *in)
{
	const struct bzimage *k = in->kernel;
	const struct range *initrd = &in->initrd;

	if (k->header_end < BP_HDR_SETUP_DATA_END || k->header_end > BP_HDR_LIMIT ||
	    k->header_end > k->setup.size)
		return ST_RANGE;
	if (in->e820->count > BP_E820_TABLE_MAX)
		return ST_RANGE;
	if (initrd->size != 0 && range_check(*initrd, 1, 0) != ST_OK)
		return ST_RANGE;
	/* The kernel would cut it without a word. */
	if (in->cmdline_size > k->cmdline_max)
		return ST_RANGE;
	if (in->cmdline + in->cmdline_size < in->cmdline)
		return ST_RANGE;
	return ST_OK;
}

static void put_halves(u8 *page, unsigned low, unsigned high, u64 value)
{
	le_put(page + low, value, 4);
	le_put(page + high, value >> 32, 4);
}

static void put_header(u8 *page, const struct params_in *in)
{
	const struct bzimage *k = in->kernel;
	u64 initrd = in->initrd.size != 0 ? in->initrd.base : 0;

	memcpy(page + BP_HDR, k->setup.data + BP_HDR, k->header_end - BP_HDR);
	page[BP_HDR_TYPE_OF_LOADER] = LOADER_UNREGISTERED;
	page[BP_HDR_EXT_LOADER_VER] = 0;
	page[BP_HDR_EXT_LOADER_TYPE] = 0;
	page[BP_HDR_LOADFLAGS] &= (u8)~LOADFLAGS_NOT_OURS;
	page[BP_HDR_LOADFLAGS] |= LOADFLAGS_LOADED_HIGH;
	le_put(page + BP_HDR_HEAP_END_PTR, 0, 2);
	put_halves(page, BP_HDR_RAMDISK_IMAGE, BP_EXT_RAMDISK_IMAGE, initrd);
	put_halves(page, BP_HDR_RAMDISK_SIZE, BP_EXT_RAMDISK_SIZE, in->initrd.size);
	put_halves(page, BP_HDR_CMD_LINE_PTR, BP_EXT_CMD_LINE_PTR, in->cmdline);
	le_put(page + BP_HDR_SETUP_DATA, in->setup_data, 8);
}

static void put_e820(u8 *page, const struct e820_map *map)
{
	page[BP_E820_ENTRIES] = (u8)map->count;
	for (size_t i = 0; i < map->count; i++) {
		u8 *entry = page + BP_E820_TABLE + i * BP_E820_BYTES;

		le_put(entry + BP_E820_ADDR, map->entry[i].base, 8);
		le_put(entry + BP_E820_SIZE, map->entry[i].size, 8);
		le_put(entry + BP_E820_TYPE, map->entry[i].type, 4);
	}
}

enum status params_build(u8 page[PARAMS_BYTES], const struct params_in *in)
{
	enum status st = check(in);

	if (st != ST_OK)
		return st;
	memset(page, 0, PARAMS_BYTES);
	put_header(page, in);
	put_e820(page, in->e820);
	le_put(page + BP_ACPI_RSDP_ADDR, in->rsdp, 8);
	return ST_OK;
}
