/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest takes from the nodes of a devicetree that passed fdt_validate(). */
#include <libfdt.h>
#include <string.h>

#include "abi/coop.h"
#include "abi/virtio.h"
#include "fdt_internal.h"

#define MPIDR_AFFINITY 0xff00ffffffull

/* Indices into /timer's interrupts; PPI n is INTID 16 + n. */
#define TIMER_PHYS 1
#define TIMER_VIRT 2
#define TYPE_PPI   1
#define PPI_BASE   16
#define TYPE_SPI   0
#define SPI_BASE   32
#define SPI_COUNT  988

/* Kinds of windows of a PCI host bridge. */
#define PCI_MEM32 2
#define PCI_MEM64 3

struct reader {
	struct fdt_walk w;
	struct fdt_info *out;
	int stdout_node;
	int timer_node;
	int pci_node; /* whose windows were taken */
	u32 interrupt_cells;
};

/* ---- /chosen ---- */

static enum status read_address(const void *fdt, int node, const char *name, u64 *out)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st = fdt_prop(fdt, node, name, &data, &len);

	if (st != ST_OK)
		return st;
	if (len != FDT_CELL && len != 2 * FDT_CELL)
		return ST_CORRUPT;
	*out = fdt_cells(data, len == FDT_CELL ? 1 : 2);
	return ST_OK;
}

/* The first node called /chosen, without libfdt's search, which costs a pass per component. */
static enum status find_top(const void *fdt, const char *name, int *node)
{
	struct fdt_walk w;
	enum status st;

	fdt_walk_start(&w, fdt);
	while ((st = fdt_walk_next(&w)) == ST_OK) {
		if (w.depth == 1 && strcmp(w.name, name) == 0) {
			*node = w.node;
			return ST_OK;
		}
	}
	return st;
}

enum status fdt_read_initrd(const void *fdt, struct range *out)
{
	u64 start = 0, end = 0;
	int chosen = FDT_NO_NODE;
	enum status st = find_top(fdt, "chosen", &chosen);

	out->base = out->size = 0;
	if (st == ST_OK)
		st = read_address(fdt, chosen, "linux,initrd-start", &start);
	if (st == ST_OK) {
		st = read_address(fdt, chosen, "linux,initrd-end", &end);
		if (st == ST_NOT_FOUND)
			return ST_CORRUPT; /* a start without an end */
	}
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	if (end < start)
		return ST_OVERFLOW;
	out->base = start;
	out->size = end - start;
	return ST_OK;
}

static enum status read_bootargs(const void *fdt, int chosen, struct fdt_info *out)
{
	const char *text;
	size_t len;
	enum status st = fdt_prop_string(fdt, chosen, "bootargs", &text);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	len = strlen(text);
	if (len >= sizeof(out->bootargs)) {
		len = sizeof(out->bootargs) - 1;
		out->bootargs_truncated = true;
	}
	memcpy(out->bootargs, text, len);
	out->bootargs[len] = '\0';
	return ST_OK;
}

/*
 * stdout-path: "path[:options]" or "alias[:options]". The alias is looked up here, one level only:
 * libfdt would follow an alias that names itself for ever.
 */
static enum status find_stdout(const void *fdt, int chosen, int *node)
{
	const char *path, *colon;
	char alias[32] = { 0 };
	int aliases = FDT_NO_NODE;
	size_t len;
	enum status st = fdt_prop_string(fdt, chosen, "stdout-path", &path);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	colon = strchr(path, ':');
	len = colon != NULL ? (size_t)(colon - path) : strlen(path);
	if (path[0] != '/') {
		if (len == 0 || len >= sizeof(alias))
			return ST_CORRUPT;
		memcpy(alias, path, len);
		st = find_top(fdt, "aliases", &aliases);
		if (st == ST_OK)
			st = fdt_prop_string(fdt, aliases, alias, &path);
		if (st != ST_OK)
			return st == ST_NOT_FOUND ? ST_OK : st;
		len = strlen(path);
	}
	if (path[0] != '/' || len >= FDT_NAME_MAX)
		return ST_CORRUPT;
	*node = fdt_path_offset_namelen(fdt, path, (int)len);
	return ST_OK; /* a path to nowhere: any UART will do */
}

