/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as a devicetree: no read outside, no hang, and what passes keeps its promises. Bytes
 * that do not start like a devicetree are instructions to build one, of the names that the readers
 * look for: random bytes alone never pass the header.
 * sources: drivers/fdt.c drivers/fdt_info.c drivers/fdt_msi.c drivers/msi_routes.c mm/memmap.c lib/range.c
 * libs: -lfdt
 */
/* clang-format on */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "abi/coop.h"
#include "devicetree.h"
#include "input.h"
#include "msi_map.h"

#define LIMIT BIT(40)

static void check_messages(const struct fdt_info *info)
{
	if (info->its.size != 0 && (info->v2m.size != 0 || range_check(info->its, 1, 0) != ST_OK))
		abort();
	if (info->v2m.size != 0 && range_check(info->v2m, 1, 0) != ST_OK)
		abort();
	if (info->msi_map_count != 0 && info->its.size == 0)
		abort();
	check_spis(info->v2m_base, info->v2m_count);
	check_msi_map(info->msi_map, info->msi_map_count);
}

static void check_info(const struct fdt_info *info)
{
	if (info->cpu_count > FDT_MAX_CPUS ||
	    memchr(info->bootargs, '\0', sizeof(info->bootargs)) == NULL)
		abort();
	if (info->uart != FDT_UART_NONE && range_check(info->uart_reg, 1, 0) != ST_OK)
		abort();
	if (info->ecam.size != 0 &&
	    (range_check(info->ecam, MIB(1), 0) != ST_OK || info->ecam.size > MIB(256)))
		abort();
	if (info->virtio_count > FDT_MAX_VIRTIO)
		abort();
	for (unsigned i = 0; i < info->virtio_count; i++)
		if (range_check(info->virtio[i].reg, 1, 0) != ST_OK || info->virtio[i].intid > 1019)
			abort();
	if (info->coop.size != 0 &&
	    (info->coop.size != COOP_MMIO_SIZE || range_check(info->coop, 1, 0) != ST_OK))
		abort();
	check_messages(info);
	if (info->timer_virt_intid < 16 || info->timer_virt_intid > 31)
		abort();
}

static void check_map(const struct memmap *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (range_check(m->region[i].range, PAGE_SIZE, LIMIT) != ST_OK)
			abort();
		if (i > 0 && range_end(m->region[i - 1].range) > m->region[i].range.base)
			abort();
	}
}

/* ---- building ---- */

#define BLOB_MAX KIB(64)

/* Each with the property by which it is known, to be there or not. */
static const struct {
	const char *name, *property, *value;
} nodes[] = {
	{ "memory@0", "device_type", "memory" },
	{ "cpu@0", "device_type", "cpu" },
	{ "psci", "compatible", "arm,psci-1.0" },
	{ "timer", "compatible", "arm,armv8-timer" },
	{ "intc", "compatible", "arm,gic-v3" },
	{ "its", "compatible", "arm,gic-v3-its" },
	{ "v2m", "compatible", "arm,gic-v2m-frame" },
	{ "serial@0", "compatible", "arm,pl011" },
	{ "serial@1", "compatible", "ns16550a" },
	{ "chosen", "bootargs", "probe=*" },
	{ "aliases", "serial0", "/serial@1" },
	{ "cpus", NULL, NULL },
	{ "reserved-memory", NULL, NULL },
	{ "soc", NULL, NULL },
	{ "pcie", "compatible", "pci-host-ecam-generic" },
	{ "virtio_mmio", "compatible", "virtio,mmio" },
	{ "coop", "compatible", "postern,coop" },
	{ "", NULL, NULL },
};

static const char *const names[] = {
	"#address-cells",
	"#size-cells",
	"#interrupt-cells",
	"reg",
	"ranges",
	"compatible",
	"device_type",
	"status",
	"method",
	"bootargs",
	"stdout-path",
	"serial0",
	"linux,initrd-start",
	"linux,initrd-end",
	"interrupts",
	"reg-shift",
	"bus-range",
	"phandle",
	"msi-map",
	"msi-map-mask",
	"msi-parent",
	"arm,msi-base-spi",
	"arm,msi-num-spis",
};

static const char *const strings[] = {
	"memory",
	"cpu",
	"okay",
	"disabled",
	"smc",
	"hvc",
	"arm,pl011",
	"ns16550a",
	"arm,gic-v3",
	"arm,gic-v3-its",
	"arm,armv8-timer",
	"arm,psci-1.0",
	"serial0:115200",
	"/serial@0",
	"/soc",
};

/* Cells mostly, small in most bytes, so that ranges and counts come out believable. */
static int put_cells(void *fdt, const char *name)
{
	u8 value[64];
	size_t n = byte() % 16 * 4;

	for (size_t i = 0; i < n; i += 4) {
		u8 shape = byte();

		memset(value + i, 0, 4);
		value[i + shape % 4] = byte();
		if ((shape & 0x80) != 0)
			value[i + 3] = byte();
	}
	n += input.left > 0 && *input.at == 0xff; /* a ragged end, now and then */
	value[63] = 0;
	return fdt_property(fdt, name, value, (int)(n < sizeof(value) ? n : sizeof(value)));
}

