/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Discovery (boot/discover.c): devicetree or ACPI into `platform`, memory into the memory map.
 * Whatever the host got wrong ends in a named stop: neither function returns an error.
 */
#ifndef DISCOVER_H
#define DISCOVER_H

#include "devicetree.h"
#include "handoff.h"
#include "memmap.h"
#include "platform.h"

/* Copies the devicetree into private memory before anything in it is believed, then reads it, or
 * the ACPI tables, into `platform`. */
void discover_platform(const struct handoff *h);

/* Builds the map from devicetree, EFI map or E820, whichever booted us; image, devicetree, initrd
 * and tables are reserved in it. */
void discover_memory(const struct handoff *h, struct memmap *m);

/*
 * boot/<arch>/discover.c: where no firmware leaves tables (BOOT_X86_FD). Command line and CPUs into
 * *p; the memory the host claims into *m, less what the image's own launch pages and the machine
 * have there. ST_UNSUPPORTED on an architecture that has no such way to boot.
 */
enum status discover_bare(struct platform_info *p);
enum status discover_bare_memory(const struct handoff *h, struct memmap *m, u64 limit);

/*
 * boot/arm64/devicetree.c, boot/x86_64/discover.c: copies and checks the devicetree at dtb; what is
 * wrong with its form is a named stop, what is wrong with its content is returned, with what was
 * read before. The other two are of the devicetree that was copied; its size is 0 when there
 * is none. ST_UNSUPPORTED, and a size of 0, on x86, which has ACPI and fw_cfg: neither the reader
 * nor room for a copy is in that image.
 */
enum status discover_devicetree(u64 dtb, struct fdt_info *info);
enum status discover_devicetree_memory(struct memmap *m);
size_t discover_devicetree_size(void);
/* boot/arm64/ only: that copy, checked whole. */
const void *discover_devicetree_blob(void);

/*
 * boot/<arch>/: what else lies in the place the image was entered in (handoff.h). Checked and said
 * on the console, so after it is there; what is wrong is a named stop. Nothing on x86.
 */
void discover_place(const struct handoff *h);

/*
 * For those: makes what the loader left readable. First is it private memory with content: in a
 * realm a read of anything else would be answered by the host, byte by byte as it likes, or raise
 * an abort.
 */
enum status discover_open(struct range r);
struct range discover_pages(u64 base, u64 size); /* that the bytes lie in */
bool discover_overlaps_image(struct range r);    /* or the place it was entered in */
u64 discover_limit(void);                        /* first address that cannot be private memory */

#endif
