/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The devicetree for a kernel: what a host may say stays, what it may not is gone, however often and
 * wherever it says it.
 * sources: boot/linux/arm64/fdt_edit.c boot/linux/arm64/memory.c drivers/fdt.c drivers/fdt_info.c drivers/fdt_msi.c drivers/msi_routes.c mm/memmap.c lib/range.c lib/status.c lib/print.c
 * libs: -lfdt
 */
/* clang-format on */
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/linux/arm64/fdt_edit.h"
#include "console.h"

#define HOST_MAX KIB(256)
#define RAM      0x40000000ull

static u8 host[HOST_MAX] ALIGNED(8), out[FDT_MAX_SIZE] ALIGNED(8);
static const char *why;

void console_write(const char *s, size_t n)
{
	fail(); /* it is pure */
}

/* ---- building a host's tree ---- */

static void begin(const char *name)
{
	assert_int_equal(fdt_begin_node(host, name), 0);
}

static void end(void)
{
	assert_int_equal(fdt_end_node(host), 0);
}

static void text(const char *name, const char *value)
{
	assert_int_equal(fdt_property_string(host, name, value), 0);
}

static void number(const char *name, u32 value)
{
	assert_int_equal(fdt_property_u32(host, name, value), 0);
}

static void reg(u64 base, u64 size)
{
	fdt64_t v[] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };

	assert_int_equal(fdt_property(host, "reg", v, sizeof(v)), 0);
}