static enum status read_chosen(struct reader *r)
{
	int chosen = FDT_NO_NODE;
	enum status st = find_top(r->w.fdt, "chosen", &chosen);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = read_bootargs(r->w.fdt, chosen, r->out);
	if (st == ST_OK)
		st = find_stdout(r->w.fdt, chosen, &r->stdout_node);
	return st;
}

/* ---- /cpus ---- */

static enum status add_cpu(struct fdt_info *out, u64 mpidr)
{
	for (unsigned i = 0; i < out->cpu_count; i++)
		if (out->cpu_mpidr[i] == mpidr)
			return ST_OVERLAP; /* one CPU twice */
	if (out->cpu_count == FDT_MAX_CPUS)
		return ST_TOO_MANY;
	out->cpu_mpidr[out->cpu_count++] = mpidr;
	return ST_OK;
}

static enum status read_cpu(struct reader *r)
{
	const char *type = "";
	u32 cells = r->w.address_cells[1];
	bool enabled;
	const u8 *data = NULL;
	size_t len = 0;
	u64 mpidr;
	enum status st = fdt_prop_string(r->w.fdt, r->w.node, "device_type", &type);

	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	if (strcmp(type, "cpu") != 0)
		return ST_OK;
	st = fdt_walk_enabled(&r->w, &enabled);
	if (st != ST_OK || !enabled)
		return st;
	if (cells < 1 || cells > 2 || r->w.size_cells[1] != 0)
		return ST_CORRUPT;
	st = fdt_prop(r->w.fdt, r->w.node, "reg", &data, &len);
	if (st != ST_OK)
		return st;
	if (len != cells * FDT_CELL)
		return ST_TRUNCATED;
	mpidr = fdt_cells(data, cells);
	if ((mpidr & ~MPIDR_AFFINITY) != 0)
		return ST_RANGE;
	return add_cpu(r->out, mpidr);
}

/* ---- /psci ---- */

static enum status read_psci(struct reader *r)
{
	const char *method;
	enum status st = fdt_prop_string(r->w.fdt, r->w.node, "method", &method);

	if (st != ST_OK)
		return st;
	if (strcmp(method, "smc") == 0)
		r->out->conduit = FDT_CONDUIT_SMC;
	else if (strcmp(method, "hvc") == 0)
		r->out->conduit = FDT_CONDUIT_HVC;
	else
		return ST_INVALID;
	return ST_OK;
}

/* ---- devices ---- */

enum status fdt_read_window(const struct fdt_walk *w, unsigned index, struct range *out)
{
	struct range window;
	enum status st = fdt_walk_reg(w, index, &window);

	if (st == ST_OK)
		st = range_check(window, 1, 0);
	if (st == ST_OK)
		*out = window;
	return st;
}

static enum status read_uart(struct reader *r, enum fdt_uart type)
{
	struct range window;
	u32 shift = 0;
	enum status st = fdt_read_window(&r->w, 0, &window);

	if (st != ST_OK)
		return st;
	st = fdt_prop_u32(r->w.fdt, r->w.node, "reg-shift", &shift);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	if (shift > 4)
		return ST_RANGE;
	if (r->out->uart != FDT_UART_NONE && r->w.node != r->stdout_node)
		return ST_OK;
	r->out->uart = type;
	r->out->uart_reg = window;
	r->out->uart_reg_shift = shift;
	return ST_OK;
}

static enum status read_gic(struct reader *r)
{
	u32 cells = 0;
	enum status st;

	if (r->out->has_gicv3)
		return ST_OVERLAP; /* which of two would be the claim of the host */
	st = fdt_prop_u32(r->w.fdt, r->w.node, "#interrupt-cells", &cells);
	if (st != ST_OK)
		return st;
	if (cells != 3 && cells != 4)
		return ST_CORRUPT;
	r->interrupt_cells = cells;
	st = fdt_read_window(&r->w, 0, &r->out->gicd);
	if (st == ST_OK)
		st = fdt_read_window(&r->w, 1, &r->out->gicr);
	r->out->has_gicv3 = st == ST_OK;
	return st;
}

