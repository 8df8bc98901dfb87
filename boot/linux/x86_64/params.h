/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an x86 kernel is handed, built into memory of the caller's. Pure C: every address is a
 * number here, nothing is read or written at it.
 */
#ifndef LINUX_PARAMS_H
#define LINUX_PARAMS_H

#include "../linux.h"
#include "platform.h"

/* E820 types of Linux (linux-boot sheet section 1.2): how it maps what it finds there. */
enum e820_type {
	E820_RAM = 1,      /* validated or accepted; KASLR may put the kernel on any of it */
	E820_RESERVED = 2, /* mapped shared by ioremap: secrets, CPUID page, our own pages */
	E820_ACPI = 3,     /* mapped private: tables */
	E820_NVS = 4,      /* mapped private, never reused: mailbox, event log */
};

#define E820_MAX 128

struct e820_map {
	size_t count;
	struct {
		u64 base, size;
		enum e820_type type;
	} entry[E820_MAX];
};

/*
 * Accepted RAM of the map as E820_RAM (ST_STATE: some is not); what the map has as reserved or
 * shared inside RAM as E820_RESERVED. 0xc0000-0xfffff is E820_RESERVED. Then `marks` in order, each
 * over what is there, inside RAM or not, in whole pages (rounded outwards; E820_RAM inwards; size
 * 0: none). The legacy area 0xa0000-0xbffff stays a gap. Sorted, no overlap, neighbours merged.
 * ST_TOO_MANY; ST_OVERFLOW: a mark that wraps.
 */
struct e820_mark {
	struct range range;
	enum e820_type type;
};
enum status e820_build(const struct memmap *m, const struct e820_mark *marks, size_t count,
		       struct e820_map *out);
/* The largest part of a checked window for devices in which no region of the map lies: kernels drop
 * a window that touches RAM, and with it every device. size 0: none. */
struct range window_beside(const struct memmap *m, struct range window);

/* ---- boot_params, "zero page" (Documentation/arch/x86/zero-page.rst) ---- */
#define PARAMS_BYTES 4096u

struct params_in {
	const struct bzimage *kernel;
	const struct e820_map *e820;
	struct range initrd; /* size 0: none */
	u64 cmdline, rsdp;   /* addresses; rsdp 0: none */
	u32 cmdline_size;    /* without NUL */
	u64 setup_data;      /* address of the first node, 0: none */
};
/* ST_RANGE: an address does not fit its field, the command line is longer than the kernel takes, or
 * the header is not as long as one is. */
enum status params_build(u8 page[PARAMS_BYTES], const struct params_in *in);

/* SNP: setup_data node of type CC_BLOB at `node` and the blob behind it, CC_BLOB_BYTES in all, both
 * addresses below 4 GiB (else ST_RANGE). ST_ALIGN: `node` not by 8, or no whole pages. */
#define CC_BLOB_BYTES 64u
enum status cc_blob_build(u8 buf[CC_BLOB_BYTES], u64 node, u64 secrets, u64 cpuid);

/*
 * ---- ACPI tables of our own (ACPI 6.5; linux-boot sheet section 4.6) ----
 * RSDP, XSDT, FADT, MADT, MCFG, SPCR, DSDT and, if asked for, CCEL. No host's AML, ever: the DSDT
 * is a few measured bytes of ours. They lie in one block that the caller marks E820_ACPI.
 */
#define ACPI_BYTES 8192u

struct acpi_in {
	u64 address; /* where the block will be, 16-byte aligned */
	const struct platform_info *platform;
	u64 mailbox;       /* TDX: multiprocessor wakeup; 0: none */
	u64 log, log_size; /* event log of registers (CCEL); 0: none */
	u16 pm_base; /* power management I/O block the caller has programmed, laid out as that of
		      * ICH9 and PIIX4 (events at +0, control at +4, timer at +8; SCI is 9); 0:
		      * none, and so no power-off */
	bool legacy; /* PIC, PIT and RTC are there */
	bool ecam;   /* platform->ecam is decoded, and an E820_RESERVED mark: MCFG is written */
};
/* *rsdp: address of the RSDP, *size: bytes used. ST_TOO_MANY: less than ACPI_BYTES of room, or more
 * than SMP_MAX_CPUS; ST_ALIGN: block or mailbox; ST_RANGE: the block not below 4 GiB, or a window
 * where it cannot be. */
enum status acpi_build(u8 *block, size_t bytes, const struct acpi_in *in, u64 *rsdp, size_t *size);

#endif
