/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the x86 hand-over. */
#ifndef LINUX_PLACE_H
#define LINUX_PLACE_H

#include "params.h"

/* Whole pages of private memory that outlive us: where each thing a kernel is handed lies. size 0:
 * none. */
struct place {
	struct range kernel; /* init_size bytes, the body at its start */
	struct range file;   /* the kernel as it was loaded: nobody's any more */
	struct range initrd, cmdline, params;
	struct range blob; /* SNP: setup_data and CC blob */
	struct range acpi;
	struct range mailbox, log; /* TDX: of other CPUs; of the registers */
	struct range tables;       /* page tables at the entry */
};

/* place.c: pages for all of it. ST_NO_MEMORY, ST_RANGE (what needs an address below 4 GiB has
 * none); *why says of what. The initrd stays where it was loaded. */
enum status place_all(const struct payload *p, const struct bzimage *k, struct place *out,
		      const char **why);
/* E820 marks of it, and of what is still held of the page allocator. *count: room, then how many.
 */
enum status place_marks(const struct place *pl, const struct memmap *m, struct e820_mark *marks,
			size_t *count);

/* tables.c: identity map of 2 MiB pages in r.size bytes at r.base, private, writable, executable,
 * of as much as the pages hold. Returns what goes into CR3. */
#define TABLES_PAGES(gib) (2u + (gib))
#define TABLES_GIB_MAX    512u
u64 tables_build(struct range r);

/* legacy.c: what a PC has below 1 MiB and Linux looks into: ours and zero. */
enum status legacy_memory(void);
/* Power management ports of the chipset, placed if need be: their base, 0: none. */
u16 legacy_pm_base(void);
/* Memory types as firmware leaves them. */
void legacy_mtrr(void);
/* No interrupt of the old controllers, and none of the local APIC's own. */
void legacy_mask(void);

/* jump.asm */
NORETURN void linux_jump(u64 entry, u64 params, u64 cr3);
NORETURN void linux_wait(u64 mailbox, u32 apic_id, u64 cr3);
void linux_wrmsr(void);

#endif
