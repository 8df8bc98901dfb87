/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Devicetree reader against trees an honest host makes and trees a hostile one might.
 * sources: drivers/fdt.c drivers/fdt_info.c drivers/fdt_msi.c drivers/msi_routes.c mm/memmap.c lib/range.c lib/status.c
 * libs: -lfdt
 */
/* clang-format on */
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devicetree.h"

#define BLOB_MAX FDT_MAX_SIZE
#define LIMIT    BIT(40)

/* ---- building trees ---- */

static u8 *blob; /* BLOB_MAX bytes, 8-byte aligned */

struct spec {
	u32 root_ac, root_sc; /* 0xff: property absent */
	unsigned cpus;
	u32 cpu_cells;
	const char *psci_method;
	const char *uart;
	u32 uart_cells; /* bytes of reg, 0: right */
	const char *bootargs;
	size_t bootargs_len; /* 0: with its terminator */
	const char *stdout_path;
	const char *alias;
	u64 mem[4][2];
	unsigned mems;
	bool gic, its, timer, second_gic;
	u32 irq_cells;
	u32 timer_type, timer_number;
	size_t timer_len;
	u64 initrd_start, initrd_end;
	unsigned initrd_width;
	bool initrd_no_end;
	u64 reserve[2];
	u64 resmem[2];
	unsigned reserve_count;
	u64 uart_reg[2];
	bool bridge_ranges;
	bool bridge;
	const char *status;
	bool cpu_twice;
	u64 cpu_first;
	u32 reg_shift;
	size_t mem_extra;
};

static struct spec good(void)
{
	struct spec s = { .root_ac = 2, .root_sc = 2, .cpus = 4, .cpu_cells = 2 };

	s.psci_method = "smc";
	s.uart = "arm,pl011";
	s.bootargs = "probe=rsi.*";
	s.stdout_path = "/uart@9000000";
	s.mem[0][0] = GIB(1);
	s.mem[0][1] = MIB(512);
	s.mems = 1;
	s.gic = s.its = s.timer = true;
	s.irq_cells = 3;
	s.timer_type = 1;
	s.timer_number = 11;
	s.initrd_width = 8;
	s.uart_reg[0] = 0x9000000;
	s.uart_reg[1] = 0x1000;
	return s;
}

static void cells(u8 *out, size_t *len, u64 v, u32 n)
{
	if (n == 2) {
		fdt32_st(out + *len, (u32)(v >> 32));
		*len += 4;
	}
	fdt32_st(out + *len, (u32)v);
	*len += 4;
}

static void prop_reg(const char *name, u64 base, u64 size, u32 ac, u32 sc)
{
	u8 buf[16];
	size_t len = 0;

	cells(buf, &len, base, ac == 1 ? 1 : 2);
	cells(buf, &len, size, sc == 1 ? 1 : 2);
	assert_int_equal(fdt_property(blob, name, buf, (int)len), 0);
}

static void begin(const char *name)
{
	assert_int_equal(fdt_begin_node(blob, name), 0);
}

static void end(void)
{
	assert_int_equal(fdt_end_node(blob), 0);
}

static void string(const char *name, const char *v)
{
	assert_int_equal(fdt_property_string(blob, name, v), 0);
}

static void u32_prop(const char *name, u32 v)
{
	assert_int_equal(fdt_property_u32(blob, name, v), 0);
}

static void put_chosen(const struct spec *s)
{
	begin("chosen");
	if (s->bootargs != NULL)
		fdt_property(blob, "bootargs", s->bootargs,
			     (int)(s->bootargs_len ? s->bootargs_len : strlen(s->bootargs) + 1));
	if (s->stdout_path != NULL)
		string("stdout-path", s->stdout_path);
	if (s->initrd_start != 0) {
		u8 a[12] = { 0 }, b[12] = { 0 };

		fdt64_st(a, s->initrd_width == 4 ? s->initrd_start << 32 : s->initrd_start);
		fdt64_st(b, s->initrd_width == 4 ? s->initrd_end << 32 : s->initrd_end);
		fdt_property(blob, "linux,initrd-start", a, (int)s->initrd_width);
		if (!s->initrd_no_end)
			fdt_property(blob, "linux,initrd-end", b, (int)s->initrd_width);
	}
	end();
	if (s->alias != NULL) {
		begin("aliases");
		string("serial0", s->alias);
		end();
	}
}

