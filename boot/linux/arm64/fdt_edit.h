/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devicetree an arm64 kernel is handed: the host's, less what is not the host's to say, and
 * what only the firmware knows. Pure C: addresses are numbers here.
 */
#ifndef LINUX_ARM64_FDT_EDIT_H
#define LINUX_ARM64_FDT_EDIT_H

#include "../linux.h"
#include "devicetree.h"

/* Sorted, apart from each other, in whole pages. */
#define LINUX_OWN_MAX 2u
struct linux_ranges {
	size_t count;
	struct range r[MEMMAP_MAX + LINUX_OWN_MAX];
};

struct linux_memory {
	struct linux_ranges ram;  /* all that the kernel has */
	struct linux_ranges held; /* in use, and none of it RAM to the kernel: what a device, or an
				   * interrupt controller, does not let go of */
};

/* memory.c: accepted memory of the map, and at most LINUX_OWN_MAX ranges that are reserved there
 * but private, and the firmware's own. */
void linux_memory_collect(const struct memmap *m, const struct range *own, size_t count,
			  struct linux_memory *out);

struct linux_fdt {
	struct bytes cmdline; /* without its NUL */
	struct range initrd;  /* size 0: none */
	const struct linux_memory *memory;
	bool has_seed;
	u64 seed; /* for the kernel's layout, from the CPU */
};

/*
 * `host` passed fdt_validate(); buf is aligned to 8 bytes and apart from it. What is left of it:
 * the devices, CPUs, PSCI, aliases and the choice of a console. What goes, and is written anew:
 * nodes of memory, /reserved-memory with its references, /memreserve/, /chosen with everything a
 * host could tell a kernel there (seeds, EFI tables, another memory range), and addresses to start
 * CPUs at. ST_OVERFLOW: it does not fit into `size`; ST_RANGE: memory beyond the cells of the root;
 * ST_CORRUPT: a node of the host's is in the way, or the command line has a NUL inside. *why says
 * which part failed.
 */
enum status linux_fdt_build(const void *host, const struct linux_fdt *in, void *buf, size_t size,
			    const char **why);

#endif
