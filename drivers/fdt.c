/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devicetree: the blob as a whole, properties, and memory. What the guest takes from the nodes is
 * in drivers/fdt_info.c.
 *
 * libfdt is safe against reads outside a checked blob, not against blobs made to be slow: looking
 * up a property name costs the length of the string, so long strings shared by many properties are
 * refused before libfdt sees them. Every node is visited once per pass, never searched for.
 */
#include <libfdt.h>
#include <string.h>

#include "fdt_internal.h"

enum status fdt_blob_size(const void *hdr, size_t *total, size_t max)
{
	struct fdt_header h;
	u32 size;

	memcpy(&h, hdr, sizeof(h));
	if (fdt32_to_cpu(h.magic) != FDT_MAGIC)
		return ST_CORRUPT;
	if (fdt32_to_cpu(h.version) < 17 || fdt32_to_cpu(h.last_comp_version) > 17)
		return ST_UNSUPPORTED;
	size = fdt32_to_cpu(h.totalsize);
	if (size < FDT_HEADER_SIZE)
		return ST_TRUNCATED;
	if (size > max)
		return ST_OVERFLOW;
	*total = size;
	return ST_OK;
}

static enum status from_libfdt(int err)
{
	switch (err) {
	case -FDT_ERR_TRUNCATED:
		return ST_TRUNCATED;
	case -FDT_ERR_BADVERSION:
		return ST_UNSUPPORTED;
	case -FDT_ERR_NOTFOUND:
		return ST_NOT_FOUND;
	default:
		return ST_CORRUPT;
	}
}

static enum status check_strings(const u8 *fdt, size_t size)
{
	size_t off = fdt_off_dt_strings(fdt), len = fdt_size_dt_strings(fdt), run = 0;

	if (off > size || len > size - off)
		return ST_TRUNCATED;
	for (size_t i = 0; i < len; i++) {
		run = fdt[off + i] == '\0' ? 0 : run + 1;
		if (run >= FDT_NAME_MAX)
			return ST_CORRUPT;
	}
	return run == 0 ? ST_OK : ST_CORRUPT; /* the last one must be terminated */
}

static enum status check_reservations(const u8 *fdt, size_t size)
{
	size_t off = fdt_off_mem_rsvmap(fdt);

	if (!is_aligned(off, 8))
		return ST_ALIGN;
	for (unsigned n = 0; n <= FDT_MAX_RESERVE; n++) {
		size_t at = off + n * sizeof(struct fdt_reserve_entry);
		struct fdt_reserve_entry e;

		if (at > size || size - at < sizeof(e))
			return ST_TRUNCATED;
		memcpy(&e, fdt + at, sizeof(e));
		if (e.size == 0)
			return ST_OK;
	}
	return ST_TOO_MANY;
}

static enum status check_cells_of_root(const void *fdt)
{
	struct fdt_walk w;
	enum status st;

	fdt_walk_start(&w, fdt);
	st = fdt_walk_next(&w);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_CORRUPT : st;
	if (w.address_cells[0] < 1 || w.address_cells[0] > 2 || w.size_cells[0] < 1 ||
	    w.size_cells[0] > 2)
		return ST_CORRUPT;
	return ST_OK;
}

static enum status check_nodes(const void *fdt)
{
	int depth = -1, node = fdt_next_node(fdt, -1, &depth);
	unsigned nodes = 0;

	/* Below 0: the root has ended, and no reader looks at what may follow. */
	for (; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth)) {
		int len = 0;

		if (++nodes > FDT_MAX_NODES)
			return ST_TOO_MANY;
		if (depth > FDT_MAX_DEPTH)
			return ST_TOO_DEEP;
		if (fdt_get_name(fdt, node, &len) == NULL || len >= FDT_NAME_MAX)
			return ST_CORRUPT;
	}
	if (node < 0 && node != -FDT_ERR_NOTFOUND)
		return from_libfdt(node);
	return nodes == 0 ? ST_CORRUPT : ST_OK;
}

/*
 * A property behind a node's children is against the format (specification, tree structure), seen
 * by some readers and not by others, and would be seen by all once the children are overwritten.
 */
static enum status check_order(const void *fdt)
{
	u32 tag, before = FDT_NOP;
	int at = 0, next = 0;

	do {
		tag = fdt_next_tag(fdt, at, &next);
		if (next < 0)
			return from_libfdt(next);
		if (tag == FDT_PROP && before == FDT_END_NODE)
			return ST_CORRUPT;
		if (tag != FDT_NOP)
			before = tag;
		at = next;
	} while (tag != FDT_END);
	return ST_OK;
}

