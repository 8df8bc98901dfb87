/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing the devicetree. The host wrote it, so whatever a kernel believes without being able to
 * check it is taken out and, where it is needed, written anew from what the firmware has checked:
 * memory above all, for a kernel that is told of memory the host holds would put its secrets there.
 *
 * A node is dropped by overwriting it, which moves nothing: offsets stay, and a blob made of
 * thousands of such nodes costs one pass.
 */
#include "fdt_edit.h"

#include <libfdt.h>
#include <string.h>

#include "../../../drivers/fdt_internal.h"
#include "print.h"

#define OWN_NAME 40u /* of a node of ours */

struct edit {
	void *fdt;
	u32 address_cells, size_cells; /* of the root */
	const char *console;           /* stdout-path, in the host's blob; NULL: none */
	unsigned count;
	int node[FDT_MAX_NODES]; /* to be dropped, in the order of the blob */
};

/* Properties that go wherever they are. */
static const char *const dropped_properties[] = {
	"memory-region",    /* a reference into /reserved-memory */
	"cpu-release-addr", /* the kernel would write there, to start a CPU without PSCI */
};

static enum status from_libfdt(int err)
{
	if (err >= 0)
		return ST_OK;
	return err == -FDT_ERR_NOSPACE ? ST_OVERFLOW : ST_CORRUPT;
}

/* ---- what goes ---- */

/* With or without a unit address: libfdt, and so a kernel, takes either for the other. */
static bool is_named(const char *node, const char *name)
{
	size_t n = strlen(name);

	return strncmp(node, name, n) == 0 && (node[n] == '\0' || node[n] == '@');
}

static enum status is_memory(const struct fdt_walk *w, bool *memory)
{
	const char *type = "";
	enum status st = fdt_prop_string(w->fdt, w->node, "device_type", &type);

