/* SPDX-License-Identifier: BSD-2-Clause */
/* Devicetrees that say what is not so (vmm/pkvm/lie.h). */
#include "vmm/pkvm/lie.h"

#include <libfdt.h>
#include <string.h>

#include "abi/pkvm.h"

/* Where a lie puts something. */
enum spot {
	SPOT_RAM,    /* among memory the guest will use */
	SPOT_IMAGE,  /* in the image */
	SPOT_PLACE,  /* in pvmfw's place, behind the file */
	SPOT_DEVICE, /* at a device's registers */
	SPOT_BEYOND, /* where no address of the guest's is */
	SPOT_HOLE,   /* below that, but neither RAM nor a device */
	SPOT_ODD,    /* where it is, and 4 bytes further */
	SPOT_NULL,
};

struct lie_job {
	void *dtb;
	size_t size;
	const struct lie_facts *facts;
	u64 *x0;
};

static u64 spot(const struct lie_job *j, enum spot s)
{
	switch (s) {
	case SPOT_RAM:
		return j->facts->ram.base + align_down(j->facts->ram.size / 4 * 3, BLOCK_SIZE);
	case SPOT_IMAGE:
		return j->facts->image;
	case SPOT_PLACE:
		return PVMFW_BASE + PVMFW_SIZE / 2;
	case SPOT_DEVICE:
		return j->facts->device;
	case SPOT_BEYOND:
		return BIT(46);
	case SPOT_HOLE:
		return range_end(j->facts->ram) + GIB(1);
	case SPOT_ODD:
		return *j->x0 + 4;
	case SPOT_NULL:
		break;
	}
	return 0;
}

static void put64(u8 *at, u64 value)
{
	fdt64_st(at, value);
}

static enum status from_libfdt(int err)
{
	if (err == -FDT_ERR_NOSPACE)
		return ST_NO_MEMORY;
	return err < 0 ? ST_NOT_FOUND : ST_OK;
}

/* ---- nodes ---- */

static int memory_node(const void *dtb)
{
	return fdt_node_offset_by_prop_value(dtb, -1, "device_type", "memory", sizeof("memory"));
}

static enum status set_reg(const struct lie_job *j, int node, const u64 *cells, unsigned n)
{
	u8 reg[8 * 4];

	for (unsigned i = 0; i < n; i++)
		put64(reg + 8 * i, cells[i]);
	if (node < 0)
		return ST_NOT_FOUND;
	return from_libfdt(fdt_setprop(j->dtb, node, "reg", reg, (int)(8 * n)));
}

/* The first window of the first node of this kind goes to `base`, the others stay. */
static enum status move_device(const struct lie_job *j, const char *compatible, u64 base)
{
	int node = fdt_node_offset_by_compatible(j->dtb, -1, compatible), len = 0;
	u8 *reg = node < 0 ? NULL : fdt_getprop_w(j->dtb, node, "reg", &len);

	if (reg == NULL || len < 16)
		return ST_NOT_FOUND;
	put64(reg, base);
	return ST_OK;
}

static enum status move_uart(const struct lie_job *j, u64 base)
{
	enum status st = move_device(j, "arm,pl011", base);

	return st == ST_NOT_FOUND ? move_device(j, "ns16550a", base) : st;
}

/* ---- the lies ---- */

static enum status uart(const struct lie_job *j, enum spot s)
{
	return move_uart(j, spot(j, s));
}

static enum status gic(const struct lie_job *j, enum spot s)
{
	return move_device(j, "arm,gic-v3", spot(j, s));
}

static enum status its(const struct lie_job *j, enum spot s)
{
	return move_device(j, "arm,gic-v3-its", spot(j, s));
}

static enum status pci(const struct lie_job *j, enum spot s)
{
	return move_device(j, "pci-host-ecam-generic", spot(j, s));
}

static enum status virtio(const struct lie_job *j, enum spot s)
{
	return move_device(j, "virtio,mmio", spot(j, s));
}

static enum status coop(const struct lie_job *j, enum spot s)
{
	return move_device(j, "postern,coop", spot(j, s));
}