enum status fdt_validate(const void *fdt, size_t size)
{
	size_t total = 0;
	enum status st;

	if (!is_aligned((u64)(uintptr_t)fdt, 8))
		return ST_ALIGN;
	if (size < FDT_HEADER_SIZE)
		return ST_TRUNCATED;
	st = fdt_blob_size(fdt, &total, FDT_MAX_SIZE);
	if (st != ST_OK)
		return st;
	if (total > size)
		return ST_TRUNCATED;
	st = check_strings(fdt, total);
	if (st == ST_OK)
		st = check_reservations(fdt, total);
	if (st != ST_OK)
		return st;
	/* Bounds first: they keep libfdt's own full check short. */
	if (fdt_check_header(fdt) != 0)
		return from_libfdt(fdt_check_header(fdt));
	st = check_nodes(fdt);
	if (st != ST_OK)
		return st;
	if (fdt_check_full(fdt, total) != 0)
		return from_libfdt(fdt_check_full(fdt, total));
	st = check_order(fdt);
	return st == ST_OK ? check_cells_of_root(fdt) : st;
}

/* ---- properties ---- */

enum status fdt_prop(const void *fdt, int node, const char *name, const u8 **data, size_t *len)
{
	int n = 0;
	const void *p = fdt_getprop(fdt, node, name, &n);

	if (p == NULL)
		return from_libfdt(n);
	*data = p;
	*len = (size_t)n;
	return ST_OK;
}

enum status fdt_prop_string(const void *fdt, int node, const char *name, const char **text)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st = fdt_prop(fdt, node, name, &data, &len);

	if (st != ST_OK)
		return st;
	if (len == 0 || data[len - 1] != '\0')
		return ST_CORRUPT;
	*text = (const char *)data;
	return ST_OK;
}

enum status fdt_prop_u32(const void *fdt, int node, const char *name, u32 *value)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st = fdt_prop(fdt, node, name, &data, &len);

	if (st != ST_OK)
		return st;
	if (len != FDT_CELL)
		return ST_CORRUPT;
	*value = (u32)fdt_cells(data, 1);
	return ST_OK;
}

enum status fdt_compatible(const void *fdt, int node, const char *name, bool *match)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st = fdt_prop(fdt, node, "compatible", &data, &len);

	*match = false;
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	if (len == 0 || data[len - 1] != '\0')
		return ST_CORRUPT;
	*match = fdt_stringlist_contains((const char *)data, (int)len, name) != 0;
	return ST_OK;
}

u64 fdt_cells(const u8 *data, u32 cells)
{
	u64 v = 0;

	for (size_t i = 0; i < cells * FDT_CELL; i++)
		v = v << 8 | data[i];
	return v;
}

/* ---- walking ---- */

void fdt_walk_start(struct fdt_walk *w, const void *fdt)
{
	memset(w, 0, sizeof(*w));
	w->fdt = fdt;
	w->node = -1;
	w->depth = -1; /* as libfdt counts: the root is 0 */
}

static enum status read_cells(struct fdt_walk *w)
{
	int d = w->depth;
	enum status st;

	w->address_cells[d] = 2; /* the defaults of the specification */
	w->size_cells[d] = 1;
	st = fdt_prop_u32(w->fdt, w->node, "#address-cells", &w->address_cells[d]);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	st = fdt_prop_u32(w->fdt, w->node, "#size-cells", &w->size_cells[d]);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status fdt_walk_next(struct fdt_walk *w)
{
	const u8 *ranges;
	size_t len = 1;
	enum status st;

	w->node = fdt_next_node(w->fdt, w->node, &w->depth);
	if (w->node == -FDT_ERR_NOTFOUND || (w->node >= 0 && w->depth < 0))
		return ST_NOT_FOUND;
	if (w->node < 0 || w->depth > FDT_MAX_DEPTH)
		return ST_CORRUPT;
	w->name = fdt_get_name(w->fdt, w->node, NULL);
	w->names[w->depth] = w->name;
	/* Addresses below a bus are the CPU's only with an empty `ranges` all the way up. */
	st = fdt_prop(w->fdt, w->node, "ranges", &ranges, &len);
	w->identity[w->depth] =
	    w->depth == 0 || (st == ST_OK && len == 0 && w->identity[w->depth - 1]);
	return read_cells(w);
}

bool fdt_walk_under(const struct fdt_walk *w, const char *parent)
{
	return w->depth == 2 && strcmp(w->names[1], parent) == 0;
}

enum status fdt_walk_enabled(const struct fdt_walk *w, bool *enabled)
{
	const char *text = "okay";
	enum status st = fdt_prop_string(w->fdt, w->node, "status", &text);

