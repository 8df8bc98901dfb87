/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's parts, and what they know of each other. In the order of the data's way:
 *
 *   job.c        the job: load, verify, measure, hand over
 *   load.c       where kernel, initrd and command line come from: fw_cfg, else a disk's ESP
 *   gpt.c        partition table (pure, over a read function)
 *   fat.c        FAT file system; fat_dir.c: the way to a file (the same)
 *   uki.c        sections of a unified kernel image (pure)
 *   hashes.c     the measured table of hashes, and the comparison (pure)
 *   bzimage.c    header of an x86 kernel (pure)
 *   image.c      header of an arm64 kernel (pure)
 *   x86_64/      params.c acpi_tables.c ... what x86 is handed (pure builders), handover.c
 *   arm64/       fdt_edit.c what arm64 is handed, handover.c
 *
 * Everything that is loaded was the host's. It is copied into private memory once, and only the
 * copy is checked, hashed, measured and run.
 */
#ifndef LINUX_LINUX_H
#define LINUX_LINUX_H

#include "attest.h"
#include "cvm.h"
#include "memmap.h"
#include "range.h"
#include "status.h"
#include "types.h"

/* ---- what is booted ---- */

/* Private copies, kernel and initrd in whole pages of pages_alloc() each. Absent: data NULL, size 0
 * (a kernel is never absent). */
struct payload {
	struct bytes kernel; /* a whole bzImage or arm64 Image, as the file has it */
	struct bytes initrd;
	struct bytes cmdline; /* without its NUL, which follows in memory */
	const char *source;   /* "fw_cfg" or "disk" */
};

/* Bounds against a host that would have us copy for ever; larger is ST_TOO_MANY. */
#define PAYLOAD_KERNEL_MAX  MIB(256)
#define PAYLOAD_INITRD_MAX  GIB(1)
#define PAYLOAD_CMDLINE_MAX 2047u /* bytes before the NUL: what x86 kernels of today copy */

/*
 * load.c. On failure *why says what was sought and what was found instead, in words for people.
 * ST_NOT_FOUND: no source has a kernel. x86: fw_cfg if the host gives a kernel there, else the
 * first virtio disk that has an ESP with efi_boot_file; arm64: the disk.
 */
enum status payload_load(struct payload *p, const char **why);
/* boot/linux/<arch>/fwcfg.c: ST_NOT_FOUND when there is no such device or no kernel in it (always
 * on arm64); any other error ends the search. */
enum status payload_from_fw_cfg(struct payload *p, const char **why);
/* boot/linux/<arch>/fwcfg.c: what UEFI boots from removable media, and its machine type. */
extern const char efi_boot_file[]; /* "\\EFI\\BOOT\\BOOTX64.EFI" */
extern const u16 efi_machine;      /* UKI_MACHINE_* */

/* ---- disk: a GPT or MBR, an EFI system partition, FAT12/16/32 (UEFI 13.3; Microsoft FAT32 file
 * system specification 1.03), one file in it ---- */

/* bytes of the medium at offset, both any number; ST_RANGE beyond the end, else the device's error.
 */
struct medium {
	enum status (*read)(void *ctx, u64 offset, void *buf, size_t bytes);
	void *ctx;
	u64 size; /* bytes */
};

#define ESP_CHAIN_MAX (MIB(512) / 512) /* clusters followed before a chain is called endless */

struct esp_file { /* filled by esp_open(), for esp_read() alone */
	const struct medium *medium;
	u64 size; /* bytes */
	u64 fat, data;
	u32 cluster_bytes, clusters, first;
	unsigned fat_bits; /* 12, 16 or 32 */
};

/* path: "\\EFI\\BOOT\\BOOTX64.EFI", compared without regard to case, short names and long ones.
 * ST_NOT_FOUND: no partition table, no ESP, no such file; *why says which. ST_CORRUPT, ST_RANGE,
 * ST_UNSUPPORTED: what was found is wrong. */
enum status esp_open(const struct medium *m, const char *path, struct esp_file *out,
		     const char **why);
/* The whole file: size bytes, which are out->size. Every cluster number is checked, the chain must
 * be exactly as long as the size says. */
enum status esp_read(const struct esp_file *f, void *buf, size_t size);

/* ---- a unified kernel image (UAPI.5; systemd-stub(7)) ---- */
struct uki { /* pointers into the file; data NULL: no such section, or nothing in it */
	struct bytes linux_image, initrd, ucode;
	struct bytes cmdline; /* without white space and NULs at its end */
};
/* ST_NOT_FOUND: a PE file without .linux (a plain kernel is one, too). ST_CORRUPT: no PE, or wrong
 * in form (a section twice, outside the file, over another, too many; an empty .linux);
 * ST_UNSUPPORTED: other architecture's (`machine` is the PE's), or several profiles (.profile). */
