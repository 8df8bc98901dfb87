/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi_parse.h"

#define GUID_BYTES    16
#define MAP_ENTRY_MIN 40 /* EFI_MEMORY_DESCRIPTOR, version 1 */
#define MAP_ENTRY_MAX 1024

/* As they lie in memory (mixed endian). */
static const u8 guid_acpi20[GUID_BYTES] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
					    0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const u8 guid_acpi10[GUID_BYTES] = { 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
					    0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };
static const u8 guid_dtb[GUID_BYTES] = { 0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41,
					 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 };

static char printable(u32 unit)
{
	if (unit == '\t' || unit == '\n' || unit == '\r')
		return ' ';
	return unit >= 0x20 && unit < 0x7f ? (char)unit : '?';
}

void efi_options_read(struct handoff *h, const u8 *options, u64 bytes)
{
	u64 units = options == NULL ? 0 : MIN(bytes, EFI_OPTIONS_MAX_BYTES) / 2;
	size_t n = 0;
	u64 i;

	h->cmdline_truncated = options != NULL && bytes > EFI_OPTIONS_MAX_BYTES;
	for (i = 0; i < units; i++) {
		u32 unit = options[2 * i] | (u32)options[2 * i + 1] << 8;

		if (unit == 0) {
			h->cmdline_truncated = false;
			break;
		}
		if (n == HANDOFF_CMDLINE_MAX - 1) {
			h->cmdline_truncated = true;
			break;
		}
		h->cmdline[n++] = printable(unit);
	}
	h->cmdline[n] = '\0';
	h->cmdline_len = n;
}

static bool same(const u8 *a, const u8 *b)
{
	u8 diff = 0;

	for (unsigned i = 0; i < GUID_BYTES; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

static void take(u64 *slot, const u8 *entry, const u8 *guid)
{
	u64 address = 0;

	if (*slot != 0 || !same(entry, guid))
		return;
	for (unsigned i = 0; i < 8; i++)
		address |= (u64)entry[GUID_BYTES + i] << (8 * i);
	*slot = address;
}

enum status efi_tables_read(struct handoff *h, const u8 *tables, u64 count)
{
	u64 acpi10 = 0;

	h->rsdp = 0;
	h->dtb = 0;
	if (tables == NULL)
		return ST_OK;
	if (count > EFI_TABLES_MAX)
		return ST_TOO_MANY;
	for (u64 i = 0; i < count; i++) {
		const u8 *entry = tables + i * EFI_TABLE_ENTRY_BYTES;

		take(&h->rsdp, entry, guid_acpi20);
		take(&acpi10, entry, guid_acpi10);
		take(&h->dtb, entry, guid_dtb);
	}
	if (h->rsdp == 0)
		h->rsdp = acpi10;
	return ST_OK;
}

enum status efi_map_check(struct handoff *h, u64 bytes, u64 entry_size)
{
	if (bytes > sizeof(h->map))
		return ST_TOO_MANY;
	if (entry_size < MAP_ENTRY_MIN || entry_size > MAP_ENTRY_MAX || entry_size % 8 != 0)
		return ST_CORRUPT;
	if (bytes == 0 || bytes % entry_size != 0)
		return ST_TRUNCATED;
	h->map_bytes = bytes;
	h->map_entry_size = entry_size;
	return ST_OK;
}