	*enabled = strcmp(text, "okay") == 0 || strcmp(text, "ok") == 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status fdt_walk_reg(const struct fdt_walk *w, unsigned index, struct range *out)
{
	u32 ac, sc;
	const u8 *data = NULL;
	size_t len = 0, entry;
	enum status st;

	if (w->depth < 1)
		return ST_CORRUPT;
	ac = w->address_cells[w->depth - 1];
	sc = w->size_cells[w->depth - 1];
	if (ac < 1 || ac > 2 || sc < 1 || sc > 2)
		return ST_CORRUPT;
	st = fdt_prop(w->fdt, w->node, "reg", &data, &len);
	if (st != ST_OK)
		return st;
	entry = (ac + sc) * FDT_CELL;
	if (len % entry != 0)
		return ST_TRUNCATED;
	if (index >= len / entry)
		return ST_NOT_FOUND;
	out->base = fdt_cells(data + index * entry, ac);
	out->size = fdt_cells(data + index * entry + ac * FDT_CELL, sc);
	return ST_OK;
}

/* ---- memory ---- */

static enum status add_memory_node(const struct fdt_walk *w, struct memmap *m, u64 limit)
{
	struct range r;
	enum status st;

	for (unsigned i = 0;; i++) {
		st = fdt_walk_reg(w, i, &r);
		if (st == ST_NOT_FOUND)
			return ST_OK;
		if (st == ST_OK && r.size != 0) /* an empty slot for memory to be plugged later */
			st = memmap_add_ram(m, r, limit);
		if (st != ST_OK)
			return st;
	}
}

static enum status add_memory(const void *fdt, struct memmap *m, u64 limit)
{
	struct fdt_walk w;
	enum status st;

	fdt_walk_start(&w, fdt);
	while ((st = fdt_walk_next(&w)) == ST_OK) {
		const char *type = "";
		bool enabled;

		if (w.depth != 1)
			continue;
		st = fdt_prop_string(fdt, w.node, "device_type", &type);
		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
		if (strcmp(type, "memory") != 0)
			continue;
		st = fdt_walk_enabled(&w, &enabled);
		if (st == ST_OK && enabled)
			st = add_memory_node(&w, m, limit);
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status reserve_node(const struct fdt_walk *w, struct memmap *m)
{
	struct range r;
	enum status st;

	for (unsigned i = 0;; i++) {
		st = fdt_walk_reg(w, i, &r);
		if (st == ST_NOT_FOUND)
			return ST_OK; /* also a node that only asks for memory of some size */
		if (st == ST_OK && r.size != 0)
			st = memmap_set(m, r, MEM_RESERVED);
		if (st != ST_OK)
			return st;
	}
}

static enum status reserve_nodes(const void *fdt, struct memmap *m)
{
	struct fdt_walk w;
	enum status st;

	fdt_walk_start(&w, fdt);
	while ((st = fdt_walk_next(&w)) == ST_OK) {
		if (!fdt_walk_under(&w, "reserved-memory"))
			continue;
		st = reserve_node(&w, m);
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status reserve_list(const void *fdt, struct memmap *m)
{
	int n = fdt_num_mem_rsv(fdt);

	if (n < 0)
		return from_libfdt(n);
	for (int i = 0; i < n; i++) {
		uint64_t base, size;
		int err = fdt_get_mem_rsv(fdt, i, &base, &size);
		enum status st;

		if (err != 0)
			return from_libfdt(err);
		st = memmap_set(m, (struct range){ base, size }, MEM_RESERVED);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status fdt_read_memory(const void *fdt, struct memmap *m, u64 limit)
{
	struct range initrd = { 0, 0 };
	enum status st;

	memmap_init(m);
	st = add_memory(fdt, m, limit);
	if (st == ST_OK && m->count == 0)
		st = ST_NOT_FOUND;
	if (st == ST_OK)
		st = reserve_list(fdt, m);
	if (st == ST_OK)
		st = reserve_nodes(fdt, m);
	if (st == ST_OK)
		st = fdt_read_initrd(fdt, &initrd);
	if (st == ST_OK && initrd.size != 0)
		st = memmap_set(m, initrd, MEM_RESERVED);
	return st;
}