static enum status read_pl011(struct reader *r)
{
	return read_uart(r, FDT_UART_PL011);
}

static enum status read_ns16550(struct reader *r)
{
	return read_uart(r, FDT_UART_NS16550);
}

static enum status note_timer(struct reader *r)
{
	r->timer_node = r->w.node;
	return ST_OK;
}

/* ---- PCI and virtio ---- */

static u32 pci_window_kind(const u8 *entry)
{
	return (u32)FIELD(fdt_cells(entry, 1), 25, 24);
}

/* One of `ranges`: flags and bus address in 3 cells, CPU address, size. I/O, and windows that shift
 * the address, are of no use here. */
static enum status read_pci_window(const u8 *entry, u32 parent_cells, struct fdt_info *out)
{
	u64 bus = fdt_cells(entry + FDT_CELL, 2);
	u64 cpu = fdt_cells(entry + 3 * FDT_CELL, parent_cells);
	struct range r = { bus, fdt_cells(entry + (3 + parent_cells) * FDT_CELL, 2) };
	u32 kind = pci_window_kind(entry);
	enum status st = range_check(r, 1, 0);

	if (st != ST_OK)
		return st;
	if (bus != cpu)
		return ST_OK;
	if (kind == PCI_MEM32 && out->pci_mem32.size == 0)
		out->pci_mem32 = r;
	if (kind == PCI_MEM64 && out->pci_mem64.size == 0)
		out->pci_mem64 = r;
	return ST_OK;
}

static enum status read_pci_windows(struct reader *r)
{
	u32 parent = r->w.address_cells[r->w.depth - 1];
	const u8 *data = NULL;
	size_t len = 0, entry = (3 + parent + 2) * FDT_CELL;
	enum status st = fdt_prop(r->w.fdt, r->w.node, "ranges", &data, &len);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	if (r->w.address_cells[r->w.depth] != 3 || r->w.size_cells[r->w.depth] != 2 || parent < 1 ||
	    parent > 2)
		return ST_CORRUPT;
	if (len % entry != 0)
		return ST_TRUNCATED;
	for (size_t at = 0; at < len && st == ST_OK; at += entry)
		st = read_pci_window(data + at, parent, r->out);
	return st;
}

static enum status read_pci(struct reader *r)
{
	const u8 *data = NULL;
	size_t len = 0;
	struct range window;
	enum status st;

	if (r->out->ecam.size != 0)
		return ST_OK;
	st = fdt_prop(r->w.fdt, r->w.node, "bus-range", &data, &len);
	if (st == ST_OK && len != 2 * FDT_CELL)
		return ST_CORRUPT;
	if (st == ST_OK && fdt_cells(data, 1) != 0)
		return ST_OK;
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	st = fdt_read_window(&r->w, 0, &window);
	if (st != ST_OK)
		return st;
	if (!is_aligned(window.base, MIB(1)) || window.size < MIB(1))
		return ST_ALIGN;
	window.size = MIN(align_down(window.size, MIB(1)), MIB(256));
	r->out->ecam = window;
	r->pci_node = r->w.node;
	return read_pci_windows(r);
}

/* How many cells an entry has stands in the interrupt controller's node, which may come later; but
 * there is one entry, and number and kind are in its first two. */
static enum status read_spi(struct reader *r, u32 *intid)
{
	const u8 *data = NULL;
	size_t len = 0;
	u64 number;
	enum status st = fdt_prop(r->w.fdt, r->w.node, "interrupts", &data, &len);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	if (len != 3 * FDT_CELL && len != 4 * FDT_CELL)
		return ST_TRUNCATED;
	number = fdt_cells(data + FDT_CELL, 1);
	if (fdt_cells(data, 1) != TYPE_SPI || number >= SPI_COUNT)
		return ST_RANGE;
	*intid = SPI_BASE + (u32)number;
	return ST_OK;
}

static enum status read_virtio(struct reader *r)
{
	struct range window;
	u32 intid = 0;
	enum status st = fdt_read_window(&r->w, 0, &window);