static void put_cpus(const struct spec *s)
{
	begin("cpus");
	u32_prop("#address-cells", s->cpu_cells);
	u32_prop("#size-cells", 0);
	begin("cpu-map");
	end();
	for (unsigned i = 0; i < s->cpus; i++) {
		char name[32];
		u8 reg[8];
		size_t len = 0;

		snprintf(name, sizeof(name), "cpu@%x", i);
		begin(name);
		string("device_type", "cpu");
		cells(reg, &len, s->cpu_first + (s->cpu_twice ? 0 : i), s->cpu_cells == 2 ? 2 : 1);
		fdt_property(blob, "reg", reg, (int)len);
		end();
	}
	end();
}

static void put_gic(const struct spec *s, const char *name)
{
	u8 reg[32];
	size_t len = 0;

	begin(name);
	string("compatible", "arm,gic-v3");
	if (s->irq_cells != 0)
		u32_prop("#interrupt-cells", s->irq_cells);
	u32_prop("#address-cells", 2);
	u32_prop("#size-cells", 2);
	fdt_property(blob, "ranges", NULL, 0);
	cells(reg, &len, 0x8000000, 2);
	cells(reg, &len, 0x10000, 2);
	cells(reg, &len, 0x80a0000, 2);
	cells(reg, &len, 0xf60000, 2);
	fdt_property(blob, "reg", reg, (int)len);
	if (s->its) {
		begin("its@8080000");
		string("compatible", "arm,gic-v3-its");
		prop_reg("reg", 0x8080000, 0x20000, 2, 2);
		end();
	}
	end();
}

static void put_devices(const struct spec *s)
{
	if (s->psci_method != NULL) {
		begin("psci");
		fdt_property(blob, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26);
		string("method", s->psci_method);
		end();
	}
	if (s->timer) {
		u8 irq[64] = { 0 };
		size_t len = 0;

		for (unsigned i = 0; i < 4; i++) {
			cells(irq, &len, s->timer_type, 1);
			cells(irq, &len, i == 2 ? s->timer_number : 13 + i, 1);
			cells(irq, &len, 4, 1);
			if (s->irq_cells == 4)
				cells(irq, &len, 0, 1);
		}
		begin("timer");
		string("compatible", "arm,armv8-timer");
		fdt_property(blob, "interrupts", irq, (int)(s->timer_len ? s->timer_len : len));
		end();
	}
	if (s->gic)
		put_gic(s, "intc@8000000");
	if (s->second_gic)
		put_gic(s, "intc@9000000");
	if (s->uart != NULL) {
		if (s->bridge) {
			begin("bus");
			u32_prop("#address-cells", 2);
			u32_prop("#size-cells", 2);
			if (s->bridge_ranges)
				fdt_property(blob, "ranges", NULL, 0);
		}
		begin("uart@9000000");
		string("compatible", s->uart);
		if (s->uart_cells != 0)
			fdt_property(blob, "reg", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
				     (int)s->uart_cells);
		else
			prop_reg("reg", s->uart_reg[0], s->uart_reg[1], s->root_ac, s->root_sc);
		if (s->status != NULL)
			string("status", s->status);
		if (s->reg_shift != 0)
			u32_prop("reg-shift", s->reg_shift);
		end();
		begin("serial@9010000");
		string("compatible", "ns16550a");
		prop_reg("reg", 0x9010000, 8, s->root_ac, s->root_sc);
		end();
		if (s->bridge)
			end();
	}
}