/* Names of controllers that put_frame() gives, ranges that meet now and then. */
static int put_map(void *fdt)
{
	u32 value[4 * 20];
	size_t n = byte() % 21;

	for (size_t i = 0; i < n; i++) {
		value[4 * i] = cpu_to_fdt32(byte() << 6);
		value[4 * i + 1] = cpu_to_fdt32(byte() % 4);
		value[4 * i + 2] = cpu_to_fdt32((u32)byte() << 24);
		value[4 * i + 3] = cpu_to_fdt32(byte() << 4);
	}
	return fdt_property(fdt, "msi-map", value, (int)(16 * n));
}

static int put_property(void *fdt)
{
	const char *name = names[byte() % ARRAY_SIZE(names)];
	u8 kind = byte();

	if (strcmp(name, "msi-map") == 0 && kind < 0xc0)
		return put_map(fdt);
	if (kind < 0x60)
		return fdt_property_string(fdt, name, strings[kind % ARRAY_SIZE(strings)]);
	if (kind < 0xc0)
		return fdt_property_u32(fdt, name, kind % 5);
	return put_cells(fdt, name);
}

/* Registers of those nodes whose other properties are only looked at when they have some. */
static int put_frame(void *fdt, const char *name, u8 phandle)
{
	bool bridge = strcmp(name, "pcie") == 0;
	u32 reg[] = { 0, cpu_to_fdt32(bridge ? 0x10000000 : 0x08000000 + phandle * 0x10000u), 0,
		      cpu_to_fdt32(bridge ? 0x100000 : 0x10000) };
	int err = fdt_property(fdt, "reg", reg, sizeof(reg));

	return err == 0 && !bridge ? fdt_property_u32(fdt, "phandle", phandle) : err;
}

static bool has_frame(const char *name)
{
	return strcmp(name, "pcie") == 0 || strcmp(name, "its") == 0 || strcmp(name, "v2m") == 0;
}

static int put_node(void *fdt, u8 what)
{
	size_t i = what % ARRAY_SIZE(nodes);
	int err = fdt_begin_node(fdt, nodes[i].name);

	if (err != 0 || what >= 0x50)
		return err;
	if (strcmp(nodes[i].name, "cpus") == 0)
		return fdt_property_u32(fdt, "#size-cells", 0);
	if (nodes[i].property == NULL)
		return 0;
	if (strcmp(nodes[i].name, "cpu@0") == 0)
		err = fdt_property_u64(fdt, "reg", what / ARRAY_SIZE(nodes));
	if (has_frame(nodes[i].name))
		err = put_frame(fdt, nodes[i].name, (u8)(what / ARRAY_SIZE(nodes)));
	if (err != 0)
		return err;
	return fdt_property_string(fdt, nodes[i].property, nodes[i].value);
}

static int put_children(void *fdt)
{
	int err = 0;

	for (unsigned depth = 1; depth > 0 && err == 0;) {
		u8 what = input.left > 0 ? byte() : 0xff;

		if (what < 0x60 && depth < FDT_MAX_DEPTH + 4) {
			err = put_node(fdt, what);
			depth++;
		} else if (what < 0xd0) {
			err = put_property(fdt);
		} else {
			err = fdt_end_node(fdt);
			depth--;
		}
	}
	return err;
}

static size_t build(void *fdt)
{
	int err = fdt_create(fdt, BLOB_MAX);

	for (u8 n = byte() % 4; n > 0 && err == 0; n--)
		err = fdt_add_reservemap_entry(fdt, (u64)byte() << 24, (u64)byte() << 12);
	if (err == 0)
		err = fdt_finish_reservemap(fdt);
	if (err == 0)
		err = fdt_begin_node(fdt, "");
	if (err == 0 && byte() < 0xf0)
		err = fdt_property_u32(fdt, "#size-cells", 2);
	if (err == 0)
		err = put_children(fdt);
	if (err == 0)
		err = fdt_finish(fdt);
	return err == 0 ? fdt_totalsize(fdt) : 0;
}

/* ---- reading ---- */

static void read_blob(const u8 *data, size_t size)
{
	static struct fdt_info info;
	static struct memmap m;
	size_t total;
	u8 *blob = malloc(size); /* exact: a read past the end is seen */

	if (blob == NULL)
		return;
	memcpy(blob, data, size);
	if (fdt_blob_size(blob, &total, size) == ST_OK && fdt_validate(blob, size) == ST_OK) {
		if (fdt_read_info(blob, &info) == ST_OK)
			check_info(&info);
		if (fdt_read_memory(blob, &m, LIMIT) == ST_OK)
			check_map(&m);
	}
	free(blob);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 built[BLOB_MAX] ALIGNED(8);

	if (size >= FDT_HEADER_SIZE && data[0] == 0xd0) {
		read_blob(data, size);
		return 0;
	}
	input_start(data, size);
	size = build(built);
	if (size != 0)
		read_blob(built, size);
	return 0;
}