static enum status x0(const struct lie_job *j, enum spot s)
{
	*j->x0 = spot(j, s);
	return ST_OK;
}

/* RAM from the place, or from the image's first MiB on, to its true end: all of it is there. */
static enum status memory_over(const struct lie_job *j, enum spot s)
{
	u64 end = range_end(j->facts->ram), base = s == SPOT_PLACE ? PVMFW_BASE : spot(j, s);
	const u64 cells[] = { align_down(base, MIB(1)), end - align_down(base, MIB(1)) };

	return set_reg(j, memory_node(j->dtb), cells, 2);
}

static enum status memory_overflow(const struct lie_job *j, enum spot s)
{
	const u64 cells[] = { j->facts->ram.base, ~0ULL - MIB(1) + 1 };

	return set_reg(j, memory_node(j->dtb), cells, 2);
}

static enum status memory_beyond(const struct lie_job *j, enum spot s)
{
	const u64 cells[] = { j->facts->ram.base, j->facts->ram.size, spot(j, s), GIB(1) };

	return set_reg(j, memory_node(j->dtb), cells, 4);
}

static enum status memory_twice(const struct lie_job *j, enum spot s)
{
	const u64 cells[] = { j->facts->ram.base, j->facts->ram.size, spot(j, s), MIB(2) };

	return set_reg(j, memory_node(j->dtb), cells, 4);
}

static enum status memory_empty(const struct lie_job *j, enum spot s)
{
	const u64 cells[] = { j->facts->ram.base, 0 };

	return set_reg(j, memory_node(j->dtb), cells, 2);
}

static enum status memory_none(const struct lie_job *j, enum spot s)
{
	int node = memory_node(j->dtb);

	return node < 0 ? ST_NOT_FOUND : from_libfdt(fdt_del_node(j->dtb, node));
}

static enum status reserved_all(const struct lie_job *j, enum spot s)
{
	const u64 cells[] = { j->facts->ram.base, j->facts->ram.size };
	int parent = fdt_add_subnode(j->dtb, 0, "reserved-memory");
	int node = parent < 0 ? parent : fdt_setprop_u32(j->dtb, parent, "#address-cells", 2);

	if (node == 0)
		node = fdt_setprop_u32(j->dtb, parent, "#size-cells", 2);
	if (node == 0)
		node = fdt_setprop(j->dtb, parent, "ranges", NULL, 0);
	if (node == 0)
		node = fdt_add_subnode(j->dtb, parent, "all");
	return node < 0 ? from_libfdt(node) : set_reg(j, node, cells, 2);
}

static enum status initrd(const struct lie_job *j, enum spot s)
{
	int chosen = fdt_path_offset(j->dtb, "/chosen");
	int err =
	    chosen < 0 ? chosen : fdt_setprop_u64(j->dtb, chosen, "linux,initrd-start", spot(j, s));

	if (err == 0)
		err = fdt_setprop_u64(j->dtb, chosen, "linux,initrd-end", spot(j, s) + MIB(1));
	return from_libfdt(err);
}

static enum status psci_smc(const struct lie_job *j, enum spot s)
{
	int node = fdt_node_offset_by_compatible(j->dtb, -1, "arm,psci-1.0");

	return node < 0 ? ST_NOT_FOUND
			: from_libfdt(fdt_setprop_string(j->dtb, node, "method", "smc"));
}

static enum status cpu_twice(const struct lie_job *j, enum spot s)
{
	int cpus = fdt_path_offset(j->dtb, "/cpus");
	int node = cpus < 0 ? cpus : fdt_add_subnode(j->dtb, cpus, "cpu@f0");
	int err = node < 0 ? node : fdt_setprop_string(j->dtb, node, "device_type", "cpu");

	if (err == 0)
		err = fdt_setprop_u32(j->dtb, node, "reg", 0);
	return from_libfdt(err);
}

/* The header's own number; what lies behind is as before. */
static enum status truncated(const struct lie_job *j, enum spot s)
{
	fdt_set_totalsize(j->dtb, fdt_totalsize(j->dtb) / 2);
	return ST_OK;
}