static void put_memory(const struct spec *s)
{
	for (unsigned i = 0; i < s->mems; i++) {
		char name[32];
		u8 reg[40] = { 0 };
		size_t len = 0;

		snprintf(name, sizeof(name), "memory@%u", i);
		begin(name);
		string("device_type", "memory");
		cells(reg, &len, s->mem[i][0], s->root_ac == 1 ? 1 : 2);
		cells(reg, &len, s->mem[i][1], s->root_sc == 1 ? 1 : 2);
		fdt_property(blob, "reg", reg, (int)(len + s->mem_extra));
		end();
	}
	if (s->resmem[1] != 0) {
		begin("reserved-memory");
		u32_prop("#address-cells", 2);
		u32_prop("#size-cells", 2);
		begin("pool");
		prop_reg("reg", s->resmem[0], s->resmem[1], 2, 2);
		end();
		begin("dynamic");
		end();
		end();
	}
}

static size_t build(const struct spec *s)
{
	memset(blob, 0, BLOB_MAX);
	assert_int_equal(fdt_create(blob, BLOB_MAX), 0);
	for (unsigned i = 0; i < s->reserve_count; i++)
		assert_int_equal(fdt_add_reservemap_entry(blob, s->reserve[0], s->reserve[1]), 0);
	fdt_finish_reservemap(blob);
	begin("");
	if (s->root_ac != 0xff)
		u32_prop("#address-cells", s->root_ac);
	if (s->root_sc != 0xff)
		u32_prop("#size-cells", s->root_sc);
	string("compatible", "linux,dummy-virt");
	put_chosen(s);
	put_cpus(s);
	put_devices(s);
	put_memory(s);
	end();
	assert_int_equal(fdt_finish(blob), 0);
	return fdt_totalsize(blob);
}

/* All readers in order; the first status that is not ST_OK. */
static enum status read_all(size_t size, struct fdt_info *info, struct memmap *m)
{
	size_t total = 0;
	enum status st =
	    size < FDT_HEADER_SIZE ? ST_TRUNCATED : fdt_blob_size(blob, &total, BLOB_MAX);

	if (st == ST_OK)
		st = fdt_validate(blob, size);
	if (st == ST_OK)
		st = fdt_read_info(blob, info);
	if (st == ST_OK)
		st = fdt_read_memory(blob, m, LIMIT);
	return st;
}

static struct fdt_info info;
static struct memmap map;

static enum status outcome(const struct spec *s)
{
	return read_all(build(s), &info, &map);
}

/* ---- honest trees ---- */

static void test_good(void **state)
{
	struct spec s = good();

	assert_int_equal(outcome(&s), ST_OK);
	assert_string_equal(info.bootargs, "probe=rsi.*");
	assert_false(info.bootargs_truncated);
	assert_int_equal(info.cpu_count, 4);
	assert_int_equal(info.cpu_mpidr[3], 3);
	assert_int_equal(info.conduit, FDT_CONDUIT_SMC);
	assert_int_equal(info.uart, FDT_UART_PL011);
	assert_int_equal(info.uart_reg.base, 0x9000000);
	assert_true(info.has_gicv3);
	assert_int_equal(info.gicr.base, 0x80a0000);
	assert_int_equal(info.its.base, 0x8080000);
	assert_int_equal(info.timer_virt_intid, 27);
	assert_int_equal(info.timer_phys_intid, 30);
	assert_int_equal(map.count, 1);
	assert_int_equal(memmap_total(&map, MEM_RAM), MIB(512));
}

