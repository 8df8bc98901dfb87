/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What x86 has and arm64 has not.
 *
 * fw_cfg: a kernel given to an arm64 VMM beside a firmware does stand there, but the device is
 * found by a devicetree node that no confidential guest on arm64 has, and is read by DMA: the disk
 * gives the same file without a driver more.
 *
 * A table of hashes: SNP and TDX measure a flash file, and either nothing at all later or registers
 * a relying party may not look at. A realm's launch measurement has no file with room for such a
 * table and needs none: what is booted is extended into the realm's own registers, which are part
 * of every token.
 */
#include "../linux.h"

const char efi_boot_file[] = "\\EFI\\BOOT\\BOOTAA64.EFI";
const u16 efi_machine = UKI_MACHINE_ARM64;

enum status payload_from_fw_cfg(struct payload *p, const char **why)
{
	return ST_NOT_FOUND;
}

enum status hashes_measured(struct payload_hashes *out, const char **where)
{
	return ST_UNSUPPORTED;
}