static enum status oversize(const struct lie_job *j, enum spot s)
{
	fdt_set_totalsize(j->dtb, PVMFW_FDT_MAX + 8);
	return ST_OK;
}

static enum status no_magic(const struct lie_job *j, enum spot s)
{
	fdt_set_magic(j->dtb, FDT_MAGIC + 1);
	return ST_OK;
}

static const struct {
	const char *name;
	enum status (*tell)(const struct lie_job *j, enum spot s);
	enum spot spot;
	bool header; /* is told when the blob is finished */
} lies[] = {
	{ "memory-over-place", memory_over, SPOT_PLACE, false },
	{ "memory-from-image", memory_over, SPOT_IMAGE, false },
	{ "memory-overflow", memory_overflow, SPOT_NULL, false },
	{ "memory-beyond", memory_beyond, SPOT_BEYOND, false },
	{ "memory-twice", memory_twice, SPOT_RAM, false },
	{ "memory-empty", memory_empty, SPOT_NULL, false },
	{ "memory-none", memory_none, SPOT_NULL, false },
	{ "memory-more", memory_beyond, SPOT_HOLE, false },
	{ "reserved-all", reserved_all, SPOT_NULL, false },
	{ "initrd-over-image", initrd, SPOT_IMAGE, false },
	{ "initrd-over-place", initrd, SPOT_PLACE, false },
	{ "uart-in-ram", uart, SPOT_RAM, false },
	{ "uart-in-image", uart, SPOT_IMAGE, false },
	{ "uart-in-place", uart, SPOT_PLACE, false },
	{ "uart-beyond", uart, SPOT_BEYOND, false },
	{ "uart-nowhere", uart, SPOT_HOLE, false },
	{ "gic-in-ram", gic, SPOT_RAM, false },
	{ "gic-in-place", gic, SPOT_PLACE, false },
	{ "gic-nowhere", gic, SPOT_HOLE, false },
	{ "its-in-ram", its, SPOT_RAM, false },
	{ "pci-in-ram", pci, SPOT_RAM, false },
	{ "virtio-in-ram", virtio, SPOT_RAM, false },
	{ "coop-in-ram", coop, SPOT_RAM, false },
	{ "coop-in-place", coop, SPOT_PLACE, false },
	{ "psci-smc", psci_smc, SPOT_NULL, false },
	{ "cpu-twice", cpu_twice, SPOT_NULL, false },
	{ "truncated", truncated, SPOT_NULL, true },
	{ "oversize", oversize, SPOT_NULL, true },
	{ "no-magic", no_magic, SPOT_NULL, true },
	{ "x0-null", x0, SPOT_NULL, false },
	{ "x0-odd", x0, SPOT_ODD, false },
	{ "x0-image", x0, SPOT_IMAGE, false },
	{ "x0-place", x0, SPOT_PLACE, false },
	{ "x0-beyond", x0, SPOT_BEYOND, false },
	{ "x0-device", x0, SPOT_DEVICE, false },
	{ "x0-nowhere", x0, SPOT_HOLE, false },
};

const char *lie_name(unsigned n)
{
	return n < ARRAY_SIZE(lies) ? lies[n].name : NULL;
}

static enum status tell(unsigned n, const struct lie_job *j)
{
	enum status st = ST_OK;

	if (fdt_open_into(j->dtb, j->dtb, (int)j->size) != 0)
		return ST_NO_MEMORY;
	if (!lies[n].header)
		st = lies[n].tell(j, lies[n].spot);
	fdt_pack(j->dtb);
	if (lies[n].header)
		st = lies[n].tell(j, lies[n].spot);
	return st;
}

enum status lie_apply(const char *name, void *dtb, size_t size, const struct lie_facts *facts,
		      u64 *x0)
{
	struct lie_job j = { dtb, size, facts, x0 };

	if (name[0] == '\0')
		return ST_OK;
	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++)
		if (strcmp(name, lies[i].name) == 0)
			return tell(i, &j);
	return ST_NOT_FOUND;
}
