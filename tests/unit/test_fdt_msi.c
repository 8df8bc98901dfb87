/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Message controllers in a devicetree, and which of them PCI functions send to.
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
#include <unistd.h>

#include <cmocka.h>

#include "devicetree.h"

#define ITS_BASE    0x08080000u
#define V2M_BASE    0x08020000u
#define CONTROLLERS 17

static u8 blob[MIB(1)] ALIGNED(8);
static struct fdt_info info;

/* Properties of n cells; n 0 with `set`: there, and empty. */
struct cells {
	bool set;
	size_t n;
	u32 v[17 * 4];
};

struct spec {
	bool bridge_first;
	unsigned its, v2m;                         /* phandles 1.., 101.. */
	const char *its_status;                    /* of the first */
	u32 its_phandle[2];                        /* of the first two; 0: none */
	struct cells its_reg;                      /* of the first */
	struct cells v2m_reg, spi_base, spi_count; /* of all */
	bool no_bridge;
	struct cells map, mask, parent;
};

static struct cells cells(size_t n, ...)
{
	struct cells c = { .set = true, .n = n };
	va_list list;

	va_start(list, n);
	for (size_t i = 0; i < n; i++)
		c.v[i] = va_arg(list, u32);
	va_end(list);
	return c;
}

static struct spec good(void)
{
	return (struct spec){
		.its = 1,
		.its_status = "okay",
		.its_phandle = { 1, 2 },
		.its_reg = cells(4, 0, ITS_BASE, 0, 0x20000),
		.v2m_reg = cells(4, 0, V2M_BASE, 0, 0x1000),
		.map = cells(4, 0, 1, 0, 0x10000),
	};
}

static void put(const char *name, const struct cells *c)
{
	u8 raw[sizeof(c->v)];

	if (!c->set)
		return;
	for (size_t i = 0; i < c->n; i++)
		fdt32_st(raw + 4 * i, c->v[i]);
	assert_int_equal(fdt_property(blob, name, raw, (int)(4 * c->n)), 0);
}

static void put_bridge(const struct spec *s)
{
	static const struct cells reg = { true, 4, { 0x40, 0x10000000, 0, 0x10000000 } };

	if (s->no_bridge)
		return;
	fdt_begin_node(blob, "pcie@10000000");
	fdt_property_string(blob, "compatible", "pci-host-ecam-generic");
	put("reg", &reg);
	put("msi-map", &s->map);
	put("msi-map-mask", &s->mask);
	put("msi-parent", &s->parent);
	fdt_end_node(blob);
}

static void put_its(const struct spec *s, unsigned i)
{
	struct cells reg = s->its_reg;
	char name[32];

	reg.v[1] += i * 0x100000;
	snprintf(name, sizeof(name), "its@%x", reg.v[1]);
	fdt_begin_node(blob, name);
	fdt_property_string(blob, "compatible", "arm,gic-v3-its");
	if (i == 0)
		fdt_property_string(blob, "status", s->its_status);
	put("reg", i == 0 ? &s->its_reg : &reg);
	if (i >= 2)
		fdt_property_u32(blob, "phandle", i + 1);
	else if (s->its_phandle[i] != 0)
		fdt_property_u32(blob, "phandle", s->its_phandle[i]);
	fdt_end_node(blob);
}

static void put_v2m(const struct spec *s, unsigned i)
{
	struct cells reg = s->v2m_reg;
	char name[32];

	reg.v[1] += i * 0x1000;
	snprintf(name, sizeof(name), "v2m@%x", reg.v[1]);
	fdt_begin_node(blob, name);
	fdt_property_string(blob, "compatible", "arm,gic-v2m-frame");
	put("reg", &reg);
	put("arm,msi-base-spi", &s->spi_base);
	put("arm,msi-num-spis", &s->spi_count);
	fdt_property_u32(blob, "phandle", i + 101);
	fdt_end_node(blob);
}

static enum status outcome(const struct spec *s)
{
	memset(blob, 0, KIB(64));
	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_u32(blob, "#address-cells", 2);
	fdt_property_u32(blob, "#size-cells", 2);
	if (s->bridge_first)
		put_bridge(s);
	fdt_begin_node(blob, "intc");
	fdt_property_u32(blob, "#address-cells", 2);
	fdt_property_u32(blob, "#size-cells", 2);
	fdt_property(blob, "ranges", NULL, 0);
	for (unsigned i = 0; i < s->its; i++)
		put_its(s, i);
	for (unsigned i = 0; i < s->v2m; i++)
		put_v2m(s, i);
	fdt_end_node(blob);
	if (!s->bridge_first)
		put_bridge(s);
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(fdt_validate(blob, fdt_totalsize(blob)), ST_OK);
	return fdt_read_info(blob, &info);
}