static void test_variants(void **state)
{
	struct spec s = good();

	s.root_ac = s.root_sc = 1;
	s.cpu_cells = 1;
	s.gic = s.its = s.timer = false;
	s.psci_method = "hvc";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.conduit, FDT_CONDUIT_HVC);
	assert_int_equal(info.uart_reg.size, 0x1000);

	s = good();
	s.irq_cells = 4;
	s.timer_number = 9;
	s.reg_shift = 2;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.timer_virt_intid, 25);
	assert_int_equal(info.uart_reg_shift, 2);

	s = good();
	s.root_ac = 0xff; /* default: 2 */
	assert_int_equal(outcome(&s), ST_OK);

	s = good();
	s.mem[1][0] = GIB(4); /* an empty slot */
	s.mems = 2;
	assert_int_equal(outcome(&s), ST_OK);

	s = good();
	s.psci_method = NULL;
	s.uart = NULL;
	s.cpus = 0;
	s.bootargs = s.stdout_path = NULL;
	s.gic = false;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.conduit, FDT_CONDUIT_NONE);
	assert_int_equal(info.uart, FDT_UART_NONE);
	assert_int_equal(info.cpu_count, 0);
}

static void test_stdout(void **state)
{
	struct spec s = good();

	s.stdout_path = "/serial@9010000:115200";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_NS16550);
	s.stdout_path = "serial0:115200n8";
	s.alias = "/serial@9010000";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_NS16550);
	s.alias = NULL; /* to nowhere */
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_PL011);
	s.alias = "serial0"; /* names itself: libfdt alone would recurse for ever */
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s.stdout_path = "a-name-that-is-far-too-long-to-be-an-alias";
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s.stdout_path = ":115200";
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s.stdout_path = "/nowhere";
	assert_int_equal(outcome(&s), ST_OK);
}

static void test_bus(void **state)
{
	struct spec s = good();

	s.bridge = s.bridge_ranges = true;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_PL011);
	s.bridge_ranges = false; /* addresses of another space: not ours */
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_NONE);
	s = good();
	s.status = "disabled";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_NS16550);
	s.status = "ok";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.uart, FDT_UART_PL011);
}

static void test_reserved(void **state)
{
	struct spec s = good();

	s.reserve[0] = GIB(1);
	s.reserve[1] = PAGE_SIZE;
	s.reserve_count = 1;
	s.resmem[0] = GIB(1) + MIB(16);
	s.resmem[1] = MIB(4);
	s.initrd_start = GIB(1) + MIB(64) + 1;
	s.initrd_end = GIB(1) + MIB(65);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.initrd.base, s.initrd_start);
	assert_int_equal(memmap_total(&map, MEM_RESERVED), PAGE_SIZE + MIB(4) + MIB(1));
	assert_int_equal(memmap_find(&map, GIB(1) + MIB(64))->type, MEM_RESERVED);
	s.initrd_width = 4;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.initrd.base, s.initrd_start);
	s.reserve[1] = ~0ull;
	assert_int_equal(outcome(&s), ST_OVERFLOW);
	s.reserve[1] = PAGE_SIZE;
	s.reserve_count = 65;
	assert_int_equal(outcome(&s), ST_TOO_MANY);
	s.reserve_count = 1;
	s.resmem[1] = ~0ull;
	assert_int_equal(outcome(&s), ST_OVERFLOW);
}

static void test_long_bootargs(void **state)
{
	static char text[3000];
	struct spec s = good();

	memset(text, 'x', sizeof(text) - 1);
	s.bootargs = text;
	assert_int_equal(outcome(&s), ST_OK);
	assert_true(info.bootargs_truncated);
	assert_int_equal(strlen(info.bootargs), sizeof(info.bootargs) - 1);
	s.bootargs_len = 10; /* no terminator */
	assert_int_equal(outcome(&s), ST_CORRUPT);
}

/* ---- hostile trees: one thing wrong each, and the status that names it ---- */

struct hostile {
	const char *what;
	void (*change)(struct spec *s);
	enum status expected;
};

#define HOSTILE(name, body)                                                                        \
	static void name(struct spec *s)                                                           \
	{                                                                                          \
		body;                                                                              \
	}