enum status uki_parse(struct bytes file, u16 machine, struct uki *out);
#define UKI_MACHINE_X86_64 0x8664
#define UKI_MACHINE_ARM64  0xaa64

/* Whole pages of private memory for so many bytes of a payload; NULL: there are none. */
u8 *payload_pages(u64 bytes);

/* ---- kernels ---- */

/* linux-boot sheet section 1.1. setup and body point into the file. */
struct bzimage {
	struct bytes setup; /* the sectors before the protected part, header included */
	struct bytes body;  /* what is loaded; entered at +0x200 in 64-bit mode */
	size_t header_end;  /* header: bytes 0x1f1..header_end of setup */
	u64 preferred;      /* address below which the kernel moves itself */
	u32 alignment;
	u32 init_size;   /* bytes of RAM it needs from its load address on */
	u32 cmdline_max; /* bytes without NUL */
};
/* ST_TRUNCATED, ST_CORRUPT (magic, sizes that contradict each other), ST_UNSUPPORTED (protocol
 * before 2.12, no 64-bit entry, not relocatable, not to be loaded above 4 GiB). */
enum status bzimage_parse(struct bytes file, struct bzimage *out);

/* Documentation/arch/arm64/booting.rst; arm-boot-gic sheet. */
struct arm64_image {
	u64 text_offset; /* from a 2 MiB boundary */
	u64 image_size;  /* bytes of RAM from there, BSS included; not less than the file */
};
/* ST_TRUNCATED, ST_CORRUPT. ST_UNSUPPORTED: big-endian; image_size 0 (before 3.17); compressed
 * (gzip or EFI zboot). A page size the boot CPU lacks is the kernel's own to find out. */
enum status arm64_image_parse(struct bytes file, struct arm64_image *out);

/*
 * ---- measured hashes (amd-snp sheet section 10.3: the table QEMU writes for SEV, with kernel,
 * initrd and command line, SHA-256 each, the command line with its NUL) ----
 * Two places, both in the launch measurement: the flash file's own (FD_TABLE_GUID entry of its
 * table of GUIDs; filled by `postern firmware`), or, on SNP, the page of the launch that the host
 * fills (FD_HASHES). The flash's counts where it is filled.
 */
struct payload_hashes {
	u8 kernel[32], initrd[32], cmdline[32];
};
/* ST_NOT_FOUND: all zero, nobody filled it. ST_CORRUPT: GUID, length, an entry missing, twice or
 * unknown, something behind the end. */
enum status hashes_parse(struct bytes table, struct payload_hashes *out);
void hashes_of(const struct payload *p, struct payload_hashes *out);
/* ST_OK, or ST_CORRUPT and *which: "kernel", "initrd" or "command line". */
enum status hashes_compare(const struct payload_hashes *measured,
			   const struct payload_hashes *found, const char **which);
/* boot/linux/<arch>/: the filled table of this launch; *where names the place ("flash", "launch
 * page"). ST_NOT_FOUND: none is filled; ST_UNSUPPORTED: nobody could have (plain machines, CCA: not
 * needed there). One that is filled counts on every platform. */
enum status hashes_measured(struct payload_hashes *out, const char **where);

/* unmeasured/ or measured/: does this image boot what no table vouches for? Fixed by measured
 * bytes: two images, never a switch. */
extern const bool firmware_allows_unmeasured;

/* ---- measurement of what is booted: registers of evidence_measure_image(), the command line with
 * its text in the log by evidence_measure(). Three events in this order, always: what is absent is
 * measured as nothing. ---- */
#define LINUX_EVENT_KERNEL    "postern kernel"  /* RTMR1, REM1 */
#define LINUX_EVENT_INITRD    "postern initrd"  /* RTMR2, REM2 */
#define LINUX_EVENT_CMDLINE   "postern cmdline" /* RTMR2, REM2; bytes without the NUL */
#define LINUX_EVENT_ACPI      "postern acpi"    /* RTMR0, REM0: host tables, if asked for by name */
#define LINUX_REGISTER_KERNEL 2
#define LINUX_REGISTER_REST   3
#define LINUX_REGISTER_ACPI   1

/* ---- hand-over (boot/linux/<arch>/handover.c) ---- */
/* Places the kernel, builds what it is handed, gives back what can be given back, jumps. Returns
 * only before anything was given up, with what is wrong. */
enum status handover(const struct payload *p, const char **why);

#endif
