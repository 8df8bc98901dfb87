/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Discovery (boot/discover.c): devicetree or ACPI into `platform`, memory into the memory map.
 * Whatever the host got wrong ends in a named stop: neither function returns an error.
 */
#ifndef DISCOVER_H
#define DISCOVER_H

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

#endif