static void expect_map(unsigned i, u32 first, u32 count, u32 device)
{
	assert_true(i < info.msi_map_count);
	assert_int_equal(info.msi_map[i].first, first);
	assert_int_equal(info.msi_map[i].count, count);
	assert_int_equal(info.msi_map[i].device_base, device);
}

/* Nothing to send to, but no error either. */
static void expect_none(const struct spec *s)
{
	assert_int_equal(outcome(s), ST_OK);
	assert_int_equal(info.its.size, 0);
	assert_int_equal(info.v2m.size, 0);
	assert_int_equal(info.msi_map_count, 0);
}

/* The one ITS, which no function sends to. */
static void expect_unmapped(const struct spec *s)
{
	assert_int_equal(outcome(s), ST_OK);
	assert_int_equal(info.its.base, ITS_BASE);
	assert_int_equal(info.v2m.size, 0);
	assert_int_equal(info.msi_map_count, 0);
}

static void test_good(void **state)
{
	struct spec s = good();

	(void)state;
	for (unsigned order = 0; order < 2; order++) {
		s.bridge_first = order == 1;
		assert_int_equal(outcome(&s), ST_OK);
		assert_int_equal(info.its.base, ITS_BASE);
		assert_int_equal(info.its.size, 0x20000);
		assert_int_equal(info.v2m.size, 0);
		assert_int_equal(info.msi_map_count, 1);
		expect_map(0, 0, 0x10000, 0);
	}
	s.map = cells(8, 0x100, 1, 0x20000, 0x80, 8, 1, 0x400, 8);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.msi_map_count, 2);
	expect_map(0, 0x100, 0x80, 0x20000);
	expect_map(1, 8, 8, 0x400);
	/* No requester has more than 16 bits. */
	s.map = cells(12, 0xfff0, 1, 0, 0x20, 0x10000, 1, 0, 0x10000, 0, 1, 5, 1);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.msi_map_count, 2);
	expect_map(0, 0xfff0, 0x10, 0);
	expect_map(1, 0, 1, 5);
	/* Up to the last number, and not past it. */
	s.map = cells(4, 0, 1, 0xffff0000, 0x10000);
	assert_int_equal(outcome(&s), ST_OK);
	expect_map(0, 0, 0x10000, 0xffff0000);
}

static void test_parent(void **state)
{
	struct spec s = good();

	(void)state;
	s.map.set = false;
	s.parent = cells(1, 1u);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.its.base, ITS_BASE);
	assert_int_equal(info.msi_map_count, 1);
	expect_map(0, 0, 0x10000, 0);
	s.parent = cells(2, 1u, 0u);
	assert_int_equal(outcome(&s), ST_OK);
	expect_map(0, 0, 0x10000, 0);
	s.parent = cells(2, 1u, 0x18u); /* the bridge's own: not its functions' */
	expect_unmapped(&s);
	s.parent = cells(1, 7u); /* somebody else */
	expect_unmapped(&s);
	s.parent.n = 0;
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s.parent = cells(3, 1u, 0u, 1u);
	assert_int_equal(outcome(&s), ST_TOO_MANY);
	/* A map is the last word, also an unusable one. */
	s = good();
	s.parent = cells(1, 1u);
	s.map = cells(4, 0, 9, 0, 0x10000);
	expect_unmapped(&s);
}

static void test_v2m(void **state)
{
	struct spec s = good();

	(void)state;
	s.its = 0;
	s.v2m = 2;
	s.map = cells(4, 0, 102, 0, 0x10000);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.v2m.base, V2M_BASE + 0x1000);
	assert_int_equal(info.v2m.size, 0x1000);
	assert_int_equal(info.v2m_count, 0);
	assert_int_equal(info.msi_map_count, 0);
	s.spi_base = cells(1, 96u);
	s.spi_count = cells(1, 32u);
	s.map.set = false;
	s.parent = cells(1, 101u);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.v2m.base, V2M_BASE);
	assert_int_equal(info.v2m_base, 96);
	assert_int_equal(info.v2m_count, 32);
	/* One beside an ITS: the map decides, and nobody gets the other. */
	s.its = 1;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.v2m.base, V2M_BASE);
	assert_int_equal(info.its.size, 0);
	s.parent = cells(1, 1u);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.its.base, ITS_BASE);
	assert_int_equal(info.v2m.size, 0);
	assert_int_equal(info.v2m_count, 0);
	s.parent.set = false;
	expect_unmapped(&s);
	s.its = 0;
	expect_none(&s);
}

