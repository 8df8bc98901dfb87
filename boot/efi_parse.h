/* SPDX-License-Identifier: BSD-2-Clause */
/* The pure part of the UEFI entry: bytes in, struct handoff out. Natively tested. */
#ifndef BOOT_EFI_PARSE_H
#define BOOT_EFI_PARSE_H

#include "handoff.h"
#include "status.h"

#define EFI_OPTIONS_MAX_BYTES (2 * (u64)HANDOFF_CMDLINE_MAX) /* more is cut, never read */
#define EFI_TABLE_ENTRY_BYTES 24                             /* EFI_CONFIGURATION_TABLE, 64 bit */
#define EFI_TABLES_MAX        256

/*
 * Load options: UTF-16 by convention only. `bytes` may be odd, the NUL may be missing. Reads at
 * most EFI_OPTIONS_MAX_BYTES. What is no printable ASCII becomes '?', so that the command line is
 * safe to print.
 */
void efi_options_read(struct handoff *h, const u8 *options, u64 bytes);

/* Configuration tables: ACPI 2.0, else ACPI 1.0, and the devicetree. The first of a kind counts.
 * ST_TOO_MANY beyond EFI_TABLES_MAX. */
enum status efi_tables_read(struct handoff *h, const u8 *tables, u64 count);

/* What GetMemoryMap() answered about h->map, before it is believed. */
enum status efi_map_check(struct handoff *h, u64 bytes, u64 entry_size);

#endif
