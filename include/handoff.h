/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every entry path (arm64 Image, x86 PVH, UEFI) leaves behind for the common code.
 *
 * Everything in here that came from the loader or firmware is unverified: an address may point
 * anywhere, a count may be anything. The reader that consumes a field checks it (mm/memmap.c,
 * drivers/fdt.c, drivers/acpi.c).
 */
#ifndef HANDOFF_H
#define HANDOFF_H

#include "range.h"
#include "types.h"

enum boot_source {
	BOOT_ARM64_IMAGE, /* Linux arm64 boot protocol: x0 = devicetree */
	BOOT_X86_PVH,     /* hvm_start_info */
	BOOT_UEFI,        /* memory map copied before ExitBootServices */
};

#define HANDOFF_CMDLINE_MAX 1024
#define HANDOFF_MAP_BYTES   KIB(16) /* raw copy of the firmware's map; more is ST_TOO_MANY */

struct handoff {
	enum boot_source source;
	struct range image; /* where this image runs, from first header byte to end of .bss */
	struct range file;  /* the part of it that was in the file (rest is .bss) */
	u64 dtb;            /* physical address, 0 = none */
	u64 rsdp;           /* physical address, 0 = none */
	bool el2;           /* arm64: entered at EL2 and dropped to EL1 */
	size_t cmdline_len; /* bytes before the NUL; cmdline_truncated tells if cut */
	bool cmdline_truncated;
	char cmdline[HANDOFF_CMDLINE_MAX]; /* EFI load options or PVH; DT bootargs come later */

	/* Raw map: EFI descriptors (map_entry_size as firmware said) or E820/PVH entries. */
	size_t map_bytes;
	size_t map_entry_size;
	u8 map[HANDOFF_MAP_BYTES] ALIGNED(16);
};

/* The common entry: called once by the boot CPU on the image's own stack and vectors, MMU on or
 * off as the architecture needs (arm64: off; x86: on, identity). Never returns. */
NORETURN void handoff_enter(struct handoff *h);

#endif
