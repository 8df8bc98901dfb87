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
	BOOT_X86_FD,      /* postern.fd: from the reset vector, no firmware below us */
};

/*
 * What the reset code of postern.fd leaves at FD_INFO (include/abi/fd.h). It lies in private memory
 * and was written by measured code; what it repeats of the host's words is said so.
 */
struct fd_info {
	u32 platform;  /* FD_PLAIN, FD_SNP, FD_TDX: how control arrived */
	u32 alias_bit; /* SNP: C-bit position from the CPUID page; TDX: GPAW - 1; plain: 0 */
	u64 hob;       /* TDX: where the VMM says the TD HOB is (untrusted: only FD_HOB is taken) */
	u64 mailbox;   /* TDX: FD_MAILBOX_SLOTS x { u64 entry, u64 ctx } in measured flash pages */
	u64 flash;     /* first byte of the flash file */
	u64 flash_size;
	u32 gpaw; /* TDX: 48 or 52, as RBX had it */
	u32 reserved;
};

#define HANDOFF_CMDLINE_MAX 1024
#define HANDOFF_MAP_BYTES   KIB(16) /* raw copy of the firmware's map; more is ST_TOO_MANY */

struct handoff {
	enum boot_source source;
	struct range image; /* where this image runs, from first header byte to end of .bss */
	struct range file;  /* the part of it that was in the file (rest is .bss) */
	u64 dtb;            /* physical address, 0 = none */
	u64 rsdp;           /* physical address, 0 = none */
	/* arm64: entered in pvmfw's place. All of that place, which the image has left, and the
	 * address in it where the bootloader's configuration would begin. size 0: entered elsewhere
	 */
	struct range place;
	u64 pvmfw;
	struct fd_info fd;  /* BOOT_X86_FD only */
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