HOSTILE(ac_zero, s->root_ac = 0)
HOSTILE(ac_nine, s->root_ac = 9)
HOSTILE(sc_zero, s->root_sc = 0)
HOSTILE(sc_nine, s->root_sc = 9)
HOSTILE(cpu_cells_zero, s->cpu_cells = 0)
HOSTILE(cpu_cells_nine, s->cpu_cells = 9)
HOSTILE(cpu_list_long, s->cpus = 65)
HOSTILE(cpu_twice, s->cpu_twice = true)
HOSTILE(cpu_bits, s->cpu_first = 1u << 31)
HOSTILE(psci_method, s->psci_method = "vmcall")
HOSTILE(uart_short, s->uart_cells = 12)
HOSTILE(uart_none, s->uart_reg[1] = 0)
HOSTILE(uart_wrap, s->uart_reg[0] = ~0ull - 0xff)
HOSTILE(uart_shift, s->reg_shift = 64)
HOSTILE(irq_cells_one, s->irq_cells = 1)
HOSTILE(irq_cells_absent, s->irq_cells = 0)
HOSTILE(irq_cells_many, s->irq_cells = 0x80000000)
HOSTILE(two_gics, s->second_gic = true)
HOSTILE(timer_spi, s->timer_type = 0)
HOSTILE(timer_number, s->timer_number = 16)
HOSTILE(timer_short, s->timer_len = 24)
HOSTILE(initrd_order, s->initrd_start = GIB(2); s->initrd_end = GIB(1))
HOSTILE(initrd_width, s->initrd_start = 1; s->initrd_end = 2; s->initrd_width = 12)
HOSTILE(initrd_end, s->initrd_start = GIB(1); s->initrd_no_end = true)
HOSTILE(no_memory, s->mems = 0)
HOSTILE(mem_overlap, s->mem[1][0] = GIB(1) + MIB(1); s->mem[1][1] = MIB(1); s->mems = 2)
HOSTILE(mem_wrap, s->mem[0][0] = ~0ull - 0xfff; s->mem[0][1] = 0x2000)
HOSTILE(mem_whole, s->mem[0][0] = 0; s->mem[0][1] = ~0ull)
HOSTILE(mem_beyond, s->mem[0][0] = LIMIT - MIB(2); s->mem[0][1] = MIB(4))
HOSTILE(mem_ragged, s->mem_extra = 4)

static const struct hostile hostile[] = {
	{ "root #address-cells 0", ac_zero, ST_CORRUPT },
	{ "root #address-cells 9", ac_nine, ST_CORRUPT },
	{ "root #size-cells 0", sc_zero, ST_CORRUPT },
	{ "root #size-cells 9", sc_nine, ST_CORRUPT },
	{ "cpus #address-cells 0", cpu_cells_zero, ST_CORRUPT },
	{ "cpus #address-cells 9", cpu_cells_nine, ST_CORRUPT },
	{ "65 CPUs", cpu_list_long, ST_TOO_MANY },
	{ "one CPU twice", cpu_twice, ST_OVERLAP },
	{ "MPIDR with other bits", cpu_bits, ST_RANGE },
	{ "PSCI method", psci_method, ST_INVALID },
	{ "UART reg too short", uart_short, ST_TRUNCATED },
	{ "UART of size 0", uart_none, ST_OVERFLOW },
	{ "UART wraps", uart_wrap, ST_OVERFLOW },
	{ "UART reg-shift 64", uart_shift, ST_RANGE },
	{ "#interrupt-cells 1", irq_cells_one, ST_CORRUPT },
	{ "no #interrupt-cells", irq_cells_absent, ST_NOT_FOUND },
	{ "#interrupt-cells 2^31", irq_cells_many, ST_CORRUPT },
	{ "two GICs", two_gics, ST_OVERLAP },
	{ "timer by SPI", timer_spi, ST_RANGE },
	{ "timer PPI 16", timer_number, ST_RANGE },
	{ "timer list too short", timer_short, ST_TRUNCATED },
	{ "initrd ends before it starts", initrd_order, ST_OVERFLOW },
	{ "initrd in 3 cells", initrd_width, ST_CORRUPT },
	{ "initrd without end", initrd_end, ST_CORRUPT },
	{ "no memory", no_memory, ST_NOT_FOUND },
	{ "memory overlaps", mem_overlap, ST_OVERLAP },
	{ "memory wraps", mem_wrap, ST_OVERFLOW },
	{ "memory everywhere", mem_whole, ST_OVERFLOW },
	{ "memory beyond the limit", mem_beyond, ST_OVERFLOW },
	{ "memory reg with a rest", mem_ragged, ST_TRUNCATED },
};