static void test_bad_v2m(void **state)
{
	static const struct {
		u32 base, count;
		enum status st;
	} cases[] = {
		{ 32, 988, ST_OK },           { 1019, 1, ST_OK },
		{ 31, 1, ST_RANGE },          { 0, 32, ST_RANGE },
		{ 96, 0, ST_RANGE },          { 1020, 1, ST_RANGE },
		{ 1019, 2, ST_RANGE },        { 32, 989, ST_RANGE },
		{ 96, 0xffffffff, ST_RANGE }, { 0xffffffff, 1, ST_RANGE },
		{ 0xffffffe0, 64, ST_RANGE },
	};
	struct spec s = good();

	(void)state;
	s.its = 0;
	s.v2m = 1;
	s.map.v[1] = 101;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		s.spi_base = cells(1, cases[i].base);
		s.spi_count = cells(1, cases[i].count);
		assert_int_equal(outcome(&s), cases[i].st);
	}
	s.spi_base = cells(1, 96u);
	s.spi_count.set = false; /* one without the other */
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s.spi_count = cells(2, 0u, 32u);
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s.spi_count = cells(1, 32u);
	s.spi_base.set = false;
	assert_int_equal(outcome(&s), ST_CORRUPT);
}

static void test_many(void **state)
{
	struct spec s = good();

	(void)state;
	s.its = 3;
	s.map.v[1] = 3;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.its.base, ITS_BASE + 0x200000);
	/* Functions of another ITS than the first have no messages. */
	s.map = cells(16, 0, 99, 0, 8, 8, 2, 0, 8, 16, 1, 0, 8, 24, 2, 8, 8);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.its.base, ITS_BASE + 0x100000);
	assert_int_equal(info.msi_map_count, 2);
	expect_map(0, 8, 8, 0);
	expect_map(1, 24, 8, 8);
	/* No map, and more than one: which would be a guess. */
	s.map.set = false;
	expect_none(&s);
	s.map = cells(4, 0, 99, 0, 0x10000);
	expect_none(&s);
	s.no_bridge = true;
	expect_none(&s);
	s.its = 1;
	expect_unmapped(&s);
	s.its = 16;
	expect_none(&s);
	s.its = CONTROLLERS;
	assert_int_equal(outcome(&s), ST_TOO_MANY);
}

static void test_named(void **state)
{
	struct spec s = good();

	(void)state;
	s.its = 2;
	s.its_phandle[1] = 1; /* one name for two */
	assert_int_equal(outcome(&s), ST_OVERLAP);
	s.its_phandle[0] = s.its_phandle[1] = 0; /* no names are no conflict */
	expect_none(&s);
	s.map.v[1] = 0; /* nothing has the name 0 */
	expect_none(&s);
	s = good();
	s.its_status = "disabled";
	expect_none(&s);
	s = good();
	s.its_reg.set = false;
	assert_int_equal(outcome(&s), ST_NOT_FOUND);
	s.its_reg = cells(3, 0, 0x8080000, 0);
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s.its_reg = cells(4, 0, 0x8080000, 0, 0);
	assert_int_equal(outcome(&s), ST_OVERFLOW);
	s.its_reg = cells(4, 0xffffffff, 0xffff0000, 0, 0x20000);
	assert_int_equal(outcome(&s), ST_OVERFLOW);
}

static void test_mask(void **state)
{
	struct spec s = good();

	(void)state;
	s.mask = cells(1, 0xffffu);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.msi_map_count, 1);
	s.mask = cells(1, 0xffffffffu);
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.msi_map_count, 1);
	s.mask = cells(1, 0xff00u); /* one DeviceID for a bus: not ours to say */
	expect_unmapped(&s);
	s.mask = cells(1, 0u);
	expect_unmapped(&s);
	s.mask = cells(2, 0u, 0xffffu);
	assert_int_equal(outcome(&s), ST_CORRUPT);
}