	*memory = strcmp(type, "memory") == 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status note_console(const struct fdt_walk *w, struct edit *e)
{
	const char *path = NULL;
	enum status st = ST_OK;

	if (e->console == NULL)
		st = fdt_prop_string(w->fdt, w->node, "stdout-path", &path);
	if (st == ST_OK && path != NULL)
		e->console = path;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status look_at(const struct fdt_walk *w, struct edit *e)
{
	bool drop = false;
	enum status st = is_memory(w, &drop);

	if (st != ST_OK)
		return st;
	if (w->depth == 1 && is_named(w->name, "chosen")) {
		st = note_console(w, e);
		drop = true;
	}
	if (w->depth == 1 && (is_named(w->name, "memory") || is_named(w->name, "reserved-memory")))
		drop = true;
	/* fdt_validate() has counted the nodes. */
	if (drop && e->count < FDT_MAX_NODES)
		e->node[e->count++] = w->node;
	return st;
}

static enum status look(const void *host, struct edit *e)
{
	struct fdt_walk w;
	enum status st;

	fdt_walk_start(&w, host);
	while ((st = fdt_walk_next(&w)) == ST_OK) {
		st = look_at(&w, e);
		if (st != ST_OK)
			return st;
	}
	e->address_cells = w.address_cells[0];
	e->size_cells = w.size_cells[0];
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static int drop_properties(void *fdt)
{
	int err = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		for (unsigned i = 0; i < ARRAY_SIZE(dropped_properties); i++) {
			/* Again, as a hostile blob may have one twice. */
			do
				err = fdt_nop_property(fdt, node, dropped_properties[i]);
			while (err == 0);
			if (err != -FDT_ERR_NOTFOUND)
				return err;
		}
	}
	return 0;
}

/* Backwards: a node inside another goes first. Offsets are those of the structure block, which
 * fdt_open_into() has copied as it is. */
static int drop(struct edit *e)
{
	int err = 0;

	while (e->count > 0 && err == 0)
		err = fdt_nop_node(e->fdt, e->node[--e->count]);
	while (err == 0 && fdt_num_mem_rsv(e->fdt) > 0)
		err = fdt_del_mem_rsv(e->fdt, 0);
	return err == 0 ? drop_properties(e->fdt) : err;
}

/* ---- what is written ---- */

static u8 *put_cells(u8 *at, u64 value, u32 cells)
{
	for (u32 i = cells * FDT_CELL; i > 0; i--)
		*at++ = (u8)(value >> (8 * (i - 1)));
	return at;
}

static bool fits(u64 value, u32 cells)
{
	return cells > 1 || value <= UINT32_MAX;
}

static enum status set_reg(struct edit *e, int node, const struct range *r, size_t count)
{
	size_t bytes = count * (e->address_cells + e->size_cells) * FDT_CELL;
	void *value = NULL;
	enum status st;
	u8 *at;

	for (size_t i = 0; i < count; i++)
		if (!fits(range_end(r[i]) - 1, e->address_cells) || !fits(r[i].size, e->size_cells))
			return ST_RANGE;
	st = from_libfdt(fdt_setprop_placeholder(e->fdt, node, "reg", (int)bytes, &value));
	at = value;
	for (size_t i = 0; i < count && st == ST_OK; i++) {
		at = put_cells(at, r[i].base, e->address_cells);
		at = put_cells(at, r[i].size, e->size_cells);
	}
	return st;
}

/* A node of ours, `name`@address. */
static enum status add_at(struct edit *e, int parent, const char *name, u64 address, int *node)
{
	char full[OWN_NAME];

	snprint(full, sizeof(full), "%s@%llx", name, (unsigned long long)address);
	*node = fdt_add_subnode(e->fdt, parent, full);
	return from_libfdt(*node);
}

static enum status put_memory(struct edit *e, const struct linux_fdt *in)
{
	int node;
	enum status st;

	if (in->memory->ram.count == 0)
		return ST_NOT_FOUND;
	st = add_at(e, 0, "memory", in->memory->ram.r[0].base, &node);
	if (st == ST_OK)
		st = from_libfdt(fdt_setprop_string(e->fdt, node, "device_type", "memory"));
	return st == ST_OK ? set_reg(e, node, in->memory->ram.r, in->memory->ram.count) : st;
}

/* Without no-map: a GIC driver that meets tables in use asks for just such a reservation. */
static enum status put_held(struct edit *e, const struct linux_ranges *held)
{
	int parent, err, node;
	enum status st;

	if (held->count == 0)
		return ST_OK;
	parent = fdt_add_subnode(e->fdt, 0, "reserved-memory");
	err = parent < 0 ? parent : fdt_setprop_empty(e->fdt, parent, "ranges");
	if (err == 0)
		err = fdt_setprop_u32(e->fdt, parent, "#size-cells", e->size_cells);
	if (err == 0)
		err = fdt_setprop_u32(e->fdt, parent, "#address-cells", e->address_cells);
	st = from_libfdt(err);
	for (size_t i = 0; i < held->count && st == ST_OK; i++) {
		st = add_at(e, parent, "held", held->r[i].base, &node);
		if (st == ST_OK)
			st = set_reg(e, node, &held->r[i], 1);
	}
	return st;
}

static int put_cmdline(void *fdt, int chosen, struct bytes text)
{
	void *value = NULL;
	int err = fdt_setprop_placeholder(fdt, chosen, "bootargs", (int)text.size + 1, &value);

	if (err != 0)
		return err;
	if (text.size != 0)
		memcpy(value, text.data, text.size);
	((u8 *)value)[text.size] = '\0';
	return 0;
}

static enum status put_chosen(struct edit *e, const struct linux_fdt *in)
{
	int node = fdt_add_subnode(e->fdt, 0, "chosen");
	int err = node < 0 ? node : put_cmdline(e->fdt, node, in->cmdline);

	if (err == 0 && in->initrd.size != 0)
		err = fdt_setprop_u64(e->fdt, node, "linux,initrd-start", in->initrd.base);
	if (err == 0 && in->initrd.size != 0)
		err = fdt_setprop_u64(e->fdt, node, "linux,initrd-end", range_end(in->initrd));
	if (err == 0 && in->has_seed)
		err = fdt_setprop_u64(e->fdt, node, "kaslr-seed", in->seed);
	if (err == 0 && e->console != NULL)
		err = fdt_setprop_string(e->fdt, node, "stdout-path", e->console);
	return from_libfdt(err);
}

static enum status rewrite(struct edit *e, const void *host, const struct linux_fdt *in,
			   size_t size, const char **why)
{
	enum status st;

	*why = "the host's devicetree";
	st = look(host, e);
	if (st == ST_OK)
		st = from_libfdt(fdt_open_into(host, e->fdt, (int)size));
	if (st == ST_OK)
		st = from_libfdt(drop(e));
	if (st != ST_OK)
		return st;
	*why = "memory in the devicetree";
	st = put_memory(e, in);
	if (st == ST_OK)
		st = put_held(e, &in->memory->held);
	if (st != ST_OK)
		return st;
	*why = "the command line in the devicetree";
	if (in->cmdline.size != 0 && memchr(in->cmdline.data, '\0', in->cmdline.size) != NULL)
		return ST_CORRUPT;
	st = put_chosen(e, in);
	return st == ST_OK ? from_libfdt(fdt_pack(e->fdt)) : st;
}

enum status linux_fdt_build(const void *host, const struct linux_fdt *in, void *buf, size_t size,
			    const char **why)
{
	static struct edit e;

	if (!is_aligned((u64)(uintptr_t)buf, 8) || size > FDT_MAX_SIZE)
		return ST_INVALID;
	e.fdt = buf;
	e.count = 0;
	e.console = NULL;
	return rewrite(&e, host, in, size, why);
}