static void test_hostile(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct spec s = good();
		enum status st;

		hostile[i].change(&s);
		st = outcome(&s);
		if (st != hostile[i].expected)
			fail_msg("%s: %s, expected %s", hostile[i].what, status_text(st),
				 status_text(hostile[i].expected));
	}
}

/* ---- hostile blobs ---- */

static void test_header(void **state)
{
	struct spec s = good();
	size_t size = build(&s), total = 0;

	assert_int_equal(fdt_blob_size(blob, &total, BLOB_MAX), ST_OK);
	assert_int_equal(total, size);
	assert_int_equal(fdt_blob_size(blob, &total, size - 1), ST_OVERFLOW);
	assert_int_equal(fdt_validate(blob, size - 1), ST_TRUNCATED);
	assert_int_equal(fdt_validate(blob, FDT_HEADER_SIZE - 1), ST_TRUNCATED);
	assert_int_equal(fdt_validate(blob + 4, size - 4), ST_ALIGN);
	fdt_set_totalsize(blob, 39);
	assert_int_equal(fdt_validate(blob, size), ST_TRUNCATED);
	fdt_set_totalsize(blob, 0xffffffff);
	assert_int_equal(fdt_validate(blob, size), ST_OVERFLOW);
	build(&s);
	fdt_set_version(blob, 16);
	assert_int_equal(fdt_validate(blob, size), ST_UNSUPPORTED);
	build(&s);
	fdt_set_last_comp_version(blob, 18);
	assert_int_equal(fdt_validate(blob, size), ST_UNSUPPORTED);
	fdt_set_magic(blob, 0xd00dfeee);
	assert_int_equal(fdt_validate(blob, size), ST_CORRUPT);
}

static void test_offsets(void **state)
{
	struct spec s = good();
	size_t size = build(&s);

	fdt_set_off_mem_rsvmap(blob, 44);
	assert_int_equal(fdt_validate(blob, size), ST_ALIGN);
	fdt_set_off_mem_rsvmap(blob, 0xfffffff8);
	assert_int_equal(fdt_validate(blob, size), ST_TRUNCATED);
	build(&s);
	fdt_set_off_dt_strings(blob, 0xfffffff0);
	assert_int_equal(fdt_validate(blob, size), ST_TRUNCATED);
	build(&s);
	fdt_set_size_dt_strings(blob, 0xfffffff0);
	assert_int_equal(fdt_validate(blob, size), ST_TRUNCATED);
	build(&s);
	fdt_set_size_dt_strings(blob, fdt_size_dt_strings(blob) - 1); /* last one open */
	assert_int_equal(fdt_validate(blob, size), ST_CORRUPT);
	build(&s);
	fdt_set_off_dt_struct(blob, 0xfffffff0);
	assert_int_not_equal(fdt_validate(blob, size), ST_OK);
	build(&s);
	fdt_set_size_dt_struct(blob, 4);
	assert_int_not_equal(fdt_validate(blob, size), ST_OK);
}

/* A string of 300 bytes, which every property might share. */
static void test_long_string(void **state)
{
	static char name[300];

	memset(name, 'n', sizeof(name) - 1);
	fdt_create(blob, BLOB_MAX);
	fdt_finish_reservemap(blob);
	begin("");
	string(name, "x");
	end();
	fdt_finish(blob);
	assert_int_equal(fdt_validate(blob, BLOB_MAX), ST_CORRUPT);
}

