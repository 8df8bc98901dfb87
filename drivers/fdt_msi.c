/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message controllers in a devicetree (bindings arm,gic-v3, pci-msi): ITS and GICv2m frames, and
 * which of them the PCI functions send to. A map that names a controller we do not know leaves
 * those functions without messages; one that says two things of a function is an error.
 */
#include "abi/gic.h"
#include "fdt_internal.h"
#include "msi_routes.h"

/* msi-map: requester, controller, DeviceID, length. */
#define ENTRY_CELLS 4
#define ENTRY_BYTES (ENTRY_CELLS * FDT_CELL)

struct controller {
	bool is_its;
	u32 phandle; /* 0: nothing can name it */
	struct range window;
	u32 spi_base, spi_count; /* 0: the frame's register tells */
};

struct msi_reader {
	const void *fdt;
	unsigned count;
	struct controller controller[MSI_CONTROLLERS_MAX];
	struct msi_routes routes;
};

/* ---- controllers ---- */

/* Both, or neither: the base alone would be read with the count of the frame's register. */
static enum status read_spis(const struct fdt_walk *w, struct controller *c)
{
	u32 base = 0, count = 0;
	enum status base_st = fdt_prop_u32(w->fdt, w->node, "arm,msi-base-spi", &base);
	enum status count_st = fdt_prop_u32(w->fdt, w->node, "arm,msi-num-spis", &count);

	if (base_st == ST_NOT_FOUND && count_st == ST_NOT_FOUND)
		return ST_OK;
	if (base_st != ST_OK || count_st != ST_OK)
		return ST_CORRUPT;
	if (base < GIC_SPI_FIRST || base >= GIC_SPI_END || count == 0 || count > GIC_SPI_END - base)
		return ST_RANGE;
	c->spi_base = base;
	c->spi_count = count;
	return ST_OK;
}

static bool is_named(const struct msi_reader *r, u32 phandle)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->controller[i].phandle == phandle)
			return true;
	return false;
}

static enum status add_controller(struct msi_reader *r, const struct fdt_walk *w, bool is_its)
{
	struct controller c = { .is_its = is_its };
	enum status st = fdt_read_window(w, 0, &c.window);

	if (st == ST_OK)
		st = fdt_prop_u32(w->fdt, w->node, "phandle", &c.phandle);
	if (st == ST_NOT_FOUND && c.window.size != 0)
		st = ST_OK;
	if (st == ST_OK && !is_its)
		st = read_spis(w, &c);
	if (st != ST_OK)
		return st;
	if (c.phandle != 0 && is_named(r, c.phandle))
		return ST_OVERLAP; /* which of two would be the claim of the host */
	if (r->count == MSI_CONTROLLERS_MAX)
		return ST_TOO_MANY;
	r->controller[r->count++] = c;
	return ST_OK;
}

static enum status read_controller(struct msi_reader *r, const struct fdt_walk *w)
{
	bool enabled, its, v2m = false;
	enum status st = fdt_walk_enabled(w, &enabled);

	if (st != ST_OK || !enabled || !w->identity[w->depth - 1])
		return st;
	st = fdt_compatible(w->fdt, w->node, "arm,gic-v3-its", &its);
	if (st == ST_OK && !its)
		st = fdt_compatible(w->fdt, w->node, "arm,gic-v2m-frame", &v2m);
	if (st != ST_OK || (!its && !v2m))
		return st;
	return add_controller(r, w, its);
}

static enum status read_controllers(struct msi_reader *r)
{
	struct fdt_walk w;
	enum status st;

