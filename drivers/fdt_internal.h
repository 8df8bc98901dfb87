/* SPDX-License-Identifier: BSD-2-Clause */
/* Between drivers/fdt.c, fdt_info.c and fdt_msi.c: checked access to properties. */
#ifndef FDT_INTERNAL_H
#define FDT_INTERNAL_H

#include "devicetree.h"

#define FDT_CELL        sizeof(u32)
#define FDT_NAME_MAX    256 /* longest string in the strings block, and longest node name */
#define FDT_MAX_RESERVE 64  /* entries of the memory reservation block */

/* One pass over all nodes, with what a child needs to know of its parents. */
struct fdt_walk {
	const void *fdt;
	int node;
	int depth;
	const char *name;
	/* Per depth: cells the children of the node there use, and its name. */
	u32 address_cells[FDT_MAX_DEPTH + 1];
	u32 size_cells[FDT_MAX_DEPTH + 1];
	bool identity[FDT_MAX_DEPTH + 1]; /* children's addresses are CPU addresses */
	const char *names[FDT_MAX_DEPTH + 1];
};

void fdt_walk_start(struct fdt_walk *w, const void *fdt);
/* ST_OK and w at the next node, ST_NOT_FOUND after the last. */
enum status fdt_walk_next(struct fdt_walk *w);
/* Is the node a child of the root's child `parent`, e.g. "cpus"? */
bool fdt_walk_under(const struct fdt_walk *w, const char *parent);
/* status absent, "okay" or "ok". */
enum status fdt_walk_enabled(const struct fdt_walk *w, bool *enabled);

/* Property as bytes; ST_NOT_FOUND when absent. */
enum status fdt_prop(const void *fdt, int node, const char *name, const u8 **data, size_t *len);
/* Property as one terminated string; ST_CORRUPT when it is not. */
enum status fdt_prop_string(const void *fdt, int node, const char *name, const char **text);
/* Property of exactly one cell. */
enum status fdt_prop_u32(const void *fdt, int node, const char *name, u32 *value);
/* Does `compatible` (checked for termination) list `name`? */
enum status fdt_compatible(const void *fdt, int node, const char *name, bool *match);

/* A value of 1 or 2 cells. */
u64 fdt_cells(const u8 *data, u32 cells);
/* Entry `index` of `reg` in the cells of the node's parent. ST_NOT_FOUND past the end. */
enum status fdt_walk_reg(const struct fdt_walk *w, unsigned index, struct range *out);

/* linux,initrd-start and -end of /chosen (drivers/fdt_info.c); size 0: none. */
enum status fdt_read_initrd(const void *fdt, struct range *out);

/* Its window `index`, checked for overflow (drivers/fdt_info.c). */
enum status fdt_read_window(const struct fdt_walk *w, unsigned index, struct range *out);

#define FDT_NO_NODE (-1)
/* What the functions below the host bridge `pci` (or FDT_NO_NODE) send messages to (fdt_msi.c). */
enum status fdt_read_msi(const void *fdt, int pci, struct fdt_info *out);

#endif