static void start(u32 cells)
{
	memset(host, 0, sizeof(host));
	assert_int_equal(fdt_create(host, sizeof(host)), 0);
	assert_int_equal(fdt_add_reservemap_entry(host, RAM, PAGE_SIZE), 0);
	assert_int_equal(fdt_add_reservemap_entry(host, RAM + PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(fdt_finish_reservemap(host), 0);
	begin("");
	number("#address-cells", cells);
	number("#size-cells", cells);
}

static void finish(void)
{
	end();
	assert_int_equal(fdt_finish(host), 0);
	assert_int_equal(fdt_validate(host, sizeof(host)), ST_OK);
}

/* Everything that a host should not say, some of it twice. */
static void chosen(const char *name)
{
	begin(name);
	text("bootargs", "init=/evil");
	text("stdout-path", "/pl011@9000000:115200");
	assert_int_equal(fdt_property_u64(host, "linux,initrd-start", 1), 0);
	assert_int_equal(fdt_property_u64(host, "linux,initrd-end", 2), 0);
	assert_int_equal(fdt_property_u64(host, "kaslr-seed", 3), 0);
	text("rng-seed", "known to the host");
	assert_int_equal(fdt_property_u64(host, "linux,uefi-system-table", 4), 0);
	assert_int_equal(fdt_property_u64(host, "linux,usable-memory-range", 5), 0);
	assert_int_equal(fdt_property_u64(host, "linux,elfcorehdr", 6), 0);
	begin("module@0");
	text("compatible", "multiboot,module");
	end();
	end();
}

static void memory(const char *name, u64 base)
{
	begin(name);
	text("device_type", "memory");
	reg(base, MIB(64));
	assert_int_equal(fdt_property_u64(host, "linux,usable-memory", 0), 0);
	end();
}

static void reserved(const char *name)
{
	begin(name);
	number("#address-cells", 2);
	number("#size-cells", 2);
	assert_int_equal(fdt_property(host, "ranges", NULL, 0), 0);
	begin("pool@48000000");
	text("compatible", "restricted-dma-pool");
	reg(0x48000000, MIB(2));
	number("phandle", 7);
	end();
	end();
}

static void cpus(void)
{
	begin("cpus");
	number("#address-cells", 1);
	number("#size-cells", 0);
	begin("cpu@0");
	text("device_type", "cpu");
	number("reg", 0);
	text("enable-method", "spin-table");
	assert_int_equal(fdt_property_u64(host, "cpu-release-addr", RAM), 0);
	assert_int_equal(fdt_property_u64(host, "cpu-release-addr", RAM + 8), 0);
	end();
	end();
}

static void hostile(void)
{
	start(2);
	chosen("chosen");
	chosen("chosen@1");
	memory("memory@40000000", RAM);
	memory("memory", RAM + GIB(1));
	memory("ram", RAM + GIB(2));
	begin("memory@50000000");
	end();
	reserved("reserved-memory");
	reserved("reserved-memory@1");
	cpus();
	begin("soc");
	memory("memory@60000000", RAM + GIB(3));
	begin("pl011@9000000");
	text("compatible", "arm,pl011");
	number("memory-region", 7);
	end();
	end();
	begin("psci");
	text("compatible", "arm,psci-1.0");
	text("method", "smc");
	end();
	finish();
}

/* ---- what comes out ---- */

static const struct range ram[] = { { RAM, MIB(128) }, { RAM + MIB(130), MIB(62) } };
static const struct range held[] = { { RAM + MIB(128), MIB(2) }, { RAM + MIB(192), MIB(2) } };
static struct linux_memory mem;

static void set_ranges(struct linux_ranges *list, const struct range *r, size_t count)
{
	list->count = count;
	for (size_t i = 0; i < count; i++)
		list->r[i] = r[i];
}

static struct linux_fdt input(void)
{
	static const char cmdline[] = "console=ttyAMA0 quiet";

	set_ranges(&mem.ram, ram, 2);
	set_ranges(&mem.held, held, 2);
	return (struct linux_fdt){
		.cmdline = { (const u8 *)cmdline, sizeof(cmdline) - 1 },
		.initrd = { RAM + MIB(16) + 12, 12345 },
		.memory = &mem,
		.has_seed = true,
		.seed = 0x0123456789abcdef,
	};
}

static enum status build(const struct linux_fdt *in)
{
	why = NULL;
	memset(out, 0xa5, sizeof(out));
	return linux_fdt_build(host, in, out, sizeof(out), &why);
}

static u64 chosen_u64(const char *name)
{
	int len = 0;
	const fdt64_t *v = fdt_getprop(out, fdt_path_offset(out, "/chosen"), name, &len);

	assert_non_null(v);
	assert_int_equal(len, 8);
	return fdt64_ld(v);
}

static void assert_absent(const char *name)
{
	for (int node = 0; node >= 0; node = fdt_next_node(out, node, NULL))
		assert_null(fdt_getprop(out, node, name, NULL));
}

static unsigned count_named(const char *name)
{
	unsigned n = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(out, node, NULL)) {
		const char *is = fdt_get_name(out, node, NULL);

		n += strncmp(is, name, strlen(name)) == 0;
	}
	return n;
}

static void assert_region(const struct memmap *m, size_t i, u64 base, u64 size, enum mem_type type)
{
	assert_int_equal(m->region[i].range.base, base);
	assert_int_equal(m->region[i].range.size, size);
	assert_int_equal(m->region[i].type, type);
}

static void test_memory(void **state)
{
	struct linux_fdt in = input();
	struct memmap m;
	int node;

	hostile();
	assert_int_equal(build(&in), ST_OK);
	assert_int_equal(fdt_validate(out, sizeof(out)), ST_OK);
	assert_int_equal(fdt_num_mem_rsv(out), 0);
	assert_int_equal(count_named("memory"), 1);
	assert_int_equal(count_named("ram"), 0);
	assert_int_equal(count_named("reserved-memory"), 1);
	assert_int_equal(count_named("pool"), 0);
	in.initrd.size = 0; /* which that reader would reserve, too */
	assert_int_equal(build(&in), ST_OK);
	assert_int_equal(fdt_read_memory(out, &m, 0), ST_OK);
	assert_int_equal(m.count, 2); /* what is held is no memory, so it carves nothing out */
	assert_region(&m, 0, ram[0].base, ram[0].size, MEM_RAM);
	assert_region(&m, 1, ram[1].base, ram[1].size, MEM_RAM);
	for (unsigned i = 0; i < 2; i++) {
		const fdt64_t *v;
		const char *path =
		    i == 0 ? "/reserved-memory/held@48000000" : "/reserved-memory/held@4c000000";

		node = fdt_path_offset(out, path);
		assert_true(node > 0);
		v = fdt_getprop(out, node, "reg", NULL);
		assert_int_equal(fdt64_ld(&v[0]), held[i].base);
		assert_int_equal(fdt64_ld(&v[1]), held[i].size);
	}
	/* A kernel wants the cells of the root there, and `ranges`. */
	node = fdt_path_offset(out, "/reserved-memory");
	assert_int_equal(fdt_address_cells(out, node), 2);
	assert_int_equal(fdt_size_cells(out, node), 2);
	assert_non_null(fdt_getprop(out, node, "ranges", NULL));
}

static void test_chosen(void **state)
{
	static const char *const gone[] = {
		"rng-seed",         "linux,uefi-system-table", "linux,usable-memory-range",
		"linux,elfcorehdr", "linux,usable-memory",     "memory-region",
		"cpu-release-addr",
	};
	struct linux_fdt in = input();
	int node;

	hostile();
	assert_int_equal(build(&in), ST_OK);
	assert_int_equal(count_named("chosen"), 1);
	assert_int_equal(count_named("module"), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(gone); i++)
		assert_absent(gone[i]);
	node = fdt_path_offset(out, "/chosen");
	assert_string_equal(fdt_getprop(out, node, "bootargs", NULL), "console=ttyAMA0 quiet");
	assert_string_equal(fdt_getprop(out, node, "stdout-path", NULL), "/pl011@9000000:115200");
	assert_int_equal(chosen_u64("linux,initrd-start"), in.initrd.base);
	assert_int_equal(chosen_u64("linux,initrd-end"), range_end(in.initrd));
	assert_int_equal(chosen_u64("kaslr-seed"), 0x0123456789abcdef);
	/* The rest is the host's. */
	node = fdt_path_offset(out, "/psci");
	assert_string_equal(fdt_getprop(out, node, "method", NULL), "smc");
	assert_true(fdt_path_offset(out, "/soc/pl011@9000000") > 0);
	assert_true(fdt_path_offset(out, "/cpus/cpu@0") > 0);
}

static void test_nothing_optional(void **state)
{
	struct linux_fdt in = { .memory = &mem };
	int node;

	set_ranges(&mem.ram, ram, 1);
	mem.held.count = 0;
	start(2);
	finish();
	assert_int_equal(build(&in), ST_OK);
	node = fdt_path_offset(out, "/chosen");
	assert_string_equal(fdt_getprop(out, node, "bootargs", NULL), "");
	assert_absent("linux,initrd-start");
	assert_absent("linux,initrd-end");
	assert_absent("kaslr-seed");
	assert_absent("stdout-path");
	assert_int_equal(count_named("reserved-memory"), 0);
	assert_int_equal(fdt_validate(out, sizeof(out)), ST_OK);
}

static void test_one_cell(void **state)
{
	static const struct range high[] = { { GIB(3), GIB(1) }, { GIB(4), MIB(2) } };
	static const struct range wide[] = { { 0, GIB(4) } };
	struct linux_fdt in = input();
	const fdt32_t *v;
	int len;

	start(1);
	finish();
	assert_int_equal(build(&in), ST_OK);
	v = fdt_getprop(out, fdt_path_offset(out, "/memory@40000000"), "reg", &len);
	assert_int_equal(len, 16);
	assert_int_equal(fdt32_ld(&v[2]), ram[1].base);
	assert_int_equal(fdt32_ld(&v[3]), ram[1].size);
	set_ranges(&mem.ram, high, 1);
	assert_int_equal(build(&in), ST_OK); /* to the very end of what one cell can say */
	set_ranges(&mem.ram, high, 2);
	assert_int_equal(build(&in), ST_RANGE);
	set_ranges(&mem.ram, wide, 1);
	assert_int_equal(build(&in), ST_RANGE);
	in = input();
	set_ranges(&mem.held, high, 2);
	assert_int_equal(build(&in), ST_RANGE);
	assert_string_equal(why, "memory in the devicetree");
}

static void test_refused(void **state)
{
	struct linux_fdt in = input();

	hostile();
	mem.ram.count = 0;
	assert_int_equal(build(&in), ST_NOT_FOUND);
	in = input();
	in.cmdline = (struct bytes){ (const u8 *)"a\0b", 3 };
	assert_int_equal(build(&in), ST_CORRUPT);
	assert_string_equal(why, "the command line in the devicetree");
	in = input();
	assert_int_equal(linux_fdt_build(host, &in, out + 4, 4096, &why), ST_INVALID);
	assert_int_equal(linux_fdt_build(host, &in, out, sizeof(out) + 1, &why), ST_INVALID);
	/* However little room there is, it is an error and nothing is written behind it. */
	for (size_t size = 0; size < 3000; size += 8) {
		memset(out, 0xa5, sizeof(out));
		if (linux_fdt_build(host, &in, out, size, &why) == ST_OK) {
			assert_true(size > 800);
			break;
		}
		assert_int_equal(linux_fdt_build(host, &in, out, size, &why), ST_OVERFLOW);
		for (size_t i = size; i < size + 64; i++)
			assert_int_equal(out[i], 0xa5);
	}
}

static void unterminated(const char *node, const char *name)
{
	struct linux_fdt in = input();

	start(2);
	begin(node);
	assert_int_equal(fdt_property(host, name, "xx", 2), 0);
	end();
	finish();
	assert_int_equal(build(&in), ST_CORRUPT);
	assert_string_equal(why, "the host's devicetree");
}

static void test_malformed(void **state)
{
	unterminated("x", "device_type");
	unterminated("chosen", "stdout-path");
}

/* ---- which memory ---- */

static void add(struct memmap *m, u64 base, u64 size, enum mem_type type)
{
	m->region[m->count++] = (struct mem_region){ { base, size }, type };
}

static void assert_ranges(const struct linux_ranges *got, const struct range *want, size_t count)
{
	assert_int_equal(got->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(got->r[i].base, want[i].base);
		assert_int_equal(got->r[i].size, want[i].size);
	}
}

/* Image and devicetree close the gaps they made; shared, reserved and not accepted stay out. */
static void test_collect(void **state)
{
	static const struct range own[] = { { 0x400000, 0x300000 }, { 0xb00000, 0x1000 } };
	static const struct range want[] = { { 0x200000, 0x800000 },
					     { 0xb00000, 0x1000 },
					     { 0xe00000, 0x100000 } };
	static const struct range want_held[] = { { 0xa00000, 0x100000 }, { 0xd00000, 0x100000 } };
	static const struct range none[] = { { 0x300000, 0 } };
	static struct linux_memory got;
	struct memmap m = { .count = 0 };

	add(&m, 0x000000, 0x200000, MEM_RAM);
	add(&m, 0x200000, 0x200000, MEM_ACCEPTED);
	add(&m, 0x400000, 0x300000, MEM_RESERVED);
	add(&m, 0x700000, 0x300000, MEM_ACCEPTED);
	add(&m, 0xa00000, 0x100000, MEM_SHARED);
	add(&m, 0xb00000, 0x200000, MEM_RESERVED);
	add(&m, 0xd00000, 0x100000, MEM_SHARED);
	add(&m, 0xe00000, 0x100000, MEM_ACCEPTED);
	linux_memory_collect(&m, own, 2, &got);
	assert_ranges(&got.ram, want, 3);
	assert_ranges(&got.held, want_held, 2);
	linux_memory_collect(&m, none, 1, &got);
	assert_int_equal(got.ram.count, 3);
}

/* No map is too large for the list. */
static void test_collect_all(void **state)
{
	static const struct range own[] = { { GIB(1), PAGE_SIZE }, { GIB(2), PAGE_SIZE } };
	static struct linux_memory got;
	static struct memmap m;

	m.count = 0;
	for (u64 i = 0; i < MEMMAP_MAX; i++)
		add(&m, 2 * i * PAGE_SIZE, PAGE_SIZE, MEM_ACCEPTED);
	linux_memory_collect(&m, own, 2, &got);
	assert_int_equal(got.ram.count, MEMMAP_MAX + 2);
	assert_int_equal(got.ram.r[MEMMAP_MAX + 1].base, GIB(2));
	assert_int_equal(got.held.count, 0);
}

/* As many nodes as are let in, all of which must go. */
static void test_many(void **state)
{
	struct linux_fdt in = input();

	start(2);
	for (unsigned i = 0; i < FDT_MAX_NODES - 1; i++) {
		begin("chosen");
		end();
	}
	finish();
	assert_int_equal(build(&in), ST_OK);
	assert_int_equal(count_named("chosen"), 1);
	assert_string_equal(fdt_getprop(out, fdt_path_offset(out, "/chosen"), "bootargs", NULL),
			    "console=ttyAMA0 quiet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),      cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_one_cell),    cmocka_unit_test(test_nothing_optional),
		cmocka_unit_test(test_refused),     cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_many),        cmocka_unit_test(test_collect),
		cmocka_unit_test(test_collect_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