	fdt_walk_start(&w, r->fdt);
	while ((st = fdt_walk_next(&w)) == ST_OK) {
		if (w.depth == 0 || fdt_walk_under(&w, "cpus"))
			continue;
		st = read_controller(r, &w);
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* ---- who sends to which ---- */

static unsigned find_controller(const struct msi_reader *r, u64 phandle)
{
	for (unsigned i = 0; i < r->count; i++)
		if (phandle != 0 && r->controller[i].phandle == phandle)
			return i;
	return MSI_NOBODY;
}

/* A mask that joins requesters to one DeviceID has no place in our map: `*usable` false, and the
 * functions stay without messages. */
static enum status read_mask(struct msi_reader *r, int pci, bool *usable)
{
	u32 mask = MSI_REQUESTERS - 1;
	enum status st = fdt_prop_u32(r->fdt, pci, "msi-map-mask", &mask);

	*usable = (mask & (MSI_REQUESTERS - 1)) == MSI_REQUESTERS - 1;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status read_map(struct msi_reader *r, const u8 *data, size_t len)
{
	enum status st = ST_OK;

	if (len == 0 || len % ENTRY_BYTES != 0)
		return ST_TRUNCATED;
	for (size_t at = 0; at < len && st == ST_OK; at += ENTRY_BYTES) {
		const u8 *e = data + at;

		st = msi_routes_add(&r->routes, fdt_cells(e, 1), fdt_cells(e + 3 * FDT_CELL, 1),
				    fdt_cells(e + 2 * FDT_CELL, 1),
				    find_controller(r, fdt_cells(e + FDT_CELL, 1)));
	}
	return st;
}

/* One controller for all, DeviceID = requester. A DeviceID given there is the bridge's own; what
 * its functions have then is not said. */
static enum status read_parent(struct msi_reader *r, int pci, bool *usable)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st = fdt_prop(r->fdt, pci, "msi-parent", &data, &len);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	if (len == 0 || len % FDT_CELL != 0)
		return ST_TRUNCATED;
	if (len > 2 * FDT_CELL)
		return ST_TOO_MANY;
	*usable = len == FDT_CELL || fdt_cells(data + FDT_CELL, 1) == 0;
	return msi_routes_add(&r->routes, 0, MSI_REQUESTERS, 0,
			      find_controller(r, fdt_cells(data, 1)));
}

static enum status read_routes(struct msi_reader *r, int pci, bool *usable)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st;

	if (pci == FDT_NO_NODE)
		return ST_OK;
	st = fdt_prop(r->fdt, pci, "msi-map", &data, &len);
	if (st == ST_NOT_FOUND)
		return read_parent(r, pci, usable);
	if (st == ST_OK)
		st = read_mask(r, pci, usable);
	return st == ST_OK ? read_map(r, data, len) : st;
}

/* ---- the one that is taken ---- */

/* An ITS that no map names can still be told commands, if there is no doubt which. */
static unsigned only_its(const struct msi_reader *r)
{
	unsigned found = MSI_NOBODY;

	for (unsigned i = 0; i < r->count; i++) {
		if (!r->controller[i].is_its)
			continue;
		if (found != MSI_NOBODY)
			return MSI_NOBODY;
		found = i;
	}
	return found;
}

static enum status take(const struct msi_reader *r, bool usable, struct fdt_info *out)
{
	unsigned chosen = msi_routes_controller(&r->routes);
	const struct controller *c;

	if (chosen == MSI_NOBODY)
		chosen = only_its(r);
	if (chosen == MSI_NOBODY)
		return ST_OK;
	c = &r->controller[chosen];
	if (!c->is_its) {
		out->v2m = c->window;
		out->v2m_base = c->spi_base;
		out->v2m_count = c->spi_count;
		return ST_OK;
	}
	out->its = c->window;
	return usable ? msi_routes_take(&r->routes, chosen, out->msi_map, &out->msi_map_count)
		      : ST_OK;
}

enum status fdt_read_msi(const void *fdt, int pci, struct fdt_info *out)
{
	struct msi_reader r = { .fdt = fdt };
	bool usable = true;
	enum status st = read_controllers(&r);

	if (st == ST_OK)
		st = read_routes(&r, pci, &usable);
	return st == ST_OK ? take(&r, usable, out) : st;
}