static void test_bad_map(void **state)
{
	static const struct {
		size_t n;
		u32 v[8];
		enum status st;
	} cases[] = {
		{ 0, { 0 }, ST_TRUNCATED },
		{ 3, { 0, 1, 0 }, ST_TRUNCATED },
		{ 5, { 0, 1, 0, 8, 0 }, ST_TRUNCATED },
		{ 4, { 0, 1, 0, 0 }, ST_OVERFLOW },
		{ 4, { 1, 1, 0, 0xffffffff }, ST_OK },
		{ 4, { 2, 1, 0, 0xffffffff }, ST_OVERFLOW },
		{ 4, { 0xffffffff, 1, 0, 1 }, ST_OK }, /* nobody */
		{ 4, { 0xffffffff, 1, 0, 2 }, ST_OVERFLOW },
		{ 4, { 0, 1, 0xffffffff, 2 }, ST_OVERFLOW },
		{ 4, { 0, 1, 0xffff0001, 0x10000 }, ST_OVERFLOW },
		{ 8, { 0, 1, 0, 9, 8, 1, 0x100, 8 }, ST_OVERLAP },
		{ 8, { 8, 1, 0x100, 8, 0, 1, 0, 9 }, ST_OVERLAP },
		{ 8, { 8, 1, 8, 8, 8, 1, 8, 8 }, ST_OVERLAP },
		{ 8, { 0, 1, 0, 0x10000, 0x100, 1, 0, 8 }, ST_OVERLAP },
		{ 8, { 0, 99, 0, 0x10000, 0x100, 1, 0, 8 }, ST_OVERLAP }, /* whose? */
		{ 8, { 0, 1, 0, 8, 8, 1, 0, 8 }, ST_OK },
	};
	struct spec s = good();

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		s.map = (struct cells){ .set = true, .n = cases[i].n };
		memcpy(s.map.v, cases[i].v, sizeof(cases[i].v));
		assert_int_equal(outcome(&s), cases[i].st);
	}
	for (unsigned i = 0; i < CONTROLLERS; i++)
		memcpy(&s.map.v[4 * i], (u32[]){ 8 * i, i < 4 ? 1 : 99, 0, 8 }, 16);
	s.map.n = 16 * 4;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.msi_map_count, 4);
	s.map.v[16 + 1] = 1; /* a fifth that is ours */
	assert_int_equal(outcome(&s), ST_TOO_MANY);
	s.map.v[16 + 1] = 99;
	s.map.n = 17 * 4;
	assert_int_equal(outcome(&s), ST_TOO_MANY);
}

/* What QEMU says of its own machine. */
static void from_qemu(const char *machine)
{
	char path[64], command[256];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/test_fdt_msi.%u.dtb", (unsigned)getpid());
	snprintf(command, sizeof(command),
		 "exec qemu-system-aarch64 -M %s,dumpdtb=%s -display none >/dev/null 2>&1", machine,
		 path);
	assert_int_equal(system(command), 0);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_true(fread(blob, 1, sizeof(blob), f) > 0);
	fclose(f);
	unlink(path);
	assert_int_equal(fdt_validate(blob, fdt_totalsize(blob)), ST_OK);
	assert_int_equal(fdt_read_info(blob, &info), ST_OK);
}

static void test_qemu(void **state)
{
	(void)state;
	from_qemu("virt,gic-version=3");
	assert_int_equal(info.its.base, 0x8080000);
	assert_int_equal(info.its.size, 0x20000);
	assert_int_equal(info.v2m.size, 0);
	assert_int_equal(info.msi_map_count, 1);
	expect_map(0, 0, 0x10000, 0);
	from_qemu("virt,gic-version=3,its=off");
	assert_int_equal(info.its.size, 0);
	assert_int_equal(info.msi_map_count, 0);
	from_qemu("virt,gic-version=2");
	assert_int_equal(info.its.size, 0);
	assert_int_equal(info.v2m.base, V2M_BASE);
	assert_int_equal(info.v2m.size, 0x1000);
	assert_int_equal(info.v2m_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_parent),
		cmocka_unit_test(test_v2m),  cmocka_unit_test(test_bad_v2m),
		cmocka_unit_test(test_many), cmocka_unit_test(test_named),
		cmocka_unit_test(test_mask), cmocka_unit_test(test_bad_map),
		cmocka_unit_test(test_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
