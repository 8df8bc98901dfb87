/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any tree of a host's that passes the checks, edited for a kernel: what comes out passes them again,
 * and says of memory, initrd and command line what the firmware says and nothing else. Bytes that do
 * not start like a devicetree are instructions to build one.
 * sources: boot/linux/arm64/fdt_edit.c drivers/fdt.c drivers/fdt_info.c drivers/fdt_msi.c drivers/msi_routes.c mm/memmap.c lib/range.c
 * libs: -lfdt
 */
/* clang-format on */
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/linux/arm64/fdt_edit.h"
#include "input.h"
#include "print.h"

#define HOST_MAX KIB(64)
#define CMDLINE  "console=ttyAMA0"

int snprint(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

static const char *const nodes[] = {
	"chosen",
	"chosen@0",
	"memory",
	"memory@40000000",
	"reserved-memory",
	"held@0",
	"reserved-memory@0",
	"cpus",
	"cpu@0",
	"soc",
	"aliases",
	"",
	"module@0",
};

static const char *const names[] = {
	"device_type",
	"stdout-path",
	"bootargs",
	"memory-region",
	"cpu-release-addr",
	"linux,usable-memory-range",
	"kaslr-seed",
	"rng-seed",
	"linux,initrd-start",
	"linux,initrd-end",
	"linux,uefi-system-table",
	"#address-cells",
	"#size-cells",
	"reg",
};

static const char *const texts[] = { "memory", "cpu", "/soc:115200", "init=/evil" };

static int put_property(void *fdt)
{
	const char *name = names[byte() % ARRAY_SIZE(names)];
	u8 kind = byte();

	if (kind < 0x80)
		return fdt_property_string(fdt, name, texts[kind % ARRAY_SIZE(texts)]);
	if (kind < 0xc0)
		return fdt_property_u32(fdt, name, kind % 4);
	return fdt_property(fdt, name, texts[0], kind % 7);
}

static int put_children(void *fdt)
{
	int err = 0;

	for (unsigned depth = 1; depth > 0 && err == 0;) {
		u8 what = input.left > 0 ? byte() : 0xff;

		if (what < 0x70 && depth < FDT_MAX_DEPTH) {
			err = fdt_begin_node(fdt, nodes[what % ARRAY_SIZE(nodes)]);
			depth++;
		} else if (what < 0xc0) {
			err = put_property(fdt);
		} else {
			err = fdt_end_node(fdt);
			depth--;
		}
	}
	return err;
}

static size_t make(void *fdt)
{
	int err = fdt_create(fdt, HOST_MAX);

	for (u8 n = byte() % 4; n > 0 && err == 0; n--)
		err = fdt_add_reservemap_entry(fdt, (u64)byte() << 24, (u64)byte() << 12);
	if (err == 0)
		err = fdt_finish_reservemap(fdt);
	if (err == 0)
		err = fdt_begin_node(fdt, "");
	if (err == 0)
		err = put_children(fdt);
	if (err == 0)
		err = fdt_finish(fdt);
	return err == 0 ? fdt_totalsize(fdt) : 0;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_nodes(const void *fdt)
{
	unsigned chosen = 0;

	for (int node = 0, depth = 0; node >= 0 && depth >= 0;
	     node = fdt_next_node(fdt, node, &depth)) {
		const char *name = fdt_get_name(fdt, node, NULL);

		must(fdt_getprop(fdt, node, "memory-region", NULL) == NULL);
		must(fdt_getprop(fdt, node, "cpu-release-addr", NULL) == NULL);
		chosen += depth == 1 && strncmp(name, "chosen", 6) == 0;
	}
	must(chosen == 1);
}

/* What Linux reads there. */
static void check_chosen(const void *fdt, const struct linux_fdt *in)
{
	int node = fdt_path_offset(fdt, "/chosen"), properties = 0, at;
	const fdt64_t *start = fdt_getprop(fdt, node, "linux,initrd-start", NULL);
	const fdt64_t *stop = fdt_getprop(fdt, node, "linux,initrd-end", NULL);

	must(strcmp(fdt_getprop(fdt, node, "bootargs", NULL), CMDLINE) == 0);
	must(fdt64_ld(start) == in->initrd.base && fdt64_ld(stop) == range_end(in->initrd));
	fdt_for_each_property_offset(at, fdt, node) properties++;
	must(properties == (fdt_getprop(fdt, node, "stdout-path", NULL) != NULL ? 4 : 3));
	must(fdt_first_subnode(fdt, node) < 0);
}

static void check(const u8 *fdt, const struct linux_fdt *in)
{
	static struct memmap m;

	must(fdt_validate(fdt, FDT_MAX_SIZE) == ST_OK);
	must(fdt_num_mem_rsv(fdt) == 0);
	check_nodes(fdt);
	check_chosen(fdt, in);
	must(fdt_read_memory(fdt, &m, 0) == ST_OK);
	must(memmap_total(&m, MEM_RAM) + memmap_total(&m, MEM_RESERVED) ==
	     in->memory->ram.r[0].size);
	must(m.region[0].range.base == in->memory->ram.r[0].base);
}

static void edit(const u8 *data, size_t size)
{
	static u8 out[FDT_MAX_SIZE] ALIGNED(8);
	static const struct linux_memory mem = {
		.ram = { 1, { { GIB(1), MIB(64) } } },
		.held = { 1, { { GIB(1) + MIB(64), MIB(2) } } },
	};
	struct linux_fdt in = {
		.cmdline = { (const u8 *)CMDLINE, sizeof(CMDLINE) - 1 },
		.initrd = { GIB(1) + MIB(2), 5000 },
		.memory = &mem,
	};
	const char *why = "";
	size_t total;
	u8 *host = malloc(size); /* exact: a read past the end is seen */

	if (host == NULL)
		return;
	memcpy(host, data, size);
	if (fdt_blob_size(host, &total, size) == ST_OK && fdt_validate(host, size) == ST_OK &&
	    linux_fdt_build(host, &in, out, sizeof(out), &why) == ST_OK)
		check(out, &in);
	free(host);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 built[HOST_MAX] ALIGNED(8);

	if (size >= FDT_HEADER_SIZE && data[0] == 0xd0) {
		edit(data, size);
		return 0;
	}
	input_start(data, size);
	size = make(built);
	if (size != 0)
		edit(built, size);
	return 0;
}