static void test_node_names(void **state)
{
	static char name[300];

	memset(name, 'n', sizeof(name) - 1);
	fdt_create(blob, BLOB_MAX);
	fdt_finish_reservemap(blob);
	begin("");
	begin(name);
	end();
	end();
	fdt_finish(blob);
	assert_int_equal(fdt_validate(blob, BLOB_MAX), ST_CORRUPT);
}

static enum status nested(unsigned depth)
{
	fdt_create(blob, BLOB_MAX);
	fdt_finish_reservemap(blob);
	begin("");
	u32_prop("#address-cells", 2);
	u32_prop("#size-cells", 2);
	for (unsigned i = 0; i < depth; i++)
		begin("n");
	for (unsigned i = 0; i < depth; i++)
		end();
	end();
	fdt_finish(blob);
	return fdt_validate(blob, BLOB_MAX);
}

static void test_depth(void **state)
{
	assert_int_equal(nested(FDT_MAX_DEPTH), ST_OK);
	assert_int_equal(fdt_read_info(blob, &info), ST_OK);
	assert_int_equal(nested(FDT_MAX_DEPTH + 1), ST_TOO_DEEP);
	assert_int_equal(nested(50000), ST_TOO_DEEP);
}

static enum status many(unsigned nodes)
{
	char name[16];

	fdt_create(blob, BLOB_MAX);
	fdt_finish_reservemap(blob);
	begin("");
	u32_prop("#address-cells", 2);
	u32_prop("#size-cells", 2);
	for (unsigned i = 1; i < nodes; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		begin(name);
		end();
	}
	end();
	fdt_finish(blob);
	return fdt_validate(blob, BLOB_MAX);
}

static void test_nodes(void **state)
{
	assert_int_equal(many(FDT_MAX_NODES), ST_OK);
	assert_int_equal(fdt_read_info(blob, &info), ST_OK);
	assert_int_equal(many(FDT_MAX_NODES + 1), ST_TOO_MANY);
	assert_int_equal(many(60000), ST_TOO_MANY);
}

static u32 *struct_word(unsigned i)
{
	return (u32 *)(void *)(blob + fdt_off_dt_struct(blob)) + i;
}

static void test_structure(void **state)
{
	struct spec s = good();
	size_t size = build(&s);

	*struct_word(0) = cpu_to_fdt32(FDT_END); /* no root at all */
	assert_int_equal(fdt_validate(blob, size), ST_CORRUPT);
	build(&s);
	*struct_word(0) = cpu_to_fdt32(7); /* no such token */
	assert_int_equal(fdt_validate(blob, size), ST_CORRUPT);
	build(&s);
	*struct_word(3) = cpu_to_fdt32(0xfffffff0); /* length of the first property */
	assert_int_not_equal(fdt_validate(blob, size), ST_OK);
	build(&s);
	*struct_word(4) = cpu_to_fdt32(0xfffffff0); /* its name */
	assert_int_not_equal(fdt_validate(blob, size), ST_OK);
	build(&s);
	*struct_word(3) = cpu_to_fdt32(3); /* #address-cells of three bytes */
	assert_int_equal(fdt_validate(blob, size), ST_CORRUPT);
}

static void test_two_roots(void **state)
{
	struct spec s = good();
	size_t off, size = build(&s);
	u32 words[] = { 1, 0, 2, 1, 0, 2, 9 };

	off = fdt_off_dt_struct(blob);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		fdt32_st(blob + off + i * 4, words[i]);
	assert_int_not_equal(fdt_validate(blob, size), ST_OK);
}

/* A property behind the children would appear when they are overwritten. */
static void test_order(void **state)
{
	for (unsigned late = 0; late < 2; late++) {
		fdt_create(blob, BLOB_MAX);
		fdt_finish_reservemap(blob);
		begin("");
		u32_prop("#size-cells", 2);
		begin("x");
		if (!late)
			string("device_type", "memory");
		begin("y");
		end();
		if (late)
			string("device_type", "memory");
		end();
		end();
		fdt_finish(blob);
		assert_int_equal(fdt_validate(blob, BLOB_MAX), late ? ST_CORRUPT : ST_OK);
	}
}