	if (st == ST_OK)
		st = read_spi(r, &intid);
	if (st != ST_OK)
		return st;
	if (window.size < VIRTIO_MMIO_SIZE)
		return ST_RANGE;
	if (r->out->virtio_count == FDT_MAX_VIRTIO)
		return ST_TOO_MANY;
	r->out->virtio[r->out->virtio_count].reg = window;
	r->out->virtio[r->out->virtio_count++].intid = intid;
	return ST_OK;
}

/* The window of one page that abi/coop.h lays down: what lies behind is not looked at. */
static enum status read_coop(struct reader *r)
{
	struct range window;
	enum status st;

	if (r->out->coop.size != 0)
		return ST_OK;
	st = fdt_read_window(&r->w, 0, &window);
	if (st != ST_OK)
		return st;
	if (window.size < COOP_MMIO_SIZE)
		return ST_RANGE;
	r->out->coop = (struct range){ window.base, COOP_MMIO_SIZE };
	return ST_OK;
}

static const struct {
	const char *compatible;
	enum status (*read)(struct reader *r);
} devices[] = {
	{ "arm,pl011", read_pl011 },
	{ "ns16550a", read_ns16550 },
	{ "arm,gic-v3", read_gic },
	{ "arm,armv8-timer", note_timer },
	{ "arm,psci-0.2", read_psci },
	{ "arm,psci-1.0", read_psci },
	{ "pci-host-ecam-generic", read_pci },
	{ "virtio,mmio", read_virtio },
	{ "postern,coop", read_coop },
};

static enum status read_device(struct reader *r)
{
	bool enabled;
	enum status st = fdt_walk_enabled(&r->w, &enabled);

	if (st != ST_OK || !enabled || !r->w.identity[r->w.depth - 1])
		return st;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		bool match;

		st = fdt_compatible(r->w.fdt, r->w.node, devices[i].compatible, &match);
		if (st == ST_OK && match)
			return devices[i].read(r);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status ppi(const u8 *data, unsigned index, u32 cells, u32 *intid)
{
	const u8 *entry = data + FDT_CELL * cells * index;
	u64 type = fdt_cells(entry, 1), number = fdt_cells(entry + FDT_CELL, 1);

	if (type != TYPE_PPI || number > 15)
		return ST_RANGE;
	*intid = PPI_BASE + (u32)number;
	return ST_OK;
}

/* Last, because how long an entry is stands in the interrupt controller's node. */
static enum status read_timer(struct reader *r)
{
	const u8 *data = NULL;
	size_t len = 0;
	enum status st;

	if (r->timer_node == FDT_NO_NODE || !r->out->has_gicv3)
		return ST_OK;
	st = fdt_prop(r->w.fdt, r->timer_node, "interrupts", &data, &len);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	if (len < FDT_CELL * r->interrupt_cells * (TIMER_VIRT + 1))
		return ST_TRUNCATED;
	st = ppi(data, TIMER_PHYS, r->interrupt_cells, &r->out->timer_phys_intid);
	if (st == ST_OK)
		st = ppi(data, TIMER_VIRT, r->interrupt_cells, &r->out->timer_virt_intid);
	return st;
}

enum status fdt_read_info(const void *fdt, struct fdt_info *out)
{
	struct reader r = { .out = out,
			    .stdout_node = FDT_NO_NODE,
			    .timer_node = FDT_NO_NODE,
			    .pci_node = FDT_NO_NODE };
	enum status st;

	memset(out, 0, sizeof(*out));
	out->timer_virt_intid = 27;
	out->timer_phys_intid = 30;
	fdt_walk_start(&r.w, fdt);
	st = read_chosen(&r);
	if (st == ST_OK)
		st = fdt_read_initrd(fdt, &out->initrd);
	if (st != ST_OK)
		return st;
	while ((st = fdt_walk_next(&r.w)) == ST_OK) {
		if (r.w.depth == 0)
			continue;
		st = fdt_walk_under(&r.w, "cpus") ? read_cpu(&r) : read_device(&r);
		if (st != ST_OK)
			return st;
	}
	if (st == ST_NOT_FOUND)
		st = read_timer(&r);
	return st == ST_OK ? fdt_read_msi(fdt, r.pci_node, out) : st;
}