/* Property bytes that must be strings, and reg that must be there. */
static void test_bad_strings(void **state)
{
	static const char *const names[] = { "compatible", "status", "device_type", "stdout-path" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		bool chosen = strcmp(names[i], "stdout-path") == 0;

		fdt_create(blob, BLOB_MAX);
		fdt_finish_reservemap(blob);
		begin("");
		u32_prop("#address-cells", 2);
		u32_prop("#size-cells", 2);
		if (!chosen)
			begin("cpus");
		begin(chosen ? "chosen" : i == 2 ? "cpu@0" : "cpus");
		fdt_property(blob, names[i], "open", 4);
		end();
		if (!chosen)
			end();
		if (i < 2) {
			begin("x");
			fdt_property(blob, names[i], "open", 4);
			end();
		}
		end();
		fdt_finish(blob);
		assert_int_equal(fdt_validate(blob, BLOB_MAX), ST_OK);
		assert_int_equal(fdt_read_info(blob, &info), ST_CORRUPT);
	}
}

static void test_missing(void **state)
{
	static const char *const compatible[] = { "arm,pl011", "arm,gic-v3", "arm,psci-1.0" };

	for (size_t i = 0; i < ARRAY_SIZE(compatible); i++) {
		fdt_create(blob, BLOB_MAX);
		fdt_finish_reservemap(blob);
		begin("");
		u32_prop("#address-cells", 2);
		u32_prop("#size-cells", 2);
		begin("device");
		string("compatible", compatible[i]);
		u32_prop("#interrupt-cells", 3);
		end();
		end();
		fdt_finish(blob);
		assert_int_equal(fdt_validate(blob, BLOB_MAX), ST_OK);
		assert_int_equal(fdt_read_info(blob, &info), ST_NOT_FOUND);
	}
}

/* Every prefix of a good blob, with totalsize as it was and with totalsize made to fit. */
static void test_truncated(void **state)
{
	struct spec s = good();
	size_t size = build(&s);
	u8 *copy = malloc(size);

	memcpy(copy, blob, size);
	for (size_t n = 0; n < size; n++) {
		/* An exact allocation: any read past the prefix is caught. */
		u8 *prefix = aligned_alloc(8, align_up(n, 8) + 8);

		memcpy(prefix, copy, n);
		if (n >= FDT_HEADER_SIZE) {
			assert_int_equal(fdt_validate(prefix, n), ST_TRUNCATED);
			fdt_set_totalsize(prefix, (u32)n);
		}
		assert_int_not_equal(fdt_validate(prefix, n), ST_OK);
		free(prefix);
	}
	free(copy);
}

/* Every byte of a good blob set to a few bad values: no crash, no hang, whatever the outcome. */
static void test_flipped(void **state)
{
	static const u8 values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct spec s = good();
	size_t size = build(&s);
	u8 *copy = malloc(size);

	memcpy(copy, blob, size);
	for (size_t n = 0; n < size; n++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			memcpy(blob, copy, size);
			blob[n] = values[v];
			(void)read_all(size, &info, &map);
		}
	}
	free(copy);
}

static int setup(void **state)
{
	blob = aligned_alloc(8, BLOB_MAX);
	return blob == NULL;
}

static int teardown(void **state)
{
	free(blob);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),        cmocka_unit_test(test_variants),
		cmocka_unit_test(test_stdout),      cmocka_unit_test(test_bus),
		cmocka_unit_test(test_reserved),    cmocka_unit_test(test_long_bootargs),
		cmocka_unit_test(test_hostile),     cmocka_unit_test(test_header),
		cmocka_unit_test(test_offsets),     cmocka_unit_test(test_long_string),
		cmocka_unit_test(test_node_names),  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_nodes),       cmocka_unit_test(test_structure),
		cmocka_unit_test(test_order),       cmocka_unit_test(test_two_roots),
		cmocka_unit_test(test_bad_strings), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_truncated),   cmocka_unit_test(test_flipped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
